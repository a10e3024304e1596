// load.cpp: rows out of the database: what a run left, declarations by name, docs, effects.
// Depends on sqlite.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/sqlite.h"

namespace janus {
namespace {

constexpr char kDeclColumns[] =
    "SELECT id, cid, sig_cid, file, parent, kind, name, path, is_pub, signature, type_json, shape, effects, traits, span_lo, span_hi, line, col, lines FROM decl ";

DeclRow read_decl(const Statement& s) {
  DeclRow d;
  d.id = s.integer(0), d.cid = s.cid(1), d.sig_cid = s.cid(2), d.file = s.integer(3), d.parent = s.integer(4);
  d.kind = s.text(5), d.name = s.text(6), d.path = s.text(7), d.is_pub = s.integer(8) != 0, d.signature = s.text(9),
  d.type_json = s.text(10);
  d.shape = s.integer(11), d.effects = static_cast<uint64_t>(s.integer(12)),
  d.traits = static_cast<uint32_t>(s.integer(13));
  d.span_lo = static_cast<uint32_t>(s.integer(14)), d.span_hi = static_cast<uint32_t>(s.integer(15));
  d.line = static_cast<uint32_t>(s.integer(16)), d.col = static_cast<uint32_t>(s.integer(17)),
  d.lines = static_cast<uint32_t>(s.integer(18));
  return d;
}

FileRow read_file_row(const Statement& s) {
  FileRow f;
  f.id = s.integer(0), f.path = s.text(1), f.module = s.text(2), f.hash = s.cid(3), f.profile = s.text(4),
  f.lines = s.integer(5), f.is_std = s.integer(6) != 0;
  return f;
}

DocRow read_doc(const Statement& s) {
  DocRow d;
  d.decl = s.integer(0), d.cid = s.cid(1), d.name = s.text(2), d.summary = s.text(3), d.body_md = s.text(4),
  d.body_html = s.text(5), d.line = static_cast<uint32_t>(s.integer(6));
  return d;
}

// A statement that is prepared for one walk.
struct Once {
  sqlite3_stmt* s = nullptr;
  Once(sqlite3* db, std::string_view sql) {
    sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &s, nullptr);
  }
  ~Once() { sqlite3_finalize(s); }
};

}  // namespace

std::string AstDb::meta(std::string_view key) {
  Statement s(prepare(kGetMeta, "SELECT value FROM meta WHERE key = ?"));
  s.bind(1, key);
  return s.row() ? std::string(s.text(0)) : std::string();
}

void AstDb::set_meta(std::string_view key, std::string_view value) {
  Statement(prepare(kSetMeta, "INSERT OR REPLACE INTO meta VALUES(?, ?)")).bind(1, key).bind(2, value).run();
}

bool AstDb::find_run(RunInfo& run, bool with_reports) {
  run = {};
  bool transaction = sqlite3_get_autocommit(db_) && exec("BEGIN");   // key, inputs and reports of one and the same run
  run.key = meta("run_key");
  std::string counts = meta("run_counts");
  sscanf(counts.c_str(), "%zu %zu %zu", &run.errors, &run.warnings, &run.files);
  Once inputs(db_, "SELECT kind, path, answer, stamp FROM input ORDER BY ordinal");
  Statement s(inputs.s);
  while (s.row())
    run.inputs.push_back({s.text(0).empty() ? 'R' : s.text(0)[0], std::string(s.text(1)), std::string(s.text(2)),
                          std::string(s.text(3))});
  bool good = s.code() == SQLITE_DONE && !run.key.empty() && !run.inputs.empty();
  if (good && with_reports) {
    Once reports(db_, "SELECT form, text FROM report");
    Statement r(reports.s);
    while (r.row()) (r.text(0) == "plain" ? run.plain : r.text(0) == "color" ? run.color : run.json) = r.text(1);
    good = r.code() == SQLITE_DONE;
  }
  if (transaction) exec("COMMIT");
  return good;
}

bool AstDb::find_file(RowId id, FileRow& row) {
  Statement s(prepare(kFindFile, "SELECT id, path, module, hash, profile, lines, is_std FROM file WHERE id = ?"));
  s.bind(1, id);
  if (!s.row()) return false;
  row = read_file_row(s);
  return true;
}

bool AstDb::find_decl(RowId id, DeclRow& row) {
  static const std::string sql = std::string(kDeclColumns) + "WHERE id = ?";
  Statement s(prepare(kFindDecl, sql.c_str()));
  s.bind(1, id);
  if (!s.row()) return false;
  row = read_decl(s);
  return true;
}

