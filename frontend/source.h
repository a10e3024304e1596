// source.h: the texts of a compilation, and places in them.
// Depends on ids.h only.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ids.h"

namespace janus {

// A place: two global byte positions. Every file owns a range of one 32-bit position space, so a place needs
// no file id and 8 bytes tell everything. lo == hi is a caret between two characters; {0, 0} is "no place".
struct Span {
  uint32_t lo = 0;
  uint32_t hi = 0;
  bool is_none() const { return hi == 0; }
};

struct LineCol {
  uint32_t line = 0;  // from 1
  uint32_t col = 0;   // from 1, in bytes
};

struct SourceFile {
  std::string path;                   // as shown to people: relative to where janus runs
  std::string text;                   // must be valid UTF-8 after load; the lexer reports what is not
  uint32_t base = 0;                  // position of its first byte; the file owns [base, base + size]
  bool is_std = false;                // embedded standard library
  bool derived = false;               // written by the compiler (derive.cpp)
  bool too_large = false;             // over kMaxSourceBytes: the text was dropped, and the lexer says so
  std::vector<uint32_t> line_starts;  // byte offsets; made on the first question (see SourceMap::line_col)
};

constexpr size_t kMaxSourceBytes = size_t{1} << 30;  // of one file

class SourceMap {
 public:
  // Positions begin at 1, so that 0 stays "no place".
  FileId add(std::string path, std::string text, bool is_std = false);
  const SourceFile& file(FileId id) const { return *files_[+id]; }
  void set_derived(FileId id) { files_[+id]->derived = true; }
  size_t size() const { return files_.size(); }
  FileId find(uint32_t pos) const;             // binary search; the file that owns pos
  LineCol line_col(uint32_t pos) const;
  std::string_view line_text(FileId id, uint32_t line) const;  // without its newline
  std::string_view text(Span span) const;

 private:
  std::vector<std::unique_ptr<SourceFile>> files_;
  uint32_t next_base_ = 1;
};

// Interned texts: identifiers and the contents of string literals. Equal texts have equal ids.
class Names {
 public:
  Names();
  ~Names();
  Names(const Names&) = delete;
  NameId intern(std::string_view text);
  NameId find(std::string_view text) const;  // None when never interned
  // None, where the parser found no name, has no text.
  std::string_view text(NameId id) const { return +id < texts_.size() ? texts_[+id] : std::string_view(); }
  size_t size() const { return texts_.size(); }

 private:
  std::vector<std::string_view> texts_;
  struct Impl;
  std::unique_ptr<Impl> impl_;  // hash table and the arena that owns the bytes
};

}  // namespace janus
