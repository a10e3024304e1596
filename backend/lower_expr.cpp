// lower_expr.cpp: values: literals, variables, projections.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "backend/lower_internal.h"

namespace janus {

Val FuncLower::lower(HirId id, Want want, uint32_t dest) {
  const HirNode& n = (*body)[id];
  uint32_t saved_pos = pos;
  if (!n.span.is_none()) pos = n.span.lo;
  struct Restore {
    uint32_t& p;
    uint32_t v;
    ~Restore() { p = v; }
  } restore{pos, saved_pos};
  TypeId type = ty(n.type);
  const Layout& l = layout(type);
  if (want == Want::Borrow && !steady.empty() && types.kind(type) == TypeKind::Array)
    if (const Steady* known = steady_at(id)) return {type, known->arr, false};
  if (!ready_.empty())
    if (auto it = ready_.find(+id); it != ready_.end()) {
      Val v = it->second;
      ready_.erase(it);
      return v;
    }
  switch (n.kind) {
    case HirKind::Int: {
      if (types.is_float(type))
        return {type, emit(JOp::ConstFloat, l.scalar,
                           static_cast<uint32_t>(std::bit_cast<uint64_t>(static_cast<double>(body->ints[n.a]))),
                           static_cast<uint32_t>(std::bit_cast<uint64_t>(static_cast<double>(body->ints[n.a])) >> 32))};
      return {type, iconst(l.scalar, static_cast<int64_t>(body->ints[n.a]))};
    }
    case HirKind::Float: {
      uint64_t bits = std::bit_cast<uint64_t>(body->floats[n.a]);
      return {type, emit(JOp::ConstFloat, l.scalar, static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32))};
    }
    case HirKind::Bool: return {type, i1(n.a != 0)};
    case HirKind::Char: return {type, i32(static_cast<int32_t>(n.a))};
    case HirKind::Str: return {type, global(m.string_global(m.program.names.text(NameId(n.a))))};
    case HirKind::Null: {
      if (l.shape == Shape::Managed) return {type, null()};
      uint32_t to = dest != kNone ? dest : temp_addr(type);
      store_tag(l, 0, to, l.size - l.tag_offset);
      return {type, to, false};
    }
    case HirKind::Void:
    case HirKind::TypeValue: return {type};
    case HirKind::Local: return lower_local(id, want);
    case HirKind::ConstRef: return lower_const(ConstId(n.a), type, want);
    case HirKind::FuncRef: return {type, global(m.func_value(FuncId(n.a), ty_list(n.b)))};
    case HirKind::TypeMember: {
      if (types.is_float(type)) {
        double values[] = {type == Types::F32 ? -3.4028234663852886e38 : -1.7976931348623157e308,
                           type == Types::F32 ? 3.4028234663852886e38 : 1.7976931348623157e308,
                           std::bit_cast<double>(uint64_t{0x7ff0000000000000}),
                           std::bit_cast<double>(uint64_t{0x7ff8000000000000}),
                           type == Types::F32 ? 1.1920928955078125e-07 : 2.220446049250313e-16};
        uint64_t bits = std::bit_cast<uint64_t>(values[n.a < 5 ? n.a : 0]);
        return {type, emit(JOp::ConstFloat, l.scalar, static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32))};
      }
      int bits = Types::int_bits(types.kind(type));
      int64_t value;
      if (types.is_signed(type))
        value = n.a == 0 ? static_cast<int64_t>(~uint64_t{0} << (bits - 1))
                         : static_cast<int64_t>((uint64_t{1} << (bits - 1)) - 1);
      else value = n.a == 0 ? 0 : static_cast<int64_t>(bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1);
      return {type, iconst(l.scalar, value)};
    }
    case HirKind::Field: return lower_field(id, want);
    case HirKind::Index: return lower_index(id, want);
    case HirKind::MapIndex: return lower_map_index(id, want);
    case HirKind::Slice: return lower_slice(id);
    case HirKind::Neg: {
      uint32_t v = lower_scalar(HirId(n.a));
      if (types.is_float(type)) return {type, emit(JOp::FNeg, l.scalar, v)};
      if (!types.is_signed(type)) return {type, emit(JOp::SubChk, l.scalar, iconst(l.scalar, 0), v, landing(), 0)};
      uint32_t lowest = iconst(l.scalar, static_cast<int64_t>(~uint64_t{0} << (Types::int_bits(types.kind(type)) - 1)));
      check(cmp(JCmp::Ne, v, lowest), JPanic::Overflow, {i32('n')});
      return {type, emit(JOp::Sub, l.scalar, iconst(l.scalar, 0), v)};
    }
    case HirKind::BitNot: {
      uint32_t v = lower_scalar(HirId(n.a));
      return {type, emit(JOp::Xor, l.scalar, v, iconst(l.scalar, -1))};
    }
    case HirKind::Not: {
      uint32_t v = lower_scalar(HirId(n.a));
      return {type, emit(JOp::Xor, JType::I1, v, i1(true))};
    }
    case HirKind::Arith: return lower_arith(id);
    case HirKind::Compare: return lower_compare(id);
    case HirKind::LogicAnd:
    case HirKind::LogicOr: {
      bool is_and = n.kind == HirKind::LogicAnd;
      uint32_t s = slot(1, 1), more = new_block(), done = new_block();
      uint32_t a = lower_scalar(HirId(n.a));
      store(a, slot_addr(s));
      cond_br(a, is_and ? more : done, is_and ? done : more);
      at(more);
      int base = top;
      uint32_t b = lower_scalar(HirId(n.b));
      pop_to(base);
      if (!dead) {
        if (b != kNone) store(b, slot_addr(s));
        br(done);
      }
      at(done);
      return {type, load(JType::I1, slot_addr(s))};
    }
    case HirKind::Concat: return lower_concat(id);
    case HirKind::Coalesce: return lower_coalesce(id, dest);
    case HirKind::Some: {
      const Layout& inner = layout(types.elem(type));
      if (l.shape == Shape::Managed) {
        Val v = lower(HirId(n.a), want);
        v.type = type;
        return v;
      }
      uint32_t to = dest != kNone ? dest : temp_addr(type);
      if (inner.shape == Shape::Void) lower_drop(HirId(n.a));
      else lower_to(HirId(n.a), to);
      store_tag(l, 1, to, l.size - l.tag_offset);
      return {type, to, l.needs_drop};
    }
    case HirKind::Widen: {
      Val v = lower(HirId(n.a), Want::Borrow);
      return convert_number(v, type, 1, type);
    }
    case HirKind::Convert: return lower_convert(id);
    case HirKind::ToString:
    case HirKind::Interp: return lower_interp(id);
    case HirKind::MakeDyn: {
      TypeId self = ty(HirId(n.a));
      if (self == type) return lower(HirId(n.a), Want::Own);   // a type parameter that stands for this very `dyn`
      const Layout& inner = layout(self);
      Val v = lower(HirId(n.a), Want::Own);
      uint32_t block = rt(JRt::Alloc, JType::Ptr, {i64(16 + (inner.size + 7) / 8 * 8)});
      store(i64(1), block, 0, JAlias::Count);
      store(global(m.vtable(self, TraitId(types[type].a))), block, 8);
      store_val(v, off(block, 16));
      return {type, block, true};
    }
    case HirKind::WidenFunc: {
      TypeId from = ty(HirId(n.a));
      if (layout(types.args(from).back()).shape == layout(types.args(type).back()).shape) {
        Val v = lower(HirId(n.a), want);
        v.type = type;
        return v;
      }
      Val inner =
          lower(HirId(n.a), Want::Own);   // a function whose result nobody takes: one around it drops the result
      if (!inner.owned) inner = copy_val(inner);
      constexpr uint32_t size = static_cast<uint32_t>(rt::kClosureCaptures) + 8;
      uint32_t block = rt(JRt::Alloc, JType::Ptr, {i64(size)});
      store(i64(1), block, 0, JAlias::Count);
      store(func_addr(m.result_dropper(from, type)), block, 8, JAlias::ClosureCode);
      store(global(m.dropper_info()), block, 16, JAlias::ClosureCode);
      store(inner.v, block, static_cast<uint32_t>(rt::kClosureCaptures));
      return {type, block, true};
    }
    case HirKind::WidenError: {
      Val v = lower(HirId(n.a), want);
      v.type = type;
      return v;
    }
    case HirKind::DropValue: lower_drop(HirId(n.a)); return {type};
    case HirKind::MakeStruct:
    case HirKind::MakeEnum:
    case HirKind::MakeTuple:
    case HirKind::MakeArray:
    case HirKind::MakeMap:
    case HirKind::MakeRange:
    case HirKind::MakeError: return lower_make(id, dest);
    case HirKind::MakeClosure: return lower_closure(id);
    case HirKind::Call:
    case HirKind::CallValue:
    case HirKind::CallTrait:
    case HirKind::CallDyn: return lower_call(id, dest);
    case HirKind::Intrinsic: return lower_intrinsic(id, want, dest);
    case HirKind::ErrorMethod: {
      Val e = lower(HirId(n.a), Want::Borrow);
      int base = push_temp(e);
      Val out{type, kNone, true};
      if (n.aux == 0) out.v = rt(JRt::ErrorName, JType::Ptr, {e.v});
      else if (n.aux == 1) out.v = rt(JRt::ErrorTraceText, JType::Ptr, {e.v});
      else out.v = rt(JRt::ErrorOthers, JType::Ptr, {e.v});
      pop_to(base);
      return out;
    }
    case HirKind::Print: return lower_print(id);
    case HirKind::Assert:
    case HirKind::AssertFails: return lower_assert(id);
    case HirKind::Expect: return lower_expect(id);
    case HirKind::Panic: {
      Val message = lower_message(HirId(n.a));
      if (!dead) panic_message(message.v);
      return {type};
    }
    case HirKind::Block: return lower_block(id, want, dest);
    case HirKind::If:
    case HirKind::IfMatch: return lower_if(id, dest);
    case HirKind::While: return lower_while(id);
    case HirKind::ForRange: return lower_for_range(id);
    case HirKind::ForEach: return lower_for_each(id);
    case HirKind::Match: return lower_match(id, dest);
    case HirKind::Catch: return lower_catch(id, dest);
    case HirKind::Return: return lower_return(id);
    case HirKind::Break: {
      LoopTarget& loop = loops[n.a];
      if (n.b != kNone) lower_drop(HirId(n.b));
      leave_to(loop.base, loop.at_break);
      return {type};
    }
    case HirKind::Nursery: return lower_nursery(id, want, dest);
    case HirKind::Shield: return lower_shield(id, want, dest);
    case HirKind::Spawn: return lower_spawn(id);
    case HirKind::Await: return lower_await(id, want, dest);
    case HirKind::TaskOp: return lower_task_op(id);
    case HirKind::ChannelNew: return lower_channel_new(id);
    case HirKind::ChannelOp: return lower_channel_op(id, dest);
    case HirKind::Select: return lower_select(id, dest);
    case HirKind::Sleep: {
      PendingCatch pending = take_catch();
      uint32_t ms = lower_scalar(HirId(n.a));
      if (!dead) fail_if(rt(JRt::Sleep, JType::Ptr, {ms}), pending);
      return {type};
    }
    case HirKind::Yield: fail_if(rt(JRt::Yield, JType::Ptr, {}), take_catch()); return {type};
    case HirKind::Cancelled: return {type, rt(JRt::Cancelled, JType::I1, {})};
    case HirKind::Continue: leave_to(loops[n.a].base, loops[n.a].at_continue); return {type};
    case HirKind::Fail: {
      Val e = lower(HirId(n.a), Want::Own);
      if (!e.owned) e = copy_val(e);
      emit(JOp::SetError, JType::Void, e.v);
      br(landing());
      return {type};
    }
    case HirKind::Try: {
      // The failure goes on; on its way it notes this place.
      uint32_t noted = new_block(true);
      uint32_t saved = cur;
      bool was_dead = dead;
      int base = top;
      PendingCatch pending = take_catch();
      at(noted);
      rt(JRt::ErrorTrace, JType::Void, {emit(JOp::PeekError, JType::Ptr)});
      br(fail_edge(pending));
      cur = saved;
      dead = was_dead;
      catch_target = noted;
      catch_base = base;
      Val v = lower(HirId(n.a), want, dest);
      catch_target = kNone;
      return v;
    }
    case HirKind::OptTry: {
      Val v = lower(HirId(n.a), Want::Own);
      uint32_t some = new_block(), none = new_block();
      int base = push_temp(v);
      cond_br(opt_is_some(v), some, none, 2);
      at(none);
      const Layout& r = layout(result_type);
      if (r.shape == Shape::Managed) store(null(), slot_addr(result_slot));
      else store_tag(r, 0, result_addr, r.size - r.tag_offset);
      int keep = top;
      top = base;
      do_return();
      top = keep;
      at(some);
      top = base;
      Val inner = opt_value(v);
      inner.owned = v.owned;
      return inner;
    }
    case HirKind::Unwrap: {
      Val v = lower(HirId(n.a), want);
      if (n.aux == 0) {
        int base = push_temp(v);
        check(opt_is_some(v), JPanic::Null, {});
        top = base;
      }
      Val inner = opt_value(v);
      inner.owned = v.owned && layout(inner.type).needs_drop;
      return inner;
    }
    case HirKind::Let: {
      const HirPat& p = body->pats[n.a];
      if (n.b == kNone) return {type};
      TypeId init_type = ty(HirId(n.b));
      if (p.kind == PatKind::Bind) {
        uint32_t local = p.a;
        const HirLocal& info = body->locals[local];
        const Layout& ll = layout(init_type);
        if (ll.shape == Shape::Aggregate && !(info.flags & kLocalCell)) {   // built in place
          uint32_t s = local_slot(info, init_type, ll.size, ll.align);
          uint32_t addr = slot_addr(s);
          lower_to(HirId(n.b), addr);
          if (dead) return {type};
          Bind& b = binds[local] = {BindKind::Address, addr};
          if (ll.needs_drop) {
            if (own->ever_moved[local]) {
              b.flag = slot(1, 1);
              store(i1(true), slot_addr(b.flag));
              b.cleanup = push_scoped(CleanKind::FlaggedSlot, init_type, addr, b.flag);
            } else b.cleanup = push_scoped(CleanKind::Value, init_type, addr);
            cleanups[b.cleanup].local = LocalId(local);
          }
          return {type};
        }
        Val v = lower(HirId(n.b), Want::Own);
        if (dead) return {type};
        if (!v.owned && layout(init_type).needs_drop) v = copy_val(v);
        bind_local(LocalId(local), v, true);
        return {type};
      }
      Val v = lower(HirId(n.b), Want::Own);
      if (dead) return {type};
      bool whole = v.owned && layout(v.type).needs_drop;
      if (binds_anything(n.a, kLocalMut)) {   // each has a copy of its part
        bind_pattern(n.a, v);
        if (whole) drop_val(v);
        return {type};
      }
      // Taken apart: the parts are aliases, the whole lives to the end of the block.
      if (whole) push_scoped(CleanKind::Value, v.type, v.v);
      bind_pattern(n.a, v);
      return {type};
    }
    case HirKind::LetUninit: {
      const HirLocal& info = body->locals[n.a];
      TypeId t = ty(info.type);
      const Layout& ll = layout(t);
      Bind& b = binds[n.a] = {};
      if (info.flags & kLocalCell) {
        // The cell exists before its value: a zeroed payload is dropped harmlessly (null pointers, unset tags).
        uint32_t size = static_cast<uint32_t>(rt::kBoxPayload) + (ll.size + 7) / 8 * 8;
        uint32_t cell = rt(JRt::Alloc, JType::Ptr, {i64(size)});
        emit(JOp::ZeroBytes, JType::Void, cell, kNone, size);
        store(i64(1), cell, 0, JAlias::Count);
        uint32_t s = slot(8, 8);
        store(cell, slot_addr(s));
        b = {BindKind::Cell, s};
        b.cleanup = push_scoped(CleanKind::Cell, t, s);
        return {type};
      }
      uint32_t s = local_slot(info, t, ll.size, ll.align);
      if (ll.shape == Shape::Aggregate) {
        uint32_t addr = slot_addr(s);
        b = {BindKind::Address, addr};
        if (ll.needs_drop) {
          b.flag = slot(1, 1);
          store(i1(false), slot_addr(b.flag));
          b.cleanup = push_scoped(CleanKind::FlaggedSlot, t, addr, b.flag);
          cleanups[b.cleanup].local = LocalId(n.a);
        }
      } else {
        b = {BindKind::Slot, s};
        if (ll.needs_drop) {
          store(null(), slot_addr(s));
          // Registered as an optional: it may be released before it was assigned.
          b.cleanup = push_scoped(CleanKind::Slot,
                                  l.nullable || types.kind(t) == TypeKind::Optional ? t : types.optional(t), s);
          cleanups[b.cleanup].local = LocalId(n.a);
        }
      }
      return {type};
    }
    case HirKind::Assign: lower_assign(id); return {type};
    case HirKind::AssignOp: lower_assign_op(id); return {type};
    case HirKind::MapSet: lower_map_set(id); return {type};
    case HirKind::Defer: push_scoped(CleanKind::Defer, Types::Void, n.a); return {type};
    case HirKind::CondLet: {   // as a value outside a condition: tests only
      uint32_t s = slot(1, 1), no = new_block(), done = new_block();
      store(i1(false), slot_addr(s));
      int base = top;
      lower_cond(id, no, base);
      store(i1(true), slot_addr(s));
      pop_to(base);
      br(no);
      at(no);
      br(done);
      at(done);
      return {type, load(JType::I1, slot_addr(s))};
    }
    case HirKind::MutArg:
    case HirKind::TailBlock: break;
  }
  require(false, "an expression kind that lowering does not know");
}

