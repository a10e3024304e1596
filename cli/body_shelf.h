// body_shelf.h: records of bodies (frontend/body_memory.h) in a file: `janus doc` keeps one beside its pages.
// Depends on frontend/program.h, frontend/body_memory.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "frontend/body_memory.h"

namespace janus {

// Fills memory.before; it stays empty when there is no such file. A record says itself whether it is whole.
void read_bodies(const std::string& path, BodyMemory& memory);
// Writes what the next run may want: a record of each module of the program, when one of them changed.
bool write_bodies(const std::string& path, const Program& program, const BodyMemory& memory, std::string& why);

}  // namespace janus
