// llvm_func.cpp: the body of one JIR function as LLVM IR.
// Depends on llvm_unit.h, runtime/abi.h.
// SPDX-License-Identifier: Apache-2.0
//
// Blocks are visited in reverse post-order, so that every value is made before it is used; blocks nobody reaches are
// left out. A JIR block becomes several LLVM blocks, one more behind each check; merges are filled in last, from the
// edges that were really made.
#include <algorithm>

#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/IR/IntrinsicsX86.h"

#include "backend/llvm_unit.h"
#include "runtime/abi.h"

namespace janus {
using namespace llvm;
namespace {

class FunctionEmitter {
 public:
  FunctionEmitter(LlvmUnit& u, uint32_t index)
      : u_(u),
        plan_(u.plan),
        f_(u.plan.module.funcs[index]),
        index_(index),
        abi_(u.plan.abi[index]),
        fn_(abi_.tail_bytes ? u.tail_func(index) : u.func(index)),
        b_(u.context),
        values_(f_.instrs.size()),
        blocks_(f_.blocks.size()) {}

  void run() {
    order_blocks();
    for (size_t i = 0; i < f_.blocks.size(); ++i)
      if (reached_[i] && !f_.blocks[i].cold) blocks_[i] = BasicBlock::Create(u_.context);
    BasicBlock* entry = BasicBlock::Create(u_.context, "", fn_);
    entry_ = entry;
    for (size_t i = 0; i < f_.blocks.size(); ++i)
      if (blocks_[i]) blocks_[i]->insertInto(fn_);
    for (size_t i = 0; i < f_.blocks.size(); ++i)
      if (reached_[i] && f_.blocks[i].cold) blocks_[i] = BasicBlock::Create(u_.context, "", fn_);
    b_.SetInsertPoint(entry);
    if (u_.debug && f_.debug && f_.span.lo) scope_ = u_.debug->begin(f_, fn_);
    prologue();
    for (uint32_t block : order_) {
      b_.SetInsertPoint(blocks_[block]);
      here_ = block;
      for (uint32_t i : f_.blocks[block].instrs) instr(i);
    }
    fill_merges();
  }

 private:
  // ---- blocks
  void order_blocks() {
    reached_.assign(f_.blocks.size(), false);
    struct Frame {
      uint32_t block;
      size_t next;
    };
    std::vector<Frame> stack;
    std::vector<std::vector<uint32_t>> targets(f_.blocks.size());
    auto enter = [&](uint32_t block) {
      if (reached_[block]) return;
      reached_[block] = true;
      for (uint32_t i : f_.blocks[block].instrs) {
        const JInstr& in = f_.instrs[i];
        each_target(f_, in, [&](uint32_t to) { targets[block].push_back(to); });
        switch (in.op) {
          case JOp::TailCall:
            loops_ |= in.a == index_;
            uses_register_ |= plan_.module.funcs[in.a].can_fail;
            break;
          case JOp::Phi: has_merges_ = true; break;
          case JOp::AddChk:
          case JOp::SubChk:
          case JOp::MulChk:
          case JOp::Check:
          case JOp::StackCheck:
          case JOp::SetError:
          case JOp::GetError:
          case JOp::PeekError: uses_register_ = true; break;
          case JOp::Call: uses_register_ |= in.c != kNone || plan_.module.funcs[in.a].can_fail; break;
          case JOp::CallPtr: uses_register_ |= (in.b & 1) != 0; break;
          default: break;
        }
      }
      stack.push_back({block, 0});
    };
    enter(0);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < targets[top.block].size()) enter(targets[top.block][top.next++]);
      else {
        order_.push_back(top.block);
        stack.pop_back();
      }
    }
    std::reverse(order_.begin(), order_.end());
  }

  void edge(uint32_t to) {
    if (has_merges_ && f_.instrs[f_.blocks[to].instrs[0]].op == JOp::Phi)
      edges_[to].push_back({here_, b_.GetInsertBlock()});
  }

  void fill_merges() {
    if (!has_merges_) return;
    std::vector<Value*> from(f_.blocks.size());   // what the merge takes from each block
    for (uint32_t block : order_)
      for (uint32_t i : f_.blocks[block].instrs) {
        const JInstr& in = f_.instrs[i];
        if (in.op != JOp::Phi) break;
        const uint32_t* list = &f_.extra[in.a];
        for (uint32_t k = 0; k < list[0]; k += 2) from[list[1 + k]] = values_[list[2 + k]];
        for (const Edge& e : edges_[block]) {
          require(from[e.from], "a merge has a value for every edge");
          cast<PHINode>(values_[i])->addIncoming(from[e.from], e.llvm_from);
        }
        for (uint32_t k = 0; k < list[0]; k += 2) from[list[1 + k]] = nullptr;
      }
  }

  // A block for rare work, laid out behind everything else.
  BasicBlock* cold_block() { return BasicBlock::Create(u_.context, "", fn_); }
  BasicBlock* next_block() {
    BasicBlock* at = b_.GetInsertBlock();
    BasicBlock* next = BasicBlock::Create(u_.context, "", fn_, at->getNextNode());
    return next;
  }

