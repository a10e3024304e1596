// check_stmt.cpp: statements and control flow, with what is known at each place.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// A block of statements; with `value`, its last expression is its value.
HirId BodyChecker::check_block(NodeId n, TypeId expected, bool value) {
  if (ast(n).kind != NodeKind::Block) return check_branch(n, expected, value);
  size_t scope = open_scope();
  uint32_t defers = b_->defers_open, block_end = b_->block_end;
  size_t deferred = deferred_vars_.size();
  b_->block_end = tree_->lasts[+n];
  bool warned = dead_;
  bool keeps_value = value && !(ast(n).flags & kTrailingSemi);
  SmallVec<uint32_t, 16> stmts;
  HirId result = HirId::None;
  size_t count = tree_->list(ast(n).a).size();
  for (size_t i = 0; i < count; ++i) {
    NodeId stmt = tree_->list(ast(n).a)[i];
    if (dead_ && !warned && ast(stmt).kind != NodeKind::Error) {
      warned = true;
      report<Diag::UnreachableCode>(span(stmt))
          .with_label("never runs")
          .note(
              "what stands before it always leaves: by `return`, `break`, `continue`, `fail`, a panic, or a loop without end")
          .help("remove it, or put it before");
    }
    if (i + 1 == count && keeps_value) {
      result = check_branch(stmt, expected, true);
      if (type_of(result) == Types::Void) {
        stmts.push_back(+result);
        result = HirId::None;
      }
    } else {
      stmts.push_back(+check_dropped(stmt));
    }
  }
  leave_handles(scope);
  if (deferred_vars_.size() > deferred) close_deferred(deferred);
  close_scope(scope);
  b_->defers_open = defers;
  b_->block_end = block_end;
  TypeId type = is_some(result) ? node(result).type : dead_ ? Types::Never : Types::Void;
  return emit(HirKind::Block, type, stmts.empty() ? kNone32 : make_list(stmts), is_some(result) ? +result : kNone32,
              span(n));
}

HirId BodyChecker::check_branch(NodeId n, TypeId expected, bool value) {
  if (ast(n).kind == NodeKind::Block) return check_block(n, expected, value);
  // A task's handle is a block's value only where one is asked for (ruling 28).
  if (ast(n).kind == NodeKind::Spawn && value && !spawn_wanted(expected)) value = false;
  return value ? check(n, expected) : check_dropped(n);
}

// A statement: its value is not wanted.
HirId BodyChecker::check_dropped(NodeId n) {
  switch (ast(n).kind) {
    case NodeKind::Let: return check_let(n);
    case NodeKind::Assign: return check_assign(n);
    case NodeKind::While: return check_while(n);
    case NodeKind::For: return check_for(n);
    case NodeKind::Defer: return check_defer(n);
    case NodeKind::If: return check_if(n, TypeId::None, false);
    case NodeKind::Match: return check_match_expr(n, TypeId::None, false);
    case NodeKind::Block: return check_block(n, TypeId::None, false);
    case NodeKind::Catch: {
      HirId value = check_catch(n, TypeId::None, false);
      drop_value(value);
      return value;
    }
    case NodeKind::Expect: return check_expect(n);
    case NodeKind::Paren: return check_dropped(NodeId(ast(n).a));
    case NodeKind::Spawn: return check_spawn(n, TypeId::None, false);
    case NodeKind::Nursery: {
      HirId value = check_nursery(n, TypeId::None, false, nullptr);
      drop_value(value);
      return value;
    }
    case NodeKind::Select: return check_select(n, TypeId::None, false, nullptr);
    case NodeKind::Question:
    case NodeKind::Try: {   // `nursery do … end?`: its last line is a statement, too
      NodeKind of = ast(unparen(NodeId(ast(n).a))).kind;
      if (of != NodeKind::Nursery && of != NodeKind::Select) break;
      HirId value = check_question(n, TypeId::None, ast(n).kind == NodeKind::Try, false);
      drop_value(value);
      return value;
    }
    default: break;
  }
  size_t errors = p_.diags.error_count();
  HirId value = check(n);
  if (p_.diags.error_count() == errors) warn_unused(value, n);
  if (node(value).kind == HirKind::Spawn) drop_handle(value);
  drop_value(value);
  return value;
}

