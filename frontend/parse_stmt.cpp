// parse_stmt.cpp: blocks, statements and control flow.
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
  if (eat(TokenKind::KwDo)) return Opening::Do;
  if (at(TokenKind::LBrace)) {
    braces(pos_++);
    return Opening::Brace;
  }
  if (at(TokenKind::Colon) && (starts_line(pos_ + 1) || touches(pos_))) {  // if x: of Python
    uint32_t colon = pos_++;
    missing_do_ = &report<Diag::MissingDo>(token_span(colon), after_what).with_label("Janus writes `do` here, and `end` below the block").fix(token_span(colon), " do", "write `do` and `end`");
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
  }
  if (at(TokenKind::Error)) { error_token_ = pos_; pos_ = end_of_line(); return Opening::Indent; }
  Span here = after(pos_ - 1);
  missing_do_ = &report<Diag::MissingDo>(here, after_what).with_label("`do` is expected here").fix(here, " do", "add `do`");
  if (missing_do_ == ignored_.get()) missing_do_ = nullptr;
  error_token_ = pos_;
  return Opening::Indent;
}

NodeId Parser::block(uint32_t header, const char* after_what) {
  Opening opening = open_block(header, after_what);
  Diagnostic* missing_do = missing_do_;
  NodeId made = body(opening, header, false);
  close_block(opening, header, missing_do);
  tree_.lasts[+made] = pos_ - 1;
  return made;
}

bool Parser::at_else_word() const { return at_word(Word::ForeignElif) || at_word(Word::ForeignElsif) || at_word(Word::ForeignElseif); }

bool Parser::at_block_end(Opening opening, uint32_t header, bool else_ok) const {
  switch (kind()) {
    case TokenKind::EndOfFile: case TokenKind::KwEnd: return true;
    case TokenKind::KwElse: return else_ok || else_bodies_ > 0;
    case TokenKind::RBrace: return opening == Opening::Brace || outer_brackets_ > 0;
    case TokenKind::RParen: case TokenKind::RBracket: return outer_brackets_ > 0;
    case TokenKind::InterpEnd: case TokenKind::InterpFormat: return true;
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
    keep(made);
    tallest = std::max(tallest, height_);
  }
  height_ = tallest;
  if (opening == Opening::Brace) --outer_brackets_;
  else_bodies_ = saved_else;
  in_arms_ = saved_arms;
  return add(NodeKind::Block, token, flush(from), kNone, static_cast<uint8_t>((semi ? kTrailingSemi : 0) | error_flag(token)));
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
      else if (missing_do) missing_do->fix(after(pos_ - 1), "\n" + std::string(line_column(header), ' ') + "end", "");  // Python has none
      return;
    case Opening::Do:
      if (!at(TokenKind::KwEnd)) return missing_end(header);
      if (starts_line(pos_)) {
        uint32_t here = column(pos_);
        uint32_t there = line_column(header);
        if (here < there && suspect_ == kNone) suspect_ = header, suspect_end_ = pos_;
      }
      ++pos_;
      return;
  }
}

// ---- statements

NodeId Parser::statement() {
  uint32_t token = pos_;
  switch (kind()) {
    case TokenKind::KwLet: case TokenKind::KwVar: return let();
    case TokenKind::KwConst:
      report<Diag::InsideFunction>(token_span(token), "a `const`").note("`let` makes a name that does not change, and may be computed").fix(token_span(token), "let", "write `let`");
      return let();
    case TokenKind::KwFunc: case TokenKind::KwAsync: case TokenKind::KwStruct: case TokenKind::KwEnum: case TokenKind::KwTrait: case TokenKind::KwImpl:
    case TokenKind::KwImport: case TokenKind::KwPub: case TokenKind::KwExtern:
      if (!at_declaration()) break;
      return nested_declaration();
    case TokenKind::KwElse:
      ++pos_;
      report<Diag::StrayEnd>(token_span(token), "else").note("`else` stands inside an `if … do … end`, before the `end`");
      error_token_ = token;
      if (at(TokenKind::KwIf) && !starts_line(pos_)) return if_expr();
      if (at(TokenKind::KwDo) || at(TokenKind::LBrace)) return block(token, "`else`");
      eat(TokenKind::Colon);
      return add(NodeKind::Error, token);
    case TokenKind::RParen: case TokenKind::RBracket: case TokenKind::RBrace:
      report<Diag::StrayEnd>(token_span(token), text(token));
      error_token_ = token;
      ++pos_;
      return add(NodeKind::Error, token);
    case TokenKind::LBrace:
      if (next_kind() == TokenKind::Pipe) break;
      return block(token, "`{`");
    case TokenKind::Ident:
      if (next_kind() == TokenKind::Colon && (kind_at(pos_ + 2) == TokenKind::KwFor || kind_at(pos_ + 2) == TokenKind::KwWhile)) {
        NameId label = NameId(values_[token]);
        pos_ += 2;
        NodeId made = at(TokenKind::KwFor) ? for_expr(label, false) : while_expr(label);
        return after_value(postfix_of(made, token), token);
      }
      if (at_declaration()) return nested_declaration();
      if (is_foreign(NameId(values_[token])) && !starts_line(token + 1)) {
        bool handled = false;
        NodeId made = foreign_statement(handled);
        if (handled) return made;
      }
      break;
    default: break;
  }
  return simple_statement();
}

