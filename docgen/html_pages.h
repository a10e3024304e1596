// html_pages.h: the pages of write_html(), one maker a thread.
// Depends on writer.h, markdown.h, highlight.h, llvm/Support/Mustache.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <llvm/Support/JSON.h>
#include <llvm/Support/Mustache.h>
#include <llvm/Support/raw_ostream.h>

#include <mutex>

#include "docgen/highlight.h"
#include "docgen/markdown.h"
#include "docgen/module_tree.h"
#include "docgen/writer.h"

namespace janus::docgen {

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

// Guides of one folder: [from, to) of Model::guides, without the first page.
struct GuideGroup {
  std::string name, title;   // "1-tour", "Tour"
  std::vector<GuideId> guides;
};

constexpr const char* kAssets[] = {"janus.css", "janus-search.css", "janus-print.css", "janus.js",
                                   "janus-search.js"};   // copied as they are

// What all pages share.
struct Context {
  const Model& model;
  const Addresses& at;
  const HtmlOptions& options;
  std::vector<std::vector<ItemId>> types = {};   // of each item that is a module: its types, by name
  std::vector<ItemId> builtins = {};             // by name
  ModuleTree modules;
  std::vector<GuideGroup> guide_groups = {};
  std::vector<std::string> guide_titles = {};    // of each guide, as HTML without links
  std::string style_hash = "";                   // behind ?, so that browsers take the new files
  Context(const Model& model, const Addresses& at, const HtmlOptions& options);
  // All items, sorted when first asked: a changed comment changes no name.
  const std::vector<ItemId>& by_name() const {
    std::call_once(sorted_, [&] { by_name_ = ordered_by_name(model); });
    return by_name_;
  }

 private:
  mutable std::once_flag sorted_;
  mutable std::vector<ItemId> by_name_;
};

// One template and the memory it renders into.
class Template {
 public:
  Template(const Assets& assets, std::string_view name, std::initializer_list<const char*> partials = {})
      : saver_(allocator_), context_(allocator_, saver_), template_(text_of(assets, name), context_) {
    for (const char* partial : partials)
      template_.registerPartial(partial, std::string(assets(std::string("templates/") + partial + ".html")));
  }
  std::string render(const Value& value) {
    std::string out;
    llvm::raw_string_ostream stream(out);
    template_.render(value, stream);
    return out;
  }

 private:
  static llvm::StringRef text_of(const Assets& assets, std::string_view name) {
    std::string_view text = assets("templates/" + std::string(name) + ".html");
    return {text.data(), text.size()};
  }
  llvm::BumpPtrAllocator allocator_;
  llvm::StringSaver saver_;
  llvm::mustache::MustacheContext context_;
  llvm::mustache::Template template_;
};

struct Toc {
  int level;
  std::string html, anchor;
};

bool is_type(ItemKind kind);

class PageMaker {
 public:
  explicit PageMaker(const Context& context)
      : c_(context),
        model_(context.model),
        page_(context.options.assets, "page"),
        item_(context.options.assets, "item", {"facts"}),
        hero_(context.options.assets, "hero", {"facts"}),
        said_(context.options.assets, "said", {"facts"}) {}

  // ---- html_pages.cpp: whole pages
  std::string module_page(ItemId id);
  std::string type_page(ItemId id);
  std::string guide_page(GuideId id);
  std::string home_page();
  std::string all_page();
  std::string names_page(size_t part);   // of Addresses::names
  std::string source_page(uint32_t file);

 private:
  void begin();
  std::string home_guides();
  std::string names_list(const std::string& title, size_t from, size_t to);
  void heading(const std::string& text, const std::string& anchor, std::string& out);

  // ---- html_prose.cpp: what authors wrote
  MarkdownHooks hooks(const std::vector<DocLink>* links);
  std::string prose(std::string_view markdown, const Item* item, const Guide* guide, int level,
                    const std::string& prefix);
  std::string inline_text(std::string_view markdown, const Item* item, const Guide* guide = nullptr);
  std::string code_block(std::string_view code, std::string_view info, const std::vector<ExampleState>* states);
  std::string signature(const CodeText& code, ItemId self = kNone);
  std::string link(ItemId id, const std::string& html);

  // ---- html_items.cpp: items, and the tables that lead to them
  std::string in_one_line(const Item& i) const;
  std::string row(ItemId id);
  std::string rows(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items);
  std::string members(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items);
  std::string linked(CodeText code, ItemId item);
  std::string implementors(const std::vector<Implementor>& list, const std::string& anchor);
  std::string own_impls(const Item& type);
  std::string items(const std::vector<ItemId>& list);
  std::string item(ItemId id);
  std::string hero(ItemId id);
  Object facts(ItemId id, int level, const std::string& prefix);
  void written(const Item& i, int level, const std::string& prefix, Object& o);
  Array chips(const Item& i);
  void tables(const Item& i, int level, const std::string& prefix, Object& o);
  void failures(const Item& i, Object& o);

  // ---- html_modules.cpp: the tree of modules, beside each page and on the first
  std::string module_tree(ItemId open);
  std::string modules_below(ModuleTree::NodeId parent, const std::vector<ModuleTree::NodeId>& way, size_t depth,
                            ItemId open);
  std::string all_below(const ModuleTree::Node& node);
  std::string types_of(ItemId module, ItemId open);
  std::string home_modules();
  std::string module_rows(ModuleTree::NodeId parent);
  std::string submodules(ItemId module);

  // ---- html_frame.cpp: what stands around a page
  Array guide_list(GuideId open);
  std::string page(const std::string& title, const std::string& summary, const std::string& main, ItemId open,
                   Array crumbs, GuideId guide = kNone);

  const Context& c_;
  const Model& model_;
  Template page_, item_, hero_, said_;
  Painter painter_;
  std::vector<Toc> toc_;
  bool wide_ = false;
  int doctests_ = 0;   // of the item or guide at hand
};

// Inline Markdown without its links: in a table or a list the whole entry is one.
std::string unlinked_text(std::string_view markdown);
std::string strip_links(const std::string& html);
const char* css_of(ItemKind kind);
constexpr size_t kManyRows = 80;    // of a list: a browser lays them out as they come into view
constexpr size_t kMaxTree = 150;    // entries of a list beside the text; beyond that those near the open one
// Of `count` entries those that a list beside the text shows: all, or some near `at`.
std::pair<size_t, size_t> near_entries(size_t count, size_t at);

}  // namespace janus::docgen
