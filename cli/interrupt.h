// interrupt.h: Ctrl-C leaves no partial file and no child; a crash of janus says so and exits 70.
// Depends on disk.h (scratch files).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <string>

namespace janus {

void install_crash_handler();
void set_crash_object(const std::string& line);  // written to stdout before the end of a crash (--json)

// From now on SIGINT, SIGTERM and SIGHUP first remove scratch files and kill children, then end janus as they would
// have.
void guard_interrupts();
// Before this process becomes another program: signals as the system gave them.
void release_interrupts();

void add_child(pid_t group);     // killed on an interrupt
void remove_child(pid_t group);

}  // namespace janus