NodeId Parser::nested_declaration() {
  uint32_t token = pos_;
  const char* what = "this";
  switch (kind()) {
    case TokenKind::KwFunc: case TokenKind::KwAsync: what = "a function"; break;
    case TokenKind::KwStruct: what = "a struct"; break;
    case TokenKind::KwEnum: what = "an enum"; break;
    case TokenKind::KwTrait: what = "a trait"; break;
    case TokenKind::KwImpl: what = "an `impl`"; break;
    case TokenKind::KwImport: what = "an import"; break;
    case TokenKind::Ident: what = at_word(Word::Test) ? "a test" : at_word(Word::Error) ? "an error type" : at_word(Word::Type) ? "a type" : "a capability"; break;
    default: break;
  }
  Diagnostic& d = report<Diag::InsideFunction>(token_span(token), what);
  if (at(TokenKind::KwFunc)) d.help("move it out of this function, or write `let " + std::string(text(token + 1)) + " = func(…) do … end`");
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
    case NodeKind::Ident: case NodeKind::Member: case NodeKind::TupleMember: case NodeKind::Index: case NodeKind::SelfExpr: case NodeKind::Error: return nullptr;
    case NodeKind::Call: return "the result of a call";
    case NodeKind::IntLit: case NodeKind::FloatLit: return "a number";
    case NodeKind::StringLit: case NodeKind::Interp: return "a text";
    case NodeKind::TupleLit: return "several variables at once";
    case NodeKind::Binary: case NodeKind::Unary: return "a computed value";
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
      if (node(value).kind == NodeKind::TupleLit) d.help("`let (a, b) = …` makes new names; existing variables are set one by one");
      else if (node(value).kind == NodeKind::Call) d.help("to compare, write `==`");
      else d.help("on the left of `=` stands a variable, a field like `p.x`, or an element like `xs[0]`");
      error_token_ = op;
      value = add(NodeKind::Error, node(value).token);
    }
    ++pos_;
    NodeId right = expr();
    if (!panic_ && kTraits[static_cast<uint8_t>(kind())].assigns) {
      report<Diag::AssignAsValue>(token_span(pos_), text(pos_)).help("store in one variable after the other, each on its own line");
      error_token_ = pos_;
      while (!panic_ && kTraits[static_cast<uint8_t>(kind())].assigns) { ++pos_; right = expr(); }
    }
    return add(NodeKind::Assign, op, +value, +right, 0, static_cast<uint16_t>(kind_at(op)));
  }
  if (at(TokenKind::Colon) && node(value).kind == NodeKind::Ident && !new_line() && node(value).token == from && pos_ == from + 1) {
    uint32_t colon = pos_;
    if (next_kind() == TokenKind::Eq && touches(colon + 1)) {  // x := 1
      pos_ += 2;
      NodeId right = expr();
      std::string name(text(from));
      report<Diag::ColonEquals>(between(colon, colon + 1)).fix(between(from, colon + 1), "let " + name + " =", "write `let " + name + " = …`, or `var " + name + " = …` when it changes later");
      return declared(from, right, NodeId::None);
    }
    if (kTraits[static_cast<uint8_t>(next_kind())].starts_type && !starts_line(colon + 1)) {  // x: i64 = 1
      ++pos_;
      NodeId made = type();
      if (panic_) return made;
      if (eat(TokenKind::Eq)) {
        NodeId right = expr();
        report<Diag::ForeignWord>(token_span(from), std::string(text(from)) + ": …", "let " + std::string(text(from)) + ": …").fix({token_span(from).lo, token_span(from).lo}, "let ", "write `let` before it");
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

void Parser::end_statement(NodeId& done, uint32_t from) {
  if (at(TokenKind::Newline) || starts_line(pos_)) return;
  switch (kind()) {
    case TokenKind::EndOfFile: case TokenKind::KwEnd: case TokenKind::KwElse: case TokenKind::RBrace: case TokenKind::RParen: case TokenKind::RBracket:
    case TokenKind::InterpEnd: case TokenKind::InterpFormat: return;
    case TokenKind::Error: unexpected(""); recover_statement(from); return;
    default: break;
  }
  // `race do spawn a() spawn b() end`: a word that can only begin a statement needs no separator
  if (is_keyword_statement(kind()) && !at(TokenKind::KwDo)) return;
  if (at_word(Word::Child) && next_kind() == TokenKind::Ident && !starts_line(pos_ + 1)) return;
  if (junk(done, from)) return;
  unexpected("the end of the line");
  recover_statement(from);
}

static std::string_view janus_type(std::string_view foreign) {
  static constexpr std::string_view kTypes[][2] = {
      {"int", "i64"}, {"long", "i64"}, {"short", "i16"}, {"byte", "u8"}, {"unsigned", "u64"}, {"uint", "u64"}, {"float", "f64"}, {"double", "f64"}, {"boolean", "bool"},
      {"str", "String"}, {"char", "char"}, {"string", "String"}, {"Int", "i64"}, {"Float", "f64"}, {"Double", "f64"}, {"Bool", "bool"}, {"Integer", "i64"}, {"Boolean", "bool"},
  };
  for (auto& pair : kTypes)
    if (pair[0] == foreign) return pair[1];
  return foreign;
}

// Something follows a complete statement on its line. True when it is understood, said, and read over.
bool Parser::junk(NodeId& done, uint32_t from) {
  const Node last = node(done);
  bool alone = last.kind == NodeKind::Ident && last.token == pos_ - 1;  // `name value`
  bool name_first = alone && last.token == from;
  if (at(TokenKind::Colon) && starts_line(pos_ + 1)) return false;
  if (name_first && at_name() && (next_kind() == TokenKind::Eq || (next_kind() == TokenKind::Newline || starts_line(pos_ + 1)))) {
    // int x = 3;   val x = 3   auto x = 3
    std::string_view first = text(from);
    bool infers = first == "auto" || first == "val" || first == "final" || first == "let" || first == "my" || first == "local" || first == "dim";
    bool has_value = next_kind() == TokenKind::Eq;
    if (has_value || janus_type(first) != first || is_upper(from)) {
      uint32_t name = pos_;
      std::string better = "let " + std::string(text(name)) + (infers ? "" : ": " + std::string(janus_type(first)));
      pos_ += has_value ? 2 : 1;
      NodeId value = has_value ? expr() : error_node();
      if (panic_) { recover_statement(from); return true; }
      if (infers) report<Diag::ForeignWord>(token_span(from), first, "let").fix(token_span(from), "let", "write `let`, or `var` when it changes later");
      else report<Diag::TypeBeforeName>(between(from, name)).fix(between(from, name), better, "write `" + better + "`, or `var` when it changes later", has_value ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
      done = declared(name, value, NodeId::None);
      return true;
    }
  }
  bool value_follows = kTraits[static_cast<uint8_t>(kind())].starts_value && !is_keyword_statement(kind()) && !at(TokenKind::LBrace) && !at(TokenKind::Error);
  if (value_follows && (alone || (last.kind == NodeKind::Member && last.token == pos_ - 1))) {  // print x
    uint32_t first = pos_;
    uint32_t list_from = mark();
    do keep(expr()); while (!panic_ && eat(TokenKind::Comma));
    uint32_t list = flush(list_from);
    if (panic_) { recover_statement(from); return true; }
    std::string_view name = text(last.token);
    std::string_view call = name == "echo" || name == "puts" || name == "printf" || name == "say" ? "println" : name;
    report<Diag::CallWithoutParens>(token_span(last.token)).fix({token_span(last.token).lo, token_span(first).lo}, std::string(call) + "(", "write `" + std::string(call) + "(…)`").fix(after(pos_ - 1), ")", "");
    error_token_ = first;
    done = call == name ? add(NodeKind::Call, last.token, +done, list) : error_node();
    if (!at(TokenKind::Newline) && !starts_line(pos_)) end_statement(done, from);
    return true;
  }
  if (at(TokenKind::Comma)) return false;
  if (at(TokenKind::KwIf) || at_word(Word::ForeignUnless)) {  // return x if y; a if c else b
    uint32_t token = pos_++;
    expr();
    if (panic_) { recover_statement(from); return true; }
    if (at(TokenKind::KwElse) && !starts_line(pos_)) {
      ++pos_;
      expr();
      if (panic_) { recover_statement(from); return true; }
      report<Diag::ForeignWord>(token_span(token), "a if c else b", "if c do a else b end");
    } else {
      report<Diag::ForeignWord>(token_span(token), "… " + std::string(text(token)) + " …", "if … do … end").note("`if` comes first, and what it decides about stands in its block");
    }
    error_token_ = token;
    if (last.kind != NodeKind::Let) done = add(NodeKind::Error, token);
    return true;
  }
  if ((kTraits[static_cast<uint8_t>(kind())].starts_value || at(TokenKind::KwLet) || at(TokenKind::KwVar) || at(TokenKind::KwConst)) && !at(TokenKind::Error)) {
    // Only the gap is wrong: the next statement is read as usual.
    Span gap{after(pos_ - 1).lo, token_span(pos_).lo};
    report<Diag::TwoStatements>(token_span(pos_)).help("begin a new line here, or write `;` between the two").fix(gap, "; ", "add `;`", Applicability::MaybeIncorrect);
    return true;
  }
  return false;
}

bool Parser::is_keyword_statement(TokenKind k) {
  switch (k) {
    case TokenKind::KwLet: case TokenKind::KwVar: case TokenKind::KwSpawn:
    case TokenKind::KwReturn: case TokenKind::KwBreak: case TokenKind::KwContinue: case TokenKind::KwFor: case TokenKind::KwWhile: case TokenKind::KwDefer: case TokenKind::KwFail: case TokenKind::KwDo: case TokenKind::KwYield: return true;
    default: return false;
  }
}

// A statement that begins with a word of another language, and is not a use of that word as a name.
NodeId Parser::foreign_statement(bool& handled) {
  uint32_t token = pos_;
  Word w = static_cast<Word>(values_[token]);
  TokenKind next = next_kind();
  bool value_next = kTraits[static_cast<uint8_t>(next)].starts_value && next != TokenKind::LParen && next != TokenKind::LBracket && next != TokenKind::Dot && next != TokenKind::Minus && next != TokenKind::Question && next != TokenKind::Bang &&
                    next != TokenKind::DotDot && next != TokenKind::DotDotEq && next != TokenKind::DotDotLess && next != TokenKind::LBrace;
  // `switch (x) {`: with parentheses it could be a call, unless the line ends by opening a block
  uint32_t line_end = end_of_line(200);
  TokenKind line_last = line_end > 0 ? kind_at(line_end - 1) : TokenKind::EndOfFile;
  bool opens = line_last == TokenKind::LBrace || line_last == TokenKind::KwDo || line_last == TokenKind::Colon;
  bool header = (value_next || next == TokenKind::LParen || next == TokenKind::Minus) && opens;
  handled = true;
  switch (w) {
    case Word::ForeignElif: case Word::ForeignElsif: case Word::ForeignElseif:
      if (!value_next && !header) break;
      foreign(token, "else if");
      error_token_ = token;
      return if_expr();
    case Word::ForeignSwitch:
      if (!header) break;
      foreign(token, "match", false);
      ++pos_;
      panic_ = true;  // the arms look different too: one report is enough
      pos_ = line_end - 1;
      if (at(TokenKind::LBrace)) skip_brackets();
      else { uint32_t opener = pos_++; body(Opening::Indent, opener, false); close_block(Opening::Indent, token); }
      panic_ = hopeless_;
      error_token_ = token;
      return add(NodeKind::Error, token);
    case Word::ForeignLoop:
      if (next != TokenKind::LBrace && next != TokenKind::KwDo && next != TokenKind::Colon) break;
      ++pos_;
      report<Diag::ForeignLoop>(token_span(token), "while true do … end").fix(token_span(token), "while true", "write `while true`");
      block(token, "`loop`");
      return add(NodeKind::Error, token);
    case Word::ForeignForeach:
      if (!header && !value_next) break;
      foreign(token, "for");
      return for_expr(NameId::None, false);
    case Word::ForeignUntil: case Word::ForeignUnless: {
      if (!header && !value_next) break;
      foreign(token, w == Word::ForeignUntil ? "while not" : "if not");
      return w == Word::ForeignUntil ? while_expr(NameId::None) : if_expr();
    }
    case Word::ForeignThrow: case Word::ForeignRaise: {
      if (!value_next) break;
      foreign(token, "fail");
      ++pos_;
      NodeId value = expr();
      return add(NodeKind::Fail, token, +value);
    }
    case Word::ForeignVal: case Word::ForeignFinal:
      if (next != TokenKind::Ident) break;
      foreign(token, "let");
      return let();
    case Word::ForeignGo: {
      if (next != TokenKind::Ident && next != TokenKind::KwFunc) break;
      foreign(token, "spawn");
      return spawn();
    }
    case Word::ForeignDef: case Word::ForeignFn: case Word::ForeignFun: case Word::ForeignFunction:
      if (next != TokenKind::Ident || kind_at(token + 2) != TokenKind::LParen) break;
      report<Diag::InsideFunction>(token_span(token), "a function").help("move it out of this function, or write `let " + std::string(text(token + 1)) + " = func(…) do … end`");
      {
        bool saved = in_decl_;
        func_decl(0, 0, false);
        in_decl_ = saved;
      }
      error_token_ = token;
      return add(NodeKind::Error, token);
    case Word::ForeignClass: case Word::ForeignInterface: case Word::ForeignUse: case Word::ForeignUsing: case Word::ForeignFrom: case Word::ForeignPublic: case Word::ForeignPrivate: case Word::ForeignStatic:
      if (next != TokenKind::Ident && !is_keyword(next)) break;
      if (foreign_declaration()) return is_some(foreign_made_) ? foreign_made_ : add(NodeKind::Error, token);
      break;
    default: break;
  }
  handled = false;
  return NodeId::None;
}

// let := (`let` | `var`) pattern [`:` type] [`=` expr]
NodeId Parser::let() {
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
  } else if (at_name() && next_kind() != TokenKind::Dot && next_kind() != TokenKind::LParen && next_kind() != TokenKind::LBrace) {
    // `let X` binds too: the upper-case rule is for match (a wrong case is a lint's business)
    ++pos_;
    bound = is_word(pos_ - 1, Word::Underscore) ? add(NodeKind::PatWild, pos_ - 1) : add(NodeKind::PatBind, pos_ - 1, values_[pos_ - 1]);
  } else {
    bound = pattern_atom("a name");
  }
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (!panic_ && at(TokenKind::Colon)) {
    if (next_kind() == TokenKind::Eq && touches(pos_ + 1)) {  // let x := 1
      report<Diag::ColonEquals>(between(pos_, pos_ + 1)).fix(between(pos_, pos_ + 1), touches(pos_) ? " =" : "=", "write `=`");
      ++pos_;
    } else {
      ++pos_;
      declared_type = type();
    }
  } else if (!panic_ && at_name() && !starts_line(pos_) && node(bound).kind == NodeKind::PatBind && (next_kind() == TokenKind::Eq || is_upper(pos_))) {
    // let int x = 1, let x Int = 1
    uint32_t first = pos_ - 1;
    bool type_first = janus_type(text(first)) != text(first) || is_upper(first);
    std::string name(text(type_first ? pos_ : first)), type_text(janus_type(text(type_first ? first : pos_)));
    report<Diag::TypeBeforeName>(between(first, pos_)).fix(between(first, pos_), name + ": " + type_text, "write `" + name + ": " + type_text + "`");
    if (type_first) { node(bound).a = values_[pos_]; node(bound).token = pos_; }
    ++pos_;
  }
  if (!panic_ && (!new_line() || at(TokenKind::Eq))) {
    if (eat(TokenKind::Eq)) {
      value = expr();
      if (!panic_ && at(TokenKind::Eq)) {
        report<Diag::AssignAsValue>(token_span(pos_), "=").help("make each name in a line of its own");
        while (eat(TokenKind::Eq) && !panic_) value = expr();
      }
    } else if (at(TokenKind::EqEq)) {
      report<Diag::UnexpectedToken>(token_span(pos_), "`=`", "`==`").note("`=` stores a value; `==` compares two").fix(token_span(pos_), "=", "write `=`");
      ++pos_;
      value = expr();
    } else if (!at(TokenKind::Newline) && !at(TokenKind::KwEnd) && !at(TokenKind::RBrace) && !at(TokenKind::EndOfFile)) {
      unexpected(is_some(declared_type) ? "`=` and a value" : "`=` and a value, or `:` and a type");
    }
  }
  if (!panic_ && at(TokenKind::Comma) && !new_line()) {
    report<Diag::UnexpectedToken>(token_span(pos_), "the end of the line", "`,`").help("make each name in a line of its own; a tuple is taken apart with `let (a, b) = …`");
    error_token_ = pos_;
    pos_ = end_of_line();
  }
  if (panic_ && is_none(value)) value = error_node();
  return add(NodeKind::Let, token, +bound, record(+declared_type, +value), flags);
}

// ---- control flow

// condition := expr, where `let pattern = value` may stand between `and`
NodeId Parser::condition() {
  Nest nest(*this);
  Place place(*this, false, true, true);
  if (panic_) return error_node();
  if (at(TokenKind::KwDo) || at(TokenKind::LBrace)) { unexpected("a condition"); return error_node(); }
  NodeId made = expr_here();
  if (at(TokenKind::Eq) && !panic_) made = assign_in_condition(made);
  return made;
}

// if := `if` condition block-start {`else` `if` condition …} [`else` [`do`] body] `end`     `else if` on one line (ruling 16)
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
    opening = open_block(header, is_foreign(NameId(values_[token])) && kind_at(token) == TokenKind::Ident ? "the condition" : "the condition of `if`");
    if (missing_do_ && !missing_do) missing_do = missing_do_;
    NodeId then = body(opening, header, true);
    scratch_.push_back(+cond);
    scratch_.push_back(+then);
    scratch_.push_back(token);
    if (panic_) break;
    if (opening == Opening::Brace) {
      if (!at(TokenKind::RBrace)) { close_block(opening, header); break; }
      close_brace_fix(pos_++);
      if (!at(TokenKind::KwElse) && !at_else_word()) break;
    }
    if (opening == Opening::Indent && starts_line(pos_) && column(pos_) < line_column(header)) { close_block(opening, header, missing_do); break; }
    if (at_else_word()) {
      foreign(pos_, "else if");
      grow(token);
      continue;  // its word stands where `if` would
    }
    if (!at(TokenKind::KwElse)) { close_block(opening, header, missing_do); break; }
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

// for (int i = A; i < B; i++): in its plain form exactly `for i in A..B`. None when it is not that form.
NodeId Parser::counting_for(uint32_t header, NameId label) {
  uint32_t t = header + 1;
  bool paren = kind_at(t) == TokenKind::LParen;
  if (paren) ++t;
  if (kind_at(t) == TokenKind::KwLet || kind_at(t) == TokenKind::KwVar || (kind_at(t) == TokenKind::Ident && kind_at(t + 1) == TokenKind::Ident)) ++t;
  uint32_t name = t;
  if (kind_at(t++) != TokenKind::Ident) return NodeId::None;
  if (kind_at(t) == TokenKind::Colon) ++t;  // :=
  if (kind_at(t++) != TokenKind::Eq) return NodeId::None;
  uint32_t low = t, semis[2] = {kNone, kNone}, opening = kNone;
  for (uint32_t count = 0; t < last_ && t < header + 200 && !starts_line(t); ++t) {
    if (kinds_[t] == TokenKind::Newline && count < 2) semis[count++] = t;
    if (kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::LBrace) { opening = t; break; }
  }
  if (semis[1] == kNone || opening == kNone) return NodeId::None;
  uint32_t test = semis[0] + 1, step = semis[1] + 1, high = test + 2;
  auto is_name = [&](uint32_t at) { return kind_at(at) == TokenKind::Ident && values_[at] == values_[name]; };
  bool below = kind_at(test + 1) == TokenKind::Less, upto = kind_at(test + 1) == TokenKind::LessEq;
  if (!is_name(test) || (!below && !upto) || low >= semis[0] || high >= semis[1]) return NodeId::None;
  uint32_t after_step = step + 2;
  if (is_name(step) && kind_at(step + 1) == TokenKind::PlusEq && kind_at(step + 2) == TokenKind::IntLit && values_[step + 2] == 1) after_step = step + 3;
  else if (!(is_name(step) && kind_at(step + 1) == TokenKind::PlusPlus) && !(kind_at(step) == TokenKind::PlusPlus && is_name(step + 1))) return NodeId::None;
  if (paren && kind_at(after_step++) != TokenKind::RParen) return NodeId::None;
  if (after_step != opening) return NodeId::None;

  std::string better = "for " + std::string(text(name)) + " in " + std::string(text_between(low, semis[0] - 1)) + (upto ? "..=" : "..") + std::string(text_between(high, semis[1] - 1));
  Diagnostic& d = report<Diag::ForeignLoop>(between(header, opening - 1), better + " do … end").note("`0..n` counts from 0 and leaves out n; `0..=n` includes it");
  d.fix(between(header, opening - 1), better, "write `" + better + "`");
  bool kept = &d != ignored_.get();
  uint32_t from = mark();
  keep(add(NodeKind::PatBind, name, values_[name]));
  uint32_t names = flush(from);
  pos_ = low;
  NodeId begin = operand_expr(kPrecRange + 1);
  pos_ = high;
  NodeId end = panic_ ? error_node() : operand_expr(kPrecRange + 1);
  NodeId range = add(NodeKind::Range, test + 1, +begin, +end, upto ? kInclusive : 0);
  if (panic_) return add(NodeKind::Error, header);
  pos_ = opening + 1;
  Opening how = kind_at(opening) == TokenKind::LBrace ? Opening::Brace : Opening::Do;
  if (how == Opening::Brace && kept) d.fix(token_span(opening), touches(opening) ? " do" : "do", "");
  NodeId inner = body(how, header, false);
  if (how == Opening::Do) close_block(how, header);
  else if (at(TokenKind::RBrace)) {
    if (kept) d.fix(token_span(pos_), starts_line(pos_) || !touches(pos_) ? "end" : " end", "");
    ++pos_;
  } else if (!panic_) {
    missing_end(header);
  }
  return add(NodeKind::For, header, record(names, +label), record(+range, +inner));
}

// for (init; test; step) in any other form: read over its head, say how Janus counts.
NodeId Parser::c_style_for(uint32_t header, NameId label) {
  uint32_t semi = kNone, paren_end = kNone, depth = 0;
  for (uint32_t t = pos_; t < last_ && t < pos_ + 200 && !starts_line(t); ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::Newline && semi == kNone) semi = t;
    if (k == TokenKind::LParen) ++depth;
    if (k == TokenKind::RParen && depth > 0 && --depth == 0 && paren_end == kNone) paren_end = t;
    if (k == TokenKind::KwIn || k == TokenKind::KwDo || k == TokenKind::LBrace) break;
  }
  if (semi == kNone) return NodeId::None;
  NodeId counting = counting_for(header, label);
  if (is_some(counting)) return counting;
  uint32_t to = paren_end != kNone && kind_at(pos_) == TokenKind::LParen ? paren_end : semi;
  report<Diag::ForeignLoop>(between(header, to), "for i in 0..n do … end").note("`0..n` counts from 0 and leaves out n; `0..=n` includes it").help("for other conditions and steps use `while`");
  error_token_ = header;
  if (kind_at(pos_) == TokenKind::LParen && paren_end != kNone) {
    pos_ = paren_end + 1;
  } else {
    while (!starts_line(pos_ + 1) && !at(TokenKind::KwDo) && !(at(TokenKind::LBrace) && starts_line(pos_ + 1)) && !at(TokenKind::EndOfFile)) ++pos_;
    if (!at(TokenKind::KwDo) && !at(TokenKind::LBrace) && !at(TokenKind::EndOfFile)) ++pos_;
  }
  if (at(TokenKind::LBrace) || at(TokenKind::KwDo)) foreign_block(header);
  return add(NodeKind::Error, header);
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
    if (kind_at(t) == TokenKind::Ident && (kind_at(t + 1) == TokenKind::KwIn || is_word(t + 1, Word::ForeignOf))) { opener = pos_; pos_ = t; }
  } else if ((at(TokenKind::KwLet) || at(TokenKind::KwVar) || at(TokenKind::KwConst)) && next_kind() == TokenKind::Ident) {
    report<Diag::UnexpectedToken>(token_span(pos_), "the name of the element", found()).note("the name after `for` is new by itself").fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
    ++pos_;
  }
  uint32_t from = mark();
  keep(pattern_atom("a name"));
  if (!panic_ && eat(TokenKind::Comma)) keep(pattern_atom("a name"));
  uint32_t names = flush(from);
  NodeId items;
  if (!panic_ && at_word(Word::ForeignOf)) foreign(pos_++, "in");
  else if (!panic_ && (at(TokenKind::Eq) || at(TokenKind::Colon)) && !new_line()) {  // for i = 1, 10 and for x : xs
    uint32_t sign = pos_++;
    if (kind_at(sign) == TokenKind::Colon && at(TokenKind::Eq)) ++pos_;
    report<Diag::ForeignLoop>(between(sign, pos_ - 1), "for x in xs do … end").note("numbers are counted with `for i in 0..n do`");
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
      report<Diag::UnexpectedToken>(token_span(opener), "a name", "`(`").note("`for` needs no parentheses").fix({token_span(opener).lo, token_span(kind_at(opener + 1) == TokenKind::Ident ? opener + 1 : opener + 2).lo}, "", "remove them").fix(token_span(pos_), "", "");
      ++pos_;
    } else {
      unexpected("`)`");
    }
  } else {
    Place place(*this, false, true, false);
    items = panic_ ? error_node() : expr();
  }
  NodeId inner = block(token, "the head of the loop");
  return add(NodeKind::For, token, record(names, +label), record(+items, +inner), parallel ? kShort : 0);
}

