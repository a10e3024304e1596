// central.h: free blocks that one thread's heap gives to the others, in programs with tasks.
// Depends on memory.h, tasks.h. For memory.cpp.
// SPDX-License-Identifier: Apache-2.0
//
// A block stays with the thread that freed it, whoever made it. Between a task that makes values and one that drops
// them the blocks would pile up with the second; so a heap's list holds about list_limit() blocks and one full list
// beside it, and when a third is full it goes to the central list of its class, whole: a few words written under the
// lock, however many blocks it has.
#pragma once
#ifdef JANUS_TASKS
#include "runtime/memory.h"
#include "runtime/tasks.h"

namespace janus::rt {

constexpr int64_t kListBytes = 32 * 1024;   // of one list of free blocks
constexpr int32_t kListTop = 512;
constexpr int32_t list_limit(uint32_t index) {
  const int64_t blocks = kListBytes / size_of_class(index);
  return static_cast<int32_t>(blocks < 4 ? 4 : blocks > kListTop ? kListTop : blocks);
}
constexpr uint32_t kSpanClasses = class_of_doubling(kSpanMax) + 1;   // blocks up to kSpanMax

// Full lists hang on each other by the first word of their first block, where a free block has its mark.
struct alignas(64) Central {
  Lock lock;
  FreeBlock* lists;
};

class CentralLists {
 public:
  void give(uint32_t index, FreeBlock* list) {
    Central& c = classes_[index];
    Hold held(c.lock);
    list->mark = reinterpret_cast<uint64_t>(c.lists);
    __atomic_store_n(&c.lists, list, __ATOMIC_RELAXED);
  }
  // Null: none there. What was given last comes first.
  FreeBlock* take(uint32_t index) {
    Central& c = classes_[index];
    if (!__atomic_load_n(&c.lists, __ATOMIC_RELAXED)) return nullptr;
    Hold held(c.lock);
    FreeBlock* list = c.lists;
    if (!list) return nullptr;
    __atomic_store_n(&c.lists, reinterpret_cast<FreeBlock*>(list->mark), __ATOMIC_RELAXED);
    list->mark = kFreedMark;
    return list;
  }

 private:
  Central classes_[kClasses];
};

}  // namespace janus::rt
#endif
