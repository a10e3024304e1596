// coverage.h: `janus test --coverage`: counts of lines as the executables of tests wrote them, to a summary, LCOV and
// pages. Depends on commands.h, docgen/coverage_pages.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "cli/commands.h"
#include "docgen/coverage_pages.h"

namespace janus {

class Coverage {
 public:
  bool empty() const {
    return files_.empty();
  }   // nothing was counted: nothing was built, or no statement is anybody's
  // Adds what one executable counted; false with a reason when the file is not there or not what it should be.
  bool take(const std::string& counters, std::string& why);
  // DIR/lcov.info, DIR/index.html and a page a file; the summary to people or as JSON. 0 or an exit code after saying
  // why.
  int write(Context& context, const std::string& folder, const std::string& name);

 private:
  std::map<std::string, std::map<uint32_t, docgen::LineCount>> files_;
};

}   // namespace janus
