// guides.cpp: finds and reads the pages of a package.
// Depends on guides.h.
// SPDX-License-Identifier: Apache-2.0
#include "cli/guides.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "frontend/doc_text.h"

namespace janus {
namespace {

std::string in_package(const Target& target, const std::string& name) {
  return join_path(target.package == "." ? "" : target.package, name);
}

// Where the file is that `page` names; "" outside of the package.
std::string path_beside(const Target& target, std::string_view page, std::string_view file) {
  std::string_view root = target.package == "." ? std::string_view() : std::string_view(target.package);
  std::string_view below = page;
  if (!root.empty() && below.starts_with(root)) below.remove_prefix(std::min(below.size(), root.size() + 1));
  std::vector<std::string_view> parts;
  size_t slash = below.rfind('/');
  std::string whole = slash == std::string_view::npos ? "" : std::string(below.substr(0, slash + 1));
  whole += file;
  for (std::string_view rest = whole; !rest.empty();) {
    std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part == "..") {
      if (parts.empty()) return "";
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string path;
  for (std::string_view part : parts) path += (path.empty() ? "" : "/") + std::string(part);
  return in_package(target, path);
}

constexpr uintmax_t kMaxPicture = 16 << 20;   // bytes; a larger one stays a link

struct PictureLoader {
  Disk& disk;
  const Target& target;
  docgen::Pictures& out;
  std::map<std::string, docgen::PictureId> known = {};   // by path; kNone: it cannot be shown

  void shown_by(const std::string& page, const std::vector<DocLink>& links) {
    for (const DocLink& link : links) {
      if (!link.inline_link || !is_picture(link.target)) continue;
      docgen::PictureId picture = load(path_beside(target, page, link.target));
      if (picture != docgen::kNone) out.uses.push_back({page, link.target, picture});
    }
  }
  docgen::PictureId load(const std::string& path) {
    auto [at, fresh] = known.try_emplace(path, docgen::kNone);
    std::error_code none;
    std::string bytes, why;
    if (!fresh || path.empty() || std::filesystem::file_size(path, none) > kMaxPicture || none) return at->second;
    if (!disk.read(path, bytes, why)) return docgen::kNone;
    at->second = static_cast<docgen::PictureId>(out.files.size());
    out.files.push_back({path, std::move(bytes)});
    return at->second;
  }
};

}  // namespace

bool has_file_beside(Disk& disk, const Target& target, std::string_view page, std::string_view file) {
  std::string path = path_beside(target, page, file);
  return !path.empty() && disk.exists(path);
}

docgen::Pictures load_pictures(Disk& disk, const Target& target, const Program& program,
                               const std::vector<docgen::GuideText>& guides) {
  docgen::Pictures out;
  if (!target.is_package) return out;
  PictureLoader loader{disk, target, out};
  for (const docgen::GuideText& guide : guides)
    loader.shown_by(guide.path, parse_guide(whole_page(guide.text, 0)).links);
  for (const auto& module : program.modules) {
    if (module->is_std || module->doctest != 0xffffffffu) continue;
    const SourceFile& file = program.sources.file(module->file);
    for (const Tokens::Doc& doc : module->tree.tokens.docs)
      if (std::string_view(file.text).substr(doc.begin, doc.end - doc.begin).find("](") != std::string_view::npos)
        loader.shown_by(file.path, parse_doc(strip_doc_comment(file.text, doc.begin, doc.end, 0)).links);
  }
  return out;
}

std::string guide_folder(const Target& target) { return in_package(target, "docs"); }

std::vector<std::string> guide_paths(Disk& disk, const Target& target) {
  if (!target.is_package) return {};
  std::vector<std::string> paths = disk.pages(guide_folder(target));
  bool home = std::any_of(paths.begin(), paths.end(), [](const auto& path) { return base_name(path) == "index.md"; });
  if (std::string readme = in_package(target, "README.md"); !home && disk.exists(readme))
    paths.insert(paths.begin(), readme);
  return paths;
}

bool load_guides(Disk& disk, const std::vector<std::string>& paths, Compilation& compilation,
                 std::vector<docgen::GuideText>& out, std::string& why) {
  for (const std::string& path : paths) {
    std::string text;
    if (!disk.read(path, text, why)) return false;
    const SourceFile& file = compilation.sources.file(compilation.sources.add(path, std::move(text)));
    out.push_back({path, std::string(file.text), file.base});
  }
  return true;
}

}  // namespace janus
