// socket.cpp: sockets that never block: addresses, connecting, listening, datagrams. What std.net is written over.
// Depends on handle.h, Linux.
// SPDX-License-Identifier: Apache-2.0
//
// An address is the system's own: the bytes of a sockaddr, of its length. Results below 0 are -errno.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/io/interest.h"
#include "runtime/sink.h"

namespace janus::rt {

const MemoryHook* memory_net;

namespace {

union Name {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

Array* bytes_of(const void* data, int64_t len) {
  return janus_string_new(static_cast<const uint8_t*>(data), len);
}   // a String is a []u8

bool parse_v4(const uint8_t* s, int64_t len, uint8_t out[4]) {
  int64_t at = 0;
  for (int part = 0; part < 4; part++) {
    if (part && (at >= len || s[at++] != '.')) return false;
    int value = 0, digits = 0;
    for (; at < len && s[at] >= '0' && s[at] <= '9' && digits < 4; at++, digits++) value = value * 10 + (s[at] - '0');
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && s[at - digits] == '0'))
      return false;   // 010 is eight to some
    out[part] = static_cast<uint8_t>(value);
  }
  return at == len;
}

int hex_digit(uint8_t c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// RFC 4291, 2.2, without zones.
bool parse_v6(const uint8_t* s, int64_t len, uint8_t out[16]) {
  uint16_t parts[8];
  int count = 0, gap = -1;
  int64_t at = 0;
  if (len >= 2 && s[0] == ':' && s[1] == ':') {
    gap = 0;
    at = 2;
  }
  while (at < len) {
    if (count == 8) return false;
    int64_t end = at;
    while (end < len && s[end] != ':') end++;
    uint8_t v4[4];
    if (end == len && count <= 6 && parse_v4(s + at, len - at, v4)) {
      parts[count++] = static_cast<uint16_t>(v4[0] << 8 | v4[1]);
      parts[count++] = static_cast<uint16_t>(v4[2] << 8 | v4[3]);
      at = len;
      break;
    }
    if (end == at || end - at > 4) return false;
    uint32_t value = 0;
    for (; at < end; at++) {
      const int d = hex_digit(s[at]);
      if (d < 0) return false;
      value = value << 4 | static_cast<uint32_t>(d);
    }
    parts[count++] = static_cast<uint16_t>(value);
    if (at == len) break;
    at++;
    if (at == len) return false;   // ends with one colon
    if (s[at] == ':') {
      if (gap >= 0) return false;
      gap = count;
      at++;
    }
  }
  if (gap < 0 ? count != 8 : count > 7) return false;
  memset(out, 0, 16);
  for (int i = 0; i < count; i++) {
    const int to = gap >= 0 && i >= gap ? 8 - count + i : i;
    out[to * 2] = static_cast<uint8_t>(parts[i] >> 8);
    out[to * 2 + 1] = static_cast<uint8_t>(parts[i]);
  }
  return true;
}

// RFC 5952: lower case, the longest run of zeros left out.
void write_v6(Sink* sink, const uint8_t* b) {
  int best = -1, best_len = 1;
  for (int i = 0; i < 8; i++) {
    int run = 0;
    while (i + run < 8 && b[(i + run) * 2] == 0 && b[(i + run) * 2 + 1] == 0) run++;
    if (run > best_len) {
      best = i;
      best_len = run;
    }
  }
  for (int i = 0; i < 8; i++) {
    if (i == best) {
      sink_text(sink, i == 0 ? "::" : ":");
      i += best_len - 1;
      continue;
    }
    janus_format_i64(sink, b[i * 2] << 8 | b[i * 2 + 1], false, 0, 0, 'x');
    if (i != 7) sink_text(sink, ":");
  }
}

Name name_from(const Array* address, int64_t* len) {
  Name name;
  memset(&name, 0, sizeof name);
  *len = min64(address->len, static_cast<int64_t>(sizeof name));
  if (*len) memcpy(&name, address->data, static_cast<size_t>(*len));
  return name;
}

// Through a table: not for a task's stack, whose need is proved.
template <class F>
int64_t in_memory(F f) {
  int64_t n;
  off_task([&] { n = f(); });
  return n;
}

int64_t set_option(int fd, int level, int option, int value) {
  return sys(SYS_setsockopt, fd, level, option, &value, static_cast<int64_t>(sizeof value));
}

}  // namespace
}  // namespace janus::rt

using namespace janus::rt;

