// The same program as sieve.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 40000000

int main(void) {
  bool* is_prime = malloc(LIMIT + 1);
  memset(is_prime, true, LIMIT + 1);
  for (int64_t i = 2; i * i <= LIMIT; i++)
    if (is_prime[i])
      for (int64_t j = i * i; j <= LIMIT; j += i) is_prime[j] = false;
  int64_t count = 0, last = 0;
  for (int64_t n = 2; n <= LIMIT; n++)
    if (is_prime[n]) count++, last = n;
  printf("%ld %ld\n", count, last);
}
