// doctest_check.cpp: compiling the examples, and carrying their errors over to the package's own files.
// Depends on doctest_check.h, doctest.h, diag_render.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/doctest_check.h"

#include <algorithm>
#include <map>

#include "frontend/diag_render.h"
#include "frontend/doctest.h"

namespace janus {
namespace {

struct Found {
  std::string text;
  std::vector<std::string> codes;
  std::vector<const Diagnostic*> errors;
};

bool is_error(const Diagnostic& diag) { return diag_info(diag.kind).severity() == Severity::Error; }

std::string joined(const std::vector<std::string>& codes) {
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : ", ") + code;
  return text;
}

constexpr int kMostRounds = 20;   // an error may hide another's of a later phase

// "the problem\nhelp: the way out\n"
void report_words(Diagnostics& diags, Span span, std::string_view problem) {
  size_t end = problem.find('\n'), help = problem.find("help: ");
  Diagnostic& diag = diags.report<Diag::ExampleWord>(span, problem.substr(0, end));
  if (help == std::string_view::npos) return;
  std::string_view text = problem.substr(help + 6);
  diag.help(std::string(text.substr(0, text.find('\n'))));
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
    f.errors.push_back(diag);
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
    uint32_t base = compilation.sources.file(test.file).base;
    for (const Diagnostic* error : f.errors) {
      if (verdict.passed) break;
      Diagnostic& flaw = verdict.flaws.emplace_back(*error);
      flaw.span = {flaw.span.lo - base, flaw.span.hi - base};
      flaw.labels.clear(), flaw.fixes.clear();   // they may stand in other files
    }
    options.known[doctest_key(compilation.program, test)] = std::move(verdict);
  }
  return !found.empty();
}

void lint_examples(FileSystem& disk, const LoadOptions& load, bool all_std, Compilation& into) {
  std::map<std::string_view, const SourceFile*> files;
  for (size_t i = 0; i < into.sources.size(); ++i) {
    const SourceFile& file = into.sources.file(static_cast<FileId>(i));
    files.try_emplace(file.path, &file);
  }
  LoadOptions examples = load;
  examples.all_std = all_std;
  for (int round = 0; round < kMostRounds; ++round) {
    Compilation tried;
    CheckOptions check;
    check.tests = true;
    check.all_std = all_std;
    tried.check(disk, examples, check);
    if (settle_doctests(tried, examples.doctests)) continue;
    for (const DoctestInfo& test : tried.program.doctests) {
      auto found = files.find(tried.sources.file(test.file).path);
      if (found == files.end() || test.passed) continue;
      // The same text, so the same bytes.
      uint32_t from = tried.sources.file(test.file).base, to = found->second->base;
      Span place = {test.place.lo - from + to, test.place.hi - from + to};
      bool compiles = test.mode == DoctestMode::CompileFails && is_some(test.module);
      auto known = examples.doctests.known.find(doctest_key(tried.program, test));
      if (compiles) {
        into.diags.report<Diag::ExampleCompiles>(place, test.expected)
            .help("take `compile_fails(" + test.expected + ")` away, or show what is wrong");
      } else if (known != examples.doctests.known.end()) {
        for (const Diagnostic& flaw : known->second.flaws) {
          std::string expected =
              test.mode == DoctestMode::CompileFails ? " (" + test.expected + " was expected)" : std::string();
          Diagnostic& diag =
              into.diags.report<Diag::ExampleBroken>(Span{flaw.span.lo + to, flaw.span.hi + to},
                                                     flaw.message + " [" + diag_info(flaw.kind).code + "]" + expected);
          diag.label = flaw.label;
          diag.notes = flaw.notes;
          diag.helps = flaw.helps;
        }
      } else if (test.mode == DoctestMode::Bad && !test.problem.starts_with("the fence is not closed")) {
        report_words(into.diags, place, test.problem);   // of an open fence D1011 says it
      }
    }
    break;
  }
}

}  // namespace janus
