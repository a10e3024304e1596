// lex_text.cpp: characters and strings, with the values put into them.
// Depends on lex_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/lex_internal.h"

#include "frontend/unicode.h"

namespace janus {

// After a backslash: the character meant, or 0xffffffff after a report. p points behind the backslash.
uint32_t Lexer::escape(const char*& p) {
  const char* lo = p - 1;
  if (p >= end_ || *p == '\n') return 0xffffffffu;
  char c = *p++;
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case '0': return 0;
    case '\\':
    case '"':
    case '\'':
    case '$': return static_cast<uint32_t>(c);
    case 'x': {
      int a = p < end_ ? digit_value(p[0]) : 99, b = a < 16 && p + 1 < end_ ? digit_value(p[1]) : 99;
      if (a < 8 && b < 16) return p += 2, static_cast<uint32_t>(a * 16 + b);
      if (a < 16 && b < 16) {
        p += 2;
        report<Diag::BadEscape>(lo, p, std::string_view(lo, p - lo))
            .note("`\\x` stands for one character below 128")
            .fix(place(lo, p), "\\u{" + std::string(lo + 2, 2) + "}", "write `\\u{" + std::string(lo + 2, 2) + "}`",
                 Applicability::MaybeIncorrect);
        return 0xffffffffu;
      }
      report<Diag::BadEscape>(lo, p, "\\x")
          .help("two digits of base 16 follow, as in `\\x41`; any character is `\\u{1F600}`");
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
          report<Diag::BadEscape>(lo, p, std::string_view(lo, p - lo))
              .note("no character has this number; the last one is 10FFFF");
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
      Diagnostic& d = report<Diag::BadEscape>(lo, p, std::string_view(lo, p - lo))
                          .note("known are `\\n` `\\t` `\\r` `\\0` `\\\\` `\\\"` `\\'` `\\$` and `\\u{…}`");
      if (lo + 1 < end_ && lo[1] == '(') d.help("a value is put into a text with `${ }`: `\"x is ${x}\"`");
      else d.fix(place(lo, lo + 1), "\\\\", "for a backslash itself write `\\\\`", Applicability::MaybeIncorrect);
      return 0xffffffffu;
    }
  }
}

