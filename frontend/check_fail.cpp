// check_fail.cpp: failure: `fail`, `?`, `try`, `catch`, and the sets that errors travel in.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/check_internal.h"

namespace janus {

ErrorSetId BodyChecker::set_of_tag(TagId tag) {
  uint32_t& known = single_sets_[+tag];
  if (known == FlatMap::None) known = +error_set_of(p_, {tag});
  return ErrorSetId(known);
}

ErrorSetId BodyChecker::new_inferred_set() { return janus::new_inferred_set(p_); }

void BodyChecker::include_set(ErrorSetId into, ErrorSetId from) {
  if (into == from || is_none(into) || is_none(from)) return;
  if (recording_ && +into < first_set_ && into != p_.funcs[+func_].errors)
    unlasting_ = true;   // of a field's type, say
  std::vector<ErrorSetId>& includes = p_.error_sets[+into].includes;
  // Sets of one function are few and come in runs, so the newest is asked first.
  for (size_t i = includes.size(); i-- > 0;)
    if (includes[i] == from) return;
  includes.push_back(from);
}

ErrorSetId BodyChecker::join_sets(ErrorSetId a, ErrorSetId b) {
  if (a == b || is_none(b)) return a;
  if (is_none(a)) return b;
  const ErrorSet &sa = p_.error_sets[+a], &sb = p_.error_sets[+b];
  if (!sa.inferred && !sb.inferred) {
    std::vector<TagId> tags = sa.tags;
    tags.insert(tags.end(), sb.tags.begin(), sb.tags.end());
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    if (tags == sa.tags) return a;
    if (tags == sb.tags) return b;
    return error_set_of(p_, std::move(tags));
  }
  ErrorSetId both = new_inferred_set();
  include_set(both, a);
  include_set(both, b);
  return both;
}

// Everything in `from` must be in `to`: asked now when both are known, when all sets are solved otherwise.
void BodyChecker::fit(ErrorSetId from, ErrorSetId to, Span at, Span declared, bool is_value) {
  if (from == to || is_none(from) || is_none(to)) return;
  if (p_.error_sets[+to].inferred) {
    include_set(to, from);
    return;
  }
  FitCheck check{from, to, at, declared, is_value};
  if (p_.error_sets[+from].inferred) {
    if (!quiet_) fits_.push_back(check);
  } else if (!quiet_) {
    report_unfit(check);
  }
}

void BodyChecker::report_unfit(const FitCheck& check) {
  std::string missing;
  int count = 0;
  for (TagId tag : p_.error_sets[+check.from].tags) {
    if (p_.set_contains(check.to, tag) || p_.tags[+tag].implicit) continue;
    if (count++ < 3) missing += (missing.empty() ? "`" : ", `") + p_.tags[+tag].full_name + "`";
  }
  bool any = p_.error_sets[+check.from].open;   // of a function value whose type names no errors
  if (count == 0 && !any) return;
  if (any) missing += count ? " and any other error" : "any error";
  else if (count > 3) missing += " and " + std::to_string(count - 3) + " more";
  std::string set = p_.set_name(check.to);
  if (check.is_value) {
    p_.diags.report<Diag::ErrorDoesNotFit>(check.span, missing, set)
        .note("`" + set + "` lists the errors that may stand here");
    return;
  }
  Diagnostic& d =
      p_.diags.report<Diag::ErrorDoesNotFit>(check.span, missing, set).with_label("this can fail with " + missing);
  if (!check.declared.is_none()) d.at(check.declared, "the function says that it fails with `" + set + "` only");
  d.note("the caller relies on the list of errors in the function's type");
  if (any)
    d.note("a function value of the type `func() -> !T` may fail with whatever it likes; `func() -> " + set +
           "!T` keeps to the list");
  d.help("answer it here: `catch |err| do … end`, for example with `fail` and an error of `" + set + "`");
  d.help("or add it: to the declaration of `" + set + "`, or to the type as `" + set +
         " | …`; `!T` alone lets janus find the list out");
}

// A failure leaves the function (or the block of assert_fails) here.
void BodyChecker::flow_into_sink(ErrorSetId set, Span at, NodeId n, const char* doing, bool by_await) {
  if (b_->in_defer > 0) {
    report<Diag::LeavesDefer>(at, doing)
        .note("a `defer` runs while its block is already being left, so it must come to its own end")
        .help("answer the failure inside: `catch do … end`");
    return;
  }
  Sink& sink = current_sink();
  switch (sink.kind) {
    case Sink::Never: {
      bool is_main = stack_.size() == 1 && is_some(func_) && func_ == p_.main_func;
      std::string what = b_->what;
      Diagnostic& d = report<Diag::CannotFail>(at, doing, what);
      d.with_label("a failure would leave the " + what + " here");
      if (!b_->sink_span.is_none()) d.at(b_->sink_span, "its type has no `!`");
      d.note("a function that can fail says so in its type, so that its callers know");
      if (is_main) d.help("write `func main() -> !void do`, or answer the failure here with `catch |err| do … end`");
      else
        d.help("write the result type with `!`, as in `-> !" +
               (b_->result == Types::Void ? std::string("void") : name_of(b_->result)) +
               "`, or answer the failure here with `catch`");
      (void)n;
      sink.kind = Sink::Inferred;   // one mistake, one error
      sink.set = ErrorSetId::None;
      return;
    }
    case Sink::Declared: fit(set, sink.set, at, b_->sink_span, false); break;
    case Sink::Inferred:
      if (is_none(sink.set)) sink.set = new_inferred_set();
      include_set(sink.set, set);
      break;
  }
  sink.fails = true;
  if (&sink != &b_->sink) return;
  b_->fails = true;
  b_->fails_hard |= !by_await;
}

// ---- fail

// `fail Timeout`: what the language raises goes another road than what a program fails with.
HirId BodyChecker::implicit_failure(TagId tag, Span at) {
  std::string name = p_.tags[+tag].full_name;
  Diagnostic& d = report<Diag::ImplicitFailure>(at, name);
  d.note(
      "it passes every `catch` but that of a nursery, an `await` or the operation that raises it, and needs no mark");
  if (name == "Panic") d.help("for a bug, write `unreachable()` or `assert(…)`");
  d.help("give the failure a name of your own: `fail Too" + name + "`, or a declared error");
  dead_ = true;
  return poison(at);
}

HirId BodyChecker::check_fail(NodeId n) {
  NodeId value_node = NodeId(ast(n).a);
  NodeId bare = is_some(value_node) ? unparen(value_node) : NodeId::None;
  if (is_none(bare)) {
    dead_ = true;
    return poison(span(n));
  }
  auto leave = [&](HirId value, ErrorSetId set) {
    flow_into_sink(set, span(n), n, "fail");
    dead_ = true;
    return emit(HirKind::Fail, Types::Never, value, kNone32, span(n));
  };
  const Node v = ast(bare);
  Sink& sink = current_sink();
  if (v.kind == NodeKind::Ident) {
    NameId name = NameId(v.a);
    std::string word(text(name));
    bool capital = !word.empty() && word[0] >= 'A' && word[0] <= 'Z';
    if (capital && find_var(name) == kNone32 && is_none(lookup_name(p_, module_, name))) {
      TagId tag = p_.ad_hoc_tag(name);
      // A variant of a declared error, without the error's name? Or nearly one?
      std::vector<std::string_view> names;
      const std::string* same = nullptr;
      if (sink.kind == Sink::Declared) {
        for (TagId t : p_.error_sets[+sink.set].tags) {
          names.push_back(text(p_.tags[+t].name));
          if (p_.tags[+t].name == name && is_some(p_.tags[+t].error)) same = &p_.tags[+t].full_name;
        }
      } else {
        for (DeclId d : p_.modules[+module_]->decls)
          if (p_.decls[+d].kind == DeclKind::Error)
            for (TagId t : p_.errors[p_.decls[+d].index].tags) {
              names.push_back(text(p_.tags[+t].name));
              if (p_.tags[+t].name == name) same = &p_.tags[+t].full_name;
            }
      }
      std::string_view near = nearest_name(word, names);
      bool misspelt = !near.empty() && near != word;
      bool in_set = sink.kind == Sink::Declared && p_.set_contains(sink.set, tag);
      if (!in_set && (same || misspelt || sink.kind == Sink::Declared)) {
        Diagnostic& d = report<Diag::AdHocError>(span(bare), word);
        std::string full;
        if (same) full = *same;
        for (size_t i = 0; full.empty() && misspelt && i < p_.tags.size(); ++i)
          if (is_some(p_.tags[i].error) && text(p_.tags[i].name) == near) full = p_.tags[i].full_name;
        if (!full.empty())
          d.help("did you mean `" + full + "`?")
              .fix(span(bare), full, "write `" + full + "`", Applicability::MaybeIncorrect);
        if (sink.kind == Sink::Declared)
          d.at(b_->sink_span, "the function fails with `" + p_.set_name(sink.set) + "` only")
              .note("an error that is made up where it happens fits only where the list of errors is found out, `!T`");
        else if (!misspelt) d.note("a declared error is written with its name in front");
        if (full.empty() && !names.empty() && sink.kind == Sink::Declared)
          d.help("use one of its errors, such as `" + p_.set_name(sink.set) + "." + std::string(names[0]) + "`");
        dead_ = true;
        return poison(span(n));
      }
      if (p_.tags[+tag].implicit) return implicit_failure(tag, span(bare));
      HirId value = emit(HirKind::MakeError, types_.error_value(set_of_tag(tag)), +tag, kNone32, span(bare));
      return leave(value, set_of_tag(tag));
    }
  }
  TypeId hint = sink.kind == Sink::Declared ? types_.error_value(sink.set) : TypeId::None;
  HirId value = check(value_node, hint);
  TypeId type = settle(node(value).type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Never) {
    dead_ = true;
    return poison(span(n));
  }
  if (kind != TypeKind::ErrorVal) {
    bool is_type = kind == TypeKind::TypeOf;
    Diagnostic& d = report<Diag::FailNeedsError>(span(value_node), is_type ? "a type" : "`" + name_of(type) + "`");
    if (is_type && types_.kind(types_.elem(type)) == TypeKind::ErrorVal) {
      ErrorSetId set = ErrorSetId(types_[types_.elem(type)].a);
      if (!p_.error_sets[+set].tags.empty())
        d.help("name what went wrong: `fail " + p_.tags[+p_.error_sets[+set].tags[0]].full_name + "`");
    } else {
      d.note("what a function fails with is an error: a variant of a declared `error`, or a name made up here")
          .help("declare `error MyError { NotFound, Invalid(String) }` and write `fail MyError.NotFound`");
      say_what_hides(p_, module_, d, type);
    }
    dead_ = true;
    return poison(span(n));
  }
  const HirNode made = node(value);
  if (made.kind == HirKind::MakeError && p_.tags[made.a].implicit)
    return implicit_failure(TagId(made.a), span(value_node));
  return leave(value, made.kind == HirKind::MakeError ? set_of_tag(TagId(made.a)) : ErrorSetId(types_[type].a));
}

// ---- answers

// The operand of `?`, `try`, `catch`: its outermost call is answered by it (ruling 18).
HirId BodyChecker::check_answered(NodeId n, TypeId expected, Answer& answer, bool value_wanted) {
  NodeId bare = unparen(n);
  switch (ast(bare).kind) {
    case NodeKind::Nursery: return check_nursery(bare, expected, value_wanted, &answer);
    case NodeKind::Await: return check_await(bare, expected, &answer);
    case NodeKind::Select: return check_select(bare, expected, value_wanted, &answer);
    case NodeKind::Spawn: {
      HirId spawned = check_spawn(bare, expected, value_wanted);
      if (type_of(spawned) != Types::Error) raises_implicit(&answer);
      return spawned;
    }
    case NodeKind::Yield: raises_implicit(&answer); return check(bare);
    default: break;
  }
  if (ast(bare).kind == NodeKind::Call) {
    answer.seen = true;
    return check_call(bare, expected, &answer);
  }
  NodeId before = catch_operand_;
  catch_operand_ = n;
  HirId value = check_unnarrowed(n, expected);
  catch_operand_ = before;
  return value;
}

HirId BodyChecker::check_question(NodeId n, TypeId expected, bool is_try, bool value_wanted) {
  NodeId operand = NodeId(ast(n).a);
  NodeId bare = unparen(operand);
  Span mark = tree_->token_span(ast(n).token);
  const char* word = is_try ? "try" : "?";
  size_t errors = p_.diags.error_count();
  Answer answer;
  NodeKind of = ast(bare).kind;
  bool is_call = of == NodeKind::Call;
  bool gives_value =
      is_call || of == NodeKind::Nursery || of == NodeKind::Select;   // of the type that is expected here
  TypeId hint = gives_value ? expected : TypeId::None;
  HirId value = check_answered(operand, hint, answer, value_wanted);
  TypeId type = settle(node(value).type);
  if (answer.fails && !answer.only_implicit) {
    flow_into_sink(answer.set, is_try ? mark : span(n), n, word);
    if (type == Types::Error) return poison(span(n));
    return emit(HirKind::Try, node(value).type, value, kNone32, span(n));
  }
  if (answer.deferred) {
    TypeId result = fresh(InferKind::General, Span{});
    HirId made = emit(HirKind::Try, result, value, kNone32, span(n));
    deferred_.back().answer_node = made;
    deferred_.back().question = 1;
    return made;
  }
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) return poison(span(n));
  // Any nursery can fail with a panic of a task, a race with having none: those go on by themselves, and to say so is
  // no mistake (ruling 46).
  if (of == NodeKind::Nursery && answer.fails) return value;
  if (kind == TypeKind::Optional) {
    if (b_->in_defer > 0) {
      report<Diag::LeavesDefer>(span(n), word)
          .note("a `defer` runs while its block is already being left, so it must come to its own end");
      return poison(span(n));
    }
    TypeId result = shallow(b_->result);
    TypeKind rk = types_.kind(result);
    if (rk == TypeKind::Infer) {
      unify(result, types_.optional(fresh(InferKind::General, b_->sink_span, "the result of this closure")));
    } else if (rk != TypeKind::Optional && rk != TypeKind::Error) {
      Diagnostic& d = report<Diag::NullLeaves>(span(n), b_->what, name_of(result));
      d.with_label("`null` would leave the " + std::string(b_->what) + " here");
      if (!b_->sink_span.is_none()) d.at(b_->sink_span, "its result has no question mark");
      d.note("`x?` on a value that may be `null` gives `null` back from the whole function");
      const Tokens& tokens = tree_->tokens;
      uint32_t last = tree_->lasts[+n];
      if (last + 2 < tokens.kinds.size() && tokens.kinds[last + 1] == TokenKind::Dot &&
          tokens.kinds[last + 2] == TokenKind::Ident) {   // a?.b of Swift and TypeScript
        bool calls = last + 3 < tokens.kinds.size() && tokens.kinds[last + 3] == TokenKind::LParen;
        d.help("a part of it, when it is there: `" + source(operand) + ".map { |it| it." +
               std::string(text(tokens.name(last + 2))) + (calls ? "(…)" : "") + " }`, which may be `null` too");
      }
      d.help("a value to use instead: `" + source(operand) + " ?? …`")
          .help("or give the function a result that may be `null`: `-> ?" +
                (result == Types::Void ? std::string("T") : name_of(result)) + "`");
      return poison(span(n));
    }
    return emit(HirKind::OptTry, types_.elem(type), value, kNone32, span(n));
  }
  if (p_.diags.error_count() != errors) return value;
  Diagnostic& d = report<Diag::NothingToAnswer>(mark, word);
  if (is_call) d.at(span(operand), "this cannot fail, and is never `null`");
  else d.at(span(operand), "this is `" + name_of(type) + "`");
  d.help(std::string("leave the `") + word + "` out");
  if (!is_try) d.fix(mark, "", "leave the `?` out");
  return value;
}

