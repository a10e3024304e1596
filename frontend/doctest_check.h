// doctest_check.h: examples of the documentation that do not compile: which error belongs to which, and diagnostics of
// them. Depends on compilation.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/compilation.h"

namespace janus {

// True when examples were found that must not be compiled again; they are in `options.known`, with what is wrong with
// them (nothing, where an example was to fail and did).
bool settle_doctests(const Compilation& compilation, DoctestOptions& options);

// Examples that do not compile, or do and should not, as diagnostics at their place. `load.doctests` says which: they
// are compiled apart from the package, as `janus test` does it. `into` is the package that was checked without them;
// its files stand in the same places.
void lint_examples(FileSystem& files, const LoadOptions& load, bool all_std, Compilation& into);

}  // namespace janus
