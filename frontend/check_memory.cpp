// check_memory.cpp: bodies that an earlier check knew are not checked again: what they left in the checker's tables is
// put back. Depends on check_internal.h, body_memory.h, effects.h. SPDX-License-Identifier: Apache-2.0
//
// What a body can see: the tokens outside of bodies of its own file and of all files that it imports, directly or not,
// and impls that stand in neither the file of their type nor that of their trait. A module's `surroundings` are the
// hash of these; its records hold while they and the text of the function are as they were. Comments and layout outside
// of bodies are no tokens.
//
// No record is kept of a body with diagnostics or with tasks (their failures go through sets of the whole program):
// these are checked every time. A match on errors is looked at when all sets are solved: its record says what they were
// then, and is `stale` when they are something else now. Places are not in a record, except those of names. So a check
// that ends in errors, or was stale, is made again without records, by who owns the BodyMemory.
#include <algorithm>
#include <cstring>
#include <memory>

#include "frontend/check_internal.h"
#include "frontend/effects.h"
#include "frontend/program_index.h"

namespace janus {
namespace {

using Hash = RecordHead::Hash;
Hash hash_of(std::string_view bytes) { return hash_of_record(bytes); }
void put(std::string& out, const Hash& h) { out.append(reinterpret_cast<const char*>(&h), sizeof h); }

}   // namespace

struct BodyChecker::Memory {
  BodyMemory& memory;
  Landmarks marks;
  std::vector<uint32_t> owner_of_set;   // by ErrorSetId: the function whose inferred set it is
  struct Known {
    uint64_t text;
    std::string_view record;
  };
  struct OfModule {
    bool of_user = false, same_text = false;
    RecordHead now, old;
    std::unique_ptr<RecordReader> reader;
    std::vector<Known> known;   // by place of the function in the module
    size_t put_back = 0, funcs = 0;
    std::unique_ptr<RecordWriter> writer;   // when its records change
    std::string records;
    size_t written = 0;
  };
  // A record of a body with matches on errors: what the sets held is written when they are solved.
  struct Late {
    ModuleId module;
    size_t valid, solved;
    std::vector<ErrorSetId> sets;
    size_t first_body, bodies;
  };
  std::vector<Late> late;
  struct Promise {
    std::vector<ErrorSetId> sets;
    uint64_t solved;
  };
  std::vector<Promise> promises;   // of records that were put back
  ByteWriter bytes;   // of what is written now
  std::vector<OfModule> modules;
  std::vector<uint8_t> recorded;   // by FuncId: there is a record of it

  // Where the tables stood when the function began.
  struct Begin {
    FuncId func;
    Hash text;
    size_t own, calls, extras, func_values, instances, dyns, uses, fits, maybe_fails, late_matches, poly_edges,
        poly_checks, nursery_args, lent, capability_calls, needs, dyns_made, growth, diags, made, includes;
    std::vector<ErrorSetId> matched = {};
  } begin = {};

