// worker_wake.h: who sleeps, who is alone, and when another worker is woken or started.
// Depends on worker_queues.h, alone.h. A part of worker.cpp, which alone includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace janus::rt {
namespace {

constexpr uint64_t kWorthWakingCycles = 150'000;   // of work, by the length of the last runs: worth a wake-up
// What a second thread adds to each run (2 us): words and memory that both touch, a processor that another program may
// want. Shorter runs are made by two workers no sooner than by one, and of longer ones only the rest is gained. And as
// long as nothing is known, the watcher will see.
constexpr uint64_t kSharingCycles = 6'000;
constexpr int64_t kTinyNs = 700;
constexpr uint64_t kWakeEvery = 20'000;   // cycles between two wake-ups
constexpr uint32_t kPaceEvery = 4;   // offers between looks at the cycles
constexpr int64_t kWatchLeast = 100'000;   // ns to the watcher's first look at the others

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
  if (!barriers) return;
  const uint32_t count = __atomic_load_n(&worker_count, __ATOMIC_RELAXED);
  if (__atomic_load_n(&asleep.count, __ATOMIC_RELAXED) + 1 != count) return;
  lock_in_earnest(&asleep.lock);
  // The call may have gone out from one that has fallen asleep since: asked here, where that is over.
  const bool calls = __atomic_load_n(&blocked_calls, __ATOMIC_ACQUIRE) != 0;
  if (asleep.count + 1 == count && __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE) == count && !calls) {
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

JANUS_INLINE bool is_worth_waking(const Worker* w) {
  return w->pace > kSharingCycles && waiting_at(w) * (w->pace - kSharingCycles) >= kWorthWakingCycles;
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
  if (!is_worth_waking(w)) return;
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
  if (++w->offers % kPaceEvery != 0 && count > 1 && !is_worth_waking(w)) return;
  on_worker_stack(consider_offer, w);
}

}   // namespace
}   // namespace janus::rt
