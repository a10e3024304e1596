// lex.h: characters to tokens. parse.h: tokens to a tree.
// Depends on tree.h, diag.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/diag.h"
#include "frontend/tree.h"

namespace janus {
// Of each body in `skip`, ordered, there are two tokens: its `do` and its `end`.
Tokens lex(const SourceFile& file, Names& names, Diagnostics& diags, std::span<const BodyRange> skip = {});
// Bodies that were skipped: their tokens, `do` and `end` again with them, stand behind the others, then an EndOfFile.
void lex_bodies(const SourceFile& file, std::span<const BodyRange> bodies, Tokens& tokens, Names& names,
                Diagnostics& diags);
// Of a doctest: bytes lo … hi of `text`, which is the file's text with what is no code blanked; `// => value` comments
// are kept.
Tokens lex_doctest(const SourceFile& file, std::string& text, uint32_t lo, uint32_t hi, Names& names,
                   Diagnostics& diags);
}   // namespace janus
