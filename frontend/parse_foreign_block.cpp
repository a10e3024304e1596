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
  for (uint32_t t = pos_ + 1; t < ahead() && !starts_line(t); ++t) {
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
  for (uint32_t t = pos_; t < ahead() && (t == pos_ || !starts_line(t)); ++t) {
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
           !at(TokenKind::RBrace) && !at(TokenKind::EndOfFile) &&
           !(starts_line(pos_) && column(pos_) <= line_column(arrow)) && !at_foreign_arm());
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
  while (kind_at(t) == TokenKind::Ident && !starts_line(t) && t < ahead()) {
    ++t;
    if (kind_at(t) != TokenKind::Comma) break;
    ++t;
  }
  if (paren && kind_at(t++) != TokenKind::RParen) return false;
  if (kind_at(t) != TokenKind::Arrow || starts_line(t)) return false;
  if (!paren) return true;
  for (++t; t < ahead() && !starts_line(t); ++t)
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
  bool receives = is_word(token, Word::Receive);
  if (starts_line(pos_) || !(at(TokenKind::KwDo) || (receives && at(TokenKind::LBrace))) ||
      (!receives && !is_word(token, Word::Cond)))
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

// At the `else` of `guard … else` and `let … else`: what is done otherwise. `word` takes the place of `else`.
NodeId Parser::else_block(Diagnostic& d, uint32_t header, std::string word) {
  uint32_t first = pos_++, last = first;
  if (!starts_line(pos_) && !at(TokenKind::KwDo) && !at(TokenKind::LBrace)) {   // else return
    d.fix(token_span(first), word, "");
    return simple_statement();
  }
  Opening how = at(TokenKind::LBrace) ? Opening::Brace : Opening::Do;
  if (at(TokenKind::KwDo) || at(TokenKind::LBrace)) last = pos_++;
  d.fix(between(first, last), word + (word.empty() ? "do" : " do") + (touches(last + 1) ? " " : ""), "");
  NodeId made = body(how, header, false);
  if (how == Opening::Do) close_block(how, header);
  else if (at(TokenKind::RBrace)) d.fix(token_span(pos_++), "end", "");
  else if (!panic_) missing_end(header);
  return made;
}

// guard let x = f() else { return } of Swift, let x = f() else { … } of Rust: `value` is read, `else` comes next.
NodeId Parser::let_else(uint32_t first, NodeId value) {
  bool guard = kind_at(first) == TokenKind::Ident;
  uint32_t op = pos_;
  Diagnostic& d = report<Diag::ForeignWord>(token_span(guard ? first : op), guard ? "guard let … else" : "let … else",
                                            "let x = … ?? return")
                      .note("`a ?? b` is `a`, or `b` when `a` is `null`; `b` may also leave the function");
  if (guard) d.fix({token_span(first).lo, token_span(first + 1).lo}, "", "write `??`");
  else d.fix(after(op - 1), "", "write `??`");
  NodeId other = else_block(d, first, "??");
  return add(NodeKind::Coalesce, op, +value, +other);
}

// guard x > 0 else { return }
bool Parser::at_guard() const {
  if (!at_word(Word::Guard) || starts_line(pos_ + 1)) return false;
  bool value = next_kind() == TokenKind::KwLet || next_kind() == TokenKind::KwVar ||
               (kTraits[static_cast<uint8_t>(next_kind())].starts_value && next_kind() != TokenKind::Dot);
  for (uint32_t t = pos_ + 1; value && t < ahead() && !starts_line(t); ++t)
    if (kinds_[t] == TokenKind::KwElse) return true;
  return false;
}
NodeId Parser::guard_statement() {
  uint32_t token = pos_++;
  if (at(TokenKind::KwLet) || at(TokenKind::KwVar)) return let(token);
  uint32_t first = pos_;
  NodeId cond = condition();
  if (panic_) return error_node();
  std::string test(text_between(first, pos_ - 1));
  Diagnostic& d = report<Diag::ForeignWord>(token_span(token), "guard … else", "if not … do … end")
                      .fix(between(token, pos_ - 1), "if not (" + test + ")", "write `if not (" + test + ")`");
  cond = add(NodeKind::Unary, first, +cond, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
  if (!at(TokenKind::KwElse)) {
    unexpected("`else`");
    return error_node();
  }
  bool bare = !starts_line(pos_ + 1) && next_kind() != TokenKind::KwDo && next_kind() != TokenKind::LBrace;
  NodeId otherwise = else_block(d, token, bare ? "do" : "");
  if (bare) {
    uint32_t from = mark();
    keep(otherwise);
    otherwise = add(NodeKind::Block, token, flush(from));
    d.fix(after(pos_ - 1), " end", "");
  }
  return add(NodeKind::If, token, +cond, record(+otherwise, kNone));
}

// x is T, x is Shape.Circle(r), x instanceof T: with a name of a type or variant behind it.
bool Parser::at_type_test() const {
  if (starts_line(pos_) || starts_line(pos_ + 1) || !(at_word(Word::ForeignIs) || at_word(Word::Instanceof)))
    return false;
  uint32_t t = pos_ + 1 + (next_kind() == TokenKind::KwNot);
  if (kind_at(t) == TokenKind::Dot) return true;
  if (kind_at(t) != TokenKind::Ident || !(is_upper(t) || known_type(t))) return false;
  for (std::string_view value : {"None", "Nothing", "Nil", "NULL", "Null", "True", "False", "TRUE", "FALSE"})
    if (text(t) == value) return false;
  return true;
}
NodeId Parser::type_test(NodeId left, uint32_t from) {
  uint32_t token = pos_++;
  bool negated = eat(TokenKind::KwNot), type = known_type(pos_) || text(pos_) == "String";
  uint32_t first = pos_;
  NodeId bound = pattern_atom();
  if (panic_) return error_node();
  bool is_long = token - from > 100;   // x is A is A is A …: each would repeat all before it
  std::string pattern(text_between(first, pos_ - 1)), value(is_long ? "…" : text_between(from, token - 1));
  Diagnostic& d = report<Diag::ForeignWord>(token_span(token), "x " + std::string(text(token)) + " …", "if let … = x");
  error_token_ = token;
  if (type) {
    d.note("what type a value has is known before the program runs: there is nothing to ask")
        .help("a value that may be of several kinds is an `enum`, and `match` tells its variants apart");
    return add(NodeKind::Error, token);
  }
  d.note("a pattern tells which variant a value is, and takes out what it carries");
  if (is_long || negated || !in_condition_ || nl_off_ || kind_at(from - 1) == TokenKind::KwNot) {
    d.help("write `match " + value + " { " + pattern + " => …, _ => … }`");
    return add(NodeKind::Error, token);
  }
  d.fix(between(from, pos_ - 1), "let " + pattern + " = " + value, "write `let " + pattern + " = " + value + "`");
  return add(NodeKind::LetCond, token, +bound, +left);
}

}  // namespace janus
