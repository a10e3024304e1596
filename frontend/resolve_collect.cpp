// resolve_collect.cpp: declares everything, binds imports, and resolves fields, payloads, bounds and signatures.
// Depends on resolve.h. What impls must keep is resolve_impl.cpp's; values of consts are const.cpp's.
// SPDX-License-Identifier: Apache-2.0
//
// Passes over all modules, each filling tables that the next one reads:
//   declare   rows for every declaration, and the names of every file
//   bind      imports, the prelude
//   heads     type parameters of structs, enums, aliases, traits; then their bounds
//   shapes    fields, payloads, aliases
//   impls     what each impl is for; then those that are derived
//   funcs     signatures of functions and methods; the method tables
#include <algorithm>

#include "frontend/check.h"
#include "frontend/derive.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {
namespace {

struct IntrinsicName {
  const char* name;
};
constexpr IntrinsicName kIntrinsics[] = {
#define INTRINSIC(name, signature) {#name},
#include "runtime/intrinsics.def"
#undef INTRINSIC
};

struct Collector {
  Program& p;
  ProgramIndex& index;
  TypeScope scope = {};      // reused, so that its list keeps its memory
  std::vector<NameId> seen = {};
  FlatMap intrinsics = {};   // +NameId -> number

  explicit Collector(Program& program) : p(program), index(*program.index) {}

  std::string text(NameId name) const { return is_none(name) ? std::string("?") : std::string(p.names.text(name)); }

  // ---- declare

  DeclId add_decl(ModuleId module, DeclKind kind, NodeId node, NameId name, uint32_t row) {
    const Tree& tree = p.modules[+module]->tree;
    DeclId id = static_cast<DeclId>(p.decls.size());
    Decl& decl = p.decls.emplace_back();
    decl.kind = kind;
    decl.is_pub = tree[node].flags & kPub;
    decl.name = name;
    decl.module = module;
    decl.node = node;
    decl.name_span = tree.caret(node);
    decl.index = row;
    return id;
  }

  DeclId declare_name(ModuleId module, DeclKind kind, NodeId node, uint32_t row) {
    Module& m = *p.modules[+module];
    NameId name = static_cast<NameId>(m.tree[node].a);
    DeclId id = add_decl(module, kind, node, name, row);
    m.decls.push_back(id);
    if (is_none(name)) {
      (kind == DeclKind::Func ? m.lost_func : m.lost_type) = true;
      return id;
    }
    const Decl& decl = p.decls[+id];
    if (is_some(builtin_type(p, name))) {
      p.diags.report<Diag::BuiltinName>(decl.name_span, text(name)).help("pick another name");
      return id;
    }
    uint8_t flags = NameTable::kOwn | (decl.is_pub ? NameTable::kPublic : 0);
    if (NameTable::Entry* old = m.names.insert({name, id, flags, decl.name_span})) {
      Diagnostic& d = p.diags.report<Diag::DuplicateName>(decl.name_span, text(name));
      d.at(old->span, "the first one is here");
      if (kind == DeclKind::Func && p.decls[+old->decl].kind == DeclKind::Func)
        d.note(
            "a name means one function; parameters with defaults (`x: i64 = 0`) or type parameters can take the place of several");
    }
    return id;
  }

  void declare(ModuleId id) {
    Module& m = *p.modules[+id];
    if (is_none(m.tree.root)) return;
    for (NodeId item : m.tree.list(m.tree[m.tree.root].a))
      if (is_some(item)) declare_item(id, m, item);
  }

  void declare_item(ModuleId id, Module& m, NodeId item) {
    const Node& node = m.tree[item];
    bool data = node.kind == NodeKind::StructDecl || node.kind == NodeKind::EnumDecl ||
                node.kind == NodeKind::ErrorDecl || node.kind == NodeKind::TraitDecl;
    if (data && (node.flags & kBrokenHead)) {   // the name is known, and nobody asks what it has
      declare_name(id, DeclKind::Broken, item, 0);
      if (node.kind == NodeKind::TraitDecl)
        for (NodeId method : m.tree.list(slot(m.tree, node, 1)))
          if (is_some(method) && m.tree[method].a != +NameId::None) index.lost_methods[m.tree[method].a] = 1;
      return;
    }
    switch (node.kind) {
      case NodeKind::ConstDecl:
        p.consts.emplace_back().decl = declare_name(id, DeclKind::Const, item, static_cast<uint32_t>(p.consts.size()));
        break;
      case NodeKind::VarDecl:
        if (m.profile != Profile::Sovereign)
          p.diags.report<Diag::NotInProfile>(m.tree.caret(item), "var", profile_name(m.profile))
              .with_label("a `var` outside every function")
              .note(
                  "a variable that every function can change makes each of them depend on all the others; only `:sovereign` has them")
              .help("use `const` for a value that never changes, or hand the variable down as a `mut` parameter");
        else
          p.diags.report<Diag::NotAvailableYet>(m.tree.caret(item), "var")
              .note("`:sovereign` has variables of a whole file, and this version of Janus does not know them yet")
              .help("keep it in a struct that is handed down as a `mut` parameter");
        p.consts.emplace_back().decl = declare_name(id, DeclKind::Const, item, static_cast<uint32_t>(p.consts.size()));
        break;
      case NodeKind::TypeAlias: {
        uint32_t row = static_cast<uint32_t>(p.aliases.size());
        p.aliases.emplace_back().decl = declare_name(id, DeclKind::TypeAlias, item, row);
        break;
      }
      case NodeKind::StructDecl: {
        uint32_t row = static_cast<uint32_t>(p.structs.size());
        p.structs.emplace_back().decl = declare_name(id, DeclKind::Struct, item, row);
        p.structs.back().opaque = m.is_std && m.tree[item].flags & kOpaque;
        if (!m.is_std && m.tree[item].flags & kOpaque)
          p.diags.report<Diag::UnexpectedToken>(m.tree.token_span(m.tree[item].token - 2), "`struct`", "`opaque`")
              .note("fields are as visible as their type; only the standard library has structs without such");
        break;
      }
      case NodeKind::EnumDecl: {
        uint32_t row = static_cast<uint32_t>(p.enums.size());
        p.enums.emplace_back().decl = declare_name(id, DeclKind::Enum, item, row);
        break;
      }
      case NodeKind::ErrorDecl: declare_error(id, m, item); break;
      case NodeKind::CapabilityDecl: declare_name(id, DeclKind::Capability, item, 0); break;
      case NodeKind::TraitDecl: declare_trait(id, m, item); break;
      case NodeKind::ImplDecl: declare_impl(id, m, item); break;
      case NodeKind::FuncDecl: {
        uint32_t row = static_cast<uint32_t>(p.funcs.size());
        if ((node.flags & kShort) && !script_statements(id, m, item)) break;
        DeclId decl = declare_name(id, DeclKind::Func, item, row);
        add_func(m, item, decl);
        break;
      }
      case NodeKind::TestDecl: declare_test(id, m, item); break;
      default: break;   // imports are bound later; statements outside functions are the parser's to report
    }
  }

