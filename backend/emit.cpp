// emit.cpp: units to objects, assembly or LLVM IR: pass pipelines and the threads that run them.
// Depends on llvm_unit.h, embed.h (the runtime's bitcode), LLVM's passes and X86 code generator.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <mutex>
#include <thread>

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/PassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/Internalize.h"

#include "backend/embed.h"
#include "backend/fair.h"
#include "backend/llvm_unit.h"
#include "backend/speculate.h"
#include "backend/stacks.h"

extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
void LLVMInitializeX86AsmParser();
}

namespace janus {
using namespace llvm;
namespace {

void init_llvm() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();   // the runtime's bitcode holds inline assembly
  });
}

std::unique_ptr<TargetMachine> make_machine(bool release, bool tasks) {
  init_llvm();
  std::string error;
  Triple triple("x86_64-unknown-linux-musl");
  const Target* target = TargetRegistry::lookupTarget(triple, error);
  require(target, "the X86 target is linked in");
  TargetOptions options;
  options.UseInitArray = true;
  options.EmitStackSizeSection = release && tasks;
  auto level = release ? CodeGenOptLevel::Aggressive : CodeGenOptLevel::None;
  return std::unique_ptr<TargetMachine>(
      target->createTargetMachine(triple, "x86-64-v2", "", options, Reloc::Static, CodeModel::Small, level));
}

// Takes in what the program uses of the runtime, so that counts, arrays and strings are inlined into user code.
bool link_runtime(llvm::Module& module, bool tasks, std::string& why) {
  std::string_view bytes = embedded_file(tasks ? "lib/janus_rt_tasks.bc" : "lib/janus_rt.bc");
  if (!bytes.data()) return true;   // a janus without a runtime: its own unit tests
  auto runtime =
      getLazyBitcodeModule(MemoryBufferRef(StringRef(bytes.data(), bytes.size()), "janus_rt.bc"), module.getContext());
  if (!runtime) {
    why = "the runtime inside janus is damaged: " + toString(runtime.takeError());
    return false;
  }
  (*runtime)->setTargetTriple(module.getTargetTriple());
  // `main` is the runtime's; naming it makes the linker take it.
  Type* i32 = Type::getInt32Ty(module.getContext());
  module.getOrInsertFunction("main", FunctionType::get(i32, {i32, PointerType::get(module.getContext(), 0)}, false));
  if (tasks)
    module.getOrInsertFunction(
        "janus_task_begin",
        FunctionType::get(Type::getVoidTy(module.getContext()), false));   // called by the switch, which is assembly
  if (Linker::linkModules(module, std::move(*runtime), Linker::LinkOnlyNeeded)) {
    why = "the runtime inside janus does not fit its compiler";
    return false;
  }
  for (Function& f : module) {
    if (tasks) f.addFnAttr(Attribute::NoRedZone);   // stacks.cpp adds frames up
    f.removeFnAttr("frame-pointer");
    if (f.getName().starts_with("janus_panic_") || f.getName() == "janus_error_trace" ||
        f.getName() == "janus_error_join") {
      f.addFnAttr(Attribute::Cold);
      if (!f.isDeclaration()) f.addFnAttr(Attribute::NoInline);
    }
  }
  return true;
}

void optimise(llvm::Module& module, TargetMachine& machine) {
  // The last ones are named by assembly only: the switch of stacks, and what belongs to a thread.
  static const StringRef kept[] = {"main",       "janus_main_entry",  "janus_task_begin", "janus_worker",
                                   "janus_heap", "janus_stack_limit", "janus_fair_word"};
  internalizeModule(module, [](const GlobalValue& v) { return is_contained(kept, v.getName()); });
  if (Function* entry = module.getFunction("janus_main_entry"))
    if (Function* start = module.getFunction("main"); start && !start->isDeclaration() && !entry->isDeclaration())
      entry->setLinkage(GlobalValue::InternalLinkage);
  // What calls it is compiled for size, and would hand that on to all that is inlined into main.
  if (Function* entry = module.getFunction("janus_main_entry")) entry->addFnAttr(Attribute::NoInline);
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  tuning.LoopInterleaving = true;
  tuning.LoopUnrolling = true;
  tuning.MergeFunctions = true;
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graphs;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine, tuning);
  builder.registerScalarOptimizerLateEPCallback(
      [](FunctionPassManager& passes, OptimizationLevel) { passes.addPass(Speculate()); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3).run(module, modules);
}

// LLVM's own list for -O0 has some seventy passes. Debug code of ours needs an instruction selector, a register
// allocator, frames and the printer: it has no intrinsics that must be expanded, no exceptions, no sanitizers, no
// variables outside the stack frame.
void add_debug_passes(legacy::PassManager& passes, TargetMachine& machine, raw_pwrite_stream& out,
                      CodeGenFileType type) {
  TargetPassConfig* config = machine.createPassConfig(passes);
  config->setDisableVerify(true);
  auto* info = new MachineModuleInfoWrapperPass(&machine);
  passes.add(config);
  passes.add(info);
  machine.setO0WantsFastISel(true);
  machine.setFastISel(true);
  config->addInstSelector();
  passes.add(Pass::createPass(&FinalizeISelID));
  for (char* id : {&LiveDebugValuesID, &RemoveRedundantDebugValuesID, &FixupStatepointCallerSavedID,
                   &XRayInstrumentationID, &FEntryInserterID, &PatchableFunctionID, &FuncletLayoutID,
                   &StackMapLivenessID, &MachineSanitizerBinaryMetadataID, &RemoveLoadsIntoFakeUsesID,
                   &StackFrameLayoutAnalysisPassID, &LocalStackSlotAllocationID, &GCMachineCodeAnalysisID})
    config->disablePass(id);
  config->addMachinePasses();
  config->setInitialized();
  bool failed = machine.addAsmPrinter(passes, out, nullptr, type, info->getMMI().getContext());
  require(!failed, "X86 can write objects");
  passes.add(createFreeMachineFunctionPass());
}

std::string generate(llvm::Module& module, TargetMachine& machine, EmitKind kind) {
  std::string text;
  if (kind == EmitKind::LlvmIr) {
    raw_string_ostream out(text);
    module.print(out, nullptr);
    return text;
  }
  SmallVector<char, 0> bytes;
  raw_svector_ostream out(bytes);
  legacy::PassManager passes;
  auto type = kind == EmitKind::Asm ? CodeGenFileType::AssemblyFile : CodeGenFileType::ObjectFile;
  if (machine.getOptLevel() == CodeGenOptLevel::None) {
    add_debug_passes(passes, machine, out, type);
  } else {
    bool failed = machine.addPassesToEmitFile(passes, out, nullptr, type, true);
    require(!failed, "X86 can write objects");
  }
  passes.run(module);
  return std::string(bytes.data(), bytes.size());
}

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
      if (!link_runtime(*module, plan.module.tasks, why)) return {};
      optimise(*module, *machine);
      check_registers(*module);
    }
    if (phase) phase("codegen");
    if (!plan.release || !plan.module.tasks || options.kind != EmitKind::Object)
      return generate(*module, *machine, options.kind);
    CallGraph calls = call_graph(*module);
    std::string object = generate(*module, *machine, options.kind);
    write_stack_needs(calls, object);
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
