// panic.cpp: panics: their messages.
// Depends on error.h, counted.h, sink.h.
// SPDX-License-Identifier: Apache-2.0
//
// A panic is an error whose descriptor is janus_panic_desc and whose payload is its message. It travels and is dropped
// as any other.
#include "runtime/counted.h"
#include "runtime/error.h"
#include "runtime/sink.h"

namespace janus::rt {
namespace {

// Built in a string sink; no format language, so that a program that cannot overflow links none.

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

// A task that adds two numbers would need the stack to say that they overflow; it is said on its worker's.
template <typename F>
JANUS_INLINE Error* panic_saying(const FuncSite* site, int64_t at, F say) {
  String* text;
  off_task([&] {
    Message m;
    say(m);
    text = janus_sink_finish(&m.sink);
  });
  return janus_panic_message(text, site, at);
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

bool equal_messages(void* a, void* b) {
  return janus_string_equal(*static_cast<String**>(a), *static_cast<String**>(b));
}

}  // namespace

String* panic_text(Error* panic) {
  janus_require(panic->desc == &janus_panic_desc, "only a panic has a message");
  return *static_cast<String**>(payload_of(panic));
}

}  // namespace janus::rt

extern "C" {

const ErrorDesc janus_panic_desc = {
    "Panic",        5, kErrImplicit | kErrPanic, sizeof(String*), drop_message, print_message, equal_messages,
    share_string_at};

JANUS_COLD Error* janus_panic_message(String* message, const FuncSite* site, int64_t at) {
  Error* error = janus_error_new(&janus_panic_desc, site, at);
  *static_cast<String**>(payload_of(error)) = message;
  return error;
}

JANUS_COLD Error* janus_panic_overflow(int32_t op, const FuncSite* site, int64_t at) {
  return panic_saying(site, at, [=](Message& m) {
    const char text[2] = {static_cast<char>(op == 'n' ? '-' : op), 0};
    m << "integer overflow: the " << (op == '%' ? "quotient" : "result") << " of ";
    if (op == 'n') m << "unary ";
    m << "`" << (op == '<' ? "<<" : text) << "` does not fit its type";
  });
}

JANUS_COLD Error* janus_panic_div_zero(const FuncSite* site, int64_t at) {
  return panic_saying(site, at, [=](Message& m) { m << "division by zero"; });
}

JANUS_COLD Error* janus_panic_shift(int64_t width, const FuncSite* site, int64_t at) {
  return panic_saying(site, at, [=](Message& m) {
    m << "shift out of range: a value of " << width << " bits can be shifted by 0 to " << (width - 1);
  });
}

JANUS_COLD Error* janus_panic_index(int64_t index, int64_t len, const FuncSite* site, int64_t at) {
  return panic_saying(site, at,
                      [=](Message& m) { m << "index " << index << " is out of range: the length is " << len; });
}

JANUS_COLD Error* janus_panic_slice(int64_t lo, int64_t hi, int64_t len, const FuncSite* site, int64_t at) {
  return panic_saying(
      site, at, [=](Message& m) { m << "slice " << lo << ".." << hi << " is out of range: the length is " << len; });
}

JANUS_COLD Error* janus_panic_convert(const char* type_name, const FuncSite* site, int64_t at) {
  return panic_saying(site, at, [=](Message& m) { m << "the value does not fit in `" << type_name << "`"; });
}

JANUS_COLD Error* janus_panic_null(const FuncSite* site, int64_t at) {
  return panic_saying(site, at, [=](Message& m) { m << "`!` on a value that is null"; });
}

JANUS_COLD Error* janus_panic_stack(const FuncSite* site, int64_t at) {
  return panic_saying(site, at, [=](Message& m) { m << "stack overflow"; });
}

}  // extern "C"
