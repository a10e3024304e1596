// memory_net.h: networks in memory: their hosts, the ends of their connections, what is under way between two ends.
// Depends on interest.h; with tasks on tasks/task.h for the time. A part of memory_net.cpp, which alone includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <errno.h>
#include <time.h>

#include "runtime/io/interest.h"

namespace janus::rt {

struct Network;

namespace {
enum class ChunkKind : uint8_t { Data, Finished, Broken };
enum class EndKind : uint8_t { Stream, Listener, Datagrams };

struct Chunk {
  Chunk* next;
  int64_t arrives;
  int64_t len;
  int64_t at;   // what was read
  ChunkKind kind;
  uint8_t from_len;   // of datagrams: the sender's name stands behind the bytes
  uint8_t bytes[];
};

constexpr int64_t kNameTop = 255;
constexpr int64_t kBacklogTop = 4096;   // as Linux has it: who comes then is not answered
struct NetName {
  int64_t len;
  char text[kNameTop];
};

int64_t now() {
#ifdef JANUS_TASKS
  return now_ns();
#else
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
#endif
}
}   // namespace

struct End {
  MemoryInterest interest;
  EndKind kind;
  bool has_handle;   // the handle that a program holds; it frees the end
  bool closed;   // by its program
  bool shut;   // it writes no more
  bool lost;   // its connecting was never answered
  bool broken;   // Broken has been read, or written into
  Network* net;
  End* next;   // of the network
  End* peer;   // null: gone
  End* waiting;   // of a listener: connections that nobody has accepted, oldest first; linked by it
  End* last_waiting;   // of a listener
  int64_t backlog;   // how many they are
  Chunk* first;
  Chunk* last;
  int64_t queued;   // bytes
  int64_t carried;   // by the connection, both ways
  int64_t stands_at;   // when the connection stands
  int64_t refused;   // or -errno
  NetName name;
  NetName peer_name;
};

struct Host {
  Host* next;
  int64_t fails;   // 0, or what looking it up ends with
  NetName name;
};

// What std.test's Faults says.
struct NetFaults {
  int64_t delay_ns, jitter_ns, most_read, most_written, room, reset_after, reset_ppm, drop_ppm;
  bool cut;
};

struct Network {
  Owned owned;
  Network* next;
  Host* hosts;
  End* ends;
  NetFaults faults;
  uint64_t random;
  int64_t next_port;
  bool closed;
};

namespace {
Lock net_lock;
Network* networks;

uint64_t chance(Network* net) {   // splitmix64
  uint64_t z = net->random += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
bool happens(Network* net, int64_t ppm) { return ppm > 0 && static_cast<int64_t>(chance(net) % 1'000'000) < ppm; }

template <class T>
T* make() {
  T* x = static_cast<T*>(janus_alloc(sizeof(T)));
  memset(static_cast<void*>(x), 0, sizeof(T));
  return x;
}

bool same(const NetName& a, const NetName& b) {
  return a.len == b.len && memcmp(a.text, b.text, static_cast<size_t>(a.len)) == 0;
}
void append(NetName* name, const void* text, int64_t len) {
  len = min64(len, kNameTop - name->len);
  if (len > 0) memcpy(name->text + name->len, text, static_cast<size_t>(len));
  if (len > 0) name->len += len;
}
void append_port(NetName* name, int64_t port) {
  char digits[8];
  int n = 8;
  do digits[--n] = static_cast<char>('0' + port % 10);
  while ((port /= 10) != 0);
  append(name, ":", 1);
  append(name, digits + n, 8 - n);
}
NetName name_of(const Array* address) {
  NetName name = {};
  append(&name, address->data + 2, address->len - 2);
  return name;
}

Host* find_host(const void* text, int64_t len, Network** in) {
  for (Network* net = networks; net; net = net->next)
    for (Host* host = net->hosts; host; host = host->next)
      if (host->name.len == len && memcmp(host->name.text, text, static_cast<size_t>(len)) == 0) {
        *in = net;
        return host;
      }
  return nullptr;
}
int64_t host_len(const NetName& name) {   // before the last colon
  int64_t n = name.len;
  while (n > 0 && name.text[n - 1] != ':') n--;
  return max64(0, n - 1);
}

End* find_end(Network* net, const NetName& name, EndKind kind) {
  for (End* end = net->ends; end; end = end->next)
    if (end->kind == kind && !end->closed && same(end->name, name)) return end;
  return nullptr;
}

void tell(End* end, bool readable, bool writable) { interest_happened(&end->interest, readable, writable); }

// When something sent now arrives; never before what was sent earlier.
int64_t arrival(Network* net, const End* to) {
  int64_t when = now() + net->faults.delay_ns;
  if (net->faults.jitter_ns > 0)
    when += static_cast<int64_t>(chance(net) % static_cast<uint64_t>(net->faults.jitter_ns));
  return to && to->kind == EndKind::Stream && to->last ? max64(when, to->last->arrives) : when;
}

void queue_chunk(End* to, ChunkKind kind, const uint8_t* bytes, int64_t len, const NetName* from, int64_t arrives) {
  const int64_t extra = from ? from->len : 0;
  Chunk* c = static_cast<Chunk*>(janus_alloc(static_cast<int64_t>(sizeof(Chunk)) + len + extra));
  *c = {nullptr, arrives, len, 0, kind, static_cast<uint8_t>(extra), {}};
  if (len) memcpy(c->bytes, bytes, static_cast<size_t>(len));
  if (extra) memcpy(c->bytes + len, from->text, static_cast<size_t>(extra));
  if (to->last && to->last->arrives > arrives) {   // a datagram that overtakes
    Chunk** at = &to->first;
    while (*at && (*at)->arrives <= arrives) at = &(*at)->next;
    c->next = *at;
    *at = c;
  } else {
    (to->last ? to->last->next : to->first) = c;
    to->last = c;
  }
  to->queued += len;
  tell(to, true, false);
}
void free_chunk(Chunk* c) { janus_free(c, static_cast<int64_t>(sizeof(Chunk)) + c->len + c->from_len); }
void drop_first(End* end) {
  Chunk* c = end->first;
  end->first = c->next;
  if (!end->first) end->last = nullptr;
  end->queued -= c->len - c->at;   // what nobody read
  free_chunk(c);
}

// The first chunk, when it is there; else `due` says when to look again.
Chunk* arrived(End* end) {
  Chunk* c = end->first;
  end->interest.due[0] = 0;
  if (!c || end->net->faults.cut) return nullptr;
  if (c->arrives > now()) {
    end->interest.due[0] = c->arrives;
    return nullptr;
  }
  return c;
}

// Both sides find the connection broken, behind what was sent.
void break_connection(End* end) {
  if (end->peer) queue_chunk(end->peer, ChunkKind::Broken, nullptr, 0, nullptr, arrival(end->net, end->peer));
  end->broken = true;
  tell(end, true, true);
}

End* new_end(Network* net, EndKind kind, const NetName& name) {
  End* end = make<End>();
  end->kind = kind;
  end->net = net;
  end->name = name;
  end->next = net->ends;
  net->ends = end;
  interest_init_memory(&end->interest);
  end->interest.end = end;
  return end;
}

Handle* handle_of(End* end) {
  Handle* h = handle_new(-1, kSocket | kMemory);
  h->interest = &end->interest;
  end->has_handle = true;
  return h;
}
End* end_of(Handle* h) { return static_cast<MemoryInterest*>(h->interest)->end; }
bool is_closed(Handle* h) { return __atomic_load_n(&h->uses, __ATOMIC_ACQUIRE) & kHandleClosed; }

void part(End* end) {   // its peer learns that nothing more comes
  if (!end->peer) return;
  if (!end->shut && !end->broken)
    queue_chunk(end->peer, ChunkKind::Finished, nullptr, 0, nullptr, arrival(end->net, end->peer));
  end->peer->peer = nullptr;
  tell(end->peer, true, true);
  end->peer = nullptr;
}

void free_network(Network* net) {
  Network** at = &networks;
  while (*at != net) at = &(*at)->next;
  *at = net->next;
  janus_free(net, sizeof(Network));
}

void free_end(End* end) {
  part(end);
  while (end->first) drop_first(end);
  Network* net = end->net;
  End** at = &net->ends;
  while (*at != end) at = &(*at)->next;
  *at = end->next;
  janus_free(end, sizeof(End));
  if (net->closed && !net->ends) free_network(net);
}

End* take_waiting(End* listener) {
  End* end = listener->waiting;
  listener->waiting = end->waiting;
  if (!listener->waiting) listener->last_waiting = nullptr;
  listener->backlog--;
  end->waiting = nullptr;
  return end;
}

// Of a listener: connections that nobody has accepted are broken.
void refuse_waiting(End* listener) {
  while (End* end = listener->waiting) {
    take_waiting(listener);
    break_connection(end);
    free_end(end);
  }
}

}   // namespace
}   // namespace janus::rt
