// resolve_load.cpp: reads and parses the root file, what it imports, and the standard library; reports import cycles.
// Depends on resolve.h, parse.h, files.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "frontend/body_memory.h"
#include "frontend/parse.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {

bool profile_may_import(Profile importer, Profile imported) {
  auto rank = [](Profile p) {   // core < script < service, then three that only service leads to
    switch (p) {
      case Profile::Core: return 0;
      case Profile::Script: return 1;
      case Profile::Service: return 2;
      default: return 3;
    }
  };
  return importer == imported || rank(imported) < rank(importer);
}

namespace {

struct Loader {
  Program& p;
  FileSystem& files;
  const LoadOptions& options;
  std::string root_key;               // the root file, as an import would find it
  std::vector<std::string_view> std_names = {};

  std::string in_source_root(std::string_view relative) const {
    std::string path = options.source_root;
    if (!path.empty() && path.back() != '/') path += '/';
    if (path == "./") path.clear();
    return path += relative;
  }
  ModuleId find_module(NameId path) const {
    uint32_t id = p.index->modules_by_path.find(+path);
    return id == FlatMap::None ? ModuleId::None : static_cast<ModuleId>(id);
  }

  ModuleId add(std::string_view path, std::string file_path, std::string text, bool is_std) {
    ModuleId id = static_cast<ModuleId>(p.modules.size());
    auto owned = std::make_unique<Module>();
    Module& m = *owned;
    p.modules.push_back(std::move(owned));
    m.path = p.names.intern(path);
    m.is_std = is_std;
    bool script = file_path.ends_with(".jans");
    m.file = p.sources.add(std::move(file_path), std::move(text), is_std);
    std::vector<BodyRange> skip;
    if (options.memory && !is_std) skip = known_bodies(*options.memory, path, p.sources.file(m.file).text);
    m.tree = parse(m.file, p.sources, p.names, p.diags, !is_std && options.profile == Profile::Script, skip);
    m.profile = is_std ? Profile::Core : script ? Profile::Script : options.profile;
    p.index->modules_by_path[+m.path] = +id;
    read_profile(m);
    if (m.profile == Profile::Core && !is_std) refuse_async(m);
    size_t dot = path.rfind('.');
    Decl decl;
    decl.kind = DeclKind::Module;
    decl.is_pub = true;
    decl.name = p.names.intern(dot == std::string_view::npos ? path : path.substr(dot + 1));
    decl.module = id;
    decl.index = +id;
    uint32_t base = p.sources.file(m.file).base;
    decl.name_span = {base, base};
    m.self_decl = static_cast<DeclId>(p.decls.size());
    p.decls.push_back(decl);
    return id;
  }

  // `async func` says no more than that a function may wait (language 6), but a `:core` program never waits.
  void refuse_async(const Module& m) {
    const std::vector<TokenKind>& kinds = m.tree.tokens.kinds;
    for (size_t i = 0; i + 1 < kinds.size(); ++i)
      if (kinds[i] == TokenKind::KwAsync && kinds[i + 1] == TokenKind::KwFunc) {
        Span word = m.tree.token_span(static_cast<uint32_t>(i));
        Span upto = {word.lo, m.tree.token_span(static_cast<uint32_t>(i + 1)).lo};
        p.diags.report<Diag::NotInProfile>(word, "async", "core")
            .note("a `:core` program does one thing after the other, so no function of it waits for another")
            .fix(upto, "", "leave `async` out: functions of every profile are written `func`");
      }
  }

