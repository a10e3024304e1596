// doc_text_test.cpp: doc comments as data: summary, body, tags, links, and their places; addresses that are safe.
// Depends on doctest, frontend/doc_text.h, frontend/doc_lint.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "frontend/doc_lint.h"
#include "frontend/doc_text.h"

using namespace janus;

namespace {
// The texts lie at position 1, as the first file of a SourceMap does.
struct Read {
  std::string text;
  DocText doc;
  ParsedDoc parsed;
};
Read read(std::string text) {
  Read r{std::move(text), {}, {}};
  r.doc = strip_doc_comment(r.text, 0, static_cast<uint32_t>(r.text.size()), 1);
  r.parsed = parse_doc(r.doc);
  return r;
}
std::string at(const Read& r, Span span) { return r.text.substr(span.lo - 1, span.hi - span.lo); }
}  // namespace

TEST_CASE("a comment has a summary, a body and tags, each at its place") {
  Read r = read(
      "/// Adds `a` to\n    /// the sum.\n    ///\n    /// More.\n    /// @param a first\n    ///   and on\n    /// @error E.V: when\n    ///\n    /// Last.");
  CHECK(r.parsed.summary == "Adds `a` to the sum.");
  CHECK(r.parsed.body == "More.\n\nLast.");
  REQUIRE(r.parsed.tags.size() == 2);
  CHECK(r.parsed.tags[0].name == "a");
  CHECK(r.parsed.tags[0].text == "first\nand on");
  CHECK(at(r, r.parsed.tags[0].name_span) == "a");
  CHECK(r.parsed.tags[1].name == "E.V");
  CHECK(r.parsed.tags[1].text == "when");
  CHECK(at(r, r.parsed.tags[1].span) == "@error E.V");
}

TEST_CASE("a table or a list at the beginning is no summary") {
  for (const char* text : {"/// | a | b |\n/// |---|---|\n/// | 1 | 2 |", "/// - one\n/// - two",
                           "/// 1. one\n/// 2. two", "/// > said"}) {
    Read r = read(text);
    CHECK(r.parsed.summary.empty());
    CHECK(r.parsed.body.size() >= 6);
    CHECK((r.parsed.body.find('\n') != std::string::npos || r.parsed.body[0] == '>'));
  }
}

TEST_CASE("links are names between brackets, outside of code") {
  Read r = read(
      "/// See [a.b], [`c`], [`d()`], \\[e], `[f]`, [g h], [i](j.md), x[0], [k][l], - [x] done\n/// ```\n/// [m]\n/// ```");
  std::vector<std::string> found;
  for (const DocLink& l : r.parsed.links) {
    if (!l.soft) found.push_back(l.target);
    CHECK(at(r, l.span) == l.target);
  }
  CHECK(found == std::vector<std::string>{"a.b", "c", "d", "j.md", "x"});
  REQUIRE(r.parsed.fences.size() == 1);
  CHECK(r.parsed.fences[0].closed);
}

TEST_CASE("a task that is done is no link") { CHECK(read("/// - [x] done\n/// 1. [x] too").parsed.links.empty()); }

TEST_CASE("flaws stand at their place") {
  Read r = read("/// A <b>word</b> and [this](javascript:x).\n/// ````\n/// ```");
  REQUIRE(r.parsed.flaws.size() == 4);
  CHECK(at(r, r.parsed.flaws[0].span) == "<b>");
  CHECK(at(r, r.parsed.flaws[2].span) == "javascript:x");
  CHECK(r.parsed.flaws[3].kind == DocFlaw::UnclosedFence);
  CHECK(at(r, r.parsed.flaws[3].span) == "````");
}

TEST_CASE("an example keeps its code") {
  Read r = read("/// S.\n/// @example Two of them\n///\n/// ```janus\n/// f()\n/// ```\n/// Rest.");
  REQUIRE(r.parsed.tags.size() == 1);
  CHECK(r.parsed.tags[0].name == "Two of them");
  CHECK(r.parsed.tags[0].text == "```janus\nf()\n```");
  CHECK(r.parsed.body == "Rest.");
}

TEST_CASE("a comment that is too long is cut") {
  std::string text;
  while (text.size() < 2 * kMaxDocBytes) text += "/// [a] <b> `c` @d\n";
  Read r = read(text);
  CHECK(r.doc.cut);
  CHECK(r.doc.text.size() <= kMaxDocBytes + 1);
}

TEST_CASE("addresses that could run are not safe") {
  for (const char* url : {"javascript:x", "JaVaScRiPt:x", " javascript:x", "java\tscript:x", "java\nscript:x",
                          "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.example", "\\\\evil",
                          "&#106;avascript:x", "&#x6a;avascript&colon;x", "javascript&colon;x", "\x01javascript:x"})
    CHECK_MESSAGE(!is_safe_url(url), url);
  for (const char* url :
       {"https://a.b/c?d=e:f#g", "http://a", "mailto:a@b.c", "other.md", "#part", "a/b.html", "a?b=c:d", "./x:y"})
    CHECK_MESSAGE(is_safe_url(url), url);
}

TEST_CASE("versions are three numbers") {
  for (const char* text : {"0.0.0", "1.2.3", "10.20.30", "1.0.0-rc.1", "1.0.0+build.5", "1.0.0-a-b+c"})
    CHECK_MESSAGE(is_semver(text), text);
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3+", "1..3"})
    CHECK_MESSAGE(!is_semver(text), text);
  CHECK(make_semver("v1.2") == "1.2.0");
  CHECK(make_semver("2") == "2.0.0");
  CHECK(make_semver("soon") == "");
}
