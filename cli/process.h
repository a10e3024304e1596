// process.h: child processes, several at a time, with captured output and a time limit.
// Depends on interrupt.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <spawn.h>
#include <sys/types.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace janus {

struct Job {
  std::vector<std::string> argv;
};

struct Outcome {
  bool started = false;
  bool timed_out = false;
  int exit = -1;       // -1: a signal ended it
  int signal = 0;
  double seconds = 0;
  std::string output;  // stdout and stderr together, in the order written; the middle of a very long one is cut
  std::string why;     // when it did not start
  bool passed() const { return started && !timed_out && exit == 0; }
};

// Runs all jobs, at most `at_a_time` at once; each has /dev/null as stdin and a process group of its own, which is
// killed when the job has ended or its time is over. `done` is called in the order in which they end.
void run_jobs(std::span<const Job> jobs, unsigned at_a_time, double limit_seconds,
              const std::function<void(size_t, Outcome&)>& done);

Outcome run_job(const Job& job, double limit_seconds);
// Starts argv[0] in a process group of its own, with no signal blocked or ignored that could end it, and destroys
// `actions`. The error, or 0.
int spawn_in_group(pid_t& pid, posix_spawn_file_actions_t& actions, char* const* argv);
std::string signal_words(int signal);  // "signal 11 (segmentation fault)"

}  // namespace janus
