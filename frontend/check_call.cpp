// check_call.cpp: calls: who is called, arguments to parameters, results and failures.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

Span BodyChecker::call_span(NodeId call) { return span(call); }

// Arguments of a call that is already wrong: their own mistakes are still told.
void BodyChecker::check_rest(std::span<const NodeId> args) {
  SmallVec<NodeId, 8> list;
  for (NodeId a : args) list.push_back(a);
  for (NodeId a : list) {
    Node x = ast(a);
    if (x.kind == NodeKind::Arg) {
      a = NodeId(x.b);
      x = ast(a);
    }
    if (x.kind == NodeKind::MutArg) a = NodeId(x.a);
    if (x.kind != NodeKind::DotName && x.kind != NodeKind::Closure) check(a);
  }
}

HirId BodyChecker::check_call(NodeId n, TypeId expected, Answer* answer) {
  const Node x = ast(n);
  NodeId callee = NodeId(x.a);
  const Node c = ast(callee);
  Head head;
  switch (c.kind) {
    case NodeKind::DotName: return check_dot_name(callee, expected, n, answer);
    case NodeKind::Member: {
      NodeId base_node = NodeId(c.a);
      NodeKind k = ast(base_node).kind;
      Head base;
      if (k == NodeKind::Ident || k == NodeKind::Member || k == NodeKind::Index || k == NodeKind::TypeExpr || k == NodeKind::Call) base = head_of(base_node);
      switch (base.kind) {
        case HeadKind::Module: head = head_of(callee); break;
        case HeadKind::Type: return call_static(base.type, n, callee, expected, answer);
        case HeadKind::Error: {
          TagId tag = p_.find_tag(ErrorId(base.index), NameId(c.b));
          if (is_some(tag)) return make_error(tag, callee, n, types_.error_value(p_.errors[base.index].set));
          HirId bad = check_member(callee, expected);
          check_rest(tree_->list(x.b));
          return bad;
        }
        case HeadKind::Trait: return call_trait(TraitId(base.index), n, callee, expected, answer);
        case HeadKind::Poison: check_rest(tree_->list(x.b)); return poison(span(n));
        case HeadKind::AdHoc: case HeadKind::Unknown: {
          HirId bad = check_member(callee, expected);
          if (type_of(bad) != Types::Error) report<Diag::NotAFunction>(span(callee), source(callee)).note("an error that is not declared carries nothing");
          check_rest(tree_->list(x.b));
          return poison(span(n));
        }
        case HeadKind::Builtin:
          check_rest(tree_->list(x.b));
          return decl_value(base, base_node, expected);
        default: {
          if (ast(unparen(base_node)).kind == NodeKind::Ident) closure_stays_ = unparen(base_node);
          HirId value = check(base_node);
          closure_stays_ = NodeId::None;
          return call_method(value, base_node, n, callee, expected, answer);
        }
      }
      break;
    }
    case NodeKind::Ident: {
      uint32_t var = find_var(NameId(c.a));
      if (var != kNone32) {
        if (shallow(vars_[var].type) == Types::Error) {
          check_rest(tree_->list(x.b));
          return poison(span(n));
        }
        return call_value(read_var(var, span(callee)), n, expected, answer, vars_[var].poly_param != 0xffff);
      }
      head = head_of_name(NameId(c.a), callee);
      break;
    }
    case NodeKind::Index: case NodeKind::TypeExpr: case NodeKind::Call: head = head_of(callee); break;
    default: break;
  }
  switch (head.kind) {
    case HeadKind::Func: return call_func(FuncId(head.index), {}, n, HirId::None, NodeId::None, expected, answer, head, false, TraitId::None);
    case HeadKind::Type: return call_type(head.type, n, expected);
    case HeadKind::Builtin: return call_builtin(Builtin(head.index), n, expected, answer);
    case HeadKind::Unknown: {
      // Methods of the value one is in are called through `self`.
      uint32_t self = find_var(n_self_);
      NameId name = NameId(c.a);
      if (self != kNone32 && p_.find_method(zonk(vars_[self].type), name, module_).candidates > 0) {
        std::string word(text(name));
        report<Diag::UnknownName>(span(callee), word).note("methods are called on a value").help("write `self." + word + "(…)`").fix(Span{span(callee).lo, span(callee).lo}, "self.", "call it on `self`");
        check_rest(tree_->list(x.b));
        return poison(span(n));
      }
      HirId bad = unknown_name(name, span(callee));
      check_rest(tree_->list(x.b));
      return bad;
    }
    case HeadKind::Poison: case HeadKind::Module: case HeadKind::Trait: case HeadKind::AdHoc:
      check_rest(tree_->list(x.b));
      return head.kind == HeadKind::Poison ? poison(span(n)) : decl_value(head, callee, expected);
    case HeadKind::Error: {
      Diagnostic& d = report<Diag::NotAFunction>(span(callee), source(callee));
      d.help("name the variant: `" + source(callee) + "." + (p_.errors[head.index].tags.empty() ? "Variant" : std::string(text(p_.tags[+p_.errors[head.index].tags[0]].name))) + "`");
      check_rest(tree_->list(x.b));
      return poison(span(n));
    }
    case HeadKind::Const: return call_value(decl_value(head, callee, TypeId::None), n, expected, answer, false);
    default: break;
  }
  return call_value(check(callee), n, expected, answer, false);
}

