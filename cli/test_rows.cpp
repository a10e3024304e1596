// test_rows.cpp: writes last_result and last_ms.
// Depends on test_rows.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/test_rows.h"

#include <map>

namespace janus {
namespace {

const char* word_of(const TestRan& ran) {
  switch (ran.end) {
    case TestEnd::Timeout: return "timeout";
    case TestEnd::Failed: return ran.signal ? "crashed" : "failed";
    default: return "ok";
  }
}

}  // namespace

void store_results(Context& context, const std::string& word, const std::vector<TestRan>& ran) {
  if (ran.empty()) return;
  // The rows of what was tested: those of a check, which is not made again when nothing changed since.
  context.disk.forget_questions(0);
  Target target;
  Knowledge k;
  if (find_target(context, word, Purpose::Modules, target) != kDone || !target.is_package ||
      database_path(context, target) == ":memory:" || refresh(context, target, false, k) != kDone)
    return;
  AstDb& db = *k.db;
  if (db.in_memory() || !db.begin()) return;
  // By file and name, and by file and line: paths in the database begin at the package's folder.
  std::string folder = target.package == "." ? "" : target.package + "/";
  std::map<std::string, const TestRan*> tests, docs;
  for (const TestRan& r : ran) {
    std::string file = r.test.path.starts_with(folder) ? r.test.path.substr(folder.size()) : r.test.path;
    if (r.test.is_doc()) docs[file + ":" + std::to_string(r.test.line)] = &r;
    else tests[file + ":" + r.test.name] = &r;
  }
  std::map<RowId, std::string> guides;
  db.each_guide([&](const GuideRow& guide) { guides[guide.id] = guide.path; });
  auto file_of_decl = [&](RowId decl) {
    if (decl < 0) return guides[-decl];
    FileRow row;
    return db.find_file(file_of(decl), row) ? row.path : std::string();
  };
  std::vector<std::pair<RowId, const TestRan*>> test_rows;
  db.each_test([&](const TestRow& row) {
    auto found = tests.find(file_of_decl(row.decl) + ":" + row.name);
    if (found != tests.end()) test_rows.push_back({row.decl, found->second});
  });
  struct DocHit {
    RowId decl;
    uint32_t ordinal;
    const TestRan* ran;
  };
  std::vector<DocHit> doc_rows;
  db.each_doctest([&](RowId, const DoctestRow& row) {
    std::string file = file_of_decl(row.decl);
    // The row's line is the fence's, or the first below it.
    for (uint32_t line : {row.line, row.line - 1}) {
      auto found = docs.find(file + ":" + std::to_string(line));
      if (found == docs.end()) continue;
      doc_rows.push_back({row.decl, row.ordinal, found->second});
      return;
    }
  });
  bool good = true;
  for (auto& [decl, r] : test_rows)
    good = good && db.put_test_result(decl, word_of(*r), static_cast<int64_t>(r->seconds * 1e3));
  for (const DocHit& hit : doc_rows) good = good && db.put_doctest_result(hit.decl, hit.ordinal, word_of(*hit.ran));
  if (good) db.commit();
  else db.roll_back();
}

}  // namespace janus
