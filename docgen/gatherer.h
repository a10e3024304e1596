// gatherer.h: the pass from a program to the model's rows, in the parts that the gather_*.cpp write.
// Depends on gather.h, frontend/program_index.h (heads of types), frontend/resolve.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "docgen/gather.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus::docgen {

class Gatherer {
 public:
  Gatherer(Program& p, const Docs& docs, const std::vector<GuideText>& guides, const GatherOptions& options)
      : p_(p),
        docs_(docs),
        guide_texts_(guides),
        options_(options),
        item_of_decl_(p.decls.size(), kNone),
        file_of_module_(p.modules.size(), kNone),
        resolver_(p) {}

  Model run();

 private:
  std::string text(NameId name) const { return std::string(p_.names.text(name)); }
  Item& item(ItemId id) { return model_.items[id]; }

  bool is_whole(ModuleId m) const { return options_.whole.empty() || options_.whole[+m]; }

  std::string below_root(const std::string& path) const;

  // ---- modules

  bool is_written(const Module& m) const;

  void choose_modules();

  ItemId add_item(ItemKind kind, ItemId parent, std::string name, DeclId decl);
  void place(ItemId id, ModuleId module, NodeId node);

  void declare_module(ModuleId id);

  bool wanted(const Decl& d, bool all) const { return d.is_pub || all || options_.private_too; }

  void declare(DeclId id, ItemId module, bool all);

  void hand_on(ModuleId id);

  ItemId declare_variant(ItemId parent, DeclId decl, uint32_t index, NameId name, const std::vector<FieldInfo>& fields,
                         bool named, Span span);

  void member_code(ItemId id, std::string signature, ModuleId module);

  void describe_member(ItemId id, DeclId decl, DocTarget::Kind kind, uint32_t index, Span span);

  std::string default_of(ModuleId module, NodeId node) const;

  // ---- impls

  ItemId item_of_type(TypeId type, ImplId impl);

  std::string impl_head(const ImplInfo& impl);

  std::string where_text(const std::vector<TypeParamId>& params, size_t from);

  void declare_impl(ImplId id);

  void traits_and_types();
  uint32_t describe_impl(ImplId id, uint32_t file, uint32_t line);

  // ---- declarations

  void describe(DeclId id, ItemId at);

  std::string type_param_text(const std::vector<TypeParamId>& params);

  void describe_func(FuncId id, ItemId at);

  // ---- JSON

  JsonShape json_of(TypeId type);
  std::string schema_of(TypeId type, int depth, bool or_null = false);
  bool has_own_json(TypeId type);

  std::string call_with(FuncId id, uint64_t effect);

  // ---- code with links

  void code(ItemId id, std::string signature, ModuleId module, const FuncInfo* func = nullptr);

  static bool word_byte(char c);

  CodeText link_code(std::string text, ModuleId module, const FuncInfo* func = nullptr);
  ItemId type_item(std::string_view word, ModuleId module, const FuncInfo* func);

  // ---- docs

  ItemId item_of(const DocTarget& t);

  Doc doc_of(const DocComment& c);
  void add_link(std::vector<DocLink>& out, const janus::DocLink& link, const DocTarget& target,
                const std::string& file);
  static void sort_links(std::vector<DocLink>& links);
  GuideId guide_of(std::string_view url);
  PictureId picture_of(const std::string& file, const std::string& target) const;

  void add_guides();

  static std::string first_paragraph(std::string_view body);

  static std::string without_number(const std::string& name);

  void finish(ItemId id);
  static void badges(Item& item);
  void describe_fields_of_variants();
  void inherit();

  void unique_names();

  void identities();

  void links_of_sources();

  struct ShownImpl {
    ImplId impl;
    ItemId type, trait;   // kNone: not shown, or an impl of no trait
    uint32_t file, line;
  };
  struct Pending {
    ItemId item;
    const DocComment* doc;
  };
  struct PendingField {
    ItemId variant;
    std::string name;
    const DocComment* doc;
  };
  Program& p_;
  const Docs& docs_;
  const std::vector<GuideText>& guide_texts_;
  const GatherOptions& options_;
  Model model_;
  std::vector<ModuleId> modules_;
  std::vector<ItemId> item_of_decl_;
  std::vector<uint32_t> file_of_module_;
  std::vector<ModuleId> module_of_file_;
  std::vector<uint32_t> calls_of_;   // of each function, its first row in EffectGraph::calls
  std::map<std::string, ItemId> builtins_;
  std::map<uint32_t, ItemId> variant_of_tag_;
  std::vector<ShownImpl> impls_;
  std::vector<Pending> pending_docs_;
  std::vector<PendingField> pending_fields_;
  std::vector<std::pair<ItemId, ModuleId>> member_codes_;
  std::map<std::string, GuideId, std::less<>> guide_names_;
  std::map<std::pair<std::string, std::string>, PictureId> picture_of_;   // by file and target
  std::optional<std::set<uint32_t>> own_json_;   // TypeIds; filled when first asked
  DocResolver resolver_;
};

}  // namespace janus::docgen
