// module_tree.h: the modules of a package by the parts of their paths: `geometry`, and `shapes` below it.
// Depends on model.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <unordered_map>
#include <vector>

#include "docgen/model.h"

namespace janus::docgen {

// Nodes in one table, parents before what is below them; node 0 is the package and has no name. A part of a path that
// is no module is a node as well.
class ModuleTree {
 public:
  using NodeId = uint32_t;
  struct Node {
    std::string_view path;    // "geometry.shapes", of the items of the model
    size_t label_at = 0;      // of it the bytes from here on are shown below the parent
    ItemId module = kNone;    // kNone: a part of a path that is no module
    NodeId parent = 0;
    uint32_t place = 0;       // among the children of the parent
    uint32_t modules = 0;     // it and all below
    std::vector<NodeId> children = {};
    std::string_view label() const { return path.substr(label_at); }
  };
  explicit ModuleTree(const Model& model);

  const Node& node(NodeId id) const { return nodes_[id]; }
  // Where a list of all begins: the package, or the parts that all paths begin with.
  NodeId top() const;
  // From the package down to a module; only the package when there is none.
  std::vector<NodeId> way_to(ItemId module) const;

 private:
  std::vector<Node> nodes_;
  std::unordered_map<ItemId, NodeId> of_module_;
};

}  // namespace janus::docgen