// The call's failure is somebody's business: `?`, `try` or `catch` around it, or nobody's, which is the mistake.
HirId BodyChecker::answered(HirId call, bool fails, ErrorSetId set, NodeId n, Answer* answer) {
  if (!fails) return call;
  if (answer) {
    answer->fails = true;
    answer->set = set;
    return call;
  }
  if (quiet_) return call;
  Diagnostic& d = report<Diag::UnhandledFailure>(span(n));
  std::string names = is_some(set) && !p_.error_sets[+set].inferred ? p_.set_name(set) : "";
  d.with_label(names.empty() ? "this can fail" : "this can fail with `" + names + "`");
  d.note("a call that can fail is answered where it stands, so that no failure is overlooked");
  TypeId type = type_of(call);
  std::string code = source(n);
  if (is_some(catch_operand_) && tree_->first_token(catch_operand_) <= tree_->first_token(n) && tree_->lasts[+n] <= tree_->lasts[+catch_operand_]) {
    d.note("`catch`, `try` and `?` answer the outermost call before or behind them, not a call inside an expression");
    d.help("put the answer next to the call, in parentheses: `(" + code + " catch …)`");
    return call;
  }
  bool can_pass = current_sink().kind != Sink::Never;
  if (type == Types::Void) {
    d.help("do something about it: `" + code + " catch |err| do … end`");
  } else {
    const char* stand_in = types_.is_number(type) ? "0" : type == Types::String ? "\"\"" : type == Types::Bool ? "false" : "…";
    d.help("handle it: `" + code + " catch |err| do … end`, or give a value to use instead: `" + code + " catch " + stand_in + "`");
  }
  if (can_pass) {
    d.help("or pass the failure on to the caller: `" + code + "?`");
    Span at = span(n);
    d.fix(Span{at.hi, at.hi}, "?", "pass the failure on", Applicability::MaybeIncorrect);
  } else {
    std::string result = b_->result == Types::Void ? "void" : name_of(b_->result);
    d.help("or pass it on with `" + code + "?`, in a function whose type says that it can fail: `-> !" + result + "`");
  }
  return call;
}

// ---- arguments

std::string BodyChecker::signature(const Callee& callee, size_t from) {
  std::string s(is_some(callee.name) ? text(callee.name) : "call");
  s += '(';
  for (size_t i = from; i < callee.params.size(); ++i) {
    const ParamView& p = callee.params[i];
    if (i > from) s += ", ";
    if (p.is_mut) s += "mut ";
    if (is_some(p.name)) s += std::string(text(p.name)) + ": ";
    s += name_of(p.type);
  }
  return s + ")";
}

void BodyChecker::report_arity(const Callee& callee, NodeId call, size_t found, size_t receiver) {
  size_t most = callee.params.size() - receiver, least = 0;
  for (size_t i = receiver; i < callee.params.size(); ++i)
    if (is_none(callee.params[i].default_value)) ++least;
  std::string takes = least == most ? std::to_string(most) : std::to_string(least) + " to " + std::to_string(most);
  takes += most == 1 ? " argument" : " arguments";
  if (most == 0) takes = "no arguments";
  std::string name(is_some(callee.name) ? "`" + std::string(text(callee.name)) + "`" : std::string("this ") + callee.what);
  Diagnostic& d = report<Diag::ArgumentCount>(span(call), name, takes, found);
  if (!callee.declared.is_none()) d.at(callee.declared, "declared here");
  if (most > 0) d.note("it is called as `" + signature(callee, receiver) + "`");
}

HirId BodyChecker::lend(NodeId place_node, TypeId type, const ParamView& param) {
  NodeId bare = unparen(place_node);
  uint32_t var = ast(bare).kind == NodeKind::Ident ? find_var(NameId(ast(bare).a)) : kNone32;
  HirId place;
  if (var != kNone32 && types_.kind(shallow(type)) == TypeKind::Optional) {
    place = read_var(var, span(place_node), false);   // the callee may set it to null
    drop_fact(var, Fact::NonNull);
  } else {
    place = check(place_node);
  }
  if (type_of(place) == Types::Error) return place;
  if (!unify(node(place).type, type)) {
    Why why{param.span, "`&` lends the variable itself, so its type must be exactly this one"};
    report_mismatch(span(place_node), type, node(place).type, place_node, &why);
    return poison(span(place_node));
  }
  if (!require_place(place, place_node, "lent with `&` here")) return poison(span(place_node));
  return emit(HirKind::MutArg, node(place).type, place, kNone32, span(place_node));
}

