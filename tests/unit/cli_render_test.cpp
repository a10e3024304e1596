// cli_render_test.cpp: diagnostics as people and programs read them.
// Depends on doctest, frontend/diag_render.h, frontend/diag_json.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "frontend/diag_json.h"
#include "frontend/diag_render.h"
#include "frontend/text_width.h"

using namespace janus;

namespace {
struct Case {
  SourceMap sources;
  Diagnostics diags;
  Span add(const char* path, const std::string& text) {
    FileId id = sources.add(path, text);
    uint32_t base = sources.file(id).base;
    return {base, base + static_cast<uint32_t>(text.size())};
  }
  // The n-th place of a word in the file that `file` covers.
  Span find(Span file, const std::string& word, int n = 1) {
    std::string text(sources.text(file));
    size_t at = std::string::npos;
    for (int i = 0; i < n; ++i) at = text.find(word, at + 1);
    REQUIRE(at != std::string::npos);
    uint32_t lo = file.lo + static_cast<uint32_t>(at);
    return {lo, lo + static_cast<uint32_t>(word.size())};
  }
  std::string shown(bool color = false) {
    RenderOptions options;
    options.color = color;
    return render_diag(sources, *diags.all().back(), options);
  }
};
}  // namespace

TEST_CASE("one place, with its label") {
  Case c;
  Span f = c.add("a.jan", "func main() do\n    let x: i64 = \"one\"\nend\n");
  c.diags.report<Diag::TypeMismatch>(c.find(f, "\"one\""), "i64", "String").with_label("this is a `String`");
  CHECK(c.shown() ==
        "error[E2001]: expected `i64`, found `String`\n"
        " --> a.jan:2:18\n"
        "  |\n"
        "2 |     let x: i64 = \"one\"\n"
        "  |                  ^^^^^ this is a `String`\n"
        "\n");
}

TEST_CASE("labels of one line hang below each other, right to left") {
  Case c;
  Span f = c.add("a.jan", "call(alpha, beta, gamma)\n");
  c.diags.report<Diag::UnknownName>(c.find(f, "beta"), "beta")
      .with_label("main")
      .at(c.find(f, "alpha"), "first")
      .at(c.find(f, "gamma"), "last");
  CHECK(c.shown() ==
        "error[E1001]: `beta` is not known here\n"
        " --> a.jan:1:13\n"
        "  |\n"
        "1 | call(alpha, beta, gamma)\n"
        "  |      -----  ^^^^  ----- last\n"
        "  |      |      |\n"
        "  |      |      main\n"
        "  |      first\n"
        "\n");
}

TEST_CASE("two labels at one place") {
  Case c;
  Span f = c.add("a.jan", "let a = b\n");
  c.diags.report<Diag::UnknownName>(c.find(f, "b"), "b").with_label("one").at(c.find(f, "b"), "two");
  CHECK(c.shown() ==
        "error[E1001]: `b` is not known here\n"
        " --> a.jan:1:9\n"
        "  |\n"
        "1 | let a = b\n"
        "  |         ^\n"
        "  |         |\n"
        "  |         two\n"
        "  |         one\n"
        "\n");
}

TEST_CASE("tabs, wide characters and combining marks are counted as they are seen") {
  Case c;
  Span f = c.add("a.jan", "\tlet 名前 = e\xCC\x81 + x\n");
  c.diags.report<Diag::UnknownName>(c.find(f, "x"), "x");
  CHECK(c.shown() ==
        "error[E1001]: `x` is not known here\n"
        " --> a.jan:1:21\n"
        "  |\n"
        "1 |     let 名前 = e\xCC\x81 + x\n"
        "  |                    ^\n"
        "\n");
  Place place = place_of(c.sources, c.diags.all()[0]->span);
  CHECK(place.col == 21);
  CHECK(place.utf16_col == 16);
}

TEST_CASE("characters that act on the terminal are not passed on") {
  Case c;
  Span f = c.add("a.jan", "x \x1b[31m \xE2\x80\xAE \xFF y\n");
  c.diags.report<Diag::UnknownName>(c.find(f, "y"), "\x1b[2J");
  std::string text = c.shown();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(text.find("1 | x \xEF\xBF\xBD[31m \xEF\xBF\xBD \xEF\xBF\xBD y\n") != std::string::npos);
}

