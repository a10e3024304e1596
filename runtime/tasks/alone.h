// alone.h: how a thread that runs tasks alone does without atomic operations, in programs with tasks.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// A locked instruction takes some 20 cycles, and creating, running and joining a task takes a dozen of them. As long as
// one thread alone runs tasks, while the others sleep or were never started, the same words are read and written
// plainly. Whether it is alone is asked before each such step, and the answer must hold to the step's end, though a
// sleeper may wake at any moment. So a step says that it is under way, then asks; and whoever comes back from sleep
// (come_back) first says so, then has the kernel put a barrier into every running thread (membarrier), then waits until
// no step is under way. One of the two sees the other, and the plain step costs two plain stores more.
//
// Steps are short and contain no call: who comes back waits for a few instructions, or for the thread to get its
// processor again.
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

// Whether several threads may touch what the runtime shares. Set by a thread about to let others in, or by one that
// comes in; cleared by one that finds all others asleep (tasks/worker.cpp).
JANUS_HIDDEN extern bool threads_run;
JANUS_HIDDEN extern uint32_t lone_step;   // the lone thread is in a step

JANUS_INLINE bool others_run() { return __atomic_load_n(&threads_run, __ATOMIC_RELAXED); }

// Does f, a few plain reads and writes, if this thread is alone.
template <typename F>
JANUS_INLINE bool if_alone(F f) {
  if (JANUS_UNLIKELY(others_run())) return false;
  __atomic_store_n(&lone_step, 1u, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);   // for the processor, who comes back has one put here
  const bool alone = !others_run();
  if (JANUS_LIKELY(alone)) f();
  __atomic_store_n(&lone_step, 0u, __ATOMIC_RELEASE);
  return alone;
}

}   // namespace janus::rt
