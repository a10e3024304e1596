// test_report.cpp: what a failed assertion says of its two sides: both when they are short, else where they differ.
// Depends on abi_test.h, counted.h, sink.h.
// SPDX-License-Identifier: Apache-2.0
//
// Values come as their texts, so that numbers, long arrays, maps and structs are all shown in one way. Texts of several
// lines are compared line by line; long ones of one line are cut to the surroundings of the first difference.
#include <stdlib.h>
#include <string.h>

#include "runtime/abi_test.h"
#include "runtime/counted.h"
#include "runtime/sink.h"
#include "runtime/tasks.h"

namespace janus::rt {
namespace {

constexpr int64_t kShort = 100;   // bytes shown whole
constexpr int64_t kAround = 40;   // bytes before and behind a difference
constexpr int64_t kLines = 400;   // compared on each side, at most
constexpr int64_t kShown = 60;   // lines of a diff
constexpr int64_t kContext = 2;

struct Text {
  const uint8_t* at;
  int64_t len;
};
struct Sides {
  const char *left, *right;
  const char *padded_left, *padded_right;
};

void put(Sink* sink, Text text) { janus_print_bytes(sink, text.at, text.len); }
bool same(Text a, Text b) { return a.len == b.len && memcmp(a.at, b.at, static_cast<size_t>(a.len)) == 0; }
bool is_inside_char(Text text, int64_t i) { return i > 0 && i < text.len && (text.at[i] & 0xC0) == 0x80; }

// Of a long line: what stands around `at`.
void put_around(Sink* sink, Text text, int64_t at) {
  int64_t from = max64(0, at - kAround), to = min64(text.len, at + kAround + 20);
  while (is_inside_char(text, from)) --from;
  while (is_inside_char(text, to)) ++to;
  if (from > 0) sink_text(sink, "…");
  put(sink, {text.at + from, to - from});
  if (to < text.len) sink_text(sink, "…");
}

void put_short(Sink* sink, Text text, bool quoted) {
  if (!quoted) return put(sink, text);
  String* s = janus_string_new(text.at, text.len);
  janus_print_string_quoted(sink, s);
  string_release(s);
}

void put_one_line(Sink* sink, Sides names, Text left, Text right, bool quoted) {
  int64_t differ = 0;
  while (differ < left.len && differ < right.len && left.at[differ] == right.at[differ]) ++differ;
  while (is_inside_char(left, differ)) --differ;
  const bool cut = left.len > kShort || right.len > kShort;
  for (int side = 0; side < 2; ++side) {
    sink_text(sink, "\n  ");
    sink_text(sink, side ? names.padded_right : names.padded_left);
    const Text text = side ? right : left;
    if (cut) put_around(sink, text, differ);
    else put_short(sink, text, quoted);
  }
  if (!cut) return;
  sink_text(sink, "\n  they differ from byte ");
  janus_print_i64(sink, differ);
  sink_text(sink, " on; lengths ");
  janus_print_i64(sink, left.len);
  sink_text(sink, " and ");
  janus_print_i64(sink, right.len);
}

int64_t split(Text text, Text* lines) {
  int64_t count = 0;
  while (count < kLines) {
    const void* end = memchr(text.at, '\n', static_cast<size_t>(text.len));
    const int64_t len = end ? static_cast<const uint8_t*>(end) - text.at : text.len;
    lines[count++] = {text.at, len};
    if (!end) break;
    text = {text.at + len + 1, text.len - len - 1};
  }
  return count;
}

struct Diff {
  Sink* sink;
  int64_t shown = 0, skipped = 0;
  void line(const char* mark, Text text) {
    if (shown++ >= kShown) return;
    sink_text(sink, "\n  ");
    sink_text(sink, mark);
    if (text.len > 2 * kShort) put_around(sink, text, 0);
    else put(sink, text);
  }
  void skip(int64_t count) {
    if (count <= 0) return;
    sink_text(sink, "\n  … ");
    janus_print_i64(sink, count);
    sink_text(sink, count == 1 ? " equal line" : " equal lines");
  }
};

// The longest common subsequence of the lines between the equal beginning and the equal end.
void put_lines(Sink* sink, Sides names, Text left, Text right) {
  Text* a = static_cast<Text*>(malloc(sizeof(Text) * kLines * 2));
  Text* b = a + kLines;
  uint16_t* table = static_cast<uint16_t*>(calloc((kLines + 1) * (kLines + 1), sizeof(uint16_t)));
  if (!a || !table) environment_failed("out of memory: no room to compare two texts");
  int64_t n = split(left, a), m = split(right, b), head = 0, tail = 0;
  while (head < n && head < m && same(a[head], b[head])) ++head;
  while (tail < n - head && tail < m - head && same(a[n - 1 - tail], b[m - 1 - tail])) ++tail;
  const int64_t an = n - tail, bm = m - tail, width = kLines + 1;
  for (int64_t i = an - 1; i >= head; --i)
    for (int64_t k = bm - 1; k >= head; --k) {
      const uint16_t down = table[(i + 1) * width + k], across = table[i * width + k + 1];
      table[i * width + k] = same(a[i], b[k]) ? static_cast<uint16_t>(table[(i + 1) * width + k + 1] + 1)
                             : down > across  ? down
                                              : across;
    }
  sink_text(sink, "\n  - ");
  sink_text(sink, names.left);
  sink_text(sink, "\n  + ");
  sink_text(sink, names.right);
  Diff diff{sink};
  diff.skip(head - kContext);
  for (int64_t i = max64(0, head - kContext); i < head; ++i) diff.line("  ", a[i]);
  int64_t i = head, k = head;
  while (i < an || k < bm) {
    if (i < an && k < bm && same(a[i], b[k])) diff.line("  ", a[i]), ++i, ++k;
    else if (k >= bm || (i < an && table[(i + 1) * width + k] >= table[i * width + k + 1])) diff.line("- ", a[i]), ++i;
    else diff.line("+ ", b[k]), ++k;
  }
  for (int64_t j = an; j < n && j < an + kContext; ++j) diff.line("  ", a[j]);
  if (diff.shown > kShown) sink_text(sink, "\n  … and more");
  else diff.skip(tail - kContext);
  free(a);
  free(table);
}

void put_sides(Sink* sink, Sides names, Text left, Text right, bool quoted) {
  const bool lines =
      memchr(left.at, '\n', static_cast<size_t>(left.len)) || memchr(right.at, '\n', static_cast<size_t>(right.len));
  if (lines) put_lines(sink, names, left, right);
  else put_one_line(sink, names, left, right, quoted);
}

Text text_of(String* s) { return {s->data ? s->data : reinterpret_cast<const uint8_t*>(""), s->len}; }

Text without_line_end(Text text) {
  while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == ' ')) --text.len;
  return text;
}

