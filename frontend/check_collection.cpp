// check_collection.cpp: arrays, maps, tuples, ranges; an element and a slice.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- aggregates

HirId BodyChecker::check_array(NodeId n, TypeId expected) {
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  bool fixed = is_some(want) && types_.kind(want) == TypeKind::Fixed;
  bool array = is_some(want) && types_.kind(want) == TypeKind::Array;
  TypeId elem = fixed || array ? shallow(types_.elem(want)) : TypeId::None;
  size_t count = tree_->list(ast(n).a).size();
  SmallVec<uint32_t, 16> values;
  bool closed = is_some(elem) && types_.kind(elem) != TypeKind::Infer;
  TypeId joined = TypeId::None;
  NodeId first = NodeId::None;
  for (size_t i = 0; i < count; ++i) {
    NodeId item = tree_->list(ast(n).a)[i];
    if (closed) {
      values.push_back(+check_as(item, elem));
      continue;
    }
    HirId value = check(item, is_some(joined) ? joined : elem);
    TypeId type = type_of(value);
    if (type == Types::Void) {
      say_why_void(report<Diag::VoidValue>(span(item), "put into an array"), item);
      value = poison(span(item));
      type = Types::Error;
    }
    if (type != Types::Error) {
      TypeId both = is_none(joined) ? type : join(joined, type);
      if (is_none(both)) {
        Why why{span(first), "this element is `" + name_of(joined) + "`"};
        report_mismatch(span(item), joined, type, item, &why);
        value = poison(span(item));
      } else {
        joined = both;
        if (is_none(first)) first = item;
      }
    }
    values.push_back(+value);
  }
  if (!closed) {
    bool bad = false;
    for (uint32_t v : values) bad |= type_of(HirId(v)) == Types::Error;
    if ((is_none(joined) || joined == Types::Never) && bad) joined = Types::Error;   // told already
    else if ((is_none(joined) || joined == Types::Never) && is_some(want) && want == Types::Error) joined = want;
    else if (is_none(joined) || joined == Types::Never)
      joined = fresh(InferKind::General, span(n), "the elements of this array");
    for (uint32_t& v : values) {
      HirId value = HirId(v);
      try_coerce(value, joined);
      v = +value;
    }
    if (is_some(elem) && unify(elem, joined)) joined = elem;
    elem = joined;
  }
  TypeId type = fixed ? want : types_.array(elem);
  if (fixed && types_[want].b != count) {
    report<Diag::FixedLength>(span(n), types_[want].b, count)
        .with_label("this has " + std::to_string(count) + " elements");
    return poison(span(n));
  }
  return emit(HirKind::MakeArray, type, make_list(values), kNone32, span(n));
}

HirId BodyChecker::check_map(NodeId n, TypeId expected) {
  if (is_none(p_.lang.map)) return poison(span(n));
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  TypeId key = TypeId::None, value = TypeId::None;
  if (is_some(want) && types_.kind(want) == TypeKind::Struct && types_[want].a == +p_.lang.map) {
    key = types_.args(want)[0];
    value = types_.args(want)[1];
  } else {
    key = fresh(InferKind::General, span(n), "the keys of this map");
    value = fresh(InferKind::General, span(n), "the values of this map");
  }
  SmallVec<uint32_t, 16> items;
  bool written = !types_[key].has_infer;
  size_t count = tree_->list(ast(n).a).size();
  for (size_t i = 0; i < count; ++i) {
    const Node entry = ast(tree_->list(ast(n).a)[i]);
    if (entry.kind != NodeKind::MapEntry) continue;
    NodeId first = tree_->list(ast(n).a)[0];
    if (ast(first).kind != NodeKind::MapEntry) first = tree_->list(ast(n).a)[i];
    Why key_why{span(NodeId(ast(first).a)), "the first key is `" + name_of(key) + "`"};
    Why value_why{span(NodeId(ast(first).b)), "the first value is `" + name_of(value) + "`"};
    items.push_back(+check_as(NodeId(entry.a), key, i ? &key_why : nullptr));
    items.push_back(+check_as(NodeId(entry.b), value, i ? &value_why : nullptr));
  }
  if (!written)
    late_.push_back({LateCheck::Hashable, b_->index, key, span(n)});   // a written type was asked where it stands
  TypeId args[] = {key, value};
  return emit(HirKind::MakeMap, types_.structure(p_.lang.map, args), make_list(items), kNone32, span(n));
}

