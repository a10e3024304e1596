// lower_func.cpp: the builder of one JIR function: values, ownership, cleanups.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/hir_walk.h"
#include "backend/lower_internal.h"

namespace janus {

uint32_t FuncLower::emit(JOp op, JType type, uint32_t a, uint32_t b, uint32_t c, uint32_t aux) {
  if (dead) at(new_block());   // unreachable code still gets built, in a block without predecessors; finish() drops it
  f.instrs.push_back({op, type, static_cast<uint16_t>(aux), a, b, c, pos});
  uint32_t id = static_cast<uint32_t>(f.instrs.size() - 1);
  f.blocks[cur].instrs.push_back(id);
  return id;
}

uint32_t FuncLower::list(std::span<const uint32_t> items) {
  uint32_t at = static_cast<uint32_t>(f.extra.size());
  f.extra.push_back(static_cast<uint32_t>(items.size()));
  f.extra.insert(f.extra.end(), items.begin(), items.end());
  return at;
}

uint32_t FuncLower::temp_addr(TypeId type) {
  const Layout& l = layout(type);
  return slot_addr(slot(l.size, l.align));
}

// ---- values

Val FuncLower::load_val(uint32_t addr, TypeId type) {
  const Layout& l = layout(type);
  switch (l.shape) {
    case Shape::Void: return {type, kNone, false};
    case Shape::Aggregate: return {type, addr, false};
    default: return {type, load(l.scalar, addr), false};
  }
}

void FuncLower::retain_val(const Val& v) {
  const Layout& l = layout(v.type);
  if (!l.needs_drop) return;
  if (l.shape == Shape::Managed) emit(JOp::Retain, JType::Void, v.v, kNone, kNone, l.nullable ? 1 : 0);
  else emit(JOp::Call, JType::Void, m.retain_at(v.type), list({v.v}));
}

Val FuncLower::copy_val(Val v) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Aggregate) {
    uint32_t to = temp_addr(v.type);
    copy_bytes(to, v.v, l.size, l.align);
    v.v = to;
  }
  retain_val(v);
  v.owned = l.needs_drop;
  return v;
}

void FuncLower::store_val(const Val& v, uint32_t addr) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Void || v.v == kNone) return;
  if (l.shape == Shape::Aggregate) {
    if (v.v != addr) copy_bytes(addr, v.v, l.size, l.align);
  } else {
    store(v.v, addr);
  }
}

void FuncLower::release(uint32_t ptr, TypeId type, uint32_t depth) {
  bool nullable = false;
  if (types.kind(type) == TypeKind::Optional) {
    nullable = true;
    type = types.elem(type);
  }
  uint32_t flags = nullable ? 1 : 0, target;
  switch (types.kind(type)) {
    case TypeKind::String:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::StringDrop);
      break;
    case TypeKind::ErrorVal:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::ErrorDrop);
      break;
    case TypeKind::Func:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::ClosureDrop);
      break;
    case TypeKind::Dyn:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::DynDrop);
      break;
    case TypeKind::Task:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::TaskDrop);
      break;
    case TypeKind::Channel:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::ChannelDrop);
      break;
    case TypeKind::Handle:
      flags |= 2;
      target = static_cast<uint32_t>(JRt::HandleDrop);
      break;
    default: target = m.drop_managed(type); break;
  }
  if (depth == kNone) emit(JOp::Release, JType::Void, ptr, target, kNone, flags);
  else emit(JOp::ReleaseDeep, JType::Void, ptr, target, depth, flags);
}

void FuncLower::drop_val(const Val& v, uint32_t depth) {
  const Layout& l = layout(v.type);
  if (!l.needs_drop || v.v == kNone) return;
  if (l.shape == Shape::Managed) release(v.v, v.type, depth);
  else emit(JOp::Call, JType::Void, m.drop_at(v.type), list({v.v, depth == kNone ? i32(0) : depth}));
}

uint32_t FuncLower::spill(const Val& v) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Aggregate) return v.v;
  uint32_t addr = temp_addr(v.type);
  store_val(v, addr);
  return addr;
}

// ---- cleanups

