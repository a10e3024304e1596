// sanitize.h: tells ThreadSanitizer which context runs on which stack. Nothing in programs; the stress tests of tests/runtime use it.
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/tasks/task.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define JANUS_TSAN
#endif
#endif

#ifdef JANUS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace janus::rt {

#ifdef JANUS_TSAN
inline void context_made(Task* task) { task->fiber = __tsan_create_fiber(0); }
inline void context_is_thread(Task* task) { task->fiber = __tsan_get_current_fiber(); }
inline void context_entering(Task* task) { __tsan_switch_to_fiber(task->fiber, 0); }
inline void context_ended(Task* task) {
  if (task->fiber) __tsan_destroy_fiber(task->fiber);
  task->fiber = nullptr;
}
inline void context_inherited(Task* task, Task* from) {
  task->fiber = from->fiber;
  from->fiber = nullptr;
}
#else
JANUS_INLINE void context_made(Task*) {}
JANUS_INLINE void context_is_thread(Task*) {}
JANUS_INLINE void context_entering(Task*) {}
JANUS_INLINE void context_ended(Task*) {}
JANUS_INLINE void context_inherited(Task*, Task*) {}
#endif

}  // namespace janus::rt
