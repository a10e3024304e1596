// put_docs.cpp: the rows of documentation: comments, guides, and the examples of both.
// Depends on sqlite.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>

#include "frontend/astdb/bulk.h"
#include "frontend/astdb/sqlite.h"

namespace janus {
namespace {

constexpr char kOldRows[] =
    "SELECT id, cid, last_result FROM doctest WHERE id >= ? AND id < ? AND last_result IS NOT NULL ORDER BY id";
constexpr char kPutRow[] = "INSERT OR REPLACE INTO doctest VALUES(?, ?, ?, ?, ?, ?, ?, ?)";

// What a doctest said stays known as long as it is the same doctest.
struct DoctestMemory {
  struct Known {
    RowId id;
    Cid cid;
    std::string result;
  };
  std::vector<Known> known;   // by id
  DoctestMemory(sqlite3_stmt* old, RowId from, RowId to) {
    Statement s(old);
    s.bind(1, from).bind(2, to);
    while (s.row()) known.push_back({s.integer(0), s.cid(1), std::string(s.text(2))});
  }
  std::string_view result_of(RowId id, const Cid& cid) const {
    auto at =
        std::lower_bound(known.begin(), known.end(), id, [](const Known& k, RowId wanted) { return k.id < wanted; });
    return at != known.end() && at->id == id && at->cid == cid ? std::string_view(at->result) : std::string_view();
  }
};

// More examples of one comment or page than these have no rows.
constexpr uint32_t kMaxOfComment = 256, kMaxOfGuide = 65536;
bool has_row(RowId decl, uint32_t ordinal) { return ordinal < (decl < 0 ? kMaxOfGuide : kMaxOfComment); }
RowId doctest_id(RowId decl, uint32_t ordinal) {
  return decl < 0 ? decl * kMaxOfGuide - ordinal : decl * kMaxOfComment + ordinal;
}

bool put_doctests(sqlite3_stmt* put, std::span<const DoctestRow> doctests, const DoctestMemory& memory) {
  for (const DoctestRow& t : doctests) {
    if (!has_row(t.decl, t.ordinal)) continue;
    RowId id = doctest_id(t.decl, t.ordinal);
    std::string_view result = t.last_result.empty() ? memory.result_of(id, t.cid) : std::string_view(t.last_result);
    Statement s(put);
    s.bind(1, id)
        .bind(2, t.decl)
        .bind(3, int64_t{t.ordinal})
        .bind(4, t.code)
        .blob(5, t.cid)
        .bind(6, t.mode)
        .bind(7, int64_t{t.line});
    if (result.empty()) s.null(8);
    else s.bind(8, result);
    if (!s.run()) return false;
  }
  return true;
}

}  // namespace

bool AstDb::put_guides(std::span<const GuideRow> guides, std::span<const DoctestRow> doctests) {
  bool own = !writing_;
  std::map<std::string, GuideRow> known;
  RowId next = 1;
  each_guide([&](const GuideRow& g) {
    next = std::max(next, g.id + 1);
    known[g.path] = g;
  });
  if (known.empty() && guides.empty()) return true;
  if (own && !begin()) return false;
  DoctestMemory memory(prepare(kOldDoctests, kOldRows), std::numeric_limits<RowId>::min(), 0);
  bool ok = Statement(prepare(kDropGuideDoctests, "DELETE FROM doctest WHERE id < 0")).run();
  std::vector<RowId> ids;
  for (const GuideRow& g : guides) {
    auto old = known.find(g.path);
    ids.push_back(old == known.end() ? next++ : old->second.id);
    bool same = false;
    if (old != known.end()) {
      same = old->second.title == g.title && old->second.summary == g.summary && old->second.body_md == g.body_md;
      known.erase(old);
    }
    if (same || !ok) continue;
    Statement s(prepare(kPutGuide, "INSERT OR REPLACE INTO guide VALUES(?, ?, ?, ?, ?)"));
    ok = s.bind(1, ids.back()).bind(2, g.path).bind(3, g.title).bind(4, g.summary).bind(5, g.body_md).run();
  }
  for (const auto& [path, gone] : known)
    ok = ok && Statement(prepare(kDropGuide, "DELETE FROM guide WHERE id = ?")).bind(1, gone.id).run();
  std::vector<DoctestRow> rows(doctests.begin(), doctests.end());
  for (DoctestRow& row : rows) row.decl = -ids[static_cast<size_t>(-row.decl - 1)];
  ok = ok && put_doctests(prepare(kPutDoctest, kPutRow), rows, memory);
  if (!own) return ok;
  if (ok) return commit();
  roll_back();
  return false;
}

bool AstDb::put_docs(RowId file, std::span<const DocRow> docs, std::span<const DocTagRow> tags,
                     std::span<const DoctestRow> doctests) {
  bool own = !writing_;
  if (own && !begin()) return false;
  RowId first = file << kFileShift, end = (file + 1) << kFileShift;

  DoctestMemory memory(prepare(kOldDoctests, kOldRows), first * 256, end * 256);
  auto drop = [&](int slot, const char* sql, int64_t scale) {
    return Statement(prepare(slot, sql)).bind(1, first * scale).bind(2, end * scale).run();
  };
  bool ok = drop(kDropDocs, "DELETE FROM doc WHERE decl >= ? AND decl < ?", 1) &&
            drop(kDropTags, "DELETE FROM doc_tag WHERE decl >= ? AND decl < ?", 1) &&
            drop(kDropDoctests, "DELETE FROM doctest WHERE id >= ? AND id < ?", 256);

  ok = ok && insert_rows(kPutDoc, "doc", 7, docs.size(), [&](RowCells& s, size_t i) {
         const DocRow& d = docs[i];
         s.bind(1, d.decl)
             .blob(2, d.cid)
             .bind(3, d.name)
             .bind(4, d.summary)
             .bind(5, d.body_md)
             .bind(6, d.body_html)
             .bind(7, int64_t{d.line});
       });
  sqlite3_stmt* put = prepare(kPutDocTag, "INSERT OR REPLACE INTO doc_tag VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  for (const DocTagRow& t : tags) {
    if (!ok) break;
    Statement s(put);
    s.bind(1, t.decl)
        .bind(2, int64_t{t.ordinal})
        .bind(3, t.tag)
        .bind(4, t.name)
        .bind(5, t.text)
        .bind(6, int64_t{t.line})
        .row_or_null(7, t.target_decl);
    if (t.target_decl) s.blob(8, t.target_cid);
    else s.null(8);
    ok = s.run();
  }
  ok = ok && put_doctests(prepare(kPutDoctest, kPutRow), doctests, memory);
  if (ok) set_meta("fts_stale", "1");
  if (!own) return ok;
  if (ok) return commit();
  roll_back();
  return false;
}

bool AstDb::put_doctest_result(RowId decl, uint32_t ordinal, std::string_view result) {
  Statement s(prepare(kSetDoctestResult, "UPDATE doctest SET last_result = ? WHERE id = ?"));
  return s.bind(1, result).bind(2, doctest_id(decl, ordinal)).run();
}

}  // namespace janus
