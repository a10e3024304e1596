// type.h: interned types: equal types have equal ids, so comparing types is comparing numbers.
// Depends on source.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frontend/source.h"

namespace janus {

enum class TypeKind : uint8_t {
  Error,     // stand-in after a reported mistake: fits anywhere, never reported again
  Never,
  Void,
  Bool,
  Char,
  I8,
  I16,
  I32,
  I64,
  U8,
  U16,
  U32,
  U64,
  F32,
  F64,
  String,
  Array,     // a: element
  Fixed,     // a: element, b: length
  Optional,  // a: inner
  Tuple,     // args: 2 or more
  Func,      // args: parameters, then the result last; a: FuncTypeFlags; b: ErrorSetId when kFuncFallible
  Struct,    // a: StructId; args (Map, Set, Range of std are structs)
  Enum,      // a: EnumId; args
  ErrorVal,  // a: ErrorSetId: an error value known to be one of that set
  TypeOf,    // a: type: `Type[T]`, a type as a value; carries no data at run time
  Param,     // a: TypeParamId (also `Self` of a trait)
  Dyn,       // a: TraitId
  Channel,
  Task,  // a: element; b of a Task: 0, or 1 + ErrorSetId of what it can fail with, which only the checker knows
                  // (has_infer)
  Nursery,
  Capability,     // a: DeclId
  Handle,   // `SystemHandle`, for std alone: a descriptor of the system with an owner; closed when the last one goes
  Infer,   // a: number of an inference variable of the body being checked; never leaves the checker
};

enum FuncTypeFlags : uint32_t {
  kFuncFallible = 1,   // written with `!`: fails with error set b
  // a function type without `!` in a parameter is failure-polymorphic (ruling 7); elsewhere only infallible closures
  // fit
  kFuncMutParam0 = 1u << 8,   // bit 8 + i: parameter i is `mut`
};
constexpr size_t kMutParams = 24;   // only the first ones of a function type may be `mut`
constexpr uint32_t mut_param_flag(size_t i) { return i < kMutParams ? kFuncMutParam0 << i : 0; }

struct TypeRow {
  TypeKind kind;
  bool has_infer;   // an Infer occurs inside
  bool has_param;   // a Param occurs inside
  uint32_t a, b;
  uint32_t args;   // index into Types::args_, length in arg_count
  uint32_t arg_count;
  uint32_t size;   // parts it has when written out, itself included; saturates. Aliases and tuples can double it in
                   // every step: see kMaxTypeSize
};
constexpr uint32_t kMaxTypeSize =
    10000;   // a larger type is an error where it is made, before anything walks through it

class Types {
 public:
  Types();
  ~Types();
  Types(const Types&) = delete;

  // The simple kinds have fixed ids: their TypeKind's number.
  static constexpr TypeId of(TypeKind k) { return static_cast<TypeId>(k); }
  static constexpr TypeId Error = static_cast<TypeId>(TypeKind::Error);
  static constexpr TypeId Never = static_cast<TypeId>(TypeKind::Never);
  static constexpr TypeId Void = static_cast<TypeId>(TypeKind::Void);
  static constexpr TypeId Bool = static_cast<TypeId>(TypeKind::Bool);
  static constexpr TypeId Char = static_cast<TypeId>(TypeKind::Char);
  static constexpr TypeId I8 = static_cast<TypeId>(TypeKind::I8);
  static constexpr TypeId I16 = static_cast<TypeId>(TypeKind::I16);
  static constexpr TypeId I32 = static_cast<TypeId>(TypeKind::I32);
  static constexpr TypeId I64 = static_cast<TypeId>(TypeKind::I64);
  static constexpr TypeId U8 = static_cast<TypeId>(TypeKind::U8);
  static constexpr TypeId U16 = static_cast<TypeId>(TypeKind::U16);
  static constexpr TypeId U32 = static_cast<TypeId>(TypeKind::U32);
  static constexpr TypeId U64 = static_cast<TypeId>(TypeKind::U64);
  static constexpr TypeId F32 = static_cast<TypeId>(TypeKind::F32);
  static constexpr TypeId F64 = static_cast<TypeId>(TypeKind::F64);
  static constexpr TypeId String = static_cast<TypeId>(TypeKind::String);
  TypeId array(TypeId elem) { return intern(TypeKind::Array, +elem, 0, {}); }
  TypeId fixed(TypeId elem, uint32_t n) { return intern(TypeKind::Fixed, +elem, n, {}); }
  TypeId optional(TypeId inner) { return intern(TypeKind::Optional, +inner, 0, {}); }
  TypeId tuple(std::span<const TypeId> items) { return intern(TypeKind::Tuple, 0, 0, items); }
  TypeId func(std::span<const TypeId> params_then_result, uint32_t flags, ErrorSetId set) {
    return intern(TypeKind::Func, flags, +set, params_then_result);
  }
  TypeId structure(StructId id, std::span<const TypeId> args) { return intern(TypeKind::Struct, +id, 0, args); }
  TypeId enumeration(EnumId id, std::span<const TypeId> args) { return intern(TypeKind::Enum, +id, 0, args); }
  TypeId error_value(ErrorSetId set) { return intern(TypeKind::ErrorVal, +set, 0, {}); }
  TypeId type_of(TypeId t) { return intern(TypeKind::TypeOf, +t, 0, {}); }
  TypeId param(TypeParamId p) { return intern(TypeKind::Param, +p, 0, {}); }
  TypeId dyn(TraitId t) { return intern(TypeKind::Dyn, +t, 0, {}); }
  TypeId channel(TypeId elem) { return intern(TypeKind::Channel, +elem, 0, {}); }
  TypeId task(TypeId elem) { return intern(TypeKind::Task, +elem, 0, {}); }
  TypeId handle() { return intern(TypeKind::Handle, 0, 0, {}); }
  TypeId infer(uint32_t var) { return intern(TypeKind::Infer, var, 0, {}); }
  TypeId intern(TypeKind kind, uint32_t a, uint32_t b, std::span<const TypeId> args);

  const TypeRow& operator[](TypeId id) const { return rows_[+id]; }
  TypeKind kind(TypeId id) const { return rows_[+id].kind; }
  TypeId elem(TypeId id) const {
    return static_cast<TypeId>(rows_[+id].a);
  }   // Array Fixed Optional TypeOf Channel Task
  // Valid until the next intern(): copy before interning in a loop.
  std::span<const TypeId> args(TypeId id) const { return {args_.data() + rows_[+id].args, rows_[+id].arg_count}; }

  // Replaces each Param p found in `params` by the argument at the same place. Interns as needed.
  TypeId subst(TypeId type, std::span<const TypeParamId> params, std::span<const TypeId> args);

  bool is_integer(TypeId t) const {
    auto k = kind(t);
    return k >= TypeKind::I8 && k <= TypeKind::U64;
  }
  bool is_float(TypeId t) const {
    auto k = kind(t);
    return k == TypeKind::F32 || k == TypeKind::F64;
  }
  bool is_number(TypeId t) const { return is_integer(t) || is_float(t); }
  bool is_signed(TypeId t) const {
    auto k = kind(t);
    return k >= TypeKind::I8 && k <= TypeKind::I64;
  }
  static int int_bits(TypeKind k);   // 8 16 32 64

 private:
  std::vector<TypeRow> rows_;
  std::vector<TypeId> args_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace janus
