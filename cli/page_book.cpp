// page_book.cpp: reading, comparing and writing the book of pages.
// Depends on page_book.h, disk.h, cache.h (which janus this is).
// SPDX-License-Identifier: Apache-2.0
#include "cli/page_book.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "cli/cache.h"
#include "cli/disk.h"
#include "frontend/content_hash.h"

namespace janus {
namespace {

constexpr const char* kBookName = ".janus-pages";
constexpr const char* kFirstLine = "janus pages 1";
constexpr size_t kHash = 32;   // hexadecimal digits that are kept of one

bool stamp_of(const std::string& path, PageBook::Page& page) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  page.size = static_cast<uint64_t>(info.st_size);
  page.time = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  return true;
}

// The tokens, and which of them begin a line; comments are none.
std::string code_hash(const Tokens& tokens, std::string_view text) {
  std::string all;
  all.reserve(text.size());
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    all += static_cast<char>(tokens.kinds[i]);
    all += tokens.starts_line(i) ? '\n' : ' ';
    uint32_t lo = tokens.begin(i), hi = tokens.end(i);
    if (lo <= hi && hi <= text.size()) all += text.substr(lo, hi - lo);
    all += '\0';
  }
  return content_hash(all).substr(0, kHash);
}

struct Words {
  std::string_view rest;
  std::string_view next(char until = ' ') {
    size_t end = std::min(rest.find(until), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
  }
  template <class T>
  bool number(T& out, char until = ' ') {
    std::string_view word = next(until);
    return std::from_chars(word.data(), word.data() + word.size(), out).ec == std::errc{};
  }
};

}  // namespace

void PageBook::read(const std::string& folder) {
  std::string text, why, path = join_path(folder, kBookName);
  if (!is_file(path) || !read_file(path, text, why)) return;
  Words lines{text};
  if (lines.next('\n') != kFirstLine) return;
  std::string key(lines.next('\n'));
  while (!lines.rest.empty()) {
    Words line{lines.next('\n')};
    std::string_view kind = line.next();
    if (kind == "m") {
      Module m;
      m.text = line.next(), m.code = line.next(), m.path = line.next();
      modules_.push_back(std::move(m));
    } else if (kind == "p") {
      Page page;
      if (!line.number(page.size) || !line.number(page.time)) return;
      std::string name(line.next());
      if (name.empty() || name.find('/') != std::string::npos || name[0] == '.') return;
      while (!line.rest.empty()) {
        uint32_t file = 0;
        if (!line.number(file, ',') || file >= modules_.size()) return;
        page.files.push_back(file);
      }
      pages_[std::move(name)] = std::move(page);
    } else if (kind == "end") {
      key_ = std::move(key);   // only of a whole book
    }
  }
}

void PageBook::take_program(const Program& p, bool std_too, const std::string& settings, const PageBook& old) {
  std::map<std::string_view, const Module*> before;
  for (const Module& m : old.modules_) before[m.path] = &m;
  HashOf key;
  key.add(kFirstLine).add(own_identity()).add(settings);
  for (const auto& module : p.modules) {
    const SourceFile& file = p.sources.file(module->file);
    Module row{std::string(p.names.text(module->path)), content_hash(file.text).substr(0, kHash), ""};
    bool shown = (std_too || !module->is_std) && module->doctest == 0xffffffffu && !file.derived;
    auto known = before.find(row.path);
    if (!shown) row.code = row.text;
    else if (known != before.end() && known->second->text == row.text) row.code = known->second->code;
    else row.code = code_hash(module->tree.tokens, file.text);
    key.add(row.path).add(file.path).add(row.code);
    if (shown) modules_.push_back(std::move(row));
  }
  std::sort(modules_.begin(), modules_.end(), [](const Module& a, const Module& b) { return a.path < b.path; });
  key_ = key.hex();
}

void PageBook::plan(const PageBook& old, const std::string& folder, const Program& p, std::vector<bool>& whole,
                    std::vector<bool>& linked) {
  if (old.key_ != key_ || old.modules_.size() != modules_.size()) return;
  std::vector<bool> changed(modules_.size()), needed(modules_.size()), shown(modules_.size());
  for (size_t m = 0; m < modules_.size(); ++m) changed[m] = modules_[m].text != old.modules_[m].text;
  for (const auto& [name, page] : old.pages_) {
    Page now;
    bool good = stamp_of(join_path(folder, name), now) && now.size == page.size && now.time == page.time;
    for (uint32_t file : page.files) good &= !changed[file];
    if (good) {
      kept_[name] = page;
      continue;
    }
    // The first page shows of each file only its first comment, which is always read.
    if (name == "index.html") continue;
    for (uint32_t file : page.files) needed[file] = true;
    if (page.files.size() == 1) shown[page.files[0]] = true;   // a source page shows one file
  }
  std::map<std::string_view, size_t> row;
  for (size_t m = 0; m < modules_.size(); ++m) row[modules_[m].path] = m;
  whole.assign(p.modules.size(), false), linked = whole;
  for (size_t m = 0; m < p.modules.size(); ++m)
    if (auto it = row.find(p.names.text(p.modules[m]->path)); it != row.end())
      whole[m] = needed[it->second], linked[m] = shown[it->second];
}

bool PageBook::wanted(std::string_view page) const { return kept_.find(page) == kept_.end(); }

bool PageBook::store(const PageBook& old, const std::string& folder, std::vector<docgen::OutFile>& files,
                     size_t& written, std::string& why) {
  if (!make_folders(folder, why)) return false;
  std::string present;
  for (docgen::OutFile& file : files) {
    std::string path = join_path(folder, file.path);
    if (file.same) {
      pages_[file.path] = kept_[file.path];
      continue;
    }
    // Only what changed is written, so that time stamps stay and a page on a slow disk is not touched for nothing.
    if (!is_file(path) || !read_file(path, present, why) || present != file.bytes) {
      if (!write_file(path, file.bytes, why)) return false;
      ++written;
    }
    Page page;
    page.files = std::move(file.files);
    if (stamp_of(path, page)) pages_[file.path] = std::move(page);
  }
  for (const auto& [name, page] : old.pages_)
    if (!pages_.contains(name)) unlink(join_path(folder, name).c_str());
  std::string book = std::string(kFirstLine) + "\n" + key_ + "\n";
  for (const Module& m : modules_) book += "m " + m.text + " " + m.code + " " + m.path + "\n";
  for (const auto& [name, page] : pages_) {
    book += "p " + std::to_string(page.size) + " " + std::to_string(page.time) + " " + name + " ";
    for (size_t i = 0; i < page.files.size(); ++i) book += (i ? "," : "") + std::to_string(page.files[i]);
    book += "\n";
  }
  return write_file(join_path(folder, kBookName), book + "end\n", why);
}

}  // namespace janus
