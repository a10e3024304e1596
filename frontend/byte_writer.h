// byte_writer.h: bytes that are appended: numbers, texts, nodes of trees; for content ids and records.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace janus {

// Room is made in large steps and never filled with zeros first.
class ByteWriter {
 public:
  const uint8_t* data() const { return room_.get(); }
  size_t size() const { return used_; }
  std::string_view view(size_t from = 0) const {
    return {reinterpret_cast<const char*>(room_.get()) + from, used_ - from};
  }
  void clear() { used_ = 0; }
  void cut(size_t size) { used_ = size; }

  void raw(const void* p, size_t n) {
    if (n) std::memcpy(add(n), p, n);
  }
  // Seven bits a byte, the lowest first: most numbers are small, and hashing goes by the byte.
  void num(uint64_t v) { keep(put(add(kLongest), v)); }
  void id(uint32_t v) { num(v + 1); }   // all ones, which says none, is short too
  void ids(std::span<const uint32_t> list) {
    uint8_t* at = add(list.size() * kLongest);
    for (uint32_t v : list) at = put(at, v + 1);
    keep(at);
  }
  // A node or pattern: what it is, its type, and what it leads to.
  void node(uint32_t what, uint32_t type, uint32_t a, uint32_t b) {
    keep(put(put(put(put(add(4 * kLongest), what), type), a + 1), b + 1));
  }
  void wide(__int128 v) {
    bool small = v >= 0 && v < 0xffffffff;
    id(small ? static_cast<uint32_t>(v) : 0xffffffffu);
    if (!small) raw(&v, sizeof v);
  }
  void text(std::string_view t) {
    num(t.size());
    raw(t.data(), t.size());
  }

 private:
  static constexpr size_t kLongest = 10;   // of a number
  template <class Number>
  static uint8_t* put(uint8_t* at, Number v) {
    for (; v > 127; v >>= 7) *at++ = static_cast<uint8_t>(v | 128);
    *at++ = static_cast<uint8_t>(v);
    return at;
  }
  uint8_t* add(size_t n) {
    if (used_ + n > capacity_) grow(n);
    uint8_t* at = room_.get() + used_;
    used_ += n;
    return at;
  }
  void grow(size_t n) {
    capacity_ = std::max<size_t>(capacity_ * 2, used_ + n + 4096);
    std::unique_ptr<uint8_t[]> larger(new uint8_t[capacity_]);
    if (used_) std::memcpy(larger.get(), room_.get(), used_);
    room_ = std::move(larger);
  }
  void keep(const uint8_t* end) { used_ = static_cast<size_t>(end - room_.get()); }   // of what add() gave

  std::unique_ptr<uint8_t[]> room_;
  size_t used_ = 0, capacity_ = 0;
};

}  // namespace janus
