// put.cpp: one transaction, and what the checker wants to find again, and results of tests.
// Depends on sqlite.h.
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "frontend/astdb/sqlite.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Compression.h"
#include "llvm/Support/Error.h"

namespace janus {

// Takes the right to write at once: a transaction that first reads and then writes could find that another was faster.
bool AstDb::begin() {
  if (writing_) return true;
  if (!leave_private()) return false;
  writing_ = exec("BEGIN IMMEDIATE");
  if (!writing_) trouble_ = reason_of(db_);
  return writing_;
}

bool AstDb::commit() {
  if (!writing_) return false;
  writing_ = false;
  if (exec("COMMIT")) return beside_.empty() || put_in_place();
  trouble_ = reason_of(db_);
  if (!sqlite3_get_autocommit(db_)) exec("ROLLBACK");
  return false;
}

void AstDb::roll_back() {
  writing_ = false;
  if (db_ && !sqlite3_get_autocommit(db_)) exec("ROLLBACK");
}

// Records stand on a few shelves, so that neither a row for each file wastes half a page nor one change writes them
// all. A shelf is its length (4 bytes), then by zstd: for each module the lengths of its name and record, and both.
constexpr uint32_t kShelves = 32;

static uint32_t shelf_of(std::string_view module) {
  uint32_t hash = 2166136261u;
  for (char c : module) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash % kShelves;
}
static std::string packed(const std::string& shelf) {
  uint32_t size = static_cast<uint32_t>(shelf.size());
  std::string out(reinterpret_cast<const char*>(&size), sizeof size);
  llvm::SmallVector<uint8_t, 0> bytes;
  llvm::compression::zstd::compress(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(shelf.data()), shelf.size()), bytes,
                                    1);
  return out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
static std::string unpacked(std::string_view stored) {
  uint32_t size = 0;
  if (stored.size() < sizeof size) return {};
  std::memcpy(&size, stored.data(), sizeof size);
  stored.remove_prefix(sizeof size);
  llvm::SmallVector<uint8_t, 0> bytes;
  if (size > (256u << 20) || size / 1000 > stored.size()) return {};
  if (llvm::Error error = llvm::compression::zstd::decompress(
          llvm::ArrayRef(reinterpret_cast<const uint8_t*>(stored.data()), stored.size()), bytes, size)) {
    llvm::consumeError(std::move(error));
    return {};
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

AstDb::Records AstDb::known_bodies() {
  Records records;
  sqlite3_stmt* s = nullptr;
  sqlite3_prepare_v2(db_, "SELECT record FROM known_body", -1, &s, nullptr);
  {
    Statement rows(s);
    while (rows.row()) {
      std::string shelf = unpacked(rows.bytes(0));
      for (std::string_view rest = shelf; rest.size() >= 8;) {
        uint32_t sizes[2];
        std::memcpy(sizes, rest.data(), 8);
        rest.remove_prefix(8);
        if (uint64_t{sizes[0]} + sizes[1] > rest.size()) break;
        records[std::string(rest.substr(0, sizes[0]))] = std::string(rest.substr(sizes[0], sizes[1]));
        rest.remove_prefix(sizes[0] + sizes[1]);
      }
    }
  }
  sqlite3_finalize(s);
  return records;
}

AstDb::Shelves AstDb::pack_known_bodies(std::span<const std::string> modules, Records before, Records after) {
  std::vector<uint8_t> changed(kShelves, before.empty());
  for (auto& [module, record] : after) changed[shelf_of(module)] = 1;
  std::vector<std::vector<const std::string*>> on_shelf(kShelves);
  for (const std::string& module : modules)
    if (uint32_t n = shelf_of(module); changed[n]) on_shelf[n].push_back(&module);
  Shelves made;
  for (uint32_t i = 0; i < kShelves; ++i) {
    if (!changed[i]) continue;
    std::string shelf;
    for (const std::string* module : on_shelf[i]) {
      auto found = after.find(*module);
      if (found == after.end() && (found = before.find(*module)) == before.end()) continue;
      uint32_t sizes[2] = {static_cast<uint32_t>(module->size()), static_cast<uint32_t>(found->second.size())};
      shelf.append(reinterpret_cast<const char*>(sizes), sizeof sizes).append(*module).append(found->second);
      found->second = {};   // the records of a large package are megabytes
    }
    made.emplace_back(i, packed(shelf));
  }
  return made;
}

bool AstDb::put_known_bodies(const Shelves& shelves) {
  for (auto& [number, record] : shelves) {
    Statement s(prepare(kPutKnown, "INSERT OR REPLACE INTO known_body VALUES(?, ?)"));
    if (s.bind(1, int64_t{number}).blob(2, record.data(), record.size()).run()) continue;
    trouble_ = reason_of(db_);
    return false;
  }
  return true;
}

bool AstDb::put_test_result(RowId decl, std::string_view result, int64_t ms) {
  Statement s(prepare(
      kSetTestResult,
      "UPDATE test SET last_result = ?, last_ms = ?, cid = (SELECT cid FROM decl WHERE id = ?3) WHERE id = ?3"));
  return s.bind(1, result).bind(2, ms).bind(3, decl).run();
}

}  // namespace janus
