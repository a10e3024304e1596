// build_fuzz.cpp: a program that compiles does the same at -O0 and --release: output, exit code, what went wrong and
// where; it leaks nothing. Depends on backend/build.h, frontend/compilation.h; memory_files.h, mutate.h; fork, pipes
// and limits of the system. SPDX-License-Identifier: Apache-2.0
//
// The mutator tries several changes and keeps the first that still compiles. What depends on the world or on the size
// of frames is not compared: endless loops, stack overflows, memory that runs out, random numbers.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "backend/build.h"
#include "frontend/compilation.h"
#include "frontend/effects.h"
#include "tests/fuzz/memory_files.h"
#define JANUS_FUZZ_OWN_MUTATOR
#include "tests/fuzz/mutate.h"

using namespace janus;

namespace {

struct Checked {
  fuzz::OneFile files;
  Compilation run;
  explicit Checked(std::string text) {
    files.text = std::move(text);
    LoadOptions load;
    load.root = files.path;
    load.profile = Profile::Core;
    CheckOptions how;   // a program that nobody wrote touches no file, process or network
    how.grants.granted = ~kAllBuiltinCapabilities | capability_effect(kCapSpawn) | capability_effect(kCapChannel);
    run.check(files, load, how);
  }
  bool good() const { return !run.diags.has_errors(); }
};

bool accepts(const std::string& text) {
  if (text.find("main") == std::string::npos) return false;
  if (text.find("std.rand") != std::string::npos) return false;
  Checked checked(text);
  return checked.good() && is_some(checked.run.program.main_func);
}

struct Outcome {
  int code = 0;          // exit code, or 256 + signal
  bool too_long = false; // in time or in output
  std::string out, err;
};

constexpr size_t kMaxOutput = size_t{1} << 20;

Outcome run_program(const std::string& path) {
  int out[2], err[2];
  require(pipe(out) == 0 && pipe(err) == 0, "pipes can be made");
  pid_t child = fork();
  require(child >= 0, "a process can be made");
  if (child == 0) {
    rlimit cpu{2, 2}, memory{rlim_t{4} << 30, rlim_t{4} << 30}, none{0, 0};
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CORE, &none);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    for (int fd = 3; fd < 64; ++fd) close(fd);
    setenv("JANUS_SCHED_SEED", "1", 1);   // one worker, the same choices in both builds
    execl(path.c_str(), path.c_str(), nullptr);
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  Outcome result;
  pollfd fds[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  std::string* texts[2] = {&result.out, &result.err};
  int open_ends = 2;
  timespec begin;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  while (open_ends > 0 && !result.too_long) {
    poll(fds, 2, 500);
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - begin.tv_sec > 10) result.too_long = true;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || !fds[i].revents) continue;
      char buffer[65536];
      ssize_t n = read(fds[i].fd, buffer, sizeof buffer);
      if (n <= 0) {
        fds[i].fd = -1;
        --open_ends;
        continue;
      }
      texts[i]->append(buffer, static_cast<size_t>(n));
      if (texts[i]->size() > kMaxOutput) result.too_long = true;
    }
  }
  if (result.too_long) kill(child, SIGKILL);
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(child, &status, 0);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
  if (result.code == 256 + SIGXCPU || result.code == 256 + SIGKILL) result.too_long = true;
  return result;
}

// `panic: …` or `error: …` and the first place below it.
std::string what_and_where(const std::string& err) {
  for (const char* word : {"panic:", "error:"}) {
    size_t at = err.rfind(word, 0) == 0 ? 0 : err.find(std::string("\n") + word);
    if (at == std::string::npos) continue;
    if (at) ++at;
    size_t end = err.find('\n', at);
    if (end == std::string::npos) return err.substr(at);
    if (err.compare(end + 1, 5, "  at ") != 0) return err.substr(at, end - at);
    return err.substr(at, err.find('\n', end + 1) - at);
  }
  return {};
}

bool not_comparable(const Outcome& o) {
  return o.too_long || o.code == 3 || o.err.find("stack overflow") != std::string::npos ||
         o.err.find("out of memory") != std::string::npos;
}

const std::string& folder() {
  static const std::string made = [] {
    char name[] = "/tmp/janus-fuzz.XXXXXX";
    require(mkdtemp(name) != nullptr, "a folder can be made");
    static std::string kept;
    kept = name;
    atexit([] {
      unlink((kept + "/debug").c_str());
      unlink((kept + "/release").c_str());
      rmdir(kept.c_str());
    });
    return kept;
  }();
  return made;
}

void differ(const char* what, const Outcome& debug, const Outcome& release) {
  fprintf(stderr, "DIFFERENT: %s\n-- debug: exit %d\n%.*s%.*s\n-- release: exit %d\n%.*s%.*s\n", what, debug.code, 2000,
          debug.out.c_str(), 2000, debug.err.c_str(), release.code, 2000, release.out.c_str(), 2000,
          release.err.c_str());
  abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (!accepts(text)) return -1;  // not kept in the corpus
  Outcome seen[2];
  for (int mode = 0; mode < 2; ++mode) {
    Checked checked(text);
    BuildOptions options;
    options.release = mode == 1;
    options.output = folder() + (mode ? "/release" : "/debug");
    BuildReport report = build(checked.run.program, options);
    if (checked.run.diags.has_errors()) return -1;   // found only while lowering: no main, endless instances
    if (!report.ok) {
      fprintf(stderr, "NOT BUILT: %s\n", report.why.c_str());
      abort();
    }
    seen[mode] = run_program(options.output);
    if (not_comparable(seen[mode])) return 0;
    int code = seen[mode].code;
    if (code != 0 && code != 1 && code != 101) {
      fprintf(stderr, "BAD END: exit %d\n%s\n", code, seen[mode].err.c_str());
      abort();
    }
  }
  if (seen[0].out != seen[1].out) differ("output", seen[0], seen[1]);
  if (seen[0].code != seen[1].code) differ("exit code", seen[0], seen[1]);
  if (what_and_where(seen[0].err) != what_and_where(seen[1].err)) differ("place", seen[0], seen[1]);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::string text(reinterpret_cast<const char*>(data), size);
  for (unsigned attempt = 0; attempt < 12; ++attempt) {
    fuzz::Mutator mutator(seed + attempt * 7919);
    std::string changed = mutator.change(text);
    if (changed.size() <= max_size && changed != text && accepts(changed)) return fuzz::store(changed, data, max_size);
  }
  return fuzz::store(text, data, max_size);
}
