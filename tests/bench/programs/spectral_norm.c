// The same program as spectral_norm.jan.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 2000

static double a(int64_t i, int64_t j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply_av(const double* v, double* out, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += a(i, j) * v[j];
    out[i] = sum;
  }
}

static void multiply_atv(const double* v, double* out, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += a(j, i) * v[j];
    out[i] = sum;
  }
}

int main(void) {
  double *u = malloc(N * sizeof *u), *v = malloc(N * sizeof *v), *t = malloc(N * sizeof *t);
  for (int i = 0; i < N; i++) u[i] = 1, v[i] = 0, t[i] = 0;
  for (int i = 0; i < 10; i++) {
    multiply_av(u, t, N);
    multiply_atv(t, v, N);
    multiply_av(v, t, N);
    multiply_atv(t, u, N);
  }
  double vbv = 0, vv = 0;
  for (int i = 0; i < N; i++) vbv += u[i] * v[i], vv += v[i] * v[i];
  printf("%.9f\n", sqrt(vbv / vv));
}
