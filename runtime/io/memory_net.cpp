// memory_net.cpp: a network in memory for tests, with faults on demand: what std.test.MemoryNetwork is made of.
// Depends on interest.h; with tasks on tasks/task.h for the time.
// SPDX-License-Identifier: Apache-2.0
//
// A network has hosts by name. Who connects to one or listens at one gets a handle of kind kMemory, and from there on
// std.net goes its usual ways: a read that finds nothing waits, and is told when something is written. Each end of a
// connection keeps what was sent to it as a list of chunks with the time at which they arrive; a break or an end is a
// chunk too, so that it comes behind what was sent before. What has to wait for such a time says so in `due`, and the
// wait ends by a timer: in seeded and virtual time it costs nothing.
//
// One lock orders all of it: this is for tests. Chance is a generator with the seed of the network.
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
  End* waiting;   // of a listener: connections that nobody has accepted; linked by it
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

// Of a listener: connections that nobody has accepted are broken.
void refuse_waiting(End* listener) {
  while (End* end = listener->waiting) {
    listener->waiting = end->waiting;
    end->waiting = nullptr;
    break_connection(end);
    free_end(end);
  }
}

// ---- what std.net asks

int64_t look_up(const String* host, int64_t port, Array** out) {
  Hold held(net_lock);
  Network* net;
  const Host* found = find_host(host->data, host->len, &net);
  if (!found) return 0;
  if (found->fails) return found->fails;
  NetName name = found->name;
  append_port(&name, port);
  uint8_t* room = bytes_room(out, name.len + 2);
  room[0] = kMemoryFamily & 255;
  room[1] = kMemoryFamily >> 8;
  memcpy(room + 2, name.text, static_cast<size_t>(name.len));
  (*out)->len += name.len + 2;
  return 1;
}

NetName fresh_name(Network* net) {
  NetName name = {};
  append(&name, "client.memory", 13);
  append_port(&name, 49'152 + net->next_port++ % 16'384);
  return name;
}

Handle* connect(const Array* address, int64_t* code) {
  Hold held(net_lock);
  const NetName to = name_of(address);
  Network* net;
  if (!find_host(to.text, host_len(to), &net)) {
    *code = -EHOSTUNREACH;
    return nullptr;
  }
  End* listener = find_end(net, to, EndKind::Listener);
  const bool lost = happens(net, net->faults.drop_ppm) || net->faults.cut;
  const int64_t stands_at = arrival(net, nullptr);
  const bool at_once = stands_at <= now();
  if (!lost && !listener && at_once) {
    *code = -ECONNREFUSED;
    return nullptr;
  }
  End* mine = new_end(net, EndKind::Stream, fresh_name(net));
  mine->peer_name = to;
  mine->lost = lost;
  mine->stands_at = stands_at;
  mine->interest.due[1] = lost ? 0 : stands_at;
  *code = at_once && !lost ? 0 : -EINPROGRESS;
  if (!lost && !listener) mine->refused = -ECONNREFUSED;
  if (!lost && listener) {
    End* theirs = new_end(net, EndKind::Stream, to);
    theirs->peer_name = mine->name;
    theirs->stands_at = stands_at;
    theirs->peer = mine;
    mine->peer = theirs;
    End** at = &listener->waiting;
    while (*at) at = &(*at)->waiting;
    *at = theirs;
    tell(listener, true, false);
  }
  return handle_of(mine);
}

int64_t connect_error(Handle* h) {
  Hold held(net_lock);
  return end_of(h)->refused;
}

Handle* listen(const Array* address, bool datagrams, int64_t* code) {
  Hold held(net_lock);
  NetName name = name_of(address);
  Network* net;
  if (!find_host(name.text, host_len(name), &net)) {
    *code = -EADDRNOTAVAIL;
    return nullptr;
  }
  const EndKind kind = datagrams ? EndKind::Datagrams : EndKind::Listener;
  if (name.text[name.len - 1] == '0' && name.text[name.len - 2] == ':') {   // port 0: any free one
    name.len -= 2;
    append_port(&name, 49'152 + net->next_port++ % 16'384);
  }
  if (find_end(net, name, kind)) {
    *code = -EADDRINUSE;
    return nullptr;
  }
  *code = 0;
  return handle_of(new_end(net, kind, name));
}

Handle* accept(Handle* h, Array** peer, int64_t* code) {
  Hold held(net_lock);
  *code = -EBADF;
  if (is_closed(h)) return nullptr;
  End* listener = end_of(h);
  *code = -EAGAIN;
  End* end = listener->waiting;
  listener->interest.due[0] = end && end->stands_at > now() ? end->stands_at : 0;
  if (!end || listener->interest.due[0]) return nullptr;
  listener->waiting = end->waiting;
  end->waiting = nullptr;
  *code = 0;
  uint8_t* room = bytes_room(peer, end->peer_name.len + 2);
  room[0] = kMemoryFamily & 255;
  room[1] = kMemoryFamily >> 8;
  memcpy(room + 2, end->peer_name.text, static_cast<size_t>(end->peer_name.len));
  (*peer)->len += end->peer_name.len + 2;
  return handle_of(end);
}

