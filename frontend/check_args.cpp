// check_args.cpp: arguments to parameters: names, defaults, what is lent.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

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

Diagnostic& BodyChecker::report_arity(const Callee& callee, NodeId call, size_t found, size_t receiver) {
  size_t most = callee.params.size() - receiver, least = 0;
  for (size_t i = receiver; i < callee.params.size(); ++i)
    if (is_none(callee.params[i].default_value)) ++least;
  std::string takes = least == most ? std::to_string(most) : std::to_string(least) + " to " + std::to_string(most);
  takes += most == 1 ? " argument" : " arguments";
  if (most == 0) takes = "no arguments";
  std::string name(is_some(callee.name) ? "`" + std::string(text(callee.name)) + "`"
                                        : std::string("this ") + callee.what);
  Diagnostic& d = report<Diag::ArgumentCount>(span(call), name, takes, found);
  if (!callee.declared.is_none()) d.at(callee.declared, "declared here");
  if (most > 0) d.note("it is called as `" + signature(callee, receiver) + "`");
  return d;
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
  auto skipped = [&](size_t i) {
    return skip_capabilities && i < total && types_.kind(callee.params[i].type) == TypeKind::Capability;
  };
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
        Diagnostic& d = report<Diag::NoParameter>(
            at, is_some(callee.name) ? text(callee.name) : std::string_view("the call"), text(NameId(a.a)));
        if (!suggest(d, at, text(NameId(a.a)), names) && total > offset)
          d.note("it is called as `" + signature(callee, offset) + "`");
        good = false;
        NodeId list[] = {value};
        check_rest(list);
        continue;
      }
    } else {
      while (skipped(next)) ++next;
      // A closure behind the call is for the last parameter that takes a function.
      if (i + 1 == count && ast(value).kind == NodeKind::Closure && total > next + 1 &&
          types_.kind(shallow(callee.params[next].type)) != TypeKind::Func &&
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
      report<Diag::ArgumentTwice>(
          span(arg), is_some(callee.params[index].name) ? text(callee.params[index].name) : std::string_view("?"))
          .at(span(of_param[index]), "first given here");
      good = false;
      continue;
    }
    of_param[index] = value;
    written.push_back(static_cast<uint32_t>(index));
  }
  bool missing = false;
  for (size_t i = offset; i < total && good; ++i)
    missing |= is_none(of_param[i]) && is_none(callee.params[i].default_value) &&
               types_.kind(callee.params[i].type) != TypeKind::Capability;
  if (missing) {
    std::string absent;
    size_t least = 0;
    for (size_t i = offset; i < total; ++i) {
      if (is_some(callee.params[i].default_value)) continue;
      ++least;
      if (is_none(of_param[i]) && is_some(callee.params[i].name) &&
          types_.kind(callee.params[i].type) != TypeKind::Capability)
        absent += (absent.empty() ? "`" : ", `") + std::string(text(callee.params[i].name)) + "`";
    }
    if (count >= least && !absent.empty()) {   // their number is right: a default stands before what has none
      std::string name(is_some(callee.name) ? "`" + std::string(text(callee.name)) + "`"
                                            : std::string("this ") + callee.what);
      Diagnostic& d = report<Diag::MissingArgument>(span(call), name, absent);
      if (!callee.declared.is_none()) d.at(callee.declared, "declared here");
      d.note((named ? "it is called as `" : "arguments without a name are taken in the order of the parameters: `") +
             signature(callee, offset) + "`")
          .help("give it by its name: `" + absent.substr(1, absent.find('`', 1) - 1) + ": …`");
    } else {
      Diagnostic& d = report_arity(callee, call, count, offset);
      if (named && !absent.empty())
        d.with_label("no value is given for " + absent);   // their number does not say which
    }
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
      if (var != kNone32 && vars_[var].poly_param != 0xffff &&
          is_some(callee.func)) {   // both without `!`, or both kept apart by coercion
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
    if (func_param && is_some(callee.func) && types_.kind(given) == TypeKind::Func &&
        (types_[given].a & kFuncFallible)) {
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
        poly_checks_.push_back({callee.func, index, span(arg), span(call)});
        out.values[index] = +emit(HirKind::WidenFunc, type, value, kNone32, span(arg));
        return;
      }
    }
    if (!fits(value, type)) {
      std::string label = is_some(param.name)
                              ? "the parameter `" + std::string(text(param.name)) + "` is `" + name_of(type) + "`"
                              : "declared here";
      Why why{param.span, label};
      report_mismatch(span(arg), type, node(value).type, arg, param.span.is_none() ? nullptr : &why);
      value = poison(span(arg));
    }
    if (type_of(value) == Types::Error) poison_open(type, true);   // what it would have decided
    else if (TypeKind k = types_.kind(plain); k == TypeKind::Func || k == TypeKind::Nursery)
      nursery_argument(value, callee.func, index, arg);
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

// `&x` is exclusive for the whole call (ruling 6): no other `&` of the same storage, no closure argument that writes
// it.
void BodyChecker::check_exclusive(const Callee& callee, const Args& args, std::span<const NodeId> asts) {
  struct Path {
    uint32_t var = kNone32;
    SmallVec<uint32_t, 8> fields;
    bool precise = true;
  };
  auto path_of = [&](HirId value, Path& path) {
    HirId at = HirId(node(value).a);
    SmallVec<HirId, 8> steps;
    while (true) {
      const HirNode& s = node(at);
      if (s.kind == HirKind::Local) {
        path.var = var_of_local(LocalId(s.a));
        break;
      }
      if (s.kind != HirKind::Field && s.kind != HirKind::Index && s.kind != HirKind::MapIndex &&
          s.kind != HirKind::Unwrap)
        return;
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
        d.with_label("and lent a second time here")
            .at(span(asts[i]), receiver ? "the method changes this" : "lent here");
        d.note("a variable that a call may change belongs to that call alone, until it comes back")
            .help("make two calls, or work on a copy");
        return;
      }
      if (o.kind == HirKind::MakeClosure && o.b < group_.size()) {
        for (uint32_t w : group_[o.b]->written_outer) {
          if (w != a.var) continue;
          report<Diag::OverlappingLoans>(span(asts[k]), name)
              .with_label("and this closure changes it during the call")
              .at(span(asts[i]), "lent here")
              .note("a variable that a call may change belongs to that call alone, until it comes back");
          return;
        }
      }
    }
  }
}

}   // namespace janus
