// test_report.h: what `janus test` says of each test: to people, as JSON lines, as TAP, as JUnit.
// Depends on commands.h, junit.h, process.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/junit.h"
#include "cli/process.h"

namespace janus {

// One test or example, as the executable lists it.
struct TestCase {
  int64_t index = 0;
  int64_t mode = 0;      // rt::TestMode
  std::string name, path, note;
  int line = 0;
  bool is_doc() const { return name.starts_with("doc "); }
};

enum class TestEnd : uint8_t { Passed, Failed, Timeout, Ignored, Unchanged };

struct TestResult {
  TestEnd end = TestEnd::Passed;
  std::string why;             // in one line
  std::string output;
  std::string seed;            // of the schedule that failed, or the last
  long schedules = 0;          // under how many it ran; 0: the ordinary one
  double seconds = 0;
  int exit = 0, signal = 0;
  bool failed() const { return end == TestEnd::Failed || end == TestEnd::Timeout; }
};

struct TestReport {
  Context& context;
  bool tap = false;
  size_t passed = 0, failed = 0, ignored = 0, unchanged = 0;
  std::vector<JunitCase> junit = {};

  void list(const TestCase& test);
  void add(const TestCase& test, const TestResult& result,
           const std::string& word);  // word: the path on the command line
  void summary(double seconds);
  size_t shown() const { return passed + failed + ignored + unchanged; }

 private:
  void add_json(const TestCase& test, const TestResult& result);
  void add_tap(const TestCase& test, const TestResult& result);
  void add_text(const TestCase& test, const TestResult& result, const std::string& word);
};

std::string shell_quoted(const std::string& text);

}  // namespace janus
