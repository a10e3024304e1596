// codegen.h: what the LLVM half of the backend shares: conventions, code generation units, places, types as the
// debugger sees them. Depends on jir.h, layout.h. No LLVM here: a plan is made once, by one thread, and read by all
// that emit. SPDX-License-Identifier: Apache-2.0
//
// How a failure travels is decided here and nowhere else:
//   release   the failure register: swiftcc with a swifterror parameter.
//   debug     a pointer to the caller's error word, the last parameter, plain C convention. LLVM's fast instruction
//   selector knows
//             neither swifterror nor swifttailcc and would hand every call to the slow one.
//   functions that tail-call each other in a circle: swifttailcc, with the pointer; LLVM refuses swifterror there. A
//   tail call that is in no circle cannot grow the stack without bound, and is a call and a return.
// Callers convert at the boundary. Function values always follow the standard convention of the build, through a thunk
// where the function itself does not.
#pragma once
#include <unordered_map>

#include "backend/cache.h"
#include "backend/emit.h"

namespace janus {

enum class FailMode : uint8_t { None, Register, Pointer };
enum class Convention : uint8_t { C, Swift, SwiftTail };
struct FuncAbi {
  Convention convention = Convention::C;
  FailMode fail = FailMode::None;
  uint32_t circle = kNone;   // of functions that tail-call each other; kNone: in none
  uint32_t tail_bytes = 0;   // room for the arguments of every function of the circle; 0: they stay in registers
};

// Functions and data that become one object. Same functions, same unit, whatever the number of threads.
struct Unit {
  std::vector<uint32_t> funcs;
  std::vector<uint32_t> globals;  // defined here: what the functions reach, without writable data of other units
  bool has_flags = false;         // defines janus_program_flags
};

// A Janus type as DWARF will tell it.
enum class DebugKind : uint8_t {
  Void,
  Signed,
  Unsigned,
  Float,
  Bool,
  Char,
  Byte,
  Text,
  Array,
  Fixed,
  Record,
  Enumeration,
  Variants,
  Optional,
  Box,
  Pointer
};
struct DebugField {
  std::string name;
  uint32_t offset;
  uint32_t type;
};
struct DebugVariant {
  std::string name;
  std::vector<DebugField> fields;
};
struct DebugType {
  DebugKind kind = DebugKind::Void;
  std::string name;
  uint32_t size = 0, align = 1;
  bool nullable = false;            // Text, Array: may be null
  uint32_t elem = 0, count = 0;     // Array, Fixed, Optional; Box: the record or variants behind the pointer
  uint32_t tag_offset = 0, tag_size = 0;
  std::vector<DebugField> fields;
  std::vector<DebugVariant> variants;
};

// All types that variables of the module have, described once. Row 0 is void.
class DebugTypes {
 public:
  DebugTypes(Program& program, Layouts& layouts) : program_(program), layouts_(layouts), rows_(1) {}
  uint32_t add(TypeId type);
  const DebugType& operator[](uint32_t index) const { return rows_[index]; }
  uint32_t find(TypeId type) const {
    auto it = by_id_.find(+type);
    return it == by_id_.end() ? 0 : it->second;
  }

 private:
  std::vector<DebugField> fields_of(TypeId type, const std::vector<FieldLayout>& fields,
                                    const std::vector<FieldInfo>* names);
  Program& program_;
  Layouts& layouts_;
  std::vector<DebugType> rows_;
  std::unordered_map<uint32_t, uint32_t> by_id_;
};

// Positions to lines, fast where they come in order. One per thread; the line tables must exist (plan makes them).
class Places {
 public:
  explicit Places(const SourceMap& sources) : sources_(sources) {}
  LineCol at(uint32_t pos);
  const std::string& path(uint32_t pos);   // "" for no place
 private:
  bool seek(uint32_t pos);
  const SourceMap& sources_;
  const SourceFile* file_ = nullptr;
  uint32_t line_ = 0;  // index into line_starts
};

struct CodegenPlan {
  CodegenPlan(const JModule& m, Program& program, Layouts& layouts)
      : module(m), sources(program.sources), names(program.names), types(program, layouts) {}
  const JModule& module;
  const SourceMap& sources;
  const Names& names;
  DebugTypes types;                  // debug builds
  bool release = false;
  std::vector<FuncAbi> abi;          // by function
  std::vector<std::string> symbols;  // by function
  std::vector<Unit> units;
  bool tail_circle(uint32_t from, uint32_t to) const {
    return abi[from].circle != kNone && abi[from].circle == abi[to].circle;
  }
};
// Where the arguments of `f` lie in the room of its circle (FuncAbi::tail_bytes): the offset of each, and then the end.
std::vector<uint32_t> tail_offsets(const JFunc& f);
constexpr uint32_t kRoomAlign = 16;   // of the room
uint32_t room_align(const JParam& p);   // of a parameter in it
// `one_unit`: a single text or object was asked for.
void make_plan(CodegenPlan& plan, bool release, bool one_unit);

// Emits the units of `which`, in that order. `phase` is told when each part of the work begins.
EmitResult emit_units(const CodegenPlan& plan, const std::vector<uint32_t>& which, const EmitOptions& options,
                      const std::function<void(const char*)>& phase);

// Names everything that decides the bytes of a unit's object, except janus itself.
Key unit_key(const CodegenPlan& plan, const Unit& unit);

struct RtSymbol {
  const char* name;
  JType result;
  const char* args;
};
const RtSymbol& rt_symbol(JRt rt);
JType rt_letter(char letter);   // of RtSymbol::args

}   // namespace janus
