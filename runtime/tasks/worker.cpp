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

namespace {

constexpr uint32_t kHandoversTop = 3;   // in a row before the ring has its turn
constexpr uint32_t kGlobalEvery = 61;   // ticks between looks at the shared queue and the timers
constexpr int64_t kSeededStep = 1'000;   // ns that a turn takes by the clock of seeded runs
constexpr int64_t kSpinNs = 20'000;
constexpr int64_t kAgeRing =
    5'000;   // ns that its worker has been in one task, before a single task is taken from its ring,
constexpr int64_t kAgeNext = 50'000;   // or the task that it is to run next
constexpr int64_t kWatchLeast = 100'000;
constexpr int64_t kWatchTop = 2'000'000;
constexpr int64_t kWorthStealing = 5'000;   // ns of work, by the length of the victim's last runs
constexpr int64_t kWorthWaking = 50'000;
constexpr uint64_t kWorthWakingCycles = 150'000;   // the same for who has no time to look at the clock
constexpr uint64_t kFirstPace = 60'000;   // cycles: what a run takes, as long as nothing is known
constexpr uint64_t kWakeEvery = 20'000;   // cycles between two wake-ups
constexpr uint32_t kPaceEvery = 4;   // offers between looks at the cycles

alignas(8) uint8_t first_notes[kWorkersTop * (sizeof(uint32_t) + sizeof(int64_t))];
uint32_t spinners;   // awake, looking for work
uint64_t last_wake;

// Who sleeps. Falling asleep and waking are slow anyway, so one lock orders them all, and "everyone sleeps" is a fact
// when it is seen. The lock is taken in earnest: sleepers take it before they have come back.
struct Sleep {
  Lock lock;
  Worker* lone;   // while threads_run is false: the one that runs, or the last one that ran
  uint32_t count;
  uint32_t watching;   // one of them wakes by itself now and then
  uint32_t polling;   // one of them sleeps in the poller
  uint64_t seen_runs;   // of all workers, at the watcher's last look
};
alignas(64) Sleep asleep;

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

void run_worker(void* argument);

JANUS_INLINE bool waits_for_io() { return __atomic_load_n(&io_waits, __ATOMIC_ACQUIRE) != 0; }

// ---- alone (alone.h)

bool barriers;   // the kernel has them: otherwise, once a second thread has come, nobody is alone any more

// By who may be alone: from here on it is not.
void let_in() { __atomic_store_n(&threads_run, true, __ATOMIC_SEQ_CST); }

// By any other thread, before it touches anything: who is alone is not, and sees it.
void come_back() {
  let_in();
  put_barriers();
  for (uint32_t turns = 0; __atomic_load_n(&lone_step, __ATOMIC_ACQUIRE);) wait_for_thread(&lone_step, 1, &turns);
}

// Every few turns: when all others sleep and no call is out with another thread, this worker is alone.
void try_alone(Worker* w) {
  if (!barriers || __atomic_load_n(&blocked_calls, __ATOMIC_ACQUIRE) != 0) return;
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_RELAXED);
  if (__atomic_load_n(&asleep.count, __ATOMIC_RELAXED) + 1 != count) return;
  lock_in_earnest(&asleep.lock);
  if (asleep.count + 1 == count && __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE) == count) {
    __atomic_store_n(&asleep.lone, w, __ATOMIC_RELAXED);
    __atomic_store_n(&threads_run, false, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&dumping, __ATOMIC_SEQ_CST)) let_in();   // a signal handler reads the tree (come_back_to_read)
  }
  unlock(&asleep.lock);
}

// Wakes a sleeper, the watcher last.
void wake_one() {
  if (!others_run() && __atomic_load_n(&asleep.count, __ATOMIC_ACQUIRE) == 0)
    return;   // there is none, and none can just be falling asleep
  lock_in_earnest(&asleep.lock);
  Worker* chosen = nullptr;
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count && asleep.count != 0; i++) {
    Worker* w = workers[i];
    if (!w->sleeping) continue;
    if (!chosen || chosen->watches || chosen->polls) chosen = w;
    if (!w->watches && !w->polls) break;
  }
  const bool polls = chosen && chosen->polls;
  if (chosen) {
    __atomic_store_n(&chosen->sleeping, 0u, __ATOMIC_RELEASE);
    __atomic_store_n(&asleep.count, asleep.count - 1, __ATOMIC_RELEASE);
    let_in();
  }
  unlock(&asleep.lock);
  if (polls)
    return off_task([] { io_poller->kick(); });   // through a table: not for a task's stack, whose need is proved
  if (chosen) thread_wake(&chosen->sleeping);
}

