// words.h: the words that every Names knows from the start, so that their ids are constants.
// Depends on ids.h, token.def.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "frontend/ids.h"
#include "frontend/tree.h"

namespace janus {

// Keywords come first and in the order of token.def: an identifier whose id is below kKeywordCount is the keyword
// TokenKind::KwAnd + id, so the lexer needs one look-up for both questions. Then the words that are special only in
// some places (ruling 22), then words of other languages, which the parser answers with what Janus writes.
enum class Word : uint32_t {
#define TOKEN(Name, text)
#define KEYWORD(Name, text) Kw##Name,
#define PUNCT(Name, text)
#include "frontend/token.def"
#undef TOKEN
#undef KEYWORD
#undef PUNCT
#define WORD(Name, text) Name,
#include "frontend/word.def"
#undef WORD
  Count,
};
constexpr NameId word(Word w) { return NameId(static_cast<uint32_t>(w)); }
constexpr uint32_t kKeywordCount =
    static_cast<uint32_t>(TokenKind::KwYield) - static_cast<uint32_t>(TokenKind::KwAnd) + 1;
constexpr TokenKind keyword_of(NameId id) {
  return static_cast<TokenKind>(static_cast<uint32_t>(TokenKind::KwAnd) + +id);
}
constexpr bool is_foreign(NameId id) {
  return +id >= +word(Word::ForeignFn) && +id < static_cast<uint32_t>(Word::Count);
}

}  // namespace janus