  // ---- entry: parameters, the failure register, slots
  void prologue() {
    unsigned count = static_cast<unsigned>(f_.params.size());
    if (abi_.fail == FailMode::Register) {
      register_ = fail_arg();
      // Nothing is in flight when a function is called. Knowing it removes the test behind calls that are inlined and
      // cannot fail.
      b_.CreateAssumption(b_.CreateIsNull(error_now()));
    } else if (abi_.fail == FailMode::Pointer && !plan_.release) register_ = fail_arg();
    else if (uses_register_ || abi_.fail == FailMode::Pointer) {
      auto* word = b_.CreateAlloca(u_.ptr);
      if (plan_.release) word->setSwiftError(true);
      register_ = word;
      set_error(null());
    }
    slots_.resize(f_.slots.size());
    for (size_t i = 0; i < f_.slots.size(); ++i) {
      const JSlot& s = f_.slots[i];
      auto* a = b_.CreateAlloca(ArrayType::get(u_.i8, s.size));
      a->setAlignment(Align(std::max(s.align, 1u)));
      slots_[i] = a;
    }
    if (abi_.tail_bytes) take_arguments();
    else
      for (unsigned i = 0; i < count; ++i) params_.push_back(fn_->getArg(i));
    if (scope_)
      for (size_t i = 0; i < f_.slots.size(); ++i)
        if (is_some(f_.slots[i].name) && is_some(f_.slots[i].type))
          u_.debug->declare(f_.slots[i], slots_[i], scope_, entry_);
    if (loops_) {
      // A call of itself in tail position is a jump to the head, with new parameters.
      BasicBlock* head = BasicBlock::Create(u_.context, "", fn_, entry_->getNextNode());
      b_.CreateBr(head);
      b_.SetInsertPoint(head);
      for (unsigned i = 0; i < count; ++i) {
        PHINode* phi = b_.CreatePHI(u_.type(f_.params[i].type), 2);
        phi->addIncoming(params_[i], entry_);
        params_[i] = phi;
      }
      head_ = head;
    }
    b_.CreateBr(blocks_[0]);
  }

  Argument* fail_arg() { return fn_->getArg(abi_.tail_bytes ? 1 : static_cast<unsigned>(f_.params.size())); }

  // What a circle hands over in its room is taken out before the next call of the circle fills it again.
  void take_arguments() {
    std::vector<uint32_t> offsets = tail_offsets(f_);
    for (size_t i = 0; i < f_.params.size(); ++i) {
      const JParam& p = f_.params[i];
      Value* place = offset(fn_->getArg(0), offsets[i]);
      if (!p.is_aggregate) {
        params_.push_back(b_.CreateAlignedLoad(u_.type(p.type), place, Align(8)));
        continue;
      }
      auto* own = b_.CreateAlloca(ArrayType::get(u_.i8, p.size));
      own->setAlignment(Align(std::max(p.align, 8u)));
      b_.CreateMemCpy(own, own->getAlign(), place, Align(room_align(p)), p.size);
      params_.push_back(own);
    }
  }

  // ---- small things
  Value* v(uint32_t index) {
    Value* x = values_[index];
    require(x, "a value is made before it is used");
    return x;
  }
  Constant* null() { return ConstantPointerNull::get(cast<PointerType>(u_.ptr)); }
  Constant* int64(uint64_t x) { return ConstantInt::get(u_.i64, x); }
  Constant* int32(uint32_t x) { return ConstantInt::get(u_.i32, x); }
  Value* offset(Value* base, uint32_t bytes) {
    if (bytes == 0) return base;
    return b_.CreatePtrAdd(base, int64(bytes), "", GEPNoWrapFlags::inBounds() | GEPNoWrapFlags::noUnsignedWrap());
  }
  uint32_t list_size(uint32_t list) const { return list == kNone ? 0 : f_.extra[list]; }
  uint32_t list_at(uint32_t list, uint32_t i) const { return f_.extra[list + 1 + i]; }

  void locate(uint32_t pos) {
    if (!scope_ || pos == located_ || pos == 0) return;
    located_ = pos;
    LineCol at = u_.debug->places.at(pos);
    b_.SetCurrentDebugLocation(DILocation::get(u_.context, at.line, std::min(at.col, 0xffffu), scope_));
  }
  Constant* place(uint32_t pos) {
    LineCol at = u_.places.at(pos);
    return int64(uint64_t(at.line) << 16 | std::min(at.col, 0xffffu));
  }

