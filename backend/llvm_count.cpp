// llvm_count.cpp: one more owner of a counted block, one less, and its end, in line.
// Depends on llvm_unit.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/llvm_unit.h"

namespace janus {
using namespace llvm;

static Value* load_count(LlvmUnit& u, IRBuilder<>& b, Value* p) {
  LoadInst* l = b.CreateAlignedLoad(u.i32, p, Align(8));
  if (u.plan.module.tasks) l->setAtomic(AtomicOrdering::Monotonic);   // another task may be changing it
  if (u.tbaa_count) l->setMetadata(LLVMContext::MD_tbaa, u.tbaa_count);
  return l;
}
static void store_count(LlvmUnit& u, IRBuilder<>& b, Value* p, Value* count) {
  StoreInst* s = b.CreateAlignedStore(count, p, Align(8));
  if (u.tbaa_count) s->setMetadata(LLVMContext::MD_tbaa, u.tbaa_count);
}

// Immortal blocks (count < 0) lie in read-only memory: tested, never written. In programs with tasks other negative
// counts are those of blocks that tasks share; the runtime tells them apart.
void emit_retain(LlvmUnit& u, IRBuilder<>& b, Value* p) {
  Function* fn = b.GetInsertBlock()->getParent();
  BasicBlock* more = BasicBlock::Create(u.context, "", fn, b.GetInsertBlock()->getNextNode());
  BasicBlock* end = BasicBlock::Create(u.context, "", fn, more->getNextNode());
  BasicBlock* other = end;
  if (u.plan.module.tasks) {
    other = BasicBlock::Create(u.context, "", fn, end);
    IRBuilder<> slow(other);
    slow.SetCurrentDebugLocation(b.getCurrentDebugLocation());
    slow.CreateCall(u.rt_func("janus_retain_shared", u.nothing, {u.ptr}), {p});
    slow.CreateBr(end);
  }
  Value* count = load_count(u, b, p);
  b.CreateCondBr(b.CreateICmpSGT(count, ConstantInt::get(u.i32, 0)), more, other, u.likely);
  b.SetInsertPoint(more);
  store_count(u, b, p, b.CreateNSWAdd(count, ConstantInt::get(u.i32, 1)));
  b.CreateBr(end);
  b.SetInsertPoint(end);
}

void emit_release(LlvmUnit& u, IRBuilder<>& b, Value* p, Function* drop, Value* depth, bool deep) {
  LLVMContext& c = u.context;
  Function* fn = b.GetInsertBlock()->getParent();
  BasicBlock* shared = BasicBlock::Create(c, "", fn, b.GetInsertBlock()->getNextNode());
  BasicBlock* less = BasicBlock::Create(c, "", fn, shared->getNextNode());
  BasicBlock* last = BasicBlock::Create(c, "", fn, less->getNextNode());
  BasicBlock* end = BasicBlock::Create(c, "", fn, last->getNextNode());
  Constant* one = ConstantInt::get(u.i32, 1);
  Value* count = load_count(u, b, p);
  b.CreateCondBr(b.CreateICmpEQ(count, one), last, shared);
  BasicBlock* drop_it = last;
  b.SetInsertPoint(shared);
  if (u.plan.module.tasks) {
    drop_it = BasicBlock::Create(c, "", fn, end);
    BasicBlock* other = BasicBlock::Create(c, "", fn, end);
    b.CreateCondBr(b.CreateICmpSGT(count, one), less, other);
    b.SetInsertPoint(other);
    b.CreateCondBr(b.CreateCall(u.rt_func("janus_release_shared", b.getInt1Ty(), {u.ptr}), {p}), drop_it, end,
                   u.unlikely);
  } else {
    b.CreateCondBr(b.CreateICmpSGT(count, one), less, end);
  }
  b.SetInsertPoint(less);
  store_count(u, b, p, b.CreateNSWSub(count, one));
  b.CreateBr(end);
  b.SetInsertPoint(last);
  store_count(u, b, p, ConstantInt::get(u.i32, 0));
  if (drop_it != last) {
    b.CreateBr(drop_it);
    b.SetInsertPoint(drop_it);
  }
  if (deep) {
    BasicBlock* direct = BasicBlock::Create(c, "", fn, end);
    BasicBlock* queue = BasicBlock::Create(c, "", fn, end);
    b.CreateCondBr(b.CreateICmpUGE(depth, ConstantInt::get(u.i32, 64)), queue, direct, u.unlikely);
    b.SetInsertPoint(queue);
    b.CreateCall(u.rt_func("janus_defer_drop", u.nothing, {u.ptr, u.ptr}), {p, drop});
    b.CreateBr(end);
    b.SetInsertPoint(direct);
    depth = b.CreateAdd(depth, one);
  }
  CallInst* call = b.CreateCall(drop->getFunctionType(), drop, {p, depth});
  call->setCallingConv(drop->getCallingConv());
  b.CreateBr(end);
  b.SetInsertPoint(end);
}

}   // namespace janus
