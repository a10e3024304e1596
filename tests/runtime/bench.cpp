// bench.cpp: what one operation of the scheduler costs. bench [NAME…]; JANUS_WORKERS=1 for one worker.
// Depends on harness.h.
// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/harness.h"

using namespace test;

namespace {

void report(const char* name, int64_t began, int64_t operations) {
  const int64_t took = now() - began;
  printf("%-28s %10.2f ns   (%lld in %.1f ms)\n", name, double(took) / double(operations),
         static_cast<long long>(operations), double(took) / 1e6);
  fflush(stdout);
}

Error* nothing(Data* d) {
  d->result = 1;
  return nullptr;
}

void spawn_one() {   // spawn, await, drop: one child at a time
  const int64_t n = 2'000'000, began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  for (int64_t i = 0; i < n; i++) {
    Task* t = spawn<nothing>(room.get(), kSpawnHandle);
    CHECK(!janus_await(t, HERE));
    drop(t);
  }
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  report("spawn+await", began, n);
}

void spawn_batch() {
  const int64_t n = 2'000'000, batch = 100, began = now();
  for (int64_t i = 0; i < n / batch; i++) {
    NurseryRoom room;
    janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
    for (int64_t k = 0; k < batch; k++) spawn<nothing>(room.get(), 0);
    CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  }
  report("nursery of 100", began, n);
}

Error* yielder(Data* d) {
  for (int64_t i = 0; i < d->a[0]; i++) CHECK(!janus_yield(HERE));
  return nullptr;
}
void yield() {
  const int64_t n = 10'000'000, began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  spawn<yielder>(room.get(), 0, n / 2);
  spawn<yielder>(room.get(), 0, n / 2);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  report("yield", began, n);
}

Error* producer(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  for (int64_t i = 0; i < d->a[1]; i++) CHECK(!janus_channel_send(c, &i, HERE));
  janus_channel_close(c);
  return nullptr;
}
Error* consumer(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  int64_t sum = 0, x;
  Error* failed;
  while (janus_channel_recv(c, &x, &failed, HERE) == 1) sum += x;
  d->result = sum;
  return nullptr;
}
void through(const char* name, int64_t cap) {
  const int64_t n = 5'000'000;
  Channel* c = channel(cap);
  const int64_t began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  Task* t = spawn<consumer>(room.get(), kSpawnHandle, c);
  spawn<producer>(room.get(), 0, c, n);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  CHECK(data_of(t)->result == n * (n - 1) / 2);
  drop(t);
  drop(c);
  report(name, began, n);
}
void chan0() { through("channel(0) item", 0); }
void chan1() { through("channel(1) item", 1); }
void chan128() { through("channel(128) item", 128); }

Error* ping(Data* d) {
  Channel* a = reinterpret_cast<Channel*>(d->a[0]);
  Channel* b = reinterpret_cast<Channel*>(d->a[1]);
  Error* failed;
  for (int64_t i = 0; i < d->a[2]; i++) {
    int64_t x;
    CHECK(!janus_channel_send(a, &i, HERE));
    CHECK(janus_channel_recv(b, &x, &failed, HERE) == 1 && x == i);
  }
  return nullptr;
}
Error* pong(Data* d) {
  Channel* a = reinterpret_cast<Channel*>(d->a[0]);
  Channel* b = reinterpret_cast<Channel*>(d->a[1]);
  Error* failed;
  for (int64_t i = 0; i < d->a[2]; i++) {
    int64_t x;
    CHECK(janus_channel_recv(a, &x, &failed, HERE) == 1 && x == i);
    CHECK(!janus_channel_send(b, &x, HERE));
  }
  return nullptr;
}
void hop() {
  const int64_t n = 2'000'000;
  Channel *a = channel(0), *b = channel(0);
  const int64_t began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  spawn<ping>(room.get(), 0, a, b, n);
  spawn<pong>(room.get(), 0, a, b, n);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  report("ping-pong hop, cap 0", began, 2 * n);
  drop(a);
  drop(b);
}

void await_ended() {
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  Task* t = spawn<nothing>(room.get(), kSpawnHandle);
  CHECK(!janus_await(t, HERE));
  const int64_t n = 20'000'000, began = now();
  for (int64_t i = 0; i < n; i++) CHECK(!janus_await(t, HERE));
  report("await of an ended task", began, n);
  drop(t);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
}

Error* selecting(Data* d) {
  Channel** c = reinterpret_cast<Channel**>(d->a[0]);
  Error* failed;
  for (int64_t i = 0; i < d->a[1]; i++) {
    int64_t x[4];
    SelectCase cases[4];
    for (int k = 0; k < 4; k++) cases[k] = {c[k], &x[k], 0, 0};
    CHECK(janus_select(cases, 4, -1, false, &failed, HERE) >= 0);
  }
  return nullptr;
}
Error* feeding(Data* d) {
  Channel** c = reinterpret_cast<Channel**>(d->a[0]);
  for (int64_t i = 0; i < d->a[1]; i++) CHECK(!janus_channel_send(c[i & 3], &i, HERE));
  return nullptr;
}
void select4() {
  const int64_t n = 2'000'000;
  Channel* c[4];
  for (auto& x : c) x = channel(0);
  const int64_t began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  spawn<selecting>(room.get(), 0, reinterpret_cast<int64_t>(c), n);
  spawn<feeding>(room.get(), 0, reinterpret_cast<int64_t>(c), n);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  report("select over 4, a message", began, n);
  for (auto& x : c) drop(x);
}

int64_t rss_kb() {
  long pages = 0, skip = 0;
  FILE* f = fopen("/proc/self/statm", "r");
  if (f && fscanf(f, "%ld %ld", &skip, &pages) != 2) pages = 0;
  if (f) fclose(f);
  return pages * 4;
}

Error* parked(Data* d) {
  Channel* c = reinterpret_cast<Channel*>(d->a[0]);
  int64_t x;
  Error* failed = nullptr;
  if (janus_channel_recv(c, &x, &failed, HERE) < 0) return failed;
  return nullptr;
}
Error* last(Data* d) {   // runs after the others have parked, in a queue that is served in turn
  *reinterpret_cast<int64_t*>(d->a[0]) = now();
  return nullptr;
}
void park(int64_t n, const char* create, const char* cancel) {
  Channel* c = channel(0);
  const int64_t before = rss_kb();
  int64_t began = now(), all_parked = 0;
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  for (int64_t i = 0; i < n; i++) spawn<parked>(room.get(), 0, c);
  Task* t = spawn<last>(room.get(), kSpawnHandle, &all_parked);
  CHECK(!janus_await(t, HERE));
  drop(t);
  report(create, began, n);
  printf("%-28s %10.0f bytes a task\n", "", double(rss_kb() - before) * 1024 / double(n));
  began = now();
  Error* e = janus_nursery_end(room.get(), fail_with(&broken), HERE);
  CHECK(is(e, broken));
  drop(e);
  report(cancel, began, n);
  drop(c);
}
void park100k() { park(100'000, "create+park 100 000", "cancel 100 000"); }
void park1m() { park(1'000'000, "create+park 1 000 000", "cancel 1 000 000"); }

Error* tree(Data* d) {
  const int64_t depth = d->a[0];
  if (depth == 0) {
    d->result = 1;
    return nullptr;
  }
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  Task* l = spawn<tree>(room.get(), kSpawnHandle, depth - 1);
  Task* r = spawn<tree>(room.get(), kSpawnHandle, depth - 1);
  Error* e = janus_nursery_end(room.get(), nullptr, HERE);
  d->result = data_of(l)->result + data_of(r)->result;
  drop(l);
  drop(r);
  return e;
}
void tree20() {
  const int64_t began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  Task* t = spawn<tree>(room.get(), kSpawnHandle, 20);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  CHECK(data_of(t)->result == 1 << 20);
  drop(t);
  report("spawn tree, a leaf", began, 1 << 20);
}

Error* sleeper(Data* d) { return janus_sleep(d->a[0], HERE); }
void sleep100k() {
  const int64_t began = now();
  NurseryRoom room;
  janus_nursery_begin(room.get(), kNurseryPlain, -1, -1, HERE);
  for (int64_t i = 0; i < 100'000; i++) spawn<sleeper>(room.get(), 0, 10 + i % 90);
  CHECK(!janus_nursery_end(room.get(), nullptr, HERE));
  report("100 000 sleeps <= 100 ms", began, 100'000);
}

const Test tests[] = {{"spawn", spawn_one}, {"batch", spawn_batch}, {"yield", yield},     {"hop", hop},
                      {"chan0", chan0},     {"chan1", chan1},       {"chan128", chan128}, {"await", await_ended},
                      {"select", select4},  {"tree", tree20},       {"sleep", sleep100k}, {"park", park100k},
                      {"million", park1m}};

}  // namespace

extern "C" Error* janus_main_entry() {
  char** args = test_args();
  for (const Test& t : tests) {
    bool wanted = !args[1];
    for (int i = 1; args[i]; i++) wanted |= strcmp(args[i], t.name) == 0;
    if (wanted) t.run();
  }
  return nullptr;
}
