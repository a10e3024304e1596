// html.cpp: the model as a static site: pages of modules, types, guides and sources, from the templates of
// site/templates. Depends on writer.h, markdown.h, highlight.h, llvm/Support/Mustache.h. SPDX-License-Identifier:
// Apache-2.0
//
// Every page is a function of the model alone: the same model gives the same bytes. Pages are made by several threads,
// each with its own templates and its own painter; only the table of results is shared, and each thread writes its own
// rows of it.
#include <llvm/Support/JSON.h>
#include <llvm/Support/Mustache.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "docgen/highlight.h"
#include "docgen/markdown.h"
#include "docgen/writer.h"
#include "frontend/content_hash.h"
#include "frontend/doc_text.h"

namespace janus::docgen {
namespace {

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

constexpr size_t kMaxCards = 8;      // guides of a group shown as cards; more are numbered chapters
constexpr size_t kMaxChapters = 48;  // and beyond that a list of titles
constexpr size_t kManyRows = 80;
constexpr size_t kMaxTree = 150;  // modules in the sidebar; beyond that those near the open one

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

bool is_type(ItemKind kind) {
  return kind == ItemKind::Struct || kind == ItemKind::Enum || kind == ItemKind::Error || kind == ItemKind::Trait ||
         kind == ItemKind::Capability || kind == ItemKind::TypeAlias || kind == ItemKind::Builtin;
}

int lowest_heading(std::string_view markdown) {
  int lowest = 7;
  bool line_start = true;
  for (size_t i = 0; i < markdown.size(); ++i) {
    if (line_start && markdown[i] == '#') {
      int n = 0;
      while (i + static_cast<size_t>(n) < markdown.size() && markdown[i + static_cast<size_t>(n)] == '#') ++n;
      lowest = std::min(lowest, n);
    }
    line_start = markdown[i] == '\n';
  }
  return lowest;
}

class PageMaker {
 public:
  explicit PageMaker(const Context& context)
      : c_(context),
        model_(context.model),
        page_(context.options.assets, "page"),
        item_(context.options.assets, "item", {"facts"}),
        hero_(context.options.assets, "hero", {"facts"}) {}

  // ---- whole pages

  std::string module_page(ItemId id) {
    begin();
    const Item& m = model_.items[id];
    std::string main = hero(id, 2);
    std::vector<ItemId> types, functions, constants;
    for (ItemId child : m.children) {
      ItemKind kind = model_.items[child].kind;
      if (is_type(kind)) types.push_back(child);
      else if (kind == ItemKind::Const) constants.push_back(child);
      else functions.push_back(child);
    }
    main += rows("Types", "types", types);
    main += rows("Constants", "constants", constants);
    main += rows("Functions", "functions", functions);
    std::vector<ItemId> aliases;
    for (ItemId t : types)
      if (!has_page(model_.items[t])) aliases.push_back(t);
    for (const auto* group : {&aliases, &constants, &functions})
      for (ItemId child : *group) main += item(child);
    return page(m.name, m.doc.summary, main, id, Array{});
  }

  std::string type_page(ItemId id) {
    begin();
    const Item& t = model_.items[id];
    std::string main = hero(id, 2);
    std::vector<ItemId> fields, variants;
    // Methods: the type's own first, then trait by trait, in the order of the source.
    std::vector<std::pair<std::string, std::vector<ItemId>>> groups;
    std::map<std::string, size_t> group_of;
    for (ItemId child : t.children) {
      const Item& i = model_.items[child];
      if (i.kind == ItemKind::Field) fields.push_back(child);
      else if (i.kind == ItemKind::Variant) variants.push_back(child);
      else {
        std::string name = t.kind == ItemKind::Trait
                               ? (i.of_trait == "required" ? "Required methods" : "Provided methods")
                           : i.of_trait.empty() ? "Methods"
                                                : i.of_trait;
        auto [it, fresh] = group_of.try_emplace(name, groups.size());
        if (fresh) groups.push_back({name, {}});
        groups[it->second].second.push_back(child);
      }
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const auto& a, const auto& b) { return (a.first == "Methods") > (b.first == "Methods"); });
    main += members("Fields", "fields", fields);
    main += members("Variants", "variants", variants);
    if (!t.implements.empty()) main += implementors("Implements", "implements", t.implements);
    if (!t.implementors.empty()) main += implementors("Implementors", "implementors", t.implementors);
    for (auto& [name, list] : groups) {
      bool trait = t.kind != ItemKind::Trait && name != "Methods";
      if (trait) {
        ItemId trait_item = model_.items[list[0]].trait_item;
        std::string anchor = "trait." + name;
        toc_.push_back({2, escape_html(name), anchor});
        main += "<h2 id=\"" + escape_html(anchor) + "\"><span class=\"eyebrow\">Trait</span> " +
                link(trait_item, escape_html(name)) + "</h2>\n";
      } else if (list.size() > 3) {
        main += rows(name, slug(name), list);
      } else {
        heading(name, slug(name), main);
      }
      for (ItemId child : list) main += item(child);
    }
    Array crumbs;
    if (t.parent != kNone)
      crumbs.push_back(Object{{"href", c_.at.href[t.parent]}, {"name", model_.items[t.parent].name}});
    return page(t.name, t.doc.summary, main, id, std::move(crumbs));
  }

