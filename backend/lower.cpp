// lower.cpp: the work list of instances, signatures, function values, tables, and the program's entry.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower.h"

#include <cstddef>
#include <cstring>

#include "backend/hir_walk.h"
#include "backend/lower_internal.h"
#include "frontend/doctest.h"
#include "runtime/abi_test.h"

namespace janus {

JModule lower(Program& program, Layouts& layouts, const LowerOptions& options) { return ModuleLower(program, layouts, options).run(); }

// Live tasks and channels that the program may have: what its package says, else the profile of its main file.
void ModuleLower::set_budgets() {
  Profile profile = Profile::Service;
  if (is_some(program.main_func)) profile = program.modules[+program.decls[+program.funcs[+program.main_func].decl].module]->profile;
  module.profile = profile_name(profile);
  bool large = profile == Profile::Cluster || profile == Profile::Sovereign;
  module.task_budget = large ? 10'000 : 100;
  module.channel_budget = large ? 10'000 : 1'000;
  if (options.budget_tasks >= 0) module.task_budget = options.budget_tasks;
  if (options.budget_channels >= 0) module.channel_budget = options.budget_channels;
}

JModule ModuleLower::run() {
  module.tasks = program.uses_tasks;
  set_budgets();
  build_main();
  // Building a function may ask for others; the list grows at its end.
  for (size_t i = 0; i < work_.size(); ++i) {
    Work work = std::move(work_[i]);
    JFunc f = std::move(module.funcs[work.index]);
    {
      FuncLower builder(*this, f);
      work.build(builder);
      builder.finish();
    }
    module.funcs[work.index] = std::move(f);
  }
  mark_cycles();
  if (options.release) unroll_recursion();
  return std::move(module);
}

// A small function that calls itself gets a twin: it calls the twin, the twin calls it. LLVM inlines the twin, and half of the
// calls (with their stack checks) are gone. It does not inline a function into itself.
void ModuleLower::unroll_recursion() {
  constexpr size_t kSmall = 100;
  size_t count = module.funcs.size();
  for (uint32_t i = 0; i < count; ++i) {
    if (module.funcs[i].c_abi || !module.funcs[i].in_cycle || module.funcs[i].instrs.size() > kSmall) continue;
    bool calls_itself = false;
    for (const JBlock& b : module.funcs[i].blocks)
      for (uint32_t k : b.instrs) calls_itself |= module.funcs[i].instrs[k].op == JOp::Call && module.funcs[i].instrs[k].a == i;
    if (!calls_itself) continue;
    JFunc twin = module.funcs[i];
    twin.symbol += "'";
    twin.inline_hint = true;
    auto& head = twin.blocks[0].instrs;   // the caller has checked, and both frames are small
    if (!head.empty() && twin.instrs[head[0]].op == JOp::StackCheck) head.erase(head.begin());
    uint32_t index = static_cast<uint32_t>(module.funcs.size());
    for (JInstr& in : module.funcs[i].instrs) if (in.op == JOp::Call && in.a == i) in.a = index;
    module.funcs.push_back(std::move(twin));
  }
}

uint32_t ModuleLower::add_func(std::string symbol, std::string display, std::function<void(FuncLower&)> build, bool c_abi) {
  JFunc f;
  f.symbol = std::move(symbol);
  f.display = display.empty() ? f.symbol : std::move(display);
  f.c_abi = c_abi;
  f.can_fail = !c_abi;
  f.debug = false;
  module.funcs.push_back(std::move(f));
  uint32_t index = static_cast<uint32_t>(module.funcs.size() - 1);
  work_.push_back({index, std::move(build)});
  return index;
}

// ---- signatures

namespace {
void add_param(Signature& sig, const Layout& l, TypeId type, bool is_mut, bool owned) {
  sig.types.push_back(type);
  bool skip = l.shape == Shape::Void && !is_mut;
  sig.skipped.push_back(skip);
  if (skip) return;
  JParam p;
  p.type = is_mut || l.shape == Shape::Aggregate ? JType::Ptr : l.scalar;
  p.is_mut = is_mut;
  p.is_aggregate = !is_mut && l.shape == Shape::Aggregate;
  p.managed = !is_mut && l.shape == Shape::Managed;
  p.nullable = l.nullable;
  p.owned = owned && l.needs_drop && !is_mut;
  p.size = l.size;
  p.align = l.align ? l.align : 1;
  sig.params.push_back(p);
}
// The block of a borrowed array or string stays as it is during the call: its head may be read early.
void set_block(Signature& sig, TypeKind kind) {
  if (sig.skipped.back()) return;
  JParam& p = sig.params.back();
  if (p.managed && !p.nullable && !p.owned && (kind == TypeKind::String || kind == TypeKind::Array)) p.block = sizeof(rt::Array);
}
void set_result(Signature& sig, const Layout& l, TypeId type) {
  sig.result_type = type;
  if (l.shape == Shape::Aggregate) {
    sig.result_pointer = true;
    sig.result_size = l.size;
    sig.result_align = l.align;
    JParam p;
    p.size = l.size;
    p.align = l.align;
    sig.params.insert(sig.params.begin(), p);
  } else {
    sig.result = l.shape == Shape::Void ? JType::Void : l.scalar;
  }
}
void apply(JFunc& f, const Signature& sig) {
  f.params = sig.params;
  f.result = sig.result;
  f.result_pointer = sig.result_pointer;
  f.result_size = sig.result_size;
  f.result_align = sig.result_align;
}
}  // namespace

Signature ModuleLower::signature(FuncId func, std::span<const TypeId> args) {
  const FuncInfo& info = program.funcs[+func];
  Signature sig;
  for (uint32_t i = 0; i < info.params.size(); ++i) {
    TypeId type = types.subst(info.params[i].type, info.type_params, args);
    bool is_mut = info.params[i].is_mut || (i == 0 && info.self == SelfKind::Mut);
    add_param(sig, layouts.of(type), type, is_mut, owners.param_owned(func, i));
    set_block(sig, types.kind(type));
  }
  TypeId result = types.subst(info.result, info.type_params, args);
  set_result(sig, layouts.of(result), result);
  return sig;
}

// The code behind a function value: everything borrowed, the closure itself first.
Signature ModuleLower::closure_signature(TypeId func_type) {
  Signature sig;
  std::vector<TypeId> parts(types.args(func_type).begin(), types.args(func_type).end());
  uint32_t flags = types[func_type].a;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    add_param(sig, layouts.of(parts[i]), parts[i], i < 24 && (flags & (kFuncMutParam0 << i)), false);
    set_block(sig, types.kind(parts[i]));
  }
  set_result(sig, layouts.of(parts.back()), parts.back());
  JParam env;
  env.managed = true;
  sig.params.insert(sig.params.begin() + (sig.result_pointer ? 1 : 0), env);
  return sig;
}

