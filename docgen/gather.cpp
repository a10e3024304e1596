// gather.cpp: from a checked program and its doc comments to the model: modules, what they declare, and what joins it.
// Depends on gatherer.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/gatherer.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"

namespace janus::docgen {

const char* kind_word(ItemKind kind) {
  constexpr const char* kWords[] = {"module",     "type",  "struct", "enum",   "error", "trait",   "capability",
                                    "type alias", "const", "func",   "method", "field", "variant", "impl"};
  return kWords[static_cast<int>(kind)];
}

Model Gatherer::run() {
  model_.name = options_.name;
  model_.version = options_.version;
  model_.janus_version = options_.janus_version;
  model_.items.reserve(p_.decls.size() + p_.decls.size() / 4 + 64);   // items are large: moving them costs
  model_.pictures = options_.pictures.files;
  for (const Pictures::Use& use : options_.pictures.uses) picture_of_[{use.file, use.target}] = use.picture;
  choose_modules();
  for (ModuleId m : modules_) declare_module(m);
  for (ModuleId m : modules_)
    for (ImplId impl : p_.modules[+m]->impls) declare_impl(impl);
  for (ModuleId m : modules_) hand_on(m);
  for (auto [id, module] : member_codes_)
    if (is_whole(module)) item(id).signature = link_code(std::move(item(id).signature.text), module);
  for (uint32_t i = 0; i < p_.decls.size(); ++i)
    if (item_of_decl_[i] != kNone && is_whole(p_.decls[i].module)) describe(DeclId(i), item_of_decl_[i]);
  // The comment of a file is read of every module: the first page shows it.
  for (ModuleId m : modules_)
    if (DeclId self = p_.modules[+m]->self_decl; !is_whole(m))
      if (const DocComment* doc = docs_.of(self)) pending_docs_.push_back({item_of_decl_[+self], doc});
  traits_and_types();
  add_guides();
  for (ItemId i = 0; i < model_.items.size(); ++i) finish(i);
  unique_names();
  identities();
  if (options_.source_links) links_of_sources();
  return std::move(model_);
}

std::string Gatherer::below_root(const std::string& path) const {
  return path.starts_with(options_.root) ? path.substr(options_.root.size()) : path;
}

// Examples are modules of their own, and so are impls that the compiler derives: no file is theirs.
bool Gatherer::is_written(const Module& m) const {
  return m.doctest == kNone && !p_.sources.file(m.file).path.starts_with("<derived ");
}

void Gatherer::choose_modules() {
  for (uint32_t m = 0; m < p_.modules.size(); ++m)
    if ((options_.std_too || !p_.modules[m]->is_std) && is_written(*p_.modules[m])) modules_.push_back(ModuleId(m));
  std::sort(modules_.begin(), modules_.end(), [&](ModuleId a, ModuleId b) {
    return p_.names.text(p_.modules[+a]->path) < p_.names.text(p_.modules[+b]->path);
  });
}

ItemId Gatherer::add_item(ItemKind kind, ItemId parent, std::string name, DeclId decl) {
  auto id = static_cast<ItemId>(model_.items.size());
  Item& i = model_.items.emplace_back();
  i.kind = kind;
  i.parent = parent;
  i.name = std::move(name);
  if (parent != kNone) {
    i.module = item(parent).kind == ItemKind::Module ? parent : item(parent).module;
    i.profile = i.module == kNone ? "" : item(i.module).profile;
    item(parent).children.push_back(id);
  }
  if (is_some(decl)) item_of_decl_[+decl] = id;
  return id;
}

void Gatherer::place(ItemId id, ModuleId module, NodeId node) {
  const Module& m = *p_.modules[+module];
  Item& i = item(id);
  i.file = file_of_module_[+module];
  if (!is_whole(module)) return;
  Span span = m.tree.span(node);
  LineCol lo = p_.sources.line_col(m.tree.caret(node).lo);
  i.line = lo.line;
  i.col = lo.col;
  i.line_end = p_.sources.line_col(span.hi).line;
}

void Gatherer::declare_module(ModuleId id) {
  const Module& m = *p_.modules[+id];
  ItemId module = add_item(ItemKind::Module, kNone, text(m.path), m.self_decl);
  item(module).module = module;
  item(module).profile = profile_name(m.profile);
  item(module).path = item(module).name;
  file_of_module_[+id] = static_cast<uint32_t>(model_.files.size());
  const SourceFile& source = p_.sources.file(m.file);
  File& file = model_.files.emplace_back();
  file.path = below_root(source.path);
  file.text = source.text;
  file.module = module;
  item(module).file = static_cast<uint32_t>(model_.files.size() - 1);
  item(module).line = 1;
  model_.modules.push_back(module);
  bool any_pub = options_.private_too;
  for (DeclId d : m.decls) any_pub |= p_.decls[+d].is_pub && p_.decls[+d].kind != DeclKind::Test;
  for (DeclId d : m.decls) declare(d, module, !any_pub);
}

// A file without anything `pub` is a program: all of it is shown.
void Gatherer::declare(DeclId id, ItemId module, bool all) {
  const Decl& d = p_.decls[+id];
  ItemKind kind;
  switch (d.kind) {
    case DeclKind::Func: kind = ItemKind::Func; break;
    case DeclKind::Struct: kind = ItemKind::Struct; break;
    case DeclKind::Enum: kind = ItemKind::Enum; break;
    case DeclKind::Error: kind = ItemKind::Error; break;
    case DeclKind::Trait: kind = ItemKind::Trait; break;
    case DeclKind::Const: kind = ItemKind::Const; break;
    case DeclKind::TypeAlias: kind = ItemKind::TypeAlias; break;
    case DeclKind::Capability: kind = ItemKind::Capability; break;
    default: return;
  }
  if (!wanted(d, all)) return;
  if (d.kind == DeclKind::Func && p_.funcs[d.index].origin == FuncOrigin::Intrinsic) return;
  ItemId i = add_item(kind, module, text(d.name), id);
  item(i).is_pub = d.is_pub;
  place(i, d.module, d.node);
  if (d.kind == DeclKind::Struct) {
    uint32_t index = 0;
    for (const FieldInfo& f : p_.structs[d.index].fields) {
      ++index;
      if (!f.is_pub && !options_.private_too) continue;
      ItemId field = add_item(ItemKind::Field, i, text(f.name), DeclId::None);
      item(field).is_pub = f.is_pub;
      describe_member(field, id, DocTarget::Field, index - 1, f.span);
      member_code(field, text(f.name) + ": " + p_.type_name(f.type) + default_of(d.module, f.default_value), d.module);
    }
  } else if (d.kind == DeclKind::Enum) {
    uint32_t index = 0;
    for (const VariantInfo& v : p_.enums[d.index].variants)
      declare_variant(i, id, index++, v.name, v.fields, v.named_fields, v.span);
  } else if (d.kind == DeclKind::Error) {
    uint32_t index = 0;
    for (TagId tag : p_.errors[d.index].tags) {
      const TagInfo& t = p_.tags[+tag];
      bool named = !t.fields.empty() && is_some(t.fields[0].name) && !p_.names.text(t.fields[0].name).empty() &&
                   !(p_.names.text(t.fields[0].name)[0] >= '0' && p_.names.text(t.fields[0].name)[0] <= '9');
      Span span = t.fields.empty() ? Span{} : t.fields[0].span;
      ItemId variant = declare_variant(i, id, index++, t.name, t.fields, named, span);
      variant_of_tag_[+tag] = variant;
    }
  } else if (d.kind == DeclKind::Trait) {
    for (FuncId f : p_.traits[d.index].methods) {
      DeclId method = p_.funcs[+f].decl;
      ItemId m = add_item(ItemKind::Method, i, text(p_.decls[+method].name), method);
      place(m, d.module, p_.decls[+method].node);
      item(m).of_trait = p_.funcs[+f].has_body ? "provided" : "required";
    }
  }
}

// `pub import`: names of other modules that this one offers as its own.
void Gatherer::hand_on(ModuleId id) {
  const Module& m = *p_.modules[+id];
  std::vector<std::pair<uint32_t, ItemId>> found;
  m.names.each([&](const NameTable::Entry& e) {
    constexpr uint8_t kHandedOn = NameTable::kImported | NameTable::kPublic;
    if ((e.flags & kHandedOn) != kHandedOn || is_none(e.decl) || item_of_decl_[+e.decl] == kNone) return;
    found.push_back({e.span.lo, item_of_decl_[+e.decl]});
  });
  std::sort(found.begin(), found.end());
  ItemId module = item_of_decl_[+m.self_decl];
  for (auto [place, i] : found) {
    item(module).exports.push_back(i);
    ItemId& home = item(i).home;   // modules come in the order of their paths: of equal lengths the first
    if (item(i).kind != ItemKind::Module && (home == kNone || item(module).name.size() < item(home).name.size()))
      home = module;
  }
}

ItemId Gatherer::declare_variant(ItemId parent, DeclId decl, uint32_t index, NameId name,
                                 const std::vector<FieldInfo>& fields, bool named, Span span) {
  ItemId v = add_item(ItemKind::Variant, parent, text(name), DeclId::None);
  std::string signature = text(name);
  if (!fields.empty()) {
    signature += named ? " { " : "(";
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i) signature += ", ";
      if (named) signature += text(fields[i].name) + ": ";
      signature += p_.type_name(fields[i].type);
      if (named) signature += default_of(p_.decls[+decl].module, fields[i].default_value);
    }
    signature += named ? " }" : ")";
  }
  describe_member(v, decl, DocTarget::Variant, index, span);
  for (uint32_t i = 0; named && i < fields.size(); ++i) {
    DocTarget field;
    field.kind = DocTarget::Variant;
    field.decl = decl;
    field.member = index;
    field.inner = i;
    if (const DocComment* doc = docs_.of_member(field)) pending_fields_.push_back({v, text(fields[i].name), doc});
  }
  member_code(v, std::move(signature), p_.decls[+decl].module);
  return v;
}

