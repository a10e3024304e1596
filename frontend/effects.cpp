// effects.cpp: what every function does besides computing its result: waits, spawns, blocks, panics, allocates, needs
// capabilities. Depends on check_internal.h, effects.h. SPDX-License-Identifier: Apache-2.0
//
// Each finished body leaves the effects that it has by itself, and an edge to every function it may come to call; at
// the end of the program effects run along the edges from callee to caller until nothing changes.
//
// What is called through a value:
// - A function's own parameter: nothing. Whoever makes the closure that is handed in has its effects, because a body
// has an edge to
//   every closure written in it and to every function it names.
// - Another function value (a field, an element, a result): all function values of the program with such parameters
// that somebody may
//   have kept. They are a node of the graph (a set), with an edge to each.
// - A method of `dyn Trait`: the methods of the types that become `dyn Trait` somewhere.
// - A method of a type parameter: nothing in the generic function; its callers have the methods of the type that they
// put in.
#include "frontend/effects.h"

#include <algorithm>
#include <bit>

#include "frontend/check_internal.h"
#include "frontend/program_index.h"

namespace janus {

void report_lent(Program& p, Span at, NameId name, Span declared, FuncId callee);   // check_cells.cpp

static constexpr const char* kCapabilityNames[] = {
#define CAPABILITY(Name, what) #Name,
#include "frontend/capability.def"
};
static constexpr const char* kCapabilityPurposes[] = {
#define CAPABILITY(Name, what) what,
#include "frontend/capability.def"
};
struct NeedRow {
  const char* name;
  BuiltinCapability capability;
};
static constexpr NeedRow kNeeds[] = {
#define NEEDS(name, capability) {name, k##capability},
#include "frontend/capability.def"
};
static constexpr const char* kIntrinsicNames[] = {
#define INTRINSIC(name, signature) #name,
#include "runtime/intrinsics.def"
#undef INTRINSIC
};

// ---- before the bodies: what functions without a body do

void BodyChecker::begin_effects() {
  p_.effect_graph = std::make_unique<EffectGraph>();
  EffectGraph& g = *p_.effect_graph;
  g.first_extra = static_cast<uint32_t>(p_.funcs.size());
  g.test_nodes.resize(p_.tests.size());
  last_caller_.assign(p_.funcs.size(), kNone32);
  for (const char* name : kIntrinsicNames) {
    std::string_view text = name;
    uint64_t does = 0;
    if (text == "panic") does = kMayPanic;
    if (text == "io_wait" || text == "io_point" || text == "task_sleep") does = kMaySuspend;
    if (text == "array_push" || text == "array_insert" || text == "array_reserve" || text == "array_with_capacity" ||
        text == "array_filled" || text == "array_set" || text == "array_swap")
      does = kAllocates;   // the last two: a storage that is shared is copied first
    intrinsic_effects_.push_back(does);
  }
  FlatMap needs;
  for (const NeedRow& row : kNeeds) needs[+p_.names.intern(row.name)] = row.capability;
  for (size_t i = 0; i < p_.funcs.size(); ++i) {
    const FuncInfo& f = p_.funcs[i];
    if (f.origin == FuncOrigin::Janus) continue;
    const Decl& decl = p_.decls[+f.decl];
    bool of_std = p_.modules[+decl.module]->is_std;
    uint64_t does = f.is_blocking ? kMaySuspend | kMayBlock : 0;
    if (!of_std) does |= kCallsFfi | capability_effect(kCapFfi);
    else if (uint32_t row = needs.find(+decl.name); row != FlatMap::None) does |= capability_effect(row);
    for (uint64_t rest = does; rest; rest &= rest - 1)
      g.own.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(std::countr_zero(rest)), decl.name_span});
  }
  // A parameter that is a capability is a need of it.
  for (size_t i = 0; i < p_.funcs.size(); ++i)
    for (const ParamInfo& param : p_.funcs[i].params)
      if (uint32_t row = capability_row(param.type); row < kMaxCapabilities)
        g.own.push_back({static_cast<uint32_t>(i), kFirstCapability + row, param.span});
  // Functions of std that are written in Janus: "std.fs.write".
  for (const NeedRow& row : kNeeds) {
    std::string_view name = row.name;
    size_t dot = name.rfind('.');
    if (dot == name.npos) continue;
    uint32_t module = p_.index->modules_by_path.find(+p_.names.intern(name.substr(0, dot)));
    if (module == FlatMap::None) continue;
    const NameTable::Entry* e = p_.modules[module]->names.find(p_.names.intern(name.substr(dot + 1)));
    if (!e || p_.decls[+e->decl].kind != DeclKind::Func) continue;
    g.own.push_back({p_.decls[+e->decl].index, kFirstCapability + row.capability, p_.decls[+e->decl].name_span});
  }
}

