// check_bounds.cpp: what type parameters must be able to do: needs of generic bodies, handed to their callers and
// verified where the types are known. Depends on check_internal.h. SPDX-License-Identifier: Apache-2.0
//
// A parameter without a written bound takes the bounds its body needs (language.md §3). They are found while its body
// is checked, which may be after a caller's; so generic calls are recorded, and looked at when all bodies have been
// checked: first until no caller takes on a new need, then once to report arguments that do not have what is needed.
#include <algorithm>

#include "frontend/check_internal.h"
#include "frontend/derive.h"

namespace janus {

bool BodyChecker::has_written_bounds(TypeParamId param) {
  if (is_none(func_) && is_none(param)) return false;
  const TypeParamInfo& info = p_.type_params[+param];
  if (!info.bounds.empty()) return true;
  if (info.builtin_bounds == 0) return false;
  // Bits that bodies added are kept beside.
  uint32_t inferred = +param < inferred_bits_.size() ? inferred_bits_[+param] : 0;
  return (info.builtin_bounds & ~inferred) != 0;
}

// The parameter gets the need, unless its bounds are written (then they say all) or it is a trait's Self.
void BodyChecker::add_need(FuncId, TypeParamId param, TraitId trait, uint32_t builtin, Span use) {
  TypeParamInfo& info = p_.type_params[+param];
  if (is_some(trait)) {
    if (std::find(info.inferred.begin(), info.inferred.end(), trait) != info.inferred.end()) return;
    info.inferred.push_back(trait);
  } else {
    if ((info.builtin_bounds & builtin) == builtin) return;
    info.builtin_bounds |= builtin;
    if (inferred_bits_.size() <= +param) inferred_bits_.resize(p_.type_params.size());
    inferred_bits_[+param] |= static_cast<uint8_t>(builtin);
  }
  if (info.first_use.is_none()) info.first_use = use;
  needs_.push_back({param, trait, builtin, use, kNone32});
}

static bool is_trait_self(const Program& p, TypeParamId param) {
  return p.names.text(p.type_params[+param].name) == "Self";
}

bool BodyChecker::require_trait(TypeId type, TraitId trait, Span use) {
  TypeParamId param = TypeParamId(types_[type].a);
  if (p_.implements(type, trait)) return true;
  if (is_trait_self(p_, param) || has_written_bounds(param)) return false;
  add_need(func_, param, trait, 0, use);
  return true;
}

bool BodyChecker::require_builtin(TypeId type, uint32_t builtin, Span use) {
  TypeRow row = types_[type];
  if (row.kind == TypeKind::Param) {
    if (p_.satisfies(type, builtin)) return true;
    TypeParamId param = TypeParamId(row.a);
    if (is_trait_self(p_, param) || has_written_bounds(param)) return false;
    add_need(func_, param, TraitId::None, builtin, use);
    return true;
  }
  if (!row.has_param) return p_.satisfies(type, builtin);
  // Composed types: their parts need what the whole needs. Ask, and take on what Params lack.
  if (p_.satisfies(type, builtin)) return true;
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
      if (!require_builtin(TypeId(row.a), builtin, use)) return false;
      break;
    case TypeKind::Tuple:
    case TypeKind::Struct:
    case TypeKind::Enum:
      for (uint32_t i = 0; i < row.arg_count; ++i)
        if (types_[types_.args(type)[i]].has_param && !require_builtin(types_.args(type)[i], builtin, use))
          return false;
      break;
    default: return false;
  }
  return p_.satisfies(type, builtin);
}

// `x.name(…)` on a type parameter without that method: the one visible trait that has it becomes a bound.
FuncId BodyChecker::method_of_param(TypeId param_type, NameId name, TraitId* trait, Span use, int* candidates) {
  TypeParamId param = TypeParamId(types_[shallow(param_type)].a);
  *candidates = 0;
  if (is_trait_self(p_, param) || has_written_bounds(param)) return FuncId::None;
  std::vector<TraitId> traits;
  p_.find_traits_with_method(name, module_, traits);
  *candidates = static_cast<int>(traits.size());
  if (traits.size() > 1) {
    // One's own trait goes before those of std that share the name.
    std::vector<TraitId> own;
    for (TraitId t : traits)
      if (!p_.modules[+p_.decls[+p_.traits[+t].decl].module]->is_std) own.push_back(t);
    if (own.size() == 1) traits = own;
  }
  if (traits.size() != 1) return FuncId::None;
  add_need(func_, param, traits[0], 0, use);
  *trait = traits[0];
  return p_.traits[+traits[0]].methods[static_cast<size_t>(p_.trait_method_index(traits[0], name))];
}

void BodyChecker::use_args(const GenericUse& use, SmallVec<TypeId, 8>& out) {
  for (TypeId t : types_.args(use.args)) out.push_back(t);
}

