// memory.cpp: janus_alloc and janus_free, and the queue that frees deep structures in constant stack.
// Depends on memory.h and on mmap.
// SPDX-License-Identifier: Apache-2.0
//
// The first span is part of the executable's zero pages, so a program that prints a line and ends makes no system call
// for memory and touches the few pages it writes. Later spans grow from 128 KiB to 4 MiB, and from 1 MiB on ask for
// huge pages: on a virtual machine a page fault costs more than filling the page.
//
// A class is refilled with a few blocks at first and with a page's worth when it is busy, in ascending addresses: what
// a program allocates in a row lies in a row.
#include "runtime/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "runtime/central.h"
#include "runtime/leaks.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define JANUS_POISON(block, size) __asan_poison_memory_region(block, static_cast<size_t>(size))
#define JANUS_UNPOISON(block, size) __asan_unpoison_memory_region(block, static_cast<size_t>(size))
#endif
#endif
#ifndef JANUS_POISON
#define JANUS_POISON(block, size) ((void)0)
#define JANUS_UNPOISON(block, size) ((void)0)
#endif

namespace janus::rt {
namespace {

constexpr int64_t kFirstSpan = 48 * 1024;
constexpr int64_t kSpanStart = 128 * 1024;
constexpr int64_t kSpanTop = 4 << 20;
constexpr int64_t kHugeFrom = 1 << 20;
constexpr int64_t kRefillTop = 4096;
constexpr int64_t kCopyTop = 2 << 20;      // more than this is never copied when it can be remapped
constexpr int64_t kCacheTop = 64 << 20;   // freed big blocks that are kept for reuse, in bytes

struct Heap {
  FreeBlock* free[kClasses];
  uint8_t* bump;                // the rest of the newest span
  uint8_t* bump_end;
  int64_t next_span;
  int64_t cached;               // bytes in the free lists of big classes
  uint16_t refill[kSmallClasses + 24 + 1];  // blocks to cut the next time, by class
#ifdef JANUS_TASKS
  int32_t room[kSpanClasses];   // how many more blocks each list takes before it is full (central.h)
  FreeBlock* full[kSpanClasses];  // a full list beside it
  Heap* other;                  // of another thread
#endif
#ifndef JANUS_RELEASE
  int64_t live[kClasses + 1];   // blocks in use by class; the last entry: bigger than every class
  int64_t live_bytes;
#endif
};
static_assert(class_of_doubling(kSpanMax) < kSmallClasses + 24);

alignas(64) Heap first_heap;
alignas(64) uint8_t first_span[kFirstSpan];

#ifndef JANUS_TASKS
JANUS_INLINE Heap& this_heap() { return first_heap; }
JANUS_INLINE void was_freed(Heap&, uint32_t) {}
JANUS_INLINE void was_taken(Heap&, uint32_t) {}
JANUS_INLINE void was_emptied(Heap&, uint32_t) {}
JANUS_INLINE void was_cut(Heap&, uint32_t, int64_t) {}
JANUS_INLINE bool take_full_list(Heap&, uint32_t) { return false; }
JANUS_INLINE void* take_big(int64_t) { return nullptr; }
JANUS_INLINE bool give_big(void*, int64_t, int64_t) { return false; }
JANUS_INLINE int64_t cache_top() { return kCacheTop; }
[[maybe_unused]] Lock all_heaps_lock;
[[maybe_unused]] JANUS_INLINE Heap* next_heap(Heap*) { return nullptr; }
#else
__thread Heap* own_heap asm("janus_heap") = &first_heap;
Lock all_heaps_lock;
CentralLists central;
int64_t central_bytes;                      // of big blocks in the central lists
constexpr int64_t kOwnCacheTop = 4 << 20;   // freed big blocks that each of several threads keeps

JANUS_INLINE Heap& this_heap() {
#if defined(__x86_64__)
  Heap* heap;
  __asm__ volatile("movq %%fs:janus_heap@tpoff, %0"
                   : "=r"(heap));   // never cached: a task may go on with another thread
  return *heap;
#elif defined(__aarch64__)
  Heap* heap;
  __asm__ volatile("mrs %0, tpidr_el0\n add %0, %0, :tprel_hi12:janus_heap\n ldr %0, [%0, :tprel_lo12_nc:janus_heap]"
                   : "=&r"(heap));
  return *heap;
#else
  return *own_heap;
#endif
}

// The list of the class has as many blocks as it should. While there is one thread, lists are as long as they like.
JANUS_COLD void list_is_full(Heap& heap, uint32_t index) {
  heap.room[index] = list_limit(index);
  FreeBlock* last = heap.free[index];
  if (!others_run()) return;
  // The block just freed begins the next list, so that to and fro at the edge does not exchange lists each time. All
  // others are given away as one list of list_limit() blocks, no more: lists that grew with each exchange would hold
  // what others then cut anew.
  JANUS_UNPOISON(last, sizeof(FreeBlock));
  if (last->next) {
    if (heap.full[index]) central.give(index, heap.full[index]);
    heap.full[index] = last->next;
    last->next = nullptr;
    JANUS_UNPOISON(heap.full[index], sizeof(FreeBlock));
  }
  JANUS_POISON(last, size_of_class(index));
  heap.room[index]--;
}

JANUS_INLINE void was_freed(Heap& heap, uint32_t index) {
  if (JANUS_UNLIKELY(--heap.room[index] < 0)) list_is_full(heap, index);
}
JANUS_INLINE void was_taken(Heap& heap, uint32_t index) { heap.room[index]++; }
JANUS_INLINE void was_emptied(Heap& heap, uint32_t index) { heap.room[index] = list_limit(index); }
JANUS_INLINE void was_cut(Heap& heap, uint32_t index, int64_t blocks) {
  heap.room[index] -= static_cast<int32_t>(blocks);
}

// The class is empty here: the full list, or one that another thread filled. Half of its room is left, so that a
// program that goes to and fro at the edge does not exchange lists each time.
bool take_full_list(Heap& heap, uint32_t index) {
  FreeBlock* list = heap.full[index];
  heap.full[index] = nullptr;
  if (!list && others_run()) list = central.take(index);
  if (!list) return false;
  JANUS_POISON(list, size_of_class(index));
  heap.free[index] = list;
  heap.room[index] = 0;   // it has list_limit() blocks
  return true;
}

// Big blocks go to and fro one by one.
int64_t cache_top() { return others_run() ? kOwnCacheTop : kCacheTop; }
void* take_big(int64_t size) {
  if (!others_run() || size > kClassMax) return nullptr;
  FreeBlock* block = central.take(class_of_doubling(size));
  if (block) __atomic_fetch_sub(&central_bytes, usable_size(size), __ATOMIC_RELAXED);
  return block;
}
bool give_big(void* memory, int64_t size, int64_t bytes) {
  if (!others_run() || size > kClassMax) return false;
  if (__atomic_add_fetch(&central_bytes, bytes, __ATOMIC_RELAXED) > kCacheTop) {
    __atomic_fetch_sub(&central_bytes, bytes, __ATOMIC_RELAXED);
    return false;
  }
  central.give(class_of_doubling(size), static_cast<FreeBlock*>(memory));
  return true;
}
[[maybe_unused]] JANUS_INLINE Heap* next_heap(Heap* heap) { return heap->other; }
#endif

#ifdef JANUS_RELEASE
JANUS_INLINE void count_alloc(void*, int64_t) {}
JANUS_INLINE void count_free(void*, int64_t) {}
#else
uint32_t live_index(int64_t size) { return size <= kClassMax ? class_of(size) : kClasses; }
void count_alloc(void* block, int64_t size) {
  Heap& heap = this_heap();
  if (JANUS_UNLIKELY(leaks_watched)) leaks_made(block, size);
  heap.live[live_index(size)]++;
  heap.live_bytes += size;
}
void count_free(void* block, int64_t size) {
  Heap& heap = this_heap();
  if (JANUS_UNLIKELY(leaks_watched)) leaks_freed(block);
  int64_t& live = heap.live[live_index(size)];
#ifndef JANUS_TASKS   // another thread may have made it
  janus_require(live > 0, "a block was freed twice, or with a size that is not its own");
#endif
  live--;
  heap.live_bytes -= size;
}
#endif

JANUS_INLINE void mark_free(FreeBlock* block, int64_t size) {
#ifndef JANUS_RELEASE
  janus_require(block->mark != kFreedMark, "a block was freed twice");
  memset(static_cast<void*>(block), 0xFD,
         static_cast<size_t>(min64(usable_size(size), 256)));  // so that use after free shows soon
  block->mark = kFreedMark;
#else
  (void)block, (void)size;
#endif
}

JANUS_INLINE void mark_used(FreeBlock* block) {
#ifndef JANUS_RELEASE
  janus_require(block->mark == kFreedMark, "a block was written after it was freed");
  block->mark = 0;
#else
  (void)block;
#endif
}

[[noreturn]] JANUS_COLD void out_of_memory() { environment_failed("out of memory"); }

void* map_pages(int64_t size) {
  void* pages = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

// Makes [bump, bump_end) hold at least `size` bytes. What is left of the old span is lost: at most 32 KiB of a span at
// least four times as big, and never touched.
JANUS_COLD void new_span(int64_t size) {
  Heap& heap = this_heap();
  if (heap.next_span == 0 && &heap != &first_heap) heap.next_span = kSpanStart;
  if (heap.next_span == 0) {
    heap.bump = first_span;
    heap.bump_end = first_span + kFirstSpan;
    heap.next_span = kSpanStart;
    if (size <= kFirstSpan) return;
  }
  const int64_t bytes = heap.next_span;
  uint8_t* pages = static_cast<uint8_t*>(map_pages(bytes));
  if (!pages) out_of_memory();
  if (bytes >= kHugeFrom) madvise(pages, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  if (heap.next_span < kSpanTop) heap.next_span *= 2;
  // Spans that the kernel places one after the other are one span, so nothing is lost between them.
  if (pages + bytes == heap.bump) {
    heap.bump = pages;
  } else if (pages == heap.bump_end) {
    heap.bump_end = pages + bytes;
  } else {
    heap.bump = pages;
    heap.bump_end = pages + bytes;
  }
}

// The class has no free block: cut some, give the first and list the others.
void* refill(uint32_t index) {
  Heap& heap = this_heap();
  const int64_t size = size_of_class(index);
  was_emptied(heap, index);
  if (take_full_list(heap, index)) {
    FreeBlock* block = heap.free[index];
    JANUS_UNPOISON(block, size);
    heap.free[index] = block->next;
    was_taken(heap, index);
    mark_used(block);
    return block;
  }
  int64_t blocks = heap.refill[index];
  if (blocks == 0) blocks = size <= 64 ? 4 : 1;
  if (blocks * 2 * size <= kRefillTop) heap.refill[index] = static_cast<uint16_t>(blocks * 2);
  else heap.refill[index] = static_cast<uint16_t>(blocks);
  if (heap.bump_end - heap.bump < size) new_span(size);
  blocks = min64(blocks, (heap.bump_end - heap.bump) / size);
  janus_require(blocks > 0, "a span is too small for its class");

  uint8_t* first = heap.bump;
  heap.bump += blocks * size;
  FreeBlock* list = nullptr;
  for (int64_t i = blocks - 1; i > 0; i--) {
    FreeBlock* block = reinterpret_cast<FreeBlock*>(first + i * size);
    JANUS_UNPOISON(block, sizeof(FreeBlock));
    block->mark = kFreedMark;
    block->next = list;
    list = block;
    JANUS_POISON(block, size);
  }
  heap.free[index] = list;
  was_cut(heap, index, blocks - 1);
  return first;
}

// Remapping costs a system call and fresh pages; a kept block of the right class has its pages, and copying some is
// cheaper.
bool prefer_copy(int64_t new_size, int64_t keep) {
  return new_size <= kClassMax && keep <= kCopyTop && this_heap().free[class_of_doubling(new_size)];
}

void* map_big(int64_t size) {
  const int64_t bytes = usable_size(size);
  void* block = map_pages(bytes);
  if (!block) out_of_memory();
  if (bytes >= kHugeFrom * 4) madvise(block, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  return block;
}

void* alloc_fresh(int64_t size) {
  janus_require(size >= 0, "an allocation of negative size");
  if (size > kBlockMax) out_of_memory();
  void* block;
  if (size <= kSpanMax) {
    block = refill(class_of(size));
  } else if ((block = take_big(size))) {
    JANUS_UNPOISON(block, usable_size(size));
    mark_used(static_cast<FreeBlock*>(block));
  } else {
    block = map_big(size);
  }
  count_alloc(block, size);
  JANUS_UNPOISON(block, size);
  return block;
}

// On the worker's stack: what a task allocates does not make its own larger.
JANUS_COLD void* alloc_slow(int64_t size) {
  void* block;
  off_task([&] { block = alloc_fresh(size); });
  return block;
}

// Sizes above kSmallMax whose class may have a free block.
__attribute__((noinline)) void* alloc_large(int64_t size) {
  Heap& heap = this_heap();
  if (static_cast<uint64_t>(size) > static_cast<uint64_t>(kClassMax)) return alloc_slow(size);
  const uint32_t index = class_of_doubling(size);
  FreeBlock* block = heap.free[index];
  if (!block) return alloc_slow(size);
  JANUS_UNPOISON(block, size_of_class(index));
  heap.free[index] = block->next;
  if (size > kSpanMax) heap.cached -= size_of_class(index);
  else was_taken(heap, index);
  mark_used(block);
  count_alloc(block, size);
  return block;
}

__attribute__((noinline)) void free_large(void* memory, int64_t size) {
  Heap& heap = this_heap();
  janus_require(size > kSmallMax && memory, "a free of nothing, or of a negative size");
  count_free(memory, size);
  if (size > kSpanMax) {
    const int64_t bytes = usable_size(size);
    if (size > kClassMax || heap.cached + bytes > cache_top()) {
      if (give_big(memory, size, bytes)) return;
      JANUS_UNPOISON(memory, bytes);
      const int failed = munmap(memory, static_cast<size_t>(bytes));
      janus_require(failed == 0, "a big block could not be unmapped");
      return;
    }
    heap.cached += bytes;
  }
  const uint32_t index = class_of_doubling(size);
  FreeBlock* block = static_cast<FreeBlock*>(memory);
  mark_free(block, size);
  block->next = heap.free[index];
  heap.free[index] = block;
  JANUS_POISON(block, size_of_class(index));
  if (size <= kSpanMax) was_freed(heap, index);
}

}  // namespace

void* block_resize(void* block, int64_t old_size, int64_t new_size, int64_t keep) {
  janus_require(keep <= old_size && keep <= new_size, "a block that keeps more than it has");
  if (old_size > kSpanMax && new_size > kSpanMax && new_size <= kBlockMax && !prefer_copy(new_size, keep)) {
    const int64_t old_bytes = usable_size(old_size);
    const int64_t new_bytes = usable_size(new_size);
    void* moved = block;
    if (old_bytes != new_bytes) {
      moved = mremap(block, static_cast<size_t>(old_bytes), static_cast<size_t>(new_bytes), MREMAP_MAYMOVE);
      if (moved == MAP_FAILED) out_of_memory();
      if (new_bytes >= kHugeFrom * 4) madvise(moved, static_cast<size_t>(new_bytes), MADV_HUGEPAGE);
    }
    count_free(block, old_size);
    count_alloc(moved, new_size);
    return moved;
  }
  void* moved = janus_alloc(new_size);
  memcpy(moved, block, static_cast<size_t>(keep));
  janus_free(block, old_size);
  return moved;
}

int64_t live_blocks() {
  int64_t blocks = 0;
#ifndef JANUS_RELEASE
  Hold held(all_heaps_lock);   // a thread may just be starting
  for (Heap* heap = &first_heap; heap; heap = next_heap(heap))
    for (int64_t live : heap->live) blocks += live;
#endif
  return blocks;
}

int64_t report_leaks() {
  const int64_t blocks = live_blocks();
#ifndef JANUS_RELEASE
  if (blocks == 0) return 0;
  Sink* err = plain_stderr();
  auto text = [&](const char* s) {
    janus_print_bytes(err, reinterpret_cast<const uint8_t*>(s), static_cast<int64_t>(strlen(s)));
  };
  Heap sum = {};
  {
    Hold held(all_heaps_lock);
    for (Heap* heap = &first_heap; heap; heap = next_heap(heap)) {
      for (uint32_t i = 0; i <= kClasses; i++) sum.live[i] += heap->live[i];
      sum.live_bytes += heap->live_bytes;
    }
  }
  text("leak: ");
  janus_print_i64(err, blocks);
  text(blocks == 1 ? " block (" : " blocks (");
  janus_print_i64(err, sum.live_bytes);
  text(blocks == 1 ? " bytes) was never freed:" : " bytes) were never freed:");
  int shown = 0;
  for (uint32_t i = 0; i <= kClasses && shown < 8; i++) {
    if (sum.live[i] == 0) continue;
    text(shown++ ? ", " : " ");
    janus_print_i64(err, sum.live[i]);
    text(i == kClasses ? " of more than " : " of up to ");
    janus_print_i64(err, i == kClasses ? kClassMax : size_of_class(i));
  }
  janus_sink_newline(err);
  if (leaks_watched) leaks_report(err);
#endif
  return blocks;
}

// ---- drops that wait

namespace {

// A block whose count is 0 and whose contents are still owned. Exactly one of drop and glue is there.
struct Pending {
  void* block;
  void (*drop)(void* block, uint32_t depth);
  const TypeGlue* glue;
};

// Grows by pages and is given back when it is empty: freeing may not fail, and this is the only memory it ever asks
// for.
struct PendingQueue {
  Pending* items;
  int64_t cap;
  bool draining;
};
JANUS_THREAD PendingQueue pending;

JANUS_COLD void grow_pending() {
  const int64_t cap = pending.cap ? pending.cap * 2 : 1024;
  const size_t bytes = static_cast<size_t>(cap) * sizeof(Pending);
  void* items =
      pending.cap ? mremap(pending.items, bytes / 2, bytes, MREMAP_MAYMOVE) : map_pages(static_cast<int64_t>(bytes));
  if (!items || items == MAP_FAILED) out_of_memory();
  pending.items = static_cast<Pending*>(items);
  pending.cap = cap;
}

void push_pending(Pending item) {
  if (janus_drops_pending == pending.cap) grow_pending();
  pending.items[janus_drops_pending++] = item;
}

}  // namespace

#ifdef JANUS_TASKS
// For a thread that is about to run tasks.
void make_heap() {
  Heap* heap = static_cast<Heap*>(map_pages((static_cast<int64_t>(sizeof(Heap)) + 4095) & ~int64_t(4095)));
  if (!heap) out_of_memory();
  for (uint32_t i = 0; i < kSpanClasses; i++) heap->room[i] = list_limit(i);
  HoldInEarnest held(all_heaps_lock);   // by a thread that has not come in yet
  heap->other = first_heap.other;
  first_heap.other = heap;
  own_heap = heap;
}

JANUS_THREADED void drain_here() {
  if (janus_drops_pending != 0) janus_drain_drops();
}
#endif

JANUS_THREADED void defer_array_drop(Array* array, const TypeGlue* glue) { push_pending({array, nullptr, glue}); }

}  // namespace janus::rt

extern "C" {

JANUS_THREAD uint32_t janus_drops_pending = 0;

void* janus_alloc(int64_t size) {
  Heap& heap = this_heap();
  if (JANUS_UNLIKELY(static_cast<uint64_t>(size) > static_cast<uint64_t>(kSmallMax))) return alloc_large(size);
  const uint32_t index = class_of(size);
  FreeBlock* block = heap.free[index];
  if (JANUS_UNLIKELY(!block)) return alloc_slow(size);
  JANUS_UNPOISON(block, size_of_class(index));
  heap.free[index] = block->next;
  __builtin_prefetch(block->next, 1);   // it may have been freed long ago: on its way until it is asked for
  was_taken(heap, index);
  mark_used(block);
  count_alloc(block, size);
  return block;
}

void janus_free(void* memory, int64_t size) {
  Heap& heap = this_heap();
  if (JANUS_UNLIKELY(static_cast<uint64_t>(size) > static_cast<uint64_t>(kSmallMax))) return free_large(memory, size);
  count_free(memory, size);
  FreeBlock* block = static_cast<FreeBlock*>(memory);
  const uint32_t index = class_of(size);
  mark_free(block, size);
  block->next = heap.free[index];
  heap.free[index] = block;
  JANUS_POISON(block, size_of_class(index));
  was_freed(heap, index);
}

JANUS_THREADED void janus_defer_drop(void* block, void (*drop)(void* block, uint32_t depth)) {
  janus_require(block && drop, "a deferred drop of nothing");
  push_pending({block, drop, nullptr});
}

// Last in, first out: a list of n nodes keeps one entry in the queue, a tree no more than one path's siblings.
JANUS_THREADED void janus_drain_drops(void) {
  if (janus_drops_pending == 0 || pending.draining) return;   // called by a drop that the loop below runs
  pending.draining = true;
  off_task([] {
    while (janus_drops_pending != 0) {
      const Pending item = pending.items[--janus_drops_pending];
      if (item.glue) janus_array_drop(static_cast<Array*>(item.block), item.glue, 1);
      else item.drop(item.block, 1);
    }
  });
  if (pending.cap > 4096) {
    munmap(pending.items, static_cast<size_t>(pending.cap) * sizeof(Pending));
    pending.items = nullptr;
    pending.cap = 0;
  }
  pending.draining = false;
}

}  // extern "C"
