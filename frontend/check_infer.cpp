// check_infer.cpp: inference variables: union-find in a flat vector, unification, and the end of a group.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

TypeId BodyChecker::fresh(InferKind kind, Span origin, const char* what) {
  uint32_t number = static_cast<uint32_t>(infer_.size());
  infer_.push_back(InferVar{kind, false, TypeId::None, origin, what});
  // Numbers begin at 0 in every group, so the types of all groups share a few rows.
  if (number == infer_types_.size()) infer_types_.push_back(types_.infer(number));
  return infer_types_[number];
}

// Follows what the outermost variable is bound to; parts may stay open.
TypeId BodyChecker::shallow(TypeId type) {
  if (!types_[type].has_infer) return type;
  while (true) {
    const TypeRow& row = types_[type];
    if (row.kind != TypeKind::Infer) return type;
    InferVar& var = infer_[row.a];
    if (is_none(var.bound)) return type;
    if (types_.kind(var.bound) == TypeKind::Infer) {
      TypeId next = infer_[types_[var.bound].a].bound;
      if (is_some(next)) var.bound = next;   // halve the path
    }
    type = var.bound;
  }
}

// The type with every bound variable replaced.
TypeId BodyChecker::zonk(TypeId type) {
  if (!types_[type].has_infer) return type;
  type = shallow(type);
  TypeRow row = types_[type];
  if (!row.has_infer || row.kind == TypeKind::Infer) return type;
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: return types_.intern(row.kind, +zonk(TypeId(row.a)), row.b, {});
    default: break;
  }
  SmallVec<TypeId, 8> args;
  for (uint32_t i = 0; i < row.arg_count; ++i) args.push_back(zonk(types_.args(type)[i]));
  return types_.intern(row.kind, row.a, row.b, args);
}

bool BodyChecker::occurs(uint32_t var, TypeId type) {
  type = shallow(type);
  const TypeRow row = types_[type];
  if (!row.has_infer) return false;
  if (row.kind == TypeKind::Infer) return row.a == var;
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: return occurs(var, TypeId(row.a));
    default: break;
  }
  for (uint32_t i = 0; i < row.arg_count; ++i)
    if (occurs(var, types_.args(type)[i])) return true;
  return false;
}

// `type` is shallow and not the variable itself.
bool BodyChecker::bind(uint32_t var, TypeId type) {
  const TypeRow row = types_[type];
  if (row.kind == TypeKind::Infer) {
    InferVar& from = infer_[var];
    InferVar& to = infer_[row.a];
    if (from.kind == InferKind::General) {
      // What has no place of its own may stay open, and is nothing then; what it is one with may not.
      if (to.kind == InferKind::General && to.origin.is_none()) to.origin = from.origin, to.what = from.what;
      from.bound = type;
      return true;
    }
    if (to.kind == InferKind::General) {
      to.bound = infer_types_[var];
      return true;
    }
    if (from.kind != to.kind) {
      // An integer literal where a float is needed is a float; one that became a variable is not.
      InferVar& integer = from.kind == InferKind::Int ? from : to;
      if (integer.named) return false;
      integer.bound = from.kind == InferKind::Int ? type : infer_types_[var];
      return true;
    }
    to.named |= from.named;
    from.bound = type;
    return true;
  }
  InferVar& from = infer_[var];
  if (row.kind != TypeKind::Error) {
    if (from.kind == InferKind::Int) {
      bool fits = types_.is_integer(type) || row.kind == TypeKind::Param || (types_.is_float(type) && !from.named);
      if (!fits) return false;
    } else if (from.kind == InferKind::Float) {
      if (!types_.is_float(type) && row.kind != TypeKind::Param) return false;
    }
    if (row.kind == TypeKind::Param && from.kind != InferKind::General)
      late_.push_back({LateCheck::Number, 0, type, from.origin, 0, from.kind == InferKind::Float});
    if (row.has_infer && occurs(var, type)) return false;
  }
  from.bound = type;
  return true;
}

