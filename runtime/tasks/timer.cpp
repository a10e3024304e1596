// timer.cpp: what should happen later: a heap of timers that lie in their owners' frames.
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
//
// A heap with four children to a node: starting is cheap because most timers are later than those around them, and
// stopping one is a walk of a few steps from its own place, which it knows.
#include "runtime/memory.h"
#include "runtime/tasks/task.h"

namespace janus::rt {
namespace {

Lock timers_lock;
Timer** heap;          // from 1
uint32_t heap_size;
uint32_t heap_cap;
int64_t earliest;      // of heap[1]; 0: none. Read without the lock.

void put(uint32_t place, Timer* timer) {
  heap[place] = timer;
  __atomic_store_n(&timer->place, place, __ATOMIC_RELAXED);
}

void up(uint32_t place, Timer* timer) {
  while (place > 1) {
    const uint32_t parent = (place + 2) / 4;
    if (heap[parent]->when <= timer->when) break;
    put(place, heap[parent]);
    place = parent;
  }
  put(place, timer);
}

void down(uint32_t place, Timer* timer) {
  for (;;) {
    const uint32_t first = place * 4 - 2;
    if (first > heap_size) break;
    uint32_t least = first;
    for (uint32_t c = first + 1; c <= heap_size && c < first + 4; c++)
      if (heap[c]->when < heap[least]->when) least = c;
    if (heap[least]->when >= timer->when) break;
    put(place, heap[least]);
    place = least;
  }
  put(place, timer);
}

void remove(Timer* timer) {
  const uint32_t place = timer->place;
  janus_require(place >= 1 && place <= heap_size && heap[place] == timer, "a timer that is not where it says");
  Timer* last = heap[heap_size--];
  __atomic_store_n(&timer->place, 0u, __ATOMIC_RELAXED);
  if (last != timer) {
    if (place > 1 && heap[(place + 2) / 4]->when > last->when) up(place, last);
    else down(place, last);
  }
  __atomic_store_n(&earliest, heap_size ? heap[1]->when : 0, __ATOMIC_RELEASE);
}

void grow() {
  const uint32_t cap = heap_cap ? heap_cap * 2 : 1024;
  Timer** bigger = static_cast<Timer**>(map_memory(static_cast<int64_t>(cap) * static_cast<int64_t>(sizeof(Timer*))));
  if (!bigger) environment_failed("out of memory: no room for another timer");
  if (heap)
    memcpy(bigger, heap,
           (heap_size + 1) *
               sizeof(Timer*));   // the old one is small beside it, and never freed: half of all that was ever needed
  heap = bigger;
  heap_cap = cap;
}

}   // namespace

int64_t next_timer() { return __atomic_load_n(&earliest, __ATOMIC_ACQUIRE); }

void timer_start(Timer* timer, bool parks) {
  lock(&timers_lock);
  if (heap_size + 2 > heap_cap) grow();
  up(++heap_size, timer);
  const bool first = timer->place == 1;
  if (first) __atomic_store_n(&earliest, timer->when, __ATOMIC_RELEASE);
  unlock(&timers_lock);
  if (!first) return;
  if (parks) this_worker()->timer_news = true;   // this worker sleeps for it, unless it finds something else to do
  else timers_changed();
}

void timer_stop(Timer* timer) {
  bool over;   // for others that is only so when they do not hold the lock
  if (if_alone([&] { over = __atomic_load_n(&timer->place, __ATOMIC_RELAXED) == 0; }) && over) return;
  lock(&timers_lock);
  if (timer->place) remove(timer);
  unlock(&timers_lock);
}

// A timer is handled under the lock: its owner stops it under the lock before its frame goes.
bool fire_timers() {
  const int64_t first = next_timer();
  if (first == 0) return false;
  const int64_t now = now_ns();
  if (first > now) return false;
  bool any = false;
  Task* ready[64];
  uint32_t count;
  do {
    count = 0;
    Nursery* expired = nullptr;
    lock(&timers_lock);
    while (heap_size && heap[1]->when <= now && count < 64 && !expired) {
      Timer* timer = heap[1];
      remove(timer);
      if (timer->nursery) {
        expired = timer->nursery;
        expire_nursery(expired);
      } else if (claim(timer->task, false)) {
        ready[count++] = timer->task;
      }
    }
    unlock(&timers_lock);
    for (uint32_t i = 0; i < count; i++) wake(ready[i], kReasonTimer, false);
    any |= count != 0 || expired;
  } while (count == 64);
  return any;
}

}   // namespace janus::rt
