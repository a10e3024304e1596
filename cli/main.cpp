// main.cpp: hands the command line to the table of commands.
// Depends on commands.h.
// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "cli/commands.h"

// A compiler touches much memory once, and a page fault costs more than filling the page: the heap begins with room
// that the system may give in pages of 2 MiB. What a program needs beyond comes in small pages: of large ones the last
// would be half empty, and what LLVM takes and gives back the system has at hand. Room that is never touched costs
// nothing.
static void give_heap_large_pages() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return;   // their heaps are their own
#endif
#endif
  constexpr size_t kRoom = size_t{32} << 20, kPage = size_t{2} << 20;
  mallopt(M_MMAP_THRESHOLD, 1 << 30);   // so that the room is the heap's own
  mallopt(M_TRIM_THRESHOLD, 0x7fffffff);   // and stays it
  mallopt(M_TOP_PAD, 4 << 20);   // behind it, the heap grows in steps worth a call
  if (void* room = malloc(kRoom)) {
    uintptr_t begin = reinterpret_cast<uintptr_t>(room), page = (begin + kPage - 1) & ~(kPage - 1);
    madvise(reinterpret_cast<void*>(page), kRoom - (page - begin), MADV_HUGEPAGE);
    free(room);
  }
}

#ifdef JANUS_PROFILING
extern "C" int __llvm_profile_write_file(void);   // which the end of a process does by itself, but not _exit
#endif

int main(int argc, char** argv) {
  give_heap_large_pages();
  int code = janus::run_command_line(argc, argv);
#ifdef JANUS_PROFILING
  __llvm_profile_write_file();
#endif
  // Straight to the end: what a compilation holds is given back by the system, faster than piece by piece.
  _exit(code);
}
