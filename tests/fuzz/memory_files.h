// memory_files.h: one program in memory, with the embedded standard library.
// Depends on frontend/files.h, backend/embed.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "backend/embed.h"
#include "frontend/files.h"

namespace fuzz {

struct OneFile final : janus::FileSystem {
  std::string path = "fuzz.jan", text;
  bool read(const std::string& wanted, std::string& out, std::string& why) override {
    if (wanted != path) {
      why = "cannot read " + wanted;
      return false;
    }
    out = text;
    return true;
  }
  bool exists(const std::string& wanted) override { return wanted == path; }
  bool list(const std::string&, std::vector<std::string>& paths, std::string&) override {
    paths = {path};
    return true;
  }
  std::string_view std_file(std::string_view name) override { return janus::embedded_file(name); }
  std::vector<std::string> std_files() override {
    std::vector<std::string> out;
    for (const janus::EmbeddedFile& file : janus::embedded_files())
      if (file.name.starts_with("std/")) out.emplace_back(file.name);
    return out;
  }
};

}  // namespace fuzz
