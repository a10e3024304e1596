// The same program as nqueens.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 13

static int64_t place(int64_t row, bool* columns, bool* up, bool* down) {
  if (row == N) return 1;
  int64_t solutions = 0;
  for (int64_t column = 0; column < N; column++) {
    int64_t u = row + column, d = row - column + N - 1;
    if (columns[column] || up[u] || down[d]) continue;
    columns[column] = up[u] = down[d] = true;
    solutions += place(row + 1, columns, up, down);
    columns[column] = up[u] = down[d] = false;
  }
  return solutions;
}

int main(void) { printf("%ld\n", place(0, calloc(N, 1), calloc(2 * N - 1, 1), calloc(2 * N - 1, 1))); }
