// blocking.cpp: calls that may block a thread for long (files, names of hosts), made by threads of their own while the
// task is parked. Depends on task.h. SPDX-License-Identifier: Apache-2.0
//
// At most kThreadsTop calls are out at a time; more wait in a queue, first come, first served. A thread is started when
// all are busy and stays. When none can be started, and in seeded runs, the caller's own thread makes the call: slower
// for the others, never wrong.
#include "runtime/tasks/blocking.h"

namespace janus::rt {
namespace {

constexpr uint32_t kThreadsTop = 64;

using Call = BlockingCall;

struct Pool {
  Lock lock;   // taken in earnest: also by threads without a call
  Call* first;
  Call* last;
  uint32_t waiting;   // calls in the queue
  uint32_t threads;
  uint32_t idle;
  uint32_t news;   // idle threads sleep on it
};
Pool pool;

Call* take_call() {
  HoldInEarnest held(pool.lock);
  Call* call = pool.first;
  if (!call) return nullptr;
  pool.first = call->next;
  if (!pool.first) pool.last = nullptr;
  pool.waiting--;
  return call;
}

void serve(void*) {
  begin_thread();
  for (;;) {
    const uint32_t seen = __atomic_load_n(&pool.news, __ATOMIC_ACQUIRE);
    Call* call = take_call();
    if (!call) {
      __atomic_add_fetch(&pool.idle, 1, __ATOMIC_ACQ_REL);
      thread_sleep(&pool.news, seen, 0);
      __atomic_sub_fetch(&pool.idle, 1, __ATOMIC_ACQ_REL);
      continue;
    }
    Task* task = call->task;
    call->run(call->argument);
    if (!task) continue;
    const bool claimed = claim(task, false);
    janus_require(claimed, "a task whose call is out cannot be woken otherwise");
    task->reason = 0;
    // From here on the call's record, in the task's frame, may be gone.
    if (or_word(&task->wait, kReady) & kParked) queue_from_outside(task);
    call_came_back();   // last: until then nobody takes the program for stuck
  }
}

// True: some thread will take it.
bool put_call(Call* call) {
  bool start = false;
  {
    HoldInEarnest held(pool.lock);
    call->next = nullptr;
    (pool.last ? pool.last->next : pool.first) = call;
    pool.last = call;
    pool.waiting++;
    if (pool.waiting > __atomic_load_n(&pool.idle, __ATOMIC_ACQUIRE) && pool.threads < kThreadsTop) {
      start = true;
      pool.threads++;
    }
  }
  __atomic_add_fetch(&pool.news, 1, __ATOMIC_ACQ_REL);
  if (!start || start_thread(serve, nullptr)) {
    thread_wake(&pool.news);
    return true;
  }
  HoldInEarnest held(pool.lock);
  if (--pool.threads != 0) return true;   // busy ones will come to it
  pool.first = pool.last = nullptr;   // the first thread could not be started: this call is the only one
  pool.waiting = 0;
  return false;
}

struct Put {
  Call* call;
  bool taken;
};

}   // namespace

bool call_apart(BlockingCall* call) {
  call->task = nullptr;
  return put_call(call);
}

}   // namespace janus::rt

using namespace janus::rt;

extern "C" void janus_blocking_call(void (*run)(void*), void* argument) {
  Task* self = this_task();
  janus_require(run && self, "a blocking call of nothing, or by nobody");
  if (settings.seeded) return on_worker_stack(run, argument);
  Call call = {run, argument, self, nullptr};
  Put put = {&call, false};
  begin_wait(self, WaitKind::Blocking, nullptr, false, nullptr, 0);
  call_goes_out();
  on_worker_stack([](void* p) { static_cast<Put*>(p)->taken = put_call(static_cast<Put*>(p)->call); }, &put);
  if (put.taken) {
    end_wait(self);
    return;
  }
  call_came_back();
  abandon_wait(self);
  on_worker_stack(run, argument);
}
