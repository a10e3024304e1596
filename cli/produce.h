// produce.h: what `build`, `run` and `test` have in common: a target becomes a file, or is found in the cache.
// Depends on cache.h, session.h, backend/build.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "backend/emit.h"
#include "cli/session.h"

namespace janus {

struct Wanted {
  EmitKind emit = EmitKind::Executable;
  bool release = false;
  bool tests = false;
  bool fair = false;
  bool coverage = false;
};

struct Product {
  std::string path;                  // of the file; read it, do not change it
  bool from_cache = false;
  uint64_t bytes = 0;
  std::unique_ptr<Scratch> keeper;   // without a cache: the file vanishes with it
};

// 0 and a product, or an exit code after showing what is wrong. Warnings are shown either way.
int produce(Context& context, Target& target, const Wanted& wanted, Product& product);

}  // namespace janus
