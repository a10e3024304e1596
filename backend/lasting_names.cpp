// lasting_names.cpp: the hashes behind the names: of types by their structure, of functions by where they are declared.
// Depends on lasting_names.h, llvm/Support/xxhash.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lasting_names.h"

#include <algorithm>

#include "llvm/Support/xxhash.h"

namespace janus {
namespace {

uint64_t hash_of(std::string_view bytes) {
  return llvm::xxh3_64bits(llvm::StringRef(bytes.data(), bytes.size())) | uint64_t{1} << 63;
}

constexpr size_t kDigits = 10;
std::string hex(uint64_t x) {
  std::string text(kDigits, '0');
  for (size_t i = kDigits; i-- > 0; x >>= 4) text[i] = "0123456789abcdef"[x & 15];
  return text;
}

// Fields one after the other, so that no two lists of them look the same.
struct Parts {
  std::string bytes;
  Parts& add(uint64_t x) {
    bytes.append(reinterpret_cast<const char*>(&x), sizeof x);
    return *this;
  }
  Parts& add(std::string_view text) {
    add(text.size());
    bytes += text;
    return *this;
  }
};

}   // namespace

std::string short_digest(std::string_view bytes) { return hex(hash_of(bytes)); }

std::string LastingNames::decl(DeclId id) {
  const Decl& d = p_.decls[+id];
  std::string text;
  if (is_some(d.module)) text = std::string(p_.names.text(p_.modules[+d.module]->path)) + '.';
  return text + std::string(p_.names.text(d.name));
}

uint64_t LastingNames::hash(TypeId type) {
  if (+type < types_.size() && types_[+type]) return types_[+type];
  const TypeRow& row = p_.types[type];
  Parts parts;
  parts.add(static_cast<uint64_t>(row.kind));
  auto errors = [&](ErrorSetId id) {
    const ErrorSet& set = p_.error_sets[+id];
    parts.add(set.tags.size()).add(set.open);
    for (TagId t : set.tags) {
      const TagInfo& tag = p_.tags[+t];
      if (is_some(tag.error)) parts.add(decl(p_.errors[+tag.error].decl));
      parts.add(tag.full_name);
    }
  };
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: parts.add(hash(TypeId(row.a))); break;
    case TypeKind::Fixed: parts.add(hash(TypeId(row.a))).add(row.b); break;
    case TypeKind::Struct: parts.add(decl(p_.structs[row.a].decl)); break;
    case TypeKind::Enum: parts.add(decl(p_.enums[row.a].decl)); break;
    case TypeKind::Dyn: parts.add(decl(p_.traits[row.a].decl)); break;
    case TypeKind::Capability: parts.add(decl(DeclId(row.a))); break;
    case TypeKind::ErrorVal: errors(ErrorSetId(row.a)); break;
    case TypeKind::Func:
      parts.add(row.a);
      if (row.a & kFuncFallible && is_some(ErrorSetId(row.b))) errors(ErrorSetId(row.b));
      break;
    default: parts.add(p_.type_name(type)); break;
  }
  for (TypeId arg : p_.types.args(type)) parts.add(hash(arg));
  uint64_t made = hash_of(parts.bytes);
  if (+type >= types_.size()) types_.resize(std::max<size_t>(+type + 1, types_.size() * 2));
  return types_[+type] = made;
}

std::string LastingNames::type(TypeId type) { return p_.type_name(type) + "#" + hex(hash(type)); }

uint64_t LastingNames::hash(FuncId func) {
  funcs_.resize(p_.funcs.size());
  if (funcs_[+func]) return funcs_[+func];
  const FuncInfo& f = p_.funcs[+func];
  Parts parts;
  parts.add(decl(f.decl));
  if (is_some(f.impl)) {
    const ImplInfo& impl = p_.impls[+f.impl];
    parts.add(hash(impl.self));
    if (is_some(impl.trait)) parts.add(decl(p_.traits[+impl.trait].decl));
  } else if (is_some(f.trait)) {
    parts.add(decl(p_.traits[+f.trait].decl));
  }
  return funcs_[+func] = hash_of(parts.bytes);
}

std::string LastingNames::func(FuncId func) { return p_.symbol(func) + "#" + hex(hash(func)); }

std::string LastingNames::closure(const Body& body, FuncId outer, std::span<const TypeId> args) {
  Parts parts;
  uint32_t at = is_some(body.root) ? body[body.root].span.lo : 0, from = 0;
  if (is_some(outer)) {
    parts.add(hash(outer));
    from = p_.decls[+p_.funcs[+outer].decl].name_span.lo;
  } else if (at) {
    const SourceFile& file = p_.sources.file(p_.sources.find(at));
    parts.add(file.path);
    from = file.base;
  }
  parts.add(at - from);
  for (TypeId a : args) parts.add(hash(a));
  return (is_some(outer) ? p_.symbol(outer) + ".closure#" : "closure#") + hex(hash_of(parts.bytes));
}

}   // namespace janus
