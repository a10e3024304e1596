// resolve.cpp: addresses of a host's name: libc's resolver, by a thread that may block.
// Depends on handle.h, tasks/blocking.h, libc.
// SPDX-License-Identifier: Apache-2.0
//
// With tasks a look-up belongs to two: the task that waits for it, by a bell (an eventfd) as for any descriptor, so
// that cancellation and time limits reach it there; and the thread that makes it, which cannot be stopped. Whoever lets
// go last frees it. A name server that does not answer must not take all threads of the pool, which files need as well:
// a few look-ups run at a time, the others stand in line, and those that nobody waits for any more are passed over.
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime/io/handle.h"
#ifdef JANUS_TASKS
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "runtime/tasks/blocking.h"
#endif

using namespace janus::rt;

namespace {
constexpr int kAddressesTop = 16;
struct Found {
  int64_t code;
  int64_t count;
  uint8_t lens[kAddressesTop];
  uint8_t bytes[kAddressesTop][sizeof(sockaddr_in6)];
};

void look_up(const char* host, int64_t port, Found* out) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed = getaddrinfo(host, nullptr, &hints, &list);
  out->count = 0;
  out->code = failed == 0            ? 0
              : failed == EAI_AGAIN  ? -EAGAIN
              : failed == EAI_SYSTEM ? -errno
              : failed == EAI_MEMORY ? -ENOMEM
                                     : -ENOENT;
  if (failed) return;
  for (addrinfo* a = list; a && out->count < kAddressesTop; a = a->ai_next) {
    if (a->ai_addrlen > sizeof(sockaddr_in6) || (a->ai_family != AF_INET && a->ai_family != AF_INET6)) continue;
    memcpy(out->bytes[out->count], a->ai_addr, a->ai_addrlen);
    reinterpret_cast<sockaddr_in*>(out->bytes[out->count])->sin_port =
        __builtin_bswap16(static_cast<uint16_t>(port));   // at the same place in both families
    out->lens[out->count++] = static_cast<uint8_t>(a->ai_addrlen);
  }
  freeaddrinfo(list);
}

int64_t append(const Found& found, Array** out) {
  for (int64_t i = 0; found.code == 0 && i < found.count; i++) {
    uint8_t* room = bytes_room(out, 1 + found.lens[i]);
    room[0] = found.lens[i];
    memcpy(room + 1, found.bytes[i], found.lens[i]);
    (*out)->len += 1 + found.lens[i];
  }
  return found.code;
}

constexpr int64_t kNameTop = 255;   // of a host's name

bool can_be_name(const String* host) {
  return host->len > 0 && host->len <= kNameTop && !memchr(host->data, 0, static_cast<size_t>(host->len));
}

struct Name {
  char text[kNameTop + 1];
  int64_t port;
};
void copy_name(const String* host, int64_t port, Name* out) {
  memcpy(out->text, host->data, static_cast<size_t>(host->len));
  out->text[host->len] = 0;
  out->port = port;
}

// The task waits for the pool, whatever that takes; without tasks the program does.
int64_t look_up_here(const String* host, int64_t port, Array** out) {
  struct Work {
    Name name;
    Found found;
  };
  Work* work = static_cast<Work*>(janus_alloc(sizeof(Work)));   // too large for a task's stack
  copy_name(host, port, &work->name);
  in_pool([=] { look_up(work->name.text, work->name.port, &work->found); });
  const int64_t code = append(work->found, out);
  janus_free(work, sizeof(Work));
  return code;
}

#ifdef JANUS_TASKS
constexpr int kLooksTop = 16;
constexpr int64_t kNotYet = 1;

struct Look {
  Look* next;
  uint32_t owners;
  int32_t bell;
  bool unwanted;   // nobody waits for it any more
  bool done;
  Name name;
  Found found;
};

struct Looks {
  Lock lock;   // taken in earnest: also by threads of the pool
  Look* first;
  Look* last;
  BlockingCall calls[kLooksTop];   // of the threads that make look-ups
  bool busy[kLooksTop];
};
Looks looks;

void let_go(Look* look) {
  if (__atomic_sub_fetch(&look->owners, 1, __ATOMIC_ACQ_REL) != 0) return;
  sys(SYS_close, look->bell);
  free(look);
}

