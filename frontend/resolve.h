// resolve.h: from files to declarations: modules, imports, names, types in signatures, impl tables.
// Depends on program.h, files.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>

#include "frontend/files.h"
#include "frontend/program.h"

namespace janus {
struct BodyMemory;

// Reads and parses the root file and everything it imports (std from `std_files`, the package's src/ or the file's
// folder). Import cycles, missing modules and unreadable files are reported. The prelude (std.prelude) is always
// loaded. Which examples of documentation are tests of this compilation, beside what the program is.
struct DoctestOptions {
  bool own = false;                        // of the program's modules
  bool std = false;                        // of the standard library's, all of whose modules are then loaded
  std::vector<std::string> guides;         // pages of Markdown, each a file without a module
  // What an earlier check found: these are not compiled again. By where they stand: "path:offset of the fence".
  struct Verdict {
    bool passed;
    std::string problem;
    std::vector<Diagnostic> flaws = {};   // the errors themselves; their places are bytes of the example's file
  };
  std::map<std::string, Verdict> known;
};
struct LoadOptions {
  std::string root;             // path of the main file, or "" when `texts` are given by tests
  std::string source_root;      // folder that imports start at: src/ of a package, else the root file's own
  Profile profile = Profile::Service;
  bool all_std = false;         // every module of std, imported or not: for its documentation
  bool all_modules = false;     // `check`/`test` of a package: every .jan file below source_root
  DoctestOptions doctests;
  const BodyMemory* memory = nullptr;   // bodies that it knows are parsed only when they must be checked all the same
};
// The examples of the documentation, each a module behind those that are loaded (resolve_doctest.cpp).
void load_doctests(Program& program, FileSystem& files, const DoctestOptions& options);
std::string doctest_key(const Program& program, const DoctestInfo& test);   // of DoctestOptions::known
void load_modules(Program& program, FileSystem& files, const LoadOptions& options);

// Declares everything, resolves signatures, fields, impls, type aliases, consts' types; fills Program's tables and
// index.
void collect(Program& program);

// What a type parameter name means while a signature or body is resolved.
struct TypeScope {
  ModuleId module;
  std::vector<TypeParamId> params;   // looked up by name
  TypeId self = TypeId::None;   // `Self` / the impl's self type
  bool may_declare_params = false;   // an undeclared single capital becomes a type parameter (signatures only)
};
// The scope that a function's own signature and body are resolved in.
TypeScope func_scope(Program& program, FuncId func);
// Type of a type node; reports and returns Types::Error when it cannot. `in_result` accepts TypeFallible (see
// FallibleType).
TypeId resolve_type(Program& program, TypeScope& scope, NodeId node);
void report_late_mut(Program& program, Span at);   // a `mut` parameter of a function value behind the first kMutParams
struct FallibleType {
  TypeId type = Types::Void;
  bool fallible = false;
  bool infer_set = false;
  ErrorSetId set = ErrorSetId::None;
};
FallibleType resolve_result_type(Program& program, TypeScope& scope, NodeId node);

// A type parameter for advice about a trait, which may have the name that comes to mind first.
inline std::string param_beside(std::string_view trait) { return trait == "T" ? "U" : "T"; }
DeclId lookup_name(Program& program, ModuleId from, NameId name);   // own, imported, prelude; None
// m.name: public declarations and what `pub import` brings. A private one is returned too, with *is_private set.
DeclId lookup_in_module(Program& program, ModuleId module, NameId name, bool* is_private);
// For the inference of bounds: see resolve_impl.cpp.
bool share_impl_needs(Program& program);
std::string unmet_impl(Program& program, TypeId type, TraitId trait);
// Every name that `from` can use without a path, for "did you mean".
void visible_names(Program& program, ModuleId from, std::vector<std::string_view>& out);
// What others can ask a module for, what it hands on included; in order.
std::vector<std::string_view> public_names(Program& program, ModuleId of);
// `deque.Deque` for `Deque` where `deque` is imported; empty when no imported module has it.
std::string name_in_an_import(Program& program, ModuleId from, NameId name);
// Said of a module that has no `word`: a misspelt name, or the names that have the word in them (`to_hex` for `hex`),
// or all when they are few.
void say_what_it_has(Diagnostic& d, Span at, std::string_view word, const std::vector<std::string_view>& names);
// Said where `E` was meant to be an error, and a type parameter of that name hides it, or the other way round.
void say_what_hides(Program& program, ModuleId from, Diagnostic& d, TypeId type);
// What people of other languages write: `int` -> "i64", `HashMap` -> "Map" …; empty when there is no such habit.
std::string_view false_friend(std::string_view name);
TypeId builtin_type(Program& program, NameId name);   // i64 … String, string; None
enum class BuiltinGeneric : uint8_t { None, Array, Optional, Type, Channel, Task, Nursery, Handle };
BuiltinGeneric builtin_generic(Program& program, NameId name);   // names that a program may shadow
uint32_t builtin_bound(Program& program, NameId name);   // Equal, Ordered …: a bit, or 0
TypeId self_type_of_decl(Program& program, DeclId decl);   // `User`: Struct User with its own Params as arguments
ErrorSetId error_set_of(Program& program, std::vector<TagId> tags);   // interned by content
ErrorSetId new_inferred_set(Program& program);
bool profile_may_import(Profile importer, Profile imported);   // ruling 60
}   // namespace janus