// Makes the caller's parameters inside `type` take on what `type` needs to have the trait or bound. True when something
// was added.
bool BodyChecker::provides(FuncId caller, TypeId type, TraitId trait, uint32_t builtin, Span use, bool* added) {
  FuncId func_before = func_;
  func_ = caller;
  size_t before = needs_.size();
  if (is_some(trait)) {
    if (types_.kind(type) == TypeKind::Param) {
      require_trait(type, trait, use);
    } else if (!p_.implements(type, trait)) {
      // An impl for []T where T: Trait: try with the needs that its parameters have.
      TypeRow row = types_[type];
      SmallVec<TypeId, 8> parts;
      if (row.kind == TypeKind::Array || row.kind == TypeKind::Optional || row.kind == TypeKind::Fixed)
        parts.push_back(TypeId(row.a));
      else
        for (TypeId t : types_.args(type)) parts.push_back(t);
      for (size_t i = 0; i < p_.impls.size(); ++i) {
        if (p_.impls[i].trait != trait || types_.kind(p_.impls[i].self) != row.kind ||
            types_[p_.impls[i].self].a != row.a) {
          bool composite =
              p_.impls[i].trait == trait && types_.kind(p_.impls[i].self) == row.kind &&
              (row.kind == TypeKind::Array || row.kind == TypeKind::Optional || row.kind == TypeKind::Tuple);
          if (!composite) continue;
        }
        std::vector<TypeParamId> params = p_.impls[i].type_params;
        for (size_t k = 0; k < params.size() && k < parts.size(); ++k) {
          std::vector<TraitId> bounds = p_.type_params[+params[k]].bounds;
          for (TraitId t : p_.type_params[+params[k]].inferred) bounds.push_back(t);
          uint32_t bits = p_.type_params[+params[k]].builtin_bounds;
          for (TraitId t : bounds)
            if (types_.kind(parts[k]) == TypeKind::Param) require_trait(parts[k], t, use);
          if (bits && types_[parts[k]].has_param) require_builtin(parts[k], bits, use);
        }
      }
    }
  } else {
    for (uint32_t bit = 1; bit <= kFloat; bit <<= 1)
      if (builtin & bit) require_builtin(type, bit, use);
  }
  func_ = func_before;
  bool grew = needs_.size() > before;
  if (added) *added |= grew;
  return grew;
}

// Until no caller takes on a new need. Only calls whose arguments hold type parameters can hand one on.
void BodyChecker::solve_needs() {
  std::vector<uint32_t> handing_on;
  for (uint32_t i = 0; i < uses_.size(); ++i)
    if (types_[uses_[i].args].has_param) handing_on.push_back(i);
  bool added = true;
  while (added) {
    added = share_impl_needs(p_);
    for (uint32_t i : handing_on) {
      const GenericUse use = uses_[i];
      SmallVec<TypeId, 8> args;
      use_args(use, args);
      const std::vector<TypeParamId>& params = p_.funcs[+use.callee].type_params;
      for (size_t k = 0; k < params.size() && k < args.size(); ++k) {
        if (!types_[args[k]].has_param) continue;
        size_t count = p_.type_params[+params[k]].bounds.size() + p_.type_params[+params[k]].inferred.size();
        for (size_t t = 0; t < count; ++t) {
          const TypeParamInfo& info = p_.type_params[+params[k]];
          TraitId trait = t < info.bounds.size() ? info.bounds[t] : info.inferred[t - info.bounds.size()];
          provides(use.caller, args[k], trait, 0, use.span, &added);
        }
        if (uint32_t bits = p_.type_params[+params[k]].builtin_bounds)
          provides(use.caller, args[k], TraitId::None, bits, use.span, &added);
      }
    }
  }
}

void BodyChecker::verify_uses() {
  for (const GenericUse& use : uses_) {
    const std::vector<TypeParamId>& params = p_.funcs[+use.callee].type_params;
    for (size_t k = 0; k < params.size() && k < types_[use.args].arg_count; ++k) {
      const TypeParamInfo& info = p_.type_params[+params[k]];
      if (info.builtin_bounds == 0 && info.bounds.empty() && info.inferred.empty()) continue;
      TypeId arg = types_.args(use.args)[k];
      if (types_.kind(arg) == TypeKind::Error || p_.meets_bounds(params[k], arg)) continue;
      // Which bound? The first that does not hold.
      Need need{params[k], TraitId::None, 0, info.first_use, kNone32};
      bool written = true;
      for (TraitId t : info.bounds)
        if (is_none(need.trait) && !p_.implements(arg, t)) need.trait = t;
      if (is_none(need.trait)) {
        for (TraitId t : info.inferred)
          if (is_none(need.trait) && !p_.implements(arg, t)) {
            need.trait = t;
            written = false;
          }
      }
      if (is_none(need.trait))
        for (uint32_t bit = kFloat; bit && !need.builtin; bit >>= 1)
          if ((info.builtin_bounds & bit) && !p_.satisfies(arg, bit)) need.builtin = bit;
      for (const Need& n : needs_)
        if (n.param == params[k] && n.trait == need.trait && (is_some(need.trait) || (n.builtin & need.builtin))) {
          need.use = n.use;
          written = false;
        }
      report_unmet(use, k, arg, need, written);
    }
  }
}

