// test_server.h: runs tests as processes forked from one executable: it is loaded once, and each test has a fresh copy
// of it. Depends on process.h, runtime/abi_test.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/process.h"

namespace janus {

struct TestJob {
  int64_t index = 0;
  std::string seed; /* of the scheduler, "" for none */
};

struct TestServer {
  std::string program;
  std::string counters;                             // file for the counts of --coverage, "" for none
  unsigned at_a_time = 1;
  double limit_seconds = 60;
  std::function<bool(size_t)> wanted = {};   // asked before a job begins; false: it is passed over, and never done
  std::function<void(size_t, Outcome&)> done = {};   // in the order in which they end

  // False with a reason when the executable cannot be started or breaks off.
  bool run(const std::vector<TestJob>& jobs, std::string& why);
};

}   // namespace janus
