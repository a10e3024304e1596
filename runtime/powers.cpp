// powers.cpp: the table of powers of ten, computed while compiling: ten kilobytes in programs that print floats,
// nothing in others. Depends on powers.h. SPDX-License-Identifier: Apache-2.0
#include "runtime/powers.h"

namespace janus::rt {
namespace {

// An integer of up to 1344 bits, little end first. 10^k = 5^k · 2^k, and the factor 2^k moves no bit: 5^k is multiplied
// up from 1, and 5^-k divided down from 2^1312 (dividing a rounded-down quotient again rounds down the same as dividing
// once).
struct Big {
  static constexpr int kLimbs = 42;
  uint32_t limb[kLimbs];
  int used;

  constexpr void times5() {
    uint64_t carry = 0;
    for (int i = 0; i < used; i++) {
      carry += uint64_t(limb[i]) * 5;
      limb[i] = uint32_t(carry);
      carry >>= 32;
    }
    if (carry) limb[used++] = uint32_t(carry);
  }
  constexpr bool over5() {   // true when something was cut off
    uint64_t rest = 0;
    for (int i = used - 1; i >= 0; i--) {
      rest = rest << 32 | limb[i];
      limb[i] = uint32_t(rest / 5);
      rest %= 5;
    }
    while (used > 0 && limb[used - 1] == 0) used--;
    return rest != 0;
  }
  // The top 128 bits, plus one unit when bits below were cut off.
  constexpr Power top(bool cut) const {
    int lead = 0;
    while (!(limb[used - 1] >> (31 - lead) & 1)) lead++;
    uint32_t word[4] = {};
    for (int i = 0; i < 4; i++) {
      const int at = used - 1 - i;
      if (at < 0) continue;
      word[i] = limb[at] << lead;
      if (lead && at > 0) word[i] |= limb[at - 1] >> (32 - lead);
    }
    if (used > 4 && lead && (limb[used - 5] << lead & 0xFFFFFFFF)) cut = true;
    if (used > 4 && !lead && limb[used - 5]) cut = true;
    for (int i = 0; i < used - 5; i++)
      if (limb[i]) cut = true;
    Power p = {uint64_t(word[0]) << 32 | word[1], uint64_t(word[2]) << 32 | word[3]};
    if (cut && ++p.lo == 0) ++p.hi;
    return p;
  }
};

constexpr Powers make_powers() {
  Powers table = {};
  Big up = {{1}, 1};
  for (int k = 0; k <= kPowerMax; k++, up.times5()) table.of[k - kPowerMin] = up.top(false);
  Big down = {{}, Big::kLimbs};
  down.limb[Big::kLimbs - 1] = 1;
  bool cut = false;
  for (int k = -1; k >= kPowerMin; k--) {
    cut |= down.over5();
    table.of[k - kPowerMin] = down.top(cut);
  }
  return table;
}

}   // namespace

constexpr Powers powers = make_powers();
static_assert(powers.of[0 - kPowerMin].hi == 1ull << 63 && powers.of[0 - kPowerMin].lo == 0);
static_assert(powers.of[0].hi == 0xFF77B1FCBEBCDC4F && powers.of[0].lo == 0x25E8E89C13BB0F7B);

}   // namespace janus::rt
