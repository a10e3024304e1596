// compilation.h: one run of the frontend: all tables, all diagnostics.
// Depends on resolve.h, check.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "frontend/check.h"
#include "frontend/resolve.h"

namespace janus {
struct Compilation {
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Program program{sources, names, diags};
  FileSystem* files = nullptr;   // what it was read from, for those who look at the same files again
  // load, collect, consts, bodies, error sets, matches; diagnostics are sorted. `phase` (may be empty) is told when
  // each phase begins, for --time-report.
  void check(FileSystem& files, const LoadOptions& load, const CheckOptions& check,
             const std::function<void(const char*)>& phase = {});
  // Frees what tokens mean, a twentieth of the memory, which nothing asks for once all bodies are checked.
  void forget_token_values();
};
}  // namespace janus
