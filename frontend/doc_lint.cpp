// doc_lint.cpp: compares doc comments with what the compiler knows of the same declarations.
// Depends on doc_lint.h, resolve.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/doc_lint.h"

#include <algorithm>
#include <utility>

#include "frontend/effects.h"
#include "frontend/resolve.h"

namespace janus {

static bool is_digits(std::string_view text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos &&
         (text.size() == 1 || text[0] != '0');
}

bool is_semver(std::string_view text) {
  size_t plus = text.find('+');
  std::string_view core = text.substr(0, plus);
  auto identifiers = [](std::string_view list) {
    if (list.empty() || list.front() == '.' || list.back() == '.' || list.find("..") != std::string_view::npos)
      return false;
    return list.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.") ==
           std::string_view::npos;
  };
  if (plus != std::string_view::npos && !identifiers(text.substr(plus + 1))) return false;
  size_t dash = core.find('-');
  if (dash != std::string_view::npos && !identifiers(core.substr(dash + 1))) return false;
  core = core.substr(0, dash);
  for (int part = 0; part < 3; ++part) {
    size_t dot = core.find('.');
    if (!is_digits(core.substr(0, dot))) return false;
    if ((dot == std::string_view::npos) != (part == 2)) return false;
    if (dot != std::string_view::npos) core.remove_prefix(dot + 1);
  }
  return true;
}

std::string make_semver(std::string_view text) {
  if (text.starts_with("v") || text.starts_with("V")) text.remove_prefix(1);
  std::string out(text);
  for (int more = 0; more < 3; ++more) {
    if (is_semver(out)) return out;
    out += ".0";
  }
  return "";
}

// A second heading of the same words has a number, as on the page. What is written around words (`code`, *stress*)
// counts neither here nor there.
std::vector<std::string> guide_anchors(std::string_view text) {
  std::vector<std::string> out;
  std::map<std::string, int> seen;
  bool title = true;
  for (const DocHeading& heading : parse_guide(whole_page(text, 0)).headings) {
    if (std::exchange(title, false) && heading.level == 1) continue;   // it stands above the text, without an anchor
    std::string words;
    for (char c : heading.text)
      if (c != '`' && c != '*') words += c;
    std::string anchor = slug(words);
    int n = ++seen[anchor];
    out.push_back(n == 1 ? anchor : anchor + "-" + std::to_string(n));
  }
  return out;
}

namespace {

class Linter {
 public:
  Linter(Program& p, const Docs* docs, const DocLintOptions& options) : p_(p), docs_(docs), options_(options) {}

  void comment(const DocComment& c) {
    if (c.owner.kind == DocTarget::Nothing) {
      p_.diags.report<Diag::DocOfNothing>(first_line(c.span))
          .note(
              "`///` documents the declaration or `impl` that follows it at once, and `//!` at the top documents the file")
          .help("write `//` for an ordinary comment");
    }
    text(c.text, c.parsed, false);
    links(c.parsed, c.links);
    tags(c);
  }

