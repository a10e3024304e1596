// channel.h: a channel's data, and what channel.cpp and select.cpp share.
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/tasks/task.h"

namespace janus {
namespace rt {

// A ring of `cap` elements with a queue of waiting senders and one of waiting receivers; one of the queues is always
// empty.
struct Channel {
  Head head;
  Lock lock;
  uint32_t closed;
  int64_t cap;
  int64_t len;
  int64_t first;          // index of the oldest element
  const TypeGlue* elem;
  WaiterList receivers;
  WaiterList senders;
  WaiterList watchers;    // selects that wait for it to be closed and drained
  const FuncSite* site;
  int64_t at;
};

JANUS_INLINE uint8_t* channel_slot(Channel* c, int64_t index) {
  return reinterpret_cast<uint8_t*>(c) + sizeof(Channel) +
         static_cast<uint64_t>(index) * static_cast<uint64_t>(c->elem->size);
}
JANUS_INLINE void copy_element(void* to, const void* from, int64_t size) {
  if (size == 8) {
    uint64_t word;
    __builtin_memcpy(&word, from, 8);
    __builtin_memcpy(to, &word, 8);
  } else if (size != 0) {
    memcpy(to, from, static_cast<size_t>(size));
  }
}

enum class Tried : uint8_t { Done, Closed, Wait };

// Under the lock. A task that was woken by it is left in *woken with the reason to give it, and is woken when the lock
// is free.
struct Woken {
  Task* task;
  int32_t reason;
};
JANUS_HIDDEN Tried send_locked(Channel* c, void* value, Woken* woken);
JANUS_HIDDEN Tried recv_locked(Channel* c, void* out, Woken* woken);
JANUS_HIDDEN void wake_watchers_locked(Channel* c);

}  // namespace rt
}  // namespace janus
