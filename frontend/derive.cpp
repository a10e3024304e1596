// derive.cpp: impls that structs and enums have without being asked for: `ToJson` and `FromJson` of std.json.
// Depends on resolve.h, parse.h. Runs after the written impls are known and before any signature is.
// SPDX-License-Identifier: Apache-2.0
//
// An impl is derived as text: one file for each module that has such types, in which the module's own names hold. It is
// parsed and collected like any other, so that everything behind this pass treats derived code as code. Its bodies are
// looked at like those of std: only when something calls them. Nothing happens unless std.json is loaded.
//
// A type takes part when all its parts can: a struct with a channel inside has no impl, and whoever asks for one is
// told which part is in the way (why_not_derived).
#include "frontend/derive.h"

#include <algorithm>

#include "frontend/parse.h"
#include "frontend/program_index.h"

namespace janus {
namespace {

// The names that derived code uses, bound in its file under two underscores, so that they cannot meet a name of the
// program's.
struct Helper {
  const char* module;
  const char* name;
};
constexpr Helper kWriteHelpers[] = {
    {"std.json_write", "ToJson"}, {"std.json_write", "Writer"}, {"std.json_write", "write"}};
constexpr Helper kReadHelpers[] = {{"std.json_read", "FromJson"}, {"std.json_read", "Reader"},
                                   {"std.json_read", "read"},     {"std.json_read", "element"},
                                   {"std.json_read", "end_of"},   {"std.json_scan", "JsonError"}};

struct Deriver {
  Program& p;
  ProgramIndex& index;
  Derived& derived;
  TraitId trait = TraitId::None;
  bool reads = false;

  std::string text(NameId name) const { return is_none(name) ? std::string("_") : std::string(p.names.text(name)); }

  // A public name of a std module, None when that is not loaded.
  DeclId find(const char* module, const char* name) const {
    uint32_t m = index.modules_by_path.find(+p.names.intern(module));
    if (m == FlatMap::None) return DeclId::None;
    const NameTable::Entry* e = p.modules[m]->names.find(p.names.intern(name));
    return e ? e->decl : DeclId::None;
  }

  // ---- which types

  struct Candidate {
    DeclId decl;
    TypeId self;
    std::vector<uint32_t> users = {};
    bool bad = false;
  };
  std::vector<Candidate> candidates = {};
  FlatMap candidate_of = {};   // +DeclId -> index

  bool has_written_impl(TypeId self) const {
    return index.impls.find((static_cast<uint64_t>(+trait) << 32) | type_head(p, self)) != FlatMap::None;
  }

  void find_candidates() {
    for (size_t i = 0; i < p.decls.size(); ++i) {
      const Decl& decl = p.decls[i];
      if (decl.kind != DeclKind::Struct && decl.kind != DeclKind::Enum) continue;
      const Module& m = *p.modules[+decl.module];
      if (m.is_std || is_none(decl.name) || (m.tree[decl.node].flags & kHasError)) continue;
      if (const NameTable::Entry* own = m.names.find(decl.name); !own || own->decl != static_cast<DeclId>(i))
        continue;   // declared twice
      if (decl.kind == DeclKind::Enum && p.enums[decl.index].variants.empty()) continue;
      TypeId self = self_type_of_decl(p, static_cast<DeclId>(i));
      if (has_written_impl(self)) continue;
      candidate_of[static_cast<uint32_t>(i)] = static_cast<uint32_t>(candidates.size());
      candidates.push_back({static_cast<DeclId>(i), self});
    }
  }

  template <class F>
  void each_field(const Candidate& c, F fn) const {
    const Decl& decl = p.decls[+c.decl];
    if (decl.kind == DeclKind::Struct) {
      for (const FieldInfo& f : p.structs[decl.index].fields) fn(f, NameId::None);
    } else {
      for (const VariantInfo& v : p.enums[decl.index].variants)
        for (const FieldInfo& f : v.fields) fn(f, v.name);
    }
  }

