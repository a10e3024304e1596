// body_shelf.cpp: a line that names the format, then for each module two lengths, its path and its record.
// Depends on body_shelf.h, disk.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/body_shelf.h"

#include <cstring>

#include "cli/disk.h"

namespace janus {
namespace {

constexpr std::string_view kFirstLine = "janus bodies 1\n";
struct Lengths {
  uint32_t path, record;
};

}  // namespace

void read_bodies(const std::string& path, BodyMemory& memory) {
  std::string text, why;
  if (!is_file(path) || !read_file(path, text, why) || !text.starts_with(kFirstLine)) return;
  std::string_view rest = text;
  rest.remove_prefix(kFirstLine.size());
  Lengths n;
  while (rest.size() >= sizeof n) {
    std::memcpy(&n, rest.data(), sizeof n);
    rest.remove_prefix(sizeof n);
    if (rest.size() < size_t{n.path} + n.record) return;
    memory.before[std::string(rest.substr(0, n.path))] = rest.substr(n.path, n.record);
    rest.remove_prefix(size_t{n.path} + n.record);
  }
}

bool write_bodies(const std::string& path, const Program& program, const BodyMemory& memory, std::string& why) {
  std::string text(kFirstLine);
  size_t kept = 0;
  for (const auto& module : program.modules) {
    if (module->is_std) continue;
    std::string name(program.names.text(module->path));
    auto found = memory.after.find(name);
    if (found == memory.after.end()) {
      if (found = memory.before.find(name); found == memory.before.end()) continue;
      ++kept;
    }
    const std::string& record = found->second;
    if (name.size() > UINT32_MAX || record.size() > UINT32_MAX) continue;
    Lengths n{static_cast<uint32_t>(name.size()), static_cast<uint32_t>(record.size())};
    text.append(reinterpret_cast<const char*>(&n), sizeof n).append(name).append(record);
  }
  if (memory.after.empty() && kept == memory.before.size()) return true;
  return write_file(path, text, why);
}

}  // namespace janus
