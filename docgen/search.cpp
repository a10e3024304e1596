// search.cpp: the search index: columns of text, one line a row, that the script splits and scans.
// Depends on writer.h, markdown.h, frontend/json_text.h.
// SPDX-License-Identifier: Apache-2.0
//
// A script tag loads it, because pages opened from a disk may not fetch. Nothing is built in the browser: scanning a
// few megabytes of text takes milliseconds, building an index takes seconds.
#include <algorithm>

#include "docgen/markdown.h"
#include "docgen/writer.h"
#include "frontend/doc_text.h"
#include "frontend/json_text.h"

namespace janus::docgen {
namespace {

constexpr size_t kMaxBody = 1500;  // bytes of text that are searched per row
constexpr size_t kPartRows = 1000;  // of one part of the index, and what the last module of it has beyond
constexpr size_t kLargeModule = 2 * kPartRows;   // a module with more has several parts

std::string one_line(std::string text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}
std::string cut(std::string text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (text[most] & 0xc0) == 0x80) --most;
  text.resize(most);
  return text;
}

// Text without its code blocks and markup: quick and rough, because it is only looked into.
std::string words_of(std::string_view markdown) {
  std::string out;
  bool space = true;
  for (char c : markdown) {
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                (c & 0x80);
    if (word) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    else if (!space) out += ' ';
    space = !word;
  }
  return out;
}

struct Rows {
  std::string names, owners, kinds, hrefs, signatures, summaries, bodies;
  void add(std::string_view name, std::string_view owner, char kind, std::string_view href, std::string signature,
           std::string summary, std::string body) {
    names += name, names += '\n';
    owners += owner, owners += '\n';
    kinds += kind;
    hrefs += href, hrefs += '\n';
    signatures += one_line(std::move(signature)), signatures += '\n';
    summaries += cut(one_line(std::move(summary)), 160), summaries += '\n';
    bodies += cut(one_line(std::move(body)), kMaxBody), bodies += '\n';
  }
};

}  // namespace

std::vector<SearchPart> search_parts(const Model& model) {
  // By module, and a module is in one part unless it is large: what changes its comments changes one part.
  std::vector<std::vector<ItemId>> of_module(model.items.size() + 1);
  for (ItemId i = 0; i < model.items.size(); ++i)
    of_module[model.items[i].module == kNone ? model.items.size() : model.items[i].module].push_back(i);
  std::vector<SearchPart> parts;
  for (ItemId m : model.modules) {
    const std::vector<ItemId>& of = of_module[m];
    size_t step = of.size() > kLargeModule ? kPartRows : of.size();
    for (size_t at = 0; at < of.size(); at += step) {
      if (parts.empty() || parts.back().items.size() >= kPartRows) parts.emplace_back();
      auto from = of.begin() + static_cast<ptrdiff_t>(at),
           to = of.begin() + static_cast<ptrdiff_t>(std::min(of.size(), at + step));
      parts.back().items.insert(parts.back().items.end(), from, to);
    }
  }
  if (parts.empty() || parts.back().items.size() >= kPartRows) parts.emplace_back();
  SearchPart& last = parts.back();
  last.items.insert(last.items.end(), of_module.back().begin(), of_module.back().end());
  last.guides = true;
  for (size_t n = 0; n < parts.size(); ++n) parts[n].path = "search-" + std::to_string(n + 1) + ".js";
  return parts;
}

std::string write_search_head(const Model& model, size_t parts) {
  JsonText json;
  json.object().field("version", 2).field("parts", parts).field("items", model.items.size()).close();
  return "window.janusSearch && janusSearch(" + json.take() + ");\n";
}

std::string write_search_part(const Model& model, const Addresses& at, const SearchPart& part, size_t number) {
  Rows rows;
  constexpr char kLetters[] = "mbsertkacfdlv";   // by ItemKind; g: a guide, h: a section of one
  for (ItemId i : part.items) {
    const Item& item = model.items[i];
    std::string owner = item.home != kNone                                  ? model.items[item.home].name
                        : item.parent == kNone                              ? ""
                        : model.items[item.parent].kind == ItemKind::Module ? model.items[item.parent].name
                                                                            : model.items[item.parent].path;
    std::string body = words_of(item.doc.body);
    for (const Tag& t : item.doc.tags) body += " " + t.name + " " + words_of(t.text);
    for (const Failure& f : item.failures) body += " " + words_of(f.name);
    for (const Need& n : item.needs) body += " " + words_of(n.capability);
    std::string signature = item.kind == ItemKind::Func || item.kind == ItemKind::Method ||
                                    item.kind == ItemKind::Const || item.kind == ItemKind::TypeAlias ||
                                    item.kind == ItemKind::Field || item.kind == ItemKind::Variant
                                ? item.signature.text
                                : "";
    char kind = kLetters[static_cast<int>(item.kind)];
    if (item.is_deprecated) kind = static_cast<char>(kind - 32);
    rows.add(item.name, owner, kind, at.href[i], std::move(signature), markdown_to_text(item.doc.summary),
             std::move(body));
  }
  for (GuideId g = 0; g < model.guides.size() && part.guides; ++g) {
    const Guide& guide = model.guides[g];
    ParsedDoc parsed = parse_guide(whole_page(guide.markdown, 0));
    // A row for the guide, and one for each of its sections.
    rows.add(guide.title, guide.group, 'g', at.guide[g], "", markdown_to_text(guide.summary),
             parsed.headings.empty() ? words_of(guide.markdown) : "");
    size_t from = 0;
    for (size_t h = 0; h < parsed.headings.size(); ++h) {
      size_t lo = guide.markdown.find(parsed.headings[h].text, from);
      if (lo == std::string::npos) break;
      lo += parsed.headings[h].text.size();
      size_t hi =
          h + 1 < parsed.headings.size() ? guide.markdown.find(parsed.headings[h + 1].text, lo) : guide.markdown.size();
      if (hi == std::string::npos) hi = guide.markdown.size();
      rows.add(markdown_to_text(parsed.headings[h].text), guide.title, 'h',
               at.guide[g] + "#" + slug(markdown_to_text(parsed.headings[h].text)), "", "",
               words_of(std::string_view(guide.markdown).substr(lo, hi - lo)));
      from = lo;
    }
  }
  JsonText json;
  json.object()
      .field("part", number)
      .field("names", rows.names)
      .field("owners", rows.owners)
      .field("kinds", rows.kinds)
      .field("hrefs", rows.hrefs)
      .field("signatures", rows.signatures)
      .field("summaries", rows.summaries)
      .field("bodies", rows.bodies)
      .close();
  return "window.janusSearchPart && janusSearchPart(" + json.take() + ");\n";
}

}  // namespace janus::docgen
