// channel.cpp: channels: sending, receiving, closing.
// Depends on channel.h, counted.h.
// SPDX-License-Identifier: Apache-2.0
//
// An element goes from hand to hand where it can: a sender that finds a waiting receiver writes into the receiver's own
// frame and lets it run next. First come, first served on both sides. A waiter whose wait has ended otherwise
// (cancelled, another case of its select) is passed over; it takes itself out of the queues it still stands in.
#include "runtime/tasks/channel.h"

#include "runtime/counted.h"

namespace janus::rt {
namespace {

constexpr int64_t kBytesTop = int64_t(1) << 40;
int64_t live_channels;

// The first waiter that can still be had.
Waiter* take_waiter(WaiterList* list) {
  while (Waiter* w = list->first) {
    list_remove(list, w);
    if (claim(w->task, false)) return w;
  }
  return nullptr;
}

int64_t next_index(const Channel* c, int64_t index) { return index + 1 == c->cap ? 0 : index + 1; }

void put_last(Channel* c, const void* value) {
  int64_t index = c->first + c->len;
  if (index >= c->cap) index -= c->cap;
  copy_element(channel_slot(c, index), value, c->elem->size);
  __atomic_store_n(&c->len, c->len + 1, __ATOMIC_RELAXED);
}

}   // namespace

Tried send_locked(Channel* c, void* value, Woken* woken) {
  if (JANUS_UNLIKELY(c->closed)) return Tried::Closed;
  if (c->receivers.first) {
    if (Waiter* receiver = take_waiter(&c->receivers)) {
      janus_require(c->len == 0, "a receiver waits at a channel with elements");
      copy_element(receiver->value, value, c->elem->size);
      *woken = {receiver->task, receiver->index};
      return Tried::Done;
    }
  }
  if (c->len < c->cap) {
    put_last(c, value);
    return Tried::Done;
  }
  return Tried::Wait;
}

Tried recv_locked(Channel* c, void* out, Woken* woken) {
  if (c->len > 0) {
    copy_element(out, channel_slot(c, c->first), c->elem->size);
    c->first = next_index(c, c->first);
    __atomic_store_n(&c->len, c->len - 1, __ATOMIC_RELAXED);
    if (c->senders.first) {
      if (Waiter* sender = take_waiter(&c->senders)) {   // there is room for the one that waited longest
        put_last(c, sender->value);
        *woken = {sender->task, sender->index};
      }
    }
    if (JANUS_UNLIKELY(c->closed && c->len == 0)) wake_watchers_locked(c);
    return Tried::Done;
  }
  if (c->senders.first) {   // capacity 0
    if (Waiter* sender = take_waiter(&c->senders)) {
      copy_element(out, sender->value, c->elem->size);
      *woken = {sender->task, sender->index};
      return Tried::Done;
    }
  }
  return c->closed ? Tried::Closed : Tried::Wait;
}

void wake_watchers_locked(Channel* c) {
  while (Waiter* w = take_waiter(&c->watchers)) wake(w->task, w->index, false);
}

namespace {

// ---- the waiting halves: the channel is locked, and has nothing for who comes. What is known after the wait anyway is
// asked again then, not kept: a task's stack is as small as what it keeps while it waits.
JANUS_INLINE bool stand_in_line(Channel* c, WaiterList* line, WaitKind kind, Waiter* me, RT_SITE) {
  begin_wait(me->task, kind, c, true, site, at);
  list_add(line, me);
  unlock(&c->lock);
  return end_wait(me->task) >= 0;
}
Channel* waited_at() { return static_cast<Channel*>(this_task()->waits_on); }
void leave_line(Channel* c, WaiterList* line, Waiter* me) {
  lock(&c->lock);
  list_remove(line, me);
  unlock(&c->lock);
}

JANUS_COLD Error* send_failed(Channel*, void*, RT_SITE) {
  const int32_t reason = this_task()->reason;
  if (reason == kReasonClosed) return janus_channel_closed_error(site, at);
  return wait_failure(reason, site, at);
}
__attribute__((noinline)) Error* send_waits(Channel* c, void* value, RT_SITE) {
  Waiter me = {nullptr, nullptr, this_task(), value, 0, false};
  if (JANUS_LIKELY(stand_in_line(c, &c->senders, WaitKind::Send, &me, site, at))) return nullptr;
  leave_line(waited_at(), &waited_at()->senders, &me);
  [[clang::musttail]] return send_failed(nullptr, nullptr, this_task()->wait_site, at);
}

JANUS_COLD int32_t recv_failed(Channel*, void*, Error** failed, RT_SITE) {
  const int32_t reason = this_task()->reason;
  if (reason == kReasonClosed) return 0;
  *failed = wait_failure(reason, site, at);
  return -1;
}
__attribute__((noinline)) int32_t recv_waits(Channel* c, void* out, Error** failed, RT_SITE) {
  Waiter me = {nullptr, nullptr, this_task(), out, 0, false};
  if (JANUS_LIKELY(stand_in_line(c, &c->receivers, WaitKind::Recv, &me, site, at))) return 1;
  leave_line(waited_at(), &waited_at()->receivers, &me);
  [[clang::musttail]] return recv_failed(nullptr, nullptr, failed, this_task()->wait_site, at);
}

}   // namespace

}   // namespace janus::rt