Signature ModuleLower::dyn_signature(FuncId method, TypeId dyn) {
  const FuncInfo& info = program.funcs[+method];
  std::vector<TypeId> args{dyn};
  Signature sig;
  for (uint32_t i = 0; i < info.params.size(); ++i) {
    TypeId type = i == 0 ? dyn : types.subst(info.params[i].type, info.type_params, args);
    add_param(sig, layouts.of(type), type, i > 0 && info.params[i].is_mut, false);
  }
  TypeId result = types.subst(info.result, info.type_params, args);
  set_result(sig, layouts.of(result), result);
  return sig;
}

// ---- instances

uint32_t ModuleLower::instance(FuncId func, std::span<const TypeId> args, std::span<const uint32_t> known) {
  std::string key = "f" + std::to_string(+func);
  for (TypeId a : args) key += "," + std::to_string(+a);
  bool any_known = std::any_of(known.begin(), known.end(), [](uint32_t k) { return k != kNone; });
  if (any_known) for (uint32_t k : known) key += ";" + std::to_string(k);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  const FuncInfo& info = program.funcs[+func];
  std::string display = program.symbol(func), symbol = display;
  if (!args.empty()) {
    symbol += "[";
    for (size_t i = 0; i < args.size(); ++i) symbol += (i ? ", " : "") + program.type_name(args[i]) + "#" + std::to_string(+args[i]);
    symbol += "]";
  }
  symbol = "jan." + symbol + "#" + std::to_string(+func);
  std::vector<TypeId> own_args(args.begin(), args.end());
  std::vector<uint32_t> own_known;
  if (any_known) {
    own_known.assign(known.begin(), known.end());
    for (uint32_t k : known) if (k != kNone) symbol += "|" + module.funcs[k].symbol;
  }
  require(is_some(info.body), "a function without a body is called");
  uint32_t index = add_func(symbol, display, [this, func, own_args, own_known](FuncLower& f) {
    const FuncInfo& info = program.funcs[+func];
    f.self_func = func;
    f.known_code = own_known;
    f.build_body(*program.bodies[+info.body], own_args, info.type_params, signature(func, own_args), false);
  });
  instances_[key] = index;
  JFunc& f = module.funcs[index];
  apply(f, signature(func, args));
  f.debug = true;
  f.span = program.decls[+info.decl].name_span;
  ModuleId home = program.decls[+info.decl].module;
  f.inline_hint = is_some(home) && program.modules[+home]->is_std;
  return index;
}

ClosureLayout ModuleLower::closure_layout(const Body& code, const std::function<TypeId(LocalId)>& type_of) {
  ClosureLayout cl;
  uint32_t at = static_cast<uint32_t>(rt::kClosureCaptures);
  for (const Capture& c : code.captures) {
    bool cell = code.locals[+c.inner].flags & kLocalCell;
    uint32_t size = 8, align = 8;
    if (!cell) { const Layout& l = layouts.of(type_of(c.inner)); size = l.size; align = std::max(l.align, 1u); }
    at = (at + align - 1) / align * align;
    cl.offsets.push_back(at);
    cl.cells.push_back(cell);
    at += size;
  }
  cl.size = (at + 7) / 8 * 8;
  return cl;
}

