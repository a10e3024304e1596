// lower.cpp: the work list of instances, and the program's entry.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower.h"

#include <cstddef>
#include <cstring>

#include "backend/lower_internal.h"
#include "frontend/doctest.h"
#include "runtime/abi_test.h"

namespace janus {

JModule lower(Program& program, Layouts& layouts, const LowerOptions& options) {
  return ModuleLower(program, layouts, options).run();
}

// Live tasks and channels that the program may have: what its package says, else the profile of its main file.
void ModuleLower::set_budgets() {
  Profile profile = Profile::Service;
  if (is_some(program.main_func))
    profile = program.modules[+program.decls[+program.funcs[+program.main_func].decl].module]->profile;
  module.profile = profile_name(profile);
  bool large = profile == Profile::Cluster || profile == Profile::Sovereign;
  module.task_budget = large ? 10'000 : 100;
  module.channel_budget = large ? 10'000 : 1'000;
  if (options.budget_tasks >= 0) module.task_budget = options.budget_tasks;
  if (options.budget_channels >= 0) module.channel_budget = options.budget_channels;
}

JModule ModuleLower::run() {
  module.tasks = program.uses_tasks;
  set_budgets();
  if (options.tests && options.coverage) coverage = make_coverage(program, options.coverage_std);
  build_main();
  // Building a function may ask for others; the list grows at its end.
  for (size_t i = 0; i < work_.size(); ++i) {
    Work work = std::move(work_[i]);
    JFunc f = std::move(module.funcs[work.index]);
    {
      FuncLower builder(*this, f);
      work.build(builder);
      builder.finish();
    }
    module.funcs[work.index] = std::move(f);
  }
  part_names();
  mark_cycles();
  if (options.release) unroll_recursion();
  return std::move(module);
}

// Two things of one name (a digest that is not unique, a test said twice): the later ones are numbered.
void ModuleLower::part_names() {
  std::unordered_map<std::string, uint32_t> seen;
  auto part = [&](std::string& symbol) {
    if (uint32_t before = seen[symbol]++) symbol += "~" + std::to_string(before);
  };
  symbols.clear();
  for (JFunc& f : module.funcs) part(f.symbol);
  for (JGlobal& g : module.globals) part(g.symbol);
}

// A small function that calls itself gets a twin: it calls the twin, the twin calls it. LLVM inlines the twin, and half
// of the calls (with their stack checks) are gone. It does not inline a function into itself.
void ModuleLower::unroll_recursion() {
  constexpr size_t kSmall = 100;
  size_t count = module.funcs.size();
  for (uint32_t i = 0; i < count; ++i) {
    if (module.funcs[i].c_abi || !module.funcs[i].in_cycle || module.funcs[i].instrs.size() > kSmall) continue;
    bool calls_itself = false;
    for (const JBlock& b : module.funcs[i].blocks)
      for (uint32_t k : b.instrs)
        calls_itself |= module.funcs[i].instrs[k].op == JOp::Call && module.funcs[i].instrs[k].a == i;
    if (!calls_itself) continue;
    JFunc twin = module.funcs[i];
    twin.symbol += "'";
    twin.inline_hint = true;
    auto& head = twin.blocks[0].instrs;   // the caller has checked, and both frames are small
    if (!head.empty() && twin.instrs[head[0]].op == JOp::StackCheck) head.erase(head.begin());
    uint32_t index = static_cast<uint32_t>(module.funcs.size());
    for (JInstr& in : module.funcs[i].instrs)
      if (in.op == JOp::Call && in.a == i) in.a = index;
    module.funcs.push_back(std::move(twin));
  }
}

uint32_t ModuleLower::add_func(std::string symbol, std::string display, std::function<void(FuncLower&)> build,
                               bool c_abi) {
  JFunc f;
  f.symbol = symbol;
  symbols.push_back(std::move(symbol));
  f.display = display.empty() ? f.symbol : std::move(display);
  f.c_abi = c_abi;
  f.can_fail = !c_abi;
  f.debug = false;
  module.funcs.push_back(std::move(f));
  uint32_t index = static_cast<uint32_t>(module.funcs.size() - 1);
  work_.push_back({index, std::move(build)});
  return index;
}

// ---- the entry: C code of the runtime calls it and gets null or the failure

// The counters of --coverage, on pages of their own: the runner shares them among the processes of tests.
void ModuleLower::add_counters(JGlobal& table) {
  constexpr size_t kPage = 4096;
  JGlobal g;
  g.symbol = "janus.counters";
  g.bytes.assign((coverage.places.size() * 8 + kPage - 1) / kPage * kPage, '\0');
  g.align = kPage;
  g.writable = true;
  counters = add_global(std::move(g));
  int64_t count = static_cast<int64_t>(coverage.places.size());
  memcpy(table.bytes.data() + offsetof(rt::TestTable, counter_count), &count, sizeof count);
  table.relocs.push_back({offsetof(rt::TestTable, counters), false, false, counters});
  JGlobal places;
  places.symbol = "janus.counter_places";
  places.bytes = coverage.lines;
  places.align = 1;
  table.relocs.push_back({offsetof(rt::TestTable, counter_places), false, false, add_global(std::move(places))});
}

// What is counted is counted when it begins: each_counted of coverage.h says what that is.
void FuncLower::count(uint32_t id) {
  if (m.counters == kNone || id == kNone) return;
  const HirNode& n = (*body)[HirId(id)];
  if (n.kind != HirKind::Block) count_at(n.span);
}
void FuncLower::count_at(Span span) {
  if (m.counters == kNone || dead || span.is_none()) return;
  uint32_t counter = m.coverage.counter_of(span.lo);
  if (counter != kNone) emit(JOp::Count, JType::Void, m.counters, counter * 8);
}

void ModuleLower::build_main() {
  auto wrapper = [&](std::string symbol, const std::function<uint32_t()>& target) {
    uint32_t index = add_func(
        std::move(symbol), "main",
        [this, target](FuncLower& f) {
          uint32_t failed = f.new_block(true);
          uint32_t callee = target();
          f.emit(JOp::Call, module.funcs[callee].result, callee, f.list(std::initializer_list<uint32_t>{}), failed);
          f.emit(JOp::Ret, JType::Void, f.null());
          f.dead = true;
          f.at(failed);
          f.emit(JOp::Ret, JType::Void, f.emit(JOp::GetError, JType::Ptr));
          f.dead = true;
        },
        true);
    module.funcs[index].result = JType::Ptr;
    return index;
  };
  if (!options.tests) {
    module.main = wrapper("janus_main_entry", [this] { return instance(program.main_func, {}); });
    module.funcs[module.main].exported = true;
    return;
  }
  JGlobal entries;
  entries.symbol = "janus.tests";
  int64_t count = 0;
  auto add_entry = [&](std::string_view name, Span place, std::string_view note, uint32_t run, rt::TestMode mode) {
    const SourceFile& file = program.sources.file(program.sources.find(place.lo));
    LineCol at = program.sources.line_col(place.lo);
    uint32_t offset = static_cast<uint32_t>(entries.bytes.size());
    entries.bytes.append(sizeof(rt::TestEntry), '\0');
    entries.bytes[offset + offsetof(rt::TestEntry, mode)] = static_cast<char>(mode);
    entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, name)), false, false, c_string(name)});
    entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, place)), false, false,
                              c_string(file.path + ":" + std::to_string(at.line) + ":" + std::to_string(at.col))});
    entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, note)), false, false, c_string(note)});
    if (run != kNone) entries.relocs.push_back({offset + uint32_t(offsetof(rt::TestEntry, run)), true, false, run});
    ++count;
  };
  for (uint32_t i = 0; i < program.tests.size(); ++i) {
    const TestInfo& test = program.tests[i];
    if (is_none(test.body) || program.modules[+test.module]->is_std) continue;
    const DoctestInfo* doc = test.doctest == kNone ? nullptr : &program.doctests[test.doctest];
    std::string lasting = std::string(program.names.text(program.modules[+test.module]->path)) + "." +
                          short_digest(program.names.text(test.name));
    uint32_t run = wrapper("janus.test." + lasting, [this, i, lasting] {
      uint32_t index =
          add_func("jan.test." + lasting, "test \"" + std::string(program.names.text(program.tests[i].name)) + "\"",
                   [this, i](FuncLower& f) {
                     Signature sig;
                     f.build_body(*program.bodies[+program.tests[i].body], {}, {}, sig, false);
                   });
      module.funcs[index].debug = true;
      module.funcs[index].span = program.tests[i].span;
      return index;
    });
    rt::TestMode mode = !doc || doc->mode == DoctestMode::Run ? rt::kTestRun
                        : doc->mode == DoctestMode::Fails     ? rt::kTestFails
                        : doc->mode == DoctestMode::NoRun     ? rt::kTestPassed
                                                              : rt::kTestFailed;
    std::string note =
        doc && doc->mode == DoctestMode::CompileFails ? "it compiles, and " + doc->expected + " was expected" : "";
    add_entry(program.names.text(test.name), test.span, note, run, mode);
  }
  for (const DoctestInfo& doc : program.doctests)   // those that were decided before
    if (is_none(doc.module))
      add_entry(program.names.text(doc.name), doc.place, doc.problem, kNone,
                doc.mode == DoctestMode::Ignore ? rt::kTestIgnored
                : doc.passed                    ? rt::kTestPassed
                                                : rt::kTestFailed);
  if (entries.bytes.empty()) entries.bytes.assign(8, '\0');
  JGlobal table;
  table.symbol = "janus.test_table";
  table.bytes.assign(sizeof(rt::TestTable), '\0');
  memcpy(table.bytes.data() + offsetof(rt::TestTable, count), &count, sizeof count);
  table.relocs.push_back({offsetof(rt::TestTable, tests), false, false, add_global(std::move(entries))});
  if (!coverage.places.empty()) add_counters(table);
  uint32_t tests = add_global(std::move(table));
  module.main = add_func(
      "janus_main_entry", "main",
      [tests](FuncLower& f) {
        uint32_t error = f.rt(JRt::RunTests, JType::Ptr, {f.global(tests)});
        f.emit(JOp::Ret, JType::Void, error);
      },
      true);
  module.funcs[module.main].result = JType::Ptr;
  module.funcs[module.main].exported = true;
}