  Value* load(JType t, Value* address, JAlias alias) {
    LoadInst* l = b_.CreateAlignedLoad(u_.memory_type(t), address, align_of(t));
    if (alias == JAlias::Count && plan_.module.tasks)
      l->setAtomic(AtomicOrdering::Monotonic);   // another task may be changing it
    if (plan_.release) {
      if (MDNode* node = u_.tbaa(alias, t)) l->setMetadata(LLVMContext::MD_tbaa, node);
      if (alias == JAlias::ClosureCode) l->setMetadata(LLVMContext::MD_invariant_load, MDNode::get(u_.context, {}));
    }
    return t == JType::I1 ? b_.CreateTrunc(l, u_.type(t)) : static_cast<Value*>(l);
  }
  void in_use(Value* array) {
    LLVMContext& c = u_.context;
    auto* load = cast<LoadInst>(array);
    load->setMetadata(LLVMContext::MD_nonnull, MDNode::get(c, {}));
    load->setMetadata(LLVMContext::MD_dereferenceable,
                      MDNode::get(c, ConstantAsMetadata::get(int64(offsetof(rt::Array, cap)))));
    load->setMetadata(LLVMContext::MD_align, MDNode::get(c, ConstantAsMetadata::get(int64(8))));
  }
  void store(JType t, Value* x, Value* address, JAlias alias) {
    if (t == JType::I1) x = b_.CreateZExt(x, u_.i8);
    StoreInst* s = b_.CreateAlignedStore(x, address, align_of(t));
    if (plan_.release)
      if (MDNode* node = u_.tbaa(alias, t)) s->setMetadata(LLVMContext::MD_tbaa, node);
  }
  // Fields lie at their natural alignment; so does everything that JIR loads.
  static Align align_of(JType t) {
    switch (t) {
      case JType::I16: return Align(2);
      case JType::I32:
      case JType::F32: return Align(4);
      case JType::I64:
      case JType::F64:
      case JType::Ptr: return Align(8);
      default: return Align(1);
    }
  }

  // ---- failure
  // The register is no memory, so any alignment is right. This one keeps LLVM from making one access of an access of it
  // and one of a word in memory: SimplifyCFG (of LLVM 22), when it sinks the last instructions of several blocks into
  // one, asks only the first of them whether its operand may become a phi; with the register in it the phi is an
  // address that does not exist.
  Align register_align() const { return plan_.release ? Align(4096) : Align(8); }
  Value* error_now() { return b_.CreateAlignedLoad(u_.ptr, register_, register_align()); }
  void set_error(Value* error) { b_.CreateAlignedStore(error, register_, register_align()); }
  void leave(uint32_t landing) {
    edge(landing);
    b_.CreateBr(blocks_[landing]);
  }
  // Control goes on only when `ok` holds; otherwise `make` makes the error, in a cold block, and it goes to the
  // landing.
  template <class Make>
  void check(Value* ok, bool when, uint32_t landing, Make make) {
    require(landing != kNone, "a check has a landing");
    BasicBlock* bad = cold_block();
    BasicBlock* next = next_block();
    if (when) b_.CreateCondBr(ok, next, bad, u_.likely);
    else b_.CreateCondBr(ok, bad, next, u_.unlikely);
    b_.SetInsertPoint(bad);
    set_error(make());
    leave(landing);
    b_.SetInsertPoint(next);
  }
  Value* panic(const char* symbol, ArrayRef<Value*> args, uint32_t pos) {
    SmallVector<Value*, 6> all(args);
    all.push_back(u_.site(f_, pos));
    all.push_back(place(pos ? pos : f_.span.lo));
    SmallVector<Type*, 6> types;
    for (Value* a : all) types.push_back(a->getType());
    CallInst* call = b_.CreateCall(u_.rt_func(symbol, u_.ptr, types), all);
    if (plan_.release) call->addFnAttr(Attribute::Cold);
    return call;
  }
  // Behind a call that can fail: is there an error in flight?
  void after_call(uint32_t landing) {
    BasicBlock* next = next_block();
    Value* failed = b_.CreateICmpNE(error_now(), null());
    edge(landing);
    b_.CreateCondBr(failed, blocks_[landing], next, u_.unlikely);
    b_.SetInsertPoint(next);
  }

