// lower_parts.h: the kinds of derived code, and the walk over the parts of a value that own something.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "backend/lower_internal.h"

namespace janus {

enum GlueKind : uint64_t {
  kDropManaged = 1,
  kDropAt,
  kRetainAt,
  kRetainPayload,
  kDropCell,
  kEqualGlue,
  kCompareGlue,
  kHashGlue,
  kPrintGlue,
  kGlue,
  kDeep,
  kShareAt,
  kShareContents,
  kShareCell
};

// Passes a value to glue: scalars and managed values themselves, aggregates by address.
inline JParam value_param(const Layout& l) {
  JParam p;
  p.type = l.shape == Shape::Scalar || l.shape == Shape::Managed ? l.scalar : JType::Ptr;
  p.is_aggregate = l.shape == Shape::Aggregate;
  p.size = l.size;
  p.align = l.align ? l.align : 1;
  p.managed = l.shape == Shape::Managed;
  p.nullable = l.nullable;
  return p;
}

// Is the entry of a map or set one that was not taken out? Then its hash is not 0 (std/map.jan).
inline uint32_t entry_lives(FuncLower& f, TypeId entry, uint32_t addr) {
  int hash = f.m.program.find_field(entry, f.m.program.names.intern("hash"), nullptr);
  return f.cmp(JCmp::Ne, f.load(JType::I64, addr, f.layout(entry).fields[static_cast<size_t>(hash)].offset), f.i64(0));
}

// Runs over the parts of an inline value or of a box's payload.
template <class Fn>
void each_part(FuncLower& f, TypeId type, uint32_t addr, Fn fn) {
  const Layout& l = f.layout(type);
  auto part = [&](const FieldLayout& field) {
    if (f.layout(field.type).needs_drop) fn(f.load_val(f.off(addr, field.offset), field.type));
  };
  if (l.nullable) {
    fn(f.load_val(addr, type));
    return;
  }   // one pointer, with null for null
  switch (f.types.kind(type)) {
    case TypeKind::Struct:
      // An entry that was taken out of a map or set owns nothing any more: its bytes only keep the place.
      if (StructId row = StructId(f.types[type].a);
          row == f.m.program.lang.map_entry || row == f.m.program.lang.set_entry) {
        uint32_t whole = f.new_block(), done = f.new_block();
        f.cond_br(entry_lives(f, type, addr), whole, done);
        f.at(whole);
        for (const FieldLayout& field : l.fields) part(field);
        f.br(done);
        f.at(done);
        return;
      }
      for (const FieldLayout& field : l.fields) part(field);
      return;
    case TypeKind::Tuple:
      for (const FieldLayout& field : l.fields) part(field);
      return;
    case TypeKind::Optional: {
      uint32_t some = f.new_block(), done = f.new_block();
      f.cond_br(f.load(JType::I1, addr, l.tag_offset), some, done);
      f.at(some);
      part(l.fields[0]);
      f.br(done);
      f.at(done);
      return;
    }
    case TypeKind::Fixed: {
      TypeId elem = f.types.elem(type);
      uint32_t n = f.types[type].b, size = f.layout(elem).size;
      uint32_t s = f.slot(8, 8), head = f.new_block(), more = f.new_block(), done = f.new_block();
      f.store(f.i64(0), f.slot_addr(s), 0, JAlias::Local);
      f.br(head);
      f.at(head);
      uint32_t i = f.load(JType::I64, f.slot_addr(s), 0, JAlias::Local);
      f.cond_br(f.cmp(JCmp::SLt, i, f.i64(n)), more, done);
      f.at(more);
      fn(f.load_val(f.emit(JOp::AddrIdx, JType::Ptr, addr, i, size), elem));
      f.store(f.emit(JOp::Add, JType::I64, i, f.i64(1)), f.slot_addr(s), 0, JAlias::Local);
      f.br(head);
      f.at(done);
      return;
    }
    case TypeKind::Enum: {
      std::vector<uint32_t> cases;
      uint32_t done = f.new_block();
      std::vector<std::pair<uint32_t, uint32_t>> arms;
      cases.push_back(done);
      for (uint32_t v = 0; v < l.variants.size(); ++v) {
        bool any = false;
        for (const FieldLayout& field : l.variants[v]) any |= f.layout(field.type).needs_drop;
        if (!any) continue;
        uint32_t block = f.new_block();
        arms.emplace_back(v, block);
        cases.push_back(v);
        cases.push_back(block);
      }
      f.emit(JOp::Switch, JType::Void, f.load_tag(l, addr), f.list(cases));
      f.dead = true;
      for (auto [v, block] : arms) {
        f.at(block);
        for (const FieldLayout& field : l.variants[v]) part(field);
        f.br(done);
      }
      f.at(done);
      return;
    }
    default: fn(f.load_val(addr, type)); return;
  }
}

// The value in the block of a shared variable, which may not have been given one yet.
inline Val cell_content(FuncLower& f, TypeId type, uint32_t block) {
  const Layout& l = f.layout(type);
  Val v = f.load_val(f.off(block, static_cast<uint32_t>(rt::kBoxPayload)), type);
  if (l.shape == Shape::Managed && !l.nullable) v.type = f.types.optional(type);
  return v;
}

}  // namespace janus
