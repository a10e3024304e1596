// harness.h: what compiled code would do, by hand: entries of tasks, nurseries, channels; for the stress tests and
// benchmarks. Depends on runtime/abi_tasks.h. Freestanding: the programs are built against musl as the runtime is, and
// against glibc for sanitizers. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/abi_tasks.h"
#include "runtime/counted.h"

#define CHECK(cond) ((cond) ? (void)0 : test::failed(#cond, __FILE__, __LINE__))

namespace test {

[[noreturn]] inline void failed(const char* what, const char* file, int line) {
  fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, what);
  abort();
}

inline const FuncSite here = {"test", "test.jan"};
#define HERE &test::here, (int64_t(__LINE__) << 16) | 1

inline int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

// Results first, arguments after, as the compiler lays them out. All plain data here.
struct Data {
  int64_t result;
  int64_t a[5];
};
template <Error* (*body)(Data*)>
inline Error* entry(void* data) {
  return body(static_cast<Data*>(data));
}
template <Error* (*body)(Data*)>
inline const TaskDesc desc = {"test.body", entry<body>, nullptr, nullptr, sizeof(Data), 0, 0};

inline Data* data_of(Task* task) { return reinterpret_cast<Data*>(reinterpret_cast<uint8_t*>(task) + kTaskData); }

struct alignas(64) NurseryRoom {
  uint8_t bytes[kNurserySize];
  Nursery* get() { return reinterpret_cast<Nursery*>(bytes); }
};

// With a handle when flags say so: given up by drop().
template <Error* (*body)(Data*), typename... A>
inline Task* spawn(Nursery* nursery, uint32_t flags, A... args) {
  Error* error = nullptr;
  Task* task = janus_spawn(nursery, &desc<body>, flags, -1, &error, HERE);
  CHECK(task && !error);
  int64_t values[] = {int64_t(args)..., 0};
  data_of(task)->result = 0;
  memcpy(data_of(task)->a, values, sizeof(int64_t) * sizeof...(args));
  janus_spawn_start(task);
  return task;
}
inline void drop(Task* task) {
  if (janus_release_shared(task)) janus_task_drop(task, 0);
}
inline void drop(Error* error) {
  if (error && janus::rt::release(&error->head)) janus_error_drop(error, 0);
}
inline void drop(Channel* c) {
  if (janus_release_shared(c)) janus_channel_drop(c, 0);
}
inline bool is(Error* error, const ErrorDesc& desc) {
  return error && error != &janus_own_cancel && error->desc == &desc;
}

inline const TypeGlue word = {8, nullptr, nullptr, nullptr};
inline Channel* channel(int64_t cap) {
  Error* error = nullptr;
  Channel* c = janus_channel_new(cap, &word, &error, HERE);
  CHECK(c && !error);
  return c;
}

inline Error* fail_with(const ErrorDesc* desc) { return janus_error_new(desc, HERE); }
inline const ErrorDesc broken = {"Broken", 6, 0, 0, nullptr, nullptr, nullptr, nullptr};

struct Noise {
  uint64_t state;
  uint64_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Dull;
  }
  uint64_t below(uint64_t n) { return next() % n; }
};

// The programs choose what to run: their own list of names.
struct Test {
  const char* name;
  void (*run)();
};

}  // namespace test

extern "C" {
inline char** test_args() {
  static char* words[32];
  static char text[4096];
  FILE* f = fopen("/proc/self/cmdline", "r");
  size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
  if (f) fclose(f);
  int count = 0;
  for (size_t i = 0; i < n && count < 31; i += strlen(text + i) + 1) words[count++] = text + i;
  return words;
}
}
