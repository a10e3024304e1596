// lower_arith.cpp: operators and conversions.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "backend/lower_internal.h"

namespace janus {

Val FuncLower::lower_arith(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  JType t = layout(type).scalar;
  HirOp op = static_cast<HirOp>(n.aux);
  uint32_t a = lower_scalar(HirId(n.a));
  uint32_t b = lower_scalar(HirId(n.b));
  return {type, arith(op, a, b, type, t)};
}

uint32_t FuncLower::arith(HirOp op, uint32_t a, uint32_t b, TypeId type, JType t) {
  bool is_signed = types.is_signed(type);
  if (types.is_float(type)) {
    switch (op) {
      case HirOp::Add: return emit(JOp::FAdd, t, a, b);
      case HirOp::Sub: return emit(JOp::FSub, t, a, b);
      case HirOp::Mul: return emit(JOp::FMul, t, a, b);
      case HirOp::Div: return emit(JOp::FDiv, t, a, b);
      default: return emit(JOp::FRem, t, a, b);
    }
  }
  switch (op) {
    case HirOp::Add: return emit(JOp::AddChk, t, a, b, landing(), is_signed);
    case HirOp::Sub: return emit(JOp::SubChk, t, a, b, landing(), is_signed);
    case HirOp::Mul: return emit(JOp::MulChk, t, a, b, landing(), is_signed);
    case HirOp::Div:
    case HirOp::Rem: {
      const JInstr& divisor = f.instrs[b];
      bool known = divisor.op == JOp::ConstInt && !(divisor.a == 0 && divisor.b == 0) &&
                   !(divisor.a == kNone && divisor.b == kNone);
      if (!known) {
        check(cmp(JCmp::Ne, b, iconst(t, 0)), JPanic::DivZero, {});
        if (is_signed) {   // MIN / -1
          uint32_t lowest = iconst(t, static_cast<int64_t>(~uint64_t{0} << (Types::int_bits(types.kind(type)) - 1)));
          uint32_t bad = emit(JOp::And, JType::I1, cmp(JCmp::Eq, b, iconst(t, -1)), cmp(JCmp::Eq, a, lowest));
          check(emit(JOp::Xor, JType::I1, bad, i1(true)), JPanic::Overflow, {i32(op == HirOp::Div ? '/' : '%')});
        }
      }
      if (op == HirOp::Div) return emit(is_signed ? JOp::SDiv : JOp::UDiv, t, a, b);
      return emit(is_signed ? JOp::SRem : JOp::URem, t, a, b);
    }
    case HirOp::WrapAdd: return emit(JOp::Add, t, a, b);
    case HirOp::WrapSub: return emit(JOp::Sub, t, a, b);
    case HirOp::WrapMul: return emit(JOp::Mul, t, a, b);
    case HirOp::And: return emit(JOp::And, t, a, b);
    case HirOp::Or: return emit(JOp::Or, t, a, b);
    case HirOp::Xor: return emit(JOp::Xor, t, a, b);
    case HirOp::Shl:
    case HirOp::Shr: {   // the width is any integer, widened to 64 bits; only it is checked
      int bits = Types::int_bits(types.kind(type));
      if (f.instrs[b].type != JType::I64)
        b = emit(JOp::Cast, JType::I64, b, kNone, kNone, static_cast<uint32_t>(JCast::SExt));
      check(cmp(JCmp::ULt, b, i64(bits)), JPanic::Shift, {i64(bits)});
      uint32_t width = t == JType::I64 ? b : emit(JOp::Cast, t, b, kNone, kNone, static_cast<uint32_t>(JCast::Trunc));
      if (op == HirOp::Shl) return emit(JOp::Shl, t, a, width);
      return emit(is_signed ? JOp::AShr : JOp::LShr, t, a, width);
    }
    default: break;
  }
  require(false, "an arithmetic operator that lowering does not know");
}

Val FuncLower::lower_compare(HirId id) {
  const HirNode& n = (*body)[id];
  Val a = lower(HirId(n.a), Want::Borrow);
  if (!a.owned && own->mutates[n.b] && is_mutable_root(HirId(n.a))) a = copy_val(a);
  int base = push_temp(a);
  Val b = lower(HirId(n.b), Want::Borrow);
  push_temp(b);
  uint32_t result = compare_values(static_cast<HirOp>(n.aux), a, b);
  pop_to(base);
  return {Types::Bool, result};
}

Val FuncLower::lower_concat(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  Val a = lower(HirId(n.a), Want::Own);
  if (!a.owned) a = copy_val(a);
  int base = push_temp(a);
  Val b = lower(HirId(n.b), Want::Borrow);
  top = base;   // the concatenation takes a
  int rest = push_temp(b);
  uint32_t v = types.kind(type) == TypeKind::String
                   ? rt(JRt::StringConcat, JType::Ptr, {a.v, b.v})
                   : rt(JRt::ArrayConcat, JType::Ptr, {a.v, b.v, global(m.glue(types.elem(type)))});
  pop_to(rest);
  return {type, v, true};
}

Val FuncLower::lower_coalesce(HirId id, uint32_t dest) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  return result_of(type, dest, [&](uint32_t to) {
    Val v = lower(HirId(n.a), Want::Own);
    if (!v.owned && layout(v.type).needs_drop) v = copy_val(v);
    uint32_t some = new_block(), none = new_block(), done = new_block();
    cond_br(opt_is_some(v), some, none);
    at(some);
    Val inner = type == v.type ? v : opt_value(v);
    if (to != kNone) store_val(inner, to);
    br(done);
    at(none);
    if (to != kNone) lower_to(HirId(n.b), to);
    else lower_drop(HirId(n.b));
    if (!dead) br(done);
    at(done);
  });
}

