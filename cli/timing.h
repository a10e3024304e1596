// timing.h: which phase janus is in, for --time-report and for the progress line.
// Depends on console.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "cli/console.h"

namespace janus {

class Timing {
 public:
  Timing() : start_(Clock::now()) {}
  void begin(const char* phase);   // the one before ends; null: none begins
  std::function<void(const char*)> callback() {
    return [this](const char* phase) { begin(phase); };
  }
  const char* now() const { return current_; }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void show(Console& console);     // the table on stderr, or an object on stdout

 private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    std::string name;
    double seconds;
  };
  Clock::time_point start_, began_;
  std::vector<Row> rows_;
  std::atomic<const char*> current_ = nullptr;
};

// While it lives and work takes longer than half a second, a terminal shows what is done. Elsewhere nothing.
class Progress {
 public:
  Progress(Console& console, Timing& timing);
  ~Progress();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace janus
