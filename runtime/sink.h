// sink.h: the inside of printing: room in a sink, padding.
// Depends on internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "runtime/internal.h"

namespace janus::rt {

static_assert(sizeof(Sink) == 32, "compiled code keeps string sinks in slots of this size");

// Sink::flags
constexpr uint32_t kSinkAsked = 1;      // whether it is a terminal is known
constexpr uint32_t kSinkTerminal = 2;

// The flags and the kinds of ${x:spec}, as abi.h numbers them.
constexpr uint32_t kFormatZero = 1;
constexpr uint32_t kFormatLeft = 2;
constexpr uint32_t kFormatCentre = 4;

// stdout and stderr for the runtime itself; in programs with tasks for whoever holds the lock that janus_stdout() and
// janus_stderr() take and janus_sink_done() gives back, or when no other task can run.
JANUS_HIDDEN Sink* plain_stdout();
JANUS_HIDDEN Sink* plain_stderr();
#ifdef JANUS_TASKS
extern "C" void janus_sink_done(Sink* sink);
#else
JANUS_INLINE void janus_sink_done(Sink*) {}
#endif

// For the end of the process: writes what was printed, and lets no other task print after it.
JANUS_HIDDEN void flush_for_good();

// Grows a string or flushes a descriptor until n more bytes fit. n is small: under 4096.
JANUS_HIDDEN void sink_make_room(Sink* sink, int64_t n);

JANUS_INLINE uint8_t* sink_room(Sink* sink, int64_t n) {
  if (JANUS_UNLIKELY(sink->cap - sink->len < n)) sink_make_room(sink, n);
  return sink->data + sink->len;
}

JANUS_HIDDEN void sink_fill(Sink* sink, uint8_t byte, int64_t count);
JANUS_HIDDEN void sink_text(Sink* sink, const char* text);   // a C string

// A number's text with its sign apart, so that zeros go between them. `digits` may hold "inf" or "nan": no zeros then.
JANUS_HIDDEN void sink_padded_number(Sink* sink, bool negative, const uint8_t* digits, int64_t len, int32_t width,
                                     uint32_t flags);

// Writes the decimal digits of x so that they end at `end`; returns where they begin. At most 20.
JANUS_HIDDEN uint8_t* put_decimal(uint8_t* end, uint64_t x);

}  // namespace janus::rt
