// speculate.h: both ways of a short `if` computed and one chosen, when checked arithmetic is all that stands between.
// Depends on LLVM.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "llvm/IR/PassManager.h"

namespace janus {

// LLVM turns `n = c ? a : b` into a conditional move when computing both is cheap and cannot trap. Checked arithmetic
// may fail, so it stays behind its branch, and a branch that nobody can predict costs more than all the arithmetic
// (Collatz: half of the time). This pass computes the checked side early, fails when the side is taken AND overflowed,
// and selects. Programs mean the same.
struct Speculate : llvm::PassInfoMixin<Speculate> {
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace janus