uint32_t BodyChecker::new_effect_node(uint8_t kind) {
  EffectGraph& g = *p_.effect_graph;
  g.extras.push_back({static_cast<EffectGraph::Extra::Kind>(kind), func_});
  last_caller_.push_back(kNone32);
  return g.first_extra + static_cast<uint32_t>(g.extras.size()) - 1;
}

// ---- the sets of function values

// All that a function value of this type may be. Types with type parameters inside stand for many: they are told apart
// by their number of parameters alone.
uint32_t BodyChecker::value_set(TypeId func) {
  if (types_.kind(func) != TypeKind::Func) return kNone32;
  size_t count = types_.args(func).size() - 1;
  SmallVec<TypeId, 8> params;
  for (size_t i = 0; i < count; ++i) params.push_back(types_.args(func)[i]);
  TypeId key = types_.intern(TypeKind::Tuple, 0, 0, params);
  auto set = [&](uint64_t key) -> uint32_t {
    if (uint32_t found = value_sets_.find(key); found != FlatMap::None) return found;
    uint32_t node = new_effect_node(EffectGraph::Extra::Set);
    value_sets_[key] = node;
    return node;
  };
  if (types_[key].has_param) return set(uint64_t(2) << 32 | count);        // any with so many parameters
  uint32_t known = value_sets_.find(+key);
  if (known != FlatMap::None) return known;
  uint32_t node = set(+key);
  set_types_[node] = +key;
  uint32_t open = set(uint64_t(1) << 32 | count);                          // those whose own type is open
  p_.effect_graph->calls.push_back({node, open, {}});
  return node;
}

// What a call of this value may run: the closure, the function, the set; none for a parameter, whose closures the
// callers have.
uint32_t BodyChecker::called_value(Builder& b, uint32_t value) {
  const Body& body = b.body;
  while (body.nodes[value].kind == HirKind::WidenFunc) value = body.nodes[value].a;
  const HirNode& n = body.nodes[value];
  if (n.kind == HirKind::MakeClosure) return n.b < group_.size() ? group_[n.b]->effect_node : kNone32;
  if (n.kind == HirKind::FuncRef) return n.a;
  if (n.kind == HirKind::Local) {
    const Var& v = vars_[b.var_of_local[n.a]];
    if (v.closure != kNone32) return group_[v.closure]->effect_node;
  }
  return value_set(finish_type(n.type));
}

// ---- one body

