// parse_primary.cpp: what an expression is made of: names, literals, brackets, small functions, jumps.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/foreign.h"
#include "frontend/parse_internal.h"

namespace janus {

bool Parser::looks_like_fields() const {
  // After `{`: `name:`, `name,` `..` or `}`: the inside of a struct literal
  TokenKind a = next_kind(), b = kind_at(pos_ + 2);
  if (a == TokenKind::DotDot) return true;
  return (a == TokenKind::Ident || is_keyword(a)) && (b == TokenKind::Colon || b == TokenKind::Comma);
}

// At `{` in a head such as `for w in Words { text: s } do`: fields, and behind them the head goes on on the same line.
// Where arms or a block in braces begin, the line is over after the last brace, or `else` follows.
bool Parser::literal_in_head() const {
  if (!looks_like_fields() && next_kind() != TokenKind::RBrace) return false;
  uint32_t depth = 0;
  for (uint32_t t = pos_; t < last_ && t < pos_ + 200; ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::LBrace) ++depth;
    else if (k == TokenKind::RBrace && --depth == 0)
      return t + 1 < last_ && !starts_line(t + 1) && kinds_[t + 1] != TokenKind::Newline &&
             kinds_[t + 1] != TokenKind::KwElse && kinds_[t + 1] != TokenKind::KwEnd;
  }
  return false;
}

bool Parser::looks_like_type(NodeId id) const {
  const Node* n = &tree_.nodes[+id];
  while (n->kind == NodeKind::Index || n->kind == NodeKind::Call) n = &tree_.nodes[n->a];
  switch (n->kind) {
    case NodeKind::Ident:
    case NodeKind::Member:
    case NodeKind::DotName:
      return is_upper(n->token) || (id == NodeId(static_cast<uint32_t>(n - tree_.nodes.data())) && looks_like_fields());
    default: return false;
  }
}

bool Parser::trailing_closure_here(NodeId callee) const {
  if (next_kind() == TokenKind::Pipe) return true;
  if (no_brace_) return false;
  NodeKind k = tree_.nodes[+callee].kind;
  if (k != NodeKind::Ident && k != NodeKind::Member) return false;
  return !looks_like_type(callee) && !looks_like_fields() && next_kind() != TokenKind::RBrace;
}