constexpr uint32_t kNotes = kWorkersTop * (sizeof(uint32_t) + sizeof(int64_t));

// What a worker notes about the others lies behind its record.
void give_notes(Worker* w, void* room) {
  w->seen_since = static_cast<int64_t*>(room);
  w->seen_runs = reinterpret_cast<uint32_t*>(w->seen_since + kWorkersTop);
  w->watch_ns = kWatchLeast;
  w->pace = w->last_pace = kFirstPace;
}

JANUS_COLD void start_worker(void*) {
  static Lock starting;
  if (!try_lock(&starting)) return;
  if (worker_limit() > static_cast<int32_t>(worker_count)) {   // which changes under the lock only
    Worker* w = static_cast<Worker*>(map_memory(static_cast<int64_t>(sizeof(Worker) + kNotes)));
    if (w) {
      give_notes(w, w + 1);
      let_in();   // locks that this thread holds look taken to others too
      w->number = worker_count;
      workers[worker_count] = w;
      __atomic_store_n(&worker_count, worker_count + 1, __ATOMIC_RELEASE);
      if (!start_thread(run_worker, w)) {
        __atomic_store_n(&worker_count, worker_count - 1,
                         __ATOMIC_RELEASE);   // fewer processors are used, nothing else
        __atomic_store_n(&settings.workers, static_cast<int32_t>(worker_count), __ATOMIC_RELAXED);
      }
    }
  }
  unlock(&starting);
}

// Tasks that wait here and that all may take.
uint64_t waiting_at(const Worker* w) {
  return ring_size(w) + static_cast<uint64_t>(__atomic_load_n(&shared.count, __ATOMIC_RELAXED));
}

// What passed up to now is no run's time.
void pace_begins(Worker* w) {
  w->paced_at = __builtin_readcyclecounter();
  w->paced_runs = w->runs;
}

void consider_offer(void* argument) {
  Worker* w = static_cast<Worker*>(argument);
  const uint64_t now = __builtin_readcyclecounter();
  if (const uint32_t runs = w->runs - w->paced_runs) {
    const uint64_t taken = (now - w->paced_at) / runs;
    w->pace = taken < w->last_pace ? taken : w->last_pace;   // a thread that lost its processor for once says nothing
    w->last_pace = taken;
    w->paced_at = now;
    w->paced_runs = w->runs;
  }
  if (__atomic_load_n(&worker_count, __ATOMIC_RELAXED) == 1)
    return start_worker(nullptr);   // it is needed as a watcher
  if (waiting_at(w) * w->pace < kWorthWakingCycles) return;
  if (now - __atomic_load_n(&last_wake, __ATOMIC_RELAXED) < kWakeEvery) return;
  __atomic_store_n(&last_wake, now, __ATOMIC_RELAXED);
  if (__atomic_load_n(&asleep.count, __ATOMIC_RELAXED) != 0) wake_one();
  else start_worker(nullptr);
  pace_begins(w);   // waking is no run's time
}

// Another thread may take a task that waits here, if that is worth its waking.
JANUS_INLINE void offer(Worker* w) {
  const int32_t limit = __atomic_load_n(&settings.workers, __ATOMIC_RELAXED);
  if (limit == 1) return;
  if (__atomic_load_n(&spinners, __ATOMIC_RELAXED) != 0) return;
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_RELAXED);
  if (__atomic_load_n(&asleep.count, __ATOMIC_RELAXED) == 0 && limit != 0 && static_cast<int32_t>(count) >= limit)
    return;
  if (++w->offers % kPaceEvery != 0 && count > 1 && waiting_at(w) * w->pace < kWorthWakingCycles) return;
  on_worker_stack(consider_offer, w);
}

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

void prepare_context(Task* task, uint8_t* top) {
  void** sp = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15));
#if defined(__x86_64__)
  *--sp = reinterpret_cast<void*>(janus_task_entry);   // entered with the stack pointer at `top`, which its call needs
  *--sp = nullptr;   // rbp
