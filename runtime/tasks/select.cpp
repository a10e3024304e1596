// select.cpp: waiting for the first of several channel operations.
// Depends on channel.h, memory.h.
// SPDX-License-Identifier: Apache-2.0
//
// First every case is tried, from a place chosen by chance, so that ready cases are taken fairly and nothing is
// enlisted when one is ready. Otherwise a waiter stands at each channel, each put there under that channel's lock after
// a last look; the first partner that claims the task decides, and the task takes its other waiters away when it runs
// again.
#include "runtime/memory.h"
#include "runtime/tasks/channel.h"

using namespace janus::rt;

namespace {

enum : int32_t { kRecv = 0, kSend = 1, kClosed = 3 };

bool is_drained(const Channel* c) { return c->closed && c->len == 0 && !c->senders.first; }

// Under the lock. Done: the case has happened.
Tried attempt(const SelectCase& x, Woken* woken) {
  switch (x.kind) {
    case kRecv: return recv_locked(x.channel, x.value, woken);
    case kSend: return send_locked(x.channel, x.value, woken);
    default: return is_drained(x.channel) ? Tried::Done : Tried::Wait;
  }
}

WaiterList* queue_of(const SelectCase& x) {
  return x.kind == kRecv ? &x.channel->receivers : x.kind == kSend ? &x.channel->senders : &x.channel->watchers;
}

// Somebody else stands there: a select may hold both ends of a channel, and does not meet itself.
bool has_other(const WaiterList& list, const Task* self) {
  for (const Waiter* w = list.first; w; w = w->next)
    if (w->task != self) return true;
  return false;
}

// Under the lock: the case could happen now.
bool looks_ready(const SelectCase& x, const Task* self) {
  const Channel* c = x.channel;
  if (x.kind == kRecv) return c->len > 0 || has_other(c->senders, self);
  if (x.kind == kSend) return !c->closed && (c->len < c->cap || has_other(c->receivers, self));
  return is_drained(c);
}

void leave_queues(const SelectCase* cases, Waiter* waiters, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    lock(&cases[i].channel->lock);
    list_remove(queue_of(cases[i]), &waiters[i]);
    unlock(&cases[i].channel->lock);
  }
}

}   // namespace

namespace {

__attribute__((noinline)) int32_t select_with(Waiter* waiters, SelectCase* cases, int32_t count, int64_t timeout_ms,
                                              bool has_default, Error** failed, RT_SITE) {
  Task* self = this_task();
  const int64_t deadline = timeout_ms >= 0 ? now_ns() + min64(timeout_ms, int64_t(1) << 40) * 1'000'000 : 0;
  for (;;) {
    if (JANUS_UNLIKELY(is_cancelled(self))) {
      *failed = &janus_own_cancel;
      return -1;
    }
    const uint32_t start = count > 1 ? static_cast<uint32_t>(random_bits() % static_cast<uint32_t>(count)) : 0;
    int32_t dead = 0;   // cases that can never happen any more
    for (int32_t k = 0; k < count; k++) {
      int32_t i = static_cast<int32_t>(start) + k;
      if (i >= count) i -= count;
      Woken woken = {nullptr, 0};
      lock(&cases[i].channel->lock);
      const Tried tried = attempt(cases[i], &woken);
      unlock(&cases[i].channel->lock);
      if (woken.task) wake(woken.task, woken.reason, false);
      if (tried == Tried::Done) return i;
      dead += tried == Tried::Closed;
    }
    if (has_default) return count + 1;
    if (dead == count && timeout_ms < 0) {
      *failed = janus_channel_closed_error(site, at);
      return -1;
    }
    if (timeout_ms == 0) return count;

    begin_wait(self, WaitKind::Select, count ? cases[0].channel : nullptr, true, site, at);
    int32_t enlisted = 0;
    int32_t happened = -1;
    int32_t closed = 0;
    for (; enlisted < count; enlisted++) {
      const SelectCase& x = cases[enlisted];
      waiters[enlisted] = {nullptr, nullptr, self, x.value, enlisted, false};
      Woken woken = {nullptr, 0};
      lock(&x.channel->lock);
      // A last look. Our own wait must be claimed before the case may happen here: a partner elsewhere may have been
      // quicker.
      bool stop = false;
      if (looks_ready(x, self)) {
        if (claim(self, false)) {
          const Tried tried = attempt(x, &woken);   // may meet only waiters whose wait is over
          if (tried == Tried::Done) happened = enlisted;
          else happened = -2;   // look at everything again
        }
        stop = true;
      } else if (x.kind != kClosed && x.channel->closed && !(x.kind == kRecv && x.channel->len > 0)) {
        closed++;
      } else {
        list_add(queue_of(x), &waiters[enlisted]);
      }
      unlock(&x.channel->lock);
      if (woken.task) wake(woken.task, woken.reason, false);
      if (stop) break;
    }
    if (happened >= 0 || happened == -2) {
      leave_queues(cases, waiters, enlisted);
      self->wait_kind = WaitKind::None;
      if (happened >= 0) return happened;
      continue;
    }
    if (enlisted == count && closed == count && count > 0 && timeout_ms < 0) {   // all closed meanwhile
      leave_queues(cases, waiters, enlisted);
      abandon_wait(self);
      continue;
    }
    Timer timer = {deadline, 0, self, nullptr};
    if (timeout_ms > 0) timer_start(&timer, true);
    const int32_t reason = end_wait(self);
    if (timeout_ms > 0) timer_stop(&timer);
    leave_queues(cases, waiters, enlisted);
    if (reason >= 0) return reason;
    if (reason == kReasonTimer) return count;
    if (reason == kReasonClosed) continue;   // some channel was closed: the other cases are still open
    *failed = wait_failure(reason, site, at);
    return -1;
  }
}

}   // namespace

// The waiters of a few cases lie in the frame, of more in a block: a frame that depends on `count` would leave the
// task's need of stack unknown (backend/stacks.cpp).
extern "C" int32_t janus_select(SelectCase* cases, int32_t count, int64_t timeout_ms, bool has_default, Error** failed,
                                RT_SITE) {
  constexpr int32_t kFew = 4;
  Waiter few[kFew];
  if (JANUS_LIKELY(count <= kFew)) return select_with(few, cases, count, timeout_ms, has_default, failed, site, at);
  const int64_t bytes = static_cast<int64_t>(sizeof(Waiter)) * count;
  Waiter* many = static_cast<Waiter*>(janus_alloc(bytes));
  const int32_t chosen = select_with(many, cases, count, timeout_ms, has_default, failed, site, at);
  janus_free(many, bytes);
  return chosen;
}
