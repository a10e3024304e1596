// check_cells.cpp: variables that tasks share, and what must not be done to them.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// A variable is shared by tasks when a closure writes it and a task runs one of the closures that have it (a shared
// cell). Its reads and writes in one statement happen alone; what lies between two statements does not.
#include <algorithm>

#include "frontend/check_internal.h"

namespace janus {

void report_lent(Program& p, Span at, NameId name, Span declared, FuncId callee);

void report_lent(Program& p, Span at, NameId name, Span declared, FuncId callee) {
  std::string text(p.names.text(name));
  Diagnostic& d = p.diags.report<Diag::CellLent>(at, text);
  d.with_label("the call changes it").at(declared, "tasks share this variable");
  if (is_some(callee))
    d.at(p.decls[+p.funcs[+callee].decl].name_span, "this function may wait, for a task, a channel or the clock");
  d.note("while the call waits no other task could touch `" + text + "`, and two such calls could wait for each other");
  d.help("work on a copy: `var copy = " + text +
         "`, lend `&copy`, and assign it back; or let one task own the value and send it changes over a channel");
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
        bool captured = std::find(group_[at]->capture_vars.begin(), group_[at]->capture_vars.end(), var) !=
                        group_[at]->capture_vars.end();
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
        if (n.kind != HirKind::Field && n.kind != HirKind::Index && n.kind != HirKind::MapIndex &&
            n.kind != HirKind::Unwrap)
          return kNone32;
        place = n.a;
      }
    };
    struct Mention {
      uint32_t lo, hi, var;
    };
    std::vector<Mention> reads, writes;
    struct Question {
      uint32_t lo, cond_lo, cond_hi, hi;
    };
    std::vector<Question> questions;
    struct Taken {
      uint32_t local, var;
      Span at;
    };          // `let n = count`
    std::vector<Taken> taken;
    struct Given {
      uint32_t var, lo, hi;
      Span at;
    };         // `count = … n …`
    std::vector<Given> given;
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
        case HirKind::Assign:
          if (uint32_t var = root_of(n.a); var != kNone32 && shared[var])
            given.push_back({var, body.nodes[n.b].span.lo, body.nodes[n.b].span.hi, n.span});
          written(n.a);
          break;
        case HirKind::AssignOp:
        case HirKind::MapSet:
        case HirKind::MutArg: written(n.a); break;
        case HirKind::Let: {
          const HirPat& pat = body.pats[n.a];
          if (pat.kind != PatKind::Bind || n.b == kNone32) break;
          uint32_t var = root_of(n.b);
          if (var != kNone32 && shared[var] && b->var_of_local[pat.a] != var)
            taken.push_back({pat.a, var, body.nodes[n.b].span});
          break;
        }
        case HirKind::Block: {
          // `if left == 0 do return end` decides over all that follows it in its block.
          for (uint32_t s : body.list(n.a)) {
            const HirNode& i = body.nodes[s];
            if (i.kind != HirKind::If && i.kind != HirKind::IfMatch) continue;
            if (body.extra[i.b + 1] != kNone32 || shallow(body.nodes[body.extra[i.b]].type) != Types::Never) continue;
            const HirNode& c = body.nodes[i.kind == HirKind::IfMatch ? body.extra[i.a] : i.a];
            questions.push_back({i.span.lo, c.span.lo, c.span.hi, n.span.hi});
          }
          break;
        }
        case HirKind::If:
        case HirKind::While:
        case HirKind::Match:
        case HirKind::IfMatch: {
          const HirNode& c = body.nodes[n.kind == HirKind::IfMatch ? body.extra[n.a] : n.a];
          questions.push_back({n.span.lo, c.span.lo, c.span.hi, n.span.hi});
          break;
        }
        case HirKind::Call:
        case HirKind::CallTrait:
        case HirKind::CallDyn:
        case HirKind::CallValue: {
          bool typed = n.kind == HirKind::Call || n.kind == HirKind::CallTrait;
          std::span<const uint32_t> args = body.list(typed ? body.extra[n.b + 1] : n.b);
          // What the call may wait for: what is called, and the closures that it is given.
          SmallVec<uint32_t, 4> runs;
          if (n.kind == HirKind::CallValue) runs.push_back(called_value(*b, n.a));
          else runs.push_back(n.a);
          for (uint32_t arg : args) {
            if (arg >= body.nodes.size()) continue;
            uint32_t at = arg;
            while (body.nodes[at].kind == HirKind::WidenFunc) at = body.nodes[at].a;
            if (types_.kind(body.nodes[at].type) == TypeKind::Func) runs.push_back(called_value(*b, at));
          }
          for (uint32_t arg : args) {
            if (arg >= body.nodes.size() || body.nodes[arg].kind != HirKind::MutArg) continue;
            uint32_t var = root_of(body.nodes[arg].a);
            if (var == kNone32 || !shared[var]) continue;
            for (uint32_t node : runs)
              lent_cells_.push_back({node, body.nodes[arg].span, vars_[var].name, vars_[var].span});
          }
          break;
        }
        default: break;
      }
    }
    auto tell = [&](uint32_t var, Span changed, Span read) {
      shared[var] = 2;
      std::string name(text(vars_[var].name));
      report<Diag::SharedDecision>(changed, name)
          .with_label("changed here, because of what was read before")
          .at(read, "read here")
          .at(vars_[var].span, "tasks share this variable")
          .note(
              "each statement that touches a shared variable runs alone, but another task may change it between the two")
          .help("let one task own `" + name + "`, and send it over a channel what should be done");
    };
    // What was taken out into a `let`, and goes into the new value.
    if (taken.size() * given.size() < 1000)
      for (const Taken& t : taken) {
        if (shared[t.var] != 1) continue;
        for (const Given& g : given) {
          if (g.var != t.var || g.lo < t.at.hi) continue;
          bool goes_in = false;
          for (const HirNode& n : body.nodes)
            goes_in |= n.kind == HirKind::Local && n.a == t.local && n.span.lo >= g.lo && n.span.hi <= g.hi;
          if (!goes_in) continue;
          tell(t.var, g.at, t.at);
          break;
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
        tell(read->var, Span{write->lo, write->hi}, Span{read->lo, read->hi});
      }
    }
  }
}

}  // namespace janus