// literal := type `{` [ field {`,` field} ] `}`      field := name [`:` expr] | `..` expr
NodeId Parser::struct_literal(NodeId type_expr) {
  uint32_t token = node(type_expr).token;
  uint32_t opener = pos_++;
  NodeId type_node = node(type_expr).kind == NodeKind::DotName ? type_expr : type_of_expr(type_expr);
  uint32_t from = mark();
  NodeId update = NodeId::None;
  {
    Place place(*this, false, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    ++outer_brackets_;
    while (!at(TokenKind::RBrace) && !panic_) {
      uint32_t name = pos_;
      if (bool three = at_spread(); eat(TokenKind::DotDot)) {
        if (three) foreign(between(name, pos_), "...", ".."), ++pos_;
        update = expr();
        if (!comma_or_close(TokenKind::RBrace, opener)) break;
        continue;
      }
      if (eat(TokenKind::Dot) && at_name()) {  // .x = 1 of C and Zig
        report<Diag::ForeignWord>(token_span(name), ".name = value", "name: value");
        name = pos_;
      }
      if (!at_any_word()) {
        unexpected("the name of a field");
        break;
      }
      ++pos_;
      NodeId value = NodeId::None;
      if (eat(TokenKind::Colon)) {
        value = expr();
      } else if (at(TokenKind::Eq)) {
        uint32_t eq = pos_++;
        report<Diag::ForeignWord>(token_span(eq), "=", ":")
            .note("a field gets its value as in `User { name: \"Ada\" }`")
            .fix(touches(eq) ? token_span(eq) : Span{after(eq - 1).lo, token_span(eq).hi}, touches(pos_) ? ": " : ":",
                 "write `:`");
        value = expr();
      }
      keep(add(NodeKind::FieldInit, name, values_[name], +value));
      if (!comma_or_close(TokenKind::RBrace, opener)) break;
    }
    expect_close(TokenKind::RBrace, opener);
    --outer_brackets_;
    in_arms_ = saved_arms;
  }
  return add(NodeKind::StructLit, token, +type_node, record(flush(from), +update), error_flag(token));
}

// What was read as a value turns out to be a type: Map[String, i64] { … }, [3]i64.
NodeId Parser::type_of_expr(NodeId id) {
  Nest nest(*this);
  if (panic_) return error_node();
  Node n = node(id);
  // Nodes made here end where the value ended, not at the current token.
  auto made = [&](NodeId result) {
    tree_.lasts[+result] = tree_.lasts[+id];
    return result;
  };
  auto convert_list = [&](uint32_t list) {
    uint32_t from = mark();
    for (uint32_t i = 0, count = static_cast<uint32_t>(tree_.list(list).size()); i < count; ++i)
      keep(type_of_expr(tree_.list(list)[i]));
    return flush(from);
  };
  switch (n.kind) {
    case NodeKind::Ident:
    case NodeKind::Member: {
      std::vector<uint32_t> tokens;
      NodeId at = id;
      while (node(at).kind == NodeKind::Member) {
        tokens.push_back(node(at).token);
        at = NodeId(node(at).a);
      }
      if (node(at).kind != NodeKind::Ident) break;
      tokens.push_back(node(at).token);
      uint32_t from = mark();
      for (size_t i = tokens.size(); i-- > 0;) {
        NodeId name = add(NodeKind::ImportName, tokens[i], values_[tokens[i]]);
        tree_.lasts[+name] = tokens[i];
        keep(name);
      }
      return made(add(NodeKind::TypeName, n.token, flush(from)));
    }
    case NodeKind::Index:
    case NodeKind::Call: {
      NodeId base = type_of_expr(NodeId(n.a));
      if (node(base).kind != NodeKind::TypeName) return base;
      uint32_t args = convert_list(n.b);
      return made(add(NodeKind::TypeName, node(base).token, node(base).a, args));
    }
    case NodeKind::TypeExpr: return NodeId(n.a);
    case NodeKind::Paren: return type_of_expr(NodeId(n.a));
    case NodeKind::TupleLit: {
      uint32_t list = convert_list(n.a);
      return made(add(NodeKind::TypeTuple, n.token, list));
    }
    case NodeKind::Error: return id;
    default: break;
  }
  report<Diag::UnexpectedToken>(tree_.span(id), "a type", "a value");
  error_token_ = pos_;
  return made(add(NodeKind::Error, n.token));
}

void Parser::missing_value() {
  if (panic_) return;
  if (is_keyword(kind()) && !new_line() && (next_kind() == TokenKind::Dot || next_kind() == TokenKind::LParen) &&
      kTraits[static_cast<uint8_t>(kind())].binary == 0 && !at(TokenKind::KwEnd) && !at(TokenKind::KwDo)) {
    report<Diag::KeywordAsName>(token_span(pos_), text(pos_)).help("choose another name");
    error_token_ = pos_;
    panic_ = true;
    panic_brackets_ = brackets_;
    return;
  }
  unexpected("a value");
}

// primary := literal | name | `(` … `)` | `[` … `]` | string | closure | control flow
NodeId Parser::primary() {
  uint32_t token = pos_;
  switch (kind()) {
    case TokenKind::Ident: return name_expr();
    case TokenKind::IntLit: ++pos_; return add(NodeKind::IntLit, token);
    case TokenKind::FloatLit: ++pos_; return add(NodeKind::FloatLit, token);
    case TokenKind::CharLit: ++pos_; return add(NodeKind::CharLit, token);
    case TokenKind::StrLit:
    case TokenKind::StrBegin: {
      NodeId made = string();
      if (at_name() && touches(pos_) && quote_in_text(token)) tree_.lasts[+made] = pos_ - 1;
      return made;
    }
    case TokenKind::KwTrue: ++pos_; return add(NodeKind::BoolLit, token, 1);
    case TokenKind::KwFalse: ++pos_; return add(NodeKind::BoolLit, token, 0);
    case TokenKind::KwNull: ++pos_; return add(NodeKind::NullLit, token);
    case TokenKind::KwSelf: ++pos_; return add(NodeKind::SelfExpr, token);
    case TokenKind::LParen: return paren();
    case TokenKind::LBracket: return bracket();
    case TokenKind::LBrace: return closure_braces();
    case TokenKind::Dot:
      if (next_kind() == TokenKind::IntLit && touches(pos_ + 1)) {  // .5
        pos_ += 2;
        report<Diag::BareFloat>(between(token, token + 1))
            .fix(between(token, token + 1), "0." + std::string(text(token + 1)),
                 "write `0." + std::string(text(token + 1)) + "`");
        return add(NodeKind::Error, token);
      }
      if (next_kind() == TokenKind::Ident || is_keyword(next_kind())) {
        pos_ += 2;
        return add(NodeKind::DotName, token + 1, values_[token + 1]);
      }
      ++pos_;
      unexpected("a name after `.`");
      return error_node();
    case TokenKind::Question:
    case TokenKind::QuestionQuestion: {
      if (kTraits[static_cast<uint8_t>(next_kind())].starts_type) {
        NodeId inner = type_atom();
        return add(NodeKind::TypeExpr, token, +inner);
      }
      missing_value();
      return error_node();
    }
    case TokenKind::KwFunc: return closure_func();
    case TokenKind::KwAsync: {
      ++pos_;
      if (!at(TokenKind::KwFunc)) {
        unexpected("`func` after `async`",
                   "any function may wait; a call begins as a task of its own with `spawn f()`, inside a nursery");
        return error_node();
      }
      NodeId made = closure_func();
      if (node(made).kind == NodeKind::Closure) node(made).flags |= kAsync;
      return made;
    }
    case TokenKind::KwIf: return if_expr();
    case TokenKind::KwMatch: return match_expr();
    case TokenKind::KwWhile: return while_expr(NameId::None);
    case TokenKind::KwFor: return for_expr(NameId::None, false);
    case TokenKind::KwDo: {
      if (in_condition_ && !nl_off_) return missing_value(), error_node();
      NodeId made = block(token, "`do`");
      if (at(TokenKind::KwWhile) && !starts_line(pos_) && !panic_ && at_tail_of_loop()) tail_of_loop(token);
      return made;
    }
    case TokenKind::KwReturn: return jump(NodeKind::Return);
    case TokenKind::KwFail: return jump(NodeKind::Fail);
    case TokenKind::KwBreak: return jump(NodeKind::Break);
    case TokenKind::KwContinue: return jump(NodeKind::Continue);
    case TokenKind::KwDefer: {
      ++pos_;
      Nest nest(*this);
      NodeId inner = panic_ ? error_node() : simple_statement();
      return add(NodeKind::Defer, token, +inner);
    }
    case TokenKind::KwSpawn: return spawn();
    case TokenKind::KwNursery: return nursery(0);
    case TokenKind::KwSupervisor: return nursery(1);
    case TokenKind::KwShield: return nursery(3);
    case TokenKind::KwSelect: return select();
    case TokenKind::KwYield:
      ++pos_;
      if (at(TokenKind::LParen) && next_kind() == TokenKind::RParen && !new_line()) pos_ += 2;
      return add(NodeKind::Yield, token);
    case TokenKind::KwLet:
      if (in_condition_) return let_condition();
      missing_value();
      return error_node();
    case TokenKind::Pipe:
      if (next_kind() == TokenKind::Ident || (next_kind() == TokenKind::Pipe && touches(pos_ + 1)))
        return rust_closure();
      missing_value();
      return error_node();
    case TokenKind::Less:
      if (next_kind() == TokenKind::Minus && touches(pos_ + 1)) return go_receive();
      missing_value();
      return error_node();
    default: missing_value(); return error_node();
  }
}

NodeId Parser::name_expr() {
  uint32_t token = pos_++;
  uint32_t name = values_[token];
  if (name == static_cast<uint32_t>(Word::Dyn) && at_name() && !starts_line(pos_) && is_upper(pos_)) {
    --pos_;
    NodeId inner = type_atom();
    return add(NodeKind::TypeExpr, token, +inner);
  }
  if (name == static_cast<uint32_t>(Word::Race) &&
      (at(TokenKind::KwDo) ||
       (at(TokenKind::Pipe) && kind_at(pos_ + 2) == TokenKind::Pipe && kind_at(pos_ + 3) == TokenKind::KwDo) ||
       (at(TokenKind::LParen) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::Colon)) &&
      !no_brace_) {
    --pos_;
    return nursery(2);
  }
  if (name == static_cast<uint32_t>(Word::Child) && !starts_line(pos_) && (at_name() || at(TokenKind::KwFunc))) {
    --pos_;
    return child();
  }
  if (at_name() && !starts_line(pos_) &&
      (name == static_cast<uint32_t>(Word::Recv) || name == static_cast<uint32_t>(Word::Send) ||
       text(token) == "receive")) {
    --pos_;
    return channel_word();
  }
  if (name == static_cast<uint32_t>(Word::Parallel) && at(TokenKind::KwFor) && !starts_line(pos_))
    return for_expr(NameId::None, true);
  if (name == static_cast<uint32_t>(Word::Case) && !starts_line(pos_)) {
    --pos_;
    if (at_case_block()) return case_block();
    ++pos_;
  }
  if (at(TokenKind::LParen) && !starts_line(pos_) && name == static_cast<uint32_t>(Word::Make))
    if (NodeId made = go_make(); is_some(made)) return made;
  if (unknown_block(token)) return add(NodeKind::Error, token);
  if (at_name() && !starts_line(pos_) && text(token) == "typeof") {   // typeof x
    unary();
    report<Diag::UnknownName>(token_span(token), "typeof").help(std::string(foreign_value("typeof")->help));
    error_token_ = token;
    return add(NodeKind::Error, token);
  }
  if (is_foreign(NameId(name)) && !starts_line(pos_)) {
    if ((name == static_cast<uint32_t>(Word::ForeignFn) || name == static_cast<uint32_t>(Word::ForeignFun)) &&
        arrow_closure_ahead())
      return arrow_closure(token);
    if (name == static_cast<uint32_t>(Word::ForeignNew) && at_name()) {
      std::string type_text(text(pos_));
      bool literal = next_kind() == TokenKind::LBrace;   // of C#
      Diagnostic& d = report<Diag::ForeignWord>(token_span(token), "new", type_text + (literal ? " { … }" : ".new(…)"));
      if (literal) d.fix({token_span(token).lo, token_span(pos_).lo}, "", "remove it");
      else d.help("a value of a struct is written `" + type_text + " { field: value }`, or made by its function `new`");
      NodeId made = name_expr();
      if (literal || panic_) return made;
      while (at(TokenKind::LBracket) && !new_line() && !panic_) made = index(made);
      if (at(TokenKind::LParen) && !new_line() && !panic_) call(made, token);
      error_token_ = token;
      return error_node();   // which of the two it is, the report has left open
    }
    if (name == static_cast<uint32_t>(Word::ForeignLambda) && (at_name() || at(TokenKind::Colon))) {
      uint32_t from = mark();
      while (at_name() && !panic_) {
        keep(add(NodeKind::Param, pos_, values_[pos_], record(kNone, kNone)));
        ++pos_;
        if (!eat(TokenKind::Comma)) break;
      }
      std::string params(text_between(token + 1, pos_ - 1));
      uint32_t list = flush(from);
      if (!expect(TokenKind::Colon, "`:`")) return error_node();
      uint32_t start = pos_;
      NodeId made = foreign_closure(token, list);
      if (panic_) return error_node();
      std::string better = "{ |" + params + "| " + std::string(text_between(start, pos_ - 1)) + " }";
      report<Diag::ForeignClosure>(token_span(token)).fix(between(token, pos_ - 1), better, "write `" + better + "`");
      return made;
    }
    if ((name == static_cast<uint32_t>(Word::ForeignFn) || name == static_cast<uint32_t>(Word::ForeignFunction) ||
         name == static_cast<uint32_t>(Word::ForeignFun)) &&
        at(TokenKind::LParen) && foreign_closure_ahead()) {
      foreign(token, "func");
      --pos_;
      return closure_func();
    }
  }
  return add(NodeKind::Ident, token, name);
}

// paren := `(` `)` | `(` expr `)` | `(` expr `,` … `)`
NodeId Parser::paren() {
  uint32_t opener = pos_++;
  uint32_t from = mark();
  uint32_t count = 0;
  bool comma = false;
  {
    bool saved_condition = in_condition_;
    Place place(*this, true, false, saved_condition);  // `if (x = 3)` is the same mistake inside the parentheses
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    while (!at(TokenKind::RParen) && !panic_) {
      NodeId item = expr();
      if (saved_condition && at(TokenKind::Eq) && !panic_) item = assign_in_condition(item);
      keep(item);
      ++count;
      comma = at(TokenKind::Comma);
      if (!comma_or_close(TokenKind::RParen, opener)) break;
    }
    expect_close(TokenKind::RParen, opener);
    in_arms_ = saved_arms;
  }
  if (count == 1 && !comma) {
    uint32_t inner = scratch_.back();
    scratch_.resize(from);
    return add(NodeKind::Paren, opener, inner);
  }
  return add(NodeKind::TupleLit, opener, flush(from));
}

// bracket := `[` `]` | `[` `:` `]` | `[` items `]` | `[` key `:` value … `]` | `[` [expr] `]` type
NodeId Parser::bracket() {
  uint32_t opener = pos_++;
  if (at(TokenKind::RBracket)) {
    ++pos_;
    bool type_follows =
        !starts_line(pos_) &&
        (at(TokenKind::Ident) || at(TokenKind::LBracket) ||
         (at(TokenKind::Question) && kTraits[static_cast<uint8_t>(next_kind())].starts_type && touches(pos_ + 1)) ||
         at(TokenKind::LParen) || at(TokenKind::KwFunc));
    if (!type_follows) return add(NodeKind::ArrayLit, opener);
    NodeId element = type_atom();
    element = add(NodeKind::TypeArray, opener, +element);
    return add(NodeKind::TypeExpr, opener, +element);
  }
  uint32_t from = mark();
  bool map = false;
  uint32_t count = 0;
  uint32_t spread = kNone, group = pos_;   // the first `...`; what stands behind the last one
  std::string joined;
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    if (at(TokenKind::Colon) && next_kind() == TokenKind::RBracket) {
      ++pos_;
      map = true;
    }
    uint32_t outer_key = key_depth_;
    while (!at(TokenKind::RBracket) && !panic_) {
      uint32_t item = pos_;
      bool spreads = at_spread();
      if (spreads) {
        if (item > group + 1)
          joined += (joined.empty() ? "[" : " ++ [") + std::string(text_between(group, item - 2)) + "]";
        pos_ += 2;
      }
      key_depth_ = brackets_ + outer_brackets_;
      NodeId value = expr();
      key_depth_ = 0;
      ++count;
      if (spreads && !panic_) {
        joined += (joined.empty() ? "" : " ++ ") + std::string(text_between(item + 2, pos_ - 1));
        if (spread == kNone) spread = item;
        group = pos_ + at(TokenKind::Comma);
      }
      if (at(TokenKind::Colon) && !panic_) {
        uint32_t colon = pos_++;
        map = true;
        NodeId second = expr();
        value = add(NodeKind::MapEntry, colon, +value, +second);
      } else if (at(TokenKind::FatArrow) && !panic_) {  // "a" => 1
        uint32_t arrow = pos_++;
        map = true;
        report<Diag::ForeignWord>(token_span(arrow), "=>", ":")
            .fix(touches(arrow) ? token_span(arrow) : Span{after(arrow - 1).lo, token_span(arrow).hi}, ":",
                 "write `:`");
        NodeId second = expr();
        value = add(NodeKind::MapEntry, arrow, +value, +second);
      } else if (at(TokenKind::Newline) && count == 1 && !panic_) {  // [0; n]
        uint32_t semi = pos_++;
        NodeId length = at(TokenKind::RBracket) ? error_node() : expr();
        (void)length;
        if (!panic_) {
          std::string better = "Array.filled(" + std::string(text_between(semi + 1, pos_ - 1)) + ", " +
                               std::string(text_between(item, semi - 1)) + ")";
          Diagnostic& d = report<Diag::ArrayFill>(token_span(semi));
          if (at(TokenKind::RBracket)) d.fix(between(opener, pos_), better, "write `" + better + "`");
          error_token_ = semi;
        }
      } else if ((at(TokenKind::KwFor)) && !panic_) {  // [x * 2 for x in xs]
        uint32_t word_token = pos_;
        for (uint32_t depth = 0; !starts_line(pos_) && (depth > 0 || !at(TokenKind::RBracket)); ++pos_)
          depth += at(TokenKind::LBracket) - at(TokenKind::RBracket);
        report<Diag::ForeignWord>(token_span(word_token), "[… for x in xs]", "xs.map { |x| … }")
            .help("with a condition: `xs.filter { |x| … }.map { |x| … }`");
        error_token_ = word_token;
        scratch_.resize(from);   // `x` in it is no name of ours
        keep(add(NodeKind::Error, word_token));
        break;
      }
      keep(value);
      if (!comma_or_close(TokenKind::RBracket, opener)) break;
    }
    key_depth_ = outer_key;
    expect_close(TokenKind::RBracket, opener);
    in_arms_ = saved_arms;
  }
  if (spread != kNone && !panic_) {   // [...a, 2] of JavaScript
    if (group + 1 < pos_) joined += " ++ [" + std::string(text_between(group, pos_ - 2)) + "]";
    scratch_.resize(from);
    Diagnostic& d =
        report<Diag::ForeignWord>(between(spread, spread + 1), "...",
                                  map ? "m.insert(key, value)"
                                  : joined.size() > 60 || joined.find('\n') != std::string::npos ? "a ++ [x]"
                                                                                                 : joined);
    if (map) d.note("a map is filled entry by entry: `for key, value in other do m.insert(key, value) end`");
    else d.note("`++` joins two arrays into a new one");
    error_token_ = spread;
    return add(NodeKind::Error, opener);
  }
  if (!panic_ && !map && count == 1 && !starts_line(pos_) && touches(pos_) &&
      (at(TokenKind::Ident) || (at(TokenKind::LBracket) && next_kind() == TokenKind::RBracket))) {  // [3]i64
    NodeId length = NodeId(scratch_.back());
    scratch_.resize(from);
    NodeId element = type_atom();
    element = add(NodeKind::TypeFixed, opener, +element, +length);
    return add(NodeKind::TypeExpr, opener, +element);
  }
  return add(map ? NodeKind::MapLit : NodeKind::ArrayLit, opener, flush(from));
}

