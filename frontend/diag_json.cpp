// diag_json.cpp: a diagnostic as one JSON object.
// Depends on diag_json.h, diag_render.h, text_width.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/diag_json.h"

#include <algorithm>

#include "frontend/diag_render.h"
#include "frontend/text_width.h"

namespace janus {
namespace {

uint32_t utf16_units(std::string_view text) {
  uint32_t units = 0;
  for (size_t i = 0; i < text.size();) {
    Utf8Char c = decode_utf8(text, i);
    units += c.code > 0xFFFF ? 2 : 1;
    i += c.size;
  }
  return units;
}

const char* level_name(Applicability level) {
  switch (level) {
    case Applicability::MachineApplicable: return "machine-applicable";
    case Applicability::MaybeIncorrect: return "maybe-incorrect";
    case Applicability::HasPlaceholders: return "has-placeholders";
    case Applicability::Unspecified: return "unspecified";
  }
  return "unspecified";
}

void put_place(JsonText& json, const SourceMap& sources, Span span) {
  if (span.is_none()) return;
  Place p = place_of(sources, span);
  json.field("path", p.path)
      .field("line", p.line)
      .field("col", p.col)
      .field("end_line", p.end_line)
      .field("end_col", p.end_col);
  json.field("utf16_col", p.utf16_col)
      .field("utf16_end_col", p.utf16_end_col)
      .field("begin", p.begin)
      .field("end", p.end);
}

}  // namespace

Place place_of(const SourceMap& sources, Span span) {
  Place place;
  FileId id = span.is_none() ? FileId::None : sources.find(span.lo);
  if (is_none(id)) return place;
  const SourceFile& file = sources.file(id);
  uint32_t size = static_cast<uint32_t>(file.text.size());
  LineCol lo = sources.line_col(span.lo), hi = sources.line_col(std::max(span.lo, span.hi));
  place.path = file.path;
  place.line = lo.line, place.col = lo.col, place.end_line = hi.line, place.end_col = hi.col;
  place.utf16_col = 1 + utf16_units(sources.line_text(id, lo.line).substr(0, lo.col - 1));
  place.utf16_end_col = 1 + utf16_units(sources.line_text(id, hi.line).substr(0, hi.col - 1));
  place.begin = std::min(span.lo - file.base, size);
  place.end = std::min(std::max(span.lo, span.hi) - file.base, size);
  return place;
}

std::string diag_to_json(const SourceMap& sources, const Diagnostic& diag) {
  const DiagInfo& info = diag_info(diag.kind);
  JsonText json;
  json.object().field("schema", "janus.diag/1").field("reason", "diagnostic");
  json.field("code", info.code).field("name", info.name);
  json.field("severity", info.severity() == Severity::Error ? "error" : "warning").field("message", diag.message);
  put_place(json, sources, diag.span);
  json.field("label", diag.label).array("labels");
  for (const DiagLabel& label : diag.labels) {
    json.object();
    put_place(json, sources, label.span);
    json.field("text", label.text).close();
  }
  json.close().array("notes");
  for (const std::string& note : diag.notes) json.text(note);
  json.close().array("helps");
  for (const std::string& help : diag.helps) json.text(help);
  json.close().array("fixes");
  for (const DiagFix& fix : diag.fixes) {
    json.object();
    put_place(json, sources, fix.span);
    json.field("replacement", fix.replacement)
        .field("text", fix.text)
        .field("applicability", level_name(fix.level))
        .close();
  }
  json.close().field("rendered", render_diag(sources, diag, {})).close();
  return json.take();
}

}  // namespace janus
