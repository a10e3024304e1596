// resolve.cpp: addresses of a host's name: libc's resolver, by a thread that may block.
// Depends on handle.h, libc.
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "runtime/io/handle.h"

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
}  // namespace

// Appends the addresses to *out, each with its length in a byte before it. 0, or -EAGAIN (the name servers do not
// answer), -ENOENT (no such name).
extern "C" int64_t janus_net_resolve(String* host, int64_t port, Array** out) {
  struct Work {
    PathText name;
    Found found;
  };
  Work* work = static_cast<Work*>(janus_alloc(sizeof(Work)));   // too large for a task's stack
  if (!path_text(host, &work->name)) {
    janus_free(work, sizeof(Work));
    return -ENOENT;
  }
  in_pool([=] { look_up(work->name.text, port, &work->found); });
  const int64_t code = work->found.code;
  for (int64_t i = 0; code == 0 && i < work->found.count; i++) {
    uint8_t* room = bytes_room(out, 1 + work->found.lens[i]);
    room[0] = work->found.lens[i];
    memcpy(room + 1, work->found.bytes[i], work->found.lens[i]);
    (*out)->len += 1 + work->found.lens[i];
  }
  janus_free(work, sizeof(Work));
  return code;
}