// string := StrBegin { StrText | InterpBegin expr [InterpFormat] InterpEnd } StrEnd
NodeId Parser::string() {
  uint32_t first = pos_;
  if (at(TokenKind::StrLit)) {
    ++pos_;
    return add(NodeKind::StringLit, first, values_[first]);
  }
  ++pos_;
  uint32_t from = mark();
  bool saved_arms = std::exchange(in_arms_, false);
  while (!at(TokenKind::EndOfFile)) {
    uint32_t token = pos_;
    if (eat(TokenKind::StrEnd)) break;
    if (eat(TokenKind::StrText)) {
      if (!names_.text(NameId(values_[token])).empty()) keep(add(NodeKind::StringLit, token, values_[token]));
      continue;
    }
    if (!eat(TokenKind::InterpBegin)) {
      ++pos_;
      continue;
    }  // what a broken ${ } left
    NodeId value;
    if (at(TokenKind::InterpEnd) && !starts_line(pos_)) {
      report<Diag::EmptyInterpolation>(between(token, pos_)).help("for the two characters themselves write `\\${`");
      value = error_node();
    } else {
      Place place(*this, true, false, false);
      Bracket bracket(*this);
      value = expr();
      if (at(TokenKind::StrLit) && kind_at(pos_ + 1) == TokenKind::Error)
        ++pos_;  // the end of a text whose ${ was never closed
      if (!panic_ && !at(TokenKind::InterpEnd) && !at(TokenKind::InterpFormat) && !at(TokenKind::Error))
        unexpected("`}` after the value");
    }
    if (panic_) {  // the rest of the string is well marked by the lexer: go on after this ${ }
      uint32_t depth = 0;
      for (; !at(TokenKind::EndOfFile); ++pos_) {
        if (at(TokenKind::InterpBegin)) ++depth;
        if (at(TokenKind::InterpEnd) && depth-- == 0) break;
        if (at(TokenKind::InterpFormat) && depth == 0) break;
      }
      if (!hopeless_ && !at(TokenKind::EndOfFile)) panic_ = false;
      value = add(NodeKind::Error, token);
    }
    uint32_t format = kNone;
    if (at(TokenKind::InterpFormat)) format = values_[pos_++];
    else if (at(TokenKind::Error)) ++pos_;
    eat(TokenKind::InterpEnd);
    keep(add(NodeKind::InterpPart, token, +value, format));
    if (panic_) break;
  }
  in_arms_ = saved_arms;
  return add(NodeKind::Interp, first, flush(from));
}

