// resolve_type.cpp: type nodes to types: names, applications, function and error types, bounds of type parameters.
// Depends on resolve.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/foreign.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {

const char* decl_kind_text(DeclKind kind) {
  switch (kind) {
    case DeclKind::Module: return "a module";
    case DeclKind::Func: return "a function";
    case DeclKind::Struct: return "a struct";
    case DeclKind::Enum: return "an enum";
    case DeclKind::Error: return "an error";
    case DeclKind::Trait: return "a trait";
    case DeclKind::Const: return "a const";
    case DeclKind::TypeAlias: return "a type";
    case DeclKind::Capability: return "a capability";
    case DeclKind::Test: return "a test";
    case DeclKind::TypeParam: return "a type parameter";
    case DeclKind::Broken: return "unknown";
  }
  return "unknown";
}

namespace {

bool is_single_capital(std::string_view text) { return text.size() == 1 && text[0] >= 'A' && text[0] <= 'Z'; }
std::string count_of_types(size_t n) { return n == 0 ? "no types" : n == 1 ? "1 type" : std::to_string(n) + " types"; }

struct TypeResolver {
  Program& p;
  TypeScope& scope;
  const Tree& tree;

  TypeResolver(Program& program, TypeScope& s) : p(program), scope(s), tree(program.tree_of(s.module)) {}

  TypeId resolve(NodeId id) {
    TypeId type = resolve_unbounded(id);
    if (p.types[type].size <= kMaxTypeSize) return type;
    p.diags.report<Diag::TypeTooLarge>(tree.caret(id))
        .note("written out it has more than " + std::to_string(kMaxTypeSize) + " parts");
    return Types::Error;
  }
  TypeId resolve_unbounded(NodeId id) {
    if (is_none(id)) return Types::Error;
    const Node& node = tree[id];
    NodeId a = static_cast<NodeId>(node.a), b = static_cast<NodeId>(node.b);
    switch (node.kind) {
      case NodeKind::TypeName: return name(id);
      case NodeKind::TypeExpr:
      case NodeKind::Paren: return resolve(a);
      case NodeKind::TypeArray: return wrap(contained(a), [&](TypeId t) { return p.types.array(t); });
      case NodeKind::TypeOptional: return wrap(contained(a), [&](TypeId t) { return p.types.optional(t); });
      case NodeKind::TypeFixed: {
        TypeId elem = contained(a);
        uint32_t length = 0;
        if (!fold_length(p, scope.module, b, length)) return Types::Error;
        return wrap(elem, [&](TypeId t) { return p.types.fixed(t, length); });
      }
      case NodeKind::TypeTuple: return tuple(node);
      case NodeKind::TypeFunc: return func(node);
      case NodeKind::TypeDyn: return dyn(id, a);
      case NodeKind::TypeUnion: return error_union(node);
      case NodeKind::TypeFallible: {
        Diagnostic& d = p.diags.report<Diag::FallibleValueType>(tree.caret(id));
        d.help("answer the failure where it happens, and keep the value; for a value that may be absent write `?T`");
        return Types::Error;
      }
      default: return Types::Error;   // reported by the parser
    }
  }

  template <class F>
  TypeId wrap(TypeId inner, F&& make) {
    return inner == Types::Error ? inner : make(inner);
  }

  // A type inside another one: everything but a nursery may be stored there (ruling 8).
  TypeId contained(NodeId id) {
    TypeId type = resolve(id);
    if (p.types.kind(type) != TypeKind::Nursery) return type;
    report_nursery(id);
    return Types::Error;
  }
  void report_nursery(NodeId id) {
    p.diags.report<Diag::NurseryEscapes>(tree.caret(id))
        .note("a nursery ends with its block, so no value that outlives the block may hold it")
        .help("hand it down as a parameter of type `Nursery` instead");
  }

  TypeId tuple(const Node& node) {
    std::vector<TypeId> items;
    for (NodeId item : tree.list(node.a)) items.push_back(contained(item));
    if (items.empty()) return Types::Void;
    if (items.size() == 1) return items[0];
    if (std::find(items.begin(), items.end(), Types::Error) != items.end()) return Types::Error;
    return p.types.tuple(items);
  }

