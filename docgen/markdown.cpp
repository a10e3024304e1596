// markdown.cpp: the cmark-gfm door: parses GFM, and writes HTML of our own making from the tree.
// Depends on markdown.h, frontend/doc_text.h (is_safe_url, is_name_path, slug), cmark-gfm.
// SPDX-License-Identifier: Apache-2.0
//
// cmark's own printer is not used: ours writes a closed list of elements, so what an author writes can never become
// markup. HTML in the text is shown as text. Pictures that lie beside the text are shown; others become links, because
// pages load nothing from elsewhere.
#include "docgen/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "frontend/doc_text.h"

namespace janus::docgen {

void escape_html_to(std::string& out, std::string_view text) {
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char* entity = nullptr;
    switch (text[i]) {
      case '&': entity = "&amp;"; break;
      case '<': entity = "&lt;"; break;
      case '>': entity = "&gt;"; break;
      case '"': entity = "&quot;"; break;
      case '\'': entity = "&#39;"; break;
      default: continue;
    }
    out.append(text, from, i - from);
    out += entity;
    from = i + 1;
  }
  out.append(text, from, text.size() - from);
}
std::string escape_html(std::string_view text) {
  std::string out;
  escape_html_to(out, text);
  return out;
}

namespace {

constexpr size_t kNoPicture = static_cast<size_t>(-1);
constexpr int kMaxDepth = 24;  // of quotes and lists; deeper ones are shown flat

std::string_view literal(cmark_node* node) {
  const char* text = cmark_node_get_literal(node);
  return text ? text : "";
}

// cmark takes the square of the number of open brackets of a paragraph. A paragraph with thousands of them is no text:
// there they lose their meaning.
constexpr size_t kMaxBrackets = 1000;
std::string without_bracket_floods(std::string_view markdown) {
  std::string out;
  bool fence = false;
  size_t block = 0, brackets = 0, at = 0;
  auto flush = [&](size_t end) {
    for (char c : markdown.substr(block, end - block)) {
      if (c == '[' && brackets > kMaxBrackets) out += '\\';
      out += c;
    }
    block = end;
    brackets = 0;
  };
  while (at < markdown.size()) {
    size_t end = std::min(markdown.find('\n', at), markdown.size());
    std::string_view line = markdown.substr(at, end - at);
    size_t text = line.find_first_not_of(" \t");
    std::string_view rest = text == std::string_view::npos ? std::string_view() : line.substr(text);
    bool mark = rest.starts_with("```") || rest.starts_with("~~~");
    if (rest.empty() || mark) flush(at);
    if (mark) fence = !fence;
    if (!fence) brackets += static_cast<size_t>(std::count(rest.begin(), rest.end(), '['));
    at = std::min(end + 1, markdown.size());
  }
  flush(markdown.size());
  return out;
}

// Looking for bare addresses also takes the square of what looks like one: a text with thousands has none.
constexpr size_t kMaxAddresses = 1000;
bool floods_with_addresses(std::string_view markdown) {
  size_t found = 0;
  for (size_t at = 0; (at = markdown.find_first_of("@:w", at)) != std::string_view::npos; ++at)
    found += markdown[at] == '@' || markdown.substr(at, 3) == "://" || markdown.substr(at, 4) == "www.";
  return found > kMaxAddresses;
}

cmark_node* parse(std::string_view markdown) {
  std::string calm;
  if (std::count(markdown.begin(), markdown.end(), '[') > static_cast<std::ptrdiff_t>(kMaxBrackets))
    markdown = calm = without_bracket_floods(markdown);
  static std::once_flag once;
  std::call_once(once, cmark_gfm_core_extensions_ensure_registered);
  cmark_parser* parser =
      cmark_parser_new(CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE | CMARK_OPT_FOOTNOTES);
  for (const char* name : {"table", "strikethrough", "tasklist"})
    cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name));
  if (!floods_with_addresses(markdown))
    cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("autolink"));
  cmark_parser_feed(parser, markdown.data(), markdown.size());
  cmark_node* root = cmark_parser_finish(parser);
  cmark_parser_free(parser);
  cmark_consolidate_text_nodes(root);
  return root;
}

class Writer {
 public:
  explicit Writer(const MarkdownHooks& hooks) : hooks_(hooks) {}

