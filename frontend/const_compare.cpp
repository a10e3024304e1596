// const_compare.cpp: constant values side by side: `==`, `<`, `in`, and the parts that `[ ]` takes out.
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/const_internal.h"

namespace janus {
namespace {
enum class Order : uint8_t { Less, Same, Greater, Unordered /* nan */, Unknown /* maps, and what is too large */ };

template <class T>
Order order_of(const T& x, const T& y) {
  return x < y ? Order::Less : y < x ? Order::Greater : x == y ? Order::Same : Order::Unordered;
}

// Part by part, as the program would; consts are looked through. Both values have the same type.
struct Comparison {
  ConstFolder& f;
  uint32_t steps = kMaxConstNodes;   // consts that contain others twice, and these others, are trees of any size

  Order parts(const Body* a, std::span<const uint32_t> x, const Body* b, std::span<const uint32_t> y, int depth) {
    for (size_t i = 0; i < x.size() && i < y.size(); ++i)
      if (Order o = values(a, HirId(x[i]), b, HirId(y[i]), depth + 1); o != Order::Same) return o;
    return order_of(x.size(), y.size());
  }
  // The fields of a struct stand in the order in which they were given.
  Order fields(const Body* a, std::span<const uint32_t> x, const Body* b, std::span<const uint32_t> y, int depth) {
    std::vector<uint32_t> left(x.size() / 2), right(y.size() / 2);
    for (size_t i = 0; i + 1 < x.size(); i += 2) left[x[i]] = x[i + 1];
    for (size_t i = 0; i + 1 < y.size(); i += 2) right[y[i]] = y[i + 1];
    return parts(a, left, b, right, depth);
  }
  Order values(const Body* a, HirId left, const Body* b, HirId right, int depth) {
    a = f.behind(a, left);
    b = f.behind(b, right);
    if (!a || !b || depth > 1000 || steps-- == 0) return Order::Unknown;
    const HirNode &x = (*a)[left], &y = (*b)[right];
    if (x.kind != y.kind) return order_of(x.kind, y.kind);   // `null` and a value
    switch (x.kind) {
      case HirKind::Int: return order_of(a->ints[x.a], b->ints[y.a]);
      case HirKind::Float: return order_of(a->floats[x.a], b->floats[y.a]);
      case HirKind::Bool:
      case HirKind::Char: return order_of(x.a, y.a);
      case HirKind::Str:
        return order_of(f.p.names.text(static_cast<NameId>(x.a)), f.p.names.text(static_cast<NameId>(y.a)));
      case HirKind::Null:
      case HirKind::Void: return Order::Same;
      case HirKind::Some: return values(a, HirId(x.a), b, HirId(y.a), depth + 1);
      case HirKind::MakeTuple:
      case HirKind::MakeArray: return parts(a, a->list(x.a), b, b->list(y.a), depth);
      case HirKind::MakeStruct: return fields(a, a->list(x.a), b, b->list(y.a), depth);
      case HirKind::MakeEnum:
      case HirKind::MakeError: return x.a == y.a ? parts(a, a->list(x.b), b, b->list(y.b), depth) : order_of(x.a, y.a);
      case HirKind::MakeRange: {
        const uint32_t l[] = {x.a, x.b}, r[] = {y.a, y.b};
        return x.aux == y.aux ? parts(a, l, b, r, depth) : order_of(x.aux, y.aux);
      }
      default: return Order::Unknown;
    }
  }
  Order operator()(ConstValue l, ConstValue r) { return values(&f.body, l.id, &f.body, r.id, 0); }
};
}   // namespace

// What has its type only from the other side of a comparison.
static bool needs_type(const Tree& tree, NodeId id) {
  switch (tree[id].kind) {
    case NodeKind::NullLit:
    case NodeKind::DotName:
    case NodeKind::ArrayLit:
    case NodeKind::MapLit:
    case NodeKind::TupleLit: return true;
    case NodeKind::Call:
    case NodeKind::Paren: return needs_type(tree, static_cast<NodeId>(tree[id].a));
    default: return false;
  }
}

ConstValue ConstFolder::compare(const Node& n, Span at, NodeId left, NodeId right) {
  TokenKind op = static_cast<TokenKind>(n.aux);
  bool right_first = needs_type(*tree, left) && !needs_type(*tree, right);
  ConstValue l, r;
  ConstValue &first = right_first ? r : l, &second = right_first ? l : r;
  first = fold(right_first ? right : left, TypeId::None);
  TypeId hint = !first ? Types::Error : first.flexible ? TypeId::None : first.type;
  second = fold(right_first ? left : right, hint);
  if (!l || !r || !join(l, r, at)) return {};
  bool equality = op == TokenKind::EqEq || op == TokenKind::BangEq;
  if (!p.satisfies(l.type, equality ? kEqual : kOrdered) && p.types.kind(l.type) != TypeKind::ErrorVal) {
    Diagnostic& d =
        p.diags.report<Diag::NotCapable>(at, p.type_name(l.type), equality ? "be compared with `==`" : "be ordered");
    if (!equality) d.note("numbers, characters, texts, and tuples and arrays of these have an order");
    return {};
  }
  Order o = Comparison{*this}(l, r);
  bool result = false;
  switch (op) {
    case TokenKind::EqEq: result = o == Order::Same; break;
    case TokenKind::BangEq: result = o != Order::Same; break;
    case TokenKind::Less: result = o == Order::Less; break;
    case TokenKind::LessEq: result = o == Order::Less || o == Order::Same; break;
    case TokenKind::Greater: result = o == Order::Greater; break;
    default: result = o == Order::Greater || o == Order::Same; break;
  }
  if (o == Order::Unknown)
    return not_constant(right, "a comparison of maps", "compare them where the answer is needed");
  return add(HirKind::Bool, Types::Bool, at, result);
}

ConstValue ConstFolder::contains(Span at, NodeId left, NodeId right) {
  ConstValue in = fold_to(right, TypeId::None);
  if (!in) return {};
  HirId root;
  const Body* from = behind(in, root);
  if (!from) return {};
  HirNode n = (*from)[root];
  TypeKind kind = p.types.kind(in.type);
  bool part = n.kind == HirKind::MakeRange || n.kind == HirKind::MakeMap;   // `Range[T]`, `Map[K, V]`: of the first
  TypeId want = part                                                 ? p.types.args(in.type)[0]
                : kind == TypeKind::Array || kind == TypeKind::Fixed ? p.types.elem(in.type)
                                                                     : in.type;
  if (!part && want == in.type && n.kind != HirKind::Str) {
    p.diags.report<Diag::CannotSearch>(tree->caret(right), p.type_name(in.type))
        .note("`x in y` asks whether x is an element of an array, a key of a map, in a range, or a part of a text");
    return {};
  }
  ConstValue v = fold(left, want);
  if (v && n.kind == HirKind::Str && is_kind(v, HirKind::Char)) {
    std::string letter;
    print(v, letter);
    v = add(HirKind::Str, Types::String, at, +p.names.intern(letter));
  }
  v = coerce(v, want, tree->caret(left));
  if (!v) return {};
  if (n.kind == HirKind::Str) {
    std::string_view text = p.names.text(static_cast<NameId>(n.a));
    bool found = text.find(p.names.text(static_cast<NameId>(node(v).a))) != std::string_view::npos;
    return add(HirKind::Bool, Types::Bool, at, found);
  }
  Comparison comparison{*this};
  auto order = [&](uint32_t item) { return comparison.values(from, HirId(item), &body, v.id, 0); };
  bool found = false;
  if (n.kind == HirKind::MakeRange) {
    Order high = order(n.b);
    found = order(n.a) != Order::Greater && (high == Order::Greater || (n.aux && high == Order::Same));
  } else {
    size_t step = n.kind == HirKind::MakeMap ? 2 : 1;
    std::span<const uint32_t> items = from->list(n.a);
    for (size_t i = 0; i < items.size() && !found; i += step) {
      Order o = order(items[i]);
      if (o == Order::Unknown)
        return not_constant(left, "a comparison of maps", "compare them where the answer is needed");
      found = o == Order::Same;
    }
  }
  return add(HirKind::Bool, Types::Bool, at, found);
}

// `ARR[1]` and `MAP["a"]`: what is not there is a failed check, as in a function it is a panic.
ConstValue ConstFolder::index(NodeId id, const Node& n) {
  std::span<const NodeId> args = tree->list(n.b);
  ConstValue base = fold_to(static_cast<NodeId>(n.a), TypeId::None);
  if (!base || args.size() != 1) return {};
  Span at = tree->caret(id);
  if ((*tree)[args[0]].kind == NodeKind::Range)
    return not_constant(id, "a part `x[a..b]`", "write the part, or take it where it is needed");
  if (base.type == Types::String) {
    p.diags.report<Diag::StringIndex>(at);
    return {};
  }
  HirId root;
  const Body* from = behind(base, root);
  if (!from) return {};
  HirNode value = (*from)[root];
  if (value.kind == HirKind::MakeMap) {
    ConstValue wanted = fold_to(args[0], p.types.args(base.type)[0]);
    if (!wanted) return {};
    Comparison comparison{*this};
    std::span<const uint32_t> items = from->list(value.a);
    for (size_t i = items.size(); i >= 2; i -= 2) {   // of two equal keys the last one counts
      if (comparison.values(from, HirId(items[i - 2]), &body, wanted.id, 0) != Order::Same) continue;
      return copy(*from, HirId(items[i - 1]), at);
    }
    std::string shown;
    return failed(at, print(wanted, shown) ? "the map has no key " + shown : "the map has no such key");
  }
  if (value.kind != HirKind::MakeArray) {
    p.diags.report<Diag::CannotIndex>(at, p.type_name(base.type));
    return {};
  }
  ConstValue i = settle(fold(args[0], Types::I64), at);
  if (!i) return {};
  if (!is_kind(i, HirKind::Int)) return mismatch(tree->caret(args[0]), Types::I64, i.type);
  std::span<const uint32_t> items = from->list(value.a);
  if (int_of(i) < 0 || int_of(i) >= static_cast<Int128>(items.size()))
    return failed(
        at, "the index " + int_text(int_of(i)) + " is out of range: the length is " + std::to_string(items.size()));
  return copy(*from, HirId(items[static_cast<size_t>(int_of(i))]), at);
}

}   // namespace janus
