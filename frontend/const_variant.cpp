// const_variant.cpp: constant structs, enums and errors.
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/const_internal.h"

namespace janus {

ConstValue ConstFolder::dot_name(NodeId id, NameId name, std::span<const NodeId> args, TypeId expected) {
  TypeId type = expected;
  while (is_some(type) && p.types.kind(type) == TypeKind::Optional) type = p.types.elem(type);
  if (is_some(type) && p.types.kind(type) == TypeKind::Enum)
    return variant(id, p.enums[p.types[type].a].decl, name, args, type);
  if (type != Types::Error) p.diags.report<Diag::OpenConstType>(tree->caret(id)).help("write the type before the dot");
  return {};
}

ConstValue ConstFolder::variant(NodeId id, DeclId owner, NameId name, std::span<const NodeId> args, TypeId expected) {
  const Decl& decl = p.decls[+owner];
  Span at = tree->caret(id);
  const std::vector<FieldInfo>* fields = nullptr;
  uint32_t row = 0;
  if (decl.kind == DeclKind::Enum) {
    int v = p.find_variant(static_cast<EnumId>(decl.index), name);
    if (v >= 0) fields = &p.enums[decl.index].variants[v].fields;
    row = static_cast<uint32_t>(v);
  } else {
    TagId tag = p.find_tag(static_cast<ErrorId>(decl.index), name);
    if (is_some(tag)) fields = &p.tags[+tag].fields;
    row = +tag;
  }
  if (!fields) {
    p.diags.report<Diag::UnknownName>(at, text(decl.name) + "." + text(name)).at(decl.name_span, "declared here");
    return {};
  }
  if (fields->size() != args.size()) {
    std::string takes = std::to_string(fields->size()) + (fields->size() == 1 ? " value" : " values");
    p.diags.report<Diag::ArgumentCount>(at, "`" + text(name) + "`", takes, args.size());
    return {};
  }
  if (decl.kind == DeclKind::Error) {
    std::vector<uint32_t> items;
    for (size_t i = 0; i < args.size(); ++i) {
      ConstValue v = fold_to(argument(args[i]), (*fields)[i].type);
      if (!v) return {};
      items.push_back(+v.id);
    }
    return add(HirKind::MakeError, p.types.error_value(p.errors[decl.index].set), at, row, add_list(items));
  }
  TypeId self = self_type_of_decl(p, owner);
  std::vector<TypeId> bound = start_args(p.enums[decl.index].type_params, self, expected);
  std::vector<uint32_t> items;
  for (size_t i = 0; i < args.size(); ++i) {
    ConstValue v = fold_generic(argument(args[i]), p.enums[decl.index].variants[row].fields[i].type,
                                p.enums[decl.index].type_params, bound);
    if (!v) return {};
    items.push_back(+v.id);
  }
  TypeId type = finish_args(at, self, p.enums[decl.index].type_params, bound);
  if (type == Types::Error) return {};
  return add(HirKind::MakeEnum, type, at, row, add_list(items));
}

// Type arguments of a generic struct or enum: from the expected type, else from the values.
std::vector<TypeId> ConstFolder::start_args(const std::vector<TypeParamId>& params, TypeId self, TypeId expected) {
  std::vector<TypeId> bound(params.size(), TypeId::None);
  if (params.empty() || is_none(expected)) return bound;
  while (p.types.kind(expected) == TypeKind::Optional) expected = p.types.elem(expected);
  if (p.types.kind(expected) == p.types.kind(self) && p.types[expected].a == p.types[self].a)
    bound.assign(p.types.args(expected).begin(), p.types.args(expected).end());
  return bound;
}

ConstValue ConstFolder::fold_generic(NodeId id, TypeId declared, const std::vector<TypeParamId>& params,
                                     std::vector<TypeId>& bound) {
  bool open = false;
  if (p.types[declared].has_param) {
    for (TypeId b : bound) open |= b == TypeId::None;
    if (!open) declared = p.types.subst(declared, params, bound);
  }
  if (!open) return fold_to(id, declared);
  ConstValue v = fold_to(id, TypeId::None);
  if (v && !match_type(p, declared, v.type, params, bound)) return mismatch(tree->caret(id), declared, v.type);
  return v;
}

TypeId ConstFolder::finish_args(Span at, TypeId self, const std::vector<TypeParamId>& params,
                                const std::vector<TypeId>& bound) {
  for (TypeId b : bound)
    if (b == TypeId::None) {
      p.diags.report<Diag::OpenConstType>(at).help("write the type after the name of the const: `const NAME: … = …`");
      return Types::Error;
    }
  return p.types.subst(self, params, bound);
}

ConstValue ConstFolder::structure(const Node& n, Span at, TypeId expected) {
  NodeId type_node = static_cast<NodeId>(n.a), old = node_slot(*tree, n, 1);
  if (is_none(type_node) || (*tree)[type_node].kind != NodeKind::TypeName) return {};
  std::span<const NodeId> path = tree->list((*tree)[type_node].a);
  std::span<const NodeId> inits = tree->list(slot(*tree, n, 0));
  DeclId owner = path.empty() ? DeclId::None : lookup_name(p, module, static_cast<NameId>((*tree)[path[0]].a));
  size_t used = 1;
  if (is_some(owner) && p.decls[+owner].kind == DeclKind::Module && path.size() > 1) {
    bool is_private = false;
    owner = lookup_in_module(p, static_cast<ModuleId>(p.decls[+owner].index), static_cast<NameId>((*tree)[path[1]].a),
                             &is_private);
    if (is_private) owner = DeclId::None;
    used = 2;
  }
  if (is_some(owner) && p.decls[+owner].kind == DeclKind::Enum && path.size() == used + 1)
    return is_some(old) ? not_constant(old, "`..` in a variant")
                        : struct_variant(at, owner, static_cast<NameId>((*tree)[path[used]].a), inits, expected);
  if (is_none(owner) || p.decls[+owner].kind != DeclKind::Struct || path.size() != used ||
      !tree->list((*tree)[type_node].b).empty()) {
    TypeId written = resolve_type(p, scope, type_node);   // reports what is wrong with it
    if (written == Types::Error) return {};
    if (p.types.kind(written) != TypeKind::Struct) return mismatch(at, written, Types::Void);
    owner = p.structs[p.types[written].a].decl;
    expected = written;
  }
  uint32_t row = p.decls[+owner].index;
  TypeId self = self_type_of_decl(p, owner);
  ConstValue old_value;
  if (is_some(old)) {
    old_value = fold_to(old, TypeId::None);
    if (!old_value) return {};
    if (p.types.kind(old_value.type) != TypeKind::Struct || p.types[old_value.type].a != row)
      return mismatch(tree->caret(old), self, old_value.type);
    expected = old_value.type;
  }
  std::vector<TypeId> bound = start_args(p.structs[row].type_params, self, expected);
  std::vector<uint32_t> pairs;
  if (!fields(at, inits, p.structs[row].fields, p.structs[row].type_params, bound, text(p.decls[+owner].name),
              p.decls[+owner].module, pairs, old, old_value))
    return {};
  TypeId type = finish_args(at, self, p.structs[row].type_params, bound);
  return type == Types::Error ? ConstValue{} : add(HirKind::MakeStruct, type, at, add_list(pairs));
}

ConstValue ConstFolder::struct_variant(Span at, DeclId owner, NameId name, std::span<const NodeId> inits,
                                       TypeId expected) {
  uint32_t row = p.decls[+owner].index;
  int v = is_none(name) ? -1 : p.find_variant(static_cast<EnumId>(row), name);
  if (v < 0) {
    p.diags.report<Diag::UnknownName>(at, text(p.decls[+owner].name) + "." + text(name));
    return {};
  }
  TypeId self = self_type_of_decl(p, owner);
  std::vector<TypeId> bound = start_args(p.enums[row].type_params, self, expected);
  std::vector<uint32_t> pairs;
  const VariantInfo& info = p.enums[row].variants[v];
  if (!fields(at, inits, info.fields, p.enums[row].type_params, bound, text(name), p.decls[+owner].module, pairs))
    return {};
  TypeId type = finish_args(at, self, p.enums[row].type_params, bound);
  if (type == Types::Error) return {};
  std::vector<uint32_t> items(info.fields.size());
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) items[pairs[i]] = pairs[i + 1];
  return add(HirKind::MakeEnum, type, at, static_cast<uint32_t>(v), add_list(items));
}

