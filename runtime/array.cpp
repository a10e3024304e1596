// array.cpp: growable arrays: copy on write, growth, slices.
// Depends on counted.h.
// SPDX-License-Identifier: Apache-2.0
//
// The header and the elements are one block, so an array that grows moves; every function that may move it consumes the
// old pointer and returns the new one. Elements are moved as bytes: no value of the language knows its own address.
#include "runtime/counted.h"
#include "runtime/tasks.h"

namespace janus::rt {

const TypeGlue byte_glue = {1, nullptr, nullptr};

namespace {

constexpr int64_t kFirstBytes = 32;   // room that a first push makes

[[noreturn]] JANUS_COLD void too_long() {
  environment_failed("out of memory: an array would be larger than the address space");
}

// Bytes of the block of an array of `cap` elements, or no return.
JANUS_INLINE int64_t block_bytes(int64_t cap, int64_t size) {
  int64_t bytes;
  if (JANUS_UNLIKELY(cap < 0 || __builtin_mul_overflow(cap, size, &bytes) || bytes > kBlockMax - kArrayHeader))
    too_long();
  return kArrayHeader + bytes;
}

// The capacity that uses up the block which an array of `cap` elements gets.
JANUS_INLINE int64_t full_cap(int64_t cap, int64_t size) {
  if (JANUS_UNLIKELY(size == 0)) return kBlockMax;   // elements without bytes need no room
  const int64_t room = usable_size(block_bytes(cap, size)) - kArrayHeader;
  if (JANUS_LIKELY((size & (size - 1)) == 0)) return room >> __builtin_ctzll(static_cast<uint64_t>(size));
  return room / size;   // which takes longer than all the rest
}

int64_t grown_cap(Array* array, int64_t extra, int64_t size) {
  int64_t need;
  if (__builtin_add_overflow(array->len, extra, &need)) too_long();
  const int64_t first = size ? (kFirstBytes + size - 1) / size : 1;
  int64_t doubled = array->len < (kBlockMax >> 1) ? array->len * 2 : need;
  // Doubling is a wish; near the limit the need decides.
  if (size && doubled > (kBlockMax - kArrayHeader) / size) doubled = need;
  return max64(need, max64(doubled, first));
}

void retain_elements(uint8_t* data, int64_t len, const TypeGlue* glue) {
  if (!glue->retain) return;
  for (int64_t i = 0; i < len; i++) glue->retain(data + i * glue->size);
}

// A copy with one owner and room for `cap` elements; gives up the caller's share of the original.
Array* copy_out(Array* array, int64_t cap, const TypeGlue* glue) {
  janus_require(cap >= array->len, "a copy with less room than elements");
  Array* copy = array_alloc(cap, glue->size);
  copy->len = array->len;
  memcpy(copy->data, array->data, static_cast<size_t>(array->len * glue->size));
  retain_elements(copy->data, copy->len, glue);
  array_release(array, glue);
  return copy;
}

__attribute__((noinline)) Array* grow(Array* array, int64_t extra, const TypeGlue* glue) {
  janus_require(extra >= 0, "an array that grows by less than nothing");
  const int64_t size = glue->size;
  if (!is_unique(array)) return copy_out(array, extra == 0 ? array->len : grown_cap(array, extra, size), glue);
  if (array->cap - array->len >= extra) return array;
  const int64_t cap = full_cap(grown_cap(array, extra, size), size);
  const int64_t used = kArrayHeader + array->len * size;
  Array* moved =
      static_cast<Array*>(block_resize(array, kArrayHeader + array->cap * size, kArrayHeader + cap * size, used));
  moved->data = inline_data(moved);
  moved->cap = cap;
  return moved;
}

}   // namespace

Array* array_alloc(int64_t cap, int64_t size) {
  cap = full_cap(cap, size);
  Array* array = static_cast<Array*>(janus_alloc(kArrayHeader + (size ? cap * size : 0)));
  array->head = {1, 0};
  array->len = 0;
  array->data = inline_data(array);
  array->cap = cap;
  return array;
}

void array_free_storage(Array* array, int64_t size) { janus_free(array, kArrayHeader + array->cap * size); }

void array_release(Array* array, const TypeGlue* glue) {
  if (release(&array->head)) janus_array_drop(array, glue, 0);
}

}   // namespace janus::rt

