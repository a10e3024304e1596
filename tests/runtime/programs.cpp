// programs.cpp: what the compiler emits beside a program.
// Depends on runtime/abi_tasks.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/abi_tasks.h"
extern "C" {
extern const uint32_t janus_program_flags = kProgramDebug;
extern const int64_t janus_program_tasks = 2'000'000;
extern const int64_t janus_program_channels = 1'000'000;
extern const char* const janus_program_profile = "test";
}
