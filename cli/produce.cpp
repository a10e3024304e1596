// produce.cpp: check, lower, emit, link; and the cache around them.
// Depends on produce.h, interrupt.h, backend/build.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/produce.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "backend/build.h"
#include "cli/cache.h"
#include "cli/interrupt.h"
#include "frontend/content_hash.h"
#include "frontend/doctest_check.h"

namespace janus {
namespace {

// All that decides the result and is known before a source is read. The current folder is part of it, because paths
// are shown (and kept in debug information) relative to it.
std::string key_of(const Target& target, const Wanted& wanted) {
  HashOf hash;
  add_target(hash, target);
  hash.add(std::to_string(static_cast<int>(wanted.emit)))
      .add(wanted.release ? "release" : "debug")
      .add(wanted.tests ? "tests" : "")
      .add(wanted.fair ? "fair" : "")
      .add(wanted.coverage ? "coverage" : "");
  hash.add(std::to_string(target.budget_tasks)).add(std::to_string(target.budget_channels));
  hash.add(std::to_string(target.grants.granted)).add(target.grants.by_flag ? "flag" : "");
  for (const std::string& file : target.link) hash.add(file);
  for (const std::string& file : target.load.doctests.guides) hash.add(file);
  return hash.hex();
}

uint64_t size_of(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

// Where to build when there is no cache.
std::unique_ptr<Scratch> temporary_folder(std::string& why) {
  const char* tmp = getenv("TMPDIR");
  std::string name = std::string(tmp && tmp[0] ? tmp : "/tmp") + "/janus-XXXXXX";
  if (!mkdtemp(name.data())) return why = "cannot make a folder in " + folder_of(name) + ": " + why_of(errno), nullptr;
  return std::make_unique<Scratch>(name);
}

struct Producer {
  Context& context;
  Target& target;
  const Wanted& wanted;
  Product& product;
  static constexpr int kMostRounds = 20;   // an example's error may hide another's of a later phase
  int rounds_ = 0;
  Cache cache{context.console};
  Recipe recipe = {};

  bool find(const std::string& key) {
    context.timing.begin("cache");
    bool found = cache.find(key, recipe, product.path);
    context.timing.begin(nullptr);
    if (!found) return false;
    context.console.verbose(1, "unchanged: " + product.path);
    show(context, recipe.warnings);
    product.from_cache = true;
    product.bytes = recipe.size;
    return true;
  }

  int make(const std::string& key) {
    guard_interrupts();
    Progress progress(context.console, context.timing);
    // Never deleted: the process ends soon, and the system takes memory back faster than destructors.
    auto& compilation = *new Compilation;
    CheckOptions check;
    check.tests = wanted.tests;
    check.grants = target.grants;
    compilation.check(context.disk, target.load, check, context.timing.callback());
    context.timing.begin(nullptr);
    // Examples that do not compile are failed tests: the rest is built without them.
    if (wanted.tests && rounds_ < kMostRounds && settle_doctests(compilation, target.load.doctests))
      return ++rounds_, make(key);
    recipe.questions = context.disk.questions();
    recipe.warnings = render_all(compilation.sources, compilation.diags);
    report(context, compilation.sources, compilation.diags);
    if (compilation.diags.has_errors()) return exit_of(compilation.diags);
    if (!wanted.tests && is_none(compilation.program.main_func)) return no_main(compilation);

    std::string why;
    std::unique_ptr<Scratch> place = cache.begin();
    bool cached = place != nullptr;
    BuildOptions options;
    options.release = wanted.release;
    options.tests = wanted.tests;
    options.fair = wanted.fair;
    options.coverage = wanted.coverage;
    options.coverage_std = wanted.coverage && target.load.doctests.std;
    options.emit = wanted.emit;
    options.link = target.link;
    options.budget_tasks = target.budget_tasks;
    options.budget_channels = target.budget_channels;
    if (cached) {
      options.output = place->path();
      options.cache_dir = cache.folder() + "/objects";
    } else {
      if (!(place = temporary_folder(why))) return context.console.fail(kEnvironment, why);
      options.output = place->path() + "/result";
    }
    BuildReport built = build(compilation.program, options, context.timing.callback());
    if (!built.ok && cached && built.why.find(cache.folder()) != std::string::npos) {
      // The cache's disk is full or went away; the user's own need not be.
      context.console.verbose(1, "working without a cache: " + built.why);
      cached = false;
      if (!(place = temporary_folder(why))) return context.console.fail(kEnvironment, why);
      options.output = place->path() + "/result";
      options.cache_dir = "";
      built = build(compilation.program, options, context.timing.callback());
    }
    context.timing.begin(cached ? "store" : nullptr);
    if (!built.ok) return context.console.fail(kEnvironment, built.why);
    context.console.verbose(1, std::to_string(built.functions) + " functions, " +
                                   std::to_string(built.objects_compiled) + " objects compiled, " +
                                   std::to_string(built.objects_cached) + " from the cache");
    product.bytes = size_of(options.output);
    recipe.home = target.home;
    bool kept = cached && cache.keep(key, recipe, options.output, product.path);
    context.timing.begin(nullptr);
    if (kept) return kDone;
    product.path = options.output;
    product.keeper = std::move(place);
    return kDone;
  }

  int no_main(Compilation& compilation) {
    std::string hint = "add one: func main() do … end";
    if (!compilation.program.tests.empty()) hint = "it has tests: janus test " + target.load.root;
    return context.console.fail(kFailed, target.load.root + " has no `func main()`, so there is nothing to start",
                                hint);
  }

  int run() {
    for (const std::string& file : context.args.values(Opt::Link)) target.link.push_back(file);
    for (const std::string& file : target.link) {
      std::string ignored, why;
      if (!is_file(file))
        return read_file(file, ignored, why),
               context.console.fail(kEnvironment, why, "it was named by --link or the manifest");
    }
    std::string key = key_of(target, wanted);
    if (find(key)) return kDone;
    for (const std::string& file : target.link) context.disk.ask(Question::Read, file);
    return make(key);
  }
};

}  // namespace

int produce(Context& context, Target& target, const Wanted& wanted, Product& product) {
  return Producer{context, target, wanted, product}.run();
}

}  // namespace janus
