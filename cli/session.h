// session.h: what check, build, run and test share: checking a target, and showing what was found.
// Depends on project.h, frontend/compilation.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cli/project.h"
#include "frontend/compilation.h"

namespace janus {

// Diagnostics as text on stderr, or as JSON lines on stdout.
void report(Context& context, const SourceMap& sources, const Diagnostics& diags);

// What a process ends with that found these errors: a file or folder that cannot be read is trouble with the world, not
// a mistake.
Exit exit_of(const Diagnostics& diags);

// The same as text, for the cache, which shows the warnings of an unchanged program again.
struct Rendered {
  std::string plain, color, json;
};
Rendered render_all(const SourceMap& sources, const Diagnostics& diags);
void show(Context& context, const Rendered& rendered);

// False after complaining: --max-errors without a number.
bool check_common_options(Context& context);

}   // namespace janus
