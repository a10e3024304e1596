// print.cpp: sinks: the buffers of stdout and stderr, and strings being built.
// Depends on sink.h, counted.h, write.
// SPDX-License-Identifier: Apache-2.0
//
// stdout is buffered (64 KiB) and written when the buffer is full, at exit, on a panic, before stderr is written,
// before stdin is read, at the end of a line when it is a terminal, and when all tasks wait (tasks/worker.cpp). stderr
// is buffered to the end of a line, so that a line is one write.
//
// What happens when it cannot be written:
//   the reader has gone (`program | head`)   the program ends as by SIGPIPE, without a word: the shell sees 141
//   disk full, closed descriptor, …          a sentence on stderr, exit 3; what is lost is never lost silently
//   stderr itself                            nothing is left to complain to: its text is dropped
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace janus::rt {
namespace {

constexpr int64_t kStdoutBuffer = 64 * 1024;
constexpr int64_t kStderrBuffer = 4 * 1024;
uint8_t stdout_buffer[kStdoutBuffer];
uint8_t stderr_buffer[kStderrBuffer];
Sink out = {stdout_buffer, 0, kStdoutBuffer, 1, 0};
Sink err = {stderr_buffer, 0, kStderrBuffer, 2, 0};

// strerror would bring libc's table of every message and its locale.
const char* reason_of(int error) {
  switch (error) {
    case ENOSPC: return "the disk is full";
    case EDQUOT: return "the disk quota is used up";
    case EFBIG: return "the file would be too large";
    case EIO: return "input/output error";
    case EBADF: return "it is closed";
    case EINVAL: return "it does not take data";
    default: return "the system refused";
  }
}

[[noreturn]] JANUS_COLD void reader_gone() {
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &fallback, nullptr);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);   // blocked or ignored for good: the code that the shell would have shown
}

[[noreturn]] JANUS_COLD void output_failed(int error) {
  static const char start[] = "error: cannot write to standard output: ";
  const char* reason = reason_of(error);
  write_raw(2, start, sizeof start - 1);
  write_raw(2, reason, strlen(reason));
  write_raw(2, "\n", 1);
  _exit(kExitEnvironment);
}

// 0, or the errno that stopped it. Out of line in programs with tasks: where errno lies depends on the thread.
JANUS_THREADED int write_all(int fd, const uint8_t* bytes, int64_t len) {
  while (len > 0) {
    const ssize_t n = write(fd, bytes, static_cast<size_t>(len));
    if (n >= 0) {
      bytes += n;
      len -= n;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return errno;
    pollfd ready = {fd, POLLOUT, 0};   // a terminal or pipe that someone made non-blocking
    poll(&ready, 1, -1);
  }
  return 0;
}

void write_sink(Sink* sink, const uint8_t* bytes, int64_t len) {
  if (len == 0) return;
  if (sink == &err) janus_sink_flush(&out);
  const int error = write_all(sink->fd, bytes, len);
  if (JANUS_LIKELY(error == 0)) return;
  sink->len = 0;
  if (error == EPIPE) reader_gone();
  if (sink != &err) output_failed(error);
}

// A string being built is already the block of the string that it becomes: characters start behind the header.
void grow_string(Sink* sink, int64_t n) {
  int64_t need;
  if (__builtin_add_overflow(sink->len, n, &need) || need > kBlockMax - kArrayHeader)
    environment_failed("out of memory: a string would be larger than the address space");
  const int64_t cap = usable_size(kArrayHeader + max64(need, sink->cap * 2)) - kArrayHeader;
  uint8_t* block;
  if (sink->data)
    block = static_cast<uint8_t*>(block_resize(sink->data - kArrayHeader, kArrayHeader + sink->cap, kArrayHeader + cap,
                                               kArrayHeader + sink->len));
  else block = static_cast<uint8_t*>(janus_alloc(kArrayHeader + cap));
  sink->data = block + kArrayHeader;
  sink->cap = cap;
}

__attribute__((noinline)) void print_slow(Sink* sink, const uint8_t* bytes, int64_t len) {
  if (sink->fd < 0) {
    grow_string(sink, len);
  } else {
    janus_sink_flush(sink);
    if (len >= sink->cap) return write_sink(sink, bytes, len);
  }
  copy_bytes(sink->data + sink->len, bytes, len);
  sink->len += len;
}

// One for both sinks, so that their lines keep their order; it nests, because a flush of one may flush the other.
NestingLock output_lock;

}  // namespace

