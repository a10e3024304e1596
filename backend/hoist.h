// hoist.h: arrays whose ownership is settled once before a loop instead of at every write in it.
// Depends on frontend/program.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <memory>
#include <vector>

#include "frontend/program.h"

namespace janus {

// A local variable, or a field in it, or a field in that.
struct VarPath {
  LocalId local = LocalId::None;
  std::vector<uint32_t> fields;
  friend auto operator<=>(const VarPath&, const VarPath&) = default;
};

// What a stretch of code does with variables: paths to arrays that it reads and writes by element, and paths that it
// takes as a whole, which may share or replace what is below. Reading plain fields is none of these.
struct PathUses {
  std::vector<VarPath> read, written, taken;
};
// Of a loop, without those that it takes: nothing in it replaces or shares them. Once a written one owns its storage
// alone, it stays so.
struct LoopArrays {
  std::vector<VarPath> read, written;
};

class Hoist {
 public:
  explicit Hoist(const Program& program) : program_(program) {}
  LoopArrays arrays_in(const Body& body, HirId loop);
  // What a function does with its parameters, which are its first locals. Null: it is not known.
  const PathUses* of_call(FuncId func);
  FuncId current() const { return open_.empty() ? FuncId::None : open_.back(); }   // whose calls are being looked at
  // What a place names; false: more than a variable and fields.
  bool path_of(const Body& body, HirId place, VarPath& out) const;

 private:
  const Program& program_;
  std::vector<std::unique_ptr<PathUses>> of_func_;   // by FuncId
  std::vector<FuncId> open_;   // those that are being looked at
};

}   // namespace janus