bool BodyChecker::check_args(const Callee& callee, NodeId call, HirId receiver, NodeId receiver_ast, Args& out) {
  size_t offset = is_some(receiver) ? 1 : 0;
  size_t count = tree_->list(ast(call).b).size();
  size_t total = callee.params.size();
  auto arg_at = [&](size_t i) { return tree_->list(ast(call).b)[i]; };
  if (ast(call).flags & kHasError) {
    check_rest(tree_->list(ast(call).b));
    return false;
  }

  // Which argument is for which parameter?
  SmallVec<NodeId, 8> of_param;            // the value's node
  SmallVec<uint32_t, 8> written;           // parameters in the order of the arguments
  of_param.resize(total, NodeId::None);
  size_t next = offset;
  // Capability parameters are left out by a call that has no value for each parameter (7.2).
  size_t capabilities = 0;
  for (size_t i = offset; i < total; ++i) capabilities += types_.kind(callee.params[i].type) == TypeKind::Capability;
  bool skip_capabilities = capabilities > 0 && count <= total - offset - capabilities;
  auto skipped = [&](size_t i) { return skip_capabilities && i < total && types_.kind(callee.params[i].type) == TypeKind::Capability; };
  bool good = true, named = false;
  for (size_t i = 0; i < count; ++i) {
    NodeId arg = arg_at(i);
    const Node a = ast(arg);
    size_t index;
    NodeId value = arg;
    if (a.kind == NodeKind::Arg) {
      named = true;
      value = NodeId(a.b);
      index = offset;
      while (index < total && callee.params[index].name != NameId(a.a)) ++index;
      if (index == total) {
        std::vector<std::string_view> names;
        for (size_t k = offset; k < total; ++k)
          if (is_some(callee.params[k].name)) names.push_back(text(callee.params[k].name));
        Span at = tree_->token_span(tree_->first_token(arg));
        Diagnostic& d = report<Diag::NoParameter>(at, is_some(callee.name) ? text(callee.name) : std::string_view("the call"), text(NameId(a.a)));
        if (!suggest(d, at, text(NameId(a.a)), names) && total > offset) d.note("it is called as `" + signature(callee, offset) + "`");
        good = false;
        NodeId list[] = {value};
        check_rest(list);
        continue;
      }
    } else {
      while (skipped(next)) ++next;
      // A closure behind the call is for the last parameter that takes a function.
      if (i + 1 == count && ast(value).kind == NodeKind::Closure && total > next + 1 && types_.kind(shallow(callee.params[next].type)) != TypeKind::Func &&
          types_.kind(shallow(callee.params[total - 1].type)) == TypeKind::Func && is_none(of_param[total - 1])) {
        index = total - 1;
        named = true;
      } else {
        while (next < total && ((named && is_some(of_param[next])) || skipped(next))) ++next;
        index = next++;
      }
      if (index >= total) {
        if (good) report_arity(callee, call, count, offset);
        good = false;
        NodeId list[] = {value};
        check_rest(list);
        continue;
      }
    }
    if (is_some(of_param[index])) {
      report<Diag::ArgumentTwice>(span(arg), is_some(callee.params[index].name) ? text(callee.params[index].name) : std::string_view("?")).at(span(of_param[index]), "first given here");
      good = false;
      continue;
    }
    of_param[index] = value;
    written.push_back(static_cast<uint32_t>(index));
  }
  bool missing = false;
  for (size_t i = offset; i < total && good; ++i)
    missing |= is_none(of_param[i]) && is_none(callee.params[i].default_value) && types_.kind(callee.params[i].type) != TypeKind::Capability;
  if (missing) {
    report_arity(callee, call, count, offset);
    good = false;
  }

  // Values: closures last, when the other arguments have decided what they can.
  out.values.resize(total, kNone32);
  if (offset) out.values[0] = +receiver;
  bool any_mut = offset && total > 0 && callee.params[0].is_mut;
  auto check_one = [&](uint32_t index) {
    const ParamView& param = callee.params[index];
    NodeId arg = of_param[index];
    const Node a = ast(arg);
    TypeId type = param.type;
    if (param.is_mut) {
      any_mut = true;
      if (a.kind == NodeKind::MutArg) {
        out.values[index] = +lend(NodeId(a.a), type, param);
        return;
      }
      Span at = span(arg);
      report<Diag::NeedsAmpersand>(at, source(arg))
          .at(param.span, "the parameter is `mut`: the call may change the variable")
          .note("the `&` shows at the call that the variable can be different afterwards")
          .help("write `&" + source(arg) + "`")
          .fix(Span{at.lo, at.lo}, "&", "lend the variable");
      out.values[index] = +poison(at);
      return;
    }
    if (a.kind == NodeKind::MutArg) {
      Span at = span(arg);
      Diagnostic& d = report<Diag::NeedlessAmpersand>(at);
      if (!param.span.is_none()) d.at(param.span, "this parameter is not `mut`, so the variable stays as it is");
      d.help("leave the `&` out").fix(Span{at.lo, at.lo + 1}, "", "leave the `&` out");
      check_poison(NodeId(a.a));
      out.values[index] = +poison(at);
      return;
    }
    TypeId plain = shallow(type);
    bool func_param = types_.kind(plain) == TypeKind::Func && !(types_[plain].a & kFuncFallible);
    HirId value;
    NodeId bare = unparen(arg);
    NodeId stays_before = closure_stays_;
    if (ast(bare).kind == NodeKind::Ident && types_.kind(plain) == TypeKind::Func) closure_stays_ = bare;
    if (ast(bare).kind == NodeKind::Closure) {
      value = check_closure(bare, type, func_param ? callee.func : FuncId::None, index);
    } else if (func_param && ast(bare).kind == NodeKind::Ident) {
      uint32_t var = find_var(NameId(ast(bare).a));
      if (var != kNone32 && vars_[var].poly_param != 0xffff && is_some(callee.func)) {   // both without `!`, or both kept apart by coercion
        poly_edges_.push_back({func_, vars_[var].poly_param, callee.func, index});
        value = read_var(var, span(arg));
      } else {
        value = check(arg, type);
      }
    } else {
      value = check(arg, type);
    }
    closure_stays_ = stays_before;
    TypeId given = shallow(node(value).type);
    if (func_param && is_some(callee.func) && types_.kind(given) == TypeKind::Func && (types_[given].a & kFuncFallible)) {
      // A failing closure for a parameter that says nothing about failure: the call fails in its place (ruling 7).
      ErrorSetId set = ErrorSetId(types_[given].b);
      SmallVec<TypeId, 8> parts;
      for (TypeId t : types_.args(plain)) parts.push_back(t);
      TypeId failing = types_.func(parts, types_[plain].a | kFuncFallible, set);
      if (try_coerce(value, failing)) {
        out.poly_set = out.poly_fails ? join_sets(out.poly_set, set) : set;
        out.poly_fails = true;
        HirId made = HirId(node(value).kind == HirKind::WidenFunc ? HirId(node(value).a) : value);
        while (node(made).kind == HirKind::WidenFunc) made = HirId(node(made).a);
        out.poly_hard |= node(made).kind != HirKind::MakeClosure || group_[node(made).b]->fails_hard;
        nursery_argument(value, callee.func, index, arg);
        poly_checks_.push_back({callee.func, index, span(arg)});
        out.values[index] = +emit(HirKind::WidenFunc, type, value, kNone32, span(arg));
        return;
      }
    }
    if (!(node(value).type == type || try_coerce(value, type))) {
      std::string label = is_some(param.name) ? "the parameter `" + std::string(text(param.name)) + "` is `" + name_of(type) + "`" : "declared here";
      Why why{param.span, label};
      report_mismatch(span(arg), type, node(value).type, arg, param.span.is_none() ? nullptr : &why);
      value = poison(span(arg));
    }
    if (type_of(value) == Types::Error) poison_open(type);   // what it would have decided
    else if (TypeKind k = types_.kind(plain); k == TypeKind::Func || k == TypeKind::Nursery) nursery_argument(value, callee.func, index, arg);
    else if (ast(bare).kind == NodeKind::Closure) closure_leaves(value, bare);
    out.values[index] = +value;
  };
  for (uint32_t index : written)
    if (ast(unparen(of_param[index])).kind != NodeKind::Closure) check_one(index);
  for (uint32_t index : written)
    if (ast(unparen(of_param[index])).kind == NodeKind::Closure) check_one(index);
  if (!good) return false;

  for (size_t i = offset; i < total; ++i) {
    if (out.values[i] != kNone32) continue;
    const ParamView& param = callee.params[i];
    if (is_some(param.default_value)) {
      out.values[i] = +default_value(callee.module, param.default_value, param.type, callee.func);
      continue;
    }
    // A capability that the call leaves out: the nearest one in scope (7.2).
    HirId value = implicit_capability(param.type, span(call));
    if (is_none(value)) return false;
    out.values[i] = +value;
  }
  // Evaluated as written, also when the parameters stand in another order.
  if (named) {
    for (size_t i = 0; i + 1 < written.size(); ++i) out.reordered |= written[i] > written[i + 1];
    if (out.reordered) {
      if (offset) out.order.push_back(0);
      for (uint32_t w : written) out.order.push_back(w);
      for (uint32_t i = static_cast<uint32_t>(offset); i < total; ++i)
        if (is_none(of_param[i])) out.order.push_back(i);
    }
  }
  if (any_mut) {
    if (offset) of_param[0] = receiver_ast;
    check_exclusive(callee, out, of_param);
  }
  return true;
}

