// resolve_doctest.cpp: the examples in doc comments and guides become modules of their own, each seeing what its file
// sees. Depends on resolve.h, doctest.h, parse.h. SPDX-License-Identifier: Apache-2.0
#include <map>

#include "frontend/doctest.h"
#include "frontend/parse.h"
#include "frontend/resolve.h"

namespace janus {
namespace {

struct Extractor {
  Program& p;
  FileSystem& files;
  const DoctestOptions& options;

  // What all examples of one file share.
  struct Page {
    ModuleId parent = ModuleId::None;
    FileId file = FileId::None;
    std::string name;                       // "shapes", "guide": of what stands above no declaration
    std::string code = {};   // the file's text with the marks of fences blanked; made for the first example
    std::map<std::string, int> seen = {};   // examples of one declaration are numbered
  };

  void module(ModuleId id) {
    const Module& m = *p.modules[+id];
    if (m.tree.tokens.docs.empty()) return;
    Page page{id, m.file, std::string(p.names.text(m.path))};
    // The tree may not be looked at through `m` while modules are added; docs are few and copied.
    std::vector<Tokens::Doc> docs = m.tree.tokens.docs;
    for (const Tokens::Doc& doc : docs) {
      const SourceFile& file = p.sources.file(page.file);
      for (const Fence& fence : scan_fences(file.text, doc.begin, doc.end, true)) {
        if (!read_fence_words(fence.info).is_janus) continue;
        std::string of =
            doc.of_file ? page.name : documented_name(p.modules[+id]->tree, p.sources, p.names, doc.next_token);
        add(page, fence, of.empty() ? page.name : of, true);
      }
    }
  }

  void guide(const std::string& path) {
    std::string text, why;
    if (!files.read(path, text, why)) {
      p.diags.report<Diag::UnreadableFile>(Span{}, why);
      return;
    }
    size_t slash = path.rfind('/'), from = slash == std::string::npos ? 0 : slash + 1;
    Page page{ModuleId::None, p.sources.add(path, std::move(text)), path.substr(from, path.rfind('.') - from)};
    const SourceFile& file = p.sources.file(page.file);
    for (const Fence& fence : scan_fences(file.text, 0, static_cast<uint32_t>(file.text.size()), false))
      if (read_fence_words(fence.info).is_janus) add(page, fence, page.name, false);
  }

  void add(Page& page, const Fence& fence, const std::string& of, bool comment) {
    const SourceFile& file = p.sources.file(page.file);
    FenceWords words = read_fence_words(fence.info);
    DoctestInfo test;
    test.parent = page.parent;
    test.file = page.file;
    test.place = {file.base + fence.open, file.base + fence.open + 3};
    test.code = {file.base + fence.lo, file.base + fence.hi};
    test.mode = words.mode;
    test.expected = words.code;
    test.problem = words.problem;
    int number = ++page.seen[of];
    test.name = p.names.intern("doc " + of + (number > 1 ? " " + std::to_string(number) : ""));
    if (!fence.closed) {
      test.mode = DoctestMode::Bad;
      test.problem = "the fence is not closed\nhelp: write ``` on a line of its own behind the example\n";
    }
    auto known = options.known.find(doctest_key(p, test));
    if (known != options.known.end()) {
      test.problem = known->second.problem;
      test.passed = known->second.passed;
    } else if (test.mode != DoctestMode::Bad && test.mode != DoctestMode::Ignore) {
      test.module = compile(page, fence, test, comment);
    }
    p.doctests.push_back(std::move(test));
  }

  ModuleId compile(Page& page, const Fence& fence, const DoctestInfo& test, bool comment) {
    const SourceFile& file = p.sources.file(page.file);
    if (page.code.empty()) page.code = file.text;
    blank_marks(page.code, fence, comment);
    auto owned = std::make_unique<Module>();
    Module& m = *owned;
    m.file = page.file;
    m.parent = page.parent;
    m.doctest = static_cast<uint32_t>(p.doctests.size());
    if (is_some(page.parent)) {
      const Module& parent = *p.modules[+page.parent];
      m.profile = parent.is_std ? Profile::Service : parent.profile;
    }
    m.tree = parse_doctest(page.file, p.sources, page.code, fence.lo, fence.hi, test.name, p.names, p.diags);
    m.path = p.names.intern(page.name + "#" + std::to_string(p.sources.line_col(test.place.lo).line));
    auto id = static_cast<ModuleId>(p.modules.size());
    Decl decl;
    decl.kind = DeclKind::Module;
    decl.name = m.path;
    decl.module = id;
    decl.index = +id;
    decl.name_span = test.place;
    m.self_decl = static_cast<DeclId>(p.decls.size());
    p.decls.push_back(decl);
    p.modules.push_back(std::move(owned));
    return id;
  }
};

}   // namespace

std::string doctest_key(const Program& program, const DoctestInfo& test) {
  const SourceFile& file = program.sources.file(test.file);
  return file.path + ":" + std::to_string(test.place.lo - file.base);
}

void load_doctests(Program& program, FileSystem& files, const DoctestOptions& options) {
  Extractor extractor{program, files, options};
  size_t modules = program.modules.size();
  for (size_t i = 0; i < modules; ++i)
    if (program.modules[i]->is_std ? options.std : options.own) extractor.module(static_cast<ModuleId>(i));
  for (const std::string& path : options.guides) extractor.guide(path);
}

}   // namespace janus
