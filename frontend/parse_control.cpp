// parse_control.cpp: if, while, for, match.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// ---- control flow

// condition := expr, where `let pattern = value` may stand between `and`
NodeId Parser::condition() {
  Nest nest(*this);
  Place place(*this, false, true, true);
  if (panic_) return error_node();
  if (at(TokenKind::KwDo) || at(TokenKind::LBrace)) {
    unexpected("a condition");
    return error_node();
  }
  uint32_t first = pos_;
  NodeId made = expr_here();
  if (at(TokenKind::Eq) && !panic_) made = assign_in_condition(made);
  return panic_ ? made : statement_in_head(made, first);
}

// if let x = f(); x > 3 do · if x := f(); x > 3 do of Go, and `if x := f() do` of Python: what makes a name is a
// statement of its own. The name is known in what follows, and nothing is said about it.
NodeId Parser::statement_in_head(NodeId made, uint32_t first) {
  bool colon = at(TokenKind::Colon) && next_kind() == TokenKind::Eq && touches(pos_ + 1) && pos_ == first + 1 &&
               node(made).kind == NodeKind::Ident;
  bool semi = at(TokenKind::Newline) && !starts_line(pos_ + 1) && node(made).kind == NodeKind::LetCond;
  if (!colon && !(semi && body_ahead_behind(pos_ + 1))) return made;
  uint32_t sign = pos_;
  uint32_t bound = node(made).a;
  if (colon) {
    pos_ += 2;
    expr();
    if (panic_) return error_node();
    bound = +add(NodeKind::PatBind, first, values_[first]);
    semi = at(TokenKind::Newline) && !starts_line(pos_ + 1);
  }
  std::string line = colon ? "let " + std::string(text(first)) + " = " + std::string(text_between(sign + 2, pos_ - 1))
                           : std::string(text_between(first, pos_ - 1));
  if (line.size() > 60 || line.find('\n') != std::string::npos) line = "let x = …";
  Diagnostic& d = colon ? report<Diag::ColonEquals>(between(sign, sign + 1))
                        : report<Diag::UnexpectedToken>(token_span(sign), "`do`", "`;`");
  if (kind_at(first - 1) == TokenKind::KwWhile)
    d.help("what is made anew in each turn stands in the loop: `while true do`, `" + line + "`, `if … do break end`");
  else d.help("write `" + line + "` on a line of its own, above this one");
  error_token_ = sign;
  NodeId unknown = error_node();
  NodeId left = add(NodeKind::LetCond, first, bound, +unknown);
  if (!semi) return left;
  ++pos_;
  NodeId right = expr_here();
  return add(NodeKind::Binary, sign, +left, +right, 0, static_cast<uint16_t>(TokenKind::KwAnd));
}

