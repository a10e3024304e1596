// disk.h: files of the system, with errors as sentences; and a FileSystem that remembers what was asked of it.
// Depends on frontend/files.h, backend/embed.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "frontend/files.h"

namespace janus {

// The sentences are "cannot read src/a.jan: it is a directory": what, and why.
bool read_file(const std::string& path, std::string& text, std::string& why);
bool write_file(const std::string& path, std::string_view text,
                std::string& why);         // atomic: temporary file, then rename
bool copy_file(const std::string& from, const std::string& to, int mode, std::string& why);  // atomic
bool make_folders(const std::string& path, std::string& why);
bool is_file(const std::string& path);
bool is_folder(const std::string& path);
std::string folder_of(const std::string& path);       // "" for a bare name
std::string base_name(const std::string& path);
std::string join_path(const std::string& folder, const std::string& name);
std::string absolute_path(const std::string& path);   // from the current folder; symbolic links resolved when it exists
std::string shown_path(const std::string& path);   // relative to the current folder when below it
std::string why_of(int error);   // "permission denied": errno in the words of a sentence

// Temporary files and folders that are to vanish when janus is interrupted (interrupt.cpp looks here).
class Scratch {
 public:
  explicit Scratch(std::string path);   // a file, or a folder with what is in it
  ~Scratch();
  Scratch(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};
void remove_all_scratch();
std::string scratch_name(const std::string& beside);   // ".NAME.janus-PID-N" in the same folder

// One answer that the disk gave, so that a cache can ask again whether it would still give it.
struct Question {
  enum Kind : char { Read = 'R', Exists = 'E', List = 'L', Pages = 'G' } kind;
  std::string path;
  std::string answer;   // hash of the content, "-" when there is none; "0" or "1"; hash of the list
  std::string stamp;   // Read: of the file (file_stamp) that gave the answer; may be empty
};
// Would the disk give the same answer? A file that has its stamp still is not read again.
bool still_answers(const Question& question);
// Size, times and number of a file, which change when its content does; empty when a change could go unseen, because
// the last one was only just now.
std::string file_stamp(const std::string& path);

std::string answer_to(Question::Kind kind, const std::string& path);

class Disk : public FileSystem {
 public:
  bool read(const std::string& path, std::string& text, std::string& why) override;
  bool exists(const std::string& path) override;
  bool list(const std::string& folder, std::vector<std::string>& paths, std::string& why) override;
  std::string_view std_file(std::string_view name) override;
  std::vector<std::string> std_files() override;

  // Every *.md below a folder, in the order in which guides are shown; none when there is no such folder.
  std::vector<std::string> pages(const std::string& folder);

  // Takes the standard library from a folder in place of the embedded one: for those who work on it.
  bool take_std(const std::string& folder, std::string& why);
  // The text that stands for path, as "<stdin>" does for what was read there.
  void give(std::string path, std::string text);
  void set_remembering(bool on) { remembering_ = on; }   // off: no hashing of what is read
  const std::vector<Question>& questions() const { return questions_; }
  void forget_questions(size_t from) { questions_.resize(from); }
  void ask(Question::Kind kind, const std::string& path) {
    questions_.push_back({kind, path, answer_to(kind, path), ""});
  }

 private:
  bool remembering_ = true;
  std::vector<Question> questions_;
  std::map<std::string, std::string> given_;
  std::map<std::string, std::string, std::less<>> std_;   // "std/list.jan" -> text; empty: the embedded ones
};

}   // namespace janus
