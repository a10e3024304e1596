// markdown_writer.cpp: one Markdown file a module, with all that the pages say; for readers of repositories, and for
// programs that read. Depends on writer.h, module_tree.h, highlight.h (shown_code is for HTML; here doctests stay
// whole). SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "docgen/module_tree.h"
#include "docgen/writer.h"

namespace janus::docgen {
namespace {

class Writer {
 public:
  explicit Writer(const Model& model) : model_(model) { name_files(); }

  std::vector<OutFile> run() {
    std::vector<OutFile> out;
    std::string index = "# " + model_.name + (model_.version.empty() ? "" : " " + model_.version) + "\n\n";
    if (!model_.guides.empty()) {
      index += "## Guides\n\n";
      for (const Guide& g : model_.guides)
        index += "- [" + g.title + "](" + file_of_guide(g) + ")" + (g.summary.empty() ? "" : ": " + g.summary) + "\n";
      index += "\n";
    }
    ModuleTree tree(model_);
    index += "## Modules\n\n" + modules_below(tree, tree.top(), "");
    for (ItemId m : model_.modules) out.push_back({file_of(m), module_text(m), false});
    std::string builtins;
    for (ItemId i = 0; i < model_.items.size(); ++i)
      if (model_.items[i].kind == ItemKind::Builtin) builtins += item(i, 2);
    if (!builtins.empty()) {
      out.push_back({"built-in-types.md", "# Built-in types\n\n" + builtins, false});
      index += "- [Built-in types](built-in-types.md)\n";
    }
    for (const Guide& g : model_.guides)
      out.push_back({file_of_guide(g), "# " + g.title + "\n\n" + g.markdown + "\n", false});
    out.push_back({"index.md", index, false});
    return out;
  }

 private:
  // No two of the same name, also where a file system takes `File` and `file` for the same.
  void name_files() {
    std::set<std::string> taken = {"index.md", "built-in-types.md"};
    auto unique = [&](const std::string& name) {
      std::string file = name + ".md";
      auto lower = [&] {
        std::string out = file;
        for (char& c : out)
          if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        return out;
      };
      for (int n = 2; !taken.insert(lower()).second; ++n) file = name + "-" + std::to_string(n) + ".md";
      return file;
    };
    for (ItemId m : model_.modules) module_files_[m] = unique(model_.items[m].name);
    for (const Guide& g : model_.guides) guide_files_.push_back(unique(g.name));
  }
  const std::string& file_of(ItemId module) { return module_files_[module]; }
  const std::string& file_of_guide(const Guide& g) {
    return guide_files_[static_cast<size_t>(&g - model_.guides.data())];
  }

  // Lists in lists, as deep as the tree; a part of a path that is no module has no link.
  std::string modules_below(const ModuleTree& tree, ModuleTree::NodeId parent, const std::string& indent) {
    std::string out;
    for (ModuleTree::NodeId child : tree.node(parent).children) {
      const ModuleTree::Node& node = tree.node(child);
      std::string name = "`" + std::string(node.path) + "`";
      out += indent + "- ";
      if (node.module == kNone) {
        out += name;
      } else {
        const std::string& summary = model_.items[node.module].doc.summary;
        out += "[" + name + "](" + file_of(node.module) + ")" + (summary.empty() ? "" : ": " + summary);
      }
      out += "\n" + modules_below(tree, child, indent + "  ");
    }
    return out;
  }

  std::string module_text(ItemId id) {
    const Item& m = model_.items[id];
    std::string out = "# " + m.name + "\n\n" + doc(m, 2);
    for (ItemId child : m.children) out += item(child, 2);
    if (m.exports.empty()) return out;
    out += "## From other modules\n\n";
    for (ItemId other : m.exports) {
      const Item& i = model_.items[other];
      out += "- [`" + i.name + "`](" + file_of(i.module) + "), " + kind_word(i.kind) +
             (i.doc.summary.empty() ? "" : ": " + i.doc.summary) + "\n";
    }
    return out;
  }

  // Headings of a comment go below the item's own.
  static std::string shifted(std::string_view markdown, int level) {
    int lowest = 7;
    bool fence = false;
    auto each_line = [&](auto&& fn) {
      size_t at = 0;
      while (at < markdown.size()) {
        size_t end = std::min(markdown.find('\n', at), markdown.size());
        fn(markdown.substr(at, end - at));
        at = end + 1;
      }
    };
    auto hashes = [](std::string_view line) {
      size_t n = std::min(line.find_first_not_of('#'), line.size());
      return n >= 1 && n <= 6 && (n == line.size() || line[n] == ' ') ? static_cast<int>(n) : 0;
    };
    auto is_fence = [](std::string_view line) { return line.starts_with("```") || line.starts_with("~~~"); };
    each_line([&](std::string_view line) {
      if (is_fence(line)) fence = !fence;
      else if (int n = fence ? 0 : hashes(line)) lowest = std::min(lowest, n);
    });
    std::string out;
    fence = false;
    each_line([&](std::string_view line) {
      if (is_fence(line)) fence = !fence;
      int n = fence ? 0 : hashes(line);
      if (n)
        out += std::string(static_cast<size_t>(std::min(6, n - lowest + level)), '#') +
               std::string(line.substr(static_cast<size_t>(n)));
      else out += line;
      out += '\n';
    });
    return out;
  }

