// parse_foreign_block.cpp: blocks of Elixir, Erlang and Ruby: case, fn, receive, cond: read as ours where that is
// possible. Depends on parse_internal.h. SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// A block of which nothing is understood: what it holds is read over quietly.
void Parser::skip_foreign_block(uint32_t header) {
  int reports = std::exchange(reports_, 1 << 20);
  Diagnostic* braces = std::exchange(braces_, nullptr);
  foreign_block(header);
  braces_ = braces;
  reports_ = reports;
}

// At `case`: does a block begin on this line, before an arm does?
bool Parser::at_case_block() const {
  if (!at_word(Word::Case) || starts_line(pos_ + 1) || !kTraits[static_cast<uint8_t>(next_kind())].starts_value ||
      next_kind() == TokenKind::KwDo)
    return false;
  for (uint32_t t = pos_ + 1; t < last_ && !starts_line(t); ++t) {
    if (kinds_[t] == TokenKind::KwDo) return true;
    if (kinds_[t] == TokenKind::Arrow || kinds_[t] == TokenKind::FatArrow || kinds_[t] == TokenKind::Eq ||
        kinds_[t] == TokenKind::Newline)
      return false;
  }
  return false;
}

// case x do pattern -> value … end: one report, with an edit for everything that differs.
NodeId Parser::case_block() {
  Diagnostic& d = report<Diag::ForeignWord>(token_span(pos_), "case … do … end", "match … { … }")
                      .note("an arm of `match` is written `pattern => value,`")
                      .fix(token_span(pos_), "match", "write it as a `match`");
  arms_report_ = &d != ignored_.get() ? &d : nullptr;
  return match_expr();
}

// Does this line begin like an arm, `pattern -> …`?
bool Parser::at_foreign_arm() const {
  if (is_keyword_statement(kind())) return false;
  uint32_t depth = 0;
  for (uint32_t t = pos_; t < last_ && (t == pos_ || !starts_line(t)); ++t) {
    switch (kinds_[t]) {
      case TokenKind::LParen:
      case TokenKind::LBracket:
      case TokenKind::LBrace: ++depth; break;
      case TokenKind::RParen:
      case TokenKind::RBracket:
      case TokenKind::RBrace: depth -= depth > 0; break;
      case TokenKind::Arrow:
      case TokenKind::FatArrow:
        if (depth == 0) return true;
        break;
      case TokenKind::KwDo: return false;
      default: break;
    }
  }
  return false;
}

// Behind the `->` of such an arm: statements, up to the line that begins the next one.
NodeId Parser::arm_lines(uint32_t arrow, Diagnostic& one) {
  Nest nest(*this);
  if (panic_) return error_node();
  uint32_t from = mark(), first = pos_, count = 0;
  NodeId made;
  bool semi = false;   // the arm ends at a `;`
  do {
    made = statement();
    if (panic_) return error_node();
    keep(made);
    ++count;
    if (eat(TokenKind::Newline)) {   // `println(x); return x` goes on with the same arm, `1 -> a; 2 -> b` does not
      semi = at_foreign_arm() || at(TokenKind::KwEnd);
      if (semi) --pos_;
    }
  } while (!semi && (starts_line(pos_) || kind_at(pos_ - 1) == TokenKind::Newline) && !at(TokenKind::KwEnd) &&
           !at(TokenKind::RBrace) && !at(TokenKind::EndOfFile) && !at_foreign_arm());
  uint32_t list = flush(from);
  if (count == 1 && node(made).kind != NodeKind::Let) return made;
  if (starts_line(first)) one.fix(after(arrow), " do", "");
  else one.fix({token_span(first).lo, token_span(first).lo}, "do ", "");
  one.fix(after(pos_ - 1), "\n" + std::string(line_column(arrow), ' ') + "end", "");
  return add(NodeKind::Block, arrow, list);
}

// After `fn` or `fun`: names and an arrow, and no block that begins on this line as a function of ours would.
bool Parser::arrow_closure_ahead() const {
  uint32_t t = pos_;
  bool paren = kind_at(t) == TokenKind::LParen;
  if (paren) ++t;
  while (kind_at(t) == TokenKind::Ident && !starts_line(t)) {
    ++t;
    if (kind_at(t) != TokenKind::Comma) break;
    ++t;
  }
  if (paren && kind_at(t++) != TokenKind::RParen) return false;
  if (kind_at(t) != TokenKind::Arrow || starts_line(t)) return false;
  if (!paren) return true;
  for (++t; t < last_ && !starts_line(t); ++t)
    if (kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::LBrace) return false;
  return true;
}

// fn x -> x * 2 end of Elixir, fun x -> x * 2 of F#
NodeId Parser::arrow_closure(uint32_t token) {
  Nest nest(*this);
  if (panic_) return error_node();
  bool paren = eat(TokenKind::LParen);
  uint32_t first = pos_, from = mark();
  while (at_name()) {
    keep(add(NodeKind::Param, pos_, values_[pos_], record(kNone, kNone)));
    ++pos_;
    if (!eat(TokenKind::Comma)) break;
  }
  std::string names(text_between(first, pos_ - 1));
  uint32_t list = flush(from);
  if (paren) eat(TokenKind::RParen);
  uint32_t arrow = pos_++;
  NodeId inner;
  bool lines = starts_line(pos_);
  if (lines) {
    inner = body(Opening::Do, token, false);
  } else {
    NoBrackets none(*this);
    Place place(*this, false, false, false);
    inner = simple_statement();
  }
  if (panic_) return error_node();
  Diagnostic& d = report<Diag::ForeignClosure>(between(token, arrow))
                      .fix(between(token, arrow), "{ |" + names + "|", "write `{ |" + names + "| … }`");
  if (at(TokenKind::KwEnd) && (lines || !starts_line(pos_))) d.fix(token_span(pos_++), "}", "");
  else d.fix(after(pos_ - 1), " }", "");
  return add(NodeKind::Closure, token, list, record(kNone, +inner), kShort);
}

// receive do … end of Elixir, cond do … end: not understood, only said.
bool Parser::unknown_block(uint32_t token) {
  std::string_view word = text(token);
  bool receives = word == "receive";
  if (starts_line(pos_) || !(at(TokenKind::KwDo) || (receives && at(TokenKind::LBrace))) ||
      (!receives && word != "cond"))
    return false;
  if (receives)
    report<Diag::ForeignWord>(token_span(token), "receive do … end", "if let v = ch.recv() do … end")
        .note("a task has no mailbox: what it is to receive comes through a channel, made with `channel()`")
        .help("from several channels, whichever has something first: `select do recv ch |v| do … end … end`");
  else report<Diag::ForeignWord>(token_span(token), "cond do … end", "if … do … else if … do … else … end");
  error_token_ = token;
  skip_foreign_block(token);
  return true;
}

}  // namespace janus
