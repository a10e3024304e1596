// cache.cpp: results of earlier builds.
// Depends on cache.h, frontend/content_hash.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/cache.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "frontend/content_hash.h"

namespace janus {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMostBytes = 1ull << 30;  // of results/ and objects/ together; the longest unused go first
constexpr const char* kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder was made by janus. Everything in it can be removed at any time: `janus clean --all` does.\n";

const char* env(const char* name) {
  const char* value = getenv(name);
  return value && value[0] ? value : nullptr;
}

// ---- recipes as text. Lengths stand before texts, so any path and any warning fits; a torn file has no last line.

void put(std::string& out, char kind, std::string_view text) {
  out += kind;
  out += std::to_string(text.size());
  out += ' ';
  out += text;
  out += '\n';
}

struct RecipeReader {
  std::string_view rest;
  bool next(char& kind, std::string_view& text) {
    if (rest.size() < 2) return false;
    kind = rest[0];
    size_t length = 0, i = 1;
    for (; i < rest.size() && isdigit(static_cast<unsigned char>(rest[i])); ++i)
      length = length * 10 + static_cast<size_t>(rest[i] - '0');
    if (i >= rest.size() || rest[i] != ' ' || length > rest.size() || i + 1 + length >= rest.size() ||
        rest[i + 1 + length] != '\n')
      return false;
    text = rest.substr(i + 1, length);
    rest.remove_prefix(i + 2 + length);
    return true;
  }
};

constexpr const char* kFormat = "janus recipe 2";

std::string print_recipe(const Recipe& recipe) {
  std::string out;
  put(out, 'F', kFormat);
  put(out, 'H', recipe.home);
  for (const Question& q : recipe.questions) {
    put(out, q.kind, q.path);
    put(out, '=', q.answer);
    if (!q.stamp.empty()) put(out, 'T', q.stamp);
  }
  put(out, 'P', recipe.warnings.plain);
  put(out, 'C', recipe.warnings.color);
  put(out, 'J', recipe.warnings.json);
  put(out, 'S', std::to_string(recipe.size));
  put(out, 'X', recipe.result);
  put(out, '.', "");
  return out;
}

bool read_recipe(const std::string& text, Recipe& recipe) {
  RecipeReader reader{text};
  char kind;
  std::string_view value;
  if (!reader.next(kind, value) || kind != 'F' || value != kFormat) return false;
  while (reader.next(kind, value)) {
    switch (kind) {
      case 'H': recipe.home = value; break;
      case 'R':
      case 'E':
      case 'L':
      case 'G': recipe.questions.push_back({static_cast<Question::Kind>(kind), std::string(value), "", ""}); break;
      case '=':
        if (!recipe.questions.empty()) recipe.questions.back().answer = value;
        break;
      case 'T':
        if (!recipe.questions.empty()) recipe.questions.back().stamp = value;
        break;
      case 'P': recipe.warnings.plain = value; break;
      case 'C': recipe.warnings.color = value; break;
      case 'J': recipe.warnings.json = value; break;
      case 'S': recipe.size = strtoull(std::string(value).c_str(), nullptr, 10); break;
      case 'X': recipe.result = value; break;
      case '.': return !recipe.result.empty() && recipe.result.find('/') == std::string::npos;
      default: return false;
    }
  }
  return false;
}

// The linker's hash of this executable, if it wrote one.
std::string build_id() {
  std::string id;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr) & header = info->dlpi_phdr[i];
          if (header.p_type != PT_NOTE) continue;
          const char* at = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
          const char* end = at + header.p_memsz;
          while (at + sizeof(ElfW(Nhdr)) <= end) {
            auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
            const char* name = at + sizeof *note;
            const char* desc = name + ((note->n_namesz + 3) & ~3u);
            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
              static_cast<std::string*>(data)->assign(desc, note->n_descsz);
            at = desc + ((note->n_descsz + 3) & ~3u);
          }
        }
        return 1;  // the first object is the executable itself
      },
      &id);
  return id;
}

}  // namespace

std::string cache_folder() {
  if (const char* folder = env("JANUS_CACHE_DIR")) return absolute_path(folder);
  // Paths that are not absolute are to be ignored, says the XDG specification.
  if (const char* folder = env("XDG_CACHE_HOME"); folder && folder[0] == '/') return std::string(folder) + "/janus";
  if (const char* home = env("HOME"); home && home[0] == '/') return std::string(home) + "/.cache/janus";
  return "";
}

// The linker's hash of the executable covers all that is embedded. Without one, size and time stand in.
std::string own_identity() {
  HashOf hash;
  std::string id = build_id();
  hash.add(JANUS_VERSION).add(id);
  if (const char* std_folder = env("JANUS_STD_DIR")) hash.add(absolute_path(std_folder));
  struct stat info{};
  if (id.empty() && stat("/proc/self/exe", &info) == 0)
    hash.add(std::to_string(info.st_size))
        .add(std::to_string(info.st_mtim.tv_sec))
        .add(std::to_string(info.st_mtim.tv_nsec));
  return hash.hex();
}

bool write_cache_tag(const std::string& folder, std::string& why) {
  std::string path = join_path(folder, "CACHEDIR.TAG");
  return is_file(path) || write_file(path, kTag, why);
}

bool has_cache_tag(const std::string& folder) {
  std::string text, why;
  return read_file(join_path(folder, "CACHEDIR.TAG"), text, why) && text == kTag;
}

Cache::Cache(Console& console) : console_(console), folder_(cache_folder()) {}