std::vector<RowId> AstDb::find_decls_named(std::string_view name) {
  std::vector<RowId> found;
  size_t dot = name.rfind('.');
  std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  Statement s(prepare(kFindNamed, "SELECT id, path FROM decl WHERE name = ?"));
  s.bind(1, last);
  while (s.row()) {
    std::string_view path = s.text(1);
    if (path == name || dot == std::string_view::npos ||
        (path.size() > name.size() && path.ends_with(name) && path[path.size() - name.size() - 1] == '.'))
      found.push_back(s.integer(0));
  }
  return found;
}

// Renames form chains: a was b, b was c. Each step leads nearer to a name that exists.
std::vector<RowId> AstDb::find_renamed(std::string_view old_name) {
  std::vector<RowId> found;
  std::vector<std::string> names{std::string(old_name)};
  for (size_t i = 0; i < names.size() && names.size() < 64; ++i) {
    std::string suffix = "." + names[i];
    Statement s(prepare(
        kFindRenamed,
        "SELECT new_name FROM name_history WHERE old_name = ?1 OR substr(old_name, -length(?2)) = ?2 ORDER BY at DESC"));
    s.bind(1, std::string_view(names[i])).bind(2, std::string_view(suffix));
    while (s.row()) {
      std::string next(s.text(0));
      if (std::find(names.begin(), names.end(), next) == names.end()) names.push_back(std::move(next));
    }
  }
  for (size_t i = 1; i < names.size(); ++i)
    for (RowId id : find_decls_named(names[i]))
      if (std::find(found.begin(), found.end(), id) == found.end()) found.push_back(id);
  return found;
}

bool AstDb::find_doc(RowId decl, DocRow& row) {
  Statement s(prepare(kFindDoc, "SELECT decl, cid, name, summary, body_md, body_html, line FROM doc WHERE decl = ?"));
  s.bind(1, decl);
  if (!s.row()) return false;
  row = read_doc(s);
  return true;
}

std::vector<DocTagRow> AstDb::tags_of(RowId decl) {
  std::vector<DocTagRow> rows;
  Statement s(prepare(
      kFindTags,
      "SELECT ordinal, tag, name, text, line, target_decl, target_cid FROM doc_tag WHERE decl = ? ORDER BY ordinal"));
  s.bind(1, decl);
  while (s.row())
    rows.push_back({decl, static_cast<uint32_t>(s.integer(0)), std::string(s.text(1)), std::string(s.text(2)),
                    std::string(s.text(3)), static_cast<uint32_t>(s.integer(4)), s.integer(5), s.cid(6)});
  return rows;
}

std::vector<EffectRow> AstDb::effects_of(RowId decl) {
  std::vector<EffectRow> rows;
  Statement s(prepare(kFindEffects, "SELECT kind, name, via_decl FROM effect WHERE decl = ?"));
  s.bind(1, decl);
  while (s.row()) rows.push_back({decl, std::string(s.text(0)), std::string(s.text(1)), s.integer(2)});
  return rows;
}

std::vector<RefRow> AstDb::refs_from(RowId decl) {
  std::vector<RefRow> rows;
  Statement s(prepare(kFindRefs, "SELECT to_decl, kind, line, col FROM ref WHERE from_decl = ?"));
  s.bind(1, decl);
  while (s.row())
    rows.push_back({decl, s.integer(0), std::string(s.text(1)), static_cast<uint32_t>(s.integer(2)),
                    static_cast<uint32_t>(s.integer(3))});
  return rows;
}

void AstDb::each_file(const std::function<void(const FileRow&)>& fn) {
  Once once(db_, "SELECT id, path, module, hash, profile, lines, is_std FROM file ORDER BY path");
  for (Statement s(once.s); s.row();) fn(read_file_row(s));
}

void AstDb::each_decl(const std::function<void(const DeclRow&)>& fn) {
  Once once(db_, std::string(kDeclColumns) + "ORDER BY file, span_lo, id");
  for (Statement s(once.s); s.row();) fn(read_decl(s));
}

void AstDb::each_doc(const std::function<void(const DocRow&)>& fn) {
  Once once(db_, "SELECT decl, cid, name, summary, body_md, body_html, line FROM doc ORDER BY decl");
  for (Statement s(once.s); s.row();) fn(read_doc(s));
}

void AstDb::each_guide(const std::function<void(const GuideRow&)>& fn) {
  Once once(db_, "SELECT id, path, title, summary, body_md FROM guide ORDER BY path");
  for (Statement s(once.s); s.row();)
    fn({s.integer(0), std::string(s.text(1)), std::string(s.text(2)), std::string(s.text(3)), std::string(s.text(4))});
}

