// lower_instance.cpp: a function for certain types, and how it is called; function values, tables, foreign functions.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstring>

#include "backend/lower_internal.h"

namespace janus {

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
  if (p.managed && !p.nullable && !p.owned && (kind == TypeKind::String || kind == TypeKind::Array))
    p.block = sizeof(rt::Array);
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
    add_param(sig, layouts.of(parts[i]), parts[i], flags & mut_param_flag(i), false);
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
  if (any_known)
    for (uint32_t k : known) key += ";" + std::to_string(k);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  const FuncInfo& info = program.funcs[+func];
  std::string display = program.symbol(func), symbol = "jan." + names.func(func);
  if (!args.empty()) {
    symbol += "[";
    for (size_t i = 0; i < args.size(); ++i) symbol += (i ? ", " : "") + names.type(args[i]);
    symbol += "]";
  }
  std::vector<TypeId> own_args(args.begin(), args.end());
  std::vector<uint32_t> own_known;
  if (any_known) {
    own_known.assign(known.begin(), known.end());
    for (uint32_t k : known)
      if (k != kNone) symbol += "|" + symbols[k];
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
    if (!cell) {
      const Layout& l = layouts.of(type_of(c.inner));
      size = l.size;
      align = std::max(l.align, 1u);
    }
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
  if (is_some(outer)) {
    params = program.funcs[+outer].type_params;
    name = program.symbol(outer) + ".closure";
  }
  auto ty = [&](TypeId t) { return types[t].has_param ? types.subst(t, params, own_args) : t; };
  std::vector<TypeId> parts;
  uint32_t flags = 0;
  for (uint32_t i = 0; i < body.param_count; ++i) {
    parts.push_back(ty(body.locals[i].type));
    if (body.locals[i].flags & kLocalMutParam) flags |= mut_param_flag(i);
  }
  parts.push_back(ty(body.result));
  TypeId func_type = types.func(parts, flags, ErrorSetId::None);
  Signature sig = closure_signature(func_type);
  uint32_t index =
      add_func("jan." + names.closure(body, outer, args), name, [this, body_id, own_args, params, sig](FuncLower& f) {
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
  // Both walk the captures of the block that is their first parameter: `one` gets the type and address of each, and
  // whether a cell is there. The block's size.
  auto each_capture = [this, body_id, own_args, params](FuncLower& f, uint32_t block, const auto& one) {
    const Body& code = *program.bodies[+body_id];
    f.type_args = own_args;
    f.type_params = params;
    auto type_of = [&](LocalId l) { return f.ty(code.locals[+l].type); };
    ClosureLayout cl = closure_layout(code, type_of);
    for (size_t i = 0; i < code.captures.size(); ++i)
      one(type_of(code.captures[i].inner), f.off(block, cl.offsets[i]), cl.cells[i]);
    return cl.size;
  };
  std::string name = names.closure(*program.bodies[+body_id], outer, args);
  uint32_t index = add_func(
      "janus.drop_closure." + name, "",
      [this, each_capture](FuncLower& f) {
        uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
        int64_t size = each_capture(f, block, [&](TypeId t, uint32_t at, bool is_cell) {
          if (is_cell) f.emit(JOp::ReleaseDeep, JType::Void, f.load(JType::Ptr, at), drop_cell(t), depth);
          else if (layouts.of(t).needs_drop) f.drop_val(f.load_val(at, t), depth);
        });
        f.rt(JRt::Free, JType::Void, {block, f.i64(size)});
        f.drain_at(depth);
        f.emit(JOp::Ret);
      },
      true);
  module.funcs[index].params = {{JType::Ptr}, {JType::I32}};
  uint32_t share = kNone;
  if (module.tasks) {
    share = add_func(
        "janus.share_closure." + name, "",
        [this, each_capture](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
          each_capture(f, block, [&](TypeId t, uint32_t at, bool is_cell) {
            if (is_cell) f.rt(JRt::Share, JType::Void, {f.load(JType::Ptr, at), f.func_addr(share_cell(t)), mode});
            else if (layouts.of(t).needs_drop) f.share_at(t, at, mode);
          });
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[share].params = {{JType::Ptr}, {JType::I32}};
  }
  return instances_[key] = closure_info(name, index, share);
}

uint32_t ModuleLower::static_closure(uint32_t code) {
  std::string key = "s" + std::to_string(code);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  JGlobal g;
  g.symbol = "janus.func." + symbols[code];
  g.bytes.assign(24, '\0');
  int32_t immortal = rt::kImmortal;
  std::memcpy(g.bytes.data(), &immortal, 4);
  g.relocs.push_back({8, true, false, code});
  return instances_[key] = add_global(std::move(g));
}

// A named function as a value: code that takes everything borrowed, as closures do, and calls the function.
bool ModuleLower::find_method(FuncId& method, std::vector<TypeId>& args) {
  Program::Resolved r = program.resolve_trait_call(method, args);
  if (is_some(r.func)) {
    method = r.func;
    args = std::move(r.args);
    return false;
  }
  require(types.kind(args[0]) == TypeKind::Dyn, "a trait method without an implementation was checked");
  return true;
}

uint32_t ModuleLower::func_value_code(FuncId func, std::span<const TypeId> args) {
  std::string key = "v" + std::to_string(+func);
  for (TypeId a : args) key += "," + std::to_string(+a);
  if (auto it = instances_.find(key); it != instances_.end()) return it->second;
  std::vector<TypeId> own_args(args.begin(), args.end());
  Signature inner = signature(func, args);
  std::vector<TypeId> parts = inner.types;
  parts.push_back(inner.result_type);
  uint32_t flags = 0;
  for (uint32_t i = 0; i < inner.types.size(); ++i)
    if (program.funcs[+func].params[i].is_mut) flags |= mut_param_flag(i);
  Signature outer = closure_signature(types.func(parts, flags, ErrorSetId::None));
  std::string value_symbol = "janus.value." + names.func(func);
  for (TypeId a : args) value_symbol += "," + names.type(a);
  uint32_t code = add_func(value_symbol, program.symbol(func), [this, func, own_args, inner, outer](FuncLower& f) {
    uint32_t p = outer.result_pointer ? 2 : 1;
    std::vector<Val> vals;
    for (size_t i = 0; i < outer.types.size(); ++i) {
      Val v{outer.types[i]};
      if (!outer.skipped[i]) {
        v.v = f.emit(JOp::Param, outer.params[p].type, p);
        ++p;
      }
      if (owners.param_owned(func, static_cast<uint32_t>(i))) v = f.copy_val(v);
      vals.push_back(v);
    }
    const FuncInfo& info = program.funcs[+func];
    uint32_t dest = outer.result_pointer ? f.emit(JOp::Param, JType::Ptr, 0) : kNone;
    Val r;
    if (info.origin == FuncOrigin::ExternC) {
      std::vector<uint32_t> values;
      for (const Val& v : vals)
        if (v.v != kNone) values.push_back(v.v);
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
  uint32_t code =
      add_func("janus.drop_result." + names.type(inner) + "," + names.type(outer), "", [inner, sig](FuncLower& f) {
        uint32_t p = 0;
        uint32_t env = f.emit(JOp::Param, JType::Ptr, p++);
        std::vector<Val> vals;
        for (size_t i = 0; i < sig.types.size(); ++i) {
          Val v{sig.types[i]};
          if (!sig.skipped[i]) {
            v.v = f.emit(JOp::Param, sig.params[p].type, p);
            ++p;
          }
          vals.push_back(v);
        }
        Val r = f.call_code(f.load(JType::Ptr, env, static_cast<uint32_t>(rt::kClosureCaptures)), inner, vals, kNone,
                            f.landing());
        if (r.owned) f.drop_val(r);
        f.emit(JOp::Ret);
      });
  apply(module.funcs[code], sig);
  return instances_[key] = code;
}

// rt::ClosureInfo: how blocks of one closure are dropped and shared.
uint32_t ModuleLower::closure_info(const std::string& name, uint32_t drop, uint32_t share) {
  JGlobal g;
  g.symbol = "janus.closure_info." + name;
  g.bytes.assign(16, '\0');
  g.relocs.push_back({0, true, false, drop});
  if (share != kNone) g.relocs.push_back({8, true, false, share});
  return add_global(std::move(g));
}

uint32_t ModuleLower::dropper_info() {
  if (auto it = instances_.find("wd"); it != instances_.end()) return it->second;
  uint32_t fn = add_func(
      "janus.drop_result.drop", "",
      [](FuncLower& f) {
        uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
        f.emit(JOp::ReleaseDeep, JType::Void, f.load(JType::Ptr, block, static_cast<uint32_t>(rt::kClosureCaptures)),
               static_cast<uint32_t>(JRt::ClosureDrop), depth, 2);
        f.rt(JRt::Free, JType::Void, {block, f.i64(rt::kClosureCaptures + 8)});
        f.drain_at(depth);
        f.emit(JOp::Ret);
      },
      true);
  module.funcs[fn].params = {{JType::Ptr}, {JType::I32}};
  uint32_t share = kNone;
  if (module.tasks) {
    share = add_func(
        "janus.drop_result.share", "",
        [](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
          f.rt(JRt::ShareClosure, JType::Void,
               {f.load(JType::Ptr, block, static_cast<uint32_t>(rt::kClosureCaptures)), mode});
          f.emit(JOp::Ret);
        },
        true);
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
  uint32_t drop = add_func(
      "janus.dyn_drop." + names.type(self) + "." + names.decl(program.traits[+trait].decl), "",
      [this, self, size](FuncLower& f) {
        uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
        if (layouts.of(self).needs_drop) f.drop_val(f.load_val(f.off(block, 16), self), depth);
        f.rt(JRt::Free, JType::Void, {block, f.i64(size)});
        f.drain_at(depth);
        f.emit(JOp::Ret);
      },
      true);
  module.funcs[drop].params = {{JType::Ptr}, {JType::I32}};
  uint32_t clone = add_func("janus.dyn_clone." + names.type(self) + "." + names.decl(program.traits[+trait].decl), "",
                            [this, self, size](FuncLower& f) {
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
  g.symbol = "janus.table." + names.type(self) + "." + names.decl(program.traits[+trait].decl);
  const TraitInfo& info = program.traits[+trait];
  g.bytes.assign(vtable_method(static_cast<uint32_t>(info.methods.size())), '\0');
  g.relocs.push_back({0, true, false, drop});
  g.relocs.push_back({8, true, false, clone});
  if (module.tasks && layouts.of(self).needs_drop) {
    uint32_t share = add_func(
        "janus.dyn_share." + names.type(self) + "." + names.decl(program.traits[+trait].decl), "",
        [self](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
          f.share_at(self, f.off(block, 16), mode);
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[share].params = {{JType::Ptr}, {JType::I32}};
    g.relocs.push_back({16, true, false, share});
  }
  TypeId dyn = types.dyn(trait);
  for (uint32_t i = 0; i < info.methods.size(); ++i) {
    FuncId method = info.methods[i];
    if (program.funcs[+method].self == SelfKind::None || program.funcs[+method].type_params.size() > 1)
      continue;   // not callable through dyn
    TypeId self_args[] = {self};
    Program::Resolved r = program.resolve_trait_call(method, self_args);
    Signature outer = dyn_signature(method, dyn);
    uint32_t fn = add_func("janus.dyn." + names.type(self) + "." + names.func(method), program.symbol(r.func),
                           [this, r, outer, self](FuncLower& f) {
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
                               if (!outer.skipped[k]) {
                                 v.v = f.emit(JOp::Param, outer.params[p].type, p);
                                 ++p;
                               }
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

}  // namespace janus
