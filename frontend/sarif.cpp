// sarif.cpp: diagnostics as a SARIF 2.1.0 log, for code hosts and review tools.
// Depends on diag_json.h, content_hash.h.
// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "frontend/content_hash.h"
#include "frontend/diag_json.h"

namespace janus {
namespace {

// Relative paths stay relative to the folder janus ran in (%SRCROOT%); what a URI may not hold is escaped.
std::string uri_of(std::string_view path) {
  std::string uri;
  for (unsigned char c : path) {
    if (isalnum(c) || c == '/' || c == '.' || c == '-' || c == '_' || c == '~') uri += static_cast<char>(c);
    else {
      uri += '%';
      uri += "0123456789ABCDEF"[c >> 4];
      uri += "0123456789ABCDEF"[c & 15];
    }
  }
  return uri;
}

void put_artifact(JsonText& json, const std::string& path) {
  json.object("artifactLocation").field("uri", uri_of(path));
  if (path.empty() || path[0] != '/') json.field("uriBaseId", "%SRCROOT%");
  json.close();
}

// Columns are UTF-16 units, as the log's columnKind says.
void put_region(JsonText& json, std::string_view key, const Place& place) {
  json.object(key).field("startLine", place.line).field("startColumn", place.utf16_col);
  json.field("endLine", place.end_line).field("endColumn", place.utf16_end_col).close();
}

void put_location(JsonText& json, const SourceMap& sources, Span span, std::string_view text) {
  Place place = place_of(sources, span);
  json.object().object("physicalLocation");
  put_artifact(json, place.path);
  put_region(json, "region", place);
  json.close();
  if (!text.empty()) json.object("message").field("text", text).close();
  json.close();
}

void put_result(JsonText& json, const SourceMap& sources, const Diagnostic& diag, size_t rule, size_t repetition) {
  const DiagInfo& info = diag_info(diag.kind);
  std::string text = diag.message;
  if (!diag.label.empty()) text += ": " + diag.label;
  for (const std::string& note : diag.notes) text += "\nnote: " + note;
  for (const std::string& help : diag.helps) text += "\nhelp: " + help;
  json.object().field("ruleId", info.code).field("ruleIndex", rule);
  json.field("level", info.severity() == Severity::Error ? "error" : "warning");
  json.object("message").field("text", text).close();
  json.array("locations");
  if (!diag.span.is_none()) put_location(json, sources, diag.span, diag.label);
  json.close();
  if (!diag.labels.empty()) {
    json.array("relatedLocations");
    for (const DiagLabel& label : diag.labels)
      if (!label.span.is_none()) put_location(json, sources, label.span, label.text);
    json.close();
  }
  if (!diag.fixes.empty()) {
    json.array("fixes");
    // Edits without a text of their own belong to the suggestion before them.
    for (size_t i = 0; i < diag.fixes.size();) {
      const DiagFix& fix = diag.fixes[i];
      json.object().object("description").field("text", fix.text).close();
      json.array("artifactChanges").object();
      put_artifact(json, place_of(sources, fix.span).path);
      json.array("replacements");
      do {
        json.object();
        put_region(json, "deletedRegion", place_of(sources, diag.fixes[i].span));
        json.object("insertedContent").field("text", diag.fixes[i].replacement).close().close();
      } while (++i < diag.fixes.size() && diag.fixes[i].text.empty());
      json.close().close().close().close();
    }
    json.close();
  }
  // The same mistake keeps its fingerprint when lines above it come and go: code, file, text of the line, and which
  // of several equal ones it is.
  Place place = place_of(sources, diag.span);
  FileId file = diag.span.is_none() ? FileId::None : sources.find(diag.span.lo);
  std::string_view line = is_some(file) ? sources.line_text(file, place.line) : std::string_view();
  HashOf hash;
  hash.add(info.code).add(place.path).add(line).add(diag.message).add(std::to_string(repetition));
  json.object("partialFingerprints").field("janusDiagnostic/v1", hash.hex().substr(0, 32)).close();
  json.close();
}

}  // namespace

std::string diags_to_sarif(const std::vector<SarifInput>& inputs, const std::string& version) {
  std::map<std::string_view, size_t> rules;
  std::vector<const DiagInfo*> order;
  for (const SarifInput& input : inputs)
    for (const Diagnostic* diag : input.diags->all()) {
      const DiagInfo& info = diag_info(diag->kind);
      if (rules.emplace(info.code, order.size()).second) order.push_back(&info);
    }
  JsonText json;
  json.object()
      .field("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
      .field("version", "2.1.0");
  json.array("runs").object().object("tool").object("driver");
  json.field("name", "janus").field("version", version).field("semanticVersion", version).array("rules");
  for (const DiagInfo* info : order) {
    json.object().field("id", info->code).field("name", info->name);
    json.object("shortDescription").field("text", info->text).close();
    json.object("help")
        .field("text", std::string("`janus explain ") + info->code + "` says more, with examples")
        .close();
    json.object("defaultConfiguration")
        .field("level", info->severity() == Severity::Error ? "error" : "warning")
        .close();
    json.close();
  }
  json.close().close().close().field("columnKind", "utf16CodeUnits").array("results");
  std::map<std::string, size_t> seen;
  for (const SarifInput& input : inputs)
    for (const Diagnostic* diag : input.diags->all()) {
      const DiagInfo& info = diag_info(diag->kind);
      Place place = place_of(*input.sources, diag->span);
      FileId file = diag->span.is_none() ? FileId::None : input.sources->find(diag->span.lo);
      std::string key = std::string(info.code) + "\n" + place.path + "\n" + diag->message;
      if (is_some(file)) key += "\n" + std::string(input.sources->line_text(file, place.line));
      put_result(json, *input.sources, *diag, rules[info.code], seen[key]++);
    }
  json.close().close().close().close();
  return json.take();
}

}  // namespace janus
