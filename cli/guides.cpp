// guides.cpp: finds and reads the pages of a package.
// Depends on guides.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/guides.h"

#include <algorithm>

namespace janus {
namespace {

std::string in_package(const Target& target, const std::string& name) {
  return join_path(target.package == "." ? "" : target.package, name);
}

}  // namespace

std::string guide_folder(const Target& target) { return in_package(target, "docs"); }

std::vector<std::string> guide_paths(Disk& disk, const Target& target) {
  if (!target.is_package) return {};
  std::vector<std::string> paths = disk.pages(guide_folder(target));
  bool home = std::any_of(paths.begin(), paths.end(), [](const auto& path) { return base_name(path) == "index.md"; });
  if (std::string readme = in_package(target, "README.md"); !home && disk.exists(readme))
    paths.insert(paths.begin(), readme);
  return paths;
}

bool load_guides(Disk& disk, const std::vector<std::string>& paths, Compilation& compilation,
                 std::vector<docgen::GuideText>& out, std::string& why) {
  for (const std::string& path : paths) {
    std::string text;
    if (!disk.read(path, text, why)) return false;
    const SourceFile& file = compilation.sources.file(compilation.sources.add(path, std::move(text)));
    out.push_back({path, std::string(file.text), file.base});
  }
  return true;
}

}  // namespace janus
