// files.cpp: a FileSystem that lives in memory, for tests.
// Depends on files.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/files.h"

namespace janus {

bool MemoryFiles::read(const std::string& path, std::string& text, std::string& why) {
  auto found = texts.find(path);
  if (found == texts.end()) {
    why = "cannot read " + path + ": No such file or directory";
    return false;
  }
  text = found->second;
  return true;
}

bool MemoryFiles::exists(const std::string& path) { return texts.contains(path); }

bool MemoryFiles::list(const std::string& folder, std::vector<std::string>& paths, std::string&) {
  std::string prefix = folder.empty() || folder == "." ? "" : folder + "/";
  for (const auto& [path, text] : texts)
    if (path.starts_with(prefix) && path.ends_with(".jan")) paths.push_back(path.substr(prefix.size()));
  return true;
}

std::string_view MemoryFiles::std_file(std::string_view name) {
  auto found = std_texts.find(name);
  return found == std_texts.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> MemoryFiles::std_files() {
  std::vector<std::string> names;
  for (const auto& [name, text] : std_texts) names.push_back(name);
  return names;
}

}  // namespace janus
