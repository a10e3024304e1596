// source_links.cpp: what each name in a source file means, so that the source view can link it.
// Depends on gather.h, frontend/resolve.h.
// SPDX-License-Identifier: Apache-2.0
//
// The checked bodies know what every expression means, but not at which token the name stands. So each node says:
// "within my place, the name N means D"; the smallest place wins. Names of types and signatures come from the tree, by
// the module's own names.
#include <algorithm>

#include "docgen/gather.h"
#include "frontend/resolve.h"

namespace janus::docgen {
namespace {

struct Claim {
  uint32_t lo, hi;
  NameId name;
  ItemId item;
  uint32_t line;
};

class Linker {
 public:
  Linker(Program& p, ModuleId module, const std::vector<ItemId>& item_of_decl,
         const std::map<std::string, ItemId>& builtins)
      : p_(p),
        module_(*p.modules[+module]),
        id_(module),
        tree_(module_.tree),
        item_of_decl_(item_of_decl),
        builtins_(builtins) {}

  void run(const std::vector<const Body*>& bodies, std::vector<SourceLink>& out) {
    const Tokens& t = tree_.tokens;
    for (uint32_t i = 0; i < t.size(); ++i)
      if (t.kinds[i] == TokenKind::Ident) idents_.push_back({t.name(i), i});
    // Tokens of bodies that were read later than the rest stand at the end.
    std::sort(idents_.begin(), idents_.end(), [&](const Ident& a, const Ident& b) {
      return +a.name != +b.name ? +a.name < +b.name : t.begin(a.token) < t.begin(b.token);
    });
    found_.assign(t.size(), {});
    declarations();
    for (const Body* body : bodies) claims_of(*body);
    std::stable_sort(claims_.begin(), claims_.end(),
                     [](const Claim& a, const Claim& b) { return a.hi - a.lo < b.hi - b.lo; });
    for (const Claim& c : claims_) settle(c);
    from_tree();
    for (uint32_t i = 0; i < t.size(); ++i) {
      if (found_[i].item == kNone && found_[i].line == 0) continue;
      out.push_back({t.begin(i), t.end(i), found_[i].item, found_[i].line});
    }
    auto earlier = [](const SourceLink& a, const SourceLink& b) { return a.lo < b.lo; };
    if (!std::is_sorted(out.begin(), out.end(), earlier)) std::sort(out.begin(), out.end(), earlier);
  }

 private:
  struct Ident {
    NameId name;
    uint32_t token;
  };
  struct Meaning {
    ItemId item = kNone;
    uint32_t line = 0;
  };

  uint32_t line_of(uint32_t pos) const { return p_.sources.line_col(pos).line; }
  ItemId item_of(DeclId d) const { return is_some(d) && +d < item_of_decl_.size() ? item_of_decl_[+d] : kNone; }

  // The first token of this name in [lo, hi) that has no meaning yet: a binary search, then few steps.
  void settle(const Claim& c) {
    auto [from, to] = std::equal_range(idents_.begin(), idents_.end(), Ident{c.name, 0},
                                       [](const Ident& a, const Ident& b) { return +a.name < +b.name; });
    auto it = std::lower_bound(
        from, to, c.lo, [&](const Ident& a, uint32_t lo) { return tree_.base + tree_.tokens.begin(a.token) < lo; });
    for (int steps = 0; it != to && steps < 16; ++it, ++steps) {
      if (tree_.base + tree_.tokens.begin(it->token) >= c.hi) return;
      Meaning& m = found_[it->token];
      if (m.item != kNone || m.line != 0) continue;
      m = {c.item, c.line};
      return;
    }
  }

  void claim(Span span, NameId name, DeclId decl) {
    if (span.is_none() || is_none(name)) return;
    ItemId item = item_of(decl);
    uint32_t line = 0;
    if (item == kNone && is_some(decl) && p_.decls[+decl].module == id_) line = line_of(p_.decls[+decl].name_span.lo);
    if (item != kNone || line) claims_.push_back({span.lo, span.hi, name, item, line});
  }

