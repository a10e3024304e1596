// cmd_test.cpp: `janus test`: builds the test blocks into one executable and runs each as a process of its own.
// Depends on produce.h, process.h, junit.h.
// SPDX-License-Identifier: Apache-2.0
//
// The executable answers `--list` with lines `index<TAB>name<TAB>path:line:col`, and `--run INDEX` by running one test:
// exit 0 is passed, anything else failed, and what it printed says why. A crash is that test's failure only.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "cli/commands.h"
#include "cli/junit.h"
#include "cli/process.h"
#include "cli/produce.h"

namespace janus {
namespace {

struct Test {
  std::string index, name, path;
  int line = 0;
};

struct Settings {
  unsigned jobs = 1;
  double limit = 60;
  std::string filter;
};

std::string shell_quoted(const std::string& text) {
  if (!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == std::string::npos) return text;
  std::string result = "'";
  for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string indented(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    result += "    " + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return result;
}

struct Runner {
  Context& context;
  Settings settings;
  size_t passed = 0, failed = 0;
  std::vector<JunitCase> junit = {};

  Console& console() { return context.console; }

  std::string paint(const char* escape, const std::string& text) {
    return console().color_out() ? std::string(escape) + text + "\033[0m" : text;
  }

  bool list_tests(const Product& product, std::vector<Test>& tests) {
    Outcome listed = run_job({{product.path, "--list"}}, 60);
    if (!listed.passed()) {
      console().fail(kBug, "the test program cannot list its tests" + (listed.why.empty() ? std::string() : ": " + listed.why), "please report this, with the program");
      return false;
    }
    const std::string& text = listed.output;
    for (size_t at = 0; at < text.size();) {
      size_t end = std::min(text.find('\n', at), text.size());
      std::string line = text.substr(at, end - at);
      at = end + 1;
      size_t first = line.find('\t'), last = line.rfind('\t');
      if (first == std::string::npos || first == last) continue;
      Test test{line.substr(0, first), line.substr(first + 1, last - first - 1), line.substr(last + 1)};
      // path:line or path:line:col; the path may have colons too.
      for (int numbers = 0; numbers < 2; ++numbers) {
        size_t colon = test.path.rfind(':');
        if (colon == std::string::npos || colon + 1 == test.path.size() || test.path.find_first_not_of("0123456789", colon + 1) != std::string::npos) break;
        test.line = atoi(test.path.c_str() + colon + 1);
        test.path.resize(colon);
      }
      if (test.name.find(settings.filter) != std::string::npos) tests.push_back(std::move(test));
    }
    return true;
  }

  std::string why_failed(const Outcome& outcome) const {
    if (!outcome.started) return outcome.why;
    if (outcome.timed_out) {
      char limit[32];
      snprintf(limit, sizeof limit, "%g", settings.limit);
      return std::string("ran longer than ") + limit + " s and was stopped (--timeout)";
    }
    if (outcome.signal) return "ended by " + signal_words(outcome.signal);
    if (outcome.exit == 101) return "panicked (exit 101)";
    return "exit " + std::to_string(outcome.exit);
  }

  void show(const std::string& word, const Test& test, const Outcome& outcome) {
    bool ok = outcome.passed();
    ++(ok ? passed : failed);
    std::string place = test.path + ":" + std::to_string(test.line), why = ok ? "" : why_failed(outcome);
    junit.push_back({test.path, test.name, test.path, test.line, outcome.seconds, ok, why, outcome.output});
    if (console().is_json()) {
      JsonText object = console().json_object("test");
      object.field("name", test.name).field("path", test.path).field("line", test.line);
      object.field("outcome", ok ? "passed" : outcome.timed_out ? "timeout" : "failed").field("us", static_cast<long>(outcome.seconds * 1e6));
      if (!ok) object.field("why", why).field("test_exit", outcome.exit).field("signal", outcome.signal).field("output", outcome.output);
      console().json(object);
      return;
    }
    if (ok) {
      if (console().verbosity() == 0) return;
      char took[32];
      snprintf(took, sizeof took, "%.1f ms", outcome.seconds * 1e3);
      console().out(paint("\033[32m", "ok") + "   " + test.name + " (" + place + ", " + took + ")\n");
      return;
    }
    std::string again = "janus test ";
    if (!word.empty()) again += shell_quoted(word) + " ";
    console().out(paint("\033[1;31m", "FAIL") + " " + test.name + " (" + place + ")\n" + indented(outcome.output) + "  " + why + "\n" +
                  "  again: " + again + "--filter " + shell_quoted(test.name) + "\n\n");
    console().flush();
  }

  // Shown in the order of the source, whichever ends first.
  void run_tests(const std::string& word, const Product& product, const std::vector<Test>& tests) {
    std::vector<Job> jobs;
    for (const Test& test : tests) jobs.push_back({{product.path, "--run", test.index}});
    std::map<size_t, Outcome> waiting;
    size_t next = 0;
    context.timing.begin("run tests");
    {
      Progress progress(console(), context.timing);
      run_jobs(jobs, settings.jobs, settings.limit, [&](size_t index, Outcome& outcome) {
        waiting[index] = std::move(outcome);
        for (auto at = waiting.find(next); at != waiting.end(); at = waiting.find(++next)) {
          show(word, tests[next], at->second);
          waiting.erase(at);
        }
      });
    }
    context.timing.begin(nullptr);
  }

  int run(const std::string& word) {
    Target target;
    Product product;
    if (int code = find_target(context, word, Purpose::Modules, target)) return code;
    if (int code = produce(context, target, {EmitKind::Executable, context.args.has(Opt::Release), true, context.args.has(Opt::Fair)}, product)) return code;
    std::vector<Test> tests;
    if (!list_tests(product, tests)) return kBug;
    if (context.args.has(Opt::List)) {
      for (const Test& test : tests) list(test);
      return kDone;
    }
    size_t before = failed;
    run_tests(word, product, tests);
    if (tests.empty() && settings.filter.empty()) console().say("there are no `test` blocks in " + (word.empty() ? target.name : word));
    return failed > before ? kFailed : kDone;
  }

  void list(const Test& test) {
    if (!console().is_json()) return console().out(test.path + ":" + std::to_string(test.line) + "  " + test.name + "\n");
    JsonText object = console().json_object("listed");
    object.field("name", test.name).field("path", test.path).field("line", test.line);
    console().json(object);
  }
};

bool read_number(Context& context, Opt opt, double least, double& number) {
  const Args::Given* given = context.args.find(opt);
  if (!given) return true;
  char* end = nullptr;
  number = strtod(given->value.c_str(), &end);
  if (end != given->value.c_str() && *end == '\0' && number >= least && number <= 1e6) return true;
  context.console.fail(kUsage, std::string("`--") + option_info(opt).long_form + "` takes a number, not `" + given->value + "`");
  return false;
}

}  // namespace

int run_test(Context& context) {
  Settings settings;
  double jobs = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  if (!check_common_options(context) || !read_number(context, Opt::Timeout, 0.001, settings.limit) || !read_number(context, Opt::Jobs, 1, jobs)) return kUsage;
  settings.jobs = static_cast<unsigned>(jobs);
  settings.filter = context.args.value(Opt::Filter);
  Runner runner{context, settings};
  std::vector<std::string> words = context.args.words;
  if (words.empty()) words.push_back("");
  int code = kDone;
  for (const std::string& word : words) code = std::max(code, runner.run(word));
  if (context.args.has(Opt::List)) return code;

  Console& console = context.console;
  if (const Args::Given* file = context.args.find(Opt::Junit)) {
    std::string why;
    if (!write_file(file->value, junit_xml(runner.junit), why)) code = console.fail(kEnvironment, why);
  }
  if (context.args.has(Opt::TimeReport)) context.timing.show(console);
  if (console.is_json()) {
    JsonText object = console.json_object("summary");
    object.field("passed", runner.passed).field("failed", runner.failed);
    console.json(object);
  } else if (code == kDone || code == kFailed) {
    bool built = runner.passed + runner.failed > 0 || code == kDone;
    if (built) console.out(std::to_string(runner.passed) + " passed, " + std::to_string(runner.failed) + " failed\n");
  }
  return code;
}

}  // namespace janus
