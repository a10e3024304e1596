// cid.h: content ids of declarations, and who names whom: both from checked bodies, in which every name is resolved.
// Depends on body_sink.h, astdb.h.
// SPDX-License-Identifier: Apache-2.0
//
//   Facts facts;                     // as CheckOptions::sink: hears of every body while it is there
//   compilation.check(…);
//   facts.finish(program);           // signatures, groups of declarations that need each other, CIDs
#pragma once
#include "frontend/astdb/astdb.h"
#include "frontend/body_sink.h"

namespace janus {

// One thing with a CID: a number in one space for all kinds of declarations.
enum class SymKind : uint8_t {
  Func,
  Struct,
  Enum,
  Error,
  Const,
  Trait,
  Alias,
  Capability /* DeclId */,
  Impl,
  Test,
  Module,
  StructImpls,
  EnumImpls,  // what a type can do: all impls of traits for it
  Count
};
using Sym = uint32_t;                                 // kind << 28 | id
constexpr Sym sym(SymKind kind, uint32_t id) { return static_cast<uint32_t>(kind) << 28 | id; }
constexpr SymKind kind_of(Sym s) { return static_cast<SymKind>(s >> 28); }
constexpr uint32_t id_of(Sym s) { return s & 0x0fffffffu; }

enum class UseKind : uint8_t { Call, Value, Const, Type, Field, Variant, Error, Sign /* in the signature */ };
const char* use_kind_name(UseKind kind);              // "call"

// `from` names `to` (its field or variant number `member`, else kNoMember), first at `pos` in the source map.
constexpr uint16_t kNoMember = 0xffff;
struct Use {
  Sym to;
  uint16_t member;
  UseKind kind;
  uint32_t pos;
};

class Facts final : public BodySink {
 public:
  Facts();
  ~Facts();
  void take(const Program& program, const BodyOwner& owner, std::span<const Body* const> group) override;
  void save(FuncId func, uint32_t begin, RecordWriter& record) const override;
  bool load(const Program& program, FuncId func, uint32_t begin, RecordReader& record) override;
  void finish(Program& program);

  const Cid& cid(Sym s) const;
  const Cid& sig_cid(Sym s) const;
  bool is_recursive(Sym s) const;                     // needs itself, directly or through others
  // All of a declaration's uses: of its signature, its body and its defaults.
  template <class F>
  void each_use(Sym s, F&& fn) const {
    uint32_t part = kFirst;
    do
      for (const Use& u : next_uses(s, part)) fn(u);
    while (part != kEnd);
  }

 private:
  static constexpr uint32_t kFirst = 0xfffffffeu, kEnd = 0xffffffffu;
  std::span<const Use> next_uses(Sym s, uint32_t& part) const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Cid member_cid(const Cid& parent, std::string_view what, uint32_t index);   // of a field or variant

}  // namespace janus
