// bytes.cpp: bytes as text, and where a byte stands: what readers of files and connections need.
// Depends on handle.h, utf8.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/io/handle.h"
#include "runtime/utf8.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

using namespace janus::rt;

extern "C" {

// What is not UTF-8 becomes U+FFFD.
String* janus_bytes_text(Array* bytes, int64_t from, int64_t to) {
  return string_from_any_bytes(bytes->data + from, to - from);
}

// The first place from `from` on, or -1.
int64_t janus_bytes_find(Array* bytes, uint8_t byte, int64_t from) {
  if (from >= bytes->len) return -1;
#ifdef __SSE2__
  // libc's walks by words; most lines end within a few of these.
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(byte));
  for (; from + 16 <= bytes->len; from += 16) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes->data + from));
    if (const int hits = _mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted)))
      return from + __builtin_ctz(static_cast<unsigned>(hits));
  }
  if (from >= bytes->len) return -1;
#endif
  const void* at = memchr(bytes->data + from, byte, static_cast<size_t>(bytes->len - from));
  return at ? static_cast<const uint8_t*>(at) - bytes->data : -1;
}

}  // extern "C"
