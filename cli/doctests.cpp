// doctests.cpp: which errors belong to which example.
// Depends on doctests.h, disk.h, frontend/diag_render.h, frontend/doctest.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/doctests.h"

#include <dirent.h>

#include <algorithm>
#include <map>

#include "cli/disk.h"
#include "frontend/diag_render.h"
#include "frontend/doctest.h"

namespace janus {
namespace {

struct Found { std::string text; std::vector<std::string> codes; };

bool is_error(const Diagnostic& diag) { return diag_info(diag.kind).severity() == Severity::Error; }

std::string joined(const std::vector<std::string>& codes) {
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : ", ") + code;
  return text;
}

}  // namespace

bool settle_doctests(const Compilation& compilation, DoctestOptions& options) {
  const std::vector<DoctestInfo>& tests = compilation.program.doctests;
  if (tests.empty() || !compilation.diags.has_errors()) return false;
  std::vector<uint32_t> by_place;
  for (uint32_t i = 0; i < tests.size(); ++i)
    if (is_some(tests[i].module)) by_place.push_back(i);
  std::sort(by_place.begin(), by_place.end(), [&](uint32_t a, uint32_t b) { return tests[a].code.lo < tests[b].code.lo; });
  std::map<uint32_t, Found> found;
  for (const Diagnostic* diag : compilation.diags.all()) {
    if (!is_error(*diag)) continue;
    auto at = std::upper_bound(by_place.begin(), by_place.end(), diag->span.lo, [&](uint32_t pos, uint32_t i) { return pos < tests[i].code.lo; });
    if (at == by_place.begin() || diag->span.lo > tests[*--at].code.hi) continue;
    Found& f = found[*at];
    std::string code = diag_info(diag->kind).code;
    if (std::find(f.codes.begin(), f.codes.end(), code) == f.codes.end()) f.codes.push_back(code);
    f.text += render_diag(compilation.sources, *diag, {}) + "\n";
  }
  for (auto& [i, f] : found) {
    const DoctestInfo& test = tests[i];
    DoctestOptions::Verdict verdict{false, f.text};
    if (test.mode == DoctestMode::CompileFails) {
      verdict.passed = std::find(f.codes.begin(), f.codes.end(), test.expected) != f.codes.end();
      if (verdict.passed) verdict.problem.clear();
      else verdict.problem = "it does not compile with " + joined(f.codes) + ", and " + test.expected + " was expected\n\n" + f.text;
    }
    options.known[doctest_key(compilation.program, test)] = std::move(verdict);
  }
  return !found.empty();
}

std::vector<std::string> guides_of(const std::string& package) {
  std::vector<std::string> paths;
  std::string folder = join_path(package == "." ? "" : package, "docs");
  DIR* dir = opendir(folder.c_str());
  if (!dir) return paths;
  while (dirent* entry = readdir(dir))
    if (std::string name = entry->d_name; name.ends_with(".md")) paths.push_back(join_path(folder, name));
  closedir(dir);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace janus
