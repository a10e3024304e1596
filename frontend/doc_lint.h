// doc_lint.h: what is wrong or missing in documentation, as D diagnostics with fixes.
// Depends on doc_extract.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>

#include "frontend/doc_extract.h"

namespace janus {

struct DocLintOptions {
  // Also what is missing: undocumented public items, parameters, errors. Without it only what contradicts the program:
  // for packages that are programs, whose names nobody else uses.
  bool complete = true;
  bool std_too = false;
  // The present name of something that had this one once; empty: none that is known.
  std::function<std::string(std::string_view old_name)> renamed;
  // "tour.md": what [text](tour.md) may lead to, and the anchors there.
  std::map<std::string, std::vector<std::string>, std::less<>> guides;
  // Whether a file is there that a page names; empty: nobody looks.
  std::function<bool(std::string_view page, std::string_view file)> has_file;
};
void lint_docs(Program& program, const Docs& docs, const DocLintOptions& options);
// A page of docs/: its links, headings and code blocks. `base`: of its SourceFile.
void lint_guide(Program& program, std::string_view text, uint32_t base, const DocLintOptions& options);

std::vector<std::string> guide_anchors(std::string_view text);   // of the headings of a page, as pages name them
bool is_semver(std::string_view text);   // 1.2.3, 1.0.0-rc.1+build
std::string make_semver(std::string_view text);   // "v1.2" -> "1.2.0"; empty when it cannot be guessed

}   // namespace janus
