// syscall.h: system calls without libc: a result, or -errno. No thread-local errno, no frames, nothing that a signal
// could cancel. Depends on <sys/syscall.h>. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>
#include <sys/syscall.h>

#include "runtime/internal.h"

namespace janus::rt {

#if defined(__x86_64__)
JANUS_INLINE int64_t sys_raw(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
  int64_t result;
  register int64_t r10 __asm__("r10") = d;
  register int64_t r8 __asm__("r8") = e;
  register int64_t r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
JANUS_INLINE int64_t sys_raw(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
  register int64_t x8 __asm__("x8") = number;
  register int64_t x0 __asm__("x0") = a;
  register int64_t x1 __asm__("x1") = b;
  register int64_t x2 __asm__("x2") = c;
  register int64_t x3 __asm__("x3") = d;
  register int64_t x4 __asm__("x4") = e;
  register int64_t x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#endif

JANUS_INLINE int64_t sys_word(int64_t x) { return x; }
JANUS_INLINE int64_t sys_word(const void* x) { return reinterpret_cast<int64_t>(x); }
JANUS_INLINE int64_t sys_word(decltype(nullptr)) { return 0; }

template <typename A = int64_t, typename B = int64_t, typename C = int64_t, typename D = int64_t, typename E = int64_t,
          typename F = int64_t>
JANUS_INLINE int64_t sys(int64_t number, A a = {}, B b = {}, C c = {}, D d = {}, E e = {}, F f = {}) {
  return sys_raw(number, sys_word(a), sys_word(b), sys_word(c), sys_word(d), sys_word(e), sys_word(f));
}

}  // namespace janus::rt
