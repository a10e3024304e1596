// runtime_error_test.cpp: errors, panics and their traces.
// Depends on runtime_host.h.
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/runtime_host.h"

using namespace rt_test;

namespace rt_test { void report(Sink* sink, Error* error); }

namespace {

const FuncSite find = {"shop.find", "src/shop.jan"};
const FuncSite walk = {"walk", "src/walk.jan"};
const ErrorDesc not_found = {"UserError.NotFound", 18, 0, 0, nullptr, nullptr, nullptr};
void drop_text(void* payload, uint32_t) { release(*static_cast<String**>(payload)); }
void print_text(Sink* sink, void* payload) {
  janus_print_char(sink, '(');
  janus_print_string_quoted(sink, *static_cast<String**>(payload));
  janus_print_char(sink, ')');
}
bool equal_text(void* a, void* b) { return janus_string_equal(*static_cast<String**>(a), *static_cast<String**>(b)); }
const ErrorDesc failed = {"UserError.UpdateFailed", 22, 0, 8, drop_text, print_text, equal_text};

int64_t at(int line, int column) { return int64_t(line) << 16 | column; }

Error* make_failed(std::string_view text) {
  Error* e = janus_error_value(&failed);
  *reinterpret_cast<String**>(reinterpret_cast<uint8_t*>(e) + kErrorPayload) = make(text);
  return e;
}
void drop(Error* e) {
  if (--e->head.count == 0) janus_error_drop(e, 0);
}
std::string told(Error* e) {
  return printed([&](Sink* s) { rt_test::report(s, e); });
}

}  // namespace

TEST_CASE("runtime: an error prints its name, payload and trace") {
  NoLeak leak;
  Error* e = janus_error_new(&not_found, &find, at(24, 9));
  janus_error_trace(e, &walk, at(35, 16));
  CHECK(told(e) == "error: UserError.NotFound\n  at shop.find (src/shop.jan:24:9)\n  at walk (src/walk.jan:35:16)\n");
  String* name = janus_error_name(e);
  CHECK(view(name) == "UserError.NotFound");
  release(name);
  String* trace = janus_error_trace_text(e);
  CHECK(view(trace) == "at shop.find (src/shop.jan:24:9)\nat walk (src/walk.jan:35:16)");
  release(trace);
  janus_error_add(e, make_failed("disk"));
  CHECK(told(e).ends_with("and then error: UserError.UpdateFailed(\"disk\")\n"));
  drop(e);

  Error *a = make_failed("x"), *b = make_failed("x"), *c = make_failed("y"), *d = janus_error_value(&not_found);
  CHECK(janus_error_equal(a, b));
  CHECK(!janus_error_equal(a, c));
  CHECK(!janus_error_equal(a, d));
  drop(a), drop(b), drop(c), drop(d);
}

TEST_CASE("runtime: a panic has a sentence for everything that can go wrong") {
  NoLeak leak;
  auto text = [](Error* e) {
    std::string all = told(e);
    drop(e);
    CHECK(all.ends_with("\n  at walk (src/walk.jan:3:7)\n"));
    return all.substr(0, all.find('\n'));
  };
  const int64_t here = at(3, 7);
  CHECK(text(janus_panic_overflow('+', &walk, here)) ==
        "panic: integer overflow: the result of `+` does not fit its type");
  CHECK(text(janus_panic_overflow('n', &walk, here)) ==
        "panic: integer overflow: the result of unary `-` does not fit its type");
  CHECK(text(janus_panic_div_zero(&walk, here)) == "panic: division by zero");
  CHECK(text(janus_panic_shift(64, &walk, here)) ==
        "panic: shift out of range: a value of 64 bits can be shifted by 0 to 63");
  CHECK(text(janus_panic_index(5, 3, &walk, here)) == "panic: index 5 is out of range: the length is 3");
  CHECK(text(janus_panic_slice(2, 9, 5, &walk, here)) == "panic: slice 2..9 is out of range: the length is 5");
  CHECK(text(janus_panic_convert("u8", &walk, here)) == "panic: the value does not fit in `u8`");
  CHECK(text(janus_panic_null(&walk, here)) == "panic: `!` on a value that is null");
  CHECK(text(janus_panic_stack(&walk, here)) == "panic: stack overflow");
  CHECK(text(janus_panic_message(make("what a pity"), &walk, here)) == "panic: what a pity");
}

TEST_CASE("runtime: a long trace keeps both ends, and counts what repeats") {
  NoLeak leak;
  Error* e = janus_error_new(&not_found, &find, at(1, 1));
  for (int i = 0; i < 1000; i++) janus_error_trace(e, &walk, at(2, 5));
  janus_error_trace(e, &find, at(9, 3));
  CHECK(told(e) ==
        "error: UserError.NotFound\n  at shop.find (src/shop.jan:1:1)\n  at walk (src/walk.jan:2:5), 31 times\n"
        "  … 938 more …\n  at walk (src/walk.jan:2:5), 31 times\n  at shop.find (src/shop.jan:9:3)\n");
  drop(e);
  for (int n : {1, 3, 4, 31, 32, 33, 63, 64, 65, 66, 97, 200}) {
    Error* f = janus_error_value(&not_found);
    for (int i = 1; i <= n; i++) janus_error_trace(f, &walk, at(i, 1));
    std::string expected = "error: UserError.NotFound\n";
    for (int i = 1; i <= n; i++) {
      if (n > 64 && i == 33) expected += "  … " + std::to_string(n - 64) + " more …\n";
      if (n > 64 && i > 32 && i <= n - 32) continue;
      expected += "  at walk (src/walk.jan:" + std::to_string(i) + ":1)\n";
    }
    CHECK(told(f) == expected);
    drop(f);
  }
}
