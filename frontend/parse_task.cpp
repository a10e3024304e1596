// parse_task.cpp: nursery, supervisor, race, shield, spawn, select. Refused in :core by the checker, not here.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// options := `(` name `:` expr {`,` …} `)`
uint32_t Parser::options() {
  uint32_t opener = pos_++;
  return arguments(opener, TokenKind::RParen);
}

// nursery := (`nursery` | `supervisor` | `race` | `shield`) [options] [`|` name `|`] block
NodeId Parser::nursery(uint16_t which) {
  uint32_t first = pos_++;
  uint32_t args = kNone;
  if (at(TokenKind::LParen)) args = options();
  NameId name = NameId::None;
  if (eat(TokenKind::Pipe)) {
    name = expect_name("a name for the nursery");
    expect(TokenKind::Pipe, "`|` after the name");
  }
  NodeId inner = block(first, "the nursery");
  return add(NodeKind::Nursery, first, +inner, record(args, +name), 0, which);
}

// spawn := `spawn` [options] postfix          the options are named, else it is an operand in parentheses (ruling 30)
NodeId Parser::spawn() {
  uint32_t first = pos_++;
  uint32_t args = kNone;
  if (at(TokenKind::LParen) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::Colon)
    args = options();
  if (panic_ || new_line() || !kTraits[static_cast<uint8_t>(kind())].starts_value) {
    unexpected("the call that the new task makes");
    return error_node();
  }
  Nest nest(*this);
  NodeId what = panic_ ? error_node() : postfix();
  return add(NodeKind::Spawn, first, +what, args);
}

// child := `child` postfix
NodeId Parser::child() {
  uint32_t first = pos_++;
  Nest nest(*this);
  NodeId what = panic_ ? error_node() : postfix();
  return add(NodeKind::Child, first, +what);
}

// select := `select` `do` {case} `end`
NodeId Parser::select() {
  uint32_t first = pos_++;
  Opening opening = open_block(first, "`select`");
  uint32_t from = mark();
  {
    Nest nest(*this);
    Place place(*this, false, false, false);
    NoBrackets none(*this);
    if (opening == Opening::Brace) ++outer_brackets_;
    bool said = false;
    while (!at_block_end(opening, first, false) && !hopeless_) {
      if (eat(TokenKind::Newline)) continue;
      uint32_t start = pos_;
      if (go_select(opening, first)) break;
      bool known = at_word(Word::Recv) || at_word(Word::Send) || at_word(Word::Timeout) || at_word(Word::Closed) ||
                   at_word(Word::Default) || at_word(Word::Case);
      if (!known && said) {  // more of the same: read over it quietly
        int reports = std::exchange(reports_, 1 << 20);
        statement();
        reports_ = reports;
        recover_statement(start);
        if (pos_ == start) ++pos_;
        continue;
      }
      said |= !known;
      NodeId made = select_case();
      if (panic_) recover_statement(start);
      if (pos_ == start) ++pos_;
      keep(made);
    }
    if (opening == Opening::Brace) --outer_brackets_;
  }
  close_block(opening, first);
  return add(NodeKind::Select, first, flush(from), kNone, error_flag(first));
}

// case := `recv` ch [`|` pattern `|`] block | `send` ch `(` value `)` block | `timeout` expr block | `closed` ch block
// | `default` block
//       | `case` [pattern `=`] ch `.` (`recv` `(` `)` | `send` `(` value `)`) block | `case` `timeout` `(` expr `)`
//       block
NodeId Parser::select_case() {
  Nest nest(*this);
  uint32_t first = pos_;
  uint16_t which = 0;
  NodeId operand = NodeId::None, bound = NodeId::None, value = NodeId::None;
  // `send out(x)` and `case out.send(x)` are read as calls and taken apart.
  auto split_send = [&](NodeId made, bool method) {
    if (panic_) return;
    const Node call = node(made);
    if (call.kind == NodeKind::Call && tree_.list(call.b).size() == 1 &&
        (!method || node(NodeId(call.a)).kind == NodeKind::Member)) {
      value = tree_.list(call.b)[0];
      operand = method ? NodeId(node(NodeId(call.a)).a) : NodeId(call.a);
      return;
    }
    report<Diag::SelectCase>(token_span(first)).help("a value is sent as in `send out(value) do`");
    operand = made;
  };
  bool opened = false;
  Place place(*this, false, true, false);
  if (at_word(Word::Recv) || at_word(Word::Closed)) {
    which = at_word(Word::Recv) ? 0 : 3;
    ++pos_;
    operand = postfix();
    if (which == 0 && !panic_ && eat(TokenKind::Pipe)) {
      bound = catch_pattern();
      expect(TokenKind::Pipe, "`|` after the name");
    } else if (which == 0 && !panic_ && at(TokenKind::KwDo) && next_kind() == TokenKind::Pipe) {   // as blocks of Ruby
      uint32_t from = pos_;
      pos_ += 2;
      bound = catch_pattern();
      opened = expect(TokenKind::Pipe, "`|` after the name");
      if (opened)
        foreign(between(from, pos_ - 1), text_between(from, pos_ - 1), "|" + std::string(text(from + 2)) + "| do");
    }
  } else if (at_word(Word::Send)) {
    which = 1;
    ++pos_;
    split_send(postfix(), false);
  } else if (at_word(Word::Timeout)) {
    which = 2;
    ++pos_;
    operand = expr();
  } else if (at_word(Word::Default)) {
    which = 4;
    ++pos_;
  } else if (at_word(Word::Case)) {
    ++pos_;
    if (at(TokenKind::KwLet) || at(TokenKind::LParen) || (at_name() && next_kind() == TokenKind::Eq)) {
      eat(TokenKind::KwLet);
      bound = pattern_atom();
      expect(TokenKind::Eq, "`=`");
    }
    if (!panic_ && at_word(Word::Default)) {
      which = 4;
      ++pos_;
    } else {
      NodeId made = panic_ ? error_node() : postfix();
      if (!panic_) {
        const Node call = node(made);
        const Node callee = call.kind == NodeKind::Call ? node(NodeId(call.a)) : Node{};
        bool member = call.kind == NodeKind::Call && callee.kind == NodeKind::Member;
        if (member && callee.b == static_cast<uint32_t>(Word::Recv) && tree_.list(call.b).empty()) {
          operand = NodeId(callee.a);
        } else if (member && callee.b == static_cast<uint32_t>(Word::Send)) {
          which = 1;
          split_send(made, true);
        } else if (call.kind == NodeKind::Call && callee.kind == NodeKind::Ident &&
                   callee.a == static_cast<uint32_t>(Word::Timeout) && tree_.list(call.b).size() == 1) {
          which = 2;
          operand = tree_.list(call.b)[0];
        } else {
          report<Diag::SelectCase>(token_span(first))
              .help("after `case` stands `v = ch.recv()`, `ch.send(value)` or `timeout(ms)`");
        }
      }
    }
  } else {
    report<Diag::SelectCase>(token_span(first))
        .help("a value is received with `recv ch |v| do … end`, and sent with `send ch(value) do … end`");
    error_token_ = pos_;
    panic_ = true;
    panic_brackets_ = 0;
    return error_node();
  }
  NodeId inner;
  if (opened) {
    inner = body(Opening::Do, first, false);
    close_block(Opening::Do, first);
    tree_.lasts[+inner] = pos_ - 1;
  } else inner = block(first, "the case");
  return add(NodeKind::SelectCase, first, record(+operand, +bound, +value), +inner, 0, which);
}

}   // namespace janus
