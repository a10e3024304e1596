// The same program as binary_trees.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH 16

struct tree { struct tree *left, *right; };

static struct tree* make(int64_t depth) {
  struct tree* t = malloc(sizeof *t);
  t->left = t->right = NULL;
  if (depth > 0) t->left = make(depth - 1), t->right = make(depth - 1);
  return t;
}

static int64_t count(const struct tree* t) {
  return 1 + (t->left ? count(t->left) : 0) + (t->right ? count(t->right) : 0);
}

static void release(struct tree* t) {
  if (t->left) release(t->left);
  if (t->right) release(t->right);
  free(t);
}

int main(void) {
  struct tree* long_lived = make(DEPTH);
  int64_t total = 0;
  for (int64_t depth = 4; depth <= DEPTH; depth += 4) {
    int64_t rounds = 1 << (DEPTH - depth + 4);
    for (int64_t i = 0; i < rounds; i++) {
      struct tree* t = make(depth);
      total += count(t);
      release(t);
    }
  }
  printf("%ld %ld\n", total, count(long_lived));
  release(long_lived);
}
