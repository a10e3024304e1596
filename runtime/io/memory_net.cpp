// memory_net.cpp: a network in memory for tests, with faults on demand: what std.test.MemoryNetwork is made of.
// Depends on memory_net.h.
// SPDX-License-Identifier: Apache-2.0
//
// A network has hosts by name. Who connects to one or listens at one gets a handle of kind kMemory, and from there on
// std.net goes its usual ways: a read that finds nothing waits, and is told when something is written. Each end of a
// connection keeps what was sent to it as a list of chunks with the time at which they arrive; a break or an end is a
// chunk too, so that it comes behind what was sent before. What has to wait for such a time says so in `due`, and the
// wait ends by a timer: in seeded and virtual time it costs nothing.
//
// One lock orders all of it: this is for tests. Chance is a generator with the seed of the network.
#include "runtime/io/memory_net.h"

namespace janus::rt {
namespace {

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
  const bool lost =
      happens(net, net->faults.drop_ppm) || net->faults.cut || (listener && listener->backlog >= kBacklogTop);
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
    (listener->last_waiting ? listener->last_waiting->waiting : listener->waiting) = theirs;
    listener->last_waiting = theirs;
    listener->backlog++;
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
  take_waiting(listener);
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
