// check_name.cpp: what a name or a path means, and what is said when nothing is known of it.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"
#include "frontend/foreign.h"
#include "frontend/program_index.h"

namespace janus {

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
    case DeclKind::Func: h.kind = p_.funcs[decl.index].broken ? HeadKind::Poison : HeadKind::Func; break;
    case DeclKind::Const: h.kind = HeadKind::Const; break;
    case DeclKind::Error: h.kind = HeadKind::Error; break;
    case DeclKind::Trait: h.kind = HeadKind::Trait; break;
    case DeclKind::Struct:
      h.kind = HeadKind::Type;
      h.type = fresh_struct(StructId(decl.index), span(n));
      break;
    case DeclKind::Enum:
      h.kind = HeadKind::Type;
      h.type = fresh_enum(EnumId(decl.index), span(n));
      break;
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
          if (p_.errors[i].set == set) {
            h.kind = HeadKind::Error;
            h.index = static_cast<uint32_t>(i);
          }
      }
      break;
    }
    case DeclKind::Capability:
      h.kind = HeadKind::Type;
      h.type = types_.intern(TypeKind::Capability, +id, 0, {});
      break;
    default: h.kind = HeadKind::Poison; break;
  }
  return h;
}

// Whether a name that nothing is known of may have been declared in a head that could not be read.
bool BodyChecker::may_be_lost(NameId name) {
  const Module& m = *p_.modules[+module_];
  std::string_view word = text(name);
  bool upper = !word.empty() && word[0] >= 'A' && word[0] <= 'Z';
  if (upper ? m.lost_type : m.lost_func) return true;
  if (is_none(func_) || !p_.funcs[+func_].broken) return false;
  if (p_.funcs[+func_].nameless) return true;
  const Tree& tree = p_.tree_of(p_.decls[+p_.funcs[+func_].decl].module);
  const Node& head = tree[p_.decls[+p_.funcs[+func_].decl].node];
  NodeId body = tree.record_node(head.b, 4);
  uint32_t end = is_some(body) ? tree.first_token(body) : head.token;
  if (end > head.token + 1000) return true;   // each unknown name looks at all of it
  for (uint32_t t = head.token; t < end; ++t)
    if (tree.tokens.kinds[t] == TokenKind::Ident && NameId(tree.tokens.values[t]) == name) return true;
  return false;
}

bool BodyChecker::method_may_be_lost(NameId name) const {
  return p_.index->lost_method || p_.index->lost_methods.find(+name) != FlatMap::None;
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
    case BuiltinGeneric::Array:
      h.type = types_.array(fresh(InferKind::General, span(n), "the elements of this array"));
      break;
    case BuiltinGeneric::Optional:
      h.type = types_.optional(fresh(InferKind::General, span(n), "a type argument"));
      break;
    case BuiltinGeneric::Type: h.type = types_.type_of(fresh(InferKind::General, span(n), "a type argument")); break;
    case BuiltinGeneric::Channel: h.type = types_.channel(fresh(InferKind::General, Span{})); break;
    case BuiltinGeneric::Task:
      h.type = types_.task(fresh(InferKind::General, span(n), "the result of this task"));
      break;
    case BuiltinGeneric::Nursery: h.type = nursery_type(); break;
    case BuiltinGeneric::Handle: h.type = types_.handle(); break;
    case BuiltinGeneric::None:
      if (name == word(Word::Error)) h.kind = HeadKind::AdHoc;
      else if (may_be_lost(name)) h.kind = HeadKind::Poison;
      return h;
  }
  h.kind = HeadKind::Type;
  return h;
}

