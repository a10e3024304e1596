// check_assign.cpp: `let`, `var` and assignment.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- let

// `let ys = xs.sort()`: `sort` changes `xs`; what was meant is `sorted`.
bool BodyChecker::offer_changed_copy(Diagnostic& d, NodeId call) {
  call = unparen(call);
  if (ast(call).kind != NodeKind::Call || ast(NodeId(ast(call).a)).kind != NodeKind::Member) return false;
  NodeId member = NodeId(ast(call).a), base = NodeId(ast(member).a);
  if (ast(base).kind != NodeKind::Ident) return false;
  uint32_t var = find_var(NameId(ast(base).a));
  if (var == kNone32) return false;
  std::string word(text(NameId(ast(member).b))), copy = word;
  size_t end = std::min(word.find('_'), word.size());   // sort_by: sorted_by
  if (end == 0) return false;
  copy.insert(end, copy[end - 1] == 'e' ? "d" : "ed");
  if (p_.find_method(zonk(vars_[var].type), p_.names.intern(copy), module_).candidates == 0) return false;
  std::string name(text(NameId(ast(base).a)));
  d.note("`" + word + "` changes `" + name + "` itself")
      .fix(tree_->token_span(tree_->lasts[+member]), copy, "a changed copy is `" + name + "." + copy + "(…)`",
           Applicability::MaybeIncorrect);
  return true;
}

HirId BodyChecker::check_let(NodeId n) {
  const Node x = ast(n);
  NodeId pattern = NodeId(x.a);
  NodeId type_node = tree_->record_node(x.b, 0), init = tree_->record_node(x.b, 1);
  uint8_t flags = x.flags & kMut ? kLocalMut : 0;
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
    bool by_hand = ast(pattern).kind == NodeKind::PatBind && walked_by_hand(NameId(ast(pattern).a), n, init);
    value = by_hand ? check_walked(init) : check(init);
    type = shallow(node(value).type);
    if (type == Types::Void && ast(pattern).kind != NodeKind::PatWild) {
      Diagnostic& d = report<Diag::BindsNothing>(span(pattern)).at(span(init), "nothing comes out of this");
      if (ast(unparen(init)).kind == NodeKind::If) say_why_void(d, init);
      if (!offer_changed_copy(d, init)) d.help("write it as a statement, without `let`");
    }
    name_literals(type);
    if (type == Types::Never) type = Types::Error;
  }
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
          if (negative_index(NodeId(t.a), index_node)) {
            check_poison(value_node);
            return poison(span(n));
          }
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

}  // namespace janus
