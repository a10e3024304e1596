// io.cpp: what std.io, std.env, std.process and std.time ask of the system in :core programs: stdin, arguments,
// variables, clocks. Depends on counted.h, sink.h, utf8.h, start.h. SPDX-License-Identifier: Apache-2.0
//
// All of stdin goes through one buffer. What was printed is written before a read can wait, so that a question stands
// on the screen before its answer is awaited, and a program at the other end of a pipe sees it too.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/start.h"
#include "runtime/tasks.h"
#include "runtime/utf8.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/sys.h"
#endif

namespace janus::rt {
namespace {

constexpr int64_t kStdinBuffer = 64 * 1024;
// Who feeds a program must not be able to take all its memory. Files that are read as a whole have the same limit.
constexpr int64_t kLineTop = int64_t(64) << 20;
constexpr int64_t kAllTop = int64_t(1) << 30;
struct Input {
  int64_t at;
  int64_t end;
  bool done;      // the end was seen; a terminal may go on after it, a program does not
  Sink pending;   // of a line that has not all arrived, what was before the buffer (programs with tasks, see
                  // janus_stdin_ready)
  uint8_t bytes[kStdinBuffer];
};
Input input;
NestingLock input_lock;   // whoever reads has it while the read waits: a line is never torn between two tasks

// Bytes read, 0 at the end.
JANUS_THREADED int64_t read_some(uint8_t* to, int64_t room) {
  janus_stdout_flush();
  janus_stderr_flush();
  while (true) {
    const ssize_t n = read(0, to, static_cast<size_t>(room));
    if (n >= 0) return n;
    if (errno == EINTR) continue;
    if (errno == EBADF) return 0;   // started without a stdin: nothing to read
    if (errno != EAGAIN)
      environment_failed(errno == EISDIR ? "cannot read standard input: it is a directory"
                                         : "cannot read standard input");
    pollfd ready = {0, POLLIN, 0};
    poll(&ready, 1, -1);
  }
}

void check_line(int64_t len) {
  if (len > kLineTop) environment_failed("cannot read standard input: a line has more than 64 MiB");
}
void check_all(int64_t len) {
  if (len > kAllTop)
    environment_failed("cannot read standard input: it has more than 1 GiB, and was to be read at once");
}

bool refill() {
  if (input.done) return false;
  const int64_t n = read_some(input.bytes, kStdinBuffer);
  input.at = 0;
  input.end = n;
  input.done = n == 0;
  return n != 0;
}

// The text of a sink into which bytes of any kind were put.
String* finish_any_bytes(Sink* sink) {
  if (JANUS_LIKELY(utf8_valid_prefix(sink->data, sink->len) == sink->len)) return janus_sink_finish(sink);
  String* raw = janus_sink_finish(sink);
  String* text = string_from_any_bytes(raw->data, raw->len);
  string_release(raw);
  return text;
}

int64_t without_return(const uint8_t* line, int64_t len) { return len > 0 && line[len - 1] == '\r' ? len - 1 : len; }

void retain_string(void* value) { retain(&(*static_cast<String**>(value))->head); }
void drop_string(void* value, uint32_t depth) {
  String* s = *static_cast<String**>(value);
  if (release(&s->head)) janus_string_drop(s, depth);
}
constexpr TypeGlue string_glue = {sizeof(String*), retain_string, drop_string, share_string_at};

String* string_of(const char* text) {
  return string_from_any_bytes(reinterpret_cast<const uint8_t*>(text), static_cast<int64_t>(strlen(text)));
}

int64_t clock_ns(clockid_t clock) {
  timespec t;
  const int failed = clock_gettime(clock, &t);
  janus_require(failed == 0, "the system has no such clock");
  return t.tv_sec * 1000000000 + t.tv_nsec;
}

}  // namespace
}  // namespace janus::rt

