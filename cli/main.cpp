// main.cpp: hands the command line to the table of commands.
// Depends on commands.h.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "cli/commands.h"

int main(int argc, char** argv) {
  int code = janus::run_command_line(argc, argv);
  // Straight to the end: what a compilation holds is given back by the system, faster than piece by piece.
  _exit(code);
}
