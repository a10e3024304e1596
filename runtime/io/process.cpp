// process.cpp: child processes. What std.process is written over.
// Depends on handle.h, start.h, Linux, libc.
// SPDX-License-Identifier: Apache-2.0
//
// A child is known by a pidfd, which the poller can wait for like any descriptor; so waiting for a child suspends only
// the task, and a number that was used again can never be meant. Between fork and exec the child only makes system
// calls: other threads may hold any lock.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/io/handle.h"
#include "runtime/start.h"

namespace janus::rt {
namespace {

constexpr int kIdPidFd = 3;   // P_PIDFD
constexpr int64_t kOfFolder = 10'000;   // added to an errno that is the folder's fault, not the program's

// What the child needs, all made before the fork.
struct Child {
  char* file;
  char** args;
  char** env;
  char* folder;
  int32_t in, out, err;   // what becomes 0, 1, 2; -1: the parent's own
  int32_t report;         // where an errno is written when exec fails
  bool own_group;
};

[[noreturn]] void child_main(const Child& c) {
  auto give_up = [&](int64_t why) {
    const int32_t error = static_cast<int32_t>(-why);
    sys(SYS_write, c.report, &error, 4);
    sys(SYS_exit_group, 127);
    __builtin_trap();
  };
  // Signals as a program expects them.
  struct {
    void* handler;
    unsigned long flags;
    void* restorer;
    uint64_t mask;
  } plain = {nullptr, 0, nullptr, 0};
  for (int s = 1; s < 65; s++) sys(SYS_rt_sigaction, s, &plain, nullptr, 8);
  const uint64_t none = 0;
  sys(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, 8);
  if (c.own_group) sys(SYS_setpgid, 0, 0);
  // Descriptors 0 to 2 may stand in each other's way: first out of it.
  int64_t from[3] = {c.in, c.out, c.err};
  for (int64_t& fd : from)
    if (fd >= 0 && fd < 3) fd = sys(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; i++)
    if (from[i] >= 0)
      if (const int64_t failed = sys(SYS_dup3, from[i], i, 0); failed < 0) give_up(failed);
  if (c.folder)
    if (const int64_t failed = sys(SYS_chdir, c.folder); failed < 0) give_up(failed - kOfFolder);
  if (strchr(c.file, '/')) give_up(sys(SYS_execve, c.file, c.args, c.env));
  // By PATH, of the parent.
  const char* path = getenv("PATH");
  if (!path) path = "/usr/local/bin:/usr/bin:/bin";
  int64_t worst = -ENOENT;
  char full[kPathTop];
  const size_t name = strlen(c.file);
  for (const char* p = path;; p++) {
    const char* end = p;
    while (*end && *end != ':') end++;
    const size_t len = static_cast<size_t>(end - p);
    if (len + name + 2 < sizeof full) {
      memcpy(full, p, len);
      full[len] = '/';
      memcpy(full + len + 1, c.file, name + 1);
      const int64_t failed = sys(SYS_execve, len ? full : c.file, c.args, c.env);
      if (failed != -ENOENT && failed != -ENOTDIR) worst = failed;
      if (failed != -ENOENT && failed != -ENOTDIR && failed != -EACCES) break;
    }
    if (!*end) break;
    p = end;
  }
  give_up(worst);
  __builtin_trap();
}

// A text as the system wants it, in memory of libc; null when there is a zero byte in it.
char* copy_text(const String* s) {
  if (s->len && memchr(s->data, 0, static_cast<size_t>(s->len))) return nullptr;
  char* text = static_cast<char*>(malloc(static_cast<size_t>(s->len) + 1));
  if (!text) environment_failed("out of memory: no room for the arguments of a process");
  if (s->len) memcpy(text, s->data, static_cast<size_t>(s->len));
  text[s->len] = 0;
  return text;
}

char** copy_texts(const Array* texts, bool* bad) {
  char** out = static_cast<char**>(calloc(static_cast<size_t>(texts->len) + 1, sizeof(char*)));
  if (!out) environment_failed("out of memory: no room for the arguments of a process");
  for (int64_t i = 0; i < texts->len; i++) {
    out[i] = copy_text(reinterpret_cast<String* const*>(texts->data)[i]);
    if (!out[i]) *bad = true;
  }
  return out;
}

void free_texts(char** texts, int64_t count) {
  for (int64_t i = 0; i < count; i++) free(texts[i]);
  free(texts);
}

bool make_pipe(int32_t ends[2]) { return sys(SYS_pipe2, ends, O_CLOEXEC) == 0; }
void close_end(int32_t fd) {
  if (fd >= 0) sys(SYS_close, fd);
}

// fork, without what libc does around it (locks, handlers of threads): the child makes only system calls until exec.
int64_t start_child(const Child& c) {
  uint64_t all = ~uint64_t(0), before = 0;
  sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);   // no handler of ours runs in the child
  const int64_t pid = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) child_main(c);
  sys(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, 8);
  return pid;
}

}  // namespace
}  // namespace janus::rt

using namespace janus::rt;

