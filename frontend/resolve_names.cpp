// resolve_names.cpp: what a name means in a file, what a user of another language may have meant, and sets of errors.
// Depends on resolve.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {

const NameTable::Entry* Program::visible_entry(ModuleId from, NameId name) const {
  const NameTable::Entry* e = modules[+from]->names.find(name);
  ModuleId parent = modules[+from]->parent;
  return e || is_none(parent) ? e : modules[+parent]->names.find(name);
}

DeclId lookup_name(Program& program, ModuleId from, NameId name) {
  if (program.index->lint) program.index->used_names[static_cast<uint64_t>(+from) << 32 | +name] = 1;
  if (const NameTable::Entry* e = program.visible_entry(from, name)) return e->decl;
  if (const NameTable::Entry* e = program.index->prelude.find(name)) return e->decl;
  return DeclId::None;
}

DeclId lookup_in_module(Program& program, ModuleId module, NameId name, bool* is_private) {
  if (is_private) *is_private = false;
  if (is_none(module)) return static_cast<DeclId>(0);   // the Broken declaration
  const NameTable::Entry* e = program.modules[+module]->names.find(name);
  if (!e) return DeclId::None;
  if (e->flags & NameTable::kPublic) return e->decl;
  if (!(e->flags & NameTable::kOwn)) return DeclId::None;   // an import of that file is nobody else's business
  if (is_private) *is_private = true;
  return e->decl;
}

void visible_names(Program& program, ModuleId from, std::vector<std::string_view>& out) {
  auto add = [&](const NameTable::Entry& e) { out.push_back(program.names.text(e.name)); };
  size_t begin = out.size();
  program.modules[+from]->names.each(add);
  if (ModuleId parent = program.modules[+from]->parent; is_some(parent)) program.modules[+parent]->names.each(add);
  program.index->prelude.each(add);
  std::sort(out.begin() + begin, out.end());   // tables have no order of their own; messages must
}

std::vector<std::string_view> public_names(Program& program, ModuleId of) {
  std::vector<std::string_view> names;
  program.modules[+of]->names.each([&](const NameTable::Entry& e) {
    bool broken = program.decls[+e.decl].kind == DeclKind::Broken;   // a `pub import` that brings nothing
    if ((e.flags & NameTable::kPublic) && !broken) names.push_back(program.names.text(e.name));
  });
  std::sort(names.begin(), names.end());
  return names;
}

std::string name_in_an_import(Program& program, ModuleId from, NameId name) {
  std::string found;
  if (program.diags.error_count() > 300) return found;   // a text that is no program: nobody reads this far
  program.modules[+from]->names.each([&](const NameTable::Entry& e) {
    const Decl& decl = program.decls[+e.decl];
    if (decl.kind != DeclKind::Module) return;
    bool is_private = false;
    if (is_none(lookup_in_module(program, static_cast<ModuleId>(decl.index), name, &is_private)) || is_private) return;
    std::string whole = std::string(program.names.text(e.name)) + "." + std::string(program.names.text(name));
    if (found.empty() || whole < found) found = std::move(whole);   // tables have no order of their own
  });
  return found;
}

