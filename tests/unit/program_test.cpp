// program_test.cpp: the questions that later phases ask: methods, impls, bounds, names of types.
// Depends on frontend_host.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/program.h"

#include <doctest/doctest.h>

#include "tests/unit/frontend_host.h"

using namespace janus;

namespace {
const char* kShapes = R"(
trait Shape do
    func area(self) -> f64
    func name(self) -> String do return "shape" end
end
struct Square { side: f64 }
struct Pair[A, B] { first: A, second: B }
impl Shape for Square do
    func area(self) -> f64 do return self.side end
end
impl Square do
    func grow(mut self) do self.side = 1.0 end
end
impl[A, B] Pair[A, B] do
    func swap(self) -> Pair[B, A] do return self.swap() end
end
impl[T] Shape for []T where T: Shape do
    func area(self) -> f64 do return 0.0 end
end
func show[T](x: T) -> String where T: Shape + Equal do return x.name() end
error ReadError { Gone, Locked(i64) }
func read(path: String, mut into: []u8, tries: i64 = 3) -> ReadError!?String do return null end
)";
}

TEST_CASE("program: methods are found by type and name") {
  Collected c({{"main.jan", kShapes}});
  REQUIRE(c.codes() == "");
  TypeId square = c.type("Square");
  auto grow = c.program.find_method(square, c.names.intern("grow"), c.program.main_module);
  CHECK(grow.candidates == 1);
  CHECK(c.program.symbol(grow.func) == "Square.grow");
  auto area = c.program.find_method(square, c.names.intern("area"), c.program.main_module);
  CHECK(area.candidates == 1);
  CHECK(is_some(area.trait));
  auto name = c.program.find_method(square, c.names.intern("name"), c.program.main_module);
  CHECK(name.candidates == 1);                       // the trait's default body
  CHECK(name.impl_args == std::vector<TypeId>{square});
  CHECK(c.program.find_method(square, c.names.intern("perimeter"), c.program.main_module).candidates == 0);

  TypeId args[] = {Types::I64, Types::String};
  TypeId pair = c.program.types.structure(StructId(c.program.decls[+c.decl("Pair")].index), args);
  auto swap = c.program.find_method(pair, c.names.intern("swap"), c.program.main_module);
  REQUIRE(swap.candidates == 1);
  CHECK(swap.impl_args == std::vector<TypeId>{Types::I64, Types::String});
  const FuncInfo& f = c.program.funcs[+swap.func];
  CHECK(c.program.type_name(c.program.types.subst(f.result, f.type_params, swap.impl_args)) == "Pair[String, i64]");
}

TEST_CASE("program: impls are found with their bounds") {
  Collected c({{"main.jan", kShapes}});
  TraitId shape = TraitId(c.program.decls[+c.decl("Shape")].index);
  TypeId square = c.type("Square"), squares = c.program.types.array(square);
  CHECK(is_some(c.program.find_impl(shape, square).impl));
  CHECK(c.program.find_impl(shape, squares).args == std::vector<TypeId>{square});
  CHECK(is_none(c.program.find_impl(shape, c.program.types.array(Types::I64)).impl));
  CHECK(c.program.implements(c.program.types.dyn(shape), shape));
  const TraitInfo& trait = c.program.traits[+shape];
  TypeId self[] = {squares};
  CHECK(c.program.symbol(c.program.resolve_trait_call(trait.methods[0], self).func) == "Array.area");
  CHECK(c.program.resolve_trait_call(trait.methods[1], self).func == trait.methods[1]);
}

TEST_CASE("program: parameters have the methods of their bounds") {
  Collected c({{"main.jan", kShapes}});
  const FuncInfo& show = c.program.funcs[+c.func("show")];
  TypeId t = c.program.types.param(show.type_params[0]);
  auto area = c.program.find_method(t, c.names.intern("area"), c.program.main_module);
  CHECK(area.candidates == 1);
  CHECK(area.via_param_bound);
  CHECK(c.program.satisfies(t, kEqual));
  CHECK_FALSE(c.program.satisfies(t, kOrdered));
  std::string missing;
  CHECK_FALSE(c.program.meets_bounds(show.type_params[0], Types::I64, &missing));
  CHECK(missing == "Shape");
}

TEST_CASE("program: built-in bounds") {
  Collected c({{"main.jan", R"(
struct Node { value: i64, next: ?Node }
struct Hook { run: func(), next: ?Hook }
struct Sample { x: f64 }
enum Tree { Leaf, Branch([]Tree) }
)"}});
  REQUIRE(c.codes() == "");
  Program& p = c.program;
  CHECK(p.satisfies(c.type("Node"), kEqual | kHashable));
  CHECK_FALSE(p.satisfies(c.type("Node"), kOrdered));
  CHECK_FALSE(p.satisfies(c.type("Hook"), kEqual));
  CHECK(p.satisfies(c.type("Sample"), kEqual));
  CHECK_FALSE(p.satisfies(c.type("Sample"), kHashable));
  CHECK(p.satisfies(c.type("Tree"), kHashable));
  TypeId pair[] = {Types::I64, Types::String};
  CHECK(p.satisfies(p.types.array(p.types.tuple(pair)), kOrdered));
  CHECK_FALSE(p.satisfies(p.types.optional(Types::I64), kOrdered));
  CHECK(p.satisfies(Types::F32, kNumber | kFloat));
  CHECK_FALSE(p.satisfies(Types::F32, kInteger));
}

TEST_CASE("program: types and signatures print as they are written") {
  Collected c({{"main.jan", kShapes}});
  CHECK(c.program.signature(c.func("read")) ==
        "func read(path: String, mut into: []u8, tries: i64) -> ReadError!?String");
  CHECK(c.program.signature(c.func("show")) == "func show[T](x: T) -> String");
  Types& t = c.program.types;
  CHECK(c.program.type_name(t.optional(t.optional(Types::I64))) == "?(?i64)");
  TypeId parts[] = {Types::I64, Types::Void};
  CHECK(c.program.type_name(t.func(parts, kFuncMutParam0, ErrorSetId::None)) == "func(mut i64)");
}

TEST_CASE("program: sets of errors are one when they hold the same") {
  Collected c({{"main.jan", R"(
error A { X, Y }
error B { Z }
func f() -> A | B ! i64 do return 1 end
func g() -> B | A ! i64 do return 1 end
func h() -> i64 ! A do return 1 end
func i() -> !A do return A.X end
)"}});
  REQUIRE(c.codes() == "");
  Program& p = c.program;
  auto set = [&](const char* name) { return p.funcs[+c.func(name)].errors; };
  CHECK(set("f") == set("g"));
  CHECK(p.set_name(set("f")) == "A | B");
  CHECK(p.set_name(set("h")) == "A");
  CHECK(p.funcs[+c.func("h")].result == Types::I64);
  CHECK(p.error_sets[+set("i")].inferred);
  CHECK(p.type_name(p.funcs[+c.func("i")].result) == "A");
}
