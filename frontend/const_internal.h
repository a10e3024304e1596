// const_internal.h: what folds a const: shared by const.cpp and const_*.cpp.
// Depends on check.h, resolve.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>

#include "frontend/check.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {

constexpr size_t kMaxConstNodes = 1u << 22;   // `++` can double a value at every step
constexpr size_t kMaxConstText = 1u << 24;
using Int128 = __int128;

struct ConstValue {
  HirId id = HirId::None;         // None: reported
  TypeId type = Types::Error;
  bool flexible = false;          // a number made of literals: takes the type of the place it is used in
  explicit operator bool() const { return is_some(id); }
};

struct ConstFolder {
  Program& p;
  ModuleId module;
  Body& body;
  TypeScope scope;
  const Tree* tree;
  bool unreached = false;   // a failed check is no mistake here: the program would not come to it

  ConstFolder(Program& program, ModuleId m, Body& b)
      : p(program), module(m), body(b), scope{m, {}}, tree(&program.tree_of(m)) {}

  // ---- building
  ConstValue add(HirKind kind, TypeId type, Span span, uint32_t a = 0xffffffffu, uint32_t b = 0xffffffffu,
                 uint16_t aux = 0);
  ConstValue add_int(Int128 n, TypeId type, Span span, bool flexible);
  ConstValue add_float(double x, TypeId type, Span span, bool flexible);
  uint32_t add_list(const std::vector<uint32_t>& items);
  HirNode& node(ConstValue v) { return body.nodes[+v.id]; }
  bool is_kind(ConstValue v, HirKind k) { return body.nodes[+v.id].kind == k; }
  Int128 int_of(ConstValue v) { return body.ints[node(v).a]; }
  double float_of(ConstValue v) { return body.floats[node(v).a]; }
  std::string text(NameId name) { return is_none(name) ? std::string("?") : std::string(p.names.text(name)); }

  // ---- reports
  ConstValue not_constant(NodeId at, const char* what, const char* help = nullptr);
  ConstValue failed(Span at, const std::string& what);
  ConstValue mismatch(Span at, TypeId expected, TypeId found);

  // ---- types of values
  static void int_range(TypeKind k, Int128& low, Int128& high);
  bool fits(Int128 n, TypeId type);
  static std::string int_text(Int128 n);
  bool widens(TypeId from, TypeId to);
  ConstValue coerce(ConstValue v, TypeId to, Span at);
  ConstValue settle(ConstValue v, Span at);

  // ---- expressions. `expected` may be None.
  ConstValue fold_to(NodeId id, TypeId expected);
  ConstValue fold(NodeId id, TypeId expected);
  ConstValue fold_unreached(NodeId id, TypeId expected);
  ConstValue null(Span at, TypeId expected);
  ConstValue choice(NodeId id, const Node& n, Span at, TypeId expected);
  ConstValue block(NodeId id, const Node& n, TypeId expected);

  // ---- names
  ConstValue name(NodeId id, NameId name, TypeId expected);
  ConstValue of_decl(NodeId id, DeclId found, TypeId);
  ConstValue of_const(NodeId id, ConstId other);
  ConstValue copy(const Body& from, HirId id, Span at);
  const Body* behind(const Body* in, HirId& root);
  const Body* behind(ConstValue v, HirId& root) { return behind(&body, root = v.id); }
  ConstValue part(NodeId id, ConstValue base, uint32_t index);
  DeclId path(NodeId id);
  ConstValue member(NodeId id, const Node& n, TypeId expected);
  ConstValue number_member(NodeId id, TypeId type, NameId name);

  // ---- variants of enums and errors
  ConstValue dot_name(NodeId id, NameId name, std::span<const NodeId> args, TypeId expected);
  ConstValue variant(NodeId id, DeclId owner, NameId name, std::span<const NodeId> args, TypeId expected);
  NodeId argument(NodeId node) {
    return (*tree)[node].kind == NodeKind::Arg ? static_cast<NodeId>((*tree)[node].b) : node;
  }

  std::vector<TypeId> start_args(const std::vector<TypeParamId>& params, TypeId self, TypeId expected);
  ConstValue fold_generic(NodeId id, TypeId declared, const std::vector<TypeParamId>& params,
                          std::vector<TypeId>& bound);
  TypeId finish_args(Span at, TypeId self, const std::vector<TypeParamId>& params, const std::vector<TypeId>& bound);

  // ---- operators
  ConstValue unary(const Node& n, Span at, NodeId operand, TypeId expected);
  Int128 max_of(TypeId type);
  ConstValue binary(const Node& n, Span at, NodeId left, NodeId right, TypeId expected);
  bool join(ConstValue& l, ConstValue& r, Span at);
  ConstValue integer(TokenKind op, Span at, ConstValue l, ConstValue r, TypeId expected);
  Int128 wrap(Int128 z, TypeId type);
  ConstValue shift(TokenKind op, Span at, ConstValue l, ConstValue r, TypeId expected);
  ConstValue floating(TokenKind op, Span at, ConstValue l, ConstValue r);
  ConstValue compare(const Node& n, Span at, NodeId left, NodeId right);
  ConstValue contains(Span at, NodeId left, NodeId right);
  ConstValue index(NodeId id, const Node& n);
  ConstValue concat(Span at, NodeId left, NodeId right, TypeId expected);
  ConstValue coalesce(Span at, NodeId left, NodeId right, TypeId expected);
  ConstValue unwrap(Span at, NodeId operand, TypeId expected);
  ConstValue inside(ConstValue optional, Span at);

  // ---- literals with parts
  ConstValue array(const Node& n, Span at, TypeId expected);
  ConstValue map(const Node& n, Span at, TypeId expected);
  ConstValue tuple(const Node& n, Span at, TypeId expected);
  ConstValue range(const Node& n, Span at, NodeId low, NodeId high, TypeId);
  bool print(ConstValue v, std::string& out);
  ConstValue interp(const Node& n, Span at);
  ConstValue structure(const Node& n, Span at, TypeId expected);
  ConstValue struct_variant(Span at, DeclId owner, NameId name, std::span<const NodeId> inits, TypeId expected);
  bool fields(Span at, std::span<const NodeId> inits, const std::vector<FieldInfo>& infos,
              const std::vector<TypeParamId>& params, std::vector<TypeId>& bound, const std::string& owner,
              ModuleId declared_in, std::vector<uint32_t>& pairs, NodeId old = NodeId::None, ConstValue old_value = {});

  // ---- calls: variants with a payload, and conversions of numbers
  ConstValue call(NodeId id, const Node& n, TypeId expected);
  ConstValue convert(NodeId id, NodeId operand, TypeId to);
};

}  // namespace janus
