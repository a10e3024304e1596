// check_func_value.cpp: functions as values; default values of parameters.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- functions as values

TypeId BodyChecker::func_type(FuncId func, std::span<const TypeParamId> params, std::span<const TypeId> args,
                              NodeId n) {
  const FuncInfo& f = p_.funcs[+func];
  SmallVec<TypeId, 8> parts;
  uint32_t flags = 0;
  for (size_t i = 0; i < f.params.size(); ++i) {
    parts.push_back(types_.subst(f.params[i].type, params, args));
    if (!f.params[i].is_mut) continue;
    if (i >= kMutParams) report_late_mut(p_, span(n));
    flags |= mut_param_flag(i);
  }
  parts.push_back(types_.subst(f.result, params, args));
  if (f.fallible) flags |= kFuncFallible;
  return types_.func(parts, flags, f.fallible ? f.errors : ErrorSetId::None);
}

HirId BodyChecker::func_value(FuncId func, NodeId n, TypeId expected, const Head& head) {
  use_func(func);
  const FuncInfo& f = p_.funcs[+func];
  SmallVec<TypeId, 8> args;
  if (is_some(head.type_args)) {
    std::span<const NodeId> list = tree_->list(ast(head.type_args).b);
    for (size_t i = 0; i < list.size(); ++i)
      args.push_back(resolve_type(p_, type_scope_, type_node_of(tree_->list(ast(head.type_args).b)[i])));
    if (args.size() != f.type_params.size()) {
      report<Diag::WrongTypeArgCount>(
          span(n), text(p_.decls[+f.decl].name),
          std::to_string(f.type_params.size()) + (f.type_params.size() == 1 ? " type argument" : " type arguments"),
          args.size());
      return poison(span(n));
    }
  }
  while (args.size() < f.type_params.size())
    args.push_back(fresh(InferKind::General, span(n), "a type argument of this function"));
  TypeId type = func_type(func, f.type_params, args, n);
  if (is_some(expected) && types_.kind(expected) == TypeKind::Func &&
      types_[expected].arg_count == types_[type].arg_count)
    for (uint32_t i = 0; i + 1 < types_[type].arg_count; ++i) unify(types_.args(type)[i], types_.args(expected)[i]);
  if (f.origin == FuncOrigin::Intrinsic) {
    report<Diag::NotAValue>(span(n), source(n), "an intrinsic");
    return poison(span(n));
  }
  if (!f.type_params.empty()) uses_.push_back({func, types_.tuple(args), func_, module_, n, span(n)});
  note_capability_call(func, span(n));
  return emit(HirKind::FuncRef, type, +func, make_type_list(args), span(n));
}

// A default of a parameter or field, written again where it is left out. Its mistakes were reported at its declaration.
HirId BodyChecker::default_value(ModuleId module, NodeId value, TypeId type, FuncId func) {
  ModuleId module_before = module_;
  Tree* tree_before = tree_;
  bool quiet_before = quiet_;
  size_t hidden_before = hidden_below_;
  module_ = module;
  tree_ = &p_.modules[+module]->tree;
  quiet_ = true;
  hidden_below_ = bindings_.size();
  size_t late_before = late_.size();
  NodeKind kind = ast(value).kind;
  bool plain = kind == NodeKind::IntLit || kind == NodeKind::StringLit || kind == NodeKind::BoolLit ||
               kind == NodeKind::NullLit || kind == NodeKind::FloatLit;
  HirId result;
  if (plain) {
    result = coerce(check(value, type), type, value);
  } else {
    TypeScope scope_before = type_scope_;
    if (is_some(func)) type_scope_ = func_scope(p_, func);
    else type_scope_ = TypeScope{module, {}, TypeId::None, false};
    result = coerce(check(value, type), type, value);
    type_scope_ = std::move(scope_before);
  }
  late_.resize(late_before);   // asked where the default is declared
  module_ = module_before;
  tree_ = tree_before;
  quiet_ = quiet_before;
  hidden_below_ = hidden_before;
  return result;
}

}   // namespace janus
