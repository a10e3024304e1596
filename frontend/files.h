// files.h: how the core reads files; the real one is cli/disk.cpp, tests pass memory.
// Depends on nothing of ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace janus {
struct FileSystem {
  virtual ~FileSystem() = default;
  // False: `why` says what and why in a sentence ("cannot read src/a.jan: Permission denied").
  virtual bool read(const std::string& path, std::string& text, std::string& why) = 0;
  virtual bool exists(const std::string& path) = 0;
  // Every *.jan below folder, sorted, relative to it.
  virtual bool list(const std::string& folder, std::vector<std::string>& paths, std::string& why) = 0;
  // Embedded standard library: "std/list.jan"; empty view when there is none.
  virtual std::string_view std_file(std::string_view name) = 0;
  virtual std::vector<std::string> std_files() = 0;
};

// files.cpp: for tests.
struct MemoryFiles final : FileSystem {
  std::map<std::string, std::string> texts;                    // path -> text
  std::map<std::string, std::string, std::less<>> std_texts;   // "std/list.jan" -> text
  bool read(const std::string& path, std::string& text, std::string& why) override;
  bool exists(const std::string& path) override;
  bool list(const std::string& folder, std::vector<std::string>& paths, std::string& why) override;
  std::string_view std_file(std::string_view name) override;
  std::vector<std::string> std_files() override;
};
}  // namespace janus