HirId BodyChecker::check_tuple(NodeId n, TypeId expected) {
  size_t count = tree_->list(ast(n).a).size();
  if (count == 0) return emit_void(span(n));
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  bool known = is_some(want) && types_.kind(want) == TypeKind::Tuple && types_[want].arg_count == count;
  SmallVec<uint32_t, 8> values;
  SmallVec<TypeId, 8> types;
  for (size_t i = 0; i < count; ++i) {
    NodeId item = tree_->list(ast(n).a)[i];
    bool said = is_some(want) && want == Types::Error;
    HirId value = known ? check_as(item, types_.args(want)[i]) : check(item, said ? want : TypeId::None);
    if (type_of(value) == Types::Void) {
      say_why_void(report<Diag::VoidValue>(span(item), "put into a tuple"), item);
      value = poison(span(item));
    }
    values.push_back(+value);
    types.push_back(node(value).type);
  }
  return emit(HirKind::MakeTuple, types_.tuple(types), make_list(values), kNone32, span(n));
}

HirId BodyChecker::check_range(NodeId n, TypeId expected) {
  const Node x = ast(n);
  if (x.a == kNone32 || x.b == kNone32 || is_none(p_.lang.range)) {
    if (is_some(p_.lang.range))
      report<Diag::OpenRange>(span(n))
          .note("only in a slice, as `a[2..]`, may an end be left out")
          .help("write both ends: `0..n`");
    if (x.a != kNone32) check_poison(NodeId(x.a));
    if (x.b != kNone32) check_poison(NodeId(x.b));
    return poison(span(n));
  }
  TypeId elem = TypeId::None;
  if (is_some(expected) && types_.kind(expected) == TypeKind::Struct && types_[expected].a == +p_.lang.range &&
      types_[expected].arg_count == 1)
    elem = types_.args(expected)[0];
  HirId low = received(check(NodeId(x.a), elem));
  HirId high = received(check(NodeId(x.b), node(low).type));
  if (type_of(low) == Types::Error || type_of(high) == Types::Error) return poison(span(n));
  if (!balance(low, high)) {
    Why why{span(NodeId(x.a)), "the range begins with `" + name_of(node(low).type) + "`"};
    report_mismatch(span(NodeId(x.b)), node(low).type, node(high).type, NodeId(x.b), &why);
    return poison(span(n));
  }
  TypeId type = shallow(node(low).type);
  TypeKind kind = types_.kind(type);
  if (types_.is_float(type) || (kind == TypeKind::Infer && open_kind(type) == InferKind::Float) ||
      kind == TypeKind::String || kind == TypeKind::Bool || kind == TypeKind::Optional) {
    if (kind == TypeKind::Optional) report_optional_as_value(span(NodeId(x.a)), type, NodeId(x.a), nullptr);
    else
      report<Diag::RangeOfWhat>(span(n), name_of(type))
          .help("a range counts whole numbers (`0..10`) or characters (`'a'..='z'`)");
    return poison(span(n));
  }
  late_.push_back({LateCheck::Ordered, b_->index, type, span(n)});
  TypeId args[] = {node(low).type};
  bool generic = !p_.structs[+p_.lang.range].type_params.empty();
  return emit(HirKind::MakeRange,
              types_.structure(p_.lang.range, generic ? std::span<const TypeId>(args) : std::span<const TypeId>()), low,
              high, span(n), x.flags & kInclusive ? 1 : 0);
}

// ---- index and slice

