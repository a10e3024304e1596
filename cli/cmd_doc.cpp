// cmd_doc.cpp: `janus doc`: documentation of a package, a folder or a file, as HTML, JSON, Markdown or a UTCP manual.
// Depends on session.h, docs.h (gathering), docgen/writer.h, backend/embed.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>

#include "backend/embed.h"
#include "cli/commands.h"
#include "cli/doc_name.h"
#include "cli/docs.h"
#include "cli/fix.h"
#include "cli/interrupt.h"
#include "cli/process.h"
#include "cli/serve.h"
#include "cli/session.h"
#include "docgen/writer.h"

namespace janus {
namespace {

std::string_view site_file(std::string_view name) { return embedded_file("site/" + std::string(name)); }

// Only what changed is written, so that time stamps stay and a page on a slow disk is not touched for nothing.
bool same_on_disk(const std::string& path, std::string_view bytes) {
  std::string old, why;
  return is_file(path) && read_file(path, old, why) && old == bytes;
}

int write_all(Context& context, const std::string& folder, const std::vector<docgen::OutFile>& files, size_t& written) {
  std::string why;
  if (!make_folders(folder, why)) return context.console.fail(kEnvironment, why);
  for (const docgen::OutFile& file : files) {
    std::string path = join_path(folder, file.path);
    if (same_on_disk(path, file.bytes)) continue;
    if (!write_file(path, file.bytes, why)) return context.console.fail(kEnvironment, why);
    ++written;
  }
  return kDone;
}

int write_one(Context& context, const std::string& folder, const std::string& name, const std::string& text) {
  if (folder.empty()) {
    context.console.out(text);
    return kDone;
  }
  size_t written = 0;
  return write_all(context, folder, {{name, text, false, {}}}, written);
}

std::string browser_opener() {
  for (const char* opener : {"xdg-open", "open", "wslview"})
    if (std::system((std::string("command -v ") + opener + " >/dev/null 2>&1").c_str()) == 0) return opener;
  return "";
}

int open_in_browser(Context& context, const std::string& path) {
  if (std::string opener = browser_opener(); !opener.empty()) {
    std::string command, quoted;
    for (char c : absolute_path(path)) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    command = opener + " '" + quoted + "' >/dev/null 2>&1 &";
    return std::system(command.c_str()) == 0 ? kDone : kEnvironment;
  }
  return context.console.fail(kEnvironment, "there is no program here that opens a browser",
                              "open " + path + " yourself");
}

// `--lint`: diagnostics and nothing else, like `check`; with --fix the edits that are certain first.
int lint(Context& context, const std::string& word) {
  Documents documents;
  if (int code = load_documents(context, word, documents, kLint)) return code;
  size_t changed = 0;
  if (context.args.has(Opt::Fix)) {
    if (int code = apply_fixes(context, documents.compilation->sources, documents.compilation->diags, changed))
      return code;
    if (changed) {
      documents = Documents();
      if (int code = load_documents(context, word, documents, kLint)) return code;
    }
  }
  const Diagnostics& diags = documents.compilation->diags;
  report(context, documents.compilation->sources, diags);
  Console& console = context.console;
  size_t problems = diags.all().size();
  if (console.is_json()) {
    JsonText object = console.json_object("summary");
    object.field("problems", problems).field("fixed", changed).field("items", documents.model.items.size());
    console.json(object);
  } else if (problems == 0) {
    console.say("no problems in the documentation of " + std::to_string(documents.model.items.size()) + " items");
  }
  if (context.args.has(Opt::TimeReport)) context.timing.show(console);
  return problems == 0 ? kDone : kFailed;
}

// One state of the sources for `--serve`: the model, and the site that makes pages of it.
struct LazyPages final : Pages {
  Documents documents;
  std::optional<docgen::HtmlSite> site;
  ~LazyPages() override {
    site.reset();
    delete documents.compilation;   // the model's texts were its
  }
  bool make(const std::string& path, std::string& bytes) override { return site->make(path, bytes); }
};

int serve_pages(Context& context, const std::string& word) {
  const Args& args = context.args;
  std::string port = args.value(Opt::Port, "4711");
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65535)
    return context.console.fail(kUsage, "`" + port + "` is no port",
                                "a port is a number up to 65535; 0 takes any free one");
  if (args.value(Opt::Format, "html") != "html")
    return context.console.fail(kUsage,
                                "`--serve` shows pages, and `--format " + args.value(Opt::Format) + "` makes none");
  bool first = true;
  auto look = [&] {
    auto pages = std::make_unique<LazyPages>();
    int code = load_documents(context, word, pages->documents, kPages);
    Served served{nullptr, pages->documents.read};
    if (code == kDone) {
      report(context, pages->documents.compilation->sources, pages->documents.compilation->diags);
      docgen::HtmlOptions options;
      options.assets = site_file;
      options.reload = true;
      pages->site.emplace(pages->documents.model, options);
      served.pages = std::move(pages);
      if (!first) context.console.say("the sources changed: pages are made anew");
    }
    first = false;
    return served;
  };
  return serve(context, std::stoi(port), args.has(Opt::Open) ? browser_opener() : "", look);
}

}  // namespace

