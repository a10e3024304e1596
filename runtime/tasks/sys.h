// sys.h: the seam to the system: time, randomness, sleeping threads, processors, memory for stacks.
// Depends on tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// Everything of the scheduler that is not its own decision comes through here, so that a seeded run (JANUS_SCHED_SEED)
// repeats itself: there time is a number that jumps to the next timer when nothing is ready, and chance is a generator
// with that seed.
#pragma once
#include "runtime/tasks.h"

namespace janus::rt {

struct Settings {
  bool seeded;
  uint64_t seed;
  int32_t workers;    // 0: not asked yet
  bool paint;         // JANUS_STACK_PAINT: check what each task used of its stack against what was proved
};
JANUS_HIDDEN extern Settings settings;
JANUS_HIDDEN void read_settings();
JANUS_HIDDEN int32_t worker_limit();   // threads that may run tasks: JANUS_WORKERS, else what the machine gives us

JANUS_HIDDEN int64_t now_ns();   // of the program's clock; monotonic
JANUS_HIDDEN int64_t real_ns();   // of the machine's clock, seeded or not
JANUS_HIDDEN int64_t look_at_clock();   // for the program
JANUS_HIDDEN void skip_time_to(int64_t when);   // seeded runs
// Of tests (std.test.virtual_time): while it is above 0, time jumps to the next timer when all workers sleep.
JANUS_HIDDEN extern int32_t time_jumps;
JANUS_HIDDEN void set_virtual(bool on);   // a body in virtual time begins, ends
JANUS_HIDDEN void jump_time_to(int64_t when);
JANUS_HIDDEN void let_time_pass();   // until the next jump
JANUS_HIDDEN int64_t time_jumped();   // how far, together
JANUS_HIDDEN uint64_t random_bits();   // fair, not secret

// Sleeps while *word == value, at most until `when` (0: for ever).
JANUS_HIDDEN void thread_sleep(uint32_t* word, uint32_t value, int64_t when);
JANUS_HIDDEN void thread_wake(uint32_t* word);
// While *word == value and the thread that will change it has no processor; *turns counts from 0.
JANUS_HIDDEN void wait_for_thread(uint32_t* word, uint32_t value, uint32_t* turns);

// A barrier in every running thread of the program (membarrier). Asked for before there is a second thread: later it
// takes long.
JANUS_HIDDEN bool can_put_barriers();
JANUS_HIDDEN void put_barriers();

JANUS_HIDDEN bool start_thread(void (*run)(void*), void* argument);
JANUS_HIDDEN void* map_memory(int64_t size);   // null when there is none
JANUS_HIDDEN void guard_page(uint8_t* page);   // touching it ends the process; where the kernel can do it cheaply
JANUS_INLINE void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

}   // namespace janus::rt
