// ast_table.cpp: `ast` as a virtual table (sqlite.org/vtab.html): a file is parsed when its nodes are asked for.
// Depends on ast_table.h, sqlite.h, frontend/parse.h, frontend/content_hash.h.
// SPDX-License-Identifier: Apache-2.0
//
// A file's trees are a few times as large as its text, and made of it faster than they could be read, so none is
// stored. The hash of the text says that it is the one that the other rows are about.
#include "frontend/astdb/ast_table.h"

#include <unordered_map>

#include "frontend/astdb/sqlite.h"
#include "frontend/content_hash.h"
#include "frontend/parse.h"

namespace janus {
namespace {

constexpr char kColumns[] =
    "CREATE TABLE ast(decl INTEGER, file INTEGER, node INTEGER, parent INTEGER, kind TEXT, text TEXT, span_lo INTEGER, "
    "span_hi INTEGER, line INTEGER, col INTEGER)";
enum Column { kDecl, kFile, kNode, kParent, kKind, kText, kSpanLo, kSpanHi, kLine, kCol };

struct AstRow {
  RowId decl;       // the innermost declaration around it; 0: none
  uint32_t parent;  // kNoRow: none
  uint32_t after;   // the first row behind its subtree
  NodeKind kind;
  Span span, caret;
};
constexpr uint32_t kNoRow = 0xffffffffu;

// The rows of one file, in the order of a walk from the root: a node's number is its place.
struct ParsedFile {
  RowId id = 0;
  std::unique_ptr<SourceMap> sources;
  std::vector<AstRow> rows;
};

struct Table : sqlite3_vtab {
  AstDb* db = nullptr;
  const ReadSource* read = nullptr;
  ParsedFile kept[16];   // the last ones that were asked for: joins go to and fro
  size_t oldest = 0;

  const ParsedFile* parsed(RowId id);   // null: zErrMsg says why

 private:
  bool parse_into(ParsedFile& parsed, RowId id, std::string& why);
};
Table& of(sqlite3_vtab* table) { return *static_cast<Table*>(table); }

class Walker {
 public:
  Walker(const Tree& tree, const SourceMap& sources, const std::unordered_map<uint64_t, RowId>& decls,
         std::vector<AstRow>& rows)
      : tree_(tree), sources_(sources), decls_(decls), rows_(rows) {}

  // The parser bounds the height of a tree.
  void walk(NodeId id, uint32_t parent, RowId decl) {
    if (is_none(id)) return;
    const Node& n = tree_[id];
    const Span caret = tree_.caret(id);
    if (declares(n.kind)) {
      const LineCol at = sources_.line_col(caret.lo);
      if (auto it = decls_.find(uint64_t(at.line) << 32 | at.col); it != decls_.end()) decl = it->second;
    }
    const uint32_t row = static_cast<uint32_t>(rows_.size());
    rows_.push_back({decl, parent, 0, n.kind, tree_.span(id), caret});
    const char* shape = node_shape(n.kind);
    for (uint32_t slot : {n.a, n.b}) {
      if (*shape != '[') {
        field(*shape++, slot, row, decl);
        continue;
      }
      uint32_t i = 0;
      for (++shape; *shape != ']'; ++shape, ++i) field(*shape, tree_.record(slot, i), row, decl);
      ++shape;
    }
    rows_[row].after = static_cast<uint32_t>(rows_.size());
  }

 private:
  static bool declares(NodeKind kind) {
    switch (kind) {
      case NodeKind::FuncDecl:
      case NodeKind::StructDecl:
      case NodeKind::FieldDecl:
      case NodeKind::EnumDecl:
      case NodeKind::VariantDecl:
      case NodeKind::ErrorDecl:
      case NodeKind::TraitDecl:
      case NodeKind::ImplDecl:
      case NodeKind::ConstDecl:
      case NodeKind::TypeAlias:
      case NodeKind::CapabilityDecl:
      case NodeKind::TestDecl: return true;
      default: return false;
    }
  }
  void field(char code, uint32_t value, uint32_t row, RowId decl) {
    if (code == 'n') walk(NodeId(value), row, decl);
    if (code == 'L')
      for (NodeId id : tree_.list(value)) walk(id, row, decl);
  }

