// worker.cpp: the scheduler: which task a thread runs next, how it goes from one to another, what it does when there is
// none. Depends on task.h. SPDX-License-Identifier: Apache-2.0
//
// A worker is a thread with a ring of ready tasks, first in first out, and one place for the task that was handed
// something and runs next. The first worker is the program's own thread; others start when tasks wait while it is busy.
// A worker without work steals half of another's ring, then looks around for a few microseconds, then sleeps.
//
// Waking a sleeper costs more than everything else here, and a second thread makes every step of a task's life dearer,
// so it must be worth it: what waits must be work for kWorthWaking by the length of this worker's last runs. Two tasks
// that answer each other stay on one worker, and while that one is alone, it needs no atomic operations (alone.h).
//
// Wakers are lazy, so something must look after what they leave: a single ready task behind one that computes for long,
// a timer that nobody sleeps for. That is the watcher: while some workers run and others sleep, one of the sleepers
// looks now and then (after 100 µs, then less and less often, to 2 ms). It comes back only when there is something to
// take. When all sleep and nothing has run since the last look, it sleeps for good: an idle program uses no processor.
#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/tasks/sanitize.h"

extern "C" {
void janus_switch(void** save, void* to);
void janus_task_entry(void);
void janus_call_on(void* top, void (*f)(void*), void* argument);
[[noreturn]] JANUS_HIDDEN void janus_task_begin(void);
__thread uint8_t* janus_stack_limit;
}

namespace janus::rt {

bool threads_run;
uint32_t lone_step;
__thread Worker* janus_worker asm("janus_worker");
namespace {
constexpr uint32_t kWorkersTop = 256;
alignas(64) Worker first_worker;
}   // namespace
Worker* workers[kWorkersTop] = {&first_worker};
uint32_t worker_count = 1;   // started

}   // namespace janus::rt

#include "runtime/tasks/worker_queues.h"
#include "runtime/tasks/worker_wake.h"

namespace janus::rt {
namespace {

constexpr uint32_t kHandoversTop = 3;   // in a row before the ring has its turn
constexpr uint32_t kGlobalEvery = 61;   // ticks between looks at the shared queue and the timers
constexpr int64_t kSeededStep = 1'000;   // ns that a turn takes by the clock of seeded runs

void look_at_clock(void*) {
  if (others_run()) try_alone(this_worker());
  __atomic_store_n(&coarse_now, now_ns(), __ATOMIC_RELAXED);
  if (next_timer() != 0) fire_timers();
  if (waits_for_io()) io_poller->look();
}

// Of seeded runs: it passes for those who always have something to run, too.
void pass_time(void*) {
  skip_time_to(now_ns() + kGlobalEvery * kSeededStep);
  look_at_clock(nullptr);
}

// What a task calls that waits is inlined into the place where it stands: its stack is as small as its frames are few.
JANUS_INLINE Task* pick_here(Worker* w) {
  __atomic_store_n(&w->runs, w->runs + 1, __ATOMIC_RELAXED);
  if (JANUS_UNLIKELY(settings.seeded)) {
    if (++w->ticks % kGlobalEvery == 0) on_worker_stack(pass_time, nullptr);
    on_worker_stack(pick_seeded, w);   // tasks' stacks need not be larger because there are seeds
    return w->chosen;
  }
  if (__atomic_load_n(&w->next, __ATOMIC_RELAXED) && w->handovers < kHandoversTop) {
    w->handovers++;
    if (Task* task = take_next(w)) return task;
  }
  w->handovers = 0;
  if (JANUS_UNLIKELY(++w->ticks % kGlobalEvery == 0)) {
    on_worker_stack(look_at_clock, nullptr);
    if (Task* task = shared_take()) return task;
  }
  Task* task = ring_take(w);
  if (!task) task = take_next(w);
  if (!task) task = shared_take();
  if (task && ring_size(w) != 0) offer(w);
  return task;
}
__attribute__((noinline)) Task* pick(Worker* w) { return pick_here(w); }

JANUS_INLINE void queue_here(Task* task) {
  Worker* w = this_worker();
  ring_put(w, task);
  offer(w);
}

// The scheduler's own share of a task that has ended.
JANUS_INLINE void forget(Task* task) {
  if (janus_release_shared(task)) janus_task_drop(task, 0);
  add_own(&this_worker()->live, -1);
}

// What the context before this one left to be done, now that its stack is no longer in use.
JANUS_INLINE void finish_switch() {
  Worker* w = this_worker();
  Task* task = w->previous;
  const After after = w->after;
  w->after = After::Nothing;
  if (JANUS_LIKELY(after == After::Parked)) {
    if (JANUS_UNLIKELY(or_word(&task->wait, kParked) & kReady)) queue_here(task);
  } else if (after == After::Yielded) {
    queue_here(task);
  } else if (after == After::Ended) {
    context_ended(task);
    off_task([=] {   // on the stack of the one that runs now, it would have to be reckoned with there
      give_stack(w, task);
      forget(task);
    });
  }
}

}   // namespace
}   // namespace janus::rt

