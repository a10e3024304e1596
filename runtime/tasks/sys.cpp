// sys.cpp: see sys.h.
// Depends on sys.h, Linux, pthreads.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/tasks/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace janus::rt {

Settings settings;

namespace {

constexpr int kFutexWait = 0 | 128, kFutexWake = 1 | 128;   // FUTEX_PRIVATE_FLAG
constexpr int32_t kWorkersTop = 256;
constexpr int kGuardInstall = 102;       // MADV_GUARD_INSTALL, Linux 6.13
int64_t virtual_now = 1'000'000'000;     // of seeded runs
int32_t looks;   // of the program at it since it moved
uint64_t random_state;

int32_t usable_processors() {
  cpu_set_t set;
  int32_t count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  // The quota of the control group: "MAX PERIOD", or "max PERIOD" when there is none.
  const int fd = open("/sys/fs/cgroup/cpu.max", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    char text[64] = {};
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    char* rest = nullptr;
    const long long quota = n > 0 && text[0] != 'm' ? strtoll(text, &rest, 10) : 0;
    const long long period = quota > 0 && rest ? strtoll(rest, nullptr, 10) : 0;
    if (quota > 0 && period > 0) count = static_cast<int32_t>(min64(count, max64(1, (quota + period - 1) / period)));
  }
  return static_cast<int32_t>(max64(1, min64(count, kWorkersTop)));
}

// Without libc: a task that wakes a worker does so on its own small stack, and libc's wrapper is reckoned with 256
// bytes.
long futex(uint32_t* word, int op, uint32_t value, const timespec* timeout) {
#if defined(__x86_64__)
  long result;
  register const void* limit __asm__("r10") = timeout;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(static_cast<long>(SYS_futex)), "D"(word), "S"(static_cast<long>(op)),
                     "d"(static_cast<long>(value)), "r"(limit)
                   : "rcx", "r11", "memory");
  return result;
#else
  return syscall(SYS_futex, word, op, value, timeout, nullptr, 0);
#endif
}

}  // namespace

void read_settings() {
  const char* seed = getenv("JANUS_SCHED_SEED");
  settings.seeded = seed && *seed;
  settings.seed = settings.seeded ? strtoull(seed, nullptr, 10) : 0;
  settings.paint = getenv("JANUS_STACK_PAINT") != nullptr;
  const char* workers = getenv("JANUS_WORKERS");
  settings.workers = 0;   // asked of the system when the first surplus task appears
  if (workers && *workers)
    settings.workers = static_cast<int32_t>(max64(1, min64(strtoll(workers, nullptr, 10), kWorkersTop)));
  if (settings.seeded) settings.workers = 1;
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  random_state = settings.seeded
                     ? settings.seed
                     : static_cast<uint64_t>(t.tv_nsec) * 0x9e3779b97f4a7c15ull + static_cast<uint64_t>(t.tv_sec);
}

int32_t worker_limit() {
  if (settings.workers == 0) __atomic_store_n(&settings.workers, usable_processors(), __ATOMIC_RELAXED);
  return settings.workers;
}

int32_t time_jumps;
namespace {
int64_t jumped;   // how far the program's clock is ahead of the machine's
int64_t anchor;   // in virtual time: the machine's clock when the last jump happened
constexpr int64_t kStands = 100'000'000;
int64_t stands = kStands;   // for so long after it the program's clock stands still, then it goes on
}   // namespace

// In virtual time the clock stands at the moment to which it jumped while the program is busy: two hours of `sleep`
// take two hours, not two hours and what the machine needed for it. It goes on when the world is waited for, and when
// the program is busy for long: it may be looking at the clock until it moves.
int64_t now_ns() {
  if (settings.seeded) return virtual_now;
  const int64_t now = real_ns();
  const int64_t ahead = __atomic_load_n(&jumped, __ATOMIC_RELAXED);
  if (JANUS_LIKELY(__atomic_load_n(&time_jumps, __ATOMIC_RELAXED) == 0)) return now + ahead;
  const int64_t since = max64(0, now - __atomic_load_n(&anchor, __ATOMIC_ACQUIRE));
  return now + ahead - min64(since, __atomic_load_n(&stands, __ATOMIC_RELAXED));
}

void set_virtual(bool on) {
  if (on && __atomic_load_n(&time_jumps, __ATOMIC_RELAXED) == 0) {
    __atomic_store_n(&stands, kStands, __ATOMIC_RELAXED);
    __atomic_store_n(&anchor, real_ns(), __ATOMIC_RELEASE);
  }
  __atomic_add_fetch(&time_jumps, on ? 1 : -1, __ATOMIC_RELAXED);
}

int64_t time_jumped() { return now_ns() - real_ns(); }

