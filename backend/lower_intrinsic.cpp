// lower_intrinsic.cpp: intrinsics, expanded in place.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower_internal.h"

namespace janus {

// ---- intrinsics: expanded in place

Val FuncLower::lower_intrinsic(HirId id, Want want, uint32_t dest) {
  const HirNode& n = (*body)[id];
  Intrin which{n.a};
  std::vector<TypeId> targs = ty_list(body->extra[n.b]);
  auto arg_ids = body->list(body->extra[n.b + 1]);
  int base = top;
  std::vector<Val> args(arg_ids.size());
  std::vector<std::pair<size_t, Place>> lent;
  LocalId cell = LocalId::None;
  for (uint32_t arg : arg_ids)
    if (m.module.tasks && (*body)[HirId(arg)].kind == HirKind::MutArg && is_none(cell))
      cell = cell_root(HirId((*body)[HirId(arg)].a));
  for (size_t i = 0; i < arg_ids.size(); ++i) {
    HirId arg{arg_ids[i]};
    if ((*body)[arg].kind == HirKind::MutArg) {
      lent.emplace_back(i, prepare(HirId((*body)[arg].a)));
      args[i].type = ty(HirId((*body)[arg].a));
      continue;
    }
    bool owns = intrinsic_owns(which, i);
    Val v = which == Intrin::panic ? lower_message(arg) : lower(arg, owns ? Want::Own : Want::Borrow);
    if (dead) {
      top = base;
      return {ty(n.type)};
    }
    if (!v.owned && owns && layout(v.type).needs_drop) v = copy_val(v);
    push_temp(v);
    args[i] = v;
  }
  uint32_t lock = kNone;
  if (is_some(cell)) {
    lock = lock_cell(cell);
    for (const Val& v : args)
      if (v.v != kNone) share_passing(lock, v, v.owned);
  }
  for (auto& [i, place] : lent) args[i].v = resolve(place);
  if (lent.empty()) finish_args(base, args, [&](size_t i) { return intrinsic_owns(which, i); });
  else
    for (size_t i = 0; i < args.size(); ++i)
      if (args[i].owned && intrinsic_owns(which, i))
        for (int node = top; node != base; node = cleanups[node].parent)
          if (cleanups[node].kind == CleanKind::Value && cleanups[node].v == args[i].v) {
            remove_cleanup(node);
            break;
          }
  Val result = intrinsic(which, targs, args, ty(n.type), dest, args.empty() || args[0].owned ? Want::Own : want);
  if (is_some(cell)) share_passing(lock, result, false);
  pop_to(base);
  return result;
}

Val FuncLower::intrinsic(Intrin which, const std::vector<TypeId>& targs, const std::vector<Val>& args, TypeId type,
                         uint32_t dest, Want want) {
  const Layout& l = layout(type);
  auto elem = [&] { return types.elem(args[0].type); };
  auto elem_glue = [&](TypeId t) { return global(m.glue(t)); };
  auto math = [&](JMath op, uint32_t a, uint32_t b = kNone, uint32_t c = kNone) {
    return Val{type, emit(JOp::Math, l.scalar, a, b, c, static_cast<uint32_t>(op))};
  };
  auto mut_array = [&] { return unique_array(args[0].v, load(JType::Ptr, args[0].v), elem()); };
  auto cast = [&](JCast c, JType t, uint32_t v) {
    return emit(JOp::Cast, t, v, kNone, kNone, static_cast<uint32_t>(c));
  };
  auto shift = [&](uint32_t arr, uint32_t to, uint32_t from, uint32_t count,
                   uint32_t size) {   // moves elements inside one array
    uint32_t data = array_data(arr);
    emit(JOp::MoveBytes, JType::Void, emit(JOp::AddrIdx, JType::Ptr, data, to, size),
         emit(JOp::AddrIdx, JType::Ptr, data, from, size), emit(JOp::Mul, JType::I64, count, i64(size)));
  };
  switch (which) {
    case Intrin::array_len:
    case Intrin::string_len: return {type, array_len(args[0].v)};
    case Intrin::array_get: {
      if (l.shape == Shape::Void) return {type};
      Val v = load_val(elem_addr(args[0].v, args[1].v, elem()), type);
      return want == Want::Own ? copy_val(v) : v;
    }
    case Intrin::array_set: {
      TypeId t = elem();
      if (layout(t).shape == Shape::Void) return {type};
      uint32_t at_elem = elem_addr(mut_array(), args[1].v, t);
      if (layout(t).shape == Shape::Managed) {
        uint32_t old = load(JType::Ptr, at_elem);
        store_val(args[2], at_elem);
        release(old, t);
      } else {
        if (layout(t).needs_drop) drop_val({t, at_elem, true});
        store_val(args[2], at_elem);
      }
      return {type};
    }
    case Intrin::array_push: {
      TypeId t = elem();
      uint32_t size = layout(t).size;
      uint32_t arr = reserve_array(args[0].v, i64(1), t);
      uint32_t len = array_len(arr);
      if (size) store_val(args[1], elem_addr(arr, len, t));
      store(emit(JOp::Add, JType::I64, len, i64(1)), arr, 8, JAlias::ArrayLen);
      return {type};
    }
    case Intrin::array_pop: {
      uint32_t arr = mut_array();
      uint32_t last = emit(JOp::Sub, JType::I64, array_len(arr), i64(1));
      Val v{type, kNone, l.needs_drop};
      if (l.shape == Shape::Aggregate) {
        v.v = dest != kNone ? dest : temp_addr(type);
        copy_bytes(v.v, elem_addr(arr, last, type), l.size, l.align);
      } else if (l.shape != Shape::Void) {
        v.v = load(l.scalar, elem_addr(arr, last, type));
      }
      store(last, arr, 8, JAlias::ArrayLen);
      return v;
    }
    case Intrin::array_insert: {
      TypeId t = elem();
      uint32_t size = layout(t).size;
      uint32_t arr = reserve_array(args[0].v, i64(1), t);
      uint32_t len = array_len(arr);
      if (size) {
        shift(arr, emit(JOp::Add, JType::I64, args[1].v, i64(1)), args[1].v, emit(JOp::Sub, JType::I64, len, args[1].v),
              size);
        store_val(args[2], elem_addr(arr, args[1].v, t));
      }
      store(emit(JOp::Add, JType::I64, len, i64(1)), arr, 8, JAlias::ArrayLen);
      return {type};
    }
    case Intrin::array_remove: {
      uint32_t arr = mut_array();
      uint32_t rest = emit(JOp::Sub, JType::I64, array_len(arr), i64(1));
      Val v{type, kNone, l.needs_drop};
      if (l.shape != Shape::Void) {
        uint32_t from = elem_addr(arr, args[1].v, type);
        if (l.shape == Shape::Aggregate) {
          v.v = temp_addr(type);
          copy_bytes(v.v, from, l.size, l.align);
        } else v.v = load(l.scalar, from);
        shift(arr, args[1].v, emit(JOp::Add, JType::I64, args[1].v, i64(1)),
              emit(JOp::Sub, JType::I64, rest, args[1].v), l.size);
      }
      store(rest, arr, 8, JAlias::ArrayLen);
      return v;
    }
    case Intrin::array_truncate: {
      TypeId t = elem();
      uint32_t arr = mut_array();
      if (layout(t).needs_drop) {   // from the end; the array stays whole at every step
        uint32_t head = new_block(), more = new_block(), done = new_block();
        br(head);
        at(head);
        uint32_t len = array_len(arr);
        cond_br(cmp(JCmp::SGt, len, args[1].v), more, done);
        at(more);
        uint32_t last = emit(JOp::Sub, JType::I64, len, i64(1));
        store(last, arr, 8, JAlias::ArrayLen);
        Val gone = load_val(elem_addr(arr, last, t), t);
        gone.owned = true;
        drop_val(gone);
        br(head);
        at(done);
      } else {
        store(args[1].v, arr, 8, JAlias::ArrayLen);
      }
      return {type};
    }
    case Intrin::array_release: {
      TypeId t = elem();
      uint32_t at_elem = elem_addr(mut_array(), args[1].v, t);
      if (layout(t).needs_drop) {
        Val gone = load_val(at_elem, t);
        gone.owned = true;
        drop_val(gone);
      }
      return {type};
    }
    case Intrin::array_swap: {
      TypeId t = elem();
      const Layout& el = layout(t);
      if (el.shape == Shape::Void) return {type};
      uint32_t arr = mut_array();
      uint32_t a = elem_addr(arr, args[1].v, t), b = elem_addr(arr, args[2].v, t);
      if (el.shape == Shape::Aggregate) {
        uint32_t x = temp_addr(t), y = temp_addr(t);
        copy_bytes(x, a, el.size, el.align);
        copy_bytes(y, b, el.size, el.align);
        emit(JOp::MoveBytes, JType::Void, a, y, i64(el.size));
        emit(JOp::MoveBytes, JType::Void, b, x, i64(el.size));
      } else {
        uint32_t x = load(el.scalar, a), y = load(el.scalar, b);
        store(y, a);
        store(x, b);
      }
      return {type};
    }
    case Intrin::array_reserve: reserve_array(args[0].v, args[1].v, elem()); return {type};
    case Intrin::array_with_capacity:
      return {type, rt(JRt::ArrayNew, JType::Ptr, {args[0].v, elem_glue(types.elem(type))}), true};
    case Intrin::array_filled: {
      TypeId t = types.elem(type);
      const Layout& el = layout(t);
      uint32_t n = args[0].v;
      uint32_t arr = rt(JRt::ArrayNew, JType::Ptr, {n, elem_glue(t)});
      if (el.shape != Shape::Void) {
        const JInstr& c = f.instrs[args[1].v];
        bool zero =
            el.shape == Shape::Scalar && ((c.op == JOp::ConstInt || c.op == JOp::ConstFloat) && c.a == 0 && c.b == 0);
        if (zero || el.size == 1) {
          uint32_t byte = zero                     ? iconst(JType::I8, 0)
                          : el.scalar == JType::I1 ? cast(JCast::ZExt, JType::I8, args[1].v)
                                                   : args[1].v;
          emit(JOp::FillBytes, JType::Void, array_data(arr), byte, emit(JOp::Mul, JType::I64, n, i64(el.size)));
        } else {
          uint32_t s = slot(8, 8), head = new_block(), more = new_block(), done = new_block();
          store(i64(0), slot_addr(s), 0, JAlias::Local);
          uint32_t data = array_data(arr);
          br(head);
          at(head);
          uint32_t i = load(JType::I64, slot_addr(s), 0, JAlias::Local);
          cond_br(cmp(JCmp::SLt, i, n), more, done);
          at(more);
          Val v = args[1];
          v.owned = false;
          retain_val(v);
          store_val(v, emit(JOp::AddrIdx, JType::Ptr, data, i, el.size));
          store(emit(JOp::Add, JType::I64, i, i64(1)), slot_addr(s), 0, JAlias::Local);
          br(head);
          at(done);
        }
      }
      store(n, arr, 8, JAlias::ArrayLen);
      if (args[1].owned) drop_val(args[1]);
      return {type, arr, true};
    }
    case Intrin::array_slice:
      return {type, rt(JRt::ArraySlice, JType::Ptr, {args[0].v, args[1].v, args[2].v, elem_glue(elem())}), true};
    case Intrin::string_byte:
      return {type, load(JType::I8, emit(JOp::AddrIdx, JType::Ptr, array_data(args[0].v), args[1].v, 1))};
    case Intrin::string_word:
    case Intrin::bytes_word: {   // wherever it lies: eight bytes are moved to a place of our own
      uint32_t s = slot(8, 8);
      emit(JOp::MoveBytes, JType::Void, slot_addr(s),
           emit(JOp::AddrIdx, JType::Ptr, array_data(args[0].v), args[1].v, 1), i64(8));
      return {type, load(JType::I64, slot_addr(s))};
    }
    case Intrin::bytes_append: {
      uint32_t count = emit(JOp::Sub, JType::I64, args[3].v, args[2].v);
      uint32_t arr = reserve_array(args[0].v, count, types.elem(args[0].type));
      uint32_t len = array_len(arr);
      emit(JOp::MoveBytes, JType::Void, emit(JOp::AddrIdx, JType::Ptr, array_data(arr), len, 1),
           emit(JOp::AddrIdx, JType::Ptr, array_data(args[1].v), args[2].v, 1), count);
      store(emit(JOp::Add, JType::I64, len, count), arr, 8, JAlias::ArrayLen);
      return {type};
    }
    case Intrin::array_split: {   // the elements change hands: nothing is counted
      TypeId t = elem();
      uint32_t size = layout(t).size;
      uint32_t arr = mut_array();
      uint32_t count = emit(JOp::Sub, JType::I64, array_len(arr), args[1].v);
      uint32_t tail = rt(JRt::ArrayNew, JType::Ptr, {count, elem_glue(t)});
      if (size)
        emit(JOp::MoveBytes, JType::Void, array_data(tail),
             emit(JOp::AddrIdx, JType::Ptr, array_data(arr), args[1].v, size),
             emit(JOp::Mul, JType::I64, count, i64(size)));
      uint32_t some = new_block(), done = new_block();   // an empty array may be the one that all share: never written
      cond_br(cmp(JCmp::SGt, count, i64(0)), some, done);
      at(some);
      store(count, tail, 8, JAlias::ArrayLen);
      store(args[1].v, arr, 8, JAlias::ArrayLen);
      br(done);
      at(done);
      return {type, tail, true};
    }
    case Intrin::string_slice: return {type, rt(JRt::StringSlice, JType::Ptr, {args[0].v, args[1].v, args[2].v}), true};
    case Intrin::string_bytes:
    case Intrin::string_from_utf8: {   // one block serves both types
      Val v = args[0].owned ? args[0] : copy_val(args[0]);
      v.type = type;
      return v;
    }
    case Intrin::char_from_u32: return {type, args[0].v};
    case Intrin::hash_of: return {type, hash_value(i64(0), args[0])};
    case Intrin::bits_of_f64: return {type, cast(JCast::Bits, JType::I64, args[0].v)};
    case Intrin::f64_from_bits: return {type, cast(JCast::Bits, JType::F64, args[0].v)};
    case Intrin::sqrt: return math(JMath::Sqrt, args[0].v);
    case Intrin::floor: return math(JMath::Floor, args[0].v);
    case Intrin::ceil: return math(JMath::Ceil, args[0].v);
    case Intrin::round: return math(JMath::Round, args[0].v);
    case Intrin::trunc: return math(JMath::Trunc, args[0].v);
    case Intrin::fabs: return math(JMath::Fabs, args[0].v);
    case Intrin::copysign: return math(JMath::CopySign, args[0].v, args[1].v);
    case Intrin::fma: return math(JMath::Fma, args[0].v, args[1].v, args[2].v);
    case Intrin::count_ones:
    case Intrin::leading_zeros:
    case Intrin::trailing_zeros: {
      JMath op = which == Intrin::count_ones      ? JMath::CtPop
                 : which == Intrin::leading_zeros ? JMath::CtLz
                                                  : JMath::CtTz;
      JType t = f.instrs[args[0].v].type;
      uint32_t v = emit(JOp::Math, t, args[0].v, kNone, kNone, static_cast<uint32_t>(op));
      return {type, t == JType::I64 ? v : cast(JCast::ZExt, JType::I64, v)};
    }
    case Intrin::io_wait: {   // 1: ready, 0: too late, -1: the failure lies in the slot
      uint32_t failed = slot_addr(slot(8, 8));
      uint32_t what = emit(JOp::Cast, JType::I32, args[1].v, kNone, kNone, static_cast<uint32_t>(JCast::Trunc));
      uint32_t code = rt(JRt::IoWait, JType::I32, {args[0].v, what, args[2].v, failed});
      uint32_t bad = new_block(true), good = new_block();
      cond_br(cmp(JCmp::SLt, code, i32(0)), bad, good, 1);
      at(bad);
      fail_with(load(JType::Ptr, failed), {kNone, -1});
      at(good);
      return {type, cmp(JCmp::Eq, code, i32(1))};
    }
    case Intrin::io_point: fail_if(rt(JRt::IoPoint, JType::Ptr, {})); return {type};
    case Intrin::task_sleep: fail_if(rt(JRt::SleepNanos, JType::Ptr, {args[0].v})); return {type};
    case Intrin::panic: {
      Val message = args[0].owned ? args[0] : copy_val(args[0]);
      panic_message(message.v);
      return {type};
    }
    case Intrin::int_min:
    case Intrin::int_max: {
      TypeId t = targs[0];
      int bits = Types::int_bits(types.kind(t));
      int64_t v;
      if (types.is_signed(t))
        v = which == Intrin::int_min ? static_cast<int64_t>(~uint64_t{0} << (bits - 1))
                                     : static_cast<int64_t>((uint64_t{1} << (bits - 1)) - 1);
      else
        v = which == Intrin::int_min ? 0 : static_cast<int64_t>(bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1);
      return {type, iconst(l.scalar, v)};
    }
    case Intrin::int_bits: return {type, i64(Types::int_bits(types.kind(targs[0])))};
    case Intrin::type_size: return {type, i64(layout(targs[0]).size)};
    case Intrin::type_align: return {type, i64(layout(targs[0]).align)};
    case Intrin::is_signed: return {type, i1(types.is_signed(targs[0]))};
    case Intrin::div_unchecked:
      return {type, emit(types.is_float(type)    ? JOp::FDiv
                         : types.is_signed(type) ? JOp::SDiv
                                                 : JOp::UDiv,
                         l.scalar, args[0].v, args[1].v)};
    case Intrin::convert_wrap: return convert_number(args[0], type, 1, type);
  }
  require(false, "an intrinsic that lowering does not know");
}

// The array at this address gets room for `extra` more and storage of its own. Room is the common case: two compares.
uint32_t FuncLower::reserve_array(uint32_t address, uint32_t extra, TypeId elem) {
  uint32_t arr = load(JType::Ptr, address);
  uint32_t result = slot(8, 8);
  store(arr, slot_addr(result), 0, JAlias::Local);
  uint32_t own_it = new_block(), grow = new_block(), done = new_block();
  cond_br(emit(JOp::IsUnique, JType::I1, arr), own_it, grow, 2);
  at(own_it);
  uint32_t need = emit(JOp::Add, JType::I64, array_len(arr), extra);
  // Of a slice the last word is its owner's address and not a capacity: its flag sends it to the slow road.
  uint32_t plain = cmp(JCmp::Eq, load(JType::I32, arr, 4, JAlias::Count), i32(0));
  uint32_t room = cmp(JCmp::SLe, need, load(JType::I64, arr, 24, JAlias::ArrayCap));
  cond_br(emit(JOp::And, JType::I1, plain, room), done, grow, 2);
  at(grow);
  uint32_t bigger = rt(JRt::ArrayReserve, JType::Ptr, {arr, extra, global(m.glue(elem))});
  store(bigger, address);
  store(bigger, slot_addr(result), 0, JAlias::Local);
  br(done);
  at(done);
  return load(JType::Ptr, slot_addr(result), 0, JAlias::Local);
}

}   // namespace janus
