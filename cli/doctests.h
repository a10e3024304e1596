// doctests.h: examples of the documentation that do not compile: each is a failed test, and the rest is built without
// it. Depends on frontend/compilation.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/compilation.h"

namespace janus {

// True when examples were found that must not be compiled again; they are in `options.known`, with what is wrong with
// them (nothing, where an example was to fail and did).
bool settle_doctests(const Compilation& compilation, DoctestOptions& options);

// Every *.md below a folder, in the order in which they are shown; none when there is no such folder.
std::vector<std::string> pages_below(const std::string& folder);

}  // namespace janus