  Memory(BodyMemory& m, const Program& p) : memory(m), marks(p) {}
};

// ---- what bodies can see

static Hash hash_outside(const Program& p, const Module& m) {
  std::vector<std::pair<uint32_t, uint32_t>> bodies;   // tokens from, to
  for (NodeId item : m.tree.list(m.tree[m.tree.root].a)) {
    if (is_none(item)) continue;
    const Node& n = m.tree[item];
    auto func = [&](NodeId f) {
      if (is_none(f) || m.tree[f].kind != NodeKind::FuncDecl) return;
      if (NodeId body = m.tree.record_node(m.tree[f].b, 4); is_some(body))
        bodies.push_back({m.tree.first_token(body), m.tree.lasts[+body]});
    };
    switch (n.kind) {
      case NodeKind::FuncDecl: func(item); break;
      case NodeKind::TestDecl: bodies.push_back({m.tree.first_token(item), m.tree.lasts[+item]}); break;
      case NodeKind::ImplDecl:
        for (NodeId f : m.tree.list(slot(m.tree, n, 2))) func(f);
        break;
      default: break;
    }
  }
  std::sort(bodies.begin(), bodies.end());
  const Tokens& tokens = m.tree.tokens;
  std::string_view text = p.sources.file(m.file).text;
  // Kind and text of each token: room for all of them at once, since this is done for every file.
  std::string_view profile = profile_name(m.profile);
  std::unique_ptr<char[]> bytes(new char[profile.size() + text.size() + size_t{2} * tokens.size()]);
  char* at = std::copy(profile.begin(), profile.end(), bytes.get());
  size_t next = 0;
  uint32_t written = 0;   // no byte of the text twice: so it fits
  for (uint32_t t = 0; t < tokens.size(); ++t) {
    if (next < bodies.size() && t == bodies[next].first) {
      *at++ = '\x01';
      t = std::max(t, bodies[next].second);
      while (next < bodies.size() && bodies[next].first <= t) ++next;
      continue;
    }
    *at++ = tokens.starts_line(t) ? '\n' : ' ';
    *at++ = static_cast<char>(tokens.kinds[t]);
    uint32_t begin = std::max(tokens.begin(t), written);
    written = std::max(tokens.end(t), begin);
    at = std::copy(text.begin() + begin, text.begin() + written, at);
  }
  return hash_of({bytes.get(), static_cast<size_t>(at - bytes.get())});
}

void BodyChecker::begin_memory() {
  if (!options_.sink || options_.keep_bodies || options_.lint || p_.diags.has_errors()) return;
  memory_ = std::make_shared<Memory>(*options_.memory, p_);
  Memory& k = *memory_;
  for (uint32_t i = 0; i < p_.funcs.size(); ++i) {
    ErrorSetId set = p_.funcs[i].errors;
    if (is_none(set) || !p_.error_sets[+set].inferred) continue;
    if (k.owner_of_set.size() <= +set) k.owner_of_set.resize(+set + 1, kNone32);
    k.owner_of_set[+set] = i;
  }
  k.modules.resize(p_.modules.size());
  k.recorded.resize(p_.funcs.size());
  for (size_t i = 0; i < p_.modules.size(); ++i) {
    const Module& m = *p_.modules[i];
    Memory::OfModule& of = k.modules[i];
    if (m.is_std || is_none(m.file) || is_none(m.tree.root) || is_some(m.parent)) continue;
    of.of_user = true;
    of.now.text = hash_of(p_.sources.file(m.file).text);
    auto found = k.memory.before.find(std::string(p_.names.text(m.path)));
    if (found != k.memory.before.end())
      if (std::string_view record = found->second; take_head(record, of.old)) {
        of.reader = std::make_unique<RecordReader>(k.marks, record);
        of.same_text = of.now.text == of.old.text;
        if (keeps_bodies_of(ModuleId(i))) of.reader = nullptr;   // no record holds a body
      }
    of.now.outside = of.same_text ? of.old.outside : hash_outside(p_, m);
  }
  std::string foreign = k.memory.key;
  for (const ImplInfo& impl : p_.impls) {
    if (p_.modules[+impl.module]->is_std) continue;
    const TypeRow& self = p_.types[impl.self];
    DeclId of_type = self.kind == TypeKind::Struct ? p_.structs[self.a].decl
                     : self.kind == TypeKind::Enum ? p_.enums[self.a].decl
                                                   : DeclId::None;
    bool at_home = (is_some(of_type) && p_.decls[+of_type].module == impl.module) ||
                   (is_some(impl.trait) && p_.decls[+p_.traits[+impl.trait].decl].module == impl.module);
    if (!at_home) put(foreign, k.modules[+impl.module].now.outside);
  }
  Hash everywhere = hash_of(foreign);
  for (ModuleId id : p_.index->load_order) {
    Memory::OfModule& of = k.modules[+id];
    if (!of.of_user) continue;
    std::string bytes;
    put(bytes, of.now.outside);
    put(bytes, everywhere);
    for (const ImportInfo& import : p_.modules[+id]->imports)
      if (is_some(import.module)) {
        bytes += p_.names.text(p_.modules[+import.module]->path);
        put(bytes, k.modules[+import.module].now.surroundings);
      }
    of.now.surroundings = hash_of(bytes);
    if (!of.reader) continue;
    RecordReader& r = *of.reader;
    if (of.now.surroundings != of.old.surroundings || !r.tables(p_)) {
      of.reader = nullptr;
      continue;
    }
    for (size_t n = r.count(); n > 0; --n) {
      uint64_t text = 0;
      if (std::string_view bytes = r.bytes(sizeof text); !bytes.empty()) std::memcpy(&text, bytes.data(), sizeof text);
      of.known.push_back({text, r.text()});
    }
    if (!r.good) {
      of.reader = nullptr;
      of.known.clear();
    }
  }
  for (size_t i = 0; i < p_.modules.size(); ++i) {
    Memory::OfModule& of = k.modules[i];
    if (of.of_user && !(of.reader && of.same_text)) of.writer = std::make_unique<RecordWriter>(k.marks, k.bytes);
  }
}

// ---- a record

static Span whole_of(const Program& p, FuncId id) {
  const Decl& d = p.decls[+p.funcs[+id].decl];
  return p.modules[+d.module]->tree.span(d.node);
}

void BodyChecker::begin_record(FuncId id) {
  if (!memory_) return;
  Memory& k = *memory_;
  Memory::OfModule& of = k.modules[+p_.decls[+p_.funcs[+id].decl].module];
  if (!of.writer) return;
  recording_ = true;
  unlasting_ = false;
  first_set_ = static_cast<uint32_t>(p_.error_sets.size());
  reached_.clear();
  reached_traits_.clear();
  const EffectGraph& g = *p_.effect_graph;
  const FuncInfo& f = p_.funcs[+id];
  k.begin = {id,
             {},
             g.own.size(),
             g.calls.size(),
             g.extras.size(),
             func_values_.size(),
             instances_.size(),
             dyns_.size(),
             uses_.size(),
             fits_.size(),
             maybe_fails_.size(),
             late_matches_.size(),
             poly_edges_.size(),
             poly_checks_.size(),
             nursery_args_.size(),
             lent_cells_.size(),
             capability_calls_.size(),
             needs_.size(),
             p_.index->dyns_made.size(),
             p_.index->calls_with_params.size(),
             p_.diags.all().size(),
             made_.size(),
             is_some(f.errors) ? p_.error_sets[+f.errors].includes.size() : 0};
}

void BodyChecker::end_record(FuncId id) {
  if (!recording_) return;
  recording_ = false;
  Memory& k = *memory_;
  const Memory::Begin& b = k.begin;
  Memory::OfModule& of = k.modules[+p_.decls[+p_.funcs[+id].decl].module];
  RecordWriter& w = *of.writer;
  const EffectGraph& g = *p_.effect_graph;
  const FuncInfo& f = p_.funcs[+id];
  Landmarks::Place place;
  if (!k.marks.place_of(RefKind::Func, +id, place)) return;
  for (; of.written < place.ordinal; ++of.written) {   // functions without a body
    of.records.append(sizeof(uint64_t) + 1, '\0');
  }
  ++of.written;
  w.good = !unlasting_ && !is_sovereign() && id != p_.main_func && fits_.size() - b.fits <= 64 &&
           maybe_fails_.size() == b.maybe_fails && poly_checks_.size() == b.poly_checks &&
           nursery_args_.size() == b.nursery_args && lent_cells_.size() == b.lent &&
           capability_calls_.size() == b.capability_calls && p_.index->dyns_made.size() == b.dyns_made &&
           p_.diags.all().size() == b.diags && made_.size() == b.made;
  w.out.clear();
  Span whole = whole_of(p_, id);

  // Nodes of the effect graph: 0 is the function, then its closures; sets of function values by a type.
  std::vector<uint32_t> local;
  uint32_t closures = 0;
  for (size_t i = b.extras; i < g.extras.size(); ++i)
    local.push_back(g.extras[i].kind == EffectGraph::Extra::Closure ? ++closures : kNone32);
  auto local_of = [&](uint32_t node) {
    if (node == +id) return 0u;
    return node >= g.first_extra + b.extras && node - g.first_extra - b.extras < local.size()
               ? local[node - g.first_extra - b.extras]
               : kNone32;
  };
  auto plain = [&](TypeId type) {   // a function type without what it can fail with
    TypeRow row = types_[type];
    if (row.kind != TypeKind::Func || !(row.a & kFuncFallible)) return type;
    SmallVec<TypeId, 8> parts;
    for (TypeId t : types_.args(type)) parts.push_back(t);
    return types_.func(parts, row.a & ~uint32_t{kFuncFallible}, ErrorSetId(0));
  };
  auto node_ref = [&](uint32_t node) {
    if (uint32_t n = local_of(node); n != kNone32) {
      w.number(1);
      w.number(n);
    } else if (node < g.first_extra) {
      w.number(0);
      w.ref(RefKind::Func, node);
    } else if (uint32_t type = set_types_.find(node);
               type != FlatMap::None && types_[TypeId(type)].kind == TypeKind::Tuple) {
      w.number(2);
      w.type(TypeId(type));
    } else {
      w.good = false;
    }
  };
  auto tag = [&](TagId t) {
    const TagInfo& info = p_.tags[+t];
    if (info.implicit) {
      w.number(0);
      return;
    }
    if (is_none(info.error)) {
      w.number(1);
      w.text(info.full_name);
      return;
    }
    w.number(2);
    w.ref(RefKind::Error, +info.error);
    const std::vector<TagId>& all = p_.errors[+info.error].tags;
    w.number(static_cast<uint64_t>(std::find(all.begin(), all.end(), t) - all.begin()));
  };
  // A set of the function's own is what it holds and includes; one of another function that function.
  auto flatten = [&](std::vector<ErrorSetId> sets) {
    std::vector<TagId> tags;
    std::vector<uint32_t> funcs;
    for (size_t i = 0; i < sets.size() && i < 1000; ++i) {
      if (is_none(sets[i])) continue;
      const ErrorSet& set = p_.error_sets[+sets[i]];
      if (!set.inferred) {
        tags.insert(tags.end(), set.tags.begin(), set.tags.end());
        continue;
      }
      if (+sets[i] < first_set_) {
        uint32_t owner = +sets[i] < k.owner_of_set.size() ? k.owner_of_set[+sets[i]] : kNone32;
        if (owner == kNone32) w.good = false;
        else funcs.push_back(owner);
        continue;
      }
      w.good &= !set.implicit && !set.open;
      tags.insert(tags.end(), set.tags.begin(), set.tags.end());
      for (ErrorSetId inner : set.includes)
        if (std::find(sets.begin(), sets.end(), inner) == sets.end()) sets.push_back(inner);
    }
    w.good &= sets.size() < 1000;
    w.number(tags.size());
    for (TagId t : tags) tag(t);
    w.number(funcs.size());
    for (uint32_t o : funcs) w.ref(RefKind::Func, o);
  };

  // Sets that a match on errors looks at.
  std::vector<ErrorSetId> matched;
  for (size_t i = b.late_matches; i < late_matches_.size(); ++i)
    for (const HirPat& pat : late_matches_[i]->pats)
      if (TypeRow row = types_[pat.type]; row.kind == TypeKind::ErrorVal && is_some(ErrorSetId(row.a)) &&
                                          std::find(matched.begin(), matched.end(), ErrorSetId(row.a)) == matched.end())
        matched.push_back(ErrorSetId(row.a));
  for (size_t i = b.late_matches; i < late_matches_.size(); ++i)
    for (const HirNode& n : late_matches_[i]->nodes)
      if (TypeRow row = types_[n.type]; row.kind == TypeKind::ErrorVal && is_some(ErrorSetId(row.a)) &&
                                        std::find(matched.begin(), matched.end(), ErrorSetId(row.a)) == matched.end())
        matched.push_back(ErrorSetId(row.a));
  bool is_late = late_matches_.size() > b.late_matches || !b.matched.empty();
  for (ErrorSetId set : b.matched) matched.push_back(set);   // of a body that was put back
  w.number(1);   // valid
  w.number(is_late);
  if (is_late) {
    uint64_t solved = 0;
    w.bytes(&solved, sizeof solved);
    w.number(matched.size());
    for (ErrorSetId set : matched) flatten({set});
  }
  w.number(closures);
  size_t count = 0;
  auto listed = [&](size_t n) { w.number(n); };
  listed(g.own.size() - b.own);
  for (size_t i = b.own; i < g.own.size(); ++i) {
    uint32_t at = local_of(g.own[i].node);
    w.good &= at != kNone32 && g.own[i].bit < kFirstCapability + kBuiltinCapabilities;
    w.number(at);
    w.number(g.own[i].bit);
  }
  for (size_t i = b.calls; i < g.calls.size(); ++i) count += local_of(g.calls[i].from) != kNone32;
  listed(count);
  for (size_t i = b.calls; i < g.calls.size(); ++i) {
    uint32_t from = local_of(g.calls[i].from);
    if (from == kNone32) {   // of a set, which makes its own when it is made
      w.good &=
          g.calls[i].from >= g.first_extra && g.extras[g.calls[i].from - g.first_extra].kind == EffectGraph::Extra::Set;
      continue;
    }
    w.number(uint64_t{from} << 1 | g.calls[i].task);
    node_ref(g.calls[i].to);
  }
  listed(func_values_.size() - b.func_values);
  for (size_t i = b.func_values; i < func_values_.size(); ++i) {
    w.type(plain(func_values_[i].type));
    node_ref(func_values_[i].node);
    w.number(is_some(func_values_[i].callee) ? func_values_[i].param + 1 : 0);
    if (is_some(func_values_[i].callee)) w.ref(RefKind::Func, +func_values_[i].callee);
  }
  for (auto [list, from] : {std::pair(&instances_, b.instances), {&dyns_, b.dyns}}) {
    listed(list->size() - from);
    for (size_t i = from; i < list->size(); ++i) {
      const Instance& n = (*list)[i];
      uint32_t at = local_of(n.node);
      w.good &= at != kNone32 && is_some(n.trait);
      w.number(at);
      w.type(n.self);
      if (is_some(n.trait)) w.ref(RefKind::Trait, +n.trait);
    }
  }
  listed(uses_.size() - b.uses);
  for (size_t i = b.uses; i < uses_.size(); ++i) {
    w.good &= uses_[i].caller == id && types_.kind(uses_[i].args) == TypeKind::Tuple;
    w.ref(RefKind::Func, +uses_[i].callee);
    if (w.good) w.type(uses_[i].args);
  }
  if (f.fallible && is_some(f.errors) && p_.error_sets[+f.errors].inferred) {
    const std::vector<ErrorSetId>& all = p_.error_sets[+f.errors].includes;
    flatten({all.begin() + static_cast<ptrdiff_t>(std::min(b.includes, all.size())), all.end()});
    w.good &= p_.error_sets[+f.errors].tags.empty();
  }
  listed(fits_.size() - b.fits);
  for (size_t i = b.fits; i < fits_.size(); ++i) {
    w.good &= fits_[i].to == f.errors;
    flatten({fits_[i].from});
  }
  listed(poly_edges_.size() - b.poly_edges);
  for (size_t i = b.poly_edges; i < poly_edges_.size(); ++i) {
    w.good &= poly_edges_[i].from == id;
    w.number(poly_edges_[i].from_param);
    w.ref(RefKind::Func, +poly_edges_[i].to);
    w.number(poly_edges_[i].to_param);
  }
  listed(needs_.size() - b.needs);
  for (size_t i = b.needs; i < needs_.size(); ++i) {
    w.param(needs_[i].param);
    w.number(is_some(needs_[i].trait) ? 1 : 0);
    if (is_some(needs_[i].trait)) w.ref(RefKind::Trait, +needs_[i].trait);
    else w.number(needs_[i].builtin);
  }
  const auto& growth = p_.index->calls_with_params;
  listed(growth.size() - b.growth);
  for (size_t i = b.growth; i < growth.size(); ++i) {
    w.good &= growth[i].owner == +id;
    w.param(TypeParamId(growth[i].from));
    w.param(TypeParamId(growth[i].to));
    w.number(growth[i].grows);
  }
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < f.params.size() && i < 256; ++i)
    if (poly_escapes_.find(uint64_t(+id) << 8 | i) != FlatMap::None) kept.push_back(i);
  listed(kept.size());
  for (uint32_t i : kept) w.number(i);
  std::erase_if(reached_, [&](FuncId r) { return !p_.modules[+p_.decls[+p_.funcs[+r].decl].module]->is_std; });
  std::sort(reached_.begin(), reached_.end());
  reached_.erase(std::unique(reached_.begin(), reached_.end()), reached_.end());
  listed(reached_.size());
  for (FuncId r : reached_) w.ref(RefKind::Func, +r);
  std::sort(reached_traits_.begin(), reached_traits_.end());
  reached_traits_.erase(std::unique(reached_traits_.begin(), reached_traits_.end()), reached_traits_.end());
  listed(reached_traits_.size());
  for (TraitId t : reached_traits_) w.ref(RefKind::Trait, +t);
  options_.sink->save(id, whole.lo, w);

