// parse.h: tokens to a syntax tree; recovers after a mistake, so that one mistake gives one error.
// Depends on tree.h, diag.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "frontend/diag.h"
#include "frontend/tree.h"

namespace janus {
constexpr uint32_t kMaxNesting = 256;  // of expressions, blocks, types and patterns together (ruling 68)
constexpr uint32_t kMaxHeight = 2000;  // of the tree: a chain of operators, calls or `else if` is as deep as it is
                                        // long. A pass may recurse over the tree without a check of its own.
// `script`: statements may stand outside functions. So too in a `.jans` file, and below `profile :script`. They become
// the body of a FuncDecl named `main` with the flag kShort, the last item of the file.
// `skip`, ordered: bodies of functions that an earlier run knew; they become empty Blocks.
Tree parse(FileId file, const SourceMap& sources, Names& names, Diagnostics& diags, bool script = false,
           std::span<const BodyRange> skip = {});
// Fills the Blocks that were skipped, under their ids.
void parse_skipped(Tree& tree, const SourceMap& sources, Names& names, Diagnostics& diags);
// A doctest: bytes lo … hi of `text` (see lex_doctest). Declarations stay in the File's list; the statements become a
// TestDecl of this name, the last in the list, with kShort.
Tree parse_doctest(FileId file, const SourceMap& sources, std::string& text, uint32_t lo, uint32_t hi, NameId name,
                   Names& names, Diagnostics& diags);
std::string dump_tree(const Tree& tree, const Names& names);   // S-expressions, for tests
const char* spelling(TokenKind kind);
}   // namespace janus
