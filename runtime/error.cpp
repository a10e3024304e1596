// error.cpp: errors: making, comparing and dropping them, and their return traces.
// Depends on error.h, counted.h, sink.h.
// SPDX-License-Identifier: Apache-2.0
//
// A failure that several tasks have (its task, its nursery, whoever awaits it) is one block. Places and later failures
// are added to it under a lock, by whichever task it comes by, so that a trace tells the way through all of them.
#include "runtime/error.h"

#include "runtime/counted.h"
#include "runtime/tasks.h"

namespace janus::rt {
namespace {

constexpr uint32_t kTraceStart = 3;   // with the header this fills a block of 64 bytes

constexpr int64_t trace_bytes(uint32_t cap) { return static_cast<int64_t>(sizeof(Trace) + cap * sizeof(Place)); }
int64_t error_bytes(const ErrorDesc* desc) { return kErrorPayload + desc->payload_size; }

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

void retain_error(void* value) { retain(&(*static_cast<Error**>(value))->head); }
void drop_error(void* value, uint32_t depth) {
  Error* error = *static_cast<Error**>(value);
  if (release(&error->head)) janus_error_drop(error, depth);
}
constexpr TypeGlue error_glue = {sizeof(Error*), retain_error, drop_error, share_error_at};

}  // namespace

Lock shared_errors;

}  // namespace janus::rt

extern "C" {

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

void janus_panic_caller(Error* error, const FuncSite* site, int64_t at) {
  const Trace* trace = error->trace;
  if (error->desc != &janus_panic_desc || is_immortal(count_of(&error->head)) || !trace || trace->total != 1) return;
  const char* file = trace->places[0].site->file;
  if (file[0] == 's' && file[1] == 't' && file[2] == 'd' && file[3] == '/') janus_error_trace(error, site, at);
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

Error* janus_error_join(Error* first, Error* other) {
  if (is_immortal(count_of(&first->head))) return other;
  janus_error_add(first, other);
  return first;
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

String* janus_error_name(Error* error) {
  return janus_string_new(reinterpret_cast<const uint8_t*>(error->desc->name), error->desc->name_len);
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
  for (int64_t i = 0; i < error->desc->name_len; i++)
    state = janus_hash_u64(state, static_cast<uint8_t>(error->desc->name[i]));
  return state;
}

}  // extern "C"
