// parse.cpp: the entry of the parser, its tables and its hands.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "frontend/parse_internal.h"

namespace janus {

static constexpr std::array<TokenTraits, 256> make_traits() {
  std::array<TokenTraits, 256> t{};
  auto at = [&](TokenKind k) -> TokenTraits& { return t[static_cast<uint8_t>(k)]; };
  using enum TokenKind;
  auto binary = [&](Precedence p, std::initializer_list<TokenKind> kinds) {
    for (TokenKind k : kinds) {
      at(k).binary = p;
      at(k).continues_line = k != Minus && k != Amp && k != Pipe;
    }
  };
  binary(kPrecCoalesce, {QuestionQuestion});
  binary(kPrecOr, {KwOr});
  binary(kPrecAnd, {KwAnd});
  binary(kPrecCompare, {EqEq, BangEq, Less, LessEq, Greater, GreaterEq, KwIn});
  binary(kPrecRange, {DotDot, DotDotEq, DotDotLess});
  binary(kPrecBitOr, {Pipe});
  binary(kPrecBitXor, {Caret});
  binary(kPrecBitAnd, {Amp});
  binary(kPrecShift, {LessLess, GreaterGreater});
  binary(kPrecSum, {Plus, Minus, PlusPlus, PlusPercent, MinusPercent});
  binary(kPrecProduct, {Star, Slash, Percent, StarPercent});
  for (TokenKind k : {Eq, PlusEq, MinusEq, StarEq, SlashEq, PercentEq, PlusPlusEq, PlusPercentEq, MinusPercentEq,
                      StarPercentEq, AmpEq, PipeEq, CaretEq, LessLessEq, GreaterGreaterEq})
    at(k).assigns = at(k).continues_line = true;
  at(Dot).continues_line = at(KwCatch).continues_line = true;
  for (TokenKind k : {Ident,        IntLit,  FloatLit,   CharLit,    StrBegin, StrLit,   LParen, LBracket, LBrace,
                      Dot,          DotDot,  DotDotEq,   DotDotLess, Question, Minus,    Tilde,  Bang,     KwAsync,
                      KwAwait,      KwBreak, KwContinue, KwDo,       KwFail,   KwFalse,  KwFor,  KwFunc,   KwIf,
                      KwMatch,      KwNot,   KwNull,     KwNursery,  KwReturn, KwSelect, KwSelf, KwShield, KwSpawn,
                      KwSupervisor, KwTrue,  KwTry,      KwWhile,    KwYield,  KwDefer,  Error})
    at(k).starts_value = true;
  for (TokenKind k : {Ident, LParen, LBracket, Question, QuestionQuestion, Bang, KwFunc, Amp, Star})
    at(k).starts_type = true;
  return t;
}
static constexpr std::array<TokenTraits, 256> kTraitsMade = make_traits();
// A plain array, so that the header need not show how it is filled.
struct TraitsHolder {
  TokenTraits t[256];
  constexpr TraitsHolder() {
    for (int i = 0; i < 256; ++i) t[i] = kTraitsMade[i];
  }
};
static constexpr TraitsHolder kHolder;
const TokenTraits (&kTraits)[256] = kHolder.t;

const char* spelling(TokenKind kind) {
  static const char* const kTexts[] = {
#define TOKEN(Name, text) text,
#define KEYWORD(Name, text) text,
#define PUNCT(Name, text) text,
#include "frontend/token.def"
#undef TOKEN
#undef KEYWORD
#undef PUNCT
  };
  return kTexts[static_cast<size_t>(kind)];
}

Parser::Parser(const SourceFile& source, Tree tree, Names& names, Diagnostics& diags, bool script,
               std::span<const BodyRange> skip)
    : source_(source), names_(names), diags_(diags), tree_(std::move(tree)), skip_(skip), script_(script) {
  kinds_ = tree_.tokens.kinds.data();
  begins_ = tree_.tokens.begins.data();
  shapes_ = tree_.tokens.shapes.data();
  values_ = tree_.tokens.values.data();
  last_ = tree_.tokens.size() - 1;
  // Measured on ordinary code: 0.7 nodes and 0.5 words of lists a token.
  if (!tree_.nodes.empty()) return;
  tree_.nodes.reserve(last_ * 3 / 4 + 16);
  tree_.lasts.reserve(last_ * 3 / 4 + 16);
  tree_.extra.reserve(last_ / 2 + 16);
}

Tree Parser::run() {
  tree_.root = file();
  give_back(tree_.nodes), give_back(tree_.lasts), give_back(tree_.extra);
  return std::move(tree_);
}

// Bodies stand one behind the other from token `first` on.
Tree Parser::run_skipped(uint32_t first) {
  pos_ = first;
  for (NodeId skipped : std::exchange(tree_.skipped, {})) {
    NodeId made = block(node(skipped).token, "the head of the function");
    node(skipped) = node(made);
    tree_.lasts[+skipped] = tree_.lasts[+made];
  }
  return std::move(tree_);
}

uint32_t Parser::flush(uint32_t from) {
  uint32_t count = mark() - from;
  if (count == 0) return kNone;
  uint32_t at = static_cast<uint32_t>(tree_.extra.size());
  tree_.extra.push_back(count);
  for (uint32_t i = from; i < from + count; ++i) tree_.extra.push_back(scratch_[i]);
  scratch_.resize(from);
  return at;
}

std::string_view Parser::text(uint32_t token) const {
  return std::string_view(source_.text).substr(begins_[token], tree_.tokens.end(token) - begins_[token]);
}
std::string_view Parser::text_between(uint32_t lo, uint32_t hi) const {
  if (hi < lo) return {};
  return std::string_view(source_.text).substr(begins_[lo], tree_.tokens.end(hi) - begins_[lo]);
}

// Upper case: ASCII, or a letter of another script that has a lower-case form is not looked up; ruling 20 speaks of
// names, and outside ASCII the common capitals are those of Latin-1, Greek and Cyrillic.
bool Parser::is_upper(uint32_t token) const {
  const char* p = source_.text.data() + begins_[token];
  uint8_t c = static_cast<uint8_t>(*p);
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  uint8_t d = static_cast<uint8_t>(p[1]);
  if (c == 0xc3) return d >= 0x80 && d <= 0x9e && d != 0x97;                                     // À … Þ
  if (c == 0xce) return (d >= 0x86 && d <= 0x8f) || (d >= 0x91 && d <= 0xab);                    // Ά … Ϋ
  if (c == 0xd0) return d >= 0x80 && d <= 0xaf;                                                  // Ѐ … Я
  if (c == 0xc4 || c == 0xc5) return (d & 1) == 0;   // most pairs of Latin Extended-A
  return false;
}

uint32_t Parser::column(uint32_t token) const {
  // The last answer is kept: blocks ask for the same lines again, and a line may be long.
  if (token == column_token_) return column_;
  const char* text = source_.text.data();
  uint32_t begin = token <= last_ ? begins_[token] : static_cast<uint32_t>(source_.text.size());
  uint32_t p = begin;
  while (p > 0 && text[p - 1] != '\n') --p;
  column_token_ = token;
  return column_ = begin - p;
}
uint32_t Parser::line_column(uint32_t token) const {
  uint32_t t = token;
  while (t > 0 && !starts_line(t)) {
    if (t == line_token_) {
      t = line_first_;
      break;
    }
    --t;
  }
  line_token_ = token;
  line_first_ = t;
  return column(t);
}

static Tree only_tokens(FileId file, const SourceFile& source, Tokens tokens) {
  Tree tree;
  tree.file = file;
  tree.base = source.base;
  tree.tokens = std::move(tokens);
  return tree;
}

Tree parse(FileId file, const SourceMap& sources, Names& names, Diagnostics& diags, bool script,
           std::span<const BodyRange> skip) {
  const SourceFile& source = sources.file(file);
  Tree tree = only_tokens(file, source, lex(source, names, diags, skip));
  return Parser(source, std::move(tree), names, diags, script, skip).run();
}

void parse_skipped(Tree& tree, const SourceMap& sources, Names& names, Diagnostics& diags) {
  const SourceFile& source = sources.file(tree.file);
  std::vector<BodyRange> bodies;
  for (NodeId block : tree.skipped)
    bodies.push_back({tree.tokens.begin(tree[block].token), tree.tokens.begin(tree.lasts[+block])});
  uint32_t first = tree.tokens.size();
  lex_bodies(source, bodies, tree.tokens, names, diags);
  tree = Parser(source, std::move(tree), names, diags).run_skipped(first);
}

Tree parse_doctest(FileId file, const SourceMap& sources, std::string& text, uint32_t lo, uint32_t hi, NameId name,
                   Names& names, Diagnostics& diags) {
  const SourceFile& source = sources.file(file);
  Tree tree = only_tokens(file, source, lex_doctest(source, text, lo, hi, names, diags));
  return Parser(source, std::move(tree), names, diags, true).run_doctest(name);
}

}   // namespace janus
