// error.h: return traces, and how the last failure of a program is told.
// Depends on internal.h, tasks.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"
#include "runtime/tasks.h"

namespace janus::rt {

// A place that an error came by; line << 16 | column.
struct Place {
  const FuncSite* site;
  int64_t at;
};

// The first kTraceEnds places and the last kTraceEnds: a deep recursion that fails costs no more. The later half is a
// ring.
constexpr uint32_t kTraceEnds = 32;
struct Trace {
  uint32_t total;   // places seen
  uint32_t cap;     // places there is room for
  Place places[];
};

JANUS_HIDDEN extern Lock shared_errors;   // trace and others of every error with several tasks
JANUS_INLINE void* payload_of(Error* error) { return reinterpret_cast<uint8_t*>(error) + kErrorPayload; }

JANUS_HIDDEN String* panic_text(Error* panic);

// What main says of a failure that left it: `panic: …` or `error: …`, the trace, and failures that came after it.
JANUS_HIDDEN void report_failure(Sink* sink, Error* error);

}  // namespace janus::rt