void FuncLower::lower_to(HirId id, uint32_t addr) {
  Val v = lower(id, Want::Own, addr);
  if (dead || v.v == kNone) return;
  if (!v.owned && layout(v.type).needs_drop)
    v = layout(v.type).shape == Shape::Aggregate && v.v == addr ? v : copy_val(v);
  store_val(v, addr);
}

// A statement: its value is not wanted.
void FuncLower::lower_drop(HirId id) {
  Val v = lower(id, Want::Borrow);
  if (!dead && v.owned) drop_val(v);
}

Val FuncLower::lower_local(HirId id, Want want) {
  uint32_t local = (*body)[id].a;
  const Bind& b = binds[local];
  TypeId type = ty(body->locals[local].type);
  const Layout& l = layout(type);
  if (l.shape == Shape::Void) return {type};
  if (b.kind == BindKind::Cell && m.module.tasks) return read_cell(LocalId(local));
  Val v = load_val(local_addr(LocalId(local)), type);
  if (want == Want::Borrow || !l.needs_drop) {
    // A shared variable may be written by any closure that runs while we look at it.
    return b.kind == BindKind::Cell && l.needs_drop ? copy_val(v) : v;
  }
  bool movable = b.cleanup >= 0 && !b.borrowed && b.kind != BindKind::Cell && own->last_use[+id] &&
                 (l.shape == Shape::Managed || b.flag != kNone);
  if (!movable) return copy_val(v);
  if (l.shape == Shape::Managed) {
    store(null(), slot_addr(b.v));
    v.owned = true;
    return v;
  }
  uint32_t to = temp_addr(type);
  copy_bytes(to, v.v, l.size, l.align);
  store(i1(false), slot_addr(b.flag));
  return {type, to, true};
}

