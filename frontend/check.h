// check.h: from declarations to checked bodies.
// Depends on program.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "frontend/program.h"

namespace janus {

// Which capabilities a program may need (language.md 7.2). All of them where nothing was said.
struct Grants {
  uint64_t granted = ~uint64_t(0);  // effect bits
  uint64_t denied = 0;              // those that `--deny` took away, for the message
  bool by_manifest = false;         // `capabilities = […]` says what is granted
  bool by_flag = false;             // `--allow` or `--deny` was given: it holds for tests too
};
struct CheckOptions {
  bool keep_bodies = true;   // false: `janus check` frees each body after its checks (memory)
  const std::vector<bool>* keep_of = nullptr;   // by ModuleId, without keep_bodies: bodies of these stay all the same
  // When names and types stand, before any body is looked at: the last moment to say what keep_of holds.
  std::function<void(Program&)> before_bodies = {};
  struct BodySink* sink = nullptr;   // body_sink.h: sees each body
  struct BodyMemory* memory =
      nullptr;   // body_memory.h: what an earlier check left; with a sink and without keep_bodies only
  bool all_std = false;   // every body of std, not only those that are reached: its documentation shows their effects
  bool tests = false;   // check `test` blocks too (always checked for user modules; this keeps their bodies)
  bool lint = false;   // also what is never used, reached, awaited, closed, changed (lint.cpp)
  Grants grants = {};
};
// Checks every body of user modules, and of std those that are reached. Fills Program::bodies.
void check_bodies(Program& program, const CheckOptions& options);

// Least fixpoint over the includes of inferred sets; afterwards every ErrorSet has its tags (sorted) and no includes.
void solve_error_sets(Program& program);

// Exhaustiveness and reachability of a Match, IfMatch or irrefutable pattern (match.cpp). Types in the body are final.
// Reports E6 codes with a missing case as a pattern to paste, and unreachable arms.
void check_match(Program& program, const Body& body, HirId match);
void check_irrefutable(Program& program, const Body& body, uint32_t pattern, Span place, const char* where);
// All patterns of one finished body: calls the two above. Compilation does so for every body that is kept, when error
// sets are solved. A body that is freed before must be given here first, unless has_error_match() says that it needs
// the solved sets.
void check_patterns(Program& program, const Body& body);
bool has_error_match(const Program& program, const Body& body);

// Endless instances of generic functions (ruling 14). check_patterns notes what each body calls; the second reports at
// the end.
void note_growth(Program& program, const Body& body);
void check_growth(Program& program);
// Values that became `dyn Trait`: noted by check_patterns, looked at again when the needs of generic impls are known.
void note_dyn(Program& program, TypeId type, TraitId trait, Span span);
void check_dyns(Program& program);

// A program whose main (with `tests`: one of whose tests) needs what it was not granted is refused, with the calls that
// need it.
void check_grants(Program& program, const CheckOptions& options);
bool only_refusals(const Diagnostics& diags);   // there are errors, and all of them are such

// Folds a const's value (ruling 44); reports failed checks. Called by collect's end, in dependency order.
void check_consts(Program& program);
}   // namespace janus
