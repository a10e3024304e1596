// type.cpp: interning of types, substitution of type parameters.
// Depends on type.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/type.h"

#include <algorithm>

#include "frontend/flat_map.h"

namespace janus {

// Open addressing over row numbers; a row's hash is computed again when the table grows.
struct Types::Impl {
  std::vector<uint32_t> slots = std::vector<uint32_t>(1024, 0xffffffffu);
};

namespace {
uint64_t hash_type(TypeKind kind, uint32_t a, uint32_t b, std::span<const TypeId> args) {
  uint64_t h = mix_bits((static_cast<uint64_t>(kind) << 56) ^ (static_cast<uint64_t>(b) << 32) ^ a);
  for (TypeId arg : args) h = mix_bits(h * 31 + +arg + 1);
  return h;
}
// Kinds whose `a` is a type: what they hold decides has_infer and has_param.
bool holds_element(TypeKind k) {
  switch (k) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: return true;
    default: return false;
  }
}
}  // namespace

Types::Types() : impl_(std::make_unique<Impl>()) {
  rows_.reserve(1024);
  for (int k = 0; k <= static_cast<int>(TypeKind::String); ++k) {
    TypeId id = intern(static_cast<TypeKind>(k), 0, 0, {});
    require(+id == static_cast<uint32_t>(k), "simple kinds come first, in order, so that their ids are fixed");
  }
}
Types::~Types() = default;

TypeId Types::intern(TypeKind kind, uint32_t a, uint32_t b, std::span<const TypeId> args) {
  uint64_t hash = hash_type(kind, a, b, args);
  size_t mask = impl_->slots.size() - 1;
  size_t i = hash & mask;
  for (; impl_->slots[i] != 0xffffffffu; i = (i + 1) & mask) {
    const TypeRow& row = rows_[impl_->slots[i]];
    if (row.kind == kind && row.a == a && row.b == b && row.arg_count == args.size() &&
        std::equal(args.begin(), args.end(), args_.begin() + row.args))
      return static_cast<TypeId>(impl_->slots[i]);
  }
  TypeRow row{kind,
              kind == TypeKind::Infer || (kind == TypeKind::Task && b != 0),
              kind == TypeKind::Param,
              a,
              b,
              static_cast<uint32_t>(args_.size()),
              static_cast<uint32_t>(args.size()),
              1};
  auto grow = [&](uint32_t by) { row.size = row.size > 0xffffffffu - by ? 0xffffffffu : row.size + by; };
  if (holds_element(kind)) {
    row.has_infer |= rows_[a].has_infer;
    row.has_param |= rows_[a].has_param;
    grow(rows_[a].size);
  }
  // `args` may lie inside args_, which the next lines move.
  if (!args.empty()) {
    bool inside = args.data() >= args_.data() && args.data() < args_.data() + args_.size();
    size_t from = inside ? static_cast<size_t>(args.data() - args_.data()) : 0;
    if (args_.size() + args.size() > args_.capacity()) args_.reserve((args_.size() + args.size()) * 2);
    for (size_t n = 0; n < args.size(); ++n) {
      TypeId arg = inside ? args_[from + n] : args[n];
      args_.push_back(arg);
      row.has_infer |= rows_[+arg].has_infer;
      row.has_param |= rows_[+arg].has_param;
      grow(rows_[+arg].size);
    }
  }
  TypeId id = static_cast<TypeId>(rows_.size());
  rows_.push_back(row);
  impl_->slots[i] = +id;
  if (rows_.size() * 4 > impl_->slots.size() * 3) {
    std::vector<uint32_t> bigger(impl_->slots.size() * 2, 0xffffffffu);
    size_t m = bigger.size() - 1;
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      const TypeRow& t = rows_[r];
      size_t j = hash_type(t.kind, t.a, t.b, {args_.data() + t.args, t.arg_count}) & m;
      while (bigger[j] != 0xffffffffu) j = (j + 1) & m;
      bigger[j] = r;
    }
    impl_->slots.swap(bigger);
  }
  return id;
}

TypeId Types::subst(TypeId type, std::span<const TypeParamId> params, std::span<const TypeId> args) {
  if (!rows_[+type].has_param || params.empty()) return type;
  TypeRow row = rows_[+type];
  if (row.kind == TypeKind::Param) {
    for (size_t i = 0; i < params.size() && i < args.size(); ++i)
      if (+params[i] == row.a) return args[i];
    return type;
  }
  // Interning moves args_; a caller may have handed us a part of it.
  std::vector<TypeId> kept;
  if (!args.empty() && args.data() >= args_.data() && args.data() < args_.data() + args_.size()) {
    kept.assign(args.begin(), args.end());
    args = kept;
  }
  if (holds_element(row.kind)) {
    TypeId inner = subst(static_cast<TypeId>(row.a), params, args);
    return +inner == row.a ? type : intern(row.kind, +inner, row.b, {});
  }
  TypeId small[8];
  std::vector<TypeId> large;
  TypeId* out = small;
  if (row.arg_count > 8) {
    large.resize(row.arg_count);
    out = large.data();
  }
  for (uint32_t i = 0; i < row.arg_count; ++i) out[i] = subst(args_[row.args + i], params, args);
  return intern(row.kind, row.a, row.b, {out, row.arg_count});
}

int Types::int_bits(TypeKind k) {
  switch (k) {
    case TypeKind::I8:
    case TypeKind::U8: return 8;
    case TypeKind::I16:
    case TypeKind::U16: return 16;
    case TypeKind::I32:
    case TypeKind::U32: return 32;
    default: return 64;
  }
}

}  // namespace janus
