// leaks.cpp: a table of live blocks with the calls that made them, for those who look for a leak.
// Depends on leaks.h, mmap. Debug programs only, and only when JANUS_LEAKS is set in the environment.
// SPDX-License-Identifier: Apache-2.0
//
// Open addressing over the block's address, emptied slots marked. Return addresses are found over frame pointers, which
// debug code keeps; they are printed as numbers for `addr2line -fe PROGRAM ADDRESS…`, since reading DWARF here would be
// a program of its own.
#include "runtime/leaks.h"

#ifndef JANUS_RELEASE
#include <sys/mman.h>

#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace janus::rt {

bool leaks_watched = false;

namespace {

constexpr int kCalls = 6;
struct Made {
  void* block;   // null: free slot; kGone: was used, search goes on behind it
  int64_t size;
  uint64_t order;   // the n-th allocation of the run
  uintptr_t calls[kCalls];
};
void* const kGone = reinterpret_cast<void*>(1);

struct Table {
  Made* slots;
  uint64_t size;   // a power of two
  uint64_t used;   // slots that are not null
  uint64_t order;
  uint8_t* stack_top;
};
Table table;
Lock table_lock;

Made* find_slot(void* block) {
  for (uint64_t i = janus_hash_u64(0, reinterpret_cast<uintptr_t>(block));; i++) {
    Made* made = &table.slots[i & (table.size - 1)];
    if (made->block == block || made->block == nullptr) return made;
  }
}

void grow() {
  const Table old = table;
  table.size = old.size ? old.size * 2 : 4096;
  table.used = 0;
  void* pages = mmap(nullptr, table.size * sizeof(Made), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) environment_failed("out of memory: JANUS_LEAKS needs more");
  table.slots = static_cast<Made*>(pages);
  for (uint64_t i = 0; i < old.size; i++) {
    if (old.slots[i].block == nullptr || old.slots[i].block == kGone) continue;
    *find_slot(old.slots[i].block) = old.slots[i];
    table.used++;
  }
  if (old.slots) munmap(old.slots, old.size * sizeof(Made));
}

}   // namespace

void leaks_watch(uint8_t* stack_top) {
  table.stack_top = stack_top;
  leaks_watched = true;
}

__attribute__((noinline)) void leaks_made(void* block, int64_t size) {
  Hold held(table_lock);
  if (table.used * 2 >= table.size) grow();
  Made* made = find_slot(block);
  table.used += made->block == nullptr;
  *made = {block, size, ++table.order, {}};
  const uintptr_t* frame = static_cast<const uintptr_t*>(__builtin_frame_address(0));
  for (int i = 0; i < kCalls; i++) {
    made->calls[i] = frame[1];
    const uintptr_t* up = reinterpret_cast<const uintptr_t*>(frame[0]);
    if (up <= frame || up - frame > (1 << 16) || reinterpret_cast<const uint8_t*>(up) + 16 > table.stack_top)
      break;   // libc keeps none
    frame = up;
  }
}

void leaks_freed(void* block) {
  Hold held(table_lock);
  Made* made = table.size ? find_slot(block) : nullptr;
  if (made && made->block) made->block = kGone;
}

void leaks_report(Sink* sink) {
  int shown = 0;
  for (uint64_t i = 0; i < table.size && shown < 20; i++) {
    const Made& made = table.slots[i];
    if (made.block == nullptr || made.block == kGone) continue;
    shown++;
    sink_text(sink, "  ");
    janus_print_i64(sink, made.size);
    sink_text(sink, " bytes, allocation ");
    janus_print_u64(sink, made.order);
    sink_text(sink, ", made at");
    for (uintptr_t call : made.calls) {
      if (!call) break;
      sink_text(sink, " 0x");
      janus_format_i64(sink, static_cast<int64_t>(call - 1), true, 0, 0, 'x');
    }
    const Head* head = static_cast<const Head*>(made.block);
    sink_text(sink, ", count ");
    janus_print_i64(sink, head->count);
    janus_sink_newline(sink);
  }
}

}   // namespace janus::rt
#endif
