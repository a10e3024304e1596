// handle.h: descriptors of the system as counted values, and what the poller knows of each.
// Depends on tasks.h, counted.h, syscall.h.
// SPDX-License-Identifier: Apache-2.0
//
// A descriptor's number is used again by the system as soon as it is closed, so nobody may still be about to use it
// then: every call stands between enter() and leave(), and of close() and the calls under way the last one really
// closes.
#pragma once
#include "runtime/counted.h"
#include "runtime/io/syscall.h"
#include "runtime/tasks.h"

namespace janus::rt {

struct Interest;   // poller.cpp: never freed, used again

enum HandleKind : uint32_t {
  kPipe = 0,
  kSocket = 1,
  kFile = 2,
  kForeign = 4 /* not ours to close: stdin */,
  kOwned = 8 /* no descriptor: something else that closes */,
  kShared = 16 /* others have the same file open: the kernel forgets it only when told */,
  kMemory = 32 /* no descriptor: a connection in memory (memory_net.cpp) */
};

// What a handle of kind kOwned has instead of a descriptor.
struct Owned {
  void (*close)(Owned* owned);
};

constexpr uint32_t kHandleClosed = 1;   // bit of uses
constexpr uint32_t kHandleUse = 2;

struct Handle {
  Head head;
  int32_t fd;
  uint32_t uses;         // kHandleClosed, and kHandleUse for each call under way
  uint32_t kind;
  uint32_t drained;   // a read found less than it had room for, when the kernel had reported so many times: until it
                      // reports again there is nothing
  union {
    Interest* interest;   // null until somebody waits for it
    Owned* owned;   // kOwned
  };
};

// Owned by the caller. The descriptor must not block (regular files do as they like).
JANUS_HIDDEN Handle* handle_new(int64_t fd, uint32_t kind);

// The descriptor, or -1 when it is closed.
JANUS_INLINE int32_t enter(Handle* h) {
#ifdef JANUS_TASKS
  bool closed;
  if (JANUS_LIKELY(if_alone([&] {
        closed = (h->uses & kHandleClosed) != 0;
        if (!closed) h->uses += kHandleUse;
      })))
    return closed ? -1 : h->fd;
  uint32_t uses = __atomic_load_n(&h->uses, __ATOMIC_RELAXED);
  do {
    if (uses & kHandleClosed) return -1;
  } while (!__atomic_compare_exchange_n(&h->uses, &uses, uses + kHandleUse, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
  return h->fd;
#else
  if (h->uses & kHandleClosed) return -1;
  h->uses += kHandleUse;
  return h->fd;
#endif
}

JANUS_HIDDEN void handle_really_close(Handle* h);
JANUS_INLINE void leave(Handle* h) {
#ifdef JANUS_TASKS
  uint32_t left;
  if (JANUS_UNLIKELY(!if_alone([&] { left = h->uses -= kHandleUse; })))
    left = __atomic_sub_fetch(&h->uses, kHandleUse, __ATOMIC_ACQ_REL);
#else
  const uint32_t left = h->uses -= kHandleUse;
#endif
  if (JANUS_UNLIKELY(left == kHandleClosed)) handle_really_close(h);
}

// poller.cpp: how often the kernel has reported that the handle can be read, from 1; 0: it is not asked to.
JANUS_HIDDEN uint32_t interest_reports(const Handle* h);

// poller.cpp: a read found nothing and no end: what the kernel said of an end does not hold (any more).
JANUS_HIDDEN void interest_goes_on(const Handle* h);

// Nothing was there, when the kernel had reported so many times: until it reports again a wait really waits.
JANUS_INLINE void found_nothing(Handle* h, uint32_t reports) {
  if (reports == 0) interest_goes_on(h);
  __atomic_store_n(&h->drained, reports, __ATOMIC_RELEASE);
}

// poller.cpp: nobody may wait any more; those who do go on.
JANUS_HIDDEN void interest_closed(Handle* h);
JANUS_HIDDEN void interest_free(Handle* h);   // the handle goes

// Runs f by a thread that may block, while the task waits; in programs without tasks, here.
template <typename F>
JANUS_INLINE void in_pool(F f) {
#ifdef JANUS_TASKS
  janus_blocking_call([](void* p) { (*static_cast<F*>(p))(); }, &f);
#else
  f();
#endif
}

// The bytes of a String as the system wants them: with a zero behind. False: there is a zero inside, so the system
// cannot know it.
constexpr int64_t kPathTop = 4096;
struct PathText {
  char text[kPathTop];
};
JANUS_INLINE bool path_text(const String* s, PathText* out) {
  if (s->len >= kPathTop || (s->len && memchr(s->data, 0, static_cast<size_t>(s->len)))) return false;
  if (s->len) memcpy(out->text, s->data, static_cast<size_t>(s->len));
  out->text[s->len] = 0;
  return true;
}

// Room for `extra` more bytes behind the array's last one.
JANUS_INLINE uint8_t* bytes_room(Array** slot, int64_t extra) {
  *slot = janus_array_reserve(*slot, extra, &byte_glue);
  return (*slot)->data + (*slot)->len;
}

}   // namespace janus::rt
