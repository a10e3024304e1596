// doc_extract.h: every doc comment of a checked program as flat rows, tied to what it documents, with links resolved.
// Depends on doc_text.h, program.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>

#include "frontend/doc_text.h"
#include "frontend/program.h"

namespace janus {

// What a comment documents, and what a link means. Fields and variants have no Decl of their own: they are members of
// one; an impl has none either.
struct DocTarget {
  enum Kind : uint8_t { Nothing, Decl, Field, Variant, Param, Builtin, Guide, Impl } kind = Nothing;
  DeclId decl = DeclId::None;
  uint32_t member = 0;   // Field, Variant: its index (variants of an error too); Param: index in FuncInfo::params;
                         // Impl: its ImplId
  uint32_t inner = 0xffffffffu;   // Field of a variant with named fields: its index there
  TypeId builtin = Types::Error;   // Builtin: `String`, `i64`; Array, Optional … have a head only
  NameId name = NameId::None;   // Builtin: as written; Guide: its path
  bool operator==(const DocTarget& o) const {
    return kind == o.kind && decl == o.decl && member == o.member && inner == o.inner && name == o.name;
  }
};

struct DocComment {
  DocTarget owner;   // Nothing: the comment stands before something that cannot have one
  ModuleId module = ModuleId::None;
  Span span;
  DocText text;
  ParsedDoc parsed;
  std::vector<DocTarget> links;   // of parsed.links, by index; Nothing: no such name
  std::vector<DocTarget> tags;   // of parsed.tags: what @param, @error, @capability and @see name
};

struct Docs {
  std::vector<DocComment> comments;   // by module, then place
  std::vector<uint32_t> by_decl;   // DeclId -> comment, kNoDoc
  std::map<std::pair<uint32_t, uint64_t>, uint32_t>
      by_member;   // (decl, kind << 40 | inner + 1 << 20 | member) -> comment
  static constexpr uint32_t kNoDoc = 0xffffffffu;
  const DocComment* of(DeclId decl) const;
  const DocComment* of_member(const DocTarget& member) const;
  const DocComment* of_impl(ImplId impl) const { return of_member(impl_target(impl)); }
  static DocTarget impl_target(ImplId impl);
};
enum class DocsOf : uint8_t { Package, Std, Both };   // whose modules are looked at
// With `whole`, a flag a module, the others give the comment of the file alone.
Docs extract_docs(Program& program, DocsOf whose, const std::vector<bool>* whole = nullptr);

// What `path` means where `owner` stands: its own members and parameters, names of the module, built-in types, modules
// by their path.
class DocResolver {
 public:
  explicit DocResolver(Program& program);
  DocTarget resolve(std::string_view path, ModuleId module, const DocTarget& owner);
  // Members of a declaration, for suggestions and for `Type.member`.
  DocTarget member(const DocTarget& of, std::string_view name);

 private:
  DocTarget first(std::string_view name, ModuleId module, const DocTarget& owner);
  DocTarget in_impl(ImplId impl, std::string_view text);
  DeclId method(uint32_t head, NameId name) const;
  Program& p_;
};
uint32_t builtin_head(Program& program, std::string_view name);   // type_head of `Array`, `String` …; 0xffffffff

}   // namespace janus