void Lexer::character() {
  const char* lo = p_++;
  // The closing tick decides what was meant: one character, or a string in the wrong quotes.
  const char* close = p_;
  while (close < end_ && *close != '\'' && *close != '\n')
    close += *close == '\\' && close + 1 < end_ && close[1] != '\n' ? 2 : 1;
  if (close >= end_ || *close != '\'') {
    report<Diag::UnclosedCharacter>(lo, p_).help(
        "a character stands between two `'`, as in `'a'`; a text stands between two `\"`");
    error_token(lo, p_);
    return;
  }
  const char* p = p_;
  uint32_t c = 0;
  if (p < close) {
    if (*p == '\\') {
      c = escape(++p);
      if (c == 0xffffffffu) {
        p_ = close + 1;
        return push(TokenKind::CharLit, lo, p_, 0xfffd);
      }
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
  for (char ch : inside) {
    if (ch == '"') quoted += '\\';
    quoted += ch;
  }
  quoted += '"';
  report<Diag::SingleQuotes>(lo, p_)
      .note("between `'` stands one character, as in `'a'`")
      .fix(place(lo, p_), quoted, "write `" + (quoted.size() < 40 ? quoted : std::string("\"…\"")) + "`");
  push(TokenKind::StrLit, lo, p_, +names_.intern(inside));
}

void Lexer::string() {
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
void Lexer::text(const char* lo, OpenString* open) {
  const char* from = p_;
  scratch_.clear();
  while (true) {
    const char* run = p_;
    while (!kTables.string_stop[static_cast<uint8_t>(*p_)]) ++p_;
    scratch_.append(run, p_ - run);
    if (p_ >= end_ || *p_ == '\n' || (*p_ == '\r' && p_[1] == '\n')) {
      // Inside the ${ } of another text the quote is rather that one's end: its own report follows.
      bool inner = strings_.size() > (open ? 1 : 0);
      if (!inner)
        report<Diag::UnclosedString>(lo, lo + 1)
            .with_label("the text begins here")
            .fix(place(closing_place(lo), closing_place(lo)), "\"", "close it with `\"` where it ends",
                 Applicability::MaybeIncorrect);
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
const char* Lexer::closing_place(const char* lo) const {
  const char* p = p_;
  while (p > lo + 1 && (p[-1] == ')' || p[-1] == ']' || p[-1] == ' ' || p[-1] == ';')) --p;
  return p > lo + 1 ? p : p_;
}

void Lexer::finish_text(const char* lo, const char* from, const char* hi, const char* after, OpenString* open) {
  if (!open) return push(TokenKind::StrLit, lo, after, +names_.intern(scratch_));
  if (hi > from) push(TokenKind::StrText, from, hi, +names_.intern(scratch_));
  push(TokenKind::StrEnd, hi, after);
  strings_.pop_back();
}

void Lexer::begin_interp() {
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

// At the } of ${ }: back into the text.
void Lexer::end_interp() {
  push(TokenKind::InterpEnd, p_, p_ + 1);
  ++p_;
  OpenString& open = strings_.back();
  if (open.multi) multi_text(open.lo, &open);
  else text(open.lo, &open);
}

// A line or the file ended inside ${ }.
void Lexer::end_broken_interp(bool first) {
  OpenString open = strings_.back();
  const char* at = p_ < end_ ? p_ - 1 : end_;
  if (first)
    report<Diag::UnclosedInterpolation>(open.interp, open.interp + 2)
        .with_label("opened here")
        .help("close it with `}`, and the text with `\"`");
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
void Lexer::format() {
  const char* lo = ++p_;
  while (p_ < end_ && *p_ != '}' && *p_ != '\n' && *p_ != '"') ++p_;
  push(TokenKind::InterpFormat, lo, p_, +names_.intern({lo, static_cast<size_t>(p_ - lo)}));
}

// """…""": first find the pieces, then, at the closing quotes, cut the indentation.
void Lexer::multi_text(const char* lo, OpenString* open) {
  const char* from = p_;
  while (true) {
    while (p_ < end_ && *p_ != '"' && *p_ != '\\' && *p_ != '$') ++p_;
    if (p_ >= end_) {
      report<Diag::UnclosedString>(lo, lo + 3)
          .with_label("the text begins here")
          .help("close it with `\"\"\"` on a line of its own");
      if (open) {
        push(TokenKind::StrEnd, p_, p_);
        strings_.pop_back();
      } else {
        push(TokenKind::StrLit, lo, p_, +names_.intern(""));
      }
      return error_token(p_, p_);
    }
    if (*p_ == '"') {
      if (!(p_[1] == '"' && p_[2] == '"')) {
        ++p_;
        continue;
      }
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
        push(TokenKind::StrText, from, p_, +names_.intern(""));   // its text is cut at the closing quotes, if they come
      }
      return begin_interp();
    }
    ++p_;
  }
}

// One piece of a """ text: escapes decoded, line ends made \n, the indentation of the closing quotes removed.
std::string Lexer::cut(const char* lo, const char* from, const char* to, const char* close, bool last) {
  const char* line = close;
  while (line > lo && line[-1] != '\n') --line;
  const char* stop = line;
  while (stop < close && (*stop == ' ' || *stop == '\t')) ++stop;
  size_t indent = static_cast<size_t>(stop - line);
  bool alone = stop == close && line > lo + 3;
  if (!alone && last && to > from)
    report<Diag::MultilineClosing>(close, close + 3)
        .help("put the closing `\"\"\"` on a line of its own; its indentation is removed from every line");
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
          report<Diag::MultilineIndent>(p, q + 1)
              .at(place(line, close), "this indentation is removed from every line")
              .help("indent the line as far as the closing `\"\"\"`");
        }
        p = q;
        if (p >= to) break;
      }
    }
    if (*p == '\r' && p + 1 < to && p[1] == '\n') {
      ++p;
      continue;
    }
    if (*p == '\n') {
      if (last && alone && p + 1 == line) break;   // the last newline is not part of the text
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

}   // namespace janus
