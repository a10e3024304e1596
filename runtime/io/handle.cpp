// handle.cpp: making, using and closing handles: reading and writing without waiting.
// Depends on handle.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/io/handle.h"

#include <errno.h>
#include <sys/socket.h>

#include "runtime/io/interest.h"

namespace janus::rt {

Handle* handle_new(int64_t fd, uint32_t kind) {
  Handle* h = static_cast<Handle*>(janus_alloc(sizeof(Handle)));
#ifdef JANUS_TASKS
  h->head.count = -1;   // tasks share it from birth
#else
  h->head.count = 1;
#endif
  h->head.flags = 0;
  h->fd = static_cast<int32_t>(fd);
  h->uses = 0;
  h->kind = kind;
  h->drained = 0;
  h->interest = nullptr;
  return h;
}

// Nobody uses it and nobody can. close() of a socket or a pipe does not wait.
void handle_really_close(Handle* h) {
  if (h->kind & kOwned) return h->owned->close(h->owned);
  interest_closed(h);
  if (JANUS_UNLIKELY(h->kind & kMemory)) return off_task([=] { memory_net->closed(h); });
  if (!(h->kind & kForeign)) sys(SYS_close, h->fd);
}

namespace {
// True: the caller was the one that closed it.
bool mark_closed(Handle* h) {
#ifdef JANUS_TASKS
  const uint32_t before = __atomic_fetch_or(&h->uses, kHandleClosed, __ATOMIC_ACQ_REL);
#else
  const uint32_t before = h->uses;
  h->uses |= kHandleClosed;
#endif
  if (before & kHandleClosed) return false;
  if (before == 0) handle_really_close(h);
  else if (!(h->kind & kOwned)) interest_closed(h);   // whoever waits goes on, and finds it closed
  return true;
}
}  // namespace

}  // namespace janus::rt

using namespace janus::rt;

extern "C" {

void janus_handle_drop(void* handle, uint32_t) {
  Handle* h = static_cast<Handle*>(handle);
  mark_closed(h);
  if (JANUS_UNLIKELY(h->kind & kMemory)) off_task([=] { memory_net->dropped(h); });
  else if (!(h->kind & kOwned)) interest_free(h);
  janus_free(h, sizeof(Handle));
}

// Standard input, which is not ours to close.
Handle* janus_stdin_handle(void) { return handle_new(0, kPipe | kForeign); }

bool janus_io_close(Handle* h) { return mark_closed(h); }
bool janus_io_is_closed(Handle* h) { return __atomic_load_n(&h->uses, __ATOMIC_ACQUIRE) & kHandleClosed; }
int64_t janus_io_fd(Handle* h) { return h->fd; }

// Appends what is there, at most `most` bytes. The number of bytes, 0 at the end, -EAGAIN: nothing yet; other -errno;
// -EBADF: closed.
int64_t janus_io_read(Handle* h, Array** buffer, int64_t most) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) {
    int64_t n;
    off_task([&] { n = memory_net->read(h, buffer, most); });
    return n;
  }
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  const uint32_t reports = h->kind & kSocket ? interest_reports(h) : 0;
  if (reports != 0 &&
      __atomic_load_n(&h->drained, __ATOMIC_RELAXED) == reports) {   // saves the call that would only say so
    leave(h);
    return -EAGAIN;
  }
  uint8_t* room = bytes_room(buffer, most);
  int64_t n;
  do n = h->kind & kSocket ? sys(SYS_recvfrom, fd, room, most, 0) : sys(SYS_read, fd, room, most);
  while (n == -EINTR);
  if (n > 0) (*buffer)->len += n;
  // A short read, or none: there is nothing until the kernel reports again. (`reports` is of before the read.)
  if (n == -EAGAIN) found_nothing(h, reports);
  else if (n > 0 && n < most) __atomic_store_n(&h->drained, reports, __ATOMIC_RELEASE);
  leave(h);
  return n;
}

// Writes bytes[from..to], or a part. The number of bytes; -EAGAIN: no room yet.
int64_t janus_io_write(Handle* h, Array* bytes, int64_t from, int64_t to) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) {
    int64_t n;
    off_task([&] { n = memory_net->write(h, bytes->data + from, to - from); });
    return n;
  }
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  int64_t n;
  do
    n = h->kind & kSocket ? sys(SYS_sendto, fd, bytes->data + from, to - from, MSG_NOSIGNAL)
                          : sys(SYS_write, fd, bytes->data + from, to - from);
  while (n == -EINTR);
  leave(h);
  return n;
}

}  // extern "C"