  // What is wrong in any Markdown, whatever it documents.
  void text(const DocText& doc, const ParsedDoc& parsed, bool guide) {
    if (doc.cut)
      p_.diags.report<Diag::DocTooLong>(
          doc.starts.empty() ? Span{} : doc.span(doc.starts.back(), static_cast<uint32_t>(doc.text.size()) - 1));
    for (const DocFlaw& flaw : parsed.flaws) {
      switch (flaw.kind) {
        case DocFlaw::UnclosedFence: {
          Diagnostic& d = p_.diags.report<Diag::UnclosedCodeBlock>(flaw.span);
          if (doc.starts.empty() || doc.cut) break;
          auto end = static_cast<uint32_t>(doc.text.size());
          while (end > 0 && doc.text[end - 1] == '\n') --end;
          uint32_t place = doc.position(end), line = doc.line_of(end);
          Span whole{doc.sources[line], doc.sources[line]};
          std::string_view before = line_before(whole.lo);
          std::string_view run = p_.sources.text(flaw.span);
          std::string marks(run.substr(0, run.find_first_not_of(run.empty() ? '`' : run[0])));
          d.fix({place, place}, "\n" + (guide ? std::string() : std::string(before)) + marks,
                "close it with `" + marks + "`");
          break;
        }
        case DocFlaw::RawHtml:
          p_.diags.report<Diag::HtmlInDoc>(flaw.span)
              .note("pages made of documentation hold no HTML of their authors, so that nothing in them can run")
              .fix({flaw.span.lo, flaw.span.lo}, "`", "show it as code", Applicability::MaybeIncorrect)
              .fix({flaw.span.hi, flaw.span.hi}, "`", "");
          break;
        case DocFlaw::UnsafeLink:
          p_.diags.report<Diag::UnsafeDocLink>(flaw.span).note(
              "documentation may link to `https:`, `http:` and `mailto:` addresses, to pages of its own and to declarations");
          break;
      }
    }
    for (size_t i = 1; i < parsed.headings.size(); ++i) {
      int before = parsed.headings[i - 1].level, level = parsed.headings[i].level;
      if (level <= before + 1) continue;
      Span span = parsed.headings[i].span;
      p_.diags.report<Diag::HeadingOrder>(span, level, before)
          .note(
              "readers who listen to a page find their way by its headings; a missing level looks like a missing part")
          .fix({span.lo, span.lo + static_cast<uint32_t>(level)}, std::string(static_cast<size_t>(before) + 1, '#'),
               "make it a heading of level " + std::to_string(before + 1));
    }
  }

  static bool has_anchor(const std::vector<std::string>& anchors, std::string_view target) {
    size_t hash = target.find('#');
    return hash == std::string_view::npos || hash + 1 == target.size() ||
           std::find(anchors.begin(), anchors.end(), target.substr(hash + 1)) != anchors.end();
  }

  // A file that lies beside the page, and is no page itself.
  static bool is_beside(std::string_view target) {
    std::string_view file = target.substr(0, target.find('#'));
    return !file.empty() && file[0] != '/' && !has_scheme(file) && !file.ends_with(".md") &&
           file.find_first_of("?%\\") == std::string_view::npos;
  }

  // `own_anchors`: of a guide.
  void links(const ParsedDoc& parsed, const std::vector<DocTarget>& targets,
             const std::vector<std::string>* own_anchors = nullptr) {
    for (size_t i = 0; i < parsed.links.size(); ++i) {
      const DocLink& link = parsed.links[i];
      if (targets[i].kind != DocTarget::Nothing || link.soft) continue;
      // Beside a source lies much that no page leads to; a picture is shown.
      bool is_shown = own_anchors || is_picture(link.target);
      if (is_shown && options_.has_file && link.inline_link && is_beside(link.target)) {
        const SourceFile& page = p_.sources.file(p_.sources.find(link.span.lo));
        if (!options_.has_file(page.path, link.target.substr(0, link.target.find('#'))))
          dead(link.span, link.target, false);
        continue;
      }
      if (link.inline_link && (!is_name_path(link.target) || link.target.ends_with(".md"))) {
        std::string_view page = std::string_view(link.target).substr(0, link.target.find('#'));
        if (page.empty() && own_anchors) {   // [text](#part): of this page
          if (!has_anchor(*own_anchors, link.target)) dead(link.span, link.target, false);
          continue;
        }
        if (!page.ends_with(".md") || has_scheme(page)) continue;
        if (size_t slash = page.rfind('/'); slash != std::string_view::npos) page.remove_prefix(slash + 1);
        auto guide = options_.guides.find(page);
        if (guide != options_.guides.end()) {
          if (!has_anchor(guide->second, link.target)) dead(link.span, link.target, false);
          continue;
        }
        if (!options_.guides.empty() || options_.complete) dead(link.span, page, false);
        continue;
      }
      if (link.inline_link) continue;   // a file beside the pages, perhaps
      dead(link.span, link.target, !link.code);
    }
  }

 private:
  static Span first_line(Span span) { return {span.lo, span.lo + 3}; }

  // From the start of its line to a position: `    /// `.
  std::string_view line_before(uint32_t position) const {
    const SourceFile& file = p_.sources.file(p_.sources.find(position));
    size_t at = position - file.base, from = file.text.rfind('\n', at == 0 ? 0 : at - 1);
    from = from == std::string::npos || from >= at ? 0 : from + 1;
    return std::string_view(file.text).substr(from, at - from);
  }

