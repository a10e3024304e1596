// runtime_process_test.cpp: what a program's end looks like from outside: full disk, closed stdout, no reader, stdin,
// exit codes. Depends on runtime_host.h, fork. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/runtime_host.h"

using namespace rt_test;

namespace {

struct Ended {
  int code;   // 128 + n for a signal
  std::string out, err;
};

std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(fd);
  return text;
}

// Runs `body` in a child with pipes for stdout and stderr, small enough for what is printed; `input` arrives on stdin.
template <typename Body>
Ended run(std::string_view input, Body body) {
  int out[2], err[2], in[2];
  REQUIRE(pipe(out) == 0);
  REQUIRE(pipe(err) == 0);
  REQUIRE(pipe(in) == 0);
  REQUIRE(input.size() <= 60000);
  REQUIRE(write(in[1], input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  close(in[1]);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
    for (int fd = 3; fd < 64; fd++) close(fd);
    signal(SIGPIPE, SIG_DFL);
    body();
    janus_sink_flush(janus_stdout());
    janus_sink_flush(janus_stderr());
    _exit(0);   // not exit: the test program's own endings stay out of it
  }
  close(in[0]), close(out[1]), close(err[1]);
  Ended ended;
  ended.out = read_to_end(out[0]);
  ended.err = read_to_end(err[0]);
  int status;
  waitpid(child, &status, 0);
  ended.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended;
}

void say(Sink* sink, std::string_view text) {
  janus_print_bytes(sink, reinterpret_cast<const uint8_t*>(text.data()), static_cast<int64_t>(text.size()));
}
void line(Sink* sink, std::string_view text) {
  say(sink, text);
  janus_sink_newline(sink);
}

}  // namespace

TEST_CASE("runtime: a full disk and a closed stdout are told, with exit 3") {
  Ended full = run("", [] {
    const int fd = open("/dev/full", O_WRONLY);
    dup2(fd, 1);
    line(janus_stdout(), "lost");
  });
  CHECK(full.code == 3);
  CHECK(full.err == "error: cannot write to standard output: the disk is full\n");
  Ended closed = run("", [] {
    close(1);
    line(janus_stdout(), "lost");
  });
  CHECK(closed.code == 3);
  CHECK(closed.err == "error: cannot write to standard output: it is closed\n");
}

TEST_CASE("runtime: a reader that has gone ends the program quietly") {
  for (bool ignored : {false, true}) {
    Ended gone = run("", [=] {
      if (ignored) signal(SIGPIPE, SIG_IGN);
      int broken[2];
      if (pipe(broken) != 0) _exit(9);
      close(broken[0]);
      dup2(broken[1], 1);
      line(janus_stdout(), "unheard");
    });
    CHECK(gone.code == 128 + SIGPIPE);
    CHECK(gone.err == "");
  }
}

TEST_CASE("runtime: stdout comes before what is written to stderr after it") {
  Ended both = run("", [] {
    dup2(1, 2);
    line(janus_stdout(), "one");
    line(janus_stderr(), "two");
    line(janus_stdout(), "three");
  });
  CHECK(both.out == "one\ntwo\nthree\n");
}

TEST_CASE("runtime: more than the buffer, in order") {
  std::string expected;
  for (int i = 0; i < 40000; i++) expected += std::to_string(i) + "\n";
  Ended much = run("", [] {
    for (int i = 0; i < 40000; i++) {
      janus_print_i64(janus_stdout(), i);
      janus_sink_newline(janus_stdout());
    }
  });
  CHECK(much.out == expected);
  const std::string block(200000, 'x');
  Ended one = run("", [&] { say(janus_stdout(), "a"), say(janus_stdout(), block), say(janus_stdout(), "b"); });
  CHECK(one.out == "a" + block + "b");
}

TEST_CASE("runtime: stdin by lines and whole") {
  auto lines = [] {
    while (String* s = janus_stdin_read_line()) {
      say(janus_stdout(), "[");
      janus_print_string(janus_stdout(), s);
      say(janus_stdout(), "]");
      release(s);
    }
  };
  CHECK(run("", lines).out == "");
  CHECK(run("\n", lines).out == "[]");
  CHECK(run("one\r\ntwo\n\nlast", lines).out == "[one][two][][last]");
  CHECK(run("bad \xFF byte\n", lines).out == "[bad \xEF\xBF\xBD byte]");
  const std::string wide(50000, 'w');
  CHECK(run(wide + "\n" + "x", lines).out == "[" + wide + "][x]");
  auto all = [] {
    String* first = janus_stdin_read_line();
    String* rest = janus_stdin_read_all();
    janus_print_string(janus_stdout(), rest);
    if (first) release(first);
    release(rest);
  };
  CHECK(run("first\nsecond\r\nthird\xC3", all).out == "second\r\nthird\xEF\xBF\xBD");
  CHECK(run("", all).out == "");
}

TEST_CASE("runtime: too much memory is a sentence and exit 3; a bug of ours is 70") {
  Ended huge = run("", [] {
    line(janus_stdout(), "before");
    static const TypeGlue glue = {8, nullptr, nullptr};
    janus_array_new(int64_t(1) << 60, &glue);
  });
  CHECK(huge.code == 3);
  CHECK(huge.out == "before\n");
  CHECK(huge.err == "error: out of memory: an array would be larger than the address space\n");
  Ended twice = run("", [] {
    void* block = janus_alloc(40);
    janus_free(block, 40);
    janus_free(block, 40);
  });
  CHECK(twice.code != 0);
  Ended wrong = run("", [] { janus_free(janus_alloc(40), 400); });
  CHECK(wrong.code == 70);
  CHECK(wrong.err == "janus runtime: a block was freed twice, or with a size that is not its own\n");
}
