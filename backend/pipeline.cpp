// pipeline.cpp: see pipeline.h.
// Depends on LLVM's passes and X86 code generator, speculate.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/pipeline.h"

#include <mutex>

#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include "backend/speculate.h"
#include "frontend/ids.h"

extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
void LLVMInitializeX86AsmParser();
}

namespace janus {
using namespace llvm;

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

void optimise(llvm::Module& module, TargetMachine& machine) {
  if (machine.Options.EmitStackSizeSection)
    for (Function& f : module) f.addFnAttr(Attribute::NoRedZone);   // stacks.cpp adds frames up
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
static void add_debug_passes(legacy::PassManager& passes, TargetMachine& machine, raw_pwrite_stream& out,
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

}  // namespace janus
