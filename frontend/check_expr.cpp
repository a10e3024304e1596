// check_expr.cpp: values: literals, names, members, aggregates.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"
#include "frontend/foreign.h"

namespace janus {

NodeId BodyChecker::unparen(NodeId n) {
  while (ast(n).kind == NodeKind::Paren) n = NodeId(ast(n).a);
  return n;
}

HirId BodyChecker::check_as(NodeId n, TypeId type, const Why* why) { return coerce(check(n, type), type, n, why); }

HirId BodyChecker::check_unnarrowed(NodeId n, TypeId expected) {
  NodeId bare = unparen(n);
  uint32_t var = ast(bare).kind == NodeKind::Ident ? find_var(NameId(ast(bare).a)) : kNone32;
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
      bool fits = is_some(expected) && types_.kind(expected) == TypeKind::Optional;
      return emit(HirKind::Null, fits ? expected : types_.optional(fresh(InferKind::General, span(n), "what this `null` stands for")), kNone32, kNone32, span(n));
    }
    case NodeKind::StringLit: return emit(HirKind::Str, Types::String, x.a, kNone32, span(n));
    case NodeKind::Interp: return check_interp(n);
    case NodeKind::Ident: return check_ident(n, expected);
    case NodeKind::SelfExpr: {
      uint32_t var = find_var(n_self_);
      if (var != kNone32) return read_var(var, tree_->token_span(x.token));
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
      if (kind == TypeKind::Tuple && x.b < types_[type].arg_count) return emit(HirKind::Field, types_.args(type)[x.b], base, x.b, span(n));
      if (kind == TypeKind::Tuple) {
        report<Diag::TupleIndex>(tree_->token_span(x.token), x.b, types_[type].arg_count)
            .note("the first part of a tuple is `.0`")
            .with_label("its type is `" + name_of(type) + "`");
      } else if (kind == TypeKind::Optional) {
        report_optional_as_value(span(NodeId(x.a)), type, NodeId(x.a), nullptr);
      } else {
        report<Diag::NotATuple>(span(NodeId(x.a)), name_of(type)).help("`.0`, `.1` are the parts of a tuple; an element of an array is `a[0]`");
      }
      return poison(span(n));
    }
    case NodeKind::DotName: return check_dot_name(n, expected, NodeId::None, nullptr);
    case NodeKind::Index: return check_index(n, expected);
    case NodeKind::Call: return check_call(n, expected, nullptr);
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
    case NodeKind::Break: case NodeKind::Continue: return check_break(n);
    case NodeKind::Fail: return check_fail(n);
    case NodeKind::Let: case NodeKind::Assign: case NodeKind::While: case NodeKind::For: case NodeKind::Defer: case NodeKind::Expect: return check_dropped(n);
    case NodeKind::LetCond:
      report<Diag::LetOutsideCondition>(span(n)).help("`let … = …` as a question stands right behind `if` or `while`, joined with `and`");
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
        .note("a `:core` program does one thing after the other; `" + std::string(what) + "` begins with the profile `:service`")
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

// ---- literals

HirId BodyChecker::check_int(NodeId n, bool negative, Span at, TypeId expected) {
  unsigned __int128 digits = tree_->tokens.int_value(ast(n).token);
  __int128 value = static_cast<__int128>(digits);
  if (negative) value = -value;
  TypeId type = is_some(expected) ? peel(expected) : TypeId::None;
  TypeKind kind = is_some(type) ? types_.kind(type) : TypeKind::Error;
  if (is_some(type) && types_.is_float(type)) {
    b_->body.floats.push_back(static_cast<double>(value));
    return emit(HirKind::Float, type, static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, at);
  }
  bool known = is_some(type) && types_.is_integer(type);
  if (kind == TypeKind::Param) {
    known = true;
    need_bound(type, kNumber, at, "a number");
  }
  if (kind == TypeKind::Infer && open_kind(type) != InferKind::General) known = true;
  return emit_int(value, known ? type : fresh(InferKind::Int, at), at);
}

HirId BodyChecker::check_float(NodeId n, bool negative, Span at, TypeId expected) {
  double value = tree_->tokens.float_value(ast(n).token);
  b_->body.floats.push_back(negative ? -value : value);
  TypeId type = is_some(expected) ? peel(expected) : TypeId::None;
  bool known = is_some(type) && types_.is_float(type);
  return emit(HirKind::Float, known ? type : fresh(InferKind::Float, at), static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, at);
}

HirId BodyChecker::check_interp(NodeId n) {
  SmallVec<uint32_t, 16> parts;
  std::span<const NodeId> list = tree_->list(ast(n).a);
  for (size_t i = 0; i < list.size(); ++i) {
    NodeId part = tree_->list(ast(n).a)[i];
    const Node x = ast(part);
    if (x.kind != NodeKind::InterpPart) {
      parts.push_back(+check(part));
      parts.push_back(kNone32);
      continue;
    }
    HirId value = check(NodeId(x.a));
    if (x.b == kNone32) received_as_either(value);
    TypeId type = type_of(value);
    if (type == Types::Void) {
      report<Diag::VoidValue>(span(NodeId(x.a)), "print");
      value = poison(span(n));
    }
    uint32_t spec = kNone32;
    if (x.b != kNone32) {
      spec = static_cast<uint32_t>(b_->body.formats.size());
      b_->body.formats.push_back(FormatSpec{});
      late_.push_back({LateCheck::Format, b_->index, type, tree_->token_span(x.token), x.b, spec});
    }
    late_.push_back({LateCheck::Printable, b_->index, type, span(NodeId(x.a))});
    parts.push_back(+value);
    parts.push_back(spec);
  }
  return emit(HirKind::Interp, Types::String, make_list(parts), kNone32, span(n));
}

// ---- aggregates

HirId BodyChecker::check_array(NodeId n, TypeId expected) {
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  bool fixed = is_some(want) && types_.kind(want) == TypeKind::Fixed;
  bool array = is_some(want) && types_.kind(want) == TypeKind::Array;
  TypeId elem = fixed || array ? shallow(types_.elem(want)) : TypeId::None;
  size_t count = tree_->list(ast(n).a).size();
  SmallVec<uint32_t, 16> values;
  bool closed = is_some(elem) && types_.kind(elem) != TypeKind::Infer;
  TypeId joined = TypeId::None;
  NodeId first = NodeId::None;
  for (size_t i = 0; i < count; ++i) {
    NodeId item = tree_->list(ast(n).a)[i];
    if (closed) {
      values.push_back(+check_as(item, elem));
      continue;
    }
    HirId value = check(item, is_some(joined) ? joined : elem);
    TypeId type = type_of(value);
    if (type == Types::Void) {
      report<Diag::VoidValue>(span(item), "put into an array");
      value = poison(span(item));
      type = Types::Error;
    }
    if (type != Types::Error) {
      TypeId both = is_none(joined) ? type : join(joined, type);
      if (is_none(both)) {
        Why why{span(first), "this element is `" + name_of(joined) + "`"};
        report_mismatch(span(item), joined, type, item, &why);
        value = poison(span(item));
      } else {
        joined = both;
        if (is_none(first)) first = item;
      }
    }
    values.push_back(+value);
  }
  if (!closed) {
    bool bad = false;
    for (uint32_t v : values) bad |= type_of(HirId(v)) == Types::Error;
    if ((is_none(joined) || joined == Types::Never) && bad) joined = Types::Error;   // told already
    else if (is_none(joined) || joined == Types::Never) joined = fresh(InferKind::General, span(n), "the elements of this array");
    for (uint32_t& v : values) {
      HirId value = HirId(v);
      try_coerce(value, joined);
      v = +value;
    }
    if (is_some(elem) && unify(elem, joined)) joined = elem;
    elem = joined;
  }
  TypeId type = fixed ? want : types_.array(elem);
  if (fixed && types_[want].b != count) {
    report<Diag::FixedLength>(span(n), types_[want].b, count).with_label("this has " + std::to_string(count) + " elements");
    return poison(span(n));
  }
  return emit(HirKind::MakeArray, type, make_list(values), kNone32, span(n));
}

HirId BodyChecker::check_map(NodeId n, TypeId expected) {
  if (is_none(p_.lang.map)) return poison(span(n));
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  TypeId key = TypeId::None, value = TypeId::None;
  if (is_some(want) && types_.kind(want) == TypeKind::Struct && types_[want].a == +p_.lang.map) {
    key = types_.args(want)[0];
    value = types_.args(want)[1];
  } else {
    key = fresh(InferKind::General, span(n), "the keys of this map");
    value = fresh(InferKind::General, span(n), "the values of this map (and its keys)");
  }
  SmallVec<uint32_t, 16> items;
  bool written = !types_[key].has_infer;
  size_t count = tree_->list(ast(n).a).size();
  for (size_t i = 0; i < count; ++i) {
    const Node entry = ast(tree_->list(ast(n).a)[i]);
    if (entry.kind != NodeKind::MapEntry) continue;
    NodeId first = tree_->list(ast(n).a)[0];
    if (ast(first).kind != NodeKind::MapEntry) first = tree_->list(ast(n).a)[i];
    Why key_why{span(NodeId(ast(first).a)), "the first key is `" + name_of(key) + "`"};
    Why value_why{span(NodeId(ast(first).b)), "the first value is `" + name_of(value) + "`"};
    items.push_back(+check_as(NodeId(entry.a), key, i ? &key_why : nullptr));
    items.push_back(+check_as(NodeId(entry.b), value, i ? &value_why : nullptr));
  }
  if (!written) late_.push_back({LateCheck::Hashable, b_->index, key, span(n)});   // a written type was asked where it stands
  TypeId args[] = {key, value};
  return emit(HirKind::MakeMap, types_.structure(p_.lang.map, args), make_list(items), kNone32, span(n));
}

HirId BodyChecker::check_tuple(NodeId n, TypeId expected) {
  size_t count = tree_->list(ast(n).a).size();
  if (count == 0) return emit_void(span(n));
  TypeId want = is_some(expected) ? peel(expected) : TypeId::None;
  bool known = is_some(want) && types_.kind(want) == TypeKind::Tuple && types_[want].arg_count == count;
  SmallVec<uint32_t, 8> values;
  SmallVec<TypeId, 8> types;
  for (size_t i = 0; i < count; ++i) {
    NodeId item = tree_->list(ast(n).a)[i];
    HirId value = known ? check_as(item, types_.args(want)[i]) : check(item);
    if (type_of(value) == Types::Void) {
      report<Diag::VoidValue>(span(item), "put into a tuple");
      value = poison(span(item));
    }
    values.push_back(+value);
    types.push_back(node(value).type);
  }
  return emit(HirKind::MakeTuple, types_.tuple(types), make_list(values), kNone32, span(n));
}

HirId BodyChecker::check_range(NodeId n, TypeId expected) {
  const Node x = ast(n);
  if (x.a == kNone32 || x.b == kNone32 || is_none(p_.lang.range)) {
    if (is_some(p_.lang.range))
      report<Diag::OpenRange>(span(n)).note("only in a slice, as `a[2..]`, may an end be left out").help("write both ends: `0..n`");
    if (x.a != kNone32) check_poison(NodeId(x.a));
    if (x.b != kNone32) check_poison(NodeId(x.b));
    return poison(span(n));
  }
  TypeId elem = TypeId::None;
  if (is_some(expected) && types_.kind(expected) == TypeKind::Struct && types_[expected].a == +p_.lang.range && types_[expected].arg_count == 1) elem = types_.args(expected)[0];
  HirId low = received(check(NodeId(x.a), elem));
  HirId high = received(check(NodeId(x.b), node(low).type));
  if (type_of(low) == Types::Error || type_of(high) == Types::Error) return poison(span(n));
  if (!balance(low, high)) {
    Why why{span(NodeId(x.a)), "the range begins with `" + name_of(node(low).type) + "`"};
    report_mismatch(span(NodeId(x.b)), node(low).type, node(high).type, NodeId(x.b), &why);
    return poison(span(n));
  }
  TypeId type = shallow(node(low).type);
  TypeKind kind = types_.kind(type);
  if (types_.is_float(type) || (kind == TypeKind::Infer && open_kind(type) == InferKind::Float) || kind == TypeKind::String || kind == TypeKind::Bool || kind == TypeKind::Optional) {
    if (kind == TypeKind::Optional) report_optional_as_value(span(NodeId(x.a)), type, NodeId(x.a), nullptr);
    else report<Diag::RangeOfWhat>(span(n), name_of(type)).help("a range counts whole numbers (`0..10`) or characters (`'a'..='z'`)");
    return poison(span(n));
  }
  late_.push_back({LateCheck::Ordered, b_->index, type, span(n)});
  TypeId args[] = {node(low).type};
  bool generic = !p_.structs[+p_.lang.range].type_params.empty();
  return emit(HirKind::MakeRange, types_.structure(p_.lang.range, generic ? std::span<const TypeId>(args) : std::span<const TypeId>()), low, high, span(n), x.flags & kInclusive ? 1 : 0);
}

// ---- index and slice

HirId BodyChecker::check_index(NodeId n, TypeId expected) {
  const Node x = ast(n);
  Head head = head_of(n);
  if (head.kind == HeadKind::Type) return type_value(head.type, n);
  if (head.kind == HeadKind::Func) return func_value(FuncId(head.index), n, expected, head);
  if (head.kind == HeadKind::Poison) return poison(span(n));
  HirId base = received(check(NodeId(x.a)));
  std::span<const NodeId> list = tree_->list(x.b);
  if (list.size() != 1) {
    report<Diag::IndexCount>(span(n), list.size()).help("for an array of arrays write `a[i][j]`");
    return poison(span(n));
  }
  NodeId index = list[0];
  TypeId type = settle(node(base).type);
  TypeKind kind = types_.kind(type);
  const Node ix = ast(unparen(index));
  if (kind == TypeKind::Error) {
    if (ix.kind != NodeKind::Range) check_poison(index);
    return poison(span(n));
  }
  if (kind == TypeKind::Optional) {
    report_optional_as_value(span(NodeId(x.a)), type, NodeId(x.a), nullptr);
    return poison(span(n));
  }
  bool map = kind == TypeKind::Struct && types_[type].a == +p_.lang.map;
  if (map) {
    TypeId key = types_.args(type)[0], value = types_.args(type)[1];
    HirId k = check_as(index, key);
    return emit(HirKind::MapIndex, value, base, k, span(n));
  }
  if (kind == TypeKind::Infer) {
    report<Diag::TypeNotKnown>(span(NodeId(x.a)), "this value").help("write the type where the name is introduced");
    return poison(span(n));
  }
  bool array = kind == TypeKind::Array || kind == TypeKind::Fixed;
  if (!array && kind != TypeKind::String) {
    Diagnostic& d = report<Diag::CannotIndex>(span(NodeId(x.a)), name_of(type));
    if (kind == TypeKind::Tuple) d.help("the parts of a tuple are `.0`, `.1` …");
    else if (kind == TypeKind::Struct && types_[type].a == +p_.lang.set) d.help("ask with `x in set`, or take `set.to_array()`");
    else d.help("`[ ]` takes an element out of an array or a map");
    check_poison(index);
    return poison(span(n));
  }
  auto check_bound = [&](NodeId bound) {
    HirId v = check(bound, Types::I64);
    TypeId t = settle(node(v).type);
    if (types_.is_integer(t) && t != Types::I64) {
      HirId w = v;
      if (try_coerce(w, Types::I64)) return w;
      if (t == Types::U64) return emit(HirKind::Convert, Types::I64, v, kNone32, span(bound), 0);
    }
    Why why{span(NodeId(x.a)), "an element of this is found by its number, an `i64`"};
    return coerce(v, Types::I64, bound, &why);
  };
  if (ix.kind == NodeKind::Range) {
    uint32_t lo = ix.a == kNone32 ? kNone32 : +check_bound(NodeId(ix.a));
    uint32_t hi = ix.b == kNone32 ? kNone32 : +check_bound(NodeId(ix.b));
    TypeId result = kind == TypeKind::Fixed ? types_.array(types_.elem(type)) : type;
    return emit(HirKind::Slice, result, +base, make_record({lo, hi, ix.flags & kInclusive ? 1u : 0u}), span(n));
  }
  if (kind == TypeKind::String) {
    report<Diag::StringIndex>(span(n))
        .note("a text is stored as bytes, and one character can take several of them, so \"the third character\" has to be looked for")
        .help("walk over the characters: `for c in " + source(NodeId(x.a)) + ".chars() do … end`")
        .help("a part of the text by byte positions: `" + source(NodeId(x.a)) + "[i..j]`");
    check_poison(index);
    return poison(span(n));
  }
  return emit(HirKind::Index, types_.elem(type), base, check_bound(index), span(n));
}

// ---- heads: what a name or path means before it is used

TypeId BodyChecker::fresh_struct(StructId id, Span at) {
  SmallVec<TypeId, 4> args;
  size_t count = p_.structs[+id].type_params.size();
  for (size_t i = 0; i < count; ++i) args.push_back(fresh(InferKind::General, at, "a type argument"));
  return types_.structure(id, args);
}
TypeId BodyChecker::fresh_enum(EnumId id, Span at) {
  SmallVec<TypeId, 4> args;
  size_t count = p_.enums[+id].type_params.size();
  for (size_t i = 0; i < count; ++i) args.push_back(fresh(InferKind::General, at, "a type argument"));
  return types_.enumeration(id, args);
}

Head BodyChecker::head_of_decl(DeclId id, NodeId n) {
  const Decl& decl = p_.decls[+id];
  Head h;
  h.index = decl.index;
  switch (decl.kind) {
    case DeclKind::Module: h.kind = HeadKind::Module; break;
    case DeclKind::Func: h.kind = HeadKind::Func; break;
    case DeclKind::Const: h.kind = HeadKind::Const; break;
    case DeclKind::Error: h.kind = HeadKind::Error; break;
    case DeclKind::Trait: h.kind = HeadKind::Trait; break;
    case DeclKind::Struct: h.kind = HeadKind::Type; h.type = fresh_struct(StructId(decl.index), span(n)); break;
    case DeclKind::Enum: h.kind = HeadKind::Type; h.type = fresh_enum(EnumId(decl.index), span(n)); break;
    case DeclKind::TypeAlias: {
      const AliasInfo& alias = p_.aliases[decl.index];
      h.kind = HeadKind::Type;
      h.type = alias.type;
      if (!alias.type_params.empty()) {
        SmallVec<TypeId, 4> args;
        size_t count = alias.type_params.size();
        for (size_t i = 0; i < count; ++i) args.push_back(fresh(InferKind::General, span(n), "a type argument"));
        h.type = types_.subst(alias.type, alias.type_params, args);
      }
      if (types_.kind(h.type) == TypeKind::ErrorVal) {
        ErrorSetId set = ErrorSetId(types_[h.type].a);
        for (size_t i = 0; i < p_.errors.size(); ++i)
          if (p_.errors[i].set == set) { h.kind = HeadKind::Error; h.index = static_cast<uint32_t>(i); }
      }
      break;
    }
    case DeclKind::Capability: h.kind = HeadKind::Type; h.type = types_.intern(TypeKind::Capability, +id, 0, {}); break;
    default: h.kind = HeadKind::Poison; break;
  }
  return h;
}

Head BodyChecker::head_of_name(NameId name, NodeId n) {
  Head h;
  uint32_t var = find_var(name);
  if (var != kNone32) {
    h.kind = HeadKind::Var;
    h.index = var;
    return h;
  }
  for (TypeParamId p : type_scope_.params)
    if (p_.type_params[+p].name == name) {
      h.kind = HeadKind::Type;
      h.type = types_.param(p);
      return h;
    }
  DeclId decl = lookup_name(p_, module_, name);
  if (is_some(decl)) return head_of_decl(decl, n);
  if (name == n_Self_ && is_some(type_scope_.self)) {
    h.kind = HeadKind::Type;
    h.type = type_scope_.self;
    return h;
  }
  uint8_t code = +name < name_codes_.size() ? name_codes_[+name] : 0;
  if (code >= 64) {
    h.kind = HeadKind::Builtin;
    h.index = code - 64u;
    return h;
  }
  TypeId simple = builtin_type(p_, name);
  if (is_some(simple)) {
    h.kind = HeadKind::Type;
    h.type = simple;
    return h;
  }
  h.kind = HeadKind::Unknown;
  switch (builtin_generic(p_, name)) {
    case BuiltinGeneric::Array: h.type = types_.array(fresh(InferKind::General, span(n), "the elements of this array")); break;
    case BuiltinGeneric::Optional: h.type = types_.optional(fresh(InferKind::General, span(n), "a type argument")); break;
    case BuiltinGeneric::Type: h.type = types_.type_of(fresh(InferKind::General, span(n), "a type argument")); break;
    case BuiltinGeneric::Channel: h.type = types_.channel(fresh(InferKind::General, Span{})); break;
    case BuiltinGeneric::Task: h.type = types_.task(fresh(InferKind::General, span(n), "the result of this task")); break;
    case BuiltinGeneric::Nursery: h.type = nursery_type(); break;
    case BuiltinGeneric::None:
      if (name == word(Word::Error)) h.kind = HeadKind::AdHoc;
      return h;
  }
  h.kind = HeadKind::Type;
  return h;
}

// Whether an expression reads as a type where a value would stand: `User`, `[]i64`, `Map[String, i64]`.
bool BodyChecker::is_type_head(NodeId n) {
  switch (ast(n).kind) {
    case NodeKind::TypeExpr: return true;
    case NodeKind::Ident: case NodeKind::Member: case NodeKind::Index: case NodeKind::Call: {
      HeadKind k = head_of(n).kind;
      return k == HeadKind::Type || k == HeadKind::Error;
    }
    default: return false;
  }
}

Head BodyChecker::head_of(NodeId n) {
  const Node x = ast(n);
  switch (x.kind) {
    case NodeKind::Ident: return head_of_name(NameId(x.a), n);
    case NodeKind::TypeExpr: {
      Head h;
      h.kind = HeadKind::Type;
      h.type = resolve_type(p_, type_scope_, NodeId(x.a));
      return h;
    }
    case NodeKind::Member: {
      NodeKind k = ast(NodeId(x.a)).kind;
      if (k != NodeKind::Ident && k != NodeKind::Member) return {};
      Head base = head_of(NodeId(x.a));
      if (base.kind == HeadKind::Poison) return base;
      if (base.kind != HeadKind::Module) return {};
      bool is_private = false;
      DeclId decl = lookup_in_module(p_, ModuleId(base.index), NameId(x.b), &is_private);
      Head h;
      h.kind = HeadKind::Poison;
      std::string module_name(text(p_.modules[base.index]->path));
      if (is_none(decl)) {
        std::vector<std::string_view> names;
        for (DeclId d : p_.modules[base.index]->decls)
          if (p_.decls[+d].is_pub) names.push_back(text(p_.decls[+d].name));
        Diagnostic& d = report<Diag::NotInModule>(tree_->token_span(x.token), module_name, text(NameId(x.b)));
        suggest(d, tree_->token_span(x.token), text(NameId(x.b)), names);
        return h;
      }
      if (is_private && ModuleId(base.index) != module_) {
        report<Diag::PrivateName>(tree_->token_span(x.token), text(NameId(x.b)), module_name)
            .at(p_.decls[+decl].name_span, "declared here without `pub`")
            .help("write `pub` in front of its declaration to let other files use it");
        return h;
      }
      return head_of_decl(decl, n);
    }
    case NodeKind::Index: {
      // Name[…]: type arguments of a type or of a function; anything else is an element.
      NodeKind k = ast(NodeId(x.a)).kind;
      if (k != NodeKind::Ident && k != NodeKind::Member) return {};
      if (k == NodeKind::Ident && find_var(NameId(ast(NodeId(x.a)).a)) != kNone32) return {};
      Head base = head_of(NodeId(x.a));
      if (base.kind == HeadKind::Poison) return base;
      if (base.kind == HeadKind::Func) {
        base.type_args = n;
        return base;
      }
      if (base.kind != HeadKind::Type) return base.kind == HeadKind::Builtin ? base : Head{};
      Head h;
      h.kind = HeadKind::Type;
      h.type = resolve_type(p_, type_scope_, type_node_of(n));
      if (h.type == Types::Error) h.kind = HeadKind::Poison;
      return h;
    }
    case NodeKind::Call: {
      // Name(T): the other spelling of a generic type, where Name is generic and not a conversion.
      NodeKind k = ast(NodeId(x.a)).kind;
      if (k != NodeKind::Ident && k != NodeKind::Member) return {};
      if (k == NodeKind::Ident && find_var(NameId(ast(NodeId(x.a)).a)) != kNone32) return {};
      std::span<const NodeId> args = tree_->list(x.b);
      if (args.empty()) return {};
      if (k == NodeKind::Ident) {
        // Most calls end here: only a capital begins the name of a generic type.
        std::string_view t = text(NameId(ast(NodeId(x.a)).a));
        if (t.empty() || !(t[0] >= 'A' && t[0] <= 'Z')) return {};
      }
      Head base = head_of(NodeId(x.a));
      if (base.kind != HeadKind::Type) return {};
      TypeRow row = types_[shallow(base.type)];
      bool generic = row.kind == TypeKind::Array || row.kind == TypeKind::Optional || row.kind == TypeKind::TypeOf || row.kind == TypeKind::Channel || row.kind == TypeKind::Task || ((row.kind == TypeKind::Struct || row.kind == TypeKind::Enum) && row.arg_count > 0);
      if (!generic || !is_type_head(tree_->list(x.b)[0])) return {};
      Head h;
      h.kind = HeadKind::Type;
      h.type = resolve_type(p_, type_scope_, type_node_of(n));
      if (h.type == Types::Error) h.kind = HeadKind::Poison;
      return h;
    }
    default: return {};
  }
}

// The expression as a type node: the tree gets nodes of its own for it, so that types are resolved in one place only.
NodeId BodyChecker::type_node_of(NodeId n) {
  const Node x = ast(n);
  auto add = [&](NodeKind kind, uint32_t token, uint32_t a, uint32_t b, uint32_t last) {
    tree_->nodes.push_back(Node{kind, 0, 0, token, a, b});
    tree_->lasts.push_back(last);
    return static_cast<uint32_t>(tree_->nodes.size() - 1);
  };
  auto add_list = [&](std::span<const uint32_t> items) {
    uint32_t at = static_cast<uint32_t>(tree_->extra.size());
    tree_->extra.push_back(static_cast<uint32_t>(items.size()));
    tree_->extra.insert(tree_->extra.end(), items.begin(), items.end());
    return at;
  };
  switch (x.kind) {
    case NodeKind::TypeExpr: return NodeId(x.a);
    case NodeKind::Paren: return type_node_of(NodeId(x.a));
    case NodeKind::TupleLit: {
      SmallVec<uint32_t, 8> items;
      for (size_t i = 0; i < tree_->list(x.a).size(); ++i) items.push_back(+type_node_of(tree_->list(x.a)[i]));
      return NodeId(add(NodeKind::TypeTuple, x.token, add_list(items), kNone32, tree_->lasts[+n]));
    }
    case NodeKind::Index: case NodeKind::Call: {
      SmallVec<uint32_t, 8> items;
      for (size_t i = 0; i < tree_->list(x.b).size(); ++i) items.push_back(+type_node_of(tree_->list(x.b)[i]));
      NodeId base = type_node_of(NodeId(x.a));
      tree_->nodes[+base].b = add_list(items);
      tree_->lasts[+base] = tree_->lasts[+n];
      return base;
    }
    default: break;
  }
  SmallVec<uint32_t, 4> path;
  NodeId at = n;
  SmallVec<NodeId, 4> parts;
  while (ast(at).kind == NodeKind::Member) {
    parts.push_back(at);
    at = NodeId(ast(at).a);
  }
  parts.push_back(at);
  for (size_t i = parts.size(); i-- > 0;) {
    const Node part = ast(parts[i]);
    uint32_t name = part.kind == NodeKind::Member ? part.b : part.kind == NodeKind::Ident ? part.a : +n_underscore_;
    path.push_back(add(NodeKind::ImportName, part.token, name, kNone32, tree_->lasts[+parts[i]]));
  }
  return NodeId(add(NodeKind::TypeName, ast(at).token, add_list(path), kNone32, tree_->lasts[+n]));
}

HirId BodyChecker::type_value(TypeId type, NodeId n) {
  if (type == Types::Error) return poison(span(n));
  return emit(HirKind::TypeValue, types_.type_of(type), kNone32, kNone32, span(n));
}

// ---- names as values

HirId BodyChecker::check_ident(NodeId n, TypeId expected) {
  const Node x = ast(n);
  uint32_t var = find_var(NameId(x.a));
  if (var != kNone32) {
    if (vars_[var].poly_param != 0xffff) poly_escape(var);
    if ((vars_[var].nursery != kNone32 || vars_[var].holds != kNone32) && !nursery_value(var, n, expected)) return poison(span(n));
    return read_var(var, tree_->token_span(x.token));
  }
  Head head = head_of_name(NameId(x.a), n);
  if (head.kind == HeadKind::Unknown && NameId(x.a) == n_test_cap_) return test_cap(n, expected);
  if (head.kind == HeadKind::Unknown) return unknown_name(NameId(x.a), tree_->token_span(x.token));
  return decl_value(head, n, expected);
}

HirId BodyChecker::decl_value(const Head& head, NodeId n, TypeId expected) {
  switch (head.kind) {
    case HeadKind::Const: return emit(HirKind::ConstRef, p_.consts[head.index].type, head.index, kNone32, span(n));
    case HeadKind::Func: return func_value(FuncId(head.index), n, expected, head);
    case HeadKind::Type: return type_value(head.type, n);
    case HeadKind::Error: return type_value(types_.error_value(p_.errors[head.index].set), n);
    case HeadKind::Module:
      report<Diag::NotAValue>(span(n), source(n), "a module").help("name something in it: `" + source(n) + ".name`");
      return poison(span(n));
    case HeadKind::Trait:
      report<Diag::NotAValue>(span(n), source(n), "a trait").help("a trait is written behind a type parameter, or as `dyn " + source(n) + "`");
      return poison(span(n));
    case HeadKind::AdHoc:
      report<Diag::NotAValue>(span(n), source(n), "a word of the language here").help("an error value is written `error.Name`");
      return poison(span(n));
    case HeadKind::Builtin:
      report<Diag::NotAValue>(span(n), source(n), "built into the language and takes any number of values").help("put it into a function of your own: `{ |x| " + source(n) + "(x) }`");
      return poison(span(n));
    default: return poison(span(n));
  }
}

bool BodyChecker::suggest(Diagnostic& d, Span at, std::string_view wanted, const std::vector<std::string_view>& names) {
  if (p_.diags.error_count() > 300) return false;   // a text that is no program: nobody reads this far
  std::string_view near = nearest_name(wanted, names);
  if (near.empty() || near == wanted) return false;
  d.help("did you mean `" + std::string(near) + "`?");
  d.fix(at, std::string(near), "write `" + std::string(near) + "`", Applicability::MaybeIncorrect);
  return true;
}

// The enum of this module that has a variant of that name, if exactly one has.
EnumId BodyChecker::enum_with_variant(NameId name) {
  EnumId found = EnumId::None;
  for (DeclId id : p_.modules[+module_]->decls) {
    const Decl& decl = p_.decls[+id];
    if (decl.kind != DeclKind::Enum || p_.find_variant(EnumId(decl.index), name) < 0) continue;
    if (is_some(found)) return EnumId::None;
    found = EnumId(decl.index);
  }
  return found;
}

// Where the statements of a script introduce the name, which its functions do not see.
Span BodyChecker::script_variable(NameId name) {
  if (p_.modules[+module_]->profile != Profile::Script || is_none(tree_->root)) return {};
  for (NodeId item : tree_->list((*tree_)[tree_->root].a)) {
    if (is_none(item) || ast(item).kind != NodeKind::FuncDecl || !(ast(item).flags & kShort)) continue;
    for (NodeId statement : tree_->list(ast(tree_->record_node(ast(item).b, 4)).a))
      if (ast(statement).kind == NodeKind::Let && ast(NodeId(ast(statement).a)).kind == NodeKind::PatBind && NameId(ast(NodeId(ast(statement).a)).a) == name) return tree_->caret(NodeId(ast(statement).a));
  }
  return {};
}

HirId BodyChecker::unknown_name(NameId name, Span at) {
  Diagnostic& d = report<Diag::UnknownName>(at, text(name));
  std::string word(text(name));
  uint32_t self = find_var(n_self_);
  TypeId field = TypeId::None;
  const ForeignHint* hint = foreign_value(word);
  std::string_view friendly = hint ? hint->write : false_friend(word);
  if (self != kNone32 && p_.find_field(zonk(vars_[self].type), name, &field) >= 0) {
    d.note("fields of the value are reached through `self`").help("write `self." + word + "`").fix(at, "self." + word, "read the field", Applicability::MaybeIncorrect);
  } else if (!friendly.empty()) {
    d.help("in Janus this is `" + std::string(friendly) + "`");
    if (hint && !hint->help.empty()) d.help(std::string(hint->help));
    d.fix(at, std::string(friendly), "write `" + std::string(friendly) + "`", Applicability::MaybeIncorrect);
  } else if (hint) {
    d.help(std::string(hint->help));
  } else if (Span made = script_variable(name); !made.is_none()) {
    d.at(made, "this variable belongs to the statements of the script").note("a function sees its parameters and what is declared outside of functions with `const`").help("hand it to the function as a parameter, or make it a `const`");
  } else {
    std::vector<std::string_view> names;
    for (size_t i = hidden_below_; i < bindings_.size(); ++i) names.push_back(text(bindings_[i].name));
    if (p_.diags.error_count() <= 300) visible_names(p_, module_, names);
    for (const char* b : {"println", "print", "eprintln", "eprint", "assert", "assert_eq", "unreachable", "todo", "String", "Array", "Map", "Set"}) names.push_back(b);
    if (!suggest(d, at, word, names)) {
      if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') d.help("a variable is introduced with `let " + word + " = …`, a function with `func " + word + "(…) do … end`");
      else if (EnumId owner = enum_with_variant(name); is_some(owner)) {
        std::string full = std::string(text(p_.decls[+p_.enums[+owner].decl].name)) + "." + word;
        d.note("`" + word + "` is a variant of an enum, and is named after it");
        d.fix(at, full, "write `" + full + "`", Applicability::MaybeIncorrect);
      } else d.help("if it is declared in another file, import it; if it is a kind of failure, write `error." + word + "`");
    }
  }
  // Its further uses in this block say the same mistake again: stay quiet about them.
  if (b_) declare(name, Types::Error, 0, at);
  return poison(at);
}

// ---- members

HirId BodyChecker::check_member(NodeId n, TypeId expected) {
  const Node x = ast(n);
  Span name_span = tree_->token_span(tree_->lasts[+n]);
  NodeKind k = ast(NodeId(x.a)).kind;
  if (k == NodeKind::Ident || k == NodeKind::Member || k == NodeKind::Index || k == NodeKind::TypeExpr || k == NodeKind::Call) {
    Head base = head_of(NodeId(x.a));
    switch (base.kind) {
      case HeadKind::Poison: return poison(span(n));
      case HeadKind::Module: {
        Head head = head_of(n);
        return decl_value(head, n, expected);
      }
      case HeadKind::Type: {
        if (types_.kind(base.type) == TypeKind::Error) return poison(span(n));
        return type_member(base.type, n, expected);
      }
      case HeadKind::Error: {
        TagId tag = p_.find_tag(ErrorId(base.index), NameId(x.b));
        if (is_some(tag)) return make_error(tag, n, NodeId::None, types_.error_value(p_.errors[base.index].set));
        std::vector<std::string_view> names;
        for (TagId t : p_.errors[base.index].tags) names.push_back(text(p_.tags[+t].name));
        std::string owner(text(p_.decls[+p_.errors[base.index].decl].name));
        Diagnostic& d = report<Diag::NoVariant>(name_span, owner, text(NameId(x.b))).at(p_.decls[+p_.errors[base.index].decl].name_span, "declared here");
        suggest(d, name_span, text(NameId(x.b)), names);
        return poison(span(n));
      }
      case HeadKind::AdHoc: {
        TagId tag = p_.ad_hoc_tag(NameId(x.b));
        return make_error(tag, n, NodeId::None, types_.error_value(set_of_tag(tag)));
      }
      case HeadKind::Trait:
        report<Diag::NotAValue>(span(n), source(n), "a method of a trait").help("call it: `" + source(n) + "(x)`");
        return poison(span(n));
      case HeadKind::Unknown: {
        // An upper-case name that nobody declares, before a point: most likely a misspelt type or module.
        return unknown_name(NameId(ast(NodeId(x.a)).a), span(NodeId(x.a)));
      }
      default: break;
    }
  }
  return field_access(check(NodeId(x.a)), n, NameId(x.b), name_span);
}

HirId BodyChecker::field_access(HirId base, NodeId n, NameId name, Span name_span) {
  base = received(base);
  TypeId type = settle(node(base).type);
  if (types_.kind(type) == TypeKind::Error) return poison(span(n));
  if (types_.kind(type) == TypeKind::Infer && open_kind(type) == InferKind::General) {
    TypeId result = fresh(InferKind::General, Span{});
    HirId hole = emit(HirKind::Void, result, kNone32, kNone32, span(n));
    deferred_.push_back({b_->index, hole, base, n, false, kNone32, result, HirId::None, ErrorSetId::None, module_, 0});
    return hole;
  }
  TypeId field = TypeId::None;
  int index = p_.find_field(types_.kind(type) == TypeKind::Struct ? type : Types::Void, name, &field);
  if (index >= 0) return emit(HirKind::Field, field, base, static_cast<uint32_t>(index), span(n));
  (void)name_span;
  return unknown_member(type, name, n, false);
}

HirId BodyChecker::unknown_member(TypeId base, NameId name, NodeId n, bool is_call) {
  base = zonk(base);
  TypeKind kind = types_.kind(base);
  Span at = tree_->token_span(tree_->lasts[+n]);
  std::string word(text(name));
  NodeId base_ast = ast(n).kind == NodeKind::Member ? NodeId(ast(n).a) : NodeId::None;
  if (kind == TypeKind::Optional) {
    TypeId inner = zonk(peel(base)), field = TypeId::None;
    bool has = p_.find_field(inner, name, &field) >= 0 || p_.find_method(inner, name, module_).candidates > 0;
    if (has && is_some(base_ast)) {
      report_optional_as_value(span(base_ast), base, base_ast, nullptr);
      return poison(span(n));
    }
  }
  if (!is_call) {
    Program::MethodMatch m = p_.find_method(base, name, module_);
    if (m.candidates > 0 || is_some(m.func)) {
      report<Diag::MethodNotCalled>(at, word)
          .with_label("this is a method")
          .help("call it with parentheses: `" + word + "(…)`")
          .fix(Span{at.hi, at.hi}, "()", "call the method", p_.funcs[+m.func].params.size() <= 1 ? Applicability::MachineApplicable : Applicability::HasPlaceholders);
      return poison(span(n));
    }
  }
  std::vector<std::string_view> names;
  if (is_call) p_.method_names(base, names);
  if (kind == TypeKind::Struct)
    for (const FieldInfo& f : p_.structs[types_[base].a].fields) names.push_back(text(f.name));
  if (!is_call) p_.method_names(base, names);
  Diagnostic& d = is_call ? report<Diag::NoMethod>(at, name_of(base), word) : report<Diag::NoField>(at, name_of(base), word);
  bool suggested = suggest(d, at, word, names);
  std::string code = is_some(base_ast) ? source(base_ast) : "x";
  if (const ForeignHint* hint = suggested ? nullptr : foreign_member(word)) {
    bool there = !hint->write.empty() && std::find(names.begin(), names.end(), hint->write) != names.end();
    if (there) d.fix(at, std::string(hint->write), "in Janus this is `" + std::string(hint->write) + "`", Applicability::MaybeIncorrect);
    if (!hint->help.empty() && kind != TypeKind::Struct && kind != TypeKind::Enum && kind != TypeKind::Param) d.help(std::string(hint->help)), there = true;
    if (there) return poison(span(n));
  }
  if (word == "length" || word == "size" || word == "count") {
    if (!suggested) d.help("the number of elements is `" + code + ".len()`");
  } else if (kind == TypeKind::Struct && !is_call && !suggested) {
    std::string all;
    for (const FieldInfo& f : p_.structs[types_[base].a].fields) all += (all.empty() ? "`" : ", `") + std::string(text(f.name)) + "`";
    if (!all.empty()) d.note("`" + name_of(base) + "` has the fields " + all);
  } else if (is_call && (word == "append" || word == "add") && kind == TypeKind::Array) {
    d.help("an element is added at the end with `" + code + ".push(x)`");
  } else if (is_call && kind == TypeKind::Array && (word == "to_array" || word == "to_list" || word == "to_vec" || word == "collect")) {
    d.help("`" + code + "` is an array already: leave the call out");
  } else if (word == "to_string" || word == "toString" || word == "str") {
    d.help("any value becomes a text with `String(" + code + ")`");
  } else if (kind == TypeKind::Param) {
    d.note("`" + name_of(base) + "` can be any type, so only what its traits promise can be used");
    d.help("say which trait it needs: `where " + name_of(base) + ": TraitName`");
  } else if (kind == TypeKind::Void) {
    d.note("nothing comes out of what stands before the point");
  } else if (is_call && !suggested && ((types_.is_number(base) && !types_.is_float(base)) || (kind == TypeKind::Infer && open_kind(base) == InferKind::Int)) && (p_.find_method(Types::F64, name, module_).candidates > 0 || is_some(p_.find_method(Types::F64, name, module_).func))) {
    d.help("numbers with a point have it: `f64" + (code.starts_with("(") ? code : "(" + code + ")") + "." + word + "(…)`");
  }
  return poison(span(n));
}

// Names of the variants of a small enum, for messages about one that is not there.
void BodyChecker::list_variants(Diagnostic& d, EnumId id) {
  const EnumInfo& e = p_.enums[+id];
  if (e.variants.empty() || e.variants.size() > 12) return;
  std::string all;
  for (const VariantInfo& v : e.variants) all += (all.empty() ? "`" : ", `") + std::string(text(v.name)) + "`";
  d.note("`" + std::string(text(p_.decls[+e.decl].name)) + "` has " + all);
}

// ---- T.member without a call

HirId BodyChecker::type_member(TypeId type, NodeId n, TypeId expected) {
  type = shallow(type);
  NameId name = NameId(ast(n).b);
  Span name_span = tree_->token_span(tree_->lasts[+n]);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Enum) {
    int variant = p_.find_variant(EnumId(types_[type].a), name);
    if (variant >= 0) return make_variant(type, static_cast<uint32_t>(variant), n, NodeId::None, expected);
  }
  if (types_.is_number(type) || kind == TypeKind::Param) {
    int what = name == n_min_ ? 0 : name == n_max_ ? 1 : name == n_inf_ ? 2 : name == n_nan_ ? 3 : name == n_eps_ ? 4 : -1;
    if (what >= 0) {
      if (kind == TypeKind::Param) {
        need_bound(type, what > 1 ? kFloat : kNumber, name_span, "a limit of the type");
        return emit(HirKind::TypeMember, type, static_cast<uint32_t>(what), kNone32, span(n));
      }
      if (types_.is_integer(type) && what < 2) {
        int bits = Types::int_bits(kind);
        bool is_signed = types_.is_signed(type);
        __int128 one = 1;
        __int128 max = (one << (is_signed ? bits - 1 : bits)) - 1, min = is_signed ? -(one << (bits - 1)) : 0;
        return emit_int(what == 0 ? min : max, type, span(n));
      }
      if (types_.is_float(type)) {
        bool narrow = type == Types::F32;
        double values[] = {narrow ? -3.4028234663852886e38 : -1.7976931348623157e308, narrow ? 3.4028234663852886e38 : 1.7976931348623157e308, __builtin_inf(), __builtin_nan(""),
                           narrow ? 1.1920928955078125e-07 : 2.220446049250313e-16};
        b_->body.floats.push_back(values[what]);
        return emit(HirKind::Float, type, static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, span(n));
      }
    }
  }
  Program::MethodMatch m = p_.find_method(zonk(type), name, module_);
  if (m.candidates > 0) {
    const FuncInfo& f = p_.funcs[+m.func];
    if (f.self == SelfKind::None && is_some(expected) && types_.kind(expected) == TypeKind::Func) {
      use_func(m.func);
      SmallVec<TypeId, 8> args;
      for (TypeId t : m.impl_args) args.push_back(t);
      while (args.size() < f.type_params.size()) args.push_back(fresh(InferKind::General, span(n), "a type argument"));
      TypeId ft = func_type(m.func, f.type_params, args);
      if (!f.type_params.empty()) uses_.push_back({m.func, types_.tuple(args), func_, module_, n, span(n)});
      return emit(HirKind::FuncRef, ft, +m.func, make_type_list(args), span(n));
    }
    report<Diag::MethodNotCalled>(name_span, text(name)).with_label("this is a function").help("call it with parentheses: `" + std::string(text(name)) + "(…)`");
    return poison(span(n));
  }
  std::vector<std::string_view> names;
  if (kind == TypeKind::Enum) {
    for (const VariantInfo& v : p_.enums[types_[type].a].variants) names.push_back(text(v.name));
    Diagnostic& d = report<Diag::NoVariant>(name_span, name_of(type), text(name)).at(p_.decls[+p_.enums[types_[type].a].decl].name_span, "declared here");
    if (!suggest(d, name_span, text(name), names)) list_variants(d, EnumId(types_[type].a));
    return poison(span(n));
  }
  p_.method_names(zonk(type), names);
  Diagnostic& d = report<Diag::NoField>(name_span, name_of(type), text(name));
  TypeId field = TypeId::None;
  if (p_.find_field(zonk(type), name, &field) >= 0) d.note("`" + name_of(type) + "` is the type; a field belongs to a value of it").help("write the name of a variable before the point");
  else suggest(d, name_span, text(name), names);
  return poison(span(n));
}

