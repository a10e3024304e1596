// junit.cpp: test results as JUnit XML.
// Depends on junit.h, frontend/text_width.h.
// SPDX-License-Identifier: Apache-2.0
//
// The shape is that of Surefire's and Jenkins' schemas, `errors` and `type` included, which they require. Beside it a
// testcase has `file` and `line`: those who annotate changes look for them, and nobody else minds.
#include "cli/junit.h"

#include <cstdio>
#include <map>

#include "frontend/text_width.h"

namespace janus {
namespace {

// XML 1.0 has no way to write most control characters; they become U+FFFD.
std::string escaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    Utf8Char c = decode_utf8(text, i);
    bool allowed =
        c.valid && (c.code >= 0x20 || c.code == '\n' || c.code == '\t') && c.code != 0xFFFE && c.code != 0xFFFF;
    if (!allowed) result += "\xEF\xBF\xBD";
    else if (c.code == '<') result += "&lt;";
    else if (c.code == '>') result += "&gt;";
    else if (c.code == '&') result += "&amp;";
    else if (c.code == '"') result += "&quot;";
    else if (c.code == '\n') result += "&#10;";
    else result += text.substr(i, c.size);
    i += c.size;
  }
  return result;
}

std::string seconds_text(double seconds) {
  char text[32];
  snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

}  // namespace

std::string junit_xml(const std::vector<JunitCase>& cases) {
  struct Suite {
    std::string body;
    size_t tests = 0, failures = 0, skipped = 0;
    double seconds = 0;
  };
  std::map<std::string, Suite> suites;
  size_t failures = 0;
  double seconds = 0;
  for (const JunitCase& c : cases) {
    Suite& suite = suites[c.suite];
    ++suite.tests;
    suite.seconds += c.seconds;
    seconds += c.seconds;
    suite.body += "    <testcase classname=\"" + escaped(c.suite) + "\" name=\"" + escaped(c.name) + "\" file=\"" +
                  escaped(c.path) + "\" line=\"" + std::to_string(c.line) + "\" time=\"" + seconds_text(c.seconds) +
                  "\"";
    if (c.skipped) ++suite.skipped;
    if (c.passed || c.skipped) {
      suite.body += c.skipped ? ">\n      <skipped/>\n    </testcase>\n" : "/>\n";
      continue;
    }
    ++suite.failures;
    ++failures;
    suite.body += ">\n      <failure type=\"" + escaped(c.type) + "\" message=\"" + escaped(c.why) + "\">" +
                  escaped(c.output) + "</failure>\n    </testcase>\n";
  }
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"" + std::to_string(cases.size()) +
                    "\" failures=\"" + std::to_string(failures) + "\" errors=\"0\" time=\"" + seconds_text(seconds) +
                    "\">\n";
  for (auto& [name, suite] : suites) {
    xml += "  <testsuite name=\"" + escaped(name) + "\" tests=\"" + std::to_string(suite.tests) + "\" failures=\"" +
           std::to_string(suite.failures) + "\" errors=\"0\" skipped=\"" + std::to_string(suite.skipped) +
           "\" time=\"" + seconds_text(suite.seconds) + "\">\n" + suite.body + "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace janus
