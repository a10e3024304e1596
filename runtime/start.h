// start.h: what a program was started with.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

struct StartInfo {
  int argc;
  char** argv;
  char** envp;
};
JANUS_HIDDEN extern StartInfo start_info;

}  // namespace janus::rt
