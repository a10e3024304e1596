// console.h: colour, width, verbosity; the only writer to stdout and stderr.
// Depends on frontend/json_text.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <string>
#include <string_view>

#include "frontend/json_text.h"

namespace janus {

// Exit codes (tooling.md 1).
enum Exit : int { kDone = 0, kFailed = 1, kUsage = 2, kEnvironment = 3, kRefused = 4, kBug = 70 };

enum class ColorChoice : uint8_t { Auto, Always, Never };

// --color > NO_COLOR > CLICOLOR_FORCE, FORCE_COLOR > TERM=dumb > is a terminal. Pure, so that a test can ask.
struct ColorFacts {
  ColorChoice choice = ColorChoice::Auto;
  const char* no_color;
  const char* clicolor_force;
  const char* force_color;
  const char* term;
  bool is_terminal;
};
bool decide_color(const ColorFacts& facts);

// stdout carries results, stderr everything else. With --json stdout is JSON alone, one object a line, whatever
// happens, and the last object repeats the exit code.
class Console {
 public:
  Console() = default;
  Console(const Console&) = delete;
  ~Console() { flush(); }

  void set_color(ColorChoice choice);
  void set_quiet(bool quiet) { quiet_ = quiet; }
  void set_verbosity(int level) { verbosity_ = level; }
  void set_json(std::string schema);  // "janus.diag/1"

  bool color_out() const { return color_out_; }
  bool color_err() const { return color_err_; }
  bool is_json() const { return !schema_.empty(); }
  bool is_quiet() const { return quiet_; }
  int verbosity() const { return verbosity_; }
  int width() const;            // of stderr's terminal, 80 when it is none
  bool err_is_terminal() const;

  void out(std::string_view text);             // results; kept until flush()
  void err(std::string_view text);             // as it is
  void say(std::string_view sentence);         // stderr, a line; not with -q
  void verbose(int level, std::string_view sentence);  // stderr, a line; with -v, -vv
  void json(JsonText& object);                 // a line on stdout, when is_json()
  JsonText json_object(const char* reason) const;  // begun: schema and reason

  // `error: sentence` and perhaps `help: hint`; returns the code, so commands can write `return console.fail(…)`.
  int fail(int code, std::string_view sentence, std::string_view hint = "");

  // The progress line, overwritten by whatever is written next. Empty text removes it.
  void progress(std::string_view text);

  bool flush();                                // false: stdout could not be written (disk full)
  int finish(int code);                        // last object, flush; the exit code that main returns

 private:
  void wipe();
  std::recursive_mutex mutex_;                 // the progress line comes from a thread of its own
  std::string out_;
  std::string schema_;
  bool color_out_ = false, color_err_ = false, quiet_ = false, progress_shown_ = false, out_failed_ = false;
  int out_errno_ = 0;
  int verbosity_ = 0;
};

}  // namespace janus
