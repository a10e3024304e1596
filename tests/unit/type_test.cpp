// type_test.cpp: interning and substitution of types.
// Depends on frontend/type.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/type.h"

#include <doctest/doctest.h>

using namespace janus;

TEST_CASE("types: equal types have equal ids") {
  Types t;
  CHECK(t.array(Types::I64) == t.array(Types::I64));
  CHECK(t.array(Types::I64) != t.array(Types::I32));
  CHECK(t.optional(Types::I64) != t.array(Types::I64));
  TypeId pair[] = {Types::I64, Types::String};
  CHECK(t.tuple(pair) == t.tuple(pair));
  CHECK(t.fixed(Types::U8, 3) != t.fixed(Types::U8, 4));
  CHECK(Types::of(TypeKind::String) == Types::String);
  CHECK(t.kind(Types::Error) == TypeKind::Error);
}

TEST_CASE("types: ids stay the same while the table grows") {
  Types t;
  std::vector<TypeId> made;
  TypeId type = Types::I64;
  for (int i = 0; i < 5000; ++i) made.push_back(t.fixed(Types::U8, static_cast<uint32_t>(i)));
  for (int i = 0; i < 50; ++i) type = t.array(type);
  for (int i = 0; i < 5000; ++i) REQUIRE(t.fixed(Types::U8, static_cast<uint32_t>(i)) == made[i]);
}

TEST_CASE("types: substitution goes everywhere, also with arguments that lie in the table itself") {
  Types t;
  TypeParamId params[] = {TypeParamId(0), TypeParamId(1)};
  TypeId k = t.param(params[0]), v = t.param(params[1]);
  TypeId entry[] = {k, t.array(v)};
  TypeId map = t.structure(StructId(0), entry);
  CHECK(t[map].has_param);
  TypeId want[] = {Types::String, Types::I64};
  TypeId given = t.tuple(want);
  TypeId result = t.subst(t.optional(map), params, t.args(given));
  TypeId parts[] = {Types::String, t.array(Types::I64)};
  CHECK(result == t.optional(t.structure(StructId(0), parts)));
  CHECK_FALSE(t[result].has_param);
  CHECK(t.subst(Types::I64, params, want) == Types::I64);
}

TEST_CASE("types: a type knows how large it is written out, without overflow") {
  Types t;
  TypeId type = Types::I64;
  for (int i = 0; i < 40; ++i) {
    TypeId both[] = {type, type};
    type = t.tuple(both);
  }
  CHECK(t[type].size == 0xffffffffu);
}
