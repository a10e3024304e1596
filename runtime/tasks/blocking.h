// blocking.h: what the blocking pool takes. Depends on task.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/tasks/task.h"

namespace janus::rt {

struct BlockingCall {
  void (*run)(void*);
  void* argument;
  Task* task;   // that waits for it; null: nobody, and the record may go as soon as `run` has begun
  BlockingCall* next;
};

// Has a thread of the pool make the call, for no task. False: no thread can be had.
JANUS_HIDDEN bool call_apart(BlockingCall* call);

}   // namespace janus::rt
