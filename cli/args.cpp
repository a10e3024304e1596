// args.cpp: reads the command line by the tables command.def and options.def.
// Depends on args.h, frontend/diag.h (nearest_name).
// SPDX-License-Identifier: Apache-2.0
//
// A table and a loop, no library: a cached `janus run` must start within a few milliseconds, and what we promise about
// the order of flags, `--`, `-` and suggestions is easier to keep here than to bend out of a parser made for others.
#include "cli/args.h"

#include "frontend/diag.h"

namespace janus {
namespace {

constexpr uint32_t kAll = kAllCommands;
#define on(Name) (1u << static_cast<int>(Command::Name))

constexpr CommandInfo kCommands[] = {
#define COMMAND(Name, word, group, function, arguments, help) {Command::Name, word, Group::group, arguments, help},
#include "cli/command.def"
};
constexpr OptionInfo kOptions[] = {
#define OPTION(Id, short_form, long_form, value, commands, help) \
  {Opt::Id, short_form, long_form, value, commands, help},
#include "cli/options.def"
};
#undef on

const OptionInfo* find_long(std::string_view name) {
  for (const OptionInfo& option : kOptions)
    if (option.long_form == name) return &option;
  return nullptr;
}

const OptionInfo* find_short(char name) {
  for (const OptionInfo& option : kOptions)
    if (option.short_form == name) return &option;
  return nullptr;
}

std::string dashed(const OptionInfo& option) { return std::string("--") + option.long_form; }

struct Parser {
  std::span<const std::string> words;
  Args& args;
  std::string& why;
  std::string& hint;
  size_t at = 0;

  bool fail(std::string sentence, std::string way_out = "") {
    why = std::move(sentence);
    hint = std::move(way_out);
    return false;
  }

  std::string after_command() const {
    return args.command == Command::None ? "janus" : std::string("janus ") + command_info(args.command).word;
  }

  bool unknown_option(const std::string& word) {
    std::string name = word.substr(0, word.find('='));
    std::string wanted = name.substr(std::min(name.size(), name.find_first_not_of('-')));
    std::vector<std::string_view> candidates;
    for (const OptionInfo& option : kOptions)
      if (option.help[0] && (args.command == Command::None || option.fits(args.command)))
        candidates.push_back(option.long_form);
    std::string_view near = nearest_name(wanted, candidates);
    std::string way_out =
        near.empty() ? "`" + after_command() + " --help` lists them" : "did you mean `--" + std::string(near) + "`?";
    if (args.command == Command::Run && near.empty())
      way_out = "flags of your own program stand after `--`: janus run FILE -- " + word;
    return fail("`" + after_command() + "` has no flag `" + name + "`", way_out);
  }

  bool take(const OptionInfo& option, const std::string& word, bool is_short, const std::string* attached) {
    if (args.command != Command::None && !option.fits(args.command)) {
      if (!option.help[0]) return unknown_option(word);
      std::string owners;
      for (const CommandInfo& command : kCommands)
        if (command.group != Group::Hidden && option.fits(command.id))
          owners += (owners.empty() ? "`janus " : ", `janus ") + std::string(command.word) + "`";
      return fail("`" + after_command() + "` has no flag `" + word.substr(0, word.find('=')) + "`",
                  "it belongs to " + owners);
    }
    std::string value;
    if (!option.takes_value()) {
      if (attached) return fail("`" + dashed(option) + "` takes no value, and `" + *attached + "` was given");
    } else if (attached) {
      value = *attached;
    } else if (at < words.size()) {
      value = words[at++];
    } else {
      return fail("`" + word + "` needs a value: " + word + " " + option.value, option.help);
    }
    args.given.push_back({option.id, std::move(value), is_short});
    return true;
  }

  bool short_flags(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const OptionInfo* option = find_short(word[i]);
      std::string name = std::string("-") + word[i];
      if (!option) return unknown_option(i == 1 ? word : name);
      if (option->takes_value() && i + 1 < word.size()) {
        std::string rest = word.substr(i + 1 + (word[i + 1] == '='));
        return take(*option, name, true, &rest);
      }
      if (!take(*option, name, true, nullptr)) return false;
    }
    return true;
  }

