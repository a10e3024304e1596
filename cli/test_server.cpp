// test_server.cpp: the runner's end of the socket (runtime/test.cpp has the other).
// Depends on test_server.h, interrupt.h, disk.h (why_of), runtime/abi_test.h and Linux.
// SPDX-License-Identifier: Apache-2.0
#include "cli/test_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "cli/disk.h"
#include "cli/interrupt.h"
#include "cli/process.h"
#include "runtime/abi_test.h"

namespace janus {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMostOutput = 1 << 20;
constexpr int kSocket = 3;   // its number in the executable

struct Running {
  size_t job;
  pid_t pid = 0;    // 0: asked for, not yet started
  int pipe = -1;
  Clock::time_point start, deadline;
  Outcome outcome;
};

struct Server {
  TestServer& settings;
  const std::vector<TestJob>& jobs;
  std::string& why;
  pid_t pid = -1;
  int socket = -1;
  std::vector<Running> running = {};
  size_t next = 0;

  bool open() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return why = why_of(errno), false;
    socket = ends[0];
    if (ends[1] == kSocket) fcntl(kSocket, F_SETFD, 0);   // dup2 onto itself would leave it closed there
    std::string number = std::to_string(kSocket);
    std::vector<char*> argv{const_cast<char*>(settings.program.c_str()), const_cast<char*>("--serve"), number.data()};
    if (!settings.counters.empty()) argv.push_back(const_cast<char*>(settings.counters.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (ends[1] != kSocket) posix_spawn_file_actions_adddup2(&actions, ends[1], kSocket);
    int error = spawn_in_group(pid, actions, argv.data());
    ::close(ends[1]);
    if (error) return why = "cannot start " + settings.program + ": " + why_of(error), false;
    add_child(pid);
    return true;
  }

  // The end of the socket is the end of the executable.
  bool close() {
    ::close(socket);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    remove_child(pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (why.empty()) why = "the test executable broke off";
    return false;
  }

  bool ask(size_t job) {
    int ends[2];
    Running run;
    run.job = job;
    if (pipe2(ends, O_CLOEXEC) != 0) return why = why_of(errno), false;
    rt::TestRequest request = {jobs[job].index, static_cast<int64_t>(job), {}};
    strncpy(request.seed, jobs[job].seed.c_str(), sizeof request.seed - 1);
    iovec part = {&request, sizeof request};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &ends[1], sizeof(int));
    run.pipe = ends[0];
    fcntl(run.pipe, F_SETFL, O_NONBLOCK);
    run.start = Clock::now();
    run.deadline = run.start + std::chrono::milliseconds(static_cast<long long>(settings.limit_seconds * 1000));
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    ::close(ends[1]);
    running.push_back(std::move(run));
    return sent == sizeof request ? true : (why = "the test executable broke off", false);
  }

  // Keeps the beginning and the end of a flood.
  static void drain(Running& run) {
    char buffer[16 * 1024];
    while (run.pipe >= 0) {
      ssize_t n = ::read(run.pipe, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return;
      if (n == 0) {
        ::close(run.pipe);
        run.pipe = -1;
        return;
      }
      std::string& output = run.outcome.output;
      output.append(buffer, static_cast<size_t>(n));
      if (output.size() > 2 * kMostOutput) output.erase(kMostOutput / 2, output.size() - kMostOutput);
    }
  }

  void finish(size_t at) {
    Running run = std::move(running[at]);
    running.erase(running.begin() + static_cast<long>(at));
    drain(run);
    if (run.pid > 0) {
      kill(-run.pid, SIGKILL);   // what it started and did not wait for
      remove_child(run.pid);
    }
    if (run.pipe >= 0) ::close(run.pipe);
    run.outcome.seconds = std::chrono::duration<double>(Clock::now() - run.start).count();
    settings.done(run.job, run.outcome);
  }

  bool answers() {
    while (true) {
      rt::TestReply reply;
      ssize_t n = recv(socket, &reply, sizeof reply, MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
      if (n != sizeof reply) return why = "the test executable broke off", false;
      if (reply.kind == rt::kTestStarted) {
        for (size_t i = 0; i < running.size(); ++i) {
          if (static_cast<int64_t>(running[i].job) != reply.id || running[i].pid != 0) continue;
          if (reply.pid < 0) {
            running[i].outcome.why = "cannot start a process: " + why_of(static_cast<int>(reply.status));
            finish(i);
          } else {
            running[i].outcome.started = true;
            running[i].pid = static_cast<pid_t>(reply.pid);
            add_child(running[i].pid);
          }
          break;
        }
        continue;
      }
      for (size_t i = 0; i < running.size(); ++i) {
        if (running[i].pid != reply.pid) continue;
        int status = static_cast<int>(reply.status);
        if (WIFEXITED(status)) running[i].outcome.exit = WEXITSTATUS(status);
        else running[i].outcome.signal = WTERMSIG(status);
        finish(i);
        break;
      }
    }
  }

  bool loop() {
    while (next < jobs.size() || !running.empty()) {
      while (next < jobs.size() && running.size() < std::max(1u, settings.at_a_time)) {
        size_t job = next++;
        if (settings.wanted && !settings.wanted(job)) continue;
        if (!ask(job)) return false;
      }
      if (running.empty()) continue;
      std::vector<pollfd> polls{{socket, POLLIN, 0}};
      auto now = Clock::now();
      long long wait = 60000;
      for (Running& run : running) {
        if (run.pipe >= 0) polls.push_back({run.pipe, POLLIN, 0});
        if (!run.outcome.timed_out)
          wait = std::min<long long>(
              wait, std::chrono::duration_cast<std::chrono::milliseconds>(run.deadline - now).count() + 1);
      }
      poll(polls.data(), polls.size(), static_cast<int>(std::max(0ll, wait)));
      for (Running& run : running) drain(run);
      if (!answers()) return false;
      for (Running& run : running) {
        if (run.outcome.timed_out || run.pid == 0 || Clock::now() < run.deadline) continue;
        run.outcome.timed_out = true;
        kill(run.pid, SIGKILL);
      }
    }
    return true;
  }
};

}  // namespace

bool TestServer::run(const std::vector<TestJob>& jobs, std::string& why) {
  Server server{*this, jobs, why};
  if (!server.open()) return false;
  bool good = server.loop();
  if (!good) kill(-server.pid, SIGKILL);
  return server.close() && good;
}

}  // namespace janus
