// locks.cpp: the nesting lock of programs with tasks: stdout and stderr, stdin, variables that tasks share.
// Depends on tasks.h, tasks/sys.h.
// SPDX-License-Identifier: Apache-2.0
//
// Two atomic operations when nobody else wants it, none while one thread is alone (alone.h). A thread that must wait
// looks again for some microseconds, since most sections are short, and then sleeps, since a write to a slow pipe is
// not. (The states are those of "Futexes Are Tricky", Drepper 2011.)
#ifdef JANUS_TASKS
#include "runtime/abi_tasks.h"
#include "runtime/tasks.h"
#include "runtime/tasks/sys.h"

namespace janus::rt {
namespace {

constexpr int kSpins = 200;
NestingLock cells;
__thread uint32_t held;

bool take_free(NestingLock* l) {
  uint32_t free = 0;
  return __atomic_load_n(&l->word, __ATOMIC_RELAXED) == 0 &&
         __atomic_compare_exchange_n(&l->word, &free, 1u, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

JANUS_COLD void take_contended(NestingLock* l) {
  for (int i = 0; i < kSpins; i++) {
    if (take_free(l)) return;
    pause_cpu();
  }
  while (__atomic_exchange_n(&l->word, 2u, __ATOMIC_ACQUIRE) != 0) thread_sleep(&l->word, 2, 0);
}

}  // namespace

uint32_t locks_held() { return held; }

// Who is alone keeps the words all the same: others may come while the lock is held.
JANUS_THREADED void lock(NestingLock* l) {
  const uint32_t me = thread_number();
  if (__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == me) {
    l->depth++;
    return;
  }
  if (JANUS_UNLIKELY(!if_alone([&] { l->word = 1; })) && JANUS_UNLIKELY(!take_free(l))) take_contended(l);
  __atomic_store_n(&l->holder, me, __ATOMIC_RELAXED);
  l->depth = 1;
  held++;
}

JANUS_THREADED void unlock(NestingLock* l) {
  janus_require(__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == thread_number(),
                "a lock was given back by a thread that does not hold it");
  if (--l->depth != 0) return;
  held--;
  __atomic_store_n(&l->holder, 0u, __ATOMIC_RELAXED);
  if (JANUS_LIKELY(if_alone([&] { l->word = 0; }))) return;
  if (JANUS_UNLIKELY(__atomic_exchange_n(&l->word, 0u, __ATOMIC_RELEASE) == 2)) thread_wake(&l->word);
}

}  // namespace janus::rt

extern "C" {

JANUS_THREADED void janus_cells_lock(void) { lock(&janus::rt::cells); }
JANUS_THREADED void janus_cells_unlock(void) { unlock(&janus::rt::cells); }

}  // extern "C"
#endif