#else
  sp -= 20;
  for (int i = 0; i < 20; i++) sp[i] = nullptr;
  sp[11] = reinterpret_cast<void*>(janus_task_entry);        // x30
#endif
  task->sp = sp;
  context_made(task);
}

// Compiled code compares with it; written so that its address is never kept across a switch.
JANUS_INLINE void set_stack_limit(uint8_t* limit) {
#if defined(__x86_64__)
  __asm__ volatile("movq %0, %%fs:janus_stack_limit@tpoff" : : "r"(limit) : "memory");
#elif defined(__aarch64__)
  uintptr_t at;
  __asm__ volatile(
      "mrs %0, tpidr_el0\n add %0, %0, :tprel_hi12:janus_stack_limit\n str %1, [%0, :tprel_lo12_nc:janus_stack_limit]"
      : "=&r"(at)
      : "r"(limit)
      : "memory");
#else
  janus_stack_limit = limit;
#endif
}

constexpr int64_t kIdleStack = 64 * 1024;

// The first worker's thread runs main on its own stack, so its idle context needs another.
JANUS_COLD void make_idle_context(Worker* w) {
  w->idle->stack_class = stack_class_of(-1, kIdleStack);
  const int64_t size = stack_size_of(w->idle->stack_class);
  uint8_t* stack = static_cast<uint8_t*>(map_memory(size));
  if (!stack) environment_failed("out of memory: no room for the scheduler's stack");
  w->idle->stack_limit = limit_of(stack, size);
  prepare_context(w->idle, stack + size);
}

JANUS_INLINE void make_context(Worker* w, Task* task) {
  while (JANUS_UNLIKELY(!w->stacks[task->stack_class])) {
    w->wanted_stack = task->stack_class;
    on_worker_stack(fetch_stack, w);
  }
  take_stack(w, task);
  const int64_t size = stack_size_of(task->stack_class);
  uint8_t* stack = stack_of(task);
  prepare_context(task, stack + size - stack_colour(stack, size));
}

// Changes the stack. Written here so that only what is live is saved: the compiler knows that nothing else survives. It
// is only in functions that call others, which keep nothing below the stack pointer. (backend/stacks.cpp counts the 16
// bytes.)
JANUS_INLINE void switch_context(void** save, void* to) {
#if defined(__x86_64__)
  __asm__ volatile(
      "leaq 1f(%%rip), %%rcx\n"
      "pushq %%rcx\n"
      "pushq %%rbp\n"
      "movq %%rsp, (%%rdi)\n"
      "movq %%rsi, %%rsp\n"
      "popq %%rbp\n"
      "popq %%rcx\n"
      "jmpq *%%rcx\n"
      "1:\n"
      : "+D"(save), "+S"(to)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
        "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
        "memory", "cc");
#else
  janus_switch(save, to);
#endif
}

// Nothing of its own on the stack: this lies below every place where a task waits.
void write_switch(void* from) {
  Worker* w = this_worker();
  trace_span_ends(w, static_cast<const Task*>(from), w->traced);
  trace_span_begins(w);
}
JANUS_COLD void trace_switch(Worker* w, Task* from, After after) {
  w->traced = after;
  on_worker_stack(write_switch, from);
}

JANUS_INLINE void go(Worker* w, Task* from, Task* to, After after) {
  if (JANUS_UNLIKELY(!to->sp)) make_context(w, to);
  if (JANUS_UNLIKELY(tracing)) trace_switch(w, from, after);
  w->previous = from;
  w->after = after;
  w->current = to;
  set_stack_limit(to->stack_limit);
  context_entering(to);
  switch_context(&from->sp, to->sp);
  context_entered();
  finish_switch();
}

// Of the others, what is not theirs alone: a single task in a ring is left to its worker unless that stays in another
// for long.
bool anything_to_take(Worker* w) {
  if (__atomic_load_n(&shared.count, __ATOMIC_ACQUIRE) != 0) return true;
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count; i++)
    if (ring_size(workers[i]) > (workers[i] == w ? 0u : 1u)) return true;
  return false;
}

