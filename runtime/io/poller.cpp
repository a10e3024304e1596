// poller.cpp: waiting until a descriptor can be read or written. With tasks only the task waits, here by epoll;
// without, the program. Depends on handle.h, tasks/task.h, Linux. SPDX-License-Identifier: Apache-2.0
//
// A read is tried first; only when there is nothing to read does its task come here. The descriptor is then made known
// to epoll, once, edge-triggered: the kernel says when something has changed, and says it once. What it said while
// nobody waited is kept in `ready`, so that a wait which begins just then does not miss it. A wait may end for nothing:
// everyone who waits tries again.
//
// The kernel may still report a descriptor that has been closed meanwhile, so the record that it knows is never freed.
// It is used again; then somebody may look once more for nothing.
//
// Whoever looks for work polls; of the workers that sleep one sleeps in epoll_wait, the others on their futex; all do as
// long as somebody is awake who polls soon (tasks/worker_sleep.h).
#include "runtime/io/interest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#ifdef JANUS_TASKS

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/sink.h"
#include "runtime/tasks/task.h"

namespace janus::rt {

namespace {

constexpr int64_t kSlab = 64 * 1024;
constexpr int32_t kEvents = 128;
int64_t epoll_fd = -1;
int64_t kick_fd = -1;
Lock pool_lock;
Interest* free_interests;
// Whoever reads stdin has a handle of its own for as long as that takes; the kernel knows the descriptor once, by this
// record. A second one would take the first one's place, and who waits with that would wait for ever.
Interest* stdin_interest;

void grow_pool() {
  Interest* slab = static_cast<Interest*>(map_memory(kSlab));
  if (!slab) environment_failed("out of memory: no room for another descriptor");
  for (int64_t i = 0; i < kSlab / static_cast<int64_t>(sizeof(Interest)); i++) {
    slab[i].next_free = free_interests;
    free_interests = &slab[i];
  }
}

// What happened to one descriptor.
void dispatch(Interest* it, uint32_t events) {
  const bool happened[2] = {(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0,
                            (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0};
  lock(&it->lock);
  if (happened[0]) __atomic_store_n(&it->reports, it->reports + 1 ? it->reports + 1 : 1, __ATOMIC_RELEASE);
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) __atomic_store_n(&it->ended, true, __ATOMIC_RELEASE);
  for (int what = 0; what < 2; what++) {
    if (!happened[what]) continue;
    it->ready[what] = true;
    while (Waiter* w = it->waiters[what].first) {   // all of them: the kernel will not say it again
      list_remove(&it->waiters[what], w);
      Task* task = w->task;
      if (!claim(task, false)) continue;
      it->ready[what] = false;   // it will try
      wake(task, 0, false);
    }
  }
  unlock(&it->lock);
}

int64_t fetch(void* buffer, int64_t until) {
  epoll_event* events = static_cast<epoll_event*>(buffer);
  if (until == 0) return sys(SYS_epoll_pwait, epoll_fd, events, kEvents, 0, nullptr, 8);
  if (until < 0) return sys(SYS_epoll_pwait, epoll_fd, events, kEvents, -1, nullptr, 8);
  const int64_t left = max64(0, until - now_ns());
  timespec limit = {left / 1'000'000'000, left % 1'000'000'000};
  const int64_t n = sys(SYS_epoll_pwait2, epoll_fd, events, kEvents, &limit, nullptr, 8);
  if (n != -ENOSYS) return n;
  return sys(SYS_epoll_pwait, epoll_fd, events, kEvents, min64(left / 1'000'000 + 1, 1 << 30), nullptr, 8);
}

bool hand_out(void* buffer, int64_t count) {
  epoll_event* events = static_cast<epoll_event*>(buffer);
  bool any = false;
  for (int64_t i = 0; i < count; i++) {
    if (!events[i].data.ptr) continue;   // the kick
    dispatch(static_cast<Interest*>(events[i].data.ptr), events[i].events);
    any = true;
  }
  return any;
}

bool look() {
  epoll_event events[kEvents];
  const int64_t n = fetch(events, 0);
  return n > 0 && hand_out(events, n);
}

void kick() {
  const uint64_t one = 1;
  sys(SYS_write, kick_fd, &one, 8);
}

// "fd 7, peer 127.0.0.1:80"; for the nursery tree, from a signal handler too.
int64_t describe(const void* on, char* out, int64_t room) {
  const Interest* it = static_cast<const Interest*>(on);
  char* at = out;
  char* const end = out + room - 64;
  auto text = [&](const char* s) {
    while (*s && at < end) *at++ = *s++;
  };
  auto number = [&](uint64_t x) {
    uint8_t digits[24];
    for (uint8_t* d = put_decimal(digits + 24, x); d < digits + 24; d++) *at++ = static_cast<char>(*d);
  };
  if (it->memory) {
    text("a connection in memory");
    return at - out;
  }
  text("fd ");
  number(static_cast<uint64_t>(it->fd));
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
  } name;
  socklen_t len = sizeof name;
  bool peer = sys(SYS_getpeername, it->fd, &name, &len) == 0;
  if (!peer) {
    len = sizeof name;
    if (sys(SYS_getsockname, it->fd, &name, &len) != 0) return at - out;
  }
  text(peer ? ", to " : ", at ");
  if (name.any.sa_family == AF_INET) {
    const uint8_t* b = reinterpret_cast<const uint8_t*>(&name.v4.sin_addr);
    for (int i = 0; i < 4; i++) {
      if (i) text(".");
      number(b[i]);
    }
    text(":");
    number(__builtin_bswap16(name.v4.sin_port));
  } else if (name.any.sa_family == AF_INET6) {
    static const char hex[] = "0123456789abcdef";
    text("[");
    for (int i = 0; i < 16; i += 2) {
      if (i) text(":");
      for (int k = 0; k < 2; k++) {
        const uint8_t b = name.v6.sin6_addr.s6_addr[i + k];
        *at++ = hex[b >> 4];
        *at++ = hex[b & 15];
      }
    }
    text("]:");
    number(__builtin_bswap16(name.v6.sin6_port));
  } else {
    text("a socket of this machine");
  }
  return at - out;
}

const PollHook hook = {look, fetch, hand_out, kick, describe};
static_assert(sizeof(epoll_event) * kEvents <= kPollBuffer);

bool start() {
  epoll_fd = sys(SYS_epoll_create1, EPOLL_CLOEXEC);
  kick_fd = sys(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event = {EPOLLIN | EPOLLET, {nullptr}};
  if (epoll_fd < 0 || kick_fd < 0 || sys(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_ADD, kick_fd, &event) < 0)
    environment_failed("the system has no room for a descriptor to wait with (epoll)");
  __atomic_store_n(&io_poller, &hook, __ATOMIC_RELEASE);
  return true;
}

constexpr uint32_t kAll = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// Makes the descriptor known. False: the kernel has nothing to say of it (a regular file): it is always ready.
bool attach(Handle* h) {
  Hold held(pool_lock);
  if (h->interest) return true;
  if (h->kind & kForeign && stdin_interest) {
    __atomic_store_n(&h->interest, stdin_interest, __ATOMIC_RELEASE);
    return true;
  }
  if (!io_poller) start();
  if (!free_interests) grow_pool();
  Interest* it = free_interests;
  lock(&it->lock);
  it->fd = h->fd;
  it->ready[0] = it->ready[1] = false;
  it->closed = it->ended = false;
  if (it->reports == 0) it->reports = 1;
  it->level = h->kind & kForeign;
  unlock(&it->lock);
  epoll_event event = {it->level ? static_cast<uint32_t>(EPOLLONESHOT) : kAll, {it}};
  int64_t failed = sys(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_ADD, h->fd, &event);
  if (failed == -EEXIST)
    failed = sys(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_MOD, h->fd,
                 &event);   // this number stood for the same file before, in a child too: it was not forgotten
  if (failed < 0) return false;   // too many watches: the caller goes on trying, which is slow and right
  free_interests = it->next_free;
  if (it->level) stdin_interest = it;
  __atomic_store_n(&h->interest, it, __ATOMIC_RELEASE);
  return true;
}

struct Attach {
  Handle* handle;
  bool done;
};

}   // namespace

void interest_happened(Interest* it, bool readable, bool writable) {
  dispatch(it, (readable ? static_cast<uint32_t>(EPOLLIN) : 0u) | (writable ? static_cast<uint32_t>(EPOLLOUT) : 0u));
}

// The poller's table is what describes it in the nursery tree.
void interest_init_memory(Interest* it) {
  it->memory = true;
  it->fd = -1;
  Hold held(pool_lock);
  if (!io_poller) start();
}

uint32_t interest_reports(const Handle* h) {
  const Interest* it = __atomic_load_n(&h->interest, __ATOMIC_ACQUIRE);
  return it && !it->level && !__atomic_load_n(&it->ended, __ATOMIC_ACQUIRE)
             ? __atomic_load_n(&it->reports, __ATOMIC_ACQUIRE)
             : 0;
}

void interest_goes_on(const Handle* h) {
  if (Interest* it = __atomic_load_n(&h->interest, __ATOMIC_ACQUIRE))
    __atomic_store_n(&it->ended, false, __ATOMIC_RELEASE);
}

void interest_closed(Handle* h) {
  Interest* it = __atomic_load_n(&h->interest, __ATOMIC_ACQUIRE);
  if (!it || it->level) return;   // nobody waits with a handle of stdin that goes, others may with theirs
  const bool last = __atomic_load_n(&h->uses, __ATOMIC_ACQUIRE) == kHandleClosed;
  lock(&it->lock);
  it->closed = true;
  for (WaiterList& list : it->waiters)
    while (Waiter* w = list.first) {
      list_remove(&list, w);
      if (claim(w->task, false)) wake(w->task, 0, false);
    }
  unlock(&it->lock);
  if (!last || h->kind & kMemory) return;
  if (h->kind & kShared) sys(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_DEL, h->fd, nullptr);
}

// The record goes back with the handle: until then a task may be about to wait with it.
void interest_free(Handle* h) {
  if (!h->interest || h->interest->level) return;
  Hold held(pool_lock);
  h->interest->next_free = free_interests;
  free_interests = h->interest;
}

}   // namespace janus::rt

using namespace janus::rt;

extern "C" int32_t janus_io_wait(Handle* h, int32_t what, int64_t ms, Error** failed, RT_SITE) {
  Task* self = this_task();
  if (JANUS_UNLIKELY(is_cancelled(self))) {
    *failed = &janus_own_cancel;
    return -1;
  }
  const bool known = __atomic_load_n(&h->interest, __ATOMIC_ACQUIRE);
  if (JANUS_UNLIKELY(!known)) {
    Attach a = {h, false};
    on_worker_stack([](void* p) { static_cast<Attach*>(p)->done = attach(static_cast<Attach*>(p)->handle); }, &a);
    if (!a.done) {
      if (Error* error = janus_yield(site, at)) {
        *failed = error;
        return -1;
      }
      return 1;
    }
  }
  Interest* it = h->interest;
  // Who waits without having read everything, or up to the end, has been told of it already; the kernel will not say it
  // again.
  if (what == 0 && known && !it->level && !it->memory &&
      (__atomic_load_n(&it->ended, __ATOMIC_ACQUIRE) ||
       (h->kind & kSocket &&
        __atomic_load_n(&h->drained, __ATOMIC_ACQUIRE) != __atomic_load_n(&it->reports, __ATOMIC_ACQUIRE))))
    return 1;
  if (JANUS_UNLIKELY(it->memory)) {
    bool ready;
    off_task([&] { ready = memory_net->ready(h, what != 0); });
    if (ready) return 1;
  }
  Waiter me = {};
  me.task = self;
  Timer timer = {0, 0, self, nullptr};
  begin_wait(self, what ? WaitKind::Write : WaitKind::Read, it, true, site, at);
  lock(&it->lock);
  if (it->ready[what] || it->closed || (__atomic_load_n(&h->uses, __ATOMIC_ACQUIRE) & kHandleClosed)) {
    it->ready[what] = false;
    unlock(&it->lock);
    abandon_wait(self);
    return 1;
  }
  list_add(&it->waiters[what], &me);
  if (JANUS_UNLIKELY(it->level)) {
    epoll_event event = {(it->waiters[0].first ? static_cast<uint32_t>(EPOLLIN) : 0u) |
                             (it->waiters[1].first ? static_cast<uint32_t>(EPOLLOUT) : 0u) | EPOLLONESHOT,
                         {it}};
    sys(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_MOD, it->fd, &event);
  }
  unlock(&it->lock);
  // What arrives in memory is the work of a task, or of time, not of the world: all may be stuck, and time may jump.
  const int64_t due = JANUS_UNLIKELY(it->memory) ? static_cast<MemoryInterest*>(it)->due[what] : 0;
  if (!it->memory) add_word(&io_waits, 1);
  if (ms >= 0) timer.when = now_ns() + min64(ms, int64_t(1) << 40) * 1'000'000;
  const bool comes = due != 0 && (ms < 0 || due < timer.when);
  if (comes) timer.when = due;
  if (timer.when) timer_start(&timer, true);
  const int32_t reason = end_wait(self);
  if (!it->memory) add_word(&io_waits, -1);
  if (timer.when) timer_stop(&timer);
  if (reason == 0) return 1;
  lock(&it->lock);
  list_remove(&it->waiters[what], &me);
  unlock(&it->lock);
  if (reason != kReasonCancel) return comes ? 1 : 0;
  *failed = &janus_own_cancel;
  return -1;
}

extern "C" Error* janus_io_point(RT_SITE) {
  (void)site, (void)at;
  return JANUS_UNLIKELY(is_cancelled(this_task())) ? &janus_own_cancel : nullptr;
}

#else

namespace janus::rt {
uint32_t interest_reports(const Handle*) { return 0; }
void interest_goes_on(const Handle*) {}
void interest_closed(Handle*) {}
void interest_free(Handle*) {}
}  // namespace janus::rt

using namespace janus::rt;

extern "C" int32_t janus_io_wait(Handle* h, int32_t what, int64_t ms, Error** failed, RT_SITE) {
  (void)failed, (void)site, (void)at;
  if (h->kind & kMemory) {   // nobody else runs: only time can bring something
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    const int64_t now = t.tv_sec * 1'000'000'000 + t.tv_nsec;
    const int64_t due = static_cast<MemoryInterest*>(h->interest)->due[what ? 1 : 0];
    if (due == 0 && ms < 0)
      environment_failed("this waits for ever: a connection in memory, and no task that could serve it");
    const bool comes = due != 0 && (ms < 0 || due - now <= ms * 1'000'000);
    const int64_t left = max64(0, comes ? due - now : ms * 1'000'000);
    timespec span = {left / 1'000'000'000, left % 1'000'000'000};
    nanosleep(&span, nullptr);
    return comes ? 1 : 0;
  }
  janus_stdout_flush();   // whoever reads it may be who we wait for
  const int32_t fd = enter(h);
  if (fd < 0) return 1;
  pollfd ready = {fd, static_cast<short>(what ? POLLOUT : POLLIN), 0};
  timespec limit = {ms / 1000, ms % 1000 * 1'000'000};
  const int64_t n = sys(SYS_ppoll, &ready, 1, ms < 0 ? nullptr : &limit, nullptr, 8);   // a signal: worth another try
  leave(h);
  return n == 0 ? 0 : 1;
}

extern "C" Error* janus_io_point(RT_SITE) {
  (void)site, (void)at;
  return nullptr;
}

#endif
