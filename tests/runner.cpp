// runner.cpp: janus-tests. Runs every tests/<folder>/**/*.jan the way its folder says, by starting janus as a process.
// Depends on POSIX and the standard library; on nothing of the compiler, so that it tests what a user has.
// SPDX-License-Identifier: Apache-2.0
//
// A test is one file: the program, then sections that begin with `//---- `. tests/README.md lists them all.
// Everything a test writes lies in a folder of its own below one temporary folder, which is also the cache of the
// janus under test, so a run neither sees nor leaves anything outside.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fs = std::filesystem;
using std::string;
using std::string_view;
using std::vector;

namespace {

// --- data ---------------------------------------------------------------------------------------------------

// A block section keeps the lines below its heading; a line section (`exit: 1`) is over with its own line, and
// the lines below it still belong to the block before, so `//---- exit: 101` may stand above the program.
struct Section {
  string name;      // "output", "file", "exit"
  string argument;  // what follows the colon
  string body;      // block sections only
  size_t heading;   // line number of the heading, from 0
  size_t end;       // one past the last line of the body
};

struct Test {
  fs::path path;     // tests/run/closures.jan
  string name;       // run/closures
  string folder;     // run
  vector<string> lines;
  string program;
  size_t program_end = 0;  // lines [0, program_end) are the program
  vector<Section> sections;

