// query.cpp: from words to a WHERE.
// Depends on query.h, describe.h (shapes), sqlite.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/query.h"

#include <algorithm>
#include <cstring>

#include "frontend/astdb/describe.h"
#include "frontend/astdb/sqlite.h"
#include "frontend/doc_text.h"
#include "frontend/effects.h"

namespace janus {
namespace {

enum class P : uint8_t {
  Pub,
  Func,
  Struct,
  Enum,
  Error,
  Trait,
  Impl,
  Const,
  Type,
  Capability,
  Test,
  Field,
  Variant,
  Method,
  Module,
  HasDoc,
  HasDoctest,
  MissingDoc,
  MissingParamDoc,
  MissingReturnsDoc,
  MissingErrorDoc,
  IsDeprecated,
  IsRecursive,
  IsGeneric,
  CanFail,
  MaySuspend,
  MayBlock,
  MayPanic,
  Allocates,
  Spawns,
  RaisesBudget,
  CallsFfi,
  Unused,
  Name,
  DocContains,
  Tag,
  Requires,
  FailsWith,
  Calls,
  CalledBy,
  In,
  ProfileIs,
  CidIs,
  ParamType,
  Returns,
  LineCount,
  Sig,
};

constexpr PredicateInfo kPredicates[] = {
    {"pub", "", "visible to other files"},
    {"func", "", "functions, methods too"},
    {"struct", "", ""},
    {"enum", "", ""},
    {"error", "", ""},
    {"trait", "", ""},
    {"impl", "", ""},
    {"const", "", ""},
    {"type", "", "other names of types"},
    {"capability", "", ""},
    {"test", "", ""},
    {"field", "", ""},
    {"variant", "", "of enums and errors"},
    {"method", "", ""},
    {"module", "", "files"},
    {"has_doc", "", ""},
    {"has_doctest", "", ""},
    {"missing_doc", "", "public, without a doc comment"},
    {"missing_param_doc", "", "a parameter without @param"},
    {"missing_returns_doc", "", "a result without @returns"},
    {"missing_error_doc", "", "an error without @error"},
    {"is_deprecated", "", ""},
    {"is_recursive", "", "calls itself, directly or through others"},
    {"is_generic", "", ""},
    {"can_fail", "", ""},
    {"may_suspend", "", "may wait for another task, a channel, the clock"},
    {"may_block", "", "may occupy a thread"},
    {"may_panic", "", ""},
    {"allocates", "", ""},
    {"spawns", "", "starts tasks"},
    {"raises_budget", "", ""},
    {"calls_ffi", "", "calls C"},
    {"unused", "", "private, and named nowhere"},
    {"name", "'glob*'", "the name or the whole path"},
    {"doc_contains", "'text'", ""},
    {"tag", "'since'", "has that tag in its docs"},
    {"requires", "'CapNetConnect'", "needs that capability"},
    {"fails_with", "'UserError.NotFound'", "can fail with it; `UserError` is any of them"},
    {"calls", "'f'", "calls a function of that name"},
    {"called_by", "'f'", "is called by it"},
    {"in", "'module.*'", "stands in such a module"},
    {"profile", "'core'", ""},
    {"cid", "'blake3:…'", "has that content id; its beginning is enough"},
    {"param_type", "'[]T'", "has a parameter of that type"},
    {"returns", "'i64'", ""},
    {"line_count", "> 50", "how many lines it covers"},
    {"sig", "'[]T, func(T) -> U -> []U'", "parameters, and result; T and U are any types"},
};
// Predicates speak of a row `d` of item, in the file `f`. Its path is that of the view `decl`.
constexpr std::string_view kWholePath =
    "CASE d.kind WHEN 'module' THEN f.module ELSE f.prefix || coalesce(d.inner, d.name) END";
static_assert(std::size(kPredicates) == static_cast<size_t>(P::Sig) + 1);

// How often `and`, `or`, `not` and brackets may nest; SQLite's own limit is 1000.
constexpr int kMaxDepth = 200;
constexpr size_t kMaxTerms = 400;

struct Compiler {
  AstDb& db;
  std::string_view text;
  CompiledQuery& out;
  QueryError& error;
  size_t at = 0;
  int depth = 0;
  size_t terms = 0;

