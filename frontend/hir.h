// hir.h: checked bodies: what the checker hands to the backend.
// Depends on type.h, hir.def.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "frontend/type.h"

namespace janus {

enum class HirKind : uint8_t {
#define HIR(Name, meaning) Name,
#include "frontend/hir.def"
#undef HIR
};
enum class HirOp : uint16_t {
  Add,
  Sub,
  Mul,
  Div,
  Rem,
  WrapAdd,
  WrapSub,
  WrapMul,
  And,
  Or,
  Xor,
  Shl,
  Shr,
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Concat,
  None = 0xffff
};

struct HirNode {
  HirKind kind;
  uint8_t flags = 0;
  uint16_t aux = 0;
  TypeId type = Types::Void;
  uint32_t a = 0xffffffffu;
  uint32_t b = 0xffffffffu;
  Span span;  // what a panic or a failure of this node points at; also the debugger's line
};

// Patterns of one body: a tree in Body::pats.
enum class PatKind : uint8_t {
  Wild,
  Bind,     // a: LocalId (takes a copy of the matched part)
  Int,      // a: index into ints (also chars: code point; bools: 0/1)
  Float,    // a: index into floats
  Str,      // a: NameId of the text
  IntRange, // a, b: indices into ints: low..high, both inclusive (already normalised); ints and chars
  Const,    // a: ConstId: compared with ==
  Variant,  // a: variant index; b: list of sub-patterns in field order (Wild where not mentioned)
  Struct,   // b: list of sub-patterns in field order; also Tuple
  Null,
  Some,     // a: sub-pattern of what is inside
  Or,       // b: list of alternatives; each binds the same locals
  Error,    // a: TagId; b: list of sub-patterns of the payload
};
struct HirPat {
  PatKind kind;
  TypeId type;
  uint32_t a = 0xffffffffu, b = 0xffffffffu;
  Span span;
};

enum LocalFlag : uint8_t {
  kLocalMut = 1,       // `var`
  kLocalParam = 2,
  kLocalMutParam = 4,  // `mut x: T`: lent by the caller, a reference at run time
  kLocalCell = 8,   // written by a closure: lives in a counted cell shared by the function and its closures (ruling 36)
  kLocalCapture = 16,   // in a closure's body: a copy (or the shared cell, with kLocalCell) of an outer local
  kLocalLoop = 32,   // bound anew in every round
};
struct HirLocal {
  NameId name;   // None for the compiler's own
  TypeId type;
  uint8_t flags;
  Span span;   // where it was declared
};

struct FormatSpec {
  int32_t width = 0, precision = -1;
  uint8_t zero = 0, align = 0 /* 0 none 1 left 2 centre 3 right */;
  char kind = 0 /* x b o e */;
};

struct Capture {
  LocalId outer;
  LocalId inner;
};   // outer: a local of the body around (itself maybe a capture)

// One function, closure, const initialiser or test, checked.
struct Body {
  FuncId func = FuncId::None;   // the function (also for its closures: the outermost one)
  BodyId parent = BodyId::None;   // closures: the body around
  bool is_closure = false;
  bool fallible = false;   // its type says it can fail (`!`), or a closure inferred to fail (declared errors leave it)
  TypeId result = Types::Void;   // what a call yields on success
  ErrorSetId errors = ErrorSetId::None;
  std::vector<HirNode> nodes;
  std::vector<HirPat> pats;
  std::vector<HirLocal> locals;   // the first param_count are the parameters in order (self first)
  std::vector<uint32_t> extra;
  std::vector<__int128> ints;
  std::vector<double> floats;
  std::vector<FormatSpec> formats;
  std::vector<Capture> captures;   // closures
  uint32_t param_count = 0;
  uint32_t loop_count = 0;
  HirId root = HirId::None;   // the body's value expression (a Block)
  std::span<const uint32_t> list(uint32_t index) const {
    if (index == 0xffffffffu) return {};
    return {&extra[index + 1], extra[index]};
  }
  const HirNode& operator[](HirId id) const { return nodes[+id]; }
};

}   // namespace janus
