// doctest.cpp: finding the examples of documentation.
// Depends on doctest.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/doctest.h"

#include <algorithm>

namespace janus {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Where the text of a line begins: behind the mark of a comment.
size_t content_of(std::string_view text, size_t begin, size_t end, bool comment) {
  if (!comment) return begin;
  size_t at = begin;
  while (at < end && is_space(text[at])) ++at;
  return std::min(at + 3, end);  // `///` or `//!`
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

size_t quote_marks(std::string_view line, int most, int& found) {
  size_t marks = 0, at = 0;
  for (found = 0; found < most;) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size() || line[at] != '>') break;
    marks = ++at;
    ++found;
  }
  return marks;
}

size_t item_marks(std::string_view line) {
  size_t marks = 0;
  while (true) {
    size_t at = marks;
    while (at < line.size() && is_space(line[at])) ++at;
    size_t mark = at;
    while (at < line.size() && line[at] >= '0' && line[at] <= '9') ++at;
    std::string_view ends = at == mark ? "-*+" : ".)";
    if (at + 1 >= line.size() || ends.find(line[at]) == std::string_view::npos || !is_space(line[at + 1])) return marks;
    marks = at + 1;
  }
}

std::vector<Fence> scan_fences(std::string_view text, uint32_t lo, uint32_t hi, bool comment) {
  std::vector<Fence> fences;
  size_t run = 0;   // of the open fence; 0: none
  char mark = 0;
  for (size_t at = lo; at < hi;) {
    size_t end = std::min<size_t>(text.find('\n', at), hi);
    size_t begin = content_of(text, at, end, comment);
    std::string_view line = text.substr(begin, end - begin);
    int quotes = 0;
    line.remove_prefix(quote_marks(line, run ? fences.back().quotes : kMaxQuotes, quotes));
    if (run && quotes < fences.back().quotes) {   // a quotation's end is the end of what stands in it
      fences.back().hi = static_cast<uint32_t>(at), fences.back().closed = true, run = 0;
      continue;
    }
    if (!run) line.remove_prefix(item_marks(line));
    line = trimmed(line);
    size_t length = 0;
    if (!line.empty() && (line[0] == '`' || line[0] == '~'))
      length = std::min(line.find_first_not_of(line[0]), line.size());
    if (run) {
      if (length >= run && line[0] == mark && length == line.size())
        fences.back().hi = static_cast<uint32_t>(at), fences.back().closed = true, run = 0;
    } else if (length >= 3 && (line[0] == '~' || line.find('`', length) == std::string_view::npos)) {
      run = length, mark = line[0];
      auto next = static_cast<uint32_t>(std::min<size_t>(end + 1, hi));
      fences.push_back(
          {static_cast<uint32_t>(line.data() - text.data()), next, hi, trimmed(line.substr(length)), false, quotes});
    }
    at = end + 1;
  }
  return fences;
}

FenceWords read_fence_words(std::string_view info) {
  FenceWords result;
  bool first = true;
  while (true) {
    while (!info.empty() && (is_space(info[0]) || info[0] == ',')) info.remove_prefix(1);
    if (info.empty()) return result;
    size_t length = std::min(info.find_first_of(" \t,"), info.size());
    std::string_view word = info.substr(0, length);
    info.remove_prefix(length);
    if (first) {
      if (word != "janus") return result;
      result.is_janus = true;
      first = false;
    } else if (word == "no_run") {
      result.mode = DoctestMode::NoRun;
    } else if (word == "ignore") {
      result.mode = DoctestMode::Ignore;
    } else if (word == "fails") {
      result.mode = DoctestMode::Fails;
    } else if (word.starts_with("compile_fails(") && word.ends_with(")") && word.size() > 15) {
      result.mode = DoctestMode::CompileFails;
      result.code = word.substr(14, word.size() - 15);
    } else {
      result.mode = DoctestMode::Bad;
      result.problem =
          "`" + std::string(word) +
          "` means nothing behind ```janus\nhelp: the words are `no_run`, `ignore`, `fails` and `compile_fails(E2001)`\n";
      return result;
    }
  }
}

void blank_marks(std::string& text, const Fence& fence, bool comment) {
  for (size_t at = fence.lo; at < fence.hi;) {
    size_t end = std::min<size_t>(text.find('\n', at), fence.hi);
    size_t begin = content_of(text, at, end, comment);
    int quotes = 0;
    begin += quote_marks(std::string_view(text).substr(begin, end - begin), fence.quotes, quotes);
    for (size_t i = at; i < begin; ++i) text[i] = ' ';
    while (begin < end && is_space(text[begin])) ++begin;
    bool hidden = begin < end && text[begin] == '#' && (begin + 1 == end || is_space(text[begin + 1]));
    if (hidden) text[begin] = ' ';
    at = end + 1;
  }
}

std::string documented_name(const Tree& tree, const SourceMap& sources, const Names& names, uint32_t next_token) {
  if (is_none(tree.root)) return "";
  // Of nodes in the order of the source: the one that holds the token, or follows it.
  auto find = [&](std::span<const NodeId> list) {
    auto found = std::lower_bound(list.begin(), list.end(), next_token,
                                  [&](NodeId n, uint32_t token) { return is_some(n) && tree.lasts[+n] < token; });
    return found == list.end() ? NodeId::None : *found;
  };
  auto name_of = [&](NodeId id) {
    const Node& n = tree[id];
    std::string_view shape = node_shape(n.kind);
    if (n.kind == NodeKind::ImplDecl && n.b != 0xffffffffu && is_some(tree.record_node(n.b, 1)))
      return std::string(sources.text(tree.span(tree.record_node(n.b, 1))));
    return shape.starts_with("N") && n.a != 0xffffffffu ? std::string(names.text(NameId(n.a))) : std::string();
  };
  NodeId item = find(tree.list(tree[tree.root].a));
  if (is_none(item)) return "";
  std::string name = name_of(item);
  const Node& n = tree[item];
  if (next_token <= tree.first_token(item)) {
    if (n.kind != NodeKind::ImplDecl) return name;
    std::string trait = n.a == 0xffffffffu ? "" : std::string(sources.text(tree.span(NodeId(n.a)))) + " for ";
    return "impl " + trait + name;
  }
  std::span<const NodeId> members;
  switch (n.kind) {
    case NodeKind::ImplDecl: members = tree.record_list(n.b, 2); break;
    case NodeKind::StructDecl:
    case NodeKind::EnumDecl:
    case NodeKind::TraitDecl: members = tree.record_list(n.b, 1); break;
    case NodeKind::ErrorDecl: members = tree.list(n.b); break;
    default: return name;
  }
  NodeId member = find(members);
  std::string inner = is_some(member) ? name_of(member) : "";
  return inner.empty() || name.empty() ? name + inner : name + "." + inner;
}

}  // namespace janus
