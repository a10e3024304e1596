// share.cpp: values that cross to another task: their counts turn atomic, all the way down. Programs with tasks only.
// Depends on counted.h, tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// A block with one owner whose owner gives it away stays plain: nobody else can reach it. Any other block is marked, and with it all
// that it reaches; what is marked already is not walked again. Deep structures wait in a queue of their own, so that the walk needs
// little stack.
#ifdef JANUS_TASKS
#include <sched.h>
#include <sys/mman.h>

#include "runtime/counted.h"
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
struct Walk {
  Waiting* items;
  uint32_t count;
  uint32_t cap;
  uint32_t depth;
};
__thread Walk walk;

void push(Waiting item) {
  if (walk.count == walk.cap) {
    const uint32_t cap = walk.cap ? walk.cap * 2 : 1024;
    const size_t bytes = cap * sizeof(Waiting);
    void* items = walk.cap ? mremap(walk.items, bytes / 2, bytes, MREMAP_MAYMOVE) : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (items == MAP_FAILED) environment_failed("out of memory: a value that is sent to another task is too deep");
    walk.items = static_cast<Waiting*>(items);
    walk.cap = cap;
  }
  walk.items[walk.count++] = item;
}

void visit_elements(Array* array, const TypeGlue* elem, uint32_t mode) {
  uint8_t* at = array->data;
  for (int64_t i = 0; i < array->len; i++, at += elem->size) elem->share(at, mode);
}

void visit(const Waiting& item) {
  if (item.contents) item.contents(item.block, item.mode);
  else visit_elements(static_cast<Array*>(item.block), item.elem, item.mode);
}

void enter(Waiting item) {
  if (walk.depth >= kDepthTop) {
    push(item);
    return;
  }
  walk.depth++;
  visit(item);
  walk.depth--;
  if (walk.depth != 0) return;
  while (walk.count != 0) {
    const Waiting next = walk.items[--walk.count];
    walk.depth = 1;
    visit(next);
    walk.depth = 0;
  }
  if (walk.cap > 4096) {
    munmap(walk.items, walk.cap * sizeof(Waiting));
    walk.items = nullptr;
    walk.cap = 0;
  }
}

// Marks the block. False: nothing below it is to be looked at. The mode for what is below.
bool mark(Head* head, uint32_t* mode) {
  const int32_t count = count_of(head);
  if (count <= 0) return false;                        // shared already, or static
  if (count == 1 && *mode == kShareMove) return true;  // goes to the other task whole
  __atomic_store_n(&head->count, -count, __ATOMIC_RELAXED);
  *mode = kShareCopy;
  return true;
}

NestingLock cells;

}  // namespace

void lock_nesting(NestingLock* l) {
  if (JANUS_LIKELY(!threads_started)) {
    l->depth++;
    return;
  }
  const uint32_t me = thread_number();
  if (__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == me) {
    l->depth++;
    return;
  }
  for (uint32_t round = 0;; round++) {
    uint32_t nobody = 0;
    if (__atomic_load_n(&l->holder, __ATOMIC_RELAXED) == 0 && __atomic_compare_exchange_n(&l->holder, &nobody, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) break;
    if (round % 128 == 127) sched_yield();
    __builtin_ia32_pause();
  }
  l->depth = 1;
}

void unlock_nesting(NestingLock* l) {
  janus_require(l->depth != 0, "a lock was given back that nobody holds");
  if (--l->depth != 0) return;
  __atomic_store_n(&l->holder, 0u, __ATOMIC_RELEASE);
}

}  // namespace janus::rt

using namespace janus::rt;

extern "C" {

JANUS_THREADED void janus_share(void* block, void (*contents)(void* block, uint32_t mode), uint32_t mode) {
  if (!mark(static_cast<Head*>(block), &mode) || !contents) return;
  enter({block, contents, nullptr, mode});
}

JANUS_THREADED void janus_share_array(void* block, const TypeGlue* elem, uint32_t mode) {
  Array* array = static_cast<Array*>(block);
  if (!mark(&array->head, &mode)) return;
  if (is_slice(array)) {
    janus_share_array(array->owner, elem, kShareCopy);   // its elements are ours
    return;
  }
  if (elem && elem->share && array->len != 0) enter({array, nullptr, elem, mode});
}

JANUS_THREADED void janus_share_closure(void* block, uint32_t mode) {
  Closure* closure = static_cast<Closure*>(block);
  if (!mark(&closure->head, &mode)) return;
  if (closure->info && closure->info->share) enter({closure, closure->info->share, nullptr, mode});
}

// The table of a dyn value: drop, clone, share, methods.
JANUS_THREADED void janus_share_dyn(void* block, uint32_t mode) {
  if (!mark(static_cast<Head*>(block), &mode)) return;
  void** table = *reinterpret_cast<void***>(static_cast<uint8_t*>(block) + 8);
  if (table[2]) enter({block, reinterpret_cast<Contents>(table[2]), nullptr, mode});
}

JANUS_THREADED void janus_share_error(void* block, uint32_t mode) {
  Error* error = static_cast<Error*>(block);
  if (!mark(&error->head, &mode)) return;
  if (error->desc->share) error->desc->share(static_cast<uint8_t*>(block) + kErrorPayload, mode);
  if (error->others && mark(&error->others->head, &mode))
    for (int64_t i = 0; i < error->others->len; i++) janus_share_error(reinterpret_cast<Error**>(error->others->data)[i], mode);
}

void janus_retain_shared(void* block) {
  Head* head = static_cast<Head*>(block);
  if (count_of(head) == kImmortal) return;
  __atomic_sub_fetch(&head->count, 1, __ATOMIC_RELAXED);
}

bool janus_release_shared(void* block) {
  Head* head = static_cast<Head*>(block);
  const int32_t count = count_of(head);
  if (count == kImmortal) return false;
  if (count == -1) {   // the only owner: nobody else can take another share
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    head->count = 0;
    return true;
  }
  const int32_t left = __atomic_add_fetch(&head->count, 1, __ATOMIC_ACQ_REL);
  janus_require(left <= 0, "a shared block was released more often than it was owned");
  return left == 0;
}

bool janus_unshare(void* block) {
  Head* head = static_cast<Head*>(block);
  if (__atomic_load_n(&head->count, __ATOMIC_ACQUIRE) != -1) return false;
  head->count = 1;
  return true;
}

JANUS_THREADED void janus_cells_lock(void) { lock_nesting(&cells); }
JANUS_THREADED void janus_cells_unlock(void) { unlock_nesting(&cells); }

}  // extern "C"
#endif
