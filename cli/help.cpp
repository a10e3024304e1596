// help.cpp: --help, `janus help` and manual pages, made from command.def and options.def.
// Depends on commands.h, frontend/text_width.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "frontend/astdb/query.h"
#include "frontend/text_width.h"

namespace janus {
namespace {

struct Row {
  std::string left, right;
};
struct Section {
  std::string title;
  std::vector<Row> rows;
};
struct Page {
  std::string name, purpose, usage;
  std::vector<Section> sections;
  std::string end;
};

const char* group_title(Group group) {
  switch (group) {
    case Group::Start: return "Begin";
    case Group::Build: return "Build";
    case Group::Learn: return "Learn";
    case Group::Tools: return "Tools";
    case Group::Hidden: return "";
  }
  return "";
}

std::vector<Row> examples_of(Command command) {
  switch (command) {
    case Command::New: return {{"janus new shop", "the package `shop` in the folder shop"}};
    case Command::Init: return {{"janus init", "a package named like this folder"}};
    case Command::Run:
      return {{"janus run hello.jan", "build it, if it changed, and run it"},
              {"janus run", "run the package around this folder"},
              {"janus run sum.jan -- 1 2 3", "give the program arguments"}};
    case Command::Build:
      return {{"janus build hello.jan", "make ./hello"},
              {"janus build --release", "make build/NAME of this package, optimised"},
              {"janus build --emit asm -o - hello.jan", "show the machine's instructions"}};
    case Command::Check:
      return {{"janus check", "the package around this folder"},
              {"janus check --fix hello.jan", "make the edits that are certain"},
              {"janus check --json src", "for an editor: one object a line"}};
    case Command::Test:
      return {{"janus test", "all tests of the package"},
              {"janus test --filter parse", "those with `parse` in their name"},
              {"janus test shapes.jan", "the tests of one file"}};
    case Command::Query:
      return {{"janus query 'pub func and not has_doc'", "words, and, or, not, brackets"},
              {"janus query \"sig('[]T, func(T) -> U -> []U')\"", "functions of that type"},
              {"janus query --fail-if-any unused", "for CI: exit 1 when there is one"},
              {"janus query --sql 'SELECT kind, count(*) FROM decl GROUP BY kind'", "any SELECT"}};
    case Command::Doc:
      return {{"janus doc Array.map", "signature, effects and text of one name, in the terminal"},
              {"janus doc --open", "pages of this package, in the browser"},
              {"janus doc --lint", "what is missing or wrong in the documentation"},
              {"janus doc --format json", "all of it for a program, on stdout"}};
    case Command::Clean:
      return {{"janus clean", "forget this package's builds"}, {"janus clean --all", "empty the whole cache"}};
    case Command::Explain:
      return {{"janus explain E2001", "what the code means, with programs"}, {"janus explain", "list all codes"}};
    case Command::Help: return {{"janus help build", "the same as janus build --help"}};
    case Command::Schema: return {{"janus schema janus.diag/1", "the schema of `janus check --json`"}};
    case Command::Completions:
      return {{"janus completions bash > ~/.local/share/bash-completion/completions/janus", "bash"},
              {"janus completions zsh > ~/.zfunc/_janus", "zsh, with ~/.zfunc in fpath"},
              {"janus completions fish > ~/.config/fish/completions/janus.fish", "fish"}};
    case Command::Man: return {{"janus man build | man -l -", "read the page of one command"}};
    case Command::Version: return {{"janus version --json", "for a program"}};
    case Command::Complete: break;
    case Command::None:
      return {{"janus run hello.jan", "build hello.jan and run it"},
              {"janus new shop", "make a package in the folder shop"},
              {"janus explain E2001", "explain a diagnostic"}};
  }
  return {};
}

// All predicates, those that take an argument with an example of it.
std::vector<std::string> predicate_remarks() {
  std::string words = "Predicates:", others = "With an argument:";
  for (const PredicateInfo& p : all_predicates())
    (p.argument[0] ? others : words) +=
        std::string(" ") + p.name + (p.argument[0] ? std::string("(") + p.argument + ")" : "");
  return {
      words + ".", others + ".",
      "`and` may be left out. With --sql any SELECT; --schema shows the tables, which other SQLite tools may read as well."};
}

std::vector<std::string> remarks_of(Command command) {
  switch (command) {
    case Command::Run:
      return {
          "The exit code is the program's own: 101 after a panic, 128 + n after signal n. When the program does not build, it is 1."};
    case Command::Build:
      return {
          "Without -o the result is ./NAME for the file NAME.jan, and build/NAME beside the janus.toml of a package; with --emit the name ends in .o, .s or .ll.",
          "The executable is static: it needs no library, no Janus and no other file to run."};
    case Command::Check:
      return {
          "PATH is a .jan file, a folder, or - for stdin. Diagnostics go to stderr; --json and --sarif write them to stdout."};
    case Command::Test:
      return {
          "Each test runs as a process of its own, several at a time. A failed one shows what it printed and how to run it again."};
    case Command::Query: return predicate_remarks();
    case Command::Doc:
      return {
          "The pages need no network and no server: open index.html from the disk. Guides are the Markdown files of docs/, and README.md."};
    case Command::Clean: return {"The folder build/ of a package goes too, if janus made it."};
    default: return {};
  }
}

Row option_row(const OptionInfo& option) {
  std::string left = option.short_form ? std::string("-") + option.short_form + ", " : "    ";
  left += std::string("--") + option.long_form;
  if (option.takes_value()) left += std::string(" ") + option.value;
  return {left, option.help};
}

std::vector<Row> environment_rows() {
  return {{"JANUS_CACHE_DIR", "where builds are kept; else $XDG_CACHE_HOME/janus, else ~/.cache/janus"},
          {"JANUS_STD_DIR", "a folder with the sources of std, for work on std itself"},
          {"NO_COLOR", "no colours, when not empty; --color stands above it"},
          {"CLICOLOR_FORCE, FORCE_COLOR", "colours also where no terminal is"}};
}

std::vector<Row> exit_rows() {
  return {{"0", "done"},
          {"1", "mistakes in the program, or failed tests"},
          {"2", "the command line is wrong"},
          {"3", "the system is at fault: a file unreadable, a disk full"},
          {"4", "refused by policy"},
          {"70", "a bug of janus"}};
}

Page page_of(Command command, bool brief) {
  Page page;
  if (command == Command::None) {
    page = {"janus",
            "the Janus language: compiler, test runner and all, in one file",
            "janus [FLAGS] COMMAND [ARGS]",
            {},
            ""};
    page.sections.push_back({"Examples", examples_of(command)});
    for (Group group : {Group::Start, Group::Build, Group::Learn, Group::Tools}) {
      Section section{group_title(group), {}};
      for (const CommandInfo& info : all_commands())
        if (info.group == group)
          section.rows.push_back({std::string(info.word) + (info.arguments[0] ? " " : "") + info.arguments, info.help});
      page.sections.push_back(section);
    }
  } else {
    const CommandInfo& info = command_info(command);
    page = {std::string("janus ") + info.word,
            info.help,
            std::string("janus ") + info.word + " [FLAGS]" + (info.arguments[0] ? " " : "") + info.arguments,
            {},
            ""};
    if (!brief) page.sections.push_back({"Examples", examples_of(command)});
    Section own{"Flags", {}};
    for (const OptionInfo& option : all_options())
      if (option.help[0] && option.commands != kAllCommands && option.fits(command))
        own.rows.push_back(option_row(option));
    if (!own.rows.empty()) page.sections.push_back(own);
  }
  Section common{"Flags of every command", {}};
  for (const OptionInfo& option : all_options())
    if (option.commands == kAllCommands) common.rows.push_back(option_row(option));
  if (!brief) {
    page.sections.push_back(common);
    page.sections.push_back({"Environment", environment_rows()});
    page.sections.push_back({"Exit codes", exit_rows()});
    page.end = command == Command::None
                   ? "`janus COMMAND --help` shows the flags of one command; the language is described in site/."
                   : "The language is described in site/.";
  } else {
    page.end = "`" + page.name + " --help` says more.";
  }
  return page;
}

// ---- as a terminal shows it, in 80 columns

constexpr size_t kWidth = 80, kLeft = 30;

void wrap(std::string& out, const std::string& text, size_t indent, size_t column) {
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find(' ', at), text.size());
    if (column + (end - at) > kWidth && column > indent) {
      out.erase(out.find_last_not_of(' ') + 1);
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    out += text.substr(at, end - at);
    column += end - at;
    if (end < text.size()) out += ' ', ++column;
    at = end + 1;
  }
  out += '\n';
}

std::string print(const Page& page, const std::vector<std::string>& remarks, bool color) {
  auto title = [&](const std::string& text) { return color ? "\033[1m" + text + "\033[0m" : text; };
  std::string out;
  wrap(out, page.name + ": " + page.purpose, 0, 0);
  out += "\n" + title("Usage") + ": " + page.usage + "\n";
  for (const Section& section : page.sections) {
    if (section.rows.empty()) continue;
    out += "\n" + title(section.title) + "\n";
    size_t left = 0;
    for (const Row& row : section.rows)
      if (text_width(row.left) <= kLeft) left = std::max<size_t>(left, text_width(row.left));
    for (const Row& row : section.rows) {
      out += "  " + (color ? "\033[36m" + row.left + "\033[0m" : row.left);
      size_t column = text_width(row.left) + 2;
      if (column > left + 2) out += "\n", column = 0;
      out += std::string(left + 4 - column, ' ');
      wrap(out, row.right, left + 4, left + 4);
    }
  }
  for (const std::string& remark : remarks) {
    out += "\n";
    wrap(out, remark, 0, 0);
  }
  out += "\n";
  wrap(out, page.end, 0, 0);
  return out;
}

// ---- as roff

std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '`') out += '"';
    else if (out.empty() && (c == '.' || c == '\'')) out += std::string("\\&") + c;
    else out += c;
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string general_help(bool color) { return print(page_of(Command::None, false), {}, color); }

