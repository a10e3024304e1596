// check_closure.cpp: anonymous functions of both spellings.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

HirId BodyChecker::check_closure(NodeId n, TypeId expected, FuncId arg_callee, uint32_t arg_param) {
  const Node x = ast(n);
  size_t count = tree_->list(x.a).size();
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  bool known = is_some(want) && types_.kind(want) == TypeKind::Func, wrong = false;
  if (known && types_[want].arg_count != count + 1) {
    size_t wanted = types_[want].arg_count - 1;
    Diagnostic& d = report<Diag::ClosureParams>(span(n), count, wanted);
    std::string names;
    for (size_t i = 0; i < wanted; ++i) names += std::string(i ? ", " : "") + static_cast<char>('a' + i % 26);
    if (wanted == 0) d.help("a closure that takes nothing is `{ || … }`");
    else d.help("write `{ |" + names + "| … }`; a parameter that is not needed is `_`");
    known = false;
    wrong = true;
  }
  SmallVec<TypeId, 8> want_params;
  for (size_t i = 0; known && i < count; ++i) want_params.push_back(types_.args(want)[i]);
  TypeId want_result = known ? shallow(types_.args(want).back()) : TypeId::None;
  uint32_t want_muts = known ? types_[want].a & ~uint32_t(kFuncFallible) : 0;

  bool is_task = std::exchange(task_closure_, false);
  NodeId stays = std::exchange(closure_stays_, NodeId::None);
  uint32_t target = std::exchange(spawn_target_, kNone32);
  Facts facts_before;
  copy_facts(facts_before, facts_);
  bool dead_before = dead_;
  dead_ = false;
  Builder* outer = b_;
  Builder& b = open_builder(true);
  b.body.is_closure = true;
  b.body.func = func_;
  b.body.parent = outer->id;
  b.arg_callee = arg_callee;
  b.arg_param = arg_param;
  b.what = is_task ? "task" : "closure";
  b.result_wanted = !is_task;
  b.is_task = is_task;
  b.node = n;
  b.sink = {Sink::Inferred, ErrorSetId::None};
  size_t scope = open_scope();

  // Parameters first: the first locals of the body, in order.
  SmallVec<TypeId, 8> parts;
  SmallVec<NodeId, 8> patterns;
  SmallVec<uint32_t, 8> pattern_locals;
  uint32_t muts = 0;
  for (size_t i = 0; i < count; ++i) {
    NodeId param = tree_->list(x.a)[i];
    const Node p = ast(param);
    bool is_pattern = p.kind == NodeKind::PatternParam;
    NodeId type_node = is_pattern ? NodeId(p.b) : p.b == kNone32 ? NodeId::None : tree_->record_node(p.b, 0);
    TypeId type;
    if (is_some(type_node)) {
      type = resolve_type(p_, type_scope_, type_node);
      if (known && !unify(type, want_params[i])) {
        wrong = true;
        report<Diag::TypeMismatch>(span(type_node), name_of(want_params[i]), name_of(type))
            .with_label("the parameter is written as `" + name_of(type) + "`")
            .note("the place where this closure is used gives it a `" + name_of(want_params[i]) + "`");
      }
    } else {
      type = known ? want_params[i] : wrong ? Types::Error : fresh(InferKind::General, span(param), "this parameter");
    }
    bool is_mut = (p.flags & kMut) || (want_muts & mut_param_flag(i));
    if (is_mut && i >= kMutParams) report_late_mut(p_, span(param));
    if (is_mut) muts |= mut_param_flag(i);
    parts.push_back(type);
    uint8_t flags = kLocalParam | (is_mut ? kLocalMutParam : 0);
    NameId name = is_pattern ? NameId::None : NameId(p.a);
    for (size_t k = scope; is_some(name) && name != n_underscore_ && k < bindings_.size(); ++k)
      if (bindings_[k].name == name)
        report<Diag::DuplicateParam>(span(param), text(name)).at(vars_[bindings_[k].var].span, "the first one");
    uint32_t var = declare(name, type, flags, span(param));
    if (types_.kind(shallow(type)) == TypeKind::Nursery) vars_[var].nursery = var;
    if (is_pattern) {
      patterns.push_back(NodeId(p.a));
      pattern_locals.push_back(var);
    }
  }
  b.body.param_count = static_cast<uint32_t>(count);
  SmallVec<uint32_t, 8> lets;
  for (size_t i = 0; i < patterns.size(); ++i) {
    const Var v = vars_[pattern_locals[i]];
    HirId value = emit(HirKind::Local, v.type, +v.local, kNone32, v.span);
    uint32_t pat = check_pattern(patterns[i], v.type, 0, NodeId::None);
    lets.push_back(+emit(HirKind::Let, Types::Void, pat, +value, v.span));
  }

  // Result: as written, as expected, or found out.
  NodeId result_node = tree_->record_node(x.b, 0), body_node = tree_->record_node(x.b, 1);
  b.result_written = false;
  b.sink_span = tree_->token_span(x.token);
  if (is_some(result_node)) {
    FallibleType written = resolve_result_type(p_, type_scope_, result_node);
    b.result = written.type;
    b.result_written = true;
    b.sink_span = span(result_node);
    if (!written.fallible) b.sink.kind = Sink::Never;
    else if (written.infer_set) b.sink = {Sink::Inferred, ErrorSetId::None};
    else b.sink = {Sink::Declared, written.set};
    b.body.fallible = written.fallible;
    b.fails = written.fallible;
  } else if (is_some(want_result)) {
    b.result = want_result;
    b.drop_result = want_result == Types::Void;
  } else {
    b.result = fresh(InferKind::General, Span{});
  }
  b.body.fallible |= b.fails;

  HirId root;
  bool value = !b.drop_result && b.result != Types::Void;
  if (!value) {
    if (b.drop_result && ast(body_node).kind != NodeKind::Block) {
      // `func(i64)` takes a closure with a value and drops it (ruling 27): no lint.
      root = check(body_node);
      drop_value(root);
    } else {
      root = check_block(body_node, TypeId::None, false);
    }
  } else {
    root = check_block(body_node, b.result, true);
    TypeId type = type_of(root), result = shallow(b.result);
    if (type == Types::Void) {
      if (types_.kind(result) == TypeKind::Infer) {
        unify(result, Types::Void);
      } else if (result != Types::Void && result != Types::Error && !dead_) {
        Diagnostic& d = report<Diag::MissingResult>(tree_->token_span(tree_->lasts[+n]), "closure", name_of(result));
        if (b.result_written) d.at(b.sink_span, "the result is declared here");
        d.note("the closure can come to its end without giving a value").help("make the last expression the result");
      }
    } else if (type == Types::Never) {
      // Only `return`s decide, or nothing does: then it gives nothing. A type argument of the call around it may yet be
      // decided by another argument or by what the call's result is used for; only if it is not, it gives nothing.
      if (types_.kind(result) == TypeKind::Infer && open_kind(result) == InferKind::General) {
        InferVar& open = infer_[types_[result].a];
        if (known) open.origin = Span{};
        else if (open.origin.is_none()) unify(result, Types::Void);
      }
    } else if (type != Types::Error) {
      NodeId place = body_node;
      while (ast(place).kind == NodeKind::Block && !tree_->list(ast(place).a).empty())
        place = tree_->list(ast(place).a).back();
      if (!b.result_written && !known && result == Types::Void) drop_value(root);
      else root = coerce(root, b.result, place);
    } else {
      poison_open(b.result);   // what it gives is asked for no further
    }
  }
  close_scope(scope);
  if (!lets.empty()) {
    TypeId type = node(root).type;
    bool has_value = type_of(root) != Types::Void;
    if (!has_value) lets.push_back(+root);
    root = emit(HirKind::Block, type, make_list(lets), has_value ? +root : kNone32, node(root).span);
  }
  b.body.root = root;
  b.body.result = b.result;
  b.body.fallible |= b.fails;
  b.body.errors = b.sink.set;
  if (b.body.fallible && is_none(b.body.errors)) b.body.errors = new_inferred_set();
  // What it may turn out to fail with goes where its type says, or to the nursery of the task that it is.
  if (!b.body.fallible && !is_task) maybe_fails_.insert(maybe_fails_.end(), b.maybe_fails.begin(), b.maybe_fails.end());
  SmallVec<uint32_t, 4> written;
  for (uint32_t v : b.written_outer) written.push_back(v);
  stack_.pop_back();
  b_ = outer;
  closure_stays_ = stays;
  spawn_target_ = target;
  copy_facts(facts_, facts_before);
  dead_ = dead_before;

  parts.push_back(b.result);
  uint32_t flags = muts | (b.body.fallible ? kFuncFallible : 0);
  TypeId type = types_.func(parts, flags, b.body.fallible ? b.body.errors : ErrorSetId::None);
  // What a closure writes is not known to be non-null afterwards. `b` of the node is ours until the group ends.
  for (uint32_t v : written) drop_fact(v, Fact::NonNull);
  if (wrong) {
    poison_open(type);
    if (is_some(want)) poison_open(want);
    return poison(span(n));
  }
  return emit(HirKind::MakeClosure, type, +b.id, b.index, span(n));
}

}   // namespace janus
