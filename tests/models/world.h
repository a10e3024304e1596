// world.h: what scenarios with tasks stand on, see world.cpp.
// Depends on hook.h, runtime/tasks/task.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/models/hook.h"
// After the hooks:
#include "runtime/tasks/task.h"

namespace world {
void begin();         // of a scenario
void start_clock();   // in scenarios with timers
void stop_clock();
void end();
}  // namespace world
