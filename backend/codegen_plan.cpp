// codegen_plan.cpp: decides conventions, symbols and code generation units; the key of a unit's object; lines of
// positions. Depends on codegen.h, LLVM's BLAKE3. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/xxhash.h"

#include "backend/codegen.h"

namespace janus {
namespace {

// A unit is about this many instructions: small enough that one edit recompiles little and two cores share the work
// evenly, big enough that what LLVM does once a module does not matter.
constexpr size_t kUnitInstrs = 60'000;
// Where a unit may end is decided by the name of what comes next, not by how much there is in all before it: what is
// added in one place moves the ends nearby, and the units behind them stay. One file in so many, one function in so
// many begins a unit.
constexpr uint64_t kFileEnds = 4, kFuncEnds = 64;

// Numbers the circles of tail calls: strongly connected parts with two functions or more (Tarjan's algorithm, with a
// stack of its own). A function that tail-calls itself only is a loop (llvm_func.cpp).
void find_circles(const JModule& m, std::vector<uint32_t>& circle) {
  uint32_t n = static_cast<uint32_t>(m.funcs.size());
  std::vector<std::vector<uint32_t>> targets(n);
  for (uint32_t i = 0; i < n; ++i)
    for (const JInstr& in : m.funcs[i].instrs)
      if (in.op == JOp::TailCall && in.a != i) targets[i].push_back(in.a);
  circle.assign(n, kNone);
  std::vector<uint32_t> number(n, 0), low(n, 0), path;
  std::vector<bool> on_path(n);
  struct Frame {
    uint32_t func;
    size_t next;
  };
  std::vector<Frame> stack;
  uint32_t count = 0, circles = 0;
  for (uint32_t root = 0; root < n; ++root) {
    if (number[root] || targets[root].empty()) continue;
    stack.push_back({root, 0});
    while (!stack.empty()) {
      uint32_t f = stack.back().func;
      if (stack.back().next == 0 && !number[f]) {
        number[f] = low[f] = ++count;
        path.push_back(f);
        on_path[f] = true;
      }
      if (stack.back().next < targets[f].size()) {
        uint32_t to = targets[f][stack.back().next++];
        if (!number[to]) stack.push_back({to, 0});
        else if (on_path[to]) low[f] = std::min(low[f], number[to]);
        continue;
      }
      stack.pop_back();
      if (!stack.empty()) low[stack.back().func] = std::min(low[stack.back().func], low[f]);
      if (low[f] != number[f]) continue;
      bool alone = path.back() == f;
      for (uint32_t x = kNone; x != f;) {
        x = path.back();
        path.pop_back();
        on_path[x] = false;
        if (!alone) circle[x] = circles;
      }
      ++circles;
    }
  }
}

}   // namespace

uint32_t room_align(const JParam& p) { return p.is_aggregate ? std::clamp(p.align, 8u, kRoomAlign) : 8; }

std::vector<uint32_t> tail_offsets(const JFunc& f) {
  std::vector<uint32_t> offsets;
  uint32_t end = 0;
  for (const JParam& p : f.params) {
    uint32_t align = room_align(p);
    end = (end + align - 1) / align * align;
    offsets.push_back(end);
    end += p.is_aggregate ? p.size : 8;
  }
  offsets.push_back(end);
  return offsets;
}

namespace {

void choose_abi(CodegenPlan& plan) {
  const JModule& m = plan.module;
  std::vector<uint32_t> circle;
  find_circles(m, circle);
  plan.abi.resize(m.funcs.size());
  for (uint32_t i = 0; i < m.funcs.size(); ++i) {
    const JFunc& f = m.funcs[i];
    FuncAbi& abi = plan.abi[i];
    if (f.c_abi) continue;
    bool tail = circle[i] != kNone;
    abi.circle = circle[i];
    abi.convention = tail ? Convention::SwiftTail : plan.release ? Convention::Swift : Convention::C;
    abi.fail = !f.can_fail ? FailMode::None : tail || !plan.release ? FailMode::Pointer : FailMode::Register;
  }
  // A jump cannot hand over what does not fit into registers (LLVM 22 loses arguments that musttail would put on the
  // stack), nor what lies in the frame that goes. Where one function of a circle takes such a thing, all of them find
  // their arguments in a room in the frame of who called the circle from outside.
  std::vector<uint32_t> room;   // by circle
  std::vector<bool> crowded;
  for (uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (plan.abi[i].circle == kNone) continue;
    const JFunc& f = m.funcs[i];
    uint32_t words = plan.abi[i].fail == FailMode::Pointer, floats = 0;
    bool whole = false;
    for (const JParam& p : f.params) {
      ++(p.type == JType::F32 || p.type == JType::F64 ? floats : words);
      whole |= p.is_aggregate;
    }
    room.resize(std::max<size_t>(room.size(), plan.abi[i].circle + 1), 0);
    crowded.resize(room.size(), false);
    room[plan.abi[i].circle] = std::max(room[plan.abi[i].circle], tail_offsets(f).back());
    if (words > 6 || floats > 8 || whole) crowded[plan.abi[i].circle] = true;
  }
  for (FuncAbi& abi : plan.abi)
    if (abi.circle != kNone && crowded[abi.circle]) abi.tail_bytes = room[abi.circle];
}

// C code has no symbol with a dot, so a name without one could be taken for a function of libc.
std::string link_symbol(const JFunc& f) {
  if (f.exported || !f.has_body || f.symbol.find('.') != std::string::npos) return f.symbol;
  return "j." + f.symbol;
}

// Groups functions: those of one file together, a long file in runs, short files share a unit. Within a file they stand
// in the order of the source, and instances and glue in the order of their names.
std::vector<Unit> group(const CodegenPlan& plan, bool one_unit) {
  const JModule& m = plan.module;
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < m.funcs.size(); ++i)
    if (m.funcs[i].has_body) order.push_back(i);
  std::vector<Unit> units(1);
  if (one_unit || plan.release) {
    units[0].funcs = std::move(order);
    return units;
  }
  auto file_of = [&](uint32_t i) {
    uint32_t lo = m.funcs[i].span.lo;
    return lo ? +plan.sources.find(lo) : kNone;
  };
  std::vector<uint32_t> file(m.funcs.size());
  for (uint32_t i : order) file[i] = file_of(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    if (file[a] != file[b]) return file[a] < file[b];
    uint32_t x = m.funcs[a].span.lo, y = m.funcs[b].span.lo;
    return x != y ? x < y : m.funcs[a].symbol < m.funcs[b].symbol;
  });
  auto begins_unit = [](std::string_view name, uint64_t one_in) {
    return llvm::xxh3_64bits(llvm::StringRef(name.data(), name.size())) % one_in == 0;
  };
  size_t size = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    uint32_t i = order[k];
    bool new_file = k > 0 && file[order[k - 1]] != file[i];
    bool may_end = new_file && file[i] != kNone
                       ? size >= kUnitInstrs / 3 && begins_unit(plan.sources.file(FileId(file[i])).path, kFileEnds)
                       : size >= kUnitInstrs / 2 && begins_unit(m.funcs[i].symbol, kFuncEnds);
    if (may_end || size >= 2 * kUnitInstrs) {
      units.emplace_back();
      size = 0;
    }
    units.back().funcs.push_back(i);
    size += m.funcs[i].instrs.size() + 20;
  }
  return units;
}

