// powers.h: the powers of ten that shortest printing and parsing of floats share, made by the compiler.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

// 10^k = (hi·2^64 + lo) · 2^(floor(log2 10^k) − 127), the 128 bits rounded up when they are not exact.
struct Power {
  uint64_t hi;
  uint64_t lo;
};
constexpr int kPowerMin = -292;
constexpr int kPowerMax = 324;
struct Powers {
  Power of[kPowerMax - kPowerMin + 1];
};
JANUS_HIDDEN extern const Powers powers;

JANUS_INLINE Power power_of_ten(int k) { return powers.of[k - kPowerMin]; }

// floor(log2(10^k)), for |k| <= 1233
JANUS_INLINE int log2_of_power(int k) { return (k * 1741647) >> 19; }

}  // namespace janus::rt