TEST_CASE("a place of several lines is a bracket in the gutter") {
  Case c;
  Span f = c.add("a.jan", "match c {\n    1 => a,\n    2 => b,\n}\nlet y = match c {\n    1 => a,\n}\n");
  Span first = {f.lo, c.find(f, "}").hi};
  c.diags.report<Diag::MatchNotExhaustive>(first).with_label("`_` is missing");
  CHECK(c.shown() ==
        "error[E6001]: this `match` does not cover every case\n"
        " --> a.jan:1:1\n"
        "  |\n"
        "1 | / match c {\n"
        "2 | |     1 => a,\n"
        "3 | |     2 => b,\n"
        "4 | | }\n"
        "  | |_^ `_` is missing\n"
        "\n");
  Span second = {c.find(f, "match", 2).lo, c.find(f, "}", 2).hi};
  c.diags.report<Diag::MatchNotExhaustive>(second).with_label("`_` is missing");
  CHECK(c.shown() ==
        "error[E6001]: this `match` does not cover every case\n"
        " --> a.jan:5:9\n"
        "  |\n"
        "5 |   let y = match c {\n"
        "  |  _________^\n"
        "6 | |     1 => a,\n"
        "7 | | }\n"
        "  | |_^ `_` is missing\n"
        "\n");
}

TEST_CASE("the middle of long places is left out, and far lines are apart") {
  Case c;
  std::string text = "first\n";
  for (int i = 0; i < 20; ++i) text += "line\n";
  text += "last\n";
  Span f = c.add("a.jan", text);
  c.diags.report<Diag::UnknownName>(c.find(f, "last"), "last").at(c.find(f, "first"), "here");
  CHECK(c.shown() ==
        "error[E1001]: `last` is not known here\n"
        "  --> a.jan:22:1\n"
        "   |\n"
        " 1 | first\n"
        "   | ----- here\n"
        "...\n"
        "22 | last\n"
        "   | ^^^^\n"
        "\n");
}

TEST_CASE("places in other files, notes, helps") {
  Case c;
  Span f = c.add("a.jan", "one\n"), g = c.add("src/b.jan", "x\ntwo\n");
  c.diags.report<Diag::UnknownName>(c.find(f, "one"), "one")
      .at(c.find(g, "two"), "declared here")
      .note("first\nsecond")
      .help("do it");
  CHECK(c.shown() ==
        "error[E1001]: `one` is not known here\n"
        " --> a.jan:1:1\n"
        "  |\n"
        "1 | one\n"
        "  | ^^^\n"
        "  |\n"
        " ::: src/b.jan:2:1\n"
        "  |\n"
        "2 | two\n"
        "  | --- declared here\n"
        "  |\n"
        "  = note: first\n"
        "          second\n"
        "  = help: do it\n"
        "\n");
}

TEST_CASE("suggestions: insertions are marked, changes are a small diff, parts of one stand together") {
  Case c;
  Span f = c.add("a.jan", "let a = f(b\nlet c = a > b\n");
  Span at = c.find(f, "b");
  c.diags.report<Diag::UnclosedBracket>(c.find(f, "("), "(").fix({at.hi, at.hi}, ")", "add `)`");
  CHECK(c.shown().find("help: add `)`\n"
                       "  |\n"
                       "1 | let a = f(b)\n"
                       "  |            +\n") != std::string::npos);
  c.diags.report<Diag::UnknownName>(c.find(f, "a > b"), "x")
      .fix(c.find(f, ">"), "<", "write `<`")
      .fix(c.find(f, "c ="), "d =", "");
  CHECK(c.shown().find("help: write `<`\n"
                       "  |\n"
                       "2 - let c = a > b\n"
                       "2 + let d = a < b\n") != std::string::npos);
}

TEST_CASE("a long line is cut around the place") {
  Case c;
  std::string text(1000, 'x');
  text.replace(500, 4, "HERE");
  Span f = c.add("a.jan", text);
  c.diags.report<Diag::UnknownName>(c.find(f, "HERE"), "HERE");
  std::string shown = c.shown();
  size_t at = shown.find("1 | ");
  std::string line = shown.substr(at, shown.find('\n', at) - at), under = shown.substr(shown.find('\n', at) + 1);
  CHECK(text_width(line) <= 210);
  CHECK(line.find("…") != std::string::npos);
  CHECK(text_width(line.substr(0, line.find("HERE"))) == under.find('^'));
}