#include "runtime/tasks/worker_context.h"
#include "runtime/tasks/worker_sleep.h"

namespace janus::rt {
namespace {

Task* find_work(Worker* w) {
  bool slept = false;
  bool spin = true;
  for (;;) {
    Task* task = pick(w);
    if (!task && fire_timers()) task = pick(w);
    if (!task && waits_for_io() && io_poller->look()) task = pick(w);
    if (!task && settings.seeded) {
      const int64_t when = next_timer();
      if (waits_for_io()) {   // the world's time is real: until the next timer it may still say something
        sleep_in_poller(when);
        continue;
      }
      if (when) {
        skip_time_to(when);
        continue;
      }
    }
    if (!task && others_run()) task = spin ? spin_for_work(w) : steal(w);
    if (task) {
      if (slept) __atomic_store_n(&coarse_now, now_ns(), __ATOMIC_RELAXED);
      if (slept) fair_goes_on();
      if (slept && __atomic_load_n(&worker_count, __ATOMIC_RELAXED) > 1) appoint_watcher();
      if (slept) pace_begins(w);
      return task;
    }
    spin = sleep_now(w, false);
    slept = true;
  }
}

[[noreturn]] __attribute__((noinline)) void idle_loop() {
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
  context_is_thread(w->idle);
  fair_begin(w);
  anything_waits_long(w);   // makes the notes
  sleep_now(w, true);
  idle_loop();
}

}   // namespace

int64_t blocked_calls;
const PollHook* io_poller;
int64_t io_waits;
int64_t coarse_now;

// The thread's own stack lies idle below where its idle context stands, as long as a task runs.
// What comes after f is done there too, so that nothing is kept on the task's stack.
static void run_call(void* argument) {
  Worker* w = static_cast<Worker*>(argument);
  w->call(w->call_argument);
  w->on_own_stack = false;   // the call has not suspended: this is still the same worker
}
void on_worker_stack(void (*f)(void*), void* argument) {
  Worker* w = this_worker();   // null: a thread that runs no tasks
  if (!w || w->on_own_stack || w->current == w->idle ||
      (__atomic_load_n(&w->current->flags, __ATOMIC_RELAXED) & kFlagMain)) {   // who awaits it may write another flag
    janus_call_on(nullptr, f, argument);   // only it calls f: the compiler must not see that here (backend/stacks.cpp)
    return;
  }
  w->on_own_stack = true;
  w->call = f;
  w->call_argument = argument;
  janus_call_on(reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(w->idle->sp) - 256) & ~uintptr_t(15)), run_call,
                w);
}

__attribute__((noinline)) void queue_task(Task* task) { queue_here(task); }

void queue_next(Task* task) {
  Worker* w = this_worker();
  Task* before;
  if (JANUS_UNLIKELY(!if_alone([&] {
        before = w->next;
        __atomic_store_n(&w->next, task, __ATOMIC_RELEASE);
      })))
    before = __atomic_exchange_n(&w->next, task, __ATOMIC_ACQ_REL);
  if (before) queue_task(before);
}

void queue_from_outside(Task* task) {
  shared_put(task);
  wake_one();
}

// Unless some sleeper wakes in time by itself: a timer is often started again and again, and seldom fires.
void timers_changed() {
  if (__atomic_load_n(&asleep.count, __ATOMIC_ACQUIRE) == 0) return;
  const int64_t when = next_timer();
  bool in_time = when == 0;
  lock_in_earnest(&asleep.lock);
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count && !in_time; i++)
    in_time = workers[i]->sleeping && workers[i]->wakes_at != 0 && workers[i]->wakes_at <= when;
  unlock(&asleep.lock);
  if (!in_time) wake_one();
}

