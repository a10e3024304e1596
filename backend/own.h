// own.h: who owns what in a checked body: last uses become moves, reads become borrows.
// Depends on frontend/program.h.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering evaluates every expression either to OWN its value (store it, return it, pass it to a parameter that keeps
// it) or to BORROW it (look at it while its owner keeps it). An owning read of a variable copies (one more share of its
// storage), unless no path reads the variable again before it is assigned anew: then it moves. This file finds those
// last uses, which parameters a function wants to own, and after which statement a variable is not mentioned any more
// (it is released there).
#pragma once
#include <unordered_map>
#include <vector>

#include "frontend/program.h"

namespace janus {

enum class Want : uint8_t { Borrow, Own };
constexpr uint32_t kScopeEnd =
    0xfffffffeu;   // mentioned by a defer or by the block's value: released when the block ends

struct BodyOwnership {
  std::vector<bool> last_use;   // by HirId: an owning read of a Local after which the local is dead
  std::vector<bool>
      mutates;   // by HirId: something inside may change a variable (assignment, &lending, a closure's cell)
  std::vector<uint32_t>
      last_statement;   // by LocalId: index in its block's statements of the last that mentions it, or kScopeEnd
  std::vector<bool> ever_moved;   // by LocalId
  std::unordered_map<uint32_t, std::vector<bool>>
      capture_moves;   // MakeClosure HirId -> per capture: moves instead of copying
};

class Owners {
 public:
  explicit Owners(Program& program);
  const BodyOwnership& of(BodyId body);
  bool param_owned(FuncId func, uint32_t param);   // the callee takes ownership of this argument

 private:
  friend class OwnershipPass;
  void compute(FuncId root);   // and what it calls
  void compute_one(FuncId func);
  bool holds_handle(TypeId type);   // a file or socket is in it: kept to the end of its scope (ruling 9)
  std::unordered_map<uint32_t, bool> handles_;   // by TypeId
  Program& program_;
  std::vector<std::unique_ptr<BodyOwnership>> bodies_;
  std::vector<uint8_t> state_;   // by FuncId: 0 unknown, 1 being computed (borrows assumed), 2 known
  std::vector<std::vector<bool>> owned_;   // by FuncId
  std::vector<std::vector<bool>> forced_;   // by FuncId: arguments of tail calls, which nobody could release afterwards
};

// The local that a chain of projections starts at, or None. `x`, `x.f`, `x[i].f`.
LocalId root_local(const Body& body, HirId place);

}   // namespace janus
