// The same program as matrix.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 600

static double** empty(void) {
  double** rows = malloc(N * sizeof *rows);
  for (int64_t i = 0; i < N; i++) rows[i] = calloc(N, sizeof **rows);
  return rows;
}

static double** make(int64_t seed) {
  double** rows = empty();
  for (int64_t i = 0; i < N; i++)
    for (int64_t j = 0; j < N; j++) rows[i][j] = (double)((i * 31 + j * 17 + seed) % 101) / 101.0;
  return rows;
}

static double** product(double** a, double** b) {
  double** c = empty();
  for (int64_t i = 0; i < N; i++)
    for (int64_t j = 0; j < N; j++) {
      double sum = 0;
      for (int64_t k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  return c;
}

int main(void) {
  double** c = product(make(1), make(2));
  double trace = 0;
  for (int64_t i = 0; i < N; i++) trace += c[i][i] + c[i][N - 1 - i];
  printf("%.6f\n", trace);
}