  const Tree& tree_;
  const SourceMap& sources_;
  const std::unordered_map<uint64_t, RowId>& decls_;
  std::vector<AstRow>& rows_;
};

bool Table::parse_into(ParsedFile& parsed, RowId id, std::string& why) {
  parsed = {};
  FileRow file;
  if (!db->find_file(id, file)) return parsed.id = id, true;   // no such file: no nodes
  std::string text;
  if (!(*read)(file, text, why)) return false;
  if ("blake3:" + content_hash(text) != cid_text(file.hash)) return why = file.path + " has changed meanwhile", false;
  std::unordered_map<uint64_t, RowId> decls;   // by line and column of the name
  RowId whole = 0;
  const SqlValue bound[] = {{SqlValue::Integer, id << kFileShift, 0, {}},
                            {SqlValue::Integer, (id + 1) << kFileShift, 0, {}}};
  bool ok = db->select(
      "SELECT id, line, col, kind = 'module' FROM item WHERE id >= ? AND id < ?", bound,
      [&](std::span<const SqlValue> r) {
        if (r[3].integer) whole = r[0].integer;
        else
          decls.emplace(static_cast<uint64_t>(r[1].integer) << 32 | static_cast<uint64_t>(r[2].integer), r[0].integer);
        return true;
      },
      why);
  if (!ok) return false;
  parsed.sources = std::make_unique<SourceMap>();
  FileId source = parsed.sources->add(file.path, std::move(text), file.is_std);
  Names names;
  Diagnostics diags;
  Tree tree = parse(source, *parsed.sources, names, diags, file.profile == "script");
  Walker(tree, *parsed.sources, decls, parsed.rows).walk(tree.root, kNoRow, whole);
  parsed.id = id;
  return true;
}

const ParsedFile* Table::parsed(RowId id) {
  for (const ParsedFile& file : kept)
    if (file.id == id) return &file;
  ParsedFile& place = kept[oldest++ % std::size(kept)];
  std::string why;
  if (parse_into(place, id, why)) return &place;
  place = {};
  sqlite3_free(zErrMsg);
  zErrMsg = sqlite3_mprintf("%s", why.c_str());
  return nullptr;
}

// What the query fixes, in the order of the arguments of filter(): bits of idxNum.
enum Fixed { kFixedDecl = 1, kFixedFile = 2, kFixedNode = 4, kFixedParent = 8 };
constexpr int kFixedColumns[] = {kDecl, kFile, kNode, kParent};

struct Cursor : sqlite3_vtab_cursor {
  std::vector<RowId> files;   // those to be gone through
  size_t file = 0;
  uint32_t row = 0;
  int fixed = 0;
  RowId decl = 0;
  int64_t node = 0, parent = 0;

