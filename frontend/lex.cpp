// lex.cpp: characters to tokens.
// Depends on lex.h, words.h, xid.inc.
// SPDX-License-Identifier: Apache-2.0
//
// One pass over bytes with a table of character classes; a string with `${ }` makes the lexer come back to the middle
// of that string when the braces close, so open strings lie on a stack (strings_). Mistakes are reported here, and an
// Error token tells the parser to stay quiet about the place.
#include "frontend/lex.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "frontend/words.h"

namespace janus {
namespace {

struct XidRange { uint32_t lo, hi; };
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
  else if (c < 0x800) { out += static_cast<char>(0xc0 | c >> 6); out += static_cast<char>(0x80 | (c & 0x3f)); }
  else if (c < 0x10000) { out += static_cast<char>(0xe0 | c >> 12); out += static_cast<char>(0x80 | (c >> 6 & 0x3f)); out += static_cast<char>(0x80 | (c & 0x3f)); }
  else { out += static_cast<char>(0xf0 | c >> 18); out += static_cast<char>(0x80 | (c >> 12 & 0x3f)); out += static_cast<char>(0x80 | (c >> 6 & 0x3f)); out += static_cast<char>(0x80 | (c & 0x3f)); }
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

// Characters that look like ASCII and mean nothing here: word processors and web pages put them into code.
struct LookAlike { uint32_t c; const char* ascii; const char* name; };
constexpr LookAlike kLookAlikes[] = {
    {0x00a0, " ", "a no-break space"},   {0x2018, "'", "a typographic quote"}, {0x2019, "'", "a typographic quote"},
    {0x201c, "\"", "a typographic quote"}, {0x201d, "\"", "a typographic quote"}, {0x00ab, "\"", "a typographic quote"},
    {0x00bb, "\"", "a typographic quote"}, {0x2013, "-", "a long dash"},       {0x2014, "-", "a long dash"},
    {0x2212, "-", "a typographic minus"},  {0x00d7, "*", "a multiplication sign"}, {0x00f7, "/", "a division sign"},
    {0x2264, "<=", "a typographic sign"},  {0x2265, ">=", "a typographic sign"},  {0x2260, "!=", "a typographic sign"},
    {0x2192, "->", "an arrow character"},  {0x21d2, "=>", "an arrow character"},  {0x2026, "..", "one character of three dots"},
    {0x037e, ";", "a Greek question mark"}, {0xff08, "(", "a full-width bracket"}, {0xff09, ")", "a full-width bracket"},
    {0xff0c, ",", "a full-width comma"},   {0xff1a, ":", "a full-width colon"},   {0xff1b, ";", "a full-width semicolon"},
    {0xff1d, "=", "a full-width sign"},    {0x3000, " ", "a full-width space"},   {0x200b, "", "an invisible space"},
    {0xfeff, "", "an invisible mark"},     {0x2009, " ", "a thin space"},         {0x202f, " ", "a narrow space"},
    {0x2028, " ", "an invisible line separator"}, {0x2029, " ", "an invisible line separator"}, {0x00ad, "", "an invisible hyphen"},
    {0x200c, "", "an invisible mark"},     {0x200d, "", "an invisible mark"},     {0x2060, "", "an invisible mark"},
};
const LookAlike* find_look_alike(uint32_t c) {
  for (const LookAlike& l : kLookAlikes)
    if (l.c == c) return &l;
  return nullptr;
}
// These change the order in which an editor shows a line: code could look different from what it does.
bool is_bidi_control(uint32_t c) { return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069); }

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
    for (char c : {'(', ')', '[', ']', '{', '}', ',', ':', '.', '-', '=', '?', '!', '<', '>', '+', '*', '/', '%', '&', '|', '^', '~', ';'}) cls[static_cast<int>(c)] = kPunct;
    for (char c : {'"', '\\', '$', '\n', '\r', '\0'}) string_stop[static_cast<int>(c)] = 1;
  }
};
constexpr Tables kTables;

class Lexer {
 public:
  Lexer(const SourceFile& file, Names& names, Diagnostics& diags) : file_(file), names_(names), diags_(diags) {
    begin_ = p_ = file.text.data();
    end_ = begin_ + file.text.size();
  }

  // Part of `text`, a copy of the file's text: a doctest.
  Lexer(const SourceFile& file, std::string& text, uint32_t lo, uint32_t hi, Names& names, Diagnostics& diags) : Lexer(file, names, diags) {
    begin_ = text.data();
    p_ = begin_ + lo;
    end_ = begin_ + hi;
    doctest_ = true;
  }

  Tokens run() {
    // About one token for three bytes is the densest that people write.
    size_t guess = static_cast<size_t>(end_ - p_) / 3 + 64;
    out_.kinds.reserve(guess), out_.begins.reserve(guess), out_.shapes.reserve(guess), out_.values.reserve(guess);
    more_room();
    if (file_.too_large) diags_.report<Diag::FileTooLarge>(place(begin_, begin_)).help("split the program into several files; big data belongs into a file that the program reads");
    if (check_text()) {
      if (end_ - p_ >= 3 && std::memcmp(p_, "\xef\xbb\xbf", 3) == 0) p_ += 3;  // a byte order mark is harmless
      if (end_ - p_ >= 2 && p_[0] == '#' && p_[1] == '!') skip_line();          // #!/usr/bin/env janus
      scan();
    }
    line_start_ = true;
    push(TokenKind::EndOfFile, end_, end_);
    give_back(out_.kinds), give_back(out_.begins), give_back(out_.shapes), give_back(out_.values);
    return std::move(out_);
  }

