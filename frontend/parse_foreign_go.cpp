// parse_foreign_go.cpp: calls and channels as Go writes them. Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// What a type of one element begins with: the 0 of make([]int, n).
static std::string_view zero_of(std::string_view type) {
  if (type == "String") return "\"\"";
  if (type == "bool") return "false";
  if (type == "f64" || type == "f32") return "0.0";
  return type.size() <= 3 && (type[0] == 'i' || type[0] == 'u') ? "0" : "";
}

// At `(` behind `make`: make(map[K]V), make(chan T, n), make([]T, n). None: nothing was read, it is a call of ours.
NodeId Parser::go_make() {
  uint32_t token = pos_ - 1, t = pos_ + 1;
  bool map = kind_at(t) == TokenKind::Ident && text(t) == "map" && kind_at(t + 1) == TokenKind::LBracket;
  bool chan = kind_at(t) == TokenKind::Ident && text(t) == "chan" && kind_at(t + 1) == TokenKind::Ident;
  bool slice = kind_at(t) == TokenKind::LBracket && kind_at(t + 1) == TokenKind::RBracket;
  if (!map && !chan && !slice) return NodeId::None;
  uint32_t opener = pos_, comma = kNone, depth = 0;
  skip_brackets();
  uint32_t close = pos_ - 1;
  if (kind_at(close) != TokenKind::RParen) return error_node();
  for (uint32_t i = opener; i < close && comma == kNone; ++i) {
    TokenKind k = kinds_[i];
    if (k == TokenKind::LParen || k == TokenKind::LBracket) ++depth;
    else if (k == TokenKind::RParen || k == TokenKind::RBracket) --depth;
    else if (k == TokenKind::Comma && depth == 1) comma = i;
  }
  uint32_t end = comma != kNone ? comma : close;   // of the type
  std::string size(comma != kNone ? text_between(comma + 1, close - 1) : "");
  auto name = [&](uint32_t at) { return std::string(janus_type(text(at))); };
  std::string ours;   // when the types are plain names
  if (map && end == t + 5) ours = "Map[" + name(t + 2) + ", " + name(t + 4) + "].new()";
  if (chan && end == t + 2) ours = "Channel[" + name(t + 1) + "].new(" + (size.empty() ? "0" : size) + ")";
  if (slice && end == t + 3 && size.find(',') == std::string::npos && !zero_of(name(t + 2)).empty())
    ours = "Array.filled(" + (size.empty() ? "0" : size) + ", " + std::string(zero_of(name(t + 2))) + ")";
  Diagnostic& d = report<Diag::ForeignWord>(token_span(token), "make(…)",
                                            map    ? "Map[K, V].new()"
                                            : chan ? "Channel[T].new(n)"
                                                   : "Array.filled(n, value)");
  if (!ours.empty()) d.fix(between(token, close), ours, "write `" + ours + "`");
  else if (map) d.help("an empty map of a known type is `[:]`: `let m: Map[String, i64] = [:]`");
  else if (slice) d.help("an empty array of a known type is `[]`: `var xs: []i64 = []`, and `xs.push(x)` adds to it");
  error_token_ = token;
  return add(NodeKind::Error, token);
}

// <-ch as a value.
NodeId Parser::go_receive() {
  uint32_t token = pos_;
  pos_ += 2;
  Nest nest(*this);
  if (panic_) return error_node();
  uint32_t first = pos_;
  NodeId made = postfix();
  if (panic_) return made;
  std::string ours = std::string(text_between(first, pos_ - 1)) + ".recv()";
  report<Diag::ForeignWord>(between(token, token + 1), "<-ch", "ch.recv()")
      .note("`recv` gives `null` when the channel is closed and empty")
      .fix(between(token, pos_ - 1), ours, "write `" + ours + "`");
  error_token_ = token;
  return add(NodeKind::Error, token);
}

// ch ! 5 of Erlang: at the `!` behind a name.
NodeId Parser::erlang_send() {
  uint32_t bang = pos_++;
  expr();
  if (panic_) return error_node();
  report<Diag::ForeignWord>(token_span(bang), "ch ! value", "ch.send(value)")
      .fix({after(bang - 1).lo, token_span(bang + 1).lo}, ".send(", "write `.send(…)`")
      .fix(after(pos_ - 1), ")", "");
  error_token_ = bang;
  return add(NodeKind::Error, bang);
}

// In a `select`: `case v := <-ch:` or `case ch <- v:`. The cases have no `end`, so all of them are read over.
bool Parser::go_select(Opening opening, uint32_t header) {
  if (!at_word(Word::Case)) return false;
  uint32_t first = pos_, arrow = kNone;
  for (uint32_t t = pos_; t < ahead() && (t == pos_ || !starts_line(t)); ++t)
    if (kinds_[t] == TokenKind::Less && kind_at(t + 1) == TokenKind::Minus && touches(t + 1)) arrow = t;
  if (arrow == kNone) return false;
  report<Diag::ForeignWord>(token_span(first), "case … <- …:", "recv ch |v| do … end")
      .help("a value is sent with `send ch(v) do … end`; when nothing is ready: `default do … end`");
  error_token_ = first;
  if (opening == Opening::Brace) {
    for (uint32_t depth = 1; !at(TokenKind::EndOfFile); ++pos_) {
      if (at(TokenKind::LBrace)) ++depth;
      if (at(TokenKind::RBrace) && --depth == 0) break;
    }
    return true;
  }
  while (!at(TokenKind::EndOfFile) && !at_outer_declaration() &&
         !(at(TokenKind::KwEnd) && starts_line(pos_) && column(pos_) <= line_column(header)))
    ++pos_;
  return true;
}

}  // namespace janus