  void read_profile(Module& m) {
    if (is_none(m.tree.root)) return;
    NodeId node = static_cast<NodeId>(m.tree[m.tree.root].b);
    if (is_none(node)) return;
    const Node& profile = m.tree[node];
    if (profile.kind != NodeKind::Profile || profile.a == +NameId::None) return;
    std::string_view word = p.names.text(static_cast<NameId>(profile.a));
    std::vector<std::string_view> known;
    for (Profile each :
         {Profile::Core, Profile::Script, Profile::Service, Profile::Cluster, Profile::Compute, Profile::Sovereign}) {
      if (word == profile_name(each)) {
        m.profile = each;
        return;
      }
      known.push_back(profile_name(each));
    }
    Span span = m.tree.caret(node);
    Diagnostic& d = p.diags.report<Diag::UnknownProfile>(span, word);
    if (std::string_view near = nearest_name(word, known); !near.empty())
      d.help("did you mean `:" + std::string(near) + "`?");
    d.note("the profiles are `:core`, `:script`, `:service`, `:cluster`, `:compute` and `:sovereign`");
  }

  // The modules of std that are always there: their impls give `[]T`, `String`, `i64` … their methods. Others wait for
  // an import.
  static bool always_loaded(std::string_view name) {
    static constexpr std::string_view kAlways[] = {
        "std/char.jan", "std/chars.jan",  "std/list.jan",     "std/list_each.jan", "std/list_sort.jan",
        "std/map.jan",  "std/num.jan",    "std/optional.jan", "std/prelude.jan",   "std/range.jan",
        "std/set.jan",  "std/string.jan", "std/utf8.jan"};
    return std::find(std::begin(kAlways), std::end(kAlways), name) != std::end(kAlways);
  }
  void load_std() {
    for (const std::string& name : files.std_files()) {
      bool every = options.all_std || options.doctests.std;
      if ((every && name.ends_with(".jan")) || always_loaded(name)) load_std_file(name);
    }
  }
  ModuleId load_std_file(const std::string& name) {   // "std/list.jan"
    std::string_view text = files.std_file(name);
    if (text.data() == nullptr) return ModuleId::None;
    std::string path = name.substr(0, name.size() - 4);
    std::replace(path.begin(), path.end(), '/', '.');
    ModuleId id = find_module(p.names.intern(path));
    return is_some(id) ? id : add(path, name, std::string(text), true);
  }

  std::set<std::string> unreadable = {};   // what an import has been told about
  void load_root() {
    if (options.root.empty()) return;
    std::string text, why;
    if (!files.read(options.root, text, why)) {
      p.diags.report<Diag::UnreadableFile>(Span{}, why);
      return;
    }
    p.main_module = add("main", options.root, std::move(text), false);
    p.index->modules_by_path[+p.names.intern(module_of(root_key))] = +p.main_module;
  }
  // "src/geometry/shapes.jan" -> "geometry.shapes"
  std::string module_of(const std::string& file_path) const {
    std::string root = in_source_root("");
    std::string path = file_path.starts_with(root) ? file_path.substr(root.size()) : file_path;
    if (size_t dot = path.rfind('.'); dot != std::string::npos) path.resize(dot);
    std::replace(path.begin(), path.end(), '/', '.');
    return path;
  }

  void load_all() {
    std::vector<std::string> paths;
    std::string why;
    if (!files.list(options.source_root, paths, why)) {
      p.diags.report<Diag::UnreadableFile>(Span{}, why);
      return;
    }
    for (const std::string& relative : paths) {
      std::string full = in_source_root(relative);
      std::string path = module_of(full);
      if (is_some(find_module(p.names.intern(path)))) continue;
      std::string text;
      if (!files.read(full, text, why)) {
        if (!unreadable.contains(full)) p.diags.report<Diag::UnreadableFile>(Span{}, why);
        continue;
      }
      add(path, full, std::move(text), false);
    }
  }

  // ---- imports of one module
  static Span path_span(const Tree& tree, std::span<const NodeId> path) {
    return {tree.caret(path.front()).lo, tree.caret(path.back()).hi};
  }
  std::string path_text(const Tree& tree, std::span<const NodeId> path) const {
    std::string text;
    for (NodeId part : path) {
      if (!text.empty()) text += '.';
      if (tree[part].a != +NameId::None) text += p.names.text(static_cast<NameId>(tree[part].a));
    }
    return text;
  }

