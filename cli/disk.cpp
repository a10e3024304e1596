// disk.cpp: the real file system.
// Depends on disk.h, frontend/content_hash.h, backend/embed.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "backend/embed.h"
#include "frontend/content_hash.h"

namespace janus {
namespace fs = std::filesystem;

std::string why_of(int error) {
  switch (error) {
    case ENOENT: return "there is no such file or folder";
    case EACCES:
    case EPERM: return "permission denied";
    case EISDIR: return "it is a folder";
    case ENOTDIR: return "a part of the path is not a folder";
    case EFBIG: return "it is too large";
    case ENOSPC: return "the disk is full";
    case EDQUOT: return "the quota of the disk is used up";
    case EROFS: return "the disk is read-only";
    case ENAMETOOLONG: return "the name is too long";
    case ELOOP: return "its symbolic links go round in a circle";
    case ETXTBSY: return "it is a program that is running";
    case EMFILE:
    case ENFILE: return "too many files are open";
    case ENOEXEC: return "it is not a program";
    default: {
      std::string text = strerror(error);
      if (text.size() > 1 && isupper(static_cast<unsigned char>(text[0])) &&
          islower(static_cast<unsigned char>(text[1])))
        text[0] = static_cast<char>(tolower(text[0]));
      return text;
    }
  }
}

static bool trouble(const char* verb, const std::string& path, int error, std::string& why) {
  why = std::string("cannot ") + verb + " " + (path.empty() ? "." : path) + ": " + why_of(error);
  return false;
}

bool read_file(const std::string& path, std::string& text, std::string& why) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return trouble("read", path, errno, why);
  struct stat info{};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return trouble("read", path, EISDIR, why);
  }
  text.clear();
  // A device or a pipe may never end.
  const size_t most = S_ISREG(info.st_mode) ? SIZE_MAX : size_t{64} << 20;
  size_t used = 0;
  text.resize(S_ISREG(info.st_mode) && info.st_size > 0 ? static_cast<size_t>(info.st_size) + 1 : 64 * 1024);
  while (true) {
    if (used > most) {
      close(fd);
      return trouble("read", path, EFBIG, why);
    }
    if (used == text.size()) text.resize(text.size() * 2);
    ssize_t n = ::read(fd, text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      int error = errno;
      close(fd);
      return trouble("read", path, error, why);
    }
    if (n == 0) break;
    used += static_cast<size_t>(n);
  }
  text.resize(used);
  close(fd);
  return true;
}

// ---- scratch

static std::mutex& scratch_mutex() {
  static std::mutex mutex;
  return mutex;
}
static std::vector<std::string>& scratch_paths() {
  static std::vector<std::string> paths;
  return paths;
}

Scratch::Scratch(std::string path) : path_(std::move(path)) {
  std::lock_guard lock(scratch_mutex());
  scratch_paths().push_back(path_);
}

Scratch::~Scratch() {
  std::lock_guard lock(scratch_mutex());
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  std::erase(scratch_paths(), path_);
}

void remove_all_scratch() {
  std::lock_guard lock(scratch_mutex());
  std::error_code ignored;
  for (const std::string& path : scratch_paths()) fs::remove_all(path, ignored);
}

std::string scratch_name(const std::string& beside) {
  static int number = 0;
  std::string name =
      "." + base_name(beside).substr(0, 100) + ".janus-" + std::to_string(getpid()) + "-" + std::to_string(number++);
  return join_path(folder_of(beside), name);
}

// ---- writing

// What is written appears under its name whole or not at all. A link is kept, and what it leads to is written; so are
// devices and pipes, which have no place beside them.
template <class Fill>
static bool write_atomically(const std::string& name, int mode, std::string& why, Fill fill) {
  std::string path = name;
  struct stat info{};
  if (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) {
    std::error_code error;
    fs::path real = fs::canonical(path, error);
    if (!error) path = real.string();
  }
  bool there = stat(path.c_str(), &info) == 0;
  if (there && S_ISDIR(info.st_mode)) return trouble("write", path, EISDIR, why);
  if (there && !S_ISREG(info.st_mode)) {
    int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return trouble("write", path, errno, why);
    bool filled = fill(fd);
    int error = errno;
    if (close(fd) != 0 && filled) filled = false, error = errno;
    return filled || trouble("write", path, error, why);
  }
  Scratch temporary(scratch_name(path));
  int fd = open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return trouble("write", path, errno, why);
  if (!fill(fd)) {
    int error = errno;
    close(fd);
    return trouble("write", path, error, why);
  }
  if (close(fd) != 0 || rename(temporary.path().c_str(), path.c_str()) != 0) return trouble("write", path, errno, why);
  return true;
}

static bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool write_file(const std::string& path, std::string_view text, std::string& why) {
  struct stat info{};   // a file keeps its rights
  int mode = stat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777) : 0666;
  return write_atomically(path, mode, why, [&](int fd) { return write_all(fd, text); });
}

bool copy_file(const std::string& from, const std::string& to, int mode, std::string& why) {
  int in = open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return trouble("read", from, errno, why);
  bool ok = write_atomically(to, mode, why, [&](int fd) {
    char buffer[64 * 1024];
    while (true) {
      ssize_t n = copy_file_range(in, nullptr, fd, nullptr, 1 << 30, 0);
      if (n == 0) return true;
      if (n > 0) continue;
      break;  // other file systems, old kernels: by hand
    }
    while (true) {
      ssize_t n = ::read(in, buffer, sizeof buffer);
      if (n == 0) return true;
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 || !write_all(fd, {buffer, static_cast<size_t>(n)})) return false;
    }
  });
  close(in);
  return ok;
}

bool make_folders(const std::string& path, std::string& why) {
  if (path.empty() || is_folder(path)) return true;
  std::error_code error;
  fs::create_directories(path, error);
  if (error && !is_folder(path)) return trouble("make the folder", path, error.value(), why);
  return true;
}

// ---- names

bool is_file(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

bool is_folder(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string join_path(const std::string& folder, const std::string& name) {
  if (folder.empty() || folder == "." || (!name.empty() && name[0] == '/')) return name;
  return folder.back() == '/' ? folder + name : folder + "/" + name;
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  fs::path result = fs::weakly_canonical(path.empty() ? "." : path, error);
  return error ? path : result.string();
}

std::string shown_path(const std::string& path) {
  std::error_code error;
  std::string here = fs::current_path(error).string();
  if (!error && path.starts_with(here + "/")) return path.substr(here.size() + 1);
  return path;
}

// ---- Disk

// Links are followed, but a folder is entered once: links that go round in a circle end.
// A folder that may not be read is trouble: what it holds would be missing without a word.
static bool list_jan(const std::string& folder, const std::string& prefix, int depth, std::vector<std::string>& paths,
                     std::string& why) {
  DIR* dir = opendir(join_path(folder, prefix).empty() ? "." : join_path(folder, prefix).c_str());
  if (!dir) return errno == ENOENT || trouble("read the folder", join_path(folder, prefix), errno, why);
  bool ok = true;
  while (dirent* entry = readdir(dir)) {
    std::string name = entry->d_name;
    if (name[0] == '.') continue;
    std::string relative = prefix.empty() ? name : prefix + "/" + name;
    std::string full = join_path(folder, relative);
    struct stat info{};
    bool regular = entry->d_type == DT_REG;
    if ((entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && lstat(full.c_str(), &info) == 0 &&
        S_ISDIR(info.st_mode)) {
      if (depth < 64) ok &= list_jan(folder, relative, depth + 1, paths, why);
    } else if (name.ends_with(".jan") && (regular || is_file(full))) {
      paths.push_back(relative);
    }
  }
  closedir(dir);
  return ok;
}

bool Disk::read(const std::string& path, std::string& text, std::string& why) {
  if (auto found = given_.find(path); found != given_.end()) {
    text = found->second;
    return true;
  }
  // Before it is read: a change in between leaves a stamp that no longer fits.
  std::string stamp = remembering_ ? file_stamp(path) : "";
  bool ok = read_file(path, text, why);
  if (remembering_) questions_.push_back({Question::Read, path, ok ? content_hash(text) : "-", ok ? stamp : ""});
  return ok;
}

bool Disk::exists(const std::string& path) {
  bool result = given_.contains(path) || access(path.c_str(), F_OK) == 0;
  if (remembering_) questions_.push_back({Question::Exists, path, result ? "1" : "0", ""});
  return result;
}

static std::string hash_of_list(const std::vector<std::string>& paths) {
  HashOf hash;
  for (const std::string& path : paths) hash.add(path);
  return hash.hex();
}

bool Disk::list(const std::string& folder, std::vector<std::string>& paths, std::string& why) {
  paths.clear();
  std::string shown = folder.empty() ? "." : folder;
  DIR* dir = opendir(shown.c_str());
  bool ok = dir || trouble("read the folder", shown, errno, why);
  if (dir) closedir(dir);
  if (!ok || !list_jan(folder, "", 0, paths, why)) {
    if (remembering_) questions_.push_back({Question::List, folder, "-", ""});
    return false;
  }
  std::sort(paths.begin(), paths.end());
  if (remembering_) questions_.push_back({Question::List, folder, hash_of_list(paths), ""});
  return true;
}

// The pages of the folder itself before those of its folders, each sorted.
static void find_pages(const std::string& folder, int depth, std::vector<std::string>& out) {
  constexpr size_t kMaxPages = 5000;
  constexpr int kMaxDepth = 24;   // of folders in folders
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

std::vector<std::string> Disk::pages(const std::string& folder) {
  std::vector<std::string> paths;
  find_pages(folder, 0, paths);
  if (remembering_) questions_.push_back({Question::Pages, folder, hash_of_list(paths), ""});
  return paths;
}

bool Disk::take_std(const std::string& folder, std::string& why) {
  std::vector<std::string> paths;
  if (!list(folder, paths, why)) return false;
  for (const std::string& path : paths)
    if (!read(join_path(folder, path), std_["std/" + path], why)) return false;
  return true;
}

std::string_view Disk::std_file(std::string_view name) {
  if (std_.empty()) return embedded_file(name);
  auto found = std_.find(name);
  return found == std_.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> Disk::std_files() {
  std::vector<std::string> names;
  for (auto& [name, text] : std_) names.push_back(name);
  if (!names.empty()) return names;
  for (const EmbeddedFile& file : embedded_files())
    if (file.name.starts_with("std/")) names.emplace_back(file.name);
  return names;
}

void Disk::give(std::string path, std::string text) { given_[std::move(path)] = std::move(text); }

std::string file_stamp(const std::string& path) {
  struct stat info{};
  timespec now{};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || clock_gettime(CLOCK_REALTIME, &now) != 0) return "";
  // Two changes within one tick of the file system's clock look like one. Ticks are of milliseconds; where times have
  // no such digits, of seconds.
  bool fine = info.st_ctim.tv_nsec % 1'000'000 != 0;
  int64_t age = (now.tv_sec - info.st_ctim.tv_sec) * 1000 + (now.tv_nsec - info.st_ctim.tv_nsec) / 1'000'000;
  if (age < (fine ? 50 : 2100)) return "";
  char text[128];
  snprintf(text, sizeof text, "%lld %lld.%09ld %lld.%09ld %llu", static_cast<long long>(info.st_size),
           static_cast<long long>(info.st_mtim.tv_sec), info.st_mtim.tv_nsec,
           static_cast<long long>(info.st_ctim.tv_sec), info.st_ctim.tv_nsec,
           static_cast<unsigned long long>(info.st_ino));
  return text;
}

bool still_answers(const Question& q) {
  if (q.kind == Question::Read && !q.stamp.empty() && file_stamp(q.path) == q.stamp) return true;
  return answer_to(q.kind, q.path) == q.answer;
}

std::string answer_to(Question::Kind kind, const std::string& path) {
  Disk disk;
  std::string text, why;
  std::vector<std::string> paths;
  if (kind == Question::Read) disk.read(path, text, why);
  else if (kind == Question::Exists) disk.exists(path);
  else if (kind == Question::Pages) disk.pages(path);
  else disk.list(path, paths, why);
  return disk.questions().back().answer;
}

}   // namespace janus
