// cid_internal.h: what finding content ids works on: the bytes of each declaration, and what it needs.
// Depends on cid.h, byte_writer.h, LLVM's BLAKE3.
// SPDX-License-Identifier: Apache-2.0
//
//
// A checked body has its names resolved, its sugar gone and its locals numbered in order; comments, layout and names of
// locals are not in it. So its tables, written out without spans, are the normalized tree. Numbers that depend on the
// rest of the program (types, declarations, texts) are replaced by numbers of the body's own, given at their first
// occurrence, and what they stand for is written once: a type by its structure, a declaration as the next of `needs`. A
// CID is the hash of those bytes followed by the CIDs of the needs.
//
// Declarations that need each other in a circle form a group (Tarjan). Their hashes are refined together: in each round
// a member's hash takes in those that its needs had in the round before, until no two members are told apart that were
// not before. This ends after as many rounds as the group has kinds of members, and gives equal hashes exactly where
// the endless unfolding is equal.
//
// A generic function does with a type what the type's impls say, and so does `dyn`. Who hands over a type therefore
// needs all impls of traits for it, as one more declaration without a name.
//
// What is not in a CID: the own name, whether it is `pub`, errors that are inferred (they follow from the body). Names
// of parameters and fields are: callers write them.
#pragma once
#include <algorithm>
#include <span>
#include <tuple>

#include "frontend/astdb/cid.h"
#include "frontend/byte_writer.h"
#include "frontend/flat_map.h"
#include "llvm/Support/BLAKE3.h"

namespace janus {

inline Cid hash_of(const void* data, size_t size) {
  auto digest = llvm::BLAKE3::hash<32>(llvm::ArrayRef(static_cast<const uint8_t*>(data), size));
  Cid cid;
  std::copy(digest.begin(), digest.end(), cid.begin());
  return cid;
}

// What is known of one declaration before CIDs are: the hash of its own bytes, and what it needs, in order.
struct FactPart {
  Cid own{};
  uint32_t needs = 0, need_count = 0;   // in Facts::Impl::needs
  uint32_t uses = 0, use_count = 0;   // in Facts::Impl::uses
  uint32_t next = FlatMap::None;   // another part of the same declaration
};

struct Facts::Impl {
  static constexpr uint32_t kNone = FlatMap::None;
  std::vector<FactPart> parts;
  std::vector<Sym> needs;
  std::vector<Use> uses;
  FlatMap first_part;   // Sym -> its first part: bodies and defaults

  // By Sym, made in finish(): dense numbers, so that everything below is a vector.
  uint32_t base[static_cast<size_t>(SymKind::Count) + 1] = {};
  std::vector<Cid> cids, sig_cids;
  std::vector<uint8_t> recursive;
  std::vector<uint32_t> sign_part, body_part;
  uint32_t dense(Sym s) const { return base[s >> 28] + id_of(s); }

  // ---- writing one part
  ByteWriter out;
  const Program* p = nullptr;
  uint32_t epoch = 0;
  std::vector<uint32_t> type_epoch, type_number;
  uint32_t type_count = 0;
  std::vector<uint64_t> need_number[static_cast<size_t>(SymKind::Count)];   // by id: epoch << 32 | number
  uint32_t need_count = 0, needs_begin = 0, uses_begin = 0;
  FlatMap used;   // of fields, types …: one row each
  FuncId params_of = FuncId::None;
  std::span<const TypeParamId> more_params;

