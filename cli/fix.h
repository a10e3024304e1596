// fix.h: applies the edits that diagnostics offer.
// Depends on frontend/compilation.h, commands.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "cli/commands.h"
#include "frontend/diag.h"

namespace janus {

struct Edit {
  Span span;
  const DiagFix* fix;
};

// The MachineApplicable edits that can be made in one pass, by place. A diagnostic's edits belong together: all of them
// or none. Where two diagnostics want to change the same text, the earlier one wins and the other waits for the next
// run.
std::vector<Edit> choose_edits(const SourceMap& sources, const Diagnostics& diags);
// The file's text with the edits in it made.
std::string edited_text(const SourceMap& sources, FileId file, const std::vector<Edit>& edits);

// Writes the files, each whole or not at all, and says what was changed. Returns an exit code.
int apply_fixes(Context& context, const SourceMap& sources, const Diagnostics& diags, size_t& changes);

}   // namespace janus
