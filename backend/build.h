// build.h: a checked program to what the user asked for; with the cache. What cli calls.
// Depends on frontend/compilation.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "backend/emit.h"

namespace janus {
struct BuildOptions {
  bool release = false;
  bool tests = false;              // an executable that runs the program's test blocks
  bool coverage = false;           // of tests: each statement counts how often it runs
  bool coverage_std = false;       // those of the standard library too
  bool fair = false;               // loops give other tasks a turn
  EmitKind emit = EmitKind::Executable;
  std::string output;              // path of the result
  std::string cache_dir;           // objects by content; "" = none
  std::vector<std::string> link;   // --link objects and archives
  int64_t budget_tasks = -1, budget_channels = -1;   // [budget] of the package; -1: the profile's
};
struct BuildReport {
  bool ok = false;
  std::string why;
  bool from_cache = false;
  size_t functions = 0, objects_compiled = 0, objects_cached = 0;
};
BuildReport build(Program& program, const BuildOptions& options, const std::function<void(const char*)>& phase = {});
}  // namespace janus