uint32_t ModuleLower::closure_code(BodyId body_id, std::span<const TypeId> args, FuncId outer) {
  std::string key = "c" + std::to_string(+body_id);
  for (TypeId a : args) key += "," + std::to_string(+a);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  const Body& body = *program.bodies[+body_id];
  std::vector<TypeId> own_args(args.begin(), args.end());
  std::vector<TypeParamId> params;
  std::string name = "closure";
  if (is_some(outer)) { params = program.funcs[+outer].type_params; name = program.symbol(outer) + ".closure"; }
  auto ty = [&](TypeId t) { return types[t].has_param ? types.subst(t, params, own_args) : t; };
  std::vector<TypeId> parts;
  uint32_t flags = 0;
  for (uint32_t i = 0; i < body.param_count; ++i) {
    parts.push_back(ty(body.locals[i].type));
    if (i < 24 && body.locals[i].flags & kLocalMutParam) flags |= kFuncMutParam0 << i;
  }
  parts.push_back(ty(body.result));
  TypeId func_type = types.func(parts, flags, ErrorSetId::None);
  Signature sig = closure_signature(func_type);
  uint32_t index = add_func("jan." + name + "#" + key, name, [this, body_id, own_args, params, sig](FuncLower& f) {
    f.build_body(*program.bodies[+body_id], own_args, params, sig, true);
  });
  instances_[key] = index;
  JFunc& f = module.funcs[index];
  apply(f, sig);
  f.debug = true;
  if (is_some(body.root)) f.span = body[body.root].span;
  return index;
}

uint32_t ModuleLower::closure_infos(BodyId body_id, std::span<const TypeId> args, FuncId outer) {
  std::string key = "d" + std::to_string(+body_id);
  for (TypeId a : args) key += "," + std::to_string(+a);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  std::vector<TypeId> own_args(args.begin(), args.end());
  std::vector<TypeParamId> params;
  if (is_some(outer)) params = program.funcs[+outer].type_params;
  uint32_t index = add_func("janus.drop_closure." + key, "", [this, body_id, own_args, params](FuncLower& f) {
    const Body& code = *program.bodies[+body_id];
    f.type_args = own_args;
    f.type_params = params;
    auto type_of = [&](LocalId l) { return f.ty(code.locals[+l].type); };
    ClosureLayout cl = closure_layout(code, type_of);
    uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
    for (size_t i = 0; i < code.captures.size(); ++i) {
      TypeId t = type_of(code.captures[i].inner);
      uint32_t at = f.off(block, cl.offsets[i]);
      if (cl.cells[i]) f.emit(JOp::ReleaseDeep, JType::Void, f.load(JType::Ptr, at), drop_cell(t), depth);
      else if (layouts.of(t).needs_drop) f.drop_val(f.load_val(at, t), depth);
    }
    f.rt(JRt::Free, JType::Void, {block, f.i64(cl.size)});
    f.drain_at(depth);
    f.emit(JOp::Ret);
  }, true);
  module.funcs[index].params = {{JType::Ptr}, {JType::I32}};
  uint32_t share = kNone;
  if (module.tasks) {
    share = add_func("janus.share_closure." + key, "", [this, body_id, own_args, params](FuncLower& f) {
      const Body& code = *program.bodies[+body_id];
      f.type_args = own_args;
      f.type_params = params;
      auto type_of = [&](LocalId l) { return f.ty(code.locals[+l].type); };
      ClosureLayout cl = closure_layout(code, type_of);
      uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
      for (size_t i = 0; i < code.captures.size(); ++i) {
        TypeId t = type_of(code.captures[i].inner);
        uint32_t at = f.off(block, cl.offsets[i]);
        if (cl.cells[i]) f.rt(JRt::Share, JType::Void, {f.load(JType::Ptr, at), f.func_addr(share_cell(t)), mode});
        else if (layouts.of(t).needs_drop) f.share_at(t, at, mode);
      }
      f.emit(JOp::Ret);
    }, true);
    module.funcs[share].params = {{JType::Ptr}, {JType::I32}};
  }
  return instances_[key] = closure_info(key, index, share);
}

uint32_t ModuleLower::static_closure(uint32_t code) {
  std::string key = "s" + std::to_string(code);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  JGlobal g;
  g.symbol = "janus.func." + module.funcs[code].symbol;
  g.bytes.assign(24, '\0');
  int32_t immortal = rt::kImmortal;
  std::memcpy(g.bytes.data(), &immortal, 4);
  g.relocs.push_back({8, true, false, code});
  return instances_[key] = add_global(std::move(g));
}

