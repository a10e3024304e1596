// backend_cache_test.cpp: the cache gives back what was put in, or nothing.
// Depends on doctest, backend/cache.h.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/cache.h"
#include "backend/output.h"

using namespace janus;
namespace fs = std::filesystem;

namespace {
struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/janus-unit-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
};
std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
}  // namespace

TEST_CASE("cache: put, get, copy") {
  Folder folder;
  std::string dir = folder.path + "/deep/cache", got, why;
  Key key = make_key({"a", "b"});
  CHECK(key != make_key({"ab"}));
  CHECK_FALSE(cache_get(dir, key, got));
  CHECK(cache_put(dir, key, "some bytes"));
  CHECK(cache_get(dir, key, got));
  CHECK(got == "some bytes");
  CHECK(cache_copy(dir, key, folder.path + "/out", true, why));
  CHECK(read_file(folder.path + "/out") == "some bytes");
  CHECK((fs::status(folder.path + "/out").permissions() & fs::perms::owner_exec) != fs::perms::none);
  CHECK_FALSE(cache_copy(dir, key, folder.path, true, why));
  CHECK(why == "cannot write `" + folder.path + "`: it is a folder");
  CHECK(!cache_file(dir, key).empty());
  CHECK_FALSE(cache_put("", key, "x"));
}

TEST_CASE("cache: a damaged entry is no entry") {
  Folder folder;
  std::string got;
  Key key = make_key({"k"});
  std::string bytes(5000, 'x');
  cache_put(folder.path, key, bytes);
  std::string path = cache_file(folder.path, key);
  {
    std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(100);
    f.put('y');
  }
  CHECK_FALSE(cache_get(folder.path, key, got));
  CHECK_FALSE(fs::exists(path));
  cache_put(folder.path, key, bytes);
  fs::resize_file(path, 4000);
  CHECK(cache_file(folder.path, key).empty());
  cache_put(folder.path, key, bytes);
  CHECK(cache_get(folder.path, key, got));
  CHECK(got == bytes);
}

TEST_CASE("cache: the least used goes first") {
  Folder folder;
  std::string got;
  std::string bytes(100'000, 'x');
  Key old_key = make_key({"old"}), new_key = make_key({"new"});
  cache_put(folder.path, old_key, bytes);
  fs::last_write_time(cache_file(folder.path, old_key), fs::file_time_type::clock::now() - std::chrono::minutes(30));
  cache_put(folder.path, new_key, bytes);
  cache_trim(folder.path, 150'000);
  CHECK_FALSE(cache_get(folder.path, old_key, got));
  CHECK(cache_get(folder.path, new_key, got));
}

TEST_CASE("output: replaces a file whole, follows a link, leaves nothing beside it") {
  Folder folder;
  std::string why, path = folder.path + "/f";
  CHECK(write_output(path, "one", false, why));
  CHECK(write_output(path, "two", false, why));
  CHECK(read_file(path) == "two");
  fs::create_symlink(path, folder.path + "/link");
  CHECK(write_output(folder.path + "/link", "three", false, why));
  CHECK(fs::is_symlink(folder.path + "/link"));
  CHECK(read_file(path) == "three");
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 2);
}
