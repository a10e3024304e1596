// abi_test.h: what an executable of tests, the runtime and `janus test` share.
// Depends on abi.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/abi.h"

namespace janus::rt {

// An executable of tests: `--list` writes lines `INDEX\tMODE\tPATH:LINE:COL\tNAME\tNOTE` (\t, \n and \\ inside are
// escaped), `--run INDEX` runs one, `--serve FD [FILE]` forks one process for each TestRequest that comes over the
// socket FD, with the test's stdout and stderr beside it as a descriptor, and answers with a TestReply when it has
// started and when it has ended; at the end it writes the counters of lines to FILE.
enum TestMode : int64_t {
  kTestRun,      // a `test`, or an example: must return
  kTestFails,    // must fail
  kTestPassed,   // decided without running: only compiled
  kTestFailed,   // decided without running: `note` says why
  kTestIgnored,
};
struct TestEntry {
  const char* name;
  const char* place;
  const char* note;
  Error* (*run)(void);
  int64_t mode;
};
struct TestTable {
  const TestEntry* tests;
  int64_t count;
  uint64_t* counters;           // of --coverage, on pages of their own; null without
  const char* counter_places;   // what each counts (backend/coverage.h), one after the other, each with its zero
  int64_t counter_count;
};
struct TestRequest {
  int64_t index;
  int64_t id;
  char seed[24];
};
struct TestReply {
  int64_t kind;
  int64_t pid;
  int64_t status; /* of waitpid; of a start: errno when pid < 0 */
  int64_t id;
};
constexpr int64_t kTestStarted = 1, kTestEnded = 2;

}  // namespace janus::rt

extern "C" {
Error* janus_run_tests(const TestTable* tests);
void janus_assert_sides(Sink* sink, String* left, String* right,
                        bool quoted);   // after "assertion failed: …": both values, or how they differ
void janus_capture_begin(void);                // stdout goes into a text …
String* janus_capture_end(void);               // … which this returns
String* janus_expect(String* found, String* expected,
                     String* source);   // doctests: null, or what is wrong; consumes `found`
}
