// dump.cpp: the nursery tree as text: on SIGUSR1, and when the program is stuck; and what happens to a program that is
// stuck. Depends on task.h, Linux signals. SPDX-License-Identifier: Apache-2.0
//
// The tree is written without allocating and past the buffers of stdout, from a signal handler too: there a lock that
// is held is waited for only a little, and what is behind it is left out with a word.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/sink.h"
#include "runtime/tasks/task.h"

namespace janus::rt {
namespace {

class Writer {
 public:
  ~Writer() { flush(); }
  void text(const char* s) {
    for (; *s; s++) put(*s);
  }
  void number(int64_t x) {
    uint8_t digits[24];
    uint8_t* end = digits + sizeof digits;
    uint8_t* begin = put_decimal(end, static_cast<uint64_t>(x < 0 ? -x : x));
    if (x < 0) put('-');
    for (; begin < end; begin++) put(static_cast<char>(*begin));
  }
  void place(const FuncSite* site, int64_t at) {
    if (!site) return;
    text(site->file);
    put(':');
    number(at >> 16);
    put(':');
    number(at & 0xFFFF);
  }
  void indent(uint32_t depth) {
    for (uint32_t i = 0; i < depth && i < 40; i++) text("  ");
  }
  void flush() {
    if (len_) write_raw(2, bytes_, len_);
    len_ = 0;
  }

