// llvm_debug.cpp: DWARF 5 of a unit: functions under their Janus names, variables with their real types.
// Depends on llvm_unit.h, runtime/abi.h.
// SPDX-License-Identifier: Apache-2.0
//
// Strings and arrays are one pointer to a block with length and data; DWARF calls them arrays whose place and length
// are read from that block (DW_AT_data_location), so a debugger without any help of ours prints "text" and {1, 2, 3}. A
// null one is "not associated".
#include <algorithm>
#include <utility>

#include "llvm/BinaryFormat/Dwarf.h"

#include "backend/llvm_unit.h"
#include "runtime/abi.h"

namespace janus {
using namespace llvm;

DebugInfo::DebugInfo(llvm::Module& module, const CodegenPlan& plan) : places(plan.sources), plan_(plan), di_(module) {
  unit_ =
      // "clang LLVM (…)": debuggers know by it that a line's second entry is behind the prologue, as rustc's says too.
      di_.createCompileUnit(DISourceLanguageName(dwarf::DW_LANG_C11), di_.createFile("janus", "."),
                            "clang LLVM (janus " JANUS_VERSION ")", false, "", 0, "", DICompileUnit::FullDebug, 0,
                            false, false, DICompileUnit::DebugNameTableKind::None);
  untyped_ = di_.createSubroutineType(di_.getOrCreateTypeArray({}));
}

DIFile* DebugInfo::file(const std::string& path) {
  DIFile*& known = files_[path];
  if (!known) known = di_.createFile(path, ".");
  return known;
}

DISubprogram* DebugInfo::begin(const JFunc& f, Function* fn) {
  DIFile* in = file(places.path(f.span.lo));
  unsigned line = places.at(f.span.lo).line;
  DISubprogram* sp = di_.createFunction(in, f.display.empty() ? f.symbol : f.display, StringRef(), in, line, untyped_,
                                        line, DINode::FlagPrototyped, DISubprogram::SPFlagDefinition);
  fn->setSubprogram(sp);
  return sp;
}

void DebugInfo::declare(const JSlot& slot, Value* address, DISubprogram* in, BasicBlock* block) {
  uint32_t index = plan_.types.find(slot.type);
  if (!index) return;
  uint32_t pos = slot.span.lo ? slot.span.lo : 0;
  unsigned line = pos ? places.at(pos).line : in->getLine();
  StringRef name(plan_.names.text(slot.name).data(), plan_.names.text(slot.name).size());
  DILocalVariable* var = slot.arg
                             ? di_.createParameterVariable(in, name, slot.arg, in->getFile(), line, type(index), true)
                             : di_.createAutoVariable(in, name, in->getFile(), line, type(index), true);
  SmallVector<uint64_t, 3> ops;
  if (slot.is_reference) {
    ops.push_back(dwarf::DW_OP_deref);
    if (slot.cell_offset) {
      ops.push_back(dwarf::DW_OP_plus_uconst);
      ops.push_back(slot.cell_offset);
    }
  }
  di_.insertDeclare(address, var, di_.createExpression(ops), DILocation::get(block->getContext(), line, 1, in), block);
}

DIType* DebugInfo::type(uint32_t index) {
  if (index == 0) return nullptr;
  if (auto it = types_.find(index); it != types_.end()) return it->second;
  DIType* made = make_type(index);
  return types_[index] = made;
}

DIType* DebugInfo::unsigned_type(uint32_t bytes) {
  return di_.createBasicType(bytes == 1 ? "u8" : "u32", bytes * 8, dwarf::DW_ATE_unsigned);
}

// Members of a struct, or tag and variants of an enum, behind `base`.
void DebugInfo::fill(DICompositeType* record, const DebugType& t, uint32_t base) {
  DIFile* in = unit_->getFile();
  SmallVector<Metadata*, 8> members;
  auto member = [&](DIScope* scope, StringRef name, uint32_t offset, uint32_t size, DIType* of) -> Metadata* {
    return di_.createMemberType(scope, name, in, 0, uint64_t(size) * 8, 0, uint64_t(offset) * 8, DINode::FlagZero, of);
  };
  auto add = [&](SmallVectorImpl<Metadata*>& to, DIScope* scope, const DebugField& f, uint32_t from) {
    if (DIType* of = part_type(f.type))
      to.push_back(member(scope, f.name, from + f.offset, plan_.types[f.type].size, of));
  };
  switch (t.kind) {
    case DebugKind::Record:
      for (const DebugField& f : t.fields) add(members, record, f, base);
      break;
    case DebugKind::Optional:
      members.push_back(
          member(record, "has_value", t.tag_offset, 1, di_.createBasicType("bool", 8, dwarf::DW_ATE_boolean)));
      if (DIType* of = part_type(t.elem)) members.push_back(member(record, "value", 0, plan_.types[t.elem].size, of));
      break;
    case DebugKind::Variants: {
      SmallVector<Metadata*, 8> tags;
      for (size_t v = 0; v < t.variants.size(); ++v) tags.push_back(di_.createEnumerator(t.variants[v].name, v, true));
      DIType* tag = di_.createEnumerationType(unit_, t.name + ".Variant", in, 0, t.tag_size * 8, 0,
                                              di_.getOrCreateArray(tags), unsigned_type(t.tag_size));
      members.push_back(member(record, "variant", base + t.tag_offset, t.tag_size, tag));
      // Each variant with a payload is a struct over the same bytes, named after it.
      for (const DebugVariant& v : t.variants) {
        if (v.fields.empty()) continue;
        DICompositeType* payload = di_.createStructType(unit_, t.name + "." + v.name, in, 0, uint64_t(t.size) * 8, 0,
                                                        DINode::FlagZero, nullptr, di_.getOrCreateArray({}));
        SmallVector<Metadata*, 4> parts;
        for (const DebugField& f : v.fields) add(parts, payload, f, 0);
        di_.replaceArrays(payload, di_.getOrCreateArray(parts));
        members.push_back(member(record, v.name, base, t.size, payload));
      }
      break;
    }
    default: break;
  }
  di_.replaceArrays(record, di_.getOrCreateArray(members));
}

// The array behind a pointer at the object's address: a field of the block says where its data stands, another how long
// it is. Of a null pointer no field can be read; the object itself, which is zero, is read instead: p ? p + field :
// object, without a branch.
DIType* DebugInfo::counted(DIType* elem, uint32_t elem_size, bool nullable) {
  using namespace dwarf;
  auto field = [&](uint64_t offset) {
    SmallVector<uint64_t, 20> ops;
    if (nullable)
      ops = {DW_OP_push_object_address,
             DW_OP_push_object_address,
             DW_OP_deref,
             DW_OP_plus_uconst,
             offset,
             DW_OP_push_object_address,
             DW_OP_minus,
             DW_OP_push_object_address,
             DW_OP_deref,
             DW_OP_lit0,
             DW_OP_ne,
             DW_OP_mul,
             DW_OP_plus,
             DW_OP_deref};
    else ops = {DW_OP_push_object_address, DW_OP_deref, DW_OP_plus_uconst, offset, DW_OP_deref};
    return di_.createExpression(ops);
  };
  auto number = [&](uint64_t x) {
    return ConstantAsMetadata::get(ConstantInt::get(Type::getInt64Ty(unit_->getContext()), x));
  };
  DISubrange* range = di_.getOrCreateSubrange(field(offsetof(rt::Array, len)), number(0), nullptr, number(elem_size));
  DIExpression* associated =
      nullable ? di_.createExpression({DW_OP_push_object_address, DW_OP_deref, DW_OP_lit0, DW_OP_ne}) : nullptr;
  return di_.createArrayType(64, 0, elem, di_.getOrCreateArray({range}), field(offsetof(rt::Array, data)), associated);
}

DIType* DebugInfo::part_type(uint32_t index) { return in_element_ ? element_type(index) : type(index); }

// Does a value of this type hold a text or an array in its own bytes?
bool DebugInfo::holds_counted(uint32_t index) {
  const DebugType& t = plan_.types[index];
  if (t.kind == DebugKind::Text || t.kind == DebugKind::Array) return true;
  if (auto it = holds_counted_.find(index); it != holds_counted_.end()) return it->second;
  auto any = [&](const auto& fields) {
    return std::any_of(fields.begin(), fields.end(), [&](const DebugField& f) { return holds_counted(f.type); });
  };
  bool holds = false;
  if (t.kind == DebugKind::Record) holds = any(t.fields);
  else if (t.kind == DebugKind::Optional) holds = holds_counted(t.elem);
  else if (t.kind == DebugKind::Variants)
    holds = std::any_of(t.variants.begin(), t.variants.end(), [&](const DebugVariant& v) { return any(v.fields); });
  return holds_counted_[index] = holds;
}

// gdb does not follow the length of an array inside an array, and ends itself where a struct in an array holds one:
// there, texts and arrays are pointers to their blocks.
DIType* DebugInfo::element_type(uint32_t index) {
  const DebugType& t = plan_.types[index];
  if (!holds_counted(index)) {
    bool outer = std::exchange(in_element_, false);
    DIType* same = type(index);
    in_element_ = outer;
    return same;
  }
  if (auto it = elements_.find(index); it != elements_.end()) return it->second;
  DIFile* in = unit_->getFile();
  if (t.kind != DebugKind::Text && t.kind != DebugKind::Array) {
    DICompositeType* made = di_.createStructType(unit_, t.name, in, 0, uint64_t(t.size) * 8, 0, DINode::FlagZero,
                                                 nullptr, di_.getOrCreateArray({}));
    elements_[index] = made;
    bool outer = std::exchange(in_element_, true);
    fill(made, t, 0);
    in_element_ = outer;
    return elements_[index] = made;
  }
  DICompositeType* block = di_.createStructType(unit_, t.name + " block", in, 0, sizeof(rt::Array) * 8, 0,
                                                DINode::FlagZero, nullptr, di_.getOrCreateArray({}));
  DIType* pointer = di_.createPointerType(block, 64, 0, std::nullopt, t.name);
  elements_[index] = pointer;
  DIType* elem = t.kind == DebugKind::Text ? di_.createBasicType("char", 8, dwarf::DW_ATE_unsigned_char)
                 : t.elem                  ? element_type(t.elem)
                                           : nullptr;
  Metadata* fields[] = {di_.createMemberType(block, "len", in, 0, 64, 0, offsetof(rt::Array, len) * 8, DINode::FlagZero,
                                             di_.createBasicType("i64", 64, dwarf::DW_ATE_signed)),
                        di_.createMemberType(block, "data", in, 0, 64, 0, offsetof(rt::Array, data) * 8,
                                             DINode::FlagZero, di_.createPointerType(elem, 64))};
  di_.replaceArrays(block, di_.getOrCreateArray(fields));
  return pointer;
}

DIType* DebugInfo::make_type(uint32_t index) {
  const DebugType& t = plan_.types[index];
  uint64_t bits = uint64_t(t.size) * 8;
  auto basic = [&](unsigned encoding) { return di_.createBasicType(t.name, bits, encoding); };
  auto record = [&](const DebugType& of, uint64_t size) {
    return di_.createStructType(unit_, of.name, unit_->getFile(), 0, size, 0, DINode::FlagZero, nullptr,
                                di_.getOrCreateArray({}));
  };
  switch (t.kind) {
    case DebugKind::Void: return nullptr;
    case DebugKind::Signed: return basic(dwarf::DW_ATE_signed);
    case DebugKind::Unsigned: return basic(dwarf::DW_ATE_unsigned);
    case DebugKind::Float: return basic(dwarf::DW_ATE_float);
    case DebugKind::Bool: return basic(dwarf::DW_ATE_boolean);
    case DebugKind::Char: return di_.createBasicType("char32_t", 32, dwarf::DW_ATE_UTF);
    case DebugKind::Byte: return basic(dwarf::DW_ATE_unsigned_char);
    case DebugKind::Text: return counted(di_.createBasicType("char", 8, dwarf::DW_ATE_unsigned_char), 1, t.nullable);
    case DebugKind::Array: {
      DIType* elem = element_type(t.elem);
      return elem ? counted(elem, plan_.types[t.elem].size, t.nullable)
                  : di_.createPointerType(nullptr, 64, 0, std::nullopt, t.name);
    }
    case DebugKind::Fixed:
      return di_.createArrayType(bits, 0, element_type(t.elem),
                                 di_.getOrCreateArray({di_.getOrCreateSubrange(0, int64_t(t.count))}));
    case DebugKind::Enumeration: {
      SmallVector<Metadata*, 8> tags;
      for (size_t v = 0; v < t.variants.size(); ++v) tags.push_back(di_.createEnumerator(t.variants[v].name, v, true));
      return di_.createEnumerationType(unit_, t.name, unit_->getFile(), 0, bits, 0, di_.getOrCreateArray(tags),
                                       unsigned_type(t.size));
    }
    case DebugKind::Record:
    case DebugKind::Variants:
    case DebugKind::Optional: {
      DICompositeType* made = record(t, bits);
      types_[index] = made;
      fill(made, t, 0);
      return types_[index] = made;
    }
    case DebugKind::Box: {
      // A pointer to the block; the fields lie behind its head. Known before its fields, which may lead back here.
      const DebugType& inside = plan_.types[t.elem];
      DICompositeType* block = record(inside, uint64_t(inside.size + rt::kBoxPayload) * 8);
      DIType* pointer = di_.createPointerType(block, 64);
      types_[index] = pointer;
      fill(block, inside, rt::kBoxPayload);
      return pointer;
    }
    case DebugKind::Pointer: return di_.createPointerType(nullptr, 64, 0, std::nullopt, t.name);
  }
  return nullptr;
}

}   // namespace janus
