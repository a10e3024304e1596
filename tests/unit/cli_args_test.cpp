// cli_args_test.cpp: the command line as data.
// Depends on doctest; takes cli/args.cpp in as text, because cli is an executable and no library.
// SPDX-License-Identifier: Apache-2.0
#include "cli/args.cpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace janus;

namespace {
struct Parsed {
  bool ok;
  Args args;
  std::string why, hint;
};
Parsed parse_line(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  Parsed p;
  p.ok = parse_args(words, p.args, p.why, p.hint);
  return p;
}
}  // namespace

TEST_CASE("flags stand before and after the command, short and long, with and without =") {
  Parsed p = parse_line("-C there build -ohello --emit=asm x.jan --color never -qv");
  REQUIRE(p.ok);
  CHECK(p.args.command == Command::Build);
  CHECK(p.args.value(Opt::Directory) == "there");
  CHECK(p.args.value(Opt::Output) == "hello");
  CHECK(p.args.value(Opt::Emit) == "asm");
  CHECK(p.args.value(Opt::Color) == "never");
  CHECK(p.args.has(Opt::Quiet));
  CHECK(p.args.count(Opt::Verbose) == 1);
  CHECK(p.args.words == std::vector<std::string>{"x.jan"});
}

TEST_CASE("after -- nothing is a flag, and for run it is the program's") {
  Parsed p = parse_line("run x.jan -- -v --json --");
  REQUIRE(p.ok);
  CHECK(p.args.words == std::vector<std::string>{"x.jan"});
  CHECK(p.args.program_args == std::vector<std::string>{"-v", "--json", "--"});
  CHECK_FALSE(p.args.has(Opt::Verbose));
  p = parse_line("build -- -odd.jan");
  REQUIRE(p.ok);
  CHECK(p.args.words == std::vector<std::string>{"-odd.jan"});
}

TEST_CASE("a minus is a word: stdin") {
  Parsed p = parse_line("check -");
  REQUIRE(p.ok);
  CHECK(p.args.words == std::vector<std::string>{"-"});
}

TEST_CASE("wrong command lines say what is meant") {
  CHECK(parse_line("biuld").hint == "did you mean `janus build`?");
  CHECK(parse_line("compile").hint == "did you mean `janus build`?");
  CHECK(parse_line("hello.jan").hint == "to run it, write: janus run hello.jan");
  CHECK(parse_line("check --jsn").hint == "did you mean `--json`?");
  CHECK(parse_line("build --filter x").hint == "it belongs to `janus test`");
  CHECK(parse_line("build -o").why == "`-o` needs a value: -o OUT");
  CHECK(parse_line("check --json=yes").why == "`--json` takes no value, and `yes` was given");
  CHECK(parse_line("run x.jan -z").hint == "flags of your own program stand after `--`: janus run FILE -- -z");
  CHECK(parse_line("--sarif build").why == "`janus build` has no flag `--sarif`");
}

TEST_CASE("every command and flag of the tables is complete") {
  for (const CommandInfo& command : all_commands())
    if (command.group != Group::Hidden) CHECK_FALSE(std::string(command.help).empty());
  for (const OptionInfo& option : all_options())
    for (const OptionInfo& other : all_options()) {
      if (&option == &other) continue;
      CHECK(std::string(option.long_form) != other.long_form);
      CHECK((option.short_form == '\0' || option.short_form != other.short_form));
    }
}
