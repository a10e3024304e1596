// task.h: the scheduler's data: tasks, nurseries, waiters, workers.
// Depends on sys.h, abi_tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// How a task waits. Its wait word begins a wait as 0 (or kNoCancel, or with its shields); it then puts waiter nodes,
// which lie in its own frame, where others find them, and parks. Whoever can end the wait (a partner at a channel, a
// timer, an ended child, a cancellation) first claims it: the one that sets kClaimed has the task to itself, hands over
// what it has, writes the reason, and sets kReady. Parking ends with kParked, set by the context that runs next, when
// the task's stack is no longer in use. Of kReady and kParked, the later one queues it.
#pragma once
#include "runtime/abi_tasks.h"
#include "runtime/tasks/sys.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define JANUS_TSAN
#define JANUS_WATCHED
#elif __has_feature(address_sanitizer)
#define JANUS_ASAN
#define JANUS_WATCHED
#endif
#endif

namespace janus {
namespace rt {

enum WaitBits : uint32_t { kClaimed = 1, kReady = 2, kParked = 4, kNoCancel = 8 };
constexpr uint32_t kShieldShift = 8;   // above: how many shields are around the wait
enum Reason : int32_t {
  kReasonCancel = -1,
  kReasonTimer = -2,
  kReasonClosed = -3,
  kReasonEnded = -4,
  kReasonDeadlock = -5
};   // >= 0: the waiter's index
enum TaskFlags : uint32_t {
  kFlagAnswered = 1,   // every await has a catch
  kFlagAwaited = 2,   // somebody has seen its failure
  kFlagMain = 4,
};
enum class WaitKind : uint8_t { None, Send, Recv, Select, Await, Sleep, Nursery, Blocking, Read, Write };

struct Task;
struct Nursery;

struct Waiter {
  Waiter* prev;
  Waiter* next;
  Task* task;
  void* value;
  int32_t index;
  bool linked;
};
struct WaiterList {
  Waiter* first;
  Waiter* last;
};

struct Timer {
  int64_t when;
  uint32_t place;   // in the heap, from 1; 0: not in it
  Task* task;   // whose wait it ends, or
  Nursery* nursery;   // which it cancels
};

struct Budget {
  int64_t limit;
  int64_t live;   // tasks, and places that workers keep (budget.cpp)
  uint64_t id;
};

// A place in a source in 32 bits, for the nursery tree: of lines beyond a million and columns beyond 4095 it knows
// that.
using Spot = uint32_t;
constexpr uint32_t kSpotLine = (1u << 20) - 1, kSpotColumn = (1u << 12) - 1;
JANUS_INLINE Spot pack_spot(int64_t at) {
  const int64_t line = at >> 16, column = at & 0xFFFF;
  return static_cast<Spot>(line < kSpotLine ? line : kSpotLine) << 12 |
         static_cast<Spot>(column < kSpotColumn ? column : kSpotColumn);
}
JANUS_INLINE int64_t unpack_spot(Spot spot) { return int64_t{spot >> 12} << 16 | (spot & kSpotColumn); }

// A million of them may wait at a time, so every word counts.
struct Task {
  Head head;
  uint32_t state;
  uint16_t flags;
  uint8_t stack_class;
  WaitKind wait_kind;
  Error* error;   // once ended: null, its failure, or &janus_own_cancel
  void* sp;   // where it stands, while it does not run
  Task* next;   // in a queue
  Nursery* nursery;   // whose child it is
  Task* prev_sibling;
  Task* next_sibling;
  uint32_t wait;   // WaitBits
  int32_t reason;
  uint32_t cancel;   // it should end
  uint32_t shield;   // depth: cancellation waits
  Nursery* inner;   // the nursery that it opened last
  uint8_t* stack_limit;   // null before it runs, see stack_of
  const TaskDesc* desc;
  const FuncSite* site;
  Waiter* awaiters;
  void* waits_on;
#ifdef JANUS_WATCHED
  void* fiber;   // see sanitize.h; the tree does without the time
#else
  int64_t waits_since;   // by the coarse clock
#endif
  const FuncSite* wait_site;
  Spot at;
  Spot wait_at;
  uint32_t number;
  Lock lock;   // awaiters, state
};
static_assert(sizeof(Task) <= kTaskData, "tasks keep their data behind them");
static_assert(__builtin_offsetof(Task, state) == kTaskStateOffset &&
              __builtin_offsetof(Task, error) == kTaskErrorOffset);

struct Nursery {
  Lock lock;
  int32_t kind;
  int64_t live;
  Task* children;
  Task* held;   // ended with a failure that nobody has seen yet (ruling 1); linked by next
  Nursery* parent;   // the one that its owner opened before
  Task* owner;
  Error* failure;   // the first one
  Task* winner;   // of a race
  Budget* budget;
  Budget own_budget;
  Timer timer;
  const FuncSite* site;
  int64_t at;
  uint32_t shield;   // how many shields its owner had around it when it was opened: it is inside of those
  bool cancelled;
  bool ending;   // its owner waits for the children
  bool timed_out;
  bool deadlocked;
};
static_assert(sizeof(Nursery) <= kNurserySize);

// Small ones are for proved needs: close to each other, since a million tasks may wait on them.
constexpr int64_t kStackSizes[] = {256,       272,       288,     304,     320,      384,      448,      512,
                                   576,       640,       768,     896,     1024,     1280,     1536,     2048,
                                   3072,      4096,      6144,    8192,    16 << 10, 32 << 10, 64 << 10, 128 << 10,
                                   256 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20,  8 << 20,  16 << 20, 64 << 20};
constexpr uint32_t kStackClasses = sizeof kStackSizes / sizeof kStackSizes[0];
constexpr int64_t stack_size_of(uint8_t stack_class) { return kStackSizes[stack_class]; }
constexpr int64_t kGuard = 4096;
constexpr int64_t kReserve =
    12 * 1024;   // above the limit of stacks whose need is not proved: for the runtime and functions that do not check
constexpr bool has_guard(int64_t size) { return size >= 16 * 1024; }   // smaller ones are for proved needs
// The lowest byte of a task's stack; null before it runs.
JANUS_INLINE uint8_t* stack_of(const Task* task) {
  uint8_t* limit = task->stack_limit;
  return limit && has_guard(stack_size_of(task->stack_class)) ? limit - (kGuard + kReserve) : limit;
}
// Tops of large stacks are staggered: all at the same place of their pages, they would fight for the same lines of the
// cache.
JANUS_INLINE int64_t stack_colour(const uint8_t* stack, int64_t size) {
  return size >= 16 * 1024
             ? static_cast<int64_t>(reinterpret_cast<uintptr_t>(stack) / static_cast<uintptr_t>(size) % 16 * 64)
             : 0;
}
JANUS_INLINE uint8_t* limit_of(uint8_t* stack, int64_t size) {
  return has_guard(size) ? stack + kGuard + kReserve : stack;
}

constexpr uint32_t kRing = 256;
enum class After : uint32_t { Nothing, Parked, Yielded, Ended };

struct Worker {
  Task* current;
  Task* idle;   // the context of its thread, without a task
  Task* previous;   // what the context that runs now must finish (After)
  After after;
  After traced;   // why the task stops that the trace is told of
  Task* next;   // runs next; others leave it alone unless the worker has stayed in one task for long
  Task* chosen;   // of a seeded run: what is to run now
  uint32_t handovers;   // in a row through `next`
  uint32_t ticks;
  uint32_t runs;   // tasks begun or gone on with: others see by it whether the worker has stayed in one
  uint64_t pace;   // cycles that a run takes of late: the lesser of the last two that were
  uint64_t last_pace;
  uint64_t paced_at;   // reckoned then,
  uint32_t paced_runs;   // after so many runs
  uint32_t offers;
  int64_t wakes_at;   // asleep: when it wakes by itself; 0: never
  bool timer_news;   // a timer of the task that parks now is the earliest one
  uint32_t head;   // of the ring: taken here and by thieves
  uint32_t tail;   // put here only
  Task* ring[kRing];
  uint8_t* stacks[kStackClasses];   // free stacks by class
  uint32_t stack_count[kStackClasses];
  uint8_t wanted_stack;   // the class that the pool is asked for
  uint32_t sleeping;   // its thread waits on this word
  uint32_t number;
  uint64_t places;   // of a budget, taken in advance: its id << 8 | how many
  uint32_t first_number;   // of tasks: the next one, and how many more before others must be asked for
  uint32_t numbers;
  int64_t live;   // tasks begun here less those put away here; others add it up
  void (*call)(void*);   // of on_worker_stack, while it runs
  void* call_argument;
  bool on_own_stack;   // a task has lent itself the thread's stack (on_worker_stack)
  bool watches;   // asleep, and wakes by itself
  bool polls;   // asleep in the poller
  bool runs_long;   // by what others noted of it under the sleepers' lock: then, after so many runs
  uint32_t noted_runs;
  int64_t noted_at;
  int64_t watch_ns;   // how long it sleeps before it looks at the others again
  uint32_t* seen_runs;   // of the others, by number, and since when they have not changed
  int64_t* seen_since;
  int64_t span_began;   // of the stretch that the current task runs, for the trace
  Task idle_task;
};

// The worker of this thread. Read anew after every switch: a task may go on elsewhere.
extern __thread Worker* janus_worker asm("janus_worker");
JANUS_INLINE Worker* this_worker() {
#if defined(__x86_64__)
  Worker* w;
  __asm__ volatile("movq %%fs:janus_worker@tpoff, %0" : "=r"(w));
  return w;
#elif defined(__aarch64__)
  Worker* w;
  __asm__ volatile(
      "mrs %0, tpidr_el0\n add %0, %0, :tprel_hi12:janus_worker\n ldr %0, [%0, :tprel_lo12_nc:janus_worker]"
      : "=&r"(w));
  return w;
#else
  return janus_worker;
#endif
}
JANUS_INLINE Task* this_task() { return this_worker()->current; }
JANUS_HIDDEN extern Worker* workers[];
JANUS_HIDDEN extern uint32_t worker_count;
template <class F>
JANUS_INLINE void each_worker(F f) {
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count; i++) f(workers[i]);
}
// A number that only its worker changes and others read.
JANUS_INLINE void add_own(int64_t* word, int64_t n) { __atomic_store_n(word, *word + n, __ATOMIC_RELEASE); }

// ---- worker.cpp
JANUS_HIDDEN void queue_task(Task* task);   // ready, in turn
JANUS_HIDDEN void queue_next(Task* task);   // ready, before the others (a hand-over)
// Runs something else; returns when the task runs again. It keeps no register: who waits saves what it needs once.
JANUS_HIDDEN __attribute__((preserve_none)) void switch_away(After after);
JANUS_HIDDEN void take_turn(Worker* worker);   // the running task has run for long
JANUS_HIDDEN void queue_from_outside(Task* task);   // by a thread that is no worker
JANUS_HIDDEN void call_goes_out();   // another thread makes it: until blocked_calls is 0 again nobody is alone
JANUS_HIDDEN void call_came_back();   // and its task is in a queue
JANUS_HIDDEN void
come_back_to_read();   // of a signal handler that reads what tasks share, and takes locks in earnest only
JANUS_HIDDEN void timers_changed();   // an earlier timer: a sleeping worker must look
JANUS_HIDDEN extern int64_t coarse_now;   // read from the clock every few dozen switches; for the nursery tree
JANUS_HIDDEN extern int64_t blocked_calls;   // on threads of the blocking pool: nobody is stuck while they run

// ---- io/poller.cpp, which only programs that wait for descriptors have: null until one does
constexpr int64_t kPollBuffer = 128 * 16;   // room for what the kernel says at a time
struct PollHook {
  bool (*look)();   // makes ready who can go on; true: somebody
  int64_t (*fetch)(void* buffer, int64_t until);   // sleeps until something happens, `until` (< 0: for ever), or a kick
  bool (*hand_out)(void* buffer, int64_t count);   // of what was fetched
  void (*kick)();   // ends the sleep of who is in fetch, or will be
  int64_t (*describe)(const void* on, char* out, int64_t room);   // for the nursery tree
};
JANUS_HIDDEN extern const PollHook* io_poller;
JANUS_HIDDEN extern int64_t io_waits;   // tasks that wait for descriptors

JANUS_INLINE bool is_cancelled(Task* task);
JANUS_HIDDEN void abandon_wait(Task* task);   // after all there was nothing to wait for

// ---- budget.cpp
JANUS_HIDDEN extern Budget program_budget;
JANUS_HIDDEN void budget_begin(Budget* budget, int64_t limit);
JANUS_HIDDEN void budget_end(const Budget* budget);
JANUS_HIDDEN bool take_place(Budget* budget);
JANUS_HIDDEN void give_place(Budget* budget);
// ---- fair.cpp
JANUS_HIDDEN void fair_begin(Worker* worker);
JANUS_HIDDEN void fair_goes_on();

// ---- stack.cpp
JANUS_HIDDEN void fetch_stack(void* worker);   // one of class wanted_stack, from the pool of all workers
JANUS_HIDDEN void take_stack(Worker* worker, Task* task);   // of those that the worker has; sets stack_limit
JANUS_HIDDEN void give_stack(Worker* worker, Task* task);
JANUS_HIDDEN uint8_t stack_class_of(int64_t asked, int64_t proved);

// ---- timer.cpp
JANUS_HIDDEN void timer_start(Timer* timer, bool parks);   // parks: the running task waits for it now
JANUS_HIDDEN void timer_stop(Timer* timer);
JANUS_HIDDEN int64_t next_timer();   // 0: none
JANUS_HIDDEN bool fire_timers();   // true: some task was made ready

// ---- nursery.cpp
JANUS_HIDDEN bool cancel_nursery(Nursery* nursery);   // true: somebody goes on because of it
JANUS_HIDDEN void expire_nursery(Nursery* nursery);   // its time is up
JANUS_HIDDEN void cancel_task(Task* task);
JANUS_HIDDEN __attribute__((noinline)) void end_task(Task* task, Error* error);
extern "C" JANUS_HIDDEN __attribute__((noinline)) void janus_run_task(Task* task);   // on its own stack
JANUS_HIDDEN extern Task main_task;
JANUS_HIDDEN int64_t live_tasks();   // spawned and not yet put away; exact when none is spawned meanwhile

// ---- failures.cpp
JANUS_HIDDEN Error* budget_exceeded(const char* what, int64_t limit, const char* raise, RT_SITE);

// ---- channel.cpp
JANUS_HIDDEN bool channel_ready(Channel* channel, int32_t kind);

// ---- trace.cpp
JANUS_HIDDEN extern bool tracing;   // JANUS_TRACE is set
JANUS_HIDDEN void trace_start();
JANUS_HIDDEN void trace_rest();
JANUS_HIDDEN void trace_finish();
JANUS_HIDDEN void trace_span_begins(Worker* worker);
JANUS_HIDDEN void trace_span_ends(Worker* worker, const Task* task, After after);
JANUS_HIDDEN void trace_spawn(const Task* task);

// ---- dump.cpp
JANUS_HIDDEN void dump_tree(bool careful);   // careful: from a signal handler
JANUS_HIDDEN extern bool dumping;
JANUS_HIDDEN JANUS_COLD void wait_for_dump();
JANUS_HIDDEN void handle_deadlock();
JANUS_HIDDEN void watch_signals();

JANUS_INLINE void list_add(WaiterList* list, Waiter* w) {
  w->next = nullptr;
  w->prev = list->last;
  (list->last ? list->last->next : list->first) = w;
  list->last = w;
  w->linked = true;
}
JANUS_INLINE void list_remove(WaiterList* list, Waiter* w) {
  if (!w->linked) return;
  (w->prev ? w->prev->next : list->first) = w->next;
  (w->next ? w->next->prev : list->last) = w->prev;
  w->linked = false;
}

// Read-modify-write of a word that other threads may share.
JANUS_INLINE uint32_t or_word(uint32_t* word, uint32_t bits) {
  uint32_t old;
  if (JANUS_LIKELY(if_alone([&] { *word = (old = *word) | bits; }))) return old;
  return __atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
}
JANUS_INLINE int64_t add_word(int64_t* word, int64_t n) {   // the new value
  int64_t sum;
  if (JANUS_LIKELY(if_alone([&] { __atomic_store_n(word, sum = *word + n, __ATOMIC_RELAXED); })))   // sleepers may read
    return sum;
  return __atomic_add_fetch(word, n, __ATOMIC_ACQ_REL);
}

// ---- waiting

// In a nursery's body, its cancellation is the task's too.
JANUS_INLINE bool is_asked_to_end(Task* task) {
  if (JANUS_UNLIKELY(__atomic_load_n(&task->cancel, __ATOMIC_SEQ_CST) != 0)) return true;
  for (Nursery* n = task->inner; n; n = n->parent)
    if (JANUS_UNLIKELY(__atomic_load_n(&n->cancelled, __ATOMIC_SEQ_CST))) return true;
  return false;
}
// Behind a shield only what was opened behind it counts: a deadline in a shield or a defer holds there.
JANUS_INLINE bool is_cancelled(Task* task) {
  if (JANUS_LIKELY(task->shield == 0)) return is_asked_to_end(task);
  for (Nursery* n = task->inner; n && n->shield == task->shield; n = n->parent)
    if (JANUS_UNLIKELY(__atomic_load_n(&n->cancelled, __ATOMIC_SEQ_CST))) return true;
  return false;
}

// Of a wait. A cancellation comes from a nursery that was opened behind so many shields, or from outside of all (0).
JANUS_INLINE bool refuses(uint32_t word, bool cancel, uint32_t shield) {
  if (word & kClaimed) return true;
  return cancel && (word & kNoCancel || word >> kShieldShift != shield);
}

// True: the caller has the task to itself, and must wake it.
JANUS_INLINE bool claim(Task* task, bool cancel, uint32_t shield = 0) {
  bool claimed;
  if (JANUS_LIKELY(if_alone([&] {
        claimed = !refuses(task->wait, cancel, shield);
        if (claimed) task->wait |= kClaimed;
      })))
    return claimed;
  uint32_t word = __atomic_load_n(&task->wait, __ATOMIC_SEQ_CST);   // after the mark of a cancellation: see begin_wait
  do {
    if (refuses(word, cancel, shield)) return false;
  } while (!__atomic_compare_exchange_n(&task->wait, &word, word | kClaimed, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  return true;
}

// After a claim.
JANUS_INLINE void wake(Task* task, int32_t reason, bool hand_over) {
  task->reason = reason;
  if (!(or_word(&task->wait, kReady) & kParked)) return;   // it has not left its stack: it is queued when it has
  if (hand_over) queue_next(task);
  else queue_task(task);
}

// From here on the task can be claimed; the caller then tells others where it waits.
JANUS_INLINE void begin_wait(Task* task, WaitKind kind, void* on, bool cancellable, RT_SITE) {
  task->wait_kind = kind;
  task->wait_site = site;
  task->wait_at = pack_spot(at);
  task->waits_on = on;
#ifndef JANUS_WATCHED
  task->waits_since = __atomic_load_n(&coarse_now, __ATOMIC_RELAXED);
#endif
  const uint32_t word = task->shield << kShieldShift | (cancellable ? 0u : kNoCancel);
  if (JANUS_UNLIKELY(!if_alone([&] { task->wait = word; })))
    __atomic_exchange_n(&task->wait, word, __ATOMIC_SEQ_CST);   // before the look at `cancel` in end_wait
}

// A cancellation that came before the wait began found nothing to end.
JANUS_COLD inline bool cancelled_before(Task* task) {
  if ((__atomic_load_n(&task->wait, __ATOMIC_RELAXED) & kNoCancel) || !claim(task, true, task->shield)) return false;
  task->wait_kind = WaitKind::None;
  task->reason = kReasonCancel;
  return true;
}

// Parks until claimed; the reason. The running task is asked for again afterwards: nothing is kept for that.
JANUS_INLINE int32_t end_wait(Task* task) {
  if (JANUS_UNLIKELY(is_cancelled(task)) && cancelled_before(task)) return kReasonCancel;
  if (!(__atomic_load_n(&task->wait, __ATOMIC_ACQUIRE) & kReady)) switch_away(After::Parked);
  task = this_task();
  task->wait_kind = WaitKind::None;
  return task->reason;
}
// What the task gets whose wait was ended by nobody it waited for.
JANUS_INLINE Error* wait_failure(int32_t reason, RT_SITE) {
  return reason == kReasonDeadlock ? janus_error_new(&janus_deadlock_desc, site, at) : &janus_own_cancel;
}

}   // namespace rt
}   // namespace janus
