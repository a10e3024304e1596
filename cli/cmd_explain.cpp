// cmd_explain.cpp: `janus explain E2001`: the long form of a diagnostic.
// Depends on commands.h, frontend/diag.h, backend/embed.h (the pages of frontend/explain).
// SPDX-License-Identifier: Apache-2.0
#include "backend/embed.h"
#include "cli/commands.h"
#include "frontend/diag.h"

namespace janus {
namespace {

size_t diag_count() {
  size_t count = 0;
#define DIAG(code, Name, text) ++count;
#include "frontend/diag.def"
#undef DIAG
  return count;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return result;
}

// `E2001`, `e2001`, `TypeMismatch`.
const DiagInfo* find_diag(const std::string& word) {
  for (size_t i = 0; i < diag_count(); ++i) {
    const DiagInfo& info = diag_info(static_cast<Diag>(i));
    if (lower(info.code) == lower(word) || lower(info.name) == lower(word)) return &info;
  }
  return nullptr;
}

// Markdown as a terminal shows it: headings stand out, programs are set in, marks of fences go.
std::string shown_page(std::string_view page, bool color) {
  std::string result;
  bool in_program = false;
  while (!page.empty()) {
    size_t end = std::min(page.find('\n'), page.size());
    std::string line(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
    if (line.starts_with("<!--")) continue;  // remarks for the test of the pages
    if (line.starts_with("```")) {
      in_program = !in_program;
      continue;
    }
    if (in_program) {
      if (!line.empty()) line = color ? "    \033[36m" + line + "\033[0m" : "    " + line;
    } else if (line.starts_with("#")) {
      line.erase(0, line.find_first_not_of("# "));
      if (color) line = "\033[1m" + line + "\033[0m";
    }
    result += line + "\n";
  }
  return result;
}

int list(Context& context) {
  Console& console = context.console;
  for (size_t i = 0; i < diag_count(); ++i) {
    const DiagInfo& info = diag_info(static_cast<Diag>(i));
    if (console.is_json()) {
      JsonText object = console.json_object("diagnostic-kind");
      object.field("code", info.code).field("name", info.name).field("text", info.text);
      console.json(object);
    } else {
      console.out(std::string(info.code) + "  " + info.name +
                  std::string(std::max<size_t>(2, 26 - std::min<size_t>(24, std::string(info.name).size())), ' ') +
                  info.text + "\n");
    }
  }
  return kDone;
}

}  // namespace

int run_explain(Context& context) {
  Console& console = context.console;
  const std::vector<std::string>& words = context.args.words;
  if (words.empty()) return list(context);
  for (const std::string& word : words) {
    const DiagInfo* info = find_diag(word);
    if (!info) {
      std::vector<std::string_view> names;
      for (size_t i = 0; i < diag_count(); ++i) {
        names.push_back(diag_info(static_cast<Diag>(i)).code);
        names.push_back(diag_info(static_cast<Diag>(i)).name);
      }
      std::string_view near = nearest_name(word, names);
      return console.fail(
          kUsage, "there is no diagnostic `" + word + "`",
          near.empty() ? "`janus explain` lists them all" : "did you mean `" + std::string(near) + "`?");
    }
    std::string_view page = embedded_file(std::string("explain/") + info->code + ".md");
    std::string text(page);
    if (!page.data()) text = std::string("# ") + info->code + " " + info->name + "\n\n" + info->text + "\n";
    if (console.is_json()) {
      JsonText object = console.json_object("explanation");
      object.field("code", info->code).field("name", info->name).field("text", info->text).field("page", text);
      console.json(object);
    } else {
      console.out(shown_page(text, console.color_out()));
    }
  }
  return kDone;
}

}  // namespace janus