  TypeId func(const Node& node) {
    std::vector<TypeId> parts;
    uint32_t flags = 0;
    bool broken = false;
    for (NodeId item : tree.list(node.a)) {
      NodeId type = item;
      if (tree[item].kind == NodeKind::Param) {
        type = node_slot(tree, tree[item], 0);
        if (tree[item].flags & kMut) {
          if (parts.size() >= kMutParams) report_late_mut(p, tree.caret(item));
          flags |= mut_param_flag(parts.size());
        }
      }
      parts.push_back(resolve(type));
      broken |= parts.back() == Types::Error;
    }
    FallibleType result = resolve_result(static_cast<NodeId>(node.b));
    if (p.types.kind(result.type) == TypeKind::Nursery) {
      report_nursery(static_cast<NodeId>(node.b));
      broken = true;
    }
    parts.push_back(result.type);
    if (broken || result.type == Types::Error) return Types::Error;
    if (result.fallible) flags |= kFuncFallible;
    return p.types.func(parts, flags, result.set);   // `!T` without names: None, any error
  }

  TypeId dyn(NodeId id, NodeId trait_node) {
    TraitId trait = resolve_trait(p, scope, trait_node);
    if (is_none(trait)) return Types::Error;
    if (p.index->collected) check_dyn_use(p, trait, tree.caret(id));
    else p.index->dyn_uses.push_back({trait, tree.caret(id)});
    return p.types.dyn(trait);
  }

  TypeId error_union(const Node& node) {
    std::vector<TagId> tags;
    bool broken = false;
    for (NodeId item : tree.list(node.a)) {
      TypeId type = resolve(item);
      if (p.types.kind(type) == TypeKind::ErrorVal) {
        const ErrorSet& set = p.error_sets[p.types[type].a];
        tags.insert(tags.end(), set.tags.begin(), set.tags.end());
      } else {
        if (type != Types::Error && !broken) {
          Diagnostic& d = p.diags.report<Diag::NotAnErrorSet>(tree.caret(item), p.type_name(type))
                              .note("`A | B` joins sets of errors; a value of several kinds is an `enum`");
          if (tree[item].kind == NodeKind::TypeArray)
            d.help(
                "an array of several kinds of values: name them in an `enum`, as in `enum Item { Number(i64), Word(String) }`, and write `[]Item`");
        }
        broken = true;
      }
    }
    return broken ? Types::Error : p.types.error_value(error_set_of(p, std::move(tags)));
  }

  // ---- names
  TypeId name(NodeId id) {
    const Node& node = tree[id];
    std::span<const NodeId> path = tree.list(node.a);
    std::span<const NodeId> args = tree.list(node.b);
    if (path.empty()) return Types::Error;
    NameId first = static_cast<NameId>(tree[path[0]].a);
    if (is_none(first)) return Types::Error;
    if (path.size() > 1) return qualified(id, path, args);

    for (TypeParamId param : scope.params)
      if (p.type_params[+param].name == first) return no_args(id, p.types.param(param), args);
    if (first == p.index->name_Self) {
      if (is_some(scope.self)) return no_args(id, scope.self, args);
      p.diags.report<Diag::SelfOutsideType>(tree.caret(id), "Self");
      return Types::Error;
    }
    if (TypeId type = builtin_type(p, first); is_some(type)) return no_args(id, type, args);
    if (p.index->lint) lookup_name(p, scope.module, first);   // notes that it is used
    if (const NameTable::Entry* e = p.visible_entry(scope.module, first)) return of_decl(id, e->decl, args);
    if (BuiltinGeneric g = builtin_generic(p, first); g != BuiltinGeneric::None) return builtin(id, g, args);
    if (const NameTable::Entry* e = p.index->prelude.find(first)) return of_decl(id, e->decl, args);
    std::string_view text = p.names.text(first);
    if (scope.may_declare_params && is_single_capital(text) && args.empty()) {
      TypeParamId param = static_cast<TypeParamId>(p.type_params.size());
      TypeParamInfo& info = p.type_params.emplace_back();
      info.name = first;
      info.span = tree.caret(id);
      scope.params.push_back(param);
      return p.types.param(param);
    }
    unknown(id, path, text);
    return Types::Error;
  }

