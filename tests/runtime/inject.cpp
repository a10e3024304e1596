// inject.cpp: memory or a thread is refused at the 1st, 2nd, … request of the runtime: the program ends well or with a
// sentence and exit 3, never by a signal, never silently, and it never hangs. Each request is refused once, and, in a
// second round, with all that follow it. Depends on harness.h; linked with --wrap for the functions that it stands
// before (build.sh). SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/memory.h"
#include "tests/runtime/harness.h"

using namespace test;

namespace {

bool watching;
bool for_good;   // all requests from the chosen one on are refused
int64_t refused_at;   // counted from 1; 0: none
int64_t requests;

bool refuse() {
  if (!__atomic_load_n(&watching, __ATOMIC_RELAXED)) return false;
  const int64_t n = __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
  return refused_at != 0 && (n == refused_at || (for_good && n > refused_at));
}

}   // namespace

extern "C" {
void* __real_mmap(void*, size_t, int, int, int, off_t);
void* __wrap_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (refuse()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return __real_mmap(at, size, protection, flags, fd, offset);
}
void* __real_mremap(void*, size_t, size_t, int, ...);
void* __wrap_mremap(void* old, size_t old_size, size_t new_size, int flags, ...) {
  if (refuse()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return __real_mremap(old, old_size, new_size, flags);
}
void* __real_malloc(size_t);
void* __wrap_malloc(size_t size) {
  if (refuse()) {
    errno = ENOMEM;
    return nullptr;
  }
  return __real_malloc(size);
}
int __real_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  if (refuse()) return EAGAIN;
  return __real_pthread_create(thread, attributes, run, argument);
}
}

namespace {

// ---- the program: it asks for memory in every way that the runtime has

Error* sleeps(Data* d) { return janus_sleep(d->a[0], HERE); }
Error* works(Data*) {
  volatile int64_t sum = 0;
  for (int i = 0; i < 300'000; i++) sum = sum + i;
  return janus_yield(HERE);
}
Error* allocates(Data* d) {
  for (int64_t size = 16; size <= (8 << 20); size *= 2) {
    void* block = janus_alloc(size);
    memset(block, 1, size < 4096 ? static_cast<size_t>(size) : 4096);
    block = janus::rt::block_resize(block, size, size * 3, size);
    janus_free(block, size * 3);
  }
  d->result = 1;
  return nullptr;
}
Error* calls(Data* d) {
  janus_blocking_call([](void* p) { ++*static_cast<int64_t*>(p); }, &d->result);
  return nullptr;
}
Error* sends(Data* d) {
  for (int64_t i = 0; i < 100; i++)
    if (Error* e = janus_channel_send(reinterpret_cast<Channel*>(d->a[0]), &i, HERE)) return e;
  return nullptr;
}
Error* receives(Data* d) {
  for (int64_t i = 0; i < 100; i++) {
    int64_t x;
    Error* e = nullptr;
    if (janus_channel_recv(reinterpret_cast<Channel*>(d->a[0]), &x, &e, HERE) < 0) return e;
  }
  return nullptr;
}

template <Error* (*body)(Data*), int64_t stack>
const TaskDesc sized = {"test.sized", entry<body>, nullptr, nullptr, sizeof(Data), 0, stack};
template <Error* (*body)(Data*), int64_t stack>
void spawn_sized(NurseryRoom& n, int64_t a) {
  Error* error = nullptr;
  Task* task = janus_spawn(n.get(), &sized<body, stack>, 0, -1, &error, HERE);
  CHECK(task);
  memset(data_of(task), 0, sizeof(Data));
  data_of(task)->a[0] = a;
  janus_spawn_start(task);
}

Error* program() {
  NurseryRoom n;
  Channel* c = channel(3);
  janus_nursery_begin(n.get(), kNurseryPlain, -1, -1, HERE);
  for (int i = 0; i < 100; i++) spawn<works>(n.get(), 0);
  for (int i = 0; i < 1200; i++) spawn_sized<sleeps, 4000>(n, 1 + i % 3);
  for (int i = 0; i < 20; i++) spawn_sized<works, 15'000>(n, 0);
  for (int i = 0; i < 4; i++) spawn<calls>(n.get(), 0);
  spawn<allocates>(n.get(), 0);
  spawn<allocates>(n.get(), 0);
  spawn<sends>(n.get(), 0, c);
  spawn<receives>(n.get(), 0, c);
  Error* e = janus_nursery_end(n.get(), nullptr, HERE);
  drop(c);
  return e;
}

// ---- one run of it, in a process of its own

struct Outcome {
  int code, signal;
  bool said;
};

Outcome run(int64_t at, bool good, int64_t* count) {
  int words[2], numbers[2];
  CHECK(pipe(words) == 0 && pipe(numbers) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    dup2(words[1], 2);
    close(words[0]);
    alarm(20);
    refused_at = at;
    for_good = good;
    __atomic_store_n(&watching, true, __ATOMIC_RELAXED);
    Error* e = program();
    __atomic_store_n(&watching, false, __ATOMIC_RELAXED);
    (void)!write(numbers[1], &requests, sizeof requests);
    _exit(e ? 1 : 0);
  }
  close(words[1]);
  close(numbers[1]);
  char text[512] = {};
  size_t len = 0;
  for (ssize_t got; len < sizeof text - 1 && (got = read(words[0], text + len, sizeof text - 1 - len)) > 0;)
    len += static_cast<size_t>(got);
  char rest[512];
  while (read(words[0], rest, sizeof rest) > 0) {}
  int64_t n = 0;
  if (read(numbers[0], &n, sizeof n) == sizeof n && count) *count = n;
  close(words[0]);
  close(numbers[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) CHECK(errno == EINTR);
  const bool said = strstr(text, "out of memory") != nullptr || strstr(text, "no room") != nullptr;
  if (WIFSIGNALED(status) || (WEXITSTATUS(status) != 0 && !(WEXITSTATUS(status) == 3 && said)))
    fprintf(stderr, "request %lld refused%s: %s %d, stderr: %s\n", static_cast<long long>(at), good ? " for good" : "",
            WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
            text);
  return {WIFSIGNALED(status) ? -1 : WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0, said};
}

}   // namespace

extern "C" Error* janus_main_entry() {
  int64_t count = 0;
  Outcome whole = run(0, false, &count);
  CHECK(whole.code == 0 && count > 10);
  int64_t well = 0, told = 0, wrong = 0;
  for (int round = 0; round < 2; round++)
    for (int64_t n = 1; n <= count + 5; n++) {
      const Outcome o = run(n, round == 1, nullptr);
      if (o.code == 0) well++;
      else if (o.code == 3 && o.said) told++;
      else wrong++;
    }
  printf(
      "%lld requests; refused one by one and for good: %lld runs went on, %lld ended with a sentence, %lld wrongly\n",
      static_cast<long long>(count), static_cast<long long>(well), static_cast<long long>(told),
      static_cast<long long>(wrong));
  fflush(stdout);
  if (wrong || told == 0) _exit(1);
  return nullptr;
}
