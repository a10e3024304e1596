// parse_expr.cpp: operators, calls and members.
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
  while (at(TokenKind::KwCatch) && !panic_ && !at_try_catch()) {
    uint32_t token = pos_++;
    left = finish_catch(left, token);
    grow(token);
  }
  return left;
}

NodeId Parser::finish_catch(NodeId left, uint32_t token) {
  NodeId bound = NodeId::None;
  bool opened = false;   // what stands for `do` was read with the name
  if (at(TokenKind::Pipe)) {
    ++pos_;
    bound = catch_pattern();
    expect(TokenKind::Pipe, "`|` after the name of the error");
  } else if (at(TokenKind::LParen) && next_kind() == TokenKind::Ident && kind_at(pos_ + 2) == TokenKind::RParen &&
             (kind_at(pos_ + 3) == TokenKind::LBrace || kind_at(pos_ + 3) == TokenKind::KwDo)) {
    // catch (e) { … } of Java and JavaScript
    foreign(between(pos_, pos_ + 2), text_between(pos_, pos_ + 2), "|" + std::string(text(pos_ + 1)) + "|");
    bound = add(NodeKind::PatBind, pos_ + 1, values_[pos_ + 1]);
    pos_ += 3;
  } else if (at_bare_error()) {
    uint32_t name = pos_, last = name + (next_kind() == TokenKind::Arrow);
    bool without_do = starts_line(name + 1);
    foreign(between(name, last), text_between(name, last), "|" + std::string(text(name)) + (without_do ? "| do" : "|"));
    bound = add(NodeKind::PatBind, name, values_[name]);
    pos_ = last + 1;
    opened = without_do;
  } else if (at(TokenKind::KwDo) && next_kind() == TokenKind::Pipe && kind_at(pos_ + 2) == TokenKind::Ident &&
             kind_at(pos_ + 3) == TokenKind::Pipe && !starts_line(pos_ + 1)) {  // catch do |e| of Ruby
    foreign(between(pos_, pos_ + 3), text_between(pos_, pos_ + 3), "|" + std::string(text(pos_ + 2)) + "| do");
    bound = add(NodeKind::PatBind, pos_ + 2, values_[pos_ + 2]);
    pos_ += 4;
    opened = true;
  }
  NodeId handler;
  if (panic_) handler = error_node();
  else if (opened) handler = block_of(Opening::Do, token);
  else if (at(TokenKind::KwDo) || (at(TokenKind::LBrace) && is_some(bound) && next_kind() != TokenKind::Pipe))
    handler = block(token, "`catch`");
  else if (new_line() && at(TokenKind::EndOfFile)) {
    unexpected("what `catch` gives instead");
    handler = error_node();
  } else if (is_some(bound) && starts_line(pos_)) handler = block(token, "`catch`");  // `do` is missing
  else handler = expr();
  return add(NodeKind::Catch, token, +left, record(+bound, +handler));
}

// `catch e do`, `catch e { … }`, `catch e -> …` of other languages: the failure's name without its bars. In the head of
// a statement `catch e do` gives e, and a call may end in a closure: `catch f { |x| … }`.
bool Parser::at_bare_error() const {
  if (!at(TokenKind::Ident) || no_brace_ || nl_off_ || starts_line(pos_)) return false;
  if (starts_line(pos_ + 1)) {   // a statement further in belongs to a block
    const TokenTraits& next = kTraits[static_cast<uint8_t>(next_kind())];
    return column(pos_ + 1) > line_column(pos_) && !next.continues_line && next.starts_value;
  }
  switch (next_kind()) {
    case TokenKind::KwDo:
    case TokenKind::Arrow: return true;
    case TokenKind::LBrace:
      return !is_upper(pos_) && kind_at(pos_ + 2) != TokenKind::Pipe && kind_at(pos_ + 2) != TokenKind::RBrace;
    default: return false;
  }
}

// What stands between the bars: a name, `_`, or something to take apart. No `|` of its own.
NodeId Parser::catch_pattern() { return pattern_atom("a name"); }

