// speculate.cpp: see speculate.h.
// Depends on speculate.h, LLVM.
// SPDX-License-Identifier: Apache-2.0
//
//     head: br c, S, T                            head: S and T computed; f = c and overflowed
//     S:    … overflowed? -> cold, S2      ==>          br f, cold, rest
//     S2:   … br merge                            rest: x = select c, a, b; br merge
//     T:    … br merge
//     merge: x = phi [a, S2], [b, T]
//
// The other side may be `merge` itself, and a side may have several checks.
#include "backend/speculate.h"

#include <array>

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ProfDataUtils.h"

using namespace llvm;

namespace janus {
namespace {

constexpr size_t kSideTop = 4;    // instructions of a side, as LLVM's own limit for two sides
constexpr size_t kGuardsTop = 2;  // checks of a side
constexpr size_t kPhisTop = 2;    // values that are chosen

struct Guard {
  Value* overflowed;
  BasicBlock* cold;
};

struct Side {
  SmallVector<BasicBlock*, 4> blocks;   // none: the branch goes to `merge` directly
  SmallVector<Guard, 2> guards;
  BasicBlock* merge = nullptr;
  BasicBlock* last = nullptr;           // the predecessor of `merge`
};

bool is_overflow_bit(Value* v) {
  auto* bit = dyn_cast<ExtractValueInst>(v);
  return bit && isa<WithOverflowInst>(bit->getAggregateOperand()) && bit->getIndices().size() == 1 &&
         bit->getIndices()[0] == 1;
}

// Cheap, without memory and without traps?
bool can_run_early(Instruction& i) {
  return !i.mayReadOrWriteMemory() && !isa<PHINode>(i) && !i.getType()->isVectorTy() &&
         isSafeToSpeculativelyExecute(&i) && (!isa<CallBase>(i) || isa<IntrinsicInst>(i));
}

bool read_side(BasicBlock* head, BasicBlock* from, Side& side) {
  BasicBlock* before = head;
  size_t count = 0;
  for (BasicBlock* block = from;;) {
    if (block->getSinglePredecessor() != before) {   // where the sides meet
      side.merge = block;
      side.last = before;
      return true;
    }
    auto* end = dyn_cast<BranchInst>(block->getTerminator());
    if (!end) return false;
    for (Instruction& i : *block) {
      if (i.isTerminator() || isa<DbgInfoIntrinsic>(i)) continue;
      if (!can_run_early(i)) return false;
      if (!isa<ExtractValueInst>(i) && ++count > kSideTop) return false;
    }
    side.blocks.push_back(block);
    before = block;
    if (end->isUnconditional()) {
      block = end->getSuccessor(0);
    } else {
      // Overflow goes first; the rest of the side second.
      if (!is_overflow_bit(end->getCondition()) || side.guards.size() == kGuardsTop ||
          end->getSuccessor(0) == end->getSuccessor(1))
        return false;
      side.guards.push_back({end->getCondition(), end->getSuccessor(0)});
      block = end->getSuccessor(1);
    }
  }
}

bool is_predictable(const BranchInst& branch) {
  uint64_t yes, no;
  if (!extractBranchWeights(branch, yes, no)) return false;
  return yes > 8 * no || no > 8 * yes;
}

void move_side(const Side& side, BranchInst* before) {
  for (BasicBlock* block : side.blocks)
    for (Instruction& i : make_early_inc_range(*block))
      if (!i.isTerminator()) {
        i.dropLocation();
        i.moveBefore(before->getIterator());
      }
}

// `from`'s edge to `to` becomes one from `now`.
void redirect_phis(BasicBlock* to, BasicBlock* from, BasicBlock* now) {
  for (PHINode& phi : to->phis()) phi.replaceIncomingBlockWith(from, now);
}

// The blocks that it empties are deleted and put into `gone`.
bool flatten(BasicBlock* head, SmallPtrSetImpl<BasicBlock*>& gone) {
  auto* branch = dyn_cast<BranchInst>(head->getTerminator());
  if (!branch || !branch->isConditional() || branch->getSuccessor(0) == branch->getSuccessor(1) ||
      is_predictable(*branch))
    return false;
  std::array<Side, 2> sides;
  for (unsigned s = 0; s < 2; ++s)
    if (!read_side(head, branch->getSuccessor(s), sides[s])) return false;
  if (sides[0].guards.empty() && sides[1].guards.empty()) return false;   // LLVM's own business
  BasicBlock* merge = sides[0].merge;
  if (merge != sides[1].merge || merge == head) return false;
  size_t phis = 0;
  for (PHINode& phi : merge->phis()) {
    if (!phi.getType()->isIntOrPtrTy() && !phi.getType()->isFloatingPointTy()) return false;
    ++phis;
  }
  if (phis == 0 || phis > kPhisTop) return false;
  for (Side& side : sides)
    for (Guard& guard : side.guards)
      if (guard.cold == merge) return false;

  Value* condition = branch->getCondition();
  for (Side& side : sides) move_side(side, branch);
  IRBuilder<> make(branch);
  Value* frozen = make.CreateFreeze(condition);
  BasicBlock* at = head;
  for (unsigned s = 0; s < 2; ++s) {
    size_t guard_index = 0;
    for (BasicBlock* block : sides[s].blocks) {
      auto* end = cast<BranchInst>(block->getTerminator());
      if (end->isUnconditional()) continue;
      const Guard& guard = sides[s].guards[guard_index++];
      BasicBlock* rest = BasicBlock::Create(head->getContext(), "", head->getParent(), merge);
      Value* taken = s == 0 ? frozen : make.CreateNot(frozen);
      BranchInst* check = make.CreateCondBr(make.CreateLogicalAnd(taken, guard.overflowed), guard.cold, rest);
      check->copyMetadata(*end, {LLVMContext::MD_prof});
      check->setDebugLoc(end->getDebugLoc());
      redirect_phis(guard.cold, block, at);
      at = rest;
      make.SetInsertPoint(rest);
    }
  }
  for (PHINode& phi : merge->phis()) {
    Value* value = make.CreateSelect(frozen, phi.getIncomingValueForBlock(sides[0].last),
                                     phi.getIncomingValueForBlock(sides[1].last));
    phi.removeIncomingValue(sides[0].last, false);
    phi.removeIncomingValue(sides[1].last, false);
    phi.addIncoming(value, at);
  }
  make.CreateBr(merge);
  branch->eraseFromParent();
  for (Side& side : sides)
    for (BasicBlock* block : side.blocks) block->getTerminator()->eraseFromParent();
  for (Side& side : sides)
    for (BasicBlock* block : side.blocks) {
      gone.insert(block);
      block->eraseFromParent();
    }
  return true;
}

}  // namespace

PreservedAnalyses Speculate::run(Function& function, FunctionAnalysisManager&) {
  SmallVector<BasicBlock*, 64> heads;
  for (BasicBlock& block : function)
    if (auto* end = dyn_cast<BranchInst>(block.getTerminator()); end && end->isConditional()) heads.push_back(&block);
  SmallPtrSet<BasicBlock*, 16> gone;
  bool changed = false;
  for (BasicBlock* head : heads)
    if (!gone.contains(head)) changed |= flatten(head, gone);
  return changed ? PreservedAnalyses::none() : PreservedAnalyses::all();
}

}  // namespace janus
