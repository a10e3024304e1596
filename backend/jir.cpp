// jir.cpp: JIR as text, the rules it must keep, and which functions cannot fail.
// Depends on codegen.h (block targets, runtime symbols), lower.h (mark_nofail).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "backend/codegen.h"
#include "backend/lower.h"

namespace janus {
namespace {

const char* const op_names[] = {
#define JIR(Name, meaning) #Name,
#include "backend/jir.def"
#undef JIR
};
const RtSymbol rt_symbols[] = {
#define JRT(Name, symbol, result, args) {symbol, JType::result, args},
#include "backend/rt.def"
#undef JRT
};
constexpr uint32_t kRtCount = sizeof rt_symbols / sizeof rt_symbols[0];
const char* const type_names[] = {"void", "i1", "i8", "i16", "i32", "i64", "f32", "f64", "ptr"};
const char* const cmp_names[] = {"eq",  "ne",  "slt", "sle", "sgt", "sge", "ult", "ule",
                                 "ugt", "uge", "feq", "fne", "flt", "fle", "fgt", "fge"};

JType letter_type(char letter) {
  switch (letter) {
    case 'p': return JType::Ptr;
    case 'i': return JType::I32;
    case 'l': return JType::I64;
    case 'b': return JType::I1;
    case 'd': return JType::F64;
    case 'f': return JType::F32;
    case 'c': return JType::I8;
  }
  require(false, "a letter of rt.def");
  return JType::Void;
}

bool ends_block(JOp op) {
  switch (op) {
    case JOp::Br:
    case JOp::CondBr:
    case JOp::Switch:
    case JOp::Ret:
    case JOp::RetFail:
    case JOp::Unreachable:
    case JOp::TailCall: return true;
    default: return false;
  }
}

// How a, b and c of an instruction are to be read.
enum class Operand : uint8_t {
  None,
  Value,
  OptValue,
  Block,
  Landing,
  Func,
  Drop,
  Global,
  Slot,
  Rt,
  Extern,
  Number,
  Values,
  Cases,
  Pairs,
  Bits
};
struct Shape3 {
  Operand a = Operand::None, b = Operand::None, c = Operand::None;
};
Shape3 shape_of(JOp op) {
  using O = Operand;
  switch (op) {
    case JOp::ConstInt:
    case JOp::ConstFloat: return {O::Bits, O::Bits};
    case JOp::ConstNull:
    case JOp::Undef:
    case JOp::GetError:
    case JOp::PeekError:
    case JOp::RetFail:
    case JOp::Unreachable: return {};
    case JOp::Param: return {O::Number};
    case JOp::SlotAddr: return {O::Slot};
    case JOp::GlobalAddr: return {O::Global};
    case JOp::FuncAddr: return {O::Func};
    case JOp::RtAddr: return {O::Rt};
    case JOp::AddrOff: return {O::Value, O::Number};
    case JOp::AddrIdx: return {O::Value, O::Value, O::Number};
    case JOp::Load: return {O::Value, O::Number};
    case JOp::Store: return {O::Value, O::Number, O::Value};
    case JOp::CopyBytes: return {O::Value, O::Value, O::Number};
    case JOp::MoveBytes:
    case JOp::FillBytes: return {O::Value, O::Value, O::Value};
    case JOp::ZeroBytes: return {O::Value, O::None, O::Number};
    case JOp::Add:
    case JOp::Sub:
    case JOp::Mul:
    case JOp::SDiv:
    case JOp::UDiv:
    case JOp::SRem:
    case JOp::URem:
    case JOp::And:
    case JOp::Or:
    case JOp::Xor:
    case JOp::Shl:
    case JOp::AShr:
    case JOp::LShr:
    case JOp::FAdd:
    case JOp::FSub:
    case JOp::FMul:
    case JOp::FDiv:
    case JOp::FRem:
    case JOp::Cmp: return {O::Value, O::Value};
    case JOp::FNeg:
    case JOp::Cast: return {O::Value};
    case JOp::Select: return {O::Value, O::Value, O::Value};
    case JOp::Math: return {O::Value, O::OptValue, O::OptValue};
    case JOp::AddChk:
    case JOp::SubChk:
    case JOp::MulChk: return {O::Value, O::Value, O::Landing};
    case JOp::Check: return {O::Value, O::Values, O::Landing};
    case JOp::StackCheck: return {O::None, O::None, O::Landing};
    case JOp::Count: return {O::Global, O::Number};
    case JOp::Call: return {O::Func, O::Values, O::Landing};
    case JOp::CallPtr: return {O::Values, O::Number, O::Landing};
    case JOp::CallRt: return {O::Rt, O::Values};
    case JOp::CallC: return {O::Extern, O::Values};
    case JOp::TailCall: return {O::Func, O::Values};
    case JOp::Retain:
    case JOp::IsUnique:
    case JOp::InUse:
    case JOp::Assume:
    case JOp::SetError: return {O::Value};
    case JOp::Release: return {O::Value, O::Drop};
    case JOp::ReleaseDeep: return {O::Value, O::Drop, O::Value};
    case JOp::Br: return {O::Block};
    case JOp::CondBr: return {O::Value, O::Block, O::Block};
    case JOp::Switch: return {O::Value, O::Cases};
    case JOp::Ret: return {O::OptValue};
    case JOp::Phi: return {O::Pairs};
  }
  return {};
}

void append(std::string& out, const char* format, ...) {
  char buffer[512];
  va_list args;
  va_start(args, format);
  int n = std::vsnprintf(buffer, sizeof buffer, format, args);
  va_end(args);
  out.append(buffer, std::min<size_t>(static_cast<size_t>(std::max(n, 0)), sizeof buffer - 1));
}

void dump_operand(std::string& out, const JModule& m, const JFunc& f, const JInstr& in, Operand kind, uint32_t x) {
  auto list = [&](bool pairs, bool cases) {
    out += " (";
    uint32_t n = f.extra[x];
    for (uint32_t i = 0; i < n; ++i) {
      uint32_t v = f.extra[x + 1 + i];
      if (i) out += ", ";
      if (pairs) append(out, i % 2 ? "v%u" : "b%u", v);
      else if (cases) append(out, i == 0 ? "else b%u" : i % 2 ? "case %d" : "b%u", v);
      else append(out, "v%u", v);
    }
    out += ")";
  };
  switch (kind) {
    case Operand::None: break;
    case Operand::OptValue:
      if (x == kNone) break;
      [[fallthrough]];
    case Operand::Value: append(out, " v%u", x); break;
    case Operand::Landing:
      if (x == kNone) break;
      append(out, " landing b%u", x);
      break;
    case Operand::Block: append(out, " b%u", x); break;
    case Operand::Drop:
      if (in.aux & 2) {
        append(out, " @%s", rt_symbols[x].name);
        break;
      }
      [[fallthrough]];
    case Operand::Func: out += " @" + m.funcs[x].symbol; break;
    case Operand::Global: out += " $" + m.globals[x].symbol; break;
    case Operand::Slot: append(out, " slot%u", x); break;
    case Operand::Rt: append(out, " @%s", rt_symbols[x].name); break;
    case Operand::Extern: out += " @" + m.externs[x].symbol; break;
    case Operand::Number: append(out, " %u", x); break;
    case Operand::Values:
      if (x != kNone) list(false, false);
      break;
    case Operand::Cases: list(false, true); break;
    case Operand::Pairs: list(true, false); break;
    case Operand::Bits: break;
  }
}

void dump_func(std::string& out, const JModule& m, const JFunc& f) {
  out += "func " + f.symbol + "(";
  for (size_t i = 0; i < f.params.size(); ++i) {
    const JParam& p = f.params[i];
    append(out, "%s%s%s%s", i ? ", " : "", type_names[static_cast<uint8_t>(p.type)], p.owned ? " owned" : "",
           p.is_mut ? " mut" : "");
    if (p.is_aggregate) append(out, " of %u", p.size);
  }
  append(out, ") %s%s%s%s\n", type_names[static_cast<uint8_t>(f.result)], f.result_pointer ? " by pointer" : "",
         f.can_fail ? " !" : "", f.c_abi ? " c" : "");
  for (size_t i = 0; i < f.slots.size(); ++i)
    append(out, "  slot%zu: %u align %u\n", i, f.slots[i].size, f.slots[i].align);
  for (size_t b = 0; b < f.blocks.size(); ++b) {
    append(out, "b%zu:%s\n", b, f.blocks[b].cold ? " cold" : "");
    for (uint32_t i : f.blocks[b].instrs) {
      const JInstr& in = f.instrs[i];
      out += "  ";
      if (in.type != JType::Void) append(out, "v%u = ", i);
      out += op_names[static_cast<uint8_t>(in.op)];
      if (in.op == JOp::Cmp) append(out, " %s", cmp_names[in.aux]);
      else if (in.aux) append(out, ".%u", in.aux);
      if (in.type != JType::Void) append(out, " %s", type_names[static_cast<uint8_t>(in.type)]);
      if (in.op == JOp::ConstInt)
        append(out, " %lld", static_cast<long long>(static_cast<int64_t>(uint64_t(in.a) | uint64_t(in.b) << 32)));
      if (in.op == JOp::ConstFloat) {
        uint64_t bits = uint64_t(in.a) | uint64_t(in.b) << 32;
        double d;
        std::memcpy(&d, &bits, 8);
        append(out, " %.17g", d);
      }
      Shape3 s = shape_of(in.op);
      dump_operand(out, m, f, in, s.a, in.a);
      dump_operand(out, m, f, in, s.b, in.b);
      dump_operand(out, m, f, in, s.c, in.c);
      out += "\n";
    }
  }
}

void verify_func(const JModule& m, const JFunc& f) {
  require(!f.blocks.empty(), "a function with a body has blocks");
  std::vector<bool> placed(f.instrs.size());
  for (const JBlock& block : f.blocks)
    for (uint32_t i : block.instrs) {
      require(i < f.instrs.size(), "a block names instructions of its function");
      require(!placed[i], "an instruction stands in one block");
      placed[i] = true;
    }
  auto value = [&](uint32_t x) {
    require(x < f.instrs.size() && placed[x] && f.instrs[x].type != JType::Void,
            "an operand is a value defined in a block");
  };
  auto list = [&](uint32_t x) {
    require(x < f.extra.size() && x + f.extra[x] < f.extra.size(), "a list lies within extra");
  };
  auto block = [&](uint32_t x) { require(x < f.blocks.size(), "a target is a block"); };
  auto operand = [&](const JInstr& in, Operand kind, uint32_t x) {
    switch (kind) {
      case Operand::None:
      case Operand::Number:
      case Operand::Bits: break;
      case Operand::OptValue:
        if (x != kNone) value(x);
        break;
      case Operand::Value: value(x); break;
      case Operand::Landing:
        if (x != kNone) block(x);
        break;
      case Operand::Block: block(x); break;
      case Operand::Drop:
        if (in.aux & 2) {
          require(x < kRtCount, "a runtime symbol");
          break;
        }
        [[fallthrough]];
      case Operand::Func: require(x < m.funcs.size(), "a function of the module"); break;
      case Operand::Global: require(x < m.globals.size(), "a global of the module"); break;
      case Operand::Slot: require(x < f.slots.size(), "a slot of the function"); break;
      case Operand::Rt: require(x < kRtCount, "a runtime symbol"); break;
      case Operand::Extern: require(x < m.externs.size(), "an extern of the module"); break;
      case Operand::Values:
        if (x == kNone) break;
        list(x);
        for (uint32_t i = 0; i < f.extra[x]; ++i) value(f.extra[x + 1 + i]);
        break;
      case Operand::Cases: list(x); break;
      case Operand::Pairs:
        list(x);
        for (uint32_t i = 0; i < f.extra[x]; i += 2) {
          block(f.extra[x + 1 + i]);
          value(f.extra[x + 2 + i]);
        }
        break;
    }
  };
  for (const JBlock& b : f.blocks) {
    require(!b.instrs.empty(), "a block is not empty");
    bool head = true;
    for (uint32_t i : b.instrs) {
      const JInstr& in = f.instrs[i];
      require(ends_block(in.op) == (i == b.instrs.back()), "a block ends where it must and nowhere else");
      require(in.op != JOp::Phi || head, "merges stand at the head of a block");
      head &= in.op == JOp::Phi;
      Shape3 s = shape_of(in.op);
      operand(in, s.a, in.a);
      operand(in, s.b, in.b);
      operand(in, s.c, in.c);
      if (in.op == JOp::Param) require(in.a < f.params.size(), "a parameter of the function");
      if (in.op == JOp::Call || in.op == JOp::TailCall) {
        uint32_t n = in.b == kNone ? 0 : f.extra[in.b];
        require(n == m.funcs[in.a].params.size(), "a call passes every parameter");
        for (uint32_t k = 0; k < n; ++k)
          require(f.instrs[f.extra[in.b + 1 + k]].type == m.funcs[in.a].params[k].type,
                  "an argument has its parameter's type");
        require(m.funcs[in.a].can_fail || in.c == kNone || in.op == JOp::TailCall,
                "only calls that can fail have a landing");
      }
      if (in.op == JOp::CallRt) {
        const RtSymbol& symbol = rt_symbols[in.a];
        uint32_t given = in.b == kNone ? 0 : f.extra[in.b], next = 0;
        for (const char* letter = symbol.args; *letter; ++letter) {
          if (*letter == 'S') continue;
          require(next < given, "a runtime call passes every argument");
          require(f.instrs[f.extra[in.b + 1 + next++]].type == letter_type(*letter),
                  "a runtime call passes what the runtime expects");
        }
        require(next == given && in.type == symbol.result,
                "a runtime call passes nothing more, and gives what the runtime gives");
      }
      if (in.op >= JOp::Add && in.op <= JOp::FRem)
        require(f.instrs[in.a].type == in.type && f.instrs[in.b].type == in.type, "arithmetic is of one type");
      if (in.op == JOp::AddChk || in.op == JOp::SubChk || in.op == JOp::MulChk)
        require(f.instrs[in.a].type == in.type && f.instrs[in.b].type == in.type, "checked arithmetic is of one type");
      if (in.op == JOp::Cmp) require(f.instrs[in.a].type == f.instrs[in.b].type, "a comparison is of one type");
      if (in.op == JOp::Select)
        require(f.instrs[in.a].type == JType::I1 && f.instrs[in.b].type == in.type && f.instrs[in.c].type == in.type,
                "a choice is of one type");
      if (in.op == JOp::CondBr || in.op == JOp::Check)
        require(f.instrs[in.a].type == JType::I1, "a condition is a bool");
      if (in.op == JOp::Load || in.op == JOp::Store || in.op == JOp::AddrOff || in.op == JOp::AddrIdx ||
          in.op == JOp::Retain || in.op == JOp::Release || in.op == JOp::ReleaseDeep || in.op == JOp::SetError)
        require(f.instrs[in.a].type == JType::Ptr, "an address is a pointer");
      if (in.op == JOp::Ret) require(in.a == kNone || f.instrs[in.a].type == f.result, "a function returns its type");
      if (in.op == JOp::RetFail) require(f.can_fail, "only a function that can fail returns a failure");
      each_target(f, in, block);
    }
  }
}

// Can this function leave with a failure, if the functions in `fails` can? Checks and calls that land locally count
// only when a failure can leave at all, which RetFail and failing tail calls tell.
struct FailFacts {
  bool own = false;                // a failure of its own: Check, SetError, function values
  std::vector<uint32_t> callees;   // direct calls with a landing, tail calls
};
FailFacts fail_facts(const JFunc& f) {
  FailFacts facts;
  bool leaves = false;
  for (const JBlock& block : f.blocks)
    for (uint32_t i : block.instrs) {
      const JInstr& in = f.instrs[i];
      switch (in.op) {
        case JOp::RetFail: leaves = true; break;
        case JOp::AddChk:
        case JOp::SubChk:
        case JOp::MulChk:
        case JOp::Check:
        case JOp::StackCheck:
        case JOp::SetError: facts.own = true; break;
        case JOp::CallPtr:
          if (in.b & 1) facts.own = true;
          break;
        case JOp::Call:
          if (in.c != kNone) facts.callees.push_back(in.a);
          break;
        case JOp::TailCall:
          facts.callees.push_back(in.a);
          leaves = true;
          break;
        default: break;
      }
    }
  if (!leaves) {
    facts.own = false;
    facts.callees.clear();
  }
  return facts;
}

}  // namespace

JType rt_letter(char letter) { return letter_type(letter); }
const RtSymbol& rt_symbol(JRt rt) { return rt_symbols[static_cast<uint16_t>(rt)]; }

std::string dump_jir(const JModule& module) {
  std::string out;
  for (const JGlobal& g : module.globals) {
    append(out, "global %s: %zu bytes%s%s", g.symbol.c_str(), g.bytes.size(), g.writable ? " writable" : "",
           g.merge ? " merge" : "");
    for (const JReloc& r : g.relocs)
      append(out, " +%u=%s", r.offset,
             r.is_rt     ? rt_symbols[r.index].name
             : r.is_func ? module.funcs[r.index].symbol.c_str()
                         : module.globals[r.index].symbol.c_str());
    out += "\n";
  }
  for (const JFunc& f : module.funcs)
    if (f.has_body) dump_func(out, module, f);
  return out;
}

void verify_jir(const JModule& module) {
  for (const JFunc& f : module.funcs) {
    require(!f.c_abi || !f.can_fail, "glue cannot fail");
    if (f.has_body) verify_func(module, f);   // see JANUS_DUMP_JIR when it complains
  }
  for (const JGlobal& g : module.globals) {
    uint32_t end = 0;
    for (const JReloc& r : g.relocs) {
      require(r.offset >= end && r.offset + 8 <= g.bytes.size(), "addresses in data lie in order and inside");
      require(r.index < (r.is_rt     ? kRtCount
                         : r.is_func ? module.funcs.size()
                                     : module.globals.size()),
              "data points at what exists");
      end = r.offset + 8;
    }
  }
}

// Begins with the functions that have a failure of their own and spreads to their callers: what is never reached cannot
// fail. Function values are called with the failure register, so functions whose address is taken keep it; direct calls
// of them need no test all the same.
void mark_nofail(JModule& module) {
  size_t n = module.funcs.size();
  std::vector<std::vector<uint32_t>> callers(n);
  std::vector<bool> fails(n);
  std::vector<uint32_t> work;
  for (uint32_t i = 0; i < n; ++i) {
    const JFunc& f = module.funcs[i];
    if (!f.can_fail) continue;
    bool own = true;
    if (f.has_body) {
      FailFacts facts = fail_facts(f);
      own = facts.own;
      for (uint32_t callee : facts.callees) callers[callee].push_back(i);
    }
    if (own) {
      fails[i] = true;
      work.push_back(i);
    }
  }
  while (!work.empty()) {
    uint32_t i = work.back();
    work.pop_back();
    for (uint32_t caller : callers[i])
      if (!fails[caller]) {
        fails[caller] = true;
        work.push_back(caller);
      }
  }
  std::vector<bool> is_value(n);
  for (const JGlobal& g : module.globals)
    for (const JReloc& r : g.relocs)
      if (r.is_func && !r.is_rt) is_value[r.index] = true;
  for (const JFunc& f : module.funcs)
    for (const JInstr& in : f.instrs)
      if (in.op == JOp::FuncAddr) is_value[in.a] = true;
  for (uint32_t i = 0; i < n; ++i) {
    JFunc& f = module.funcs[i];
    if (!fails[i] && !is_value[i]) f.can_fail = false;
    for (JInstr& in : f.instrs)
      if (in.op == JOp::Call && in.c != kNone && !fails[in.a]) in.c = kNone;
  }
  // A function that cannot fail any more may still hold RetFail in blocks that nothing reaches.
  for (JFunc& f : module.funcs)
    if (!f.can_fail)
      for (JInstr& in : f.instrs)
        if (in.op == JOp::RetFail) in.op = JOp::Unreachable;
}

}   // namespace janus
