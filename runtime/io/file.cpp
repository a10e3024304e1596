// file.cpp: files and folders. What std.fs is written over.
// Depends on handle.h, Linux, libc.
// SPDX-License-Identifier: Apache-2.0
//
// A disk may be slow and the system offers no way to wait for one, so each of these calls is made by a thread of the
// blocking pool while the task waits. A read of what is in the system's cache anyway is tried first. Results below 0
// are -errno; -EINTR: the task was cancelled, which only what is no plain file looks for, since only that can wait for
// ever.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/io/handle.h"
#ifdef JANUS_TASKS
#include "runtime/tasks/task.h"
#endif

namespace janus::rt {
namespace {

constexpr int kNoWait = 8;   // RWF_NOWAIT

template <typename F>
JANUS_INLINE int64_t with_path(const String* path, F f) {
  int64_t result = -ENOENT;
  in_pool([&] {
    PathText text;
    if (path_text(path, &text)) result = f(text.text);
    else result = path->len >= kPathTop ? -ENAMETOOLONG : -ENOENT;
  });
  return result;
}

template <typename F>
JANUS_INLINE int64_t with_paths(const String* from, const String* to, F f) {
  return with_path(from, [&](const char* a) -> int64_t {
    PathText text;
    if (!path_text(to, &text)) return to->len >= kPathTop ? -ENAMETOOLONG : -ENOENT;
    return f(a, static_cast<const char*>(text.text));
  });
}

int64_t open_at(const char* path, int flags, int mode) {
  int64_t fd;
  do fd = sys(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_LARGEFILE, mode);
  while (fd == -EINTR);
  return fd;
}

// ---- pipes with a name, terminals: opening and reading may wait for the other side for ever. A thread of the pool
// waits in short pieces, and looks between them whether the task still wants it.

constexpr int kPiece_ms = 20;
constexpr int64_t kPipeFs = 0x50495045;   // PIPEFS_MAGIC: a pipe without a name

const void* who_asks() {
#ifdef JANUS_TASKS
  return this_task();
#else
  return nullptr;
#endif
}

bool unwanted(const void* task) {
#ifdef JANUS_TASKS
  return task && is_cancelled(static_cast<Task*>(const_cast<void*>(task)));
#else
  (void)task;
  return false;
#endif
}

// False: the task was cancelled first.
bool wait_ready(int64_t fd, short events, const void* task) {
  pollfd wanted = {static_cast<int>(fd), events, 0};
  while (poll(&wanted, 1, task ? kPiece_ms : -1) == 0)
    if (unwanted(task)) return false;
  return true;
}

bool is_named_pipe(int64_t fd) {
  struct stat info;
  struct statfs system;
  return fstat(static_cast<int>(fd), &info) == 0 && S_ISFIFO(info.st_mode) &&
         fstatfs(static_cast<int>(fd), &system) == 0 && static_cast<int64_t>(system.f_type) != kPipeFs;
}

// As open_at. A pipe with a name is there when it has another side.
int64_t open_for(const void* task, const char* path, int flags, int mode) {
  const int way = flags & O_ACCMODE;
  int64_t fd;
  while ((fd = open_at(path, flags | O_NONBLOCK, mode)) == -ENXIO && way == O_WRONLY) {   // nobody reads it
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISFIFO(info.st_mode)) return -ENXIO;
    if (unwanted(task)) return -EINTR;
    poll(nullptr, 0, kPiece_ms / 4);
  }
  // With nobody who writes, it is ready neither to be read nor at its end until somebody came.
  if (fd >= 0 && way == O_RDONLY && is_named_pipe(fd) && !wait_ready(fd, POLLIN, task)) {
    sys(SYS_close, fd);
    return -EINTR;
  }
  return fd;
}

int64_t write_all(int64_t fd, const uint8_t* data, int64_t len, const void* task) {
  while (len > 0) {
    const int64_t n = sys(SYS_write, fd, data, min64(len, 1 << 30));
    if (n == -EINTR) continue;
    if (n == -EAGAIN) {
      if (!wait_ready(fd, POLLOUT, task)) return -EINTR;
      continue;
    }
    if (n < 0) return n;
    data += n;
    len -= n;
  }
  return 0;
}

int64_t close_fd(int64_t fd) { return sys(SYS_close, fd); }

struct Stat {
  struct stat of;
};
int64_t stat_at(const char* path, bool follow, Stat* out) {
  return fstatat(AT_FDCWD, path, &out->of, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

int64_t read_whole(int64_t fd, int64_t limit, Array** out, const void* task) {
  Stat info;
  const int64_t size = fstat(static_cast<int>(fd), &info.of) == 0 && S_ISREG(info.of.st_mode) ? info.of.st_size : 0;
  if (fstat(static_cast<int>(fd), &info.of) == 0 && S_ISDIR(info.of.st_mode)) return -EISDIR;
  if (size > limit) return -EFBIG;
  Array* bytes = janus_array_reserve(*out, max64(size + 1, 4096), &byte_glue);
  int64_t result = 0;
  while (true) {
    if (bytes->len == bytes->cap) bytes = janus_array_reserve(bytes, bytes->len, &byte_glue);
    const int64_t n = sys(SYS_read, fd, bytes->data + bytes->len, min64(bytes->cap - bytes->len, 1 << 30));
    if (n == -EINTR || (n == -EAGAIN && wait_ready(fd, POLLIN, task))) continue;
    if (n <= 0) {
      result = n == -EAGAIN ? -EINTR : n;
      break;
    }
    bytes->len += n;
    if (bytes->len > limit) {
      result = -EFBIG;
      break;
    }
  }
  *out = bytes;
  return result;
}

// `path` and a chance ending, in the same folder, so that renaming stays inside one file system.
bool beside(const char* path, char out[kPathTop]) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  const size_t len = strlen(path);
  if (len + 12 >= kPathTop) return false;
  uint64_t chance = 0;
  sys(SYS_getrandom, &chance, 8, 0);
  memcpy(out, path, len);
  out[len] = '.';
  for (size_t i = 1; i < 10; i++, chance >>= 5) out[len + i] = letters[chance & 31];
  out[len + 10] = '~';
  out[len + 11] = 0;
  return true;
}

// Whoever opens the path finds the old contents or the new, never a part. Things that are no plain file are written to
// as they are.
int64_t replace(const char* given, const uint8_t* data, int64_t len, const void* task) {
  char resolved[kPathTop];
  const char* path = given;
  Stat info;
  const int64_t there = stat_at(given, true, &info);
  if (there == 0 && S_ISDIR(info.of.st_mode)) return -EISDIR;
  if (there == 0 && !S_ISREG(info.of.st_mode)) {
    const int64_t fd = open_for(task, given, O_WRONLY, 0);
    if (fd < 0) return fd;
    const int64_t result = write_all(fd, data, len, task);
    const int64_t closed = close_fd(fd);
    return result < 0 ? result : closed;
  }
  if (there == 0 && access(given, W_OK) != 0) return -errno;   // a file that may not be written is not replaced either
  Stat link;
  if (stat_at(given, false, &link) == 0 && S_ISLNK(link.of.st_mode)) {   // the file behind it is meant
    if (there == 0 && !realpath(given, resolved)) return -errno;
    if (there == 0) path = resolved;
  }
  char temporary[kPathTop];
  if (!beside(path, temporary)) return -ENAMETOOLONG;
  const int64_t fd = open_at(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (fd < 0) return fd;
  int64_t result = write_all(fd, data, len, task);
  if (result == 0 && there == 0) fchmod(static_cast<int>(fd), info.of.st_mode & 07777);
  const int64_t closed = close_fd(fd);
  if (result == 0) result = closed;
  if (result == 0) result = sys(SYS_renameat, AT_FDCWD, temporary, AT_FDCWD, path);
  if (result < 0) sys(SYS_unlinkat, AT_FDCWD, temporary, 0);
  return result;
}

int64_t write_with(const char* path, int flags, const uint8_t* data, int64_t len, const void* task) {
  const int64_t fd = open_for(task, path, flags, 0666);
  if (fd < 0) return fd;
  int64_t result = write_all(fd, data, len, task);
  const int64_t closed = close_fd(fd);
  if (result == 0) result = closed;
  if (result < 0 && (flags & O_EXCL)) sys(SYS_unlinkat, AT_FDCWD, path, 0);   // it was made here: nothing, or all of it
  return result;
}

// Of two paths, the second is what went wrong: added to the code, so that std names the right one.
constexpr int64_t kOfTarget = -65'536;
int64_t of_target(int64_t code) { return code < 0 ? code + kOfTarget : code; }
bool is_of_writing(int64_t code) {
  return code == -ENOSPC || code == -EDQUOT || code == -EFBIG || code == -EROFS || code == -EPIPE;
}

int64_t copy_data(int64_t from, int64_t to) {
  bool by_kernel = true;
  alignas(16) static constexpr int64_t kPiece = 1 << 16;
  uint8_t* buffer = nullptr;
  int64_t result = 0;
  while (true) {
    int64_t n;
    if (by_kernel) {
      n = sys(SYS_copy_file_range, from, nullptr, to, nullptr, 1 << 30, 0);
      if (n == -EXDEV || n == -EINVAL || n == -ENOSYS || n == -EOPNOTSUPP || n == -EBADF) {
        by_kernel = false;
        continue;
      }
      if (n == 0) {   // also what special files of the kernel say, which have contents all the same
        by_kernel = false;
        continue;
      }
    } else {
      if (!buffer) buffer = static_cast<uint8_t*>(janus_alloc(kPiece));
      n = sys(SYS_read, from, buffer, kPiece);
      if (n > 0) {
        const int64_t failed = write_all(to, buffer, n, nullptr);
        if (failed < 0) n = failed;
      }
      if (n == 0) break;
    }
    if (n == -EINTR) continue;
    if (n < 0) {
      result = n;
      break;
    }
  }
  if (buffer) janus_free(buffer, kPiece);
  return result;
}

int64_t make_folders(char* path) {
  int64_t result = mkdir(path, 0777) == 0 ? 0 : -errno;
  if (result == -ENOENT) {
    for (char* p = path + 1; *p; p++) {
      if (*p != '/') continue;
      *p = 0;
      const bool failed = mkdir(path, 0777) != 0 && errno != EEXIST;
      const int why = errno;
      *p = '/';
      if (failed) return -why;
    }
    result = mkdir(path, 0777) == 0 ? 0 : -errno;
  }
  if (result == -EEXIST) {
    Stat info;
    if (stat_at(path, true, &info) == 0 && S_ISDIR(info.of.st_mode)) return 0;
    return -ENOTDIR;
  }
  return result;
}

Handle* opened(int64_t fd, int64_t* code) {
  *code = fd;
  if (fd < 0) return nullptr;
  Stat info;
  const bool plain = fstat(static_cast<int>(fd), &info.of) == 0 &&
                     (S_ISREG(info.of.st_mode) || S_ISDIR(info.of.st_mode) || S_ISBLK(info.of.st_mode));
  if (!plain)
    fcntl(static_cast<int>(fd), F_SETFL,
          fcntl(static_cast<int>(fd), F_GETFL) | O_NONBLOCK);   // pipes and terminals: waited for by the poller
  return handle_new(fd, plain ? kFile : kPipe);
}

constexpr TypeGlue word_glue = {8, nullptr, nullptr, nullptr};

}   // namespace
}   // namespace janus::rt

using namespace janus::rt;

extern "C" {

// Appends the whole file to *out; more than `limit` bytes: -EFBIG.
int64_t janus_fs_read(String* path, int64_t limit, Array** out) {
  return with_path(path, [=, task = who_asks()](const char* p) -> int64_t {
    const int64_t fd = open_for(task, p, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0) return fd;
    const int64_t result = read_whole(fd, limit, out, task);
    close_fd(fd);
    return result;
  });
}

// how: 0 replace as a whole, 1 append, 2 only when there is nothing yet.
int64_t janus_fs_write(String* path, Array* bytes, int64_t how) {
  const uint8_t* data = bytes->data;
  const int64_t len = bytes->len;
  return with_path(path, [=, task = who_asks()](const char* p) -> int64_t {
    if (how == 0) return replace(p, data, len, task);
    return write_with(p, O_WRONLY | O_CREAT | (how == 1 ? O_APPEND : O_EXCL), data, len, task);
  });
}

Handle* janus_fs_open_read(String* path, int64_t* code) {
  Handle* h = nullptr;
  const int64_t failed = with_path(path, [&, task = who_asks()](const char* p) -> int64_t {
    h = opened(open_for(task, p, O_RDONLY | O_NOCTTY, 0), code);
    return 0;
  });
  if (failed < 0) *code = failed;
  return h;
}

// how: 0 empty it first, 1 append, 2 only when there is nothing yet, 3 read and write what is there.
Handle* janus_fs_open_write(String* path, int64_t how, int64_t* code) {
  static const int flags[] = {O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_EXCL,
                              O_RDWR | O_CREAT};
  Handle* h = nullptr;
  const int64_t failed = with_path(path, [&, task = who_asks()](const char* p) -> int64_t {
    h = opened(open_for(task, p, flags[how & 3] | O_NOCTTY, 0666), code);
    return 0;
  });
  if (failed < 0) *code = failed;
  return h;
}

// Of a handle of this file: appends what is read at its position. 0 at the end; -EAGAIN only where the poller can wait.
int64_t janus_file_read(Handle* h, Array** buffer, int64_t most) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  uint8_t* room = bytes_room(buffer, most);
  int64_t n;
  if (h->kind & kFile) {
    iovec piece = {room, static_cast<size_t>(most)};
    n = sys(SYS_preadv2, fd, &piece, 1, -1, -1, kNoWait);
    if (n < 0)
      in_pool([&] {
        do n = sys(SYS_read, fd, room, most);
        while (n == -EINTR);
      });
  } else {
    do n = sys(SYS_read, fd, room, most);
    while (n == -EINTR);
  }
  if (n > 0) (*buffer)->len += n;
  leave(h);
  return n;
}

int64_t janus_file_write(Handle* h, Array* bytes, int64_t from, int64_t to) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  const uint8_t* data = bytes->data + from;
  int64_t n;
  if (h->kind & kFile)
    in_pool([&] {
      do n = sys(SYS_write, fd, data, to - from);
      while (n == -EINTR);
    });
  else do
      n = sys(SYS_write, fd, data, to - from);
    while (n == -EINTR);
  leave(h);
  return n;
}