  void load_imports(ModuleId id) {
    Module& m = *p.modules[+id];
    if (is_none(m.tree.root)) return;
    for (NodeId item : m.tree.list(m.tree[m.tree.root].a)) {
      if (is_none(item) || m.tree[item].kind != NodeKind::Import) continue;
      ImportInfo import{item, ModuleId::None};
      std::span<const NodeId> path = m.tree.list(m.tree[item].a);
      if (!path.empty() && !(m.tree[item].flags & kHasError)) import.module = load_import(m, item, path);
      m.imports.push_back(import);
    }
  }
  ModuleId load_import(Module& m, NodeId item, std::span<const NodeId> path) {
    std::string text = path_text(m.tree, path);
    ModuleId known = find_module(p.names.intern(text));
    if (is_some(known) && +known != +p.main_module) return known;
    if (is_some(known) && text == module_of(root_key)) return known;
    if (text.starts_with("std.")) {
      std::string name = text;
      std::replace(name.begin(), name.end(), '.', '/');
      known = load_std_file(name + ".jan");
      if (is_none(known)) report_unknown(m, item, path, text);
      return known;
    }
    std::string file = text;
    std::replace(file.begin(), file.end(), '.', '/');
    std::string full = in_source_root(file + ".jan"), source, why;
    if (files.read(full, source, why)) return add(text, full, std::move(source), false);
    if (files.exists(full)) {
      p.diags.report<Diag::UnreadableFile>(path_span(m.tree, path), why).first = true;
      unreadable.insert(full);
    } else report_unknown(m, item, path, text);
    return ModuleId::None;
  }

  void report_unknown(Module& m, NodeId item, std::span<const NodeId> path, const std::string& text) {
    Span span = path_span(m.tree, path);
    Diagnostic& d = p.diags.report<Diag::UnknownModule>(span, text);
    d.first = true;
    if (text == "std") {
      d.help("the standard library has parts, and each is imported by itself: `import std.io`, `import std.fs`");
      return;
    }
    // `import shapes.area`: the last word is a name inside a module.
    if (path.size() > 1 && m.tree[item].b == +NodeId::None) {
      std::string outer = path_text(m.tree, path.first(path.size() - 1));
      std::string file = outer;
      std::replace(file.begin(), file.end(), '.', '/');
      bool exists = outer.starts_with("std.") ? files.std_file(file + ".jan").data() != nullptr
                                              : files.exists(in_source_root(file + ".jan"));
      if (exists) {
        std::string last = path_text(m.tree, path.last(1));
        d.note("`import` takes a module, that is, a file; names of a module stand in braces");
        d.fix(span, outer + ".{" + last + "}", "import the name from the module `" + outer + "`",
              Applicability::MaybeIncorrect);
        return;
      }
    }
    std::vector<std::string> texts;
    for (const std::string& name : files.std_files()) texts.push_back(module_of_std(name));
    std::vector<std::string> own;
    std::string why;
    if (files.list(options.source_root, own, why))
      for (const std::string& relative : own) texts.push_back(module_of(in_source_root(relative)));
    std::vector<std::string_view> candidates(texts.begin(), texts.end());
    std::string_view near;
    for (std::string_view c : candidates)
      if (c.size() > text.size() && c.ends_with(text) && c[c.size() - text.size() - 1] == '.') near = c;
    if (near.empty() && text.starts_with("std.")) {   // what they have in common makes nothing near
      for (std::string_view& c : candidates) c = c.starts_with("std.") ? c.substr(4) : std::string_view();
      near = nearest_name(std::string_view(text).substr(4), candidates);
      if (!near.empty()) near = {near.data() - 4, near.size() + 4};
    } else if (near.empty()) {
      near = nearest_name(text, candidates);
    }
    if (!near.empty())
      d.fix(span, std::string(near), "did you mean `" + std::string(near) + "`?", Applicability::MaybeIncorrect);
    if (text.starts_with("std.") || text == "std") d.note("`std.…` names a module of the standard library");
    else {
      std::string file = text;
      std::replace(file.begin(), file.end(), '.', '/');
      d.note("a module is a file: janus looked for `" + in_source_root(file + ".jan") + "`");
    }
  }
  static std::string module_of_std(std::string name) {
    name.resize(name.size() - 4);
    std::replace(name.begin(), name.end(), '/', '.');
    return name;
  }