// `value // => text` of a doctest: what println would write of the value, or what a call without a value writes.
HirId BodyChecker::check_expect(NodeId n) {
  const Node x = ast(n);
  HirId value = check(NodeId(x.a));
  TypeId type = settle(node(value).type);
  if (type == Types::Error || type == Types::Never) return value;
  bool writes = type == Types::Void;
  if (!writes) late_.push_back({LateCheck::Printable, b_->index, type, span(NodeId(x.a))});
  return emit(HirKind::Expect, Types::Void, +value, x.b, span(n), writes ? 1 : 0);
}

// A copy of it still acts on what others see: it holds a channel, a task, a handle of the system, or a function.
bool BodyChecker::leads_outside(TypeId type, int depth) {
  switch (types_.kind(type)) {
    case TypeKind::Channel:
    case TypeKind::Task:
    case TypeKind::Handle:
    case TypeKind::Func:
    case TypeKind::Dyn: return true;
    case TypeKind::Optional:
    case TypeKind::Array: return depth < 4 && leads_outside(types_.elem(type), depth + 1);
    case TypeKind::Struct:
      if (depth == 4) return true;
      for (const FieldInfo& field : p_.structs[types_[type].a].fields)
        if (leads_outside(field.type, depth + 1)) return true;
      return false;
    default: return false;
  }
}

// `--i`: two signs that touch, before a place.
bool BodyChecker::is_decrement(NodeId n) {
  auto minus = [&](NodeId m) {
    return ast(m).kind == NodeKind::Unary && ast(m).aux == static_cast<uint16_t>(TokenKind::Minus);
  };
  if (!minus(n) || !minus(NodeId(ast(n).a))) return false;
  const Node inner = ast(NodeId(ast(n).a));
  NodeKind k = ast(NodeId(inner.a)).kind;
  return tree_->tokens.end(ast(n).token) == tree_->tokens.begin(inner.token) &&
         (k == NodeKind::Ident || k == NodeKind::Member || k == NodeKind::Index);
}

