// nursery.cpp: nurseries and tasks: spawning, running, ending, awaiting, cancelling.
// Depends on task.h, counted.h, error.h.
// SPDX-License-Identifier: Apache-2.0
//
// A nursery ends when its count of live children is zero. Its children hang on a list under its lock, so that a
// cancellation finds them; a child leaves the list when it has ended, and the last one wakes the owner. The first
// failure is kept, later ones are added to it. A task is cancelled when its own mark is set or when a nursery whose
// body it runs is.
#include "runtime/counted.h"
#include "runtime/error.h"
#include "runtime/tasks/task.h"

namespace janus::rt {

Task main_task;

namespace {

uint32_t last_number;

// Numbers tell tasks apart in the nursery tree. Several threads take them in blocks.
JANUS_INLINE uint32_t next_number() {
  uint32_t number;
  if (JANUS_LIKELY(if_alone([&] { number = ++last_number; }))) return number;
  Worker* w = this_worker();
  if (w->numbers == 0) {
    w->numbers = 64;
    w->first_number = __atomic_fetch_add(&last_number, 64, __ATOMIC_RELAXED) + 1;
  }
  w->numbers--;
  return w->first_number++;
}

void link_child(Nursery* nursery, Task* task) {
  task->prev_sibling = nullptr;
  task->next_sibling = nursery->children;
  if (nursery->children) nursery->children->prev_sibling = task;
  nursery->children = task;
}

void unlink_child(Nursery* nursery, Task* task) {
  (task->prev_sibling ? task->prev_sibling->next_sibling : nursery->children) = task->next_sibling;
  if (task->next_sibling) task->next_sibling->prev_sibling = task->prev_sibling;
}

void release_error(Error* error) {
  if (error == &janus_own_cancel) return;
  if (release(&error->head)) off_task([=] { janus_error_drop(error, 0); });
}

Error* retain_error(Error* error) {
  retain(&error->head);
  return error;
}

// Under the lock. Takes the error over.
void add_failure_here(Nursery* nursery, Error* error) {
  if (!nursery->failure) {
    nursery->failure = error;
  } else if (nursery->failure == error) {   // the same one came by two roads: its task, and an await of it
    release_error(error);
  } else if (nursery->kind == kNurseryRace) {   // the last one counts
    release_error(nursery->failure);
    nursery->failure = error;
  } else {
    janus_error_add(nursery->failure, error);
  }
}

void add_failure(Nursery* nursery, Error* error) {
  off_task([=] { add_failure_here(nursery, error); });
}

// Under the lock. True: somebody goes on because of it.
bool cancel_children_locked(Nursery* nursery) {
  bool woken = false;
  for (Task* child = nursery->children; child; child = child->next_sibling) {
    __atomic_store_n(&child->cancel, 1u, __ATOMIC_SEQ_CST);
    // A child in the list has not ended; it cannot leave while the lock is held, so its wait word is its own.
    if (claim(child, true)) {
      wake(child, kReasonCancel, false);
      woken = true;
    }
  }
  return woken;
}

bool cancel_locked(Nursery* nursery) {
  if (nursery->cancelled) return false;
  __atomic_store_n(&nursery->cancelled, true, __ATOMIC_SEQ_CST);
  bool woken = cancel_children_locked(nursery);
  // The body: its owner waits somewhere inside, or will find the mark.
  Task* owner = nursery->owner;
  if (!nursery->ending && claim(owner, true, nursery->shield)) {
    wake(owner, kReasonCancel, false);
    woken = true;
  }
  return woken;
}

}  // namespace

bool cancel_nursery(Nursery* nursery) {
  lock(&nursery->lock);
  const bool woken = cancel_locked(nursery);
  unlock(&nursery->lock);
  return woken;
}

void expire_nursery(Nursery* nursery) {
  lock(&nursery->lock);
  if (!nursery->cancelled) {   // a failure that came before goes on
    nursery->timed_out = true;
    cancel_locked(nursery);
  }
  unlock(&nursery->lock);
}

void end_task(Task* task, Error* error) {
  if (JANUS_UNLIKELY(error && error != &janus_own_cancel)) off_task([=] { janus_share_error(error, kShareCopy); });
  give_place(task->nursery->budget);   // first: who learns that it has ended may spawn another
  lock(&task->lock);
  task->error = error;
  task->wait_kind = WaitKind::None;
  __atomic_store_n(&task->state, kTaskEnded, __ATOMIC_RELEASE);
  Waiter* waiters = task->awaiters;
  task->awaiters = nullptr;
  for (Waiter* w = waiters; w;) {
    Waiter* next = w->next;
    w->linked = false;
    Task* waiting = w->task;
    if (claim(waiting, false)) wake(waiting, kReasonEnded, true);
    w = next;
  }
  unlock(&task->lock);

  Nursery* nursery = task->nursery;
  lock(&nursery->lock);
  unlink_child(nursery, task);
  const bool failed = error && error != &janus_own_cancel;
  if (nursery->kind == kNurseryRace) {
    if (!error && !nursery->winner) {
      nursery->winner = task;
      janus_retain_shared(task);
      cancel_locked(nursery);
    } else if (failed) {
      add_failure(nursery, retain_error(error));
    }
  } else if (failed) {
    if (__atomic_load_n(&task->flags, __ATOMIC_RELAXED) &
        kFlagAnswered) {   // for whoever awaits it; if nobody does, the nursery fails at its end
      janus_retain_shared(task);
      task->next = nursery->held;
      nursery->held = task;
    } else {
      add_failure(nursery, retain_error(error));
      if (nursery->kind != kNurserySupervisor) cancel_locked(nursery);
    }
  }
  nursery->live--;
  Task* owner = nursery->live == 0 && nursery->ending ? nursery->owner : nullptr;
  if (owner && claim(owner, false))
    wake(owner, kReasonEnded, true);   // under the lock: the record is in the owner's frame
  unlock(&nursery->lock);
}

void cancel_task(Task* task) {
  lock(&task->lock);
  const bool ended = task->state & kTaskEnded;
  if (!ended) {
    __atomic_store_n(&task->cancel, 1u, __ATOMIC_SEQ_CST);
    if (claim(task, true)) wake(task, kReasonCancel, false);
  }
  unlock(&task->lock);
}

}  // namespace janus::rt

