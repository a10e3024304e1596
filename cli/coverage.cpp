// coverage.cpp: see coverage.h.
// Depends on coverage.h, backend/embed.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/coverage.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "backend/embed.h"

namespace janus {

// Lines `path TAB line TAB count`, one a statement, and `path TAB line name TAB count`, one a function; a path may have
// tabs too.
bool Coverage::take(const std::string& counters, std::string& why) {
  std::string text;
  if (!read_file(counters, text, why)) return false;
  std::map<std::pair<std::string, uint32_t>, docgen::LineCount>
      now;   // of this executable: those of others are added to it
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    size_t count = line.rfind('\t'),
           number = count == std::string::npos || count == 0 ? count : line.rfind('\t', count - 1);
    if (number == std::string::npos) return why = "the counts of lines in " + counters + " are damaged", false;
    uint64_t times = strtoull(line.c_str() + count + 1, nullptr, 10);
    std::string path = line.substr(0, number), place = line.substr(number + 1, count - number - 1);
    auto at_line = static_cast<uint32_t>(strtoul(place.c_str(), nullptr, 10));
    if (size_t space = place.find(' '); space != std::string::npos) {
      files_[path].functions[{at_line, place.substr(space + 1)}] += times;
      continue;
    }
    docgen::LineCount& c = now[{std::move(path), at_line}];
    c.most = std::max(c.most, times);
    c.least = std::min(c.least, times);
  }
  for (const auto& [place, count] : now) {
    auto [at, fresh] = files_[place.first].lines.try_emplace(place.second, count);
    if (!fresh) at->second.most += count.most, at->second.least += count.least;
  }
  return true;
}

// One record as geninfo(1) has it. Functions are known by their names: a second one of a name (a method of `Box[i64]`
// and one of `Box[String]`) has its line behind it.
std::string Coverage::lcov_of(const std::string& path, const docgen::CoverageFile& file,
                              const std::map<Function, uint64_t>& functions) {
  std::string out = "TN:\nSF:" + path + "\n", calls;
  std::set<std::string> names;
  size_t called = 0;
  for (const auto& [function, count] : functions) {
    std::string name = function.name, line = std::to_string(function.line);
    if (!names.insert(name).second) name += " (line " + line + ")";
    out += "FN:" + line + "," + name + "\n";
    calls += "FNDA:" + std::to_string(count) + "," + name + "\n";
    called += count > 0;
  }
  out += calls + "FNF:" + std::to_string(functions.size()) + "\nFNH:" + std::to_string(called) + "\n";
  for (const auto& [line, count] : file.lines)
    out += "DA:" + std::to_string(line) + "," + std::to_string(count.most) + "\n";
  return out + "LF:" + std::to_string(file.lines.size()) + "\nLH:" + std::to_string(file.covered()) +
         "\nend_of_record\n";
}

int Coverage::write(Context& context, const std::string& folder, const std::string& name) {
  Console& console = context.console;
  std::string why, lcov;
  std::vector<docgen::CoverageFile> files;
  size_t covered = 0, lines = 0, widest = 0;
  for (auto& [path, counted] : files_) {
    docgen::CoverageFile& file = files.emplace_back();
    file.path = path;
    file.lines = std::move(counted.lines);
    // A file of the standard library that is not on the disk, or one that was removed meanwhile: the numbers stand
    // without its text.
    std::string ignored;
    if (!context.disk.read(path, file.text, ignored)) file.text = std::string(context.disk.std_file(path));
    covered += file.covered();
    lines += file.lines.size();
    widest = std::max(widest, path.size());
    lcov += lcov_of(path, file, counted.functions);
  }
  auto percent = [](size_t part, size_t whole) {
    size_t tenths = whole ? part * 1000 / whole : 1000;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  };
  if (!make_folders(folder, why) || !write_file(join_path(folder, "lcov.info"), lcov, why))
    return console.fail(kEnvironment, why);
  auto site_file = [](std::string_view file) { return embedded_file("site/" + std::string(file)); };
  for (const docgen::OutFile& page : docgen::write_coverage(files, name, site_file))
    if (!write_file(join_path(folder, page.path), page.bytes, why)) return console.fail(kEnvironment, why);

  std::string table;
  for (const docgen::CoverageFile& file : files) {
    if (console.is_json()) {
      std::string missed;
      for (const auto& [line, count] : file.lines)
        if (count.most == 0) missed += (missed.empty() ? "" : ",") + std::to_string(line);
      JsonText object = console.json_object("coverage");
      object.field("path", file.path)
          .field("lines", file.lines.size())
          .field("covered", file.covered())
          .field("missed", missed);
      console.json(object);
      continue;
    }
    std::string share = percent(file.covered(), file.lines.size());
    table += file.path + std::string(widest - file.path.size() + 2 + (share.size() < 5 ? 5 - share.size() : 0), ' ') +
             share + " %  " + std::to_string(file.covered()) + "/" + std::to_string(file.lines.size()) + "\n";
  }
  std::string total = "coverage: " + percent(covered, lines) + " %, " + std::to_string(covered) + " of " +
                      std::to_string(lines) + " lines";
  if (console.is_json()) {
    JsonText object = console.json_object("coverage");
    object.field("lines", lines).field("covered", covered).field("folder", folder);
    console.json(object);
  } else if (context.args.has(Opt::Tap)) {
    console.say(total);
  } else {
    console.out(table + total + "\n");
    console.say("wrote " + join_path(folder, "index.html") + " and " + join_path(folder, "lcov.info"));
  }
  return kDone;
}

}   // namespace janus
