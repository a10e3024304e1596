// astdb.h: the ASTDB: rows about a package, kept in SQLite between runs (schema.sql says what each column means).
// Depends on program.h. sqlite.cpp and its neighbours in this folder are the only files that know SQLite.
// SPDX-License-Identifier: Apache-2.0
//
// Writing, after a check:
//   AstDb db(path, notice);                       // opens, makes, or rebuilds; in memory when the disk refuses
//   StoreResult stored = db.store(program, facts, run);   // cid.h: facts was CheckOptions::sink. files, declarations,
//   refs, effects, tests, diagnostics; one transaction, left open for (ModuleId m : stored.changed)             // docs
//   of what changed
//     db.put_docs(db.file_row(m), docs, tags, doctests);
//   db.commit();
// Reading: the find_ and each_ functions below, or any SQL through select().
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontend/flat_map.h"
#include "frontend/program.h"
#include "llvm/ADT/STLFunctionalExtras.h"

struct sqlite3;
struct sqlite3_stmt;

namespace janus {

using Cid = std::array<uint8_t, 32>;
std::string cid_text(const Cid& cid);   // "blake3:…"
bool parse_cid(std::string_view text, Cid& cid);   // with or without `blake3:`

// A row's id. 0: none (SQL null).
using RowId = int64_t;
constexpr int kFileShift = 20;   // decl id = file id << 20 | ordinal
constexpr RowId file_of(RowId decl) { return decl >> kFileShift; }

struct FileRow {
  RowId id = 0;
  std::string path, module;
  Cid hash{};
  std::string profile;
  int64_t lines = 0;
  bool is_std = false;
};

struct DeclRow {
  RowId id = 0;
  Cid cid{}, sig_cid{};
  RowId file = 0, parent = 0;
  std::string kind, name, path, signature, type_json;
  int64_t shape = 0;
  uint64_t effects = 0;   // Effect (program.h)
  uint32_t traits = 0;   // DeclTrait
  bool is_pub = false;
  uint32_t span_lo = 0, span_hi = 0, line = 0, col = 0, lines = 0;
};
enum DeclTrait : uint32_t {
  kDeclCanFail = 1,
  kDeclRecursive = 2,
  kDeclGeneric = 4,
  kDeclUsed = 8,
  kDeclDeprecated = 16,
  kDeclMain = 32,
  kDeclFfi = 64,
  kDeclTraitMethod = 128
};

struct RefRow {
  RowId from = 0, to = 0;
  std::string kind;
  uint32_t line = 0, col = 0;
};
struct EffectRow {
  RowId decl = 0;
  std::string kind, name;
  RowId via = 0;
};
struct DocRow {
  RowId decl = 0;
  Cid cid{};
  std::string name, summary, body_md, body_html;
  uint32_t line = 0;
};
struct DocTagRow {
  RowId decl = 0;
  uint32_t ordinal = 0;
  std::string tag, name, text;
  uint32_t line = 0;
  RowId target_decl = 0;
  Cid target_cid{};
};
struct DoctestRow {
  RowId decl = 0;   // negative: of a guide
  uint32_t ordinal = 0;
  std::string code;
  Cid cid{};
  std::string mode;
  uint32_t line = 0;
  std::string last_result;
};
struct GuideRow {
  RowId id = 0;
  std::string path, title, summary, body_md;
};
struct TestRow {
  RowId decl = 0;
  std::string name;
  Cid cid{};
  std::string last_result;
  int64_t last_ms = -1;
};
struct DiagnosticRow {
  RowId file = 0;
  std::string code, severity;
  uint32_t line = 0, col = 0;
  std::string message, json;
};

// What the last run asked the disk, so that the next one can ask again whether anything changed.
struct InputRow {
  char kind = 'R';
  std::string path, answer, stamp;
};

// How a run was made, and what it said.
struct RunInfo {
  std::string folder;   // of the package, as paths of files begin; not stored
  std::string identity;   // of janus itself; not stored
  std::string key;   // janus itself and all options that decide what a check says
  std::vector<InputRow> inputs;
  std::string plain, color, json;   // its diagnostics, as shown
  size_t errors = 0, warnings = 0, files = 0;
};

struct StoreResult {
  bool ok = false;
  std::vector<ModuleId> changed;   // modules whose text or declarations changed: their docs are to be put again
  size_t files = 0, files_same = 0, decls = 0;   // of the package; files of which nothing had to be written
  size_t files_written = 0;
};

// One value of a select(): text, integer, blob or null.
struct SqlValue {
  enum Kind : uint8_t { Null, Integer, Real, Text, Blob } kind = Null;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;   // Text, Blob: valid until the callback returns
};

class RowCells;

class AstDb {
 public:
  // `path`: of the file, its folder is made when needed; ":memory:". `notice` gets at most one sentence when the
  // database was rebuilt or cannot be kept on disk; it is empty otherwise.
  AstDb(const std::string& path, std::string& notice);
  ~AstDb();   // rolls back what was not committed
  AstDb(const AstDb&) = delete;
  bool in_memory() const { return in_memory_; }
  // A file that janus has not made: nothing to be replaced where somebody names it.
  static bool is_foreign(const std::string& path);
  // Only reads: no folder is made, nothing rebuilt. Null when there is no database of this version.
  static std::unique_ptr<AstDb> open_to_read(const std::string& path);

  // ---- what a run left (load.cpp)
  bool find_run(RunInfo& run, bool with_reports);   // false: none, or not whole
  std::string meta(std::string_view key);
  void set_meta(std::string_view key, std::string_view value);