  // Can a value of this type be written or read? Candidates it depends on are entered as such.
  bool fits(TypeId type, uint32_t user) {
    switch (p.types.kind(type)) {
      case TypeKind::Error: return true;   // reported elsewhere
      case TypeKind::Param: return true;   // becomes a bound
      case TypeKind::Array:
      case TypeKind::Optional: return fits(p.types.elem(type), user);
      case TypeKind::Tuple: {
        std::vector<TypeId> parts(p.types.args(type).begin(), p.types.args(type).end());
        if (parts.size() < 2 || parts.size() > 3) return false;
        return std::all_of(parts.begin(), parts.end(), [&](TypeId part) { return fits(part, user); });
      }
      case TypeKind::Struct:
      case TypeKind::Enum: {
        bool is_struct = p.types.kind(type) == TypeKind::Struct;
        uint32_t row = p.types[type].a;
        DeclId decl = is_struct ? p.structs[row].decl : p.enums[row].decl;
        std::vector<TypeId> args(p.types.args(type).begin(), p.types.args(type).end());
        if (is_struct && static_cast<StructId>(row) == p.lang.map)
          return args.size() == 2 && args[0] == Types::String && fits(args[1], user);
        if (is_struct && static_cast<StructId>(row) == p.lang.set) return args.size() == 1 && fits(args[0], user);
        uint32_t known = candidate_of.find(+decl);
        if (known == FlatMap::None) return is_some(p.find_impl(trait, type).impl);
        candidates[known].users.push_back(user);
        return std::all_of(args.begin(), args.end(), [&](TypeId arg) { return fits(arg, user); });
      }
      default: return is_some(p.find_impl(trait, type).impl);
    }
  }

  void drop_unfit() {
    std::vector<uint32_t> work;
    auto drop = [&](uint32_t i, NameId variant, NameId field, TypeId type) {
      if (candidates[i].bad) return;
      candidates[i].bad = true;
      derived.missing.push_back({trait, candidates[i].decl, variant, field, type});
      work.push_back(i);
    };
    for (uint32_t i = 0; i < candidates.size(); ++i)
      each_field(candidates[i], [&](const FieldInfo& f, NameId variant) {
        if (!fits(f.type, i)) drop(i, variant, f.name, f.type);
      });
    while (!work.empty()) {
      uint32_t i = work.back();
      work.pop_back();
      for (uint32_t user : candidates[i].users)
        each_field(candidates[user], [&](const FieldInfo& f, NameId variant) {
          if (!candidates[user].bad && mentions(f.type, candidates[i].decl)) drop(user, variant, f.name, f.type);
        });
    }
  }
  bool mentions(TypeId type, DeclId decl) const {
    TypeKind kind = p.types.kind(type);
    if (kind == TypeKind::Struct && p.structs[p.types[type].a].decl == decl) return true;
    if (kind == TypeKind::Enum && p.enums[p.types[type].a].decl == decl) return true;
    if (kind == TypeKind::Array || kind == TypeKind::Optional) return mentions(p.types.elem(type), decl);
    for (TypeId arg : p.types.args(type))
      if (mentions(arg, decl)) return true;
    return false;
  }

  // ---- the text

  std::string out = {};
  const Tree* tree = nullptr;

  std::string source(NodeId node) const { return std::string(p.sources.text(tree->span(node))); }
  static std::string quoted(const std::string& name) { return "\"\\\"" + name + "\\\"\""; }

  // `impl[T] __ToJson for Page[T] where T: __ToJson do`
  void head(const Decl& decl, const std::vector<TypeParamId>& params, const char* trait_name) {
    std::string list, bounds;
    for (TypeParamId param : params) {
      std::string name = text(p.type_params[+param].name);
      list += (list.empty() ? "" : ", ") + name;
      bounds += (bounds.empty() ? " where " : ", ") + name + ": " + trait_name;
    }
    std::string args = list.empty() ? "" : "[" + list + "]";
    self_text = text(decl.name) + args;
    out += "impl" + args + " " + trait_name + " for " + self_text + bounds + " do\n";
  }
  std::string self_text = {};

  struct Field {
    std::string name, type, initial;
    bool optional;
  };
  Field field_of(NodeId node, const FieldInfo& info) const {
    const Node& n = (*tree)[node];
    Field f;
    if (n.kind != NodeKind::FieldDecl) {
      f.type = source(node);
    } else {
      f.name = text(info.name);
      f.type = source(node_slot(*tree, n, 0));
      if (NodeId value = node_slot(*tree, n, 1); is_some(value)) f.initial = source(value);
    }
    f.optional = p.types.kind(info.type) == TypeKind::Optional;
    return f;
  }
  std::vector<Field> fields_of(std::span<const NodeId> nodes, const std::vector<FieldInfo>& infos) const {
    std::vector<Field> fields;
    for (size_t i = 0; i < nodes.size() && fields.size() < infos.size(); ++i)
      if (is_some(nodes[i])) fields.push_back(field_of(nodes[i], infos[fields.size()]));
    return fields;
  }

