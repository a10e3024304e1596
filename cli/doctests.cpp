// doctests.cpp: the pages of Markdown whose examples are tested.
// Depends on doctests.h, disk.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/doctests.h"

#include <algorithm>
#include <filesystem>

#include "cli/disk.h"

namespace janus {
namespace {

constexpr size_t kMaxPages = 5000;
constexpr int kMaxDepth = 24;   // of folders in folders

// The pages of the folder itself before those of its folders, each sorted.
void find_pages(const std::string& folder, int depth, std::vector<std::string>& out) {
  std::error_code ignored;
  std::vector<std::string> folders, pages;
  for (std::filesystem::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored)) {
    std::string name = it->path().filename().string();
    if (name.starts_with(".")) continue;
    if (it->is_directory(ignored)) folders.push_back(join_path(folder, name));
    else if (name.ends_with(".md")) pages.push_back(join_path(folder, name));
  }
  std::sort(pages.begin(), pages.end());
  std::sort(folders.begin(), folders.end());
  out.insert(out.end(), pages.begin(), pages.end());
  for (const std::string& sub : folders)
    if (out.size() < kMaxPages && depth < kMaxDepth) find_pages(sub, depth + 1, out);
}

}  // namespace

std::vector<std::string> pages_below(const std::string& folder) {
  std::vector<std::string> pages;
  find_pages(folder, 0, pages);
  return pages;
}

}  // namespace janus