  // ---- writing (store.cpp). One transaction from store() or begin() to commit().
  bool begin();
  bool commit();
  void roll_back();
  // `ready` is called when declarations and renames are written, before what the run says is: for lints that ask for
  // them. It may change `run`.
  StoreResult store(Program& program, const class Facts& facts, const RunInfo& run,
                    const std::function<void()>& ready = {});
  RowId file_row(ModuleId module) const {
    return +module < file_rows_.size() ? file_rows_[+module] : 0;
  }   // after store()
  RowId decl_row(DeclId decl) const { return +decl < decl_rows_.size() ? decl_rows_[+decl] : 0; }   // 0: not stored
  const Cid& decl_cid(DeclId decl) const { return decl_cids_[+decl]; }   // of one that is stored
  RowId member_row(DeclId of, uint32_t member) const;   // a field or variant by its number; 0: not stored
  RowId impl_row(ImplId impl) const { return +impl < impl_rows_.size() ? impl_rows_[+impl] : 0; }
  const Cid& impl_cid(ImplId impl) const { return impl_cids_[+impl]; }   // of one that is stored
  RowId test_row(TestId test) const { return +test < test_rows_.size() ? test_rows_[+test] : 0; }
  // All guides of the package, with their doctests (decl: -1 for the first of `guides`, and so on). Ids are kept by
  // path.
  bool put_guides(std::span<const GuideRow> guides, std::span<const DoctestRow> doctests);
  // Replace all rows of the file.
  bool put_docs(RowId file, std::span<const DocRow> docs, std::span<const DocTagRow> tags,
                std::span<const DoctestRow> doctests);
  // Records of bodies (body_memory.h), by module. `after` has those of `modules` that changed since `before` was read.
  using Records = std::unordered_map<std::string, std::string>;
  using Shelves = std::vector<std::pair<uint32_t, std::string>>;   // rows of known_body
  Records known_bodies();
  static Shelves pack_known_bodies(std::span<const std::string> modules, Records before, Records after);
  bool put_known_bodies(const Shelves& shelves);
  bool put_test_result(RowId decl, std::string_view result, int64_t ms);
  bool put_doctest_result(RowId decl, uint32_t ordinal, std::string_view result);

  // ---- reading (load.cpp)
  bool find_file(RowId id, FileRow& row);
  bool find_decl(RowId id, DeclRow& row);
  std::vector<RowId> find_decls_named(std::string_view name);   // the name, or a path that ends in it
  std::vector<RowId> find_renamed(std::string_view old_name);   // what a name of earlier days means now
  bool find_doc(RowId decl, DocRow& row);
  std::vector<DocTagRow> tags_of(RowId decl);
  std::vector<EffectRow> effects_of(RowId decl);
  std::vector<RefRow> refs_from(RowId decl);
  void each_file(const std::function<void(const FileRow&)>& fn);
  void each_decl(const std::function<void(const DeclRow&)>& fn);   // by file, then in the order of the source
  void each_doc(const std::function<void(const DocRow&)>& fn);
  void each_guide(const std::function<void(const GuideRow&)>& fn);
  void each_doctest(const std::function<void(RowId id, const DoctestRow&)>& fn);
  void each_test(const std::function<void(const TestRow&)>& fn);
  void each_diagnostic(const std::function<void(const DiagnosticRow&)>& fn);
  bool need_fts();   // doc_fts is up to date afterwards

  // Any statement. `fn` returns false to stop. False: `why` says what SQLite said.
  bool select(std::string_view sql, std::span<const SqlValue> bound,
              const std::function<bool(std::span<const SqlValue>)>& fn, std::string& why,
              std::vector<std::string>* columns = nullptr);
  std::string last_error() const { return trouble_; }   // of a store or commit that failed
  // For who writes rows (bulk.h): 0 … count - 1, of which the last of a key stays; `fill(cells, i)` says row i.
  bool insert_rows(int slot, std::string_view table, int columns, size_t count,
                   llvm::function_ref<void(RowCells&, size_t)> fill);
  sqlite3* handle() { return db_; }
  const std::string& path() const { return path_; }
  const std::string& beside() const { return beside_; }   // of a new database, until its first commit: a temporary file

  static std::string_view schema();   // the text of schema.sql
  static int schema_version();

 private:
  friend struct Storing;
  AstDb() = default;
  bool open(const std::string& path, bool read_only, std::string& why);
  bool is_ours(std::string& why);
  bool create(std::string& why);
  bool exec(const char* sql);
  sqlite3_stmt* prepare(int slot, const char* sql);
  void close();
  void settle();
  bool put_in_place();
  void drop_beside();
  bool reopen();
  bool leave_private();

  sqlite3* db_ = nullptr;
  std::string path_, trouble_;
  bool in_memory_ = false, writing_ = false;
  std::string beside_;   // what the file of a new database is called until the first commit
  bool is_private_ = false;   // that commit found the name taken: this file has none, and nobody else sees it
  std::vector<sqlite3_stmt*> statements_;   // by slot
  // By ModuleId, DeclId, ImplId, TestId: what store() found out.
  std::vector<RowId> file_rows_, decl_rows_, impl_rows_, test_rows_;
  std::vector<Cid> decl_cids_, impl_cids_;
  FlatMap member_numbers_;   // DeclId << 16 | member -> index in the next
  std::vector<RowId> member_rows_;
};

}   // namespace janus