// A named function as a value: code that takes everything borrowed, as closures do, and calls the function.
uint32_t ModuleLower::func_value_code(FuncId func, std::span<const TypeId> args) {
  std::string key = "v" + std::to_string(+func);
  for (TypeId a : args) key += "," + std::to_string(+a);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  std::vector<TypeId> own_args(args.begin(), args.end());
  Signature inner = signature(func, args);
  std::vector<TypeId> parts = inner.types;
  parts.push_back(inner.result_type);
  uint32_t flags = 0;
  for (uint32_t i = 0; i < inner.types.size() && i < 24; ++i) if (program.funcs[+func].params[i].is_mut) flags |= kFuncMutParam0 << i;
  Signature outer = closure_signature(types.func(parts, flags, ErrorSetId::None));
  uint32_t code = add_func("janus.value." + program.symbol(func) + "#" + key, program.symbol(func), [this, func, own_args, inner, outer](FuncLower& f) {
    uint32_t p = outer.result_pointer ? 2 : 1;
    std::vector<Val> vals;
    for (size_t i = 0; i < outer.types.size(); ++i) {
      Val v{outer.types[i]};
      if (!outer.skipped[i]) { v.v = f.emit(JOp::Param, outer.params[p].type, p); ++p; }
      if (owners.param_owned(func, static_cast<uint32_t>(i))) v = f.copy_val(v);
      vals.push_back(v);
    }
    const FuncInfo& info = program.funcs[+func];
    uint32_t dest = outer.result_pointer ? f.emit(JOp::Param, JType::Ptr, 0) : kNone;
    Val r;
    if (info.origin == FuncOrigin::ExternC) {
      std::vector<uint32_t> values;
      for (const Val& v : vals) if (v.v != kNone) values.push_back(v.v);
      r.v = f.emit(JOp::CallC, inner.result, extern_func(func), f.list(values), kNone, info.is_blocking ? 1 : 0);
    } else if (info.origin == FuncOrigin::Intrinsic) {
      r = f.intrinsic(Intrin(info.intrinsic), own_args, vals, inner.result_type, dest);
    } else {
      r = f.call_function(instance(func, own_args), inner, vals, dest, f.landing());
    }
    if (f.dead) return;
    f.emit(JOp::Ret, JType::Void, outer.result == JType::Void ? kNone : r.v);
  });
  apply(module.funcs[code], outer);
  return instances_[key] = code;
}

uint32_t ModuleLower::result_dropper(TypeId inner, TypeId outer) {
  std::string key = "w" + std::to_string(+inner) + "," + std::to_string(+outer);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  Signature sig = closure_signature(outer);
  uint32_t code = add_func("janus.drop_result." + key, "", [inner, sig](FuncLower& f) {
    uint32_t p = 0;
    uint32_t env = f.emit(JOp::Param, JType::Ptr, p++);
    std::vector<Val> vals;
    for (size_t i = 0; i < sig.types.size(); ++i) {
      Val v{sig.types[i]};
      if (!sig.skipped[i]) { v.v = f.emit(JOp::Param, sig.params[p].type, p); ++p; }
      vals.push_back(v);
    }
    Val r = f.call_code(f.load(JType::Ptr, env, static_cast<uint32_t>(rt::kClosureCaptures)), inner, vals, kNone, f.landing());
    if (r.owned) f.drop_val(r);
    f.emit(JOp::Ret);
  });
  apply(module.funcs[code], sig);
  return instances_[key] = code;
}

// rt::ClosureInfo: how blocks of one closure are dropped and shared.
uint32_t ModuleLower::closure_info(const std::string& key, uint32_t drop, uint32_t share) {
  JGlobal g;
  g.symbol = "janus.closure_info." + key;
  g.bytes.assign(16, '\0');
  g.relocs.push_back({0, true, false, drop});
  if (share != kNone) g.relocs.push_back({8, true, false, share});
  return add_global(std::move(g));
}

uint32_t ModuleLower::dropper_info() {
  if (auto it = instances_.find("wd"); it != instances_.end()) return it->second;
  uint32_t fn = add_func("janus.drop_result.drop", "", [](FuncLower& f) {
    uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
    f.emit(JOp::ReleaseDeep, JType::Void, f.load(JType::Ptr, block, static_cast<uint32_t>(rt::kClosureCaptures)), static_cast<uint32_t>(JRt::ClosureDrop), depth, 2);
    f.rt(JRt::Free, JType::Void, {block, f.i64(rt::kClosureCaptures + 8)});
    f.drain_at(depth);
    f.emit(JOp::Ret);
  }, true);
  module.funcs[fn].params = {{JType::Ptr}, {JType::I32}};
  uint32_t share = kNone;
  if (module.tasks) {
    share = add_func("janus.drop_result.share", "", [](FuncLower& f) {
      uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
      f.rt(JRt::ShareClosure, JType::Void, {f.load(JType::Ptr, block, static_cast<uint32_t>(rt::kClosureCaptures)), mode});
      f.emit(JOp::Ret);
    }, true);
    module.funcs[share].params = {{JType::Ptr}, {JType::I32}};
  }
  return instances_["wd"] = closure_info("drop_result", fn, share);
}