// closure := `{` [`|` params `|`] {statement} `}`
NodeId Parser::closure_braces(bool trailing) {
  uint32_t opener = pos_++;
  Nest nest(*this);
  uint32_t list = kNone;
  if (panic_) return error_node();
  bool bars = false;
  if (eat(TokenKind::Pipe)) {
    bars = true;
    uint32_t from = mark();
    Place place(*this, true, false, false);
    while (!at(TokenKind::Pipe) && !panic_) {
      keep(closure_param());
      if (!eat(TokenKind::Comma)) break;
    }
    expect(TokenKind::Pipe, "`|` after the names");
    list = flush(from);
  } else if (kind_at(opener - 1) == TokenKind::KwSpawn) {   // a task, whatever it looks like: `spawn { 5 }`
  } else if ((at(TokenKind::StrLit) && next_kind() == TokenKind::Colon) || (at(TokenKind::RBrace)) ||
             (at(TokenKind::Ident) && next_kind() == TokenKind::Colon && kind_at(pos_ + 2) != TokenKind::KwFor &&
              kind_at(pos_ + 2) != TokenKind::KwWhile) ||
             (at(TokenKind::IntLit) && (next_kind() == TokenKind::Colon || next_kind() == TokenKind::Comma ||
                                        (next_kind() == TokenKind::RBrace && !trailing)))) {   // `f() { 1 }`
    return braces_as_data(opener);
  }
  NodeId inner;
  {
    ++outer_brackets_;
    uint32_t saved = outer_brackets_;
    bool saved_arms = std::exchange(in_arms_, false);
    inner = body(Opening::Brace, opener, false);
    in_arms_ = saved_arms;
    outer_brackets_ = saved - 1;
  }
  if (!panic_) {
    if (at(TokenKind::KwEnd) && !starts_line(pos_) && bars) {
      report<Diag::WrongBracket>(token_span(pos_), "end", "{")
          .at(token_span(opener), "opened here")
          .fix(token_span(pos_), "}", "write `}`");
      ++pos_;
    } else expect_close(TokenKind::RBrace, opener);
  }
  tree_.lasts[+inner] = pos_ - 1;
  // One statement is the value itself
  const Node& made = node(inner);
  if (made.kind == NodeKind::Block && !(made.flags & kTrailingSemi) && tree_.list(made.a).size() == 1) {
    NodeId only = tree_.list(made.a)[0];
    if (node(only).kind != NodeKind::Let) inner = only;
  }
  return add(NodeKind::Closure, opener, list, record(kNone, +inner), kShort);
}

