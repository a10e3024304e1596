// cmd_build.cpp: `janus build`: an executable, object, assembly or LLVM IR.
// Depends on produce.h, cache.h.
// SPDX-License-Identifier: Apache-2.0
//
// Where the result goes without -o: of a package build/NAME beside its janus.toml, of a file ./NAME (hello.jan:
// ./hello); with --emit the name ends in .o, .s or .ll.
#include <sys/stat.h>

#include <cstdio>

#include "cli/cache.h"
#include "cli/commands.h"
#include "cli/produce.h"

namespace janus {
namespace {

struct Kind {
  const char* word;
  EmitKind kind;
  const char* extension;
};
constexpr Kind kKinds[] = {{"exe", EmitKind::Executable, ""},
                           {"obj", EmitKind::Object, ".o"},
                           {"asm", EmitKind::Asm, ".s"},
                           {"llvm-ir", EmitKind::LlvmIr, ".ll"}};

const Kind* find_kind(const std::string& word) {
  for (const Kind& kind : kKinds)
    if (kind.word == word) return &kind;
  return nullptr;
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat x{}, y{};
  return stat(a.c_str(), &x) == 0 && stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

std::string shown_size(uint64_t bytes) {
  char text[40];
  if (bytes < 1000) snprintf(text, sizeof text, "%u bytes", static_cast<unsigned>(bytes));
  else if (bytes < 1'000'000) snprintf(text, sizeof text, "%.0f kB", static_cast<double>(bytes) / 1e3);
  else snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

// The folder build/ of a package is ours alone when we made it; then it says so, and `clean` may remove it.
bool make_build_folder(const std::string& folder, std::string& why) {
  if (is_folder(folder)) return true;
  return make_folders(folder, why) && write_cache_tag(folder, why);
}

// Unchanged results are left alone, so that whoever watches the file sees no change either.
bool is_up_to_date(const std::string& output, const Product& product) {
  struct stat info{};
  if (stat(output.c_str(), &info) != 0 || static_cast<uint64_t>(info.st_size) != product.bytes ||
      !(info.st_mode & 0100))
    return false;
  std::string a, b, why;
  return read_file(output, a, why) && read_file(product.path, b, why) && a == b;
}

}  // namespace

int run_build(Context& context) {
  Console& console = context.console;
  const Args& args = context.args;
  std::string word, why;
  if (!single_word(context, word) || !check_common_options(context)) return kUsage;
  const Kind* kind = find_kind(args.value(Opt::Emit, "exe"));
  if (!kind) return console.fail(kUsage, "`--emit` is exe, obj, asm or llvm-ir, not `" + args.value(Opt::Emit) + "`");
  std::string triple = args.value(Opt::Target, "x86_64-linux-musl");
  if (triple != "x86_64-linux-musl" && triple != "x86_64-linux" && triple != "native")
    return console.fail(kUsage, "this janus cannot build for `" + triple + "`", "it builds for x86_64-linux-musl");
  Target target;
  if (int code = find_target(context, word, Purpose::Program, target)) return code;

  bool is_exe = kind->kind == EmitKind::Executable;
  std::string output = args.value(Opt::Output);
  if (args.has(Opt::Output) && output.empty()) return console.fail(kUsage, "`-o` needs a name");
  std::string folder;
  if (output.empty()) {
    if (target.is_package) folder = join_path(target.package, "build");
    output = join_path(folder, target.name + kind->extension);
  }
  if (output == "-" && is_exe) return console.fail(kUsage, "an executable cannot go to stdout", "name a file after -o");
  if (output != "-") {
    if (is_folder(output))
      return console.fail(kEnvironment, "cannot write " + output + ": it is a folder",
                          "name a file in it: -o " + join_path(output, target.name));
    if (!target.load.root.empty() && is_same_file(output, target.load.root))
      return console.fail(kUsage, "the result would overwrite the source " + output, "name another file after -o");
    if (std::string parent = folder_of(output); folder.empty() && !parent.empty() && !is_folder(parent))
      return console.fail(kEnvironment, "cannot write " + output + ": there is no folder " + parent);
  }

  Product product;
  if (int code = produce(context, target, {kind->kind, args.has(Opt::Release), false, args.has(Opt::Fair)}, product)) {
    if (args.has(Opt::TimeReport)) context.timing.show(console);
    return code;
  }
  context.timing.begin("write");
  if (output == "-") {
    std::string text;
    if (!read_file(product.path, text, why)) return console.fail(kEnvironment, why);
    if (console.is_json()) return console.fail(kUsage, "`-o -` and `--json` both want stdout");
    console.out(text);
  } else {
    if (!folder.empty() && !make_build_folder(folder, why)) return console.fail(kEnvironment, why);
    bool fresh = is_exe && is_up_to_date(output, product);
    if (!fresh && !copy_file(product.path, output, is_exe ? 0777 : 0666, why)) return console.fail(kEnvironment, why);
    std::string how = !is_exe ? std::string(kind->word) : args.has(Opt::Release) ? "release" : "debug";
    console.say(std::string(fresh ? "unchanged " : "built ") + output + " (" + how + ", " + shown_size(product.bytes) +
                ")");
  }
  context.timing.begin(nullptr);
  if (console.is_json()) {
    JsonText object = console.json_object("built");
    object.field("output", output)
        .field("kind", kind->word)
        .field("release", args.has(Opt::Release))
        .field("bytes", product.bytes)
        .field("cached", product.from_cache);
    console.json(object);
  }
  if (args.has(Opt::TimeReport)) context.timing.show(console);
  return kDone;
}

}  // namespace janus
