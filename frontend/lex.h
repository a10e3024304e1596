// lex.h: characters to tokens. parse.h: tokens to a tree.
// Depends on tree.h, diag.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/diag.h"
#include "frontend/tree.h"

namespace janus {
Tokens lex(const SourceFile& file, Names& names, Diagnostics& diags);
}  // namespace janus
