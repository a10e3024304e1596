// test_report.cpp: results of tests in four forms.
// Depends on test_report.h, frontend/text_width.h (decode_utf8).
// SPDX-License-Identifier: Apache-2.0
#include "cli/test_report.h"

#include <algorithm>
#include <cstdio>

#include "frontend/text_width.h"

namespace janus {
namespace {

std::string indented(const std::string& text, const char* by) {
  std::string result;
  size_t all = text.find_last_not_of('\n') + 1;   // 0 when there is none
  for (size_t at = 0; at < all;) {
    size_t end = std::min(text.find('\n', at), all);
    result += (end > at ? by : "") + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return result;
}

// What a test wrote, for a terminal: bytes that are no text become U+FFFD, and so do control characters but those of
// lines and colours. A name has none of these either.
std::string harmless(std::string_view text, bool name) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    Utf8Char c = decode_utf8(text, i);
    bool control = c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0);
    bool kept = c.valid && (!control || (!name && (c.code == '\n' || c.code == '\t' || c.code == 0x1b)));
    if (kept) out += text.substr(i, c.size);
    else out += "\xEF\xBF\xBD";
    i += c.size;
  }
  return out;
}

// The beginning and the end of very much output; -v and the forms for programs have all of it.
std::string without_flood(const std::string& text) {
  constexpr size_t kHead = 60, kTail = 60;
  std::vector<size_t> starts = {0};
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) starts.push_back(at + 1);
  if (starts.size() <= kHead + kTail + 1) return text;
  size_t left_out = starts.size() - kHead - kTail - 1;
  return text.substr(0, starts[kHead]) + "… " + std::to_string(left_out) + " lines are left out (-v shows them)\n" +
         text.substr(starts[kHead + left_out]);
}

std::string milliseconds(double seconds) {
  char text[32];
  snprintf(text, sizeof text, "%.1f", seconds * 1e3);
  return text;
}

const char* word_of(TestEnd end) {
  switch (end) {
    case TestEnd::Passed: return "passed";
    case TestEnd::Failed: return "failed";
    case TestEnd::Timeout: return "timeout";
    case TestEnd::Ignored: return "ignored";
    case TestEnd::Unchanged: return "unchanged";
  }
  return "";
}

std::string shown_name(const TestCase& test) { return harmless(test.name, true); }
std::string place(const TestCase& test) { return test.path + ":" + std::to_string(test.line); }

// In YAML's double quotes, which JSON's rules fit.
std::string yaml_text(const std::string& text) {
  JsonText json;
  json.text(text);
  return json.take();
}

}  // namespace