Sink* plain_stdout() { return &out; }
Sink* plain_stderr() { return &err; }

void write_raw(int fd, const void* bytes, size_t len) {
  write_all(fd, static_cast<const uint8_t*>(bytes), static_cast<int64_t>(len));
}

void require_failed(const char* why) {
  write_raw(2, "janus runtime: ", 15);
  write_raw(2, why, strlen(why));
  write_raw(2, "\n", 1);
  _exit(kExitBug);
}

void flush_for_good() {
  lock(&output_lock);
  janus_sink_flush(&out);
  janus_sink_flush(&err);
}

void environment_failed(const char* sentence) {
  flush_for_good();
  write_raw(2, "error: ", 7);
  write_raw(2, sentence, strlen(sentence));
  write_raw(2, "\n", 1);
  _exit(kExitEnvironment);
}

void sink_make_room(Sink* sink, int64_t n) {
  janus_require(n <= kStderrBuffer, "more room than a sink has");
  if (sink->fd < 0) grow_string(sink, n);
  else janus_sink_flush(sink);
}

void sink_fill(Sink* sink, uint8_t byte, int64_t count) {
  while (count > 0) {
    const int64_t n = min64(count, 256);
    memset(sink_room(sink, n), byte, static_cast<size_t>(n));
    sink->len += n;
    count -= n;
  }
}

void sink_text(Sink* sink, const char* text) {
  janus_print_bytes(sink, reinterpret_cast<const uint8_t*>(text), static_cast<int64_t>(strlen(text)));
}

}  // namespace janus::rt

extern "C" {

#ifndef JANUS_TASKS
Sink* janus_stdout(void) { return &out; }
Sink* janus_stderr(void) { return &err; }
#else
JANUS_THREADED Sink* janus_stdout(void) {
  lock(&output_lock);
  return &out;
}
JANUS_THREADED Sink* janus_stderr(void) {
  lock(&output_lock);
  return &err;
}
JANUS_THREADED void janus_sink_done(Sink*) { unlock(&output_lock); }
#endif

void janus_sink_begin(Sink* sink) { *sink = {nullptr, 0, 0, -1, 0}; }

String* janus_sink_finish(Sink* sink) {
  janus_require(sink->fd < 0, "only a string sink has a text");
  const int64_t len = sink->len, cap = sink->cap;
  if (!sink->data) return &janus_empty_array;
  uint8_t* block = sink->data - kArrayHeader;
  janus_sink_begin(sink);
  // Growth doubles; a string that is kept gives the rest back when that saves a third.
  if (cap - len > 32 && cap - len > cap / 3) {
    String* text = janus_string_new(block + kArrayHeader, len);
    janus_free(block, kArrayHeader + cap);
    return text;
  }
  String* text = reinterpret_cast<String*>(block);
  text->head = {1, 0};
  text->len = len;
  text->data = block + kArrayHeader;
  text->cap = cap;
  return text;
}

void janus_sink_newline(Sink* sink) {
  *sink_room(sink, 1) = '\n';
  sink->len++;
  if (sink->fd < 0) return;
  if (JANUS_UNLIKELY(!(sink->flags & kSinkAsked)))
    sink->flags |= kSinkAsked | (sink->fd == 2 || isatty(sink->fd) ? kSinkTerminal : 0);
  if (sink->flags & kSinkTerminal) janus_sink_flush(sink);
}

void janus_sink_flush(Sink* sink) {
  if (sink->fd < 0) return;
  const int64_t len = sink->len;
  sink->len = 0;   // first: a failure below prints, and must not come back here with the same text
  write_sink(sink, sink->data, len);
}

void janus_print_bytes(Sink* sink, const uint8_t* bytes, int64_t len) {
  if (JANUS_UNLIKELY(sink->cap - sink->len < len)) return print_slow(sink, bytes, len);
  copy_bytes(sink->data + sink->len, bytes, len);
  sink->len += len;
}

void janus_print_string(Sink* sink, String* s) { janus_print_bytes(sink, s->data, s->len); }

}  // extern "C"