// Functions that can call themselves again check the stack; the others cannot overflow it. A call of a function value
// may reach every function whose address was taken.
void ModuleLower::mark_cycles() {
  uint32_t n = static_cast<uint32_t>(module.funcs.size());
  uint32_t indirect = n;
  std::vector<std::vector<uint32_t>> calls(n + 1);
  std::vector<bool> taken(n);
  for (const JGlobal& g : module.globals)
    for (const JReloc& r : g.relocs)
      if (r.is_func) taken[r.index] = true;
  for (uint32_t i = 0; i < n; ++i)
    for (const JBlock& block : module.funcs[i].blocks)
      for (uint32_t k : block.instrs) {
        const JInstr& in = module.funcs[i].instrs[k];
        if (in.op == JOp::Call || in.op == JOp::TailCall) calls[i].push_back(in.a);
        else if (in.op == JOp::CallPtr) calls[i].push_back(indirect);
        else if (in.op == JOp::FuncAddr) taken[in.a] = true;
      }
  for (uint32_t i = 0; i < n; ++i)
    if (taken[i] && !module.funcs[i].c_abi) calls[indirect].push_back(i);
  // Tarjan, without recursion.
  std::vector<uint32_t> index(n + 1, kNone), low(n + 1), stack;
  std::vector<bool> on_stack(n + 1), cyclic(n + 1);
  struct Frame {
    uint32_t node;
    size_t next;
  };
  std::vector<Frame> frames;
  uint32_t counter = 0;
  for (uint32_t root = 0; root <= n; ++root) {
    if (index[root] != kNone) continue;
    frames.push_back({root, 0});
    while (!frames.empty()) {
      Frame& fr = frames.back();
      uint32_t v = fr.node;
      if (fr.next == 0 && index[v] == kNone) {
        index[v] = low[v] = counter++;
        stack.push_back(v);
        on_stack[v] = true;
      }
      if (fr.next < calls[v].size()) {
        uint32_t w = calls[v][fr.next++];
        if (w == v) cyclic[v] = true;
        if (index[w] == kNone) frames.push_back({w, 0});
        else if (on_stack[w]) low[v] = std::min(low[v], index[w]);
        continue;
      }
      if (low[v] == index[v]) {
        bool many = stack.back() != v;
        for (;;) {
          uint32_t w = stack.back();
          stack.pop_back();
          on_stack[w] = false;
          if (many) cyclic[w] = true;
          if (w == v) break;
        }
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().node] = std::min(low[frames.back().node], low[v]);
    }
  }
  for (uint32_t i = 0; i < n; ++i) {
    JFunc& f = module.funcs[i];
    f.in_cycle = cyclic[i];
    if (f.in_cycle || f.blocks.empty()) continue;
    auto& instrs = f.blocks[0].instrs;
    if (!instrs.empty() && f.instrs[instrs[0]].op == JOp::StackCheck) instrs.erase(instrs.begin());
  }
}

}   // namespace janus