  // Statements outside functions, which the parser made a `main`: of the file that is run, and in place of another
  // `main`.
  bool script_statements(ModuleId id, const Module& m, NodeId item) {
    if (is_some(p.main_module) && id != p.main_module) {
      p.diags.report<Diag::OutsideFunction>(m.tree.caret(item))
          .note(
              "only the file that is run has statements outside functions; a file that is imported gives its declarations")
          .help("put them into a function, and call it from the file that imports this one");
      return false;
    }
    const NameTable::Entry* other = m.names.find(index.name_main);
    if (!other) return true;
    p.diags.report<Diag::StatementsBesideMain>(m.tree.caret(item))
        .with_label("this stands outside every function")
        .at(other->span, "`main` is here")
        .note("the statements of a script run as its `main`, so it cannot have another one")
        .help("put all of it into `main`, or call that function by another name");
    return false;
  }

  FuncId add_func(const Module& m, NodeId node, DeclId decl) {
    FuncId id = static_cast<FuncId>(p.funcs.size());
    const Node& n = m.tree[node];
    FuncInfo& f = p.funcs.emplace_back();
    f.decl = decl;
    f.has_body = is_some(node_slot(m.tree, n, 4));
    f.is_blocking = n.flags & kBlocking;
    f.broken = n.flags & kBrokenHead;
    if (f.broken && is_none(p.decls[+decl].name)) index.lost_method = true;
    if (n.aux == 1) f.origin = FuncOrigin::ExternC;
    if (n.aux == 2) f.origin = FuncOrigin::Intrinsic;
    return id;
  }

  void declare_error(ModuleId id, Module& m, NodeId item) {
    ErrorId error = static_cast<ErrorId>(p.errors.size());
    DeclId decl = declare_name(id, DeclKind::Error, item, +error);
    ErrorInfo info;
    info.decl = decl;
    std::string prefix = text(p.decls[+decl].name) + ".";
    for (NodeId variant : m.tree.list(m.tree[item].b)) {
      if (is_none(variant) || m.tree[variant].kind != NodeKind::VariantDecl) continue;
      NameId name = static_cast<NameId>(m.tree[variant].a);
      bool twice = false;
      for (TagId tag : info.tags) twice |= p.tags[+tag].name == name;
      if (twice) {
        p.diags.report<Diag::DuplicateVariant>(m.tree.caret(variant), text(name));
        continue;
      }
      info.tags.push_back(static_cast<TagId>(p.tags.size()));
      TagInfo tag;
      tag.error = error;
      tag.name = name;
      tag.span = m.tree.caret(variant);
      tag.full_name = prefix + text(name);
      p.tags.push_back(std::move(tag));
    }
    info.set = error_set_of(p, info.tags);
    if (!info.tags.empty()) p.error_sets[+info.set].name = p.decls[+decl].name;
    p.errors.push_back(std::move(info));
  }

  void declare_trait(ModuleId id, Module& m, NodeId item) {
    TraitId trait = static_cast<TraitId>(p.traits.size());
    DeclId decl = declare_name(id, DeclKind::Trait, item, +trait);
    TraitInfo info;
    info.decl = decl;
    info.self = static_cast<TypeParamId>(p.type_params.size());
    TypeParamInfo& self = p.type_params.emplace_back();
    self.name = index.name_Self;
    self.span = p.decls[+decl].name_span;
    self.bounds.push_back(trait);
    const Node& node = m.tree[item];
    if (!m.tree.list(slot(m.tree, node, 0)).empty())
      p.diags
          .report<Diag::TraitLimit>(m.tree.caret(m.tree.list(slot(m.tree, node, 0))[0]),
                                    "a trait cannot have type parameters")
          .help("give the type parameters to the functions that use the trait, or write one trait for each type");
    for (NodeId method : m.tree.list(slot(m.tree, node, 1))) {
      if (is_none(method) || m.tree[method].kind != NodeKind::FuncDecl) continue;
      NameId name = static_cast<NameId>(m.tree[method].a);
      bool twice = false;
      for (FuncId f : info.methods) twice |= p.decls[+p.funcs[+f].decl].name == name;
      DeclId method_decl = add_decl(id, DeclKind::Func, method, name, static_cast<uint32_t>(p.funcs.size()));
      p.decls[+method_decl].is_pub = true;   // as visible as the trait
      FuncId f = add_func(m, method, method_decl);
      p.funcs[+f].trait = trait;
      if (twice) {
        p.diags.report<Diag::DuplicateMethod>(m.tree.caret(method), text(p.decls[+decl].name), text(name));
        p.funcs[+f].has_body = false;
        continue;
      }
      info.methods.push_back(f);
      if (is_some(name)) {
        uint32_t& first = index.traits_by_method[+name];
        index.trait_rows.push_back({trait, first});
        first = static_cast<uint32_t>(index.trait_rows.size() - 1);
      }
    }
    p.traits.push_back(std::move(info));
  }

