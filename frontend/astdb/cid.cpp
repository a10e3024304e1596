// cid.cpp: the tables of uses and content ids: filled body by body, and asked.
// Depends on cid_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/cid_internal.h"

namespace janus {

const char* use_kind_name(UseKind kind) {
  switch (kind) {
    case UseKind::Call: return "call";
    case UseKind::Value: return "value";
    case UseKind::Const: return "const";
    case UseKind::Type: return "type";
    case UseKind::Field: return "field";
    case UseKind::Variant: return "variant";
    case UseKind::Error: return "error";
    case UseKind::Sign: return "signature";
  }
  return "";
}

Facts::Facts() : impl_(std::make_unique<Impl>()) {}
Facts::~Facts() = default;

void Facts::take(const Program& program, const BodyOwner& owner, std::span<const Body* const> group) {
  Impl& f = *impl_;
  ModuleId m = ModuleId::None;
  Sym s = 0;
  FuncId func = FuncId::None;
  std::span<const TypeParamId> params;
  switch (owner.kind) {
    case BodyOwner::Func:
    case BodyOwner::Param:
      func = FuncId(owner.id);
      m = program.decls[+program.funcs[owner.id].decl].module;
      s = sym(SymKind::Func, owner.id);
      break;
    case BodyOwner::Field:
    case BodyOwner::Variant: {
      const Decl& d = program.decls[owner.id];
      m = d.module;
      s = sym(owner.kind == BodyOwner::Field ? SymKind::Struct : SymKind::Enum, d.index);
      params =
          owner.kind == BodyOwner::Field ? program.structs[d.index].type_params : program.enums[d.index].type_params;
      break;
    }
    case BodyOwner::Test:
      m = program.tests[owner.id].module;
      s = sym(SymKind::Test, owner.id);
      break;
  }
  if (program.modules[+m]->is_std) return;
  f.begin_part(program);
  f.params_of = func;
  f.more_params = params;
  // After a mistake tables may have holes: what follows counts by its text, until the mistake is gone.
  if (program.diags.has_errors()) {
    const Module& module = *program.modules[+m];
    NodeId node = is_some(func)                   ? program.decls[+program.funcs[+func].decl].node
                  : owner.kind == BodyOwner::Test ? program.tests[owner.id].node
                                                  : program.decls[owner.id].node;
    f.out.text("text");
    f.out.num(owner.index);
    if (is_some(node)) f.out.text(program.sources.text(module.tree.span(node)));
    f.add_part(s, f.end_part());
    return;
  }
  f.out.num(owner.kind);
  f.out.num(owner.kind == BodyOwner::Func || owner.kind == BodyOwner::Test ? 0 : owner.index);
  for (const Body* body : group) f.body(*body);
  // A default that a call or a literal leaves out is in the body, and stands elsewhere: it has no place here.
  if (is_some(func)) {
    Span own = program.modules[+m]->tree.span(program.decls[+program.funcs[+func].decl].node);
    for (size_t i = f.uses_begin; i < f.uses.size(); ++i)
      if (f.uses[i].pos < own.lo || f.uses[i].pos >= own.hi) f.uses[i].pos = 0;
  }
  f.add_part(s, f.end_part());
}

void Facts::finish(Program& program) { impl_->finish(program); }
const Cid& Facts::cid(Sym s) const { return impl_->cids[impl_->dense(s)]; }
const Cid& Facts::sig_cid(Sym s) const { return impl_->sig_cids[impl_->dense(s)]; }
bool Facts::is_recursive(Sym s) const { return impl_->recursive[impl_->dense(s)]; }

std::span<const Use> Facts::next_uses(Sym s, uint32_t& part) const {
  const Impl& f = *impl_;
  uint32_t at = f.dense(s);
  bool first = part == kFirst && f.sign_part[at] != Impl::kNone;
  if (part == kFirst) part = first ? f.sign_part[at] : f.body_part[at];
  if (part == Impl::kNone) return {};
  const FactPart& p = f.parts[part];
  part = first ? f.body_part[at] : p.next;
  return std::span(f.uses).subspan(p.uses, p.use_count);
}

Cid member_cid(const Cid& parent, std::string_view what, uint32_t index) {
  ByteWriter out;
  out.text(what);
  out.raw(parent.data(), 32);
  out.num(index);
  return hash_of(out.data(), out.size());
}

std::string cid_text(const Cid& cid) {
  std::string text = "blake3:";
  for (uint8_t byte : cid) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

bool parse_cid(std::string_view text, Cid& cid) {
  if (text.starts_with("blake3:")) text.remove_prefix(7);
  if (text.size() != 64) return false;
  for (size_t i = 0; i < 64; ++i) {
    char c = text[i];
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1;
    if (v < 0) return false;
    cid[i / 2] = static_cast<uint8_t>(i % 2 ? cid[i / 2] | v : v << 4);
  }
  return true;
}

}   // namespace janus
