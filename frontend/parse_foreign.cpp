// parse_foreign.cpp: what people write who come from another language: understood, said, and read as ours.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/foreign.h"
#include "frontend/parse_internal.h"

namespace janus {

// `f"{x}"`, `s"…"`, `r"…"`: the letters go, and what Python puts between braces gets its `$`.
void Parser::string_prefix(uint32_t token) {
  Diagnostic& d = report<Diag::StringPrefix>(token_span(token - 1), text(token - 1));
  d.note("every text may hold `${value}`");
  std::string_view raw = text(token);
  std::vector<Span> braces;
  if (text(token - 1) == "f" && at(TokenKind::StrLit))
    for (size_t i = 1; i + 1 < raw.size(); ++i)
      if (raw[i] == '{' && raw[i - 1] != '{' && raw[i - 1] != '\\' && raw[i + 1] != '{') {
        uint32_t at_brace = token_span(token).lo + static_cast<uint32_t>(i);
        braces.push_back({at_brace, at_brace});
      }
  d.fix(token_span(token - 1), "", braces.empty() ? "remove it" : "remove it, and write `${…}`",
        braces.empty() ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
  for (Span brace : braces) d.fix(brace, "$", "");
}

// A block that is part of a mistake already reported: nothing is said about how it is opened.
void Parser::foreign_block(uint32_t header) {
  bool brace = at(TokenKind::LBrace);
  Opening opening = brace ? Opening::Brace : at(TokenKind::KwDo) ? Opening::Do : Opening::Indent;
  if (brace || at(TokenKind::KwDo) || at(TokenKind::Colon)) ++pos_;
  body(opening, header, false);
  if (brace) eat(TokenKind::RBrace);
  else if (!at_rescue() && !at(TokenKind::KwCatch)) close_block(opening, header);
}

// try { … } catch … of Java, try … except of Python, try do … catch of Swift in our spelling: there is no block for
// that.
// At the `rescue` of `try do f() rescue e -> 0 end`: to its end, with an edit when it is one call and one value.
void Parser::rescue_here(uint32_t token, Diagnostic& d) {
  uint32_t word = pos_, name = pos_ + 1, most = ahead();
  pos_ += 3;
  uint32_t value = pos_;
  bool uses = false, plain = true;
  for (; pos_ < most && !starts_line(pos_) && !at(TokenKind::KwEnd); ++pos_) {
    uses |= at_name() && values_[pos_] == values_[name];
    plain &= !at(TokenKind::KwDo) && !at(TokenKind::Newline);
  }
  for (uint32_t t = token + 2; t < word; ++t) plain &= kinds_[t] != TokenKind::Newline && !starts_line(t);
  uint32_t last = pos_ - 1;
  bool closed = eat(TokenKind::KwEnd);
  if (!closed || !plain || last < value || word < token + 3 || kinds_[word - 1] != TokenKind::RParen) return;
  std::string call(text_between(token + 2, word - 1)), answer(text_between(value, last));
  std::string ours =
      call + (uses ? " catch |" + std::string(text(name)) + "| do " + answer + " end" : " catch " + answer);
  d.fix(between(token, pos_ - 1), ours, "write `" + ours + "`", Applicability::MaybeIncorrect);
}

NodeId Parser::try_block() {
  uint32_t token = pos_++;
  const char* rescue = "try do … catch";
  for (uint32_t t = pos_; t < ahead() && !(starts_line(t) && column(t) < line_column(token)); ++t)
    if (is_word(t, Word::ForeignRescue) && (starts_line(t) || kind_at(t + 2) == TokenKind::Arrow)) {
      rescue = "try do … rescue";
      break;
    }
  Diagnostic& d =
      report<Diag::ForeignWord>(token_span(token),
                                at(TokenKind::KwDo)    ? rescue
                                : at(TokenKind::Colon) ? "try: … except"
                                                       : "try { … }",
                                "f() catch |err| do … end")
          .note("each call that can fail is answered where it stands, so that it can be seen which one that is")
          .help("put `catch |err| do … end` behind the call, or `?` to pass the failure on")
          .help(
              "one answer for several calls: put them into a function that can fail, with `?` behind each, and answer the call of that function");
  try_next_ = at(TokenKind::KwDo);
  foreign_block(token);
  try_next_ = false;
  if (panic_) return error_node();
  if (at_rescue_here()) {
    rescue_here(token, d);
    return add(NodeKind::Error, token);
  }
  while (at(TokenKind::KwCatch) || at_rescue()) {
    bool known = at(TokenKind::KwCatch);   // its arms are no statements of ours otherwise
    uint32_t header = pos_++;
    if (!skip_to_opening())
      while (!starts_line(pos_) && !at(TokenKind::Colon)) ++pos_;
    try_next_ = true;   // another one may end it
    if (known) foreign_block(header);
    else skip_foreign_block(header);
    try_next_ = false;
    if (panic_) break;
  }
  return add(NodeKind::Error, token);
}

// recv ch, recv ch |v| do … end and send ch(x) outside `select`, and receive ch of other languages. `ch.recv()` is a
// value like any other; with a block one says whether it is for one value or for all.
NodeId Parser::channel_word() {
  uint32_t token = pos_++;
  bool sends = is_word(token, Word::Send);
  uint32_t first = pos_;
  NodeId operand = postfix();
  if (panic_) return error_node();
  const Node call = node(operand);
  bool has_value = sends && call.kind == NodeKind::Call && tree_.list(call.b).size() == 1;
  uint32_t name_end = has_value ? tree_.lasts[call.a] : pos_ - 1;
  std::string channel(text_between(first, name_end));
  std::string ours = channel + (has_value ? ".send" + std::string(text_between(name_end + 1, pos_ - 1))
                                : sends   ? ".send(…)"
                                          : ".recv()");
  Diagnostic& d = report<Diag::ForeignWord>(between(token, pos_ - 1), text_between(token, pos_ - 1), ours);
  bool names = at(TokenKind::Pipe) && !starts_line(pos_);
  if (names || (at(TokenKind::KwDo) && !in_condition_ && next_kind() == TokenKind::Pipe)) {
    d.note("`recv ch |v| do … end` is a case of a `select`")
        .help("one value: `if let v = " + ours + " do … end`; every value, until the channel is closed: `for v in " +
              channel + " do … end`");
    if (names) skip_to_opening();
    eat(TokenKind::KwDo);
    if (!names) {
      ++pos_;
      while (!at(TokenKind::Pipe) && !starts_line(pos_)) ++pos_;
      eat(TokenKind::Pipe);
    }
    body(Opening::Do, token, false);
    close_block(Opening::Do, token);
  } else if (!sends || has_value) {
    d.fix(between(token, pos_ - 1), ours, "write `" + ours + "`");
  } else if (kTraits[static_cast<uint8_t>(kind())].starts_value && !starts_line(pos_)) {
    expr();   // the value: send ch x
  }
  return add(NodeKind::Error, token);
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
  else
    for (uint32_t i = 0, count = static_cast<uint32_t>(tree_.list(head.a).size()); i < count; ++i)
      param(tree_.list(head.a)[i]);
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
    if (k == TokenKind::LParen || k == TokenKind::LBracket || k == TokenKind::LBrace || k == TokenKind::InterpBegin)
      ++depth;
    else if (k == TokenKind::RParen || k == TokenKind::RBracket || k == TokenKind::RBrace ||
             k == TokenKind::InterpEnd) {
      if (depth-- == 0) return kNone;
    } else if (depth > 0) continue;
    else if (k == TokenKind::Newline || k == TokenKind::Comma || k == TokenKind::KwDo) return kNone;
    else if (k == TokenKind::Question) ++marks;
    else if (k == TokenKind::Colon && marks-- == 0) return t > question + 1 ? t : kNone;
    else if (k == TokenKind::InterpFormat && t > question + 1)
      return t;  // "${c ? a : b}": the lexer took `: b` for a format
  }
  return kNone;
}

// At the `?` of c ? a : b, with all of c read: understood as `if`.
NodeId Parser::ternary(NodeId cond) {
  uint32_t question = pos_, first = tree_.first_token(cond), colon = ternary_colon(question);
  ++pos_;
  NodeId yes = expr();
  if (panic_) return error_node();
  if (pos_ != colon) {
    unexpected("`:`");
    return error_node();
  }
  std::string cond_text(text_between(first, question - 1)), yes_text(text_between(question + 1, colon - 1));
  if (at(TokenKind::InterpFormat)) {
    report<Diag::Ternary>(token_span(question)).help("write `${if " + cond_text + " do " + yes_text + " else … end}`");
    error_token_ = question;
    return add(NodeKind::Error, question);
  }
  ++pos_;
  NodeId no = expr();
  if (panic_) return error_node();
  std::string better =
      "if " + cond_text + " do " + yes_text + " else " + std::string(text_between(colon + 1, pos_ - 1)) + " end";
  report<Diag::Ternary>(token_span(question))
      .at(token_span(colon), "the other value follows here")
      .fix(between(first, pos_ - 1), better,
           "write `" + (better.size() < 70 ? better : std::string("if … do … else … end")) + "`");
  auto as_block = [&](NodeId value, uint32_t token) {
    uint32_t from = mark();
    keep(value);
    uint32_t list = flush(from);
    return add(NodeKind::Block, token, list);
  };
  NodeId then = as_block(yes, question), otherwise = as_block(no, colon);
  return add(NodeKind::If, question, +cond, record(+then, +otherwise));
}

// each do |x| … end of Ruby and Elixir
void Parser::do_block_argument() {
  uint32_t opener = pos_++;
  ++pos_;
  while (!at(TokenKind::Pipe) && !starts_line(pos_)) ++pos_;
  eat(TokenKind::Pipe);
  if (opener > 3 && is_word(opener - 3, Word::Recv) && kind_at(opener - 1) == TokenKind::RParen)
    report<Diag::ForeignWord>(between(opener - 3, pos_ - 1), text_between(opener - 3, pos_ - 1),
                              "if let v = ch.recv() do")
        .help("every value, until the channel is closed: `for v in ch do … end`");
  else
    report<Diag::ForeignClosure>(token_span(opener))
        .help("write `{ |x|` where `do |x|` stands, and `}` where its `end` stands");
  body(Opening::Do, opener, false);
  close_block(Opening::Do, opener);
}

// |x| x * 2 of Rust
NodeId Parser::rust_closure() {
  uint32_t token = pos_++;
  uint32_t t = pos_;
  while (t < last_ && !starts_line(t) && kinds_[t] != TokenKind::Pipe) ++t;
  if (kind_at(t) != TokenKind::Pipe) {
    --pos_;
    missing_value();
    return error_node();
  }
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
  else
    d.fix(token_span(opener), "[", list ? "an array is written `[1, 2]`" : "write `[` and `]`",
          list ? Applicability::MaybeIncorrect : Applicability::MachineApplicable)
        .fix(token_span(pos_ - 1), "]", "");
  if (!empty && !list && kind_at(opener + 1) == TokenKind::Ident) {
    d.fixes.clear();
    d.help("a value of a struct names its type: `Point { x: 1 }`; a map with texts as keys is `[\"x\": 1]`");
  }
  error_token_ = opener;
  return add(NodeKind::Error, opener);
}

// a < b < c, and f<T>(x), which looks the same.
bool Parser::comparison_chain(NodeId, uint32_t first, NodeId middle) {
  uint32_t second = pos_;
  uint32_t m = tree_.first_token(middle);
  if (kind_at(first) == TokenKind::Less && at(TokenKind::Greater) && touches(first) &&
      (kind_at(second + 1) == TokenKind::LParen || kind_at(second + 1) == TokenKind::Dot ||
       kind_at(second + 1) == TokenKind::LBrace)) {
    report<Diag::AngleBrackets>(token_span(first))
        .fix(token_span(first), "[",
             "write `" + std::string(text(first - 1)) + "[" + std::string(text_between(first + 1, second - 1)) + "]`")
        .fix(token_span(second), "]", "");
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
  Diagnostic& d = report<Diag::ComparisonChain>(token_span(second))
                      .at(token_span(first), "the first comparison")
                      .note("`" + std::string(text_between(first - 1, second - 1)) +
                            "` is true or false, which cannot be compared with a number");
  d.fix(token_span(second), "and " + again + " " + std::string(text(second)),
        "write `… and " + again + " " + std::string(text(second)) + " …`");
  ++pos_;
  operand_expr(kPrecCompare + 1);
  return true;
}

// `case pattern -> value` among statements: arms without their `match`. All arms of the block are one mistake.
bool Parser::stray_arms() {
  uint32_t first = pos_;
  auto is_arm = [&] {
    if (!at_word(Word::Case) || starts_line(pos_ + 1)) return false;
    uint32_t stop = end_of_line(200);
    for (uint32_t t = pos_ + 1; t < stop; ++t)
      if (kind_at(t) == TokenKind::Arrow || kind_at(t) == TokenKind::FatArrow) return true;
    return false;
  };
  if (!is_arm()) return false;
  while (is_arm()) pos_ = end_of_line(200);
  report<Diag::ForeignWord>(token_span(first), "case … -> …", "match value { pattern => result, }")
      .note("arms stand in the braces of a `match`")
      .help("to tell failures apart: `f() catch |err| do match err { … } end`");
  error_token_ = first;
  return true;
}

// A statement that begins with a word of another language, and is not a use of that word as a name.
NodeId Parser::foreign_statement(bool& handled) {
  uint32_t token = pos_;
  Word w = static_cast<Word>(values_[token]);
  TokenKind next = next_kind();
  bool value_next = kTraits[static_cast<uint8_t>(next)].starts_value && next != TokenKind::LParen &&
                    next != TokenKind::LBracket && next != TokenKind::Dot && next != TokenKind::Minus &&
                    next != TokenKind::Question && next != TokenKind::Bang && next != TokenKind::DotDot &&
                    next != TokenKind::DotDotEq && next != TokenKind::DotDotLess && next != TokenKind::LBrace;
  // `switch (x) {`: with parentheses it could be a call, unless the line ends by opening a block
  uint32_t line_end = end_of_line(200);
  TokenKind line_last = line_end > 0 ? kind_at(line_end - 1) : TokenKind::EndOfFile;
  bool opens = line_last == TokenKind::LBrace || line_last == TokenKind::KwDo || line_last == TokenKind::Colon;
  bool header = (value_next || next == TokenKind::LParen || next == TokenKind::Minus) && opens;
  handled = true;
  switch (w) {
    case Word::ForeignElif:
    case Word::ForeignElsif:
    case Word::ForeignElseif:
      if (!value_next && !header) break;
      foreign(token, "else if");
      error_token_ = token;
      return if_expr();
    case Word::ForeignSwitch:
      if (!header && !value_next && next != TokenKind::LParen) break;
      if (!header) {   // all of it on one line
        uint32_t brace = token + 1;
        while (brace < line_end && kind_at(brace) != TokenKind::LBrace) ++brace;
        if (brace == line_end) break;
        line_end = brace + 1;
      }
      foreign(token, "match", false);
      ++pos_;
      panic_ = true;  // the arms look different too: one report is enough
      pos_ = line_end - 1;
      if (at(TokenKind::LBrace)) skip_brackets();
      else {
        uint32_t opener = pos_++;
        body(Opening::Indent, opener, false);
        close_block(Opening::Indent, token);
      }
      panic_ = hopeless_;
      error_token_ = token;
      return add(NodeKind::Error, token);
    case Word::ForeignLoop:
      if (next != TokenKind::LBrace && next != TokenKind::KwDo && next != TokenKind::Colon) break;
      ++pos_;
      report<Diag::ForeignLoop>(token_span(token), "while true do … end")
          .fix(token_span(token), "while true", "write `while true`");
      block(token, "`loop`");
      return add(NodeKind::Error, token);
    case Word::ForeignForeach:
      if (!header && !value_next) break;
      foreign(token, "for");
      return for_expr(NameId::None, false);
    case Word::ForeignUntil:
    case Word::ForeignUnless: {
      if (!header && !value_next) break;
      foreign(token, w == Word::ForeignUntil ? "while not" : "if not");
      return w == Word::ForeignUntil ? while_expr(NameId::None) : if_expr();
    }
    case Word::ForeignThrow:
    case Word::ForeignRaise: {
      if (!value_next) break;
      // A text, or an object made here, is no error; what is declared as one is read as ours.
      if (next == TokenKind::StrLit || next == TokenKind::StrBegin || is_word(token + 1, Word::ForeignNew)) {
        report<Diag::ForeignWord>(token_span(token), text(token), "fail")
            .note("what a function fails with is declared, and its type says so: callers know what can arrive")
            .help(
                "declare `error MyError { NotFound, Invalid(String) }`, write the type `-> MyError!i64`, and `fail MyError.NotFound`")
            .help("what only a mistake in the program can cause ends with `unreachable()`");
        ++pos_;
        int reports = std::exchange(reports_, 1 << 20);
        expr();
        reports_ = reports;
        return add(NodeKind::Error, token);
      }
      foreign(token, "fail");
      ++pos_;
      NodeId value = expr();
      return add(NodeKind::Fail, token, +value);
    }
    case Word::ForeignVal:
    case Word::ForeignFinal:
      if (next != TokenKind::Ident) break;
      foreign(token, "let");
      return let();
    case Word::ForeignGo: {
      if (next != TokenKind::Ident && next != TokenKind::KwFunc) break;
      foreign(token, "spawn");
      return spawn();
    }
    case Word::ForeignDef:
    case Word::ForeignFn:
    case Word::ForeignFun:
    case Word::ForeignFunction:
      if (next != TokenKind::Ident || kind_at(token + 2) != TokenKind::LParen) break;
      report<Diag::InsideFunction>(token_span(token), "a function")
          .help("move it out of this function, or write `let " + std::string(text(token + 1)) + " = func(…) do … end`");
      {
        bool saved = in_decl_;
        func_decl(0, 0, false);
        in_decl_ = saved;
      }
      error_token_ = token;
      return add(NodeKind::Error, token);
    case Word::ForeignGoto:
      if (next != TokenKind::Ident) break;
      foreign(between(token, token + 1), "goto", "break");
      pos_ += 2;
      error_token_ = token;
      return add(NodeKind::Error, token);
    case Word::ForeignStatic:
      if (next != TokenKind::KwLet && next != TokenKind::KwVar &&
          !(next == TokenKind::Ident && kind_at(token + 2) == TokenKind::Eq))
        break;
      report<Diag::NotNeeded>(token_span(token), "static")
          .note(
              "a variable lives as long as its block: what is to outlive a call stands in a struct that is lent with `&`");
      ++pos_;
      if (next != TokenKind::Ident) return let();
      pos_ += 2;
      return declared(token + 1, expr(), NodeId::None);
    case Word::ForeignClass:
    case Word::ForeignInterface:
    case Word::ForeignUse:
    case Word::ForeignUsing:
    case Word::ForeignFrom:
    case Word::ForeignPublic:
    case Word::ForeignPrivate:
      if (next != TokenKind::Ident && !is_keyword(next)) break;
      if (foreign_declaration()) return is_some(foreign_made_) ? foreign_made_ : add(NodeKind::Error, token);
      break;
    default: break;
  }
  handled = false;
  return NodeId::None;
}

// for (int i = A; i < B; i++): in its plain form exactly `for i in A..B`. None when it is not that form.
NodeId Parser::counting_for(uint32_t header, NameId label) {
  uint32_t t = header + 1;
  bool paren = kind_at(t) == TokenKind::LParen;
  if (paren) ++t;
  if (kind_at(t) == TokenKind::KwLet || kind_at(t) == TokenKind::KwVar ||
      (kind_at(t) == TokenKind::Ident && kind_at(t + 1) == TokenKind::Ident))
    ++t;
  uint32_t name = t;
  if (kind_at(t++) != TokenKind::Ident) return NodeId::None;
  if (kind_at(t) == TokenKind::Colon) ++t;  // :=
  if (kind_at(t++) != TokenKind::Eq) return NodeId::None;
  uint32_t low = t, semis[2] = {kNone, kNone}, opening = kNone;
  for (uint32_t count = 0; t < last_ && t < header + 200 && !starts_line(t); ++t) {
    if (kinds_[t] == TokenKind::Newline && count < 2) semis[count++] = t;
    if (kinds_[t] == TokenKind::KwDo || kinds_[t] == TokenKind::LBrace) {
      opening = t;
      break;
    }
  }
  if (semis[1] == kNone || opening == kNone) return NodeId::None;
  uint32_t test = semis[0] + 1, step = semis[1] + 1, high = test + 2;
  auto is_name = [&](uint32_t at) { return kind_at(at) == TokenKind::Ident && values_[at] == values_[name]; };
  bool below = kind_at(test + 1) == TokenKind::Less, upto = kind_at(test + 1) == TokenKind::LessEq;
  if (!is_name(test) || (!below && !upto) || low >= semis[0] || high >= semis[1]) return NodeId::None;
  uint32_t after_step = step + 2;
  if (is_name(step) && kind_at(step + 1) == TokenKind::PlusEq && kind_at(step + 2) == TokenKind::IntLit &&
      values_[step + 2] == 1)
    after_step = step + 3;
  else if (!(is_name(step) && kind_at(step + 1) == TokenKind::PlusPlus) &&
           !(kind_at(step) == TokenKind::PlusPlus && is_name(step + 1)))
    return NodeId::None;
  if (paren && kind_at(after_step++) != TokenKind::RParen) return NodeId::None;
  if (after_step != opening) return NodeId::None;

  std::string better = "for " + std::string(text(name)) + " in " + std::string(text_between(low, semis[0] - 1)) +
                       (upto ? "..=" : "..") + std::string(text_between(high, semis[1] - 1));
  Diagnostic& d = report<Diag::ForeignLoop>(between(header, opening - 1), better + " do … end")
                      .note("`0..n` counts from 0 and leaves out n; `0..=n` includes it");
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
  report<Diag::ForeignLoop>(between(header, to), "for i in 0..n do … end")
      .note("`0..n` counts from 0 and leaves out n; `0..=n` includes it")
      .help("for other conditions and steps use `while`");
  error_token_ = header;
  if (kind_at(pos_) == TokenKind::LParen && paren_end != kNone) {
    pos_ = paren_end + 1;
  } else {
    while (!starts_line(pos_ + 1) && !at(TokenKind::KwDo) && !(at(TokenKind::LBrace) && starts_line(pos_ + 1)) &&
           !at(TokenKind::EndOfFile))
      ++pos_;
    if (!at(TokenKind::KwDo) && !at(TokenKind::LBrace) && !at(TokenKind::EndOfFile)) ++pos_;
  }
  if (at(TokenKind::LBrace) || at(TokenKind::KwDo)) foreign_block(header);
  return add(NodeKind::Error, header);
}

// Something follows a complete statement on its line. True when it is understood, said, and read over.
bool Parser::junk(NodeId& done, uint32_t from) {
  const Node last = node(done);
  bool alone = last.kind == NodeKind::Ident && last.token == pos_ - 1;  // `name value`
  bool name_first = alone && last.token == from;
  if (at(TokenKind::Colon) && starts_line(pos_ + 1)) return false;
  if (name_first && at_name() &&
      (next_kind() == TokenKind::Eq || (next_kind() == TokenKind::Newline || starts_line(pos_ + 1)))) {
    // int x = 3;   val x = 3   auto x = 3
    std::string_view first = text(from);
    bool infers = first == "auto" || first == "val" || first == "final" || first == "let" || first == "my" ||
                  first == "local" || first == "dim";
    bool has_value = next_kind() == TokenKind::Eq;
    if (has_value || janus_type(first) != first || is_upper(from)) {
      uint32_t name = pos_;
      std::string better = "let " + std::string(text(name)) + (infers ? "" : ": " + std::string(janus_type(first)));
      pos_ += has_value ? 2 : 1;
      NodeId value = has_value ? expr() : error_node();
      if (panic_) {
        recover_statement(from);
        return true;
      }
      if (infers)
        report<Diag::ForeignWord>(token_span(from), first, "let")
            .fix(token_span(from), "let", "write `let`, or `var` when it changes later");
      else
        report<Diag::TypeBeforeName>(between(from, name))
            .fix(between(from, name), better, "write `" + better + "`, or `var` when it changes later",
                 has_value ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
      done = declared(name, value, NodeId::None);
      return true;
    }
  }
  bool value_follows = kTraits[static_cast<uint8_t>(kind())].starts_value && !is_keyword_statement(kind()) &&
                       !at(TokenKind::LBrace) && !at(TokenKind::Error);
  if (at(TokenKind::Bang) && !touches(pos_) && !starts_line(pos_ + 1) &&
      (alone || (last.kind == NodeKind::Member && last.token == pos_ - 1))) {
    done = erlang_send();
    if (panic_) recover_statement(from);
    return true;
  }
  if (value_follows && (alone || (last.kind == NodeKind::Member && last.token == pos_ - 1))) {  // print x
    uint32_t first = pos_;
    uint32_t list_from = mark();
    do keep(expr());
    while (!panic_ && eat(TokenKind::Comma));
    uint32_t list = flush(list_from);
    if (panic_) {
      recover_statement(from);
      return true;
    }
    std::string_view name = text(last.token);
    if (name == "del" || name == "global" || name == "nonlocal") {   // words of Python that nothing here stands for
      report<Diag::UnknownName>(token_span(last.token), name).help(std::string(foreign_value(name)->help));
      error_token_ = first;
      done = error_node();
      if (!at(TokenKind::Newline) && !starts_line(pos_)) end_statement(done, from);
      return true;
    }
    std::string_view call = name == "echo" || name == "puts" || name == "printf" || name == "say" ? "println" : name;
    uint32_t replaced = call == name ? last.token : tree_.first_token(done);   // IO.puts "x"
    report<Diag::CallWithoutParens>(token_span(last.token))
        .fix({token_span(replaced).lo, token_span(first).lo}, std::string(call) + "(",
             "write `" + std::string(call) + "(…)`")
        .fix(after(pos_ - 1), ")", "");
    error_token_ = first;
    done = call == name ? add(NodeKind::Call, last.token, +done, list) : error_node();
    if (!at(TokenKind::Newline) && !starts_line(pos_)) end_statement(done, from);
    return true;
  }
  if (at(TokenKind::Comma)) return false;
  if (at(TokenKind::KwIf) || at_word(Word::ForeignUnless)) {  // return x if y; a if c else b
    uint32_t token = pos_++;
    expr();
    if (panic_) {
      recover_statement(from);
      return true;
    }
    if (at(TokenKind::KwElse) && !starts_line(pos_)) {
      ++pos_;
      expr();
      if (panic_) {
        recover_statement(from);
        return true;
      }
      report<Diag::ForeignWord>(token_span(token), "a if c else b", "if c do a else b end");
    } else {
      report<Diag::ForeignWord>(token_span(token), "… " + std::string(text(token)) + " …", "if … do … end")
          .note("`if` comes first, and what it decides about stands in its block");
    }
    error_token_ = token;
    if (last.kind != NodeKind::Let) done = add(NodeKind::Error, token);
    return true;
  }
  if ((kTraits[static_cast<uint8_t>(kind())].starts_value || at(TokenKind::KwLet) || at(TokenKind::KwVar) ||
       at(TokenKind::KwConst)) &&
      !at(TokenKind::Error)) {
    // Only the gap is wrong: the next statement is read as usual.
    Span gap{after(pos_ - 1).lo, token_span(pos_).lo};
    report<Diag::TwoStatements>(token_span(pos_))
        .help("begin a new line here, or write `;` between the two")
        .fix(gap, "; ", "add `;`", Applicability::MaybeIncorrect);
    return true;
  }
  return false;
}

std::string_view janus_type(std::string_view foreign) {
  static constexpr std::string_view kTypes[][2] = {
      {"int", "i64"},   {"long", "i64"},      {"short", "i16"},    {"byte", "u8"},      {"unsigned", "u64"},
      {"uint", "u64"},  {"float", "f64"},     {"double", "f64"},   {"boolean", "bool"}, {"str", "String"},
      {"char", "char"}, {"string", "String"}, {"Int", "i64"},      {"Float", "f64"},    {"Double", "f64"},
      {"Bool", "bool"}, {"Integer", "i64"},   {"Boolean", "bool"},
  };
  for (auto& pair : kTypes)
    if (pair[0] == foreign) return pair[1];
  return foreign;
}

}  // namespace janus
