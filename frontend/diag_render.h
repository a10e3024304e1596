// diag_render.h: diagnostics as people read them: source, underlines, labels, notes, suggested edits.
// Depends on diag.h. Returns text; printing it is cli's business.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "frontend/diag.h"

namespace janus {

struct RenderOptions {
  bool color = false;
  size_t max_errors = 20;     // later ones are counted only; 0: show all
  uint32_t max_columns = 200; // a longer line is cut around the place
};

// One diagnostic, with an empty line after it:
//   error[E2001]: expected `i64`, found `String`
//    --> src/main.jan:3:12
//     |
//   3 |     return "wide"
//     |            ^^^^^^ this is a `String`
std::string render_diag(const SourceMap& sources, const Diagnostic& diag, const RenderOptions& options);

// All of them in their order, then a line that counts them ("2 errors, 1 warning"). Empty when there are none.
std::string render_diags(const SourceMap& sources, const Diagnostics& diags, const RenderOptions& options);

}  // namespace janus
