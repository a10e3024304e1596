// mem_threads.cpp: storage, counts, failures, sinks and locks of programs with tasks, with several threads at once; no
// scheduler. Depends on the runtime, pthreads. Built by build.sh; run under ThreadSanitizer and AddressSanitizer by
// `./dev test --deep`. SPDX-License-Identifier: Apache-2.0
//
// The threads are made here and call the runtime as compiled code does. At the end the runtime itself checks that every
// block was freed: a leak, or a free too many, is exit 70.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/abi_tasks.h"
#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace {

#define CHECK(cond) ((cond) ? (void)0 : failed(#cond, __LINE__))
[[noreturn]] void failed(const char* what, int line) {
  fprintf(stderr, "mem_threads.cpp:%d: CHECK(%s) failed\n", line, what);
  abort();
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr int64_t kScale = 1;
#define WATCHED
#elif __has_feature(address_sanitizer)
constexpr int64_t kScale = 2;
#define WATCHED
#endif
#endif
#ifndef WATCHED
constexpr int64_t kScale = 20;
#endif

struct Noise {   // xorshift64*
  uint64_t state;
  uint64_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Dull;
  }
  uint64_t below(uint64_t n) { return (next() >> 11) % n; }
};

// ---- threads

struct Thread {
  pthread_t id;
  void (*body)(int number);
  int number;
};
void* run_thread(void* argument) {
  Thread* t = static_cast<Thread*>(argument);
  begin_thread();
  t->body(t->number);
  return nullptr;
}
// Runs body(0) … body(count - 1), each on a thread of its own.
void in_threads(int count, void (*body)(int number), size_t stack = 1 << 20) {
  threads_run = true;
  static Thread threads[16];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  for (int i = 0; i < count; i++) {
    threads[i] = {{}, body, i};
    CHECK(pthread_create(&threads[i].id, &attributes, run_thread, &threads[i]) == 0);
  }
  for (int i = 0; i < count; i++) pthread_join(threads[i].id, nullptr);
  pthread_attr_destroy(&attributes);
}

String* text(const char* s) {
  return janus_string_new(reinterpret_cast<const uint8_t*>(s), static_cast<int64_t>(strlen(s)));
}
String* long_text(char c, int64_t len) {
  String* s = array_alloc(len, 1);
  memset(s->data, c, static_cast<size_t>(len));
  s->len = len;
  return s;
}
const FuncSite here = {"test.body", "test.jan"};

int64_t resident_kb() {
  char line[128] = {};
  const int fd = open("/proc/self/statm", O_RDONLY);
  const ssize_t n = read(fd, line, sizeof line - 1);
  close(fd);
  CHECK(n > 0);
  return strtoll(strchr(line, ' '), nullptr, 10) * 4;
}

// ---- one thread makes, another drops

constexpr uint32_t kPipe = 1024;
struct Item {
  void* block;
  int64_t size;
};
Item pipe_items[kPipe];
uint32_t pipe_head, pipe_tail;
int64_t pipe_count;
int64_t (*pipe_size)(Noise&);

void make_and_drop(int number) {
  Noise noise = {0x9E3779B97F4A7C15ull};
  for (int64_t i = 0; i < pipe_count; i++) {
    if (number == 0) {
      const int64_t size = pipe_size(noise);
      uint8_t* block = static_cast<uint8_t*>(janus_alloc(size));
      block[0] = static_cast<uint8_t>(size);
      block[size - 1] = static_cast<uint8_t>(size);
      while (pipe_tail - __atomic_load_n(&pipe_head, __ATOMIC_ACQUIRE) == kPipe) sched_yield();
      pipe_items[pipe_tail % kPipe] = {block, size};
      __atomic_store_n(&pipe_tail, pipe_tail + 1, __ATOMIC_RELEASE);
    } else {
      while (__atomic_load_n(&pipe_tail, __ATOMIC_ACQUIRE) == pipe_head) sched_yield();
      const Item item = pipe_items[pipe_head % kPipe];
      __atomic_store_n(&pipe_head, pipe_head + 1, __ATOMIC_RELEASE);
      CHECK(static_cast<uint8_t*>(item.block)[item.size - 1] == static_cast<uint8_t>(item.size));
      janus_free(item.block, item.size);
    }
  }
}