  TypeId no_args(NodeId id, TypeId type, std::span<const NodeId> args) {
    if (args.empty()) return type;
    p.diags.report<Diag::WrongTypeArgCount>(tree.caret(id), p.type_name(type), "no types", count_of_types(args.size()));
    return Types::Error;
  }

  TypeId qualified(NodeId id, std::span<const NodeId> path, std::span<const NodeId> args) {
    NameId first = static_cast<NameId>(tree[path[0]].a), second = static_cast<NameId>(tree[path[1]].a);
    DeclId outer = lookup_name(p, scope.module, first);
    std::string_view text = p.names.text(first);
    if (is_none(outer)) {
      Diagnostic& d = p.diags.report<Diag::UnknownName>(tree.caret(path[0]), text);
      std::vector<std::string_view> names;
      visible_names(p, scope.module, names);
      if (std::string_view near = nearest_name(text, names); !near.empty())
        d.fix(tree.caret(path[0]), std::string(near), "did you mean `" + std::string(near) + "`?",
              Applicability::MaybeIncorrect);
      else if (std::string module = "std." + std::string(text);
               p.index->modules_by_path.find(+p.names.intern(module)) != FlatMap::None)
        d.help("write `import " + module + "` at the top of the file");
      else d.help("the name of a module comes from an `import` at the top of the file");
      return Types::Error;
    }
    const Decl& decl = p.decls[+outer];
    if (decl.kind == DeclKind::Broken || is_none(second)) return Types::Error;
    if (decl.kind != DeclKind::Module) {
      const char* what = decl.kind == DeclKind::Enum    ? "a variant of an enum"
                         : decl.kind == DeclKind::Error ? "a variant of an error"
                                                        : "not found in a module";
      Diagnostic& d = p.diags.report<Diag::NotAType>(path_span(tree, path),
                                                     std::string(text) + "." + std::string(p.names.text(second)), what);
      if (decl.kind == DeclKind::Enum || decl.kind == DeclKind::Error)
        d.fix(path_span(tree, path), std::string(text), "the type is `" + std::string(text) + "`",
              Applicability::MaybeIncorrect);
      return Types::Error;
    }
    ModuleId module = static_cast<ModuleId>(decl.index);
    bool is_private = false;
    DeclId found = lookup_in_module(p, module, second, &is_private);
    if (is_none(found) || is_private) {
      report_missing_member(path[1], module, second, found);
      return Types::Error;
    }
    if (path.size() > 2) {
      p.diags.report<Diag::NotAType>(path_span(tree, path), p.names.text(static_cast<NameId>(tree[path.back()].a)),
                                     "inside a declaration");
      return Types::Error;
    }
    return of_decl(id, found, args);
  }

  void report_missing_member(NodeId at, ModuleId module, NameId name, DeclId private_decl) {
    std::string_view path = p.names.text(p.modules[+module]->path);
    if (is_some(private_decl)) {
      p.diags.report<Diag::PrivateName>(tree.caret(at), p.names.text(name), path)
          .at(p.decls[+private_decl].name_span, "declared here, without `pub`")
          .help("write `pub` before the declaration to let other files use it");
      return;
    }
    Diagnostic& d = p.diags.report<Diag::NotInModule>(tree.caret(at), path, p.names.text(name));
    say_what_it_has(d, tree.caret(at), p.names.text(name), public_names(p, module));
  }

