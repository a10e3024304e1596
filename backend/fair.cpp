// fair.cpp: see fair.h.
// Depends on fair.h, LLVM.
// SPDX-License-Identifier: Apache-2.0
#include "backend/fair.h"

#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace janus {
namespace {

constexpr unsigned kShort = 1024;   // rounds of an innermost loop without calls

bool is_short(const Loop& loop, ScalarEvolution& evolution) {
  if (!loop.isInnermost()) return false;
  const unsigned rounds = evolution.getSmallConstantMaxTripCount(&loop);
  if (rounds == 0 || rounds > kShort) return false;
  for (const BasicBlock* block : loop.blocks())
    for (const Instruction& i : *block)
      if (const auto* call = dyn_cast<CallBase>(&i); call && !call->getCalledFunction()) return false;
  return true;
}

void add_turn(Instruction* end, FunctionCallee turn) {
  LLVMContext& context = end->getContext();
  IRBuilder<> b(end);
  // The word is its worker's thread-local. Its address must never be kept over a switch, so LLVM does not see it.
  InlineAsm* read =
      InlineAsm::get(FunctionType::get(b.getInt32Ty(), false), "movl %fs:janus_fair_word@tpoff, $0", "=r", true);
  Value* wanted = b.CreateICmpNE(b.CreateCall(read->getFunctionType(), read, {}), b.getInt32(0));
  Instruction* then = SplitBlockAndInsertIfThen(wanted, end, false, MDBuilder(context).createUnlikelyBranchWeights());
  then->setDebugLoc(end->getDebugLoc());
  CallInst* call = CallInst::Create(turn, "", then->getIterator());
  call->setDebugLoc(end->getDebugLoc());
}

}  // namespace

void add_turns(Module& module) {
  FunctionCallee turn =
      module.getOrInsertFunction("janus_fair_turn", FunctionType::get(Type::getVoidTy(module.getContext()), false));
  TargetLibraryInfoImpl library(Triple(module.getTargetTriple()));
  TargetLibraryInfo info(library);
  for (Function& f : module) {
    if (f.isDeclaration() || !f.getName().starts_with("jan.")) continue;   // "janus." is made by us: drops, comparisons
    SmallVector<Instruction*, 8> ends;
    {
      DominatorTree dominators(f);
      LoopInfo loops(dominators);
      if (loops.empty()) continue;
      AssumptionCache assumptions(f);
      ScalarEvolution evolution(f, info, assumptions, dominators, loops);
      for (Loop* loop : loops.getLoopsInPreorder()) {
        if (is_short(*loop, evolution)) continue;
        SmallVector<BasicBlock*, 4> latches;
        loop->getLoopLatches(latches);
        for (BasicBlock* latch : latches) ends.push_back(latch->getTerminator());
      }
    }
    sort(ends);
    ends.erase(llvm::unique(ends), ends.end());
    for (Instruction* end : ends) add_turn(end, turn);
  }
}

}   // namespace janus
