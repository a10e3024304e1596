// runtime_memory_test.cpp: the allocator, arrays and deep drops.
// Depends on runtime_host.h.
// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "tests/unit/runtime_host.h"

using namespace rt_test;

namespace rt_test { int64_t usable(int64_t size); }

namespace {

int64_t owners = 0;   // shares that counted_glue has handed out
void retain_counted(void*) { owners++; }
void drop_counted(void*, uint32_t) { owners--; }
const TypeGlue i64_glue = {8, nullptr, nullptr};
const TypeGlue counted_glue = {8, retain_counted, drop_counted};
const TypeGlue wide_glue = {24, nullptr, nullptr};
const TypeGlue empty_glue = {0, nullptr, nullptr};

int64_t& at(Array* a, int64_t i) { return reinterpret_cast<int64_t*>(a->data)[i]; }

Array* push(Array* a, int64_t x, const TypeGlue* glue = &i64_glue) {
  a = janus_array_reserve(a, 1, glue);
  at(a, a->len++) = x;
  return a;
}

void release_array(Array* a, const TypeGlue* glue = &i64_glue) {
  if (a->head.count > 0 && --a->head.count == 0) janus_array_drop(a, glue, 0);
}

Array* numbers(int64_t n, const TypeGlue* glue = &i64_glue) {
  Array* a = janus_array_new(0, glue);
  for (int64_t i = 0; i < n; i++) a = push(a, i, glue), owners += glue == &counted_glue;
  return a;
}

// A list node: a box with the next node and a value.
struct Node {
  Head head;
  Node* next;
  int64_t value;
};
void drop_node(void* block, uint32_t depth) {
  Node* node = static_cast<Node*>(block);
  Node* next = node->next;
  if (next && --next->head.count == 0) {
    if (depth >= 64) janus_defer_drop(next, drop_node);
    else drop_node(next, depth + 1);
  }
  janus_free(node, sizeof(Node));
  if (depth == 0 && janus_drops_pending != 0) janus_drain_drops();
}

// A tree whose nodes keep their children in an array: every level is an array drop.
void retain_tree(void*) {}
void drop_tree(void* value, uint32_t depth);
const TypeGlue tree_glue = {8, retain_tree, drop_tree};
void drop_tree(void* value, uint32_t depth) {
  Array* children = *static_cast<Array**>(value);
  if (children->head.count > 0 && --children->head.count == 0) janus_array_drop(children, &tree_glue, depth);
}

}  // namespace

TEST_CASE("runtime: sizes and classes") {
  for (int64_t size = 0; size < 200000; size++) {
    const int64_t real = usable(size);
    if (real < size || usable(real) != real || (size > 16 && real > size + size / 4 + 15))
      FAIL_CHECK("size ", size, " has ", real);
  }
  for (int64_t size = 100000; size < int64_t(1) << 40; size += size / 3) CHECK(usable(usable(size)) == usable(size));
}

TEST_CASE("runtime: blocks do not overlap and come back") {
  NoLeak leak;
  struct Block {
    uint8_t* p;
    int64_t size;
    uint8_t mark;
  };
  std::vector<Block> blocks;
  Noise noise;
  auto free_at = [&](size_t i) {
    Block& b = blocks[i];
    bool intact = true;
    for (int64_t k = 0; k < b.size; k += b.size > 5000 ? 997 : 1) intact = intact && b.p[k] == b.mark;
    if (b.size > 0) intact = intact && b.p[b.size - 1] == b.mark;
    if (!intact) FAIL_CHECK("a block of ", b.size, " was overwritten");
    janus_free(b.p, b.size);
    b = blocks.back();
    blocks.pop_back();
  };
  for (int round = 0; round < 200000; round++) {
    if (blocks.size() > 2000 || (!blocks.empty() && noise.below(5) < 2)) {
      free_at(noise.below(blocks.size()));
      continue;
    }
    const uint64_t kind = noise.below(1000);
    const int64_t size = static_cast<int64_t>(kind < 900   ? noise.below(600)
                                              : kind < 990 ? noise.below(40000)
                                              : kind < 999 ? noise.below(400000)
                                                           : noise.below(6 << 20));
    uint8_t* p = static_cast<uint8_t*>(janus_alloc(size));
    CHECK(reinterpret_cast<uintptr_t>(p) % 16 == 0);
    const uint8_t mark = static_cast<uint8_t>(round);
    std::memset(p, mark, static_cast<size_t>(size));
    blocks.push_back({p, size, mark});
  }
  while (!blocks.empty()) free_at(blocks.size() - 1);
  janus_free(janus_alloc(100 << 20), 100 << 20);
}

