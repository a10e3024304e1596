// internal.h: what every file of the runtime uses: assertions, last sentences, places in memory that are read without
// alignment. Depends on abi.h and musl's headers only; nothing here is seen by compiled code. SPDX-License-Identifier:
// Apache-2.0
//
// JANUS_RELEASE is defined for the bitcode that release programs take in: leak accounting and the marks on freed blocks
// are left out. JANUS_RT_TEST is defined when the unit tests compile the runtime for the host: no `main`, no signal
// handlers.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/abi.h"

#define JANUS_LIKELY(x) __builtin_expect(!!(x), 1)
#define JANUS_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define JANUS_COLD __attribute__((cold, noinline))
#define JANUS_HIDDEN __attribute__((visibility("hidden")))
#define JANUS_INLINE inline __attribute__((always_inline))

// The runtime is compiled twice: for programs without tasks, and with JANUS_TASKS for those with them. There, what
// belongs to a thread is thread-local, and functions that use it are never inlined into code that may go on with
// another thread.
#ifdef JANUS_TASKS
#define JANUS_THREAD __thread
#define JANUS_THREADED __attribute__((noinline))
#else
#define JANUS_THREAD
#define JANUS_THREADED
#endif

// A bug of ours, never of the program: prints `janus runtime: WHY` and ends with 70.
#define janus_require(cond, why) (JANUS_LIKELY(cond) ? (void)0 : janus::rt::require_failed(why))

namespace janus::rt {

constexpr int kExitFailure = 1;   // a failure that left main
constexpr int kExitEnvironment = 3;   // memory, disk, terminal: the world is at fault
constexpr int kExitBug = 70;   // the runtime or the compiler is at fault
constexpr int kExitPanic = 101;

[[noreturn]] JANUS_HIDDEN JANUS_COLD void require_failed(const char* why);

// Flushes what was printed, writes the sentence to stderr and ends with kExitEnvironment.
[[noreturn]] JANUS_HIDDEN JANUS_COLD void environment_failed(const char* sentence);

// Writes to a descriptor at once, past every buffer; what cannot be written is lost. For last words.
JANUS_HIDDEN void write_raw(int fd, const void* bytes, size_t len);

JANUS_INLINE uint64_t load64(const uint8_t* p) {
  uint64_t x;
  __builtin_memcpy(&x, p, 8);
  return x;
}
JANUS_INLINE uint32_t load32(const uint8_t* p) {
  uint32_t x;
  __builtin_memcpy(&x, p, 4);
  return x;
}

JANUS_INLINE int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
JANUS_INLINE int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

}   // namespace janus::rt
