// writer.h: the printers: each takes the model and gives files; none knows of another.
// Depends on model.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "docgen/model.h"

namespace janus::docgen {

struct OutFile {
  std::string path;    // within the output folder
  std::string bytes;
  bool same = false;   // not made, because HtmlOptions::wanted said no: `bytes` is empty
  // Model::files whose texts it shows. Everything else that it shows is the same for the same program without comments.
  std::vector<uint32_t> files = {};
};
// A file of site/: "templates/page.html", "assets/janus.css"; empty when there is none.
using Assets = std::function<std::string_view(std::string_view name)>;

struct HtmlOptions {
  Assets assets;
  bool reload = false;   // --serve: pages ask for a new version of themselves
  unsigned threads = 2;
  std::function<bool(std::string_view path)> wanted;   // a file of which it says no is not made; unset: all are
};
// html.cpp. `model` must outlive it.
class HtmlSite {
 public:
  HtmlSite(const Model& model, HtmlOptions options);
  ~HtmlSite();
  std::vector<OutFile> make_all();
  bool make(const std::string& path, std::string& bytes);   // one file, when it is asked for; false: there is none

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};
std::string write_json(const Model& model);   // RFC 8785
std::vector<OutFile> write_markdown(const Model& model);   // one file a module
std::string write_utcp(const Model& model, std::string_view folder);   // UTCP 1.0 manual; folder: where imports start

// pages.cpp: where an item is found: "std.list.html#sum". The same for every printer that links pages.
struct Addresses {
  explicit Addresses(const Model& model);
  std::vector<size_t> names_from;   // where each part of "All names" begins, and their end; empty: one page has all
  std::vector<std::string> names;   // the parts' pages
  std::vector<std::string> page;   // of each item: its own page, or that of its parent
  std::vector<std::string> href;   // page and anchor
  std::vector<std::string> guide;   // of each guide
  std::vector<std::string> source;   // of each file
  std::vector<std::string> picture;   // of each picture
};
char letter_of_name(const Item& item);   // under which it stands in "All names": 'A' to 'Z', or '#'
std::vector<ItemId> ordered_by_name(const Model& model);   // all items, as "All names" shows them
bool has_page(const Item& item);   // modules and types; all else is an anchor on their page

// search.cpp: the index that the pages' script reads: a head, and parts of about a thousand rows, so that a change
// touches one of them and a browser is never busy for long.
struct SearchPart {
  std::string path;
  std::vector<ItemId> items;
  bool guides = false;   // the last one: the guides, and types that no module declares
};
std::vector<SearchPart> search_parts(const Model& model);
std::string write_search_head(const Model& model, size_t parts);
std::string write_search_part(const Model& model, const Addresses& at, const SearchPart& part, size_t number);

}   // namespace janus::docgen