  void declare_impl(ModuleId id, Module& m, NodeId item) {
    ImplId impl = static_cast<ImplId>(p.impls.size());
    m.impls.push_back(impl);
    ImplInfo info;
    info.module = id;
    info.node = item;
    info.span = m.tree.caret(item);
    const Node& node = m.tree[item];
    std::span<const NodeId> methods = m.tree.list(slot(m.tree, node, 2));
    info.methods.reserve(methods.size());
    for (NodeId method : methods) {
      if (is_none(method) || m.tree[method].kind != NodeKind::FuncDecl) continue;
      DeclId decl = add_decl(id, DeclKind::Func, method, static_cast<NameId>(m.tree[method].a),
                             static_cast<uint32_t>(p.funcs.size()));
      FuncId f = add_func(m, method, decl);
      p.funcs[+f].impl = impl;
      info.methods.push_back(f);
    }
    p.impls.push_back(std::move(info));
  }

  void declare_test(ModuleId id, Module& m, NodeId item) {
    if (m.is_std) return;
    TestInfo test;
    test.module = id;
    test.name = static_cast<NameId>(m.tree[item].a);
    test.node = item;
    test.span = m.tree.caret(item);
    if (m.tree[item].flags & kShort) test.doctest = m.doctest, test.span = p.doctests[m.doctest].place;
    DeclId decl = add_decl(id, DeclKind::Test, item, test.name, static_cast<uint32_t>(p.tests.size()));
    m.decls.push_back(decl);
    // A test is a function that takes nothing and may fail with anything (ruling 62).
    test.func = static_cast<FuncId>(p.funcs.size());
    FuncInfo& f = p.funcs.emplace_back();
    f.decl = decl;
    f.fallible = true;   // has_body stays false: what it does is TestInfo::body
    f.errors = new_inferred_set(p);
    p.tests.push_back(test);
  }

  // ---- bind

  void bind_imports(ModuleId id) {
    Module& m = *p.modules[+id];
    for (const ImportInfo& import : m.imports) {
      const Node& node = m.tree[import.node];
      std::span<const NodeId> path = m.tree.list(node.a);
      if (path.empty()) continue;
      bool is_pub = node.flags & kPub;
      if (is_some(import.module)) check_import(m, path, *p.modules[+import.module]);
      NodeId what = static_cast<NodeId>(node.b);
      if (is_some(what) && m.tree[what].kind == NodeKind::ImportNames) {
        for (NodeId name : m.tree.list(m.tree[what].a)) bind_item(m, import.module, name, is_pub);
        continue;
      }
      NodeId named = is_some(what) && m.tree[what].kind == NodeKind::ImportAs ? what : path.back();
      DeclId target = is_none(import.module) ? static_cast<DeclId>(0) : p.modules[+import.module]->self_decl;
      bind(m, static_cast<NameId>(m.tree[named].a), target, m.tree.caret(named), is_pub);
    }
  }
  void check_import(const Module& m, std::span<const NodeId> path, const Module& target) {
    if (profile_may_import(m.profile, target.profile)) return;
    p.diags
        .report<Diag::HigherProfileImport>(path_span(m.tree, path), text(target.path), profile_name(target.profile),
                                           profile_name(m.profile))
        .note(
            "a file may import files of its own profile or of a lower one, so that a simple program stays simple in all its parts")
        .help("write `profile :" + std::string(profile_name(target.profile)) + "` as the first line of this file");
  }
  void bind_item(Module& m, ModuleId from, NodeId node, bool is_pub) {
    if (is_none(node) || m.tree[node].kind != NodeKind::ImportName) return;
    NameId name = static_cast<NameId>(m.tree[node].a);
    if (is_none(name)) return;
    bool is_private = false;
    DeclId found = lookup_in_module(p, from, name, &is_private);
    if (is_none(found)) {
      report_not_in_module(m, from, node, name);
      found = static_cast<DeclId>(0);
    } else if (is_private) {
      p.diags.report<Diag::PrivateName>(m.tree.caret(node), text(name), text(p.modules[+from]->path))
          .at(p.decls[+found].name_span, "declared here, without `pub`")
          .help("write `pub` before the declaration to let other files use it")
          .first = true;
      found = static_cast<DeclId>(0);
    }
    bind(m, name, found, m.tree.caret(node), is_pub);
  }
  void report_not_in_module(Module& m, ModuleId from, NodeId node, NameId name) {
    Diagnostic& d = p.diags.report<Diag::NotInModule>(m.tree.caret(node), text(p.modules[+from]->path), text(name));
    d.first = true;
    say_what_it_has(d, m.tree.caret(node), p.names.text(name), public_names(p, from));
    std::string_view word = p.names.text(name);
    if (text(p.modules[+from]->path) != "std.sync") return;
    if (word == "WaitGroup" || word == "Barrier" || word == "Latch")
      d.help("a nursery waits for its tasks by itself: `nursery do … end`");
    else if (word == "Mutex" || word == "RwLock" || word == "Lock" || word.starts_with("Atomic"))
      d.help(
          "tasks may write a variable of the function around them: each statement that touches it runs alone; what takes more than one statement belongs to a task of its own, asked through a channel");
  }
  void bind(Module& m, NameId name, DeclId target, Span span, bool is_pub) {
    if (is_none(name)) return;
    uint8_t flags = NameTable::kImported | (is_pub ? NameTable::kPublic : 0);
    NameTable::Entry* old = m.names.insert({name, target, flags, span});
    if (!old || old->decl == target || p.decls[+old->decl].kind == DeclKind::Broken) return;
    Diagnostic& d = p.diags.report<Diag::DuplicateName>(span, text(name));
    d.at(old->span, (old->flags & NameTable::kOwn) ? "this file declares it here" : "imported here");
    if (+target != 0 && p.decls[+target].kind == DeclKind::Module)
      d.help("give the import another name: `import … as other`");
  }

