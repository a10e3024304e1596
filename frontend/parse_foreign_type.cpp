// parse_foreign_type.cpp: types as other languages write them: understood, said, and read as ours.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse_internal.h"

namespace janus {

// What stands in the brackets that open here, as far as one line shows it.
struct Parser::Bracketed {
  uint32_t close = kNone, colon = kNone, semicolon = kNone;   // tokens; the last two not inside further brackets
};
Parser::Bracketed Parser::bracketed(uint32_t opener) const {
  Bracketed found;
  uint32_t depth = 0;
  for (uint32_t t = opener; t < last_ && t < opener + 200; ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::LParen || k == TokenKind::LBracket || k == TokenKind::LBrace) ++depth;
    else if (k == TokenKind::RParen || k == TokenKind::RBracket || k == TokenKind::RBrace) {
      if (--depth > 0) continue;
      bool fits = k == (kinds_[opener] == TokenKind::LParen ? TokenKind::RParen : TokenKind::RBracket);
      found.close = fits ? t : kNone;
      return found;
    } else if (depth > 1) continue;
    else if (k == TokenKind::Colon && found.colon == kNone) found.colon = t;
    else if (k == TokenKind::Newline && found.semicolon == kNone) found.semicolon = t;
    if (starts_line(t + 1)) break;
  }
  return found;
}

// &T and *T, T& and T*: `mark` is what says so, `cut` what goes with it.
void Parser::no_pointers(Span mark, Span cut) {
  report<Diag::NoPointers>(mark)
      .note("values behave as copies, and big ones share their storage until one of the copies changes")
      .fix(cut, "", "write the type alone", Applicability::MaybeIncorrect);
}

// Result<T, E> of Rust, Swift and Kotlin, at its `<`.
NodeId Parser::result_type(uint32_t first) {
  uint32_t less = pos_++;
  uint32_t value_from = pos_;
  NodeId value = type(), error = NodeId::None;
  std::string value_text = panic_ ? "" : std::string(text_between(value_from, pos_ - 1)), error_text;
  if (!panic_ && eat(TokenKind::Comma)) {
    uint32_t error_from = pos_;
    error = type();
    if (!panic_) error_text = text_between(error_from, pos_ - 1);
  }
  if (panic_) return error_node();
  bool named = !error_text.empty() && error_text != "String" && error_text.find_first_of("<&") == std::string::npos;
  if (!named) error = NodeId::None, error_text.clear();   // no set of errors: they are found out
  std::string better = error_text + "!" + (value_text == "()" ? "void" : value_text);
  if (!eat(TokenKind::Greater)) return unexpected("`>`"), error_node();
  foreign(between(first, pos_ - 1), text_between(first, pos_ - 1), better);
  return add(NodeKind::TypeFallible, less, +error, +value, named ? 0 : kShort);
}

NodeId Parser::map_type(uint32_t token, NodeId key, NodeId value) {
  uint32_t from = mark();
  keep(add(NodeKind::ImportName, token, +names_.intern("Map")));
  uint32_t names = flush(from);
  keep(key);
  keep(value);
  uint32_t args = flush(from);
  return add(NodeKind::TypeName, token, names, args);
}