// whence: 0 from the beginning, 1 from here, 2 from the end. The new position.
int64_t janus_file_seek(Handle* h, int64_t offset, int64_t whence) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  const int64_t n = sys(SYS_lseek, fd, offset, whence);
  leave(h);
  return n;
}

int64_t janus_file_sync(Handle* h) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  int64_t n = 0;
  in_pool([&] { n = sys(SYS_fsync, fd); });
  leave(h);
  return n;
}

int64_t janus_file_truncate(Handle* h, int64_t size) {
  const int32_t fd = enter(h);
  if (fd < 0) return -EBADF;
  int64_t n = 0;
  in_pool([&] { n = sys(SYS_ftruncate, fd, size); });
  leave(h);
  return n;
}

// Appends to *out: kind (1 file, 2 folder, 3 link, 4 pipe, 5 socket, 6 device), size, permissions, times of change, of
// reading, of the entry in ns, inode, links, user, group.
int64_t janus_fs_stat(String* path, bool follow, Array** out) {
  Stat info;
  const int64_t failed = with_path(path, [&](const char* p) { return stat_at(p, follow, &info); });
  if (failed < 0) return failed;
  const struct stat& s = info.of;
  auto ns = [](const timespec& t) { return t.tv_sec * 1'000'000'000 + t.tv_nsec; };
  const int64_t kind = S_ISREG(s.st_mode)    ? 1
                       : S_ISDIR(s.st_mode)  ? 2
                       : S_ISLNK(s.st_mode)  ? 3
                       : S_ISFIFO(s.st_mode) ? 4
                       : S_ISSOCK(s.st_mode) ? 5
                                             : 6;
  const int64_t words[] = {kind,
                           s.st_size,
                           s.st_mode & 07777,
                           ns(s.st_mtim),
                           ns(s.st_atim),
                           ns(s.st_ctim),
                           static_cast<int64_t>(s.st_ino),
                           static_cast<int64_t>(s.st_nlink),
                           s.st_uid,
                           s.st_gid};
  *out = janus_array_reserve(*out, 10, &word_glue);
  memcpy((*out)->data + (*out)->len * 8, words, sizeof words);
  (*out)->len += 10;
  return 0;
}

// Appends the entries of a folder to *out, each as its kind (as janus_fs_stat says; 0: ask), the length of its name in
// two bytes, and the name.
int64_t janus_fs_list(String* path, Array** out) {
  return with_path(path, [=](const char* p) -> int64_t {
    const int64_t fd = open_at(p, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    alignas(8) uint8_t room[16 * 1024];
    int64_t n;
    while ((n = sys(SYS_getdents64, fd, room, static_cast<int64_t>(sizeof room))) > 0) {
      for (int64_t at = 0; at < n;) {
        uint16_t record;
        memcpy(&record, room + at + 16, 2);
        const uint8_t type = room[at + 18];
        const char* name = reinterpret_cast<const char*>(room + at + 19);
        const int64_t len = static_cast<int64_t>(strlen(name));
        at += record;
        if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))) continue;
        const uint8_t kind = type == DT_REG       ? 1
                             : type == DT_DIR     ? 2
                             : type == DT_LNK     ? 3
                             : type == DT_FIFO    ? 4
                             : type == DT_SOCK    ? 5
                             : type == DT_UNKNOWN ? 0
                                                  : 6;
        uint8_t* to = bytes_room(out, len + 3);
        to[0] = kind;
        to[1] = static_cast<uint8_t>(len);
        to[2] = static_cast<uint8_t>(len >> 8);
        memcpy(to + 3, name, static_cast<size_t>(len));
        (*out)->len += len + 3;
      }
    }
    close_fd(fd);
    return n;
  });
}

