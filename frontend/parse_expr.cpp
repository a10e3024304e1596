// parse_expr.cpp: expressions.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

NodeId Parser::expr() {
  Nest nest(*this);
  if (panic_) return error_node();
  return expr_here();
}

// expr := operand [ `catch` [`|` pattern `|`] (block | expr) ]      right-associative, looser than `??` (ruling 18)
NodeId Parser::expr_here() {
  NodeId left = operand_expr(kPrecCoalesce);
  if (at(TokenKind::Question) && !panic_ && !new_line() && ternary_colon(pos_) != kNone) left = ternary(left);
  if (at(TokenKind::KwCatch) && !panic_) return catch_of(left);
  return left;
}

NodeId Parser::catch_of(NodeId left) {
  while (at(TokenKind::KwCatch) && !panic_) {
    uint32_t token = pos_++;
    left = finish_catch(left, token);
    grow(token);
  }
  return left;
}

NodeId Parser::finish_catch(NodeId left, uint32_t token) {
  NodeId bound = NodeId::None;
  if (at(TokenKind::Pipe)) {
    ++pos_;
    bound = catch_pattern();
    expect(TokenKind::Pipe, "`|` after the name of the error");
  } else if (at(TokenKind::LParen) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::RParen && (kind_at(pos_ + 3) == TokenKind::LBrace || kind_at(pos_ + 3) == TokenKind::KwDo)) {
    // catch (e) { … } of Java and JavaScript
    foreign(between(pos_, pos_ + 2), text_between(pos_, pos_ + 2), "|" + std::string(text(pos_ + 1)) + "|");
    bound = add(NodeKind::PatBind, pos_ + 1, values_[pos_ + 1]);
    pos_ += 3;
  }
  NodeId handler;
  if (panic_) handler = error_node();
  else if (at(TokenKind::KwDo) || (at(TokenKind::LBrace) && is_some(bound) && next_kind() != TokenKind::Pipe)) handler = block(token, "`catch`");
  else if (new_line() && at(TokenKind::EndOfFile)) { unexpected("what `catch` gives instead"); handler = error_node(); }
  else if (is_some(bound) && starts_line(pos_)) handler = block(token, "`catch`");  // `do` is missing
  else handler = expr();
  return add(NodeKind::Catch, token, +left, record(+bound, +handler));
}

// What stands between the bars: a name, `_`, or something to take apart. No `|` of its own.
NodeId Parser::catch_pattern() { return pattern_atom("a name"); }

static bool ends_value(TokenKind k) {
  switch (k) {
    case TokenKind::EndOfFile: case TokenKind::Newline: case TokenKind::RParen: case TokenKind::RBracket: case TokenKind::RBrace:
    case TokenKind::KwEnd: case TokenKind::KwDo: case TokenKind::KwElse: case TokenKind::Comma: case TokenKind::InterpEnd: case TokenKind::InterpFormat: return true;
    default: return false;
  }
}

