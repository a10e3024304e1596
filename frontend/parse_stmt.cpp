// parse_stmt.cpp: blocks and statements.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

#include <algorithm>

namespace janus {

// ---- blocks

// Expects `do`, and understands what people write instead.
Opening Parser::open_block(uint32_t header, const char* after_what) {
  missing_do_ = nullptr;
  if (panic_) {  // the header was wrong, which has been said: go on with its block
    if (hopeless_) return Opening::Indent;
    bool found = skip_to_opening();
    panic_ = false;
    if (!found) {
      if (!starts_line(pos_)) pos_ = end_of_line();
      return Opening::Indent;
    }
  }
  if (eat(TokenKind::KwDo) || (misspelt_do() && eat(TokenKind::KwDo))) {
    if (!at(TokenKind::LBrace) || starts_line(pos_) || !starts_line(pos_ + 1)) return Opening::Do;
    braces(pos_++);   // do { … }
    return Opening::Brace;
  }
  if (at(TokenKind::LBrace)) {
    braces(pos_++);
    return Opening::Brace;
  }
  if (at(TokenKind::Colon) && (starts_line(pos_ + 1) || touches(pos_))) {  // if x: of Python
    uint32_t colon = pos_++;
    missing_do_ = &report<Diag::MissingDo>(token_span(colon), after_what)
                       .with_label("Janus writes `do` here, and `end` below the block")
                       .fix(token_span(colon), " do", "write `do` and `end`");
    if (missing_do_ == ignored_.get()) missing_do_ = nullptr;
    return Opening::Indent;
  }
  if (at_word(Word::ForeignThen)) {
    foreign(pos_++, "do");
    return Opening::Do;
  }
  if (!starts_line(pos_) && !at(TokenKind::KwEnd)) {  // something stands between the header and its `do`
    uint32_t strange = pos_;
    if (skip_to_opening()) {
      uint32_t opening = std::exchange(pos_, strange);
      report<Diag::UnexpectedToken>(token_span(strange), "`do`", found());
      error_token_ = strange;
      pos_ = opening;
      return open_block(header, after_what);
    }
    // One sign stands there, and the block on the lines below.
    bool leaves = at(TokenKind::KwReturn) || at(TokenKind::KwBreak) || at(TokenKind::KwContinue);
    if (starts_line(pos_ + 1) && column(pos_ + 1) > line_column(header) && !leaves && !at(TokenKind::Error)) {
      Span here = token_span(strange);
      error_token_ = pos_++;
      report<Diag::UnexpectedToken>(here, "`do`", found_text(strange))
          .fix(here, touches(strange) ? " do" : "do", "write `do`", Applicability::MaybeIncorrect);
      return Opening::Indent;
    }
  }
  if (at(TokenKind::Error)) {
    error_token_ = pos_;
    pos_ = end_of_line();
    return Opening::Indent;
  }
  Span here = after(pos_ - 1);
  missing_do_ =
      &report<Diag::MissingDo>(here, after_what).with_label("`do` is expected here").fix(here, " do", "add `do`");
  if (missing_do_ == ignored_.get()) missing_do_ = nullptr;
  error_token_ = pos_;
  return Opening::Indent;
}

// At a `do` that the lexer put its `end` behind.
NodeId Parser::skipped_block() {
  skip_ = skip_.subspan(1);
  pos_ += 2;
  NodeId made = add(NodeKind::Block, pos_ - 2);
  tree_.skipped.push_back(made);
  return made;
}

NodeId Parser::block(uint32_t header, const char* after_what) {
  Opening opening = open_block(header, after_what);
  return block_of(opening, header);
}

NodeId Parser::block_of(Opening opening, uint32_t header) {
  Diagnostic* missing_do = missing_do_;
  NodeId made = body(opening, header, false);
  close_block(opening, header, missing_do);
  tree_.lasts[+made] = pos_ - 1;
  return made;
}

bool Parser::at_else_word() const {
  return at_word(Word::ForeignElif) || at_word(Word::ForeignElsif) || at_word(Word::ForeignElseif);
}

bool Parser::at_block_end(Opening opening, uint32_t header, bool else_ok) const {
  switch (kind()) {
    case TokenKind::EndOfFile:
    case TokenKind::KwEnd: return true;
    case TokenKind::KwElse: return else_ok || else_bodies_ > 0;
    case TokenKind::KwCatch: return at_try_catch();
    case TokenKind::Ident:
      if (at_try_catch()) return true;
      break;
    case TokenKind::RBrace: return opening == Opening::Brace || outer_brackets_ > 0;
    case TokenKind::RParen:
    case TokenKind::RBracket: return outer_brackets_ > 0;
    case TokenKind::InterpEnd:
    case TokenKind::InterpFormat: return true;
    default: break;
  }
  if (!starts_line(pos_)) return false;
  if (else_ok && at_else_word()) return true;
  if (opening == Opening::Indent && column(pos_) <= line_column(header)) return true;
  return at_outer_declaration();
}

// body := {statement (newline | `;`)}
NodeId Parser::body(Opening opening, uint32_t header, bool else_ok) {
  Nest nest(*this);
  Place place(*this, false, false, false);
  NoBrackets none(*this);
  bool saved_arms = std::exchange(in_arms_, false);
  uint32_t saved_else = else_bodies_;
  if (else_ok) ++else_bodies_;
  bool saved_try = std::exchange(try_body_, std::exchange(try_next_, false));
  if (opening == Opening::Brace) ++outer_brackets_;
  uint32_t token = pos_ > 0 ? pos_ - 1 : 0;
  uint32_t from = mark();
  bool semi = false, indented = false;
  uint32_t tallest = 0;  // statements stand beside each other: the tree is as high as the highest of them
  while (!at_block_end(opening, header, else_ok)) {
    if (at(TokenKind::Newline)) {
      ++pos_;
      semi = true;
      continue;
    }
    semi = false;
    if (at(TokenKind::KwWhile) && kinds_[header] == TokenKind::KwDo && opening == Opening::Do && starts_line(pos_) &&
        starts_line(header) && column(pos_) == column(header) && at_tail_of_loop()) {   // do … while x > 0
      tail_of_loop(header);
      loop_tail_ = header;
      break;
    }
    if (at_name() && starts_line(pos_) && misspelt_end(else_ok)) continue;
    uint32_t first = pos_;
    // A block that begins indented, and then has a statement that is not, probably lacks its `end` there.
    if (dedent_ == kNone && opening == Opening::Do && starts_line(first)) {
      bool inside = column(first) > line_column(header);
      if (inside) indented = true;
      else if (indented) dedent_ = first, dedent_header_ = header;
    }
    height_ = 0;
    NodeId made = statement();
    if (panic_) recover_statement(first);
    else end_statement(made, first);
    if (pos_ == first) ++pos_;  // whatever it is, go on
    if (doctest_) made = expectation(made);
    keep(made);
    tallest = std::max(tallest, height_);
  }
  height_ = tallest;
  if (opening == Opening::Brace) --outer_brackets_;
  else_bodies_ = saved_else;
  try_body_ = saved_try;
  in_arms_ = saved_arms;
  return add(NodeKind::Block, token, flush(from), kNone,
             static_cast<uint8_t>((semi ? kTrailingSemi : 0) | error_flag(token)));
}

void Parser::close_block(Opening opening, uint32_t header, Diagnostic* missing_do) {
  if (panic_) return;
  switch (opening) {
    case Opening::Brace:
      if (at(TokenKind::RBrace)) close_brace_fix(pos_++);
      else if (at(TokenKind::KwEnd)) ++pos_;  // `{ … end`: the report about `{` says it all
      else missing_end(header);
      return;
    case Opening::Indent:
      if (at(TokenKind::KwEnd) && (!starts_line(pos_) || column(pos_) >= line_column(header))) ++pos_;
      else if (at(TokenKind::RBrace) && starts_line(pos_) && column(pos_) == line_column(header)) ++pos_;
      else if (missing_do)
        missing_do->fix(after(pos_ - 1), "\n" + std::string(line_column(header), ' ') + "end", "");   // Python has none
      return;
    case Opening::Do:
      if (std::exchange(loop_tail_, kNone) == header) {   // its `while` stands where the `end` would
        if (at(TokenKind::KwEnd) && starts_line(pos_) && column(pos_) == line_column(header)) ++pos_;
        return;
      }
      if (!at(TokenKind::KwEnd)) return missing_end(header);
      if (starts_line(pos_)) {
        uint32_t here = column(pos_);
        uint32_t there = line_column(header);
        if (here < there && suspect_ == kNone) suspect_ = header, suspect_end_ = pos_;
      }
      ++pos_;
      word_behind_end();
      return;
  }
}

// end if, end while of Ada and Basic
void Parser::word_behind_end() {
  if (starts_line(pos_) || !(starts_line(pos_ + 1) || next_kind() == TokenKind::Newline)) return;
  switch (kind()) {
    case TokenKind::KwIf:
    case TokenKind::KwWhile:
    case TokenKind::KwFor:
    case TokenKind::KwFunc:
    case TokenKind::KwMatch:
    case TokenKind::KwStruct:
    case TokenKind::KwImpl:
    case TokenKind::KwTrait:
    case TokenKind::KwTry:
    case TokenKind::KwSelect: break;
    case TokenKind::Ident:
      if (is_foreign(NameId(values_[pos_]))) break;
      return;
    default: return;
  }
  report<Diag::NotNeeded>(token_span(pos_), text(pos_))
      .note("`end` stands alone, whatever it closes")
      .fix({after(pos_ - 1).lo, token_span(pos_).hi}, "", "remove it");
  ++pos_;
}

// ---- statements

// At the `while` behind a block: does nothing follow but its condition?
bool Parser::at_tail_of_loop() const {
  uint32_t most = ahead(), t = pos_ + 1;
  for (; t < most && !starts_line(t); ++t)
    if (kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::LBrace) return false;
  return t > pos_ + 1 && starts_line(t) && kind_at(t) != TokenKind::LBrace;
}

// do … while x > 0 of C
void Parser::tail_of_loop(uint32_t header) {
  uint32_t first = ++pos_;
  NodeId made = condition();
  if (panic_) return;
  std::string test(text_between(first, pos_ - 1));
  bool paren = node(made).kind == NodeKind::Paren;
  report<Diag::ForeignLoop>(token_span(header), "while true do … end")
      .at(token_span(first - 1), "a condition stands before its block")
      .help("leave the loop at its end: `if not " + (paren ? test : "(" + test + ")") + " do break end`");
  error_token_ = header;
}

NodeId Parser::statement() {
  uint32_t token = pos_;
  switch (kind()) {
    case TokenKind::KwLet:
    case TokenKind::KwVar: return let();
    case TokenKind::KwConst:
      report<Diag::InsideFunction>(token_span(token), "a `const`")
          .note("`let` makes a name that does not change, and may be computed")
          .fix(token_span(token), "let", "write `let`");
      return let();
    case TokenKind::KwFunc:
    case TokenKind::KwAsync:
    case TokenKind::KwStruct:
    case TokenKind::KwEnum:
    case TokenKind::KwTrait:
    case TokenKind::KwImpl:
    case TokenKind::KwImport:
    case TokenKind::KwPub:
    case TokenKind::KwExtern:
      if (!at_declaration()) break;
      return nested_declaration();
    case TokenKind::KwReturn: {
      NodeId made = jump(NodeKind::Return, true);
      return panic_ ? made : after_value(postfix_of(made, token), token);
    }
    case TokenKind::KwElse:
      ++pos_;
      report<Diag::StrayEnd>(token_span(token), "else")
          .note("`else` stands inside an `if … do … end`, before the `end`");
      error_token_ = token;
      if (at(TokenKind::KwIf) && !starts_line(pos_)) return if_expr();
      if (at(TokenKind::KwDo) || at(TokenKind::LBrace)) return block(token, "`else`");
      eat(TokenKind::Colon);
      return add(NodeKind::Error, token);
    case TokenKind::RParen:
    case TokenKind::RBracket:
    case TokenKind::RBrace:
      report<Diag::StrayEnd>(token_span(token), text(token));
      error_token_ = token;
      ++pos_;
      return add(NodeKind::Error, token);
    case TokenKind::LBrace:
      if (next_kind() == TokenKind::Pipe) break;
      return block(token, "`{`");
    case TokenKind::Ident:
      if (next_kind() == TokenKind::Colon &&
          (kind_at(pos_ + 2) == TokenKind::KwFor || kind_at(pos_ + 2) == TokenKind::KwWhile)) {
        NameId label = NameId(values_[token]);
        pos_ += 2;
        NodeId made = at(TokenKind::KwFor) ? for_expr(label, false) : while_expr(label);
        return after_value(postfix_of(made, token), token);
      }
      if (at_declaration()) return nested_declaration();
      if (at_guard()) return guard_statement();
      if (at_word(Word::Case) && !at_case_block() && stray_arms()) return add(NodeKind::Error, token);
      if (is_foreign(NameId(values_[token])) && !starts_line(token + 1)) {
        bool handled = false;
        NodeId made = foreign_statement(handled);
        if (handled) return made;
      }
      if (misspelt_statement()) return statement();
      break;
    default: break;
  }
  return simple_statement();
}

NodeId Parser::nested_declaration() {
  uint32_t token = pos_;
  const char* what = "this";
  switch (kind()) {
    case TokenKind::KwFunc:
    case TokenKind::KwAsync: what = "a function"; break;
    case TokenKind::KwStruct: what = "a struct"; break;
    case TokenKind::KwEnum: what = "an enum"; break;
    case TokenKind::KwTrait: what = "a trait"; break;
    case TokenKind::KwImpl: what = "an `impl`"; break;
    case TokenKind::KwImport: what = "an import"; break;
    case TokenKind::Ident:
      what = at_word(Word::Test)    ? "a test"
             : at_word(Word::Error) ? "an error type"
             : at_word(Word::Type)  ? "a type"
                                    : "a capability";
      break;
    default: break;
  }
  Diagnostic& d = report<Diag::InsideFunction>(token_span(token), what);
  if (at(TokenKind::KwFunc))
    d.help("move it out of this function, or write `let " + std::string(text(token + 1)) + " = func(…) do … end`");
  else d.help("move it out of this function");
  error_token_ = token;
  bool saved = in_decl_;
  declaration(false);
  in_decl_ = saved;
  return add(NodeKind::Error, token);
}

NodeId Parser::simple_statement() {
  uint32_t from = pos_;
  NodeId value = expr_here();
  if (panic_) return value;
  return after_value(value, from);
}

static const char* cannot_store(NodeKind k) {
  switch (k) {
    case NodeKind::Ident:
    case NodeKind::Member:
    case NodeKind::TupleMember:
    case NodeKind::Index:
    case NodeKind::SelfExpr:
    case NodeKind::BangUnwrap:
    case NodeKind::Error: return nullptr;
    case NodeKind::Call: return "the result of a call";
    case NodeKind::IntLit:
    case NodeKind::FloatLit: return "a number";
    case NodeKind::StringLit:
    case NodeKind::Interp: return "a text";
    case NodeKind::TupleLit: return "several variables at once";
    case NodeKind::Binary:
    case NodeKind::Unary: return "a computed value";
    default: return "this";
  }
}

// place (`=` | `+=` | …) expr
NodeId Parser::after_value(NodeId value, uint32_t from) {
  const TokenTraits& traits = kTraits[static_cast<uint8_t>(kind())];
  if (traits.assigns) {
    uint32_t op = pos_;
    if (const char* what = cannot_store(node(value).kind)) {
      Diagnostic& d = report<Diag::NotAssignable>(tree_.span(value), what);
      if (node(value).kind == NodeKind::TupleLit)
        d.help("`let (a, b) = …` makes new names; existing variables are set one by one");
      else if (node(value).kind == NodeKind::Call) d.help("to compare, write `==`");
      else d.help("on the left of `=` stands a variable, a field like `p.x`, or an element like `xs[0]`");
      error_token_ = op;
      value = add(NodeKind::Error, node(value).token);
    }
    ++pos_;
    NodeId right = expr();
    if (!panic_ && kTraits[static_cast<uint8_t>(kind())].assigns) {
      report<Diag::AssignAsValue>(token_span(pos_), text(pos_))
          .help("store in one variable after the other, each on its own line");
      error_token_ = pos_;
      while (!panic_ && kTraits[static_cast<uint8_t>(kind())].assigns) {
        ++pos_;
        right = expr();
      }
    }
    return add(NodeKind::Assign, op, +value, +right, 0, static_cast<uint16_t>(kind_at(op)));
  }
  if (at(TokenKind::Colon) && node(value).kind == NodeKind::Ident && !new_line() && node(value).token == from &&
      pos_ == from + 1) {
    uint32_t colon = pos_;
    if (next_kind() == TokenKind::Eq && touches(colon + 1)) {   // x := 1
      pos_ += 2;
      NodeId right = expr();
      std::string name(text(from));
      report<Diag::ColonEquals>(between(colon, colon + 1))
          .fix(between(from, colon + 1), "let " + name + " =",
               "write `let " + name + " = …`, or `var " + name + " = …` when it changes later");
      return declared(from, right, NodeId::None);
    }
    if (kTraits[static_cast<uint8_t>(next_kind())].starts_type && !starts_line(colon + 1)) {   // x: i64 = 1
      ++pos_;
      NodeId made = type();
      if (panic_) return made;
      if (eat(TokenKind::Eq)) {
        NodeId right = expr();
        report<Diag::ForeignWord>(token_span(from), std::string(text(from)) + ": …",
                                  "let " + std::string(text(from)) + ": …")
            .fix({token_span(from).lo, token_span(from).lo}, "let ", "write `let` before it");
        return declared(from, right, made);
      }
      unexpected("`=`");
      return error_node();
    }
  }
  return value;
}

// A name that another language's spelling meant to declare.
NodeId Parser::declared(uint32_t name, NodeId value, NodeId type_node) {
  NodeId bound = add(NodeKind::PatBind, name, values_[name]);
  tree_.lasts[+bound] = name;
  return add(NodeKind::Let, name, +bound, record(+type_node, +value), kMut);
}

// At the comma of `a, xs[0] = …`.
bool Parser::several_targets() const {
  uint32_t most = ahead();
  for (uint32_t t = pos_ + 1; t < most && !starts_line(t); ++t) switch (kinds_[t]) {
      case TokenKind::Eq: return true;
      case TokenKind::Ident:
      case TokenKind::Comma:
      case TokenKind::Dot:
      case TokenKind::LBracket:
      case TokenKind::RBracket:
      case TokenKind::IntLit: break;
      default: return false;
    }
  return false;
}

void Parser::end_statement(NodeId& done, uint32_t from) {
  if (at(TokenKind::Newline) || starts_line(pos_) || at_try_catch()) return;
  switch (kind()) {
    case TokenKind::EndOfFile:
    case TokenKind::KwEnd:
    case TokenKind::KwElse:
    case TokenKind::RBrace:
    case TokenKind::RParen:
    case TokenKind::RBracket:
    case TokenKind::InterpEnd:
    case TokenKind::InterpFormat: return;
    case TokenKind::Error:
      unexpected("");
      recover_statement(from);
      return;
    default: break;
  }
  // `race do spawn a() spawn b() end`: a word that can only begin a statement needs no separator
  if (is_keyword_statement(kind()) && !at(TokenKind::KwDo)) return;
  if (at_word(Word::Child) && next_kind() == TokenKind::Ident && !starts_line(pos_ + 1)) return;
  if (at(TokenKind::KwDo) && misspelt_call(from)) {
    done = statement();
    if (panic_) return recover_statement(from);
    return end_statement(done, from);
  }
  if (junk(done, from)) return;
  if (at(TokenKind::Comma) && several_targets()) {   // a, b = b, a
    report<Diag::UnexpectedToken>(token_span(pos_), "the end of the line", "`,`")
        .note("one variable is given its value at a time")
        .help("two change places by way of a third name: `let old = a`, `a = b`, `b = old`");
    error_token_ = pos_;
    pos_ = end_of_line();
    done = error_node();
    return;
  }
  unexpected("the end of the line");
  recover_statement(from);
}

bool Parser::is_keyword_statement(TokenKind k) {
  switch (k) {
    case TokenKind::KwLet:
    case TokenKind::KwVar:
    case TokenKind::KwSpawn:
    case TokenKind::KwReturn:
    case TokenKind::KwBreak:
    case TokenKind::KwContinue:
    case TokenKind::KwFor:
    case TokenKind::KwWhile:
    case TokenKind::KwDefer:
    case TokenKind::KwFail:
    case TokenKind::KwDo:
    case TokenKind::KwYield: return true;
    default: return false;
  }
}

// let := (`let` | `var`) pattern [`:` type] [`=` expr]
static constexpr char kOneNameALine[] =
    "make each name in a line of its own; a tuple is taken apart with `let (a, b) = …`";

// Behind the name of a `let`, where neither a type nor a value follows.
void Parser::let_goes_on(uint32_t name, bool has_type) {
  bool word_next = next_kind() == TokenKind::Ident || is_keyword(next_kind());
  if (at(TokenKind::Minus) && touches(pos_) && touches(pos_ + 1) && word_next && !has_type) {
    uint32_t last = pos_ + 1;   // my-long-name
    while (kind_at(last + 1) == TokenKind::Minus && touches(last + 1) && touches(last + 2)) last += 2;
    std::string meant(text_between(name, last));
    std::replace(meant.begin(), meant.end(), '-', '_');
    report<Diag::UnexpectedToken>(token_span(pos_), "`=` and a value", "`-`")
        .note("a name is made of letters, digits and `_`")
        .fix(between(name, last), meant, "write `" + meant + "`", Applicability::MaybeIncorrect);
    error_token_ = pos_;
    panic_ = true;
    return;
  }
  unexpected(has_type ? "`=` and a value" : "`=` and a value, or `:` and a type",
             at(TokenKind::Comma) ? kOneNameALine : nullptr);   // let a, b = …
}

// At the comma of `1, 2`, where a tuple is meant.
NodeId Parser::bare_tuple(NodeId value) {
  uint32_t comma = pos_, from = mark();
  uint32_t first = tree_.first_token(value);
  keep(value);
  while (eat(TokenKind::Comma) && !panic_) keep(expr());
  if (!panic_)
    report<Diag::UnexpectedToken>(token_span(comma), "the end of the line", "`,`")
        .fix({token_span(first).lo, token_span(first).lo}, "(", "a tuple has parentheses")
        .fix(after(pos_ - 1), ")", "");
  return add(NodeKind::TupleLit, first, flush(from));
}

// let v, err = f() of Go, and `let a, b = 1, 2`: the names are known, and nothing is asked of them.
NodeId Parser::let_names(uint32_t token, NodeId first_name) {
  uint32_t comma = pos_, from = mark();
  keep(first_name);
  while (at(TokenKind::Comma) && next_kind() == TokenKind::Ident) {
    pos_ += 2;
    keep(add(NodeKind::PatBind, pos_ - 1, values_[pos_ - 1]));
  }
  std::string_view last = text(pos_ - 1);
  bool fails = last == "err" || last == "error" || last == "e" || last == "ok";
  NodeId names = add(NodeKind::PatTuple, token + 1, flush(from), kNone, kHasError);
  ++pos_;
  uint32_t value = pos_;
  expr();
  Diagnostic& d = report<Diag::UnexpectedToken>(token_span(comma), "`=` and a value, or `:` and a type", "`,`");
  std::string call(panic_ ? "" : text_between(value, pos_ - 1));
  if (call.size() > 40 || call.find('\n') != std::string::npos) call = "f()";
  if (fails && !panic_)
    d.help("a call that can fail is answered where it stands: `let " + std::string(text(comma - 1)) + " = " + call +
           " catch |err| do … end`");
  else d.help(kOneNameALine);
  error_token_ = comma;
  while (!panic_ && eat(TokenKind::Comma)) expr();
  NodeId unknown = error_node();
  return add(NodeKind::Let, token, +names, record(kNone, +unknown), kind_at(token) == TokenKind::KwVar ? kMut : 0);
}

bool Parser::several_names() const {
  uint32_t t = pos_;
  while (t < ahead() && kind_at(t) == TokenKind::Comma && kind_at(t + 1) == TokenKind::Ident && !starts_line(t)) t += 2;
  return t > pos_ && kind_at(t) == TokenKind::Eq && !starts_line(t);
}

NodeId Parser::let(uint32_t guard) {
  uint32_t token = pos_++;
  uint8_t flags = kind_at(token) == TokenKind::KwVar ? kMut : 0;
  if (at(TokenKind::KwMut)) {
    report<Diag::LetMut>(between(token, pos_)).fix(between(token, pos_), "var", "write `var`");
    flags = kMut;
    ++pos_;
  }
  NodeId bound;
  if (is_keyword(kind()) && !new_line() && !at(TokenKind::KwElse)) {
    uint32_t name = pos_;
    expect_name("a name");
    if (panic_) return error_node();
    bound = add(NodeKind::PatBind, name, values_[name]);
  } else if (at_name() && next_kind() != TokenKind::Dot && next_kind() != TokenKind::LParen &&
             next_kind() != TokenKind::LBrace) {
    // `let X` binds too: the upper-case rule is for match (a wrong case is a lint's business)
    ++pos_;
    bound = is_word(pos_ - 1, Word::Underscore) ? add(NodeKind::PatWild, pos_ - 1)
                                                : add(NodeKind::PatBind, pos_ - 1, values_[pos_ - 1]);
  } else {
    bound = pattern_atom("a name");
  }
  if (!panic_ && guard == kNone && node(bound).kind == NodeKind::PatBind && several_names())
    return let_names(token, bound);
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (!panic_ && at(TokenKind::Colon)) {
    if (next_kind() == TokenKind::Eq && touches(pos_ + 1)) {   // let x := 1
      report<Diag::ColonEquals>(between(pos_, pos_ + 1))
          .fix(between(pos_, pos_ + 1), touches(pos_) ? " =" : "=", "write `=`");
      ++pos_;
    } else {
      ++pos_;
      declared_type = type();
    }
  } else if (!panic_ && at_name() && !starts_line(pos_) && node(bound).kind == NodeKind::PatBind &&
             (next_kind() == TokenKind::Eq || is_upper(pos_))) {
    // let int x = 1, let x Int = 1
    uint32_t first = pos_ - 1;
    bool type_first = janus_type(text(first)) != text(first) || is_upper(first);
    std::string name(text(type_first ? pos_ : first)), type_text(janus_type(text(type_first ? first : pos_)));
    if (name == type_text) {   // let m m = 1
      report<Diag::NotNeeded>(token_span(pos_), type_text).fix(between(first, pos_), name, "write it once");
    } else {
      bool sure = type_first || is_upper(pos_) || known_type(pos_) || type_text != text(pos_);
      report<Diag::TypeBeforeName>(between(first, pos_))
          .fix(between(first, pos_), name + ": " + type_text, "write `" + name + ": " + type_text + "`",
               sure ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
    }
    if (type_first) {
      node(bound).a = values_[pos_];
      node(bound).token = pos_;
    }
    ++pos_;
  }
  if (!panic_ && (!new_line() || at(TokenKind::Eq))) {
    if (eat(TokenKind::Eq)) {
      value = expr();
      bool one_name = node(bound).kind == NodeKind::PatBind || text(node(bound).token) == "Some";
      if (!panic_ && at(TokenKind::KwElse) && !starts_line(pos_) && (guard != kNone || (else_bodies_ == 0 && one_name)))
        value = let_else(guard != kNone ? guard : token, value);
      if (!panic_ && at(TokenKind::Eq)) {
        report<Diag::AssignAsValue>(token_span(pos_), "=").help("make each name in a line of its own");
        while (eat(TokenKind::Eq) && !panic_) value = expr();
      }
    } else if (at(TokenKind::EqEq)) {
      report<Diag::UnexpectedToken>(token_span(pos_), "`=`", "`==`")
          .note("`=` stores a value; `==` compares two")
          .fix(token_span(pos_), "=", "write `=`");
      ++pos_;
      value = expr();
    } else if (!at(TokenKind::Newline) && !at(TokenKind::KwEnd) && !at(TokenKind::RBrace) &&
               !at(TokenKind::EndOfFile)) {
      let_goes_on(pos_ - 1, is_some(declared_type));
    }
  }
  if (!panic_ && at(TokenKind::Comma) && !new_line() && is_some(value) && node(bound).kind == NodeKind::PatTuple) {
    value = bare_tuple(value);   // let (a, b) = 1, 2
  } else if (!panic_ && at(TokenKind::Comma) && !new_line()) {
    report<Diag::UnexpectedToken>(token_span(pos_), "the end of the line", "`,`").help(kOneNameALine);
    error_token_ = pos_;
    pos_ = end_of_line();
  }
  if (panic_ && is_none(value)) value = error_node();
  return add(NodeKind::Let, token, +bound, record(+declared_type, +value), flags);
}

}   // namespace janus