bool ConstFolder::fields(Span at, std::span<const NodeId> inits, const std::vector<FieldInfo>& infos,
                         const std::vector<TypeParamId>& params, std::vector<TypeId>& bound, const std::string& owner,
                         ModuleId declared_in, std::vector<uint32_t>& pairs, NodeId old, ConstValue old_value) {
  std::vector<bool> given(infos.size(), false);
  bool good = true;
  for (NodeId init : inits) {
    const Node& n = (*tree)[init];
    if (n.kind != NodeKind::FieldInit) return false;
    NameId name = static_cast<NameId>(n.a);
    size_t i = 0;
    while (i < infos.size() && infos[i].name != name) ++i;
    if (i == infos.size()) {
      p.diags.report<Diag::UnknownName>(tree->caret(init), owner + "." + text(name));
      good = false;
      continue;
    }
    if (given[i]) {
      p.diags.report<Diag::DuplicateField>(tree->caret(init), text(name));
      good = false;
      continue;
    }
    given[i] = true;
    ConstValue v;
    if (is_some(static_cast<NodeId>(n.b))) v = fold_generic(static_cast<NodeId>(n.b), infos[i].type, params, bound);
    else {
      v = this->name(init, name, TypeId::None);
      if (v) v = coerce(v, p.types.subst(infos[i].type, params, bound), tree->caret(init));
    }
    if (!v) {
      good = false;
      continue;
    }
    pairs.push_back(static_cast<uint32_t>(i));
    pairs.push_back(+v.id);
  }
  for (size_t i = 0; i < infos.size(); ++i) {
    if (given[i]) continue;
    if (is_some(old)) {
      ConstValue v = part(old, old_value, static_cast<uint32_t>(i));
      if (!v) return false;
      pairs.push_back(static_cast<uint32_t>(i));
      pairs.push_back(+v.id);
      continue;
    }
    if (is_none(infos[i].default_value)) {
      p.diags.report<Diag::ConstFieldMissing>(at, owner, text(infos[i].name)).at(infos[i].span, "declared here");
      good = false;
      continue;
    }
    ConstFolder other(p, declared_in, body);   // a default belongs to the file that declares it
    other.unreached = unreached;
    ConstValue v = other.fold_generic(infos[i].default_value, infos[i].type, params, bound);
    if (!v) {
      good = false;
      continue;
    }
    pairs.push_back(static_cast<uint32_t>(i));
    pairs.push_back(+v.id);
  }
  return good;
}

}  // namespace janus
