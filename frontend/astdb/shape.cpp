// shape.cpp: the shape of a function, for sig('…'): its type as canonical text, hashed; and the same of a text that
// somebody writes. Depends on describe.h. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/astdb/describe.h"

namespace janus {
namespace {

// FNV-1a: a shape is looked up, never trusted; equal numbers of different shapes would show one line too many.
int64_t hash_text(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3ull;
  return static_cast<int64_t>(h ? h : 1);
}

}  // namespace

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