Val FuncLower::lower_field(HirId id, Want want) {
  const HirNode& n = (*body)[id];
  Val base = lower(HirId(n.a), Want::Borrow);
  const Layout& bl = layout(base.type);
  TypeId type = ty(n.type);
  if (bl.shape == Shape::Void || layout(type).shape == Shape::Void) {
    if (base.owned) drop_val(base);
    return {type};
  }
  uint32_t offset = bl.fields[n.b].offset + (bl.boxed ? static_cast<uint32_t>(rt::kBoxPayload) : 0);
  Val v = load_val(off(base.v, offset), type);
  if (base.owned) {
    v = copy_val(v);
    drop_val(base);
    return v;
  }
  return want == Want::Own ? copy_val(v) : v;
}

Val FuncLower::lower_index(HirId id, Want want) {
  const HirNode& n = (*body)[id];
  TypeId base_type = ty(HirId(n.a)), type = ty(n.type);
  Val base = lower(HirId(n.a), Want::Borrow);
  if (!base.owned && own->mutates[n.b] && is_mutable_root(HirId(n.a))) base = copy_val(base);
  int saved = push_temp(base);
  uint32_t index = lower_scalar(HirId(n.b));
  Val v{type};
  if (types.kind(base_type) == TypeKind::Fixed) {
    check(cmp(JCmp::ULt, index, i64(types[base_type].b)), JPanic::Index, {index, i64(types[base_type].b)});
    if (layout(type).shape != Shape::Void)
      v = load_val(emit(JOp::AddrIdx, JType::Ptr, base.v, index, layout(type).size), type);
  } else {
    if (!base.owned && is_element(HirId(n.a))) in_use(base.v);
    uint32_t len = array_len(base.v);
    check(cmp(JCmp::ULt, index, len), JPanic::Index, {index, len});
    if (layout(type).shape != Shape::Void) v = load_val(elem_addr(base.v, index, type), type);
  }
  if (base.owned || want == Want::Own) v = copy_val(v);
  pop_to(saved);
  return v;
}