  // ---- calls
  // Appends the callee's failure argument. With a pointer callee and a register of our own, the error comes back in a
  // word of the frame.
  Value* pass_register(FailMode mode, SmallVectorImpl<Value*>& args) {
    if (mode == FailMode::None) return nullptr;
    bool plain = !plan_.release;   // our register is an address
    if (mode == FailMode::Register || plain) {
      args.push_back(register_);
      return nullptr;
    }
    IRBuilder<> at(entry_, entry_->begin());
    if (!word_) word_ = at.CreateAlloca(u_.ptr);
    b_.CreateStore(null(), word_);
    args.push_back(word_);
    return word_;
  }
  Value* finish_call(CallInst* call, CallingConv::ID convention, FailMode mode, Value* word, uint32_t landing) {
    call->setCallingConv(convention);
    if (mode == FailMode::Register)
      call->setAttributes(call->getAttributes().addParamAttributes(u_.context, call->arg_size() - 1,
                                                                   AttrBuilder(u_.context, u_.register_attributes())));
    if (word) set_error(b_.CreateLoad(u_.ptr, word));
    if (landing != kNone) after_call(landing);
    return call;
  }
  Value* call(uint32_t callee, uint32_t list, uint32_t landing) {
    SmallVector<Value*, 8> args;
    for (uint32_t i = 0; i < list_size(list); ++i) args.push_back(v(list_at(list, i)));
    Function* to = u_.func(callee);
    FailMode mode = plan_.abi[callee].fail;
    Value* word = pass_register(mode, args);
    CallInst* c = b_.CreateCall(to->getFunctionType(), to, args);
    if (plan_.module.funcs[callee].c_abi) c->setAttributes(abi_attributes(to));
    return finish_call(c, to->getCallingConv(), mode, word, landing);
  }
  // Extension of small integers must be promised at the call too.
  static AttributeList abi_attributes(Function* to) {
    AttributeList from = to->getAttributes(), out;
    LLVMContext& c = to->getContext();
    for (unsigned i = 0; i < to->arg_size(); ++i)
      for (auto kind : {Attribute::ZExt, Attribute::SExt})
        if (from.hasParamAttr(i, kind)) out = out.addParamAttribute(c, i, kind);
    for (auto kind : {Attribute::ZExt, Attribute::SExt})
      if (from.hasRetAttr(kind)) out = out.addRetAttribute(c, kind);
    return out;
  }
  Value* call_value(JType result, uint32_t list, bool can_fail, uint32_t landing) {
    SmallVector<Value*, 8> args;
    for (uint32_t i = 1; i < list_size(list); ++i) args.push_back(v(list_at(list, i)));
    FailMode mode = can_fail ? u_.value_fail() : FailMode::None;
    Value* word = pass_register(mode, args);
    SmallVector<Type*, 8> types;
    for (Value* a : args) types.push_back(a->getType());
    CallInst* c = b_.CreateCall(FunctionType::get(u_.type(result), types, false), v(list_at(list, 0)), args);
    return finish_call(c, u_.value_convention(), mode, word, landing);
  }
  Value* call_rt(JRt symbol, uint32_t list, uint32_t pos) {
    const RtSymbol& s = rt_symbol(symbol);
    auto* fn = cast<Function>(u_.rt(symbol));
    SmallVector<Value*, 8> args;
    uint32_t next = 0;
    for (const char* p = s.args; *p; ++p) {
      if (*p == 'S') {
        args.push_back(u_.site(f_, pos));
        args.push_back(place(pos ? pos : f_.span.lo));
      } else {
        require(next < list_size(list), "a runtime call passes every argument");
        args.push_back(v(list_at(list, next++)));
      }
    }
    CallInst* c = b_.CreateCall(fn->getFunctionType(), fn, args);
    c->setAttributes(abi_attributes(fn));
    return c;
  }
  void tail_call(uint32_t callee, uint32_t list) {
    if (callee == index_) {
      for (uint32_t i = 0; i < list_size(list); ++i)
        cast<PHINode>(params_[i])->addIncoming(v(list_at(list, i)), b_.GetInsertBlock());
      b_.CreateBr(head_);
      return;
    }
    SmallVector<Value*, 8> args;
    for (uint32_t i = 0; i < list_size(list); ++i) args.push_back(v(list_at(list, i)));
    if (!plan_.tail_circle(index_, callee)) {   // a failure stays in the register and leaves with the result
      Value* result = call(callee, list, kNone);
      if (abi_.fail == FailMode::Pointer && plan_.release) b_.CreateStore(error_now(), fail_arg());
      if (fn_->getReturnType()->isVoidTy()) b_.CreateRetVoid();
      else b_.CreateRet(result);
      return;
    }
    Function* to = abi_.tail_bytes ? u_.tail_func(callee) : u_.func(callee);
    if (abi_.tail_bytes) {
      fill_room(b_, plan_.module.funcs[callee], fn_->getArg(0), args);
      args.assign(1, fn_->getArg(0));
    }
    if (plan_.abi[callee].fail == FailMode::Pointer) {
      require(abi_.fail == FailMode::Pointer, "a tail call keeps the failure convention");
      args.push_back(fail_arg());
    }
    CallInst* c = b_.CreateCall(to->getFunctionType(), to, args);
    c->setCallingConv(to->getCallingConv());
    c->setTailCallKind(CallInst::TCK_MustTail);
    if (fn_->getReturnType()->isVoidTy()) b_.CreateRetVoid();
    else b_.CreateRet(c);
  }

