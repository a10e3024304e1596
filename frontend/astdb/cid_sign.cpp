// cid_sign.cpp: types, and the signatures of declarations, as bytes.
// Depends on cid_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/cid_internal.h"

namespace janus {

Sym Facts::Impl::type_sym(const TypeRow& row) const {
  switch (row.kind) {
    case TypeKind::Struct: return sym(SymKind::Struct, row.a);
    case TypeKind::Enum: return sym(SymKind::Enum, row.a);
    case TypeKind::Dyn: return sym(SymKind::Trait, row.a);
    case TypeKind::Capability: return sym(SymKind::Capability, row.a);
    default: return kNone;
  }
}

void Facts::Impl::error_set(ErrorSetId id) {
  if (is_none(id)) return out.num(1);
  const ErrorSet& set = p->error_sets[+id];
  if (set.inferred) return out.num(2);
  out.num(3);
  out.num(static_cast<uint32_t>(set.tags.size()));
  // Tags are numbered in the order of the program: the set is written in an order of its own.
  std::vector<std::pair<std::string, TagId>> sorted;
  for (TagId tag : set.tags) sorted.push_back({p->tags[+tag].full_name, tag});
  std::sort(sorted.begin(), sorted.end());
  for (auto& [name, id_of_tag] : sorted) tag(id_of_tag);
}

void Facts::Impl::tag(TagId id) {
  const TagInfo& t = p->tags[+id];
  if (is_none(t.error)) {
    out.num(kNone);
    return out.text(t.full_name);
  }
  const std::vector<TagId>& all = p->errors[+t.error].tags;
  out.num(need(sym(SymKind::Error, +t.error)));
  out.num(static_cast<uint32_t>(std::find(all.begin(), all.end(), id) - all.begin()));
}

uint32_t Facts::Impl::new_type(TypeId id) {
  if (type_epoch.size() <= +id) {
    type_epoch.resize(+id + 256, 0);
    type_number.resize(+id + 256, 0);
  }
  TypeRow row = p->types[id];
  uint32_t inner[2] = {kNone, row.b};
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Optional:
    case TypeKind::TypeOf:
    case TypeKind::Channel:
    case TypeKind::Task:
      inner[0] = type(TypeId(row.a));
      inner[1] = 0;
      break;
    case TypeKind::Fixed: inner[0] = type(TypeId(row.a)); break;
    default: break;
  }
  uint32_t few[8];
  std::vector<uint32_t> many;
  if (row.arg_count > 8) many.resize(row.arg_count);
  uint32_t* args = row.arg_count > 8 ? many.data() : few;
  for (uint32_t i = 0; i < row.arg_count; ++i) args[i] = type(p->types.args(id)[i]);
  type_epoch[+id] = epoch;
  type_number[+id] = type_count++;
  out.num(0x54000000u | static_cast<uint32_t>(row.kind));
  switch (row.kind) {
    case TypeKind::Struct:
    case TypeKind::Enum:
    case TypeKind::Dyn:
    case TypeKind::Capability: out.num(need(type_sym(row))); break;
    case TypeKind::Func:
      out.num(row.a);
      if (row.a & kFuncFallible) error_set(ErrorSetId(row.b));
      break;
    case TypeKind::ErrorVal: error_set(ErrorSetId(row.a)); break;
    case TypeKind::Param: out.num(param_number(TypeParamId(row.a))); break;
    default:
      out.num(inner[0]);
      out.num(inner[1]);
      break;
  }
  for (uint32_t i = 0; i < row.arg_count; ++i) out.num(args[i]);
  return type_number[+id];
}

uint32_t Facts::Impl::param_number(TypeParamId id) const {
  std::span<const TypeParamId> params = more_params;
  if (is_some(params_of)) params = p->funcs[+params_of].type_params;
  auto at = std::find(params.begin(), params.end(), id);
  return at == params.end() ? 0xfffffffeu : static_cast<uint32_t>(at - params.begin());
}

uint16_t Facts::Impl::tag_index(TagId id) const {
  const std::vector<TagId>& all = p->errors[+p->tags[+id].error].tags;
  return static_cast<uint16_t>(std::find(all.begin(), all.end(), id) - all.begin());
}

void Facts::Impl::sign_type(TypeId id, uint32_t pos) {
  out.num(type(id));
  note_type(id, pos);
}

// Uses of every declared type inside.
void Facts::Impl::note_type(TypeId id, uint32_t pos, int depth) {
  TypeRow row = p->types[id];
  if (Sym s = type_sym(row); s != kNone) use(s, UseKind::Sign, pos);
  if (depth > 16) return;
  if (row.kind == TypeKind::Array || row.kind == TypeKind::Fixed || row.kind == TypeKind::Optional ||
      row.kind == TypeKind::Channel || row.kind == TypeKind::Task)
    note_type(TypeId(row.a), pos, depth + 1);
  for (uint32_t i = 0; i < row.arg_count; ++i) note_type(p->types.args(id)[i], pos, depth + 1);
}

void Facts::Impl::type_params(std::span<const TypeParamId> params, uint32_t pos) {
  out.num(static_cast<uint32_t>(params.size()));
  for (TypeParamId id : params) {
    const TypeParamInfo& info = p->type_params[+id];
    out.num(info.builtin_bounds);
    out.num(static_cast<uint32_t>(info.bounds.size()));
    for (TraitId t : info.bounds) {
      out.num(need(sym(SymKind::Trait, +t)));
      use(sym(SymKind::Trait, +t), UseKind::Sign, pos);
    }
  }
}

