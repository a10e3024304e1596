// parse_func.cpp: functions, tests, and their parameters, bounds and results.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include "frontend/parse_internal.h"

namespace janus {

// func := `func` name [type params] `(` params `)` [type] [where] [block]
NodeId Parser::func_decl(uint8_t flags, uint16_t abi, bool in_trait, bool no_word) {
  uint32_t header = no_word ? pos_ : pos_++;
  uint32_t name = pos_;
  NameId id = NameId::None;
  if (at_name() && next_kind() == TokenKind::Dot &&
      kind_at(pos_ + 2) == TokenKind::Ident) {  // func Point.len() of Zig and Lua
    report<Diag::UnexpectedToken>(between(pos_, pos_ + 2), "the name of the function",
                                  "`" + std::string(text_between(pos_, pos_ + 2)) + "`")
        .help("a function of a type stands in `impl " + std::string(text(pos_)) + " do … end`");
    error_token_ = pos_;
    pos_ += 2;
    name = pos_;
  } else if (at(TokenKind::LParen) && next_kind() == TokenKind::Ident &&
             kind_at(pos_ + 2) == TokenKind::Ident) {  // func (p Point) len() of Go
    uint32_t open = pos_;
    std::string type_text(text(pos_ + 2));
    skip_brackets();
    report<Diag::UnexpectedToken>(between(open, pos_ - 1), "the name of the function", "`(`")
        .help("a function of a type stands in `impl " + type_text + " do … end` and begins with the parameter `self`");
    error_token_ = open;
    name = pos_;
  }
  bool outer_broken = std::exchange(broken_head_, false);
  id = name_in_head("the name of the function", name);
  if (!panic_ && at(TokenKind::Minus) && touches(pos_)) {   // func my-func()
    while ((at(TokenKind::Minus) || at_any_word() || at(TokenKind::IntLit)) && touches(pos_)) ++pos_;
    std::string better(text_between(name, pos_ - 1));
    std::replace(better.begin(), better.end(), '-', '_');
    report<Diag::UnexpectedToken>(between(name, pos_ - 1), "the name of the function",
                                  "`" + std::string(text_between(name, pos_ - 1)) + "`")
        .note("a name is made of letters, digits and `_`; `-` subtracts")
        .fix(between(name, pos_ - 1), better, "write `" + better + "`");
    error_token_ = name;
  }
  uint32_t generics = type_params();
  uint32_t list = kNone;
  NodeId result = NodeId::None;
  uint32_t where = kNone;
  bool another = is_some(id) && id == clauses_;   // one more clause of a function, which has been said
  int reports = another ? std::exchange(reports_, 1 << 20) : reports_;
  bool outer = std::exchange(clause_, false);
  clause_name_ = name;
  if (!panic_ && !broken_head_ &&
      ((at(TokenKind::KwDo) && !begins_param(pos_ + 1)) || at(TokenKind::LBrace) ||
       (starts_line(pos_) && !begins_param(pos_)) ||
       (at(TokenKind::Colon) && starts_line(pos_ + 1) && !begins_param(pos_ + 1)))) {  // func main do
    report<Diag::UnexpectedToken>(after(pos_ - 1), "`(` after the name", found_text(pos_))
        .fix(after(pos_ - 1), "()", "a function without parameters has `()`");
  } else {
    if (!panic_ && at(TokenKind::Less)) {  // func f<T>(…)
      uint32_t less = pos_;
      while (!at(TokenKind::Greater) && !starts_line(pos_ + 1)) ++pos_;
      Diagnostic& d =
          report<Diag::AngleBrackets>(token_span(less))
              .fix(token_span(less), "[", "write `[" + std::string(text_between(less + 1, pos_ - 1)) + "]`");
      if (at(TokenKind::Greater)) d.fix(token_span(pos_), "]", ""), ++pos_;
      error_token_ = less;
    }
    list = params(true);
    result = panic_ ? error_node() : return_type();
    if (is_none(result) && (panic_ || (broken_head_ && !starts_line(pos_)))) result = error_node();
    where = where_clauses();
  }
  if (!panic_ && !at_word(Word::When) && !at(TokenKind::Eq) && !at(TokenKind::FatArrow) &&
      (!at(TokenKind::KwDo) || type_before_do())) {
    if (uint32_t opening = body_ahead(); opening != kNone && opening != pos_) {   // `-> T zz do`
      report<Diag::UnexpectedToken>(token_span(pos_), at(TokenKind::KwDo) ? "`->`" : "`do`", found());
      error_token_ = pos_;
      pos_ = opening;
      broken_head_ = true;
      result = error_node();
    }
  }
  if (at_word(Word::When) && !panic_ && !starts_line(pos_)) {   // func f(n) when n > 0 do
    report<Diag::ForeignWord>(token_span(pos_), "func … when …", "if … do … end")
        .note("a function is written once: what it does for which value is told apart in its body");
    error_token_ = pos_;
    clause_ = skip_to_opening();
  }
  if (another) reports_ = reports;
  bool clause = std::exchange(clause_, outer);
  if (clause) another |= id == last_func_, clauses_ = id;
  last_func_ = id;
  bool below = false;
  bool lost = panic_ && !skip_to_body(header, below);
  flags |= broken_flag();
  broken_head_ = outer_broken;
  if (lost) {
    lose_names(header, pos_);
    return add(NodeKind::FuncDecl, name, +id, record(generics, list, +result, where, kNone), flags | kHasError, abi);
  }
  NodeId inner = NodeId::None;
  bool ends_here =
      (starts_line(pos_) && !below) || at(TokenKind::Newline) || at(TokenKind::EndOfFile) || at(TokenKind::KwEnd);
  if (ends_here && !panic_ && (abi != 0 || in_trait) && !body_on_next_line(header, in_trait)) {
    // a requirement of a trait, or a function written elsewhere
  } else if (ends_here && !panic_ &&
             (at(TokenKind::EndOfFile) || at_declaration() ||
              (starts_line(pos_) && column(pos_) < line_column(header)))) {
    report<Diag::MissingBody>(token_span(name), text(name)).help("write `do … end` after it");
    error_token_ = pos_;
  } else if (at(TokenKind::Eq) || at(TokenKind::FatArrow)) {  // func f(x: i64) = x * 2
    uint32_t sign = pos_++;
    uint32_t start = pos_;
    expr();
    if (!panic_) {
      std::string better = "do return " + std::string(text_between(start, pos_ - 1)) + " end";
      report<Diag::ForeignWord>(token_span(sign), text(sign), "do … end")
          .fix(between(sign, pos_ - 1), better, "write `" + better + "`");
    }
    error_token_ = sign;
  } else {
    inner = below          ? block_of(Opening::Indent, header)
            : at_skipped() ? skipped_block()
                           : block(header, "the head of the function");
  }
  if (another) return add(NodeKind::Error, name);
  if (clause) inner = NodeId::None, result = is_some(result) ? result : add(NodeKind::Error, name);
  return add(NodeKind::FuncDecl, name, +id, record(generics, list, +result, where, +inner), flags | error_flag(header),
             abi);
}

// A head without `do`, followed by a line that is no head: the `do` was forgotten.
bool Parser::body_on_next_line(uint32_t header, bool in_trait) const {
  if (at(TokenKind::EndOfFile) || at(TokenKind::KwEnd) || at_declaration() || at(TokenKind::Newline) ||
      at(TokenKind::RBrace))
    return false;
  if (at(TokenKind::Ident) && is_foreign(NameId(values_[pos_])) && next_kind() == TokenKind::Ident) return false;
  return in_trait && starts_line(pos_) && column(pos_) > line_column(header);
}

// test := `test` text block
NodeId Parser::test_decl() {
  uint32_t token = pos_;
  ++pos_;
  uint32_t name = +names_.intern("");
  if (at(TokenKind::StrLit)) name = values_[pos_++];
  else
    report<Diag::UnexpectedToken>(after(pos_ - 1), "the name of the test", found_text(pos_))
        .fix(after(pos_ - 1), " \"what must hold\"", "write what the test shows, as a text",
             Applicability::HasPlaceholders);
  NodeId inner = block(token, "the name of the test");
  return add(NodeKind::TestDecl, token, name, +inner);
}

// type params := `[` name [`:` bounds] {`,` …} `]`
uint32_t Parser::type_params() {
  if (panic_) return kNone;
  uint32_t opener = pos_;
  if (!eat(TokenKind::LBracket)) {
    if (!bracket_forgotten()) return kNone;
    unexpected("`[`");
    panic_ = false;
    if (!at_name() || next_kind() == TokenKind::Ident) ++pos_;
  }
  uint32_t from = mark();
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  do {
    if (at(TokenKind::RBracket)) {
      ++pos_;
      break;
    }
    uint32_t name = pos_;
    NameId id = expect_name("the name of a type parameter, like `T`");
    uint32_t list = kNone;
    if (!panic_ && eat(TokenKind::Colon)) list = bounds();
    if (!panic_) keep(add(NodeKind::TypeParam, name, +id, list));
  } while (more_in_head(TokenKind::RBracket, opener));
  return flush(from);
}

// bounds := type { `+` type }
uint32_t Parser::bounds() {
  uint32_t from = mark();
  do keep(type_atom());
  while (!panic_ && eat(TokenKind::Plus));
  return flush(from);
}

// where := `where` name `:` bounds { `,` name `:` bounds }
uint32_t Parser::where_clauses() {
  if (panic_ || !at_word(Word::Where)) return kNone;
  uint32_t from = mark();
  ++pos_;
  while (!panic_) {
    uint32_t name = pos_;
    NameId id = expect_name("the name of a type parameter");
    uint32_t list = kNone;
    if (expect(TokenKind::Colon, "`:` and what the type must be able to do")) list = bounds();
    keep(add(NodeKind::WhereClause, name, +id, list));
    if (!eat(TokenKind::Comma)) break;
  }
  return flush(from);
}

// params := `(` [ (self | param) {`,` param} ] `)`
uint32_t Parser::params(bool may_be_method) {
  uint32_t opener = pos_;
  if (!open_params()) return kNone;
  uint32_t from = mark();
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  do {
    if (at(TokenKind::RParen) || opens_body(pos_)) {
      expect_close(TokenKind::RParen, opener);
      break;
    }
    uint32_t first = pos_;
    uint32_t t = pos_;
    if (kind_at(t) == TokenKind::Amp) ++t;
    if (kind_at(t) == TokenKind::KwMut || kind_at(t) == TokenKind::KwVar) ++t;
    if (kind_at(t) == TokenKind::KwSelf || (is_word(t, Word::ForeignThis) && (kind_at(t + 1) == TokenKind::Comma ||
                                                                              kind_at(t + 1) == TokenKind::RParen))) {
      bool is_mut = t > first && kind_at(t - 1) == TokenKind::KwMut;
      pos_ = t + 1;
      if (kind_at(first) == TokenKind::Amp)
        foreign(between(first, t), text_between(first, t), is_mut ? "mut self" : "self");
      else if (kind_at(t) != TokenKind::KwSelf) foreign(t, "self");
      bool late = mark() != from;
      if (late && kind_at(t) == TokenKind::KwSelf) report<Diag::SelfPlace>(between(first, t));
      NodeId made = add(NodeKind::SelfParam, t, kNone, kNone, is_mut ? kMut : 0);
      if (eat(TokenKind::Colon)) {
        uint32_t at_type_token = pos_;
        type();
        if (!panic_)
          report<Diag::UnexpectedToken>(between(at_type_token - 1, pos_ - 1), "`,` or `)`", "`:`")
              .note("`self` has the type that the `impl` names")
              .fix(between(at_type_token - 1, pos_ - 1), "", "remove it");
      }
      if (!late) keep(made);
      else if (node(NodeId(scratch_[from])).kind != NodeKind::SelfParam)
        scratch_.insert(scratch_.begin() + from, +made);  // as if it stood first
    } else {
      keep(param());
    }
    (void)may_be_method;
  } while (more_in_head(TokenKind::RParen, opener));
  return flush(from);
}

// inout x: T, x: inout T, ref x: T
void Parser::lent_param(uint32_t word) {
  report<Diag::ForeignWord>(token_span(word), text(word), "mut")
      .note("`mut x: T` gives its changes back to the caller, who writes `&x`");
  error_token_ = word;
}

// x: ...T, x: T...
void Parser::any_number() {
  if (panic_ || !at(TokenKind::DotDot)) return;
  uint32_t dots = pos_;
  while (at(TokenKind::DotDot) || at(TokenKind::Dot)) ++pos_;
  report<Diag::UnexpectedToken>(between(dots, pos_ - 1), "one type",
                                "`" + std::string(text_between(dots, pos_ - 1)) + "`")
      .help("a function takes as many values as it has parameters; for any number of them take an array: `xs: []i64`");
  error_token_ = dots;
}

// func fact(0), func area(.Circle(r)) of Elixir and Haskell: one clause of several. The first of them stands for the
// function, so that its calls are understood; the bodies, with names that patterns bind, are read over.
NodeId Parser::clause_param() {
  uint32_t first = pos_;
  bool tuple = at(TokenKind::LParen), array = at(TokenKind::LBracket);
  int reports = std::exchange(reports_, 1 << 20);
  pattern();
  reports_ = reports;
  if (panic_) {   // no pattern either
    pos_ = first;
    if (std::exchange(hopeless_, false)) {   // said by nobody: reports were off
      panic_ = false;
      too_deep();
      return error_node();
    }
    panic_ = false;
    unexpected("the name of a parameter");
    return error_node();
  }
  std::string shown(text_between(first, pos_ - 1));
  if (eat(TokenKind::Colon)) type();
  if (!clause_) {
    Diagnostic& d = report<Diag::UnexpectedToken>(between(first, pos_ - 1), "the name of a parameter",
                                                  shown.size() > 40 ? "a pattern" : "`" + shown + "`");
    if (tuple) d.help("give the parameter a name, and take it apart in the body: `let " + shown + " = pair`");
    else
      d.note("a function is written once: what it does for which value is told apart in its body")
          .help(array
                    ? "look at the array in it: `if xs.is_empty() do … else … end`, `xs.first()`, `xs.skip(1)`"
                    : "write `func " + std::string(text(clause_name_)) + "(x: …)` once, and in it `return match x { " +
                          (shown.size() > 40 ? std::string("…") : shown) + " => …, _ => … }`");
  }
  clause_ = true;
  error_token_ = first;
  NodeId made = error_node();
  return add(NodeKind::Param, first, kNone, record(+made, kNone));
}

// What can be no name of a parameter, and can be a pattern.
bool Parser::at_clause_pattern() const {
  switch (kind()) {
    case TokenKind::IntLit:
    case TokenKind::FloatLit:
    case TokenKind::CharLit:
    case TokenKind::StrLit:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
    case TokenKind::KwNull:
    case TokenKind::LBracket:
    case TokenKind::LParen: return true;
    case TokenKind::Minus: return next_kind() == TokenKind::IntLit || next_kind() == TokenKind::FloatLit;
    case TokenKind::Dot: return next_kind() == TokenKind::Ident;
    case TokenKind::Ident: return next_kind() == TokenKind::Dot || (is_upper(pos_) && next_kind() == TokenKind::LParen);
    default: return false;
  }
}

// param := [`mut`] name [`:` type] [`=` expr]
NodeId Parser::param() {
  if (at_clause_pattern()) return clause_param();
  bool is_mut = false;
  if (at(TokenKind::KwMut)) {
    is_mut = true;
    ++pos_;
  } else if ((at(TokenKind::KwVar) || at(TokenKind::KwLet) || at(TokenKind::KwConst)) &&
             next_kind() == TokenKind::Ident) {
    bool var = at(TokenKind::KwVar);
    report<Diag::UnexpectedToken>(token_span(pos_), "the name of a parameter", found())
        .note("a parameter does not change; `mut x: T` gives its changes back to the caller, who writes `&x`")
        .fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, var ? "mut " : "", var ? "write `mut`" : "remove it",
             var ? Applicability::MaybeIncorrect : Applicability::MachineApplicable);
    is_mut = var;
    ++pos_;
  }
  if (at(TokenKind::DotDot) || at(TokenKind::Amp) || at(TokenKind::Star)) {   // ...xs, &x, *args
    bool many = !at(TokenKind::Amp);
    uint32_t mark = pos_;
    while (at(TokenKind::DotDot) || at(TokenKind::Dot) || at(TokenKind::Amp) || at(TokenKind::Star)) ++pos_;
    report<Diag::UnexpectedToken>(between(mark, pos_ - 1), "the name of a parameter",
                                  "`" + std::string(text_between(mark, pos_ - 1)) + "`")
        .help(
            many
                ? "a function takes as many values as it has parameters; for any number of them take an array: `xs: []i64`"
                : "what a function changes for its caller is declared `mut x: T`, and lent with `&x`");
    error_token_ = mark;
  }
  if ((is_word(pos_, Word::ForeignInout) || is_word(pos_, Word::ForeignRef)) && next_kind() == TokenKind::Ident &&
      kind_at(pos_ + 2) == TokenKind::Colon) {
    lent_param(pos_);
    is_mut = true;
    ++pos_;
  }
  if ((at_name() || is_keyword(kind())) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::Colon &&
      !starts_line(pos_ + 1)) {   // _ name: T, for name: T of Swift
    report<Diag::NotNeeded>(token_span(pos_), text(pos_))
        .note("a call gives its arguments in order, or by name: `f(x)` or `f(name: x)`")
        .fix({token_span(pos_).lo, token_span(pos_ + 1).lo}, "", "remove it");
    ++pos_;
  }
  uint32_t name = pos_;
  if (sign_for_colon()) {   // x = i64, x zz i64
    ++pos_;
    NameId id = NameId(values_[name]);
    report<Diag::UnexpectedToken>(token_span(pos_), "`:`", found());
    error_token_ = pos_++;
    NodeId made = type();
    NodeId value = !panic_ && eat(TokenKind::Eq) ? expr() : NodeId::None;
    return add(NodeKind::Param, name, +id, record(+made, +value), is_mut ? kMut : 0);
  }
  bool bracket = next_kind() == TokenKind::LBracket &&
                 (touches(pos_ + 1) || is_upper(pos_) || known_type(pos_));   // int[] xs, not xs []i64
  if (at_name() && !starts_line(pos_ + 1) && !bracket && next_kind() != TokenKind::LParen &&
      kTraits[static_cast<uint8_t>(next_kind())].starts_type && next_kind() != TokenKind::Bang) {
    // int x of C, x int of Go
    uint32_t other = pos_ + 1;
    bool type_first = kind_at(other) == TokenKind::Ident && !is_upper(other) && !known_type(other) &&
                      (is_upper(name) || known_type(name));
    if (type_first) {
      pos_ += 2;
      report<Diag::TypeBeforeName>(between(name, other))
          .fix(between(name, other), std::string(text(other)) + ": " + std::string(text(name)),
               "write `" + std::string(text(other)) + ": " + std::string(text(name)) + "`");
      return add(NodeKind::Param, other, values_[other], record(+error_node(), kNone), is_mut ? kMut : 0);
    }
    ++pos_;
    NodeId made = type();
    if (!panic_)
      report<Diag::TypeBeforeName>(between(name, pos_ - 1))
          .fix(after(name), ":",
               "write `" + std::string(text(name)) + ": " + std::string(text_between(other, pos_ - 1)) + "`");
    NodeId value = !panic_ && eat(TokenKind::Eq) ? expr() : NodeId::None;
    return add(NodeKind::Param, name, values_[name], record(+made, +value), is_mut ? kMut : 0);
  }
  NameId id = expect_name("the name of a parameter");
  if (!panic_ && kinds_[name] != TokenKind::Ident) id = NameId::None, broken_head_ = true;   // nobody can say it
  NodeId declared_type = NodeId::None, value = NodeId::None;
  if (!panic_ && junk_for_colon()) {
    report<Diag::UnexpectedToken>(token_span(pos_), "`:`", found());
    error_token_ = pos_++;
    declared_type = type();
  }
  if (!panic_ && is_none(declared_type) && eat(TokenKind::Colon)) {
    if ((is_word(pos_, Word::ForeignInout) || is_word(pos_, Word::ForeignRef)) && next_kind() == TokenKind::Ident) {
      lent_param(pos_);
      is_mut = true;
      ++pos_;
    }
    any_number();
    declared_type = type();
    any_number();
  }
  if (!panic_ && eat(TokenKind::Eq)) value = expr();
  return add(NodeKind::Param, name, +id, record(+declared_type, +value),
             static_cast<uint8_t>((is_mut ? kMut : 0) | (panic_ ? kHasError : 0)));
}

