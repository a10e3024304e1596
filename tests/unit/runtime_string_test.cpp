// runtime_string_test.cpp: strings, UTF-8, hashing, printing and padding.
// Depends on runtime_host.h.
// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <vector>

#include "tests/unit/runtime_host.h"

using namespace rt_test;

namespace rt_test {
int64_t valid_prefix(const uint8_t* bytes, int64_t len);
String* from_any_bytes(const uint8_t* bytes, int64_t len);
}   // namespace rt_test

namespace {

std::string cleaned(std::string_view bytes) {
  String* s = from_any_bytes(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size()));
  std::string text(view(s));
  release(s);
  return text;
}
bool valid(std::string_view bytes) {
  return valid_prefix(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size())) ==
         static_cast<int64_t>(bytes.size());
}

std::string integer(int64_t x, int width, uint32_t flags, int kind = 0, bool is_unsigned = false) {
  return printed([&](Sink* s) { janus_format_i64(s, x, is_unsigned, width, flags, kind); });
}

}  // namespace

TEST_CASE("runtime: strings join, compare and slice") {
  NoLeak leak;
  String* s = make("");
  std::string expected;
  for (int i = 0; i < 3000; i++) {
    String* part = make(std::to_string(i * 7));
    s = janus_string_concat(s, part);
    expected += std::to_string(i * 7);
    release(part);
  }
  CHECK(view(s) == expected);
  String* twice = janus_string_concat(share(s), s);   // with itself, and another owner
  release(s);
  s = twice;
  CHECK(view(s) == expected + expected);

  String* part = janus_string_slice(s, 100, 1000);
  CHECK((part->head.flags & kFlagSlice) != 0);
  CHECK(view(part) == std::string_view(expected).substr(100, 900));
  String* little = janus_string_slice(s, 3, 8);
  CHECK((little->head.flags & kFlagSlice) == 0);
  release(s);
  CHECK(view(part) == std::string_view(expected).substr(100, 900));
  part = janus_string_concat(part, little);
  CHECK(view(part) == expected.substr(100, 900) + expected.substr(3, 5));
  release(part);
  release(little);
}

TEST_CASE("runtime: comparing and hashing strings of every length") {
  NoLeak leak;
  std::set<uint64_t> hashes;
  int count = 0;
  for (int len = 0; len < 80; len++) {
    const std::string base(static_cast<size_t>(len), 'k');
    String* a = make(base);
    for (int i = -1; i < len; i++) {
      std::string other = base;
      if (i >= 0) other[static_cast<size_t>(i)] = static_cast<char>('a' + i % 20);
      if (i >= 0 && other == base) continue;
      String* b = make(other);
      CHECK(janus_string_equal(a, b) == (base == other));
      const int order = janus_string_compare(a, b), wanted = std::string_view(base).compare(other);
      CHECK((order < 0) == (wanted < 0));
      CHECK((order > 0) == (wanted > 0));
      hashes.insert(janus_string_hash(b));
      count++;
      release(b);
    }
    release(a);
  }
  CHECK(static_cast<int>(hashes.size()) == count);   // no two of these few thousand meet in 64 bits
  String *high = make("\xC3\xA9"), *low = make("z"), *longer = make("zz");
  CHECK(janus_string_compare(high, low) > 0);
  CHECK(janus_string_compare(low, longer) < 0);
  release(high), release(low), release(longer);

  std::set<uint64_t> numbers;
  std::vector<int> buckets(1024);
  for (uint64_t i = 0; i < 100000; i++) {
    const uint64_t h = janus_hash_u64(0, i);
    numbers.insert(h);
    buckets[h & 1023]++;
  }
  CHECK(numbers.size() == 100000);
  for (int n : buckets) CHECK((n > 40 && n < 180));
  CHECK(janus_hash_u64(janus_hash_u64(0, 1), 2) != janus_hash_u64(janus_hash_u64(0, 2), 1));
}