// The table of a dyn value: drop, clone, then the trait's methods.
uint32_t ModuleLower::vtable(TypeId self, TraitId trait) {
  std::string key = "t" + std::to_string(+self) + "," + std::to_string(+trait);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  const Layout& l = layouts.of(self);
  int64_t size = 16 + (l.size + 7) / 8 * 8;
  uint32_t drop = add_func("janus.dyn_drop." + type_key(self) + "." + std::to_string(+trait), "", [this, self, size](FuncLower& f) {
    uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
    if (layouts.of(self).needs_drop) f.drop_val(f.load_val(f.off(block, 16), self), depth);
    f.rt(JRt::Free, JType::Void, {block, f.i64(size)});
    f.drain_at(depth);
    f.emit(JOp::Ret);
  }, true);
  module.funcs[drop].params = {{JType::Ptr}, {JType::I32}};
  uint32_t clone = add_func("janus.dyn_clone." + type_key(self) + "." + std::to_string(+trait), "", [this, self, size](FuncLower& f) {
    uint32_t block = f.emit(JOp::Param, JType::Ptr, 0);
    uint32_t copy = f.rt(JRt::Alloc, JType::Ptr, {f.i64(size)});
    f.copy_bytes(copy, block, static_cast<uint32_t>(size), 8);
    f.store(f.i64(1), copy, 0, JAlias::Count);
    if (layouts.of(self).needs_drop) f.retain_val(f.load_val(f.off(copy, 16), self));
    f.emit(JOp::Ret, JType::Void, copy);
  });
  module.funcs[clone].params = {{JType::Ptr}};
  module.funcs[clone].result = JType::Ptr;
  module.funcs[clone].can_fail = false;
  JGlobal g;
  g.symbol = "janus.table." + type_key(self) + "." + std::to_string(+trait);
  const TraitInfo& info = program.traits[+trait];
  g.bytes.assign(vtable_method(static_cast<uint32_t>(info.methods.size())), '\0');
  g.relocs.push_back({0, true, false, drop});
  g.relocs.push_back({8, true, false, clone});
  if (module.tasks && layouts.of(self).needs_drop) {
    uint32_t share = add_func("janus.dyn_share." + type_key(self) + "." + std::to_string(+trait), "", [self](FuncLower& f) {
      uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
      f.share_at(self, f.off(block, 16), mode);
      f.emit(JOp::Ret);
    }, true);
    module.funcs[share].params = {{JType::Ptr}, {JType::I32}};
    g.relocs.push_back({16, true, false, share});
  }
  TypeId dyn = types.dyn(trait);
  for (uint32_t i = 0; i < info.methods.size(); ++i) {
    FuncId method = info.methods[i];
    if (program.funcs[+method].self == SelfKind::None || program.funcs[+method].type_params.size() > 1) continue;   // not callable through dyn
    TypeId self_args[] = {self};
    Program::Resolved r = program.resolve_trait_call(method, self_args);
    Signature outer = dyn_signature(method, dyn);
    uint32_t fn = add_func("janus.dyn." + type_key(self) + "." + program.symbol(method), program.symbol(r.func), [this, r, outer, self](FuncLower& f) {
      Signature inner = signature(r.func, r.args);
      uint32_t p = outer.result_pointer ? 1 : 0;
      uint32_t block = f.emit(JOp::Param, JType::Ptr, p++);
      std::vector<Val> vals;
      const FuncInfo& target = program.funcs[+r.func];
      Val me{self, f.off(block, 16)};
      if (target.self != SelfKind::Mut) {
        me = f.load_val(f.off(block, 16), self);
        if (owners.param_owned(r.func, 0)) me = f.copy_val(me);
      }
      vals.push_back(me);
      for (size_t k = 1; k < outer.types.size(); ++k) {
        Val v{outer.types[k]};
        if (!outer.skipped[k]) { v.v = f.emit(JOp::Param, outer.params[p].type, p); ++p; }
        if (owners.param_owned(r.func, static_cast<uint32_t>(k))) v = f.copy_val(v);
        vals.push_back(v);
      }
      uint32_t dest = outer.result_pointer ? f.emit(JOp::Param, JType::Ptr, 0) : kNone;
      Val v = f.call_function(instance(r.func, r.args), inner, vals, dest, f.landing());
      if (f.dead) return;
      f.emit(JOp::Ret, JType::Void, outer.result == JType::Void ? kNone : v.v);
    });
    apply(module.funcs[fn], outer);
    g.relocs.push_back({vtable_method(i), true, false, fn});
  }
  return instances_[key] = add_global(std::move(g));
}

