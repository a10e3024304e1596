// cmd_completions.cpp: `janus completions SHELL`, thin scripts; and `janus __complete`, which they ask.
// Depends on commands.h, frontend/diag.h, frontend/manifest.h.
// SPDX-License-Identifier: Apache-2.0
//
// The scripts know nothing: they hand over the words of the line and show what comes back. `janus __complete SHELL N
// WORD…` gets the words of the line (the first is janus itself) and the number of the one in the making; it answers
// with one candidate a line, for zsh and fish with a tab and a description. No line: the shell completes file names,
// which is also right after `--`.
#include <cstdlib>

#include "cli/commands.h"
#include "frontend/diag.h"
#include "frontend/manifest.h"

namespace janus {
namespace {

constexpr const char* kBash = R"sh(# bash completion of janus; made by `janus completions bash`
_janus() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <("${COMP_WORDS[0]}" __complete bash "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
}
complete -o bashdefault -o default -F _janus janus
)sh";

constexpr const char* kZsh = R"sh(#compdef janus
# zsh completion of janus; made by `janus completions zsh`
_janus() {
  local -a candidates
  local line
  while IFS= read -r line; do candidates+=("${line/$'\t'/:}"); done < <("${words[1]}" __complete zsh "$((CURRENT - 1))" "${words[@]}" 2>/dev/null)
  if (( ${#candidates} )); then _describe janus candidates; else _files; fi
}
if [ "$funcstack[1]" = "_janus" ]; then _janus "$@"; else compdef _janus janus; fi
)sh";

constexpr const char* kFish = R"sh(# fish completion of janus; made by `janus completions fish`
function __janus_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (janus __complete fish (math (count $words) - 1) $words 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c janus -f -a '(__janus_complete)'
)sh";

struct Candidate {
  std::string text;
  const char* help;
};

std::vector<Candidate> values_of(Opt opt) {
  switch (opt) {
    case Opt::Color: return {{"auto", ""}, {"always", ""}, {"never", ""}};
    case Opt::Emit:
      return {{"exe", "an executable"}, {"obj", "an object file"}, {"asm", "assembly"}, {"llvm-ir", "LLVM IR"}};
    case Opt::Target: return {{"x86_64-linux-musl", ""}};
    case Opt::Profile: {
      std::vector<Candidate> result;
      for (std::string_view name : profile_names()) result.push_back({std::string(name), ""});
      return result;
    }
    default: return {};
  }
}

std::vector<Candidate> words_of(Command command) {
  std::vector<Candidate> result;
  if (command == Command::Completions) return {{"bash", ""}, {"zsh", ""}, {"fish", ""}};
  if (command == Command::Help || command == Command::Man || command == Command::None)
    for (const CommandInfo& info : all_commands())
      if (info.group != Group::Hidden) result.push_back({info.word, info.help});
  if (command == Command::Explain) {
#define DIAG(code, Name, text) result.push_back({code, #Name});
#include "frontend/diag.def"
#undef DIAG
  }
  return result;
}

std::vector<Candidate> complete(const std::vector<std::string>& words, size_t at) {
  Command command = Command::None;
  const OptionInfo* pending = nullptr;  // a flag that waits for its value
  for (size_t i = 1; i < at && i < words.size(); ++i) {
    const std::string& word = words[i];
    if (pending) {
      // bash splits `--color=auto` into three words.
      if (word != "=") pending = nullptr;
      continue;
    }
    if (word == "--") return {};
    if (word.size() > 1 && word[0] == '-') {
      for (const OptionInfo& option : all_options()) {
        bool is_it = word == std::string("--") + option.long_form ||
                     (option.short_form && word == std::string("-") + option.short_form);
        if (is_it && option.takes_value()) pending = &option;
      }
    } else if (command == Command::None) {
      command = find_command(word);
      if (command == Command::None) return {};
    }
  }
  std::string now = at < words.size() ? words[at] : "";
  if (now == "=") now.clear();
  if (pending) return values_of(pending->id);
  if (size_t equals = now.find('='); now.starts_with("--") && equals != std::string::npos) {
    std::vector<Candidate> result;
    for (const OptionInfo& option : all_options())
      if (now.compare(2, equals - 2, option.long_form) == 0)
        for (const Candidate& value : values_of(option.id))
          result.push_back({now.substr(0, equals + 1) + value.text, value.help});
    return result;
  }
  if (!now.starts_with("-")) return words_of(command);
  std::vector<Candidate> result;
  for (const OptionInfo& option : all_options())
    if (option.help[0] && (command == Command::None ? option.commands == kAllCommands : option.fits(command)))
      result.push_back({std::string("--") + option.long_form, option.help});
  return result;
}

}  // namespace

int run_completions(Context& context) {
  Console& console = context.console;
  const std::vector<std::string>& words = context.args.words;
  std::string shell = words.size() == 1 ? words[0] : "";
  const char* script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : shell == "fish" ? kFish : nullptr;
  if (!script)
    return console.fail(kUsage, words.empty() ? "which shell?" : "there are no completions for `" + words[0] + "`",
                        "janus completions bash, zsh or fish");
  console.out(script);
  return kDone;
}

int run_complete(Context& context) {
  const std::vector<std::string>& words = context.args.words;  // shell, number, line…
  if (words.size() < 3) return kUsage;
  std::vector<std::string> line(words.begin() + 2, words.end());
  size_t at = static_cast<size_t>(atol(words[1].c_str()));
  std::string now = at < line.size() ? line[at] : "";
  if (now == "=") now.clear();
  for (const Candidate& candidate : complete(line, at)) {
    if (!candidate.text.starts_with(now)) continue;
    std::string text = candidate.text;
    // zsh's _describe takes the part after a colon as the description.
    if (words[0] == "zsh")
      for (size_t i = 0; (i = text.find(':', i)) != std::string::npos; i += 2) text.insert(i, "\\");
    context.console.out(text + (words[0] == "bash" || !candidate.help[0] ? "" : std::string("\t") + candidate.help) +
                        "\n");
  }
  return kDone;
}

}  // namespace janus