using namespace janus::rt;

extern "C" {

// Kept apart, so that the compiler can add up what lies on a task's stack (backend/stacks.cpp).
void janus_run_task(Task* task) {
  Error* error;
  if (JANUS_UNLIKELY(__atomic_load_n(&task->cancel, __ATOMIC_RELAXED) != 0)) {   // before its first step: it never runs
    if (task->desc->drop_args) task->desc->drop_args(reinterpret_cast<uint8_t*>(task) + kTaskData);
    error = &janus_own_cancel;
  } else {
    error = task->desc->entry(reinterpret_cast<uint8_t*>(task) + kTaskData);
  }
  janus_require(task == this_task() && !task->inner, "a task ended with a nursery open");
  end_task(task, error);
}

void janus_nursery_begin(Nursery* n, int32_t kind, int64_t tasks, int64_t timeout_ms, RT_SITE) {
  Task* owner = this_task();
  memset(static_cast<void*>(n), 0, sizeof *n);
  n->kind = kind;
  n->parent = owner->inner;
  n->owner = owner;
  n->shield = owner->shield;
  n->site = site;
  n->at = at;
  if (tasks >= 0) {
    budget_begin(&n->own_budget, tasks);
    n->budget = &n->own_budget;
  } else if (owner->inner) {
    n->budget = owner->inner->budget;
  } else if (owner->nursery) {
    n->budget = owner->nursery->budget;
  } else {
    program_budget.limit = janus_program_tasks;
    n->budget = &program_budget;
  }
  owner->inner = n;
  if (timeout_ms >= 0) {
    n->timer.when = now_ns() + min64(timeout_ms, int64_t(1) << 40) * 1'000'000;
    n->timer.nursery = n;
    timer_start(&n->timer, false);
  }
}

Error* janus_nursery_end(Nursery* n, Error* failure, RT_SITE) {
  Task* owner = this_task();
  janus_require(owner == n->owner && owner->inner == n, "nurseries end in the order they began, last first");
  lock(&n->lock);
  if (failure) {
    if (failure != &janus_own_cancel) add_failure(n, failure);
    n->ending = true;   // the owner needs no waking: it is here
    cancel_locked(n);
  }
  n->ending = true;
  while (n->live != 0) {
    const bool cancellable = !n->cancelled && !is_cancelled(owner);
    if (!n->cancelled && !cancellable) {
      cancel_locked(n);
      continue;
    }
    begin_wait(owner, WaitKind::Nursery, n, cancellable, site, at);
    unlock(&n->lock);
    const int32_t reason = end_wait(owner);
    lock(&n->lock);
    if (reason == kReasonCancel) cancel_locked(n);
  }
  Task* held = n->held;
  n->held = nullptr;
  unlock(&n->lock);
  if (n->timer.nursery) timer_stop(&n->timer);
  if (n->budget == &n->own_budget) budget_end(n->budget);
  // Nobody else reaches the record from here on. The list is newest first, and the first failure wins.
  Task* oldest = nullptr;
  while (held) {
    Task* next = held->next;
    held->next = oldest;
    oldest = held;
    held = next;
  }
  for (Task* task = oldest; task;) {
    Task* next = task->next;
    if (!(__atomic_load_n(&task->flags, __ATOMIC_ACQUIRE) & kFlagAwaited)) add_failure(n, retain_error(task->error));
    if (janus_release_shared(task)) janus_task_drop(task, 0);
    task = next;
  }
  if (JANUS_UNLIKELY(!if_alone([&] {
        owner->inner = n->parent;
      }))) {   // a thread that writes the tree either does not see this nursery any more, or is waited for
    __atomic_store_n(&owner->inner, n->parent, __ATOMIC_SEQ_CST);
    if (JANUS_UNLIKELY(__atomic_load_n(&dumping, __ATOMIC_SEQ_CST))) wait_for_dump();
  }
  Error* result = n->failure;
  if (n->kind == kNurseryRace) {
    if (n->winner) {
      if (result) release_error(result);
      if (!is_cancelled(owner)) return nullptr;
      if (janus_release_shared(n->winner)) janus_task_drop(n->winner, 0);
      return &janus_own_cancel;
    }
    if (!result && !n->timed_out && !is_cancelled(owner)) {
      static const char text[] = "a race without a task has no value";
      result = janus_panic_message(janus_string_new(reinterpret_cast<const uint8_t*>(text), sizeof text - 1), site, at);
    }
  }
  if (n->timed_out || n->deadlocked) {   // that came first
    Error* first = janus_error_new(n->timed_out ? &janus_timeout_desc : &janus_deadlock_desc, site, at);
    if (result) janus_error_add(first, result);
    result = first;
  }
  if (!result && (failure == &janus_own_cancel || is_cancelled(owner))) result = &janus_own_cancel;
  return result;
}

Task* janus_race_winner(Nursery* n) { return n->winner; }

Task* janus_spawn(Nursery* nursery, const TaskDesc* desc, uint32_t flags, int64_t stack, Error** failed, RT_SITE) {
  Budget* budget = nursery->budget;
  if (JANUS_UNLIKELY(!take_place(budget))) {
    *failed =
        budget_exceeded("live tasks", budget->limit, "nursery(tasks: n) or [budget] tasks = n in janus.toml", site, at);
    return nullptr;
  }
  Task* task = static_cast<Task*>(janus_alloc(kTaskData + desc->data_size));
  memset(static_cast<void*>(task), 0, sizeof(Task));
  task->head.count = flags & kSpawnHandle ? -2 : -1;
  task->flags = flags & kSpawnAnswered ? kFlagAnswered : 0;
  task->nursery = nursery;
  task->wait = kClaimed;
  task->desc = desc;
  task->site = site;
  task->at = pack_spot(at);
  task->stack_class = stack_class_of(stack, desc->stack);
  task->number = next_number();
  return task;
}

void janus_spawn_start(Task* task) {
  Nursery* nursery = task->nursery;
  add_own(&this_worker()->live, 1);
  lock(&nursery->lock);
  link_child(nursery, task);
  nursery->live++;
  if (nursery->cancelled) task->cancel = 1;
  unlock(&nursery->lock);
  if (JANUS_UNLIKELY(tracing)) off_task([=] { trace_spawn(task); });
  queue_task(task);
}

static JANUS_COLD Error* awaited_in_vain(Task* task, Waiter* me, RT_SITE) {
  lock(&task->lock);
  for (Waiter** w = &task->awaiters; *w; w = &(*w)->next)
    if (*w == me) {
      *w = me->next;
      break;
    }
  unlock(&task->lock);
  return wait_failure(this_task()->reason, site, at);
}
static JANUS_COLD Error* awaited_failure(Task* task, RT_SITE) {
  __atomic_fetch_or(&task->flags, static_cast<uint32_t>(kFlagAwaited), __ATOMIC_ACQ_REL);
  if (task->error == &janus_own_cancel) return janus_error_new(&janus_cancelled_desc, site, at);
  return retain_error(task->error);
}

// What seldom happens stands above: this is small enough to be inlined where a program awaits.
Error* janus_await(Task* task, RT_SITE) {
  Task* self = this_task();
  if (JANUS_UNLIKELY(is_cancelled(self))) return &janus_own_cancel;
  if (!(__atomic_load_n(&task->state, __ATOMIC_ACQUIRE) & kTaskEnded)) {
    Waiter me = {nullptr, nullptr, self, nullptr, 0, true};
    begin_wait(self, WaitKind::Await, task, true, site, at);
    lock(&task->lock);
    if (task->state & kTaskEnded) {
      unlock(&task->lock);
      abandon_wait(self);
    } else {
      me.next = task->awaiters;
      task->awaiters = &me;
      unlock(&task->lock);
      if (JANUS_UNLIKELY(end_wait(self) != kReasonEnded)) return awaited_in_vain(task, &me, site, at);
    }
  }
  return JANUS_LIKELY(!task->error) ? nullptr : awaited_failure(task, site, at);
}

void janus_task_cancel(Task* task) { cancel_task(task); }
bool janus_task_is_done(Task* task) { return __atomic_load_n(&task->state, __ATOMIC_ACQUIRE) & kTaskEnded; }

void janus_task_drop(void* block, uint32_t) {
  Task* task = static_cast<Task*>(block);
  janus_require(task->state & kTaskEnded, "a task was freed while it runs");
  if (task->error || task->desc->drop_result)
    off_task([=] {
      if (task->error) release_error(task->error);
      else task->desc->drop_result(reinterpret_cast<uint8_t*>(task) + kTaskData);
    });
  janus_free(task, kTaskData + task->desc->data_size);
}

Error* janus_sleep_nanos(int64_t nanos, RT_SITE) {
  (void)site, (void)at;
  Task* self = this_task();
  if (is_cancelled(self)) return &janus_own_cancel;
  if (nanos <= 0) return janus_yield(site, at);
  Timer timer = {0, 0, self, nullptr};
  off_task([&timer, nanos] {   // the kernel's clock page wants more of a stack than all else here
    timer.when = now_ns() + min64(nanos, (int64_t(1) << 40) * 1'000'000);
  });
  begin_wait(self, WaitKind::Sleep, nullptr, true, site, at);
  timer_start(&timer, true);
  const int32_t reason = end_wait(self);
  timer_stop(&timer);
  return reason == kReasonCancel ? &janus_own_cancel : nullptr;
}

Error* janus_sleep(int64_t ms, RT_SITE) {
  return janus_sleep_nanos(max64(0, min64(ms, int64_t(1) << 40)) * 1'000'000, site, at);
}

Error* janus_yield(RT_SITE) {
  (void)site, (void)at;
  Task* self = this_task();
  if (JANUS_UNLIKELY(is_cancelled(self))) return &janus_own_cancel;
  switch_away(After::Yielded);
  return JANUS_UNLIKELY(is_cancelled(this_task())) ? &janus_own_cancel : nullptr;
}

// Whether it has been asked to end. In a defer and a shield that is so too, though it waits there: a defer must be able
// to tell, whatever else it does.
bool janus_cancelled(void) { return is_asked_to_end(this_task()); }
void janus_shield_begin(void) { this_task()->shield++; }
void janus_shield_end(void) {
  Task* self = this_task();
  janus_require(self->shield != 0, "a shield ended that had not begun");
  self->shield--;
}

}   // extern "C"
