// doc_extract.cpp: ties each doc comment to the declaration that follows it, and its links to the declarations they
// name. Depends on doc_extract.h, resolve.h, program_index.h. SPDX-License-Identifier: Apache-2.0
#include "frontend/doc_extract.h"

#include <algorithm>

#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {
namespace {

uint64_t member_key(const DocTarget& t) {
  return (static_cast<uint64_t>(t.kind) << 48) | (static_cast<uint64_t>(t.inner + 1 & 0xffffffu) << 24) |
         (t.member & 0xffffffu);
}

// First token -> owner, for every declaration of a module.
struct Place {
  uint32_t token;
  DocTarget owner;
};

void add_fields(const Tree& tree, std::span<const NodeId> nodes, DeclId decl, DocTarget base, std::vector<Place>& out) {
  uint32_t index = 0;
  for (NodeId field : nodes) {
    if (is_none(field) || tree[field].kind != NodeKind::FieldDecl) continue;
    DocTarget owner = base;
    owner.decl = decl;
    (base.kind == DocTarget::Field ? owner.member : owner.inner) = index++;
    owner.kind = DocTarget::Field;
    if (base.kind == DocTarget::Variant) owner.kind = DocTarget::Variant;
    out.push_back({tree.first_token(field), owner});
  }
}

void places_of_decl(const Program& p, DeclId id, std::vector<Place>& out) {
  const Decl& d = p.decls[+id];
  if (is_none(d.node) || d.kind == DeclKind::Module || d.kind == DeclKind::TypeParam || d.kind == DeclKind::Broken)
    return;
  const Tree& tree = p.tree_of(d.module);
  const Node& n = tree[d.node];
  DocTarget owner;
  owner.kind = DocTarget::Decl;
  owner.decl = id;
  out.push_back({tree.first_token(d.node), owner});
  if (n.kind == NodeKind::StructDecl) {
    DocTarget base;
    base.kind = DocTarget::Field;
    add_fields(tree, tree.record_list(n.b, 1), id, base, out);
  } else if (n.kind == NodeKind::EnumDecl || n.kind == NodeKind::ErrorDecl) {
    std::span<const NodeId> variants = n.kind == NodeKind::EnumDecl ? tree.record_list(n.b, 1) : tree.list(n.b);
    uint32_t index = 0;
    for (NodeId v : variants) {
      if (is_none(v) || tree[v].kind != NodeKind::VariantDecl) continue;
      DocTarget variant;
      variant.kind = DocTarget::Variant;
      variant.decl = id;
      variant.member = index++;
      out.push_back({tree[v].token, variant});
      if (tree[v].aux == 2) add_fields(tree, tree.list(tree[v].b), id, variant, out);
    }
  }
}

void places_of_impls(const Program& p, const Module& module, std::vector<Place>& out) {
  for (ImplId impl : module.impls)
    if (NodeId node = p.impls[+impl].node; is_some(node))
      out.push_back({module.tree.first_token(node), Docs::impl_target(impl)});
}

}  // namespace

DocTarget Docs::impl_target(ImplId impl) {
  DocTarget target;
  target.kind = DocTarget::Impl;
  target.member = +impl;
  return target;
}
const DocComment* Docs::of(DeclId decl) const {
  if (+decl >= by_decl.size() || by_decl[+decl] == kNoDoc) return nullptr;
  return &comments[by_decl[+decl]];
}
const DocComment* Docs::of_member(const DocTarget& member) const {
  auto it = by_member.find({+member.decl, member_key(member)});
  return it == by_member.end() ? nullptr : &comments[it->second];
}

