// worker.cpp: the scheduler: which task a thread runs next, how it goes from one to another, what it does when there is none.
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
//
// A worker is a thread with a ring of ready tasks, first in first out, and one place for the task that was handed something and runs
// next. The first worker is the program's own thread; others start when tasks wait while it is busy. A worker without work steals half
// of another's ring, then looks around for a few microseconds, then sleeps (waking it costs more than everything else here, so it
// happens once for a batch).
#include "runtime/counted.h"
#include "runtime/tasks/task.h"

extern "C" {
void janus_switch(void** save, void* to);
void janus_task_entry(void);
void janus_call_on(void* top, void (*f)(void*), void* argument);
[[noreturn]] JANUS_HIDDEN void janus_task_begin(void);
__thread uint8_t* janus_stack_limit;
}

namespace janus::rt {

__thread Worker* janus_worker asm("janus_worker");

namespace {

constexpr uint32_t kWorkersTop = 256;
constexpr uint32_t kHandoversTop = 3;      // in a row before the ring has its turn
constexpr uint32_t kGlobalEvery = 61;      // ticks between looks at the shared queue and the timers
constexpr int64_t kSpinNs = 20'000;
constexpr uint64_t kWakeCycles = 150'000;  // between two wake-ups for a single task that waits

alignas(64) Worker first_worker;
Worker* workers[kWorkersTop] = {&first_worker};
uint32_t worker_count = 1;                 // started
uint32_t sleepers;                         // of them, asleep
uint32_t spinners;                         // awake, looking for work
uint64_t last_wake;

struct SharedQueue {
  Lock lock;
  Task* first;
  Task* last;
  int64_t count;
};
alignas(64) SharedQueue shared;

uint32_t ring_size(const Worker* w) { return __atomic_load_n(&w->tail, __ATOMIC_ACQUIRE) - __atomic_load_n(&w->head, __ATOMIC_ACQUIRE); }

void shared_put(Task* task) {
  task->next = nullptr;
  lock(&shared.lock);
  (shared.last ? shared.last->next : shared.first) = task;
  shared.last = task;
  __atomic_store_n(&shared.count, shared.count + 1, __ATOMIC_RELEASE);
  unlock(&shared.lock);
}

Task* shared_take() {
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

void ring_put(Worker* w, Task* task) {
  const uint32_t tail = w->tail;
  if (JANUS_UNLIKELY(tail - __atomic_load_n(&w->head, __ATOMIC_ACQUIRE) >= kRing)) {
    shared_put(task);
    return;
  }
  __atomic_store_n(&w->ring[tail % kRing], task, __ATOMIC_RELAXED);
  __atomic_store_n(&w->tail, tail + 1, __ATOMIC_RELEASE);
}

Task* ring_take(Worker* w) {
  if (JANUS_LIKELY(!threads_started)) {
    if (w->head == w->tail) return nullptr;
    return w->ring[w->head++ % kRing];
  }
  uint32_t head = __atomic_load_n(&w->head, __ATOMIC_ACQUIRE);
  while (head != w->tail) {
    Task* task = __atomic_load_n(&w->ring[head % kRing], __ATOMIC_RELAXED);
    if (__atomic_compare_exchange_n(&w->head, &head, head + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return task;
  }
  return nullptr;
}

// Half of the victim's ring, at least one; the last of them is returned, the others go to the thief's own ring.
Task* steal_from(Worker* w, Worker* victim, bool even_one) {
  uint32_t head = __atomic_load_n(&victim->head, __ATOMIC_ACQUIRE);
  const uint32_t tail = __atomic_load_n(&victim->tail, __ATOMIC_ACQUIRE);
  const uint32_t size = tail - head;
  if (size == 0 || size > kRing || (size == 1 && !even_one)) return nullptr;
  const uint32_t count = size - size / 2;
  Task* batch[kRing];
  for (uint32_t i = 0; i < count; i++) batch[i] = __atomic_load_n(&victim->ring[(head + i) % kRing], __ATOMIC_RELAXED);
  if (!__atomic_compare_exchange_n(&victim->head, &head, head + count, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return nullptr;
  for (uint32_t i = 1; i < count; i++) ring_put(w, batch[i]);
  return batch[0];
}

Task* take_next(Worker* w) {
  Task* task = w->next;
  if (!task) return nullptr;
  if (JANUS_LIKELY(!threads_started)) {
    w->next = nullptr;
    return task;
  }
  return __atomic_exchange_n(&w->next, static_cast<Task*>(nullptr), __ATOMIC_ACQ_REL);
}

// One of the ring, by chance.
Task* pick_seeded(Worker* w) {
  if (Task* next = take_next(w)) ring_put(w, next);
  for (Task* more; w->tail - w->head < kRing && (more = shared_take());) ring_put(w, more);
  const uint32_t size = w->tail - w->head;
  if (size == 0) return nullptr;
  const uint32_t chosen = (w->head + static_cast<uint32_t>(random_bits() % size)) % kRing;
  Task* task = w->ring[chosen];
  w->ring[chosen] = w->ring[w->head % kRing];
  w->head++;
  return task;
}

void run_worker(void* argument);

void wake_one() {
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count; i++) {
    uint32_t asleep = 1;
    if (__atomic_compare_exchange_n(&workers[i]->sleeping, &asleep, 0u, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
      __atomic_sub_fetch(&sleepers, 1, __ATOMIC_ACQ_REL);
      thread_wake(&workers[i]->sleeping);
      return;
    }
  }
}

JANUS_COLD void start_worker(void*) {
  static Lock starting;
  if (worker_limit() <= static_cast<int32_t>(worker_count) || !try_lock(&starting)) return;
  if (worker_limit() > static_cast<int32_t>(worker_count)) {
    Worker* w = static_cast<Worker*>(map_memory(sizeof(Worker)));
    if (w) {
      threads_started = true;   // nobody holds a lock here: this thread is the only one, or it is true already
      w->number = worker_count;
      workers[worker_count] = w;
      __atomic_store_n(&worker_count, worker_count + 1, __ATOMIC_RELEASE);
      if (!start_thread(run_worker, w)) {
        __atomic_store_n(&worker_count, worker_count - 1, __ATOMIC_RELEASE);   // fewer processors are used, nothing else
        settings.workers = static_cast<int32_t>(worker_count);
      }
    }
  }
  unlock(&starting);
}

// Another thread may take a task that waits here. Rarely: one at a time, and for a single task only now and then.
JANUS_INLINE void offer(Worker* w) {
  if (settings.workers == 1) return;
  if (__atomic_load_n(&spinners, __ATOMIC_RELAXED) != 0) return;
  const bool some_sleep = __atomic_load_n(&sleepers, __ATOMIC_RELAXED) != 0;
  if (!some_sleep && settings.workers != 0 && static_cast<int32_t>(worker_count) >= settings.workers) return;
  const uint64_t now = __builtin_readcyclecounter();
  if (now - __atomic_load_n(&last_wake, __ATOMIC_RELAXED) < (ring_size(w) > 1 ? kWakeCycles / 8 : kWakeCycles)) return;
  __atomic_store_n(&last_wake, now, __ATOMIC_RELAXED);
  if (some_sleep) on_worker_stack([](void*) { wake_one(); }, nullptr);
  else on_worker_stack(start_worker, nullptr);
}

Task* pick(Worker* w) {
  if (JANUS_UNLIKELY(settings.seeded)) return pick_seeded(w);
  if (w->next && w->handovers < kHandoversTop) {
    w->handovers++;
    if (Task* task = take_next(w)) return task;
  }
  w->handovers = 0;
  if (JANUS_UNLIKELY(++w->ticks % kGlobalEvery == 0)) {
    if (next_timer() != 0) on_worker_stack([](void*) { fire_timers(); }, nullptr);
    if (Task* task = shared_take()) return task;
  }
  Task* task = ring_take(w);
  if (!task) task = take_next(w);
  if (!task) task = shared_take();
  if (task && w->head != w->tail) offer(w);
  return task;
}

// The scheduler's own share of a task that has ended.
JANUS_INLINE void forget(Task* task) {
  if (janus_release_shared(task)) janus_task_drop(task, 0);
  add_word(&live_tasks, -1);
}

// What the context before this one left to be done, now that its stack is no longer in use.
void finish_switch() {
  Worker* w = this_worker();
  Task* task = w->previous;
  switch (w->after) {
    case After::Nothing: return;
    case After::Parked:
      if (or_word(&task->wait, kParked) & kReady) queue_task(task);
      break;
    case After::Yielded: queue_task(task); break;
    case After::Ended:
      off_task([=] {   // on the stack of the one that runs now, it would have to be reckoned with there
        give_stack(w, task);
        forget(task);
      });
      break;
  }
  w->after = After::Nothing;
}

void prepare_context(Task* task, uint8_t* top) {
  void** sp = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15));
#if defined(__x86_64__)
  *--sp = reinterpret_cast<void*>(janus_task_entry);         // returned into with the stack pointer at `top`, which its call needs
  for (int i = 0; i < 6; i++) *--sp = nullptr;
#else
  sp -= 20;
  for (int i = 0; i < 20; i++) sp[i] = nullptr;
  sp[11] = reinterpret_cast<void*>(janus_task_entry);        // x30
#endif
  task->sp = sp;
}

constexpr int64_t kIdleStack = 64 * 1024;

// The first worker's thread runs main on its own stack, so its idle context needs another.
JANUS_COLD void make_idle_context(Worker* w) {
  uint8_t* stack = static_cast<uint8_t*>(map_memory(kIdleStack));
  if (!stack) environment_failed("out of memory: no room for the scheduler's stack");
  w->idle->stack = stack;
  w->idle->stack_limit = stack;
  prepare_context(w->idle, stack + kIdleStack);
}

void go(Worker* w, Task* from, Task* to, After after) {
  if (JANUS_UNLIKELY(!to->sp)) {
    take_stack(w, to);
    prepare_context(to, to->stack + stack_size_of(to->stack_class));
  }
  w->previous = from;
  w->after = after;
  w->current = to;
  janus_stack_limit = to->stack_limit;
  janus_switch(&from->sp, to->sp);
  finish_switch();
}

bool anything_ready() {
  if (__atomic_load_n(&shared.count, __ATOMIC_ACQUIRE) != 0) return true;
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count; i++)
    if (ring_size(workers[i]) != 0 || __atomic_load_n(&workers[i]->next, __ATOMIC_ACQUIRE)) return true;
  return false;
}

// From another worker: what has waited there for a while, however little it is.
Task* steal(Worker* w, bool patient) {
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  const uint32_t start = static_cast<uint32_t>(random_bits() % count);
  for (uint32_t i = 0; i < count; i++) {
    Worker* victim = workers[(start + i) % count];
    if (victim == w) continue;
    if (Task* task = steal_from(w, victim, patient)) return task;
    if (patient)
      if (Task* task = take_next(victim)) return task;
  }
  return nullptr;
}

// Looks around for a while before sleeping; one worker at a time.
Task* spin_for_work(Worker* w) {
  if (!threads_started || __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE) < 2) return nullptr;
  uint32_t none = 0;
  if (!__atomic_compare_exchange_n(&spinners, &none, 1u, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return nullptr;
  Task* task = nullptr;
  const int64_t end = now_ns() + kSpinNs;
  bool patient = false;
  while (!task) {
    task = shared_take();
    if (!task) task = steal(w, patient);
    if (task) break;
    for (int i = 0; i < 200; i++) pause_cpu();
    const int64_t now = now_ns();
    patient = now > end - kSpinNs / 2;
    if (now > end) break;
  }
  __atomic_store_n(&spinners, 0u, __ATOMIC_RELEASE);
  return task;
}

Task* find_work(Worker* w) {
  for (;;) {
    if (Task* task = pick(w)) return task;
    if (fire_timers()) continue;
    if (settings.seeded) {
      if (const int64_t when = next_timer()) {
        skip_time_to(when);
        fire_timers();
        continue;
      }
    }
    if (Task* task = spin_for_work(w)) return task;
    // To sleep. Whoever makes a task ready afterwards sees `sleeping`; what was made ready before is seen here.
    __atomic_store_n(&w->sleeping, 1u, __ATOMIC_SEQ_CST);
    const uint32_t asleep = __atomic_add_fetch(&sleepers, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    const int64_t when = next_timer();
    bool again = anything_ready();
    if (!again && when == 0 && asleep == __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE) && __atomic_load_n(&blocked_calls, __ATOMIC_ACQUIRE) == 0) {
      handle_deadlock();
      again = true;
    }
    if (!again) thread_sleep(&w->sleeping, 1, when);
    uint32_t one = 1;
    if (__atomic_compare_exchange_n(&w->sleeping, &one, 0u, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) __atomic_sub_fetch(&sleepers, 1, __ATOMIC_ACQ_REL);
    if (threads_started)
      if (Task* task = steal(w, true)) return task;
  }
}

[[noreturn]] void idle_loop() {
  for (;;) {
    finish_switch();
    Worker* w = this_worker();
    Task* task = find_work(w);
    go(w, w->idle, task, After::Nothing);
  }
}

void run_worker(void* argument) {
  Worker* w = static_cast<Worker*>(argument);
  begin_thread();
  janus_worker = w;
  w->idle = &w->idle_task;
  w->current = w->idle;
  w->idle->sp = w;   // it has a context: this thread's own stack
  idle_loop();
}

}  // namespace

int64_t blocked_calls;

// The thread's own stack lies idle below where its idle context stands, as long as a task runs.
void on_worker_stack(void (*f)(void*), void* argument) {
  Worker* w = this_worker();
  void* top = nullptr;
  if (!w->on_own_stack && w->current != w->idle && !(w->current->flags & kFlagMain)) {
    top = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(w->idle->sp) - 256) & ~uintptr_t(15));
    w->on_own_stack = true;
  }
  janus_call_on(top, f, argument);
  if (top) w->on_own_stack = false;   // f has not suspended: this is still the same worker
}

void queue_task(Task* task) {
  Worker* w = this_worker();
  ring_put(w, task);
  offer(w);
}

void queue_next(Task* task) {
  Worker* w = this_worker();
  Task* before;
  if (JANUS_LIKELY(!threads_started)) {
    before = w->next;
    w->next = task;
  } else {
    before = __atomic_exchange_n(&w->next, task, __ATOMIC_ACQ_REL);
  }
  if (before) queue_task(before);
}

void queue_from_outside(Task* task) {
  shared_put(task);
  wake_one();
}

void poke_all_workers() {
  for (uint32_t i = 0; i < worker_count; i++) wake_one();
}

void timers_changed() {
  if (__atomic_load_n(&sleepers, __ATOMIC_ACQUIRE) != 0) wake_one();
}

void switch_away(After after) {
  Worker* w = this_worker();
  Task* from = w->current;
  Task* to = pick(w);
  if (!to) {
    if (after == After::Yielded) return;
    to = w->idle;
  }
  if (to == from) {   // it was made ready before it had left
    janus_require(after == After::Parked, "a task that runs was in a queue");
  }
  go(w, from, to, after);
}

bool claim(Task* task, bool by_cancel) {
  if (JANUS_LIKELY(!threads_started)) {
    if (task->wait & (by_cancel ? kClaimed | kNoCancel : kClaimed)) return false;
    task->wait |= kClaimed;
    return true;
  }
  uint32_t word = __atomic_load_n(&task->wait, __ATOMIC_ACQUIRE);
  do {
    if (word & (by_cancel ? kClaimed | kNoCancel : kClaimed)) return false;
  } while (!__atomic_compare_exchange_n(&task->wait, &word, word | kClaimed, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  return true;
}

void wake(Task* task, int32_t reason, bool hand_over) {
  task->reason = reason;
  if (!(or_word(&task->wait, kReady) & kParked)) return;   // it has not left its stack: it is queued when it has
  if (hand_over) queue_next(task);
  else queue_task(task);
}

void begin_wait(Task* task, WaitKind kind, void* on, bool cancellable, RT_SITE) {
  task->wait_kind = kind;
  task->wait_site = site;
  task->wait_at = at;
  task->waits_on = on;
  const uint32_t word = cancellable && task->shield == 0 ? 0u : kNoCancel;
  if (JANUS_LIKELY(!threads_started)) task->wait = word;
  else __atomic_exchange_n(&task->wait, word, __ATOMIC_SEQ_CST);   // before the look at `cancel` in end_wait
}

int32_t end_wait(Task* task) {
  // A cancellation that came before the wait began found nothing to end.
  if (JANUS_UNLIKELY(!(task->wait & kNoCancel) && is_cancelled(task)) && claim(task, true)) {
    task->wait_kind = WaitKind::None;
    return task->reason = kReasonCancel;
  }
  if (!(__atomic_load_n(&task->wait, __ATOMIC_ACQUIRE) & kReady)) switch_away(After::Parked);
  task->wait_kind = WaitKind::None;
  return task->reason;
}

void abandon_wait(Task* task) {
  task->wait_kind = WaitKind::None;
  if (claim(task, false)) return;
  while (!(__atomic_load_n(&task->wait, __ATOMIC_ACQUIRE) & kReady)) pause_cpu();   // somebody has claimed it and is about to say so
}

Error* run_main_task(uint8_t* stack_limit) {
  read_settings();
  Worker* w = &first_worker;
  janus_worker = w;
  w->idle = &w->idle_task;
  w->current = &main_task;
  main_task.head.count = -1;
  main_task.flags = kFlagMain;
  main_task.wait = kClaimed;
  main_task.stack = stack_limit;
  main_task.stack_limit = stack_limit;
  main_task.sp = w;   // it has a context
  make_idle_context(w);
  janus_stack_limit = stack_limit;
  watch_signals();
  Error* error = janus_main_entry();
  // All nurseries have ended; another thread may still be putting the last task away.
  while (__atomic_load_n(&live_tasks, __ATOMIC_ACQUIRE) != 0) pause_cpu();
  return error;
}

}  // namespace janus::rt

using namespace janus::rt;

// A new context begins here: a task for the first time, or the first worker's idle context. A stack whose task has ended goes on with
// the next new task at once.
void janus_task_begin(void) {
  finish_switch();
  if (this_task() == this_worker()->idle) idle_loop();
  for (;;) {
    Task* task = this_task();
    janus_run_task(task);
    Worker* w = this_worker();
    Task* to = pick(w);
    if (to && !to->sp && to->stack_class == task->stack_class && !settings.paint) {
      to->stack = task->stack;
      to->stack_limit = task->stack_limit;
      to->sp = task;   // it has a context
      task->stack = nullptr;
      w->current = to;
      off_task([=] { forget(task); });
      continue;
    }
    go(w, task, to ? to : w->idle, After::Ended);
  }
}