// m[k]: the entry must exist.
Val FuncLower::lower_map_index(HirId id, Want want) {
  const HirNode& n = (*body)[id];
  Place place = prepare(id);
  (void)want;
  Val v = load_val(resolve(place), ty(n.type));
  v = copy_val(v);
  pop_to(place.base);
  return v;
}

// [N]T to []T: the elements lie one after the other in both.
Val FuncLower::array_of_fixed(const Val& fixed, TypeId array) {
  int64_t count = types[fixed.type].b;
  if (count == 0) return {array, rt_addr(JRt::EmptyArray), false};
  TypeId elem = types.elem(array);
  uint32_t arr = rt(JRt::ArrayNew, JType::Ptr, {i64(count), global(m.glue(elem))});
  if (layout(elem).shape != Shape::Void) store_val(copy_val({fixed.type, fixed.v, false}), array_data(arr));
  store(i64(count), arr, 8, JAlias::ArrayLen);
  return {array, arr, true};
}

// []T to [N]T: there must be as many.
Val FuncLower::fixed_of_array(const Val& array, TypeId fixed, int saved) {
  uint32_t len = array_len(array.v), count = i64(types[fixed].b);
  check(cmp(JCmp::Eq, len, count), JPanic::Slice, {i64(0), count, len});
  Val v{fixed, kNone, false};
  if (layout(fixed).shape != Shape::Void) v = copy_val(load_val(array_data(array.v), fixed));
  pop_to(saved);
  return v;
}

