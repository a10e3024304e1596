// cid_group.cpp: from the bytes of all declarations to CIDs: signatures, bodies, groups that need each other.
// Depends on cid_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/cid_internal.h"

namespace janus {

size_t Facts::Impl::count(SymKind kind) const {
  switch (kind) {
    case SymKind::Func: return p->funcs.size();
    case SymKind::Struct: return p->structs.size();
    case SymKind::Enum: return p->enums.size();
    case SymKind::Error: return p->errors.size();
    case SymKind::Const: return p->consts.size();
    case SymKind::Trait: return p->traits.size();
    case SymKind::Alias: return p->aliases.size();
    case SymKind::Capability: {   // by DeclId: up to the last one
      size_t end = 0;
      for (const CapabilityInfo& c : p->capabilities)
        if (is_some(c.decl)) end = std::max<size_t>(end, +c.decl + 1);
      return end;
    }
    case SymKind::Impl: return p->impls.size();
    case SymKind::Test: return p->tests.size();
    case SymKind::Module: return p->modules.size();
    case SymKind::StructImpls: return p->structs.size();
    case SymKind::EnumImpls: return p->enums.size();
    case SymKind::Count: break;
  }
  return 0;
}

DeclId Facts::Impl::decl_of(Sym s) const {
  uint32_t id = id_of(s);
  switch (kind_of(s)) {
    case SymKind::Func: return p->funcs[id].decl;
    case SymKind::Struct: return p->structs[id].decl;
    case SymKind::Enum: return p->enums[id].decl;
    case SymKind::Error: return p->errors[id].decl;
    case SymKind::Const: return p->consts[id].decl;
    case SymKind::Trait: return p->traits[id].decl;
    case SymKind::Alias: return p->aliases[id].decl;
    case SymKind::Capability: return p->decls[id].kind == DeclKind::Capability ? DeclId(id) : DeclId::None;
    default: return DeclId::None;
  }
}

ModuleId Facts::Impl::module_of(Sym s) const {
  uint32_t id = id_of(s);
  if (kind_of(s) == SymKind::Impl) return p->impls[id].module;
  if (kind_of(s) == SymKind::Test) return p->tests[id].module;
  DeclId d = decl_of(s);
  return is_some(d) ? p->decls[+d].module : ModuleId::None;
}

// A declaration of std is what the text of its file says under its name: std does not change while janus stays the
// same.
Cid Facts::Impl::std_cid(Sym s, ModuleId m) {
  if (std_cids.size() < p->modules.size()) std_cids.resize(p->modules.size());
  Cid& of_file = std_cids[+m];
  if (of_file == Cid{}) {
    const SourceFile& file = p->sources.file(p->modules[+m]->file);
    of_file = hash_of(file.text.data(), file.text.size());
  }
  out.clear();
  out.text("std");
  out.raw(of_file.data(), of_file.size());
  out.num(static_cast<uint32_t>(kind_of(s)));
  NodeId node = kind_of(s) == SymKind::Impl   ? p->impls[id_of(s)].node
                : kind_of(s) == SymKind::Test ? p->tests[id_of(s)].node
                                              : p->decls[+decl_of(s)].node;
  out.num(+node);
  return hash_of(out.data(), out.size());
}

void Facts::Impl::finish(const Program& program) {
  p = &program;
  uint32_t total = 0;
  for (size_t k = 0; k < static_cast<size_t>(SymKind::Count); ++k) {
    base[k] = total;
    total += static_cast<uint32_t>(count(SymKind(k)));
  }
  cids.assign(total, Cid{});
  sig_cids.assign(total, Cid{});
  recursive.assign(total, 0);
  sign_part.assign(total, kNone);
  body_part.assign(total, kNone);
  parts.reserve(parts.size() + total);   // a signature each: growing by doubling would be a part of the peak
  std::vector<uint8_t> done(total, 0);
  for (uint32_t i = 0; i < program.consts.size(); ++i) {
    if (is_none(program.consts[i].body) || !program.bodies[+program.consts[i].body]) continue;
    begin_part(program);
    body(*program.bodies[+program.consts[i].body]);
    add_part(sym(SymKind::Const, i), end_part());
  }
  std::vector<Sym> own;
  find_impls();
  for (size_t k = 0; k < static_cast<size_t>(SymKind::Count); ++k)
    for (uint32_t i = 0; i < count(SymKind(k)) && SymKind(k) != SymKind::Module; ++i) {
      Sym s = sym(SymKind(k), i);
      if (SymKind(k) > SymKind::Module) {
        begin_part(program);
        sign(s);
        sign_part[dense(s)] = end_part();
        own.push_back(s);
        continue;
      }
      ModuleId m = module_of(s);
      if (is_none(m)) {
        done[dense(s)] = 1;
        continue;
      }
      if (p->modules[+m]->is_std) {
        cids[dense(s)] = sig_cids[dense(s)] = std_cid(s, m);
        done[dense(s)] = 1;
        begin_part(program);   // uses are of interest there too, for what it names in its signature
        continue;
      }
      begin_part(program);
      sign(s);
      sign_part[dense(s)] = end_part();
      body_part[dense(s)] = first_part.find(s);
      own.push_back(s);
    }
  std::vector<uint8_t> all_done = done;
  solve(own, done, false);
  solve(own, all_done, true);
  for (Sym s : own) {
    const FactPart& part = parts[sign_part[dense(s)]];
    if (part.need_count == 0) {   // its bytes say everything
      sig_cids[dense(s)] = part.own;
      continue;
    }
    out.clear();
    out.raw(part.own.data(), 32);
    for (uint32_t i = 0; i < part.need_count; ++i) out.raw(cids[dense(needs[part.needs + i])].data(), 32);
    sig_cids[dense(s)] = hash_of(out.data(), out.size());
  }
  // No part is written any more.
  out = {};
  used = {};
  type_epoch = type_number = {};
  for (std::vector<uint64_t>& numbers : need_number) numbers = {};
}

// Tarjan over what needs what, without recursion; a component is hashed when it is complete.
// `calls`: only functions that bodies name count, and what is found is who is recursive.
void Facts::Impl::solve(const std::vector<Sym>& own, std::vector<uint8_t>& done, bool calls) {
  std::vector<uint32_t> number(cids.size(), 0), low(cids.size(), 0);
  std::vector<Sym> open;
  struct Frame {
    Sym s;
    std::vector<Sym> needs;
    size_t next;
  };
  std::vector<Frame> stack;
  uint32_t counter = 0;
  auto enter = [&](Sym s) {
    number[dense(s)] = low[dense(s)] = ++counter;
    open.push_back(s);
    Frame frame{s, {}, 0};
    if (!calls)
      each_need(s, [&](Sym n) {
        if (!done[dense(n)]) frame.needs.push_back(n);
      });
    for (uint32_t part = calls ? body_part[dense(s)] : kNone; part != kNone; part = parts[part].next)
      for (uint32_t i = 0; i < parts[part].need_count; ++i)
        if (Sym n = needs[parts[part].needs + i]; kind_of(n) == SymKind::Func && !done[dense(n)]) {
          if (n == s) recursive[dense(s)] = 1;
          frame.needs.push_back(n);
        }
    stack.push_back(std::move(frame));
  };
  for (Sym root : own) {
    if (number[dense(root)]) continue;
    enter(root);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < top.needs.size()) {
        uint32_t n = dense(top.needs[top.next]);
        Sym s = top.needs[top.next++];
        if (done[n]) continue;
        if (!number[n]) enter(s);
        else low[dense(top.s)] = std::min(low[dense(top.s)], number[n]);
        continue;
      }
      Sym s = top.s;
      uint32_t at = dense(s);
      stack.pop_back();
      if (!stack.empty()) low[dense(stack.back().s)] = std::min(low[dense(stack.back().s)], low[at]);
      if (low[at] != number[at]) continue;
      size_t begin = open.size() - 1;
      while (open[begin] != s) --begin;
      std::span<const Sym> group(open.data() + begin, open.size() - begin);
      if (calls) {
        if (group.size() > 1)
          for (Sym member : group) recursive[dense(member)] = 1;
      } else if (group.size() == 1) single(s);
      else together(group);
      for (Sym member : group) done[dense(member)] = 1;
      open.resize(begin);
    }
  }
}

