// error.cpp: errors and panics: making, comparing, printing and dropping them, and their return traces.
// Depends on error.h, counted.h, sink.h.
// SPDX-License-Identifier: Apache-2.0
//
// A failure that several tasks have (its task, its nursery, whoever awaits it) is one block. Places and later failures are added to it
// under a lock, by whichever task it comes by, so that a trace tells the way through all of them.
//
// A panic is an error whose descriptor is janus_panic_desc and whose payload is its message. It travels and is dropped as any other.
#include "runtime/error.h"

#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace janus::rt {
namespace {

Lock shared_errors;   // trace and others of every error with several tasks

constexpr uint32_t kTraceStart = 3;   // with the header this fills a block of 64 bytes

constexpr int64_t trace_bytes(uint32_t cap) { return static_cast<int64_t>(sizeof(Trace) + cap * sizeof(Place)); }
int64_t error_bytes(const ErrorDesc* desc) { return kErrorPayload + desc->payload_size; }
void* payload_of(Error* error) { return reinterpret_cast<uint8_t*>(error) + kErrorPayload; }

Trace* trace_new(uint32_t cap) {
  Trace* trace = static_cast<Trace*>(janus_alloc(trace_bytes(cap)));
  trace->total = 0;
  trace->cap = cap;
  return trace;
}

void trace_free(Trace* trace) {
  if (trace) janus_free(trace, trace_bytes(trace->cap));
}

Trace* trace_grow(Trace* trace) {
  const uint32_t cap = trace->cap * 2 < 2 * kTraceEnds ? trace->cap * 2 : 2 * kTraceEnds;
  Trace* bigger = trace_new(cap);
  bigger->total = trace->total;
  memcpy(bigger->places, trace->places, trace->total * sizeof(Place));
  trace_free(trace);
  return bigger;
}

void trace_add(Error* error, const FuncSite* site, int64_t at) {
  if (!site) return;
  if (!error->trace) error->trace = trace_new(kTraceStart);
  Trace* trace = error->trace;
  if (trace->total >= trace->cap && trace->cap < 2 * kTraceEnds) error->trace = trace = trace_grow(trace);
  const uint32_t n = trace->total++;
  const uint32_t slot = n < 2 * kTraceEnds ? n : kTraceEnds + n % kTraceEnds;
  janus_require(slot < trace->cap, "a place outside its trace");
  trace->places[slot] = {site, at};
}

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
  for (uint32_t n = trace->total - kTraceEnds; n < trace->total; n++) on_place(trace->places[kTraceEnds + n % kTraceEnds]);
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

// ---- messages. Built in a string sink; no format language, so that a program that cannot overflow links none.

struct Message {
  Sink sink;
  Message() { janus_sink_begin(&sink); }
  Message& operator<<(const char* text) {
    sink_text(&sink, text);
    return *this;
  }
  Message& operator<<(int64_t x) {
    janus_print_i64(&sink, x);
    return *this;
  }
};

JANUS_COLD Error* panic_with(Message& message, const FuncSite* site, int64_t at) {
  return janus_panic_message(janus_sink_finish(&message.sink), site, at);
}

void drop_message(void* payload, uint32_t depth) {
  (void)depth;
  string_release(*static_cast<String**>(payload));
}

void print_message(Sink* sink, void* payload) {
  sink_text(sink, "(");
  janus_print_string_quoted(sink, *static_cast<String**>(payload));
  sink_text(sink, ")");
}

bool equal_messages(void* a, void* b) { return janus_string_equal(*static_cast<String**>(a), *static_cast<String**>(b)); }

void retain_error(void* value) { retain(&(*static_cast<Error**>(value))->head); }
void drop_error(void* value, uint32_t depth) {
  Error* error = *static_cast<Error**>(value);
  if (release(&error->head)) janus_error_drop(error, depth);
}
constexpr TypeGlue error_glue = {sizeof(Error*), retain_error, drop_error, share_error_at};

}  // namespace

String* panic_text(Error* panic) {
  janus_require(panic->desc == &janus_panic_desc, "only a panic has a message");
  return *static_cast<String**>(payload_of(panic));
}

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

const ErrorDesc janus_panic_desc = {"Panic", 5, kErrImplicit | kErrPanic, sizeof(String*), drop_message, print_message, equal_messages, share_string_at};

JANUS_COLD Error* janus_panic_message(String* message, const FuncSite* site, int64_t at) {
  Error* error = janus_error_new(&janus_panic_desc, site, at);
  *static_cast<String**>(payload_of(error)) = message;
  return error;
}