uint32_t ModuleLower::extern_func(FuncId func) {
  auto [it, fresh] = externs_.try_emplace(+func, 0);
  if (!fresh) return it->second;
  const FuncInfo& info = program.funcs[+func];
  JExtern e;
  e.symbol = std::string(program.names.text(program.decls[+info.decl].name));
  for (const ParamInfo& p : info.params) {
    const Layout& l = layouts.of(p.type);
    if (l.shape == Shape::Void) continue;
    e.params.push_back(p.is_mut || l.shape == Shape::Aggregate ? JType::Ptr : l.scalar);
    e.is_signed.push_back(types.is_signed(p.type));
  }
  const Layout& l = layouts.of(info.result);
  e.result = l.shape == Shape::Scalar || l.shape == Shape::Managed ? l.scalar : JType::Void;
  module.externs.push_back(std::move(e));
  return it->second = static_cast<uint32_t>(module.externs.size() - 1);
}

// ---- one body

void FuncLower::build_body(const Body& b, std::span<const TypeId> args, std::span<const TypeParamId> params, const Signature& sig, bool closure) {
  body = &b;
  type_args.assign(args.begin(), args.end());
  type_params.assign(params.begin(), params.end());
  own = &m.owners.of(m.body_id(b));
  binds.assign(b.locals.size(), {});
  loops.assign(b.loop_count, {});
  param_slots.assign(b.param_count, kNone);
  result_type = sig.result_type;
  if (is_some(b.root)) pos = b[b.root].span.lo;
  emit(JOp::StackCheck, JType::Void, kNone, kNone, landing());
  uint32_t p = 0;
  if (sig.result_pointer) result_addr = emit(JOp::Param, JType::Ptr, p++);
  else if (sig.result != JType::Void) result_slot = slot(layout(sig.result_type).size, layout(sig.result_type).align);
  uint32_t env = kNone;
  if (closure) env = emit(JOp::Param, JType::Ptr, p++);

  bool self_tail = false;
  if (!closure)
    for (const HirNode& n : b.nodes) {
      if (n.kind != HirKind::Return || n.aux != 1 || n.a == kNone) continue;
      each_tail_call(b, HirId(n.a), [&](const HirNode& call) { self_tail |= FuncId(call.a) == self_func; });
    }

  std::vector<uint32_t> cells;   // parameters that live in a cell: made at the start of every round
  for (uint32_t i = 0; i < b.param_count; ++i) {
    TypeId type = sig.types[i];
    const Layout& l = layout(type);
    const HirLocal& info = b.locals[i];
    if (sig.skipped[i]) continue;
    const JParam& jp = sig.params[p];
    uint32_t v = emit(JOp::Param, jp.type, p++);
    Bind& bind = binds[i];
    auto debug_slot = [&](uint32_t s) { f.slots[s].name = info.name; f.slots[s].type = type; f.slots[s].span = info.span; f.slots[s].arg = i + 1; };
    if (jp.is_mut) {
      bind = {BindKind::Address, v};
      if (!m.options.release) { uint32_t s = slot(8, 8); debug_slot(s); f.slots[s].is_reference = true; store(v, slot_addr(s)); }
      if (info.flags & kLocalCell) {   // a closure writes the lent variable: it must not escape, so the cell is copied back
        require(false, "a `mut` parameter that a closure writes was accepted");
      }
      continue;
    }
    if (l.shape == Shape::Aggregate) {
      uint32_t addr = v;
      if (self_tail) {
        uint32_t s = slot(l.size, l.align);
        debug_slot(s);
        param_slots[i] = s;
        addr = slot_addr(s);
        copy_bytes(addr, v, l.size, l.align);
      } else if (!m.options.release) {
        uint32_t s = slot(8, 8);
        debug_slot(s);
        f.slots[s].is_reference = true;
        store(v, slot_addr(s));
      }
      bind = {BindKind::Address, addr};
      if (info.flags & kLocalCell) { cells.push_back(i); continue; }
      if (jp.owned) {
        if (own->ever_moved[i]) { bind.flag = slot(1, 1); bind.cleanup = push(CleanKind::FlaggedSlot, type, addr, bind.flag); }
        else bind.cleanup = push(CleanKind::Value, type, addr);
        cleanups[bind.cleanup].local = LocalId(i);
      }
      continue;
    }
    uint32_t s = slot(l.size, l.align);
    debug_slot(s);
    store(v, slot_addr(s));
    param_slots[i] = s;
    bind = {BindKind::Slot, s};
    if (info.flags & kLocalCell) { cells.push_back(i); continue; }
    if (jp.owned) {
      bind.cleanup = push(CleanKind::Slot, type, s);
      cleanups[bind.cleanup].local = LocalId(i);
    }
  }
  if (closure) {
    ClosureLayout cl = m.closure_layout(b, [&](LocalId l) { return ty(b.locals[+l].type); });
    for (size_t i = 0; i < b.captures.size(); ++i) {
      uint32_t local = +b.captures[i].inner;
      uint32_t at_capture = off(env, cl.offsets[i]);
      if (cl.cells[i]) {
        uint32_t s = slot(8, 8);
        f.slots[s].name = b.locals[local].name; f.slots[s].type = ty(b.locals[local].type); f.slots[s].span = b.locals[local].span;
        f.slots[s].is_reference = true; f.slots[s].cell_offset = static_cast<uint32_t>(rt::kBoxPayload);
        store(load(JType::Ptr, at_capture), slot_addr(s));
        binds[local] = {BindKind::Cell, s};
      } else {
        binds[local] = {BindKind::Address, at_capture};
        binds[local].borrowed = true;
      }
    }
  }
  if (self_tail) {
    entry_loop = new_block();
    br(entry_loop);
    at(entry_loop);
  }
  for (uint32_t i = 0; i < b.param_count; ++i) if (binds[i].flag != kNone) store(i1(true), slot_addr(binds[i].flag));
  for (uint32_t i : cells) {
    size_t jp = static_cast<size_t>(sig.result_pointer) + closure;
    for (uint32_t k = 0; k < i; ++k) jp += !sig.skipped[k];
    Val v = load_val(binds[i].kind == BindKind::Slot ? slot_addr(binds[i].v) : binds[i].v, sig.types[i]);
    if (!sig.params[jp].owned) v = copy_val(v);
    bind_local(LocalId(i), v);
  }

  // The body's value is the result; a function without one drops it.
  const Layout& l = layout(result_type);
  if (l.shape == Shape::Void) {
    lower_drop(b.root);
    if (!dead) do_return();
    return;
  }
  if (l.shape == Shape::Aggregate) {
    lower_to(b.root, result_addr);
    if (!dead) do_return();
    return;
  }
  Val v = lower(b.root, Want::Own);
  if (dead) return;
  if (!v.owned && l.needs_drop) v = copy_val(v);
  if (top < 0 && return_root == kNone) { emit(JOp::Ret, JType::Void, v.v); return; }
  store(v.v, slot_addr(result_slot));
  do_return();
}

