// share.cpp: values that cross to another task: their counts turn atomic, all the way down. Programs with tasks only.
// Depends on counted.h, error.h, tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// A block with one owner whose owner gives it away stays plain: nobody else can reach it. Any other block is marked,
// and with it all that it reaches; what is marked already is not walked again, so a value that is sent twice is walked
// once, and a circle ends. Below 64 levels blocks wait in a queue, so that the walk of a deep structure needs little
// stack.
#ifdef JANUS_TASKS
#include <sys/mman.h>

#include "runtime/counted.h"
#include "runtime/error.h"
#include "runtime/tasks.h"

namespace janus::rt {
namespace {

constexpr uint32_t kDepthTop = 64;
using Contents = void (*)(void* block, uint32_t mode);

struct Waiting {
  void* block;
  Contents contents;
  const TypeGlue* elem;    // instead of contents: of an array
  uint32_t mode;
};

// Of one thread: a walk never suspends. The queue is last in, first out: a list of n nodes keeps one entry in it.
struct Walk {
  Waiting* items;
  uint32_t count;
  uint32_t cap;
  uint32_t depth;
};
__thread Walk walk;

JANUS_COLD void grow(Walk& w) {
  const uint32_t cap = w.cap ? w.cap * 2 : 1024;
  const size_t bytes = cap * sizeof(Waiting);
  void* items = w.cap ? mremap(w.items, bytes / 2, bytes, MREMAP_MAYMOVE)
                      : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (items == MAP_FAILED) environment_failed("out of memory: a value that is sent to another task is too deep");
  w.items = static_cast<Waiting*>(items);
  w.cap = cap;
}

void visit(const Waiting& item) {
  if (item.contents) return item.contents(item.block, item.mode);
  const Array* array = static_cast<Array*>(item.block);
  uint8_t* at = array->data;
  for (int64_t i = 0; i < array->len; i++, at += item.elem->size) item.elem->share(at, item.mode);
}

JANUS_THREADED void enter(const Waiting& item) {
  Walk& w = walk;
  if (w.depth >= kDepthTop) {
    if (w.count == w.cap) grow(w);
    w.items[w.count++] = item;
    return;
  }
  w.depth++;
  off_task([&] {
    visit(item);
    while (w.depth == 1 && w.count != 0) {
      const Waiting next = w.items[--w.count];
      visit(next);
    }
  });
  if (w.depth == 1) {
    if (w.cap > 4096) {
      munmap(w.items, w.cap * sizeof(Waiting));
      w.items = nullptr;
      w.cap = 0;
    }
  }
  w.depth--;
}

// Marks the block, and leaves the mode for what is below. False: nothing below it is to be looked at.
bool mark(Head* head, uint32_t* mode) {
  const int32_t count = count_of(head);
  if (count <= 0) return false;                        // shared already, or static
  if (count == 1 && *mode == kShareMove) return true;  // goes to the other task whole
  set_count(head, -count);
  *mode = kShareCopy;
  return true;
}

void share_failure(void* block, uint32_t mode) {
  Error* error = static_cast<Error*>(block);
  if (error->desc->share) error->desc->share(static_cast<uint8_t*>(block) + kErrorPayload, mode);
  if (!error->others) return;
  janus_share(error->others, nullptr, mode);
  for (int64_t i = 0; i < error->others->len; i++)
    janus_share_error(reinterpret_cast<Error**>(error->others->data)[i], mode);
}

}  // namespace
}  // namespace janus::rt

using namespace janus::rt;

extern "C" {

void janus_share(void* block, void (*contents)(void* block, uint32_t mode), uint32_t mode) {
  if (mark(static_cast<Head*>(block), &mode) && contents) enter({block, contents, nullptr, mode});
}

void janus_share_array(void* block, const TypeGlue* elem, uint32_t mode) {
  Array* array = static_cast<Array*>(block);
  if (!mark(&array->head, &mode)) return;
  if (is_slice(array)) {   // no chain: an owner is no slice
    array = array->owner;
    if (!mark(&array->head, &mode)) return;
  }
  if (elem && elem->share && array->len != 0) enter({array, nullptr, elem, mode});
}

void janus_share_closure(void* block, uint32_t mode) {
  Closure* closure = static_cast<Closure*>(block);
  if (mark(&closure->head, &mode) && closure->info && closure->info->share)
    enter({closure, closure->info->share, nullptr, mode});
}

// The table of a dyn value: drop, clone, share, methods.
void janus_share_dyn(void* block, uint32_t mode) {
  if (!mark(static_cast<Head*>(block), &mode)) return;
  void** table = *reinterpret_cast<void***>(static_cast<uint8_t*>(block) + 8);
  if (table[2]) enter({block, reinterpret_cast<Contents>(table[2]), nullptr, mode});
}

void janus_share_error(void* block, uint32_t mode) {
  Error* error = static_cast<Error*>(block);
  if (mark(&error->head, &mode) && (error->desc->share || error->others)) enter({error, share_failure, nullptr, mode});
}

// For a thread that is alone, even what tasks share needs no atomic operation.
void janus_retain_shared(void* block) {
  Head* head = static_cast<Head*>(block);
  const int32_t count = count_of(head);
  if (count == kImmortal) return;
  if (!if_alone([&] { set_count(head, count_of(head) - 1); }))
    __atomic_sub_fetch(&head->count, 1, __ATOMIC_RELAXED);   // whoever has a share can make another: no order needed
}

// Acquire: what the other owners did to the block is seen by the one that drops it.
bool janus_release_shared(void* block) {
  Head* head = static_cast<Head*>(block);
  const int32_t count = __atomic_load_n(&head->count, __ATOMIC_ACQUIRE);
  if (count == kImmortal) return false;
  janus_require(count < 0, "a shared block was released more often than it was owned");
  if (count == -1) {   // the only owner: nobody else can take another share
    set_count(head, 0);
    return true;
  }
  int32_t left;
  if (JANUS_LIKELY(if_alone([&] { set_count(head, left = count_of(head) + 1); }))) return left == 0;
  return __atomic_add_fetch(&head->count, 1, __ATOMIC_ACQ_REL) == 0;
}

bool janus_unshare(void* block) {
  Head* head = static_cast<Head*>(block);
  if (__atomic_load_n(&head->count, __ATOMIC_ACQUIRE) != -1) return false;
  set_count(head, 1);
  return true;
}

}   // extern "C"
#endif
