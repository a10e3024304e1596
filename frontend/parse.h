// parse.h: tokens to a syntax tree; recovers after a mistake, so that one mistake gives one error.
// Depends on tree.h, diag.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "frontend/diag.h"
#include "frontend/tree.h"

namespace janus {
constexpr uint32_t kMaxNesting = 256;  // of expressions, blocks, types and patterns together (ruling 68)
constexpr uint32_t kMaxHeight = 2000;  // of the tree: a chain of operators, calls or `else if` is as deep as it is long.
                                       // A pass may recurse over the tree without a check of its own.
Tree parse(FileId file, const SourceMap& sources, Names& names, Diagnostics& diags);
std::string dump_tree(const Tree& tree, const Names& names);  // S-expressions, for tests
const char* spelling(TokenKind kind);
}  // namespace janus