std::string command_help(Command command, bool color, bool brief) {
  return print(page_of(command, brief), brief ? std::vector<std::string>{} : remarks_of(command), color);
}

std::string man_page(Command command) {
  Page page = page_of(command, false);
  std::string name = page.name;
  for (char& c : name)
    if (c == ' ') c = '-';
  std::string out = ".TH \"" + upper(roff(name)) + "\" 1 \"\" \"janus " JANUS_VERSION "\" \"Janus\"\n";
  out += ".SH NAME\n" + roff(name) + " \\- " + roff(page.purpose) + "\n";
  out += ".SH SYNOPSIS\n.B " + roff(page.usage) + "\n";
  std::vector<std::string> remarks = remarks_of(command);
  if (!remarks.empty()) {
    out += ".SH DESCRIPTION\n";
    for (const std::string& remark : remarks) out += ".PP\n" + roff(remark) + "\n";
  }
  for (const Section& section : page.sections) {
    if (section.rows.empty()) continue;
    out += ".SH " + upper(section.title) + "\n";
    for (const Row& row : section.rows) {
      std::string left = row.left;
      left.erase(0, left.find_first_not_of(' '));
      out += ".TP\n.B " + roff(left) + "\n" + roff(row.right) + "\n";
    }
  }
  return out;
}

}  // namespace janus