  void fill_prelude() {
    if (is_some(index.prelude_module)) {
      p.modules[+index.prelude_module]->names.each([&](const NameTable::Entry& e) {
        if (e.flags & NameTable::kPublic) index.prelude.insert(e);
      });
    }
    // Types that literals make are known without an import.
    struct {
      const char* module;
      const char* name;
    } always[] = {{"std.map", "Map"}, {"std.set", "Set"}, {"std.range", "Range"}};
    for (auto& each : always) {
      uint32_t module = index.modules_by_path.find(+p.names.intern(each.module));
      if (module == FlatMap::None) continue;
      NameId name = p.names.intern(each.name);
      if (const NameTable::Entry* e = p.modules[module]->names.find(name); e && (e->flags & NameTable::kPublic))
        index.prelude.insert(*e);
    }
  }

  // Names in what the parser could not read may have been declared there: stay quiet about them.
  void bind_lost(ModuleId id) {
    Module& m = *p.modules[+id];
    for (NameId name : m.tree.lost) index.lost_methods[+name] = 1;
    for (NameId name : m.tree.lost)
      if (is_none(builtin_type(p, name)) && builtin_generic(p, name) == BuiltinGeneric::None &&
          is_none(lookup_name(p, id, name)))
        m.names.insert({name, static_cast<DeclId>(0), NameTable::kOwn, Span{}});
  }

  // ---- heads

  void declare_params(const Tree& tree, uint32_t list, std::vector<TypeParamId>& out, size_t outer = 0) {
    for (NodeId node : tree.list(list)) {
      if (is_none(node) || tree[node].kind != NodeKind::TypeParam) continue;
      NameId name = static_cast<NameId>(tree[node].a);
      for (size_t i = outer; i < out.size(); ++i)
        if (p.type_params[+out[i]].name == name)
          p.diags.report<Diag::DuplicateName>(tree.caret(node), text(name))
              .at(p.type_params[+out[i]].span, "the first one is here");
      if (is_some(builtin_type(p, name)))
        p.diags.report<Diag::BuiltinName>(tree.caret(node), text(name))
            .help("type parameters are mostly one capital letter, such as `T`");
      out.push_back(static_cast<TypeParamId>(p.type_params.size()));
      TypeParamInfo& info = p.type_params.emplace_back();
      info.name = name;
      info.span = tree.caret(node);
    }
  }
  // The bounds written inside `[T: A + B]`; `params` are those that declare_params made, beginning at `from`.
  void bound_params(const Tree& tree, uint32_t list, size_t from) {
    size_t i = from;
    for (NodeId node : tree.list(list)) {
      if (is_none(node) || tree[node].kind != NodeKind::TypeParam) continue;
      TypeParamId param = scope.params[i++];
      for (NodeId bound : tree.list(tree[node].b)) resolve_bound(p, scope, param, bound);
    }
  }
  void bound_where(const Tree& tree, uint32_t list) {
    for (NodeId node : tree.list(list)) {
      if (is_none(node) || tree[node].kind != NodeKind::WhereClause) continue;
      NameId name = static_cast<NameId>(tree[node].a);
      if (is_none(name)) continue;
      TypeParamId found = TypeParamId::None;
      for (TypeParamId param : scope.params)
        if (p.type_params[+param].name == name) found = param;
      if (is_none(found)) {
        std::vector<std::string_view> names;
        for (TypeParamId param : scope.params) names.push_back(p.names.text(p.type_params[+param].name));
        Diagnostic& d = p.diags.report<Diag::UnknownTypeParam>(tree.caret(node), text(name));
        if (std::string_view near = nearest_name(p.names.text(name), names); !near.empty())
          d.help("did you mean `" + std::string(near) + "`?");
        else d.help("declare it after the name: `func f[" + text(name) + "](…)`");
        continue;
      }
      for (NodeId bound : tree.list(tree[node].b)) resolve_bound(p, scope, found, bound);
    }
  }

  void enter(ModuleId module, const std::vector<TypeParamId>* params = nullptr) {
    scope.module = module;
    scope.params.clear();
    if (params) scope.params = *params;
    scope.self = TypeId::None;
    scope.may_declare_params = false;
  }

