// describe.cpp: signatures, paths and shapes of declarations.
// Depends on describe.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/describe.h"

#include <algorithm>

#include "frontend/json_text.h"

namespace janus {
namespace {

// FNV-1a: a shape is looked up, never trusted; equal numbers of different shapes would show one line too many.
int64_t hash_text(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3ull;
  return static_cast<int64_t>(h ? h : 1);
}

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

std::string Describer::generics(std::span<const TypeParamId> params) const {
  if (params.empty()) return {};
  std::string text = "[";
  for (TypeParamId id : params) {
    if (text.size() > 1) text += ", ";
    text += name(p_.type_params[+id].name);
  }
  return text + "]";
}

// Canonical text: no blanks, parameters of types numbered as they come.
void Describer::shape(TypeId type, std::vector<TypeId>& seen, std::string& out) {
  TypeRow row = p_.types[type];
  if (!row.has_param && row.kind != TypeKind::Func) {
    for (char c : type_name(type))
      if (c != ' ') out += c;
    return;
  }
  auto list = [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      if (i) out += ',';
      shape(p_.types.args(type)[i], seen, out);
    }
  };
  switch (row.kind) {
    case TypeKind::Array:
      out += "[]";
      shape(TypeId(row.a), seen, out);
      break;
    case TypeKind::Fixed:
      out += "[" + std::to_string(row.b) + "]";
      shape(TypeId(row.a), seen, out);
      break;
    case TypeKind::Optional:
      out += "?";
      shape(TypeId(row.a), seen, out);
      break;
    case TypeKind::TypeOf:
      out += "Type[";
      shape(TypeId(row.a), seen, out);
      out += "]";
      break;
    case TypeKind::Channel:
      out += "Channel[";
      shape(TypeId(row.a), seen, out);
      out += "]";
      break;
    case TypeKind::Task:
      out += "Task[";
      shape(TypeId(row.a), seen, out);
      out += "]";
      break;
    case TypeKind::Tuple:
      out += "(";
      list(row.arg_count);
      out += ")";
      break;
    case TypeKind::Func:
      out += "func(";
      list(row.arg_count - 1);
      out += ")->";
      if (row.a & kFuncFallible) out += "!";
      shape(p_.types.args(type)[row.arg_count - 1], seen, out);
      break;
    case TypeKind::Struct:
    case TypeKind::Enum:
      out += name(p_.decls[+(row.kind == TypeKind::Struct ? p_.structs[row.a].decl : p_.enums[row.a].decl)].name);
      out += "[";
      list(row.arg_count);
      out += "]";
      break;
    case TypeKind::Param: {
      size_t at = static_cast<size_t>(std::find(seen.begin(), seen.end(), type) - seen.begin());
      if (at == seen.size()) seen.push_back(type);
      out += "$" + std::to_string(at);
      break;
    }
    default: out += type_name(type);
  }
}

int64_t Describer::shape_of(FuncId id) {
  const FuncInfo& f = p_.funcs[+id];
  std::string text;
  std::vector<TypeId> seen;
  for (size_t i = 0; i < f.params.size(); ++i) {
    if (i) text += ',';
    shape(f.params[i].type, seen, text);
  }
  text += f.fallible ? "->!" : "->";
  shape(f.result, seen, text);
  return hash_text(text);
}

void Describer::func(FuncId id, const char* kind, uint32_t parent, std::vector<Item>& out) {
  const FuncInfo& f = p_.funcs[+id];
  const Decl& d = p_.decls[+f.decl];
  Item item;
  item.symbol = sym(SymKind::Func, +id);
  item.parent = parent;
  item.kind = kind;
  item.decl = f.decl;
  if (brief_) return out.push_back(std::move(item));
  item.is_pub = d.is_pub || (parent != kNoItem && is_some(f.trait) && out[parent].is_pub);
  item.name = name(d.name);
  item.name_span = d.name_span;
  item.span = p_.tree_of(d.module).span(d.node);
  if (parent == kNoItem) item.path = module_path_ + item.name;
  else item.path = module_path_ + out[parent].name + "." + item.name;

  std::string& s = item.signature;
  std::string& j = item.type_json;
  s.reserve(48 + 24 * f.params.size());
  j.reserve(48 + 24 * f.params.size());
  s = "func ";
  s += item.name;
  std::span<const TypeParamId> own =
      std::span(f.type_params).subspan(std::min<size_t>(f.own_params_from, f.type_params.size()));
  s += generics(own);
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
    s += " -> " + (open ? std::string() : p_.set_name(f.errors)) + "!" + result;
    j += ",\"fails\":";
    quote_json(j, open ? std::string() : p_.set_name(f.errors));
  } else if (f.result != Types::Void) {
    s += " -> " + result;
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
  item.shape = shape_of(id);
  out.push_back(std::move(item));
}

void Describer::fields(const std::vector<FieldInfo>& fields, uint32_t parent, Sym symbol, uint16_t base, bool is_pub,
                       std::vector<Item>& out) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const FieldInfo& f = fields[i];
    if (is_none(f.name)) continue;   // of a payload without names
    Item item;
    item.symbol = symbol;
    item.member = static_cast<uint16_t>(base + i);
    item.parent = parent;
    item.kind = "field";
    if (brief_) {
      out.push_back(std::move(item));
      continue;
    }
    item.is_pub = is_pub && f.is_pub;
    item.name = name(f.name);
    item.path = out[parent].path + "." + item.name;
    item.span = item.name_span = f.span;
    item.signature = item.name + ": " + type_name(f.type);
    if (is_some(f.default_value)) item.signature += " = …";
    out.push_back(std::move(item));
  }
}

