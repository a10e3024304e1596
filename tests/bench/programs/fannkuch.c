// The same program as fannkuch.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 10

int main(void) {
  int64_t* perm = calloc(N, sizeof *perm);
  int64_t* perm1 = calloc(N, sizeof *perm1);
  int64_t* count = calloc(N, sizeof *count);
  for (int64_t i = 0; i < N; i++) perm1[i] = i;
  int64_t checksum = 0, max_flips = 0, permutations = 0, r = N;
  for (;;) {
    while (r != 1) count[r - 1] = r, r--;
    for (int64_t i = 0; i < N; i++) perm[i] = perm1[i];
    int64_t flips = 0, k = perm[0];
    while (k != 0) {
      for (int64_t lo = 0, hi = k; lo < hi; lo++, hi--) {
        int64_t t = perm[lo];
        perm[lo] = perm[hi];
        perm[hi] = t;
      }
      flips++;
      k = perm[0];
    }
    if (flips > max_flips) max_flips = flips;
    checksum += permutations % 2 == 0 ? flips : -flips;
    for (;;) {
      if (r == N) {
        printf("%ld %ld\n", checksum, max_flips);
        return 0;
      }
      int64_t first = perm1[0];
      for (int64_t i = 0; i < r; i++) perm1[i] = perm1[i + 1];
      perm1[r] = first;
      if (--count[r] > 0) break;
      r++;
    }
    permutations++;
  }
}
