// cli_manifest_test.cpp: janus.toml, and what is said about mistakes in it.
// Depends on doctest, frontend/manifest.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "frontend/manifest.h"

using namespace janus;

namespace {
struct Read {
  SourceMap sources;
  Diagnostics diags;
  Manifest manifest;
  bool ok;
  explicit Read(const std::string& text) { ok = read_manifest(sources, diags, "janus.toml", text, manifest); }
  std::string said() {
    std::string text;
    for (const Diagnostic* d : diags.all()) {
      LineCol at = sources.line_col(d->span.lo);
      text += std::to_string(at.line) + ":" + std::to_string(at.col) + " " + diag_info(d->kind).code + " " +
              d->message + "\n";
    }
    return text;
  }
};
}  // namespace

TEST_CASE("everything a manifest may say") {
  Read r(
      "[package]\nname = \"shop\"\nversion = \"0.3.0\"\nprofile = \"core\"\ncapabilities = [\"CapFsRead\", \"CapNetConnect\"]\n"
      "[budget]\ntasks = 10_000\n[dependencies]\nhttp-tools = \"1.2.0\"\n[link]\nfiles = [\"libz.a\"]\n");
  CHECK(r.said() == "");
  CHECK(r.ok);
  CHECK(r.manifest.name == "shop");
  CHECK(r.manifest.profile == Profile::Core);
  CHECK(r.manifest.capabilities.size() == 2);
  CHECK(r.manifest.budget_tasks == 10000);
  CHECK(r.manifest.dependencies[0].name == "http-tools");
  CHECK(r.manifest.link == std::vector<std::string>{"libz.a"});
}

TEST_CASE("unknown keys are errors, with the place and the near one") {
  Read r("[package]\nname = \"shop\"\nversoin = \"0.1.0\"\n[pakage]\n");
  CHECK(r.said() == "3:1 E1901 `versoin` is not a key of `[package]`\n4:2 E1901 `pakage` is not a key of janus.toml\n");
  CHECK(r.diags.all()[0]->label == "did you mean `version`?");
  CHECK(r.diags.all()[1]->label == "did you mean `package`?");
}

TEST_CASE("values are checked") {
  CHECK(Read("[package]\nname = \"Shop\"\n").said() ==
        "2:8 E2901 `name` must be a name of small letters, digits, `-` and `_` that begins with a letter\n");
  CHECK(Read("[package]\nname = \"shop\"\nprofile = \"cor\"\n").said() == "3:11 E5003 there is no profile `:cor`\n");
  CHECK(Read("[package]\nname = \"shop\"\nversion = \"1.0\"\n").said() ==
        "3:11 E2901 `version` must be three numbers like \"0.3.0\"\n");
  CHECK(Read("[package]\nname = \"shop\"\ncapabilities = [\"CapFsRaed\"]\n").said() ==
        "3:17 E5901 there is no capability `CapFsRaed`\n");
  CHECK(Read("[package]\nname = \"é\" \n").said().starts_with("2:8 E2901"));
  CHECK(Read("[package]\nname = \"shop\"\n[budget]\ntasks = -1\n").said() ==
        "4:9 E2901 `tasks` must be a whole number from 1 to 1_000_000_000\n");
  CHECK(Read("package = 1\n").said().starts_with("1:11 E2901 `package` must be a table"));
  CHECK(Read("").said() == "1:1 E1902 janus.toml has no `[package]`\n");
  CHECK(Read("[package]\n").said() == "1:1 E1902 `[package]` has no `name`\n");
}

TEST_CASE("what is no TOML is said at its place, whatever the bytes") {
  Read r("[package]\nname = shop\n");
  CHECK_FALSE(r.ok);
  CHECK(r.said().starts_with("2:8 E0901 this manifest cannot be read: "));
  for (const char* text :
       {"\xFF\xFE", "[", "[[[[", "a = [", "a = \"", "=", "\0", "[a]\n[a]\n", "a.b = 1\na.b.c = 2\n"}) {
    Read any(text);
    CHECK_FALSE(any.ok);
    CHECK_FALSE(any.diags.all().empty());
  }
}
