// cmd_doc_name.cpp: `janus doc NAME`: signature, effects and docs of a declaration, from the ASTDB.
// Depends on doc_name.h, knowledge.h, cache.h, frontend/resolve.h (names that are handed on).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/cache.h"
#include "cli/doc_name.h"
#include "cli/interrupt.h"
#include "cli/knowledge.h"
#include "frontend/resolve.h"
#include "frontend/text_width.h"

namespace janus {
namespace {

struct NameShower {
  Context& context;
  Target target = {};
  Knowledge knowledge = {};
  bool whole_std = false;   // what is open has all of the standard library, and nothing else
  std::vector<std::string> known = {};   // all names that were looked at, for suggestions
  std::string text = {};

  Console& console() { return context.console; }
  AstDb& db() { return *knowledge.db; }
  std::string styled(std::string_view what, const char* code) {
    return console().color_out() ? std::string("\x1b[") + code + "m" + std::string(what) + "\x1b[0m"
                                 : std::string(what);
  }
  void line(std::string_view what = "") { text += what, text += '\n'; }

  int open() {
    std::string around;
    if (!find_package("", around)) return open_std();
    if (int failure = find_target(context, "", Purpose::Modules, target)) return failure;
    Progress progress(console(), context.timing);
    return refresh(context, target, false, knowledge);
  }
  // The whole standard library, imported or not. It changes with janus alone, so its rows are kept in the cache.
  int open_std() {
    whole_std = true;
    target = {};
    target.load.profile = Profile::Service;
    target.load.all_std = true;
    std::string cache = cache_folder(), why;
    if (!cache.empty() && !getenv("JANUS_STD_DIR") && make_folders(cache, why) && write_cache_tag(cache, why))
      target.database = join_path(cache, "std.sqlite");
    knowledge = {};
    Progress progress(console(), context.timing);
    return refresh(context, target, false, knowledge);
  }

  std::vector<RowId> find(const std::string& name) {
    std::vector<RowId> ids = db().find_decls_named(name);
    return ids.empty() ? find_handed_on(name) : ids;
  }
  // `std.http.get`: a name that a module hands on by `pub import`. Rows know only where it was declared, so the imports
  // are looked at.
  std::vector<RowId> find_handed_on(const std::string& name) {
    if (name.find('.') == std::string::npos) return {};
    Compilation* c = knowledge.compilation;
    if (!c) {
      c = knowledge.compilation = new Compilation;   // the process ends soon
      c->check(context.disk, target.load, {}, {});
    }
    Program& p = c->program;
    for (size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
      std::string module = name.substr(0, dot), rest = name.substr(dot + 1), first = rest.substr(0, rest.find('.'));
      NameId wanted = p.names.find(first);
      if (is_none(wanted)) continue;
      for (uint32_t m = 0; m < p.modules.size(); ++m) {
        std::string_view path = p.names.text(p.modules[m]->path);
        if (path != module && !path.ends_with("." + module)) continue;
        bool is_private = false;
        DeclId found = lookup_in_module(p, ModuleId(m), wanted, &is_private);
        if (is_none(found) || is_private || is_none(p.decls[+found].module)) continue;
        const Decl& d = p.decls[+found];
        std::string declared(p.names.text(p.modules[+d.module]->path));
        if (d.kind != DeclKind::Module) declared += "." + std::string(p.names.text(d.name));
        if (std::vector<RowId> ids = db().find_decls_named(declared + rest.substr(first.size())); !ids.empty())
          return ids;
      }
    }
    return {};
  }

  std::string place(const DeclRow& d) {
    FileRow file;
    db().find_file(d.file, file);
    std::string path = file.is_std || target.package.empty() || target.package == "."
                           ? file.path
                           : join_path(target.package, file.path);
    return path + ":" + std::to_string(d.line);
  }

  // "func Cart.add(mut self)": a method with its type before its name.
  std::string signature(const DeclRow& d) {
    if (d.kind != "method" || !d.signature.starts_with("func ")) return d.signature;
    size_t dot = d.path.rfind('.');
    size_t before = dot == std::string::npos || dot == 0 ? std::string::npos : d.path.rfind('.', dot - 1);
    size_t begin = before == std::string::npos ? 0 : before + 1;
    return dot == std::string::npos ? d.signature
                                    : "func " + d.path.substr(begin, dot - begin) + "." + d.signature.substr(5);
  }

  std::string effect_sentence(RowId decl, const char* kind, const std::vector<EffectRow>& rows, const char* shown) {
    for (const EffectRow& e : rows) {
      if (e.kind != kind) continue;
      DeclRow via;
      if (e.via && e.via != decl && db().find_decl(e.via, via))
        return std::string(shown) + styled(" (through " + via.path + ")", "2");
      return shown;
    }
    return "";
  }

  void indented(std::string_view body, const char* by) {
    bool code = false;
    while (!body.empty()) {
      size_t end = body.find('\n');
      std::string_view one = body.substr(0, end);
      body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
      bool fence = one.starts_with("```");
      if (fence) code = !code;
      line(one.empty() ? std::string() : by + (code || fence ? styled(one, "36") : std::string(one)));
    }
  }

