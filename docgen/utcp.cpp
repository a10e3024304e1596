// utcp.cpp: a UTCP 1.0 manual: each public function whose types fit JSON is a tool that `janus run` calls.
// Depends on writer.h, canonical_json.h.
// SPDX-License-Identifier: Apache-2.0
//
// A client writes arguments into a shell command, each as its own language prints it. Numbers, booleans and texts come
// out as they should; a list comes as `1,2` or `['a']`. So what is neither is handed over as a text that holds JSON.
// All of them are arguments of the program, between '…', where nothing but a second ' means anything: texts have a
// pattern without it.
#include <algorithm>

#include "docgen/canonical_json.h"
#include "docgen/markdown.h"
#include "docgen/writer.h"

namespace janus::docgen {
namespace {

constexpr std::string_view kSafeText = "^[^'\\u0000]*$";

// Adds members to a schema, at their sorted places.
std::string with_member(std::string_view schema, const std::string& name, const std::string& value) {
  // The schemas of scalars are flat objects of canonical form: split at the commas between members.
  CanonicalObject o;
  size_t at = 1;
  while (at + 1 < schema.size()) {
    size_t colon = schema.find("\":", at);
    std::string key(schema.substr(at + 1, colon - at - 1));
    size_t end = colon + 2;
    int depth = 0;
    bool quoted = false;
    for (; end < schema.size(); ++end) {
      char c = schema[end];
      if (quoted && c == '\\') {
        ++end;
        continue;
      }
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if (c == '[' || c == '{') ++depth;
      if ((c == ']' || c == '}') && depth-- == 0) break;
      if (c == ',' && depth == 0) break;
    }
    o.raw(key, std::string(schema.substr(colon + 2, end - colon - 2)));
    at = end + 1;
  }
  return o.raw(name, value).take();
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// A name that is not of plain letters is no place in a command.
bool is_input(const Param& p) {
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return p.json.form != JsonForm::None && p.json.form != JsonForm::Nothing && !p.is_mut &&
         std::all_of(p.name.begin(), p.name.end(), is_plain);
}

std::string input(const Item& f, const Param& p) {
  bool whole = p.json.form == JsonForm::Whole;
  std::string said;
  for (const Tag& t : f.doc.tags)
    if (t.kind == "param" && t.name == p.name) said = markdown_to_text(t.text);
  std::string schema = p.json.schema;
  if (whole) {
    schema = CanonicalObject()
                 .text("type", "string")
                 .text("contentMediaType", "application/json")
                 .raw("contentSchema", schema)
                 .take();
    said += std::string(said.empty() ? "as" : ", as") + " JSON in which an apostrophe is written \\u0027";
  }
  if (!said.empty()) schema = with_member(schema, "description", canonical_text(said));
  if (whole || p.json.form == JsonForm::Text) schema = with_member(schema, "pattern", canonical_text(kSafeText));
  return schema;
}

// The argument as a value of whatever type the parameter has. A client has words of its own for one that is left out,
// and some print `True`.
std::string argument(const Param& p, size_t number) {
  std::string given = "given(\"" + p.name + "\", " + std::to_string(number) + ")";
  switch (p.json.form) {
    case JsonForm::Plain: return "read((" + given + " ?? \"null\").to_lower())?";
    case JsonForm::Text: return "read(as_json.encode(" + given + "))?";
    default: return "read(" + given + " ?? \"null\")?";
  }
}

constexpr const char* kReadArguments =
    "import std.env as env\\n"
    "func given(name: String, n: i64) -> ?String do\\n"
    "let text = env.args()[n]\\n"
    "return if text == \"MISSING_ARG_\" ++ name do null else text end\\n"
    "end\\n"
    "func read[T](text: String) -> as_json.JsonError!T where T: as_json.FromJson do\\n"
    "var r = as_json.Reader.new(text, as_json.Limits {})\\n"
    "let value: T = as_json.read(&r)?\\n"
    "r.finish()?\\n"
    "return value\\n"
    "end\\n";

// A program of one call, as `printf` writes it.
std::string program_of(const Model& model, const Item& f) {
  std::string call;
  for (size_t i = 0; i < f.params.size(); ++i) call += (i ? ", " : "") + argument(f.params[i], i);
  call = "tool." + f.name + "(" + call + ")" + (f.fallible ? "?" : "");
  bool prints_as_json = f.result_json.form == JsonForm::Plain && !f.result_json.optional;
  if (f.result_json.form == JsonForm::Nothing) call += "\\nprintln(\"null\")";
  else if (prints_as_json) call = "println(" + call + ")";
  else call = "println(as_json.encode(" + call + "))";
  return "import " + model.items[f.module].path + " as tool\\nimport std.json as as_json\\n" +
         (f.params.empty() ? "" : kReadArguments) + "func main() -> !void do\\n" + call + "\\nend\\n";
}

std::string tool(const Model& model, const Item& f, std::string_view folder) {
  CanonicalObject inputs, properties;
  CanonicalArray required;
  std::string values;
  for (const Param& p : f.params) {
    properties.raw(p.name, input(f, p));
    if (!p.json.optional) required.text(p.name);
    values += " 'UTCP_ARG_" + p.name + "_UTCP_END'";
  }
  inputs.text("type", "object")
      .raw("properties", properties.take())
      .raw("required", required.take())
      .raw("additionalProperties", "false");

  // It is read from stdin, in the folder where the module's file is found.
  std::string command = "printf '" + program_of(model, f) + "' | janus run -q -C " +
                        shell_quoted(folder.empty() ? "." : folder) + " -" + (values.empty() ? "" : " --" + values);
  CanonicalObject one, template_of;
  one.text("command", command).flag("append_to_final_output", true);
  template_of.text("name", "janus_" + f.path)
      .text("call_template_type", "cli")
      .raw("commands", CanonicalArray().raw(one.take()).take());

  CanonicalObject o;
  std::string description = markdown_to_text(f.doc.summary);
  for (const Failure& failure : f.failures) description += " Fails with " + failure.name + ".";
  if (description.empty()) description = f.signature.text;
  o.text("name", f.path)
      .text("description", description)
      .raw("inputs", inputs.take())
      .raw("outputs", f.result_json.schema);
  o.raw("tags", CanonicalArray().text(model.items[f.module].path).take());
  if (!f.needs.empty()) {
    CanonicalArray names;
    for (const Need& n : f.needs) names.text(n.capability);
    o.raw("x-janus-capabilities", CanonicalObject().raw("required", names.take()).raw("optional", "[]").take());
  }
  return o.raw("tool_call_template", template_of.take()).take();
}

}  // namespace

std::string write_utcp(const Model& model, std::string_view folder) {
  std::vector<const Item*> functions;
  for (const Item& i : model.items) {
    bool fits = i.kind == ItemKind::Func && i.is_pub && i.result_json.form != JsonForm::None &&
                model.items[i.module].path != "main" && i.name != "main" && i.path.find('#') == std::string::npos &&
                !(i.effects & kForeign);
    for (const Param& p : i.params) fits &= is_input(p);
    if (fits) functions.push_back(&i);
  }
  std::sort(functions.begin(), functions.end(), [](const Item* a, const Item* b) { return a->path < b->path; });
  CanonicalArray tools;
  for (const Item* f : functions) tools.raw(tool(model, *f, folder));
  CanonicalObject manual, info;
  info.text("title", model.name).text("version", model.version.empty() ? "0.0.0" : model.version);
  if (!model.summary.empty()) info.text("description", model.summary);
  manual.text("utcp_version", "1.0.1")
      .text("manual_version", model.version.empty() ? "0.0.0" : model.version)
      .raw("info", info.take())
      .raw("tools", tools.take());
  return manual.take() + "\n";
}

}  // namespace janus::docgen