 private:
  template <class T>
  void give_back(std::vector<T>& column) {
    column.resize(count_);
    // A big reserve was never touched and costs nothing; copying would.
    if (column.capacity() < (1 << 16) && column.capacity() - column.size() > column.size() / 8) column.shrink_to_fit();
  }
  // The columns have size_ rows, of which count_ are filled: one check a token serves all four.
  void more_room() {
    size_ += size_ < 4096 ? 256 : 4096;
    out_.kinds.resize(size_), out_.begins.resize(size_), out_.shapes.resize(size_), out_.values.resize(size_);
    kinds_ = out_.kinds.data(), begins_ = out_.begins.data(), shapes_ = out_.shapes.data(), values_ = out_.values.data();
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

  // UTF-8 and characters that hide something, once for the whole text: later code may decode without checks.
  bool check_text() {
    const char* p = p_;
    if (end_ - p >= 2 && ((p[0] == '\xff' && p[1] == '\xfe') || (p[0] == '\xfe' && p[1] == '\xff'))) {
      report<Diag::NotUtf8>(p, p + 2).with_label("these two bytes say: UTF-16").help("save the file as UTF-8 in your editor");
      return false;
    }
    while (p < end_) {
      uint64_t eight;
      while (end_ - p >= 8 && (std::memcpy(&eight, p, 8), (eight & 0x8080808080808080ull) == 0)) p += 8;
      if (p == end_) break;
      if (static_cast<uint8_t>(*p) < 0x80) { ++p; continue; }
      int length = utf8_length(p, end_);
      if (length == 0) {
        const char* bad = p++;
        report<Diag::NotUtf8>(bad, p).with_label("this byte belongs to no character").help("save the file as UTF-8 in your editor");
        return false;  // an old encoding has such bytes everywhere: one error is enough
      }
      if (length == 3 && *p == '\xe2' && is_bidi_control(decode(p, length))) {
        report<Diag::HiddenDirection>(p, p + length)
            .note("it makes editors show this line in another order than the one that runs")
            .fix(place(p, p + length), "", "remove the invisible character");
      }
      p += length;
    }
    return true;
  }

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

  void scan() {
    while (true) {
      switch (kTables.cls[static_cast<uint8_t>(*p_)]) {
        case kSpace: ++p_; break;
        case kNewline: line_start_ = true; ++p_;
          for (bool first = true; !strings_.empty() && !strings_.back().multi; first = false) end_broken_interp(first);
          while (*p_ == ' ') ++p_;
          break;
        case kName: name(); break;
        case kDigit: number(); break;
        case kQuote: string(); break;
        case kTick: character(); break;
        case kPunct: punctuation(); break;
        case kHigh: high(); break;
        case kOther:
          if (p_ >= end_) {
            for (bool first = true; !strings_.empty(); first = false) end_broken_interp(first);
            return;
          }
          strange();
          break;
      }
    }
  }

  void name() {
    const char* lo = p_;
    do ++p_; while (kTables.name_part[static_cast<uint8_t>(*p_)] == 1);
    if (static_cast<uint8_t>(*p_) >= 0x80) name_rest();
    NameId id = names_.intern({lo, static_cast<size_t>(p_ - lo)});
    push(+id < kKeywordCount ? keyword_of(id) : TokenKind::Ident, lo, p_, +id);
  }
  void name_rest() {
    while (p_ < end_) {
      uint8_t part = kTables.name_part[static_cast<uint8_t>(*p_)];
      int length = 1;
      if (part == 0 || (part == 2 && !is_xid_continue(decode(p_, length)))) return;
      p_ += length;
    }
  }

  void high() {
    int length;
    uint32_t c = decode(p_, length);
    const char* lo = p_;
    if (is_xid_start(c)) {
      p_ += length;
      name_rest();
      NameId id = names_.intern({lo, static_cast<size_t>(p_ - lo)});
      push(TokenKind::Ident, lo, p_, +id);
      return;
    }
    p_ += length;
    if (is_bidi_control(c)) return;  // reported by check_text
    const LookAlike* like = find_look_alike(c);
    if (!like) {
      report<Diag::StrangeCharacter>(lo, p_, std::string_view(lo, length));
      return error_token(lo, p_);
    }
    if (like->ascii[0] == '"') return curly_string(lo, c);
    report<Diag::LookAlike>(lo, p_, like->name).fix(place(lo, p_), like->ascii, *like->ascii ? std::string("write `") + like->ascii + "`" : "remove it");
    // Go on as if the ASCII text stood there.
    switch (c) {
      case 0x2013: case 0x2014: case 0x2212: return push(TokenKind::Minus, lo, p_);
      case 0x00d7: return push(TokenKind::Star, lo, p_);
      case 0x00f7: return push(TokenKind::Slash, lo, p_);
      case 0x2264: return push(TokenKind::LessEq, lo, p_);
      case 0x2265: return push(TokenKind::GreaterEq, lo, p_);
      case 0x2260: return push(TokenKind::BangEq, lo, p_);
      case 0x2192: return push(TokenKind::Arrow, lo, p_);
      case 0x21d2: return push(TokenKind::FatArrow, lo, p_);
      case 0x2026: return push(TokenKind::DotDot, lo, p_);
      case 0x037e: case 0xff1b: return push(TokenKind::Newline, lo, p_);
      case 0xff08: return push(TokenKind::LParen, lo, p_);
      case 0xff09: return push(TokenKind::RParen, lo, p_);
      case 0xff0c: return push(TokenKind::Comma, lo, p_);
      case 0xff1a: return push(TokenKind::Colon, lo, p_);
      case 0xff1d: return push(TokenKind::Eq, lo, p_);
      case 0x2018: case 0x2019: return error_token(lo, p_);
      default: return;  // a space or nothing
    }
  }

  // “hello”: one report for the pair, and a string for the parser.
  void curly_string(const char* lo, uint32_t) {
    const char* text = p_;
    for (const char* q = p_; q < end_ && *q != '\n';) {
      int length;
      uint32_t c = decode(q, length);
      if (c == 0x201d || c == 0x201c || c == 0xbb || c == 0xab || c == '"') {
        p_ = q + length;
        report<Diag::LookAlike>(lo, text, "a typographic quote")
            .fix(place(lo, text), "\"", "write `\"` at both ends")
            .fix(place(q, p_), "\"", "");
        return push(TokenKind::StrLit, lo, p_, +names_.intern({text, static_cast<size_t>(q - text)}));
      }
      q += length;
    }
    report<Diag::LookAlike>(lo, text, "a typographic quote").fix(place(lo, text), "\"", "write `\"`", Applicability::MaybeIncorrect);
    error_token(lo, p_);
  }

  // ASCII characters without a meaning.
  void strange() {
    const char* lo = p_++;
    uint8_t c = static_cast<uint8_t>(*lo);
    if (c == '#') {
      skip_line();
      report<Diag::ForeignComment>(lo, lo + 1, "#").fix(place(lo, lo + 1), "//", "write `//`");
      return;
    }
    if (c == '`') {
      while (p_ < end_ && *p_ != '`' && *p_ != '\n') ++p_;
      if (p_ < end_ && *p_ == '`') ++p_;
      report<Diag::StrangeCharacter>(lo, lo + 1, "`").help("a string stands between `\"`, and `${ }` puts a value into it");
      return error_token(lo, p_);
    }
    if (c < 0x20 || c == 0x7f) {
      while (p_ < end_ && kTables.cls[static_cast<uint8_t>(*p_)] == kOther && (static_cast<uint8_t>(*p_) < 0x20 || *p_ == 0x7f)) ++p_;
      static const char kHex[] = "0123456789ABCDEF";
      char text[] = {'U', '+', '0', '0', kHex[c >> 4], kHex[c & 15], 0};
      report<Diag::StrangeCharacter>(lo, p_, text).with_label("an invisible control character");
      return error_token(lo, p_);
    }
    Diagnostic& d = report<Diag::StrangeCharacter>(lo, p_, std::string_view(lo, 1));
    if (c == '@') d.help("notes about a declaration are written above it as `/// @since 1.0`");
    if (c == '$') d.help("a name stands alone, without `$`; only inside a string `${name}` puts in its value");
    if (c == '\\') d.help("a line goes on by itself after an operator or a comma, and inside `( )` and `[ ]`");
    error_token(lo, p_);
  }

  void skip_line() {
    auto* newline = static_cast<const char*>(std::memchr(p_, '\n', end_ - p_));
    p_ = newline ? newline : end_;
  }

  // ---- comments

  void comment() {
    const char* lo = p_;
    skip_line();
    if (doctest_) return expectation(lo);
    bool doc = lo[2] == '/' && lo[3] != '/' && p_ - lo >= 3;
    bool file_doc = lo[2] == '!';
    if (!doc && !file_doc) return;
    const char* hi = p_;
    if (hi[-1] == '\r') --hi;
    auto begin = static_cast<uint32_t>(lo - begin_), end = static_cast<uint32_t>(hi - begin_);
    // A line right below the last one belongs to the same block.
    if (!out_.docs.empty() && out_.docs.back().of_file == file_doc && out_.docs.back().next_token == count_ && only_space(out_.docs.back().end, begin))
      out_.docs.back().end = end;
    else
      out_.docs.push_back({begin, end, count_, file_doc});
  }
  // `// => value` in a doctest: what the statement before it prints. The lines of one expectation follow each other.
  void expectation(const char* lo) {
    const char *text = lo + 2, *hi = p_;
    while (text < hi && *text == ' ') ++text;
    if (hi - text < 2 || text[0] != '=' || text[1] != '>' || count_ == 0) return;
    text += 2;
    if (text < hi && *text == ' ') ++text;
    while (hi > text && (hi[-1] == ' ' || hi[-1] == '\t' || hi[-1] == '\r')) --hi;
    std::string_view value(text, static_cast<size_t>(hi - text));
    if (!out_.expects.empty() && out_.expects.back().after == count_ - 1) {
      Tokens::Expect& before = out_.expects.back();
      before.text = names_.intern(std::string(names_.text(before.text)) + "\n" + std::string(value));
      before.span.hi = place(lo, hi).hi;
    } else {
      out_.expects.push_back({count_ - 1, names_.intern(value), place(lo, hi)});
    }
  }
  bool only_space(uint32_t from, uint32_t to) const {
    int newlines = 0;
    for (const char* p = begin_ + from; p < begin_ + to; ++p) {
      uint8_t cls = kTables.cls[static_cast<uint8_t>(*p)];
      if (cls == kNewline) ++newlines;
      else if (cls != kSpace) return false;
    }
    return newlines == 1;
  }

  void block_comment() {
    const char* lo = p_;
    p_ += 2;
    for (int depth = 1; p_ < end_ && depth > 0;) {
      if (p_[0] == '*' && p_[1] == '/') --depth, p_ += 2;
      else if (p_[0] == '/' && p_[1] == '*') ++depth, p_ += 2;
      else { if (*p_ == '\n') line_start_ = true; ++p_; }
    }
    if (p_ > end_) p_ = end_;
    report<Diag::ForeignComment>(lo, lo + 2, "/*").help("begin each line of the comment with `//`");
  }

  // ---- numbers

  static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
  }