Docs extract_docs(Program& p, DocsOf whose, const std::vector<bool>* whole) {
  Docs docs;
  docs.by_decl.assign(p.decls.size(), Docs::kNoDoc);
  std::vector<std::vector<Place>> places(p.modules.size());
  auto wanted = [&](ModuleId m) {
    if (is_none(m) || p.modules[+m]->tree.tokens.docs.empty()) return false;
    return whose == DocsOf::Both || (whose == DocsOf::Std) == p.modules[+m]->is_std;
  };
  auto is_whole = [&](ModuleId m) { return !whole || (*whole)[+m]; };
  for (uint32_t i = 0; i < p.decls.size(); ++i)
    if (wanted(p.decls[i].module) && is_whole(p.decls[i].module))
      places_of_decl(p, DeclId(i), places[+p.decls[i].module]);

  DocResolver resolver(p);
  size_t comments = 0;
  for (uint32_t m = 0; m < p.modules.size(); ++m)
    if (wanted(ModuleId(m))) comments += is_whole(ModuleId(m)) ? p.modules[m]->tree.tokens.docs.size() : 1;
  docs.comments.reserve(comments);
  for (uint32_t m = 0; m < p.modules.size(); ++m) {
    if (!wanted(ModuleId(m))) continue;
    const Module& module = *p.modules[m];
    const SourceFile& file = p.sources.file(module.file);
    std::vector<Place>& own = places[m];
    if (is_whole(ModuleId(m))) places_of_impls(p, module, own);
    std::stable_sort(own.begin(), own.end(), [](const Place& a, const Place& b) { return a.token < b.token; });
    bool file_doc = false;
    for (const Tokens::Doc& doc : module.tree.tokens.docs) {
      if (!doc.of_file && !is_whole(ModuleId(m))) continue;
      DocComment& c = docs.comments.emplace_back();
      c.module = ModuleId(m);
      c.span = {file.base + doc.begin, file.base + doc.end};
      if (doc.of_file) {
        if (!file_doc) c.owner.kind = DocTarget::Decl, c.owner.decl = module.self_decl;
        file_doc = true;
      } else {
        auto it = std::lower_bound(own.begin(), own.end(), doc.next_token,
                                   [](const Place& a, uint32_t t) { return a.token < t; });
        if (it != own.end() && it->token == doc.next_token) c.owner = it->owner;
      }
      c.text = strip_doc_comment(file.text, doc.begin, doc.end, file.base);
      c.parsed = parse_doc(c.text);
      for (const DocLink& link : c.parsed.links) {
        bool other = link.inline_link && !is_name_path(link.target);
        c.links.push_back(other ? DocTarget{} : resolver.resolve(link.target, c.module, c.owner));
      }
      for (const DocTag& tag : c.parsed.tags)
        c.tags.push_back(tag.name.empty() || tag.kind == DocTagKind::Example
                             ? DocTarget{}
                             : resolver.resolve(tag.name, c.module, c.owner));
      auto row = static_cast<uint32_t>(docs.comments.size() - 1);
      if (c.owner.kind == DocTarget::Decl) docs.by_decl[+c.owner.decl] = row;
      else if (c.owner.kind != DocTarget::Nothing) docs.by_member[{+c.owner.decl, member_key(c.owner)}] = row;
    }
  }
  return docs;
}

// ---- names

DocResolver::DocResolver(Program& program) : p_(program) {}

uint32_t builtin_head(Program& p, std::string_view name) {
  NameId id = p.names.find(name);
  if (is_none(id)) return 0xffffffffu;
  TypeId type = builtin_type(p, id);
  if (is_some(type)) return type_head(p, type);
  switch (builtin_generic(p, id)) {
    case BuiltinGeneric::Array: return static_cast<uint32_t>(TypeKind::Array) << 26;
    case BuiltinGeneric::Optional: return static_cast<uint32_t>(TypeKind::Optional) << 26;
    case BuiltinGeneric::Type: return static_cast<uint32_t>(TypeKind::TypeOf) << 26;
    case BuiltinGeneric::Channel: return static_cast<uint32_t>(TypeKind::Channel) << 26;
    case BuiltinGeneric::Task: return static_cast<uint32_t>(TypeKind::Task) << 26;
    case BuiltinGeneric::Nursery: return static_cast<uint32_t>(TypeKind::Nursery) << 26;
    case BuiltinGeneric::Handle:
    case BuiltinGeneric::None: break;
  }
  return builtin_bound(p, id) ? kBlanket : 0xffffffffu;
}

