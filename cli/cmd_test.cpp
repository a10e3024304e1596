// cmd_test.cpp: `janus test`: builds the tests and the examples of the documentation into one executable, and runs each
// as a process of its own, forked from it. Depends on coverage.h, guides.h, produce.h, test_server.h, test_report.h,
// test_rows.h, test_memory.h, junit.h, runtime/abi_test.h. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/coverage.h"
#include "cli/guides.h"
#include "cli/interrupt.h"
#include "cli/produce.h"
#include "cli/test_memory.h"
#include "cli/test_report.h"
#include "cli/test_rows.h"
#include "cli/test_server.h"
#include "runtime/abi_test.h"

namespace janus {
namespace {

struct Settings {
  unsigned jobs = 1;
  double limit = 60;
  std::string filter;
  std::optional<std::string> only;   // a whole name
  bool tests = true, docs = true;
  bool changed = false;
  bool coverage = false;
  long schedules = 0;   // 0: the ordinary one
  uint64_t seed = 1;   // of the first schedule
};

// "a\tb\nc" as the executable wrote it.
std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    char c = text[++i];
    result += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return result;
}

// INDEX MODE PLACE NAME NOTE, with tabs between.
bool read_case(std::string_view line, TestCase& test) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t tab = line.find('\t');
    parts.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) break;
    line.remove_prefix(tab + 1);
  }
  if (parts.size() != 5) return false;
  test.index = atoll(std::string(parts[0]).c_str());
  test.mode = atoll(std::string(parts[1]).c_str());
  test.path = unescaped(parts[2]);
  test.name = unescaped(parts[3]);
  test.note = unescaped(parts[4]);
  // path:line:col; the path may have colons too.
  for (int numbers = 0; numbers < 2; ++numbers) {
    size_t colon = test.path.rfind(':');
    if (colon == std::string::npos || colon + 1 == test.path.size() ||
        test.path.find_first_not_of("0123456789", colon + 1) != std::string::npos)
      break;
    test.line = atoi(test.path.c_str() + colon + 1);
    test.path.resize(colon);
  }
  return true;
}

struct Runner {
  Context& context;
  Settings settings;
  TestReport report;
  bool has_tasks = false;   // of the executable at hand
  std::vector<TestRan> ran = {};   // of the target at hand
  Coverage coverage = {};   // of all targets
  std::string name = {}, package = {};   // of the first

  Console& console() { return context.console; }

