// process.cpp: child processes.
// Depends on process.h, interrupt.h, disk.h (why_of) and the system.
// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "cli/disk.h"
#include "cli/interrupt.h"

namespace janus {

int spawn_in_group(pid_t& pid, posix_spawn_file_actions_t& actions, char* const* argv) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, ends_of_it;
  sigemptyset(&none);
  sigemptyset(&ends_of_it);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGPIPE, SIGXFSZ})
    sigaddset(&ends_of_it, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ends_of_it);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMostOutput = 1 << 20;

struct Running {
  size_t index;
  pid_t pid = -1;
  int pipe = -1;    // -1 once all was read
  int handle = -1;  // pidfd: readable when the process has ended; -1 on kernels without
  Clock::time_point start, deadline;
  Outcome outcome;
};

bool start(const Job& job, Running& run) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return run.outcome.why = why_of(errno), false;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  std::vector<char*> argv;
  for (const std::string& word : job.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int error = spawn_in_group(run.pid, actions, argv.data());
  close(ends[1]);
  if (error) {
    close(ends[0]);
    run.outcome.why = "cannot start " + job.argv[0] + ": " + why_of(error);
    return false;
  }
  run.outcome.started = true;
  run.pipe = ends[0];
  fcntl(run.pipe, F_SETFL, O_NONBLOCK);
  run.handle = static_cast<int>(syscall(SYS_pidfd_open, run.pid, 0));
  add_child(run.pid);
  return true;
}

// Keeps the beginning and the end of a flood.
void drain(Running& run) {
  char buffer[16 * 1024];
  while (run.pipe >= 0) {
    ssize_t n = ::read(run.pipe, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    if (n == 0) {
      close(run.pipe);
      run.pipe = -1;
      return;
    }
    std::string& output = run.outcome.output;
    output.append(buffer, static_cast<size_t>(n));
    if (output.size() > 2 * kMostOutput) output.erase(kMostOutput / 2, output.size() - kMostOutput);
  }
}

bool has_ended(Running& run) {
  int status = 0;
  if (waitpid(run.pid, &status, WNOHANG) != run.pid) return false;
  drain(run);
  kill(-run.pid, SIGKILL);  // what it started and did not wait for
  remove_child(run.pid);
  if (run.pipe >= 0) close(run.pipe);
  if (run.handle >= 0) close(run.handle);
  if (WIFEXITED(status)) run.outcome.exit = WEXITSTATUS(status);
  else run.outcome.signal = WTERMSIG(status);
  run.outcome.seconds = std::chrono::duration<double>(Clock::now() - run.start).count();
  return true;
}

int until(Clock::time_point when) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(when - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(ms + 1, 0, 1000));
}

}  // namespace

void run_jobs(std::span<const Job> jobs, unsigned at_a_time, double limit_seconds,
              const std::function<void(size_t, Outcome&)>& done) {
  std::vector<Running> running;
  size_t next = 0;
  while (next < jobs.size() || !running.empty()) {
    while (next < jobs.size() && running.size() < std::max(1u, at_a_time)) {
      Running run;
      run.index = next;
      run.start = Clock::now();
      run.deadline = run.start + std::chrono::milliseconds(static_cast<long long>(limit_seconds * 1000));
      if (start(jobs[next++], run)) running.push_back(std::move(run));
      else done(run.index, run.outcome);
    }
    if (running.empty()) continue;
    std::vector<pollfd> polls;
    int wait = 1000;
    for (const Running& run : running) {
      if (run.pipe >= 0) polls.push_back({run.pipe, POLLIN, 0});
      if (run.handle >= 0) polls.push_back({run.handle, POLLIN, 0});
      else wait = 5;
      if (!run.outcome.timed_out) wait = std::min(wait, until(run.deadline));
    }
    poll(polls.data(), polls.size(), wait);
    for (size_t i = 0; i < running.size();) {
      Running& run = running[i];
      drain(run);
      if (!run.outcome.timed_out && Clock::now() >= run.deadline) {
        run.outcome.timed_out = true;
        kill(-run.pid, SIGKILL);
      }
      if (!has_ended(run)) {
        ++i;
        continue;
      }
      Running ended = std::move(run);
      running.erase(running.begin() + static_cast<long>(i));
      done(ended.index, ended.outcome);
    }
  }
}

Outcome run_job(const Job& job, double limit_seconds) {
  Outcome result;
  run_jobs({&job, 1}, 1, limit_seconds, [&](size_t, Outcome& outcome) { result = std::move(outcome); });
  return result;
}

std::string signal_words(int signal) {
  std::string words = strsignal(signal);
  if (!words.empty()) words[0] = static_cast<char>(tolower(words[0]));
  return "signal " + std::to_string(signal) + " (" + words + ")";
}

}  // namespace janus
