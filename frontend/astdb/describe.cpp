// describe.cpp: signatures and paths of declarations.
// Depends on describe.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/describe.h"

#include "frontend/json_text.h"

namespace janus {
namespace {

void quote_json(std::string& out, std::string_view text) {
  out += '"';
  auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
  if (std::all_of(text.begin(), text.end(), plain)) {
    out += text;
  } else {
    for (char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  out += '"';
}

}  // namespace

const std::string& Describer::type_name(TypeId type) {
  if (type_names_.size() <= +type) type_names_.resize(+type + 256);
  std::string& text = type_names_[+type];
  if (text.empty()) text = p_.type_name(type);
  return text;
}

std::string_view Items::keep(std::string_view text) {
  if (text.empty()) return {};
  char* room = texts.Allocate<char>(text.size());
  std::memcpy(room, text.data(), text.size());
  return {room, text.size()};
}
std::string_view Describer::join(std::string_view a, std::string_view b, std::string_view c) {
  size_t size = a.size() + b.size() + c.size();
  char* room = out_.texts.Allocate<char>(size);
  std::memcpy(room, a.data(), a.size());
  std::memcpy(room + a.size(), b.data(), b.size());
  if (!c.empty()) std::memcpy(room + a.size() + b.size(), c.data(), c.size());
  return {room, size};
}

// Puts `[T, U]` behind the text.
void Describer::generics(std::span<const TypeParamId> params) {
  if (params.empty()) return;
  char before = '[';
  for (TypeParamId id : params) {
    text_ += before == '[' ? "[" : ", ";
    before = ',';
    text_ += name(p_.type_params[+id].name);
  }
  text_ += ']';
}

Item& Describer::add(Sym symbol, const char* kind, uint32_t parent) {
  Item& item = out_.list.emplace_back();
  item.symbol = symbol;
  item.kind = kind;
  item.parent = parent;
  return item;
}

void Describer::func(FuncId id, const char* kind, uint32_t parent) {
  const FuncInfo& f = p_.funcs[+id];
  Item& item = add(sym(SymKind::Func, +id), kind, parent);
  item.decl = f.decl;
  if (brief_) return;
  const Decl& d = p_.decls[+f.decl];
  const Item* around = parent == kNoItem ? nullptr : &out_.list[parent];
  item.is_pub = d.is_pub || (around && is_some(f.trait) && around->is_pub);
  item.name = name(d.name);
  item.name_span = d.name_span;
  item.span = p_.tree_of(d.module).span(d.node);
  if (!around) item.path = join(module_path_, item.name);
  else item.path = join(join(module_path_, around->name), ".", item.name);

  std::string& s = text_;
  std::string& j = json_;
  s = "func ";
  s += item.name;
  generics(std::span(f.type_params).subspan(std::min<size_t>(f.own_params_from, f.type_params.size())));
  s += '(';
  j = "{\"params\":[";
  for (size_t i = 0; i < f.params.size(); ++i) {
    const ParamInfo& param = f.params[i];
    const std::string& type = type_name(param.type);
    if (i) s += ", ", j += ',';
    bool self = i == 0 && f.self != SelfKind::None;
    if (param.is_mut || (self && f.self == SelfKind::Mut)) s += "mut ";
    s += self ? std::string_view("self") : name(param.name);
    if (!self) s += ": ", s += type;
    if (is_some(param.default_value)) s += " = …";
    j += '[';
    quote_json(j, type);
    j += ',';
    quote_json(j, self ? std::string_view("self") : name(param.name));
    if (param.is_mut) j += ",\"mut\"";
    if (is_some(param.default_value)) j += ",\"default\"";
    j += ']';
  }
  s += ')';
  j += "],\"result\":";
  const std::string& result = type_name(f.result);
  quote_json(j, result);
  if (f.fallible) {
    bool open = is_none(f.errors) || p_.error_sets[+f.errors].inferred;
    std::string set = open ? std::string() : p_.set_name(f.errors);
    s += " -> ";
    s += set;
    s += '!';
    s += result;
    j += ",\"fails\":";
    quote_json(j, set);
  } else if (f.result != Types::Void) {
    s += " -> ";
    s += result;
  }
  if (!f.type_params.empty()) {
    j += ",\"generics\":\"";
    for (size_t i = 0; i < f.type_params.size(); ++i) {
      if (i) j += ", ";
      j += name(p_.type_params[+f.type_params[i]].name);
    }
    j += '"';
  }
  j += '}';
  item.signature = keep(s);
  item.type_json = keep(j);
  item.shape = shape_of(id);
}

void Describer::fields(const std::vector<FieldInfo>& fields, uint32_t parent, uint16_t base, bool is_pub) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const FieldInfo& f = fields[i];
    if (is_none(f.name)) continue;   // of a payload without names
    Item& item = add(out_.list[parent].symbol, "field", parent);
    item.member = static_cast<uint16_t>(base + i);
    if (brief_) continue;
    item.is_pub = is_pub && f.is_pub;
    item.name = name(f.name);
    item.path = join(out_.list[parent].path, ".", item.name);
    item.span = item.name_span = f.span;
    text_ = item.name;
    text_ += ": ";
    text_ += type_name(f.type);
    if (is_some(f.default_value)) text_ += " = …";
    item.signature = keep(text_);
  }
}

void Describer::variant(uint32_t parent, size_t number, NameId variant_name, Span span, bool named,
                        const std::vector<FieldInfo>& payload) {
  Item& item = add(out_.list[parent].symbol, "variant", parent);
  item.member = static_cast<uint16_t>(number);
  if (brief_) return;
  const Item& around = out_.list[parent];
  item.is_pub = around.is_pub;
  item.name = name(variant_name);
  item.path = join(around.path, ".", item.name);
  item.span = item.name_span = span;
  text_ = item.name;
  if (!payload.empty()) {
    text_ += named ? " { " : "(";
    for (size_t k = 0; k < payload.size(); ++k) {
      if (k) text_ += ", ";
      if (named) text_ += name(payload[k].name), text_ += ": ";
      text_ += type_name(payload[k].type);
    }
    text_ += named ? " }" : ")";
  }
  item.signature = keep(text_);
}

void Describer::impl(ImplId id) {
  const ImplInfo& info = p_.impls[+id];
  uint32_t at = static_cast<uint32_t>(out_.list.size());
  Item& item = add(sym(SymKind::Impl, +id), "impl", kNoItem);
  if (!brief_) {
    const TypeRow& self = p_.types[info.self];
    item.name = self.kind == TypeKind::Struct     ? name(p_.decls[+p_.structs[self.a].decl].name)
                : self.kind == TypeKind::Enum     ? name(p_.decls[+p_.enums[self.a].decl].name)
                : self.kind == TypeKind::Array    ? "Array"
                : self.kind == TypeKind::Optional ? "Optional"
                                                  : keep(type_name(info.self));
    item.signature = keep(p_.impl_name(id));
    item.path = join(module_path_, item.signature);
    item.span = item.name_span = info.span;
    const Tree& tree = p_.tree_of(module_);
    if (is_some(info.node)) item.span = tree.span(info.node), item.name_span = tree.caret(info.node);
  }
  for (FuncId m : info.methods) {
    if (is_none(m) || p_.funcs[+m].impl != id) continue;
    func(m, "method", at);
    // As visible as the trait.
    if (is_some(info.trait)) out_.list.back().is_pub = p_.decls[+p_.traits[+info.trait].decl].is_pub;
  }
}

void Describer::module_item() {
  const Module& m = *p_.modules[+module_];
  Item& item = add(sym(SymKind::Module, +module_), "module", kNoItem);
  item.is_pub = true;
  item.decl = m.self_decl;
  item.path = name(m.path);
  item.name = item.path.substr(item.path.rfind('.') + 1);   // all of it where there is no dot
  item.signature = join("module ", item.path);
  const SourceFile& file = p_.sources.file(m.file);
  item.span = {file.base, file.base + static_cast<uint32_t>(file.text.size())};
  item.name_span = {file.base, file.base};
}

// A declaration, and its members behind it.
void Describer::decl(DeclId id) {
  const Decl& d = p_.decls[+id];
  if (d.kind == DeclKind::Func) return func(FuncId(d.index), "func", kNoItem);
  struct Word {
    SymKind symbol;
    const char* kind;
  } word;
  std::span<const TypeParamId> params;
  switch (d.kind) {
    case DeclKind::Struct: word = {SymKind::Struct, "struct"}, params = p_.structs[d.index].type_params; break;
    case DeclKind::Enum: word = {SymKind::Enum, "enum"}, params = p_.enums[d.index].type_params; break;
    case DeclKind::Error: word = {SymKind::Error, "error"}; break;
    case DeclKind::Trait: word = {SymKind::Trait, "trait"}; break;
    case DeclKind::Const: word = {SymKind::Const, "const"}; break;
    case DeclKind::TypeAlias: word = {SymKind::Alias, "type"}, params = p_.aliases[d.index].type_params; break;
    case DeclKind::Capability: word = {SymKind::Capability, "capability"}; break;
    case DeclKind::Test: word = {SymKind::Test, "test"}; break;
    default: return;
  }
  uint32_t at = static_cast<uint32_t>(out_.list.size());
  Item& item = add(sym(word.symbol, d.kind == DeclKind::Capability ? +id : d.index), word.kind, kNoItem);
  item.decl = id;
  item.is_pub = d.is_pub;
  if (!brief_) {
    item.name = name(d.name);
    item.path = join(module_path_, item.name);
    item.name_span = d.name_span;
    if (is_some(d.node)) item.span = p_.modules[+module_]->tree.span(d.node);
    text_ = word.kind;
    text_ += d.kind == DeclKind::Test ? " \"" : " ";
    text_ += item.name;
    generics(params);
    if (d.kind == DeclKind::Test) text_ += '"';
    if (d.kind == DeclKind::TypeAlias) text_ += " = ", text_ += type_name(p_.aliases[d.index].type);
    if (d.kind == DeclKind::Const) {
      const std::string& type = type_name(p_.consts[d.index].type);
      text_ += ": ", text_ += type;
      json_ = "{\"type\":";
      quote_json(json_, type);
      json_ += '}';
      item.type_json = keep(json_);
    }
    item.signature = keep(text_);
  }
  switch (d.kind) {
    case DeclKind::Struct: fields(p_.structs[d.index].fields, at, 0, d.is_pub); break;
    case DeclKind::Trait:
      for (FuncId f : p_.traits[d.index].methods) func(f, "method", at);
      break;
    case DeclKind::Enum: {
      const std::vector<VariantInfo>& variants = p_.enums[d.index].variants;
      for (size_t i = 0; i < variants.size(); ++i)
        variant(at, i, variants[i].name, variants[i].span, variants[i].named_fields, variants[i].fields);
      break;
    }
    case DeclKind::Error: {
      const std::vector<TagId>& tags = p_.errors[d.index].tags;
      for (size_t i = 0; i < tags.size(); ++i) {
        const TagInfo& t = p_.tags[+tags[i]];
        bool named = !t.fields.empty() && is_some(t.fields[0].name) && !name(t.fields[0].name).empty();
        variant(at, i, t.name, t.span, named, t.fields);
      }
      break;
    }
    default: break;
  }
}

Items Describer::items(ModuleId id, bool brief) {
  brief_ = brief;
  module_ = id;
  out_ = {};
  const Module& m = *p_.modules[+id];
  out_.list.reserve(m.decls.size() * 3 + 8);
  module_path_ = name(m.path);
  if (id == p_.main_module) module_path_.clear();
  else module_path_ += '.';
  module_item();
  for (DeclId decl_id : m.decls)
    if (is_some(p_.decls[+decl_id].name)) decl(decl_id);
  for (ImplId i : m.impls) impl(i);
  return std::move(out_);
}

}  // namespace janus
