// html_frame.cpp: what stands around every page: the bar, the sidebar, "On this page".
// Depends on html_pages.h, frontend/content_hash.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "docgen/html_pages.h"
#include "frontend/content_hash.h"

namespace janus::docgen {
namespace {

constexpr size_t kFewGuides = 12;   // then all groups are open
constexpr size_t kManyEntries = 150;   // of "On this page": a browser lays them out as they come into view

std::string group_title(std::string_view group) {
  if (group.empty() || group == "docs" || group == "guides") return "Guides";
  std::string title(group);
  std::replace_if(title.begin(), title.end(), [](char c) { return c == '-' || c == '_'; }, ' ');
  if (title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 32);
  return title;
}

}  // namespace

Context::Context(const Model& model_, const Addresses& at_, const HtmlOptions& options_)
    : model(model_), at(at_), options(options_), modules(model_) {
  types.resize(model.items.size());
  for (ItemId i = 0; i < model.items.size(); ++i) {
    const Item& item = model.items[i];
    if (item.kind == ItemKind::Builtin) builtins.push_back(i);
    else if (has_page(item) && item.kind != ItemKind::Module) types[item.parent].push_back(i);
    for (ItemId other : item.exports)
      if (has_page(model.items[other])) types[i].push_back(other);
  }
  auto by_name = [&](ItemId a, ItemId b) { return model.items[a].name < model.items[b].name; };
  for (auto& list : types) std::sort(list.begin(), list.end(), by_name);
  std::sort(builtins.begin(), builtins.end(), by_name);
  for (GuideId g = 0; g < model.guides.size(); ++g) {
    const Guide& guide = model.guides[g];
    guide_titles.push_back(unlinked_text(guide.title));
    if (guide.is_home) continue;
    if (guide_groups.empty() || guide_groups.back().name != guide.group)
      guide_groups.push_back({guide.group, group_title(guide.group), {}});
    guide_groups.back().guides.push_back(g);
  }
  std::string assets;
  for (const char* name : kAssets) assets += options.assets(std::string("assets/") + name);
  style_hash = content_hash(assets).substr(0, 8);
}

std::pair<size_t, size_t> near_entries(size_t count, size_t at) {
  if (count <= kMaxTree) return {0, count};
  size_t from = at > kMaxTree / 4 ? at - kMaxTree / 4 : 0;
  return {from, std::min(count, from + kMaxTree / 2)};
}

Array PageMaker::guide_list(GuideId open) {
  Array groups;
  for (const GuideGroup& group : c_.guide_groups) {
    const std::vector<GuideId>& all = group.guides;
    size_t at = static_cast<size_t>(std::lower_bound(all.begin(), all.end(), open) - all.begin());
    bool current = at < all.size() && all[at] == open;
    auto [from, to] = near_entries(all.size(), current ? at : 0);
    Array list;
    for (size_t i = from; i < to; ++i)
      list.push_back(
          Object{{"title", c_.guide_titles[all[i]]}, {"href", c_.at.guide[all[i]]}, {"current", all[i] == open}});
    Object o{
        {"title", group.title}, {"open", current || model_.guides.size() <= kFewGuides}, {"guides", std::move(list)}};
    if (to - from < all.size()) o["more"] = static_cast<int64_t>(all.size());
    groups.push_back(std::move(o));
  }
  return groups;
}

std::string PageMaker::page(const std::string& title, const std::string& summary, const std::string& main, ItemId open,
                            Array crumbs, GuideId guide) {
  Object o{{"package", model_.name},
           {"janus", model_.janus_version},
           {"main", main},
           {"stamp", c_.style_hash},
           {"full_title", title.empty() ? model_.name : title + " · " + model_.name},
           {"description", markdown_to_text(summary)},
           {"wide", wide_},
           {"reload", c_.options.reload},
           {"guide_groups", guide_list(guide)}};
  if (!model_.version.empty()) o["version"] = model_.version;
  if (!model_.modules.empty()) o["modules"] = module_tree(open);
  Array builtins;
  for (ItemId t : c_.builtins)
    builtins.push_back(Object{{"name", model_.items[t].name},
                              {"href", c_.at.href[t]},
                              {"css", css_of(ItemKind::Builtin)},
                              {"current", t == open}});
  o["has_builtins"] = !builtins.empty();
  o["builtins"] = std::move(builtins);
  o["has_crumbs"] = !crumbs.empty();
  o["crumbs"] = std::move(crumbs);
  Array toc;
  for (const Toc& t : toc_)
    toc.push_back(Object{{"href", "#" + t.anchor}, {"html", t.html}, {"css", t.level >= 3 ? "deep" : "top"}});
  o["has_toc"] = toc.size() > 1;
  o["many_toc"] = toc.size() > kManyEntries;
  o["toc"] = std::move(toc);
  return page_.render(Value(std::move(o)));
}

}  // namespace janus::docgen
