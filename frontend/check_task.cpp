// check_task.cpp: nurseries, waiting for tasks, and the failures that both pass on.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// Every nursery is a variable of type Nursery, named by the program or not, so that a `spawn` in a closure reaches it
// as any captured variable. A nursery collects what can fail in it: its body, and the tasks spawned into it, except
// those whose handle is kept and whose every `await` has a `catch`; these answer for themselves (check_spawn.cpp). A
// nursery that can fail is answered like a call, or passes on by itself in a function that can fail, in a task, in the
// body of another nursery, and in main.
//
// The type of a handle remembers, while its function is checked, what the task can fail with (TypeRow::b of a Task). A
// written type, `Task[i64]`, has no place for that: what goes through one is collected for the whole program in
// open_tasks_, and so is known when all bodies are. The same holds for a nursery that is given to a function: what the
// callee spawns into it is known at the end only. Such failures are MaybeFails: they flow into every set on their way,
// and where a function cannot fail, the end of the program tells whether there was one (report_maybe_fails).
#include "frontend/check_internal.h"

namespace janus {

bool BodyChecker::tasks_allowed(NodeId n, const char* what) {
  if (p_.modules[+module_]->profile == Profile::Core) {
    report_concurrency(n, what);
    return false;
  }
  p_.uses_tasks = unlasting_ = true;
  return true;
}

// What every wait can end with besides what the program declares.
ErrorSetId BodyChecker::with_implicit(ErrorSetId set) {
  ErrorSetId all = new_inferred_set();
  p_.error_sets[+all].implicit = true;
  if (is_some(set)) include_set(all, set);
  for (TagId tag : {p_.lang.panic, p_.lang.cancelled, p_.lang.channel_closed, p_.lang.budget_exceeded, p_.lang.timeout,
                    p_.lang.deadlock})
    include_set(all, set_of_tag(tag));
  return all;
}

void BodyChecker::raises_implicit(Answer* answer) {
  if (!answer) return;
  answer->seen = answer->fails = answer->implicit = answer->only_implicit = true;
}

// ---- failures that go on by themselves

// `fails`: surely; else the set is solved at the end of the program and may be empty.
void BodyChecker::pass_on(ErrorSetId set, bool fails, Span at, const char* what, bool keeps) {
  if (quiet_) return;
  bool is_main = stack_.size() == 1 && is_some(func_) && func_ == p_.main_func;
  Sink& sink = current_sink();
  bool own_sink = &sink == &b_->sink;
  if (b_->in_defer > 0) {   // nothing leaves a `defer`
    if (fails) flow_into_sink(set, at, NodeId::None, what);
    else maybe_fails_.push_back({set, at, what, keeps});
    return;
  }
  if (sink.kind == Sink::Never) {
    if (is_main) return;
    if (fails) report_maybe_fails({ErrorSetId::None, at, what, keeps});
    else b_->maybe_fails.push_back({set, at, what, keeps});
    return;
  }
  if (fails) return flow_into_sink(set, at, NodeId::None, what, what[0] == 'a');
  if (sink.kind == Sink::Declared) {
    fit(set, sink.set, at, b_->sink_span, false);
  } else {
    if (is_none(sink.set)) sink.set = new_inferred_set();
    include_set(sink.set, set);
  }
  if (own_sink) b_->maybe_fails.push_back({set, at, what, keeps});
}

void BodyChecker::report_maybe_fails(const MaybeFail& fail) {
  std::string with;
  if (is_some(fail.set)) {
    for (TagId tag : p_.error_sets[+fail.set].tags)
      if (!p_.tags[+tag].implicit) with += (with.empty() ? " with `" : "`, `") + p_.tags[+tag].full_name;
    if (with.empty()) return;
    with += "`";
  }
  Diagnostic& d = p_.diags.report<Diag::UnhandledFailure>(fail.span);
  if (fail.what[0] == 'a') {
    d.with_label("the task can fail" + with + ", and its failure goes on from here");
    d.note("`await` passes the failure of its task on by itself, in a function whose type says that it can fail");
    d.help("handle it: `await h catch |err| do … end`")
        .help("or let the function fail: write its result type with `!`, and the failure goes on to the caller");
  } else {
    d.with_label("something in it can fail" + with + ", and the failure leaves through here");
    d.note(
        "a nursery fails with the first failure of its tasks; like a call that can fail, it is answered where it stands");
    if (fail.keeps)
      d.note(
          "of a handle in an array, a field or a channel nobody can tell beforehand whether it is awaited; a failure that nobody awaited is the nursery's");
    d.help("handle it behind its `end`: `end catch |err| do … end`");
    d.help("or let the function fail: write its result type with `!`, and the failure goes on to the caller");
  }
}

// Two handles become one type: each may be either task.
void BodyChecker::merge_tasks(uint32_t a, uint32_t b) {
  auto set_of = [&](uint32_t part) {
    if (part) return ErrorSetId(part - 1);
    if (is_none(open_tasks_)) open_tasks_ = new_inferred_set();
    unlasting_ = true;
    return open_tasks_;
  };
  ErrorSetId x = set_of(a), y = set_of(b);
  include_set(x, y);
  include_set(y, x);
  if (!a || !b) return;
  if (failing_tasks_.find(+x) != FlatMap::None || failing_tasks_.find(+y) != FlatMap::None)
    failing_tasks_[+x] = failing_tasks_[+y] = 1;
}

TypeId BodyChecker::task_type(TypeId elem, ErrorSetId set, bool fails) {
  ErrorSetId own = new_inferred_set();
  if (is_some(set)) include_set(own, set);
  if (fails) failing_tasks_[+own] = 1;
  return types_.intern(TypeKind::Task, +elem, 1 + +own, {});
}

// ---- nursery, supervisor, race, shield

static const char* const kNurseryWords[] = {"nursery", "supervisor", "race", "shield"};

HirId BodyChecker::check_shield(NodeId n, TypeId expected, bool value) {
  if (tree_->record(ast(n).b, 0) != kNone32 || is_some(NameId(tree_->record(ast(n).b, 1))))
    report<Diag::NurseryOption>(tree_->token_span(ast(n).token), "shield")
        .note("`shield` is no nursery: it only lets cancellation wait while its block runs")
        .help("write `shield do … end`");
  ++b_->defers_open;   // something is left to do behind a `return`: no tail call (ruling 50)
  HirId body = check_block(NodeId(ast(n).a), expected, value);
  --b_->defers_open;
  return emit(HirKind::Shield, node(body).type, body, kNone32, span(n));
}

void BodyChecker::nursery_options(NodeId n, uint16_t kind, uint32_t& timeout, uint32_t& tasks) {
  uint32_t list = tree_->record(ast(n).b, 0);
  if (list == kNone32) return;
  for (size_t i = 0; i < tree_->list(list).size(); ++i) {
    NodeId arg = tree_->list(list)[i];
    const Node a = ast(arg);
    std::string option = a.kind == NodeKind::Arg ? std::string(text(NameId(a.a))) : "";
    NodeId value = a.kind == NodeKind::Arg ? NodeId(a.b) : a.kind == NodeKind::MutArg ? NodeId(a.a) : arg;
    uint32_t* place = option == "timeout" ? &timeout : option == "tasks" ? &tasks : nullptr;
    if (place && *place != kNone32) report<Diag::ArgumentTwice>(span(arg), option);
    if (place) {
      *place = +check_as(value, Types::I64);
    } else if (kind == 1 && (option == "restart" || option == "max" || option == "within")) {
      Diagnostic& d = report<Diag::RestartNotYet>(span(arg));
      Profile profile = p_.modules[+module_]->profile;
      if (profile != Profile::Cluster)
        d.note("they belong to the profile `:cluster`, and this file has `:" + std::string(profile_name(profile)) +
               "`");
      d.note(
           "a supervisor without `restart:` collects the failures of its tasks and fails with the first of them at its end")
          .help("write `supervisor do … end`");
      if (ast(value).kind != NodeKind::DotName) check_poison(value);
    } else {
      Diagnostic& d = report<Diag::NurseryOption>(span(arg), kNurseryWords[kind]);
      d.note("`timeout: ms` ends it after so many milliseconds, `tasks: n` gives it a budget of its own");
      if (a.kind == NodeKind::Arg) suggest(d, tree_->token_span(tree_->first_token(arg)), option, {"timeout", "tasks"});
      if (ast(value).kind != NodeKind::DotName) check_poison(value);
    }
  }
}

HirId BodyChecker::check_nursery(NodeId n, TypeId expected, bool value, Answer* answer) {
  const Node x = ast(n);
  uint16_t kind = x.aux & 3;
  if (!tasks_allowed(n, kNurseryWords[kind])) return poison(span(n));
  if (kind == 3) return check_shield(n, expected, value);
  uint32_t timeout = kNone32, tasks = kNone32;
  nursery_options(n, kind, timeout, tasks);
  size_t scope = open_scope();
  uint32_t var = declare(NameId(tree_->record(x.b, 1)), nursery_type(), 0, tree_->token_span(x.token));
  vars_[var].nursery = var;
  uint32_t local = +vars_[var].local;
  nurseries_.push_back({var, kind, false, new_inferred_set()});
  Sink sink{Sink::Inferred, nurseries_.back().set};
  Sink* sink_before = std::exchange(sink_override_, &sink);
  Builder* builder_before = std::exchange(sink_builder_, b_);
  ++b_->defers_open;   // something is left to do behind a `return`: no tail call (ruling 50)
  HirId body = check_block(NodeId(x.a), kind == 2 ? TypeId::None : expected, value && kind != 2);
  --b_->defers_open;
  sink_override_ = sink_before;
  sink_builder_ = builder_before;
  close_scope(scope);
  decide_handles(nurseries_.back());
  NurseryScope done = std::move(nurseries_.back());
  nurseries_.pop_back();
  bool fails = done.fails || sink.fails;
  TypeId type = node(body).type;
  if (kind == 2) {
    bool leaves = type_of(body) == Types::Never;
    if (!leaves) drop_value(body);
    type = leaves ? Types::Never : is_some(done.race) ? done.race : Types::Void;
  }
  HirId made = emit(HirKind::Nursery, type, body, make_record({local, timeout, tasks}), span(n), kind);
  if (answer) {
    answer->seen = answer->fails = answer->implicit = true;
    answer->only_implicit = !fails;
    answer->set = done.set;
  } else {
    pass_on(done.set, fails, tree_->token_span(x.token), "nursery", done.keeps);
  }
  return made;
}

// ---- await, and what a handle can do

HirId BodyChecker::check_await(NodeId n, TypeId expected, Answer* answer) {
  NodeId operand = NodeId(ast(n).a);
  if (!tasks_allowed(n, "await")) {
    check_poison(operand);
    return poison(span(n));
  }
  NodeId bare = unparen(operand);
  uint32_t var = ast(bare).kind == NodeKind::Ident ? find_var(NameId(ast(bare).a)) : kNone32;
  uint32_t handle = var != kNone32 ? vars_[var].handle : kNone32;
  HirId task = received(check(operand, is_some(expected) && !is_open(expected) && expected != Types::Error
                                           ? types_.task(expected)
                                           : TypeId::None));
  bool caught = answer && answer->by_catch;
  if (handle != kNone32) {
    if (caught) --handles_[handle].others;
    add_fact(var, Fact::Awaited);
  }
  for (NurseryScope& scope : nurseries_) {
    scope.bare_await |= !caught;
    scope.caught_elsewhere += caught && handle == kNone32;
  }
  TypeId type = settle(node(task).type);
  if (types_.kind(type) == TypeKind::Error) return poison(span(n));
  if (types_.kind(type) == TypeKind::Infer && open_kind(type) == InferKind::General) {
    unify(type, types_.task(fresh(InferKind::General, Span{})));
    type = shallow(type);
  }
  if (types_.kind(type) == TypeKind::Optional && types_.kind(peel(type)) == TypeKind::Task) {
    report_optional_as_value(span(operand), type, operand, nullptr);
    return poison(span(n));
  }
  if (types_.kind(type) != TypeKind::Task) {
    Diagnostic& d = report<Diag::NotATask>(span(operand), name_of(type));
    d.note("`await` waits for a task that was started with `spawn`, and gives its result");
    if (ast(bare).kind == NodeKind::Call)
      d.help("a call waits for its function by itself: leave the `await` out; or start it as a task: `let h = spawn " +
             source(operand) + "`, then `await h`");
    return poison(span(n));
  }
  uint32_t part = types_[type].b;
  if (!part && is_none(open_tasks_)) open_tasks_ = new_inferred_set();
  unlasting_ = true;
  ErrorSetId set = part ? ErrorSetId(part - 1) : open_tasks_;
  bool fails = part && failing_tasks_.find(+set) != FlatMap::None;
  TypeId result = types_.elem(type);
  if (answer) {
    answer->seen = answer->fails = answer->implicit = true;
    answer->only_implicit = part && !fails;
    answer->set = set;
  } else {
    pass_on(set, fails, span(n), "await");
  }
  return emit(HirKind::Await, result, task, kNone32, span(n));
}

bool BodyChecker::is_task_operation(NameId name) { return text(name) == "cancel" || text(name) == "isDone"; }

HirId BodyChecker::task_method(HirId task, NodeId call, NameId name, Span name_span) {
  std::string word(text(name));
  size_t count = tree_->list(ast(call).b).size();
  bool cancels = word == "cancel";
  if (!cancels && word != "isDone") {
    Diagnostic& d = report<Diag::NoMethod>(name_span, name_of(node(task).type), word);
    if (!suggest(d, name_span, word, {"cancel", "isDone"}))
      d.help("the result of a task is `await " + source(NodeId(ast(NodeId(ast(call).a)).a)) + "`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (count != 0) {
    report<Diag::ArgumentCount>(span(call), "`" + word + "`", "no arguments", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  p_.uses_tasks = unlasting_ = true;
  const HirNode t = node(task);   // `cancel` and `isDone` leave it open who answers its failure
  if (t.kind == HirKind::Local && vars_[var_of_local(LocalId(t.a))].handle != kNone32)
    --handles_[vars_[var_of_local(LocalId(t.a))].handle].others;
  return emit(HirKind::TaskOp, cancels ? Types::Void : Types::Bool, task, kNone32, span(call), cancels ? 0 : 1);
}

// ---- sleep(ms), yield, cancelled(), channel(cap)

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
  if (count > most || (builtin == Builtin::Sleep && count != 1)) {
    report<Diag::ArgumentCount>(span(call), "`" + name + "`", most ? "1 argument" : "no arguments", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (!plain) {
    report<Diag::BuiltinArguments>(span(call), name);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  NodeId first = count ? tree_->list(x.b)[0] : NodeId::None;
  switch (builtin) {
    case Builtin::Channel: return make_channel(fresh(InferKind::General, Span{}), first, call, expected, answer);
    case Builtin::Sleep: {
      HirId ms = check_as(first, Types::I64);
      raises_implicit(answer);
      return emit(HirKind::Sleep, Types::Void, ms, kNone32, span(call));
    }
    case Builtin::Yield:
      raises_implicit(answer);
      return emit(HirKind::Yield, Types::Void, kNone32, kNone32, span(call));
    default: return emit(HirKind::Cancelled, Types::Bool, kNone32, kNone32, span(call));
  }
}

}  // namespace janus
