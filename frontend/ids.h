// ids.h: typed 32-bit ids; every table of the compiler is a vector indexed by one of them.
// Depends on nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace janus {

// `+id` is the index: `decls[+decl_id]`. None is all ones, so that zero is a valid first row.
#define JANUS_ID(Name)                                                        \
  enum class Name : uint32_t { None = 0xffffffffu };                          \
  constexpr uint32_t operator+(Name id) { return static_cast<uint32_t>(id); } \
  constexpr bool is_none(Name id) { return id == Name::None; }                \
  constexpr bool is_some(Name id) { return id != Name::None; }

JANUS_ID(FileId)       // SourceMap::files
JANUS_ID(NameId)       // Names: an interned identifier or string
JANUS_ID(TokenId)      // tokens of one file
JANUS_ID(NodeId)       // nodes of one file's tree
JANUS_ID(ModuleId)     // Program::modules
JANUS_ID(DeclId)       // Program::decls
JANUS_ID(FuncId)       // Program::funcs
JANUS_ID(StructId)     // Program::structs
JANUS_ID(EnumId)       // Program::enums
JANUS_ID(ErrorId)      // Program::errors (declared `error X { … }`)
JANUS_ID(TagId)        // Program::tags (one error variant, or one ad-hoc error name)
JANUS_ID(ErrorSetId)   // Program::error_sets
JANUS_ID(TraitId)      // Program::traits
JANUS_ID(ImplId)       // Program::impls
JANUS_ID(ConstId)      // Program::consts
JANUS_ID(TestId)       // Program::tests
JANUS_ID(TypeParamId)  // Program::type_params
JANUS_ID(TypeId)       // Types
JANUS_ID(BodyId)       // Program::bodies: a checked function, closure, const or test body (hir.h)
JANUS_ID(HirId)        // nodes of one body
JANUS_ID(LocalId)      // locals of one body

// Called before the end, so that cli can finish its JSON output and remove temporary files.
inline void (*on_internal_error)() = nullptr;

// A bug of ours, never a user's mistake: says why it cannot happen, and ends with exit code 70.
[[noreturn]] inline void internal_error(const char* why, const char* file, int line) {
  std::fprintf(stderr,
               "janus: internal error: %s (%s:%d)\n"
               "This is a bug of janus, not of your program. Please report it with the source that led to it.\n",
               why, file, line);
  if (on_internal_error) on_internal_error();
  std::_Exit(70);
}
#define require(cond, why) ((cond) ? (void)0 : ::janus::internal_error(why, __FILE__, __LINE__))

}  // namespace janus
