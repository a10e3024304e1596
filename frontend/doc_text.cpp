// doc_text.cpp: from the lines of a doc comment to summary, body, tags, links and code blocks.
// Depends on doc_text.h, doctest.h (marks of quotations).
// SPDX-License-Identifier: Apache-2.0
//
// This is no Markdown parser: it knows code blocks, code spans, headings and brackets, which is what links and lints
// need, and it knows where each stands in the source. The pages are made by a real one (docgen/markdown.cpp).
#include "frontend/doc_text.h"

#include <algorithm>
#include <set>

#include "frontend/doctest.h"

namespace janus {
namespace {

constexpr const char* kTagWords[] = {"param",      "returns", "error",  "capability", "since",
                                     "deprecated", "see",     "safety", "complexity", "example"};

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (is_space(text.front()) || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}
size_t indent_of(std::string_view line) {
  size_t n = 0;
  while (n < line.size() && is_space(line[n])) ++n;
  return n;
}
// The run of ` or ~ that opens or closes a code block; 0 when there is none.
size_t fence_run(std::string_view line, char& mark) {
  size_t at = indent_of(line);
  if (at >= line.size() || (line[at] != '`' && line[at] != '~')) return 0;
  mark = line[at];
  size_t n = 0;
  while (at + n < line.size() && line[at + n] == mark) ++n;
  if (n < 3) return 0;
  if (mark == '`' && line.substr(at + n).find('`') != std::string_view::npos) return 0;
  return n;
}
int heading_level(std::string_view line) {
  size_t at = indent_of(line), n = 0;
  if (at > 3) return 0;
  while (at + n < line.size() && line[at + n] == '#') ++n;
  return n >= 1 && n <= 6 && (at + n == line.size() || is_space(line[at + n])) ? static_cast<int>(n) : 0;
}
bool takes_name(DocTagKind kind) {
  return kind == DocTagKind::Param || kind == DocTagKind::Error || kind == DocTagKind::Capability ||
         kind == DocTagKind::See;
}

// ---- one pass over the lines

class Parser {
 public:
  Parser(const DocText& doc, bool with_tags) : doc_(doc), with_tags_(with_tags) {}

  ParsedDoc run() {
    for (uint32_t i = 0; i < doc_.starts.size(); ++i) line(i);
    if (in_fence_) {
      out_.fences.back().closed = false;
      out_.fences.back().hi = static_cast<uint32_t>(doc_.text.size());
      out_.flaws.push_back({DocFlaw::UnclosedFence, out_.fences.back().span, ""});
    }
    end_tag();
    // Where there are notes, each that is asked for must be one. (Where there are none, `[^a-z]` is just text.)
    if (!notes_.empty())
      for (DocLink& link : note_refs_)
        if (!notes_.contains(link.target)) out_.links.push_back(std::move(link));
    out_.body = std::string(trim_lines(out_.body));
    return std::move(out_);
  }

 private:
  static std::string_view trim_lines(std::string_view text) {
    while (text.starts_with("\n")) text.remove_prefix(1);
    while (!text.empty() && (text.back() == '\n' || is_space(text.back()))) text.remove_suffix(1);
    return text;
  }
  uint32_t start(uint32_t i) const { return doc_.starts[i]; }

