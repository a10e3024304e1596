// gather_impls.cpp: methods go to the page of their type, traits and types learn of each other.
// Depends on gatherer.h, builtin_text.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/gatherer.h"

#include "docgen/builtin_text.h"

namespace janus::docgen {

// The item of a type's own page, or of what this package adds to a type that is not its own.
ItemId Gatherer::item_of_type(TypeId type, ImplId impl) {
  const TypeRow& row = p_.types[type];
  DeclId decl = DeclId::None;
  std::string name;
  switch (row.kind) {
    case TypeKind::Struct: decl = p_.structs[row.a].decl; break;
    case TypeKind::Enum: decl = p_.enums[row.a].decl; break;
    case TypeKind::Capability: decl = DeclId(row.a); break;
    case TypeKind::Array: name = "Array"; break;
    case TypeKind::Optional: name = "Optional"; break;
    case TypeKind::Channel: name = "Channel"; break;
    case TypeKind::Task: name = "Task"; break;
    case TypeKind::Fixed: name = "[N]T"; break;
    case TypeKind::Tuple: name = "tuple"; break;
    case TypeKind::Func: name = "func"; break;
    case TypeKind::ErrorVal: {
      const ErrorSet& set = p_.error_sets[row.a];
      if (!set.tags.empty() && is_some(p_.tags[+set.tags[0]].error))
        decl = p_.errors[+p_.tags[+set.tags[0]].error].decl;
      break;
    }
    case TypeKind::Param: {
      const ImplInfo& info = p_.impls[+impl];
      uint32_t bits = 0;
      for (TypeParamId param : info.type_params)
        if (+param == row.a) bits = p_.type_params[+param].builtin_bounds;
      name = bits & kInteger ? "Integer" : bits & kFloat ? "Float" : bits & kNumber ? "Number" : "every type";
      break;
    }
    default: name = p_.type_name(type); break;
  }
  if (is_some(decl)) {
    if (item_of_decl_[+decl] != kNone) return item_of_decl_[+decl];
    const Decl& d = p_.decls[+decl];
    if (p_.modules[+d.module]->is_std == options_.std_too) return kNone;  // private to its module
    name = text(d.name);
  }
  if (name.empty()) return kNone;
  auto [it, fresh] = builtins_.try_emplace(name, kNone);
  if (fresh) {
    it->second = add_item(ItemKind::Builtin, kNone, name, DeclId::None);
    Item& i = item(it->second);
    i.path = name;
    if (const BuiltinText* known = options_.std_too ? builtin_text(name) : nullptr) {
      i.signature.text = known->written;
      i.doc.summary = known->summary;
      i.doc.body = known->body;
      i.has_doc = true;
    }
  }
  return it->second;
}

std::string Gatherer::impl_head(const ImplInfo& impl) {
  std::string out = "impl";
  auto params = [&](const std::vector<TypeParamId>& list) {
    std::string text;
    for (TypeParamId t : list) text += (text.empty() ? "" : ", ") + this->text(p_.type_params[+t].name);
    return text;
  };
  if (!impl.type_params.empty()) out += "[" + params(impl.type_params) + "]";
  if (is_some(impl.trait)) out += " " + text(p_.decls[+p_.traits[+impl.trait].decl].name) + " for";
  out += " " + p_.type_name(impl.self);
  return out + where_text(impl.type_params, 0);
}

std::string Gatherer::where_text(const std::vector<TypeParamId>& params, size_t from) {
  std::string out;
  for (size_t i = from; i < params.size(); ++i) {
    const TypeParamInfo& t = p_.type_params[+params[i]];
    std::string bounds;
    auto add = [&](std::string_view name) { bounds += (bounds.empty() ? "" : " + ") + std::string(name); };
    for (TraitId b : t.bounds) add(p_.names.text(p_.decls[+p_.traits[+b].decl].name));
    for (TraitId b : t.inferred)
      if (std::find(t.bounds.begin(), t.bounds.end(), b) == t.bounds.end())
        add(p_.names.text(p_.decls[+p_.traits[+b].decl].name));
    uint32_t bits = t.builtin_bounds;
    for (uint32_t bit : {kInteger, kFloat, kNumber, kOrdered, kHashable, kEqual}) {
      if (!(bits & bit)) continue;
      // What another bound brings along is not said again.
      bool implied = false;
      for (uint32_t other : {kInteger, kFloat, kNumber, kOrdered, kHashable})
        implied |= other != bit && (bits & other) && (builtin_bound_closure(other) & bit);
      if (!implied) add(builtin_bound_name(bit));
    }
    if (!bounds.empty()) out += (out.empty() ? " where " : ", ") + text(t.name) + ": " + bounds;
  }
  return out;
}

void Gatherer::declare_impl(ImplId id) {
  const ImplInfo& impl = p_.impls[+id];
  ItemId type = item_of_type(impl.self, id);
  DeclId trait = is_some(impl.trait) ? p_.traits[+impl.trait].decl : DeclId::None;
  if (type == kNone && (is_none(trait) || item_of_decl_[+trait] == kNone)) return;
  std::string head = impl_head(impl);
  uint32_t file = file_of_module_[+impl.module];
  uint32_t line = p_.sources.line_col(impl.span.lo).line;
  impls_.push_back({id, type, is_some(trait) ? item_of_decl_[+trait] : kNone, file, line});
  if (type == kNone) return;
  for (FuncId f : impl.methods) {
    if (is_none(f)) continue;
    const Decl& d = p_.decls[+p_.funcs[+f].decl];
    if (p_.funcs[+f].impl != id) continue;
    if (is_none(impl.trait) && !wanted(d, item(type).kind != ItemKind::Builtin && !item(type).is_pub)) continue;
    if (p_.funcs[+f].origin == FuncOrigin::Intrinsic) continue;
    ItemId m = add_item(ItemKind::Method, type, text(d.name), p_.funcs[+f].decl);
    Item& i = item(m);
    i.is_pub = d.is_pub || is_some(impl.trait);
    i.module = item_of_decl_[+p_.modules[+impl.module]->self_decl];
    i.profile = profile_name(p_.modules[+impl.module]->profile);
    i.impl_head = head;
    if (is_some(trait)) {
      i.of_trait = text(p_.decls[+trait].name);
      i.trait_item = item_of_decl_[+trait];
    }
    place(m, impl.module, d.node);
  }
}

void Gatherer::traits_and_types() {
  for (const ShownImpl& row : impls_) {
    const ImplInfo& impl = p_.impls[+row.impl];
    uint32_t said = describe_impl(row.impl, row.file, row.line);
    auto add = [&](std::vector<Implementor>& list, std::string code, ItemId other) {
      list.push_back({link_code(std::move(code), impl.module), other, row.file, row.line, said});
    };
    if (row.trait != kNone)
      add(item(row.trait).implementors, p_.type_name(impl.self) + where_text(impl.type_params, 0), row.type);
    if (row.type == kNone) continue;
    if (is_none(impl.trait)) add(item(row.type).own_impls, said == kNone ? "" : impl_head(impl), kNone);
    else
      add(item(row.type).implements,
          text(p_.decls[+p_.traits[+impl.trait].decl].name) + where_text(impl.type_params, 0), row.trait);
  }
}

// The row of Model::impls for what is said of the block as a whole; kNone: nothing is.
uint32_t Gatherer::describe_impl(ImplId id, uint32_t file, uint32_t line) {
  const DocComment* doc = docs_.of_impl(id);
  if (!doc) return kNone;
  Item& i = model_.impls.emplace_back();
  i.kind = ItemKind::Impl;
  i.module = item_of_decl_[+p_.modules[+p_.impls[+id].module]->self_decl];
  i.name = p_.impl_name(id);
  i.path = item(i.module).path + "." + i.name;
  i.file = file;
  i.line = line;
  i.doc = doc_of(*doc);
  i.has_doc = true;
  badges(i);
  return static_cast<uint32_t>(model_.impls.size() - 1);
}

}  // namespace janus::docgen
