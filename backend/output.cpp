// output.cpp: atomic writing. The bytes go to a file without a name (O_TMPFILE), which vanishes with the process, and
// get their name only when they are complete; where the file system has no such files, to a temporary one beside the
// result. Depends on Linux. SPDX-License-Identifier: Apache-2.0
#include "backend/output.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace janus {
namespace {

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string reason(int error, const std::string& path) {
  const std::string folder = folder_of(path);
  switch (error) {
    case ENOSPC: return "the disk is full";
    case EDQUOT: return "your share of the disk is used up (disk quota)";
    case EROFS: return "the file system is read-only";
    case EACCES:
    case EPERM: return "no permission to write in the folder `" + folder + "`";
    case EISDIR: return "it is a folder";
    case ENOENT: return "the folder `" + folder + "` does not exist";
    case ENOTDIR: return "`" + folder + "` is not a folder";
    case ENAMETOOLONG: return "the name is too long";
    case EFBIG: return "the file would be larger than allowed here";
    case EMFILE:
    case ENFILE: return "too many files are open";
    case ELOOP: return "too many symbolic links";
    case EIO: return "the disk reports an error";
    default: return std::strerror(error);
  }
}

using Fill = std::function<int(int)>;   // puts the bytes into a descriptor; 0 or an errno

int write_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    data += n;
    size -= static_cast<size_t>(n);
  }
  return 0;
}

// Signals wait while a file has a temporary name.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

std::string temporary_name(const std::string& path, int attempt) {
  return folder_of(path) + "/.janus-" + std::to_string(getpid()) + "-" + std::to_string(attempt) + ".tmp";
}

// Gives the nameless file its name.
int publish(int fd, const std::string& path) {
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return 0;
  if (errno != EEXIST) return errno;
  SignalsWait wait;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = temporary_name(path, attempt);
    if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      if (errno == EEXIST) continue;
      return errno;
    }
    if (rename(name.c_str(), path.c_str()) == 0) return 0;
    int error = errno;
    unlink(name.c_str());
    return error;
  }
  return EEXIST;
}

int write_named(const std::string& path, mode_t mode, const Fill& fill) {
  SignalsWait wait;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = temporary_name(path, attempt);
    int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return errno;
    int error = fill(fd);
    if (close(fd) != 0 && !error) error = errno;
    if (!error && rename(name.c_str(), path.c_str()) != 0) error = errno;
    if (error) unlink(name.c_str());
    return error;
  }
  return EEXIST;
}

int write_file(const std::string& path, mode_t mode, const Fill& fill) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return EISDIR;
    if (!S_ISREG(info.st_mode)) {
      int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd < 0) return errno;
      int error = fill(fd);
      if (close(fd) != 0 && !error) error = errno;
      return error;
    }
  }
  int fd = open(folder_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) return write_named(path, mode, fill);
  if (fd < 0) return errno;
  int error = fill(fd);
  if (!error) error = publish(fd, path);
  if (close(fd) != 0 && !error) error = errno;
  if (error == ENOENT && access("/proc/self/fd", X_OK) != 0)
    return write_named(path, mode, fill);   // no /proc: no way to name it
  return error;
}

bool write_to(const std::string& path, bool executable, std::string& why, const Fill& fill) {
  std::string target = path;
  if (path.empty() || path.back() == '/') {
    why = "cannot write `" + path + "`: it is a folder";
    return false;
  }
  // A link keeps being a link: what it points at is replaced.
  struct stat info;
  if (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode))
    if (char* real = realpath(path.c_str(), nullptr)) {
      target = real;
      std::free(real);
    }
  if (int error = write_file(target, executable ? 0777 : 0666, fill)) {
    why = "cannot write `" + path + "`: " + reason(error, target);
    return false;
  }
  return true;
}

}  // namespace

bool write_output(const std::string& path, std::string_view bytes, bool executable, std::string& why) {
  return write_to(path, executable, why, [&](int fd) { return write_all(fd, bytes.data(), bytes.size()); });
}

bool copy_output(const std::string& path, int from, uint64_t size, bool executable, std::string& why) {
  return write_to(path, executable, why, [&](int fd) -> int {
    if (ioctl(fd, FICLONE, from) == 0) return ftruncate(fd, static_cast<off_t>(size)) == 0 ? 0 : errno;
    off_t at = 0;
    while (static_cast<uint64_t>(at) < size) {
      ssize_t n = copy_file_range(from, &at, fd, nullptr, size - static_cast<uint64_t>(at), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n > 0) continue;
      // Some file systems cannot: through memory, then.
      char buffer[64 * 1024];
      while (static_cast<uint64_t>(at) < size) {
        ssize_t got = pread(
            from, buffer,
            sizeof buffer < size - static_cast<uint64_t>(at) ? sizeof buffer : size - static_cast<uint64_t>(at), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return EIO;
        if (int error = write_all(fd, buffer, static_cast<size_t>(got))) return error;
        at += got;
      }
    }
    return 0;
  });
}

}  // namespace janus
