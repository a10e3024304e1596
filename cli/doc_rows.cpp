// doc_rows.cpp: doc comments to rows, with the CIDs of what they document.
// Depends on doc_rows.h, frontend/astdb/cid.h.
// SPDX-License-Identifier: Apache-2.0
//
// doc.cid is that of the declaration when its text was written: a text that stays while the code changes keeps the old
// one, and that is how a stale one is found.
#include "cli/doc_rows.h"

#include <algorithm>
#include <map>

#include "frontend/astdb/cid.h"
#include "frontend/doctest.h"

namespace janus {
namespace {

struct RowKey {
  std::string name, text;
  bool operator<(const RowKey& o) const { return name != o.name ? name < o.name : text < o.text; }
};

// A row, as far as documentation is tied to it. Fields and variants are rows below their declaration.
struct Documented {
  RowId id = 0;   // 0: none
  Cid cid{};
  std::string name;
};
Documented row_of(Program& p, AstDb& db, const DocTarget& t) {
  if (t.kind == DocTarget::Impl) {
    ImplId impl{t.member};
    RowId row = db.impl_row(impl);
    return row == 0 ? Documented{} : Documented{row, db.impl_cid(impl), p.impl_name(impl)};
  }
  if (t.kind == DocTarget::Nothing || is_none(t.decl)) return {};
  RowId row = db.decl_row(t.decl);
  if (row == 0) return {};
  const Decl& d = p.decls[+t.decl];
  if (t.kind == DocTarget::Decl || t.kind == DocTarget::Param) {
    std::string_view name = p.names.text(d.kind == DeclKind::Module ? p.modules[+d.module]->path : d.name);
    if (d.kind == DeclKind::Module) name.remove_prefix(name.rfind('.') + 1);   // all of it when there is no dot
    return {row, db.decl_cid(t.decl), std::string(name)};
  }
  NameId name = NameId::None;
  if (t.kind == DocTarget::Field && d.kind == DeclKind::Struct) name = p.structs[d.index].fields[t.member].name;
  if (t.kind == DocTarget::Variant && d.kind == DeclKind::Enum) name = p.enums[d.index].variants[t.member].name;
  if (t.kind == DocTarget::Variant && d.kind == DeclKind::Error) name = p.tags[+p.errors[d.index].tags[t.member]].name;
  if (is_none(name) || t.inner != 0xffffffffu) return {};
  return {db.member_row(t.decl, t.member),
          member_cid(db.decl_cid(t.decl), t.kind == DocTarget::Field ? "field" : "variant", t.member),
          std::string(p.names.text(name))};
}

// The name in the row of what a comment stands before; "" of what has no code that could change: fields and variants.
std::string name_for_stale(const Program& p, const DocTarget& owner) {
  if (owner.kind == DocTarget::Impl) return p.impl_name(ImplId(owner.member));
  if (owner.kind != DocTarget::Decl) return "";
  const Decl& d = p.decls[+owner.decl];
  return std::string(p.names.text(d.kind == DeclKind::Module ? p.modules[+d.module]->path : d.name));
}

const char* word_of(DoctestMode mode) {
  switch (mode) {
    case DoctestMode::Run: return "run";
    case DoctestMode::NoRun: return "no_run";
    case DoctestMode::Ignore: return "ignore";
    case DoctestMode::Fails: return "fails";
    case DoctestMode::CompileFails: return "compile_fails";
    case DoctestMode::Bad: break;
  }
  return "bad";
}

// The examples of one comment or guide, numbered as the pages number them.
void add_doctests(Compilation& c, const ParsedDoc& doc, const DocText& text, RowId decl, const Cid& of,
                  std::vector<DoctestRow>& out) {
  uint32_t ordinal = 0;
  for (const DocFence& fence : doc.fences) {
    FenceWords words = read_fence_words(fence.info);
    if (!words.is_janus) continue;
    DoctestRow& row = out.emplace_back();
    row.decl = decl;
    row.ordinal = ordinal++;
    row.code = text.text.substr(fence.lo, fence.hi - fence.lo);
    row.cid = member_cid(of, row.code, 0);
    row.mode = word_of(words.mode);
    row.line = c.sources.line_col(fence.span.lo).line;
  }
}

// What stands in the tags and links of a comment, in the order of their rows: use(tag, name, text, span, target).
template <class Use>
void each_tag(const DocComment& comment, Use use) {
  for (size_t i = 0; i < comment.parsed.tags.size(); ++i) {
    const DocTag& t = comment.parsed.tags[i];
    // A version is the tag's name: `tag('since')` finds it, and so does a comparison.
    use(t.kind == DocTagKind::Unknown ? t.word : doc_tag_word(t.kind), t.kind == DocTagKind::Since ? t.text : t.name,
        t.text, t.span, comment.tags[i]);
  }
  for (size_t i = 0; i < comment.parsed.links.size(); ++i)
    if (comment.links[i].kind != DocTarget::Nothing && !comment.parsed.links[i].soft)
      use("link", comment.parsed.links[i].target, "", comment.parsed.links[i].span, comment.links[i]);
}

// Modules whose texts and declarations are as they were, but whose links lead elsewhere now, or to something changed.
std::vector<ModuleId> modules_with_moved_links(Program& p, std::initializer_list<const Docs*> docs, AstDb& db,
                                               const std::vector<uint8_t>& changed) {
  std::map<std::pair<RowId, uint32_t>, std::pair<RowId, Cid>> known;
  std::string why;
  db.select(
      "SELECT decl, ordinal, target_decl, target_cid FROM doc_tag", {},
      [&](std::span<const SqlValue> r) {
        auto& to = known[{r[0].integer, static_cast<uint32_t>(r[1].integer)}];
        to.first = r[2].integer;
        if (r[3].text.size() == to.second.size()) std::copy(r[3].text.begin(), r[3].text.end(), to.second.begin());
        return true;
      },
      why);
  std::vector<uint8_t> moved(p.modules.size(), 0);
  for (const Docs* some : docs)
    for (const DocComment& comment : some->comments) {
      if (is_none(comment.module) || changed[+comment.module] || moved[+comment.module]) continue;
      if (comment.owner.kind == DocTarget::Nothing) continue;
      RowId decl = row_of(p, db, comment.owner).id;
      uint32_t ordinal = 0;
      if (decl == 0) continue;
      each_tag(comment, [&](const auto&, const auto&, const auto&, Span, const DocTarget& target) {
        Documented to = row_of(p, db, target);
        auto it = known.find({decl, ordinal++});
        if (it == known.end() || it->second.first != to.id || (to.id && it->second.second != to.cid))
          moved[+comment.module] = 1;
      });
    }
  std::vector<ModuleId> modules;
  for (size_t m = 0; m < moved.size(); ++m)
    if (moved[m]) modules.push_back(static_cast<ModuleId>(m));
  return modules;
}

}  // namespace

void store_docs(Compilation& c, std::initializer_list<const Docs*> docs, AstDb& db, const StoreResult& stored) {
  Program& p = c.program;
  std::vector<uint8_t> changed(p.modules.size(), 0);
  for (ModuleId m : stored.changed)
    if (+m < changed.size()) changed[+m] = 1;
  std::vector<ModuleId> modules = stored.changed;
  if (stored.files_same)
    for (ModuleId m : modules_with_moved_links(p, docs, db, changed)) changed[+m] = 1, modules.push_back(m);

  // The CIDs that texts were written for, by name and text: numbers of rows may have moved.
  std::map<RowKey, Cid> written;
  if (!modules.empty()) db.each_doc([&](const DocRow& d) { written[{d.name, d.summary + "\n" + d.body_md}] = d.cid; });

  std::vector<std::vector<const DocComment*>> of_module(p.modules.size());
  for (const Docs* some : docs)
    for (const DocComment& comment : some->comments)
      if (is_some(comment.module) && changed[+comment.module] && comment.owner.kind != DocTarget::Nothing)
        of_module[+comment.module].push_back(&comment);
  for (ModuleId m : modules) {
    if (+m >= of_module.size() || db.file_row(m) == 0) continue;
    std::vector<DocRow> rows;
    std::vector<DocTagRow> tags;
    std::vector<DoctestRow> tests;
    for (const DocComment* comment : of_module[+m]) {
      Documented decl = row_of(p, db, comment->owner);
      if (decl.id == 0) continue;
      DocRow row;
      row.decl = decl.id;
      row.name = decl.name;
      row.summary = comment->parsed.summary;
      row.body_md = comment->parsed.body;
      row.line = c.sources.line_col(comment->span.lo).line;
      row.cid = decl.cid;
      if (!written.empty())
        if (auto old = written.find({row.name, row.summary + "\n" + row.body_md}); old != written.end())
          row.cid = old->second;
      uint32_t ordinal = 0;
      auto add_tag = [&](std::string tag, std::string name, std::string text, Span span, const DocTarget& target) {
        DocTagRow t;
        t.decl = decl.id;
        t.ordinal = ordinal++;
        t.tag = std::move(tag);
        t.name = std::move(name);
        t.text = std::move(text);
        t.line = c.sources.line_col(span.lo).line;
        Documented to = row_of(p, db, target);
        t.target_decl = to.id;
        if (to.id) t.target_cid = to.cid;
        tags.push_back(std::move(t));
      };
      each_tag(*comment, add_tag);
      rows.push_back(std::move(row));
      // Those of the standard library are run by its own tests.
      if (!p.modules[+m]->is_std) add_doctests(c, comment->parsed, comment->text, decl.id, decl.cid, tests);
    }
    db.put_docs(db.file_row(m), rows, tags, tests);
  }
}

void store_guides(const Target& target, Compilation& c, const std::vector<docgen::GuideText>& guides, AstDb& db) {
  std::vector<GuideRow> rows;
  std::vector<DoctestRow> tests;
  std::string root = target.package.empty() || target.package == "." ? "" : target.package + "/";
  for (const docgen::GuideText& g : guides) {
    DocText page = whole_page(g.text, g.base);
    ParsedDoc parsed = parse_guide(page);
    GuideRow& row = rows.emplace_back();
    row.path = g.path.starts_with(root) ? g.path.substr(root.size()) : g.path;
    if (!parsed.headings.empty() && parsed.headings[0].level == 1) row.title = parsed.headings[0].text;
    row.summary = parsed.summary;
    row.body_md = parsed.body;
    add_doctests(c, parsed, page, -static_cast<RowId>(rows.size()), Cid{}, tests);
  }
  db.put_guides(rows, tests);
}

std::string present_name(AstDb& db, std::string_view old_name) {
  std::vector<RowId> found = db.find_renamed(old_name);
  DeclRow row;
  if (found.size() != 1 || !db.find_decl(found[0], row)) return "";
  // As long as what was written: `shapes.area` for `shapes.size`, `area` for `size`.
  size_t dots = static_cast<size_t>(std::count(old_name.begin(), old_name.end(), '.'));
  std::string_view path = row.path;
  size_t at = path.size();
  for (size_t i = 0; i <= dots; ++i) {
    at = at == 0 ? std::string_view::npos : path.rfind('.', at - 1);
    if (at == std::string_view::npos) return dots == 0 ? row.name : std::string(path);
  }
  // What moved to another module may be called the same there: its whole path says where.
  std::string_view now = path.substr(at + 1);
  if (now == old_name) now = path;
  return now == old_name ? "" : std::string(now);
}

void lint_stale(Compilation& c, const Docs& docs, AstDb& db, bool accept) {
  std::map<std::string, const DocComment*> comments;  // by "line:name"
  for (const DocComment& comment : docs.comments)
    if (std::string name = name_for_stale(c.program, comment.owner); !name.empty())
      comments[std::to_string(c.sources.line_col(comment.span.lo).line) + ":" + name] = &comment;
  std::vector<DocRow> stale;
  db.each_doc([&](const DocRow& row) { stale.push_back(row); });
  for (const DocRow& row : stale) {
    DeclRow decl;
    if (!db.find_decl(row.decl, decl) || decl.cid == row.cid || decl.kind == "module") continue;
    auto it = comments.find(std::to_string(row.line) + ":" + row.name);
    if (it == comments.end()) continue;
    if (accept) {
      SqlValue bound[2];
      bound[0].kind = SqlValue::Integer;
      bound[0].integer = row.decl;
      std::string why;
      db.select(
          "UPDATE doc SET cid = (SELECT cid FROM decl WHERE id = ?1) WHERE decl = ?1", std::span(bound, 1),
          [](std::span<const SqlValue>) { return true; }, why);
      continue;
    }
    const DocTarget& owner = it->second->owner;
    Span span =
        owner.kind == DocTarget::Impl ? c.program.impls[owner.member].span : c.program.decls[+owner.decl].name_span;
    c.diags.report<Diag::StaleDoc>(span, row.name)
        .at({it->second->span.lo, it->second->span.lo + 3}, "written for what it was before")
        .help("read it again; when it still holds, `janus doc --lint --stale --fix` says so");
  }
  c.diags.sort();
}

}  // namespace janus
