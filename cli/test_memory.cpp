// test_memory.cpp: results of tests, kept between runs.
// Depends on test_memory.h, cache.h, frontend/content_hash.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/test_memory.h"

#include "cli/cache.h"
#include "frontend/content_hash.h"

namespace janus {

// Line 1: the content of the executable. Then `p` or `f`, the test's name and its path.
TestMemory::TestMemory(const Target& target, const Product& product, bool release) {
  std::string folder = cache_folder(), text, why;
  if (folder.empty() || product.keeper) return;
  HashOf hash;
  hash.add(target.home).add(target.load.root).add(release ? "release" : "debug");
  path_ = folder + "/tests/" + hash.hex();
  code_ = base_name(product.path);   // results lie in the cache under the hash of their content
  if (!read_file(path_, text, why)) return;
  size_t end = std::min(text.find('\n'), text.size());
  if (text.compare(0, end, code_) != 0) return;
  for (size_t at = end + 1; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    if (end > at + 2) known_[text.substr(at + 2, end - at - 2)] = text[at] == 'p';
  }
}

bool TestMemory::passed(const TestCase& test) const {
  auto found = known_.find(key(test));
  return found != known_.end() && found->second;
}

void TestMemory::note(const TestCase& test, const TestResult& result) {
  if (result.end == TestEnd::Ignored || result.end == TestEnd::Unchanged) return;
  bool good = !result.failed();
  auto [at, fresh] = known_.try_emplace(key(test), good);
  changed_ |= fresh || at->second != good;
  at->second = good;
}

void TestMemory::keep() {
  if (path_.empty() || !changed_) return;
  std::string text = code_ + "\n", why;
  for (const auto& [name, good] : known_)
    if (name.find('\n') == std::string::npos) text += (good ? "p\t" : "f\t") + name + "\n";
  if (make_folders(folder_of(path_), why)) write_file(path_, text, why);
}

}  // namespace janus
