// program.cpp: the questions that later phases ask a program: methods, impls, fields, bounds, and how types print.
// Depends on program.h, program_index.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/program.h"

#include <algorithm>

#include "frontend/effects.h"
#include "frontend/program_index.h"

namespace janus {

const char* noun_of(DeclKind kind) {
  switch (kind) {
    case DeclKind::Func: return "the function";
    case DeclKind::Struct: return "the struct";
    case DeclKind::Enum: return "the enum";
    case DeclKind::Error: return "the error";
    case DeclKind::Trait: return "the trait";
    case DeclKind::Const: return "the constant";
    case DeclKind::TypeAlias: return "the type";
    case DeclKind::Capability: return "the capability";
    default: return nullptr;
  }
}

const char* profile_name(Profile profile) {
  switch (profile) {
    case Profile::Core: return "core";
    case Profile::Script: return "script";
    case Profile::Service: return "service";
    case Profile::Cluster: return "cluster";
    case Profile::Compute: return "compute";
    case Profile::Sovereign: return "sovereign";
  }
  return "service";
}

// ---- names of a scope

const NameTable::Entry* NameTable::find(NameId name) const {
  if (slots_.empty()) return nullptr;
  size_t mask = slots_.size() - 1;
  for (size_t i = mix_bits(+name) & mask;; i = (i + 1) & mask) {
    if (slots_[i].name == name) return &slots_[i];
    if (janus::is_none(slots_[i].name)) return nullptr;
  }
}

NameTable::Entry* NameTable::insert(const Entry& entry) {
  if ((count_ + 1) * 4 > slots_.size() * 3) {
    std::vector<Entry> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    size_t mask = slots_.size() - 1;
    for (const Entry& e : old) {
      if (janus::is_none(e.name)) continue;
      size_t i = mix_bits(+e.name) & mask;
      while (is_some(slots_[i].name)) i = (i + 1) & mask;
      slots_[i] = e;
    }
  }
  size_t mask = slots_.size() - 1;
  size_t i = mix_bits(+entry.name) & mask;
  for (; is_some(slots_[i].name); i = (i + 1) & mask)
    if (slots_[i].name == entry.name) return &slots_[i];
  slots_[i] = entry;
  ++count_;
  return nullptr;
}

// ---- construction: what the language itself names

namespace {
struct BoundName {
  uint32_t bit;
  const char* name;
};
constexpr BoundName kBoundNames[] = {{kEqual, "Equal"},   {kOrdered, "Ordered"}, {kHashable, "Hashable"},
                                     {kNumber, "Number"}, {kInteger, "Integer"}, {kFloat, "Float"}};
}  // namespace

const char* builtin_bound_name(uint32_t bit) {
  for (const BoundName& b : kBoundNames)
    if (b.bit == bit) return b.name;
  return "?";
}

uint32_t builtin_bound_closure(uint32_t bits) {
  if (bits & kInteger) bits |= kNumber | kHashable;
  if (bits & kFloat) bits |= kNumber;
  if (bits & kNumber) bits |= kOrdered;
  if (bits & (kOrdered | kHashable)) bits |= kEqual;
  return bits;
}

Program::Program(SourceMap& s, Names& n, Diagnostics& d)
    : sources(s), names(n), diags(d), index(std::make_unique<ProgramIndex>()) {
  auto type = [&](const char* name, TypeId id) { index->builtin_types[+names.intern(name)] = +id; };
  type("i8", Types::I8);
  type("i16", Types::I16);
  type("i32", Types::I32);
  type("i64", Types::I64);
  type("u8", Types::U8);
  type("u16", Types::U16);
  type("u32", Types::U32);
  type("u64", Types::U64);
  type("f32", Types::F32);
  type("f64", Types::F64);
  type("bool", Types::Bool);
  type("char", Types::Char);
  type("void", Types::Void);
  type("never", Types::Never);
  type("String", Types::String);
  type("string", Types::String);
  auto generic = [&](const char* name, BuiltinGeneric g) {
    index->builtin_generics[+names.intern(name)] = static_cast<uint32_t>(g);
  };
  generic("Array", BuiltinGeneric::Array);
  generic("Optional", BuiltinGeneric::Optional);
  generic("Type", BuiltinGeneric::Type);
  generic("Channel", BuiltinGeneric::Channel);
  generic("Task", BuiltinGeneric::Task);
  generic("Nursery", BuiltinGeneric::Nursery);
  generic("SystemHandle", BuiltinGeneric::Handle);
  for (const BoundName& b : kBoundNames) index->builtin_bounds[+names.intern(b.name)] = b.bit;
  decls.emplace_back().kind = DeclKind::Broken;
  fill_capabilities(*this);
  index->name_Self = names.intern("Self");
  index->name_self = names.intern("self");
  index->name_main = names.intern("main");

  // The implicit failures are ad-hoc errors that the language itself raises.
  auto implicit = [&](const char* name) {
    TagId tag = ad_hoc_tag(names.intern(name));
    tags[+tag].implicit = true;
    return tag;
  };
  lang.panic = implicit("Panic");
  tags[+lang.panic].fields.push_back({.name = NameId::None, .type = Types::String, .span = {}});   // its message
  lang.cancelled = implicit("Cancelled");
  lang.channel_closed = implicit("ChannelClosed");
  lang.budget_exceeded = implicit("BudgetExceeded");
  lang.timeout = implicit("Timeout");
  lang.deadlock = implicit("Deadlock");
}
Program::~Program() = default;

// ---- how things print

std::string Program::type_name(TypeId type) const {
  const TypeRow& row = types[type];
  if (row.size > kMaxTypeSize) return "…";   // reported where it was made; written out it could fill the memory
  auto decl_text = [&](DeclId id) { return std::string(names.text(decls[+id].name)); };
  auto with_args = [&](std::string text) {
    if (row.arg_count == 0) return text;
    text += '[';
    for (uint32_t i = 0; i < row.arg_count; ++i) {
      if (i) text += ", ";
      text += type_name(types.args(type)[i]);
    }
    return text + ']';
  };
  auto inner = [&] { return type_name(static_cast<TypeId>(row.a)); };
  switch (row.kind) {
    case TypeKind::Error: return "?";
    case TypeKind::Never: return "never";
    case TypeKind::Void: return "void";
    case TypeKind::Bool: return "bool";
    case TypeKind::Char: return "char";
    case TypeKind::I8: return "i8";
    case TypeKind::I16: return "i16";
    case TypeKind::I32: return "i32";
    case TypeKind::I64: return "i64";
    case TypeKind::U8: return "u8";
    case TypeKind::U16: return "u16";
    case TypeKind::U32: return "u32";
    case TypeKind::U64: return "u64";
    case TypeKind::F32: return "f32";
    case TypeKind::F64: return "f64";
    case TypeKind::String: return "String";
    case TypeKind::Array: return "[]" + inner();
    case TypeKind::Fixed: return "[" + std::to_string(row.b) + "]" + inner();
    case TypeKind::Optional: {
      TypeKind k = types.kind(static_cast<TypeId>(row.a));
      return k == TypeKind::Optional ? "?(" + inner() + ")" : "?" + inner();
    }
    case TypeKind::Tuple: {
      std::string text = "(";
      for (uint32_t i = 0; i < row.arg_count; ++i) {
        if (i) text += ", ";
        text += type_name(types.args(type)[i]);
      }
      return text + ")";
    }
    case TypeKind::Func: {
      std::string text = "func(";
      auto args = types.args(type);
      for (size_t i = 0; i + 1 < args.size(); ++i) {
        if (i) text += ", ";
        if (row.a & mut_param_flag(i)) text += "mut ";
        text += type_name(args[i]);
      }
      text += ")";
      bool fallible = row.a & kFuncFallible;
      if (args.back() == Types::Void && !fallible) return text;
      text += " -> ";
      if (fallible)
        text +=
            (static_cast<ErrorSetId>(row.b) == ErrorSetId::None ? "" : set_name(static_cast<ErrorSetId>(row.b))) + "!";
      return text + type_name(args.back());
    }
    case TypeKind::Struct: return with_args(decl_text(structs[row.a].decl));
    case TypeKind::Enum: return with_args(decl_text(enums[row.a].decl));
    case TypeKind::ErrorVal: return set_name(static_cast<ErrorSetId>(row.a));
    case TypeKind::TypeOf: return "Type[" + inner() + "]";
    case TypeKind::Param: return std::string(names.text(type_params[row.a].name));
    case TypeKind::Dyn: return "dyn " + decl_text(traits[row.a].decl);
    case TypeKind::Channel: return "Channel[" + inner() + "]";
    case TypeKind::Task: return "Task[" + inner() + "]";
    case TypeKind::Nursery: return "Nursery";
    case TypeKind::Handle: return "SystemHandle";
    case TypeKind::Capability: return decl_text(static_cast<DeclId>(row.a));
    case TypeKind::Infer: return "_";
  }
  return "?";
}

std::string Program::set_name(ErrorSetId id) const {
  if (janus::is_none(id)) return "error";
  const ErrorSet& set = error_sets[+id];
  if (is_some(set.name)) return std::string(names.text(set.name));
  if (set.open) return "error";
  std::string text;
  size_t shown = 0;
  for (size_t i = 0; i < set.tags.size();) {
    const TagInfo& tag = tags[+set.tags[i]];
    size_t end = i + 1;
    while (end < set.tags.size() && is_some(tag.error) && tags[+set.tags[end]].error == tag.error) ++end;
    bool whole = is_some(tag.error) && end - i == errors[+tag.error].tags.size();
    if (!whole) end = i + 1;
    if (++shown > 6) return text + " | …";
    if (!text.empty()) text += " | ";
    text += whole ? std::string(names.text(decls[+errors[+tag.error].decl].name)) : tag.full_name;
    i = end;
  }
  return text.empty() ? "error" : text;
}

std::string Program::symbol(FuncId func) const {
  const FuncInfo& f = funcs[+func];
  const Decl& decl = decls[+f.decl];
  std::string text(names.text(modules[+decl.module]->path));
  if (text == "main") text.clear();
  else text += '.';
  if (is_some(f.impl)) {
    TypeId self = impls[+f.impl].self;
    switch (types.kind(self)) {
      case TypeKind::Struct: text += names.text(decls[+structs[types[self].a].decl].name); break;
      case TypeKind::Enum: text += names.text(decls[+enums[types[self].a].decl].name); break;
      case TypeKind::Array: text += "Array"; break;
      case TypeKind::Optional: text += "Optional"; break;
      default: text += type_name(self);
    }
    text += '.';
  } else if (is_some(f.trait)) {
    text += names.text(decls[+traits[+f.trait].decl].name);
    text += '.';
  }
  return text + std::string(names.text(decl.name));
}

std::string Program::impl_name(ImplId impl) const {
  const ImplInfo& info = impls[+impl];
  std::string text = "impl ";
  if (janus::is_some(info.trait)) text += std::string(names.text(decls[+traits[+info.trait].decl].name)) + " for ";
  return text + type_name(info.self);
}

std::string Program::signature(FuncId func) const {
  const FuncInfo& f = funcs[+func];
  std::string text = "func " + std::string(names.text(decls[+f.decl].name));
  if (f.own_params_from < f.type_params.size()) {
    text += '[';
    for (size_t i = f.own_params_from; i < f.type_params.size(); ++i) {
      if (i > f.own_params_from) text += ", ";
      text += names.text(type_params[+f.type_params[i]].name);
    }
    text += ']';
  }
  text += '(';
  for (size_t i = 0; i < f.params.size(); ++i) {
    if (i) text += ", ";
    const ParamInfo& p = f.params[i];
    if (p.is_mut) text += "mut ";
    text += names.text(p.name);
    if (i == 0 && f.self != SelfKind::None) continue;
    text += ": " + type_name(p.type);
  }
  text += ')';
  if (f.fallible) {
    bool open = janus::is_none(f.errors) || error_sets[+f.errors].inferred;
    text += " -> " + (open ? std::string() : set_name(f.errors)) + "!" + type_name(f.result);
  } else if (f.result != Types::Void) {
    text += " -> " + type_name(f.result);
  }
  return text;
}

// ---- heads and matching

namespace {
// The one declared error that every tag of the set belongs to, or None.
ErrorId sole_error(const Program& p, ErrorSetId id) {
  if (is_none(id)) return ErrorId::None;
  const ErrorSet& set = p.error_sets[+id];
  if (set.tags.empty() || !set.includes.empty()) return ErrorId::None;
  ErrorId error = p.tags[+set.tags[0]].error;
  for (TagId tag : set.tags)
    if (p.tags[+tag].error != error) return ErrorId::None;
  return error;
}
uint64_t key(uint32_t high, uint32_t low) { return (static_cast<uint64_t>(high) << 32) | low; }
}  // namespace

uint32_t type_head(const Program& program, TypeId type) {
  const TypeRow& row = program.types[type];
  uint32_t id = 0;
  switch (row.kind) {
    case TypeKind::Param: return kBlanket;
    case TypeKind::Struct:
    case TypeKind::Enum:
    case TypeKind::Dyn:
    case TypeKind::Capability: id = row.a; break;
    case TypeKind::Tuple: id = row.arg_count; break;
    case TypeKind::ErrorVal: id = +sole_error(program, static_cast<ErrorSetId>(row.a)) & 0x3ffffffu; break;
    default: break;
  }
  return (static_cast<uint32_t>(row.kind) << 26) | id;
}

bool match_type(Program& program, TypeId pattern, TypeId actual, std::span<const TypeParamId> params,
                std::span<TypeId> bound) {
  const TypeRow& p = program.types[pattern];
  if (!p.has_param) {
    if (pattern == actual) return true;
    const TypeRow& a = program.types[actual];
    if (p.kind == TypeKind::Task && a.kind == TypeKind::Task) return p.a == a.a;   // a handle knows how its task fails
    if (p.kind == TypeKind::ErrorVal && a.kind == TypeKind::ErrorVal) {
      for (TagId tag : program.error_sets[a.a].tags)
        if (!program.set_contains(static_cast<ErrorSetId>(p.a), tag)) return false;
      return program.error_sets[a.a].includes.empty();
    }
    return a.kind == TypeKind::Error;
  }
  if (p.kind == TypeKind::Param) {
    for (size_t i = 0; i < params.size(); ++i)
      if (+params[i] == p.a) {
        if (bound[i] == TypeId::None) bound[i] = actual;
        return bound[i] == actual;
      }
    return pattern == actual;
  }
  const TypeRow& a = program.types[actual];
  if (p.kind != a.kind) return a.kind == TypeKind::Error;
  switch (p.kind) {
    case TypeKind::Array:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: return match_type(program, static_cast<TypeId>(p.a), static_cast<TypeId>(a.a), params, bound);
    case TypeKind::Fixed:
      return p.b == a.b && match_type(program, static_cast<TypeId>(p.a), static_cast<TypeId>(a.a), params, bound);
    default: break;
  }
  if (p.a != a.a || p.b != a.b || p.arg_count != a.arg_count) return false;
  for (uint32_t i = 0; i < p.arg_count; ++i)
    if (!match_type(program, program.types.args(pattern)[i], program.types.args(actual)[i], params, bound))
      return false;
  return true;
}

// May one type match both? Params fit anything; that one Param stands twice is not looked at.
bool types_overlap(const Program& program, TypeId left, TypeId right) {
  if (left == right) return true;
  const TypeRow& l = program.types[left];
  const TypeRow& r = program.types[right];
  if (l.kind == TypeKind::Param || r.kind == TypeKind::Param) return true;
  if (l.kind != r.kind) return false;
  switch (l.kind) {
    case TypeKind::Array:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task: return types_overlap(program, static_cast<TypeId>(l.a), static_cast<TypeId>(r.a));
    case TypeKind::Fixed:
      return l.b == r.b && types_overlap(program, static_cast<TypeId>(l.a), static_cast<TypeId>(r.a));
    default: break;
  }
  if (l.a != r.a || l.b != r.b || l.arg_count != r.arg_count) return false;
  for (uint32_t i = 0; i < l.arg_count; ++i)
    if (!types_overlap(program, program.types.args(left)[i], program.types.args(right)[i])) return false;
  return true;
}

namespace {
// The impl's type arguments for `self`; false when the impl is for other types.
bool match_impl(Program& p, const ImplInfo& impl, TypeId self, bool with_bounds, std::vector<TypeId>& args) {
  args.assign(impl.type_params.size(), TypeId::None);
  if (!match_type(p, impl.self, self, impl.type_params, args)) return false;
  for (TypeId& arg : args)
    if (arg == TypeId::None) arg = Types::Error;   // a parameter the self type does not name: already reported
  if (!with_bounds) return true;
  for (size_t i = 0; i < args.size(); ++i)
    if (!p.meets_bounds(impl.type_params[i], args[i])) return false;
  return true;
}
bool is_visible(const Program& p, DeclId decl, ModuleId from) {
  return is_none(from) || p.decls[+decl].is_pub || p.sees_inside(from, p.decls[+decl].module);
}
}   // namespace

ImplMatch Program::find_impl(TraitId trait, TypeId self) {
  ImplMatch match;
  if (types.kind(self) == TypeKind::Error) return match;
  uint32_t head = type_head(*this, self);
  for (uint32_t h : {head, kBlanket}) {
    for (uint32_t row = index->impls.find(key(+trait, h)); row != FlatMap::None; row = index->impl_rows[row].next) {
      ImplId id = index->impl_rows[row].impl;
      if (!match_impl(*this, impls[+id], self, true, match.args)) continue;
      match.impl = id;
      return match;
    }
    if (head == kBlanket) break;
  }
  match.args.clear();
  return match;
}

int Program::trait_method_index(TraitId trait, NameId name) const {
  const std::vector<FuncId>& methods = traits[+trait].methods;
  for (size_t i = 0; i < methods.size(); ++i)
    if (decls[+funcs[+methods[i]].decl].name == name) return static_cast<int>(i);
  return -1;
}

Program::MethodMatch Program::find_method(TypeId self, NameId name, ModuleId from) {
  MethodMatch best;
  TypeKind kind = types.kind(self);
  if (kind == TypeKind::Error || kind == TypeKind::Infer) return best;
  uint32_t head = type_head(*this, self);
  MethodMatch by_trait;
  auto offer_trait = [&](FuncId func, std::vector<TypeId>&& args, TraitId trait, bool bound) {
    if (by_trait.candidates > 0 && by_trait.trait == trait) return;
    bool visible = is_visible(*this, traits[+trait].decl, from);
    if (!visible) {
      if (by_trait.candidates == 0) {
        by_trait.func = func;
        by_trait.trait = trait;
        by_trait.is_private = true;
      }
      return;
    }
    if (by_trait.candidates++ > 0) return;
    by_trait.func = func;
    by_trait.impl_args = std::move(args);
    by_trait.trait = trait;
    by_trait.via_param_bound = bound;
    by_trait.is_private = false;
  };

  // Bounds of a parameter, and the trait of a `dyn`, come before blanket impls.
  if (kind == TypeKind::Param) {
    const TypeParamInfo& info = type_params[types[self].a];
    for (const std::vector<TraitId>* list : {&info.bounds, &info.inferred})
      for (TraitId trait : *list)
        if (int i = trait_method_index(trait, name); i >= 0)
          offer_trait(traits[+trait].methods[i], {self}, trait, true);
  } else if (kind == TypeKind::Dyn) {
    TraitId trait = static_cast<TraitId>(types[self].a);
    if (int i = trait_method_index(trait, name); i >= 0) offer_trait(traits[+trait].methods[i], {self}, trait, true);
  }

  std::vector<TypeId> args;
  for (uint32_t h : {head, kBlanket}) {
    for (uint32_t row = index->methods.find(key(h, +name)); row != FlatMap::None; row = index->method_rows[row].next) {
      MethodRow method = index->method_rows[row];
      const ImplInfo& impl = impls[+method.impl];
      if (!match_impl(*this, impl, self, h == kBlanket, args)) continue;
      if (is_none(method.trait_method)) {
        if (!is_visible(*this, funcs[+method.func].decl, from)) {
          if (best.candidates == 0) {
            best.func = method.func;
            best.is_private = true;
          }
          continue;
        }
        if (best.candidates++ > 0) continue;
        best.func = method.func;
        best.impl_args = args;
        best.is_private = false;
      } else if (is_some(method.func)) {
        offer_trait(method.func, std::vector<TypeId>(args), impl.trait, false);
      } else {
        offer_trait(method.trait_method, {self}, impl.trait, false);
      }
    }
    if (head == kBlanket || best.candidates > 0) break;
  }
  if (best.candidates > 0) return best;
  if (by_trait.candidates > 0) return by_trait;
  return is_some(best.func) ? best : by_trait;
}

bool Program::implements(TypeId type, TraitId trait) {
  const TypeRow& row = types[type];
  if (row.kind == TypeKind::Error || row.kind == TypeKind::Never) return true;
  if (row.kind == TypeKind::Dyn && row.a == +trait) return true;
  if (row.kind == TypeKind::Param) {
    const TypeParamInfo& info = type_params[row.a];
    for (const std::vector<TraitId>* list : {&info.bounds, &info.inferred})
      if (std::find(list->begin(), list->end(), trait) != list->end()) return true;
  }
  return is_some(find_impl(trait, type).impl);
}

bool Program::meets_bounds(TypeParamId param, TypeId arg, std::string* missing) {
  const TypeParamInfo& info = type_params[+param];
  if (types.kind(arg) == TypeKind::Error) return true;
  for (const BoundName& b : kBoundNames)
    if ((info.builtin_bounds & b.bit) && !satisfies(arg, b.bit)) {
      if (missing) *missing = b.name;
      return false;
    }
  for (size_t i = 0; i < info.bounds.size() + info.inferred.size(); ++i) {
    const TypeParamInfo& now = type_params[+param];
    TraitId trait = i < now.bounds.size() ? now.bounds[i] : now.inferred[i - now.bounds.size()];
    if (implements(arg, trait)) continue;
    if (missing) *missing = std::string(names.text(decls[+traits[+trait].decl].name));
    return false;
  }
  return true;
}

void Program::method_names(TypeId self, std::vector<std::string_view>& out) {
  TypeKind kind = types.kind(self);
  auto add = [&](FuncId f) { out.push_back(names.text(decls[+funcs[+f].decl].name)); };
  auto add_trait = [&](TraitId t) {
    for (FuncId f : traits[+t].methods) add(f);
  };
  if (kind == TypeKind::Param) {
    for (TraitId t : type_params[types[self].a].bounds) add_trait(t);
    for (TraitId t : type_params[types[self].a].inferred) add_trait(t);
  }
  if (kind == TypeKind::Dyn) add_trait(static_cast<TraitId>(types[self].a));
  std::vector<TypeId> args;
  for (uint32_t h : {type_head(*this, self), kBlanket}) {
    for (uint32_t row = index->impls_of_head.find(h); row != FlatMap::None; row = index->impl_rows[row].next) {
      const ImplInfo& impl = impls[+index->impl_rows[row].impl];
      if (!match_impl(*this, impl, self, h == kBlanket, args)) continue;
      if (is_some(impl.trait)) add_trait(impl.trait);
      else
        for (FuncId f : impl.methods)
          if (is_some(f)) add(f);
    }
    if (h == kBlanket) break;
  }
}

void Program::find_traits_with_method(NameId name, ModuleId from, std::vector<TraitId>& out) {
  for (uint32_t row = index->traits_by_method.find(+name); row != FlatMap::None; row = index->trait_rows[row].next) {
    TraitId trait = index->trait_rows[row].trait;
    const Decl& decl = decls[+traits[+trait].decl];
    // In scope: reachable by its own name, or declared in std, whose traits are always there.
    bool seen = sees_inside(from, decl.module) || (decl.is_pub && modules[+decl.module]->is_std);
    if (!seen && decl.is_pub) seen = lookup_name(*this, from, decl.name) == traits[+trait].decl;
    if (seen) out.push_back(trait);
  }
}

Program::Resolved Program::resolve_trait_call(FuncId trait_method, std::span<const TypeId> args) {
  Resolved result;
  const FuncInfo& method = funcs[+trait_method];
  std::vector<TypeId> own(args.begin(), args.end());   // args may lie in the type table
  ImplMatch match = find_impl(method.trait, own[0]);
  if (is_none(match.impl)) return result;
  int i = trait_method_index(method.trait, decls[+method.decl].name);
  FuncId found = i >= 0 && static_cast<size_t>(i) < impls[+match.impl].methods.size() ? impls[+match.impl].methods[i]
                                                                                      : FuncId::None;
  if (is_none(found)) {
    result.func = trait_method;
    result.args = std::move(own);
    return result;
  }
  result.func = found;
  result.args = std::move(match.args);
  result.args.insert(result.args.end(), own.begin() + 1, own.end());
  return result;
}

// ---- fields, variants

int Program::find_field(TypeId self, NameId name, TypeId* type) {
  if (types.kind(self) != TypeKind::Struct) return -1;
  uint32_t id = types[self].a;
  const StructInfo& info = structs[id];
  int found = -1;
  if (info.fields.size() > 16) {
    uint32_t i = index->fields.find(key(id, +name));
    if (i != FlatMap::None) found = static_cast<int>(i);
  } else {
    for (size_t i = 0; i < info.fields.size(); ++i)
      if (info.fields[i].name == name) {
        found = static_cast<int>(i);
        break;
      }
  }
  if (found >= 0 && type) *type = types.subst(info.fields[found].type, info.type_params, types.args(self));
  return found;
}

TypeId Program::field_type(TypeId self, uint32_t i) {
  const TypeRow& row = types[self];
  if (row.kind == TypeKind::Tuple) return i < row.arg_count ? types.args(self)[i] : Types::Error;
  if (row.kind != TypeKind::Struct) return Types::Error;
  const StructInfo& info = structs[row.a];
  if (i >= info.fields.size()) return Types::Error;
  return types.subst(info.fields[i].type, info.type_params, types.args(self));
}

TypeId Program::payload_type(TypeId enum_type, uint32_t variant, uint32_t field) {
  const TypeRow& row = types[enum_type];
  if (row.kind != TypeKind::Enum) return Types::Error;
  const EnumInfo& info = enums[row.a];
  if (variant >= info.variants.size() || field >= info.variants[variant].fields.size()) return Types::Error;
  return types.subst(info.variants[variant].fields[field].type, info.type_params, types.args(enum_type));
}

int Program::find_variant(EnumId id, NameId name) const {
  const EnumInfo& info = enums[+id];
  if (info.variants.size() > 16) {
    uint32_t i = index->fields.find(key(+id | 0x80000000u, +name));
    return i == FlatMap::None ? -1 : static_cast<int>(i);
  }
  for (size_t i = 0; i < info.variants.size(); ++i)
    if (info.variants[i].name == name) return static_cast<int>(i);
  return -1;
}

TagId Program::find_tag(ErrorId id, NameId name) const {
  for (TagId tag : errors[+id].tags)
    if (tags[+tag].name == name) return tag;
  return TagId::None;
}

// ---- built-in bounds

namespace {
// One question answered over a type graph that may be recursive. A type met again counts as fitting: it does if all the
// rest does (struct Node { next: ?Node } has `==` because nothing in it forbids `==`).
struct BoundQuestion {
  Program& p;
  uint32_t bit;
  std::vector<TypeId> met = {};
  TypeId obstacle = TypeId::None;   // the part that does not hold, when it is not known to all