// if := `if` condition block-start {`else` `if` condition …} [`else` [`do`] body] `end`     `else if` on one line
// (ruling 16)
NodeId Parser::if_expr() {
  uint32_t first = pos_;
  uint32_t from = mark();  // condition, block, token of each branch
  NodeId otherwise = NodeId::None;
  Opening opening;
  uint32_t header = pos_;
  Diagnostic* missing_do = nullptr;
  while (true) {
    uint32_t token = pos_++;
    NodeId cond = condition();
    // if if c do … end: the second one has no `else`, so it is no value, and no `do` follows.
    if (token == first && !panic_ && kind_at(token + 1) == TokenKind::KwIf && node(cond).kind == NodeKind::If &&
        !at(TokenKind::KwDo) && is_none(tree_.record_node(node(cond).b, 1))) {
      report<Diag::NotNeeded>(token_span(token), "if")
          .note("it stands here twice")
          .fix({token_span(token).lo, token_span(token + 1).lo}, "", "remove it");
      error_token_ = token;
      return cond;
    }
    opening = open_block(header, is_foreign(NameId(values_[token])) && kind_at(token) == TokenKind::Ident
                                     ? "the condition"
                                     : "the condition of `if`");
    if (missing_do_ && !missing_do) missing_do = missing_do_;
    NodeId then = body(opening, header, true);
    scratch_.push_back(+cond);
    scratch_.push_back(+then);
    scratch_.push_back(token);
    if (panic_) break;
    if (opening == Opening::Brace) {
      if (!at(TokenKind::RBrace)) {
        close_block(opening, header);
        break;
      }
      close_brace_fix(pos_++);
      if (!at(TokenKind::KwElse) && !at_else_word()) break;
    }
    if (opening == Opening::Indent && starts_line(pos_) && column(pos_) < line_column(header)) {
      close_block(opening, header, missing_do);
      break;
    }
    if (at_else_word()) {
      foreign(pos_, "else if");
      grow(token);
      continue;  // its word stands where `if` would
    }
    if (!at(TokenKind::KwElse)) {
      close_block(opening, header, missing_do);
      break;
    }
    uint32_t else_token = pos_++;
    if (at(TokenKind::KwIf) && !starts_line(pos_)) {
      grow(token);
      if (hopeless_) break;
      continue;
    }
    if (at(TokenKind::KwIf) && split_else_ == kNone && column(pos_) <= line_column(else_token)) split_else_ = pos_;
    Opening else_opening = opening == Opening::Indent ? Opening::Indent : Opening::Do;
    if (at(TokenKind::LBrace) && next_kind() != TokenKind::Pipe) {
      braces(pos_++);
      else_opening = Opening::Brace;
    } else if (at(TokenKind::Colon) && starts_line(pos_ + 1)) {  // else: of Python
      if (missing_do) missing_do->fix(token_span(pos_), "", "");
      else report<Diag::UnexpectedToken>(token_span(pos_), "a statement", "`:`").fix(token_span(pos_), "", "remove it");
      ++pos_;
    } else {
      eat(TokenKind::KwDo);
    }
    otherwise = body(else_opening, else_opening == Opening::Indent ? header : else_token, false);
    close_block(else_opening, header, missing_do);
    tree_.lasts[+otherwise] = pos_ - 1;
    break;
  }
  // Built from the last branch to the first, so that a long chain needs no recursion.
  NodeId made = otherwise;
  for (size_t i = scratch_.size(); i > from; i -= 3)
    made = add(NodeKind::If, scratch_[i - 1], scratch_[i - 3], record(scratch_[i - 2], +made), error_flag(first));
  scratch_.resize(from);
  return made;
}

// while := [label `:`] `while` condition block
NodeId Parser::while_expr(NameId label) {
  uint32_t token = pos_++;
  NodeId cond = condition();
  NodeId inner = block(token, "the condition of `while`");
  return add(NodeKind::While, token, +cond, record(+inner, +label));
}

