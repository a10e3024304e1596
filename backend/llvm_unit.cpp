// llvm_unit.cpp: declarations, data, attributes and aliasing facts of a unit; function bodies are in llvm_func.cpp.
// Depends on llvm_unit.h, runtime/abi.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/llvm_unit.h"

#include "llvm/Support/ModRef.h"

#include "runtime/abi.h"

namespace janus {
using namespace llvm;

LlvmUnit::LlvmUnit(LLVMContext& c, const CodegenPlan& p, const Unit& u, const DataLayout& layout)
    : plan(p),
      unit(u),
      context(c),
      owned(std::make_unique<llvm::Module>("janus", c)),
      module(*owned),
      places(p.sources),
      funcs_(p.module.funcs.size()),
      thunks_(p.module.funcs.size()),
      tail_funcs_(p.module.funcs.size()),
      globals_(p.module.globals.size()),
      rt_(256),
      externs_(p.module.externs.size()) {
  module.setDataLayout(layout);
  module.setTargetTriple(Triple("x86_64-unknown-linux-musl"));
  i8 = Type::getInt8Ty(c);
  i32 = Type::getInt32Ty(c);
  i64 = Type::getInt64Ty(c);
  ptr = PointerType::get(c, 0);
  nothing = Type::getVoidTy(c);
  Type* all[9] = {
      nothing, Type::getInt1Ty(c), i8, Type::getInt16Ty(c), i32, i64, Type::getFloatTy(c), Type::getDoubleTy(c), ptr};
  std::copy(all, all + 9, types);
  MDBuilder md(c);
  unlikely = plan.release ? md.createUnlikelyBranchWeights() : nullptr;
  likely = plan.release ? md.createLikelyBranchWeights() : nullptr;
  tbaa_root_ = plan.release ? md.createTBAARoot("janus") : nullptr;
  tbaa_count = tbaa(JAlias::Count, JType::I32);
  if (!plan.release) {
    bool any = false;
    for (uint32_t i : u.funcs) any |= p.module.funcs[i].debug && p.module.funcs[i].span.lo != 0;
    if (any) {
      module.addModuleFlag(llvm::Module::Max, "Dwarf Version", 5);
      module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", DEBUG_METADATA_VERSION);
      debug = std::make_unique<DebugInfo>(module, plan);
    }
  }
}

std::unique_ptr<llvm::Module> LlvmUnit::run() {
  for (uint32_t i : unit.funcs) emit_function(*this, i);
  for (uint32_t g : unit.globals) define_global(g);
  if (unit.has_flags) {
    auto* flags = new GlobalVariable(
        module, i32, true, GlobalValue::ExternalLinkage,
        ConstantInt::get(i32, (plan.release ? 0u : kProgramDebug) | (plan.module.fair ? kProgramFair : 0u)),
        "janus_program_flags");
    flags->setVisibility(GlobalValue::HiddenVisibility);
    if (plan.module.tasks) {
      auto constant = [&](const char* name, Constant* value) {
        auto* var = new GlobalVariable(module, value->getType(), true, GlobalValue::ExternalLinkage, value, name);
        var->setVisibility(GlobalValue::HiddenVisibility);
      };
      constant("janus_program_tasks", ConstantInt::get(i64, static_cast<uint64_t>(plan.module.task_budget)));
      constant("janus_program_channels", ConstantInt::get(i64, static_cast<uint64_t>(plan.module.channel_budget)));
      constant("janus_program_profile", text(plan.module.profile));
    }
  }
  if (debug) debug->finish();
  return std::move(owned);
}

CallingConv::ID LlvmUnit::convention(Convention c) const {
  return c == Convention::C ? CallingConv::C : c == Convention::Swift ? CallingConv::Swift : CallingConv::SwiftTail;
}

void LlvmUnit::set_attributes(Function* fn) {
  if (!common_ready_) {
    AttrBuilder attrs(context);
    attrs.addAttribute(Attribute::NoUnwind);
    attrs.addAttribute("target-cpu", "x86-64-v2");
    attrs.addAttribute("tune-cpu", "generic");
    attrs.addAttribute("probe-stack",
                       "inline-asm");   // a frame bigger than a page touches each of its pages: none jumps over a guard
    if (!plan.release) attrs.addAttribute("frame-pointer", "all");
    common_ = AttributeSet::get(context, attrs);
    common_ready_ = true;
  }
  fn->setAttributes(fn->getAttributes().addFnAttributes(context, AttrBuilder(context, common_)));
}

AttributeSet LlvmUnit::register_attributes() {
  if (!register_.hasAttributes()) {
    AttrBuilder attrs(context);
    attrs.addAttribute(Attribute::SwiftError);
    attrs.addAttribute(Attribute::NoAlias);
    attrs.addAttribute(Attribute::NoUndef);
    attrs.addCapturesAttr(CaptureInfo::none());
    attrs.addDereferenceableAttr(8);
    register_ = AttributeSet::get(context, attrs);
  }
  return register_;
}

// What release code is promised about parameters; debug code would only pay for it.
static void param_attributes(LlvmUnit& u, Function* fn, const JFunc& f) {
  LLVMContext& c = u.context;
  auto add = [&](unsigned i, Attribute::AttrKind kind) { fn->addParamAttr(i, kind); };
  for (unsigned i = 0; i < f.params.size(); ++i) {
    const JParam& p = f.params[i];
    if (p.type != JType::Ptr) continue;
    bool result = f.result_pointer && i == 0;
    uint32_t size = result ? f.result_size : p.is_aggregate || p.is_mut ? p.size : p.block;
    if (result || p.is_mut) add(i, Attribute::NoAlias);
    if (result) fn->addParamAttr(i, Attribute::getWithCaptureInfo(c, CaptureInfo::none()));
    if (p.is_aggregate && !p.is_mut && !result) {
      add(i, Attribute::ReadOnly);
      fn->addParamAttr(i, Attribute::getWithCaptureInfo(c, CaptureInfo::none()));
    }
    if (result || p.is_mut || p.is_aggregate || (p.managed && !p.nullable)) {
      add(i, Attribute::NonNull);
      if (size) fn->addParamAttr(i, Attribute::getWithDereferenceableBytes(c, size));
      uint32_t align = result ? f.result_align : p.managed ? 8 : p.align;
      if (align > 1) fn->addParamAttr(i, Attribute::getWithAlignment(c, Align(align)));
    }
  }
}

Function* LlvmUnit::func(uint32_t index) {
  if (funcs_[index]) return funcs_[index];
  const JFunc& f = plan.module.funcs[index];
  const FuncAbi& abi = plan.abi[index];
  SmallVector<Type*, 8> params;
  for (const JParam& p : f.params) params.push_back(type(p.type));
  if (abi.fail != FailMode::None) params.push_back(ptr);
  // In one module nothing but what the runtime calls is seen from outside; several units see each other, and nobody
  // else.
  bool single = plan.units.size() == 1;
  auto linkage = f.exported || !f.has_body || !single ? GlobalValue::ExternalLinkage : GlobalValue::InternalLinkage;
  Function* fn =
      Function::Create(FunctionType::get(type(f.result), params, false), linkage, plan.symbols[index], module);
  funcs_[index] = fn;
  if (linkage == GlobalValue::ExternalLinkage && f.has_body) fn->setVisibility(GlobalValue::HiddenVisibility);
  fn->setDSOLocal(true);
  fn->setCallingConv(convention(abi.convention));
  set_attributes(fn);
  if (f.inline_hint && plan.release) fn->addFnAttr(Attribute::InlineHint);
  if (f.stays_out) fn->addFnAttr(Attribute::NoInline);
  if (f.c_abi) {
    for (unsigned i = 0; i < f.params.size(); ++i)
      if (f.params[i].type == JType::I1) fn->addParamAttr(i, Attribute::ZExt);
  }
  // Debug: the fast instruction selector returns small integers only when it may extend them.
  // (A musttail call must promise exactly what its caller promises, so the circles stay as they are.)
  bool extends =
      f.c_abi ? f.result == JType::I1
              : !plan.release && abi.convention == Convention::C && f.result >= JType::I1 && f.result <= JType::I16;
  if (extends) fn->addRetAttr(Attribute::ZExt);
  if (abi.fail == FailMode::Register)
    fn->addParamAttrs(static_cast<unsigned>(f.params.size()), AttrBuilder(context, register_attributes()));
  if (plan.release) param_attributes(*this, fn, f);
  return fn;
}

// A function value must have the standard convention; a function of a tail call has another one.
Function* LlvmUnit::thunk(uint32_t index) {
  if (thunks_[index]) return thunks_[index];
  Function* target = func(index);
  const JFunc& f = plan.module.funcs[index];
  bool fails = plan.abi[index].fail != FailMode::None;
  SmallVector<Type*, 8> params(target->getFunctionType()->params());
  Function* fn =
      Function::Create(target->getFunctionType(), GlobalValue::InternalLinkage, plan.symbols[index] + ".value", module);
  thunks_[index] = fn;
  fn->setCallingConv(value_convention());
  set_attributes(fn);
  IRBuilder<> b(BasicBlock::Create(context, "", fn));
  SmallVector<Value*, 8> args;
  for (Argument& a : fn->args()) args.push_back(&a);
  Value* error = nullptr;
  unsigned last = static_cast<unsigned>(f.params.size());
  if (fails && value_fail() == FailMode::Register) {
    fn->addParamAttrs(last, AttrBuilder(context, register_attributes()));
    error = b.CreateAlloca(ptr);
    b.CreateStore(ConstantPointerNull::get(cast<PointerType>(ptr)), error);
    args.back() = error;
  }
  CallInst* call = b.CreateCall(target->getFunctionType(), target, args);
  call->setCallingConv(target->getCallingConv());
  if (error) b.CreateStore(b.CreateLoad(ptr, error), fn->getArg(last));
  if (f.result == JType::Void) b.CreateRetVoid();
  else b.CreateRet(call);
  return fn;
}

Constant* LlvmUnit::func_value(uint32_t index) {
  return plan.abi[index].convention == Convention::SwiftTail ? thunk(index) : func(index);
}

Constant* LlvmUnit::global(uint32_t index) {
  if (globals_[index]) return globals_[index];
  const JGlobal& g = plan.module.globals[index];
  // The type holds bytes and addresses in turn; define_global fills it in.
  SmallVector<Type*, 8> parts;
  uint32_t at = 0;
  auto bytes = [&](uint32_t to) {
    if (to > at) parts.push_back(ArrayType::get(i8, to - at));
  };
  for (const JReloc& r : g.relocs) {
    bytes(r.offset);
    parts.push_back(ptr);
    at = r.offset + 8;
  }
  bytes(static_cast<uint32_t>(g.bytes.size()));
  // Constants are copied into every unit that uses them, except what is compared by address and what is written.
  auto linkage = g.merge                               ? GlobalValue::LinkOnceODRLinkage
                 : g.writable && plan.units.size() > 1 ? GlobalValue::ExternalLinkage
                                                       : GlobalValue::InternalLinkage;
  auto* var =
      new GlobalVariable(module, StructType::get(context, parts, true), !g.writable, linkage, nullptr, g.symbol);
  if (linkage != GlobalValue::InternalLinkage) var->setVisibility(GlobalValue::HiddenVisibility);
  if (linkage == GlobalValue::InternalLinkage && !g.writable) var->setUnnamedAddr(GlobalValue::UnnamedAddr::None);
  var->setDSOLocal(true);
  var->setAlignment(Align(std::max(g.align, 1u)));
  return globals_[index] = var;
}

void LlvmUnit::define_global(uint32_t index) {
  global(index);
  GlobalVariable* var = globals_[index];
  const JGlobal& g = plan.module.globals[index];
  if (g.symbol.starts_with("janus.task_desc."))
    var->setExternallyInitialized(true);   // stacks.cpp writes into it when the frames are known
  SmallVector<Constant*, 8> parts;
  uint32_t at = 0;
  auto bytes = [&](uint32_t to) {
    if (to > at) parts.push_back(ConstantDataArray::getString(context, StringRef(g.bytes).slice(at, to), false));
  };
  for (const JReloc& r : g.relocs) {
    bytes(r.offset);
    Constant* target = r.is_rt ? rt(static_cast<JRt>(r.index)) : r.is_func ? func_value(r.index) : global(r.index);
    if (r.addend)
      target = ConstantExpr::getGetElementPtr(i8, target, ConstantInt::get(Type::getInt64Ty(context), r.addend));
    parts.push_back(target);
    at = r.offset + 8;
  }
  bytes(static_cast<uint32_t>(g.bytes.size()));
  var->setInitializer(ConstantStruct::get(cast<StructType>(var->getValueType()), parts));
}

FunctionCallee LlvmUnit::rt_func(StringRef name, Type* result, ArrayRef<Type*> params) {
  if (Function* known = module.getFunction(name)) return known;
  Function* fn = Function::Create(FunctionType::get(result, params, false), GlobalValue::ExternalLinkage, name, module);
  fn->setDSOLocal(true);
  fn->addFnAttr(Attribute::NoUnwind);
  if (name.starts_with("janus_panic_")) {
    fn->addFnAttr(Attribute::Cold);
    if (result->isPointerTy()) fn->addRetAttr(Attribute::NonNull);
  }
  if (plan.release && name == "janus_alloc") {
    fn->addRetAttr(Attribute::NoAlias);
    fn->addRetAttr(Attribute::NonNull);
    fn->addFnAttr(Attribute::getWithAllocSizeArgs(context, 0, std::nullopt));
  }
  return fn;
}

Constant* LlvmUnit::rt(JRt symbol) {
  Constant*& known = rt_[static_cast<uint16_t>(symbol)];
  if (known) return known;
  const RtSymbol& s = rt_symbol(symbol);
  if (s.args[0] == 'w') {
    auto* var = new GlobalVariable(module, i8, false, GlobalValue::ExternalLinkage, nullptr, s.name);
    var->setDSOLocal(true);
    var->setAlignment(Align(8));
    if (symbol == JRt::DropsPending && plan.module.tasks)
      var->setThreadLocalMode(GlobalValue::LocalExecTLSModel);   // drop code never suspends
    return known = var;
  }
  SmallVector<Type*, 8> params;
  for (const char* p = s.args; *p; ++p) {
    if (*p == 'S') {
      params.push_back(ptr);
      params.push_back(i64);
    } else params.push_back(type(rt_letter(*p)));
  }
  Function* fn = cast<Function>(rt_func(s.name, type(s.result), params).getCallee());
  unsigned i = 0;
  for (const char* p = s.args; *p; ++p, ++i) {
    if (*p == 'b' || *p == 'c') fn->addParamAttr(i, Attribute::ZExt);
    if (*p == 'S') ++i;
  }
  if (s.result == JType::I1) fn->addRetAttr(Attribute::ZExt);
  return known = fn;
}

Function* LlvmUnit::extern_func(uint32_t index) {
  if (externs_[index]) return externs_[index];
  const JExtern& e = plan.module.externs[index];
  if (Function* known = module.getFunction(e.symbol)) return externs_[index] = known;
  SmallVector<Type*, 8> params;
  for (JType t : e.params) params.push_back(type(t));
  Function* fn = Function::Create(FunctionType::get(type(e.result), params, false), GlobalValue::ExternalLinkage,
                                  e.symbol, module);
  fn->setDSOLocal(true);
  fn->addFnAttr(Attribute::NoUnwind);
  for (unsigned i = 0; i < e.params.size(); ++i)
    if (e.params[i] >= JType::I1 && e.params[i] <= JType::I16)
      fn->addParamAttr(i, i < e.is_signed.size() && e.is_signed[i] ? Attribute::SExt : Attribute::ZExt);
  if (e.result == JType::I1) fn->addRetAttr(Attribute::ZExt);
  return externs_[index] = fn;
}

Constant* LlvmUnit::text(std::string_view s) {
  Constant*& known = texts_[std::string(s)];
  if (known) return known;
  Constant* bytes = ConstantDataArray::getString(context, StringRef(s.data(), s.size()));
  auto* var = new GlobalVariable(module, bytes->getType(), true, GlobalValue::PrivateLinkage, bytes);
  var->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  var->setAlignment(Align(1));
  return known = var;
}

Constant* LlvmUnit::site(const JFunc& f, uint32_t pos) {
  Constant*& known = sites_[&f];
  if (known) return known;
  Constant* parts[] = {text(f.display.empty() ? f.symbol : f.display), text(places.path(f.span.lo ? f.span.lo : pos))};
  Constant* value = ConstantStruct::getAnon(parts);
  auto* var = new GlobalVariable(module, value->getType(), true, GlobalValue::PrivateLinkage, value);
  var->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  var->setAlignment(Align(8));
  return known = var;
}

MDNode* LlvmUnit::tbaa(JAlias alias, JType t) {
  if (!tbaa_root_ || alias == JAlias::Any) return nullptr;
  unsigned key = alias == JAlias::Scalar ? 7 + static_cast<unsigned>(t) : static_cast<unsigned>(alias) - 1;
  static const char* const names[] = {"count", "length", "data", "capacity", "code", "error", "",    "",
                                      "bool",  "i8",     "i16",  "i32",      "i64",  "f32",   "f64", "pointer"};
  if (alias == JAlias::Local) key = 6;
  MDNode*& known = tbaa_[key];
  if (known) return known;
  MDBuilder md(context);
  MDNode* node = md.createTBAAScalarTypeNode(alias == JAlias::Local ? "local" : names[key], tbaa_root_);
  return known = md.createTBAAStructTagNode(node, node, 0);
}

Function* LlvmUnit::retain_helper(bool nullable) {
  Function*& fn = retains_[nullable];
  if (fn) return fn;
  fn = Function::Create(FunctionType::get(nothing, {ptr}, false), GlobalValue::InternalLinkage,
                        nullable ? "janus.retain_if_any" : "janus.retain", module);
  set_attributes(fn);
  IRBuilder<> b(BasicBlock::Create(context, "", fn));
  Value* p = fn->getArg(0);
  if (nullable) {
    BasicBlock *some = BasicBlock::Create(context, "", fn), *none = BasicBlock::Create(context, "", fn);
    b.CreateCondBr(b.CreateIsNull(p), none, some);
    b.SetInsertPoint(none);
    b.CreateRetVoid();
    b.SetInsertPoint(some);
  }
  emit_retain(*this, b, p);
  b.CreateRetVoid();
  return fn;
}

Function* LlvmUnit::release_helper(Function* drop, bool nullable) {
  Function*& fn = releases_[nullable][drop];
  if (fn) return fn;
  fn = Function::Create(FunctionType::get(nothing, {ptr}, false), GlobalValue::InternalLinkage,
                        "janus.release." + drop->getName(), module);
  set_attributes(fn);
  IRBuilder<> b(BasicBlock::Create(context, "", fn));
  Value* p = fn->getArg(0);
  if (nullable) {
    BasicBlock *some = BasicBlock::Create(context, "", fn), *none = BasicBlock::Create(context, "", fn);
    b.CreateCondBr(b.CreateIsNull(p), none, some);
    b.SetInsertPoint(none);
    b.CreateRetVoid();
    b.SetInsertPoint(some);
  }
  emit_release(*this, b, p, drop, ConstantInt::get(i32, 0), false);
  b.CreateRetVoid();
  return fn;
}

}   // namespace janus