  void begin_part(const Program& program) {
    p = &program;
    out.clear();
    ++epoch;
    type_count = need_count = 0;
    needs_begin = static_cast<uint32_t>(needs.size());
    uses_begin = static_cast<uint32_t>(uses.size());
    if (used.size() > 4000) used.clear();
    params_of = FuncId::None;
    more_params = {};
  }
  uint32_t end_part() {
    FactPart part;
    part.own = hash_of(out.data(), out.size());
    part.needs = needs_begin;
    part.need_count = static_cast<uint32_t>(needs.size()) - needs_begin;
    part.uses = uses_begin;
    part.use_count = static_cast<uint32_t>(uses.size()) - uses_begin;
    parts.push_back(part);
    return static_cast<uint32_t>(parts.size() - 1);
  }
  void add_part(Sym s, uint32_t part) {
    uint32_t& first = first_part[s];
    parts[part].next = first;
    first = part;
  }
  uint32_t need(Sym s) {
    std::vector<uint64_t>& numbers = need_number[static_cast<size_t>(kind_of(s))];
    if (numbers.size() <= id_of(s)) numbers.resize(std::max<size_t>(id_of(s) + 1, numbers.size() * 2), 0);
    uint64_t& number = numbers[id_of(s)];
    if (number >> 32 != epoch) {
      number = uint64_t(epoch) << 32 | need_count++;
      needs.push_back(s);
    }
    return static_cast<uint32_t>(number);
  }
  // Calls and values are kept with every place; the rest with its first one.
  void use(Sym to, UseKind kind, uint32_t pos, uint16_t member = kNoMember) {
    if (kind != UseKind::Call && kind != UseKind::Value) {
      uint32_t& seen = used[uint64_t(to) << 24 | uint64_t(member) << 4 | static_cast<uint32_t>(kind)];
      if (seen == epoch) return;
      seen = epoch;
    }
    uses.push_back({to, member, kind, pos});
  }

  // The number of the type in this part; at its first occurrence its structure is written.
  uint32_t type(TypeId id) {
    bool known = +id < type_epoch.size() && type_epoch[+id] == epoch;
    return known ? type_number[+id] : new_type(id);
  }

  // ---- types and signatures: cid_sign.cpp
  Sym type_sym(const TypeRow& row) const;
  void error_set(ErrorSetId id);
  void tag(TagId id);
  uint32_t new_type(TypeId id);
  uint32_t param_number(TypeParamId id) const;
  uint16_t tag_index(TagId id) const;
  void sign_type(TypeId id, uint32_t pos);
  void note_type(TypeId id, uint32_t pos, int depth = 0);
  void type_params(std::span<const TypeParamId> params, uint32_t pos);
  void fields(const std::vector<FieldInfo>& list);
  void sign_func(FuncId id);
  void sign(Sym s);
  void find_impls();
  // Impls of traits by what they are for, in an order that does not follow the order of the sources.
  struct ImplOf {
    TypeKind kind;
    uint32_t type;
    std::string_view trait, module;
    uint32_t impl;
    bool operator<(const ImplOf& o) const {
      return std::tie(kind, type, trait, module, impl) < std::tie(o.kind, o.type, o.trait, o.module, o.impl);
    }
  };
  std::vector<ImplOf> impls_of;

  // ---- bodies: cid_body.cpp
  struct Hole {
    uint32_t begin, end;
  };
  std::vector<Hole> holes;
  void types_in(const Body& body, uint32_t list);
  void behaviour(TypeId id, int depth = 0);
  void body(const Body& b);

  // ---- all together: cid_group.cpp
  std::vector<Cid> std_cids;
  size_t count(SymKind kind) const;
  DeclId decl_of(Sym s) const;
  ModuleId module_of(Sym s) const;
  Cid std_cid(Sym s, ModuleId m);
  void finish(const Program& program);
  void solve(const std::vector<Sym>& own, std::vector<uint8_t>& done, bool calls);
  void single(Sym s);
  void together(std::span<const Sym> group);
  template <class F>
  void each_part(Sym s, F&& fn) const {
    fn(parts[sign_part[dense(s)]]);
    for (uint32_t i = body_part[dense(s)]; i != kNone; i = parts[i].next) fn(parts[i]);
  }
  template <class F>
  void each_need(Sym s, F&& fn) const {
    each_part(s, [&](const FactPart& part) {
      for (uint32_t i = 0; i < part.need_count; ++i) fn(needs[part.needs + i]);
    });
  }
};

}   // namespace janus