void FuncLower::drain_at(uint32_t depth) {
  uint32_t outer = new_block(), pending = new_block(true), done = new_block();
  cond_br(cmp(JCmp::Eq, depth, i32(0)), outer, done);
  at(outer);
  if (m.module.tasks) {   // what is pending belongs to the thread: the runtime looks
    rt(JRt::DrainDrops, JType::Void, {});
    br(done);
    at(done);
    return;
  }
  cond_br(cmp(JCmp::Ne, load(JType::I32, rt_addr(JRt::DropsPending), 0, JAlias::Any), i32(0)), pending, done, 1);
  at(pending);
  rt(JRt::DrainDrops, JType::Void, {});
  br(done);
  at(done);
}

BodyId ModuleLower::body_id(const Body& body) {
  if (body_ids_.empty())
    for (uint32_t i = 0; i < program.bodies.size(); ++i) if (program.bodies[i]) body_ids_[program.bodies[i].get()] = BodyId(i);
  return body_ids_.at(&body);
}

// ---- the entry: C code of the runtime calls it and gets null or the failure

void ModuleLower::build_main() {
  auto wrapper = [&](std::string symbol, std::function<uint32_t()> target) {
    uint32_t index = add_func(std::move(symbol), "main", [this, target](FuncLower& f) {
      uint32_t failed = f.new_block(true);
      uint32_t callee = target();
      f.emit(JOp::Call, module.funcs[callee].result, callee, f.list(std::initializer_list<uint32_t>{}), failed);
      f.emit(JOp::Ret, JType::Void, f.null());
      f.dead = true;
      f.at(failed);
      f.emit(JOp::Ret, JType::Void, f.emit(JOp::GetError, JType::Ptr));
      f.dead = true;
    }, true);
    module.funcs[index].result = JType::Ptr;
    return index;
  };
  if (!options.tests) {
    module.main = wrapper("janus_main_entry", [this] { return instance(program.main_func, {}); });
    module.funcs[module.main].exported = true;
    return;
  }
  JGlobal entries;
  entries.symbol = "janus.tests";
  int64_t count = 0;
  auto add_entry = [&](std::string_view name, Span place, std::string_view note, uint32_t run, rt::TestMode mode) {
    const SourceFile& file = program.sources.file(program.sources.find(place.lo));
    LineCol at = program.sources.line_col(place.lo);
    uint32_t offset = static_cast<uint32_t>(entries.bytes.size());
    entries.bytes.append(sizeof(rt::TestEntry), '\0');
    entries.bytes[offset + offsetof(rt::TestEntry, mode)] = static_cast<char>(mode);
    entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, name)), false, false, c_string(name)});
    entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, place)), false, false, c_string(file.path + ":" + std::to_string(at.line) + ":" + std::to_string(at.col))});
    entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, note)), false, false, c_string(note)});
    if (run != kNone) entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, run)), true, false, run});
    ++count;
  };
  for (uint32_t i = 0; i < program.tests.size(); ++i) {
    const TestInfo& test = program.tests[i];
    if (is_none(test.body) || program.modules[+test.module]->is_std) continue;
    const DoctestInfo* doc = test.doctest == kNone ? nullptr : &program.doctests[test.doctest];
    uint32_t run = wrapper("janus.test." + std::to_string(i), [this, i] {
      uint32_t index = add_func("jan.test." + std::to_string(i), "test \"" + std::string(program.names.text(program.tests[i].name)) + "\"", [this, i](FuncLower& f) {
        Signature sig;
        f.build_body(*program.bodies[+program.tests[i].body], {}, {}, sig, false);
      });
      module.funcs[index].debug = true;
      module.funcs[index].span = program.tests[i].span;
      return index;
    });
    rt::TestMode mode = !doc || doc->mode == DoctestMode::Run ? rt::kTestRun : doc->mode == DoctestMode::Fails ? rt::kTestFails : doc->mode == DoctestMode::NoRun ? rt::kTestPassed : rt::kTestFailed;
    std::string note = doc && doc->mode == DoctestMode::CompileFails ? "it compiles, and " + doc->expected + " was expected" : "";
    add_entry(program.names.text(test.name), test.span, note, run, mode);
  }
  for (const DoctestInfo& doc : program.doctests)   // those that were decided before
    if (is_none(doc.module)) add_entry(program.names.text(doc.name), doc.place, doc.problem, kNone, doc.mode == DoctestMode::Ignore ? rt::kTestIgnored : doc.passed ? rt::kTestPassed : rt::kTestFailed);
  if (entries.bytes.empty()) entries.bytes.assign(8, '\0');
  JGlobal table;
  table.symbol = "janus.test_table";
  table.bytes.assign(sizeof(rt::TestTable), '\0');
  memcpy(table.bytes.data() + offsetof(rt::TestTable, count), &count, sizeof count);
  table.relocs.push_back({offsetof(rt::TestTable, tests), false, false, add_global(std::move(entries))});
  uint32_t tests = add_global(std::move(table));
  module.main = add_func("janus_main_entry", "main", [tests](FuncLower& f) {
    uint32_t error = f.rt(JRt::RunTests, JType::Ptr, {f.global(tests)});
    f.emit(JOp::Ret, JType::Void, error);
  }, true);
  module.funcs[module.main].result = JType::Ptr;
  module.funcs[module.main].exported = true;
}

