// mutate.h: changes of programs that know what a token and a line is, for the fuzzers. Include once in a fuzzer.
// Depends on the standard library only: a mutator that used our lexer would share its mistakes.
// SPDX-License-Identifier: Apache-2.0
//
// Half of the changes are libFuzzer's own (bytes, the dictionary); the others delete, double, swap and move tokens and
// lines, put a name or literal of the program or of a fixed list in place of another, and join halves of two programs
// at line ends.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace fuzz {

struct Piece {
  uint32_t begin, end;
};

inline bool is_word(uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}
inline bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

// Words, numbers, strings without interpolation, runs of operator characters, newlines, single brackets.
inline std::vector<Piece> tokens(std::string_view text) {
  std::vector<Piece> out;
  for (uint32_t i = 0; i < text.size();) {
    uint8_t c = static_cast<uint8_t>(text[i]);
    uint32_t first = i;
    if (is_blank(c)) {
      ++i;
      continue;
    }
    if (is_word(c)) {
      while (i < text.size() && is_word(static_cast<uint8_t>(text[i]))) ++i;
    } else if (c == '"' || c == '\'') {
      for (++i; i < text.size() && static_cast<uint8_t>(text[i]) != c && text[i] != '\n'; ++i)
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
      if (i < text.size()) ++i;
    } else if (std::strchr("+-*/%=<>!&|^~?.:", c) && c) {
      while (i < text.size() && text[i] && std::strchr("+-*/%=<>!&|^~?.:", text[i])) ++i;
    } else {
      ++i;
    }
    out.push_back({first, i});
  }
  return out;
}

inline std::vector<Piece> lines(std::string_view text) {
  std::vector<Piece> out;
  uint32_t first = 0;
  for (uint32_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') {
      out.push_back({first, i + 1});
      first = i + 1;
    }
  if (first < text.size()) out.push_back({first, static_cast<uint32_t>(text.size())});
  return out;
}

