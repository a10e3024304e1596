// check_deferred.cpp: members of values whose type became known later.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- receivers whose type became known later

// Writes the call (or field) into its place-holder. The arguments were checked when the call was met, without
// expectations.
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
    int index = find_field(type, name, &field);
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
  Program::MethodMatch m = method_of(type, name);
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
  if (types_.kind(type) == TypeKind::ErrorVal && (name == n_name_ || name == n_trace_ || name == n_others_) &&
      d.args == kNone32) {
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
  if (f.broken) return leave(false);
  use_func(m.func);
  SmallVec<uint32_t, 8> values;
  HirId receiver = d.base;
  if (f.self == SelfKind::None) {
    report<Diag::StaticOnValue>(name_span, text(name))
        .help("write `" + code_of(type) + "." + std::string(text(name)) + "(…)`");
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
  while (targs.size() < f.type_params.size())
    targs.push_back(fresh(InferKind::General, span(d.ast), "a type argument of this call"));
  std::vector<uint32_t> given;
  for (uint32_t v : b_->body.list(d.args)) given.push_back(v);
  if (given.size() > f.params.size() - 1) {
    report<Diag::ArgumentCount>(span(d.ast), "`" + std::string(text(name)) + "`",
                                std::to_string(f.params.size() - 1) + " arguments", given.size());
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
      report<Diag::ArgumentCount>(span(d.ast), "`" + std::string(text(name)) + "`",
                                  std::to_string(f.params.size() - 1) + " arguments", given.size());
      return leave(false);
    }
  }
  TypeId result = types_.subst(f.result, f.type_params, targs);
  if (!targs.empty())
    uses_.push_back({m.func, types_.intern(TypeKind::Tuple, 0, 0, targs), func_, module_, d.ast, span(d.ast)});
  bool trait_method = is_some(f.trait) && is_none(f.impl);
  bool dyn = trait_method && types_.kind(type) == TypeKind::Dyn;
  uint32_t type_list = dyn ? kNone32 : make_type_list(targs), list = make_list(values);
  note_capability_call(m.func, span(d.ast));
  if (trait_method) use_trait(f.trait);
  uint32_t record = dyn ? list : make_record({type_list, list});
  HirNode& x = node(d.node);
  x.kind = dyn ? HirKind::CallDyn : trait_method ? HirKind::CallTrait : HirKind::Call;
  x.a = +m.func;
  x.b = record;
  if (!unify(d.result, result) && d.question == 2 && shallow(d.result) == Types::Void)
    report<Diag::CatchNeedsValue>(span(d.ast), name_of(result))
        .note("what stands behind `catch` takes the place of the result that did not come")
        .help("end the handler with a value, as in `catch 0`");
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
      if (types_.kind(body_result) == TypeKind::Infer)
        unify(body_result, types_.optional(fresh(InferKind::General, Span{})));
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