std::string shell_quoted(const std::string& text) {
  if (!text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == std::string::npos)
    return text;
  std::string result = "'";
  for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

void TestReport::list(const TestCase& test) {
  Console& console = context.console;
  if (!console.is_json()) return console.out(place(test) + "  " + shown_name(test) + "\n");
  JsonText object = console.json_object("listed");
  object.field("name", test.name)
      .field("path", test.path)
      .field("line", test.line)
      .field("kind", test.is_doc() ? "doctest" : "test");
  console.json(object);
}

void TestReport::add(const TestCase& test, const TestResult& result, const std::string& word) {
  ++(result.end == TestEnd::Passed      ? passed
     : result.end == TestEnd::Ignored   ? ignored
     : result.end == TestEnd::Unchanged ? unchanged
                                        : failed);
  if (result.end != TestEnd::Unchanged)
    junit.push_back(
        {test.path, test.name, test.path, test.line, result.seconds, !result.failed(), result.end == TestEnd::Ignored,
         result.end == TestEnd::Failed && result.signal ? "crashed" : word_of(result.end), result.why, result.output});
  if (context.console.is_json()) add_json(test, result);
  else if (tap) add_tap(test, result);
  else add_text(test, result, word);
  if (result.failed()) context.console.flush();
}

void TestReport::add_json(const TestCase& test, const TestResult& result) {
  JsonText object = context.console.json_object("test");
  object.field("name", test.name)
      .field("path", test.path)
      .field("line", test.line)
      .field("kind", test.is_doc() ? "doctest" : "test");
  object.field("outcome", word_of(result.end)).field("us", static_cast<long>(result.seconds * 1e6));
  if (result.schedules) object.field("schedules", result.schedules);
  if (result.failed()) {
    object.field("why", result.why)
        .field("test_exit", result.exit)
        .field("signal", result.signal)
        .field("output", result.output);
    if (!result.seed.empty()) object.field("seed", result.seed);
  }
  context.console.json(object);
}

void TestReport::add_tap(const TestCase& test, const TestResult& result) {
  std::string name;
  for (char c : test.name) {
    if (c == '#' || c == '\\') name += '\\';   // `#` begins a directive
    name += c == '\n' ? ' ' : c;
  }
  std::string text = shown() == 1 ? "TAP version 14\n" : "";
  text += (result.failed() ? "not ok " : "ok ") + std::to_string(shown()) + " - " + name;
  if (result.end == TestEnd::Ignored) text += " # SKIP ignored";
  if (result.end == TestEnd::Unchanged) text += " # SKIP unchanged since it passed";
  text += "\n  ---\n  at: " + yaml_text(place(test)) + "\n  duration_ms: " + milliseconds(result.seconds) + "\n";
  if (result.failed()) {
    text += "  message: " + yaml_text(result.why) + "\n";
    if (!result.seed.empty()) text += "  seed: " + result.seed + "\n";
    if (!result.output.empty()) text += "  output: " + yaml_text(result.output) + "\n";
  }
  context.console.out(text + "  ...\n");
}

void TestReport::add_text(const TestCase& test, const TestResult& result, const std::string& word) {
  Console& console = context.console;
  auto paint = [&](const char* escape, const std::string& text) {
    return console.color_out() ? std::string(escape) + text + "\033[0m" : text;
  };
  if (!result.failed()) {
    if (console.verbosity() == 0) return;
    std::string took = result.end == TestEnd::Passed ? milliseconds(result.seconds) + " ms" : word_of(result.end);
    if (result.schedules) took += ", " + std::to_string(result.schedules) + " schedules";
    console.out(paint("\033[32m", "ok") + "   " + shown_name(test) + " (" + place(test) + ", " + took + ")\n");
    return;
  }
  std::string again = "janus test ";
  for (const std::string& folder : context.args.values(Opt::Directory)) again += "-C " + shell_quoted(folder) + " ";
  if (context.args.has(Opt::Release)) again += "--release ";
  if (!word.empty()) again += shell_quoted(word) + " ";
  again += (test.name.starts_with("-") ? "--only=" : "--only ") + shell_quoted(test.name);
  if (!result.seed.empty()) again += " --seed " + result.seed;
  console.out(
      paint("\033[1;31m", "FAIL") + " " + shown_name(test) + " (" + place(test) + ")\n" +
      indented(harmless(console.verbosity() > 0 ? result.output : without_flood(result.output), false), "    ") + "  " +
      result.why + "\n  again: " + again + "\n\n");
}

void TestReport::summary(double seconds) {
  Console& console = context.console;
  if (console.is_json()) {
    JsonText object = console.json_object("summary");
    object.field("passed", passed)
        .field("failed", failed)
        .field("ignored", ignored)
        .field("unchanged", unchanged)
        .field("us", static_cast<long>(seconds * 1e6));
    return console.json(object);
  }
  if (tap)
    return console.out((shown() == 0 ? "TAP version 14\n" : "") + std::string("1..") + std::to_string(shown()) + "\n");
  std::string text = std::to_string(passed) + " passed, " + std::to_string(failed) + " failed";
  if (ignored) text += ", " + std::to_string(ignored) + " ignored";
  if (unchanged) text += ", " + std::to_string(unchanged) + " unchanged";
  console.out(text + "\n");
}

}  // namespace janus