  const ParsedFile* parsed() const { return of(pVtab).parsed(files[file]); }
  bool fits(const AstRow& at) const {
    if (fixed & kFixedDecl && at.decl != decl) return false;
    return !(fixed & kFixedParent) || at.parent == parent;
  }
  void begin_file() {
    row = 0;
    if (fixed & kFixedParent) row = static_cast<uint32_t>(std::min<int64_t>(parent, kNoRow - 2)) + 1;
    if (fixed & kFixedNode) row = static_cast<uint32_t>(std::min<int64_t>(node, kNoRow - 1));
  }
  // To the next row that may fit; children of one node lie a subtree apart.
  void step(const ParsedFile& in) {
    if (fixed & kFixedNode) row = kNoRow;
    else row = fixed & kFixedParent ? in.rows[row].after : row + 1;
  }
  // From here to a row that fits.
  int settle() {
    for (; file < files.size(); ++file, begin_file()) {
      const ParsedFile* in = parsed();
      if (!in) return SQLITE_ERROR;
      for (; row < in->rows.size(); step(*in))
        if (fits(in->rows[row])) return SQLITE_OK;
    }
    return SQLITE_OK;
  }
};
Cursor& of(sqlite3_vtab_cursor* cursor) { return *static_cast<Cursor*>(cursor); }

struct Aux {
  AstDb* db;
  ReadSource read;
};

int connect(sqlite3* db, void* aux, int, const char* const*, sqlite3_vtab** table, char**) {
  int code = sqlite3_declare_vtab(db, kColumns);
  if (code != SQLITE_OK) return code;
  auto* made = new Table;
  static_cast<sqlite3_vtab&>(*made) = {};
  made->db = static_cast<Aux*>(aux)->db;
  made->read = &static_cast<Aux*>(aux)->read;
  *table = made;
  return SQLITE_OK;
}
int disconnect(sqlite3_vtab* table) {
  delete &of(table);
  return SQLITE_OK;
}
int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  int arguments = 0;
  for (int bit = 0; bit < 4; ++bit)
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& c = info->aConstraint[i];
      if (c.iColumn != kFixedColumns[bit] || c.op != SQLITE_INDEX_CONSTRAINT_EQ || !c.usable) continue;
      info->aConstraintUsage[i].argvIndex = ++arguments;
      info->idxNum |= 1 << bit;
      break;
    }
  const bool one_file = info->idxNum & (kFixedDecl | kFixedFile);
  const bool few = info->idxNum & (kFixedNode | kFixedParent | kFixedDecl);
  info->estimatedRows = one_file ? few ? 10 : 2'000 : 1'000'000'000;
  info->estimatedCost = one_file ? few ? 100 : 10'000 : 1e12;   // a join shall begin elsewhere
  return SQLITE_OK;
}
int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new Cursor{};
  return SQLITE_OK;
}
int close(sqlite3_vtab_cursor* cursor) {
  delete &of(cursor);
  return SQLITE_OK;
}
int filter(sqlite3_vtab_cursor* cursor, int fixed, const char*, int, sqlite3_value** values) {
  Cursor& c = of(cursor);
  sqlite3_vtab* table = c.pVtab;
  c = {};
  c.pVtab = table;
  c.fixed = fixed;
  RowId file = 0;
  for (int bit = 0, at = 0; bit < 4; ++bit) {
    if (!(fixed & 1 << bit)) continue;
    sqlite3_value* v = values[at++];
    if (sqlite3_value_numeric_type(v) != SQLITE_INTEGER) return SQLITE_OK;   // nothing is equal to that
    const int64_t value = sqlite3_value_int64(v);
    if (1 << bit == kFixedDecl) c.decl = value, file = file_of(value);
    if (1 << bit == kFixedFile && fixed & kFixedDecl && value != file) return SQLITE_OK;
    if (1 << bit == kFixedFile) file = value;
    if (1 << bit == kFixedNode) c.node = value;
    if (1 << bit == kFixedParent) c.parent = value;
    if (value < 0) return SQLITE_OK;
  }
  if (fixed & (kFixedDecl | kFixedFile)) c.files.push_back(file);
  else of(table).db->each_file([&](const FileRow& f) { c.files.push_back(f.id); });
  c.begin_file();
  return c.settle();
}
int next(sqlite3_vtab_cursor* cursor) {
  Cursor& c = of(cursor);
  const ParsedFile* in = c.parsed();
  if (!in) return SQLITE_ERROR;
  c.step(*in);
  return c.settle();
}
int at_end(sqlite3_vtab_cursor* cursor) { return of(cursor).file >= of(cursor).files.size(); }
int column(sqlite3_vtab_cursor* cursor, sqlite3_context* to, int at) {
  Cursor& c = of(cursor);
  const ParsedFile* in = c.parsed();
  if (!in) return SQLITE_ERROR;
  const AstRow& row = in->rows[c.row];
  const uint32_t base = in->sources->file(FileId(0)).base;
  switch (at) {
    case kDecl:
      if (row.decl) sqlite3_result_int64(to, row.decl);
      break;
    case kFile: sqlite3_result_int64(to, in->id); break;
    case kNode: sqlite3_result_int64(to, c.row); break;
    case kParent:
      if (row.parent != kNoRow) sqlite3_result_int64(to, row.parent);
      break;
    case kKind: sqlite3_result_text(to, node_kind_name(row.kind), -1, SQLITE_STATIC); break;
    case kText: {
      std::string_view text = in->sources->text(row.caret);
      sqlite3_result_text(to, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
      break;
    }
    case kSpanLo: sqlite3_result_int64(to, row.span.lo - base); break;
    case kSpanHi: sqlite3_result_int64(to, row.span.hi - base); break;
    case kLine: sqlite3_result_int64(to, in->sources->line_col(row.caret.lo).line); break;
    case kCol: sqlite3_result_int64(to, in->sources->line_col(row.caret.lo).col); break;
  }
  return SQLITE_OK;
}
int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = of(cursor).files[of(cursor).file] << 32 | of(cursor).row;
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

bool add_ast_table(AstDb& db, ReadSource read) {
  int code = sqlite3_create_module_v2(db.handle(), "ast", &kModule, new Aux{&db, std::move(read)},
                                      [](void* aux) { delete static_cast<Aux*>(aux); });
  // Named once here: to who may only read, SQLite refuses to make it.
  return code == SQLITE_OK &&
         sqlite3_exec(db.handle(), "SELECT 0 FROM ast LIMIT 0", nullptr, nullptr, nullptr) == SQLITE_OK;
}

}   // namespace janus
