// check_escape.cpp: a nursery, and whatever can start tasks in it, stays inside its block.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// A nursery's name may be given another name with `let`, be handed to a function, and be captured by a closure that
// stays: one that a task of this nursery (or of one inside it) runs, one that is called, one that is given to a
// function which only calls it. As a value anywhere else it would outlive its tasks' end (E4002, ruling 8). Types keep
// out of fields, elements and results by syntax already (resolve_type.cpp); here are the values whose types are found
// out.
//
// What a function spawns into a nursery that it was given fails the nursery of its caller. spawn_set() is the set of
// those failures, one for each parameter; a call includes it in the set of the nursery that it hands over. The methods
// of a trait answer for all their impls. Nurseries that go through function values share one set, lent_nurseries_.
#include "frontend/check_internal.h"

namespace janus {

static uint64_t param_key(FuncId func, uint32_t param) { return (uint64_t(+func) << 8) | param; }

// The method of the trait that `func` implements, or none.
static FuncId declared_method(const Program& p, FuncId func) {
  const FuncInfo& f = p.funcs[+func];
  if (is_none(f.impl) || is_none(p.impls[+f.impl].trait)) return FuncId::None;
  const std::vector<FuncId>& methods = p.impls[+f.impl].methods;
  for (size_t i = 0; i < methods.size(); ++i)
    if (methods[i] == func) return p.traits[+p.impls[+f.impl].trait].methods[i];
  return FuncId::None;
}

ErrorSetId BodyChecker::spawn_set(FuncId func, uint32_t param) {
  unlasting_ = true;
  uint32_t known = spawn_sets_.find(param_key(func, param));
  if (known != FlatMap::None) return ErrorSetId(known);
  ErrorSetId made = new_inferred_set();
  spawn_sets_[param_key(func, param)] = +made;
  if (FuncId declared = declared_method(p_, func); is_some(declared)) include_set(spawn_set(declared, param), made);
  return made;
}

// Where failures go of tasks spawned into this nursery.
ErrorSetId BodyChecker::nursery_set(uint32_t root) {
  unlasting_ = true;
  if (NurseryScope* scope = scope_of(root)) return scope->set;
  const Var& v = vars_[root];
  if (v.depth == 0 && (v.flags & kLocalParam) && is_some(func_) && +v.local < 255) return spawn_set(func_, +v.local);
  if (is_none(lent_nurseries_)) lent_nurseries_ = new_inferred_set();
  return lent_nurseries_;
}

// Every task of `inner` has ended when `outer` ends. Parameters of the function outlive all nurseries in it.
bool BodyChecker::encloses(uint32_t outer, uint32_t inner) {
  if (outer == inner) return true;
  NurseryScope *o = scope_of(outer), *i = scope_of(inner);
  if (!i) return false;
  return o ? o < i : vars_[outer].depth == 0;
}

// The closure captures this nursery; of several, the innermost counts: it ends first.
void BodyChecker::captures_nursery(Builder& b, uint32_t root) {
  if (b.nursery == kNone32 || encloses(b.nursery, root)) b.nursery = root;
}

void BodyChecker::report_nursery_leaves(Span at, uint32_t root, bool closure) {
  Diagnostic& d = report<Diag::NurseryEscapes>(at);
  if (closure) d.with_label("this closure can start tasks in the nursery, and it may be kept");
  if (root != kNone32) d.at(vars_[root].span, "the nursery");
  d.note(
      "a nursery ends when its block and all its tasks have ended; what outlived it could start tasks for which nobody waits");
  if (closure)
    d.help("call the closure here, let a task of the nursery run it, or give it to a function that only calls it");
  else d.help("use its name: `n.spawn(…)`, or hand it to a function as an argument");
}

// A mention of a variable as a value: may it stand here? `n`: the name.
bool BodyChecker::nursery_value(uint32_t var, NodeId n, TypeId expected) {
  const Var& v = vars_[var];
  if (v.nursery != kNone32) {
    if (closure_stays_ == n || (is_some(expected) && types_.kind(shallow(expected)) == TypeKind::Nursery)) return true;
    report_nursery_leaves(span(n), v.nursery, false);
    return false;
  }
  if (v.holds != kNone32 && closure_stays_ != n) {
    report_nursery_leaves(span(n), v.holds, true);
    return false;
  }
  return true;
}

// A closure written where a value is wanted that may go anywhere.
void BodyChecker::closure_leaves(HirId closure, NodeId n) {
  if (node(closure).kind != HirKind::MakeClosure || closure_stays_ == n) return;
  uint32_t captured = group_[node(closure).b]->nursery;
  if (captured != kNone32) report_nursery_leaves(span(n), captured, true);
}

// A task of `target` runs what captures a nursery.
void BodyChecker::check_task_capture(uint32_t captured, uint32_t target, Span at) {
  if (encloses(captured, target)) return;
  report<Diag::NurseryEscapes>(at)
      .with_label("this task can start tasks in the inner nursery")
      .at(vars_[captured].span, "this nursery may end before the task does")
      .at(vars_[target].span, "the task belongs to this one")
      .note("a task may start others in its own nursery and in those around it")
      .help("spawn it into the inner nursery");
}

// An argument of a call: a nursery, or a closure that captures one.
void BodyChecker::nursery_argument(HirId value, FuncId callee, uint32_t param, NodeId arg) {
  while (node(value).kind == HirKind::WidenFunc) value = HirId(node(value).a);
  const HirNode v = node(value);
  uint32_t var = v.kind == HirKind::Local ? var_of_local(LocalId(v.a)) : kNone32;
  if (var != kNone32 && vars_[var].nursery != kNone32) {
    uint32_t root = vars_[var].nursery;
    if (spawn_target_ != kNone32) check_task_capture(root, spawn_target_, span(arg));
    if (is_none(lent_nurseries_)) lent_nurseries_ = new_inferred_set();
    include_set(nursery_set(root), is_some(callee) && param < 255 ? spawn_set(callee, param) : lent_nurseries_);
    return;
  }
  uint32_t held = v.kind == HirKind::MakeClosure ? group_[v.b]->nursery : var != kNone32 ? vars_[var].holds : kNone32;
  if (held == kNone32) return;
  if (spawn_target_ != kNone32) check_task_capture(held, spawn_target_, span(arg));
  if (is_some(callee) && param < 255) nursery_args_.push_back({callee, param, span(arg)});
  else report_nursery_leaves(span(arg), held, true);
}

}  // namespace janus
