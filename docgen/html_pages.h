// html_pages.h: the pages of write_html(), one maker a thread.
// Depends on writer.h, markdown.h, highlight.h, llvm/Support/Mustache.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <llvm/Support/JSON.h>
#include <llvm/Support/Mustache.h>
#include <llvm/Support/raw_ostream.h>

#include "docgen/highlight.h"
#include "docgen/markdown.h"
#include "docgen/writer.h"

namespace janus::docgen {

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

struct Context {
  const Model& model;
  const Addresses& at;
  const HtmlOptions& options;
  std::vector<std::vector<ItemId>> types;      // of each item that is a module: its types, by name
  std::vector<ItemId> builtins;                // by name
  std::string style_hash;                      // behind ?, so that browsers take the new files
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
        hero_(context.options.assets, "hero", {"facts"}) {}

  // ---- whole pages

  std::string module_page(ItemId id);

  std::string type_page(ItemId id);

  std::string guide_page(GuideId id);

  std::string home_page();

  static std::string card_text(const std::string& summary);

  std::string all_page();

  std::string source_page(uint32_t id);

 private:
  void begin();
  static std::string group_title(std::string_view group);

  void heading(const std::string& text, const std::string& anchor, std::string& out);

  // ---- Markdown

  static const DocLink* find_link(const std::vector<DocLink>& links, std::string_view target);
  MarkdownHooks hooks(const std::vector<DocLink>* links);
  std::string prose(std::string_view markdown, const Item* item, const Guide* guide, int level,
                    const std::string& prefix);
  std::string inline_text(std::string_view markdown, const Item* item, const Guide* guide = nullptr,
                          bool with_links = true);
  static std::string strip_links(const std::string& html);

  std::string code_block(std::string_view code, std::string_view info, const Item* item, int);

  std::string signature(const CodeText& code, ItemId self = kNone);
  std::string link(ItemId id, const std::string& html);

  // ---- parts of a page

  std::string row(ItemId id);
  static const char* css_of(ItemKind kind);

  static const char* rows_begin(size_t count);

  std::string rows(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items);

  std::string members(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items);

  std::string implementors(const std::string& title, const std::string& anchor, const std::vector<Implementor>& list);

  std::string item(ItemId id);

  std::string hero(ItemId id, int level);

  static Object chip(std::string css, std::string text, std::string title, std::string href = "");

  Object facts(ItemId id, int level, const std::string& prefix);
  static std::string short_cid(std::string_view cid);

  void tables(const Item& i, int level, Object& o);

  void failures(const Item& i, Object& o);

  // ---- around it

  Array guide_list(GuideId open);

  Array module_list(ItemId open);

  std::string page(const std::string& title, const std::string& summary, const std::string& main, ItemId open,
                   Array crumbs, GuideId guide = kNone, bool sidebar_current = true);

  const Context& c_;
  const Model& model_;
  Template page_, item_, hero_;
  Painter painter_;
  std::vector<Toc> toc_;
  bool wide_ = false;
  int doctests_ = 0;
};

}  // namespace janus::docgen
