// emit.h: JIR to LLVM IR, optimised, to an object file; link.h: objects to an executable. LLVM appears only behind
// these doors. Depends on jir.h, layout.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "backend/jir.h"
#include "backend/layout.h"

namespace janus {

enum class EmitKind : uint8_t { Executable, LlvmIr, Asm, Object };
struct EmitOptions {
  bool release = false;
  EmitKind kind = EmitKind::Object;
  int threads = 2;              // debug builds: code generation units run in parallel, result does not depend on it
};
// Texts or objects, one per code generation unit (release: one). `why` on failure.
struct EmitResult {
  bool ok = true;
  std::string why;
  std::vector<std::string> parts;
};
EmitResult emit(const JModule& module, Program& program, Layouts& layouts, const EmitOptions& options);

// Links objects (in memory) with the embedded start files, runtime and C library to a static executable, written
// atomically (temporary file beside it, then rename). `why`: a sentence with what and why.
bool link_executable(const std::vector<std::string>& objects, const std::vector<std::string>& extra_inputs,
                     const std::string& output, bool release, std::string& why);

}  // namespace janus