bool ends_value(TokenKind k) {
  switch (k) {
    case TokenKind::EndOfFile:
    case TokenKind::Newline:
    case TokenKind::RParen:
    case TokenKind::RBracket:
    case TokenKind::RBrace:
    case TokenKind::KwEnd:
    case TokenKind::KwDo:
    case TokenKind::KwElse:
    case TokenKind::Comma:
    case TokenKind::InterpEnd:
    case TokenKind::InterpFormat: return true;
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
      if (op == TokenKind::KwNot && next_kind() == TokenKind::KwIn && !new_line() &&
          least <= kPrecCompare) {   // x not in xs
        uint32_t token = pos_;
        pos_ += 2;
        NodeId right = operand_expr(kPrecCompare + 1);
        left = add(NodeKind::Binary, token + 1, +left, +right, 0, static_cast<uint16_t>(TokenKind::KwIn));
        left = add(NodeKind::Unary, token, +left, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
        height_ += 1;
        grow(token);
        continue;
      }
      if (op == TokenKind::Ident && least <= kPrecCompare && at_type_test()) {
        left = type_test(left, from);
        grow(pos_ - 1);
        continue;
      }
      if (op == TokenKind::Ident && values_[pos_] == static_cast<uint32_t>(Word::ForeignIs) && !starts_line(pos_) &&
          !starts_line(pos_ + 1) && kTraits[static_cast<uint8_t>(next_kind())].starts_value && least <= kPrecCompare) {
        uint32_t token = pos_++;   // x is None, x is not None
        bool negated = eat(TokenKind::KwNot);
        Span span = between(token, pos_ - 1);
        std::string_view better = negated ? "!=" : "==";
        report<Diag::ForeignWord>(span, text_between(token, pos_ - 1), better)
            .fix(span, std::string(better), "write `" + std::string(better) + "`");
        NodeId right = operand_expr(kPrecCompare + 1);
        left = add(NodeKind::Binary, token, +left, +right, 0,
                   static_cast<uint16_t>(negated ? TokenKind::BangEq : TokenKind::EqEq));
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
      report<Diag::ForeignWord>(span, is_and ? "&&" : "||", word)
          .fix(span, (touches(token) ? " " : "") + word + (touches(pos_) ? " " : ""), "write `" + word + "`");
      NodeId right = operand_expr((is_and ? kPrecAnd : kPrecOr) + 1);
      left = add(NodeKind::Binary, token, +left, +right, 0,
                 static_cast<uint16_t>(is_and ? TokenKind::KwAnd : TokenKind::KwOr));
      grow(token);
      continue;
    }
    if ((op == TokenKind::PlusPlus ||
         (op == TokenKind::Minus && kind_at(token + 1) == TokenKind::Minus && touches(token + 1)))) {
      uint32_t behind = token + (op == TokenKind::Minus ? 2 : 1);
      if (starts_line(behind) || ends_value(kind_at(behind))) {   // i++
        pos_ = behind;
        Span sign = between(token, behind - 1);
        std::string better = op == TokenKind::Minus ? " -= 1" : " += 1";
        report<Diag::Increment>(sign, op == TokenKind::Minus ? "--" : "++")
            .fix(sign, better, "write `" + std::string(text_between(from, token - 1)) + better + "`");
        left = add(NodeKind::Error, token);
        break;
      }
    }
    if (precedence < least) break;
    if (op == TokenKind::Star && kind_at(token + 1) == TokenKind::Star && touches(token + 1)) {   // x ** 2
      pos_ += 2;
      NodeId right = unary();
      report<Diag::ForeignWord>(between(token, token + 1), "**", "x.pow(n)");
      left = add(NodeKind::Binary, token, +left, +right, 0, static_cast<uint16_t>(op));
      continue;
    }
    if ((op == TokenKind::EqEq || op == TokenKind::BangEq) && kind_at(token + 1) == TokenKind::Eq &&
        touches(token + 1)) {   // === !==
      std::string_view better = op == TokenKind::EqEq ? "==" : "!=";
      report<Diag::ForeignWord>(between(token, token + 1), text_between(token, token + 1), better)
          .fix(between(token, token + 1), std::string(better), "write `" + std::string(better) + "`");
      ++pos_;
    }
    if (precedence == kPrecRange) {
      left = range_from(left);
      grow(token);
      continue;
    }
    if (precedence == kPrecCoalesce) {   // right-associative
      ++pos_;
      if (touches(token) && (starts_line(pos_) || ends_value(kind()))) {   // f()??
        Span end = after(token - 1);
        uint32_t first = tree_.first_token(left);
        report<Diag::UnexpectedToken>(found_span(), "a value", found())
            .note("`??` is one sign: it gives a value to use instead of `null`")
            .fix({token_span(first).lo, token_span(first).lo}, "(",
                 "for two steps write `(" + std::string(text_between(first, token - 1)) + "?)?`",
                 Applicability::MaybeIncorrect)
            .fix({end.lo, token_span(token).hi}, "?)?", "");
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
    if (op == TokenKind::Pipe && at(TokenKind::Greater) && touches(pos_)) {   // |> of Elixir and F#
      ++pos_;
      report<Diag::ForeignWord>(between(token, pos_ - 1), "|>", "value.function()")
          .help("a call goes on with a point: `xs.map { |x| x * 2 }.sum()`");
      unary();
      continue;
    }
    if (op == TokenKind::Less && at(TokenKind::Greater) && touches(pos_)) {   // <>
      ++pos_;
      report<Diag::ForeignWord>(between(token, pos_ - 1), "<>", "!=")
          .fix(between(token, pos_ - 1), "!=", "write `!=`; two texts are joined with `++`",
               Applicability::MaybeIncorrect);
    }
    if (op == TokenKind::EqEq && at(TokenKind::Greater) && touches(pos_)) ++pos_;
    NodeId right = operand_expr(precedence + 1);
    left = add(NodeKind::Binary, token, +left, +right, 0, static_cast<uint16_t>(op));
    grow(token);
    if (precedence == kPrecCompare && kTraits[static_cast<uint8_t>(kind())].binary == kPrecCompare && !new_line() &&
        !panic_) {
      if (comparison_chain(left, token, right)) continue;
    }
  }
  return left;
}

bool Parser::is_range_start() const {
  return at(TokenKind::DotDot) || at(TokenKind::DotDotEq) || at(TokenKind::DotDotLess);
}

// range := [sum] (`..` | `..<` | `..=`) [sum]
NodeId Parser::range_from(NodeId low) {
  uint32_t token = pos_++;
  uint8_t flags = kind_at(token) == TokenKind::DotDotEq ? kInclusive : 0;
  if (kind_at(token) == TokenKind::DotDot && at(TokenKind::Dot) && touches(pos_)) {   // three dots
    report<Diag::ForeignWord>(between(token, pos_), "...", "..")
        .help("`0..n` leaves out its end, `0..=n` includes it")
        .fix(between(token, pos_), "..=", "write `..=`", Applicability::MaybeIncorrect);
    ++pos_;
  }
  NodeId high = NodeId::None;
  bool more = !new_line() && kTraits[static_cast<uint8_t>(kind())].starts_value && !at(TokenKind::KwDo) &&
              !(at(TokenKind::LBrace) && no_brace_);
  if (more) {
    Nest nest(*this);
    high = panic_ ? error_node() : operand_expr(kPrecRange + 1);
  }
  return add(NodeKind::Range, token, +low, +high, flags);
}

// unary := (`-` | `~` | `await` | `try`) unary | postfix
NodeId Parser::unary() {
  uint32_t token = pos_;
  switch (kind()) {
    case TokenKind::Minus:
    case TokenKind::Tilde: {
      ++pos_;
      Nest nest(*this);
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(kind_at(token)));
    }
    case TokenKind::KwNot: {   // tighter than usual, as in `a == not b`
      ++pos_;
      Nest nest(*this);
      NodeId inner = panic_ ? error_node() : operand_expr(kPrecCompare);
      return add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
    }
    case TokenKind::Bang: {
      ++pos_;
      Nest nest(*this);
      report<Diag::ForeignNot>(token_span(token)).fix(token_span(token), "not ", "write `not`");
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Unary, token, +inner, kNone, 0, static_cast<uint16_t>(TokenKind::KwNot));
    }
    case TokenKind::KwAwait: {
      ++pos_;
      Nest nest(*this);
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Await, token, +inner);
    }
    case TokenKind::KwTry: {
      if (next_kind() == TokenKind::LBrace || next_kind() == TokenKind::KwDo || next_kind() == TokenKind::Colon)
        return try_block();
      ++pos_;
      Nest nest(*this);
      NodeId inner = panic_ ? error_node() : unary();
      return add(NodeKind::Try, token, +inner);
    }
    case TokenKind::PlusPlus:
    case TokenKind::Plus: {
      ++pos_;
      Nest nest(*this);
      if (panic_) return error_node();
      if (kind_at(token) == TokenKind::PlusPlus && at_name()) {
        std::string name(text(pos_));
        report<Diag::Increment>(token_span(token), "++")
            .fix(between(token, pos_), name + " += 1", "write `" + name + " += 1`");
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
      ++pos_;
      Nest nest(*this);
      if (panic_) return error_node();
      eat(TokenKind::KwMut);   // &mut x of Rust
      report<Diag::LendOutsideCall>(between(token, pos_ - 1))
          .note("`f(&x)` lets the call change `x`; everywhere else values are simply copied")
          .fix({token_span(token).lo, token_span(pos_).lo}, "", "remove it", Applicability::MaybeIncorrect);
      return unary();
    }
    case TokenKind::Star: {
      ++pos_;
      Nest nest(*this);
      if (panic_) return error_node();
      report<Diag::NoPointers>(token_span(token))
          .fix(token_span(token), "", "use the value itself", Applicability::MaybeIncorrect);
      return unary();
    }
    default: return postfix();
  }
}

NodeId Parser::postfix() {
  uint32_t from = pos_;
  NodeId left = primary();
  if (panic_) return left;
  return postfix_of(left, from);
}

// println!("…") of Rust
static bool macro_name(std::string_view name) {
  for (std::string_view known : {"println", "print", "eprintln", "eprint", "assert", "assert_eq", "todo", "unreachable",
                                 "vec", "format", "panic", "dbg"})
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
      case TokenKind::Dot: left = member(left); break;
      case TokenKind::KwAs: {   // x as f64
        if (starts_line(token) || next_kind() != TokenKind::Ident || starts_line(token + 1)) return left;
        ++pos_;
        type_atom();
        if (panic_) return error_node();
        std::string name(text_between(token + 1, pos_ - 1)), better(text_between(from, token - 1));
        better = name + (node(left).kind == NodeKind::Paren ? better : "(" + better + ")");
        report<Diag::ForeignWord>(between(token, pos_ - 1), "x as " + name, name + "(x)")
            .fix(between(from, pos_ - 1), better, "write `" + better + "`");
        error_token_ = token;
        left = add(NodeKind::Error, token);
        break;
      }
      case TokenKind::Question:
        if (new_line()) return left;
        if (next_kind() == TokenKind::Colon && touches(token + 1) &&
            !(at_key() && touches(token))) {   // x ?: 0 of Kotlin and PHP; [f()?: 1] is a map
          report<Diag::ForeignWord>(between(token, token + 1), "?:", "??")
              .fix(between(token, token + 1), "??", "write `??`");
          pos_ += 2;
          NodeId other = operand_expr(kPrecCoalesce);
          left = add(NodeKind::Coalesce, token, +left, +other);
          error_token_ = token;
          break;
        }
        if (!touches(token) ||
            (kTraits[static_cast<uint8_t>(next_kind())].starts_value && !touches(token + 1) &&
             !starts_line(token + 1) && next_kind() != TokenKind::KwDo && next_kind() != TokenKind::Minus &&
             next_kind() != TokenKind::LBrace && !is_keyword(next_kind()) && next_kind() != TokenKind::DotDot &&
             next_kind() != TokenKind::DotDotEq && next_kind() != TokenKind::DotDotLess &&
             next_kind() != TokenKind::LBracket)) {
          if (ternary_colon(token) != kNone) return left;   // expr() goes on when all of the condition is read
        }
        ++pos_;
        left = add(NodeKind::Question, token, +left);
        break;
      case TokenKind::Bang:
        if (new_line() || !touches(token)) return left;
        ++pos_;
        if (at(TokenKind::LBracket) && touches(pos_) && node(left).kind == NodeKind::Ident &&
            text(token - 1) == "vec") {   // vec![1, 2]
          report<Diag::ForeignWord>(between(token - 1, token), "vec![…]", "[…]")
              .fix(between(token - 1, token), "", "write the brackets alone");
          left = bracket();
          break;
        }
        if ((at(TokenKind::LParen) || at(TokenKind::LBracket)) && touches(pos_) && node(left).kind == NodeKind::Ident &&
            macro_name(text(token - 1))) {
          report<Diag::NotNeeded>(token_span(token), "!")
              .note("a call is written `" + std::string(text(token - 1)) + "(…)`")
              .fix(token_span(token), "", "remove it");
          break;
        }
        left = add(NodeKind::BangUnwrap, token, +left);
        break;
      case TokenKind::LBrace:
        if (new_line()) return left;
        if (trailing_closure_here(left)) {
          NodeId closure = closure_braces(true);
          uint32_t list = kNone;
          uint32_t from_mark = mark();
          keep(closure);
          list = flush(from_mark);
          left = add(NodeKind::Call, node(left).token, +left, list);
          break;
        }
        if (!looks_like_type(left) || (no_brace_ && !literal_in_head())) return left;
        left = struct_literal(left);
        break;
      case TokenKind::StrLit:
      case TokenKind::StrBegin:
        if (node(left).kind == NodeKind::Ident && touches(token) && node(left).token == token - 1 &&
            text(token - 1).size() <= 2 && kind_at(token + 1) != TokenKind::Error) {   // f"…"
          string_prefix(token);
          left = string();
          break;
        }
        return left;
      case TokenKind::Colon:
        if (kind_at(token + 1) == TokenKind::Colon && touches(token + 1)) {   // a::b
          report<Diag::ForeignWord>(between(token, token + 1), "::", ".")
              .fix(between(token, token + 1), ".", "write `.`");
          pos_ += 2;
          if (at_any_word()) {
            ++pos_;
            left = add(NodeKind::Member, pos_ - 1, +left, values_[pos_ - 1]);
            break;
          }
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
        if (!in_arms_ && node(left).kind != NodeKind::Error &&
            (node(left).kind == NodeKind::Ident || node(left).kind == NodeKind::Paren ||
             node(left).kind == NodeKind::TupleLit) &&
            !new_line()) {
          return arrow_function(left, from);
        }
        return left;
      default: return left;
    }
    grow(token);
  }
  return left;
}

