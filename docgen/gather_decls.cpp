// gather_decls.cpp: declarations as code: signatures with links, effects, failures.
// Depends on gatherer.h, frontend/effects.h.
// SPDX-License-Identifier: Apache-2.0
#include "docgen/gatherer.h"

#include "frontend/effects.h"

namespace janus::docgen {

namespace {
constexpr size_t kMaxLine = 78;  // of a signature; a longer one is broken at its parameters
}  // namespace

void Gatherer::describe(DeclId id, ItemId at) {
  const Decl& d = p_.decls[+id];
  if (const DocComment* doc = docs_.of(id)) pending_docs_.push_back({at, doc});
  switch (d.kind) {
    case DeclKind::Func: describe_func(FuncId(d.index), at); break;
    case DeclKind::Struct: {
      const StructInfo& s = p_.structs[d.index];
      std::string body;
      bool hidden = false;
      for (ItemId child : item(at).children)
        if (item(child).kind == ItemKind::Field) body += "    " + item(child).signature.text + ",\n";
      for (const FieldInfo& f : s.fields) hidden |= !f.is_pub && !options_.private_too;
      if (hidden) body += "    // and private fields\n";
      code(at, "struct " + text(d.name) + type_param_text(s.type_params) + (body.empty() ? " {}" : " {\n" + body + "}"),
           d.module);
      break;
    }
    case DeclKind::Enum:
    case DeclKind::Error: {
      std::string body;
      for (ItemId child : item(at).children)
        if (item(child).kind == ItemKind::Variant) body += "    " + item(child).signature.text + ",\n";
      std::string params = d.kind == DeclKind::Enum ? type_param_text(p_.enums[d.index].type_params) : "";
      code(at, (d.kind == DeclKind::Enum ? "enum " : "error ") + text(d.name) + params + " {\n" + body + "}", d.module);
      break;
    }
    case DeclKind::Trait: {
      std::string body;
      for (FuncId f : p_.traits[d.index].methods) body += "    " + p_.signature(f) + "\n";
      code(at, "trait " + text(d.name) + " do\n" + body + "end", d.module);
      break;
    }
    case DeclKind::Const: {
      const Tree& tree = p_.tree_of(d.module);
      NodeId value = tree.record_node(tree[d.node].b, 1);
      std::string shown = is_none(value) ? "" : std::string(p_.sources.text(tree.span(value)));
      if (shown.size() > 200) shown = shown.substr(0, shown.find('\n', 0) < 80 ? shown.find('\n') : 80) + " …";
      code(at, "const " + text(d.name) + ": " + p_.type_name(p_.consts[d.index].type) + " = " + shown, d.module);
      break;
    }
    case DeclKind::TypeAlias: {
      const AliasInfo& a = p_.aliases[d.index];
      const Tree& tree = p_.tree_of(d.module);
      NodeId type = tree.record_node(tree[d.node].b, 1);
      code(at,
           "type " + text(d.name) + type_param_text(a.type_params) + " = " +
               std::string(p_.sources.text(tree.span(type))),
           d.module);
      break;
    }
    case DeclKind::Capability: code(at, "capability " + text(d.name), d.module); break;
    default: break;
  }
}

std::string Gatherer::type_param_text(const std::vector<TypeParamId>& params) {
  std::string out;
  for (TypeParamId t : params) out += (out.empty() ? "[" : ", ") + text(p_.type_params[+t].name);
  return out.empty() ? out : out + "]";
}

void Gatherer::describe_func(FuncId id, ItemId at) {
  const FuncInfo& f = p_.funcs[+id];
  const Decl& d = p_.decls[+f.decl];
  const Tree& tree = p_.tree_of(d.module);
  std::string head;
  if (f.origin == FuncOrigin::ExternC) head = f.is_blocking ? "extern \"C\" blocking " : "extern \"C\" ";
  bool is_async = tree[d.node].flags & kAsync;
  if (is_async) head += "async ";
  head += "func " + text(d.name);
  std::string own;
  for (size_t i = f.own_params_from; i < f.type_params.size(); ++i)
    own += (own.empty() ? "[" : ", ") + text(p_.type_params[+f.type_params[i]].name);
  if (!own.empty()) head += own + "]";
  std::vector<std::string> params;
  for (size_t i = 0; i < f.params.size(); ++i) {
    const ParamInfo& param = f.params[i];
    std::string one = param.is_mut ? "mut " : "";
    one += text(param.name);
    if (i > 0 || f.self == SelfKind::None) {
      Param row{text(param.name), p_.type_name(param.type), default_of(d.module, param.default_value),
                json_of(param.type), param.is_mut};
      one += ": " + row.type + row.default_text;
      if (!row.default_text.empty()) row.default_text.erase(0, 3);
      item(at).params.push_back(std::move(row));
    }
    params.push_back(std::move(one));
  }
  std::string tail;
  if (f.fallible) {
    bool open = is_none(f.errors) || p_.error_sets[+f.errors].inferred;
    tail = " -> " + (open ? std::string() : p_.set_name(f.errors)) + "!" + p_.type_name(f.result);
  } else if (f.result != Types::Void) {
    tail = " -> " + p_.type_name(f.result);
  }
  item(at).result = f.result == Types::Void ? "" : p_.type_name(f.result);
  item(at).result_json = json_of(f.result);
  if (item(at).result_json.optional) item(at).result_json.schema = schema_of(f.result, 0);
  item(at).fallible = f.fallible;
  std::string where = where_text(f.type_params, f.own_params_from);
  std::string line = head + "(";
  for (size_t i = 0; i < params.size(); ++i) line += (i ? ", " : "") + params[i];
  line += ")" + tail;
  if (line.size() > kMaxLine && params.size() > 1) {
    line = head + "(\n";
    for (const std::string& one : params) line += "    " + one + ",\n";
    line += ")" + tail;
  }
  if (!where.empty())
    line += line.size() - (line.rfind('\n') == std::string::npos ? 0 : line.rfind('\n')) + where.size() > kMaxLine
                ? "\n   " + where
                : where;
  code(at, std::move(line), d.module, &f);

  Item& i = item(at);
  i.is_async = is_async;
  if (f.effects & kMaySuspend) i.effects |= EffectBit::kSuspends;
  if (f.effects & Effect::kMaySpawn) i.effects |= EffectBit::kSpawns;
  if (f.effects & Effect::kRaisesBudget) i.effects |= EffectBit::kRaisesBudget;
  if (f.is_blocking || (f.effects & kMayBlock)) i.effects |= EffectBit::kBlocks;
  if (f.effects & kMayPanic) i.effects |= EffectBit::kPanics;
  if (f.effects & Effect::kAllocates) i.effects |= EffectBit::kAllocates;
  if (f.effects & kCallsFfi) i.effects |= EffectBit::kForeign;
  for (const std::string& name : capability_names(p_, f.effects)) {
    Need need{name, kNone, ""};
    for (const CapabilityInfo& c : p_.capabilities)
      if (is_some(c.decl) && p_.names.text(c.name) == name) need.item = item_of_decl_[+c.decl];
    need.via = call_with(id, find_effect(p_, name));
    i.needs.push_back(std::move(need));
  }
  if (f.origin == FuncOrigin::ExternC) i.effects |= EffectBit::kForeign;
  if (is_async) i.effects |= EffectBit::kAsync;
  if (f.fallible && is_some(f.errors)) {
    for (TagId tag : p_.error_sets[+f.errors].tags) {
      const TagInfo& t = p_.tags[+tag];
      if (t.implicit) continue;
      auto variant = variant_of_tag_.find(+tag);
      i.failures.push_back({t.full_name, variant == variant_of_tag_.end() ? kNone : variant->second});
    }
    std::sort(i.failures.begin(), i.failures.end(), [](const Failure& a, const Failure& b) { return a.name < b.name; });
  }
}

// The call of a function through which an effect comes; "" when the function itself has it. The first step of
// effect_chain(), without its search through the whole program.
std::string Gatherer::call_with(FuncId id, uint64_t effect) {
  if (!p_.effect_graph) return "";
  const EffectGraph& g = *p_.effect_graph;
  if (calls_of_.empty()) {
    calls_of_.assign(p_.funcs.size(), kNone);
    for (size_t i = g.calls.size(); i-- > 0;)
      if (g.calls[i].from < calls_of_.size()) calls_of_[g.calls[i].from] = static_cast<uint32_t>(i);
  }
  for (size_t i = calls_of_[+id]; i < g.calls.size() && g.calls[i].from == +id; ++i)
    if (g.calls[i].to < p_.funcs.size() && g.calls[i].to != +id && (p_.funcs[g.calls[i].to].effects & effect))
      return p_.symbol(FuncId(g.calls[i].to));
  return "";
}

void Gatherer::code(ItemId id, std::string signature, ModuleId module, const FuncInfo* func) {
  item(id).signature = link_code(std::move(signature), module, func);
}

bool Gatherer::word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

// Names of types in a signature lead to their items. A type parameter hides a type of its name.
CodeText Gatherer::link_code(std::string text, ModuleId module, const FuncInfo* func) {
  CodeText out{std::move(text), {}};
  const std::string& s = out.text;
  for (size_t i = 0; i < s.size();) {
    if (s[i] == '"') {
      size_t close = i + 1;
      while (close < s.size() && s[close] != '"') close += s[close] == '\\' ? 2 : 1;
      i = close + 1;
      continue;
    }
    if (s[i] == '/' && i + 1 < s.size() && s[i + 1] == '/') {
      i = s.find('\n', i);
      if (i == std::string::npos) break;
      continue;
    }
    if (!word_byte(s[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < s.size() && word_byte(s[end])) ++end;
    std::string_view word(s.data() + i, end - i);
    if (ItemId target = type_item(word, module, func); target != kNone)
      out.links.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(end), target});
    i = end;
  }
  return out;
}

ItemId Gatherer::type_item(std::string_view word, ModuleId module, const FuncInfo* func) {
  NameId name = p_.names.find(word);
  if (is_none(name) || (word[0] >= '0' && word[0] <= '9')) return kNone;
  if (func)
    for (TypeParamId t : func->type_params)
      if (p_.type_params[+t].name == name) return kNone;
  DeclId d = lookup_name(p_, module, name);
  if (is_some(d) && +d != 0) {
    DeclKind kind = p_.decls[+d].kind;
    bool type = kind == DeclKind::Struct || kind == DeclKind::Enum || kind == DeclKind::Error ||
                kind == DeclKind::Trait || kind == DeclKind::TypeAlias || kind == DeclKind::Capability;
    return type ? item_of_decl_[+d] : kNone;
  }
  auto builtin = builtins_.find(std::string(word));
  return builtin == builtins_.end() ? kNone : builtin->second;
}

}  // namespace janus::docgen