  // Reads an object into variables and makes `make { … }` of them.
  void read_object(const std::vector<Field>& fields, const std::string& make, const std::string& indent,
                   const char* before_return) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field& f = fields[i];
      std::string name = "v" + std::to_string(i);
      if (!f.initial.empty()) out += indent + "var " + name + ": " + f.type + " = " + f.initial + "\n";
      else if (f.optional) out += indent + "var " + name + ": " + f.type + " = null\n";
      else out += indent + "var " + name + ": ?(" + f.type + ") = null\n";
    }
    out += indent + "r.begin_object()?\n" + indent + "while r.next_name()? do\n";
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field& f = fields[i];
      out += indent + (i ? "    else if" : "    if") + " r.name_is(\"" + f.name + "\") do\n";
      out += indent + "        let x: " + f.type + " = __read(&r)?\n";
      out += indent + "        v" + std::to_string(i) + " = x\n";
    }
    out += fields.empty() ? indent + "    r.skip()?\n"
                          : indent + "    else do\n" + indent + "        r.skip()?\n" + indent + "    end\n";
    out += indent + "end\n";
    std::string literal;
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field& f = fields[i];
      std::string name = "v" + std::to_string(i);
      bool required = f.initial.empty() && !f.optional;
      if (required)
        out += indent + "if " + name + " == null do\n" + indent + "    let err = r.missing(\"" + f.name + "\")\n" +
               indent + "    fail err\n" + indent + "end\n";
      literal += (literal.empty() ? " " : ", ") + f.name + ": " + name + (required ? "!" : "");
    }
    out += before_return;
    out += indent + "return " + make + " {" + literal + " }\n";
  }

  void read_struct(const Decl& decl) {
    const StructInfo& info = p.structs[decl.index];
    head(decl, info.type_params, "__FromJson");
    out += "    func from_json(mut r: __Reader) -> __JsonError!" + self_text + " do\n";
    read_object(fields_of(tree->list(slot(*tree, (*tree)[decl.node], 1)), info.fields), text(decl.name), "        ",
                "");
    out += "    end\nend\n";
  }

  void write_struct(const Decl& decl) {
    const StructInfo& info = p.structs[decl.index];
    head(decl, info.type_params, "__ToJson");
    out += "    func to_json(self, mut w: __Writer) do\n        w.begin_object()\n";
    for (const FieldInfo& f : info.fields)
      out += "        w.field(" + quoted(text(f.name)) + ")\n        __write(&w, self." + text(f.name) + ")\n";
    out += "        w.end_object()\n    end\nend\n";
  }

  void read_enum(const Decl& decl) {
    const EnumInfo& info = p.enums[decl.index];
    std::string name = text(decl.name), known;
    head(decl, info.type_params, "__FromJson");
    out += "    func from_json(mut r: __Reader) -> __JsonError!" + self_text +
           " do\n        let bare = r.begin_variant()?\n";
    std::span<const NodeId> nodes = tree->list(slot(*tree, (*tree)[decl.node], 1));
    for (const VariantInfo& v : info.variants)
      known += (known.empty() ? "`" : ", `") + text(v.name) + (v.fields.empty() ? "`" : "` with a value");
    for (size_t i = 0; i < info.variants.size() && i < nodes.size(); ++i) {
      const VariantInfo& v = info.variants[i];
      std::string make = name + "." + text(v.name);
      out += std::string("        if ") + (v.fields.empty() ? "bare" : "not bare") + " and r.name_is(\"" +
             text(v.name) + "\") do\n";
      std::vector<Field> fields = fields_of(tree->list((*tree)[nodes[i]].b), v.fields);
      std::string in = "            ";
      if (fields.empty()) {
        out += in + "return " + make + "\n";
      } else if (v.named_fields) {
        read_object(fields, make, in, "            r.end_variant()?\n");
      } else {
        std::string list, count = std::to_string(fields.size());
        if (fields.size() > 1) out += in + "r.begin_array()?\n";
        for (size_t k = 0; k < fields.size(); ++k) {
          if (fields.size() > 1) out += in + "__element(&r, " + count + ")?\n";
          out += in + "let v" + std::to_string(k) + ": " + fields[k].type + " = __read(&r)?\n";
          list += (k ? ", v" : "v") + std::to_string(k);
        }
        if (fields.size() > 1) out += in + "__end_of(&r, " + count + ")?\n";
        out += in + "r.end_variant()?\n" + in + "return " + make + "(" + list + ")\n";
      }
      out += "        end\n";
    }
    out += "        let err = r.unknown_variant(\"" + known + "\")\n        fail err\n    end\nend\n";
  }

  void write_enum(const Decl& decl) {
    const EnumInfo& info = p.enums[decl.index];
    head(decl, info.type_params, "__ToJson");
    out += "    func to_json(self, mut w: __Writer) do\n        match self {\n";
    for (const VariantInfo& v : info.variants) {
      std::string name = text(v.name);
      if (v.fields.empty()) {
        out += "            ." + name + " => w.raw(" + quoted(name) + "),\n";
        continue;
      }
      std::string names, body;
      bool list = !v.named_fields && v.fields.size() > 1;
      for (size_t i = 0; i < v.fields.size(); ++i) {
        std::string var = "v" + std::to_string(i);
        names += (i ? ", " : "") + (v.named_fields ? text(v.fields[i].name) + ": " + var : var);
        if (v.named_fields) body += "                w.field(" + quoted(text(v.fields[i].name)) + ")\n";
        body += "                __write(&w, " + var + ")\n";
      }
      if (v.named_fields) body = "                w.begin_object()\n" + body + "                w.end_object()\n";
      else if (list) body = "                w.begin_array()\n" + body + "                w.end_array()\n";
      out += "            ." + name + (v.named_fields ? " { " + names + " }" : "(" + names + ")") +
             " => do\n                w.begin_object()\n                w.field(" + quoted(name) + ")\n" + body +
             "                w.end_object()\n            end,\n";
    }
    out += "        }\n    end\nend\n";
  }

  // The text for the candidates of one module.
  void write_module(ModuleId module, std::span<const Candidate> all) {
    tree = &p.modules[+module]->tree;
    for (const Candidate& c : all) {
      const Decl decl = p.decls[+c.decl];
      if (c.bad || decl.module != module) continue;
      bool is_struct = decl.kind == DeclKind::Struct;
      if (reads) is_struct ? read_struct(decl) : read_enum(decl);
      else is_struct ? write_struct(decl) : write_enum(decl);
    }
  }

  // ---- the modules

  ModuleId add_module(ModuleId of, std::span<const Helper> helpers) {
    ModuleId id = static_cast<ModuleId>(p.modules.size());
    auto owned = std::make_unique<Module>();
    Module& m = *owned;
    const Module& home = *p.modules[+of];
    p.modules.push_back(std::move(owned));
    std::string path = "derived." + text(home.path);
    m.path = p.names.intern(path);
    m.is_std = true;
    m.profile = home.profile;
    m.names = home.names;
    std::string file = (reads ? "<derived FromJson of " : "<derived ToJson of ") + text(home.path) + ">";
    m.file = p.sources.add(std::move(file), std::move(out), true);
    p.sources.set_derived(m.file);
    out.clear();
    m.tree = parse(m.file, p.sources, p.names, p.diags);
    for (const Helper& h : helpers)
      m.names.insert({p.names.intern("__" + std::string(h.name)), find(h.module, h.name), NameTable::kImported, {}});
    Decl decl;
    decl.kind = DeclKind::Module;
    decl.name = m.path;
    decl.module = id;
    decl.index = +id;
    uint32_t base = p.sources.file(m.file).base;
    decl.name_span = {base, base};
    m.self_decl = static_cast<DeclId>(p.decls.size());
    p.decls.push_back(decl);
    index.load_order.push_back(id);
    return id;
  }

  void run(std::span<const Helper> helpers, std::vector<ModuleId>& made) {
    DeclId decl = find(helpers[0].module, helpers[0].name);
    if (is_none(decl) || p.decls[+decl].kind != DeclKind::Trait) return;
    for (const Helper& h : helpers)
      if (is_none(find(h.module, h.name))) return;
    trait = static_cast<TraitId>(p.decls[+decl].index);
    find_candidates();
    drop_unfit();
    // Declarations of a module lie side by side: one walk finds the pieces.
    for (size_t i = 0; i < candidates.size();) {
      ModuleId module = p.decls[+candidates[i].decl].module;
      size_t end = i;
      while (end < candidates.size() && p.decls[+candidates[end].decl].module == module) ++end;
      write_module(module, std::span(candidates).subspan(i, end - i));
      if (!out.empty()) made.push_back(add_module(module, helpers));
      i = end;
    }
  }
};

}   // namespace

std::vector<ModuleId> derive(Program& program) {
  std::vector<ModuleId> made;
  Deriver{program, *program.index, program.index->derived, TraitId::None, false}.run(kWriteHelpers, made);
  Deriver{program, *program.index, program.index->derived, TraitId::None, true}.run(kReadHelpers, made);
  return made;
}

std::string why_not_derived(Program& p, TypeId type, TraitId trait) {
  TypeKind kind = p.types.kind(type);
  if (kind != TypeKind::Struct && kind != TypeKind::Enum) return {};
  DeclId decl = kind == TypeKind::Struct ? p.structs[p.types[type].a].decl : p.enums[p.types[type].a].decl;
  for (const Derived::Missing& m : p.index->derived.missing) {
    if (m.trait != trait || m.decl != decl) continue;
    std::string part = is_some(m.variant) ? "its variant `" + std::string(p.names.text(m.variant)) + "`"
                                          : "its field `" + std::string(p.names.text(m.field)) + "`";
    std::string name(p.names.text(p.decls[+p.traits[+trait].decl].name));
    return "types of your own get `" + name + "` by themselves when all their parts have it, and " + part + " holds `" +
           p.type_name(m.type) + "`, which has not";
  }
  return {};
}

}   // namespace janus
