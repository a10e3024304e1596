// lower_call.cpp: calls of functions, methods and function values; returns and tail calls.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower_internal.h"

namespace janus {

void FuncLower::finish_args(int base, const std::vector<Val>& args, const std::function<bool(size_t)>& owned) {
  top = base;
  for (size_t i = 0; i < args.size(); ++i)
    if (args[i].owned && !owned(i)) push_temp(args[i]);
}

// Emits the call itself; args are machine-ready: scalars and managed values as values, aggregates and lent places as
// addresses.
Val FuncLower::call_function(uint32_t index, const Signature& sig, const std::vector<Val>& args, uint32_t dest,
                             uint32_t on_fail) {
  std::vector<uint32_t> values;
  uint32_t to = kNone;
  if (sig.result_pointer) {
    to = dest != kNone ? dest : temp_addr(sig.result_type);
    values.push_back(to);
  }
  for (size_t i = 0; i < args.size(); ++i)
    if (!sig.skipped[i]) values.push_back(args[i].v);
  uint32_t v = emit(JOp::Call, sig.result, index, list(values), on_fail);
  const Layout& l = layout(sig.result_type);
  if (types.kind(sig.result_type) == TypeKind::Never) {
    emit(JOp::Unreachable);
    dead = true;
    return {sig.result_type};
  }
  return {sig.result_type, l.shape == Shape::Void ? kNone : sig.result_pointer ? to : v, l.needs_drop};
}

Val FuncLower::call_values(FuncId func, std::span<const TypeId> targs, const std::vector<Val>& args, uint32_t dest,
                           uint32_t on_fail) {
  Signature sig = m.signature(func, targs);
  return call_function(m.instance(func, targs), sig, args, dest,
                       noting_caller(func, on_fail == kNone ? landing() : on_fail));
}

// A panic inside the standard library says little to who wrote the program: on its way out it notes the place of the
// call, too. The way on from there is `edge`.
uint32_t FuncLower::noting_caller(FuncId callee, uint32_t edge) {
  const Program& p = m.program;
  if (pos == 0 || !p.modules[+p.decls[+p.funcs[+callee].decl].module]->is_std) return edge;   // 0: derived code
  if (FileId file = p.sources.find(pos); is_none(file) || p.sources.file(file).is_std) return edge;
  uint32_t saved = cur;
  bool was_dead = dead;
  uint32_t noted = new_block(true);
  at(noted);
  rt(JRt::PanicCaller, JType::Void, {emit(JOp::PeekError, JType::Ptr)});
  br(edge);
  cur = saved;
  dead = was_dead;
  return noted;
}

// A function value: its code gets the closure itself first.
Val FuncLower::call_code(uint32_t closure, TypeId func_type, const std::vector<Val>& args, uint32_t dest,
                         uint32_t on_fail) {
  Signature sig = m.closure_signature(func_type);
  std::vector<uint32_t> values{load(JType::Ptr, closure, 8, JAlias::ClosureCode)};
  uint32_t to = kNone;
  if (sig.result_pointer) {
    to = dest != kNone ? dest : temp_addr(sig.result_type);
    values.push_back(to);
  }
  values.push_back(closure);
  for (size_t i = 0; i < args.size(); ++i)
    if (!sig.skipped[i]) values.push_back(args[i].v);
  uint32_t v = emit(JOp::CallPtr, sig.result, list(values), 1, on_fail);
  const Layout& l = layout(sig.result_type);
  return {sig.result_type, l.shape == Shape::Void ? kNone : sig.result_pointer ? to : v, l.needs_drop};
}

Val FuncLower::call_table(FuncId method, const std::vector<Val>& args, uint32_t dest, uint32_t on_fail) {
  const FuncInfo& info = m.program.funcs[+method];
  const TraitInfo& trait = m.program.traits[+info.trait];
  uint32_t index = 0;
  while (trait.methods[index] != method) ++index;
  uint32_t self = args[0].v;
  if (info.self == SelfKind::Mut) self = dyn_unique(self);   // its own block before it is changed
  uint32_t table = load(JType::Ptr, self, 8);
  Signature sig = m.dyn_signature(method, args[0].type);
  std::vector<uint32_t> values{load(JType::Ptr, table, m.vtable_method(index), JAlias::ClosureCode)};
  uint32_t to = kNone;
  if (sig.result_pointer) {
    to = dest != kNone ? dest : temp_addr(sig.result_type);
    values.push_back(to);
  }
  values.push_back(self);
  for (size_t i = 1; i < args.size(); ++i)
    if (!sig.skipped[i]) values.push_back(args[i].v);
  uint32_t v = emit(JOp::CallPtr, sig.result, list(values), 1, on_fail);
  const Layout& l = layout(sig.result_type);
  return {sig.result_type, l.shape == Shape::Void ? kNone : sig.result_pointer ? to : v, l.needs_drop};
}

uint32_t FuncLower::code_of(HirId id) {
  const HirNode& n = (*body)[id];
  switch (n.kind) {
    case HirKind::WidenFunc:   // only the result may be dropped: the same code, unless that changes how it is called
      return types.args(ty(n.type)).back() == types.args(ty(HirId(n.a))).back() ? code_of(HirId(n.a)) : kNone;
    case HirKind::MakeClosure: return m.closure_code(BodyId(n.a), type_args, body->func);
    case HirKind::FuncRef: return m.func_value_code(FuncId(n.a), ty_list(n.b));
    case HirKind::Local: return n.a < known_code.size() ? known_code[n.a] : kNone;
    default: return kNone;
  }
}

Val FuncLower::lower_call(HirId id, uint32_t dest) {
  const HirNode& n = (*body)[id];
  PendingCatch pending = take_catch();
  int base = top;

  // Who is called?
  FuncId callee = FuncId::None;
  bool through_table = n.kind == HirKind::CallDyn;
  std::vector<TypeId> targs;
  std::span<const uint32_t> arg_ids;
  Val function;
  if (n.kind == HirKind::Call || n.kind == HirKind::CallTrait) {
    targs = ty_list(body->extra[n.b]);
    arg_ids = body->list(body->extra[n.b + 1]);
    callee = FuncId(n.a);
    if (n.kind == HirKind::CallTrait) through_table = m.find_method(callee, targs);
  } else {
    arg_ids = body->list(n.b);
    if (n.kind == HirKind::CallDyn) callee = FuncId(n.a);
  }
  if (n.kind == HirKind::CallValue) {
    function = lower(HirId(n.a), Want::Borrow);
    if (!function.owned && is_mutable_root(HirId(n.a))) function = copy_val(function);
    push_temp(function);
  }
  bool direct = n.kind != HirKind::CallValue && !through_table;

  // Arguments, in the order written.
  size_t count = n.aux == 1 ? arg_ids.size() / 2 : arg_ids.size();
  std::vector<Val> args(count);
  std::vector<std::pair<size_t, Place>> lent;
  bool any_lent = false, any_mutates = false;
  for (size_t i = 0; i < count; ++i) {
    any_lent |= (*body)[HirId(arg_ids[i])].kind == HirKind::MutArg;
    any_mutates |= own->mutates[arg_ids[i]];
  }
  auto takes = [&](size_t i) { return direct && m.owners.param_owned(callee, static_cast<uint32_t>(i)); };
  // Variables that tasks share: the call runs under the lock when one is lent, or when it only looks at one.
  LocalId cell = LocalId::None;
  bool looks = false, early = false;
  uint32_t lock = kNone;
  if (m.module.tasks) {
    for (size_t i = 0; i < count && is_none(cell); ++i)
      if ((*body)[HirId(arg_ids[i])].kind == HirKind::MutArg) cell = cell_root(HirId((*body)[HirId(arg_ids[i])].a));
    for (size_t i = 0; i < count && is_some(cell); ++i)
      early |= (*body)[HirId(arg_ids[i])].kind != HirKind::MutArg && touches_cell(HirId(arg_ids[i]));
    if (is_none(cell) && !any_lent && is_quiet(id))
      for (size_t i = 0; i < count; ++i)
        if ((*body)[HirId(arg_ids[i])].kind == HirKind::Local && !takes(i) && is_some(cell_root(HirId(arg_ids[i])))) {
          cell = cell_root(HirId(arg_ids[i]));
          looks = true;
        }
    if (looks || early) {
      for (size_t i = 0; i < count; ++i) make_ready(HirId(arg_ids[i]));
      if (dead) {
        top = base;
        return {ty(n.type)};
      }
      lock = lock_cell(cell);
    }
  }
  for (size_t k = 0; k < count; ++k) {
    size_t i = n.aux == 1 ? arg_ids[count + k] : k;
    HirId arg{arg_ids[i]};
    if ((*body)[arg].kind == HirKind::MutArg) {
      HirId place{(*body)[arg].a};
      lent.emplace_back(i, prepare(place));
      args[i].type = ty(place);
      continue;
    }
    if (looks && (*body)[arg].kind == HirKind::Local && (*body)[arg].a == +cell) {
      args[i] = load_val(local_addr(cell), ty(arg));
      continue;
    }
    Val v = lower(arg, takes(i) ? Want::Own : Want::Borrow);
    const Layout& l = layout(v.type);
    if (dead) {
      top = base;
      return {ty(n.type)};
    }
    // A borrowed value must outlive what the other arguments and the callee may write.
    bool exposed = !v.owned && (any_lent || any_mutates) && is_mutable_root(arg);
    if (!v.owned && l.needs_drop && (takes(i) || exposed)) v = copy_val(v);
    else if (exposed && l.shape == Shape::Aggregate) v = copy_val(v);
    push_temp(v);
    args[i] = v;
  }
  if (is_some(cell) && !looks) {
    if (!early) lock = lock_cell(cell);
    for (size_t i = 0; i < count; ++i)
      if ((*body)[HirId(arg_ids[i])].kind != HirKind::MutArg) share_passing(lock, args[i], args[i].owned);
  }
  for (auto& [i, place] : lent) args[i].v = resolve(place);
  if (dead) {
    top = base;
    return {ty(n.type)};
  }

  // Owned arguments leave the chain of cleanups; temporaries that were only borrowed, and lent temporaries, stay until
  // after the call.
  Val result;
  if (!lent.empty() || is_some(cell)) {
    // Lent places may have made nodes of their own between the arguments: take out only what the callee takes.
    for (size_t i = 0; i < count; ++i)
      if (args[i].owned && takes(i))
        for (int node = top; node != base; node = cleanups[node].parent)
          if (cleanups[node].kind == CleanKind::Value && cleanups[node].v == args[i].v) {
            remove_cleanup(node);
            break;
          }
  } else {
    std::vector<Val> all = args;
    if (function.owned) all.push_back(function);
    finish_args(base, all, [&](size_t i) { return i < count && takes(i); });
  }

  if (n.kind == HirKind::CallValue) {
    if (uint32_t code = code_of(HirId(n.a)); code != kNone) {
      Signature sig = m.closure_signature(function.type);
      std::vector<Val> with_env{function};
      with_env.insert(with_env.end(), args.begin(), args.end());
      sig.skipped.insert(sig.skipped.begin(), false);
      result = call_function(code, sig, with_env, dest, fail_edge(pending));
    } else {
      result = call_code(function.v, function.type, args, dest, fail_edge(pending));
    }
    result.type = ty(n.type);
  } else if (through_table) {
    result = call_table(callee, args, dest, fail_edge(pending));
  } else {
    const FuncInfo& info = m.program.funcs[+callee];
    if (!lent.empty()) promise_settled(callee, arg_ids.first(count));
    if (info.origin == FuncOrigin::ExternC) {
      uint32_t ext = m.extern_func(callee);
      std::vector<uint32_t> values;
      for (const Val& a : args)
        if (a.v != kNone) values.push_back(a.v);
      TypeId type = ty(n.type);
      const Layout& l = layout(type);
      uint32_t v = emit(JOp::CallC, l.shape == Shape::Void || l.shape == Shape::Aggregate ? JType::Void : l.scalar, ext,
                        list(values), kNone, info.is_blocking ? 1 : 0);
      result = {type, l.shape == Shape::Void ? kNone : v, l.needs_drop};
      if (types.kind(type) == TypeKind::Never) {
        emit(JOp::Unreachable);
        dead = true;
      }
    } else if (info.origin == FuncOrigin::Intrinsic) {
      result = intrinsic(Intrin(info.intrinsic), targs, args, ty(n.type), dest);
    } else {
      Signature sig = m.signature(callee, targs);
      std::vector<uint32_t> known;
      if (m.options.release)
        for (size_t i = 0; i < count; ++i)
          known.push_back(types.kind(args[i].type) == TypeKind::Func ? code_of(HirId(arg_ids[i])) : kNone);
      result =
          call_function(m.instance(callee, targs, known), sig, args, dest, noting_caller(callee, fail_edge(pending)));
    }
  }
  if (dead) {
    top = base;
    return result;
  }
  if (is_some(cell)) share_passing(lock, result, false);
  // The result is kept while the temporaries go (dropping runs no code of the user, so it cannot fail).
  pop_to(base);
  return result;
}

// `return f(x)` in tail position: true when the call was made so that it uses no stack.
bool FuncLower::lower_tail_call(HirId call_id) {
  while ((*body)[call_id].kind == HirKind::Try) call_id = HirId((*body)[call_id].a);
  const HirNode& n = (*body)[call_id];
  if (n.kind != HirKind::Call) return false;
  FuncId callee{n.a};
  const FuncInfo& info = m.program.funcs[+callee];
  if (info.origin != FuncOrigin::Janus) return false;
  for (int node = top; node >= 0; node = cleanups[node].parent) switch (cleanups[node].kind) {
      case CleanKind::Defer:
      case CleanKind::ErrorInFlight:
      case CleanKind::Nursery:
      case CleanKind::Shield:
      case CleanKind::CellLock: return false;
      default: break;
    }
  std::vector<TypeId> targs = ty_list(body->extra[n.b]);
  Signature sig = m.signature(callee, targs);
  if (sig.result != f.result || sig.result_pointer != f.result_pointer || sig.result_type != result_type) return false;
  auto arg_ids = body->list(body->extra[n.b + 1]);
  size_t count = n.aux == 1 ? arg_ids.size() / 2 : arg_ids.size();
  bool is_self = callee == self_func && entry_loop != kNone && targs == type_args;
  for (size_t i = 0; i < count; ++i) {
    const HirNode& arg = (*body)[HirId(arg_ids[i])];
    if (arg.kind == HirKind::MutArg) {   // only our own `mut` parameter, passed on at the same place
      const HirNode& place = (*body)[HirId(arg.a)];
      if (place.kind != HirKind::Local || !(body->locals[place.a].flags & kLocalMutParam)) return false;
      if (is_self && place.a != i) return false;
    }
  }
  for (size_t i = 0; is_self && i < known_code.size();
       ++i)   // this instance knows its closures: another one needs another instance
    if (known_code[i] != kNone && code_of(HirId(arg_ids[i])) != known_code[i]) is_self = false;
  // Evaluate everything, owned; then our own storage goes, then control.
  int base = top;
  std::vector<Val> args(count);
  for (size_t k = 0; k < count; ++k) {
    size_t i = n.aux == 1 ? arg_ids[count + k] : k;
    HirId arg{arg_ids[i]};
    if ((*body)[arg].kind == HirKind::MutArg) {
      args[i] = {ty(HirId((*body)[arg].a)), local_addr(LocalId((*body)[HirId((*body)[arg].a)].a))};
      continue;
    }
    Val v = lower(arg, Want::Own);
    if (dead) {
      top = base;
      return true;
    }
    const Layout& l = layout(v.type);
    if (!v.owned && (l.needs_drop || l.shape == Shape::Aggregate)) v = copy_val(v);
    push_temp(v);
    args[i] = v;
  }
  top = base;
  int saved = top;
  pop_to(-1);
  if (is_self) {
    for (size_t i = 0; i < count; ++i) {
      if (param_slots[i] == kNone || layout(args[i].type).shape == Shape::Void) continue;
      store_val(args[i], slot_addr(param_slots[i]));
    }
    br(entry_loop);
  } else {
    std::vector<uint32_t> values;
    if (sig.result_pointer) values.push_back(result_addr);
    for (size_t i = 0; i < count; ++i)
      if (!sig.skipped[i]) values.push_back(args[i].v);
    emit(JOp::TailCall, sig.result, m.instance(callee, targs), list(values));
    dead = true;
  }
  top = saved;
  return true;
}

Val FuncLower::lower_return(HirId id) {
  const HirNode& n = (*body)[id];
  if (n.a == kNone) do_return();
  else if (n.aux == 1) return_tail(HirId(n.a));
  else return_value(HirId(n.a));
  dead = true;
  return {Types::Never};
}

void FuncLower::return_value(HirId value) {
  const Layout& l = layout(result_type);
  if (l.shape == Shape::Void) {
    lower_drop(value);
  } else if (l.shape == Shape::Aggregate) {
    lower_to(value, result_addr);
  } else {
    Val v = lower(value, Want::Own);
    if (dead) return;
    if (!v.owned && l.needs_drop) v = copy_val(v);
    if (top < 0) {
      emit(JOp::Ret, JType::Void, v.v);
      dead = true;
      return;
    }
    store(v.v, slot_addr(result_slot));
  }
  if (!dead) do_return();
}

// A value in tail position: its branches return by themselves, so that a call in one of them can be a real tail call.
void FuncLower::return_tail(HirId value) {
  const HirNode& n = (*body)[value];
  if (!n.span.is_none()) pos = n.span.lo;
  int base = top;
  switch (n.kind) {
    case HirKind::Block: {
      for (uint32_t s : body->list(n.a))
        if ((*body)[HirId(s)].kind == HirKind::Defer) {
          return_value(value);
          return;
        }
      for (uint32_t s : body->list(n.a)) {
        count(s);
        if (!dead) lower_drop(HirId(s));
      }
      if (!dead) count(n.b);
      if (!dead && n.b != kNone) return_tail(HirId(n.b));
      else if (!dead) do_return();
      break;
    }
    case HirKind::If:
    case HirKind::IfMatch: {
      uint32_t then_id = body->extra[n.b], else_id = body->extra[n.b + 1];
      if (else_id == kNone) {
        return_value(value);
        return;
      }
      uint32_t otherwise = new_block();
      if (n.kind == HirKind::If) {
        lower_cond(HirId(n.a), otherwise, base);
      } else {
        match_cond(HirId(body->extra[n.a]), body->extra[n.a + 1], otherwise, base);
      }
      count(then_id);
      if (!dead) return_tail(HirId(then_id));
      top = base;
      at(otherwise);
      count(else_id);
      return_tail(HirId(else_id));
      break;
    }
    case HirKind::Match: {
      Val v = subject(HirId(n.a));
      if (dead) break;
      int with_subject = top;
      auto arms = body->list(body->extra[n.b]);
      for (size_t i = 0; i + 2 < arms.size(); i += 3) {
        uint32_t next = new_block();
        test_pattern(arms[i], v, next);
        bind_pattern(arms[i], v);
        if (arms[i + 1] != kNone) lower_cond(HirId(arms[i + 1]), next, top);
        count(arms[i + 2]);
        if (!dead) return_tail(HirId(arms[i + 2]));
        top = with_subject;
        at(next);
      }
      emit(JOp::Unreachable);
      break;
    }
    default:
      if (!lower_tail_call(value)) return_value(value);
      break;
  }
  top = base;
  dead = true;
}

// A dyn value that is about to change: the block at this address gets one owner. Returns the block.
uint32_t FuncLower::dyn_unique(uint32_t address) {
  uint32_t block = load(JType::Ptr, address);
  uint32_t shared = new_block(), done = new_block();
  cond_br(emit(JOp::IsUnique, JType::I1, block), done, shared, 2);
  at(shared);
  uint32_t clone = load(JType::Ptr, load(JType::Ptr, block, 8), 8, JAlias::ClosureCode);
  uint32_t copy = emit(JOp::CallPtr, JType::Ptr, list({clone, block}), 0, kNone);
  store(copy, address);
  emit(JOp::Release, JType::Void, block, static_cast<uint32_t>(JRt::DynDrop), kNone, 2);
  br(done);
  at(done);
  return load(JType::Ptr, address);
}

}   // namespace janus
