// prepare_runtime.cpp: a program of the build: the runtime's bitcode, optimised and compiled once.
// Depends on pipeline.h, stacks.h, LLVM's bitcode reader and writer.
// SPDX-License-Identifier: Apache-2.0
//
//   janus-prepare-runtime IN.bc TASKS OUT.bc OUT.o OUT.needs
//
// IN.bc is the whole runtime, TASKS 0 or 1 (for programs with tasks). OUT.o is linked into release programs. OUT.bc has
// the functions of it that are small enough to be inlined into them (runtime_module.h), and declarations of the others.
// OUT.needs says how much stack each function needs at most (stacks.h). Everything inside has a name that both files
// can use: a small function may call, or read, what was private to its file.
#include <cstdio>
#include <cstring>

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/Internalize.h"

#include "backend/pipeline.h"
#include "backend/stacks.h"

using namespace llvm;

namespace {

constexpr unsigned kSmall = 300;   // instructions; most of the paths that programs take often are shorter

void settle_attributes(llvm::Module& module) {
  for (Function& f : module) {
    f.removeFnAttr("frame-pointer");
    if (f.getName().starts_with("janus_panic_") || f.getName() == "janus_error_trace" ||
        f.getName() == "janus_error_join") {
      f.addFnAttr(Attribute::Cold);
      if (!f.isDeclaration()) f.addFnAttr(Attribute::NoInline);
    }
  }
}

// Programs, and what is written in assembly, know names of C alone.
bool is_called_from_outside(const GlobalValue& v) {
  return v.getName().starts_with("janus_") || v.getName() == "main" || v.isDeclaration();
}

// Texts and tables that nobody writes stay private: they are copied.
void give_names(llvm::Module& module) {
  for (GlobalValue& v : module.global_values()) {
    if (v.isDeclaration() || !v.hasLocalLinkage()) continue;
    if (auto* variable = dyn_cast<GlobalVariable>(&v); variable && variable->hasPrivateLinkage()) continue;
    if (!v.getName().contains("janus")) v.setName("janus_rt." + v.getName());
    v.setLinkage(GlobalValue::ExternalLinkage);
    v.setVisibility(GlobalValue::HiddenVisibility);
    v.setDSOLocal(true);
  }
}

bool may_be_inlined(const Function& f) {
  return !f.hasFnAttribute(Attribute::Cold) && !f.hasFnAttribute(Attribute::NoInline) && !f.isVarArg() &&
         !f.hasFnAttribute(Attribute::Naked) && f.getInstructionCount() <= kSmall;
}

void keep_small(llvm::Module& module) {
  for (Function& f : module)
    if (!f.isDeclaration() && !may_be_inlined(f)) {
      AttributeList known = f.getAttributes();
      f.deleteBody();
      f.setComdat(nullptr);
      f.setAttributes(known);
    }
  for (GlobalVariable& v : module.globals())
    if (v.hasInitializer() && !v.hasPrivateLinkage()) {
      v.setInitializer(nullptr);
      v.setComdat(nullptr);
      v.setLinkage(GlobalValue::ExternalLinkage);
    }
  for (const char* list : {"llvm.used", "llvm.compiler.used"})
    if (GlobalVariable* v = module.getGlobalVariable(list, true)) v->eraseFromParent();
}

bool write_file(const char* path, StringRef bytes) {
  std::error_code error;
  raw_fd_ostream out(path, error, sys::fs::OF_None);
  if (!error) out << bytes;
  out.flush();
  if (!error) error = out.error();
  if (error) std::fprintf(stderr, "janus-prepare-runtime: cannot write %s: %s\n", path, error.message().c_str());
  return !error;
}

}   // namespace

int main(int count, char** words) {
  if (count != 6) {
    std::fprintf(stderr, "usage: janus-prepare-runtime IN.bc TASKS OUT.bc OUT.o OUT.needs\n");
    return 2;
  }
  bool tasks = std::strcmp(words[2], "1") == 0;
  ErrorOr<std::unique_ptr<MemoryBuffer>> bytes = MemoryBuffer::getFile(words[1]);
  if (!bytes) {
    std::fprintf(stderr, "janus-prepare-runtime: cannot read %s: %s\n", words[1], bytes.getError().message().c_str());
    return 3;
  }
  std::unique_ptr<TargetMachine> machine = janus::make_machine(true, tasks);
  machine->Options.FunctionSections = machine->Options.DataSections = true;   // a program takes what it uses
  LLVMContext context;
  Expected<std::unique_ptr<llvm::Module>> loaded = parseBitcodeFile(**bytes, context);
  if (!loaded) {
    std::fprintf(stderr, "janus-prepare-runtime: %s: %s\n", words[1], toString(loaded.takeError()).c_str());
    return 3;
  }
  llvm::Module& module = **loaded;
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  settle_attributes(module);
  internalizeModule(module, is_called_from_outside);
  janus::optimise(module, *machine);
  give_names(module);

  SmallVector<char, 0> all;
  raw_svector_ostream out(all);
  WriteBitcodeToFile(module, out);
  janus::CallGraph calls = janus::call_graph(module, {});
  std::string object = janus::generate(module, *machine, janus::EmitKind::Object);   // changes the module
  std::string needs = tasks ? janus::stack_needs_text(calls, object) : std::string();

  LLVMContext second;
  Expected<std::unique_ptr<llvm::Module>> again =
      parseBitcodeFile(MemoryBufferRef(StringRef(all.data(), all.size()), "runtime"), second);
  if (!again) {
    std::fprintf(stderr, "janus-prepare-runtime: %s\n", toString(again.takeError()).c_str());
    return 3;
  }
  keep_small(**again);
  SmallVector<char, 0> small;
  raw_svector_ostream small_out(small);
  WriteBitcodeToFile(**again, small_out);
  return write_file(words[3], StringRef(small.data(), small.size())) && write_file(words[4], object) &&
                 write_file(words[5], needs)
             ? 0
             : 3;
}
