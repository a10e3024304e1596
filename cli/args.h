// args.h: the command line as data.
// Depends on command.def, options.def.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace janus {

enum class Command : uint8_t {
#define COMMAND(Name, word, group, function, arguments, help) Name,
#include "cli/command.def"
  None,
};
enum class Group : uint8_t { Start, Build, Learn, Tools, Hidden };
enum class Opt : uint8_t {
#define OPTION(Id, short_form, long_form, value, commands, help) Id,
#include "cli/options.def"
};

struct CommandInfo {
  Command id;
  const char* word;
  Group group;
  const char* arguments;
  const char* help;
};
struct OptionInfo {
  Opt id;
  char short_form;        // '\0': none
  const char* long_form;  // without the dashes
  const char* value;      // its name in help; "": a switch
  uint32_t commands;      // bit of each Command that takes it
  const char* help;       // "": hidden
  bool takes_value() const { return value[0] != '\0'; }
  bool fits(Command command) const { return commands >> static_cast<int>(command) & 1; }
};
std::span<const CommandInfo> all_commands();
std::span<const OptionInfo> all_options();
const CommandInfo& command_info(Command command);
const OptionInfo& option_info(Opt opt);
Command find_command(std::string_view word);  // None
constexpr uint32_t kAllCommands = 0xffffffffu;

struct Args {
  Command command = Command::None;
  std::vector<std::string> words;         // what is neither command nor flag
  std::vector<std::string> program_args;  // after `--` of `run`
  struct Given {
    Opt opt;
    std::string value;
    bool is_short;
  };
  std::vector<Given> given;               // in the order written

  bool has(Opt opt) const { return find(opt) != nullptr; }
  size_t count(Opt opt) const;
  const Given* find(Opt opt) const;       // the last one; null when absent
  std::string value(Opt opt, const std::string& fallback = "") const;
  std::vector<std::string> values(Opt opt) const;
};

// False: `why` (a sentence) and perhaps `hint` (a way out) say what is wrong; `args` holds what was read until then.
bool parse_args(std::span<const std::string> words, Args& args, std::string& why, std::string& hint);

}  // namespace janus
