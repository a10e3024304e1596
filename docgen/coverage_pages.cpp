// coverage_pages.cpp: see coverage_pages.h. Pages without scripts, in the style of the documentation's.
// Depends on coverage_pages.h, highlight.h, markdown.h (escaping).
// SPDX-License-Identifier: Apache-2.0
#include "docgen/coverage_pages.h"

#include <set>

#include "docgen/highlight.h"
#include "docgen/markdown.h"

namespace janus::docgen {

size_t CoverageFile::covered() const {
  size_t n = 0;
  for (const auto& [line, count] : lines) n += count.most > 0;
  return n;
}

namespace {

// A line's state is its colour, its sign before the number, and a word for who hears the page.
constexpr const char* kStyle =
    "main.coverage{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}.coverage table{border-collapse:collapse;width:100%;margin:1.5rem 0}"
    ".coverage .table{margin:1.6rem 0}.coverage .table table{margin:0}.coverage th,.coverage td{text-align:left;padding:.55rem 1rem}.coverage td.n,.coverage th.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".coverage td.n,.coverage th.n{color:inherit}.coverage th.n{color:var(--muted)}.coverage td{vertical-align:middle}"
    ".coverage meter{appearance:none;width:100%;max-width:18rem;height:.5rem;border:0;border-radius:99px;background:var(--raised);vertical-align:middle;overflow:hidden;color:var(--good)}"
    ".coverage meter::-webkit-meter-bar{height:.5rem;border:0;border-radius:99px;background:color-mix(in srgb,var(--bad) 22%,var(--raised))}"
    ".coverage meter::-webkit-meter-optimum-value{background:var(--good);border-radius:99px}.coverage meter::-moz-meter-bar{background:var(--good)}"
    ".coverage .share{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2rem 1rem;margin:0 0 .6rem;color:var(--soft)}.coverage .share strong{font:500 1.7rem/1.2 var(--serif);color:var(--ink);font-variant-numeric:tabular-nums}"
    ".coverage .eyebrow a{color:inherit;text-decoration:none}.coverage .eyebrow a:hover{text-decoration:underline}.coverage .share+meter{max-width:none;margin-bottom:1.2rem}"
    ".line.ran{background:color-mix(in srgb,var(--good) 11%,transparent)}"
    ".line.never{background:color-mix(in srgb,var(--bad) 15%,transparent)}.line.partly{background:var(--warn-bg)}"
    ".coverage .line .times{display:inline-block;width:5.2rem;padding-right:1rem;text-align:right;color:var(--muted);user-select:none}"
    ".coverage .line.ran .no,.coverage .line.partly .no,.coverage .line.never .no{color:var(--ink)}.coverage .line.never .times{color:var(--bad);font-weight:600}"
    ".coverage .line .times{color:var(--soft)}.coverage .key span{display:inline-block;padding:.1rem .6rem;margin-right:.5rem;border-radius:4px}"
    ".key .ran{background:color-mix(in srgb,var(--good) 11%,transparent)}.key .never{background:color-mix(in srgb,var(--bad) 15%,transparent)}.key .partly{background:var(--warn-bg)}";

std::string percent(size_t part, size_t whole) {
  size_t tenths = whole ? part * 1000 / whole : 1000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string page(const std::string& title, const std::string& main) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escape_html(title) +
         "</title>\n<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"janus.css\">\n<link rel=\"stylesheet\" href=\"coverage.css\">\n"
         "</head>\n<body>\n<main class=\"coverage\">\n" +
         main + "</main>\n</body>\n</html>\n";
}

std::string meter(size_t part, size_t whole) {
  std::string p = percent(part, whole);
  return "<meter min=\"0\" max=\"" + std::to_string(whole ? whole : 1) + "\" value=\"" +
         std::to_string(whole ? part : 1) + "\" aria-label=\"" + p + " of the lines\"></meter>";
}

std::string header(const std::string& eyebrow, const std::string& h1, size_t part, size_t whole) {
  return "<header class=\"hero\"><p class=\"eyebrow\">" + eyebrow + "</p>" + h1 +
         "</header>\n<p class=\"share\"><strong>" + percent(part, whole) + "</strong> " + std::to_string(part) +
         " of " + std::to_string(whole) + " lines ran</p>\n" + meter(part, whole) + "\n";
}

std::string source(Painter& painter, const CoverageFile& file) {
  std::string main =
      header("<a href=\"index.html\">← Coverage</a>", "<h1 class=\"path\">" + escape_html(file.path) + "</h1>",
             file.covered(), file.lines.size()) +
      "<p class=\"key\"><span class=\"ran\">ran</span><span class=\"partly\">ran in part</span><span class=\"never\">never ran</span></p>\n"
      "<div class=\"source\" tabindex=\"0\" role=\"region\" aria-label=\"Source\"><pre><code>";
  std::vector<std::string> lines = painter.paint_lines(file.text, {});
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string n = std::to_string(i + 1), css, times;
    if (auto at = file.lines.find(static_cast<uint32_t>(i + 1)); at != file.lines.end()) {
      const LineCount& count = at->second;
      css = count.most == 0 ? " never" : count.least == 0 ? " partly" : " ran";
      times = count.most == 0 ? "never" : std::to_string(count.most) + "×" + (count.least == 0 ? " part" : "");
    }
    main += "<span class=\"line" + css + "\" id=\"L" + n + "\"><a class=\"no\" href=\"#L" + n +
            "\" aria-label=\"line " + n + "\">" + n + "</a><span class=\"times\">" + times + "</span>" + lines[i] +
            "\n</span>";
  }
  return main + "</code></pre></div>\n";
}

}  // namespace

std::vector<OutFile> write_coverage(const std::vector<CoverageFile>& files, const std::string& name,
                                    const Assets& assets) {
  std::vector<OutFile> out;
  Painter painter;
  std::set<std::string> taken{"index.html"};
  size_t covered = 0, lines = 0;
  std::string rows;
  for (const CoverageFile& file : files) {
    std::string base;
    for (char c : file.path)
      base += c == '/' ? '.'
              : (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-'
                  ? c
                  : '_';
    std::string path = base + ".html";
    for (int again = 2; !taken.insert(path).second; ++again) path = base + "-" + std::to_string(again) + ".html";
    covered += file.covered();
    lines += file.lines.size();
    rows += "<tr><td><a class=\"mono\" href=\"" + path + "\">" + escape_html(file.path) + "</a></td><td>" +
            meter(file.covered(), file.lines.size()) + "</td><td class=\"n\">" +
            percent(file.covered(), file.lines.size()) + "</td><td class=\"n\">" + std::to_string(file.covered()) +
            " / " + std::to_string(file.lines.size()) + "</td></tr>\n";
    out.push_back({path, page("Coverage of " + file.path, source(painter, file))});
  }
  std::string main =
      header("Coverage", "<h1>" + escape_html(name) + "</h1>", covered, lines) +
      "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Lines</th><th scope=\"col\" class=\"n\">Share</th><th scope=\"col\" class=\"n\">Ran</th></tr></thead>\n<tbody>\n" +
      rows + "</tbody>\n</table></div>\n";
  out.push_back({"index.html", page("Coverage of " + name, main)});
  out.push_back({"janus.css", std::string(assets("assets/janus.css"))});
  out.push_back({"coverage.css", kStyle});
  return out;
}

}  // namespace janus::docgen
