// format_float.cpp: floats as text: the shortest digits that read back, and their notation.
// Depends on sink.h, powers.h; fixed and scientific notation with a precision are in format_fixed.cpp.
// SPDX-License-Identifier: Apache-2.0
//
// Digits come from Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles", 2021): of all decimals that
// read back as x it takes one of the shortest, and of these the one nearest to x. No loop, no big numbers, three
// 64×128-bit products.
//
// Notation is JavaScript's, with a point in every decimal: 1.0, 0.1, 123.456, 0.000001, 100000000000000000000.0; from
// 1e+21 up and below 1e-6 scientific: 1e+21, 1.5e-7.
#include "runtime/format_float.h"

#include "runtime/powers.h"
#include "runtime/sink.h"

namespace janus::rt {
namespace {

// The high part of (power · c) / 2^128, its last bit set when anything was cut off.
uint64_t round_to_odd(Power power, uint64_t c) {
  const unsigned __int128 low = static_cast<unsigned __int128>(power.lo) * c;
  const unsigned __int128 high = static_cast<unsigned __int128>(power.hi) * c + static_cast<uint64_t>(low >> 64);
  return static_cast<uint64_t>(high >> 64) | (static_cast<uint64_t>(high) > 1);
}

Shortest shortest_of(uint64_t c, int q, bool lower_is_closer) {
  if (q <= 0 && q > -64 && (c & ((1ull << -q) - 1)) == 0) return {c >> -q, 0};   // a whole number

  // The decimals that read back as x lie between its two neighbours' middles, which belong to x when c is even.
  // Everything is scaled by 4, so that the middles are whole, and by the power of ten that leaves one digit too many.
  const bool open = (c & 1) != 0;
  const uint64_t left = 4 * c - 2 + lower_is_closer;
  const int k = (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;   // floor(log10(2^q)), of 3/4·2^q when closer
  const int h = q + log2_of_power(-k) + 1;
  janus_require(h >= 1 && h <= 4, "a float scaled out of its word");
  const Power power = power_of_ten(-k);
  const uint64_t lower = round_to_odd(power, left << h) + open;
  const uint64_t value = round_to_odd(power, (4 * c) << h);
  const uint64_t upper = round_to_odd(power, (4 * c + 2) << h) - open;

  const uint64_t s = value / 4;
  if (s >= 10) {   // one digit less, when exactly one such decimal reads back
    const uint64_t tens = s / 10;
    const bool below = lower <= 40 * tens;
    const bool above = 40 * tens + 40 <= upper;
    if (below != above) return {tens + above, k + 1};
  }
  const bool below = lower <= 4 * s;
  const bool above = 4 * s + 4 <= upper;
  if (below != above) return {s + above, k};
  const uint64_t middle = 4 * s + 2;
  return {s + (value > middle || (value == middle && (s & 1))), k};
}

// digits · 10^exponent in the notation above. Returns the bytes written, at most kFloatText.
int64_t put_notation(uint8_t* to, Shortest x, bool scientific) {
  uint8_t reversed[20];
  uint8_t* const end = reversed + sizeof reversed;
  const uint8_t* digits = put_decimal(end, x.digits);
  int64_t n = end - digits;
  const int64_t point = n + x.exponent;   // digits before the point
  while (n > 1 && digits[n - 1] == '0') n--;

  uint8_t* p = to;
  if (!scientific && point > 0 && point <= 21) {
    const int64_t whole = min64(n, point);
    memcpy(p, digits, static_cast<size_t>(whole));
    p += whole;
    for (int64_t i = whole; i < point; i++) *p++ = '0';
    *p++ = '.';
    if (n <= point) *p++ = '0';
    for (int64_t i = whole; i < n; i++) *p++ = digits[i];
    return p - to;
  }
  if (!scientific && point > -6 && point <= 0) {
    *p++ = '0';
    *p++ = '.';
    for (int64_t i = point; i < 0; i++) *p++ = '0';
    memcpy(p, digits, static_cast<size_t>(n));
    return p + n - to;
  }
  *p++ = digits[0];
  if (n > 1) *p++ = '.';
  for (int64_t i = 1; i < n; i++) *p++ = digits[i];
  return put_exponent(p, static_cast<int>(point - 1)) - to;
}

int64_t put_special(uint8_t* to, bool is_nan) {
  memcpy(to, is_nan ? "nan" : "inf", 3);
  return 3;
}

}   // namespace

Shortest shortest_f64(uint64_t bits) {
  const uint64_t fraction = bits & ((1ull << 52) - 1);
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  if (exponent == 0) return fraction == 0 ? Shortest{0, 0} : shortest_of(fraction, -1074, false);
  return shortest_of(1ull << 52 | fraction, exponent - 1075, fraction == 0 && exponent > 1);
}

Shortest shortest_f32(uint32_t bits) {
  const uint32_t fraction = bits & ((1u << 23) - 1);
  const int exponent = static_cast<int>(bits >> 23 & 0xFF);
  if (exponent == 0) return fraction == 0 ? Shortest{0, 0} : shortest_of(fraction, -149, false);
  return shortest_of(1u << 23 | fraction, exponent - 150, fraction == 0 && exponent > 1);
}

uint8_t* put_exponent(uint8_t* to, int exponent) {
  *to++ = 'e';
  *to++ = exponent < 0 ? '-' : '+';
  uint8_t digits[20];
  uint8_t* const end = digits + sizeof digits;
  const uint8_t* start = put_decimal(end, static_cast<uint64_t>(exponent < 0 ? -exponent : exponent));
  memcpy(to, start, static_cast<size_t>(end - start));
  return to + (end - start);
}

int64_t put_f64(uint8_t* to, double magnitude, bool scientific) {
  uint64_t bits;
  __builtin_memcpy(&bits, &magnitude, 8);
  bits &= ~(1ull << 63);
  if (bits >= 0x7FFull << 52) return put_special(to, bits > 0x7FFull << 52);
  return put_notation(to, shortest_f64(bits), scientific);
}

int64_t put_f32(uint8_t* to, float magnitude, bool scientific) {
  uint32_t bits;
  __builtin_memcpy(&bits, &magnitude, 4);
  bits &= ~(1u << 31);
  if (bits >= 0xFFu << 23) return put_special(to, bits > 0xFFu << 23);
  return put_notation(to, shortest_f32(bits), scientific);
}

}   // namespace janus::rt

extern "C" {

void janus_print_f64(Sink* sink, double x) {
  uint8_t text[kFloatText + 1];
  int64_t sign = 0;
  if (__builtin_signbit(x) && x == x) text[sign++] = '-';
  janus_print_bytes(sink, text, sign + put_f64(text + sign, x, false));
}

void janus_print_f32(Sink* sink, float x) {
  uint8_t text[kFloatText + 1];
  int64_t sign = 0;
  if (__builtin_signbit(x) && x == x) text[sign++] = '-';
  janus_print_bytes(sink, text, sign + put_f32(text + sign, x, false));
}

}   // extern "C"
