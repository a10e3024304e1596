// effects_test.cpp: what functions do besides computing a result, and the chain of calls that says why.
// Depends on frontend_host.h, frontend/effects.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "frontend/effects.h"
#include "tests/unit/frontend_host.h"

using namespace janus;

namespace {

const char* const kIo = R"(profile :core
extern "C" blocking func janus_stdin_read_all() -> String
extern "C" func janus_env_get(name: String) -> ?String
pub func read_all() -> String do return janus_stdin_read_all() end
pub func get(name: String) -> ?String do return janus_env_get(name) end
)";

struct Checked : Collected {
  explicit Checked(const std::string& text)
      : Collected({{"main.jan", "import std.io\n" + text}},
                  {{"std/io.jan", kIo}, {"std/prelude.jan", "profile :core\n"}}) {
    check_bodies(program, {});
    CHECK_EQ(codes(), "");
  }
  std::string effects(const char* name) {
    std::string text;
    for (const std::string& word : effect_names(program, program.funcs[+func(name)].effects))
      text += (text.empty() ? "" : " ") + word;
    return text;
  }
  std::string capabilities(const char* name) {
    std::string text;
    for (const std::string& word : capability_names(program, program.funcs[+func(name)].effects))
      text += (text.empty() ? "" : " ") + word;
    return text;
  }
  std::string chain(const char* name, uint64_t effect) {
    std::string text;
    for (const EffectStep& step : effect_chain(program, func(name), effect)) {
      LineCol at = sources.line_col(step.span.lo);
      text += (text.empty() ? "" : " > ") + program.symbol(step.func) + ":" + std::to_string(at.line);
    }
    return text;
  }
};

}  // namespace

TEST_CASE("effects: reach every caller, also around a circle, and say through which call") {
  Checked c(R"(func a(n: i64) do if n > 0 do b(n) end end
func b(n: i64) do a(n); do_it() end
func do_it() do println(io.read_all()) end
func other() do println(io.get("X") ?? "") end
func nothing(x: i64) -> i64 do return x end
func main() do a(1); other(); nothing(1) end
)");
  CHECK_EQ(c.effects("a"), "suspends blocks allocates CapStdin");
  CHECK_EQ(c.effects("b"), "suspends blocks allocates CapStdin");
  CHECK_EQ(c.capabilities("other"), "CapEnv");
  CHECK_EQ(c.effects("nothing"), "");
  CHECK_EQ(c.capabilities("main"), "CapEnv CapStdin");
  CHECK_EQ(c.chain("main", capability_effect(kCapStdin)),
           "main:7 > a:2 > b:3 > do_it:4 > std.io.read_all:4 > std.io.janus_stdin_read_all:2");
  CHECK_EQ(c.chain("nothing", capability_effect(kCapStdin)), "");
}

TEST_CASE("effects: a closure counts for whoever makes it, a kept one for whoever takes it out") {
  Checked c(R"(struct Button { click: func(i64) }
struct Other { run: func(bool) }
func call(f: func(i64)) do f(1) end
func makes() do call { |x| println(io.read_all()) } end
func makes_none() do call { |x| println(x) } end
func button() -> Button do return Button { click: { |x| println(io.get("X") ?? "") } } end
func press(b: Button) do (b.click)(1) end
func hands_on(b: Button) do call(b.click) end
func other(o: Other) do (o.run)(true) end
func named() do call(show) end
func show(x: i64) do println(io.read_all()) end
)");
  CHECK_EQ(c.capabilities("call"), "");
  CHECK_EQ(c.capabilities("makes"), "CapStdin");
  CHECK_EQ(c.capabilities("makes_none"), "");
  CHECK_EQ(c.capabilities("press"), "CapEnv CapStdin");   // `show` became a value of that type too
  CHECK_EQ(c.capabilities("hands_on"), "CapEnv CapStdin");
  CHECK_EQ(c.capabilities("other"), "");
  CHECK_EQ(c.capabilities("named"), "CapStdin");
}

TEST_CASE("effects: a trait's methods are those of the type that stands there") {
  Checked c(R"(trait Source do
    func text(self) -> String
    func twice(self) -> String do return self.text() end
end
struct Input { n: i64 }
struct Fixed { n: i64 }
struct Never { n: i64 }
impl Source for Input do func text(self) -> String do return io.read_all() end end
impl Source for Fixed do func text(self) -> String do return "x" end end
impl Source for Never do func text(self) -> String do return io.get("X") ?? "" end end
func show[T](x: T) -> String where T: Source do return x.text() end
func outer[T](x: T) -> String where T: Source do return show(x) end
func input() do println(outer(Input { n: 1 })) end
func fixed() do println(outer(Fixed { n: 1 })) end
func by_default() do println(Input { n: 1 }.twice()) end
func any(x: dyn Source) do println(x.text()) end
func all() do any(Input { n: 1 }); any(Fixed { n: 1 }) end
)");
  CHECK_EQ(c.capabilities("show"), "");
  CHECK_EQ(c.capabilities("outer"), "");
  CHECK_EQ(c.capabilities("input"), "CapStdin");
  CHECK_EQ(c.capabilities("fixed"), "");
  CHECK_EQ(c.capabilities("by_default"), "CapStdin");
  CHECK_EQ(c.capabilities("any"), "CapStdin");   // a Never never becomes `dyn`
}

TEST_CASE("effects: waiting, starting tasks, panics and storage") {
  Checked c(R"(func waits() do sleep(1) end
func starts(n: Nursery) do n.spawn(waits) end
func runs() do nursery do spawn waits() end end
func wide() do nursery(tasks: 9) do spawn waits() end end
func adds(a: i64, b: i64) -> i64 do return a + b end
func halves(x: f64) -> f64 do return x / 2.0 end
func joins(s: String) -> String do return s ++ "!" end
func tests_bits(a: i64) -> i64 do return a & 1 end
)");
  CHECK_EQ(c.effects("waits"), "suspends");
  CHECK_EQ(c.effects("starts"), "spawns allocates");
  CHECK_EQ(c.effects("runs"), "suspends spawns allocates");
  CHECK_EQ(c.effects("wide"), "suspends spawns raises_budget allocates");
  CHECK_EQ(c.effects("adds"), "panics");
  CHECK_EQ(c.effects("halves"), "");
  CHECK_EQ(c.effects("joins"), "allocates");
  CHECK_EQ(c.effects("tests_bits"), "");
}