void BodyChecker::note_effects(Builder& b) {
  EffectGraph& g = *p_.effect_graph;
  Body& body = b.body;
  uint32_t at = b.effect_node;
  uint64_t own = 0;
  size_t first_call = g.calls.size();
  bool sovereign = is_sovereign();
  auto does = [&](uint64_t bits, Span span) {
    for (uint64_t fresh = bits & ~own; fresh; fresh &= fresh - 1)
      g.own.push_back({at, static_cast<uint32_t>(std::countr_zero(fresh)), span});
    own |= bits;
  };
  auto calls = [&](uint32_t to, Span span) {
    if (to == kNone32 || last_caller_[to] == at) return;
    last_caller_[to] = at;
    g.calls.push_back({at, to, span});
  };
  for (HirNode& n : body.nodes) {
    if (types_.kind(n.type) == TypeKind::Func) {
      switch (n.kind) {
        case HirKind::Local: {
          const Var& v = vars_[b.var_of_local[n.a]];
          if (v.closure == kNone32 && !((v.flags & kLocalParam) && v.depth == 0)) calls(value_set(n.type), n.span);
          break;
        }
        // A function value that was kept somewhere counts where it is taken out: it is called, or given to somebody who
        // calls it.
        case HirKind::Field:
        case HirKind::Index:
        case HirKind::MapIndex:
        case HirKind::Unwrap:
        case HirKind::Coalesce:
        case HirKind::OptTry:
        case HirKind::Await:
        case HirKind::ChannelOp:
        case HirKind::Call:
        case HirKind::CallValue:
        case HirKind::CallTrait:
        case HirKind::CallDyn:
        case HirKind::Intrinsic:
        case HirKind::ConstRef: calls(value_set(n.type), n.span); break;
        case HirKind::FuncRef:
          calls(n.a, n.span);
          func_values_.push_back({n.type, n.a, FuncId::None, 0});
          break;
        case HirKind::MakeClosure:
          if (n.b < group_.size()) {
            const Builder& inner = *group_[n.b];
            g.calls.push_back({at, inner.effect_node, n.span, inner.is_task});
            func_values_.push_back({n.type, inner.effect_node, inner.arg_callee, inner.arg_param});
          }
          n.b = kNone32;   // it was the checker's own
          break;
        default: break;
      }
    }
    switch (n.kind) {
      case HirKind::TypeValue:   // a capability that is made here: one of the language's is ambient, an own one is the
                                 // program's to give
        if (uint32_t row = capability_row(n.type); row < kBuiltinCapabilities && !in_test_)
          does(capability_effect(row), n.span);
        else if (row < kMaxCapabilities) {
          uint32_t& made = makers_[at];
          if (made == FlatMap::None) made = static_cast<uint32_t>(made_.size()), made_.push_back(0);
          made_[made] |= capability_effect(row);
        }
        break;
      case HirKind::Call:
      case HirKind::CallTrait: {
        if (is_some(p_.funcs[n.a].trait)) {
          std::span<const uint32_t> args = body.list(body.extra[n.b]);
          if (!args.empty()) instances_.push_back({at, TypeId(args[0]), p_.funcs[n.a].trait, n.span});
        } else {
          calls(n.a, n.span);
        }
        if (p_.funcs[n.a].origin != FuncOrigin::Janus && types_.kind(n.type) == TypeKind::String)
          does(kAllocates, n.span);
        break;
      }
      case HirKind::CallDyn: calls(n.a, n.span); break;
      case HirKind::Intrinsic: does(intrinsic_effects_[n.a], n.span); break;
      case HirKind::MakeDyn:
        dyns_.push_back({at, body.nodes[n.a].type, TraitId(types_[n.type].a), n.span});
        does(kAllocates, n.span);
        break;
      case HirKind::ChannelNew:
        does(sovereign ? kAllocates | capability_effect(kCapChannel) : kAllocates, n.span);
        break;
      case HirKind::ChannelOp:
        if (n.aux == 0 || n.aux == 1 || n.aux == 8) does(kMaySuspend, n.span);
        break;
      case HirKind::Nursery:
        does(body.extra[n.b + 2] != kNone32 ? kMaySuspend | kRaisesBudget : kMaySuspend, n.span);
        break;
      case HirKind::Await:
      case HirKind::Select:
      case HirKind::Sleep:
      case HirKind::Yield: does(kMaySuspend, n.span); break;
      case HirKind::ForEach:
        if (body.extra[n.a + 2] == 6) does(kMaySuspend, n.span);
        else if (body.extra[n.a + 4] != kNone32) calls(body.extra[n.a + 4], n.span);
        break;
      case HirKind::Spawn: {
        does(sovereign ? kMaySpawn | kAllocates | capability_effect(kCapSpawn) : kMaySpawn | kAllocates, n.span);
        // What the task waits for is not waited for here. The call's edge was made just before, when it is the first of
        // its callee.
        const HirNode& call = body.nodes[n.a];
        for (size_t i = g.calls.size(), seen = 0; i-- > first_call && seen < 4; ++seen)
          if (g.calls[i].span.lo == call.span.lo && g.calls[i].span.hi == call.span.hi) {
            g.calls[i].task = true;
            if (g.calls[i].to < last_caller_.size()) last_caller_[g.calls[i].to] = kNone32;
          }
        break;
      }
      case HirKind::Arith:
      case HirKind::AssignOp:
        if (n.aux == static_cast<uint16_t>(HirOp::Concat)) does(kAllocates, n.span);
        else if ((n.aux <= static_cast<uint16_t>(HirOp::Rem) || n.aux == static_cast<uint16_t>(HirOp::Shl) ||
                  n.aux == static_cast<uint16_t>(HirOp::Shr)) &&
                 !(own & kMayPanic) && !types_.is_float(n.kind == HirKind::Arith ? n.type : body.nodes[n.a].type))
          does(kMayPanic, n.span);
        break;
      case HirKind::Neg:
        if (!types_.is_float(n.type)) does(kMayPanic, n.span);
        break;
      case HirKind::Unwrap:
        if (n.aux == 0) does(kMayPanic, n.span);
        break;
      case HirKind::Convert:
        if (n.aux == 0) does(kMayPanic, n.span);
        break;
      case HirKind::Index:
      case HirKind::MapIndex:
      case HirKind::Slice:
      case HirKind::Assert:
      case HirKind::AssertFails:
      case HirKind::Panic: does(kMayPanic, n.span); break;
      case HirKind::Concat:
      case HirKind::Interp:
      case HirKind::ToString:
      case HirKind::MakeMap:
      case HirKind::MapSet: does(kAllocates, n.span); break;
      case HirKind::MakeArray:
        if (types_.kind(n.type) == TypeKind::Array) does(kAllocates, n.span);
        break;
      default: break;
    }
  }
}