// The first argument whose parameter mentions the type parameter: that is where the type came from.
Span BodyChecker::deciding_argument(const GenericUse& use, size_t index) {
  const Tree& tree = *(&p_.modules[+use.module]->tree);
  const Node call = tree[use.call];
  if (call.kind != NodeKind::Call) return use.span;
  const FuncInfo& f = p_.funcs[+use.callee];
  TypeParamId param = f.type_params[index];
  auto mentions = [&](auto&& self, TypeId type) -> bool {
    TypeRow row = types_[type];
    if (!row.has_param) return false;
    if (row.kind == TypeKind::Param) return TypeParamId(row.a) == param;
    if (row.arg_count == 0) return self(self, TypeId(row.a));
    for (uint32_t i = 0; i < row.arg_count; ++i)
      if (self(self, types_.args(type)[i])) return true;
    return false;
  };
  std::span<const NodeId> args = tree.list(call.b);
  bool through_value = f.self != SelfKind::None && args.size() < f.params.size();
  size_t offset = through_value ? 1 : 0;
  if (through_value && mentions(mentions, f.params[0].type) && tree[NodeId(call.a)].kind == NodeKind::Member)
    return tree.span(NodeId(tree[NodeId(call.a)].a));
  for (size_t i = 0; i < args.size(); ++i) {
    size_t at = i + offset;
    NodeId value = args[i];
    if (tree[value].kind == NodeKind::Arg) {
      for (size_t k = 0; k < f.params.size(); ++k)
        if (f.params[k].name == NameId(tree[value].a)) at = k;
      value = NodeId(tree[value].b);
    }
    if (at < f.params.size() && mentions(mentions, f.params[at].type)) return tree.span(value);
  }
  return use.span;
}

void BodyChecker::report_unmet(const GenericUse& use, size_t index, TypeId type, const Need& need, bool written) {
  const FuncInfo& f = p_.funcs[+use.callee];
  std::string type_name = p_.type_name(type);
  std::string callee(text(p_.decls[+f.decl].name));
  Span at = deciding_argument(use, index);
  const TypeParamInfo& info = p_.type_params[+f.type_params[index]];
  bool of_std = p_.modules[+p_.decls[+f.decl].module]->is_std;
  if (is_some(need.trait)) {
    std::string trait(text(p_.decls[+p_.traits[+need.trait].decl].name));
    Diagnostic& d = p_.diags.report<Diag::NotImplemented>(at, type_name, trait);
    if (!of_std || !written) {
      if (written) d.at(info.span, "`" + callee + "` asks for `" + trait + "` here");
      else if (!need.use.is_none()) d.at(need.use, "`" + callee + "` needs `" + trait + "` here");
    }
    TypeKind kind = types_.kind(type);
    if (kind == TypeKind::Param) {
      d.help("write the bound at this function: `where " + type_name + ": " + trait + "`");
    } else {
      d.note("`" + callee + "` works for every type that implements `" + trait + "`");
      if (std::string why = unmet_impl(p_, type, need.trait); !why.empty()) {
        d.note(why);
        return;
      }
      if (std::string why = why_not_derived(p_, type, need.trait); !why.empty()) d.note(why);
      d.help("write `impl " + trait + " for " + type_name + " do … end`");
    }
    return;
  }
  Diagnostic& d =
      p_.diags.report<Diag::NotCapable>(at, type_name,
                                        need.builtin == kEqual      ? "be compared with `==`"
                                        : need.builtin == kOrdered  ? "be ordered with `<`"
                                        : need.builtin == kHashable ? "be a key of a map or an element of a set"
                                        : need.builtin == kInteger  ? "stand where a whole number is needed"
                                        : need.builtin == kFloat    ? "stand where a number with a point is needed"
                                                                    : "be calculated with");
  d.with_label("this is `" + type_name + "`");
  if (!of_std) d.at(written ? info.span : need.use, "`" + callee + "` needs it here");
  else d.note("`" + callee + "` needs it");
  if (types_.kind(type) == TypeKind::Param)
    d.help(std::string("write the bound at this function: `where ") + type_name + ": " +
           builtin_bound_name(need.builtin) + "`");
  else if (need.builtin == kOrdered)
    d.note("numbers, characters, texts, and tuples and arrays of these have an order; structs and enums do not")
        .help("compare something in it, as in `sort_by { |x| x.name }`");
  else explain_obstacle(d, type, need.builtin);
}

// What in a type keeps it from being compared or from being a key.
void BodyChecker::explain_obstacle(Diagnostic& d, TypeId type, uint32_t bound) {
  if (bound != kEqual && bound != kHashable) return;
  TypeId part = p_.obstacle(type, bound);
  if (is_none(part)) return;
  std::string found = part == type ? "" : "there is a `" + name_of(part) + "` in it; ";
  TypeKind kind = types_.kind(part);
  if (kind == TypeKind::Func) d.note(found + "two functions cannot be compared");
  else if (kind == TypeKind::Dyn) d.note(found + "what is behind a `dyn` may be of any type: two cannot be compared");
  else if (types_.is_float(part)) d.note(found + "two floats that print alike can differ, so they are no keys");
}

}   // namespace janus