// Under the end of a nursery whose body is being built: what the body's own scope owns goes after the last child has
// ended.
int FuncLower::push_scoped(CleanKind kind, TypeId type, uint32_t v, uint32_t flag) {
  if (!in_nursery_body_ || top < 0 || cleanups[top].kind != CleanKind::Nursery) return push(kind, type, v, flag);
  Cleanup end = cleanups[top];
  top = end.parent;
  int made = push(kind, type, v, flag);
  push(end.kind, end.type, end.v, end.flag);
  return made;
}

int FuncLower::push(CleanKind kind, TypeId type, uint32_t v, uint32_t flag) {
  cleanups.push_back({top, kind, type, v, flag});
  return top = static_cast<int>(cleanups.size() - 1);
}

int FuncLower::push_temp(const Val& v) {
  int before = top;
  if (v.owned && layout(v.type).needs_drop) push(CleanKind::Value, v.type, v.v);
  return before;
}

// On a road without a failure. What fails here goes on from the state below the node, or from `below`.
void FuncLower::run_cleanup(int node, int below) {
  Cleanup c = cleanups[node];
  if (below == kBelow) below = c.parent;
  switch (c.kind) {
    case CleanKind::Value: drop_val({c.type, c.v, true}); break;
    case CleanKind::Slot: {
      uint32_t ptr = load(JType::Ptr, slot_addr(c.v));
      if (is_some(c.local) && own->ever_moved[+c.local] && types.kind(c.type) != TypeKind::Optional) {
        release(ptr, types.optional(c.type));   // null once moved
      } else {
        release(ptr, c.type);
      }
      break;
    }
    case CleanKind::FlaggedSlot: {
      uint32_t live = new_block(), done = new_block();
      cond_br(load(JType::I1, slot_addr(c.flag)), live, done);
      at(live);
      drop_val({c.type, c.v, true});
      br(done);
      at(done);
      break;
    }
    case CleanKind::Cell: emit(JOp::Release, JType::Void, load(JType::Ptr, slot_addr(c.v)), m.drop_cell(c.type)); break;
    case CleanKind::Defer: {
      int saved = top;
      top = below;
      auto pending = take_catch();
      run_defer(HirId(c.v));
      catch_target = pending.target;
      top = saved;
      break;
    }
    case CleanKind::Nursery: {
      int saved = top;
      top = below;
      end_nursery(c.v, null());
      top = saved;
      break;
    }
    case CleanKind::Shield: rt(JRt::ShieldEnd, JType::Void, {}); break;
    case CleanKind::CellLock: unlock_cells(c.v); break;
    case CleanKind::Sink:
      if (c.type == Types::String) release(rt(JRt::SinkFinish, JType::Ptr, {c.v}), Types::String);
      else rt(JRt::SinkDone, JType::Void, {c.v});
      break;
    case CleanKind::ErrorInFlight:
    case CleanKind::Catch: break;
  }
}

// The same with a failure in the register, which may not stay there while code runs that can fail. It is there again
// afterwards.
void FuncLower::run_cleanup_failing(int node) {
  Cleanup c = cleanups[node];
  if (c.kind == CleanKind::ErrorInFlight) {
    uint32_t second = emit(JOp::GetError, JType::Ptr);
    emit(JOp::SetError, JType::Void, rt(JRt::ErrorJoin, JType::Ptr, {c.v, second}));
  } else if (c.kind == CleanKind::Defer) {
    uint32_t error = emit(JOp::GetError, JType::Ptr);
    push(CleanKind::ErrorInFlight, Types::Void, error);
    run_defer(HirId(c.v));
    top = c.parent;
    if (!dead) emit(JOp::SetError, JType::Void, error);
  } else if (c.kind == CleanKind::Nursery) {   // the body's failure: what leaves is the first of all
    uint32_t error = emit(JOp::GetError, JType::Ptr);
    uint32_t result = rt(JRt::NurseryEnd, JType::Ptr, {slot_addr(c.v), error});
    if (c.flag != kNone) {   // of a race: a task has won meanwhile, and the body was cancelled for it
      uint32_t won = new_block(), lost = new_block(true);
      cond_br(cmp(JCmp::Eq, result, null()), won, lost);
      at(won);
      leave_to(races_[c.flag].first, races_[c.flag].second);
      at(lost);
    }
    emit(JOp::SetError, JType::Void, result);
  } else {
    run_cleanup(node);
  }
}