  std::string doc(const Item& i, int level) {
    std::string out;
    if (i.is_deprecated) out += "> **Deprecated.** " + i.deprecated + "\n\n";
    if (!i.doc.summary.empty()) out += i.doc.summary + "\n\n";
    if (!i.doc.body.empty()) out += shifted(i.doc.body, level) + "\n";
    std::string facts;
    for (const Tag& t : i.doc.tags) {
      if (t.kind == "param") facts += "- parameter `" + t.name + "`: " + t.text + "\n";
      else if (t.kind == "returns") facts += "- returns " + t.text + "\n";
      else if (t.kind == "complexity") facts += "- cost: " + t.text + "\n";
      else if (t.kind == "safety") facts += "- safety: " + t.text + "\n";
      else if (t.kind == "since") facts += "- since " + t.text + "\n";
      else if (t.kind == "see") facts += "- see `" + t.name + "`" + (t.text.empty() ? "" : " " + t.text) + "\n";
    }
    for (const Failure& f : i.failures) {
      facts += "- fails with `" + f.name + "`";
      for (const Tag& t : i.doc.tags)
        if (t.kind == "error" && (t.name == f.name || f.name.ends_with("." + t.name))) facts += ": " + t.text;
      facts += "\n";
    }
    for (const Need& n : i.needs) facts += "- needs `" + n.capability + "`\n";
    if (i.effects & kSuspends) facts += "- may suspend\n";
    if (i.effects & kSpawns) facts += "- spawns tasks\n";
    if (i.effects & kRaisesBudget) facts += "- raises a budget\n";
    if (!facts.empty()) out += facts + "\n";
    for (const Tag& t : i.doc.tags)
      if (t.kind == "example")
        out += "**" + (t.name.empty() ? std::string("Example") : t.name) + "**\n\n" + t.text + "\n\n";
    return out;
  }

  static std::string names(const std::string& what, const std::vector<Implementor>& list) {
    if (list.empty()) return "";
    std::string out = what;
    for (size_t n = 0; n < list.size(); ++n) out += (n ? ", `" : " `") + list[n].type.text + "`";
    return out + ".\n\n";
  }

  std::string item(ItemId id, int level) {
    const Item& i = model_.items[id];
    std::string out = std::string(static_cast<size_t>(level), '#') + " " + kind_word(i.kind) + " `" + i.name + "`\n\n";
    if (!i.signature.text.empty()) out += "```janus ignore\n" + i.signature.text + "\n```\n\n";
    if (!i.impl_head.empty() && i.impl_head.find(" where ") != std::string::npos) out += "`" + i.impl_head + "`\n\n";
    out += doc(i, level + 1);
    out += names("Implements", i.implements) + names("Implemented by", i.implementors);
    for (const auto* list : {&i.own_impls, &i.implements, &i.implementors})
      for (const Implementor& one : *list)
        if (one.impl != kNone)
          out += "**`" + model_.impls[one.impl].name + "`**\n\n" + doc(model_.impls[one.impl], level + 1);
    for (ItemId child : i.children) {
      const Item& c = model_.items[child];
      if (c.kind == ItemKind::Field || c.kind == ItemKind::Variant) {
        if (!c.has_doc) continue;
        out += "- `" + c.signature.text + "`" + (c.doc.summary.empty() ? "" : ": " + c.doc.summary) + "\n";
        for (const Tag& t : c.doc.tags)
          if (t.kind == "field") out += "  - `" + t.name + "`: " + t.text + "\n";
        if (child == i.children.back()) out += "\n";
      } else {
        if (out.ends_with("\n") && !out.ends_with("\n\n")) out += "\n";
        out += item(child, level + 1);
      }
    }
    if (!out.ends_with("\n\n")) out += "\n";
    return out;
  }

  const Model& model_;
  std::map<ItemId, std::string> module_files_;
  std::vector<std::string> guide_files_;
};

}  // namespace

std::vector<OutFile> write_markdown(const Model& model) { return Writer(model).run(); }

}  // namespace janus::docgen
