// dynamic.cpp: blocks that carry their own drop function; the test runner's side inside a test program.
// Depends on abi.h.
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "runtime/abi.h"

extern "C" {

void janus_closure_drop(void* closure, uint32_t depth) { static_cast<Closure*>(closure)->drop(closure, depth); }

void janus_dyn_drop(void* block, uint32_t depth) {
  using Drop = void (*)(void*, uint32_t);
  Drop* vtable = *reinterpret_cast<Drop**>(static_cast<char*>(block) + 8);
  vtable[0](block, depth);
}

extern char** janus_argv __attribute__((weak));

}  // extern "C"
