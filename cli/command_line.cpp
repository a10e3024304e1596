// command_line.cpp: from argv to one command: global flags, help, colour, then the table.
// Depends on commands.h, interrupt.h.
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <unistd.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/interrupt.h"

namespace janus {
namespace {

// Set before anything can go wrong, so that even a wrong command line is answered in the form that was asked for.
void set_up_console(Context& context, std::span<const std::string> words) {
  Console& console = context.console;
  const Args& args = context.args;
  std::string color = args.value(Opt::Color, "auto");
  console.set_color(color == "always"  ? ColorChoice::Always
                    : color == "never" ? ColorChoice::Never
                                       : ColorChoice::Auto);
  console.set_quiet(args.has(Opt::Quiet));
  console.set_verbosity(static_cast<int>(args.count(Opt::Verbose)));
  auto end = std::find(words.begin(), words.end(), "--");
  bool json = args.has(Opt::Json) || (args.command != Command::Run && args.command != Command::Complete &&
                                      std::find(words.begin(), end, "--json") != end);
  if (!json) return;
  std::string name =
      args.command == Command::None || args.command == Command::Check ? "diag" : command_info(args.command).word;
  if (args.command == Command::Init) name = "new";
  console.set_json("janus." + name + "/1");
  JsonText object = console.json_object("end");
  set_crash_object(object.field("exit", 70).close().take() + "\n");
}

int run_parsed(Context& context) {
  const Args& args = context.args;
  Console& console = context.console;
  std::string color = args.value(Opt::Color, "auto");
  if (color != "auto" && color != "always" && color != "never")
    return console.fail(kUsage, "`--color` is auto, always or never, not `" + color + "`");
  if (args.has(Opt::Help)) {
    bool brief = args.find(Opt::Help)->is_short;
    console.out(args.command == Command::None ? general_help(console.color_out())
                                              : command_help(args.command, console.color_out(), brief));
    return kDone;
  }
  if (args.has(Opt::Version)) return console.out(version_line() + "\n"), kDone;
  for (const std::string& folder : args.values(Opt::Directory))
    if (chdir(folder.c_str()) != 0)
      return console.fail(kEnvironment,
                          "cannot work in " + folder + ": " + (is_file(folder) ? "it is a file" : why_of(errno)));
  switch (args.command) {
#define COMMAND(Name, word, group, function, arguments, help) \
  case Command::Name: return function(context);
#include "cli/command.def"
    case Command::None: break;
  }
  console.err(general_help(console.color_err()));
  return kUsage;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  install_crash_handler();
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  // Kept for the whole process: threads may still look at it while main returns.
  Context& context = *new Context;
  std::string why, hint;
  bool ok = parse_args(words, context.args, why, hint);
  set_up_console(context, words);
  int code = ok ? run_parsed(context) : context.console.fail(kUsage, why, hint);
  return context.console.finish(code);
}

}  // namespace janus
