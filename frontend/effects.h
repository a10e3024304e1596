// effects.h: what functions do besides computing a result, and through which calls it comes.
// Depends on program.h.
// SPDX-License-Identifier: Apache-2.0
//
// FuncInfo::effects has the bits; the graph says why. `effect_chain(program, main, capability_effect(kCapFsRead))`
// gives the places to print: where `main` calls `load`, where `load` calls `std.fs.read`, and there it ends.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "frontend/program.h"

namespace janus {

enum BuiltinCapability : uint32_t {
#define CAPABILITY(Name, what) k##Name,
#include "frontend/capability.def"
  kBuiltinCapabilities,
};
constexpr uint64_t capability_effect(uint32_t row) { return uint64_t(1) << (kFirstCapability + row); }
constexpr uint64_t kAllBuiltinCapabilities = ((uint64_t(1) << kBuiltinCapabilities) - 1) << kFirstCapability;

// Nodes: a function is its FuncId; closures, tests and sets of function values come after the functions.
struct EffectGraph {
  // `from` may call `to`, first at `span`. task: in a task of its own, so that what `to` waits for holds up nobody
  // here.
  struct Call {
    uint32_t from, to;
    Span span;
    bool task = false;
  };
  struct Own {
    uint32_t node;
    uint32_t bit;
    Span span;
  };   // the first place in the body that does it
  struct Extra {
    enum Kind : uint8_t { Closure, Test, Set } kind;
    FuncId func;
  };   // what a node after the functions is
  std::vector<Call> calls;      // those of one body stand together
  std::vector<Own> own;
  std::vector<Extra> extras;    // of node `first_extra + i`
  std::vector<uint64_t> extra_effects;
  std::vector<uint32_t> test_nodes;   // by TestId; 0 when not checked
  uint32_t first_extra = 0;
  std::vector<uint32_t> order, first;   // calls by `from`, made when a chain is asked for
};

// One step of a chain: `func` (None: a test, or a set of function values) does it at `span`, where it calls the next;
// the last one does it by itself there. Steps through closures are those of the function around.
struct EffectStep {
  FuncId func;
  Span span;
};
std::vector<EffectStep> effect_chain(Program& program, FuncId from, uint64_t effect);
std::vector<EffectStep> effect_chain_of_test(Program& program, TestId test, uint64_t effect);
uint64_t effects_of_test(const Program& program, TestId test);

// For docs, the editor and the database: "suspends", "spawns", "raises budget", "blocks", "panics", "allocates",
// "calls_ffi", "CapFsRead" …
std::vector<std::string> effect_names(const Program& program, uint64_t effects);
std::vector<std::string> capability_names(const Program& program, uint64_t effects);
std::span<const char* const> builtin_capability_names();
std::string_view capability_purpose(uint32_t row);   // "read files and folders"; empty for a program's own
void fill_capabilities(Program& program);            // the rows of capability.def, when a program begins
// The bit of a name that effect_names() may give, 0 when there is none.
uint64_t find_effect(const Program& program, std::string_view name);

}  // namespace janus