// ---- the end of the program

// The methods that the type puts in for the trait, and those of the impls that its own parts need.
void BodyChecker::instantiate(uint32_t at, TypeId self, TraitId trait, Span span, int depth) {
  EffectGraph& g = *p_.effect_graph;
  TypeKind kind = types_.kind(self);
  if (kind == TypeKind::Param || kind == TypeKind::Error || is_none(trait) || depth > 16)
    return;   // by the callers; beyond: endless types, reported elsewhere
  const std::vector<FuncId> declared = p_.traits[+trait].methods;
  if (kind == TypeKind::Dyn) {
    for (FuncId f : declared) g.calls.push_back({at, +f, span});
    return;
  }
  ImplMatch match = p_.find_impl(trait, self);
  if (is_none(match.impl)) return;
  const std::vector<FuncId> methods = p_.impls[+match.impl].methods;
  for (size_t i = 0; i < declared.size(); ++i) {
    FuncId f = i < methods.size() && is_some(methods[i]) ? methods[i] : declared[i];
    g.calls.push_back({at, +f, span});
    // Every method has its own copies of the impl's type parameters, with the bounds that it needs.
    const std::vector<TypeParamId> params = p_.funcs[+f].type_params;
    for (size_t k = 0; k < params.size() && k < match.args.size(); ++k)
      instantiate_bounds(at, params[k], match.args[k], span, depth + 1);
  }
}

void BodyChecker::instantiate_bounds(uint32_t at, TypeParamId param, TypeId arg, Span span, int depth) {
  const TypeParamInfo info = p_.type_params[+param];
  for (TraitId t : info.bounds) instantiate(at, arg, t, span, depth);
  for (TraitId t : info.inferred) instantiate(at, arg, t, span, depth);
}