bool Cache::find(const std::string& key, Recipe& recipe, std::string& result_path) {
  if (folder_.empty()) return false;
  std::string text, why;
  if (!read_file(path("recipes", key), text, why) || !read_recipe(text, recipe)) return false;
  result_path = path("results", recipe.result);
  struct stat info{};
  if (stat(result_path.c_str(), &info) != 0 || static_cast<uint64_t>(info.st_size) != recipe.size) return false;
  for (const Question& q : recipe.questions) {
    if (still_answers(q)) continue;
    console_.verbose(2, "changed since the last build: " + q.path);
    return false;
  }
  // Used today: trim() takes the longest unused first.
  if (time(nullptr) - info.st_mtim.tv_sec > 3600) utimes(result_path.c_str(), nullptr);
  return true;
}

bool Cache::prepare(std::string& why) {
  if (folder_.empty()) return why = "there is no HOME to keep a cache in", false;
  for (const char* part : {"recipes", "results", "objects", "tmp"})
    if (!make_folders(folder_ + "/" + part, why)) return false;
  return write_cache_tag(folder_, why);
}

std::unique_ptr<Scratch> Cache::begin() {
  std::string why;
  if (prepare(why)) {
    static int number = 0;
    std::string name = path("tmp", std::to_string(getpid()) + "-" + std::to_string(number++));
    if (access((folder_ + "/tmp").c_str(), W_OK) == 0) return std::make_unique<Scratch>(name);
    why = "cannot write to " + folder_ + "/tmp: " + why_of(errno);
  }
  console_.verbose(1, "working without a cache: " + why);
  return nullptr;
}

bool Cache::keep(const std::string& key, Recipe& recipe, const std::string& made, std::string& result_path) {
  std::string text, why;
  if (!read_file(made, text, why)) return false;
  recipe.result = content_hash(text);
  recipe.size = text.size();
  result_path = path("results", recipe.result);
  if (rename(made.c_str(), result_path.c_str()) != 0) return false;
  if (!write_file(path("recipes", key), print_recipe(recipe), why)) {
    console_.verbose(1, why);
    return true;  // the result is there, it will only not be found again
  }
  trim();
  return true;
}

// ---- removing

namespace {

struct Entry {
  std::string path;
  uint64_t bytes;
  time_t used;
};

// Files below folder; what cannot be read is as good as absent.
void list_files(const std::string& folder, std::vector<Entry>& entries) {
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    struct stat info{};
    if (lstat(at->path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
      entries.push_back({at->path().string(), static_cast<uint64_t>(info.st_size), info.st_mtime});
  }
}

void remove_entry(const Entry& entry, Cache::Removed& removed) {
  if (unlink(entry.path.c_str()) == 0) {
    ++removed.files;
    removed.bytes += entry.bytes;
  } else if (errno != ENOENT) {
    removed.ok = false;
    removed.why = "cannot remove " + entry.path + ": " + why_of(errno);
  }
}

}  // namespace

// Looks every sixteenth time or so: walking the folders costs more than it saves.
void Cache::trim() {
  if (getpid() % 16 != 0) return;
  std::vector<Entry> entries, stale;
  list_files(folder_ + "/results", entries);
  list_files(folder_ + "/objects", entries);
  uint64_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.bytes;
  Removed ignored;
  if (bytes > kMostBytes) {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    for (const Entry& entry : entries) {
      if (bytes < kMostBytes / 4 * 3) break;
      bytes -= entry.bytes;
      remove_entry(entry, ignored);
    }
  }
  // Recipes are small, but each version of a janus leaves its own.
  list_files(folder_ + "/recipes", stale);
  list_files(folder_ + "/tmp", stale);
  time_t month_ago = time(nullptr) - 30 * 24 * 3600, day_ago = time(nullptr) - 24 * 3600;
  for (const Entry& entry : stale)
    if (entry.used < (entry.path.starts_with(folder_ + "/tmp/") ? day_ago : month_ago)) remove_entry(entry, ignored);
}

Cache::Removed Cache::clean(const std::string& home) {
  Removed removed;
  if (folder_.empty()) return removed;
  std::vector<Entry> recipes;
  list_files(folder_ + "/recipes", recipes);
  std::set<std::string> ours, others;
  for (const Entry& entry : recipes) {
    std::string text, why;
    Recipe recipe;
    if (!read_file(entry.path, text, why) || !read_recipe(text, recipe)) continue;
    // A package's home covers the single files below it.
    bool of_home = recipe.home == home || recipe.home.starts_with(home + "/");
    (of_home ? ours : others).insert(recipe.result);
    if (of_home) remove_entry(entry, removed);
  }
  for (const std::string& result : ours) {
    if (others.contains(result)) continue;
    struct stat info{};
    std::string file = path("results", result);
    if (stat(file.c_str(), &info) == 0) remove_entry({file, static_cast<uint64_t>(info.st_size), 0}, removed);
  }
  return removed;
}

Cache::Removed Cache::clean_all() {
  Removed removed;
  if (folder_.empty() || !is_folder(folder_)) return removed;
  if (!has_cache_tag(folder_)) {
    removed.ok = false;
    removed.why = folder_ + " was not made by janus: it has no CACHEDIR.TAG of ours";
    return removed;
  }
  std::vector<Entry> entries;
  for (const char* part : {"recipes", "results", "objects", "tmp"}) list_files(folder_ + "/" + part, entries);
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm", ".lock", ".stamp"}) {
    std::string path = folder_ + "/std.sqlite" + end;
    if (!is_file(path)) continue;
    removed.bytes += fs::file_size(path, ignored);
    removed.files += fs::remove(path, ignored);
  }
  for (const Entry& entry : entries) remove_entry(entry, removed);
  for (const char* part : {"recipes", "results", "objects", "tmp"}) fs::remove_all(folder_ + "/" + part, ignored);
  return removed;
}

}  // namespace janus
