// check_member.cpp: fields, and what stands behind the point of a value or a type.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"
#include "frontend/foreign.h"

namespace janus {

// ---- members

HirId BodyChecker::check_member(NodeId n, TypeId expected) {
  const Node x = ast(n);
  Span name_span = tree_->token_span(tree_->lasts[+n]);
  NodeKind k = ast(NodeId(x.a)).kind;
  if (k == NodeKind::Ident || k == NodeKind::Member || k == NodeKind::Index || k == NodeKind::TypeExpr ||
      k == NodeKind::Call) {
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
        Diagnostic& d = report<Diag::NoVariant>(name_span, owner, text(NameId(x.b)))
                            .at(p_.decls[+p_.errors[base.index].decl].name_span, "declared here");
        say_what_it_has(d, name_span, text(NameId(x.b)), names);
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

// The fields that this file may name.
std::span<const FieldInfo> BodyChecker::fields_seen(TypeId type) const {
  if (types_.kind(type) != TypeKind::Struct) return {};
  const StructInfo& info = p_.structs[types_[type].a];
  if (info.opaque && !p_.modules[+module_]->is_std) return {};
  return info.fields;
}

int BodyChecker::find_field(TypeId type, NameId name, TypeId* field) {
  return fields_seen(type).empty() ? -1 : p_.find_field(type, name, field);
}

// A literal or a pattern of a struct whose fields it may not name. True: said.
bool BodyChecker::refuse_opaque(TypeId type, Span at) {
  const StructInfo& info = p_.structs[types_[type].a];
  if (!info.opaque || p_.modules[+module_]->is_std) return false;
  std::string name(text(p_.decls[+info.decl].name));
  std::string_view module = p_.names.text(p_.modules[+p_.decls[+info.decl].module]->path);
  Diagnostic& d =
      report<Diag::PrivateName>(at, name + " { … }", module).note("what is in it is seen by its own functions alone");
  if (name == "Map" || name == "Set") d.help(name == "Map" ? "an empty one is `[:]`" : "an empty one is `Set.new()`");
  return true;
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
  int index = find_field(type, name, &field);
  if (index >= 0) return emit(HirKind::Field, field, base, static_cast<uint32_t>(index), span(n));
  (void)name_span;
  return unknown_member(type, name, n, false);
}

// A variable that has the name of an imported module: `text.distance(…)` asks the variable.
void BodyChecker::say_hidden_module(Diagnostic& d, NodeId base) {
  if (ast(base).kind != NodeKind::Ident) return;
  NameId name = NameId(ast(base).a);
  uint32_t var = find_var(name);
  DeclId decl = lookup_name(p_, module_, name);
  if (var == kNone32 || is_none(decl) || p_.decls[+decl].kind != DeclKind::Module) return;
  std::string word(text(name));
  d.at(vars_[var].span, "this `" + word + "` hides the module of that name").help("give the variable another name");
}

// The letter of foreign.h for values of this type.
char BodyChecker::foreign_kind(TypeId type) {
  switch (types_.kind(type)) {
    case TypeKind::String: return 's';
    case TypeKind::Array:
    case TypeKind::Fixed: return 'a';
    case TypeKind::Optional: return 'o';
    case TypeKind::Char: return 'c';
    case TypeKind::Struct: {
      const Decl& d = p_.decls[+p_.structs[types_[type].a].decl];
      if (!p_.modules[+d.module]->is_std) return '-';
      return text(d.name) == "Map" ? 'm' : text(d.name) == "Set" ? 't' : '-';
    }
    case TypeKind::Infer: return open_kind(type) == InferKind::General ? '-' : 'n';
    default: return types_.is_number(type) ? 'n' : '-';
  }
}

HirId BodyChecker::unknown_member(TypeId base, NameId name, NodeId n, bool is_call) {
  base = zonk(base);
  TypeKind kind = types_.kind(base);
  Span at = tree_->token_span(tree_->lasts[+n]);
  std::string word(text(name));
  if (method_may_be_lost(name)) return poison(span(n));
  NodeId base_ast = ast(n).kind == NodeKind::Member ? NodeId(ast(n).a) : NodeId::None;
  if (kind == TypeKind::Optional) {
    TypeId inner = zonk(peel(base)), field = TypeId::None;
    bool has = find_field(inner, name, &field) >= 0 || p_.find_method(inner, name, module_).candidates > 0;
    if (has && is_some(base_ast)) {
      report_optional_as_value(span(base_ast), base, base_ast, nullptr);
      return poison(span(n));
    }
  }
  if (!is_call) {
    // A literal that nothing has decided yet is what it becomes by itself: `5.seconds`.
    bool literal = kind == TypeKind::Infer && open_kind(base) != InferKind::General;
    TypeId settled = !literal ? base : open_kind(base) == InferKind::Int ? Types::I64 : Types::F64;
    Program::MethodMatch m = p_.find_method(settled, name, module_);
    if (m.candidates > 0 || is_some(m.func)) {
      report<Diag::MethodNotCalled>(at, word)
          .with_label("this is a method")
          .help("call it with parentheses: `" + word + "(…)`")
          .fix(
              Span{at.hi, at.hi}, "()", "call the method",
              p_.funcs[+m.func].params.size() <= 1 ? Applicability::MachineApplicable : Applicability::HasPlaceholders);
      return poison(span(n));
    }
  }
  std::vector<std::string_view> names;
  if (is_call) p_.method_names(base, names);
  if (kind == TypeKind::Struct)
    for (const FieldInfo& f : fields_seen(base)) names.push_back(text(f.name));
  if (!is_call) p_.method_names(base, names);
  Diagnostic& d =
      is_call ? report<Diag::NoMethod>(at, name_of(base), word) : report<Diag::NoField>(at, name_of(base), word);
  std::string near = is_call ? "" : std::string(nearest_name(word, names));
  bool is_method = !near.empty() && p_.find_method(base, p_.names.intern(near), module_).candidates > 0;
  if (is_method) d.fix(at, near + "()", "did you mean the method `" + near + "`?", Applicability::MaybeIncorrect);
  bool suggested = is_method || suggest(d, at, word, names);
  std::string code = is_some(base_ast) ? source(base_ast) : "x";
  // `.Circle(r)` at the start of a line goes on with the line before (ruling 17), which surprises who means a variant.
  if (is_some(base_ast) && !word.empty() && word[0] >= 'A' && word[0] <= 'Z' &&
      p_.sources.text({span(base_ast).hi, at.lo}).find('\n') != std::string_view::npos) {
    d.note("a line that begins with a point goes on with the line before it")
        .help("name the type: `Type." + word + (is_call ? "(…)`" : "`") + ", or end the line before with `;`");
    return poison(span(n));
  }
  if (is_some(base_ast) && !suggested) say_hidden_module(d, base_ast);
  char of = foreign_kind(base);
  for (const ForeignMember& hint : foreign_members()) {
    if (suggested || hint.name != word) continue;
    if (!hint.of.empty() && hint.of.find(of) == std::string_view::npos) continue;
    bool there = !hint.write.empty() && std::find(names.begin(), names.end(), hint.write) != names.end();
    if (there) {
      std::string write(hint.write);
      if (!is_call && p_.find_method(base, p_.names.intern(write), module_).candidates > 0) write += "()";
      d.fix(at, write, "in Janus this is `" + write + "`", Applicability::MaybeIncorrect);
    }
    bool ours = !hint.of.empty() || of == 'm' || of == 't' ||
                (kind != TypeKind::Struct && kind != TypeKind::Enum && kind != TypeKind::Param);
    if (!hint.help.empty() && ours) d.help(std::string(hint.help)), there = true;
    if (there) return poison(span(n));
  }
  if (word == "length" || word == "size" || word == "count") {
    if (!suggested && p_.find_method(base, p_.names.intern("len"), module_).candidates > 0)
      d.help("the number of elements is `" + code + ".len()`");
  } else if (kind == TypeKind::Struct && !is_call && !suggested) {
    std::string all;
    for (const FieldInfo& f : fields_seen(base)) all += (all.empty() ? "`" : ", `") + std::string(text(f.name)) + "`";
    if (!all.empty()) d.note("`" + name_of(base) + "` has the fields " + all);
  } else if (is_call && (word == "append" || word == "add") && kind == TypeKind::Array) {
    d.help("an element is added at the end with `" + code + ".push(x)`");
  } else if (is_call && kind == TypeKind::Array &&
             (word == "to_array" || word == "to_list" || word == "to_vec" || word == "collect")) {
    d.help("`" + code + "` is an array already: leave the call out");
  } else if (word == "to_string" || word == "toString" || word == "str") {
    d.help("any value becomes a text with `String(" + code + ")`");
  } else if (kind == TypeKind::Param) {
    d.note("`" + name_of(base) + "` can be any type, so only what its traits promise can be used");
    d.help("say which trait it needs: `where " + name_of(base) + ": TraitName`");
  } else if (kind == TypeKind::Void) {
    d.note("nothing comes out of what stands before the point");
  } else if (is_call && !suggested &&
             ((types_.is_number(base) && !types_.is_float(base)) ||
              (kind == TypeKind::Infer && open_kind(base) == InferKind::Int)) &&
             (p_.find_method(Types::F64, name, module_).candidates > 0 ||
              is_some(p_.find_method(Types::F64, name, module_).func))) {
    d.help("numbers with a point have it: `f64" + (code.starts_with("(") ? code : "(" + code + ")") + "." + word +
           "(…)`");
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
    int what = name == n_min_   ? 0
               : name == n_max_ ? 1
               : name == n_inf_ ? 2
               : name == n_nan_ ? 3
               : name == n_eps_ ? 4
                                : -1;
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
        double values[] = {narrow ? -3.4028234663852886e38 : -1.7976931348623157e308,
                           narrow ? 3.4028234663852886e38 : 1.7976931348623157e308, __builtin_inf(), __builtin_nan(""),
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
      TypeId ft = func_type(m.func, f.type_params, args, n);
      if (!f.type_params.empty()) uses_.push_back({m.func, types_.tuple(args), func_, module_, n, span(n)});
      return emit(HirKind::FuncRef, ft, +m.func, make_type_list(args), span(n));
    }
    report<Diag::MethodNotCalled>(name_span, text(name))
        .with_label("this is a function")
        .help("call it with parentheses: `" + std::string(text(name)) + "(…)`");
    return poison(span(n));
  }
  std::vector<std::string_view> names;
  if (kind == TypeKind::Enum) {
    for (const VariantInfo& v : p_.enums[types_[type].a].variants) names.push_back(text(v.name));
    Diagnostic& d = report<Diag::NoVariant>(name_span, name_of(type), text(name))
                        .at(p_.decls[+p_.enums[types_[type].a].decl].name_span, "declared here");
    if (!suggest(d, name_span, text(name), names)) list_variants(d, EnumId(types_[type].a));
    return poison(span(n));
  }
  p_.method_names(zonk(type), names);
  Diagnostic& d = report<Diag::NoField>(name_span, name_of(type), text(name));
  if (types_.kind(type) == TypeKind::Param) say_what_hides(p_, module_, d, type);
  TypeId field = TypeId::None;
  if (find_field(zonk(type), name, &field) >= 0)
    d.note("`" + name_of(type) + "` is the type; a field belongs to a value of it")
        .help("write the name of a variable before the point");
  else suggest(d, name_span, text(name), names);
  return poison(span(n));
}

}   // namespace janus