// for := [label `:`] `for` pattern [`,` pattern] `in` expr block
NodeId Parser::for_expr(NameId label, bool parallel) {
  uint32_t token = pos_++;
  if (!starts_line(pos_)) {
    NodeId foreign_loop = c_style_for(token, label);
    if (is_some(foreign_loop)) return foreign_loop;
  }
  uint32_t opener = kNone;
  if (at(TokenKind::LParen)) {  // for (x in xs)
    uint32_t t = pos_ + 1;
    if (kind_at(t) == TokenKind::KwLet || kind_at(t) == TokenKind::KwVar || kind_at(t) == TokenKind::KwConst) ++t;
    if (kind_at(t) == TokenKind::Ident && (kind_at(t + 1) == TokenKind::KwIn || is_word(t + 1, Word::ForeignOf))) {
      opener = pos_;
      pos_ = t;
    }
  } else if ((at(TokenKind::KwLet) || at(TokenKind::KwVar) || at(TokenKind::KwConst)) &&
             next_kind() == TokenKind::Ident) {
    report<Diag::UnexpectedToken>(token_span(pos_), "the name of the element", found())
        .note("the name after `for` is new by itself")
        .fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
    ++pos_;
  }
  uint32_t from = mark();
  keep(pattern_atom("a name"));
  if (!panic_ && eat(TokenKind::Comma)) keep(pattern_atom("a name"));
  uint32_t names = flush(from);
  NodeId items;
  if (!panic_ && at_word(Word::ForeignOf)) foreign(pos_++, "in");
  else if (!panic_ && at(TokenKind::Less) && next_kind() == TokenKind::Minus) {   // for x <- xs
    foreign(between(pos_, pos_ + 1), "<-", "in");
    pos_ += 2;
  } else if (!panic_ && (at(TokenKind::Eq) || at(TokenKind::Colon)) && !new_line()) {   // for i = 1, 10 and for x : xs
    uint32_t sign = pos_++;
    if (kind_at(sign) == TokenKind::Colon && at(TokenKind::Eq)) ++pos_;
    report<Diag::ForeignLoop>(between(sign, pos_ - 1), "for x in xs do … end")
        .note("numbers are counted with `for i in 0..n do`");
    error_token_ = sign;
    bool found = skip_to_opening();
    if (!found) pos_ = end_of_line();
    NodeId inner = block(token, "the head of the loop");
    (void)inner;
    return add(NodeKind::Error, token);
  } else expect(TokenKind::KwIn, "`in`");
  if (opener != kNone && !panic_) {
    Place place(*this, true, true, false);
    items = expr();
    if (at(TokenKind::RParen) && !panic_) {
      report<Diag::UnexpectedToken>(token_span(opener), "a name", "`(`")
          .note("`for` needs no parentheses")
          .fix(
              {token_span(opener).lo, token_span(kind_at(opener + 1) == TokenKind::Ident ? opener + 1 : opener + 2).lo},
              "", "remove them")
          .fix(token_span(pos_), "", "");
      ++pos_;
    } else {
      unexpected("`)`");
    }
  } else {
    Place place(*this, false, true, false);
    if (!panic_ && at(TokenKind::KwDo)) {   // for x in do
      report<Diag::UnexpectedToken>(token_span(pos_), "what `for` walks over", "`do`")
          .help("an array, a range or a map stands behind `in`: `for x in xs do`, `for i in 0..10 do`");
      items = add(NodeKind::Error, pos_);
    } else {
      items = panic_ ? error_node() : expr();
    }
  }
  NodeId inner = block(token, "the head of the loop");
  return add(NodeKind::For, token, record(names, +label), record(+items, +inner), parallel ? kShort : 0);
}

// One more part of an edit; two at one place are one.
static void insert(Diagnostic& d, Span at, const std::string& text) {
  if (at.lo == at.hi && d.fixes.back().span.lo == at.lo && d.fixes.back().span.hi == at.hi)
    d.fixes.back().replacement += text;
  else d.fix(at, text, "");
}

