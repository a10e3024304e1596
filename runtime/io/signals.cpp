// signals.cpp: signals of the system for many waiters. What std.signal is written over. Depends on handle.h, Linux,
// libc. SPDX-License-Identifier: Apache-2.0
//
// The handler counts what came, by number, and rings the bell (an eventfd) of every waiter; who wakes looks at the
// counts itself. So each waiter sees each signal, and none takes one away from another that waits. What no waiter has
// seen stays for the next one. And a task that has waited is remembered with what it was told of: when it waits again
// it is told that more came, whoever saw that meanwhile. So a signal that comes between two calls is not lost.
//
// Bells are never closed, only used again: a handler that runs just now may write to one at any moment. A ring too many
// does no harm.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/io/handle.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/task.h"
#endif

namespace janus::rt {
namespace {

constexpr int kNumbers = 32;   // signals with a name
constexpr int kEars = 1024;   // waiters at a time

// Of one number: how many came, how many of these some waiter has seen, and when the last one came.
struct Signal {
  uint64_t came, seen, last;
};
Signal signals[kNumbers];
uint64_t moment;   // counts all that came

struct Ear {
  int32_t bell;
  bool used;
  uint64_t heard[kNumbers];   // how many of each number it has been told of, or were seen before it came
};
Ear ears[kEars];
int64_t ear_count;   // those that have a bell

// What a task was told of when it waited last. Its number is never another's, so that it need not be forgotten when it
// ends; the one that waited longest ago makes room.
struct Past {
  uint64_t task;   // its number and 1; 0: free
  uint64_t used;
  int64_t numbers;   // a bit for each that it has waited for
  uint64_t heard[kNumbers];
};
Past pasts[kEars];
uint64_t closings;
Lock making;   // ears and pasts

uint64_t this_task_number() {
#ifdef JANUS_TASKS
  return uint64_t{this_task()->number} + 1;
#else
  return 1;
#endif
}

Past* find_past(uint64_t task) {
  for (Past& past : pasts)
    if (past.task == task) return &past;
  return nullptr;
}

Past* make_past(uint64_t task) {
  if (Past* known = find_past(task)) return known;
  Past* oldest = &pasts[0];
  for (Past& past : pasts)
    if (past.used < oldest->used) oldest = &past;
  *oldest = Past{};
  oldest->task = task;
  return oldest;
}

uint64_t look(const uint64_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

void on_signal(int number) {
  Signal& s = signals[number % kNumbers];
  __atomic_store_n(&s.last, __atomic_add_fetch(&moment, 1, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&s.came, 1, __ATOMIC_SEQ_CST);
  const uint64_t one = 1;
  const int64_t count = __atomic_load_n(&ear_count, __ATOMIC_SEQ_CST);
  for (int64_t i = 0; i < count; i++)   // counted first: an ear that opens meanwhile finds it by itself
    if (__atomic_load_n(&ears[i].used, __ATOMIC_SEQ_CST)) sys(SYS_write, ears[i].bell, &one, 8);
}

}   // namespace
}   // namespace janus::rt

using namespace janus::rt;

extern "C" {

// One more waiter: the handle that becomes readable when a signal came, and its number in *ear. Null: *code.
Handle* janus_signal_open(int64_t* ear, int64_t* code) {
  Hold held(making);
  int64_t i = 0;
  while (i < ear_count && ears[i].used) i++;
  *code = -EMFILE;
  if (i == kEars) return nullptr;
  if (i == ear_count) {
    const int64_t bell = sys(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
    *code = bell;
    if (bell < 0) return nullptr;
    ears[i].bell = static_cast<int32_t>(bell);
  }
  const int64_t fd = sys(SYS_fcntl, ears[i].bell, F_DUPFD_CLOEXEC, 3);   // each owner closes its own
  *code = fd;
  if (fd >= 0) {
    const Past* past = find_past(this_task_number());
    for (int s = 0; s < kNumbers; s++) {
      uint64_t heard = look(&signals[s].seen);
      if (past && past->numbers >> s & 1) {   // many that others saw meanwhile are one
        const uint64_t came = look(&signals[s].came);
        const uint64_t told = came > past->heard[s] ? came - 1 : came;
        if (told < heard) heard = told;
      }
      ears[i].heard[s] = heard;
    }
    __atomic_store_n(&ears[i].used, true, __ATOMIC_SEQ_CST);
  }
  if (i == ear_count) __atomic_store_n(&ear_count, i + 1, __ATOMIC_SEQ_CST);
  *ear = i;
  return fd < 0 ? nullptr : handle_new(fd, kPipe | kShared);
}

// It waits no more. Its task may come again for those of `wanted` (a bit each), and is remembered.
void janus_signal_close(int64_t ear, int64_t wanted) {
  Hold held(making);
  if (wanted) {
    Past* past = make_past(this_task_number());
    past->used = ++closings;
    past->numbers |= wanted;
    for (int s = 0; s < kNumbers; s++)
      if (wanted >> s & 1) past->heard[s] = ears[ear].heard[s];
  }
  __atomic_store_n(&ears[ear].used, false, __ATOMIC_SEQ_CST);
}

// The next signal for this waiter among those of `wanted` (a bit each), the one that came first when there are several;
// 0: none yet.
int64_t janus_signal_take(int64_t ear, int64_t wanted) {
  Ear& e = ears[ear];
  int found = 0;
  for (int s = 1; s < kNumbers; s++)
    if (wanted >> s & 1 && look(&signals[s].came) > e.heard[s] &&
        (!found || look(&signals[s].last) < look(&signals[found].last)))
      found = s;
  if (!found) return 0;
  const uint64_t mine = ++e.heard[found];
  uint64_t seen = look(&signals[found].seen);
  while (seen < mine &&
         !__atomic_compare_exchange_n(&signals[found].seen, &seen, mine, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
  return found;
}

int64_t janus_signal_watch(int64_t number) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  return sigaction(static_cast<int>(number), &action, nullptr) == 0 ? 0 : -errno;
}

int64_t janus_signal_default(int64_t number) {
  return signal(static_cast<int>(number), SIG_DFL) == SIG_ERR ? -errno : 0;
}
int64_t janus_signal_raise(int64_t pid, int64_t number) { return sys(SYS_kill, pid, number); }

}   // extern "C"