int64_t janus_fs_mkdir(String* path, bool parents) {
  return with_path(path, [=](const char* p) -> int64_t {
    if (parents) return make_folders(const_cast<char*>(p));
    return sys(SYS_mkdirat, AT_FDCWD, p, 0777);
  });
}
int64_t janus_fs_unlink(String* path) {
  return with_path(path, [](const char* p) { return sys(SYS_unlinkat, AT_FDCWD, p, 0); });
}
int64_t janus_fs_rmdir(String* path) {
  return with_path(path, [](const char* p) { return sys(SYS_unlinkat, AT_FDCWD, p, AT_REMOVEDIR); });
}
int64_t janus_fs_rename(String* from, String* to) {
  return with_paths(from, to, [](const char* a, const char* b) {
    const int64_t result = sys(SYS_renameat, AT_FDCWD, a, AT_FDCWD, b);
    Stat info;
    bool there = result < 0 && stat_at(a, false, &info) == 0;
    return there && result != -EACCES && result != -EPERM && result != -EBUSY ? of_target(result) : result;
  });
}
int64_t janus_fs_symlink(String* target, String* path) {
  return with_paths(target, path, [](const char* a, const char* b) { return sys(SYS_symlinkat, a, AT_FDCWD, b); });
}
int64_t janus_fs_link(String* target, String* path) {
  return with_paths(target, path,
                    [](const char* a, const char* b) { return sys(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0); });
}
int64_t janus_fs_chmod(String* path, int64_t mode) {
  return with_path(path, [=](const char* p) { return sys(SYS_fchmodat, AT_FDCWD, p, mode & 07777); });
}

