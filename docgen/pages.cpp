// pages.cpp: which page and anchor each item, guide and source file has.
// Depends on writer.h.
// SPDX-License-Identifier: Apache-2.0
//
// One folder without subfolders, so that links are plain names. A module's path has no `-`, so the prefixes cannot
// collide with it. Modules and types have pages of their own; functions, constants and members are anchors there:
// fewer, larger files load and search faster, and a module reads from top to bottom.
#include <algorithm>
#include <set>

#include "docgen/writer.h"

namespace janus::docgen {

constexpr size_t kNamesOfPage = 1500;

bool has_page(const Item& item) { return item.kind <= ItemKind::TypeAlias && item.kind != ItemKind::TypeAlias; }

namespace {

// The letter under which a name stands: 'A' to 'Z', or '#'.
char letter_of(std::string_view name) {
  char c = name.empty() ? '#' : name[0];
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return c >= 'A' && c <= 'Z' ? c : '#';
}
std::string in_lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return s;
}

// A browser lays out a thousand names at once, and not a hundred thousand. Parts end with a letter where they can.
std::vector<size_t> parts_of_names(const Model& model) {
  if (model.items.size() <= kNamesOfPage) return {};
  size_t count[256] = {};
  for (const Item& item : model.items) ++count[static_cast<uint8_t>(letter_of(item.name))];
  std::vector<size_t> from = {0};
  size_t end = 0;   // of the letters looked at
  for (size_t of_letter : count) {
    size_t at = end;
    end += of_letter;
    if (end - from.back() > kNamesOfPage && at > from.back()) from.push_back(at);
    while (end - from.back() > kNamesOfPage) from.push_back(from.back() + kNamesOfPage);
  }
  if (from.back() != end) from.push_back(end);
  return from;
}

}  // namespace

char letter_of_name(const Item& item) { return letter_of(item.name); }

std::vector<ItemId> ordered_by_name(const Model& model) {
  // What begins with no letter comes first, as `#` does.
  std::vector<std::string> keys;
  std::vector<ItemId> order;
  for (ItemId i = 0; i < model.items.size(); ++i) {
    const std::string& name = model.items[i].name;
    keys.push_back((letter_of(name) == '#' ? "\1" : "") + in_lower(name));
    order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](ItemId a, ItemId b) {
    return keys[a] != keys[b] ? keys[a] < keys[b] : model.items[a].path < model.items[b].path;
  });
  return order;
}

Addresses::Addresses(const Model& model) : names_from(parts_of_names(model)) {
  std::set<std::string> taken = {"index.html", "all.html"};
  for (size_t n = 1; n < names_from.size(); ++n) {
    names.push_back("names-" + std::to_string(n) + ".html");
    taken.insert(names.back());
  }
  auto unique = [&](const std::string& name, const std::string& ending = ".html") {
    // Some file systems take `Shape` and `shape` for the same.
    std::string page = name + ending;
    for (int n = 2; !taken.insert(in_lower(page)).second; ++n) page = name + "-" + std::to_string(n) + ending;
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
  for (const Picture& p : model.pictures) {
    size_t slash = p.path.rfind('/');
    std::string name = safe(std::string_view(p.path).substr(slash == std::string::npos ? 0 : slash + 1));
    size_t dot = name.rfind('.');
    picture.push_back(unique("picture-" + name.substr(0, dot), name.substr(std::min(dot, name.size()))));
  }
  for (const File& f : model.files) source.push_back(unique("source-" + safe(model.items[f.module].name)));
}

}  // namespace janus::docgen