  // ---- counts
  void retain(Value* p, bool nullable) {
    if (!plan_.release) {
      b_.CreateCall(u_.retain_helper(nullable), {p});
      return;
    }
    BasicBlock* end = nullable ? guard(p) : nullptr;
    emit_retain(u_, b_, p);
    if (end) {
      b_.CreateBr(end);
      b_.SetInsertPoint(end);
    }
  }
  // `p` is not null from here to a branch to the returned block.
  BasicBlock* guard(Value* p) {
    BasicBlock *some = next_block(), *end = BasicBlock::Create(u_.context, "", fn_, some->getNextNode());
    b_.CreateCondBr(b_.CreateIsNotNull(p), some, end);
    b_.SetInsertPoint(some);
    return end;
  }
  Function* drop_function(const JInstr& in) {
    return in.aux & 2 ? cast<Function>(u_.rt(static_cast<JRt>(in.b))) : u_.func(in.b);
  }
  void release(const JInstr& in) {
    Value* p = v(in.a);
    Function* drop = drop_function(in);
    if (!plan_.release && in.op == JOp::Release) {
      b_.CreateCall(u_.release_helper(drop, in.aux & 1), {p});
      return;
    }
    BasicBlock* end = in.aux & 1 ? guard(p) : nullptr;
    bool deep = in.op == JOp::ReleaseDeep;
    emit_release(u_, b_, p, drop, deep ? v(in.c) : int32(0), deep);
    if (end) {
      b_.CreateBr(end);
      b_.SetInsertPoint(end);
    }
  }

  // IsUnique in programs with tasks: a shared block (count -1, no flags) whose only owner asks is made plain again.
  Value* take_back(Value* p) {
    LoadInst* head = b_.CreateAlignedLoad(u_.i64, p, Align(8));
    head->setAtomic(AtomicOrdering::Monotonic);
    Value* plain = b_.CreateICmpEQ(head, int64(1));
    BasicBlock* from = b_.GetInsertBlock();
    BasicBlock *ask = cold_block(), *done = next_block(), *test = next_block();
    b_.CreateCondBr(plain, done, test, u_.likely);
    b_.SetInsertPoint(test);
    b_.CreateCondBr(b_.CreateICmpEQ(head, int64(0xffffffffu)), ask, done, u_.unlikely);
    b_.SetInsertPoint(ask);
    Value* taken = b_.CreateCall(u_.rt_func("janus_unshare", b_.getInt1Ty(), {u_.ptr}), {p});
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    PHINode* unique = b_.CreatePHI(b_.getInt1Ty(), 3);
    unique->addIncoming(b_.getTrue(), from);
    unique->addIncoming(b_.getFalse(), test);
    unique->addIncoming(taken, ask);
    return unique;
  }

  // ---- instructions
  Value* arithmetic_check(const JInstr& in) {
    bool is_signed = in.aux & 1;
    Intrinsic::ID id =
        in.op == JOp::AddChk   ? (is_signed ? Intrinsic::sadd_with_overflow : Intrinsic::uadd_with_overflow)
        : in.op == JOp::SubChk ? (is_signed ? Intrinsic::ssub_with_overflow : Intrinsic::usub_with_overflow)
                               : (is_signed ? Intrinsic::smul_with_overflow : Intrinsic::umul_with_overflow);
    char op = in.op == JOp::AddChk ? '+' : in.op == JOp::SubChk ? '-' : '*';
    Value* both = b_.CreateBinaryIntrinsic(id, v(in.a), v(in.b));
    Value* result = b_.CreateExtractValue(both, 0);
    Value* overflow = b_.CreateExtractValue(both, 1);
    check(overflow, false, in.c,
          [&] { return panic("janus_panic_overflow", {int32(static_cast<uint32_t>(op))}, in.pos); });
    return result;
  }

  void checked(const JInstr& in) {
    static const char* const symbols[] = {"janus_panic_overflow", "janus_panic_div_zero", "janus_panic_shift",
                                          "janus_panic_index",    "janus_panic_slice",    "janus_panic_convert",
                                          "janus_panic_null",     "janus_panic_message"};
    check(v(in.a), true, in.c, [&] {
      SmallVector<Value*, 4> args;
      for (uint32_t i = 0; i < list_size(in.b); ++i) args.push_back(v(list_at(in.b, i)));
      return panic(symbols[in.aux], args, in.pos);
    });
  }

  // Debug frames have a frame pointer, and the fast selector knows how to ask for it; release code compares the stack
  // pointer itself.
  Value* stack_pointer() {
    if (!plan_.release)
      return b_.CreatePtrToInt(b_.CreateIntrinsic(Intrinsic::frameaddress, {u_.ptr}, {int32(0)}), u_.i64);
    Metadata* name = MDString::get(u_.context, "rsp");
    return b_.CreateIntrinsic(Intrinsic::read_register, {u_.i64},
                              {MetadataAsValue::get(u_.context, MDNode::get(u_.context, {name}))});
  }
  // A fiber's limit is its worker's thread-local. Its address must never be kept over a switch, so LLVM does not see
  // it.
  Value* fiber_stack_limit() {
    InlineAsm* read =
        InlineAsm::get(FunctionType::get(u_.i64, false), "movq %fs:janus_stack_limit@tpoff, $0", "=r", true);
    return b_.CreateCall(read->getFunctionType(), read, {});
  }
  void stack_check(const JInstr& in) {
    if (plan_.module.tasks) {
      check(b_.CreateICmpULT(stack_pointer(), fiber_stack_limit()), false, in.c,
            [&] { return panic("janus_panic_stack", {}, in.pos); });
      return;
    }
    Constant* limit = u_.module.getNamedGlobal("janus_stack_limit");
    if (!limit) {
      auto* var =
          new GlobalVariable(u_.module, u_.ptr, false, GlobalValue::ExternalLinkage, nullptr, "janus_stack_limit");
      var->setDSOLocal(true);
      limit = var;
    }
    Value* low = b_.CreateICmpULT(stack_pointer(), b_.CreateLoad(u_.i64, limit));
    check(low, false, in.c, [&] { return panic("janus_panic_stack", {}, in.pos); });
  }

