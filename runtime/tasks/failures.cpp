// failures.cpp: the failures that the language itself raises around tasks.
// Depends on task.h, counted.h, sink.h.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/tasks/task.h"

using namespace janus::rt;

namespace {

// The detail of BudgetExceeded: told when the failure ends the program, not when the error is printed as a value.
void drop_detail(void* payload, uint32_t depth) {
  (void)depth;
  string_release(*static_cast<String**>(payload));
}
bool always_equal(void*, void*) { return true; }
void share_detail(void* payload, uint32_t mode) { janus_share_array(*static_cast<String**>(payload), nullptr, mode); }
void print_nothing(Sink*, void*) {}

}  // namespace

extern "C" {

#define IMPLICIT(symbol, text) \
  const ErrorDesc symbol = {text, sizeof text - 1, kErrImplicit, 0, nullptr, nullptr, nullptr, nullptr}
IMPLICIT(janus_cancelled_desc, "Cancelled");
IMPLICIT(janus_channel_closed_desc, "ChannelClosed");
IMPLICIT(janus_timeout_desc, "Timeout");
IMPLICIT(janus_deadlock_desc, "Deadlock");
const ErrorDesc janus_budget_exceeded_desc = {"BudgetExceeded", 14,          kErrImplicit | kErrDetail,
                                              sizeof(String*),  drop_detail, print_nothing,
                                              always_equal,     share_detail};

Error janus_own_cancel = {{kImmortal, 0}, &janus_cancelled_desc, nullptr, nullptr};

}  // extern "C"

namespace janus::rt {

Error* budget_exceeded(const char* what, int64_t limit, const char* raise, RT_SITE) {
  Error* error = janus_error_new(&janus_budget_exceeded_desc, site, at);
  off_task([=] {   // a task that spawns need not have the stack for this
    Sink text;
    janus_sink_begin(&text);
    sink_text(&text, "the budget of ");
    sink_text(&text, what);
    sink_text(&text, " is ");
    janus_print_i64(&text, limit);
    sink_text(&text, " (profile :");
    sink_text(&text, janus_program_profile);
    sink_text(&text, "); raise it with ");
    sink_text(&text, raise);
    *reinterpret_cast<String**>(reinterpret_cast<uint8_t*>(error) + kErrorPayload) = janus_sink_finish(&text);
  });
  return error;
}

}  // namespace janus::rt
