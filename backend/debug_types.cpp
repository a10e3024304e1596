// debug_types.cpp: describes Janus types to the debugger: names, offsets, variants.
// Depends on codegen.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/codegen.h"

namespace janus {

// `names`: of struct fields and payloads; null: a tuple, whose parts are called 0, 1 …
std::vector<DebugField> DebugTypes::fields_of(TypeId, const std::vector<FieldLayout>& fields,
                                              const std::vector<FieldInfo>* names) {
  std::vector<DebugField> out;
  for (size_t i = 0; i < fields.size(); ++i) {
    bool named = names && is_some((*names)[i].name);
    out.push_back({named ? std::string(program_.names.text((*names)[i].name)) : std::to_string(i), fields[i].offset,
                   add(fields[i].type)});
  }
  return out;
}

uint32_t DebugTypes::add(TypeId type) {
  if (auto it = by_id_.find(+type); it != by_id_.end()) return it->second;
  const Layout& layout = layouts_.of(type);
  TypeKind kind = program_.types.kind(type);
  if (layout.shape == Shape::Void) return by_id_[+type] = 0;
  uint32_t index = static_cast<uint32_t>(rows_.size());
  by_id_[+type] = index;     // known before its parts: a recursive type leads back here
  rows_.emplace_back();
  DebugType t;
  t.name = program_.type_name(type);
  t.size = layout.size;
  t.align = layout.align;
  // Structs and enums, inline or boxed.
  auto shape = [&](DebugType& to) {
    TypeId self = type;
    uint32_t id = program_.types[self].a;
    if (kind == TypeKind::Enum) {
      to.kind = layout.shape == Shape::Scalar ? DebugKind::Enumeration : DebugKind::Variants;
      to.tag_offset = layout.tag_offset;
      to.tag_size = layout.tag == JType::I8 ? 1 : 4;
      for (size_t v = 0; v < program_.enums[id].variants.size(); ++v) {
        const VariantInfo& info = program_.enums[id].variants[v];
        std::string name(program_.names.text(info.name));
        std::vector<DebugField> fields =
            v < layout.variants.size() ? fields_of(type, layout.variants[v], &info.fields) : std::vector<DebugField>{};
        to.variants.push_back({std::move(name), std::move(fields)});
      }
    } else {
      to.kind = DebugKind::Record;
      to.fields = fields_of(type, layout.fields, kind == TypeKind::Struct ? &program_.structs[id].fields : nullptr);
    }
  };
  switch (kind) {
    case TypeKind::Bool: t.kind = DebugKind::Bool; break;
    case TypeKind::Char: t.kind = DebugKind::Char; break;
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64: t.kind = DebugKind::Signed; break;
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64: t.kind = DebugKind::Unsigned; break;
    case TypeKind::F32:
    case TypeKind::F64: t.kind = DebugKind::Float; break;
    case TypeKind::String: t.kind = DebugKind::Text; break;
    case TypeKind::Array:
      t.kind = DebugKind::Array;
      t.elem = add(program_.types.elem(type));
      break;
    case TypeKind::Fixed:
      t.kind = DebugKind::Fixed;
      t.count = program_.types[type].b;
      t.elem = add(program_.types.elem(type));
      break;
    case TypeKind::Optional:
      if (layout.shape == Shape::Managed) {   // null, or the same pointer
        uint32_t inner = add(program_.types.elem(type));
        t = rows_[inner];
        t.nullable = true;
        t.name = program_.type_name(type);
        break;
      }
      t.kind = DebugKind::Optional;
      t.tag_offset = layout.tag_offset;
      t.tag_size = 1;
      t.elem = add(program_.types.elem(type));
      break;
    case TypeKind::Tuple: shape(t); break;
    case TypeKind::Struct:
    case TypeKind::Enum:
      if (layout.boxed) {
        t.kind = DebugKind::Box;
        t.elem = static_cast<uint32_t>(rows_.size());
        rows_[index] = t;
        rows_.emplace_back();
        DebugType inside;
        inside.name = t.name;
        inside.size = layout.payload_size;
        inside.align = 8;
        shape(inside);
        rows_[t.elem] = std::move(inside);
      } else {
        shape(t);
      }
      break;
    default: t.kind = DebugKind::Pointer; break;
  }
  rows_[index] = std::move(t);
  return index;
}

}  // namespace janus
