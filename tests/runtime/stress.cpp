// stress.cpp: the promises of the scheduler under load: no value lost or doubled, no wake-up lost, nothing left behind.
// stress [ROUNDS|SECONDSs [SEED [NAME…]]]. Depends on harness.h.
// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/harness.h"

using namespace test;

namespace {

Noise noise{1};
int64_t atomic_add(int64_t* word, int64_t n) { return __atomic_add_fetch(word, n, __ATOMIC_RELAXED); }

struct Scope {   // a nursery whose end is checked
  NurseryRoom room;
  explicit Scope(int32_t kind = kNurseryPlain, int64_t tasks = -1, int64_t timeout = -1) {
    janus_nursery_begin(room.get(), kind, tasks, timeout, HERE);
  }
  Nursery* get() { return room.get(); }
  Error* end(Error* failure = nullptr) { return janus_nursery_end(room.get(), failure, HERE); }
};

// ---- spawning and awaiting

Error* fib(Data* d) {
  const int64_t n = d->a[0];
  if (n < 2) {
    d->result = n;
    return nullptr;
  }
  Scope scope;
  Task* l = spawn<fib>(scope.get(), kSpawnHandle, n - 1);
  Task* r = spawn<fib>(scope.get(), kSpawnHandle, n - 2);
  Error* e = janus_await(r, HERE);
  if (!e) e = janus_await(l, HERE);
  e = scope.end(e);
  if (!e) d->result = data_of(l)->result + data_of(r)->result;
  drop(l);
  drop(r);
  return e;
}
void trees() {
  Scope scope;
  Task* t = spawn<fib>(scope.get(), kSpawnHandle, 15);
  CHECK(!scope.end());
  CHECK(data_of(t)->result == 610);
  drop(t);
}

Error* slow_answer(Data* d) {
  for (int64_t i = 0; i < d->a[0]; i++)
    if (Error* e = janus_yield(HERE)) return e;
  d->result = 42;
  return nullptr;
}
Error* asks(Data* d) {
  Task* t = reinterpret_cast<Task*>(d->a[0]);
  if (Error* e = janus_await(t, HERE)) return e;
  d->result = data_of(t)->result;
  return nullptr;
}
void many_ask_one() {
  Scope scope;
  Task* t = spawn<slow_answer>(scope.get(), kSpawnHandle, noise.below(20));
  Task* askers[20];
  for (auto& a : askers) a = spawn<asks>(scope.get(), kSpawnHandle, t);
  CHECK(!scope.end());
  for (auto& a : askers) {
    CHECK(data_of(a)->result == 42);
    drop(a);
  }
  drop(t);
}

// ---- failures

Error* fails(Data* d) {
  for (int64_t i = 0; i < d->a[0]; i++)
    if (Error* e = janus_yield(HERE)) return e;
  return fail_with(&broken);
}
Error* waits_for_ever(Data*) {
  Error* e = janus_sleep(1'000'000, HERE);
  CHECK(e == &janus_own_cancel);
  return e;
}
void first_failure_wins() {
  Scope scope;
  for (int i = 0; i < 20; i++) spawn<waits_for_ever>(scope.get(), 0);
  const int64_t failing = int64_t(1 + noise.below(4));
  for (int64_t i = 0; i < failing; i++) spawn<fails>(scope.get(), 0, noise.below(5));
  Error* body = janus_sleep(1'000'000, HERE);
  CHECK(body == &janus_own_cancel);
  Error* e = scope.end(body);
  CHECK(is(e, broken));
  CHECK(!e->others || e->others->len < failing);
  drop(e);
}
void answered_failures() {
  Scope scope;
  Task* t = spawn<fails>(scope.get(), kSpawnHandle | kSpawnAnswered, noise.below(5));
  const bool ask = noise.below(2);
  if (ask) {
    Error* e = janus_await(t, HERE);
    CHECK(is(e, broken));
    drop(e);
  }
  drop(t);
  Error* e = scope.end();
  CHECK(ask ? !e : is(e, broken));
  drop(e);
}
void awaited_failure_is_the_first() {   // the awaiter's copy and the nursery's are one
  Scope scope;
  Task* t = spawn<fails>(scope.get(), kSpawnHandle, noise.below(5));
  Error* e = scope.end(janus_await(t, HERE));
  CHECK(is(e, broken) && !e->others);
  drop(t);
  drop(e);
}
void supervisors() {
  Scope scope(kNurserySupervisor);
  int64_t failing = int64_t(1 + noise.below(6));
  for (int64_t i = 0; i < failing; i++) {
    spawn<fails>(scope.get(), 0, noise.below(5));
    spawn<slow_answer>(scope.get(), 0, noise.below(5));
  }
  Error* e = scope.end();
  CHECK(is(e, broken) && (failing == 1 ? !e->others : e->others->len == failing - 1));
  drop(e);
}
void races() {
  Scope scope(kNurseryRace);
  const bool winner = noise.below(2);
  for (int i = 0; i < 5; i++) spawn<fails>(scope.get(), 0, noise.below(5));
  if (winner) {
    for (int i = 0; i < 5; i++) spawn<waits_for_ever>(scope.get(), 0);
    spawn<slow_answer>(scope.get(), 0, noise.below(5));
  }
  Error* e = scope.end();
  if (winner) {
    CHECK(!e);
    Task* t = janus_race_winner(scope.get());
    CHECK(t && data_of(t)->result == 42);
    drop(t);
  } else {
    CHECK(is(e, broken));
    drop(e);
  }
}

// ---- cancelling

void cancel_one() {
  Scope scope;
  Task* t = spawn<waits_for_ever>(scope.get(), kSpawnHandle);
  for (uint64_t i = noise.below(3); i > 0; i--) CHECK(!janus_yield(HERE));
  janus_task_cancel(t);
  Error* e = janus_await(t, HERE);
  CHECK(is(e, janus_cancelled_desc));
  drop(e);
  drop(t);
  CHECK(!scope.end());
}
Error* shielded(Data* d) {
  janus_shield_begin();
  CHECK(!janus_sleep(1, HERE));
  CHECK(!janus_yield(HERE));
  {
    Scope inner;
    Task* t = spawn<slow_answer>(inner.get(), kSpawnHandle, 3);
    CHECK(!janus_await(t, HERE));
    drop(t);
    CHECK(!inner.end());
  }
  janus_shield_end();
  Error* e = janus_yield(HERE);
  __atomic_store_n(&d->result, 7, __ATOMIC_RELEASE);
  return e;
}
void shields() {
  Scope scope;
  Task* t = spawn<shielded>(scope.get(), kSpawnHandle);
  while (!janus_yield(HERE) && __atomic_load_n(&data_of(t)->result, __ATOMIC_ACQUIRE) == 0 && noise.below(8) != 0) {}
  Error* e = scope.end(fail_with(&broken));
  CHECK(is(e, broken));
  drop(e);
  drop(t);
}
void timeouts() {
  Scope scope(kNurseryPlain, -1, int64_t(noise.below(3)));
  for (int i = 0; i < 10; i++) spawn<waits_for_ever>(scope.get(), 0);
  Error* e = noise.below(2) ? janus_sleep(1'000'000, HERE) : nullptr;
  CHECK(!e || e == &janus_own_cancel);
  e = scope.end(e);
  CHECK(is(e, janus_timeout_desc) && !e->others);
  drop(e);
}
void timeouts_in_time() {
  Scope scope(kNurseryPlain, -1, 100'000);
  for (int i = 0; i < 10; i++) spawn<slow_answer>(scope.get(), 0, noise.below(4));
  CHECK(!scope.end());
}
Error* nested(Data* d) {
  Scope scope;
  if (d->a[0] > 0)
    for (int i = 0; i < 3; i++) spawn<nested>(scope.get(), 0, d->a[0] - 1);
  else
    for (int i = 0; i < 3; i++) spawn<waits_for_ever>(scope.get(), 0);
  return scope.end();
}
void cancel_tree() {
  Scope scope;
  spawn<nested>(scope.get(), 0, 4);
  if (noise.below(2)) CHECK(!janus_sleep(int64_t(noise.below(3)), HERE));
  Error* e = scope.end(fail_with(&broken));
  CHECK(is(e, broken) && !e->others);
  drop(e);
}
void spawn_into_cancelled() {
  Scope scope;
  spawn<fails>(scope.get(), 0, 0);
  while (!janus_cancelled()) (void)janus_yield(HERE);
  Task* t = spawn<slow_answer>(scope.get(), kSpawnHandle, 0);
  Error* e = scope.end();
  CHECK(is(e, broken));
  CHECK(data_of(t)->result != 42 && janus_task_is_done(t));
  drop(e);
  drop(t);
}

// ---- channels

struct Flow {
  Channel* c[4];
  int64_t sent, received, sum_sent, sum_received, sending;
  int64_t per_sender, seed, kinds;
};

Error* sender(Data* d) {
  Flow* f = reinterpret_cast<Flow*>(d->a[0]);
  Noise dice{uint64_t(d->a[1]) * 7919 + 1};
  Error* e = nullptr;
  for (int64_t i = 0; i < f->per_sender && !e; i++) {
    int64_t value = int64_t(dice.next() >> 24);   // a sum of them all fits
    const uint64_t which = f->kinds == 1 ? 0 : dice.below(4);
    if (dice.below(4) == 0) {   // one of two channels
      SelectCase cases[2] = {{f->c[which], &value, 1, 0}, {f->c[f->kinds == 1 ? 0 : dice.below(4)], &value, 1, 0}};
      const int32_t chosen = janus_select(cases, 2, dice.below(8) == 0 ? 1 : -1, false, &e, HERE);
      if (chosen < 0) break;
      if (chosen >= 2) continue;
    } else if (dice.below(8) == 0) {
      if (!janus_channel_try_send(f->c[which], &value)) continue;
    } else {
      e = janus_channel_send(f->c[which], &value, HERE);
      if (e) break;
    }
    atomic_add(&f->sent, 1);
    atomic_add(&f->sum_sent, value);
  }
  if (atomic_add(&f->sending, -1) == 0)
    for (Channel* c : f->c) janus_channel_close(c);
  return e;
}
Error* receiver(Data* d) {
  Flow* f = reinterpret_cast<Flow*>(d->a[0]);
  Noise dice{uint64_t(d->a[1]) * 104729 + 3};
  Error* e = nullptr;
  for (;;) {
    int64_t value[4];
    int64_t* got = &value[0];
    if (f->kinds != 1 || dice.below(3) == 0) {
      SelectCase cases[4];
      for (int i = 0; i < 4; i++) cases[i] = {f->c[i], &value[i], 0, 0};
      const int32_t chosen = janus_select(cases, 4, dice.below(4) == 0 ? 0 : -1, dice.below(5) == 0, &e, HERE);
      if (chosen < 0) break;
      if (chosen >= 4) {
        if ((e = janus_yield(HERE))) break;
        continue;
      }
      got = &value[chosen];
    } else {
      const int32_t state = janus_channel_recv(f->c[0], got, &e, HERE);
      if (state < 0) break;
      if (state == 0) return nullptr;
    }
    atomic_add(&f->received, 1);
    atomic_add(&f->sum_received, *got);
  }
  if (is(e, janus_channel_closed_desc)) {
    drop(e);
    e = nullptr;
  }
  return e;
}
void flow(bool cancelled) {
  Flow f = {};
  f.kinds = noise.below(2) ? 1 : 4;
  const int64_t caps[] = {0, 0, 1, 2, 7, 128};
  for (auto& c : f.c) c = channel(caps[noise.below(6)]);
  const int64_t senders = int64_t(1 + noise.below(6)), receivers = int64_t(1 + noise.below(6));
  f.per_sender = int64_t(1 + noise.below(300));
  f.sending = senders;
  Scope scope;
  for (int64_t i = 0; i < receivers; i++) spawn<receiver>(scope.get(), 0, &f, noise.below(1 << 20));
  for (int64_t i = 0; i < senders; i++) spawn<sender>(scope.get(), 0, &f, noise.below(1 << 20));
  Error* body = nullptr;
  if (cancelled) {
    for (uint64_t i = noise.below(200); i > 0; i--) CHECK(!janus_yield(HERE));
    body = fail_with(&broken);
  }
  Error* e = scope.end(body);
  CHECK(cancelled ? is(e, broken) : !e);
  drop(e);
  for (Channel* c : f.c) {   // what lies in the buffers
    int64_t value;
    while (janus_channel_try_recv(c, &value)) {
      CHECK(cancelled);
      f.received++;
      f.sum_received += value;
    }
    drop(c);
  }
  CHECK(f.sent == f.received && f.sum_sent == f.sum_received);
}
void flows() { flow(false); }
void flows_cancelled() { flow(true); }

// Selects that send and receive on the same channels: none may hang, and none meets itself.
Error* trader(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  int64_t* balance = reinterpret_cast<int64_t*>(d->a[1]);
  for (int64_t i = 0; i < d->a[2]; i++) {
    int64_t in = 0, out = 1;
    SelectCase cases[2] = {{c, &out, 1, 0}, {c, &in, 0, 0}};
    Error* e = nullptr;
    const int32_t chosen = janus_select(cases, 2, 5, false, &e, HERE);
    if (chosen < 0) return e;
    if (chosen == 0) atomic_add(balance, 1);
    if (chosen == 1) atomic_add(balance, -1);
    if (chosen == 2) break;
  }
  return nullptr;
}
void traders() {
  Channel* c = channel(0);
  int64_t balance = 0;
  Scope scope;
  for (int i = 0; i < 4; i++) spawn<trader>(scope.get(), 0, c, &balance, 20);
  CHECK(!scope.end());
  CHECK(balance == 0);
  drop(c);
}

Error* sees_closing(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  Error* e = nullptr;
  SelectCase cases[1] = {{c, nullptr, 3, 0}};
  if (janus_select(cases, 1, -1, false, &e, HERE) == 0) d->result = 1;
  return e;
}
Error* receives_all(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  int64_t x;
  Error* e = nullptr;
  int32_t state;
  while ((state = janus_channel_recv(c, &x, &e, HERE)) == 1) d->result++;
  return state < 0 ? e : nullptr;
}
void closing() {
  Channel* c = channel(int64_t(noise.below(3)));
  Scope scope;
  Task* t[6];
  for (auto& x : t)
    x = noise.below(2) ? spawn<sees_closing>(scope.get(), kSpawnHandle, c)
                       : spawn<receives_all>(scope.get(), kSpawnHandle, c);
  for (uint64_t i = noise.below(5); i > 0; i--) CHECK(!janus_yield(HERE));
  int64_t one = 1;
  if (c && noise.below(2)) janus_channel_try_send(c, &one);
  janus_channel_close(c);
  CHECK(!janus_channel_try_send(c, &one));
  Error* e = janus_channel_send(c, &one, HERE);
  CHECK(is(e, janus_channel_closed_desc));
  drop(e);
  int64_t x;
  while (janus_channel_try_recv(c, &x)) {}
  CHECK(!scope.end());
  for (auto& y : t) drop(y);
  drop(c);
}

// ---- order: one receiver sees each sender's values in order
Error* counts_up(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  for (int64_t i = 0; i < d->a[1]; i++) {
    int64_t x = d->a[2] << 32 | i;
    if (Error* e = janus_channel_send(c, &x, HERE)) return e;
  }
  return nullptr;
}
void order() {
  Channel* c = channel(int64_t(noise.below(4)));
  Scope scope;
  for (int i = 0; i < 4; i++) spawn<counts_up>(scope.get(), 0, c, 100, i);
  int64_t next[4] = {};
  for (int i = 0; i < 400; i++) {
    int64_t x;
    Error* e;
    CHECK(janus_channel_recv(c, &x, &e, HERE) == 1);
    CHECK(next[x >> 32]++ == (x & 0xFFFFFFFF));
  }
  CHECK(!scope.end());
  drop(c);
}

// ---- time
Error* naps(Data* d) {
  for (int i = 0; i < 3; i++)
    if (Error* e = janus_sleep(d->a[0], HERE)) return e;
  return nullptr;
}
void sleeping() {
  Scope scope;
  for (int i = 0; i < 50; i++) spawn<naps>(scope.get(), 0, noise.below(3));
  CHECK(!scope.end());
}
Error* selects_with_time(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  for (int64_t i = 0; i < 20; i++) {
    int64_t x = 0;
    Error* e = nullptr;
    SelectCase cases[1] = {{c, &x, int32_t(d->a[1] & 1), 0}};
    if (janus_select(cases, 1, i % 3, false, &e, HERE) < 0) return e;
  }
  return nullptr;
}
void select_times() {
  Channel* c = channel(int64_t(noise.below(2)));
  Scope scope;
  for (int i = 0; i < 10; i++) spawn<selects_with_time>(scope.get(), 0, c, i);
  CHECK(!scope.end());
  drop(c);
}

// ---- a program that is stuck
Error* stuck(Data* d) {
  int64_t x;
  Error* e = nullptr;
  if (janus_channel_recv(reinterpret_cast<Channel*>(d->a[0]), &x, &e, HERE) < 0) return e;
  return nullptr;
}
void deadlocks() {
  Channel* c = channel(0);
  Scope scope;
  for (int i = 0; i < 3; i++) spawn<stuck>(scope.get(), 0, c);
  Error* e = scope.end();
  CHECK(is(e, janus_deadlock_desc) && !e->others);
  drop(e);
  drop(c);
}

// ---- calls that block
Error* blocks(Data* d) {
  for (int i = 0; i < 3; i++)
    janus_blocking_call(
        [](void* p) {
          timespec t = {0, 200'000};
          nanosleep(&t, nullptr);
          ++*static_cast<int64_t*>(p);
        },
        &d->result);
  return nullptr;
}
void blocking() {
  Scope scope;
  Task* t[8];
  for (auto& x : t) x = spawn<blocks>(scope.get(), kSpawnHandle);
  CHECK(!scope.end());
  for (auto& x : t) {
    CHECK(data_of(x)->result == 3);
    drop(x);
  }
}

// ---- budgets
void budgets() {
  Scope scope(kNurseryPlain, 5);
  for (int i = 0; i < 5; i++) spawn<slow_answer>(scope.get(), 0, 3);
  Error* e = nullptr;
  int64_t extra = 0;
  while (extra < 1000) {
    Task* t = janus_spawn(scope.get(), &desc<slow_answer>, 0, -1, &e, HERE);
    if (!t) break;
    memset(data_of(t), 0, sizeof(Data));
    janus_spawn_start(t);
    extra++;
  }
  if (e) CHECK(is(e, janus_budget_exceeded_desc));
  drop(e);
  CHECK(!scope.end());
}

// ---- one worker alone: two tasks answer each other, so the others fall asleep and it does without atomic operations;
// they come back in between, because time has come, because something waits behind a task that computes, or because a
// call has ended.
Error* answers(Data* d) {
  Channel* in = reinterpret_cast<Channel*>(d->a[0]);
  Channel* out = reinterpret_cast<Channel*>(d->a[1]);
  for (;;) {
    int64_t x;
    Error* e = nullptr;
    const int32_t state = janus_channel_recv(in, &x, &e, HERE);
    if (state <= 0) return e;
    x++;
    if ((e = janus_channel_send(out, &x, HERE))) return e;
  }
}
void compute(int64_t us) {
  for (const int64_t end = now() + us * 1000; now() < end;) {}
}
Error* twice(Data* d) {
  d->result = 2 * d->a[0];
  return nullptr;
}
Error* computes(Data* d) {
  compute(d->a[0]);
  return nullptr;
}
void alone() {
  Channel* a = channel(0);
  Channel* b = channel(0);
  Scope scope;
  spawn<answers>(scope.get(), 0, a, b);
  for (int64_t i = 0; i < 2000; i++) {
    int64_t x = i;
    Error* e = nullptr;
    CHECK(!janus_channel_send(a, &x, HERE));
    CHECK(janus_channel_recv(b, &x, &e, HERE) == 1 && x == i + 1);
    switch (noise.below(1000)) {
      case 0: spawn<naps>(scope.get(), 0, 1 + noise.below(2)); break;
      case 1:
        for (int k = 0; k < 4; k++) spawn<computes>(scope.get(), 0, 200);
        break;
      case 2:
        spawn<twice>(scope.get(), 0, 1);
        compute(500);
        break;
      case 3: spawn<blocks>(scope.get(), 0); break;
      default: {
        Task* t = spawn<twice>(scope.get(), kSpawnHandle, 7);
        CHECK(!janus_await(t, HERE) && data_of(t)->result == 14);
        drop(t);
      }
    }
  }
  janus_channel_close(a);
  CHECK(!scope.end());
  drop(a);
  drop(b);
}

const Test tests[] = {
    {"alone", alone},
    {"trees", trees},
    {"many-ask-one", many_ask_one},
    {"first-failure", first_failure_wins},
    {"answered", answered_failures},
    {"awaited-failure", awaited_failure_is_the_first},
    {"supervisors", supervisors},
    {"races", races},
    {"cancel-one", cancel_one},
    {"shields", shields},
    {"timeouts", timeouts},
    {"timeouts-in-time", timeouts_in_time},
    {"cancel-tree", cancel_tree},
    {"spawn-into-cancelled", spawn_into_cancelled},
    {"flows", flows},
    {"flows-cancelled", flows_cancelled},
    {"traders", traders},
    {"closing", closing},
    {"order", order},
    {"sleeping", sleeping},
    {"select-times", select_times},
    {"deadlocks", deadlocks},
    {"budgets", budgets},
    {"blocking", blocking},
};

}   // namespace

extern "C" Error* janus_main_entry() {
  char** args = test_args();
  int64_t rounds = args[1] ? atoll(args[1]) : 20;
  int64_t until = 0;
  if (args[1] && strchr(args[1], 's')) {   // by the clock
    until = now() + rounds * 1'000'000'000;
    rounds = INT64_MAX;
  }
  noise.state = (args[1] && args[2] ? strtoull(args[2], nullptr, 10) : 1) * 0x9E3779B97F4A7C15ull + 1;
  const bool talk = getenv("STRESS_TALK");
  int64_t done = 0;
  for (int64_t round = 0; round < rounds && (until == 0 || now() < until); round++, done++)
    for (const Test& t : tests) {
      bool wanted = !args[1] || !args[2] || !args[3];
      for (int i = 3; !wanted && args[i]; i++) wanted = strcmp(args[i], t.name) == 0;
      if (strcmp(t.name, "deadlocks") == 0 && round % 16 != 0 && args[3] == nullptr) wanted = false;   // prints much
      if (!wanted) continue;
      if (talk) fprintf(stderr, "%s\n", t.name);
      t.run();
    }
  printf("ok: %lld rounds\n", static_cast<long long>(done));
  fflush(stdout);
  return nullptr;
}
