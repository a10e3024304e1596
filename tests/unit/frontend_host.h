// frontend_host.h: programs given as texts, for unit tests of the frontend.
// Depends on frontend/resolve.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "frontend/check.h"
#include "frontend/resolve.h"

namespace janus {

// Texts to tables, without bodies: `Collected c({{"main.jan", "…"}}); c.codes()`.
struct Collected {
  MemoryFiles files;
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Program program{sources, names, diags};

  explicit Collected(std::map<std::string, std::string> texts, std::map<std::string, std::string> std_texts = {},
                     bool all = false) {
    files.texts = std::move(texts);
    for (auto& [name, text] : std_texts) files.std_texts[name] = text;
    LoadOptions options;
    options.root = "main.jan";
    options.all_modules = all;
    load_modules(program, files, options);
    collect(program);
  }
  std::string codes() const {
    std::string text;
    for (const Diagnostic* d : diags.all()) text += (text.empty() ? "" : " ") + std::string(diag_info(d->kind).name);
    return text;
  }
  DeclId decl(const char* name) { return lookup_name(program, program.main_module, names.intern(name)); }
  FuncId func(const char* name) { return FuncId(program.decls[+decl(name)].index); }
  TypeId type(const char* name) { return self_type_of_decl(program, decl(name)); }
};

}  // namespace janus