void Describer::impl(ImplId id, std::vector<Item>& out) {
  const ImplInfo& info = p_.impls[+id];
  Item item;
  item.symbol = sym(SymKind::Impl, +id);
  item.kind = "impl";
  if (brief_) {
    uint32_t at = static_cast<uint32_t>(out.size());
    out.push_back(std::move(item));
    for (FuncId m : info.methods)
      if (is_some(m) && p_.funcs[+m].impl == id) func(m, "method", at, out);
    return;
  }
  const TypeRow& self = p_.types[info.self];
  item.name = self.kind == TypeKind::Struct     ? std::string(name(p_.decls[+p_.structs[self.a].decl].name))
              : self.kind == TypeKind::Enum     ? std::string(name(p_.decls[+p_.enums[self.a].decl].name))
              : self.kind == TypeKind::Array    ? "Array"
              : self.kind == TypeKind::Optional ? "Optional"
                                                : type_name(info.self);
  item.signature = p_.impl_name(id);
  item.path = module_path_ + item.signature;
  item.span = info.span;
  item.name_span = info.span;
  const Tree& tree = p_.tree_of(module_);
  if (is_some(info.node)) item.span = tree.span(info.node), item.name_span = tree.caret(info.node);
  uint32_t at = static_cast<uint32_t>(out.size());
  out.push_back(std::move(item));
  for (FuncId m : info.methods) {
    if (is_none(m) || p_.funcs[+m].impl != id) continue;
    func(m, "method", at, out);
    // As visible as the trait.
    if (is_some(info.trait)) out.back().is_pub = p_.decls[+p_.traits[+info.trait].decl].is_pub;
  }
}

