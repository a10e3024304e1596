// resolve_impl.cpp: what impls promise and types must keep: method tables, conformance to traits, recursive structs.
// Depends on resolve.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/check.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {
namespace {

struct ImplChecker {
  Program& p;
  ProgramIndex& index;

  std::string text(NameId name) const { return is_none(name) ? std::string("?") : std::string(p.names.text(name)); }
  NameId name_of(FuncId f) const { return p.decls[+p.funcs[+f].decl].name; }
  Span place(FuncId f) const { return p.decls[+p.funcs[+f].decl].name_span; }
  std::string trait_name(TraitId trait) const { return text(p.decls[+p.traits[+trait].decl].name); }

  void run(ImplId id) {
    if (p.impls[+id].self == Types::Error) return;
    uint32_t head = type_head(p, p.impls[+id].self);
    check_fields(id);
    if (is_none(p.impls[+id].trait)) {
      for (FuncId f : p.impls[+id].methods) add_inherent(id, head, f);
    } else {
      conform(id, head);
    }
  }

  uint32_t& chain(uint32_t head, NameId name) { return index.methods[(static_cast<uint64_t>(head) << 32) | +name]; }
  void add_row(uint32_t head, NameId name, MethodRow row) {
    uint32_t& first = chain(head, name);
    row.next = first;
    index.method_rows.push_back(row);
    first = static_cast<uint32_t>(index.method_rows.size() - 1);
  }

  void add_inherent(ImplId id, uint32_t head, FuncId f) {
    NameId name = name_of(f);
    if (is_none(name)) return;
    uint32_t first = index.methods.find((static_cast<uint64_t>(head) << 32) | +name);
    for (uint32_t row = first; row != FlatMap::None; row = index.method_rows[row].next) {
      const MethodRow& other = index.method_rows[row];
      if (is_some(other.trait_method) || !types_overlap(p, p.impls[+other.impl].self, p.impls[+id].self)) continue;
      if (head == kBlanket && other.impl != id) continue;   // `where T: Integer` and `where T: Float` share no type
      p.diags.report<Diag::DuplicateMethod>(place(f), p.type_name(p.impls[+id].self), text(name))
          .at(place(other.func), "the first one is here");
      return;
    }
    add_row(head, name, {f, FuncId::None, id, FlatMap::None});
  }

  // A field and a method of one name would make `x.f` mean two things (ruling 43).
  void check_fields(ImplId id) {
    TypeId self = p.impls[+id].self;
    if (p.types.kind(self) != TypeKind::Struct) return;
    if (p.structs[p.types[self].a].opaque || p.modules[+p.impls[+id].module]->is_std)
      return;   // Map has both: std walks `entries`, programs call `entries()`
    for (FuncId f : p.impls[+id].methods) {
      NameId name = name_of(f);
      int field = is_some(name) ? p.find_field(self, name, nullptr) : -1;
      if (field < 0) continue;
      p.diags.report<Diag::FieldMethodClash>(place(f), p.type_name(self), text(name))
          .at(p.structs[p.types[self].a].fields[field].span, "the field is here")
          .help("rename one of them");
    }
  }

  // ---- an impl of a trait

  void conform(ImplId id, uint32_t head) {
    TraitId trait = p.impls[+id].trait;
    const std::vector<FuncId> wanted = p.traits[+trait].methods;
    std::vector<FuncId> given;
    given.swap(p.impls[+id].methods);
    std::vector<FuncId> ordered(wanted.size(), FuncId::None);
    for (FuncId f : given) {
      NameId name = name_of(f);
      int i = is_some(name) ? p.trait_method_index(trait, name) : -1;
      if (is_none(name)) continue;
      if (i < 0) {
        if (index.lost_methods.find(+name) == FlatMap::None &&
            std::none_of(wanted.begin(), wanted.end(), [&](FuncId w) { return is_none(name_of(w)); }))
          report_extra(id, trait, f);
      } else if (is_some(ordered[i])) {
        p.diags.report<Diag::DuplicateMethod>(place(f), p.type_name(p.impls[+id].self), text(name))
            .at(place(ordered[i]), "the first one is here");
      } else {
        ordered[i] = f;
        check_signature(id, wanted[i], f);
      }
    }
    auto nameless = [&](FuncId f) { return is_none(name_of(f)); };
    bool lost = std::any_of(given.begin(), given.end(), nameless);   // it may be any of those that are missing
    std::vector<FuncId> missing;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (is_none(ordered[i]) && !p.funcs[+wanted[i]].has_body) missing.push_back(wanted[i]);
    std::erase_if(missing, nameless);
    if (!missing.empty() && !lost) report_missing(id, trait, missing);
    for (size_t i = 0; i < wanted.size(); ++i)
      if (is_some(name_of(wanted[i]))) add_row(head, name_of(wanted[i]), {ordered[i], wanted[i], id, FlatMap::None});
    p.impls[+id].methods = std::move(ordered);
  }

