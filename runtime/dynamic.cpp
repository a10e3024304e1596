// dynamic.cpp: blocks that carry their own drop function; the test runner's side inside a test program.
// Depends on abi.h.
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "runtime/abi.h"
#include "runtime/sink.h"
#include "runtime/start.h"
#include "runtime/tasks.h"

extern "C" {

void janus_closure_drop(void* closure, uint32_t depth) {
  off_task([=] { static_cast<Closure*>(closure)->info->drop(closure, depth); });
}

void janus_dyn_drop(void* block, uint32_t depth) {
  using Drop = void (*)(void*, uint32_t);
  Drop* vtable = *reinterpret_cast<Drop**>(static_cast<char*>(block) + 8);
  off_task([=] { vtable[0](block, depth); });
}

Error* janus_run_tests(const TestEntry* tests, int64_t count) {
  char** argv = start_info.argv;
  if (start_info.argc == 3 && strcmp(argv[1], "--run") == 0) {
    int64_t index = atoll(argv[2]);
    if (index >= 0 && index < count) return tests[index].run();
  } else if (start_info.argc == 2 && strcmp(argv[1], "--list") == 0) {
    Sink* out = plain_stdout();
    for (int64_t i = 0; i < count; ++i) {
      janus_print_i64(out, i);
      janus_print_bytes(out, reinterpret_cast<const uint8_t*>("\t"), 1);
      janus_print_bytes(out, reinterpret_cast<const uint8_t*>(tests[i].name), static_cast<int64_t>(strlen(tests[i].name)));
      janus_print_bytes(out, reinterpret_cast<const uint8_t*>("\t"), 1);
      janus_print_bytes(out, reinterpret_cast<const uint8_t*>(tests[i].place), static_cast<int64_t>(strlen(tests[i].place)));
      janus_print_bytes(out, reinterpret_cast<const uint8_t*>("\n"), 1);
    }
    return nullptr;
  }
  const char usage[] = "usage: --list, or --run INDEX\n";
  janus_print_bytes(plain_stderr(), reinterpret_cast<const uint8_t*>(usage), sizeof usage - 1);
  janus_exit(2);
  return nullptr;
}

}  // extern "C"
