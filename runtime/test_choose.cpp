// test_choose.cpp: the command line of an executable that `janus test` built: which of its tests to run.
// Depends on sink.h and start.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/sink.h"
#include "runtime/start.h"

namespace janus::rt {
namespace {

// The number that a decimal text means, -1 when it means none below `count`.
int64_t index_of(const char* text, int64_t count) {
  int64_t index = 0;
  const char* p = text;
  for (; *p >= '0' && *p <= '9' && index < count; p++) index = index * 10 + (*p - '0');
  return p != text && *p == 0 && index < count ? index : -1;
}

}  // namespace
}  // namespace janus::rt

extern "C" {

int64_t janus_test_choose(const uint8_t* list, int64_t list_len, int64_t count) {
  const int argc = start_info.argc;
  char** argv = start_info.argv;
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    janus_print_bytes(janus_stdout(), list, list_len);
    return -1;
  }
  const int64_t index = argc == 3 && strcmp(argv[1], "--run") == 0 ? index_of(argv[2], count) : -1;
  if (index < 0) {
    sink_text(janus_stderr(), "usage: --list, or --run INDEX of a test in that list");
    janus_sink_newline(janus_stderr());
    janus_exit(2);
  }
  return index;
}

}  // extern "C"
