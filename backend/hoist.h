// hoist.h: arrays whose ownership is settled once before a loop instead of at every write in it.
// Depends on frontend/program.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "frontend/program.h"

namespace janus {
// Local arrays that the loop writes by element and otherwise only reads by element or asks for their length: once such
// a variable owns its storage alone, nothing in the loop can make it shared.
std::vector<LocalId> arrays_written_in(const Program& program, const Body& body, HirId loop);
}  // namespace janus
