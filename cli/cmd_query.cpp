// cmd_query.cpp: `janus query PREDICATE`, `--sql SQL`, `--schema`: asks the ASTDB.
// Depends on knowledge.h, frontend/astdb/query.h, frontend/astdb/ast_table.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/knowledge.h"
#include "frontend/astdb/ast_table.h"
#include "frontend/astdb/query.h"
#include "frontend/text_width.h"

namespace janus {
namespace {

struct Querier {
  Context& context;
  Target target = {};
  Knowledge knowledge = {};
  size_t count = 0;

  Console& console() { return context.console; }
  std::string in_color(std::string_view text, const char* code) {
    return console().color_out() ? std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m"
                                 : std::string(text);
  }

  int open() {
    if (int failure = find_target(context, context.args.has(Opt::In) ? context.args.value(Opt::In) : "",
                                  Purpose::Modules, target))
      return failure;
    Progress progress(console(), context.timing);
    if (int failure = refresh(context, target, false, knowledge)) return failure;
    if (knowledge.run.errors)
      console().say("note: the sources have " + std::to_string(knowledge.run.errors) +
                    (knowledge.run.errors == 1 ? " error" : " errors") +
                    " (janus check shows them); answers may be incomplete");
    return kDone;
  }

  std::string shown(const Found& f) {
    return f.is_std || target.package.empty() || target.package == "." ? f.path : join_path(target.package, f.path);
  }

  void table(const std::vector<Found>& rows) {
    size_t place_width = 0, kind_width = 0;
    for (const Found& f : rows) {
      place_width = std::max(place_width, shown(f).size() + 1 + std::to_string(f.line).size());
      kind_width = std::max(kind_width, f.kind.size());
    }
    place_width = std::min<size_t>(place_width, 60);
    std::string text;
    for (const Found& f : rows) {
      std::string place = shown(f) + ":" + std::to_string(f.line);
      text += in_color(place, "36");
      text.append(place.size() < place_width ? place_width - place.size() : 0, ' ');
      text += "  " + in_color(f.kind, "2");
      text.append(kind_width - f.kind.size(), ' ');
      text += "  ";
      // A method is shown with its type, in front of its name.
      size_t dot = f.full_name.rfind('.');
      if (f.kind == "method" && dot != std::string::npos && f.signature.starts_with("func ")) {
        size_t before = f.full_name.rfind('.', dot - 1);
        text += "func " +
                f.full_name.substr(before == std::string::npos ? 0 : before + 1,
                                   dot - (before == std::string::npos ? 0 : before + 1)) +
                "." + f.signature.substr(5);
      } else if (f.kind == "field" || f.kind == "variant") {
        size_t before = dot == std::string::npos ? std::string::npos : f.full_name.rfind('.', dot - 1);
        size_t begin = before == std::string::npos ? 0 : before + 1;
        text += (dot == std::string::npos ? std::string() : f.full_name.substr(begin, dot - begin) + ".") + f.signature;
      } else text += f.signature;
      text += "\n";
    }
    console().out(text);
  }

  int wrong(std::string_view query, const QueryError& e) {
    if (console().is_json()) return console().fail(kUsage, e.why + " (at " + std::to_string(e.lo + 1) + ")", e.hint);
    std::string line(query);
    for (char& c : line)
      if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    size_t before = text_width(query.substr(0, e.lo)),
           width = std::max<size_t>(1, text_width(query.substr(e.lo, e.hi - e.lo)));
    console().err("  " + line + "\n  " + std::string(before, ' ') + std::string(width, '^') + "\n");
    return console().fail(kUsage, e.why, e.hint);
  }

  int answer() {
    if (console().is_json()) {
      JsonText object = console().json_object("summary");
      object.field("count", count);
      console().json(object);
    } else if (context.args.has(Opt::Count)) {
      console().out(std::to_string(count) + "\n");
    } else if (count == 0) console().say("nothing found");
    return context.args.has(Opt::FailIfAny) && count ? kFailed : kDone;
  }

