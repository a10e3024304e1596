// bytes.cpp: bytes as text, and where a byte stands: what readers of files and connections need.
// Depends on handle.h, utf8.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/io/handle.h"
#include "runtime/utf8.h"

using namespace janus::rt;

extern "C" {

// What is not UTF-8 becomes U+FFFD.
String* janus_bytes_text(Array* bytes, int64_t from, int64_t to) {
  return string_from_any_bytes(bytes->data + from, to - from);
}

// The first place from `from` on, or -1.
int64_t janus_bytes_find(Array* bytes, uint8_t byte, int64_t from) {
  if (from >= bytes->len) return -1;
  const void* at = memchr(bytes->data + from, byte, static_cast<size_t>(bytes->len - from));
  return at ? static_cast<const uint8_t*>(at) - bytes->data : -1;
}

}  // extern "C"
