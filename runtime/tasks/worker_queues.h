// worker_queues.h: the rings of ready tasks, the queue that all share, taking from both.
// Depends on task.h. A part of worker.cpp, which alone includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace janus::rt {
namespace {

struct SharedQueue {
  Lock lock;
  Task* first;
  Task* last;
  int64_t count;
};
alignas(64) SharedQueue shared;

uint32_t ring_size(const Worker* w) {
  return __atomic_load_n(&w->tail, __ATOMIC_ACQUIRE) - __atomic_load_n(&w->head, __ATOMIC_ACQUIRE);
}

void shared_put(Task* task) {
  task->next = nullptr;
  lock(&shared.lock);
  (shared.last ? shared.last->next : shared.first) = task;
  shared.last = task;
  __atomic_store_n(&shared.count, shared.count + 1, __ATOMIC_RELEASE);
  unlock(&shared.lock);
}

JANUS_INLINE Task* shared_take() {   // a call of it would stand at the deepest place of a task that waits
  if (__atomic_load_n(&shared.count, __ATOMIC_ACQUIRE) == 0) return nullptr;
  lock(&shared.lock);
  Task* task = shared.first;
  if (task) {
    shared.first = task->next;
    if (!shared.first) shared.last = nullptr;
    __atomic_store_n(&shared.count, shared.count - 1, __ATOMIC_RELEASE);
  }
  unlock(&shared.lock);
  return task;
}

JANUS_INLINE void ring_put(Worker* w, Task* task) {
  const uint32_t tail = w->tail;
  if (JANUS_UNLIKELY(tail - __atomic_load_n(&w->head, __ATOMIC_ACQUIRE) >= kRing)) {
    on_worker_stack([](void* p) { shared_put(static_cast<Task*>(p)); }, task);
    return;
  }
  __atomic_store_n(&w->ring[tail % kRing], task, __ATOMIC_RELAXED);
  __atomic_store_n(&w->tail, tail + 1, __ATOMIC_RELEASE);
}

Task* ring_take(Worker* w) {
  Task* mine = nullptr;
  if (JANUS_LIKELY(if_alone([&] {
        const uint32_t first = w->head;
        if (first == w->tail) return;
        mine = w->ring[first % kRing];
        __atomic_store_n(&w->head, first + 1, __ATOMIC_RELAXED);   // the watcher reads it
      })))
    return mine;
  uint32_t head = __atomic_load_n(&w->head, __ATOMIC_ACQUIRE);
  while (head != w->tail) {
    Task* task = __atomic_load_n(&w->ring[head % kRing], __ATOMIC_RELAXED);
    if (__atomic_compare_exchange_n(&w->head, &head, head + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return task;
  }
  return nullptr;
}

// Half of the victim's ring, at least one; the first of them is returned, the others go to the thief's own ring.
Task* steal_from(Worker* w, Worker* victim) {
  uint32_t head = __atomic_load_n(&victim->head, __ATOMIC_ACQUIRE);
  const uint32_t tail = __atomic_load_n(&victim->tail, __ATOMIC_ACQUIRE);
  const uint32_t size = tail - head;
  if (size == 0 || size > kRing) return nullptr;
  const uint32_t count = size - size / 2;
  Task* batch[kRing];
  for (uint32_t i = 0; i < count; i++) batch[i] = __atomic_load_n(&victim->ring[(head + i) % kRing], __ATOMIC_RELAXED);
  if (!__atomic_compare_exchange_n(&victim->head, &head, head + count, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    return nullptr;
  for (uint32_t i = 1; i < count; i++) ring_put(w, batch[i]);
  return batch[0];
}

Task* take_next(Worker* w) {
  Task* task = __atomic_load_n(&w->next, __ATOMIC_RELAXED);
  if (!task) return nullptr;
  if (JANUS_LIKELY(if_alone([&] { __atomic_store_n(&w->next, static_cast<Task*>(nullptr), __ATOMIC_RELAXED); })))
    return task;
  return __atomic_exchange_n(&w->next, static_cast<Task*>(nullptr), __ATOMIC_ACQ_REL);
}

// One of the ring, by chance.
void pick_seeded(void* argument) {
  Worker* w = static_cast<Worker*>(argument);
  w->chosen = nullptr;
  if (Task* next = take_next(w)) ring_put(w, next);
  for (Task* more; w->tail - w->head < kRing && (more = shared_take());) ring_put(w, more);
  const uint32_t size = w->tail - w->head;
  if (size == 0) return;
  const uint32_t chosen = (w->head + static_cast<uint32_t>(random_bits() % size)) % kRing;
  w->chosen = w->ring[chosen];
  w->ring[chosen] = w->ring[w->head % kRing];
  w->head++;
}

}   // namespace
}   // namespace janus::rt
