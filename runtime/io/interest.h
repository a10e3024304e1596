// interest.h: what is known of a descriptor that somebody waits for, and of a connection in memory.
// Depends on handle.h, with tasks on tasks/task.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/io/handle.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/task.h"
#endif

namespace janus::rt {

#ifdef JANUS_TASKS
struct Interest {
  Lock lock;
  int32_t fd;
  bool ready[2];
  bool memory;   // a MemoryInterest: no descriptor
  uint32_t reports;   // of something to read, from 1; never goes back
  bool closed;
  bool ended;   // the other side has said all, or the connection broke: a read must find out
  bool level;   // not ours alone (stdin): told once for each wait, so that others who have it open are not disturbed
  WaiterList waiters[2];
  Interest* next_free;
};

JANUS_HIDDEN void interest_happened(Interest* it, bool readable, bool writable);   // whoever waits for it tries again
JANUS_HIDDEN void interest_init_memory(Interest* it);
#else
struct Interest {};
inline void interest_happened(Interest*, bool, bool) {}
inline void interest_init_memory(Interest*) {}
#endif

// Of a handle of kind kMemory.
struct MemoryInterest : Interest {
  int64_t due[2];   // when there will be something to read, room to write; 0: when somebody says so
  struct End* end;
};

// What std.net asks of a network in memory (memory_net.cpp). Null until a test makes one: programs without link none of
// it.
struct MemoryHook {
  int64_t (*look_up)(const String* host, int64_t port, Array** out);   // 0: no host of ours; 1; or -errno
  Handle* (*connect)(const Array* address, int64_t* code);
  Handle* (*listen)(const Array* address, bool datagrams, int64_t* code);
  Handle* (*accept)(Handle* h, Array** peer, int64_t* code);
  int64_t (*read)(Handle* h, Array** buffer, int64_t most);
  int64_t (*write)(Handle* h, const uint8_t* bytes, int64_t len);
  int64_t (*send_to)(Handle* h, const Array* bytes, const Array* address);
  int64_t (*receive_from)(Handle* h, Array** buffer, int64_t most, Array** from);
  int64_t (*shut_down)(Handle* h, int64_t how);
  int64_t (*probe)(Handle* h);
  bool (*ready)(Handle* h, bool to_write);   // a wait would end at once; if not, `due` is set
  int64_t (*connect_error)(Handle* h);
  int64_t (*name)(Handle* h, bool peer, uint8_t* out, int64_t room);
  void (*closed)(Handle* h);
  void (*dropped)(Handle* h);
};
JANUS_HIDDEN extern const MemoryHook* memory_net;
constexpr uint16_t kMemoryFamily = 0xfffe;   // of addresses: the family, then the text
inline bool is_memory_address(const Array* address) {
  return address->len > 2 && address->data[0] == (kMemoryFamily & 255) && address->data[1] == kMemoryFamily >> 8;
}

}   // namespace janus::rt
