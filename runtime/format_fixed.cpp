// format_fixed.cpp: floats with a number of decimals, in decimal or scientific notation, correctly rounded whatever
// their size. Depends on format_float.h and sink.h. SPDX-License-Identifier: Apache-2.0
//
// Rounding is that of C, Go, Python and Rust: of the exact binary value, ties to the even digit (2.5 gives 2, 0.125
// gives 0.12).
#include "runtime/format_float.h"
#include "runtime/sink.h"

namespace janus::rt {
namespace {

constexpr int kPrecisionMax = 1100;   // an f64 has at most 1074 decimals; what is asked beyond is cut
constexpr int kFixedText = 320 + kPrecisionMax + 16;
constexpr uint32_t kLimb = 1000000000;   // nine digits

struct Parts {
  uint64_t mantissa;
  int exponent;   // the value is mantissa · 2^exponent
};

Parts parts_of(double magnitude) {
  uint64_t bits;
  __builtin_memcpy(&bits, &magnitude, 8);
  const uint64_t fraction = bits & ((1ull << 52) - 1);
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  return exponent == 0 ? Parts{fraction, -1074} : Parts{1ull << 52 | fraction, exponent - 1075};
}

uint8_t* put_zero_filled(uint8_t* to, uint64_t x, int places) {
  for (int i = places - 1; i >= 0; i--, x /= 10) to[i] = static_cast<uint8_t>('0' + x % 10);
  return to + places;
}

uint8_t* put_u64(uint8_t* to, uint64_t x) {
  uint8_t digits[20];
  uint8_t* const end = digits + sizeof digits;
  const uint8_t* start = put_decimal(end, x);
  memcpy(to, start, static_cast<size_t>(end - start));
  return to + (end - start);
}

// The common case, without big numbers: whole part and decimals fit in 64 bits each. Returns null when they do not.
uint8_t* put_fixed_small(uint8_t* to, Parts x, int precision) {
  if (precision > 19 || x.exponent > 11) return nullptr;
  uint64_t whole;
  uint64_t decimals = 0;
  uint64_t limit = 1;   // 10^precision
  for (int i = 0; i < precision; i++) limit *= 10;
  if (x.exponent >= 0) {
    whole = x.mantissa << x.exponent;
  } else {
    const int k = -x.exponent;
    whole = k < 64 ? x.mantissa >> k : 0;
    const uint64_t rest = k < 64 ? x.mantissa & ((1ull << k) - 1) : x.mantissa;   // below 2^53: the product fits
    const unsigned __int128 scaled = static_cast<unsigned __int128>(rest) * limit;
    if (k < 128) {
      const unsigned __int128 half = static_cast<unsigned __int128>(1) << (k - 1);
      const unsigned __int128 below = scaled & (half * 2 - 1);
      decimals = static_cast<uint64_t>(scaled >> k);
      const bool odd = (precision == 0 ? whole : decimals) & 1;
      if (below > half || (below == half && odd)) decimals++;
    }   // otherwise below half a unit of the last place
    if (decimals == limit) {
      decimals = 0;
      whole++;
    }
  }
  to = put_u64(to, whole);
  if (precision == 0) return to;
  *to++ = '.';
  return put_zero_filled(to, decimals, precision);
}

// Cuts the exact digits after `keep` of them, rounding half to even. One more whole digit may appear: returns 1 then.
int round_exact(Exact* x, int keep) {
  if (keep >= x->count) return 0;
  const int next = keep < 0 ? 0 : x->digits[keep] - '0';
  bool rest = false;
  for (int i = keep + 1; i < x->count && !rest; i++) rest = x->digits[i] != '0';
  const bool odd = keep > 0 && (x->digits[keep - 1] & 1);
  x->count = keep;
  if (next < 5 || (next == 5 && !rest && !odd)) return 0;
  for (int i = keep - 1; i >= 0; i--) {
    if (x->digits[i] != '9') {
      x->digits[i]++;
      return 0;
    }
    x->digits[i] = '0';
  }
  memmove(x->digits + 1, x->digits, static_cast<size_t>(keep));
  x->digits[0] = '1';
  x->count++;
  return 1;
}

__attribute__((noinline)) uint8_t* put_fixed_big(uint8_t* to, double magnitude, int precision) {
  Exact x;
  exact_f64(&x, magnitude);
  x.whole += round_exact(&x, x.whole + precision);
  memcpy(to, x.digits, static_cast<size_t>(x.whole));
  to += x.whole;
  if (precision == 0) return to;
  *to++ = '.';
  for (int i = 0; i < precision; i++) *to++ = x.whole + i < x.count ? x.digits[x.whole + i] : '0';
  return to;
}

__attribute__((noinline)) uint8_t* put_scientific(uint8_t* to, double magnitude, int precision) {
  Exact x;
  exact_f64(&x, magnitude);
  int first = 0;
  while (first < x.count - 1 && x.digits[first] == '0') first++;
  int exponent = magnitude == 0 ? 0 : x.whole - 1 - first;
  memmove(x.digits, x.digits + first, static_cast<size_t>(x.count - first));
  x.count -= first;
  exponent += round_exact(&x, precision + 1);
  *to++ = x.digits[0];
  if (precision > 0) *to++ = '.';
  for (int i = 1; i <= precision; i++) *to++ = i < x.count ? x.digits[i] : '0';
  return put_exponent(to, exponent);
}

}  // namespace

// Whole part: mantissa · 2^exponent in limbs of nine digits, multiplied up 29 bits at a time. Decimals: the fraction as
// a binary number below 1, whose product with 10^9 carries out the next nine digits until nothing is left.
void exact_f64(Exact* exact, double magnitude) {
  const Parts x = parts_of(magnitude);
  uint32_t limbs[40];
  int used = 0;
  uint64_t whole = x.exponent >= 0 ? x.mantissa : x.exponent > -64 ? x.mantissa >> -x.exponent : 0;
  do limbs[used++] = static_cast<uint32_t>(whole % kLimb), whole /= kLimb;
  while (whole);
  for (int left = x.exponent; left > 0; left -= 29) {
    const int shift = left < 29 ? left : 29;
    uint64_t carry = 0;
    for (int i = 0; i < used; i++) {
      carry += static_cast<uint64_t>(limbs[i]) << shift;
      limbs[i] = static_cast<uint32_t>(carry % kLimb);
      carry /= kLimb;
    }
    if (carry) limbs[used++] = static_cast<uint32_t>(carry);
  }
  uint8_t* p = put_u64(exact->digits, limbs[used - 1]);
  for (int i = used - 2; i >= 0; i--) p = put_zero_filled(p, limbs[i], 9);
  exact->whole = static_cast<int>(p - exact->digits);

  if (x.exponent < 0) {
    const int bits = -x.exponent;
    const int words = (bits + 31) / 32;
    uint32_t fraction[36] = {};   // little end first; the point stands above the last word
    const uint64_t rest = bits < 64 ? x.mantissa & ((1ull << bits) - 1) : x.mantissa;
    const unsigned __int128 placed = static_cast<unsigned __int128>(rest) << (words * 32 - bits);
    for (int i = 0; i < 3 && i < words; i++) fraction[i] = static_cast<uint32_t>(placed >> (32 * i));
    int low = 0;   // words below are zero
    while (true) {
      while (low < words && fraction[low] == 0) low++;
      if (low == words) break;
      uint64_t carry = 0;
      for (int i = low; i < words; i++) {
        carry += static_cast<uint64_t>(fraction[i]) * kLimb;
        fraction[i] = static_cast<uint32_t>(carry);
        carry >>= 32;
      }
      p = put_zero_filled(p, carry, 9);
    }
  }
  exact->count = static_cast<int>(p - exact->digits);
  janus_require(exact->count <= kExactDigits && exact->whole > 0, "a float with more digits than floats have");
}

}   // namespace janus::rt

extern "C" {

void janus_format_f64(Sink* sink, double x, int32_t width, int32_t precision, uint32_t flags, int32_t kind) {
  uint8_t text[kFixedText];
  const bool is_nan = x != x;
  const bool negative = !is_nan && __builtin_signbit(x);
  const double magnitude = __builtin_fabs(x);
  int64_t len;
  if (precision < 0 || is_nan || magnitude == __builtin_inf()) {
    len = flags & kFormatF32 ? put_f32(text, static_cast<float>(magnitude), kind == 'e')
                             : put_f64(text, magnitude, kind == 'e');
  } else {
    if (precision > kPrecisionMax) precision = kPrecisionMax;
    uint8_t* end;
    if (kind == 'e') {
      end = put_scientific(text, magnitude, precision);
    } else {
      end = put_fixed_small(text, parts_of(magnitude), precision);
      if (!end) end = put_fixed_big(text, magnitude, precision);
    }
    len = end - text;
  }
  sink_padded_number(sink, negative, text, len, width, flags);
}

}   // extern "C"
