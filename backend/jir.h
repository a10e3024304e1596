// jir.h: the middle language: monomorphic, layouts decided, copies, drops and failure edges explicit. Scalars are SSA
// values, aggregates live in slots or behind pointers and are addressed by byte offsets. Depends on frontend/ids.h,
// jir.def. SPDX-License-Identifier: Apache-2.0
//
// Calling convention of Janus functions (swifttailcc in LLVM): scalars by value; aggregates by pointer (borrowed,
// callee does not write unless `mut`); aggregate results through a pointer that is parameter 0 (JFunc::result_pointer);
// the failure register is swifterror. Managed results are owned by the caller. Managed parameters are borrowed, or
// owned where JParam::owned.
#pragma once
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ids.h"
#include "frontend/source.h"

namespace janus {

enum class JOp : uint8_t {
#define JIR(Name, meaning) Name,
#include "backend/jir.def"
#undef JIR
};
enum class JType : uint8_t { Void, I1, I8, I16, I32, I64, F32, F64, Ptr };
enum class JCmp : uint16_t {
  Eq,
  Ne,
  SLt,
  SLe,
  SGt,
  SGe,
  ULt,
  ULe,
  UGt,
  UGe,
  FEq,
  FNe,
  FLt,
  FLe,
  FGt,
  FGe
};   // F: ordered, FNe unordered
enum class JCast : uint16_t {
  Trunc,
  SExt,
  ZExt,
  SIToFP,
  UIToFP,
  FPToSI /* saturating */,
  FPToUI /* saturating */,
  FPExt,
  FPTrunc,
  Bits /* same size int<->float */
};
enum class JMath : uint16_t {
  Sqrt,
  Floor,
  Ceil,
  Round,
  Trunc,
  Fabs,
  CopySign,
  Fma,
  CtPop,
  CtLz,
  CtTz /* count ops: zero gives the width */
};
// What a load or store touches, for alias analysis: header fields are never elements.
enum class JAlias : uint16_t {
  Any,
  Count,
  ArrayLen,
  ArrayData,
  ArrayCap,
  ClosureCode,
  ErrorDesc,
  Scalar /* by the JType of the value */,
  Local /* a slot whose address never leaves */
};
// Beside the JAlias of a Load: what it loads is an array in use, whose header can be read at any time from here on.
constexpr uint16_t kLoadsArray = 0x100;
enum class JPanic : uint16_t {
  Overflow /* args: op char (I32) */,
  DivZero,
  Shift /* width */,
  Index /* index, len */,
  Slice /* lo, hi, len */,
  Convert /* type name: global */,
  Null,
  Message /* String (owned) */
};

// Symbols of the runtime that JIR names (abi.h). JRT(Name, "symbol", result type, "argument types: p=Ptr i=I32 l=I64
// b=I1 d=F64 f=F32 c=I8", aux flags)
enum class JRt : uint16_t {
#define JRT(Name, symbol, result, args) Name,
#include "backend/rt.def"
#undef JRT
};

constexpr uint32_t kNone = 0xffffffffu;

struct JInstr {
  JOp op;
  JType type = JType::Void;
  uint16_t aux = 0;
  uint32_t a = kNone, b = kNone, c = kNone;
  uint32_t pos = 0;   // source position (Span::lo); 0: none
};
static_assert(sizeof(JInstr) == 20);

struct JBlock {
  std::vector<uint32_t> instrs;
  bool cold = false;
};   // indices into JFunc::instrs; the last one ends the block

struct JSlot {
  uint32_t size = 0, align = 8;
  NameId name = NameId::None;   // user variables: shown by the debugger
  TypeId type = TypeId::None;   // their Janus type (layout.h describes it)
  Span span;
  bool is_reference = false;   // the slot holds the address of the variable (mut parameters, cells)
  uint32_t cell_offset = 0;   // with is_reference: payload offset behind that address
  uint32_t arg = 0;   // 1-based parameter number for the debugger, 0: a local
};

struct JParam {
  JType type = JType::Ptr;
  bool owned = false;   // managed and owned by the callee
  bool is_aggregate = false;   // pointer to a borrowed aggregate of `size` bytes (noalias is NOT promised; readonly and
                               // nocapture are, unless mut)
  bool is_mut = false;   // pointer to the caller's variable: noalias
  bool managed = false;   // non-null counted pointer when !nullable
  bool nullable = false;
  uint32_t size = 0, align = 8;
  uint32_t block =
      0;   // managed and borrowed: so many bytes behind the pointer can be read all through the call (0: not known)
};

struct JFunc {
  std::string symbol;   // unique, deterministic: "geometry.area[i64]"
  std::string display;   // for panics and backtraces: "geometry.area"
  std::vector<JParam> params;
  JType result = JType::Void;
  bool result_pointer = false;   // params[0] is where an aggregate result goes (noalias, writeonly until return)
  uint32_t result_size = 0, result_align = 8;
  bool can_fail = true;   // has the swifterror parameter
  bool c_abi = false;   // glue called by the runtime: plain C convention, cannot fail
  bool exported = false;   // the runtime calls it by symbol
  bool inline_hint = false;
  bool stays_out = false;   // never inlined
  bool in_cycle = false;
  bool has_body = true;
  bool debug = true;   // glue has no debug info
  Span span;   // of the name: file and line for the debugger
  std::vector<JInstr> instrs;
  std::vector<JBlock> blocks;   // blocks[0] is the entry
  std::vector<JSlot> slots;
  std::vector<uint32_t> extra;
};

// Every block that `in`, an instruction of `f`, may lead to: calls `use(block)` for landings and for block ends. The
// number can be written when `f` and `in` can.
template <class Func, class Instr, class Use>
void each_target(Func& f, Instr& in, Use use) {
  switch (in.op) {
    case JOp::AddChk:
    case JOp::SubChk:
    case JOp::MulChk:
    case JOp::Check:
    case JOp::StackCheck:
    case JOp::Call:
    case JOp::CallPtr:
      if (in.c != kNone) use(in.c);
      break;
    case JOp::Br: use(in.a); break;
    case JOp::CondBr:
      use(in.b);
      use(in.c);
      break;
    case JOp::Switch: {
      uint32_t n = f.extra[in.b];
      use(f.extra[in.b + 1]);
      for (uint32_t i = 2; i < n; i += 2) use(f.extra[in.b + 1 + i]);
      break;
    }
    default: break;
  }
}

// Static data: bytes with addresses in them.
struct JReloc {
  uint32_t offset;
  bool is_func;
  bool is_rt;
  uint32_t index;
  uint32_t addend = 0; /* bytes behind the global's start */
};
struct JGlobal {
  std::string symbol;
  std::string bytes;
  std::vector<JReloc> relocs;
  uint32_t align = 8;
  bool writable = false;
  bool merge = false;   // linkonce_odr: error descriptors, which are compared by address
};
// `is_signed`, of parameters: small integers are extended to 32 bits as C wants it; missing entries: unsigned.
struct JExtern {
  std::string symbol;
  JType result;
  std::vector<JType> params;
  std::vector<bool> is_signed;
};

struct JModule {
  std::vector<JFunc> funcs;
  std::vector<JGlobal> globals;
  std::vector<JExtern> externs;
  bool tasks = false;   // uses tasks, nurseries or channels: linked with the scheduler, counts may be shared
  bool fair = false;   // loops give other tasks a turn
  int64_t task_budget = 100, channel_budget = 1000;   // of the program's profile, or raised
  std::string profile;
  uint32_t main = kNone;   // function index of `main`'s wrapper: symbol janus_main_entry, C ABI, returns Error* or null
};

std::string dump_jir(const JModule& module);
void verify_jir(const JModule& module);   // require()s: our own bugs

}   // namespace janus