// operand := unary { operator operand }       by precedence climbing
NodeId Parser::operand_expr(uint8_t least) {
  uint32_t from = pos_;
  NodeId left;
  if (is_range_start()) left = range_from(NodeId::None);
  else if (at(TokenKind::KwNot)) {
    uint32_t token = pos_++;
    Nest nest(*this);
    NodeId inner = panic_ ? error_node() : operand_expr(kPrecCompare);
    left = add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
  } else left = unary();
  while (!panic_) {
    TokenKind op = kind();
    const TokenTraits& traits = kTraits[static_cast<uint8_t>(op)];
    uint8_t precedence = traits.binary;
    if (precedence == kPrecNone) {
      if (op == TokenKind::KwNot && next_kind() == TokenKind::KwIn && !new_line() && least <= kPrecCompare) {  // x not in xs
        uint32_t token = pos_;
        pos_ += 2;
        NodeId right = operand_expr(kPrecCompare + 1);
        left = add(NodeKind::Binary, token + 1, +left, +right, 0, static_cast<uint16_t>(TokenKind::KwIn));
        left = add(NodeKind::Unary, token, +left, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
        height_ += 1;
        grow(token);
        continue;
      }
      if (op == TokenKind::Ident && values_[pos_] == static_cast<uint32_t>(Word::ForeignIs) && !starts_line(pos_) && !starts_line(pos_ + 1) && kTraits[static_cast<uint8_t>(next_kind())].starts_value && least <= kPrecCompare) {
        uint32_t token = pos_++;  // x is None, x is not None
        bool negated = eat(TokenKind::KwNot);
        Span span = between(token, pos_ - 1);
        std::string_view better = negated ? "!=" : "==";
        report<Diag::ForeignWord>(span, text_between(token, pos_ - 1), better).fix(span, std::string(better), "write `" + std::string(better) + "`");
        NodeId right = operand_expr(kPrecCompare + 1);
        left = add(NodeKind::Binary, token, +left, +right, 0, static_cast<uint16_t>(negated ? TokenKind::BangEq : TokenKind::EqEq));
        grow(token);
        continue;
      }
      break;
    }
    if (starts_line(pos_) && !nl_off_ && !traits.continues_line) break;
    uint32_t token = pos_;
    // Operators of other languages, made of two of ours
    if ((op == TokenKind::Amp || op == TokenKind::Pipe) && kind_at(token + 1) == op && touches(token + 1)) {
      bool is_and = op == TokenKind::Amp;
      if (least > (is_and ? kPrecAnd : kPrecOr)) break;
      pos_ += 2;
      Span span = between(token, token + 1);
      std::string word = is_and ? "and" : "or";
      report<Diag::ForeignWord>(span, is_and ? "&&" : "||", word).fix(span, (touches(token) ? " " : "") + word + (touches(pos_) ? " " : ""), "write `" + word + "`");
      NodeId right = operand_expr((is_and ? kPrecAnd : kPrecOr) + 1);
      left = add(NodeKind::Binary, token, +left, +right, 0, static_cast<uint16_t>(is_and ? TokenKind::KwAnd : TokenKind::KwOr));
      grow(token);
      continue;
    }
    if ((op == TokenKind::PlusPlus || (op == TokenKind::Minus && kind_at(token + 1) == TokenKind::Minus && touches(token + 1)))) {
      uint32_t behind = token + (op == TokenKind::Minus ? 2 : 1);
      if (starts_line(behind) || ends_value(kind_at(behind))) {  // i++
        pos_ = behind;
        Span sign = between(token, behind - 1);
        std::string better = op == TokenKind::Minus ? " -= 1" : " += 1";
        report<Diag::Increment>(sign, op == TokenKind::Minus ? "--" : "++").fix(sign, better, "write `" + std::string(text_between(from, token - 1)) + better + "`");
        left = add(NodeKind::Error, token);
        break;
      }
    }
    if (precedence < least) break;
    if (op == TokenKind::Star && kind_at(token + 1) == TokenKind::Star && touches(token + 1)) {  // x ** 2
      pos_ += 2;
      NodeId right = unary();
      report<Diag::ForeignWord>(between(token, token + 1), "**", "x.pow(n)");
      left = add(NodeKind::Binary, token, +left, +right, 0, static_cast<uint16_t>(op));
      continue;
    }
    if ((op == TokenKind::EqEq || op == TokenKind::BangEq) && kind_at(token + 1) == TokenKind::Eq && touches(token + 1)) {  // === !==
      std::string_view better = op == TokenKind::EqEq ? "==" : "!=";
      report<Diag::ForeignWord>(between(token, token + 1), text_between(token, token + 1), better).fix(between(token, token + 1), std::string(better), "write `" + std::string(better) + "`");
      ++pos_;
    }
    if (precedence == kPrecRange) {
      left = range_from(left);
      grow(token);
      continue;
    }
    if (precedence == kPrecCoalesce) {  // right-associative
      ++pos_;
      if (touches(token) && (starts_line(pos_) || ends_value(kind()))) {  // f()??
        Span end = after(token - 1);
        uint32_t first = tree_.first_token(left);
        report<Diag::UnexpectedToken>(found_span(), "a value", found()).note("`??` is one sign: it gives a value to use instead of `null`").fix({token_span(first).lo, token_span(first).lo}, "(", "for two steps write `(" + std::string(text_between(first, token - 1)) + "?)?`", Applicability::MaybeIncorrect).fix({end.lo, token_span(token).hi}, "?)?", "");
        error_token_ = token;
        left = add(NodeKind::Error, token);
        continue;
      }
      Nest nest(*this);
      NodeId right = panic_ ? error_node() : operand_expr(kPrecCoalesce);
      left = add(NodeKind::Coalesce, token, +left, +right);
      continue;
    }
    ++pos_;
    if (op == TokenKind::Pipe && at(TokenKind::Greater) && touches(pos_)) {  // |> of Elixir and F#
      ++pos_;
      report<Diag::ForeignWord>(between(token, pos_ - 1), "|>", "value.function()").help("a call goes on with a point: `xs.map { |x| x * 2 }.sum()`");
      unary();
      continue;
    }
    if (op == TokenKind::Less && at(TokenKind::Greater) && touches(pos_)) {  // <>
      ++pos_;
      report<Diag::ForeignWord>(between(token, pos_ - 1), "<>", "!=").fix(between(token, pos_ - 1), "!=", "write `!=`; two texts are joined with `++`", Applicability::MaybeIncorrect);
    }
    if (op == TokenKind::EqEq && at(TokenKind::Greater) && touches(pos_)) ++pos_;
    NodeId right = operand_expr(precedence + 1);
    left = add(NodeKind::Binary, token, +left, +right, 0, static_cast<uint16_t>(op));
    grow(token);
    if (precedence == kPrecCompare && kTraits[static_cast<uint8_t>(kind())].binary == kPrecCompare && !new_line() && !panic_) {
      if (comparison_chain(left, token, right)) continue;
    }
  }
  return left;
}

// a < b < c, and f<T>(x), which looks the same.
bool Parser::comparison_chain(NodeId, uint32_t first, NodeId middle) {
  uint32_t second = pos_;
  uint32_t m = tree_.first_token(middle);
  if (kind_at(first) == TokenKind::Less && at(TokenKind::Greater) && touches(first) && (kind_at(second + 1) == TokenKind::LParen || kind_at(second + 1) == TokenKind::Dot || kind_at(second + 1) == TokenKind::LBrace)) {
    report<Diag::AngleBrackets>(token_span(first)).fix(token_span(first), "[", "write `" + std::string(text(first - 1)) + "[" + std::string(text_between(first + 1, second - 1)) + "]`").fix(token_span(second), "]", "");
    ++pos_;
    if (at(TokenKind::LParen)) {
      uint32_t opener = pos_++;
      arguments(opener, TokenKind::RParen);
      uint32_t from = mark();
      scratch_.resize(from);
    }
    error_token_ = second;
    postfix_of(error_node(), second);
    return true;
  }
  std::string again(text_between(m, second - 1));
  Diagnostic& d = report<Diag::ComparisonChain>(token_span(second)).at(token_span(first), "the first comparison").note("`" + std::string(text_between(first - 1, second - 1)) + "` is true or false, which cannot be compared with a number");
  d.fix(token_span(second), "and " + again + " " + std::string(text(second)), "write `… and " + again + " " + std::string(text(second)) + " …`");
  ++pos_;
  operand_expr(kPrecCompare + 1);
  return true;
}

bool Parser::is_range_start() const { return at(TokenKind::DotDot) || at(TokenKind::DotDotEq) || at(TokenKind::DotDotLess); }

// range := [sum] (`..` | `..<` | `..=`) [sum]
NodeId Parser::range_from(NodeId low) {
  uint32_t token = pos_++;
  uint8_t flags = kind_at(token) == TokenKind::DotDotEq ? kInclusive : 0;
  if (kind_at(token) == TokenKind::DotDot && at(TokenKind::Dot) && touches(pos_)) {  // three dots
    report<Diag::ForeignWord>(between(token, pos_), "...", "..").help("`0..n` leaves out its end, `0..=n` includes it").fix(between(token, pos_), "..=", "write `..=`", Applicability::MaybeIncorrect);
    ++pos_;
  }
  NodeId high = NodeId::None;
  bool more = !new_line() && kTraits[static_cast<uint8_t>(kind())].starts_value && !at(TokenKind::KwDo) && !(at(TokenKind::LBrace) && no_brace_);
  if (more) high = operand_expr(kPrecRange + 1);
  return add(NodeKind::Range, token, +low, +high, flags);
}

// unary := (`-` | `~` | `await` | `try`) unary | postfix
NodeId Parser::unary() {
  uint32_t token = pos_;
  switch (kind()) {
    case TokenKind::Minus: case TokenKind::Tilde: {
      Nest nest(*this);
      ++pos_;
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(kind_at(token)));
    }
    case TokenKind::KwNot: {  // tighter than usual, as in `a == not b`
      Nest nest(*this);
      ++pos_;
      NodeId inner = panic_ ? error_node() : operand_expr(kPrecCompare);
      return add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
    }
    case TokenKind::Bang: {
      Nest nest(*this);
      ++pos_;
      report<Diag::ForeignNot>(token_span(token)).fix(token_span(token), "not ", "write `not`");
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
    }
    case TokenKind::KwAwait: {
      Nest nest(*this);
      ++pos_;
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Await, token, +inner);
    }
    case TokenKind::KwTry: {
      if (next_kind() == TokenKind::LBrace || next_kind() == TokenKind::KwDo || next_kind() == TokenKind::Colon) return try_block();
      Nest nest(*this);
      ++pos_;
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Try, token, +inner);
    }
    case TokenKind::PlusPlus: case TokenKind::Plus: {
      Nest nest(*this);
      ++pos_;
      if (panic_) return error_node();
      if (kind_at(token) == TokenKind::PlusPlus && at_name()) {
        std::string name(text(pos_));
        report<Diag::Increment>(token_span(token), "++").fix(between(token, pos_), name + " += 1", "write `" + name + " += 1`");
        unary();
        return add(NodeKind::Error, token);
      } else {
        --pos_;
        missing_value();
        return error_node();
      }
      return unary();
    }
    case TokenKind::Amp: {
      Nest nest(*this);
      ++pos_;
      if (panic_) return error_node();
      report<Diag::LendOutsideCall>(token_span(token)).note("`f(&x)` lets the call change `x`; everywhere else values are simply copied").fix(token_span(token), "", "remove it", Applicability::MaybeIncorrect);
      return unary();
    }
    case TokenKind::Star: {
      Nest nest(*this);
      ++pos_;
      if (panic_) return error_node();
      report<Diag::NoPointers>(token_span(token)).fix(token_span(token), "", "use the value itself", Applicability::MaybeIncorrect);
      return unary();
    }
    default: return postfix();
  }
}

