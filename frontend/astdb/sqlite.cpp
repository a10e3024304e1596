// sqlite.cpp: opens, makes and rebuilds the database file; falls back to memory when the disk refuses.
// Depends on sqlite.h, the operating system.
// SPDX-License-Identifier: Apache-2.0
//
// Reliability in layers. SQLite's write-ahead log keeps the file whole when janus is killed. It is not told to wait for
// the disk (synchronous = off), which a loss of power could punish; so a stamp beside the database names the boot, the
// size and the time of the file as janus left it, and whoever finds another one has the whole file checked before
// trusting it. What is damaged is thrown away and made again: the sources are the truth. Only who holds the lock file
// may throw away, so that two processes that find the same damage do not throw away each other's new file.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "frontend/astdb/sqlite.h"

namespace janus {
namespace {

constexpr char kSchema[] = {
#include "schema_sql.inc"
};
// Raised with every change of schema.sql or of what its columns hold.
constexpr int kSchemaVersion = 9;
constexpr int kApplicationId = 0x4a414e53;   // "JANS": what `file` and we know the database by

std::string boot_id() {
  char text[64] = {};
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "unknown";
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  while (n > 0 && text[n - 1] == '\n') --n;
  return std::string(text, static_cast<size_t>(std::max<ssize_t>(n, 0)));
}

std::string stamp_of(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return {};
  return std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec) + " " + boot_id();
}

std::string read_stamp(const std::string& path) {
  char text[256];
  int fd = open((path + ".stamp").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  ssize_t n = read(fd, text, sizeof text);
  close(fd);
  return std::string(text, static_cast<size_t>(std::max<ssize_t>(n, 0)));
}

void write_stamp(const std::string& path) {
  std::string text = stamp_of(path);
  int fd = open((path + ".stamp").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return;
  // A stamp cut short is another stamp: the next one checks once more than it must.
  (void)!write(fd, text.data(), text.size());
  close(fd);
}

bool has_log(const std::string& path) {
  struct stat info{};
  return stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0;
}

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
}

// `.janus` keeps itself out of version control, as other tools' folders do.
void make_folder(const std::string& folder) {
  if (folder.empty() || mkdir(folder.c_str(), 0777) != 0) return;
  int fd = open((folder + "/.gitignore").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return;
  (void)!write(fd, "*\n", 2);
  close(fd);
}

// Files of processes that were killed between writing and naming them.
void remove_leftovers(const std::string& path) {
  std::string folder = folder_of(path), begin = path.substr(folder.empty() ? 0 : folder.size() + 1) + ".";
  DIR* dir = opendir(folder.empty() ? "." : folder.c_str());
  if (!dir) return;
  while (dirent* entry = readdir(dir)) {
    std::string_view name = entry->d_name;
    if (!name.starts_with(begin) || (!name.ends_with(".new") && !name.ends_with(".new-journal"))) continue;
    int pid = atoi(entry->d_name + begin.size());
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)
      unlink((folder.empty() ? std::string(name) : folder + "/" + std::string(name)).c_str());
  }
  closedir(dir);
}

// Held while a damaged database is replaced.
struct FileLock {
  int fd;
  explicit FileLock(const std::string& path) : fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR) {}
  }
  ~FileLock() {
    if (fd >= 0) ::close(fd);
  }
};

bool scalar(sqlite3* db, const char* sql, std::string& text) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &s, nullptr) != SQLITE_OK) return false;
  bool row = sqlite3_step(s) == SQLITE_ROW;
  if (row)
    if (auto* p = reinterpret_cast<const char*>(sqlite3_column_text(s, 0))) text = p;
  return sqlite3_finalize(s) == SQLITE_OK && row;
}

}   // namespace

// SQLite's sentences say what call went wrong; people want to know why.
std::string reason_of(sqlite3* db) {
  if (!db) return "there is no memory";
  int code = sqlite3_errcode(db) & 0xff, system = sqlite3_system_errno(db);
  switch (code) {
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_READONLY: return "it may not be written";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process holds it";
    case SQLITE_CANTOPEN:
      return system ? std::string("it cannot be opened: ") + std::strerror(system) : "it cannot be opened";
    case SQLITE_IOERR:
      return system == ENOSPC || system == 0 ? "the disk is full or does not answer" : std::strerror(system);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "it is damaged";
    default: return sqlite3_errmsg(db);
  }
}

std::string_view AstDb::schema() { return {kSchema, sizeof kSchema - 1}; }
int AstDb::schema_version() { return kSchemaVersion; }

bool AstDb::exec(const char* sql) { return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }

