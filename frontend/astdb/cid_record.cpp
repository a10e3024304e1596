// cid_record.cpp: what was found out about a function's bodies, to and from a record that outlives the run.
// Depends on cid_internal.h, body_memory.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/cid_internal.h"
#include "frontend/body_memory.h"

namespace janus {

static bool to_ref(Sym s, RefKind& kind, bool& impls) {
  impls = kind_of(s) == SymKind::StructImpls || kind_of(s) == SymKind::EnumImpls;
  switch (kind_of(s)) {
    case SymKind::Func: kind = RefKind::Func; return true;
    case SymKind::Struct:
    case SymKind::StructImpls: kind = RefKind::Struct; return true;
    case SymKind::Enum:
    case SymKind::EnumImpls: kind = RefKind::Enum; return true;
    case SymKind::Error: kind = RefKind::Error; return true;
    case SymKind::Const: kind = RefKind::Const; return true;
    case SymKind::Trait: kind = RefKind::Trait; return true;
    case SymKind::Alias: kind = RefKind::Alias; return true;
    case SymKind::Impl: kind = RefKind::Impl; return true;
    default: return false;
  }
}
static void put_sym(RecordWriter& record, Sym s) {
  RefKind kind;
  bool impls;
  if (!to_ref(s, kind, impls)) {
    record.good = false;
    return;
  }
  record.number(static_cast<uint64_t>(kind) << 1 | impls);
  record.ref(kind, id_of(s));
}
static Sym take_sym(RecordReader& record) {
  uint64_t word = record.number();
  if (word >> 1 >= static_cast<uint64_t>(RefKind::Count)) {
    record.good = false;
    return 0;
  }
  RefKind kind = static_cast<RefKind>(word >> 1);
  uint32_t id = record.ref(kind);
  static constexpr SymKind kKinds[] = {SymKind::Func,  SymKind::Struct, SymKind::Enum,  SymKind::Error,
                                       SymKind::Const, SymKind::Trait,  SymKind::Alias, SymKind::Impl};
  SymKind found = kKinds[word >> 1];
  if (word & 1) found = kind == RefKind::Struct ? SymKind::StructImpls : SymKind::EnumImpls;
  return sym(found, id);
}

void Facts::save(FuncId func, uint32_t begin, RecordWriter& record) const {
  const Impl& f = *impl_;
  std::vector<uint32_t> parts;
  for (uint32_t i = f.first_part.find(sym(SymKind::Func, +func)); i != Impl::kNone; i = f.parts[i].next)
    parts.push_back(i);
  record.number(parts.size());
  for (size_t k = parts.size(); k-- > 0;) {
    const FactPart& part = f.parts[parts[k]];
    record.bytes(part.own.data(), part.own.size());
    record.number(part.need_count);
    for (uint32_t i = 0; i < part.need_count; ++i) put_sym(record, f.needs[part.needs + i]);
    record.number(part.use_count);
    uint32_t pos = begin;
    for (uint32_t i = 0; i < part.use_count; ++i) {
      const Use& u = f.uses[part.uses + i];
      put_sym(record, u.to);
      record.number(uint64_t{u.member == kNoMember ? 0u : u.member + 1u} << 4 | uint64_t{u.pos == 0} << 3 |
                    static_cast<uint64_t>(u.kind));
      if (u.pos == 0) continue;
      record.difference(int64_t{u.pos} - pos);
      pos = u.pos;
    }
  }
}

bool Facts::load(const Program& program, FuncId func, uint32_t begin, RecordReader& record) {
  Impl& f = *impl_;
  f.p = &program;
  size_t parts = f.parts.size(), needs = f.needs.size(), uses = f.uses.size();
  size_t count = record.count();
  for (size_t k = 0; k < count && record.good; ++k) {
    FactPart part;
    std::string_view own = record.bytes(part.own.size());
    if (own.empty()) break;
    std::copy(own.begin(), own.end(), reinterpret_cast<char*>(part.own.data()));
    part.needs = static_cast<uint32_t>(f.needs.size());
    part.need_count = static_cast<uint32_t>(record.count());
    for (uint32_t i = 0; i < part.need_count && record.good; ++i) f.needs.push_back(take_sym(record));
    part.uses = static_cast<uint32_t>(f.uses.size());
    part.use_count = static_cast<uint32_t>(record.count());
    uint32_t pos = begin;
    for (uint32_t i = 0; i < part.use_count && record.good; ++i) {
      Sym to = take_sym(record);
      uint64_t word = record.number();
      bool elsewhere = word >> 3 & 1;
      if (!elsewhere) pos = static_cast<uint32_t>(pos + record.difference());
      f.uses.push_back({to, word >> 4 ? static_cast<uint16_t>((word >> 4) - 1) : kNoMember,
                        static_cast<UseKind>(word & 7), elsewhere ? 0 : pos});
    }
    f.parts.push_back(part);
  }
  if (!record.good || !record.rest().empty()) {
    f.parts.resize(parts);
    f.needs.resize(needs);
    f.uses.resize(uses);
    return false;
  }
  for (size_t k = parts; k < f.parts.size(); ++k) f.add_part(sym(SymKind::Func, +func), static_cast<uint32_t>(k));
  return true;
}

}   // namespace janus
