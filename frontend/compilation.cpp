// compilation.cpp: one run of the frontend, phase by phase.
// Depends on compilation.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/compilation.h"

#include "frontend/program_index.h"

namespace janus {

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
  begin("bodies");
  check_bodies(program, options);          // every function to HIR
  begin("errors");
  solve_error_sets(program);               // what each function can fail with
  begin("patterns");
  for (size_t i = 0; i < program.bodies.size(); ++i)
    if (program.bodies[i]) check_patterns(program, *program.bodies[i]);
  check_dyns(program);                     // impls for what became `dyn`
  check_growth(program);                   // generics without end
  check_grants(program, options);          // capabilities
  begin("done");
  diags.sort();
}

}  // namespace janus