  void unknown(NodeId id, std::span<const NodeId> path, std::string_view text) {
    Span at = tree.caret(path[0]);
    (void)id;
    if (p.modules[+scope.module]->lost_type) return;   // perhaps this one
    Diagnostic& d = p.diags.report<Diag::UnknownType>(at, text);
    if (std::string_view help = foreign_type(text); !help.empty()) {
      d.help(std::string(help));
      return;
    }
    if (std::string whole = name_in_an_import(p, scope.module, p.names.intern(text)); !whole.empty()) {
      d.fix(at, whole, "it is in an imported module: `" + whole + "`", Applicability::MaybeIncorrect);
      return;
    }
    std::string_view ours = false_friend(text);
    if (ours.empty()) {
      std::vector<std::string_view> names;
      type_names(names);
      ours = nearest_name(text, names);
    }
    if (!ours.empty()) {
      std::string word(ours);
      d.fix(at, word, "did you mean `" + word + "`?", Applicability::MaybeIncorrect);
      if (ours == "Array") d.note("`[]i64` is an array of `i64` that can grow; `Array[i64]` is the same type");
      else if (ours == "Map") d.note("`Map[String, i64]` finds an `i64` by a `String`");
      else if (ours == "Optional") d.note("`?i64` is an `i64` or `null`; `Optional[i64]` is the same type");
      return;
    }
    if (is_single_capital(text)) d.help("declare it as a type parameter: `[" + std::string(text) + "]` after the name");
  }
  void type_names(std::vector<std::string_view>& out) {
    auto add = [&](const NameTable::Entry& e) {
      switch (p.decls[+e.decl].kind) {
        case DeclKind::Struct:
        case DeclKind::Enum:
        case DeclKind::Error:
        case DeclKind::TypeAlias:
        case DeclKind::Capability: out.push_back(p.names.text(e.name)); break;
        default: break;
      }
    };
    for (TypeParamId param : scope.params) out.push_back(p.names.text(p.type_params[+param].name));
    p.modules[+scope.module]->names.each(add);
    if (ModuleId parent = p.modules[+scope.module]->parent; is_some(parent)) p.modules[+parent]->names.each(add);
    p.index->prelude.each(add);
    std::sort(out.begin(), out.end());
    for (const char* name :
         {"i8",   "i16",  "i32",   "i64",    "u8",    "u16",      "u32",  "u64",     "f32",  "f64",    "bool",
          "char", "void", "never", "String", "Array", "Optional", "Type", "Channel", "Task", "Nursery"})
      out.push_back(name);
  }

  TypeId builtin(NodeId id, BuiltinGeneric g, std::span<const NodeId> args) {
    const Node& node = tree[id];
    NodeId last = tree.list(node.a).back();
    std::string_view text = p.names.text(static_cast<NameId>(tree[last].a));
    bool concurrent = g == BuiltinGeneric::Channel || g == BuiltinGeneric::Task || g == BuiltinGeneric::Nursery;
    Profile profile = p.modules[+scope.module]->profile;
    if (concurrent && profile == Profile::Core) {
      p.diags.report<Diag::NotInProfile>(tree.caret(id), text, "core")
          .note("`:core` programs do one thing at a time; tasks and channels begin with `:service`")
          .help("write `profile :service` as the first line, or leave the profile out");
      return Types::Error;
    }
    if (g == BuiltinGeneric::Nursery) return no_args(id, p.types.intern(TypeKind::Nursery, 0, 0, {}), args);
    if (g == BuiltinGeneric::Handle) return no_args(id, p.types.handle(), args);
    if (args.size() != 1) {
      Diagnostic& d =
          p.diags.report<Diag::WrongTypeArgCount>(tree.caret(id), text, "1 type", count_of_types(args.size()));
      d.help("write what is inside: `" + std::string(text) + "[i64]`");
      return Types::Error;
    }
    TypeId inner = contained(args[0]);
    if (inner == Types::Error) return inner;
    switch (g) {
      case BuiltinGeneric::Array: return p.types.array(inner);
      case BuiltinGeneric::Optional: return p.types.optional(inner);
      case BuiltinGeneric::Type: return p.types.type_of(inner);
      case BuiltinGeneric::Channel: return p.types.channel(inner);
      default: return p.types.task(inner);
    }
  }

