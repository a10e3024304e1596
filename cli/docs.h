// docs.h: what every form of `janus doc` begins with: a checked target, its doc comments and guides, and the model of
// them. Depends on session.h, docgen/gather.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "cli/page_book.h"
#include "cli/session.h"
#include "docgen/gather.h"
#include "frontend/astdb/astdb.h"

namespace janus {

struct Documents {
  Target target;
  Compilation* compilation = nullptr;  // lives until the process ends (main.cpp), unless somebody deletes it
  Docs docs;
  std::vector<docgen::GuideText> guides;
  std::vector<std::string> read;       // every file and folder that was looked at, for --serve
  docgen::Model model;
  // kPages: where the pages go, when they are to be brought up to date there; and what is known of those.
  std::string folder;
  bool update = false;
  PageBook book, old_book;
};
enum DocumentsFor : uint8_t {
  kPages,
  kData /* no links from sources */,
  kLint /* D diagnostics, no model of the bodies */
};
// 0, or an exit code after saying why. Mistakes in the sources stay in `compilation`; the documentation of the rest is
// made.
int load_documents(Context& context, const std::string& word, Documents& out, DocumentsFor purpose);
std::string default_out(const Target& target, const char* name);   // "shop/build/doc"
// The D diagnostics of a checked package, for `check`: those that contradict the program, and in a library also what is
// missing. `guides` are sources of the compilation. `db`, when there is one, knows earlier names.
void lint_package(const Target& target, Compilation& compilation, const Docs& docs,
                  const std::vector<docgen::GuideText>& guides, AstDb* db);

}   // namespace janus
