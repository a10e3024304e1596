// project.h: what a path on the command line means: a file, a package, a folder of files, stdin.
// Depends on commands.h, frontend/resolve.h, frontend/manifest.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "cli/commands.h"
#include "frontend/check.h"
#include "frontend/manifest.h"
#include "frontend/resolve.h"

namespace janus {
class HashOf;

// - `x.jan` is a program of its own; its imports start at its folder. Below a package's src/ it is a file of that
// package.
// - a folder with janus.toml is that package; without a path: the package around the current folder.
// - another folder is every .jan file below it (check and test only).
// - `-` is a program read from stdin.
struct Target {
  LoadOptions load;
  std::string name;          // of the program: "hello", the package's name
  std::string version;       // of the package
  std::string home;          // absolute: the package's folder or the file; what `clean` goes by
  std::string package;       // the package's folder as shown, "." for here; "" when there is none
  bool is_package = false;   // the target is the package itself, not one file
  std::vector<std::string> link;
  int64_t budget_tasks = -1, budget_channels = -1;   // [budget] of the package; -1: the profile's
  Grants grants;                                     // capabilities that the program may need
  std::string stdin_hash;    // of the text, when it came from there
  size_t manifest_errors = 0;   // told while it was read
  std::string database;      // where its rows are kept, when that is not the package's `.janus`
};

// What every key has of a target: janus itself, the folder that paths are shown relative to, and where the sources are.
void add_target(HashOf& hash, const Target& target);

// What the target is for: a program has a `main`; modules are all files of a package.
enum class Purpose : uint8_t { Program, Modules };

// 0, or an exit code after saying why. An empty word stands for the package around the current folder.
int find_target(Context& context, const std::string& word, Purpose purpose, Target& target);

// The one word that `run`, `build` and `clean` take, "" without one; false after complaining about more.
bool single_word(Context& context, std::string& word);

// The folder of the nearest janus.toml at or above `folder`, as shown; empty when there is none.
bool find_package(const std::string& folder, std::string& package);

}   // namespace janus
