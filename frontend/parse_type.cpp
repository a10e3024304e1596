// parse_type.cpp: types.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// type := union | [union] `!` union          `|` binds tighter than `!` (ruling 59)
NodeId Parser::type(bool joins) {
  bool outer = std::exchange(closes_at_pipe_, !joins);
  NodeId made = whole_type(joins);
  closes_at_pipe_ = outer;
  return panic_ ? error_node() : made;   // half a type would be asked about
}

NodeId Parser::whole_type(bool joins) {
  if (panic_) return error_node();
  uint32_t first = pos_;
  if (eat(TokenKind::Bang)) {
    NodeId right = type_union(joins);
    return add(NodeKind::TypeFallible, first, kNone, +right, kShort);
  }
  NodeId left = type_union(joins);
  if (at(TokenKind::Bang) && !new_line() && !panic_) {
    uint32_t bang = pos_++;
    NodeId right = type_union(joins);
    return add(NodeKind::TypeFallible, bang, +left, +right);
  }
  return left;
}

// union := atom { `|` atom }
NodeId Parser::type_union(bool joins) {
  uint32_t first = pos_;
  NodeId left = type_atom();
  if (!joins || !at(TokenKind::Pipe) || new_line()) return left;
  uint32_t from = mark();
  keep(left);
  while (joins && at(TokenKind::Pipe) && !new_line() && !panic_) {
    ++pos_;
    if (at(TokenKind::KwNull) ||
        (at_name() && (text(pos_) == "None" || text(pos_) == "nil" || text(pos_) == "undefined"))) {
      std::string inner(text_between(first, pos_ - 2));
      ++pos_;
      foreign(between(first, pos_ - 1), text_between(first, pos_ - 1), "?" + inner);
      continue;
    }
    keep(type_atom());
  }
  if (mark() - from == 1) {  // T | null
    scratch_.resize(from);
    return add(NodeKind::TypeOptional, first, +left);
  }
  return add(NodeKind::TypeUnion, first, flush(from));
}

// atom := `?` atom | `[` `]` atom | `[` expr `]` atom | `(` [types] `)` | func type | `dyn` atom | name
NodeId Parser::type_atom() {
  Nest nest(*this);
  uint32_t first = pos_;
  NodeId made;
  switch (kind()) {
    case TokenKind::Question:
      ++pos_;
      made = type_atom();
      return add(NodeKind::TypeOptional, first, +made);
    case TokenKind::QuestionQuestion: {  // in a type these are two marks
      ++pos_;
      NodeId inner = type_atom();
      inner = add(NodeKind::TypeOptional, first, +inner);
      return add(NodeKind::TypeOptional, first, +inner);
    }
    case TokenKind::LBracket: {
      if (made = foreign_bracket_type(); is_some(made)) return made;
      ++pos_;
      if (eat(TokenKind::RBracket)) {
        made = type_atom();
        return add(NodeKind::TypeArray, first, +made);
      }
      NodeId length;
      {
        Place place(*this, true, false, false);
        Bracket bracket(*this);
        length = expr();
        expect_close(TokenKind::RBracket, first);
      }
      made = type_atom();
      return add(NodeKind::TypeFixed, first, +made, +length);
    }
    case TokenKind::LParen: {
      ++pos_;
      uint32_t from = mark();
      uint32_t count = 0;
      {
        Place place(*this, true, false, false);
        Bracket bracket(*this);
        while (!at(TokenKind::RParen) && !panic_) {
          keep(type());
          ++count;
          if (!comma_or_close(TokenKind::RParen, first)) break;
        }
        expect_close(TokenKind::RParen, first);
      }
      bool single = count == 1 && kind_at(pos_ - 2) != TokenKind::Comma;
      if (at(TokenKind::Arrow) && !new_line()) {  // (A) -> B
        ++pos_;
        uint32_t list = flush(from);
        NodeId result = type(!closes_at_pipe_);
        NodeId func = add(NodeKind::TypeFunc, first, list, +result);
        if (!panic_)
          foreign(between(first, pos_ - 1), text_between(first, pos_ - 1),
                  "func" + std::string(text_between(first, pos_ - 1)));
        return func;
      }
      if (single) {
        made = NodeId(scratch_.back());
        scratch_.resize(from);
        return made;
      }
      return add(NodeKind::TypeTuple, first, flush(from));
    }
    case TokenKind::KwFunc: return type_func();
    case TokenKind::Amp:
    case TokenKind::Star: {
      while (at(TokenKind::Amp) || at(TokenKind::Star) || at(TokenKind::KwMut) || at(TokenKind::KwConst)) ++pos_;
      if (sovereign_ && kinds_[first] == TokenKind::Star) {
        report<Diag::NotAvailableYet>(between(first, pos_ - 1), "*")
            .with_label("a raw pointer")
            .note("`:sovereign` has raw pointers, and this version of Janus does not know them yet")
            .help("hand a value to the other language as it is, and let its code keep the pointers");
        type_atom();
        return add(NodeKind::Error, first);
      }
      no_pointers(between(first, pos_ - 1), {token_span(first).lo, token_span(pos_).lo});
      return type_atom();
    }
    case TokenKind::Ident:
      if (at_word(Word::Dyn) && !starts_line(pos_ + 1) &&
          (next_kind() == TokenKind::Ident || next_kind() == TokenKind::LParen)) {
        ++pos_;
        made = type_atom();
        return add(NodeKind::TypeDyn, first, +made);
      }
      if (made = foreign_named_type(); is_some(made)) return made;
      return type_name();
    case TokenKind::Error: unexpected("a type"); return error_node();
    default:
      if (is_keyword(kind()) && kind() == TokenKind::KwStruct) {
        unexpected("the name of a type");
        return error_node();
      }
      unexpected("a type");
      return error_node();
  }
}

