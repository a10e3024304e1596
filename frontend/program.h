// program.h: all tables of a checked program, and the questions every later phase asks them.
// Depends on hir.h, tree.h, diag.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "frontend/diag.h"
#include "frontend/hir.h"
#include "frontend/tree.h"

namespace janus {

enum class Profile : uint8_t { Core, Script, Service, Cluster, Compute, Sovereign };
const char* profile_name(Profile profile);  // "core"

enum class DeclKind : uint8_t {
  Module,
  Func,
  Struct,
  Enum,
  Error,
  Trait,
  Const,
  TypeAlias,
  Capability,
  Test,
  TypeParam,
  Broken,  // stands for a name whose declaration was already reported as missing: stay quiet
};
const char* noun_of(DeclKind kind);   // "the struct"; null for what has no name of its own in a sentence

// Every named declaration. `index` is its row in the table of its kind (funcs, structs …).
struct Decl {
  DeclKind kind = DeclKind::Broken;
  bool is_pub = false;
  NameId name = NameId::None;
  ModuleId module = ModuleId::None;
  NodeId node = NodeId::None;  // in the module's tree
  Span name_span;
  uint32_t index = 0;
};

// Names of one scope: open addressing over interned ids, because every identifier of a program asks it.
class NameTable {
 public:
  enum Flag : uint8_t { kOwn = 1, kImported = 2, kPublic = 4, kReported = 8 };
  struct Entry {
    NameId name = NameId::None;
    DeclId decl = DeclId::None;
    uint8_t flags = 0;
    Span span;
  };
  const Entry* find(NameId name) const;
  // Returns the entry that was there before, or null after inserting.
  Entry* insert(const Entry& entry);
  template <class F>
  void each(F&& f) const {
    for (const Entry& e : slots_)
      if (is_some(e.name)) f(e);
  }  // in no order
  size_t size() const { return count_; }

