// docs.cpp: from a path to the model: check, extract, find the guides, gather.
// Depends on docs.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/docs.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include "cli/body_shelf.h"
#include "cli/cache.h"
#include "cli/doc_rows.h"
#include "cli/guides.h"
#include "cli/knowledge.h"
#include "frontend/astdb/cid.h"
#include "frontend/content_hash.h"
#include "frontend/doc_extract.h"
#include "frontend/doc_lint.h"
#include "frontend/doctest.h"
#include "frontend/doctest_check.h"

namespace janus {
namespace {

Cid cid_of(const Facts& facts, const Program& p, DeclId id) {
  const Decl& d = p.decls[+id];
  SymKind kind;
  switch (d.kind) {
    case DeclKind::Func:
      if (!p.funcs[d.index].has_body) return Cid{};
      kind = SymKind::Func;
      break;
    case DeclKind::Struct: kind = SymKind::Struct; break;
    case DeclKind::Enum: kind = SymKind::Enum; break;
    case DeclKind::Error: kind = SymKind::Error; break;
    case DeclKind::Const: kind = SymKind::Const; break;
    case DeclKind::Trait: kind = SymKind::Trait; break;
    case DeclKind::TypeAlias: kind = SymKind::Alias; break;
    default: return Cid{};
  }
  return facts.cid(sym(kind, d.index));
}

// What the package's memory knows of its doctests.
std::vector<docgen::GatherOptions::ExampleResult> examples_in(const std::string& database) {
  std::vector<docgen::GatherOptions::ExampleResult> out;
  std::unique_ptr<AstDb> db = AstDb::open_to_read(database);
  if (!db) return out;
  std::map<RowId, std::string> guides;
  db->each_guide([&](const GuideRow& guide) { guides[guide.id] = guide.path; });
  db->each_doctest([&](RowId, const DoctestRow& row) {
    DeclRow decl;
    if (row.last_result.empty()) return;
    if (row.decl < 0) out.push_back({guides[-row.decl], row.ordinal, row.last_result});
    else if (db->find_decl(row.decl, decl)) out.push_back({decl.path, row.ordinal, row.last_result});
  });
  return out;
}

// What the package's memory knows of earlier names.
std::vector<std::pair<std::string, std::string>> renamed_in(const std::string& database) {
  std::vector<std::pair<std::string, std::string>> out;
  std::unique_ptr<AstDb> db = AstDb::open_to_read(database);
  std::string why;
  if (db)
    db->select(
        "SELECT old_name, new_name FROM name_history ORDER BY at, old_name", {},
        [&](std::span<const SqlValue> row) {
          out.emplace_back(std::string(row[0].text), std::string(row[1].text));
          return true;
        },
        why);
  return out;
}

bool has_examples(const ParsedDoc& doc) {
  return std::any_of(doc.fences.begin(), doc.fences.end(),
                     [](const DocFence& fence) { return read_fence_words(fence.info).is_janus; });
}

void tell_guides(const std::vector<docgen::GuideText>& guides, DocLintOptions& lint) {
  for (const docgen::GuideText& g : guides) lint.guides.try_emplace(base_name(g.path), guide_anchors(g.text));
}

void lint_guides(Program& program, const std::vector<docgen::GuideText>& guides, const DocLintOptions& lint) {
  for (const docgen::GuideText& g : guides) lint_guide(program, g.text, g.base, lint);
}

// Everything of which a page is made beside the program: for the key of the book of pages.
std::string settings_of(const docgen::GatherOptions& options, const std::vector<docgen::GuideText>& guides) {
  HashOf hash;
  hash.add(options.name).add(options.version).add(options.root).add(options.std_too ? "std" : "");
  hash.add(options.private_too ? "private" : "");
  for (const docgen::GuideText& g : guides) hash.add(g.path).add(g.text);
  hash.add("pictures");
  for (const docgen::Picture& picture : options.pictures.files) hash.add(picture.path).add(picture.bytes);
  for (const docgen::Pictures::Use& use : options.pictures.uses)
    hash.add(use.file).add(use.target).add(std::to_string(use.picture));
  hash.add("renamed");
  for (const auto& [old_path, now] : options.renamed) hash.add(old_path).add(now);
  hash.add("examples");
  for (const auto& e : options.examples) hash.add(e.path).add(std::to_string(e.ordinal)).add(e.result);
  return hash.hex();
}

}  // namespace

std::string default_out(const Target& target, const char* name) {
  return join_path(target.package.empty() || target.package == "." ? "build" : join_path(target.package, "build"),
                   name);
}

namespace {

// One `janus doc`, step by step.
struct Loader {
  Context& context;
  const std::string& word;
  Documents& out;
  DocumentsFor purpose;
  bool of_std = false;
  std::string folder = {};   // of the guides
  std::vector<std::string> pages = {};
  docgen::GatherOptions options = {};
  std::vector<bool> kept = {};   // modules whose bodies are kept, once the pages that must be made are known
  int code = kDone;
  std::string why = {};