  // ---- cycles, and an order in which every module comes after what it imports
  void order_modules() {
    std::vector<uint8_t> state(p.modules.size(), 0);
    struct Frame {
      ModuleId module;
      size_t next;
    };
    std::vector<Frame> stack;
    for (size_t start = 0; start < p.modules.size(); ++start) {
      if (state[start]) continue;
      stack.push_back({static_cast<ModuleId>(start), 0});
      state[start] = 1;
      while (!stack.empty()) {
        Frame& top = stack.back();
        const Module& m = *p.modules[+top.module];
        if (top.next == m.imports.size()) {
          state[+top.module] = 2;
          p.index->load_order.push_back(top.module);
          stack.pop_back();
          continue;
        }
        const ImportInfo& import = m.imports[top.next++];
        if (is_none(import.module)) continue;
        if (state[+import.module] == 0) {
          state[+import.module] = 1;
          stack.push_back({import.module, 0});
        } else if (state[+import.module] == 1 && !m.is_std) {
          size_t first = stack.size() - 1;
          while (stack[first].module != import.module) --first;
          std::vector<std::pair<ModuleId, NodeId>> cycle;
          for (size_t i = first; i < stack.size(); ++i)
            cycle.push_back({stack[i].module, p.modules[+stack[i].module]->imports[stack[i].next - 1].node});
          report_cycle(cycle);
        }
      }
    }
  }
  void report_cycle(const std::vector<std::pair<ModuleId, NodeId>>& cycle) {
    std::string text;
    for (const auto& [module, node] : cycle) text += std::string(module_name(module)) + " → ";
    text += module_name(cycle.front().first);
    auto place = [&](size_t i) {
      const Tree& tree = p.tree_of(cycle[i].first);
      return path_span(tree, tree.list(tree[cycle[i].second].a));
    };
    Diagnostic& d = p.diags.report<Diag::ImportCycle>(place(0), text);
    d.first = true;
    for (size_t i = 1; i < cycle.size(); ++i)
      d.at(place(i), std::string(module_name(cycle[i].first)) + " imports " +
                         std::string(module_name(cycle[(i + 1) % cycle.size()].first)));
    if (cycle.size() == 1) d.help("a file sees its own names without an import");
    else d.help("move what both sides need into a file of its own, and import that from both");
  }
  std::string module_name(ModuleId id) const {
    return id == p.main_module ? module_of(root_key) : std::string(p.names.text(p.modules[+id]->path));
  }
};

}   // namespace

void load_modules(Program& program, FileSystem& files, const LoadOptions& given) {
  LoadOptions options = given;
  if (options.source_root.empty() && !options.root.empty()) {
    size_t slash = options.root.rfind('/');
    options.source_root = slash == std::string::npos ? "" : options.root.substr(0, slash);
  }
  Loader loader{program, files, options, options.root};
  loader.load_std();
  loader.load_root();
  if (options.all_modules) loader.load_all();
  for (size_t i = 0; i < program.modules.size(); ++i) loader.load_imports(static_cast<ModuleId>(i));
  size_t loaded = program.modules.size();
  load_doctests(program, files, options.doctests);
  for (size_t i = loaded; i < program.modules.size(); ++i) {
    loader.read_profile(*program.modules[i]);
    loader.load_imports(static_cast<ModuleId>(i));
  }
  loader.order_modules();
  if (ModuleId prelude = loader.find_module(program.names.intern("std.prelude")); is_some(prelude))
    program.index->prelude_module = prelude;
}

}   // namespace janus