int64_t read(Handle* h, Array** buffer, int64_t most) {
  Hold held(net_lock);
  if (is_closed(h)) return -EBADF;
  End* end = end_of(h);
  Network* net = end->net;
  if (end->kind != EndKind::Stream) return -ENOTCONN;
  if (end->broken) return -ECONNRESET;
  if (net->faults.most_read > 0) most = min64(most, net->faults.most_read);
  if (end->first && happens(net, net->faults.reset_ppm)) {
    break_connection(end);
    return -ECONNRESET;
  }
  int64_t n = 0;
  while (n < most) {
    Chunk* c = arrived(end);
    if (!c || (c->kind != ChunkKind::Data && n > 0)) break;
    if (c->kind == ChunkKind::Finished) return 0;   // it stays: every later read ends here too
    if (c->kind == ChunkKind::Broken) {
      end->broken = true;
      return -ECONNRESET;
    }
    const int64_t part = min64(most - n, c->len - c->at);
    memcpy(bytes_room(buffer, part), c->bytes + c->at, static_cast<size_t>(part));
    (*buffer)->len += part;
    c->at += part;
    end->queued -= part;
    n += part;
    if (c->at == c->len) drop_first(end);
  }
  if (n == 0) return end->peer || end->first ? -EAGAIN : 0;
  if (end->peer) tell(end->peer, false, true);
  return n;
}

int64_t write(Handle* h, const uint8_t* bytes, int64_t len) {
  Hold held(net_lock);
  if (is_closed(h)) return -EBADF;
  End* end = end_of(h);
  Network* net = end->net;
  const NetFaults& f = net->faults;
  if (end->kind != EndKind::Stream) return -ENOTCONN;
  if (end->broken) return -ECONNRESET;
  if (end->lost) return -EAGAIN;
  if (end->shut || !end->peer) return -EPIPE;
  end->interest.due[1] = end->stands_at > now() ? end->stands_at : 0;
  if (end->interest.due[1]) return -EAGAIN;
  if (happens(net, f.reset_ppm)) {
    break_connection(end);
    return -ECONNRESET;
  }
  len = min64(len, f.room - end->peer->queued);
  if (len <= 0) return -EAGAIN;
  if (f.most_written > 0) len = min64(len, f.most_written);
  if (f.reset_after >= 0) {
    len = min64(len, f.reset_after - end->carried);
    if (len <= 0) {
      break_connection(end);
      return -ECONNRESET;
    }
  }
  queue_chunk(end->peer, ChunkKind::Data, bytes, len, nullptr, arrival(net, end->peer));
  end->carried += len;
  end->peer->carried += len;
  return len;
}

int64_t send_to(Handle* h, const Array* bytes, const Array* address) {
  Hold held(net_lock);
  if (is_closed(h)) return -EBADF;
  End* end = end_of(h);
  if (bytes->len > 65'507) return -EMSGSIZE;
  if (!is_memory_address(address)) return -ENETUNREACH;
  End* to = find_end(end->net, name_of(address), EndKind::Datagrams);
  if (!to || happens(end->net, end->net->faults.drop_ppm) || to->queued + bytes->len > (1 << 20)) return bytes->len;
  queue_chunk(to, ChunkKind::Data, bytes->data, bytes->len, &end->name, arrival(end->net, to));
  return bytes->len;
}

int64_t receive_from(Handle* h, Array** buffer, int64_t most, Array** from) {
  Hold held(net_lock);
  if (is_closed(h)) return -EBADF;
  End* end = end_of(h);
  const Chunk* c = arrived(end);
  if (!c) return -EAGAIN;
  const int64_t n = min64(most, c->len);
  if (n) memcpy(bytes_room(buffer, n), c->bytes, static_cast<size_t>(n));
  (*buffer)->len += n;
  uint8_t* room = bytes_room(from, c->from_len + 2);
  room[0] = kMemoryFamily & 255;
  room[1] = kMemoryFamily >> 8;
  memcpy(room + 2, c->bytes + c->len, c->from_len);
  (*from)->len += c->from_len + 2;
  drop_first(end);
  return n;
}

int64_t shut_down(Handle* h, int64_t how) {
  Hold held(net_lock);
  if (is_closed(h)) return -EBADF;
  End* end = end_of(h);
  if (end->kind != EndKind::Stream) return -ENOTCONN;
  if (how == 0 || end->shut) return 0;
  end->shut = true;
  if (end->peer && !end->broken)
    queue_chunk(end->peer, ChunkKind::Finished, nullptr, 0, nullptr, arrival(end->net, end->peer));
  return 0;
}

int64_t probe(Handle* h) {
  Hold held(net_lock);
  if (is_closed(h)) return -EBADF;
  End* end = end_of(h);
  if (end->broken) return -ECONNRESET;
  const Chunk* c = arrived(end);
  if (!c) return end->peer || end->first ? 0 : -EPIPE;
  return c->kind == ChunkKind::Data ? 1 : c->kind == ChunkKind::Finished ? -EPIPE : -ECONNRESET;
}

bool ready(Handle* h, bool to_write) {
  Hold held(net_lock);
  if (is_closed(h)) return true;
  End* end = end_of(h);
  if (end->broken) return true;
  if (end->kind == EndKind::Listener) {
    end->interest.due[0] = end->waiting && end->waiting->stands_at > now() ? end->waiting->stands_at : 0;
    return end->waiting && end->interest.due[0] == 0;
  }
  if (!to_write) return arrived(end) || (end->kind == EndKind::Stream && !end->peer && !end->first && !end->lost);
  end->interest.due[1] = !end->lost && end->stands_at > now() ? end->stands_at : 0;
  if (end->lost || end->interest.due[1]) return false;
  return !end->peer || end->peer->queued < end->net->faults.room;
}

int64_t name(Handle* h, bool peer, uint8_t* out, int64_t room) {
  Hold held(net_lock);
  if (is_closed(h)) return 0;
  const End* end = end_of(h);
  const NetName& n = peer ? end->peer_name : end->name;
  if (n.len == 0 || n.len + 2 > room) return 0;
  out[0] = kMemoryFamily & 255;
  out[1] = kMemoryFamily >> 8;
  memcpy(out + 2, n.text, static_cast<size_t>(n.len));
  return n.len + 2;
}

void closed(Handle* h) {
  Hold held(net_lock);
  End* end = end_of(h);
  end->closed = true;
  refuse_waiting(end);
  part(end);
}

void dropped(Handle* h) {
  Hold held(net_lock);
  free_end(end_of(h));
}

const MemoryHook hook = {look_up,   connect, listen, accept,        read, write,  send_to, receive_from,
                         shut_down, probe,   ready,  connect_error, name, closed, dropped};

// The test is done: hosts are forgotten and connections break.
void close_network(Owned* owned) {
  Hold held(net_lock);
  Network* net = reinterpret_cast<Network*>(owned);
  net->closed = true;
  while (Host* host = net->hosts) {
    net->hosts = host->next;
    janus_free(host, sizeof(Host));
  }
  for (End* end = net->ends; end; end = end->next)
    if (end->kind == EndKind::Stream) {
      end->broken = true;
      tell(end, true, true);
    }
  if (!net->ends) free_network(net);
}

Network* network_of(Handle* h) { return reinterpret_cast<Network*>(h->owned); }

}   // namespace
}   // namespace janus::rt

