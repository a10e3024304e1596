// start.cpp: main: the stack, the last resort against its overflow, running the program, reporting its failure, ending.
// Depends on error.h, memory.h, sink.h, start.h, and on Linux.
// SPDX-License-Identifier: Apache-2.0
//
// The stack. A program runs on 8 MiB, whatever `ulimit -s` says, so that the same recursion ends at the same depth
// everywhere. The process's own stack is used when it may grow exactly that far and little of it is taken by arguments
// and variables (the usual case); otherwise 8 MiB are reserved and main moves there. Functions in call cycles compare
// their stack pointer with janus_stack_limit, which leaves a reserve for the runtime, libc and functions that were not
// asked to compare; running through the reserve is SIGSEGV, told as the same panic.
//
// SIGPIPE keeps its default: `program | head` ends quietly, as users of a shell expect (print.cpp says how, where it is
// ignored).
#include "runtime/start.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include "runtime/counted.h"
#include "runtime/error.h"
#include "runtime/leaks.h"
#include "runtime/memory.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace janus::rt {

StartInfo start_info;

namespace {

constexpr int64_t kStackSize = 8 << 20;
constexpr int64_t kStackReserve = 128 * 1024;
constexpr int64_t kStackGuard = 1 << 20;   // how far below its end an access still counts as an overflow
constexpr uintptr_t kLargestFrame = 1 << 30;
constexpr int64_t kArgumentsTop =
    1 << 20;   // more arguments and variables than this: the program gets a stack of its own

uint8_t* stack_end;   // the lowest byte that belongs to the stack

[[noreturn]] void end_process(int code) {
  flush_for_good();
  exit(code);
}

int run_program() {
#ifdef JANUS_TASKS
  Error* error = run_main_task(janus_stack_limit);
#else
  Error* error = janus_main_entry();
#endif
  int code = 0;
  if (JANUS_UNLIKELY(error != nullptr)) {
    janus_sink_flush(plain_stdout());
    report_failure(plain_stderr(), error);
    code = error->desc->flags & kErrPanic ? kExitPanic : kExitFailure;
    if (release(&error->head)) janus_error_drop(error, 0);
  }
  if ((janus_program_flags & kProgramDebug) && report_leaks() != 0 && code == 0) code = kExitBug;
  return code;
}

// The end of the mapping that holds the first stack: the file name that the kernel put at its very top lies in its last
// page.
uint8_t* stack_top() {
  const char* name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  if (!name) return static_cast<uint8_t*>(__builtin_frame_address(0));
  const uintptr_t last = reinterpret_cast<uintptr_t>(name) + strlen(name) + 8;
  return reinterpret_cast<uint8_t*>((last + 4095) & ~uintptr_t(4095));
}

#if defined(__x86_64__)
// Calls f on another stack. Naked: the frame pointer carries the old stack pointer over the call.
__attribute__((naked, noinline)) int call_on_stack(uint8_t* /*top*/, int (* /*f*/)()) {
  __asm__(
      "pushq %rbp\n"
      "movq %rsp, %rbp\n"
      "movq %rdi, %rsp\n"   // top is aligned to 16
      "callq *%rsi\n"
      "movq %rbp, %rsp\n"
      "popq %rbp\n"
      "retq\n");
}
#elif defined(__aarch64__)
__attribute__((naked, noinline)) int call_on_stack(uint8_t* /*top*/, int (* /*f*/)()) {
  __asm__(
      "stp x29, x30, [sp, #-16]!\n"
      "mov x29, sp\n"
      "mov sp, x0\n"
      "blr x1\n"
      "mov sp, x29\n"
      "ldp x29, x30, [sp], #16\n"
      "ret\n");
}
#else
#error "call_on_stack is missing for this processor"
#endif

int run_on_own_stack() {
  const int64_t size = kStackSize + kStackGuard;
  void* pages =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (pages == MAP_FAILED) environment_failed("out of memory: no room for the stack");
  mprotect(pages, kStackGuard, PROT_NONE);
  stack_end = static_cast<uint8_t*>(pages) + kStackGuard;
  janus_stack_limit = stack_end + kStackReserve;
  return call_on_stack(static_cast<uint8_t*>(pages) + size, run_program);
}

[[maybe_unused]] int run_on_a_stack() {
  rlimit limit;
  uint8_t* top = stack_top();
  const bool known = getrlimit(RLIMIT_STACK, &limit) == 0;
  const int64_t used = top - static_cast<uint8_t*>(__builtin_frame_address(0));
  if (!known || limit.rlim_cur != static_cast<rlim_t>(kStackSize) || used < 0 || used > kArgumentsTop)
    return run_on_own_stack();
  stack_end = top - kStackSize;
  janus_stack_limit = stack_end + kStackReserve;
  return run_program();
}

// A frame may be larger than every guard: then the stack pointer tells, not the place that was touched. (A task's stack
// ends a little above its guard page; what lies below that belongs to another task, and is never touched by chance.)
bool is_overflow(uint8_t* touched, void* context) {
#ifdef JANUS_TASKS
  uint8_t* const lowest = janus_stack_limit - kStackReserve;
#else
  uint8_t* const lowest = stack_end;
#endif
  if (touched >= lowest - kStackGuard && touched < janus_stack_limit) return true;
#if defined(__x86_64__)
  const uintptr_t pointer = static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP]);
#else
  const uintptr_t pointer = static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.sp);
#endif
  return pointer < reinterpret_cast<uintptr_t>(janus_stack_limit) &&
         pointer > reinterpret_cast<uintptr_t>(lowest) - kLargestFrame;
}

// Runs on signal_stack: the program's own has no room left.
void on_segv(int, siginfo_t* info, void* context) {
  if (is_overflow(static_cast<uint8_t*>(info->si_addr), context)) {
    flush_for_good();
    static const char text[] = "panic: stack overflow\n";
    write_raw(2, text, sizeof text - 1);
    _exit(kExitPanic);
  }
  // Not ours: foreign code, or a bug. Returning repeats the access, which now ends the process as it would have.
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  sigaction(SIGSEGV, &fallback, nullptr);
}

constexpr size_t kSignalStack = 32 * 1024;
alignas(16) uint8_t signal_stack[kSignalStack];   // of the first thread

void use_signal_stack(void* memory) {
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = kSignalStack;
  sigaltstack(&stack, nullptr);
}

[[maybe_unused]] void catch_overflow() {
  use_signal_stack(signal_stack);
  struct sigaction action = {};
  action.sa_sigaction = on_segv;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  // A file that grows beyond the limit (`ulimit -f`) is an error of the write, as a full disk is.
  action = {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &action, nullptr);
}

}   // namespace

#ifdef JANUS_TASKS
void begin_thread() {
  make_heap();
  void* memory = mmap(nullptr, kSignalStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) use_signal_stack(memory);   // without it a stack overflow is told by the shell only
}
#endif

}   // namespace janus::rt

extern "C" {

#ifndef JANUS_TASKS
uint8_t* janus_stack_limit = nullptr;
#endif

void janus_exit(int32_t code) { end_process(code & 0xFF); }

}   // extern "C"

#ifndef JANUS_RT_TEST
int main(int argc, char** argv, char** envp) {
  start_info = {argc, argv, envp};
#ifndef JANUS_RELEASE
  if (getenv("JANUS_LEAKS")) leaks_watch(stack_top());
#endif
  catch_overflow();
  end_process(run_on_a_stack());
}
#endif
