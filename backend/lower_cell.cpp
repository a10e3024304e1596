// lower_cell.cpp: variables that closures write, in programs with tasks: a simple statement that touches one runs alone
// (ruling 2). Depends on lower_internal.h, hir_walk.h, runtime/abi_tasks.h. SPDX-License-Identifier: Apache-2.0
//
// Such a variable lives in a counted block (a cell). Once its closure has crossed to another task the block's count is
// negative, and every access takes the lock; before that, and in programs where it never happens, an access only looks
// at the count.
//   reading        takes a copy out under the lock; the copy is made fit for other tasks first
//   writing        evaluates what may wait or take long, takes the lock, evaluates the rest, writes
//   lending &cell  takes the lock around the call, which cannot suspend (E4003)
// What lies in the cell itself stays plain: it is only touched under the lock. Values that go in or out may have other
// owners, so they are shared as they pass. The lock nests, so that statements with several cells need no order; it is
// never held while a task waits.
#include "backend/hir_walk.h"
#include "backend/lower_internal.h"
#include "runtime/abi_tasks.h"

namespace janus {

// The variable that a place is rooted in, when it is a cell that tasks may share.
LocalId FuncLower::cell_root(HirId place) const {
  if (!m.module.tasks) return LocalId::None;
  for (;;) {
    const HirNode& n = (*body)[place];
    switch (n.kind) {
      case HirKind::Local: return binds[n.a].kind == BindKind::Cell ? LocalId(n.a) : LocalId::None;
      case HirKind::Field:
      case HirKind::Index:
      case HirKind::MapIndex:
      case HirKind::Unwrap: place = HirId(n.a); break;
      default: return LocalId::None;
    }
  }
}

bool FuncLower::touches_cell(HirId id) const {
  const HirNode& n = (*body)[id];
  if (n.kind == HirKind::Local) return binds[n.a].kind == BindKind::Cell;
  bool any = false;
  each_operand(*body, id, [&](HirId c) { any = any || touches_cell(c); });
  return any;
}

// Pushes the node that gives the lock back.
uint32_t FuncLower::lock_cell(LocalId cell) {
  uint32_t flag = slot(1, 1);
  uint32_t shared =
      cmp(JCmp::SLt, load(JType::I32, load(JType::Ptr, slot_addr(binds[+cell].v)), 0, JAlias::Count), i32(0));
  store(shared, slot_addr(flag));
  when(shared, [&] { rt(JRt::CellsLock, JType::Void, {}); });
  push(CleanKind::CellLock, Types::Void, flag);
  return flag;
}

void FuncLower::unlock_cells(uint32_t flag) {
  when(load(JType::I1, slot_addr(flag)), [&] { rt(JRt::CellsUnlock, JType::Void, {}); });
}

void FuncLower::when(uint32_t condition, const std::function<void()>& then) {
  uint32_t yes = new_block(), done = new_block();
  cond_br(condition, yes, done);
  at(yes);
  then();
  br(done);
  at(done);
}

// A value on its way into the held cell, or out of it.
void FuncLower::share_passing(uint32_t lock, const Val& v, bool moves) {
  if (!layout(v.type).needs_drop || v.v == kNone || dead) return;
  when(load(JType::I1, slot_addr(lock)), [&] { share_val(v, i32(moves ? rt::kShareMove : rt::kShareCopy)); });
}

Val FuncLower::read_cell(LocalId cell) {
  TypeId type = ty(body->locals[+cell].type);
  const Layout& l = layout(type);
  int base = top;
  uint32_t lock = lock_cell(cell);
  Val v = load_val(local_addr(cell), type);
  if (l.needs_drop) {
    share_passing(lock, v, false);
    v = copy_val(v);
  } else if (l.shape == Shape::Aggregate) {
    v = copy_val(v);
  }
  pop_to(base);
  return v;
}

// A call that cannot suspend, and hands what it looks at to nobody but its caller: of the standard library, without
// function values.
bool FuncLower::is_quiet(HirId id) const {
  const HirNode& n = (*body)[id];
  if (n.kind == HirKind::Intrinsic) return true;
  if (n.kind != HirKind::Call) return false;
  const FuncInfo& info = m.program.funcs[n.a];
  ModuleId home = m.program.decls[+info.decl].module;
  if (is_none(home) || !m.program.modules[+home]->is_std) return false;
  for (const ParamInfo& p : info.params)
    if (types.kind(p.type) == TypeKind::Func) return false;
  return true;
}

// Before the lock: evaluates what may wait or take long in an expression of a statement that touches cells. Operators,
// and quiet calls that look at cells, are left for the time of the lock.
void FuncLower::make_ready(HirId id) {
  if (dead) return;
  const HirNode& n = (*body)[id];
  switch (n.kind) {
    case HirKind::Int:
    case HirKind::Float:
    case HirKind::Bool:
    case HirKind::Char:
    case HirKind::Str:
    case HirKind::Null:
    case HirKind::Void:
    case HirKind::Local:
    case HirKind::ConstRef:
    case HirKind::FuncRef:
    case HirKind::TypeValue:
    case HirKind::TypeMember: return;
    case HirKind::Field:
    case HirKind::Index:
    case HirKind::MapIndex:
    case HirKind::Neg:
    case HirKind::BitNot:
    case HirKind::Not:
    case HirKind::Arith:
    case HirKind::Compare:
    case HirKind::Concat:
    case HirKind::Some:
    case HirKind::Widen:
    case HirKind::Convert:
    case HirKind::Unwrap:
    case HirKind::MutArg: each_operand(*body, id, [&](HirId c) { make_ready(c); }); return;
    case HirKind::Coalesce:
      make_ready(HirId(n.a));
      if (!touches_cell(HirId(n.b)) &&
          ((*body)[HirId(n.b)].kind == HirKind::Int || (*body)[HirId(n.b)].kind == HirKind::Str ||
           (*body)[HirId(n.b)].kind == HirKind::Float))
        return;
      break;
    default:
      if (is_quiet(id) && touches_cell(id)) {
        each_operand(*body, id, [&](HirId c) { make_ready(c); });
        return;
      }
      break;
  }
  Val v = lower(id, Want::Borrow);
  if (dead) return;
  if (!v.owned && layout(v.type).shape == Shape::Aggregate && is_mutable_root(id)) v = copy_val(v);
  push_temp(v);
  v.owned = false;
  ready_[+id] = v;
}

}   // namespace janus