// By a thread of the pool, until the line is empty.
void make_look_ups(void* busy) {
  for (;;) {
    Look* look;
    {
      HoldInEarnest held(looks.lock);
      look = looks.first;
      if (!look) {
        *static_cast<bool*>(busy) = false;
        return;
      }
      looks.first = look->next;
      if (!looks.first) looks.last = nullptr;
    }
    if (!__atomic_load_n(&look->unwanted, __ATOMIC_ACQUIRE)) {
      look_up(look->name.text, look->name.port, &look->found);
      __atomic_store_n(&look->done, true, __ATOMIC_RELEASE);
      const uint64_t one = 1;
      sys(SYS_write, look->bell, &one, 8);
    }
    let_go(look);
  }
}

void stand_in_line(void* p) {
  Look* look = static_cast<Look*>(p);
  int mine = -1;
  {
    HoldInEarnest held(looks.lock);
    look->next = nullptr;
    (looks.last ? looks.last->next : looks.first) = look;
    looks.last = look;
    for (int i = 0; i < kLooksTop && mine < 0; i++)
      if (!looks.busy[i]) looks.busy[mine = i] = true;
  }
  if (mine < 0) return;   // one of those that are busy comes to it
  BlockingCall& call = looks.calls[mine];
  call.run = make_look_ups;
  call.argument = &looks.busy[mine];
  if (!call_apart(&call)) make_look_ups(call.argument);
}

Handle* begin_look_up(const String* host, int64_t port, Look** out, int64_t* code) {
  const int64_t bell = sys(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
  *code = bell;
  if (bell < 0) return nullptr;
  const int64_t mine = sys(SYS_fcntl, bell, F_DUPFD_CLOEXEC, 3);   // each owner closes its own
  *code = mine;
  Look* look = mine < 0 ? nullptr : static_cast<Look*>(malloc(sizeof(Look)));
  if (!look) {
    if (mine >= 0) {
      sys(SYS_close, mine);
      *code = -ENOMEM;
    }
    sys(SYS_close, bell);
    return nullptr;
  }
  look->owners = 2;
  look->bell = static_cast<int32_t>(bell);
  look->unwanted = look->done = false;
  copy_name(host, port, &look->name);
  *out = look;
  *code = kNotYet;
  return handle_new(mine, kPipe | kShared);
}
#endif
}  // namespace

extern "C" {

// Looks a name up. Null: it is done, with *code 0 and the addresses appended to *out, each with its length in a byte
// before it, or -EAGAIN (the name servers do not answer), -ENOENT (no such name) and others. Else a handle that becomes
// readable when *look may have an answer; janus_net_look_end must follow.
Handle* janus_net_look_up(String* host, int64_t port, Array** out, int64_t* look, int64_t* code) {
  *look = 0;
  *code = -ENOENT;
  if (!can_be_name(host)) return nullptr;
#ifdef JANUS_TASKS
  if (!settings.seeded) {
    Look* begun = nullptr;
    Handle* handle = begin_look_up(host, port, &begun, code);
    if (!handle) return nullptr;
    *look = reinterpret_cast<int64_t>(begun);
    on_worker_stack(stand_in_line, begun);
    return handle;
  }
#endif
  *code = look_up_here(host, port, out);
  return nullptr;
}

// As *code of janus_net_look_up; 1: not yet.
int64_t janus_net_look_result(int64_t look, Array** out) {
#ifdef JANUS_TASKS
  const Look* l = reinterpret_cast<Look*>(look);
  if (!__atomic_load_n(&l->done, __ATOMIC_ACQUIRE)) return kNotYet;
  return append(l->found, out);
#else
  (void)look, (void)out;
  return -ENOENT;
#endif
}

// Its answer is not wanted any more; the look-up itself may go on.
void janus_net_look_end(int64_t look) {
#ifdef JANUS_TASKS
  Look* l = reinterpret_cast<Look*>(look);
  __atomic_store_n(&l->unwanted, true, __ATOMIC_RELEASE);
  let_go(l);
#else
  (void)look;
#endif
}

}   // extern "C"
