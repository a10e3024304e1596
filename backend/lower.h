// lower.h: typed bodies to JIR: one instance per function and type arguments, reached from main (or the tests).
// Depends on layout.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "backend/layout.h"

namespace janus {
struct LowerOptions {
  bool release = false;   // instances per closure argument, loops with hoisted uniqueness checks
  bool tests = false;     // main runs the program's tests (frontend gives the list)
  bool coverage = false;  // of tests: statements are counted (coverage.h)
  bool coverage_std = false;   // those of the standard library too
  int64_t budget_tasks = -1, budget_channels = -1;   // of the package; -1: of the profile
};
JModule lower(Program& program, Layouts& layouts, const LowerOptions& options);
void mark_nofail(JModule& module);   // functions proved unable to fail lose the failure register
}  // namespace janus
