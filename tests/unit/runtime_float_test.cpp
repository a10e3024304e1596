// runtime_float_test.cpp: floats to text and back, against the C++ library.
// Depends on runtime_host.h. JANUS_TEST_FLOATS=n tries n random bit patterns of each type instead of 200 000.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "tests/unit/runtime_host.h"

using namespace rt_test;

namespace {

std::string f64(double x) {
  return printed([&](Sink* s) { janus_print_f64(s, x); });
}
std::string f32(float x) {
  return printed([&](Sink* s) { janus_print_f32(s, x); });
}
std::string format(double x, int width, int precision, uint32_t flags = 0, int kind = 0) {
  return printed([&](Sink* s) { janus_format_f64(s, x, width, precision, flags, kind); });
}

// The significant digits of a text, without leading and trailing zeros, and the power of ten of the first.
struct Digits {
  std::string digits;
  int exponent = 0;
  bool operator==(const Digits&) const = default;
};
Digits digits_of(std::string_view text) {
  Digits d;
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  const size_t e = text.find('e');
  int exponent = e == std::string_view::npos ? 0 : std::atoi(std::string(text.substr(e + 1)).c_str());
  text = text.substr(0, e);
  size_t point = text.find('.');
  if (point == std::string_view::npos) point = text.size();
  exponent += static_cast<int>(point) - 1;
  for (char c : text)
    if (c != '.') d.digits += c;
  while (d.digits.size() > 1 && d.digits[0] == '0') d.digits.erase(0, 1), exponent--;
  while (d.digits.size() > 1 && d.digits.back() == '0') d.digits.pop_back();
  d.exponent = d.digits == "0" ? 0 : exponent;
  return d;
}

template <typename Float>
void check_round_trip(Float x, const std::string& text) {
  char expected[64];
  const auto end = std::to_chars(expected, expected + sizeof expected, x, std::chars_format::scientific);
  const Digits ours = digits_of(text), theirs = digits_of({expected, static_cast<size_t>(end.ptr - expected)});
  Float back = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), back);
  const bool same = ours == theirs && read.ec == std::errc() && read.ptr == text.data() + text.size() &&
                    std::memcmp(&back, &x, sizeof x) == 0 && text.find_first_of(".e") != std::string::npos;
  if (!same) FAIL_CHECK("printed ", text, " for ", std::string(expected, end.ptr));
}

int rounds() {
  const char* n = std::getenv("JANUS_TEST_FLOATS");
  return n ? std::atoi(n) : 200000;
}

}  // namespace

