// llvm_tail.cpp: circles of tail calls whose arguments do not fit into registers: a room in the frame of who calls
// them. Depends on llvm_unit.h. SPDX-License-Identifier: Apache-2.0
//
// Such a function is two: under its name an entry with the usual parameters, which makes room in its own frame and
// fills it; and the body, `.tail`, which is given the room and takes its arguments out first. Within the circle bodies
// jump to bodies and fill the room again, so that the circle runs in the stack of one entry and one body.
#include "backend/llvm_unit.h"

namespace janus {
using namespace llvm;

void fill_room(IRBuilder<>& b, const JFunc& callee, Value* room, ArrayRef<Value*> args) {
  std::vector<uint32_t> offsets = tail_offsets(callee);
  for (size_t i = 0; i < callee.params.size(); ++i) {
    const JParam& p = callee.params[i];
    Value* place = b.CreateConstInBoundsGEP1_32(b.getInt8Ty(), room, offsets[i]);
    if (!p.is_aggregate) {
      b.CreateAlignedStore(args[i], place, Align(8));
      continue;
    }
    b.CreateMemCpy(place, Align(room_align(p)), args[i], Align(std::max(p.align, 1u)), p.size);
  }
}

Function* LlvmUnit::tail_func(uint32_t index) {
  if (tail_funcs_[index]) return tail_funcs_[index];
  Function* entry = func(index);
  SmallVector<Type*, 2> params{ptr};
  if (plan.abi[index].fail == FailMode::Pointer) params.push_back(ptr);
  Function* body = Function::Create(FunctionType::get(entry->getReturnType(), params, false), entry->getLinkage(),
                                    plan.symbols[index] + ".tail", module);
  body->setVisibility(entry->hasLocalLinkage() ? GlobalValue::DefaultVisibility : GlobalValue::HiddenVisibility);
  body->setDSOLocal(true);
  body->setCallingConv(CallingConv::SwiftTail);
  set_attributes(body);
  if (plan.module.funcs[index].stays_out) body->addFnAttr(Attribute::NoInline);
  return tail_funcs_[index] = body;
}

void emit_tail_entry(LlvmUnit& unit, uint32_t index) {
  const JFunc& f = unit.plan.module.funcs[index];
  const FuncAbi& abi = unit.plan.abi[index];
  Function* entry = unit.func(index);
  IRBuilder<> b(BasicBlock::Create(unit.context, "", entry));
  auto* room = b.CreateAlloca(ArrayType::get(unit.i8, abi.tail_bytes));
  room->setAlignment(Align(kRoomAlign));
  SmallVector<Value*, 8> args;
  for (unsigned i = 0; i < f.params.size(); ++i) args.push_back(entry->getArg(i));
  fill_room(b, f, room, args);
  args.assign(1, room);
  if (abi.fail == FailMode::Pointer) args.push_back(entry->getArg(static_cast<unsigned>(f.params.size())));
  CallInst* result = b.CreateCall(unit.tail_func(index), args);
  result->setCallingConv(CallingConv::SwiftTail);
  if (entry->getReturnType()->isVoidTy()) b.CreateRetVoid();
  else b.CreateRet(result);
}

}   // namespace janus