  void show(const DeclRow& d) {
    line(styled((d.is_pub ? "pub " : "") + signature(d), "1") + "   " + styled(place(d), "2"));
    DocRow doc;
    if (db().find_doc(d.id, doc)) {
      line();
      indented(doc.summary, "  ");
      if (!doc.body_md.empty()) line(), indented(doc.body_md, "  ");
    }
    members(d);
    impls(d);
    tags(d);
    std::vector<EffectRow> rows = db().effects_of(d.id);
    std::vector<std::string> says;
    static constexpr const char* kinds[][2] = {{"may_suspend", "may wait"}, {"may_block", "may block a thread"},
                                               {"spawns", "starts tasks"},  {"raises_budget", "raises the budget"},
                                               {"calls_ffi", "calls C"},    {"may_panic", "may panic"},
                                               {"allocates", "allocates"}};
    for (auto [kind, shown] : kinds)
      if (std::string s = effect_sentence(d.id, kind, rows, shown); !s.empty()) says.push_back(s);
    std::string needs, fails;
    for (const EffectRow& e : rows) {
      if (e.kind == "requires") needs += (needs.empty() ? "" : ", ") + e.name;
      if (e.kind == "fails_with") fails += (fails.empty() ? "" : ", ") + e.name;
    }
    if (!fails.empty() || !needs.empty() || !says.empty()) line();
    if (!fails.empty()) line("  " + styled("fails with", "1") + " " + fails);
    if (!needs.empty()) line("  " + styled("needs", "1") + " " + needs);
    if (!says.empty()) {
      std::string all;
      for (const std::string& s : says) all += (all.empty() ? "" : ", ") + s;
      line("  " + styled("effects", "1") + " " + all);
    }
  }

  void tags(const DeclRow& d) {
    std::vector<DocTagRow> all = db().tags_of(d.id);
    std::erase_if(all, [](const DocTagRow& t) { return t.tag == "link" || t.tag == "example"; });   // the body has them
    size_t width = 0;
    for (const DocTagRow& t : all) width = std::max(width, t.tag.size() + (t.name.empty() ? 0 : t.name.size() + 1));
    width = std::min<size_t>(width, 28);
    bool first = true;
    for (const DocTagRow& t : all) {
      if (first) line(), first = false;
      std::string head = t.tag + (t.name.empty() ? "" : " " + t.name);
      std::string shown = t.text;
      std::replace(shown.begin(), shown.end(), '\n', ' ');
      line("  " + styled(head, "1") + std::string(head.size() < width ? width - head.size() : 0, ' ') + "  " + shown);
    }
  }

  // Fields and variants of a type, methods of a trait, and the methods of all impls of a type.
  void members(const DeclRow& d) {
    if (!has_members(d)) return;
    std::string sql =
        "SELECT id FROM decl WHERE id BETWEEN ?1 AND ?2 AND parent = ?3 UNION ALL "
        "SELECT m.id FROM decl i JOIN decl m ON m.parent = i.id AND m.file = i.file WHERE ?4 AND i.kind = 'impl' AND i.name = ?5 AND (m.is_pub OR i.file = ?6)";
    SqlValue values[6];
    int64_t numbers[6] = {
        d.file << kFileShift, (d.file + 1) << kFileShift, d.id, d.kind == "struct" || d.kind == "enum", 0, d.file};
    for (int i = 0; i < 6; ++i) values[i].kind = SqlValue::Integer, values[i].integer = numbers[i];
    values[4].kind = SqlValue::Text;
    values[4].text = d.name;
    list(sql, values);
  }
  // The impls of a type or trait of which something is said.
  void impls(const DeclRow& d) {
    if (!has_members(d)) return;
    bool trait = d.kind == "trait";
    SqlValue value;
    std::string wanted = trait ? "impl " + d.name + " for " : d.name;
    value.kind = SqlValue::Text;
    value.text = wanted;
    list(std::string("SELECT i.id FROM decl i JOIN doc ON doc.decl = i.id WHERE i.kind = 'impl' AND ") +
             (trait ? "substr(i.signature, 1, length(?1))" : "i.name") + " = ?1 ORDER BY i.id",
         std::span(&value, 1));
  }
  static bool has_members(const DeclRow& d) {
    return d.kind == "struct" || d.kind == "enum" || d.kind == "error" || d.kind == "trait";
  }

  // Declarations, a line each: the signature, and the first sentence of what is said of it.
  void list(const std::string& sql, std::span<const SqlValue> values) {
    std::vector<RowId> ids;
    std::string why;
    db().select(
        sql, values,
        [&](std::span<const SqlValue> r) {
          ids.push_back(r[0].integer);
          return true;
        },
        why);
    std::vector<DeclRow> rows;
    for (RowId id : ids)
      if (DeclRow m; db().find_decl(id, m)) rows.push_back(std::move(m));
    if (rows.empty()) return;
    line();
    size_t width = 0;
    for (const DeclRow& m : rows) width = std::max<size_t>(width, text_width(m.signature));
    width = std::min<size_t>(width, 56);
    for (const DeclRow& m : rows) {
      DocRow doc;
      std::string said = db().find_doc(m.id, doc) ? doc.summary : "";
      std::replace(said.begin(), said.end(), '\n', ' ');
      size_t used = text_width(m.signature);
      line("  " + m.signature +
           (said.empty() ? "" : std::string(used < width ? width - used : 0, ' ') + "  " + styled(said, "2")));
    }
  }