std::vector<Item> Describer::items(ModuleId id, bool brief) {
  brief_ = brief;
  std::vector<Item> out;
  const Module& m = *p_.modules[+id];
  out.reserve(m.decls.size() * 3 + 8);
  module_ = id;
  std::string module_name(name(m.path));
  module_path_ = id == p_.main_module ? "" : module_name + ".";
  {
    Item item;
    item.symbol = sym(SymKind::Module, +id);
    item.kind = "module";
    item.is_pub = true;
    item.decl = m.self_decl;
    size_t dot = module_name.rfind('.');
    item.name = dot == std::string::npos ? module_name : module_name.substr(dot + 1);
    item.path = module_name;
    item.signature = "module " + module_name;
    const SourceFile& file = p_.sources.file(m.file);
    item.span = {file.base, file.base + static_cast<uint32_t>(file.text.size())};
    item.name_span = {file.base, file.base};
    out.push_back(std::move(item));
  }
  for (DeclId decl_id : m.decls) {
    const Decl& d = p_.decls[+decl_id];
    if (is_none(d.name)) continue;
    Item item;
    item.decl = decl_id;
    item.is_pub = d.is_pub;
    item.name = name(d.name);
    item.path = module_path_ + item.name;
    item.name_span = d.name_span;
    if (is_some(d.node) && !brief) item.span = m.tree.span(d.node);
    uint32_t at = static_cast<uint32_t>(out.size());
    switch (d.kind) {
      case DeclKind::Func: func(FuncId(d.index), "func", kNoItem, out); break;
      case DeclKind::Struct: {
        const StructInfo& s = p_.structs[d.index];
        item.symbol = sym(SymKind::Struct, d.index);
        item.kind = "struct";
        item.signature = "struct " + item.name + generics(s.type_params);
        out.push_back(std::move(item));
        fields(s.fields, at, sym(SymKind::Struct, d.index), 0, d.is_pub, out);
        break;
      }
      case DeclKind::Enum:
      case DeclKind::Error: {
        bool is_enum = d.kind == DeclKind::Enum;
        Sym symbol = sym(is_enum ? SymKind::Enum : SymKind::Error, d.index);
        item.symbol = symbol;
        item.kind = is_enum ? "enum" : "error";
        item.signature = std::string(item.kind) + " " + item.name +
                         (is_enum ? generics(p_.enums[d.index].type_params) : std::string());
        out.push_back(std::move(item));
        auto variant = [&](size_t i, NameId variant_name, Span span, bool named,
                           const std::vector<FieldInfo>& payload) {
          Item v;
          v.symbol = symbol;
          v.member = static_cast<uint16_t>(i);
          v.parent = at;
          v.kind = "variant";
          if (brief_) return out.push_back(std::move(v));
          v.is_pub = d.is_pub;
          v.name = name(variant_name);
          v.path = out[at].path + "." + v.name;
          v.span = v.name_span = span;
          v.signature = v.name;
          if (!payload.empty()) {
            v.signature += named ? " { " : "(";
            for (size_t k = 0; k < payload.size(); ++k) {
              if (k) v.signature += ", ";
              if (named) v.signature += std::string(name(payload[k].name)) + ": ";
              v.signature += type_name(payload[k].type);
            }
            v.signature += named ? " }" : ")";
          }
          out.push_back(std::move(v));
        };
        if (is_enum) {
          const EnumInfo& e = p_.enums[d.index];
          for (size_t i = 0; i < e.variants.size(); ++i)
            variant(i, e.variants[i].name, e.variants[i].span, e.variants[i].named_fields, e.variants[i].fields);
        } else {
          const ErrorInfo& e = p_.errors[d.index];
          for (size_t i = 0; i < e.tags.size(); ++i) {
            const TagInfo& t = p_.tags[+e.tags[i]];
            bool named = !t.fields.empty() && is_some(t.fields[0].name) && !name(t.fields[0].name).empty();
            variant(i, t.name, d.name_span, named, t.fields);
          }
        }
        break;
      }
      case DeclKind::Trait:
        item.symbol = sym(SymKind::Trait, d.index);
        item.kind = "trait";
        item.signature = "trait " + item.name;
        out.push_back(std::move(item));
        for (FuncId f : p_.traits[d.index].methods) func(f, "method", at, out);
        break;
      case DeclKind::Const:
        item.symbol = sym(SymKind::Const, d.index);
        item.kind = "const";
        item.signature = "const " + item.name + ": " + type_name(p_.consts[d.index].type);
        item.type_json = "{\"type\":";
        quote_json(item.type_json, type_name(p_.consts[d.index].type));
        item.type_json += '}';
        out.push_back(std::move(item));
        break;
      case DeclKind::TypeAlias:
        item.symbol = sym(SymKind::Alias, d.index);
        item.kind = "type";
        item.signature = "type " + item.name + generics(p_.aliases[d.index].type_params) + " = " +
                         type_name(p_.aliases[d.index].type);
        out.push_back(std::move(item));
        break;
      case DeclKind::Capability:
        item.symbol = sym(SymKind::Capability, +decl_id);
        item.kind = "capability";
        item.signature = "capability " + item.name;
        out.push_back(std::move(item));
        break;
      case DeclKind::Test:
        item.symbol = sym(SymKind::Test, d.index);
        item.kind = "test";
        item.signature = "test \"" + item.name + "\"";
        out.push_back(std::move(item));
        break;
      default: break;
    }
  }
  for (ImplId i : m.impls) impl(i, out);
  return out;
}

