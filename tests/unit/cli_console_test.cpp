// cli_console_test.cpp: when there are colours.
// Depends on doctest; takes cli/console.cpp in as text, because cli is an executable and no library.
// SPDX-License-Identifier: Apache-2.0
#include "cli/console.cpp"

#include <doctest/doctest.h>

using namespace janus;

TEST_CASE("--color, then NO_COLOR, then CLICOLOR_FORCE and FORCE_COLOR, then TERM=dumb, then the terminal") {
  auto color = [](ColorChoice choice, const char* no, const char* cli, const char* force, const char* term,
                  bool terminal) { return decide_color({choice, no, cli, force, term, terminal}); };
  CHECK(color(ColorChoice::Always, "1", nullptr, nullptr, "dumb", false));
  CHECK_FALSE(color(ColorChoice::Never, nullptr, "1", "1", "xterm", true));
  CHECK_FALSE(color(ColorChoice::Auto, "1", "1", "1", "xterm", true));
  CHECK(color(ColorChoice::Auto, "", "1", nullptr, "dumb", false));
  CHECK(color(ColorChoice::Auto, nullptr, nullptr, "1", "dumb", false));
  CHECK_FALSE(color(ColorChoice::Auto, nullptr, "0", "0", "xterm", false));
  CHECK_FALSE(color(ColorChoice::Auto, nullptr, nullptr, nullptr, "dumb", true));
  CHECK(color(ColorChoice::Auto, nullptr, nullptr, nullptr, "xterm", true));
  CHECK(color(ColorChoice::Auto, nullptr, nullptr, nullptr, nullptr, true));
  CHECK_FALSE(color(ColorChoice::Auto, nullptr, nullptr, nullptr, "xterm", false));
}