// Data goes where it is used: constants into every unit that names them, writable data into the first one.
void place_globals(CodegenPlan& plan) {
  const JModule& m = plan.module;
  std::vector<bool> owned(m.globals.size());   // writable data that has a unit
  std::vector<uint32_t> seen(m.globals.size(), kNone);
  for (uint32_t u = 0; u < plan.units.size(); ++u) {
    std::vector<uint32_t> work;
    auto reach = [&](uint32_t g) {
      if (seen[g] == u) return;
      seen[g] = u;
      if (m.globals[g].writable && owned[g]) return;
      if (m.globals[g].writable) owned[g] = true;
      work.push_back(g);
      plan.units[u].globals.push_back(g);
    };
    for (uint32_t i : plan.units[u].funcs)
      for (const JBlock& block : m.funcs[i].blocks)
        for (uint32_t k : block.instrs)
          if (m.funcs[i].instrs[k].op == JOp::GlobalAddr) reach(m.funcs[i].instrs[k].a);
    while (!work.empty()) {
      uint32_t g = work.back();
      work.pop_back();
      for (const JReloc& r : m.globals[g].relocs)
        if (!r.is_func && !r.is_rt) reach(r.index);
    }
  }
}

// What a key is made of: every operand by what it means, never by its number in this run.
class Hasher {
 public:
  explicit Hasher(const CodegenPlan& plan)
      : plan_(plan),
        places_(plan.sources),
        func_keys_(plan.module.funcs.size()),
        globals_(plan.module.globals.size(), 0) {}

