// coverage.h: which statements and functions of a program are counted when tests run with --coverage, and where each
// stands.
// Depends on frontend/program.h, frontend/hir.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "frontend/hir.h"
#include "frontend/program.h"

namespace janus {

// One counter a statement, by its first byte, and one a function, by its name's. What nobody calls, and a generic
// function that nobody instantiates, have theirs too: they stay 0. Each counter is an atomic add of LLVM's on pages
// that all processes of a test run share (runtime/test.cpp), so that a test that crashes or exits has counted all the
// same. LLVM's own profile pass is not used: what it counts is written by compiler-rt when a process ends well.
struct CoverageMap {
  std::vector<uint32_t> places;   // sorted positions; the index is the counter
  std::string lines;   // per counter `path\tline`, of a function `path\tline name`, and a zero

  uint32_t counter_of(uint32_t pos) const;   // 0xffffffff: not counted
};

// Of the program's own files; with `std_too` also of the standard library, whose own tests these are. Test blocks and
// examples are not counted.
CoverageMap make_coverage(Program& program, bool std_too);

// Calls `fn(node)` for each node of the body that is counted when it begins: statements, values of blocks, branches
// that are no blocks.
template <class F>
void each_counted(const Body& body, F&& fn) {
  auto single = [&](uint32_t id) {
    if (id != 0xffffffffu && body.nodes[id].kind != HirKind::Block) fn(HirId(id));
  };
  if (body.is_closure && is_some(body.root)) single(+body.root);
  for (const HirNode& n : body.nodes) {
    if (n.kind == HirKind::Block) {
      for (uint32_t s : body.list(n.a)) single(s);
      single(n.b);
    } else if (n.kind == HirKind::If || n.kind == HirKind::IfMatch) {
      single(body.extra[n.b]);
      single(body.extra[n.b + 1]);
    } else if (n.kind == HirKind::Match) {
      auto arms = body.list(body.extra[n.b]);
      for (size_t i = 2; i < arms.size(); i += 3) single(arms[i]);
    }
  }
}

}  // namespace janus
