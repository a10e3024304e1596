// cmd_version.cpp: `janus version`.
// Depends on commands.h. llvm-config.h is taken for its version number alone: macros, no code of LLVM.
// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "llvm/Config/llvm-config.h"

namespace janus {

std::string version_line() { return "janus " JANUS_VERSION; }

int run_version(Context& context) {
  Console& console = context.console;
  if (!context.args.words.empty()) return console.fail(kUsage, "`janus version` takes no words");
  if (console.is_json()) {
    JsonText object = console.json_object("version");
    object.field("janus", JANUS_VERSION).field("llvm", LLVM_VERSION_STRING).field("target", "x86_64-linux-musl");
    console.json(object);
  } else {
    console.out(version_line() + "\nLLVM " LLVM_VERSION_STRING "\ntarget x86_64-linux-musl\n");
  }
  return kDone;
}

}  // namespace janus
