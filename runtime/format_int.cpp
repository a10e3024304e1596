// format_int.cpp: integers as text: decimal, hexadecimal, octal, binary, scientific; padding of every number.
// Depends on sink.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/sink.h"

namespace janus::rt {
namespace {

// "00" "01" … "99": two digits a division.
struct DigitPairs {
  uint8_t text[200];
  constexpr DigitPairs() : text() {
    for (int i = 0; i < 100; i++) {
      text[2 * i] = static_cast<uint8_t>('0' + i / 10);
      text[2 * i + 1] = static_cast<uint8_t>('0' + i % 10);
    }
  }
};
constexpr DigitPairs pairs;

struct PowersOfTen {
  uint64_t of[20];
  constexpr PowersOfTen() : of() {
    uint64_t x = 1;
    for (int i = 0; i < 20; i++, x *= 10) of[i] = x;
  }
};
constexpr PowersOfTen tens;

// Decimal digits of x: from its bits (1233/4096 is a little above log10 2), corrected by one comparison.
JANUS_INLINE int64_t digit_count(uint64_t x) {
  const int bits = 64 - __builtin_clzll(x | 1);
  const int guess = bits * 1233 >> 12;
  return guess + (x >= tens.of[guess]) + (x == 0);
}

// Straight into the sink: a buffer in between would be read right after it was written in smaller pieces, which stalls.
JANUS_INLINE void print_decimal(Sink* sink, uint64_t x, bool negative) {
  uint8_t* p = sink_room(sink, 21);
  if (negative) *p++ = '-';
  const int64_t digits = digit_count(x);
  put_decimal(p + digits, x);
  sink->len += negative + digits;
}

uint8_t* put_power_of_two(uint8_t* end, uint64_t x, int shift, const char* digits = "0123456789abcdef") {
  do {
    *--end = static_cast<uint8_t>(digits[x & ((1u << shift) - 1)]);
    x >>= shift;
  } while (x != 0);
  return end;
}

// 1500 as 1.5e+3: all digits that matter, none that do not.
uint8_t* put_scientific(uint8_t* end, uint64_t x) {
  uint8_t digits[20];
  uint8_t* stop = digits + sizeof digits;
  uint8_t* start = put_decimal(stop, x);
  const uint64_t exponent = static_cast<uint64_t>(stop - start) - 1;
  while (stop - start > 1 && stop[-1] == '0') stop--;
  end = put_decimal(end, exponent);
  *--end = '+';
  *--end = 'e';
  while (stop - start > 1) *--end = *--stop;
  if (end[0] != 'e') *--end = '.';
  *--end = *start;
  return end;
}

}   // namespace

uint8_t* put_decimal(uint8_t* end, uint64_t x) {
  while (x >= 100) {
    const uint64_t rest = x / 100;
    end -= 2;
    __builtin_memcpy(end, pairs.text + 2 * (x - rest * 100), 2);
    x = rest;
  }
  if (x >= 10) {
    end -= 2;
    __builtin_memcpy(end, pairs.text + 2 * x, 2);
  } else {
    *--end = static_cast<uint8_t>('0' + x);
  }
  return end;
}

void sink_padded_number(Sink* sink, bool negative, const uint8_t* digits, int64_t len, int32_t width, uint32_t flags) {
  const int64_t pad = max64(0, width - len - negative);
  const bool zeros = (flags & kFormatZero) && !(flags & (kFormatLeft | kFormatCentre)) && digits[0] != 'i' &&
                     digits[0] != 'n';   // inf, nan
  const int64_t before = flags & kFormatLeft ? 0 : flags & kFormatCentre ? pad / 2 : pad;
  if (!zeros) sink_fill(sink, ' ', before);
  if (negative) janus_print_bytes(sink, reinterpret_cast<const uint8_t*>("-"), 1);
  if (zeros) sink_fill(sink, '0', before);
  janus_print_bytes(sink, digits, len);
  sink_fill(sink, ' ', pad - before);
}

}   // namespace janus::rt

extern "C" {

void janus_print_u64(Sink* sink, uint64_t x) { print_decimal(sink, x, false); }

void janus_print_i64(Sink* sink, int64_t x) {
  print_decimal(sink, x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x), x < 0);
}

// A negative number keeps its sign in every base (-255 is -ff): the text then does not depend on the width of the type.
void janus_format_i64(Sink* sink, int64_t x, bool is_unsigned, int32_t width, uint32_t flags, int32_t kind) {
  uint8_t digits[72];
  uint8_t* end = digits + sizeof digits;
  const bool negative = !is_unsigned && x < 0;
  const uint64_t value = negative ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  uint8_t* start;
  switch (kind) {
    case 'x': start = put_power_of_two(end, value, 4); break;
    case 'X': start = put_power_of_two(end, value, 4, "0123456789ABCDEF"); break;
    case 'o': start = put_power_of_two(end, value, 3); break;
    case 'b': start = put_power_of_two(end, value, 1); break;
    case 'e': start = put_scientific(end, value); break;
    default: start = put_decimal(end, value); break;
  }
  sink_padded_number(sink, negative, start, end - start, width, flags);
}

}   // extern "C"