extern "C" {

// Would reading a line (all: everything) go on at once? With tasks the caller then waits for stdin by janus_io_wait,
// and asks again; what has arrived of the line is taken meanwhile. Without, whoever reads waits.
#ifdef JANUS_TASKS
JANUS_THREADED bool janus_stdin_ready(bool all) {
  Hold held(input_lock);
  while (!input.done) {
    const int64_t here = input.end - input.at;
    if (!all && here && memchr(input.bytes + input.at, '\n', static_cast<size_t>(here))) return true;
    janus_stdout_flush();
    pollfd ready = {0, POLLIN, 0};
    if (poll(&ready, 1, 0) == 0) return false;
    if (here) {
      if (!input.pending.data) janus_sink_begin(&input.pending);
      janus_print_bytes(&input.pending, input.bytes + input.at, here);
      input.at = input.end;
      if (all) check_all(input.pending.len);
      else check_line(input.pending.len);
    }
    refill();
  }
  return true;
}
JANUS_THREADED bool janus_stdin_ended(void) {
  Hold held(input_lock);
  return input.done && input.at == input.end && input.pending.len == 0;
}
#else
bool janus_stdin_ready(bool) { return true; }
bool janus_stdin_ended(void) { return true; }
#endif

// Null: nothing is left (janus_stdin_ended), or, with tasks, no line is there yet. A line that was ready a moment ago
// may be another task's by now, and who waited for the next one here would keep its worker.
JANUS_THREADED String* janus_stdin_read_line(void) {
  Hold held(input_lock);
  if (!janus_stdin_ready(false)) return nullptr;
  if (input.at == input.end && !refill() && input.pending.len == 0) return nullptr;
  const uint8_t* start = input.bytes + input.at;
  const uint8_t* stop = static_cast<const uint8_t*>(memchr(start, '\n', static_cast<size_t>(input.end - input.at)));
  if (JANUS_LIKELY(stop != nullptr && input.pending.len == 0)) {
    input.at = stop + 1 - input.bytes;
    return string_from_any_bytes(start, without_return(start, stop - start));
  }
  // The line goes on behind the buffer.
  Sink line;
  if (input.pending.len != 0) {
    line = input.pending;
    input.pending = {};
  } else {
    janus_sink_begin(&line);
  }
  do {
    start = input.bytes + input.at;
    stop = static_cast<const uint8_t*>(memchr(start, '\n', static_cast<size_t>(input.end - input.at)));
    janus_print_bytes(&line, start, (stop ? stop : input.bytes + input.end) - start);
    input.at = stop ? stop + 1 - input.bytes : input.end;
    check_line(line.len);
  } while (!stop && refill());
  line.len = without_return(line.data, line.len);
  return finish_any_bytes(&line);
}

JANUS_THREADED String* janus_stdin_read_all(void) {
  Hold held(input_lock);
  Sink all;
  if (input.pending.len != 0) {
    all = input.pending;
    input.pending = {};
  } else {
    janus_sink_begin(&all);
  }
  janus_print_bytes(&all, input.bytes + input.at, input.end - input.at);
  input.at = input.end;
  while (!input.done) {
    uint8_t* room = sink_room(&all, 1024);
    const int64_t n = read_some(room, all.cap - all.len);
    all.len += n;
    check_all(all.len);
    input.done = n == 0;
  }
  return finish_any_bytes(&all);
}

bool janus_stdin_is_terminal(void) { return isatty(0); }
bool janus_stdout_is_terminal(void) { return isatty(1); }
bool janus_stderr_is_terminal(void) { return isatty(2); }

void janus_stdout_write(String* text) {
  Sink* sink = janus_stdout();
  janus_print_string(sink, text);
  janus_sink_done(sink);
}
void janus_stderr_write(String* text) {
  Sink* sink = janus_stderr();
  janus_print_string(sink, text);
  janus_sink_done(sink);
}
void janus_stdout_write_bytes(Array* bytes) {
  Sink* sink = janus_stdout();
  janus_print_bytes(sink, bytes->data, bytes->len);
  janus_sink_done(sink);
}
void janus_stdout_flush(void) {
  Sink* sink = janus_stdout();
  janus_sink_flush(sink);
  janus_sink_done(sink);
}
void janus_stderr_flush(void) {
  Sink* sink = janus_stderr();
  janus_sink_flush(sink);
  janus_sink_done(sink);
}

Array* janus_args(void) {
  const int64_t count = max64(0, start_info.argc - 1);
  Array* args = janus_array_new(count, &string_glue);
  for (int64_t i = 0; i < count; i++)
    reinterpret_cast<String**>(args->data)[args->len++] = string_of(start_info.argv[i + 1]);
  return args;
}

String* janus_program_name(void) { return string_of(start_info.argc > 0 ? start_info.argv[0] : ""); }

// Null when the variable is not set; a name with `=` or a zero byte names none.
String* janus_env_get(String* name) {
  for (char** entry = start_info.envp; *entry; entry++) {
    const char* text = *entry;
    const int64_t len = name->len;
    if (len == 0 || memchr(name->data, '=', static_cast<size_t>(len))) return nullptr;
    if (strncmp(text, reinterpret_cast<const char*>(name->data), static_cast<size_t>(len)) != 0 || text[len] != '=')
      continue;
    if (memchr(name->data, 0, static_cast<size_t>(len))) return nullptr;
    return string_of(text + len + 1);
  }
  return nullptr;
}

// Nanoseconds since some moment before the program, and since 1970. A seeded run has one clock, the schedule's, and
// begins with the year 2000: what it prints repeats itself.
static int64_t wall_shift;   // of tests: as if somebody had set the clock on the wall
#ifdef JANUS_TASKS
int64_t janus_clock_monotonic(void) { return look_at_clock(); }
int64_t janus_clock_wall(void) {
  constexpr int64_t kYear2000 = 946'684'800'000'000'000;
  const int64_t shift = __atomic_load_n(&wall_shift, __ATOMIC_RELAXED);
  if (settings.seeded) return kYear2000 + now_ns() + shift;
  return clock_ns(CLOCK_REALTIME) + time_jumped() + shift;   // both clocks jump in virtual time
}
void janus_clock_virtual(bool on) { set_virtual(on); }
#else
int64_t janus_clock_monotonic(void) { return clock_ns(CLOCK_MONOTONIC); }
int64_t janus_clock_wall(void) { return clock_ns(CLOCK_REALTIME) + wall_shift; }
void janus_clock_virtual(bool) {}   // nothing waits
#endif
void janus_clock_shift(int64_t ns) { __atomic_add_fetch(&wall_shift, ns, __ATOMIC_RELAXED); }

// Bytes that nobody can foretell, from the system.
void janus_random_bytes(Array** out, int64_t count) {
  Array* bytes = *out = janus_array_reserve(*out, count, &byte_glue);
  for (int64_t done = 0; done < count;) {
    const ssize_t n = getrandom(bytes->data + bytes->len, static_cast<size_t>(count - done), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) environment_failed("the system gives no random bytes");
    bytes->len += n;
    done += n;
  }
}

}  // extern "C"
