// parse_head.cpp: how a head that is wrong is read to its end, so that the body below it is read like any other.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// One mistake in a head is one report. What follows in the head is read as far as its lists can be found again; what
// could not be read leaves the declaration marked kBrokenHead, and the checker asks nothing of it. No look goes
// further than ahead(), so a file of broken heads is read in linear time.
#include "frontend/parse_internal.h"

namespace janus {

// Whether this `do` opens a body: not where the line goes on to another `do` that ends it.
bool Parser::opens_body(uint32_t token) const {
  if (kind_at(token) != TokenKind::KwDo) return false;
  uint32_t most = std::min(last_, token + 100);
  for (uint32_t t = token + 1; t < most && !starts_line(t); ++t) {
    if (kinds_[t] == TokenKind::KwEnd) return true;
    if ((kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::Comma) && starts_line(t + 1)) return false;
  }
  return true;
}

// The `do` or `{` that opens the body, on this line.
uint32_t Parser::body_ahead() const {
  uint32_t most = ahead();
  for (uint32_t t = pos_; t < most && !starts_line(t); ++t) {
    if (opens_body(t) || (kinds_[t] == TokenKind::LBrace && starts_line(t + 1))) return t;
    if (kinds_[t] == TokenKind::Newline || kinds_[t] == TokenKind::KwEnd) break;
  }
  return kNone;
}

bool Parser::body_ahead_behind(uint32_t token) {
  uint32_t here = std::exchange(pos_, token);
  bool found = body_ahead() != kNone;
  pos_ = here;
  return found;
}

// At `do T do`: the first one stands where `->` was meant. No statement is made of these signs alone.
bool Parser::type_before_do() const {
  uint32_t most = ahead();
  for (uint32_t t = pos_ + 1; t < most && !starts_line(t); ++t) switch (kinds_[t]) {
      case TokenKind::KwDo: return t > pos_ + 1 && starts_line(t + 1);
      case TokenKind::Ident:
      case TokenKind::Bang:
      case TokenKind::Question:
      case TokenKind::LBracket:
      case TokenKind::RBracket:
      case TokenKind::LParen:
      case TokenKind::RParen:
      case TokenKind::Comma: break;
      default: return false;
    }
  return false;
}

bool Parser::begins_param(uint32_t token) const {
  if (kind_at(token) == TokenKind::KwSelf || kind_at(token) == TokenKind::KwMut) return true;
  TokenKind behind = kind_at(token + 2);
  return kind_at(token) == TokenKind::Ident && kind_at(token + 1) == TokenKind::Colon && !starts_line(token + 1) &&
         behind != TokenKind::KwFor && behind != TokenKind::KwWhile;
}

// At `x zz T` and `x = T,`: something else stands where the colon of a parameter or a field belongs.
bool Parser::sign_for_colon() const {
  if (!at_name() || starts_line(pos_ + 1) || starts_line(pos_ + 2)) return false;
  TokenKind k = kind_at(pos_ + 2);
  bool type = k == TokenKind::Ident || k == TokenKind::Question || (k == TokenKind::LBracket && !touches(pos_ + 2));
  return next_kind() == TokenKind::Ident && type && !known_type(pos_) && !known_type(pos_ + 1);
}

// At one sign that stands where the colon of a parameter belongs, between its name and its type.
bool Parser::junk_for_colon() const {
  if (new_line() || starts_line(pos_) || starts_line(pos_ + 1)) return false;
  switch (kind()) {
    case TokenKind::Colon:
    case TokenKind::Eq:
    case TokenKind::Comma:
    case TokenKind::RParen:
    case TokenKind::RBracket:
    case TokenKind::RBrace:
    case TokenKind::Arrow:
    case TokenKind::LBrace:
    case TokenKind::Error:
    case TokenKind::Ident: return false;
    case TokenKind::KwDo: return !opens_body(pos_);
    default: break;
  }
  TokenKind k = next_kind();
  return k == TokenKind::Ident || k == TokenKind::Question || k == TokenKind::LBracket || k == TokenKind::KwFunc ||
         k == TokenKind::LParen;
}

// At `f(x: i64) do`, perhaps with another word before it: a function whose `func` is not there.
bool Parser::func_without_word() {
  uint32_t name = next_kind() == TokenKind::LParen ? pos_ : pos_ + 1;
  if (kind_at(name) != TokenKind::Ident || kind_at(name + 1) != TokenKind::LParen || starts_line(name + 1) ||
      (name > pos_ && starts_line(name)))
    return false;
  if (!begins_param(name + 2) && kind_at(name + 2) != TokenKind::RParen) return false;
  if (!body_ahead_behind(name + 1)) return false;
  Diagnostic& d = report<Diag::UnexpectedToken>(token_span(pos_), "`func`", found_text(pos_));
  if (name == pos_)
    d.fix({token_span(pos_).lo, token_span(pos_).lo}, "func ", "add `func`", Applicability::MaybeIncorrect);
  else d.fix(token_span(pos_), "func", "write `func`", Applicability::MaybeIncorrect);
  error_token_ = pos_;
  pos_ = name;
  return true;
}

// Over a word or a sign too many between what an `impl` names and its `for` or `do`.
void Parser::impl_of() {
  if (panic_ || starts_line(pos_) || at(TokenKind::KwFor) || at(TokenKind::KwDo) || at(TokenKind::LBrace) ||
      at_word(Word::Where))
    return;
  bool sign = !at_name() && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::KwDo;   // impl A + B do
  if (next_kind() != TokenKind::KwFor && !sign) return;
  unexpected("`for`");
  panic_ = false;
  ++pos_;
}

// At `T: A](` or `T] {`: the bracket of the type parameters was forgotten, or something else stands in its place.
bool Parser::bracket_forgotten() const {
  uint32_t most = std::min(last_, pos_ + 40);
  for (uint32_t t = pos_; t < most && !starts_line(t); ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::RBracket) {
      TokenKind behind = kind_at(t + 1);
      return t > pos_ && (behind == TokenKind::LParen || behind == TokenKind::LBrace);
    }
    bool fits = k == TokenKind::Ident || k == TokenKind::Comma || k == TokenKind::Colon || k == TokenKind::Plus;
    if (!fits && t > pos_) return false;
  }
  return false;
}