bool BodyChecker::unify(TypeId a, TypeId b) {
  a = shallow(a);
  b = shallow(b);
  if (a == b) return true;
  const TypeRow ra = types_[a], rb = types_[b];
  if (ra.kind == TypeKind::Error || rb.kind == TypeKind::Error) return true;
  if (ra.kind == TypeKind::Infer) return bind(ra.a, b);
  if (rb.kind == TypeKind::Infer) return bind(rb.a, a);
  if (ra.kind != rb.kind) return false;
  switch (ra.kind) {
    case TypeKind::Task:
      if (ra.b != rb.b) merge_tasks(ra.b, rb.b);
      [[fallthrough]];
    case TypeKind::Array:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel: return unify(TypeId(ra.a), TypeId(rb.a));
    case TypeKind::Fixed: return ra.b == rb.b && unify(TypeId(ra.a), TypeId(rb.a));
    case TypeKind::Struct:
    case TypeKind::Enum:
      if (ra.a != rb.a) return false;
      break;
    case TypeKind::Func:
      if (ra.a != rb.a || ra.b != rb.b) return false;
      break;
    case TypeKind::Tuple: break;
    default: return false;
  }
  if (ra.arg_count != rb.arg_count) return false;
  for (uint32_t i = 0; i < ra.arg_count; ++i)
    if (!unify(types_.args(a)[i], types_.args(b)[i])) return false;
  return true;
}

// The literals of an initialiser have become a variable's value: what is still an open integer can become another
// integer type by use, but no longer a float. `let n = 5` then `0.5 * n` is a mistake that is told, not a float by
// surprise.
void BodyChecker::name_literals(TypeId type) {
  type = shallow(type);
  const TypeRow row = types_[type];
  if (!row.has_infer) return;
  if (row.kind == TypeKind::Infer) {
    if (infer_[row.a].kind == InferKind::Int) infer_[row.a].named = true;
    return;
  }
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional: return name_literals(TypeId(row.a));
    case TypeKind::Tuple:
    case TypeKind::Struct:
    case TypeKind::Enum:
      for (uint32_t i = 0; i < row.arg_count; ++i) name_literals(types_.args(type)[i]);
      return;
    default: return;
  }
}

// Where the head of a type decides what happens (`dyn`), literals in it are what they become by themselves.
void BodyChecker::settle_literals(TypeId type) {
  type = shallow(type);
  const TypeRow row = types_[type];
  if (!row.has_infer) return;
  if (row.kind == TypeKind::Infer) {
    if (infer_[row.a].kind != InferKind::General)
      infer_[row.a].bound = infer_[row.a].kind == InferKind::Int ? Types::I64 : Types::F64;
    return;
  }
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional: return settle_literals(TypeId(row.a));
    case TypeKind::Tuple:
    case TypeKind::Struct:
    case TypeKind::Enum:
      for (uint32_t i = 0; i < row.arg_count; ++i) settle_literals(types_.args(type)[i]);
      return;
    default: return;
  }
}

// A method as the program knows it. `Box { v: 3 }` waits for the kind of its 3, and an impl may be for `Box[i64]`: what
// has no such method so far is asked again with its literals settled.
Program::MethodMatch BodyChecker::method_of(TypeId type, NameId name) {
  Program::MethodMatch m = p_.find_method(zonk(type), name, module_);
  if (m.candidates > 0 || is_some(m.func) || !types_[shallow(type)].has_infer) return m;
  settle_literals(type);
  return p_.find_method(zonk(type), name, module_);
}

// Lets an expected type decide open parts of a result, where that cannot do harm: a `T` that will be wrapped into `?T`,
// or put behind `dyn`, must still be decided by the arguments.
bool BodyChecker::unify_hint(TypeId result, TypeId expected) {
  if (is_none(expected)) return false;
  expected = shallow(expected);
  result = shallow(result);
  if (!types_[result].has_infer) return false;
  TypeKind want = types_.kind(expected);
  if (want == TypeKind::Infer || want == TypeKind::Error || want == TypeKind::Void || want == TypeKind::Never)
    return false;
  TypeKind have = types_.kind(result);
  if (have == TypeKind::Infer) {
    if (want == TypeKind::Optional || want == TypeKind::Dyn || want == TypeKind::Func) return false;
    return unify(result, expected);
  }
  if (have != TypeKind::Optional && want == TypeKind::Optional) return unify_hint(result, types_.elem(expected));
  if (have != want || have == TypeKind::Func) return false;
  return unify(result, expected);
}

TypeId BodyChecker::peel(TypeId type) {
  type = shallow(type);
  return types_.kind(type) == TypeKind::Optional ? shallow(types_.elem(type)) : type;
}

