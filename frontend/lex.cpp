// lex.cpp: characters to tokens: names, punctuation, comments.
// Depends on lex_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// One pass over bytes with a table of character classes; a string with `${ }` makes the lexer come back to the middle
// of that string when the braces close, so open strings lie on a stack (strings_). Mistakes are reported here, and an
// Error token tells the parser to stay quiet about the place.
#include "frontend/lex_internal.h"

#include <utility>

#include "frontend/words.h"

namespace janus {

Tokens Lexer::run() {
  // About one token for three bytes is the densest that people write.
  size_t guess = static_cast<size_t>(end_ - p_) / 3 + 64;
  out_.kinds.reserve(guess), out_.begins.reserve(guess), out_.shapes.reserve(guess), out_.values.reserve(guess);
  more_room();
  if (file_.too_large)
    diags_.report<Diag::FileTooLarge>(place(begin_, begin_))
        .help("split the program into several files; big data belongs into a file that the program reads");
  if (check_text()) {
    if (end_ - p_ >= 3 && std::memcmp(p_, "\xef\xbb\xbf", 3) == 0) p_ += 3;  // a byte order mark is harmless
    if (end_ - p_ >= 2 && p_[0] == '#' && p_[1] == '!') skip_line();          // #!/usr/bin/env janus
    scan();
  }
  line_start_ = true;
  push(TokenKind::EndOfFile, end_, end_);
  end_column(out_.kinds), end_column(out_.begins), end_column(out_.shapes), end_column(out_.values);
  return std::move(out_);
}

void Lexer::run_bodies(std::span<const BodyRange> bodies, Tokens& tokens) {
  size_t docs = tokens.docs.size();
  out_ = std::move(tokens);
  count_ = size_ = out_.size();
  more_room();
  for (const BodyRange& body : bodies) {
    p_ = begin_ + body.begin;
    line_start_ = true;
    while (p_ <= begin_ + body.end) scan_one();
  }
  line_start_ = true;
  push(TokenKind::EndOfFile, p_, p_);
  out_.kinds.resize(count_), out_.begins.resize(count_), out_.shapes.resize(count_), out_.values.resize(count_);
  out_.docs.resize(docs);   // there were none, see known_bodies
  tokens = std::move(out_);
}

void Lexer::scan() {
  while (true) {
    switch (kTables.cls[static_cast<uint8_t>(*p_)]) {
      case kSpace: ++p_; break;
      case kNewline:
        line_start_ = true;
        ++p_;
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

void Lexer::name() {
  const char* lo = p_;
  do ++p_;
  while (kTables.name_part[static_cast<uint8_t>(*p_)] == 1);
  if (static_cast<uint8_t>(*p_) >= 0x80) name_rest();
  NameId id = names_.intern({lo, static_cast<size_t>(p_ - lo)});
  push(+id < kKeywordCount ? keyword_of(id) : TokenKind::Ident, lo, p_, +id);
  if (lo == skip_at_) skip_body();
}

// From a `do` to its `end`.
void Lexer::skip_body() {
  p_ = begin_ + skip_.front().end;
  const char* before = p_ - 1;
  while (kTables.cls[static_cast<uint8_t>(*before)] == kSpace) --before;
  line_start_ = *before == '\n';
  skip_ = skip_.subspan(1);
  skip_at_ = skip_.empty() ? nullptr : begin_ + skip_.front().begin;
}

void Lexer::skip_line() {
  auto* newline = static_cast<const char*>(std::memchr(p_, '\n', end_ - p_));
  p_ = newline ? newline : end_;
}

void Lexer::comment() {
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
  if (!out_.docs.empty() && out_.docs.back().of_file == file_doc && out_.docs.back().next_token == count_ &&
      only_space(out_.docs.back().end, begin))
    out_.docs.back().end = end;
  else out_.docs.push_back({begin, end, count_, file_doc});
}

// `// => value` in a doctest: what the statement before it prints. The lines of one expectation follow each other.
void Lexer::expectation(const char* lo) {
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

bool Lexer::only_space(uint32_t from, uint32_t to) const {
  int newlines = 0;
  for (const char* p = begin_ + from; p < begin_ + to; ++p) {
    uint8_t cls = kTables.cls[static_cast<uint8_t>(*p)];
    if (cls == kNewline) ++newlines;
    else if (cls != kSpace) return false;
  }
  return newlines == 1;
}

void Lexer::block_comment() {
  const char* lo = p_;
  p_ += 2;
  for (int depth = 1; p_ < end_ && depth > 0;) {
    if (p_[0] == '*' && p_[1] == '/') --depth, p_ += 2;
    else if (p_[0] == '/' && p_[1] == '*') ++depth, p_ += 2;
    else {
      if (*p_ == '\n') line_start_ = true;
      ++p_;
    }
  }
  if (p_ > end_) p_ = end_;
  report<Diag::ForeignComment>(lo, lo + 2, "/*").help("begin each line of the comment with `//`");
}

void Lexer::punctuation() {
  const char* lo = p_;
  auto one = [&](TokenKind kind) {
    p_ = lo + 1;
    push(kind, lo, p_);
  };
  auto two = [&](TokenKind kind) {
    p_ = lo + 2;
    push(kind, lo, p_);
  };
  auto three = [&](TokenKind kind) {
    p_ = lo + 3;
    push(kind, lo, p_);
  };
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
      return lo[2] == '='   ? three(TokenKind::DotDotEq)
             : lo[2] == '<' ? three(TokenKind::DotDotLess)
                            : two(TokenKind::DotDot);
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

// <<<<<<< at the begin of a line: what git leaves when two changes meet. The side above ======= is taken as the
// program, the other is skipped, so that only this one mistake is reported.
bool Lexer::merge_marker(std::string_view marker) {
  if (!line_start_ || no_marker_ || !strings_.empty() || static_cast<size_t>(end_ - p_) < marker.size() ||
      std::memcmp(p_, marker.data(), marker.size()) != 0)
    return false;
  if (p_ > begin_ && p_[-1] != '\n') return false;
  const char* lo = p_;
  const char *middle = nullptr, *last = nullptr;
  for (const char* p = lo; p < end_; ++p) {  // lines, up to the end marker
    auto* newline = static_cast<const char*>(std::memchr(p, '\n', end_ - p));
    if (end_ - p >= 7 && std::memcmp(p, "=======", 7) == 0 && !middle) middle = p;
    if (end_ - p >= 7 && std::memcmp(p, ">>>>>>>", 7) == 0) {
      last = p;
      break;
    }
    if (!newline) break;
    p = newline;
  }
  no_marker_ = !middle || !last;  // do not search again: many openings would make it quadratic
  if (no_marker_) return false;
  report<Diag::MergeMarker>(lo, lo + 7)
      .at(place(middle, middle + 7), "the other version begins here")
      .at(place(last, last + 7), "and ends here")
      .help("keep one version, and remove the three marker lines");
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

void Lexer::scan_one() {
  switch (kTables.cls[static_cast<uint8_t>(*p_)]) {
    case kSpace: ++p_; break;
    case kNewline:
      line_start_ = true;
      ++p_;
      break;
    case kName: name(); break;
    case kDigit: number(); break;
    case kQuote: string(); break;
    case kTick: character(); break;
    case kPunct: punctuation(); break;
    case kHigh: high(); break;
    default: strange(); break;
  }
}

uint32_t Tokens::long_end(uint32_t t) const {
  size_t lo = 0, hi = long_ends.size();
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (long_ends[mid].token < t) lo = mid + 1;
    else hi = mid;
  }
  return lo < long_ends.size() && long_ends[lo].token == t ? long_ends[lo].end : begins[t];
}

Tokens lex(const SourceFile& file, Names& names, Diagnostics& diags, std::span<const BodyRange> skip) {
  return Lexer(file, names, diags, skip).run();
}
void lex_bodies(const SourceFile& file, std::span<const BodyRange> bodies, Tokens& tokens, Names& names,
                Diagnostics& diags) {
  Lexer(file, names, diags).run_bodies(bodies, tokens);
}
Tokens lex_doctest(const SourceFile& file, std::string& text, uint32_t lo, uint32_t hi, Names& names,
                   Diagnostics& diags) {
  if (file.too_large) hi = lo;
  const char next =
      std::exchange(text[hi], '\0');   // the lexer stops at a zero byte, so the part ends in one for a moment
  Tokens tokens = Lexer(file, text, lo, hi, names, diags).run();
  text[hi] = next;
  return tokens;
}

}  // namespace janus