  bool fail(size_t lo, size_t hi, std::string why, std::string hint = "") {
    if (error.why.empty()) error = {std::move(why), std::move(hint), lo, hi};
    return false;
  }
  void blanks() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
  }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  std::string_view word_at() {
    blanks();
    size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    return text.substr(at, end - at);
  }
  std::string bind(std::string value) {
    out.bound.push_back(std::move(value));
    return "?" + std::to_string(out.bound.size());
  }
  static std::string like_text(std::string_view s) {
    std::string t = "%";
    for (char c : s) {
      if (c == '%' || c == '_' || c == '\\') t += '\\';
      t += c;
    }
    return t + "%";
  }

  bool any(std::string& sql) {   // a or b
    if (++depth > kMaxDepth) return fail(at, at + 1, "this nests too deep");
    if (!all(sql)) return false;
    while (word_at() == "or") {
      at += 2;
      std::string right;
      if (!all(right)) return false;
      sql = "(" + sql + " OR " + right + ")";
    }
    --depth;
    return true;
  }
  bool all(std::string& sql) {   // a and b; a b
    if (!one(sql)) return false;
    while (true) {
      std::string_view word = word_at();
      if (word == "or" || at >= text.size() || text[at] == ')') return true;
      if (word == "and") at += 3;
      std::string right;
      if (!one(right)) return false;
      sql = "(" + sql + " AND " + right + ")";
    }
  }
  bool one(std::string& sql) {
    if (++terms > kMaxTerms) return fail(at, at + 1, "a query has at most " + std::to_string(kMaxTerms) + " words");
    std::string_view word = word_at();
    if (word == "not") {
      at += 3;
      if (++depth > kMaxDepth) return fail(at, at + 1, "this nests too deep");
      if (!one(sql)) return false;
      --depth;
      sql = "(NOT " + sql + ")";
      return true;
    }
    if (at < text.size() && text[at] == '(') {
      size_t open = at++;
      if (!any(sql)) return false;
      blanks();
      if (at >= text.size() || text[at] != ')') return fail(open, open + 1, "this bracket is not closed");
      ++at;
      return true;
    }
    if (word.empty()) {
      if (at >= text.size())
        return fail(at, at, terms == 1 ? "the query is empty" : "a predicate belongs here",
                    "for example: pub func and not has_doc");
      return fail(at, at + 1, "a predicate belongs here", "for example: pub func and not has_doc");
    }
    return predicate(word, sql);
  }

  bool predicate(std::string_view word, std::string& sql) {
    size_t lo = at, hi = at + word.size();
    size_t index = 0;
    while (index < std::size(kPredicates) && kPredicates[index].name != word) ++index;
    if (index == std::size(kPredicates)) return unknown(word, lo, hi);
    at = hi;
    const PredicateInfo& info = kPredicates[index];
    std::string argument, second;
    size_t arg_lo = 0, arg_hi = 0;
    bool has_second = false;
    blanks();
    bool open = at < text.size() && text[at] == '(';
    if (!info.argument[0]) {
      // `pub (a or b)`: a bracket behind a word begins the next part.
    } else {
      std::string example = "write " + std::string(info.name) + "(" + info.argument + ")";
      if (!open) return fail(lo, hi, "`" + std::string(word) + "` takes an argument", example);
      ++at;
      blanks();
      arg_lo = at;
      if (P(index) == P::LineCount) {
        while (at < text.size() && text[at] != ')') argument += text[at++];
      } else if (!quoted(argument, example)) return false;
      arg_hi = at;
      blanks();
      if (at < text.size() && text[at] == ',' && P(index) == P::Tag) {
        ++at;
        blanks();
        if (!quoted(second, example)) return false;
        has_second = true;
        blanks();
      }
      if (at >= text.size() || text[at] != ')')
        return fail(lo, std::min(at + 1, text.size()), "`)` is missing", example);
      ++at;
    }
    return emit(P(index), argument, arg_lo, arg_hi, has_second ? &second : nullptr, sql);
  }

  bool quoted(std::string& value, const std::string& example) {
    char quote = at < text.size() ? text[at] : '\0';
    if (quote != '\'' && quote != '"')
      return fail(at, std::min(at + 1, text.size()), "a text in quotes belongs here", example);
    size_t begin = at++;
    while (at < text.size() && text[at] != quote) value += text[at++];
    if (at >= text.size()) return fail(begin, text.size(), "this quote is not closed");
    ++at;
    return true;
  }

