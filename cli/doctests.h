// doctests.h: examples of the documentation that do not compile: each is a failed test, and the rest is built without
// it. Depends on frontend/compilation.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "frontend/doctest_check.h"

namespace janus {

// Every *.md below a folder, in the order in which they are shown; none when there is no such folder.
std::vector<std::string> pages_below(const std::string& folder);

}  // namespace janus