  void claims_of(const Body& body) {
    for (const HirNode& n : body.nodes) {
      switch (n.kind) {
        case HirKind::Local: {
          const HirLocal& local = body.locals[n.a];
          if (is_some(local.name) && !local.span.is_none())
            claims_.push_back({n.span.lo, n.span.hi, local.name, kNone, line_of(local.span.lo)});
          break;
        }
        case HirKind::ConstRef: {
          DeclId d = p_.consts[n.a].decl;
          if (is_some(d)) claim(n.span, p_.decls[+d].name, d);
          break;
        }
        case HirKind::Call:
        case HirKind::CallTrait:
        case HirKind::CallDyn:
        case HirKind::FuncRef: {
          DeclId d = p_.funcs[n.a].decl;
          if (is_some(d)) claim(n.span, p_.decls[+d].name, d);
          break;
        }
        case HirKind::MakeEnum: {
          const TypeRow& row = p_.types[n.type];
          if (row.kind == TypeKind::Enum) claim(n.span, p_.enums[row.a].variants[n.a].name, p_.enums[row.a].decl);
          break;
        }
        case HirKind::MakeError: {
          const TagInfo& tag = p_.tags[n.a];
          if (is_some(tag.error)) claim(n.span, tag.name, p_.errors[+tag.error].decl);
          break;
        }
        case HirKind::Field: {
          const TypeRow& row = p_.types[body.nodes[n.a].type];
          if (row.kind != TypeKind::Struct || n.b >= p_.structs[row.a].fields.size()) break;
          DeclId d = p_.structs[row.a].decl;
          claim(n.span, p_.structs[row.a].fields[n.b].name, d);
          break;
        }
        default: break;
      }
    }
    for (const HirPat& pat : body.pats) {
      const TypeRow& row = p_.types[pat.type];
      if (pat.kind == PatKind::Variant && row.kind == TypeKind::Enum)
        claim(pat.span, p_.enums[row.a].variants[pat.a].name, p_.enums[row.a].decl);
      if (pat.kind == PatKind::Error && is_some(p_.tags[pat.a].error))
        claim(pat.span, p_.tags[pat.a].name, p_.errors[+p_.tags[pat.a].error].decl);
    }
  }

  void mean(uint32_t token, Meaning m) {
    if (found_[token].item == kNone && found_[token].line == 0) found_[token] = m;
  }

  // Where a name is declared it leads to its documentation.
  void declarations() {
    for (uint32_t d = 0; d < p_.decls.size(); ++d) {
      const Decl& decl = p_.decls[d];
      if (decl.module != id_ || item_of_decl_[d] == kNone || is_none(decl.node)) continue;
      mean(tree_[decl.node].token, {item_of_decl_[d], 0});
    }
  }

  // Types, imports and paths, by the names of the module.
  void from_tree() {
    for (const Node& n : tree_.nodes) {
      if (n.kind == NodeKind::TypeName || n.kind == NodeKind::PatName) {
        DeclId owner = DeclId::None;
        for (NodeId part : tree_.list(n.a)) {
          if (is_none(part)) break;
          auto name = static_cast<NameId>(tree_[part].a);
          DeclId d = is_none(owner) ? lookup_name(p_, id_, name)
                     : p_.decls[+owner].kind == DeclKind::Module
                         ? lookup_in_module(p_, p_.decls[+owner].module, name, nullptr)
                         : owner;
          if (is_none(owner) && (is_none(d) || +d == 0)) {
            auto builtin = builtins_.find(std::string(p_.names.text(name)));
            if (builtin != builtins_.end()) mean(tree_[part].token, {builtin->second, 0});
          }
          if (is_none(d) || +d == 0) break;
          if (item_of(d) != kNone) mean(tree_[part].token, {item_of(d), 0});
          owner = d;
        }
      } else if (n.kind == NodeKind::Ident || n.kind == NodeKind::ImportName) {
        DeclId d = lookup_name(p_, id_, static_cast<NameId>(n.a));
        if (is_none(d) || +d == 0 || item_of(d) == kNone) continue;
        DeclKind kind = p_.decls[+d].kind;
        bool upper = kind != DeclKind::Func && kind != DeclKind::Const;
        if (upper || n.kind == NodeKind::ImportName) mean(n.token, {item_of(d), 0});
      }
    }
  }

  Program& p_;
  const Module& module_;
  ModuleId id_;
  const Tree& tree_;
  const std::vector<ItemId>& item_of_decl_;
  const std::map<std::string, ItemId>& builtins_;
  std::vector<Ident> idents_;
  std::vector<Claim> claims_;
  std::vector<Meaning> found_;
};

}  // namespace

void link_names(Program& program, ModuleId module, const std::vector<ItemId>& item_of_decl,
                const std::map<std::string, ItemId>& builtins, const std::vector<std::vector<const Body*>>& bodies,
                std::vector<SourceLink>& out) {
  Linker(program, module, item_of_decl, builtins).run(bodies[+module], out);
}

}  // namespace janus::docgen
