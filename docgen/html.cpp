// html.cpp: the model as a static site: which files there are, and who makes them.
// Depends on html_pages.h, frontend/content_hash.h.
// SPDX-License-Identifier: Apache-2.0
//
// Every page is a function of the model alone: the same model gives the same bytes. Pages are made by several threads,
// each with its own templates and its own painter; only the table of results is shared, and each thread writes its own
// rows of it. `janus doc --serve` makes each when somebody asks for it.
#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>

#include "docgen/html_pages.h"
#include "frontend/content_hash.h"

namespace janus::docgen {

struct HtmlSite::Plan {
  struct Job {
    enum Kind { Module, Type, Guide, Source, Home, All, Names, Search, SearchHead, Picture, Asset } kind;
    uint32_t id;
    std::string path;
  };
  HtmlOptions options;
  Addresses at;
  Context context;
  std::vector<SearchPart> parts;
  std::vector<Job> jobs;
  std::unordered_map<std::string, size_t> job_of_path = {};   // filled when first asked
  std::unique_ptr<PageMaker> maker = {};                      // of pages that are asked for, likewise

  Plan(const Model& model, HtmlOptions given)
      : options(std::move(given)), at(model), context(model, at, options), parts(search_parts(model)) {
    for (uint32_t n = 0; n < parts.size(); ++n) jobs.push_back({Job::Search, n, parts[n].path});
    jobs.push_back({Job::SearchHead, 0, "search-index.js"});
    jobs.push_back({Job::All, 0, "all.html"});
    for (uint32_t n = 0; n < at.names.size(); ++n) jobs.push_back({Job::Names, n, at.names[n]});
    jobs.push_back({Job::Home, 0, "index.html"});
    for (ItemId i = 0; i < model.items.size(); ++i) {
      if (!has_page(model.items[i])) continue;
      jobs.push_back({model.items[i].kind == ItemKind::Module ? Job::Module : Job::Type, i, at.page[i]});
    }
    for (GuideId g = 0; g < model.guides.size(); ++g)
      if (!model.guides[g].is_home) jobs.push_back({Job::Guide, g, at.guide[g]});
    for (uint32_t f = 0; f < model.files.size(); ++f) jobs.push_back({Job::Source, f, at.source[f]});
    for (PictureId p = 0; p < model.pictures.size(); ++p) jobs.push_back({Job::Picture, p, at.picture[p]});
    for (uint32_t n = 0; n < std::size(kAssets); ++n) jobs.push_back({Job::Asset, n, kAssets[n]});
  }

  bool wanted(const Job& job) const { return !options.wanted || options.wanted(job.path); }

  std::string make(PageMaker& maker, const Job& job) const {
    const Model& model = context.model;
    switch (job.kind) {
      case Job::Module: return maker.module_page(job.id);
      case Job::Type: return maker.type_page(job.id);
      case Job::Guide: return maker.guide_page(job.id);
      case Job::Source: return maker.source_page(job.id);
      case Job::Home: return maker.home_page();
      case Job::All: return maker.all_page();
      case Job::Names: return maker.names_page(job.id);
      case Job::Search: return write_search_part(model, at, parts[job.id], job.id + 1);
      case Job::SearchHead: return write_search_head(model, parts.size());
      case Job::Picture: return model.pictures[job.id].bytes;
      case Job::Asset: return std::string(options.assets("assets/" + job.path));
    }
    return "";
  }

  // OutFile::files of a job, ordered.
  std::vector<uint32_t> files_of(const Job& job) const {
    const Model& model = context.model;
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
        for (ItemId other : i.exports) add_item(other);
        for (const auto* list : {&i.implements, &i.implementors, &i.own_impls})
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
      default: break;
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
  }
};

HtmlSite::HtmlSite(const Model& model, HtmlOptions options)
    : plan_(std::make_unique<Plan>(model, std::move(options))) {}
HtmlSite::~HtmlSite() = default;

std::vector<OutFile> HtmlSite::make_all() {
  const Plan& plan = *plan_;
  std::vector<OutFile> out(plan.jobs.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    PageMaker maker(plan.context);
    for (size_t i = next++; i < plan.jobs.size(); i = next++) {
      const Plan::Job& job = plan.jobs[i];
      out[i].path = job.path;
      out[i].same = !plan.wanted(job);
      if (out[i].same) continue;
      out[i].files = plan.files_of(job);
      out[i].bytes = plan.make(maker, job);
    }
  };
  std::vector<std::thread> threads;
  // For few pages a thread costs more than it does.
  auto wanted = [&](const Plan::Job& job) { return plan.wanted(job); };
  bool many = std::count_if(plan.jobs.begin(), plan.jobs.end(), wanted) > 8;
  for (unsigned i = 1; i < plan.options.threads && many; ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  return out;
}

bool HtmlSite::make(const std::string& path, std::string& bytes) {
  Plan& plan = *plan_;
  if (!plan.maker) {
    plan.maker = std::make_unique<PageMaker>(plan.context);
    for (size_t i = 0; i < plan.jobs.size(); ++i) plan.job_of_path.emplace(plan.jobs[i].path, i);
  }
  auto found = plan.job_of_path.find(path);
  if (found == plan.job_of_path.end()) return false;
  bytes = plan.make(*plan.maker, plan.jobs[found->second]);
  return true;
}

}  // namespace janus::docgen
