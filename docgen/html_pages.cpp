// html_pages.cpp: whole pages: of modules, types, guides, sources, the first one and all names.
// Depends on html_pages.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "docgen/html_pages.h"
#include "frontend/doc_text.h"

namespace janus::docgen {
namespace {

constexpr size_t kMaxCards = 8;      // guides of a group shown as cards; more are numbered chapters
constexpr size_t kMaxChapters = 48;  // and beyond that a list of titles
constexpr size_t kLinesOfBlock = 100;   // of a source, laid out when they come into view (janus.css knows the number)

// The first sentence is enough for a card, and it ends like one.
std::string card_text(const std::string& summary) {
  std::string text = markdown_to_text(summary);
  if (size_t stop = text.find(". "); stop != std::string::npos && stop > 20) text.resize(stop + 1);
  if (text.ends_with(":")) text.back() = '.';
  return text;
}

}   // namespace

std::string PageMaker::module_page(ItemId id) {
  begin();
  const Item& m = model_.items[id];
  std::string main = hero(id);
  std::vector<ItemId> types, functions, constants, modules;
  auto sort_in = [&](ItemId child) {
    ItemKind kind = model_.items[child].kind;
    if (kind == ItemKind::Module) modules.push_back(child);
    else if (is_type(kind)) types.push_back(child);
    else if (kind == ItemKind::Const) constants.push_back(child);
    else functions.push_back(child);
  };
  for (ItemId child : m.children) sort_in(child);
  // What it hands on stands in the same tables: who imports it need not care where a name was declared.
  for (ItemId other : m.exports) sort_in(other);
  main += submodules(id);
  main += rows("Modules", "modules", modules);
  main += rows("Types", "types", types);
  main += rows("Constants", "constants", constants);
  main += rows("Functions", "functions", functions);
  std::vector<ItemId> shown;
  for (const auto* list : {&types, &constants, &functions})
    for (ItemId i : *list)
      if (model_.items[i].module == id && !has_page(model_.items[i])) shown.push_back(i);
  main += items(shown);
  if (m.children.empty() && m.exports.empty())
    main += "<p class=\"nothing\">This module declares nothing that others can use.</p>\n";
  return page(m.name, m.doc.summary, main, id, Array{});
}

std::string PageMaker::type_page(ItemId id) {
  begin();
  const Item& t = model_.items[id];
  std::string main = hero(id);
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
  std::string own = own_impls(t);
  if (!own.empty() && !group_of.contains("Methods")) groups.push_back({"Methods", {}});
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return (a.first == "Methods") > (b.first == "Methods"); });
  main += members("Fields", "fields", fields);
  main += members("Variants", "variants", variants);
  for (auto [list, title, anchor] : {std::tuple(&t.implements, "Implements", "implements"),
                                     std::tuple(&t.implementors, "Implementors", "implementors")}) {
    if (list->empty()) continue;
    heading(title, anchor, main);
    main += implementors(*list, anchor);
  }
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
    if (name == "Methods") main += own;
    main += items(list);
  }
  Array crumbs;
  if (t.parent != kNone)
    crumbs.push_back(Object{{"href", c_.at.href[t.parent]}, {"name", model_.items[t.parent].name}});
  return page(t.name, t.doc.summary, main, id, std::move(crumbs));
}