// match := `match` expr `{` { arm `,` } `}`
NodeId Parser::match_expr() {
  uint32_t token = pos_++;
  Diagnostic* one = std::exchange(arms_report_, nullptr);   // what is said about its form, with all edits
  NodeId value;
  {
    Place place(*this, false, true, false);
    if (at(TokenKind::LBrace) || at(TokenKind::KwDo)) {
      unexpected("the value to look at, after `match`");
      value = error_node();
    } else value = expr();
  }
  uint32_t opener = pos_;
  bool with_do = false;
  if (panic_) {
    if (hopeless_ || !skip_to_opening()) return error_node();
    panic_ = false;
    opener = pos_;
  }
  if (at(TokenKind::LBrace)) {
    ++pos_;
  } else if (at(TokenKind::KwDo) || (at(TokenKind::Colon) && starts_line(pos_ + 1)) || at_word(Word::With)) {
    with_do = true;
    if (one) one->fix(token_span(pos_), touches(pos_) ? " {" : "{", "");
    else {
      one = &report<Diag::ForeignWord>(
                 token_span(pos_),
                 at(TokenKind::KwDo) ? "match … do … end" : std::string("match … ") + std::string(text(pos_)),
                 "match … { … }")
                 .fix(token_span(pos_), touches(pos_) ? " {" : "{", "write braces, `=>`, and a comma behind each arm");
      if (one == ignored_.get()) one = nullptr;
    }
    ++pos_;
  } else {
    unexpected("`{` and the arms of `match`");
    return error_node();
  }
  uint32_t from = mark();
  {
    Nest nest(*this);
    Place place(*this, false, false, false);
    NoBrackets none(*this);
    uint32_t saved_outer = outer_brackets_;
    if (!with_do) ++outer_brackets_;
    while (!at(TokenKind::RBrace) && !at(TokenKind::EndOfFile) && !(at(TokenKind::KwEnd)) &&
           !(starts_line(pos_) && at_outer_declaration())) {
      if (starts_line(pos_) && (is_keyword_statement(kind()) || at(TokenKind::KwIf) || at(TokenKind::KwMatch)) &&
          column(pos_) <= line_column(token))
        break;   // no arm: `}` is missing
      if (at(TokenKind::Newline) || at(TokenKind::Comma)) {
        if (at(TokenKind::Comma)) unexpected("a pattern");
        ++pos_;
        panic_ = hopeless_;
        continue;
      }
      if (with_do && one && starts_line(pos_) && column(pos_) <= line_column(token) && !at(TokenKind::Pipe) &&
          !at_foreign_arm())
        break;   // nothing says where `match … with` ends
      if (with_do && one && at(TokenKind::Pipe)) {   // | 1 -> … of OCaml
        one->fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "");
        ++pos_;
      }
      uint32_t first = pos_;
      NodeId arm = match_arm(with_do ? one : nullptr);
      keep(arm);
      if (!panic_) {
        if (eat(TokenKind::Comma)) continue;
        if (at(TokenKind::RBrace) || at(TokenKind::KwEnd) || at(TokenKind::EndOfFile)) continue;
        if (at(TokenKind::Newline) || starts_line(pos_)) {   // a line ended without a comma
          bool semi = at(TokenKind::Newline);
          uint32_t behind = semi ? pos_ + 1 : pos_;
          if (kind_at(behind) == TokenKind::RBrace) {
            pos_ = behind;
            continue;
          }
          if (starts_line(behind) && column(behind) < column_of_first(first)) break;
          Span gap = semi ? token_span(pos_) : after(pos_ - 1);
          if (with_do && one) {
            insert(*one, gap, ",");
          } else if (comma_report_ && comma_opener_ == opener) {
            if (comma_report_->fixes.size() < 1000) comma_report_->fix(gap, ",", "");
          } else {
            comma_report_ = &report<Diag::MissingComma>(gap)
                                 .note("a comma stands after each arm of `match`")
                                 .fix(gap, ",", semi ? "write `,`" : "add `,`");
            comma_opener_ = opener;
            if (comma_report_ == ignored_.get()) comma_report_ = nullptr;
          }
          pos_ = behind;
          continue;
        }
        if (at(TokenKind::Error)) unexpected("");
        else unexpected("`,` after the arm");
      }
      recover_arm(first);
      if (pos_ == first) ++pos_;
    }
    outer_brackets_ = saved_outer;
  }
  if (with_do) {
    bool outer = one && !at(TokenKind::RBrace) && starts_line(pos_) &&
                 (!at(TokenKind::KwEnd) || column(pos_) < line_column(token));
    if (outer) insert(*one, after(pos_ - 1), "\n" + std::string(line_column(token), ' ') + "}");
    else if (at(TokenKind::KwEnd) && one) one->fix(token_span(pos_), "}", "");
    if (outer) {
    } else if (at(TokenKind::KwEnd) || at(TokenKind::RBrace)) ++pos_;
    else if (!panic_) missing_end(token);
  } else if (!panic_) {
    if (at(TokenKind::KwEnd) && !starts_line(pos_)) unexpected("`}`"), ++pos_, panic_ = false;
    else expect_close(TokenKind::RBrace, opener);
  }
  // What is nested too deeply is not read to its end: nobody knows which cases it covers.
  return add(NodeKind::Match, token, +value, flush(from), error_flag(opener), hopeless_ ? 1 : 0);
}

uint32_t Parser::column_of_first(uint32_t token) const { return starts_line(token) ? column(token) : 0; }