// param := [`mut`] name [`:` type] | pattern [`:` type]
NodeId Parser::closure_param() {
  uint32_t token = pos_;
  bool is_mut = eat(TokenKind::KwMut);
  if (at(TokenKind::Amp)) ++pos_;  // |&x| of Rust: harmless
  if (at_name() && !is_upper(pos_)) {
    token = pos_++;
    NodeId made = NodeId::None;
    if (eat(TokenKind::Colon)) made = type(false);
    NodeId fallback = NodeId::None;
    if (eat(TokenKind::Eq)) fallback = operand_expr(kPrecBitOr + 1);
    return add(NodeKind::Param, token, values_[token], record(+made, +fallback), is_mut ? kMut : 0);
  }
  NodeId inner = pattern_atom();
  NodeId made = NodeId::None;
  if (!panic_ && eat(TokenKind::Colon)) made = type(false);
  return add(NodeKind::PatternParam, token, +inner, +made);
}

// closure := `func` `(` params `)` [type] block          without a block it is a type (ruling 23)
NodeId Parser::closure_func() {
  uint32_t first = pos_++;
  Nest nest(*this);
  if (at_name() && next_kind() == TokenKind::LParen) {  // func name(…) where a value stands
    report<Diag::InsideFunction>(token_span(pos_), "a function with a name")
        .help("give it a name with `let " + std::string(text(pos_)) + " = func(…) do … end`");
    ++pos_;
  }
  uint32_t opener = pos_;
  if (panic_ || !expect(TokenKind::LParen, "`(` after `func`")) return error_node();
  uint32_t from = mark();
  bool unnamed = false;  // a type without a name: this can only be a type
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    while (!at(TokenKind::RParen) && !panic_) {
      uint32_t token = pos_;
      bool is_mut = eat(TokenKind::KwMut);
      TokenKind behind = next_kind();
      if (at_name() && (behind == TokenKind::Colon || behind == TokenKind::Comma || behind == TokenKind::RParen ||
                        behind == TokenKind::Eq)) {
        token = pos_++;
        NodeId made = NodeId::None, fallback = NodeId::None;
        if (eat(TokenKind::Colon)) made = type();
        if (eat(TokenKind::Eq)) fallback = expr();
        keep(add(NodeKind::Param, token, values_[token], record(+made, +fallback), is_mut ? kMut : 0));
      } else if (at(TokenKind::LParen) && kind_at(pos_ + 1) == TokenKind::Ident && !is_upper(pos_ + 1)) {
        NodeId inner = pattern_atom();  // (a, b) taken apart, or a tuple of types: told by what follows
        NodeId made = NodeId::None;
        if (!panic_ && eat(TokenKind::Colon)) made = type();
        keep(add(NodeKind::PatternParam, token, +inner, +made));
      } else if (at_name() && (behind == TokenKind::Ident)) {
        keep(param());
      } else {
        unnamed = true;
        keep(type());
      }
      if (!comma_or_close(TokenKind::RParen, opener)) break;
    }
    expect_close(TokenKind::RParen, opener);
  }
  NodeId result = return_type();
  bool is_type =
      !panic_ && !at(TokenKind::KwDo) && !at(TokenKind::LBrace) && (unnamed || ends_value(kind()) || new_line());
  if (is_type) {
    // Bare names were read as parameters: as a type they are types.
    for (size_t i = from; i < scratch_.size(); ++i) {
      Node n = node(NodeId(scratch_[i]));
      if (n.kind == NodeKind::Param && tree_.extra[n.b] == kNone) {
        NodeId name = add(NodeKind::ImportName, n.token, n.a);
        tree_.lasts[+name] = n.token;
        uint32_t inner_from = mark();
        keep(name);
        uint32_t path_list = flush(inner_from);
        NodeId made = add(NodeKind::TypeName, n.token, path_list);
        tree_.lasts[+made] = n.token;
        if (n.flags & kMut) made = add(NodeKind::Param, n.token, kNone, record(+made, kNone), kMut);
        scratch_[i] = +made;
      }
    }
    NodeId made = add(NodeKind::TypeFunc, first, flush(from), +result);
    return add(NodeKind::TypeExpr, first, +made);
  }
  uint32_t list = flush(from);
  if (unnamed && !panic_) report<Diag::MissingName>(token_span(opener)).help("a parameter is written `name: Type`");
  NodeId inner = block(first, "the head of the function");
  if (unnamed) return add(NodeKind::Error, first);
  return add(NodeKind::Closure, first, list, record(+result, +inner));
}