  void collect_heads() {
    for (size_t i = 0; i < p.decls.size(); ++i) {
      const Decl decl = p.decls[i];
      const Tree* tree = is_some(decl.module) ? &p.tree_of(decl.module) : nullptr;
      std::vector<TypeParamId> params;
      switch (decl.kind) {
        case DeclKind::Struct:
          declare_params(*tree, slot(*tree, (*tree)[decl.node], 0), p.structs[decl.index].type_params);
          break;
        case DeclKind::Enum:
          declare_params(*tree, slot(*tree, (*tree)[decl.node], 0), p.enums[decl.index].type_params);
          break;
        case DeclKind::TypeAlias:
          declare_params(*tree, slot(*tree, (*tree)[decl.node], 0), p.aliases[decl.index].type_params);
          break;
        default: break;
      }
    }
    for (size_t i = 0; i < p.decls.size(); ++i) {
      const Decl decl = p.decls[i];
      const std::vector<TypeParamId>* params = nullptr;
      switch (decl.kind) {
        case DeclKind::Struct: params = &p.structs[decl.index].type_params; break;
        case DeclKind::Enum: params = &p.enums[decl.index].type_params; break;
        case DeclKind::TypeAlias: params = &p.aliases[decl.index].type_params; break;
        default: break;
      }
      if (!params || params->empty()) continue;
      enter(decl.module, params);
      const Tree& tree = p.tree_of(decl.module);
      bound_params(tree, slot(tree, tree[decl.node], 0), 0);
    }
    // A key is found by its hash: `Map[f64, V]` is refused where it is written.
    for (StructId keyed : {p.lang.map, p.lang.set})
      if (is_some(keyed) && !p.structs[+keyed].type_params.empty())
        p.type_params[+p.structs[+keyed].type_params[0]].builtin_bounds |= kHashable;   // which implies Equal
  }

  // ---- shapes

  TypeId field_type(NodeId node) {
    TypeId type = resolve_type(p, scope, node);
    if (p.types.kind(type) != TypeKind::Nursery) return type;
    p.diags.report<Diag::NurseryEscapes>(p.tree_of(scope.module).caret(node))
        .note("a nursery ends with its block, so no value that outlives the block may hold it");
    return Types::Error;
  }
  FieldInfo make_field(const Tree& tree, NodeId node) {
    FieldInfo field;
    field.name = static_cast<NameId>(tree[node].a);
    field.span = tree.caret(node);
    field.type = field_type(node_slot(tree, tree[node], 0));
    field.default_value = node_slot(tree, tree[node], 1);
    return field;
  }
  // Fields of a struct or of a payload. Names are unique; a type alone (tuple payload) has none.
  void make_fields(const Tree& tree, std::span<const NodeId> nodes, std::vector<FieldInfo>& out) {
    out.reserve(nodes.size());
    FlatMap names;
    for (NodeId node : nodes) {
      if (is_none(node)) continue;
      if (tree[node].kind != NodeKind::FieldDecl) {
        FieldInfo field;
        field.name = NameId::None;
        field.span = tree.caret(node);
        field.type = field_type(node);
        out.push_back(field);
        continue;
      }
      FieldInfo field = make_field(tree, node);
      bool twice = false;
      if (nodes.size() <= 16) {
        for (const FieldInfo& f : out)
          if (f.name == field.name && is_some(field.name)) {
            twice = true;
            report_twice(field, f);
            break;
          }
      } else if (is_some(field.name)) {
        uint32_t& first = names[+field.name];
        if (first != FlatMap::None) {
          twice = true;
          report_twice(field, out[first]);
        } else first = static_cast<uint32_t>(out.size());
      }
      if (!twice) out.push_back(field);
    }
  }
  void report_twice(const FieldInfo& field, const FieldInfo& first) {
    p.diags.report<Diag::DuplicateField>(field.span, text(field.name)).at(first.span, "the first one is here");
  }

  void collect_struct(const Decl& decl) {
    enter(decl.module, &p.structs[decl.index].type_params);
    scope.self = self_type_of_decl(p, p.structs[decl.index].decl);
    const Tree& tree = p.tree_of(decl.module);
    std::vector<FieldInfo> fields;
    make_fields(tree, tree.list(slot(tree, tree[decl.node], 1)), fields);
    if (p.structs[decl.index].opaque)
      for (FieldInfo& f : fields) f.is_pub = false;
    if (fields.size() > 16)
      for (size_t i = 0; i < fields.size(); ++i)
        if (is_some(fields[i].name))
          index.fields[(static_cast<uint64_t>(decl.index) << 32) | +fields[i].name] = static_cast<uint32_t>(i);
    p.structs[decl.index].fields = std::move(fields);
  }

  void collect_enum(const Decl& decl) {
    enter(decl.module, &p.enums[decl.index].type_params);
    scope.self = self_type_of_decl(p, p.enums[decl.index].decl);
    const Tree& tree = p.tree_of(decl.module);
    std::span<const NodeId> nodes = tree.list(slot(tree, tree[decl.node], 1));
    std::vector<VariantInfo> variants;
    variants.reserve(nodes.size());
    FlatMap names;
    for (NodeId node : nodes) {
      if (is_none(node) || tree[node].kind != NodeKind::VariantDecl) continue;
      VariantInfo variant;
      variant.name = static_cast<NameId>(tree[node].a);
      variant.span = tree.caret(node);
      variant.named_fields = tree[node].aux == 2;
      if (is_some(variant.name)) {
        uint32_t& first = names[+variant.name];
        if (first != FlatMap::None) {
          p.diags.report<Diag::DuplicateVariant>(variant.span, text(variant.name))
              .at(variants[first].span, "the first one is here");
          continue;
        }
        first = static_cast<uint32_t>(variants.size());
      }
      make_fields(tree, tree.list(tree[node].b), variant.fields);
      variants.push_back(std::move(variant));
    }
    if (variants.size() > 16)
      for (size_t i = 0; i < variants.size(); ++i)
        if (is_some(variants[i].name))
          index.fields[(static_cast<uint64_t>(decl.index | 0x80000000u) << 32) | +variants[i].name] =
              static_cast<uint32_t>(i);
    p.enums[decl.index].variants = std::move(variants);
  }

