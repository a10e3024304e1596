// cmd_check.cpp: `janus check`: diagnostics and nothing else; with --fix also the edits that are certain.
// Depends on knowledge.h, fix.h, frontend/parse.h (--dump-tree), frontend/diag_json.h (--sarif).
// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include "cli/commands.h"
#include "cli/docs.h"
#include "cli/fix.h"
#include "cli/guides.h"
#include "cli/interrupt.h"
#include "cli/knowledge.h"
#include "cli/session.h"
#include "frontend/diag_json.h"
#include "frontend/parse.h"

namespace janus {
namespace {

int dump(Context& context, const std::string& path) {
  std::string text, why;
  if (!context.disk.read(path == "-" ? "/dev/stdin" : path, text, why)) return context.console.fail(kEnvironment, why);
  Compilation c;
  FileId file = c.sources.add(path, std::move(text));
  Tree tree = parse(file, c.sources, c.names, c.diags);
  c.diags.sort();
  context.console.out(dump_tree(tree, c.names));
  report(context, c.sources, c.diags);
  return c.diags.has_errors() ? kFailed : kDone;
}

struct Checker {
  Context& context;
  std::vector<SarifInput> inputs = {};
  size_t errors = 0, warnings = 0, files = 0, changes = 0;
  int code = kDone;  // the gravest so far

  void grave(int other) { code = std::max(code, other); }

  // Never deleted: the process ends soon (see main.cpp), and SARIF looks at all of them at the end.
  Compilation& check(const Target& target) {
    auto& compilation = *new Compilation;
    CheckOptions options;
    options.keep_bodies = false;
    options.lint = context.args.has(Opt::Lint);
    options.grants = target.grants;
    compilation.check(context.disk, target.load, options, context.timing.callback());
    if (target.is_package) {
      std::vector<docgen::GuideText> guides;
      std::string why;
      if (!load_guides(context.disk, guide_paths(context.disk, target), compilation, guides, why))
        grave(context.console.fail(kEnvironment, why));
      lint_package(target, compilation, extract_docs(compilation.program, DocsOf::Package), guides, nullptr);
    }
    context.timing.begin(nullptr);
    return compilation;
  }

  void run(const std::string& word) {
    Target target;
    if (int failure = find_target(context, word, Purpose::Modules, target)) {
      errors += target.manifest_errors;
      return grave(failure);
    }
    bool fix = context.args.has(Opt::Fix);
    // A package has a memory of its own. What is asked for besides what was found is worked out anew.
    if (target.is_package && !fix && !context.args.has(Opt::Sarif) && !context.args.has(Opt::MaxErrors) &&
        !context.args.has(Opt::Lint) && !target.grants.by_flag)
      return remembered(target);
    if (fix && !target.stdin_hash.empty())
      return grave(context.console.fail(kUsage, "`--fix` writes files, and stdin is none"));
    Compilation* compilation;
    {
      Progress progress(context.console, context.timing);
      compilation = &check(target);
    }
    size_t changed = 0;
    if (fix) {
      if (int failure = apply_fixes(context, compilation->sources, compilation->diags, changed)) grave(failure);
      changes += changed;
      if (changed) compilation = &check(target);
    }
    inputs.push_back({&compilation->sources, &compilation->diags});
    report(context, compilation->sources, compilation->diags);
    errors += compilation->diags.error_count();
    warnings += compilation->diags.all().size() - compilation->diags.error_count();
    for (size_t i = 0; i < compilation->sources.size(); ++i)
      files += !compilation->sources.file(static_cast<FileId>(i)).is_std;
    if (compilation->diags.has_errors()) grave(exit_of(compilation->diags));
  }

  // As exit_of(), of what a run left behind: text.
  static Exit exit_of_run(const RunInfo& run) {
    auto reports = [&](Diag kind) {
      const std::string mark = std::string("\"code\":\"") + diag_info(kind).code + "\"";
      size_t count = 0;
      for (size_t at = 0; (at = run.json.find(mark, at)) != std::string::npos; at += mark.size()) ++count;
      return count;
    };
    if (reports(Diag::UnreadableFile)) return kEnvironment;
    return reports(Diag::NotGranted) == run.errors ? kRefused : kFailed;
  }

  void remembered(Target& target) {
    Knowledge k;
    {
      Progress progress(context.console, context.timing);
      if (int failure = refresh(context, target, true, k)) return grave(failure);
    }
    show(context, {k.run.plain, k.run.color, k.run.json});
    errors += k.run.errors;
    warnings += k.run.warnings;
    files += k.run.files;
    if (k.run.errors) grave(exit_of_run(k.run));
  }

  int finish() {
    Console& console = context.console;
    if (context.args.has(Opt::Sarif)) console.out(diags_to_sarif(inputs, JANUS_VERSION) + "\n");
    if (console.is_json()) {
      JsonText object = console.json_object("summary");
      object.field("errors", errors).field("warnings", warnings).field("files", files).field("fixed", changes);
      console.json(object);
    } else if (code == kDone && !warnings && !context.args.has(Opt::Sarif)) {
      console.say(files == 0 ? "no problems"
                             : "no problems in " + std::to_string(files) + (files == 1 ? " file" : " files"));
    }
    if (context.args.has(Opt::TimeReport)) context.timing.show(console);
    return code;
  }
};

}  // namespace

int run_check(Context& context) {
  mallopt(M_ARENA_MAX, 1);   // one heap: the other threads only write and pack what this one made
  if (!check_common_options(context)) return kUsage;
  std::vector<std::string> words = context.args.words;
  if (words.empty()) words.push_back("");
  if (context.args.has(Opt::DumpTree)) return dump(context, words[0]);
  if (context.args.has(Opt::Sarif) && context.console.is_json())
    return context.console.fail(kUsage, "`--json` and `--sarif` both want stdout");
  guard_interrupts();
  Checker checker{context};
  for (const std::string& word : words) checker.run(word);
  return checker.finish();
}

}  // namespace janus
