// The same program as collatz.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>

#define LIMIT 2000000

static int64_t chain_length(int64_t start) {
  int64_t n = start, length = 1;
  while (n != 1) {
    if (n % 2 == 0) n = n / 2;
    else n = 3 * n + 1;
    length++;
  }
  return length;
}

int main(void) {
  int64_t best = 0, best_start = 0;
  for (int64_t start = 1; start < LIMIT; start++) {
    int64_t length = chain_length(start);
    if (length > best) best = length, best_start = start;
  }
  printf("%ld %ld\n", best_start, best);
}
