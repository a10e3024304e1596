// module_tree.cpp: from the paths of modules to the tree of their parts.
// Depends on module_tree.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/module_tree.h"

#include <algorithm>

namespace janus::docgen {
namespace {

// Deeper paths are one step from here on: lists in lists have no room on a phone, and whoever names folders does not
// say how deep a page is nested.
constexpr size_t kMaxDepth = 8;

}  // namespace

ModuleTree::ModuleTree(const Model& model) : nodes_(1) {
  std::unordered_map<std::string_view, NodeId> of_path;
  for (ItemId m : model.modules) {
    std::string_view path = model.items[m].name;
    NodeId parent = 0;
    for (size_t from = 0, depth = 1;; ++depth) {
      size_t dot = depth < kMaxDepth ? path.find('.', from) : std::string_view::npos;
      auto [found, fresh] = of_path.emplace(path.substr(0, dot), static_cast<NodeId>(nodes_.size()));
      if (fresh) {
        auto place = static_cast<uint32_t>(nodes_[parent].children.size());
        nodes_[parent].children.push_back(found->second);
        Node& node = nodes_.emplace_back();
        node.path = found->first, node.label_at = from, node.parent = parent, node.place = place;
      }
      parent = found->second;
      if (dot == std::string_view::npos) break;
      from = dot + 1;
    }
    nodes_[parent].module = m;
    of_module_[m] = parent;
  }
  for (NodeId n = static_cast<NodeId>(nodes_.size()); n-- > 0;) {
    nodes_[n].modules += nodes_[n].module != kNone;
    if (n) nodes_[nodes_[n].parent].modules += nodes_[n].modules;
  }
}

ModuleTree::NodeId ModuleTree::top() const {
  NodeId top = 0;
  while (nodes_[top].module == kNone && nodes_[top].children.size() == 1 &&
         nodes_[nodes_[top].children[0]].module == kNone)
    top = nodes_[top].children[0];
  return top;
}

std::vector<ModuleTree::NodeId> ModuleTree::way_to(ItemId module) const {
  std::vector<NodeId> way;
  if (auto found = of_module_.find(module); found != of_module_.end())
    for (NodeId n = found->second; n != 0; n = nodes_[n].parent) way.push_back(n);
  way.push_back(0);
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace janus::docgen