void Facts::Impl::single(Sym s) {
  out.clear();
  each_part(s, [&](const FactPart& part) {
    out.raw(part.own.data(), 32);
    for (uint32_t i = 0; i < part.need_count; ++i) {
      Sym n = needs[part.needs + i];
      if (n == s) out.text("self");
      else out.raw(cids[dense(n)].data(), 32);
    }
  });
  cids[dense(s)] = hash_of(out.data(), out.size());
}

void Facts::Impl::together(std::span<const Sym> group) {
  // Inside the group cids holds the round before; it begins with what the members are without each other.
  std::vector<Cid> next(group.size());
  for (Sym s : group) cids[dense(s)] = Cid{};
  size_t kinds = 0;
  for (size_t round = 0; round <= group.size(); ++round) {
    for (size_t i = 0; i < group.size(); ++i) {
      out.clear();
      each_part(group[i], [&](const FactPart& part) {
        out.raw(part.own.data(), 32);
        for (uint32_t k = 0; k < part.need_count; ++k) out.raw(cids[dense(needs[part.needs + k])].data(), 32);
      });
      next[i] = hash_of(out.data(), out.size());
    }
    for (size_t i = 0; i < group.size(); ++i) cids[dense(group[i])] = next[i];
    std::sort(next.begin(), next.end());
    size_t now = static_cast<size_t>(std::unique(next.begin(), next.end()) - next.begin());
    bool settled = round > 0 && now == kinds;
    kinds = now;
    if (settled) break;
  }
  // Members know all of each other, not only what they reach within the rounds that were needed to tell them apart.
  out.clear();
  for (size_t i = 0; i < kinds; ++i) out.raw(next[i].data(), 32);
  Cid all = hash_of(out.data(), out.size());
  for (Sym s : group) {
    ByteWriter both;
    both.raw(all.data(), 32);
    both.raw(cids[dense(s)].data(), 32);
    cids[dense(s)] = hash_of(both.data(), both.size());
  }
}

}   // namespace janus