void call_goes_out() {
  __atomic_add_fetch(&blocked_calls, 1, __ATOMIC_SEQ_CST);
  let_in();
}

// The task may have run and parked again before this thread comes to say so; the last worker then slept in the belief
// that a call is out. It looks again whether all are stuck, or time can jump.
void call_came_back() {
  if (__atomic_sub_fetch(&blocked_calls, 1, __ATOMIC_SEQ_CST) != 0) return;
  lock_in_earnest(&asleep.lock);
  const bool all = asleep.count == __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  unlock(&asleep.lock);
  if (all) wake_one();
}

void come_back_to_read() {
  if (__atomic_load_n(&threads_run, __ATOMIC_SEQ_CST)) return;
  if (janus_worker == __atomic_load_n(&asleep.lone, __ATOMIC_RELAXED))
    return;   // its own thread stands still meanwhile
  come_back();
}

// In one piece: what it saves is decided here.
__attribute__((noinline, preserve_none)) void switch_away(After after) {
  Worker* w = this_worker();
  Task* from = w->current;
  Task* to = pick_here(w);
  if (!to) {
    if (after == After::Yielded) return;
    to = w->idle;
  } else if (JANUS_UNLIKELY(w->timer_news)) {   // the worker goes on, so another must wake for the timer
    w->timer_news = false;
    on_worker_stack([](void*) { timers_changed(); }, nullptr);   // system calls are not for the task's stack
  }
  janus_require(to != from, "a task that runs was in a queue");
  go(w, from, to, after);
}

void take_turn(Worker* w) {
  w->ticks = kGlobalEvery - 1;   // turns are rare: timers and the shared queue have waited
  switch_away(After::Yielded);
}

void abandon_wait(Task* task) {
  task->wait_kind = WaitKind::None;
  if (claim(task, false)) return;
  while (!(__atomic_load_n(&task->wait, __ATOMIC_ACQUIRE) & kReady))
    pause_cpu();   // somebody has claimed it and is about to say so
}

int64_t live_tasks() {
  int64_t sum = 0;
  each_worker([&](Worker* w) { sum += __atomic_load_n(&w->live, __ATOMIC_ACQUIRE); });
  return sum;
}

Error* run_main_task(uint8_t* stack_limit) {
  read_settings();
  Worker* w = &first_worker;
  janus_worker = w;
  w->idle = &w->idle_task;
  w->current = &main_task;
  asleep.lone = w;
  barriers = settings.workers != 1 && can_put_barriers();
  main_task.head.count = -1;
  main_task.flags = kFlagMain;
  main_task.wait = kClaimed;
  main_task.stack_limit = stack_limit;
  main_task.sp = w;   // it has a context
  make_idle_context(w);
  context_is_thread(&main_task);
  give_notes(w, first_notes);
  set_stack_limit(stack_limit);
  watch_signals();
  fair_begin(w);
  trace_start();
  coarse_now = now_ns();
  Error* error = janus_main_entry();
  if (JANUS_UNLIKELY(tracing)) trace_finish();
  // All nurseries have ended; another thread may still be putting the last task away.
  while (live_tasks() != 0) pause_cpu();
  return error;
}

}   // namespace janus::rt

using namespace janus::rt;

namespace janus::rt {
namespace {

__attribute__((noinline)) void context_begins() {
  context_entered();
  finish_switch();
  if (this_task() == this_worker()->idle) idle_loop();
}

// Returns when another task begins on this stack.
__attribute__((noinline)) void next_after_end() {
  Worker* w = this_worker();
  Task* task = w->current;
  Task* to = pick(w);
  if (to && !to->sp && to->stack_class == task->stack_class && !settings.paint) {
    to->stack_limit = task->stack_limit;
    to->sp = task;   // it has a context
    context_inherited(to, task);
    task->stack_limit = nullptr;
    if (JANUS_UNLIKELY(tracing)) trace_switch(w, task, After::Ended);
    w->current = to;
    off_task([=] { forget(task); });
    return;
  }
  go(w, task, to ? to : w->idle, After::Ended);
}

}   // namespace
}   // namespace janus::rt

// A new context begins here: a task for the first time, or the first worker's idle context. A stack whose task has
// ended goes on with the next new task at once. Both are calls, so that the frame below a task is small: it is there as
// long as the task is.
void janus_task_begin(void) {
  context_begins();
  for (;;) {
    janus_run_task(this_task());
    next_after_end();
  }
}