  bool fail(const std::string& said) {
    if (code == kDone) code = context.console.fail(kEnvironment, said);
    return false;
  }

  // What is asked for, beside the program itself.
  bool find() {
    if ((code = find_target(context, word, Purpose::Modules, out.target))) return false;
    const Args& args = context.args;
    // A folder that only holds the embedded library's sources documents the library; `janus doc std` does without the
    // sources.
    of_std = !out.target.load.all_modules && out.target.load.root.empty();
    out.target.load.all_std = of_std;
    folder = args.value(Opt::Guides);
    if (!folder.empty() && !is_folder(folder)) return fail("there is no folder " + folder);
    pages = folder.empty() ? guide_paths(context.disk, out.target) : context.disk.pages(folder);
    if (folder.empty() && out.target.is_package) folder = guide_folder(out.target);
    if (out.update && out.folder.empty()) out.folder = default_out(out.target, "doc");
    options.schemas = purpose == kData;
    options.name = args.value(Opt::DocName, out.target.name);
    options.version = out.target.version;
    options.janus_version = JANUS_VERSION;
    if (out.target.is_package && out.target.package != ".") options.root = out.target.package + "/";
    options.std_too = of_std;
    options.private_too = args.has(Opt::Private);
    options.source_links = purpose == kPages;
    if (purpose != kLint && out.target.is_package) {
      options.renamed = renamed_in(database_path(context, out.target));
      options.examples = examples_in(database_path(context, out.target));
    }
    return true;
  }

  bool read_guides(Compilation& c) {
    out.guides.clear();
    if (!load_guides(context.disk, pages, c, out.guides, why)) return fail(why);
    if (purpose == kPages) options.pictures = load_pictures(context.disk, out.target, c.program, out.guides);
    return true;
  }

  // Pages that still hold say which modules need no look into their bodies.
  void plan(Compilation& c) {
    out.old_book.read(out.folder);
    out.book.take_program(c.program, of_std, settings_of(options, out.guides), out.old_book);
    out.book.plan(out.old_book, out.folder, c.program, options.whole, options.linked);
    kept = options.linked;
    if (options.whole.empty()) kept.assign(c.program.modules.size(), true);
  }

  // Checks the program. With `again`, what earlier runs left is not asked.
  bool check(std::unique_ptr<Facts>& facts, bool again) {
    out.compilation = new Compilation;
    out.book = {}, out.old_book = {};
    options.whole.clear(), options.linked.clear();
    Compilation& c = *out.compilation;
    facts = std::make_unique<Facts>();
    CheckOptions how;
    how.all_std = of_std;
    if (purpose != kLint) how.sink = facts.get();
    BodyMemory memory;
    std::string shelf = join_path(out.folder, ".janus-bodies");
    if (out.update && !again && !getenv("JANUS_STD_DIR")) {   // who works on std has no fixed one
      memory.key = own_identity();
      read_bodies(shelf, memory);
      how.keep_bodies = false;
      how.keep_of = &kept;
      how.memory = &memory;
      out.target.load.memory = &memory;
      how.before_bodies = [&](Program&) {
        if (read_guides(c)) plan(c);
      };
    }
    c.check(context.disk, out.target.load, how, context.timing.callback());
    out.target.load.memory = nullptr;
    if (code) return false;
    // Records know no places, and messages do: everything is looked at again.
    if (!how.keep_bodies && (memory.stale || c.diags.has_errors())) return check(facts, true);
    context.timing.begin("docs");
    if (how.keep_bodies) {
      if (!read_guides(c)) return false;
      if (out.update && !c.diags.has_errors()) plan(c);
    }
    // A folder that cannot be written to is complained about when the pages are.
    if (!how.keep_bodies && make_folders(out.folder, why)) write_bodies(shelf, c.program, memory, why);
    return true;
  }

