// console.cpp: the only writer to stdout and stderr.
// Depends on console.h and the system.
// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace janus {
namespace {

bool is_set(const char* value) { return value && value[0]; }
bool is_on(const char* value) { return is_set(value) && strcmp(value, "0") != 0; }

// All of it, or false with errno: pipes take what they have room for.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      usleep(1000);
      continue;
    }
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

bool decide_color(const ColorFacts& facts) {
  if (facts.choice != ColorChoice::Auto) return facts.choice == ColorChoice::Always;
  if (is_set(facts.no_color)) return false;
  if (is_on(facts.clicolor_force) || is_on(facts.force_color)) return true;
  if (facts.term && strcmp(facts.term, "dumb") == 0) return false;
  return facts.is_terminal;
}

void Console::set_color(ColorChoice choice) {
  ColorFacts facts{choice,         getenv("NO_COLOR"), getenv("CLICOLOR_FORCE"), getenv("FORCE_COLOR"),
                   getenv("TERM"), isatty(1) == 1};
  color_out_ = decide_color(facts);
  facts.is_terminal = isatty(2) == 1;
  color_err_ = decide_color(facts);
}

void Console::set_json(std::string schema) { schema_ = std::move(schema); }

bool Console::err_is_terminal() const {
  const char* term = getenv("TERM");
  return isatty(2) == 1 && !(term && strcmp(term, "dumb") == 0);
}

int Console::width() const {
  winsize size{};
  if (ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void Console::out(std::string_view text) {
  std::lock_guard lock(mutex_);
  out_ += text;
  if (out_.size() > 64 * 1024) flush();
}

void Console::err(std::string_view text) {
  if (text.empty()) return;
  std::lock_guard lock(mutex_);
  flush();  // so that both streams, sent to one place, keep the order in which they were said
  wipe();
  write_all(2, text);
}

void Console::say(std::string_view sentence) {
  if (!quiet_) err(std::string(sentence) + "\n");
}

void Console::verbose(int level, std::string_view sentence) {
  if (verbosity_ >= level) err("janus: " + std::string(sentence) + "\n");
}

JsonText Console::json_object(const char* reason) const {
  JsonText object;
  object.object().field("schema", schema_).field("reason", reason);
  return object;
}

void Console::json(JsonText& object) {
  if (is_json()) out(object.close().take() + "\n");
}

int Console::fail(int code, std::string_view sentence, std::string_view hint) {
  if (is_json()) {
    JsonText object = json_object("failure");
    object.field("message", sentence).field("help", hint);
    json(object);
  }
  std::string text = color_err_ ? "\033[1;31merror\033[0m: " : "error: ";
  text += sentence;
  text += '\n';
  if (!hint.empty()) {
    text += color_err_ ? "\033[1;32mhelp\033[0m: " : "help: ";
    text += hint;
    text += '\n';
  }
  err(text);
  return code;
}

void Console::progress(std::string_view text) {
  std::lock_guard lock(mutex_);
  wipe();
  if (text.empty()) return;
  write_all(2, text);
  progress_shown_ = true;
}

void Console::wipe() {
  if (progress_shown_) write_all(2, "\r\033[K");
  progress_shown_ = false;
}

bool Console::flush() {
  std::lock_guard lock(mutex_);
  if (out_.empty()) return !out_failed_;
  wipe();
  if (!out_failed_ && !write_all(1, out_)) {
    out_failed_ = true;
    out_errno_ = errno;
  }
  out_.clear();
  return !out_failed_;
}

int Console::finish(int code) {
  if (is_json()) {
    JsonText object = json_object("end");
    object.field("exit", code);
    json(object);
  }
  if (!flush()) {
    schema_.clear();
    return fail(kEnvironment, std::string("cannot write to stdout: ") + strerror(out_errno_));
  }
  return code;
}

}  // namespace janus
