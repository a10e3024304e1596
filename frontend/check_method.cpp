// check_method.cpp: calls of functions, values, methods, and functions of a type.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- functions and methods

HirId BodyChecker::call_func(FuncId func, std::span<const TypeId> outer_args, NodeId call, HirId receiver,
                             NodeId receiver_ast, TypeId expected, Answer* answer, const Head& head, bool via_trait,
                             TraitId) {
  use_func(func);
  const FuncInfo& f = p_.funcs[+func];
  if (f.broken) {   // nobody knows what it takes and gives
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  const Decl& decl = p_.decls[+f.decl];
  SmallVec<TypeId, 8> targs;
  for (TypeId t : outer_args) targs.push_back(t);
  if (is_some(head.type_args)) {
    size_t given = tree_->list(ast(head.type_args).b).size();
    if (given != f.type_params.size() - targs.size()) {
      size_t wanted = f.type_params.size() - targs.size();
      report<Diag::WrongTypeArgCount>(span(NodeId(ast(call).a)), text(decl.name),
                                      std::to_string(wanted) + (wanted == 1 ? " type argument" : " type arguments"),
                                      given);
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
    for (size_t i = 0; i < given; ++i)
      targs.push_back(resolve_type(p_, type_scope_, type_node_of(tree_->list(ast(head.type_args).b)[i])));
  }
  bool generic = !f.type_params.empty();
  Span open_at = generic ? span(NodeId(ast(call).a)) : Span{};
  while (targs.size() < f.type_params.size())
    targs.push_back(fresh(InferKind::General, open_at, "a type argument of this call"));
  auto fill = [&](TypeId t) { return generic && types_[t].has_param ? types_.subst(t, f.type_params, targs) : t; };

  Callee callee;
  callee.func = f.origin == FuncOrigin::Janus ? func : FuncId::None;
  callee.module = decl.module;
  callee.name = decl.name;
  callee.what = f.self != SelfKind::None ? "method" : "function";
  callee.declared = decl.name_span;
  for (const ParamInfo& p : f.params) {
    ParamView view;
    view.name = p.name;
    view.type = fill(p.type);
    view.is_mut = p.is_mut || (&p == &f.params[0] && f.self == SelfKind::Mut);
    view.default_value = p.default_value;
    view.span = p.span;
    callee.params.push_back(view);
  }
  TypeId result = fill(f.result);
  if (generic) unify_hint(result, expected);
  if (is_some(receiver)) {
    // Open parts of the receiver's type are the same as those the method was found with.
    if (!unify(node(receiver).type, callee.params[0].type))
      receiver = coerce(receiver, callee.params[0].type, receiver_ast);
    if (f.self == SelfKind::Mut) {
      std::string what = "`" + std::string(text(decl.name)) + "` changes it";
      if (type_of(receiver) != Types::Error && !require_place(receiver, receiver_ast, what.c_str()))
        receiver = poison(node(receiver).span);
      receiver = emit(HirKind::MutArg, node(receiver).type, receiver, kNone32, node(receiver).span);
    }
  }
  Args args;
  bool good = check_args(callee, call, receiver, receiver_ast, args);
  bool fails = f.fallible || args.poly_fails;
  ErrorSetId set = f.fallible ? f.errors : ErrorSetId::None;
  if (args.poly_fails) set = f.fallible ? join_sets(set, args.poly_set) : args.poly_set;
  if (!good) {
    if (answer) {   // the rest of the expression is checked as if the call were right
      answer->fails = fails;
      answer->set = set;
    }
    HirId bad = poison(span(call));
    if (!types_[result].has_infer && result != Types::Never) node(bad).type = result;
    return bad;
  }
  if (generic) uses_.push_back({func, types_.intern(TypeKind::Tuple, 0, 0, targs), func_, module_, call, span(call)});
  note_capability_call(func, span(call));
  uint32_t list;
  if (args.reordered) {
    SmallVec<uint32_t, 16> both;
    for (uint32_t v : args.values) both.push_back(v);
    for (uint32_t o : args.order) both.push_back(o);
    list = make_list(both);
  } else {
    list = args.values.empty() ? kNone32 : make_list(args.values);
  }
  HirId made;
  uint16_t aux = args.reordered ? 1 : 0;
  if (f.origin == FuncOrigin::Intrinsic) {
    made = emit(HirKind::Intrinsic, result, f.intrinsic, make_record({make_type_list(targs), list}), span(call), aux);
  } else if (via_trait) {
    use_trait(f.trait);
    made = emit(HirKind::CallTrait, result, +func, make_record({make_type_list(targs), list}), span(call), aux);
  } else {
    made = emit(HirKind::Call, result, +func, make_record({make_type_list(targs), list}), span(call), aux);
  }
  if (result == Types::Never) dead_ = true;
  if (fails && !f.fallible && !args.poly_hard &&
      !answer) {   // it fails only by what its closure awaits, so it passes on as `await` does
    pass_on(set, true, span(call), "await");
    return made;
  }
  return answered(made, fails, set, call, answer);
}

HirId BodyChecker::call_value(HirId callee_value, NodeId call, TypeId expected, Answer* answer, bool poly) {
  NodeId callee_node = NodeId(ast(call).a);
  callee_value = received(callee_value);
  TypeId type = settle(node(callee_value).type);
  TypeRow row = types_[type];
  if (row.kind == TypeKind::Error || row.kind == TypeKind::Never) {
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (row.kind == TypeKind::Optional && types_.kind(peel(type)) == TypeKind::Func) {
    report_optional_as_value(span(callee_node), type, callee_node, nullptr);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (row.kind == TypeKind::Infer && open_kind(type) == InferKind::General) {
    // A parameter of a closure that is called before its type is known: the call says what it takes.
    SmallVec<TypeId, 8> parts;
    for (size_t i = 0; i <= tree_->list(ast(call).b).size(); ++i)
      parts.push_back(fresh(InferKind::General, span(call), "what this call takes or gives"));
    TypeId made = types_.func(parts, 0, ErrorSetId::None);
    unify(type, made);
    type = made;
    row = types_[type];
  }
  if (row.kind != TypeKind::Func) {
    Diagnostic& d = report<Diag::NotAFunction>(span(callee_node), source(callee_node));
    d.with_label("this is `" + name_of(type) + "`");
    if (row.kind == TypeKind::Array) d.help("an element is taken out with `[ ]`: `" + source(callee_node) + "[0]`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  Callee callee;
  callee.module = module_;
  if (ast(callee_node).kind == NodeKind::Ident) callee.name = NameId(ast(callee_node).a);
  for (uint32_t i = 0; i + 1 < row.arg_count; ++i) {
    ParamView view;
    view.type = types_.args(type)[i];
    view.is_mut = row.a & mut_param_flag(i);
    callee.params.push_back(view);
  }
  TypeId result = types_.args(type).back();
  unify_hint(result, expected);
  Args args;
  if (!check_args(callee, call, HirId::None, NodeId::None, args)) return poison(span(call));
  HirId made = emit(HirKind::CallValue, result, +callee_value, args.values.empty() ? kNone32 : make_list(args.values),
                    span(call));
  if (shallow(result) == Types::Never) dead_ = true;
  bool fails = row.a & kFuncFallible;
  (void)poly;
  ErrorSetId set = ErrorSetId(row.b);
  if (fails && is_none(set)) {   // `!T` without names: any error
    set = new_inferred_set();
    p_.error_sets[+set].open = true;
  }
  return answered(made, fails, set, call, answer);
}

HirId BodyChecker::error_method(HirId base, NodeId call, NameId name) {
  if (!tree_->list(ast(call).b).empty()) {
    Callee none;
    none.name = name;
    report_arity(none, call, tree_->list(ast(call).b).size(), 0);
    return poison(span(call));
  }
  uint16_t what = name == n_name_ ? 0 : name == n_trace_ ? 1 : 2;
  TypeId type = Types::String;
  if (what == 2) type = types_.array(node(base).type);
  return emit(HirKind::ErrorMethod, type, base, kNone32, span(call), what);
}

HirId BodyChecker::call_method(HirId base, NodeId base_ast, NodeId call, NodeId member, TypeId expected,
                               Answer* answer) {
  NameId name = NameId(ast(member).b);
  Span name_span = tree_->token_span(tree_->lasts[+member]);
  base = received(base);
  TypeId type = settle(node(base).type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Never) {
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  // Their own operations come first, then what an `impl` for them has.
  if (kind == TypeKind::Channel && (is_channel_operation(name) || method_of(type, name).candidates == 0))
    return channel_method(base, call, name, name_span, answer);
  if (kind == TypeKind::Task && (is_task_operation(name) || method_of(type, name).candidates == 0))
    return task_method(base, call, name, name_span);
  if (kind == TypeKind::Nursery && name == n_spawn_) {
    HirId spawned = spawn_method(base, base_ast, call, expected, true);
    if (type_of(spawned) != Types::Error) raises_implicit(answer);   // over the budget, as `spawn` itself
    return spawned;
  }
  if (kind == TypeKind::Infer && open_kind(type) == InferKind::General) {
    SmallVec<uint32_t, 8> values;
    SmallVec<NodeId, 8> args;
    for (NodeId a : tree_->list(ast(call).b)) args.push_back(a);
    for (NodeId a : args) {
      Node x = ast(a);
      if (x.kind == NodeKind::Arg) x = ast(a = NodeId(x.b));
      if (x.kind == NodeKind::MutArg) {
        HirId place = check(NodeId(x.a));
        require_place(place, NodeId(x.a), "lent with `&` here");
        values.push_back(+emit(HirKind::MutArg, node(place).type, place, kNone32, span(a)));
      } else {
        values.push_back(+check(a));
      }
    }
    TypeId result = fresh(InferKind::General, Span{});
    HirId hole = emit(HirKind::Void, result, kNone32, kNone32, span(call));
    deferred_.push_back({b_->index, hole, base, call, true, values.empty() ? kNone32 : make_list(values), result,
                         HirId::None, ErrorSetId::None, module_, 0});
    if (answer) answer->deferred = true;
    return hole;
  }
  if (kind == TypeKind::ErrorVal && (name == n_name_ || name == n_trace_ || name == n_others_))
    return error_method(base, call, name);
  if (kind == TypeKind::Fixed && name == n_len_ && tree_->list(ast(call).b).empty())
    return emit_int(types_[type].b, Types::I64, span(call));
  TypeId probe = type;
  bool literal = kind == TypeKind::Infer;
  if (literal) probe = open_kind(type) == InferKind::Int ? Types::I64 : Types::F64;
  Program::MethodMatch m = method_of(probe, name);
  TraitId bound = TraitId::None;
  if (m.candidates == 0 && kind == TypeKind::Param) {
    int candidates = 0;
    FuncId found = method_of_param(type, name, &bound, name_span, &candidates);
    if (is_some(found)) {
      m.func = found;
      m.trait = bound;
      m.impl_args = {type};
      m.candidates = 1;
    } else if (candidates > 1) {
      Diagnostic& d = report<Diag::AmbiguousMethod>(name_span, text(name), name_of(type));
      d.note("more than one trait has a method of this name")
          .help("say which one `" + name_of(type) + "` has: `where " + name_of(type) + ": TraitName`");
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
  }
  if (m.candidates > 1) {
    Diagnostic& d = report<Diag::AmbiguousMethod>(name_span, text(name), name_of(type));
    std::string trait = is_some(m.trait) ? std::string(text(p_.decls[+p_.traits[+m.trait].decl].name)) : "Trait";
    d.note("more than one trait gives it this method")
        .help("name the trait: `" + trait + "." + std::string(text(name)) + "(" + source(base_ast) + ")`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (m.candidates == 0 &&
      (is_chars(type) || kind == TypeKind::Fixed)) {   // what only arrays have is asked of the array
    TypeId array = types_.array(kind == TypeKind::Fixed ? types_.elem(type) : Types::Char);
    Program::MethodMatch of_array = p_.find_method(zonk(array), name, module_);
    if (of_array.candidates == 1 && p_.funcs[+of_array.func].self == SelfKind::Value) {
      base = kind == TypeKind::Fixed ? fixed_as_array(base) : chars_array(base);
      m = of_array;
    } else if (of_array.candidates == 1 && kind == TypeKind::Fixed) {   // push, sort, swap …
      report<Diag::NoMethod>(name_span, name_of(type), text(name))
          .note("the elements of a fixed array are set one by one, `a[i] = …`, and their number never changes")
          .help("a copy that can be changed like this: `var list: " + code_of(array) + " = " + source(base_ast) + "`");
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
  }
  if (m.candidates == 0) {
    TypeId field = TypeId::None;
    if (m.is_private && is_some(m.func)) {
      const Decl& decl = p_.decls[+p_.funcs[+m.func].decl];
      report<Diag::PrivateName>(name_span, text(name), text(p_.modules[+decl.module]->path))
          .at(decl.name_span, "declared here without `pub`")
          .help("write `pub` in front of its declaration to let other files use it");
    } else if (find_field(zonk(type), name, &field) >= 0) {
      Diagnostic& d = report<Diag::FieldCalled>(name_span, text(name));
      if (types_.kind(shallow(field)) == TypeKind::Func) {
        Span whole = span(member);
        d.note(
             "a name behind a point and before parentheses is a method; the function in a field is put in parentheses first")
            .help("write `(" + source(member) + ")(…)`")
            .fix(whole, "(" + source(member) + ")", "call the function in the field");
      } else {
        d.note("`" + std::string(text(name)) + "` is a field, of type `" + name_of(field) + "`")
            .help("leave the parentheses out");
      }
    } else {
      unknown_member(type, name, member, true);
    }
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  const FuncInfo& f = p_.funcs[+m.func];
  if (literal) {
    // A method of all numbers leaves the literal's type open; one of a single type decides it.
    bool blanket = is_some(f.impl) && types_.kind(p_.impls[+f.impl].self) == TypeKind::Param && m.impl_args.size() == 1;
    if (blanket) m.impl_args[0] = type;
    else unify(type, probe);
  }
  if (f.self == SelfKind::None && !f.broken) {
    report<Diag::StaticOnValue>(name_span, text(name))
        .at(p_.decls[+f.decl].name_span, "it has no `self`")
        .note("a function without `self` belongs to the type, not to a value")
        .help("write `" + code_of(type) + "." + std::string(text(name)) + "(…)`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  bool trait_method = is_some(f.trait) && is_none(f.impl);
  Head head;
  if (trait_method && kind == TypeKind::Dyn) {
    use_trait(f.trait);
    // Through the table: as an ordinary call first, then marked.
    HirId made = call_func(m.func, m.impl_args, call, base, base_ast, expected, answer, head, true, m.trait);
    if (node(made).kind == HirKind::CallTrait) call_through_table(made);
    return made;
  }
  return call_func(m.func, m.impl_args, call, base, base_ast, expected, answer, head, trait_method, m.trait);
}

// Type.name(…): a variant, a conversion, or a function of the type.
HirId BodyChecker::call_static(TypeId type, NodeId call, NodeId member, TypeId expected, Answer* answer) {
  type = shallow(type);
  NameId name = NameId(ast(member).b);
  Span name_span = tree_->token_span(tree_->lasts[+member]);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) {
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (kind == TypeKind::Channel && name == n_new_) {
    if (!tasks_allowed(call, "Channel")) return poison(span(call));
    std::span<const NodeId> list = tree_->list(ast(call).b);
    if (list.size() > 1 ||
        (list.size() == 1 && (ast(list[0]).kind == NodeKind::Arg || ast(list[0]).kind == NodeKind::MutArg))) {
      report<Diag::ArgumentCount>(span(call), "`Channel.new`", "0 to 1 arguments", list.size())
          .note("its argument is the capacity; without one, a value is handed over only when both sides are there");
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
    return make_channel(types_.elem(type), list.empty() ? NodeId::None : list[0], call, expected, answer);
  }
  if (kind == TypeKind::Capability && name == n_mint_) {
    if (!tree_->list(ast(call).b).empty()) {
      report<Diag::ArgumentCount>(span(call), "`mint`", "no arguments", tree_->list(ast(call).b).size());
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
    return mint_capability(type, span(call));
  }
  if (kind == TypeKind::Enum) {
    int variant = p_.find_variant(EnumId(types_[type].a), name);
    if (variant >= 0) return make_variant(type, static_cast<uint32_t>(variant), member, call, expected);
  }
  if ((types_.is_number(type) || kind == TypeKind::Char || kind == TypeKind::Param) &&
      (name == n_wrap_ || name == n_try_)) {
    std::span<const NodeId> list = tree_->list(ast(call).b);
    if (list.size() != 1) {
      report<Diag::ArgumentCount>(span(call), "`" + source(member) + "`", "1 argument", list.size());
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
    return convert(type, call, list[0], name == n_wrap_ ? 1 : 2);
  }
  Program::MethodMatch m = p_.find_method(zonk(type), name, module_);
  if (m.candidates == 0 && kind == TypeKind::Param) {
    TraitId bound = TraitId::None;
    int candidates = 0;
    FuncId found = method_of_param(type, name, &bound, name_span, &candidates);
    if (is_some(found)) {
      m.func = found;
      m.impl_args = {type};
      m.candidates = 1;
    }
  }
  if (m.candidates != 1) {
    if (m.is_private && is_some(m.func) && m.candidates == 0) {
      const Decl& decl = p_.decls[+p_.funcs[+m.func].decl];
      report<Diag::PrivateName>(name_span, text(name), text(p_.modules[+decl.module]->path))
          .at(decl.name_span, "declared here without `pub`")
          .help("write `pub` in front of its declaration to let other files use it");
    } else if (m.candidates > 1) {
      report<Diag::AmbiguousMethod>(name_span, text(name), name_of(type))
          .note("more than one trait gives it this function");
    } else if (!method_may_be_lost(name)) {
      std::vector<std::string_view> names;
      if (kind == TypeKind::Enum)
        for (const VariantInfo& v : p_.enums[types_[type].a].variants) names.push_back(text(v.name));
      p_.method_names(zonk(type), names);
      Diagnostic& d = kind == TypeKind::Enum ? report<Diag::NoVariant>(name_span, name_of(type), text(name))
                                             : report<Diag::NoMethod>(name_span, name_of(type), text(name));
      bool suggested = suggest(d, name_span, text(name), names);
      if (!suggested && kind == TypeKind::Enum) list_variants(d, EnumId(types_[type].a));
      if (!suggested && name != n_new_ && kind == TypeKind::Struct && names.size() <= 100)
        note_functions(d, type, names);
      if (!suggested && name == n_new_ && kind == TypeKind::Struct)
        d.note("`new` is not built in: a type has the functions that are written for it")
            .help("make a value with `" + code_of(type) + " { … }`, or write `func new(…) -> " + code_of(type) +
                  "` in an `impl`");
    }
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  const FuncInfo& f = p_.funcs[+m.func];
  return call_func(m.func, m.impl_args, call, HirId::None, NodeId::None, expected, answer, Head{},
                   is_some(f.trait) && is_none(f.impl), m.trait);
}

// What can be called on the type itself.
void BodyChecker::note_functions(Diagnostic& d, TypeId type, std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string all;
  for (std::string_view one : names)
    if (auto m = p_.find_method(zonk(type), p_.names.intern(one), module_);
        is_some(m.func) && p_.funcs[+m.func].self == SelfKind::None)
      all += (all.empty() ? "`" : ", `") + std::string(one) + "`";
  if (!all.empty()) d.note("`" + name_of(type) + "` itself has " + all);
}

// Trait.name(x, …): the method of that trait, where the bare name would be ambiguous.
HirId BodyChecker::call_trait(TraitId trait, NodeId call, NodeId member, TypeId expected, Answer* answer) {
  NameId name = NameId(ast(member).b);
  Span name_span = tree_->token_span(tree_->lasts[+member]);
  int index = p_.trait_method_index(trait, name);
  std::string trait_name(text(p_.decls[+p_.traits[+trait].decl].name));
  if (index < 0) {
    std::vector<std::string_view> names;
    for (FuncId f : p_.traits[+trait].methods) names.push_back(text(p_.decls[+p_.funcs[+f].decl].name));
    Diagnostic& d = report<Diag::NotInTrait>(name_span, trait_name, text(name));
    suggest(d, name_span, text(name), names);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  FuncId func = p_.traits[+trait].methods[static_cast<size_t>(index)];
  TypeId self = fresh(InferKind::General, span(call), "the type whose method is called");
  TypeId outer[] = {self};
  HirId made = call_func(func, outer, call, HirId::None, NodeId::None, expected, answer, Head{}, true, trait);
  TypeId type = settle(self);
  settle_literals(type);
  type = shallow(type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Infer) return made;
  bool fits = kind == TypeKind::Param ? require_trait(type, trait, name_span) : p_.implements(zonk(type), trait);
  if (!fits && type_of(made) != Types::Error) {
    NodeId first = tree_->list(ast(call).b).empty() ? call : tree_->list(ast(call).b)[0];
    report<Diag::NotImplemented>(span(first), name_of(type), trait_name)
        .help("write `impl " + trait_name + " for " + code_of(type) + " do … end`");
    return poison(span(call));
  }
  if (kind == TypeKind::Dyn && node(made).kind == HirKind::CallTrait) call_through_table(made);
  return made;
}

// A CallTrait becomes a CallDyn. The types that were put in stay behind in `extra`, where they would be taken for what
// the body says: they are numbers of this run.
void BodyChecker::call_through_table(HirId call) {
  HirNode& x = node(call);
  std::vector<uint32_t>& extra = b_->body.extra;
  if (const uint32_t types = extra[x.b]; types != kNone32) std::fill_n(extra.begin() + types + 1, extra[types], 0u);
  x.kind = HirKind::CallDyn;
  x.b = extra[x.b + 1];
}

}  // namespace janus