// In `0 == y and z` the `0`: what the first comparison of a condition compares.
static NodeId first_compared(const Tree& tree, NodeId n) {
  auto token = [&] { return TokenKind(tree[n].aux); };
  auto binary = [&] { return tree[n].kind == NodeKind::Binary; };
  while (binary() && (token() == TokenKind::KwAnd || token() == TokenKind::KwOr)) n = NodeId(tree[n].a);
  if (!binary()) return NodeId::None;
  switch (token()) {
    case TokenKind::EqEq:
    case TokenKind::BangEq:
    case TokenKind::Less:
    case TokenKind::LessEq:
    case TokenKind::Greater:
    case TokenKind::GreaterEq: return NodeId(tree[n].a);
    default: return NodeId::None;
  }
}

// `{ |e| … }` behind `catch`, where the block of other languages stands.
bool BodyChecker::is_closure_for_error(NodeId handler) {
  const Node x = ast(handler);
  return x.kind == NodeKind::Closure && tree_->list(x.a).size() == 1 &&
         tree_->tokens.kinds[tree_->first_token(handler)] == TokenKind::LBrace;
}

HirId BodyChecker::check_catch(NodeId n, TypeId expected, bool value) {
  const Node x = ast(n);
  NodeId operand = NodeId(x.a), pattern = tree_->record_node(x.b, 0), handler = tree_->record_node(x.b, 1);
  Span mark = tree_->token_span(x.token);
  size_t errors = p_.diags.error_count();
  Answer answer;
  answer.by_catch = true;
  Facts at_begin;
  copy_facts(at_begin, facts_);
  HirId tried = check_answered(operand, value ? expected : TypeId::None, answer, value);
  TypeId type = shallow(node(tried).type);
  if (answer.implicit) answer.set = with_implicit(answer.set);
  bool quiet = p_.diags.error_count() != errors || type == Types::Error;
  if (answer.deferred) {
    deferred_.back().answer_set = new_inferred_set();
    deferred_.back().question = 2;
    answer.set = deferred_.back().answer_set;
  } else if (!answer.fails && !quiet) {
    Diagnostic& d = report<Diag::NothingToAnswer>(mark, "catch");
    d.at(span(operand), answer.seen ? "this cannot fail" : "this is not a call that can fail");
    if (types_.kind(type) == TypeKind::Optional)
      d.note("a value that may be `null` is answered with `??`").help("write `" + source(operand) + " ?? …`");
    else if (!answer.seen)
      d.note("`catch` answers the outermost call before it; a call inside an expression needs parentheses")
          .help("write `(f() catch 0) + 1`");
    else d.help("leave the `catch` out");
  }
  bool failing = answer.fails || answer.deferred;
  // `f() catch 0 > 1` is meant the other way round.
  bool literal = types_.kind(type) == TypeKind::Infer && open_kind(type) != InferKind::General;
  bool plain = literal || types_.is_number(type) || type == Types::String || type == Types::Char;
  NodeId first = plain && !quiet ? first_compared(*tree_, handler) : NodeId::None;
  if (failing && is_some(first)) {
    report<Diag::TypeMismatch>(span(handler), name_of(type), "bool")
        .with_label("this is `bool`")
        .at(span(operand), "it stands in for the `" + name_of(type) + "` of this call")
        .note("`catch` takes all that follows: this is read as `" + source(operand) + " catch (" + source(handler) +
              ")`")
        .fix({span(operand).lo, span(first).hi}, "(" + source(operand) + " catch " + source(first) + ")",
             "write brackets", Applicability::MaybeIncorrect);
    check_poison(handler);
    return poison(span(n));
  }
  if (failing && is_none(pattern) && is_closure_for_error(handler) && types_.kind(type) != TypeKind::Func &&
      (types_.kind(type) != TypeKind::Infer || literal)) {
    NodeId param = tree_->list(ast(handler).a)[0];
    std::string name(ast(param).kind == NodeKind::Param ? std::string(text(NameId(ast(param).a))) : source(param));
    Diagnostic& d = report<Diag::ForeignWord>(span(handler), "{ |" + name + "| … }", "|" + name + "| do … end")
                        .note("`{ |x| … }` is a function, a value like any other; what answers a failure is a block");
    Span bars = {tree_->token_span(tree_->first_token(handler)).lo, tree_->token_span(tree_->lasts[+param] + 1).hi};
    d.fix(bars, "|" + name + "| do", "write a block").fix(tree_->token_span(tree_->lasts[+handler]), "end", "");
    poison_open(node(check(handler)).type);
    return poison(span(n));
  }
  Facts before, after_handler;
  copy_facts(before, facts_);
  bool dead_before = dead_;
  dead_ = false;
  // The handler begins where the operand broke off: what it found out on the way to its end is not known here.
  copy_facts(facts_, at_begin);
  forget_assigned_in(facts_, operand);
  for (const Fact& f : before)
    if (f.kind == Fact::Awaited) add_fact(f.var, f.kind);
  size_t scope = open_scope();
  uint32_t local = kNone32;
  if (is_some(pattern)) {
    const Node p = ast(pattern);
    TypeId err = failing && is_some(answer.set) ? types_.error_value(answer.set) : Types::Error;
    if (p.kind == NodeKind::PatBind) {
      uint32_t var = declare(NameId(p.a), err, 0, span(pattern), n);
      local = +vars_[var].local;
    } else if (p.kind != NodeKind::PatWild) {
      check_pattern(pattern, Types::Error, 0, n);
      report<Diag::CatchPattern>(span(pattern))
          .help("name the error, `catch |err| do`, and take it apart with `match err { … }`");
    }
  }
  bool wants = value && type != Types::Void && type != Types::Error;
  // Where the call's own result is dropped, so is the value that stands in for it, without a word.
  bool drops = !value && type != Types::Void && type != Types::Error && type != Types::Never;
  TypeId hint = expected;
  if ((wants || drops) && (is_none(expected) || is_open(expected)) && type != Types::Never) hint = type;
  bool refused = value && type == Types::Error;   // the stand-in for it is a value too
  HirId handled = check_branch(handler, wants || drops ? hint : TypeId::None, wants || drops || refused);
  close_scope(scope);
  copy_facts(after_handler, facts_);
  bool dead_handler = dead_;
  copy_facts(facts_, before);
  if (dead_before) {   // the operand never comes back
    dead_ = dead_handler;
    copy_facts(facts_, after_handler);
  } else {
    dead_ = false;
    if (!dead_handler) meet(facts_, after_handler);
  }
  if (!failing) return quiet || !value ? poison(span(n)) : tried;
  // A result that nothing has decided (the receiver is not known yet, or the closure of a generic call always fails),
  // and a handler without a value: then the call gives none either (`c.send(x) catch do … end`).
  if (wants && type_of(handled) == Types::Void && !dead_handler && types_.kind(type) == TypeKind::Infer &&
      open_kind(type) == InferKind::General && unify(type, Types::Void))
    wants = false;
  if (wants && type_of(handled) == Types::Void && type != Types::Never && !dead_handler) {
    NodeId last = handler;
    while (ast(last).kind == NodeKind::Block && !tree_->list(ast(last).a).empty())
      last = tree_->list(ast(last).a).back();
    report<Diag::CatchNeedsValue>(span(last), name_of(type))
        .at(span(operand), "the call gives `" + name_of(type) + "` when it does not fail")
        .note("what stands behind `catch` takes the place of the result that did not come")
        .help("end with a value, as in `catch 0`, or leave: `return`, `fail …`, `continue`");
    return emit(HirKind::Void, type, kNone32, kNone32, span(n));
  }
  HirId branches[] = {tried, handled};
  NodeId asts[] = {operand, handler};
  TypeId result = Types::Void;
  if (wants) {
    join_branches(branches, asts, is_some(expected) && !is_open(expected) ? expected : TypeId::None, true, &result);
  } else {
    drop_value(branches[0]);
    drop_value(branches[1]);
    result = dead_ ? Types::Never : Types::Void;
  }
  HirId made =
      emit(HirKind::Catch, result, +branches[0], make_record({local, +branches[1]}), span(n), answer.implicit ? 1 : 0);
  if (answer.deferred)
    late_catches_.push_back(
        {b_->index, made, answer.set});   // whether implicit failures arrive is known with the receiver
  return made;
}

}   // namespace janus
