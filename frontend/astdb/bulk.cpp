// bulk.cpp: many rows into a table by one run of one statement: INSERT INTO item SELECT c1, … FROM new_rows(?).
// Depends on sqlite.h, bulk.h.
// SPDX-License-Identifier: Apache-2.0
//
// `new_rows` is a virtual table (sqlite.org/vtab.html) that asks the caller for rows. To bind the values of each row to
// parameters, and to start and end a statement for it, costs about as much again as the row.
#include "frontend/astdb/bulk.h"

#include "frontend/astdb/sqlite.h"

namespace janus {
namespace {

struct Source {
  size_t count;
  llvm::function_ref<void(RowCells&, size_t)> fill;
};
constexpr char kPointer[] = "janus rows";   // what kind of pointer the parameter is
constexpr char kColumns[] =
    "CREATE TABLE x(c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15,c16,c17,c18, source HIDDEN)";
static_assert(RowCells::kMost == 18);

struct Cursor : sqlite3_vtab_cursor {
  const Source* source = nullptr;
  size_t at = 0;
  RowCells row;
  void fill() {
    if (source && at < source->count) source->fill(row, at);
  }
};
Cursor& of(sqlite3_vtab_cursor* cursor) { return *static_cast<Cursor*>(cursor); }

int connect(sqlite3* db, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  int code = sqlite3_declare_vtab(db, kColumns);
  if (code == SQLITE_OK) *table = new sqlite3_vtab{};
  return code;
}
int disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}
// There is one way: all rows of the source in turn.
int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  for (int i = 0; i < info->nConstraint; ++i)
    if (info->aConstraint[i].iColumn == RowCells::kMost && info->aConstraint[i].usable) {
      info->aConstraintUsage[i] = {1, 1};
      return SQLITE_OK;
    }
  return SQLITE_CONSTRAINT;
}
int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new Cursor{};
  return SQLITE_OK;
}
int close(sqlite3_vtab_cursor* cursor) {
  delete &of(cursor);
  return SQLITE_OK;
}
int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value** source) {
  of(cursor).source = static_cast<const Source*>(sqlite3_value_pointer(source[0], kPointer));
  of(cursor).at = 0;
  of(cursor).fill();
  return SQLITE_OK;
}
int next(sqlite3_vtab_cursor* cursor) {
  ++of(cursor).at;
  of(cursor).fill();
  return SQLITE_OK;
}
int at_end(sqlite3_vtab_cursor* cursor) { return !of(cursor).source || of(cursor).at >= of(cursor).source->count; }
int column(sqlite3_vtab_cursor* cursor, sqlite3_context* to, int at) {
  if (at < RowCells::kMost) of(cursor).row.give(at, to);
  return SQLITE_OK;
}
int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(of(cursor).at);
  return SQLITE_OK;
}

constexpr sqlite3_module kModule = [] {
  sqlite3_module m = {};   // without xCreate: it is there by its name alone, and nowhere in the file
  m.xConnect = connect;
  m.xDisconnect = disconnect;
  m.xBestIndex = best_index;
  m.xOpen = open;
  m.xClose = close;
  m.xFilter = filter;
  m.xNext = next;
  m.xEof = at_end;
  m.xColumn = column;
  m.xRowid = rowid;
  return m;
}();

}   // namespace

void RowCells::give(int at, sqlite3_context* to) const {
  const Cell& cell = cells_[at];
  switch (cell.kind) {
    case Kind::Null: break;   // what a column is without a result
    case Kind::Integer: sqlite3_result_int64(to, cell.number); break;
    case Kind::Text:
      sqlite3_result_text(to, static_cast<const char*>(cell.data), static_cast<int>(cell.number), SQLITE_STATIC);
      break;
    case Kind::Blob: sqlite3_result_blob(to, cell.data, static_cast<int>(cell.number), SQLITE_STATIC); break;
  }
}

bool AstDb::insert_rows(int slot, std::string_view table, int columns, size_t count,
                        llvm::function_ref<void(RowCells&, size_t)> fill) {
  if (count == 0) return true;
  sqlite3_stmt* insert = statements_.empty() ? nullptr : statements_[static_cast<size_t>(slot)];
  if (!insert) {
    if (sqlite3_create_module(db_, "new_rows", &kModule, nullptr) != SQLITE_OK) return false;
    std::string sql = "INSERT OR REPLACE INTO " + std::string(table) + " SELECT c1";
    for (int i = 2; i <= columns; ++i) sql += ",c" + std::to_string(i);
    insert = prepare(slot, (sql + " FROM new_rows(?)").c_str());
  }
  if (!insert) return false;
  Source source{count, fill};
  sqlite3_bind_pointer(insert, 1, &source, kPointer, nullptr);
  bool ok = Statement(insert).run();
  sqlite3_clear_bindings(insert);
  return ok;
}

}   // namespace janus