  void line(uint32_t i) {
    std::string_view text = doc_.line(i);
    char mark = 0;
    int quotes = 0;
    if (in_fence_) {
      std::string_view inner = text.substr(quote_marks(text, fence_quotes_, quotes));
      if (quotes < fence_quotes_) {   // a quotation's end is the end of what stands in it
        in_fence_ = false;
        out_.fences.back().hi = start(i);
        return line(i);
      }
      if (size_t n = fence_run(inner, mark);
          n >= fence_length_ && mark == fence_mark_ && trim(inner).find_first_not_of(mark) == std::string_view::npos) {
        in_fence_ = false;
        out_.fences.back().hi = start(i);
        keep(text);
        if (tag_open_ && tag_.kind == DocTagKind::Example) end_tag();
        return;
      }
      keep(text);
      return;
    }
    size_t marks = quote_marks(text, kMaxQuotes, quotes);
    if (is_indented_code(text.substr(marks))) return keep(text);
    if (size_t item = item_marks(text.substr(marks))) item_column_ = item + 1, marks += item;
    std::string_view inner = text.substr(marks);
    if (size_t n = fence_run(inner, mark)) {
      if (tag_open_ && tag_.kind != DocTagKind::Example) end_tag();
      summary_done_ = summary_done_ || !out_.summary.empty();
      in_fence_ = true;
      fence_length_ = n, fence_mark_ = mark, fence_quotes_ = quotes;
      std::string_view info = trim(inner.substr(indent_of(inner) + n));
      auto lo = start(i) + static_cast<uint32_t>(marks + indent_of(inner));
      uint32_t code = i + 1 < doc_.starts.size() ? start(i + 1) : static_cast<uint32_t>(doc_.text.size());
      out_.fences.push_back(
          {std::string(info), code, code, doc_.span(lo, start(i) + static_cast<uint32_t>(text.size())), true});
      keep(text);
      return;
    }
    after_blank_ = trim(text).empty();
    if (after_blank_) {
      if (tag_open_ && tag_.kind == DocTagKind::Example) return keep("");
      end_tag();
      if (!out_.summary.empty()) summary_done_ = true;
      if (summary_done_) keep("");
      return;
    }
    if (with_tags_ && indent_of(text) <= 3 && trim(text)[0] == '@' && trim(text).size() > 1 && is_letter(trim(text)[1]))
      return begin_tag(i, text);
    if (int level = heading_level(text)) {
      end_tag();
      std::string_view title = trim(text.substr(indent_of(text) + static_cast<size_t>(level)));
      while (title.ends_with("#")) title.remove_suffix(1);
      title = trim(title);
      out_.headings.push_back({level, std::string(title),
                               doc_.span(start(i) + static_cast<uint32_t>(indent_of(text)),
                                         start(i) + static_cast<uint32_t>(text.size()))});
      scan(i, text, 0);
      // A guide's title is no part of its body.
      if (!with_tags_ && level == 1 && out_.headings.size() == 1) return;
      summary_done_ = true;
      return keep(text);
    }
    if (tag_open_ && tag_.kind == DocTagKind::Example && !tag_.text.empty()) end_tag();
    scan(i, text, 0);
    keep(text);
  }

  // Code without fences: a line set in by four columns more than the text around it, behind an empty line or more of
  // the same. Nothing in it is a link or markup.
  bool is_indented_code(std::string_view line) {
    if (trim(line).empty()) return false;
    size_t column = 0;
    for (size_t at = 0; at < line.size() && is_space(line[at]); ++at)
      column = line[at] == '\t' ? column + 4 - column % 4 : column + 1;
    if (column == 0) item_column_ = 0;   // the list has ended
    after_code_ = column >= item_column_ + 4 && (after_blank_ || after_code_) && !tag_open_;
    return after_code_;
  }

  // Where a line goes: the open tag, the summary or the body.
  void keep(std::string_view text) {
    if (tag_open_) {
      if (!tag_.text.empty()) tag_.text += '\n';
      tag_.text += in_fence_ || tag_.kind == DocTagKind::Example ? text : trim(text);
      return;
    }
    // A list, a table or a quotation is no summary, and its lines must stay lines.
    if (!summary_done_ && out_.summary.empty() && !in_fence_ && begins_block(trim(text))) summary_done_ = true;
    if (!summary_done_ && !in_fence_) {
      if (!out_.summary.empty()) out_.summary += ' ';
      out_.summary += trim(text);
      return;
    }
    summary_done_ = true;
    out_.body += text;
    out_.body += '\n';
  }

  static bool begins_block(std::string_view text) {
    if (text.empty()) return false;
    if (text[0] == '|' || text[0] == '>') return true;
    if (text[0] == '-' || text[0] == '*' || text[0] == '+') return text.size() > 1 && text[1] == ' ';
    size_t digits = text.find_first_not_of("0123456789");
    return digits != 0 && digits != std::string_view::npos && (text[digits] == '.' || text[digits] == ')') &&
           digits + 1 < text.size() && text[digits + 1] == ' ';
  }

