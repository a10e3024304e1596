// const_name.cpp: names and members of constant values.
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/const_internal.h"

namespace janus {

ConstValue ConstFolder::name(NodeId id, NameId name, TypeId expected) {
  if (is_none(name)) return {};
  DeclId found = lookup_name(p, module, name);
  if (is_none(found)) {
    if (is_some(builtin_type(p, name))) return not_constant(id, "a type");
    Diagnostic& d = p.diags.report<Diag::UnknownName>(tree->caret(id), text(name));
    std::vector<std::string_view> names;
    visible_names(p, module, names);
    if (std::string_view near = nearest_name(p.names.text(name), names); !near.empty())
      d.fix(tree->caret(id), std::string(near), "did you mean `" + std::string(near) + "`?",
            Applicability::MaybeIncorrect);
    return {};
  }
  return of_decl(id, found, expected);
}

ConstValue ConstFolder::of_decl(NodeId id, DeclId found, TypeId) {
  const Decl& decl = p.decls[+found];
  switch (decl.kind) {
    case DeclKind::Const: return of_const(id, static_cast<ConstId>(decl.index));
    case DeclKind::Broken: return {};
    case DeclKind::Func: return not_constant(id, "a function");
    case DeclKind::Module: return not_constant(id, "a module");
    default: return not_constant(id, "a type");
  }
}

ConstValue ConstFolder::of_const(NodeId id, ConstId other) {
  fold_const(p, other);
  const ConstInfo& info = p.consts[+other];
  if (is_none(info.body)) return {};
  const Body& from = *p.bodies[+info.body];
  const HirNode& root = from[from.root];
  switch (root.kind) {
    case HirKind::Int:
    case HirKind::Float:
    case HirKind::Bool:
    case HirKind::Char:
    case HirKind::Str:
    case HirKind::Null: return copy(from, from.root, tree->caret(id));
    default: return add(HirKind::ConstRef, info.type, tree->caret(id), +other);
  }
}

// A part of another const's value, node by node.
ConstValue ConstFolder::copy(const Body& from, HirId id, Span at) {
  const HirNode n = from[id];
  auto list = [&](uint32_t index, size_t first, size_t step) {
    std::vector<uint32_t> items(from.list(index).begin(), from.list(index).end());
    for (size_t i = 0; i < items.size(); ++i)
      if (i % step >= first) items[i] = +copy(from, static_cast<HirId>(items[i]), at).id;
    return add_list(items);
  };
  switch (n.kind) {
    case HirKind::Int: return add_int(from.ints[n.a], n.type, at, false);
    case HirKind::Float: return add_float(from.floats[n.a], n.type, at, false);
    case HirKind::Some: {
      ConstValue inner = copy(from, static_cast<HirId>(n.a), at);
      return add(n.kind, n.type, at, +inner.id);
    }
    case HirKind::MakeStruct: {
      uint32_t items = list(n.a, 1, 2);
      return add(n.kind, n.type, at, items);
    }
    case HirKind::MakeTuple:
    case HirKind::MakeArray:
    case HirKind::MakeMap: {
      uint32_t items = list(n.a, 0, 1);
      return add(n.kind, n.type, at, items);
    }
    case HirKind::MakeEnum:
    case HirKind::MakeError: {
      uint32_t items = list(n.b, 0, 1);
      return add(n.kind, n.type, at, n.a, items);
    }
    case HirKind::MakeRange: {
      ConstValue low = copy(from, static_cast<HirId>(n.a), at), high = copy(from, static_cast<HirId>(n.b), at);
      return add(n.kind, n.type, at, +low.id, +high.id, n.aux);
    }
    default: return add(n.kind, n.type, at, n.a, n.b, n.aux);   // Bool, Char, Str, Null, ConstRef
  }
}

// The literal behind a chain of ConstRefs.
const Body* ConstFolder::behind(const Body* in, HirId& root) {
  while ((*in)[root].kind == HirKind::ConstRef) {
    const ConstInfo& info = p.consts[(*in)[root].a];
    if (is_none(info.body)) return nullptr;
    in = p.bodies[+info.body].get();
    root = in->root;
  }
  return in;
}

ConstValue ConstFolder::part(NodeId id, ConstValue base, uint32_t index) {
  if (!base) return {};
  HirId root;
  const Body* in = behind(base, root);
  if (!in) return {};
  const HirNode& n = (*in)[root];
  if (n.kind == HirKind::MakeTuple && index < in->list(n.a).size())
    return copy(*in, static_cast<HirId>(in->list(n.a)[index]), tree->caret(id));
  if (n.kind == HirKind::MakeStruct) {
    std::span<const uint32_t> pairs = in->list(n.a);
    for (size_t i = 0; i + 1 < pairs.size(); i += 2)
      if (pairs[i] == index) return copy(*in, static_cast<HirId>(pairs[i + 1]), tree->caret(id));
  }
  return not_constant(id, "this expression");
}

// What a dotted path of names means: a module's or the file's declaration, or None when it is not a plain path.
DeclId ConstFolder::path(NodeId id) {
  const Node& n = (*tree)[id];
  if (n.kind == NodeKind::Ident)
    return n.a == +NameId::None ? DeclId::None : lookup_name(p, module, static_cast<NameId>(n.a));
  if (n.kind == NodeKind::Paren) return DeclId::None;
  if (n.kind != NodeKind::Member) return DeclId::None;
  DeclId base = path(static_cast<NodeId>(n.a));
  if (is_none(base) || p.decls[+base].kind != DeclKind::Module) return DeclId::None;
  bool is_private = false;
  NameId name = static_cast<NameId>(n.b);
  DeclId found = is_none(name) ? DeclId::None
                               : lookup_in_module(p, static_cast<ModuleId>(p.decls[+base].index), name, &is_private);
  if (is_some(found) && !is_private) return found;
  std::string module_text = text(p.modules[p.decls[+base].index]->path);
  if (is_private) p.diags.report<Diag::PrivateName>(tree->caret(id), text(name), module_text);
  else p.diags.report<Diag::NotInModule>(tree->caret(id), module_text, text(name));
  return static_cast<DeclId>(0);
}

ConstValue ConstFolder::member(NodeId id, const Node& n, TypeId expected) {
  NodeId base = static_cast<NodeId>(n.a);
  NameId name = static_cast<NameId>(n.b);
  if (is_none(name)) return {};
  const Node& left = (*tree)[base];
  if (left.kind == NodeKind::Ident && is_some(static_cast<NameId>(left.a)))
    if (TypeId type = builtin_type(p, static_cast<NameId>(left.a)); is_some(type)) return number_member(id, type, name);
  DeclId owner = path(base);
  if (is_some(owner)) {
    const Decl& decl = p.decls[+owner];
    if (decl.kind == DeclKind::Broken) return {};
    if (decl.kind == DeclKind::Module) {
      DeclId found = path(id);
      return is_none(found) ? ConstValue{} : of_decl(id, found, expected);
    }
    if (decl.kind == DeclKind::Enum || decl.kind == DeclKind::Error) return variant(id, owner, name, {}, expected);
    if (decl.kind != DeclKind::Const) return not_constant(id, "this expression");
  }
  ConstValue value = fold(base, TypeId::None);
  if (!value) return {};
  int field = p.find_field(value.type, name, nullptr);
  if (field < 0) return not_constant(id, "this expression");
  return part(id, value, static_cast<uint32_t>(field));
}

ConstValue ConstFolder::number_member(NodeId id, TypeId type, NameId name) {
  std::string_view word = p.names.text(name);
  Span at = tree->caret(id);
  if (p.types.is_integer(type)) {
    Int128 low, high;
    int_range(p.types.kind(type), low, high);
    if (word == "MIN") return add_int(low, type, at, false);
    if (word == "MAX") return add_int(high, type, at, false);
  } else if (p.types.is_float(type)) {
    bool small = type == Types::F32;
    if (word == "INFINITY") return add_float(INFINITY, type, at, false);
    if (word == "NAN") return add_float(NAN, type, at, false);
    if (word == "MAX") return add_float(small ? __FLT_MAX__ : __DBL_MAX__, type, at, false);
    if (word == "MIN") return add_float(small ? -__FLT_MAX__ : -__DBL_MAX__, type, at, false);
    if (word == "EPSILON") return add_float(small ? __FLT_EPSILON__ : __DBL_EPSILON__, type, at, false);
  }
  return not_constant(id, "this expression");
}

}  // namespace janus