 private:
  std::vector<Entry> slots_;
  size_t count_ = 0;
};

// An example of the documentation (doctest.h): a module of its own that sees all that its file sees.
enum class DoctestMode : uint8_t;
struct DoctestInfo {
  ModuleId module = ModuleId::None;   // its code; None: not compiled
  ModuleId parent = ModuleId::None;   // whose documentation it is; None: a guide's
  FileId file = FileId::None;
  Span place;                         // of the fence
  Span code;                          // between the fences
  DoctestMode mode;
  NameId name = NameId::None;         // "doc Stack.push"
  std::string expected;               // compile_fails: the code of the error
  std::string problem;                // why it failed without being run
  bool passed = false;                // without being run
};

struct ImportInfo {
  NodeId node = NodeId::None;
  ModuleId module = ModuleId::None; /* None: reported */
};

struct Module {
  FileId file = FileId::None;
  NameId path = NameId::None;   // "geometry.shapes", "std.list"; "main" for a single file
  bool is_std = false;
  Profile profile = Profile::Service;
  ModuleId parent = ModuleId::None;            // of a doctest: the module that it documents, whose names it sees
  uint32_t doctest = 0xffffffffu;              // row in Program::doctests
  Tree tree;
  NameTable names;   // own and imported declarations visible in this file: ask through lookup_name
  DeclId self_decl = DeclId::None;   // the Decl of kind Module that stands for this module
  std::vector<ImportInfo> imports;
  std::vector<DeclId> decls;   // own declarations in source order
  std::vector<ImplId> impls;
  bool lost_type = false, lost_func = false;   // one is declared whose name could not be read
};

struct TypeParamInfo {
  NameId name;
  Span span;
  std::vector<TraitId> bounds;   // written
  std::vector<TraitId> inferred;   // needed by the body (language.md §3)
  uint32_t builtin_bounds = 0;   // BuiltinBound bits, written or inferred
  Span first_use;   // of an inferred bound: "the use that needs it"
};
enum BuiltinBound : uint32_t {
  kEqual = 1,
  kOrdered = 2,
  kHashable = 4,
  kNumber = 8,
  kInteger = 16,
  kFloat = 32,
  kPrintable = 0
};

enum class SelfKind : uint8_t { None, Value, Mut };

struct ParamInfo {
  NameId name;
  TypeId type;
  bool is_mut = false;
  NodeId default_value = NodeId::None;   // in the declaring module's tree
  BodyId default_body = BodyId::None;   // checked default expression (a Body without parameters), when there is one
  Span span;
};

// What a function does besides computing its result, found out from its body and from all that it may call; effects.h
// says through which calls. A function that calls what it is given (`f` of `each(items, f)`) has the effects of that
// only in its callers.
enum Effect : uint64_t {
  kMaySuspend = 1,   // may wait: other tasks run meanwhile
  kMaySpawn = 2,   // starts tasks
  kRaisesBudget = 4,   // opens a nursery with a budget of its own
  kMayBlock = 8,   // calls `extern blocking` functions, which occupy a thread
  kMayPanic = 16,   // a check in it can fail: overflow, index, `opt!`, assert
  kAllocates = 32,
  kCallsFfi = 64,   // calls `extern` functions outside the standard library
  // kFirstCapability + i: needs Program::capabilities[i]
};
constexpr uint32_t kFirstCapability = 16;
constexpr uint32_t kMaxCapabilities = 48;   // that have a bit: the language's, and the first of the program's own
struct CapabilityInfo {
  NameId name = NameId::None;
  DeclId decl = DeclId::None;
  bool builtin = false;
};

enum class FuncOrigin : uint8_t { Janus, ExternC, Intrinsic };

struct FuncInfo {
  DeclId decl = DeclId::None;   // methods have a Decl too (not in Module::names)
  // Qualified name for messages, debug info and linking: Program::symbol(func).
  // The impl's parameters (own copies for every method, so that bounds are per method; same order as
  // ImplInfo::type_params) or the trait's Self, then its own.
  std::vector<TypeParamId> type_params;
  uint32_t own_params_from = 0;   // index in type_params of its own first one
  std::vector<ParamInfo> params;   // `self` included, first
  SelfKind self = SelfKind::None;
  TypeId result = Types::Void;
  bool fallible = false;
  ErrorSetId errors = ErrorSetId::None;   // declared or inferred; solved after all bodies are checked
  ImplId impl = ImplId::None;   // method of an impl
  TraitId trait = TraitId::None;   // declared in a trait (required, or a default body)
  FuncOrigin origin = FuncOrigin::Janus;
  uint32_t intrinsic = 0;   // number in intrinsics.def
  bool is_blocking = false;
  uint64_t effects = 0;   // Effect bits, of the body and of all it calls; final after the bodies are checked
  bool has_body = false;
  bool broken = false;     // its head could not be read, which has been said: nothing is asked of it
  bool nameless = false;   // … and names of parameters are lost with it
  BodyId body = BodyId::None;   // None until checked
};

struct FieldInfo {
  NameId name;
  TypeId type;
  NodeId default_value = NodeId::None;
  BodyId default_body = BodyId::None;
  Span span;
  bool is_pub = true;
};
struct StructInfo {
  DeclId decl = DeclId::None;
  std::vector<TypeParamId> type_params;
  std::vector<FieldInfo> fields;
  bool opaque = false;   // its fields are seen in std alone
};
struct VariantInfo {
  NameId name;
  bool named_fields = false;
  std::vector<FieldInfo> fields;
  Span span;
};
struct EnumInfo {
  DeclId decl = DeclId::None;
  std::vector<TypeParamId> type_params;
  std::vector<VariantInfo> variants;
};
struct ErrorInfo {
  DeclId decl = DeclId::None;
  std::vector<TagId> tags;
  ErrorSetId set = ErrorSetId::None;
};

// One error variant. Ad-hoc errors (`fail EmptyUrl`) have no declaration and are the same program-wide.
struct TagInfo {
  ErrorId error = ErrorId::None;   // None: ad hoc
  NameId name = NameId::None;
  Span span;   // of the name where it is declared
  std::vector<FieldInfo> fields;   // payload
  bool implicit = false;   // Panic, Cancelled, …
  std::string full_name;   // "UserError.NotFound", "EmptyUrl"
};

// A set of errors. Inferred sets name functions whose sets they include, until solve_error_sets() has run.
struct ErrorSet {
  std::vector<TagId> tags;   // sorted
  std::vector<ErrorSetId> includes;   // not yet solved
  bool inferred = false;
  bool open = false;   // and any other error: a closure of the type `func() -> !T` may fail with whatever it likes
  bool implicit = false;   // what a `catch` sees that implicit failures reach; every other inferred set leaves them out
  NameId name = NameId::None;   // of the declared error, for printing
};

struct AliasInfo {
  DeclId decl = DeclId::None;
  std::vector<TypeParamId> type_params;
  TypeId type = Types::Error;
  uint8_t state = 0; /* 0 new, 1 being resolved, 2 done */
};

struct TraitInfo {
  DeclId decl = DeclId::None;
  TypeParamId self = TypeParamId::None;
  std::vector<FuncId> methods;
};

struct ImplInfo {
  ModuleId module = ModuleId::None;
  NodeId node = NodeId::None;
  TraitId trait = TraitId::None;   // None: inherent
  TypeId self =
      Types::Error;   // may hold Params of type_params; a bare Param: blanket impl (std only, by builtin bound)
  std::vector<TypeParamId> type_params;
  std::vector<FuncId> methods;   // for a trait: in the trait's order; FuncId::None = the trait's default body is used
  Span span;
};

struct ConstInfo {
  DeclId decl = DeclId::None;
  TypeId type = Types::Error;
  BodyId body = BodyId::None; /* its value expression: only literals, operators already folded to literals,
                                 struct/array/map/enum literals, refs to consts */
  uint8_t state = 0; /* 0 new, 1 being folded, 2 done */
};
struct TestInfo {
  ModuleId module = ModuleId::None;
  NameId name = NameId::None;
  NodeId node = NodeId::None;
  BodyId body = BodyId::None;
  FuncId func = FuncId::None;
  Span span;
  uint32_t doctest = 0xffffffffu; /* row in Program::doctests */
};

// Declarations the compiler itself knows, found in std by name after loading.
struct LangItems {
  StructId map = StructId::None, set = StructId::None, range = StructId::None, map_entry = StructId::None,
           set_entry = StructId::None, chars = StructId::None;
  FuncId map_new = FuncId::None, map_insert = FuncId::None, map_find_slot = FuncId::None,
         map_slot_or_panic = FuncId::None, set_find_slot = FuncId::None, string_chars = FuncId::None,
         chars_to_array = FuncId::None;
  TagId panic = TagId::None, cancelled = TagId::None, channel_closed = TagId::None, budget_exceeded = TagId::None,
        timeout = TagId::None, deadlock = TagId::None;
};

struct ImplMatch {
  ImplId impl = ImplId::None;
  std::vector<TypeId> args; /* of impl.type_params */
};

class Program {
 public:
  SourceMap& sources;
  Names& names;
  Diagnostics& diags;
  Types types;