  void begin_tag(uint32_t i, std::string_view text) {
    end_tag();
    if (!out_.summary.empty()) summary_done_ = true;
    size_t at = indent_of(text), lo = at++;
    size_t word = at;
    while (at < text.size() && is_word_byte(text[at])) ++at;
    tag_ = {};
    tag_.word = text.substr(word, at - word);
    tag_.kind = find_doc_tag(tag_.word);
    auto span = [&](size_t from, size_t to) {
      return doc_.span(start(i) + static_cast<uint32_t>(from), start(i) + static_cast<uint32_t>(to));
    };
    tag_.span = tag_.name_span = span(lo, at);
    while (at < text.size() && is_space(text[at])) ++at;
    if (takes_name(tag_.kind) && at < text.size()) {
      size_t name = at;
      bool bracket = text[at] == '[' || text[at] == '`';
      while (at < text.size() && !is_space(text[at]) && text[at] != ',' &&
             !(text[at] == ':' && at + 1 < text.size() && is_space(text[at + 1])))
        ++at;
      size_t end = at;
      if (bracket) {
        while (name < end && (text[name] == '[' || text[name] == '`')) ++name;
        while (end > name && (text[end - 1] == ']' || text[end - 1] == '`')) --end;
      }
      if (end > name && text[end - 1] == ':') --end;
      tag_.name = text.substr(name, end - name);
      if (tag_.name.ends_with("()")) tag_.name.resize(tag_.name.size() - 2), end -= 2;
      tag_.name_span = span(name, end);
      tag_.span.hi = tag_.name_span.hi;
      while (at < text.size() && (is_space(text[at]) || text[at] == ',' || text[at] == ':')) ++at;
    }
    if (tag_.kind == DocTagKind::Example) tag_.name = trim(text.substr(at));
    else tag_.text = trim(text.substr(at));
    scan(i, text, at);
    tag_open_ = true;
  }
  void end_tag() {
    if (!tag_open_) return;
    tag_open_ = false;
    tag_.text = std::string(trim_lines(tag_.text));
    out_.tags.push_back(std::move(tag_));
  }

  // Links, HTML and addresses of one line, from column `at`. Code spans are jumped over, unless a link holds just one.
  void scan(uint32_t i, std::string_view text, size_t at) {
    auto span = [&](size_t from, size_t to) {
      return doc_.span(start(i) + static_cast<uint32_t>(from), start(i) + static_cast<uint32_t>(to));
    };
    while (at < text.size()) {
      char c = text[at];
      if (c == '\\') {
        at += 2;
        continue;
      }
      if (c == '`') {
        size_t n = text.find_first_not_of('`', at);
        if (n == std::string_view::npos) return;
        n -= at;
        size_t close = text.find(std::string(n, '`'), at + n);
        if (close == std::string_view::npos) {
          at += n;
          continue;
        }
        std::string_view name = text.substr(at + n, close - at - n);
        if (name.ends_with("()")) name.remove_suffix(2);
        if (n == 1 && name.size() > 1 && is_name_path(name)) {
          out_.links.push_back({std::string(name), std::string(name), span(at + n, at + n + name.size())});
          out_.links.back().soft = true;
        }
        at = close + n;
        continue;
      }
      if (c == '[') {
        at = bracket(text, at, span);
        continue;
      }
      if (c == '<' && at + 1 < text.size()) {
        size_t close = text.find('>', at);
        char next = text[at + 1];
        if (close != std::string_view::npos && text.find(':', at) < close && is_letter(next) &&
            text.substr(at, close - at).find(' ') == std::string_view::npos) {
          std::string_view url = text.substr(at + 1, close - at - 1);   // <https://…>
          if (!is_safe_url(url)) out_.flaws.push_back({DocFlaw::UnsafeLink, span(at + 1, close), std::string(url)});
          at = close + 1;
          continue;
        }
        if (text.substr(at).starts_with("<!--")) {
          size_t end = text.find("-->", at);
          at = end == std::string_view::npos ? text.size() : end + 3;
          continue;
        }
        if (is_letter(next) || next == '/' || next == '!' || next == '?') {
          size_t end = close == std::string_view::npos ? text.size() : close + 1;
          out_.flaws.push_back(
              {DocFlaw::RawHtml, span(at, end), std::string(text.substr(at, std::min<size_t>(end - at, 40)))});
          at = end;
          continue;
        }
      }
      ++at;
    }
  }