// ---- variants and errors

HirId BodyChecker::check_dot_name(NodeId n, TypeId expected, NodeId call, Answer*) {
  NameId name = NameId(ast(n).a);
  TypeId type = is_some(expected) ? settle(peel(settle(expected))) : TypeId::None;
  TypeKind kind = is_some(type) ? types_.kind(type) : TypeKind::Infer;
  NodeId whole = is_some(call) ? call : n;
  if (kind == TypeKind::Error) {
    if (is_some(call)) check_rest(tree_->list(ast(call).b));
    return poison(span(whole));
  }
  if (kind == TypeKind::Enum) {
    int variant = p_.find_variant(EnumId(types_[type].a), name);
    if (variant >= 0) return make_variant(type, static_cast<uint32_t>(variant), n, call, expected);
    std::vector<std::string_view> names;
    for (const VariantInfo& v : p_.enums[types_[type].a].variants) names.push_back(text(v.name));
    Diagnostic& d = report<Diag::NoVariant>(tree_->token_span(ast(n).token), name_of(type), text(name));
    if (!suggest(d, tree_->token_span(tree_->lasts[+n]), text(name), names)) list_variants(d, EnumId(types_[type].a));
  } else if (kind == TypeKind::ErrorVal) {
    for (TagId tag : p_.error_sets[types_[type].a].tags)
      if (p_.tags[+tag].name == name) return make_error(tag, n, call, type);
    report<Diag::NoVariant>(span(n), name_of(type), text(name));
  } else {
    Diagnostic& d = report<Diag::DotNameNeedsType>(span(n), text(name));
    d.note("the short form works where the place says which type is expected, as in `let s: Shape = ." + std::string(text(name)) + "`");
    d.help("write the type in front: `Type." + std::string(text(name)) + "`");
  }
  if (is_some(call)) check_rest(tree_->list(ast(call).b));
  return poison(span(whole));
}