  void report_extra(ImplId id, TraitId trait, FuncId f) {
    Diagnostic& d = p.diags.report<Diag::NotInTrait>(place(f), trait_name(trait), text(name_of(f)));
    std::vector<std::string_view> names;
    for (FuncId m : p.traits[+trait].methods) names.push_back(p.names.text(name_of(m)));
    if (std::string_view near = nearest_name(p.names.text(name_of(f)), names); !near.empty())
      d.fix(place(f), std::string(near), "did you mean `" + std::string(near) + "`?", Applicability::MaybeIncorrect);
    else d.help("methods of its own stand in `impl " + p.type_name(p.impls[+id].self) + " do … end`");
    d.at(p.decls[+p.traits[+trait].decl].name_span, "the trait is declared here");
  }

  void report_missing(ImplId id, TraitId trait, const std::vector<FuncId>& missing) {
    const ImplInfo& impl = p.impls[+id];
    std::string stub;
    for (FuncId m : missing) stub += "    " + p.signature(m) + " do\n        todo()\n    end\n";
    Diagnostic& d = p.diags.report<Diag::MissingMethods>(impl.span, p.type_name(impl.self), trait_name(trait));
    for (FuncId m : missing) d.at(place(m), "`" + text(name_of(m)) + "` is missing");
    const Tree& tree = p.tree_of(impl.module);
    Span whole = tree.span(impl.node);
    std::string_view end = whole.hi >= whole.lo + 3 ? p.sources.text({whole.hi - 3, whole.hi}) : std::string_view();
    std::string all = missing.size() == 1 ? "add the method" : "add the methods";
    if (end == "end") d.fix({whole.hi - 3, whole.hi}, stub + "end", all + ":\n" + stub, Applicability::HasPlaceholders);
    else d.help(all + ":\n" + stub);
  }

  void check_signature(ImplId id, FuncId wanted, FuncId given) {
    const FuncInfo& w = p.funcs[+wanted];
    const FuncInfo& g = p.funcs[+given];
    if (w.broken || g.broken) return;
    TypeId self = func_scope(p, given).self;
    TypeParamId trait_self = p.traits[+w.trait].self;
    auto expected = [&](TypeId type) { return p.types.subst(type, {&trait_self, 1}, {&self, 1}); };
    std::string why;
    Span at = place(given);
    if (g.own_params_from < g.type_params.size()) why = "it has type parameters";
    else if (w.self != g.self)
      why = w.self == SelfKind::None   ? "the trait's method has no `self`"
            : g.self == SelfKind::None ? "`self` is missing"
            : w.self == SelfKind::Mut  ? "the trait says `mut self`"
                                       : "the trait says `self` without `mut`";
    else if (w.params.size() != g.params.size())
      why = "the trait's method has " + count(w.params.size() - (w.self != SelfKind::None)) + ", this one " +
            count(g.params.size() - (g.self != SelfKind::None));
    for (size_t i = w.self != SelfKind::None; why.empty() && i < w.params.size(); ++i) {
      TypeId type = expected(w.params[i].type);
      if (type == Types::Error || g.params[i].type == Types::Error) continue;
      if (type != g.params[i].type)
        why = "`" + text(g.params[i].name) + "` must be of type `" + p.type_name(type) + "`";
      else if (w.params[i].is_mut != g.params[i].is_mut)
        why = "`" + text(g.params[i].name) + (w.params[i].is_mut ? "` must be `mut`" : "` must not be `mut`");
      else continue;
      at = g.params[i].span;
    }
    TypeId result = expected(w.result);
    if (why.empty() && result != Types::Error && g.result != Types::Error && result != g.result)
      why =
          result == Types::Void ? "the trait's method returns nothing" : "it must return `" + p.type_name(result) + "`";
    if (why.empty() && w.fallible != g.fallible)
      why = w.fallible ? "the trait's method can fail (`!`)"
                       : "the trait's method cannot fail, so this one may not either";
    if (why.empty() && w.fallible && g.fallible) why = check_errors(w.errors, g.errors);
    if (why.empty()) return;
    p.diags.report<Diag::SignatureMismatch>(at, text(name_of(given)), trait_name(w.trait))
        .with_label(why)
        .at(place(wanted), "the trait says so here")
        .note("the trait: `" + p.signature(wanted) + "`")
        .note("here:      `" + p.signature(given) + "`");
    (void)id;
  }
  static std::string count(size_t n) { return n == 1 ? "1 parameter" : std::to_string(n) + " parameters"; }
  // A trait whose method has an inferred set (`!T`) fails with whatever its impls fail with.
  std::string check_errors(ErrorSetId wanted, ErrorSetId given) {
    if (is_none(wanted) || is_none(given)) return {};
    if (p.error_sets[+wanted].inferred) {
      p.error_sets[+wanted].includes.push_back(given);
      return {};
    }
    if (p.error_sets[+given].inferred) return "the trait says `" + p.set_name(wanted) + "!`: name the errors here too";
    for (TagId tag : p.error_sets[+given].tags)
      if (!p.set_contains(wanted, tag))
        return "`" + p.tags[+tag].full_name + "` is not among the trait's errors (`" + p.set_name(wanted) + "`)";
    return {};
  }
};

// ---- structs that contain themselves without a box between
struct RecursionFinder {
  Program& p;
  const std::vector<DeclId>& endless;
  FlatMap state = {};      // TypeId -> 1 on the stack, 2 done
  struct Frame {
    TypeId type;
    uint32_t field;
    std::vector<TypeId> parts;
    size_t next_part;
  };
  std::vector<Frame> stack = {};

