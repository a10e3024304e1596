// cmd_clean.cpp: `janus clean`: removes what was cached for a package, or everything.
// Depends on cache.h, project.h.
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/cache.h"
#include "cli/commands.h"
#include "cli/project.h"

namespace janus {
namespace {

int finish(Context& context, const Cache::Removed& removed) {
  Console& console = context.console;
  if (!removed.ok) return console.fail(kEnvironment, removed.why);
  if (console.is_json()) {
    JsonText object = console.json_object("removed");
    object.field("files", removed.files).field("bytes", removed.bytes);
    console.json(object);
  }
  console.say("removed " + std::to_string(removed.files) + (removed.files == 1 ? " file" : " files") + ", " +
              std::to_string((removed.bytes + 999) / 1000) + " kB");
  return kDone;
}

// build/ of a package, if it says that janus made it.
void remove_build_folder(const std::string& folder, Cache::Removed& removed) {
  if (!has_cache_tag(folder)) return;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    ++removed.files;
    removed.bytes += entry.file_size(error);
  }
  std::filesystem::remove_all(folder, error);
  if (error) removed.ok = false, removed.why = "cannot remove " + folder + ": " + why_of(error.value());
}

}  // namespace

int run_clean(Context& context) {
  Console& console = context.console;
  Cache cache(console);
  if (context.args.has(Opt::All)) {
    if (!context.args.words.empty()) return console.fail(kUsage, "`janus clean --all` takes no path");
    return finish(context, cache.clean_all());
  }
  std::string word;
  if (!single_word(context, word)) return kUsage;
  std::string home, package;
  if (word.empty() || is_folder(word)) {
    if (word.empty() ? !find_package("", package) : !is_file(join_path(word, "janus.toml")))
      return console.fail(
          kUsage,
          word.empty() ? "there is no janus.toml here or in a folder above" : "there is no janus.toml in " + word,
          "name a .jan file, or remove everything with `janus clean --all`");
    if (!word.empty()) package = word;
    home = absolute_path(package);
  } else {
    home = absolute_path(word);  // also of a file that is gone
  }
  Cache::Removed removed = cache.clean(home);
  if (!package.empty()) remove_build_folder(join_path(package, "build"), removed);
  return finish(context, removed);
}

}  // namespace janus