// What may be taken of another worker without harm. Only reads: who asks may be asleep.
struct Spare {
  bool ring;   // half of what is in its ring, even if that is one
  bool next;
};
Spare spare_of(Worker* w, uint32_t number, int64_t now, int64_t worth) {
  const Worker* victim = workers[number];
  const uint32_t runs = __atomic_load_n(&victim->runs, __ATOMIC_RELAXED);
  const uint32_t more = runs - w->seen_runs[number];
  const uint32_t size = ring_size(victim);
  const int64_t age = now - w->seen_since[number];
  if (more == 0)
    return {age >= kAgeRing && size != 0, age >= kAgeNext && __atomic_load_n(&victim->next, __ATOMIC_RELAXED)};
  w->seen_runs[number] = runs;
  w->seen_since[number] = now;
  return {size > 1 && static_cast<int64_t>(size) * (age / more) >= worth, false};
}

Task* steal(Worker* w) {
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  const uint32_t start = static_cast<uint32_t>(random_bits() % count);
  const int64_t now = now_ns();
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t number = (start + i) % count;
    Worker* victim = workers[number];
    if (victim == w) continue;
    const Spare spare = spare_of(w, number, now, kWorthStealing);
    if (spare.ring)
      if (Task* task = steal_from(w, victim)) return task;
    if (spare.next)
      if (Task* task = take_next(victim)) return task;
  }
  return nullptr;
}

// The watcher's look at the others.
bool anything_waits_long(Worker* w) {
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  const int64_t now = now_ns();
  const int64_t left = __atomic_load_n(&shared.count, __ATOMIC_RELAXED);
  bool any = false;
  for (uint32_t i = 0; i < count; i++) {   // all of them: the notes are made here
    if (workers[i] == w) continue;
    const int64_t age = now - w->seen_since[i];
    const uint32_t more = __atomic_load_n(&workers[i]->runs, __ATOMIC_RELAXED) - w->seen_runs[i];
    const Spare spare = spare_of(w, i, now, kWorthWaking);
    any |= spare.ring || spare.next || (left != 0 && left * age / (more ? more : 1) >= kWorthWaking);
  }
  return any;
}