void AstDb::each_doctest(const std::function<void(RowId id, const DoctestRow&)>& fn) {
  Once once(db_, "SELECT id, decl, ordinal, code, cid, mode, line, last_result FROM doctest ORDER BY id");
  for (Statement s(once.s); s.row();)
    fn(s.integer(0), {s.integer(1), static_cast<uint32_t>(s.integer(2)), std::string(s.text(3)), s.cid(4),
                      std::string(s.text(5)), static_cast<uint32_t>(s.integer(6)), std::string(s.text(7))});
}

void AstDb::each_test(const std::function<void(const TestRow&)>& fn) {
  Once once(db_, "SELECT decl, name, cid, last_result, coalesce(last_ms, -1) FROM test ORDER BY decl");
  for (Statement s(once.s); s.row();)
    fn({s.integer(0), std::string(s.text(1)), s.cid(2), std::string(s.text(3)), s.integer(4)});
}

void AstDb::each_diagnostic(const std::function<void(const DiagnosticRow&)>& fn) {
  Once once(db_, "SELECT file, code, severity, line, col, message, json FROM diagnostic ORDER BY id");
  for (Statement s(once.s); s.row();)
    fn({s.integer(0), std::string(s.text(1)), std::string(s.text(2)), static_cast<uint32_t>(s.integer(3)),
        static_cast<uint32_t>(s.integer(4)), std::string(s.text(5)), std::string(s.text(6))});
}

bool AstDb::need_fts() {
  if (meta("fts_stale").empty()) return true;
  bool own = sqlite3_get_autocommit(db_) != 0;
  if (own && !begin()) return false;
  if (!exec("INSERT INTO doc_fts(doc_fts) VALUES('rebuild'); DELETE FROM meta WHERE key = 'fts_stale'"))
    return own ? (roll_back(), false) : false;
  return !own || commit();
}

bool AstDb::select(std::string_view sql, std::span<const SqlValue> bound,
                   const std::function<bool(std::span<const SqlValue>)>& fn, std::string& why,
                   std::vector<std::string>* columns) {
  sqlite3_stmt* s = nullptr;
  auto trouble = [&] {
    why = sqlite3_errmsg(db_);
    sqlite3_finalize(s);
    return false;
  };
  const char* rest = nullptr;
  if (sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &s, &rest) != SQLITE_OK) return trouble();
  if (!s) return why = "there is no statement", false;
  for (; rest < sql.data() + sql.size(); ++rest)
    if (*rest != ' ' && *rest != '\n' && *rest != '\t' && *rest != '\r' && *rest != ';')
      return why = "there is a second statement; one is taken", sqlite3_finalize(s), false;
  for (size_t i = 0; i < bound.size(); ++i) {
    int at = static_cast<int>(i + 1);
    const SqlValue& v = bound[i];
    switch (v.kind) {
      case SqlValue::Null: sqlite3_bind_null(s, at); break;
      case SqlValue::Integer: sqlite3_bind_int64(s, at, v.integer); break;
      case SqlValue::Real: sqlite3_bind_double(s, at, v.real); break;
      case SqlValue::Text:
        sqlite3_bind_text(s, at, v.text.data() ? v.text.data() : "", static_cast<int>(v.text.size()), SQLITE_STATIC);
        break;
      case SqlValue::Blob:
        sqlite3_bind_blob(s, at, v.text.data() ? v.text.data() : "", static_cast<int>(v.text.size()), SQLITE_STATIC);
        break;
    }
  }
  int count = sqlite3_column_count(s);
  if (columns)
    for (int i = 0; i < count; ++i) columns->push_back(sqlite3_column_name(s, i));
  std::vector<SqlValue> row(static_cast<size_t>(count));
  int code;
  while ((code = sqlite3_step(s)) == SQLITE_ROW) {
    for (int i = 0; i < count; ++i) {
      SqlValue& v = row[static_cast<size_t>(i)];
      v = {};
      auto view = [&](const void* p) {
        return std::string_view(static_cast<const char*>(p), static_cast<size_t>(sqlite3_column_bytes(s, i)));
      };
      switch (sqlite3_column_type(s, i)) {
        case SQLITE_INTEGER: v.kind = SqlValue::Integer, v.integer = sqlite3_column_int64(s, i); break;
        case SQLITE_FLOAT: v.kind = SqlValue::Real, v.real = sqlite3_column_double(s, i); break;
        case SQLITE_TEXT: v.kind = SqlValue::Text, v.text = view(sqlite3_column_text(s, i)); break;
        case SQLITE_BLOB: v.kind = SqlValue::Blob, v.text = view(sqlite3_column_blob(s, i)); break;
        default: break;
      }
    }
    if (!fn(row)) break;
  }
  if (code != SQLITE_DONE && code != SQLITE_ROW) return trouble();
  sqlite3_finalize(s);
  return true;
}

}   // namespace janus
