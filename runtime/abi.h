// abi.h: what compiled code and the runtime share: layouts and symbols. The backend takes names, offsets and numbers
// from here. Depends on nothing but <stdint.h>; includable by the compiler (glibc, C++20) and by the runtime (musl,
// freestanding C++20). SPDX-License-Identifier: Apache-2.0
//
// Every managed value (String, []T, closure, boxed struct or enum, error, capability, channel …) is ONE pointer to a
// counted block.
// `?T` of such a type is the same pointer, null for null. Plain data (numbers, tuples, structs, enums with payloads) is
// laid out inline.
#pragma once
#include <stdint.h>

namespace janus::rt {

// First 8 bytes of every counted block. count > 0: that many owners, plain arithmetic. count < 0: immortal (static
// data), never written. (Later: shared between tasks, atomic.) A release that finds 1 drops the contents and frees the
// block.
struct Head {
  int32_t count;
  uint32_t flags;
};
constexpr int32_t kImmortal = INT32_MIN;
constexpr uint32_t kFlagSlice = 1;   // Array/String: shares another block's storage, `owner` is that block

// What the runtime must know of an element type. Static data, one per type, made by the backend. retain/drop are null
// for plain data.
struct TypeGlue {
  int64_t size;   // bytes, also the stride
  void (*retain)(void* value);   // takes one more share of everything the value (at this address) owns
  void (*drop)(void* value, uint32_t depth);   // gives up what the value owns; depth: see janus_defer_drop
  void (*share)(void* value, uint32_t mode) = nullptr;   // programs with tasks: makes what the value owns fit for other
                                                         // tasks (abi_tasks.h); null for plain data
};

// []T and String (a String is exactly a []u8 that holds UTF-8; `bytes()` shares the block).
// data points just behind the header (capacity `cap` elements), or into `owner`'s data for a slice.
struct Array {
  Head head;
  int64_t len;   // elements
  uint8_t* data;
  union {
    int64_t cap;
    Array* owner;
  };
};
static_assert(sizeof(Array) == 32);
using String = Array;

// A boxed (recursive) struct or enum, and a variable shared by closures (a cell): Head, then the payload at offset 8.
constexpr int64_t kBoxPayload = 8;

// A function value. code is called as code(closure, args…) with the swifterror register; captures start at offset 24.
struct ClosureInfo {
  void (*drop)(void* closure, uint32_t depth);   // drops the captures and frees the block
  void (*share)(void* closure, uint32_t mode);   // as TypeGlue::share, of the captures; may be null
};
struct Closure {
  Head head;
  void* code;
  const ClosureInfo* info;   // null: immortal
};
constexpr int64_t kClosureCaptures = 24;

// One error variant (or ad-hoc error): static data. Identity of an error = address of its descriptor (linkonce symbol
// `janus.err.UserError.NotFound` / `janus.err.EmptyUrl`).
struct ErrorDesc {
  const char* name;   // "UserError.NotFound"
  int64_t name_len;
  uint32_t flags;   // kErrImplicit …
  uint32_t payload_size;   // bytes
  void (*drop)(void* payload, uint32_t depth);   // null for plain payloads
  void (*print)(struct Sink* sink, void* payload);   // prints "(…)", null when there is no payload
  bool (*equal)(void* a, void* b);   // null when there is no payload
  void (*share)(void* payload, uint32_t mode) = nullptr;   // as TypeGlue::share; null for plain payloads
};
constexpr uint32_t kErrImplicit = 1;   // Panic, Cancelled, ChannelClosed …: passes every plain `catch`
constexpr uint32_t kErrPanic = 2;   // exits 101 when it leaves main
constexpr uint32_t kErrDetail = 4;   // the payload is a String that explains; told when the failure ends the program

// A failure in flight, and every error value: one counted block.
struct Error {
  Head head;
  const ErrorDesc* desc;
  struct Trace* trace;   // places it came by; owned by the error; may be null
  Array* others;   // []Error, may be null
  // payload at offset 32
};
constexpr int64_t kErrorPayload = 32;

// A descriptor of the system with an owner (`SystemHandle` in std): closed when the last owner lets go. io/handle.h
// knows what is in it.
struct Handle;

// A place in the source, static data made by the backend: one per function; line and column travel beside it in one i64
// (line << 16 | col, col capped).
struct FuncSite {
  const char* function;   // "geometry.area"
  const char* file;   // "src/geometry.jan"
};

// Where printing goes: a growing buffer with, for stdout and stderr, a file descriptor to flush to.
struct Sink {
  uint8_t* data;
  int64_t len;
  int64_t cap;
  int32_t fd;   // -1: a string being built
  uint32_t flags;
};

}   // namespace janus::rt