void jump_time_to(int64_t when) {
  if (when <= now_ns()) return;
  const int64_t now = real_ns();   // may be past `when`: what was hidden of it is given back
  __atomic_store_n(&jumped, when - now, __ATOMIC_RELAXED);
  __atomic_store_n(&stands, kStands, __ATOMIC_RELAXED);
  __atomic_store_n(&anchor, now, __ATOMIC_RELEASE);
}

void let_time_pass() {
  const int64_t since = max64(0, real_ns() - __atomic_load_n(&anchor, __ATOMIC_RELAXED));
  if (since < __atomic_load_n(&stands, __ATOMIC_RELAXED)) __atomic_store_n(&stands, since, __ATOMIC_RELAXED);
}

int64_t real_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

// What a program sees of the clock. In a seeded run who looks at it again and again waits for it to move, and nothing
// else would move it.
int64_t look_at_clock() {
  constexpr int32_t kPatience = 1000;
  constexpr int64_t kStep = 10'000;
  if (settings.seeded && ++looks > kPatience) virtual_now += kStep;
  return now_ns();
}

void skip_time_to(int64_t when) {
  janus_require(settings.seeded, "only the clock of a seeded run can be moved");
  if (when <= virtual_now) return;
  virtual_now = when;
  looks = 0;
}

// splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
uint64_t random_bits() {
  uint64_t z;
  if (!if_alone([&] { z = random_state += 0x9e3779b97f4a7c15ull; }))
    z = __atomic_add_fetch(&random_state, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

void thread_sleep(uint32_t* word, uint32_t value, int64_t when) {
  timespec limit;
  if (when) {
    const int64_t left = max64(0, when - now_ns());
    limit = {left / 1'000'000'000, left % 1'000'000'000};
  }
  futex(word, kFutexWait, value, when ? &limit : nullptr);   // EINTR and early returns: the caller looks again
}

bool can_put_barriers() {
  constexpr int kQuery = 0, kRegister = 1 << 4;   // MEMBARRIER_CMD_QUERY, _REGISTER_PRIVATE_EXPEDITED
  const long offered = syscall(SYS_membarrier, kQuery, 0, 0);
  return offered > 0 && (offered & kRegister) && syscall(SYS_membarrier, kRegister, 0, 0) == 0;
}

void put_barriers() {
  constexpr int kPrivateExpedited = 1 << 3;
  const long failed = syscall(SYS_membarrier, kPrivateExpedited, 0, 0);
  janus_require(failed == 0, "a barrier that the kernel offered could not be had");
}

void thread_wake(uint32_t* word) { futex(word, kFutexWake, 1, nullptr); }

bool start_thread(void (*run)(void*), void* argument) {
  struct Start {
    void (*run)(void*);
    void* argument;
  };
  Start* start = static_cast<Start*>(malloc(sizeof(Start)));
  if (!start) return false;
  *start = {run, argument};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int failed = pthread_create(
      &thread, &attributes,
      [](void* p) -> void* {
        Start mine = *static_cast<Start*>(p);
        free(p);
        mine.run(mine.argument);
        return nullptr;
      },
      start);
  pthread_attr_destroy(&attributes);
  if (failed) free(start);
  return failed == 0;
}

void* map_memory(int64_t size) {
  void* pages = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

void guard_page(uint8_t* page) {
  madvise(page, 4096, kGuardInstall);
}   // EINVAL on older kernels: the checks in functions remain

// Without libc, as the futex above: locks are taken at the deepest place of a task's stack.
JANUS_INLINE void yield_thread() {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(static_cast<long>(SYS_sched_yield)) : "rcx", "r11", "memory");
#else
  sched_yield();
#endif
}

// Who is waited for was taken off the processor: gives ours away, and when that has been for nothing a few times,
// sleeps (nobody will wake it: the time is short). Else it would burn what the other one needs.
void wait_for_thread(uint32_t* word, uint32_t value, uint32_t* turns) {
  if (++*turns < 16) return yield_thread();
  const timespec nap = {0, 50'000};
  futex(word, kFutexWait, value, &nap);
}

void lock_slow(Lock* l) {
  for (uint32_t turns = 0;;) {
    for (int i = 0; i < 100; i++) {
      if (__atomic_load_n(&l->word, __ATOMIC_RELAXED) == 0 && __atomic_exchange_n(&l->word, 1u, __ATOMIC_ACQUIRE) == 0)
        return;
      pause_cpu();
    }
    wait_for_thread(&l->word, 1, &turns);
  }
}

namespace {
__thread uint32_t own_number;
uint32_t last_number;
}   // namespace

uint32_t thread_number() {
  if (own_number == 0) own_number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
  return own_number;
}

}   // namespace janus::rt