// result := [`->`] type        on the line of the head
NodeId Parser::return_type() {
  if (panic_) return NodeId::None;
  if ((is_word(pos_, Word::ForeignThrows) || is_word(pos_, Word::ForeignRethrows)) && !starts_line(pos_)) {
    uint32_t word = pos_++;
    if (at(TokenKind::LParen)) skip_brackets();
    report<Diag::ForeignWord>(token_span(word), text(word), "!")
        .note("that a function can fail is a part of its result")
        .help("`-> !T` fails with whatever its body fails with, `-> MyError!T` with what `error MyError { … }` lists");
    error_token_ = word;
    NodeId plain = at(TokenKind::KwDo) ? NodeId::None : return_type();
    if (is_none(plain)) {
      uint32_t from = mark();
      keep(add(NodeKind::ImportName, word, +names_.intern("void")));
      plain = add(NodeKind::TypeName, word, flush(from), kNone);
    }
    return add(NodeKind::TypeFallible, word, kNone, +plain, kShort);
  }
  if (eat(TokenKind::Arrow)) return type(!closes_at_pipe_);
  if (new_line() || misspelt_do()) return NodeId::None;
  if (at(TokenKind::Colon) && !starts_line(pos_ + 1) && kTraits[static_cast<uint8_t>(next_kind())].starts_type &&
      colon_result_ahead()) {   // f(): T
    uint32_t colon = pos_++;
    report<Diag::ForeignWord>(token_span(colon), ":", "->")
        .note("the type of the result stands after `->`")
        .fix(token_span(colon), touches(colon) ? " ->" : "->", "write `->`");
    return type();
  }
  bool begins =
      at_type() && !at_word(Word::Where) && !at_word(Word::ForeignThen) && !at(TokenKind::Amp) && !at(TokenKind::Star);
  if (at(TokenKind::LParen) && nl_off_) begins = false;
  return begins ? type(!closes_at_pipe_) : NodeId::None;
}

// After `func f()` a colon begins a result type; in `["f": func() …` it would not. A head goes on to `do` or `{`.
bool Parser::colon_result_ahead() const {
  for (uint32_t t = pos_ + 1; t < last_ && t < pos_ + 30; ++t) {
    if (kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::LBrace) return true;
    if (starts_line(t)) return true;
    if (kinds_[t] == TokenKind::Comma || kinds_[t] == TokenKind::RParen) return false;
  }
  return false;
}

}   // namespace janus