// Whether a list in a head ends at this bracket, which may be the wrong one.
bool Parser::ends_list(uint32_t token, TokenKind close) const {
  if (kind_at(token) == close || starts_line(token + 1)) return true;
  TokenKind behind = kind_at(token + 1);
  return behind == TokenKind::Arrow || behind == TokenKind::KwDo || behind == TokenKind::LBrace ||
         (close == TokenKind::RBracket && behind == TokenKind::LParen);
}

// After a mistake in an element of a list: true when another element may follow, behind a comma. Otherwise at what
// ends the list, or at what stands behind it in a head; in panic still when neither is near.
bool Parser::next_in_head(TokenKind close) {
  broken_head_ = true;
  if (hopeless_) return false;
  uint32_t depth = panic_brackets_ > brackets_ ? panic_brackets_ - brackets_ : 0;
  uint32_t most = ahead(), before = pos_;
  for (; pos_ < most; ++pos_) {
    TokenKind k = kind();
    bool behind = opens_body(pos_) || (k == TokenKind::LBrace && starts_line(pos_ + 1)) ||
                  ((depth == 0 || pos_ == before) &&
                   (k == TokenKind::Arrow || (k == TokenKind::LParen && close == TokenKind::RBracket)));
    if (behind) return panic_ = false;
    if (k == TokenKind::KwEnd || (pos_ > before && starts_line(pos_) && at_declaration())) break;
    if (k == TokenKind::LParen || k == TokenKind::LBracket || k == TokenKind::LBrace) ++depth;
    if (k == TokenKind::RParen || k == TokenKind::RBracket || k == TokenKind::RBrace) {
      if (depth > 0) --depth;
      else if (ends_list(pos_, close)) return panic_ = false;
    }
    if (k == TokenKind::Comma && depth == 0) {
      ++pos_;
      panic_ = false;
      return true;
    }
  }
  pos_ = before;
  return false;
}

// Behind an element of a list: true when another one follows; else the list has been closed, or it was said that it
// is not.
bool Parser::more_in_head(TokenKind close, uint32_t opener) {
  // Only what can be a parameter may follow without a comma.
  if (!panic_ && close == TokenKind::RParen && (at_name() || at_clause_pattern()) && !begins_param(pos_))
    unexpected("`,` or `)`");
  if (!panic_ && close == TokenKind::RBracket && at_name() && text(pos_) == text(pos_ - 1)) unexpected("`,` or `]`");
  if (!panic_ && !at(close) && (at(TokenKind::RParen) || at(TokenKind::RBracket)) && !ends_list(pos_, close))
    unexpected(close == TokenKind::RParen ? "`,` or `)`" : "`,` or `]`");
  if (!panic_ && at(TokenKind::KwDo) && !opens_body(pos_))
    unexpected(close == TokenKind::RParen ? "`,` or `)`" : "`,` or `]`");
  if (!panic_) {
    if (comma_or_close(close, opener)) return true;
    bool ends = close == TokenKind::RParen ? at(TokenKind::Arrow) : at(TokenKind::LParen);
    if (ends) return unclosed(close, opener), false;
    uint32_t here = pos_;
    expect_close(close, opener);
    if (!panic_) return broken_head_ |= pos_ == here, false;   // what stands behind it may belong inside
  }
  if (next_in_head(close)) return true;
  if (!panic_ && (at(TokenKind::RParen) || at(TokenKind::RBracket))) ++pos_;
  return false;
}