// Its links wait until every type has its item.
void Gatherer::member_code(ItemId id, std::string signature, ModuleId module) {
  item(id).signature.text = std::move(signature);
  member_codes_.push_back({id, module});
}

void Gatherer::describe_member(ItemId id, DeclId decl, DocTarget::Kind kind, uint32_t index, Span span) {
  DocTarget t;
  t.kind = kind;
  t.decl = decl;
  t.member = index;
  item(id).file = file_of_module_[+p_.decls[+decl].module];
  item(id).line = p_.sources.line_col(span.is_none() ? p_.decls[+decl].name_span.lo : span.lo).line;
  if (const DocComment* doc = docs_.of_member(t)) pending_docs_.push_back({id, doc});
}

std::string Gatherer::default_of(ModuleId module, NodeId node) const {
  if (is_none(node)) return "";
  return " = " + std::string(p_.sources.text(p_.tree_of(module).span(node)));
}

void Gatherer::finish(ItemId id) {
  if (id == 0)
    for (auto& [at, doc] : pending_docs_) {
      item(at).doc = doc_of(*doc);
      item(at).has_doc = !doc->parsed.summary.empty() || !doc->parsed.body.empty() || !doc->parsed.tags.empty();
    }
  if (id == 0) describe_fields_of_variants();
  if (id == 0) inherit();
  Item& i = item(id);
  badges(i);
  if (i.path.empty()) {
    std::string base = i.parent == kNone ? "" : item(i.parent).path + ".";
    i.path = base + i.name;
  }
}

