// stacks.h: how much stack a task needs at most, where that can be proved.
// Depends on LLVM IR.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace llvm { class Module; }

namespace janus {

// Who calls whom in a module as it goes to the code generator.
struct CallGraph {
  struct Node {
    std::string name;
    std::vector<uint32_t> calls = {};
    std::vector<uint32_t> instead = {};   // called in place of the function itself, whose frame is gone then
    uint32_t outside = 0;       // bytes that functions which are not in the module may take
    bool unknown = false;       // calls what is not known: function values, tables, foreign code
  };
  std::vector<Node> nodes;
};

// What the runtime's functions need, found out when it was compiled (prepare/prepare_runtime.cpp).
constexpr uint32_t kNeedUnknown = 0xffffffffu;
struct StackNeeds {
  std::unordered_map<std::string, uint32_t> of;   // by function; kNeedUnknown: no bound
  uint32_t around = kNeedUnknown;   // of all that runs before and after a task's entry, and
  uint32_t frames = 0;              // what stands on the stack while it runs
};
std::string stack_needs_text(const CallGraph& graph, const std::string& object);   // of the runtime's object
StackNeeds read_stack_needs(std::string_view text);

CallGraph call_graph(const llvm::Module& module, const StackNeeds& runtime);

// Finds the frames of the object's functions (its .stack_sizes), adds them up along the calls, and writes what each
// task's entry needs into its rt::TaskDesc. Tasks with recursion or calls that are not known keep 0: the runtime gives
// them a stack of the profile's size.
void write_stack_needs(const CallGraph& graph, const StackNeeds& runtime, std::string& object);

}  // namespace janus