// A type whose head is asked for now: whatever was put off may decide it.
TypeId BodyChecker::settle(TypeId type) {
  type = shallow(type);
  if (types_.kind(type) == TypeKind::Infer && !deferred_.empty()) {
    retry_deferred(false);
    type = shallow(type);
  }
  return type;
}

void BodyChecker::retry_deferred(bool last) {
  bool progress = true;
  while (progress && !deferred_.empty()) {
    progress = false;
    for (size_t i = 0; i < deferred_.size();) {
      DeferredMember d = deferred_[i];
      TypeId receiver = shallow(group_[d.builder]->body.nodes[+d.base].type);
      TypeKind kind = types_.kind(receiver);
      bool literal = kind == TypeKind::Infer && infer_[types_[receiver].a].kind != InferKind::General;
      if (kind == TypeKind::Infer && !(last && literal)) {
        ++i;
        continue;
      }
      if (literal) unify(receiver, infer_[types_[receiver].a].kind == InferKind::Int ? Types::I64 : Types::F64);
      deferred_.erase(deferred_.begin() + static_cast<long>(i));
      resolve_deferred(d, last);
      progress = true;
    }
  }
  if (!last) return;
  for (size_t i = 0; i < deferred_.size(); ++i) {
    const DeferredMember d = deferred_[i];
    Builder* saved = b_;
    b_ = group_[d.builder];
    HirNode& base = b_->body.nodes[+d.base];
    TypeId receiver = shallow(base.type);
    if (types_.kind(receiver) == TypeKind::Infer) {
      report<Diag::TypeNotKnown>(base.span, "this value")
          .note(
              "its type decides what the name after the point means, and nothing before or after says which type it is")
          .help("write the type where the name is introduced, as in `{ |x: String| … }` or `let x: String = …`");
      infer_[types_[receiver].a].bound = Types::Error;
    }
    unify(d.result, Types::Error);
    b_ = saved;
  }
  deferred_.clear();
}

// The final type: literals that nothing decided take their defaults, and what stays open is an error at its place.
TypeId BodyChecker::finish_type(TypeId type) {
  if (!types_[type].has_infer) return type;
  type = shallow(type);
  TypeRow row = types_[type];
  if (!row.has_infer) return type;
  if (row.kind == TypeKind::Infer) {
    InferVar& var = infer_[row.a];
    switch (var.kind) {
      case InferKind::Int: var.bound = Types::I64; break;
      case InferKind::Float: var.bound = Types::F64; break;
      case InferKind::General: {
        bool said = var.origin.lo == open_said_.lo && var.origin.hi == open_said_.hi;   // keys and values of one `[:]`
        if (!var.origin.is_none() && !said) {
          open_said_ = var.origin;
          Diagnostic& d = report<Diag::TypeNotKnown>(var.origin, *var.what ? var.what : "this");
          d.note(
              "a type is found out from the value a name begins with and from how it is used; here neither says enough");
          if (std::strstr(var.what, "elements")) d.help("write the type: `let xs: []i64 = []`");
          else if (std::strstr(var.what, "null")) d.help("write the type: `let x: ?String = null`");
          else if (std::strstr(var.what, "this map")) d.help("write the type: `let m: Map[String, i64] = [:]`");
          else if (std::strstr(var.what, "parameter")) d.help("write the parameter's type: `{ |x: i64| … }`");
          else d.help("write the type where the name is introduced: `let x: i64 = …`");
        }
        // Without an origin it is the result of something that never gives one.
        infer_[row.a].bound = infer_[row.a].origin.is_none() ? Types::Void : Types::Error;
      }
    }
    return infer_[row.a].bound;
  }
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: {
      TypeId inner = finish_type(TypeId(row.a));
      return inner == Types::Error ? Types::Error
                                   : types_.intern(row.kind, +inner, row.kind == TypeKind::Task ? 0 : row.b, {});
    }
    default: break;
  }
  SmallVec<TypeId, 8> args;
  bool bad = false;
  for (uint32_t i = 0; i < row.arg_count; ++i) {
    args.push_back(finish_type(types_.args(type)[i]));
    bad |= args.back() == Types::Error;
  }
  return bad ? Types::Error : types_.intern(row.kind, row.a, row.b, args);
}

}   // namespace janus
