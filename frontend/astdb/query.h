// query.h: predicates over declarations, compiled to SQL: what `janus query`, the editor and docs share.
// Depends on astdb.h.
// SPDX-License-Identifier: Apache-2.0
//
//   pub func and not has_doc        words stand for themselves; `and` may be left out
//   name('get_*') or calls('send')  arguments in quotes
#pragma once
#include "frontend/astdb/astdb.h"

namespace janus {

struct PredicateInfo {
  const char* name;
  const char* argument;
  const char* help;
};   // argument: "" for a word
std::span<const PredicateInfo> all_predicates();

struct QueryError {
  std::string why, hint;
  size_t lo = 0, hi = 0;
};   // bytes of the query's text
struct CompiledQuery {
  std::string where;                    // over `decl d`
  std::vector<std::string> bound;       // of ?1, ?2 …
  bool std_too = false;                 // it asks about declarations of the standard library as well
};
bool compile_query(AstDb& db, std::string_view text, CompiledQuery& query, QueryError& error);

struct Found {
  RowId id = 0;
  std::string path;
  uint32_t line = 0, col = 0;
  std::string kind, name, full_name, signature;
  Cid cid{};
  bool is_pub = false, is_std = false;
};
// In the order of files and lines. False: `why`.
bool run_query(AstDb& db, const CompiledQuery& query, std::vector<Found>& found, std::string& why);
bool count_query(AstDb& db, const CompiledQuery& query, size_t& count, std::string& why);

// For `--sql`: from here on this connection only reads: no writing, no other files, no extensions.
void restrict_to_reading(AstDb& db);

}  // namespace janus