// Blanks at the ends of lines cannot be seen in the source, and do not count.
bool same_but_blanks(Text a, Text b) {
  int64_t i = 0, k = 0;
  auto skip = [](Text t, int64_t at) {
    int64_t to = at;
    while (to < t.len && t.at[to] == ' ') ++to;
    return to == t.len || t.at[to] == '\n' ? to : at;
  };
  while (true) {
    i = skip(a, i), k = skip(b, k);
    if (i == a.len || k == b.len) return i == a.len && k == b.len;
    if (a.at[i++] != b.at[k++]) return false;
  }
}

}   // namespace
}   // namespace janus::rt

extern "C" {

void janus_assert_sides(Sink* sink, String* left, String* right, bool quoted) {
  off_task([=] { put_sides(sink, {"left", "right", "left:  ", "right: "}, text_of(left), text_of(right), quoted); });
}

String* janus_expect(String* found, String* expected, String* source) {
  const Text is = without_line_end(text_of(found)), wanted = without_line_end(text_of(expected));
  String* message = nullptr;
  if (!same_but_blanks(is, wanted)) {
    off_task([&] {
      Sink sink;
      janus_sink_begin(&sink);
      sink_text(&sink, "the example prints something else: ");
      janus_print_string(&sink, source);
      put_sides(&sink, {"expected", "found", "expected: ", "found:    "}, wanted, is, false);
      if (wanted.len == is.len + 2 && wanted.at[0] == '"' &&
          memcmp(wanted.at + 1, is.at, static_cast<size_t>(is.len)) == 0)
        sink_text(&sink, "\n  a text is printed without quotes");
      message = janus_sink_finish(&sink);
    });
  }
  string_release(found);
  return message;
}

}   // extern "C"