  bool unknown(std::string_view word, size_t lo, size_t hi) {
    std::vector<std::string_view> names{"and", "or", "not"};
    for (const PredicateInfo& info : kPredicates) names.push_back(info.name);
    std::string hint;
    std::string_view near = nearest_name(word, names);
    std::vector<std::string> list;
    if (!near.empty()) list.push_back(std::string(near));
    for (std::string_view n : names) {   // words that share a part with it: missing_docs, doc, param
      if (list.size() >= 4) break;
      if (word.size() >= 3 && n != near &&
          (n.find(word) != std::string_view::npos || word.find(n) != std::string_view::npos) && n.size() > 2)
        list.push_back(std::string(n));
    }
    for (size_t i = 0; i < list.size(); ++i)
      hint += (i == 0 ? "did you mean `" : i + 1 == list.size() ? " or `" : ", `") + list[i] + "`";
    if (!hint.empty()) hint += "?";
    else hint = "janus query --help lists the predicates; a name is asked for with name('" + std::string(word) + "')";
    return fail(lo, hi, "there is no predicate `" + std::string(word) + "`", hint);
  }

  static std::string bits(const char* column, int n) {
    return std::string("(d.") + column + " & " + std::to_string(n) + ") <> 0";
  }
  static std::string has_tag(const char* tag) {
    return std::string("EXISTS (SELECT 1 FROM doc_tag g WHERE g.decl = d.id AND g.tag = '") + tag + "')";
  }

