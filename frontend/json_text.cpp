// json_text.cpp: writes JSON.
// Depends on json_text.h, text_width.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/json_text.h"

#include "frontend/text_width.h"

namespace janus {

void JsonText::item() {
  if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::name(std::string_view key) {
  item();
  quote(key);
  text_ += ':';
}

JsonText& JsonText::open(char bracket) {
  text_ += bracket;
  closers_ += bracket == '{' ? '}' : ']';
  return *this;
}

JsonText& JsonText::close() {
  text_ += closers_.back();
  closers_.pop_back();
  return *this;
}

JsonText& JsonText::quote(std::string_view value) {
  text_ += '"';
  for (size_t i = 0; i < value.size();) {
    Utf8Char c = decode_utf8(value, i);
    if (!c.valid) text_ += "\xEF\xBF\xBD";
    else if (c.code == '"') text_ += "\\\"";
    else if (c.code == '\\') text_ += "\\\\";
    else if (c.code == '\n') text_ += "\\n";
    else if (c.code == '\t') text_ += "\\t";
    else if (c.code == '\r') text_ += "\\r";
    else if (c.code < 0x20 || c.code == 0x7F) {
      text_ += "\\u00";
      text_ += "0123456789abcdef"[c.code >> 4];
      text_ += "0123456789abcdef"[c.code & 15];
    } else text_ += value.substr(i, c.size);
    i += c.size;
  }
  text_ += '"';
  return *this;
}

}  // namespace janus
