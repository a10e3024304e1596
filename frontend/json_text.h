// json_text.h: writes JSON, one object a line.
// Depends on nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace janus {

// JsonText j; j.object().field("code", "E2001").field("line", 3).array("notes").text("why").close().close();  j.take()
// Bytes that are no UTF-8 become U+FFFD, so the result is always valid.
class JsonText {
 public:
  JsonText& object() {
    item();
    return open('{');
  }
  JsonText& object(std::string_view key) {
    name(key);
    return open('{');
  }
  JsonText& array() {
    item();
    return open('[');
  }
  JsonText& array(std::string_view key) {
    name(key);
    return open('[');
  }
  JsonText& close();
  JsonText& field(std::string_view key, std::string_view value) {
    name(key);
    return quote(value);
  }
  JsonText& field(std::string_view key, const char* value) { return field(key, std::string_view(value)); }
  JsonText& field(std::string_view key, const std::string& value) { return field(key, std::string_view(value)); }
  JsonText& field(std::string_view key, bool value) {
    name(key);
    text_ += value ? "true" : "false";
    return *this;
  }
  template <class T>
  JsonText& field(std::string_view key, T value) {
    name(key);
    text_ += std::to_string(value);
    return *this;
  }
  JsonText& text(std::string_view value) {
    item();
    return quote(value);
  }
  std::string take() { return std::move(text_); }

 private:
  JsonText& open(char bracket);
  JsonText& quote(std::string_view value);
  void item();
  void name(std::string_view key);
  std::string text_;
  std::string closers_;
};

}  // namespace janus
