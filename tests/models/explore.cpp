// explore.cpp: see explore.h.
// Depends on explore.h, Linux signals.
// SPDX-License-Identifier: Apache-2.0
#include "tests/models/explore.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <unordered_map>
#include <vector>

namespace model {

void (*on_switch)(int) = [](int) {};

namespace {

constexpr int kThreads = 12;
constexpr int kStack = 128 * 1024;
constexpr int kStepsTop = 4000;

struct Clock {
  int at[kThreads];
  void join(const Clock& other) {
    for (int i = 0; i < kThreads; i++) at[i] = at[i] > other.at[i] ? at[i] : other.at[i];
  }
};

struct Op {
  Kind kind;
  const void* address;
  uint32_t seen;      // Change
};

struct Thread {
  void* sp;
  Op op;              // the one it stands before
  bool done;
  const void* last_read;
  uint32_t last_value;
  void (*run)(void*);
  void* argument;
  Clock clock;
};

struct Word {         // what is known of an address in this run
  Clock written;
  Clock read;
};

// A decision: which thread goes on, or which answer `choose` gives. The list is the way to the present state; it is
// followed anew in each run.
struct Step {
  bool answer;
  int chosen;
  int count;                 // of answers
  uint32_t enabled;
  uint32_t wanted;           // threads to be tried here
  uint32_t tried;
  uint32_t sleeping;         // tried elsewhere, and nothing since could make a difference
  Op op;                     // that the chosen thread did
};

Thread threads[kThreads];
uint8_t* stacks[kThreads];
int thread_count;
int running;
void* explorer_sp;
std::vector<Step> steps;
size_t depth;                // of the present run in `steps`
uint32_t sleeping;
bool redundant;              // every thread sleeps: the rest of this run has been seen
std::unordered_map<const void*, Word> words;
int64_t runs;
int64_t total_steps;
const char* name = "";

__attribute__((naked, noinline)) void change(void** /*save*/, void* /*to*/) {
#if defined(__x86_64__)
  __asm__(
      "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n"
      "movq %rsi, %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
      "retq\n");
#else
#error "the explorer's change of context is written for x86-64"
#endif
}

uint32_t value_of(const void* address) { return *static_cast<const volatile uint32_t*>(address); }

bool can_go(const Thread& t) {
  if (t.done) return false;
  switch (t.op.kind) {
    case Kind::Lock: return value_of(t.op.address) == 0;
    case Kind::Change: return value_of(t.op.address) != t.op.seen;
    case Kind::Token:
    case Kind::Timed: return value_of(t.op.address) != 0;
    case Kind::Idle: return false;
    default: return true;
  }
}

uint32_t enabled_threads() {
  uint32_t mask = 0, idle = 0;
  for (int i = 0; i < thread_count; i++) {
    if (can_go(threads[i])) mask |= 1u << i;
    if (!threads[i].done && (threads[i].op.kind == Kind::Idle || threads[i].op.kind == Kind::Timed)) idle |= 1u << i;
  }
  return mask ? mask : idle;
}

bool is_wait(Kind k) { return k == Kind::Token || k == Kind::Idle || k == Kind::Timed; }

bool dependent(const Op& a, const Op& b) {
  return a.address == b.address &&
         !((a.kind == Kind::Read || a.kind == Kind::Change) && (b.kind == Kind::Read || b.kind == Kind::Change));
}

const char* kind_name(Kind k) {
  static const char* const names[] = {"read", "write", "lock", "change", "token", "idle", "timed"};
  return names[static_cast<int>(k)];
}

void print_way() {
  std::unordered_map<const void*, int> numbers;
  size_t from = depth > 200 ? depth - 200 : 0;
  for (size_t i = 0; i < depth && i < steps.size(); i++) {
    const Step& s = steps[i];
    if (s.answer) {
      if (i >= from) fprintf(stderr, "  %zu: answer %d\n", i, s.chosen);
      continue;
    }
    auto [it, fresh] = numbers.emplace(s.op.address, static_cast<int>(numbers.size()) + 1);
    if (i >= from)
      fprintf(stderr, "  %zu: thread %d %s word %d (%p)\n", i, s.chosen, kind_name(s.op.kind), it->second,
              s.op.address);
  }
  for (int i = 0; i < thread_count; i++)
    if (!threads[i].done)
      fprintf(stderr, "  thread %d stands before: %s %p%s\n", i, kind_name(threads[i].op.kind), threads[i].op.address,
              i == running ? " (was running)" : "");
}

// The step that the running thread is about to do takes part in a race with the last one that touched the word and did
// not happen before it: there, the other order is to be tried.
void find_race(int thread, const Op& op) {
  const Clock& mine = threads[thread].clock;
  for (size_t i = depth; i-- > 0;) {
    const Step& s = steps[i];
    if (s.answer || s.chosen == thread || is_wait(s.op.kind) || !dependent(s.op, op)) continue;
    if (mine.at[s.chosen] >= static_cast<int>(i) + 1) {
      continue;   // it happened before; an older one may not have
    }
    uint32_t candidates = 0;
    for (int q = 0; q < thread_count; q++) {
      if (!(s.enabled >> q & 1)) continue;
      if (q == thread) {
        candidates |= 1u << q;
        continue;
      }
      // a step of q after i that happened before this one
      if (mine.at[q] > static_cast<int>(i) + 1) candidates |= 1u << q;
    }
    Step& at = steps[i];
    if (candidates & (at.wanted | at.tried)) return;
    if (candidates >> thread & 1) at.wanted |= 1u << thread;
    else if (candidates) at.wanted |= candidates & -candidates;
    else at.wanted |= at.enabled;
    return;
  }
}

void note(int thread, const Op& op) {
  Clock& c = threads[thread].clock;
  Word& w = words[op.address];
  c.join(w.written);
  if (op.kind == Kind::Read || op.kind == Kind::Change) {
    c.at[thread] = static_cast<int>(depth);   // of this step, counted from 1
    w.read.join(c);
  } else {
    c.join(w.read);
    c.at[thread] = static_cast<int>(depth);
    w.written = c;
  }
}

// Chooses the thread that does its step now.
int decide() {
  const uint32_t enabled = enabled_threads();
  if (enabled == 0) return -1;
  if (depth >= kStepsTop) failed("a run without end");
  int chosen;
  if (depth < steps.size()) {
    Step& s = steps[depth];
    need(!s.answer && s.enabled == enabled, "the program does not repeat itself");
    chosen = s.chosen;
  } else {
    const uint32_t free = enabled & ~sleeping;
    if (!free) redundant = true;
    const uint32_t from = free ? free : enabled;
    chosen = running >= 0 && (from >> running & 1) ? running : __builtin_ctz(from);
    steps.push_back({false, chosen, 0, enabled, 1u << chosen, 0, sleeping, threads[chosen].op});
  }
  Step& s = steps[depth];
  s.op = threads[chosen].op;
  if (!redundant) find_race(chosen, s.op);
  sleeping = s.sleeping | s.tried;
  for (int q = 0; q < thread_count; q++)
    if (sleeping >> q & 1 && (q == chosen || dependent(threads[q].op, s.op) || threads[q].op.kind == Kind::Idle ||
                              threads[q].op.kind == Kind::Timed))
      sleeping &= ~(1u << q);
  depth++;
  total_steps++;
  note(chosen, s.op);
  return chosen;
}

void go_to(int next) {
  const int from = running;
  if (next == from) return;
  running = next;
  on_switch(next);
  void** save = from >= 0 && !threads[from].done ? &threads[from].sp : &explorer_sp;
  static void* nowhere;
  if (from >= 0 && threads[from].done) save = &nowhere;
  change(save, threads[next].sp);
}

__attribute__((noinline)) void
scribble() {   // what a function that has returned left on the stack is not to be used any more
  volatile uint8_t room[768];
  for (size_t i = 0; i < sizeof room; i += 8)
    *reinterpret_cast<volatile uint64_t*>(const_cast<uint8_t*>(room + i)) = 0xEEEEEEEEEEEEEEEE;
}

void thread_begins() {
  Thread& t = threads[running];
  t.run(t.argument);
  t.done = true;
  const int next = decide();
  if (next >= 0) go_to(next);
  for (int i = 0; i < thread_count; i++)
    if (!threads[i].done) failed("no thread can go on, and not all have ended");
  static void* nowhere;
  running = -1;
  change(&nowhere, explorer_sp);
}

void on_signal(int number) {
  static const char text[] = "the program crashed\n";
  (void)!write(2, text, sizeof text - 1);
  (void)number;
  failed("a crash");
}

double seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void one_run(const Scenario& s) {
  thread_count = 0;
  depth = 0;
  sleeping = 0;
  redundant = false;
  words.clear();
  running = -1;
  start([](void* p) { static_cast<const Scenario*>(p)->run(); }, const_cast<Scenario*>(&s));
  running = -1;
  const int first = decide();
  go_to(first);
  runs++;
}

// The next decision to be tried another way; false: there is none.
bool next_way() {
  while (!steps.empty()) {
    Step& s = steps.back();
    if (s.answer) {
      if (s.chosen + 1 < s.count) {
        s.chosen++;
        return true;
      }
    } else {
      s.tried |= 1u << s.chosen;
      const uint32_t left = s.wanted & ~s.tried & ~s.sleeping & s.enabled;
      if (left) {
        s.chosen = __builtin_ctz(left);
        return true;
      }
    }
    steps.pop_back();
  }
  return false;
}

}  // namespace

void point(Kind kind, const void* address) {
  if (running < 0) return;
  scribble();
  Thread& t = threads[running];
  t.op = {kind, address, 0};
  if (kind == Kind::Change) t.op = {kind, t.last_read, t.last_value};
  const int next = decide();
  if (next < 0) failed("no thread can go on, and not all have ended");
  go_to(next);
  if (kind == Kind::Read || kind == Kind::Write) {
    t.last_read = address;
    t.last_value = value_of(address);
  }
  if (kind == Kind::Lock) *static_cast<volatile uint32_t*>(const_cast<void*>(address)) = 1;
  if (kind == Kind::Token) *static_cast<volatile uint32_t*>(const_cast<void*>(address)) = 0;
}

void waits_for_change() { point(Kind::Change, nullptr); }

void released(const void* address) {
  if (running < 0) return;
  Word& w = words[address];
  w.written.join(threads[running].clock);
}

int choose(int count) {
  if (count <= 1) return 0;
  int chosen = 0;
  if (depth < steps.size()) {
    need(steps[depth].answer, "the program does not repeat itself");
    chosen = steps[depth].chosen;
  } else {
    steps.push_back({true, 0, redundant ? 1 : count, 0, 0, 0, 0, {}});
  }
  depth++;
  return chosen;
}

int start(void (*run)(void*), void* argument) {
  need(thread_count < kThreads, "too many threads for the explorer");
  const int number = thread_count++;
  Thread& t = threads[number];
  t = {};
  t.run = run;
  t.argument = argument;
  if (running >= 0) t.clock = threads[running].clock;
  t.op = {Kind::Read, &t, 0};   // its first step touches nothing
  if (!stacks[number])
    stacks[number] =
        static_cast<uint8_t*>(mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  void** sp = reinterpret_cast<void**>(stacks[number] + kStack);
  *--sp = nullptr;
  *--sp = reinterpret_cast<void*>(thread_begins);
  for (int i = 0; i < 6; i++) *--sp = nullptr;
  t.sp = sp;
  return number;
}

int self() { return running; }

void failed(const char* why) {
  fprintf(stderr, "%s: %s (run %lld, step %zu)\n", name, why, static_cast<long long>(runs + 1), depth);
  print_way();
  _exit(1);
}
void need(bool holds, const char* why) {
  if (!holds) failed(why);
}

int explore(const Scenario* scenarios, int count, int argc, char** argv) {
  int64_t limit = 100'000;
  std::vector<const char*> wanted;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) limit = atoll(argv[++i]);
    else wanted.push_back(argv[i]);
  }
  static uint8_t signal_stack[64 * 1024];
  stack_t alternative = {};
  alternative.ss_sp = signal_stack;
  alternative.ss_size = sizeof signal_stack;
  sigaltstack(&alternative, nullptr);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGILL, &action, nullptr);
  sigaction(SIGABRT, &action, nullptr);
  int unfinished = 0;
  for (int i = 0; i < count; i++) {
    bool chosen = wanted.empty();
    for (const char* w : wanted) chosen |= strstr(scenarios[i].name, w) != nullptr;
    if (!chosen) continue;
    name = scenarios[i].name;
    steps.clear();
    runs = 0;
    total_steps = 0;
    const double from = seconds();
    bool more = true;
    do {
      one_run(scenarios[i]);
      more = next_way();
    } while (more && runs < limit);
    unfinished += more;
    printf("%-40s %9lld runs %11lld steps %7.2f s%s\n", name, static_cast<long long>(runs),
           static_cast<long long>(total_steps), seconds() - from, more ? "  not seen to the end" : "");
    fflush(stdout);
  }
  return unfinished;
}

}  // namespace model
