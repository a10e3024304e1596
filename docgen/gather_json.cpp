// gather_json.cpp: what the values of a type are as JSON, the way `std.json` reads and writes them.
// Depends on gatherer.h, canonical_json.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/canonical_json.h"
#include "docgen/gatherer.h"

namespace janus::docgen {
namespace {

constexpr int kMaxDepth = 8;               // of types in types; what lies in itself has no end
constexpr size_t kMaxSchema = 64 * 1024;   // bytes; types in types can make it grow with a power of their fields

JsonForm form_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::Void: return JsonForm::Nothing;
    case TypeKind::String:
    case TypeKind::Char:
    case TypeKind::Enum: return JsonForm::Text;
    case TypeKind::Array:
    case TypeKind::Struct: return JsonForm::Whole;
    default: return JsonForm::Plain;
  }
}

}  // namespace

// Of an optional type what is there when something is.
JsonShape Gatherer::json_of(TypeId type) {
  JsonShape shape;
  shape.optional = p_.types.kind(type) == TypeKind::Optional;
  if (shape.optional) type = static_cast<TypeId>(p_.types[type].a);
  if (!shape.optional || p_.types.kind(type) != TypeKind::Optional) shape.schema = schema_of(type, 0);
  if (!shape.schema.empty()) shape.form = form_of(p_.types.kind(type));
  return shape;
}

// The JSON Schema of the values of a type, without `$ref`; "" when there is none: functions, channels, types inside
// themselves, and types with a form of their own making.
std::string Gatherer::schema_of(TypeId type, int depth, bool or_null) {
  const TypeRow row = p_.types[type];
  if (depth > kMaxDepth || !options_.schemas) return "";
  CanonicalObject o;
  auto typed = [&](const char* name) -> CanonicalObject& {
    return or_null ? o.raw("type", CanonicalArray().text(name).text("null").take()) : o.text("type", name);
  };
  auto integer = [&] { return typed("integer"); };
  switch (row.kind) {
    case TypeKind::Void: return o.text("type", "null").take();
    case TypeKind::Bool: return typed("boolean").take();
    case TypeKind::Char: return typed("string").number("minLength", 1).number("maxLength", 1).take();
    case TypeKind::F32:
    case TypeKind::F64: return typed("number").take();
    // Beyond 2^53 canonical JSON has no numbers; the bounds of 64 bits are not written.
    case TypeKind::I8: return integer().number("minimum", -128).number("maximum", 127).take();
    case TypeKind::I16: return integer().number("minimum", -32768).number("maximum", 32767).take();
    case TypeKind::I32: return integer().number("minimum", -2147483648LL).number("maximum", 2147483647LL).take();
    case TypeKind::I64: return integer().take();
    case TypeKind::U8: return integer().number("minimum", 0).number("maximum", 255).take();
    case TypeKind::U16: return integer().number("minimum", 0).number("maximum", 65535).take();
    case TypeKind::U32: return integer().number("minimum", 0).number("maximum", 4294967295LL).take();
    case TypeKind::U64: return integer().number("minimum", 0).take();
    case TypeKind::String: return typed("string").take();
    case TypeKind::Optional: return or_null ? "" : schema_of(static_cast<TypeId>(row.a), depth + 1, true);
    case TypeKind::Array: {
      std::string inner = schema_of(static_cast<TypeId>(row.a), depth + 1);
      return inner.empty() ? "" : typed("array").raw("items", inner).take();
    }
    case TypeKind::Struct: {
      const StructInfo& s = p_.structs[row.a];
      if (!s.type_params.empty() || p_.modules[+p_.decls[+s.decl].module]->is_std || has_own_json(type)) return "";
      CanonicalObject properties;
      CanonicalArray required;
      size_t size = 0;
      for (const FieldInfo& f : s.fields) {
        std::string inner = schema_of(f.type, depth + 1);
        size += inner.size();
        if (inner.empty() || size > kMaxSchema) return "";
        properties.raw(text(f.name), inner);
        if (is_none(f.default_value) && p_.types.kind(f.type) != TypeKind::Optional) required.text(text(f.name));
      }
      return typed("object")
          .raw("properties", properties.take())
          .raw("required", required.take())
          .raw("additionalProperties", "false")
          .take();
    }
    case TypeKind::Enum: {
      if (has_own_json(type)) return "";
      CanonicalArray names;
      for (const VariantInfo& v : p_.enums[row.a].variants) {
        if (!v.fields.empty()) return "";
        names.text(text(v.name));
      }
      if (or_null) names.raw("null");
      return typed("string").raw("enum", names.take()).take();
    }
    default: return "";
  }
}

// Whether somebody wrote how the type is read or written: then its JSON is anything.
bool Gatherer::has_own_json(TypeId type) {
  if (!own_json_) {
    own_json_.emplace();
    for (const ImplInfo& impl : p_.impls) {
      if (is_none(impl.trait) || !is_written(*p_.modules[+impl.module])) continue;
      std::string_view trait = p_.names.text(p_.decls[+p_.traits[+impl.trait].decl].name);
      if (trait == "FromJson" || trait == "ToJson") own_json_->insert(+impl.self);
    }
  }
  return own_json_->contains(+type);
}

}  // namespace janus::docgen
