// pipeline.h: LLVM's target machine, its passes, and its code generator, as programs and the runtime go through them.
// Depends on emit.h (EmitKind), LLVM. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "backend/emit.h"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace janus {

void init_llvm();
std::unique_ptr<llvm::TargetMachine> make_machine(bool release, bool tasks);
void optimise(llvm::Module& module, llvm::TargetMachine& machine);
// Text or an object, as `kind` says.
std::string generate(llvm::Module& module, llvm::TargetMachine& machine, EmitKind kind);

}  // namespace janus