  void collect_error(const Decl& decl) {
    enter(decl.module);
    const Tree& tree = p.tree_of(decl.module);
    size_t next = 0;
    for (NodeId node : tree.list(tree[decl.node].b)) {
      if (is_none(node) || tree[node].kind != NodeKind::VariantDecl) continue;
      const std::vector<TagId>& tags = p.errors[decl.index].tags;
      if (next >= tags.size() || p.tags[+tags[next]].name != static_cast<NameId>(tree[node].a))
        continue;   // a duplicate
      TagId tag = tags[next++];
      std::vector<FieldInfo> fields;
      make_fields(tree, tree.list(tree[node].b), fields);
      p.tags[+tag].fields = std::move(fields);
    }
  }

  void collect_shapes() {
    for (size_t i = 0; i < p.decls.size(); ++i) {
      const Decl decl = p.decls[i];
      switch (decl.kind) {
        case DeclKind::Struct: collect_struct(decl); break;
        case DeclKind::Enum: collect_enum(decl); break;
        case DeclKind::Error: collect_error(decl); break;
        case DeclKind::TypeAlias: resolve_alias(p, decl.index); break;
        default: break;
      }
    }
  }

  // ---- impls: what each is for

  void collect_impl(ImplId id) {
    ModuleId module = p.impls[+id].module;
    NodeId node_id = p.impls[+id].node;
    const Tree& tree = p.tree_of(module);
    const Node& node = tree[node_id];
    enter(module);
    declare_params(tree, slot(tree, node, 0), scope.params);
    scope.may_declare_params = true;
    NodeId trait_node = static_cast<NodeId>(node.a), self_node = node_slot(tree, node, 1);
    TraitId trait = TraitId::None;
    bool broken = false;
    if (is_some(trait_node)) {
      trait = resolve_trait(p, scope, trait_node);
      broken = is_none(trait);
    }
    TypeId self = resolve_type(p, scope, self_node);
    scope.may_declare_params = false;
    scope.self = self;
    bound_params(tree, slot(tree, node, 0), 0);
    bound_where(tree, slot(tree, node, 3));
    ImplInfo& impl = p.impls[+id];
    impl.trait = trait;
    impl.type_params = scope.params;
    impl.self = broken ? Types::Error : self;
    if (!impl_allowed(module, self, tree, self_node)) impl.self = Types::Error;
    if (node.flags & kBrokenHead) impl.self = Types::Error;
    if (impl.self == Types::Error) {
      for (FuncId f : impl.methods)
        if (NameId name = p.decls[+p.funcs[+f].decl].name; is_some(name)) index.lost_methods[+name] = 1;
      return;
    }
    check_params_used(impl, tree, self_node);
    register_impl(id);
  }
  bool impl_allowed(ModuleId module, TypeId self, const Tree& tree, NodeId node) {
    const char* what = nullptr;
    switch (p.types.kind(self)) {
      case TypeKind::Param: what = p.modules[+module]->is_std ? nullptr : "every type at once"; break;
      case TypeKind::Never: what = "`never`, which has no values"; break;
      case TypeKind::Void: what = "`void`, which has only one value"; break;
      case TypeKind::Nursery: what = "a nursery"; break;
      case TypeKind::Func: what = "a function type"; break;
      default: break;
    }
    if (!what) return true;
    Diagnostic& d = p.diags.report<Diag::CannotImplement>(tree.caret(node), what);
    if (p.types.kind(self) == TypeKind::Param)
      d.note("`" + p.type_name(self) + "` is a type parameter here: it stands for any type")
          .help("write a generic function instead, or name the type");
    return false;
  }
  bool names_param(TypeId type, TypeParamId param) const {
    const TypeRow& row = p.types[type];
    if (!row.has_param) return false;
    if (row.kind == TypeKind::Param) return row.a == +param;
    for (TypeId arg : p.types.args(type))
      if (names_param(arg, param)) return true;
    return row.arg_count == 0 && names_param(static_cast<TypeId>(row.a), param);
  }
  void check_params_used(const ImplInfo& impl, const Tree& tree, NodeId self_node) {
    for (TypeParamId param : impl.type_params)
      if (!names_param(impl.self, param))
        p.diags.report<Diag::UnknownTypeParam>(p.type_params[+param].span, text(p.type_params[+param].name))
            .at(tree.caret(self_node), "does not mention `" + text(p.type_params[+param].name) + "`")
            .help("leave it out, or give it to the methods that use it");
  }
  void register_impl(ImplId id) {
    const ImplInfo& impl = p.impls[+id];
    uint32_t head = type_head(p, impl.self);
    uint32_t& of_head = index.impls_of_head[head];
    index.impl_rows.push_back({id, of_head});
    of_head = static_cast<uint32_t>(index.impl_rows.size() - 1);
    if (is_none(impl.trait)) return;
    uint32_t& first = index.impls[(static_cast<uint64_t>(+impl.trait) << 32) | head];
    for (uint32_t row = first; row != FlatMap::None; row = index.impl_rows[row].next) {
      const ImplInfo& other = p.impls[+index.impl_rows[row].impl];
      if (head == kBlanket || !types_overlap(p, other.self, impl.self)) continue;
      p.diags
          .report<Diag::DuplicateImpl>(impl.span, text(p.decls[+p.traits[+impl.trait].decl].name),
                                       p.type_name(impl.self))
          .at(other.span, "the first one is here")
          .note("a call could mean either of them");
      return;
    }
    index.impl_rows.push_back({id, first});
    first = static_cast<uint32_t>(index.impl_rows.size() - 1);
  }

  // ---- functions

