// lex.h: characters to tokens. parse.h: tokens to a tree.
// Depends on tree.h, diag.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/diag.h"
#include "frontend/tree.h"

namespace janus {
Tokens lex(const SourceFile& file, Names& names, Diagnostics& diags);
// Of a doctest: bytes lo … hi of `text`, which is the file's text with what is no code blanked; `// => value` comments
// are kept.
Tokens lex_doctest(const SourceFile& file, std::string& text, uint32_t lo, uint32_t hi, Names& names,
                   Diagnostics& diags);
}   // namespace janus
