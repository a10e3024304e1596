// lasting_names.h: names for symbols, made of what a thing is and never of its number in this run: an edit of one
// function leaves the objects of the others as they were. Depends on frontend/program.h. SPDX-License-Identifier:
// Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "frontend/program.h"

namespace janus {

// 10 hexadecimal digits. That two things get the same is unlikely, and ModuleLower::part_names sees to it.
std::string short_digest(std::string_view bytes);

class LastingNames {
 public:
  explicit LastingNames(const Program& program) : p_(program) {}
  std::string type(TypeId type);   // Array[Point]#0123456789
  std::string func(FuncId func);   // geometry.Point.area#0123456789
  std::string decl(DeclId decl);   // geometry.Point
  // A closure, by the function around it (None: it stands in a test or a constant) and its place there.
  std::string closure(const Body& body, FuncId outer, std::span<const TypeId> args);

 private:
  uint64_t hash(TypeId type);
  uint64_t hash(FuncId func);
  const Program& p_;
  std::vector<uint64_t> types_, funcs_;   // 0: not yet known
};

}  // namespace janus
