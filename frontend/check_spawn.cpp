// check_spawn.cpp: `spawn`: what the new task runs, who holds its handle, and where its failure goes.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// Who holds the handle: a task whose handle is bound by a `let`, and whose every mention is an `await` with a `catch`
// (or `cancel`, `isDone`), delivers its failure there (HIR: aux 1); any other failure cancels the nursery. A handle
// that some way out of its scope passes without an `await` leaves its failure to the nursery, at the end (ruling 1), so
// such a nursery can fail too.
#include "frontend/check_internal.h"
#include "frontend/effects.h"

namespace janus {

BodyChecker::NurseryScope* BodyChecker::scope_of(uint32_t root) {
  for (size_t i = nurseries_.size(); i-- > 0;)
    if (nurseries_[i].var == root) return &nurseries_[i];
  return nullptr;
}

// At the end of a block: is a handle what the block is asked for (ruling 28)?
bool BodyChecker::spawn_wanted(TypeId expected) {
  if (is_none(expected)) return false;
  expected = shallow(expected);
  return expected != Types::Void && (!is_open(expected) || b_->result_wanted);
}

HirId BodyChecker::check_spawn(NodeId n, TypeId expected, bool handle) {
  const Node x = ast(n);
  Span word = tree_->token_span(x.token);
  if (nurseries_.empty() || p_.modules[+module_]->profile == Profile::Core) {
    report_concurrency(n, "spawn");
    return poison(span(n));
  }
  p_.uses_tasks = unlasting_ = true;
  need_capability(kCapSpawn, word,
                  "in `:sovereign` no task starts without a right to: that is how a program chooses who may");
  uint32_t stack = kNone32;
  if (x.b != kNone32)
    for (size_t i = 0; i < tree_->list(x.b).size(); ++i) {
      NodeId arg = tree_->list(x.b)[i];
      const Node a = ast(arg);
      NodeId value = a.kind == NodeKind::Arg ? NodeId(a.b) : a.kind == NodeKind::MutArg ? NodeId(a.a) : arg;
      if (a.kind == NodeKind::Arg && text(NameId(a.a)) == "stack") {
        if (stack != kNone32) report<Diag::ArgumentTwice>(span(arg), "stack");
        stack = +check_as(value, Types::I64);
        continue;
      }
      Diagnostic& d = report<Diag::NurseryOption>(span(arg), "spawn")
                          .note("`spawn(stack: bytes)` gives the task a stack of that size");
      if (a.kind == NodeKind::Arg) suggest(d, tree_->token_span(tree_->first_token(arg)), text(NameId(a.a)), {"stack"});
      check_poison(value);
    }
  uint32_t root = nurseries_.back().var;   // the innermost around this text, also out of closures
  HirId nursery = emit(HirKind::Local, nursery_type(), +local_of(root), kNone32, word);
  return spawn_into(nursery, root, NodeId(x.a), n, stack, expected, handle, false);
}

// n.spawn(f), n.spawn(f(x)), n.spawn(func() do … end), n.spawn { || … }
HirId BodyChecker::spawn_method(HirId nursery, NodeId nursery_ast, NodeId call, TypeId expected, bool handle) {
  size_t count = tree_->list(ast(call).b).size();
  NodeId what = NodeId::None;
  uint32_t stack = kNone32;
  bool bad = false;
  for (size_t i = 0; i < count; ++i) {
    NodeId arg = tree_->list(ast(call).b)[i];
    const Node a = ast(arg);
    if (a.kind == NodeKind::Arg && text(NameId(a.a)) == "stack") stack = +check_as(NodeId(a.b), Types::I64);
    else if (is_none(what) && a.kind != NodeKind::Arg && a.kind != NodeKind::MutArg) what = arg;
    else bad = true;
  }
  if (bad || is_none(what)) {
    report<Diag::ArgumentCount>(span(call), "`spawn`", "1 argument", count)
        .note("`n.spawn(f(x))` starts a task that runs `f(x)`; `n.spawn(func() do … end)` one that runs the block");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  p_.uses_tasks = unlasting_ = true;
  need_capability(kCapSpawn, span(call),
                  "in `:sovereign` no task starts without a right to: that is how a program chooses who may");
  uint32_t root =
      node(nursery).kind == HirKind::Local ? vars_[var_of_local(LocalId(node(nursery).a))].nursery : kNone32;
  if (root == kNone32) {
    report_nursery_leaves(span(nursery_ast), kNone32, false);
    return poison(span(call));
  }
  return spawn_into(nursery, root, what, call, stack, expected, handle, true);
}

// The call that a task makes, with its operands in this body. Other work than calls of functions becomes a closure
// around it.
HirId BodyChecker::spawn_into(HirId nursery, uint32_t root, NodeId what, NodeId n, uint32_t stack, TypeId expected,
                              bool handle, bool method) {
  NodeId bare = unparen(what);
  const Node w = ast(bare);
  size_t errors = p_.diags.error_count();
  TypeId want = is_some(expected) && types_.kind(shallow(expected)) == TypeKind::Task ? types_.elem(shallow(expected))
                                                                                      : TypeId::None;
  ErrorSetId set = ErrorSetId::None;
  bool fails = false;
  HirId call = HirId::None;
  SmallVec<uint32_t, 8> lets;
  // A value that is a function without parameters is called by the task.
  auto call_of = [&](HirId function) {
    TypeId type = shallow(node(function).type);
    if (types_.kind(type) != TypeKind::Func || types_[type].arg_count != 1) return false;
    fails = types_[type].a & kFuncFallible;
    if (fails) set = ErrorSetId(types_[type].b);
    call = emit(HirKind::CallValue, types_.args(type).back(), function, make_list({}), span(what));
    return true;
  };
  auto refuse = [&](HirId value, const char* note) {
    Diagnostic& d = report<Diag::NotSpawnable>(span(what)).note(note);
    if (is_some(value)) {
      d.with_label("this is `" + name_of(node(value).type) + "`");
      poison_open(node(value).type);
    }
    d.help("write `spawn f(x)`, or `spawn func() do … end`");
    return poison(span(n));
  };
  if (w.kind == NodeKind::Closure) {
    task_closure_ = true;
    HirId closure = check_closure(bare, TypeId::None, FuncId::None, 0);
    task_closure_ = false;
    if (type_of(closure) == Types::Error) return poison(span(n));
    Builder& b = *group_[node(closure).b];
    if (b.nursery != kNone32) check_task_capture(b.nursery, root, span(what));
    if (!call_of(closure))
      return refuse(
          closure,
          "nobody gives the closure its arguments: a task begins by calling it without any; it captures what it needs");
    if (is_none(set)) set = b.sink.set;   // what it may turn out to fail with
  } else if (w.kind == NodeKind::Question || w.kind == NodeKind::Try || w.kind == NodeKind::Catch) {
    Answer answer;
    check_answered(NodeId(w.a), TypeId::None, answer);   // for its own mistakes
    if (p_.diags.error_count() != errors) return poison(span(n));
    Diagnostic& d = report<Diag::NotSpawnable>(span(what));
    d.note("the failure of a task goes to its nursery, so the call itself is not answered here");
    d.help(
        w.kind == NodeKind::Catch
            ? "answer it in the task: `spawn func() do … catch … end`, or where its handle is awaited: `await h catch …`"
            : "leave the answer out: `spawn " + source(NodeId(w.a)) + "`");
    return poison(span(n));
  } else if (w.kind == NodeKind::Call) {
    NodeId callee = NodeId(w.a);
    if (ast(callee).kind == NodeKind::Ident) {
      uint32_t var = find_var(NameId(ast(callee).a));
      if (var != kNone32) {
        if (vars_[var].poly_param != 0xffff) poly_escape(var);
        if (vars_[var].closure != kNone32) group_[vars_[var].closure]->is_task = true;
        if (vars_[var].holds != kNone32) check_task_capture(vars_[var].holds, root, span(callee));
      }
    }
    Answer answer;
    uint32_t target_before = std::exchange(spawn_target_, root);
    HirId made = check_call(bare, want, &answer);
    spawn_target_ = target_before;
    if (answer.deferred) {
      deferred_.back().answer_set = nursery_set(root);
      deferred_.back().question = 3;
      call = made;
    } else {
      if (p_.diags.error_count() != errors || type_of(made) == Types::Error) return poison(span(n));
      fails = answer.fails && !answer.only_implicit;
      set = answer.set;
      const HirNode m = node(made);
      bool function = (m.kind == HirKind::Call && p_.funcs[m.a].origin == FuncOrigin::Janus) ||
                      m.kind == HirKind::CallTrait || m.kind == HirKind::CallDyn || m.kind == HirKind::CallValue;
      if (function) {
        call = made;
        bool typed = m.kind == HirKind::Call || m.kind == HirKind::CallTrait;
        for (uint32_t arg : b_->body.list(typed ? b_->body.extra[m.b + 1] : m.b)) {
          if (arg >= b_->body.nodes.size() || b_->body.nodes[arg].kind != HirKind::MutArg) continue;
          report<Diag::LentToTask>(b_->body.nodes[arg].span)
              .note(
                  "the task runs beside this function, so both would change the variable at once; what a task gets is a copy")
              .help("let the task return the new value, and `await` it; or send it over a channel");
          return poison(span(n));
        }
        // n.spawn(make()): a function that gives a task's function.
        TypeId result = shallow(m.type);
        if (method && !fails && types_.kind(result) == TypeKind::Func && types_[result].arg_count == 1) call_of(made);
      } else {
        call = closure_around(made, bare, lets);
        if (is_none(call))
          return p_.diags.error_count() != errors ? poison(span(n)) : refuse(HirId::None, "a task runs a call");
        fails = false;
        set = ErrorSetId::None;
      }
    }
  } else if (w.kind == NodeKind::Block) {
    Span at = {span(what).lo, span(what).lo + 2};   // its `do`
    report<Diag::NotSpawnable>(at)
        .note("a task runs a call: a block becomes one as a function without a name")
        .fix({at.lo, at.lo}, "func() ", "write `spawn func() do … end`");
    return poison(span(n));
  } else {
    uint32_t var = w.kind == NodeKind::Ident ? find_var(NameId(w.a)) : kNone32;
    closure_stays_ = bare;
    HirId function = check(what);
    closure_stays_ = NodeId::None;
    if (type_of(function) == Types::Error || p_.diags.error_count() != errors) return poison(span(n));
    if (!call_of(function))
      return refuse(function,
                    "a task runs a call: its arguments are evaluated here, the call itself beside this function");
    if (var != kNone32) {
      if (vars_[var].closure != kNone32) group_[vars_[var].closure]->is_task = true;
      if (vars_[var].holds != kNone32) check_task_capture(vars_[var].holds, root, span(what));
    }
  }
  TypeId result = shallow(node(call).type);
  if (result == Types::Never) result = Types::Void;
  NurseryScope* scope = scope_of(root);
  if (scope && scope->kind == 2) {
    if (is_none(scope->race)) scope->race = result;
    else if (!unify(scope->race, result)) {
      Why why{vars_[root].span, "the value of a `race` is that of any of its tasks, and another one gives `" +
                                    name_of(scope->race) + "`"};
      report_mismatch(span(what), scope->race, result, what, &why);
    }
  }
  HirId made = emit(HirKind::Spawn, handle ? task_type(result, set, fails) : Types::Void, call,
                    make_record({+nursery, stack}), span(n));
  if (handle) {
    handles_.push_back({b_->index, made, set, fails});
    uint32_t index = static_cast<uint32_t>(handles_.size() - 1);
    if (scope) scope->handles.push_back(index);
    else param_handles_.push_back({index, root});
  } else {
    if (is_some(set)) include_set(nursery_set(root), set);
    if (scope) scope->fails |= fails;
  }
  if (lets.empty()) return made;
  bool gives = type_of(made) != Types::Void;
  if (!gives) lets.push_back(+made);
  return emit(HirKind::Block, node(made).type, make_list(lets), gives ? +made : kNone32, span(n));
}

// `spawn println(x)`, `spawn ch.send(v)`: no call of a function of the program. The operands are evaluated here, into
// variables that a closure around the operation takes along. None: this is no work for a task.
HirId BodyChecker::closure_around(HirId operation, NodeId what, SmallVec<uint32_t, 8>& lets) {
  const HirNode op = node(operation);
  SmallVec<uint32_t, 8> operands;
  bool typed = op.kind == HirKind::Call || op.kind == HirKind::Intrinsic,
       listed = typed || op.kind == HirKind::Print || op.kind == HirKind::MakeEnum;
  switch (op.kind) {
    case HirKind::Call:
    case HirKind::Intrinsic:
      for (uint32_t v : b_->body.list(b_->body.extra[op.b + 1])) operands.push_back(v);
      break;
    case HirKind::Print:
      for (uint32_t v : b_->body.list(op.a)) operands.push_back(v);
      break;
    case HirKind::ChannelOp:
      operands.push_back(op.a);
      if (op.b != kNone32) operands.push_back(op.b);
      break;
    case HirKind::Sleep:
    case HirKind::TaskOp:
    case HirKind::Panic: operands.push_back(op.a); break;
    case HirKind::Yield: break;
    default: return HirId::None;
  }
  SmallVec<uint32_t, 8> vars;
  size_t count = typed && op.aux == 1 ? operands.size() / 2 : operands.size();
  for (size_t i = 0; i < count; ++i) {
    const HirNode operand = node(HirId(operands[i]));
    if (operand.kind == HirKind::MutArg) {
      report<Diag::LentToTask>(operand.span)
          .note(
              "the task runs beside this function, so both would change the variable at once; what a task gets is a copy")
          .help(
              "make the change in a closure, `spawn func() do … end`: then the variable is shared, and each statement that touches it runs alone");
      return HirId::None;
    }
    uint32_t var = declare(NameId::None, operand.type, 0, operand.span);
    uint32_t pat = add_pat(PatKind::Bind, operand.type, +vars_[var].local, kNone32, operand.span);
    lets.push_back(+emit(HirKind::Let, Types::Void, pat, operands[i], operand.span));
    vars.push_back(var);
  }
  SmallVec<TypeId, 8> types;
  if (typed)
    for (uint32_t t : b_->body.list(b_->body.extra[op.b])) types.push_back(TypeId(t));
  Builder* outer = b_;
  Builder& b = open_builder(true);
  b.body.is_closure = true;
  b.body.func = func_;
  b.body.parent = outer->id;
  b.what = "task";
  b.is_task = true;
  b.node = what;
  b.result = op.type;
  b.result_written = false;
  SmallVec<uint32_t, 8> inner;
  for (uint32_t var : vars)
    inner.push_back(+emit(HirKind::Local, vars_[var].type, +local_of(var), kNone32, vars_[var].span));
  for (size_t i = count; i < operands.size(); ++i)
    inner.push_back(operands[i]);   // the order of evaluation, by position
  uint32_t list = listed && !inner.empty() ? make_list(inner) : kNone32;
  uint32_t a = typed ? op.a : listed ? list : inner.empty() ? kNone32 : inner[0];
  uint32_t second = typed                         ? make_record({make_type_list(types), list})
                    : inner.size() > 1 && !listed ? inner[1]
                                                  : kNone32;
  b.body.root = emit(op.kind, op.type, a, second, op.span, op.aux);
  b.body.result = op.type;
  stack_.pop_back();
  b_ = outer;
  TypeId parts[] = {op.type};
  HirId closure = emit(HirKind::MakeClosure, types_.func(parts, 0, ErrorSetId::None), +b.id, b.index, span(what));
  return emit(HirKind::CallValue, op.type, closure, make_list({}), span(what));
}

// ---- handles

// `let h = spawn f(x)`: from here on its mentions are counted.
void BodyChecker::bind_handle(HirId value, uint32_t var) {
  if (node(value).kind != HirKind::Spawn || handles_.empty()) return;
  Handle& h = handles_.back();
  if (h.spawn != value || h.builder != b_->index || (vars_[var].flags & kLocalMut)) return;
  h.bound = true;
  vars_[var].handle = static_cast<uint32_t>(handles_.size() - 1);
}

// `n.spawn(f)` on a line of its own: nobody holds the handle (ruling 28).
void BodyChecker::drop_handle(HirId value) {
  for (size_t i = handles_.size(); i-- > 0;) {
    if (handles_[i].spawn != value || handles_[i].builder != b_->index) continue;
    handles_[i].dropped = true;
    break;
  }
  node(value).type = Types::Void;
}

// The road leaves the scope of the bindings from `mark` on, here by `return`, `break` or the end of a block.
void BodyChecker::leave_handles(size_t mark) {
  if (handles_.empty() || dead_) return;
  for (size_t i = bindings_.size(); i-- > mark;) {
    const Var& v = vars_[bindings_[i].var];
    if (v.depth + 1 != stack_.size()) break;   // of the function around this closure
    if (v.handle != kNone32 && !has_fact(bindings_[i].var, Fact::Awaited)) handles_[v.handle].unawaited = true;
  }
}

// The nursery has ended, so all mentions of its handles are known.
void BodyChecker::decide_handles(NurseryScope& scope) {
  for (uint32_t index : scope.handles) {
    const Handle& h = handles_[index];
    bool answered = h.bound && h.others == 0 && !h.dropped;
    // Handles in an array, a field, a channel: nobody follows them, but where all that is awaited is caught, so are
    // they.
    bool elsewhere = !answered && !h.dropped && scope.caught_elsewhere > 0 && !scope.bare_await;
    scope.keeps |= elsewhere;
    if (answered || elsewhere) group_[h.builder]->body.nodes[+h.spawn].aux = 1;
    if (answered && !h.unawaited) continue;
    scope.fails |= h.fails;
    if (is_some(h.set)) include_set(scope.set, h.set);
  }
}

// The same for nurseries that are parameters: their callers wait for the tasks.
void BodyChecker::decide_param_handles() {
  for (auto [index, root] : param_handles_) {
    NurseryScope scope;
    scope.set = nursery_set(root);
    scope.handles.push_back(index);
    decide_handles(scope);
  }
  param_handles_.clear();
}

}   // namespace janus