void BodyChecker::warn_unused(HirId value, NodeId n) {
  const HirNode x = node(value);
  TypeId type = shallow(x.type);
  if (type == Types::Error || type == Types::Never || type == Types::Void || (ast(n).flags & kHasError)) return;
  if (x.kind == HirKind::Null && is_open(type)) {   // `_ => null` for an arm that does nothing
    report<Diag::UnusedValue>(x.span, "?T").help("a branch that does nothing is `do end`");
    poison_open(type);
    return;
  }
  if (is_decrement(n)) {
    std::string better = source(NodeId(ast(NodeId(ast(n).a)).a)) + " -= 1";
    report<Diag::Increment>(span(n), "--").fix(span(n), better, "write `" + better + "`");
    return;
  }
  switch (x.kind) {
    case HirKind::Compare:
      if (HirOp(x.aux) == HirOp::Eq && ast(n).kind == NodeKind::Binary) {
        Span op = tree_->token_span(ast(n).token);
        report<Diag::UnusedComparison>(x.span)
            .note("`==` asks whether two values are equal, `=` gives a variable a new value")
            .help("to change `" + source(NodeId(ast(n).a)) + "`, write `=`")
            .fix(op, "=", "assign with `=`", Applicability::MaybeIncorrect);
        return;
      }
      [[fallthrough]];
    case HirKind::Int:
    case HirKind::Float:
    case HirKind::Bool:
    case HirKind::Char:
    case HirKind::Str:
    case HirKind::Null:
    case HirKind::Local:
    case HirKind::ConstRef:
    case HirKind::Field:
    case HirKind::Neg:
    case HirKind::BitNot:
    case HirKind::Not:
    case HirKind::LogicAnd:
    case HirKind::LogicOr:
    case HirKind::Arith:
    case HirKind::Concat:
    case HirKind::Widen:
    case HirKind::ToString:
    case HirKind::MakeStruct:
    case HirKind::MakeEnum:
    case HirKind::MakeTuple:
    case HirKind::MakeArray:
    case HirKind::MakeMap:
    case HirKind::MakeRange:
    case HirKind::MakeError:
    case HirKind::Interp:
    case HirKind::TypeValue:
    case HirKind::TypeMember: {
      Diagnostic& d = report<Diag::UnusedValue>(x.span, name_of(type));
      if (x.kind == HirKind::MakeError) d.help("to let the function fail with it, write `fail " + source(n) + "`");
      else if (b_->last_stmt == n)
        d.note("a function without a type behind `->` gives nothing back")
            .help("to print it: `println(" + source(n) + ")`; to give it back: `return " + source(n) + "` and `-> " +
                  name_of(type) + "`");
      else if (b_->half_if == n)
        d.note("an `if` without `else` gives no value: there would be none when the condition is not met")
            .help("say what it is otherwise: `if … do " + source(n) + " else … end`");
      else if (ast(n).kind == NodeKind::StringLit)
        d.help(
            "use it, or remove it; a comment begins with `//`, and what documents a function stands above it, behind `///`");
      else d.help("use it, or remove it");
      return;
    }
    case HirKind::FuncRef:
      report<Diag::UnusedValue>(x.span, name_of(type))
          .help("call the function: `" + source(n) + "()`")
          .fix(Span{x.span.hi, x.span.hi}, "()", "call the function", Applicability::MaybeIncorrect);
      return;
    case HirKind::MakeClosure:
      report<Diag::UnusedValue>(x.span, name_of(type))
          .note("a closure runs when it is called")
          .help("braces hold data and closures; a block of statements is `do … end`");
      return;
    case HirKind::Call:
    case HirKind::CallTrait: {
      // Methods of std that only compute: a dropped result is a mistake, most often a copy taken for a change.
      const FuncInfo& f = p_.funcs[x.a];
      const Decl& decl = p_.decls[+f.decl];
      if (f.self != SelfKind::Value || !p_.modules[+decl.module]->is_std) return;
      for (const ParamInfo& p : f.params)
        if (types_.kind(p.type) == TypeKind::Func) return;
      if (leads_outside(f.params[0].type, 0)) return;
      std::string name(text(decl.name));
      Diagnostic& d = report<Diag::UnusedResult>(x.span, name);
      d.note("`" + name + "` computes a new value and leaves the old one as it was");
      static const char* const twins[][2] = {{"sorted", "sort"}, {"reversed", "reverse"}, {"sorted_by", "sort_by"}};
      for (auto& twin : twins)
        if (name == twin[0]) d.help(std::string("to change the array itself, write `") + twin[1] + "`");
      d.help("keep the result: `let result = " + source(n) + "`");
      return;
    }
    default: return;
  }
}

// ---- branches

// Gives the branches of an `if`, `match` or `catch` one type. Void beside a value: nothing comes out of the whole.
HirId BodyChecker::join_branches(std::span<HirId> branches, std::span<const NodeId> asts, TypeId expected, bool value,
                                 TypeId* type) {
  if (!value) {
    bool all_never = !branches.empty();
    for (HirId& b : branches) {
      if (is_none(b)) {
        all_never = false;
        continue;
      }
      drop_value(b);
      all_never &= type_of(b) == Types::Never;
    }
    *type = all_never ? Types::Never : Types::Void;
    return HirId::None;
  }
  bool known = is_some(expected);
  if (known) {
    expected = shallow(expected);
    TypeKind k = types_.kind(expected);
    known = k != TypeKind::Error && k != TypeKind::Void && k != TypeKind::Never &&
            !(k == TypeKind::Infer && open_kind(expected) == InferKind::General);
  }
  TypeId joined = Types::Never;
  bool any_void = false;
  NodeId first = NodeId::None;
  for (size_t i = 0; i < branches.size(); ++i) {
    TypeId t = type_of(branches[i]);
    if (t == Types::Void) {
      any_void = true;
      continue;
    }
    if (t == Types::Error || t == Types::Never) continue;
    if (known) {
      // The innermost place: a block's value is its last expression.
      NodeId place = asts[i];
      while (ast(place).kind == NodeKind::Block && !tree_->list(ast(place).a).empty())
        place = tree_->list(ast(place).a).back();
      HirId b = branches[i];
      if (fits(b, expected)) {
        branches[i] = b;
        joined = expected;
      } else {
        report_mismatch(span(place), expected, t, place, nullptr);
        branches[i] = poison(span(place));
        joined = expected;
      }
      continue;
    }
    TypeId both = join(joined, t);
    if (is_none(both)) {
      NodeId place = asts[i];
      while (ast(place).kind == NodeKind::Block && !tree_->list(ast(place).a).empty())
        place = tree_->list(ast(place).a).back();
      Why why{is_some(first) ? span(first) : node(branches[i]).span, "this branch gives `" + name_of(joined) + "`"};
      report_mismatch(span(place), joined, t, place, &why);
      branches[i] = poison(span(place));
      continue;
    }
    joined = both;
    NodeId place = asts[i];
    while (ast(place).kind == NodeKind::Block && !tree_->list(ast(place).a).empty())
      place = tree_->list(ast(place).a).back();
    first = place;
  }
  if (any_void) {
    for (HirId& b : branches) drop_value(b);
    *type = Types::Void;
    return HirId::None;
  }
  if (!known && joined != Types::Never)
    for (HirId& b : branches) try_coerce(b, joined);
  *type = joined;
  return HirId::None;
}

