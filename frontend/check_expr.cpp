// check_expr.cpp: every kind of value goes to its check; what a profile refuses.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

NodeId BodyChecker::unparen(NodeId n) {
  while (ast(n).kind == NodeKind::Paren) n = NodeId(ast(n).a);
  return n;
}

HirId BodyChecker::check_as(NodeId n, TypeId type, const Why* why) {
  size_t before = infer_.size();
  HirId value = check(n, type);
  // The type was written, and wrongly: `null` and `[]` do not ask for it a second time.
  for (size_t i = before; type == Types::Error && i < infer_.size(); ++i)
    if (infer_[i].kind == InferKind::General && is_none(infer_[i].bound)) infer_[i].bound = Types::Error;
  return coerce(value, type, n, why);
}

HirId BodyChecker::check_unnarrowed(NodeId n, TypeId expected) {
  uint32_t var = subject_var(n);
  return var != kNone32 ? read_var(var, span(n), false) : check(n, expected);
}

// The expression is checked for its own mistakes only; something around it was already wrong.
void BodyChecker::check_poison(NodeId n) {
  if (is_some(n)) check(n, Types::Error);
}

HirId BodyChecker::check(NodeId n, TypeId expected) {
  if (is_some(expected)) expected = shallow(expected);
  const Node x = ast(n);
  switch (x.kind) {
    case NodeKind::IntLit: return check_int(n, false, tree_->token_span(x.token), expected);
    case NodeKind::FloatLit: return check_float(n, false, tree_->token_span(x.token), expected);
    case NodeKind::CharLit: return emit(HirKind::Char, Types::Char, tree_->tokens.values[x.token], kNone32, span(n));
    case NodeKind::BoolLit: return emit(HirKind::Bool, Types::Bool, x.a, kNone32, tree_->token_span(x.token));
    case NodeKind::NullLit: {
      if (is_some(expected) && expected == Types::Error) return poison(span(n));   // what it is for was said
      bool fits = is_some(expected) && types_.kind(expected) == TypeKind::Optional;
      return emit(HirKind::Null,
                  fits ? expected : types_.optional(fresh(InferKind::General, span(n), "what this `null` stands for")),
                  kNone32, kNone32, span(n));
    }
    case NodeKind::StringLit: return emit(HirKind::Str, Types::String, x.a, kNone32, span(n));
    case NodeKind::Interp: return check_interp(n);
    case NodeKind::Ident: return check_ident(n, expected);
    case NodeKind::SelfExpr: {
      uint32_t var = find_var(n_self_);
      if (var != kNone32) return read_var(var, tree_->token_span(x.token));
      if (is_some(func_) && p_.funcs[+func_].broken) return poison(span(n));
      report<Diag::SelfOutsideMethod>(span(n))
          .note("`self` is the value that a method is called on; this function has no `self` in its parameter list")
          .help("write `self` as the first parameter, inside an `impl`");
      return poison(span(n));
    }
    case NodeKind::ArrayLit: return check_array(n, expected);
    case NodeKind::MapLit: return check_map(n, expected);
    case NodeKind::TupleLit: return check_tuple(n, expected);
    case NodeKind::Paren: return check(NodeId(x.a), expected);
    case NodeKind::StructLit: return check_struct_lit(n, expected);
    case NodeKind::Member: return check_member(n, expected);
    case NodeKind::TupleMember: {
      HirId base = received(check(NodeId(x.a)));
      TypeId type = settle(node(base).type);
      TypeKind kind = types_.kind(type);
      if (kind == TypeKind::Error) return poison(span(n));
      if (kind == TypeKind::Tuple && x.b < types_[type].arg_count)
        return emit(HirKind::Field, types_.args(type)[x.b], base, x.b, span(n));
      if (kind == TypeKind::Tuple) {
        report<Diag::TupleIndex>(tree_->token_span(x.token), x.b, types_[type].arg_count)
            .note("the first part of a tuple is `.0`")
            .with_label("its type is `" + name_of(type) + "`");
      } else if (kind == TypeKind::Optional) {
        report_optional_as_value(span(NodeId(x.a)), type, NodeId(x.a), nullptr);
      } else {
        report<Diag::NotATuple>(span(NodeId(x.a)), name_of(type))
            .help("`.0`, `.1` are the parts of a tuple; an element of an array is `a[0]`");
      }
      return poison(span(n));
    }
    case NodeKind::DotName: return check_dot_name(n, expected, NodeId::None, nullptr);
    case NodeKind::Index: return check_index(n, expected);
    case NodeKind::Call: {
      bool walked = walked_ == n;
      if (is_some(expected) && types_.kind(peel(expected)) == TypeKind::Fixed && is_filled(n))
        return check_filled(n, peel(expected));
      HirId value = check_call(n, expected, nullptr);
      return walked ? value : kept_chars(value, expected);
    }
    case NodeKind::Arg: return check(NodeId(x.b), expected);
    case NodeKind::MutArg:   // outside a call: the parser has reported it
      check_poison(NodeId(x.a));
      return poison(span(n));
    case NodeKind::Unary: return check_unary(n, expected);
    case NodeKind::Binary: return check_binary(n, expected);
    case NodeKind::Range: return check_range(n, expected);
    case NodeKind::Coalesce: return check_coalesce(n, expected);
    case NodeKind::Question: return check_question(n, expected, false);
    case NodeKind::Try: return check_question(n, expected, true);
    case NodeKind::BangUnwrap: return check_unwrap(n, expected);
    case NodeKind::Catch: return check_catch(n, expected, true);
    case NodeKind::Closure: {
      HirId closure = check_closure(n, expected, FuncId::None, 0);
      closure_leaves(closure, n);
      return closure;
    }
    case NodeKind::TypeExpr: {
      TypeId type = resolve_type(p_, type_scope_, NodeId(x.a));
      tree_ = &p_.modules[+module_]->tree;
      return type_value(type, n);
    }
    case NodeKind::Block: return check_block(n, expected, true);
    case NodeKind::If: return check_if(n, expected, true);
    case NodeKind::Match: return check_match_expr(n, expected, true);
    case NodeKind::Return: return check_return(n);
    case NodeKind::Break:
    case NodeKind::Continue: return check_break(n);
    case NodeKind::Fail: return check_fail(n);
    case NodeKind::Let:
    case NodeKind::Assign:
    case NodeKind::While:
    case NodeKind::For:
    case NodeKind::Defer:
    case NodeKind::Expect: return check_dropped(n);
    case NodeKind::LetCond:
      report<Diag::LetOutsideCondition>(span(n)).help(
          "`let … = …` as a question stands right behind `if` or `while`, joined with `and`");
      check_poison(NodeId(x.b));
      return poison(span(n));
    case NodeKind::Await: return check_await(n, expected, nullptr);
    case NodeKind::Nursery: return check_nursery(n, expected, true, nullptr);
    case NodeKind::Spawn: return check_spawn(n, expected, true);
    case NodeKind::Child:
      report<Diag::RestartNotYet>(span(n)).note("`child` belongs to restarting supervisors").help("write `spawn`");
      return poison(span(n));
    case NodeKind::Yield:
      if (!tasks_allowed(n, "yield")) return poison(span(n));
      return emit(HirKind::Yield, Types::Void, kNone32, kNone32, span(n));
    case NodeKind::Select: return check_select(n, expected, true, nullptr);
    default: return poison(span(n));
  }
}

// ---- concurrency: refused in :core

void BodyChecker::report_concurrency(NodeId n, const char* what) {
  Span at = tree_->token_span(ast(n).token);
  Profile profile = p_.modules[+module_]->profile;
  if (profile == Profile::Core) {
    report<Diag::NotInProfile>(at, what, "core")
        .with_label("this makes several things run at once")
        .note("a `:core` program does one thing after the other; `" + std::string(what) +
              "` begins with the profile `:service`")
        .help("if the program needs it, write `profile :service` in its first line");
    return;
  }
  {
    report<Diag::SpawnOutsideNursery>(at)
        .with_label("no nursery around this place waits for the task")
        .note("every task belongs to a nursery, which ends only when all its tasks have ended; so no task is forgotten")
        .help("put it into a nursery: `nursery do " + source(n) + " end`");
  }
}

}  // namespace janus
