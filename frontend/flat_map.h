// flat_map.h: a hash table from 64-bit keys to 32-bit values: one array, no allocation per entry.
// Depends on nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace janus {

inline uint64_t mix_bits(uint64_t x) {
  x ^= x >> 32;
  x *= 0x9e3779b97f4a7c15ull;
  return x ^ (x >> 29);
}

// The key of all ones is not allowed: it marks an empty slot.
class FlatMap {
 public:
  static constexpr uint32_t None = 0xffffffffu;
  uint32_t find(uint64_t key) const {
    if (slots_.empty()) return None;
    for (size_t i = mix_bits(key) & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].key == key) return slots_[i].value;
      if (slots_[i].key == kEmpty) return None;
    }
  }
  // The value of the key; a new one starts as None. Valid until the next call.
  uint32_t& operator[](uint64_t key) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    size_t i = mix_bits(key) & (slots_.size() - 1);
    while (slots_[i].key != key && slots_[i].key != kEmpty) i = (i + 1) & (slots_.size() - 1);
    if (slots_[i].key == kEmpty) {
      slots_[i] = {key, None};
      ++count_;
    }
    return slots_[i].value;
  }
  size_t size() const { return count_; }
  void clear() {   // keeps its room
    std::fill(slots_.begin(), slots_.end(), Slot{kEmpty, None});
    count_ = 0;
  }

 private:
  static constexpr uint64_t kEmpty = ~0ull;
  struct Slot {
    uint64_t key;
    uint32_t value;
  };
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2, Slot{kEmpty, None});
    old.swap(slots_);
    for (const Slot& s : old) {
      if (s.key == kEmpty) continue;
      size_t i = mix_bits(s.key) & (slots_.size() - 1);
      while (slots_[i].key != kEmpty) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = s;
    }
  }
  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace janus
