// cmd_new.cpp: `janus new NAME` and `janus init`: a package that builds, runs and tests.
// Depends on commands.h, frontend/manifest.h.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/commands.h"
#include "frontend/manifest.h"

namespace janus {
namespace {

struct NewFile {
  const char* path;
  std::string text;
};

std::vector<NewFile> package_files(const std::string& name) {
  return {
      {"janus.toml", "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\n"},
      {"src/main.jan",
       "import greeting\n"
       "\n"
       "func main() do\n"
       "    println(greeting.hello(\"world\"))\n"
       "end\n"},
      {"src/greeting.jan",
       "/// Greets someone by name.\n"
       "pub func hello(name: String) -> String do\n"
       "    return \"Hello, ${name}!\"\n"
       "end\n"
       "\n"
       "test \"hello greets by name\" do\n"
       "    assert_eq(hello(\"Ada\"), \"Hello, Ada!\")\n"
       "end\n"},
      {".gitignore", "/build/\n"},
  };
}

// "My Shop" -> "my-shop"; empty when nothing is left.
std::string as_package_name(const std::string& text) {
  std::string name;
  for (char c : text) {
    char small = static_cast<char>(tolower(static_cast<unsigned char>(c)));
    bool letter = small >= 'a' && small <= 'z', digit = small >= '0' && small <= '9';
    if (letter || (!name.empty() && (digit || c == '-' || c == '_'))) name += small;
    else if (!name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

// The folders on this path that are not there yet, outermost first.
void note_missing(const std::string& folder, std::vector<std::string>& missing) {
  size_t at = missing.size();
  for (std::string path = folder; !path.empty() && !is_folder(path); path = folder_of(path))
    missing.insert(missing.begin() + static_cast<ptrdiff_t>(at), path);
}

int make_package(Context& context, const std::string& folder, const std::string& name) {
  Console& console = context.console;
  std::vector<NewFile> files = package_files(name);
  // All questions before the first file: a refused package leaves nothing behind.
  for (const NewFile& file : files) {
    std::string path = join_path(folder, file.path);
    if (std::string(file.path) != ".gitignore" && (is_file(path) || is_folder(path)))
      return console.fail(kUsage, path + " is already there, and nothing is overwritten");
  }
  std::string why;
  std::vector<std::string> made;   // folders before what is in them
  for (const NewFile& file : files) {
    std::string path = join_path(folder, file.path);
    if (is_file(path)) continue;  // a .gitignore of one's own stays
    note_missing(folder_of(path), made);
    if (!make_folders(folder_of(path), why) || !write_file(path, file.text, why)) {
      // Half a package would be in the way of the next try. Only what is empty is removed of the folders.
      for (size_t i = made.size(); i-- > 0;) remove(made[i].c_str());
      return console.fail(kEnvironment, why);
    }
    made.push_back(path);
    console.verbose(1, "made " + path);
    if (console.is_json()) {
      JsonText object = console.json_object("made");
      object.field("path", path);
      console.json(object);
    }
  }
  console.say("made the package `" + name + "`" + (folder.empty() ? "" : " in " + folder));
  console.say("next:");
  if (!folder.empty()) console.say("  cd " + folder);
  console.say("  janus run");
  console.say("  janus test");
  return kDone;
}

}  // namespace

int run_new(Context& context) {
  Console& console = context.console;
  const std::vector<std::string>& words = context.args.words;
  if (words.empty()) return console.fail(kUsage, "a name is missing: janus new NAME");
  if (words.size() > 1) return console.fail(kUsage, "`janus new` takes one name, and `" + words[1] + "` is a second");
  std::string folder = words[0];
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  std::string name = base_name(folder);
  if (!is_package_name(name)) {
    if (name == "std") return console.fail(kUsage, "`std` is the standard library: a package has another name");
    std::string better = as_package_name(name);
    return console.fail(
        kUsage,
        "`" + name +
            "` cannot be the name of a package: it takes small letters, digits, `-` and `_`, and begins with a letter",
        is_package_name(better) ? "try: janus new " + join_path(folder_of(folder), better) : "");
  }
  if (is_file(folder) || is_folder(folder))
    return console.fail(kUsage, folder + " is already there, and nothing is overwritten",
                        is_folder(folder) ? "to make a package in it: janus -C " + folder + " init" : "");
  return make_package(context, folder, name);
}

int run_init(Context& context) {
  Console& console = context.console;
  if (!context.args.words.empty())
    return console.fail(kUsage, "`janus init` works in this folder and takes no name",
                        "for a folder of its own: janus new " + context.args.words[0]);
  std::string name = as_package_name(base_name(absolute_path("")));
  if (!is_package_name(name)) name = "program";
  return make_package(context, "", name);
}

}  // namespace janus
