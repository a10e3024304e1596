// error_sets_test.cpp: the least fixpoint over sets of errors.
// Depends on frontend_host.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/frontend_host.h"

using namespace janus;

TEST_CASE("error sets: circles share, and what includes them sees all") {
  Collected c({{"main.jan", ""}});
  Program& p = c.program;
  TagId x = p.ad_hoc_tag(c.names.intern("X")), y = p.ad_hoc_tag(c.names.intern("Y")),
        z = p.ad_hoc_tag(c.names.intern("Z"));
  ErrorSetId a = new_inferred_set(p), b = new_inferred_set(p), top = new_inferred_set(p), alone = new_inferred_set(p);
  p.error_sets[+a].tags = {x};
  p.error_sets[+a].includes = {b};
  p.error_sets[+b].tags = {y};
  p.error_sets[+b].includes = {a, error_set_of(p, {z})};
  p.error_sets[+top].includes = {a, top};
  solve_error_sets(p);
  for (ErrorSetId set : {a, b, top}) {
    CHECK(p.error_sets[+set].tags == std::vector<TagId>{x, y, z});
    CHECK(p.error_sets[+set].includes.empty());
  }
  CHECK(p.error_sets[+alone].tags.empty());
}

TEST_CASE("error sets: a chain of a hundred thousand functions") {
  Collected c({{"main.jan", ""}});
  Program& p = c.program;
  ErrorSetId last = new_inferred_set(p);
  ErrorSetId first = last;
  for (int i = 0; i < 100000; ++i) {
    ErrorSetId next = new_inferred_set(p);
    p.error_sets[+last].includes = {next};
    last = next;
  }
  TagId x = p.ad_hoc_tag(c.names.intern("X"));
  p.error_sets[+last].tags = {x};
  solve_error_sets(p);
  CHECK(p.error_sets[+first].tags == std::vector<TagId>{x});
}