  Value* compare(const JInstr& in) {
    static const CmpInst::Predicate predicates[] = {
        CmpInst::ICMP_EQ,  CmpInst::ICMP_NE,  CmpInst::ICMP_SLT, CmpInst::ICMP_SLE,
        CmpInst::ICMP_SGT, CmpInst::ICMP_SGE, CmpInst::ICMP_ULT, CmpInst::ICMP_ULE,
        CmpInst::ICMP_UGT, CmpInst::ICMP_UGE, CmpInst::FCMP_OEQ, CmpInst::FCMP_UNE,
        CmpInst::FCMP_OLT, CmpInst::FCMP_OLE, CmpInst::FCMP_OGT, CmpInst::FCMP_OGE};
    return b_.CreateCmp(predicates[in.aux], v(in.a), v(in.b));
  }

  Value* convert(const JInstr& in) {
    Value* x = v(in.a);
    Type* to = u_.type(in.type);
    switch (static_cast<JCast>(in.aux)) {
      case JCast::Trunc: return b_.CreateTrunc(x, to);
      case JCast::SExt: return b_.CreateSExt(x, to);
      case JCast::ZExt: return b_.CreateZExt(x, to);
      case JCast::SIToFP: return b_.CreateSIToFP(x, to);
      case JCast::UIToFP: return b_.CreateUIToFP(x, to);
      case JCast::FPToSI: return b_.CreateIntrinsic(Intrinsic::fptosi_sat, {to, x->getType()}, {x});
      case JCast::FPToUI: return b_.CreateIntrinsic(Intrinsic::fptoui_sat, {to, x->getType()}, {x});
      case JCast::FPExt: return b_.CreateFPExt(x, to);
      case JCast::FPTrunc: return b_.CreateFPTrunc(x, to);
      case JCast::Bits:
        return x->getType()->isPointerTy() ? b_.CreatePtrToInt(x, to)
               : to->isPointerTy()         ? b_.CreateIntToPtr(x, to)
                                           : b_.CreateBitCast(x, to);
    }
    return x;
  }

  Value* math(const JInstr& in) {
    auto one = [&](Intrinsic::ID id) { return b_.CreateUnaryIntrinsic(id, v(in.a)); };
    switch (static_cast<JMath>(in.aux)) {
      case JMath::Sqrt: return one(Intrinsic::sqrt);
      case JMath::Floor: return one(Intrinsic::floor);
      case JMath::Ceil: return one(Intrinsic::ceil);
      case JMath::Round: return one(Intrinsic::round);
      case JMath::Trunc: return one(Intrinsic::trunc);
      case JMath::Fabs: return one(Intrinsic::fabs);
      case JMath::CopySign: return b_.CreateBinaryIntrinsic(Intrinsic::copysign, v(in.a), v(in.b));
      case JMath::Fma: return b_.CreateIntrinsic(Intrinsic::fma, {v(in.a)->getType()}, {v(in.a), v(in.b), v(in.c)});
      case JMath::CtPop: return one(Intrinsic::ctpop);
      case JMath::CtLz: return b_.CreateBinaryIntrinsic(Intrinsic::ctlz, v(in.a), b_.getFalse());
      case JMath::CtTz: return b_.CreateBinaryIntrinsic(Intrinsic::cttz, v(in.a), b_.getFalse());
    }
    return nullptr;
  }

  Value* constant(const JInstr& in) {
    uint64_t bits = uint64_t(in.a) | uint64_t(in.b) << 32;
    if (in.op == JOp::ConstInt) return ConstantInt::get(cast<IntegerType>(u_.type(in.type)), bits, true, true);
    double d;
    std::memcpy(&d, &bits, 8);
    if (in.type == JType::F32) return ConstantFP::get(u_.context, APFloat(static_cast<float>(d)));
    return ConstantFP::get(u_.context, APFloat(d));
  }

  void ret(const JInstr& in) {
    if (fn_->getReturnType()->isVoidTy()) b_.CreateRetVoid();
    else b_.CreateRet(in.a == kNone ? UndefValue::get(fn_->getReturnType()) : v(in.a));
  }
  void ret_fail() {
    if (abi_.fail == FailMode::Pointer && plan_.release) b_.CreateStore(error_now(), fail_arg());
    if (fn_->getReturnType()->isVoidTy()) b_.CreateRetVoid();
    else b_.CreateRet(UndefValue::get(fn_->getReturnType()));
  }

