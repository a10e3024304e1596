// The same program as hash_map.jan.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 6000000
#define KEYS 500000

// Open addressing with linear probing, grown at three quarters: what a C programmer writes for this.
struct entry { int64_t key, value, used; };
struct map { struct entry* entries; uint64_t capacity, size; };

static uint64_t hash(int64_t key) {
  uint64_t h = (uint64_t)key * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}

static int64_t* slot(struct map* m, int64_t key);

static void grow(struct map* m) {
  struct map bigger = {calloc(m->capacity * 2, sizeof(struct entry)), m->capacity * 2, 0};
  for (uint64_t i = 0; i < m->capacity; i++)
    if (m->entries[i].used) *slot(&bigger, m->entries[i].key) = m->entries[i].value;
  free(m->entries);
  *m = bigger;
}

static int64_t* slot(struct map* m, int64_t key) {
  if (m->size * 4 >= m->capacity * 3) grow(m);
  uint64_t i = hash(key) & (m->capacity - 1);
  while (m->entries[i].used && m->entries[i].key != key) i = (i + 1) & (m->capacity - 1);
  if (!m->entries[i].used) {
    m->entries[i] = (struct entry){key, 0, 1};
    m->size++;
  }
  return &m->entries[i].value;
}

int main(void) {
  struct map counts = {calloc(16, sizeof(struct entry)), 16, 0};
  int64_t seed = 42;
  for (int64_t i = 0; i < ROUNDS; i++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    *slot(&counts, (seed >> 8) % KEYS) += 1;
  }
  int64_t sum = 0;
  for (uint64_t i = 0; i < counts.capacity; i++) {
    struct entry e = counts.entries[i];
    if (e.used) sum = (sum + e.key * e.value * e.value) % 1000000007;
  }
  printf("%lu %ld\n", counts.size, sum);
}
