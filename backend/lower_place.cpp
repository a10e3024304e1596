// lower_place.cpp: variables, and places that are written or lent.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// A place is prepared first (its indices and keys are evaluated, in the order written) and resolved last (its address
// is taken, with every shared storage on the way made its own), so that what runs in between cannot leave the address
// behind.
#include "backend/lower_internal.h"

namespace janus {

void FuncLower::bind_local(LocalId id, Val v, bool let) {
  auto own_it = [&](CleanKind kind, uint32_t what, uint32_t flag = kNone) {
    return let ? push_scoped(kind, v.type, what, flag) : push(kind, v.type, what, flag);
  };
  const HirLocal& info = body->locals[+id];
  const Layout& l = layout(v.type);
  Bind& b = binds[+id] = {};
  if (info.flags & kLocalCell) {   // also when there is nothing in it: closures capture the cell
    uint32_t cell = rt(JRt::Alloc, JType::Ptr, {i64(rt::kBoxPayload + (l.size + 7) / 8 * 8)});
    store(i64(1), cell, 0, JAlias::Count);
    store_val(v, off(cell, static_cast<uint32_t>(rt::kBoxPayload)));
    uint32_t s = local_slot(info, v.type, 8, 8);
    f.slots[s].is_reference = true;
    f.slots[s].cell_offset = static_cast<uint32_t>(rt::kBoxPayload);
    store(cell, slot_addr(s));
    b = {BindKind::Cell, s};
    b.cleanup = own_it(CleanKind::Cell, s);
    cleanups[b.cleanup].local = id;
    return;
  }
  if (l.shape == Shape::Void) return;
  uint32_t s = local_slot(info, v.type, l.size, l.align);
  uint32_t addr = slot_addr(s);
  if (types.kind(v.type) == TypeKind::Array) v.v = living(v.v);
  store_val(v, addr);
  if (l.shape == Shape::Aggregate) {
    b = {BindKind::Address, addr};
    if (l.needs_drop) {
      if (own->ever_moved[+id]) {
        b.flag = slot(1, 1);
        store(i1(true), slot_addr(b.flag));
        b.cleanup = own_it(CleanKind::FlaggedSlot, addr, b.flag);
      } else b.cleanup = own_it(CleanKind::Value, addr);
      cleanups[b.cleanup].local = id;
    }
    return;
  }
  b = {BindKind::Slot, s};
  if (l.needs_drop) {
    b.cleanup = own_it(CleanKind::Slot, s);
    cleanups[b.cleanup].local = id;
  }
}

void FuncLower::bind_alias(LocalId id, Val v) {
  const HirLocal& info = body->locals[+id];
  const Layout& l = layout(v.type);
  if (info.flags & kLocalCell) {
    bind_local(id, copy_val(v));
    return;
  }
  Bind& b = binds[+id] = {};
  if (l.shape == Shape::Void) return;
  b.borrowed = true;
  if (l.shape == Shape::Aggregate) {
    b.kind = BindKind::Address;
    b.v = v.v;
    if (!m.options.release && is_some(info.name)) {   // the debugger finds it through a reference
      uint32_t s = local_slot(info, v.type, 8, 8);
      f.slots[s].is_reference = true;
      store(v.v, slot_addr(s));
    }
    return;
  }
  uint32_t s = local_slot(info, v.type, l.size, l.align);
  store(v.v, slot_addr(s));
  b.kind = BindKind::Slot;
  b.v = s;
}

uint32_t FuncLower::local_addr(LocalId id) {
  const Bind& b = binds[+id];
  switch (b.kind) {
    case BindKind::Slot: return slot_addr(b.v);
    case BindKind::Address: return b.v;
    case BindKind::Cell: return off(load(JType::Ptr, slot_addr(b.v)), static_cast<uint32_t>(rt::kBoxPayload));
    case BindKind::None: break;
  }
  require(layout(ty(body->locals[+id].type)).shape == Shape::Void || dead, "a local is read before it is bound");
  return slot_addr(slot(1, 1));
}

// May something that runs later change what this projection shows?
bool FuncLower::is_mutable_root(HirId place) {
  LocalId root = root_local(*body, place);
  if (is_none(root)) return false;
  return (body->locals[+root].flags & (kLocalMut | kLocalMutParam | kLocalCell)) != 0;
}

FuncLower::Place FuncLower::prepare(HirId id) {
  Place place;
  place.base = top;
  std::vector<HirId> chain;
  for (HirId at = id;;) {
    chain.push_back(at);
    const HirNode& n = (*body)[at];
    if (n.kind == HirKind::Field || n.kind == HirKind::Index || n.kind == HirKind::MapIndex ||
        n.kind == HirKind::Unwrap)
      at = HirId(n.a);
    else break;
  }
  for (size_t i = chain.size(); i-- > 0;) {
    const HirNode& n = (*body)[chain[i]];
    Step step{n.kind, ty(n.type), n.kind == HirKind::Field ? n.b : n.a, {}, chain[i]};
    switch (n.kind) {
      case HirKind::Index: step.key = {Types::I64, lower_scalar(HirId(n.b))}; break;
      case HirKind::MapIndex: {
        step.key = lower(HirId(n.b), Want::Borrow);
        if (!step.key.owned && is_mutable_root(HirId(n.b))) step.key = copy_val(step.key);
        push_temp(step.key);
        break;
      }
      case HirKind::Field:
      case HirKind::Unwrap:
      case HirKind::Local: break;
      default: {   // a value that is no variable: lent all the same, and dropped afterwards
        Val v = lower(chain[i], Want::Own);
        if (!v.owned && layout(v.type).needs_drop) v = copy_val(v);
        if (dead) break;
        const Layout& l = layout(v.type);
        if (l.shape == Shape::Void) break;
        uint32_t s = slot(l.size, l.align);
        store_val(v, slot_addr(s));
        step.a = slot_addr(s);
        if (l.needs_drop)
          push(l.shape == Shape::Managed ? CleanKind::Slot : CleanKind::Value, v.type,
               l.shape == Shape::Managed ? s : step.a);
        break;
      }
    }
    place.steps.push_back(step);
  }
  return place;
}

// The block of a boxed struct, enum or optional of one, at this address: after this it has one owner.
void FuncLower::unbox(uint32_t address, TypeId type) {
  const Layout& l = layout(type);
  uint32_t ptr = load(JType::Ptr, address);
  uint32_t shared = new_block(), done = new_block();
  cond_br(emit(JOp::IsUnique, JType::I1, ptr), done, shared, 2);
  at(shared);
  uint32_t block = rt(JRt::Alloc, JType::Ptr, {i64(rt::kBoxPayload + l.payload_size)});
  store(i64(1), block, 0, JAlias::Count);
  uint32_t payload = off(block, static_cast<uint32_t>(rt::kBoxPayload));
  copy_bytes(payload, off(ptr, static_cast<uint32_t>(rt::kBoxPayload)), l.payload_size, 8);
  emit(JOp::Call, JType::Void, m.retain_payload(type), list({payload}));
  store(block, address);
  release(ptr, type);
  br(done);
  at(done);
}

uint32_t FuncLower::resolve(const Place& place) {
  uint32_t addr = kNone;
  TypeId type = Types::Void;
  VarPath path;   // to here, as long as there are only fields
  for (const Step& step : place.steps) {
    if (dead) break;
    if (step.kind == HirKind::Local) path.local = LocalId(step.a);
    else if (step.kind == HirKind::Field && types.kind(type) == TypeKind::Struct) path.fields.push_back(step.a);
    else if (step.kind != HirKind::Index) path.local = LocalId::None;
    switch (step.kind) {
      case HirKind::Local: addr = local_addr(LocalId(step.a)); break;
      case HirKind::Field: {
        const Layout& l = layout(type);
        if (l.boxed) {
          unbox(addr, type);
          addr = off(load(JType::Ptr, addr), static_cast<uint32_t>(rt::kBoxPayload) + l.fields[step.a].offset);
        } else if (l.shape != Shape::Void) {
          addr = off(addr, l.fields[step.a].offset);
        }
        break;
      }
      case HirKind::Index: {
        TypeId elem = step.type;
        if (types.kind(type) == TypeKind::Fixed) {
          check(cmp(JCmp::ULt, step.key.v, i64(types[type].b)), JPanic::Index, {step.key.v, i64(types[type].b)});
          addr = emit(JOp::AddrIdx, JType::Ptr, addr, step.key.v, layout(elem).size);
          break;
        }
        const Steady* known = is_some(path.local) ? steady_at(path) : nullptr;
        bool alone = known && known->alone;
        uint32_t arr = alone ? known->arr : load(JType::Ptr, addr);
        if (HirKind base = (&step)[-1].kind; base == HirKind::Field || base == HirKind::Index) in_use(arr);
        uint32_t len = array_len(arr);
        check(cmp(JCmp::ULt, step.key.v, len), JPanic::Index, {step.key.v, len});
        path.local = LocalId::None;
        uint32_t own_arr = alone ? arr : unique_array(addr, arr, elem);
        addr = elem_addr(own_arr, step.key.v, elem);
        break;
      }
      case HirKind::MapIndex: {   // an existing entry: m.entries[slot].value
        auto span = types.args(type);
        std::vector<TypeId> targs(span.begin(), span.end());
        FuncId find = m.program.lang.map_slot_or_panic;
        Val key = step.key;
        if (m.owners.param_owned(find, 1) && layout(key.type).needs_drop) key = copy_val(key);
        Val map{type, layout(type).shape == Shape::Managed ? load(JType::Ptr, addr) : addr};
        if (m.owners.param_owned(find, 0)) map = copy_val(map);
        Val slot_value = call_values(find, targs, {map, key}, kNone, kNone);
        int index = m.program.find_field(type, m.program.names.intern("entries"), nullptr);
        TypeId entries = m.program.field_type(type, static_cast<uint32_t>(index));
        TypeId entry = types.elem(entries);
        int value = m.program.find_field(entry, m.program.names.intern("value"), nullptr);
        uint32_t entries_addr = off(addr, layout(type).fields[static_cast<size_t>(index)].offset);
        uint32_t arr = unique_array(entries_addr, load(JType::Ptr, entries_addr), entry);
        addr = off(elem_addr(arr, slot_value.v, entry), layout(entry).fields[static_cast<size_t>(value)].offset);
        break;
      }
      case HirKind::Unwrap: {
        Val v = load_val(addr, type);
        if ((*body)[step.node].aux == 0) check(opt_is_some(v), JPanic::Null, {});
        break;   // a present optional begins with its value
      }
      default: addr = step.a; break;
    }
    type = step.type;
  }
  return addr;
}

// The array at `address` gets storage of its own; the common case is one compare.
uint32_t FuncLower::unique_array(uint32_t address, uint32_t arr, TypeId elem) {
  uint32_t shared = new_block(), done = new_block();
  uint32_t result = slot(8, 8);
  store(arr, slot_addr(result), 0, JAlias::Local);
  cond_br(emit(JOp::IsUnique, JType::I1, arr), done, shared, 2);
  at(shared);
  uint32_t own_arr = rt(JRt::ArrayUnique, JType::Ptr, {arr, global(m.glue(elem))});
  store(own_arr, address);
  store(own_arr, slot_addr(result), 0, JAlias::Local);
  br(done);
  at(done);
  return living(load(JType::Ptr, slot_addr(result), 0, JAlias::Local));
}

// Where the variable or field at the end of a path is, and its type.
uint32_t FuncLower::path_addr(const VarPath& path, TypeId& type) {
  if (binds[+path.local].kind == BindKind::None) return kNone;
  uint32_t addr = local_addr(path.local);
  type = ty(body->locals[+path.local].type);
  for (uint32_t field : path.fields) {
    const Layout& l = layout(type);
    if (l.boxed) return kNone;
    addr = off(addr, l.fields[field].offset);
    type = m.program.field_type(type, field);
  }
  return addr;
}

size_t FuncLower::settle_arrays(const LoopArrays& arrays) {
  size_t before = steady.size();
  for (const VarPath& path : arrays.written) {
    TypeId type = TypeId::None;
    const Steady* known = steady_at(path);
    uint32_t addr = known && known->alone ? kNone : path_addr(path, type);
    if (addr == kNone || binds[+path.local].borrowed) continue;
    uint32_t arr = unique_array(addr, load(JType::Ptr, addr), types.elem(type));
    store(arr, addr);
    steady.push_back({path, arr, true});
  }
  for (const VarPath& path : arrays.read) {
    TypeId type = TypeId::None;
    uint32_t addr = steady_at(path) ? kNone : path_addr(path, type);
    if (addr == kNone) continue;
    uint32_t arr = load(JType::Ptr, addr);
    in_use(arr);
    steady.push_back({path, living(arr), false});
  }
  return before;
}

// The innermost loop's is the newest.
const FuncLower::Steady* FuncLower::steady_at(const VarPath& path) const {
  for (size_t i = steady.size(); i-- > 0;)
    if (steady[i].path == path) return &steady[i];
  return nullptr;
}
const FuncLower::Steady* FuncLower::steady_at(HirId place) const {
  VarPath path;
  return !steady.empty() && m.hoist.path_of(*body, place, path) ? steady_at(path) : nullptr;
}

// Before a call that writes elements of settled arrays: once it is inlined, LLVM need not ask again who owns them. With
// tasks that question is no plain compare, and nothing is said.
void FuncLower::promise_settled(FuncId callee, std::span<const uint32_t> args) {
  if (steady.empty() || !m.options.release || m.module.tasks) return;
  const PathUses* uses = m.hoist.of_call(callee);
  if (!uses) return;
  std::vector<VarPath> said;
  for (const VarPath& inner : uses->written) {
    const HirNode& arg = (*body)[HirId(args[+inner.local])];
    VarPath path;
    if (arg.kind != HirKind::MutArg || !m.hoist.path_of(*body, HirId(arg.a), path)) continue;
    path.fields.insert(path.fields.end(), inner.fields.begin(), inner.fields.end());
    TypeId type = TypeId::None;
    const Steady* known = steady_at(path);
    if (!known || !known->alone || std::find(said.begin(), said.end(), path) != said.end()) continue;
    uint32_t addr = path_addr(path, type);
    if (addr == kNone) continue;
    emit(JOp::Assume, JType::Void, emit(JOp::IsUnique, JType::I1, load(JType::Ptr, addr)));
    said.push_back(std::move(path));
  }
}

void FuncLower::lower_assign(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(HirId(n.a));
  const Layout& l = layout(type);
  Place place = prepare(HirId(n.a));
  LocalId cell = cell_root(HirId(n.a));
  bool early = is_some(cell) && touches_cell(HirId(n.b));   // the value reads cells too: it is evaluated under the lock
  if (early) make_ready(HirId(n.b));
  uint32_t lock = kNone;
  if (early && !dead) lock = lock_cell(cell);
  Val v = lower(HirId(n.b), Want::Own);
  if (dead) {
    top = place.base;
    return;
  }
  if (!v.owned && l.needs_drop) v = copy_val(v);
  if (is_some(cell) && !early) lock = lock_cell(cell);
  if (is_some(cell)) share_passing(lock, v, true);
  const HirNode& target = (*body)[HirId(n.a)];
  if (target.kind == HirKind::Local && binds[target.a].kind != BindKind::Cell && l.shape != Shape::Void) {
    Bind& b = binds[target.a];
    bool is_ref = (body->locals[target.a].flags & kLocalMutParam) != 0;
    uint32_t addr = local_addr(LocalId(target.a));
    if (l.shape == Shape::Managed) {
      uint32_t old = load(JType::Ptr, addr);
      store(v.v, addr);
      bool maybe_null = !is_ref && (own->ever_moved[target.a] || (b.cleanup >= 0 && cleanups[b.cleanup].type != type));
      release(old, maybe_null && types.kind(type) != TypeKind::Optional ? types.optional(type) : type);
    } else if (b.flag != kNone) {
      uint32_t live = new_block(), done = new_block();
      uint32_t from = v.v;
      cond_br(load(JType::I1, slot_addr(b.flag)), live, done);
      at(live);
      drop_val({type, addr, true});
      br(done);
      at(done);
      store_val({type, from, true}, addr);
      store(i1(true), slot_addr(b.flag));
    } else {
      if (l.needs_drop) drop_val({type, addr, true});
      store_val(v, addr);
    }
    pop_to(place.base);
    return;
  }
  int before = push_temp(v);
  uint32_t addr = resolve(place);
  (void)before;
  if (!dead && v.owned && l.needs_drop) top = cleanups[top].parent;   // the place takes it
  if (l.shape != Shape::Void && !dead) {
    if (l.shape == Shape::Managed) {
      uint32_t old = load(JType::Ptr, addr);
      store(v.v, addr);
      release(old, type);
    } else {
      if (l.needs_drop) drop_val({type, addr, true});
      store_val(v, addr);
    }
  }
  pop_to(place.base);
}

void FuncLower::lower_assign_op(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(HirId(n.a));
  HirOp op = static_cast<HirOp>(n.aux);
  Place place = prepare(HirId(n.a));
  LocalId cell = cell_root(HirId(n.a));
  bool early = is_some(cell) && touches_cell(HirId(n.b));
  if (early) make_ready(HirId(n.b));
  uint32_t lock = kNone;
  if (early && !dead) lock = lock_cell(cell);
  Val b = lower(HirId(n.b), Want::Borrow);
  if (is_some(cell) && !early && !dead) lock = lock_cell(cell);
  if (is_some(cell) && op == HirOp::Concat && !dead) share_passing(lock, b, false);
  if (op == HirOp::Concat && !b.owned && is_mutable_root(HirId(n.b)) && !dead)
    b = copy_val(b);   // `xs ++= xs`: what is read must outlive what is written
  push_temp(b);
  uint32_t addr = resolve(place);
  if (dead) {
    top = place.base;
    return;
  }
  if (op == HirOp::Concat) {
    uint32_t a = load(JType::Ptr, addr);
    uint32_t v = types.kind(type) == TypeKind::String
                     ? rt(JRt::StringConcat, JType::Ptr, {a, b.v})
                     : rt(JRt::ArrayConcat, JType::Ptr, {a, b.v, global(m.glue(types.elem(type)))});
    store(v, addr);
  } else {
    JType t = layout(type).scalar;
    uint32_t v = arith(op, load(t, addr), b.v, type, t);
    store(v, addr);
  }
  pop_to(place.base);
}

// m[k] = v
void FuncLower::lower_map_set(HirId id) {
  const HirNode& n = (*body)[id];
  auto ex = [&](uint32_t i) { return body->extra[n.b + i]; };
  FuncId insert = m.program.lang.map_insert;
  TypeId type = ty(HirId(n.a));
  auto span = types.args(type);
  std::vector<TypeId> targs(span.begin(), span.end());
  Place place = prepare(HirId(n.a));
  LocalId cell = cell_root(HirId(n.a));
  bool early = is_some(cell) && (touches_cell(HirId(ex(0))) || touches_cell(HirId(ex(1))));
  if (early) {
    make_ready(HirId(ex(0)));
    make_ready(HirId(ex(1)));
  }
  uint32_t lock = kNone;
  if (early && !dead) lock = lock_cell(cell);
  int base = top;
  std::vector<Val> vals{{type}};
  for (uint32_t k = 0; k < 2; ++k) {
    bool owned = m.owners.param_owned(insert, k + 1);
    Val v = lower(HirId(ex(k)), owned ? Want::Own : Want::Borrow);
    if (dead) {
      top = place.base;
      return;
    }
    if (layout(v.type).needs_drop && !v.owned && (owned || is_mutable_root(HirId(ex(k))))) v = copy_val(v);
    push_temp(v);
    vals.push_back(v);
  }
  if (is_some(cell) && !early) {
    top = base;
    lock = lock_cell(cell);
    base = top;
    for (size_t k = 1; k < vals.size(); ++k) push_temp(vals[k]);
  }
  if (is_some(cell))
    for (size_t k = 1; k < vals.size(); ++k) share_passing(lock, vals[k], vals[k].owned);
  vals[0].v = resolve(place);
  finish_args(base, vals, [&](size_t k) { return k > 0 && m.owners.param_owned(insert, static_cast<uint32_t>(k)); });
  Val r = call_values(insert, targs, vals, kNone, kNone);
  if (r.owned) drop_val(r);
  pop_to(place.base);
}

}   // namespace janus
