// commands.h: what every subcommand gets, and where each stands (one cmd_*.cpp a command).
// Depends on args.h, console.h, disk.h, timing.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "cli/args.h"
#include "cli/console.h"
#include "cli/disk.h"
#include "cli/timing.h"

namespace janus {

struct Context {
  Args args;
  Console console;
  Disk disk;
  Timing timing;
};

// Each returns the exit code; what it has to say went through the console.
#define COMMAND(Name, word, group, function, arguments, help) int function(Context& context);
#include "cli/command.def"

int run_command_line(int argc, char** argv);  // all of main

// Help texts, made from the tables (help.cpp).
std::string general_help(bool color);
std::string command_help(Command command, bool color, bool brief);
std::string man_page(Command command);        // Command::None: janus(1)
std::string version_line();                   // "janus 0.1.0"

}  // namespace janus