// call := `(` [arg {`,` arg}] `)` [closure]
NodeId Parser::call(NodeId callee, uint32_t) {
  uint32_t opener = pos_++;
  uint32_t from = mark();
  bool spreads = false;
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    bool saved_arms = std::exchange(in_arms_, false);
    while (!at(TokenKind::RParen) && !panic_) {
      if (at_spread()) {   // f(...xs) of JavaScript
        if (!spreads)
          report<Diag::UnexpectedToken>(between(pos_, pos_ + 1), "a value", "`...`")
              .note("a function takes as many values as it has parameters")
              .help("hand over the array as one value, to a parameter such as `xs: []i64`");
        spreads = true;
        pos_ += 2;
        if (at(TokenKind::RParen)) break;
      }
      keep(argument());
      if (!comma_or_close(TokenKind::RParen, opener)) break;
    }
    expect_close(TokenKind::RParen, opener);
    in_arms_ = saved_arms;
  }
  if (!panic_ && !new_line()) {
    if (at(TokenKind::LBrace) &&
        (next_kind() == TokenKind::Pipe || (!no_brace_ && !looks_like_type(callee) && !looks_like_fields()))) {
      keep(closure_braces(true));
    } else if (at(TokenKind::KwDo) && !no_brace_ && node(callee).kind == NodeKind::Ident &&
               node(callee).a == static_cast<uint32_t>(Word::AssertFails)) {
      uint32_t header = pos_;   // assert_fails(err) do … end: the block is a closure that takes nothing
      NodeId inner = block(header, "`assert_fails`");
      keep(add(NodeKind::Closure, header, kNone, record(kNone, +inner), kShort));
    } else if (at(TokenKind::KwDo) && !no_brace_ && next_kind() == TokenKind::Pipe) {   // xs.each() do |x| … end
      do_block_argument();
    }
  }
  if (spreads) {   // nobody knows how many values these are
    scratch_.resize(from);
    error_token_ = opener;
    return add(NodeKind::Error, opener);
  }
  return add(NodeKind::Call, node(callee).token, +callee, flush(from));
}

