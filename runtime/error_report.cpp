// error_report.cpp: what is told of a failure: its name, its payload, and the way that it came.
// Depends on error.h, counted.h, sink.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/counted.h"
#include "runtime/error.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace janus::rt {
namespace {

// Calls with each kept place in order, and with how many were left out between the two ends.
template <typename OnPlace, typename OnGap>
void walk_trace(const Trace* trace, OnPlace on_place, OnGap on_gap) {
  if (!trace) return;
  if (trace->total <= 2 * kTraceEnds) {
    for (uint32_t i = 0; i < trace->total; i++) on_place(trace->places[i]);
    return;
  }
  for (uint32_t i = 0; i < kTraceEnds; i++) on_place(trace->places[i]);
  on_gap(trace->total - 2 * kTraceEnds);
  for (uint32_t n = trace->total - kTraceEnds; n < trace->total; n++)
    on_place(trace->places[kTraceEnds + n % kTraceEnds]);
}

// One line a place, each after `indent`; a place that follows itself (recursion) is counted instead of repeated.
void print_trace(Sink* sink, const Trace* trace, const char* indent, const char* separator) {
  Place last = {nullptr, 0};
  uint32_t times = 0;
  bool first = true;
  auto start_line = [&] {
    if (!first) sink_text(sink, separator);
    first = false;
    sink_text(sink, indent);
  };
  auto flush = [&] {
    if (times == 0) return;
    start_line();
    sink_text(sink, "at ");
    sink_text(sink, last.site->function);
    sink_text(sink, " (");
    sink_text(sink, last.site->file);
    sink_text(sink, ":");
    janus_print_i64(sink, last.at >> 16);
    sink_text(sink, ":");
    janus_print_i64(sink, last.at & 0xFFFF);
    sink_text(sink, ")");
    if (times > 1) {
      sink_text(sink, ", ");
      janus_print_i64(sink, times);
      sink_text(sink, " times");
    }
    times = 0;
  };
  walk_trace(
      trace,
      [&](const Place& place) {
        if (times != 0 && place.site == last.site && place.at == last.at) {
          times++;
          return;
        }
        flush();
        last = place;
        times = 1;
      },
      [&](uint32_t left_out) {
        flush();
        start_line();
        sink_text(sink, "… ");
        janus_print_i64(sink, left_out);
        sink_text(sink, " more …");
      });
  flush();
}

}  // namespace

void report_failure(Sink* sink, Error* error) {
  if (error->desc->flags & kErrPanic) {
    sink_text(sink, "panic: ");
    if (error->desc == &janus_panic_desc) janus_print_string(sink, panic_text(error));
    else janus_print_error(sink, error);
  } else {
    sink_text(sink, "error: ");
    janus_print_error(sink, error);
    if (error->desc->flags & kErrDetail) {
      sink_text(sink, ": ");
      janus_print_string(sink, *static_cast<String**>(payload_of(error)));
    }
  }
  janus_sink_newline(sink);
  if (error->trace) {
    print_trace(sink, error->trace, "  ", "\n");
    janus_sink_newline(sink);
  }
  const int64_t others = error->others ? error->others->len : 0;
  for (int64_t i = 0; i < others && i < 16; i++) {
    sink_text(sink, "and then ");
    report_failure(sink, reinterpret_cast<Error**>(error->others->data)[i]);
  }
  if (others > 16) {
    sink_text(sink, "and then ");
    janus_print_i64(sink, others - 16);
    sink_text(sink, " more failures");
    janus_sink_newline(sink);
  }
}

}  // namespace janus::rt

extern "C" {

String* janus_error_trace_text(Error* error) {
  Sink sink;
  janus_sink_begin(&sink);
  {
    Hold held(shared_errors);
    print_trace(&sink, error->trace, "", "\n");
  }
  return janus_sink_finish(&sink);
}

void janus_print_error(Sink* sink, Error* error) {
  janus_print_bytes(sink, reinterpret_cast<const uint8_t*>(error->desc->name), error->desc->name_len);
  if (error->desc->print) off_task([=] { error->desc->print(sink, payload_of(error)); });
}

}  // extern "C"
