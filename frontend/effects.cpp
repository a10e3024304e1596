// effects.cpp: which functions may wait and which spawn; variables that tasks share, and what must not be done to them.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// Each finished body leaves its own effects and an edge to every function it calls; at the end of the program effects run along the
// edges from callee to caller until nothing changes. A call of a function value counts as waiting, except that of a function's own
// parameter: there the closures count that its callers make, in the callers.
//
// A variable is shared by tasks when a closure writes it and a task runs one of the closures that have it (a shared cell). Its reads and
// writes in one statement happen alone; what lies between two statements does not.
#include <algorithm>

#include "frontend/check_internal.h"

namespace janus {

static void report_lent(Program& p, Span at, NameId name, Span declared, FuncId callee) {
  std::string text(p.names.text(name));
  Diagnostic& d = p.diags.report<Diag::CellLent>(at, text);
  d.with_label("the call changes it").at(declared, "tasks share this variable");
  if (is_some(callee)) d.at(p.decls[+p.funcs[+callee].decl].name_span, "this function may wait, for a task, a channel or the clock");
  d.note("while the call waits no other task could touch `" + text + "`, and two such calls could wait for each other");
  d.help("work on a copy: `var copy = " + text + "`, lend `&copy`, and assign it back; or let one task own the value and send it changes over a channel");
}

void BodyChecker::note_effects(Builder& b) {
  const Body& body = b.body;
  uint8_t own = 0;
  for (const HirNode& n : body.nodes) {
    switch (n.kind) {
      case HirKind::Call: case HirKind::CallTrait: case HirKind::CallDyn:
        if (is_some(func_) && (effect_edges_.empty() || effect_edges_.back().from != func_ || +effect_edges_.back().to != n.a)) effect_edges_.push_back({func_, FuncId(n.a)});
        break;
      case HirKind::CallValue: {
        const HirNode& callee = body.nodes[n.a];
        bool param = callee.kind == HirKind::Local && (vars_[b.var_of_local[callee.a]].flags & kLocalParam) && vars_[b.var_of_local[callee.a]].depth == 0;
        if (!param && callee.kind != HirKind::MakeClosure && callee.kind != HirKind::FuncRef) own |= kMaySuspend;
        break;
      }
      case HirKind::FuncRef:
        if (is_some(func_)) effect_edges_.push_back({func_, FuncId(n.a)});
        break;
      case HirKind::ChannelOp:
        if (n.aux == 0 || n.aux == 1 || n.aux == 8) own |= kMaySuspend;
        break;
      case HirKind::Nursery:
        own |= kMaySuspend;
        if (body.extra[n.b + 2] != kNone32) own |= kRaisesBudget;
        break;
      case HirKind::Await: case HirKind::Select: case HirKind::Sleep: case HirKind::Yield: own |= kMaySuspend; break;
      case HirKind::ForEach:
        if (body.extra[n.a + 2] == 6) own |= kMaySuspend;
        break;
      case HirKind::Spawn: own |= kMaySpawn; break;
      default: break;
    }
  }
  // A task's closure waits beside the function that started it.
  if (b.is_task) own &= static_cast<uint8_t>(~kMaySuspend);
  if (is_some(func_)) p_.funcs[+func_].effects |= own;
}

// Effects reach callers: a worklist over the edges sorted by callee.
void BodyChecker::solve_effects() {
  // A call through a trait may end in any impl.
  for (const ImplInfo& impl : p_.impls) {
    if (is_none(impl.trait)) continue;
    const std::vector<FuncId>& declared = p_.traits[+impl.trait].methods;
    for (size_t i = 0; i < impl.methods.size() && i < declared.size(); ++i)
      if (is_some(impl.methods[i])) effect_edges_.push_back({declared[i], impl.methods[i]});
  }
  std::sort(effect_edges_.begin(), effect_edges_.end(), [](const EffectEdge& a, const EffectEdge& b) { return a.to != b.to ? +a.to < +b.to : +a.from < +b.from; });
  std::vector<uint32_t> work;
  for (size_t i = 0; i < p_.funcs.size(); ++i)
    if (p_.funcs[i].effects) work.push_back(static_cast<uint32_t>(i));
  while (!work.empty()) {
    uint32_t at = work.back();
    work.pop_back();
    auto edge = std::lower_bound(effect_edges_.begin(), effect_edges_.end(), at, [](const EffectEdge& e, uint32_t to) { return +e.to < to; });
    for (; edge != effect_edges_.end() && +edge->to == at; ++edge) {
      uint8_t& caller = p_.funcs[+edge->from].effects;
      uint8_t both = caller | p_.funcs[at].effects;
      if (both == caller) continue;
      caller = both;
      work.push_back(+edge->from);
    }
  }
  effect_edges_ = {};
  for (const LentCell& c : lent_cells_)
    if (c.surely || (p_.funcs[+c.callee].effects & kMaySuspend)) report_lent(p_, c.span, c.name, c.declared, c.surely ? FuncId::None : c.callee);
  lent_cells_ = {};
}

// ---- variables that tasks share

// Of the group that ends: what is lent to calls (asked when effects are known), and reads that decide writes.
void BodyChecker::check_shared_cells() {
  std::vector<uint8_t> shared(vars_.size(), 0);
  bool any = false;
  for (Builder* b : group_) {
    bool task = b->is_task;
    for (uint32_t up = b->parent; !task && up != kNone32; up = group_[up]->parent) task = group_[up]->is_task;
    if (!task) continue;
    for (uint32_t var : b->capture_vars) {
      if (!vars_[var].closure_writes) continue;
      // Declared outside of the task: its own variables are nobody else's.
      uint32_t inner = b->index;
      bool outside = false;
      for (uint32_t at = inner; at != kNone32 && !outside; at = group_[at]->parent) {
        bool captured = std::find(group_[at]->capture_vars.begin(), group_[at]->capture_vars.end(), var) != group_[at]->capture_vars.end();
        if (!captured) break;
        outside = group_[at]->is_task;
      }
      if (outside) shared[var] = any = true;
    }
  }
  if (!any) return;
  for (Builder* b : group_) {
    b_ = b;
    const Body& body = b->body;
    auto root_of = [&](uint32_t place) -> uint32_t {
      while (true) {
        const HirNode& n = body.nodes[place];
        if (n.kind == HirKind::Local) return b->var_of_local[n.a];
        if (n.kind != HirKind::Field && n.kind != HirKind::Index && n.kind != HirKind::MapIndex && n.kind != HirKind::Unwrap) return kNone32;
        place = n.a;
      }
    };
    struct Mention { uint32_t lo, hi, var; };
    std::vector<Mention> reads, writes;
    struct Question { uint32_t lo, cond_lo, cond_hi, hi; };
    std::vector<Question> questions;
    for (size_t i = 0; i < body.nodes.size(); ++i) {
      const HirNode& n = body.nodes[i];
      auto written = [&](uint32_t place) {
        uint32_t var = root_of(place);
        if (var != kNone32 && shared[var]) writes.push_back({n.span.lo, n.span.hi, var});
      };
      switch (n.kind) {
        case HirKind::Local:
          if (shared[b->var_of_local[n.a]]) reads.push_back({n.span.lo, n.span.hi, b->var_of_local[n.a]});
          break;
        case HirKind::Assign: case HirKind::AssignOp: case HirKind::MapSet: case HirKind::MutArg: written(n.a); break;
        case HirKind::If: case HirKind::While: case HirKind::Match: case HirKind::IfMatch: {
          const HirNode& c = body.nodes[n.kind == HirKind::IfMatch ? body.extra[n.a] : n.a];
          questions.push_back({n.span.lo, c.span.lo, c.span.hi, n.span.hi});
          break;
        }
        case HirKind::Call: case HirKind::CallTrait: case HirKind::CallDyn: case HirKind::CallValue: {
          bool typed = n.kind == HirKind::Call || n.kind == HirKind::CallTrait;
          std::span<const uint32_t> args = body.list(typed ? body.extra[n.b + 1] : n.b);
          bool waits = false;   // by a closure that it is given
          for (uint32_t arg : args) {
            if (arg >= body.nodes.size()) continue;
            uint32_t at = arg;
            while (body.nodes[at].kind == HirKind::WidenFunc) at = body.nodes[at].a;
            const HirNode& a = body.nodes[at];
            if (a.kind != HirKind::MakeClosure || a.b >= group_.size()) continue;
            for (const HirNode& inner : group_[a.b]->body.nodes)
              waits |= inner.kind == HirKind::Await || inner.kind == HirKind::Select || inner.kind == HirKind::Sleep || inner.kind == HirKind::Yield || inner.kind == HirKind::Nursery ||
                       (inner.kind == HirKind::ChannelOp && (inner.aux == 0 || inner.aux == 1 || inner.aux == 8));
          }
          for (uint32_t arg : args) {
            if (arg >= body.nodes.size() || body.nodes[arg].kind != HirKind::MutArg) continue;
            uint32_t var = root_of(body.nodes[arg].a);
            if (var == kNone32 || !shared[var]) continue;
            lent_cells_.push_back({n.kind == HirKind::CallValue ? FuncId::None : FuncId(n.a), body.nodes[arg].span, vars_[var].name, vars_[var].span, waits || n.kind == HirKind::CallValue});
          }
          break;
        }
        default: break;
      }
    }
    // A question that reads the variable, and a write of it in what the answer leads to.
    std::sort(reads.begin(), reads.end(), [](const Mention& x, const Mention& y) { return x.lo < y.lo; });
    std::sort(writes.begin(), writes.end(), [](const Mention& x, const Mention& y) { return x.lo < y.lo; });
    auto by_lo = [](const Mention& m, uint32_t lo) { return m.lo < lo; };
    for (const Question& q : questions) {
      auto read = std::lower_bound(reads.begin(), reads.end(), q.cond_lo, by_lo);
      for (; read != reads.end() && read->hi <= q.cond_hi; ++read) {
        if (shared[read->var] != 1) continue;   // told once
        auto write = std::lower_bound(writes.begin(), writes.end(), q.cond_hi, by_lo);
        while (write != writes.end() && write->lo < q.hi && write->var != read->var) ++write;
        if (write == writes.end() || write->lo >= q.hi) continue;
        shared[read->var] = 2;
        std::string name(text(vars_[read->var].name));
        report<Diag::SharedDecision>(Span{write->lo, write->hi}, name)
            .with_label("changed here, because of what was read before")
            .at(Span{read->lo, read->hi}, "read here")
            .at(vars_[read->var].span, "tasks share this variable")
            .note("each statement that touches a shared variable runs alone, but another task may change it between the two")
            .help("let one task own `" + name + "`, and send it over a channel what should be done");
      }
    }
  }
}

}  // namespace janus