  std::string guide_page(GuideId id) {
    begin();
    const Guide& g = model_.guides[id];
    std::string body = prose(g.markdown, nullptr, &g, 2, "");
    std::string main = "<header class=\"hero\">";
    if (!g.group.empty()) main += "<p class=\"eyebrow\">" + escape_html(group_title(g.group)) + "</p>";
    main +=
        "<h1>" + inline_text(g.title, nullptr, &g) + "</h1></header>\n<div class=\"prose guide\">" + body + "</div>\n";
    // The pages before and after, for those who read on.
    auto near = [&](size_t other, const char* css, const char* word) {
      return "<a class=\"" + std::string(css) + "\" href=\"" + escape_html(c_.at.guide[other]) +
             "\"><span class=\"eyebrow\">" + word + "</span>" +
             inline_text(model_.guides[other].title, nullptr, nullptr, false) + "</a>";
    };
    bool before = id > 0 && !model_.guides[id - 1].is_home,
         after = id + 1 < model_.guides.size() && !model_.guides[id + 1].is_home;
    if (before || after) {
      main += "<nav class=\"turn\" aria-label=\"Pages before and after\">";
      main += before ? near(id - 1, "before", "Before") : "<span></span>";
      if (after) main += near(id + 1, "after", "Next");
      main += "</nav>\n";
    }
    return page(markdown_to_text(g.title), g.summary, main, kNone, Array{}, id);
  }

  std::string home_page() {
    begin();
    const Guide* home = nullptr;
    GuideId home_id = kNone;
    for (GuideId g = 0; g < model_.guides.size(); ++g)
      if (model_.guides[g].is_home && !home) home = &model_.guides[g], home_id = g;
    // The first paragraph is the lead, when the page begins with it.
    std::string_view text = home ? std::string_view(home->markdown) : std::string_view();
    bool lead = home && !home->summary.empty() && text.starts_with(home->summary);
    if (lead) text.remove_prefix(home->summary.size());
    std::string body = prose(text, nullptr, home, 2, "");
    std::string main = "<header class=\"hero home\"><p class=\"eyebrow\">" +
                       std::string(home ? "Documentation" : "Package") + "</p><h1>";
    main += home ? inline_text(home->title, nullptr, home) : escape_html(model_.name);
    if (!model_.version.empty()) main += " <span class=\"version\">" + escape_html(model_.version) + "</span>";
    main += "</h1>";
    if (lead) main += "<p class=\"lead\">" + inline_text(home->summary, nullptr, home) + "</p>";
    if (!home && !model_.summary.empty()) main += "<p class=\"lead\">" + escape_html(model_.summary) + "</p>";
    main += "</header>\n";
    if (!body.empty()) main += "<div class=\"prose guide\">" + body + "</div>\n";
    std::string group = "\1";
    bool open = false, cards = true, chapters = false;
    std::string end;
    for (GuideId g = 0; g < model_.guides.size(); ++g) {
      const Guide& guide = model_.guides[g];
      if (guide.is_home) continue;
      if (guide.group != group) {
        std::string title = group_title(guide.group);
        std::string section;
        group = guide.group;
        heading(title, "guides-" + slug(group), section);
        size_t count = 0;
        for (const Guide& other : model_.guides) count += other.group == group && !other.is_home;
        if (open) main += end;
        main += section;
        cards = count <= kMaxCards, chapters = !cards && count <= kMaxChapters;
        main += cards ? "<ul class=\"cards\">" : chapters ? "<ol class=\"chapters\">" : "<ul class=\"names titles\">";
        end = chapters ? "</ol>\n" : "</ul>\n";
        open = true;
      }
      std::string title = inline_text(guide.title, nullptr, nullptr, false);
      std::string summary = cards || chapters ? card_text(guide.summary) : "";
      main += "<li><a href=\"" + escape_html(c_.at.guide[g]) + "\">";
      if (cards || chapters) main += "<strong>" + title + "</strong>";
      else main += title;
      if (!summary.empty()) main += "<span>" + escape_html(summary) + "</span>";
      main += "</a></li>\n";
    }
    if (open) main += end;
    if (!model_.modules.empty()) {
      heading("Modules", "modules", main);
      main += rows_begin(model_.modules.size());
      for (ItemId m : model_.modules) main += row(m);
      main += "</div>\n";
    }
    if (!c_.builtins.empty()) {
      heading("Built-in types", "builtin-types", main);
      main += "<div class=\"rows\">";
      for (ItemId t : c_.builtins) main += row(t);
      main += "</div>\n";
    }
    return page("", home ? home->summary : model_.summary, main, kNone, Array{}, home_id);
  }

  // The first sentence is enough for a card, and it ends like one.
  static std::string card_text(const std::string& summary) {
    std::string text = markdown_to_text(summary);
    if (size_t stop = text.find(". "); stop != std::string::npos && stop > 20) text.resize(stop + 1);
    if (text.ends_with(":")) text.back() = '.';
    return text;
  }

