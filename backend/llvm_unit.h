// llvm_unit.h: one code generation unit on its way to an LLVM module.
// Depends on codegen.h, LLVM IR.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

#include "backend/codegen.h"

namespace janus {

// DWARF of one unit: files, functions, variables and their types. Debug builds only.
class DebugInfo {
 public:
  DebugInfo(llvm::Module& module, const CodegenPlan& plan);
  llvm::DISubprogram* begin(const JFunc& f, llvm::Function* fn);
  void declare(const JSlot& slot, llvm::Value* address, llvm::DISubprogram* in, llvm::BasicBlock* block);
  llvm::DIType* type(uint32_t index);
  llvm::DIType* element_type(uint32_t index);
  llvm::DIType* part_type(uint32_t index);
  bool holds_counted(uint32_t index);
  void finish() { di_.finalize(); }
  Places places;

 private:
  llvm::DIFile* file(const std::string& path);
  llvm::DIType* make_type(uint32_t index);
  llvm::DIType* counted(llvm::DIType* elem, uint32_t elem_size, bool nullable);
  void fill(llvm::DICompositeType* record, const DebugType& t, uint32_t base);
  llvm::DIType* unsigned_type(uint32_t bytes);
  const CodegenPlan& plan_;
  llvm::DIBuilder di_;
  llvm::DICompileUnit* unit_;
  llvm::DISubroutineType* untyped_;
  std::unordered_map<std::string, llvm::DIFile*> files_;
  std::unordered_map<uint32_t, llvm::DIType*> types_, elements_;
  std::unordered_map<uint32_t, bool> holds_counted_;
  bool in_element_ = false;   // what is made is part of an array's element
};

class LlvmUnit {
 public:
  LlvmUnit(llvm::LLVMContext& context, const CodegenPlan& plan, const Unit& unit, const llvm::DataLayout& layout);
  std::unique_ptr<llvm::Module> run();   // everything of the unit

  llvm::Type* type(JType t) const { return types[static_cast<uint8_t>(t)]; }
  llvm::Type* memory_type(JType t) const { return t == JType::I1 ? i8 : type(t); }  // a bool in memory is a byte
  llvm::Function* func(uint32_t index);             // declares on first use
  llvm::Constant* func_value(uint32_t index);       // its address as a function value: standard convention
  llvm::Constant* global(uint32_t index);
  llvm::Constant* rt(JRt symbol);
  llvm::FunctionCallee rt_func(llvm::StringRef name, llvm::Type* result, llvm::ArrayRef<llvm::Type*> params);
  llvm::Function* extern_func(uint32_t index);
  llvm::Constant* site(const JFunc& f, uint32_t pos);
  llvm::Function* retain_helper(bool nullable);                              // debug
  llvm::Function* release_helper(llvm::Function* drop, bool nullable);       // debug
  llvm::MDNode* tbaa(JAlias alias, JType t);
  llvm::CallingConv::ID convention(Convention c) const;
  llvm::CallingConv::ID value_convention() const {
    return convention(plan.release ? Convention::Swift : Convention::C);
  }
  FailMode value_fail() const { return plan.release ? FailMode::Register : FailMode::Pointer; }
  llvm::Function* tail_func(
      uint32_t index);   // FuncAbi::tail_bytes: the body, which takes the room and the failure's place
  void set_attributes(llvm::Function* fn);   // what every function of ours has
  llvm::AttributeSet register_attributes();  // of the swifterror parameter, and of arguments for it

  const CodegenPlan& plan;
  const Unit& unit;
  llvm::LLVMContext& context;
  std::unique_ptr<llvm::Module> owned;
  llvm::Module& module;
  std::unique_ptr<DebugInfo> debug;
  Places places;
  llvm::Type *types[9], *i8, *i32, *i64, *ptr, *nothing;
  llvm::MDNode *unlikely, *likely, *tbaa_count;

 private:
  void define_global(uint32_t index);
  llvm::Function* thunk(uint32_t index);
  llvm::Constant* text(std::string_view s);
  std::vector<llvm::Function*> funcs_, thunks_, tail_funcs_;
  std::vector<llvm::GlobalVariable*> globals_;
  std::vector<llvm::Constant*> rt_;
  std::vector<llvm::Function*> externs_;
  std::unordered_map<std::string, llvm::Constant*> texts_;
  std::unordered_map<const JFunc*, llvm::Constant*> sites_;
  std::unordered_map<llvm::Function*, llvm::Function*> releases_[2];
  llvm::Function* retains_[2] = {};
  llvm::MDNode* tbaa_[16] = {};
  llvm::MDNode* tbaa_root_;
  llvm::AttributeSet common_, register_;
  bool common_ready_ = false;
};

// The body of one function.
void emit_function(LlvmUnit& unit, uint32_t index);
// Its entry, when it takes its arguments from a room (FuncAbi::tail_bytes); and how such a room is filled.
void emit_tail_entry(LlvmUnit& unit, uint32_t index);
void fill_room(llvm::IRBuilder<>& b, const JFunc& callee, llvm::Value* room, llvm::ArrayRef<llvm::Value*> args);

// Code of a release: gives up one share of `p` (not null) and calls drop(p, depth) when it was the last. Leaves `b` at
// what follows.
void emit_release(LlvmUnit& unit, llvm::IRBuilder<>& b, llvm::Value* p, llvm::Function* drop, llvm::Value* depth,
                  bool deep);
void emit_retain(LlvmUnit& unit, llvm::IRBuilder<>& b, llvm::Value* p);

}  // namespace janus