// After a broken arm: to its comma, or to the line that begins like an arm.
void Parser::recover_arm(uint32_t from) {
  if (hopeless_) {
    pos_ = last_;
    return;
  }
  uint32_t depth = panic_brackets_ > brackets_ ? panic_brackets_ - brackets_ : 0;
  panic_brackets_ = 0;
  panic_ = false;
  uint32_t left = column_of_first(from);
  while (!at(TokenKind::EndOfFile)) {
    if (starts_line(pos_) && pos_ > from && column(pos_) <= left) return;
    switch (kind()) {
      case TokenKind::LParen:
      case TokenKind::LBracket:
      case TokenKind::LBrace: ++depth; break;
      case TokenKind::RParen:
      case TokenKind::RBracket:
        if (depth > 0) --depth;
        break;
      case TokenKind::RBrace:
        if (depth == 0) return;
        --depth;
        break;
      case TokenKind::Comma:
        if (depth == 0) {
          ++pos_;
          return;
        }
        break;
      case TokenKind::KwDo: {
        uint32_t header = pos_++;
        body(Opening::Do, header, false);
        close_block(Opening::Do, header);
        if (hopeless_) return;
        continue;
      }
      case TokenKind::KwEnd: return;
      default: break;
    }
    ++pos_;
  }
}

// arm := pattern [`when` expr] `=>` (block | statement)
NodeId Parser::match_arm(Diagnostic* one) {
  uint32_t token = pos_;
  NodeId bound = pattern();
  NodeId guard = NodeId::None;
  if (!panic_ && (at_word(Word::When) || at(TokenKind::KwIf))) {
    if (at(TokenKind::KwIf))
      report<Diag::ForeignWord>(token_span(pos_), "if", "when").fix(token_span(pos_), "when", "write `when`");
    ++pos_;
    bool saved = std::exchange(in_arms_, true);
    Place place(*this, false, true, false);
    guard = expr();
    in_arms_ = saved;
  }
  NodeId value;
  if (panic_) {
    value = error_node();
  } else if (at(TokenKind::Arrow) || at(TokenKind::Colon)) {
    uint32_t sign = pos_++;
    if (one) one->fix(token_span(sign), touches(sign) ? " =>" : "=>", "");
    else
      report<Diag::ForeignWord>(token_span(sign), text(sign), "=>")
          .fix(token_span(sign), touches(sign) ? " =>" : "=>", "write `=>`");
    value = one ? arm_lines(sign, *one) : match_body();
  } else if (at(TokenKind::KwDo)) {   // pattern do … end
    report<Diag::UnexpectedToken>(token_span(pos_), "`=>`", "`do`")
        .fix({token_span(pos_).lo, token_span(pos_).lo}, "=> ", "add `=>`");
    value = match_body();
  } else if (expect(TokenKind::FatArrow, "`=>`")) {
    value = match_body();
  } else {
    value = error_node();
  }
  return add(NodeKind::MatchArm, token, +bound, record(+guard, +value));
}

NodeId Parser::match_body() {
  Nest nest(*this);
  if (panic_) return error_node();
  if (starts_line(pos_)) {   // the value may stand on the next line, unless that is an arm by itself
    for (uint32_t t = pos_;
         t < last_ && (t == pos_ || !starts_line(t)) && kinds_[t] != TokenKind::LBrace && kinds_[t] != TokenKind::KwDo;
         ++t) {
      if (kinds_[t] != TokenKind::FatArrow) continue;
      error_token_ = pos_;
      report<Diag::UnexpectedToken>(after(pos_ - 1), "a value after `=>`", "the end of the line");
      panic_ = true;
      panic_brackets_ = brackets_;
      return error_node();
    }
  }
  if (at(TokenKind::KwDo)) {   // the block may go on, as in `do … end.len()`
    return simple_statement();
  }
  if (at(TokenKind::LBrace) && next_kind() != TokenKind::Pipe) return block(pos_, "`=>`");
  if (at(TokenKind::KwLet) || at(TokenKind::KwVar)) {
    unexpected("a value; several statements stand in `do … end`");
    return error_node();
  }
  return simple_statement();
}

}   // namespace janus