// At `::` before a name, as in E::A of Rust and C++.
bool Parser::colons_at(uint32_t token) const {
  return kind_at(token) == TokenKind::Colon && kind_at(token + 1) == TokenKind::Colon && touches(token + 1) &&
         kind_at(token + 2) == TokenKind::Ident && touches(token) && touches(token + 2);
}

// path := name { `.` name }
uint32_t Parser::path() {
  uint32_t from = mark();
  uint32_t token = pos_++;
  keep(add(NodeKind::ImportName, token, values_[token]));
  while (!panic_) {
    if (colons_at(pos_)) {
      foreign(between(pos_, pos_ + 1), "::", ".");
      ++pos_;
    } else if (!at(TokenKind::Dot) || !(next_kind() == TokenKind::Ident || is_keyword(next_kind()))) {
      break;
    }
    pos_ += 2;
    keep(add(NodeKind::ImportName, pos_ - 1, values_[pos_ - 1]));
  }
  return flush(from);
}

// name := path [ `[` types `]` | `(` types `)` ]
NodeId Parser::type_name() {
  uint32_t first = pos_;
  uint32_t names = path();
  uint32_t name_token = pos_ - 1;
  uint32_t args = kNone;
  if (new_line() || panic_) return add(NodeKind::TypeName, name_token, names);
  if (at(TokenKind::LBracket) && next_kind() == TokenKind::RBracket) {  // String[]
    std::string element(text_between(first, pos_ - 1));
    NodeId made = add(NodeKind::TypeName, name_token, names);
    pos_ += 2;
    foreign(between(first, pos_ - 1), element + "[]", "[]" + element);
    return add(NodeKind::TypeArray, first, +made);
  }
  if (at(TokenKind::LBracket) || at(TokenKind::LParen)) {
    uint32_t opener = pos_++;
    args = type_list(kind_at(opener) == TokenKind::LBracket ? TokenKind::RBracket : TokenKind::RParen, opener);
  } else if (at(TokenKind::Less) && text(name_token) == "Result" && next_kind() != TokenKind::Greater) {
    return result_type(first);
  } else if (at(TokenKind::Less)) {
    uint32_t opener = pos_++;
    uint32_t from = mark();
    while (!panic_) {
      keep(type());
      if (!eat(TokenKind::Comma)) break;
    }
    args = flush(from);
    bool closed = at(TokenKind::Greater) || at(TokenKind::GreaterGreater);
    Diagnostic& d = report<Diag::AngleBrackets>(token_span(opener));
    if (at(TokenKind::Greater)) {
      d.fix(token_span(opener), "[", "write `" + std::string(text(name_token)) + "[…]`").fix(token_span(pos_), "]", "");
      ++pos_;
    } else if (closed) {  // >> closes two: leave the second one to the outer list
      d.fix(token_span(opener), "[", "write `" + std::string(text(name_token)) + "[…]`");
      if (angle_half_) {
        angle_half_ = false;
        ++pos_;
        d.fix(token_span(pos_ - 1), "]]", "");
      } else angle_half_ = true;
    }
  }
  NodeId made = add(NodeKind::TypeName, name_token, names, args);
  if (at(TokenKind::Question) && touches(pos_)) {  // String?
    std::string inner(text_between(first, pos_ - 1));
    ++pos_;
    foreign(between(first, pos_ - 1), inner + "?", "?" + inner);
    return add(NodeKind::TypeOptional, first, +made);
  }
  if ((at(TokenKind::Star) || at(TokenKind::Amp)) && touches(pos_) && !panic_) {  // String* and String&
    no_pointers(token_span(pos_), token_span(pos_));
    ++pos_;
  }
  return made;
}

uint32_t Parser::type_list(TokenKind close, uint32_t opener) {
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  uint32_t from = mark();
  while (!at(close) && !panic_) {
    // Array lengths and the like: a number may be an argument
    keep(at(TokenKind::IntLit) ? expr() : type());
    if (!comma_or_close(close, opener)) break;
  }
  expect_close(close, opener);
  return flush(from);
}

// func type := `func` `(` [ ([`mut`] [name `:`] type) {`,` …} ] `)` [ [`->`] type ]
NodeId Parser::type_func() {
  uint32_t first = pos_++;
  uint32_t opener = pos_;
  if (!expect(TokenKind::LParen, "`(` with the types of the parameters")) return error_node();
  uint32_t from = mark();
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    while (!at(TokenKind::RParen) && !panic_) {
      uint32_t token = pos_;
      bool is_mut = eat(TokenKind::KwMut);
      NameId name = NameId::None;
      if (at_name() && next_kind() == TokenKind::Colon) {
        token = pos_;
        name = NameId(values_[pos_]);
        pos_ += 2;
      }
      NodeId inner = type();
      if (is_mut || is_some(name)) inner = add(NodeKind::Param, token, +name, record(+inner, kNone), is_mut ? kMut : 0);
      keep(inner);
      if (!comma_or_close(TokenKind::RParen, opener)) break;
    }
    expect_close(TokenKind::RParen, opener);
  }
  uint32_t list = flush(from);
  NodeId result = return_type();
  return add(NodeKind::TypeFunc, first, list, +result);
}

}  // namespace janus