  template <class F>
  size_t bracket(std::string_view text, size_t at, F&& span) {
    size_t close = at + 1;
    int depth = 1;
    size_t most = std::min(text.size(), at + 1000);   // a line of brackets alone must not cost its square
    for (; close < most; ++close) {
      if (text[close] == '\\') {
        ++close;
        continue;
      }
      if (text[close] == '[') ++depth;
      if (text[close] == ']' && --depth == 0) break;
    }
    if (close >= most) return at + 1;
    std::string_view inner = text.substr(at + 1, close - at - 1);
    char next = close + 1 < text.size() ? text[close + 1] : '\0';
    if (next == '(') {
      size_t end = text.find(')', close);
      if (end == std::string_view::npos) return close + 1;
      std::string_view url = trim(text.substr(close + 2, end - close - 2));
      if (size_t space = url.find(' '); space != std::string_view::npos) url = url.substr(0, space);
      if (!is_safe_url(url)) out_.flaws.push_back({DocFlaw::UnsafeLink, span(close + 2, end), std::string(url)});
      else
        out_.links.push_back(
            {std::string(url), std::string(inner), span(close + 2, close + 2 + url.size()), false, true});
      return inner.find("![") == std::string_view::npos ? end + 1 : at + 1;   // [![a picture](p.png)](address)
    }
    if (inner.size() > 1 && inner[0] == '^') {   // [^1], and [^1]: the note itself
      bool note = next == ':' && at == indent_of(text);
      if (note) notes_.insert(std::string(inner));
      else note_refs_.push_back({std::string(inner), std::string(inner), span(at + 1, close)});
      return close + (note ? 2 : 1);
    }
    if (next == ':' && at == indent_of(text)) {   // [label]: address
      std::string_view url = trim(text.substr(close + 2));
      if (!is_safe_url(url))
        out_.flaws.push_back({DocFlaw::UnsafeLink, span(close + 2, text.size()), std::string(url)});
      return text.size();
    }
    if (next == '[' || (at > 0 && (text[at - 1] == ']' || text[at - 1] == '!'))) return at + 1;
    if ((inner == "x" || inner == "X") && next == ' ' && at >= 2 &&
        text.substr(0, at).find_first_not_of(" \t-+*0123456789.)") == std::string_view::npos)
      return close + 1;   // a task that is done
    bool code = inner.size() > 2 && inner.front() == '`' && inner.back() == '`';
    size_t lo = at + 1 + (code ? 1 : 0), hi = close - (code ? 1 : 0);
    if (code) inner = inner.substr(1, inner.size() - 2);
    if (inner.ends_with("()")) inner.remove_suffix(2), hi -= 2;
    if (is_name_path(inner)) {
      out_.links.push_back({std::string(inner), std::string(inner), span(lo, hi), code, false});
      return close + 1;
    }
    return at + 1;
  }

