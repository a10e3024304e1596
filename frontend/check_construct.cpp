// check_construct.cpp: variants, errors and structs are made.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- variants and errors

// `.NotFound` of errors: what these errors are is said, as far as it is known here.
void BodyChecker::no_tag(ErrorSetId set, NameId name, Span at, const std::string& of) {
  std::string word(text(name));
  Diagnostic& d = report<Diag::NoVariant>(at, of, word);
  if (!p_.error_sets[+set].inferred) {
    std::vector<std::string_view> names;
    std::string list;
    for (TagId tag : p_.error_sets[+set].tags) {
      names.push_back(text(p_.tags[+tag].name));
      list += (list.empty() ? "`" : ", `") + p_.tags[+tag].full_name + "`";
    }
    Span name_span{at.hi - static_cast<uint32_t>(word.size()), at.hi};
    if (!suggest(d, name_span, word, names) && !list.empty() && names.size() <= 12) d.note("it has " + list);
    return;
  }
  d.note("which errors arrive here is found out from the whole program, so the short form does not say whose `" + word +
         "` is meant");
  std::string whose, sets;   // the errors that this file knows by name
  size_t count = 0, looked = 0;
  for (const ErrorInfo& error : p_.errors) {
    if (++looked > 1000) break;   // each such mistake looks at them
    NameId owner = p_.decls[+error.decl].name;
    if (is_none(owner) || lookup_name(p_, module_, owner) != error.decl) continue;
    for (TagId tag : error.tags)
      if (p_.tags[+tag].name == name)
        whose = count++ ? whose + ", `" + p_.tags[+tag].full_name + "`" : p_.tags[+tag].full_name;
    if (!p_.modules[+p_.decls[+error.decl].module]->is_std && sets.size() < 200)
      sets += (sets.empty() ? "`" : ", `") + std::string(text(owner)) + "`";
  }
  if (count == 1) d.fix(at, whose, "write `" + whose + "`", Applicability::MaybeIncorrect);
  else if (count > 1) d.help("write the error's name in front; it is one of `" + whose.insert(whose.find(','), "`"));
  else
    d.help("write the error's name in front" +
           (sets.empty() ? ": `ErrorName." + word + "`" : "; declared are " + sets));
}

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
    no_tag(ErrorSetId(types_[type].a), name, span(n), name_of(type));
  } else {
    Diagnostic& d = report<Diag::DotNameNeedsType>(span(n), text(name));
    d.note("the short form works where the place says which type is expected, as in `let s: Shape = ." +
           std::string(text(name)) + "`");
    d.help("write the type in front: `Type." + std::string(text(name)) + "`");
  }
  if (is_some(call)) check_rest(tree_->list(ast(call).b));
  return poison(span(whole));
}

// `Point(x: 1, y: 2)` and `Point(1, 2)` for `Point { x: 1, y: 2 }`: the edit, where each part has its value, else what
// to write.
void BodyChecker::offer_braces(Diagnostic& d, NodeId call, std::span<const FieldInfo> fields) {
  std::span<const NodeId> given = tree_->list(ast(call).b);
  std::string callee = source(NodeId(ast(call).a));
  uint32_t open = tree_->lasts[+NodeId(ast(call).a)] + 1, close = tree_->lasts[+call];
  bool whole = given.size() == fields.size() && !fields.empty() && tree_->tokens.kinds[open] == TokenKind::LParen &&
               tree_->tokens.kinds[close] == TokenKind::RParen;
  size_t named = 0;
  for (NodeId arg : given) {
    if (ast(arg).kind == NodeKind::MutArg) whole = false;
    named += ast(arg).kind == NodeKind::Arg;
  }
  if (whole && named)   // each field once, so all are named
    for (const FieldInfo& f : fields)
      whole &= std::any_of(given.begin(), given.end(),
                           [&](NodeId arg) { return ast(arg).kind == NodeKind::Arg && NameId(ast(arg).a) == f.name; });
  if (!whole) {
    std::string parts;
    for (const FieldInfo& f : fields) parts += (parts.empty() ? "" : ", ") + std::string(text(f.name)) + ": …";
    d.help("write `" + callee + (parts.empty() ? " {}`" : " { " + parts + " }`"));
    return;
  }
  auto level = named ? Applicability::MachineApplicable : Applicability::MaybeIncorrect;   // is their order meant?
  Span paren = tree_->token_span(open);
  d.fix({tree_->token_span(open - 1).hi, paren.hi}, " { ", "write braces, and the names", level);
  for (size_t i = 0; named == 0 && i < given.size(); ++i)
    d.fix({span(given[i]).lo, span(given[i]).lo}, std::string(text(fields[i].name)) + ": ", "");
  d.fix(tree_->token_span(close), " }", "");
}