  // Ids of the functions that `name` means.
  bool targets(const std::string& name, size_t lo, size_t hi, std::string& ids) {
    std::vector<RowId> found = db.find_decls_named(name);
    ids.clear();
    for (RowId id : found) ids += (ids.empty() ? "" : ",") + std::to_string(id);
    if (!found.empty()) return true;
    std::vector<std::string> all;
    std::string why;
    db.select(
        "SELECT DISTINCT name FROM decl WHERE kind IN ('func', 'method')", {},
        [&](std::span<const SqlValue> row) {
          all.push_back(std::string(row[0].text));
          return true;
        },
        why);
    std::vector<std::string_view> views(all.begin(), all.end());
    size_t dot = name.rfind('.');
    std::string_view near =
        nearest_name(dot == std::string::npos ? std::string_view(name) : std::string_view(name).substr(dot + 1), views);
    return fail(lo, hi, "there is no function `" + name + "`",
                near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  }

  std::vector<std::string> column(const char* sql, std::span<const SqlValue> bound = {}) {
    std::vector<std::string> all;
    std::string why;
    db.select(
        sql, bound,
        [&](std::span<const SqlValue> row) {
          all.push_back(std::string(row[0].text));
          return true;
        },
        why);
    return all;
  }
  // A word that nothing is called by would answer "nothing found" for ever, in CI too. `known` are those that there
  // are.
  bool must_be(const std::string& a, const std::vector<std::string>& known, const char* what, size_t lo, size_t hi) {
    if (std::find(known.begin(), known.end(), a) != known.end()) return true;
    std::vector<std::string_view> views(known.begin(), known.end());
    std::string_view near = nearest_name(a, views);
    return fail(lo, hi, std::string("there is no ") + what + " `" + a + "`",
                near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  }
  bool capability(const std::string& a, size_t lo, size_t hi) {
    std::vector<std::string> known = column("SELECT DISTINCT name FROM item WHERE kind = 'capability'");
    for (std::string_view name : builtin_capability_names()) known.emplace_back(name);
    return must_be(a, known, "capability", lo, hi);
  }
  // An error, a variant of one, or one that is declared nowhere (`fail EmptyUrl`).
  bool failure(const std::string& a, size_t lo, size_t hi) {
    std::vector<std::string> known = column(
        "SELECT name FROM item WHERE kind = 'error' UNION SELECT e.name || '.' || v.name FROM item v JOIN item e ON e.id = v.parent WHERE v.kind = 'variant' AND e.kind = 'error'");
    if (std::find(known.begin(), known.end(), a) != known.end()) return true;
    std::string written = "[\"fails_with\",\"" + a + "\"";
    SqlValue bound[1];
    bound[0].kind = SqlValue::Text;
    bound[0].text = written;
    if (!column("SELECT 'yes' FROM fact WHERE instr(effects, ?1) LIMIT 1", bound).empty()) return true;
    return must_be(a, known, "error", lo, hi);
  }

  bool emit(P p, const std::string& a, size_t lo, size_t hi, const std::string* second, std::string& sql) {
    const char* name = kPredicates[static_cast<size_t>(p)].name;
    static const std::string documentable =
        "d.kind IN ('func', 'method', 'struct', 'enum', 'error', 'trait', 'const', 'type', 'capability')";
    switch (p) {
      case P::Pub: sql = "d.is_pub"; break;
      case P::Func: sql = "d.kind IN ('func', 'method')"; break;
      case P::Struct:
      case P::Enum:
      case P::Error:
      case P::Trait:
      case P::Impl:
      case P::Const:
      case P::Type:
      case P::Capability:
      case P::Test:
      case P::Field:
      case P::Variant:
      case P::Method:
      case P::Module: sql = std::string("d.kind = '") + name + "'"; break;
      case P::HasDoc: sql = "EXISTS (SELECT 1 FROM doc WHERE doc.decl = d.id)"; break;
      case P::HasDoctest:
        sql = "EXISTS (SELECT 1 FROM doctest t WHERE t.id BETWEEN d.id * 256 AND d.id * 256 + 255)";
        break;
      case P::MissingDoc:
        sql = "(d.is_pub AND " + documentable +
              " AND (d.traits & 128) = 0 AND NOT EXISTS (SELECT 1 FROM doc WHERE doc.decl = d.id))";
        break;
      case P::MissingParamDoc:
        // Most have no @param at all, and what parameters there are is seen in the text, without taking it apart:
        // `{"params":[]` when there are none; one besides self begins with `],["`.
        sql =
            "(d.kind IN ('func', 'method') AND substr(d.type_json, 11, 2) <> '[]' AND "
            "(instr(d.type_json, '\",\"self\"') = 0 OR instr(d.type_json, '],[\"')) AND (NOT " +
            has_tag("param") +
            " OR EXISTS (SELECT 1 FROM json_each(d.type_json, '$.params') p WHERE p.value ->> 1 <> 'self' AND "
            "NOT EXISTS (SELECT 1 FROM doc_tag g WHERE g.decl = d.id AND g.tag = 'param' AND g.name = p.value ->> 1))))";
        break;
      case P::MissingReturnsDoc:
        sql = "(d.kind IN ('func', 'method') AND instr(d.type_json, '\"result\":\"void\"') = 0 AND NOT " +
              has_tag("returns") + ")";
        break;
      case P::MissingErrorDoc: sql = "((d.traits & 1) <> 0 AND NOT " + has_tag("error") + ")"; break;
      case P::IsDeprecated: sql = has_tag("deprecated"); break;
      case P::IsRecursive: sql = bits("traits", kDeclRecursive); break;
      case P::IsGeneric: sql = bits("traits", kDeclGeneric); break;
      case P::CanFail: sql = bits("traits", kDeclCanFail); break;
      case P::MaySuspend: sql = bits("effects", kMaySuspend); break;
      case P::MayBlock: sql = bits("effects", kMayBlock); break;
      case P::MayPanic: sql = bits("effects", kMayPanic); break;
      case P::Allocates: sql = bits("effects", kAllocates); break;
      case P::Spawns: sql = bits("effects", kMaySpawn); break;
      case P::RaisesBudget: sql = bits("effects", kRaisesBudget); break;
      case P::CallsFfi: sql = bits("effects", kCallsFfi); break;
      case P::Unused:
        sql =
            "(NOT d.is_pub AND (d.traits & 232) = 0 AND d.kind IN ('func', 'method', 'struct', 'enum', 'error', 'trait', 'const') AND d.name NOT LIKE '\\_%' ESCAPE '\\')";
        break;
      case P::Name: {
        std::string n = bind(a);
        sql = "(d.name GLOB " + n + " OR " + std::string(kWholePath) + " GLOB " + n + ")";
        break;
      }
      case P::DocContains: {
        std::string n = bind(like_text(a));
        sql = "+d.id IN (SELECT decl FROM doc WHERE summary LIKE " + n + " ESCAPE '\\' OR body_md LIKE " + n +
              " ESCAPE '\\')";
        break;
      }
      case P::Tag: {
        std::vector<std::string> known = column("SELECT DISTINCT tag FROM doc_tag");
        for (int kind = 0; kind < static_cast<int>(DocTagKind::Unknown); ++kind)
          known.emplace_back(doc_tag_word(static_cast<DocTagKind>(kind)));
        known.emplace_back("link");
        if (!must_be(a, known, "tag", lo, hi)) return false;
        std::string n = bind(a);
        sql = "EXISTS (SELECT 1 FROM doc_tag g WHERE g.decl = d.id AND g.tag = " + n;
        if (second) {
          std::string v = bind(*second);
          sql += " AND (g.name GLOB " + v + " OR g.text GLOB " + v + ")";
        }
        sql += ")";
        break;
      }
      case P::Requires:
        if (!capability(a, lo, hi)) return false;
        sql = "(d.effects >= 65536 AND EXISTS (SELECT 1 FROM fact f WHERE f.decl = d.id AND instr(f.effects, " +
              bind("[\"requires\",\"" + a + "\"") + ")))";
        break;
      case P::FailsWith:
        if (!failure(a, lo, hi)) return false;
        sql = "((d.traits & 1) <> 0 AND EXISTS (SELECT 1 FROM fact f WHERE f.decl = d.id AND (instr(f.effects, " +
              bind("[\"fails_with\",\"" + a + "\"") + ") OR instr(f.effects, " + bind("[\"fails_with\",\"" + a + ".") +
              "))))";
        break;
      case P::Calls: {
        std::string ids;
        if (!targets(a, lo, hi, ids)) return false;
        sql = "+d.id IN (SELECT f.decl FROM fact f WHERE janus_calls(f.decl, f.refs, " + bind(ids) + "))";
        break;
      }
      case P::CalledBy: {
        std::string ids;
        if (!targets(a, lo, hi, ids)) return false;
        sql = "+d.id IN (SELECT f.decl + (r.value ->> 0) FROM fact f, json_each(f.refs) r WHERE f.decl IN (" + ids +
              ") AND r.value ->> 1 IN (1, 2))";
        out.std_too |= false;
        break;
      }
      case P::In: {
        SqlValue pattern[1];
        pattern[0].kind = SqlValue::Text;
        pattern[0].text = a;
        if (column("SELECT 'yes' FROM file WHERE module GLOB ?1 OR module || '.*' = ?1 LIMIT 1", pattern).empty() &&
            !must_be(a, column("SELECT module FROM file UNION SELECT module || '.*' FROM file"), "module", lo, hi))
          return false;
        std::string n = bind(a);
        std::string whole = a.ends_with(".*") ? " OR f.module = " + bind(a.substr(0, a.size() - 2)) : "";
        sql = "(f.module GLOB " + n + whole + ")";
        out.std_too |= a.starts_with("std");
        break;
      }
      case P::ProfileIs: {
        std::vector<std::string_view> known;
        bool good = false;
        for (Profile each : {Profile::Core, Profile::Script, Profile::Service, Profile::Cluster, Profile::Compute,
                             Profile::Sovereign}) {
          known.push_back(profile_name(each));
          good |= a == profile_name(each) || (a.starts_with(":") && a.substr(1) == profile_name(each));
        }
        if (!good) {
          std::string_view near = nearest_name(a, known);
          return fail(lo, hi, "there is no profile `" + a + "`",
                      near.empty() ? "the profiles are core, script, service, cluster, compute, sovereign"
                                   : "did you mean `" + std::string(near) + "`?");
        }
        sql = "f.profile = " + bind(a.starts_with(":") ? a.substr(1) : a);
        break;
      }
      case P::CidIs: {
        std::string hex = a.starts_with("blake3:") ? a.substr(7) : a;
        if (hex.size() < 6 || hex.size() > 64 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
          return fail(lo, hi,
                      "a content id is `blake3:` and 64 hexadecimal digits; the first six or more of them are enough");
        for (char& c : hex)
          if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
        sql = "substr(hex(d.cid), 1, " + std::to_string(hex.size()) + ") = " + bind(hex);
        break;
      }
      case P::ParamType:
      case P::Returns: {
        std::string wanted = p == P::ParamType ? "[\"" + a + "\",\"" : "\"result\":\"" + a + "\"";
        // A glob has its own brackets: those of types are meant as they stand.
        if (a.find('*') == std::string::npos)
          sql = "(d.kind IN ('func', 'method') AND instr(d.type_json, " + bind(wanted) + "))";
        else {
          std::string glob = "*";
          for (char c : wanted)
            glob += c == '[' ? std::string("[[]") : c == '?' ? std::string("[?]") : std::string(1, c);
          sql = "(d.kind IN ('func', 'method') AND d.type_json GLOB " + bind(glob + "*") + ")";
        }
        break;
      }
      case P::LineCount: {
        size_t i = 0;
        while (i < a.size() && a[i] == ' ') ++i;
        std::string op;
        while (i < a.size() && (a[i] == '<' || a[i] == '>' || a[i] == '=' || a[i] == '!')) op += a[i++];
        while (i < a.size() && a[i] == ' ') ++i;
        std::string digits;
        while (i < a.size() && a[i] >= '0' && a[i] <= '9' && digits.size() < 9) digits += a[i++];
        while (i < a.size() && a[i] == ' ') ++i;
        if (op.empty() || op == "==") op = "=";
        if (digits.empty() || i < a.size() ||
            (op != "=" && op != "<" && op != ">" && op != "<=" && op != ">=" && op != "!="))
          return fail(lo, hi, "a comparison with a number belongs here", "write line_count(> 50)");
        sql = "d.lines " + op + " " + digits;
        break;
      }
      case P::Sig: {
        int64_t shape = 0;
        std::string why;
        size_t place = 0;
        if (!shape_of_text(a, shape, why, place))
          return fail(lo + 1 + place, std::min(hi - 1, lo + 2 + place), why,
                      "for example sig('[]T, func(T) -> U -> []U')");
        sql = "d.shape = " + std::to_string(shape);
        out.std_too = true;
        break;
      }
    }
    return true;
  }
};

// janus_calls(decl, refs, "1,2,3"): does the list of refs hold a call of, or a value that is, one of these? The list is
// scanned as text: 100 000 declarations have megabytes of it, and json_each makes a row of every entry.
void janus_calls(sqlite3_context* context, int, sqlite3_value** values) {
  auto* ids = static_cast<std::vector<int64_t>*>(sqlite3_get_auxdata(context, 2));
  if (!ids) {
    ids = new std::vector<int64_t>;
    for (const char* p = reinterpret_cast<const char*>(sqlite3_value_text(values[2])); p && *p;) {
      char* end = nullptr;
      ids->push_back(strtoll(p, &end, 10));
      p = *end == ',' ? end + 1 : end;
    }
    std::sort(ids->begin(), ids->end());
    sqlite3_set_auxdata(context, 2, ids, [](void* p) { delete static_cast<std::vector<int64_t>*>(p); });
  }
  int64_t own = sqlite3_value_int64(values[0]);
  auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[1]));
  const char* end = text ? text + sqlite3_value_bytes(values[1]) : nullptr;
  // [[-12,1,3,4],[…]]: each entry begins with its number less the own, then the kind: 1 a call, 2 a value.
  const char* p = text ? text + 1 : nullptr;
  while (p && p < end && *p == '[') {
    int64_t id = 0;
    bool below = ++p < end && *p == '-';
    for (p += below; p < end && *p >= '0' && *p <= '9'; ++p) id = id * 10 + (*p - '0');
    id = own + (below ? -id : id);
    bool wanted = p + 2 < end && (p[1] == '1' || p[1] == '2') && p[2] == ',';
    if (wanted && (ids->size() == 1 ? (*ids)[0] == id : std::binary_search(ids->begin(), ids->end(), id)))
      return sqlite3_result_int(context, 1);
    p = static_cast<const char*>(std::memchr(p, ']', static_cast<size_t>(end - p)));
    if (p) p += p + 1 < end && p[1] == ',' ? 2 : 1;
  }
  sqlite3_result_int(context, 0);
}

int only_reading(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION:
      return second &&
                     (!strcmp(second, "load_extension") || !strcmp(second, "fts3_tokenizer") || !strcmp(second, "edit"))
                 ? SQLITE_DENY
                 : SQLITE_OK;
    case SQLITE_PRAGMA: {
      // Those that only tell, and only when they are not given a value that sets something.
      for (const char* name : {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "integrity_check",
                               "quick_check", "compile_options", "function_list", "data_version"})
        if (first && !strcmp(first, name)) return SQLITE_OK;
      for (const char* name : {"user_version", "application_id", "page_count", "page_size", "freelist_count"})
        if (first && !strcmp(first, name) && !second) return SQLITE_OK;
      return SQLITE_DENY;
    }
    default: return SQLITE_DENY;
  }
}

}   // namespace

