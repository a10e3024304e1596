// check_fuzz.cpp: any bytes through the whole frontend: no crash, no hang, and every diagnostic has a place that exists
// and can be shown. Depends on frontend/compilation.h, diag_render.h, diag_json.h; mutate.h. Reads the standard
// library's sources once, at start. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <fstream>
#include <sstream>

#include "frontend/compilation.h"
#include "frontend/diag_json.h"
#include "frontend/diag_render.h"
#include "tests/fuzz/mutate.h"

using namespace janus;

namespace {
// A small std keeps a run short: what literals, ranges and loops need. JANUS_FUZZ_STD=all takes every module.
const std::map<std::string, std::string, std::less<>>& std_texts() {
  static const auto texts = [] {
    std::vector<std::string> names = {"prelude", "map", "set", "range", "list", "optional"};
    if (getenv("JANUS_FUZZ_STD"))
      for (const char* more :
           {"list_each", "list_sort", "string", "num", "char", "chars", "utf8", "text", "math", "deque", "heap"})
        names.push_back(more);
    std::map<std::string, std::string, std::less<>> all;
    for (const std::string& name : names) {
      std::ifstream file(std::string(JANUS_SOURCE_DIR) + "/stdlib/std/" + name + ".jan");
      std::stringstream text;
      text << file.rdbuf();
      if (file) all["std/" + name + ".jan"] = text.str();
    }
    return all;
  }();
  return texts;
}
}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 1 << 16) return 0;
  MemoryFiles files;
  files.std_texts = std_texts();
  // `//---- file: a.jan` begins another file, as in tests/.
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string name = "main.jan";
  while (true) {
    size_t next = text.find("//---- file: ");
    files.texts[name] = std::string(text.substr(0, next));
    if (next == std::string_view::npos) break;
    text.remove_prefix(next + 13);
    size_t end = std::min(text.find('\n'), text.size());
    name = std::string(text.substr(0, end));
  }
  Compilation c;
  LoadOptions load;
  load.root = "main.jan";
  load.profile = size % 3 ? Profile::Core : Profile::Service;
  c.check(files, load, {.keep_bodies = (size & 1) != 0, .tests = true});
  for (const Diagnostic* d : c.diags.all()) {
    require(!d->message.empty(), "a diagnostic says something");
    if (d->span.is_none()) continue;
    FileId file = c.sources.find(d->span.lo);
    require(is_some(file) && d->span.lo <= d->span.hi, "a diagnostic stands in a file");
    require(d->span.hi <= c.sources.file(file).base + c.sources.file(file).text.size(),
            "a diagnostic ends in its file");
    c.sources.line_col(d->span.lo);
    for (const DiagFix& fix : d->fixes) require(fix.span.lo <= fix.span.hi, "a fix replaces a place");
  }
  render_diags(c.sources, c.diags, {});
  if (size < 1000)
    for (const Diagnostic* d : c.diags.all()) diag_to_json(c.sources, *d);
  return 0;
}