extern "C" {

// The address that a text and a port mean, without asking anybody; empty when the text is no number.
Array* janus_net_parse(String* host, int64_t port) {
  Name name;
  memset(&name, 0, sizeof name);
  uint8_t v4[4], v6[16];
  const uint16_t net_port = __builtin_bswap16(static_cast<uint16_t>(port));
  if (parse_v4(host->data, host->len, v4)) {
    name.v4.sin_family = AF_INET;
    name.v4.sin_port = net_port;
    memcpy(&name.v4.sin_addr, v4, 4);
    return bytes_of(&name, sizeof name.v4);
  }
  if (parse_v6(host->data, host->len, v6)) {
    name.v6.sin6_family = AF_INET6;
    name.v6.sin6_port = net_port;
    memcpy(&name.v6.sin6_addr, v6, 16);
    return bytes_of(&name, sizeof name.v6);
  }
  return bytes_of(nullptr, 0);
}

// Is the host one of a network in memory? 0: no; 1: yes, *out is the address; -2 or -EAGAIN: a name that a test has
// lost.
int64_t janus_net_in_memory(String* host, int64_t port, Array** out) {
  if (JANUS_LIKELY(!memory_net)) return 0;
  return in_memory([=] { return memory_net->look_up(host, port, out); });
}

// A socket of this machine; empty when the path is too long for one.
Array* janus_net_local(String* path) {
  Name name;
  memset(&name, 0, sizeof name);
  if (path->len == 0 || path->len >= static_cast<int64_t>(sizeof name.local.sun_path) ||
      memchr(path->data, 0, static_cast<size_t>(path->len)))
    return bytes_of(nullptr, 0);
  name.local.sun_family = AF_UNIX;
  memcpy(name.local.sun_path, path->data, static_cast<size_t>(path->len));
  return bytes_of(&name, static_cast<int64_t>(offsetof(sockaddr_un, sun_path)) + path->len + 1);
}

String* janus_net_text(Array* address) {
  if (is_memory_address(address)) return janus_string_new(address->data + 2, address->len - 2);
  int64_t len;
  const Name name = name_from(address, &len);
  Sink sink;
  janus_sink_begin(&sink);
  if (len >= static_cast<int64_t>(sizeof name.v4) && name.any.sa_family == AF_INET) {
    const uint8_t* b = reinterpret_cast<const uint8_t*>(&name.v4.sin_addr);
    for (int i = 0; i < 4; i++) {
      if (i) sink_text(&sink, ".");
      janus_print_i64(&sink, b[i]);
    }
    sink_text(&sink, ":");
    janus_print_i64(&sink, __builtin_bswap16(name.v4.sin_port));
  } else if (len >= static_cast<int64_t>(sizeof name.v6) && name.any.sa_family == AF_INET6) {
    sink_text(&sink, "[");
    write_v6(&sink, name.v6.sin6_addr.s6_addr);
    sink_text(&sink, "]:");
    janus_print_i64(&sink, __builtin_bswap16(name.v6.sin6_port));
  } else if (len > 2 && name.any.sa_family == AF_UNIX) {
    sink_text(&sink, "unix:");
    const char* path = name.local.sun_path;
    const int64_t room = len - static_cast<int64_t>(offsetof(sockaddr_un, sun_path));
    int64_t n = 0;
    while (n < room && path[n]) n++;
    janus_print_bytes(&sink, reinterpret_cast<const uint8_t*>(path), n);
  } else if (name.any.sa_family == AF_UNIX) {
    sink_text(&sink, "unix:");
  }
  return janus_sink_finish(&sink);
}

int64_t janus_net_port(Array* address) {
  int64_t len;
  const Name name = name_from(address, &len);
  if (name.any.sa_family == AF_INET) return __builtin_bswap16(name.v4.sin_port);
  if (name.any.sa_family == AF_INET6) return __builtin_bswap16(name.v6.sin6_port);
  return 0;
}

// Where the socket stands (peer: what it is connected to); empty when it is nowhere.
Array* janus_net_name(Handle* h, bool peer) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) {
    uint8_t name[300];
    int64_t n;
    off_task([&] { n = memory_net->name(h, peer, name, sizeof name); });
    return bytes_of(name, n);
  }
  const int32_t fd = enter(h);
  if (fd < 0) return bytes_of(nullptr, 0);
  Name name;
  socklen_t len = sizeof name;
  const int64_t failed = sys(peer ? SYS_getpeername : SYS_getsockname, fd, &name, &len);
  leave(h);
  return bytes_of(&name, failed < 0 ? 0 : len);
}

// A socket for such an address. Null: *code.
static Handle* open_socket(Array* address, int64_t type, int64_t* code) {
  int64_t len;
  const Name name = name_from(address, &len);
  const int64_t fd = sys(SYS_socket, name.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  *code = fd;
  if (fd < 0) return nullptr;
  if (type == SOCK_STREAM && name.any.sa_family != AF_UNIX)
    set_option(static_cast<int>(fd), IPPROTO_TCP, TCP_NODELAY, 1);
  return handle_new(fd, kSocket);
}

// Begins to connect. *code: 0 when it stands, -EINPROGRESS, or another -errno, then null.
Handle* janus_net_connect(Array* address, bool datagrams, int64_t* code) {
  if (JANUS_UNLIKELY(is_memory_address(address))) {
    Handle* h;
    off_task([&] { h = memory_net->connect(address, code); });
    return h;
  }
  Handle* h = open_socket(address, datagrams ? SOCK_DGRAM : SOCK_STREAM, code);
  if (!h) return nullptr;
  int64_t n;
  do n = sys(SYS_connect, h->fd, address->data, address->len);
  while (n == -EINTR);
  *code = n;
  if (n == 0 || n == -EINPROGRESS) return h;
  janus_handle_drop(h, 0);
  return nullptr;
}

// How connecting ended: 0 or -errno.
int64_t janus_net_error(Handle* h) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) return in_memory([=] { return memory_net->connect_error(h); });
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  int error = 0;
  socklen_t len = sizeof error;
  const int64_t failed = sys(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len);
  leave(h);
  return failed < 0 ? failed : -error;
}