// Cancellation waits while a deferred expression runs.
void FuncLower::run_defer(HirId id) {
  int base = top;
  bool shielded = m.module.tasks && may_call(id);
  if (shielded) {
    rt(JRt::ShieldBegin, JType::Void, {});
    push(CleanKind::Shield, Types::Void, kNone);
  }
  lower_drop(id);
  if (!dead) pop_to(base);
  top = base;
}

bool FuncLower::may_call(HirId id) {
  switch ((*body)[id].kind) {
    case HirKind::Call:
    case HirKind::CallValue:
    case HirKind::CallTrait:
    case HirKind::CallDyn:
    case HirKind::Await:
    case HirKind::ChannelOp:
    case HirKind::Select:
    case HirKind::Sleep:
    case HirKind::Yield:
    case HirKind::Nursery: return true;
    default: break;
  }
  bool any = false;
  each_operand(*body, id, [&](HirId c) { any = any || may_call(c); });
  return any;
}

void FuncLower::pop_to(int base) {
  while (top != base) {
    int node = top;
    if (!dead) run_cleanup(node);
    top = cleanups[node].parent;
  }
}

void FuncLower::leave_to(int base, uint32_t target) {
  int saved = top;
  pop_to(base);
  if (!dead) br(target);
  top = saved;
}

uint32_t FuncLower::landing() { return landing_of(top); }

// Blocks on the failure road: one per state of the chain, each ends in the next.
uint32_t FuncLower::landing_of(int node) {
  if (node < 0) {
    if (fail_root == kNone) {
      uint32_t saved = cur;
      bool was_dead = dead;
      uint32_t saved_pos = pos;
      fail_root = new_block(true);
      at(fail_root);
      pos = 0;
      if (f.c_abi) {   // glue that the runtime calls has nowhere to put a failure
        emit(JOp::Release, JType::Void, emit(JOp::GetError, JType::Ptr), static_cast<uint32_t>(JRt::ErrorDrop), kNone,
             2);
        emit(JOp::Ret, JType::Void, f.result == JType::Void ? kNone : iconst(f.result, 0));
      } else {
        emit(JOp::RetFail);
      }
      cur = saved;
      dead = was_dead;
      pos = saved_pos;
    }
    return fail_root;
  }
  if (cleanups[node].kind == CleanKind::Catch) return cleanups[node].v;
  if (cleanups[node].landing != kNone) return cleanups[node].landing;
  uint32_t block = new_block(true);
  cleanups[node].landing = block;
  uint32_t saved = cur, saved_pos = pos;
  bool was_dead = dead;
  int saved_top = top;
  PendingCatch pending = take_catch();
  pos = 0;
  at(block);
  top = cleanups[node].parent;
  run_cleanup_failing(node);
  if (!dead) br(landing_of(cleanups[node].parent));
  cur = saved;
  dead = was_dead;
  top = saved_top;
  pos = saved_pos;
  catch_target = pending.target;
  catch_base = pending.base;
  return block;
}

uint32_t FuncLower::landing_to(int base, uint32_t target) {
  if (top == base) return target;
  uint64_t key = (static_cast<uint64_t>(static_cast<uint32_t>(top)) << 32) | target;
  if (auto it = catch_chains_.find(key); it != catch_chains_.end()) return it->second;
  uint32_t block = new_block(true);
  catch_chains_[key] = block;
  uint32_t saved = cur;
  bool was_dead = dead;
  int saved_top = top;
  int node = top;
  at(block);
  top = cleanups[node].parent;
  run_cleanup_failing(node);
  if (!dead) br(landing_to(base, target));
  cur = saved;
  dead = was_dead;
  top = saved_top;
  return block;
}

