// bulk.h: what AstDb::insert_rows asks for: the columns of one row.
// Depends on astdb.h, SQLite.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sqlite3.h>

#include "frontend/astdb/astdb.h"

namespace janus {

// The columns of one row, from 1. Texts and blobs are not copied: they must live until the next row is asked for.
class RowCells {
 public:
  RowCells& bind(int at, int64_t value) { return set(at, {Kind::Integer, value, nullptr}); }
  RowCells& bind(int at, std::string_view text) {
    return set(at, {Kind::Text, static_cast<int64_t>(text.size()), text.data() ? text.data() : ""});
  }
  RowCells& blob(int at, const void* data, size_t size) {
    return set(at, {Kind::Blob, static_cast<int64_t>(size), size ? data : ""});
  }
  RowCells& blob(int at, const Cid& cid) { return blob(at, cid.data(), cid.size()); }
  RowCells& null(int at) { return set(at, {Kind::Null, 0, nullptr}); }
  RowCells& row_or_null(int at, RowId id) { return id ? bind(at, id) : null(at); }

  void give(int at, sqlite3_context* to) const;   // `at` from 0, as SQLite counts
  static constexpr int kMost = 18;

 private:
  enum class Kind : uint8_t { Null, Integer, Text, Blob };
  struct Cell {
    Kind kind = Kind::Null;
    int64_t number = 0;   // or bytes
    const void* data = nullptr;
  };
  RowCells& set(int at, const Cell& cell) {
    cells_[at - 1] = cell;
    return *this;
  }
  Cell cells_[kMost];
};

}  // namespace janus
