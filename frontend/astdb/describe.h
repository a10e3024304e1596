// describe.h: the declarations of a module as flat items: what a row says of each, before ids and CIDs.
// Depends on cid.h, LLVM's allocator.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/astdb/cid.h"
#include "llvm/Support/Allocator.h"

namespace janus {

constexpr uint32_t kNoItem = 0xffffffffu;

// A declaration, a member or an impl of one module; parents stand before their members.
struct ItemHead {
  Sym symbol = 0;
  uint32_t parent = kNoItem;        // in the list
  DeclId decl = DeclId::None;       // the declaration itself, not a member
  uint16_t member = kNoMember;      // field or variant number; of a variant's field: variant << 8 | field
  bool is_pub = false;
  const char* kind = "";
};
struct Item : ItemHead {
  Span span, name_span;
  std::string_view name, path, signature, type_json;   // in Items::texts, or names of the program
  int64_t shape = 0;
};
struct Items {
  std::vector<Item> list;
  llvm::BumpPtrAllocator texts;
  std::string_view keep(std::string_view text);   // a copy that lives as long as the items
};

class Describer {
 public:
  explicit Describer(const Program& program) : p_(program) {}
  // `brief`: heads only, in the same order; of a file whose text is known.
  Items items(ModuleId module, bool brief = false);
  const std::string& type_name(TypeId type);                // remembered
  int64_t shape_of(FuncId func);

 private:
  Item& add(Sym symbol, const char* kind, uint32_t parent);
  void module_item();
  void decl(DeclId id);
  void func(FuncId id, const char* kind, uint32_t parent);
  void fields(const std::vector<FieldInfo>& fields, uint32_t parent, uint16_t base, bool is_pub);
  void variant(uint32_t parent, size_t number, NameId name, Span span, bool named,
               const std::vector<FieldInfo>& payload);
  void impl(ImplId id);
  void generics(std::span<const TypeParamId> params);
  void shape(TypeId type, std::vector<TypeId>& seen, std::string& out);
  std::string_view name(NameId id) const { return p_.names.text(id); }
  std::string_view keep(std::string_view text) { return out_.keep(text); }
  std::string_view join(std::string_view a, std::string_view b, std::string_view c = {});
  const Program& p_;
  std::vector<std::string> type_names_;
  std::string module_path_, text_, json_;                   // the last two: what is being written
  Items out_;
  bool brief_ = false;
  ModuleId module_ = ModuleId::None;
};

// The same number for the text of a type, as `sig('…')` has it: "[]T, func(T) -> U -> []U". False: `why`, at `place`.
bool shape_of_text(std::string_view text, int64_t& shape, std::string& why, size_t& place);

}  // namespace janus
