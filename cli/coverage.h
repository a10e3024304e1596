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
  struct Function {
    uint32_t line;
    std::string name;
    auto operator<=>(const Function&) const = default;
  };
  struct File {
    std::map<uint32_t, docgen::LineCount> lines;
    std::map<Function, uint64_t> functions;   // and how often each was called
  };
  static std::string lcov_of(const std::string& path, const docgen::CoverageFile& file,
                             const std::map<Function, uint64_t>& functions);
  std::map<std::string, File> files_;
};

}   // namespace janus