int64_t janus_fs_readlink(String* path, Array** out) {
  return with_path(path, [=](const char* p) -> int64_t {
    uint8_t* room = bytes_room(out, kPathTop);
    const int64_t n = sys(SYS_readlinkat, AT_FDCWD, p, room, kPathTop);
    if (n > 0) (*out)->len += n;
    return n;
  });
}

int64_t janus_fs_real(String* path, Array** out) {
  return with_path(path, [=](const char* p) -> int64_t {
    char resolved[kPathTop];
    if (!realpath(p, resolved)) return -errno;
    const int64_t n = static_cast<int64_t>(strlen(resolved));
    memcpy(bytes_room(out, n), resolved, static_cast<size_t>(n));
    (*out)->len += n;
    return n;
  });
}

// Contents and permissions; what is at `to` is replaced, in one step, when all is copied.
int64_t janus_fs_copy(String* from, String* to) {
  return with_paths(from, to, [](const char* a, const char* b) -> int64_t {
    const int64_t in = open_at(a, O_RDONLY, 0);
    if (in < 0) return in;
    Stat info;
    char temporary[kPathTop];
    int64_t result = fstat(static_cast<int>(in), &info.of) == 0 ? 0 : -errno;
    if (result == 0 && S_ISDIR(info.of.st_mode)) result = -EISDIR;
    Stat there;
    if (result == 0 && stat_at(b, true, &there) == 0 && S_ISDIR(there.of.st_mode)) result = of_target(-EISDIR);
    if (result == 0 && !beside(b, temporary)) result = of_target(-ENAMETOOLONG);
    if (result == 0) {
      const int64_t out = open_at(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
      result = out < 0 ? of_target(out) : copy_data(in, out);
      if (is_of_writing(result)) result = of_target(result);
      if (out >= 0) {
        if (result == 0) fchmod(static_cast<int>(out), info.of.st_mode & 07777);
        const int64_t closed = close_fd(out);
        if (result == 0) result = of_target(closed);
        if (result == 0) result = of_target(sys(SYS_renameat, AT_FDCWD, temporary, AT_FDCWD, b));
        if (result < 0) sys(SYS_unlinkat, AT_FDCWD, temporary, 0);
      }
    }
    close_fd(in);
    return result;
  });
}

// A new folder with a name that nobody can guess, only for this user: `prefix` and eight letters.
int64_t janus_fs_temp(String* prefix, Array** out) {
  return with_path(prefix, [=](const char* p) -> int64_t {
    for (int tries = 0; tries < 100; tries++) {
      char path[kPathTop];
      if (!beside(p, path)) return -ENAMETOOLONG;
      const int64_t len = static_cast<int64_t>(strlen(path)) - 1;
      path[len] = 0;   // without the ~
      const int64_t made = sys(SYS_mkdirat, AT_FDCWD, path, 0700);
      if (made == -EEXIST) continue;
      if (made < 0) return made;
      memcpy(bytes_room(out, len), path, static_cast<size_t>(len));
      (*out)->len += len;
      return len;
    }
    return -EEXIST;
  });
}

}   // extern "C"

// Tells of changes in a folder: a handle to read `struct inotify_event`s from. Null: *code.
extern "C" Handle* janus_fs_watch(String* path, int64_t* code) {
  int64_t fd = sys(SYS_inotify_init1, IN_NONBLOCK | IN_CLOEXEC);
  *code = fd;
  if (fd < 0) return nullptr;
  const int64_t watch = with_path(path, [=](const char* text) -> int64_t {
    return sys(SYS_inotify_add_watch, fd, text,
               IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                   IN_MOVE_SELF | IN_ONLYDIR);
  });
  *code = watch;
  if (watch >= 0) return handle_new(fd, kPipe);
  sys(SYS_close, fd);
  return nullptr;
}