// [K: V] and [T] of Swift, [T; n] of Rust. None: nothing was read, it is one of ours.
NodeId Parser::foreign_bracket_type() {
  uint32_t first = pos_;
  Bracketed in = bracketed(first);
  if (in.close == kNone || in.close == first + 1 || !kTraits[static_cast<uint8_t>(next_kind())].starts_type)
    return NodeId::None;
  auto no_type = [&](uint32_t token) {
    return starts_line(token) || !kTraits[static_cast<uint8_t>(kind_at(token))].starts_type;
  };
  bool optional = kind_at(in.close + 1) == TokenKind::Question && touches(in.close + 1) && in.semicolon == kNone &&
                  no_type(in.close + 2);
  bool ends = optional || no_type(in.close + 1);
  if (!ends && in.colon == kNone && in.semicolon == kNone) return NodeId::None;   // [N]T
  uint32_t last = in.close + optional;
  std::string_view all = text_between(first, last), mark = optional ? "?" : "";
  // Small fixes, so that those of a type inside go together with them.
  auto say = [&](std::string_view opening, std::string_view rest) -> Diagnostic& {
    std::string ours = std::string(mark) + std::string(opening) + std::string(rest);
    Diagnostic& d = report<Diag::ForeignWord>(between(first, last), all, ours);
    d.fix(token_span(first), std::string(mark) + std::string(opening), "write `" + ours + "`");
    if (optional) d.fix(token_span(last), "", "");
    return d;
  };
  auto done = [&](NodeId made) {
    if (optional) ++pos_;
    return optional ? add(NodeKind::TypeOptional, first, +made) : made;
  };
  Place place(*this, true, false, false);
  Bracket bracket(*this);
  ++pos_;
  NodeId inner = type();
  if (panic_) return error_node();
  if (pos_ == in.colon) {
    ++pos_;
    NodeId value = type();
    if (!expect_close(TokenKind::RBracket, first)) return error_node();
    say("Map[", std::string(text_between(first + 1, in.colon - 1)) + ", " +
                    std::string(text_between(in.colon + 1, in.close - 1)) + "]")
        .fix(token_span(in.colon), ",", "");
    return done(map_type(first, inner, value));
  }
  if (pos_ == in.semicolon) {
    ++pos_;
    NodeId length = expr();
    if (!expect_close(TokenKind::RBracket, first)) return error_node();
    foreign(between(first, in.close), all,
            "[" + std::string(text_between(in.semicolon + 1, in.close - 1)) + "]" +
                std::string(text_between(first + 1, in.semicolon - 1)));
    return add(NodeKind::TypeFixed, first, +inner, +length);
  }
  if (!expect_close(TokenKind::RBracket, first)) return error_node();
  say("[]", text_between(first + 1, in.close - 1)).fix(token_span(in.close), "", "");
  return done(add(NodeKind::TypeArray, first, +inner));
}

// fn(A) -> B, map[K]V and chan T. None: nothing was read, it is a name.
NodeId Parser::foreign_named_type() {
  uint32_t first = pos_;
  std::string_view word = text(first);
  if (starts_line(first + 1)) return NodeId::None;
  if (next_kind() == TokenKind::LParen) {
    bool lower = word == "fn" || word == "fun";
    if (!lower && word != "Fn" && word != "FnMut" && word != "FnOnce" && word != "Func") return NodeId::None;
    Bracketed in = bracketed(first + 1);
    if (in.close == kNone || (!lower && kind_at(in.close + 1) != TokenKind::Arrow)) return NodeId::None;
    foreign(first, "func");
    return type_func();
  }
  if (word == "map" && next_kind() == TokenKind::LBracket) {
    Bracketed in = bracketed(first + 1);
    if (in.close == kNone || in.close == first + 2 || starts_line(in.close + 1) ||
        !kTraits[static_cast<uint8_t>(kind_at(in.close + 1))].starts_type)
      return NodeId::None;
    pos_ += 2;
    NodeId key = type();
    if (!expect_close(TokenKind::RBracket, first + 1)) return error_node();
    NodeId value = type_atom();
    if (panic_) return error_node();
    std::string ours = "Map[" + std::string(text_between(first + 2, in.close - 1)) + ", " +
                       std::string(text_between(in.close + 1, pos_ - 1)) + "]";
    uint32_t end = between(first, pos_ - 1).hi;
    report<Diag::ForeignWord>(between(first, pos_ - 1), text_between(first, pos_ - 1), ours)
        .fix(between(first, first + 1), "Map[", "write `" + ours + "`")
        .fix(token_span(in.close), ", ", "")
        .fix({end, end}, "]", "");
    return map_type(first, key, value);
  }
  if (word == "chan" && next_kind() == TokenKind::Ident) {
    ++pos_;
    NodeId inner = type_atom();
    if (panic_) return error_node();
    std::string element(text_between(first + 1, pos_ - 1));
    foreign(between(first, pos_ - 1), text_between(first, pos_ - 1), "Channel[" + element + "]");
    uint32_t from = mark();
    keep(add(NodeKind::ImportName, first, +names_.intern("Channel")));
    uint32_t names = flush(from);
    keep(inner);
    return add(NodeKind::TypeName, first, names, flush(from));
  }
  return NodeId::None;
}

}  // namespace janus
