// format_float.h: the digits of floats.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

// digits · 10^exponent; digits has at most 17 places and may end in zeros.
struct Shortest {
  uint64_t digits;
  int exponent;
};
JANUS_HIDDEN Shortest shortest_f64(uint64_t bits);   // finite, sign cleared
JANUS_HIDDEN Shortest shortest_f32(uint32_t bits);

constexpr int64_t kFloatText = 40;   // more than any text of the two below: 17 digits, 21 places, point, exponent
JANUS_HIDDEN int64_t put_f64(uint8_t* to, double magnitude, bool scientific);   // the sign is left out
JANUS_HIDDEN int64_t put_f32(uint8_t* to, float magnitude, bool scientific);
JANUS_HIDDEN uint8_t* put_exponent(uint8_t* to, int exponent);   // e+21

// Every digit of |x|, exactly: `whole` before the point (at least one), the rest behind it.
constexpr int kExactDigits = 320 + 1100;
struct Exact {
  uint8_t digits[kExactDigits];
  int whole;
  int count;
};
JANUS_HIDDEN void exact_f64(Exact* exact, double magnitude);

}  // namespace janus::rt
