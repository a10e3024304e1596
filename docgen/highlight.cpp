// highlight.cpp: colours of code, from tokens; comments are found in the gaps between them.
// Depends on highlight.h, markdown.h (escape_html), frontend/lex.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/highlight.h"

#include <algorithm>

#include "docgen/markdown.h"
#include "frontend/lex.h"
#include "frontend/words.h"

namespace janus::docgen {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_type_word(std::string_view word) {
  static constexpr std::string_view kTypes[] = {"bool",  "char",   "f32", "f64", "i16", "i32", "i64", "i8",
                                                "never", "string", "u16", "u32", "u64", "u8",  "void"};
  return std::binary_search(std::begin(kTypes), std::end(kTypes), word);
}
// Words that the lexer takes for names, and that mostly are none.
bool is_soft_keyword(std::string_view word) {
  static constexpr std::string_view kWords[] = {"capability", "case",    "child", "closed", "default", "dyn",
                                                "error",      "profile", "race",  "recv",   "send",    "test",
                                                "timeout",    "type",    "when",  "where",  "yield"};
  return std::binary_search(std::begin(kWords), std::end(kWords), word);
}

}  // namespace

void Painter::lex_pieces(std::string_view code, std::vector<Piece>& out) {
  SourceFile file;
  file.text = code;
  file.base = 1;
  Diagnostics ignored;
  Tokens t = lex(file, names_, ignored);
  uint32_t at = 0;
  auto gap = [&](uint32_t to) {
    while (at < to) {
      size_t slash = code.find("//", at);
      if (slash == std::string_view::npos || slash >= to) break;
      size_t newline = code.find('\n', slash);
      auto end = static_cast<uint32_t>(newline == std::string_view::npos ? code.size() : newline);
      if (end > to) end = to;
      std::string_view comment = code.substr(slash, end - slash);
      const char* css = comment.starts_with("// =>")                               ? "x"
                        : comment.starts_with("///") || comment.starts_with("//!") ? "d"
                                                                                   : "c";
      out.push_back({static_cast<uint32_t>(slash), end, css});
      at = end;
    }
    at = to;
  };
  for (uint32_t i = 0; i < t.size(); ++i) {
    TokenKind kind = t.kinds[i];
    if (kind == TokenKind::EndOfFile) break;
    uint32_t lo = t.begin(i), hi = t.end(i);
    if (hi <= lo || lo < at) continue;
    gap(lo);
    std::string_view word = code.substr(lo, hi - lo);
    const char* css = nullptr;
    bool after_dot =
        i > 0 && kind == TokenKind::Ident && lo > 0 && code[lo - 1] == '.' && !(lo > 1 && code[lo - 2] == '.');
    switch (kind) {
      case TokenKind::IntLit:
      case TokenKind::FloatLit: css = "n"; break;
      case TokenKind::CharLit:
      case TokenKind::StrBegin:
      case TokenKind::StrText:
      case TokenKind::StrEnd:
      case TokenKind::StrLit:
      case TokenKind::InterpFormat: css = "s"; break;
      case TokenKind::InterpBegin:
      case TokenKind::InterpEnd: css = "i"; break;
      case TokenKind::Ident: {
        // `xs.map { |x| … }` calls too.
        bool called = hi < code.size() && (code[hi] == '(' || (after_dot && code.substr(hi, 4) == " { |"));
        bool starts = t.starts_line(i) || (i > 0 && t.kinds[i - 1] == TokenKind::KwPub);
        if (is_type_word(word)) css = "t";
        else if (is_upper(word[0])) css = "t";
        else if (!after_dot && is_soft_keyword(word) &&
                 (starts || word == "when" || word == "where" || word == "dyn" || word == "timeout") && !called)
          css = "k";
        else if (called) css = "f";
        break;
      }
      default:
        if (!word.empty() && word[0] >= 'a' && word[0] <= 'z' && !after_dot)
          css = word == "true" || word == "false" || word == "null" ? "n" : word == "self" ? "v" : "k";
        else if (!word.empty() && !((word[0] >= 'a' && word[0] <= 'z') || word[0] == '(' || word[0] == ')' ||
                                    word[0] == '[' || word[0] == ']' || word[0] == '{' || word[0] == '}' ||
                                    word[0] == ',' || word[0] == '.' || word[0] == ':'))
          css = "o";
        break;
    }
    if (css) out.push_back({lo, hi, css});
    at = hi;
  }
  gap(static_cast<uint32_t>(code.size()));
}

std::string Painter::paint(std::string_view code, std::span<const Link> links) {
  std::vector<Piece> pieces;
  lex_pieces(code, pieces);
  std::string out;
  out.reserve(code.size() * 3);
  uint32_t at = 0;
  size_t link = 0;
  // Names without a colour of their own may have a link.
  auto plain_to = [&](uint32_t to) {
    while (link < links.size() && links[link].lo < to) {
      if (links[link].lo < at) {
        ++link;
        continue;
      }
      escape_html_to(out, code.substr(at, links[link].lo - at));
      out += "<a href=\"" + escape_html(links[link].href) + "\">";
      escape_html_to(out, code.substr(links[link].lo, links[link].hi - links[link].lo));
      out += "</a>";
      at = links[link].hi;
      ++link;
    }
    if (at < to) escape_html_to(out, code.substr(at, to - at)), at = to;
  };
  for (const Piece& p : pieces) {
    plain_to(p.lo);
    while (link < links.size() && links[link].lo < p.lo) ++link;
    bool linked = link < links.size() && links[link].lo == p.lo && links[link].hi == p.hi;
    if (linked) out += "<a class=\"" + std::string(p.css) + "\" href=\"" + escape_html(links[link++].href) + "\">";
    else out += "<i class=" + std::string(p.css) + ">";
    escape_html_to(out, code.substr(p.lo, p.hi - p.lo));
    out += linked ? "</a>" : "</i>";
    at = p.hi;
  }
  plain_to(static_cast<uint32_t>(code.size()));
  return out;
}

std::vector<std::string> Painter::paint_lines(std::string_view code, std::span<const Link> links) {
  // Only texts of several lines cross a line: close and open their element there.
  std::string html = paint(code, links);
  std::vector<std::string> lines(1);
  std::string open;
  for (size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '\n') {
      if (!open.empty()) lines.back() += open.starts_with("<a") ? "</a>" : "</i>";
      lines.push_back(open);
      continue;
    }
    if (html[i] == '<') {
      size_t end = html.find('>', i);
      std::string_view tag(html.data() + i, end - i + 1);
      if (tag[1] == '/') open.clear();
      else open = tag;
      lines.back() += tag;
      i = end;
      continue;
    }
    lines.back() += html[i];
  }
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string shown_code(std::string_view code) {
  std::string out;
  size_t at = 0;
  while (at < code.size()) {
    size_t newline = code.find('\n', at);
    size_t end = newline == std::string_view::npos ? code.size() : newline + 1;
    std::string_view line = code.substr(at, end - at);
    std::string_view trimmed = line;
    while (!trimmed.empty() && (trimmed[0] == ' ' || trimmed[0] == '\t')) trimmed.remove_prefix(1);
    bool hidden = trimmed.starts_with("# ") || trimmed == "#" || trimmed == "#\n";
    if (!hidden) out += line;
    at = end;
  }
  while (out.ends_with("\n\n")) out.pop_back();
  while (out.starts_with("\n")) out.erase(0, 1);
  return out;
}

}  // namespace janus::docgen
