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

// Tables test and doctest of the package that `word` names on the command line; for anything else nothing is done.
void store_results(Context& context, const std::string& word, const std::vector<TestRan>& ran);

}  // namespace janus