  void cond_br(const JInstr& in) {
    edge(in.b);
    edge(in.c);
    b_.CreateCondBr(v(in.a), blocks_[in.b], blocks_[in.c],
                    in.aux == 1   ? u_.unlikely
                    : in.aux == 2 ? u_.likely
                                  : nullptr);
  }
  void switch_on(const JInstr& in) {
    uint32_t n = list_size(in.b);
    Value* x = v(in.a);
    edge(list_at(in.b, 0));
    SwitchInst* s = b_.CreateSwitch(x, blocks_[list_at(in.b, 0)], n / 2);
    auto* type = cast<IntegerType>(x->getType());
    for (uint32_t i = 1; i + 1 < n; i += 2) {
      edge(list_at(in.b, i + 1));
      s->addCase(
          ConstantInt::get(type, static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(list_at(in.b, i)))),
                           true, true),
          blocks_[list_at(in.b, i + 1)]);
    }
  }

  void instr(uint32_t i) {
    const JInstr& in = f_.instrs[i];
    if (in.op != JOp::StackCheck) locate(in.pos);   // of the head, like what follows it
    if (Value* x = result_of(in)) values_[i] = x;
  }

  Value* result_of(const JInstr& in) {
    switch (in.op) {
      case JOp::ConstInt:
      case JOp::ConstFloat: return constant(in);
      case JOp::ConstNull: return null();
      case JOp::Undef:
        return plan_.release ? static_cast<Value*>(UndefValue::get(u_.type(in.type)))
                             : Constant::getNullValue(u_.type(in.type));
      case JOp::Param: return params_[in.a];
      case JOp::SlotAddr: return slots_[in.a];
      case JOp::GlobalAddr: return u_.global(in.a);
      case JOp::FuncAddr: return u_.func_value(in.a);
      case JOp::RtAddr: return u_.rt(static_cast<JRt>(in.a));
      case JOp::AddrOff: return offset(v(in.a), in.b);
      case JOp::AddrIdx:
        return b_.CreateGEP(ArrayType::get(u_.i8, in.c), v(in.a), {v(in.b)}, "", GEPNoWrapFlags::inBounds());
      case JOp::Load: {
        Value* x = load(in.type, offset(v(in.a), in.b), static_cast<JAlias>(in.aux & ~kLoadsArray));
        if (plan_.release && (in.aux & kLoadsArray)) in_use(x);
        return x;
      }
      case JOp::Store:
        store(f_.instrs[in.c].type, v(in.c), offset(v(in.a), in.b), static_cast<JAlias>(in.aux));
        return nullptr;
      case JOp::CopyBytes: {
        MaybeAlign align(std::max<uint16_t>(in.aux, 1));
        if (in.c) b_.CreateMemCpy(v(in.a), align, v(in.b), align, in.c);
        return nullptr;
      }
      case JOp::MoveBytes: b_.CreateMemMove(v(in.a), Align(1), v(in.b), Align(1), v(in.c)); return nullptr;
      case JOp::ZeroBytes:
        if (in.c) b_.CreateMemSet(v(in.a), ConstantInt::get(u_.i8, 0), in.c, MaybeAlign(std::max<uint16_t>(in.aux, 1)));
        return nullptr;
      case JOp::FillBytes: b_.CreateMemSet(v(in.a), v(in.b), v(in.c), Align(1)); return nullptr;
      case JOp::Add: return b_.CreateAdd(v(in.a), v(in.b));
      case JOp::Sub: return b_.CreateSub(v(in.a), v(in.b));
      case JOp::Mul: return b_.CreateMul(v(in.a), v(in.b));
      case JOp::SDiv: return b_.CreateSDiv(v(in.a), v(in.b));
      case JOp::UDiv: return b_.CreateUDiv(v(in.a), v(in.b));
      case JOp::SRem: return b_.CreateSRem(v(in.a), v(in.b));
      case JOp::URem: return b_.CreateURem(v(in.a), v(in.b));
      case JOp::And: return b_.CreateAnd(v(in.a), v(in.b));
      case JOp::Or: return b_.CreateOr(v(in.a), v(in.b));
      case JOp::Xor: return b_.CreateXor(v(in.a), v(in.b));
      case JOp::Shl: return b_.CreateShl(v(in.a), v(in.b));
      case JOp::AShr: return b_.CreateAShr(v(in.a), v(in.b));
      case JOp::LShr: return b_.CreateLShr(v(in.a), v(in.b));
      case JOp::FAdd: return b_.CreateFAdd(v(in.a), v(in.b));
      case JOp::FSub: return b_.CreateFSub(v(in.a), v(in.b));
      case JOp::FMul: return b_.CreateFMul(v(in.a), v(in.b));
      case JOp::FDiv: return b_.CreateFDiv(v(in.a), v(in.b));
      case JOp::FRem: return b_.CreateFRem(v(in.a), v(in.b));
      case JOp::FNeg: return b_.CreateFNeg(v(in.a));
      case JOp::Cmp: return compare(in);
      case JOp::Select: return b_.CreateSelect(v(in.a), v(in.b), v(in.c));
      case JOp::Cast: return convert(in);
      case JOp::Math: return math(in);
      case JOp::AddChk:
      case JOp::SubChk:
      case JOp::MulChk: return arithmetic_check(in);
      case JOp::Check: checked(in); return nullptr;
      case JOp::StackCheck: stack_check(in); return nullptr;
      case JOp::Count:
        b_.CreateAtomicRMW(AtomicRMWInst::Add, b_.CreateConstInBoundsGEP1_32(b_.getInt8Ty(), u_.global(in.a), in.b),
                           b_.getInt64(1), Align(8), AtomicOrdering::Monotonic);
        return nullptr;
      case JOp::Call: return call(in.a, in.b, in.c);
      case JOp::CallPtr: return call_value(in.type, in.a, in.b & 1, in.c);
      case JOp::CallRt: return call_rt(static_cast<JRt>(in.a), in.b, in.pos);
      case JOp::CallC: {
        Function* to = u_.extern_func(in.a);
        SmallVector<Value*, 8> args;
        for (uint32_t i = 0; i < list_size(in.b); ++i) args.push_back(v(list_at(in.b, i)));
        CallInst* c = b_.CreateCall(to->getFunctionType(), to, args);
        c->setAttributes(abi_attributes(to));
        // What LLVM knows of `pow` and `sin` it works out with other rounding than the library that programs run with.
        c->addFnAttr(Attribute::NoBuiltin);
        return c;
      }
      case JOp::TailCall: tail_call(in.a, in.b); return nullptr;
      case JOp::Retain: retain(v(in.a), in.aux & 1); return nullptr;
      case JOp::Release:
      case JOp::ReleaseDeep: release(in); return nullptr;
      // One owner and no flags, in one compare: a slice's storage belongs to somebody else even when the slice has one
      // owner.
      case JOp::IsUnique:
        return plan_.module.tasks ? take_back(v(in.a))
                                  : b_.CreateICmpEQ(load(JType::I64, v(in.a), JAlias::Count), int64(1));
      // A copy of the address that LLVM does not see through, except when it asks what may alias: it carries the
      // attributes. A merge of two addresses has none, and an assumption ends where anything might be freed.
      case JOp::InUse: {
        auto* same = cast<CallInst>(b_.CreateStripInvariantGroup(v(in.a)));
        same->addRetAttr(Attribute::NonNull);
        same->addRetAttr(Attribute::getWithDereferenceableBytes(u_.context, offsetof(rt::Array, cap)));
        same->addRetAttr(Attribute::getWithAlignment(u_.context, Align(8)));
        return same;
      }
      case JOp::Assume: b_.CreateAssumption(v(in.a)); return nullptr;
      case JOp::SetError: set_error(v(in.a)); return nullptr;
      case JOp::GetError: {
        Value* e = error_now();
        set_error(null());
        return e;
      }
      case JOp::PeekError: return error_now();
      case JOp::Br: leave(in.a); return nullptr;
      case JOp::CondBr: cond_br(in); return nullptr;
      case JOp::Switch: switch_on(in); return nullptr;
      case JOp::Ret: ret(in); return nullptr;
      case JOp::RetFail: ret_fail(); return nullptr;
      case JOp::Unreachable: b_.CreateUnreachable(); return nullptr;
      case JOp::Phi: return b_.CreatePHI(u_.type(in.type), list_size(in.a) / 2);
    }
    return nullptr;
  }

  struct Edge {
    uint32_t from;
    BasicBlock* llvm_from;
  };
  LlvmUnit& u_;
  const CodegenPlan& plan_;
  const JFunc& f_;
  uint32_t index_;
  FuncAbi abi_;
  Function* fn_;
  IRBuilder<> b_;
  std::vector<Value*> values_;
  std::vector<BasicBlock*> blocks_;
  std::vector<bool> reached_;
  std::vector<uint32_t> order_;
  std::vector<Value*> params_, slots_;
  std::unordered_map<uint32_t, SmallVector<Edge, 4>> edges_;   // into blocks that merge
  BasicBlock* entry_ = nullptr;
  BasicBlock* head_ = nullptr;
  Value* register_ = nullptr;   // address of the failure register
  Value* word_ = nullptr;   // release: where callees with the pointer convention put their error
  DISubprogram* scope_ = nullptr;
  uint32_t located_ = 0, here_ = 0;
  bool loops_ = false, has_merges_ = false, uses_register_ = false;
};

}   // namespace

void emit_function(LlvmUnit& unit, uint32_t index) {
  FunctionEmitter(unit, index).run();
  if (unit.plan.abi[index].tail_bytes) emit_tail_entry(unit, index);
}

}   // namespace janus
