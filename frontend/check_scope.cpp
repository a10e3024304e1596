// check_scope.cpp: variables: scopes, captures, what is known about them on the way, and who may change them.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/check_internal.h"

namespace janus {

void BodyChecker::close_scope(size_t mark) {
  while (bindings_.size() > mark) {
    top_binding_[+bindings_.back().name] = bindings_.back().previous;
    bindings_.pop_back();
  }
}

// A new variable of the innermost body; `_` gets a local and no name.
uint32_t BodyChecker::declare(NameId name, TypeId type, uint8_t flags, Span span, NodeId let) {
  uint32_t var = static_cast<uint32_t>(vars_.size());
  LocalId local = LocalId(b_->body.locals.size());
  b_->body.locals.push_back(HirLocal{name, type, flags, span});
  b_->var_of_local.push_back(var);
  Var v{};
  v.name = name;
  v.depth = static_cast<uint32_t>(stack_.size() - 1);
  v.local = local;
  v.type = type;
  v.flags = flags;
  v.span = span;
  v.let = let;
  vars_.push_back(v);
  if (is_none(name) || name == n_underscore_) return var;
  if (options_.lint)
    if (uint32_t outer = find_var(name); outer != kNone32 && vars_[outer].depth == v.depth)
      vars_[outer].shadowed_by = var;
  if (+name >= top_binding_.size()) top_binding_.resize(std::max<size_t>(+name + 1, p_.names.size()), kNone32);
  bindings_.push_back({name, var, top_binding_[+name]});
  top_binding_[+name] = static_cast<uint32_t>(bindings_.size() - 1);
  return var;
}

uint32_t BodyChecker::find_var(NameId name) {
  if (+name >= top_binding_.size()) return kNone32;
  uint32_t at = top_binding_[+name];
  return at == kNone32 || at < hidden_below_ ? kNone32 : bindings_[at].var;
}

// The local that stands for the variable in the innermost body. Every closure between takes it along.
LocalId BodyChecker::local_of(uint32_t var) {
  LocalId local = vars_[var].local;
  for (uint32_t depth = vars_[var].depth + 1; depth < stack_.size(); ++depth) {
    Builder& b = *stack_[depth];
    size_t i = 0;
    while (i < b.capture_vars.size() && b.capture_vars[i] != var) ++i;
    if (i < b.capture_vars.size()) {
      local = b.body.captures[i].inner;
      continue;
    }
    if (vars_[var].poly_param != 0xffff) {
      if (is_some(b.arg_callee)) poly_edges_.push_back({func_, vars_[var].poly_param, b.arg_callee, b.arg_param});
      else poly_escape(var);
    }
    LocalId inner = LocalId(b.body.locals.size());
    uint8_t flags = static_cast<uint8_t>((vars_[var].flags & (kLocalMut | kLocalMutParam)) | kLocalCapture);
    if (flags & kLocalMutParam) flags = kLocalMut | kLocalCapture;
    b.body.locals.push_back(HirLocal{vars_[var].name, vars_[var].type, flags, vars_[var].span});
    b.var_of_local.push_back(var);
    b.body.captures.push_back({local, inner});
    b.capture_vars.push_back(var);
    if (vars_[var].nursery != kNone32) captures_nursery(b, vars_[var].nursery);
    if (vars_[var].holds != kNone32) captures_nursery(b, vars_[var].holds);
    local = inner;
  }
  return local;
}

// A failure-polymorphic parameter that is kept, not only called: then only a closure that cannot fail fits (ruling 7).
void BodyChecker::poly_escape(uint32_t var) {
  if (is_none(func_) || vars_[var].poly_param == 0xffff) return;
  poly_escapes_[(uint64_t(+func_) << 8) | vars_[var].poly_param] = 1;
}

// Is what this parameter is given kept, as far as is known by now? What may be of any type can be put anywhere: so does
// `push`.
bool BodyChecker::is_kept(FuncId func, uint32_t param) const {
  const std::vector<ParamInfo>& params = p_.funcs[+func].params;
  if (param < params.size() && types_.kind(params[param].type) != TypeKind::Func) return true;
  return poly_escapes_.find((uint64_t(+func) << 8) | param) != FlatMap::None;
}

HirId BodyChecker::read_var(uint32_t var, Span span, bool narrowed) {
  LocalId local = local_of(var);
  const Var v = vars_[var];
  if (v.uninit && !has_fact(var, Fact::Assigned) && !dead_) {
    report<Diag::UsedBeforeAssigned>(span, text(v.name))
        .at(v.span, "declared here, without a value")
        .note("on some way to this place nothing was assigned to it")
        .help("give it a value where it is declared: `var " + std::string(text(v.name)) + ": " + code_of(v.type) +
              " = …`");
    vars_[var].uninit = false;
  }
  HirId read = emit(HirKind::Local, v.type, +local, kNone32, span);
  vars_[var].used = true;
  if (v.shadowed_by != kNone32) vars_[var].read_after = v.shadowed_by;
  if (v.handle != kNone32) ++handles_[v.handle].others;
  if (v.received != kNone32) receives_[v.received].uses.push_back({b_->index, read, false});
  if (narrowed && !facts_.empty() && has_fact(var, Fact::NonNull)) {
    TypeId type = shallow(v.type);
    if (types_.kind(type) == TypeKind::Optional) {
      read = emit(HirKind::Unwrap, types_.elem(type), read, kNone32, span, 1);
      if (v.flags & kLocalMut) narrowings_.push_back({b_->index, read, var});
    }
  }
  return read;
}

// ---- what is known on this road

bool BodyChecker::has_fact(uint32_t var, Fact::Kind kind) {
  for (const Fact& f : facts_)
    if (f.var == var && f.kind == kind) return true;
  return false;
}
void BodyChecker::add_fact(uint32_t var, Fact::Kind kind) {
  if (!has_fact(var, kind)) facts_.push_back({var, kind});
}
void BodyChecker::drop_fact(uint32_t var, Fact::Kind kind) {
  for (size_t i = 0; i < facts_.size(); ++i)
    if (facts_[i].var == var && facts_[i].kind == kind) {
      facts_[i] = facts_.back();
      facts_.pop_back();
      return;
    }
}
void BodyChecker::meet(Facts& into, const Facts& other) {
  size_t kept = 0;
  for (size_t i = 0; i < into.size(); ++i) {
    bool both = false;
    for (const Fact& f : other) both |= f == into[i];
    if (both) into[kept++] = into[i];
  }
  while (into.size() > kept) into.pop_back();
}

// The variable that a test for null is about, or none. Narrowing is about names that keep their value: `let`,
// parameters (`self` is one), and `var` until it is assigned (ruling 3). A `mut self` may be changed by any method
// called on it.
uint32_t BodyChecker::subject_var(NodeId n) {
  const Node& x = ast(unparen(n));
  if (x.kind == NodeKind::Ident) return find_var(NameId(x.a));
  if (x.kind != NodeKind::SelfExpr) return kNone32;
  uint32_t self = find_var(n_self_);
  return self != kNone32 && !(vars_[self].flags & kLocalMutParam) ? self : kNone32;
}

// `x =`, `x +=` and `&x`: told by the tokens, which needs no second walk of the tree.
bool BodyChecker::assigns_at(uint32_t token) const {
  const Tokens& t = tree_->tokens;
  if (t.kinds[token] != TokenKind::Ident || token + 1 >= t.size()) return false;
  TokenKind next = t.kinds[token + 1];
  return next == TokenKind::Eq || (next >= TokenKind::PlusEq && next <= TokenKind::GreaterGreaterEq) ||
         (token > 0 && t.kinds[token - 1] == TokenKind::Amp);
}

// Is a variable of this name assigned between these tokens? All places of the file are found when first asked, and
// again when bodies were read that had been skipped.
bool BodyChecker::is_assigned(NameId name, uint32_t first, uint32_t last) {
  if (assigned_in_ != tree_ || assigned_of_ != tree_->tokens.size()) {
    assigned_in_ = tree_;
    assigned_of_ = tree_->tokens.size();
    assigned_.clear();
    for (uint32_t token = 0; token < assigned_of_; ++token)
      if (assigns_at(token)) assigned_.push_back({tree_->tokens.name(token), token});
    std::sort(assigned_.begin(), assigned_.end());
  }
  auto at = std::lower_bound(assigned_.begin(), assigned_.end(), std::pair(name, first));
  return at != assigned_.end() && at->first == name && at->second < last;
}

// What assignments in a part of the code may undo is not known where they may already have happened: at the beginning
// of a loop's body, behind an operand, in a handler.
void BodyChecker::forget_assigned_in(Facts& facts, NodeId part) {
  if (!facts.empty()) forget_assigned(facts, tree_->first_token(part), tree_->lasts[+part]);
}
void BodyChecker::forget_assigned(Facts& facts, uint32_t first, uint32_t last) {
  forget(facts,
         [&](const Var& v) { return (v.flags & (kLocalMut | kLocalMutParam)) && is_assigned(v.name, first, last); });
}

// What a `defer` assigns happens when its block is left, by whatever road.
void BodyChecker::note_deferred(uint32_t first, uint32_t last) {
  for (uint32_t token = first; token < last; ++token) {
    uint32_t var = assigns_at(token) ? find_var(tree_->tokens.name(token)) : kNone32;
    if (var == kNone32 || vars_[var].deferred) continue;
    vars_[var].deferred = true;
    deferred_vars_.push_back(var);
  }
}
void BodyChecker::forget_deferred() {
  if (!deferred_vars_.empty()) forget(facts_, [](const Var& v) { return v.deferred; });
}
void BodyChecker::close_deferred(size_t open) {
  for (size_t i = open; i < deferred_vars_.size(); ++i) {
    drop_fact(deferred_vars_[i], Fact::NonNull);
    vars_[deferred_vars_[i]].deferred = false;
  }
  deferred_vars_.resize(open);
}

// ---- changing

void BodyChecker::write_var(uint32_t var) {
  Var& v = vars_[var];
  v.written = true;
  if (v.depth + 1 == stack_.size()) return;
  v.closure_writes = true;
  for (uint32_t depth = v.depth + 1; depth < stack_.size(); ++depth) {
    std::vector<uint32_t>& written = stack_[depth]->written_outer;
    bool known = false;
    for (uint32_t w : written) known |= w == var;
    if (!known) written.push_back(var);
  }
}

// The variable whose storage a place lies in, or none.
uint32_t BodyChecker::root_var(HirId place) {
  while (true) {
    const HirNode& n = node(place);
    switch (n.kind) {
      case HirKind::Local: return var_of_local(LocalId(n.a));
      case HirKind::Field:
      case HirKind::Index:
      case HirKind::MapIndex:
      case HirKind::Unwrap: place = HirId(n.a); break;
      default: return kNone32;
    }
  }
}

// Whether `place` may be changed; says so when not. `doing` completes "… cannot be changed": how it would be.
bool BodyChecker::require_place(HirId place, NodeId ast, const char* doing) {
  HirId at = place;
  while (true) {
    const HirNode n = node(at);
    if (shallow(n.type) == Types::Error) return false;
    switch (n.kind) {
      case HirKind::Local: {
        uint32_t var = var_of_local(LocalId(n.a));
        if (!(vars_[var].flags & (kLocalMut | kLocalMutParam))) {
          report_immutable(var, ast, doing);
          return false;
        }
        write_var(var);
        if (b_->body.locals[n.a].flags & kLocalCapture) vars_[var].closure_writes = true;   // also when told late
        return true;
      }
      case HirKind::Field:
      case HirKind::Index:
      case HirKind::MapIndex:
      case HirKind::Unwrap: at = HirId(n.a); break;
      case HirKind::ConstRef:
        if (const Decl& d = p_.decls[+p_.consts[n.a].decl];
            p_.modules[+d.module]->tree[d.node].kind == NodeKind::VarDecl)
          return false;   // reported there
        report<Diag::AssignToConst>(span(ast), p_.names.text(p_.decls[+p_.consts[n.a].decl].name))
            .at(p_.decls[+p_.consts[n.a].decl].name_span, "declared with `const` here")
            .note("a `const` is the same in every run and everywhere in the program")
            .help("copy it into a variable first: `var copy = " +
                  std::string(p_.names.text(p_.decls[+p_.consts[n.a].decl].name)) + "`");
        return false;
      case HirKind::Slice:
        report<Diag::NotAPlace>(span(ast), doing)
            .note("a slice `a[i..j]` is a copy of that part, so a change would be lost")
            .help("change the elements one by one, `a[i] = …`, or build a new array with `++`");
        return false;
      default:
        report<Diag::NotAPlace>(span(ast), doing)
            .note("this value has no name, so nobody could see the change")
            .help("give it a name first: `var x = " + source(ast) + "`");
        return false;
    }
  }
}

void BodyChecker::report_immutable(uint32_t var, NodeId n, const char* doing) {
  const Var& v = vars_[var];
  std::string name = v.is_self ? "self" : std::string(text(v.name));
  Diagnostic& d = report<Diag::ImmutableVariable>(span(n), name).with_label(doing);
  if (v.is_self) {
    d.at(v.span, "`self` is only read by this method")
        .note("a method that changes the value it is called on says so in its parameter list")
        .help("write `mut self`")
        .fix(v.span, "mut self", "let the method change its value");
  } else if (v.flags & kLocalParam) {
    d.at(v.span, "`" + name + "` is a parameter")
        .note("a parameter keeps the value it was given; the caller's variable is a different one")
        .help("to change a copy: `var changed = " + name + "`; to change the caller's variable: declare `mut " + name +
              ": " + name_of(v.type) + "` and call with `&`");
  } else if (v.flags & kLocalLoop) {
    d.at(v.span, "`" + name + "` gets a new value in every round of this loop")
        .help("change a copy: `var changed = " + name + "`");
  } else if (is_some(v.let) && ast(v.let).kind == NodeKind::Let) {
    d.at(v.span, "`" + name + "` is made with `let`, so it keeps this value")
        .help("make it with `var`")
        .fix(tree_->token_span(tree_->first_token(v.let)), "var", "let it change: `var " + name + "`");
  } else {
    d.at(v.span, "`" + name + "` gets its value from this pattern").help("change a copy: `var changed = " + name + "`");
  }
}

}   // namespace janus