// A value that several roads produce: each writes it at the same place.
Val FuncLower::result_of(TypeId type, uint32_t dest, const std::function<void(uint32_t)>& fill) {
  const Layout& l = layout(type);
  if (l.shape == Shape::Void) {
    fill(kNone);
    return {type};
  }
  if (l.shape == Shape::Aggregate) {
    uint32_t to = dest != kNone ? dest : temp_addr(type);
    fill(to);
    return {type, to, l.needs_drop};
  }
  uint32_t s = slot(l.size, l.align);
  fill(slot_addr(s));
  if (dead) return {type};
  return {type, load(l.scalar, slot_addr(s)), l.needs_drop};
}

Val FuncLower::lower_convert(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  Val v = lower(HirId(n.a), Want::Borrow);
  TypeId to = n.aux == 2 ? types.elem(type) : type;
  return convert_number(v, to, n.aux, type);
}

// mode: 0 checked, 1 wrap, 2 try (an optional)
Val FuncLower::convert_number(Val v, TypeId to, uint32_t mode, TypeId result) {
  TypeId from = v.type;
  JType ft = layout(from).scalar, tt = layout(to).scalar;
  auto cast = [&](JCast c, JType t, uint32_t x) {
    return emit(JOp::Cast, t, x, kNone, kNone, static_cast<uint32_t>(c));
  };
  auto resize = [&](uint32_t x, JType a, JType b, bool sign) {
    static constexpr int bits[] = {0, 1, 8, 16, 32, 64, 32, 64, 64};
    int from_bits = bits[static_cast<int>(a)], to_bits = bits[static_cast<int>(b)];
    if (from_bits == to_bits) return x;
    return cast(from_bits > to_bits ? JCast::Trunc : sign ? JCast::SExt : JCast::ZExt, b, x);
  };
  bool from_float = types.is_float(from), to_float = types.is_float(to);
  bool from_signed = types.is_signed(from), to_signed = types.is_signed(to);
  uint32_t out, good = kNone;   // good: I1, fits
  if (from_float && to_float) {
    out = ft == tt ? v.v : cast(tt == JType::F64 ? JCast::FPExt : JCast::FPTrunc, tt, v.v);
  } else if (to_float) {
    out = cast(from_signed ? JCast::SIToFP : JCast::UIToFP, tt, v.v);
  } else if (from_float) {
    out = cast(to_signed ? JCast::FPToSI : JCast::FPToUI, tt, v.v);
    if (mode != 1) {   // truncation towards zero must lie in range: lo - 1 < x < hi + 1
      uint32_t x = ft == JType::F64 ? v.v : cast(JCast::FPExt, JType::F64, v.v);
      int b = Types::int_bits(types.kind(to));
      double lo = to_signed ? -std::bit_cast<double>(static_cast<uint64_t>(1023 + b - 1) << 52) : 0.0;
      double hi = std::bit_cast<double>(static_cast<uint64_t>(1023 + (to_signed ? b - 1 : b)) << 52);
      auto fconst = [&](double d) {
        uint64_t bits = std::bit_cast<uint64_t>(d);
        return emit(JOp::ConstFloat, JType::F64, static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32));
      };
      uint32_t truncated = emit(JOp::Math, JType::F64, x, kNone, kNone, static_cast<uint32_t>(JMath::Trunc));
      good = emit(JOp::And, JType::I1, cmp(JCmp::FGe, truncated, fconst(lo)), cmp(JCmp::FLt, truncated, fconst(hi)));
    }
  } else {
    out = resize(v.v, ft, tt, from_signed);
    if (mode != 1) {
      if (types.kind(to) == TypeKind::Char) {   // a scalar value: below 0x110000 and no surrogate
        uint32_t wide = resize(v.v, ft, JType::I64, from_signed);
        uint32_t small = cmp(JCmp::ULt, wide, i64(0x110000));
        uint32_t surrogate = cmp(JCmp::ULt, emit(JOp::Sub, JType::I64, wide, i64(0xD800)), i64(0x800));
        good = emit(JOp::And, JType::I1, small, emit(JOp::Xor, JType::I1, surrogate, i1(true)));
      } else {
        auto bits_of = [&](TypeId t) {
          TypeKind k = types.kind(t);
          return k == TypeKind::Char ? 21 : k == TypeKind::Bool ? 1 : Types::int_bits(k);
        };
        int fb = bits_of(from), tb = bits_of(to);
        bool fits = (from_signed == to_signed && tb >= fb) || (!from_signed && to_signed && tb > fb);
        if (!fits) {
          uint32_t back = resize(out, tt, ft, to_signed);
          good = cmp(JCmp::Eq, back, v.v);
          if (from_signed != to_signed) {   // the sign must agree too
            uint32_t nonneg = from_signed ? cmp(JCmp::SGe, v.v, iconst(ft, 0)) : cmp(JCmp::SGe, out, iconst(tt, 0));
            good = emit(JOp::And, JType::I1, good, nonneg);
          }
        }
      }
    }
  }
  if (mode == 0 && good != kNone) check(good, JPanic::Convert, {global(m.c_string(m.program.type_name(to)))});
  if (mode != 2) return {result, out};
  const Layout& l = layout(result);
  uint32_t to_addr = temp_addr(result);
  store(out, to_addr);
  store(good == kNone ? i1(true) : good, to_addr, l.tag_offset);
  return {result, to_addr};
}

}  // namespace janus