DeclId DocResolver::method(uint32_t head, NameId name) const {
  for (uint32_t h : {head, kBlanket}) {
    uint32_t row = p_.index->methods.find((static_cast<uint64_t>(h) << 32) | +name);
    if (row != FlatMap::None) {
      const MethodRow& m = p_.index->method_rows[row];
      FuncId f = is_some(m.func) ? m.func : m.trait_method;
      if (is_some(f)) return p_.funcs[+f].decl;
    }
    uint32_t kind = head >> 26;
    if (kind < static_cast<uint32_t>(TypeKind::I8) || kind > static_cast<uint32_t>(TypeKind::F64))
      break;  // blanket impls are for numbers
  }
  return DeclId::None;
}

DocTarget DocResolver::member(const DocTarget& of, std::string_view text) {
  NameId name = p_.names.find(text);
  DocTarget out;
  if (is_none(name)) return out;
  auto found = [&](DocTarget::Kind kind, DeclId decl, uint32_t index = 0) {
    out.kind = kind;
    out.decl = decl;
    out.member = index;
    return out;
  };
  if (of.kind == DocTarget::Builtin) {
    DeclId m = method(builtin_head(p_, p_.names.text(of.name)), name);
    return is_some(m) ? found(DocTarget::Decl, m) : out;
  }
  if (of.kind == DocTarget::Variant) {
    const Decl& d = p_.decls[+of.decl];
    const std::vector<FieldInfo>& fields = d.kind == DeclKind::Enum
                                               ? p_.enums[d.index].variants[of.member].fields
                                               : p_.tags[+p_.errors[d.index].tags[of.member]].fields;
    for (uint32_t i = 0; i < fields.size(); ++i)
      if (fields[i].name == name) {
        found(DocTarget::Variant, of.decl, of.member);
        out.inner = i;
        return out;
      }
    return out;
  }
  if (of.kind != DocTarget::Decl) return out;
  const Decl& d = p_.decls[+of.decl];
  switch (d.kind) {
    case DeclKind::Module: {
      DeclId inner = lookup_in_module(p_, d.module, name, nullptr);
      return is_some(inner) && +inner ? found(DocTarget::Decl, inner) : out;
    }
    case DeclKind::Func: {
      const FuncInfo& f = p_.funcs[d.index];
      for (uint32_t i = 0; i < f.params.size(); ++i)
        if (f.params[i].name == name) return found(DocTarget::Param, of.decl, i);
      return out;
    }
    case DeclKind::Struct:
      for (uint32_t i = 0; i < p_.structs[d.index].fields.size(); ++i)
        if (p_.structs[d.index].fields[i].name == name) return found(DocTarget::Field, of.decl, i);
      break;
    case DeclKind::Enum:
      for (uint32_t i = 0; i < p_.enums[d.index].variants.size(); ++i)
        if (p_.enums[d.index].variants[i].name == name) return found(DocTarget::Variant, of.decl, i);
      break;
    case DeclKind::Error: {
      const ErrorInfo& e = p_.errors[d.index];
      for (uint32_t i = 0; i < e.tags.size(); ++i)
        if (p_.tags[+e.tags[i]].name == name) return found(DocTarget::Variant, of.decl, i);
      return out;
    }
    case DeclKind::Trait:
      for (FuncId f : p_.traits[d.index].methods)
        if (p_.decls[+p_.funcs[+f].decl].name == name) return found(DocTarget::Decl, p_.funcs[+f].decl);
      return out;
    case DeclKind::TypeAlias: {
      const TypeRow& row = p_.types[p_.aliases[d.index].type];
      DocTarget inner;
      inner.kind = DocTarget::Decl;
      if (row.kind == TypeKind::Struct) inner.decl = p_.structs[row.a].decl;
      else if (row.kind == TypeKind::Enum) inner.decl = p_.enums[row.a].decl;
      else return out;
      return member(inner, text);
    }
    default: return out;
  }
  TypeKind kind = d.kind == DeclKind::Struct ? TypeKind::Struct : TypeKind::Enum;
  DeclId m = method((static_cast<uint32_t>(kind) << 26) | d.index, name);
  return is_some(m) ? found(DocTarget::Decl, m) : out;
}