  TypeId of_decl(NodeId id, DeclId decl_id, std::span<const NodeId> args) {
    const Decl decl = p.decls[+decl_id];
    switch (decl.kind) {
      case DeclKind::Broken: return Types::Error;
      case DeclKind::Error: return no_args(id, p.types.error_value(p.errors[decl.index].set), args);
      case DeclKind::Capability: return no_args(id, p.types.intern(TypeKind::Capability, +decl_id, 0, {}), args);
      case DeclKind::Struct:
      case DeclKind::Enum:
      case DeclKind::TypeAlias: return apply(id, decl, args);
      case DeclKind::Trait: {
        std::string text(p.names.text(decl.name)), param = param_beside(text);
        p.diags.report<Diag::TraitAsType>(tree.caret(id), text)
            .help("`dyn " + text + "` is a value of any type that implements it; `func f[" + param + "](x: " + param +
                  ") where " + param + ": " + text + "` takes one such type");
        return Types::Error;
      }
      default:
        p.diags.report<Diag::NotAType>(tree.caret(id), p.names.text(decl.name), decl_kind_text(decl.kind))
            .at(decl.name_span, "declared here");
        return Types::Error;
    }
  }

  const std::vector<TypeParamId>& params_of(const Decl& decl) const {
    if (decl.kind == DeclKind::Struct) return p.structs[decl.index].type_params;
    if (decl.kind == DeclKind::Enum) return p.enums[decl.index].type_params;
    return p.aliases[decl.index].type_params;
  }

  TypeId apply(NodeId id, const Decl& decl, std::span<const NodeId> arg_nodes) {
    if (decl.kind == DeclKind::TypeAlias) resolve_alias(p, decl.index);
    size_t wanted = params_of(decl).size();
    // `Range` alone is a range of what literals are by themselves.
    if (wanted == 1 && arg_nodes.empty() && decl.kind == DeclKind::Struct && p.modules[+decl.module]->is_std &&
        p.names.text(decl.name) == "Range") {
      TypeId arg = Types::I64;
      return p.types.structure(static_cast<StructId>(decl.index), {&arg, 1});
    }
    if (arg_nodes.size() != wanted) {
      Diagnostic& d = p.diags.report<Diag::WrongTypeArgCount>(tree.caret(id), p.names.text(decl.name),
                                                              count_of_types(wanted), count_of_types(arg_nodes.size()));
      if (wanted > 0 && arg_nodes.empty()) {
        std::string example(p.names.text(decl.name));
        for (size_t i = 0; i < wanted; ++i)
          example += (i ? ", " : "[") + std::string(p.names.text(p.type_params[+params_of(decl)[i]].name));
        d.help("write them in brackets: `" + example + "]`");
      }
      d.at(decl.name_span, "declared here");
      return Types::Error;
    }
    TypeId small[4];
    std::vector<TypeId> large;
    TypeId* args = small;
    if (wanted > 4) {
      large.resize(wanted);
      args = large.data();
    }
    bool broken = false;
    for (size_t i = 0; i < wanted; ++i) {
      args[i] = contained(arg_nodes[i]);
      broken |= args[i] == Types::Error;
    }
    if (broken) return Types::Error;
    std::span<const TypeId> list(args, wanted);
    if (decl.kind == DeclKind::TypeAlias)
      return p.types.subst(p.aliases[decl.index].type, p.aliases[decl.index].type_params, list);
    TypeId type = decl.kind == DeclKind::Struct ? p.types.structure(static_cast<StructId>(decl.index), list)
                                                : p.types.enumeration(static_cast<EnumId>(decl.index), list);
    for (size_t i = 0; i < wanted; ++i) imply_bounds(params_of(decl)[i], args[i], tree.caret(id));
    if (wanted > 0) {
      if (p.index->collected) check_bound_use(p, type, tree.caret(id));
      else p.index->bound_uses.push_back({type, tree.caret(id)});
    }
    return type;
  }
  // `func f(m: Map[K, V])` means K: Hashable, because no other K could be written there.
  void imply_bounds(TypeParamId param, TypeId arg, Span span) {
    if (p.types.kind(arg) != TypeKind::Param) return;
    const TypeParamInfo& from = p.type_params[+param];
    TypeParamInfo& to = p.type_params[p.types[arg].a];
    if (&from == &to) return;
    if ((from.builtin_bounds & ~to.builtin_bounds) && to.first_use.is_none()) to.first_use = span;
    to.builtin_bounds |= from.builtin_bounds;
    for (TraitId trait : from.bounds)
      if (std::find(to.bounds.begin(), to.bounds.end(), trait) == to.bounds.end()) to.bounds.push_back(trait);
  }