  bool deny(TypeId part) {
    obstacle = part;
    return false;
  }
  bool all(std::span<const TypeId> list_in_table) {
    std::vector<TypeId> list(list_in_table.begin(), list_in_table.end());
    for (TypeId t : list)
      if (!holds(t)) return false;
    return true;
  }
  bool holds(TypeId type) {
    TypeRow row = p.types[type];
    TypeKind k = row.kind;
    if (k == TypeKind::Error || k == TypeKind::Never || k == TypeKind::Infer) return true;
    if (k == TypeKind::Param) return builtin_bound_closure(p.type_params[row.a].builtin_bounds) & bit;
    bool integer = p.types.is_integer(type), number = p.types.is_number(type);
    switch (bit) {
      case kNumber: return number;
      case kInteger: return integer;
      case kFloat: return number && !integer;
      case kOrdered:
        if (number || k == TypeKind::Char || k == TypeKind::String) return true;
        if (k == TypeKind::Array || k == TypeKind::Fixed) return holds(static_cast<TypeId>(row.a));
        return k == TypeKind::Tuple && all(p.types.args(type));
      default: break;
    }
    switch (k) {
      case TypeKind::F32:
      case TypeKind::F64: return bit == kEqual || deny(type);
      case TypeKind::Func:
      case TypeKind::Dyn:
      case TypeKind::Nursery: return deny(type);
      case TypeKind::Array:
      case TypeKind::Fixed:
      case TypeKind::Optional: return holds(static_cast<TypeId>(row.a));
      case TypeKind::Tuple: return all(p.types.args(type));
      case TypeKind::Struct:
      case TypeKind::Enum:
      case TypeKind::ErrorVal: break;
      default: return true;   // bool, char, integers, String, void; Channel and Task by identity; types as values
    }
    if (std::find(met.begin(), met.end(), type) != met.end()) return true;
    if (met.size() > 4096) return false;   // endless generics, reported elsewhere
    met.push_back(type);
    if (k == TypeKind::Struct) {
      for (uint32_t i = 0; i < p.structs[row.a].fields.size(); ++i)
        if (!holds(p.field_type(type, i))) return false;
    } else if (k == TypeKind::Enum) {
      for (uint32_t v = 0; v < p.enums[row.a].variants.size(); ++v)
        for (uint32_t f = 0; f < p.enums[row.a].variants[v].fields.size(); ++f)
          if (!holds(p.payload_type(type, v, f))) return false;
    } else {
      for (size_t i = 0; i < p.error_sets[row.a].tags.size(); ++i)
        for (const FieldInfo& f : p.tags[+p.error_sets[row.a].tags[i]].fields)
          if (!holds(f.type)) return false;
    }
    return true;
  }
};
}   // namespace

bool Program::satisfies(TypeId type, uint32_t bound) {
  for (const BoundName& b : kBoundNames) {
    if (!(bound & b.bit)) continue;
    // Only declared types are worth remembering; Params change their bounds while bodies are checked.
    TypeKind k = types.kind(type);
    bool memo = (k == TypeKind::Struct || k == TypeKind::Enum) && !types[type].has_param && !types[type].has_infer;
    if (memo) {
      if (index->known_bounds.size() <= +type) {
        index->known_bounds.resize(+type + 64);
        index->held_bounds.resize(+type + 64);
      }
      if (index->known_bounds[+type] & b.bit) {
        if (!(index->held_bounds[+type] & b.bit)) return false;
        continue;
      }
    }
    bool holds = BoundQuestion{*this, b.bit}.holds(type);
    if (memo) {
      index->known_bounds[+type] |= b.bit;
      if (holds) index->held_bounds[+type] |= b.bit;
    }
    if (!holds) return false;
  }
  return true;
}

TypeId Program::obstacle(TypeId type, uint32_t bound) {
  BoundQuestion question{*this, bound};
  return question.holds(type) ? TypeId::None : question.obstacle;
}

// ---- errors

bool Program::set_contains(ErrorSetId set, TagId tag) const {
  if (janus::is_none(set)) return false;
  const std::vector<TagId>& list = error_sets[+set].tags;
  return std::binary_search(list.begin(), list.end(), tag);
}

TagId Program::ad_hoc_tag(NameId name) {
  uint32_t& slot = index->ad_hoc[+name];
  if (slot == FlatMap::None) {
    slot = static_cast<uint32_t>(tags.size());
    TagInfo tag;
    tag.name = name;
    tag.full_name = std::string(names.text(name));
    tags.push_back(std::move(tag));
  }
  return static_cast<TagId>(slot);
}

}   // namespace janus
