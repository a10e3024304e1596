// manifest.h: what `janus.toml` says about a package.
// Depends on diag.h, program.h (Profile).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/diag.h"
#include "frontend/program.h"

namespace janus {

struct Dependency {
  std::string name, version;
};

struct Manifest {
  std::string name, version;
  Profile profile = Profile::Service;
  bool has_profile = false;
  std::vector<std::string> capabilities;  // granted to `main`; empty without has_capabilities: all of them
  bool has_capabilities = false;
  std::optional<uint32_t> budget_tasks, budget_channels;
  std::vector<Dependency> dependencies;
  std::vector<std::string> link;          // [link] files = [...]: objects and archives, relative to the package
};

// Reads the text of a manifest. Every mistake is reported with its place in the file, and reading goes on;
// what was wrong keeps its default. False when there was an error.
bool read_manifest(SourceMap& sources, Diagnostics& diags, std::string path, std::string text, Manifest& manifest);

bool is_package_name(std::string_view name);            // shop, my-tool, my_tool
std::optional<Profile> find_profile(std::string_view name);  // "core", ":core"
const std::vector<std::string_view>& profile_names();
const std::vector<std::string_view>& builtin_capabilities();

}  // namespace janus
