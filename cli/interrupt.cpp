// interrupt.cpp: signals that end janus.
// Depends on interrupt.h, disk.h and the system.
// SPDX-License-Identifier: Apache-2.0
//
// A signal handler may do next to nothing, and removing a folder is a lot. So the signals are blocked, and a thread
// waits for them and does the work in a normal context.
#include "cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/disk.h"
#include "frontend/ids.h"

namespace janus {
namespace {

// Those that the caller chose to ignore (nohup, a job in the background) stay ignored.
sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action{};
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

std::mutex children_mutex;
std::vector<pid_t> children;

char crash_object[256];
char crash_stack[64 * 1024];

void finish_json() {
  if (crash_object[0]) (void)!write(1, crash_object, strlen(crash_object));
}

void on_crash(int signal) {
  char text[256];
  int n = snprintf(text, sizeof text,
                   "janus: internal error: signal %d (%s)\n"
                   "This is a bug of janus, not of your program. Please report it with the source that led to it.\n",
                   signal, strsignal(signal));
  (void)!write(2, text, static_cast<size_t>(n));
  finish_json();
  _exit(70);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define JANUS_SANITIZED 1
#endif
#endif

}  // namespace

void install_crash_handler() {
  signal(SIGXFSZ, SIG_IGN);   // a file that may not grow is an error of the write, not the end of janus
  on_internal_error = [] {
    finish_json();
    remove_all_scratch();
  };
#ifndef JANUS_SANITIZED  // sanitizers have their own, which say more
  stack_t stack{};
  stack.ss_sp = crash_stack;
  stack.ss_size = sizeof crash_stack;
  sigaltstack(&stack, nullptr);
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) sigaction(signal, &action, nullptr);
#endif
}

void set_crash_object(const std::string& line) { snprintf(crash_object, sizeof crash_object, "%s", line.c_str()); }

void guard_interrupts() {
  static bool guarded = false;
  if (guarded) return;
  guarded = true;
  sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread([set] {
    int got = 0;
    while (sigwait(&set, &got) != 0) {}
    {
      std::lock_guard lock(children_mutex);
      for (pid_t group : children) kill(-group, SIGKILL);
    }
    remove_all_scratch();
    signal(got, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    kill(getpid(), got);
    _exit(128 + got);
  }).detach();
}

void release_interrupts() {
  sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  signal(SIGXFSZ, SIG_DFL);
}

void add_child(pid_t group) {
  std::lock_guard lock(children_mutex);
  children.push_back(group);
}

void remove_child(pid_t group) {
  std::lock_guard lock(children_mutex);
  std::erase(children, group);
}

}  // namespace janus
