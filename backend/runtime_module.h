// runtime_module.h: the runtime in release programs: compiled once, when janus is built (prepare/prepare_runtime.cpp);
// what is small of it is inlined into programs. Depends on LLVM IR. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace llvm { class Module; }

namespace janus {

// Gives the program's module the small functions of the runtime that it uses, for inlining alone, and tells it what is
// known of the others. What the runtime calls in the program stays visible, all else is the program's own. False:
// `why`.
bool borrow_runtime(llvm::Module& program, bool tasks, std::string& why);

}  // namespace janus