  const DocText& doc_;
  bool with_tags_;
  ParsedDoc out_;
  std::set<std::string> notes_;
  std::vector<DocLink> note_refs_;
  DocTag tag_;
  bool tag_open_ = false, in_fence_ = false, summary_done_ = false;
  bool after_blank_ = true, after_code_ = false;   // what the line before was
  size_t item_column_ = 0;   // where the text of the open list's item begins
  size_t fence_length_ = 0;
  char fence_mark_ = 0;
  int fence_quotes_ = 0;
};

}   // namespace

// ---- DocText

uint32_t DocText::line_of(uint32_t offset) const {
  auto it = std::upper_bound(starts.begin(), starts.end(), offset);
  return it == starts.begin() ? 0 : static_cast<uint32_t>(it - starts.begin() - 1);
}
uint32_t DocText::position(uint32_t offset) const {
  if (starts.empty()) return 0;
  uint32_t i = line_of(offset);
  return sources[i] + (offset - starts[i]);
}
Span DocText::span(uint32_t lo, uint32_t hi) const { return {position(lo), position(lo) + (hi - lo)}; }
std::string_view DocText::line(uint32_t index) const {
  size_t lo = starts[index], hi = index + 1 < starts.size() ? starts[index + 1] : text.size();
  std::string_view line(text.data() + lo, hi - lo);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

static void add_line(DocText& out, std::string_view line, uint32_t source) {
  if (out.text.size() + line.size() > kMaxDocBytes) {
    out.cut = true;
    return;
  }
  out.starts.push_back(static_cast<uint32_t>(out.text.size()));
  out.sources.push_back(source);
  out.text += line;
  out.text += '\n';
}

DocText strip_doc_comment(std::string_view file_text, uint32_t begin, uint32_t end, uint32_t base) {
  DocText out;
  size_t at = begin;
  while (at < end && !out.cut) {
    size_t newline = file_text.find('\n', at);
    size_t stop = std::min<size_t>(newline == std::string_view::npos ? file_text.size() : newline, end);
    size_t lo = at;
    while (lo < stop && is_space(file_text[lo])) ++lo;
    lo = std::min<size_t>(lo + 3, stop);   // `///` or `//!`
    if (lo < stop && file_text[lo] == ' ') ++lo;
    size_t hi = stop;
    if (hi > lo && file_text[hi - 1] == '\r') --hi;
    add_line(out, file_text.substr(lo, hi - lo), base + static_cast<uint32_t>(lo));
    at = stop + 1;
  }
  return out;
}

DocText whole_page(std::string_view text, uint32_t base) {
  DocText out;
  size_t at = 0;
  while (at < text.size() && !out.cut) {
    size_t newline = text.find('\n', at);
    size_t stop = newline == std::string_view::npos ? text.size() : newline;
    size_t hi = stop > at && text[stop - 1] == '\r' ? stop - 1 : stop;
    add_line(out, text.substr(at, hi - at), base + static_cast<uint32_t>(at));
    at = stop + 1;
  }
  return out;
}

ParsedDoc parse_doc(const DocText& doc) { return Parser(doc, true).run(); }
ParsedDoc parse_guide(const DocText& page) { return Parser(page, false).run(); }

// ---- words

const char* doc_tag_word(DocTagKind kind) {
  return kind == DocTagKind::Unknown ? "" : kTagWords[static_cast<int>(kind)];
}
DocTagKind find_doc_tag(std::string_view word) {
  for (int i = 0; i < static_cast<int>(DocTagKind::Unknown); ++i)
    if (word == kTagWords[i]) return static_cast<DocTagKind>(i);
  if (word == "return") return DocTagKind::Returns;
  if (word == "errors" || word == "throws") return DocTagKind::Error;
  if (word == "examples") return DocTagKind::Example;
  return DocTagKind::Unknown;
}

bool has_scheme(std::string_view url) {
  size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  for (char c : url.substr(0, colon))
    if (c == '/' || c == '#' || c == '?') return false;
  return true;
}
bool is_safe_url(std::string_view url) {
  // Browsers drop control characters and white space inside a scheme, and decode entities: all of that counts as a
  // scheme here.
  std::string plain;
  for (char c : url)
    if (static_cast<unsigned char>(c) > 0x20 && c != 0x7f)
      plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (plain.starts_with("//") || plain.starts_with("\\\\") || plain.starts_with("/\\")) return false;
  size_t colon = plain.find(':'), entity = plain.find('&'), slash = plain.find_first_of("/?#");
  if (entity < slash && (plain.find("&#") == entity || plain.find("&colon") == entity || plain.find("&tab") == entity ||
                         plain.find("&newline") == entity))
    return false;
  if (colon == std::string::npos || slash < colon) return true;
  return plain.starts_with("https:") || plain.starts_with("http:") || plain.starts_with("mailto:");
}

bool is_picture(std::string_view url) {
  if (url.empty() || url[0] == '/' || has_scheme(url) || url.find_first_of("?#\\") != std::string_view::npos)
    return false;
  for (std::string_view ending : {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
    if (url.size() > ending.size() && url.ends_with(ending)) return true;
  return false;
}

bool is_name_path(std::string_view text) {
  if (text.empty() || text.size() > 200 || !is_letter(text[0])) return false;
  bool dot = false;
  for (char c : text) {
    if (c == '.') {
      if (dot) return false;
      dot = true;
    } else if (is_word_byte(c)) {
      dot = false;
    } else {
      return false;
    }
  }
  return !dot;
}

std::string slug(std::string_view heading) {
  std::string out;
  for (char c : heading) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (is_word_byte(c)) out += c;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "section" : out;
}

}   // namespace janus
