// serve.h: `janus doc --serve`: the pages on this machine, made anew when a source is saved.
// Depends on commands.h, docgen/writer.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "docgen/writer.h"

namespace janus {

struct Served {
  std::vector<docgen::OutFile> files;
  std::vector<std::string> watched;   // files whose change makes the pages anew; folders too, for new files
};
// Runs until interrupted. `make` is called at the start and after each change; false: keep the pages of before.
int serve(Context& context, int port, const std::string& open_with, const std::function<bool(Served&)>& make);

}  // namespace janus