void Gatherer::badges(Item& item) {
  for (const Tag& t : item.doc.tags) {
    if (t.kind == "since") item.since = t.text;
    if (t.kind == "deprecated") item.deprecated = t.text, item.is_deprecated = true;
  }
}

// They are no items of their own: what is said of them stands with their variant.
void Gatherer::describe_fields_of_variants() {
  for (const PendingField& field : pending_fields_) {
    Doc doc = doc_of(*field.doc), &whole = item(field.variant).doc;
    std::string said = doc.summary + (doc.body.empty() ? "" : " " + doc.body);
    whole.tags.push_back({"field", field.name, std::move(said), kNone, doc.line});
    whole.links.insert(whole.links.end(), doc.links.begin(), doc.links.end());
    sort_links(whole.links);
    item(field.variant).has_doc = true;
  }
}

// A method of an impl without a comment has that of the trait's declaration.
void Gatherer::inherit() {
  for (Item& i : model_.items) {
    if (i.kind != ItemKind::Method || i.has_doc || i.trait_item == kNone) continue;
    for (ItemId m : item(i.trait_item).children) {
      if (item(m).name != i.name || !item(m).has_doc) continue;
      i.doc = item(m).doc;
      i.doc.inherited = true;
      i.has_doc = true;
    }
  }
}

// Anchors are unique on their page, paths in the model: a second one of a name has a number.
void Gatherer::unique_names() {
  // The keys are the items' own strings: those of the first of a name, which nobody changes.
  llvm::DenseMap<std::pair<ItemId, llvm::StringRef>, int> anchors(static_cast<unsigned>(model_.items.size()));
  llvm::DenseMap<llvm::StringRef, int> paths(static_cast<unsigned>(model_.items.size()));
  for (Item& i : model_.items) {
    i.anchor = i.name;
    if (i.kind == ItemKind::Field) i.anchor = "field." + i.name;
    if (i.kind == ItemKind::Variant) i.anchor = "variant." + i.name;
    if (i.kind == ItemKind::Method && i.trait_item != kNone && !i.impl_head.empty())
      i.anchor = "impl." + i.of_trait + "." + i.name;
    if (int n = ++anchors[{i.parent, i.anchor}]; n > 1) i.anchor += "-" + std::to_string(n);
    if (int n = ++paths[i.path]; n > 1) i.path += "#" + std::to_string(n);
  }
}

