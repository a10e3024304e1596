// unicode.h: what the lexer must know of Unicode.
// Depends on nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

namespace janus {

bool is_xid_start(uint32_t c);      // of names (UAX #31)
bool is_xid_continue(uint32_t c);
uint32_t decode(const char* p, int& length);          // one code point of text that was checked to be UTF-8
int utf8_length(const char* p, const char* end);      // of the valid sequence at p, or 0
void append_utf8(std::string& out, uint32_t c);
bool is_bidi_control(uint32_t c);

struct LookAlike {
  uint32_t c;
  const char* ascii;
  const char* name;
};
const LookAlike* find_look_alike(uint32_t c);         // or nullptr

}  // namespace janus