inline constexpr const char* kWords[] = {"i64",
                                         "u8",
                                         "i32",
                                         "f64",
                                         "f32",
                                         "bool",
                                         "char",
                                         "String",
                                         "void",
                                         "never",
                                         "[]i64",
                                         "?i64",
                                         "(i64, String)",
                                         "func(i64) -> i64",
                                         "Map[String, i64]",
                                         "Set[i64]",
                                         "Self",
                                         "T",
                                         "dyn T",
                                         "0",
                                         "1",
                                         "-1",
                                         "255",
                                         "9223372036854775807",
                                         "1.5",
                                         "'a'",
                                         "\"\"",
                                         "\"a${x}b\"",
                                         "\"${x:.2}\"",
                                         "true",
                                         "false",
                                         "null",
                                         "[]",
                                         "[:]",
                                         "[1, 2]",
                                         "(1, 2)",
                                         "()",
                                         "0..3",
                                         "0..=9",
                                         "{ |x| x }",
                                         "{ || 1 }",
                                         "if a do b else c end",
                                         "match x { _ => 0, }",
                                         "do 1 end",
                                         "self",
                                         "mut",
                                         "pub",
                                         "let",
                                         "var",
                                         "return",
                                         "break",
                                         "continue",
                                         "fail",
                                         "defer",
                                         "catch",
                                         "catch |e| do",
                                         "try",
                                         "?",
                                         "!",
                                         "??",
                                         "&",
                                         ".0",
                                         ".len()",
                                         ".map",
                                         "as",
                                         "in",
                                         "not",
                                         "and",
                                         "or",
                                         "==",
                                         "<",
                                         "+%",
                                         "++",
                                         "..",
                                         "->",
                                         "=>",
                                         "where",
                                         "when",
                                         "while",
                                         "for",
                                         "end",
                                         "do",
                                         "else",
                                         "if let x = y do",
                                         "xs[0]",
                                         "a.b",
                                         "A.B",
                                         "A.B(1)",
                                         "A { x: 1 }",
                                         "f(x)",
                                         "f()?",
                                         "f() catch 0",
                                         "x!",
                                         "spawn",
                                         "nursery",
                                         "await",
                                         "select",
                                         "Channel[i64]",
                                         "Task[i64]",
                                         "error",
                                         "enum",
                                         "struct",
                                         "trait",
                                         "impl",
                                         "const",
                                         "type",
                                         "import",
                                         "test",
                                         "_",
                                         ";",
                                         "\n",
                                         "//",
                                         "///"};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string change(std::string text) {
    for (uint32_t n = 1 + below(3); n > 0; --n)
      text = below(3) == 0 ? change_lines(std::move(text)) : change_tokens(std::move(text));
    return text;
  }

  // The first lines of one, the last of the other.
  std::string join(std::string_view a, std::string_view b) {
    auto la = lines(a), lb = lines(b);
    if (la.empty() || lb.empty()) return std::string(a);
    std::string out(a.substr(0, la[below(la.size())].end));
    out += b.substr(lb[below(lb.size())].begin);
    return out;
  }

 private:
  uint32_t below(size_t n) { return n ? static_cast<uint32_t>(random_() % n) : 0; }
  static std::string_view view(const std::string& text, Piece p) {
    return std::string_view(text).substr(p.begin, p.end - p.begin);
  }
  static std::string put(const std::string& text, Piece p, std::string_view by) {
    std::string out = text.substr(0, p.begin);
    out += by;
    out.append(text, p.end, std::string::npos);
    return out;
  }
  static std::string swap(const std::string& text, Piece a, Piece b) {
    if (b.begin < a.begin) std::swap(a, b);
    if (a.end > b.begin) return text;
    std::string out = text.substr(0, a.begin);
    out += view(text, b);
    out.append(text, a.end, b.begin - a.end);
    out += view(text, a);
    out.append(text, b.end, std::string::npos);
    return out;
  }

  std::string change_tokens(std::string text) {
    auto all = tokens(text);
    if (all.empty()) return text + kWords[below(std::size(kWords))];
    Piece at = all[below(all.size())];
    switch (below(8)) {
      case 0: return put(text, at, "");
      case 1: return put(text, at, std::string(view(text, at)) + " " + std::string(view(text, at)));
      case 2: return swap(text, at, all[below(all.size())]);
      case 3: return put(text, at, std::string(kWords[below(std::size(kWords))]));
      case 4: return put(text, {at.begin, at.begin}, std::string(kWords[below(std::size(kWords))]) + " ");
      case 5: {  // a run of tokens, to somewhere else
        uint32_t i = below(all.size()), j = std::min<uint32_t>(i + below(8), static_cast<uint32_t>(all.size()) - 1);
        std::string run(view(text, {all[i].begin, all[j].end}));
        return put(text, {at.begin, at.begin}, " " + run + " ");
      }
      case 6: {  // a run of tokens, gone
        uint32_t i = below(all.size()), j = std::min<uint32_t>(i + below(8), static_cast<uint32_t>(all.size()) - 1);
        return put(text, {all[i].begin, all[j].end}, "");
      }
      default: {  // a name or number for another
        for (int tries = 0; tries < 8; ++tries) {
          Piece a = all[below(all.size())], b = all[below(all.size())];
          if (is_word(static_cast<uint8_t>(text[a.begin])) && is_word(static_cast<uint8_t>(text[b.begin])) &&
              view(text, a) != view(text, b))
            return put(text, a, std::string(view(text, b)));
        }
        return text;
      }
    }
  }

  std::string change_lines(std::string text) {
    auto all = lines(text);
    if (all.empty()) return text;
    Piece at = all[below(all.size())];
    uint32_t i = below(all.size()), j = std::min<uint32_t>(i + below(6), static_cast<uint32_t>(all.size()) - 1);
    Piece run{all[i].begin, all[j].end};
    switch (below(4)) {
      case 0: return put(text, at, "");
      case 1: return put(text, run, "");
      case 2: return put(text, {at.begin, at.begin}, std::string(view(text, run)));
      default: return swap(text, at, all[below(all.size())]);
    }
  }

  std::minstd_rand random_;
};

inline size_t store(const std::string& text, uint8_t* data, size_t max_size) {
  size_t n = std::min(text.size(), max_size);
  std::memcpy(data, text.data(), n);
  return n;
}

}  // namespace fuzz

// A fuzzer that wants its own choice among changes defines this first.
#ifndef JANUS_FUZZ_OWN_MUTATOR
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  fuzz::Mutator mutator(seed);
  return fuzz::store(mutator.change(std::string(reinterpret_cast<const char*>(data), size)), data, max_size);
}
#endif

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size,
                                            uint8_t* out, size_t max_size, unsigned seed) {
  fuzz::Mutator mutator(seed);
  return fuzz::store(
      mutator.join({reinterpret_cast<const char*>(a), a_size}, {reinterpret_cast<const char*>(b), b_size}), out,
      max_size);
}
