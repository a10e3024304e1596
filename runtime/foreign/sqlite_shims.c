// sqlite_shims.c: what Debian's libsqlite3.a, which was compiled for glibc, calls and musl does not have. On x86-64 both libcs have the
// same layouts of what crosses (stat, flock, timeval, tm, mutexes and their zero initialisers), so these names are all that is missing.
// Depends on musl. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int fcntl64(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return fcntl(fd, command, argument);
}

void* __memcpy_chk(void* to, const void* from, size_t n, size_t room) {
  if (n > room) abort();
  return memcpy(to, from, n);
}

void* __memset_chk(void* to, int value, size_t n, size_t room) {
  if (n > room) abort();
  return memset(to, value, n);
}