  uint64_t text_hash = hash_of(p_.sources.text(whole)).low;
  of.records.append(reinterpret_cast<const char*>(&text_hash), sizeof text_hash);
  if (!w.good) w.out.clear();
  k.recorded[+id] = w.good;
  size_t size = w.out.size();
  w.number(size);   // which stands before them
  of.records += w.out.view(size);
  of.records += w.out.view().substr(0, size);
  if (is_late && size) {
    size_t at = of.records.size() - size;
    k.late.push_back(
        {place.module, at, at + 2, std::move(matched), b.late_matches, late_matches_.size() - b.late_matches});
  }
}

// ---- put back

bool BodyChecker::known_body(FuncId id) {
  if (!memory_) return false;
  Memory& k = *memory_;
  ++k.memory.bodies;
  Landmarks::Place place;
  if (!k.marks.place_of(RefKind::Func, +id, place)) return false;
  Memory::OfModule& of = k.modules[+place.module];
  if (!of.reader || place.ordinal >= of.known.size() || of.known[place.ordinal].record.empty()) return false;
  const FuncInfo& f = p_.funcs[+id];
  Span whole = whole_of(p_, id);
  if (!of.same_text && hash_of(p_.sources.text(whole)).low != of.known[place.ordinal].text) return false;
  RecordReader& r = *of.reader;
  r.good = true;
  r.continue_with(of.known[place.ordinal].record);
  EffectGraph& g = *p_.effect_graph;

  struct NodeRef {
    uint32_t kind, value;
    TypeId type;
  };
  auto node_ref = [&]() -> NodeRef {
    switch (r.number()) {
      case 0: return {0, r.ref(RefKind::Func), TypeId::None};
      case 1: return {1, r.number32(), TypeId::None};
      case 2: {
        TypeId key = r.type(types_);
        r.good &= types_.kind(key) == TypeKind::Tuple;
        return {2, 0, key};
      }
      default: r.good = false; return {};
    }
  };
  struct Errors {
    std::vector<TagId> tags;
    std::vector<ErrorSetId> sets;
  };
  auto errors = [&]() {
    Errors e;
    for (size_t n = r.count(); n > 0; --n) {
      uint64_t kind = r.number();
      if (kind == 1) e.tags.push_back(p_.ad_hoc_tag(p_.names.intern(r.text())));
      if (kind != 2) continue;
      uint32_t error = r.ref(RefKind::Error);
      uint64_t at = r.number();
      if (!r.good || at >= p_.errors[error].tags.size()) r.good = false;
      else e.tags.push_back(p_.errors[error].tags[at]);
    }
    for (size_t n = r.count(); n > 0; --n) {
      uint32_t func = r.ref(RefKind::Func);
      if (r.good && is_some(p_.funcs[func].errors)) e.sets.push_back(p_.funcs[func].errors);
    }
    return e;
  };
  auto put_errors = [&](ErrorSetId into, const Errors& e) {
    for (TagId t : e.tags) include_set(into, set_of_tag(t));
    for (ErrorSetId set : e.sets) include_set(into, set);
  };

  if (r.number() != 1) return false;
  Memory::Promise promise = {};
  std::vector<Errors> matched;
  bool is_late = r.number() == 1;
  if (is_late) {
    std::string_view solved = r.bytes(sizeof promise.solved);
    if (!solved.empty()) std::memcpy(&promise.solved, solved.data(), solved.size());
    for (size_t n = r.count(); n > 0; --n) matched.push_back(errors());
  }
  uint32_t closures = static_cast<uint32_t>(r.count());
  struct OwnRow {
    uint32_t at, bit;
  };
  struct CallRow {
    uint32_t from;
    NodeRef to;
  };
  struct ValueRow {
    TypeId type;
    NodeRef node;
    FuncId callee;
    uint32_t param;
  };
  struct InstanceRow {
    uint32_t at;
    TypeId self;
    TraitId trait;
  };
  std::vector<OwnRow> own;
  std::vector<CallRow> calls;
  std::vector<ValueRow> values;
  std::vector<InstanceRow> instances[2];
  std::vector<std::pair<FuncId, TypeId>> uses;
  std::vector<Errors> fits;
  std::vector<PolyEdge> edges;
  std::vector<uint32_t> kept;
  std::vector<FuncId> reached;
  std::vector<TraitId> traits;
  auto local = [&](uint64_t n) {
    r.good &= n <= closures;
    return static_cast<uint32_t>(n);
  };
  for (size_t n = r.count(); n > 0; --n) {
    uint32_t at = local(r.number());
    own.push_back({at, static_cast<uint32_t>(r.number() & 63)});
  }
  for (size_t n = r.count(); n > 0; --n) {
    uint32_t from = r.number32();
    local(from >> 1);
    calls.push_back({from, node_ref()});
    if (calls.back().to.kind == 1) local(calls.back().to.value);
  }
  for (size_t n = r.count(); n > 0; --n) {
    TypeId type = r.type(types_);
    NodeRef node = node_ref();
    if (node.kind == 1) local(node.value);
    uint32_t param = r.number32();
    values.push_back({type, node, param ? FuncId(r.ref(RefKind::Func)) : FuncId::None, param ? param - 1 : 0});
  }
  for (auto& list : instances)
    for (size_t n = r.count(); n > 0; --n) {
      uint32_t at = local(r.number());
      TypeId self = r.type(types_);
      list.push_back({at, self, TraitId(r.ref(RefKind::Trait))});
    }
  for (size_t n = r.count(); n > 0; --n) {
    FuncId callee = FuncId(r.ref(RefKind::Func));
    uses.push_back({callee, r.type(types_)});
    r.good &= types_.kind(uses.back().second) == TypeKind::Tuple;
  }
  bool inferred = f.fallible && is_some(f.errors) && p_.error_sets[+f.errors].inferred;
  Errors fails;
  if (inferred) fails = errors();
  for (size_t n = r.count(); n > 0; --n) fits.push_back(errors());
  for (size_t n = r.count(); n > 0; --n) {
    uint32_t from = r.number32();
    FuncId to = FuncId(r.ref(RefKind::Func));
    edges.push_back({id, from, to, r.number32()});
  }
  struct NeedRow {
    TypeParamId param;
    TraitId trait;
    uint32_t builtin;
  };
  struct GrowthRow {
    TypeParamId from, to;
    bool grows;
  };
  std::vector<NeedRow> needs;
  std::vector<GrowthRow> growth;
  for (size_t n = r.count(); n > 0; --n) {
    TypeParamId param = r.param();
    bool is_trait = r.number() == 1;
    needs.push_back(
        {param, is_trait ? TraitId(r.ref(RefKind::Trait)) : TraitId::None, is_trait ? 0 : r.number32() & 0xff});
  }
  for (size_t n = r.count(); n > 0; --n) {
    TypeParamId from = r.param(), to = r.param();
    growth.push_back({from, to, r.number() == 1});
  }
  for (size_t n = r.count(); n > 0; --n) kept.push_back(r.number32());
  for (size_t n = r.count(); n > 0; --n) reached.push_back(FuncId(r.ref(RefKind::Func)));
  for (size_t n = r.count(); n > 0; --n) traits.push_back(TraitId(r.ref(RefKind::Trait)));
  if (!r.good || !options_.sink->load(p_, id, whole.lo, r)) return false;

  // From here on nothing can fail.
  begin_record(id);
  func_ = id;
  module_ = place.module;
  tree_ = &p_.modules[+module_]->tree;
  std::vector<uint32_t> nodes = {+id};
  for (uint32_t i = 0; i < closures; ++i) nodes.push_back(new_effect_node(EffectGraph::Extra::Closure));
  auto node_of = [&](const NodeRef& n) {
    if (n.kind == 0) return n.value;
    if (n.kind == 1) return nodes[n.value];
    // The key of the set is the tuple of the parameters: any function type with them leads there.
    SmallVec<TypeId, 8> parts;
    for (TypeId t : types_.args(n.type)) parts.push_back(t);
    parts.push_back(Types::Void);
    return value_set(types_.func(parts, 0, ErrorSetId(0)));
  };
  for (const OwnRow& o : own) g.own.push_back({nodes[o.at], o.bit, {}});
  // Edges of one caller stand together; sets make theirs when they are made.
  std::vector<uint32_t> targets;
  for (const CallRow& c : calls) targets.push_back(node_of(c.to));
  for (size_t i = 0; i < calls.size(); ++i)
    g.calls.push_back({nodes[calls[i].from >> 1], targets[i], {}, (calls[i].from & 1) != 0});
  for (const ValueRow& v : values) func_values_.push_back({v.type, node_of(v.node), v.callee, v.param});
  for (const InstanceRow& n : instances[0]) instances_.push_back({nodes[n.at], n.self, n.trait, {}});
  for (const InstanceRow& n : instances[1]) dyns_.push_back({nodes[n.at], n.self, n.trait, {}});
  for (auto [callee, args] : uses) uses_.push_back({callee, args, id, module_, p_.decls[+f.decl].node, whole});
  if (inferred) put_errors(f.errors, fails);
  for (const Errors& e : fits) {
    ErrorSetId from = new_inferred_set();
    put_errors(from, e);
    fits_.push_back({from, f.errors, whole, whole, false});
  }
  for (const PolyEdge& e : edges) poly_edges_.push_back(e);
  for (const NeedRow& n : needs) add_need(id, n.param, n.trait, n.builtin, whole);
  for (const GrowthRow& n : growth) p_.index->calls_with_params.push_back({+n.from, +n.to, n.grows, whole, +id});
  for (uint32_t i : kept) poly_escapes_[uint64_t(+id) << 8 | i] = 1;
  for (FuncId reach : reached) use_func(reach);
  for (TraitId t : traits) use_trait(t);
  for (const Errors& e : matched) {
    ErrorSetId set = new_inferred_set();
    put_errors(set, e);
    promise.sets.push_back(set);
  }
  if (is_late) k.promises.push_back(promise);
  k.begin.matched = promise.sets;
  end_record(id);
  ++k.memory.known;
  return true;
}

