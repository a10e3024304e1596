// html.cpp: the model as a static site: which pages there are, and who makes them.
// Depends on html_pages.h, frontend/content_hash.h.
// SPDX-License-Identifier: Apache-2.0
//
// Every page is a function of the model alone: the same model gives the same bytes. Pages are made by several threads,
// each with its own templates and its own painter; only the table of results is shared, and each thread writes its own
// rows of it.
#include <algorithm>
#include <atomic>
#include <thread>

#include "docgen/html_pages.h"
#include "frontend/content_hash.h"

namespace janus::docgen {

std::vector<OutFile> write_html(const Model& model, const HtmlOptions& options) {
  Addresses at(model);
  Context context{model, at, options, {}, {}, ""};
  context.types.resize(model.items.size());
  for (ItemId i = 0; i < model.items.size(); ++i) {
    const Item& item = model.items[i];
    if (item.kind == ItemKind::Builtin) context.builtins.push_back(i);
    else if (has_page(item) && item.kind != ItemKind::Module) context.types[item.parent].push_back(i);
  }
  auto by_name = [&](ItemId a, ItemId b) { return model.items[a].name < model.items[b].name; };
  for (auto& list : context.types) std::sort(list.begin(), list.end(), by_name);
  std::sort(context.builtins.begin(), context.builtins.end(), by_name);
  std::string_view style = options.assets("assets/janus.css"), script = options.assets("assets/janus.js");
  context.style_hash = content_hash(std::string(style) + std::string(script)).substr(0, 8);

  // The list of pages first; then each is made on its own.
  struct Job {
    enum Kind { Module, Type, Guide, Source, Home, All, Search, SearchHead } kind;
    uint32_t id;
    std::string path;
  };
  std::vector<Job> jobs;
  std::vector<SearchPart> parts = search_parts(model);
  for (uint32_t n = 0; n < parts.size(); ++n) jobs.push_back({Job::Search, n, parts[n].path});
  jobs.push_back({Job::SearchHead, 0, "search-index.js"});
  jobs.push_back({Job::All, 0, "all.html"});
  jobs.push_back({Job::Home, 0, "index.html"});
  for (ItemId i = 0; i < model.items.size(); ++i) {
    if (!has_page(model.items[i])) continue;
    jobs.push_back({model.items[i].kind == ItemKind::Module ? Job::Module : Job::Type, i, at.page[i]});
  }
  for (GuideId g = 0; g < model.guides.size(); ++g)
    if (!model.guides[g].is_home) jobs.push_back({Job::Guide, g, at.guide[g]});
  for (uint32_t f = 0; f < model.files.size(); ++f) jobs.push_back({Job::Source, f, at.source[f]});

  auto files_of = [&](const Job& job) {
    std::vector<uint32_t> files;
    auto add = [&](uint32_t file) {
      if (file != kNone) files.push_back(file);
    };
    auto add_item = [&](ItemId id) {
      const Item& i = model.items[id];
      add(i.file);
      // A method without a comment has that of its trait.
      if (i.trait_item != kNone) add(model.items[i.trait_item].file);
    };
    switch (job.kind) {
      case Job::Module:
      case Job::Type: {
        const Item& i = model.items[job.id];
        add_item(job.id);
        for (ItemId child : i.children) add_item(child);
        for (const auto* list : {&i.implements, &i.implementors})
          for (const Implementor& one : *list) add(one.file);
        break;
      }
      case Job::Source: add(job.id); break;
      case Job::Home:
        for (uint32_t f = 0; f < model.files.size(); ++f) add(f);
        break;
      case Job::Search:
        for (ItemId id : parts[job.id].items) add_item(id);
        break;
      case Job::Guide:
      case Job::All:
      case Job::SearchHead: break;
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
  };

  std::vector<OutFile> out(jobs.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    PageMaker maker(context);
    for (size_t i = next++; i < jobs.size(); i = next++) {
      const Job& job = jobs[i];
      out[i].path = job.path;
      if (options.wanted && !options.wanted(job.path)) {
        out[i].same = true;
        continue;
      }
      out[i].files = files_of(job);
      switch (job.kind) {
        case Job::Module: out[i].bytes = maker.module_page(job.id); break;
        case Job::Type: out[i].bytes = maker.type_page(job.id); break;
        case Job::Guide: out[i].bytes = maker.guide_page(job.id); break;
        case Job::Source: out[i].bytes = maker.source_page(job.id); break;
        case Job::Home: out[i].bytes = maker.home_page(); break;
        case Job::All: out[i].bytes = maker.all_page(); break;
        case Job::Search: out[i].bytes = write_search_part(model, at, parts[job.id], job.id + 1); break;
        case Job::SearchHead: out[i].bytes = write_search_head(model, parts.size()); break;
      }
    }
  };
  std::vector<std::thread> threads;
  auto wanted = [&](const Job& job) { return !options.wanted || options.wanted(job.path); };
  bool many = std::count_if(jobs.begin(), jobs.end(), wanted) > 8;   // for few pages a thread costs more than it does
  for (unsigned i = 1; i < options.threads && many; ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  out.push_back({"janus.css", std::string(style), false, {}});
  out.push_back({"janus.js", std::string(script), false, {}});
  return out;
}

}   // namespace janus::docgen
