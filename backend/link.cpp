// link.cpp: the lld door: objects and embedded archives to a static ELF executable, all in memory.
// Depends on lld, embed.h, output.h.
// SPDX-License-Identifier: Apache-2.0
//
// lld wants names of files. Inputs are memory files (memfd) under their /proc/self/fd names; the output is a pipe under
// such a name, for which lld writes straight away, and which we read. Only the finished bytes touch the disk
// (output.h), so no failure leaves a part.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lld/Common/CommonLinkerContext.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

#include "backend/embed.h"
#include "backend/emit.h"
#include "backend/link.h"
#include "backend/output.h"

LLD_HAS_DRIVER(elf)

namespace janus {
namespace {

class Descriptors {
 public:
  ~Descriptors() {
    for (int fd : all_) close(fd);
  }
  int keep(int fd) {
    all_.push_back(fd);
    return fd;
  }

 private:
  std::vector<int> all_;
};

std::string name_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// A file in memory with these bytes; "" when the system gives none.
std::string memory_file(Descriptors& open, const char* name, std::string_view bytes) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) return {};
  open.keep(fd);
  for (size_t at = 0; at < bytes.size();) {
    ssize_t n = write(fd, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    at += static_cast<size_t>(n);
  }
  return name_of(fd);
}

// lld's words, made ours: which symbol is missing, or its first sentence.
std::string explain(const std::string& said) {
  const char* missing = "undefined symbol: ";
  if (size_t at = said.find(missing); at != std::string::npos) {
    at += std::strlen(missing);
    std::string symbol = said.substr(at, said.find('\n', at) - at);
    return "no function named `" + symbol +
           "` was found: declare it where it exists, or add the object or archive that has it with --link";
  }
  const char* twice = "duplicate symbol: ";
  if (size_t at = said.find(twice); at != std::string::npos) {
    at += std::strlen(twice);
    return "`" + said.substr(at, said.find('\n', at) - at) +
           "` is defined twice: in the program and in a linked object, or in two of them";
  }
  size_t at = said.find("error: ");
  at = at == std::string::npos ? 0 : at + 7;
  return said.substr(at, said.find('\n', at) - at);
}

}   // namespace

bool link_bytes(const std::vector<std::string_view>& objects, const std::vector<std::string>& extra_inputs,
                bool release, bool tasks, std::string& image, std::string& why) {
  Descriptors open;
  std::vector<std::string> inputs;
  auto add = [&](const char* name, std::string_view bytes) {
    if (!bytes.data()) return true;   // not in this janus
    inputs.push_back(memory_file(open, name, bytes));
    if (!inputs.back().empty()) return true;
    why = std::string("cannot link: no memory for ") + name + ": " + std::strerror(errno);
    return false;
  };
  auto embedded = [&](const char* name) { return add(name, embedded_file(name)); };
  if (!embedded("lib/crt1.o") || !embedded("lib/crti.o")) return false;
  for (std::string_view object : objects)
    if (!add("program.o", object)) return false;
  for (const std::string& extra : extra_inputs) {
    if (access(extra.c_str(), R_OK) != 0) {
      why = "cannot read `" + extra + "`: " + std::strerror(errno);
      return false;
    }
    inputs.push_back(extra);
  }
  auto mentions = [&](std::string_view name) {
    return std::any_of(objects.begin(), objects.end(), [&](std::string_view o) {
      return memmem(o.data(), o.size(), name.data(), name.size()) != nullptr;
    });
  };
  if (mentions("janus_sqlite_") || mentions("sqlite3_open")) {
    if (!embedded("lib/libsqlite3.a")) return false;
  }
  // The switch of stacks and the like is written in assembly, and in the archive alone.
  if (release && !embedded(tasks ? "lib/janus_rt_tasks.o" : "lib/janus_rt.o")) return false;
  if (!embedded(tasks ? "lib/libjanus_rt_tasks.a" : "lib/libjanus_rt.a")) return false;
  if (!embedded("lib/libc.a") || !embedded("lib/libclang_rt.builtins.a") || !embedded("lib/crtn.o")) return false;

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    why = std::string("cannot link: ") + std::strerror(errno);
    return false;
  }
  fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  const std::string output = name_of(ends[1]);

  size_t size = 0;
  for (std::string_view object : objects) size += object.size();
  std::vector<const char*> args = {"ld.lld",
                                   "-static",
                                   "--gc-sections",
                                   "--build-id=none",
                                   "-z",
                                   "norelro",
                                   "-z",
                                   "noexecstack",
                                   "--no-eh-frame-hdr",
                                   "--hash-style=gnu",
                                   "--no-rosegment",
                                   size > (4u << 20) ? "--threads=2" : "--threads=1",
                                   "-o",
                                   output.c_str()};
  if (release) {
    if (!std::getenv("JANUS_SYMBOLS")) args.push_back("--strip-all");   // for work on janus itself
    args.push_back("-O2");
    args.push_back("--icf=safe");
  } else args.push_back("-O0");
  for (const std::string& input : inputs) args.push_back(input.c_str());

  image.clear();
  std::thread reader([&] {
    constexpr size_t kChunk = 1 << 20;
    size_t used = 0;
    for (;;) {
      image.resize(used + kChunk);
      ssize_t n = read(ends[0], image.data() + used, kChunk);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      used += static_cast<size_t>(n);
    }
    image.resize(used);
  });
  std::string said;
  bool linked;
  {
    static std::mutex one_at_a_time;   // lld keeps its state in one place
    std::lock_guard lock(one_at_a_time);
    llvm::raw_string_ostream text(said);
    linked = lld::elf::link(args, text, text, false, false);
    lld::CommonLinkerContext::destroy();
  }
  close(ends[1]);   // the reader sees the end
  reader.join();
  close(ends[0]);
  if (linked && !image.empty()) return true;
  why = "cannot link the program: " + explain(said);
  return false;
}

bool link_executable(const std::vector<std::string>& objects, const std::vector<std::string>& extra_inputs,
                     const std::string& output, bool release, std::string& why) {
  std::string image;
  std::vector<std::string_view> views(objects.begin(), objects.end());
  return link_bytes(views, extra_inputs, release, false, image, why) && write_output(output, image, true, why);
}

}   // namespace janus
