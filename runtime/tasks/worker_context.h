// worker_context.h: contexts of tasks on their stacks, and how a thread goes from one to another.
// Depends on task.h, sanitize.h. A part of worker.cpp, which alone includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace janus::rt {
namespace {

void prepare_context(Task* task, uint8_t* top) {
  void** sp = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15));
#if defined(__x86_64__)
  *--sp = reinterpret_cast<void*>(janus_task_entry);   // entered with the stack pointer at `top`, which its call needs
  *--sp = nullptr;   // rbp
#else
  sp -= 20;
  for (int i = 0; i < 20; i++) sp[i] = nullptr;
  sp[11] = reinterpret_cast<void*>(janus_task_entry);        // x30
#endif
  task->sp = sp;
  context_made(task);
}

// Compiled code compares with it; written so that its address is never kept across a switch.
JANUS_INLINE void set_stack_limit(uint8_t* limit) {
#if defined(__x86_64__)
  __asm__ volatile("movq %0, %%fs:janus_stack_limit@tpoff" : : "r"(limit) : "memory");
#elif defined(__aarch64__)
  uintptr_t at;
  __asm__ volatile(
      "mrs %0, tpidr_el0\n add %0, %0, :tprel_hi12:janus_stack_limit\n str %1, [%0, :tprel_lo12_nc:janus_stack_limit]"
      : "=&r"(at)
      : "r"(limit)
      : "memory");
#else
  janus_stack_limit = limit;
#endif
}

constexpr int64_t kIdleStack = 64 * 1024;

// The first worker's thread runs main on its own stack, so its idle context needs another.
JANUS_COLD void make_idle_context(Worker* w) {
  w->idle->stack_class = stack_class_of(-1, kIdleStack);
  const int64_t size = stack_size_of(w->idle->stack_class);
  uint8_t* stack = static_cast<uint8_t*>(map_memory(size));
  if (!stack) environment_failed("out of memory: no room for the scheduler's stack");
  w->idle->stack_limit = limit_of(stack, size);
  prepare_context(w->idle, stack + size);
}

JANUS_INLINE void make_context(Worker* w, Task* task) {
  while (JANUS_UNLIKELY(!w->stacks[task->stack_class])) {
    w->wanted_stack = task->stack_class;
    on_worker_stack(fetch_stack, w);
  }
  take_stack(w, task);
  const int64_t size = stack_size_of(task->stack_class);
  uint8_t* stack = stack_of(task);
  prepare_context(task, stack + size - stack_colour(stack, size));
}

// Changes the stack. Written here so that only what is live is saved: the compiler knows that nothing else survives. It
// is only in functions that call others, which keep nothing below the stack pointer. (backend/stacks.cpp counts the 16
// bytes.)
JANUS_INLINE void switch_context(void** save, void* to) {
#if defined(__x86_64__)
  __asm__ volatile(
      "leaq 1f(%%rip), %%rcx\n"
      "pushq %%rcx\n"
      "pushq %%rbp\n"
      "movq %%rsp, (%%rdi)\n"
      "movq %%rsi, %%rsp\n"
      "popq %%rbp\n"
      "popq %%rcx\n"
      "jmpq *%%rcx\n"
      "1:\n"
      : "+D"(save), "+S"(to)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
        "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
        "memory", "cc");
#else
  janus_switch(save, to);
#endif
}

// Nothing of its own on the stack: this lies below every place where a task waits.
void write_switch(void* from) {
  Worker* w = this_worker();
  trace_span_ends(w, static_cast<const Task*>(from), w->traced);
  trace_span_begins(w);
}
JANUS_COLD void trace_switch(Worker* w, Task* from, After after) {
  w->traced = after;
  on_worker_stack(write_switch, from);
}

JANUS_INLINE void go(Worker* w, Task* from, Task* to, After after) {
  if (JANUS_UNLIKELY(!to->sp)) make_context(w, to);
  if (JANUS_UNLIKELY(tracing)) trace_switch(w, from, after);
  w->previous = from;
  w->after = after;
  w->current = to;
  set_stack_limit(to->stack_limit);
  context_entering(to);
  switch_context(&from->sp, to->sp);
  context_entered();
  finish_switch();
}

}   // namespace
}   // namespace janus::rt
