// check_stmt.cpp: statements and control flow, with what is known at each place.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// A block of statements; with `value`, its last expression is its value.
HirId BodyChecker::check_block(NodeId n, TypeId expected, bool value) {
  if (ast(n).kind != NodeKind::Block) return check_branch(n, expected, value);
  size_t scope = open_scope();
  uint32_t defers = b_->defers_open;
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
  close_scope(scope);
  b_->defers_open = defers;
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

void BodyChecker::warn_unused(HirId value, NodeId n) {
  const HirNode x = node(value);
  TypeId type = shallow(x.type);
  if (type == Types::Error || type == Types::Never || type == Types::Void || (ast(n).flags & kHasError)) return;
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

// ---- let

HirId BodyChecker::check_let(NodeId n) {
  const Node x = ast(n);
  NodeId pattern = NodeId(x.a);
  NodeId type_node = tree_->record_node(x.b, 0), init = tree_->record_node(x.b, 1);
  uint8_t flags = x.flags & kMut ? kLocalMut : 0;
  bool in_loop = !b_->loops.empty();
  (void)in_loop;
  TypeId type = TypeId::None;
  if (is_some(type_node)) type = resolve_type(p_, type_scope_, type_node);
  if (is_none(init)) {
    if (is_none(type)) {
      if (!(x.flags & kHasError)) report<Diag::LetNeedsValue>(span(n)).help("give it a value: `= …`");
      check_pattern(pattern, Types::Error, flags, n);
      return poison(span(n));
    }
    if (!(x.flags & kMut) || ast(pattern).kind != NodeKind::PatBind) {
      if (!(x.flags & kHasError))
        report<Diag::LetNeedsValue>(span(n))
            .note("a `let` never changes, so it must have its value from the beginning")
            .help("give it a value, or declare it with `var` and assign it before it is used");
      check_pattern(pattern, type, flags, n);
      return poison(span(n));
    }
    uint32_t var = declare(NameId(ast(pattern).a), type, flags, span(pattern), n);
    vars_[var].uninit = true;
    return emit(HirKind::LetUninit, Types::Void, +vars_[var].local, kNone32, span(n));
  }
  HirId value;
  // Another name for a nursery, or a name for a closure that spawns into one: both stay in this block.
  bool named = ast(pattern).kind == NodeKind::PatBind && !(x.flags & kMut);
  if (named && (ast(unparen(init)).kind == NodeKind::Closure || ast(unparen(init)).kind == NodeKind::Ident))
    closure_stays_ = unparen(init);
  if (is_some(type)) {
    Why why{span(type_node), "the type is written here"};
    value = check_as(init, type, &why);
  } else {
    value = check(init);
    type = shallow(node(value).type);
    if (type == Types::Void && ast(pattern).kind != NodeKind::PatWild) {
      report<Diag::BindsNothing>(span(pattern))
          .at(span(init), "nothing comes out of this")
          .help("write it as a statement, without `let`");
    }
    name_literals(type);
    if (type == Types::Never) type = Types::Error;
  }
  bool open_null = node(value).kind == HirKind::Null;
  (void)open_null;
  closure_stays_ = NodeId::None;
  size_t first_var = vars_.size();
  uint32_t pat = check_pattern(pattern, type, flags, n);
  if (named && vars_.size() == first_var + 1) name_value(static_cast<uint32_t>(first_var), value, pat);
  return emit(HirKind::Let, Types::Void, pat, +value, span(n));
}

// ---- assignment

HirId BodyChecker::check_assign(NodeId n) {
  const Node x = ast(n);
  NodeId target = unparen(NodeId(x.a)), value_node = NodeId(x.b);
  TokenKind op = TokenKind(x.aux);
  const Node t = ast(target);
  if (op == TokenKind::Eq) {
    if (t.kind == NodeKind::Ident) {
      NameId name = NameId(t.a);
      if (name == n_underscore_) {
        HirId value = check(value_node);
        drop_value(value);
        return value;
      }
      uint32_t var = find_var(name);
      if (var == kNone32) {
        Head head = head_of_name(name, target);
        if (head.kind == HeadKind::Unknown) {
          Diagnostic& d = report<Diag::UnknownName>(span(target), text(name));
          std::vector<std::string_view> names;
          for (size_t i = hidden_below_; i < bindings_.size(); ++i) names.push_back(text(bindings_[i].name));
          if (!suggest(d, span(target), text(name), names))
            d.note("`=` changes a variable that is already there")
                .help("to introduce a new one, write `let` or `var` in front")
                .fix(Span{span(target).lo, span(target).lo}, "var ", "introduce a variable",
                     Applicability::MaybeIncorrect);
          HirId value = check(value_node);
          TypeId type = type_of(value);
          name_literals(type);
          declare(name, type, kLocalMut, span(target));
          return poison(span(n));
        }
        HirId place = decl_value(head, target, TypeId::None);
        require_place(place, target, "changed here");
        check_poison(value_node);
        return poison(span(n));
      }
      if (types_.kind(shallow(vars_[var].type)) == TypeKind::Error) {
        check_poison(value_node);
        return poison(span(n));
      }
      bool allowed = vars_[var].flags & (kLocalMut | kLocalMutParam);
      if (!allowed) report_immutable(var, target, "a new value is given here");
      Why why{vars_[var].span, vars_[var].is_self
                                   ? "`self` is declared here"
                                   : "`" + std::string(text(name)) + "` is `" + name_of(vars_[var].type) + "`"};
      HirId value = check(value_node, vars_[var].type);
      TypeId given = shallow(node(value).type);
      value = coerce(value, vars_[var].type, value_node, &why);
      if (!allowed) return poison(span(n));
      HirId place = emit(HirKind::Local, vars_[var].type, +local_of(var), kNone32, span(target));
      write_var(var);
      drop_fact(var, Fact::NonNull);
      TypeKind given_kind = types_.kind(given);
      if (types_.kind(shallow(vars_[var].type)) == TypeKind::Optional && given_kind != TypeKind::Optional &&
          given_kind != TypeKind::Infer)
        add_fact(var, Fact::NonNull);
      if (vars_[var].uninit) {
        // Only the body that declares it knows that the closure has run.
        if (vars_[var].depth + 1 == stack_.size()) add_fact(var, Fact::Assigned);
      }
      return emit(HirKind::Assign, Types::Void, place, value, span(n));
    }
    if (t.kind == NodeKind::Index) {
      Head head = head_of(target);
      if (head.kind == HeadKind::Value && tree_->list(t.b).size() == 1 &&
          ast(unparen(tree_->list(t.b)[0])).kind != NodeKind::Range) {
        HirId base = check(NodeId(t.a));
        TypeId type = settle(node(base).type);
        if (types_.kind(type) == TypeKind::Struct && types_[type].a == +p_.lang.map) {
          TypeId key_type = types_.args(type)[0], value_type = types_.args(type)[1];
          HirId key = check_as(tree_->list(t.b)[0], key_type);
          Why why{span(NodeId(t.a)), "the map is `" + name_of(type) + "`"};
          HirId value = check_as(value_node, value_type, &why);
          if (!require_place(base, NodeId(t.a), "an entry is given a new value here")) return poison(span(n));
          return emit(HirKind::MapSet, Types::Void, +base, make_record({+key, +value}), span(n));
        }
        // An array: read the index only now, on the base already checked.
        TypeKind kind = types_.kind(type);
        if (kind == TypeKind::Array || kind == TypeKind::Fixed) {
          NodeId index_node = tree_->list(t.b)[0];
          HirId index = check(index_node, Types::I64);
          TypeId it = settle(node(index).type);
          if (it == Types::U64) index = emit(HirKind::Convert, Types::I64, index, kNone32, span(index_node), 0);
          Why index_why{span(NodeId(t.a)), "an element of this is found by its number, an `i64`"};
          index = coerce(index, Types::I64, index_node, &index_why);
          TypeId elem = types_.elem(type);
          Why why{span(NodeId(t.a)), "this is `" + name_of(type) + "`"};
          HirId value = check_as(value_node, elem, &why);
          HirId place = emit(HirKind::Index, elem, base, index, span(target));
          if (!require_place(place, NodeId(t.a), "an element is given a new value here")) return poison(span(n));
          return emit(HirKind::Assign, Types::Void, place, value, span(n));
        }
        if (kind == TypeKind::String) {
          report<Diag::StringIndex>(span(target))
              .note("a text never changes; operations on it make new texts")
              .help("build the new text: `s[0..i] ++ \"x\" ++ s[i + 1..]`");
          check_poison(value_node);
          return poison(span(n));
        }
        if (kind == TypeKind::Error) {
          check_poison(value_node);
          return poison(span(n));
        }
        HirId place = check_index(target, TypeId::None);
        check_poison(value_node);
        (void)place;
        return poison(span(n));
      }
    }
    if (t.kind == NodeKind::TupleLit) {
      report<Diag::NotAPlace>(span(target), "given a new value")
          .note("several variables cannot be assigned at once")
          .help("assign one after the other; to swap two, keep one in between: `let old = a`");
      check_poison(value_node);
      return poison(span(n));
    }
    HirId place = check(target);
    TypeId type = shallow(node(place).type);
    Why why{span(target), "this is `" + name_of(type) + "`"};
    HirId value = check_as(value_node, type, &why);
    if (type == Types::Error || !require_place(place, target, "given a new value here")) return poison(span(n));
    return emit(HirKind::Assign, Types::Void, place, value, span(n));
  }

  // a op= b
  HirId place = check(target);
  TypeId type = settle(node(place).type);
  if (type == Types::Error) {
    check_poison(value_node);
    return poison(span(n));
  }
  if (op == TokenKind::PlusPlusEq) {
    TypeKind kind = types_.kind(type);
    HirId value = check(value_node, kind == TypeKind::Array ? type : TypeId::None);
    HirId joined = concat(place, value, target, value_node, span(n));
    if (type_of(joined) == Types::Error || !require_place(place, target, "changed here")) return poison(span(n));
    return emit(HirKind::AssignOp, Types::Void, place, value, span(n), static_cast<uint16_t>(HirOp::Concat));
  }
  bool shift = op == TokenKind::LessLessEq || op == TokenKind::GreaterGreaterEq;
  TypeKind kind = types_.kind(type);
  bool number = types_.is_number(type) || kind == TypeKind::Param || kind == TypeKind::Infer;
  HirId value = check(value_node, !shift && number ? type : TypeId::None);
  HirId result = arith(HirOp::None, place, value, target, value_node, span(n), op, TypeId::None, n);
  if (type_of(result) == Types::Error) return poison(span(n));
  const HirNode r = node(result);
  if (HirId(r.a) != place) {
    // The left side had to be widened: the sum does not fit the variable.
    Why why{span(target), "the result must fit this `" + name_of(type) + "`"};
    report_mismatch(span(value_node), type, node(value).type, value_node, &why);
    return poison(span(n));
  }
  if (!require_place(place, target, "changed here")) return poison(span(n));
  return emit(HirKind::AssignOp, Types::Void, +place, r.b, span(n), r.aux);
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
      if (try_coerce(b, expected)) {
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

// ---- loops

HirId BodyChecker::check_while(NodeId n) {
  const Node x = ast(n);
  NodeId body = tree_->record_node(x.b, 0);
  NameId label = NameId(tree_->record(x.b, 1));
  if (!facts_.empty()) forget_assigned_in(n);
  size_t scope = open_scope();
  Facts when_true, when_false, before, at_break;
  bool dead_before = dead_;
  HirId cond = check_cond(NodeId(x.a), when_true, when_false, true);
  copy_facts(before, facts_);
  for (const Fact& f : when_true) add_fact(f.var, f.kind);
  uint32_t number = new_loop();
  b_->loops.push_back({label, number, false, b_->in_defer, &at_break, scope});
  HirId body_value = check_block(body, TypeId::None, false);
  bool has_break = b_->loops.back().has_break;
  b_->loops.pop_back();
  close_scope(scope);
  const Node c = ast(unparen(NodeId(x.a)));
  bool endless = c.kind == NodeKind::BoolLit && c.a == 1;
  if (endless) {
    dead_ = dead_before || !has_break;
    copy_facts(facts_, has_break ? at_break : before);
  } else {
    dead_ = dead_before;
    copy_facts(facts_, before);
    for (const Fact& f : when_false) add_fact(f.var, f.kind);
    if (has_break) meet(facts_, at_break);
  }
  return emit(HirKind::While, endless && !has_break ? Types::Never : Types::Void, +cond,
              make_record({+body_value, number}), span(n));
}

HirId BodyChecker::check_for(NodeId n) {
  const Node x = ast(n);
  if (x.flags & kShort) {
    Profile profile = p_.modules[+module_]->profile;
    const char* instead = "a nursery with one task for each part of the work does the same";
    if (profile == Profile::Compute)
      report<Diag::NotAvailableYet>(tree_->token_span(x.token), "parallel for")
          .note("it will spread the rounds of a loop over all processors")
          .help(instead);
    else
      report<Diag::NotInProfile>(tree_->token_span(x.token), "parallel for", profile_name(profile))
          .note(
              "it spreads the rounds of a loop over all processors; `:compute` has it, whose files say by their profile that they keep every processor busy")
          .help(profile == Profile::Core ? "write `for`: one round after the other" : instead);
  }
  NodeId iterable = tree_->record_node(x.b, 0), body = tree_->record_node(x.b, 1);
  NameId label = NameId(tree_->record(x.a, 1));
  size_t pattern_count = tree_->record_list(x.a, 0).size();
  auto pattern = [&](size_t i) { return tree_->record_list(x.a, 0)[i]; };
  HirId value = received(check(iterable));
  if (!facts_.empty()) forget_assigned_in(body);
  size_t scope = open_scope();
  Facts before, at_break;
  copy_facts(before, facts_);
  bool dead_before = dead_;
  uint32_t number = new_loop();
  TypeId type = settle(node(value).type);
  TypeRow row = types_[type];
  HirId loop = HirId::None;
  uint32_t head = kNone32;
  HirKind kind = HirKind::ForEach;

  const HirNode range = node(value);
  NodeKind pk = pattern_count ? ast(pattern(0)).kind : NodeKind::Error;
  if (range.kind == HirKind::MakeRange && pattern_count == 1 && (pk == NodeKind::PatBind || pk == NodeKind::PatWild)) {
    TypeId elem = node(HirId(range.a)).type;
    uint32_t var =
        declare(pk == NodeKind::PatBind ? NameId(ast(pattern(0)).a) : NameId::None, elem, kLocalLoop, span(pattern(0)));
    kind = HirKind::ForRange;
    head = make_record({+vars_[var].local, range.a, range.b, range.aux, kNone32});
  } else {
    TypeId elem = Types::Error;
    uint32_t how = 0, next_func = kNone32, next_args = kNone32, index_local = kNone32;
    bool bad = false;
    auto refuse = [&](const char* help) {
      Diagnostic& d = report<Diag::CannotIterate>(span(iterable), name_of(type));
      if (help) d.help(help);
      bad = true;
    };
    std::string code = source(iterable);
    switch (row.kind) {
      case TypeKind::Error: bad = true; break;
      case TypeKind::Array:
      case TypeKind::Fixed: elem = TypeId(row.a); break;
      case TypeKind::Channel:
        elem = TypeId(row.a);
        how = 6;
        p_.uses_tasks = unlasting_ = true;
        break;
      case TypeKind::String: refuse(("walk over its characters: `for c in " + code + ".chars() do`").c_str()); break;
      case TypeKind::Optional:
        report_optional_as_value(span(iterable), type, iterable, nullptr);
        bad = true;
        break;
      case TypeKind::Infer:
        if (open_kind(type) == InferKind::Int)
          refuse(("to count, give a range: `for i in 0.." + code + " do`").c_str());
        else {
          report<Diag::TypeNotKnown>(span(iterable), "what is walked over")
              .help("write its type where the name is introduced, as in `{ |xs: []i64| … }`");
          bad = true;
        }
        break;
      default:
        if (row.kind == TypeKind::Struct && row.a == +p_.lang.map) {
          how = 2;
          TypeId pair[] = {types_.args(type)[0], types_.args(type)[1]};
          elem = types_.tuple(pair);
        } else if (row.kind == TypeKind::Struct && row.a == +p_.lang.set) {
          how = 3;
          elem = types_.args(type)[0];
        } else if (row.kind == TypeKind::Struct && row.a == +p_.lang.range) {
          how = 4;
          elem = row.arg_count ? types_.args(type)[0] : Types::I64;
        } else if (types_.is_integer(type)) {
          refuse(("to count, give a range: `for i in 0.." + code + " do`").c_str());
        } else {
          Program::MethodMatch m = p_.find_method(zonk(type), n_next_, module_);
          bool fits =
              m.candidates == 1 && p_.funcs[+m.func].self != SelfKind::None && p_.funcs[+m.func].params.size() == 1;
          TypeId result = TypeId::None;
          if (fits) {
            const FuncInfo& f = p_.funcs[+m.func];
            result = shallow(types_.subst(f.result, f.type_params, m.impl_args));
            fits = types_.kind(result) == TypeKind::Optional && !f.fallible && !(is_some(f.trait) && is_none(f.impl));
          }
          if (!fits) {
            refuse(
                "`for` walks over arrays, ranges, maps, sets, and values with a method `next(mut self)` that gives a `?T`");
          } else {
            how = 5;
            elem = types_.elem(result);
            next_func = +m.func;
            use_func(m.func);
            next_args = make_type_list(m.impl_args);
            if (!m.impl_args.empty())
              uses_.push_back({m.func, types_.tuple(m.impl_args), func_, module_, n, span(iterable)});
          }
        }
    }
    if (bad) elem = Types::Error;
    uint32_t pat;
    if (how == 2 && pattern_count == 2) {
      uint32_t k = check_pattern(pattern(0), types_.args(type)[0], kLocalLoop, NodeId::None);
      uint32_t v = check_pattern(pattern(1), types_.args(type)[1], kLocalLoop, NodeId::None);
      uint32_t both[] = {k, v};
      pat = add_pat(PatKind::Struct, elem, kNone32, make_list(both), span(pattern(0)));
    } else {
      if (pattern_count == 2) {
        const Node ip = ast(pattern(0));
        if (ip.kind == NodeKind::PatBind || ip.kind == NodeKind::PatWild) {
          uint32_t var = declare(ip.kind == NodeKind::PatBind ? NameId(ip.a) : NameId::None, Types::I64, kLocalLoop,
                                 span(pattern(0)));
          index_local = +vars_[var].local;
        } else if (!bad) {
          report<Diag::IndexPattern>(span(pattern(0)))
              .note("in `for i, x in items` the first name is the number of the element, from 0");
        }
      }
      pat = check_pattern(pattern(pattern_count == 2 ? 1 : 0), elem, kLocalLoop, NodeId::None);
    }
    head = make_record({pat, +value, how, index_local, next_func, next_args});
  }
  b_->loops.push_back({label, number, false, b_->in_defer, &at_break, scope});
  HirId body_value = check_block(body, TypeId::None, false);
  b_->loops.pop_back();
  close_scope(scope);
  copy_facts(facts_, before);
  dead_ = dead_before;
  loop = emit(kind, Types::Void, head, make_record({+body_value, number}), span(n));
  return loop;
}

// ---- leaving

LoopScope* BodyChecker::find_loop(NameId label, NodeId n) {
  const char* word = ast(n).kind == NodeKind::Break ? "break" : "continue";
  Span at = span(n);
  for (size_t i = b_->loops.size(); i-- > 0;) {
    LoopScope& loop = b_->loops[i];
    if (is_some(label) && loop.label != label) continue;
    if (loop.defer_depth != b_->in_defer) {
      report<Diag::LeavesDefer>(at, word).note(
          "a `defer` runs while its block is already being left, so it must come to its own end");
      return nullptr;
    }
    return &loop;
  }
  if (is_some(label)) {
    report<Diag::UnknownLabel>(at, text(label))
        .help("a label is written before the loop: `" + std::string(text(label)) + ": for … do`");
    return nullptr;
  }
  bool outer = false;
  for (size_t d = 0; d + 1 < stack_.size(); ++d) outer |= !stack_[d]->loops.empty();
  Diagnostic& d = report<Diag::OutsideLoop>(at, word);
  if (outer)
    d.note("this stands in a closure, which is a function of its own; it cannot leave the loop around it")
        .help("use a `for` loop in place of the closure, or `return` to leave the closure");
  else d.help("to leave the function, write `return`");
  return nullptr;
}

HirId BodyChecker::check_break(NodeId n) {
  const Node x = ast(n);
  bool is_break = x.kind == NodeKind::Break;
  if (is_break && x.b != kNone32) {
    report<Diag::BreakValue>(span(NodeId(x.b)))
        .note("a loop has no value")
        .help("keep the value in a variable that is declared before the loop");
    check_poison(NodeId(x.b));
  }
  LoopScope* loop = find_loop(NameId(x.a), n);
  if (!loop) return poison(span(n));
  leave_handles(loop->mark);
  if (is_break) {
    if (!dead_) {
      if (loop->has_break) meet(*loop->at_break, facts_);
      else copy_facts(*loop->at_break, facts_);
    }
    loop->has_break = true;
  }
  dead_ = true;
  return emit(is_break ? HirKind::Break : HirKind::Continue, Types::Never, loop->number, kNone32, span(n));
}

HirId BodyChecker::check_return(NodeId n) {
  const Node x = ast(n);
  NodeId value_node = NodeId(x.a);
  if (b_->in_defer > 0) {
    report<Diag::LeavesDefer>(span(n), "return")
        .note("a `defer` runs while its block is already being left, so it must come to its own end");
    if (is_some(value_node)) check_poison(value_node);
    dead_ = true;
    return poison(span(n));
  }
  HirId value = HirId::None;
  if (is_some(value_node)) {
    TypeId want = shallow(b_->result);
    if (want == Types::Void) {
      value = check(value_node, b_->drop_result ? TypeId::None : Types::Void);
      TypeId given = type_of(value);
      if (given != Types::Void && given != Types::Never && given != Types::Error) {
        if (!b_->drop_result) {
          Diagnostic& d = report<Diag::ReturnsNothing>(span(value_node), b_->what);
          d.with_label("this is `" + name_of(given) + "`");
          if (!b_->sink_span.is_none()) d.at(b_->sink_span, "no result type is written here");
          d.note(std::string("a ") + b_->what + " without a type behind `->` gives nothing back")
              .help("write the type: `-> " + name_of(given) + "`");
          value = poison(span(value_node));
        } else {
          drop_value(value);
        }
      }
    } else {
      Why why{b_->sink_span, "the result must be `" + name_of(b_->result) + "`"};
      value = check(value_node, b_->result);
      TypeId given = type_of(value);
      if (!b_->result_written && types_.kind(given) == TypeKind::Optional && types_.kind(want) != TypeKind::Optional &&
          types_.kind(want) != TypeKind::Infer) {
        value = coerce(value, b_->result, value_node, nullptr);
      } else {
        value = coerce(value, b_->result, value_node, b_->result_written && !b_->sink_span.is_none() ? &why : nullptr);
      }
    }
  } else {
    TypeId want = shallow(b_->result);
    if (types_.kind(want) == TypeKind::Infer) unify(want, Types::Void);
    else if (want != Types::Void && want != Types::Error && want != Types::Never) {
      Diagnostic& d = report<Diag::ReturnNeedsValue>(span(n), name_of(want));
      if (!b_->sink_span.is_none()) d.at(b_->sink_span, "the result is declared here");
      d.help("write the value behind `return`");
    }
  }
  leave_handles(0);
  dead_ = true;
  bool tail = is_some(value) && b_->defers_open == 0;
  return emit(HirKind::Return, Types::Never, is_some(value) ? +value : kNone32, kNone32, span(n), tail ? 1 : 0);
}

HirId BodyChecker::check_defer(NodeId n) {
  Facts before;
  copy_facts(before, facts_);
  bool dead_before = dead_;
  ++b_->in_defer;
  HirId value = check_dropped(NodeId(ast(n).a));
  --b_->in_defer;
  copy_facts(facts_, before);
  dead_ = dead_before;
  ++b_->defers_open;
  return emit(HirKind::Defer, Types::Void, value, kNone32, span(n));
}

void BodyChecker::mark_tail(HirId) {}

}  // namespace janus
