// counted.h: shares of counted blocks, and the shape of array and string storage.
// Depends on memory.h.
// SPDX-License-Identifier: Apache-2.0
//
// A share is one owner. retain and release are what compiled code does inline; the runtime does the same here.
#pragma once
#include "runtime/memory.h"
#ifdef JANUS_TASKS
#include "runtime/abi_tasks.h"
#endif

namespace janus::rt {

constexpr int64_t kArrayHeader = sizeof(Array);
constexpr int64_t kShareFrom = 64;   // slices below this many bytes are copied: cheaper than holding on to the owner
JANUS_HIDDEN extern const TypeGlue byte_glue;

#ifndef JANUS_TASKS
JANUS_INLINE int32_t count_of(const Head* head) { return head->count; }
JANUS_INLINE bool is_immortal(int32_t count) { return count <= 0; }

JANUS_INLINE void retain(Head* head) {
  if (head->count > 0) head->count++;
}

// True when the last share was given up: the caller drops the contents.
JANUS_INLINE bool release(Head* head) {
  if (head->count <= 0) return false;
  return --head->count == 0;
}

// One owner and own storage: the two words of the head compared at once.
JANUS_INLINE bool is_unique(const Array* array) {
  uint64_t head;
  __builtin_memcpy(&head, array, 8);
  return head == 1;
}

// As TypeGlue::share, of a String and an error.
constexpr void (*share_string_at)(void*, uint32_t) = nullptr;
constexpr void (*share_error_at)(void*, uint32_t) = nullptr;
JANUS_INLINE void share_error(Error*) {}
JANUS_INLINE void share_block(void*) {}
#else
// Blocks that tasks share have negative counts (abi_tasks.h). Whoever reads a count may be reading what another task is
// writing.
JANUS_INLINE int32_t count_of(const Head* head) { return __atomic_load_n(&head->count, __ATOMIC_RELAXED); }
JANUS_INLINE void set_count(Head* head, int32_t count) { __atomic_store_n(&head->count, count, __ATOMIC_RELAXED); }
JANUS_INLINE bool is_immortal(int32_t count) { return count == kImmortal; }

JANUS_INLINE void retain(Head* head) {
  const int32_t count = count_of(head);
  if (JANUS_LIKELY(count > 0)) set_count(head, count + 1);
  else janus_retain_shared(head);
}

// True when the last share was given up: the caller drops the contents.
JANUS_INLINE bool release(Head* head) {
  const int32_t count = count_of(head);
  if (JANUS_UNLIKELY(count <= 0)) return janus_release_shared(head);
  set_count(head, count - 1);
  return count == 1;
}

// One owner and own storage. A shared block whose only owner asks is taken back.
JANUS_INLINE bool is_unique(Array* array) {
  if (array->head.flags != 0) return false;
  const int32_t count = count_of(&array->head);
  return count == 1 || (count == -1 && janus_unshare(array));
}

// As TypeGlue::share, of a String and an error.
JANUS_INLINE void share_string(String* s, uint32_t mode) { janus_share_array(s, nullptr, mode); }
inline void share_string_at(void* value, uint32_t mode) { share_string(*static_cast<String**>(value), mode); }
inline void share_error_at(void* value, uint32_t mode) { janus_share_error(*static_cast<Error**>(value), mode); }
JANUS_INLINE void share_error(Error* error) { janus_share_error(error, kShareCopy); }
JANUS_INLINE void share_block(void* block) { janus_share(block, nullptr, kShareCopy); }   // not what it owns
#endif

JANUS_INLINE bool is_slice(const Array* array) { return (array->head.flags & kFlagSlice) != 0; }
JANUS_INLINE uint8_t* inline_data(Array* array) { return reinterpret_cast<uint8_t*>(array) + kArrayHeader; }

// An array of len 0 with room for at least `cap` elements of `size` bytes; its cap uses the block up.
JANUS_HIDDEN Array* array_alloc(int64_t cap, int64_t size);
JANUS_HIDDEN void array_free_storage(Array* array, int64_t size);
JANUS_HIDDEN void array_release(Array* array, const TypeGlue* glue);
JANUS_INLINE void string_release(String* s) {
  if (release(&s->head)) janus_string_drop(s, 0);
}

// memcmp and memcpy of libc walk byte by byte or start slowly; most strings are short.
JANUS_INLINE bool bytes_equal(const uint8_t* a, const uint8_t* b, int64_t len) {
  if (len >= 8) {
    int64_t i = 0;
    for (; i + 8 <= len; i += 8)
      if (load64(a + i) != load64(b + i)) return false;
    return load64(a + len - 8) == load64(b + len - 8);   // the tail, overlapping what was compared
  }
  if (len >= 4) return load32(a) == load32(b) && load32(a + len - 4) == load32(b + len - 4);
  for (int64_t i = 0; i < len; i++)
    if (a[i] != b[i]) return false;
  return true;
}

// The longer head and tail overlap. memcpy sees no length of 0, which it would let the compiler take for a proof that
// no pointer is null.
JANUS_INLINE void copy_bytes(uint8_t* to, const uint8_t* from, int64_t len) {
  if (len > 32) {
    memcpy(to, from, static_cast<size_t>(len));
    return;
  }
  if (len > 16) {
    const uint64_t a = load64(from), b = load64(from + 8), c = load64(from + len - 16), d = load64(from + len - 8);
    __builtin_memcpy(to, &a, 8);
    __builtin_memcpy(to + 8, &b, 8);
    __builtin_memcpy(to + len - 16, &c, 8);
    __builtin_memcpy(to + len - 8, &d, 8);
  } else if (len >= 8) {
    const uint64_t head = load64(from), tail = load64(from + len - 8);
    __builtin_memcpy(to, &head, 8);
    __builtin_memcpy(to + len - 8, &tail, 8);
  } else if (len >= 4) {
    const uint32_t head = load32(from), tail = load32(from + len - 4);
    __builtin_memcpy(to, &head, 4);
    __builtin_memcpy(to + len - 4, &tail, 4);
  } else if (len > 0) {
    const uint8_t head = from[0], middle = from[len / 2], tail = from[len - 1];
    to[0] = head;
    to[len / 2] = middle;
    to[len - 1] = tail;
  }
}

}   // namespace janus::rt