  // Every item by name: the search of those without scripts.
  std::string all_page() {
    begin();
    std::vector<ItemId> order;
    for (ItemId i = 0; i < model_.items.size(); ++i) order.push_back(i);
    auto lower = [&](ItemId i) {
      std::string s = model_.items[i].name;
      for (char& ch : s)
        if (ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch + 32);
      return s;
    };
    std::vector<std::string> keys;
    for (ItemId i : order) keys.push_back(lower(i));
    std::sort(order.begin(), order.end(), [&](ItemId a, ItemId b) {
      return keys[a] != keys[b] ? keys[a] < keys[b] : model_.items[a].path < model_.items[b].path;
    });
    std::string main = "<header class=\"hero\"><h1>All names</h1></header>\n";
    char letter = 0;
    for (ItemId i : order) {
      char first = keys[i].empty() ? '#' : keys[i][0];
      if (first < 'a' || first > 'z') first = '#';
      if (first != letter) {
        if (letter) main += "</ul>\n";
        letter = first;
        std::string shown = first == '#' ? "#" : std::string(1, static_cast<char>(first - 32));
        heading(shown, first == '#' ? "symbols" : std::string("letter-") + first, main);
        main += "<ul class=\"names\">";
      }
      const Item& item = model_.items[i];
      main += "<li><a href=\"" + escape_html(c_.at.href[i]) + "\"><code>" + escape_html(item.name) +
              "</code></a> <span>" + kind_word(item.kind);
      if (item.parent != kNone) main += " of " + escape_html(model_.items[item.parent].path);
      main += "</span></li>\n";
    }
    if (letter) main += "</ul>\n";
    return page("All names", "", main, kNone, Array{});
  }

  std::string source_page(uint32_t id) {
    begin();
    const File& f = model_.files[id];
    std::vector<Painter::Link> links;
    for (const SourceLink& l : f.links) {
      std::string href = l.item != kNone ? c_.at.href[l.item] : "#L" + std::to_string(l.line);
      links.push_back({l.lo, l.hi, std::move(href)});
    }
    std::vector<std::string> lines = painter_.paint_lines(f.text, links);
    std::string main =
        "<header class=\"hero\"><p class=\"eyebrow\">Source</p><h1 class=\"path\">" + escape_html(f.path) +
        "</h1></header>\n<div class=\"source\" tabindex=\"0\" role=\"region\" aria-label=\"Source\"><pre><code>";
    for (size_t i = 0; i < lines.size(); ++i) {
      std::string n = std::to_string(i + 1);
      main += "<span class=\"line\" id=\"L" + n + "\"><a class=\"no\" href=\"#L" + n + "\" aria-label=\"line " + n +
              "\">" + n + "</a>" + lines[i] + "\n</span>";
    }
    main += "</code></pre></div>\n";
    Array crumbs;
    crumbs.push_back(Object{{"href", c_.at.href[f.module]}, {"name", model_.items[f.module].name}});
    wide_ = true;
    return page("Source of " + model_.items[f.module].name, "", main, f.module, std::move(crumbs), kNone, false);
  }

 private:
  void begin() {
    toc_.clear();
    wide_ = false;
  }
  static std::string group_title(std::string_view group) {
    if (group.empty() || group == "docs" || group == "guides") return "Guides";
    std::string title(group);
    for (char& ch : title)
      if (ch == '-' || ch == '_') ch = ' ';
    if (title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 32);
    return title;
  }

  void heading(const std::string& text, const std::string& anchor, std::string& out) {
    toc_.push_back({2, escape_html(text), anchor});
    out += "<h2 id=\"" + escape_html(anchor) + "\">" + escape_html(text) + " <a class=\"hash\" href=\"#" +
           escape_html(anchor) + "\" aria-label=\"link to this section\">#</a></h2>\n";
  }

  // ---- Markdown

  static const DocLink* find_link(const std::vector<DocLink>& links, std::string_view target) {
    auto it = std::lower_bound(links.begin(), links.end(), target,
                               [](const DocLink& a, std::string_view t) { return a.target < t; });
    return it != links.end() && it->target == target ? &*it : nullptr;
  }
  MarkdownHooks hooks(const std::vector<DocLink>* links) {
    MarkdownHooks h;
    h.href = [this, links](std::string_view target, bool) -> std::string {
      const DocLink* link = links ? find_link(*links, target) : nullptr;
      if (!link) return "";
      if (link->item != kNone) return c_.at.href[link->item];
      if (link->guide == kNone) return "";
      size_t hash = target.find('#');
      return c_.at.guide[link->guide] + (hash == std::string_view::npos ? "" : std::string(target.substr(hash)));
    };
    return h;
  }
  std::string prose(std::string_view markdown, const Item* item, const Guide* guide, int level,
                    const std::string& prefix) {
    if (markdown.empty()) return "";
    MarkdownHooks h = hooks(item ? &item->doc.links : guide ? &guide->links : nullptr);
    int lowest = lowest_heading(markdown);
    h.heading_shift = lowest == 7 ? 0 : level - lowest;
    h.anchor_prefix = prefix;
    std::vector<HeadingOut> headings;
    h.headings = &headings;
    h.code = [this, item](std::string_view code, std::string_view info, int ordinal) {
      return code_block(code, info, item, ordinal);
    };
    std::string html = markdown_to_html(markdown, h);
    for (HeadingOut& out : headings)
      if (out.level <= 3 && (guide || level == 2)) toc_.push_back({out.level, strip_links(out.html), out.anchor});
    return html;
  }
  std::string inline_text(std::string_view markdown, const Item* item, const Guide* guide = nullptr,
                          bool with_links = true) {
    MarkdownHooks h = with_links ? hooks(item ? &item->doc.links : guide ? &guide->links : nullptr) : MarkdownHooks{};
    std::string html = markdown_inline(markdown, h);
    return with_links ? html : strip_links(html);
  }
  static std::string strip_links(const std::string& html) {
    std::string out;
    for (size_t i = 0; i < html.size();) {
      if (html.compare(i, 3, "<a ") == 0 || html.compare(i, 4, "</a>") == 0) {
        i = html.find('>', i) + 1;
        continue;
      }
      out += html[i++];
    }
    return out;
  }

