// parse_pattern.cpp: patterns of match, let, for, if let and closures.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// pattern := atom { `|` atom }
NodeId Parser::pattern() {
  uint32_t first = pos_;
  NodeId left = pattern_atom();
  auto another = [&] {
    if (panic_ || (!at(TokenKind::Pipe) && !at(TokenKind::KwOr))) return false;
    if (at(TokenKind::KwOr)) {   // 1 or 2 => …
      report<Diag::UnexpectedToken>(token_span(pos_), "`|`", "`or`")
          .note("`or` joins conditions, `|` joins patterns")
          .fix(token_span(pos_), "|", "write `|`");
      error_token_ = pos_;
    }
    ++pos_;
    return true;
  };
  if (!another()) return left;
  uint32_t from = mark();
  keep(left);
  do keep(pattern_atom());
  while (another());
  return add(NodeKind::PatOr, first, flush(from));
}

static bool is_number(TokenKind k) {
  return k == TokenKind::IntLit || k == TokenKind::FloatLit || k == TokenKind::CharLit || k == TokenKind::Minus;
}
static bool is_range(TokenKind k) {
  return k == TokenKind::DotDot || k == TokenKind::DotDotEq || k == TokenKind::DotDotLess;
}

// atom := `_` | name | literal | range | path [`(` patterns `)` | `{` fields `}`] | `.` name … | `(` patterns `)`
NodeId Parser::pattern_atom(const char* wanted) {
  Nest nest(*this);
  if (panic_) return error_node();
  uint32_t first = pos_;
  switch (kind()) {
    case TokenKind::IntLit:
    case TokenKind::FloatLit:
    case TokenKind::CharLit:
    case TokenKind::Minus:
    case TokenKind::StrLit:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
    case TokenKind::KwNull: {
      NodeId low = pattern_literal();
      if (is_range(kind())) return pattern_range(low, first);
      return add(NodeKind::PatLit, first, +low);
    }
    case TokenKind::DotDot:
    case TokenKind::DotDotEq:
    case TokenKind::DotDotLess: return pattern_range(NodeId::None, first);
    case TokenKind::KwElse: ++pos_; return add(NodeKind::PatWild, first);
    case TokenKind::Dot: {
      if (next_kind() != TokenKind::Ident && !is_keyword(next_kind())) {
        ++pos_;
        unexpected("the name of a variant");
        return error_node();
      }
      pos_ += 2;
      return pattern_path(add(NodeKind::PatDot, pos_ - 1, values_[pos_ - 1]));
    }
    case TokenKind::LParen: {
      ++pos_;
      uint32_t from = mark();
      uint32_t count = 0;
      bool rest = false;
      {
        Place place(*this, true, false, false);
        Bracket bracket(*this);
        while (!at(TokenKind::RParen) && !panic_) {
          if (!rest_of_tuple(rest)) keep(pattern());
          ++count;
          if (!comma_or_close(TokenKind::RParen, first)) break;
        }
        expect_close(TokenKind::RParen, first);
      }
      if (rest) return add(NodeKind::PatTuple, first, flush(from), kNone, kHasError);
      if (count == 1) {  // grouping
        NodeId inner = NodeId(scratch_.back());
        scratch_.resize(from);
        return inner;
      }
      return add(NodeKind::PatTuple, first, flush(from));
    }
    case TokenKind::LBracket: {   // [first, ..rest]: the names in it are known from here on
      uint32_t from = mark();
      ++pos_;
      while (!at(TokenKind::RBracket) && !starts_line(pos_) && !panic_) {
        bool rest = eat(TokenKind::DotDot) || eat(TokenKind::DotDotEq);
        if (!rest || at_name()) keep(pattern());
        if (!eat(TokenKind::Comma)) break;
      }
      if (panic_ || !at(TokenKind::RBracket)) {
        pos_ = first;
        skip_brackets();
      } else ++pos_;
      report<Diag::NoPatternOfArrays>(between(first, pos_ - 1))
          .help("match on `xs.len()`, or look at single elements with `xs.get(i)`, `xs.first()` and `xs.last()`");
      return add(NodeKind::PatTuple, first, flush(from), kNone, kHasError);
    }
    case TokenKind::LBrace: {   // {:ok, value} of Elixir: the names in it are known from here on
      ++pos_;
      report<Diag::UnexpectedToken>(token_span(first), "a pattern", "`{`")
          .note("one of several forms is a variant of an `enum`, which may carry values: `.Found(x)`")
          .help("a tuple is taken apart with `(a, b)`");
      int reports = std::exchange(reports_, 1 << 20);
      uint32_t from = mark();
      while (!at(TokenKind::RBrace) && !starts_line(pos_) && !panic_) {
        keep(pattern());
        if (!eat(TokenKind::Comma)) break;
      }
      reports_ = reports;
      panic_ = hopeless_;
      pos_ = first;
      skip_brackets();
      return add(NodeKind::PatTuple, first, flush(from), kNone, kHasError);
    }
    case TokenKind::Colon: {   // :ok of Elixir and Ruby
      if (next_kind() != TokenKind::Ident || !touches(pos_ + 1)) {
        unexpected(wanted);
        return error_node();
      }
      pos_ += 2;
      std::string variant(text(pos_ - 1));
      if (variant[0] >= 'a' && variant[0] <= 'z') variant[0] = static_cast<char>(variant[0] - 32);
      report<Diag::ForeignWord>(between(first, pos_ - 1), text_between(first, pos_ - 1), "." + variant)
          .note("a word that stands for itself is a variant of an `enum`");
      return add(NodeKind::Error, first);
    }
    case TokenKind::StrBegin: {
      string();
      report<Diag::NotAPattern>(between(first, pos_ - 1), text_between(first, pos_ - 1))
          .help("a pattern is fixed; compare with `==` after `when`");
      return add(NodeKind::Error, first);
    }
    case TokenKind::KwMut:
    case TokenKind::KwVar:
    case TokenKind::KwLet: {
      ++pos_;
      report<Diag::UnexpectedToken>(token_span(first), "a pattern", found_text(first))
          .help("a name in a pattern is new by itself, and does not change");
      return pattern_atom();
    }
    case TokenKind::Ident: {
      if (at_word(Word::Underscore)) {
        ++pos_;
        return add(NodeKind::PatWild, first);
      }
      if (at_word(Word::Case) && !starts_line(pos_ + 1) && kTraits[static_cast<uint8_t>(next_kind())].starts_value &&
          next_kind() != TokenKind::LParen && next_kind() != TokenKind::LBrace) {
        ++pos_;
        report<Diag::NotNeeded>(token_span(first), "case")
            .note("an arm of `match` is written `pattern => value,`")
            .fix({token_span(first).lo, token_span(pos_).lo}, "", "remove it");
        return pattern_atom();
      }
      if (at_word(Word::Default) && (next_kind() == TokenKind::FatArrow || next_kind() == TokenKind::Colon)) {
        ++pos_;
        foreign(token_span(first), "default", "_");
        return add(NodeKind::PatWild, first);
      }
      bool path_follows = next_kind() == TokenKind::Dot || colons_at(pos_ + 1);
      if (!is_upper(pos_) && !path_follows && next_kind() != TokenKind::LParen &&
          !(next_kind() == TokenKind::LBrace && !no_brace_)) {
        ++pos_;
        return add(NodeKind::PatBind, first, values_[first]);
      }
      if (is_range(next_kind())) {  // A..B with constants
        ++pos_;
        NodeId low = add(NodeKind::Ident, first, values_[first]);
        return pattern_range(low, first);
      }
      uint32_t names = path();
      if (is_range(kind()) && !panic_ && !starts_line(pos_)) return limit_in_range(first, pos_);
      return pattern_path(add(NodeKind::PatName, pos_ - 1, names));
    }
    default: unexpected(wanted); return error_node();
  }
}

