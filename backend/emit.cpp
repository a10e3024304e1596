// emit.cpp: units to objects, assembly or LLVM IR, and the threads that run them.
// Depends on llvm_unit.h, pipeline.h, runtime_module.h, stacks.h.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <mutex>
#include <thread>

#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include "backend/embed.h"
#include "backend/fair.h"
#include "backend/llvm_unit.h"
#include "backend/pipeline.h"
#include "backend/runtime_module.h"
#include "backend/stacks.h"

namespace janus {
using namespace llvm;
namespace {

// Set to look for mistakes in the IR we make: slow.
bool wants_verifier() { return std::getenv("JANUS_VERIFY_IR") != nullptr; }

// The failure register has an address in IR only: a pass that mixes it with others makes a program that reads address
// 0. (llvm_func.cpp says what keeps the one that does from it.)
bool is_plain_use(const Use& use) {
  const User* user = use.getUser();
  if (isa<LoadInst>(user) || isa<CallBase>(user)) return true;
  const auto* store = dyn_cast<StoreInst>(user);
  return store && use.getOperandNo() == StoreInst::getPointerOperandIndex();
}
void check_registers(const llvm::Module& module) {
  auto check = [](const Value& v) {
    require(!v.isSwiftError() || all_of(v.uses(), is_plain_use),
            "the failure register is read, written and passed on, nothing else");
  };
  for (const Function& f : module) {
    for (const Argument& a : f.args()) check(a);
    if (f.isDeclaration()) continue;
    for (const Instruction& i : f.getEntryBlock())
      if (isa<AllocaInst>(i)) check(i);
  }
}

struct Worker {
  std::unique_ptr<TargetMachine> machine;
  std::string why;

  std::string run(const CodegenPlan& plan, const Unit& unit, const EmitOptions& options,
                  const std::function<void(const char*)>& phase) {
    if (!machine) machine = make_machine(plan.release, plan.module.tasks);
    LLVMContext context;
    context.setDiscardValueNames(options.kind != EmitKind::LlvmIr);
    std::unique_ptr<llvm::Module> module = LlvmUnit(context, plan, unit, machine->createDataLayout()).run();
    if (wants_verifier()) {
      std::string text;
      raw_string_ostream out(text);
      if (verifyModule(*module, &out)) {
        module->print(errs(), nullptr);
        errs() << text;
        require(false, "the IR we make is right");
      }
    }
    if (plan.module.fair) add_turns(*module);
    if (plan.release) {
      if (phase) phase("optimise");
      if (!borrow_runtime(*module, plan.module.tasks, why)) return {};
      // What calls it is compiled for size, and would hand that on to all that is inlined into main.
      if (Function* entry = module->getFunction("janus_main_entry")) entry->addFnAttr(Attribute::NoInline);
      optimise(*module, *machine);
      check_registers(*module);
    }
    if (phase) phase("codegen");
    if (!plan.release || !plan.module.tasks || options.kind != EmitKind::Object)
      return generate(*module, *machine, options.kind);
    StackNeeds runtime = read_stack_needs(embedded_file("lib/janus_rt_tasks.needs"));
    CallGraph calls = call_graph(*module, runtime);
    std::string object = generate(*module, *machine, options.kind);
    write_stack_needs(calls, runtime, object);
    return object;
  }
};

}   // namespace

EmitResult emit_units(const CodegenPlan& plan, const std::vector<uint32_t>& which, const EmitOptions& options,
                      const std::function<void(const char*)>& phase) {
  EmitResult result;
  result.parts.resize(which.size());
  size_t threads = std::min<size_t>(std::max(options.threads, 1), which.size());
  if (threads <= 1) {
    Worker worker;
    for (size_t i = 0; i < which.size(); ++i) result.parts[i] = worker.run(plan, plan.units[which[i]], options, phase);
    result.why = worker.why;
  } else {
    if (phase) phase("codegen");
    init_llvm();
    std::atomic<size_t> next{0};
    std::vector<Worker> workers(threads);
    std::vector<std::thread> running;
    auto work = [&](Worker& worker) {
      for (size_t i; (i = next++) < which.size();)
        result.parts[i] = worker.run(plan, plan.units[which[i]], options, {});
    };
    for (size_t t = 1; t < threads; ++t) running.emplace_back([&, t] { work(workers[t]); });
    work(workers[0]);
    for (std::thread& t : running) t.join();
    for (Worker& w : workers)
      if (!w.why.empty()) result.why = w.why;
  }
  result.ok = result.why.empty();
  return result;
}

EmitResult emit(const JModule& module, Program& program, Layouts& layouts, const EmitOptions& options) {
  CodegenPlan plan(module, program, layouts);
  make_plan(plan, options.release, options.kind == EmitKind::LlvmIr || options.kind == EmitKind::Asm);
  std::vector<uint32_t> all(plan.units.size());
  for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  return emit_units(plan, all, options, {});
}

}   // namespace janus
