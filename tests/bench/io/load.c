// load.c: N connections from one thread, as wrk makes them for HTTP. `echo`: each sends 64 bytes and waits for them, for S seconds; prints
// the round trips. `idle`: opens them, sends one request of HTTP over each, and holds them until stdin ends.
//   load echo PORT N S      load idle PORT N
// Depends on Linux (epoll). SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int connected(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (s < 0 || connect(s, (struct sockaddr*)&to, sizeof to) != 0) return -1;
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return s;
}

static int idle(int port, int n) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  char answer[4096];
  int made = 0;
  for (; made < n; ++made) {
    int s = connected(port);
    if (s < 0 || write(s, request, sizeof request - 1) < 0 || read(s, answer, sizeof answer) <= 0) break;
  }
  printf("%d\n", made);
  fflush(stdout);
  while (read(0, answer, sizeof answer) > 0) {}
  return 0;
}

static int echo(int port, int n, double seconds) {
  int poller = epoll_create1(0);
  char bytes[64] = "sixty-four bytes", got[4096];
  for (int i = 0; i < n; ++i) {
    int s = connected(port);
    if (s < 0) return perror("connect"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = s};
    epoll_ctl(poller, EPOLL_CTL_ADD, s, &event);
    if (send(s, bytes, sizeof bytes, 0) != sizeof bytes) return perror("send"), 1;
  }
  long trips = 0;
  struct epoll_event ready[64];
  for (double stop = now() + seconds; now() < stop;) {
    int count = epoll_wait(poller, ready, 64, 100);
    for (int i = 0; i < count; ++i) {
      int s = ready[i].data.fd;
      ssize_t size = recv(s, got, sizeof got, 0);
      // One piece over the loopback: a server that answers in more would be another program.
      if (size != sizeof bytes || memcmp(got, bytes, sizeof bytes) != 0) return fprintf(stderr, "not what was sent\n"), 1;
      ++trips;
      if (send(s, bytes, sizeof bytes, 0) != sizeof bytes) return perror("send"), 1;
    }
  }
  printf("%ld\n", trips);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "idle") == 0) return idle(atoi(argv[2]), atoi(argv[3]));
  if (argc == 5 && strcmp(argv[1], "echo") == 0) return echo(atoi(argv[2]), atoi(argv[3]), atof(argv[4]));
  fprintf(stderr, "usage: load echo PORT N SECONDS | load idle PORT N\n");
  return 2;
}
