// cache.h: results of earlier builds, found by what they were made of.
// Depends on disk.h, session.h (Rendered).
// SPDX-License-Identifier: Apache-2.0
//
//   CACHE/CACHEDIR.TAG
//   CACHE/recipes/<key>      which questions a build asked the disk, the answers, and which result came of it
//   CACHE/results/<hash>     executables, objects, texts, named by their content
//   CACHE/objects/…          the backend's own, by content
//   CACHE/std.sqlite         what the standard library declares, for `janus doc NAME`
//   CACHE/tmp/…              what is being made; renamed into place when it is whole
//
// A recipe's key is what is known before reading: janus itself, options, the target. It is still good when the disk
// gives the same answers again; then nothing is compiled. Nothing depends on times of files.
#pragma once
#include <memory>

#include "cli/session.h"

namespace janus {

struct Recipe {
  std::string home;                  // Target::home
  std::vector<Question> questions;
  std::string result;                // hash, the name below results/
  uint64_t size = 0;
  Rendered warnings;
};

class Cache {
 public:
  explicit Cache(Console& console);
  const std::string& folder() const { return folder_; }  // "" when there is no home to put it in

  // The path of the result, when it is there and still right.
  bool find(const std::string& key, Recipe& recipe, std::string& result_path);
  // A new name below tmp/ to build to, or null when the cache cannot be written (said with -v only).
  std::unique_ptr<Scratch> begin();
  // Takes `made` (a file of such a name) in. False: it stays where it is, and the cache is as it was.
  bool keep(const std::string& key, Recipe& recipe, const std::string& made, std::string& result_path);

  struct Removed {
    size_t files = 0;
    uint64_t bytes = 0;
    bool ok = true;
    std::string why;
  };
  Removed clean(const std::string& home);  // of one target
  Removed clean_all();

 private:
  bool prepare(std::string& why);
  void trim();
  std::string path(const char* part, const std::string& name) const { return folder_ + "/" + part + "/" + name; }
  Console& console_;
  std::string folder_;
};

std::string cache_folder();          // JANUS_CACHE_DIR, XDG_CACHE_HOME/janus, ~/.cache/janus; "" for none
std::string own_identity();          // changes when janus does
bool write_cache_tag(const std::string& folder, std::string& why);
bool has_cache_tag(const std::string& folder);

}  // namespace janus
