// const_operator.cpp: operators on constant values.
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/const_internal.h"

namespace janus {

ConstValue ConstFolder::unary(const Node& n, Span at, NodeId operand, TypeId expected) {
  TokenKind op = static_cast<TokenKind>(n.aux);
  ConstValue v = fold(operand, op == TokenKind::KwNot ? Types::Bool : expected);
  if (!v) return v;
  if (op == TokenKind::KwNot) {
    v = coerce(v, Types::Bool, at);
    return v ? add(HirKind::Bool, Types::Bool, at, !node(v).a) : v;
  }
  if (is_kind(v, HirKind::Float) && op == TokenKind::Minus) return add_float(-float_of(v), v.type, at, v.flexible);
  if (is_kind(v, HirKind::Int)) {
    // `~0x0F` where a u8 is needed is 240: the bits are those of the type.
    if (op == TokenKind::Tilde && v.flexible && is_some(expected) && p.types.is_integer(expected))
      v = coerce(v, expected, at);
    if (!v) return v;
    Int128 n128 = int_of(v);
    Int128 r = op == TokenKind::Minus ? -n128 : p.types.is_signed(v.type) || v.flexible ? ~n128 : max_of(v.type) - n128;
    if (!v.flexible && !fits(r, v.type))
      return failed(at, "`" + int_text(r) + "` does not fit `" + p.type_name(v.type) + "`");
    return add_int(r, v.type, at, v.flexible);
  }
  return mismatch(at, Types::I64, v.type);
}

Int128 ConstFolder::max_of(TypeId type) {
  Int128 low, high;
  int_range(p.types.kind(type), low, high);
  return high;
}

ConstValue ConstFolder::binary(const Node& n, Span at, NodeId left, NodeId right, TypeId expected) {
  TokenKind op = static_cast<TokenKind>(n.aux);
  if (op == TokenKind::KwAnd || op == TokenKind::KwOr) {
    ConstValue l = fold_to(left, Types::Bool);
    bool decided = l && (node(l).a != 0) == (op == TokenKind::KwOr);
    ConstValue r = decided ? fold_unreached(right, Types::Bool) : fold_to(right, Types::Bool);
    if (!l || (!r && !decided)) return {};
    return add(HirKind::Bool, Types::Bool, at, node(decided ? l : r).a);
  }
  if (op == TokenKind::PlusPlus) return concat(at, left, right, expected);
  if (op == TokenKind::KwIn) return contains(at, left, right);
  if (op == TokenKind::EqEq || op == TokenKind::BangEq || op == TokenKind::Less || op == TokenKind::LessEq ||
      op == TokenKind::Greater || op == TokenKind::GreaterEq)
    return compare(n, at, left, right);
  ConstValue l = fold(left, expected), r = fold(right, expected);
  if (!l || !r) return {};
  bool shifts = op == TokenKind::LessLess || op == TokenKind::GreaterGreater;
  if (shifts) return shift(op, at, l, r, expected);
  if (!join(l, r, at)) return {};
  if (is_kind(l, HirKind::Int)) return integer(op, at, l, r, expected);
  if (is_kind(l, HirKind::Float)) return floating(op, at, l, r);
  p.diags.report<Diag::TypeMismatch>(at, "a number", p.type_name(l.type));
  return {};
}

// Both sides to one type: literals follow the other side, a narrower number is widened, a `T` is a `?T` beside one.
bool ConstFolder::join(ConstValue& l, ConstValue& r, Span at) {
  if (l.flexible && r.flexible) {
    if (is_kind(l, HirKind::Float) && is_kind(r, HirKind::Int))
      r = add_float(static_cast<double>(int_of(r)), Types::F64, at, true);
    else if (is_kind(r, HirKind::Float) && is_kind(l, HirKind::Int))
      l = add_float(static_cast<double>(int_of(l)), Types::F64, at, true);
    return true;
  }
  if (l.flexible) l = coerce(l, r.type, at);
  else if (r.flexible || widens(r.type, l.type)) r = coerce(r, l.type, at);
  else if (widens(l.type, r.type) || p.types.optional(l.type) == r.type) l = coerce(l, r.type, at);
  else if (p.types.optional(r.type) == l.type) r = coerce(r, l.type, at);
  else if (l.type != r.type) {
    mismatch(at, l.type, r.type);
    return false;
  }
  return l && r;
}

ConstValue ConstFolder::integer(TokenKind op, Span at, ConstValue l, ConstValue r, TypeId expected) {
  Int128 x = int_of(l), y = int_of(r), z = 0;
  bool flexible = l.flexible && r.flexible, overflow = false, wraps = false;
  switch (op) {
    case TokenKind::PlusPercent: wraps = true; [[fallthrough]];
    case TokenKind::Plus: overflow = __builtin_add_overflow(x, y, &z); break;
    case TokenKind::MinusPercent: wraps = true; [[fallthrough]];
    case TokenKind::Minus: overflow = __builtin_sub_overflow(x, y, &z); break;
    case TokenKind::StarPercent: wraps = true; [[fallthrough]];
    case TokenKind::Star: overflow = __builtin_mul_overflow(x, y, &z); break;
    case TokenKind::Slash:
    case TokenKind::Percent:
      if (y == 0) return failed(at, "this divides by zero");
      z = op == TokenKind::Slash ? x / y : x % y;
      break;
    case TokenKind::Amp: z = x & y; break;
    case TokenKind::Pipe: z = x | y; break;
    case TokenKind::Caret: z = x ^ y; break;
    default: p.diags.report<Diag::NotConstant>(at, "this operator"); return {};
  }
  if (wraps && flexible) {   // where it wraps depends on the type
    TypeId type = is_some(expected) && p.types.is_integer(expected) ? expected : Types::I64;
    l = coerce(l, type, at);
    r = coerce(r, type, at);
    if (!l || !r) return {};
  }
  if (wraps) return add_int(wrap(z, l.type), l.type, at, false);
  if (overflow || (!flexible && !fits(z, l.type)))
    return failed(at, overflow ? std::string("this does not fit any integer type")
                               : "`" + int_text(z) + "` does not fit `" + p.type_name(l.type) + "`");
  return add_int(z, l.type, at, flexible);
}

Int128 ConstFolder::wrap(Int128 z, TypeId type) {
  int bits = Types::int_bits(p.types.kind(type));
  unsigned __int128 mask = (static_cast<unsigned __int128>(1) << bits) - 1;
  Int128 low = static_cast<Int128>(static_cast<unsigned __int128>(z) & mask);
  if (p.types.is_signed(type) && (low >> (bits - 1))) low -= Int128(1) << bits;
  return low;
}

ConstValue ConstFolder::shift(TokenKind op, Span at, ConstValue l, ConstValue r, TypeId expected) {
  if (l.flexible) l = is_some(expected) && p.types.is_integer(expected) ? coerce(l, expected, at) : settle(l, at);
  r = settle(r, at);
  if (!l || !r) return {};
  if (!is_kind(l, HirKind::Int) || !is_kind(r, HirKind::Int))
    return mismatch(at, Types::I64, is_kind(l, HirKind::Int) ? r.type : l.type);
  int bits = Types::int_bits(p.types.kind(l.type));
  Int128 by = int_of(r);
  if (by < 0 || by >= bits)
    return failed(at, "a shift by " + int_text(by) + " is too wide for `" + p.type_name(l.type) + "`");
  int n = static_cast<int>(by);
  Int128 z =
      op == TokenKind::LessLess ? static_cast<Int128>(static_cast<unsigned __int128>(int_of(l)) << n) : int_of(l) >> n;
  return add_int(wrap(z, l.type), l.type, at, false);
}

ConstValue ConstFolder::floating(TokenKind op, Span at, ConstValue l, ConstValue r) {
  double x = float_of(l), y = float_of(r), z = 0;
  switch (op) {
    case TokenKind::Plus: z = x + y; break;
    case TokenKind::Minus: z = x - y; break;
    case TokenKind::Star: z = x * y; break;
    case TokenKind::Slash: z = x / y; break;
    case TokenKind::Percent: z = std::fmod(x, y); break;
    default: p.diags.report<Diag::TypeMismatch>(at, "an integer", p.type_name(l.type)); return {};
  }
  return add_float(z, l.type, at, l.flexible && r.flexible);
}

ConstValue ConstFolder::concat(Span at, NodeId left, NodeId right, TypeId expected) {
  ConstValue l =
      fold_to(left, is_some(expected) && p.types.kind(expected) != TypeKind::Optional ? expected : TypeId::None);
  if (!l) {
    fold(right, TypeId::None);
    return {};
  }
  ConstValue r = fold_to(right, l.type);
  if (!r) return {};
  HirId lr, rr;
  const Body* lb = behind(l, lr);
  const Body* rb = behind(r, rr);
  if (!lb || !rb) return {};
  if ((*lb)[lr].kind == HirKind::Str && (*rb)[rr].kind == HirKind::Str) {
    std::string joined(p.names.text(static_cast<NameId>((*lb)[lr].a)));
    joined += p.names.text(static_cast<NameId>((*rb)[rr].a));
    if (joined.size() > kMaxConstText) return failed(at, "this text is too long for a const");
    return add(HirKind::Str, Types::String, at, +p.names.intern(joined));
  }
  if ((*lb)[lr].kind != HirKind::MakeArray || (*rb)[rr].kind != HirKind::MakeArray) {
    p.diags.report<Diag::TypeMismatch>(at, "String", p.type_name(l.type));
    return {};
  }
  std::vector<uint32_t> items;
  for (auto [from, root] : {std::pair{lb, lr}, std::pair{rb, rr}}) {
    std::vector<uint32_t> list(from->list((*from)[root].a).begin(), from->list((*from)[root].a).end());
    for (uint32_t item : list) {
      if (body.nodes.size() > kMaxConstNodes) return failed(at, "this value is too large for a const");
      items.push_back(from == &body ? item : +copy(*from, static_cast<HirId>(item), at).id);
    }
  }
  return add(HirKind::MakeArray, l.type, at, add_list(items));
}

ConstValue ConstFolder::coalesce(Span at, NodeId left, NodeId right, TypeId expected) {
  ConstValue l = fold(left, is_some(expected) && expected != Types::Error ? p.types.optional(expected) : TypeId::None);
  if (!l) return {};
  if (is_kind(l, HirKind::Null)) return fold_to(right, expected);
  ConstValue v = inside(l, at);
  if (v) fold_unreached(right, v.type);
  else p.diags.report<Diag::NeverNull>(tree->caret(left), p.type_name(l.type)).help("leave the `??` out");
  return v;
}

ConstValue ConstFolder::unwrap(Span at, NodeId operand, TypeId expected) {
  ConstValue v =
      fold(operand, is_some(expected) && expected != Types::Error ? p.types.optional(expected) : TypeId::None);
  if (!v) return {};
  if (is_kind(v, HirKind::Null)) return failed(at, "this is `null`");
  if (ConstValue value = inside(v, at)) return value;
  p.diags.report<Diag::NeverNull>(at, p.type_name(v.type)).help("leave the `!` out");
  return {};
}

// The value that an optional has; nothing for what is no optional.
ConstValue ConstFolder::inside(ConstValue optional, Span at) {
  HirId root;
  const Body* from = behind(optional, root);
  if (!from || (*from)[root].kind != HirKind::Some) return {};
  return copy(*from, static_cast<HirId>((*from)[root].a), at);
}

// What the program would never reach is checked for its names and types, as in a function; a check that would fail
// there does not: `N != 0 and 100 / N > 5`.
ConstValue ConstFolder::fold_unreached(NodeId id, TypeId expected) {
  bool outer = std::exchange(unreached, true);
  ConstValue v = is_some(expected) ? fold_to(id, expected) : fold(id, TypeId::None);
  unreached = outer;
  return v;
}

ConstValue ConstFolder::choice(NodeId id, const Node& n, Span at, TypeId expected) {
  NodeId then = node_slot(*tree, n, 0), otherwise = node_slot(*tree, n, 1);
  if (is_none(otherwise))
    return not_constant(id, "an `if` without `else`", "say behind `else` what the value is otherwise");
  ConstValue condition = fold_to(static_cast<NodeId>(n.a), Types::Bool);
  if (!condition) return {};
  bool yes = node(condition).a != 0;
  ConstValue taken = fold(yes ? then : otherwise, expected);
  ConstValue other = fold_unreached(yes ? otherwise : then, expected);
  if (!taken || !other) return taken;
  return join(taken, other, at) ? taken : ConstValue{};
}

ConstValue ConstFolder::block(NodeId id, const Node& n, TypeId expected) {
  std::span<const NodeId> statements = tree->list(n.a);
  if (statements.size() == 1 && !(n.flags & kTrailingSemi)) return fold(statements[0], expected);
  return not_constant(id, "a block that is not one expression", "give every step a `const` of its own");
}

}  // namespace janus