// `Self`, or a member of the type that the impl is for.
DocTarget DocResolver::in_impl(ImplId impl, std::string_view text) {
  const TypeRow& self = p_.types[p_.impls[+impl].self];
  DocTarget out;
  out.kind = DocTarget::Decl;
  if (self.kind == TypeKind::Struct) out.decl = p_.structs[self.a].decl;
  else if (self.kind == TypeKind::Enum) out.decl = p_.enums[self.a].decl;
  if (is_some(out.decl)) return text == "Self" ? out : member(out, text);
  out.decl = method(type_head(p_, p_.impls[+impl].self), p_.names.find(text));
  return is_some(out.decl) ? out : DocTarget{};
}

DocTarget DocResolver::first(std::string_view text, ModuleId module, const DocTarget& owner) {
  DocTarget out;
  NameId name = p_.names.find(text);
  if (is_some(name) && owner.kind != DocTarget::Nothing && is_some(owner.decl)) {
    // From the inside out: parameters, members of what is documented, members of the type around a method.
    DocTarget at = owner;
    if (owner.kind == DocTarget::Variant || owner.kind == DocTarget::Field) {
      at = {};
      at.kind = DocTarget::Decl;
      at.decl = owner.decl;
    }
    if (at.kind == DocTarget::Decl && p_.decls[+at.decl].kind != DeclKind::Module)
      if (DocTarget t = member(at, text); t.kind != DocTarget::Nothing) return t;
    const Decl& d = p_.decls[+owner.decl];
    if (d.kind == DeclKind::Func) {
      const FuncInfo& f = p_.funcs[d.index];
      if (is_some(f.trait)) {
        DocTarget around;
        around.kind = DocTarget::Decl;
        around.decl = p_.traits[+f.trait].decl;
        if (DocTarget t = member(around, text); t.kind != DocTarget::Nothing) return t;
      }
      if (is_some(f.impl) && +f.impl < p_.impls.size())
        if (DocTarget t = in_impl(f.impl, text); t.kind != DocTarget::Nothing) return t;
    }
  }
  if (is_some(name) && owner.kind == DocTarget::Impl)
    if (DocTarget t = in_impl(ImplId(owner.member), text); t.kind != DocTarget::Nothing) return t;
  if (is_some(name)) {
    DeclId found = lookup_name(p_, module, name);
    if (is_some(found) && +found != 0) {
      out.kind = DocTarget::Decl;
      out.decl = found;
      return out;
    }
  }
  if (builtin_head(p_, text) != 0xffffffffu) {
    out.kind = DocTarget::Builtin;
    out.name = name;
    TypeId type = builtin_type(p_, name);
    if (is_some(type)) out.builtin = type;
  }
  return out;
}

DocTarget DocResolver::resolve(std::string_view path, ModuleId module, const DocTarget& owner) {
  if (!is_name_path(path)) return {};
  size_t dot = path.find('.');
  DocTarget at = first(path.substr(0, dot), module, owner);
  std::string_view rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  DocTarget walked = at;
  while (walked.kind != DocTarget::Nothing && !rest.empty()) {
    dot = rest.find('.');
    walked = member(walked, rest.substr(0, dot));
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  if (walked.kind != DocTarget::Nothing) return walked;
  // A module by its path, or something in it: the longest path that is a module.
  for (size_t end = path.size(); end != std::string_view::npos;
       end = end == 0 ? std::string_view::npos : path.rfind('.', end - 1)) {
    std::string_view head = path.substr(0, end);
    NameId name = p_.names.find(head);
    uint32_t found = is_none(name) ? FlatMap::None : p_.index->modules_by_path.find(+name);
    if (found == FlatMap::None) continue;
    DocTarget t;
    t.kind = DocTarget::Decl;
    t.decl = p_.modules[found]->self_decl;
    rest = end == path.size() ? std::string_view() : path.substr(end + 1);
    while (t.kind != DocTarget::Nothing && !rest.empty()) {
      dot = rest.find('.');
      t = member(t, rest.substr(0, dot));
      rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    if (t.kind != DocTarget::Nothing) return t;
  }
  // A method of the standard library's Map, Set and Range without an import; a package's own types by their bare name
  // are not guessed.
  return {};
}

}   // namespace janus
