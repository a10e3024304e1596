// environment.cpp: the working folder, the machine's name, ending the program. What std.env is written over, beside
// io.cpp. Depends on handle.h, Linux. SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/io/handle.h"
#include "runtime/start.h"
#include "runtime/utf8.h"

using namespace janus::rt;

extern "C" {

// Appends the working folder to *out. -errno when it is gone.
int64_t janus_env_cwd(Array** out) {
  int64_t n = -ENOENT;
  off_task([&] {
    char path[kPathTop];
    n = sys(SYS_getcwd, path, kPathTop);
    if (n <= 0) return;
    n--;   // its zero
    memcpy(bytes_room(out, n), path, static_cast<size_t>(n));
    (*out)->len += n;
  });
  return n;
}

int64_t janus_env_chdir(String* path) {
  int64_t n = -ENOENT;
  in_pool([&] {
    PathText text;
    if (path_text(path, &text)) n = sys(SYS_chdir, text.text);
  });
  return n;
}

// Appends all variables to *out, each `NAME=value` with a zero behind.
void janus_env_all(Array** out) {
  for (char** entry = start_info.envp; *entry; entry++) {
    const int64_t len = static_cast<int64_t>(strlen(*entry)) + 1;
    memcpy(bytes_room(out, len), *entry, static_cast<size_t>(len));
    (*out)->len += len;
  }
}

String* janus_env_host(void) {
  String* name = nullptr;
  off_task([&] {
    utsname u;
    name = uname(&u) == 0 ? string_from_any_bytes(reinterpret_cast<const uint8_t*>(u.nodename),
                                                  static_cast<int64_t>(strlen(u.nodename)))
                          : janus_string_new(nullptr, 0);
  });
  return name;
}

}  // extern "C"
