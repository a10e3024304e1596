// utf8.h: checking and walking UTF-8.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

// How many of the first bytes are whole, valid characters: `len` when all are.
JANUS_HIDDEN int64_t utf8_valid_prefix(const uint8_t* bytes, int64_t len);

// Bytes of the ill-formed sequence at the start of `bytes` that one U+FFFD stands for (the longest start of a valid
// sequence, at least 1), as browsers and the Unicode standard count them.
JANUS_HIDDEN int64_t utf8_bad_length(const uint8_t* bytes, int64_t len);

// A string of these bytes, with U+FFFD for what is not UTF-8.
JANUS_HIDDEN String* string_from_any_bytes(const uint8_t* bytes, int64_t len);

JANUS_HIDDEN int64_t utf8_count(const uint8_t* bytes, int64_t len);              // characters
JANUS_HIDDEN int64_t utf8_prefix(const uint8_t* bytes, int64_t len, int64_t n);  // bytes of the first n characters

JANUS_INLINE bool utf8_continues(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// One character of valid UTF-8 at p; moves p behind it.
JANUS_INLINE uint32_t utf8_next(const uint8_t*& p) {
  const uint32_t a = *p++;
  if (a < 0x80) return a;
  const uint32_t b = *p++ & 0x3F;
  if (a < 0xE0) return (a & 0x1F) << 6 | b;
  const uint32_t c = *p++ & 0x3F;
  if (a < 0xF0) return (a & 0x0F) << 12 | b << 6 | c;
  const uint32_t d = *p++ & 0x3F;
  return (a & 0x07) << 18 | b << 12 | c << 6 | d;
}

// Writes one character, returns its bytes (1 to 4).
JANUS_INLINE int64_t utf8_put(uint8_t* to, uint32_t c) {
  if (c < 0x80) {
    to[0] = static_cast<uint8_t>(c);
    return 1;
  }
  if (c < 0x800) {
    to[0] = static_cast<uint8_t>(0xC0 | c >> 6);
    to[1] = static_cast<uint8_t>(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    to[0] = static_cast<uint8_t>(0xE0 | c >> 12);
    to[1] = static_cast<uint8_t>(0x80 | (c >> 6 & 0x3F));
    to[2] = static_cast<uint8_t>(0x80 | (c & 0x3F));
    return 3;
  }
  to[0] = static_cast<uint8_t>(0xF0 | c >> 18);
  to[1] = static_cast<uint8_t>(0x80 | (c >> 12 & 0x3F));
  to[2] = static_cast<uint8_t>(0x80 | (c >> 6 & 0x3F));
  to[3] = static_cast<uint8_t>(0x80 | (c & 0x3F));
  return 4;
}

}  // namespace janus::rt