HirId BodyChecker::check_if(NodeId n, TypeId expected, bool value) {
  const Node x = ast(n);
  NodeId then_node = tree_->record_node(x.b, 0), else_node = tree_->record_node(x.b, 1);
  size_t scope = open_scope();
  Facts when_true, when_false, before, after_then;
  HirId cond = check_cond(NodeId(x.a), when_true, when_false, true);
  copy_facts(before, facts_);
  bool dead_before = dead_;
  for (const Fact& f : when_true) add_fact(f.var, f.kind);
  bool wants = value && is_some(else_node);
  if (value && is_none(else_node) && ast(then_node).kind == NodeKind::Block && !tree_->list(ast(then_node).a).empty())
    b_->half_if = tree_->list(ast(then_node).a).back();
  HirId then_value = check_branch(then_node, wants ? expected : TypeId::None, wants);
  close_scope(scope);
  copy_facts(after_then, facts_);
  bool dead_then = dead_;
  copy_facts(facts_, before);
  dead_ = dead_before;
  for (const Fact& f : when_false) add_fact(f.var, f.kind);
  HirId else_value = HirId::None;
  if (is_some(else_node)) {
    TypeId hint = expected;
    if (wants && (is_none(expected) || is_open(expected))) {
      TypeId t = type_of(then_value);
      if (t != Types::Never && t != Types::Error && t != Types::Void) hint = t;
    }
    // A hint from the other branch does not bind this one: `null` and `5` join to `?i64`.
    else_value = check_branch(else_node, wants ? hint : TypeId::None, wants);
  }
  if (dead_then && dead_) {
    // both leave
  } else if (dead_) {
    copy_facts(facts_, after_then);
    dead_ = dead_then;
  } else if (!dead_then) {
    meet(facts_, after_then);
  }
  HirId branches[] = {then_value, else_value};
  NodeId asts[] = {then_node, else_node};
  TypeId type = Types::Void;
  if (is_some(else_node)) join_branches(branches, asts, expected, wants, &type);
  else drop_value(branches[0]);
  if (type_of(cond) == Types::Error && type != Types::Never && type != Types::Void) type = Types::Error;
  return emit(HirKind::If, type, +cond, make_record({+branches[0], is_some(branches[1]) ? +branches[1] : kNone32}),
              span(n));
}

HirId BodyChecker::check_defer(NodeId n) {
  Facts before;
  copy_facts(before, facts_);
  bool dead_before = dead_;
  uint32_t first = tree_->first_token(n), last = tree_->lasts[+n];
  // It runs behind all that follows in the block.
  if (!facts_.empty()) forget_assigned(facts_, last, b_->block_end);
  ++b_->in_defer;
  HirId value = check_dropped(NodeId(ast(n).a));
  --b_->in_defer;
  copy_facts(facts_, before);
  dead_ = dead_before;
  note_deferred(first, last);
  ++b_->defers_open;
  return emit(HirKind::Defer, Types::Void, value, kNone32, span(n));
}

void BodyChecker::mark_tail(HirId) {}

}  // namespace janus
