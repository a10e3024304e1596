// stack.cpp: stacks of tasks: size classes, caches by worker, one guard page each where it is cheap.
// Depends on task.h.
// SPDX-License-Identifier: Apache-2.0
//
// Stacks are cut from large reserved mappings, so that a million of them are a few mappings, and only pages that were
// touched take memory. A task that has ended leaves its stack warm for the next one. Overflow is found by the check of
// functions in call cycles; the guard page below stops what has no check.
#include <sys/mman.h>

#include "runtime/tasks/sanitize.h"

namespace janus::rt {
namespace {

constexpr int64_t kChunk = 64 << 20;
constexpr uint32_t kCached = 64;   // free stacks a worker keeps of each class
constexpr int64_t kProfileStack = 64 * 1024;

struct Pool {
  Lock lock;
  uint8_t* free;   // linked through their highest word
  uint8_t* fresh;   // never used part of the newest mapping
  uint8_t* fresh_end;
};
Pool pools[kStackClasses];

uint8_t** link_of(uint8_t* stack, int64_t size) { return reinterpret_cast<uint8_t**>(stack + size - sizeof(uint8_t*)); }

uint8_t* cut(Pool* pool, int64_t size) {
  if (pool->fresh == pool->fresh_end) {
    const int64_t bytes = max64(kChunk / size * size, size);
    uint8_t* pages = static_cast<uint8_t*>(map_memory(bytes));
    if (!pages) environment_failed("out of memory: no room for the stack of a task");
    madvise(pages, static_cast<size_t>(bytes), MADV_NOHUGEPAGE);   // one touch must not commit 2 MiB
    pool->fresh = pages;
    pool->fresh_end = pages + bytes;
  }
  uint8_t* stack = pool->fresh;
  pool->fresh += size;
  if (has_guard(size)) guard_page(stack);
  return stack;
}

// What a task never touched still has its paint.
constexpr uint8_t kPaint = 0xA5;
JANUS_COLD void check_paint(const Task* task, int64_t size) {
  if (task->desc->stack == 0) return;
  const uint8_t* stack = stack_of(task);
  const uint8_t* at = stack + (has_guard(size) ? kGuard : 0);
  while (*at == kPaint) at++;
  const int64_t used = stack + size - stack_colour(stack, size) - at;
  if (used > task->desc->stack) {
    write_raw(2, task->desc->name, strlen(task->desc->name));
    write_raw(2, "\n", 1);
  }
  janus_require(used <= task->desc->stack, "a task used more stack than was proved");
}

}   // namespace

// asked: by the program, or -1; proved: by the compiler, or 0.
uint8_t stack_class_of(int64_t asked, int64_t proved) {
  int64_t bytes = max64(proved, kWatchedStack);
  if (asked >= 0) bytes = max64(min64(asked, int64_t(1) << 40) + kReserve + kGuard, bytes);
  else if (proved == 0) bytes = max64(bytes, kProfileStack);
  if (proved == 0) bytes = max64(bytes, 16 * 1024);
  uint8_t c = 0;
  while (c + 1u < kStackClasses && stack_size_of(c) < bytes) c++;
  return c;
}

void fetch_stack(void* argument) {
  Worker* worker = static_cast<Worker*>(argument);
  const uint8_t c = worker->wanted_stack;
  Pool* pool = &pools[c];
  const int64_t size = stack_size_of(c);
  lock(&pool->lock);
  uint8_t* stack = pool->free;
  if (stack) pool->free = *link_of(stack, size);
  else stack = cut(pool, size);
  unlock(&pool->lock);
  *link_of(stack, size) = worker->stacks[c];
  worker->stacks[c] = stack;
  worker->stack_count[c]++;
}

void take_stack(Worker* worker, Task* task) {
  const uint8_t c = task->stack_class;
  janus_require(c < kStackClasses && !task->stack_limit, "a task takes one stack, of a size that exists");
  const int64_t size = stack_size_of(c);
  uint8_t* stack = worker->stacks[c];
  worker->stacks[c] = *link_of(stack, size);
  worker->stack_count[c]--;
  task->stack_limit = limit_of(stack, size);
  if (JANUS_UNLIKELY(settings.paint))
    memset(stack + (has_guard(size) ? kGuard : 0), kPaint, static_cast<size_t>(size - (has_guard(size) ? kGuard : 0)));
}

void give_stack(Worker* worker, Task* task) {
  uint8_t* stack = stack_of(task);
  if (!stack) return;
  const uint8_t c = task->stack_class;
  const int64_t size = stack_size_of(c);
  if (JANUS_UNLIKELY(settings.paint)) check_paint(task, size);
  task->stack_limit = nullptr;
  if (size <= 256 * 1024 && worker->stack_count[c] < kCached) {
    *link_of(stack, size) = worker->stacks[c];
    worker->stacks[c] = stack;
    worker->stack_count[c]++;
    return;
  }
  if (size > 256 * 1024)
    madvise(stack + kGuard, static_cast<size_t>(size - kGuard),
            MADV_DONTNEED);   // large ones are rare and keep no pages
  Pool* pool = &pools[c];
  lock(&pool->lock);
  *link_of(stack, size) = pool->free;
  pool->free = stack;
  unlock(&pool->lock);
}

}   // namespace janus::rt