// A block that is part of a mistake already reported: nothing is said about how it is opened.
void Parser::foreign_block(uint32_t header) {
  bool brace = at(TokenKind::LBrace);
  Opening opening = brace ? Opening::Brace : at(TokenKind::KwDo) ? Opening::Do : Opening::Indent;
  if (brace || at(TokenKind::KwDo) || at(TokenKind::Colon)) ++pos_;
  body(opening, header, false);
  if (brace) eat(TokenKind::RBrace);
  else if (!at_word(Word::ForeignExcept) && !at(TokenKind::KwCatch)) close_block(opening, header);
}

// try { … } catch … of Java, or try … except of Python: there is no block for that.
NodeId Parser::try_block() {
  uint32_t token = pos_++;
  report<Diag::ForeignWord>(token_span(token), "try { … }", "f() catch |err| do … end").note("each call that can fail is answered where it stands").help("put `catch |err| do … end` behind the call, or `?` to pass the failure on");
  foreign_block(token);
  if (panic_) return error_node();
  while (at(TokenKind::KwCatch) || at_word(Word::ForeignExcept) || at_word(Word::ForeignFinally)) {
    uint32_t header = pos_++;
    if (!skip_to_opening())
      while (!starts_line(pos_) && !at(TokenKind::Colon)) ++pos_;
    foreign_block(header);
    if (panic_) break;
  }
  return add(NodeKind::Error, token);
}

NodeId Parser::postfix() {
  uint32_t from = pos_;
  NodeId left = primary();
  if (panic_) return left;
  return postfix_of(left, from);
}

// println!("…") of Rust
static bool macro_name(std::string_view name) {
  for (std::string_view known : {"println", "print", "eprintln", "eprint", "assert", "assert_eq", "todo", "unreachable", "vec", "format", "panic", "dbg"})
    if (name == known) return true;
  return false;
}