HirId BodyChecker::make_variant(TypeId enum_type, uint32_t variant, NodeId at, NodeId call, TypeId expected) {
  unify_hint(enum_type, expected);
  uint32_t id = types_[enum_type].a;
  const VariantInfo& info = p_.enums[id].variants[variant];
  std::string owner(text(p_.decls[+p_.enums[id].decl].name));
  NodeId whole = is_some(call) ? call : at;
  if (is_none(call)) {
    if (!info.fields.empty()) {
      Diagnostic& d = report<Diag::VariantPayload>(span(at), owner + "." + std::string(text(info.name)), info.fields.size() == 1 ? "a value" : std::to_string(info.fields.size()) + " values");
      d.at(info.span, "declared here").help(info.named_fields ? "write them in braces: `" + source(at) + " { " + std::string(text(info.fields[0].name)) + ": … }`" : "write them in parentheses: `" + source(at) + "(…)`");
      return poison(span(at));
    }
    return emit(HirKind::MakeEnum, enum_type, variant, kNone32, span(at));
  }
  if (info.named_fields) {
    report<Diag::VariantBraces>(span(call), owner + "." + std::string(text(info.name))).at(info.span, "its parts have names").help("write `" + source(NodeId(ast(call).a)) + " { " + std::string(text(info.fields[0].name)) + ": … }`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  Callee callee;
  callee.what = "variant";
  callee.name = info.name;
  callee.declared = info.span;
  callee.module = module_;
  for (uint32_t i = 0; i < info.fields.size(); ++i) {
    ParamView view;
    view.type = p_.payload_type(enum_type, variant, i);
    view.span = info.fields[i].span;
    callee.params.push_back(view);
  }
  Args args;
  if (!check_args(callee, call, HirId::None, NodeId::None, args)) return poison(span(whole));
  return emit(HirKind::MakeEnum, enum_type, variant, args.values.empty() ? kNone32 : make_list(args.values), span(whole));
}

HirId BodyChecker::make_error(TagId tag, NodeId at, NodeId call, TypeId type) {
  const std::vector<FieldInfo>& fields = p_.tags[+tag].fields;
  NodeId whole = is_some(call) ? call : at;
  if (is_none(call)) {
    if (!fields.empty()) {
      report<Diag::VariantPayload>(span(at), p_.tags[+tag].full_name, fields.size() == 1 ? "a value" : std::to_string(fields.size()) + " values").at(fields[0].span, "declared here").help("write them in parentheses: `" + source(at) + "(…)`");
      return poison(span(at));
    }
    return emit(HirKind::MakeError, type, +tag, kNone32, span(at));
  }
  Callee callee;
  callee.what = "error";
  callee.name = p_.tags[+tag].name;
  callee.module = module_;
  for (const FieldInfo& f : fields) {
    ParamView view;
    view.type = f.type;
    view.span = f.span;
    callee.params.push_back(view);
  }
  Args args;
  if (!check_args(callee, call, HirId::None, NodeId::None, args)) return poison(span(whole));
  return emit(HirKind::MakeError, type, +tag, args.values.empty() ? kNone32 : make_list(args.values), span(whole));
}

// ---- struct literals

HirId BodyChecker::check_fields(const std::vector<FieldInfo>* fields, NodeId lit, ModuleId module, SmallVec<uint32_t, 16>& pairs, std::span<const TypeParamId> params,
                                std::span<const TypeId> args, const std::string& owner, HirId update) {
  SmallVec<uint32_t, 16> seen;   // by field: the FieldInit's node, or none
  seen.resize(fields->size(), kNone32);
  bool good = true;
  std::span<const NodeId> inits = tree_->record_list(ast(lit).b, 0);
  for (size_t i = 0; i < inits.size(); ++i) {
    NodeId init = tree_->record_list(ast(lit).b, 0)[i];
    const Node x = ast(init);
    if (x.kind != NodeKind::FieldInit) continue;
    size_t index = 0;
    while (index < fields->size() && (*fields)[index].name != NameId(x.a)) ++index;
    Span name_span = tree_->token_span(tree_->first_token(init));
    if (index == fields->size()) {
      std::vector<std::string_view> names;
      for (const FieldInfo& f : *fields) names.push_back(text(f.name));
      Diagnostic& d = report<Diag::NoField>(name_span, owner, text(NameId(x.a)));
      if (!suggest(d, name_span, text(NameId(x.a)), names) && !names.empty()) {
        std::string all;
        for (std::string_view s : names) all += (all.empty() ? "`" : ", `") + std::string(s) + "`";
        d.note("it has " + all);
      }
      if (x.b != kNone32) check_poison(NodeId(x.b));
      good = false;
      continue;
    }
    if (seen[index] != kNone32) {
      report<Diag::FieldTwice>(name_span, text(NameId(x.a))).at(tree_->token_span(tree_->first_token(NodeId(seen[index]))), "first given here");
      if (x.b != kNone32) check_poison(NodeId(x.b));
      good = false;
      continue;
    }
    seen[index] = +init;
    TypeId type = types_.subst((*fields)[index].type, params, args);
    HirId value;
    if (x.b == kNone32) {
      uint32_t var = find_var(NameId(x.a));
      if (var != kNone32) {
        value = read_var(var, name_span);
      } else {
        Head head = head_of_name(NameId(x.a), init);
        value = head.kind == HeadKind::Const ? decl_value(head, init, type) : unknown_name(NameId(x.a), name_span);
      }
      Why why{(*fields)[index].span, "the field is declared here"};
      value = coerce(value, type, init, &why);
    } else {
      Why why{(*fields)[index].span, "the field is declared here"};
      value = check(NodeId(x.b), type);
      if (!(node(value).type == type || try_coerce(value, type))) {
        report_mismatch(span(NodeId(x.b)), type, node(value).type, NodeId(x.b), &why);
        value = poison(span(NodeId(x.b)));
      }
    }
    pairs.push_back(static_cast<uint32_t>(index));
    pairs.push_back(+value);
  }
  if (is_some(update)) return good ? update : HirId::None;
  std::string missing;
  size_t missing_count = 0;
  for (size_t i = 0; i < fields->size(); ++i) {
    if (seen[i] != kNone32) continue;
    const FieldInfo& f = (*fields)[i];
    if (is_some(f.default_value)) {
      TypeId type = types_.subst(f.type, params, args);
      pairs.push_back(static_cast<uint32_t>(i));
      pairs.push_back(+default_value(module, f.default_value, type, FuncId::None));
      continue;
    }
    missing += (missing_count++ ? ", `" : "`") + std::string(text(f.name)) + "`";
  }
  if (missing_count && !(ast(lit).flags & kHasError) && good) {
    Diagnostic& d = report<Diag::MissingFields>(span(NodeId(ast(lit).a)), owner, missing);
    for (size_t i = 0; i < fields->size(); ++i)
      if (seen[i] == kNone32 && is_none((*fields)[i].default_value)) {
        d.at((*fields)[i].span, "this field has no default");
        break;
      }
    d.help("give every field a value, or write a default where the field is declared: `name: Type = value`");
    good = false;
  }
  return good ? lit == NodeId::None ? HirId::None : HirId(0) : HirId::None;
}

HirId BodyChecker::check_struct_lit(NodeId n, TypeId expected) {
  const Node x = ast(n);
  NodeId type_node = NodeId(x.a);
  const Node t = ast(type_node);
  auto give_up = [&] {
    for (size_t i = 0; i < tree_->record_list(x.b, 0).size(); ++i) {
      const Node init = ast(tree_->record_list(x.b, 0)[i]);
      if (init.kind == NodeKind::FieldInit && init.b != kNone32) check_poison(NodeId(init.b));
    }
    return poison(span(n));
  };
  TypeId type = TypeId::None;
  Head owner;              // the enum or error that a variant belongs to
  NodeId variant_node = NodeId::None;
  if (t.kind == NodeKind::DotName) {
    TypeId want = is_some(expected) ? settle(peel(settle(expected))) : TypeId::None;
    TypeKind wk = is_some(want) ? types_.kind(want) : TypeKind::Infer;
    if (wk == TypeKind::Error) return give_up();
    if (wk == TypeKind::Enum) {
      owner.kind = HeadKind::Type;
      owner.type = want;
    } else if (wk == TypeKind::ErrorVal) {
      for (TagId tag : p_.error_sets[types_[want].a].tags)
        if (p_.tags[+tag].name == NameId(t.a) && is_some(p_.tags[+tag].error)) {
          owner.kind = HeadKind::Error;
          owner.index = +p_.tags[+tag].error;
        }
    }
    if (owner.kind == HeadKind::Value) {
      report<Diag::DotNameNeedsType>(span(type_node), text(NameId(t.a))).help("write the type in front: `Type." + std::string(text(NameId(t.a))) + "`");
      return give_up();
    }
    variant_node = type_node;
  } else if (t.kind == NodeKind::TypeName) {
    // Walks the path; stops where a type is reached. One more name is a variant.
    std::span<const NodeId> path = tree_->list(t.a);
    Head head = head_of_name(NameId(ast(path[0]).a), path[0]);
    size_t i = 1;
    while (head.kind == HeadKind::Module && i < path.size()) {
      bool is_private = false;
      DeclId decl = lookup_in_module(p_, ModuleId(head.index), NameId(ast(path[i]).a), &is_private);
      if (is_none(decl) || is_private) break;
      head = head_of_decl(decl, path[i]);
      ++i;
    }
    if ((head.kind == HeadKind::Type || head.kind == HeadKind::Error) && i + 1 == path.size()) {
      owner = head;
      variant_node = path[i];
    } else if (head.kind == HeadKind::Type && i == path.size() && t.b == kNone32) {
      type = head.type;
    } else if (head.kind == HeadKind::Unknown && path.size() == 1) {
      std::string name(text(NameId(ast(path[0]).a)));
      Diagnostic& d = report<Diag::UnknownType>(span(path[0]), name);
      std::vector<std::string_view> names;
      visible_names(p_, module_, names);
      if (!suggest(d, span(path[0]), name, names)) d.help("declare it: `struct " + name + " { … }`");
      return give_up();
    }
  }
  if (is_some(variant_node)) {
    NameId name = NameId(ast(variant_node).a);
    if (owner.kind == HeadKind::Error) {
      TagId tag = p_.find_tag(ErrorId(owner.index), name);
      if (is_none(tag)) {
        report<Diag::NoVariant>(span(variant_node), text(p_.decls[+p_.errors[owner.index].decl].name), text(name));
        return give_up();
      }
      SmallVec<uint32_t, 16> pairs;
      const std::vector<FieldInfo>& fields = p_.tags[+tag].fields;
      if (is_none(check_fields(&fields, n, module_, pairs, {}, {}, p_.tags[+tag].full_name, HirId::None))) return poison(span(n));
      return payload_in_order(HirKind::MakeError, types_.error_value(p_.errors[owner.index].set), +tag, pairs, span(n));
    }
    TypeId enum_type = shallow(owner.type);
    int variant = types_.kind(enum_type) == TypeKind::Enum ? p_.find_variant(EnumId(types_[enum_type].a), name) : -1;
    if (variant < 0) {
      if (types_.kind(enum_type) != TypeKind::Error) report<Diag::NoVariant>(span(variant_node), name_of(enum_type), text(name));
      return give_up();
    }
    unify_hint(enum_type, expected);
    const EnumInfo& e = p_.enums[types_[enum_type].a];
    const VariantInfo& info = e.variants[static_cast<size_t>(variant)];
    if (!info.named_fields) {
      report<Diag::VariantParens>(span(n), name_of(enum_type) + "." + std::string(text(name))).at(info.span, "its parts have no names").help("write them in parentheses");
      return give_up();
    }
    SmallVec<TypeId, 8> args;
    for (TypeId a : types_.args(enum_type)) args.push_back(a);
    SmallVec<uint32_t, 16> pairs;
    if (is_none(check_fields(&info.fields, n, p_.decls[+e.decl].module, pairs, e.type_params, args, name_of(enum_type) + "." + std::string(text(name)), HirId::None))) return poison(span(n));
    return payload_in_order(HirKind::MakeEnum, enum_type, static_cast<uint32_t>(variant), pairs, span(n));
  }
  if (is_none(type)) type = resolve_type(p_, type_scope_, type_node);
  type = shallow(type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) return give_up();
  if (kind == TypeKind::Capability && tree_->record_list(x.b, 0).empty()) return mint_capability(type, span(n));
  if (kind != TypeKind::Struct) {
    Diagnostic& d = report<Diag::NotAStruct>(span(type_node), name_of(type));
    if (kind == TypeKind::Enum) d.help("name the variant: `" + name_of(type) + "." + (p_.enums[types_[type].a].variants.empty() ? "Variant" : std::string(text(p_.enums[types_[type].a].variants[0].name))) + "`");
    return give_up();
  }
  unify_hint(type, expected);
  const StructInfo& info = p_.structs[types_[type].a];
  NodeId update_node = tree_->record_node(x.b, 1);
  HirId update = HirId::None;
  if (is_some(update_node)) update = check_as(update_node, type);
  SmallVec<TypeId, 8> args;
  for (TypeId a : types_.args(type)) args.push_back(a);
  SmallVec<uint32_t, 16> pairs;
  if (is_none(check_fields(&info.fields, n, p_.decls[+info.decl].module, pairs, info.type_params, args, name_of(type), update))) return poison(span(n));
  return emit(HirKind::MakeStruct, type, make_list(pairs), is_some(update) ? +update : kNone32, span(n));
}

// A payload whose values were written with names: (field, value) pairs as written. They are evaluated in that order; where it is not the
// order of the fields, through variables.
HirId BodyChecker::payload_in_order(HirKind kind, TypeId type, uint32_t which, std::span<const uint32_t> pairs, Span at) {
  SmallVec<uint32_t, 8> values, lets;
  values.resize(pairs.size() / 2, kNone32);
  bool in_order = true;
  for (size_t i = 0; i < pairs.size(); i += 2) in_order &= pairs[i] == i / 2;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    HirId value = HirId(pairs[i + 1]);
    if (!in_order) {
      TypeId t = node(value).type;
      uint32_t var = declare(NameId::None, t, 0, node(value).span);
      uint32_t pat = add_pat(PatKind::Bind, t, +vars_[var].local, kNone32, node(value).span);
      lets.push_back(+emit(HirKind::Let, Types::Void, pat, +value, node(value).span));
      value = emit(HirKind::Local, t, +vars_[var].local, kNone32, node(value).span);
    }
    values[pairs[i]] = +value;
  }
  HirId made = emit(kind, type, which, values.empty() ? kNone32 : make_list(values), at);
  return in_order ? made : emit(HirKind::Block, type, make_list(lets), +made, at);
}

// ---- functions as values

TypeId BodyChecker::func_type(FuncId func, std::span<const TypeParamId> params, std::span<const TypeId> args) {
  const FuncInfo& f = p_.funcs[+func];
  SmallVec<TypeId, 8> parts;
  uint32_t flags = 0;
  for (size_t i = 0; i < f.params.size(); ++i) {
    parts.push_back(types_.subst(f.params[i].type, params, args));
    if (f.params[i].is_mut && i < 24) flags |= kFuncMutParam0 << i;
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
    for (size_t i = 0; i < list.size(); ++i) args.push_back(resolve_type(p_, type_scope_, type_node_of(tree_->list(ast(head.type_args).b)[i])));
    if (args.size() != f.type_params.size()) {
      report<Diag::WrongTypeArgCount>(span(n), text(p_.decls[+f.decl].name), std::to_string(f.type_params.size()) + (f.type_params.size() == 1 ? " type argument" : " type arguments"), args.size());
      return poison(span(n));
    }
  }
  while (args.size() < f.type_params.size()) args.push_back(fresh(InferKind::General, span(n), "a type argument of this function"));
  TypeId type = func_type(func, f.type_params, args);
  if (is_some(expected) && types_.kind(expected) == TypeKind::Func && types_[expected].arg_count == types_[type].arg_count)
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
  bool plain = kind == NodeKind::IntLit || kind == NodeKind::StringLit || kind == NodeKind::BoolLit || kind == NodeKind::NullLit || kind == NodeKind::FloatLit;
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

}  // namespace janus