// return [expr] · fail expr · break [label] [expr] · continue [label]
NodeId Parser::jump(NodeKind made, bool statement) {
  uint32_t token = pos_++;
  bool more = !new_line() && kTraits[static_cast<uint8_t>(kind())].starts_value && !at(TokenKind::KwDo);
  uint32_t label = kNone;
  if (made == NodeKind::Continue) {
    if (more && at_name()) label = values_[pos_++];
    return add(made, token, label);
  }
  if (made == NodeKind::Break) {
    if (more && at_name() && (starts_line(pos_ + 1) || ends_value(next_kind()))) {
      label = values_[pos_++];
      more = false;
    }
    NodeId value = more ? expr() : NodeId::None;
    return add(made, token, label, +value);
  }
  NodeId value = NodeId::None;
  if (more) value = expr();
  if (statement && more && at(TokenKind::Comma) && !panic_ && !new_line()) value = bare_tuple(value);   // return 1, 2
  else if (more) {
  } else if (made == NodeKind::Fail) unexpected("the error after `fail`");
  return add(made, token, +value);
}

// condition of `if let` and `while let`: `let` pattern `=` value, where `and` ends the value
NodeId Parser::let_condition() {
  uint32_t token = pos_++;
  // Braces after the name of a type or variant are its fields: no block can stand before `=`.
  bool fields = at(TokenKind::Dot) || (at(TokenKind::Ident) && is_upper(pos_));
  bool outer = std::exchange(no_brace_, no_brace_ && !fields);
  NodeId bound = pattern_atom();
  no_brace_ = outer;
  if (!panic_ && at(TokenKind::Colon)) {
    ++pos_;
    type();
  }
  NodeId value;
  if (!expect(TokenKind::Eq, "`=`")) {
    value = error_node();
  } else {
    bool saved = std::exchange(in_condition_, false);
    value = operand_expr(kPrecCompare);
    while (at(TokenKind::QuestionQuestion) && !panic_) {
      uint32_t op = pos_++;
      NodeId right = operand_expr(kPrecCompare);
      value = add(NodeKind::Coalesce, op, +value, +right);
      grow(op);
    }
    if (at(TokenKind::KwCatch) && !panic_) {
      uint32_t op = pos_++;
      value = finish_catch(value, op);
    }
    in_condition_ = saved;
  }
  return add(NodeKind::LetCond, token, +bound, +value);
}

}   // namespace janus
