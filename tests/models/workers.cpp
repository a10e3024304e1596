// workers.cpp: the queues of workers and their sleep, run under every order of steps: runtime/tasks/worker.cpp as it
// ships, with a ring of 4 places. Every thread of the explorer is a worker, or a thread outside; system calls and time
// are ours. Depends on hook.h, runtime/tasks/worker.cpp, tests/runtime/harness.h. SPDX-License-Identifier: Apache-2.0
#include "tests/models/hook.h"
// After the hooks:
#undef pause_cpu
#define pause_cpu() static_cast<void>(0)
#define __builtin_readcyclecounter() model_cycles()
namespace janus::rt {
inline uint64_t model_cycles() { return 1u << 30; }   // waking is always worth it
}   // namespace janus::rt
#include "runtime/tasks/worker.cpp"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <initializer_list>

namespace janus::rt {

Settings settings;
bool tracing;
bool dumping;
Task main_task;

namespace {

constexpr int kTop = 12;
Worker second_worker;
uint8_t second_notes[kNotes];
Worker* worker_of[kTop];     // by thread of the explorer
int64_t time_base;
int64_t own_time[kTop];   // each thread's clock goes on by itself, so that one thread's looks at it are nothing to the
                          // others
uint32_t woken[kTop];
uint32_t* sleeps_on[kTop];
bool deadlock_seen;

}   // namespace

int64_t now_ns() { return time_base + (own_time[model::self()] += 12'000); }
int64_t real_ns() { return now_ns(); }
int32_t time_jumps;
int64_t time_jumped() { return 0; }
void jump_time_to(int64_t) {}
void let_time_pass() {}
void set_virtual(bool) {}
int64_t look_at_clock() { return now_ns(); }
void skip_time_to(int64_t) {}
uint64_t random_bits() { return 0; }
int32_t worker_limit() { return settings.workers; }
void read_settings() {}

void thread_sleep(uint32_t* word, uint32_t value, int64_t when) {   // FUTEX_WAIT
  const int me = model::self();
  model::point(model::Kind::Write, word);
  if (*word != value) return;
  sleeps_on[me] = word;
  woken[me] = 0;
  model::point(when ? model::Kind::Timed : model::Kind::Token, &woken[me]);
  if (sleeps_on[me] && when > time_base + own_time[me]) time_base = when - own_time[me];   // nobody woke it
  sleeps_on[me] = nullptr;
}
void thread_wake(uint32_t* word) {   // FUTEX_WAKE of one
  model::point(model::Kind::Write, word);
  for (int i = 0; i < kTop; i++)
    if (sleeps_on[i] == word) {
      sleeps_on[i] = nullptr;
      woken[i] = 1;
      model::released(&woken[i]);
      return;
    }
}
bool can_put_barriers() { return true; }
void put_barriers() {}   // memory is sequentially consistent here
void wait_for_thread(uint32_t*, uint32_t, uint32_t*) { model::waits_for_change(); }
bool start_thread(void (*)(void*), void*) { return false; }
void* map_memory(int64_t size) {
  void* pages = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}
void lock_slow(Lock*) { model::failed("a lock outside of the explored code is fought for"); }
uint32_t thread_number() { return static_cast<uint32_t>(model::self()) + 1; }
[[noreturn]] void model_require_failed(const char* why) { model::failed(why); }
uint8_t stack_class_of(int64_t, int64_t) { return 0; }
void fetch_stack(void*) {}
void take_stack(Worker*, Task*) {}
void give_stack(Worker*, Task*) {}
void trace_start() {}
void trace_finish() {}
void trace_rest() {}
void trace_span_begins(Worker*) {}
void trace_span_ends(Worker*, const Task*, After) {}
void watch_signals() {}
void handle_deadlock() {
  deadlock_seen = true;
  model::failed("the program is taken for stuck");
}
void expire_nursery(Nursery*) {}
void fair_begin(Worker*) {}
void fair_goes_on() {}

}   // namespace janus::rt

extern "C" {
void janus_run_task(Task*) {}
void janus_task_drop(void*, uint32_t) {}
Error* janus_main_entry() { return nullptr; }
}

using namespace janus::rt;

namespace {

Task items[8];
uint32_t seen[8];   // how often a task was taken
uint32_t taken;   // all of them

void begin(uint32_t count) {
  for (Worker* w : {&first_worker, &second_worker}) {
    memset(static_cast<void*>(w), 0, sizeof *w);
    w->idle = &w->idle_task;
    w->current = w->idle;
    w->idle->sp = w;
  }
  give_notes(&first_worker, first_notes);
  give_notes(&second_worker, second_notes);
  memset(first_notes, 0, sizeof first_notes);
  memset(second_notes, 0, sizeof second_notes);
  second_worker.number = 1;
  workers[1] = &second_worker;
  worker_count = count;
  threads_run = true;
  lone_step = 0;
  barriers = false;   // but in the scenarios about it
  settings.workers = static_cast<int32_t>(count);
  spinners = 0;
  last_wake = 0;
  asleep = {};
  shared = {};
  blocked_calls = 0;
  time_base = 1'000'000'000;
  for (int i = 0; i < kTop; i++) {
    worker_of[i] = nullptr;
    own_time[i] = 0;
    sleeps_on[i] = nullptr;
  }
  for (Task& t : items) {
    memset(static_cast<void*>(&t), 0, sizeof t);
    t.wait = kClaimed;
  }
  for (uint32_t& s : seen) s = 0;
  taken = 0;
  deadlock_seen = false;
  model::on_switch = [](int thread) { janus_worker = worker_of[thread]; };
  worker_of[0] = janus_worker = &first_worker;
}
void take(Task* task) {
  const auto i = task - items;
  model::need(i >= 0 && i < 8, "a task came out that was never put in");
  model::need(++seen[i] == 1, "a task was taken twice");
  model::point(model::Kind::Write, &taken);
  taken++;
}
void as_worker(int thread, Worker* w) { worker_of[thread] = w; }
void all_taken(uint32_t count) {
  while (model::load(&taken) < count) model::waits_for_change();
}

// ---- queues

uint32_t thief_done;
void owner_and_thief(uint32_t count) {
  begin(2);
  thief_done = 0;
  as_worker(model::start(
                [](void*) {
                  for (int i = 0; i < 2; i++)
                    if (Task* t = steal_from(&second_worker, &first_worker)) take(t);
                  while (Task* t = ring_take(&second_worker)) take(t);
                  model::store(&thief_done, 1u);
                },
                nullptr),
            &second_worker);
  Worker* w = &first_worker;
  for (uint32_t i = 0; i < count; i++) {
    ring_put(w, &items[i]);
    if (i == 1)
      if (Task* t = ring_take(w)) take(t);
  }
  while (Task* t = ring_take(w)) take(t);
  while (Task* t = shared_take()) take(t);
  while (model::load(&thief_done) == 0) model::waits_for_change();
  while (Task* t = ring_take(w)) take(t);
  model::need(taken == count, "a task was lost");
}
void owner_and_thief_3() { owner_and_thief(3); }
void owner_and_thief_6() { owner_and_thief(6); }

void place_of_the_next() {   // the owner hands over twice; a thief takes what has waited
  begin(2);
  settings.workers = 1;   // no offers here
  thief_done = 0;
  as_worker(model::start(
                [](void*) {
                  if (Task* t = take_next(&first_worker)) take(t);
                  if (Task* t = steal_from(&second_worker, &first_worker)) take(t);
                  while (Task* t = ring_take(&second_worker)) take(t);
                  model::store(&thief_done, 1u);
                },
                nullptr),
            &second_worker);
  queue_next(&items[0]);
  queue_next(&items[1]);
  while (Task* t = pick(&first_worker)) take(t);
  while (model::load(&thief_done) == 0) model::waits_for_change();
  while (Task* t = pick(&first_worker)) take(t);
  model::need(taken == 2, "a task was lost");
}

// ---- sleep

void from_outside() {   // one worker sleeps, or is about to; another thread has something for it
  begin(1);
  blocked_calls = 1;
  model::start(
      [](void*) {
        queue_from_outside(&items[0]);
        __atomic_store_n(&blocked_calls, 0, __ATOMIC_SEQ_CST);
      },
      nullptr);
  take(find_work(&first_worker));
}
void two_from_outside() {
  begin(1);
  blocked_calls = 1;
  model::start(
      [](void*) {
        queue_from_outside(&items[0]);
        queue_from_outside(&items[1]);
        __atomic_store_n(&blocked_calls, 0, __ATOMIC_SEQ_CST);
      },
      nullptr);
  take(find_work(&first_worker));
  take(find_work(&first_worker));
}
void busy_worker() {   // one puts two tasks and stays in what it does until another has taken them
  begin(2);
  blocked_calls = 1;   // it is no deadlock when the other sleeps
  as_worker(model::start(
                [](void*) {
                  for (int i = 0; i < 2; i++) take(find_work(&second_worker));
                },
                nullptr),
            &second_worker);
  __atomic_store_n(&first_worker.runs, 1u, __ATOMIC_RELAXED);
  queue_task(&items[0]);
  queue_task(&items[1]);
  all_taken(2);
}
void busy_worker_hands_over() {   // the same with one task that it would have run next
  begin(2);
  blocked_calls = 1;
  as_worker(model::start([](void*) { take(find_work(&second_worker)); }, nullptr), &second_worker);
  __atomic_store_n(&first_worker.runs, 1u, __ATOMIC_RELAXED);
  queue_next(&items[0]);
  all_taken(1);
}
Timer timer;
void timer_from_a_busy_worker() {   // it starts a timer and stays; another wakes for it
  begin(2);
  blocked_calls = 1;
  timer = {time_base + 50'000'000, 0, &items[0], nullptr};
  items[0].wait = 0;
  as_worker(model::start([](void*) { take(find_work(&second_worker)); }, nullptr), &second_worker);
  timer_start(&timer, false);
  or_word(&items[0].wait, kParked);
  all_taken(1);
}
void two_workers_fall_asleep() {   // while a call ends outside: nobody may take the program for stuck, nothing may be
                                   // lost
  begin(2);
  blocked_calls = 1;
  as_worker(model::start(
                [](void*) {
                  take(find_work(&second_worker));
                  blocked_calls = 1;   // what it found goes on: the other may sleep
                },
                nullptr),
            &second_worker);
  model::start(
      [](void*) {
        queue_from_outside(&items[0]);
        queue_from_outside(&items[1]);
      },
      nullptr);
  take(find_work(&first_worker));
}

// ---- alone

uint32_t word;   // what a lone worker changes plainly
void change_in_earnest() {
  model::point(model::Kind::Write, &word);
  word++;
}
void change_word() {
  if (!if_alone([] { model::store(&word, model::load(&word) + 1); })) change_in_earnest();
}
void sleeps_beside(uint32_t count) {   // the first worker is alone, the others sleep
  begin(count);
  barriers = true;
  word = 0;
  blocked_calls = 0;
  for (uint32_t i = 1; i < count; i++) workers[i]->sleeping = 1;
  asleep.count = count - 1;
  try_alone(&first_worker);
  model::need(!threads_run && asleep.lone == &first_worker, "a worker is not alone though all others sleep");
}
void comes_back(Worker* w) {   // as sleep_locked does, and falls asleep again
  lock_in_earnest(&asleep.lock);
  const bool by_itself = w->sleeping != 0;
  w->sleeping = 0;
  if (by_itself) __atomic_store_n(&asleep.count, asleep.count - 1, __ATOMIC_RELEASE);
  if (!__atomic_load_n(&threads_run, __ATOMIC_ACQUIRE) && asleep.lone != w) come_back();
  unlock(&asleep.lock);
}
void sleeps_again(Worker* w) {
  lock_in_earnest(&asleep.lock);
  w->sleeping = 1;
  __atomic_store_n(&asleep.count, asleep.count + 1, __ATOMIC_RELEASE);
  unlock(&asleep.lock);
}
// The second worker comes back and takes a step.
void second_comes_back() {
  thief_done = 0;
  as_worker(model::start(
                [](void*) {
                  comes_back(&second_worker);
                  change_word();
                  model::store(&thief_done, 1u);
                },
                nullptr),
            &second_worker);
}
void one_comes_back() {
  sleeps_beside(2);
  second_comes_back();
  change_word();
  change_word();
  while (model::load(&thief_done) == 0) model::waits_for_change();
  model::need(word == 3, "a plain step and another thread's met");
}
void one_comes_and_goes() {   // and the first one is alone again
  sleeps_beside(2);
  thief_done = 0;
  as_worker(model::start(
                [](void*) {
                  comes_back(&second_worker);
                  change_word();
                  sleeps_again(&second_worker);
                  model::store(&thief_done, 1u);
                },
                nullptr),
            &second_worker);
  change_word();
  if (others_run()) try_alone(&first_worker);
  change_word();
  while (model::load(&thief_done) == 0) model::waits_for_change();
  if (others_run()) try_alone(&first_worker);
  model::need(!threads_run, "a worker is not alone though all others sleep");
  change_word();
  model::need(word == 4, "a plain step and another thread's met");
}
void one_comes_meanwhile() {   // just when the first one would be alone
  sleeps_beside(2);
  let_in();
  second_comes_back();
  try_alone(&first_worker);
  change_word();
  while (model::load(&thief_done) == 0) model::waits_for_change();
  model::need(word == 2, "a plain step and another thread's met");
}
void a_call_goes_out() {   // by the lone worker; it ends while that would be alone again
  sleeps_beside(2);
  thief_done = 0;
  change_word();
  call_goes_out();
  model::start(
      [](void*) {
        change_word();
        __atomic_store_n(&blocked_calls, 0, __ATOMIC_SEQ_CST);
        model::store(&thief_done, 1u);
      },
      nullptr);
  change_word();
  if (others_run()) try_alone(&first_worker);
  change_word();
  while (model::load(&thief_done) == 0) model::waits_for_change();
  model::need(word == 4, "a plain step and another thread's met");
}
uint32_t went_out;
void another_makes_a_call() {   // and falls asleep, just when the first one would be alone
  sleeps_beside(2);
  let_in();
  thief_done = went_out = 0;
  as_worker(model::start(
                [](void*) {
                  comes_back(&second_worker);
                  call_goes_out();
                  sleeps_again(&second_worker);
                  model::store(&went_out, 1u);
                },
                nullptr),
            &second_worker);
  model::start(   // the call's own thread
      [](void*) {
        while (model::load(&went_out) == 0) model::waits_for_change();
        change_word();
        __atomic_store_n(&blocked_calls, 0, __ATOMIC_SEQ_CST);
        model::store(&thief_done, 1u);
      },
      nullptr);
  try_alone(&first_worker);
  change_word();
  while (model::load(&thief_done) == 0) model::waits_for_change();
  model::need(word == 2, "a plain step and another thread's met");
}
void the_tree_is_read() {   // by a signal handler on the sleeping thread
  sleeps_beside(2);
  thief_done = 0;
  as_worker(model::start(
                [](void*) {
                  __atomic_store_n(&dumping, true, __ATOMIC_SEQ_CST);
                  come_back_to_read();
                  change_in_earnest();   // it never takes itself to be alone
                  __atomic_store_n(&dumping, false, __ATOMIC_SEQ_CST);
                  model::store(&thief_done, 1u);
                },
                nullptr),
            &second_worker);
  change_word();
  if (others_run()) try_alone(&first_worker);
  change_word();
  while (model::load(&thief_done) == 0) model::waits_for_change();
  model::need(word == 3, "a plain step and another thread's met");
}

#define SCENARIO(f) {#f, f}
const model::Scenario scenarios[] = {
    SCENARIO(owner_and_thief_3),      SCENARIO(owner_and_thief_6),        SCENARIO(place_of_the_next),
    SCENARIO(from_outside),           SCENARIO(two_from_outside),         SCENARIO(busy_worker),
    SCENARIO(busy_worker_hands_over), SCENARIO(timer_from_a_busy_worker), SCENARIO(two_workers_fall_asleep),
    SCENARIO(one_comes_back),         SCENARIO(one_comes_and_goes),       SCENARIO(one_comes_meanwhile),
    SCENARIO(a_call_goes_out),        SCENARIO(another_makes_a_call),     SCENARIO(the_tree_is_read),
};

}   // namespace

int main(int argc, char** argv) {
  janus::rt::make_heap();
  return model::explore(scenarios, sizeof scenarios / sizeof scenarios[0], argc, argv) ? 2 : 0;
}
