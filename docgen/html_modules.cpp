// html_modules.cpp: the tree of modules: beside each page, on the first page, and what is below a module on its own.
// Depends on html_pages.h.
// SPDX-License-Identifier: Apache-2.0
//
// Plain lists and `<details>`: they open without scripts, by keyboard, and a reader of screens says how deep one is. A
// link never stands in a `<summary>`, which is a button: a module's link comes first, and the mark that opens it after.
#include <algorithm>

#include "docgen/html_pages.h"

namespace janus::docgen {
namespace {

std::string entry(std::string_view name, const std::string& href, const char* css, bool current) {
  std::string out = "<li><a class=\"mono";
  if (*css) out += std::string(" ") + css;
  out += "\" href=\"" + escape_html(href) + "\"";
  if (current) out += " aria-current=\"page\"";
  out += ">";
  escape_html_to(out, name);
  return out + "</a>";
}

std::string more(const std::string& href, size_t count, const char* what) {
  return "<li><a class=\"more\" href=\"" + escape_html(href) + "\">All " + std::to_string(count) + " " + what +
         "</a></li>\n";
}

// Where the first page shows what is below a part of a path. No heading's anchor has a dot.
std::string anchor_of(const ModuleTree::Node& node) { return "modules." + std::string(node.path); }

std::string count_of(const ModuleTree::Node& node) {
  uint32_t below = node.modules - (node.module != kNone);
  return std::to_string(below) + (below == 1 ? " module" : " modules");
}

}   // namespace

std::string PageMaker::types_of(ItemId module, ItemId open) {
  const std::vector<ItemId>& all = c_.types[module];
  auto found = std::find(all.begin(), all.end(), open);
  auto [from, to] = near_entries(all.size(), found == all.end() ? 0 : static_cast<size_t>(found - all.begin()));
  std::string out;
  for (size_t t = from; t < to; ++t) {
    const Item& i = model_.items[all[t]];
    out += entry(i.name, c_.at.href[all[t]], css_of(i.kind), all[t] == open) + "</li>\n";
  }
  if (to - from < all.size()) out += more(c_.at.href[module] + "#types", all.size(), "types");
  return out;
}

// The modules, open along the way to the open one, with its types. Small packages have all in each page. Of others a
// page has what stands along that way: all on every page would grow with the square of the package.
std::string PageMaker::module_tree(ItemId open) {
  ItemId module = open == kNone                                  ? kNone
                  : model_.items[open].kind == ItemKind::Module  ? open
                  : model_.items[open].kind == ItemKind::Builtin ? kNone
                                                                 : model_.items[open].module;
  return modules_below(0, c_.modules.way_to(module), 0, open);
}

// `way`: the nodes that are open, from the package down; `depth`: how many of them are above what is written, which is
// at most ModuleTree's. A part beside the way has `depth` beyond it.
std::string PageMaker::modules_below(ModuleTree::NodeId parent, const std::vector<ModuleTree::NodeId>& way,
                                     size_t depth, ItemId open) {
  const ModuleTree::Node& above = c_.modules.node(parent);
  bool along = depth < way.size() && way[depth] == parent, leads_on = along && depth + 1 < way.size();
  auto [from, to] = near_entries(above.children.size(), leads_on ? c_.modules.node(way[depth + 1]).place : 0);
  bool branches = false, is_end = along && !leads_on && above.module != kNone;
  std::string list;
  for (size_t at = from; at < to; ++at) {
    ModuleTree::NodeId id = above.children[at];
    const ModuleTree::Node& node = c_.modules.node(id);
    bool here = leads_on && way[depth + 1] == id, shown = here || above.children.size() == 1,
         ends = here && depth + 2 == way.size();
    bool has_types = ends && node.module != kNone && !c_.types[node.module].empty();
    if (node.module != kNone) list += entry(node.label(), c_.at.href[node.module], "", node.module == open);
    else list += "<li>";
    if (!node.children.empty()) {
      branches = true;
      list += shown ? "<details open><summary" : "<details><summary";
      list += node.module == kNone ? " class=\"mono\">" + escape_html(node.label())
                                   : " aria-label=\"Modules in " + escape_html(node.path) + "\">";
      list += "</summary>";
      if (shown || model_.modules.size() <= kMaxTree) list += modules_below(id, way, depth + 1, open);
      else list += "<ul>\n" + more(all_below(node), node.modules - (node.module != kNone), "modules") + "</ul>";
      list += "</details>";
    } else if (has_types) {
      list += "<ul>\n" + types_of(node.module, open) + "</ul>";
    }
    list += "</li>\n";
  }
  if (to - from < above.children.size())
    list += more(all_below(above), above.modules - (above.module != kNone), "modules");
  if (is_end) list += types_of(above.module, open);
  return std::string(branches ? "<ul class=\"branches\">\n" : "<ul>\n") + list + "</ul>";
}

// The page that shows all that is below a part: the module's own, or the place on the first page.
std::string PageMaker::all_below(const ModuleTree::Node& node) {
  if (node.module != kNone) return c_.at.href[node.module] + "#submodules";
  bool all = &node == &c_.modules.node(c_.modules.top());
  return "index.html#" + (all ? "modules" : anchor_of(node));
}

// The first page: each module with its first sentence, below the part of the path that it is in.
std::string PageMaker::home_modules() {
  if (model_.modules.empty()) return "";
  std::string out;
  heading("Modules", "modules", out);
  out += model_.modules.size() > kManyRows ? "<div class=\"rows many\">\n" : "<div class=\"rows\">\n";
  return out + module_rows(c_.modules.top()) + "</div>\n";
}

std::string PageMaker::module_rows(ModuleTree::NodeId parent) {
  std::string out;
  for (ModuleTree::NodeId child : c_.modules.node(parent).children) {
    const ModuleTree::Node& node = c_.modules.node(child);
    if (node.module != kNone) out += row(node.module);
    if (node.children.empty()) continue;
    std::string name = "<code>" + escape_html(node.path) + "</code>";
    out += "<details class=\"branch\" open id=\"" + escape_html(anchor_of(node)) + "\"><summary>";
    out += node.module == kNone ? name + " <span>" + count_of(node) : "<span>" + count_of(node) + " in " + name;
    out += "</span></summary>\n" + module_rows(child) + "</details>\n";
  }
  return out;
}

// On a module's page, the names alone: a changed comment below it leaves the page as it is.
std::string PageMaker::submodules(ItemId module) {
  std::vector<ModuleTree::NodeId> open = {c_.modules.way_to(module).back()};
  if (c_.modules.node(open[0]).children.empty()) return "";
  std::string out;
  heading("Submodules", "submodules", out);
  out += "<ul class=\"names\">";
  while (!open.empty()) {
    const ModuleTree::Node& node = c_.modules.node(open.back());
    open.pop_back();
    if (node.module != kNone && node.module != module)
      out += "<li><a href=\"" + escape_html(c_.at.href[node.module]) + "\"><code>" + escape_html(node.path) +
             "</code></a></li>\n";
    open.insert(open.end(), node.children.rbegin(), node.children.rend());
  }
  return out + "</ul>\n";
}

}   // namespace janus::docgen
