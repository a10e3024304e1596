// knowledge.h: the package's ASTDB, brought up to date with its sources.
// Depends on session.h, frontend/astdb/astdb.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cli/session.h"
#include "frontend/astdb/astdb.h"

namespace janus {

struct Knowledge {
  std::unique_ptr<AstDb> db;
  bool fresh = false;                 // nothing had changed: no source was parsed
  RunInfo run;                        // what the check said, now or when it was made
  StoreResult stored;                 // when !fresh
  Compilation* compilation = nullptr; // when !fresh; never deleted: the process ends soon
};

// `with_reports`: run.plain, color and json are wanted too. 0, or an exit code after saying why; diagnostics are no
// reason.
int refresh(Context& context, Target& target, bool with_reports, Knowledge& knowledge);

// Where the database of the target is: --astdb, else .janus/astdb.sqlite of its package, else memory.
std::string database_path(const Context& context, const Target& target);

}  // namespace janus
