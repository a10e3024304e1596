// highlight.h: Janus code to coloured HTML, by the compiler's own lexer.
// Depends on model.h, frontend/source.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "docgen/model.h"
#include "frontend/source.h"

namespace janus::docgen {

// One a thread: it keeps the words it has met.
class Painter {
 public:
  // Ordered, non-overlapping places that become links; the function writes their address into href.
  struct Link {
    uint32_t lo, hi;
    std::string href;
  };
  std::string paint(std::string_view code, std::span<const Link> links = {});
  // The lines of a whole file, each painted; no element crosses a line.
  std::vector<std::string> paint_lines(std::string_view code, std::span<const Link> links);

 private:
  struct Piece {
    uint32_t lo, hi;
    const char* css;
  };
  void lex_pieces(std::string_view code, std::vector<Piece>& out);
  Names names_;
};

// A doctest as shown: without the lines that begin with `# `.
std::string shown_code(std::string_view code);

}  // namespace janus::docgen
