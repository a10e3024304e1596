// runtime_host_test.cpp: the runtime compiled for the host, whole, so that the other runtime tests can call it under
// sanitizers. Depends on runtime/*.cpp. Blocks that are free are poisoned when AddressSanitizer looks on.
// SPDX-License-Identifier: Apache-2.0
#define JANUS_RT_TEST 1
#include "runtime/array.cpp"
#include "runtime/error.cpp"
#include "runtime/error_report.cpp"
#include "runtime/format_fixed.cpp"
#include "runtime/format_float.cpp"
#include "runtime/format_int.cpp"
#include "runtime/hash.cpp"
#include "runtime/io.cpp"
#include "runtime/leaks.cpp"
#include "runtime/memory.cpp"
#include "runtime/panic.cpp"
#include "runtime/parse_float.cpp"
#include "runtime/powers.cpp"
#include "runtime/print.cpp"
#include "runtime/print_text.cpp"
#include "runtime/start.cpp"
#include "runtime/string.cpp"
#include "runtime/utf8.cpp"

extern "C" const uint32_t janus_program_flags;
const uint32_t janus_program_flags = 0;
Error* janus_main_entry() { return nullptr; }

namespace rt_test {
int64_t live_blocks() { return janus::rt::live_blocks(); }
int64_t valid_prefix(const uint8_t* bytes, int64_t len) { return janus::rt::utf8_valid_prefix(bytes, len); }
String* from_any_bytes(const uint8_t* bytes, int64_t len) { return janus::rt::string_from_any_bytes(bytes, len); }
void report(Sink* sink, Error* error) { janus::rt::report_failure(sink, error); }
int64_t usable(int64_t size) { return janus::rt::usable_size(size); }
}  // namespace rt_test