std::span<const PredicateInfo> all_predicates() { return kPredicates; }

bool compile_query(AstDb& db, std::string_view text, CompiledQuery& query, QueryError& error) {
  Compiler c{db, text, query, error};
  if (text.size() > 64 * 1024) return c.fail(0, 1, "a query has at most 64 KiB");
  if (!c.any(query.where)) return false;
  c.blanks();
  if (c.at < text.size())
    return c.fail(c.at, c.at + 1, text[c.at] == ')' ? "this bracket closes nothing" : "this belongs to nothing");
  return true;
}

// Everything behind SELECT …; the values that it binds.
static std::string tail_of(AstDb& db, const CompiledQuery& query, std::vector<SqlValue>& bound) {
  sqlite3_create_function(db.handle(), "janus_calls", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                          nullptr, janus_calls, nullptr, nullptr);
  for (const std::string& text : query.bound) {
    SqlValue v;
    v.kind = SqlValue::Text;
    v.text = text;
    bound.push_back(v);
  }
  // Each declaration is looked at once: an index made for the occasion would cost more.
  sqlite3_exec(db.handle(), "PRAGMA automatic_index = OFF", nullptr, nullptr, nullptr);
  // CROSS JOIN: files outside, each with the range of its declarations: what a file says is asked once. `+d.id IN (…)`
  // in predicates keeps to that: without the plus SQLite would go through the list for every file.
  return std::string(" FROM file f CROSS JOIN item d ON d.id BETWEEN f.id << 20 AND (f.id << 20) + 0xfffff WHERE ") +
         (query.std_too ? "" : "NOT f.is_std AND ") + query.where;
}

