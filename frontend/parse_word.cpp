// parse_word.cpp: words of the language that are misspelt: whle, funtion, lett, End.
// Depends on parse_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// Looked for only where a statement or a declaration begins and what follows goes on from no name: `whle x < 3 do` is
// no program, whatever `whle` is. What follows also tells which words can be meant. The token then becomes the word,
// so that all is read as if it had been written. A name that the file declares is never taken for a word.
#include "frontend/parse_internal.h"

namespace janus {

static std::string lower_case(std::string_view word) {
  std::string out(word);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// What declares a name stands before it; or a colon behind it. Worked out once, when a word is in doubt.
bool Parser::is_declared(uint32_t token) {
  if (!declared_known_) {
    declared_known_ = true;
    for (uint32_t t = 1; t < last_; ++t) {
      if (kinds_[t] != TokenKind::Ident) continue;
      bool declares = kind_at(t + 1) == TokenKind::Colon && !starts_line(t);
      switch (kinds_[t - 1]) {
        case TokenKind::KwLet:
        case TokenKind::KwVar:
        case TokenKind::KwConst:
        case TokenKind::KwFunc:
        case TokenKind::KwStruct:
        case TokenKind::KwEnum:
        case TokenKind::KwTrait:
        case TokenKind::KwFor:
        case TokenKind::KwMut:
        case TokenKind::KwAs:
        case TokenKind::Pipe:
        case TokenKind::LParen:
        case TokenKind::LBrace:
        case TokenKind::Comma: declares |= !starts_line(t); break;
        case TokenKind::Ident:
          declares |= is_word(t - 1, Word::Type) || is_word(t - 1, Word::Error) || is_word(t - 1, Word::Capability);
          break;
        default: break;
      }
      if (declares) declared_.push_back(values_[t]);
    }
    std::sort(declared_.begin(), declared_.end());
  }
  return std::binary_search(declared_.begin(), declared_.end(), values_[token]);
}

// The word that is meant, or nothing. A name with a capital letter is near only to the same word in small letters.
std::string_view Parser::word_near(uint32_t token, const std::vector<std::string_view>& words) {
  if (values_[token] < static_cast<uint32_t>(Word::Count) || known_type(token)) return {};
  std::string_view written = text(token);
  std::string_view near;
  if (is_upper(token)) {
    std::string lower = lower_case(written);
    for (std::string_view word : words)
      if (word == lower) near = word;
  } else {
    near = nearest_name(written, words);
  }
  return near.empty() || is_declared(token) ? std::string_view() : near;
}

void Parser::read_as(uint32_t token, std::string_view word, bool sure) {
  report<Diag::UnknownName>(token_span(token), text(token))
      .fix(token_span(token), std::string(word), "did you mean `" + std::string(word) + "`?",
           sure ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
  NameId id = names_.intern(word);
  tree_.tokens.kinds[token] = +id < kKeywordCount ? keyword_of(id) : TokenKind::Ident;
  tree_.tokens.values[token] = +id;
}

// At a name that begins a statement.
bool Parser::misspelt_statement() {
  uint32_t token = pos_;
  TokenKind next = next_kind();
  if (starts_line(token + 1)) return false;
  switch (next) {   // goes on from a value
    case TokenKind::LParen:
    case TokenKind::LBracket:
    case TokenKind::LBrace:
    case TokenKind::Dot:
    case TokenKind::Minus:
    case TokenKind::Question:
    case TokenKind::Bang:
    case TokenKind::DotDot:
    case TokenKind::DotDotEq:
    case TokenKind::DotDotLess:
    case TokenKind::Pipe:
    case TokenKind::Star:
    case TokenKind::Amp:
    case TokenKind::PlusPlus:
    case TokenKind::Plus:
    case TokenKind::Error: return false;
    default:
      if (!kTraits[static_cast<uint8_t>(next)].starts_value) return false;
  }
  if ((next == TokenKind::StrLit || next == TokenKind::StrBegin) && touches(token + 1)) return false;   // f"…"
  bool opens = false, in = false;
  uint32_t most = ahead(), depth = 0, t = token + 1;
  for (; t < most && !starts_line(t) && kinds_[t] != TokenKind::Newline; ++t) {
    TokenKind k = kinds_[t];
    if (k == TokenKind::LParen || k == TokenKind::LBracket) ++depth;
    if ((k == TokenKind::RParen || k == TokenKind::RBracket) && depth > 0) --depth;
    if (depth == 0) opens |= k == TokenKind::KwDo, in |= k == TokenKind::KwIn;
  }
  opens |= kinds_[t - 1] == TokenKind::LBrace;
  TokenKind behind = kind_at(token + 2);
  bool binds = next == TokenKind::Ident && (behind == TokenKind::Eq || behind == TokenKind::Colon);
  std::vector<std::string_view> words;
  if (next == TokenKind::KwDo) words = {"select", "nursery", "supervisor"};
  else if (binds) words = {"let", "var", "const"};
  else if (opens && in) words = {"for", "while", "if"};
  else if (opens) words = {"while", "if", "match", "return", "fail", "defer", "spawn"};
  else words = {"return", "fail", "defer", "spawn"};
  std::string_view near = word_near(token, words);
  if (near.empty()) return false;
  std::string_view written = text(token);   // `set x = 3` may mean more than `let`
  bool swapped = written.size() == near.size() && std::is_permutation(written.begin(), written.end(), near.begin());
  read_as(token, near, opens || swapped || written.size() > (binds ? 3 : 4));
  return true;
}

// At the `do` behind `iff (x > 3)`, which could be a call until here.
bool Parser::misspelt_call(uint32_t from) {
  if (kinds_[from] != TokenKind::Ident || kind_at(from + 1) != TokenKind::LParen ||
      kinds_[pos_ - 1] != TokenKind::RParen)
    return false;
  std::string_view near = word_near(from, {"while", "if", "for"});
  if (near.empty()) return false;
  read_as(from, near, true);
  pos_ = from;
  return true;
}

// At a name that begins a declaration, perhaps behind `pub`.
bool Parser::misspelt_declaration() {
  uint32_t token = pos_;
  TokenKind next = next_kind(), behind = kind_at(token + 2);
  if (starts_line(token + 1)) return false;
  if (behind == TokenKind::Ident && starts_line(token + 3) && lower_case(text(token + 2)) == "do")
    behind = TokenKind::KwDo;
  std::vector<std::string_view> words;
  if (next == TokenKind::Ident && starts_line(token + 2)) words = {"import"};
  else if (next == TokenKind::Ident) switch (behind) {
      case TokenKind::LParen: words = {"func", "function"}; break;
      case TokenKind::LBracket: words = {"func", "function", "struct", "enum", "trait", "impl"}; break;
      case TokenKind::LBrace: words = {"struct", "enum", "error", "trait", "impl"}; break;
      case TokenKind::KwDo:
      case TokenKind::KwFor: words = {"trait", "impl"}; break;
      case TokenKind::Dot:
      case TokenKind::KwAs: words = {"import"}; break;
      case TokenKind::Eq:
      case TokenKind::Colon: words = {"const", "type"}; break;
      default: return false;
    }
  else if (next == TokenKind::StrLit && behind == TokenKind::KwDo) words = {"test"};
  else if (next == TokenKind::KwFunc || next == TokenKind::KwStruct || next == TokenKind::KwEnum ||
           next == TokenKind::KwTrait || next == TokenKind::KwConst)
    words = {"pub"};
  else return false;
  std::string_view near = word_near(token, words);
  if (near.empty()) return false;
  read_as(token, near == "function" ? "func" : near, true);
  return true;
}

// At a name that is all of its line, or stands before `if`: where a block ends or goes on, or is left.
bool Parser::misspelt_end(bool else_ok) {
  uint32_t token = pos_;
  bool if_next = next_kind() == TokenKind::KwIf && !starts_line(token + 1);
  if (!starts_line(token) || !(starts_line(token + 1) || (else_ok && if_next))) return false;
  std::string lower = lower_case(text(token));
  for (std::string_view known : {"endif", "endwhile", "endfor", "endfunc", "endfunction"})
    if (lower == known && !if_next && !is_declared(token)) return read_as(token, "end", true), true;
  std::vector<std::string_view> words;
  if (!if_next) words = {"end", "return", "break", "continue"};
  if (else_ok) words.push_back("else");
  std::string_view near = word_near(token, words);
  if (near.empty()) return false;
  read_as(token, near, near == lower);
  return true;
}

// `Do` at the end of a head.
bool Parser::misspelt_do() {
  if (!at_name() || starts_line(pos_) || !starts_line(pos_ + 1) || text(pos_).size() > 3) return false;
  std::string_view near = word_near(pos_, {"do"});
  if (near.empty()) return false;
  read_as(pos_, near, lower_case(text(pos_)) == near);
  return true;
}

}   // namespace janus
