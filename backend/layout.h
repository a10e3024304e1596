// layout.h: size, alignment and shape of every concrete Janus type: what lowering and debug info agree on.
// Depends on frontend/program.h, jir.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <unordered_map>

#include "backend/jir.h"
#include "frontend/program.h"

namespace janus {

enum class Shape : uint8_t {
  Void,       // no data (void, never, Type[T], empty structs)
  Scalar,     // number, bool, char, dataless enum (tag only): one SSA value of JType
  Managed,    // one counted pointer: String, Array, closure, error, dyn, boxed struct or enum
  Aggregate,  // inline bytes: tuple, struct, enum with payload, optional without a spare null, fixed array
};
struct FieldLayout {
  uint32_t offset;
  TypeId type;
};
struct Layout {
  Shape shape = Shape::Void;
  JType scalar = JType::Void;   // of Scalar and Managed (Ptr)
  uint32_t size = 0, align = 1;
  bool needs_drop = false;      // owns counted storage somewhere
  bool boxed = false;   // Managed struct/enum: the fields below are offsets in the block's payload (add kBoxPayload)
  bool nullable = false;   // an Optional of a Managed type
  bool ready = false;
  // Struct, tuple: fields. Enum: variants[i] = its fields, tag at tag_offset (I8 or I32). Optional aggregate: fields[0]
  // the value, tag (I1) at tag_offset.
  std::vector<FieldLayout> fields;
  std::vector<std::vector<FieldLayout>> variants;
  uint32_t tag_offset = 0;
  JType tag = JType::I8;
  uint32_t payload_size = 0;   // boxed: bytes behind the head
};

class Layouts {
 public:
  explicit Layouts(Program& program) : program_(program) {}
  const Layout& of(TypeId type);   // concrete types only; the reference stays valid
 private:
  bool is_recursive(TypeId type);
  Program& program_;
  std::unordered_map<uint32_t, std::unique_ptr<Layout>> map_;
  std::unordered_map<uint32_t, bool> recursive_;
};

}   // namespace janus
