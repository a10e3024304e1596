// hash.cpp: hashes of plain values and of strings, for maps and sets.
// Depends on counted.h.
// SPDX-License-Identifier: Apache-2.0
//
// Folded multiplication, after wyhash (Wang Yi, public domain): two 64-bit words are multiplied and the halves of the
// product joined. The constants are fixed: a program's run does not depend on chance, and maps keep insertion order
// anyway. A program that takes keys from strangers can count on no protection against chosen collisions here; std.hash
// has SipHash for that.
#include "runtime/counted.h"

namespace janus::rt {
namespace {

constexpr uint64_t kA = 0xa0761d6478bd642full;
constexpr uint64_t kB = 0xe7037ed1a0b428dbull;
constexpr uint64_t kC = 0x8ebc6af09c88c6e3ull;

JANUS_INLINE uint64_t fold(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Strings above 16 bytes: 16 a step, the last step overlapping.
__attribute__((noinline)) uint64_t hash_long(const uint8_t* p, int64_t len) {
  uint64_t state = kA;
  int64_t i = 0;
  for (; i + 16 < len; i += 16) state = fold(load64(p + i) ^ kB, load64(p + i + 8) ^ state);
  state = fold(load64(p + len - 16) ^ kC, load64(p + len - 8) ^ state);
  return fold(state ^ kB, static_cast<uint64_t>(len) ^ kA);
}

}  // namespace
}  // namespace janus::rt

extern "C" {

uint64_t janus_hash_u64(uint64_t state, uint64_t bits) {
  return fold(state ^ bits ^ kA, (bits << 32 | bits >> 32) ^ kB);
}

uint64_t janus_string_hash(String* s) {
  const uint8_t* p = s->data;
  const int64_t len = s->len;
  if (JANUS_UNLIKELY(len > 16)) return hash_long(p, len);
  uint64_t a = 0, b = 0;
  if (len >= 8) {
    a = load64(p);
    b = load64(p + len - 8);
  } else if (len >= 4) {
    a = load32(p);
    b = load32(p + len - 4);
  } else if (len > 0) {
    a = static_cast<uint64_t>(p[0]) << 16 | static_cast<uint64_t>(p[len >> 1]) << 8 | p[len - 1];
  }
  return fold(a ^ kA ^ static_cast<uint64_t>(len) * kC, b ^ kB);
}

}  // extern "C"
