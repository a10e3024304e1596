// check_capability.cpp: capabilities as values: who makes one, who has one, and what is passed on without being
// written. Depends on check_internal.h, effects.h. SPDX-License-Identifier: Apache-2.0
//
// A capability has no bytes: its value is a TypeValue node, and what matters is which places may write one:
// - `CapDbRead.mint()` and `CapDbRead {}` in the module that declares it; of those of the language that is std.prelude,
// which never does;
// - outside `:sovereign`, a call that leaves out a capability of the language: it is ambient, and counts as an effect
// of the function;
// - in tests, everything.
//
// In a `:sovereign` file a call of a function of a lower profile (std, mostly) that turns out to need a capability of
// the language needs one in scope. Effects are known at the end only, so the call is noted with what was in scope.
#include <unordered_map>

#include "frontend/check_internal.h"
#include "frontend/effects.h"
#include "frontend/program_index.h"

namespace janus {

HirId BodyChecker::capability_value(TypeId type, Span at) {
  return emit(HirKind::TypeValue, type, kNone32, kNone32, at);
}

// The row of Program::capabilities, or none.
uint32_t BodyChecker::capability_row(TypeId type) {
  if (types_.kind(type) != TypeKind::Capability) return kNone32;
  uint32_t row = capability_rows_.find(types_[type].a);
  return row == FlatMap::None ? kNone32 : row;
}

bool BodyChecker::is_sovereign() const { return p_.modules[+module_]->profile == Profile::Sovereign; }

// The variable of this very type that is nearest: of the innermost function that has one. Two there are as near as each
// other.
uint32_t BodyChecker::capability_in_scope(TypeId type, uint32_t* second) {
  uint32_t found = kNone32;
  for (size_t b = bindings_.size(); b-- > hidden_below_;) {
    uint32_t var = bindings_[b].var;
    if (shallow(vars_[var].type) != type || find_var(bindings_[b].name) != var) continue;
    if (found == kNone32) {
      found = var;
    } else if (vars_[var].depth == vars_[found].depth) {
      if (second) *second = var;
      break;
    }
  }
  return found;
}

void BodyChecker::report_no_capability(TypeId type, Span at, const std::string& why) {
  std::string name = name_of(type);
  Diagnostic& d = report<Diag::NoCapability>(at, name);
  if (!why.empty()) d.note(why);
  uint32_t row = capability_row(type);
  bool builtin = row != kNone32 && row < kBuiltinCapabilities;
  if (builtin)
    d.note("`" + name + "` allows to " + std::string(capability_purpose(row)) +
           "; in `:sovereign` it is handed from function to function, beginning with `main(caps: Caps)`");
  else d.note("a capability is handed from function to function; none of this type is in scope here");
  for (size_t b = bindings_.size(); builtin && b-- > hidden_below_;) {
    TypeId has = shallow(vars_[bindings_[b].var].type);
    if (types_.kind(has) != TypeKind::Struct || +p_.structs[types_[has].a].decl != caps_struct_) continue;
    for (const FieldInfo& f : p_.structs[types_[has].a].fields)
      if (f.type == type)
        d.help("take it out of `" + std::string(text(vars_[bindings_[b].var].name)) + "` first: `let " +
               std::string(text(f.name)) + "_cap = " + std::string(text(vars_[bindings_[b].var].name)) + "." +
               std::string(text(f.name)) + "`");
    return;
  }
  d.help("add a parameter of type `" + name +
         "` to this function; its callers pass it on by themselves when they have one");
}

// The argument for a parameter that the call leaves out; None after a report.
HirId BodyChecker::implicit_capability(TypeId type, Span at) {
  uint32_t second = kNone32, found = capability_in_scope(type, &second);
  if (second != kNone32) {
    report<Diag::AmbiguousCapability>(at, name_of(type))
        .at(vars_[second].span, "this one")
        .at(vars_[found].span, "or this one")
        .note("a capability that a call leaves out is the one in scope of that type; here are two of them")
        .help("write it as an argument");
    return HirId::None;
  }
  if (found != kNone32) return read_var(found, at);
  uint32_t row = capability_row(type);
  if (in_test_ || (row < kBuiltinCapabilities && !is_sovereign())) return capability_value(type, at);
  report_no_capability(type, at, "");
  return HirId::None;
}

// `spawn` and channels in `:sovereign` files.
bool BodyChecker::need_capability(uint32_t row, Span at, const char* why) {
  if (!is_sovereign() || in_test_ || quiet_) return true;
  DeclId decl = p_.capabilities[row].decl;
  if (is_none(decl)) return true;
  TypeId type = types_.intern(TypeKind::Capability, +decl, 0, {});
  uint32_t found = capability_in_scope(type, nullptr);
  if (found == kNone32) {
    report_no_capability(type, at, why);
    return false;
  }
  vars_[found].used = true;
  return true;
}

void BodyChecker::note_capability_call(FuncId callee, Span at) {
  if (!is_sovereign() || in_test_ || quiet_) return;
  const FuncInfo& f = p_.funcs[+callee];
  if (p_.modules[+p_.decls[+f.decl].module]->profile == Profile::Sovereign && f.origin == FuncOrigin::Janus) return;
  uint64_t in_scope = 0;
  for (size_t b = bindings_.size(); b-- > hidden_below_;) {
    uint32_t row = capability_row(shallow(vars_[bindings_[b].var].type));
    if (row < kMaxCapabilities) in_scope |= capability_effect(row), vars_[bindings_[b].var].used = true;
  }
  capability_calls_.push_back({callee, func_, at, in_scope});
}

void BodyChecker::report_needs(FuncId callee, uint64_t missing, Span at) {
  for (uint32_t row = 0; row < kBuiltinCapabilities; ++row) {
    if (!(missing & capability_effect(row)) || is_none(p_.capabilities[row].decl)) continue;
    std::string name(text(p_.capabilities[row].name));
    Diagnostic& d = p_.diags.report<Diag::NoCapability>(at, name);
    d.with_label("`" + p_.symbol(callee) + "` needs it");
    d.note("`" + name + "` allows to " + std::string(capability_purpose(row)) +
           "; in `:sovereign` it is handed from function to function, beginning with `main(caps: Caps)`");
    d.help("give this function a parameter of type `" + name + "`, or take it out of `caps` in `main`");
  }
}

// When effects are known: what was called by name, and then all else that a function of a `:sovereign` file may come to
// call: the methods that a type puts in for a bound or a trait's default method, what a default or a loop calls.
void BodyChecker::check_capability_calls() {
  struct Had {
    uint64_t in_scope = 0, reported = 0;
  };
  std::unordered_map<uint64_t, Had> at_place;   // by the place of a call that was noted
  std::unordered_map<uint32_t, uint64_t> of_func;   // all that a function had in scope anywhere
  auto place = [](Span s) { return uint64_t(s.lo) << 32 | s.hi; };
  for (const CapabilityCall& c : capability_calls_) {
    Had& had = at_place[place(c.span)];
    uint64_t missing = p_.funcs[+c.callee].effects & ~c.in_scope & kAllBuiltinCapabilities;
    had.in_scope |= c.in_scope;
    of_func[+c.caller] |= c.in_scope;
    report_needs(c.callee, missing & ~had.reported, c.span);
    had.reported |= missing;
  }
  capability_calls_ = {};

  const EffectGraph& g = *p_.effect_graph;
  auto is_of_sovereign = [&](FuncId f) {
    return is_some(f) && p_.modules[+p_.decls[+p_.funcs[+f].decl].module]->profile == Profile::Sovereign;
  };
  for (const EffectGraph::Call& c : g.calls) {
    if (c.to >= g.first_extra)
      continue;   // a closure: what it calls itself is looked at; the values of a set are the
                  // business of who kept them
    FuncId from = c.from < g.first_extra ? FuncId(c.from) : g.extras[c.from - g.first_extra].func;
    if (c.from >= g.first_extra && g.extras[c.from - g.first_extra].kind != EffectGraph::Extra::Closure) continue;
    if (!is_of_sovereign(from) || c.span.is_none()) continue;
    const FuncInfo& from_info = p_.funcs[+from];
    if (is_some(from_info.trait) && is_none(from_info.impl))
      continue;   // of a table: who calls through it is looked at
    uint64_t needs = p_.funcs[c.to].effects & kAllBuiltinCapabilities;
    if (!needs) continue;
    const FuncInfo& to = p_.funcs[c.to];
    bool of_table = is_some(to.trait) && is_none(to.impl);
    if (is_of_sovereign(FuncId(c.to)) && to.origin == FuncOrigin::Janus && !of_table) continue;
    auto noted = at_place.find(place(c.span));
    uint64_t has = noted != at_place.end() ? noted->second.in_scope | noted->second.reported : of_func[+from];
    for (const ParamInfo& param : from_info.params)
      if (uint32_t row = capability_row(param.type); row < kMaxCapabilities) has |= capability_effect(row);
    uint64_t missing = needs & ~has;
    if (!missing) continue;
    report_needs(FuncId(c.to), missing, c.span);
    at_place[place(c.span)].reported |= missing;
  }
}

// `CapDbRead.mint()`, `CapDbRead {}`
HirId BodyChecker::mint_capability(TypeId type, Span at) {
  const Decl& decl = p_.decls[types_[type].a];
  if (decl.module == module_ || in_test_) return capability_value(type, at);
  std::string name = name_of(type);
  Diagnostic& d = report<Diag::CannotMint>(at, name);
  uint32_t row = capability_row(type);
  if (row < kBuiltinCapabilities) {
    d.note(
        "it comes from outside: `main(caps: Caps)` of a `:sovereign` program is handed it, and in the other profiles no value of it is needed");
  } else {
    d.at(decl.name_span, "declared here")
        .note("only the module that declares a capability can make one, so that nobody forges it")
        .help("ask that module for one, or take it as a parameter");
  }
  return poison(at);
}

// `test_cap` stands for any capability, and takes its type from where it stands.
HirId BodyChecker::test_cap(NodeId n, TypeId expected) {
  if (!in_test_) {
    report<Diag::TestCapOutsideTest>(span(n))
        .note("it stands for any capability, which a program must be handed")
        .help("take the capability as a parameter");
    return poison(span(n));
  }
  TypeId type = is_some(expected) ? peel(settle(expected)) : TypeId::None;
  if (is_some(type) && types_.kind(type) == TypeKind::Error) return poison(span(n));
  if (is_none(type) || types_.kind(type) != TypeKind::Capability) {
    report<Diag::TypeNotKnown>(span(n), "this capability")
        .note("`test_cap` stands for any capability, and nothing here says which")
        .help("write the type: `let cap: CapFsRead = test_cap`");
    return poison(span(n));
  }
  return capability_value(type, span(n));
}

// Before the bodies: the rows of those of the language find their declarations, the program's own follow.
void BodyChecker::begin_capabilities() {
  n_mint_ = p_.names.intern("mint");
  n_test_cap_ = p_.names.intern("test_cap");
  uint32_t prelude = p_.index->modules_by_path.find(+p_.names.intern("std.prelude"));
  if (prelude != FlatMap::None) {
    const NameTable& names = p_.modules[prelude]->names;
    for (uint32_t row = 0; row < kBuiltinCapabilities; ++row)
      if (const NameTable::Entry* e = names.find(p_.capabilities[row].name);
          e && p_.decls[+e->decl].kind == DeclKind::Capability)
        p_.capabilities[row].decl = e->decl;
    if (const NameTable::Entry* e = names.find(p_.names.intern("Caps"))) caps_struct_ = +e->decl;
  }
  for (uint32_t row = 0; row < kBuiltinCapabilities; ++row)
    if (is_some(p_.capabilities[row].decl)) capability_rows_[+p_.capabilities[row].decl] = row;
  for (size_t m = 0; m < p_.modules.size(); ++m) {
    if (p_.modules[m]->is_std) continue;
    for (DeclId id : p_.modules[m]->decls) {
      if (p_.decls[+id].kind != DeclKind::Capability) continue;
      if (p_.capabilities.size() < kMaxCapabilities)
        capability_rows_[+id] = static_cast<uint32_t>(p_.capabilities.size());
      p_.capabilities.push_back({p_.decls[+id].name, id, false});
    }
  }
}

}   // namespace janus