// `&x` is exclusive for the whole call (ruling 6): no other `&` of the same storage, no closure argument that writes it.
void BodyChecker::check_exclusive(const Callee& callee, const Args& args, std::span<const NodeId> asts) {
  struct Path { uint32_t var = kNone32; SmallVec<uint32_t, 8> fields; bool precise = true; };
  auto path_of = [&](HirId value, Path& path) {
    HirId at = HirId(node(value).a);
    SmallVec<HirId, 8> steps;
    while (true) {
      const HirNode& s = node(at);
      if (s.kind == HirKind::Local) {
        path.var = var_of_local(LocalId(s.a));
        break;
      }
      if (s.kind != HirKind::Field && s.kind != HirKind::Index && s.kind != HirKind::MapIndex && s.kind != HirKind::Unwrap) return;
      steps.push_back(at);
      at = HirId(s.a);
    }
    for (size_t i = steps.size(); i-- > 0;) {
      const HirNode& s = node(steps[i]);
      if (s.kind == HirKind::Unwrap) continue;
      if (s.kind != HirKind::Field) break;
      path.fields.push_back(s.b);
    }
  };
  size_t count = args.values.size();
  for (size_t i = 0; i < count; ++i) {
    if (args.values[i] == kNone32 || node(HirId(args.values[i])).kind != HirKind::MutArg) continue;
    Path a;
    path_of(HirId(args.values[i]), a);
    if (a.var == kNone32) continue;
    std::string name = vars_[a.var].is_self ? "self" : std::string(text(vars_[a.var].name));
    for (size_t k = 0; k < count; ++k) {
      if (k == i || args.values[k] == kNone32) continue;
      HirId other = HirId(args.values[k]);
      while (node(other).kind == HirKind::WidenFunc) other = HirId(node(other).a);
      const HirNode o = node(other);
      if (o.kind == HirKind::MutArg && k > i) {
        Path b;
        path_of(other, b);
        if (b.var != a.var) continue;
        size_t s = 0;
        while (s < a.fields.size() && s < b.fields.size() && a.fields[s] == b.fields[s]) ++s;
        if (s < a.fields.size() && s < b.fields.size()) continue;   // they part at different fields
        bool receiver = i == 0 && callee.params[0].is_mut && ast(asts[0]).kind != NodeKind::MutArg;
        Diagnostic& d = report<Diag::OverlappingLoans>(span(asts[k]), name);
        d.with_label("and lent a second time here").at(span(asts[i]), receiver ? "the method changes this" : "lent here");
        d.note("a variable that a call may change belongs to that call alone, until it comes back").help("make two calls, or work on a copy");
        return;
      }
      if (o.kind == HirKind::MakeClosure && o.b < group_.size()) {
        for (uint32_t w : group_[o.b]->written_outer) {
          if (w != a.var) continue;
          report<Diag::OverlappingLoans>(span(asts[k]), name).with_label("and this closure changes it during the call").at(span(asts[i]), "lent here").note("a variable that a call may change belongs to that call alone, until it comes back");
          return;
        }
      }
    }
  }
}