JANUS_COLD Error* janus_panic_overflow(int32_t op, const FuncSite* site, int64_t at) {
  Message m;
  const char text[2] = {static_cast<char>(op == 'n' ? '-' : op), 0};
  m << "integer overflow: the result of ";
  if (op == 'n') m << "unary ";
  m << "`" << (op == '<' ? "<<" : text) << "` does not fit its type";
  return panic_with(m, site, at);
}

JANUS_COLD Error* janus_panic_div_zero(const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "division by zero", site, at);
}

JANUS_COLD Error* janus_panic_shift(int64_t width, const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "shift out of range: a value of " << width << " bits can be shifted by 0 to " << (width - 1), site, at);
}

JANUS_COLD Error* janus_panic_index(int64_t index, int64_t len, const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "index " << index << " is out of range: the length is " << len, site, at);
}

JANUS_COLD Error* janus_panic_slice(int64_t lo, int64_t hi, int64_t len, const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "slice " << lo << ".." << hi << " is out of range: the length is " << len, site, at);
}

JANUS_COLD Error* janus_panic_convert(const char* type_name, const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "the value does not fit in `" << type_name << "`", site, at);
}

JANUS_COLD Error* janus_panic_null(const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "`!` on a value that is null", site, at);
}

JANUS_COLD Error* janus_panic_stack(const FuncSite* site, int64_t at) {
  Message m;
  return panic_with(m << "stack overflow", site, at);
}

Error* janus_error_new(const ErrorDesc* desc, const FuncSite* site, int64_t at) {
  Error* error;
  off_task([&] {
    error = janus_error_value(desc);
    trace_add(error, site, at);
  });
  return error;
}

Error* janus_error_value(const ErrorDesc* desc) {
  janus_require(desc, "an error without a name");
  Error* error = static_cast<Error*>(janus_alloc(error_bytes(desc)));
  *error = {{1, 0}, desc, nullptr, nullptr};
  return error;
}

void janus_error_trace(Error* error, const FuncSite* site, int64_t at) {
  const int32_t count = count_of(&error->head);
  if (is_immortal(count)) return;   // keeps no trace
  off_task([=] {
    if (JANUS_LIKELY(count > 0)) return trace_add(error, site, at);
    Hold held(shared_errors);
    trace_add(error, site, at);
  });
}

void janus_error_add(Error* first, Error* other) {
  const int32_t count = count_of(&first->head);
  janus_require(first != other && !is_immortal(count), "an error that follows itself");
  off_task([=] {
    if (count < 0) share_error(other);   // what a shared block owns is shared
    Hold held(shared_errors);
    Array* list = first->others ? first->others : janus_array_new(0, &error_glue);
    list = janus_array_reserve(list, 1, &error_glue);
    reinterpret_cast<Error**>(list->data)[list->len++] = other;
    first->others = list;
  });
}

void janus_error_drop(Error* error, uint32_t depth) {
  janus_require(error->head.count == 0, "a drop of an error that has owners");
  const ErrorDesc* desc = error->desc;
  off_task([=] {
    if (desc->drop) desc->drop(payload_of(error), depth + 1);
    if (error->others && release(&error->others->head)) janus_array_drop(error->others, &error_glue, depth + 1);
  });
  trace_free(error->trace);
  janus_free(error, error_bytes(desc));
  if (depth == 0) drain_own_drops(true);
}

String* janus_error_name(Error* error) { return janus_string_new(reinterpret_cast<const uint8_t*>(error->desc->name), error->desc->name_len); }

String* janus_error_trace_text(Error* error) {
  Sink sink;
  janus_sink_begin(&sink);
  {
    Hold held(shared_errors);
    print_trace(&sink, error->trace, "", "\n");
  }
  return janus_sink_finish(&sink);
}

Array* janus_error_others(Error* error) {
  Hold held(shared_errors);
  Array* list = error->others;
  if (!list) return &janus_empty_array;
  if (count_of(&error->head) < 0) share_block(list);   // its elements are shared already
  retain(&list->head);
  return list;
}

bool janus_error_equal(Error* a, Error* b) {
  if (a == b) return true;
  if (a->desc != b->desc) return false;
  return !a->desc->equal || a->desc->equal(payload_of(a), payload_of(b));
}

uint64_t janus_error_hash(Error* error) {
  uint64_t state = 0;
  for (int64_t i = 0; i < error->desc->name_len; i++) state = janus_hash_u64(state, static_cast<uint8_t>(error->desc->name[i]));
  return state;
}

void janus_print_error(Sink* sink, Error* error) {
  janus_print_bytes(sink, reinterpret_cast<const uint8_t*>(error->desc->name), error->desc->name_len);
  if (error->desc->print) off_task([=] { error->desc->print(sink, payload_of(error)); });
}

}  // extern "C"
