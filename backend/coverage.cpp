// coverage.cpp: see coverage.h.
// Depends on coverage.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/coverage.h"

#include <algorithm>
#include <unordered_map>

namespace janus {

uint32_t CoverageMap::counter_of(uint32_t pos) const {
  auto at = std::lower_bound(places.begin(), places.end(), pos);
  return at != places.end() && *at == pos ? static_cast<uint32_t>(at - places.begin()) : 0xffffffffu;
}

CoverageMap make_coverage(Program& program, bool std_too) {
  // Test blocks and examples, which say what is tested and are not.
  std::vector<Span> tests;
  for (const TestInfo& test : program.tests)
    if (test.doctest == 0xffffffffu && is_some(test.node))
      tests.push_back(program.modules[+test.module]->tree.span(test.node));
  for (const DoctestInfo& example : program.doctests) tests.push_back(example.code);
  std::sort(tests.begin(), tests.end(), [](Span a, Span b) { return a.lo < b.lo; });
  auto in_test = [&](uint32_t pos) {
    auto next = std::upper_bound(tests.begin(), tests.end(), pos, [](uint32_t p, Span s) { return p < s.lo; });
    return next != tests.begin() && pos < next[-1].hi;
  };
  CoverageMap map;
  std::unordered_map<uint32_t, FuncId> functions;   // by their places
  for (const auto& body : program.bodies) {
    if (!body || is_none(body->func)) continue;
    Span name = program.decls[+program.funcs[+body->func].decl].name_span;
    if (!body->is_closure && !name.is_none()) {
      map.places.push_back(name.lo);
      functions.emplace(name.lo, body->func);
    }
    each_counted(*body, [&](HirId id) {
      Span span = body->nodes[+id].span;
      if (!span.is_none()) map.places.push_back(span.lo);
    });
  }
  std::sort(map.places.begin(), map.places.end());
  map.places.erase(std::unique(map.places.begin(), map.places.end()), map.places.end());
  std::erase_if(map.places, [&](uint32_t pos) {
    const SourceFile& file = program.sources.file(program.sources.find(pos));
    return (file.is_std && !std_too) || file.path.starts_with("<") || in_test(pos);
  });
  for (uint32_t pos : map.places) {
    map.lines += program.sources.file(program.sources.find(pos)).path + "\t" +
                 std::to_string(program.sources.line_col(pos).line);
    if (auto function = functions.find(pos); function != functions.end())
      map.lines += " " + program.symbol(function->second);
    map.lines += '\0';
  }
  return map;
}

}  // namespace janus