extern "C" {

// Starts a program. modes: for input, output and errors in decimal places: 0 the parent's, 1 a pipe, 2 nothing
// (/dev/null); errors also 3: where output goes. *input, *output, *errors: the parent's ends of pipes. *pid. Null:
// *code, -errno; 10000 less when the folder is at fault.
Handle* janus_process_start(Array* command, String* folder, Array* env, bool own_env, int64_t modes, bool own_group,
                            Handle** input, Handle** output, Handle** errors, int64_t* pid, int64_t* code) {
  struct Job {
    bool bad;
    Child child;
    int32_t in[2], out[2], err[2], report[2];
    int64_t pid, pidfd, code;
  };
  Job job;
  memset(static_cast<void*>(&job), 0xff, sizeof job);
  job.bad = false;
  Child& c = job.child;
  c.args = copy_texts(command, &job.bad);
  c.file = c.args[0];
  c.folder = folder->len ? copy_text(folder) : nullptr;
  if (folder->len && !c.folder) job.bad = true;
  extern char** environ;
  c.env = own_env ? copy_texts(env, &job.bad) : environ;
  c.in = c.out = c.err = -1;
  c.own_group = own_group;
  *input = *output = *errors = nullptr;
  in_pool([&] {
    job.code = -EINVAL;
    if (job.bad || !c.file) return;
    int32_t nothing = -1;
    const int64_t mode[3] = {modes / 100 % 10, modes / 10 % 10, modes % 10};
    bool ok = make_pipe(job.report);
    if (mode[0] == 2 || mode[1] == 2 || mode[2] == 2) {
      nothing = static_cast<int32_t>(sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0));
      ok &= nothing >= 0;
    }
    if (mode[0] == 1) ok &= make_pipe(job.in);
    if (mode[1] == 1) ok &= make_pipe(job.out);
    if (mode[2] == 1) ok &= make_pipe(job.err);
    job.code = -EMFILE;
    if (ok) {
      c.in = mode[0] == 1 ? job.in[0] : mode[0] == 2 ? nothing : -1;
      c.out = mode[1] == 1 ? job.out[1] : mode[1] == 2 ? nothing : -1;
      c.err = mode[2] == 1 ? job.err[1] : mode[2] == 2 ? nothing : mode[2] == 3 ? (c.out >= 0 ? c.out : 1) : -1;
      c.report = job.report[1];
      job.pid = start_child(c);
      job.code = job.pid;
    }
    close_end(job.report[1]);
    close_end(nothing);
    close_end(job.in[0]);
    close_end(job.out[1]);
    close_end(job.err[1]);
    if (job.code > 0) {
      int32_t error = 0;
      int64_t n;
      do n = sys(SYS_read, job.report[0], &error, 4);
      while (n == -EINTR);
      if (n == 4) {   // exec failed: the child is gone, or will be at once
        int status;
        while (sys(SYS_wait4, job.pid, &status, 0, nullptr) == -EINTR) {}
        job.code = -error;
      } else {
        job.pidfd = sys(SYS_pidfd_open, job.pid, 0);
        if (job.pidfd < 0) job.code = job.pidfd;
      }
    }
    close_end(job.report[0]);
    if (job.code <= 0) {
      close_end(job.in[1]);
      close_end(job.out[0]);
      close_end(job.err[0]);
    }
  });
  free_texts(c.args, command->len);
  if (own_env) free_texts(c.env, env->len);
  free(c.folder);
  *code = job.code;
  if (job.code <= 0) return nullptr;
  auto end = [](int32_t fd) -> Handle* {
    if (fd < 0) return nullptr;
    sys(SYS_fcntl, fd, F_SETFL, O_NONBLOCK);
    return handle_new(fd, kPipe);
  };
  *input = end(job.in[1]);
  *output = end(job.out[0]);
  *errors = end(job.err[0]);
  if (*input)
    signal(SIGPIPE, SIG_IGN);   // a child that does not read is an error of the write, not the end of this program
  *pid = job.pid;
  return handle_new(job.pidfd, kPipe);
}

// -EAGAIN while it runs; else its exit code, or 128 + the signal that ended it. Only the first call that sees the end
// gets it.
int64_t janus_process_poll(Handle* h) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int64_t n;
  do n = sys(SYS_waitid, kIdPidFd, fd, &info, WEXITED | WNOHANG | WNOWAIT, nullptr);
  while (n == -EINTR);
  leave(h);
  if (n < 0) return n;
  if (info.si_pid == 0) return -EAGAIN;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

// Takes the ended child out of the system's table.
void janus_process_reap(Handle* h) {
  const int32_t fd = enter(h);
  if (fd < 0) return;
  siginfo_t info;
  sys(SYS_waitid, kIdPidFd, fd, &info, WEXITED | WNOHANG, nullptr);
  leave(h);
}

int64_t janus_process_signal(Handle* h, int64_t number) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  const int64_t n = sys(SYS_pidfd_send_signal, fd, number, nullptr, 0);
  leave(h);
  return n;
}

// To the child and all that it started, when it has a group of its own.
int64_t janus_process_signal_group(int64_t pid, int64_t number) { return sys(SYS_kill, -pid, number); }

int64_t janus_process_id(void) { return getpid(); }

}  // extern "C"
