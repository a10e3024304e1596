// tasks.cpp: small programs with tasks, run under every order of steps: awaiting, nurseries, cancelling, channels,
// select, timers. Depends on world.h, tests/runtime/harness.h. The code under test is
// runtime/tasks/{nursery,channel,select,timer}.cpp as it ships. SPDX-License-Identifier: Apache-2.0
#include "tests/models/world.h"
#include "tests/runtime/harness.h"

#undef CHECK
#define CHECK(cond) model::need(cond, #cond)

using namespace janus::rt;
using namespace test;

namespace {

struct Scope {
  NurseryRoom room;
  explicit Scope(int32_t kind = kNurseryPlain, int64_t timeout = -1) {
    janus_nursery_begin(room.get(), kind, -1, timeout, HERE);
  }
  Nursery* get() { return room.get(); }
  Error* end(Error* failure = nullptr) {
    Error* e = janus_nursery_end(room.get(), failure, HERE);
    memset(&room, 0xEE, sizeof room);   // whoever still touches it is found
    return e;
  }
};

// What the tasks of a scenario share.
struct Shared {
  Channel* a;
  Channel* b;
  Task* task;
  Nursery* nursery;
  int sent, received, sum, timeouts, closed;
} shared;

void begin() {
  shared = {};
  world::begin();
}
void end() {
  if (shared.a) drop(shared.a);
  if (shared.b) drop(shared.b);
  world::end();
}
bool own_cancel(Error* e) { return e == &janus_own_cancel; }

// ---- tasks

Error* answers(Data* d) {
  d->result = 42;
  return nullptr;
}
Error* fails(Data*) { return fail_with(&broken); }
Error* receives(Data* d) {   // once
  int64_t x = 0;
  Error* e = nullptr;
  const int32_t state = janus_channel_recv(d->a[0] ? shared.b : shared.a, &x, &e, HERE);
  if (state == 1) {
    CHECK(x != 0);
    shared.received++;
    shared.sum += static_cast<int>(x);
    d->result = x;
  }
  if (state == 0) shared.closed++;
  return state < 0 ? e : nullptr;
}
Error* sends(Data* d) {   // a[0]: which channel, a[1]: the value
  int64_t x = d->a[1];
  Error* e = janus_channel_send(d->a[0] ? shared.b : shared.a, &x, HERE);
  if (!e) {
    shared.sent++;
    shared.sum -= static_cast<int>(x);
  } else if (is(e, janus_channel_closed_desc)) {
    shared.closed++;
    drop(e);
    e = nullptr;
  }
  return e;
}
Error* asks(Data* d) {
  Error* e = janus_await(shared.task, HERE);
  if (e) return e;
  CHECK(data_of(shared.task)->result == 42);
  d->result = 42;
  return nullptr;
}
Error* closes(Data*) {
  janus_channel_close(shared.a);
  return nullptr;
}
Error* cancels(Data*) {
  janus_task_cancel(shared.task);
  return nullptr;
}
Error* spawns_into(Data*) {
  spawn<answers>(shared.nursery, 0);
  return nullptr;
}
Error* opens(Data* d) {   // a nursery of its own
  Scope inner;
  if (d->a[0]) spawn<receives>(inner.get(), 0, 0);
  else spawn<answers>(inner.get(), 0);
  return inner.end();
}
Error* sleeps(Data*) { return janus_sleep(10, HERE); }

// ---- await and complete

void await_one() {
  begin();
  Scope s;
  Task* t = spawn<answers>(s.get(), kSpawnHandle);
  CHECK(!janus_await(t, HERE) && data_of(t)->result == 42);
  CHECK(!s.end());
  drop(t);
  end();
}
void await_from_two() {
  begin();
  Scope s;
  shared.task = spawn<answers>(s.get(), kSpawnHandle);
  Task* x = spawn<asks>(s.get(), kSpawnHandle);
  Task* y = spawn<asks>(s.get(), kSpawnHandle);
  CHECK(!s.end());
  CHECK(data_of(x)->result == 42 && data_of(y)->result == 42);
  drop(x), drop(y), drop(shared.task);
  end();
}
void await_cancelled() {   // the awaiting task is cancelled while the other ends
  begin();
  Scope s;
  Task* t = shared.task = spawn<answers>(s.get(), kSpawnHandle);
  Task* x = spawn<asks>(s.get(), kSpawnHandle);
  janus_task_cancel(x);
  Error* e = janus_await(x, HERE);
  CHECK(!e || is(e, janus_cancelled_desc));
  CHECK(e || data_of(x)->result == 42);
  drop(e);
  CHECK(!s.end());
  drop(x), drop(t);
  end();
}
void await_of_the_cancelled() {
  begin();
  shared.a = channel(0);
  Scope s;
  shared.task = spawn<receives>(s.get(), kSpawnHandle, 0);
  spawn<cancels>(s.get(), 0);
  Error* e = janus_await(shared.task, HERE);
  CHECK(is(e, janus_cancelled_desc));
  drop(e);
  CHECK(!s.end());
  drop(shared.task);
  end();
}
void await_of_a_failure() {   // it comes by two roads, and is one
  begin();
  Scope s;
  Task* t = spawn<fails>(s.get(), kSpawnHandle);
  Error* e = s.end(janus_await(t, HERE));
  CHECK(is(e, broken) && !e->others);
  drop(e), drop(t);
  end();
}
void answered_and_not_awaited() {
  begin();
  Scope s;
  Task* t = spawn<fails>(s.get(), kSpawnHandle | kSpawnAnswered);
  drop(t);
  Error* e = s.end();
  CHECK(is(e, broken));
  drop(e);
  end();
}
void answered_and_awaited() {
  begin();
  Scope s;
  Task* t = spawn<fails>(s.get(), kSpawnHandle | kSpawnAnswered);
  Error* e = janus_await(t, HERE);
  CHECK(is(e, broken));
  drop(e);
  CHECK(!s.end());
  drop(t);
  end();
}

// ---- nurseries

void nursery_of_two() {
  begin();
  Scope s;
  Task* x = spawn<answers>(s.get(), kSpawnHandle);
  Task* y = spawn<answers>(s.get(), kSpawnHandle);
  CHECK(!s.end());
  CHECK(data_of(x)->result == 42 && data_of(y)->result == 42);
  drop(x), drop(y);
  end();
}
void spawn_from_a_child() {
  begin();
  Scope s;
  shared.nursery = s.get();
  spawn<spawns_into>(s.get(), 0);
  spawn<spawns_into>(s.get(), 0);
  CHECK(!s.end());
  end();
}
void failure_cancels_a_sibling() {
  begin();
  shared.a = channel(0);
  Scope s;
  Task* t = spawn<receives>(s.get(), kSpawnHandle, 0);
  spawn<fails>(s.get(), 0);
  Error* e = s.end();
  CHECK(is(e, broken) && !e->others && data_of(t)->result == 0);
  drop(e), drop(t);
  end();
}
void failure_cancels_the_body() {
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<fails>(s.get(), 0);
  int64_t x;
  Error* body = nullptr;
  CHECK(janus_channel_recv(shared.a, &x, &body, HERE) == -1 && own_cancel(body));
  Error* e = s.end(body);
  CHECK(is(e, broken) && !e->others);
  drop(e);
  end();
}
void body_fails() {
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<receives>(s.get(), 0, 0);
  spawn<receives>(s.get(), 0, 0);
  Error* e = s.end(fail_with(&broken));
  CHECK(is(e, broken) && !e->others);
  drop(e);
  end();
}
void two_failures() {
  begin();
  Scope s;
  spawn<fails>(s.get(), 0);
  spawn<fails>(s.get(), 0);
  Error* e = s.end();
  CHECK(is(e, broken) && (!e->others || e->others->len == 1));
  drop(e);
  end();
}
void nested_and_cancelled() {
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<opens>(s.get(), 0, 1);
  Error* e = s.end(fail_with(&broken));
  CHECK(is(e, broken) && !e->others);
  drop(e);
  end();
}
void nested_and_cancelled_while_it_ends() {
  begin();
  Scope s;
  spawn<opens>(s.get(), 0, 0);
  spawn<fails>(s.get(), 0);
  Error* e = s.end();
  CHECK(is(e, broken) && !e->others);
  drop(e);
  end();
}
void spawn_into_a_cancelled_one() {
  begin();
  Scope s;
  spawn<fails>(s.get(), 0);
  Task* t = spawn<answers>(s.get(), kSpawnHandle);
  Error* e = s.end();
  CHECK(is(e, broken));
  CHECK(janus_task_is_done(t) && (data_of(t)->result == 42 || own_cancel(t->error)));
  drop(e), drop(t);
  end();
}
Error* waits_again(
    Data*) {   // after a nursery that a cancellation may have cut short: nobody wakes it for what has ended before
  Scope inner;
  spawn<answers>(inner.get(), 0);
  Error* cancelled = inner.end();
  CHECK(!cancelled || own_cancel(cancelled));
  janus_shield_begin();
  int64_t x = 0;
  Error* e = nullptr;
  CHECK(janus_channel_recv(shared.a, &x, &e, HERE) == 1 && x == 7);
  janus_shield_end();
  return cancelled;
}
void nursery_and_then_a_wait() {
  begin();
  shared.a = channel(1);
  Scope s;
  Task* t = spawn<waits_again>(s.get(), kSpawnHandle);
  janus_task_cancel(t);
  int64_t x = 7;
  CHECK(!janus_channel_send(shared.a, &x, HERE));
  CHECK(!s.end());
  drop(t);
  end();
}
Error* spawns_a_receiver(Data*) {
  spawn<receives>(shared.nursery, 0, 0);
  return nullptr;
}
void late_child_of_a_cancelled_one() {
  begin();
  shared.a = channel(0);
  Scope s;
  shared.nursery = s.get();
  spawn<spawns_a_receiver>(s.get(), 0);
  spawn<fails>(s.get(), 0);
  Error* e = s.end();
  CHECK(is(e, broken) && !e->others);
  drop(e);
  end();
}
void supervisor_of_two() {
  begin();
  Scope s(kNurserySupervisor);
  spawn<fails>(s.get(), 0);
  spawn<fails>(s.get(), 0);
  Task* t = spawn<answers>(s.get(), kSpawnHandle);
  Error* e = s.end();
  CHECK(is(e, broken) && e->others && e->others->len == 1 && data_of(t)->result == 42);
  drop(e), drop(t);
  end();
}
void race_of_two() {
  begin();
  shared.a = channel(0);
  Scope s(kNurseryRace);
  spawn<answers>(s.get(), 0);
  spawn<answers>(s.get(), 0);
  spawn<receives>(s.get(), 0, 0);
  CHECK(!janus_nursery_end(s.get(), nullptr, HERE));
  Task* t = janus_race_winner(s.get());
  CHECK(t && data_of(t)->result == 42);
  drop(t);
  end();
}
void race_with_a_failure() {
  begin();
  Scope s(kNurseryRace);
  spawn<fails>(s.get(), 0);
  spawn<answers>(s.get(), 0);
  CHECK(!janus_nursery_end(s.get(), nullptr, HERE));
  Task* t = janus_race_winner(s.get());
  CHECK(t && data_of(t)->result == 42);
  drop(t);
  end();
}
Error* shielded(Data* d) {
  janus_shield_begin();
  int64_t x = 0;
  Error* e = nullptr;
  CHECK(janus_channel_recv(shared.a, &x, &e, HERE) == 1 && x == 7);
  janus_shield_end();
  d->result = 42;
  return nullptr;
}
void shield_holds() {
  begin();
  shared.a = channel(0);
  Scope s;
  Task* t = shared.task = spawn<shielded>(s.get(), kSpawnHandle);
  Task* u = spawn<sends>(s.get(), kSpawnHandle, 0, 7);
  if (model::choose(2)) janus_task_cancel(t);
  Error* e = janus_await(t, HERE);
  drop(e);
  if (data_of(t)->result != 42) janus_task_cancel(u);   // it was cancelled before its first step
  CHECK(!s.end());
  drop(u);
  const bool ran = data_of(t)->result == 42;
  CHECK(ran || own_cancel(t->error));
  drop(t);
  end();
}

// ---- time

void timeout_of_a_nursery() {
  begin();
  shared.a = channel(0);
  world::start_clock();
  Scope s(kNurseryPlain, 1);
  spawn<receives>(s.get(), 0, 0);
  Error* e = s.end();
  CHECK(is(e, janus_timeout_desc) && !e->others);
  drop(e);
  world::stop_clock();
  end();
}
void timeout_or_not() {
  begin();
  world::start_clock();
  Scope s(kNurseryPlain, 1);
  Task* t = spawn<answers>(s.get(), kSpawnHandle);
  Error* e = s.end();
  CHECK(!e || is(e, janus_timeout_desc));
  CHECK(e || data_of(t)->result == 42);
  drop(e), drop(t);
  world::stop_clock();
  end();
}
void sleep_and_cancel() {
  begin();
  world::start_clock();
  Scope s;
  Task* t = spawn<sleeps>(s.get(), kSpawnHandle);
  janus_task_cancel(t);
  CHECK(!s.end());
  CHECK(!t->error || own_cancel(t->error));
  drop(t);
  world::stop_clock();
  end();
}
void two_sleep() {
  begin();
  world::start_clock();
  Scope s;
  spawn<sleeps>(s.get(), 0);
  spawn<sleeps>(s.get(), 0);
  CHECK(!s.end());
  world::stop_clock();
  end();
}

// ---- channels

void balanced() { CHECK(shared.sent == shared.received && shared.sum == 0); }

void hand_over(int64_t room) {
  begin();
  shared.a = channel(room);
  Scope s;
  spawn<sends>(s.get(), 0, 0, 1);
  spawn<receives>(s.get(), 0, 0);
  CHECK(!s.end());
  CHECK(shared.received == 1);
  balanced();
  end();
}
void hand_over_0() { hand_over(0); }
void hand_over_1() { hand_over(1); }
void two_to_one(int64_t room) {
  begin();
  shared.a = channel(room);
  Scope s;
  spawn<sends>(s.get(), 0, 0, 1);
  spawn<sends>(s.get(), 0, 0, 2);
  spawn<receives>(s.get(), 0, 0);
  int64_t x = 0;
  Error* e = nullptr;
  CHECK(janus_channel_recv(shared.a, &x, &e, HERE) == 1);
  shared.received++;
  shared.sum += static_cast<int>(x);
  CHECK(!s.end());
  balanced();
  end();
}
void two_to_two_0() { two_to_one(0); }
void two_to_two_1() { two_to_one(1); }
void one_waits_for_room() {
  begin();
  shared.a = channel(1);
  Scope s;
  spawn<sends>(s.get(), 0, 0, 1);
  spawn<sends>(s.get(), 0, 0, 2);
  spawn<receives>(s.get(), 0, 0);
  CHECK(!s.end());
  int64_t x = 0;
  CHECK(janus_channel_try_recv(shared.a, &x));
  shared.received++;
  shared.sum += static_cast<int>(x);
  balanced();
  end();
}
void receiver_is_cancelled(int64_t room) {   // what was sent was received, or lies in the channel
  begin();
  shared.a = channel(room);
  Scope s;
  Task* t = spawn<receives>(s.get(), kSpawnHandle, 0);
  Task* u = spawn<sends>(s.get(), kSpawnHandle, 0, 1);
  janus_task_cancel(t);
  Error* e = janus_await(t, HERE);
  CHECK(!e || is(e, janus_cancelled_desc));
  drop(e);
  if (room == 0) janus_task_cancel(u);
  CHECK(!s.end());
  int64_t x = 0;
  if (janus_channel_try_recv(shared.a, &x)) {
    shared.received++;
    shared.sum += static_cast<int>(x);
  }
  balanced();
  drop(t), drop(u);
  end();
}
void receiver_is_cancelled_0() { receiver_is_cancelled(0); }
void receiver_is_cancelled_1() { receiver_is_cancelled(1); }
void sender_is_cancelled() {
  begin();
  shared.a = channel(0);
  Scope s;
  Task* t = spawn<sends>(s.get(), kSpawnHandle, 0, 1);
  Task* u = spawn<receives>(s.get(), kSpawnHandle, 0);
  janus_task_cancel(t);
  Error* e = janus_await(t, HERE);
  drop(e);
  janus_task_cancel(u);
  CHECK(!s.end());
  balanced();
  drop(t), drop(u);
  end();
}
void close_and_receive(int64_t room) {
  begin();
  shared.a = channel(room);
  Scope s;
  spawn<receives>(s.get(), 0, 0);
  spawn<receives>(s.get(), 0, 0);
  spawn<closes>(s.get(), 0);
  CHECK(!s.end());
  CHECK(shared.closed == 2);
  end();
}
void close_and_receive_0() { close_and_receive(0); }
void close_and_receive_1() { close_and_receive(1); }
void close_and_send(int64_t room) {
  begin();
  shared.a = channel(room);
  Scope s;
  spawn<sends>(s.get(), 0, 0, 1);
  spawn<sends>(s.get(), 0, 0, 2);
  spawn<closes>(s.get(), 0);
  CHECK(!s.end());
  int64_t x = 0;
  while (janus_channel_try_recv(shared.a, &x)) {
    shared.received++;
    shared.sum += static_cast<int>(x);
  }
  CHECK(shared.closed + shared.sent == 2);
  balanced();
  end();
}
void close_and_send_0() { close_and_send(0); }
void close_and_send_1() { close_and_send(1); }
void close_between() {
  begin();
  shared.a = channel(1);
  Scope s;
  spawn<sends>(s.get(), 0, 0, 1);
  spawn<receives>(s.get(), 0, 0);
  spawn<closes>(s.get(), 0);
  CHECK(!s.end());
  int64_t x = 0;
  if (janus_channel_try_recv(shared.a, &x)) {
    shared.received++;
    shared.sum += static_cast<int>(x);
  }
  balanced();
  CHECK(shared.sent + shared.received + shared.closed == 2);
  end();
}
void try_both() {
  begin();
  shared.a = channel(1);
  Scope s;
  spawn<receives>(s.get(), 0, 0);
  int64_t x = 5;
  CHECK(janus_channel_try_send(shared.a, &x));
  shared.sent++;
  shared.sum -= 5;
  if (janus_channel_try_recv(shared.a, &x)) {   // before the task came
    shared.received++;
    shared.sum += static_cast<int>(x);
    janus_channel_close(shared.a);
  }
  CHECK(!s.end());
  balanced();
  end();
}

// ---- select

// a[0]: bits: 1 receive from a, 2 receive from b, 4 send to a, 8 a is closed; a[1]: its timeout
Error* selects(Data* d) {
  SelectCase cases[4];
  int64_t in[2] = {}, out = 100 + d->a[2];
  int32_t n = 0;
  if (d->a[0] & 1) cases[n++] = {shared.a, &in[0], 0, 0};
  if (d->a[0] & 2) cases[n++] = {shared.b, &in[1], 0, 0};
  if (d->a[0] & 4) cases[n++] = {shared.a, &out, 1, 0};
  if (d->a[0] & 8) cases[n++] = {shared.a, nullptr, 3, 0};
  Error* e = nullptr;
  const int32_t chosen = janus_select(cases, n, d->a[1], false, &e, HERE);
  if (chosen < 0) {
    CHECK(e != nullptr);
    if (is(e, janus_channel_closed_desc)) {
      shared.closed++;
      drop(e);
      e = nullptr;
    }
    return e;
  }
  if (chosen == n) {
    CHECK(d->a[1] >= 0);
    shared.timeouts++;
    return nullptr;
  }
  const SelectCase& x = cases[chosen];
  if (x.kind == 0) {
    const int64_t value = x.channel == shared.a && (d->a[0] & 1) ? in[0] : in[1];
    CHECK(value != 0);
    shared.received++;
    shared.sum += static_cast<int>(value);
  } else if (x.kind == 1) {
    shared.sent++;
    shared.sum -= static_cast<int>(out);
  } else {
    shared.closed++;
  }
  return nullptr;
}
void select_of_two() {
  begin();
  shared.a = channel(0);
  shared.b = channel(0);
  Scope s;
  spawn<selects>(s.get(), 0, 3, -1);
  spawn<sends>(s.get(), 0, model::choose(2), 1);
  CHECK(!s.end());
  CHECK(shared.received == 1);
  balanced();
  end();
}
void select_between_two_senders() {
  begin();
  shared.a = channel(0);
  shared.b = channel(0);
  Scope s;
  Task* x = spawn<sends>(s.get(), kSpawnHandle, 0, 1);
  Task* y = spawn<sends>(s.get(), kSpawnHandle, 1, 2);
  Error* e = nullptr;
  int64_t in[2] = {};
  SelectCase cases[2] = {{shared.a, &in[0], 0, 0}, {shared.b, &in[1], 0, 0}};
  const int32_t chosen = janus_select(cases, 2, -1, false, &e, HERE);
  CHECK(chosen == 0 || chosen == 1);
  CHECK(in[chosen] == chosen + 1 && in[1 - chosen] == 0);
  shared.received++;
  shared.sum += chosen + 1;
  janus_task_cancel(chosen == 0 ? y : x);
  CHECK(!s.end());
  balanced();
  drop(x), drop(y);
  end();
}
void select_and_timeout() {
  begin();
  shared.a = channel(0);
  world::start_clock();
  Scope s;
  spawn<selects>(s.get(), 0, 1, 1);
  Task* t = spawn<selects>(s.get(), kSpawnHandle, 4, 1);
  CHECK(!s.end());
  CHECK(shared.timeouts == 2 || (shared.timeouts == 0 && shared.received == 1));
  balanced();
  drop(t);
  world::stop_clock();
  end();
}
void select_and_cancel() {
  begin();
  shared.a = channel(0);
  shared.b = channel(1);
  Scope s;
  Task* t = spawn<selects>(s.get(), kSpawnHandle, 3, -1);
  spawn<sends>(s.get(), 0, 1, 1);
  janus_task_cancel(t);
  CHECK(!s.end());
  int64_t x;
  if (janus_channel_try_recv(shared.b, &x)) {
    shared.received++;
    shared.sum += static_cast<int>(x);
  }
  balanced();
  drop(t);
  end();
}
void select_meets_select() {
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<selects>(s.get(), 0, 1, -1);
  spawn<selects>(s.get(), 0, 4, -1);
  CHECK(!s.end());
  CHECK(shared.received == 1);
  balanced();
  end();
}
void traders() {   // each would send and receive at the same channel
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<selects>(s.get(), 0, 5, -1, 1);
  spawn<selects>(s.get(), 0, 5, -1, 2);
  CHECK(!s.end());
  CHECK(shared.received == 1);
  balanced();
  end();
}
void select_sees_closing() {
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<selects>(s.get(), 0, 8, -1);
  spawn<closes>(s.get(), 0);
  CHECK(!s.end());
  CHECK(shared.closed == 1);
  end();
}
void select_of_the_closed() {   // the only case of a receive, a send: closed before, meanwhile, or after
  begin();
  shared.a = channel(0);
  Scope s;
  spawn<selects>(s.get(), 0, model::choose(2) ? 1 : 4, -1);
  spawn<closes>(s.get(), 0);
  CHECK(!s.end());
  CHECK(shared.closed == 1);
  end();
}
void select_goes_on_with_the_open() {   // one of two is closed; the other gets a value
  begin();
  shared.a = channel(0);
  shared.b = channel(1);
  Scope s;
  spawn<selects>(s.get(), 0, 3, -1);
  spawn<closes>(s.get(), 0);
  spawn<sends>(s.get(), 0, 1, 3);
  CHECK(!s.end());
  CHECK(shared.received == 1);
  balanced();
  end();
}
void select_drains() {   // a value that lay in the channel is received though it was closed
  begin();
  shared.a = channel(1);
  Scope s;
  spawn<sends>(s.get(), 0, 0, 4);
  spawn<selects>(s.get(), 0, 9, -1);
  spawn<closes>(s.get(), 0);
  CHECK(!s.end());
  int64_t x;
  if (janus_channel_try_recv(shared.a, &x)) {
    shared.received++;
    shared.sum += static_cast<int>(x);
  }
  balanced();
  end();
}
void select_with_default() {
  begin();
  shared.a = channel(0);
  Scope s;
  Task* t = spawn<sends>(s.get(), kSpawnHandle, 0, 1);
  int64_t x = 0;
  Error* e = nullptr;
  SelectCase cases[1] = {{shared.a, &x, 0, 0}};
  const int32_t chosen = janus_select(cases, 1, -1, true, &e, HERE);
  CHECK(chosen == 0 || chosen == 2);
  if (chosen == 0) {
    shared.received++;
    shared.sum += static_cast<int>(x);
  } else {
    janus_task_cancel(t);
  }
  CHECK(!s.end());
  balanced();
  drop(t);
  end();
}

#define SCENARIO(f) {#f, f}
const model::Scenario scenarios[] = {
    SCENARIO(await_one),
    SCENARIO(await_from_two),
    SCENARIO(await_cancelled),
    SCENARIO(await_of_the_cancelled),
    SCENARIO(await_of_a_failure),
    SCENARIO(answered_and_not_awaited),
    SCENARIO(answered_and_awaited),
    SCENARIO(nursery_of_two),
    SCENARIO(nursery_and_then_a_wait),
    SCENARIO(spawn_from_a_child),
    SCENARIO(failure_cancels_a_sibling),
    SCENARIO(failure_cancels_the_body),
    SCENARIO(body_fails),
    SCENARIO(two_failures),
    SCENARIO(nested_and_cancelled),
    SCENARIO(nested_and_cancelled_while_it_ends),
    SCENARIO(spawn_into_a_cancelled_one),
    SCENARIO(late_child_of_a_cancelled_one),
    SCENARIO(supervisor_of_two),
    SCENARIO(race_of_two),
    SCENARIO(race_with_a_failure),
    SCENARIO(shield_holds),
    SCENARIO(timeout_of_a_nursery),
    SCENARIO(timeout_or_not),
    SCENARIO(sleep_and_cancel),
    SCENARIO(two_sleep),
    SCENARIO(hand_over_0),
    SCENARIO(hand_over_1),
    SCENARIO(two_to_two_0),
    SCENARIO(two_to_two_1),
    SCENARIO(one_waits_for_room),
    SCENARIO(receiver_is_cancelled_0),
    SCENARIO(receiver_is_cancelled_1),
    SCENARIO(sender_is_cancelled),
    SCENARIO(close_and_receive_0),
    SCENARIO(close_and_receive_1),
    SCENARIO(close_and_send_0),
    SCENARIO(close_and_send_1),
    SCENARIO(close_between),
    SCENARIO(try_both),
    SCENARIO(select_of_two),
    SCENARIO(select_between_two_senders),
    SCENARIO(select_and_timeout),
    SCENARIO(select_and_cancel),
    SCENARIO(select_meets_select),
    SCENARIO(traders),
    SCENARIO(select_sees_closing),
    SCENARIO(select_of_the_closed),
    SCENARIO(select_goes_on_with_the_open),
    SCENARIO(select_drains),
    SCENARIO(select_with_default),
};

}  // namespace

extern "C" Error* janus_main_entry() { return nullptr; }

int main(int argc, char** argv) {
  janus::rt::make_heap();
  return model::explore(scenarios, sizeof scenarios / sizeof scenarios[0], argc, argv) ? 2 : 0;
}