  // ---- results
  FallibleType resolve_result(NodeId id) {
    FallibleType result;
    if (is_none(id)) return result;
    const Node& node = tree[id];
    if (node.kind != NodeKind::TypeFallible) {
      result.type = resolve(id);
      return result;
    }
    result.fallible = true;
    NodeId left = static_cast<NodeId>(node.a), right = static_cast<NodeId>(node.b);
    if ((node.flags & kShort) || is_none(left)) {
      result.infer_set = true;
      if (is_some(right)) result.type = resolve(right);
      return result;
    }
    // Around `!` the side that names an error is the set; when both do, the left one (ruling 59).
    TypeId l = resolve(left), r = is_some(right) ? resolve(right) : Types::Void;
    if (p.types.kind(l) == TypeKind::ErrorVal) {
      result.set = static_cast<ErrorSetId>(p.types[l].a);
      result.type = r;
    } else if (p.types.kind(r) == TypeKind::ErrorVal) {
      result.set = static_cast<ErrorSetId>(p.types[r].a);
      result.type = l;
    } else {
      if (l != Types::Error && r != Types::Error) {
        Diagnostic& d = p.diags.report<Diag::NotAnError>(tree.caret(id));
        for (TypeId side : {l, r})
          if (p.types.kind(side) == TypeKind::Param) say_what_hides(p, scope.module, d, side);
        TypeRow row = p.types[l];
        DeclId of = row.kind == TypeKind::Enum     ? p.enums[row.a].decl
                    : row.kind == TypeKind::Struct ? p.structs[row.a].decl
                                                   : DeclId::None;
        if (is_some(of) && !p.modules[+p.decls[+of].module]->is_std)
          d.at(p.decls[+of].name_span, "this is no error")
              .help("declare `" + p.type_name(l) + "` with `error` in place of `" +
                    (row.kind == TypeKind::Enum ? "enum`" : "struct`: `error " + p.type_name(l) + " { Case { … } }`"));
        else
          d.note("`" + p.type_name(l) + "` and `" + p.type_name(r) + "` are ordinary types")
              .help("declare the errors: `error MyError { NotFound }`, and write `MyError!" + p.type_name(r) +
                    "`; or write `!" + p.type_name(r) + "` to have them found for you");
      }
      result.infer_set = true;
      result.type = l == Types::Error ? r : Types::Error;
    }
    return result;
  }

  static void resolve_alias(Program& p, uint32_t index);
};

// An alias is resolved at its first use; a circle of them is found on the way.
void TypeResolver::resolve_alias(Program& p, uint32_t index) {
  if (p.aliases[index].state == 2) return;
  const Decl decl = p.decls[+p.aliases[index].decl];
  if (p.aliases[index].state == 1) {
    p.diags.report<Diag::AliasCycle>(decl.name_span, p.names.text(decl.name))
        .note("`type` gives another name to a type that exists; this one never arrives at one")
        .help("a type that contains itself is a `struct` or an `enum`");
    return;   // its type stays Error
  }
  if (p.index->alias_depth > 200) {
    p.diags.report<Diag::ChainTooLong>(decl.name_span, p.names.text(decl.name));
    return;
  }
  p.aliases[index].state = 1;
  ++p.index->alias_depth;
  TypeScope scope{decl.module, p.aliases[index].type_params};
  const Tree& tree = p.tree_of(decl.module);
  TypeId type = TypeResolver(p, scope).contained(node_slot(tree, tree[decl.node], 1));
  --p.index->alias_depth;
  p.aliases[index].type = type;
  p.aliases[index].state = 2;
}

}  // namespace

void report_late_mut(Program& p, Span at) {
  p.diags.report<Diag::TooManyParts>(at)
      .note("of a function that is a value, only the first " + std::to_string(kMutParams) + " parameters may be `mut`")
      .help("move it to the front, or put what belongs together into a struct");
}

TypeId resolve_type(Program& program, TypeScope& scope, NodeId node) {
  return TypeResolver(program, scope).resolve(node);
}
FallibleType resolve_result_type(Program& program, TypeScope& scope, NodeId node) {
  return TypeResolver(program, scope).resolve_result(node);
}
void resolve_alias(Program& program, uint32_t index) { TypeResolver::resolve_alias(program, index); }