  bool list_tests(const Product& product, std::vector<TestCase>& tests) {
    Outcome listed = run_job({{product.path, "--list"}}, 60);
    if (!listed.passed()) {
      console().fail(
          kBug, "the test program cannot list its tests" + (listed.why.empty() ? std::string() : ": " + listed.why),
          "please report this, with the program");
      return false;
    }
    std::string_view text = listed.output;
    while (!text.empty()) {
      size_t end = std::min(text.find('\n'), text.size());
      TestCase test;
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line == "tasks") has_tasks = true;
      if (!read_case(line, test) || (test.is_doc() ? !settings.docs : !settings.tests)) continue;
      if (settings.only && test.name != *settings.only) continue;
      if (test.name.find(settings.filter) != std::string::npos) tests.push_back(std::move(test));
    }
    std::sort(tests.begin(), tests.end(), [](const TestCase& a, const TestCase& b) {
      return a.path != b.path ? a.path < b.path : a.line != b.line ? a.line < b.line : a.index < b.index;
    });
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
    if (outcome.exit == kBug && outcome.output.find("leak") != std::string::npos) return "leaked memory (exit 70)";
    return "exit " + std::to_string(outcome.exit);
  }

  // One test's runs: one, or one a schedule.
  struct Progressing {
    size_t left = 0;
    TestResult result = {};
  };

  void take(Progressing& test, const TestJob& job, Outcome& outcome) {
    --test.left;
    test.result.seconds += outcome.seconds;
    if (test.result.failed() || outcome.passed()) return;
    test.result.end = outcome.timed_out ? TestEnd::Timeout : TestEnd::Failed;
    test.result.why = why_failed(outcome);
    if (!job.seed.empty()) test.result.why += ", schedule " + job.seed;
    test.result.output = std::move(outcome.output);
    test.result.seed = job.seed;
    test.result.exit = outcome.exit;
    test.result.signal = outcome.signal;
  }

  // Shown in the order of the source, whichever ends first.
  bool run_tests(const std::string& word, const Product& product, const std::vector<TestCase>& tests,
                 TestMemory& memory) {
    std::vector<Progressing> all(tests.size());
    std::vector<TestJob> jobs;
    std::vector<size_t> test_of;
    long times = has_tasks ? settings.schedules : 0;
    for (size_t i = 0; i < tests.size(); ++i) {
      TestResult& result = all[i].result;
      if (tests[i].mode == rt::kTestIgnored) result.end = TestEnd::Ignored;
      if (tests[i].mode == rt::kTestFailed)
        result.end = TestEnd::Failed, result.output = tests[i].note, result.why = "could not be run";
      if (settings.changed && result.end == TestEnd::Passed && memory.passed(tests[i])) result.end = TestEnd::Unchanged;
      if (result.end != TestEnd::Passed || tests[i].mode == rt::kTestPassed) continue;
      result.schedules = times;
      all[i].left = static_cast<size_t>(std::max(1l, times));
      for (size_t k = 0; k < all[i].left; ++k) {
        jobs.push_back({tests[i].index, times ? std::to_string(settings.seed + k) : ""});
        test_of.push_back(i);
      }
    }
    size_t next = 0;
    auto show_ready = [&] {
      for (; next < tests.size() && all[next].left == 0; ++next) {
        report.add(tests[next], all[next].result, word);
        memory.note(tests[next], all[next].result);
        const TestResult& result = all[next].result;
        if (result.end != TestEnd::Ignored && result.end != TestEnd::Unchanged)
          ran.push_back({tests[next], result.end, result.exit, result.signal, result.seconds});
        all[next].result.output = {};
      }
    };
    show_ready();
    if (jobs.empty()) return true;
    context.timing.begin("run tests");
    std::string why;
    bool good;
    {
      Progress progress(console(), context.timing);
      std::string counters;
      std::unique_ptr<Scratch> keeper;
      if (settings.coverage) {
        const char* tmp = getenv("TMPDIR");
        counters = scratch_name(join_path(tmp && tmp[0] ? tmp : "/tmp", "counters"));
        keeper = std::make_unique<Scratch>(counters);
      }
      TestServer server{product.path, counters, settings.jobs, settings.limit};
      server.wanted = [&](size_t job) {
        Progressing& test = all[test_of[job]];
        if (!test.result.failed()) return true;
        --test.left;
        show_ready();
        return false;
      };
      server.done = [&](size_t job, Outcome& outcome) {
        take(all[test_of[job]], jobs[job], outcome);
        show_ready();
      };
      good = server.run(jobs, why);
      if (good && settings.coverage && is_file(counters)) good = coverage.take(counters, why);
    }
    context.timing.begin(nullptr);
    if (!good) console().fail(kEnvironment, "the tests could not be run to their end: " + why);
    return good;
  }

  int run(const std::string& word) {
    Target target;
    Product product;
    if (int code = find_target(context, word, Purpose::Modules, target)) return code;
    target.load.doctests.own = true;
    if (target.is_package) target.load.doctests.guides = guide_paths(context.disk, target);
    if (name.empty()) name = target.name, package = target.is_package ? target.package : "";
    if (int code = produce(context, target,
                           {EmitKind::Executable, context.args.has(Opt::Release), true, context.args.has(Opt::Fair),
                            settings.coverage},
                           product))
      return code;
    std::vector<TestCase> tests;
    if (!list_tests(product, tests)) return kBug;
    if (context.args.has(Opt::List)) {
      for (const TestCase& test : tests) report.list(test);
      return kDone;
    }
    guard_interrupts();
    size_t before = report.failed;
    TestMemory memory(target, product, context.args.has(Opt::Release));
    if (!run_tests(word, product, tests, memory)) return kEnvironment;
    memory.keep();
    store_results(context, word, ran);
    ran.clear();
    if (tests.empty() && settings.filter.empty() && !settings.only && !report.tap)
      console().say("there are no tests in " + (word.empty() ? target.name : word));
    return report.failed > before ? kFailed : kDone;
  }
};

