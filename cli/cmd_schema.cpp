// cmd_schema.cpp: `janus schema NAME`: JSON Schemas of what --json writes.
// Depends on commands.h, frontend/diag.h (nearest_name).
// SPDX-License-Identifier: Apache-2.0
//
// Every line on stdout is one object with `schema` and `reason`. A schema's number grows when a field changes its
// meaning or goes; fields may be added at any time, so readers pass over those they do not know.
#include "backend/embed.h"
#include "cli/commands.h"
#include "frontend/diag.h"

namespace janus {
namespace {

#define PLACE                                                                                               \
  R"("path":{"type":"string"},"line":{"type":"integer","minimum":1},"col":{"type":"integer","minimum":1},)" \
  R"("end_line":{"type":"integer"},"end_col":{"type":"integer"},"utf16_col":{"type":"integer"},)"           \
  R"("utf16_end_col":{"type":"integer"},"begin":{"type":"integer"},"end":{"type":"integer"})"
#define OBJECT(reason, required, properties)                                                                    \
  R"({"type":"object","properties":{"schema":{"type":"string"},"reason":{"const":")" reason R"("},)" properties \
  R"(},"required":["schema","reason",)" required R"(]})"

#define DIAGNOSTIC                                                                                                                \
  OBJECT(                                                                                                                         \
      "diagnostic", R"("code","name","severity","message","rendered")",                                                           \
      R"("code":{"type":"string","pattern":"^[EWD][0-9]{4}$"},"name":{"type":"string"},"severity":{"enum":["error","warning"]},)" \
      R"("message":{"type":"string"},)" PLACE R"(,"label":{"type":"string"},)"                                                    \
      R"("labels":{"type":"array","items":{"type":"object","properties":{)" PLACE R"(,"text":{"type":"string"}}}},)"              \
      R"("notes":{"type":"array","items":{"type":"string"}},"helps":{"type":"array","items":{"type":"string"}},)"                 \
      R"("fixes":{"type":"array","items":{"type":"object","properties":{)" PLACE                                                  \
      R"(,"replacement":{"type":"string"},"text":{"type":"string"},)"                                                             \
      R"("applicability":{"enum":["machine-applicable","maybe-incorrect","has-placeholders","unspecified"]}}}},)"                 \
      R"("rendered":{"type":"string"})")
#define FAILURE OBJECT("failure", R"("message")", R"("message":{"type":"string"},"help":{"type":"string"})")
#define TIME                                                                                                                    \
  OBJECT(                                                                                                                       \
      "time", R"("phases","total_us")",                                                                                         \
      R"("phases":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"us":{"type":"integer"}}}},)" \
      R"("total_us":{"type":"integer"},"peak_kib":{"type":"integer"})")
#define END OBJECT("end", R"("exit")", R"("exit":{"type":"integer"})")
#define SCHEMA(name, objects)                                                                                   \
  {name, R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":")" name                          \
         R"(","description":"one line on stdout; the last has the reason `end`","oneOf":[)" objects "," FAILURE \
         "," END "]}\n"}

struct Schema {
  const char* name;
  const char* text;
};
constexpr Schema
    kSchemas
        [] =
            {
                SCHEMA(
                    "janus.diag/1", DIAGNOSTIC
                    "," TIME
                    "," OBJECT("fixed", R"("path","line","col","text")", R"("path":{"type":"string"},"line":{"type":"integer"},"col":{"type":"integer"},"text":{"type":"string"})") "," OBJECT(
                        "summary", R"("errors","warnings")",
                        R"("errors":{"type":"integer"},"warnings":{"type":"integer"},"files":{"type":"integer"},"fixed":{"type":"integer"})")),
                SCHEMA(
                    "janus.build/1",
                    DIAGNOSTIC "," TIME "," OBJECT(
                        "built", R"("output","bytes")",
                        R"("output":{"type":"string"},"kind":{"enum":["exe","obj","asm","llvm-ir"]},"release":{"type":"boolean"},"bytes":{"type":"integer"},"cached":{"type":"boolean"})")),
                SCHEMA(
                    "janus.test/1", DIAGNOSTIC "," TIME "," OBJECT("listed",
                                                                   R"("name","path","line")", R"("name":{"type":"string"},"path":{"type":"string"},"line":{"type":"integer"},"kind":{"enum":["test","doctest"]})") "," OBJECT("test", R"("name","path","line","outcome")", R"("name":{"type":"string"},"path":{"type":"string"},"line":{"type":"integer"},"kind":{"enum":["test","doctest"]},"outcome":{"enum":["passed","failed","timeout","ignored","unchanged"]},"schedules":{"type":"integer"},"seed":{"type":"string"},"us":{"type":"integer"},"why":{"type":"string"},"test_exit":{"type":"integer"},"signal":{"type":"integer"},"output":{"type":"string"})") "," OBJECT("summary",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                R"("passed","failed")", R"("passed":{"type":"integer"},"failed":{"type":"integer"},"ignored":{"type":"integer"},"unchanged":{"type":"integer"},"us":{"type":"integer"})")),
                SCHEMA(
                    "janus.doc/1", DIAGNOSTIC
                    "," TIME
                    "," OBJECT("fixed", R"("path","line","col","text")", R"("path":{"type":"string"},"line":{"type":"integer"},"col":{"type":"integer"},"text":{"type":"string"})") "," OBJECT(
                        "summary", R"("items")",
                        R"("items":{"type":"integer"},"guides":{"type":"integer"},"written":{"type":"integer"},"out":{"type":"string"},"problems":{"type":"integer"},"fixed":{"type":"integer"})")),
                SCHEMA("janus.new/1", OBJECT("made", R"("path")", R"("path":{"type":"string"})")),
                SCHEMA(
                    "janus.explain/1",
                    OBJECT("explanation", R"("code","page")", R"("code":{"type":"string"},"name":{"type":"string"},"text":{"type":"string"},"page":{"type":"string"})") "," OBJECT(
                        "diagnostic-kind", R"("code")",
                        R"("code":{"type":"string"},"name":{"type":"string"},"text":{"type":"string"})")),
                SCHEMA("janus.clean/1", OBJECT("removed", R"("files","bytes")",
                                               R"("files":{"type":"integer"},"bytes":{"type":"integer"})")),
                SCHEMA("janus.version/1",
                       OBJECT("version", R"("janus","llvm","target")",
                              R"("janus":{"type":"string"},"llvm":{"type":"string"},"target":{"type":"string"})")),
};

}  // namespace

// The documentation itself (`janus doc --format json`) is one value, with a schema of its own.
static constexpr std::string_view kDocs = "janus.docs/1";

int run_schema(Context& context) {
  Console& console = context.console;
  const std::vector<std::string>& words = context.args.words;
  if (words.empty()) {
    for (const Schema& schema : kSchemas) console.out(std::string(schema.name) + "\n");
    console.out(std::string(kDocs) + "\n");
    return kDone;
  }
  if (words[0] == kDocs) return console.out(embedded_file("site/schema/janus.docs.1.json")), kDone;
  std::vector<std::string_view> names = {kDocs};
  for (const Schema& schema : kSchemas) {
    if (words[0] == schema.name) return console.out(schema.text), kDone;
    names.push_back(schema.name);
  }
  std::string_view near = nearest_name(words[0], names);
  return console.fail(kUsage, "there is no schema `" + words[0] + "`",
                      near.empty() ? "`janus schema` lists them" : "did you mean `" + std::string(near) + "`?");
}

}  // namespace janus
