// fair.cpp: programs built with --fair: a task that computes for long gives the others a turn.
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
//
// Loops of such a program look at a word of their thread at the end of each round. A thread of its own, the watcher,
// sets the word of a worker that has been in one task for 10 ms; the loop then calls janus_fair_turn, where the task
// goes to the end of the queue, as with `yield`, but no cancellation is seen: a loop is no suspension point of the
// language. The watcher sleeps while all workers do.
#include <time.h>

#include "runtime/tasks/task.h"

extern "C" __thread uint32_t janus_fair_word;
__thread uint32_t janus_fair_word;

namespace janus::rt {
namespace {

constexpr int64_t kTurn = 10'000'000;   // ns

struct Watched {
  uint32_t* word;        // of its thread
  uint32_t runs;         // at the last look
};
Watched watched[256];    // by the worker's number
uint32_t pause_word;     // the watcher sleeps on it

void watch(void*) {
  for (;;) {
    const timespec turn = {0, kTurn};
    nanosleep(&turn, nullptr);
    bool any = false;
    each_worker([&](Worker* w) {
      Watched& seen = watched[w->number];
      uint32_t* word = __atomic_load_n(&seen.word, __ATOMIC_ACQUIRE);
      if (!word || __atomic_load_n(&w->sleeping, __ATOMIC_ACQUIRE)) return;
      any = true;
      const uint32_t runs = __atomic_load_n(&w->runs, __ATOMIC_RELAXED);
      if (runs == seen.runs) __atomic_store_n(word, 1u, __ATOMIC_RELAXED);
      seen.runs = runs;
    });
    if (any) continue;
    __atomic_store_n(&pause_word, 1u, __ATOMIC_SEQ_CST);
    each_worker([&](Worker* w) { any |= !__atomic_load_n(&w->sleeping, __ATOMIC_SEQ_CST); });
    if (!any) thread_sleep(&pause_word, 1, 0);
    __atomic_store_n(&pause_word, 0u, __ATOMIC_SEQ_CST);
  }
}

}  // namespace

// By each worker's thread before it runs tasks. The first one, which is the program's own, starts the watcher. A seeded
// run has its own order.
void fair_begin(Worker* w) {
  if (!(janus_program_flags & kProgramFair) || settings.seeded) return;
  __atomic_store_n(&watched[w->number].word, &janus_fair_word, __ATOMIC_RELEASE);
  if (w->number == 0 && !start_thread(watch, nullptr)) {}   // without it tasks take turns where they wait
}

// A worker has slept and goes on.
void fair_goes_on() {
  if (!(janus_program_flags & kProgramFair) || JANUS_LIKELY(!__atomic_load_n(&pause_word, __ATOMIC_SEQ_CST))) return;
  if (__atomic_exchange_n(&pause_word, 0u, __ATOMIC_SEQ_CST)) thread_wake(&pause_word);
}

}   // namespace janus::rt

using namespace janus::rt;

// Not where the task cannot be left: in what the runtime runs on the thread's own stack, or with a lock that belongs to
// the thread.
extern "C" __attribute__((noinline)) void janus_fair_turn(void) {
  janus_fair_word = 0;
  Worker* w = this_worker();
  if (!w || !w->current || w->current == w->idle || w->on_own_stack || locks_held() != 0) return;
  take_turn(w);
}
