// canonical_json.cpp: texts of canonical JSON.
// Depends on canonical_json.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/canonical_json.h"

namespace janus::docgen {

// Length of the UTF-8 sequence that begins here; 0 when it is none (overlong and surrogates are none).
static size_t utf8_length(std::string_view s) {
  auto byte = [&](size_t i) { return i < s.size() ? static_cast<uint8_t>(s[i]) : 0u; };
  auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  uint32_t a = byte(0);
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a < 0xe0) return tail(1) ? 2 : 0;
  if (a >= 0xe0 && a < 0xf0) {
    if (!tail(1) || !tail(2) || (a == 0xe0 && byte(1) < 0xa0) || (a == 0xed && byte(1) >= 0xa0)) return 0;
    return 3;
  }
  if (a >= 0xf0 && a < 0xf5) {
    if (!tail(1) || !tail(2) || !tail(3) || (a == 0xf0 && byte(1) < 0x90) || (a == 0xf4 && byte(1) >= 0x90)) return 0;
    return 4;
  }
  return 0;
}

std::string canonical_text(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      size_t n = utf8_length(text.substr(i));
      if (n) out += text.substr(i, n);
      else out += "\xef\xbf\xbd", n = 1;
      i += n;
      continue;
    }
    ++i;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (c < 0x20) {
          constexpr char kHex[] = "0123456789abcdef";
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        } else {
          out += static_cast<char>(c);
        }
    }
  }
  return out + "\"";
}

}  // namespace janus::docgen