TEST_CASE("runtime: the notation of floats") {
  NoLeak leak;
  CHECK(f64(1) == "1.0");
  CHECK(f64(0.1) == "0.1");
  CHECK(f64(-0.0) == "-0.0");
  CHECK(f64(0) == "0.0");
  CHECK(f64(123.456) == "123.456");
  CHECK(f64(1000) == "1000.0");
  CHECK(f64(1e20) == "100000000000000000000.0");
  CHECK(f64(1e21) == "1e+21");
  CHECK(f64(1.5e300) == "1.5e+300");
  CHECK(f64(1e-6) == "0.000001");
  CHECK(f64(1.25e-6) == "0.00000125");
  CHECK(f64(1e-7) == "1e-7");
  CHECK(f64(123456789012345680.0) == "123456789012345680.0");
  CHECK(f64(0.1 + 0.2) == "0.30000000000000004");
  CHECK(f64(5e-324) == "5e-324");
  CHECK(f64(2.2250738585072014e-308) == "2.2250738585072014e-308");
  CHECK(f64(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(f64(9007199254740993.0) == "9007199254740992.0");
  CHECK(f64(INFINITY) == "inf");
  CHECK(f64(-INFINITY) == "-inf");
  CHECK(f64(NAN) == "nan");
  CHECK(f64(-NAN) == "nan");
  CHECK(f32(0.1f) == "0.1");
  CHECK(f32(16777216.0f) == "16777216.0");
  CHECK(f32(3.4028235e38f) == "3.4028235e+38");
  CHECK(f32(1e-45f) == "1e-45");
}

TEST_CASE("runtime: floats print the shortest digits that read back") {
  NoLeak leak;
  Noise noise;
  for (int i = 0; i < rounds(); i++) {
    const uint64_t bits = noise.next();
    double x;
    std::memcpy(&x, &bits, 8);
    if (std::isfinite(x)) check_round_trip(x, f64(x));
    const uint32_t half = static_cast<uint32_t>(noise.next() >> 16);
    float y;
    std::memcpy(&y, &half, 4);
    if (std::isfinite(y)) check_round_trip(y, f32(y));
  }
  // Powers of two have uneven neighbours; around powers of ten the length changes.
  for (int e = -1074; e <= 1023; e++) {
    const double x = std::ldexp(1.0, e);
    for (double y : {x, std::nextafter(x, 0.0), std::nextafter(x, INFINITY)})
      if (y != 0) check_round_trip(y, f64(y));
  }
  for (int e = -149; e <= 127; e++) {
    const float x = std::ldexp(1.0f, e);
    for (float y : {x, std::nextafter(x, 0.0f), std::nextafter(x, INFINITY)})
      if (y != 0) check_round_trip(y, f32(y));
  }
  for (int e = -307; e <= 308; e++) {
    const double x = std::strtod(("1e" + std::to_string(e)).c_str(), nullptr);
    for (double y : {x, std::nextafter(x, 0.0), std::nextafter(x, INFINITY)}) check_round_trip(y, f64(y));
  }
  for (int i = 0; i < 20000; i++) {
    const double x = static_cast<double>(noise.below(1000000)) / 100.0;
    check_round_trip(x, f64(x));
  }
}

TEST_CASE("runtime: floats with decimals are rounded as the C library rounds") {
  NoLeak leak;
  CHECK(format(2.5, 0, 0) == "2");
  CHECK(format(0.125, 0, 2) == "0.12");
  CHECK(format(0.375, 0, 2) == "0.38");
  CHECK(format(1.005, 0, 2) == "1.00");
  CHECK(format(9.995, 0, 2) == "9.99");
  CHECK(format(999.999, 0, 2) == "1000.00");
  CHECK(format(-0.001, 0, 2) == "-0.00");
  CHECK(format(1e22, 0, 1) == "10000000000000000000000.0");
  CHECK(format(INFINITY, 0, 2) == "inf");
  CHECK(format(1234.5, 0, 3, 0, 'e') == "1.234e+3");
  CHECK(format(0, 0, 2, 0, 'e') == "0.00e+0");
  CHECK(format(1.5, 0, -1, 0, 'e') == "1.5e+0");
  CHECK(format(9.99, 0, 1, 0, 'e') == "1.0e+1");
  CHECK(format(3.14159, 8, 2) == "    3.14");
  CHECK(format(3.14159, 8, 2, 2) == "3.14    ");
  CHECK(format(3.14159, 8, 2, 4) == "  3.14  ");
  CHECK(format(-3.14159, 8, 2, 1) == "-0003.14");
  CHECK(format(NAN, 6, 2, 1) == "   nan");
  CHECK(format(0.1f, 0, -1, 8) == "0.1");
  Noise noise;
  const int n = rounds() / 4;
  for (int i = 0; i < n; i++) {
    uint64_t bits = noise.next();
    double x;
    std::memcpy(&x, &bits, 8);
    if (i % 2)
      x = std::ldexp(static_cast<double>(noise.next() >> 11),
                     -static_cast<int>(noise.below(120)));   // sizes of daily life
    if (i % 5 == 1) x = static_cast<double>(noise.below(100000)) / 64.0;   // ties
    if (!std::isfinite(x)) continue;
    const int precision = static_cast<int>(noise.below(i % 3 ? 6 : 25));
    char expected[800];
    std::snprintf(expected, sizeof expected, "%.*f", precision, x);
    if (format(x, 0, precision) != expected)
      FAIL_CHECK("fixed ", precision, ": ", format(x, 0, precision), " for ", std::string(expected));
    std::snprintf(expected, sizeof expected, "%.*e", precision, x);
    std::string theirs = expected;
    const size_t e = theirs.find('e');   // C writes two digits of exponent at least
    if (theirs[e + 2] == '0') theirs.erase(e + 2, 1);
    if (format(x, 0, precision, 0, 'e') != theirs)
      FAIL_CHECK("scientific ", precision, ": ", format(x, 0, precision, 0, 'e'), " for ", theirs);
  }
  CHECK(format(5e-324, 0, 1074).size() == 1076);
}

TEST_CASE("runtime: text to float, correctly rounded") {
  NoLeak leak;
  auto parse = [](std::string_view text) {
    String* s = make(text);
    const double x = janus_parse_f64(s);
    release(s);
    return x;
  };
  CHECK(parse("1") == 1);
  CHECK(parse("-2.5e3") == -2500);
  CHECK(parse("+.5") == 0.5);
  CHECK(std::signbit(parse("-0")));
  CHECK(parse("inf") == INFINITY);
  CHECK(parse("-inf") == -INFINITY);
  CHECK(std::isnan(parse("nan")));
  CHECK(parse("1e400") == INFINITY);
  CHECK(parse("1e-400") == 0);
  CHECK(parse("1e99999999999999999999") == INFINITY);
  CHECK(parse("9007199254740993") == 9007199254740992.0);
  CHECK(parse("0.000000000000000000000000000000000000001") == 1e-39);
  CHECK(parse("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(parse("1" + std::string(500, '0') + "e-500") == 1);
  Noise noise;
  for (int i = 0; i < 20000; i++) {
    std::string text = std::to_string(noise.next() >> noise.below(64));
    text.insert(noise.below(text.size() + 1), ".");
    if (text[0] == '.') text.insert(0, "0");
    if (i % 3 == 0) text += "e" + std::to_string(static_cast<int>(noise.below(60)) - 30);
    CHECK(parse(text) == std::strtod(text.c_str(), nullptr));
  }
}
