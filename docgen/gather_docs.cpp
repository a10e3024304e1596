// gather_docs.cpp: what was written: doc comments with their links, and guides.
// Depends on gatherer.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/gatherer.h"

namespace janus::docgen {

ItemId Gatherer::item_of(const DocTarget& t) {
  switch (t.kind) {
    case DocTarget::Decl: return item_of_decl_[+t.decl];
    case DocTarget::Field:
    case DocTarget::Variant: {
      ItemId parent = item_of_decl_[+t.decl];
      if (parent == kNone) return kNone;
      const Decl& d = p_.decls[+t.decl];
      NameId name = t.kind == DocTarget::Field ? p_.structs[d.index].fields[t.member].name
                    : d.kind == DeclKind::Enum ? p_.enums[d.index].variants[t.member].name
                                               : p_.tags[+p_.errors[d.index].tags[t.member]].name;
      std::string_view wanted = p_.names.text(name);
      for (ItemId child : item(parent).children)
        if (item(child).name == wanted && item(child).kind != ItemKind::Method) return child;
      return parent;
    }
    case DocTarget::Builtin: {
      auto it = builtins_.find(text(t.name));
      return it == builtins_.end() ? kNone : it->second;
    }
    default: return kNone;
  }
}

Doc Gatherer::doc_of(const DocComment& c) {
  Doc doc;
  doc.summary = c.parsed.summary;
  doc.body = c.parsed.body;
  doc.line = p_.sources.line_col(c.span.lo).line;
  doc.file = file_of_module_[+c.module];
  for (size_t i = 0; i < c.parsed.tags.size(); ++i) {
    const DocTag& t = c.parsed.tags[i];
    Tag row;
    row.kind = t.kind == DocTagKind::Unknown ? t.word : doc_tag_word(t.kind);
    row.name = t.name;
    row.text = t.text;
    row.item = item_of(c.tags[i]);
    row.line = p_.sources.line_col(t.span.lo).line;
    doc.tags.push_back(std::move(row));
  }
  const std::string& file = p_.sources.file(p_.modules[+c.module]->file).path;
  for (size_t i = 0; i < c.parsed.links.size(); ++i) {
    // A page full of links to itself helps nobody: of code spans only those that lead away.
    if (c.parsed.links[i].soft && (c.links[i].kind != DocTarget::Decl || c.links[i] == c.owner)) continue;
    add_link(doc.links, c.parsed.links[i], c.links[i], file);
  }
  sort_links(doc.links);
  return doc;
}

void Gatherer::add_link(std::vector<DocLink>& out, const janus::DocLink& link, const DocTarget& target,
                        const std::string& file) {
  DocLink row;
  row.target = link.target;
  row.item = item_of(target);
  row.is_param = target.kind == DocTarget::Param;
  if (target.kind == DocTarget::Nothing && link.inline_link) {
    row.guide = guide_of(link.target);
    row.picture = picture_of(file, link.target);
  }
  if (row.item != kNone || row.guide != kNone || row.picture != kNone || row.is_param) out.push_back(std::move(row));
}

void Gatherer::sort_links(std::vector<DocLink>& links) {
  std::sort(links.begin(), links.end(), [](const DocLink& a, const DocLink& b) { return a.target < b.target; });
  links.erase(
      std::unique(links.begin(), links.end(), [](const DocLink& a, const DocLink& b) { return a.target == b.target; }),
      links.end());
}

PictureId Gatherer::picture_of(const std::string& file, const std::string& target) const {
  auto it = picture_of_.find({file, target});
  return it == picture_of_.end() ? kNone : it->second;
}

// "other.md", "../docs/other.md#part": by the file's name.
GuideId Gatherer::guide_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  if (!url.ends_with(".md")) return kNone;
  if (size_t slash = url.rfind('/'); slash != std::string_view::npos) url.remove_prefix(slash + 1);
  auto it = guide_names_.find(url);
  return it == guide_names_.end() ? kNone : it->second;
}

void Gatherer::add_guides() {
  for (const GuideText& g : guide_texts_) {
    size_t slash = g.path.rfind('/');
    guide_names_.try_emplace(slash == std::string::npos ? g.path : g.path.substr(slash + 1),
                             static_cast<GuideId>(guide_names_.size()));
  }
  for (const GuideText& g : guide_texts_) {
    ParsedDoc parsed = parse_guide(whole_page(g.text, g.base));
    Guide& guide = model_.guides.emplace_back();
    guide.path = below_root(g.path);
    size_t slash = g.path.rfind('/');
    guide.name = slash == std::string::npos ? g.path : g.path.substr(slash + 1);
    if (guide.name.ends_with(".md")) guide.name.resize(guide.name.size() - 3);
    size_t folder = slash == std::string::npos ? std::string::npos : g.path.rfind('/', slash - 1);
    guide.group = slash == std::string::npos ? ""
                                             : g.path.substr(folder == std::string::npos ? 0 : folder + 1,
                                                             slash - (folder == std::string::npos ? 0 : folder + 1));
    if (!parsed.headings.empty() && parsed.headings[0].level == 1) guide.title = parsed.headings[0].text;
    else guide.title = guide.name;
    guide.summary = parsed.summary.empty() ? first_paragraph(parsed.body) : parsed.summary;
    guide.is_home = guide.name == "index" || guide.name == "README" || guide.name == "readme";
    guide.name = without_number(guide.name);
    guide.group = without_number(guide.group);
    guide.markdown = (parsed.summary.empty() ? "" : parsed.summary + "\n\n") + parsed.body;
    ModuleId any = modules_.empty() ? ModuleId::None : modules_[0];
    for (const janus::DocLink& link : parsed.links) {
      bool other = link.soft || (link.inline_link && !is_name_path(link.target));
      add_link(guide.links, link,
               other || is_none(any) ? DocTarget{} : resolver_.resolve(link.target, any, DocTarget{}), g.path);
    }
    sort_links(guide.links);
  }
}

// What stands on a page's card when the page begins with code, a table or a list: its first plain paragraph.
std::string Gatherer::first_paragraph(std::string_view body) {
  std::string out;
  bool fence = false, block = false;
  while (!body.empty()) {
    size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    bool marks = line.starts_with("```") || line.starts_with("~~~");
    if (marks) fence = !fence;
    if (line.empty() || marks || fence) {
      if (!out.empty()) return out;
      block = false;
      continue;
    }
    if (out.empty() && !block) block = std::string_view("|>-*+# 0123456789").find(line[0]) != std::string_view::npos;
    if (!block) out += (out.empty() ? "" : " ") + std::string(line);
  }
  return out;
}

// "03-names": the number orders, and is not shown.
std::string Gatherer::without_number(const std::string& name) {
  size_t digits = name.find_first_not_of("0123456789");
  return digits == 0 || digits == std::string::npos || name[digits] != '-' ? name : name.substr(digits + 1);
}

}  // namespace janus::docgen
