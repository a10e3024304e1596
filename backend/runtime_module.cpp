// runtime_module.cpp: see runtime_module.h.
// Depends on embed.h (what prepare/prepare_runtime.cpp made), LLVM's linker.
// SPDX-License-Identifier: Apache-2.0
#include "backend/runtime_module.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Transforms/IPO/Internalize.h"

#include "backend/embed.h"

namespace janus {
using namespace llvm;

bool borrow_runtime(llvm::Module& program, bool tasks, std::string& why) {
  std::string_view bytes = embedded_file(tasks ? "lib/janus_rt_tasks.bc" : "lib/janus_rt.bc");
  if (!bytes.data()) return true;   // a janus without a runtime: its own unit tests
  Expected<std::unique_ptr<llvm::Module>> loaded =
      getLazyBitcodeModule(MemoryBufferRef(StringRef(bytes.data(), bytes.size()), "janus_rt.bc"), program.getContext());
  if (!loaded) {
    why = "the runtime inside janus is damaged: " + toString(loaded.takeError());
    return false;
  }
  llvm::Module& runtime = **loaded;
  runtime.setTargetTriple(program.getTargetTriple());

  StringSet<> own, seen_by_runtime;   // functions of the program; symbols that the runtime defines or asks for
  for (const Function& f : program)
    if (!f.isDeclaration()) own.insert(f.getName());
  for (const GlobalValue& v : runtime.global_values())
    if (!v.hasLocalLinkage()) seen_by_runtime.insert(v.getName());
  // What optimising the runtime has found out about its functions holds for calls from here.
  for (const Function& f : runtime)
    if (Function* here = program.getFunction(f.getName()); here && here->isDeclaration())
      here->setAttributes(AttributeList::get(program.getContext(), {here->getAttributes(), f.getAttributes()}));

  if (Linker::linkModules(program, std::move(*loaded), Linker::LinkOnlyNeeded)) {
    why = "the runtime inside janus does not fit its compiler";
    return false;
  }
  internalizeModule(program, [&](const GlobalValue& v) { return seen_by_runtime.contains(v.getName()); });
  for (Function& f : program)
    if (!f.isDeclaration() && !f.hasLocalLinkage() && !own.contains(f.getName())) {
      f.setComdat(nullptr);
      f.setLinkage(GlobalValue::AvailableExternallyLinkage);
      // Called at one place, it costs nothing there: LLVM does so for functions that nobody else can see.
      if (f.hasOneUse() && isa<CallInst>(f.user_back()) && cast<CallInst>(f.user_back())->isCallee(&*f.use_begin()))
        f.addFnAttr(Attribute::AlwaysInline);
    }
  return true;
}

}  // namespace janus