bool read_number(Context& context, Opt opt, double least, double& number) {
  const Args::Given* given = context.args.find(opt);
  if (!given) return true;
  char* end = nullptr;
  number = strtod(given->value.c_str(), &end);
  if (end != given->value.c_str() && *end == '\0' && number >= least && number <= 1e6) return true;
  context.console.fail(
      kUsage, std::string("`--") + option_info(opt).long_form + "` takes a number, not `" + given->value + "`");
  return false;
}

bool read_whole(Context& context, Opt opt, uint64_t& number) {
  const Args::Given* given = context.args.find(opt);
  if (!given) return true;
  const std::string& text = given->value;
  if (!text.empty() && text.size() <= 19 && text.find_first_not_of("0123456789") == std::string::npos)
    return number = strtoull(text.c_str(), nullptr, 10), true;
  context.console.fail(kUsage,
                       std::string("`--") + option_info(opt).long_form + "` takes a whole number, not `" + text + "`");
  return false;
}

}   // namespace

int run_test(Context& context) {
  Settings settings;
  const Args& args = context.args;
  double jobs = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  uint64_t schedules = args.has(Opt::Seed) ? 1 : 0;
  if (!check_common_options(context) || !read_number(context, Opt::Timeout, 0.001, settings.limit) ||
      !read_number(context, Opt::Jobs, 1, jobs) || !read_whole(context, Opt::Seed, settings.seed) ||
      !read_whole(context, Opt::Schedules, schedules))
    return kUsage;
  Console& console = context.console;
  if (schedules > 100000) return console.fail(kUsage, "`--schedules` takes at most 100000");
  if (args.has(Opt::Doc) && args.has(Opt::NoDoc))
    return console.fail(kUsage, "`--doc` runs examples only, and `--no-doc` none");
  if (args.has(Opt::Tap) && console.is_json()) return console.fail(kUsage, "`--json` and `--tap` both want stdout");
  settings.schedules = static_cast<long>(schedules);
  settings.jobs = static_cast<unsigned>(jobs);
  settings.filter = args.value(Opt::Filter);
  if (const Args::Given* name = args.find(Opt::Only)) settings.only = name->value;
  settings.tests = !args.has(Opt::Doc);
  settings.docs = !args.has(Opt::NoDoc);
  settings.changed = args.has(Opt::Changed);
  settings.coverage = args.has(Opt::Coverage);
  if (settings.coverage && settings.changed)
    return console.fail(kUsage, "`--coverage` counts what all tests do, and `--changed` passes over some");
  if (!settings.coverage && args.has(Opt::Out))
    return console.fail(kUsage, "`--out` says where the pages of `--coverage` go",
                        "janus test --coverage --out " + args.value(Opt::Out));
  Runner runner{context, settings, TestReport{context, args.has(Opt::Tap)}};
  std::vector<std::string> words = args.words;
  if (words.empty()) words.push_back("");
  int code = kDone;
  for (const std::string& word : words) code = std::max(code, runner.run(word));
  if (args.has(Opt::List)) return code;
  if (code == kDone && settings.only && runner.report.shown() == 0)
    console.say("note: no test is called `" + *settings.only + "`");
  else if (code == kDone && !settings.filter.empty() && runner.report.shown() == 0)
    console.say("note: no test has `" + settings.filter + "` in its name");

  if (const Args::Given* file = args.find(Opt::Junit)) {
    std::string why;
    if (!write_file(file->value, junit_xml(runner.report.junit), why)) code = console.fail(kEnvironment, why);
  }
  if (settings.coverage && !runner.coverage.empty()) {
    std::string folder = args.value(Opt::Out);
    if (folder.empty())
      folder = join_path(runner.package.empty() || runner.package == "." ? "build" : join_path(runner.package, "build"),
                         "coverage");
    if (int failed = runner.coverage.write(context, folder, runner.name)) code = failed;
  }
  if (args.has(Opt::TimeReport)) context.timing.show(console);
  if (console.is_json() || code == kDone || code == kFailed) {
    const TestReport& r = runner.report;
    bool built = r.passed + r.failed + r.ignored + r.unchanged > 0 || code == kDone;
    if (built || console.is_json()) runner.report.summary(context.timing.seconds());
  }
  return code;
}

}   // namespace janus