// Over the `(` of the parameters. Where it was forgotten, or something else stands in its place, they are read all the
// same.
bool Parser::open_params() {
  if (panic_) return false;
  if (eat(TokenKind::LParen)) return true;
  if (broken_head_) return false;   // it was in what could not be read
  unexpected("`(`");
  broken_head_ = true;
  if (hopeless_) return false;
  bool here = begins_param(pos_) || at(TokenKind::RParen);
  bool next = next_kind() == TokenKind::LParen || begins_param(pos_ + 1) || next_kind() == TokenKind::RParen;
  if (!here && !next) return false;
  panic_ = false;
  if (!here) ++pos_;
  if (at(TokenKind::LParen)) ++pos_, broken_head_ = false;   // only a word too many
  return true;
}

// To the `do` or `{` of a head that went wrong; or to the body on the next line, when that stands further right.
bool Parser::skip_to_body(uint32_t header, bool& below) {
  broken_head_ = true;
  if (hopeless_) return false;
  uint32_t opening = body_ahead();
  if (opening != kNone) {
    pos_ = opening;
    panic_ = false;
    return true;
  }
  uint32_t t = starts_line(pos_) ? pos_ : end_of_line(300);
  if (t >= last_ || !starts_line(t) || column(t) <= line_column(header)) return false;
  pos_ = t;
  panic_ = false;
  return below = true;
}

// The name of what is declared. Where none stands, the head is read on behind it; where a word too many stands before
// it, that is read over.
NameId Parser::name_in_head(const char* what, uint32_t& name) {
  NameId id = expect_name(what);
  if (!panic_ && kinds_[name] != TokenKind::Ident) return broken_head_ = true, NameId::None;   // nobody can say it
  auto goes_on = [&](uint32_t token) {
    TokenKind k = kind_at(token);
    return !starts_line(token) && (k == TokenKind::LParen || k == TokenKind::LBracket || k == TokenKind::LBrace);
  };
  if (!panic_ && at_name() && !starts_line(pos_) && goes_on(pos_ + 1)) {   // a word too many behind it
    unexpected(kinds_[name - 1] == TokenKind::KwFunc ? "`(`" : "`{`");
    panic_ = false;
    ++pos_;
  }
  if (!panic_ || hopeless_) return id;
  broken_head_ = true;
  if (starts_line(pos_)) return id;
  if (next_kind() == TokenKind::Ident && goes_on(pos_ + 2)) {
    broken_head_ = false;
    name = pos_ + 1;
    pos_ += 2;
    id = NameId(values_[name]);
  } else if (goes_on(pos_ + 1)) {
    ++pos_;
  } else if (!goes_on(pos_)) {
    return id;
  }
  panic_ = false;
  return id;
}

// Whether the braces that a mistake left open ended here: with a line that stands no further right than theirs.
bool Parser::data_is_over(uint32_t opener) const {
  return broken_head_ && starts_line(pos_) && !at(TokenKind::RBrace) && column(pos_) <= line_column(opener);
}

// Over a field or a variant that is wrong.
void Parser::skip_element(uint32_t from) {
  broken_head_ = true;
  if (at(TokenKind::KwDo)) ++pos_;   // opens nothing here
  recover_arm(from);
  if (pos_ == from) ++pos_;
}

// Behind a field or a variant stands neither a comma nor the end: true when another one may follow all the same.
bool Parser::element_goes_wrong(uint32_t opener) {
  if (kinds_[opener] == TokenKind::LParen && eat(TokenKind::RParen)) return false;   // struct Point(x: i64)
  bool closed = at(TokenKind::RBrace) || at(TokenKind::EndOfFile) || at(TokenKind::Error) || at(TokenKind::Newline);
  if (closed || starts_line(pos_)) return false;
  uint32_t first = pos_;
  unexpected("`,` or `}`");
  skip_element(first);
  return !data_is_over(opener);
}

// What stands here may have declared any of these names.
void Parser::lose_names(uint32_t from, uint32_t to) {
  for (uint32_t t = from; t < to && t < last_; ++t)
    if (kinds_[t] == TokenKind::Ident) tree_.lost.push_back(NameId(values_[t]));
}

}   // namespace janus