  // Doctests are numbered in the order of the text, other code blocks have no number.
  std::string code_block(std::string_view code, std::string_view info, const Item* item, int) {
    std::string_view language = info.substr(0, info.find_first_of(" ,{"));
    int ordinal = language == "janus" ? doctests_++ : -1;
    std::string words(info.substr(std::min(info.size(), language.size())));
    bool wrong = words.find("compile_fails") != std::string::npos;
    std::string out = wrong ? "<figure class=\"code wrong\">" : "<figure class=\"code\">";
    std::string note;
    if (words.find("compile_fails") != std::string::npos) {
      size_t open = words.find('('), close = words.find(')');
      note = open != std::string::npos && close > open ? "does not compile: " + words.substr(open + 1, close - open - 1)
                                                       : "does not compile";
    } else if (words.find("fails") != std::string::npos) {
      note = "fails when run";
    } else if (words.find("no_run") != std::string::npos) {
      note = "compiled, not run";
    }
    std::string state;
    if (item)
      for (const ExampleState& e : item->examples)
        if (static_cast<int>(e.ordinal) == ordinal) state = e.result;
    if (!note.empty() || !state.empty()) {
      out += "<figcaption>";
      if (!note.empty()) out += "<span class=\"note\">" + escape_html(note) + "</span>";
      if (state == "passed" || state == "ok") out += "<span class=\"state passed\">example runs</span>";
      else if (!state.empty()) out += "<span class=\"state failed\">example " + escape_html(state) + "</span>";
      out += "</figcaption>";
    }
    out += "<pre tabindex=\"0\"><code>";
    if (language == "janus" || language == "jan") {
      std::string shown = shown_code(code);
      while (shown.ends_with("\n")) shown.pop_back();
      out += painter_.paint(shown);
    } else {
      while (code.ends_with("\n")) code.remove_suffix(1);
      escape_html_to(out, code);
    }
    return out + "</code></pre></figure>\n";
  }

  std::string signature(const CodeText& code, ItemId self = kNone) {
    std::vector<Painter::Link> links;
    for (const NameLink& l : code.links)
      if (l.item != self) links.push_back({l.lo, l.hi, c_.at.href[l.item]});
    return painter_.paint(code.text, links);
  }
  std::string link(ItemId id, const std::string& html) {
    return id == kNone ? html : "<a href=\"" + escape_html(c_.at.href[id]) + "\">" + html + "</a>";
  }

  // ---- parts of a page

  std::string row(ItemId id) {
    const Item& i = model_.items[id];
    std::string out = "<div class=\"row";
    if (i.is_deprecated) out += " deprecated";
    out += "\"><div class=\"name\"><a href=\"" + escape_html(c_.at.href[id]) + "\"><code>";
    std::string name = i.kind == ItemKind::Method && !i.params.empty() ? i.name : i.name;
    escape_html_to(out, name);
    if (i.kind == ItemKind::Func || i.kind == ItemKind::Method) {
      std::string args;
      for (size_t p = 0; p < i.params.size(); ++p) args += (p ? ", " : "") + i.params[p].name;
      out += "<span class=\"args\">(" + (args.size() + name.size() > 32 && !args.empty() ? "…" : escape_html(args)) +
             ")</span>";
    }
    out += "</code></a>";
    if (is_type(i.kind))
      out += " <span class=\"kind " + std::string(css_of(i.kind)) + "\">" + kind_word(i.kind) + "</span>";
    if (i.is_deprecated) out += " <span class=\"kind warn\">deprecated</span>";
    if (!i.is_pub && i.kind != ItemKind::Module && i.kind != ItemKind::Builtin)
      out += " <span class=\"kind\">private</span>";
    out += "</div><div class=\"what\">";
    // Where nobody wrote a word, the signature says something.
    bool bare = i.doc.summary.empty() && (i.kind == ItemKind::Func || i.kind == ItemKind::Method);
    if (bare) out += "<code class=\"jan\">" + painter_.paint(i.signature.text) + "</code>";
    else out += inline_text(i.doc.summary, &i, nullptr, false);
    return out + "</div></div>\n";
  }
  static const char* css_of(ItemKind kind) {
    switch (kind) {
      case ItemKind::Struct:
      case ItemKind::Builtin: return "k-struct";
      case ItemKind::Enum: return "k-enum";
      case ItemKind::Error: return "k-error";
      case ItemKind::Trait: return "k-trait";
      case ItemKind::Capability: return "k-capability";
      case ItemKind::Module: return "k-module";
      default: return "k-func";
    }
  }

