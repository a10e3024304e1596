// worker_sleep.h: what a worker does that has nothing to run: stealing, looking around, sleeping, watching the others.
// Depends on worker_wake.h, sink.h. A part of worker.cpp, which alone includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace janus::rt {
namespace {

constexpr int64_t kSpinNs = 20'000;
constexpr int64_t kAgeRing =
    5'000;   // ns that its worker has been in one task, before a single task is taken from its ring,
constexpr int64_t kAgeNext = 50'000;   // or the task that it is to run next
constexpr int64_t kWatchTop = 2'000'000;
constexpr int64_t kWatchTopIo = 1'000'000;   // while tasks wait for the world
constexpr int64_t kLongRun = 30'000;   // ns: who runs for shorter than that looks at the poller soon enough himself
constexpr int64_t kPaceSpan = 50'000;   // ns between two looks at how long the runs are
constexpr int64_t kWorthStealing = 5'000;   // ns of work, by the length of the victim's last runs
constexpr int64_t kWorthWaking = 50'000;

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
  if (w->seen_since[number] == 0) {   // the first look
    w->seen_runs[number] = runs;
    w->seen_since[number] = now;
    return {false, false};
  }
  if (more == 0)
    return {age >= kAgeRing && size != 0, age >= kAgeNext && __atomic_load_n(&victim->next, __ATOMIC_RELAXED)};
  w->seen_runs[number] = runs;
  w->seen_since[number] = now;
  const int64_t pace = age / more;
  return {size > 1 && pace >= kTinyNs && size * pace >= worth, false};
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
    const uint32_t more = __atomic_load_n(&workers[i]->runs, __ATOMIC_RELAXED) - w->seen_runs[i];
    const int64_t pace = w->seen_since[i] ? (now - w->seen_since[i]) / max64(1, more) : 0;
    const Spare spare = spare_of(w, i, now, kWorthWaking);
    any |= spare.ring || spare.next || (pace >= kTinyNs && left * pace >= kWorthWaking);
  }
  return any;
}

// Looks around for a while before sleeping; one worker at a time.
Task* spin_for_work(Worker* w) {
  uint32_t none = 0;
  if (!__atomic_compare_exchange_n(&spinners, &none, 1u, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return nullptr;
  Task* task = nullptr;
  const int64_t end = real_ns() + kSpinNs;   // virtual time may stand still until this worker sleeps
  for (;;) {
    task = shared_take();
    if (!task) task = steal(w);
    if (!task && waits_for_io() && io_poller->look()) task = ring_take(w);
    if (task) break;
    for (int i = 0; i < 64; i++) pause_cpu();
    if (real_ns() > end) break;
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

// Under the lock. Who is awake looks at the poller whenever it has nothing to run, and now and then besides: soon, if
// its runs are short.
bool looks_soon(Worker* w, int64_t now) {
  const int64_t span = now - w->noted_at;
  if (span >= kPaceSpan) {
    const uint32_t runs = __atomic_load_n(&w->runs, __ATOMIC_RELAXED);
    w->runs_long = (runs - w->noted_runs) * kLongRun < span;
    w->noted_runs = runs;
    w->noted_at = now;
  }
  return !w->runs_long;
}

// Under the lock. A sleeper in the poller takes single events, each for the price of a wake-up, from those who would
// soon fetch many at once; but when all who are awake stay long in what they run, what arrives is the sleeper's.
bool should_poll() {
  if (!waits_for_io()) return false;
  const int64_t now = now_ns();
  for (uint32_t i = 0, count = __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE); i < count; i++)
    if (!workers[i]->sleeping && looks_soon(workers[i], now)) return false;
  return true;
}

// Under the lock: one of the sleepers, or none, sleeps in the poller.
void choose_poller(Worker* w) {
  const bool polls = (w->polls || !asleep.polling) && should_poll();
  if (polls != w->polls) asleep.polling = polls;
  w->polls = polls;
}

// Under the lock: the watcher has looked and found nothing to take.
void watch_on(Worker* w) {
  w->watch_ns = min64(w->watch_ns * 2, waits_for_io() ? kWatchTopIo : kWatchTop);
  choose_poller(w);
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
// A new worker sleeps first, as the watcher: what it finds at its birth is mostly what another is about to run.
bool sleep_now(Worker* w, bool is_new) {
  w->timer_news = false;
  lock_in_earnest(&asleep.lock);
  const bool others_sleep = asleep.count + 1 == __atomic_load_n(&worker_count, __ATOMIC_ACQUIRE);
  if ((!is_new || others_sleep) && anything_to_take(w)) {   // what is made ready after this finds `sleeping`
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
  if (JANUS_UNLIKELY(__atomic_load_n(&time_jumps, __ATOMIC_RELAXED) > 0) && all && when != 0) {
    if (!waits_for_io() && __atomic_load_n(&blocked_calls, __ATOMIC_ACQUIRE) == 0) {
      jump_time_to(when);   // nothing can happen before
      unlock(&asleep.lock);
      return true;
    }
    let_time_pass();
  }
  const uint64_t runs = all_runs() - w->runs;   // its own change while it looks
  w->watches = count > 1 && !asleep.watching && (!all || runs != asleep.seen_runs);
  if (w->watches) {
    __atomic_store_n(&asleep.watching, 1u, __ATOMIC_RELAXED);
    asleep.seen_runs = runs;
  }
  __atomic_store_n(&w->sleeping, 1u, __ATOMIC_RELEASE);
  __atomic_store_n(&asleep.count, asleep.count + 1, __ATOMIC_RELEASE);
  choose_poller(w);
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

}   // namespace
}   // namespace janus::rt
