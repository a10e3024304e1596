// dynamic.cpp: blocks that carry their own drop function.
// Depends on abi.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/abi.h"
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

}  // extern "C"
