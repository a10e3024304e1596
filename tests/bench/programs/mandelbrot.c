// The same program as mandelbrot.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>

#define SIZE 1600
#define LIMIT 100

static int64_t steps(double cx, double cy) {
  double x = 0, y = 0;
  for (int64_t i = 0; i < LIMIT; i++) {
    double xx = x * x, yy = y * y;
    if (xx + yy > 4.0) return i;
    y = 2.0 * x * y + cy;
    x = xx - yy + cx;
  }
  return LIMIT;
}

int main(void) {
  int64_t total = 0;
  for (int64_t row = 0; row < SIZE; row++) {
    double cy = 2.0 * (double)row / SIZE - 1.0;
    for (int64_t column = 0; column < SIZE; column++) total += steps(3.0 * (double)column / SIZE - 2.0, cy);
  }
  printf("%ld\n", total);
}