void AstDb::close() {
  for (sqlite3_stmt* s : statements_) sqlite3_finalize(s);
  statements_.clear();
  if (db_) sqlite3_close(db_);
  db_ = nullptr;
}

sqlite3_stmt* AstDb::prepare(int slot, const char* sql) {
  if (statements_.empty()) statements_.resize(kStatementSlots, nullptr);
  sqlite3_stmt*& s = statements_[static_cast<size_t>(slot)];
  if (!s && db_) sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr);
  return s;
}

bool AstDb::open(const std::string& path, bool read_only, std::string& why) {
  path_ = path;
  // Each database belongs to one thread at a time, and nobody asks SQLite how much memory it uses.
  static const bool configured = [] {
    return sqlite3_config(SQLITE_CONFIG_MULTITHREAD) == SQLITE_OK &&
           sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
  }();
  (void)configured;
  int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(path.c_str(), &db_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr) != SQLITE_OK) {
    why = reason_of(db_);
    return false;
  }
  sqlite3_busy_timeout(db_, 20000);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return true;
}

// Ours, whole, and of this version? An empty file is not: it is to be filled. `why` stays empty then.
bool AstDb::is_ours(std::string& why) {
  std::string text;
  if (!scalar(db_, "PRAGMA application_id", text)) return why = reason_of(db_), false;
  int id = atoi(text.c_str());
  if (!scalar(db_, "PRAGMA user_version", text)) return why = "it is damaged", false;
  int version = atoi(text.c_str());
  if (id == 0 && version == 0) {
    if (!scalar(db_, "SELECT count(*) FROM sqlite_schema", text)) return why = "it is damaged", false;
    if (text != "0") why = "it is no database of janus";
    return false;
  }
  if (id != kApplicationId) return why = "it is no database of janus", false;
  if (version != kSchemaVersion) return why = "it is of another version of janus", false;
  return true;
}

bool AstDb::create(std::string& why) {
  if (beside_.empty()) exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  bool ok = exec("BEGIN IMMEDIATE");
  std::string text;
  // Another process may have been faster.
  if (ok && scalar(db_, "PRAGMA user_version", text) && atoi(text.c_str()) == kSchemaVersion) return exec("COMMIT");
  std::string last = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                     "; PRAGMA user_version = " + std::to_string(kSchemaVersion) +
                     "; INSERT INTO meta VALUES('schema_version', " + std::to_string(kSchemaVersion) +
                     "), ('janus_version', '" JANUS_VERSION "'); COMMIT";
  ok = ok && exec(std::string(schema()).c_str()) && exec(last.c_str());
  if (!ok) {
    why = reason_of(db_);
    if (!sqlite3_get_autocommit(db_)) exec("ROLLBACK");
  }
  return ok;
}

// Tables and views that schema.sql makes.
static std::vector<std::string> schema_names() {
  std::vector<std::string> names;
  std::string_view text = AstDb::schema();
  for (std::string_view word : {"\nCREATE TABLE ", "\nCREATE VIEW ", "\nCREATE VIRTUAL TABLE "})
    for (size_t at = 0; (at = text.find(word, at)) != text.npos;) {
      at += word.size();
      names.emplace_back(text.substr(at, text.find_first_of("( ", at) - at));
    }
  return names;
}

bool AstDb::is_foreign(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return false;
  if (stat((path + ".stamp").c_str(), &info) == 0) return false;   // janus left it, whatever became of it
  // sqlite.org/fileformat.html: the magic words, and at byte 68 the application's number.
  unsigned char head[72] = {};
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = ::pread(fd, head, sizeof head, 0);
  ::close(fd);
  int id = head[68] << 24 | head[69] << 16 | head[70] << 8 | head[71];
  return got != sizeof head || std::memcmp(head, "SQLite format 3", 16) != 0 || id != kApplicationId;
}