// ---- traits and bounds

namespace {
DeclId find_path(Program& p, TypeScope& scope, const Tree& tree, std::span<const NodeId> path) {
  DeclId found = lookup_name(p, scope.module, static_cast<NameId>(tree[path[0]].a));
  for (size_t i = 1; i < path.size() && is_some(found); ++i) {
    if (p.decls[+found].kind != DeclKind::Module) return found;
    ModuleId module = static_cast<ModuleId>(p.decls[+found].index);
    bool is_private = false;
    NameId name = static_cast<NameId>(tree[path[i]].a);
    found = lookup_in_module(p, module, name, &is_private);
    if (is_private || is_none(found)) {
      TypeResolver(p, scope).report_missing_member(path[i], module, name, found);
      return static_cast<DeclId>(0);   // Broken: reported
    }
  }
  return found;
}
}  // namespace

TraitId resolve_trait(Program& p, TypeScope& scope, NodeId id) {
  if (is_none(id)) return TraitId::None;
  const Tree& tree = p.tree_of(scope.module);
  const Node& node = tree[id];
  if (node.kind != NodeKind::TypeName) {
    if (node.kind != NodeKind::Error) p.diags.report<Diag::NotATrait>(tree.caret(id), "this", "another kind of type");
    return TraitId::None;
  }
  std::span<const NodeId> path = tree.list(node.a);
  if (path.empty() || tree[path[0]].a == +NameId::None) return TraitId::None;
  DeclId found = find_path(p, scope, tree, path);
  std::string_view text = p.names.text(static_cast<NameId>(tree[path.back()].a));
  if (is_none(found)) {
    NameId only = static_cast<NameId>(tree[path[0]].a);
    if (is_some(builtin_type(p, only)) || builtin_generic(p, only) != BuiltinGeneric::None) {
      p.diags.report<Diag::NotATrait>(tree.caret(id), text, "a type");
      return TraitId::None;
    }
    if (p.modules[+scope.module]->lost_type) return TraitId::None;   // perhaps this one
    Diagnostic& d = p.diags.report<Diag::UnknownTrait>(path_span(tree, path), text);
    if (builtin_bound(p, only)) {
      d.note("`" + std::string(text) +
             "` is built in: it can be asked for with `where`, and every type that fits has it by itself");
      return TraitId::None;
    }
    if (std::string_view help = foreign_trait(text); !help.empty()) {
      d.help(std::string(help));
      return TraitId::None;
    }
    std::vector<std::string_view> names;
    auto add = [&](const NameTable::Entry& e) {
      if (p.decls[+e.decl].kind == DeclKind::Trait) names.push_back(p.names.text(e.name));
    };
    p.modules[+scope.module]->names.each(add);
    if (ModuleId parent = p.modules[+scope.module]->parent; is_some(parent)) p.modules[+parent]->names.each(add);
    p.index->prelude.each(add);
    std::sort(names.begin(), names.end());
    if (std::string_view near = nearest_name(text, names); !near.empty())
      d.fix(tree.caret(path.back()), std::string(near), "did you mean `" + std::string(near) + "`?",
            Applicability::MaybeIncorrect);
    return TraitId::None;
  }
  const Decl& decl = p.decls[+found];
  if (decl.kind == DeclKind::Broken) return TraitId::None;
  if (decl.kind != DeclKind::Trait) {
    Diagnostic& d = p.diags.report<Diag::NotATrait>(tree.caret(id), text, decl_kind_text(decl.kind));
    d.at(decl.name_span, "declared here");
    return TraitId::None;
  }
  if (!tree.list(node.b).empty())
    p.diags.report<Diag::WrongTypeArgCount>(tree.caret(id), text, "no types", count_of_types(tree.list(node.b).size()));
  return static_cast<TraitId>(decl.index);
}

