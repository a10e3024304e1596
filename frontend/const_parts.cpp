// const_parts.cpp: constant arrays, maps, tuples, ranges and texts.
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/const_internal.h"
#include "frontend/unicode.h"

namespace janus {

ConstValue ConstFolder::array(const Node& n, Span at, TypeId expected) {
  TypeId want = expected;
  while (is_some(want) && p.types.kind(want) == TypeKind::Optional) want = p.types.elem(want);
  TypeKind k = is_some(want) ? p.types.kind(want) : TypeKind::Error;
  bool known = k == TypeKind::Array || k == TypeKind::Fixed;
  if (is_some(want) && !known && want != Types::Error) {
    for (NodeId item : tree->list(n.a)) fold_to(item, TypeId::None);
    p.diags.report<Diag::TypeMismatch>(at, p.type_name(want), "an array");
    return {};
  }
  TypeId elem = known ? p.types.elem(want) : TypeId::None;
  std::vector<uint32_t> items;
  std::vector<ConstValue> values;
  bool broken = false;
  for (NodeId item : tree->list(n.a)) {
    ConstValue v = is_some(elem) ? fold_to(item, elem) : fold(item, TypeId::None);
    broken |= !v;
    values.push_back(v);
  }
  if (broken) return {};
  if (is_none(elem)) {
    // The first element with a type of its own decides; literals follow, `1` becomes `1.0` beside a float.
    for (const ConstValue& v : values) {
      if (!v.flexible) {
        elem = v.type;
        break;
      }
      if (is_none(elem) || is_kind(v, HirKind::Float)) elem = is_kind(v, HirKind::Float) ? Types::F64 : Types::I64;
    }
    if (is_none(elem)) {
      if (expected != Types::Error) p.diags.report<Diag::OpenConstType>(at).help("write it: `const NAME: []i64 = []`");
      return {};
    }
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = coerce(values[i], elem, tree->caret(tree->list(n.a)[i]));
      if (!values[i]) return {};
    }
    want = p.types.array(elem);
  }
  if (k == TypeKind::Fixed && p.types[want].b != values.size()) {
    p.diags.report<Diag::TypeMismatch>(at, p.type_name(want),
                                       "[" + std::to_string(values.size()) + "]" + p.type_name(elem));
    return {};
  }
  for (const ConstValue& v : values) items.push_back(+v.id);
  return add(HirKind::MakeArray, want, at, add_list(items));
}

ConstValue ConstFolder::map(const Node& n, Span at, TypeId expected) {
  if (is_none(p.lang.map)) return {};
  TypeId want = expected;
  while (is_some(want) && p.types.kind(want) == TypeKind::Optional) want = p.types.elem(want);
  TypeId key = TypeId::None, value = TypeId::None;
  if (is_some(want) && p.types.kind(want) == TypeKind::Struct && p.types[want].a == +p.lang.map) {
    key = p.types.args(want)[0];
    value = p.types.args(want)[1];
  }
  std::vector<uint32_t> items;
  for (NodeId entry : tree->list(n.a)) {
    const Node& e = (*tree)[entry];
    if (e.kind != NodeKind::MapEntry) return {};
    ConstValue k = fold_to(static_cast<NodeId>(e.a), key), v = fold_to(static_cast<NodeId>(e.b), value);
    if (!k || !v) return {};
    key = k.type;
    value = v.type;
    items.push_back(+k.id);
    items.push_back(+v.id);
  }
  if (is_none(key)) {
    if (expected != Types::Error)
      p.diags.report<Diag::OpenConstType>(at).help("write it: `const NAME: Map[String, i64] = [:]`");
    return {};
  }
  TypeId args[2] = {key, value};
  TypeId type = p.types.structure(p.lang.map, args);
  if (want != type) check_bound_use(p, type, at);   // a written type was checked where it stands
  return add(HirKind::MakeMap, type, at, add_list(items));
}

ConstValue ConstFolder::tuple(const Node& n, Span at, TypeId expected) {
  std::span<const NodeId> nodes = tree->list(n.a);
  if (nodes.empty()) return add(HirKind::Void, Types::Void, at);
  TypeId want = expected;
  while (is_some(want) && p.types.kind(want) == TypeKind::Optional) want = p.types.elem(want);
  bool known = is_some(want) && p.types.kind(want) == TypeKind::Tuple && p.types[want].arg_count == nodes.size();
  std::vector<uint32_t> items;
  std::vector<TypeId> types;
  for (size_t i = 0; i < nodes.size(); ++i) {
    ConstValue v = fold_to(nodes[i], known ? p.types.args(want)[i] : TypeId::None);
    if (!v) return {};
    items.push_back(+v.id);
    types.push_back(v.type);
  }
  return add(HirKind::MakeTuple, p.types.tuple(types), at, add_list(items));
}

ConstValue ConstFolder::range(const Node& n, Span at, NodeId low, NodeId high, TypeId) {
  if (is_none(low) || is_none(high) || is_none(p.lang.range)) {
    p.diags.report<Diag::NotConstant>(at, "an open range");
    return {};
  }
  ConstValue l = fold(low, TypeId::None), h = fold(high, TypeId::None);
  if (!l || !h || !join(l, h, at)) return {};
  l = settle(l, at);
  h = settle(h, at);
  if (!l || !h) return {};
  TypeId type = p.types.structure(p.lang.range, {&l.type, 1});
  return add(HirKind::MakeRange, type, at, +l.id, +h.id, n.flags & kInclusive ? 1 : 0);
}

// What `${…}` and `String(…)` show of the value, where that is plain.
bool ConstFolder::print(ConstValue v, std::string& out) {
  switch (node(v).kind) {
    case HirKind::Int: out += int_text(int_of(v)); return true;
    case HirKind::Bool: out += node(v).a ? "true" : "false"; return true;
    case HirKind::Char: append_utf8(out, node(v).a); return true;
    case HirKind::Str: out += p.names.text(static_cast<NameId>(node(v).a)); return true;
    default: return false;
  }
}

ConstValue ConstFolder::interp(const Node& n, Span at) {
  std::string text;
  bool broken = false;
  for (NodeId part : tree->list(n.a)) {
    const Node& x = (*tree)[part];
    bool piece = x.kind == NodeKind::InterpPart;
    if (piece && is_some(static_cast<NameId>(x.b))) {
      not_constant(part, "a format", "write the text as it should be, or build it where it is needed");
      broken = true;
      continue;
    }
    NodeId inner = piece ? static_cast<NodeId>(x.a) : part;
    ConstValue v = fold_to(inner, TypeId::None);
    if (v && !print(v, text))
      v = not_constant(
          inner, ("the text of a `" + p.type_name(v.type) + "`").c_str(),
          "whole numbers, `true` and `false`, characters and texts can stand in `${…}`; build others where they are needed");
    broken |= !v;
  }
  if (broken) return {};
  if (text.size() > kMaxConstText) return failed(at, "this text is too long for a const");
  return add(HirKind::Str, Types::String, at, +p.names.intern(text));
}

}  // namespace janus