  std::vector<std::unique_ptr<Module>> modules;
  std::vector<Decl> decls;   // the first one is Broken
  std::vector<FuncInfo> funcs;
  std::vector<StructInfo> structs;
  std::vector<EnumInfo> enums;
  std::vector<ErrorInfo> errors;
  std::vector<TagInfo> tags;
  std::vector<ErrorSet> error_sets;
  std::vector<AliasInfo> aliases;
  std::vector<TraitInfo> traits;
  std::vector<ImplInfo> impls;
  std::vector<ConstInfo> consts;
  std::vector<TestInfo> tests;
  std::vector<DoctestInfo> doctests;
  std::vector<TypeParamInfo> type_params;
  std::vector<std::unique_ptr<Body>> bodies;
  std::vector<CapabilityInfo> capabilities;   // those of capability.def in its order, then the program's own
  std::unique_ptr<struct EffectGraph> effect_graph;   // effects.h; made by check_bodies
  LangItems lang;
  bool uses_tasks = false;   // some body makes a nursery, a task or a channel, or waits
  ModuleId main_module = ModuleId::None;
  FuncId main_func = FuncId::None;   // None when there is none

  Program(SourceMap& s, Names& n, Diagnostics& d);
  ~Program();
  Program(const Program&) = delete;

  // ---- questions (program.cpp). All take and give final types; Params are opaque types that have their bounds.
  std::string type_name(TypeId type) const;   // as a user writes it: `[]i64`, `?String`, `Map[String, i64]`
  std::string set_name(ErrorSetId set) const;   // `UserError`, `A | EmptyUrl`
  std::string symbol(FuncId func) const;   // "geometry.Circle.area"
  std::string impl_name(ImplId impl) const;   // "impl Show for Circle"
  std::string signature(FuncId func) const;   // "func area(self) -> f64", as a user would write it
  ImplMatch find_impl(TraitId trait,
                      TypeId self);   // None when `self` does not implement it (does not look at Param bounds)
  // The method that a call on `self` means: inherent impls first, then traits. candidates > 1: ambiguous.
  struct MethodMatch {
    FuncId func = FuncId::None;
    std::vector<TypeId> impl_args;
    TraitId trait = TraitId::None;
    bool via_param_bound = false;
    bool is_private = false; /* exists, but `from` may not use it */
    int candidates = 0;
  };
  MethodMatch find_method(TypeId self, NameId name, ModuleId from);
  // Traits with a method of this name that `from` can see: own, imported, prelude (for inferred bounds, and
  // suggestions).
  void find_traits_with_method(NameId name, ModuleId from, std::vector<TraitId>& out);
  int trait_method_index(TraitId trait, NameId name) const;   // in TraitInfo::methods, or -1
  // find_impl, and also: Params by their bounds, `dyn Trait` itself.
  bool implements(TypeId type, TraitId trait);
  // Every written and inferred bound of `param` holds for `arg`. The first that does not: `missing` (e.g. "Printable",
  // "Equal").
  bool meets_bounds(TypeParamId param, TypeId arg, std::string* missing = nullptr);
  // Names of methods of `self`, for suggestions.
  void method_names(TypeId self, std::vector<std::string_view>& out);
  // The impl method (or the trait's default) that trait method `method` means for the concrete type args[0] (Self),
  // with the type arguments of the found function. For the backend, when types are concrete.
  struct Resolved {
    FuncId func = FuncId::None;
    std::vector<TypeId> args;
  };
  Resolved resolve_trait_call(FuncId trait_method, std::span<const TypeId> args);
  int find_field(TypeId self, NameId name,
                 TypeId* type);   // index or -1; type of the field with the struct's arguments filled in
  TypeId field_type(TypeId self, uint32_t index);   // struct or tuple
  TypeId payload_type(TypeId enum_type, uint32_t variant, uint32_t field);
  int find_variant(EnumId id, NameId name) const;   // or -1
  TagId find_tag(ErrorId id, NameId name) const;   // variant of a declared error, or None
  bool satisfies(TypeId type, uint32_t builtin_bound);   // Equal Ordered Hashable Number …; Params: by their bounds
  TypeId obstacle(TypeId type, uint32_t bound);   // the part of `type` for which it does not hold
  bool set_contains(ErrorSetId set, TagId tag) const;
  TagId ad_hoc_tag(NameId name);   // made on first use
  const NameTable::Entry* visible_entry(
      ModuleId from, NameId name) const;   // own and imported; for a doctest then its file's. Not the prelude's
  bool sees_inside(ModuleId from, ModuleId module) const {
    return from == module || (is_some(modules[+from]->parent) && modules[+from]->parent == module);
  }
  const Tree& tree_of(ModuleId m) const { return modules[+m]->tree; }

  std::unique_ptr<struct ProgramIndex> index;   // method and impl tables (program_index.h), filled by collect
};
const char* builtin_bound_name(uint32_t bit);   // "Equal"
uint32_t builtin_bound_closure(uint32_t bits);   // with what they imply: Ordered means Equal too

}   // namespace janus
