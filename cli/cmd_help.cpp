// cmd_help.cpp: `janus help` and `janus man`.
// Depends on commands.h, frontend/diag.h (nearest_name).
// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "frontend/diag.h"

namespace janus {

// None for no word; false after complaining.
static bool command_of_words(Context& context, Command& command) {
  const std::vector<std::string>& words = context.args.words;
  if (words.empty()) return true;
  command = find_command(words[0]);
  if (command != Command::None && command_info(command).group != Group::Hidden && words.size() == 1) return true;
  std::vector<std::string_view> names;
  for (const CommandInfo& info : all_commands())
    if (info.group != Group::Hidden) names.push_back(info.word);
  std::string_view near = nearest_name(words[0], names);
  context.console.fail(
      kUsage, words.size() > 1 ? "one command at a time" : "janus has no command `" + words[0] + "`",
      near.empty() || words.size() > 1 ? "`janus --help` lists them" : "did you mean `" + std::string(near) + "`?");
  return false;
}

int run_help(Context& context) {
  Command command = Command::None;
  if (!command_of_words(context, command)) return kUsage;
  bool color = context.console.color_out();
  context.console.out(command == Command::None ? general_help(color) : command_help(command, color, false));
  return kDone;
}

int run_man(Context& context) {
  Command command = Command::None;
  if (!command_of_words(context, command)) return kUsage;
  context.console.out(man_page(command));
  return kDone;
}

}  // namespace janus