// A socket at that address: one that accepts (backlog > 0), or one for datagrams. Null: *code.
Handle* janus_net_listen(Array* address, int64_t backlog, bool share_port, int64_t* code) {
  if (JANUS_UNLIKELY(is_memory_address(address))) {
    Handle* h;
    off_task([&] { h = memory_net->listen(address, backlog == 0, code); });
    return h;
  }
  Handle* h = open_socket(address, backlog > 0 ? SOCK_STREAM : SOCK_DGRAM, code);
  if (!h) return nullptr;
  int64_t n = 0;
  if (reinterpret_cast<const sockaddr*>(address->data)->sa_family != AF_UNIX) {
    if (backlog > 0) set_option(h->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (share_port) n = set_option(h->fd, SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (n >= 0) n = sys(SYS_bind, h->fd, address->data, address->len);
  if (n >= 0 && backlog > 0) n = sys(SYS_listen, h->fd, backlog);
  *code = n;
  if (n >= 0) return h;
  janus_handle_drop(h, 0);
  return nullptr;
}

// The next connection. Null: *code, -EAGAIN when there is none yet. *peer: its address.
Handle* janus_net_accept(Handle* h, Array** peer, int64_t* code) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) {
    Handle* made;
    off_task([&] { made = memory_net->accept(h, peer, code); });
    return made;
  }
  const int32_t fd = enter(h);
  if (fd < 0) {
    *code = -EBADF;
    return nullptr;
  }
  Name name;
  socklen_t len = sizeof name;
  int64_t made;
  const uint32_t reports = interest_reports(h);
  do {
    len = sizeof name;
    made = sys(SYS_accept4, fd, &name, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (made == -EINTR || made == -ECONNABORTED);   // gone before it was accepted: the next one
  if (made == -EAGAIN) found_nothing(h, reports);
  leave(h);
  *code = made;
  if (made < 0) return nullptr;
  if (name.any.sa_family != AF_UNIX) set_option(static_cast<int>(made), IPPROTO_TCP, TCP_NODELAY, 1);
  uint8_t* room = bytes_room(peer, len);
  memcpy(room, &name, len);
  (*peer)->len += len;
  return handle_new(made, kSocket);
}

// how: 0 no more reading, 1 no more writing, 2 both.
int64_t janus_net_shutdown(Handle* h, int64_t how) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) return in_memory([=] { return memory_net->shut_down(h, how); });
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  const int64_t n = sys(SYS_shutdown, fd, how);
  leave(h);
  return n;
}

// Is the other side still there? 0, 1 when there is something to read, -EPIPE when it has closed, or its error.
int64_t janus_net_probe(Handle* h) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) return in_memory([=] { return memory_net->probe(h); });
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  const uint32_t reports = h->kind & kSocket ? interest_reports(h) : 0;
  uint8_t byte;
  int64_t n;
  do n = sys(SYS_recvfrom, fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  while (n == -EINTR);
  if (n == -EAGAIN) found_nothing(h, reports);
  leave(h);
  return n > 0 ? 1 : n == -EAGAIN ? 0 : n == 0 ? -EPIPE : n;
}

int64_t janus_net_send_to(Handle* h, Array* bytes, Array* address) {
  if (JANUS_UNLIKELY(h->kind & kMemory)) return in_memory([=] { return memory_net->send_to(h, bytes, address); });
  if (JANUS_UNLIKELY(is_memory_address(address))) return -ENETUNREACH;   // from the real network no road leads there
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  int64_t n;
  do
    n = sys(SYS_sendto, fd, bytes->data, bytes->len, MSG_NOSIGNAL, address->len ? address->data : nullptr,
            address->len);
  while (n == -EINTR);
  leave(h);
  return n;
}

// Appends one datagram to *buffer (what is longer than `most` is cut off) and its sender's address to *from.
int64_t janus_net_receive_from(Handle* h, Array** buffer, int64_t most, Array** from) {
  if (JANUS_UNLIKELY(h->kind & kMemory))
    return in_memory([=] { return memory_net->receive_from(h, buffer, most, from); });
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  uint8_t* room = bytes_room(buffer, most);
  Name name;
  socklen_t len = sizeof name;
  int64_t n;
  const uint32_t reports = interest_reports(h);
  do n = sys(SYS_recvfrom, fd, room, most, 0, &name, &len);
  while (n == -EINTR);
  if (n == -EAGAIN) found_nothing(h, reports);
  leave(h);
  if (n < 0) return n;
  (*buffer)->len += n;
  uint8_t* place = bytes_room(from, len);
  memcpy(place, &name, len);
  (*from)->len += len;
  return n;
}

}   // extern "C"