  // The structs that lie directly in a value of this type. Optionals, arrays and payloads of enums are boxed when they
  // must be.
  void direct(TypeId type, std::vector<TypeId>& out) {
    const TypeRow row = p.types[type];
    if (row.kind == TypeKind::Struct) out.push_back(type);
    else if (row.kind == TypeKind::Fixed) direct(static_cast<TypeId>(row.a), out);
    else if (row.kind == TypeKind::Tuple)
      for (uint32_t i = 0; i < row.arg_count; ++i) direct(p.types.args(type)[i], out);
  }

  void run(TypeId root) {
    if (state.find(+root) != FlatMap::None) return;
    push(root);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next_part == top.parts.size()) {
        const StructInfo& info = p.structs[p.types[top.type].a];
        if (++top.field > info.fields.size()) {   // `field` is one ahead of the one being looked at
          state[+top.type] = 2;
          stack.pop_back();
          continue;
        }
        top.parts.clear();
        top.next_part = 0;
        direct(p.field_type(top.type, top.field - 1), top.parts);
        continue;
      }
      TypeId part = top.parts[top.next_part++];
      uint32_t known = state.find(+part);
      if (known == 1) report(part);
      else if (known == FlatMap::None) push(part);
    }
  }
  void push(TypeId type) {
    DeclId decl = p.structs[p.types[type].a].decl;
    if (std::find(endless.begin(), endless.end(), decl) != endless.end()) {
      state[+type] = 2;
      return;
    }
    state[+type] = 1;
    stack.push_back({type, 0, {}, 0});
  }
  void report(TypeId again) {
    size_t first = stack.size() - 1;
    while (stack[first].type != again) --first;
    auto field = [&](size_t i) -> const FieldInfo& {
      return p.structs[p.types[stack[i].type].a].fields[stack[i].field - 1];
    };
    auto name = [&](size_t i) { return p.type_name(stack[i].type); };
    std::string own = p.type_name(again);
    Diagnostic& d = p.diags.report<Diag::RecursiveStruct>(field(first).span, own);
    for (size_t i = first + 1; i < stack.size(); ++i)
      d.at(field(i).span, "`" + name(i) + "` contains `" + (i + 1 < stack.size() ? name(i + 1) : own) + "`");
    d.note("fields lie inside their struct, so a value of this type would need endless room");
    const FieldInfo& last = field(stack.size() - 1);
    d.help("make one of them optional (`" + std::string(p.names.text(last.name)) + ": ?" + own + "`) or a list (`[]" +
           own + "`): then it may also be absent, and is kept in a box of its own");
  }
};

}   // namespace

void check_impls(Program& program) {
  ImplChecker checker{program, *program.index};
  for (size_t i = 0; i < program.impls.size(); ++i) checker.run(static_cast<ImplId>(i));
}

void check_type_tables(Program& program) {
  std::vector<DeclId> endless = find_endless_types(program);
  RecursionFinder finder{program, endless};
  for (size_t i = 0; i < program.structs.size(); ++i) finder.run(self_type_of_decl(program, program.structs[i].decl));
}

