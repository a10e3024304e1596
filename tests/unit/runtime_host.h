// runtime_host.h: small tools for the tests of the runtime, which is compiled for the host in runtime_host_test.cpp.
// Depends on runtime/abi.h and doctest.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "runtime/abi.h"

namespace rt_test {

int64_t live_blocks();   // counted blocks in use, of the whole process

// Checks that what a test allocated was freed.
struct NoLeak {
  int64_t before = live_blocks();
  ~NoLeak() { CHECK(live_blocks() == before); }
};

inline String* make(std::string_view text) {
  return janus_string_new(reinterpret_cast<const uint8_t*>(text.data()), static_cast<int64_t>(text.size()));
}
inline std::string_view view(String* s) {
  return {reinterpret_cast<const char*>(s->data), static_cast<size_t>(s->len)};
}
inline void release(String* s) {
  if (s->head.count > 0 && --s->head.count == 0) janus_string_drop(s, 0);
}
inline String* share(String* s) {
  if (s->head.count > 0) s->head.count++;
  return s;
}

// The text that `print` puts into a sink.
template <typename Print>
std::string printed(Print print) {
  Sink sink;
  janus_sink_begin(&sink);
  print(&sink);
  String* text = janus_sink_finish(&sink);
  std::string result(view(text));
  release(text);
  return result;
}

// Deterministic noise (xorshift64*).
struct Noise {
  uint64_t state = 0x9E3779B97F4A7C15ull;
  uint64_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Dull;
  }
  uint64_t below(uint64_t n) { return next() % n; }
};

}  // namespace rt_test