// `Square(side: 2.0)` for `Square(2.0)`: true when that was said.
bool BodyChecker::names_of_nameless(NodeId call, const std::string& owner, size_t parts) {
  std::span<const NodeId> given = tree_->list(ast(call).b);
  bool all = !given.empty() &&
             std::all_of(given.begin(), given.end(), [&](NodeId arg) { return ast(arg).kind == NodeKind::Arg; });
  if (!all) return false;
  Diagnostic& d = report<Diag::VariantParens>(span(call), owner);
  for (size_t i = 0; given.size() == parts && i < parts; ++i)
    d.fix({span(given[i]).lo, span(NodeId(ast(given[i]).b)).lo}, "", i ? "" : "leave the names out",
          parts == 1 ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
  check_rest(given);
  return true;
}

HirId BodyChecker::make_variant(TypeId enum_type, uint32_t variant, NodeId at, NodeId call, TypeId expected) {
  unify_hint(enum_type, expected);
  uint32_t id = types_[enum_type].a;
  const VariantInfo& info = p_.enums[id].variants[variant];
  std::string owner(text(p_.decls[+p_.enums[id].decl].name));
  NodeId whole = is_some(call) ? call : at;
  if (is_none(call)) {
    if (!info.fields.empty()) {
      Diagnostic& d = report<Diag::VariantPayload>(
          span(at), owner + "." + std::string(text(info.name)),
          info.fields.size() == 1 ? "a value" : std::to_string(info.fields.size()) + " values");
      d.at(info.span, "declared here")
          .help(info.named_fields
                    ? "write them in braces: `" + source(at) + " { " + std::string(text(info.fields[0].name)) + ": … }`"
                    : "write them in parentheses: `" + source(at) + "(…)`");
      return poison(span(at));
    }
    return emit(HirKind::MakeEnum, enum_type, variant, kNone32, span(at));
  }
  if (info.named_fields) {
    Diagnostic& d = report<Diag::VariantBraces>(span(call), owner + "." + std::string(text(info.name)))
                        .at(info.span, "its parts have names");
    offer_braces(d, call, info.fields);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (names_of_nameless(call, owner + "." + std::string(text(info.name)), info.fields.size()))
    return poison(span(whole));
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
  return emit(HirKind::MakeEnum, enum_type, variant, args.values.empty() ? kNone32 : make_list(args.values),
              span(whole));
}

HirId BodyChecker::make_error(TagId tag, NodeId at, NodeId call, TypeId type) {
  const std::vector<FieldInfo>& fields = p_.tags[+tag].fields;
  NodeId whole = is_some(call) ? call : at;
  if (is_none(call)) {
    if (!fields.empty()) {
      report<Diag::VariantPayload>(span(at), p_.tags[+tag].full_name,
                                   fields.size() == 1 ? "a value" : std::to_string(fields.size()) + " values")
          .at(fields[0].span, "declared here")
          .help("write them in parentheses: `" + source(at) + "(…)`");
      return poison(span(at));
    }
    return emit(HirKind::MakeError, type, +tag, kNone32, span(at));
  }
  std::span<const NodeId> given = tree_->list(ast(call).b);
  if (!fields.empty() && is_some(fields[0].name) &&
      std::any_of(given.begin(), given.end(), [&](NodeId arg) { return ast(arg).kind == NodeKind::Arg; })) {
    Diagnostic& d = report<Diag::VariantBraces>(span(call), p_.tags[+tag].full_name);
    offer_braces(d, call, fields);
    check_rest(given);
    return poison(span(whole));
  }
  if (names_of_nameless(call, p_.tags[+tag].full_name, fields.size())) return poison(span(whole));
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

HirId BodyChecker::check_fields(const std::vector<FieldInfo>* fields, NodeId lit, ModuleId module,
                                SmallVec<uint32_t, 16>& pairs, std::span<const TypeParamId> params,
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
      report<Diag::FieldTwice>(name_span, text(NameId(x.a)))
          .at(tree_->token_span(tree_->first_token(NodeId(seen[index]))), "first given here");
      if (x.b != kNone32) check_poison(NodeId(x.b));
      good = false;
      continue;
    }
    seen[index] = +init;
    TypeId type = types_.subst((*fields)[index].type, params, args);
    HirId value;
    if (x.b == kNone32) {
      if (find_var(NameId(x.a)) != kNone32) {
        value = check_name_of_var(NameId(x.a), init, name_span, type);
      } else {
        Head head = head_of_name(NameId(x.a), init);
        value = head.kind == HeadKind::Const ? decl_value(head, init, type) : unknown_name(NameId(x.a), name_span);
      }
      Why why{(*fields)[index].span, "the field is declared here"};
      value = coerce(value, type, init, &why);
    } else {
      Why why{(*fields)[index].span, "the field is declared here"};
      value = check(NodeId(x.b), type);
      if (!fits(value, type)) {
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
      report<Diag::DotNameNeedsType>(span(type_node), text(NameId(t.a)))
          .help("write the type in front: `Type." + std::string(text(NameId(t.a))) + "`");
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
      if (is_none(check_fields(&fields, n, module_, pairs, {}, {}, p_.tags[+tag].full_name, HirId::None)))
        return poison(span(n));
      return payload_in_order(HirKind::MakeError, types_.error_value(p_.errors[owner.index].set), +tag, pairs, span(n));
    }
    TypeId enum_type = shallow(owner.type);
    int variant = types_.kind(enum_type) == TypeKind::Enum ? p_.find_variant(EnumId(types_[enum_type].a), name) : -1;
    if (variant < 0) {
      if (types_.kind(enum_type) != TypeKind::Error)
        report<Diag::NoVariant>(span(variant_node), name_of(enum_type), text(name));
      return give_up();
    }
    unify_hint(enum_type, expected);
    const EnumInfo& e = p_.enums[types_[enum_type].a];
    const VariantInfo& info = e.variants[static_cast<size_t>(variant)];
    if (!info.named_fields) {
      Diagnostic& d = report<Diag::VariantParens>(span(n), name_of(enum_type) + "." + std::string(text(name)))
                          .at(info.span, "its parts have no names");
      std::span<const NodeId> inits = tree_->record_list(ast(n).b, 0);
      std::string values;
      for (NodeId init : inits)
        if (const Node x = ast(init); x.kind == NodeKind::FieldInit)
          values +=
              (values.empty() ? "" : ", ") + (x.b == kNone32 ? std::string(text(NameId(x.a))) : source(NodeId(x.b)));
      if (inits.size() == info.fields.size())
        d.fix(span(n), source(type_node) + "(" + values + ")", "write them in parentheses",
              Applicability::MaybeIncorrect);
      else d.help("write them in parentheses");
      return give_up();
    }
    SmallVec<TypeId, 8> args;
    for (TypeId a : types_.args(enum_type)) args.push_back(a);
    SmallVec<uint32_t, 16> pairs;
    if (is_none(check_fields(&info.fields, n, p_.decls[+e.decl].module, pairs, e.type_params, args,
                             name_of(enum_type) + "." + std::string(text(name)), HirId::None)))
      return poison(span(n));
    return payload_in_order(HirKind::MakeEnum, enum_type, static_cast<uint32_t>(variant), pairs, span(n));
  }
  if (is_none(type)) type = resolve_type(p_, type_scope_, type_node);
  type = shallow(type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) return give_up();
  if (kind == TypeKind::Capability && tree_->record_list(x.b, 0).empty()) return mint_capability(type, span(n));
  if (kind != TypeKind::Struct) {
    Diagnostic& d = report<Diag::NotAStruct>(span(type_node), name_of(type));
    if (kind == TypeKind::Enum)
      d.help("name the variant: `" + name_of(type) + "." +
             (p_.enums[types_[type].a].variants.empty()
                  ? "Variant"
                  : std::string(text(p_.enums[types_[type].a].variants[0].name))) +
             "`");
    return give_up();
  }
  if (refuse_opaque(type, span(type_node))) return give_up();
  unify_hint(type, expected);
  const StructInfo& info = p_.structs[types_[type].a];
  NodeId update_node = tree_->record_node(x.b, 1);
  HirId update = HirId::None;
  if (is_some(update_node)) update = check_as(update_node, type);
  SmallVec<TypeId, 8> args;
  for (TypeId a : types_.args(type)) args.push_back(a);
  SmallVec<uint32_t, 16> pairs;
  if (is_none(check_fields(&info.fields, n, p_.decls[+info.decl].module, pairs, info.type_params, args, name_of(type),
                           update)))
    return poison(span(n));
  return emit(HirKind::MakeStruct, type, make_list(pairs), is_some(update) ? +update : kNone32, span(n));
}

// A payload whose values were written with names: (field, value) pairs as written. They are evaluated in that order;
// where it is not the order of the fields, through variables.
HirId BodyChecker::payload_in_order(HirKind kind, TypeId type, uint32_t which, std::span<const uint32_t> pairs,
                                    Span at) {
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

}  // namespace janus