static uint64_t hash_of_sets(const Program& p, std::span<const ErrorSetId> sets) {
  std::string bytes;
  for (ErrorSetId set : sets) {
    std::vector<std::string_view> names;
    for (TagId t : p.error_sets[+set].tags) names.push_back(p.tags[+t].full_name);
    std::sort(names.begin(), names.end());
    for (std::string_view name : names) bytes.append(name).append(1, ',');
    bytes += ';';
  }
  return hash_of(bytes).low;
}

// Sets are solved, and bodies with matches on errors not yet looked at. The second: this one was, and said something or
// nothing.
void BodyChecker::solved_memory() {
  Memory& k = *memory_;
  for (const Memory::Promise& promise : k.promises)
    if (hash_of_sets(p_, promise.sets) != promise.solved) k.memory.stale = true;
  for (const Memory::Late& late : k.late) {
    uint64_t solved = hash_of_sets(p_, late.sets);
    std::memcpy(k.modules[+late.module].records.data() + late.solved, &solved, sizeof solved);
  }
}
void BodyChecker::late_body_spoke(size_t index) {
  for (const Memory::Late& late : memory_->late)
    if (index - late.first_body < late.bodies) memory_->modules[+late.module].records[late.valid] = 0;
}

// Where the bodies with a record stand, so that the next run may skip them. A file with diagnostics is read whole
// again, for them, and so is a body with a comment of documentation, which docs speak of.
static std::vector<std::vector<BodyRange>> bodies_by_module(const Program& p, const std::vector<uint8_t>& recorded) {
  std::vector<std::vector<BodyRange>> all(p.modules.size());
  std::vector<bool> spoken(p.sources.size());
  for (const Diagnostic* d : p.diags.all())
    if (!d->span.is_none())
      if (FileId file = p.sources.find(d->span.lo); is_some(file)) spoken[+file] = true;
  for (size_t i = 0; i < p.funcs.size(); ++i) {
    const FuncInfo& f = p.funcs[i];
    if (!f.has_body || !recorded[i]) continue;
    const Decl& decl = p.decls[+f.decl];
    const Module& m = *p.modules[+decl.module];
    const Tree& tree = m.tree;
    // What is written in a body of :sovereign is read in another way.
    if (m.is_std || is_none(decl.node) || tree[decl.node].kind != NodeKind::FuncDecl || spoken[+m.file] ||
        m.profile == Profile::Sovereign)
      continue;
    NodeId body = tree.record_node(tree[decl.node].b, 4);
    uint32_t first = tree[body].token, last = tree.lasts[+body];
    if (tree.tokens.kinds[first] != TokenKind::KwDo || tree.tokens.kinds[last] != TokenKind::KwEnd) continue;
    BodyRange range{tree.tokens.begin(first), tree.tokens.begin(last)};
    auto doc = std::lower_bound(tree.tokens.docs.begin(), tree.tokens.docs.end(), range.begin,
                                [](const Tokens::Doc& d, uint32_t at) { return d.begin < at; });
    if (doc != tree.tokens.docs.end() && doc->begin < range.end) continue;
    all[+decl.module].push_back(range);
  }
  for (std::vector<BodyRange>& ranges : all)
    std::sort(ranges.begin(), ranges.end(), [](const BodyRange& a, const BodyRange& b) { return a.begin < b.begin; });
  return all;
}

void BodyChecker::end_memory() {
  Memory& k = *memory_;
  std::vector<std::vector<BodyRange>> bodies = bodies_by_module(p_, k.recorded);
  for (size_t i = 0; i < k.modules.size(); ++i) {
    Memory::OfModule& of = k.modules[i];
    if (!of.writer) continue;
    of.now.bodies = std::move(bodies[i]);
    k.bytes.clear();
    of.writer->tables();
    of.writer->number(of.written);
    k.bytes.raw(of.records.data(), of.records.size());
    k.memory.after[std::string(p_.names.text(p_.modules[i]->path))] = with_head(of.now, k.bytes.view());
  }
  memory_ = nullptr;
}

}   // namespace janus