  std::string run(cmark_node* root) {
    find_code_links(root);
    if (hooks_.heading_top) heading_shift_ = hooks_.heading_top - highest_heading(root);
    cmark_iter* iter = cmark_iter_new(root);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
      cmark_node* node = cmark_iter_get_node(iter);
      if (event == CMARK_EVENT_ENTER) enter(node);
      else leave(node);
    }
    cmark_iter_free(iter);
    return std::move(out_);
  }
  bool inline_only = false;

 private:
  // Headings of quotations and lists count too: they become elements like the others. 6 when there are none.
  static int highest_heading(cmark_node* root) {
    int level = 6;
    cmark_iter* iter = cmark_iter_new(root);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;)
      if (cmark_node* node = cmark_iter_get_node(iter); cmark_node_get_type(node) == CMARK_NODE_HEADING)
        level = std::min(level, cmark_node_get_heading_level(node));
    cmark_iter_free(iter);
    return level;
  }

  // [`name`]: a code span between brackets. The brackets go, and the span becomes a link.
  void find_code_links(cmark_node* root) {
    if (!hooks_.href) return;
    std::vector<cmark_node*> spans;
    cmark_iter* iter = cmark_iter_new(root);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
      if (event == CMARK_EVENT_ENTER && cmark_node_get_type(cmark_iter_get_node(iter)) == CMARK_NODE_CODE)
        spans.push_back(cmark_iter_get_node(iter));
    cmark_iter_free(iter);
    for (cmark_node* span : spans) {
      cmark_node *before = cmark_node_previous(span), *after = cmark_node_next(span);
      if (!before || !after || cmark_node_get_type(before) != CMARK_NODE_TEXT ||
          cmark_node_get_type(after) != CMARK_NODE_TEXT)
        continue;
      std::string left(literal(before)), right(literal(after));
      if (!left.ends_with("[") || !right.starts_with("]")) continue;
      std::string_view name = literal(span);
      if (name.ends_with("()")) name.remove_suffix(2);
      std::string href = hooks_.href(name, false);
      left.pop_back();
      right.erase(0, 1);
      cmark_node_set_literal(before, left.c_str());
      cmark_node_set_literal(after, right.c_str());
      if (!href.empty()) code_links_[span] = std::move(href);
    }
  }

  static bool is_comment(std::string_view html) {
    while (html.ends_with("\n")) html.remove_suffix(1);
    return html.starts_with("<!--") && html.find("-->") == html.size() - 3;
  }

  void open_link(std::string_view href, std::string_view title, bool bare = false) {
    out_ += bare ? "<a class=\"bare\" href=\"" : "<a href=\"";   // bare: the text is the address
    escape_html_to(out_, href);
    out_ += '"';
    if (has_scheme(href)) out_ += " rel=\"noopener noreferrer external\"";
    if (!title.empty()) {
      out_ += " title=\"";
      escape_html_to(out_, title);
      out_ += '"';
    }
    out_ += '>';
  }

  // Text with `[name]` inside; in a link there are no further links.
  void text(std::string_view s) {
    size_t from = 0;
    for (size_t at = s.find('['); at != std::string_view::npos && hooks_.href && links_ == 0;
         at = s.find('[', at + 1)) {
      size_t close = s.find(']', at);
      if (close == std::string_view::npos) break;
      std::string_view name = s.substr(at + 1, close - at - 1), shown = name;
      if (name.ends_with("()")) name.remove_suffix(2);
      if (!is_name_path(name)) continue;
      std::string href = hooks_.href(name, false);
      if (href.empty()) continue;
      escape_html_to(out_, s.substr(from, at - from));
      open_link(href, "");
      out_ += "<code>";
      escape_html_to(out_, shown);
      out_ += "</code></a>";
      from = close + 1;
    }
    escape_html_to(out_, s.substr(from));
  }

  std::string address(cmark_node* node) {
    const char* url = cmark_node_get_url(node);
    std::string_view target = url ? url : "";
    if (hooks_.href && !target.empty() && !target.starts_with("#") && !has_scheme(target)) {
      std::string found = hooks_.href(target, true);
      if (!found.empty()) return found;
    }
    return is_safe_url(target) ? std::string(target) : "";
  }

  bool shows_picture(cmark_node* node) const {
    const char* url = cmark_node_get_url(node);
    return url && hooks_.is_picture && hooks_.is_picture(url);
  }
  // What was written since `from` is the words that stand for the picture.
  void picture(cmark_node* node, size_t from) {
    std::string words;
    for (size_t at = from; at < out_.size(); ++at) {
      if (out_[at] == '<') at = out_.find('>', at);   // texts are escaped: this is an element of ours
      else words += out_[at];
    }
    out_.resize(from);
    const char* title = cmark_node_get_title(node);
    out_ += "<img src=\"" + escape_html(address(node)) + "\" alt=\"" + words + "\" loading=\"lazy\"";
    if (title && *title) out_ += " title=\"" + escape_html(title) + "\"";
    out_ += '>';
  }

  bool tight(cmark_node* paragraph) {
    cmark_node* item = cmark_node_parent(paragraph);
    cmark_node* list = item ? cmark_node_parent(item) : nullptr;
    return list && cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list);
  }

  void enter(cmark_node* node) {
    cmark_node_type type = cmark_node_get_type(node);
    std::string_view name = cmark_node_get_type_string(node);
    switch (type) {
      case CMARK_NODE_TEXT:
        if (heading_) heading_text_ += literal(node);
        return text(literal(node));
      case CMARK_NODE_SOFTBREAK: out_ += '\n'; return;
      case CMARK_NODE_LINEBREAK: out_ += "<br>\n"; return;
      case CMARK_NODE_CODE: {
        if (heading_) heading_text_ += literal(node);
        auto link = code_links_.find(node);
        std::string href = link != code_links_.end() ? link->second : "";
        if (href.empty() && hooks_.href && links_ == 0 && !heading_) {
          std::string_view name = literal(node);
          if (name.ends_with("()")) name.remove_suffix(2);
          if (name.size() > 1 && is_name_path(name)) href = hooks_.href(name, false);
        }
        bool linked = !href.empty() && links_ == 0;
        if (linked) open_link(href, "");
        out_ += "<code>";
        escape_html_to(out_, literal(node));
        out_ += "</code>";
        if (linked) out_ += "</a>";
        return;
      }
      // Comments are nobody's business; other HTML is shown as the text it is.
      case CMARK_NODE_HTML_INLINE:
        if (!is_comment(literal(node))) escape_html_to(out_, literal(node));
        return;
      case CMARK_NODE_HTML_BLOCK:
        if (is_comment(literal(node))) return;
        out_ += "<p>";
        escape_html_to(out_, literal(node));
        out_ += "</p>\n";
        return;
      case CMARK_NODE_EMPH: out_ += "<em>"; return;
      case CMARK_NODE_STRONG: out_ += "<strong>"; return;
      case CMARK_NODE_LINK: {
        std::string href = links_++ == 0 ? address(node) : "";
        open_.push_back(!href.empty());
        const char* title = cmark_node_get_title(node);
        cmark_node* shown = cmark_node_first_child(node);
        bool bare = shown && literal(shown) == href;
        if (!href.empty()) open_link(href, title ? title : "", bare);
        return;
      }
      case CMARK_NODE_IMAGE: {
        pictures_.push_back(shows_picture(node) ? out_.size() : kNoPicture);
        bool shown = pictures_.back() != kNoPicture;
        std::string href = links_++ == 0 && !shown ? address(node) : "";
        open_.push_back(!href.empty());
        if (!href.empty()) open_link(href, "");
        return;
      }
      case CMARK_NODE_CODE_BLOCK: {
        const char* info = cmark_node_get_fence_info(node);
        if (hooks_.code) {
          out_ += hooks_.code(literal(node), info ? info : "", ordinal_++);
        } else {
          out_ += "<pre><code>";
          escape_html_to(out_, literal(node));
          out_ += "</code></pre>\n";
        }
        return;
      }
      case CMARK_NODE_THEMATIC_BREAK: out_ += "<hr>\n"; return;
      case CMARK_NODE_PARAGRAPH:
        if (!inline_only && !tight(node)) out_ += "<p>";
        return;
      case CMARK_NODE_HEADING:
        heading_ = true;
        heading_text_.clear();
        heading_from_ = out_.size();
        return;
      case CMARK_NODE_BLOCK_QUOTE:
        if (depth_++ < kMaxDepth) out_ += "<blockquote>\n";
        return;
      case CMARK_NODE_LIST:
        if (depth_++ >= kMaxDepth) return;
        if (cmark_node_get_list_type(node) == CMARK_ORDERED_LIST) {
          int start = cmark_node_get_list_start(node);
          out_ += start == 1 ? "<ol>\n" : "<ol start=\"" + std::to_string(start) + "\">\n";
        } else {
          out_ += "<ul>\n";
        }
        return;
      case CMARK_NODE_ITEM:
        if (depth_ > kMaxDepth) return;
        // A task is an item of another name.
        if (name != "tasklist") out_ += "<li>";
        else if (cmark_gfm_extensions_get_tasklist_item_checked(node)) out_ += "<li class=\"task done\">";
        else out_ += "<li class=\"task\">";
        return;
      default: break;
    }
    if (type == CMARK_NODE_FOOTNOTE_REFERENCE) return note_reference(literal(node));
    if (type == CMARK_NODE_FOOTNOTE_DEFINITION) {
      // They stand at the end, in the order of their numbers.
      if (notes_++ == 0) out_ += "<div class=\"footnotes\"><ol>\n";
      out_ += "<li id=\"" + note_id("fn", std::to_string(notes_)) + "\">";
      return;
    }
    if (name == "table") {
      out_ += "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n";
      uint16_t n = cmark_gfm_extensions_get_table_columns(node);
      uint8_t* align = cmark_gfm_extensions_get_table_alignments(node);
      align_.assign(align, align + n);
    } else if (name == "table_header") {
      out_ += "<thead><tr>";
      header_ = true, column_ = 0;
    } else if (name == "table_row") {
      if (!body_) out_ += "<tbody>\n", body_ = true;
      out_ += "<tr>";
      column_ = 0;
    } else if (name == "table_cell") {
      char a = column_ < align_.size() ? static_cast<char>(align_[column_]) : 0;
      ++column_;
      head_cell_ = header_ && cmark_node_first_child(node);  // a heading without words is none
      out_ += head_cell_ ? "<th scope=\"col\"" : "<td";
      if (a == 'r') out_ += " class=\"right\"";
      if (a == 'c') out_ += " class=\"center\"";
      out_ += '>';
    } else if (name == "strikethrough") {
      out_ += "<del>";
    }
  }

  std::string note_id(const char* what, std::string_view number) {
    return escape_html(hooks_.anchor_prefix) + what + "." + std::string(number);  // no slug of a heading has a dot
  }
  // `number`: cmark counts the notes in the order in which they are asked for.
  void note_reference(std::string_view number) {
    std::string shown = escape_html(number);
    if (links_ > 0) {   // in a link there is no other
      out_ += "<sup>" + shown + "</sup>";
      return;
    }
    out_ += "<sup><a";
    if (asked_notes_.insert(shown).second) out_ += " id=\"" + note_id("fnref", shown) + "\"";
    out_ += " class=\"footnote\" href=\"#" + note_id("fn", shown) + "\" aria-label=\"footnote " + shown + "\">" +
            shown + "</a></sup>";
  }
  void leave_note(cmark_node* node) {
    std::string number = std::to_string(notes_);
    out_ += "<a class=\"back\" href=\"#" + note_id("fnref", number) + "\" aria-label=\"back to the text of footnote " +
            number + "\">↩</a></li>\n";
    if (!cmark_node_next(node)) out_ += "</ol></div>\n";
  }

  void leave(cmark_node* node) {
    std::string_view name = cmark_node_get_type_string(node);
    if (cmark_node_get_type(node) == CMARK_NODE_FOOTNOTE_DEFINITION) return leave_note(node);
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_EMPH: out_ += "</em>"; return;
      case CMARK_NODE_STRONG: out_ += "</strong>"; return;
      case CMARK_NODE_IMAGE:
        if (size_t from = pictures_.back(); from != kNoPicture) picture(node, from);
        pictures_.pop_back();
        [[fallthrough]];
      case CMARK_NODE_LINK:
        --links_;
        if (open_.back()) out_ += "</a>";
        open_.pop_back();
        return;
      case CMARK_NODE_PARAGRAPH:
        if (inline_only) {
          if (cmark_node_next(node)) out_ += ' ';
        } else {
          out_ += tight(node) ? "" : "</p>\n";
        }
        return;
      case CMARK_NODE_HEADING: {
        heading_ = false;
        int level = std::min(6, cmark_node_get_heading_level(node) + heading_shift_);
        std::string inner = out_.substr(heading_from_);
        out_.resize(heading_from_);
        std::string anchor = hooks_.anchor_prefix + slug(heading_text_);
        int n = ++anchors_[anchor];
        if (n > 1) anchor += "-" + std::to_string(n);
        std::string tag = "h" + std::to_string(level), id = escape_html(anchor);
        out_ += "<" + tag + " id=\"" + id + "\">" + inner + " <a class=\"hash\" href=\"#" + id +
                "\" aria-label=\"link to this section\">#</a></" + tag + ">\n";
        if (hooks_.headings) hooks_.headings->push_back({level, std::move(inner), std::move(anchor)});
        return;
      }
      case CMARK_NODE_BLOCK_QUOTE:
        if (--depth_ < kMaxDepth) out_ += "</blockquote>\n";
        return;
      case CMARK_NODE_LIST:
        if (--depth_ < kMaxDepth) out_ += cmark_node_get_list_type(node) == CMARK_ORDERED_LIST ? "</ol>\n" : "</ul>\n";
        return;
      case CMARK_NODE_ITEM:
        if (depth_ <= kMaxDepth) out_ += "</li>\n";
        return;
      default: break;
    }
    if (name == "table") {
      if (body_) out_ += "</tbody>\n";
      body_ = false;
      out_ += "</table></div>\n";
    } else if (name == "table_header") {
      out_ += "</tr></thead>\n";
      header_ = false;
    } else if (name == "table_row") {
      out_ += "</tr>\n";
    } else if (name == "table_cell") {
      out_ += head_cell_ ? "</th>" : "</td>";
    } else if (name == "strikethrough") {
      out_ += "</del>";
    }
  }

  const MarkdownHooks& hooks_;
  std::string out_, heading_text_;
  std::map<cmark_node*, std::string> code_links_;
  std::map<std::string, int> anchors_;
  std::vector<bool> open_;
  std::vector<size_t> pictures_;   // of each open image where its words begin, or kNoPicture: it is a link
  std::vector<uint8_t> align_;
  size_t heading_from_ = 0, column_ = 0;
  std::set<std::string> asked_notes_;
  int depth_ = 0, links_ = 0, ordinal_ = 0, heading_shift_ = 0, notes_ = 0;
  bool heading_ = false, header_ = false, head_cell_ = false, body_ = false;
};

}  // namespace

