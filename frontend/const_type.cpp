// const_type.cpp: types of constant values: what fits, widens and converts.
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/const_internal.h"

namespace janus {

void ConstFolder::int_range(TypeKind k, Int128& low, Int128& high) {
  int bits = Types::int_bits(k);
  bool is_signed = k >= TypeKind::I8 && k <= TypeKind::I64;
  low = is_signed ? -(Int128(1) << (bits - 1)) : 0;
  high = is_signed ? (Int128(1) << (bits - 1)) - 1 : (Int128(1) << bits) - 1;
}

bool ConstFolder::fits(Int128 n, TypeId type) {
  Int128 low, high;
  int_range(p.types.kind(type), low, high);
  return n >= low && n <= high;
}

std::string ConstFolder::int_text(Int128 n) {
  if (n == 0) return "0";
  bool negative = n < 0;
  unsigned __int128 u = negative ? -static_cast<unsigned __int128>(n) : static_cast<unsigned __int128>(n);
  std::string s;
  for (; u; u /= 10) s.insert(s.begin(), static_cast<char>('0' + static_cast<int>(u % 10)));
  return negative ? "-" + s : s;
}

bool ConstFolder::widens(TypeId from, TypeId to) {
  if (!p.types.is_integer(from) || !p.types.is_integer(to)) return from == Types::F32 && to == Types::F64;
  Int128 fl, fh, tl, th;
  int_range(p.types.kind(from), fl, fh);
  int_range(p.types.kind(to), tl, th);
  return tl <= fl && fh <= th;
}

// The value as one of type `to`.
ConstValue ConstFolder::coerce(ConstValue v, TypeId to, Span at) {
  if (!v) return v;
  if (v.flexible) {
    TypeId inner = to;
    while (p.types.kind(inner) == TypeKind::Optional) inner = p.types.elem(inner);
    if (is_kind(v, HirKind::Int) && p.types.is_integer(inner)) {
      if (!fits(int_of(v), inner))
        return failed(at, "`" + int_text(int_of(v)) + "` does not fit `" + p.type_name(inner) + "`");
      node(v).type = v.type = inner;
      v.flexible = false;
    } else if (is_kind(v, HirKind::Int) && p.types.is_float(inner)) {
      v = add_float(static_cast<double>(int_of(v)), inner, at, false);
    } else if (is_kind(v, HirKind::Float) && p.types.is_float(inner)) {
      v = add_float(float_of(v), inner, at, false);
    } else {
      v = settle(v, at);
      if (!v) return v;
    }
  }
  if (v.type == to || to == Types::Error) return v;
  if (v.type == Types::Error) return {};
  if (widens(v.type, to)) {
    if (p.types.is_integer(to)) {
      node(v).type = v.type = to;
      return v;
    }
    return add_float(float_of(v), to, at, false);
  }
  if (p.types.kind(to) == TypeKind::Optional) {
    ConstValue inner = coerce(v, p.types.elem(to), at);
    return inner ? add(HirKind::Some, to, at, +inner.id) : inner;
  }
  if (p.types.kind(v.type) == TypeKind::ErrorVal && p.types.kind(to) == TypeKind::ErrorVal) {
    TypeId args[1];
    if (match_type(p, to, v.type, {}, std::span<TypeId>(args, 0))) {
      node(v).type = v.type = to;
      return v;
    }
  }
  return mismatch(at, to, v.type);
}

// A literal that no place decided: i64 or f64.
ConstValue ConstFolder::settle(ConstValue v, Span at) {
  if (!v || !v.flexible) return v;
  if (is_kind(v, HirKind::Int)) {
    if (!fits(int_of(v), Types::I64)) return failed(at, "`" + int_text(int_of(v)) + "` does not fit `i64`");
    node(v).type = v.type = Types::I64;
  }
  v.flexible = false;
  return v;
}

ConstValue ConstFolder::convert(NodeId id, NodeId operand, TypeId to) {
  ConstValue v = fold(operand, TypeId::None);
  Span at = tree->caret(id);
  if (!v) return v;
  if (std::string printed; to == Types::String && print(v, printed))
    return add(HirKind::Str, Types::String, at, +p.names.intern(printed));
  if (to == Types::String) return not_constant(id, "this conversion");
  if (is_kind(v, HirKind::Char)) {
    if (!p.types.is_integer(to)) return mismatch(at, Types::I64, Types::Char);
    v = add_int(node(v).a, Types::I64, at, true);
  }
  if (is_kind(v, HirKind::Int)) {
    if (p.types.is_float(to)) return add_float(static_cast<double>(int_of(v)), to, at, false);
    if (!fits(int_of(v), to)) return failed(at, "`" + int_text(int_of(v)) + "` does not fit `" + p.type_name(to) + "`");
    return add_int(int_of(v), to, at, false);
  }
  if (is_kind(v, HirKind::Float)) {
    double x = float_of(v);
    if (p.types.is_float(to)) return add_float(x, to, at, false);
    if (std::isnan(x) || std::fabs(x) > 1e30 || !fits(static_cast<Int128>(x), to))
      return failed(at, "this number does not fit `" + p.type_name(to) + "`");
    return add_int(static_cast<Int128>(x), to, at, false);
  }
  return not_constant(id, "this conversion");
}

}  // namespace janus
