// const_test.cpp: values of consts.
// Depends on frontend_host.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/frontend_host.h"

using namespace janus;

namespace {
const HirNode& value(Collected& c, const char* name) {
  const ConstInfo& info = c.program.consts[c.program.decls[+c.decl(name)].index];
  REQUIRE(is_some(info.body));
  const Body& body = *c.program.bodies[+info.body];
  return body[body.root];
}
int64_t number(Collected& c, const char* name) {
  const HirNode& node = value(c, name);
  REQUIRE(node.kind == HirKind::Int);
  const ConstInfo& info = c.program.consts[c.program.decls[+c.decl(name)].index];
  return static_cast<int64_t>(c.program.bodies[+info.body]->ints[node.a]);
}
std::string type(Collected& c, const char* name) {
  return c.program.type_name(c.program.consts[c.program.decls[+c.decl(name)].index].type);
}
}  // namespace

TEST_CASE("const: numbers are folded in their own type, in any order") {
  Collected c({{"main.jan", R"(
const A = B * 2 + 1
const B: u8 = 0x10 - 6
const MIN: i64 = -9223372036854775808
const WRAP: u8 = 250 +% 10
const SMALL: i8 = -128
const HALF = 1 / 2.0
const MASK: u32 = ~0 & 0xFF
const SHIFT = 1 << 62
const CHAR = i64('A')
const SAME = A == 21 and not false
const TOP = i32.MAX
const REM = -7 % 3
)"}});
  INFO(c.codes());
  REQUIRE(c.codes() == "");
  CHECK(number(c, "A") == 21);
  CHECK(type(c, "A") == "u8");
  CHECK(number(c, "MIN") == INT64_MIN);
  CHECK(number(c, "WRAP") == 4);
  CHECK(number(c, "SMALL") == -128);
  CHECK(type(c, "HALF") == "f64");
  CHECK(number(c, "MASK") == 255);
  CHECK(number(c, "SHIFT") == int64_t(1) << 62);
  CHECK(number(c, "CHAR") == 65);
  CHECK(value(c, "SAME").a == 1);
  CHECK(number(c, "TOP") == INT32_MAX);
  CHECK(number(c, "REM") == -1);
}

TEST_CASE("const: values with parts") {
  Collected c({{"main.jan", R"(
struct Point { x: i64, y: i64 = ORIGIN }
struct Box[T] { value: T }
enum Shape { Circle(f64), Rect { w: f64, h: f64 }, Empty }
error E { Gone, Why(String) }
const ORIGIN = 7
const P = Point { x: 1 }
const Y = P.y + 1
const LIST: []u8 = [1, 2] ++ [3]
const MORE = LIST ++ LIST
const MIXED = [1, 2.5]
const MAYBE: []?i64 = [1, null]
const BOX = Box { value: "a" ++ "b" }
const SHAPES = [Shape.Circle(1), Shape.Rect { w: 1, h: 2 }, Shape.Empty]
const DOT: Shape = .Circle(2)
const ERR = E.Why("x")
const PAIR = (1, "one")
const ONE = PAIR.1
const NESTED: [2][2]i32 = [[1, 2], [3, 4]]
func f(x: [ORIGIN * 2]i64) do end
)"}});
  INFO(c.codes());
  REQUIRE(c.codes() == "");
  CHECK(number(c, "Y") == 8);
  CHECK(type(c, "MORE") == "[]u8");
  CHECK(type(c, "MIXED") == "[]f64");
  CHECK(type(c, "BOX") == "Box[String]");
  CHECK(type(c, "SHAPES") == "[]Shape");
  CHECK(value(c, "DOT").kind == HirKind::MakeEnum);
  CHECK(value(c, "ERR").kind == HirKind::MakeError);
  CHECK(value(c, "ONE").kind == HirKind::Str);
  CHECK(c.program.type_name(c.program.funcs[+c.func("f")].params[0].type) == "[14]i64");
}

TEST_CASE("const: a value that doubles does not fill the memory") {
  std::string text = "const C0 = [1, 2, 3, 4]\nconst S0 = \"0123456789abcdef\"\n";
  for (int i = 1; i < 60; ++i) {
    std::string n = std::to_string(i), m = std::to_string(i - 1);
    text += "const C" + n + " = C" + m + " ++ C" + m + "\nconst S" + n + " = S" + m + " ++ S" + m + "\n";
  }
  Collected c({{"main.jan", text}});
  CHECK(c.codes().find("ConstCheckFailed") != std::string::npos);
}