  void json(const DeclRow& d) {
    JsonText object = console().json_object("declaration");
    FileRow file;
    db().find_file(d.file, file);
    object.field("path", file.path)
        .field("line", d.line)
        .field("kind", d.kind)
        .field("name", d.name)
        .field("full_name", d.path)
        .field("signature", d.signature)
        .field("pub", d.is_pub);
    object.field("cid", cid_text(d.cid));
    DocRow doc;
    if (db().find_doc(d.id, doc)) object.field("summary", doc.summary).field("body", doc.body_md);
    object.array("tags");
    for (const DocTagRow& t : db().tags_of(d.id))
      object.object().field("tag", t.tag).field("name", t.name).field("text", t.text).close();
    object.close();
    object.array("effects");
    for (const EffectRow& e : db().effects_of(d.id)) {
      object.object().field("kind", e.kind);
      if (!e.name.empty()) object.field("name", e.name);
      if (DeclRow via; e.via && db().find_decl(e.via, via)) object.field("via", via.path);
      object.close();
    }
    object.close();
    console().json(object);
  }

  void keep_names() {
    std::string why;
    db().select(
        "SELECT DISTINCT name FROM decl WHERE kind NOT IN ('impl', 'test')", {},
        [&](std::span<const SqlValue> r) {
          known.push_back(std::string(r[0].text));
          return true;
        },
        why);
  }
  int unknown(const std::string& name) {
    std::vector<std::string_view> views(known.begin(), known.end());
    size_t dot = name.rfind('.');
    std::string_view last = dot == std::string::npos ? std::string_view(name) : std::string_view(name).substr(dot + 1);
    std::string_view near = nearest_name(last, views);
    return console().fail(kFailed, "nothing is called `" + name + "`",
                          near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  }

  int run(const std::string& name) {
    std::vector<RowId> ids = find(name);
    bool renamed = false;
    if (ids.empty()) {
      ids = db().find_renamed(name);
      renamed = !ids.empty();
    }
    if (ids.empty()) keep_names();
    if (ids.empty() && !whole_std) {
      if (int failure = open_std()) return failure;
      return run(name);
    }
    std::vector<DeclRow> rows;
    for (RowId id : ids)
      if (DeclRow d; db().find_decl(id, d) && d.kind != "impl" && d.kind != "test") rows.push_back(std::move(d));
    // A module stands behind everything else of its name; what is exactly called so, before what only ends in it.
    std::sort(rows.begin(), rows.end(), [&](const DeclRow& a, const DeclRow& b) {
      auto rank = [&](const DeclRow& d) {
        return (d.path == name ? 0 : 1) + (d.path.starts_with("std.") ? 8 : 0) +
               (d.kind == "field" || d.kind == "variant" ? 2 : 0) + (d.kind == "module" ? 4 : 0);
      };
      return rank(a) != rank(b) ? rank(a) < rank(b) : a.id < b.id;
    });
    if (rows.empty()) return unknown(name);
    if (renamed) console().say("note: `" + name + "` is called `" + rows[0].path + "` now");
    if (console().is_json()) {
      for (const DeclRow& d : rows) json(d);
      return kDone;
    }
    if (rows[0].path == name && rows.size() > 1 && rows[1].path != name) rows.resize(1);
    constexpr size_t kShownWhole = 4;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i) line();
      if (rows.size() <= kShownWhole) show(rows[i]);
      else {
        DocRow doc;
        line(styled(signature(rows[i]), "1") + "   " + styled(place(rows[i]), "2"));
        if (db().find_doc(rows[i].id, doc)) indented(doc.summary, "  ");
      }
      if (i == 40 && i + 1 < rows.size()) {
        line("\n… and " + std::to_string(rows.size() - i - 1) + " more");
        break;
      }
    }
    console().out(text);
    if (rows.size() > kShownWhole) console().say("for one of them: janus doc " + rows[0].path);
    return kDone;
  }
};

}   // namespace

bool is_doc_name(const std::string& word) {
  if (word.empty() || word.find('/') != std::string::npos || word.ends_with(".jan") || word.ends_with(".jans") ||
      word == "-" || word == "." || word == "..")
    return false;
  if (is_file(word) || is_folder(word)) return false;
  for (char c : word) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                static_cast<unsigned char>(c) >= 0x80;
    if (!good) return false;
  }
  return true;
}

int show_doc_of(Context& context, const std::string& name) {
  guard_interrupts();
  NameShower shower{context};
  if (int failure = shower.open()) return failure;
  int code = shower.run(name);
  if (context.args.has(Opt::TimeReport)) context.timing.show(context.console);
  return code;
}

}   // namespace janus