TEST_CASE("runtime: arrays grow, are copied when shared, and are freed") {
  NoLeak leak;
  Array* a = numbers(100000);
  CHECK(a->len == 100000);
  CHECK(at(a, 99999) == 99999);
  CHECK(a->cap < 270000);

  a->head.count++;
  Array* b = push(a, -1);   // a has another owner: b is a copy
  CHECK(b != a);
  CHECK(a->len == 100000);
  CHECK(b->len == 100001);
  CHECK(at(b, 5) == 5);
  CHECK(janus_array_unique(b, &i64_glue) == b);
  release_array(b);

  a->head.count++;
  Array* c = janus_array_unique(a, &i64_glue);
  CHECK(c != a);
  at(c, 0) = 77;
  CHECK(at(a, 0) == 0);
  release_array(c);

  Array* s = janus_array_slice(a, 10, 1000, &i64_glue);
  CHECK(s->data == a->data + 80);
  Array* t = janus_array_slice(s, 100, 300, &i64_glue);
  CHECK(t->owner == a);
  release_array(s);
  release_array(a);
  CHECK(at(t, 0) == 110);
  t = push(t, 5);   // the only owner of a slice: still a copy
  CHECK((t->head.flags & kFlagSlice) == 0);
  CHECK(t->len == 201);
  CHECK(at(t, 199) == 309);
  release_array(t);

  CHECK(janus_array_new(0, &i64_glue) == &janus_empty_array);
  CHECK(janus_empty_array.head.count == kImmortal);
  Array* w = janus_array_new(3, &wide_glue);
  CHECK(w->cap >= 3);
  release_array(w, &wide_glue);
  Array* e = janus_array_reserve(janus_array_new(0, &empty_glue), 1000000, &empty_glue);
  e->len += 1000000;
  release_array(e, &empty_glue);
}

TEST_CASE("runtime: elements are retained when copied and dropped once") {
  NoLeak leak;
  owners = 0;
  Array* a = numbers(50, &counted_glue);
  CHECK(owners == 50);
  a->head.count++;
  Array* b = janus_array_unique(a, &counted_glue);
  CHECK(owners == 100);
  Array* c = janus_array_concat(b, a, &counted_glue);   // b has one owner and moves
  CHECK(c->len == 100);
  CHECK(owners == 150);
  c->head.count++;
  Array* d = janus_array_concat(c, c, &counted_glue);
  CHECK(d->len == 200);
  CHECK(owners == 350);
  Array* s = janus_array_slice(d, 1, 3, &counted_glue);
  release_array(d, &counted_glue);
  CHECK(owners == 350);
  release_array(s, &counted_glue);
  CHECK(owners == 150);
  Array* e =
      janus_array_concat(janus_array_new(0, &counted_glue), a, &counted_glue);   // nothing before it: the same storage
  CHECK(e == a);
  release_array(e, &counted_glue);
  release_array(a, &counted_glue);
  release_array(c, &counted_glue);
  CHECK(owners == 0);
}

TEST_CASE("runtime: a list of a million nodes is freed in constant stack") {
  NoLeak leak;
  Node* list = nullptr;
  for (int64_t i = 0; i < 1000000; i++) {
    Node* node = static_cast<Node*>(janus_alloc(sizeof(Node)));
    *node = {{1, 0}, list, i};
    list = node;
  }
  list->head.count = 0;
  drop_node(list, 0);
  CHECK(janus_drops_pending == 0);

  Array* tree = janus_array_new(1, &tree_glue);
  for (int i = 0; i < 200000; i++) {
    Array* up = janus_array_new(2, &tree_glue);
    reinterpret_cast<Array**>(up->data)[up->len++] = tree;
    reinterpret_cast<Array**>(up->data)[up->len++] = janus_array_new(1, &tree_glue);
    tree = up;
  }
  tree->head.count = 0;
  janus_array_drop(tree, &tree_glue, 0);
  CHECK(janus_drops_pending == 0);
}
