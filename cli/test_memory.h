// test_memory.h: which tests passed when they were last run, for --changed.
// Depends on project.h, produce.h, test_report.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "cli/produce.h"
#include "cli/test_report.h"

namespace janus {

// A file in the cache for each target. A test is unchanged when the code that it reaches is: the executable's content
// tells.
class TestMemory {
 public:
  TestMemory(const Target& target, const Product& product, bool release);
  bool passed(const TestCase& test) const;
  void note(const TestCase& test, const TestResult& result);
  void keep();   // a cache that cannot be written is no trouble

 private:
  static std::string key(const TestCase& test) { return test.name + "\t" + test.path; }
  std::string path_, code_;
  std::map<std::string, bool> known_;
  bool changed_ = false;
};

}  // namespace janus