TEST_CASE("the end of a file, an empty file, no place") {
  Case c;
  Span f = c.add("a.jan", "func");
  c.diags.report<Diag::UnexpectedToken>(Span{f.hi, f.hi}, "a name", "the end of the file");
  CHECK(c.shown().find("1 | func\n  |     ^\n") != std::string::npos);
  Span g = c.add("b.jan", "");
  c.diags.report<Diag::UnexpectedToken>(Span{g.lo, g.lo}, "a name", "the end of the file");
  CHECK(c.shown().find(" --> b.jan:1:1\n") != std::string::npos);
  c.diags.report<Diag::UnreadableFile>(Span{}, "cannot read x");
  CHECK(c.shown() == "error[E1022]: cannot read x\n\n");
}

TEST_CASE("colours wrap words, never the end of a line") {
  Case c;
  Span f = c.add("a.jan", "one\n");
  c.diags.report<Diag::UnknownName>(c.find(f, "one"), "one").with_label("here");
  std::string text = c.shown(true);
  CHECK(text.find("\033[1;31merror[E1001]\033[0m") == 0);
  bool dyed = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') CHECK_FALSE(dyed);
    if (text[i] == '\033') dyed = text.compare(i, 4, "\033[0m") != 0;
  }
}

TEST_CASE("after twenty errors the rest are counted") {
  Case c;
  Span f = c.add("a.jan", "x\n");
  for (int i = 0; i < 25; ++i) c.diags.report<Diag::UnknownName>(Span{f.lo, f.lo + 1}, "x" + std::to_string(i));
  c.diags.report<Diag::UnusedComparison>(Span{f.lo, f.lo + 1});
  std::string text = render_diags(c.sources, c.diags, {});
  CHECK(text.find("`x19`") != std::string::npos);
  CHECK(text.find("`x20`") == std::string::npos);
  CHECK(text.ends_with(
      "... 5 more errors not shown (--max-errors 0 shows all)\n25 errors, 1 warning; `janus explain E1001` says more\n"));
}

TEST_CASE("any span of any text is rendered without harm") {
  std::string text = "\xFF\t\xF0\x9F\x98\x80\r\n\n\xE4\xB8\xAD\xCC\x81 x\n\t\ty";
  Case c;
  Span f = c.add("a.jan", text);
  for (uint32_t lo = f.lo; lo <= f.hi; ++lo)
    for (uint32_t hi = lo; hi <= f.hi; ++hi) {
      c.diags.report<Diag::UnknownName>(Span{lo, hi}, "n")
          .with_label("l")
          .at({f.lo, hi}, "m")
          .fix({lo, hi}, "r\ns", "t");
      CHECK(c.shown().size() > 10);
      CHECK(diag_to_json(c.sources, *c.diags.all().back()).find('\n') == std::string::npos);
    }
}

TEST_CASE("JSON and SARIF") {
  Case c;
  Span f = c.add("src/a b.jan", "let x = \"\xFF\"\n");
  c.diags.report<Diag::TypeMismatch>(c.find(f, "x"), "i64", "\"q\"")
      .with_label("l")
      .note("n")
      .fix(c.find(f, "x"), "y", "write `y`");
  std::string json = diag_to_json(c.sources, *c.diags.all()[0]);
  CHECK(json.starts_with("{\"schema\":\"janus.diag/1\",\"reason\":\"diagnostic\",\"code\":\"E2001\""));
  CHECK(json.find("\"path\":\"src/a b.jan\",\"line\":1,\"col\":5,\"end_line\":1,\"end_col\":6") != std::string::npos);
  CHECK(json.find("found `\\\"q\\\"`") != std::string::npos);
  CHECK(json.find("\"applicability\":\"machine-applicable\"") != std::string::npos);
  std::string sarif = diags_to_sarif({{&c.sources, &c.diags}}, "0.1.0");
  CHECK(sarif.find("\"version\":\"2.1.0\"") != std::string::npos);
  CHECK(sarif.find("\"uri\":\"src/a%20b.jan\",\"uriBaseId\":\"%SRCROOT%\"") != std::string::npos);
  CHECK(sarif.find("\"partialFingerprints\":{\"janusDiagnostic/v1\":\"") != std::string::npos);
  CHECK(sarif.find("\"insertedContent\":{\"text\":\"y\"}") != std::string::npos);
}
