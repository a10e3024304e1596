// cli_explain_test.cpp: every diagnostic has a page, whose wrong program gives exactly that code and whose right one
// none. Depends on doctest, frontend/compilation.h, frontend/manifest.h, backend/embed.h (pages, standard library).
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>

#include "backend/embed.h"
#include "frontend/compilation.h"
#include "frontend/doc_lint.h"
#include "frontend/doctest_check.h"
#include "frontend/manifest.h"

using namespace janus;

namespace {

constexpr const char* kCodes[] = {
#define DIAG(code, Name, text) code,
#include "frontend/diag.def"
#undef DIAG
};

struct PageFiles : FileSystem {
  std::map<std::string, std::string> files;
  bool read(const std::string& path, std::string& text, std::string& why) override {
    auto found = files.find(path);
    if (found == files.end()) return why = "cannot read " + path, false;
    text = found->second;
    return true;
  }
  bool exists(const std::string& path) override { return files.contains(path); }
  bool list(const std::string&, std::vector<std::string>& paths, std::string&) override {
    for (auto& [path, text] : files) paths.push_back(path);
    return true;
  }
  std::string_view std_file(std::string_view name) override { return embedded_file(name); }
  std::vector<std::string> std_files() override {
    std::vector<std::string> names;
    for (const EmbeddedFile& file : embedded_files())
      if (file.name.starts_with("std/")) names.emplace_back(file.name);
    return names;
  }
};

// The codes that a program gives. `//---- file: x.jan` begins another file of it.
std::set<std::string> codes_of(const std::string& program, bool is_toml, bool lint, std::string& said, bool of_docs) {
  std::set<std::string> codes;
  auto take = [&](const Diagnostics& diags) {
    for (const Diagnostic* d : diags.all()) {
      codes.insert(diag_info(d->kind).code);
      said += std::string(diag_info(d->kind).code) + ": " + d->message + "\n";
    }
  };
  if (is_toml) {
    SourceMap sources;
    Diagnostics diags;
    Manifest manifest;
    read_manifest(sources, diags, "janus.toml", program, manifest);
    take(diags);
    return codes;
  }
  PageFiles files;
  std::string rest = program, name = "main.jan";
  while (true) {
    const std::string mark = "//---- file: ";
    size_t at = rest.find(mark);
    files.files[name] = rest.substr(0, at);
    if (at == std::string::npos) break;
    size_t end = rest.find('\n', at);
    name = rest.substr(at + mark.size(), end - at - mark.size());
    rest = rest.substr(end + 1);
  }
  Compilation c;
  LoadOptions load;
  load.root = "main.jan";
  CheckOptions options;
  options.lint = lint;
  c.check(files, load, options);
  if (of_docs && !c.diags.has_errors()) {
    lint_docs(c.program, extract_docs(c.program, DocsOf::Package), {});
    load.doctests.own = true;
    lint_examples(files, load, false, c);
  }
  take(c.diags);
  return codes;
}

struct Programs {
  std::vector<std::string> texts;
  bool is_toml = false;
};

Programs programs_below(std::string_view page, std::string_view heading) {
  Programs result;
  size_t from = page.find(heading);
  if (from == std::string_view::npos) return result;
  std::string_view part = page.substr(from);
  part = part.substr(0, part.find("\n## ", 3));
  for (size_t at; (at = part.find("```")) != std::string_view::npos;) {
    size_t begin = part.find('\n', at) + 1, end = part.find("```", begin);
    result.is_toml = part.substr(at, begin - at).starts_with("```toml");
    result.texts.emplace_back(part.substr(begin, end - begin));
    part.remove_prefix(end + 3);
  }
  return result;
}

}  // namespace

TEST_CASE("every code has a page") {
  for (const char* code : kCodes) {
    INFO(code);
    CHECK(embedded_file(std::string("explain/") + code + ".md").data() != nullptr);
  }
}

TEST_CASE("every page belongs to a code") {
  std::set<std::string> codes(std::begin(kCodes), std::end(kCodes));
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.starts_with("explain/")) continue;
    INFO(file.name);
    CHECK(codes.contains(std::string(file.name.substr(8, 5))));
  }
}

TEST_CASE("the wrong program of a page gives its code and no other, the right one gives none") {
  for (const char* code : kCodes) {
    std::string_view page = embedded_file(std::string("explain/") + code + ".md");
    if (!page.data()) continue;
    INFO(code);
    CHECK(page.starts_with(std::string("# ") + code + " "));
    CHECK(page.find("\n## Why\n") != std::string_view::npos);
    bool lint = page.find("`janus check --lint`") != std::string_view::npos;
    Programs wrong = programs_below(page, "## A wrong program"), right = programs_below(page, "## A right program");
    if (page.find("<!-- no program: ") == std::string_view::npos) {
      CHECK_FALSE(wrong.texts.empty());
      CHECK_FALSE(right.texts.empty());
    }
    for (const std::string& text : wrong.texts) {
      std::string said;
      std::set<std::string> codes = codes_of(text, wrong.is_toml, lint, said, code[0] == 'D');
      INFO(text);
      INFO(said);
      CHECK(codes == std::set<std::string>{code});
    }
    for (const std::string& text : right.texts) {
      std::string said;
      std::set<std::string> codes = codes_of(text, right.is_toml, lint, said, code[0] == 'D');
      INFO(text);
      INFO(said);
      CHECK(codes.empty());
    }
  }
}
