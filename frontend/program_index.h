// program_index.h: the tables behind Program's questions: methods by (head of type, name), impls by (trait, head).
// Depends on program.h, derive.h, flat_map.h. Included by resolve*.cpp, program.cpp, const.cpp only.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/derive.h"
#include "frontend/flat_map.h"
#include "frontend/program.h"
#include "frontend/resolve.h"

namespace janus {

// The head of a type decides which impls can match it: its kind, and for declared types which one.
// A bare Param (blanket impl) has the head kBlanket. Heads fit 32 bits.
constexpr uint32_t kBlanket = 0xfffffffeu;
uint32_t type_head(const Program& program, TypeId type);

struct MethodRow {
  FuncId func;           // of an impl; None: a trait's method whose default body this impl takes
  FuncId trait_method;   // the trait's own declaration, or None for inherent ones
  ImplId impl;
  uint32_t next;         // next row of the same (head, name), or FlatMap::None
};
struct ImplRow {
  ImplId impl;
  uint32_t next;
};
struct TraitRow {
  TraitId trait;
  uint32_t next;
};

struct ProgramIndex {
  FlatMap lost_methods;                  // +NameId -> 1: stands in an `impl` whose head could not be read
  bool lost_method = false;              // … or its own name could not
  FlatMap methods;                       // head << 32 | name -> first MethodRow
  std::vector<MethodRow> method_rows;
  FlatMap impls;                         // trait << 32 | head -> first ImplRow
  std::vector<ImplRow> impl_rows;
  FlatMap impls_of_head;                 // head -> first ImplRow of all impls for it, for suggestions
  FlatMap traits_by_method;              // name -> first TraitRow
  std::vector<TraitRow> trait_rows;
  FlatMap fields;                        // struct << 32 | name -> index + 0, of structs with many fields
  FlatMap modules_by_path;               // +NameId of the path -> ModuleId
  std::vector<ModuleId> load_order;      // every module after those it imports
  FlatMap ad_hoc;                        // +NameId -> TagId
  FlatMap error_sets;                    // hash of tags -> first of a chain
  std::vector<uint32_t> error_set_next;  // by ErrorSetId
  FlatMap builtin_types;                 // +NameId -> TypeId
  FlatMap builtin_generics;              // +NameId -> BuiltinGeneric
  FlatMap builtin_bounds;                // +NameId -> bit
  NameTable prelude;                     // names visible everywhere
  ModuleId prelude_module = ModuleId::None;
  NameId name_Self = NameId::None, name_main = NameId::None, name_self = NameId::None;

  // From one type parameter to another: see endless.cpp. `owner` is a DeclId or a FuncId.
  struct GrowthEdge {
    uint32_t from, to;
    bool grows;
    Span span;
    uint32_t owner;
  };
  std::vector<GrowthEdge> calls_with_params;

  // Memo of satisfies() for types without Params: bits asked, bits that hold.
  std::vector<uint8_t> known_bounds, held_bounds;

  bool lint = false;                     // lookup_name() notes what is asked for
  FlatMap used_names;                    // ModuleId << 32 | NameId -> 1

  int alias_depth = 0, const_depth = 0;  // how deep one waits for another while they are resolved on demand
  bool collected = false;                // all impls are known: bounds can be checked at once
  // Written applications of types whose parameters have bounds: checked when all impls are known.
  struct BoundUse {
    TypeId type;
    Span span;
  };
  std::vector<BoundUse> bound_uses;
  struct DynUse {
    TraitId trait;
    Span span;
  };
  std::vector<DynUse> dyn_uses;          // the same for `dyn Trait`
  struct DynMade {
    TypeId type;
    TraitId trait;
    Span span;
  };
  std::vector<DynMade> dyns_made;        // of generic types, whose impls may turn out to need more than was known
  Derived derived;
  FlatMap dyn_checked;                   // TraitId -> 1: one report a trait
};

// Fields of a node whose `b` is an index of unnamed slots in Tree::extra (node.def: "extra -> [x, y]").
inline uint32_t slot(const Tree& tree, const Node& node, uint32_t i) { return tree.extra[node.b + i]; }
inline NodeId node_slot(const Tree& tree, const Node& node, uint32_t i) {
  return static_cast<NodeId>(tree.extra[node.b + i]);
}
inline Span path_span(const Tree& tree, std::span<const NodeId> path) {
  return {tree.caret(path.front()).lo, tree.caret(path.back()).hi};
}

// resolve_type.cpp
TraitId resolve_trait(Program& program, TypeScope& scope, NodeId node);   // None after a report
void resolve_bound(Program& program, TypeScope& scope, TypeParamId param, NodeId node);
void check_bound_use(Program& program, TypeId type, Span span);
void check_dyn_use(Program& program, TraitId trait, Span span);
void resolve_alias(Program& program, uint32_t index);
const char* decl_kind_text(DeclKind kind);                                // "a function"
// resolve_collect.cpp
void fill_lang_items(Program& program);     // the structs, before signatures are resolved
void fill_lang_methods(Program& program);   // their methods, after
// const.cpp: the length in `[n]T`; false after a report.
bool fold_length(Program& program, ModuleId module, NodeId expr, uint32_t& length);
void fold_const(Program& program, ConstId id);
// resolve_impl.cpp
void check_impls(Program& program);         // method tables, conformance to traits
void check_type_tables(Program& program);   // recursive structs
// endless.cpp
std::vector<DeclId> find_endless_types(Program& program);
bool match_type(Program& program, TypeId pattern, TypeId actual, std::span<const TypeParamId> params,
                std::span<TypeId> bound);
bool types_overlap(const Program& program, TypeId a, TypeId b);

}  // namespace janus
