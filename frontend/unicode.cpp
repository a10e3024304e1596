// unicode.cpp: see unicode.h.
// Depends on xid.inc.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/unicode.h"

namespace janus {
namespace {

struct XidRange {
  uint32_t lo, hi;
};
#include "frontend/xid.inc"

template <size_t N>
bool in_ranges(const XidRange (&ranges)[N], uint32_t c) {
  size_t lo = 0, hi = N;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (c > ranges[mid].hi) lo = mid + 1;
    else if (c < ranges[mid].lo) hi = mid;
    else return true;
  }
  return false;
}

// Characters that look like ASCII and mean nothing here: word processors and web pages put them into code.
constexpr LookAlike kLookAlikes[] = {
    {0x00a0, " ", "a no-break space"},
    {0x2018, "'", "a typographic quote"},
    {0x2019, "'", "a typographic quote"},
    {0x201c, "\"", "a typographic quote"},
    {0x201d, "\"", "a typographic quote"},
    {0x00ab, "\"", "a typographic quote"},
    {0x00bb, "\"", "a typographic quote"},
    {0x2013, "-", "a long dash"},
    {0x2014, "-", "a long dash"},
    {0x2212, "-", "a typographic minus"},
    {0x00d7, "*", "a multiplication sign"},
    {0x00f7, "/", "a division sign"},
    {0x2264, "<=", "a typographic sign"},
    {0x2265, ">=", "a typographic sign"},
    {0x2260, "!=", "a typographic sign"},
    {0x2192, "->", "an arrow character"},
    {0x21d2, "=>", "an arrow character"},
    {0x2026, "..", "one character of three dots"},
    {0x037e, ";", "a Greek question mark"},
    {0xff08, "(", "a full-width bracket"},
    {0xff09, ")", "a full-width bracket"},
    {0xff0c, ",", "a full-width comma"},
    {0xff1a, ":", "a full-width colon"},
    {0xff1b, ";", "a full-width semicolon"},
    {0xff1d, "=", "a full-width sign"},
    {0x3000, " ", "a full-width space"},
    {0x200b, "", "an invisible space"},
    {0xfeff, "", "an invisible mark"},
    {0x2009, " ", "a thin space"},
    {0x202f, " ", "a narrow space"},
    {0x2028, " ", "an invisible line separator"},
    {0x2029, " ", "an invisible line separator"},
    {0x00ad, "", "an invisible hyphen"},
    {0x200c, "", "an invisible mark"},
    {0x200d, "", "an invisible mark"},
    {0x2060, "", "an invisible mark"},
};

}  // namespace

bool is_xid_start(uint32_t c) { return in_ranges(kXidStart, c); }
bool is_xid_continue(uint32_t c) { return in_ranges(kXidStart, c) || in_ranges(kXidOnlyContinue, c); }

// One code point of text that was checked to be UTF-8.
uint32_t decode(const char* p, int& length) {
  auto at = [&](int i) { return static_cast<uint32_t>(static_cast<uint8_t>(p[i])); };
  if (at(0) < 0x80) return length = 1, at(0);
  if (at(0) < 0xe0) return length = 2, (at(0) & 0x1f) << 6 | (at(1) & 0x3f);
  if (at(0) < 0xf0) return length = 3, (at(0) & 0x0f) << 12 | (at(1) & 0x3f) << 6 | (at(2) & 0x3f);
  return length = 4, (at(0) & 0x07) << 18 | (at(1) & 0x3f) << 12 | (at(2) & 0x3f) << 6 | (at(3) & 0x3f);
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) out += static_cast<char>(c);
  else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// Length of the valid UTF-8 sequence at p, or 0.
int utf8_length(const char* p, const char* end) {
  auto at = [&](int i) -> uint8_t { return p + i < end ? static_cast<uint8_t>(p[i]) : 0; };
  auto follows = [&](int i) { return (at(i) & 0xc0) == 0x80; };
  uint8_t c = at(0);
  if (c < 0x80) return 1;
  if (c < 0xc2) return 0;
  if (c < 0xe0) return follows(1) ? 2 : 0;
  if (c < 0xf0) {
    if (!follows(1) || !follows(2)) return 0;
    if (c == 0xe0 && at(1) < 0xa0) return 0;
    return c == 0xed && at(1) >= 0xa0 ? 0 : 3;  // no surrogates
  }
  if (c > 0xf4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if ((c == 0xf0 && at(1) < 0x90) || (c == 0xf4 && at(1) >= 0x90)) return 0;
  return 4;
}

const LookAlike* find_look_alike(uint32_t c) {
  for (const LookAlike& l : kLookAlikes)
    if (l.c == c) return &l;
  return nullptr;
}
// These change the order in which an editor shows a line: code could look different from what it does.
bool is_bidi_control(uint32_t c) { return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069); }

}  // namespace janus
