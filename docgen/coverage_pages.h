// coverage_pages.h: what tests ran and what they did not, as pages: a table of files, and each file's source coloured
// by line. Depends on writer.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>

#include "docgen/writer.h"

namespace janus::docgen {

// How often the statements of a line ran: the most and the least of them.
struct LineCount {
  uint64_t most = 0, least = ~uint64_t{0};
};
struct CoverageFile {
  std::string path, text;
  std::map<uint32_t, LineCount> lines;   // those with statements

  size_t covered() const;
};

std::vector<OutFile> write_coverage(const std::vector<CoverageFile>& files, const std::string& name,
                                    const Assets& assets);

}  // namespace janus::docgen
