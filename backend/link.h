// link.h: objects in memory to the bytes of a static executable. (emit.h has the step that also writes it.)
// Depends on the standard library.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace janus {
bool link_bytes(const std::vector<std::string_view>& objects, const std::vector<std::string>& extra_inputs,
                bool release, bool tasks, std::string& image, std::string& why);
}  // namespace janus
