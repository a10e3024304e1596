// doc_name.h: `janus doc NAME`: one declaration in the terminal.
// Depends on commands.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cli/commands.h"

namespace janus {

// Whether the word of `janus doc` is a name rather than a path: no such file or folder, and nothing that a path has.
bool is_doc_name(const std::string& word);
int show_doc_of(Context& context, const std::string& name);

}  // namespace janus
