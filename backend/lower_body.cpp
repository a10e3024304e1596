// lower_body.cpp: one body: parameters, locals, the block, and its result.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/hir_walk.h"
#include "backend/lower_internal.h"

namespace janus {

// ---- one body

// Where the check of the stack goes, which comes before all else: what the caller has handed over is released.
uint32_t FuncLower::overflow_landing(const Signature& sig, bool closure) {
  uint32_t outer = landing(), block = kNone, before = cur;
  uint32_t p = static_cast<uint32_t>(sig.result_pointer) + closure;
  for (size_t i = 0; i < sig.types.size(); ++i) {
    if (sig.skipped[i]) continue;
    const JParam& param = sig.params[p++];
    if (!param.owned || !layout(sig.types[i]).needs_drop) continue;
    if (block == kNone) at(block = new_block(true));
    drop_val({sig.types[i], emit(JOp::Param, param.type, p - 1), true});
  }
  if (block == kNone) return outer;
  br(outer);
  at(before);
  return block;
}

void FuncLower::build_body(const Body& b, std::span<const TypeId> args, std::span<const TypeParamId> params,
                           const Signature& sig, bool closure) {
  body = &b;
  type_args.assign(args.begin(), args.end());
  type_params.assign(params.begin(), params.end());
  own = &m.owners.of(m.body_id(b));
  binds.assign(b.locals.size(), {});
  loops.assign(b.loop_count, {});
  param_slots.assign(b.param_count, kNone);
  result_type = sig.result_type;
  if (is_some(b.root)) pos = b[b.root].span.lo;
  emit(JOp::StackCheck, JType::Void, kNone, kNone, overflow_landing(sig, closure));
  uint32_t body_pos = std::exchange(pos, 0);   // parameters are put in their places before a debugger's first line
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
    auto debug_slot = [&](uint32_t s) {
      f.slots[s].name = info.name;
      f.slots[s].type = type;
      f.slots[s].span = info.span;
      f.slots[s].arg = i + 1;
    };
    if (jp.is_mut) {
      bind = {BindKind::Address, v};
      if (!m.options.release) {
        uint32_t s = slot(8, 8);
        debug_slot(s);
        f.slots[s].is_reference = true;
        store(v, slot_addr(s));
      }
      if (info.flags &
          kLocalCell) {   // a closure writes the lent variable: it must not escape, so the cell is copied back
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
      if (info.flags & kLocalCell) {
        cells.push_back(i);
        continue;
      }
      if (jp.owned) {
        if (own->ever_moved[i]) {
          bind.flag = slot(1, 1);
          bind.cleanup = push(CleanKind::FlaggedSlot, type, addr, bind.flag);
        } else bind.cleanup = push(CleanKind::Value, type, addr);
        cleanups[bind.cleanup].local = LocalId(i);
      }
      continue;
    }
    uint32_t s = slot(l.size, l.align);
    debug_slot(s);
    store(v, slot_addr(s));
    param_slots[i] = s;
    bind = {BindKind::Slot, s};
    if (info.flags & kLocalCell) {
      cells.push_back(i);
      continue;
    }
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
        uint32_t s = local_slot(b.locals[local], ty(b.locals[local].type), 8, 8);
        f.slots[s].is_reference = true;
        f.slots[s].cell_offset = static_cast<uint32_t>(rt::kBoxPayload);
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
  for (uint32_t i = 0; i < b.param_count; ++i)
    if (binds[i].flag != kNone) store(i1(true), slot_addr(binds[i].flag));
  for (uint32_t i : cells) {
    size_t jp = static_cast<size_t>(sig.result_pointer) + closure;
    for (uint32_t k = 0; k < i; ++k) jp += !sig.skipped[k];
    Val v = load_val(binds[i].kind == BindKind::Slot ? slot_addr(binds[i].v) : binds[i].v, sig.types[i]);
    if (!sig.params[jp].owned) v = copy_val(v);
    bind_local(LocalId(i), v);
  }
  pos = body_pos;

  if (closure) count(+b.root);
  else if (is_some(b.func)) count_at(m.program.decls[+m.program.funcs[+b.func].decl].name_span);
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
  if (top < 0 && return_root == kNone) {
    emit(JOp::Ret, JType::Void, v.v);
    return;
  }
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
    for (uint32_t i = 0; i < program.bodies.size(); ++i)
      if (program.bodies[i]) body_ids_[program.bodies[i].get()] = BodyId(i);
  return body_ids_.at(&body);
}

}  // namespace janus
