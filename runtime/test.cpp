// test.cpp: an executable of tests: lists them, runs one, or serves a runner: one process a test, forked from this one.
// Depends on abi_test.h, counted.h, sink.h, start.h, and on Linux. Linked only into test executables.
// SPDX-License-Identifier: Apache-2.0
//
// Served over a socket (abi.h says what goes over it), the executable is loaded once and each test is a copy of the
// process as it was before the first: a crash, an exit or an endless loop is that test's alone. Nothing runs beside
// this code here, because threads of programs with tasks begin with the first task that a test starts.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/abi_test.h"
#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/start.h"
#include "runtime/tasks.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/sys.h"
#endif

namespace janus::rt {
namespace {

const TestTable* table;

void text_out(const char* text) { sink_text(plain_stdout(), text); }

// Tabs and line ends are what the list is made of.
void escaped_out(const char* text) {
  for (; *text; ++text) {
    const char* escape = *text == '\t' ? "\\t" : *text == '\n' ? "\\n" : *text == '\\' ? "\\\\" : nullptr;
    if (escape) text_out(escape);
    else janus_print_bytes(plain_stdout(), reinterpret_cast<const uint8_t*>(text), 1);
  }
}

void list_tests() {
#ifdef JANUS_TASKS
  text_out("tasks\n");   // something may run under different schedules
#endif
  for (int64_t i = 0; i < table->count; ++i) {
    const TestEntry& test = table->tests[i];
    janus_print_i64(plain_stdout(), i);
    text_out("\t");
    janus_print_i64(plain_stdout(), test.mode);
    text_out("\t");
    escaped_out(test.place);
    text_out("\t");
    escaped_out(test.name);
    text_out("\t");
    escaped_out(test.note);
    text_out("\n");
  }
}

bool finished = false;   // the test at hand has come to its end
void ended_early() {
  if (finished) return;
  flush_for_good();
  static const char text[] = "the test ended the process\n";
  write_raw(2, text, sizeof text - 1);
  _exit(kExitFailure);
}

// The failure with which the process ends, or null.
Error* run_test(int64_t index) {
  const TestEntry& test = table->tests[index];
  if (!test.run) return finished = true, nullptr;
  Error* error = test.run();
  finished = true;
  if (test.mode != kTestFails) return error;
  if (error) {
    if (release(&error->head)) janus_error_drop(error, 0);
    return nullptr;
  }
  janus_sink_flush(plain_stdout());
  sink_text(plain_stderr(), "this example must fail, and it ran to its end\n");
  janus_exit(1);
  return nullptr;
}

bool receive(int socket, TestRequest* request, int* output) {
  iovec part = {request, sizeof *request};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n != sizeof *request) return false;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_type != SCM_RIGHTS) return false;
  memcpy(output, CMSG_DATA(head), sizeof *output);
  return true;
}

void reply(int socket, TestReply answer) {
  while (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

void become_test(const TestRequest& request, int output, const sigset_t* mask) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, 0);
  dup2(output, 1);
  dup2(output, 2);
  sigprocmask(SIG_SETMASK, mask, nullptr);
  atexit(ended_early);
  if (request.seed[0]) setenv("JANUS_SCHED_SEED", request.seed, 1);
#ifdef JANUS_TASKS
  read_settings();   // the seed, and chance that differs from the test's before
#endif
}

// Counters that live on when the process that counted has crashed: its pages are everybody's from here on.
void share_counters() {
  if (!table->counters) return;
  const int64_t bytes = (table->counter_count * 8 + 4095) & ~int64_t(4095);
  void* at = mmap(table->counters, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (at == MAP_FAILED) environment_failed("out of memory: no room for the counters of --coverage");
}

// As lines: what is counted, TAB, how often.
void write_counters(const char* path) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  const char* at = table->counter_places;
  Sink text;
  janus_sink_begin(&text);
  for (int64_t i = 0; i < table->counter_count; ++i) {
    sink_text(&text, at);
    sink_text(&text, "\t");
    janus_print_u64(&text, table->counters[i]);
    sink_text(&text, "\n");
    at += strlen(at) + 1;
  }
  write_raw(file, text.data, static_cast<size_t>(text.len));
  close(file);
  string_release(janus_sink_finish(&text));
}

