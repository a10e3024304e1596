// html_items.cpp: an item on its page, and in the tables that lead to it.
// Depends on html_pages.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "docgen/html_pages.h"

namespace janus::docgen {
namespace { // Of more than these a browser lays out what comes into view.
constexpr size_t kManyItems = 40;
Object chip(std::string css, std::string text, std::string title, std::string href = "") {
  Object o{{"css", std::move(css)}, {"text", std::move(text)}, {"title", std::move(title)}};
  if (!href.empty()) o["href"] = std::move(href);
  return o;
}

std::string short_cid(std::string_view cid) {
  if (cid.starts_with("blake3:")) cid.remove_prefix(7);
  return std::string(cid.substr(0, 12));
}

}  // namespace

bool is_type(ItemKind kind) {
  return kind == ItemKind::Struct || kind == ItemKind::Enum || kind == ItemKind::Error || kind == ItemKind::Trait ||
         kind == ItemKind::Capability || kind == ItemKind::TypeAlias || kind == ItemKind::Builtin;
}

// What a table shows of something without words: its signature, or the names of what it has.
std::string PageMaker::in_one_line(const Item& i) const {
  constexpr size_t kEnough = 72;
  std::string out;
  if (!is_type(i.kind) || i.kind == ItemKind::TypeAlias) out = i.signature.text;
  if (out.find('\n') != std::string::npos) out.clear();
  for (ItemId child : i.children) {
    if (out.size() > kEnough) break;
    if (model_.items[child].kind == ItemKind::Method && i.kind != ItemKind::Trait) continue;
    out += (out.empty() ? "" : ", ") + model_.items[child].name;
  }
  if (out.size() > kEnough) out = out.substr(0, out.find_last_of(" ,", kEnough)) + " …";
  return out;
}

std::string PageMaker::row(ItemId id) {
  const Item& i = model_.items[id];
  std::string out = "<div class=\"row";
  if (i.is_deprecated) out += " deprecated";
  out += "\"><div class=\"name\"><a href=\"" + escape_html(c_.at.href[id]) + "\"><code>";
  escape_html_to(out, i.name);
  if (i.kind == ItemKind::Func || i.kind == ItemKind::Method) {
    std::string args;
    for (size_t p = 0; p < i.params.size(); ++p) args += (p ? ", " : "") + i.params[p].name;
    out += "<span class=\"args\">(" + (args.size() + i.name.size() > 32 && !args.empty() ? "…" : escape_html(args)) +
           ")</span>";
  }
  out += "</code></a>";
  if (is_type(i.kind))
    out += " <span class=\"kind " + std::string(css_of(i.kind)) + "\">" + kind_word(i.kind) + "</span>";
  if (i.is_deprecated) out += " <span class=\"kind warn\">deprecated</span>";
  if (!i.is_pub && i.kind != ItemKind::Module && i.kind != ItemKind::Builtin)
    out += " <span class=\"kind\">private</span>";
  out += "</div><div class=\"what\">";
  // Where nobody wrote a word, the code says something.
  if (i.doc.summary.empty()) out += "<code class=\"jan\">" + painter_.paint(in_one_line(i)) + "</code>";
  else out += unlinked_text(i.doc.summary);
  return out + "</div></div>\n";
}

const char* css_of(ItemKind kind) {
  switch (kind) {
    case ItemKind::Struct:
    case ItemKind::Builtin: return "k-struct";
    case ItemKind::Enum: return "k-enum";
    case ItemKind::Error: return "k-error";
    case ItemKind::Trait: return "k-trait";
    case ItemKind::Capability: return "k-capability";
    case ItemKind::Module: return "k-module";
    default: return "k-func";
  }
}

std::string PageMaker::rows(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items) {
  if (items.empty()) return "";
  std::string out;
  heading(title, anchor, out);
  out += items.size() > kManyRows ? "<div class=\"rows many\">\n" : "<div class=\"rows\">\n";
  for (ItemId i : items) out += row(i);
  return out + "</div>\n";
}

std::string PageMaker::members(const std::string& title, const std::string& anchor, const std::vector<ItemId>& items) {
  if (items.empty()) return "";
  std::string out;
  heading(title, anchor, out);
  // Nothing is said of any of them: then they are a short list.
  bool described = std::any_of(items.begin(), items.end(), [&](ItemId id) { return model_.items[id].has_doc; });
  out += described || items.size() < 5 ? "<dl class=\"members\">\n" : "<dl class=\"members short\">\n";
  for (ItemId id : items) {
    const Item& i = model_.items[id];
    out += "<dt id=\"" + escape_html(i.anchor) + "\"><a class=\"self\" href=\"#" + escape_html(i.anchor) +
           "\" aria-label=\"link to " + escape_html(i.name) + "\">#</a><code class=\"jan\">" + signature(i.signature) +
           "</code></dt><dd>";
    if (!i.doc.summary.empty()) out += "<p>" + inline_text(i.doc.summary, &i) + "</p>";
    doctests_ = 0;
    out += prose(i.doc.body, &i, nullptr, 4, i.anchor + ".");
    std::string fields;
    for (const Tag& t : i.doc.tags)
      if (t.kind == "field")
        fields += "<li><code>" + escape_html(t.name) + "</code> " + inline_text(t.text, &i) + "</li>";
    if (!fields.empty()) out += "<ul>" + fields + "</ul>";
    out += "</dd>\n";
  }
  return out + "</dl>\n";
}

// The type or trait of an impl. `[]T` has no name that could be a link: all of it is.
std::string PageMaker::linked(CodeText code, ItemId item) {
  if (item != kNone && code.links.empty()) {
    auto end = static_cast<uint32_t>(std::min(code.text.find_first_of("[( "), code.text.size()));
    if (end == 0) return link(item, escape_html(code.text));
    code.links.push_back({0, end, item});
  }
  return signature(code);
}

// Each with what is said of it. `anchor` of the list is a part of the anchors in those texts.
std::string PageMaker::implementors(const std::vector<Implementor>& list, const std::string& anchor) {
  std::string out = "<ul class=\"implementors\">";
  for (const Implementor& i : list) {
    out += "<li><code class=\"jan\">" + linked(i.type, i.item) + "</code>";
    if (i.file != kNone)
      out += " <a class=\"src\" href=\"" + escape_html(c_.at.source[i.file]) + "#L" + std::to_string(i.line) +
             "\">source</a>";
    if (i.impl != kNone) {
      Object o;
      written(model_.impls[i.impl], 3, anchor + "." + std::to_string(&i - list.data()) + ".", o);
      out += said_.render(Value(std::move(o)));
    }
    out += "</li>";
  }
  return out + "</ul>\n";
}

// What is said of the blocks of a type's own methods; the others need no line.
std::string PageMaker::own_impls(const Item& type) {
  std::vector<Implementor> list;
  for (const Implementor& i : type.own_impls)
    if (i.impl != kNone) list.push_back(i);
  return list.empty() ? "" : implementors(list, "methods");
}

std::string PageMaker::items(const std::vector<ItemId>& list) {
  if (list.empty()) return "";
  std::string out = list.size() > kManyItems ? "<div class=\"items many\">\n" : "<div class=\"items\">\n";
  for (ItemId id : list) out += item(id);
  return out + "</div>\n";
}

std::string PageMaker::item(ItemId id) {
  const Item& i = model_.items[id];
  if (i.kind == ItemKind::Func || i.kind == ItemKind::Method || i.kind == ItemKind::Const ||
      i.kind == ItemKind::TypeAlias)
    toc_.push_back({3, "<code>" + escape_html(i.name) + "</code>", i.anchor});
  Object o = facts(id, 4, i.anchor + ".");
  return item_.render(Value(std::move(o)));
}

std::string PageMaker::hero(ItemId id) {
  Object o = facts(id, 2, "");
  const Item& i = model_.items[id];
  // A long path may break after its dots.
  std::string name;
  for (char ch : i.name) {
    escape_html_to(name, std::string_view(&ch, 1));
    if (ch == '.') name += "<wbr>";
  }
  o["title"] = name;
  o["has_signature"] = !i.signature.text.empty();
  return hero_.render(Value(std::move(o)));
}

// All that is said of an item, for item.html and hero.html.
Object PageMaker::facts(ItemId id, int level, const std::string& prefix) {
  doctests_ = 0;
  const Item& i = model_.items[id];
  Object o{{"name", i.name}, {"anchor", i.anchor}, {"kind", kind_word(i.kind)}, {"css", css_of(i.kind)}};
  o["signature"] = signature(i.signature, id);
  bool has_cid = !i.cid.empty() && !i.shares_cid;
  if (has_cid) o["cid"] = "c-" + short_cid(i.cid);
  o["permalink"] = !has_cid ? i.anchor : "c-" + short_cid(i.cid);
  if (i.file != kNone && i.line) o["source"] = c_.at.source[i.file] + "#L" + std::to_string(i.line);
  if (!i.old_names.empty()) {
    Array old;
    for (const std::string& name : i.old_names) old.push_back(name);
    o["old_names"] = std::move(old);
  }
  if (Array list = chips(i); !list.empty()) {
    o["has_chips"] = true;
    o["chips"] = std::move(list);
  }
  if (!i.impl_head.empty() && i.impl_head.find(" where ") != std::string::npos)
    o["impl_head"] = painter_.paint(i.impl_head);
  written(i, level, prefix, o);
  return o;
}

// What its comment says, and the tables that complete it.
void PageMaker::written(const Item& i, int level, const std::string& prefix, Object& o) {
  doctests_ = 0;
  if (Array list = chips(i); !list.empty()) {
    o["has_chips"] = true;
    o["chips"] = std::move(list);
  }
  if (i.is_deprecated) o["deprecated"] = i.deprecated.empty() ? "It may go away." : inline_text(i.deprecated, &i);
  if (!i.doc.summary.empty()) o["summary"] = inline_text(i.doc.summary, &i);
  if (i.doc.inherited) o["inherited"] = i.of_trait;
  std::string body = prose(i.doc.body, &i, nullptr, level, prefix);
  if (!body.empty()) o["body"] = std::move(body);
  tables(i, level, i.anchor.empty() ? prefix : i.anchor + ".", o);
}

// What the compiler found, in a word each.
Array PageMaker::chips(const Item& i) {
  Array list;
  if (i.kind == ItemKind::Module && !i.profile.empty() && i.profile != "service")
    list.push_back(chip("profile", "profile :" + i.profile, "The rules that this module keeps"));
  if (!i.is_pub && i.kind != ItemKind::Module && i.kind != ItemKind::Builtin)
    list.push_back(chip("", "private", "Only its own file can use it"));
  if (i.home != kNone)
    list.push_back(chip("home", "import " + model_.items[i.home].name, "The module from which others take it",
                        c_.at.href[i.home]));
  if (i.effects & kSuspends) list.push_back(chip("suspends", "may suspend", "Other tasks run while it waits"));
  if (i.effects & kSpawns)
    list.push_back(chip("spawns", "spawns tasks", "It starts tasks; all of them end before it does"));
  if (i.effects & kRaisesBudget)
    list.push_back(chip("budget", "raises a budget", "It opens a nursery with a budget of its own"));
  if (i.effects & kBlocks)
    list.push_back(chip("blocks", "blocks a thread", "It waits on a thread of the blocking pool"));
  if (i.effects & kForeign) list.push_back(chip("foreign", "foreign code", "Written in another language"));
  for (const Need& n : i.needs)
    list.push_back(chip("cap", n.capability,
                        n.via.empty() ? "A capability it needs" : "Needed because it calls " + n.via,
                        n.item == kNone ? "" : c_.at.href[n.item]));
  if (!i.since.empty()) list.push_back(chip("since", "since " + i.since, "The version that brought it"));
  return list;
}

// Parameters, result, errors, capabilities, references. What the compiler knows stands even where nobody wrote a
// word.
void PageMaker::tables(const Item& i, int level, const std::string& prefix, Object& o) {
  auto tag_text = [&](std::string_view kind, std::string_view name) -> const Tag* {
    for (const Tag& t : i.doc.tags)
      if (t.kind == kind && (name.empty() || t.name == name)) return &t;
    return nullptr;
  };
  Array params;
  for (const Param& p : i.params)
    if (const Tag* t = tag_text("param", p.name)) {
      Object row{{"name", p.name}, {"text", inline_text(t->text, &i)}};
      params.push_back(std::move(row));
    }
  if (!params.empty()) o["has_params"] = true, o["params"] = std::move(params);
  if (const Tag* t = tag_text("returns", "")) o["returns"] = inline_text(t->text, &i);
  failures(i, o);
  Array caps;
  for (const Need& n : i.needs) {
    const Tag* t = tag_text("capability", n.capability);
    if (!t && n.via.empty()) continue;
    Object row{{"name", n.capability},
               {"text", t ? inline_text(t->text, &i) : "through <code>" + escape_html(n.via) + "</code>"}};
    if (n.item != kNone) row["href"] = c_.at.href[n.item];
    caps.push_back(std::move(row));
  }
  if (!caps.empty()) o["has_caps"] = true, o["caps"] = std::move(caps);
  if (const Tag* t = tag_text("complexity", "")) o["complexity"] = inline_text(t->text, &i);
  if (const Tag* t = tag_text("safety", "")) o["safety"] = inline_text(t->text, &i);
  Array see, examples;
  for (const Tag& t : i.doc.tags) {
    if (t.kind == "see") {
      Object row{{"name", t.name}, {"text", inline_text(t.text, &i)}};
      if (t.item != kNone) row["href"] = c_.at.href[t.item];
      see.push_back(std::move(row));
    } else if (t.kind == "example") {
      examples.push_back(Object{{"title", t.name.empty() ? "Example" : inline_text(t.name, &i)},
                                {"body", prose(t.text, &i, nullptr, level, prefix)}});
    }
  }
  if (!see.empty()) o["has_see"] = true, o["see"] = std::move(see);
  if (!examples.empty()) o["examples"] = std::move(examples);
}

// Failures that somebody describes have a row each; the others stand in one paragraph, and where that is every
// variant of an error, the error stands for them.
void PageMaker::failures(const Item& i, Object& o) {
  constexpr size_t kFewVariants = 4;
  Array rows;
  std::string rest;
  std::map<ItemId, size_t> of_error;
  auto add_rest = [&](const std::string& html) { rest += (rest.empty() ? "" : " ") + html; };
  auto tag_of = [&](const Failure& f) -> const Tag* {
    for (const Tag& tag : i.doc.tags)
      if (tag.kind == "error" && (tag.name == f.name || f.name.ends_with("." + tag.name))) return &tag;
    return nullptr;
  };
  for (const Failure& f : i.failures)
    if (f.item != kNone && model_.items[f.item].parent != kNone) ++of_error[model_.items[f.item].parent];
  ItemId said = kNone;
  for (const Failure& f : i.failures) {
    if (const Tag* t = tag_of(f)) {
      Object row{{"name", f.name}, {"text", inline_text(t->text, &i)}};
      if (f.item != kNone) row["href"] = c_.at.href[f.item];
      rows.push_back(std::move(row));
      continue;
    }
    ItemId error = f.item == kNone ? kNone : model_.items[f.item].parent;
    size_t variants = 0;
    if (error != kNone)
      for (ItemId child : model_.items[error].children) variants += model_.items[child].kind == ItemKind::Variant;
    if (error != kNone && variants > kFewVariants && of_error[error] == variants) {
      if (said != error)
        add_rest("<span>any " + link(error, "<code>" + escape_html(model_.items[error].name) + "</code>") + "</span>");
      said = error;
      continue;
    }
    add_rest(link(f.item, "<code>" + escape_html(f.name) + "</code>"));
  }
  bool any = !rows.empty() || !rest.empty();
  if (any) o["has_errors"] = true;
  if (!rows.empty()) o["errors"] = std::move(rows);
  if (!rest.empty()) o["errors_rest"] = std::move(rest);
}

}  // namespace janus::docgen
