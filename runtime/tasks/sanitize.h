// sanitize.h: tells ThreadSanitizer and AddressSanitizer which context runs on which stack. Nothing in programs;
// tests/runtime uses it. Depends on task.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/tasks/task.h"

#ifdef JANUS_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef JANUS_ASAN
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace janus::rt {

// Frames of watched code are larger than what was proved of the code that ships.
#if defined(JANUS_TSAN) || defined(JANUS_ASAN)
constexpr int64_t kWatchedStack = 256 * 1024;
#else
constexpr int64_t kWatchedStack = 0;
#endif

#ifdef JANUS_TSAN
inline void context_made(Task* task) { task->fiber = __tsan_create_fiber(0); }
inline void context_is_thread(Task* task) { task->fiber = __tsan_get_current_fiber(); }
inline void context_entering(Task* task) { __tsan_switch_to_fiber(task->fiber, 0); }
inline void context_entered() {}
inline void context_ended(Task* task) {
  if (task->fiber) __tsan_destroy_fiber(task->fiber);
  task->fiber = nullptr;
}
inline void context_inherited(Task* task, Task* from) {
  task->fiber = from->fiber;
  from->fiber = nullptr;
}
#elif defined(JANUS_ASAN)
struct Bounds {
  void* bottom;
  size_t size;
};
inline Bounds bounds_of_threads[512];
inline uint32_t threads_known;
inline void context_made(Task*) {}
inline void context_is_thread(Task* task) {
  Bounds* b = &bounds_of_threads[__atomic_fetch_add(&threads_known, 1, __ATOMIC_RELAXED)];
  pthread_attr_t attributes;
  janus_require(b < bounds_of_threads + 512 && pthread_getattr_np(pthread_self(), &attributes) == 0 &&
                    pthread_attr_getstack(&attributes, &b->bottom, &b->size) == 0,
                "a thread knows its stack");
  pthread_attr_destroy(&attributes);
  task->fiber = b;
}
inline void context_entering(Task* task) {
  if (const Bounds* b = static_cast<Bounds*>(task->fiber)) __sanitizer_start_switch_fiber(nullptr, b->bottom, b->size);
  else __sanitizer_start_switch_fiber(nullptr, stack_of(task), static_cast<size_t>(stack_size_of(task->stack_class)));
}
inline void context_entered() { __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr); }
// The marks of frames that were never left would be in the way of the next task.
inline void context_ended(Task* task) {
  if (uint8_t* stack = stack_of(task))
    __asan_unpoison_memory_region(stack, static_cast<size_t>(stack_size_of(task->stack_class)));
}
inline void context_inherited(Task*, Task*) {}
#else
JANUS_INLINE void context_made(Task*) {}
JANUS_INLINE void context_is_thread(Task*) {}
JANUS_INLINE void context_entering(Task*) {}
JANUS_INLINE void context_entered() {}
JANUS_INLINE void context_ended(Task*) {}
JANUS_INLINE void context_inherited(Task*, Task*) {}
#endif

}  // namespace janus::rt