// postfix := primary { call | index | member | `?` | `!` | closure }
NodeId Parser::postfix_of(NodeId left, uint32_t from) {
  while (!panic_) {
    uint32_t token = pos_;
    switch (kind()) {
      case TokenKind::LParen:
        if (new_line()) return left;
        left = call(left, from);
        break;
      case TokenKind::LBracket:
        if (new_line()) return left;
        left = index(left);
        break;
      case TokenKind::Dot:
        left = member(left);
        break;
      case TokenKind::Question:
        if (new_line()) return left;
        if (!touches(token) || (kTraits[static_cast<uint8_t>(next_kind())].starts_value && !touches(token + 1) && !starts_line(token + 1) && next_kind() != TokenKind::KwDo &&
                                next_kind() != TokenKind::Minus && next_kind() != TokenKind::LBrace && !is_keyword(next_kind()) && next_kind() != TokenKind::DotDot && next_kind() != TokenKind::DotDotEq && next_kind() != TokenKind::DotDotLess && next_kind() != TokenKind::LBracket)) {
          if (ternary_colon(token) != kNone) return left;  // expr() goes on when all of the condition is read
        }
        ++pos_;
        left = add(NodeKind::Question, token, +left);
        break;
      case TokenKind::Bang:
        if (new_line() || !touches(token)) return left;
        ++pos_;
        if ((at(TokenKind::LParen) || at(TokenKind::LBracket)) && touches(pos_) && node(left).kind == NodeKind::Ident && macro_name(text(token - 1))) {
          report<Diag::NotNeeded>(token_span(token), "!").note("a call is written `" + std::string(text(token - 1)) + "(…)`").fix(token_span(token), "", "remove it");
          break;
        }
        left = add(NodeKind::BangUnwrap, token, +left);
        break;
      case TokenKind::LBrace:
        if (new_line()) return left;
        if (trailing_closure_here(left)) {
          NodeId closure = closure_braces();
          uint32_t list = kNone;
          uint32_t from_mark = mark();
          keep(closure);
          list = flush(from_mark);
          left = add(NodeKind::Call, node(left).token, +left, list);
          break;
        }
        if (no_brace_ || !looks_like_type(left)) return left;
        left = struct_literal(left);
        break;
      case TokenKind::StrLit: case TokenKind::StrBegin:
        if (node(left).kind == NodeKind::Ident && touches(token) && node(left).token == token - 1 && text(token - 1).size() <= 2 && kind_at(token + 1) != TokenKind::Error) {  // f"…"
          report<Diag::StringPrefix>(token_span(token - 1), text(token - 1)).note("every text may hold `${value}`").fix(token_span(token - 1), "", "remove it");
          left = string();
          break;
        }
        return left;
      case TokenKind::Colon:
        if (kind_at(token + 1) == TokenKind::Colon && touches(token + 1)) {  // a::b
          report<Diag::ForeignWord>(between(token, token + 1), "::", ".").fix(between(token, token + 1), ".", "write `.`");
          pos_ += 2;
          if (at_any_word()) { ++pos_; left = add(NodeKind::Member, pos_ - 1, +left, values_[pos_ - 1]); break; }
          unexpected("a name");
        }
        return left;
      case TokenKind::Arrow:
        // p->x of C; in Janus an arrow stands only before the result type and never touches a name on both sides
        if (touches(token) && touches(token + 1) && next_kind() == TokenKind::Ident) {
          report<Diag::ForeignWord>(token_span(token), "->", ".").fix(token_span(token), ".", "write `.`");
          pos_ += 2;
          left = add(NodeKind::Member, pos_ - 1, +left, values_[pos_ - 1]);
          break;
        }
        return left;
      case TokenKind::FatArrow:
        if (!in_arms_ && node(left).kind != NodeKind::Error && (node(left).kind == NodeKind::Ident || node(left).kind == NodeKind::Paren || node(left).kind == NodeKind::TupleLit) && !new_line()) {
          return arrow_function(left, from);
        }
        return left;
      default: return left;
    }
    grow(token);
  }
  return left;
}

// The body of a small function in another language's spelling: read as ours.
NodeId Parser::foreign_closure(uint32_t token, uint32_t params) {
  NodeId inner;
  if (at(TokenKind::LBrace)) {
    uint32_t opener = pos_++;
    inner = body(Opening::Brace, opener, false);
    if (!panic_) expect_close(TokenKind::RBrace, opener);
  } else {
    inner = expr();
  }
  return add(NodeKind::Closure, token, params, record(kNone, +inner), kShort);
}

// x => x * 2 of JavaScript
NodeId Parser::arrow_function(NodeId left, uint32_t from) {
  uint32_t arrow = pos_++;
  std::string params(text_between(from, arrow - 1));
  if (params.size() >= 2 && params[0] == '(') params = params.substr(1, params.size() - 2);
  uint32_t list_from = mark();
  auto param = [&](NodeId id) {
    const Node n = node(id);
    if (n.kind == NodeKind::Ident) keep(add(NodeKind::Param, n.token, n.a, record(kNone, kNone)));
  };
  const Node head = node(left);
  if (head.kind == NodeKind::Paren) param(NodeId(head.a));
  else if (head.kind == NodeKind::Ident) param(left);
  else for (uint32_t i = 0, count = static_cast<uint32_t>(tree_.list(head.a).size()); i < count; ++i) param(tree_.list(head.a)[i]);
  uint32_t list = flush(list_from);
  uint32_t start = pos_;
  NodeId made = foreign_closure(from, list);
  if (panic_) return error_node();
  Diagnostic& d = report<Diag::ForeignClosure>(token_span(arrow));
  if (kind_at(start) != TokenKind::LBrace) {
    std::string body(text_between(start, pos_ - 1));
    d.fix(between(from, pos_ - 1), "{ |" + params + "| " + body + " }", "write `{ |" + params + "| " + body + " }`");
  }
  return made;
}

// The `:` of c ? a : b, on this line and outside brackets; kNone when there is none: then `?` is the postfix operator.
uint32_t Parser::ternary_colon(uint32_t question) const {
  uint32_t depth = 0, marks = 0;
  for (uint32_t t = question + 1; t < last_ && !starts_line(t) && t < question + 200; ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::LParen || k == TokenKind::LBracket || k == TokenKind::LBrace || k == TokenKind::InterpBegin) ++depth;
    else if (k == TokenKind::RParen || k == TokenKind::RBracket || k == TokenKind::RBrace || k == TokenKind::InterpEnd) { if (depth-- == 0) return kNone; }
    else if (depth > 0) continue;
    else if (k == TokenKind::Newline || k == TokenKind::Comma || k == TokenKind::KwDo) return kNone;
    else if (k == TokenKind::Question) ++marks;
    else if (k == TokenKind::Colon && marks-- == 0) return t > question + 1 ? t : kNone;
    else if (k == TokenKind::InterpFormat && t > question + 1) return t;  // "${c ? a : b}": the lexer took `: b` for a format
  }
  return kNone;
}

