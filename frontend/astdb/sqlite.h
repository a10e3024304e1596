// sqlite.h: what the files of this folder share: a statement that resets itself, values bound and read.
// Depends on astdb.h, SQLite.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sqlite3.h>

#include "frontend/astdb/astdb.h"

namespace janus {

std::string reason_of(sqlite3* db);   // of the last failure, as a sentence's end: "the disk is full"

// One run of a prepared statement, which stays owned by who prepared it.
//   Statement s(stmt); s.bind(1, id).bind(2, name); while (s.row()) use(s.text(0));
class Statement {
 public:
  explicit Statement(sqlite3_stmt* stmt) : s_(stmt) {}
  ~Statement() {
    if (s_) sqlite3_reset(s_);
  }
  Statement(const Statement&) = delete;
  Statement& bind(int at, int64_t value) {
    if (s_) sqlite3_bind_int64(s_, at, value);
    return *this;
  }
  // Texts and blobs are not copied: they must live until the statement is reset.
  Statement& bind(int at, std::string_view text) {
    if (s_) sqlite3_bind_text(s_, at, text.data() ? text.data() : "", static_cast<int>(text.size()), SQLITE_STATIC);
    return *this;
  }
  Statement& blob(int at, const void* data, size_t size) {
    if (s_) sqlite3_bind_blob(s_, at, size ? data : "", static_cast<int>(size), SQLITE_STATIC);
    return *this;
  }
  Statement& blob(int at, const Cid& cid) { return blob(at, cid.data(), cid.size()); }
  Statement& null(int at) {
    if (s_) sqlite3_bind_null(s_, at);
    return *this;
  }
  Statement& row_or_null(int at, RowId id) { return id ? bind(at, id) : null(at); }

  bool row() { return s_ && (code_ = sqlite3_step(s_)) == SQLITE_ROW; }
  bool run() {                                        // a statement without results
    if (!s_) return false;
    code_ = sqlite3_step(s_);
    sqlite3_reset(s_);
    return code_ == SQLITE_DONE || code_ == SQLITE_ROW;
  }
  int code() const { return s_ ? code_ : SQLITE_ERROR; }
  int64_t integer(int at) const { return sqlite3_column_int64(s_, at); }
  std::string_view text(int at) const {
    auto* p = reinterpret_cast<const char*>(sqlite3_column_text(s_, at));
    return p ? std::string_view(p, static_cast<size_t>(sqlite3_column_bytes(s_, at))) : std::string_view();
  }
  std::string_view bytes(int at) const {
    auto* p = static_cast<const char*>(sqlite3_column_blob(s_, at));
    return p ? std::string_view(p, static_cast<size_t>(sqlite3_column_bytes(s_, at))) : std::string_view();
  }
  Cid cid(int at) const {
    Cid cid{};
    std::string_view b = bytes(at);
    if (b.size() == cid.size()) std::copy(b.begin(), b.end(), cid.begin());
    return cid;
  }

 private:
  sqlite3_stmt* s_;
  int code_ = SQLITE_OK;
};

// Slots of AstDb::prepare: one for each statement that is run more than once.
enum StatementSlot : int {
  kGetMeta,
  kSetMeta,
  kPutKnown,
  kDeleteMeta,
  kPutInput,
  kPutReport,
  kPutFile,
  kPutDecl,
  kPutFact,
  kPutTest,
  kPutDiagnostic,
  kPutDoc,
  kPutDocTag,
  kPutDoctest,
  kPutGuide,
  kPutRename,
  kOldDecls,
  kOldTests,
  kOldDoctests,
  kDropDecls,
  kDropFacts,
  kDropTests,
  kDropDocs,
  kDropTags,
  kDropDoctests,
  kDropGuide,
  kDropGuideDoctests,
  kSetTestResult,
  kSetDoctestResult,
  kFindFile,
  kFindDecl,
  kFindNamed,
  kFindPath,
  kFindRenamed,
  kFindDoc,
  kFindTags,
  kFindEffects,
  kFindRefs,
  kStatementSlots,
};

}  // namespace janus