HirId BodyChecker::check_index(NodeId n, TypeId expected) {
  const Node x = ast(n);
  Head head = head_of(n);
  if (head.kind == HeadKind::Type) return type_value(head.type, n);
  if (head.kind == HeadKind::Func) return func_value(FuncId(head.index), n, expected, head);
  if (head.kind == HeadKind::Poison) return poison(span(n));
  HirId base = received(check(NodeId(x.a)));
  std::span<const NodeId> list = tree_->list(x.b);
  if (list.size() != 1) {
    report<Diag::IndexCount>(span(n), list.size()).help("for an array of arrays write `a[i][j]`");
    return poison(span(n));
  }
  NodeId index = list[0];
  TypeId type = settle(node(base).type);
  TypeKind kind = types_.kind(type);
  const Node ix = ast(unparen(index));
  if (kind == TypeKind::Error) {
    if (ix.kind != NodeKind::Range) check_poison(index);
    return poison(span(n));
  }
  if (kind == TypeKind::Optional) {
    report_optional_as_value(span(NodeId(x.a)), type, NodeId(x.a), nullptr);
    return poison(span(n));
  }
  bool map = kind == TypeKind::Struct && types_[type].a == +p_.lang.map;
  if (map) {
    TypeId key = types_.args(type)[0], value = types_.args(type)[1];
    HirId k = check_as(index, key);
    return emit(HirKind::MapIndex, value, base, k, span(n));
  }
  if (kind == TypeKind::Infer) {
    report<Diag::TypeNotKnown>(span(NodeId(x.a)), "this value").help("write the type where the name is introduced");
    return poison(span(n));
  }
  bool array = kind == TypeKind::Array || kind == TypeKind::Fixed;
  if (!array && kind != TypeKind::String) {
    Diagnostic& d = report<Diag::CannotIndex>(span(NodeId(x.a)), name_of(type));
    if (kind == TypeKind::Tuple) d.help("the parts of a tuple are `.0`, `.1` …");
    else if (kind == TypeKind::Struct && types_[type].a == +p_.lang.set)
      d.help("ask with `x in set`, or take `set.to_array()`");
    else d.help("`[ ]` takes an element out of an array or a map");
    check_poison(index);
    return poison(span(n));
  }
  auto check_bound = [&](NodeId bound) {
    HirId v = check(bound, Types::I64);
    TypeId t = settle(node(v).type);
    if (types_.is_integer(t) && t != Types::I64) {
      HirId w = v;
      if (try_coerce(w, Types::I64)) return w;
      if (t == Types::U64) return emit(HirKind::Convert, Types::I64, v, kNone32, span(bound), 0);
    }
    Why why{span(NodeId(x.a)), "an element of this is found by its number, an `i64`"};
    return coerce(v, Types::I64, bound, &why);
  };
  if (ix.kind == NodeKind::Range) {
    uint32_t lo = ix.a == kNone32 ? kNone32 : +check_bound(NodeId(ix.a));
    uint32_t hi = ix.b == kNone32 ? kNone32 : +check_bound(NodeId(ix.b));
    TypeId result = kind == TypeKind::Fixed ? types_.array(types_.elem(type)) : type;
    return emit(HirKind::Slice, result, +base, make_record({lo, hi, ix.flags & kInclusive ? 1u : 0u}), span(n));
  }
  if (kind == TypeKind::String) {
    report<Diag::StringIndex>(span(n))
        .note(
            "a text is stored as bytes, and one character can take several of them, so \"the third character\" has to be looked for")
        .help("walk over the characters: `for c in " + source(NodeId(x.a)) + ".chars() do … end`")
        .help("or keep them in an array: `let chars = " + source(NodeId(x.a)) + ".chars()`, then `chars[i]`")
        .help("a part of the text by byte positions: `" + source(NodeId(x.a)) + "[i..j]`");
    check_poison(index);
    return poison(span(n));
  }
  if (negative_index(NodeId(x.a), index)) return poison(span(n));
  return emit(HirKind::Index, types_.elem(type), base, check_bound(index), span(n));
}

// `xs[-1]`, which counts from the end in other languages: there is never such an element.
bool BodyChecker::negative_index(NodeId base, NodeId index) {
  const Node x = ast(unparen(index));
  if (x.kind != NodeKind::Unary || x.aux != static_cast<uint16_t>(TokenKind::Minus)) return false;
  if (ast(NodeId(x.a)).kind != NodeKind::IntLit) return false;
  std::string of = source(base), back = source(NodeId(x.a));
  if (back == "0") return false;
  Diagnostic& d =
      report<Diag::NegativeIndex>(span(index)).note("the elements are counted from 0, always from the front");
  if (back == "1") d.help("`" + of + ".last()` is the last element, or `null` when there is none");
  if (of != "…") d.fix(span(index), of + ".len() - " + back, "count from the end", Applicability::MaybeIncorrect);
  return true;
}

// The elements of a `[N]T` in a `[]T`.
HirId BodyChecker::fixed_as_array(HirId value) {
  TypeId array = types_.array(types_.elem(shallow(node(value).type)));
  return emit(HirKind::Slice, array, value, make_record({kNone32, kNone32, 0}), node(value).span);
}

// `Array.filled(n, x)` where a `[n]T` is needed.
bool BodyChecker::is_filled(NodeId call) {
  const Node& callee = ast(NodeId(ast(call).a));
  if (callee.kind != NodeKind::Member || text(NameId(callee.b)) != "filled") return false;
  const Node& base = ast(NodeId(callee.a));
  return base.kind == NodeKind::Ident && text(NameId(base.a)) == "Array";
}
HirId BodyChecker::check_filled(NodeId call, TypeId fixed) {
  TypeId array = types_.array(types_.elem(fixed));
  HirId value = check_call(call, array, nullptr);
  const HirNode made = node(value);
  if (made.kind != HirKind::Call || !unify(made.type, array)) return value;
  const HirNode& count = node(HirId(b_->body.list(b_->body.extra[made.b + 1])[0]));
  if (count.kind == HirKind::Int) {
    int64_t n = static_cast<int64_t>(b_->body.ints[count.a]);
    if (n != types_[fixed].b) {
      report<Diag::FixedLength>(span(call), types_[fixed].b, n);
      return poison(span(call));
    }
  }
  return emit(HirKind::Slice, fixed, value, make_record({kNone32, kNone32, 0}), span(call));
}

}  // namespace janus