// ---- functions and methods

HirId BodyChecker::call_func(FuncId func, std::span<const TypeId> outer_args, NodeId call, HirId receiver, NodeId receiver_ast, TypeId expected, Answer* answer, const Head& head,
                             bool via_trait, TraitId) {
  use_func(func);
  const FuncInfo& f = p_.funcs[+func];
  const Decl& decl = p_.decls[+f.decl];
  SmallVec<TypeId, 8> targs;
  for (TypeId t : outer_args) targs.push_back(t);
  if (is_some(head.type_args)) {
    size_t given = tree_->list(ast(head.type_args).b).size();
    if (given != f.type_params.size() - targs.size()) {
      size_t wanted = f.type_params.size() - targs.size();
      report<Diag::WrongTypeArgCount>(span(NodeId(ast(call).a)), text(decl.name), std::to_string(wanted) + (wanted == 1 ? " type argument" : " type arguments"), given);
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
    for (size_t i = 0; i < given; ++i) targs.push_back(resolve_type(p_, type_scope_, type_node_of(tree_->list(ast(head.type_args).b)[i])));
  }
  bool generic = !f.type_params.empty();
  Span open_at = generic ? span(NodeId(ast(call).a)) : Span{};
  while (targs.size() < f.type_params.size()) targs.push_back(fresh(InferKind::General, open_at, "a type argument of this call"));
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
    if (!unify(node(receiver).type, callee.params[0].type)) receiver = coerce(receiver, callee.params[0].type, receiver_ast);
    if (f.self == SelfKind::Mut) {
      std::string what = "`" + std::string(text(decl.name)) + "` changes it";
      if (type_of(receiver) != Types::Error && !require_place(receiver, receiver_ast, what.c_str())) receiver = poison(node(receiver).span);
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
  if (fails && !f.fallible && !args.poly_hard && !answer) {   // it fails only by what its closure awaits, so it passes on as `await` does
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
    for (size_t i = 0; i <= tree_->list(ast(call).b).size(); ++i) parts.push_back(fresh(InferKind::General, span(call), "what this call takes or gives"));
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
    view.is_mut = row.a & (kFuncMutParam0 << i);
    callee.params.push_back(view);
  }
  TypeId result = types_.args(type).back();
  unify_hint(result, expected);
  Args args;
  if (!check_args(callee, call, HirId::None, NodeId::None, args)) return poison(span(call));
  HirId made = emit(HirKind::CallValue, result, +callee_value, args.values.empty() ? kNone32 : make_list(args.values), span(call));
  if (shallow(result) == Types::Never) dead_ = true;
  bool fails = row.a & kFuncFallible;
  (void)poly;
  return answered(made, fails, ErrorSetId(row.b), call, answer);
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

HirId BodyChecker::call_method(HirId base, NodeId base_ast, NodeId call, NodeId member, TypeId expected, Answer* answer) {
  NameId name = NameId(ast(member).b);
  Span name_span = tree_->token_span(tree_->lasts[+member]);
  base = received(base);
  TypeId type = settle(node(base).type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Never) {
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (kind == TypeKind::Channel) return channel_method(base, call, name, name_span, answer);
  if (kind == TypeKind::Task) return task_method(base, call, name, name_span);
  if (kind == TypeKind::Nursery && name == n_spawn_) return spawn_method(base, base_ast, call, expected, true);
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
    deferred_.push_back({b_->index, hole, base, call, true, values.empty() ? kNone32 : make_list(values), result, HirId::None, ErrorSetId::None, module_, 0});
    if (answer) answer->deferred = true;
    return hole;
  }
  if (kind == TypeKind::ErrorVal && (name == n_name_ || name == n_trace_ || name == n_others_)) return error_method(base, call, name);
  if (kind == TypeKind::Fixed && name == n_len_ && tree_->list(ast(call).b).empty()) return emit_int(types_[type].b, Types::I64, span(call));
  TypeId probe = type;
  bool literal = kind == TypeKind::Infer;
  if (literal) probe = open_kind(type) == InferKind::Int ? Types::I64 : Types::F64;
  Program::MethodMatch m = p_.find_method(zonk(probe), name, module_);
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
      d.note("more than one trait has a method of this name").help("say which one `" + name_of(type) + "` has: `where " + name_of(type) + ": TraitName`");
      check_rest(tree_->list(ast(call).b));
      return poison(span(call));
    }
  }
  if (m.candidates > 1) {
    Diagnostic& d = report<Diag::AmbiguousMethod>(name_span, text(name), name_of(type));
    std::string trait = is_some(m.trait) ? std::string(text(p_.decls[+p_.traits[+m.trait].decl].name)) : "Trait";
    d.note("more than one trait gives it this method").help("name the trait: `" + trait + "." + std::string(text(name)) + "(" + source(base_ast) + ")`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (m.candidates == 0) {
    TypeId field = TypeId::None;
    if (m.is_private && is_some(m.func)) {
      const Decl& decl = p_.decls[+p_.funcs[+m.func].decl];
      report<Diag::PrivateName>(name_span, text(name), text(p_.modules[+decl.module]->path)).at(decl.name_span, "declared here without `pub`").help("write `pub` in front of its declaration to let other files use it");
    } else if (kind == TypeKind::Struct && p_.find_field(zonk(type), name, &field) >= 0) {
      Diagnostic& d = report<Diag::FieldCalled>(name_span, text(name));
      if (types_.kind(shallow(field)) == TypeKind::Func) {
        Span whole = span(member);
        d.note("a name behind a point and before parentheses is a method; the function in a field is put in parentheses first").help("write `(" + source(member) + ")(…)`").fix(whole, "(" + source(member) + ")", "call the function in the field");
      } else {
        d.note("`" + std::string(text(name)) + "` is a field, of type `" + name_of(field) + "`").help("leave the parentheses out");
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
  if (f.self == SelfKind::None) {
    report<Diag::StaticOnValue>(name_span, text(name)).at(p_.decls[+f.decl].name_span, "it has no `self`").note("a function without `self` belongs to the type, not to a value").help("write `" + name_of(type) + "." + std::string(text(name)) + "(…)`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  bool trait_method = is_some(f.trait) && is_none(f.impl);
  Head head;
  if (trait_method && kind == TypeKind::Dyn) {
    use_trait(f.trait);
    // Through the table: as an ordinary call first, then marked.
    HirId made = call_func(m.func, m.impl_args, call, base, base_ast, expected, answer, head, true, m.trait);
    HirNode& x = node(made);
    if (x.kind == HirKind::CallTrait) {
      x.kind = HirKind::CallDyn;
      x.b = b_->body.extra[x.b + 1];
    }
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
    if (list.size() > 1 || (list.size() == 1 && (ast(list[0]).kind == NodeKind::Arg || ast(list[0]).kind == NodeKind::MutArg))) {
      report<Diag::ArgumentCount>(span(call), "`Channel.new`", "0 to 1 arguments", list.size()).note("its argument is the capacity; without one, a value is handed over only when both sides are there");
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
  if ((types_.is_number(type) || kind == TypeKind::Char || kind == TypeKind::Param) && (name == n_wrap_ || name == n_try_)) {
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
      report<Diag::PrivateName>(name_span, text(name), text(p_.modules[+decl.module]->path)).at(decl.name_span, "declared here without `pub`").help("write `pub` in front of its declaration to let other files use it");
    } else if (m.candidates > 1) {
      report<Diag::AmbiguousMethod>(name_span, text(name), name_of(type)).note("more than one trait gives it this function");
    } else {
      std::vector<std::string_view> names;
      if (kind == TypeKind::Enum)
        for (const VariantInfo& v : p_.enums[types_[type].a].variants) names.push_back(text(v.name));
      p_.method_names(zonk(type), names);
      Diagnostic& d = kind == TypeKind::Enum ? report<Diag::NoVariant>(name_span, name_of(type), text(name)) : report<Diag::NoMethod>(name_span, name_of(type), text(name));
      bool suggested = suggest(d, name_span, text(name), names);
      if (!suggested && name != n_new_ && kind == TypeKind::Struct && names.size() <= 100) note_functions(d, type, names);
      if (!suggested && name == n_new_ && kind == TypeKind::Struct)
        d.note("`new` is not built in: a type has the functions that are written for it").help("make a value with `" + name_of(type) + " { … }`, or write `func new(…) -> " + name_of(type) + "` in an `impl`");
    }
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  const FuncInfo& f = p_.funcs[+m.func];
  return call_func(m.func, m.impl_args, call, HirId::None, NodeId::None, expected, answer, Head{}, is_some(f.trait) && is_none(f.impl), m.trait);
}

// What can be called on the type itself.
void BodyChecker::note_functions(Diagnostic& d, TypeId type, std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string all;
  for (std::string_view one : names)
    if (auto m = p_.find_method(zonk(type), p_.names.intern(one), module_); is_some(m.func) && p_.funcs[+m.func].self == SelfKind::None)
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
  if (types_.kind(type) == TypeKind::Infer && open_kind(type) != InferKind::General) {
    unify(type, open_kind(type) == InferKind::Int ? Types::I64 : Types::F64);
    type = shallow(type);
  }
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Infer) return made;
  bool fits = kind == TypeKind::Param ? require_trait(type, trait, name_span) : p_.implements(zonk(type), trait);
  if (!fits && type_of(made) != Types::Error) {
    NodeId first = tree_->list(ast(call).b).empty() ? call : tree_->list(ast(call).b)[0];
    report<Diag::NotImplemented>(span(first), name_of(type), trait_name).help("write `impl " + trait_name + " for " + name_of(type) + " do … end`");
    return poison(span(call));
  }
  HirNode& x = node(made);
  if (kind == TypeKind::Dyn && x.kind == HirKind::CallTrait) {
    x.kind = HirKind::CallDyn;
    x.b = b_->body.extra[x.b + 1];
  }
  return made;
}

// ---- receivers whose type became known later

// Writes the call (or field) into its place-holder. The arguments were checked when the call was met, without expectations.
bool BodyChecker::resolve_deferred(DeferredMember& d, bool) {
  Builder* saved = b_;
  Tree* tree_saved = tree_;
  ModuleId module_saved = module_;
  b_ = group_[d.builder];
  module_ = d.module;
  tree_ = &p_.modules[+module_]->tree;
  auto leave = [&](bool ok) {
    if (!ok) unify(d.result, Types::Error);
    b_ = saved;
    tree_ = tree_saved;
    module_ = module_saved;
    return ok;
  };
  TypeId type = shallow(node(d.base).type);
  if (types_.kind(type) == TypeKind::Error) return leave(false);
  NodeId member = d.is_call ? NodeId(ast(d.ast).a) : d.ast;
  NameId name = NameId(ast(member).b);
  Span name_span = tree_->token_span(tree_->lasts[+member]);
  if (!d.is_call) {
    TypeId field = TypeId::None;
    int index = types_.kind(type) == TypeKind::Struct ? p_.find_field(type, name, &field) : -1;
    if (index < 0) {
      unknown_member(type, name, member, false);
      return leave(false);
    }
    HirNode& x = node(d.node);
    x.kind = HirKind::Field;
    x.a = +d.base;
    x.b = static_cast<uint32_t>(index);
    unify(d.result, field);
    return leave(true);
  }
  Program::MethodMatch m = p_.find_method(zonk(type), name, module_);
  if (m.candidates == 0 && types_.kind(type) == TypeKind::Param) {
    int candidates = 0;
    TraitId bound = TraitId::None;
    FuncId found = method_of_param(type, name, &bound, name_span, &candidates);
    if (is_some(found)) {
      m.func = found;
      m.impl_args = {type};
      m.candidates = 1;
    }
  }
  if (types_.kind(type) == TypeKind::ErrorVal && (name == n_name_ || name == n_trace_ || name == n_others_) && d.args == kNone32) {
    HirNode& x = node(d.node);
    x.kind = HirKind::ErrorMethod;
    x.a = +d.base;
    x.aux = name == n_name_ ? 0 : name == n_trace_ ? 1 : 2;
    unify(d.result, x.aux == 2 ? types_.array(type) : Types::String);
    return leave(true);
  }
  if (types_.kind(type) == TypeKind::Channel) return leave(late_channel_op(d, name));
  if (m.candidates != 1) {
    unknown_member(type, name, member, true);
    return leave(false);
  }
  const FuncInfo& f = p_.funcs[+m.func];
  use_func(m.func);
  SmallVec<uint32_t, 8> values;
  HirId receiver = d.base;
  if (f.self == SelfKind::None) {
    report<Diag::StaticOnValue>(name_span, text(name)).help("write `" + name_of(type) + "." + std::string(text(name)) + "(…)`");
    return leave(false);
  }
  if (f.self == SelfKind::Mut) {
    std::string what = "`" + std::string(text(name)) + "` changes it";
    if (!require_place(receiver, NodeId(ast(member).a), what.c_str())) return leave(false);
    receiver = emit(HirKind::MutArg, type, receiver, kNone32, node(receiver).span);
  }
  values.push_back(+receiver);
  SmallVec<TypeId, 8> targs;
  for (TypeId t : m.impl_args) targs.push_back(t);
  while (targs.size() < f.type_params.size()) targs.push_back(fresh(InferKind::General, span(d.ast), "a type argument of this call"));
  std::vector<uint32_t> given;
  for (uint32_t v : b_->body.list(d.args)) given.push_back(v);
  if (given.size() > f.params.size() - 1) {
    report<Diag::ArgumentCount>(span(d.ast), "`" + std::string(text(name)) + "`", std::to_string(f.params.size() - 1) + " arguments", given.size());
    return leave(false);
  }
  for (size_t i = 1; i < f.params.size(); ++i) {
    TypeId want = types_.subst(f.params[i].type, f.type_params, targs);
    if (i - 1 < given.size()) {
      HirId value = HirId(given[i - 1]);
      values.push_back(+coerce(value, want, NodeId::None));
    } else if (is_some(f.params[i].default_value)) {
      values.push_back(+default_value(p_.decls[+f.decl].module, f.params[i].default_value, want, m.func));
    } else {
      report<Diag::ArgumentCount>(span(d.ast), "`" + std::string(text(name)) + "`", std::to_string(f.params.size() - 1) + " arguments", given.size());
      return leave(false);
    }
  }
  TypeId result = types_.subst(f.result, f.type_params, targs);
  if (!targs.empty()) uses_.push_back({m.func, types_.intern(TypeKind::Tuple, 0, 0, targs), func_, module_, d.ast, span(d.ast)});
  uint32_t type_list = make_type_list(targs), list = make_list(values);
  bool trait_method = is_some(f.trait) && is_none(f.impl);
  note_capability_call(m.func, span(d.ast));
  if (trait_method) use_trait(f.trait);
  bool dyn = trait_method && types_.kind(type) == TypeKind::Dyn;
  uint32_t record = dyn ? list : make_record({type_list, list});
  HirNode& x = node(d.node);
  x.kind = dyn ? HirKind::CallDyn : trait_method ? HirKind::CallTrait : HirKind::Call;
  x.a = +m.func;
  x.b = record;
  if (!unify(d.result, result) && d.question == 2 && shallow(d.result) == Types::Void)
    report<Diag::CatchNeedsValue>(span(d.ast), name_of(result)).note("what stands behind `catch` takes the place of the result that did not come").help("end the handler with a value, as in `catch 0`");
  if (d.question == 1) {
    TypeId given_type = shallow(result);
    HirNode& q = node(d.answer_node);
    if (f.fallible) {
      flow_into_sink(f.errors, q.span, d.ast, "?");
      unify(q.type, result);
    } else if (types_.kind(given_type) == TypeKind::Optional) {
      q.kind = HirKind::OptTry;
      unify(q.type, types_.elem(given_type));
      TypeId body_result = shallow(b_->result);
      if (types_.kind(body_result) == TypeKind::Infer) unify(body_result, types_.optional(fresh(InferKind::General, Span{})));
    } else {
      report<Diag::NothingToAnswer>(q.span, "?").at(span(d.ast), "this cannot fail, and is never `null`");
      unify(q.type, Types::Error);
    }
  } else if (d.question == 2) {
    if (f.fallible) include_set(d.answer_set, f.errors);
    else report<Diag::NothingToAnswer>(span(d.ast), "catch").with_label("this cannot fail");
  } else if (d.question == 3) {
    if (f.fallible) include_set(d.answer_set, f.errors);
  } else if (f.fallible) {
    answered(d.node, true, f.errors, d.ast, nullptr);
  }
  return leave(true);
}

}  // namespace janus