  const Section* find(string_view section) const {
    for (const Section& s : sections)
      if (s.name == section) return &s;
    return nullptr;
  }
};

struct Outcome {
  int code = 0;  // exit code, or 128 + signal as a shell says it
  bool timed_out = false;
  string out, err;
};

// What `//  ^ E2001 Name` and janus's JSON lines are both reduced to; compared as sets.
struct Place {
  string file;
  size_t line, col;  // from 1; col in bytes
  string code;
  auto operator<=>(const Place&) const = default;
};

struct Options {
  string janus;
  fs::path tests = JANUS_SOURCE_DIR "/tests";
  string filter;
  string mode;  // empty: what the test says
  vector<string> bless;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  int timeout_ms = 20'000;
  int schedules = 6;  // more runs of each program with tasks, half of them seeded
  uint64_t seeds = 0, first_seed = 1;  // … and seeded ones alone
  bool only_codes = false, list = false, verbose = false;
};

Options options;
fs::path scratch;
std::atomic<uint64_t> schedules_run = 0;
using Failures = vector<string>;  // what went wrong in one test; empty: it passed

// --- text ---------------------------------------------------------------------------------------------------

bool starts_with(string_view text, string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

string_view trim(string_view text) {
  while (!text.empty() && isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

vector<string> split_lines(string_view text) {
  vector<string> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

vector<string> split_words(string_view text) {
  std::istringstream in{string(text)};
  vector<string> words;
  for (string word; in >> word;) words.push_back(word);
  return words;
}

string join_lines(const vector<string>& lines, size_t from, size_t to) {
  string text;
  for (size_t i = from; i < to; ++i) text += lines[i] + "\n";
  return text;
}

std::optional<string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return string(std::istreambuf_iterator<char>(in), {});
}

void write_file(const fs::path& path, string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

string indent(string_view text, size_t most_lines = 30) {
  string result;
  vector<string> lines = split_lines(text);
  for (size_t i = 0; i < lines.size() && i < most_lines; ++i) result += "      " + lines[i] + "\n";
  if (lines.size() > most_lines) result += "      … and " + std::to_string(lines.size() - most_lines) + " more lines\n";
  return result;
}

// The first line in which two texts differ, with both versions: enough to see what happened, short enough to read.
string difference(string_view wanted, string_view got) {
  vector<string> want = split_lines(wanted), have = split_lines(got);
  size_t i = 0;
  while (i < want.size() && i < have.size() && want[i] == have[i]) ++i;
  if (i == want.size() && i == have.size()) return "    they differ in the newline at the end\n";
  auto line = [&](const vector<string>& lines) { return i < lines.size() ? lines[i] : string("(end)"); };
  return "    line " + std::to_string(i + 1) + "\n      wanted: " + line(want) + "\n      got:    " + line(have) + "\n";
}

string sorted_lines(string_view text) {
  vector<string> lines = split_lines(text);
  std::sort(lines.begin(), lines.end());
  return join_lines(lines, 0, lines.size());
}

// --- reading a test -----------------------------------------------------------------------------------------

bool is_block(string_view name) {
  static const std::set<string_view> blocks = {
      "output", "stdout", "stdin", "tree", "file", "sh", "diagnostics", "fixed", "stderr contains", "stdout contains"};
  return blocks.count(name) > 0;
}

constexpr string_view kInComments = "in comments";

// Lines without the `// ` that they begin with.
string uncommented(const vector<string>& lines, size_t from, size_t to) {
  vector<string> bare;
  for (size_t i = from; i < to; ++i) {
    string_view line = lines[i];
    if (starts_with(line, "//")) line.remove_prefix(line.size() > 2 && line[2] == ' ' ? 3 : 2);
    bare.emplace_back(line);
  }
  return join_lines(bare, 0, bare.size());
}

Test load_test(const fs::path& path) {
  Test test;
  test.path = path;
  fs::path relative = fs::relative(path, options.tests);
  test.folder = relative.begin()->string();
  test.name = relative.replace_extension().string();
  test.lines = split_lines(read_file(path).value_or(""));
  constexpr string_view mark = "//---- ";
  int block = -1;  // index of the open block section; -1: the program
  bool whole = false;
  test.program_end = test.lines.size();
  for (size_t i = 0; i < test.lines.size(); ++i) {
    if (!starts_with(test.lines[i], mark)) continue;
    string_view rest = trim(string_view(test.lines[i]).substr(mark.size()));
    size_t colon = rest.find(':');
    Section section{
        .name = string(trim(rest.substr(0, colon))), .argument = "", .body = "", .heading = i, .end = i + 1};
    if (colon != string_view::npos) section.argument = string(trim(rest.substr(colon + 1)));
    // `stderr contains: text` is a line; `stderr contains` alone heads a block.
    // `output: in comments`: each line of the body is a comment, and the file is a program as it stands.
    bool commented = section.argument == kInComments;
    bool opens = is_block(section.name) && (section.argument.empty() || section.name == "file" || commented);
    whole |= commented;
    if (opens) {
      if (block < 0) test.program_end = i;
      else test.sections[static_cast<size_t>(block)].end = i;
      block = static_cast<int>(test.sections.size());
    }
    test.sections.push_back(section);
  }
  if (block >= 0) test.sections[static_cast<size_t>(block)].end = test.lines.size();
  for (Section& s : test.sections)
    if (is_block(s.name))
      s.body = s.argument == kInComments ? uncommented(test.lines, s.heading + 1, s.end)
                                         : join_lines(test.lines, s.heading + 1, s.end);
  test.program = join_lines(test.lines, 0, whole ? test.lines.size() : test.program_end);
  return test;
}

// --- processes ----------------------------------------------------------------------------------------------

// Optimising a program takes seconds of processor time, which on a crowded machine are far apart: only a compiler that
// never ends shall be killed.
constexpr int kBuildPatience = 6;

// Starts a program in `dir`, feeds it `input`, and collects what it prints; kills its whole group at the deadline,
// which is `times` that of a test.
Outcome run(const vector<string>& command, const fs::path& dir, string_view input = {}, const vector<string>& env = {},
            int times = 1) {
  int in[2], out[2], err[2];
  Outcome result;
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
    return {.code = 127, .out = "", .err = "no pipe"};
  vector<char*> argv;
  for (const string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
    if (chdir(dir.c_str())) _exit(127);
    for (const string& pair : env) putenv(const_cast<char*>(pair.c_str()));
    rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    execvp(argv[0], argv.data());
    dprintf(2, "cannot start %s: %s\n", argv[0], strerror(errno));
    _exit(127);
  }
  close(in[0]), close(out[1]), close(err[1]);
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options.timeout_ms) * times;
  pollfd fds[3] = {{in[1], POLLOUT, 0}, {out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  if (input.empty()) close(in[1]), fds[0].fd = -1;
  constexpr size_t most = 16 << 20;  // a runaway printer must not take the machine with it
  while (fds[1].fd >= 0 || fds[2].fd >= 0) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0 || result.out.size() + result.err.size() > most) {
      kill(-pid, SIGKILL);
      result.timed_out = true;
      break;
    }
    if (poll(fds, 3, static_cast<int>(left)) <= 0) continue;
    if (fds[0].fd >= 0 && fds[0].revents) {
      ssize_t n = write(fds[0].fd, input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<size_t>(n));
      if (n < 0 || input.empty()) close(fds[0].fd), fds[0].fd = -1;
    }
    for (int i = 1; i < 3; ++i) {
      if (fds[i].fd < 0 || !fds[i].revents) continue;
      char buffer[65536];
      ssize_t n = read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0) (i == 1 ? result.out : result.err).append(buffer, static_cast<size_t>(n));
      else close(fds[i].fd), fds[i].fd = -1;
    }
  }
  for (pollfd& fd : fds)
    if (fd.fd >= 0) close(fd.fd);
  int status = 0;
  waitpid(pid, &status, 0);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

// --- the files of a test, on disk ---------------------------------------------------------------------------

struct Workplace {
  fs::path dir;
  string target;                  // what janus is given: "closures.jan", or "." for a package
  vector<string> files;           // names, the program first
  vector<string> texts;           // beside `files`
  vector<size_t> first_lines;     // where each text begins in the test file, from 0
};

Workplace unpack(const Test& test) {
  static std::atomic<int> next = 0;
  Workplace place;
  place.dir = scratch / std::to_string(next++);
  bool package = false;
  for (const Section& s : test.sections) package |= s.name == "file" && s.argument == "janus.toml";
  string main = test.path.filename().string();
  if (package) main = "src/main.jan";
  place.target = package ? "." : main;
  auto add = [&](const string& name, const string& text, size_t first_line) {
    write_file(place.dir / name, text);
    place.files.push_back(name), place.texts.push_back(text), place.first_lines.push_back(first_line);
  };
  fs::create_directories(place.dir);
  if (!trim(test.program).empty()) add(main, test.program, 0);
  for (const Section& s : test.sections)
    if (s.name == "file") add(s.argument, s.body, s.heading + 1);
  return place;
}

vector<string> environment(const Test& test) {
  vector<string> env = {"JANUS_CACHE_DIR=" + (scratch / "cache").string(), "JANUS=" + options.janus, "LC_ALL=C.UTF-8"};
  for (const Section& s : test.sections)
    if (s.name == "env") env.push_back(s.argument);
  return env;
}

// --- expectations -------------------------------------------------------------------------------------------

int wanted_exit(const Test& test, int otherwise = 0) {
  const Section* s = test.find("exit");
  return s ? atoi(s->argument.c_str()) : otherwise;
}

void expect_contains(const Test& test, string_view stream, string_view text, Failures& failures) {
  for (const Section& s : test.sections) {
    bool mine = s.name == stream || s.name == string(stream) + " contains";
    if (!mine) continue;
    vector<string> wanted = s.argument.empty() && s.name != stream ? split_lines(s.body) : vector<string>{s.argument};
    for (const string& line : wanted)
      if (!trim(line).empty() && text.find(trim(line)) == string_view::npos)
        failures.push_back(string(stream) + " must contain: " + string(trim(line)) + "\n    it was:\n" + indent(text));
  }
}

// Exit code, stdout and stderr of one run against the sections of the test.
void expect_outcome(const Test& test, const Outcome& got, const string& label, Failures& failures) {
  if (got.timed_out) {
    failures.push_back(label + "killed after " + std::to_string(options.timeout_ms / 1000) +
                       " s (or 16 MB of output)\n");
    return;
  }
  if (got.code != wanted_exit(test))
    failures.push_back(label + "exit " + std::to_string(got.code) + ", wanted " + std::to_string(wanted_exit(test)) +
                       "; stderr was:\n" + indent(got.err));
  const Section* output = test.find("output");
  if (!output) output = test.find("stdout");
  bool any_order = test.find("sorted") != nullptr;
  string wanted = output ? output->body : "", out = got.out;
  if (any_order) wanted = sorted_lines(wanted), out = sorted_lines(out);
  bool partial = test.find("stdout contains") != nullptr && !output;
  if (!partial && wanted != out)
    failures.push_back(label + (output ? "the output differs\n" : "prints, and the test has no `//---- output`\n") +
                       difference(wanted, out));
  if (partial) expect_contains(test, "stdout", got.out, failures);
  expect_contains(test, "stderr", got.err, failures);
}

// --- carets and diagnostics ---------------------------------------------------------------------------------

bool is_code(string_view word) {
  return word.size() == 5 && strchr("EWD", word[0]) && isdigit(word[1]) && isdigit(word[2]) && isdigit(word[3]) &&
         isdigit(word[4]);
}

struct Caret {
  size_t col;  // in characters, from 1
  string code;
};

// `//     ^ E2001 Name`: the caret stands under the place. `//@1 E2001 Name` gives the column of a place that the
// `//` itself would cover.
std::optional<Caret> read_caret(string_view line) {
  string_view text = trim(line);
  if (!starts_with(text, "//") || starts_with(text, "//-")) return std::nullopt;
  size_t caret = line.find_first_of("^@", line.find("//") + 2);
  if (caret == string_view::npos) return std::nullopt;
  if (!trim(line.substr(line.find("//") + 2, caret - line.find("//") - 2)).empty()) return std::nullopt;
  Caret result{0, ""};
  for (size_t i = 0; i <= caret; ++i) result.col += (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
  if (line[caret] == '@') result.col = static_cast<size_t>(atoi(string(line.substr(caret + 1)).c_str()));
  vector<string> words = split_words(line.substr(line.find_first_not_of("^@0123456789", caret)));
  if (words.empty() || !is_code(words[0])) return std::nullopt;
  result.code = words[0];
  return result;
}

// The byte column of the n-th character, both from 1: carets are set by eye, diagnostics count bytes.
size_t byte_column(string_view line, size_t character) {
  size_t seen = 0;
  for (size_t i = 0; i < line.size(); ++i)
    if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80 && ++seen == character) return i + 1;
  return line.size() + (character - seen);
}

vector<Place> wanted_places(const Workplace& place) {
  vector<Place> result;
  for (size_t f = 0; f < place.files.size(); ++f) {
    vector<string> lines = split_lines(place.texts[f]);
    size_t subject = 0;  // the last line that is not a caret comment
    for (size_t i = 0; i < lines.size(); ++i) {
      if (auto caret = read_caret(lines[i]))
        result.push_back({place.files[f], subject + 1, byte_column(lines[subject], caret->col), caret->code});
      else subject = i;
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

// A reader for one line of JSON: every scalar becomes `path -> text`, as in {"span.line": "3"}; arrays use indices.
struct JsonReader {
  string_view text;
  std::map<string, string> values;

  void space() { text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())); }
  string quoted() {
    string result;
    text.remove_prefix(1);
    while (!text.empty() && text[0] != '"') {
      if (text[0] == '\\' && text.size() > 1) result += text.substr(0, 2), text.remove_prefix(2);
      else result += text[0], text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return result;
  }
  void value(const string& path, int depth = 0) {
    space();
    if (text.empty() || depth > 20) return;
    if (text[0] == '"') {
      values[path] = quoted();
    } else if (text[0] == '{' || text[0] == '[') {
      char close = text[0] == '{' ? '}' : ']';
      text.remove_prefix(1);
      for (int i = 0;; ++i) {
        space();
        if (text.empty()) return;
        if (text[0] == close) return text.remove_prefix(1);
        if (text[0] == ',') {
          text.remove_prefix(1), --i;
          continue;
        }
        string key = std::to_string(i);
        if (close == '}') {
          if (text[0] != '"') return;
          key = quoted();
          space();
          if (!text.empty()) text.remove_prefix(1);  // the colon
        }
        size_t before = text.size();
        value(path.empty() ? key : path + "." + key, depth + 1);
        if (text.size() == before) return;
      }
    } else {
      size_t end = std::min(text.find_first_of(",]} \t\r\n"), text.size());
      values[path] = string(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
};

// Diagnostics of `janus check --json`: one object a line; those without a code (a closing summary) are passed over.
vector<Place> reported_places(string_view out) {
  vector<Place> result;
  for (const string& line : split_lines(out)) {
    if (!starts_with(trim(line), "{")) continue;
    JsonReader json{line, {}};
    json.value("");
    auto get = [&](std::initializer_list<const char*> keys) -> string {
      for (const char* key : keys)
        if (auto it = json.values.find(key); it != json.values.end()) return it->second;
      return "";
    };
    string code = get({"code"});
    if (!is_code(code)) continue;
    string file = get({"path", "file", "span.path", "span.file"});
    if (starts_with(file, "./")) file.erase(0, 2);
    result.push_back({file, static_cast<size_t>(atoi(get({"line", "span.line", "start.line"}).c_str())),
                      static_cast<size_t>(atoi(get({"col", "column", "span.col", "span.column", "start.col"}).c_str())),
                      code});
  }
  std::sort(result.begin(), result.end());
  return result;
}

string print_place(const Place& p) {
  return "      " + p.file + ":" + std::to_string(p.line) + ":" + std::to_string(p.col) + " " + p.code + "\n";
}

// --- the folders --------------------------------------------------------------------------------------------

// Any of these on stderr is our bug, whatever else the test expects.
void expect_no_crash(const Outcome& got, const string& label, Failures& failures) {
  bool crashed = got.code == 70 || got.code >= 128 || got.err.find("Sanitizer") != string::npos ||
                 got.err.find("runtime error:") != string::npos;
  if (crashed) failures.push_back(label + "janus crashed, exit " + std::to_string(got.code) + ":\n" + indent(got.err));
}

vector<string> modes_of(const Test& test) {
  if (!options.mode.empty()) return {options.mode};
  const Section* modes = test.find("modes");
  return modes ? split_words(modes->argument) : vector<string>{"debug", "release"};
}

Failures test_run(const Test& test) {
  Failures failures;
  Workplace place = unpack(test);
  vector<string> env = environment(test);
  for (const string& mode : modes_of(test)) {
    string label = mode + ": ";
    string program = "./program-" + mode;
    vector<string> build = {options.janus, "build", place.target, "-o", program};
    if (mode == "release") build.insert(build.begin() + 2, "--release");
    Outcome built = run(build, place.dir, {}, env, kBuildPatience);
    if (built.timed_out) {
      failures.push_back(label + "janus did not end in " + std::to_string(options.timeout_ms / 1000 * kBuildPatience) +
                         " s\n");
      return failures;
    }
    expect_no_crash(built, label, failures);
    if (built.code != 0) {
      failures.push_back(label + "does not build:\n" + indent(built.err));
      return failures;  // the other mode would say the same again
    }
    const Section* input = test.find("stdin");
    vector<string> command = {program};
    if (const Section* args = test.find("args"))
      for (const string& arg : split_words(args->argument)) command.push_back(arg);
    expect_outcome(test, run(command, place.dir, input ? input->body : "", env), label, failures);
    // Tasks: the same under other schedules, half of them seeded. In release mode each task's use of its stack is
    // checked too.
    bool tasks = test.program.find("nursery") != string::npos || test.program.find("channel(") != string::npos ||
                 test.program.find("race do") != string::npos;
    const bool seeds = !test.find("unseeded") && !test.find("timed");
    auto again = [&](string schedule) {
      vector<string> how = env;
      how.push_back(std::move(schedule));
      if (mode == "release") how.push_back("JANUS_STACK_PAINT=1");
      expect_outcome(test, run(command, place.dir, input ? input->body : "", how), label + how[env.size()] + ": ",
                     failures);
      ++schedules_run;
    };
    // Who waits for the clock shows it as well in two runs as in seven.
    int schedules = test.find("timed") ? std::min(options.schedules, 1) : options.schedules;
    for (int k = 1; tasks && failures.empty() && k <= schedules; ++k)
      again(k % 2 && seeds ? "JANUS_SCHED_SEED=" + std::to_string(k)
                           : "JANUS_WORKERS=" + std::to_string(k / 2 % 4 + 1));
    for (uint64_t k = 0; tasks && seeds && failures.empty() && k < options.seeds; ++k)
      again("JANUS_SCHED_SEED=" + std::to_string(options.first_seed + k));
  }
  return failures;
}

// `janus check` as a test in check/ wants it: with its `args`.
vector<string> check_command(const Test& test, const Workplace& place, vector<string> more) {
  vector<string> command = {options.janus, "check"};
  if (const Section* args = test.find("args"))
    for (const string& arg : split_words(args->argument)) command.push_back(arg);
  for (string& arg : more) command.push_back(std::move(arg));
  command.push_back(place.target);
  return command;
}

Failures test_check(const Test& test) {
  Failures failures;
  Workplace place = unpack(test);
  vector<string> env = environment(test);
  Outcome got = run(check_command(test, place, {"--json"}), place.dir, {}, env);
  expect_no_crash(got, "", failures);
  vector<Place> wanted = wanted_places(place), reported = reported_places(got.out), missing, extra;
  std::set_difference(wanted.begin(), wanted.end(), reported.begin(), reported.end(), std::back_inserter(missing));
  std::set_difference(reported.begin(), reported.end(), wanted.begin(), wanted.end(), std::back_inserter(extra));
  string text;
  for (const Place& p : missing) text += "    not reported:\n" + print_place(p);
  for (const Place& p : extra) text += "    reported, and not expected:\n" + print_place(p);
  bool has_errors = std::any_of(wanted.begin(), wanted.end(), [](const Place& p) { return p.code[0] == 'E'; });
  int code = wanted_exit(test, has_errors ? 1 : 0);
  bool wrong_code = got.code != code && missing.empty() && extra.empty();
  if (wrong_code) text += "    exit " + std::to_string(got.code) + ", wanted " + std::to_string(code) + "\n";
  bool words = test.find("diagnostics") || test.find("stderr") || test.find("stderr contains");
  Outcome plain;
  if (words || !text.empty()) plain = run(check_command(test, place, {"--color", "never"}), place.dir, {}, env);
  if (!text.empty())
    failures.push_back("the diagnostics differ\n" + text + "    janus check says:\n" + indent(plain.err));
  if (const Section* s = test.find("diagnostics"); s && s->body != plain.err)
    failures.push_back("the wording differs\n" + difference(s->body, plain.err));
  expect_contains(test, "stderr", plain.err, failures);
  if (const Section* s = test.find("fixed")) {
    run(check_command(test, place, {"--fix"}), place.dir, {}, env);
    string now = read_file(place.dir / place.files[0]).value_or("");
    if (now != s->body) failures.push_back("`check --fix` left another text\n" + difference(s->body, now));
  }
  return failures;
}

Failures test_parse(const Test& test) {
  Failures failures;
  Workplace place = unpack(test);
  Outcome got = run({options.janus, "check", "--dump-tree", place.target}, place.dir, {}, environment(test));
  expect_no_crash(got, "", failures);
  const Section* tree = test.find("tree");
  if (!tree) failures.push_back("has no `//---- tree`\n");
  else if (tree->body != got.out)
    failures.push_back("the tree differs\n" + difference(tree->body, got.out) + indent(got.err));
  if (got.code != wanted_exit(test)) failures.push_back("exit " + std::to_string(got.code) + "\n" + indent(got.err));
  return failures;
}

Outcome run_cli(const Test& test, const Workplace& place) {
  vector<string> command = {options.janus};
  if (const Section* script = test.find("sh")) {
    command = {"/bin/bash", "-c", "janus() { \"$JANUS\" \"$@\"; }\n" + script->body};
  } else if (const Section* args = test.find("args")) {
    for (const string& arg : split_words(args->argument)) command.push_back(arg);
  }
  const Section* input = test.find("stdin");
  return run(command, place.dir, input ? input->body : "", environment(test));
}

Failures test_cli(const Test& test) {
  Failures failures;
  expect_outcome(test, run_cli(test, unpack(test)), "", failures);
  return failures;
}

struct Folder {
  const char* name;
  Failures (*run)(const Test&);
};
constexpr Folder folders[] = {{"run", test_run}, {"check", test_check}, {"parse", test_parse}, {"cli", test_cli}};

const Folder* folder_of(const Test& test) {
  for (const Folder& f : folders)
    if (test.folder == f.name) return &f;
  return nullptr;
}

// --- every diagnostic code is shown by a test ---------------------------------------------------------------

vector<string> all_tests();

// Codes of diag.def that no test shows, in order. A page of frontend/explain with a wrong program shows its own code:
// the unit test of the pages compiles that program and finds exactly this diagnostic.
vector<string> unshown_codes() {
  std::set<string> shown;
  for (const auto& entry : fs::recursive_directory_iterator(options.tests)) {
    if (!entry.is_regular_file() || (entry.path().extension() != ".jan" && entry.path().extension() != ".cpp"))
      continue;
    if (entry.path().filename() == "runner.cpp") continue;
    string text = read_file(entry.path()).value_or("");
    for (size_t i = 0; i + 5 <= text.size(); ++i)
      if (is_code(string_view(text).substr(i, 5))) shown.insert(text.substr(i, 5));
  }
  for (const auto& page : fs::directory_iterator(options.tests.parent_path() / "frontend/explain"))
    if (read_file(page.path()).value_or("").find("## A wrong program") != string::npos)
      shown.insert(page.path().stem().string());
  vector<string> missing;
  string table = read_file(options.tests.parent_path() / "frontend/diag.def").value_or("");
  for (const string& line : split_lines(table)) {
    if (!starts_with(line, "DIAG(")) continue;
    string_view rest = string_view(line).substr(5);
    if (starts_with(rest, "\"")) rest.remove_prefix(1);
    string code(rest.substr(0, 5));
    if (is_code(code) && !shown.count(code)) missing.push_back(code);
  }
  return missing;
}

// --- bless --------------------------------------------------------------------------------------------------

// Replaces the body of a block section, or adds the section at the end.
void set_section(vector<string>& lines, const Test& test, string_view name, const string& body) {
  const Section* s = test.find(name);
  vector<string> text = split_lines(body);
  if (s && s->argument == kInComments)
    for (string& line : text) line = line.empty() ? "//" : "// " + line;
  if (s) {
    lines.erase(lines.begin() + static_cast<long>(s->heading) + 1, lines.begin() + static_cast<long>(s->end));
    lines.insert(lines.begin() + static_cast<long>(s->heading) + 1, text.begin(), text.end());
  } else {
    if (body.empty()) return;
    lines.push_back("//---- " + string(name));
    lines.insert(lines.end(), text.begin(), text.end());
  }
}

void set_exit(vector<string>& lines, const Test& test, int code) {
  const Section* s = test.find("exit");
  string line = "//---- exit: " + std::to_string(code);
  if (s) lines[s->heading] = line;
  else if (code) lines.insert(lines.begin() + static_cast<long>(test.program_end), line);
}

// Carets are rewritten from what janus reports; only in the program itself, other files are left to the author.
void bless_carets(Test& test, const Workplace& place, const vector<Place>& reported) {
  vector<string> result;
  vector<size_t> number;  // line of the unblessed file, from 1
  for (size_t i = 0; i < test.program_end; ++i)
    if (!read_caret(test.lines[i])) result.push_back(test.lines[i]), number.push_back(i + 1);
  for (size_t i = result.size(); i-- > 0;) {
    for (auto p = reported.rbegin(); p != reported.rend(); ++p) {
      if (p->line != number[i] || p->file != place.files[0]) continue;
      size_t characters = 0;
      for (size_t b = 0; b + 1 < p->col && b < result[i].size(); ++b)
        characters += (static_cast<unsigned char>(result[i][b]) & 0xC0) != 0x80;
      string caret = characters < 2 ? "//@" + std::to_string(characters + 1) : "//" + string(characters - 2, ' ') + "^";
      result.insert(result.begin() + static_cast<long>(i) + 1, caret + " " + p->code);
    }
  }
  result.insert(result.end(), test.lines.begin() + static_cast<long>(test.program_end), test.lines.end());
  test.lines = result;
}

int bless(const string& file) {
  Test test = load_test(fs::absolute(file));
  Workplace place = unpack(test);
  vector<string> lines = test.lines;
  if (test.folder == "run") {
    vector<string> env = environment(test);
    Outcome built = run({options.janus, "build", place.target, "-o", "./program"}, place.dir, {}, env, kBuildPatience);
    if (built.code) return fprintf(stderr, "%s does not build:\n%s", file.c_str(), built.err.c_str()), 1;
    const Section* input = test.find("stdin");
    vector<string> command = {"./program"};
    if (const Section* args = test.find("args"))
      for (const string& arg : split_words(args->argument)) command.push_back(arg);
    Outcome got = run(command, place.dir, input ? input->body : "", env);
    set_section(lines, test, "output", got.out);
    set_exit(lines, test, got.code);
  } else if (test.folder == "parse") {
    set_section(lines, test, "tree",
                run({options.janus, "check", "--dump-tree", place.target}, place.dir, {}, environment(test)).out);
  } else if (test.folder == "cli") {
    Outcome got = run_cli(test, place);
    if (!test.find("stdout contains")) set_section(lines, test, test.find("output") ? "output" : "stdout", got.out);
    set_exit(lines, test, got.code);
  } else if (test.folder == "check") {
    vector<string> env = environment(test);
    if (test.find("diagnostics"))
      set_section(lines, test, "diagnostics",
                  run(check_command(test, place, {"--color", "never"}), place.dir, {}, env).err);
    test.lines = lines;
    bless_carets(test, place, reported_places(run(check_command(test, place, {"--json"}), place.dir, {}, env).out));
    lines = test.lines;
  }
  write_file(test.path, join_lines(lines, 0, lines.size()));
  printf("blessed %s\n", test.name.c_str());
  return 0;
}

// --- main ---------------------------------------------------------------------------------------------------

vector<string> all_tests() {
  vector<string> paths;
  for (const Folder& f : folders) {
    fs::path dir = options.tests / f.name;
    if (!fs::is_directory(dir)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(dir))
      if (entry.path().extension() == ".jan") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

constexpr const char* usage =
    "usage: janus-tests [--janus PATH] [--tests DIR] [--filter TEXT] [--mode debug|release] [--jobs N] [--timeout S]\n"
    "                   [--schedules N] [--seeds N [--first-seed S]] [--list] [--codes] [-v] [--bless FILE…]\n";

bool read_options(int argc, char** argv) {
  options.janus = (fs::canonical("/proc/self/exe").parent_path() / "janus").string();
  for (int i = 1; i < argc; ++i) {
    string_view arg = argv[i];
    auto next = [&]() -> string { return i + 1 < argc ? argv[++i] : ""; };
    if (arg == "--janus") options.janus = fs::absolute(next()).string();
    else if (arg == "--tests") options.tests = fs::absolute(next());
    else if (arg == "--filter") options.filter = next();
    else if (arg == "--mode") options.mode = next();
    else if (arg == "--jobs") options.jobs = std::max(1u, static_cast<unsigned>(atoi(next().c_str())));
    else if (arg == "--timeout") options.timeout_ms = 1000 * std::max(1, atoi(next().c_str()));
    else if (arg == "--codes") options.only_codes = true;
    else if (arg == "--schedules" && i + 1 < argc) options.schedules = atoi(argv[++i]);
    else if (arg == "--seeds") options.seeds = strtoull(next().c_str(), nullptr, 10);
    else if (arg == "--first-seed") options.first_seed = strtoull(next().c_str(), nullptr, 10);
    else if (arg == "--list") options.list = true;
    else if (arg == "-v") options.verbose = true;
    else if (arg == "--bless")
      while (i + 1 < argc) options.bless.push_back(next());
    else return false;
  }
  options.tests = options.tests.lexically_normal();
  return true;
}

int show_codes() {
  vector<string> missing = unshown_codes();
  for (const string& code : missing) printf("%s stands in no test\n", code.c_str());
  printf("%zu codes are shown by no test\n", missing.size());
  return missing.empty() ? 0 : 1;
}

int run_all() {
  vector<string> paths = all_tests();
  std::atomic<size_t> next = 0, passed = 0, failed = 0;
  std::mutex printing;
  auto worker = [&] {
    for (size_t i; (i = next++) < paths.size();) {
      Test test = load_test(paths[i]);
      if (test.name.find(options.filter) == string::npos) continue;
      auto start = std::chrono::steady_clock::now();
      Failures failures = options.list ? Failures{} : folder_of(test)->run(test);
      auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
      ++(failures.empty() ? passed : failed);
      std::lock_guard lock(printing);
      if (options.list || (options.verbose && failures.empty()))
        printf("ok   %s (%lld ms)\n", test.name.c_str(), static_cast<long long>(ms));
      if (failures.empty()) continue;
      printf("FAIL %s\n", test.name.c_str());
      for (const string& f : failures) printf("  %s", f.c_str());
      printf("  again: build/<preset>/janus-tests --filter %s\n", test.name.c_str());
      fflush(stdout);
    }
  };
  vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i) threads.emplace_back(worker);
  for (std::thread& t : threads) t.join();
  if (options.filter.empty() && !options.list) {
    vector<string> missing = unshown_codes();
    ++(missing.empty() ? passed : failed);
    if (!missing.empty())
      printf("FAIL every diagnostic is shown by a test: %zu are not, `janus-tests --codes` lists them\n",
             missing.size());
  }
  if (options.seeds != 0)
    printf("%llu runs under other schedules\n", static_cast<unsigned long long>(schedules_run.load()));
  printf("%zu passed, %zu failed\n", passed.load(), failed.load());
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (!read_options(argc, argv)) return fputs(usage, stderr), 2;
  signal(SIGPIPE, SIG_IGN);
  if (options.only_codes) return show_codes();
  if (access(options.janus.c_str(), X_OK) != 0) return fprintf(stderr, "no janus at %s\n", options.janus.c_str()), 3;
  string folder = (fs::temp_directory_path() / "janus-tests.XXXXXX").string();
  if (!mkdtemp(folder.data())) return perror("mkdtemp"), 3;
  scratch = folder;
  int code = 0;
  if (!options.bless.empty())
    for (const string& file : options.bless) code |= bless(file);
  else code = run_all();
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  return code;
}
