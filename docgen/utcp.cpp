// utcp.cpp: a UTCP 1.0 manual: each public function whose types fit JSON is a tool that `janus run` calls.
// Depends on writer.h, canonical_json.h.
// SPDX-License-Identifier: Apache-2.0
//
// A client pastes arguments into a shell command, as text. So tools take numbers, booleans and texts alone, and a text
// has a pattern that lets no quote, backslash, dollar or control character through: inside '…' nothing else means
// anything to a shell, and inside "…" nothing else to Janus.
#include <algorithm>

#include "docgen/canonical_json.h"
#include "docgen/markdown.h"
#include "docgen/writer.h"

namespace janus::docgen {
namespace {

constexpr std::string_view kSafeText = "^[^'\"$\\\\\\u0000-\\u001f\\u007f]*$";

bool is_scalar(std::string_view schema) {
  return schema.find("\"type\":\"array\"") == std::string_view::npos &&
         schema.find("\"type\":\"object\"") == std::string_view::npos &&
         schema.find("\"type\":\"null\"") == std::string_view::npos;
}
// What `println` writes of it is JSON, or a plain text. Lists, structs and names of variants go through `std.json`.
bool prints_as_json(std::string_view schema) {
  return is_scalar(schema) && schema.find("\"enum\"") == std::string_view::npos;
}
bool is_nothing(std::string_view schema) { return schema == "{\"type\":\"null\"}"; }
bool is_text(std::string_view schema) { return schema.find("\"type\":\"string\"") != std::string_view::npos; }

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

std::string tool(const Model& model, const Item& f, std::string_view folder) {
  CanonicalObject inputs, properties;
  CanonicalArray required;
  std::string call, values;
  for (const Param& p : f.params) {
    std::string schema = p.schema;
    for (const Tag& t : f.doc.tags)
      if (t.kind == "param" && t.name == p.name && !t.text.empty())
        schema = with_member(schema, "description", canonical_text(markdown_to_text(t.text)));
    bool text = is_text(p.schema);
    if (text) schema = with_member(schema, "pattern", canonical_text(kSafeText));
    properties.raw(p.name, schema);
    required.text(p.name);
    call += (call.empty() ? "" : ", ") + std::string(text ? "\"%s\"" : "%s");
    values += " 'UTCP_ARG_" + p.name + "_UTCP_END'";
  }
  inputs.text("type", "object")
      .raw("properties", properties.take())
      .raw("required", required.take())
      .raw("additionalProperties", "false");

  // A program of one call, read from stdin in the folder where the module's file is found.
  const std::string& module = model.items[f.module].path;
  std::string answer = module.substr(module.rfind('.') == std::string::npos ? 0 : module.rfind('.') + 1) + "." +
                       f.name + "(" + call + ")" + (f.fallible ? "?" : "");
  std::string program = "import " + module + "\\n";
  if (is_nothing(f.result_schema)) {
    program += "func main() do\\n" + answer + "\\nprintln(\"null\")\\nend\\n";
  } else if (prints_as_json(f.result_schema)) {
    program += "func main() do println(" + answer + ") end\\n";
  } else {
    program += "import std.json as as_json\\nfunc main() do println(as_json.encode(" + answer + ")) end\\n";
  }
  std::string command =
      "printf '" + program + "'" + values + " | janus run -q -C " + shell_quoted(folder.empty() ? "." : folder) + " -";
  CanonicalObject one, template_of;
  one.text("command", command).flag("append_to_final_output", true);
  template_of.text("name", "janus_" + f.path)
      .text("call_template_type", "cli")
      .raw("commands", CanonicalArray().raw(one.take()).take());

  CanonicalObject o;
  std::string description = markdown_to_text(f.doc.summary);
  for (const Failure& failure : f.failures) description += " Fails with " + failure.name + ".";
  if (description.empty()) description = f.signature.text;
  o.text("name", f.path).text("description", description).raw("inputs", inputs.take()).raw("outputs", f.result_schema);
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
    bool fits = i.kind == ItemKind::Func && i.is_pub && !i.result_schema.empty() &&
                model.items[i.module].path != "main" && i.name != "main" && i.path.find('#') == std::string::npos &&
                !(i.effects & kForeign);
    for (const Param& p : i.params)
      fits &= !p.schema.empty() && is_scalar(p.schema) && p.schema.find("\"enum\"") == std::string::npos &&
              p.schema.find("\"maxLength\"") == std::string::npos && !p.is_mut;
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
