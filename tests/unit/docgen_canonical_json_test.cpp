// docgen_canonical_json_test.cpp: the order of names in canonical JSON.
// Depends on docgen/canonical_json.h, doctest.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/canonical_json.h"

#include <doctest/doctest.h>

using namespace janus::docgen;

TEST_CASE("names are sorted by their UTF-16 units, as RFC 8785's example shows") {
  CanonicalObject o;
  for (const char* name : {"€", "\r", "\uFB33", "1", "😀", "\u0080", "ö"}) o.number(name, 0);
  CHECK(o.take() == "{\"\\r\":0,\"1\":0,\"\u0080\":0,\"ö\":0,\"€\":0,\"😀\":0,\"\uFB33\":0}");
}
