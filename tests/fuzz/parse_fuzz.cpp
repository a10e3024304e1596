// parse_fuzz.cpp: any bytes through lexer and parser: no crash, no hang, and a tree whose every part has its place.
// Depends on frontend/parse.h, mutate.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include "frontend/parse.h"
#include "tests/fuzz/mutate.h"

using namespace janus;

static void check(const Tree& tree, uint32_t size) {
  uint32_t before = 0;
  for (uint32_t t = 0; t < tree.tokens.size(); ++t) {
    require(tree.tokens.begin(t) >= before, "tokens stand in the order of the text");
    require(tree.tokens.end(t) >= tree.tokens.begin(t) && tree.tokens.end(t) <= size, "tokens lie inside the text");
    before = tree.tokens.begin(t);
  }
  // Height, bottom-up: children stand before parents.
  std::vector<uint32_t> height(tree.nodes.size(), 1);
  for (uint32_t i = 0; i < tree.nodes.size(); ++i) {
    NodeId id = NodeId(i);
    Span span = tree.span(id);
    require(span.lo >= tree.base && span.hi <= tree.base + size && span.lo <= span.hi, "nodes lie inside the text");
    auto child = [&](uint32_t c) {
      if (c == 0xffffffffu) return;
      require(c < i, "children stand before their parents");
      height[i] = std::max(height[i], height[c] + 1);
    };
    const char* shape = node_shape(tree[id].kind);
    auto field = [&](char code, uint32_t value) {
      if (code == 'n') child(value);
      if (code == 'L')
        for (NodeId c : tree.list(value)) child(+c);
    };
    for (uint32_t slot : {tree[id].a, tree[id].b}) {
      if (*shape == '[') {
        uint32_t k = 0;
        for (++shape; *shape != ']'; ++shape, ++k) field(*shape, tree.record(slot, k));
        ++shape;
      } else {
        field(*shape++, slot);
      }
    }
    require(height[i] <= 3 * kMaxHeight, "trees are not high");
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  SourceMap sources;
  Names names;
  Diagnostics diags;
  const char* path = size > 0 && (data[size - 1] & 1) ? "fuzz.jans" : "fuzz.jan";
  FileId file = sources.add(path, std::string(reinterpret_cast<const char*>(data), size));
  Tree tree = parse(file, sources, names, diags);
  check(tree, static_cast<uint32_t>(size));
  if (size < 4096) dump_tree(tree, names);
  diags.sort();
  uint32_t end = tree.base + static_cast<uint32_t>(size);
  for (const Diagnostic* d : diags.all()) {
    require(d->span.lo >= tree.base && d->span.hi <= end && d->span.lo <= d->span.hi,
            "a diagnostic points into the text");
    for (auto& l : d->labels) require(l.span.hi <= end && l.span.lo <= l.span.hi, "a label points into the text");
    for (auto& f : d->fixes)
      require(f.span.lo >= tree.base && f.span.hi <= end && f.span.lo <= f.span.hi, "an edit lies inside the text");
    sources.line_text(file, sources.line_col(d->span.lo).line);
  }
  return 0;
}