bool count_query(AstDb& db, const CompiledQuery& query, size_t& count, std::string& why) {
  std::vector<SqlValue> bound;
  std::string sql = "SELECT count(*)" + tail_of(db, query, bound);
  return db.select(
      sql, bound,
      [&](std::span<const SqlValue> r) {
        count = static_cast<size_t>(r[0].integer);
        return true;
      },
      why);
}

bool run_query(AstDb& db, const CompiledQuery& query, std::vector<Found>& found, std::string& why) {
  std::vector<SqlValue> bound;
  std::string sql = "SELECT d.id, f.path, d.line, d.col, d.kind, d.name, " + std::string(kWholePath) +
                    ", d.signature, d.cid, d.is_pub, f.is_std" + tail_of(db, query, bound);
  bool ok = db.select(
      sql, bound,
      [&](std::span<const SqlValue> r) {
        Found f;
        f.id = r[0].integer, f.path = r[1].text, f.line = static_cast<uint32_t>(r[2].integer),
        f.col = static_cast<uint32_t>(r[3].integer);
        f.kind = r[4].text, f.name = r[5].text, f.full_name = r[6].text, f.signature = r[7].text;
        if (r[8].text.size() == f.cid.size()) std::copy(r[8].text.begin(), r[8].text.end(), f.cid.begin());
        f.is_pub = r[9].integer != 0, f.is_std = r[10].integer != 0;
        found.push_back(std::move(f));
        return true;
      },
      why);
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.is_std != b.is_std ? b.is_std
           : a.path != b.path   ? a.path < b.path
           : a.line != b.line   ? a.line < b.line
           : a.col != b.col     ? a.col < b.col
                                : a.id < b.id;
  });
  return ok;
}

void restrict_to_reading(AstDb& db) {
  // The schema stays trusted: to SQLite 3.40 the JSON functions of `ref` and `effect` are unsafe in a view that is not.
  // What a view of a foreign database may do is bound by the same authorizer.
  sqlite3_exec(db.handle(), "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
  sqlite3_set_authorizer(db.handle(), only_reading, nullptr);
  sqlite3_limit(db.handle(), SQLITE_LIMIT_ATTACHED, 0);
}

}   // namespace janus