void resolve_bound(Program& p, TypeScope& scope, TypeParamId param, NodeId id) {
  if (is_none(id)) return;
  const Tree& tree = p.tree_of(scope.module);
  const Node& node = tree[id];
  if (node.kind == NodeKind::TypeName) {
    std::span<const NodeId> path = tree.list(node.a);
    if (path.size() == 1) {
      NameId name = static_cast<NameId>(tree[path[0]].a);
      uint32_t bit = is_some(name) ? builtin_bound(p, name) : 0;
      if (bit && is_none(lookup_name(p, scope.module, name))) {
        p.type_params[+param].builtin_bounds |= bit;
        return;
      }
      if (is_some(name) && is_none(lookup_name(p, scope.module, name))) {
        // Offer the built-in bounds together with the traits.
        std::string_view text = p.names.text(name);
        std::vector<std::string_view> bounds = {"Equal", "Ordered", "Hashable", "Number", "Integer", "Float"};
        std::string_view near = text == "Eq"                            ? "Equal"
                                : text == "Ord" || text == "Comparable" ? "Ordered"
                                : text == "Hash"                        ? "Hashable"
                                : text == "Numeric" || text == "Num"    ? "Number"
                                : text == "Int"                         ? "Integer"
                                                                        : nearest_name(text, bounds);
        if (!near.empty() && is_none(builtin_type(p, name))) {
          p.diags.report<Diag::UnknownTrait>(tree.caret(id), text)
              .fix(tree.caret(id), std::string(near), "did you mean `" + std::string(near) + "`?",
                   Applicability::MaybeIncorrect);
          return;
        }
      }
    }
  }
  TraitId trait = resolve_trait(p, scope, id);
  if (is_none(trait)) return;
  std::vector<TraitId>& bounds = p.type_params[+param].bounds;
  if (std::find(bounds.begin(), bounds.end(), trait) == bounds.end()) bounds.push_back(trait);
}

// A `dyn` value is a value and a table of methods: each must be callable without knowing the type behind (ruling 56).
void check_dyn_use(Program& p, TraitId trait, Span span) {
  uint32_t& checked = p.index->dyn_checked[+trait];
  if (checked != FlatMap::None) return;
  checked = 1;
  TypeId self = p.types.param(p.traits[+trait].self);
  for (FuncId method : p.traits[+trait].methods) {
    const FuncInfo& f = p.funcs[+method];
    std::string name(p.names.text(p.decls[+f.decl].name));
    std::string why;
    if (f.self == SelfKind::None) why = "`" + name + "` has no `self`, so there is no value whose table could be asked";
    for (size_t i = f.self != SelfKind::None; why.empty() && i < f.params.size(); ++i)
      if (f.params[i].type == self) why = "`" + name + "` takes a second `Self`, which could be of another type";
    if (why.empty() && f.result == self)
      why = "`" + name + "` returns `Self`, and the type behind a `dyn` is not known";
    if (why.empty()) continue;
    std::string param = param_beside(p.names.text(p.decls[+p.traits[+trait].decl].name));
    p.diags.report<Diag::DynLimit>(span, p.names.text(p.decls[+p.traits[+trait].decl].name))
        .at(p.decls[+f.decl].name_span, "this method")
        .note(why)
        .help("take a type parameter instead: `func f[" + param + "](x: " + param + ") where " + param + ": " +
              std::string(p.names.text(p.decls[+p.traits[+trait].decl].name)) + "`");
    return;
  }
}

void check_bound_use(Program& p, TypeId type, Span span) {
  const TypeRow row = p.types[type];
  const std::vector<TypeParamId>& params =
      row.kind == TypeKind::Struct ? p.structs[row.a].type_params : p.enums[row.a].type_params;
  for (size_t i = 0; i < params.size(); ++i) {
    TypeId arg = p.types.args(type)[i];
    std::string missing;
    if (p.meets_bounds(params[i], arg, &missing)) continue;
    DeclId decl = row.kind == TypeKind::Struct ? p.structs[row.a].decl : p.enums[row.a].decl;
    Diagnostic& d =
        p.diags.report<Diag::TypeArgBound>(span, p.type_name(arg), missing, p.names.text(p.decls[+decl].name));
    if (missing == "Hashable") {
      if (p.types.is_float(arg))
        d.note(
            "a floating-point number is no key: `0.1 + 0.2` and `0.3` would be two keys, and `nan` could never be found again");
      else d.note("a key is found by its value; functions have none that could be compared");
    }
  }
}

}  // namespace janus
