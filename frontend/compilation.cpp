// compilation.cpp: one run of the frontend, phase by phase.
// Depends on compilation.h, effects.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/compilation.h"

#include <algorithm>

#include "frontend/effects.h"
#include "frontend/program_index.h"

namespace janus {
namespace {

// A test in which nothing can fail, panic, block for ever or leave for other code proves nothing.
void lint_tests(const Program& p, Diagnostics& diags) {
  if (diags.has_errors()) return;
  for (uint32_t i = 0; i < p.tests.size(); ++i) {
    const TestInfo& test = p.tests[i];
    if (test.doctest != 0xffffffffu || is_none(test.body) || p.modules[+test.module]->is_std) continue;
    if (effects_of_test(p, static_cast<TestId>(i)) & (kMayPanic | kMaySuspend | kMayBlock | kCallsFfi)) continue;
    const Body* body = p.bodies[+test.body].get();
    if (!body || std::any_of(body->nodes.begin(), body->nodes.end(),
                             [](const HirNode& n) { return n.kind == HirKind::Try || n.kind == HirKind::Fail; }))
      continue;
    diags.report<Diag::TestCannotFail>(test.span).help("say what must hold: `assert(total([1, 2]) == 3)`");
  }
}

// What is wrong with text that nobody wrote follows from what is wrong with the types that it was made for.
void forget_derived(const Program& p, Diagnostics& diags) {
  auto derived = [&](const Diagnostic& d) {
    return !d.span.is_none() && p.sources.file(p.sources.find(d.span.lo)).derived;
  };
  const auto& all = diags.all();
  if (std::all_of(all.begin(), all.end(), [&](const Diagnostic* d) { return derived(*d); })) return;
  diags.remove_if(derived);
}

}  // namespace

void Compilation::check(FileSystem& files, const LoadOptions& load, const CheckOptions& options,
                        const std::function<void(const char*)>& phase) {
  auto begin = [&](const char* name) {
    if (phase) phase(name);
  };
  this->files = &files;
  program.index->lint = options.lint;
  begin("load");
  load_modules(program, files, load);      // texts, trees, imports
  begin("collect");
  collect(program);                        // names, types in signatures, impls, consts
  if (options.before_bodies) options.before_bodies(program);
  begin("bodies");
  check_bodies(program, options);          // every function to HIR
  begin("errors");
  solve_error_sets(program);               // what each function can fail with
  begin("patterns");
  for (size_t i = 0; options.keep_bodies && i < program.bodies.size(); ++i)
    if (program.bodies[i]) check_patterns(program, *program.bodies[i]);
  check_dyns(program);                     // impls for what became `dyn`
  check_growth(program);                   // generics without end
  check_grants(program, options);          // capabilities
  if (options.tests) lint_tests(program, diags);
  begin("done");
  forget_derived(program, diags);
  diags.sort();
}

void Compilation::forget_token_values() {
  for (const auto& m : program.modules) {
    m->tree.tokens.values = {};
    m->tree.tokens.ints = {};
    m->tree.tokens.floats = {};
  }
}

}  // namespace janus