  void dead(Span span, std::string_view name, bool plain) {
    std::string now = options_.renamed ? options_.renamed(name) : "";
    if (!now.empty()) {
      p_.diags.report<Diag::StaleLink>(span, name, now).fix(span, now, "write its present name");
      return;
    }
    Diagnostic& d = p_.diags.report<Diag::DeadLink>(span, name);
    if (plain) d.help("when no link is meant, write `\\[" + std::string(name) + "]`");
    if (std::string path = path_elsewhere(name); !path.empty()) {
      d.fix(span, path, "it stands in another module: `" + path + "`", Applicability::MaybeIncorrect);
      return;
    }
    std::string_view near = nearest(name);
    if (!near.empty())
      d.fix(span, std::string(near), "did you mean `" + std::string(near) + "`?", Applicability::MaybeIncorrect);
  }
  // Where a bare name is declared, when just one own module has it.
  std::string path_elsewhere(std::string_view name) {
    NameId wanted = p_.names.find(name);
    if (is_none(wanted) || ++asked_ > 200) return "";
    std::string path;
    for (const Decl& d : p_.decls) {
      if (d.name != wanted || !d.is_pub || is_none(d.module) || p_.modules[+d.module]->is_std || !noun_of(d.kind))
        continue;
      if (d.kind == DeclKind::Func && (is_some(p_.funcs[d.index].impl) || is_some(p_.funcs[d.index].trait)))
        continue;   // a method
      if (!path.empty()) return "";
      path = std::string(p_.names.text(p_.modules[+d.module]->path)) + "." + std::string(name);
    }
    return path;
  }
  // Among the names of all own modules; made on the first question.
  std::string_view nearest(std::string_view name) {
    if (names_.empty()) {
      for (const Decl& d : p_.decls)
        if (is_some(d.name) && is_some(d.module) && d.kind != DeclKind::Test && d.kind != DeclKind::TypeParam &&
            !p_.names.text(d.name).empty())
          names_.push_back(p_.names.text(d.name));
      std::sort(names_.begin(), names_.end());
      names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
      if (names_.size() > 5000) names_.resize(5000);
    }
    if (++asked_ > 200) return {};   // a text full of dead links is told so, without a search for each
    return nearest_name(name, names_);
  }

  const FuncInfo* func_of(const DocComment& c) const {
    if (c.owner.kind != DocTarget::Decl) return nullptr;
    const Decl& d = p_.decls[+c.owner.decl];
    return d.kind == DeclKind::Func ? &p_.funcs[d.index] : nullptr;
  }
  std::string name_of(const DocTarget& owner) const {
    if (owner.kind == DocTarget::Impl) return p_.impl_name(ImplId(owner.member));
    return is_some(owner.decl) ? std::string(p_.names.text(p_.decls[+owner.decl].name)) : "this";
  }

  void tags(const DocComment& c) {
    const FuncInfo* f = func_of(c);
    const std::vector<DocTag>& all = c.parsed.tags;
    std::string owner = name_of(c.owner);
    std::vector<std::string_view> seen;
    for (size_t i = 0; i < all.size(); ++i) {
      const DocTag& t = all[i];
      if (t.kind == DocTagKind::Unknown) {
        unknown(t);
        continue;
      }
      if (t.kind == DocTagKind::Param || t.kind == DocTagKind::Returns) {
        std::string_view what = t.kind == DocTagKind::Returns ? std::string_view("@returns") : std::string_view(t.name);
        if (std::find(seen.begin(), seen.end(), what) != seen.end())
          p_.diags.report<Diag::DocTagTwice>(t.name_span, what);
        seen.push_back(what);
      }
      bool needs_text = t.kind == DocTagKind::Param || t.kind == DocTagKind::Returns || t.kind == DocTagKind::Safety ||
                        t.kind == DocTagKind::Complexity || t.kind == DocTagKind::Deprecated;
      bool needs_name = t.kind == DocTagKind::Param || t.kind == DocTagKind::Error ||
                        t.kind == DocTagKind::Capability || t.kind == DocTagKind::See;
      if ((needs_name && t.name.empty()) || (needs_text && t.text.empty())) {
        p_.diags.report<Diag::EmptyDocTag>(t.span, t.word);
        if (t.name.empty()) continue;
      }
      switch (t.kind) {
        case DocTagKind::Param: param(c, f, t, owner); break;
        case DocTagKind::Returns:
          if (!f || f->result == Types::Void || f->result == Types::Never)
            p_.diags.report<Diag::NoResult>(t.span, owner);
          break;
        case DocTagKind::Error: error(f, t, c.tags[i], owner); break;
        case DocTagKind::Capability: capability(f, t, c.tags[i], owner); break;
        case DocTagKind::Since: since(t); break;
        case DocTagKind::See:
          if (c.tags[i].kind == DocTarget::Nothing && !has_scheme(t.name) && !t.name.ends_with(".md") &&
              !t.name.starts_with("http"))
            dead(t.name_span, t.name, false);
          break;
        default: break;
      }
    }
    if (f && options_.complete) missing(c, *f, owner);
  }

