// cache.cpp: a folder of files named by their keys: `ab/cdef…`, each ending in a trailer that proves it whole.
// Depends on output.h, LLVM's BLAKE3, Linux.
// SPDX-License-Identifier: Apache-2.0
#include "backend/cache.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <vector>

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "llvm/Support/BLAKE3.h"

#include "backend/output.h"

namespace janus {
namespace {

struct Trailer {
  uint8_t hash[32];   // of the bytes before
  uint64_t size;
  char magic[8];
};
constexpr char kMagic[8] = {'J', 'A', 'N', 'U', 'S', 'C', '1', '\n'};

std::array<uint8_t, 32> hash_of(std::string_view bytes) {
  return llvm::BLAKE3::hash<32>(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

std::string path_of(const std::string& dir, const Key& key) {
  static const char digits[] = "0123456789abcdef";
  std::string path = dir + "/";
  for (size_t i = 0; i < key.size(); ++i) {
    path += digits[key[i] >> 4];
    path += digits[key[i] & 15];
    if (i == 0) path += '/';
  }
  return path;
}

bool make_folders(const std::string& path) {
  for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
    if (mkdir(path.substr(0, at).c_str(), 0777) != 0 && errno != EEXIST) return false;
  return true;
}

// Opens an entry and reads its trailer; -1 when it is absent or was cut short.
int open_entry(const std::string& path, Trailer& trailer) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat info;
  bool good = fstat(fd, &info) == 0 && info.st_size >= static_cast<off_t>(sizeof trailer) &&
              pread(fd, &trailer, sizeof trailer, info.st_size - static_cast<off_t>(sizeof trailer)) ==
                  static_cast<ssize_t>(sizeof trailer) &&
              std::memcmp(trailer.magic, kMagic, sizeof kMagic) == 0 &&
              trailer.size == static_cast<uint64_t>(info.st_size) - sizeof trailer;
  if (!good) {
    close(fd);
    unlink(path.c_str());
    return -1;
  }
  if (info.st_mtime + 3600 < std::time(nullptr)) futimens(fd, nullptr);   // used: young again
  return fd;
}

}  // namespace

const std::string& janus_build_id() {
  static const std::string id = [] {
    std::string found;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* out) {
          if (info->dlpi_name && *info->dlpi_name) return 1;   // the first one is the executable itself
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            if (info->dlpi_phdr[i].p_type != PT_NOTE) continue;
            auto* p = reinterpret_cast<const char*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
            auto* end = p + info->dlpi_phdr[i].p_memsz;
            while (p + sizeof(ElfW(Nhdr)) <= end) {
              auto* note = reinterpret_cast<const ElfW(Nhdr)*>(p);
              const char* name = p + sizeof *note;
              const char* desc = name + ((note->n_namesz + 3) & ~3u);
              if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
                static_cast<std::string*>(out)->assign(desc, note->n_descsz);
              p = desc + ((note->n_descsz + 3) & ~3u);
            }
          }
          return 1;
        },
        &found);
    if (!found.empty()) return found;
    struct stat info = {};
    stat("/proc/self/exe", &info);
    return std::string(JANUS_VERSION) + ":" + std::to_string(info.st_size) + ":" + std::to_string(info.st_mtim.tv_sec) +
           "." + std::to_string(info.st_mtim.tv_nsec);
  }();
  return id;
}

Key make_key(std::initializer_list<std::string_view> parts) {
  llvm::BLAKE3 hash;
  auto add = [&](std::string_view s) {
    uint64_t size = s.size();
    hash.update(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(&size), 8));
    hash.update(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(s.data()), s.size()));
  };
  add(janus_build_id());
  for (std::string_view part : parts) add(part);
  auto bytes = hash.final<32>();
  Key key;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

bool cache_get(const std::string& dir, const Key& key, std::string& bytes) {
  if (dir.empty()) return false;
  const std::string path = path_of(dir, key);
  Trailer trailer;
  int fd = open_entry(path, trailer);
  if (fd < 0) return false;
  bytes.resize(trailer.size);
  size_t at = 0;
  while (at < bytes.size()) {
    ssize_t n = pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += static_cast<size_t>(n);
  }
  close(fd);
  auto hash = hash_of(bytes);
  if (at == bytes.size() && std::memcmp(hash.data(), trailer.hash, 32) == 0) return true;
  unlink(path.c_str());
  bytes.clear();
  return false;
}

bool cache_put(const std::string& dir, const Key& key, std::string_view bytes, bool executable) {
  if (dir.empty()) return false;
  const std::string path = path_of(dir, key);
  if (!make_folders(path)) return false;
  Trailer trailer = {};
  auto hash = hash_of(bytes);
  std::copy(hash.begin(), hash.end(), trailer.hash);
  trailer.size = bytes.size();
  std::memcpy(trailer.magic, kMagic, sizeof kMagic);
  std::string whole;
  whole.reserve(bytes.size() + sizeof trailer);
  whole.append(bytes);
  whole.append(reinterpret_cast<const char*>(&trailer), sizeof trailer);
  std::string why;
  return write_output(path, whole, executable, why);
}

std::string cache_file(const std::string& dir, const Key& key) {
  if (dir.empty()) return {};
  std::string path = path_of(dir, key);
  Trailer trailer;
  int fd = open_entry(path, trailer);
  if (fd < 0) return {};
  close(fd);
  return path;
}

bool cache_copy(const std::string& dir, const Key& key, const std::string& output, bool executable, std::string& why) {
  if (dir.empty()) return false;
  Trailer trailer;
  int fd = open_entry(path_of(dir, key), trailer);
  if (fd < 0) return false;
  bool done = copy_output(output, fd, trailer.size, executable, why);
  close(fd);
  return done;
}

void cache_trim(const std::string& dir, uint64_t limit) {
  if (dir.empty()) return;
  // The stamp's time says when the folder was last looked through.
  const std::string stamp = dir + "/trimmed";
  struct stat info;
  if (stat(stamp.c_str(), &info) == 0 && info.st_mtime + 600 > std::time(nullptr)) return;
  int fd = open(stamp.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return;
  futimens(fd, nullptr);
  close(fd);
  struct Entry {
    timespec used;
    uint64_t size;
    std::string path;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  DIR* top = opendir(dir.c_str());
  if (!top) return;
  while (dirent* d = readdir(top)) {
    if (std::strlen(d->d_name) != 2 || d->d_name[0] == '.') continue;
    const std::string sub = dir + "/" + d->d_name;
    DIR* inner = opendir(sub.c_str());
    if (!inner) continue;
    while (dirent* e = readdir(inner)) {
      if (e->d_name[0] == '.' && std::strncmp(e->d_name, ".janus-", 7) != 0) continue;
      std::string path = sub + "/" + e->d_name;
      if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      total += static_cast<uint64_t>(info.st_size);
      entries.push_back({info.st_mtim, static_cast<uint64_t>(info.st_size), std::move(path)});
    }
    closedir(inner);
  }
  closedir(top);
  if (total <= limit) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec : a.used.tv_nsec < b.used.tv_nsec;
  });
  for (const Entry& e : entries) {
    if (total <= limit / 5 * 4) break;
    if (unlink(e.path.c_str()) == 0) total -= e.size;
  }
}

}  // namespace janus
