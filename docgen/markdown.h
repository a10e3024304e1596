// markdown.h: Markdown (GFM) to HTML in which nothing can run: no tags of the author's, no links but harmless ones.
// Depends on the standard library; markdown.cpp is the door to cmark-gfm.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace janus::docgen {

struct HeadingOut {
  int level;
  std::string html, anchor;
};

struct MarkdownHooks {
  int heading_top = 0;   // what the highest headings of the text become, the others follow; 0: as they are
  std::string anchor_prefix;   // of headings, so that two texts of a page do not collide
  // The address of `[name]` or [text](address); "" when it leads nowhere: the text is shown without a link.
  std::function<std::string(std::string_view target, bool inline_link)> href;
  // Whether `href` of this target is a picture that the page may show; else a picture is a link.
  std::function<bool(std::string_view target)> is_picture;
  // A whole code block, as HTML. `ordinal` counts the blocks of this text.
  std::function<std::string(std::string_view code, std::string_view info, int ordinal)> code;
  std::vector<HeadingOut>* headings = nullptr;
};
std::string markdown_to_html(std::string_view markdown, const MarkdownHooks& hooks);
// One paragraph without its <p>: for summaries and table cells.
std::string markdown_inline(std::string_view markdown, const MarkdownHooks& hooks);
// The words alone, for the search index and for outputs that know no Markdown.
std::string markdown_to_text(std::string_view markdown);

std::string escape_html(std::string_view text);
void escape_html_to(std::string& out, std::string_view text);

}   // namespace janus::docgen
