// parse_test.cpp: what no program can show of sources, names, the lexer and the parser: places, sizes, limits.
// Depends on frontend/parse.h, doctest.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/parse.h"

#include <doctest/doctest.h>

#include "frontend/lex.h"
#include "frontend/words.h"

using namespace janus;

namespace {

struct Parsed {
  SourceMap sources;
  Names names;
  Diagnostics diags;
  Tree tree;
  explicit Parsed(std::string text, const char* path = "test.jan") {
    tree = parse(sources.add(path, std::move(text)), sources, names, diags);
  }
  std::string_view text(NodeId id) const { return sources.text(tree.span(id)); }
  NodeId first(NodeKind kind) const {
    for (uint32_t i = 0; i < tree.nodes.size(); ++i)
      if (tree.nodes[i].kind == kind) return NodeId(i);
    return NodeId::None;
  }
};

std::string in_main(const std::string& body) { return "func main() do\n" + body + "\nend\n"; }
std::string repeated(const char* text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("positions of several files share one space") {
  SourceMap sources;
  FileId a = sources.add("a.jan", "one\ntwo");
  FileId b = sources.add("b.jan", "three\r\n\nfour");
  const SourceFile& file = sources.file(b);
  CHECK(sources.find(sources.file(a).base) == a);
  CHECK(sources.find(sources.file(a).base + 7) == a);  // the place after the last byte
  CHECK(sources.find(file.base) == b);
  CHECK(is_none(sources.find(0)));
  LineCol place = sources.line_col(file.base + 8);
  CHECK(place.line == 3);
  CHECK(place.col == 1);
  CHECK(sources.line_text(b, 1) == "three");
  CHECK(sources.line_text(b, 2) == "");
  CHECK(sources.line_text(b, 3) == "four");
  CHECK(sources.line_text(b, 4) == "");
  CHECK(sources.text({file.base, file.base + 5}) == "three");
  CHECK(sources.text({}) == "");
}

TEST_CASE("equal texts have equal names") {
  Names names;
  CHECK(names.intern("and") == word(Word::KwAnd));
  CHECK(names.intern("_") == word(Word::Underscore));
  std::vector<NameId> ids;
  for (int i = 0; i < 20000; ++i) ids.push_back(names.intern("name" + std::to_string(i)));
  for (int i = 0; i < 20000; ++i) {
    CHECK(names.text(ids[i]) == "name" + std::to_string(i));
    REQUIRE(names.find("name" + std::to_string(i)) == ids[i]);
  }
  CHECK(is_none(names.find("never")));
  std::string big(1 << 20, 'x');
  CHECK(names.intern(big) == names.intern(big));
  CHECK(names.intern("") == names.intern(""));
  for (size_t n = 0; n < 70; ++n) CHECK(names.text(names.intern(big.substr(0, n))).size() == n);
}

TEST_CASE("the nearest name") {
  CHECK(nearest_name("pritnln", {"println", "print", "eprintln"}) == "println");
  CHECK(nearest_name("String", {"string", "Strong"}) == "string");
  CHECK(nearest_name("x", {"y", "z"}).empty());
  CHECK(nearest_name("completely", {"different"}).empty());
  CHECK(nearest_name("lenght", {"length", "len"}) == "length");
  CHECK(nearest_name("", {"a"}).empty());
}

TEST_CASE("diagnostics are ordered by place, and said once") {
  Diagnostics diags;
  diags.report<Diag::UnknownName>({5, 6}, "b");
  diags.report<Diag::UnknownName>({1, 2}, "a");
  diags.report<Diag::UnknownName>({5, 6}, "b");
  CHECK(diags.error_count() == 3);
  diags.sort();
  REQUIRE(diags.all().size() == 2);
  CHECK(diags.error_count() == 2);
  CHECK(diags.all()[0]->message == "`a` is not known here");
  CHECK(std::string_view(diag_info(diags.all()[0]->kind).code) == "E1001");
}

TEST_CASE("a place for every node") {
  Parsed p(
      "pub async func f(mut a: i64, b: []i64 = [1, 2]) E!i64 do\n    let x = a.b(c, d: 3)[1]? + -2 * (3 + 4)\n    outer: for i in 0..10 do end\nend\n");
  REQUIRE(!p.diags.has_errors());
  CHECK(p.text(p.first(NodeKind::FuncDecl)).substr(0, 16) == "pub async func f");
  CHECK(p.text(p.first(NodeKind::FuncDecl)).ends_with("end"));
  CHECK(p.text(p.first(NodeKind::Param)) == "mut a: i64");
  CHECK(p.text(p.first(NodeKind::TypeFallible)) == "E!i64");
  CHECK(p.text(p.first(NodeKind::Call)) == "a.b(c, d: 3)");
  CHECK(p.text(p.first(NodeKind::Index)) == "a.b(c, d: 3)[1]");
  CHECK(p.text(p.first(NodeKind::Question)) == "a.b(c, d: 3)[1]?");
  CHECK(p.text(p.first(NodeKind::Paren)) == "(3 + 4)");
  CHECK(p.text(p.first(NodeKind::Let)) == "let x = a.b(c, d: 3)[1]? + -2 * (3 + 4)");
  CHECK(p.text(p.first(NodeKind::For)) == "outer: for i in 0..10 do end");
  CHECK(p.text(p.first(NodeKind::Range)) == "0..10");
  CHECK(p.sources.text(p.tree.caret(p.first(NodeKind::FuncDecl))) == "f");
}

TEST_CASE("numbers and characters") {
  Parsed p(in_main(
      "let a = 18446744073709551615\nlet b = 0xFFFF_FFFF\nlet c = 1_000.25e2\nlet d = '\\u{1F600}'\nlet e = 'é'"));
  REQUIRE(!p.diags.has_errors());
  const Tokens& t = p.tree.tokens;
  std::vector<unsigned __int128> ints;
  std::vector<double> floats;
  std::vector<uint32_t> chars;
  for (uint32_t i = 0; i < t.size(); ++i) {
    if (t.kinds[i] == TokenKind::IntLit) ints.push_back(t.int_value(i));
    if (t.kinds[i] == TokenKind::FloatLit) floats.push_back(t.float_value(i));
    if (t.kinds[i] == TokenKind::CharLit) chars.push_back(t.values[i]);
  }
  CHECK(ints == std::vector<unsigned __int128>{18446744073709551615ull, 0xffffffffull});
  CHECK(floats == std::vector<double>{100025});
  CHECK(chars == std::vector<uint32_t>{0x1F600, 0xe9});
}

TEST_CASE("doc comments know the token they stand before") {
  Parsed p(
      "//! the file\n//! goes on\n\n/// first\n/// second\nfunc f() do end\n\n//// no doc\n/// third\npub func g() do end\n");
  const auto& docs = p.tree.tokens.docs;
  REQUIRE(docs.size() == 3);
  CHECK(docs[0].of_file);
  CHECK(docs[1].begin == 26);
  CHECK(p.sources.file(p.tree.file).text.substr(docs[1].begin, docs[1].end - docs[1].begin) == "/// first\n/// second");
  CHECK(p.tree.tokens.kinds[docs[1].next_token] == TokenKind::KwFunc);
  CHECK(p.tree.tokens.kinds[docs[2].next_token] == TokenKind::KwPub);
}

TEST_CASE("texts") {
  auto value = [](const std::string& literal) {
    Parsed p(in_main("f(" + literal + ")"));
    CHECK(!p.diags.has_errors());
    NodeId id = p.first(NodeKind::StringLit);
    return is_none(id) ? std::string("none") : std::string(p.names.text(NameId(p.tree[id].a)));
  };
  CHECK(value("\"a\\n\\t\\\"\\\\\\$\\u{41}\\x42\"") == "a\n\t\"\\$AB");
  CHECK(value("\"\"") == "");
  CHECK(value("\"$5 {x}\"") == "$5 {x}");
  CHECK(value("\"\"\"\n    one\n      two\n\n    three\n    \"\"\"") == "one\n  two\n\nthree");
  CHECK(value("\"\"\"\n  \"\"\"") == "");
  CHECK(value("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"") == "a\nb");
  CHECK(value("\"\"\"\n  say \"hi\" ${x} and\n  go\n  \"\"\"") == "say \"hi\" ");
  CHECK(value("\"é😀\"") == "é😀");
}

TEST_CASE("line ends, tabs and a byte order mark are fine") {
  Parsed p("\xef\xbb\xbf#!/usr/bin/env janus\r\nfunc main() do\r\n\tlet a = 1\r\n\tprintln(a)\r\nend");
  CHECK(!p.diags.has_errors());
}

TEST_CASE("names of all scripts") {
  Parsed p(in_main("let größe = 1\nlet 名前 = 2\nlet имя = größe + 名前"));
  CHECK(!p.diags.has_errors());
  Parsed bad(in_main("let a = 1 ☃ 2"));
  CHECK(bad.diags.error_count() == 1);
}

// Who gives up at the limit stands at the end of the file, and nobody may go on from there.
TEST_CASE("whatever is nested in whatever, the parser stays in the file") {
  const std::string kOpen[] = {"(",
                               "[",
                               "-",
                               "not ",
                               "{ || ",
                               "if true do ",
                               "f(",
                               "a[",
                               "func() do ",
                               "\"${",
                               "try ",
                               "do ",
                               "match 1 { _ => ",
                               "return ",
                               "a ?? ",
                               "a catch ",
                               "x = { |a| ",
                               "P { a: ",
                               "defer ",
                               "& ",
                               "* ",
                               "! ",
                               "++",
                               "await ",
                               "spawn ",
                               "a + ",
                               "a..",
                               "a as ",
                               "a[b]{",
                               "M[K, V] { ",
                               "&mut ",
                               "mut ",
                               ".V(",
                               "#{",
                               "[a: ",
                               "nursery do ",
                               "select do recv a do ",
                               "while a do ",
                               "for a in ",
                               "race { ",
                               "shield do ",
                               "func f(a: ",
                               "(a, ",
                               "a == ",
                               "a ? ",
                               "if a { ",
                               "else ",
                               "try { ",
                               "?",
                               "a.b(",
                               "a.b { ",
                               "match a do ",
                               "P{..",
                               "let a = ",
                               "var a: ",
                               "[]",
                               "x |> ",
                               "a <> ",
                               "fail "};
  for (const std::string& open : kOpen)
    for (const std::string& other : kOpen) {
      CAPTURE(open);
      CAPTURE(other);
      Parsed p(in_main("let x = " + repeated((open + other).c_str(), 150)));
      CHECK(p.diags.error_count() <= 500);
    }
  for (const std::string& open : kOpen)
    for (int depth : {300, 20000}) {
      CAPTURE(open);
      Parsed p(in_main("let x = " + repeated(open.c_str(), depth)));
      CHECK(p.diags.error_count() <= 20000);
    }
  // Every word and sign that there is, over and over, as a value, a statement and a declaration.
  const std::string kWords[] = {
#define TOKEN(Name, text)
#define KEYWORD(Name, text) text,
#define PUNCT(Name, text) text,
#include "frontend/token.def"
#undef TOKEN
#undef KEYWORD
#undef PUNCT
  };
  for (const std::string& word : kWords)
    for (const char* after : {" ", " a ", " A {", " (", " do ", "\n", " |a| ", " a: "}) {
      CAPTURE(word);
      CAPTURE(after);
      std::string text = repeated((word + after).c_str(), 20000);
      Parsed value(in_main("let x = " + text)), statement(in_main(text)), declaration(text);
      CHECK(value.diags.error_count() + statement.diags.error_count() + declaration.diags.error_count() <= 100000);
    }
}

TEST_CASE("nesting has a limit, which is one error") {
  const char* kOpen[] = {"(",     "[",          "-",          "not ",    "{ || ", "if true do ",     "f(",
                         "a[",    "func() do ", "\"${",       "try ",    "do ",   "match 1 { _ => ", "return ",
                         "a ?? ", "a catch ",   "x = { |a| ", "P { a: ", "defer "};
  for (const char* open : kOpen) {
    CAPTURE(open);
    for (int depth : {200, 300, 20000}) {
      Parsed p(in_main("let x = " + repeated(open, depth)));
      CHECK(p.diags.error_count() <= 30);
    }
  }
  Parsed deep(in_main("let x = " + repeated("(", 20000) + "1" + repeated(")", 20000)));
  REQUIRE(deep.diags.error_count() == 1);
  CHECK(deep.diags.all()[0]->kind == Diag::NestingTooDeep);
  Parsed types("type T = " + repeated("[]", 20000) + "i64\n");
  CHECK(types.diags.error_count() == 1);
  Parsed patterns(in_main("match x { " + repeated("(a, ", 20000) + "b" + repeated(")", 20000) + " => 1 }"));
  CHECK(patterns.diags.error_count() == 1);
  Parsed fine(in_main("let x = " + repeated("(", 200) + "1" + repeated(")", 200)));
  CHECK(!fine.diags.has_errors());
  Parsed ifs(in_main(repeated("if true do\n", 200) + repeated("end\n", 200)));
  CHECK(!ifs.diags.has_errors());
}

TEST_CASE("long chains have a limit, lists have none") {
  Parsed sum(in_main("let x = 1" + repeated(" + 1", 1500)));
  CHECK(!sum.diags.has_errors());
  for (const char* link : {" + 1", ".a()", "[0]", " ?? 1", " catch 1", "?", " and true", "..2"}) {
    CAPTURE(link);
    Parsed chain(in_main("let x = a" + repeated(link, 50000)));
    CHECK(chain.diags.error_count() == 1);
  }
  Parsed branches(in_main("if a do" + repeated("\nelse if a do", 50000) + "\nend"));
  CHECK(branches.diags.error_count() == 1);
  Parsed list(in_main("let x = [1" + repeated(", 1 + 1", 50000) + "]"));
  CHECK(!list.diags.has_errors());
  for (const char* statement :
       {"let x = 1 + 2\n", "a.b(c + d)\n", "a = b + c * d\n", "spawn f(x + y)\n", "if a do b else if c do d end\n",
        "match a { 1 => b + c, _ => d.e() }\n", "return a.b ?? c\n"}) {
    CAPTURE(statement);
    Parsed statements(in_main(repeated(statement, 20000)));
    CHECK(!statements.diags.has_errors());
  }
}

TEST_CASE("one long line") {
  std::string name(200000, 'a');
  Parsed p(in_main("let " + name + " = \"" + std::string(5 << 20, 'b') + "\" // " + std::string(5 << 20, 'c')));
  CHECK(!p.diags.has_errors());
  CHECK(p.text(p.first(NodeKind::PatBind)) == name);
  Parsed garbage(std::string(1 << 20, '@'));
  CHECK(garbage.diags.error_count() < 1000);
  Parsed zeros(std::string(1 << 20, '\0'));
  CHECK(zeros.diags.error_count() >= 1);
}

TEST_CASE("too large a file is refused") {
  SourceFile file;
  file.path = "big.jan";
  file.base = 1;
  file.too_large = true;
  Names names;
  Diagnostics diags;
  Tokens tokens = lex(file, names, diags);
  CHECK(tokens.size() == 1);
  REQUIRE(diags.error_count() == 1);
  CHECK(diags.all()[0]->kind == Diag::FileTooLarge);  // E0006
}