// Functions that can call themselves again check the stack; the others cannot overflow it. A call of a function value may reach
// every function whose address was taken.
void ModuleLower::mark_cycles() {
  uint32_t n = static_cast<uint32_t>(module.funcs.size());
  uint32_t indirect = n;
  std::vector<std::vector<uint32_t>> calls(n + 1);
  std::vector<bool> taken(n);
  for (const JGlobal& g : module.globals)
    for (const JReloc& r : g.relocs) if (r.is_func) taken[r.index] = true;
  for (uint32_t i = 0; i < n; ++i)
    for (const JBlock& block : module.funcs[i].blocks)
      for (uint32_t k : block.instrs) {
        const JInstr& in = module.funcs[i].instrs[k];
        if (in.op == JOp::Call || in.op == JOp::TailCall) calls[i].push_back(in.a);
        else if (in.op == JOp::CallPtr) calls[i].push_back(indirect);
        else if (in.op == JOp::FuncAddr) taken[in.a] = true;
      }
  for (uint32_t i = 0; i < n; ++i) if (taken[i] && !module.funcs[i].c_abi) calls[indirect].push_back(i);
  // Tarjan, without recursion.
  std::vector<uint32_t> index(n + 1, kNone), low(n + 1), stack;
  std::vector<bool> on_stack(n + 1), cyclic(n + 1);
  struct Frame { uint32_t node; size_t next; };
  std::vector<Frame> frames;
  uint32_t counter = 0;
  for (uint32_t root = 0; root <= n; ++root) {
    if (index[root] != kNone) continue;
    frames.push_back({root, 0});
    while (!frames.empty()) {
      Frame& fr = frames.back();
      uint32_t v = fr.node;
      if (fr.next == 0 && index[v] == kNone) { index[v] = low[v] = counter++; stack.push_back(v); on_stack[v] = true; }
      if (fr.next < calls[v].size()) {
        uint32_t w = calls[v][fr.next++];
        if (w == v) cyclic[v] = true;
        if (index[w] == kNone) frames.push_back({w, 0});
        else if (on_stack[w]) low[v] = std::min(low[v], index[w]);
        continue;
      }
      if (low[v] == index[v]) {
        bool many = stack.back() != v;
        for (;;) {
          uint32_t w = stack.back();
          stack.pop_back();
          on_stack[w] = false;
          if (many) cyclic[w] = true;
          if (w == v) break;
        }
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().node] = std::min(low[frames.back().node], low[v]);
    }
  }
  for (uint32_t i = 0; i < n; ++i) {
    JFunc& f = module.funcs[i];
    f.in_cycle = cyclic[i];
    if (f.in_cycle || f.blocks.empty()) continue;
    auto& instrs = f.blocks[0].instrs;
    if (!instrs.empty() && f.instrs[instrs[0]].op == JOp::StackCheck) instrs.erase(instrs.begin());
  }
}

}  // namespace janus