void say_what_it_has(Diagnostic& d, Span at, std::string_view word, const std::vector<std::string_view>& names) {
  if (std::string_view near = nearest_name(word, names); !near.empty()) {
    d.fix(at, std::string(near), "did you mean `" + std::string(near) + "`?", Applicability::MaybeIncorrect);
    return;
  }
  auto listed = [&](auto wanted) {
    std::string list;
    size_t count = 0;
    for (std::string_view name : names)
      if (wanted(name)) list += (count++ ? ", `" : "`") + std::string(name) + "`";
    return count <= 12 ? list : std::string();
  };
  auto lower = [](std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
  };
  std::string part = lower(word);
  std::string similar =
      part.size() < 3 ? std::string()
                      : listed([&](std::string_view name) { return lower(name).find(part) != std::string::npos; });
  if (similar.empty()) {   // read_text, readText: what has `read` or `text` in it
    std::vector<std::string> words(1);
    for (char c : word) {
      if (c == '_' || (c >= 'A' && c <= 'Z')) words.emplace_back();
      if (c != '_') words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    similar = listed([&](std::string_view name) {
      for (const std::string& one : words)
        if (one.size() > 3 && lower(name).find(one) != std::string::npos) return true;
      return false;
    });
  }
  if (similar.empty()) similar = listed([](std::string_view) { return true; });
  if (!similar.empty()) d.note("it has " + similar);
}

void say_what_hides(Program& program, ModuleId from, Diagnostic& d, TypeId type) {
  TypeKind kind = program.types.kind(type);
  if (kind == TypeKind::Param) {
    const TypeParamInfo& param = program.type_params[program.types[type].a];
    DeclId hidden = is_some(param.name) ? lookup_name(program, from, param.name) : DeclId::None;
    if (is_none(hidden) || program.decls[+hidden].kind == DeclKind::Broken) return;
    std::string name(program.names.text(param.name));
    d.at(param.span, "here `" + name + "` is a type parameter")
        .at(program.decls[+hidden].name_span, "it hides this `" + name + "`");
    d.help("give the type parameter another letter");
    return;
  }
  std::string name = program.type_name(type);
  bool letter = name.size() == 1 && name[0] >= 'A' && name[0] <= 'Z';
  DeclId decl = letter ? lookup_name(program, from, program.names.intern(name)) : DeclId::None;
  if (is_none(decl) || program.decls[+decl].kind == DeclKind::Broken) return;
  d.at(program.decls[+decl].name_span, "`" + name + "` is declared here")
      .note("a single capital letter is a type parameter only where nothing of that name is declared")
      .help("if a type parameter is meant: write `[" + name + "]` behind the function's name, or another letter");
}

namespace {
struct FalseFriend {
  const char* theirs;
  const char* ours;
};
constexpr FalseFriend kFalseFriends[] = {
    {"int", "i64"},           {"Int", "i64"},         {"integer", "i64"},    {"long", "i64"},
    {"Long", "i64"},          {"isize", "i64"},       {"Int64", "i64"},      {"int64", "i64"},
    {"num", "f64"},           {"number", "f64"},      {"int32", "i32"},      {"Int32", "i32"},
    {"int16", "i16"},         {"Int16", "i16"},       {"short", "i16"},      {"int8", "i8"},
    {"Int8", "i8"},           {"usize", "u64"},       {"uint", "u64"},       {"UInt", "u64"},
    {"uint64", "u64"},        {"UInt64", "u64"},      {"uint32", "u32"},     {"UInt32", "u32"},
    {"uint16", "u16"},        {"UInt16", "u16"},      {"uint8", "u8"},       {"UInt8", "u8"},
    {"byte", "u8"},           {"Byte", "u8"},         {"float", "f64"},      {"Float64", "f64"},
    {"float64", "f64"},       {"double", "f64"},      {"Double", "f64"},     {"float32", "f32"},
    {"Float32", "f32"},       {"str", "String"},      {"Str", "String"},     {"text", "String"},
    {"Bool", "bool"},         {"boolean", "bool"},    {"Boolean", "bool"},   {"Char", "char"},
    {"character", "char"},    {"Character", "char"},  {"rune", "char"},      {"list", "Array"},
    {"List", "Array"},        {"Vec", "Array"},       {"vec", "Array"},      {"vector", "Array"},
    {"Vector", "Array"},      {"ArrayList", "Array"}, {"array", "Array"},    {"slice", "Array"},
    {"dict", "Map"},          {"Dict", "Map"},        {"dictionary", "Map"}, {"Dictionary", "Map"},
    {"HashMap", "Map"},       {"hashmap", "Map"},     {"map", "Map"},        {"HashSet", "Set"},
    {"set", "Set"},           {"Option", "Optional"}, {"Maybe", "Optional"}, {"option", "Optional"},
    {"optional", "Optional"}, {"Void", "void"},       {"Unit", "void"},      {"unit", "void"},
    {"None", "void"},         {"Never", "never"},     {"chan", "Channel"},   {"Chan", "Channel"},
};
}  // namespace

std::string_view false_friend(std::string_view name) {
  for (const FalseFriend& f : kFalseFriends)
    if (name == f.theirs) return f.ours;
  return {};
}

TypeId builtin_type(Program& program, NameId name) {
  return static_cast<TypeId>(program.index->builtin_types.find(+name));
}
BuiltinGeneric builtin_generic(Program& program, NameId name) {
  uint32_t g = program.index->builtin_generics.find(+name);
  return g == FlatMap::None ? BuiltinGeneric::None : static_cast<BuiltinGeneric>(g);
}
uint32_t builtin_bound(Program& program, NameId name) {
  uint32_t bit = program.index->builtin_bounds.find(+name);
  return bit == FlatMap::None ? 0 : bit;
}

TypeId self_type_of_decl(Program& program, DeclId id) {
  const Decl& decl = program.decls[+id];
  std::vector<TypeId> args;
  auto params = [&](const std::vector<TypeParamId>& list) {
    for (TypeParamId param : list) args.push_back(program.types.param(param));
  };
  switch (decl.kind) {
    case DeclKind::Struct:
      params(program.structs[decl.index].type_params);
      return program.types.structure(static_cast<StructId>(decl.index), args);
    case DeclKind::Enum:
      params(program.enums[decl.index].type_params);
      return program.types.enumeration(static_cast<EnumId>(decl.index), args);
    case DeclKind::Error: return program.types.error_value(program.errors[decl.index].set);
    case DeclKind::Capability: return program.types.intern(TypeKind::Capability, +id, 0, {});
    case DeclKind::TypeAlias: return program.aliases[decl.index].type;
    default: return Types::Error;
  }
}

TypeScope func_scope(Program& program, FuncId func) {
  const FuncInfo& f = program.funcs[+func];
  TypeScope scope{program.decls[+f.decl].module, f.type_params};
  if (is_some(f.impl)) {
    const ImplInfo& impl = program.impls[+f.impl];
    std::vector<TypeId> args;
    for (size_t i = 0; i < impl.type_params.size() && i < f.type_params.size(); ++i)
      args.push_back(program.types.param(f.type_params[i]));
    scope.self = program.types.subst(impl.self, impl.type_params, args);
  } else if (is_some(f.trait)) {
    scope.self = program.types.param(program.traits[+f.trait].self);
  }
  return scope;
}

// ---- sets of errors, interned by content, so that `A | B` is one type wherever it stands

ErrorSetId error_set_of(Program& program, std::vector<TagId> tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  uint64_t hash = 1469598103934665603ull;
  for (TagId tag : tags) hash = mix_bits(hash * 31 + +tag);
  if (hash == ~0ull) hash = 0;
  ProgramIndex& index = *program.index;
  uint32_t& first = index.error_sets[hash];
  for (uint32_t id = first; id != FlatMap::None; id = index.error_set_next[id])
    if (program.error_sets[id].tags == tags) return static_cast<ErrorSetId>(id);
  ErrorSetId id = static_cast<ErrorSetId>(program.error_sets.size());
  index.error_set_next.resize(+id + 1, FlatMap::None);
  index.error_set_next[+id] = first;
  first = +id;
  ErrorSet set;
  set.tags = std::move(tags);
  program.error_sets.push_back(std::move(set));
  return id;
}

ErrorSetId new_inferred_set(Program& program) {
  ErrorSetId id = static_cast<ErrorSetId>(program.error_sets.size());
  program.error_sets.emplace_back().inferred = true;
  return id;
}

}  // namespace janus
