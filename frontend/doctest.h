// doctest.h: examples in documentation: ```janus fences in doc comments and guides, found in the text at their true
// place. Depends on tree.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "frontend/tree.h"

namespace janus {

// What the words behind ```janus ask for.
enum class DoctestMode : uint8_t {
  Run,           // must run to its end, and print what its `// =>` say
  NoRun,         // must compile
  Ignore,        // is not looked at
  Fails,         // must end by a failure or a panic
  CompileFails,  // must not compile, with the error that compile_fails(E2001) names
  Bad,           // the fence itself is wrong: `problem` says how
};

// One fenced block, of any language. Offsets are bytes of the file.
struct Fence {
  uint32_t open = 0;         // where its ``` begin
  uint32_t lo = 0, hi = 0;   // the lines between the two fences, with the comment's marks
  std::string_view info;     // what stands behind the ```
  bool closed = true;
  int quotes = 0;   // marks `>` before each of its lines
};

// How many bytes of a line are marks of quotations, at most `most` of them; `found` says how many there were.
size_t quote_marks(std::string_view line, int most, int& found);
// And those of the list items that begin on it: `1. ` or `- `.
size_t item_marks(std::string_view line);
constexpr int kMaxQuotes = 16;

// In a block of `///` lines (comment) or a page of Markdown.
std::vector<Fence> scan_fences(std::string_view text, uint32_t lo, uint32_t hi, bool comment);

struct FenceWords {
  bool is_janus = false;
  DoctestMode mode = DoctestMode::Run;
  std::string code, problem;
};
FenceWords read_fence_words(std::string_view info);

// Turns what is no code inside a fence into spaces, so that every byte of code keeps its place: the marks `///`, and
// the `#` of lines that run but are not shown. `text` is a copy of the file's text.
void blank_marks(std::string& text, const Fence& fence, bool comment);

// "Stack.push": what the comment before `next_token` documents; "" when it stands before nothing that has a name.
std::string documented_name(const Tree& tree, const SourceMap& sources, const Names& names, uint32_t next_token);

}  // namespace janus