// arg := [name `:`] expr | `&` place
NodeId Parser::argument() {
  uint32_t token = pos_;
  if (at(TokenKind::KwEnd) && next_kind() == TokenKind::Eq && !starts_line(pos_ + 1)) {   // print(x, end="") of Python
    uint32_t comma = token - 1;
    pos_ += 2;
    expr();
    Diagnostic& d = report<Diag::UnexpectedToken>(between(token, token + 1), "a value", "`end=`")
                        .note("`print` writes what it is given and no more; `println` ends the line too");
    if (!panic_ && kinds_[comma] == TokenKind::Comma)
      d.fix({token_span(comma).lo, after(pos_ - 1).lo}, "", "leave it out", Applicability::MaybeIncorrect);
    return add(NodeKind::Error, token);
  }
  if ((at_name() || is_keyword(kind())) && next_kind() == TokenKind::Colon &&
      !(kind_at(pos_ + 2) == TokenKind::Colon && touches(pos_ + 2))) {
    pos_ += 2;
    NodeId value = argument_value();
    return add(NodeKind::Arg, token, values_[token], +value);
  }
  NodeId value = argument_value();
  if (at(TokenKind::Eq) && !panic_) {
    uint32_t eq = pos_++;
    report<Diag::ForeignWord>(token_span(eq), "=", ":")
        .note("an argument is named as in `update(user, active: true)`")
        .fix(touches(eq) ? token_span(eq) : Span{after(eq - 1).lo, token_span(eq).hi}, touches(pos_) ? ": " : ":",
             "write `" + std::string(text_between(token, eq - 1)) + ": …`");
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
  if (at(TokenKind::KwMut)) {   // as in Rust's and Swift's declarations, or C#'s `ref`
    uint32_t token = pos_++;
    Nest nest(*this);
    report<Diag::ForeignWord>(token_span(token), "mut", "&")
        .note("a variable is lent to a `mut` parameter with `&`")
        .fix({token_span(token).lo, token_span(pos_).lo}, "&", "write `&`");
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
    if (looks_like_type(base))
      foreign(between(first, pos_ - 1), text_between(first, pos_ - 1),
              "[]" + std::string(text_between(first, opener - 1)));   // String[]
    else report<Diag::UnexpectedToken>(token_span(opener + 1), "the place of an element, like `xs[0]`", "`]`");
    error_token_ = opener;
    return add(NodeKind::Error, opener);
  }
  uint32_t from = mark();
  {
    Place place(*this, true, false, false);
    Bracket bracket(*this);
    while (!at(TokenKind::RBracket) && !panic_) {
      uint32_t first = pos_;
      NodeId low = at(TokenKind::Colon) ? NodeId::None : expr();
      if (at(TokenKind::Colon) && !panic_) {   // xs[1:3] of Python and Go
        foreign(pos_++, "..");
        NodeId high = at(TokenKind::RBracket) ? NodeId::None : expr();
        low = add(NodeKind::Range, first, +low, +high);
      }
      keep(low);
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
  if (at(TokenKind::LParen) && touches(pos_) && touches(dot) &&
      node(base).kind == NodeKind::Ident) {   // f.(2) of Elixir
    report<Diag::ForeignWord>(token_span(dot), ".(", "(").fix(token_span(dot), "", "remove the point");
    return base;
  }
  if (node(base).kind == NodeKind::IntLit && touches(dot)) {   // 1.
    report<Diag::BareFloat>(between(dot - 1, dot))
        .fix(between(dot - 1, dot), std::string(text(dot - 1)) + ".0", "write `" + std::string(text(dot - 1)) + ".0`");
    return base;
  }
  unexpected("a name after `.`");
  return error_node();
}

}   // namespace janus