  void collect_func(FuncId id) {
    const Decl decl = p.decls[+p.funcs[+id].decl];
    if (decl.kind == DeclKind::Test) return;
    Module& m = *p.modules[+decl.module];
    const Tree& tree = m.tree;
    const Node& node = tree[decl.node];
    ImplId impl = p.funcs[+id].impl;
    TraitId trait = p.funcs[+id].trait;
    enter(decl.module);
    if (is_some(impl)) enter_impl(impl);
    else if (is_some(trait)) {
      scope.params.push_back(p.traits[+trait].self);
      scope.self = p.types.param(p.traits[+trait].self);
    }
    size_t own_from = scope.params.size();
    declare_params(tree, slot(tree, node, 0), scope.params, own_from);
    if (is_some(trait) && scope.params.size() > own_from)
      p.diags
          .report<Diag::TraitLimit>(p.type_params[+scope.params[own_from]].span,
                                    "a method of a trait cannot have type parameters of its own")
          .help("write a function outside the trait, with `where " +
                param_beside(text(p.decls[+p.traits[+trait].decl].name)) + ": " +
                text(p.decls[+p.traits[+trait].decl].name) + "`");
    size_t declared = scope.params.size();
    scope.may_declare_params = true;
    std::vector<ParamInfo> params;
    SelfKind self = SelfKind::None;
    bool nameless = false;
    collect_params(tree, node, is_some(impl) || is_some(trait), params, self, nameless);
    NodeId result_node = node_slot(tree, node, 2);
    FallibleType result = resolve_result_type(p, scope, result_node);
    if ((node.flags & kBrokenHead) && is_some(result_node) && tree[result_node].kind == NodeKind::Error)
      result.fallible = result.infer_set = true;   // what it fails with is nobody's question either
    scope.may_declare_params = false;
    if (is_some(trait) && scope.params.size() > declared)
      p.diags
          .report<Diag::TraitLimit>(p.type_params[+scope.params[declared]].span,
                                    "a method of a trait cannot have type parameters of its own")
          .note("`" + text(p.type_params[+scope.params[declared]].name) +
                "` is a single capital that nothing declares, so it means a type parameter");
    if (p.types.kind(result.type) == TypeKind::Nursery) {
      p.diags.report<Diag::NurseryEscapes>(tree.caret(node_slot(tree, node, 2)))
          .note("a nursery ends with its block, so a function cannot hand it out");
      result.type = Types::Error;
    }
    bound_params(tree, slot(tree, node, 0), own_from);
    bound_where(tree, slot(tree, node, 3));
    if (node.flags & kShort) result.fallible = result.infer_set = true;   // a script may end with any failure
    ErrorSetId set = result.infer_set ? new_inferred_set(p) : result.set;
    FuncInfo& f = p.funcs[+id];
    f.type_params = scope.params;
    f.own_params_from = static_cast<uint32_t>(own_from);
    f.params = std::move(params);
    f.self = self;
    f.result = result.type;
    f.nameless = nameless;
    f.fallible = result.fallible;
    f.errors = set;
    check_origin(f, m, decl);
  }

  // Every method has its own copies of the impl's type parameters, so that a bound which one method needs does not bind
  // the others.
  void enter_impl(ImplId id) {
    const ImplInfo& impl = p.impls[+id];
    scope.self = impl.self;
    if (impl.type_params.empty()) return;
    std::vector<TypeId> args;
    for (TypeParamId param : impl.type_params) {
      TypeParamInfo copy = p.type_params[+param];
      TypeParamId own = static_cast<TypeParamId>(p.type_params.size());
      p.type_params.push_back(std::move(copy));
      scope.params.push_back(own);
      args.push_back(p.types.param(own));
    }
    scope.self = p.types.subst(impl.self, impl.type_params, args);
  }

  void collect_params(const Tree& tree, const Node& node, bool is_method, std::vector<ParamInfo>& params,
                      SelfKind& self, bool& nameless) {
    std::span<const NodeId> nodes = tree.list(slot(tree, node, 1));
    params.reserve(nodes.size());
    FlatMap names;   // of more than a few: where each stands in `params`
    for (NodeId param : nodes) {
      if (is_none(param)) continue;
      const Node& n = tree[param];
      ParamInfo info;
      info.span = tree.caret(param);
      info.is_mut = n.flags & kMut;
      if (n.kind == NodeKind::SelfParam) {
        info.name = index.name_self;
        info.type = is_some(scope.self) ? scope.self : Types::Error;
        if (!is_method)
          p.diags.report<Diag::SelfOutsideType>(info.span, "self")
              .help("put the function into `impl SomeType do … end`");
        else if (params.empty()) self = info.is_mut ? SelfKind::Mut : SelfKind::Value;
        else p.diags.report<Diag::DuplicateParam>(info.span, "self").note("`self` comes first, and once");
        params.push_back(info);
        continue;
      }
      if (n.kind != NodeKind::Param) continue;
      info.name = static_cast<NameId>(n.a);
      nameless |= is_none(info.name);
      NodeId type = node_slot(tree, n, 0);
      info.default_value = node_slot(tree, n, 1);
      if (is_none(type) && p.modules[+scope.module]->profile == Profile::Script && !is_method) {
        // In a script a parameter without a type takes any: it is a type parameter, and has the bounds that the body
        // needs.
        TypeParamId any = static_cast<TypeParamId>(p.type_params.size());
        p.type_params.push_back({info.name, info.span, {}, {}, 0, {}});
        scope.params.push_back(any);
        info.type = p.types.param(any);
      } else if (is_none(type)) {
        info.type = Types::Error;
        if (!(n.flags & kHasError))
          p.diags.report<Diag::MissingParamType>(info.span, text(info.name))
              .help("write it after a colon: `" + text(info.name) + ": i64`");
      } else {
        info.type = resolve_type(p, scope, type);
      }
      if (is_some(info.name)) {
        uint32_t first = FlatMap::None;
        if (nodes.size() <= 16) {
          for (size_t i = 0; i < params.size() && first == FlatMap::None; ++i)
            if (params[i].name == info.name) first = static_cast<uint32_t>(i);
        } else if (uint32_t& known = names[+info.name]; known != FlatMap::None) {
          first = known;
        } else {
          known = static_cast<uint32_t>(params.size());
        }
        if (first != FlatMap::None)
          p.diags.report<Diag::DuplicateParam>(info.span, text(info.name))
              .at(params[first].span, "the first one is here");
      }
      params.push_back(info);
    }
  }