Val FuncLower::lower_slice(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  auto ex = [&](uint32_t i) { return body->extra[n.b + i]; };
  Val base = lower(HirId(n.a), Want::Borrow);
  int saved = push_temp(base);
  if (types.kind(type) == TypeKind::Fixed) return fixed_of_array(base, type, saved);
  if (types.kind(base.type) == TypeKind::Fixed) {
    Val whole = array_of_fixed(base, type);
    pop_to(saved);
    if (ex(0) == kNone && ex(1) == kNone) return whole;
    base = whole;
    saved = push_temp(base);
  }
  uint32_t len = array_len(base.v);
  uint32_t lo = ex(0) == kNone ? i64(0) : lower_scalar(HirId(ex(0)));
  uint32_t hi = ex(1) == kNone ? len : lower_scalar(HirId(ex(1)));
  if (ex(1) != kNone && ex(2)) hi = emit(JOp::AddChk, JType::I64, hi, i64(1), landing(), 1);
  uint32_t ok = emit(JOp::And, JType::I1, cmp(JCmp::ULe, lo, hi), cmp(JCmp::ULe, hi, len));
  check(ok, JPanic::Slice, {lo, hi, len});
  Val v{type, kNone, true};
  if (types.kind(type) == TypeKind::String) {
    uint32_t both = emit(JOp::And, JType::I1, rt(JRt::StringIsBoundary, JType::I1, {base.v, lo}),
                         rt(JRt::StringIsBoundary, JType::I1, {base.v, hi}));
    uint32_t good = new_block(), bad = new_block(true);
    cond_br(both, good, bad, 2);
    at(bad);
    panic_message(global(m.string_global("a string slice must begin and end between characters")));
    at(good);
    v.v = rt(JRt::StringSlice, JType::Ptr, {base.v, lo, hi});
  } else {
    v.v = rt(JRt::ArraySlice, JType::Ptr, {base.v, lo, hi, global(m.glue(types.elem(type)))});
  }
  pop_to(saved);
  return v;
}

Val FuncLower::lower_const(ConstId id, TypeId type, Want want) {
  bool ok = false;
  uint32_t g = m.const_global(id, &ok);
  if (ok) {
    Val v = load_val(global(g), type);
    return want == Want::Own ? copy_val(v) : v;
  }
  // Not static data (a map): built where it is used.
  landing();   // what a failure in between has to release belongs to the body that is here now
  const Body& value = *m.program.bodies[+m.program.consts[+id].body];
  const Body* outer = body;
  const BodyOwnership* outer_own = own;
  auto outer_binds = std::move(binds);
  auto outer_loops = std::move(loops);
  auto outer_steady = std::exchange(steady, {});
  body = &value;
  own = &m.owners.of(m.program.consts[+id].body);
  binds.assign(value.locals.size(), {});
  Val v = lower(value.root, Want::Own);
  body = outer;
  own = outer_own;
  binds = std::move(outer_binds);
  loops = std::move(outer_loops);
  steady = std::move(outer_steady);
  return v;
}

}   // namespace janus