  bool command(const std::string& word) {
    args.command = find_command(word);
    if (args.command != Command::None) {
      // Flags that stood before the command's word belong to it as well.
      for (const Args::Given& given : args.given) {
        const OptionInfo& option = option_info(given.opt);
        if (!option.fits(args.command)) return fail("`" + after_command() + "` has no flag `" + dashed(option) + "`");
      }
      return true;
    }
    bool is_source = word.ends_with(".jan") || word.ends_with(".jans") || word == "." || word == "-";
    if (is_source) return fail("`" + word + "` is not a command", "to run it, write: janus run " + word);
    std::vector<std::string_view> candidates;
    for (const CommandInfo& info : kCommands)
      if (info.group != Group::Hidden) candidates.push_back(info.word);
    // Words of other toolchains for what we have.
    struct {
      const char* theirs;
      const char* ours;
    } const habits[] = {{"compile", "build"}, {"exec", "run"},  {"start", "run"}, {"create", "new"},
                        {"lint", "check"},    {"vet", "check"}, {"tests", "test"}};
    std::string_view near = nearest_name(word, candidates);
    for (auto& habit : habits)
      if (word == habit.theirs) near = habit.ours;
    return fail("janus has no command `" + word + "`",
                near.empty() ? "`janus --help` lists them" : "did you mean `janus " + std::string(near) + "`?");
  }

  bool parse() {
    bool only_words = false;
    while (at < words.size()) {
      const std::string& word = words[at++];
      if (only_words) {
        (args.command == Command::Run ? args.program_args : args.words).push_back(word);
      } else if (word == "--") {
        only_words = true;
      } else if (word.starts_with("--")) {
        size_t equals = word.find('=');
        const OptionInfo* option =
            find_long(std::string_view(word).substr(2, equals == std::string::npos ? equals : equals - 2));
        std::string attached = equals == std::string::npos ? "" : word.substr(equals + 1);
        if (!option) return unknown_option(word);
        if (!take(*option, word, false, equals == std::string::npos ? nullptr : &attached)) return false;
      } else if (word.size() > 1 && word[0] == '-') {
        if (!short_flags(word)) return false;
      } else if (args.command == Command::None) {
        if (!command(word)) return false;
        if (args.command == Command::Complete) {  // what follows is a line in the making, not ours to judge
          args.words.assign(words.begin() + static_cast<long>(at), words.end());
          return true;
        }
      } else {
        args.words.push_back(word);
      }
    }
    return true;
  }
};

}  // namespace

std::span<const CommandInfo> all_commands() { return kCommands; }
std::span<const OptionInfo> all_options() { return kOptions; }
const CommandInfo& command_info(Command command) { return kCommands[static_cast<int>(command)]; }
const OptionInfo& option_info(Opt opt) { return kOptions[static_cast<int>(opt)]; }

Command find_command(std::string_view word) {
  for (const CommandInfo& command : kCommands)
    if (command.word == word) return command.id;
  return Command::None;
}

size_t Args::count(Opt opt) const {
  size_t n = 0;
  for (const Given& g : given) n += g.opt == opt;
  return n;
}

const Args::Given* Args::find(Opt opt) const {
  for (size_t i = given.size(); i-- > 0;)
    if (given[i].opt == opt) return &given[i];
  return nullptr;
}

std::string Args::value(Opt opt, const std::string& fallback) const {
  const Given* found = find(opt);
  return found ? found->value : fallback;
}

std::vector<std::string> Args::values(Opt opt) const {
  std::vector<std::string> result;
  for (const Given& g : given)
    if (g.opt == opt) result.push_back(g.value);
  return result;
}

bool parse_args(std::span<const std::string> words, Args& args, std::string& why, std::string& hint) {
  return Parser{words, args, why, hint}.parse();
}

}  // namespace janus