  // A browser lays out long tables as they come into view.
  static const char* rows_begin(size_t count) {
    return count > kManyRows ? "<div class=\"rows many\">\n" : "<div class=\"rows\">\n";
  }

  std::string rows(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items) {
    if (items.empty()) return "";
    std::string out;
    heading(title, anchor, out);
    out += rows_begin(items.size());
    for (ItemId i : items) out += row(i);
    return out + "</div>\n";
  }

  std::string members(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items) {
    if (items.empty()) return "";
    std::string out;
    heading(title, anchor, out);
    // Nothing is said of any of them: then they are a short list.
    bool described = std::any_of(items.begin(), items.end(), [&](ItemId id) { return model_.items[id].has_doc; });
    out += described || items.size() < 5 ? "<dl class=\"members\">\n" : "<dl class=\"members short\">\n";
    for (ItemId id : items) {
      const Item& i = model_.items[id];
      out += "<dt id=\"" + escape_html(i.anchor) + "\"><a class=\"self\" href=\"#" + escape_html(i.anchor) +
             "\" aria-label=\"link to " + escape_html(i.name) + "\">#</a><code class=\"jan\">" +
             signature(i.signature) + "</code></dt><dd>";
      if (!i.doc.summary.empty()) out += "<p>" + inline_text(i.doc.summary, &i) + "</p>";
      out += prose(i.doc.body, &i, nullptr, 4, i.anchor + ".");
      out += "</dd>\n";
    }
    return out + "</dl>\n";
  }

  std::string implementors(const std::string& title, const std::string& anchor, const std::vector<Implementor>& list) {
    std::string out;
    heading(title, anchor, out);
    out += "<ul class=\"implementors\">";
    for (const Implementor& i : list) {
      CodeText code = i.type;
      if (i.item != kNone && code.links.empty()) {
        // `[]T` has no name that could be a link: all of it is.
        auto end = static_cast<uint32_t>(std::min(code.text.find_first_of("[( "), code.text.size()));
        if (end == 0) {
          out += "<li><code class=\"jan\">" + link(i.item, escape_html(code.text)) + "</code></li>";
          continue;
        }
        code.links.push_back({0, end, i.item});
      }
      out += "<li><code class=\"jan\">" + signature(code) + "</code>";
      if (i.file != kNone)
        out += " <a class=\"src\" href=\"" + escape_html(c_.at.source[i.file]) + "#L" + std::to_string(i.line) +
               "\">source</a>";
      out += "</li>";
    }
    return out + "</ul>\n";
  }

  std::string item(ItemId id) {
    const Item& i = model_.items[id];
    if (i.kind == ItemKind::Func || i.kind == ItemKind::Method || i.kind == ItemKind::Const ||
        i.kind == ItemKind::TypeAlias)
      toc_.push_back({3, "<code>" + escape_html(i.name) + "</code>", i.anchor});
    Object o = facts(id, 4, i.anchor + ".");
    return item_.render(Value(std::move(o)));
  }

  std::string hero(ItemId id, int level) {
    Object o = facts(id, level, "");
    const Item& i = model_.items[id];
    // A long path may break after its dots.
    std::string name;
    for (char ch : i.name) {
      escape_html_to(name, std::string_view(&ch, 1));
      if (ch == '.') name += "<wbr>";
    }
    o["title"] = name;
    o["has_signature"] = !i.signature.text.empty();
    return hero_.render(Value(std::move(o)));
  }

  static Object chip(std::string css, std::string text, std::string title, std::string href = "") {
    Object o{{"css", std::move(css)}, {"text", std::move(text)}, {"title", std::move(title)}};
    if (!href.empty()) o["href"] = std::move(href);
    return o;
  }

