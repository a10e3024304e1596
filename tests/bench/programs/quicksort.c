// The same program as quicksort.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 5000000

static void quicksort(int64_t* a, int64_t first, int64_t last) {
  if (first >= last) return;
  int64_t pivot = a[(first + last) / 2], i = first, j = last;
  while (i <= j) {
    while (a[i] < pivot) i++;
    while (a[j] > pivot) j--;
    if (i <= j) {
      int64_t t = a[i];
      a[i] = a[j];
      a[j] = t;
      i++, j--;
    }
  }
  quicksort(a, first, j);
  quicksort(a, i, last);
}

int main(void) {
  int64_t *a = malloc(N * sizeof *a), seed = 12345;
  for (int64_t i = 0; i < N; i++) a[i] = seed = (seed * 1103515245 + 12345) % 2147483648;
  quicksort(a, 0, N - 1);
  int64_t sum = 0;
  for (int64_t i = 0; i < N; i++) sum = (sum + a[i] * (i % 1000)) % 1000000007;
  printf("%ld %ld %ld\n", a[0], a[N - 1], sum);
}
