// check_task.cpp: nurseries, tasks, waiting for them.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// Every nursery is a variable of type Nursery, named by the program or not, so that a `spawn` in a closure reaches it as any captured
// variable. A nursery collects what can fail in it: its body, and the tasks spawned into it, except those whose handle is kept and
// whose every `await` has a `catch`; these answer for themselves. A nursery that can fail is answered like a call, or passes on by
// itself in a function that can fail, in a task, and in main.
#include "frontend/check_internal.h"

namespace janus {

bool BodyChecker::tasks_allowed(NodeId n, const char* what) {
  if (p_.modules[+module_]->profile == Profile::Core) {
    report_concurrency(n, what);
    return false;
  }
  p_.uses_tasks = true;
  return true;
}

TypeId BodyChecker::nursery_type() { return types_.intern(TypeKind::Nursery, 0, 0, {}); }

// What every wait can end with besides what the program declares.
ErrorSetId BodyChecker::with_implicit(ErrorSetId set) {
  ErrorSetId all = new_inferred_set();
  if (is_some(set)) include_set(all, set);
  for (TagId tag : {p_.lang.panic, p_.lang.cancelled, p_.lang.channel_closed, p_.lang.budget_exceeded, p_.lang.timeout, p_.lang.deadlock}) include_set(all, set_of_tag(tag));
  return all;
}

void BodyChecker::raises_implicit(Answer* answer) {
  if (!answer) return;
  answer->seen = answer->fails = answer->implicit = answer->only_implicit = true;
}

// ---- nursery, supervisor, race, shield

HirId BodyChecker::check_nursery(NodeId n, TypeId expected, bool value, Answer* answer) {
  static const char* const words[] = {"nursery", "supervisor", "race", "shield"};
  const Node x = ast(n);
  uint16_t kind = x.aux & 3;
  if (!tasks_allowed(n, words[kind])) return poison(span(n));
  NodeId body_node = NodeId(x.a);
  ++b_->defers_open;   // something is left to do behind a `return`: no tail call
  if (kind == 3) {
    if (tree_->record(x.b, 0) != kNone32) report<Diag::NurseryOption>(span(n), words[kind]).help("write `shield do … end`");
    HirId body = check_block(body_node, expected, value);
    --b_->defers_open;
    return emit(HirKind::Shield, node(body).type, body, kNone32, span(n));
  }
  uint32_t timeout = kNone32, tasks = kNone32;
  if (uint32_t list = tree_->record(x.b, 0); list != kNone32) {
    for (size_t i = 0; i < tree_->list(list).size(); ++i) {
      NodeId arg = tree_->list(list)[i];
      const Node a = ast(arg);
      std::string option = a.kind == NodeKind::Arg ? std::string(text(NameId(a.a))) : "";
      NodeId option_value = a.kind == NodeKind::Arg ? NodeId(a.b) : arg;
      uint32_t* place = option == "timeout" ? &timeout : option == "tasks" ? &tasks : nullptr;
      if (place) {
        *place = +check_as(option_value, Types::I64);
      } else if (kind == 1 && (option == "restart" || option == "max" || option == "within")) {
        report<Diag::RestartNotYet>(span(arg)).note("this version of janus has supervisors that collect failures; those that start a failed task again come with `:cluster`").help("write `supervisor do … end`");
      } else {
        Diagnostic& d = report<Diag::NurseryOption>(span(arg), words[kind]);
        d.note("`timeout: ms` ends it after so many milliseconds, `tasks: n` gives it a budget of its own");
        std::vector<std::string_view> names{"timeout", "tasks"};
        if (a.kind == NodeKind::Arg) suggest(d, tree_->token_span(tree_->first_token(arg)), option, names);
        check_poison(option_value);
      }
    }
  }
  size_t scope = open_scope();
  uint32_t var = declare(NameId(tree_->record(x.b, 1)), nursery_type(), 0, tree_->token_span(x.token));
  uint32_t local = +vars_[var].local;
  NurseryScope opened;
  opened.var = var;
  opened.kind = kind;
  opened.set = new_inferred_set();
  nurseries_.push_back(opened);
  Sink sink{Sink::Inferred, opened.set};
  Sink* sink_before = sink_override_;
  Builder* builder_before = sink_builder_;
  sink_override_ = &sink;
  sink_builder_ = b_;
  HirId body = check_block(body_node, kind == 2 ? TypeId::None : expected, value && kind != 2);
  sink_override_ = sink_before;
  sink_builder_ = builder_before;
  close_scope(scope);
  --b_->defers_open;
  decide_handles(nurseries_.back());
  NurseryScope done = std::move(nurseries_.back());
  nurseries_.pop_back();
  bool fails = done.fails || !p_.error_sets[+done.set].includes.empty();
  TypeId type = node(body).type;
  if (kind == 2) {
    if (type_of(body) != Types::Never) drop_value(body);
    type = is_some(done.race) ? done.race : type_of(body) == Types::Never ? Types::Never : Types::Void;
  }
  HirId made = emit(HirKind::Nursery, type, body, make_record({local, timeout, tasks}), span(n), kind);
  return nursery_answered(made, fails, done.set, n, answer);
}

HirId BodyChecker::nursery_answered(HirId made, bool fails, ErrorSetId set, NodeId n, Answer* answer) {
  if (answer) {
    answer->seen = answer->fails = answer->implicit = true;
    answer->only_implicit = !fails;
    answer->set = set;
    return made;
  }
  if (!fails) return made;
  bool is_main = stack_.size() == 1 && is_some(func_) && func_ == p_.main_func;
  Sink& sink = current_sink();
  if (sink.kind != Sink::Never) {
    if (b_->in_defer == 0) {
      flow_into_sink(set, span(n), n, "nursery");
      return made;
    }
  } else if (is_main) {
    return made;
  }
  if (quiet_) return made;
  Span at = tree_->token_span(ast(n).token);
  report<Diag::UnhandledFailure>(at)
      .with_label("a task in it can fail, and its failure leaves through here")
      .note("a nursery fails with the first failure of its tasks; like a call that can fail, it is answered where it stands")
      .help("handle it behind its `end`: `end catch |err| do … end`")
      .help("or let the function fail: write its result type with `!`, and the failure goes on to the caller");
  return made;
}

// A handle whose every mention is an `await` with a `catch`, or `cancel` and `isDone`: its failure arrives there (ruling 1).
void BodyChecker::decide_handles(NurseryScope& scope) {
  for (const HandleSpawn& h : scope.handles) {
    Body& body = group_[h.builder]->body;
    bool answered = false;
    if (is_some(h.local)) {
      size_t mentions = 0, good = 0, awaits = 0;
      for (size_t i = +h.spawn; i < body.nodes.size(); ++i) {
        const HirNode& x = body.nodes[i];
        auto is_handle = [&](uint32_t id) { return body.nodes[id].kind == HirKind::Local && body.nodes[id].a == +h.local; };
        if (x.kind == HirKind::Local && x.a == +h.local) ++mentions;
        if (x.kind == HirKind::TaskOp && is_handle(x.a)) ++good;
        if (x.kind == HirKind::Catch && body.nodes[x.a].kind == HirKind::Await && is_handle(body.nodes[x.a].a)) { ++good; ++awaits; }
      }
      for (Builder* b : group_)
        if (b->parent == h.builder)
          for (const Capture& c : b->body.captures) mentions += c.outer == h.local;
      answered = awaits > 0 && mentions == good;
    }
    if (answered) body.nodes[+h.spawn].aux = 1;
    if (answered || !h.fails) continue;
    scope.fails = true;
    include_set(scope.set, h.set);
  }
}

// ---- spawn

// The innermost nursery around this text, also out of closures.
BodyChecker::NurseryScope* BodyChecker::nursery_here() { return nurseries_.empty() ? nullptr : &nurseries_.back(); }

HirId BodyChecker::check_spawn(NodeId n, TypeId expected, bool handle) {
  const Node x = ast(n);
  Span word = tree_->token_span(x.token);
  NurseryScope* scope = nursery_here();
  if (!scope || p_.modules[+module_]->profile == Profile::Core) {
    report_concurrency(n, "spawn");
    return poison(span(n));
  }
  p_.uses_tasks = true;
  uint32_t stack = kNone32;
  if (x.b != kNone32)
    for (size_t i = 0; i < tree_->list(x.b).size(); ++i) {
      NodeId arg = tree_->list(x.b)[i];
      const Node a = ast(arg);
      if (a.kind == NodeKind::Arg && text(NameId(a.a)) == "stack") {
        stack = +check_as(NodeId(a.b), Types::I64);
        continue;
      }
      report<Diag::NurseryOption>(span(arg), "spawn").note("`spawn(stack: bytes)` gives the task a stack of that size");
      check_poison(a.kind == NodeKind::Arg ? NodeId(a.b) : arg);
    }
  uint32_t var = nurseries_.back().var;
  HirId nursery = emit(HirKind::Local, nursery_type(), +local_of(var), kNone32, word);
  return spawn_into(nursery, var, NodeId(x.a), n, stack, expected, handle);
}

// n.spawn(f), n.spawn(f(x)), n.spawn(func() do … end), n.spawn { … }
HirId BodyChecker::spawn_method(HirId nursery, NodeId call, TypeId expected, bool handle) {
  std::span<const NodeId> args = tree_->list(ast(call).b);
  if (args.size() != 1 || ast(args[0]).kind == NodeKind::Arg || ast(args[0]).kind == NodeKind::MutArg) {
    report<Diag::ArgumentCount>(span(call), "`spawn`", "1 argument", args.size()).note("`n.spawn(f(x))` starts a task that runs `f(x)`; `n.spawn(func() do … end)` one that runs the block");
    check_rest(args);
    return poison(span(call));
  }
  p_.uses_tasks = true;
  uint32_t var = node(nursery).kind == HirKind::Local ? var_of_local(LocalId(node(nursery).a)) : kNone32;
  return spawn_into(nursery, var, args[0], call, kNone32, expected, handle);
}

// The call (with its operands in this body) that a task makes. Other work than calls of functions becomes a closure around it.
HirId BodyChecker::spawn_into(HirId nursery, uint32_t var, NodeId what, NodeId n, uint32_t stack, TypeId expected, bool handle) {
  NodeId bare = unparen(what);
  NodeKind k = ast(bare).kind;
  size_t errors = p_.diags.error_count();
  if (is_some(expected) && types_.kind(shallow(expected)) == TypeKind::Task) expected = types_.elem(shallow(expected));
  else expected = TypeId::None;
  ErrorSetId set = ErrorSetId::None;
  bool fails = false;
  HirId call = HirId::None;
  auto call_of = [&](HirId function) {   // a function value that takes nothing
    TypeId type = shallow(node(function).type);
    if (types_.kind(type) != TypeKind::Func || types_[type].arg_count != 1) return false;
    fails = types_[type].a & kFuncFallible;
    set = fails ? ErrorSetId(types_[type].b) : ErrorSetId::None;
    call = emit(HirKind::CallValue, types_.args(type).back(), function, make_list({}), span(what));
    return true;
  };
  if (k == NodeKind::Closure) {
    task_closure_ = true;
    HirId closure = check_closure(bare, TypeId::None, FuncId::None, 0);
    task_closure_ = false;
    if (type_of(closure) == Types::Error) return poison(span(n));
    if (!call_of(closure)) {
      report<Diag::NotSpawnable>(span(what)).note("nobody gives the closure its arguments: a task begins by calling it without any").help("write `func() do … end`, and let it capture what it needs");
      return poison(span(n));
    }
  } else if (k == NodeKind::Call) {
    Answer answer;
    HirId made = check_call(bare, expected, &answer);
    if (answer.deferred) {
      deferred_.back().answer_set = var != kNone32 ? scope_of(var) : new_inferred_set();
      deferred_.back().question = 3;
      call = made;
    } else {
      fails = answer.fails && !answer.only_implicit;
      set = answer.set;
      const HirNode m = node(made);
      bool function = (m.kind == HirKind::Call && p_.funcs[m.a].origin == FuncOrigin::Janus) || m.kind == HirKind::CallTrait || m.kind == HirKind::CallDyn || m.kind == HirKind::CallValue;
      if (function && m.kind == HirKind::CallTrait && is_some(p_.funcs[m.a].impl) == false) function = true;
      if (p_.diags.error_count() != errors || type_of(made) == Types::Error) return poison(span(n));
      if (function) {
        call = made;
        std::span<const uint32_t> args = b_->body.list(m.kind == HirKind::Call || m.kind == HirKind::CallTrait ? b_->body.extra[m.b + 1] : m.b);
        for (uint32_t arg : args)
          if (arg < b_->body.nodes.size() && b_->body.nodes[arg].kind == HirKind::MutArg) {
            report<Diag::LentToTask>(b_->body.nodes[arg].span)
                .note("the task runs beside this function, so both would change the variable at once; what a task gets is a copy")
                .help("let the task return the new value, and `await` it; or send it over a channel");
            return poison(span(n));
          }
      } else {
        call = call_around(bare);
        fails = false;
      }
    }
  } else {
    HirId function = check(what);
    if (type_of(function) == Types::Error || p_.diags.error_count() != errors) return poison(span(n));
    if (!call_of(function)) {
      report<Diag::NotSpawnable>(span(what)).with_label("this is `" + name_of(node(function).type) + "`").note("a task runs a call: its arguments are evaluated here, the call itself beside this function").help("write `spawn f(x)`, or `spawn func() do … end`");
      return poison(span(n));
    }
  }
  TypeId result = shallow(node(call).type);
  if (result == Types::Never) result = Types::Void;
  NurseryScope* scope = nullptr;
  for (NurseryScope& s : nurseries_)
    if (s.var == var) scope = &s;
  if (scope && scope->kind == 2) {
    if (is_none(scope->race)) {
      scope->race = result;
    } else if (!unify(scope->race, result)) {
      report_mismatch(span(what), scope->race, result, what, nullptr);
    }
  }
  HirId made = emit(HirKind::Spawn, handle ? types_.task(result) : Types::Void, call, make_record({+nursery, stack}), span(n));
  if (scope) {
    if (handle) {
      scope->handles.push_back({made, b_->index, set, fails, LocalId::None});
    } else if (fails) {
      scope->fails = true;
      include_set(scope->set, set);
    }
  }
  return made;
}

ErrorSetId BodyChecker::scope_of(uint32_t var) {
  for (NurseryScope& s : nurseries_)
    if (s.var == var) return s.set;
  return new_inferred_set();
}

// `spawn println(x)`, `spawn ch.send(v)`: a closure around what is no call of a function of the program.
HirId BodyChecker::call_around(NodeId what) {
  Facts facts_before;
  copy_facts(facts_before, facts_);
  Builder* outer = b_;
  Builder& b = open_builder(true);
  b.body.is_closure = true;
  b.body.func = func_;
  b.body.parent = outer->id;
  b.what = "task";
  b.node = what;
  b.sink = {Sink::Inferred, ErrorSetId::None};
  b.sink_span = span(what);
  b.result_written = false;
  size_t scope = open_scope();
  HirId root = check(what);
  b.result = shallow(node(root).type);
  close_scope(scope);
  b.body.root = root;
  b.body.result = b.result;
  stack_.pop_back();
  b_ = outer;
  copy_facts(facts_, facts_before);
  TypeId parts[] = {b.result};
  HirId closure = emit(HirKind::MakeClosure, types_.func(parts, 0, ErrorSetId::None), +b.id, b.index, span(what));
  return emit(HirKind::CallValue, b.result, closure, make_list({}), span(what));
}

// The variable that a handle is bound to.
void BodyChecker::bind_handle(HirId spawn, uint32_t pat) {
  if (node(spawn).kind != HirKind::Spawn || pat == kNone32 || b_->body.pats[pat].kind != PatKind::Bind) return;
  for (NurseryScope& s : nurseries_)
    for (HandleSpawn& h : s.handles)
      if (h.spawn == spawn && h.builder == b_->index) h.local = LocalId(b_->body.pats[pat].a);
}

// ---- await, and what a handle can do

HirId BodyChecker::check_await(NodeId n, TypeId expected, Answer* answer) {
  if (!tasks_allowed(n, "await")) return poison(span(n));
  NodeId operand = NodeId(ast(n).a);
  HirId task = check(operand, is_some(expected) && !is_open(expected) ? types_.task(expected) : TypeId::None);
  task = received(task);
  TypeId type = settle(node(task).type);
  if (types_.kind(type) == TypeKind::Error) return poison(span(n));
  if (types_.kind(type) == TypeKind::Infer && open_kind(type) == InferKind::General) {
    unify(type, types_.task(fresh(InferKind::General, Span{})));
    type = shallow(type);
  }
  if (types_.kind(type) != TypeKind::Task) {
    Diagnostic& d = report<Diag::NotATask>(span(operand), name_of(type));
    d.note("`await` waits for a task that was started with `spawn`, and gives its result");
    if (ast(unparen(operand)).kind == NodeKind::Call) d.help("a call waits for its function by itself: leave the `await` out; or start it as a task: `let h = spawn " + source(operand) + "`, then `await h`");
    return poison(span(n));
  }
  if (answer) {
    answer->seen = answer->fails = answer->implicit = true;
    answer->set = new_inferred_set();
    // What the task can fail with: known for a name that was bound to its `spawn`, else anything of the nurseries around.
    const HirNode t = node(task);
    bool known = false;
    for (const NurseryScope& s : nurseries_)
      for (const HandleSpawn& h : s.handles)
        if (t.kind == HirKind::Local && h.builder == b_->index && is_some(h.local) && +h.local == t.a) {
          include_set(answer->set, h.set);
          known = true;
        }
    if (!known)
      for (const NurseryScope& s : nurseries_) {
        include_set(answer->set, s.set);
        for (const HandleSpawn& h : s.handles) include_set(answer->set, h.set);
      }
  }
  return emit(HirKind::Await, types_.elem(type), task, kNone32, span(n));
}

HirId BodyChecker::task_method(HirId task, NodeId call, NameId name, Span name_span) {
  std::string word(text(name));
  size_t count = tree_->list(ast(call).b).size();
  bool cancels = word == "cancel";
  if (!cancels && word != "isDone") {
    Diagnostic& d = report<Diag::NoMethod>(name_span, name_of(node(task).type), word);
    std::vector<std::string_view> names{"cancel", "isDone"};
    if (!suggest(d, name_span, word, names)) d.help("the result of a task is `await " + source(NodeId(ast(NodeId(ast(call).a)).a)) + "`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (count != 0) {
    report<Diag::ArgumentCount>(span(call), "`" + word + "`", "no arguments", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  return emit(HirKind::TaskOp, cancels ? Types::Void : Types::Bool, task, kNone32, span(call), cancels ? 0 : 1);
}

// ---- sleep(ms), yield, cancelled()

HirId BodyChecker::task_builtin(Builtin builtin, NodeId call, TypeId expected, Answer* answer) {
  const Node x = ast(call);
  std::string name = source(NodeId(x.a));
  if (!tasks_allowed(call, name.c_str())) {
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  size_t count = tree_->list(x.b).size();
  size_t most = builtin == Builtin::Sleep || builtin == Builtin::Channel ? 1 : 0;
  bool plain = true;
  for (NodeId a : tree_->list(x.b)) plain &= ast(a).kind != NodeKind::Arg && ast(a).kind != NodeKind::MutArg;
  if (count > most || (builtin == Builtin::Sleep && count != 1) || !plain) {
    report<Diag::ArgumentCount>(span(call), "`" + name + "`", most ? "1 argument" : "no arguments", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (builtin == Builtin::Channel) return make_channel(fresh(InferKind::General, Span{}), count ? tree_->list(x.b)[0] : NodeId::None, call, expected, answer);
  raises_implicit(answer);
  if (builtin == Builtin::Sleep) {
    HirId ms = check_as(tree_->list(x.b)[0], Types::I64);
    return emit(HirKind::Sleep, Types::Void, ms, kNone32, span(call));
  }
  if (builtin == Builtin::Yield) return emit(HirKind::Yield, Types::Void, kNone32, kNone32, span(call));
  if (answer) *answer = Answer{};
  return emit(HirKind::Cancelled, Types::Bool, kNone32, kNone32, span(call));
}

}  // namespace janus
