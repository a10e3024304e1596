// world.cpp: under tasks.cpp, in place of worker.cpp, stack.cpp and sys.cpp: every task is a thread of the explorer, so
// any number of workers may run them in any order. Parking is what worker.cpp makes of it (finish_switch): a last word
// after the task has left its stack. Depends on explore.h, runtime/tasks/task.h. SPDX-License-Identifier: Apache-2.0
#include "tests/models/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

namespace janus::rt {

Settings settings;
bool threads_run = true;
uint32_t lone_step;
bool tracing;
bool dumping;
int64_t coarse_now;
int64_t blocked_calls;
__thread Worker* janus_worker asm("janus_worker");

namespace {

Worker worker;   // of whoever runs
Task* tasks[16];   // by thread; null: a thread that runs no task
uint32_t tokens[16];   // its task may run again
bool parked[16];
int64_t time_now;

int thread_of(Task* task) {
  for (int i = 0; i < 16; i++)
    if (tasks[i] == task) return i;
  return -1;
}

void run_task(void* p) {
  Task* task = static_cast<Task*>(p);
  janus_run_task(task);
  tasks[model::self()] = nullptr;
  if (janus_release_shared(task)) janus_task_drop(task, 0);
  add_own(&this_worker()->live, -1);
}

}   // namespace

// ---- in place of budget.cpp: counted exactly, in one step

Budget program_budget = {0, 0, 1};
void budget_begin(Budget* budget, int64_t limit) { *budget = {limit, 0, 2}; }
void budget_end(const Budget*) {}
bool take_place(Budget* budget) {
  if (budget->live >= budget->limit) return false;
  budget->live++;
  return true;
}
void give_place(Budget* budget) { budget->live--; }

// ---- in place of worker.cpp

int64_t live_tasks() { return worker.live; }

void on_worker_stack(void (*f)(void*), void* argument) { f(argument); }

void queue_task(Task* task) {
  int thread = thread_of(task);
  if (thread < 0) {   // its first step
    thread = model::start(run_task, task);
    tasks[thread] = task;
    tokens[thread] = 0;
    parked[thread] = false;
    return;
  }
  model::need(parked[thread] && tokens[thread] == 0, "a task was made ready that did not wait, or twice");
  tokens[thread] = 1;
  model::released(&tokens[thread]);
}
void queue_next(Task* task) { queue_task(task); }
void queue_from_outside(Task* task) { queue_task(task); }
void timers_changed() {}

void switch_away(After after) {
  if (after == After::Yielded) return;
  const int me = model::self();
  Task* task = tasks[me];
  tokens[me] = 0;
  parked[me] = true;
  if (model::fetch_or(&task->wait, kParked) & kReady) queue_task(task);   // finish_switch
  model::point(model::Kind::Token, &tokens[me]);
  parked[me] = false;
}

void abandon_wait(Task* task) {   // as in worker.cpp
  task->wait_kind = WaitKind::None;
  if (claim(task, false)) return;
  while (!(model::load(&task->wait) & kReady)) model::waits_for_change();
}

Error* run_main_task(uint8_t*) { return nullptr; }

// ---- in place of stack.cpp, trace.cpp, dump.cpp, blocking.cpp
uint8_t stack_class_of(int64_t, int64_t) { return 0; }
void trace_spawn(const Task*) {}
void wait_for_dump() {}

// ---- in place of sys.cpp
int64_t now_ns() { return time_now; }
int64_t look_at_clock() { return time_now; }
void set_virtual(bool) {}
int32_t time_jumps;
int64_t time_jumped() { return 0; }
uint64_t random_bits() { return static_cast<uint64_t>(model::choose(2)); }
void thread_sleep(uint32_t*, uint32_t, int64_t) { model::failed("a task put its thread to sleep"); }
void thread_wake(uint32_t*) {}
void* map_memory(int64_t size) {
  void* pages = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}
void lock_slow(Lock*) { model::failed("a lock outside of the explored code is fought for"); }
uint32_t thread_number() { return static_cast<uint32_t>(model::self()) + 1; }
[[noreturn]] void model_require_failed(const char* why) { model::failed(why); }

}   // namespace janus::rt

using namespace janus::rt;

namespace world {

static bool clock_stops;

void begin() {
  time_now = 1'000'000'000;
  janus_worker = &worker;
  model::on_switch = [](int thread) { worker.current = tasks[thread]; };
  for (int i = 0; i < 16; i++) tasks[i] = nullptr;
  main_task = {};
  main_task.head.count = -1;
  main_task.flags = kFlagMain;
  main_task.wait = kClaimed;
  tasks[0] = &main_task;
  worker.current = &main_task;
  clock_stops = false;
}

// The time of a timer may come at any moment, and comes at last.
void start_clock() {
  static uint32_t moment;
  model::start(
      [](void*) {
        model::point(model::Kind::Write, &moment);
        time_now += int64_t(1) << 50;
        fire_timers();
        while (!clock_stops) {
          model::point(model::Kind::Idle, &moment);
          if (clock_stops) return;
          if (next_timer() == 0) model::failed("no task can go on, and no timer runs");
          if (next_timer() > time_now) time_now = next_timer();
          fire_timers();
        }
      },
      nullptr);
}
void stop_clock() { clock_stops = true; }

void end() {
  for (int i = 1; i < 16; i++) model::need(!tasks[i] || tasks[i]->state & kTaskEnded, "a task outlived its nursery");
  model::need(next_timer() == 0, "a timer was left");
}

}   // namespace world

extern "C" void janus_blocking_call(void (*run)(void*), void* argument) { run(argument); }
