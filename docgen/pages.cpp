// pages.cpp: which page and anchor each item, guide and source file has.
// Depends on writer.h.
// SPDX-License-Identifier: Apache-2.0
//
// One folder without subfolders, so that links are plain names. A module's path has no `-`, so the prefixes cannot
// collide with it. Modules and types have pages of their own; functions, constants and members are anchors there:
// fewer, larger files load and search faster, and a module reads from top to bottom.
#include <set>

#include "docgen/writer.h"

namespace janus::docgen {

bool has_page(const Item& item) { return item.kind <= ItemKind::TypeAlias && item.kind != ItemKind::TypeAlias; }

Addresses::Addresses(const Model& model) {
  std::set<std::string> taken = {"index.html", "all.html"};
  auto unique = [&](std::string name) {
    // Some file systems take `Shape` and `shape` for the same.
    auto lower = [](std::string s) {
      for (char& c : s)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      return s;
    };
    std::string page = name + ".html";
    for (int n = 2; !taken.insert(lower(page)).second; ++n) page = name + "-" + std::to_string(n) + ".html";
    return page;
  };
  page.resize(model.items.size());
  href.resize(model.items.size());
  auto safe = [](std::string_view text) {
    std::string out;
    for (char c : text) {
      bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                c == '-' || (c & 0x80);
      out += ok ? c : '_';
    }
    while (out.starts_with(".")) out.erase(0, 1);
    return out;
  };
  for (ItemId i = 0; i < model.items.size(); ++i) {
    const Item& item = model.items[i];
    if (item.kind == ItemKind::Module) page[i] = unique(safe(item.name));
    else if (item.kind == ItemKind::Builtin) page[i] = unique("type-" + safe(item.name));
    else if (has_page(item)) page[i] = unique(safe(model.items[item.parent].name) + "-" + safe(item.name));
    else page[i] = page[item.parent];
    href[i] = has_page(item) ? page[i] : page[i] + "#" + item.anchor;
  }
  for (const Guide& g : model.guides) guide.push_back(g.is_home ? "index.html" : unique("guide-" + safe(g.name)));
  for (const File& f : model.files) source.push_back(unique("source-" + safe(model.items[f.module].name)));
}

}  // namespace janus::docgen
