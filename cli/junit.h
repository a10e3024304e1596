// junit.h: test results as JUnit XML.
// Depends on nothing of ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace janus {
struct JunitCase {
  std::string suite, name, path;
  int line;
  double seconds;
  bool passed;
  bool skipped;
  std::string type, why, output;   // of a failure; type: "failed", "timeout", "crashed"
};
std::string junit_xml(const std::vector<JunitCase>& cases);
}  // namespace janus