extern "C" {

Array janus_empty_array = {{kImmortal, 0}, 0, reinterpret_cast<uint8_t*>(&janus_empty_array) + kArrayHeader, {0}};

Array* janus_array_new(int64_t cap, const TypeGlue* glue) {
  if (cap == 0) return &janus_empty_array;
  return array_alloc(cap, glue->size);
}

Array* janus_array_unique(Array* array, const TypeGlue* glue) {
  if (JANUS_LIKELY(is_unique(array))) return array;
  return copy_out(array, array->len, glue);
}

Array* janus_array_reserve(Array* array, int64_t extra, const TypeGlue* glue) {
  if (JANUS_LIKELY(is_unique(array) && array->cap - array->len >= extra)) return array;
  return grow(array, extra, glue);
}

Array* janus_array_slice(Array* array, int64_t lo, int64_t hi, const TypeGlue* glue) {
  janus_require(0 <= lo && lo <= hi && hi <= array->len, "a slice outside its array");
  const int64_t len = hi - lo;
  if (len == 0) return &janus_empty_array;
  if (len == array->len) {
    retain(&array->head);
    return array;
  }
  uint8_t* data = array->data + lo * glue->size;
  if (len * glue->size < kShareFrom && !glue->retain) {
    Array* copy = array_alloc(len, glue->size);
    copy->len = len;
    memcpy(copy->data, data, static_cast<size_t>(len * glue->size));
    return copy;
  }
  Array* owner = is_slice(array) ? array->owner : array;   // never a chain of owners
  retain(&owner->head);
  Array* slice = static_cast<Array*>(janus_alloc(kArrayHeader));
  slice->head = {1, kFlagSlice};
  slice->len = len;
  slice->data = data;
  slice->owner = owner;
  return slice;
}

Array* janus_array_concat(Array* a, Array* b, const TypeGlue* glue) {
  if (b->len == 0) return a;
  if (a->len == 0 && !(is_unique(a) && a->cap >= b->len)) {
    array_release(a, glue);
    retain(&b->head);
    return b;
  }
  const int64_t size = glue->size;
  const int64_t extra = b->len;
  Array* whole;
  if (is_unique(a) && a != b) {
    whole = janus_array_reserve(a, extra, glue);
  } else {
    int64_t total;
    if (__builtin_add_overflow(a->len, extra, &total)) too_long();
    if (a == b) retain(&b->head);   // `xs = xs ++ xs`: what is read must outlive the copy
    whole = copy_out(a, total, glue);
  }
  uint8_t* end = whole->data + whole->len * size;
  memcpy(end, b->data, static_cast<size_t>(extra * size));
  retain_elements(end, extra, glue);
  whole->len += extra;
  if (a == b) array_release(b, glue);
  return whole;
}

void janus_array_drop(Array* array, const TypeGlue* glue, uint32_t depth) {
  janus_require(array->head.count == 0, "a drop of an array that has owners");
  if (is_slice(array)) {
    Array* owner = array->owner;
    janus_free(array, kArrayHeader);
    if (release(&owner->head)) off_task([=] { janus_array_drop(owner, glue, depth); });
    return;
  }
  if (glue->drop) {
    if (depth > kDropDepth) return defer_array_drop(array, glue);
    off_task([=] {
      for (int64_t i = 0; i < array->len; i++) glue->drop(array->data + i * glue->size, depth + 1);
    });
  }
  array_free_storage(array, glue->size);
  if (depth == 0) drain_own_drops(glue->drop != nullptr);
}

}   // extern "C"
