// put.cpp: one transaction, and the rows that others than the checker bring: docs, doctests, results of tests.
// Depends on sqlite.h.
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "frontend/astdb/sqlite.h"

namespace janus {

// Takes the right to write at once: a transaction that first reads and then writes could find that another was faster.
bool AstDb::begin() {
  if (writing_) return true;
  if (!leave_image()) return false;
  writing_ = exec("BEGIN IMMEDIATE");
  if (!writing_) trouble_ = reason_of(db_);
  return writing_;
}

bool AstDb::commit() {
  if (!writing_) return false;
  writing_ = false;
  if (exec("COMMIT")) return !is_new_ || put_in_place();
  trouble_ = reason_of(db_);
  if (!sqlite3_get_autocommit(db_)) exec("ROLLBACK");
  return false;
}

void AstDb::roll_back() {
  writing_ = false;
  if (db_ && !sqlite3_get_autocommit(db_)) exec("ROLLBACK");
}

std::unordered_map<std::string, std::string> AstDb::known_bodies() {
  std::unordered_map<std::string, std::string> records;
  sqlite3_stmt* s = nullptr;
  sqlite3_prepare_v2(db_, "SELECT file.module, known_body.record FROM known_body JOIN file ON file.id = known_body.file WHERE NOT file.is_std", -1, &s, nullptr);
  {
    Statement rows(s);
    while (rows.row()) records[std::string(rows.text(0))] = std::string(rows.bytes(1));
  }
  sqlite3_finalize(s);
  return records;
}

bool AstDb::put_known_bodies(const Program& program, const std::unordered_map<std::string, std::string>& records) {
  bool ok = true;
  for (size_t m = 0; m < program.modules.size() && ok; ++m) {
    if (program.modules[m]->is_std || !file_row(ModuleId(m))) continue;
    auto found = records.find(std::string(program.names.text(program.modules[m]->path)));
    if (found == records.end()) continue;
    Statement s(prepare(kPutKnown, "INSERT OR REPLACE INTO known_body VALUES(?, ?)"));
    ok = s.bind(1, file_row(ModuleId(m))).blob(2, found->second.data(), found->second.size()).run();
  }
  if (!ok) trouble_ = reason_of(db_);
  return ok;
}

bool AstDb::put_docs(RowId file, std::span<const DocRow> docs, std::span<const DocTagRow> tags, std::span<const DoctestRow> doctests) {
  bool own = !writing_;
  if (own && !begin()) return false;
  RowId first = file << kFileShift, end = (file + 1) << kFileShift;

  // What a doctest said stays known as long as it is the same doctest.
  struct Known { RowId id; Cid cid; std::string result; };
  std::vector<Known> known;
  {
    Statement s(prepare(kOldDoctests, "SELECT id, cid, last_result FROM doctest WHERE id >= ? AND id < ? AND last_result IS NOT NULL ORDER BY id"));
    s.bind(1, first * 256).bind(2, end * 256);
    while (s.row()) known.push_back({s.integer(0), s.cid(1), std::string(s.text(2))});
  }
  auto drop = [&](int slot, const char* sql, int64_t scale) { return Statement(prepare(slot, sql)).bind(1, first * scale).bind(2, end * scale).run(); };
  bool ok = drop(kDropDocs, "DELETE FROM doc WHERE decl >= ? AND decl < ?", 1) && drop(kDropTags, "DELETE FROM doc_tag WHERE decl >= ? AND decl < ?", 1) &&
            drop(kDropDoctests, "DELETE FROM doctest WHERE id >= ? AND id < ?", 256);

  sqlite3_stmt* put = prepare(kPutDoc, "INSERT OR REPLACE INTO doc VALUES(?, ?, ?, ?, ?, ?, ?)");
  for (const DocRow& d : docs) {
    if (!ok) break;
    Statement s(put);
    ok = s.bind(1, d.decl).blob(2, d.cid).bind(3, d.name).bind(4, d.summary).bind(5, d.body_md).bind(6, d.body_html).bind(7, int64_t{d.line}).run();
  }
  put = prepare(kPutDocTag, "INSERT OR REPLACE INTO doc_tag VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  for (const DocTagRow& t : tags) {
    if (!ok) break;
    Statement s(put);
    s.bind(1, t.decl).bind(2, int64_t{t.ordinal}).bind(3, t.tag).bind(4, t.name).bind(5, t.text).bind(6, int64_t{t.line}).row_or_null(7, t.target_decl);
    if (t.target_decl) s.blob(8, t.target_cid);
    else s.null(8);
    ok = s.run();
  }
  put = prepare(kPutDoctest, "INSERT OR REPLACE INTO doctest VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  for (const DoctestRow& t : doctests) {
    if (!ok) break;
    RowId id = t.decl * 256 + t.ordinal;
    if (t.ordinal > 255) continue;
    auto same = std::lower_bound(known.begin(), known.end(), id, [](const Known& k, RowId wanted) { return k.id < wanted; });
    std::string_view result = t.last_result;
    if (result.empty() && same != known.end() && same->id == id && same->cid == t.cid) result = same->result;
    Statement s(put);
    s.bind(1, id).bind(2, t.decl).bind(3, int64_t{t.ordinal}).bind(4, t.code).blob(5, t.cid).bind(6, t.mode).bind(7, int64_t{t.line});
    if (result.empty()) s.null(8);
    else s.bind(8, result);
    ok = s.run();
  }
  if (ok) set_meta("fts_stale", "1");
  if (!own) return ok;
  if (ok) return commit();
  roll_back();
  return false;
}

bool AstDb::put_test_result(RowId decl, std::string_view result, int64_t ms) {
  Statement s(prepare(kSetTestResult, "UPDATE test SET last_result = ?, last_ms = ?, cid = (SELECT cid FROM decl WHERE id = ?3) WHERE id = ?3"));
  return s.bind(1, result).bind(2, ms).bind(3, decl).run();
}

bool AstDb::put_doctest_result(RowId decl, uint32_t ordinal, std::string_view result) {
  Statement s(prepare(kSetDoctestResult, "UPDATE doctest SET last_result = ? WHERE id = ?"));
  return s.bind(1, result).bind(2, decl * 256 + ordinal).run();
}

}  // namespace janus
