// html_frame.cpp: what stands around every page: the bar, the sidebar, "On this page".
// Depends on html_pages.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "docgen/html_pages.h"

namespace janus::docgen {
namespace {

constexpr size_t kMaxTree = 150;  // modules in the sidebar; beyond that those near the open one

}  // namespace

Array PageMaker::guide_list(GuideId open) {
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

Array PageMaker::module_list(ItemId open) {
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

std::string PageMaker::page(const std::string& title, const std::string& summary, const std::string& main, ItemId open,
                            Array crumbs, GuideId guide, bool sidebar_current) {
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

}  // namespace janus::docgen
