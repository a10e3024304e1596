// cache.h: results kept by what made them: objects, executables.
// Depends on the operating system and LLVM's BLAKE3.
// SPDX-License-Identifier: Apache-2.0
//
//   Key key = make_key({source_hash, "release"});
//   if (cache_get(dir, key, bytes)) … else { …; cache_put(dir, key, bytes); }
//
// A key must name everything the bytes depend on; make_key adds the janus that makes them. Entries are written whole,
// checked when read, and thrown away when damaged; a cache that cannot be written is no error. An empty `dir` is a
// cache that holds nothing.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace janus {

using Key = std::array<uint8_t, 32>;

const std::string& janus_build_id();   // differs between any two builds of janus
Key make_key(std::initializer_list<std::string_view> parts);

bool cache_get(const std::string& dir, const Key& key, std::string& bytes);
bool cache_put(const std::string& dir, const Key& key, std::string_view bytes, bool executable = false);

// The file of an entry, to be executed where it lies ("" when there is none). It ends with a few bytes of ours, which
// ELF ignores.
std::string cache_file(const std::string& dir, const Key& key);
// Copies an entry to `output`, sharing storage where the file system can. False: no entry, or (`why` is then set) it
// cannot be written.
bool cache_copy(const std::string& dir, const Key& key, const std::string& output, bool executable, std::string& why);

// Now and then, after a put: removes what was not used for longest, until `limit` holds.
void cache_trim(const std::string& dir, uint64_t limit = uint64_t(1) << 30);

}  // namespace janus
