// text_width.h: characters as a terminal shows them.
// Depends on nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace janus {

struct Utf8Char {
  uint32_t code;  // U+FFFD when the bytes are not UTF-8
  uint32_t size;  // in bytes, at least 1
  bool valid;
};
Utf8Char decode_utf8(std::string_view text, size_t at);

uint32_t char_width(uint32_t code);    // 0, 1 or 2 columns
bool is_unprintable(uint32_t code);    // controls and direction marks: show U+FFFD in their place
uint32_t text_width(std::string_view text);

}  // namespace janus