// Looks around for a while before sleeping; one worker at a time.
Task* spin_for_work(Worker* w) {
  uint32_t none = 0;
  if (!__atomic_compare_exchange_n(&spinners, &none, 1u, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return nullptr;
  Task* task = nullptr;
  const int64_t end = now_ns() + kSpinNs;
  for (;;) {
    task = shared_take();
    if (!task) task = steal(w);
    if (!task && waits_for_io() && io_poller->look()) task = ring_take(w);
    if (task) break;
    for (int i = 0; i < 64; i++) pause_cpu();
    if (now_ns() > end) break;
  }
  __atomic_store_n(&spinners, 0u, __ATOMIC_RELEASE);
  return task;
}

uint64_t all_runs() {
  uint64_t sum = 0;
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count; i++)
    sum += __atomic_load_n(&workers[i]->runs, __ATOMIC_RELAXED);
  return sum;
}

// Under the lock: the watcher has looked and found nothing to take.
void watch_on(Worker* w) {
  w->watch_ns = min64(w->watch_ns * 2, kWatchTop);
  const bool all = asleep.count == __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  const uint64_t runs = all_runs() - w->runs;
  if (all && runs == asleep.seen_runs) {   // it sleeps for good
    w->watches = false;
    __atomic_store_n(&asleep.watching, 0u, __ATOMIC_RELAXED);
  }
  asleep.seen_runs = runs;
}

// Under the lock, which it gives back: this worker is counted among the sleepers. What it touches before it has come
// back is theirs, or only read. True: somebody woke it, or a timer is due.
bool sleep_locked(Worker* w) {
  alignas(8) uint8_t news[kPollBuffer];
  for (;;) {
    const int64_t when = next_timer();
    int64_t until = when;
    if (w->watches) {
      const int64_t look = now_ns() + w->watch_ns;
      if (until == 0 || look < until) until = look;
    }
    w->wakes_at = until;
    unlock(&asleep.lock);
    int64_t news_count = 0;
    if (w->polls) news_count = io_poller->fetch(news, until ? until : -1);
    else thread_sleep(&w->sleeping, 1, until);

    lock_in_earnest(&asleep.lock);
    const bool by_itself = w->sleeping != 0;
    const bool looks = w->watches && by_itself && until != when && news_count <= 0;
    if (looks && !anything_waits_long(w)) {
      watch_on(w);
      continue;
    }
    if (by_itself) {
      __atomic_store_n(&w->sleeping, 0u, __ATOMIC_RELEASE);
      __atomic_store_n(&asleep.count, asleep.count - 1, __ATOMIC_RELEASE);
    }
    if (w->watches) __atomic_store_n(&asleep.watching, 0u, __ATOMIC_RELAXED);
    w->watches = false;
    if (w->polls) asleep.polling = 0;
    const bool handed = w->polls;
    w->polls = false;
    // Acquire: what a lone worker did plainly before it let others in has been done.
    if (!__atomic_load_n(&threads_run, __ATOMIC_ACQUIRE) && asleep.lone != w) come_back();
    unlock(&asleep.lock);
    if (handed && news_count > 0) io_poller->hand_out(news, news_count);
    w->watch_ns = looks ? min64(w->watch_ns * 2, kWatchTop) : kWatchLeast;
    return !looks;
  }
}

// Sleeps until there may be something to do. True: somebody woke it, or a timer is due.
bool sleep_now(Worker* w) {
  w->timer_news = false;
  lock_in_earnest(&asleep.lock);
  if (anything_to_take(w)) {   // what is made ready after this finds `sleeping`
    unlock(&asleep.lock);
    return true;
  }
  const int64_t when = next_timer();
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  const bool all = asleep.count + 1 == count;
  if (all && plain_stdout()->len != 0) {   // whoever reads it waits too: a server's first line goes to a pipe
    unlock(&asleep.lock);
    janus_stdout_flush();
    return true;
  }
  if (all && when == 0 && !waits_for_io() && __atomic_load_n(&blocked_calls, __ATOMIC_ACQUIRE) == 0) {
    unlock(&asleep.lock);   // nobody is awake but this thread, and nothing will wake anybody
    handle_deadlock();
    return true;
  }
  if (JANUS_UNLIKELY(__atomic_load_n(&time_jumps, __ATOMIC_RELAXED) > 0) && all && when != 0 && !waits_for_io() &&
      __atomic_load_n(&blocked_calls, __ATOMIC_ACQUIRE) == 0) {
    jump_time_to(when);   // nothing can happen before
    unlock(&asleep.lock);
    return true;
  }
  const uint64_t runs = all_runs() - w->runs;   // its own change while it looks
  w->watches = count > 1 && !asleep.watching && (!all || runs != asleep.seen_runs);
  if (w->watches) {
    __atomic_store_n(&asleep.watching, 1u, __ATOMIC_RELAXED);
    asleep.seen_runs = runs;
  }
  w->polls = !asleep.polling && waits_for_io();
  if (w->polls) asleep.polling = 1;
  __atomic_store_n(&w->sleeping, 1u, __ATOMIC_RELEASE);
  __atomic_store_n(&asleep.count, asleep.count + 1, __ATOMIC_RELEASE);
  if (JANUS_UNLIKELY(tracing) && all) {
    unlock(&asleep.lock);
    trace_rest();
    lock_in_earnest(&asleep.lock);
  }
  return sleep_locked(w);
}

// Others sleep and none of them looks after this worker, which is about to run something.
JANUS_INLINE void appoint_watcher() {
  if (__atomic_load_n(&asleep.count, __ATOMIC_RELAXED) != 0 && !__atomic_load_n(&asleep.watching, __ATOMIC_RELAXED))
    wake_one();
}

// In a seeded run, where time jumps: as long as the jump would be.
JANUS_COLD void sleep_in_poller(int64_t when) {
  alignas(8) uint8_t news[kPollBuffer];
  const int64_t began = real_ns();
  const int64_t count = io_poller->fetch(news, when ? when : -1);
  if (when) skip_time_to(count > 0 ? min64(when, now_ns() + real_ns() - began) : when);
  if (count > 0) io_poller->hand_out(news, count);
}

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
    spin = sleep_now(w);
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

void come_back_to_read() {
  if (__atomic_load_n(&threads_run, __ATOMIC_SEQ_CST)) return;
  if (janus_worker == __atomic_load_n(&asleep.lone, __ATOMIC_RELAXED))
    return;   // its own thread stands still meanwhile
  come_back();
}

__attribute__((noinline)) void switch_away(After after) {   // what it saves is decided here, so it stays in one piece
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
