// error_sets.cpp: what each function can fail with: the least fixpoint over sets that include one another.
// Depends on check.h.
// SPDX-License-Identifier: Apache-2.0
//
// An inferred set holds the errors its function raises and names the sets of the functions whose failures it passes on.
// Functions that call each other in a circle share one set, so the graph is walked by strongly connected components
// (Tarjan): a component is finished before whatever includes it, and each edge is followed once.
#include <algorithm>

#include "frontend/check.h"

namespace janus {
namespace {

struct Solver {
  Program& p;
  std::vector<uint32_t> number, low, open = {};
  std::vector<bool> done;
  struct Frame {
    uint32_t set;
    size_t next;
  };
  std::vector<Frame> stack = {};
  uint32_t counter = 0;

  explicit Solver(Program& program)
      : p(program), number(program.error_sets.size(), 0), low(number), done(number.size(), false) {}

  void enter(uint32_t set) {
    number[set] = low[set] = ++counter;
    open.push_back(set);
    stack.push_back({set, 0});
  }
  void run(uint32_t root) {
    if (number[root]) return;
    enter(root);
    while (!stack.empty()) {
      Frame& top = stack.back();
      const std::vector<ErrorSetId>& includes = p.error_sets[top.set].includes;
      if (top.next < includes.size()) {
        ErrorSetId next = includes[top.next++];
        if (is_none(next)) continue;
        if (!number[+next]) enter(+next);
        else if (!done[+next]) low[top.set] = std::min(low[top.set], number[+next]);
        continue;
      }
      uint32_t set = top.set;
      stack.pop_back();
      if (!stack.empty()) low[stack.back().set] = std::min(low[stack.back().set], low[set]);
      if (low[set] == number[set]) close(set);
    }
  }
  // `open` from `first` on is one component: all its sets become the union of what they hold and include.
  void close(uint32_t first) {
    size_t begin = open.size() - 1;
    while (open[begin] != first) --begin;
    std::vector<TagId> all;
    bool any = false;
    for (size_t i = begin; i < open.size(); ++i) {
      const ErrorSet& set = p.error_sets[open[i]];
      any |= set.open;
      all.insert(all.end(), set.tags.begin(), set.tags.end());
      for (ErrorSetId include : set.includes)
        if (is_some(include) && done[+include]) {
          any |= p.error_sets[+include].open;
          all.insert(all.end(), p.error_sets[+include].tags.begin(), p.error_sets[+include].tags.end());
        }
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    for (size_t i = begin; i < open.size(); ++i) {
      ErrorSet& set = p.error_sets[open[i]];
      set.includes = {};
      if (set.inferred) {
        set.open = any;
        if (i + 1 == open.size()) set.tags = std::move(all);   // NOLINT(bugprone-use-after-move): the last turn
        else set.tags = all;
        if (!set.implicit) std::erase_if(set.tags, [&](TagId tag) { return p.tags[+tag].implicit; });
      }
      done[open[i]] = true;
    }
    open.resize(begin);
  }
};

}   // namespace

void solve_error_sets(Program& program) {
  Solver solver(program);
  for (uint32_t i = 0; i < program.error_sets.size(); ++i) solver.run(i);
}

}   // namespace janus