// Effects reach callers: a worklist over the edges, by callee.
void BodyChecker::solve_effects() {
  EffectGraph& g = *p_.effect_graph;
  for (size_t i = 0; i < uses_.size(); ++i) {
    const GenericUse& use = uses_[i];
    uint32_t at = +use.caller;
    if (is_none(use.caller)) {
      while (test_use_ + 1 < test_uses_.size() && test_uses_[test_use_ + 1].first <= i) ++test_use_;
      if (test_uses_.empty() || test_uses_[test_use_].first > i) continue;
      at = test_uses_[test_use_].second;
    }
    const std::vector<TypeParamId>& params = p_.funcs[+use.callee].type_params;
    for (size_t k = 0; k < params.size() && k < types_[use.args].arg_count; ++k) {
      const TypeParamInfo& info = p_.type_params[+params[k]];
      if (info.bounds.empty() && info.inferred.empty()) continue;
      instantiate_bounds(at, params[k], types_.args(use.args)[k], use.span, 0);
    }
  }
  for (const Instance& n : instances_) instantiate(n.node, n.self, n.trait, n.span, 0);
  // A method of `dyn Trait` may be that of every type that became one.
  FlatMap seen;
  for (const Instance& d : dyns_) {
    uint32_t& known = seen[uint64_t(+d.trait) << 32 | +d.self];
    if (known != FlatMap::None) continue;
    known = 1;
    const std::vector<FuncId> declared = p_.traits[+d.trait].methods;
    auto may_be = [&](ImplId id) {
      const ImplInfo& impl = p_.impls[+id];
      for (size_t i = 0; i < declared.size() && i < impl.methods.size(); ++i)
        if (is_some(impl.methods[i])) g.calls.push_back({+declared[i], +impl.methods[i], d.span});
    };
    if (ImplMatch match = p_.find_impl(d.trait, d.self); is_some(match.impl) && !types_[d.self].has_param) {
      may_be(match.impl);
      for (FuncId f : declared)   // what the parts of the type need
        for (size_t k = 0; k < match.args.size() && k < p_.impls[+match.impl].type_params.size(); ++k)
          instantiate_bounds(+f, p_.impls[+match.impl].type_params[k], match.args[k], d.span, 1);
    } else {
      for (size_t i = 0; i < p_.impls.size(); ++i)
        if (p_.impls[i].trait == d.trait) may_be(ImplId(i));
    }
  }
  // The sets: what somebody may have kept. A closure that a function only calls is not in them.
  for (const FuncValue& v : func_values_) {
    if (is_some(v.callee) && !is_kept(v.callee, v.param)) continue;
    if (types_.kind(v.type) != TypeKind::Func) continue;
    size_t count = types_.args(v.type).size() - 1;
    auto put = [&](uint32_t set) {
      if (set != FlatMap::None) g.calls.push_back({set, v.node, {}});
    };
    put(value_sets_.find(uint64_t(2) << 32 | count));
    SmallVec<TypeId, 8> params;
    for (size_t i = 0; i < count; ++i) params.push_back(types_.args(v.type)[i]);
    TypeId key = types_.intern(TypeKind::Tuple, 0, 0, params);
    put(value_sets_.find(types_[key].has_param ? uint64_t(1) << 32 | count : uint64_t(+key)));
  }

  size_t nodes = g.first_extra + g.extras.size();
  std::vector<uint64_t> effects(nodes, 0);
  for (const EffectGraph::Own& o : g.own) effects[o.node] |= uint64_t(1) << o.bit;
  std::vector<uint32_t> first(nodes + 1, 0), order(g.calls.size());
  for (const EffectGraph::Call& c : g.calls) ++first[c.to + 1];
  for (size_t i = 0; i < nodes; ++i) first[i + 1] += first[i];
  {
    std::vector<uint32_t> at(first.begin(), first.end() - 1);
    for (size_t i = 0; i < g.calls.size(); ++i) order[at[g.calls[i].to]++] = static_cast<uint32_t>(i);
  }
  std::vector<uint32_t> work;
  for (uint32_t i = 0; i < nodes; ++i)
    if (effects[i]) work.push_back(i);
  while (!work.empty()) {
    uint32_t at = work.back();
    work.pop_back();
    for (uint32_t k = first[at]; k < first[at + 1]; ++k) {
      const EffectGraph::Call& c = g.calls[order[k]];
      uint64_t arrives = c.task ? effects[at] & ~uint64_t(kMaySuspend | kMayBlock) : effects[at];
      if (!made_.empty())
        if (uint32_t made = makers_.find(c.from); made != FlatMap::None) arrives &= ~made_[made];
      if ((effects[c.from] | arrives) == effects[c.from]) continue;
      effects[c.from] |= arrives;
      work.push_back(c.from);
    }
  }
  for (size_t i = 0; i < p_.funcs.size(); ++i) p_.funcs[i].effects = effects[i];
  g.extra_effects.assign(effects.begin() + g.first_extra, effects.end());

  check_capability_calls();
  for (const LentCell& c : lent_cells_)
    if (c.runs == kNone32 || (effects[c.runs] & kMaySuspend))
      report_lent(p_, c.span, c.name, c.declared, c.runs < g.first_extra ? FuncId(c.runs) : FuncId::None);
  lent_cells_ = {};
  uses_ = {};
  func_values_ = {};
  instances_ = dyns_ = {};
}

// ---- what others ask