// ---- symbols that compiled code calls. C calling convention; managed parameters are borrowed unless "consumes" is
// said; managed results are owned by the caller. Functions that report a bug return the Error* that the caller puts in
// the failure register.
extern "C" {
using namespace janus::rt;
#define RT_SITE const janus::rt::FuncSite *site, int64_t at
// That a panic is never null lets LLVM see, where a callee is inlined, that its failing side does not come back.
#define RT_SOME __attribute__((returns_nonnull))

// memory
void* janus_alloc(
    int64_t size);   // never null: out of memory prints a sentence and exits 3; contents undefined; size classes
void janus_free(void* block, int64_t size);   // the size it was allocated with
void janus_defer_drop(void* block,
                      void (*drop)(void* block,
                                   uint32_t depth));   // called by drop code deeper than 64 levels: queued, so that
                                                       // deep structures are freed in constant stack
void janus_drain_drops(void);   // called by drop code at depth 0 when janus_drops_pending != 0
#ifdef JANUS_TASKS
extern __thread uint32_t janus_drops_pending;
#else
extern uint32_t janus_drops_pending;
#endif

// failure
RT_SOME Error* janus_panic_overflow(int32_t op, RT_SITE);   // op: '+', '-', '*', '/', '%', '<', 'n' (negation)
RT_SOME Error* janus_panic_div_zero(RT_SITE);
RT_SOME Error* janus_panic_shift(int64_t width, RT_SITE);
RT_SOME Error* janus_panic_index(int64_t index, int64_t len, RT_SITE);
RT_SOME Error* janus_panic_slice(int64_t lo, int64_t hi, int64_t len, RT_SITE);
RT_SOME Error* janus_panic_convert(const char* type_name, RT_SITE);   // value does not fit in type_name
RT_SOME Error* janus_panic_null(RT_SITE);   // opt! on null
RT_SOME Error* janus_panic_stack(RT_SITE);   // stack overflow
RT_SOME Error* janus_panic_message(String* message,
                                   RT_SITE);   // assert, unreachable, panic, map key absent …; consumes message
RT_SOME Error* janus_error_new(const ErrorDesc* desc, RT_SITE);   // payload uninitialised; trace starts at the site
RT_SOME Error* janus_error_value(const ErrorDesc* desc);   // an error as a plain value, no trace
void janus_error_trace(Error* error, RT_SITE);   // adds a place (bounded: first 32 and last 32 are kept)
// The place where a program called the standard library: added to a panic that comes out of there, as it names only
// what the library did.
void janus_panic_caller(Error* error, RT_SITE);
void janus_error_add(Error* first, Error* other);   // consumes other: appended to first->others
// A defer failed with `other` while `first` was on its way: what goes on. Consumes both. The cancellation of the task
// itself keeps nothing, and comes back at the next suspension point: there the other one goes on.
Error* janus_error_join(Error* first, Error* other);
void janus_error_drop(Error* error, uint32_t depth);   // count is already 0: drops payload, trace, others, frees
String* janus_error_name(Error* error);   // "UserError.NotFound"
String* janus_error_trace_text(Error* error);   // a line a place
Array* janus_error_others(Error* error);   // []Error: failures that followed, maybe none
bool janus_error_equal(Error* a, Error* b);
uint64_t janus_error_hash(Error* error);   // of the name: equal errors have equal hashes
void janus_print_error(Sink* sink, Error* error);   // name and payload
extern const ErrorDesc janus_panic_desc;   // payload: String*

// arrays; glue describes the element
Array* janus_array_new(int64_t cap, const TypeGlue* glue);   // len 0
Array* janus_array_unique(Array* array, const TypeGlue* glue);   // consumes; result has one owner and is no slice
Array* janus_array_reserve(Array* array, int64_t extra,
                           const TypeGlue* glue);   // consumes; unique, with room for `extra` more; amortised doubling
Array* janus_array_slice(Array* array, int64_t lo, int64_t hi, const TypeGlue* glue);   // bounds already checked
Array* janus_array_concat(Array* a, Array* b,
                          const TypeGlue* glue);   // consumes a (appends in place when it can), borrows b
void janus_array_drop(Array* array, const TypeGlue* glue, uint32_t depth);   // count is already 0
extern Array janus_empty_array;   // immortal, len 0

// strings
String* janus_string_new(const uint8_t* bytes, int64_t len);
String* janus_string_concat(String* a,
                            String* b);   // consumes a (appends in place when it is unique and has room), borrows b
bool janus_string_equal(String* a, String* b);
int32_t janus_string_compare(String* a, String* b);   // <0, 0, >0 by bytes
uint64_t janus_string_hash(String* s);
String* janus_string_slice(String* s, int64_t lo,
                           int64_t hi);   // bounds checked by caller; shares when long, copies when short
bool janus_string_is_boundary(String* s, int64_t at);
void janus_string_drop(String* s, uint32_t depth);

// printing
Sink* janus_stdout(void);
Sink* janus_stderr(void);
void janus_sink_begin(Sink* sink);   // an empty string sink on the caller's stack
String* janus_sink_finish(Sink* sink);   // its text; the sink is empty again
void janus_sink_newline(Sink* sink);   // end of println: writes '\n'; flushes a terminal, and stderr
void janus_sink_flush(Sink* sink);
void janus_print_bytes(Sink* sink, const uint8_t* bytes, int64_t len);
void janus_print_string(Sink* sink, String* s);
void janus_print_string_quoted(Sink* sink, String* s);
void janus_print_char(Sink* sink, uint32_t c);
void janus_print_char_quoted(Sink* sink, uint32_t c);
void janus_print_i64(Sink* sink, int64_t x);
void janus_print_u64(Sink* sink, uint64_t x);
void janus_print_f64(Sink* sink, double x);   // shortest text that reads back; 1.0, 0.1, 1e+21, inf, -inf, nan
void janus_print_f32(Sink* sink, float x);
void janus_print_bool(Sink* sink, bool x);
// ${x:spec}: flags: fill zero 1, align left 2, centre 4 (right is the default for a width); kind: 0 plain 'x' 'b' 'o'
// 'e' 'f'(precision); precision -1 = none
void janus_format_i64(Sink* sink, int64_t x, bool is_unsigned, int32_t width, uint32_t flags, int32_t kind);
void janus_format_f64(Sink* sink, double x, int32_t width, int32_t precision, uint32_t flags, int32_t kind);
void janus_format_string(Sink* sink, String* s, int32_t width, int32_t precision,
                         uint32_t flags);   // width in characters (code points)

// hashing of plain values, folded over fields: h = janus_hash_u64(h, bits)
uint64_t janus_hash_u64(uint64_t state, uint64_t bits);

// function values and dyn values: their blocks know how to drop themselves
void janus_closure_drop(void* closure, uint32_t depth);
void janus_dyn_drop(void* block, uint32_t depth);   // block: Head, vtable at 8 (drop first), payload at 16

// start and end. The backend emits `janus_main(swifterror)` and `janus_program` (below); crt calls main in the runtime,
// which calls it.
extern const uint32_t janus_program_flags;   // emitted by the backend: 1 = debug build (leak check at exit)
#ifdef JANUS_TASKS
extern __thread uint8_t* janus_stack_limit;
#else
extern uint8_t* janus_stack_limit;
#endif
// functions in call cycles compare their stack pointer with it: below is a stack overflow
void janus_exit(int32_t code);   // flushes, ends
constexpr uint32_t kProgramDebug = 1;   // janus_program_flags: check for leaks at exit
constexpr uint32_t kProgramFair = 2;   // its loops call janus_fair_turn
Error* janus_main_entry(void);   // emitted by the backend around the program's main: null, or the failure that left it
                                 // (owned by the runtime)

// formatting, continued: flag 8 of janus_format_f64: x was an f32, its shortest text is that of the f32
constexpr uint32_t kFormatF32 = 8;

// std.*: declared there as `extern "C"`. Same conventions; a bool is one byte, 0 or 1. After `eprint` (no line end) the
// compiler calls janus_sink_flush(janus_stderr()).
double janus_parse_f64(
    String* text);   // text: sign? (digits (. digits)? (e sign? digits)? | inf | nan), checked by the caller
float janus_parse_f32(String* text);
int64_t janus_string_find(String* text, String* part, int64_t from);   // where it stands first from `from` on, or -1
String* janus_stdin_read_line(void);   // without its \n or \r\n; null at the end; what is not UTF-8 becomes U+FFFD
String* janus_stdin_read_all(void);
bool janus_stdin_is_terminal(void);
bool janus_stdout_is_terminal(void);
bool janus_stderr_is_terminal(void);
void janus_stdout_write(String* text);
void janus_stdout_write_bytes(Array* bytes);
void janus_stdout_flush(void);
void janus_stderr_write(String* text);
void janus_stderr_flush(void);
Array* janus_args(void);   // []String, without the program's name
String* janus_program_name(void);
String* janus_env_get(String* name);   // null when not set
int64_t janus_clock_monotonic(void);   // nanoseconds
int64_t janus_clock_wall(void);   // nanoseconds since 1970
void janus_random_bytes(Array** out, int64_t count);   // appends bytes that nobody can foretell

// Waiting for the world (io/). In programs without tasks the whole program waits.
void janus_handle_drop(void* handle, uint32_t depth);   // the last owner went (count is already 0): closes it
int32_t janus_io_wait(Handle* handle, int32_t what /* 0: to be read, 1: to be written */,
                      int64_t ms /* < 0: for ever */, Error** failed,
                      RT_SITE);   // 1: worth another try; 0: time is up; -1: *failed
Error* janus_io_point(RT_SITE);   // a suspension point: cancelled or null
}
