// memory.h: the allocator behind every counted block: size classes, and what the rest of the runtime asks of them.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// Callers remember the size of a block (a count's layout tells it), so blocks carry no header: 16-byte classes up to
// 576 bytes, then four classes a doubling. A class's free blocks form a list, last freed first taken.
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

constexpr int64_t kSmallStep = 16;
// Bigger classes are a cache line longer than four classes a doubling make: an odd number of lines each. Neighbours of
// one class then lie in different sets of the processor's cache (a walk down a column of rows stays in it), and 2^n
// bytes with a header fit.
constexpr int64_t kLine = 64;
constexpr int64_t kSmallMax = 512 + kLine;     // a class every 16 bytes up to here
constexpr int64_t kSpanMax =
    32 * 1024 + kLine;  // blocks up to here are cut from spans, bigger ones are mapped one by one
constexpr int64_t kClassMax = 64 << 20;        // blocks above are rounded to pages and never kept
constexpr int64_t kBlockMax = int64_t(1) << 47;
constexpr uint32_t kSmallClasses = kSmallMax / kSmallStep + 1;   // class 0 is for size 0, with blocks of 16
constexpr uint32_t class_of_doubling(int64_t size) {   // kSmallMax < size <= kClassMax
  const int64_t last = (size <= kSpanMax ? size - kLine : size) - 1;
  const uint32_t top =
      63 - static_cast<uint32_t>(__builtin_clzll(static_cast<uint64_t>(last)));   // 2^top <= last < 2^(top+1)
  const uint32_t quarter = static_cast<uint32_t>(last >> (top - 2)) & 3;
  return kSmallClasses + (top - 9) * 4 + quarter;
}
constexpr uint32_t kClasses = class_of_doubling(kClassMax) + 1;

JANUS_INLINE uint32_t class_of(int64_t size) {
  if (JANUS_LIKELY(size <= kSmallMax)) return static_cast<uint32_t>((size + kSmallStep - 1) / kSmallStep);
  return class_of_doubling(size);
}
constexpr int64_t size_of_class(uint32_t index) {
  if (index == 0) return kSmallStep;
  if (index < kSmallClasses) return index * kSmallStep;
  const uint32_t above = index - kSmallClasses;
  const int64_t size = (int64_t(5 + above % 4) << 7) << (above / 4);
  return size < kSpanMax ? size + kLine : size;
}
static_assert(size_of_class(class_of_doubling(577)) == 704 && size_of_class(class_of_doubling(704)) == 704);
static_assert(size_of_class(class_of_doubling(705)) == 832 && size_of_class(class_of_doubling(1088)) == 1088);
static_assert(size_of_class(class_of_doubling(kSpanMax)) == kSpanMax &&
              size_of_class(class_of_doubling(kSpanMax + 1)) == 40 * 1024);
static_assert(size_of_class(kClasses - 1) == kClassMax);

// The bytes that an allocation of `size` really has. Allocating any size between `size` and the result gives a block of
// the same class.
JANUS_INLINE int64_t usable_size(int64_t size) {
  if (JANUS_LIKELY(size <= kClassMax)) return size_of_class(class_of(size));
  return (size + 4095) & ~int64_t(4095);
}

// A free block. The mark stands where a counted block keeps its count: a block that is freed twice, or written after,
// is noticed.
struct FreeBlock {
  uint64_t mark;
  FreeBlock* next;
};
constexpr uint64_t kFreedMark = 0x00f3eedb10c00000ull;

// Moves the first `keep` bytes into a block of new_size and frees the old one; big blocks move by remapping their
// pages.
JANUS_HIDDEN void* block_resize(void* block, int64_t old_size, int64_t new_size, int64_t keep);

// At exit of a debug program: how many blocks were never freed; says so on stderr when there are any.
JANUS_HIDDEN int64_t report_leaks();
JANUS_HIDDEN int64_t live_blocks();

// As janus_defer_drop, for an array whose elements need their glue.
JANUS_HIDDEN void defer_array_drop(Array* array, const TypeGlue* glue);
constexpr uint32_t kDropDepth = 64;   // deeper drops are queued

// At the end of a drop at depth 0; `any`: what was dropped owned something. In programs with tasks the queue belongs to
// the thread, and whoever inlines this may change threads: out of line then.
#ifdef JANUS_TASKS
JANUS_HIDDEN void drain_here();
JANUS_INLINE void drain_own_drops(bool any) {
  if (any) drain_here();
}
#else
JANUS_INLINE void drain_own_drops(bool) {
  if (janus_drops_pending != 0) janus_drain_drops();
}
#endif

}   // namespace janus::rt