static std::vector<EffectStep> chain_from(Program& p, uint32_t from, uint64_t effect) {
  std::vector<EffectStep> steps;
  if (!p.effect_graph) return steps;
  EffectGraph& g = *p.effect_graph;
  size_t nodes = g.first_extra + g.extras.size();
  if (g.first.empty()) {
    g.first.assign(nodes + 1, 0);
    g.order.resize(g.calls.size());
    for (const EffectGraph::Call& c : g.calls) ++g.first[c.from + 1];
    for (size_t i = 0; i < nodes; ++i) g.first[i + 1] += g.first[i];
    std::vector<uint32_t> at(g.first.begin(), g.first.end() - 1);
    for (size_t i = 0; i < g.calls.size(); ++i) g.order[at[g.calls[i].from]++] = static_cast<uint32_t>(i);
    std::sort(g.own.begin(), g.own.end(),
              [](const EffectGraph::Own& a, const EffectGraph::Own& b) { return a.node < b.node; });
  }
  auto own = [&](uint32_t node) -> const EffectGraph::Own* {
    auto it = std::lower_bound(g.own.begin(), g.own.end(), node,
                               [](const EffectGraph::Own& o, uint32_t n) { return o.node < n; });
    for (; it != g.own.end() && it->node == node; ++it)
      if (effect >> it->bit & 1) return &*it;
    return nullptr;
  };
  auto has = [&](uint32_t node) {
    return ((node < g.first_extra ? p.funcs[node].effects : g.extra_effects[node - g.first_extra]) & effect) != 0;
  };
  auto func_of = [&](uint32_t node) {
    return node < g.first_extra ? FuncId(node) : g.extras[node - g.first_extra].func;
  };
  // Breadth first: the shortest chain is the one to show.
  FlatMap by;   // node -> the call that reached it
  std::vector<uint32_t> queue = {from};
  by[from] = 0xfffffffe;
  uint32_t end = kNone32;
  for (size_t at = 0; at < queue.size() && end == kNone32; ++at) {
    uint32_t node = queue[at];
    if (own(node)) {
      end = node;
      break;
    }
    for (uint32_t k = g.first[node]; k < g.first[node + 1]; ++k) {
      const EffectGraph::Call& c = g.calls[g.order[k]];
      if (!has(c.to) || (c.task && !(effect & ~uint64_t(kMaySuspend | kMayBlock)))) continue;
      if (uint32_t& known = by[c.to]; known == FlatMap::None) {
        known = g.order[k];
        queue.push_back(c.to);
      }
    }
  }
  if (end == kNone32) return steps;
  steps.push_back({func_of(end), own(end)->span});
  for (uint32_t node = end; by.find(node) != 0xfffffffe;) {
    const EffectGraph::Call& c = g.calls[by.find(node)];
    node = c.from;
    if (!c.span.is_none()) steps.push_back({func_of(c.from), c.span});
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

std::vector<EffectStep> effect_chain(Program& program, FuncId from, uint64_t effect) {
  return chain_from(program, +from, effect);
}
std::vector<EffectStep> effect_chain_of_test(Program& program, TestId test, uint64_t effect) {
  uint32_t node = program.effect_graph && size_t(+test) < program.effect_graph->test_nodes.size()
                      ? program.effect_graph->test_nodes[+test]
                      : 0;
  return node ? chain_from(program, node, effect) : std::vector<EffectStep>{};
}
uint64_t effects_of_test(const Program& program, TestId test) {
  const EffectGraph* g = program.effect_graph.get();
  if (!g || size_t(+test) >= g->test_nodes.size() || !g->test_nodes[+test] || g->extra_effects.empty()) return 0;
  return g->extra_effects[g->test_nodes[+test] - g->first_extra];
}

struct EffectWord {
  uint64_t bit;
  const char* word;
};
static constexpr EffectWord kWords[] = {
    {kMaySuspend, "suspends"}, {kMaySpawn, "spawns"},     {kRaisesBudget, "raises_budget"}, {kMayBlock, "blocks"},
    {kMayPanic, "panics"},     {kAllocates, "allocates"}, {kCallsFfi, "calls_ffi"}};

std::vector<std::string> capability_names(const Program& program, uint64_t effects) {
  std::vector<std::string> names;
  for (uint32_t row = 0; row < program.capabilities.size() && row < kMaxCapabilities; ++row)
    if (effects & capability_effect(row)) names.emplace_back(program.names.text(program.capabilities[row].name));
  return names;
}

std::vector<std::string> effect_names(const Program& program, uint64_t effects) {
  std::vector<std::string> names;
  for (const EffectWord& w : kWords)
    if (effects & w.bit) names.emplace_back(w.word);
  for (std::string& name : capability_names(program, effects)) names.push_back(std::move(name));
  return names;
}

std::span<const char* const> builtin_capability_names() { return kCapabilityNames; }

std::string_view capability_purpose(uint32_t row) {
  return row < kBuiltinCapabilities ? kCapabilityPurposes[row] : std::string_view();
}

uint64_t find_effect(const Program& program, std::string_view name) {
  for (const EffectWord& w : kWords)
    if (name == w.word) return w.bit;
  for (uint32_t row = 0; row < program.capabilities.size() && row < kMaxCapabilities; ++row)
    if (program.names.text(program.capabilities[row].name) == name) return capability_effect(row);
  return 0;
}

void fill_capabilities(Program& program) {
  for (const char* name : kCapabilityNames)
    program.capabilities.push_back({program.names.intern(name), DeclId::None, true});
}

}   // namespace janus