// Content ids, and names of earlier days: anchors that outlive a renaming. Two things that mean the same have the
// same id; then neither has an anchor of it.
void Gatherer::identities() {
  std::vector<uint64_t> keys;
  if (options_.cid)
    for (uint32_t d = 0; d < p_.decls.size(); ++d)
      if (ItemId i = item_of_decl_[d]; i != kNone && item(i).kind != ItemKind::Module)
        keys.push_back(options_.cid_key(DeclId(d)));
  std::sort(keys.begin(), keys.end());
  if (options_.cid)
    for (uint32_t d = 0; d < p_.decls.size(); ++d) {
      ItemId i = item_of_decl_[d];
      if (i == kNone || item(i).kind == ItemKind::Module || !is_whole(p_.decls[d].module)) continue;
      auto [from, to] = std::equal_range(keys.begin(), keys.end(), options_.cid_key(DeclId(d)));
      item(i).cid = options_.cid(DeclId(d));
      item(i).shares_cid = !item(i).cid.empty() && to - from > 1;
    }
  std::unordered_map<std::string, std::vector<const GatherOptions::ExampleResult*>> examples;
  for (const auto& e : options_.examples) examples[e.path].push_back(&e);
  for (std::vector<Item>* items : {&model_.items, &model_.impls})
    for (Item& i : *items) {
      auto found = examples.empty() ? examples.end() : examples.find(i.path);
      if (found == examples.end()) continue;
      for (const auto* e : found->second) i.examples.push_back({e->ordinal, e->result});
    }
  for (Guide& guide : model_.guides)
    if (auto found = examples.find(guide.path); found != examples.end())
      for (const auto* e : found->second) guide.examples.push_back({e->ordinal, e->result});
  if (options_.renamed.empty()) return;
  std::map<std::string, std::vector<ItemId>> by_path;
  std::map<std::pair<std::string, std::string>, int> anchors;
  for (ItemId id = 0; id < model_.items.size(); ++id) {
    Item& i = item(id);
    by_path[i.path].push_back(id);
    anchors[{i.parent == kNone ? "" : item(i.parent).path, i.anchor}] = 1;
  }
  for (const auto& [old_path, now] : options_.renamed) {
    auto found = by_path.find(now);
    if (found == by_path.end()) continue;
    for (ItemId id : found->second) {
      Item& i = item(id);
      std::string name = old_path.substr(old_path.rfind('.') == std::string::npos ? 0 : old_path.rfind('.') + 1);
      std::pair<std::string, std::string> key{i.parent == kNone ? "" : item(i.parent).path, name};
      if (!name.empty() && anchors.insert({key, 1}).second) i.old_names.push_back(name);
    }
  }
}

void Gatherer::links_of_sources() {
  std::vector<std::vector<const Body*>> bodies(p_.modules.size());
  std::vector<ModuleId> module_of_body(p_.bodies.size(), ModuleId::None);
  for (const auto& body : p_.bodies) {
    if (!body || body->nodes.empty()) continue;
    Span span = body->nodes[is_some(body->root) ? +body->root : 0].span;
    if (span.is_none() && is_some(body->func)) span = p_.decls[+p_.funcs[+body->func].decl].name_span;
    if (span.is_none()) continue;
    FileId file = p_.sources.find(span.lo);
    if (module_of_file_.empty()) {
      module_of_file_.assign(p_.sources.size(), ModuleId::None);
      for (uint32_t m = 0; m < p_.modules.size(); ++m) module_of_file_[+p_.modules[m]->file] = ModuleId(m);
    }
    if (is_some(file) && is_some(module_of_file_[+file])) bodies[+module_of_file_[+file]].push_back(body.get());
  }
  for (ModuleId m : modules_)
    if (options_.linked.empty() || options_.linked[+m])
      link_names(p_, m, item_of_decl_, builtins_, bodies, model_.files[file_of_module_[+m]].links);
}

Model gather(Program& program, const Docs& docs, const std::vector<GuideText>& guides, const GatherOptions& options) {
  return Gatherer(program, docs, guides, options).run();
}

}   // namespace janus::docgen
