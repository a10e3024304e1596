// serve.h: `janus doc --serve`: the pages on this machine, anew when a source is saved.
// Depends on commands.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace janus {

// The pages of one state of the sources. Each is made when a reader first asks for it, so that the first answer of a
// large package does not wait for thousands of pages that nobody looks at.
struct Pages {
  virtual ~Pages() = default;
  virtual bool make(const std::string& path, std::string& bytes) = 0;   // "index.html"; false: there is none
};
struct Served {
  std::unique_ptr<Pages> pages;       // null: the sources could not be read, and the pages of before stay
  std::vector<std::string> watched;   // files whose change makes the pages anew; folders too, for new files
};
// Runs until interrupted. `look` is called at the start and after each change.
int serve(Context& context, int port, const std::string& open_with, const std::function<Served()>& look);

}  // namespace janus