std::string markdown_to_html(std::string_view markdown, const MarkdownHooks& hooks) {
  if (markdown.empty()) return "";
  cmark_node* root = parse(markdown);
  std::string html = Writer(hooks).run(root);
  cmark_node_free(root);
  return html;
}

std::string markdown_inline(std::string_view markdown, const MarkdownHooks& hooks) {
  if (markdown.empty()) return "";
  // Most summaries are plain words.
  if (markdown.find_first_of("`*_[]<>&\\~|!#\n:\"'") == std::string_view::npos &&
      !(markdown[0] >= '0' && markdown[0] <= '9') && markdown[0] != '-' && markdown[0] != '+' && markdown[0] != ' ' &&
      markdown[0] != '=')
    return std::string(markdown);
  cmark_node* root = parse(markdown);
  Writer writer(hooks);
  cmark_node* only = cmark_node_first_child(root);
  writer.inline_only = only && !cmark_node_next(only) && cmark_node_get_type(only) == CMARK_NODE_PARAGRAPH;
  std::string html = writer.inline_only ? writer.run(root) : escape_html(markdown);
  cmark_node_free(root);
  while (!html.empty() && (html.back() == '\n' || html.back() == ' ')) html.pop_back();
  return html;
}

// `[name]` is a link, of which the name is left.
static std::string without_name_brackets(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t open = std::min(text.find('['), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    constexpr size_t kLongest = 256;   // looking further would take the square of a flood of brackets
    size_t close = text.substr(0, kLongest).find(']');
    std::string_view name = close == std::string_view::npos ? std::string_view() : text.substr(1, close - 1);
    bool link = is_name_path(name.ends_with("()") ? name.substr(0, name.size() - 2) : name);
    if (link) out += name;
    else out += '[';
    text.remove_prefix(link ? name.size() + 2 : 1);
  }
  return out;
}

std::string markdown_to_text(std::string_view markdown) {
  if (markdown.empty()) return "";
  std::string out;
  cmark_node* root = parse(markdown);
  cmark_iter* iter = cmark_iter_new(root);
  cmark_event_type event;
  while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
    cmark_node* node = cmark_iter_get_node(iter);
    bool block = cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH || cmark_node_get_type(node) == CMARK_NODE_HEADING;
    if (event == CMARK_EVENT_EXIT) {
      if (block) out += ' ';
      continue;
    }
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT:
      case CMARK_NODE_CODE:
      case CMARK_NODE_HTML_INLINE: out += literal(node); break;
      case CMARK_NODE_SOFTBREAK:
      case CMARK_NODE_LINEBREAK: out += ' '; break;
      default: break;
    }
  }
  cmark_iter_free(iter);
  cmark_node_free(root);
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return without_name_brackets(out);
}

}  // namespace janus::docgen
