// tasks.h: threads and locks, for the whole runtime. In programs without tasks there is one thread, and all of this is
// nothing. Depends on internal.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/alone.h"
#endif

namespace janus::rt {

#ifdef JANUS_TASKS

// Runs the program's main as the first task, on the stack it is called on (its lowest usable byte is stack_limit).
JANUS_HIDDEN Error* run_main_task(uint8_t* stack_limit);

// What a thread needs before it calls anything of the runtime: a heap, a stack for signals (start.cpp). The first
// thread has them.
JANUS_HIDDEN void begin_thread();
JANUS_HIDDEN void make_heap();   // memory.cpp's part of it

// A lock for short sections that never suspend. It spins, then gives the processor away.
struct Lock {
  uint32_t word;
};
JANUS_HIDDEN JANUS_COLD void lock_slow(Lock* lock);
JANUS_INLINE void lock(Lock* l) {
  if (JANUS_LIKELY(if_alone([&] { l->word = 1; }))) return;   // taken to those who come back, too
  if (JANUS_UNLIKELY(__atomic_exchange_n(&l->word, 1u, __ATOMIC_ACQUIRE) != 0)) lock_slow(l);
}
JANUS_INLINE bool try_lock(Lock* l) { return __atomic_exchange_n(&l->word, 1u, __ATOMIC_ACQUIRE) == 0; }
// Of what threads look at that have not come back yet (alone.h).
JANUS_INLINE void lock_in_earnest(Lock* l) {
  if (JANUS_UNLIKELY(!try_lock(l))) lock_slow(l);
}
JANUS_INLINE void unlock(Lock* l) { __atomic_store_n(&l->word, 0u, __ATOMIC_RELEASE); }

// Nesting locks that this thread holds.
JANUS_HIDDEN uint32_t locks_held();

// A number for each thread, from 1: who holds a nesting lock.
JANUS_HIDDEN uint32_t thread_number();

// A lock that its thread may take again, for sections that may take long: those who wait sleep. Never held while a task
// suspends.
struct NestingLock {
  uint32_t word;   // 0 free, 1 held, 2 held and somebody may sleep
  uint32_t holder;   // thread_number(); 0: nobody
  uint32_t depth;   // of its holder
};
JANUS_HIDDEN void lock(NestingLock* lock);
JANUS_HIDDEN void unlock(NestingLock* lock);

// Runs f on the thread's own stack: for what needs much, or nobody knows how much, and never suspends. So tasks need
// little.
JANUS_HIDDEN void on_worker_stack(void (*f)(void*), void* argument);
template <typename F>
JANUS_INLINE void off_task(F f) {
  on_worker_stack([](void* p) { (*static_cast<F*>(p))(); }, &f);
}

class HoldInEarnest {
 public:
  JANUS_INLINE explicit HoldInEarnest(Lock& held) : lock_(&held) { lock_in_earnest(lock_); }
  JANUS_INLINE ~HoldInEarnest() { unlock(lock_); }
  HoldInEarnest(const HoldInEarnest&) = delete;
  HoldInEarnest& operator=(const HoldInEarnest&) = delete;

 private:
  Lock* lock_;
};

#else

template <typename F>
JANUS_INLINE void off_task(F f) {
  f();
}

struct Lock {};
struct NestingLock {};
JANUS_INLINE void lock(Lock*) {}
JANUS_INLINE void unlock(Lock*) {}
JANUS_INLINE void lock(NestingLock*) {}
JANUS_INLINE void unlock(NestingLock*) {}

#endif

// Holds a lock to the end of a block.
template <typename AnyLock>
class Hold {
 public:
  JANUS_INLINE explicit Hold(AnyLock& held) : lock_(&held) { lock(lock_); }
  JANUS_INLINE ~Hold() { unlock(lock_); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  AnyLock* lock_;
};

}   // namespace janus::rt