  void number() {
    const char* lo = p_;
    bool after_dot = count_ > 0 && kinds_[count_ - 1] == TokenKind::Dot && begins_[count_ - 1] + 1 == static_cast<uint32_t>(lo - begin_);
    if (after_dot) {  // t.0.1 is two steps, not a float
      while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit) ++p_;
      return finish_int(lo, lo, 10);
    }
    if (*lo == '0' && (lo[1] == 'x' || lo[1] == 'X' || lo[1] == 'b' || lo[1] == 'B' || lo[1] == 'o' || lo[1] == 'O')) {
      int base = (lo[1] | 32) == 'x' ? 16 : (lo[1] | 32) == 'b' ? 2 : 8;
      p_ += 2;
      while (kTables.name_part[static_cast<uint8_t>(*p_)] == 1) ++p_;
      return finish_int(lo, lo + 2, base);
    }
    while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit || *p_ == '_') ++p_;
    bool is_float = false;
    if (*p_ == '.' && kTables.cls[static_cast<uint8_t>(p_[1])] == kDigit) {
      is_float = true;
      ++p_;
      while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit || *p_ == '_') ++p_;
    }
    if ((*p_ | 32) == 'e') {
      const char* q = p_ + 1;
      if (*q == '+' || *q == '-') ++q;
      if (kTables.cls[static_cast<uint8_t>(*q)] == kDigit) {
        is_float = true;
        p_ = q;
        while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit || *p_ == '_') ++p_;
      }
    }
    if (is_float) return finish_float(lo);
    finish_int(lo, lo, 10);
  }

  // Letters that stick to a number: 10px, 3u8, 2L.
  bool suffix(const char* lo) {
    if (kTables.name_part[static_cast<uint8_t>(*p_)] != 1) return false;
    const char* at = p_;
    while (kTables.name_part[static_cast<uint8_t>(*p_)] == 1) ++p_;
    std::string_view letters(at, p_ - at), number(lo, at - lo);
    Diagnostic& d = report<Diag::NumberSuffix>(at, p_, letters);
    static constexpr std::string_view kTypes[] = {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64"};
    for (std::string_view type : kTypes)
      if (letters == type) d.help("a number takes its type from its use; to be explicit write the type around it").fix(place(lo, p_), std::string(type) + "(" + std::string(number) + ")", "write `" + std::string(type) + "(" + std::string(number) + ")`");
    if (d.helps.empty()) d.help("put a space or an operator between the number and the name");
    return true;
  }

  void finish_int(const char* lo, const char* digits, int base) {
    unsigned __int128 value = 0;
    const char* hi = p_;
    bool wrong = suffix(lo), any = false;
    for (const char* p = digits; p < hi; ++p) {
      if (*p == '_') continue;
      int digit = digit_value(*p);
      any = true;
      if (digit >= base) {
        if (!wrong) report<Diag::BadDigit>(p, p + 1, std::string_view(p, 1), base).help(base == 16 ? "the digits of `0x` are 0 to 9 and A to F" : base == 2 ? "the digits of `0b` are 0 and 1" : "the digits of `0o` are 0 to 7");
        wrong = true;
        break;
      }
      if (value >> 64 == 0) value = value * base + digit;
    }
    if (!any && !wrong) {
      report<Diag::BadNumber>(lo, hi, "digits are missing after `" + std::string(lo, 2) + "`");
      wrong = true;
    }
    if (!wrong && hi[-1] == '_') {
      report<Diag::BadNumber>(hi - 1, hi, "a number does not end with `_`").fix(place(hi - 1, hi), "", "remove it");
      wrong = true;
    }
    if (!wrong && value >> 64 != 0) {
      report<Diag::NumberTooLarge>(lo, hi).note("the largest whole number is 18446744073709551615, of type `u64`");
      value = 0;
    }
    if (!wrong && base == 10 && hi - digits > 1 && *digits == '0' && !(count_ > 0 && kinds_[count_ - 1] == TokenKind::Dot)) {
      const char* q = digits;
      while (q < hi - 1 && (*q == '0' || *q == '_')) ++q;
      report<Diag::BadNumber>(digits, hi, "a number does not begin with `0`")
          .note("some languages read such a number in base 8; Janus writes `0o17` for that")
          .fix(place(digits, q), "", "write `" + std::string(q, hi - q) + "`", Applicability::MaybeIncorrect);
    }
    if (wrong) value = 0;
    push_int(lo, value);
  }
  void push_int(const char* lo, unsigned __int128 value) {
    uint32_t index = static_cast<uint32_t>(value);
    if (value >= 0x80000000u) {
      index = 0x80000000u | static_cast<uint32_t>(out_.ints.size());
      out_.ints.push_back(value);
    }
    push(TokenKind::IntLit, lo, p_, index);
  }

  void finish_float(const char* lo) {
    const char* hi = p_;
    suffix(lo);
    scratch_.clear();
    for (const char* p = lo; p < hi; ++p)
      if (*p != '_') scratch_ += *p;
    double value = std::strtod(scratch_.c_str(), nullptr);
    if (std::isinf(value)) {
      report<Diag::NumberTooLarge>(lo, hi).note("the largest `f64` is about 1.8e308");
      value = 0;
    }
    push(TokenKind::FloatLit, lo, p_, static_cast<uint32_t>(out_.floats.size()));
    out_.floats.push_back(value);
  }

  // ---- characters and strings

  // After a backslash: the character meant, or 0xffffffff after a report. p points behind the backslash.
  uint32_t escape(const char*& p) {
    const char* lo = p - 1;
    if (p >= end_ || *p == '\n') return 0xffffffffu;
    char c = *p++;
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case '0': return 0;
      case '\\': case '"': case '\'': case '$': return static_cast<uint32_t>(c);
      case 'x': {
        int a = p < end_ ? digit_value(p[0]) : 99, b = a < 16 && p + 1 < end_ ? digit_value(p[1]) : 99;
        if (a < 8 && b < 16) return p += 2, static_cast<uint32_t>(a * 16 + b);
        if (a < 16 && b < 16) {
          p += 2;
          report<Diag::BadEscape>(lo, p, std::string_view(lo, p - lo)).note("`\\x` stands for one character below 128").fix(place(lo, p), "\\u{" + std::string(lo + 2, 2) + "}", "write `\\u{" + std::string(lo + 2, 2) + "}`", Applicability::MaybeIncorrect);
          return 0xffffffffu;
        }
        report<Diag::BadEscape>(lo, p, "\\x").help("two digits of base 16 follow, as in `\\x41`; any character is `\\u{1F600}`");
        return 0xffffffffu;
      }
      case 'u': {
        uint32_t value = 0;
        const char* q = p;
        if (q < end_ && *q == '{') {
          int digits = 0;
          for (++q; q < end_ && digit_value(*q) < 16; ++q, ++digits)
            if (value <= 0x10ffff) value = value * 16 + static_cast<uint32_t>(digit_value(*q));
          if (q < end_ && *q == '}' && digits > 0) {
            p = q + 1;
            if (value <= 0x10ffff && !(value >= 0xd800 && value < 0xe000)) return value;
            report<Diag::BadEscape>(lo, p, std::string_view(lo, p - lo)).note("no character has this number; the last one is 10FFFF");
            return 0xffffffffu;
          }
        }
        report<Diag::BadEscape>(lo, p, "\\u").help("write the character's number in braces, as in `\\u{1F600}`");
        return 0xffffffffu;
      }
      default: {
        --p;
        int length;
        decode(p, length);
        p += length;
        Diagnostic& d = report<Diag::BadEscape>(lo, p, std::string_view(lo, p - lo)).note("known are `\\n` `\\t` `\\r` `\\0` `\\\\` `\\\"` `\\'` `\\$` and `\\u{…}`");
        d.fix(place(lo, lo + 1), "\\\\", "for a backslash itself write `\\\\`", Applicability::MaybeIncorrect);
        return 0xffffffffu;
      }
    }
  }

  void character() {
    const char* lo = p_++;
    // The closing tick decides what was meant: one character, or a string in the wrong quotes.
    const char* close = p_;
    while (close < end_ && *close != '\'' && *close != '\n') close += *close == '\\' && close + 1 < end_ && close[1] != '\n' ? 2 : 1;
    if (close >= end_ || *close != '\'') {
      report<Diag::UnclosedCharacter>(lo, p_).help("a character stands between two `'`, as in `'a'`; a text stands between two `\"`");
      error_token(lo, p_);
      return;
    }
    const char* p = p_;
    uint32_t c = 0;
    if (p < close) {
      if (*p == '\\') {
        c = escape(++p);
        if (c == 0xffffffffu) { p_ = close + 1; return push(TokenKind::CharLit, lo, p_, 0xfffd); }
      } else {
        int length;
        c = decode(p, length);
        p += length;
      }
    }
    bool one = p == close && close > p_;
    std::string_view inside(p_, close - p_);
    p_ = close + 1;
    if (one) return push(TokenKind::CharLit, lo, p_, c);
    if (inside.empty()) {
      report<Diag::EmptyCharacter>(lo, p_).help("an empty text is `\"\"`");
      return push(TokenKind::CharLit, lo, p_, 0xfffd);
    }
    std::string quoted = "\"";
    for (char ch : inside) { if (ch == '"') quoted += '\\'; quoted += ch; }
    quoted += '"';
    report<Diag::SingleQuotes>(lo, p_)
        .note("between `'` stands one character, as in `'a'`")
        .fix(place(lo, p_), quoted, "write `" + (quoted.size() < 40 ? quoted : std::string("\"…\"")) + "`");
    push(TokenKind::StrLit, lo, p_, +names_.intern(inside));
  }

  struct OpenString {
    const char* lo;                  // the opening quotes
    bool multi;                      // """
    uint32_t depth;                  // of ( [ { inside the current ${ }
    const char* interp;              // where that ${ began
    std::vector<uint32_t> pieces;    // of a """ string: its StrText tokens, cut when the closing quotes tell the indentation
  };

  void string() {
    const char* lo = p_;
    bool multi = p_[1] == '"' && p_[2] == '"';
    if (!multi) {  // the common case: no escape, nothing put in
      const char* p = p_ + 1;
      while (!kTables.string_stop[static_cast<uint8_t>(*p)]) ++p;
      if (*p == '"') {
        p_ = p + 1;
        return push(TokenKind::StrLit, lo, p_, +names_.intern({lo + 1, static_cast<size_t>(p - lo - 1)}));
      }
      p_ = lo + 1;
      return text(lo, nullptr);
    }
    p_ = lo + 3;
    const char* p = p_;
    while (*p == ' ' || *p == '\t' || *p == '\r') ++p;
    if (p < end_ && *p == '\n') {
      p_ = p + 1;
    } else if (p < end_) {
      report<Diag::MultilineOpening>(p, p + 1).help("after `\"\"\"` the text begins on the next line");
    }
    multi_text(lo, nullptr);
  }

  // "…": text up to the closing quote or the next ${. `open` is the string's entry when it has ${ } already.
  void text(const char* lo, OpenString* open) {
    const char* from = p_;
    scratch_.clear();
    while (true) {
      const char* run = p_;
      while (!kTables.string_stop[static_cast<uint8_t>(*p_)]) ++p_;
      scratch_.append(run, p_ - run);
      if (p_ >= end_ || *p_ == '\n' || (*p_ == '\r' && p_[1] == '\n')) {
        // Inside the ${ } of another text the quote is rather that one's end: its own report follows.
        bool inner = strings_.size() > (open ? 1 : 0);
        if (!inner) report<Diag::UnclosedString>(lo, lo + 1)
            .with_label("the text begins here")
            .fix(place(closing_place(lo), closing_place(lo)), "\"", "close it with `\"` where it ends", Applicability::MaybeIncorrect);
        finish_text(lo, from, p_, p_, open);
        return error_token(p_, p_);
      }
      if (*p_ == '"') {
        const char* hi = p_++;
        return finish_text(lo, from, hi, p_, open);
      }
      if (*p_ == '\\') {
        ++p_;
        uint32_t c = escape(p_);
        if (c != 0xffffffffu) append_utf8(scratch_, c);
        continue;
      }
      if (*p_ == '$' && p_[1] == '{') {
        if (!open) {
          push(TokenKind::StrBegin, lo, lo + 1);
          strings_.push_back({lo, false, 0, p_, {}});
          open = &strings_.back();
        }
        if (p_ > from) push(TokenKind::StrText, from, p_, +names_.intern(scratch_));
        return begin_interp();
      }
      scratch_ += *p_++;
    }
  }
  // println("hello) : the quote most likely belongs before the brackets that end the line.
  const char* closing_place(const char* lo) const {
    const char* p = p_;
    while (p > lo + 1 && (p[-1] == ')' || p[-1] == ']' || p[-1] == ' ' || p[-1] == ';')) --p;
    return p > lo + 1 ? p : p_;
  }
  void finish_text(const char* lo, const char* from, const char* hi, const char* after, OpenString* open) {
    if (!open) return push(TokenKind::StrLit, lo, after, +names_.intern(scratch_));
    if (hi > from) push(TokenKind::StrText, from, hi, +names_.intern(scratch_));
    push(TokenKind::StrEnd, hi, after);
    strings_.pop_back();
  }

  void begin_interp() {
    push(TokenKind::InterpBegin, p_, p_ + 2);
    strings_.back().interp = p_;
    strings_.back().depth = 0;
    p_ += 2;
    if (strings_.size() > kMaxOpenStrings) {
      report<Diag::NestingTooDeep>(p_ - 2, p_).help("give inner texts names with `let`");
      p_ = end_;
      error_token(p_, p_);
      strings_.clear();
    }
  }
  static constexpr size_t kMaxOpenStrings = 200;

  // At the } of ${ }: back into the text.
  void end_interp() {
    push(TokenKind::InterpEnd, p_, p_ + 1);
    ++p_;
    OpenString& open = strings_.back();
    if (open.multi) multi_text(open.lo, &open);
    else text(open.lo, &open);
  }
  // A line or the file ended inside ${ }.
  void end_broken_interp(bool first) {
    OpenString open = strings_.back();
    const char* at = p_ < end_ ? p_ - 1 : end_;
    if (first) report<Diag::UnclosedInterpolation>(open.interp, open.interp + 2).with_label("opened here").help("close it with `}`, and the text with `\"`");
    bool starts = line_start_;
    line_start_ = false;
    error_token(at, at);
    push(TokenKind::InterpEnd, at, at);
    push(TokenKind::StrEnd, at, at);
    error_token(at, at);
    line_start_ = starts;
    strings_.pop_back();
  }
  // The : at depth 0 of ${ }: a format up to the }.
  void format() {
    const char* lo = ++p_;
    while (p_ < end_ && *p_ != '}' && *p_ != '\n' && *p_ != '"') ++p_;
    push(TokenKind::InterpFormat, lo, p_, +names_.intern({lo, static_cast<size_t>(p_ - lo)}));
  }

  // """…""": first find the pieces, then, at the closing quotes, cut the indentation.
  void multi_text(const char* lo, OpenString* open) {
    const char* from = p_;
    while (true) {
      while (p_ < end_ && *p_ != '"' && *p_ != '\\' && *p_ != '$') ++p_;
      if (p_ >= end_) {
        report<Diag::UnclosedString>(lo, lo + 3).with_label("the text begins here").help("close it with `\"\"\"` on a line of its own");
        if (open) {
          push(TokenKind::StrEnd, p_, p_);
          strings_.pop_back();
        } else {
          push(TokenKind::StrLit, lo, p_, +names_.intern(""));
        }
        return error_token(p_, p_);
      }
      if (*p_ == '"') {
        if (!(p_[1] == '"' && p_[2] == '"')) { ++p_; continue; }
        const char* hi = p_;
        p_ += 3;
        if (!open) {
          std::string text = cut(lo, from, hi, hi, true);
          return push(TokenKind::StrLit, lo, p_, +names_.intern(text));
        }
        OpenString done = std::move(strings_.back());
        strings_.pop_back();
        if (hi > from) {
          done.pieces.push_back(count_);
          push(TokenKind::StrText, from, hi, +names_.intern(""));
        }
        push(TokenKind::StrEnd, hi, p_);
        for (uint32_t piece : done.pieces) {
          const char* a = begin_ + out_.begins[piece];
          const char* b = begin_ + out_.end(piece);
          out_.values[piece] = +names_.intern(cut(lo, a, b, hi, b == hi));
        }
        return;
      }
      if (*p_ == '\\') {
        p_ += p_ + 1 < end_ ? 2 : 1;
        continue;
      }
      if (p_[1] == '{') {
        if (!open) {
          push(TokenKind::StrBegin, lo, lo + 3);
          strings_.push_back({lo, true, 0, p_, {}});
          open = &strings_.back();
        }
        if (p_ > from) {
          open->pieces.push_back(count_);
          push(TokenKind::StrText, from, p_, +names_.intern(""));  // its text is cut at the closing quotes, if they come
        }
        return begin_interp();
      }
      ++p_;
    }
  }

  // One piece of a """ text: escapes decoded, line ends made \n, the indentation of the closing quotes removed.
  std::string cut(const char* lo, const char* from, const char* to, const char* close, bool last) {
    const char* line = close;
    while (line > lo && line[-1] != '\n') --line;
    const char* stop = line;
    while (stop < close && (*stop == ' ' || *stop == '\t')) ++stop;
    size_t indent = static_cast<size_t>(stop - line);
    bool alone = stop == close && line > lo + 3;
    if (!alone && last && to > from) report<Diag::MultilineClosing>(close, close + 3).help("put the closing `\"\"\"` on a line of its own; its indentation is removed from every line");
    if (!alone) indent = 0;
    std::string out;
    for (const char* p = from; p < to;) {
      bool line_begins = p[-1] == '\n';
      if (line_begins) {
        if (last && alone && p == line) break;
        if (static_cast<size_t>(close - p) >= indent && std::memcmp(p, line, indent) == 0) {
          p += indent;
          if (p >= to) break;
        } else {
          const char* q = p;
          while (q < to && (*q == ' ' || *q == '\t' || *q == '\r')) ++q;
          if (q < to && *q != '\n') {
            report<Diag::MultilineIndent>(p, q + 1).at(place(line, close), "this indentation is removed from every line").help("indent the line as far as the closing `\"\"\"`");
          }
          p = q;
          if (p >= to) break;
        }
      }
      if (*p == '\r' && p + 1 < to && p[1] == '\n') { ++p; continue; }
      if (*p == '\n') {
        if (last && alone && p + 1 == line) break;  // the last newline is not part of the text
        out += *p++;
        continue;
      }
      if (*p == '\\') {
        ++p;
        uint32_t c = escape(p);
        if (c != 0xffffffffu) append_utf8(out, c);
        else if (p < to && *p == '\n') continue;
        continue;
      }
      out += *p++;
    }
    return out;
  }

  // ---- punctuation

  void punctuation() {
    const char* lo = p_;
    auto one = [&](TokenKind kind) { p_ = lo + 1; push(kind, lo, p_); };
    auto two = [&](TokenKind kind) { p_ = lo + 2; push(kind, lo, p_); };
    auto three = [&](TokenKind kind) { p_ = lo + 3; push(kind, lo, p_); };
    char next = lo[1];
    switch (*lo) {
      case '(': open_bracket(); return one(TokenKind::LParen);
      case ')': close_bracket(); return one(TokenKind::RParen);
      case '[': open_bracket(); return one(TokenKind::LBracket);
      case ']': close_bracket(); return one(TokenKind::RBracket);
      case '{': open_bracket(); return one(TokenKind::LBrace);
      case '}':
        if (!strings_.empty() && strings_.back().depth == 0) return end_interp();
        close_bracket();
        return one(TokenKind::RBrace);
      case ',': return one(TokenKind::Comma);
      case ';': return one(TokenKind::Newline);
      case '~': return one(TokenKind::Tilde);
      case ':':
        if (!strings_.empty() && strings_.back().depth == 0) return format();
        return one(TokenKind::Colon);
      case '.':
        if (next != '.') return one(TokenKind::Dot);
        return lo[2] == '=' ? three(TokenKind::DotDotEq) : lo[2] == '<' ? three(TokenKind::DotDotLess) : two(TokenKind::DotDot);
      case '-':
        if (next == '>') return two(TokenKind::Arrow);
        if (next == '=') return two(TokenKind::MinusEq);
        if (next == '%') return lo[2] == '=' ? three(TokenKind::MinusPercentEq) : two(TokenKind::MinusPercent);
        return one(TokenKind::Minus);
      case '+':
        if (next == '=') return two(TokenKind::PlusEq);
        if (next == '+') return lo[2] == '=' ? three(TokenKind::PlusPlusEq) : two(TokenKind::PlusPlus);
        if (next == '%') return lo[2] == '=' ? three(TokenKind::PlusPercentEq) : two(TokenKind::PlusPercent);
        return one(TokenKind::Plus);
      case '*':
        if (next == '=') return two(TokenKind::StarEq);
        if (next == '%') return lo[2] == '=' ? three(TokenKind::StarPercentEq) : two(TokenKind::StarPercent);
        return one(TokenKind::Star);
      case '/':
        if (next == '/') return comment();
        if (next == '*') return block_comment();
        return next == '=' ? two(TokenKind::SlashEq) : one(TokenKind::Slash);
      case '%': return next == '=' ? two(TokenKind::PercentEq) : one(TokenKind::Percent);
      case '=': return next == '>' ? two(TokenKind::FatArrow) : next == '=' ? two(TokenKind::EqEq) : one(TokenKind::Eq);
      case '!': return next == '=' ? two(TokenKind::BangEq) : one(TokenKind::Bang);
      case '?': return next == '?' ? two(TokenKind::QuestionQuestion) : one(TokenKind::Question);
      case '<':
        if (next == '<') {
          if (lo[2] == '<' && merge_marker("<<<<<<<")) return;
          return lo[2] == '=' ? three(TokenKind::LessLessEq) : two(TokenKind::LessLess);
        }
        return next == '=' ? two(TokenKind::LessEq) : one(TokenKind::Less);
      case '>':
        if (next == '>') return lo[2] == '=' ? three(TokenKind::GreaterGreaterEq) : two(TokenKind::GreaterGreater);
        return next == '=' ? two(TokenKind::GreaterEq) : one(TokenKind::Greater);
      case '&': return next == '=' ? two(TokenKind::AmpEq) : one(TokenKind::Amp);
      case '|': return next == '=' ? two(TokenKind::PipeEq) : one(TokenKind::Pipe);
      case '^': return next == '=' ? two(TokenKind::CaretEq) : one(TokenKind::Caret);
    }
  }
  void open_bracket() { if (!strings_.empty()) ++strings_.back().depth; }
  void close_bracket() { if (!strings_.empty() && strings_.back().depth > 0) --strings_.back().depth; }

  // <<<<<<< at the begin of a line: what git leaves when two changes meet. The side above ======= is taken as the
  // program, the other is skipped, so that only this one mistake is reported.
  bool merge_marker(std::string_view marker) {
    if (!line_start_ || no_marker_ || !strings_.empty() || static_cast<size_t>(end_ - p_) < marker.size() || std::memcmp(p_, marker.data(), marker.size()) != 0) return false;
    if (p_ > begin_ && p_[-1] != '\n') return false;
    const char* lo = p_;
    const char *middle = nullptr, *last = nullptr;
    for (const char* p = lo; p < end_; ++p) {  // lines, up to the end marker
      auto* newline = static_cast<const char*>(std::memchr(p, '\n', end_ - p));
      if (end_ - p >= 7 && std::memcmp(p, "=======", 7) == 0 && !middle) middle = p;
      if (end_ - p >= 7 && std::memcmp(p, ">>>>>>>", 7) == 0) { last = p; break; }
      if (!newline) break;
      p = newline;
    }
    no_marker_ = !middle || !last;  // do not search again: many openings would make it quadratic
    if (no_marker_) return false;
    report<Diag::MergeMarker>(lo, lo + 7).at(place(middle, middle + 7), "the other version begins here").at(place(last, last + 7), "and ends here").help("keep one version, and remove the three marker lines");
    const char* rest = last;
    while (rest < end_ && *rest != '\n') ++rest;
    skip_line();                       // the opening marker
    const char* resume = end_;
    end_ = middle;                     // lex our side alone
    // The sentinel is not NUL here, so the loop of scan() is not reused: tokens are taken until the marker line.
    while (p_ < middle) scan_one();
    end_ = resume;
    p_ = rest;
    line_start_ = true;
    return true;
  }
  void scan_one() {
    switch (kTables.cls[static_cast<uint8_t>(*p_)]) {
      case kSpace: ++p_; break;
      case kNewline: line_start_ = true; ++p_; break;
      case kName: name(); break;
      case kDigit: number(); break;
      case kQuote: string(); break;
      case kTick: character(); break;
      case kPunct: punctuation(); break;
      case kHigh: high(); break;
      default: strange(); break;
    }
  }

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
  bool line_start_ = true;
  bool no_marker_ = false;
  bool doctest_ = false;
  int reports_ = 0;
  Diagnostic ignored_{Diag::NotUtf8, {}, {}, {}, {}, {}, {}, {}};
  std::vector<OpenString> strings_;
  std::string scratch_;
};

}  // namespace

uint32_t Tokens::long_end(uint32_t t) const {
  size_t lo = 0, hi = long_ends.size();
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (long_ends[mid].token < t) lo = mid + 1;
    else hi = mid;
  }
  return lo < long_ends.size() && long_ends[lo].token == t ? long_ends[lo].end : begins[t];
}

Tokens lex(const SourceFile& file, Names& names, Diagnostics& diags) { return Lexer(file, names, diags).run(); }
Tokens lex_doctest(const SourceFile& file, std::string& text, uint32_t lo, uint32_t hi, Names& names, Diagnostics& diags) {
  if (file.too_large) hi = lo;
  const char next = std::exchange(text[hi], '\0');   // the lexer stops at a zero byte, so the part ends in one for a moment
  Tokens tokens = Lexer(file, text, lo, hi, names, diags).run();
  text[hi] = next;
  return tokens;
}

}  // namespace janus
