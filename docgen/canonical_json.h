// canonical_json.h: JSON as RFC 8785 wants it: names sorted, shortest escapes, integers only.
// Depends on the standard library only.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace janus::docgen {

std::string canonical_text(std::string_view text);  // quoted; bytes that are no UTF-8 become U+FFFD

// RFC 8785 sorts names by their UTF-16 units. That is the order of UTF-8's bytes, but for characters beyond U+FFFF:
// their surrogates come before U+E000 to U+FFFF. Where two names differ in a first byte, that byte alone tells.
struct Utf16Less {
  static int weight(char c) {
    int byte = static_cast<unsigned char>(c);
    return byte < 0xee ? byte : byte >= 0xf0 ? byte - 2 : byte + 5;
  }
  bool operator()(const std::string& a, const std::string& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return weight(x) < weight(y); });
  }
};
class CanonicalObject {
 public:
  CanonicalObject& raw(const std::string& name, std::string value) {
    fields_[name] = std::move(value);
    return *this;
  }
  CanonicalObject& text(const std::string& name, std::string_view value) { return raw(name, canonical_text(value)); }
  CanonicalObject& text_unless_empty(const std::string& name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  CanonicalObject& number(const std::string& name, int64_t value) { return raw(name, std::to_string(value)); }
  CanonicalObject& flag(const std::string& name, bool value) { return raw(name, value ? "true" : "false"); }
  std::string take() const {
    std::string out = "{";
    for (const auto& [name, value] : fields_) {
      if (out.size() > 1) out += ',';
      out += canonical_text(name) + ":" + value;
    }
    return out + "}";
  }

 private:
  std::map<std::string, std::string, Utf16Less> fields_;
};

class CanonicalArray {
 public:
  CanonicalArray& raw(const std::string& value) {
    if (!text_.empty()) text_ += ',';
    text_ += value;
    return *this;
  }
  CanonicalArray& text(std::string_view value) { return raw(canonical_text(value)); }
  std::string take() const { return "[" + text_ + "]"; }

 private:
  std::string text_;
};

}  // namespace janus::docgen
