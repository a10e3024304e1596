// lint.cpp: `janus check --lint`: what is never used, awaited, closed or changed, and names that mislead.
// Depends on check_internal.h, program_index.h.
// SPDX-License-Identifier: Apache-2.0
//
// Each of these may be meant, so none is an error and none is reported without being asked for. Names that begin with
// `_` are exempt: that is how a program says so. What the lints know: of a variable, whether it is read and written
// (check_scope.cpp); of a name of a file, whether it was ever looked up (resolve_names.cpp).
#include <algorithm>

#include "frontend/check_internal.h"
#include "frontend/program_index.h"

namespace janus {

// Of the group that ends.
void BodyChecker::lint_group() {
  if (quiet_ || p_.diags.has_errors()) return;
  for (size_t i = 0; i < vars_.size(); ++i) {
    const Var& v = vars_[i];
    if (is_none(v.let) || ast(v.let).kind != NodeKind::Let || is_none(v.name)) continue;
    std::string name(text(v.name));
    if (name.empty() || name[0] == '_') continue;
    TypeId type = shallow(v.type);
    bool simple = ast(NodeId(ast(v.let).a)).kind == NodeKind::PatBind;
    if (v.handle != kNone32 && !v.used) {
      report<Diag::NeverAwaited>(v.span, name)
          .note("a handle is there to be waited for: `await " + name +
                "` gives the result of the task, and its failure")
          .help("write `await " + name + "` where the result is needed, or `spawn` without a name");
      continue;
    }
    if (!v.used && type != Types::Error) {
      Diagnostic& d = report<Diag::UnusedVariable>(v.span, name);
      if (v.written) d.note("it is given values, and nothing reads them");
      d.help("a name that begins with `_` says that this is meant")
          .fix(v.span, "_" + name, "write `_" + name + "`", Applicability::MaybeIncorrect);
      continue;
    }
    if (v.read_after != kNone32) {
      const Var& inner = vars_[v.read_after];
      if (is_some(inner.let) && ast(inner.let).kind == NodeKind::Let)
        report<Diag::MisleadingShadow>(inner.span, name, "a variable that is used again after it")
            .at(v.span, "the other `" + name + "` is here")
            .help("give one of the two another name");
    }
    if ((v.flags & kLocalMut) && !v.written && !v.closure_writes && !v.uninit &&
        tree_->record_node(ast(v.let).b, 1) != NodeId::None) {
      Diagnostic& d = report<Diag::NeverWritten>(v.span, name);
      d.note("`var` says that the value changes; `let` that it does not");
      if (simple) d.fix(tree_->token_span(ast(v.let).token), "let", "write `let`");
      else d.help("write `let` when none of these names changes");
    }
  }
  lint_channels();
}

// A channel that this function alone knows, that a loop empties until it is closed, and that nobody closes.
void BodyChecker::lint_channels() {
  struct Known {
    uint32_t var;
    uint32_t mentions = 0, operations = 0, closes = 0;
    Span loop = {};
  };
  std::vector<Known> channels;
  for (Builder* b : group_)
    for (const HirNode& n : b->body.nodes) {
      if (n.kind != HirKind::Let || n.b == kNone32 || b->body.nodes[n.b].kind != HirKind::ChannelNew) continue;
      const HirPat& pat = b->body.pats[n.a];
      if (pat.kind == PatKind::Bind) channels.push_back({b->var_of_local[pat.a]});
    }
  if (channels.empty()) return;
  for (Builder* b : group_) {
    const Body& body = b->body;
    auto known = [&](uint32_t value) -> Known* {
      if (value == kNone32 || body.nodes[value].kind != HirKind::Local) return nullptr;
      for (Known& k : channels)
        if (k.var == b->var_of_local[body.nodes[value].a]) return &k;
      return nullptr;
    };
    for (size_t i = 0; i < body.nodes.size(); ++i) {
      const HirNode& n = body.nodes[i];
      if (n.kind == HirKind::Local) {
        if (Known* k = known(static_cast<uint32_t>(i))) ++k->mentions;
      } else if (n.kind == HirKind::ChannelOp) {
        if (Known* k = known(n.a)) ++k->operations, k->closes += n.aux == 4;
      } else if (n.kind == HirKind::ForEach && body.extra[n.a + 2] == 6) {
        if (Known* k = known(body.extra[n.a + 1])) ++k->operations, k->loop = body.nodes[body.extra[n.a + 1]].span;
      } else if (n.kind == HirKind::CondLet) {
        const HirNode& value = body.nodes[n.b];
        if (value.kind == HirKind::ChannelOp && value.aux == 1)
          for (const HirNode& w : body.nodes)
            if (w.kind == HirKind::While && w.a == i)
              if (Known* k = known(value.a)) k->loop = value.span;
      } else if (n.kind == HirKind::Select) {
        for (uint32_t c = 0; c < body.extra[n.a]; ++c)
          if (Known* k = known(body.extra[n.a + 2 + c * 5])) ++k->operations;
      }
    }
  }
  for (const Known& k : channels) {
    // A mention that is no operation hands the channel to somebody, who may close it.
    if (k.loop.is_none() || k.closes > 0 || k.mentions != k.operations) continue;
    std::string name(text(vars_[k.var].name));
    report<Diag::NeverClosed>(vars_[k.var].span, name)
        .at(k.loop, "this loop ends when the channel is closed")
        .note("when nobody closes it, the loop waits for ever: the program ends with `Deadlock`")
        .help("write `" + name + ".close()` where the last value has been sent");
  }
}

// Names of whole files, when every body has been looked at.
void BodyChecker::lint_names() {
  const FlatMap& used = p_.index->used_names;
  auto is_used = [&](size_t module, NameId name) {
    return used.find(static_cast<uint64_t>(module) << 32 | +name) != FlatMap::None;
  };
  for (size_t m = 0; m < p_.modules.size(); ++m) {
    const Module& module = *p_.modules[m];
    if (module.is_std) continue;
    const Tree& tree = module.tree;
    for (const ImportInfo& import : module.imports) {
      const Node node = tree[import.node];
      if (is_none(import.module) || (node.flags & (kPub | kHasError))) continue;
      NodeId what = NodeId(node.b);
      auto whole_line = [&] {
        Span at = tree.span(import.node);
        const SourceFile& file = p_.sources.file(module.file);
        uint32_t end = at.hi - file.base;
        while (end < file.text.size() && (file.text[end] == ' ' || file.text[end] == '\r')) ++end;
        if (end < file.text.size() && file.text[end] == '\n') at.hi = file.base + end + 1;
        return at;
      };
      if (is_some(what) && tree[what].kind == NodeKind::ImportNames) {
        std::span<const NodeId> names = tree.list(tree[what].a);
        size_t unused = 0;
        for (NodeId n : names) unused += is_some(n) && !is_used(m, NameId(tree[n].a));
        for (NodeId n : names) {
          if (is_none(n) || is_used(m, NameId(tree[n].a))) continue;
          Diagnostic& d = p_.diags.report<Diag::UnusedImport>(tree.caret(n), text(NameId(tree[n].a)));
          if (unused == names.size()) d.fix(whole_line(), "", "remove the import");
          else d.help("take it out of the braces");
        }
        continue;
      }
      NodeId named = is_some(what) && tree[what].kind == NodeKind::ImportAs ? what : tree.list(node.a).back();
      if (is_used(m, NameId(tree[named].a)) || !p_.modules[+import.module]->impls.empty())
        continue;   // an `impl` works without being named
      p_.diags.report<Diag::UnusedImport>(tree.caret(named), text(NameId(tree[named].a)))
          .fix(whole_line(), "", "remove the import");
    }
    for (DeclId id : module.decls) {
      const Decl& decl = p_.decls[+id];
      if (decl.is_pub || is_none(decl.name) || is_used(m, decl.name)) continue;
      const char* what = noun_of(decl.kind);
      std::string_view name = text(decl.name);
      if (!what || name.empty() || name[0] == '_') continue;
      if (decl.kind == DeclKind::Func && (FuncId(decl.index) == p_.main_func || name == "main" ||
                                          is_some(p_.funcs[decl.index].impl) || is_some(p_.funcs[decl.index].trait)))
        continue;
      p_.diags.report<Diag::UnusedDeclaration>(decl.name_span, what, name)
          .note("what has no `pub` can be used in its own file only")
          .help("remove it, write `pub` if other files are to use it, or begin its name with `_`");
    }
  }
}

}  // namespace janus