  void note_what_was_read(const Compilation& c) {
    for (size_t i = 0; i < c.sources.size(); ++i)
      if (const SourceFile& file = c.sources.file(static_cast<FileId>(i)); !file.is_std) {
        out.read.push_back(file.path);
        std::string around = folder_of(file.path);
        if (out.read.size() < 2 || std::find(out.read.begin(), out.read.end(), around) == out.read.end())
          out.read.push_back(around.empty() ? "." : around);
      }
    if (!folder.empty()) out.read.push_back(folder);
    for (const docgen::Picture& picture : options.pictures.files) out.read.push_back(picture.path);
  }

  void lint(Compilation& c, const DoctestOptions& examples) {
    DocLintOptions lint;
    lint.std_too = of_std;
    // The package's memory: what things were called, and which code a text was written for.
    Knowledge k;
    if (Target target; out.target.is_package && find_target(context, word, Purpose::Modules, target) == kDone &&
                       refresh(context, target, false, k) == kDone) {
      lint.renamed = [&k](std::string_view name) { return present_name(*k.db, name); };
      if (context.args.has(Opt::Stale)) lint_stale(c, out.docs, *k.db, context.args.has(Opt::Fix));
    }
    tell_guides(out.guides, lint);
    if (out.target.is_package)
      lint.has_file = [&](std::string_view page, std::string_view file) {
        return has_file_beside(context.disk, out.target, page, file);
      };
    lint_docs(c.program, out.docs, lint);
    lint_guides(c.program, out.guides, lint);
    LoadOptions load = out.target.load;
    load.doctests = examples;
    load.doctests.own = !of_std;
    load.doctests.guides = pages;
    lint_examples(context.disk, load, of_std, c);
    c.diags.sort();
  }

  int run() {
    if (!find()) return code;
    // Pages show examples as they are written; only the lint has them compiled.
    DoctestOptions examples = std::exchange(out.target.load.doctests, {});
    std::unique_ptr<Facts> facts;
    Progress progress(context.console, context.timing);
    if (!check(facts, false)) return code;
    Compilation& c = *out.compilation;
    note_what_was_read(c);
    if (c.diags.has_errors()) options.renamed.clear(), options.examples.clear();
    out.docs = extract_docs(c.program, of_std ? DocsOf::Both : DocsOf::Package,
                            options.whole.empty() ? nullptr : &options.whole);
    if (purpose != kLint && !c.diags.has_errors()) {
      context.timing.begin("ids");
      facts->finish(c.program);
      options.cid = [&](DeclId id) {
        Cid cid = cid_of(*facts, c.program, id);
        return cid == Cid{} ? "" : cid_text(cid);
      };
      options.cid_key = [&](DeclId id) {
        Cid cid = cid_of(*facts, c.program, id);
        uint64_t key;
        memcpy(&key, &cid, sizeof key);
        return key;
      };
    }
    if (purpose == kLint && !c.diags.has_errors()) lint(c, examples);
    context.timing.begin("gather");
    out.model = docgen::gather(c.program, out.docs, out.guides, options);
    context.timing.begin(nullptr);
    return kDone;
  }
};

}   // namespace

int load_documents(Context& context, const std::string& word, Documents& out, DocumentsFor purpose) {
  return Loader{context, word, out, purpose}.run();
}

void lint_package(const Target& target, Compilation& c, const Docs& docs, const std::vector<docgen::GuideText>& guides,
                  AstDb* db) {
  if (c.diags.has_errors()) return;   // what the compiler knows of a broken program may be wrong
  DocLintOptions lint;
  lint.complete = target.is_package && target.load.root.empty();
  if (db) lint.renamed = [db](std::string_view name) { return present_name(*db, name); };
  tell_guides(guides, lint);
  lint_docs(c.program, docs, lint);
  lint_guides(c.program, guides, lint);
  bool examples = std::any_of(docs.comments.begin(), docs.comments.end(),
                              [&](const DocComment& comment) { return has_examples(comment.parsed); });
  LoadOptions load = target.load;
  load.doctests = {};
  load.doctests.own = true;
  for (const docgen::GuideText& g : guides) {
    load.doctests.guides.push_back(g.path);
    examples |= has_examples(parse_guide(whole_page(g.text, g.base)));
  }
  if (examples && c.files) lint_examples(*c.files, load, false, c);
  c.diags.sort();
}

}   // namespace janus