AstDb::AstDb(const std::string& path, std::string& notice) {
  std::string why;
  if (path != ":memory:") {
    make_folder(folder_of(path));
    // As janus left it; else the whole file is looked through, once.
    auto whole = [&](std::string& reason) {
      if (!has_log(path) && read_stamp(path) == stamp_of(path)) return true;
      std::string text;
      if (!scalar(db_, "PRAGMA quick_check(1)", text) || text != "ok") return reason = "it is damaged", false;
      for (const std::string& name : schema_names())
        if (!scalar(db_, ("SELECT count(*) FROM sqlite_schema WHERE name = '" + name + "'").c_str(), text) ||
            text != "1")
          return reason = "the table " + name + " is missing", false;
      return true;
    };
    // A new database is made beside, without a log, and gets its name with the first commit: much quicker.
    struct stat there{};
    if (stat(path.c_str(), &there) != 0 && errno == ENOENT) {
      remove_leftovers(path);
      beside_ = path + "." + std::to_string(getpid()) + ".new";
      if (open(beside_, false, why) &&
          exec(
              "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -600; PRAGMA secure_delete = OFF") &&
          create(why)) {
        path_ = path;
        return;
      }
      close();
      drop_beside();
    }
    bool good = open(path, false, why) && is_ours(why) && whole(why);
    if (!good && db_ && why.empty() && (good = create(why))) {}
    if (!good) {
      close();
      FileLock lock(path + ".lock");
      std::string again;
      good = lock.fd >= 0 && open(path, false, again) && is_ours(again) &&
             whole(again);   // another process has repaired it
      struct stat info{};
      bool replaceable = lock.fd >= 0 && stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
                         (!db_ || !again.empty()) && access(path.c_str(), W_OK) == 0;
      if (!good && replaceable) {
        close();
        bool removed = unlink(path.c_str()) == 0;
        for (const char* end : {"-wal", "-shm", "-journal", ".stamp"}) unlink((path + end).c_str());
        std::string trouble;
        good = removed && open(path, false, trouble) && create(trouble);
        if (good) notice = "the database " + path + " is made anew: " + (again.empty() ? why : again);
        else why = trouble;
      } else if (!good && db_ && again.empty()) {
        good = create(again);
      }
    }
    if (good) {
      settle();
      return;
    }
    close();
    notice = "the database " + path + " cannot be used, so nothing is kept: " + why;
  }
  in_memory_ = true;
  open(":memory:", false, why);
  exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  require(create(why), "a database in memory can be made");
}

// The first commit of a new database: the file gets its name, unless another process was faster. Then the rows of that
// one stay for who comes later, who sees whether they are right; this process goes on with its own.
bool AstDb::put_in_place() {
  int fd = ::open(beside_.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return trouble_ = std::strerror(errno), false;
  // Bytes 18 and 19 say that readers and writers use a write-ahead log.
  const unsigned char log[2] = {2, 2};
  bool ok = ::pwrite(fd, log, sizeof log, 18) == sizeof log;
  if (::close(fd) != 0 || !ok) return trouble_ = std::strerror(errno), false;
  is_private_ = false;
  if (link(beside_.c_str(), path_.c_str()) != 0 && !(is_private_ = errno == EEXIST)) {
    // No hard links here: a rename could push out what another process just made, which is no loss but for open logs.
    if (rename(beside_.c_str(), path_.c_str()) != 0) return trouble_ = std::strerror(errno), false;
  }
  drop_beside();
  if (is_private_) return true;
  return reopen();
}

void AstDb::drop_beside() {
  if (!beside_.empty()) unlink(beside_.c_str());
  beside_.clear();
}

bool AstDb::reopen() {
  close();
  std::string why;
  if (!open(path_, false, why) || !is_ours(why)) return trouble_ = why, false;
  if (!has_log(path_)) write_stamp(path_);
  settle();
  return true;
}

// Whoever writes again after that first commit does so in the file that has the name.
bool AstDb::leave_private() { return !std::exchange(is_private_, false) || reopen(); }

void AstDb::settle() {
  exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 8000; PRAGMA secure_delete = OFF");
}

std::unique_ptr<AstDb> AstDb::open_to_read(const std::string& path) {
  std::string why;
  // A folder that may not be written has no place for the shared index of the log: then the file is read as it stands.
  for (bool immutable : {false, true}) {
    if (immutable && has_log(path)) break;
    std::unique_ptr<AstDb> db(new AstDb);
    std::string name = path;
    if (immutable) {
      name = "file:";
      for (char c : path) {
        if (c == '%' || c == '?' || c == '#') name += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
        else name += c;
      }
      name += "?immutable=1";
    }
    bool opened = db->open(name, true, why);
    db->path_ = path;
    if (opened && db->is_ours(why)) return db;
  }
  return nullptr;
}

AstDb::~AstDb() {
  if (!db_) return;
  roll_back();
  bool stamp = !in_memory_ && beside_.empty() && !is_private_ && sqlite3_db_readonly(db_, "main") == 0;
  close();
  drop_beside();   // never committed
  // The last one to close has moved the log into the file.
  if (stamp && !has_log(path_)) {
    if (read_stamp(path_) != stamp_of(path_)) write_stamp(path_);
  }
}

}   // namespace janus