TEST_CASE("runtime: bytes that are not UTF-8 become U+FFFD") {
  NoLeak leak;
  CHECK(cleaned("plain and \xC3\xA9 \xF0\x9F\x98\x80") == "plain and \xC3\xA9 \xF0\x9F\x98\x80");
  CHECK(cleaned("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(cleaned("\xC3") == "\xEF\xBF\xBD");
  CHECK(cleaned("\xE2\x82z") == "\xEF\xBF\xBDz");   // cut off: one mark
  CHECK(cleaned("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");   // a surrogate: three
  CHECK(cleaned("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");   // overlong
  CHECK(cleaned("\xF4\x90\x80\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");   // above U+10FFFF
  CHECK(cleaned("\xF1\x80\x80\xE1\x80\xC2\x62") ==
        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\x62");   // the standard's example
  CHECK(valid(""));
  CHECK(valid("0123456789abcdef0123456789\xC3\xA9"));
  CHECK(!valid("0123456789abcdef\x80"));
  Noise noise;
  for (int i = 0; i < 20000; i++) {
    std::string bytes;
    for (uint64_t n = noise.below(24); n > 0; n--)
      bytes += static_cast<char>(noise.below(3) ? noise.below(128) : noise.next());
    CHECK(valid(cleaned(bytes)));
  }
  // Every scalar value is accepted, and goes out as it came in.
  for (uint32_t c = 0; c < 0x110000; c += 37) {
    if (c >= 0xD800 && c < 0xE000) continue;
    CHECK(valid(printed([&](Sink* s) { janus_print_char(s, c); })));
  }
}

TEST_CASE("runtime: integers in every base and width") {
  NoLeak leak;
  CHECK(integer(0, 0, 0) == "0");
  CHECK(printed([](Sink* s) { janus_print_i64(s, INT64_MIN); }) == "-9223372036854775808");
  CHECK(printed([](Sink* s) { janus_print_u64(s, UINT64_MAX); }) == "18446744073709551615");
  for (int64_t x = 1, i = 0; i < 18; i++, x *= 10) {
    CHECK(integer(x, 0, 0) == std::to_string(x));
    CHECK(integer(x - 1, 0, 0) == std::to_string(x - 1));
    CHECK(integer(-x, 0, 0) == std::to_string(-x));
  }
  CHECK(integer(42, 6, 0) == "    42");
  CHECK(integer(42, 6, 2) == "42    ");
  CHECK(integer(42, 7, 4) == "  42   ");
  CHECK(integer(-42, 6, 1) == "-00042");
  CHECK(integer(123456, 3, 1) == "123456");
  CHECK(integer(255, 0, 0, 'x') == "ff");
  CHECK(integer(255, 4, 1, 'x') == "00ff");
  CHECK(integer(-255, 0, 0, 'x') == "-ff");
  CHECK(integer(-1, 0, 0, 'x', true) == "ffffffffffffffff");
  CHECK(integer(10, 0, 0, 'b') == "1010");
  CHECK(integer(-1, 0, 0, 'b', true).size() == 64);
  CHECK(integer(8, 0, 0, 'o') == "10");
  CHECK(integer(1500, 0, 0, 'e') == "1.5e+3");
  CHECK(integer(0, 0, 0, 'e') == "0e+0");
  CHECK(integer(INT64_MIN, 0, 0, 'e') == "-9.223372036854775808e+18");
}

TEST_CASE("runtime: strings and characters, bare, quoted and padded") {
  NoLeak leak;
  String* s = make("a\"b\\c\n\t\x01\xC3\xA9${}$");
  CHECK(printed([&](Sink* k) { janus_print_string(k, s); }) == view(s));
  CHECK(printed([&](Sink* k) { janus_print_string_quoted(k, s); }) == "\"a\\\"b\\\\c\\n\\t\\u{1}\xC3\xA9\\${}$\"");
  release(s);
  CHECK(printed([](Sink* k) { janus_print_char_quoted(k, 'a'); }) == "'a'");
  CHECK(printed([](Sink* k) { janus_print_char_quoted(k, '\''); }) == "'\\''");
  CHECK(printed([](Sink* k) { janus_print_char_quoted(k, '"'); }) == "'\"'");
  CHECK(printed([](Sink* k) { janus_print_char_quoted(k, 0x1F600); }) == "'\xF0\x9F\x98\x80'");
  CHECK(printed([](Sink* k) { janus_print_bool(k, true), janus_print_bool(k, false); }) == "truefalse");

  String* word = make("h\xC3\xA9llo");
  auto format = [&](int width, int precision, uint32_t flags) {
    return printed([&](Sink* k) { janus_format_string(k, word, width, precision, flags); });
  };
  CHECK(format(8, -1, 0) == "   h\xC3\xA9llo");
  CHECK(format(8, -1, 2) == "h\xC3\xA9llo   ");
  CHECK(format(8, -1, 4) == " h\xC3\xA9llo  ");
  CHECK(format(0, 2, 0) == "h\xC3\xA9");
  CHECK(format(4, 2, 0) == "  h\xC3\xA9");
  CHECK(janus_string_is_boundary(word, 1));
  CHECK(!janus_string_is_boundary(word, 2));
  CHECK(janus_string_is_boundary(word, 6));
  CHECK(!janus_string_is_boundary(word, 7));
  release(word);
}

TEST_CASE("runtime: a long string in a sink keeps no more memory than it needs") {
  NoLeak leak;
  Sink sink;
  janus_sink_begin(&sink);
  for (int i = 0; i < 100000; i++) janus_print_i64(&sink, i);
  String* s = janus_sink_finish(&sink);
  CHECK(s->len == 488890);
  CHECK(s->cap < s->len + s->len / 2);
  release(s);
  janus_sink_begin(&sink);
  CHECK(janus_sink_finish(&sink) == &janus_empty_array);
}

TEST_CASE("runtime: integers of every length are printed in place") {
  NoLeak leak;
  for (int bit = 0; bit < 64; bit++)
    for (int d = -2; d <= 2; d++) {
      const uint64_t x = (1ull << bit) + static_cast<uint64_t>(static_cast<int64_t>(d));
      CHECK(printed([&](Sink* s) { janus_print_u64(s, x); }) == std::to_string(x));
      CHECK(printed([&](Sink* s) { janus_print_i64(s, static_cast<int64_t>(x)); }) ==
            std::to_string(static_cast<int64_t>(x)));
    }
  uint64_t x = 1;
  for (int i = 0; i < 20; i++, x *= 10)
    for (uint64_t y : {x - 1, x, x + 1}) CHECK(printed([&](Sink* s) { janus_print_u64(s, y); }) == std::to_string(y));
}