NodeId Parser::pattern_literal() {
  uint32_t first = pos_++;
  switch (kind_at(first)) {
    case TokenKind::IntLit: return add(NodeKind::IntLit, first);
    case TokenKind::FloatLit: return add(NodeKind::FloatLit, first);
    case TokenKind::CharLit: return add(NodeKind::CharLit, first);
    case TokenKind::StrLit: return add(NodeKind::StringLit, first, values_[first]);
    case TokenKind::KwTrue: return add(NodeKind::BoolLit, first, 1);
    case TokenKind::KwFalse: return add(NodeKind::BoolLit, first, 0);
    case TokenKind::KwNull: return add(NodeKind::NullLit, first);
    case TokenKind::Minus: {
      if (!at(TokenKind::IntLit) && !at(TokenKind::FloatLit)) {
        unexpected("a number");
        return error_node();
      }
      ++pos_;
      NodeId number = add(kind_at(pos_ - 1) == TokenKind::IntLit ? NodeKind::IntLit : NodeKind::FloatLit, pos_ - 1);
      return add(NodeKind::Unary, first, +number, kNone, 0, static_cast<uint16_t>(TokenKind::Minus));
    }
    default: return error_node();
  }
}

NodeId Parser::pattern_range(NodeId low, uint32_t from) {
  uint8_t flags = at(TokenKind::DotDotEq) ? kInclusive : 0;
  ++pos_;
  NodeId high = NodeId::None;
  if (is_number(kind())) {
    high = pattern_literal();
  } else if (at_name() && next_kind() == TokenKind::Dot && kind_at(pos_ + 2) == TokenKind::Ident) {
    return limit_in_range(from, pos_ - 1);
  } else if (at_name() && is_upper(pos_)) {
    ++pos_;
    high = add(NodeKind::Ident, pos_ - 1, values_[pos_ - 1]);
  }
  if (is_none(low) && is_none(high)) unexpected("a number");
  return add(NodeKind::PatRange, from, +low, +high, flags);
}

