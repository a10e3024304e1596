// leaks.h: where blocks that were never freed came from; in debug programs, when JANUS_LEAKS is set.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

#ifndef JANUS_RELEASE
namespace janus::rt {

JANUS_HIDDEN extern bool leaks_watched;
JANUS_HIDDEN void leaks_watch(uint8_t* stack_top);   // from now on; return addresses are looked for below stack_top
JANUS_HIDDEN void leaks_made(void* block, int64_t size);   // only while watched
JANUS_HIDDEN void leaks_freed(void* block);
JANUS_HIDDEN void leaks_report(Sink* sink);

}   // namespace janus::rt
#endif