// What the methods of `impl[T] Trait for []T` need of T is what the impl needs: bounds that bodies asked for go from
// the methods' copies of the parameters to the impl's own. True when something was added.
bool share_impl_needs(Program& p) {
  bool added = false;
  for (const ImplInfo& impl : p.impls) {
    if (is_none(impl.trait) || impl.type_params.empty()) continue;
    for (FuncId f : impl.methods) {
      if (is_none(f)) continue;
      for (size_t i = 0; i < impl.type_params.size(); ++i) {
        const TypeParamInfo& from = p.type_params[+p.funcs[+f].type_params[i]];
        TypeParamInfo& to = p.type_params[+impl.type_params[i]];
        if (from.builtin_bounds & ~to.builtin_bounds) {
          to.builtin_bounds |= from.builtin_bounds;
          to.first_use = from.first_use;
          added = true;
        }
        for (const std::vector<TraitId>* list : {&from.bounds, &from.inferred})
          for (TraitId trait : *list) {
            if (std::find(to.bounds.begin(), to.bounds.end(), trait) != to.bounds.end() ||
                std::find(to.inferred.begin(), to.inferred.end(), trait) != to.inferred.end())
              continue;
            to.inferred.push_back(trait);
            to.first_use = from.first_use;
            added = true;
          }
      }
    }
  }
  return added;
}

// Why a type does not implement a trait although an impl looks as if it were for it: "`impl Show for []T` is for types
// `T` that …".
std::string unmet_impl(Program& p, TypeId type, TraitId trait) {
  uint64_t key = (static_cast<uint64_t>(+trait) << 32) | type_head(p, type);
  for (uint32_t row = p.index->impls.find(key); row != FlatMap::None; row = p.index->impl_rows[row].next) {
    const ImplInfo& impl = p.impls[+p.index->impl_rows[row].impl];
    std::vector<TypeId> args(impl.type_params.size(), TypeId::None);
    if (!match_type(p, impl.self, type, impl.type_params, args)) continue;
    for (size_t i = 0; i < args.size(); ++i) {
      std::string missing;
      if (args[i] == TypeId::None || p.meets_bounds(impl.type_params[i], args[i], &missing)) continue;
      std::string param(p.names.text(p.type_params[+impl.type_params[i]].name));
      return "`impl " + std::string(p.names.text(p.decls[+p.traits[+trait].decl].name)) + " for " +
             p.type_name(impl.self) + "` needs `" + param + ": " + missing + "`, and `" + p.type_name(args[i]) +
             "` is not `" + missing + "`";
    }
  }
  return {};
}

void note_dyn(Program& p, TypeId type, TraitId trait, Span span) {
  const TypeRow& row = p.types[type];
  bool generic =
      row.arg_count > 0 || row.kind == TypeKind::Array || row.kind == TypeKind::Fixed || row.kind == TypeKind::Optional;
  if (generic && !row.has_infer && !row.has_param) p.index->dyns_made.push_back({type, trait, span});
}

void check_dyns(Program& p) {
  for (const ProgramIndex::DynMade& made : p.index->dyns_made) {
    if (p.implements(made.type, made.trait)) continue;
    Diagnostic& d = p.diags.report<Diag::NotImplemented>(made.span, p.type_name(made.type),
                                                         p.names.text(p.decls[+p.traits[+made.trait].decl].name));
    if (std::string why = unmet_impl(p, made.type, made.trait); !why.empty()) d.note(why);
  }
  p.index->dyns_made = {};
}

// The compiler's own knowledge of std: literals of maps, `in`, `for` and ranges use these.
void fill_lang_items(Program& program) {
  LangItems& lang = program.lang;
  auto structure = [&](const char* module, const char* name) {
    uint32_t m = program.index->modules_by_path.find(+program.names.intern(module));
    if (m == FlatMap::None) return StructId::None;
    const NameTable::Entry* e = program.modules[m]->names.find(program.names.intern(name));
    return e && program.decls[+e->decl].kind == DeclKind::Struct ? static_cast<StructId>(program.decls[+e->decl].index)
                                                                 : StructId::None;
  };
  lang.map = structure("std.map", "Map");
  lang.map_entry = structure("std.map", "MapEntry");
  lang.set = structure("std.set", "Set");
  lang.set_entry = structure("std.set", "SetEntry");
  lang.range = structure("std.range", "Range");
  lang.chars = structure("std.chars", "Chars");
}

void fill_lang_methods(Program& program) {
  LangItems& lang = program.lang;
  auto method = [&](StructId owner, const char* name) {
    if (is_none(owner)) return FuncId::None;
    TypeId type = self_type_of_decl(program, program.structs[+owner].decl);
    return program.find_method(type, program.names.intern(name), ModuleId::None).func;
  };
  lang.map_new = method(lang.map, "new");
  lang.map_insert = method(lang.map, "insert");
  lang.map_find_slot = method(lang.map, "find_slot");
  lang.map_slot_or_panic = method(lang.map, "slot_or_panic");
  lang.set_find_slot = method(lang.set, "find_slot");
  lang.chars_to_array = method(lang.chars, "to_array");
  if (is_some(lang.chars))
    lang.string_chars = program.find_method(Types::String, program.names.intern("chars"), ModuleId::None).func;
}

}   // namespace janus