// At the `?` of c ? a : b, with all of c read: understood as `if`.
NodeId Parser::ternary(NodeId cond) {
  uint32_t question = pos_, first = tree_.first_token(cond), colon = ternary_colon(question);
  ++pos_;
  NodeId yes = expr();
  if (panic_) return error_node();
  if (pos_ != colon) { unexpected("`:`"); return error_node(); }
  std::string cond_text(text_between(first, question - 1)), yes_text(text_between(question + 1, colon - 1));
  if (at(TokenKind::InterpFormat)) {
    report<Diag::Ternary>(token_span(question)).help("write `${if " + cond_text + " do " + yes_text + " else … end}`");
    error_token_ = question;
    return add(NodeKind::Error, question);
  }
  ++pos_;
  NodeId no = expr();
  if (panic_) return error_node();
  std::string better = "if " + cond_text + " do " + yes_text + " else " + std::string(text_between(colon + 1, pos_ - 1)) + " end";
  report<Diag::Ternary>(token_span(question)).at(token_span(colon), "the other value follows here").fix(between(first, pos_ - 1), better, "write `" + (better.size() < 70 ? better : std::string("if … do … else … end")) + "`");
  auto as_block = [&](NodeId value, uint32_t token) {
    uint32_t from = mark();
    keep(value);
    uint32_t list = flush(from);
    return add(NodeKind::Block, token, list);
  };
  NodeId then = as_block(yes, question), otherwise = as_block(no, colon);
  return add(NodeKind::If, question, +cond, record(+then, +otherwise));
}

// call := `(` [arg {`,` arg}] `)` [closure]
NodeId Parser::call(NodeId callee, uint32_t) {
  uint32_t opener = pos_++;
  uint32_t from = mark();
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    while (!at(TokenKind::RParen) && !panic_) {
      keep(argument());
      if (!comma_or_close(TokenKind::RParen, opener)) break;
    }
    expect_close(TokenKind::RParen, opener);
    in_arms_ = saved_arms;
  }
  if (!panic_ && !new_line()) {
    if (at(TokenKind::LBrace) && (next_kind() == TokenKind::Pipe || (!no_brace_ && !looks_like_type(callee) && !looks_like_fields()))) {
      keep(closure_braces());
    } else if (at(TokenKind::KwDo) && !no_brace_ && node(callee).kind == NodeKind::Ident && node(callee).a == static_cast<uint32_t>(Word::AssertFails)) {
      uint32_t header = pos_;  // assert_fails(err) do … end: the block is a closure that takes nothing
      NodeId inner = block(header, "`assert_fails`");
      keep(add(NodeKind::Closure, header, kNone, record(kNone, +inner), kShort));
    } else if (at(TokenKind::KwDo) && !no_brace_ && next_kind() == TokenKind::Pipe) {  // xs.each() do |x| … end
      do_block_argument();
    }
  }
  return add(NodeKind::Call, node(callee).token, +callee, flush(from));
}

// each do |x| … end of Ruby and Elixir
void Parser::do_block_argument() {
  uint32_t opener = pos_++;
  ++pos_;
  while (!at(TokenKind::Pipe) && !starts_line(pos_)) ++pos_;
  eat(TokenKind::Pipe);
  report<Diag::ForeignClosure>(token_span(opener)).help("write `{ |x|` where `do |x|` stands, and `}` where its `end` stands");
  body(Opening::Do, opener, false);
  close_block(Opening::Do, opener);
}

// arg := [name `:`] expr | `&` place
NodeId Parser::argument() {
  uint32_t token = pos_;
  if ((at_name() || is_keyword(kind())) && next_kind() == TokenKind::Colon && !(kind_at(pos_ + 2) == TokenKind::Colon && touches(pos_ + 2))) {
    pos_ += 2;
    NodeId value = argument_value();
    return add(NodeKind::Arg, token, values_[token], +value);
  }
  NodeId value = argument_value();
  if (at(TokenKind::Eq) && !panic_) {
    uint32_t eq = pos_++;
    report<Diag::ForeignWord>(token_span(eq), "=", ":").note("an argument is named as in `update(user, active: true)`").fix(touches(eq) ? token_span(eq) : Span{after(eq - 1).lo, token_span(eq).hi}, touches(pos_) ? ": " : ":", "write `" + std::string(text_between(token, eq - 1)) + ": …`");
    NodeId named = expr();
    return add(NodeKind::Arg, token, values_[token], +named);
  }
  return value;
}
NodeId Parser::argument_value() {
  if (at(TokenKind::Amp)) {
    uint32_t token = pos_++;
    Nest nest(*this);
    if (eat(TokenKind::KwMut)) foreign(between(token, pos_ - 1), "&mut", "&");
    NodeId place = panic_ ? error_node() : postfix();
    return add(NodeKind::MutArg, token, +place);
  }
  return expr();
}

uint32_t Parser::arguments(uint32_t opener, TokenKind close) {
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  uint32_t from = mark();
  while (!at(close) && !panic_) {
    keep(argument());
    if (!comma_or_close(close, opener)) break;
  }
  expect_close(close, opener);
  return flush(from);
}

// index := `[` expr {`,` expr} `]`
NodeId Parser::index(NodeId base) {
  uint32_t opener = pos_++;
  if (at(TokenKind::RBracket)) {
    ++pos_;
    uint32_t first = tree_.first_token(base);
    if (looks_like_type(base)) foreign(between(first, pos_ - 1), text_between(first, pos_ - 1), "[]" + std::string(text_between(first, opener - 1)));  // String[]
    else report<Diag::UnexpectedToken>(token_span(opener + 1), "the place of an element, like `xs[0]`", "`]`");
    error_token_ = opener;
    return add(NodeKind::Error, opener);
  }
  uint32_t from = mark();
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    while (!at(TokenKind::RBracket) && !panic_) {
      keep(expr());
      if (!comma_or_close(TokenKind::RBracket, opener)) break;
    }
    expect_close(TokenKind::RBracket, opener);
  }
  return add(NodeKind::Index, opener, +base, flush(from));
}

