// parse_float.cpp: text to float, correctly rounded.
// Depends on internal.h and on libc's strtod for the hard cases.
// SPDX-License-Identifier: Apache-2.0
//
// Up to 19 digits and a power of ten that a float holds exactly need one multiplication or division, rounded once by
// the processor (William Clinger, 1990). Of the rest nearly all is certain from 128 bits of the product with the power
// of ten (after Daniel Lemire, 2021); what lies too near the middle of two floats goes to strtod, which is exact.
#include <stdlib.h>

#include "runtime/counted.h"
#include "runtime/powers.h"

namespace janus::rt {
namespace {

constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kExactTop = 22;
constexpr int64_t kExponentTop = 100000;   // beyond, every float is 0 or infinite
constexpr int64_t kShortText = 400;

// sign? digits [. digits] [e sign? digits], read as mantissa · 10^exponent; the caller has checked the grammar.
struct Decimal {
  uint64_t mantissa;
  int64_t exponent;
  bool negative;
  bool exact;   // no digit was left out of the mantissa
};

bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

Decimal read_decimal(const uint8_t* p, const uint8_t* end) {
  Decimal x = {0, 0, false, true};
  if (p < end && (*p == '-' || *p == '+')) x.negative = *p++ == '-';
  int digits = 0;
  bool point = false;
  for (; p < end; p++) {
    if (*p == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(*p)) break;
    if (digits < 19) {
      x.mantissa = x.mantissa * 10 + (*p - '0');
      if (x.mantissa != 0) digits++;
      x.exponent -= point;
    } else {
      x.exact = x.exact && *p == '0';
      x.exponent += !point;
    }
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    p++;
    bool below = false;
    if (p < end && (*p == '-' || *p == '+')) below = *p++ == '-';
    int64_t e = 0;
    for (; p < end && is_digit(*p); p++)
      if (e < kExponentTop) e = e * 10 + (*p - '0');
    x.exponent += below ? -e : e;
  }
  return x;
}

// The float nearest to mantissa · 10^exponent; NaN when these bits do not tell. The power is rounded up in its last
// bit, and the product's lowest word is left out: the true product is less than 1 away from `u`.
double nearest(uint64_t mantissa, int64_t exponent) {
  if (mantissa == 0 || exponent < kPowerMin || exponent > 308) return __builtin_nan("");
  const int shift = __builtin_clzll(mantissa);
  const uint64_t w = mantissa << shift;
  const int q = static_cast<int>(exponent);
  const Power p = power_of_ten(q);
  using Wide = unsigned __int128;
  const Wide u = static_cast<Wide>(w) * p.hi + ((static_cast<Wide>(w) * p.lo) >> 64);
  const int cut = static_cast<int>(static_cast<uint64_t>(u >> 127)) + 73;   // leaves 54 bits: one to round by
  const Wide rest = u & ((static_cast<Wide>(1) << cut) - 1);
  if (rest < 2 || rest > (static_cast<Wide>(1) << cut) - 3) return __builtin_nan("");
  uint64_t m = (static_cast<uint64_t>(u >> cut) + 1) >> 1;
  int e = cut + 1 + log2_of_power(q) - 63 - shift;
  if (m >> 53) {
    m >>= 1;
    e++;
  }
  const int biased = e + 52 + 1023;
  if (biased <= 0 || biased >= 2047) return __builtin_nan("");
  return __builtin_bit_cast(double, static_cast<uint64_t>(biased) << 52 | (m & ((1ull << 52) - 1)));
}

// strtod wants a zero at the end.
template <typename Float>
__attribute__((noinline)) Float parse_slow(const uint8_t* text, int64_t len, Float (*convert)(const char*, char**)) {
  char small[kShortText];
  char* copy = len < kShortText ? small : static_cast<char*>(janus_alloc(len + 1));
  memcpy(copy, text, static_cast<size_t>(len));
  copy[len] = 0;
  const Float x = convert(copy, nullptr);
  if (copy != small) janus_free(copy, len + 1);
  return x;
}

bool is_word(const uint8_t* text, int64_t len) {
  return len > 0 && (text[len - 1] == 'f' || text[len - 1] == 'n');
}   // inf, nan

}  // namespace
}  // namespace janus::rt

extern "C" {

double janus_parse_f64(String* s) {
  if (!is_word(s->data, s->len)) {
    const Decimal x = read_decimal(s->data, s->data + s->len);
    if (x.exact && x.mantissa <= 1ull << 53 && x.exponent >= -kExactTop && x.exponent <= kExactTop) {
      const double m = static_cast<double>(x.mantissa);
      const double y = x.exponent < 0 ? m / kExactPowers[-x.exponent] : m * kExactPowers[x.exponent];
      return x.negative ? -y : y;
    }
    if (x.exact) {
      const double y = nearest(x.mantissa, x.exponent);
      if (y == y) return x.negative ? -y : y;
    }
  }
  return parse_slow<double>(s->data, s->len, strtod);
}

// mantissa · 10^exponent, or NaN: then the text must be read.
double janus_decimal_f64(uint64_t mantissa, int64_t exponent) { return nearest(mantissa, exponent); }

// Not by way of f64: that would round twice.
float janus_parse_f32(String* s) { return parse_slow<float>(s->data, s->len, strtof); }

}  // extern "C"
