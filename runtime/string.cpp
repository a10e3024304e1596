// string.cpp: strings: joining, comparing, slicing.
// Depends on counted.h, tasks.h, utf8.h and libc's memmem.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/counted.h"
#include "runtime/tasks.h"
#include "runtime/utf8.h"

namespace janus::rt {
namespace {

// array_alloc for bytes, most often a few.
JANUS_INLINE String* string_alloc(int64_t cap) {
  if (JANUS_UNLIKELY(cap > kSmallMax - kArrayHeader)) return array_alloc(cap, 1);
  const int64_t bytes = size_of_class(class_of(kArrayHeader + cap));
  String* s = static_cast<String*>(janus_alloc(bytes));
  s->head = {1, 0};
  s->len = 0;
  s->data = inline_data(s);
  s->cap = bytes - kArrayHeader;
  return s;
}

__attribute__((noinline)) String* concat_grow(String* a, String* b) {
  int64_t total;
  const bool overflow = __builtin_add_overflow(a->len, b->len, &total);
  janus_require(!overflow, "two strings whose lengths cannot be added");
  // `s = s ++ x` in a loop: after its first round `s` has one owner and doubles, so that the loop stays linear. A
  // string with other owners, or a literal, most likely is joined once: no room beyond the block's own.
  if (is_unique(a) && a != b) {
    a = janus_array_reserve(a, b->len, &byte_glue);
    copy_bytes(a->data + a->len, b->data, b->len);
    a->len = total;
    return a;
  }
  String* whole = array_alloc(total, 1);
  copy_bytes(whole->data, a->data, a->len);
  copy_bytes(whole->data + a->len, b->data, b->len);
  whole->len = total;
  string_release(a);
  return whole;
}

}  // namespace
}  // namespace janus::rt

extern "C" {

String* janus_string_new(const uint8_t* bytes, int64_t len) {
  if (len == 0) return &janus_empty_array;
  String* s = string_alloc(len);
  copy_bytes(s->data, bytes, len);
  s->len = len;
  return s;
}

String* janus_string_concat(String* a, String* b) {
  if (b->len == 0) return a;
  if (JANUS_LIKELY(is_unique(a) && a->cap - a->len >= b->len && a != b)) {
    copy_bytes(a->data + a->len, b->data, b->len);
    a->len += b->len;
    return a;
  }
  if (a->len == 0) {
    string_release(a);
    retain(&b->head);
    return b;
  }
  return concat_grow(a, b);
}

bool janus_string_equal(String* a, String* b) {
  if (a == b) return true;
  return a->len == b->len && bytes_equal(a->data, b->data, a->len);
}

int32_t janus_string_compare(String* a, String* b) {
  const int64_t len = min64(a->len, b->len);
  const uint8_t* p = a->data;
  const uint8_t* q = b->data;
  int64_t i = 0;
  for (; i + 8 <= len; i += 8) {
    const uint64_t x = load64(p + i), y = load64(q + i);
    if (x != y) return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
  }
  for (; i < len; i++)
    if (p[i] != q[i]) return p[i] < q[i] ? -1 : 1;
  return a->len < b->len ? -1 : a->len > b->len;
}

String* janus_string_slice(String* s, int64_t lo, int64_t hi) {
  janus_require(0 <= lo && lo <= hi && hi <= s->len, "a slice outside its string");
  const int64_t len = hi - lo;
  if (JANUS_LIKELY(len > 0 && len < kShareFrom && len != s->len)) {   // words, names, fields: what most slices are
    String* copy = string_alloc(len);
    copy->len = len;
    copy_bytes(copy->data, s->data + lo, len);
    return copy;
  }
  return janus_array_slice(s, lo, hi, &byte_glue);
}

// libc's search: its time grows with the text's length alone (two-way string matching).
int64_t janus_string_find(String* text, String* part, int64_t from) {
  janus_require(0 <= from && from <= text->len, "a search that begins outside its string");
  const uint8_t* begin = text->data + from;
  const void* found = nullptr;
  off_task([&] {
    found = memmem(begin, static_cast<size_t>(text->len - from), part->data, static_cast<size_t>(part->len));
  });
  return found ? static_cast<const uint8_t*>(found) - text->data : -1;
}

bool janus_string_is_boundary(String* s, int64_t at) {
  if (at == 0 || at == s->len) return true;
  return at > 0 && at < s->len && !utf8_continues(s->data[at]);
}

void janus_string_drop(String* s, uint32_t depth) {
  (void)depth;   // bytes own nothing
  janus_require(s->head.count == 0, "a drop of a string that has owners");
  if (JANUS_UNLIKELY(is_slice(s))) {
    String* owner = s->owner;
    janus_free(s, kArrayHeader);
    if (release(&owner->head)) array_free_storage(owner, 1);
    return;
  }
  array_free_storage(s, 1);
}

}  // extern "C"