std::string PageMaker::guide_page(GuideId id) {
  begin();
  const Guide& g = model_.guides[id];
  std::string body = prose(g.markdown, nullptr, &g, 2, "");
  std::string main = "<header class=\"hero\">";
  if (!g.group.empty())
    for (const GuideGroup& group : c_.guide_groups)
      if (group.name == g.group && std::binary_search(group.guides.begin(), group.guides.end(), id))
        main += "<p class=\"eyebrow\">" + escape_html(group.title) + "</p>";
  main +=
      "<h1>" + inline_text(g.title, nullptr, &g) + "</h1></header>\n<div class=\"prose guide\">" + body + "</div>\n";
  // The pages before and after, for those who read on.
  auto near = [&](size_t other, const char* css, const char* word) {
    return "<a class=\"" + std::string(css) + "\" href=\"" + escape_html(c_.at.guide[other]) +
           "\"><span class=\"eyebrow\">" + word + "</span>" + c_.guide_titles[other] + "</a>";
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

// The guides by their folders: few as cards, more as chapters, and very many as titles.
std::string PageMaker::home_guides() {
  std::string out;
  for (const GuideGroup& group : c_.guide_groups) {
    bool cards = group.guides.size() <= kMaxCards, chapters = !cards && group.guides.size() <= kMaxChapters;
    heading(group.title, "guides-" + slug(group.name), out);
    out += cards ? "<ul class=\"cards\">" : chapters ? "<ol class=\"chapters\">" : "<ul class=\"names titles\">";
    for (GuideId g : group.guides) {
      const std::string& title = c_.guide_titles[g];
      std::string summary = cards || chapters ? card_text(model_.guides[g].summary) : "";
      out += "<li><a href=\"" + escape_html(c_.at.guide[g]) + "\">";
      out += cards || chapters ? "<strong>" + title + "</strong>" : title;
      if (!summary.empty()) out += "<span>" + escape_html(summary) + "</span>";
      out += "</a></li>\n";
    }
    out += chapters ? "</ol>\n" : "</ul>\n";
  }
  return out;
}

std::string PageMaker::home_page() {
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
  main += home_guides();
  main += home_modules();
  main += rows("Built-in types", "builtin-types", c_.builtins);
  return page("", home ? home->summary : model_.summary, main, kNone, Array{}, home_id);
}

// Every item by name: the search of those without scripts. Very many stand on several pages, and here is where which.
std::string PageMaker::all_page() {
  begin();
  if (c_.at.names.empty()) return names_list("All names", 0, c_.by_name().size());
  std::string main = "<header class=\"hero\"><h1>All names</h1><p class=\"lead\">" +
                     std::to_string(c_.by_name().size()) + " names, in the order of the alphabet.</p></header>\n";
  main += "<ol class=\"parts\">\n";
  for (size_t n = 0; n < c_.at.names.size(); ++n) {
    const Item& first = model_.items[c_.by_name()[c_.at.names_from[n]]];
    const Item& last = model_.items[c_.by_name()[c_.at.names_from[n + 1] - 1]];
    main += "<li><a href=\"" + c_.at.names[n] + "\"><code>" + escape_html(first.name) + "</code> to <code>" +
            escape_html(last.name) + "</code></a> <span>" +
            std::to_string(c_.at.names_from[n + 1] - c_.at.names_from[n]) + "</span></li>\n";
  }
  main += "</ol>\n";
  return page("All names", "", main, kNone, Array{});
}

std::string PageMaker::names_page(size_t part) {
  begin();
  size_t from = c_.at.names_from[part], to = c_.at.names_from[part + 1];
  return names_list(
      "Names from " + model_.items[c_.by_name()[from]].name + " to " + model_.items[c_.by_name()[to - 1]].name, from,
      to);
}

std::string PageMaker::names_list(const std::string& title, size_t from, size_t to) {
  bool part = to - from < c_.by_name().size();
  std::string main = "<header class=\"hero\"><h1>" + std::string(part ? "Names" : "All names") + "</h1></header>\n";
  char letter = 0;
  for (size_t at = from; at < to; ++at) {
    ItemId i = c_.by_name()[at];
    const Item& item = model_.items[i];
    if (char first = letter_of_name(item); first != letter) {
      if (letter) main += "</ul>\n";
      letter = first;
      heading(std::string(1, letter),
              letter == '#' ? "symbols" : std::string("letter-") + static_cast<char>(letter + 32), main);
      main += "<ul class=\"names\">";
    }
    main += "<li><a href=\"" + escape_html(c_.at.href[i]) + "\"><code>" + escape_html(item.name) +
            "</code></a> <span>" + kind_word(item.kind);
    if (item.parent != kNone) main += " of " + escape_html(model_.items[item.parent].path);
    main += "</span></li>\n";
  }
  if (letter) main += "</ul>\n";
  Array crumbs;
  if (part) crumbs.push_back(Object{{"href", "all.html"}, {"name", "All names"}});
  return page(title, "", main, kNone, std::move(crumbs));
}

std::string PageMaker::source_page(uint32_t id) {
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
    if (i % kLinesOfBlock == 0 && i) main += "</span>";
    if (i % kLinesOfBlock == 0) main += i + kLinesOfBlock <= lines.size() ? "<span class=\"block\">" : "<span>";
    main += "<span class=\"line\" id=\"L" + n + "\"><a class=\"no\" href=\"#L" + n + "\" aria-label=\"line " + n +
            "\">" + n + "</a>" + lines[i] + "\n</span>";
  }
  if (!lines.empty()) main += "</span>";
  main += "</code></pre></div>\n";
  Array crumbs;
  crumbs.push_back(Object{{"href", c_.at.href[f.module]}, {"name", model_.items[f.module].name}});
  wide_ = true;
  return page("Source of " + model_.items[f.module].name, "", main, f.module, std::move(crumbs));
}

void PageMaker::begin() {
  toc_.clear();
  doctests_ = 0;
  wide_ = false;
}

void PageMaker::heading(const std::string& text, const std::string& anchor, std::string& out) {
  toc_.push_back({2, escape_html(text), anchor});
  out += "<h2 id=\"" + escape_html(anchor) + "\">" + escape_html(text) + " <a class=\"hash\" href=\"#" +
         escape_html(anchor) + "\" aria-label=\"link to this section\">#</a></h2>\n";
}

}   // namespace janus::docgen