// member := `.` (name | number)             after the point every word is a name
NodeId Parser::member(NodeId base) {
  uint32_t dot = pos_++;
  if (at_any_word() && !(starts_line(pos_) && is_keyword(kind()))) {
    uint32_t token = pos_++;
    if (is_word(token, Word::ForeignAnd)) {}
    return add(NodeKind::Member, token, +base, values_[token]);
  }
  if (at(TokenKind::IntLit)) {
    uint32_t token = pos_++;
    return add(NodeKind::TupleMember, token, +base, static_cast<uint32_t>(tree_.tokens.int_value(token)));
  }
  if (node(base).kind == NodeKind::IntLit && touches(dot)) {  // 1.
    report<Diag::BareFloat>(between(dot - 1, dot)).fix(between(dot - 1, dot), std::string(text(dot - 1)) + ".0", "write `" + std::string(text(dot - 1)) + ".0`");
    return base;
  }
  unexpected("a name after `.`");
  return error_node();
}

bool Parser::looks_like_fields() const {
  // After `{`: `name:`, `name,` `..` or `}`: the inside of a struct literal
  TokenKind a = next_kind(), b = kind_at(pos_ + 2);
  if (a == TokenKind::DotDot) return true;
  return (a == TokenKind::Ident || is_keyword(a)) && (b == TokenKind::Colon || b == TokenKind::Comma);
}

