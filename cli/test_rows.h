// test_rows.h: results of tests as rows of the package's database.
// Depends on knowledge.h, test_report.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>

#include "cli/knowledge.h"
#include "cli/test_report.h"

namespace janus {

struct TestRan {
  TestCase test;
  TestEnd end;
  int exit, signal;
  double seconds;
};

// Tables test and doctest, of what they know already: `janus check` fills them. No database: nothing is done.
void store_results(const Context& context, const Target& target, const std::vector<TestRan>& ran);

}  // namespace janus
