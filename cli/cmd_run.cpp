// cmd_run.cpp: `janus run`: builds, or finds the build of before, and becomes the program.
// Depends on produce.h, interrupt.h.
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/produce.h"

namespace janus {

// janus ends here and the program takes its place: signals, exit code and terminal are the program's own.
static int become(Context& context, const Target& target, Product& product) {
  std::vector<std::string> words = {target.name};
  words.insert(words.end(), context.args.program_args.begin(), context.args.program_args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  context.console.flush();
  release_interrupts();
  std::string path = product.path;
  if (!product.keeper) {
    execve(path.c_str(), argv.data(), environ);
  } else {
    // No cache: the file loses its name before it runs, so that nothing stays behind.
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    product.keeper.reset();
    if (fd >= 0) fexecve(fd, argv.data(), environ);
  }
  return context.console.fail(kEnvironment, "cannot start " + path + ": " + why_of(errno));
}

int run_run(Context& context) {
  std::string word;
  Target target;
  Product product;
  if (!single_word(context, word) || !check_common_options(context)) return kUsage;
  if (int code = find_target(context, word, Purpose::Program, target)) return code;
  int code =
      produce(context, target,
              {EmitKind::Executable, context.args.has(Opt::Release), false, context.args.has(Opt::Fair)}, product);
  if (context.args.has(Opt::TimeReport)) context.timing.show(context.console);
  return code ? code : become(context, target, product);
}

}  // namespace janus
