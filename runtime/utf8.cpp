// utf8.cpp: checking and walking UTF-8.
// Depends on utf8.h and counted.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/utf8.h"

#include "runtime/counted.h"

namespace janus::rt {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080ull;

// What a first byte asks for: how many bytes follow, and between what the second one lies (this is where overlong
// forms, surrogates and values above U+10FFFF are refused).
struct Lead {
  uint8_t more;   // 0: not a first byte
  uint8_t low;
  uint8_t high;
};

Lead lead_of(uint8_t a) {
  if (a < 0xC2) return {0, 0, 0};
  if (a < 0xE0) return {1, 0x80, 0xBF};
  if (a == 0xE0) return {2, 0xA0, 0xBF};
  if (a == 0xED) return {2, 0x80, 0x9F};
  if (a < 0xF0) return {2, 0x80, 0xBF};
  if (a == 0xF0) return {3, 0x90, 0xBF};
  if (a < 0xF4) return {3, 0x80, 0xBF};
  if (a == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

// Bytes of the character at p when it is whole and valid, otherwise minus the bytes of the bad sequence.
int64_t check_char(const uint8_t* p, int64_t len) {
  const Lead lead = lead_of(p[0]);
  if (lead.more == 0) return -1;
  if (len < 2 || p[1] < lead.low || p[1] > lead.high) return -1;
  for (int64_t i = 2; i <= lead.more; i++)
    if (i >= len || !utf8_continues(p[i])) return -i;
  return 1 + lead.more;
}

}  // namespace

int64_t utf8_valid_prefix(const uint8_t* bytes, int64_t len) {
  int64_t i = 0;
  while (i < len) {
    if (bytes[i] < 0x80) {
      while (i + 16 <= len && ((load64(bytes + i) | load64(bytes + i + 8)) & kHighBits) == 0) i += 16;
      while (i + 8 <= len && (load64(bytes + i) & kHighBits) == 0) i += 8;
      while (i < len && bytes[i] < 0x80) i++;
      continue;
    }
    const int64_t step = check_char(bytes + i, len - i);
    if (step < 0) return i;
    i += step;
  }
  return len;
}

int64_t utf8_bad_length(const uint8_t* bytes, int64_t len) {
  janus_require(len > 0, "an ill-formed sequence without bytes");
  const int64_t step = bytes[0] < 0x80 ? 1 : check_char(bytes, len);
  janus_require(step < 0, "a valid character taken for an ill-formed one");
  return -step;
}

String* string_from_any_bytes(const uint8_t* bytes, int64_t len) {
  int64_t good = utf8_valid_prefix(bytes, len);
  if (JANUS_LIKELY(good == len)) return janus_string_new(bytes, len);
  static const uint8_t replacement[3] = {0xEF, 0xBF, 0xBD};
  Sink sink;
  janus_sink_begin(&sink);
  while (true) {
    janus_print_bytes(&sink, bytes, good);
    bytes += good;
    len -= good;
    if (len == 0) return janus_sink_finish(&sink);
    janus_print_bytes(&sink, replacement, 3);
    const int64_t bad = utf8_bad_length(bytes, len);
    bytes += bad;
    len -= bad;
    good = utf8_valid_prefix(bytes, len);
  }
}

int64_t utf8_count(const uint8_t* bytes, int64_t len) {
  int64_t count = 0;
  for (int64_t i = 0; i < len; i++) count += !utf8_continues(bytes[i]);
  return count;
}

int64_t utf8_prefix(const uint8_t* bytes, int64_t len, int64_t n) {
  int64_t i = 0;
  while (i < len) {
    if (!utf8_continues(bytes[i]) && n-- == 0) break;
    i++;
  }
  return i;
}

}  // namespace janus::rt
