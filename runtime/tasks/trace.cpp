// trace.cpp: JANUS_TRACE=FILE: what ran when on which worker, as Chrome's trace events, which Perfetto and
// chrome://tracing show. Depends on task.h. SPDX-License-Identifier: Apache-2.0
//
// One event for each stretch that a task ran, with what ended it, and one for each spawn. One buffer under one lock:
// tracing costs about a microsecond a switch, and nothing but a look at `tracing` when it is off.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/sink.h"
#include "runtime/tasks/task.h"

namespace janus::rt {

bool tracing;

namespace {

constexpr size_t kBuffer = 64 * 1024;
constexpr size_t kEventTop = 1024;

Lock trace_lock;
int trace_file = -1;
int64_t trace_began;
size_t trace_len;
char trace_buffer[kBuffer];

void flush() {
  for (size_t done = 0; done < trace_len;) {
    const ssize_t n = write(trace_file, trace_buffer + done, trace_len - done);
    if (n <= 0) {
      tracing = false;   // the disk is full: what there is stays
      break;
    }
    done += static_cast<size_t>(n);
  }
  trace_len = 0;
}

void text(const char* s) {
  for (size_t left = 256; *s && left; s++, left--) {
    if (*s == '"' || *s == '\\') trace_buffer[trace_len++] = '\\';
    trace_buffer[trace_len++] = *s;
  }
}
void raw(const char* s) {
  const size_t n = strlen(s);
  memcpy(trace_buffer + trace_len, s, n);
  trace_len += n;
}
void number(int64_t x) {
  uint8_t digits[24];
  uint8_t* const end = digits + sizeof digits;
  const uint8_t* begin = put_decimal(end, static_cast<uint64_t>(max64(0, x)));
  memcpy(trace_buffer + trace_len, begin, static_cast<size_t>(end - begin));
  trace_len += static_cast<size_t>(end - begin);
}
void micros(int64_t ns) {
  number(ns / 1000);
  raw(".");
  for (int64_t unit = 100; unit > 0; unit /= 10) number(ns / unit % 10);
}

void event(const Task* task, char kind, int64_t when, uint32_t worker) {
  if (trace_len + kEventTop > kBuffer) flush();
  raw("{\"name\":\"");
  text(task->flags & kFlagMain ? "main" : task->desc->name);
  raw(kind == 'X' ? "\",\"ph\":\"X\",\"pid\":1,\"tid\":"
                  : "\",\"ph\":\"i\",\"s\":\"t\",\"cat\":\"spawn\",\"pid\":1,\"tid\":");
  number(worker);
  raw(",\"ts\":");
  micros(when - trace_began);
}

const char* ended_by(const Task* task, After after) {
  if (after == After::Ended) return "ended";
  if (after == After::Yielded) return "yield";
  switch (task->wait_kind) {
    case WaitKind::None: return "switch";
    case WaitKind::Send: return "send";
    case WaitKind::Recv: return "recv";
    case WaitKind::Select: return "select";
    case WaitKind::Await: return "await";
    case WaitKind::Sleep: return "sleep";
    case WaitKind::Nursery: return "nursery";
    case WaitKind::Blocking: return "blocking call";
    case WaitKind::Read: return "read";
    case WaitKind::Write: return "write";
  }
  return "";
}

}  // namespace

void trace_start() {
  const char* path = getenv("JANUS_TRACE");
  if (!path || !*path) return;
  trace_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (trace_file < 0) environment_failed("the file that JANUS_TRACE names cannot be written");
  tracing = true;
  trace_began = now_ns();
  raw("[\n");
  trace_span_begins(this_worker());
}

void trace_span_begins(Worker* w) { w->span_began = now_ns(); }

void trace_span_ends(Worker* w, const Task* task, After after) {
  if (task == w->idle) return;
  const int64_t now = now_ns();
  HoldInEarnest held(trace_lock);   // a sleeper writes too (trace_rest)
  if (!tracing) return;
  event(task, 'X', w->span_began, w->number);
  raw(",\"dur\":");
  micros(now - w->span_began);
  raw(",\"args\":{\"task\":");
  number(task->number);
  raw(",\"until\":\"");
  raw(ended_by(task, after));
  raw("\"}},\n");
}

void trace_spawn(const Task* task) {
  const Worker* w = this_worker();
  const int64_t now = now_ns();
  HoldInEarnest held(trace_lock);   // a sleeper writes too (trace_rest)
  if (!tracing) return;
  event(task, 'i', now, w->number);
  raw(",\"args\":{\"task\":");
  number(task->number);
  raw(",\"by\":");
  number(w->current->number);
  raw("}},\n");
}

// Nobody has anything to do, perhaps for ever.
void trace_rest() {
  if (try_lock(&trace_lock)) {
    if (tracing && trace_len != 0) flush();
    unlock(&trace_lock);
  }
}

void trace_finish() {
  Worker* w = this_worker();
  trace_span_ends(w, w->current, After::Ended);
  HoldInEarnest held(trace_lock);   // a sleeper writes too (trace_rest)
  raw("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"janus\"}}\n]\n");
  flush();
  tracing = false;
}

}  // namespace janus::rt