  Key unit(const Unit& unit) {
    number(plan_.release | plan_.module.tasks << 1 | plan_.module.fair << 2);
    number(unit.has_flags);
    if (unit.has_flags) {
      number(static_cast<uint64_t>(plan_.module.task_budget));
      number(static_cast<uint64_t>(plan_.module.channel_budget));
      text(plan_.module.profile);
    }
    number(unit.funcs.size());
    for (uint32_t i : unit.funcs) func(i);
    number(unit.globals.size());
    for (uint32_t g : unit.globals) global(g);
    Key key;
    flush();
    auto hash = blake_.final<32>();
    std::copy(hash.begin(), hash.end(), key.begin());
    return key;
  }

 private:
  void bytes(const void* data, size_t n) {
    if (n == 0) return;   // of an empty vector there is no address
    if (used_ + n > sizeof buffer_) {
      flush();
      if (n > sizeof buffer_) {
        blake_.update(llvm::ArrayRef(static_cast<const uint8_t*>(data), n));
        return;
      }
    }
    std::memcpy(buffer_ + used_, data, n);
    used_ += n;
  }
  void flush() {
    blake_.update(llvm::ArrayRef(buffer_, used_));
    used_ = 0;
  }
  void number(uint64_t x) { bytes(&x, 8); }
  void text(std::string_view s) {
    number(s.size());
    bytes(s.data(), s.size());
  }
  void place(uint32_t pos) {
    if (!pos) {
      number(0);
      return;
    }
    LineCol at = places_.at(pos);
    number(uint64_t(at.line) << 32 | at.col);
  }

  void param(const JParam& p) {
    number(uint64_t(static_cast<uint8_t>(p.type)) | p.owned << 8 | p.is_aggregate << 9 | p.is_mut << 10 |
           p.managed << 11 | p.nullable << 12 | uint64_t(p.size) << 32);
    number(uint64_t(p.align) << 32 | p.block);
  }
  // What a caller sees of a function.
  void signature(uint32_t i) {
    const JFunc& f = plan_.module.funcs[i];
    text(plan_.symbols[i]);
    const FuncAbi& abi = plan_.abi[i];
    number(uint64_t(static_cast<uint8_t>(abi.convention)) | uint64_t(static_cast<uint8_t>(abi.fail)) << 8 |
           uint64_t(static_cast<uint8_t>(f.result)) << 16 | uint64_t(f.result_pointer) << 24 |
           uint64_t(f.exported) << 25 | uint64_t(f.has_body) << 26);
    number(f.result_size);
    number(f.result_align);
    number(abi.tail_bytes);
    for (const JParam& p : f.params) param(p);
  }
  void func_ref(uint32_t i) {
    Key& key = func_keys_[i];
    if (key == Key{}) {
      Hasher inner(plan_, nullptr);
      inner.signature(i);
      inner.flush();
      auto hash = inner.blake_.final<32>();
      std::copy(hash.begin(), hash.end(), key.begin());
    }
    bytes(key.data(), key.size());
  }
  Hasher(const CodegenPlan& plan, std::nullptr_t) : plan_(plan), places_(plan.sources) {}

  void global_ref(uint32_t g) { text(plan_.module.globals[g].symbol); }
  void global(uint32_t g) {
    const JGlobal& global = plan_.module.globals[g];
    text(global.symbol);
    text(global.bytes);
    number(uint64_t(global.align) << 8 | global.writable << 1 | global.merge);
    for (const JReloc& r : global.relocs) {
      number(r.offset);
      number(r.addend);
      if (r.is_rt) number(r.index);
      else if (r.is_func) func_ref(r.index);
      else global_ref(r.index);
    }
  }

  void debug_type(uint32_t index) {
    if (index < types_seen_.size() && types_seen_[index]) {
      text(plan_.types[index].name);
      return;
    }
    if (index >= types_seen_.size()) types_seen_.resize(index + 1);
    types_seen_[index] = true;
    const DebugType& t = plan_.types[index];
    text(t.name);
    number(uint64_t(static_cast<uint8_t>(t.kind)) << 56 | uint64_t(t.size) << 16 | t.align);
    number(uint64_t(t.tag_offset) << 32 | t.tag_size);
    number(uint64_t(t.count) << 1 | t.nullable);
    auto fields = [&](const std::vector<DebugField>& fs) {
      number(fs.size());
      for (const DebugField& f : fs) {
        text(f.name);
        number(f.offset);
        debug_type(f.type);
      }
    };
    if (t.elem) debug_type(t.elem);
    fields(t.fields);
    number(t.variants.size());
    for (const DebugVariant& v : t.variants) {
      text(v.name);
      fields(v.fields);
    }
  }

