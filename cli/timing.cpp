// timing.cpp: the phase table, and the progress line.
// Depends on timing.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/timing.h"

#include <sys/resource.h>

#include <condition_variable>
#include <cstdio>

namespace janus {

void Timing::begin(const char* phase) {
  auto now = Clock::now();
  if (const char* before = current_) {
    double seconds = std::chrono::duration<double>(now - began_).count();
    bool known = false;
    for (Row& row : rows_)  // a phase entered again goes on
      if (row.name == before) row.seconds += seconds, known = true;
    if (!known) rows_.push_back({before, seconds});
  }
  began_ = now;
  current_ = phase;
}

void Timing::show(Console& console) {
  begin(nullptr);
  double total = seconds(), sum = 0;
  for (const Row& row : rows_) sum += row.seconds;
  std::vector<Row> rows = rows_;
  rows.push_back({"other", total - sum});
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  if (console.is_json()) {
    JsonText object = console.json_object("time");
    object.array("phases");
    for (const Row& row : rows)
      object.object().field("name", row.name).field("us", static_cast<long>(row.seconds * 1e6)).close();
    object.close().field("total_us", static_cast<long>(total * 1e6)).field("peak_kib", usage.ru_maxrss);
    console.json(object);
    return;
  }
  std::string text = "phase                  ms      %\n";
  auto line = [&](const char* name, double seconds) {
    char row[80];
    snprintf(row, sizeof row, "%-16s %8.2f %6.1f\n", name, seconds * 1e3, total > 0 ? 100 * seconds / total : 0.0);
    text += row;
  };
  for (const Row& row : rows) line(row.name.c_str(), row.seconds);
  line("total", total);
  char memory[64];
  snprintf(memory, sizeof memory, "peak memory      %8.1f MiB\n", static_cast<double>(usage.ru_maxrss) / 1024);
  console.err(text + memory);
}

struct Progress::State {
  Console& console;
  Timing& timing;
  std::mutex mutex;
  std::condition_variable wake;
  bool done = false;
  std::thread thread;

  void run() {
    static const char* const frames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    std::unique_lock lock(mutex);
    for (int i = 0; !done; ++i) {
      if (wake.wait_for(lock, std::chrono::milliseconds(i == 0 ? 500 : 100), [&] { return done; })) break;
      const char* phase = timing.now();
      char line[160];
      snprintf(line, sizeof line, "%s %s … %.1f s", frames[i % 10], phase ? phase : "working", timing.seconds());
      console.progress(line);
    }
    console.progress("");
  }
};

Progress::Progress(Console& console, Timing& timing) {
  const char* ci = getenv("CI");
  if (!console.err_is_terminal() || console.is_quiet() || (ci && ci[0])) return;
  state_ = std::make_unique<State>(console, timing);
  state_->thread = std::thread([this] { state_->run(); });
}

Progress::~Progress() {
  if (!state_) return;
  {
    std::lock_guard lock(state_->mutex);
    state_->done = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
}

}  // namespace janus