// Returns in a test's process, with its number; -1 in this one when the runner has gone.
int64_t serve(int socket) {
  sigset_t children, before;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, &before);
  const int ended = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  fcntl(socket, F_SETFD, FD_CLOEXEC);
  share_counters();
  while (true) {
    pollfd ready[] = {{socket, POLLIN, 0}, {ended, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) return -1;
    if (ready[1].revents) {
      signalfd_siginfo info;
      while (read(ended, &info, sizeof info) > 0) {}
      int status;
      for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) reply(socket, {kTestEnded, pid, status, 0});
    }
    if (!ready[0].revents) continue;
    TestRequest request;
    int output = -1;
    if (!receive(socket, &request, &output)) return -1;
    if (request.index < 0 || request.index >= table->count) return -1;
    const pid_t pid = fork();
    if (pid == 0) {
      close(ended);
      close(socket);
      become_test(request, output, &before);
      close(output);
      return request.index;
    }
    close(output);
    if (pid > 0) setpgid(pid, pid);
    reply(socket, {kTestStarted, pid, pid < 0 ? errno : 0, request.id});
  }
}

// Where stdout went before a part of it was taken.
constexpr int kCaptures = 16;
struct Capture {
  int stdout_was;
  int file;
};
Capture captures[kCaptures];
int capture_depth = 0;

String* end_capture() {
  janus_stdout_flush();
  Sink text;
  janus_sink_begin(&text);
  if (--capture_depth >= kCaptures) return janus_sink_finish(&text);
  Capture& c = captures[capture_depth];
  lseek(c.file, 0, SEEK_SET);
  while (true) {
    uint8_t* room = sink_room(&text, 1024);
    const ssize_t n = read(c.file, room, 1024);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.len += n;
  }
  dup2(c.stdout_was, 1);
  close(c.stdout_was);
  close(c.file);
  if (text.len) write_raw(1, text.data, static_cast<size_t>(text.len));
  return janus_sink_finish(&text);
}

}   // namespace
}   // namespace janus::rt

extern "C" {

Error* janus_run_tests(const TestTable* tests) {
  table = tests;
  char** argv = start_info.argv;
  if (start_info.argc == 2 && strcmp(argv[1], "--list") == 0) return list_tests(), nullptr;
  if (start_info.argc == 3 && strcmp(argv[1], "--run") == 0) {
    const int64_t index = atoll(argv[2]);
    if (index >= 0 && index < table->count) return run_test(index);
  }
  if (start_info.argc >= 3 && strcmp(argv[1], "--serve") == 0) {
    const int64_t index = serve(atoi(argv[2]));
    if (index >= 0) return run_test(index);
    if (start_info.argc == 4 && table->counters) write_counters(argv[3]);
    return nullptr;
  }
  sink_text(plain_stderr(), "usage: --list, or --run INDEX\n");
  janus_exit(2);
  return nullptr;
}

// What is printed between the two goes into the text that the second returns, and to where it would have gone.
void janus_capture_begin(void) {
  janus_stdout_flush();
  if (capture_depth++ >= kCaptures) return;
  Capture& c = captures[capture_depth - 1];
  c.stdout_was = fcntl(1, F_DUPFD_CLOEXEC, 3);
  c.file = memfd_create("stdout", MFD_CLOEXEC);
  if (c.file < 0 || dup2(c.file, 1) < 0) environment_failed("cannot keep what is printed");
}

String* janus_capture_end(void) {
  String* result = nullptr;
  off_task([&] { result = end_capture(); });
  return result;
}

}   // extern "C"
