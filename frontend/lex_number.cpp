// lex_number.cpp: numbers.
// Depends on lex_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/lex_internal.h"

#include <cmath>
#include <cstdlib>

namespace janus {

int Lexer::digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

void Lexer::number() {
  const char* lo = p_;
  bool after_dot = count_ > 0 && kinds_[count_ - 1] == TokenKind::Dot &&
                   begins_[count_ - 1] + 1 == static_cast<uint32_t>(lo - begin_);
  if (after_dot) {  // t.0.1 is two steps, not a float
    while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit) ++p_;
    return finish_int(lo, lo, 10);
  }
  if (*lo == '0' && (lo[1] == 'x' || lo[1] == 'X' || lo[1] == 'b' || lo[1] == 'B' || lo[1] == 'o' || lo[1] == 'O')) {
    int base = (lo[1] | 32) == 'x' ? 16 : (lo[1] | 32) == 'b' ? 2 : 8;
    p_ += 2;
    while (kTables.name_part[static_cast<uint8_t>(*p_)] == 1) ++p_;
    return finish_int(lo, lo + 2, base);
  }
  while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit || *p_ == '_') ++p_;
  bool is_float = false;
  if (*p_ == '.' && kTables.cls[static_cast<uint8_t>(p_[1])] == kDigit) {
    is_float = true;
    ++p_;
    while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit || *p_ == '_') ++p_;
  }
  if ((*p_ | 32) == 'e') {
    const char* q = p_ + 1;
    if (*q == '+' || *q == '-') ++q;
    if (kTables.cls[static_cast<uint8_t>(*q)] == kDigit) {
      is_float = true;
      p_ = q;
      while (kTables.cls[static_cast<uint8_t>(*p_)] == kDigit || *p_ == '_') ++p_;
    }
  }
  if (is_float) return finish_float(lo);
  finish_int(lo, lo, 10);
}

// Letters that stick to a number: 10px, 3u8, 2L.
bool Lexer::suffix(const char* lo) {
  if (kTables.name_part[static_cast<uint8_t>(*p_)] != 1) return false;
  const char* at = p_;
  while (kTables.name_part[static_cast<uint8_t>(*p_)] == 1) ++p_;
  std::string_view letters(at, p_ - at), number(lo, at - lo);
  Diagnostic& d = report<Diag::NumberSuffix>(at, p_, letters);
  static constexpr std::string_view kTypes[] = {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64"};
  for (std::string_view type : kTypes)
    if (letters == type)
      d.help("a number takes its type from its use; to be explicit write the type around it")
          .fix(place(lo, p_), std::string(type) + "(" + std::string(number) + ")",
               "write `" + std::string(type) + "(" + std::string(number) + ")`");
  for (std::string_view other : {"f", "F", "L", "l", "u", "U", "d", "n", "usize", "isize"})
    if (letters == other)
      d.help("a number takes its type from its use; to be explicit write the type around it, as in `f32(2.5)`")
          .fix(place(at, p_), "", "remove it", Applicability::MaybeIncorrect);
  if (d.helps.empty() && d.fixes.empty()) d.help("put a space or an operator between the number and the name");
  return true;
}

void Lexer::finish_int(const char* lo, const char* digits, int base) {
  unsigned __int128 value = 0;
  const char* hi = p_;
  bool wrong = suffix(lo), any = false;
  for (const char* p = digits; p < hi; ++p) {
    if (*p == '_') continue;
    int digit = digit_value(*p);
    any = true;
    if (digit >= base) {
      if (!wrong)
        report<Diag::BadDigit>(p, p + 1, std::string_view(p, 1), base)
            .help(base == 16  ? "the digits of `0x` are 0 to 9 and A to F"
                  : base == 2 ? "the digits of `0b` are 0 and 1"
                              : "the digits of `0o` are 0 to 7");
      wrong = true;
      break;
    }
    if (value >> 64 == 0) value = value * base + digit;
  }
  if (!any && !wrong) {
    report<Diag::BadNumber>(lo, hi, "digits are missing after `" + std::string(lo, 2) + "`");
    wrong = true;
  }
  if (!wrong && hi[-1] == '_') {
    report<Diag::BadNumber>(hi - 1, hi, "a number does not end with `_`").fix(place(hi - 1, hi), "", "remove it");
    wrong = true;
  }
  if (!wrong && value >> 64 != 0) {
    report<Diag::NumberTooLarge>(lo, hi).note("the largest whole number is 18446744073709551615, of type `u64`");
    value = 0;
  }
  if (!wrong && base == 10 && hi - digits > 1 && *digits == '0' &&
      !(count_ > 0 && kinds_[count_ - 1] == TokenKind::Dot)) {
    const char* q = digits;
    while (q < hi - 1 && (*q == '0' || *q == '_')) ++q;
    report<Diag::BadNumber>(digits, hi, "a number does not begin with `0`")
        .note("some languages read such a number in base 8; Janus writes `0o17` for that")
        .fix(place(digits, q), "", "write `" + std::string(q, hi - q) + "`", Applicability::MaybeIncorrect);
  }
  if (wrong) value = 0;
  push_int(lo, value);
}

void Lexer::push_int(const char* lo, unsigned __int128 value) {
  uint32_t index = static_cast<uint32_t>(value);
  if (value >= 0x80000000u) {
    index = 0x80000000u | static_cast<uint32_t>(out_.ints.size());
    out_.ints.push_back(value);
  }
  push(TokenKind::IntLit, lo, p_, index);
}

void Lexer::finish_float(const char* lo) {
  const char* hi = p_;
  suffix(lo);
  scratch_.clear();
  for (const char* p = lo; p < hi; ++p)
    if (*p != '_') scratch_ += *p;
  double value = std::strtod(scratch_.c_str(), nullptr);
  if (std::isinf(value)) {
    report<Diag::NumberTooLarge>(lo, hi).note("the largest `f64` is about 1.8e308");
    value = 0;
  }
  push(TokenKind::FloatLit, lo, p_, static_cast<uint32_t>(out_.floats.size()));
  out_.floats.push_back(value);
}

}  // namespace janus