  // All that is said of an item, for item.html and hero.html.
  Object facts(ItemId id, int level, const std::string& prefix) {
    doctests_ = 0;
    const Item& i = model_.items[id];
    Object o{{"name", i.name}, {"anchor", i.anchor}, {"kind", kind_word(i.kind)}, {"css", css_of(i.kind)}};
    o["signature"] = signature(i.signature, id);
    bool has_cid = !i.cid.empty() && !i.shares_cid;
    if (has_cid) o["cid"] = "c-" + short_cid(i.cid);
    o["permalink"] = !has_cid ? i.anchor : "c-" + short_cid(i.cid);
    if (i.file != kNone && i.line) o["source"] = c_.at.source[i.file] + "#L" + std::to_string(i.line);
    if (!i.old_names.empty()) {
      Array old;
      for (const std::string& name : i.old_names) old.push_back(name);
      o["old_names"] = std::move(old);
    }
    Array chips;
    if ((i.kind == ItemKind::Module || i.kind == ItemKind::Func) && !i.profile.empty() && i.profile != "service" &&
        (i.kind == ItemKind::Module))
      chips.push_back(chip("profile", "profile :" + i.profile, "The rules that this module keeps"));
    if (!i.is_pub && i.kind != ItemKind::Module && i.kind != ItemKind::Builtin)
      chips.push_back(chip("", "private", "Only its own file can use it"));
    if (i.effects & kSuspends) chips.push_back(chip("suspends", "may suspend", "Other tasks run while it waits"));
    if (i.effects & kSpawns)
      chips.push_back(chip("spawns", "spawns tasks", "It starts tasks; all of them end before it does"));
    if (i.effects & kRaisesBudget)
      chips.push_back(chip("budget", "raises a budget", "It opens a nursery with a budget of its own"));
    if (i.effects & kBlocks)
      chips.push_back(chip("blocks", "blocks a thread", "It waits on a thread of the blocking pool"));
    if (i.effects & kForeign) chips.push_back(chip("foreign", "foreign code", "Written in another language"));
    for (const Need& n : i.needs)
      chips.push_back(chip("cap", n.capability,
                           n.via.empty() ? "A capability it needs" : "Needed because it calls " + n.via,
                           n.item == kNone ? "" : c_.at.href[n.item]));
    if (!i.since.empty()) chips.push_back(chip("since", "since " + i.since, "The version that brought it"));
    if (!chips.empty()) {
      o["has_chips"] = true;
      o["chips"] = std::move(chips);
    }
    if (i.is_deprecated) { o["deprecated"] = i.deprecated.empty() ? "It may go away." : inline_text(i.deprecated, &i); }
    if (!i.doc.summary.empty()) o["summary"] = inline_text(i.doc.summary, &i);
    if (i.doc.inherited) o["inherited"] = i.of_trait;
    if (!i.impl_head.empty() && i.impl_head.find(" where ") != std::string::npos)
      o["impl_head"] = painter_.paint(i.impl_head);
    std::string body = prose(i.doc.body, &i, nullptr, level, prefix);
    if (!body.empty()) o["body"] = std::move(body);
    tables(i, level, o);
    return o;
  }
  static std::string short_cid(std::string_view cid) {
    if (cid.starts_with("blake3:")) cid.remove_prefix(7);
    return std::string(cid.substr(0, 12));
  }

  // Parameters, result, errors, capabilities, references. What the compiler knows stands even where nobody wrote a
  // word.
  void tables(const Item& i, int level, Object& o) {
    auto tag_text = [&](std::string_view kind, std::string_view name) -> const Tag* {
      for (const Tag& t : i.doc.tags)
        if (t.kind == kind && (name.empty() || t.name == name)) return &t;
      return nullptr;
    };
    Array params;
    for (const Param& p : i.params)
      if (const Tag* t = tag_text("param", p.name)) {
        Object row{{"name", p.name}, {"text", inline_text(t->text, &i)}};
        params.push_back(std::move(row));
      }
    if (!params.empty()) o["has_params"] = true, o["params"] = std::move(params);
    if (const Tag* t = tag_text("returns", "")) o["returns"] = inline_text(t->text, &i);
    failures(i, o);
    Array caps;
    for (const Need& n : i.needs) {
      const Tag* t = tag_text("capability", n.capability);
      if (!t && n.via.empty()) continue;
      Object row{{"name", n.capability},
                 {"text", t ? inline_text(t->text, &i) : "through <code>" + escape_html(n.via) + "</code>"}};
      if (n.item != kNone) row["href"] = c_.at.href[n.item];
      caps.push_back(std::move(row));
    }
    if (!caps.empty()) o["has_caps"] = true, o["caps"] = std::move(caps);
    if (const Tag* t = tag_text("complexity", "")) o["complexity"] = inline_text(t->text, &i);
    if (const Tag* t = tag_text("safety", "")) o["safety"] = inline_text(t->text, &i);
    Array see, examples;
    for (const Tag& t : i.doc.tags) {
      if (t.kind == "see") {
        Object row{{"name", t.name}, {"text", inline_text(t.text, &i)}};
        if (t.item != kNone) row["href"] = c_.at.href[t.item];
        see.push_back(std::move(row));
      } else if (t.kind == "example") {
        examples.push_back(Object{{"title", t.name.empty() ? "Example" : inline_text(t.name, &i)},
                                  {"body", prose(t.text, &i, nullptr, level, i.anchor + ".")}});
      }
    }
    if (!see.empty()) o["has_see"] = true, o["see"] = std::move(see);
    if (!examples.empty()) o["examples"] = std::move(examples);
  }

