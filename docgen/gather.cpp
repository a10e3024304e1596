// gather.cpp: from a checked program and its doc comments to the model's rows.
// Depends on gather.h, frontend/program_index.h (heads of types), frontend/resolve.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/gather.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "docgen/builtin_text.h"
#include "docgen/canonical_json.h"
#include "frontend/effects.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus::docgen {

const char* kind_word(ItemKind kind) {
  constexpr const char* kWords[] = {"module",     "type",  "struct", "enum",   "error", "trait",  "capability",
                                    "type alias", "const", "func",   "method", "field", "variant"};
  return kWords[static_cast<int>(kind)];
}

namespace {

constexpr size_t kMaxLine = 78;  // of a signature; a longer one is broken at its parameters

class Gatherer {
 public:
  Gatherer(Program& p, const Docs& docs, const std::vector<GuideText>& guides, const GatherOptions& options)
      : p_(p),
        docs_(docs),
        guide_texts_(guides),
        options_(options),
        item_of_decl_(p.decls.size(), kNone),
        file_of_module_(p.modules.size(), kNone),
        resolver_(p) {}

  Model run() {
    model_.name = options_.name;
    model_.version = options_.version;
    model_.janus_version = options_.janus_version;
    model_.items.reserve(p_.decls.size() + p_.decls.size() / 4 + 64);   // items are large: moving them costs
    choose_modules();
    for (ModuleId m : modules_) declare_module(m);
    for (ModuleId m : modules_)
      for (ImplId impl : p_.modules[+m]->impls) declare_impl(impl);
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

 private:
  std::string text(NameId name) const { return std::string(p_.names.text(name)); }
  Item& item(ItemId id) { return model_.items[id]; }

  bool is_whole(ModuleId m) const { return options_.whole.empty() || options_.whole[+m]; }

  std::string below_root(const std::string& path) const {
    return path.starts_with(options_.root) ? path.substr(options_.root.size()) : path;
  }

  // ---- modules

  // Examples are modules of their own, and so are impls that the compiler derives: no file is theirs.
  bool is_written(const Module& m) const {
    return m.doctest == kNone && !p_.sources.file(m.file).path.starts_with("<derived ");
  }

  void choose_modules() {
    for (uint32_t m = 0; m < p_.modules.size(); ++m)
      if ((options_.std_too || !p_.modules[m]->is_std) && is_written(*p_.modules[m])) modules_.push_back(ModuleId(m));
    std::sort(modules_.begin(), modules_.end(), [&](ModuleId a, ModuleId b) {
      return p_.names.text(p_.modules[+a]->path) < p_.names.text(p_.modules[+b]->path);
    });
  }

  ItemId add_item(ItemKind kind, ItemId parent, std::string name, DeclId decl) {
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
  void place(ItemId id, ModuleId module, NodeId node) {
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

  void declare_module(ModuleId id) {
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

  bool wanted(const Decl& d, bool all) const { return d.is_pub || all || options_.private_too; }

  // A file without anything `pub` is a program: all of it is shown.
  void declare(DeclId id, ItemId module, bool all) {
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
        member_code(field, text(f.name) + ": " + p_.type_name(f.type) + default_of(d.module, f.default_value),
                    d.module);
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

  ItemId declare_variant(ItemId parent, DeclId decl, uint32_t index, NameId name, const std::vector<FieldInfo>& fields,
                         bool named, Span span) {
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
    member_code(v, std::move(signature), p_.decls[+decl].module);
    return v;
  }

  // Its links wait until every type has its item.
  void member_code(ItemId id, std::string signature, ModuleId module) {
    item(id).signature.text = std::move(signature);
    member_codes_.push_back({id, module});
  }

  void describe_member(ItemId id, DeclId decl, DocTarget::Kind kind, uint32_t index, Span span) {
    DocTarget t;
    t.kind = kind;
    t.decl = decl;
    t.member = index;
    item(id).file = file_of_module_[+p_.decls[+decl].module];
    item(id).line = p_.sources.line_col(span.is_none() ? p_.decls[+decl].name_span.lo : span.lo).line;
    if (const DocComment* doc = docs_.of_member(t)) pending_docs_.push_back({id, doc});
  }

  std::string default_of(ModuleId module, NodeId node) const {
    if (is_none(node)) return "";
    return " = " + std::string(p_.sources.text(p_.tree_of(module).span(node)));
  }

  // ---- impls

  // The item of a type's own page, or of what this package adds to a type that is not its own.
  ItemId item_of_type(TypeId type, ImplId impl) {
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

  std::string impl_head(const ImplInfo& impl) {
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

  std::string where_text(const std::vector<TypeParamId>& params, size_t from) {
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

  void declare_impl(ImplId id) {
    const ImplInfo& impl = p_.impls[+id];
    ItemId type = item_of_type(impl.self, id);
    DeclId trait = is_some(impl.trait) ? p_.traits[+impl.trait].decl : DeclId::None;
    if (type == kNone && (is_none(trait) || item_of_decl_[+trait] == kNone)) return;
    std::string head = impl_head(impl);
    uint32_t file = file_of_module_[+impl.module];
    uint32_t line = p_.sources.line_col(impl.span.lo).line;
    if (is_some(trait)) { impls_of_traits_.push_back({id, type, item_of_decl_[+trait], file, line}); }
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

  void traits_and_types() {
    for (const auto& row : impls_of_traits_) {
      const ImplInfo& impl = p_.impls[+row.impl];
      if (row.trait != kNone) {
        Implementor who{link_code(p_.type_name(impl.self) + where_text(impl.type_params, 0), impl.module), row.type,
                        row.file, row.line};
        item(row.trait).implementors.push_back(std::move(who));
      }
      if (row.type != kNone) {
        const Decl& d = p_.decls[+p_.traits[+impl.trait].decl];
        Implementor what{link_code(text(d.name) + where_text(impl.type_params, 0), impl.module), row.trait, row.file,
                         row.line};
        item(row.type).implements.push_back(std::move(what));
      }
    }
  }

  // ---- declarations

  void describe(DeclId id, ItemId at) {
    const Decl& d = p_.decls[+id];
    if (const DocComment* doc = docs_.of(id)) pending_docs_.push_back({at, doc});
    switch (d.kind) {
      case DeclKind::Func: describe_func(FuncId(d.index), at); break;
      case DeclKind::Struct: {
        const StructInfo& s = p_.structs[d.index];
        std::string body;
        bool hidden = false;
        for (ItemId child : item(at).children)
          if (item(child).kind == ItemKind::Field) body += "    " + item(child).signature.text + ",\n";
        for (const FieldInfo& f : s.fields) hidden |= !f.is_pub && !options_.private_too;
        if (hidden) body += "    // and private fields\n";
        code(at,
             "struct " + text(d.name) + type_param_text(s.type_params) + (body.empty() ? " {}" : " {\n" + body + "}"),
             d.module);
        break;
      }
      case DeclKind::Enum:
      case DeclKind::Error: {
        std::string body;
        for (ItemId child : item(at).children)
          if (item(child).kind == ItemKind::Variant) body += "    " + item(child).signature.text + ",\n";
        std::string params = d.kind == DeclKind::Enum ? type_param_text(p_.enums[d.index].type_params) : "";
        code(at, (d.kind == DeclKind::Enum ? "enum " : "error ") + text(d.name) + params + " {\n" + body + "}",
             d.module);
        break;
      }
      case DeclKind::Trait: {
        std::string body;
        for (FuncId f : p_.traits[d.index].methods) body += "    " + p_.signature(f) + "\n";
        code(at, "trait " + text(d.name) + " do\n" + body + "end", d.module);
        break;
      }
      case DeclKind::Const: {
        const Tree& tree = p_.tree_of(d.module);
        NodeId value = tree.record_node(tree[d.node].b, 1);
        std::string shown = is_none(value) ? "" : std::string(p_.sources.text(tree.span(value)));
        if (shown.size() > 200) shown = shown.substr(0, shown.find('\n', 0) < 80 ? shown.find('\n') : 80) + " …";
        code(at, "const " + text(d.name) + ": " + p_.type_name(p_.consts[d.index].type) + " = " + shown, d.module);
        break;
      }
      case DeclKind::TypeAlias: {
        const AliasInfo& a = p_.aliases[d.index];
        const Tree& tree = p_.tree_of(d.module);
        NodeId type = tree.record_node(tree[d.node].b, 1);
        code(at,
             "type " + text(d.name) + type_param_text(a.type_params) + " = " +
                 std::string(p_.sources.text(tree.span(type))),
             d.module);
        break;
      }
      case DeclKind::Capability: code(at, "capability " + text(d.name), d.module); break;
      default: break;
    }
  }

  std::string type_param_text(const std::vector<TypeParamId>& params) {
    std::string out;
    for (TypeParamId t : params) out += (out.empty() ? "[" : ", ") + text(p_.type_params[+t].name);
    return out.empty() ? out : out + "]";
  }

  void describe_func(FuncId id, ItemId at) {
    const FuncInfo& f = p_.funcs[+id];
    const Decl& d = p_.decls[+f.decl];
    const Tree& tree = p_.tree_of(d.module);
    std::string head;
    if (f.origin == FuncOrigin::ExternC) head = f.is_blocking ? "extern \"C\" blocking " : "extern \"C\" ";
    bool is_async = tree[d.node].flags & kAsync;
    if (is_async) head += "async ";
    head += "func " + text(d.name);
    std::string own;
    for (size_t i = f.own_params_from; i < f.type_params.size(); ++i)
      own += (own.empty() ? "[" : ", ") + text(p_.type_params[+f.type_params[i]].name);
    if (!own.empty()) head += own + "]";
    std::vector<std::string> params;
    for (size_t i = 0; i < f.params.size(); ++i) {
      const ParamInfo& param = f.params[i];
      std::string one = param.is_mut ? "mut " : "";
      one += text(param.name);
      if (i > 0 || f.self == SelfKind::None) {
        Param row{text(param.name), p_.type_name(param.type), default_of(d.module, param.default_value),
                  schema_of(param.type, 0), param.is_mut};
        one += ": " + row.type + row.default_text;
        if (!row.default_text.empty()) row.default_text.erase(0, 3);
        item(at).params.push_back(std::move(row));
      }
      params.push_back(std::move(one));
    }
    std::string tail;
    if (f.fallible) {
      bool open = is_none(f.errors) || p_.error_sets[+f.errors].inferred;
      tail = " -> " + (open ? std::string() : p_.set_name(f.errors)) + "!" + p_.type_name(f.result);
    } else if (f.result != Types::Void) {
      tail = " -> " + p_.type_name(f.result);
    }
    item(at).result = f.result == Types::Void ? "" : p_.type_name(f.result);
    item(at).result_schema = schema_of(f.result, 0);
    item(at).fallible = f.fallible;
    std::string where = where_text(f.type_params, f.own_params_from);
    std::string line = head + "(";
    for (size_t i = 0; i < params.size(); ++i) line += (i ? ", " : "") + params[i];
    line += ")" + tail;
    if (line.size() > kMaxLine && params.size() > 1) {
      line = head + "(\n";
      for (const std::string& one : params) line += "    " + one + ",\n";
      line += ")" + tail;
    }
    if (!where.empty())
      line += line.size() - (line.rfind('\n') == std::string::npos ? 0 : line.rfind('\n')) + where.size() > kMaxLine
                  ? "\n   " + where
                  : where;
    code(at, std::move(line), d.module, &f);

    Item& i = item(at);
    i.is_async = is_async;
    if (f.effects & kMaySuspend) i.effects |= EffectBit::kSuspends;
    if (f.effects & Effect::kMaySpawn) i.effects |= EffectBit::kSpawns;
    if (f.effects & Effect::kRaisesBudget) i.effects |= EffectBit::kRaisesBudget;
    if (f.is_blocking || (f.effects & kMayBlock)) i.effects |= EffectBit::kBlocks;
    if (f.effects & kMayPanic) i.effects |= EffectBit::kPanics;
    if (f.effects & Effect::kAllocates) i.effects |= EffectBit::kAllocates;
    if (f.effects & kCallsFfi) i.effects |= EffectBit::kForeign;
    for (const std::string& name : capability_names(p_, f.effects)) {
      Need need{name, kNone, ""};
      for (const CapabilityInfo& c : p_.capabilities)
        if (is_some(c.decl) && p_.names.text(c.name) == name) need.item = item_of_decl_[+c.decl];
      need.via = call_with(id, find_effect(p_, name));
      i.needs.push_back(std::move(need));
    }
    if (f.origin == FuncOrigin::ExternC) i.effects |= EffectBit::kForeign;
    if (is_async) i.effects |= EffectBit::kAsync;
    if (f.fallible && is_some(f.errors)) {
      for (TagId tag : p_.error_sets[+f.errors].tags) {
        const TagInfo& t = p_.tags[+tag];
        if (t.implicit) continue;
        auto variant = variant_of_tag_.find(+tag);
        i.failures.push_back({t.full_name, variant == variant_of_tag_.end() ? kNone : variant->second});
      }
      std::sort(i.failures.begin(), i.failures.end(),
                [](const Failure& a, const Failure& b) { return a.name < b.name; });
    }
  }

  // The JSON Schema of the values of a type, without `$ref`; "" when there is none: functions, channels, types inside
  // themselves.
  std::string schema_of(TypeId type, int depth) {
    const TypeRow row = p_.types[type];
    if (depth > 8 || !options_.schemas) return "";
    CanonicalObject o;
    switch (row.kind) {
      case TypeKind::Void: return o.text("type", "null").take();
      case TypeKind::Bool: return o.text("type", "boolean").take();
      case TypeKind::Char: return o.text("type", "string").number("minLength", 1).number("maxLength", 1).take();
      case TypeKind::F32:
      case TypeKind::F64: return o.text("type", "number").take();
      // Beyond 2^53 canonical JSON has no numbers; the bounds of 64 bits are not written.
      case TypeKind::I8: return o.text("type", "integer").number("minimum", -128).number("maximum", 127).take();
      case TypeKind::I16: return o.text("type", "integer").number("minimum", -32768).number("maximum", 32767).take();
      case TypeKind::I32:
        return o.text("type", "integer").number("minimum", -2147483648LL).number("maximum", 2147483647LL).take();
      case TypeKind::I64: return o.text("type", "integer").take();
      case TypeKind::U8: return o.text("type", "integer").number("minimum", 0).number("maximum", 255).take();
      case TypeKind::U16: return o.text("type", "integer").number("minimum", 0).number("maximum", 65535).take();
      case TypeKind::U32: return o.text("type", "integer").number("minimum", 0).number("maximum", 4294967295LL).take();
      case TypeKind::U64: return o.text("type", "integer").number("minimum", 0).take();
      case TypeKind::String: return o.text("type", "string").take();
      case TypeKind::Array: {
        std::string inner = schema_of(static_cast<TypeId>(row.a), depth + 1);
        return inner.empty() ? "" : o.text("type", "array").raw("items", inner).take();
      }
      case TypeKind::Struct: {
        const StructInfo& s = p_.structs[row.a];
        if (!s.type_params.empty() || p_.modules[+p_.decls[+s.decl].module]->is_std) return "";
        CanonicalObject properties;
        CanonicalArray required;
        for (const FieldInfo& f : s.fields) {
          std::string inner = schema_of(f.type, depth + 1);
          if (inner.empty()) return "";
          properties.raw(text(f.name), inner);
          if (is_none(f.default_value)) required.text(text(f.name));
        }
        return o.text("type", "object")
            .raw("properties", properties.take())
            .raw("required", required.take())
            .raw("additionalProperties", "false")
            .take();
      }
      case TypeKind::Enum: {
        CanonicalArray names;
        for (const VariantInfo& v : p_.enums[row.a].variants) {
          if (!v.fields.empty()) return "";
          names.text(text(v.name));
        }
        return o.text("type", "string").raw("enum", names.take()).take();
      }
      default: return "";
    }
  }

  // The call of a function through which an effect comes; "" when the function itself has it. The first step of
  // effect_chain(), without its search through the whole program.
  std::string call_with(FuncId id, uint64_t effect) {
    if (!p_.effect_graph) return "";
    const EffectGraph& g = *p_.effect_graph;
    if (calls_of_.empty()) {
      calls_of_.assign(p_.funcs.size(), kNone);
      for (size_t i = g.calls.size(); i-- > 0;)
        if (g.calls[i].from < calls_of_.size()) calls_of_[g.calls[i].from] = static_cast<uint32_t>(i);
    }
    for (size_t i = calls_of_[+id]; i < g.calls.size() && g.calls[i].from == +id; ++i)
      if (g.calls[i].to < p_.funcs.size() && g.calls[i].to != +id && (p_.funcs[g.calls[i].to].effects & effect))
        return p_.symbol(FuncId(g.calls[i].to));
    return "";
  }

  // ---- code with links

  void code(ItemId id, std::string signature, ModuleId module, const FuncInfo* func = nullptr) {
    item(id).signature = link_code(std::move(signature), module, func);
  }

  static bool word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
  }

  // Names of types in a signature lead to their items. A type parameter hides a type of its name.
  CodeText link_code(std::string text, ModuleId module, const FuncInfo* func = nullptr) {
    CodeText out{std::move(text), {}};
    const std::string& s = out.text;
    for (size_t i = 0; i < s.size();) {
      if (s[i] == '"') {
        size_t close = i + 1;
        while (close < s.size() && s[close] != '"') close += s[close] == '\\' ? 2 : 1;
        i = close + 1;
        continue;
      }
      if (s[i] == '/' && i + 1 < s.size() && s[i + 1] == '/') {
        i = s.find('\n', i);
        if (i == std::string::npos) break;
        continue;
      }
      if (!word_byte(s[i])) {
        ++i;
        continue;
      }
      size_t end = i;
      while (end < s.size() && word_byte(s[end])) ++end;
      std::string_view word(s.data() + i, end - i);
      if (ItemId target = type_item(word, module, func); target != kNone)
        out.links.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(end), target});
      i = end;
    }
    return out;
  }
  ItemId type_item(std::string_view word, ModuleId module, const FuncInfo* func) {
    NameId name = p_.names.find(word);
    if (is_none(name) || (word[0] >= '0' && word[0] <= '9')) return kNone;
    if (func)
      for (TypeParamId t : func->type_params)
        if (p_.type_params[+t].name == name) return kNone;
    DeclId d = lookup_name(p_, module, name);
    if (is_some(d) && +d != 0) {
      DeclKind kind = p_.decls[+d].kind;
      bool type = kind == DeclKind::Struct || kind == DeclKind::Enum || kind == DeclKind::Error ||
                  kind == DeclKind::Trait || kind == DeclKind::TypeAlias || kind == DeclKind::Capability;
      return type ? item_of_decl_[+d] : kNone;
    }
    auto builtin = builtins_.find(std::string(word));
    return builtin == builtins_.end() ? kNone : builtin->second;
  }

  // ---- docs

  ItemId item_of(const DocTarget& t) {
    switch (t.kind) {
      case DocTarget::Decl: return item_of_decl_[+t.decl];
      case DocTarget::Field:
      case DocTarget::Variant: {
        ItemId parent = item_of_decl_[+t.decl];
        if (parent == kNone) return kNone;
        const Decl& d = p_.decls[+t.decl];
        NameId name = t.kind == DocTarget::Field ? p_.structs[d.index].fields[t.member].name
                      : d.kind == DeclKind::Enum ? p_.enums[d.index].variants[t.member].name
                                                 : p_.tags[+p_.errors[d.index].tags[t.member]].name;
        std::string_view wanted = p_.names.text(name);
        for (ItemId child : item(parent).children)
          if (item(child).name == wanted && item(child).kind != ItemKind::Method) return child;
        return parent;
      }
      case DocTarget::Builtin: {
        auto it = builtins_.find(text(t.name));
        return it == builtins_.end() ? kNone : it->second;
      }
      default: return kNone;
    }
  }

  Doc doc_of(const DocComment& c) {
    Doc doc;
    doc.summary = c.parsed.summary;
    doc.body = c.parsed.body;
    doc.line = p_.sources.line_col(c.span.lo).line;
    doc.file = file_of_module_[+c.module];
    for (size_t i = 0; i < c.parsed.tags.size(); ++i) {
      const DocTag& t = c.parsed.tags[i];
      Tag row;
      row.kind = t.kind == DocTagKind::Unknown ? t.word : doc_tag_word(t.kind);
      row.name = t.name;
      row.text = t.text;
      row.item = item_of(c.tags[i]);
      row.line = p_.sources.line_col(t.span.lo).line;
      doc.tags.push_back(std::move(row));
    }
    for (size_t i = 0; i < c.parsed.links.size(); ++i) {
      // A page full of links to itself helps nobody: of code spans only those that lead away.
      if (c.parsed.links[i].soft && (c.links[i].kind != DocTarget::Decl || c.links[i] == c.owner)) continue;
      add_link(doc.links, c.parsed.links[i], c.links[i]);
    }
    sort_links(doc.links);
    return doc;
  }
  void add_link(std::vector<DocLink>& out, const janus::DocLink& link, const DocTarget& target) {
    DocLink row;
    row.target = link.target;
    row.item = item_of(target);
    row.is_param = target.kind == DocTarget::Param;
    if (target.kind == DocTarget::Nothing && link.inline_link) row.guide = guide_of(link.target);
    if (row.item != kNone || row.guide != kNone || row.is_param) out.push_back(std::move(row));
  }
  static void sort_links(std::vector<DocLink>& links) {
    std::sort(links.begin(), links.end(), [](const DocLink& a, const DocLink& b) { return a.target < b.target; });
    links.erase(std::unique(links.begin(), links.end(),
                            [](const DocLink& a, const DocLink& b) { return a.target == b.target; }),
                links.end());
  }
  // "other.md", "../docs/other.md#part": by the file's name.
  GuideId guide_of(std::string_view url) {
    url = url.substr(0, url.find('#'));
    if (!url.ends_with(".md")) return kNone;
    if (size_t slash = url.rfind('/'); slash != std::string_view::npos) url.remove_prefix(slash + 1);
    auto it = guide_names_.find(url);
    return it == guide_names_.end() ? kNone : it->second;
  }

  void add_guides() {
    for (const GuideText& g : guide_texts_) {
      size_t slash = g.path.rfind('/');
      guide_names_.try_emplace(slash == std::string::npos ? g.path : g.path.substr(slash + 1),
                               static_cast<GuideId>(guide_names_.size()));
    }
    for (const GuideText& g : guide_texts_) {
      ParsedDoc parsed = parse_guide(whole_page(g.text, g.base));
      Guide& guide = model_.guides.emplace_back();
      guide.path = below_root(g.path);
      size_t slash = g.path.rfind('/');
      guide.name = slash == std::string::npos ? g.path : g.path.substr(slash + 1);
      if (guide.name.ends_with(".md")) guide.name.resize(guide.name.size() - 3);
      size_t folder = slash == std::string::npos ? std::string::npos : g.path.rfind('/', slash - 1);
      guide.group = slash == std::string::npos ? ""
                                               : g.path.substr(folder == std::string::npos ? 0 : folder + 1,
                                                               slash - (folder == std::string::npos ? 0 : folder + 1));
      if (!parsed.headings.empty() && parsed.headings[0].level == 1) guide.title = parsed.headings[0].text;
      else guide.title = guide.name;
      guide.summary = parsed.summary.empty() ? first_paragraph(parsed.body) : parsed.summary;
      guide.is_home = guide.name == "index" || guide.name == "README" || guide.name == "readme";
      guide.name = without_number(guide.name);
      guide.group = without_number(guide.group);
      guide.markdown = (parsed.summary.empty() ? "" : parsed.summary + "\n\n") + parsed.body;
      ModuleId any = modules_.empty() ? ModuleId::None : modules_[0];
      for (const janus::DocLink& link : parsed.links) {
        bool other = link.soft || (link.inline_link && !is_name_path(link.target));
        add_link(guide.links, link,
                 other || is_none(any) ? DocTarget{} : resolver_.resolve(link.target, any, DocTarget{}));
      }
      sort_links(guide.links);
    }
  }

  // What stands on a page's card when the page begins with code, a table or a list: its first plain paragraph.
  static std::string first_paragraph(std::string_view body) {
    std::string out;
    bool fence = false, block = false;
    while (!body.empty()) {
      size_t end = std::min(body.find('\n'), body.size());
      std::string_view line = body.substr(0, end);
      body.remove_prefix(std::min(end + 1, body.size()));
      bool marks = line.starts_with("```") || line.starts_with("~~~");
      if (marks) fence = !fence;
      if (line.empty() || marks || fence) {
        if (!out.empty()) return out;
        block = false;
        continue;
      }
      if (out.empty() && !block) block = std::string_view("|>-*+# 0123456789").find(line[0]) != std::string_view::npos;
      if (!block) out += (out.empty() ? "" : " ") + std::string(line);
    }
    return out;
  }

  // "03-names": the number orders, and is not shown.
  static std::string without_number(const std::string& name) {
    size_t digits = name.find_first_not_of("0123456789");
    return digits == 0 || digits == std::string::npos || name[digits] != '-' ? name : name.substr(digits + 1);
  }

  void finish(ItemId id) {
    if (id == 0)
      for (auto& [at, doc] : pending_docs_) {
        item(at).doc = doc_of(*doc);
        item(at).has_doc = !doc->parsed.summary.empty() || !doc->parsed.body.empty() || !doc->parsed.tags.empty();
      }
    if (id == 0) inherit();
    Item& i = item(id);
    for (const Tag& t : i.doc.tags) {
      if (t.kind == "since") i.since = t.text;
      if (t.kind == "deprecated") i.deprecated = t.text, i.is_deprecated = true;
    }
    if (i.path.empty()) {
      std::string base = i.parent == kNone ? "" : item(i.parent).path + ".";
      i.path = base + i.name;
    }
  }
  // A method of an impl without a comment has that of the trait's declaration.
  void inherit() {
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
  void unique_names() {
    std::vector<std::unordered_map<std::string, int>> anchors(model_.items.size() + 1);
    std::unordered_map<std::string, int> paths;
    paths.reserve(model_.items.size());
    for (Item& i : model_.items) {
      std::string anchor = i.name;
      if (i.kind == ItemKind::Field) anchor = "field." + anchor;
      if (i.kind == ItemKind::Variant) anchor = "variant." + anchor;
      if (i.kind == ItemKind::Method && i.trait_item != kNone && !i.impl_head.empty())
        anchor = "impl." + i.of_trait + "." + anchor;
      int n = ++anchors[i.parent == kNone ? model_.items.size() : i.parent][anchor];
      i.anchor = n == 1 ? anchor : anchor + "-" + std::to_string(n);
      n = ++paths[i.path];
      if (n > 1) i.path += "#" + std::to_string(n);
    }
  }

  // Content ids, and names of earlier days: anchors that outlive a renaming. Two things that mean the same have the
  // same id; then neither has an anchor of it.
  void identities() {
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
    for (Item& i : model_.items) {
      auto found = examples.empty() ? examples.end() : examples.find(i.path);
      if (found == examples.end()) continue;
      for (const auto* e : found->second) i.examples.push_back({e->ordinal, e->result});
    }
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

  void links_of_sources() {
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

  struct TraitImpl {
    ImplId impl;
    ItemId type, trait;
    uint32_t file, line;
  };
  struct Pending {
    ItemId item;
    const DocComment* doc;
  };
  Program& p_;
  const Docs& docs_;
  const std::vector<GuideText>& guide_texts_;
  const GatherOptions& options_;
  Model model_;
  std::vector<ModuleId> modules_;
  std::vector<ItemId> item_of_decl_;
  std::vector<uint32_t> file_of_module_;
  std::vector<ModuleId> module_of_file_;
  std::vector<uint32_t> calls_of_;   // of each function, its first row in EffectGraph::calls
  std::map<std::string, ItemId> builtins_;
  std::map<uint32_t, ItemId> variant_of_tag_;
  std::vector<TraitImpl> impls_of_traits_;
  std::vector<Pending> pending_docs_;
  std::vector<std::pair<ItemId, ModuleId>> member_codes_;
  std::map<std::string, GuideId, std::less<>> guide_names_;
  DocResolver resolver_;
};

}   // namespace

Model gather(Program& program, const Docs& docs, const std::vector<GuideText>& guides, const GatherOptions& options) {
  return Gatherer(program, docs, guides, options).run();
}

}   // namespace janus::docgen
