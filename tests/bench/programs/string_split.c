// The same program as string_split.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 200000

static char* make_table(size_t* len) {
  char* table = malloc(ROWS * 64);
  size_t n = 0;
  for (int64_t i = 0; i < ROWS; i++)
    n += (size_t)sprintf(table + n, "%sname%ld,%ld,%ld,note %ld", i ? "\n" : "", i % 1000, i, i * 7919 % 10007, i % 13);
  *len = n;
  return table;
}

int main(void) {
  size_t len;
  const char* table = make_table(&len);
  int64_t total = 0, letters = 0;
  for (int round = 0; round < 8; round++) {
    const char *line = table, *end = table + len;
    while (line < end) {
      const char* stop = memchr(line, '\n', (size_t)(end - line));
      if (!stop) stop = end;
      const char* fields[5];
      int count = 0;
      fields[count++] = line;
      for (const char* p = line; count < 5 && (p = memchr(p, ',', (size_t)(stop - p))); p++) fields[count++] = p + 1;
      fields[count] = stop + 1;
      total += strtol(fields[1], NULL, 10) * strtol(fields[2], NULL, 10) % 1009;
      letters += (fields[1] - fields[0] - 1) + (fields[4] - fields[3] - 1);
      line = stop + 1;
    }
  }
  printf("%ld %ld\n", total, letters);
}