using namespace janus::rt;

extern "C" {

Channel* janus_channel_new(int64_t cap, const TypeGlue* elem, Error** failed, RT_SITE) {
  if (cap < 0) {
    static const char text[] = "a channel's capacity cannot be negative";
    *failed = janus_panic_message(janus_string_new(reinterpret_cast<const uint8_t*>(text), sizeof text - 1), site, at);
    return nullptr;
  }
  int64_t bytes;
  if (__builtin_mul_overflow(cap, elem->size, &bytes) || bytes > kBytesTop) {
    static const char text[] = "a channel's capacity is too large";
    *failed = janus_panic_message(janus_string_new(reinterpret_cast<const uint8_t*>(text), sizeof text - 1), site, at);
    return nullptr;
  }
  if (add_word(&live_channels, 1) > janus_program_channels) {
    add_word(&live_channels, -1);
    *failed = budget_exceeded("channels", janus_program_channels, "[budget] channels = n in janus.toml", site, at);
    return nullptr;
  }
  Channel* c = static_cast<Channel*>(janus_alloc(static_cast<int64_t>(sizeof(Channel)) + bytes));
  memset(static_cast<void*>(c), 0, sizeof(Channel));
  c->head.count = -1;
  c->cap = cap;
  c->elem = elem;
  c->site = site;
  c->at = at;
  return c;
}

// What waits below a function must not be added to all that the function does besides: sending and receiving are not
// inlined, and hand over to their waiting halves, and those to what says how a wait failed, each in place of the one
// before.
__attribute__((noinline)) Error* janus_channel_send(Channel* c, void* value, RT_SITE) {
  Task* self = this_task();
  if (JANUS_UNLIKELY(is_cancelled(self))) return &janus_own_cancel;
  Woken woken = {nullptr, 0};
  lock(&c->lock);
  Tried tried;
  [[clang::always_inline]] tried = send_locked(c, value, &woken);
  if (tried == Tried::Wait) [[clang::musttail]]
    return send_waits(c, value, site, at);
  unlock(&c->lock);
  if (woken.task) wake(woken.task, woken.reason, true);
  if (JANUS_UNLIKELY(tried == Tried::Closed)) return janus_channel_closed_error(site, at);
  return nullptr;
}

__attribute__((noinline)) int32_t janus_channel_recv(Channel* c, void* out, Error** failed, RT_SITE) {
  Task* self = this_task();
  if (JANUS_UNLIKELY(is_cancelled(self))) {
    *failed = &janus_own_cancel;
    return -1;
  }
  Woken woken = {nullptr, 0};
  lock(&c->lock);
  Tried tried;
  [[clang::always_inline]] tried = recv_locked(c, out, &woken);
  if (tried == Tried::Wait) [[clang::musttail]]
    return recv_waits(c, out, failed, site, at);
  unlock(&c->lock);
  if (woken.task) wake(woken.task, woken.reason, c->cap == 0);
  return tried == Tried::Done;
}

bool janus_channel_try_send(Channel* c, void* value) {
  Woken woken = {nullptr, 0};
  lock(&c->lock);
  const Tried tried = send_locked(c, value, &woken);
  unlock(&c->lock);
  if (woken.task) wake(woken.task, woken.reason, true);
  return tried == Tried::Done;
}

bool janus_channel_try_recv(Channel* c, void* out) {
  Woken woken = {nullptr, 0};
  lock(&c->lock);
  const Tried tried = recv_locked(c, out, &woken);
  unlock(&c->lock);
  if (woken.task) wake(woken.task, woken.reason, false);
  return tried == Tried::Done;
}

void janus_channel_close(Channel* c) {
  lock(&c->lock);
  if (!c->closed) {
    __atomic_store_n(&c->closed, 1u, __ATOMIC_RELEASE);
    while (Waiter* w = take_waiter(&c->receivers)) wake(w->task, kReasonClosed, false);
    while (Waiter* w = take_waiter(&c->senders)) wake(w->task, kReasonClosed, false);
    if (c->len == 0) wake_watchers_locked(c);
  }
  unlock(&c->lock);
}

bool janus_channel_is_closed(Channel* c) { return __atomic_load_n(&c->closed, __ATOMIC_ACQUIRE) != 0; }
int64_t janus_channel_len(Channel* c) { return __atomic_load_n(&c->len, __ATOMIC_RELAXED); }
int64_t janus_channel_cap(Channel* c) { return c->cap; }

void janus_channel_drop(void* block, uint32_t depth) {
  Channel* c = static_cast<Channel*>(block);
  janus_require(!c->receivers.first && !c->senders.first, "a channel was freed while somebody waits at it");
  if (c->elem->drop && c->len > 0)
    off_task([=] {
      for (; c->len > 0; c->len--, c->first = next_index(c, c->first))
        c->elem->drop(channel_slot(c, c->first), depth + 1);
    });
  add_word(&live_channels, -1);
  janus_free(c, static_cast<int64_t>(sizeof(Channel)) + c->cap * c->elem->size);
}

Error* janus_channel_closed_error(RT_SITE) { return janus_error_new(&janus_channel_closed_desc, site, at); }

}   // extern "C"
