// doctests.h: examples of the documentation that do not compile: each is a failed test, and the rest is built without it.
// Depends on frontend/compilation.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/compilation.h"

namespace janus {

// True when examples were found that must not be compiled again; they are in `options.known`, with what is wrong with them
// (nothing, where an example was to fail and did).
bool settle_doctests(const Compilation& compilation, DoctestOptions& options);

// docs/*.md of a package, sorted, as shown.
std::vector<std::string> guides_of(const std::string& package);

}  // namespace janus
