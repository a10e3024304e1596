// html_prose.cpp: what authors wrote, as HTML: Markdown, its links, and code in colours.
// Depends on html_pages.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "docgen/html_pages.h"

namespace janus::docgen {
namespace {

const DocLink* find_link(const std::vector<DocLink>& links, std::string_view target) {
  auto it = std::lower_bound(links.begin(), links.end(), target,
                             [](const DocLink& a, std::string_view t) { return a.target < t; });
  return it != links.end() && it->target == target ? &*it : nullptr;
}

}  // namespace

MarkdownHooks PageMaker::hooks(const std::vector<DocLink>* links) {
  MarkdownHooks h;
  h.href = [this, links](std::string_view target, bool) -> std::string {
    const DocLink* link = links ? find_link(*links, target) : nullptr;
    if (!link) return "";
    if (link->item != kNone) return c_.at.href[link->item];
    if (link->picture != kNone) return c_.at.picture[link->picture];
    if (link->guide == kNone) return "";
    size_t hash = target.find('#');
    return c_.at.guide[link->guide] + (hash == std::string_view::npos ? "" : std::string(target.substr(hash)));
  };
  h.is_picture = [links](std::string_view target) {
    const DocLink* link = links ? find_link(*links, target) : nullptr;
    return link && link->picture != kNone;
  };
  return h;
}

std::string PageMaker::prose(std::string_view markdown, const Item* item, const Guide* guide, int level,
                             const std::string& prefix) {
  if (markdown.empty()) return "";
  MarkdownHooks h = hooks(item ? &item->doc.links : guide ? &guide->links : nullptr);
  h.heading_top = level;
  h.anchor_prefix = prefix;
  std::vector<HeadingOut> headings;
  h.headings = &headings;
  const std::vector<ExampleState>* states = item ? &item->examples : guide ? &guide->examples : nullptr;
  h.code = [this, states](std::string_view code, std::string_view info, int) { return code_block(code, info, states); };
  std::string html = markdown_to_html(markdown, h);
  for (HeadingOut& out : headings)
    if (out.level <= 3 && (guide || level == 2)) toc_.push_back({out.level, strip_links(out.html), out.anchor});
  return html;
}

std::string PageMaker::inline_text(std::string_view markdown, const Item* item, const Guide* guide) {
  return markdown_inline(markdown, hooks(item ? &item->doc.links : guide ? &guide->links : nullptr));
}

std::string unlinked_text(std::string_view markdown) { return strip_links(markdown_inline(markdown, {})); }

std::string strip_links(const std::string& html) {
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
std::string PageMaker::code_block(std::string_view code, std::string_view info,
                                  const std::vector<ExampleState>* states) {
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
  if (states)
    for (const ExampleState& e : *states)
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

std::string PageMaker::signature(const CodeText& code, ItemId self) {
  std::vector<Painter::Link> links;
  for (const NameLink& l : code.links)
    if (l.item != self) links.push_back({l.lo, l.hi, c_.at.href[l.item]});
  return painter_.paint(code.text, links);
}

std::string PageMaker::link(ItemId id, const std::string& html) {
  return id == kNone ? html : "<a href=\"" + escape_html(c_.at.href[id]) + "\">" + html + "</a>";
}

}  // namespace janus::docgen
