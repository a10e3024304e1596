// tasks.h: what the rest of the runtime knows of the scheduler, in programs with tasks.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

// Runs the program's main as the first task, on the stack it is called on (its lowest usable byte is stack_limit).
JANUS_HIDDEN Error* run_main_task(uint8_t* stack_limit);

// A heap for a thread that is about to run tasks (memory.cpp).
JANUS_HIDDEN void make_heap();

// True once a second thread runs tasks. Until then every word of the runtime belongs to one thread, and atomic operations are plain ones.
JANUS_HIDDEN extern bool threads_started;

// A lock for short sections that never suspend. It spins, then gives the processor away.
struct Lock {
  uint32_t word;
};
JANUS_HIDDEN JANUS_COLD void lock_slow(Lock* lock);
JANUS_INLINE void lock(Lock* l) {
  if (JANUS_LIKELY(!threads_started)) {
    l->word = 1;
    return;
  }
  if (JANUS_UNLIKELY(__atomic_exchange_n(&l->word, 1u, __ATOMIC_ACQUIRE) != 0)) lock_slow(l);
}
JANUS_INLINE bool try_lock(Lock* l) {
  return __atomic_exchange_n(&l->word, 1u, __ATOMIC_ACQUIRE) == 0;
}
JANUS_INLINE void unlock(Lock* l) { __atomic_store_n(&l->word, 0u, __ATOMIC_RELEASE); }

// Fits a number to a thread: who holds a nesting lock.
JANUS_HIDDEN uint32_t thread_number();

// A lock that its thread may take again. Never held while a task suspends.
struct NestingLock {
  uint32_t holder;   // thread_number(), 0: free
  uint32_t depth;
};
JANUS_HIDDEN void lock_nesting(NestingLock* lock);
JANUS_HIDDEN void unlock_nesting(NestingLock* lock);

}  // namespace janus::rt