bool Parser::looks_like_type(NodeId id) const {
  const Node* n = &tree_.nodes[+id];
  while (n->kind == NodeKind::Index || n->kind == NodeKind::Call) n = &tree_.nodes[n->a];
  switch (n->kind) {
    case NodeKind::Ident: case NodeKind::Member: case NodeKind::DotName: return is_upper(n->token) || (id == NodeId(static_cast<uint32_t>(n - tree_.nodes.data())) && looks_like_fields());
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
  NodeId type_node = node(type_expr).kind == NodeKind::DotName ? type_expr : type_of_expr(type_expr);
  uint32_t opener = pos_++;
  uint32_t from = mark();
  NodeId update = NodeId::None;
  {
    Place place(*this, false, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    ++outer_brackets_;
    while (!at(TokenKind::RBrace) && !panic_) {
      uint32_t name = pos_;
      if (eat(TokenKind::DotDot)) {
        update = expr();
        if (!comma_or_close(TokenKind::RBrace, opener)) break;
        continue;
      }
      if (eat(TokenKind::Dot) && at_name()) {  // .x = 1 of C and Zig
        report<Diag::ForeignWord>(token_span(name), ".name = value", "name: value");
        name = pos_;
      }
      if (!at_any_word()) { unexpected("the name of a field"); break; }
      ++pos_;
      NodeId value = NodeId::None;
      if (eat(TokenKind::Colon)) {
        value = expr();
      } else if (at(TokenKind::Eq)) {
        uint32_t eq = pos_++;
        report<Diag::ForeignWord>(token_span(eq), "=", ":").note("a field gets its value as in `User { name: \"Ada\" }`").fix(touches(eq) ? token_span(eq) : Span{after(eq - 1).lo, token_span(eq).hi}, touches(pos_) ? ": " : ":", "write `:`");
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
  auto made = [&](NodeId result) { tree_.lasts[+result] = tree_.lasts[+id]; return result; };
  auto convert_list = [&](uint32_t list) {
    uint32_t from = mark();
    for (uint32_t i = 0, count = static_cast<uint32_t>(tree_.list(list).size()); i < count; ++i) keep(type_of_expr(tree_.list(list)[i]));
    return flush(from);
  };
  switch (n.kind) {
    case NodeKind::Ident: case NodeKind::Member: {
      std::vector<uint32_t> tokens;
      NodeId at = id;
      while (node(at).kind == NodeKind::Member) { tokens.push_back(node(at).token); at = NodeId(node(at).a); }
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
    case NodeKind::Index: case NodeKind::Call: {
      NodeId base = type_of_expr(NodeId(n.a));
      if (node(base).kind != NodeKind::TypeName) return base;
      uint32_t args = convert_list(n.b);
      return made(add(NodeKind::TypeName, node(base).token, node(base).a, args));
    }
    case NodeKind::TypeExpr: return NodeId(n.a);
    case NodeKind::Paren: return type_of_expr(NodeId(n.a));
    case NodeKind::TupleLit: { uint32_t list = convert_list(n.a); return made(add(NodeKind::TypeTuple, n.token, list)); }
    case NodeKind::Error: return id;
    default: break;
  }
  report<Diag::UnexpectedToken>(tree_.span(id), "a type", "a value");
  error_token_ = pos_;
  return made(add(NodeKind::Error, n.token));
}

void Parser::missing_value() {
  if (panic_) return;
  if (is_keyword(kind()) && !new_line() && (next_kind() == TokenKind::Dot || next_kind() == TokenKind::LParen) && kTraits[static_cast<uint8_t>(kind())].binary == 0 && !at(TokenKind::KwEnd) && !at(TokenKind::KwDo)) {
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
    case TokenKind::StrLit: ++pos_; return add(NodeKind::StringLit, token, values_[token]);
    case TokenKind::StrBegin: return string();
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
        report<Diag::BareFloat>(between(token, token + 1)).fix(between(token, token + 1), "0." + std::string(text(token + 1)), "write `0." + std::string(text(token + 1)) + "`");
        return add(NodeKind::Error, token);
      }
      if (next_kind() == TokenKind::Ident || is_keyword(next_kind())) {
        pos_ += 2;
        return add(NodeKind::DotName, token + 1, values_[token + 1]);
      }
      ++pos_;
      unexpected("a name after `.`");
      return error_node();
    case TokenKind::Question: case TokenKind::QuestionQuestion: {
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
      if (!at(TokenKind::KwFunc)) { unexpected("`func` after `async`"); return error_node(); }
      NodeId made = closure_func();
      if (node(made).kind == NodeKind::Closure) node(made).flags |= kAsync;
      return made;
    }
    case TokenKind::KwIf: return if_expr();
    case TokenKind::KwMatch: return match_expr();
    case TokenKind::KwWhile: return while_expr(NameId::None);
    case TokenKind::KwFor: return for_expr(NameId::None, false);
    case TokenKind::KwDo: return in_condition_ && !nl_off_ ? (missing_value(), error_node()) : block(token, "`do`");
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
      if (next_kind() == TokenKind::Ident || (next_kind() == TokenKind::Pipe && touches(pos_ + 1))) return rust_closure();
      missing_value();
      return error_node();
    default:
      missing_value();
      return error_node();
  }
}

// |x| x * 2 of Rust
NodeId Parser::rust_closure() {
  uint32_t token = pos_++;
  uint32_t t = pos_;
  while (t < last_ && !starts_line(t) && kinds_[t] != TokenKind::Pipe) ++t;
  if (kind_at(t) != TokenKind::Pipe) { --pos_; missing_value(); return error_node(); }
  uint32_t from = mark();
  while (!at(TokenKind::Pipe) && !panic_) {
    keep(closure_param());
    if (!eat(TokenKind::Comma)) break;
  }
  expect(TokenKind::Pipe, "`|` after the names");
  uint32_t list = flush(from);
  if (panic_) return error_node();
  uint32_t start = pos_;
  NodeId made = foreign_closure(token, list);
  if (panic_) return error_node();
  Diagnostic& d = report<Diag::ForeignClosure>(between(token, t));
  if (kind_at(start) != TokenKind::LBrace) {
    Span end = after(pos_ - 1);
    d.fix({token_span(token).lo, token_span(token).lo}, "{ ", "put braces around it").fix(end, " }", "");
  }
  return made;
}

NodeId Parser::name_expr() {
  uint32_t token = pos_++;
  uint32_t name = values_[token];
  if (name == static_cast<uint32_t>(Word::Dyn) && at_name() && !starts_line(pos_) && is_upper(pos_)) {
    --pos_;
    NodeId inner = type_atom();
    return add(NodeKind::TypeExpr, token, +inner);
  }
  if (name == static_cast<uint32_t>(Word::Race) && (at(TokenKind::KwDo) || (at(TokenKind::Pipe) && kind_at(pos_ + 2) == TokenKind::Pipe && kind_at(pos_ + 3) == TokenKind::KwDo) ||
                                                    (at(TokenKind::LParen) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::Colon)) && !no_brace_) {
    --pos_;
    return nursery(2);
  }
  if (name == static_cast<uint32_t>(Word::Child) && !starts_line(pos_) && (at_name() || at(TokenKind::KwFunc))) {
    --pos_;
    return child();
  }
  if (name == static_cast<uint32_t>(Word::Parallel) && at(TokenKind::KwFor) && !starts_line(pos_)) return for_expr(NameId::None, true);
  if (is_foreign(NameId(name)) && !starts_line(pos_)) {
    if (name == static_cast<uint32_t>(Word::ForeignNew) && at_name()) {
      report<Diag::ForeignWord>(token_span(token), "new", std::string(text(pos_)) + ".new(…)").help("a value of a struct is written `" + std::string(text(pos_)) + " { field: value }`, or made by its function `new`");
      return name_expr();
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
    if ((name == static_cast<uint32_t>(Word::ForeignFn) || name == static_cast<uint32_t>(Word::ForeignFunction) || name == static_cast<uint32_t>(Word::ForeignFun)) && at(TokenKind::LParen) && foreign_closure_ahead()) {
      foreign(token, "func");
      --pos_;
      return closure_func();
    }
  }
  return add(NodeKind::Ident, token, name);
}

// After fn or function and `(`: is it a function value, and not a call of something with that name?
bool Parser::foreign_closure_ahead() const {
  uint32_t depth = 0;
  for (uint32_t t = pos_; t < last_ && t < pos_ + 100; ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::LParen) ++depth;
    if (k == TokenKind::RParen && --depth == 0) {
      TokenKind n = kind_at(t + 1);
      return n == TokenKind::LBrace || n == TokenKind::KwDo || n == TokenKind::Arrow;
    }
  }
  return false;
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

// `=` where a condition stands: read it as ==.
NodeId Parser::assign_in_condition(NodeId left) {
  uint32_t eq = pos_++;
  report<Diag::AssignInCondition>(token_span(eq)).fix(token_span(eq), "==", "write `==`");
  NodeId right = operand_expr(kPrecCompare + 1);
  left = add(NodeKind::Binary, eq, +left, +right, 0, static_cast<uint16_t>(TokenKind::EqEq));
  // what follows belongs to the same condition
  while (!panic_ && (at(TokenKind::KwAnd) || at(TokenKind::KwOr))) {
    uint32_t token = pos_++;
    NodeId other = operand_expr(kind_at(token) == TokenKind::KwAnd ? kPrecAnd + 1 : kPrecOr + 1);
    if (at(TokenKind::Eq) && !panic_) {
      ++pos_;
      NodeId value = operand_expr(kPrecCompare + 1);
      other = add(NodeKind::Binary, pos_ - 1, +other, +value, 0, static_cast<uint16_t>(TokenKind::EqEq));
    }
    left = add(NodeKind::Binary, token, +left, +other, 0, static_cast<uint16_t>(kind_at(token)));
    grow(token);
  }
  return left;
}

// bracket := `[` `]` | `[` `:` `]` | `[` items `]` | `[` key `:` value … `]` | `[` [expr] `]` type
NodeId Parser::bracket() {
  uint32_t opener = pos_++;
  if (at(TokenKind::RBracket)) {
    ++pos_;
    bool type_follows = !starts_line(pos_) && (at(TokenKind::Ident) || at(TokenKind::LBracket) || (at(TokenKind::Question) && kTraits[static_cast<uint8_t>(next_kind())].starts_type && touches(pos_ + 1)) || at(TokenKind::LParen) || at(TokenKind::KwFunc));
    if (!type_follows) return add(NodeKind::ArrayLit, opener);
    NodeId element = type_atom();
    element = add(NodeKind::TypeArray, opener, +element);
    return add(NodeKind::TypeExpr, opener, +element);
  }
  uint32_t from = mark();
  bool map = false;
  uint32_t count = 0;
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    if (at(TokenKind::Colon) && next_kind() == TokenKind::RBracket) {
      ++pos_;
      map = true;
    }
    while (!at(TokenKind::RBracket) && !panic_) {
      uint32_t item = pos_;
      NodeId value = expr();
      ++count;
      if (at(TokenKind::Colon) && !panic_) {
        uint32_t colon = pos_++;
        map = true;
        NodeId second = expr();
        value = add(NodeKind::MapEntry, colon, +value, +second);
      } else if (at(TokenKind::FatArrow) && !panic_) {  // "a" => 1
        uint32_t arrow = pos_++;
        map = true;
        report<Diag::ForeignWord>(token_span(arrow), "=>", ":").fix(touches(arrow) ? token_span(arrow) : Span{after(arrow - 1).lo, token_span(arrow).hi}, ":", "write `:`");
        NodeId second = expr();
        value = add(NodeKind::MapEntry, arrow, +value, +second);
      } else if (at(TokenKind::Newline) && count == 1 && !panic_) {  // [0; n]
        uint32_t semi = pos_++;
        NodeId length = at(TokenKind::RBracket) ? error_node() : expr();
        (void)length;
        if (!panic_) {
          std::string better = "Array.filled(" + std::string(text_between(semi + 1, pos_ - 1)) + ", " + std::string(text_between(item, semi - 1)) + ")";
          Diagnostic& d = report<Diag::ArrayFill>(token_span(semi));
          if (at(TokenKind::RBracket)) d.fix(between(opener, pos_), better, "write `" + better + "`");
          error_token_ = semi;
        }
      } else if ((at(TokenKind::KwFor)) && !panic_) {  // [x * 2 for x in xs]
        uint32_t word_token = pos_;
        panic_ = true;
        while (!at(TokenKind::RBracket) && !starts_line(pos_)) ++pos_;
        panic_ = false;
        report<Diag::ForeignWord>(token_span(word_token), "[… for x in xs]", "xs.map { |x| … }");
        error_token_ = word_token;
      }
      keep(value);
      if (!comma_or_close(TokenKind::RBracket, opener)) break;
    }
    expect_close(TokenKind::RBracket, opener);
    in_arms_ = saved_arms;
  }
  if (!panic_ && !map && count == 1 && !starts_line(pos_) && touches(pos_) && (at(TokenKind::Ident) || (at(TokenKind::LBracket) && next_kind() == TokenKind::RBracket))) {  // [3]i64
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
  if (at(TokenKind::StrLit)) { ++pos_; return add(NodeKind::StringLit, first, values_[first]); }
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
    if (!eat(TokenKind::InterpBegin)) { ++pos_; continue; }  // what a broken ${ } left
    NodeId value;
    if (at(TokenKind::InterpEnd) && !starts_line(pos_)) {
      report<Diag::EmptyInterpolation>(between(token, pos_)).help("for the two characters themselves write `\\${`");
      value = error_node();
    } else {
      Place place(*this, true, false, false);
      Bracket bracket(*this);
      value = expr();
      if (at(TokenKind::StrLit) && kind_at(pos_ + 1) == TokenKind::Error) ++pos_;  // the end of a text whose ${ was never closed
      if (!panic_ && !at(TokenKind::InterpEnd) && !at(TokenKind::InterpFormat) && !at(TokenKind::Error)) unexpected("`}` after the value");
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
NodeId Parser::closure_braces() {
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
  } else if ((at(TokenKind::StrLit) && next_kind() == TokenKind::Colon) || (at(TokenKind::RBrace)) || (at(TokenKind::Ident) && next_kind() == TokenKind::Colon && kind_at(pos_ + 2) != TokenKind::KwFor && kind_at(pos_ + 2) != TokenKind::KwWhile) ||
             (at(TokenKind::IntLit) && (next_kind() == TokenKind::Colon || next_kind() == TokenKind::Comma || next_kind() == TokenKind::RBrace))) {
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
    if (at(TokenKind::KwEnd) && !starts_line(pos_) && bars) { report<Diag::WrongBracket>(token_span(pos_), "end", "{").at(token_span(opener), "opened here").fix(token_span(pos_), "}", "write `}`"); ++pos_; }
    else expect_close(TokenKind::RBrace, opener);
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

// {"a": 1} and {1, 2} of other languages
NodeId Parser::braces_as_data(uint32_t opener) {
  bool empty = at(TokenKind::RBrace);
  bool list = at(TokenKind::IntLit) && next_kind() != TokenKind::Colon;
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    while (!at(TokenKind::RBrace) && !panic_) {
      expr();
      if (eat(TokenKind::Colon)) expr();
      if (!comma_or_close(TokenKind::RBrace, opener)) break;
    }
    in_arms_ = saved_arms;
    if (panic_) return error_node();
    expect_close(TokenKind::RBrace, opener);
  }
  Diagnostic& d = report<Diag::BracesForMap>(token_span(opener));
  if (empty) d.help("an empty map is `[:]`, an empty array `[]`, a small function that does nothing `{ || }`");
  else d.fix(token_span(opener), "[", list ? "an array is written `[1, 2]`" : "write `[` and `]`", list ? Applicability::MaybeIncorrect : Applicability::MachineApplicable).fix(token_span(pos_ - 1), "]", "");
  if (!empty && !list && kind_at(opener + 1) == TokenKind::Ident) { d.fixes.clear(); d.help("a value of a struct names its type: `Point { x: 1 }`; a map with texts as keys is `[\"x\": 1]`"); }
  error_token_ = opener;
  return add(NodeKind::Error, opener);
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
    report<Diag::InsideFunction>(token_span(pos_), "a function with a name").help("give it a name with `let " + std::string(text(pos_)) + " = func(…) do … end`");
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
      if (at_name() && (behind == TokenKind::Colon || behind == TokenKind::Comma || behind == TokenKind::RParen || behind == TokenKind::Eq)) {
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
  bool is_type = !panic_ && !at(TokenKind::KwDo) && !at(TokenKind::LBrace) && (unnamed || ends_value(kind()) || new_line());
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
NodeId Parser::jump(NodeKind made) {
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
  else if (made == NodeKind::Fail) unexpected("the error after `fail`");
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
  if (!panic_ && at(TokenKind::Colon)) { ++pos_; type(); }
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

}  // namespace janus