// match := `match` expr `{` { arm `,` } `}`
NodeId Parser::match_expr() {
  uint32_t token = pos_++;
  NodeId value;
  {
    Place place(*this, false, true, false);
    if (at(TokenKind::LBrace) || at(TokenKind::KwDo)) { unexpected("the value to look at, after `match`"); value = error_node(); }
    else value = expr();
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
    report<Diag::ForeignWord>(token_span(pos_), at(TokenKind::KwDo) ? "match … do … end" : std::string("match … ") + std::string(text(pos_)), "match … { … }").fix(token_span(pos_), touches(pos_) ? " {" : "{", "write `{`, and `}` in place of its `end`", Applicability::MaybeIncorrect);
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
    while (!at(TokenKind::RBrace) && !at(TokenKind::EndOfFile) && !(at(TokenKind::KwEnd)) && !(starts_line(pos_) && at_outer_declaration())) {
      if (starts_line(pos_) && (is_keyword_statement(kind()) || at(TokenKind::KwIf) || at(TokenKind::KwMatch)) && column(pos_) <= line_column(token)) break;  // no arm: `}` is missing
      if (at(TokenKind::Newline) || at(TokenKind::Comma)) {
        if (at(TokenKind::Comma)) unexpected("a pattern");
        ++pos_;
        panic_ = hopeless_;
        continue;
      }
      uint32_t first = pos_;
      NodeId arm = match_arm();
      keep(arm);
      if (!panic_) {
        if (eat(TokenKind::Comma)) continue;
        if (at(TokenKind::RBrace) || at(TokenKind::KwEnd) || at(TokenKind::EndOfFile)) continue;
        if (at(TokenKind::Newline) || starts_line(pos_)) {  // a line ended without a comma
          bool semi = at(TokenKind::Newline);
          uint32_t behind = semi ? pos_ + 1 : pos_;
          if (kind_at(behind) == TokenKind::RBrace) { pos_ = behind; continue; }
          if (starts_line(behind) && column(behind) < column_of_first(first)) break;
          Span gap = semi ? token_span(pos_) : after(pos_ - 1);
          if (comma_report_ && comma_opener_ == opener) {
            if (comma_report_->fixes.size() < 1000) comma_report_->fix(gap, ",", "");
          } else {
            comma_report_ = &report<Diag::MissingComma>(gap).note("a comma stands after each arm of `match`").fix(gap, ",", semi ? "write `,`" : "add `,`");
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
    if (at(TokenKind::KwEnd) || at(TokenKind::RBrace)) ++pos_;
    else if (!panic_) missing_end(token);
  } else if (!panic_) {
    if (at(TokenKind::KwEnd) && !starts_line(pos_)) unexpected("`}`"), ++pos_, panic_ = false;
    else expect_close(TokenKind::RBrace, opener);
  }
  return add(NodeKind::Match, token, +value, flush(from), error_flag(opener));
}

uint32_t Parser::column_of_first(uint32_t token) const { return starts_line(token) ? column(token) : 0; }

// After a broken arm: to its comma, or to the line that begins like an arm.
void Parser::recover_arm(uint32_t from) {
  if (hopeless_) { pos_ = last_; return; }
  uint32_t depth = panic_brackets_ > brackets_ ? panic_brackets_ - brackets_ : 0;
  panic_brackets_ = 0;
  panic_ = false;
  uint32_t left = column_of_first(from);
  while (!at(TokenKind::EndOfFile)) {
    if (starts_line(pos_) && pos_ > from && column(pos_) <= left) return;
    switch (kind()) {
      case TokenKind::LParen: case TokenKind::LBracket: case TokenKind::LBrace: ++depth; break;
      case TokenKind::RParen: case TokenKind::RBracket: if (depth > 0) --depth; break;
      case TokenKind::RBrace: if (depth == 0) return; --depth; break;
      case TokenKind::Comma: if (depth == 0) { ++pos_; return; } break;
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
NodeId Parser::match_arm() {
  uint32_t token = pos_;
  NodeId bound = pattern();
  NodeId guard = NodeId::None;
  if (!panic_ && (at_word(Word::When) || at(TokenKind::KwIf))) {
    if (at(TokenKind::KwIf)) report<Diag::ForeignWord>(token_span(pos_), "if", "when").fix(token_span(pos_), "when", "write `when`");
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
    report<Diag::ForeignWord>(token_span(sign), text(sign), "=>").fix(token_span(sign), touches(sign) ? " =>" : "=>", "write `=>`");
    value = match_body();
  } else if (at(TokenKind::KwDo)) {  // pattern do … end
    report<Diag::UnexpectedToken>(token_span(pos_), "`=>`", "`do`").fix({token_span(pos_).lo, token_span(pos_).lo}, "=> ", "add `=>`");
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
  if (starts_line(pos_)) {  // the value may stand on the next line, unless that is an arm by itself
    for (uint32_t t = pos_; t < last_ && (t == pos_ || !starts_line(t)) && kinds_[t] != TokenKind::LBrace && kinds_[t] != TokenKind::KwDo; ++t) {
      if (kinds_[t] != TokenKind::FatArrow) continue;
      error_token_ = pos_;
      report<Diag::UnexpectedToken>(after(pos_ - 1), "a value after `=>`", "the end of the line");
      panic_ = true;
      panic_brackets_ = brackets_;
      return error_node();
    }
  }
  if (at(TokenKind::KwDo)) {  // the block may go on, as in `do … end.len()`
    return simple_statement();
  }
  if (at(TokenKind::LBrace) && next_kind() != TokenKind::Pipe) return block(pos_, "`=>`");
  if (at(TokenKind::KwLet) || at(TokenKind::KwVar)) {
    unexpected("a value; several statements stand in `do … end`");
    return error_node();
  }
  return simple_statement();
}

}  // namespace janus
