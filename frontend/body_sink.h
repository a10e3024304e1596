// body_sink.h: who wants to see each checked body before it is given up.
// Depends on hir.h, program.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "frontend/program.h"

namespace janus {

// What a body belongs to.
struct BodyOwner {
  enum Kind : uint8_t { Func, Param, Field, Variant, Test } kind = Func;
  uint32_t id = 0;       // FuncId (Func, Param), DeclId of the struct or enum (Field, Variant), TestId
  uint32_t index = 0;   // of the parameter or field whose default it is; of a variant's field: variant << 8 | field
};

struct BodySink {
  // The body and the closures in it, outermost first, in the order of the source. Types are final, error sets are not.
  // Function ids and others are those of this Program.
  virtual void take(const Program& program, const BodyOwner& owner, std::span<const Body* const> group) = 0;
  // What it took of the function's bodies, to and from a record (body_memory.h). `begin`: of the function in the source
  // map. load() leaves nothing behind when the record is of no use.
  virtual void save(FuncId func, uint32_t begin, class RecordWriter& record) const = 0;
  virtual bool load(const Program& program, FuncId func, uint32_t begin, class RecordReader& record) = 0;

 protected:
  ~BodySink() = default;
};

}   // namespace janus