  void unknown(const DocTag& t) {
    Diagnostic& d = p_.diags.report<Diag::UnknownDocTag>(t.span, t.word);
    std::vector<std::string_view> words;
    for (int i = 0; i < static_cast<int>(DocTagKind::Unknown); ++i)
      words.push_back(doc_tag_word(static_cast<DocTagKind>(i)));
    std::string_view near = nearest_name(t.word, words);
    if (!near.empty())
      d.fix({t.span.lo + 1, t.span.lo + 1 + static_cast<uint32_t>(t.word.size())}, std::string(near),
            "did you mean `@" + std::string(near) + "`?");
    else d.help("the tags are @param @returns @error @capability @since @deprecated @see @safety @complexity @example");
  }

  void param(const DocComment& c, const FuncInfo* f, const DocTag& t, const std::string& owner) {
    NameId name = p_.names.find(t.name);
    if (f) {
      for (const ParamInfo& p : f->params)
        if (is_some(name) && p.name == name) return;
      for (TypeParamId p : f->type_params)
        if (is_some(name) && p_.type_params[+p].name == name) return;
    }
    Diagnostic& d = p_.diags.report<Diag::NoSuchParam>(t.name_span, owner, t.name);
    if (!f) {
      d.note("only functions have parameters");
      return;
    }
    // The parameters that no tag describes: when there is but one, it is meant.
    std::vector<std::string_view> open;
    for (size_t i = f->self == SelfKind::None ? 0 : 1; i < f->params.size(); ++i) {
      std::string_view text = p_.names.text(f->params[i].name);
      bool described = std::any_of(c.parsed.tags.begin(), c.parsed.tags.end(),
                                   [&](const DocTag& o) { return o.kind == DocTagKind::Param && o.name == text; });
      if (!described) open.push_back(text);
    }
    size_t strays = static_cast<size_t>(std::count_if(c.parsed.tags.begin(), c.parsed.tags.end(), [&](const DocTag& o) {
      return o.kind == DocTagKind::Param && std::none_of(f->params.begin(), f->params.end(), [&](const ParamInfo& p) {
               return p_.names.text(p.name) == o.name;
             });
    }));
    std::string_view near = open.size() == 1 && strays == 1 ? open[0] : nearest_name(t.name, open);
    if (!near.empty())
      d.fix(t.name_span, std::string(near), "the parameter is called `" + std::string(near) + "`",
            open.size() == 1 && strays == 1 ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
  }

  bool fails_with(const FuncInfo& f, const DocTag& t, const DocTarget& target) const {
    if (is_none(f.errors)) return false;
    for (TagId tag : p_.error_sets[+f.errors].tags) {
      const TagInfo& info = p_.tags[+tag];
      if (info.full_name == t.name || info.full_name.ends_with("." + t.name)) return true;
      if (target.kind == DocTarget::Decl && is_some(info.error) && p_.errors[+info.error].decl == target.decl)
        return true;
      if (target.kind == DocTarget::Variant && is_some(info.error) && p_.errors[+info.error].decl == target.decl &&
          p_.errors[+info.error].tags[target.member] == tag)
        return true;
    }
    return false;
  }

  void error(const FuncInfo* f, const DocTag& t, const DocTarget& target, const std::string& owner) {
    // Implicit failures need no type, so the compiler cannot rule them out.
    for (TagId tag : {p_.lang.panic, p_.lang.cancelled, p_.lang.channel_closed, p_.lang.budget_exceeded,
                      p_.lang.timeout, p_.lang.deadlock})
      if (is_some(tag) && p_.tags[+tag].full_name == t.name) return;
    if (f && f->fallible && fails_with(*f, t, target)) return;
    Diagnostic& d = p_.diags.report<Diag::ErrorNeverFails>(t.name_span, owner, t.name);
    if (!f) d.note("only functions fail");
    else if (!f->fallible) d.at(p_.decls[+f->decl].name_span, "its type says that it cannot fail");
    else d.note("it can fail with " + errors_text(*f));
  }
  std::string errors_text(const FuncInfo& f) const {
    std::string out;
    for (TagId tag : p_.error_sets[+f.errors].tags) {
      if (p_.tags[+tag].implicit) continue;
      out += (out.empty() ? "`" : ", `") + p_.tags[+tag].full_name + "`";
    }
    return out.empty() ? "nothing" : out;
  }

  void capability(const FuncInfo* f, const DocTag& t, const DocTarget& target, const std::string& owner) {
    if (f) {
      for (const ParamInfo& p : f->params) {
        const TypeRow& row = p_.types[p.type];
        if (row.kind == TypeKind::Capability &&
            (DeclId(row.a) == target.decl || p_.names.text(p_.decls[row.a].name) == t.name))
          return;
      }
      if (needs_capability(*f, t.name)) return;
    }
    p_.diags.report<Diag::CapabilityNotNeeded>(t.name_span, owner, t.name)
        .note("the compiler finds out which capabilities a function needs; the pages list them without a tag");
  }
  bool needs_capability(const FuncInfo& f, std::string_view name) const {
    uint64_t bit = find_effect(p_, name);
    return (f.effects & bit) != 0;
  }

  void since(const DocTag& t) {
    if (is_semver(t.text)) return;
    Span span = t.span;
    Diagnostic& d = p_.diags.report<Diag::NotAVersion>(span, t.text);
    d.note("a version is three numbers, `1.4.0`, perhaps with `-rc.1` behind them");
    std::string better = make_semver(t.text);
    size_t at = p_.sources.text({span.lo, span.hi + static_cast<uint32_t>(t.text.size()) + 2}).find(t.text);
    if (!better.empty() && at != std::string_view::npos)
      d.fix({span.lo + static_cast<uint32_t>(at), span.lo + static_cast<uint32_t>(at + t.text.size())}, better,
            "write `" + better + "`");
  }

  void missing(const DocComment& c, const FuncInfo& f, const std::string& owner) {
    if (!is_public(c.owner.decl)) return;
    const Decl& d = p_.decls[+c.owner.decl];
    bool any = false, result = false, errors = false;
    for (const DocTag& t : c.parsed.tags) {
      any = true;
      result |= t.kind == DocTagKind::Returns;
      errors |= t.kind == DocTagKind::Error;
    }
    for (size_t i = f.self == SelfKind::None ? 0 : 1; i < f.params.size(); ++i) {
      std::string_view name = p_.names.text(f.params[i].name);
      if (name.starts_with("_") || p_.types.kind(f.params[i].type) == TypeKind::Capability) continue;
      bool described = std::any_of(c.parsed.tags.begin(), c.parsed.tags.end(),
                                   [&](const DocTag& t) { return t.kind == DocTagKind::Param && t.name == name; });
      if (!described)
        p_.diags.report<Diag::ParamNotDescribed>(f.params[i].span.is_none() ? d.name_span : f.params[i].span, name)
            .help("add `@param " + std::string(name) + " …` to the doc comment of `" + owner + "`");
    }
    if (any && !result && f.result != Types::Void && f.result != Types::Never)
      p_.diags.report<Diag::ResultNotDescribed>(d.name_span, owner).help("add `@returns …` to its doc comment");
    // A declared set may hold more than what happens; an inferred one is exact.
    if (errors && is_some(f.errors) && p_.error_sets[+f.errors].inferred)
      for (TagId tag : p_.error_sets[+f.errors].tags) {
        const TagInfo& info = p_.tags[+tag];
        if (info.implicit) continue;
        bool described = false;
        for (size_t i = 0; i < c.parsed.tags.size(); ++i) {
          const DocTag& t = c.parsed.tags[i];
          if (t.kind != DocTagKind::Error) continue;
          described |= info.full_name == t.name || info.full_name.ends_with("." + t.name) ||
                       (c.tags[i].kind == DocTarget::Decl && is_some(info.error) &&
                        p_.errors[+info.error].decl == c.tags[i].decl);
        }
        if (!described)
          p_.diags.report<Diag::ErrorNotDescribed>(d.name_span, owner, info.full_name)
              .help("add `@error " + info.full_name + " …` beside the others");
      }
  }

 public:
  // Another file can use it: `pub`, and a method of a type or trait that is.
  bool is_public(DeclId id) const {
    const Decl& d = p_.decls[+id];
    if (!d.is_pub) return false;
    if (d.kind != DeclKind::Func) return true;
    const FuncInfo& f = p_.funcs[d.index];
    if (is_some(f.trait)) return p_.decls[+p_.traits[+f.trait].decl].is_pub;
    if (is_none(f.impl)) return true;
    const ImplInfo& impl = p_.impls[+f.impl];
    if (is_some(impl.trait)) return false;   // the trait's own documentation holds
    const TypeRow& self = p_.types[impl.self];
    if (self.kind == TypeKind::Struct) return p_.decls[+p_.structs[self.a].decl].is_pub;
    if (self.kind == TypeKind::Enum) return p_.decls[+p_.enums[self.a].decl].is_pub;
    return true;
  }

  void undocumented() {
    std::vector<uint8_t> has_public(p_.modules.size(), 0);
    for (uint32_t i = 0; i < p_.decls.size(); ++i) {
      const Decl& d = p_.decls[i];
      if (is_none(d.module) || (p_.modules[+d.module]->is_std && !options_.std_too)) continue;
      const char* what = noun_of(d.kind);
      if (!what) continue;
      if (d.kind == DeclKind::Func) {
        const FuncInfo& f = p_.funcs[d.index];
        if (f.origin == FuncOrigin::Intrinsic || p_.names.text(d.name) == "main") continue;
        if (is_some(f.impl) || is_some(f.trait)) what = "the method";
      }
      if (!is_public(DeclId(i))) continue;
      has_public[+d.module] = 1;
      const DocComment* doc = docs_->of(DeclId(i));
      if (doc && (!doc->parsed.summary.empty() || !doc->parsed.body.empty())) continue;
      p_.diags.report<Diag::Undocumented>(d.name_span, what, p_.names.text(d.name))
          .help("write `///` and a sentence above it");
    }
    for (uint32_t m = 0; m < p_.modules.size(); ++m) {
      const Module& module = *p_.modules[m];
      if (!has_public[m] || docs_->of(module.self_decl)) continue;
      const SourceFile& file = p_.sources.file(module.file);
      p_.diags.report<Diag::Undocumented>(Span{file.base, file.base + 1}, "the module", p_.names.text(module.path))
          .help("begin the file with `//!` and a sentence");
    }
  }

  Program& p_;
  const Docs* docs_;
  const DocLintOptions& options_;
  std::vector<std::string_view> names_;
  int asked_ = 0;
};

}   // namespace

void lint_docs(Program& program, const Docs& docs, const DocLintOptions& options) {
  Linter linter(program, &docs, options);
  for (const DocComment& c : docs.comments) linter.comment(c);
  if (options.complete) linter.undocumented();
}

void lint_guide(Program& program, std::string_view text, uint32_t base, const DocLintOptions& options) {
  Linter linter(program, nullptr, options);
  DocText page = whole_page(text, base);
  ParsedDoc parsed = parse_guide(page);
  linter.text(page, parsed, true);
  DocResolver resolver(program);
  ModuleId module = is_some(program.main_module) ? program.main_module : ModuleId(0);
  std::vector<DocTarget> targets;
  for (const DocLink& link : parsed.links) {
    bool other = link.inline_link && !is_name_path(link.target);
    targets.push_back(other || program.modules.empty() ? DocTarget{}
                                                       : resolver.resolve(link.target, module, DocTarget{}));
  }
  std::vector<std::string> anchors = guide_anchors(text);
  linter.links(parsed, targets, &anchors);
}

}   // namespace janus