  // Failures that somebody describes have a row each; the others stand in one paragraph, and where that is every
  // variant of an error, the error stands for them.
  void failures(const Item& i, Object& o) {
    constexpr size_t kFewVariants = 4;
    Array rows;
    std::string rest;
    std::map<ItemId, size_t> of_error;
    auto add_rest = [&](const std::string& html) { rest += (rest.empty() ? "" : " ") + html; };
    auto tag_of = [&](const Failure& f) -> const Tag* {
      for (const Tag& tag : i.doc.tags)
        if (tag.kind == "error" && (tag.name == f.name || f.name.ends_with("." + tag.name))) return &tag;
      return nullptr;
    };
    for (const Failure& f : i.failures)
      if (f.item != kNone && model_.items[f.item].parent != kNone) ++of_error[model_.items[f.item].parent];
    ItemId said = kNone;
    for (const Failure& f : i.failures) {
      if (const Tag* t = tag_of(f)) {
        Object row{{"name", f.name}, {"text", inline_text(t->text, &i)}};
        if (f.item != kNone) row["href"] = c_.at.href[f.item];
        rows.push_back(std::move(row));
        continue;
      }
      ItemId error = f.item == kNone ? kNone : model_.items[f.item].parent;
      size_t variants = 0;
      if (error != kNone)
        for (ItemId child : model_.items[error].children) variants += model_.items[child].kind == ItemKind::Variant;
      if (error != kNone && variants > kFewVariants && of_error[error] == variants) {
        if (said != error)
          add_rest("<span>any " + link(error, "<code>" + escape_html(model_.items[error].name) + "</code>") +
                   "</span>");
        said = error;
        continue;
      }
      add_rest(link(f.item, "<code>" + escape_html(f.name) + "</code>"));
    }
    bool any = !rows.empty() || !rest.empty();
    if (any) o["has_errors"] = true;
    if (!rows.empty()) o["errors"] = std::move(rows);
    if (!rest.empty()) o["errors_rest"] = std::move(rest);
  }

  // ---- around it

  Array guide_list(GuideId open) {
    Array groups;
    std::string group = "\1";
    Array list;
    auto close = [&] {
      if (list.empty()) return;
      Object o{{"title", group_title(group)}};
      bool current = false;
      for (const Value& v : list) current |= v.getAsObject()->getBoolean("current").value_or(false);
      o["open"] = current || model_.guides.size() <= 12;
      o["guides"] = std::move(list);
      groups.push_back(std::move(o));
      list = Array{};
    };
    for (GuideId g = 0; g < model_.guides.size(); ++g) {
      const Guide& guide = model_.guides[g];
      if (guide.is_home) continue;
      if (guide.group != group) close(), group = guide.group;
      list.push_back(Object{{"title", inline_text(guide.title, nullptr, nullptr, false)},
                            {"href", c_.at.guide[g]},
                            {"current", g == open}});
    }
    close();
    return groups;
  }

  Array module_list(ItemId open) {
    Array out;
    ItemId module = open == kNone                                  ? kNone
                    : model_.items[open].kind == ItemKind::Module  ? open
                    : model_.items[open].kind == ItemKind::Builtin ? kNone
                                                                   : model_.items[open].module;
    size_t from = 0, to = model_.modules.size();
    if (to > kMaxTree) {
      size_t at = 0;
      for (size_t i = 0; i < model_.modules.size(); ++i)
        if (model_.modules[i] == module) at = i;
      from = at > kMaxTree / 4 ? at - kMaxTree / 4 : 0;
      to = std::min(model_.modules.size(), from + kMaxTree / 2);
    }
    for (size_t i = from; i < to; ++i) {
      ItemId m = model_.modules[i];
      Object o{{"name", model_.items[m].name}, {"href", c_.at.href[m]}, {"current", m == open}, {"open", m == module}};
      if (m == module) {
        Array types;
        for (ItemId t : c_.types[m])
          types.push_back(Object{{"name", model_.items[t].name},
                                 {"href", c_.at.href[t]},
                                 {"css", css_of(model_.items[t].kind)},
                                 {"current", t == open}});
        if (!types.empty()) o["has_types"] = true;
        o["types"] = std::move(types);
      }
      out.push_back(std::move(o));
    }
    return out;
  }

  std::string page(const std::string& title, const std::string& summary, const std::string& main, ItemId open,
                   Array crumbs, GuideId guide = kNone, bool sidebar_current = true) {
    Object o{{"title", title},
             {"package", model_.name},
             {"janus", model_.janus_version},
             {"main", main},
             {"stamp", c_.style_hash}};
    if (!model_.version.empty()) o["version"] = model_.version;
    o["full_title"] = title.empty() ? model_.name : title + " · " + model_.name;
    o["description"] = markdown_to_text(summary);
    o["is_home"] = title.empty();
    o["wide"] = wide_;
    o["reload"] = c_.options.reload;
    Array groups = guide_list(guide);
    if (!groups.empty()) o["guide_groups"] = std::move(groups);
    ItemId marked = sidebar_current ? open : open;
    Array modules = module_list(marked);
    o["has_modules"] = !modules.empty();
    o["modules"] = std::move(modules);
    o["more_modules"] = model_.modules.size() > kMaxTree;
    o["module_count"] = static_cast<int64_t>(model_.modules.size());
    Array builtins;
    for (ItemId t : c_.builtins)
      builtins.push_back(
          Object{{"name", model_.items[t].name}, {"href", c_.at.href[t]}, {"css", "k-struct"}, {"current", t == open}});
    o["has_builtins"] = !builtins.empty();
    o["builtins"] = std::move(builtins);
    o["has_crumbs"] = !crumbs.empty();
    o["crumbs"] = std::move(crumbs);
    Array toc;
    for (const Toc& t : toc_)
      toc.push_back(Object{{"href", "#" + t.anchor}, {"html", t.html}, {"css", t.level >= 3 ? "deep" : "top"}});
    o["has_toc"] = toc.size() > 1;
    o["toc"] = std::move(toc);
    return page_.render(Value(std::move(o)));
  }