uint32_t FuncLower::return_of(int node) {
  uint32_t& known = node < 0 ? return_root : cleanups[node].return_block;
  if (known != kNone) return known;
  uint32_t block = new_block();
  known = block;
  uint32_t saved = cur;
  bool was_dead = dead;
  int saved_top = top;
  PendingCatch pending = take_catch();
  at(block);
  if (node < 0) {
    if (result_slot != kNone) emit(JOp::Ret, JType::Void, load(f.result, slot_addr(result_slot)));
    else emit(JOp::Ret);
  } else {
    int parent = cleanups[node].parent;
    top = parent;
    // Should this fail, the result that waits is given up.
    if (cleanups[node].kind == CleanKind::Defer || cleanups[node].kind == CleanKind::Nursery) {
      const Layout& l = layout(result_type);
      if (l.needs_drop && l.shape == Shape::Managed) push(CleanKind::Slot, result_type, result_slot);
      else if (l.needs_drop) push(CleanKind::Value, result_type, result_addr);
    }
    run_cleanup(node, top);
    top = parent;
    if (!dead) br(return_of(parent));
  }
  cur = saved;
  dead = was_dead;
  top = saved_top;
  catch_target = pending.target;
  catch_base = pending.base;
  return block;
}

void FuncLower::do_return() {
  if (dead) return;
  br(return_of(top));
}

// Takes a node out of the middle of the chain: the nodes above it (few: the live variables declared later) are made
// anew.
void FuncLower::remove_cleanup(int node) {
  std::vector<int> above;
  for (int n = top; n != node; n = cleanups[n].parent) above.push_back(n);
  top = cleanups[node].parent;
  for (size_t i = above.size(); i-- > 0;) {
    Cleanup c = cleanups[above[i]];
    push(c.kind, c.type, c.v, c.flag);
    cleanups[top].local = c.local;
    if (is_some(c.local) && binds[+c.local].cleanup == above[i]) binds[+c.local].cleanup = top;
  }
}

// ---- small helpers

TypeId FuncLower::ty(TypeId t) {
  if (!types[t].has_param) return t;
  return types.subst(t, type_params, type_args);
}

std::vector<TypeId> FuncLower::ty_list(uint32_t index) {
  std::vector<TypeId> out;
  for (uint32_t t : body->list(index)) out.push_back(ty(TypeId(t)));
  return out;
}

void FuncLower::check(uint32_t cond, JPanic kind, std::initializer_list<uint32_t> args) {
  emit(JOp::Check, JType::Void, cond, list(args), landing(), static_cast<uint32_t>(kind));
}

uint32_t FuncLower::elem_addr(uint32_t arr, uint32_t index, TypeId elem) {
  return emit(JOp::AddrIdx, JType::Ptr, array_data(arr), index, layout(elem).size);
}

// A panic with a text: the error goes to the failure register.
void FuncLower::panic_message(uint32_t string_value) {
  uint32_t error = rt(JRt::PanicMessage, JType::Ptr, {string_value});
  emit(JOp::SetError, JType::Void, error);
  br(landing());
}

// Keeps only blocks that the entry reaches, in their order; block numbers change.
void FuncLower::finish() {
  std::vector<uint32_t> work{0};
  std::vector<uint32_t> number(f.blocks.size(), kNone);
  std::vector<bool> seen(f.blocks.size());
  seen[0] = true;
  auto visit = [&](uint32_t b) {
    if (b != kNone && !seen[b]) {
      seen[b] = true;
      work.push_back(b);
    }
  };
  while (!work.empty()) {
    uint32_t b = work.back();
    work.pop_back();
    if (f.blocks[b].instrs.empty() || [&] {
          JOp last = f.instrs[f.blocks[b].instrs.back()].op;
          return last != JOp::Br && last != JOp::CondBr && last != JOp::Switch && last != JOp::Ret &&
                 last != JOp::RetFail && last != JOp::Unreachable && last != JOp::TailCall;
        }()) {
      f.instrs.push_back({JOp::Unreachable});
      f.blocks[b].instrs.push_back(static_cast<uint32_t>(f.instrs.size() - 1));
    }
    for (uint32_t i : f.blocks[b].instrs) each_target(f, f.instrs[i], [&](uint32_t& target) { visit(target); });
  }
  std::vector<JBlock> kept;
  for (uint32_t b = 0; b < f.blocks.size(); ++b)
    if (seen[b]) {
      number[b] = static_cast<uint32_t>(kept.size());
      kept.push_back(std::move(f.blocks[b]));
    }
  f.blocks = std::move(kept);
  for (JBlock& b : f.blocks)
    for (uint32_t i : b.instrs) each_target(f, f.instrs[i], [&](uint32_t& target) { target = number[target]; });
}

}   // namespace janus