void producer_and_consumer(const char* what, int64_t count, int64_t bound_kb, int64_t (*size)(Noise&)) {
  pipe_size = size;
  pipe_count = count / 10;
  in_threads(2, make_and_drop);   // the lists fill
  const int64_t before = resident_kb();
  pipe_count = count;
  in_threads(2, make_and_drop);
  const int64_t grown = resident_kb() - before;
  fprintf(stderr, "  %s: %lld blocks passed on, %lld KiB more resident\n", what, static_cast<long long>(count),
          static_cast<long long>(grown));
#ifndef WATCHED   // the sanitizers' own memory grows as it likes
  CHECK(grown < bound_kb);
#else
  (void)bound_kb;
#endif
}

void memory_stays_flat() {
  producer_and_consumer("small", 200'000 * kScale, 4'096,
                        [](Noise& n) { return static_cast<int64_t>(1 + n.below(200)); });
  producer_and_consumer("middle", 20'000 * kScale, 40'960,
                        [](Noise& n) { return static_cast<int64_t>(600 + n.below(30'000)); });
  producer_and_consumer("big", 1'000 * kScale, 131'072,
                        [](Noise& n) { return static_cast<int64_t>(40'000 + n.below(200'000)); });
}

// ---- blocks of all sizes change hands at random

constexpr uint32_t kPlaces = 512;
Item* places[kPlaces];   // each Item lies at the start of its own block

void swap_blocks(int number) {
  Noise noise = {0xD1B54A32D192ED03ull + static_cast<uint64_t>(number) * 77};
  for (int64_t i = 0; i < 20'000 * kScale; i++) {
    const uint64_t kind = noise.below(100);
    const int64_t size = static_cast<int64_t>(16 + (kind < 90   ? noise.below(300)
                                                    : kind < 99 ? noise.below(20'000)
                                                                : noise.below(300'000)));
    Item* item = static_cast<Item*>(janus_alloc(size));
    *item = {item, size};
    reinterpret_cast<uint8_t*>(item)[size - 1] = reinterpret_cast<uint8_t*>(item)[size - 1];
    Item* other = __atomic_exchange_n(&places[noise.below(kPlaces)], item, __ATOMIC_ACQ_REL);
    if (!other) continue;
    CHECK(other->block == other && other->size >= 16);
    janus_free(other, other->size);
  }
}

void blocks_change_hands() {
  in_threads(4, swap_blocks);
  for (Item*& place : places) {
    if (place) janus_free(place, place->size);
    place = nullptr;
  }
}

// ---- shared counts

String* common;
uint32_t last_owners;

void retain_and_release(int) {
  for (int i = 0; i < 20'000 * kScale; i++) {
    retain(&common->head);
    String* part = janus_string_slice(common, 10, 200);   // a slice: one more owner of its storage
    CHECK(part->data[5] == 'c' && part->len == 190);
    string_release(part);
    if (i % 64 == 0) {
      String* copy = common;
      retain(&copy->head);
      copy = janus_string_concat(copy, part = text("!"));   // others own it: a copy
      CHECK(copy != common && copy->len == common->len + 1);
      string_release(copy);
      string_release(part);
    }
    CHECK(!release(&common->head));
  }
  if (release(&common->head)) {
    __atomic_add_fetch(&last_owners, 1, __ATOMIC_RELAXED);
    janus_string_drop(common, 0);
  }
}

void counts_are_exact() {
  common = long_text('c', 1000);
  janus_share_array(common, nullptr, kShareCopy);
  CHECK(common->head.count == -1);
  for (int i = 1; i < 4; i++) retain(&common->head);
  CHECK(common->head.count == -4);
  in_threads(4, retain_and_release);
  CHECK(last_owners == 1);

  // The last owner takes it back.
  String* s = text("0123456789");
  retain(&s->head);
  janus_share_array(s, nullptr, kShareMove);
  CHECK(s->head.count == -2 && !is_unique(s));
  CHECK(!release(&s->head) && is_unique(s) && s->head.count == 1);
  string_release(s);
  // Static data stays what it is.
  janus_share_array(&janus_empty_array, nullptr, kShareCopy);
  retain(&janus_empty_array.head);
  CHECK(janus_empty_array.head.count == kImmortal && !release(&janus_empty_array.head) &&
        !janus_unshare(&janus_empty_array));
}

// ---- deep structures: nodes with a text and a next node, as the compiler lays them out

struct Node {
  Head head;
  String* text;
  Node* next;
};
void drop_node(void* block, uint32_t depth) {
  Node* node = static_cast<Node*>(block);
  if (depth > 64) return janus_defer_drop(block, drop_node);
  string_release(node->text);
  if (node->next && release(&node->next->head)) drop_node(node->next, depth + 1);
  janus_free(node, sizeof(Node));
  if (depth == 0 && janus_drops_pending != 0) janus_drain_drops();
}
void share_node(void* block, uint32_t mode) {
  Node* node = static_cast<Node*>(block);
  janus_share_array(node->text, nullptr, mode);
  if (node->next) janus_share(node->next, share_node, mode);
}
Node* make_list(int64_t len) {
  Node* list = nullptr;
  for (int64_t i = 0; i < len; i++) {
    Node* node = static_cast<Node*>(janus_alloc(sizeof(Node)));
    *node = {{1, 0}, i % 1000 == 0 ? text("now and then") : &janus_empty_array, list};
    list = node;
  }
  return list;
}
Node* deep[2];
void drop_deep(int number) {
  if (release(&deep[number]->head)) drop_node(deep[number], 0);
}
void share_deep(int number) {
  const int64_t len = 50'000 * kScale;   // a million where nobody watches
  Node* list = make_list(len);
  janus_share(list, share_node, kShareMove);
  for (Node* node = list; node; node = node->next) CHECK(node->head.count == 1);   // moved whole: plain
  retain(&list->head);
  janus_share(list, share_node, kShareMove);
  CHECK(list->head.count == -2);
  int64_t seen = 0;
  for (Node* node = list->next; node; node = node->next, seen++) CHECK(node->head.count == -1);
  CHECK(seen == len - 1);
  janus_share(list, share_node, kShareCopy);   // nothing more to do
  CHECK(list->head.count == -2);
  if (number == 0) deep[0] = deep[1] = list;
  else
    for (int i = 0; i < 2; i++)
      if (release(&list->head)) drop_node(list, 0);
}
void deep_structures_need_little_stack() {
  in_threads(3, share_deep, 128 * 1024);
  in_threads(2, drop_deep, 128 * 1024);   // both owners let go at once
}

// ---- arrays of strings, slices, closures, dyn values

void retain_text(void* at) { retain(&(*static_cast<String**>(at))->head); }
void drop_text(void* at, uint32_t) { string_release(*static_cast<String**>(at)); }
const TypeGlue text_glue = {sizeof(String*), retain_text, drop_text, share_string_at};
Array* texts;

void work_on_texts(int number) {
  for (int i = 0; i < 200 * kScale; i++) {
    retain(&texts->head);
    Array* mine = janus_array_unique(texts, &text_glue);   // a copy: its strings have more owners
    CHECK(mine != texts && mine->len == 64);
    String** items = reinterpret_cast<String**>(mine->data);
    String* more = text(" and more");
    items[number] = janus_string_concat(items[number], more);
    string_release(more);
    CHECK(items[number]->len == 109);
    Array* part = janus_array_slice(mine, 3, 40, &text_glue);
    array_release(mine, &text_glue);
    janus_share_array(part, &text_glue, kShareCopy);   // as if it were sent
    part = janus_array_unique(part, &text_glue);
    CHECK(part->len == 37 && (part->head.flags & kFlagSlice) == 0);
    array_release(part, &text_glue);
  }
  array_release(texts, &text_glue);
}

void drop_cell(void* block, uint32_t) { janus_free(block, 16); }
struct TestClosure {
  Closure base;
  String* captured;
};
void drop_closure(void* block, uint32_t) {
  string_release(static_cast<TestClosure*>(block)->captured);
  janus_free(block, sizeof(TestClosure));
}
void share_closure(void* block, uint32_t mode) {
  janus_share_array(static_cast<TestClosure*>(block)->captured, nullptr, mode);
}
const ClosureInfo closure_info = {drop_closure, share_closure};
struct TestDyn {
  Head head;
  void** table;
  String* payload;
};
void drop_dyn(void* block, uint32_t) {
  string_release(static_cast<TestDyn*>(block)->payload);
  janus_free(block, sizeof(TestDyn));
}
void share_dyn(void* block, uint32_t mode) { janus_share_array(static_cast<TestDyn*>(block)->payload, nullptr, mode); }

void containers() {
  texts = janus_array_new(64, &text_glue);
  for (int i = 0; i < 64; i++) reinterpret_cast<String**>(texts->data)[texts->len++] = long_text('x', 100);
  janus_share_array(texts, &text_glue, kShareCopy);
  CHECK(texts->head.count == -1 && reinterpret_cast<String**>(texts->data)[7]->head.count == -1);
  for (int i = 1; i < 4; i++) retain(&texts->head);
  in_threads(4, work_on_texts);

  // A slice that is given away with its storage stays plain; one whose storage has other owners is shared with it.
  String* whole = long_text('w', 300);
  String* part = janus_string_slice(whole, 100, 200);
  janus_share_array(part, nullptr, kShareMove);
  CHECK(part->head.count == 1 && part->owner == whole && whole->head.count == -2);
  string_release(whole);
  string_release(part);
  whole = long_text('w', 300);
  part = janus_string_slice(whole, 100, 200);
  string_release(whole);
  janus_share_array(part, nullptr, kShareMove);
  CHECK(part->head.count == 1 && part->owner->head.count == 1);
  janus_share_array(part, nullptr, kShareCopy);
  CHECK(part->head.count == -1 && part->owner->head.count == -1);
  string_release(part);

  TestClosure* closure = static_cast<TestClosure*>(janus_alloc(sizeof(TestClosure)));
  *closure = {{{2, 0}, nullptr, &closure_info}, text("captured")};
  janus_share_closure(closure, kShareMove);
  CHECK(closure->base.head.count == -2 && closure->captured->head.count == -1);
  CHECK(!release(&closure->base.head) && release(&closure->base.head));
  janus_closure_drop(closure, 0);

  void* table[] = {reinterpret_cast<void*>(drop_dyn), nullptr, reinterpret_cast<void*>(share_dyn)};
  TestDyn* dyn = static_cast<TestDyn*>(janus_alloc(sizeof(TestDyn)));
  *dyn = {{1, 0}, table, text("payload")};
  janus_share_dyn(dyn, kShareCopy);
  CHECK(dyn->head.count == -1 && dyn->payload->head.count == -1);
  CHECK(release(&dyn->head));
  janus_dyn_drop(dyn, 0);

  Head* plain = static_cast<Head*>(janus_alloc(16));   // owns nothing counted
  *plain = {1, 0};
  janus_share(plain, nullptr, kShareCopy);
  CHECK(plain->count == -1 && release(plain));
  drop_cell(plain, 0);
}

// ---- failures

void drop_payload(void* payload, uint32_t) { string_release(*static_cast<String**>(payload)); }
void share_payload(void* payload, uint32_t mode) { janus_share_array(*static_cast<String**>(payload), nullptr, mode); }
const ErrorDesc broken = {"Broken", 6, 0, sizeof(String*), drop_payload, nullptr, nullptr, share_payload};
Error* failure;

Error* make_failure() {
  Error* error = janus_error_new(&broken, &here, 1 << 16);
  *reinterpret_cast<String**>(reinterpret_cast<uint8_t*>(error) + kErrorPayload) = text("why");
  return error;
}
void release_error(Error* error) {
  if (release(&error->head)) janus_error_drop(error, 0);
}
void retain_failure(void* at) { retain(&(*static_cast<Error**>(at))->head); }
void drop_failure(void* at, uint32_t) { release_error(*static_cast<Error**>(at)); }
const TypeGlue failure_glue = {sizeof(Error*), retain_failure, drop_failure, share_error_at};

void tell_failure(int number) {
  for (int i = 0; i < 200 * kScale; i++) {
    janus_error_trace(failure, &here, int64_t(i) << 16 | number);
    if (i % 16 == 0) {
      String* told = janus_error_trace_text(failure);
      CHECK(told->len > 10 && told->data[0] == 'a');
      string_release(told);
    }
    if (i % 64 == 0) {
      janus_error_add(failure, make_failure());
      Array* others = janus_error_others(failure);
      CHECK(others->len > 0);
      for (int64_t k = 0; k < others->len; k++) {
        Error* other = reinterpret_cast<Error**>(others->data)[k];
        retain(&other->head);
        release_error(other);
      }
      array_release(others, &failure_glue);   // the last share of it when another thread has added a failure meanwhile
    }
  }
  release_error(failure);
}
void failures_tell_their_way() {
  failure = make_failure();
  janus_error_add(failure, make_failure());
  janus_share_error(failure, kShareCopy);
  CHECK(failure->head.count == -1 && reinterpret_cast<Error**>(failure->others->data)[0]->head.count == -1);
  for (int i = 1; i < 4; i++) retain(&failure->head);
  in_threads(4, tell_failure);
}

// ---- printing

constexpr int kLines = 2000;
void print_lines(int number) {
  for (int i = 0; i < kLines; i++) {
    Sink* out = janus_stdout();
    for (int k = 0; k < 4; k++) {
      janus_print_i64(out, number);
      janus_print_bytes(out, reinterpret_cast<const uint8_t*>("-"), 1);
      if (i % 100 == 0 && k == 1) janus_stdout_flush();   // nests
    }
    janus_print_i64(out, i);
    janus_sink_newline(out);
    janus_sink_done(out);
    if (i % 500 == 0) janus_stderr_flush();
  }
}
void lines_stay_whole() {
  char name[] = "/tmp/janus-lines-XXXXXX";
  const int file = mkstemp(name);
  CHECK(file >= 0);
  unlink(name);
  const int before = dup(1);
  janus_stdout_flush();
  dup2(file, 1);
  in_threads(4, print_lines);
  janus_stdout_flush();
  dup2(before, 1);
  close(before);
  lseek(file, 0, SEEK_SET);
  FILE* lines = fdopen(file, "r");
  int next[4] = {};
  int a, b, c, d, n;
  char end;
  while (fscanf(lines, "%d-%d-%d-%d-%d%c", &a, &b, &c, &d, &n, &end) == 6) {
    CHECK(a == b && b == c && c == d && end == '\n' && n == next[a]);   // whole, and in the order of their thread
    next[a]++;
  }
  for (int count : next) CHECK(count == kLines);
  fclose(lines);
}

// ---- variables that tasks share

int64_t counter;
void count_up(int) {
  for (int i = 0; i < 50'000 * kScale; i++) {
    janus_cells_lock();
    janus_cells_lock();
    counter++;
    janus_cells_unlock();
    counter++;
    janus_cells_unlock();
  }
}
void statements_run_alone() {
  in_threads(4, count_up);
  CHECK(counter == 2 * 4 * 50'000 * kScale);
}
// A lock taken while there was one thread keeps others out when there are more.
int64_t seen_late;
void look_late(int) {
  janus_cells_lock();
  __atomic_store_n(&seen_late, 1, __ATOMIC_RELAXED);
  janus_cells_unlock();
}
void* later(void*) {
  begin_thread();
  look_late(0);
  return nullptr;
}
void a_lock_outlives_the_first_thread() {
  CHECK(!threads_run);
  janus_cells_lock();
  threads_run = true;
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, later, nullptr) == 0);
  const timespec wait = {0, 20'000'000};
  nanosleep(&wait, nullptr);
  CHECK(__atomic_load_n(&seen_late, __ATOMIC_RELAXED) == 0);
  janus_cells_unlock();
  pthread_join(thread, nullptr);
  CHECK(seen_late == 1);
}

struct Test {
  const char* name;
  void (*run)();
};
const Test tests[] = {
    {"a lock outlives the first thread", a_lock_outlives_the_first_thread},   // first: there must be one thread
    {"counts are exact", counts_are_exact},
    {"containers", containers},
    {"deep structures need little stack", deep_structures_need_little_stack},
    {"failures tell their way", failures_tell_their_way},
    {"blocks change hands", blocks_change_hands},
    {"memory stays flat", memory_stays_flat},
    {"lines stay whole", lines_stay_whole},
    {"statements run alone", statements_run_alone},
};

}   // namespace

extern "C" Error* janus_main_entry(void) {
  int count = 0;
  for (const Test& test : tests) {
    timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    test.run();
    clock_gettime(CLOCK_MONOTONIC, &to);
    fprintf(stderr, "ok %s (%lld ms)\n", test.name,
            static_cast<long long>((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1'000'000));
    count++;
  }
  fprintf(stderr, "%d passed, 0 failed\n", count);
  return nullptr;
}