// ---- the text of a type

namespace {

struct ShapeReader {
  std::string_view text;
  size_t at = 0;
  std::string out = {};
  std::vector<std::string_view> seen = {};
  std::string why = {};
  int depth = 0;

  void blanks() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n')) ++at;
  }
  bool eat(std::string_view s) {
    blanks();
    if (!text.substr(at).starts_with(s)) return false;
    at += s.size();
    return true;
  }
  bool fail(const char* what) {
    if (why.empty()) why = what;
    return false;
  }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  // T, U, K1: a parameter of types, whatever its name.
  static bool is_variable(std::string_view w) {
    return w[0] >= 'A' && w[0] <= 'Z' && (w.size() == 1 || (w.size() == 2 && w[1] >= '0' && w[1] <= '9'));
  }

  bool list(std::string_view close) {
    if (eat(close)) return out += close, true;
    do {
      if (!type()) return false;
      if (eat(close)) return out += close, true;
      if (!eat(",")) return fail("a `,` or the closing bracket belongs here");
      out += ',';
    } while (true);
  }
  // `E!T` and `!T` are a failure and a type; which failure is not looked at.
  bool result() {
    blanks();
    size_t begin = at;
    size_t word = at;
    while (word < text.size() && is_word(text[word])) ++word;
    if (word < text.size() && text[word] == '!') {
      at = word + 1;
      out += '!';
    } else at = begin;
    return type();
  }
  bool type() {
    if (++depth > 64) return fail("this nests too deep");
    bool good = one();
    --depth;
    return good;
  }
  bool one() {
    if (eat("?")) return out += '?', type();
    if (eat("[")) {
      out += '[';
      blanks();
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') out += text[at++];
      if (!eat("]")) return fail("`]` belongs here");
      out += ']';
      return type();
    }
    if (eat("(")) {
      out += '(';
      if (eat(")")) {
        out.pop_back();
        out += "void";
        return true;
      }
      return list(")");
    }
    blanks();
    size_t begin = at;
    while (at < text.size() && is_word(text[at])) ++at;
    std::string_view word = text.substr(begin, at - begin);
    if (word.empty()) return fail("a type belongs here");
    if (word == "mut") return type();
    if (word == "func") {
      if (!eat("(")) return fail("`(` belongs here");
      out += "func(";
      if (!list(")")) return false;
      out += "->";
      if (eat("->")) return result();
      out += "void";
      return true;
    }
    if (word == "dyn") {
      out += "dyn";
      return type();
    }
    if (word == "string") word = "String";
    if (is_variable(word)) {
      size_t i = static_cast<size_t>(std::find(seen.begin(), seen.end(), word) - seen.begin());
      if (i == seen.size()) seen.push_back(word);
      out += "$" + std::to_string(i);
      return true;
    }
    if (size_t dot = word.rfind('.'); dot != std::string_view::npos) word = word.substr(dot + 1);
    out += word;
    if (eat("[")) {
      out += '[';
      return list("]");
    }
    return true;
  }
};

}  // namespace

bool shape_of_text(std::string_view text, int64_t& shape, std::string& why, size_t& place) {
  ShapeReader r{text};
  bool good = true;
  // Parameters; then `->` and the result. A lone `func(…) -> …` would be read as a parameter: it must be followed by
  // more.
  if (!r.eat("->")) {
    do {
      good = r.type();
      if (good && r.eat(",")) r.out += ',';
      else break;
    } while (true);
    if (good && !r.eat("->")) {
      r.blanks();
      if (r.at < text.size()) good = r.fail("`,` or `->` belongs here");
      else {
        r.out += "->void";
        shape = hash_text(r.out);
        return true;
      }
    }
  }
  if (good) {
    r.out += "->";
    good = r.result();
    r.blanks();
    if (good && r.at < text.size()) good = r.fail("the type ends before this");
  }
  if (!good) return why = r.why, place = r.at, false;
  shape = hash_text(r.out);
  return true;
}

}   // namespace janus
