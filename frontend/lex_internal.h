// lex_internal.h: what the parts of the lexer share: the table of character classes, and the lexer itself.
// Depends on lex.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "frontend/give_back.h"
#include "frontend/lex.h"

namespace janus {

enum Class : uint8_t { kOther, kSpace, kNewline, kName, kDigit, kQuote, kTick, kPunct, kHigh };
struct Tables {
  uint8_t cls[256] = {};
  uint8_t name_part[256] = {};   // 1: ASCII letter, digit, _; 2: first byte of something longer
  uint8_t string_stop[256] = {};
  constexpr Tables() {
    for (int c = 0; c < 256; ++c) {
      bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      bool digit = c >= '0' && c <= '9';
      cls[c] = letter ? kName : digit ? kDigit : c >= 0x80 ? kHigh : kOther;
      name_part[c] = letter || digit ? 1 : c >= 0x80 ? 2 : 0;
    }
    cls[' '] = cls['\t'] = cls['\r'] = cls['\f'] = cls['\v'] = kSpace;
    cls['\n'] = kNewline;
    cls['"'] = kQuote;
    cls['\''] = kTick;
    for (char c : {'(', ')', '[', ']', '{', '}', ',', ':', '.', '-', '=', '?',
                   '!', '<', '>', '+', '*', '/', '%', '&', '|', '^', '~', ';'})
      cls[static_cast<uint8_t>(c)] = kPunct;
    for (char c : {'"', '\\', '$', '\n', '\r', '\0'}) string_stop[static_cast<uint8_t>(c)] = 1;
  }
};
inline constexpr Tables kTables;

class Lexer {
 public:
  Lexer(const SourceFile& file, Names& names, Diagnostics& diags, std::span<const BodyRange> skip = {})
      : file_(file), names_(names), diags_(diags), skip_(skip) {
    begin_ = p_ = file.text.data();
    end_ = begin_ + file.text.size();
    if (!skip_.empty()) skip_at_ = begin_ + skip_.front().begin;
  }

  // Part of `text`, a copy of the file's text: a doctest.
  Lexer(const SourceFile& file, std::string& text, uint32_t lo, uint32_t hi, Names& names, Diagnostics& diags)
      : Lexer(file, names, diags) {
    begin_ = text.data();
    p_ = begin_ + lo;
    end_ = begin_ + hi;
    doctest_ = true;
  }

  Tokens run();
  void run_bodies(std::span<const BodyRange> bodies, Tokens& tokens);

 private:
  template <class T>
  void end_column(std::vector<T>& column) {
    column.resize(count_);
    give_back(column);
  }
  // The columns have size_ rows, of which count_ are filled: one check a token serves all four.
  void more_room() {
    size_ += size_ < 4096 ? 256 : 4096;
    out_.kinds.resize(size_), out_.begins.resize(size_), out_.shapes.resize(size_), out_.values.resize(size_);
    kinds_ = out_.kinds.data(), begins_ = out_.begins.data(), shapes_ = out_.shapes.data(),
    values_ = out_.values.data();
  }

  // ---- reports
  Span place(const char* lo, const char* hi) const {
    return {file_.base + static_cast<uint32_t>(lo - begin_), file_.base + static_cast<uint32_t>(hi - begin_)};
  }
  // Garbage may hold a mistake in every byte: after some hundred of them nobody reads on, and memory must not grow.
  static constexpr int kMaxReports = 300;
  template <Diag D, class... Args>
  Diagnostic& report(const char* lo, const char* hi, const Args&... args) {
    if (++reports_ > kMaxReports) return ignored_ = Diagnostic{D, {}, {}, {}, {}, {}, {}, {}};
    return diags_.report<D>(place(lo, hi), args...);
  }

  bool check_text();

  // ---- tokens
  void push(TokenKind kind, const char* lo, const char* hi, uint32_t value = 0xffffffffu) {
    size_t length = static_cast<size_t>(hi - lo);
    uint8_t shape = line_start_ ? Tokens::kStartsLine : 0;
    line_start_ = false;
    if (length < Tokens::kLong) {
      shape |= static_cast<uint8_t>(length);
    } else {
      shape |= Tokens::kLong;
      out_.long_ends.push_back({count_, static_cast<uint32_t>(hi - begin_)});
    }
    if (count_ == size_) more_room();
    kinds_[count_] = kind;
    begins_[count_] = static_cast<uint32_t>(lo - begin_);
    shapes_[count_] = shape;
    values_[count_] = value;
    ++count_;
  }
  void error_token(const char* lo, const char* hi) { push(TokenKind::Error, lo, hi); }

  void scan();
  void name();
  void name_rest();
  void high();
  void curly_string(const char* lo, uint32_t);
  void strange();
  void skip_line();
  void skip_body();

  // ---- comments
  void comment();
  void expectation(const char* lo);
  bool only_space(uint32_t from, uint32_t to) const;
  void block_comment();

  // ---- numbers
  static int digit_value(char c);
  void number();
  bool suffix(const char* lo);
  void finish_int(const char* lo, const char* digits, int base);
  void push_int(const char* lo, unsigned __int128 value);
  void finish_float(const char* lo);

  // ---- characters and strings
  uint32_t escape(const char*& p);
  void character();

  struct OpenString {
    const char* lo;                  // the opening quotes
    bool multi;                      // """
    uint32_t depth;                  // of ( [ { inside the current ${ }
    const char* interp;              // where that ${ began
    std::vector<uint32_t>
        pieces;    // of a """ string: its StrText tokens, cut when the closing quotes tell the indentation
  };

  void string();
  void text(const char* lo, OpenString* open);
  const char* closing_place(const char* lo) const;
  void finish_text(const char* lo, const char* from, const char* hi, const char* after, OpenString* open);
  void begin_interp();
  static constexpr size_t kMaxOpenStrings = 200;

  void end_interp();
  void end_broken_interp(bool first);
  void format();
  void multi_text(const char* lo, OpenString* open);
  std::string cut(const char* lo, const char* from, const char* to, const char* close, bool last);

  // ---- punctuation
  void punctuation();
  void open_bracket() {
    if (!strings_.empty()) ++strings_.back().depth;
  }
  void close_bracket() {
    if (!strings_.empty() && strings_.back().depth > 0) --strings_.back().depth;
  }

  bool merge_marker(std::string_view marker);
  void scan_one();

  const SourceFile& file_;
  Names& names_;
  Diagnostics& diags_;
  Tokens out_;
  uint32_t count_ = 0, size_ = 0;
  TokenKind* kinds_ = nullptr;
  uint32_t* begins_ = nullptr;
  uint8_t* shapes_ = nullptr;
  uint32_t* values_ = nullptr;
  const char* begin_;
  const char* p_;
  const char* end_;
  std::span<const BodyRange> skip_;   // those that are still ahead
  const char* skip_at_ = nullptr;   // the first of them
  bool line_start_ = true;
  bool no_marker_ = false;
  bool doctest_ = false;
  int reports_ = 0;
  Diagnostic ignored_{Diag::NotUtf8, {}, {}, {}, {}, {}, {}, {}};
  std::vector<OpenString> strings_;
  std::string scratch_;
};

}  // namespace janus