  void check_origin(FuncInfo& f, const Module& m, const Decl& decl) {
    if (f.origin == FuncOrigin::Janus) return;
    if (f.origin == FuncOrigin::ExternC) {
      if (m.profile != Profile::Sovereign && !m.is_std)
        p.diags.report<Diag::NotInProfile>(decl.name_span, "extern", profile_name(m.profile))
            .note(
                "code of another language can do anything, also what the checks of janus exclude; only `:sovereign` files may call it")
            .help("put the `extern` functions into a file that begins with `profile :sovereign`");
      if (!m.is_std && p.types.kind(f.result) == TypeKind::Capability)
        p.diags.report<Diag::CannotMint>(decl.name_span, p.type_name(f.result))
            .note(
                "code of another language would make it out of nothing; a capability comes from the module that declares it, or from `main(caps: Caps)`");
      return;
    }
    if (!m.is_std) {
      p.diags.report<Diag::IntrinsicOutsideStd>(decl.name_span)
          .help("the standard library has a checked function for it");
      return;
    }
    uint32_t number = intrinsics.find(+decl.name);
    if (number == FlatMap::None) p.diags.report<Diag::UnknownIntrinsic>(decl.name_span, text(decl.name));
    else f.intrinsic = number;
  }

  void collect_funcs() {
    for (uint32_t i = 0; i < std::size(kIntrinsics); ++i) intrinsics[+p.names.intern(kIntrinsics[i].name)] = i;
    for (size_t i = 0; i < p.funcs.size(); ++i) collect_func(static_cast<FuncId>(i));
  }

  // ---- main

  void find_main() {
    if (is_none(p.main_module)) return;
    const NameTable::Entry* e = p.modules[+p.main_module]->names.find(index.name_main);
    if (!e || p.decls[+e->decl].kind != DeclKind::Func) return;
    p.main_func = static_cast<FuncId>(p.decls[+e->decl].index);
    const FuncInfo& f = p.funcs[+p.main_func];
    Span span = p.decls[+e->decl].name_span;
    auto is_caps = [&](TypeId type) {
      if (p.types.kind(type) != TypeKind::Struct) return false;
      const Decl& decl = p.decls[+p.structs[p.types[type].a].decl];
      return decl.module == index.prelude_module && text(decl.name) == "Caps";
    };
    bool sovereign = p.modules[+p.main_module]->profile == Profile::Sovereign,
         caps = f.params.size() == 1 && is_caps(f.params[0].type);
    if (f.broken) return;
    if (!f.params.empty() && !(sovereign && caps)) {
      if (f.params[0].type == Types::Error) return;
      Diagnostic& d = p.diags.report<Diag::MainSignature>(span).at(f.params[0].span, "nobody could give this a value");
      if (caps)
        d.note("only a `:sovereign` program is handed its capabilities; in `:" +
               std::string(profile_name(p.modules[+p.main_module]->profile)) + "` they need not be passed on")
            .help("write `func main() do`");
      else if (sovereign)
        d.note("a `:sovereign` program begins with `main(caps: Caps)`, which holds its capabilities, or with `main()`");
      else d.note("a program begins with `main`: the words after its name are read with `std.cli`");
      return;
    }
    if (f.result == Types::Void || f.result == Types::Never || f.result == Types::Error) return;
    p.diags.report<Diag::MainSignature>(span)
        .note("it returns `" + p.type_name(f.result) + "`, and there is nobody who could take it")
        .help("write `func main() do`, or `func main() -> !void do` when it may fail");
  }
};

}   // namespace

void collect(Program& program) {
  Collector c(program);
  size_t modules = program.modules.size();
  for (size_t i = 0; i < modules; ++i) c.declare(static_cast<ModuleId>(i));
  for (ModuleId id : program.index->load_order) c.bind_imports(id);
  c.fill_prelude();
  for (size_t i = 0; i < modules; ++i) c.bind_lost(static_cast<ModuleId>(i));
  fill_lang_items(program);
  c.collect_heads();
  c.collect_shapes();
  for (size_t i = 0; i < program.impls.size(); ++i) c.collect_impl(static_cast<ImplId>(i));
  size_t written = program.impls.size();
  for (ModuleId derived : derive(program)) c.declare(derived);
  for (size_t i = written; i < program.impls.size(); ++i) c.collect_impl(static_cast<ImplId>(i));
  c.collect_funcs();
  check_impls(program);
  program.index->collected = true;
  for (const ProgramIndex::BoundUse& use : program.index->bound_uses) check_bound_use(program, use.type, use.span);
  for (const ProgramIndex::DynUse& use : program.index->dyn_uses) check_dyn_use(program, use.trait, use.span);
  program.index->dyn_uses.clear();
  program.index->bound_uses.clear();
  check_type_tables(program);
  c.find_main();
  fill_lang_methods(program);
  check_consts(program);
}

}   // namespace janus