int run_doc(Context& context) {
  if (!check_common_options(context)) return kUsage;
  Console& console = context.console;
  const Args& args = context.args;
  std::string word, format = args.value(Opt::Format, "html");
  if (!single_word(context, word)) return kUsage;
  if (is_doc_name(word)) return show_doc_of(context, word);
  if (format != "html" && format != "json" && format != "md" && format != "utcp")
    return console.fail(kUsage, "there is no format `" + format + "`", "the formats are html, json, md and utcp");
  guard_interrupts();
  context.disk.set_remembering(false);
  if (args.has(Opt::Lint)) return lint(context, word);
  if (args.has(Opt::Serve)) return serve_pages(context, word);
  if (args.has(Opt::Fix)) return console.fail(kUsage, "`--fix` goes with `--lint`", "janus doc --lint --fix");
  if (console.is_json() && (format == "json" || format == "utcp") && !args.has(Opt::Out))
    return console.fail(kUsage, "`--json` and `--format " + format + "` both want stdout", "name a folder with --out");
  Documents& documents = *new Documents;   // like its compilation it lives until the process ends
  documents.folder = args.value(Opt::Out);
  documents.update = format == "html";
  if (int code = load_documents(context, word, documents, format == "html" ? kPages : kData)) return code;
  report(context, documents.compilation->sources, documents.compilation->diags);
  const docgen::Model& model = documents.model;
  std::string folder = args.value(Opt::Out);
  size_t written = 0;

  context.timing.begin("write");
  int code = kDone;
  std::string shown;
  if (format == "html") {
    if (folder.empty()) folder = default_out(documents.target, "doc");
    bool whole = documents.compilation->diags.has_errors();   // then nothing can be relied on the next time
    docgen::HtmlOptions options;
    options.assets = site_file;
    if (!whole) options.wanted = [&](std::string_view page) { return documents.book.wanted(page); };
    std::vector<docgen::OutFile> files = docgen::HtmlSite(model, options).make_all();
    std::string why;
    if (whole) code = write_all(context, folder, files, written);
    else if (!documents.book.store(documents.old_book, folder, files, written, why))
      code = console.fail(kEnvironment, why);
    shown = join_path(folder, "index.html");
    if (code == kDone)
      console.verbose(1, std::to_string(written) + " of " + std::to_string(files.size()) + " files changed");
  }
  if (format == "md") {
    if (folder.empty()) folder = default_out(documents.target, "doc-md");
    std::vector<docgen::OutFile> files = docgen::write_markdown(model);
    code = write_all(context, folder, files, written);
    shown = join_path(folder, "index.md");
  }
  if (format == "json") code = write_one(context, folder, model.name + ".json", docgen::write_json(model));
  if (format == "utcp")
    code = write_one(context, folder, "utcp.json", docgen::write_utcp(model, documents.target.load.source_root));
  context.timing.begin(nullptr);
  if (code) return code;
  if (!shown.empty() && !console.is_json()) console.say("wrote " + shown);
  if (console.is_json()) {
    JsonText object = console.json_object("summary");
    object.field("items", model.items.size())
        .field("guides", model.guides.size())
        .field("written", written)
        .field("out", folder);
    console.json(object);
  }
  if (args.has(Opt::TimeReport)) context.timing.show(console);
  if (args.has(Opt::Open) && !shown.empty()) code = open_in_browser(context, shown);
  // The documentation of what could be understood is there; that not all could is still a failure.
  return code == kDone && documents.compilation->diags.has_errors() ? kFailed : code;
}

}  // namespace janus