  int predicate(const std::string& text) {
    CompiledQuery query;
    QueryError error;
    if (!compile_query(*knowledge.db, text, query, error)) return wrong(text, error);
    std::vector<Found> found;
    std::string why;
    context.timing.begin("query");
    bool only_count = context.args.has(Opt::Count);
    if (only_count ? !count_query(*knowledge.db, query, count, why) : !run_query(*knowledge.db, query, found, why))
      return console().fail(kEnvironment, "the database did not answer: " + why);
    context.timing.begin(nullptr);
    if (!only_count) count = found.size();
    if (console().is_json()) {
      if (!context.args.has(Opt::Count))
        for (const Found& f : found) {
          JsonText object = console().json_object("declaration");
          object.field("path", shown(f))
              .field("line", f.line)
              .field("col", f.col)
              .field("kind", f.kind)
              .field("name", f.name)
              .field("full_name", f.full_name);
          object.field("signature", f.signature).field("pub", f.is_pub).field("cid", cid_text(f.cid));
          console().json(object);
        }
    } else if (!context.args.has(Opt::Count)) table(found);
    return answer();
  }

  static std::string cell(const SqlValue& v) {
    switch (v.kind) {
      case SqlValue::Null: return "";
      case SqlValue::Integer: return std::to_string(v.integer);
      case SqlValue::Real: {
        char text[32];
        snprintf(text, sizeof text, "%.15g", v.real);
        return text;
      }
      case SqlValue::Text: return std::string(v.text);
      case SqlValue::Blob: {
        Cid cid;
        if (v.text.size() == cid.size()) {
          std::copy(v.text.begin(), v.text.end(), cid.begin());
          return cid_text(cid);
        }
        return "(" + std::to_string(v.text.size()) + " bytes)";
      }
    }
    return "";
  }

  // Columns parted by tabs, as other tools read them; tabs and newlines inside a text become blanks.
  int sql(const std::string& text) {
    AstDb* db = knowledge.db.get();
    std::unique_ptr<AstDb> reading;
    if (!db->in_memory())
      if (reading = AstDb::open_to_read(db->path()); reading) db = reading.get();
    // For the table `ast`. Sources that are not in the package's folder are std's.
    add_ast_table(*db, [this](const FileRow& file, std::string& text, std::string& why) {
      if (!file.is_std) return context.disk.read(join_path(target.package, file.path), text, why);
      text = context.disk.std_file(file.path);
      return !text.empty() || (why = "the text of " + file.path + " is not known", false);
    });
    restrict_to_reading(*db);
    std::vector<std::string> columns;
    std::string why;
    bool header = console().is_json() || context.args.has(Opt::Count);
    context.timing.begin("query");
    auto line = [&](const std::vector<std::string>& cells) {
      std::string out;
      for (size_t i = 0; i < cells.size(); ++i) {
        if (i) out += '\t';
        for (char c : cells[i]) out += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
      }
      console().out(out + "\n");
    };
    bool ok = db->select(
        text, {},
        [&](std::span<const SqlValue> row) {
          ++count;
          if (context.args.has(Opt::Count)) return true;
          std::vector<std::string> cells;
          for (const SqlValue& v : row) cells.push_back(cell(v));
          if (console().is_json()) {
            JsonText object = console().json_object("row");
            for (size_t i = 0; i < cells.size(); ++i) {
              if (row[i].kind == SqlValue::Integer) object.field(columns[i], row[i].integer);
              else if (row[i].kind != SqlValue::Null) object.field(columns[i], cells[i]);
            }
            console().json(object);
          } else {
            if (!header) line(columns), header = true;
            line(cells);
          }
          return true;
        },
        why, &columns);
    context.timing.begin(nullptr);
    if (!ok) {
      std::string hint = "janus query --schema shows the tables";
      if (why == "not authorized" || why.starts_with("cannot modify"))
        why = "the query may only read", hint = "a SELECT is what --sql takes";
      return console().fail(kUsage, "SQL: " + why, hint);
    }
    return answer();
  }
};

}  // namespace

int run_query_command(Context& context) {
  Console& console = context.console;
  const Args& args = context.args;
  if (args.has(Opt::ShowSchema)) return console.out(AstDb::schema()), kDone;
  bool sql = args.has(Opt::Sql);
  if (sql && !args.words.empty())
    return console.fail(kUsage, "`--sql` takes the place of a predicate, and `" + args.words[0] + "` is one");
  if (!sql && args.words.empty())
    return console.fail(kUsage, "`janus query` takes a predicate",
                        "for example: janus query 'pub func and not has_doc'");
  guard_interrupts();
  std::string text;
  for (const std::string& word : args.words) text += (text.empty() ? "" : " ") + word;
  Querier querier{context};
  if (int failure = querier.open()) return failure;
  int code = sql ? querier.sql(args.value(Opt::Sql)) : querier.predicate(text);
  if (args.has(Opt::TimeReport)) context.timing.show(console);
  return code;
}

}  // namespace janus