// Whether an expression reads as a type where a value would stand: `User`, `[]i64`, `Map[String, i64]`.
bool BodyChecker::is_type_head(NodeId n) {
  switch (ast(n).kind) {
    case NodeKind::TypeExpr: return true;
    case NodeKind::Ident:
    case NodeKind::Member:
    case NodeKind::Index:
    case NodeKind::Call: {
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
        Span at = tree_->token_span(x.token);
        Diagnostic& d = report<Diag::NotInModule>(at, module_name, text(NameId(x.b)));
        say_what_it_has(d, at, text(NameId(x.b)), public_names(p_, ModuleId(base.index)));
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
      bool generic = row.kind == TypeKind::Array || row.kind == TypeKind::Optional || row.kind == TypeKind::TypeOf ||
                     row.kind == TypeKind::Channel || row.kind == TypeKind::Task ||
                     ((row.kind == TypeKind::Struct || row.kind == TypeKind::Enum) && row.arg_count > 0);
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
    case NodeKind::Index:
    case NodeKind::Call: {
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
  if (find_var(NameId(x.a)) != kNone32) return check_name_of_var(NameId(x.a), n, tree_->token_span(x.token), expected);
  Head head = head_of_name(NameId(x.a), n);
  if (head.kind == HeadKind::Unknown && NameId(x.a) == n_test_cap_) return test_cap(n, expected);
  if (head.kind == HeadKind::Unknown) return unknown_name(NameId(x.a), tree_->token_span(x.token));
  return decl_value(head, n, expected);
}

// A variable as a value that may go anywhere. `n` mentions it: its name, or a field `H { f }`.
HirId BodyChecker::check_name_of_var(NameId name, NodeId n, Span at, TypeId expected) {
  uint32_t var = find_var(name);
  if (vars_[var].poly_param != 0xffff) poly_escape(var);
  if ((vars_[var].nursery != kNone32 || vars_[var].holds != kNone32) && !nursery_value(var, n, expected))
    return poison(span(n));
  return read_var(var, at);
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
      report<Diag::NotAValue>(span(n), source(n), "a trait")
          .help("a trait is written behind a type parameter, or as `dyn " + source(n) + "`");
      return poison(span(n));
    case HeadKind::AdHoc:
      report<Diag::NotAValue>(span(n), source(n), "a word of the language here")
          .help("an error value is written `error.Name`");
      return poison(span(n));
    case HeadKind::Builtin: {
      Diagnostic& d =
          report<Diag::NotAValue>(span(n), source(n), "built into the language and takes any number of values");
      if (source(n) == "log") d.help("the module of that name is imported: `import std.log`");
      else d.help("put it into a function of your own: `{ |x| " + source(n) + "(x) }`");
      return poison(span(n));
    }
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
      if (ast(statement).kind == NodeKind::Let && ast(NodeId(ast(statement).a)).kind == NodeKind::PatBind &&
          NameId(ast(NodeId(ast(statement).a)).a) == name)
        return tree_->caret(NodeId(ast(statement).a));
  }
  return {};
}

// In a default: the parameter of this name that stands beside it.
const ParamInfo* BodyChecker::parameter_beside(NameId name) const {
  if (owner_.kind != BodyOwner::Param) return nullptr;
  for (const ParamInfo& param : p_.funcs[owner_.id].params)
    if (param.name == name) return &param;
  return nullptr;
}

HirId BodyChecker::unknown_name(NameId name, Span at) {
  Diagnostic& d = report<Diag::UnknownName>(at, text(name));
  std::string word(text(name));
  uint32_t self = find_var(n_self_);
  TypeId field = TypeId::None;
  const ForeignHint* hint = foreign_value(word);
  std::string_view friendly = hint ? hint->write : false_friend(word);
  if (self != kNone32 && find_field(zonk(vars_[self].type), name, &field) >= 0) {
    d.note("fields of the value are reached through `self`")
        .help("write `self." + word + "`")
        .fix(at, "self." + word, "read the field", Applicability::MaybeIncorrect);
  } else if (const ParamInfo* other = parameter_beside(name)) {
    d.at(other->span, "this is another parameter")
        .note("a default is worked out by who calls, and there the parameters are not known")
        .help("let it be `null` when it is left out, as in `b: ?i64 = null`, and write `b ?? …` in the body");
  } else if (!friendly.empty()) {
    d.help("in Janus this is `" + std::string(friendly) + "`");
    if (hint && !hint->help.empty()) d.help(std::string(hint->help));
    d.fix(at, std::string(friendly), "write `" + std::string(friendly) + "`", Applicability::MaybeIncorrect);
  } else if (hint) {
    d.help(std::string(hint->help));
  } else if (Span made = script_variable(name); !made.is_none()) {
    d.at(made, "this variable belongs to the statements of the script")
        .note("a function sees its parameters and what is declared outside of functions with `const`")
        .help("hand it to the function as a parameter, or make it a `const`");
  } else if (std::string whole = name_in_an_import(p_, module_, name); !whole.empty()) {
    d.fix(at, whole, "it is in an imported module: `" + whole + "`", Applicability::MaybeIncorrect);
  } else {
    std::vector<std::string_view> names;
    for (size_t i = hidden_below_; i < bindings_.size(); ++i) names.push_back(text(bindings_[i].name));
    if (p_.diags.error_count() <= 300) visible_names(p_, module_, names);
    for (const char* b : {"println", "print", "eprintln", "eprint", "assert", "assert_eq", "unreachable", "todo",
                          "String", "Array", "Map", "Set"})
      names.push_back(b);
    if (!suggest(d, at, word, names)) {
      if (!word.empty() && word[0] >= 'a' && word[0] <= 'z')
        d.help("a variable is introduced with `let " + word + " = …`, a function with `func " + word + "(…) do … end`");
      else if (EnumId owner = enum_with_variant(name); is_some(owner)) {
        std::string full = std::string(text(p_.decls[+p_.enums[+owner].decl].name)) + "." + word;
        d.note("`" + word + "` is a variant of an enum, and is named after it");
        d.fix(at, full, "write `" + full + "`", Applicability::MaybeIncorrect);
      } else
        d.help("if it is declared in another file, import it; if it is a kind of failure, write `error." + word + "`");
    }
  }
  // Its further uses in this block say the same mistake again: stay quiet about them.
  if (b_) declare(name, Types::Error, 0, at);
  return poison(at);
}

}  // namespace janus