  void func(uint32_t i) {
    const JFunc& f = plan_.module.funcs[i];
    signature(i);
    here_ = i;
    text(f.display);
    text(places_.path(f.span.lo));
    place(f.span.lo);
    number(f.inline_hint | f.in_cycle << 1 | f.debug << 2 | f.stays_out << 3 | uint64_t(f.blocks.size()) << 32);
    for (const JSlot& s : f.slots) {
      number(uint64_t(s.size) << 32 | s.align);
      number(uint64_t(s.cell_offset) << 32 | uint64_t(s.arg) << 1 | s.is_reference);
      if (plan_.release || is_none(s.name)) {
        number(0);
        continue;
      }
      text(plan_.names.text(s.name));
      place(s.span.lo);
      debug_type(plan_.types.find(s.type));
    }
    bytes(f.extra.data(), f.extra.size() * 4);
    for (const JBlock& block : f.blocks) {
      number(uint64_t(block.instrs.size()) << 1 | block.cold);
      for (uint32_t k : block.instrs) instr(f, k);
    }
  }

  void instr(const JFunc& f, uint32_t k) {
    const JInstr& in = f.instrs[k];
    struct {
      JInstr in;
      uint32_t index;
      LineCol at;
    } row;
    std::memset(static_cast<void*>(&row), 0, sizeof row);
    row.in = in;
    row.index = k;
    row.in.pos = 0;
    if (in.pos) row.at = places_.at(in.pos);
    switch (in.op) {
      case JOp::TailCall: number(plan_.tail_circle(here_, in.a)); [[fallthrough]];
      case JOp::FuncAddr:
      case JOp::Call:
        func_ref(in.a);
        row.in.a = 0;
        break;
      case JOp::GlobalAddr:
        global_ref(in.a);
        row.in.a = 0;
        break;
      case JOp::Release:
      case JOp::ReleaseDeep:
        if (!(in.aux & 2)) {
          func_ref(in.b);
          row.in.b = 0;
        }
        break;
      case JOp::CallC: {
        const JExtern& e = plan_.module.externs[in.a];
        text(e.symbol);
        number(static_cast<uint8_t>(e.result));
        bytes(e.params.data(), e.params.size());
        for (bool is_signed : e.is_signed) number(is_signed);
        row.in.a = 0;
        break;
      }
      default: break;
    }
    bytes(&row, sizeof row);
  }

  const CodegenPlan& plan_;
  Places places_;
  std::vector<Key> func_keys_;
  std::vector<uint8_t> globals_;
  std::vector<bool> types_seen_;
  uint32_t here_ = 0;   // the function being hashed
  llvm::BLAKE3 blake_;
  uint8_t buffer_[8192];
  size_t used_ = 0;
};

}   // namespace

bool Places::seek(uint32_t pos) {
  if (file_ && pos >= file_->base && pos - file_->base <= file_->text.size()) return true;
  FileId id = sources_.find(pos);
  if (is_none(id)) {
    file_ = nullptr;
    return false;
  }
  file_ = &sources_.file(id);
  line_ = 0;
  return true;
}

LineCol Places::at(uint32_t pos) {
  if (!pos || !seek(pos)) return {};
  const std::vector<uint32_t>& starts = file_->line_starts;
  uint32_t offset = pos - file_->base;
  // The next position is nearly always on the same line or a few lines down.
  if (starts[line_] > offset || (line_ + 8 < starts.size() && starts[line_ + 8] <= offset))
    line_ = static_cast<uint32_t>(std::upper_bound(starts.begin(), starts.end(), offset) - starts.begin()) - 1;
  else
    while (line_ + 1 < starts.size() && starts[line_ + 1] <= offset) ++line_;
  return {line_ + 1, offset - starts[line_] + 1};
}

const std::string& Places::path(uint32_t pos) {
  static const std::string none;
  return pos && seek(pos) ? file_->path : none;
}

void make_plan(CodegenPlan& plan, bool release, bool one_unit) {
  plan.release = release;
  // Line tables are made on first use; after this every thread may read them.
  for (uint32_t i = 0; i < plan.sources.size(); ++i)
    plan.sources.line_col(plan.sources.file(static_cast<FileId>(i)).base);
  choose_abi(plan);
  for (const JFunc& f : plan.module.funcs) plan.symbols.push_back(link_symbol(f));
  plan.units = group(plan, one_unit);
  plan.units[0].has_flags = true;
  place_globals(plan);
  if (!release)
    for (const JFunc& f : plan.module.funcs)
      for (const JSlot& s : f.slots)
        if (is_some(s.name) && is_some(s.type)) plan.types.add(s.type);
}

Key unit_key(const CodegenPlan& plan, const Unit& unit) { return Hasher(plan).unit(unit); }

}   // namespace janus
