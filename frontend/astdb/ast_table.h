// ast_table.h: the table `ast` of `janus query --sql`: syntax trees as rows, a node each.
// Depends on astdb.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "frontend/astdb/astdb.h"

namespace janus {

// The text of a file that the database knows. False: `why`.
using ReadSource = std::function<bool(const FileRow& file, std::string& text, std::string& why)>;

// From here on this connection has the table. False when SQLite has no memory for it.
bool add_ast_table(AstDb& db, ReadSource read);

}  // namespace janus
