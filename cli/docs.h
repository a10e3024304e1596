// docs.h: what every form of `janus doc` begins with: a checked target, its doc comments and guides, and the model of them.
// Depends on session.h, docgen/gather.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "cli/session.h"
#include "docgen/gather.h"

namespace janus {

struct Documents {
  Target target;
  Compilation* compilation = nullptr;  // lives until the process ends (main.cpp)
  Docs docs;
  std::vector<docgen::GuideText> guides;
  docgen::Model model;
};
// 0, or an exit code after saying why. Mistakes in the sources are shown; the documentation of the rest is made.
int load_documents(Context& context, const std::string& word, Documents& out);

}  // namespace janus