using namespace janus::rt;

extern "C" {

Handle* janus_memory_net_new(uint64_t seed) {
  Handle* h = handle_new(-1, kOwned);
  off_task([=] {
    Hold held(net_lock);
    Network* net = make<Network>();
    net->owned.close = close_network;
    net->random = seed;
    net->faults.room = 65'536;
    net->faults.reset_after = -1;
    net->next = networks;
    networks = net;
    h->owned = &net->owned;
    __atomic_store_n(&memory_net, &hook, __ATOMIC_RELEASE);
  });
  return h;
}

// A name that lives in the network; fails: what looking it up ends with (0, -2 unknown, -EAGAIN no name server).
// False: the name is too long, or the network is closed.
bool janus_memory_net_host(Handle* h, String* name, int64_t fails) {
  bool done = false;
  off_task([&] {
    Hold held(net_lock);
    if (is_closed(h) || name->len == 0 || name->len > kNameTop - 8) return;
    done = true;
    Network* net;
    Host* host = find_host(name->data, name->len, &net);
    if (!host || net != network_of(h)) {
      host = make<Host>();
      append(&host->name, name->data, name->len);
      host->next = network_of(h)->hosts;
      network_of(h)->hosts = host;
    }
    host->fails = fails;
  });
  return done;
}

void janus_memory_net_faults(Handle* h, int64_t delay_ms, int64_t jitter_ms, int64_t most_read, int64_t most_written,
                             int64_t room, int64_t reset_after, int64_t reset_ppm, int64_t drop_ppm, bool cut) {
  off_task([&] {
    Hold held(net_lock);
    if (is_closed(h)) return;
    Network* net = network_of(h);
    net->faults = {delay_ms * 1'000'000,
                   jitter_ms * 1'000'000,
                   most_read,
                   most_written,
                   max64(1, room),
                   reset_after,
                   reset_ppm,
                   drop_ppm,
                   cut};
    for (End* end = net->ends; end; end = end->next) tell(end, true, true);
  });
}

// Breaks every connection that stands. Their number.
int64_t janus_memory_net_break(Handle* h) {
  int64_t count = 0;
  off_task([&] {
    Hold held(net_lock);
    if (is_closed(h)) return;
    for (End* end = network_of(h)->ends; end; end = end->next)
      if (end->kind == EndKind::Stream && end->peer && !end->broken) {
        end->broken = true;
        tell(end, true, true);
        count++;
      }
  });
  return count / 2;
}

int64_t janus_memory_net_open(Handle* h) {
  int64_t count = 0;
  off_task([&] {
    Hold held(net_lock);
    if (is_closed(h)) return;
    for (End* end = network_of(h)->ends; end; end = end->next)
      if (end->kind == EndKind::Stream && end->has_handle && !end->closed) count++;
  });
  return count;
}

}   // extern "C"
