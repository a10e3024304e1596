// fix.cpp: applies the edits that diagnostics offer.
// Depends on fix.h, frontend/diag_json.h (places).
// SPDX-License-Identifier: Apache-2.0
#include "cli/fix.h"

#include <algorithm>

#include "frontend/diag_json.h"

namespace janus {

std::vector<Edit> choose_edits(const SourceMap& sources, const Diagnostics& diags) {
  std::vector<Edit> chosen;  // kept in order of place
  auto clash = [&](const Edit& edit) {
    // Equal insertions at one point would be made twice, so touching counts as overlapping for them.
    auto at = std::lower_bound(chosen.begin(), chosen.end(), edit.span.lo,
                               [](const Edit& e, uint32_t lo) { return e.span.hi < lo; });
    for (; at != chosen.end() && at->span.lo <= edit.span.hi; ++at) {
      bool apart = at->span.hi <= edit.span.lo || at->span.lo >= edit.span.hi;
      bool both_empty = at->span.lo == at->span.hi && edit.span.lo == edit.span.hi;
      if (!apart || (both_empty && at->span.lo == edit.span.lo)) return true;
    }
    return false;
  };
  for (const Diagnostic* diag : diags.all()) {
    std::vector<Edit> group;
    bool fits = true;
    for (const DiagFix& fix : diag->fixes) {
      if (fix.level != Applicability::MachineApplicable || fix.span.is_none()) continue;
      FileId file = sources.find(fix.span.lo);
      Edit edit{fix.span, &fix};
      fits = fits && is_some(file) && !sources.file(file).is_std && !clash(edit);
      group.push_back(edit);
    }
    if (!fits) continue;
    for (const Edit& edit : group) {
      if (clash(edit)) continue;
      auto place = std::upper_bound(chosen.begin(), chosen.end(), edit,
                                    [](const Edit& a, const Edit& b) { return a.span.lo < b.span.lo; });
      chosen.insert(place, edit);
    }
  }
  return chosen;
}

std::string edited_text(const SourceMap& sources, FileId file, const std::vector<Edit>& edits) {
  const SourceFile& source = sources.file(file);
  std::string text;
  uint32_t at = 0;
  for (const Edit& edit : edits) {
    if (sources.find(edit.span.lo) != file) continue;
    uint32_t lo = edit.span.lo - source.base, hi = std::max(edit.span.lo, edit.span.hi) - source.base;
    text.append(source.text, at, lo - at);
    text += edit.fix->replacement;
    at = hi;
  }
  text.append(source.text, at);
  return text;
}

int apply_fixes(Context& context, const SourceMap& sources, const Diagnostics& diags, size_t& changes) {
  Console& console = context.console;
  std::vector<Edit> edits = choose_edits(sources, diags);
  FileId done = FileId::None;
  changes = 0;
  for (const Edit& first : edits) {
    FileId file = sources.find(first.span.lo);
    if (file == done) continue;
    done = file;  // edits are in order of place, so those of a file stand together
    std::string why, now;
    const SourceFile& source = sources.file(file);
    // Somebody may have saved the file since it was read: never overwrite what was not seen.
    if (!read_file(source.path, now, why)) return console.fail(kEnvironment, why);
    if (now != source.text)
      return console.fail(kEnvironment, source.path + " changed while it was checked; nothing was written to it",
                          "run the command again");
    if (!write_file(source.path, edited_text(sources, file, edits), why)) return console.fail(kEnvironment, why);
    for (const Edit& edit : edits) {
      if (sources.find(edit.span.lo) != file || edit.fix->text.empty()) continue;   // no text: part of the one before
      ++changes;
      Place place = place_of(sources, edit.span);
      if (console.is_json()) {
        JsonText object = console.json_object("fixed");
        object.field("path", place.path)
            .field("line", place.line)
            .field("col", place.col)
            .field("text", edit.fix->text);
        console.json(object);
      } else {
        console.say("fixed " + place.path + ":" + std::to_string(place.line) + ":" + std::to_string(place.col) + ": " +
                    edit.fix->text);
      }
    }
  }
  return kDone;
}

}   // namespace janus
