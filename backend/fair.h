// fair.h: loops of a program built with --fair give other tasks a turn.
// Depends on LLVM.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace llvm { class Module; }

namespace janus {

// At the end of each round of each loop: a look at a word of the thread, which a watcher sets when a task has run for
// long, and then a call of the runtime (runtime/tasks/fair.cpp). Not in loops that are seen to be short. Done before
// the runtime becomes part of the module: its own loops must not be left.
void add_turns(llvm::Module& module);

}  // namespace janus
