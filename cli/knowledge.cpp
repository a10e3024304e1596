// knowledge.cpp: asks whether anything changed; if so, checks again and stores what differs.
// Depends on knowledge.h, cache.h (own_identity), frontend/astdb/cid.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/knowledge.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <optional>
#include <utility>

#include "cli/cache.h"
#include "cli/doc_rows.h"
#include "cli/docs.h"
#include "cli/guides.h"
#include "frontend/astdb/cid.h"
#include "frontend/body_memory.h"
#include "frontend/content_hash.h"

namespace janus {
namespace {

// All that decides what a check says and is not asked of the disk. The current folder is part of it: paths are shown
// relative to it.
std::string run_key(const Context& context, const Target& target) {
  HashOf hash;
  add_target(hash, target);
  hash.add(std::to_string(target.grants.granted));
  for (const std::string& folder : context.args.values(Opt::Directory)) hash.add(folder);
  if (const char* std_folder = getenv("JANUS_STD_DIR")) hash.add(std_folder);
  return hash.hex();
}

bool still_good(const RunInfo& run) {
  for (const InputRow& input : run.inputs)
    if (!still_answers({static_cast<Question::Kind>(input.kind), input.path, input.answer, input.stamp})) return false;
  return true;
}

}  // namespace

std::string database_path(const Context& context, const Target& target) {
  if (!target.database.empty()) return target.database;
  if (const Args::Given* given = context.args.find(Opt::Astdb)) return given->value;
  return target.is_package && !getenv("JANUS_STD_DIR") ? join_path(target.package, ".janus/astdb.sqlite") : ":memory:";
}

int refresh(Context& context, Target& target, bool with_reports, Knowledge& k) {
  std::string notice;
  std::string path = database_path(context, target), key = run_key(context, target);
  if (context.args.find(Opt::Astdb) && AstDb::is_foreign(path))
    return context.console.fail(kUsage, "`" + path + "` is no database of janus, and is not touched",
                                "name another file with `--astdb`, or remove this one");
  context.timing.begin("database");
  k.db = std::make_unique<AstDb>(path, notice);
  if (!notice.empty()) context.console.say("note: " + notice);
  std::optional<Scratch> unnamed;
  if (!k.db->beside().empty()) unnamed.emplace(k.db->beside());
  bool has_run = k.db->find_run(k.run, with_reports) && k.run.key == key;
  if (has_run && still_good(k.run)) {
    context.timing.begin(nullptr);
    context.console.verbose(1, "unchanged since the last check: " + std::to_string(k.run.files) +
                                   (k.run.files == 1 ? " file" : " files") + ", nothing parsed");
    k.fresh = true;
    return kDone;
  }

  BodyMemory memory;
  memory.key = key;
  if (has_run) memory.before = k.db->known_bodies();
  CheckOptions options;
  options.keep_bodies = false;
  options.all_std = target.load.all_std;
  options.grants = target.grants;
  options.memory = &memory;
  size_t asked = context.disk.questions().size();
  auto* checked = new Compilation;
  auto* seen = new Facts;
  options.sink = seen;
  target.load.memory = &memory;
  checked->check(context.disk, target.load, options, context.timing.callback());
  if (memory.stale || (memory.known && checked->diags.has_errors())) {
    // Records know no places, and messages do: everything is looked at again. The questions to the disk are the same.
    memory = {};
    memory.key = key;
    checked = new Compilation;
    seen = new Facts;
    options.sink = seen;
    context.disk.forget_questions(asked);
    checked->check(context.disk, target.load, options, context.timing.callback());
  }
  target.load.memory = nullptr;
  Compilation& compilation = *checked;
  Facts& facts = *seen;
  k.compilation = &compilation;
  compilation.forget_token_values();

  // Packing what the checker wants to find again needs nothing of what follows.
  std::vector<std::string> own_modules;
  for (const auto& m : compilation.program.modules)
    if (!m->is_std) own_modules.emplace_back(compilation.program.names.text(m->path));
  auto shelves = std::async([&memory, modules = std::move(own_modules)] {
    return AstDb::pack_known_bodies(modules, std::move(memory.before), std::move(memory.after));
  });

  context.timing.begin("docs");
  size_t files = 0;
  Docs docs = extract_docs(compilation.program, DocsOf::Package);
  for (size_t i = 0; i < compilation.sources.size(); ++i)
    files += !compilation.sources.file(static_cast<FileId>(i)).is_std;
  // A page that cannot be read is none; `janus doc` says why.
  std::vector<docgen::GuideText> guides;
  std::string unread;
  if (target.is_package) load_guides(context.disk, guide_paths(context.disk, target), compilation, guides, unread);
  context.timing.begin("facts");
  facts.finish(compilation.program);
  RunInfo& run = k.run;
  run = {};
  run.key = key;
  run.identity = own_identity();
  run.folder = target.package;
  for (const Question& q : context.disk.questions())
    run.inputs.push_back({static_cast<char>(q.kind), q.path, q.answer, q.stamp});
  run.files = files;

  // The lints of documentation ask for what is called otherwise now: they come when renames are written.
  bool said = false;
  auto say = [&] {
    if (std::exchange(said, true)) return;
    if (target.is_package) lint_package(target, compilation, docs, guides, k.db.get());
    Rendered rendered = render_all(compilation.sources, compilation.diags);
    run.plain = std::move(rendered.plain);
    run.color = std::move(rendered.color);
    run.json = std::move(rendered.json);
    run.errors = compilation.diags.error_count();
    run.warnings = compilation.diags.all().size() - run.errors;
  };

  context.timing.begin("store");
  k.stored = k.db->store(compilation.program, facts, run, say);
  say();   // when the database could not even be written to
  // Those of the standard library too, when it is new here: `janus doc map` shows them.
  bool new_std = std::any_of(k.stored.changed.begin(), k.stored.changed.end(),
                             [&](ModuleId m) { return compilation.program.modules[+m]->is_std; });
  context.timing.begin("store docs");
  Docs of_std;
  if (new_std) of_std = extract_docs(compilation.program, DocsOf::Std);
  if (k.stored.ok) store_docs(compilation, {&docs, &of_std}, *k.db, k.stored);
  if (k.stored.ok) store_guides(target, compilation, guides, *k.db);
  docs = of_std = {};
  context.timing.begin("store bodies");
  // A check that found mistakes leaves the records of the last one without.
  if (k.stored.ok && !run.errors) k.stored.ok = k.db->put_known_bodies(shelves.get());
  context.timing.begin("commit");
  bool kept = k.stored.ok && k.db->commit();
  if (!kept && !k.db->in_memory()) {
    // The disk is full, say. What was asked is answered all the same, from memory.
    context.console.say("note: the database " + path + " could not be written (" + k.db->last_error() +
                        "), so nothing is kept");
    std::string ignored;
    k.db = std::make_unique<AstDb>(":memory:", ignored);
    k.stored = k.db->store(compilation.program, facts, run, say);
    docs = extract_docs(compilation.program, DocsOf::Both);
    store_docs(compilation, {&docs}, *k.db, k.stored);
    store_guides(target, compilation, guides, *k.db);
    k.db->commit();
  }
  context.timing.begin(nullptr);
  context.console.verbose(
      1, std::to_string(k.stored.files) + " files with " + std::to_string(k.stored.decls) + " declarations; " +
             std::to_string(memory.bodies - memory.known) + " of " + std::to_string(memory.bodies) +
             " functions checked, the rest is as it was; the rows of " + std::to_string(k.stored.files_same) +
             " files were right, those of " + std::to_string(k.stored.files_written) + " are new");
  return kDone;
}

}   // namespace janus
