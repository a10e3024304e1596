// doctests.cpp: which errors belong to which example.
// Depends on doctests.h, disk.h, frontend/diag_render.h, frontend/doctest.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/doctests.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "cli/disk.h"
#include "frontend/diag_render.h"
#include "frontend/doctest.h"

namespace janus {
namespace {

struct Found {
  std::string text;
  std::vector<std::string> codes;
};

bool is_error(const Diagnostic& diag) { return diag_info(diag.kind).severity() == Severity::Error; }

std::string joined(const std::vector<std::string>& codes) {
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : ", ") + code;
  return text;
}

constexpr size_t kMaxPages = 5000;
constexpr int kMaxDepth = 24;   // of folders in folders

// The pages of the folder itself before those of its folders, each sorted.
void find_pages(const std::string& folder, int depth, std::vector<std::string>& out) {
  std::error_code ignored;
  std::vector<std::string> folders, pages;
  for (std::filesystem::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored)) {
    std::string name = it->path().filename().string();
    if (name.starts_with(".")) continue;
    if (it->is_directory(ignored)) folders.push_back(join_path(folder, name));
    else if (name.ends_with(".md")) pages.push_back(join_path(folder, name));
  }
  std::sort(pages.begin(), pages.end());
  std::sort(folders.begin(), folders.end());
  out.insert(out.end(), pages.begin(), pages.end());
  for (const std::string& sub : folders)
    if (out.size() < kMaxPages && depth < kMaxDepth) find_pages(sub, depth + 1, out);
}

}  // namespace

bool settle_doctests(const Compilation& compilation, DoctestOptions& options) {
  const std::vector<DoctestInfo>& tests = compilation.program.doctests;
  if (tests.empty() || !compilation.diags.has_errors()) return false;
  std::vector<uint32_t> by_place;
  for (uint32_t i = 0; i < tests.size(); ++i)
    if (is_some(tests[i].module)) by_place.push_back(i);
  std::sort(by_place.begin(), by_place.end(),
            [&](uint32_t a, uint32_t b) { return tests[a].code.lo < tests[b].code.lo; });
  std::map<uint32_t, Found> found;
  for (const Diagnostic* diag : compilation.diags.all()) {
    if (!is_error(*diag)) continue;
    auto at = std::upper_bound(by_place.begin(), by_place.end(), diag->span.lo,
                               [&](uint32_t pos, uint32_t i) { return pos < tests[i].code.lo; });
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
      else
        verdict.problem =
            "it does not compile with " + joined(f.codes) + ", and " + test.expected + " was expected\n\n" + f.text;
    }
    options.known[doctest_key(compilation.program, test)] = std::move(verdict);
  }
  return !found.empty();
}

std::vector<std::string> pages_below(const std::string& folder) {
  std::vector<std::string> pages;
  find_pages(folder, 0, pages);
  return pages;
}

}  // namespace janus
