// parse_quote.cpp: quotes inside a text that nobody marked, as in "he said "hi" to me".
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// The lexer ends a text at its next quote, so such a line arrives as a text, words, and another text. A word that
// touches the quote before it stands in no program; where words lead to another text on the line, both quotes were
// meant as characters.
#include "frontend/parse_internal.h"

namespace janus {

// What may stand between two quotes in prose.
static bool is_prose(TokenKind k) {
  switch (k) {
    case TokenKind::Comma:
    case TokenKind::Dot:
    case TokenKind::Minus:
    case TokenKind::Bang:
    case TokenKind::Question:
    case TokenKind::IntLit: return true;
    default: return false;
  }
}

// Behind the text that begins at `token`: its last token.
uint32_t Parser::text_end(uint32_t token, uint32_t most) const {
  if (kind_at(token) == TokenKind::StrLit) return token;
  uint32_t depth = 0;
  for (uint32_t t = token; t < most; ++t) {
    if (kinds_[t] == TokenKind::StrBegin) ++depth;
    if (kinds_[t] == TokenKind::StrEnd && --depth == 0) return t;
  }
  return kNone;
}

// At a word that touches the quote before it. True when more of the text follows, which is read over and said.
bool Parser::quote_in_text(uint32_t first) {
  if (panic_ || text(first).starts_with("\"\"\"")) return false;
  uint32_t most = ahead(), t = pos_, last = pos_;
  std::vector<uint32_t> quotes;
  bool sure = true;
  while (kind_at(t) == TokenKind::Ident && touches(t) && !starts_line(t)) {
    uint32_t close = token_span(t).lo - 1;
    bool words = true;
    for (; t < most && !starts_line(t) && (is_any_word(t) || is_prose(kinds_[t])); ++t) words &= !is_prose(kinds_[t]);
    bool text_next = (kind_at(t) == TokenKind::StrLit || kind_at(t) == TokenKind::StrBegin) && !starts_line(t);
    if (!text_next || (!words && !touches(t)) || text(t).starts_with("\"\"\"")) break;
    uint32_t end = text_end(t, most);
    if (end == kNone) break;
    sure &= touches(t) && !is_declared(t - 1);   // "n is "n" now" may want the value
    quotes.push_back(close);
    quotes.push_back(token_span(t).lo);
    last = end;
    t = end + 1;
  }
  if (quotes.empty()) return false;
  uint32_t word = std::exchange(pos_, last + 1);
  error_token_ = word;
  if (at(TokenKind::Error)) return true;   // the lexer has said that the text has no end
  Diagnostic& d =
      report<Diag::QuoteInText>(token_span(word), text(word)).at({quotes[0], quotes[0] + 1}, "the text ends here");
  if (!sure) d.help("a quote inside a text is written `\\\"`");
  for (uint32_t quote : quotes)
    if (sure) d.fix({quote, quote}, "\\", quote == quotes[0] ? "a quote inside a text is written `\\\"`" : "");
  return true;
}

}   // namespace janus
