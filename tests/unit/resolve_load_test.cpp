// resolve_load_test.cpp: what only a file system can show: files that cannot be read, long chains, std itself.
// Depends on frontend_host.h. Shows UnreadableFile, ChainTooLong, UnknownIntrinsic.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/unit/frontend_host.h"

using namespace janus;

TEST_CASE("load: a file that cannot be read is reported once (E1022)") {
  Collected c({});
  CHECK(c.codes() == "UnreadableFile");
}

TEST_CASE("load: the root file may be imported by its own name, which is a circle") {
  Collected c({{"main.jan", "import util\nfunc main() do end\n"}, {"util.jan", "import main\n"}});
  CHECK(c.codes() == "ImportCycle");
  CHECK(c.program.modules.size() == 2);
}

TEST_CASE("load: all files of a package") {
  Collected c({{"main.jan", "func main() do end\n"},
               {"a/b.jan", "pub func f() do end\n"},
               {"c.jan", "import a.b\nfunc g() do end\n"}},
              {}, true);
  CHECK(c.codes() == "");
  CHECK(c.program.modules.size() == 3);
}

TEST_CASE("load: a chain of files as long as memory, without recursion") {
  std::map<std::string, std::string> texts;
  texts["main.jan"] = "import m0\n";
  for (int i = 0; i < 5000; ++i)
    texts["m" + std::to_string(i) + ".jan"] = i < 4999 ? "import m" + std::to_string(i + 1) + "\n" : "";
  Collected c(texts);
  CHECK(c.codes() == "");
  CHECK(c.program.modules.size() == 5001);
}

TEST_CASE("collect: chains of aliases and consts end with a message, not with the stack (E2121)") {
  std::string aliases, consts;
  for (int i = 0; i < 5000; ++i) {
    aliases += "type A" + std::to_string(i) + " = A" + std::to_string(i + 1) + "\n";
    consts += "const C" + std::to_string(i) + " = C" + std::to_string(i + 1) + "\n";
  }
  Collected a({{"main.jan", aliases + "type A5000 = i64\n"}});
  CHECK(a.codes().find("ChainTooLong") != std::string::npos);
  Collected b({{"main.jan", consts + "const C5000 = 1\n"}});
  CHECK(b.codes().find("ChainTooLong") != std::string::npos);
}

TEST_CASE("collect: structs inside structs, ten thousand deep") {
  std::string text;
  for (int i = 0; i < 10000; ++i)
    text += "struct S" + std::to_string(i) + " { inner: S" + std::to_string(i + 1) + " }\n";
  Collected c({{"main.jan", text + "struct S10000 { x: i64 }\n"}});
  CHECK(c.codes() == "");
  Collected d({{"main.jan", text + "struct S10000 { x: S0 }\n"}});
  CHECK(d.codes() == "RecursiveStruct");
}

TEST_CASE("collect: std may declare intrinsics that exist (E5005)") {
  std::map<std::string, std::string> std_texts = {
      {"std/num.jan",
       "extern \"intrinsic\" func array_len[T](a: []T) -> i64\nextern \"intrinsic\" func array_fly[T](a: []T)\n"}};
  Collected c({{"main.jan", "func main() do end\n"}}, std_texts);
  CHECK(c.codes() == "UnknownIntrinsic");
}

TEST_CASE("collect: the prelude is seen everywhere, and may be shadowed") {
  std::map<std::string, std::string> std_texts = {
      {"std/prelude.jan",
       "pub error ParseError { Empty }\npub func min(a: i64) -> i64 do return a end\nfunc hidden() do end\n"}};
  Collected c({{"main.jan", "func f() -> ParseError!i64 do return 1 end\nfunc min() do end\n"}}, std_texts);
  CHECK(c.codes() == "");
  CHECK(c.program.decls[+c.decl("min")].module == c.program.main_module);
  CHECK(is_none(c.decl("hidden")));
}
