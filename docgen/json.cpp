// json.cpp: the model as one JSON text in RFC 8785's canonical form: sorted names, no white space, the same bytes every
// time. Depends on writer.h. The schema is site/schema/janus.docs.1.json. SPDX-License-Identifier: Apache-2.0
#include <map>

#include "docgen/canonical_json.h"
#include "docgen/writer.h"

namespace janus::docgen {
namespace {

class Printer {
 public:
  explicit Printer(const Model& model) : model_(model) {}

  std::string run() {
    CanonicalObject top;
    top.text("schema", "janus.docs/1").text("janus", model_.janus_version);
    CanonicalObject package;
    package.text("name", model_.name).text_unless_empty("version", model_.version);
    top.raw("package", package.take());
    CanonicalArray items, guides, files;
    for (const Item& i : model_.items) items.raw(item(i));
    for (const Guide& g : model_.guides) {
      CanonicalObject o;
      o.text("path", g.path)
          .text("name", g.name)
          .text("title", g.title)
          .text_unless_empty("summary", g.summary)
          .text_unless_empty("group", g.group)
          .text("markdown", g.markdown);
      o.raw("links", links(g.links));
      guides.raw(o.take());
    }
    for (const File& f : model_.files) {
      CanonicalObject o;
      o.text("path", f.path).text("module", model_.items[f.module].path);
      files.raw(o.take());
    }
    top.raw("items", items.take()).raw("guides", guides.take()).raw("files", files.take());
    return top.take() + "\n";
  }

 private:
  const std::string& path(ItemId id) const { return model_.items[id].path; }

  std::string links(const std::vector<DocLink>& list) const {
    CanonicalArray out;
    for (const DocLink& l : list) {
      if (l.picture != kNone) continue;   // the Markdown names it
      CanonicalObject o;
      o.text("target", l.target);
      if (l.item != kNone) o.text("item", path(l.item));
      else if (l.guide != kNone) o.text("guide", model_.guides[l.guide].path);
      else o.flag("parameter", true);
      out.raw(o.take());
    }
    return out.take();
  }

  std::string doc(const Item& i) const {
    const Doc& d = i.doc;
    CanonicalObject o;
    o.text_unless_empty("summary", d.summary).text_unless_empty("body", d.body).number("line", d.line);
    if (d.inherited) o.flag("inherited", true);
    CanonicalArray tags;
    for (const Tag& t : d.tags) {
      CanonicalObject tag;
      tag.text("tag", t.kind)
          .text_unless_empty("name", t.name)
          .text_unless_empty("text", t.text)
          .number("line", t.line);
      if (t.item != kNone) tag.text("item", path(t.item));
      tags.raw(tag.take());
    }
    o.raw("tags", tags.take());
    o.raw("links", links(d.links));
    return o.take();
  }

  std::string names(const std::vector<Implementor>& list) const {
    CanonicalArray out;
    for (const Implementor& i : list) {
      CanonicalObject o;
      o.text("type", i.type.text);
      if (i.item != kNone) o.text("item", path(i.item));
      if (i.impl != kNone) o.raw("doc", doc(model_.impls[i.impl]));
      if (i.impl != kNone && !model_.impls[i.impl].examples.empty()) o.raw("examples", examples(model_.impls[i.impl]));
      out.raw(o.take());
    }
    return out.take();
  }

  static std::string examples(const Item& i) {
    CanonicalArray out;
    for (const ExampleState& e : i.examples) {
      CanonicalObject one;
      one.number("ordinal", e.ordinal).text("result", e.result);
      out.raw(one.take());
    }
    return out.take();
  }

  std::string item(const Item& i) const {
    CanonicalObject o;
    o.text("kind", kind_word(i.kind)).text("name", i.name).text("path", i.path).flag("public", i.is_pub);
    if (i.parent != kNone) o.text("parent", path(i.parent));
    if (i.module != kNone) o.text("module", path(i.module));
    o.text_unless_empty("signature", i.signature.text)
        .text_unless_empty("profile", i.profile)
        .text_unless_empty("trait", i.trait_item != kNone ? path(i.trait_item)
                                    : i.impl_head.empty() ? ""
                                                          : i.of_trait)
        .text_unless_empty("impl", i.impl_head)
        .text_unless_empty("home", i.home == kNone ? "" : path(i.home))
        .text_unless_empty("cid", i.cid);
    if (!i.exports.empty()) {
      CanonicalArray exports;
      for (ItemId other : i.exports) exports.text(path(other));
      o.raw("exports", exports.take());
    }
    if (i.file != kNone) {
      CanonicalObject place;
      place.text("file", model_.files[i.file].path).number("line", i.line);
      if (i.col) place.number("column", i.col);
      if (i.line_end) place.number("end_line", i.line_end);
      o.raw("source", place.take());
    }
    if (i.has_doc) o.raw("doc", doc(i));
    if (i.kind == ItemKind::Func || i.kind == ItemKind::Method) {
      CanonicalArray params, errors, effects;
      for (const Param& p : i.params) {
        CanonicalObject one;
        one.text("name", p.name).text("type", p.type).text_unless_empty("default", p.default_text);
        if (p.is_mut) one.flag("mut", true);
        params.raw(one.take());
      }
      o.raw("parameters", params.take());
      o.text_unless_empty("result", i.result);
      for (const Failure& f : i.failures) {
        CanonicalObject one;
        one.text("name", f.name);
        if (f.item != kNone) one.text("item", path(f.item));
        errors.raw(one.take());
      }
      if (i.fallible) o.raw("errors", errors.take());
      constexpr std::pair<uint16_t, const char*> kNames[] = {
          {kSuspends, "may_suspend"}, {kSpawns, "spawns"},       {kRaisesBudget, "raises_budget"},
          {kBlocks, "may_block"},     {kForeign, "calls_ffi"},   {kPanics, "may_panic"},
          {kAllocates, "allocates"},  {kRecursive, "recursive"}, {kAsync, "async"}};
      for (auto [bit, name] : kNames)
        if (i.effects & bit) effects.text(name);
      o.raw("effects", effects.take());
      CanonicalArray needs;
      for (const Need& n : i.needs) {
        CanonicalObject one;
        one.text("name", n.capability).text_unless_empty("via", n.via);
        needs.raw(one.take());
      }
      o.raw("capabilities", needs.take());
    }
    std::vector<Implementor> own = i.own_impls;
    std::erase_if(own, [](const Implementor& block) { return block.impl == kNone; });
    if (!own.empty()) o.raw("own_impls", names(own));
    if (!i.implements.empty()) o.raw("implements", names(i.implements));
    if (!i.implementors.empty()) o.raw("implementors", names(i.implementors));
    if (!i.old_names.empty()) {
      CanonicalArray old;
      for (const std::string& name : i.old_names) old.text(name);
      o.raw("old_names", old.take());
    }
    if (!i.examples.empty()) o.raw("examples", examples(i));
    return o.take();
  }

  const Model& model_;
};

}   // namespace

std::string write_json(const Model& model) { return Printer(model).run(); }

}   // namespace janus::docgen
