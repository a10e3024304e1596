// layout.cpp: decides how every concrete type lies in memory.
// Depends on layout.h.
// SPDX-License-Identifier: Apache-2.0
//
// Recursive structs and enums (those that would contain themselves by value) become one counted pointer to a block, so
// a value of them is one word, is allocated once, and moves without copying. Everything else lies inline, as in C.
#include "backend/layout.h"

#include <algorithm>

#include "runtime/abi.h"

namespace janus {
namespace {

uint32_t align_up(uint32_t n, uint32_t align) { return (n + align - 1) / align * align; }

uint32_t scalar_size(JType t) {
  switch (t) {
    case JType::Void: return 0;
    case JType::I1:
    case JType::I8: return 1;
    case JType::I16: return 2;
    case JType::I32:
    case JType::F32: return 4;
    case JType::I64:
    case JType::F64:
    case JType::Ptr: return 8;
  }
  return 0;
}

JType scalar_of(TypeKind k) {
  switch (k) {
    case TypeKind::Bool: return JType::I1;
    case TypeKind::Char:
    case TypeKind::I32:
    case TypeKind::U32: return JType::I32;
    case TypeKind::I8:
    case TypeKind::U8: return JType::I8;
    case TypeKind::I16:
    case TypeKind::U16: return JType::I16;
    case TypeKind::I64:
    case TypeKind::U64: return JType::I64;
    case TypeKind::F32: return JType::F32;
    case TypeKind::F64: return JType::F64;
    default: return JType::Void;
  }
}

// Places fields one after the other; returns the end.
uint32_t place(std::vector<FieldLayout>& fields, uint32_t at, uint32_t& align, Layouts& layouts) {
  for (FieldLayout& f : fields) {
    const Layout& l = layouts.of(f.type);
    at = align_up(at, std::max(l.align, 1u));
    f.offset = at;
    at += l.size;
    align = std::max(align, l.align);
  }
  return at;
}

}  // namespace

// Does a value of `type` contain a value of itself? Walks containment by value; pointers (arrays, closures, dyn) end
// the walk.
bool Layouts::is_recursive(TypeId type) {
  if (auto it = recursive_.find(+type); it != recursive_.end()) return it->second;
  std::unordered_map<uint32_t, bool> seen;
  std::vector<TypeId> work;
  auto push_parts = [&](TypeId t) {
    Types& types = program_.types;
    switch (types.kind(t)) {
      case TypeKind::Optional:
      case TypeKind::Fixed: work.push_back(types.elem(t)); break;
      case TypeKind::Tuple:
        for (TypeId a : types.args(t)) work.push_back(a);
        break;
      case TypeKind::Struct: {
        size_t n = program_.structs[types[t].a].fields.size();
        for (uint32_t i = 0; i < n; ++i) work.push_back(program_.field_type(t, i));
        break;
      }
      case TypeKind::Enum: {
        const auto& variants = program_.enums[types[t].a].variants;
        for (uint32_t v = 0; v < variants.size(); ++v)
          for (uint32_t f = 0; f < variants[v].fields.size(); ++f) work.push_back(program_.payload_type(t, v, f));
        break;
      }
      default: break;
    }
  };
  push_parts(type);
  bool found = false;
  while (!work.empty() && !found) {
    TypeId t = work.back();
    work.pop_back();
    if (t == type) found = true;
    else if (seen.emplace(+t, true).second) push_parts(t);
  }
  return recursive_[+type] = found;
}

const Layout& Layouts::of(TypeId type) {
  auto& slot = map_[+type];
  if (!slot) slot = std::make_unique<Layout>();
  Layout& l = *slot;   // stays put: the map holds pointers
  if (l.ready) return l;
  Types& types = program_.types;
  TypeKind kind = types.kind(type);
  auto scalar = [&](JType t) {
    l.shape = Shape::Scalar;
    l.scalar = t;
    l.size = l.align = scalar_size(t);
  };
  auto managed = [&] {
    l.shape = Shape::Managed;
    l.scalar = JType::Ptr;
    l.size = l.align = 8;
    l.needs_drop = true;
  };
  auto drops = [&](const std::vector<FieldLayout>& fields) {
    for (const FieldLayout& f : fields)
      if (of(f.type).needs_drop) l.needs_drop = true;
  };
  switch (kind) {
    case TypeKind::Error:
    case TypeKind::Never:
    case TypeKind::Void:
    case TypeKind::TypeOf:
    case TypeKind::Infer:
    case TypeKind::Param:
    case TypeKind::Capability: break;   // a right that is checked before the program runs: nothing of it is left then
    case TypeKind::String:
    case TypeKind::Array:
    case TypeKind::Func:
    case TypeKind::ErrorVal:
    case TypeKind::Dyn:
    case TypeKind::Channel:
    case TypeKind::Task:
    case TypeKind::Handle: managed(); break;
    case TypeKind::Nursery: scalar(JType::Ptr); break;   // lies in the frame of the task that opened it
    case TypeKind::Optional: {
      const Layout& inner = of(types.elem(type));
      if (inner.shape == Shape::Managed && !inner.nullable) {
        managed();
        l.nullable = true;
        break;
      }
      l.shape = Shape::Aggregate;
      l.fields = {{0, types.elem(type)}};
      l.align = std::max(inner.align, 1u);
      l.tag = JType::I1;
      l.tag_offset = inner.size;
      l.size = align_up(inner.size + 1, l.align);
      l.needs_drop = inner.needs_drop;
      break;
    }
    case TypeKind::Fixed: {
      TypeId elem_type = types.elem(type);
      uint32_t count = types[type].b;
      const Layout& elem = of(elem_type);
      l.shape = count == 0 || elem.size == 0 ? Shape::Void : Shape::Aggregate;
      l.size = elem.size * count;
      l.align = std::max(elem.align, 1u);
      l.needs_drop = elem.needs_drop && count > 0;
      break;
    }
    case TypeKind::Tuple:
    case TypeKind::Struct: {
      bool boxed = kind == TypeKind::Struct && is_recursive(type);
      if (boxed) {
        managed();
        l.boxed = true;
        l.ready = true;
      }   // ready before its fields, which lead back here
      std::vector<FieldLayout> fields;
      size_t n = kind == TypeKind::Tuple ? types.args(type).size() : program_.structs[types[type].a].fields.size();
      for (uint32_t i = 0; i < n; ++i) fields.push_back({0, program_.field_type(type, i)});
      uint32_t align = 1;
      uint32_t size = place(fields, 0, align, *this);
      l.fields = std::move(fields);
      if (boxed) {
        l.payload_size = align_up(std::max(size, 1u), 8);
        break;
      }
      l.align = align;
      l.size = align_up(size, align);
      l.shape = l.size == 0 ? Shape::Void : Shape::Aggregate;
      drops(l.fields);
      break;
    }
    case TypeKind::Enum: {
      bool boxed = is_recursive(type);
      if (boxed) {
        managed();
        l.boxed = true;
        l.ready = true;
      }
      const EnumInfo& info = program_.enums[types[type].a];
      size_t count = info.variants.size();
      l.tag = count <= 256 ? JType::I8 : JType::I32;
      l.tag_offset = 0;
      uint32_t align = scalar_size(l.tag), size = align;
      bool has_payload = false;
      std::vector<std::vector<FieldLayout>> variants(count);
      for (uint32_t v = 0; v < count; ++v) {
        size_t n = program_.enums[types[type].a].variants[v].fields.size();
        for (uint32_t f = 0; f < n; ++f) variants[v].push_back({0, program_.payload_type(type, v, f)});
        uint32_t own_align = 1;
        size = std::max(size, place(variants[v], scalar_size(l.tag), own_align, *this));
        align = std::max(align, own_align);
        has_payload |= n > 0;
      }
      l.variants = std::move(variants);
      if (boxed) {
        l.payload_size = align_up(size, 8);
        break;
      }
      if (!has_payload) {
        scalar(l.tag);
        break;
      }
      l.align = align;
      l.size = align_up(size, align);
      l.shape = Shape::Aggregate;
      for (auto& v : l.variants) drops(v);
      break;
    }
    default: scalar(scalar_of(kind)); break;
  }
  l.ready = true;
  return l;
}

}   // namespace janus