  const Context& c_;
  const Model& model_;
  Template page_, item_, hero_;
  Painter painter_;
  std::vector<Toc> toc_;
  bool wide_ = false;
  int doctests_ = 0;
};

}  // namespace

std::vector<OutFile> write_html(const Model& model, const HtmlOptions& options) {
  Addresses at(model);
  Context context{model, at, options, {}, {}, ""};
  context.types.resize(model.items.size());
  for (ItemId i = 0; i < model.items.size(); ++i) {
    const Item& item = model.items[i];
    if (item.kind == ItemKind::Builtin) context.builtins.push_back(i);
    else if (has_page(item) && item.kind != ItemKind::Module) context.types[item.parent].push_back(i);
  }
  auto by_name = [&](ItemId a, ItemId b) { return model.items[a].name < model.items[b].name; };
  for (auto& list : context.types) std::sort(list.begin(), list.end(), by_name);
  std::sort(context.builtins.begin(), context.builtins.end(), by_name);
  std::string_view style = options.assets("assets/janus.css"), script = options.assets("assets/janus.js");
  context.style_hash = content_hash(std::string(style) + std::string(script)).substr(0, 8);

  // The list of pages first; then each is made on its own.
  struct Job {
    enum Kind { Module, Type, Guide, Source, Home, All, Search, SearchHead } kind;
    uint32_t id;
    std::string path;
  };
  std::vector<Job> jobs;
  std::vector<SearchPart> parts = search_parts(model);
  for (uint32_t n = 0; n < parts.size(); ++n) jobs.push_back({Job::Search, n, parts[n].path});
  jobs.push_back({Job::SearchHead, 0, "search-index.js"});
  jobs.push_back({Job::All, 0, "all.html"});
  jobs.push_back({Job::Home, 0, "index.html"});
  for (ItemId i = 0; i < model.items.size(); ++i) {
    if (!has_page(model.items[i])) continue;
    jobs.push_back({model.items[i].kind == ItemKind::Module ? Job::Module : Job::Type, i, at.page[i]});
  }
  for (GuideId g = 0; g < model.guides.size(); ++g)
    if (!model.guides[g].is_home) jobs.push_back({Job::Guide, g, at.guide[g]});
  for (uint32_t f = 0; f < model.files.size(); ++f) jobs.push_back({Job::Source, f, at.source[f]});

  auto files_of = [&](const Job& job) {
    std::vector<uint32_t> files;
    auto add = [&](uint32_t file) {
      if (file != kNone) files.push_back(file);
    };
    auto add_item = [&](ItemId id) {
      const Item& i = model.items[id];
      add(i.file);
      // A method without a comment has that of its trait.
      if (i.trait_item != kNone) add(model.items[i.trait_item].file);
    };
    switch (job.kind) {
      case Job::Module:
      case Job::Type: {
        const Item& i = model.items[job.id];
        add_item(job.id);
        for (ItemId child : i.children) add_item(child);
        for (const auto* list : {&i.implements, &i.implementors})
          for (const Implementor& one : *list) add(one.file);
        break;
      }
      case Job::Source: add(job.id); break;
      case Job::Home:
        for (uint32_t f = 0; f < model.files.size(); ++f) add(f);
        break;
      case Job::Search:
        for (ItemId id : parts[job.id].items) add_item(id);
        break;
      case Job::Guide:
      case Job::All:
      case Job::SearchHead: break;
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
  };

  std::vector<OutFile> out(jobs.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    PageMaker maker(context);
    for (size_t i = next++; i < jobs.size(); i = next++) {
      const Job& job = jobs[i];
      out[i].path = job.path;
      if (options.wanted && !options.wanted(job.path)) {
        out[i].same = true;
        continue;
      }
      out[i].files = files_of(job);
      switch (job.kind) {
        case Job::Module: out[i].bytes = maker.module_page(job.id); break;
        case Job::Type: out[i].bytes = maker.type_page(job.id); break;
        case Job::Guide: out[i].bytes = maker.guide_page(job.id); break;
        case Job::Source: out[i].bytes = maker.source_page(job.id); break;
        case Job::Home: out[i].bytes = maker.home_page(); break;
        case Job::All: out[i].bytes = maker.all_page(); break;
        case Job::Search: out[i].bytes = write_search_part(model, at, parts[job.id], job.id + 1); break;
        case Job::SearchHead: out[i].bytes = write_search_head(model, parts.size()); break;
      }
    }
  };
  std::vector<std::thread> threads;
  auto wanted = [&](const Job& job) { return !options.wanted || options.wanted(job.path); };
  bool many = std::count_if(jobs.begin(), jobs.end(), wanted) > 8;   // for few pages a thread costs more than it does
  for (unsigned i = 1; i < options.threads && many; ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  out.push_back({"janus.css", std::string(style), false, {}});
  out.push_back({"janus.js", std::string(script), false, {}});
  return out;
}

}   // namespace janus::docgen
