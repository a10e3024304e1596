// The same program as string_build.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 250000

struct buffer { char* data; size_t len, cap; };

static void append(struct buffer* b, const char* text, size_t n) {
  if (b->len + n > b->cap) {
    b->cap = (b->len + n) * 2;
    b->data = realloc(b->data, b->cap);
  }
  memcpy(b->data + b->len, text, n);
  b->len += n;
}

int main(void) {
  struct buffer* rows = calloc(ROWS, sizeof *rows);
  char piece[64];
  for (int64_t i = 0; i < ROWS; i++) {
    append(&rows[i], piece, (size_t)snprintf(piece, sizeof piece, "row %ld:", i));
    for (int64_t j = 0; j < 8; j++) append(&rows[i], piece, (size_t)snprintf(piece, sizeof piece, " %ld,", i * j % 1000));
  }
  struct buffer text = {0};
  for (int64_t i = 0; i < ROWS; i++) {
    if (i > 0) append(&text, "\n", 1);
    append(&text, rows[i].data, rows[i].len);
  }
  int64_t sum = 0;
  for (size_t i = 0; i < text.len; i++) sum = (sum * 31 + (unsigned char)text.data[i]) % 1000003;
  printf("%zu %ld\n", text.len, sum);
}
