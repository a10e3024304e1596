// recover.cpp: what the parser says about mistakes, and how it goes on after them.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/parse_internal.h"

namespace janus {

bool Parser::may_report() { return !hopeless_ && !panic_ && ++reports_ <= 300; }

std::string Parser::found_text(uint32_t token) const {
  switch (kind_at(token)) {
    case TokenKind::EndOfFile: return "the end of the file";
    case TokenKind::Newline: return "`;`";
    case TokenKind::StrLit:
    case TokenKind::StrBegin: return "a text";
    case TokenKind::InterpEnd: return "`}`";
    case TokenKind::InterpFormat: return "`:`";
    default: break;
  }
  std::string_view shown = text(token);
  return shown.size() > 40 ? "`" + std::string(shown.substr(0, 36)) + "…`" : "`" + std::string(shown) + "`";
}

std::string Parser::found() const {
  if (!at(TokenKind::EndOfFile) && new_line() && pos_ > 0) return "the end of the line";
  return found_text(pos_);
}
Span Parser::found_span() const {
  return pos_ > 0 && (at(TokenKind::EndOfFile) || new_line()) ? after(pos_ - 1) : token_span(pos_);
}

void Parser::unexpected(const char* wanted, const char* help) {
  if (panic_) return;
  error_token_ = pos_;
  if (!at(TokenKind::Error)) {  // else the lexer has said it
    Diagnostic& d = report<Diag::UnexpectedToken>(found_span(), wanted, found());
    if (is_keyword(kind()) && !new_line() && std::string_view(wanted).find("name") != std::string_view::npos)
      d.note("`" + std::string(text(pos_)) + "` is a word of the language and cannot be a name");
    if (help) d.help(help);
  }
  panic_ = true;
  panic_brackets_ = brackets_;
}

NameId Parser::expect_name(const char* what) {
  if (panic_) return NameId::None;
  if (at_name()) return NameId(values_[pos_++]);
  if (is_keyword(kind()) && !new_line()) {
    TokenKind next = next_kind();
    // A word of the language, where clearly a name was meant: say so and go on.
    if (next == TokenKind::Colon || next == TokenKind::Eq || next == TokenKind::Comma || next == TokenKind::LParen ||
        next == TokenKind::LBrace || next == TokenKind::RParen || next == TokenKind::KwIn ||
        next == TokenKind::LBracket) {
      report<Diag::KeywordAsName>(token_span(pos_), text(pos_))
          .help("choose another name, for example `" + std::string(text(pos_)) + "_`");
      return NameId(values_[pos_++]);
    }
  }
  unexpected(what);
  return NameId::None;
}

static const char* closer_text(TokenKind k) {
  return k == TokenKind::RParen ? "`)`" : k == TokenKind::RBracket ? "`]`" : "`}`";
}

// The `//` behind the last token on its line, when the comment holds a closing bracket too many.
uint32_t Parser::comment_with(TokenKind close) const {
  uint32_t end = tree_.tokens.end(pos_ - 1);
  std::string_view line = std::string_view(source_.text).substr(end);
  line = line.substr(0, line.find('\n'));
  size_t slashes = line.find_first_not_of(" \t");
  if (slashes == std::string_view::npos || line.substr(slashes, 2) != "//" || line.substr(slashes, 3) == "///")
    return kNone;
  char closes = closer_text(close)[1], opens = closes == ')' ? '(' : closes == ']' ? '[' : '{';
  auto in = std::count(line.begin(), line.end(), opens), out = std::count(line.begin(), line.end(), closes);
  return out > in ? tree_.base + end + static_cast<uint32_t>(slashes) : kNone;
}

bool Parser::expect_close(TokenKind close, uint32_t opener) {
  if (eat(close)) return true;
  if (panic_) return false;
  if (at(TokenKind::Error)) return unexpected(""), false;
  std::string open_text = std::string(text(opener));
  bool other = (at(TokenKind::RParen) || at(TokenKind::RBracket)) && close != TokenKind::RBrace;
  if (other && !starts_line(pos_)) {
    report<Diag::WrongBracket>(token_span(pos_), text(pos_), open_text)
        .at(token_span(opener), "opened here")
        .fix(token_span(pos_), std::string(1, closer_text(close)[1]), std::string("write ") + closer_text(close),
             Applicability::MaybeIncorrect);
    ++pos_;
    return true;
  }
  bool natural = starts_line(pos_) || at(TokenKind::EndOfFile) || at(TokenKind::KwDo) || at(TokenKind::KwEnd) ||
                 at(TokenKind::Newline) || at(TokenKind::RBrace) || at(TokenKind::RParen) || at(TokenKind::RBracket) ||
                 (close == TokenKind::RParen && (at(TokenKind::LBrace) || at(TokenKind::KwElse))) ||
                 at(TokenKind::InterpEnd);
  if (!natural)
    return unexpected(close == TokenKind::RParen     ? "`,` or `)`"
                      : close == TokenKind::RBracket ? "`,` or `]`"
                                                     : "`,` or `}`"),
           false;
  error_token_ = pos_;
  if (uint32_t slashes = comment_with(close); slashes != kNone) {   // (7 // 2) of Python
    if (std::exchange(slashes_, slashes) == slashes) return true;   // said of the inner bracket
    report<Diag::UnclosedBracket>(token_span(opener), open_text)
        .at({slashes, slashes + 2}, "a comment begins here, and goes on to the end of the line")
        .fix({slashes, slashes + 2}, "/", "to divide, write `/`", Applicability::MaybeIncorrect);
    return true;
  }
  unclosed(close, opener);
  return true;
}

void Parser::unclosed(TokenKind close, uint32_t opener) {
  Span here = after(pos_ - 1);
  error_token_ = pos_;
  report<Diag::UnclosedBracket>(token_span(opener), std::string(text(opener)))
      .at(here, std::string(closer_text(close)) + " is expected here")
      .fix(here, std::string(1, closer_text(close)[1]), std::string("add ") + closer_text(close),
           Applicability::MaybeIncorrect);
}

// After an element of a list: true when another one follows.
bool Parser::comma_or_close(TokenKind close, uint32_t opener, bool) {
  if (panic_) return false;
  if (eat(TokenKind::Comma)) return true;
  if (at(close) || at(TokenKind::EndOfFile) || at(TokenKind::Error)) return false;
  bool semi = at(TokenKind::Newline) && close == TokenKind::RBrace;
  // A line that begins no further right than the line of the bracket is outside: the closing bracket is what is
  // missing.
  uint32_t next = semi ? pos_ + 1 : pos_;
  if (starts_line(next) && column(next) <= line_column(opener))
    return semi && kind_at(next) == close ? (++pos_, false) : false;
  TokenKind k = kind_at(next);
  if (semi && k == close) {
    ++pos_;
    return false;
  }
  bool element = kTraits[static_cast<uint8_t>(k)].starts_value || k == TokenKind::KwMut || k == TokenKind::KwPub ||
                 (is_keyword(k) && kind_at(next + 1) == TokenKind::Colon) ||
                 (fields_ && (k == TokenKind::KwLet || k == TokenKind::KwVar || k == TokenKind::KwConst));
  switch (k) {  // these begin statements far more often than elements
    case TokenKind::KwReturn:
    case TokenKind::KwBreak:
    case TokenKind::KwContinue:
    case TokenKind::KwFail:
    case TokenKind::KwFor:
    case TokenKind::KwWhile:
    case TokenKind::KwDo:
    case TokenKind::LBrace:
    case TokenKind::Error:
    case TokenKind::Question:
    case TokenKind::Bang: element = false; break;
    default: break;
  }
  if (!element) return false;
  Span gap = after(pos_ - 1);
  Diagnostic* d = comma_report_;
  if (d && comma_opener_ == opener) {
    if (d->fixes.size() < 1000) d->fix(semi ? token_span(pos_) : gap, ",", "");
  } else {
    comma_report_ = d = &report<Diag::MissingComma>(semi ? token_span(pos_) : gap);
    comma_opener_ = opener;
    if (d == ignored_.get()) comma_report_ = nullptr;
    d->fix(semi ? token_span(pos_) : gap, ",", semi ? "write `,`" : "add `,`");
  }
  if (semi) ++pos_;
  return true;
}

void Parser::foreign(uint32_t token, std::string_view janus, bool safe) {
  report<Diag::ForeignWord>(token_span(token), text(token), janus)
      .fix(token_span(token), std::string(janus), "write `" + std::string(janus) + "`",
           safe ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
}
void Parser::foreign(Span span, std::string_view other, std::string_view janus) {
  Diagnostic& d = report<Diag::ForeignWord>(span, other, janus);
  if (other.size() == span.hi - span.lo) d.fix(span, std::string(janus), "write `" + std::string(janus) + "`");
}

void Parser::too_deep() {
  if (hopeless_) return;
  if (!panic_)
    report<Diag::NestingTooDeep>(token_span(pos_)).help("give inner parts names with `let`, or make functions of them");
  hopeless_ = panic_ = true;
  error_token_ = pos_;
  pos_ = last_;
}
void Parser::too_many_parts(uint32_t token) {
  if (hopeless_) return;
  if (!panic_)
    report<Diag::TooManyParts>(token_span(token))
        .note("more than 2000 operators, calls or branches follow each other here")
        .help("give parts of it names with `let`, or keep the data in an array");
  hopeless_ = panic_ = true;
  error_token_ = pos_;
  pos_ = last_;
}

// Over one bracket and all that is in it; at the closing one's right afterwards.
void Parser::skip_brackets() {
  uint32_t depth = 0;
  while (!at(TokenKind::EndOfFile)) {
    TokenKind k = kind();
    ++pos_;
    if (k == TokenKind::LParen || k == TokenKind::LBracket || k == TokenKind::LBrace) ++depth;
    if (k == TokenKind::RParen || k == TokenKind::RBracket || k == TokenKind::RBrace)
      if (depth == 0 || --depth == 0) return;
  }
}

// To where the next statement begins. Brackets that the mistake left open are closed by a line that stands as far
// left as the statement itself; a block whose header was broken is read like any other.
void Parser::recover_statement(uint32_t from) {
  if (hopeless_) {
    pos_ = last_;
    return;
  }
  uint32_t depth = panic_brackets_ > brackets_ ? panic_brackets_ - brackets_ : 0;
  panic_brackets_ = 0;
  panic_ = false;
  uint32_t left = line_column(from);
  while (!at(TokenKind::EndOfFile)) {
    if (starts_line(pos_) && pos_ > from) {
      bool closer = at(TokenKind::RParen) || at(TokenKind::RBracket) || at(TokenKind::RBrace);
      if (depth == 0 || (!closer && column(pos_) <= left)) return;
    }
    switch (kind()) {
      case TokenKind::LParen:
      case TokenKind::LBracket:
      case TokenKind::LBrace: ++depth; break;
      case TokenKind::RParen:
      case TokenKind::RBracket:
      case TokenKind::RBrace:
        if (depth > 0) --depth;
        else if (outer_brackets_ > 0) return;
        break;
      case TokenKind::KwDo: {
        uint32_t header = pos_++;
        body(Opening::Do, header, false);
        while (eat(TokenKind::KwElse)) {
          eat(TokenKind::KwDo);
          body(Opening::Do, header, false);
        }
        close_block(Opening::Do, header);
        if (hopeless_) return;
        continue;
      }
      case TokenKind::KwEnd:
      case TokenKind::KwElse: return;
      case TokenKind::Newline:
        if (depth == 0) return;
        break;
      default: break;
    }
    ++pos_;
  }
}

uint32_t Parser::end_of_line(uint32_t most) const {
  uint32_t t = pos_;
  while (t < last_ && t - pos_ < most && (t == pos_ || !starts_line(t))) ++t;
  return t;
}

bool Parser::skip_to_opening() {
  for (uint32_t t = pos_; t < last_ && !starts_line(t); ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::KwDo || (k == TokenKind::LBrace && starts_line(t + 1))) return pos_ = t, true;
    if (k == TokenKind::KwEnd || k == TokenKind::Newline || k == TokenKind::KwElse) return false;
  }
  return false;
}

bool Parser::at_declaration() const {
  switch (kind()) {
    case TokenKind::KwFunc: return next_kind() == TokenKind::Ident;
    case TokenKind::KwAsync: return next_kind() == TokenKind::KwFunc && kind_at(pos_ + 2) == TokenKind::Ident;
    case TokenKind::KwPub:
    case TokenKind::KwStruct:
    case TokenKind::KwEnum:
    case TokenKind::KwTrait:
    case TokenKind::KwImpl:
    case TokenKind::KwImport:
    case TokenKind::KwExtern: return true;
    case TokenKind::KwConst: return true;
    case TokenKind::Ident:
      if (at_word(Word::Test)) return next_kind() == TokenKind::StrLit || next_kind() == TokenKind::KwDo;
      if (at_word(Word::Error)) return next_kind() == TokenKind::Ident && !starts_line(pos_ + 1);
      if (at_word(Word::Type)) return next_kind() == TokenKind::Ident && !starts_line(pos_ + 1);
      if (at_word(Word::Capability)) return next_kind() == TokenKind::Ident && !starts_line(pos_ + 1);
      return false;
    default: return false;
  }
}
bool Parser::at_outer_declaration() const {
  return in_decl_ && starts_line(pos_) && at_declaration() && column(pos_) <= decl_column_;
}

std::string Parser::describe_header(uint32_t header) const {
  if (kind_at(header) == TokenKind::KwFunc && kind_at(header + 1) == TokenKind::Ident)
    return "the function `" + std::string(text(header + 1)) + "`";
  if (kind_at(header) == TokenKind::Ident && kind_at(header - 1) == TokenKind::KwFunc)
    return "the function `" + std::string(text(header)) + "`";
  return "this `" + std::string(text(header)) + "`";
}

// A block met the end of the file, or something that cannot be inside it. The one that lacks its `end` need not be
// the innermost: if an `end` stands further left than the block it closed, that block is the likely one.
void Parser::missing_end(uint32_t header) {
  if (panic_ || missing_end_at_ == pos_) return;
  if (at(TokenKind::EndOfFile) && kind_at(pos_ - 1) == TokenKind::Error) return;  // the lexer gave up
  missing_end_at_ = pos_;
  error_token_ = pos_;
  if (split_else_ != kNone &&
      split_else_ >= header) {  // `else` and `if` on two lines: two ends are wanted, and one is there
    uint32_t nested = std::exchange(split_else_, kNone);
    suspect_ = kNone;
    report<Diag::MissingEnd>(token_span(nested), describe_header(nested))
        .with_label("opened here")
        .note("`else` and `if` stand on two lines: that makes an `if` of its own inside the `else`")
        .fix({token_span(nested - 1).lo, token_span(nested).hi}, "else if", "write `else if` on one line",
             Applicability::MaybeIncorrect);
    return;
  }
  bool dedented = dedent_ != kNone && dedent_header_ >= header && dedent_ < pos_;
  bool suspected = !dedented && suspect_ != kNone && suspect_ >= header;
  uint32_t blamed = dedented ? dedent_header_ : suspected ? suspect_ : header;
  uint32_t meets = dedented ? dedent_ : suspected ? suspect_end_ : pos_;
  Diagnostic& d = report<Diag::MissingEnd>(token_span(blamed), describe_header(blamed)).with_label("opened here");
  if (kind_at(meets) == TokenKind::EndOfFile) d.at(after(pos_ - 1), "the file ends here");
  else if (dedented) d.at(token_span(meets), "this line stands outside of it, so `end` is expected before");
  else if (suspected) d.at(token_span(meets), "this `end` stands as if it closed something further out");
  else d.at(token_span(meets), "`end` is expected before this");
  uint32_t indent = line_column(blamed);
  if (kind_at(meets) == TokenKind::EndOfFile) {
    d.fix(after(pos_ - 1), "\n" + std::string(indent, ' ') + "end", "add `end`", Applicability::MaybeIncorrect);
  } else if (starts_line(meets)) {
    Span here = token_span(meets);
    uint32_t line = here.lo - column(meets);
    d.fix({line, line}, std::string(indent, ' ') + "end\n", "add `end`", Applicability::MaybeIncorrect);
  } else {
    Span here = token_span(meets);
    d.fix({here.lo, here.lo}, "end ", "add `end`", Applicability::MaybeIncorrect);
  }
  suspect_ = dedent_ = kNone;
}

// One report for all such blocks of a file; every block adds its two edits.
void Parser::braces(uint32_t open) {
  bool spaced = !touches(open), doubled = kind_at(open - 1) == TokenKind::KwDo;   // do {
  Span place = doubled ? Span{after(open - 1).lo, token_span(open).hi} : token_span(open);
  const char* better = doubled ? "" : spaced ? "do" : " do";
  if (!braces_) {
    braces_ = &report<Diag::BracesForBlock>(token_span(open))
                   .note("braces hold data, the arms of `match`, and small functions like `{ |x| x * 2 }`")
                   .with_label("a block begins with `do`");
    if (braces_ == ignored_.get()) {
      braces_ = nullptr;
      return;
    }
    braces_->fix(place, better, "write `do` and `end`");
  } else {
    braces_->fix(place, better, "");
  }
  if (!touches(open + 1)) return;
  braces_->fixes.back().replacement += ' ';
}
void Parser::close_brace_fix(uint32_t close) {
  if (!braces_) return;
  bool else_follows = kind_at(close + 1) == TokenKind::KwElse;
  if (else_follows) {
    Span gap{token_span(close).hi, token_span(close + 1).lo};
    bool blank = true;
    for (uint32_t p = gap.lo; p < gap.hi; ++p) blank &= source_.text[p - tree_.base] <= ' ';
    braces_->fix({token_span(close).lo, blank ? gap.hi : gap.lo}, "", "");
    return;
  }
  bool spaced = starts_line(close) || !touches(close);
  braces_->fix(token_span(close), spaced ? "end" : " end", "");
}

}  // namespace janus