 private:
  void put(char c) {
    if (len_ == sizeof bytes_) flush();
    bytes_[len_++] = c;
  }
  size_t len_ = 0;
  char bytes_[4096];
};

// The tree may be deeper than the stack of a signal handler: a nursery in a task in a nursery … is cut here.
constexpr uint32_t kDepthTop = 32;   // of nurseries in nurseries: a frame of a signal handler each
constexpr uint32_t kOpenTop = 16;     // nurseries of one task that are shown

bool take(Lock* l, bool careful) {
  for (int i = 0; careful && i < 10000; i++) {
    if (try_lock(l)) return true;
    pause_cpu();
  }
  if (careful) return false;
  lock(l);
  return true;
}

const char* waits_for(const Task* task) {
  switch (task->wait_kind) {
    case WaitKind::None: return nullptr;
    case WaitKind::Send: return "sending to a channel";
    case WaitKind::Recv: return "receiving from a channel";
    case WaitKind::Select: return "in a select";
    case WaitKind::Await: return "awaiting ";
    case WaitKind::Sleep: return "sleeping";
    case WaitKind::Nursery: return "for the tasks of its nursery";
    case WaitKind::Blocking: return "for a blocking call";
    case WaitKind::Read: return "to read from ";
    case WaitKind::Write: return "to write to ";
  }
  return nullptr;
}

void write_state(Writer& out, const Task* task, int64_t now, bool careful) {
  if (task->state & kTaskEnded) {
    out.text(", ended");
    return;
  }
  const char* what = waits_for(task);
  if (!what) {
    out.text(task->sp || task->flags & kFlagMain ? ", running or ready" : ", not started");
  } else {
    out.text(", waits ");
    out.text(what);
    if (task->wait_kind == WaitKind::Await && careful) out.text("a task");   // while others run, it may be gone
    else if (task->wait_kind == WaitKind::Await) {
      out.text("task ");
      out.number(static_cast<Task*>(task->waits_on)->number);
    }
    if (task->wait_kind == WaitKind::Read || task->wait_kind == WaitKind::Write) {
      char name[160];
      const int64_t len = io_poller->describe(task->waits_on, name, sizeof name - 1);
      name[len] = 0;
      out.text(name);
    }
    if (task->wait_site) {
      out.text(" at ");
      out.place(task->wait_site, unpack_spot(task->wait_at));
    }
#ifndef JANUS_WATCHED
    if (task->waits_since) {
      out.text(" for ");
      out.number((now - task->waits_since) / 1'000'000);
      out.text(" ms");
    }
#else
    (void)now;
#endif
  }
  if (task->cancel) out.text(", cancelled");
  if (task->stack_limit && task->sp && !(task->flags & kFlagMain) && what) {
    out.text(", stack ");
    out.number(stack_of(task) + stack_size_of(task->stack_class) - static_cast<uint8_t*>(task->sp));
    out.text(" of ");
    out.number(stack_size_of(task->stack_class));
  }
}

void write_task(Writer& out, Task* task, uint32_t depth, int64_t now, bool careful);

void write_nursery(Writer& out, Nursery* nursery, uint32_t depth, int64_t now, bool careful) {
  static const char* const kinds[] = {"nursery", "supervisor", "race"};
  out.indent(depth);
  out.text(kinds[nursery->kind]);
  out.text(" ");
  out.place(nursery->site, nursery->at);
  out.text(", ");
  out.number(nursery->live);
  out.text(nursery->live == 1 ? " task" : " tasks");
  if (nursery->cancelled) out.text(", cancelled");
  out.text("\n");
  if (depth >= kDepthTop) {
    out.indent(depth + 1);
    out.text("… the tree is cut here: nurseries in ");
    out.number(kDepthTop);
    out.text(" others are not entered\n");
    return;
  }
  if (!take(&nursery->lock, careful)) {
    out.indent(depth + 1);
    out.text("(busy)\n");
    return;
  }
  // Children are linked newest first.
  Task* last = nursery->children;
  while (last && last->next_sibling) last = last->next_sibling;
  for (Task* child = last; child; child = child->prev_sibling) write_task(out, child, depth + 1, now, careful);
  unlock(&nursery->lock);
}

void write_task(Writer& out, Task* task, uint32_t depth, int64_t now, bool careful) {
  out.indent(depth);
  out.text("task ");
  out.number(task->number);
  out.text(" ");
  out.text(task->flags & kFlagMain ? "main" : task->desc->name);
  if (task->site) {
    out.text(" spawned at ");
    out.place(task->site, unpack_spot(task->at));
  }
  write_state(out, task, now, careful);
  out.text("\n");
  // Its nurseries, outermost first; the list is short.
  Nursery* open[kOpenTop];
  uint32_t count = 0;
  for (Nursery* n = __atomic_load_n(&task->inner, __ATOMIC_SEQ_CST); n && count < kOpenTop; n = n->parent)
    open[count++] = n;
  while (count) write_nursery(out, open[--count], ++depth, now, careful);
}

void on_usr1(int) { dump_tree(true); }

// ---- deadlock

uint32_t depth_of(Nursery* n) {
  uint32_t depth = 0;
  for (; n; n = n->parent ? n->parent : n->owner->nursery) depth++;
  return depth;
}
Nursery* around(Nursery* n) { return n->parent ? n->parent : n->owner->nursery; }
Nursery* common_nursery(Nursery* a, Nursery* b) {
  uint32_t da = depth_of(a), db = depth_of(b);
  while (da > db) {
    a = around(a);
    da--;
  }
  while (db > da) {
    b = around(b);
    db--;
  }
  while (a != b) {
    a = around(a);
    b = around(b);
  }
  return a;
}

// The task after this one in a walk over all: its children, nursery by nursery, then its siblings. The tree may be as
// deep as there are tasks, so the way back is read from it.
Task* next_below(Nursery* n) {
  for (; n; n = n->parent)
    if (n->children) return n->children;
  return nullptr;
}
Task* next_task(Task* task) {
  if (Task* child = next_below(task->inner)) return child;
  while (task != &main_task) {
    if (task->next_sibling) return task->next_sibling;
    if (Task* next = next_below(task->nursery->parent)) return next;
    task = task->nursery->owner;
  }
  return nullptr;
}

// The innermost nursery around every task that waits for something other than the end of its own nursery; null: main
// waits in none. The walk goes through all of a nursery before it leaves it, so what is around the first and the last
// is around all of them.
Nursery* nursery_of_the_stuck() {
  Nursery *first = nullptr, *last = nullptr;
  bool any = false;
  for (Task* task = &main_task; task; task = next_task(task)) {
    if (task->wait_kind == WaitKind::Nursery) continue;
    last = task->inner ? task->inner : task->nursery;
    if (!last) return nullptr;
    if (!any) first = last;
    any = true;
  }
  return any ? common_nursery(first, last) : nullptr;
}

// In a shield and in a defer a cancellation waits, and nothing else will ever come: there the wait itself fails.
bool fail_the_shielded() {
  Task* claimed = nullptr;   // woken when the walk is over: who runs may end, and leave the tree
  for (Task* task = &main_task; task; task = next_task(task)) {
    const WaitKind kind = task->wait_kind;
    if (kind != WaitKind::Send && kind != WaitKind::Recv && kind != WaitKind::Select && kind != WaitKind::Await)
      continue;
    if (!claim(task, false)) continue;
    task->next = claimed;
    claimed = task;
  }
  const bool any = claimed;
  while (Task* task = claimed) {
    claimed = task->next;
    wake(task, kReasonDeadlock, false);
  }
  return any;
}

}  // namespace

bool dumping;

// From a signal handler other threads go on meanwhile. What is read stays: a task is in its nursery's list under that
// nursery's lock, and a nursery, which lies in its owner's frame, is not left before the tree is written
// (wait_for_dump).
void dump_tree(bool careful) {
  if (__atomic_exchange_n(&dumping, true, __ATOMIC_SEQ_CST)) return;   // another thread is at it
  if (careful) come_back_to_read();
  {
    Writer out;
    write_task(out, &main_task, 0, now_ns(), careful);
  }
  __atomic_store_n(&dumping, false, __ATOMIC_SEQ_CST);
}

void wait_for_dump() {
  while (__atomic_load_n(&dumping, __ATOMIC_ACQUIRE)) pause_cpu();
}

// No task can run, no timer will fire, no call is out: nobody will ever wake anybody.
void handle_deadlock() {
  janus_sink_flush(plain_stdout());
  {
    Writer out;
    out.text("deadlock: every task waits for another\n");
    write_task(out, &main_task, 1, now_ns(), false);
  }
  if (Nursery* nursery = nursery_of_the_stuck()) {
    nursery->deadlocked = true;
    const bool told = cancel_nursery(nursery) || fail_the_shielded();
    janus_require(told, "a deadlock that nobody can be told of");
    return;
  }
  janus_require(claim(&main_task, false), "a deadlock in which main does not wait");
  wake(&main_task, kReasonDeadlock, false);
}

void watch_signals() {
  struct sigaction action = {};
  action.sa_handler = on_usr1;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGUSR1, &action, nullptr);
}

}  // namespace janus::rt
