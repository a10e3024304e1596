// page_book.h: which pages of a folder still hold: what `janus doc` keeps beside them in `.janus-pages`.
// Depends on commands.h, frontend/program.h, docgen/writer.h.
// SPDX-License-Identifier: Apache-2.0
//
// A page shows two kinds of things: what the program means (signatures, effects, who implements what: of any file), and
// texts of some files: comments, and the lines where things stand. So there is one key for the whole program without
// its comments, and a hash of each file's text. While the key stays, a page is made again only when a file changed
// whose text it shows; when the key changes, all are. The book lies with the pages and not in the database, because it
// tells what this folder holds, and there may be several.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "docgen/writer.h"
#include "frontend/program.h"

namespace janus {

class PageBook {
 public:
  struct Module {
    std::string path;   // std.list
    std::string text, code;   // hashes of its bytes, and of its tokens without comments
  };
  struct Page {
    uint64_t size = 0;
    int64_t time = 0;   // when it was written, as the file system says
    std::vector<uint32_t> files;   // whose texts it shows: Model::files, which are modules_ by index
  };

  // What the folder holds; empty when there is no book, or one that cannot be read.
  void read(const std::string& folder);
  // The modules that are shown, in the model's order, and the key of everything but comments. `old`: its hashes of
  // tokens are taken where the text is the same.
  void take_program(const Program& program, bool std_too, const std::string& settings, const PageBook& old);
  // The modules (a flag a module of the program) of which everything is needed to bring the pages of `old` up to date,
  // and those whose own sources are shown anew; both stay empty when all are needed.
  void plan(const PageBook& old, const std::string& folder, const Program& program, std::vector<bool>& whole,
            std::vector<bool>& linked);
  bool wanted(std::string_view page) const;   // after plan(): must it be made?

  // Writes what must be written, takes away pages that no longer exist, and keeps the book.
  bool store(const PageBook& old, const std::string& folder, std::vector<docgen::OutFile>& files, size_t& written,
             std::string& why);

 private:
  std::string key_;
  std::vector<Module> modules_;
  std::map<std::string, Page, std::less<>> pages_;
  std::map<std::string, Page, std::less<>> kept_;   // pages that plan() found good
};

}   // namespace janus