void Facts::Impl::fields(const std::vector<FieldInfo>& list) {
  out.num(static_cast<uint32_t>(list.size()));
  for (const FieldInfo& f : list) {
    out.text(p->names.text(f.name));
    out.num(is_some(f.default_value));
    sign_type(f.type, f.span.lo);
  }
}

void Facts::Impl::sign_func(FuncId id) {
  const FuncInfo& f = p->funcs[+id];
  params_of = id;
  out.text("func");
  out.num(static_cast<uint32_t>(p->modules[+p->decls[+f.decl].module]->profile));
  uint32_t pos = p->decls[+f.decl].name_span.lo;
  type_params(f.type_params, pos);
  out.num(f.own_params_from | static_cast<uint32_t>(f.self) << 16 | static_cast<uint32_t>(f.origin) << 20 |
          uint32_t{f.is_blocking} << 24 | uint32_t{f.fallible} << 25 | uint32_t{f.has_body} << 26);
  if (f.origin != FuncOrigin::Janus) out.text(p->names.text(p->decls[+f.decl].name));   // what is linked by name
  out.num(static_cast<uint32_t>(f.params.size()));
  for (const ParamInfo& param : f.params) {
    out.text(p->names.text(param.name));
    out.num(param.is_mut | static_cast<uint32_t>(is_some(param.default_value)) << 1);
    sign_type(param.type, param.span.lo ? param.span.lo : pos);
  }
  sign_type(f.result, pos);
  if (f.fallible) {
    error_set(f.errors);
    if (is_some(f.errors) && !p->error_sets[+f.errors].inferred)
      for (TagId t : p->error_sets[+f.errors].tags)
        if (ErrorId e = p->tags[+t].error; is_some(e)) use(sym(SymKind::Error, +e), UseKind::Sign, pos);
  }
}

void Facts::Impl::sign(Sym s) {
  uint32_t id = id_of(s);
  switch (kind_of(s)) {
    case SymKind::Func: sign_func(FuncId(id)); break;
    case SymKind::Struct:
      out.text("struct");
      more_params = p->structs[id].type_params;
      type_params(p->structs[id].type_params, 0);
      fields(p->structs[id].fields);
      break;
    case SymKind::Enum:
      out.text("enum");
      more_params = p->enums[id].type_params;
      type_params(p->enums[id].type_params, 0);
      for (const VariantInfo& v : p->enums[id].variants) {
        out.text(p->names.text(v.name));
        out.num(v.named_fields);
        fields(v.fields);
      }
      break;
    case SymKind::Error:
      out.text("error");
      for (TagId t : p->errors[id].tags) {
        out.text(p->names.text(p->tags[+t].name));
        fields(p->tags[+t].fields);
      }
      break;
    case SymKind::Const:
      out.text("const");
      sign_type(p->consts[id].type, p->decls[+p->consts[id].decl].name_span.lo);
      break;
    case SymKind::Trait:
      // Its methods are declarations of their own; required or not, their names are what impls must write.
      out.text("trait");
      for (FuncId m : p->traits[id].methods) {
        out.text(p->names.text(p->decls[+p->funcs[+m].decl].name));
        out.num(need(sym(SymKind::Func, +m)));
      }
      break;
    case SymKind::Alias:
      out.text("type");
      more_params = p->aliases[id].type_params;
      type_params(p->aliases[id].type_params, 0);
      sign_type(p->aliases[id].type, p->decls[+p->aliases[id].decl].name_span.lo);
      break;
    case SymKind::Capability:
      // Not two of them are the same, whatever they are called: the module decides who may make one.
      out.text("capability");
      out.text(p->names.text(p->modules[+p->decls[id].module]->path));
      out.text(p->names.text(p->decls[id].name));
      break;
    case SymKind::Impl: {
      const ImplInfo& i = p->impls[id];
      out.text("impl");
      more_params = i.type_params;
      type_params(i.type_params, i.span.lo);
      if (is_some(i.trait)) {
        out.num(need(sym(SymKind::Trait, +i.trait)));
        use(sym(SymKind::Trait, +i.trait), UseKind::Sign, i.span.lo);
      }
      sign_type(i.self, i.span.lo);
      for (FuncId m : i.methods) out.num(is_some(m) ? need(sym(SymKind::Func, +m)) : kNone);
      break;
    }
    case SymKind::Test: out.text("test"); break;
    case SymKind::StructImpls:
    case SymKind::EnumImpls: {
      out.text("impls");
      TypeKind kind = kind_of(s) == SymKind::StructImpls ? TypeKind::Struct : TypeKind::Enum;
      auto first = std::lower_bound(impls_of.begin(), impls_of.end(), ImplOf{kind, id, {}, {}, 0});
      for (; first != impls_of.end() && first->kind == kind && first->type == id; ++first)
        out.num(need(sym(SymKind::Impl, first->impl)));
      break;
    }
    default: break;
  }
}

void Facts::Impl::find_impls() {
  for (uint32_t i = 0; i < p->impls.size(); ++i) {
    const ImplInfo& info = p->impls[i];
    const TypeRow& row = p->types[info.self];
    if (is_none(info.trait) || (row.kind != TypeKind::Struct && row.kind != TypeKind::Enum)) continue;
    impls_of.push_back({row.kind, row.a, p->names.text(p->decls[+p->traits[+info.trait].decl].name),
                        p->names.text(p->modules[+info.module]->path), i});
  }
  std::sort(impls_of.begin(), impls_of.end());
}

}   // namespace janus