// (a, ..) and Some(.., b) of Rust
bool Parser::rest_of_tuple(bool& said) {
  if (!at(TokenKind::DotDot) || (next_kind() != TokenKind::Comma && next_kind() != TokenKind::RParen)) return false;
  if (!said)
    report<Diag::UnexpectedToken>(token_span(pos_), "a pattern", "`..`")
        .note("every part has a pattern of its own; `_` fits whatever stands there");
  error_token_ = pos_++;
  return said = true;
}

// At the sign of `i64.MIN..=0`, or of `1..=i64.MAX`: the least and the greatest number are left out.
NodeId Parser::limit_in_range(uint32_t first, uint32_t sign) {
  bool low = sign > first + 2;   // a path stands before the sign
  bool least = low && text(sign - 1) == "MIN";
  pos_ = sign + 1;
  bool high = at_name() && next_kind() == TokenKind::Dot;
  if (is_number(kind())) pattern_literal();
  else if (at_name()) path();
  if (panic_) return error_node();
  bool greatest = high && text(pos_ - 1) == "MAX" && kind_at(sign) == TokenKind::DotDotEq;
  bool number = !high && pos_ > sign + 1, all = least && greatest;
  Diagnostic& d = report<Diag::PatternRange>(low ? between(first, sign - 1) : between(sign + 1, pos_ - 1))
                      .note("its ends are numbers, or names of constants");
  error_token_ = sign;
  if (all || (greatest && first == sign))
    d.fix(between(first, pos_ - 1), "_", "`_` fits every value", Applicability::MaybeIncorrect);
  else if (least && number)
    d.fix(between(first, sign - 1), "", "leave the least number out", Applicability::MaybeIncorrect);
  else if (greatest && !low)
    d.fix(between(sign, pos_ - 1), "..", "leave the greatest number out", Applicability::MaybeIncorrect);
  else d.help("give it a name with `const`");
  return add(NodeKind::Error, sign);
}

// After Shape.Circle or .Circle: what it carries.
NodeId Parser::pattern_path(NodeId path) {
  if (panic_ || new_line()) return path;
  if (at(TokenKind::LParen)) {
    // Circle(radius: r): read as if the brackets were braces
    if (pos_ + 2 < last_ && next_kind() == TokenKind::Ident && kinds_[pos_ + 2] == TokenKind::Colon)
      return pattern_fields(path, TokenKind::RParen);
    uint32_t opener = pos_++;
    uint32_t from = mark();
    bool rest = false;
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    while (!at(TokenKind::RParen) && !panic_) {
      if (!rest_of_tuple(rest)) keep(pattern());
      if (!comma_or_close(TokenKind::RParen, opener)) break;
    }
    expect_close(TokenKind::RParen, opener);
    if (rest) return add(NodeKind::PatTuple, opener, flush(from), kNone, kHasError);
    return add(NodeKind::PatVariant, node(path).token, +path, flush(from));
  }
  if (at(TokenKind::LBrace) && !no_brace_) return pattern_fields(path, TokenKind::RBrace);
  return path;
}

// `{` { name [`:` pattern] `,` } `}`
NodeId Parser::pattern_fields(NodeId path, TokenKind close) {
  uint32_t opener = pos_++;
  uint32_t from = mark();
  Place place(*this, close == TokenKind::RParen, false, false);
  {
    Bracket bracket(*this);
    while (!at(close) && !panic_) {
      if (at(TokenKind::DotDot)) {  // Rust's "and the rest": here the rest may be left out without a mark
        ++pos_;
        if (!comma_or_close(close, opener)) break;
        continue;
      }
      uint32_t name = pos_;
      if (!at_any_word()) {
        unexpected("the name of a field");
        break;
      }
      ++pos_;
      NodeId inner = NodeId::None;
      if (eat(TokenKind::Colon)) inner = pattern();
      keep(add(NodeKind::PatField, name, values_[name], +inner));
      if (!comma_or_close(close, opener)) break;
    }
  }
  if (close == TokenKind::RParen && at(close)) {
    report<Diag::UnexpectedToken>(token_span(opener), "`{`", "`(`")
        .note("parts with names stand in braces, here as where the variant is declared")
        .fix({token_span(opener).lo, token_span(pos_).hi},
             " { " + std::string(text_between(opener + 1, pos_ - 1)) + " }", "write braces");
    error_token_ = opener;
  }
  expect_close(close, opener);
  return add(NodeKind::PatStruct, node(path).token, +path, flush(from));
}

}  // namespace janus
