// cid.cpp: what a declaration means, written as bytes and hashed.
// Depends on cid.h, LLVM's BLAKE3.
// SPDX-License-Identifier: Apache-2.0
//
// A checked body has its names resolved, its sugar gone and its locals numbered in order; comments, layout and names of
// locals are not in it. So its tables, written out without spans, are the normalized tree. Numbers that depend on the
// rest of the program (types, declarations, texts) are replaced by numbers of the body's own, given at their first
// occurrence, and what they stand for is written once: a type by its structure, a declaration as the next of `needs`. A
// CID is the hash of those bytes followed by the CIDs of the needs.
//
// Declarations that need each other in a circle form a group (Tarjan). Their hashes are refined together: in each round
// a member's hash takes in those that its needs had in the round before, until no two members are told apart that were
// not before. This ends after as many rounds as the group has kinds of members, and gives equal hashes exactly where
// the endless unfolding is equal.
//
// A generic function does with a type what the type's impls say, and so does `dyn`. Who hands over a type therefore
// needs all impls of traits for it, as one more declaration without a name.
//
// What is not in a CID: the own name, whether it is `pub`, errors that are inferred (they follow from the body). Names
// of parameters and fields are: callers write them.
#include "frontend/astdb/cid.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "frontend/body_memory.h"
#include "frontend/flat_map.h"
#include "llvm/Support/BLAKE3.h"

namespace janus {
namespace {

constexpr uint32_t kNone = 0xffffffffu;

// Bytes that are only ever appended to; room is made in large steps and never filled with zeros first.
struct Bytes {
  std::unique_ptr<uint8_t[]> room;
  size_t used = 0, capacity = 0;
  void clear() { used = 0; }
  uint8_t* begin() { return room.get(); }
  uint8_t* add(size_t n) {
    if (used + n > capacity) {
      size_t more = std::max<size_t>(capacity * 2, used + n + 4096);
      std::unique_ptr<uint8_t[]> larger(new uint8_t[more]);
      if (used) std::memcpy(larger.get(), room.get(), used);
      room = std::move(larger);
      capacity = more;
    }
    uint8_t* at = room.get() + used;
    used += n;
    return at;
  }
  void raw(const void* p, size_t n) {
    if (n) std::memcpy(add(n), p, n);
  }
  void u32(uint32_t v) { std::memcpy(add(4), &v, 4); }
  void text(std::string_view t) {
    u32(static_cast<uint32_t>(t.size()));
    raw(t.data(), t.size());
  }
};

Cid hash_of(const void* data, size_t size) {
  auto digest = llvm::BLAKE3::hash<32>(llvm::ArrayRef(static_cast<const uint8_t*>(data), size));
  Cid cid;
  std::copy(digest.begin(), digest.end(), cid.begin());
  return cid;
}

// What is known of one declaration before CIDs are: the hash of its own bytes, and what it needs, in order.
struct Part {
  Cid own{};
  uint32_t needs = 0, need_count = 0;   // in Facts::Impl::needs
  uint32_t uses = 0, use_count = 0;   // in Facts::Impl::uses
  uint32_t next = kNone;   // another part of the same declaration
};

}   // namespace

const char* use_kind_name(UseKind kind) {
  switch (kind) {
    case UseKind::Call: return "call";
    case UseKind::Value: return "value";
    case UseKind::Const: return "const";
    case UseKind::Type: return "type";
    case UseKind::Field: return "field";
    case UseKind::Variant: return "variant";
    case UseKind::Error: return "error";
    case UseKind::Sign: return "signature";
  }
  return "";
}

struct Facts::Impl {
  std::vector<Part> parts;
  std::vector<Sym> needs;
  std::vector<Use> uses;
  FlatMap first_part;   // Sym -> its first part: bodies and defaults
  // By Sym, made in finish(): dense numbers, so that everything below is a vector.
  uint32_t base[static_cast<size_t>(SymKind::Count) + 1] = {};
  std::vector<Cid> cids, sig_cids;
  std::vector<uint8_t> recursive;
  std::vector<uint32_t> sign_part, body_part;

  uint32_t dense(Sym s) const { return base[s >> 28] + id_of(s); }

  // ---- writing one part
  Bytes out;
  const Program* p = nullptr;
  uint32_t epoch = 0;
  std::vector<uint32_t> type_epoch, type_number;
  uint32_t type_count = 0;
  std::vector<uint64_t> need_number[static_cast<size_t>(SymKind::Count)];   // by id: epoch << 32 | number
  uint32_t need_count = 0, needs_begin = 0, uses_begin = 0;
  FlatMap used;   // of fields, types …: one row each
  FuncId params_of = FuncId::None;
  std::span<const TypeParamId> more_params;

  void begin_part(const Program& program) {
    p = &program;
    out.clear();
    ++epoch;
    type_count = need_count = 0;
    needs_begin = static_cast<uint32_t>(needs.size());
    uses_begin = static_cast<uint32_t>(uses.size());
    if (used.size() > 4000) used.clear();
    params_of = FuncId::None;
    more_params = {};
  }
  uint32_t end_part() {
    Part part;
    part.own = hash_of(out.begin(), out.used);
    part.needs = needs_begin;
    part.need_count = static_cast<uint32_t>(needs.size()) - needs_begin;
    part.uses = uses_begin;
    part.use_count = static_cast<uint32_t>(uses.size()) - uses_begin;
    parts.push_back(part);
    return static_cast<uint32_t>(parts.size() - 1);
  }

  uint32_t need(Sym s) {
    std::vector<uint64_t>& numbers = need_number[static_cast<size_t>(kind_of(s))];
    if (numbers.size() <= id_of(s)) numbers.resize(std::max<size_t>(id_of(s) + 1, numbers.size() * 2), 0);
    uint64_t& number = numbers[id_of(s)];
    if (number >> 32 != epoch) {
      number = uint64_t(epoch) << 32 | need_count++;
      needs.push_back(s);
    }
    return static_cast<uint32_t>(number);
  }
  // Calls and values are kept with every place; the rest with its first one.
  void use(Sym to, UseKind kind, uint32_t pos, uint16_t member = kNoMember) {
    if (kind != UseKind::Call && kind != UseKind::Value) {
      uint32_t& seen = used[uint64_t(to) << 24 | uint64_t(member) << 4 | static_cast<uint32_t>(kind)];
      if (seen == epoch) return;
      seen = epoch;
    }
    uses.push_back({to, member, kind, pos});
  }

  Sym type_sym(const TypeRow& row) const {
    switch (row.kind) {
      case TypeKind::Struct: return sym(SymKind::Struct, row.a);
      case TypeKind::Enum: return sym(SymKind::Enum, row.a);
      case TypeKind::Dyn: return sym(SymKind::Trait, row.a);
      case TypeKind::Capability: return sym(SymKind::Capability, row.a);
      default: return kNone;
    }
  }
  void error_set(ErrorSetId id) {
    if (is_none(id)) return out.u32(1);
    const ErrorSet& set = p->error_sets[+id];
    if (set.inferred) return out.u32(2);
    out.u32(3);
    out.u32(static_cast<uint32_t>(set.tags.size()));
    // Tags are numbered in the order of the program: the set is written in an order of its own.
    std::vector<std::pair<std::string, TagId>> sorted;
    for (TagId tag : set.tags) sorted.push_back({p->tags[+tag].full_name, tag});
    std::sort(sorted.begin(), sorted.end());
    for (auto& [name, id_of_tag] : sorted) tag(id_of_tag);
  }
  void tag(TagId id) {
    const TagInfo& t = p->tags[+id];
    if (is_none(t.error)) {
      out.u32(kNone);
      return out.text(t.full_name);
    }
    const std::vector<TagId>& all = p->errors[+t.error].tags;
    out.u32(need(sym(SymKind::Error, +t.error)));
    out.u32(static_cast<uint32_t>(std::find(all.begin(), all.end(), id) - all.begin()));
  }
  // The number of the type in this part; at its first occurrence its structure is written.
  uint32_t type(TypeId id) {
    if (+id < type_epoch.size() && type_epoch[+id] == epoch) return type_number[+id];
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
    out.u32(0x54000000u | static_cast<uint32_t>(row.kind));
    switch (row.kind) {
      case TypeKind::Struct:
      case TypeKind::Enum:
      case TypeKind::Dyn:
      case TypeKind::Capability: out.u32(need(type_sym(row))); break;
      case TypeKind::Func:
        out.u32(row.a);
        if (row.a & kFuncFallible) error_set(ErrorSetId(row.b));
        break;
      case TypeKind::ErrorVal: error_set(ErrorSetId(row.a)); break;
      case TypeKind::Param: out.u32(param_number(TypeParamId(row.a))); break;
      default:
        out.u32(inner[0]);
        out.u32(inner[1]);
        break;
    }
    for (uint32_t i = 0; i < row.arg_count; ++i) out.u32(args[i]);
    return type_number[+id];
  }
  uint32_t param_number(TypeParamId id) const {
    std::span<const TypeParamId> params = more_params;
    if (is_some(params_of)) params = p->funcs[+params_of].type_params;
    auto at = std::find(params.begin(), params.end(), id);
    return at == params.end() ? 0xfffffffeu : static_cast<uint32_t>(at - params.begin());
  }

  // ---- bodies
  struct Hole {
    uint32_t begin, end;
  };
  std::vector<Hole> holes;
  void types_in(const Body& body, uint32_t list) {
    for (uint32_t t : body.list(list)) {
      out.u32(type(TypeId(t)));
      behaviour(TypeId(t));
    }
  }
  void behaviour(TypeId id, int depth = 0) {
    TypeRow row = p->types[id];
    switch (row.kind) {
      case TypeKind::Struct: out.u32(need(sym(SymKind::StructImpls, row.a))); break;
      case TypeKind::Enum: out.u32(need(sym(SymKind::EnumImpls, row.a))); break;
      case TypeKind::Array:
      case TypeKind::Fixed:
      case TypeKind::Optional:
      case TypeKind::Channel:
      case TypeKind::Task:
        if (depth < 16) behaviour(TypeId(row.a), depth + 1);
        break;
      default: break;
    }
    for (uint32_t i = 0; i < row.arg_count && depth < 16; ++i) behaviour(p->types.args(id)[i], depth + 1);
  }
  void body(const Body& b) {
    // Lists of types in `extra` hold numbers of this program: they are written by their nodes, and left out of the
    // table.
    holes.clear();
    auto hole = [&](uint32_t list) {
      if (list != kNone && b.extra[list]) holes.push_back({list + 1, list + 1 + b.extra[list]});
    };
    out.u32(0x424f4459);
    out.u32(b.is_closure | b.fallible << 1);
    out.u32(type(b.result));
    out.u32(b.param_count);
    out.u32(+b.root);
    out.u32(static_cast<uint32_t>(b.locals.size()));
    for (const HirLocal& l : b.locals) {
      uint32_t t = type(l.type);
      out.u32(t << 8 | l.flags);
    }
    for (const Capture& c : b.captures) {
      out.u32(+c.outer);
      out.u32(+c.inner);
    }
    out.u32(static_cast<uint32_t>(b.nodes.size()));
    for (const HirNode& n : b.nodes) {
      uint32_t a = n.a, second = n.b;
      uint32_t t = type(n.type);
      switch (n.kind) {
        case HirKind::Str: {
          std::string_view text = p->names.text(NameId(n.a));
          a = static_cast<uint32_t>(text.size());
          out.raw(text.data(), text.size());
          break;
        }
        case HirKind::ConstRef:
          use(sym(SymKind::Const, n.a), UseKind::Const, n.span.lo);
          a = need(sym(SymKind::Const, n.a));
          break;
        case HirKind::FuncRef:
          use(sym(SymKind::Func, n.a), UseKind::Value, n.span.lo);
          a = need(sym(SymKind::Func, n.a));
          types_in(b, n.b);
          hole(n.b);
          break;
        case HirKind::Call:
        case HirKind::CallTrait:
          use(sym(SymKind::Func, n.a), UseKind::Call, n.span.lo);
          a = need(sym(SymKind::Func, n.a));
          types_in(b, b.extra[n.b]);
          hole(b.extra[n.b]);
          break;
        case HirKind::CallDyn:
          use(sym(SymKind::Func, n.a), UseKind::Call, n.span.lo);
          a = need(sym(SymKind::Func, n.a));
          break;
        case HirKind::Intrinsic:
          types_in(b, b.extra[n.b]);
          hole(b.extra[n.b]);
          break;
        case HirKind::MakeError:
        case HirKind::AssertFails:
          tag(TagId(n.a));
          if (ErrorId e = p->tags[n.a].error; is_some(e))
            use(sym(SymKind::Error, +e), UseKind::Error, n.span.lo, tag_index(TagId(n.a)));
          a = 0;
          break;
        case HirKind::MakeClosure: a = second = 0; break;
        case HirKind::MakeDyn:
          if (n.a < b.nodes.size()) behaviour(b.nodes[n.a].type);
          break;
        case HirKind::ForEach:
          if (uint32_t next = b.extra[n.a + 4]; b.extra[n.a + 2] == 5 && next != kNone) {
            use(sym(SymKind::Func, next), UseKind::Call, n.span.lo);
            out.u32(need(sym(SymKind::Func, next)));
            holes.push_back({n.a + 4, n.a + 5});
            types_in(b, b.extra[n.a + 5]);
            hole(b.extra[n.a + 5]);
          }
          break;
        case HirKind::Field:
          if (n.a < b.nodes.size())
            if (const TypeRow& base_type = p->types[b.nodes[n.a].type]; base_type.kind == TypeKind::Struct)
              use(sym(SymKind::Struct, base_type.a), UseKind::Field, n.span.lo, static_cast<uint16_t>(n.b));
          break;
        case HirKind::MakeStruct:
          if (const TypeRow& made = p->types[n.type]; made.kind == TypeKind::Struct)
            use(sym(SymKind::Struct, made.a), UseKind::Type, n.span.lo);
          break;
        case HirKind::MakeEnum:
          if (const TypeRow& made = p->types[n.type]; made.kind == TypeKind::Enum)
            use(sym(SymKind::Enum, made.a), UseKind::Variant, n.span.lo, static_cast<uint16_t>(n.a));
          break;
        default: break;
      }
      uint32_t words[4] = {static_cast<uint32_t>(n.kind) | uint32_t{n.flags} << 8 | uint32_t{n.aux} << 16, t, a,
                           second};
      out.raw(words, sizeof words);
    }
    for (const HirPat& pat : b.pats) {
      uint32_t a = pat.a, t = type(pat.type);
      switch (pat.kind) {
        case PatKind::Str:
          out.text(p->names.text(NameId(pat.a)));
          a = 0;
          break;
        case PatKind::Const:
          use(sym(SymKind::Const, pat.a), UseKind::Const, pat.span.lo);
          a = need(sym(SymKind::Const, pat.a));
          break;
        case PatKind::Error:
          tag(TagId(pat.a));
          if (ErrorId e = p->tags[pat.a].error; is_some(e))
            use(sym(SymKind::Error, +e), UseKind::Error, pat.span.lo, tag_index(TagId(pat.a)));
          a = 0;
          break;
        case PatKind::Variant:
          if (const TypeRow& row = p->types[pat.type]; row.kind == TypeKind::Enum)
            use(sym(SymKind::Enum, row.a), UseKind::Variant, pat.span.lo, static_cast<uint16_t>(pat.a));
          break;
        default: break;
      }
      uint32_t words[4] = {static_cast<uint32_t>(pat.kind), t, a, pat.b};
      out.raw(words, sizeof words);
    }
    out.u32(static_cast<uint32_t>(b.extra.size()));
    if (holes.empty()) {
      out.raw(b.extra.data(), b.extra.size() * 4);
    } else {
      size_t at = out.used;
      out.raw(b.extra.data(), b.extra.size() * 4);
      for (const Hole& h : holes) std::memset(out.begin() + at + h.begin * 4, 0, (h.end - h.begin) * size_t{4});
    }
    out.raw(b.ints.data(), b.ints.size() * sizeof(__int128));
    out.raw(b.floats.data(), b.floats.size() * sizeof(double));
    for (const FormatSpec& f : b.formats) {
      int32_t words[4] = {f.width, f.precision, f.zero | f.align << 8, f.kind};
      out.raw(words, sizeof words);
    }
  }
  uint16_t tag_index(TagId id) const {
    const std::vector<TagId>& all = p->errors[+p->tags[+id].error].tags;
    return static_cast<uint16_t>(std::find(all.begin(), all.end(), id) - all.begin());
  }

  // ---- signatures
  void sign_type(TypeId id, uint32_t pos) {
    out.u32(type(id));
    note_type(id, pos);
  }
  // Uses of every declared type inside.
  void note_type(TypeId id, uint32_t pos, int depth = 0) {
    TypeRow row = p->types[id];
    if (Sym s = type_sym(row); s != kNone) use(s, UseKind::Sign, pos);
    if (depth > 16) return;
    if (row.kind == TypeKind::Array || row.kind == TypeKind::Fixed || row.kind == TypeKind::Optional ||
        row.kind == TypeKind::Channel || row.kind == TypeKind::Task)
      note_type(TypeId(row.a), pos, depth + 1);
    for (uint32_t i = 0; i < row.arg_count; ++i) note_type(p->types.args(id)[i], pos, depth + 1);
  }
  void type_params(std::span<const TypeParamId> params, uint32_t pos) {
    out.u32(static_cast<uint32_t>(params.size()));
    for (TypeParamId id : params) {
      const TypeParamInfo& info = p->type_params[+id];
      out.u32(info.builtin_bounds);
      out.u32(static_cast<uint32_t>(info.bounds.size()));
      for (TraitId t : info.bounds) {
        out.u32(need(sym(SymKind::Trait, +t)));
        use(sym(SymKind::Trait, +t), UseKind::Sign, pos);
      }
    }
  }
  void fields(const std::vector<FieldInfo>& list) {
    out.u32(static_cast<uint32_t>(list.size()));
    for (const FieldInfo& f : list) {
      out.text(p->names.text(f.name));
      out.u32(is_some(f.default_value));
      sign_type(f.type, f.span.lo);
    }
  }
  void sign_func(FuncId id) {
    const FuncInfo& f = p->funcs[+id];
    params_of = id;
    out.text("func");
    out.u32(static_cast<uint32_t>(p->modules[+p->decls[+f.decl].module]->profile));
    uint32_t pos = p->decls[+f.decl].name_span.lo;
    type_params(f.type_params, pos);
    out.u32(f.own_params_from | static_cast<uint32_t>(f.self) << 16 | static_cast<uint32_t>(f.origin) << 20 |
            uint32_t{f.is_blocking} << 24 | uint32_t{f.fallible} << 25 | uint32_t{f.has_body} << 26);
    if (f.origin != FuncOrigin::Janus) out.text(p->names.text(p->decls[+f.decl].name));   // what is linked by name
    out.u32(static_cast<uint32_t>(f.params.size()));
    for (const ParamInfo& param : f.params) {
      out.text(p->names.text(param.name));
      out.u32(param.is_mut | static_cast<uint32_t>(is_some(param.default_value)) << 1);
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

  void sign(Sym s) {
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
          out.u32(v.named_fields);
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
          out.u32(need(sym(SymKind::Func, +m)));
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
          out.u32(need(sym(SymKind::Trait, +i.trait)));
          use(sym(SymKind::Trait, +i.trait), UseKind::Sign, i.span.lo);
        }
        sign_type(i.self, i.span.lo);
        for (FuncId m : i.methods) out.u32(is_some(m) ? need(sym(SymKind::Func, +m)) : kNone);
        break;
      }
      case SymKind::Test: out.text("test"); break;
      case SymKind::StructImpls:
      case SymKind::EnumImpls: {
        out.text("impls");
        TypeKind kind = kind_of(s) == SymKind::StructImpls ? TypeKind::Struct : TypeKind::Enum;
        auto first = std::lower_bound(impls_of.begin(), impls_of.end(), ImplOf{kind, id, {}, {}, 0});
        for (; first != impls_of.end() && first->kind == kind && first->type == id; ++first)
          out.u32(need(sym(SymKind::Impl, first->impl)));
        break;
      }
      default: break;
    }
  }

  // Impls of traits by what they are for, in an order that does not follow the order of the sources.
  struct ImplOf {
    TypeKind kind;
    uint32_t type;
    std::string_view trait, module;
    uint32_t impl;
    bool operator<(const ImplOf& o) const {
      return std::tie(kind, type, trait, module, impl) < std::tie(o.kind, o.type, o.trait, o.module, o.impl);
    }
  };
  std::vector<ImplOf> impls_of;
  void find_impls() {
    for (uint32_t i = 0; i < p->impls.size(); ++i) {
      const ImplInfo& info = p->impls[i];
      const TypeRow& row = p->types[info.self];
      if (is_none(info.trait) || (row.kind != TypeKind::Struct && row.kind != TypeKind::Enum)) continue;
      impls_of.push_back({row.kind, row.a, p->names.text(p->decls[+p->traits[+info.trait].decl].name),
                          p->names.text(p->modules[+info.module]->path), i});
    }
    std::sort(impls_of.begin(), impls_of.end());
  }

  // ---- all together
  size_t count(SymKind kind) const {
    switch (kind) {
      case SymKind::Func: return p->funcs.size();
      case SymKind::Struct: return p->structs.size();
      case SymKind::Enum: return p->enums.size();
      case SymKind::Error: return p->errors.size();
      case SymKind::Const: return p->consts.size();
      case SymKind::Trait: return p->traits.size();
      case SymKind::Alias: return p->aliases.size();
      case SymKind::Capability: {   // by DeclId: up to the last one
        size_t end = 0;
        for (const CapabilityInfo& c : p->capabilities)
          if (is_some(c.decl)) end = std::max<size_t>(end, +c.decl + 1);
        return end;
      }
      case SymKind::Impl: return p->impls.size();
      case SymKind::Test: return p->tests.size();
      case SymKind::Module: return p->modules.size();
      case SymKind::StructImpls: return p->structs.size();
      case SymKind::EnumImpls: return p->enums.size();
      case SymKind::Count: break;
    }
    return 0;
  }
  DeclId decl_of(Sym s) const {
    uint32_t id = id_of(s);
    switch (kind_of(s)) {
      case SymKind::Func: return p->funcs[id].decl;
      case SymKind::Struct: return p->structs[id].decl;
      case SymKind::Enum: return p->enums[id].decl;
      case SymKind::Error: return p->errors[id].decl;
      case SymKind::Const: return p->consts[id].decl;
      case SymKind::Trait: return p->traits[id].decl;
      case SymKind::Alias: return p->aliases[id].decl;
      case SymKind::Capability: return p->decls[id].kind == DeclKind::Capability ? DeclId(id) : DeclId::None;
      default: return DeclId::None;
    }
  }
  ModuleId module_of(Sym s) const {
    uint32_t id = id_of(s);
    if (kind_of(s) == SymKind::Impl) return p->impls[id].module;
    if (kind_of(s) == SymKind::Test) return p->tests[id].module;
    DeclId d = decl_of(s);
    return is_some(d) ? p->decls[+d].module : ModuleId::None;
  }

  std::vector<Cid> std_cids;
  // A declaration of std is what the text of its file says under its name: std does not change while janus stays the
  // same.
  Cid std_cid(Sym s, ModuleId m) {
    if (std_cids.size() < p->modules.size()) std_cids.resize(p->modules.size());
    Cid& of_file = std_cids[+m];
    if (of_file == Cid{}) {
      const SourceFile& file = p->sources.file(p->modules[+m]->file);
      of_file = hash_of(file.text.data(), file.text.size());
    }
    out.clear();
    out.text("std");
    out.raw(of_file.data(), of_file.size());
    out.u32(static_cast<uint32_t>(kind_of(s)));
    NodeId node = kind_of(s) == SymKind::Impl   ? p->impls[id_of(s)].node
                  : kind_of(s) == SymKind::Test ? p->tests[id_of(s)].node
                                                : p->decls[+decl_of(s)].node;
    out.u32(+node);
    return hash_of(out.begin(), out.used);
  }

  void finish(const Program& program) {
    p = &program;
    uint32_t total = 0;
    for (size_t k = 0; k < static_cast<size_t>(SymKind::Count); ++k) {
      base[k] = total;
      total += static_cast<uint32_t>(count(SymKind(k)));
    }
    cids.assign(total, Cid{});
    sig_cids.assign(total, Cid{});
    recursive.assign(total, 0);
    sign_part.assign(total, kNone);
    body_part.assign(total, kNone);
    std::vector<uint8_t> done(total, 0);
    for (uint32_t i = 0; i < program.consts.size(); ++i) {
      if (is_none(program.consts[i].body) || !program.bodies[+program.consts[i].body]) continue;
      begin_part(program);
      body(*program.bodies[+program.consts[i].body]);
      add_part(sym(SymKind::Const, i), end_part());
    }
    std::vector<Sym> own;
    find_impls();
    for (size_t k = 0; k < static_cast<size_t>(SymKind::Count); ++k)
      for (uint32_t i = 0; i < count(SymKind(k)) && SymKind(k) != SymKind::Module; ++i) {
        Sym s = sym(SymKind(k), i);
        if (SymKind(k) > SymKind::Module) {
          begin_part(program);
          sign(s);
          sign_part[dense(s)] = end_part();
          own.push_back(s);
          continue;
        }
        ModuleId m = module_of(s);
        if (is_none(m)) {
          done[dense(s)] = 1;
          continue;
        }
        if (p->modules[+m]->is_std) {
          cids[dense(s)] = sig_cids[dense(s)] = std_cid(s, m);
          done[dense(s)] = 1;
          begin_part(program);   // uses are of interest there too, for what it names in its signature
          continue;
        }
        begin_part(program);
        sign(s);
        sign_part[dense(s)] = end_part();
        body_part[dense(s)] = first_part.find(s);
        own.push_back(s);
      }
    std::vector<uint8_t> all_done = done;
    solve(own, done, false);
    solve(own, all_done, true);
    for (Sym s : own) {
      const Part& part = parts[sign_part[dense(s)]];
      out.clear();
      out.raw(part.own.data(), 32);
      for (uint32_t i = 0; i < part.need_count; ++i) out.raw(cids[dense(needs[part.needs + i])].data(), 32);
      sig_cids[dense(s)] = hash_of(out.begin(), out.used);
    }
  }
  void add_part(Sym s, uint32_t part) {
    uint32_t& first = first_part[s];
    parts[part].next = first;
    first = part;
  }

  template <class F>
  void each_part(Sym s, F&& fn) const {
    fn(parts[sign_part[dense(s)]]);
    for (uint32_t i = body_part[dense(s)]; i != kNone; i = parts[i].next) fn(parts[i]);
  }
  template <class F>
  void each_need(Sym s, F&& fn) const {
    each_part(s, [&](const Part& part) {
      for (uint32_t i = 0; i < part.need_count; ++i) fn(needs[part.needs + i]);
    });
  }

  // Tarjan over what needs what, without recursion; a component is hashed when it is complete.
  // `calls`: only functions that bodies name count, and what is found is who is recursive.
  void solve(const std::vector<Sym>& own, std::vector<uint8_t>& done, bool calls) {
    std::vector<uint32_t> number(cids.size(), 0), low(cids.size(), 0);
    std::vector<Sym> open;
    struct Frame {
      Sym s;
      std::vector<Sym> needs;
      size_t next;
    };
    std::vector<Frame> stack;
    uint32_t counter = 0;
    auto enter = [&](Sym s) {
      number[dense(s)] = low[dense(s)] = ++counter;
      open.push_back(s);
      Frame frame{s, {}, 0};
      if (!calls)
        each_need(s, [&](Sym n) {
          if (!done[dense(n)]) frame.needs.push_back(n);
        });
      for (uint32_t part = calls ? body_part[dense(s)] : kNone; part != kNone; part = parts[part].next)
        for (uint32_t i = 0; i < parts[part].need_count; ++i)
          if (Sym n = needs[parts[part].needs + i]; kind_of(n) == SymKind::Func && !done[dense(n)]) {
            if (n == s) recursive[dense(s)] = 1;
            frame.needs.push_back(n);
          }
      stack.push_back(std::move(frame));
    };
    for (Sym root : own) {
      if (number[dense(root)]) continue;
      enter(root);
      while (!stack.empty()) {
        Frame& top = stack.back();
        if (top.next < top.needs.size()) {
          uint32_t n = dense(top.needs[top.next]);
          Sym s = top.needs[top.next++];
          if (done[n]) continue;
          if (!number[n]) enter(s);
          else low[dense(top.s)] = std::min(low[dense(top.s)], number[n]);
          continue;
        }
        Sym s = top.s;
        uint32_t at = dense(s);
        stack.pop_back();
        if (!stack.empty()) low[dense(stack.back().s)] = std::min(low[dense(stack.back().s)], low[at]);
        if (low[at] != number[at]) continue;
        size_t begin = open.size() - 1;
        while (open[begin] != s) --begin;
        std::span<const Sym> group(open.data() + begin, open.size() - begin);
        if (calls) {
          if (group.size() > 1)
            for (Sym member : group) recursive[dense(member)] = 1;
        } else if (group.size() == 1) single(s);
        else together(group);
        for (Sym member : group) done[dense(member)] = 1;
        open.resize(begin);
      }
    }
  }
  void single(Sym s) {
    out.clear();
    each_part(s, [&](const Part& part) {
      out.raw(part.own.data(), 32);
      for (uint32_t i = 0; i < part.need_count; ++i) {
        Sym n = needs[part.needs + i];
        if (n == s) out.text("self");
        else out.raw(cids[dense(n)].data(), 32);
      }
    });
    cids[dense(s)] = hash_of(out.begin(), out.used);
  }
  void together(std::span<const Sym> group) {
    // Inside the group cids holds the round before; it begins with what the members are without each other.
    std::vector<Cid> next(group.size());
    for (Sym s : group) cids[dense(s)] = Cid{};
    size_t kinds = 0;
    for (size_t round = 0; round <= group.size(); ++round) {
      for (size_t i = 0; i < group.size(); ++i) {
        out.clear();
        each_part(group[i], [&](const Part& part) {
          out.raw(part.own.data(), 32);
          for (uint32_t k = 0; k < part.need_count; ++k) out.raw(cids[dense(needs[part.needs + k])].data(), 32);
        });
        next[i] = hash_of(out.begin(), out.used);
      }
      for (size_t i = 0; i < group.size(); ++i) cids[dense(group[i])] = next[i];
      std::sort(next.begin(), next.end());
      size_t now = static_cast<size_t>(std::unique(next.begin(), next.end()) - next.begin());
      bool settled = round > 0 && now == kinds;
      kinds = now;
      if (settled) break;
    }
    // Members know all of each other, not only what they reach within the rounds that were needed to tell them apart.
    out.clear();
    for (size_t i = 0; i < kinds; ++i) out.raw(next[i].data(), 32);
    Cid all = hash_of(out.begin(), out.used);
    for (Sym s : group) {
      Bytes both;
      both.raw(all.data(), 32);
      both.raw(cids[dense(s)].data(), 32);
      cids[dense(s)] = hash_of(both.begin(), both.used);
    }
  }
};

Facts::Facts() : impl_(std::make_unique<Impl>()) {}
Facts::~Facts() = default;

void Facts::take(const Program& program, const BodyOwner& owner, std::span<const Body* const> group) {
  Impl& f = *impl_;
  ModuleId m = ModuleId::None;
  Sym s = 0;
  FuncId func = FuncId::None;
  std::span<const TypeParamId> params;
  switch (owner.kind) {
    case BodyOwner::Func:
    case BodyOwner::Param:
      func = FuncId(owner.id);
      m = program.decls[+program.funcs[owner.id].decl].module;
      s = sym(SymKind::Func, owner.id);
      break;
    case BodyOwner::Field:
    case BodyOwner::Variant: {
      const Decl& d = program.decls[owner.id];
      m = d.module;
      s = sym(owner.kind == BodyOwner::Field ? SymKind::Struct : SymKind::Enum, d.index);
      params =
          owner.kind == BodyOwner::Field ? program.structs[d.index].type_params : program.enums[d.index].type_params;
      break;
    }
    case BodyOwner::Test:
      m = program.tests[owner.id].module;
      s = sym(SymKind::Test, owner.id);
      break;
  }
  if (program.modules[+m]->is_std) return;
  f.begin_part(program);
  f.params_of = func;
  f.more_params = params;
  // After a mistake tables may have holes: what follows counts by its text, until the mistake is gone.
  if (program.diags.has_errors()) {
    const Module& module = *program.modules[+m];
    NodeId node = is_some(func)                   ? program.decls[+program.funcs[+func].decl].node
                  : owner.kind == BodyOwner::Test ? program.tests[owner.id].node
                                                  : program.decls[owner.id].node;
    f.out.text("text");
    f.out.u32(owner.index);
    if (is_some(node)) f.out.text(program.sources.text(module.tree.span(node)));
    f.add_part(s, f.end_part());
    return;
  }
  f.out.u32(owner.kind);
  f.out.u32(owner.kind == BodyOwner::Func || owner.kind == BodyOwner::Test ? 0 : owner.index);
  for (const Body* body : group) f.body(*body);
  // A default that a call or a literal leaves out is in the body, and stands elsewhere: it has no place here.
  if (is_some(func)) {
    Span own = program.modules[+m]->tree.span(program.decls[+program.funcs[+func].decl].node);
    for (size_t i = f.uses_begin; i < f.uses.size(); ++i)
      if (f.uses[i].pos < own.lo || f.uses[i].pos >= own.hi) f.uses[i].pos = 0;
  }
  f.add_part(s, f.end_part());
}

// ---- to and from a record

static bool to_ref(Sym s, RefKind& kind, bool& impls) {
  impls = kind_of(s) == SymKind::StructImpls || kind_of(s) == SymKind::EnumImpls;
  switch (kind_of(s)) {
    case SymKind::Func: kind = RefKind::Func; return true;
    case SymKind::Struct:
    case SymKind::StructImpls: kind = RefKind::Struct; return true;
    case SymKind::Enum:
    case SymKind::EnumImpls: kind = RefKind::Enum; return true;
    case SymKind::Error: kind = RefKind::Error; return true;
    case SymKind::Const: kind = RefKind::Const; return true;
    case SymKind::Trait: kind = RefKind::Trait; return true;
    case SymKind::Alias: kind = RefKind::Alias; return true;
    case SymKind::Impl: kind = RefKind::Impl; return true;
    default: return false;
  }
}
static void put_sym(RecordWriter& record, Sym s) {
  RefKind kind;
  bool impls;
  if (!to_ref(s, kind, impls)) {
    record.good = false;
    return;
  }
  record.number(static_cast<uint64_t>(kind) << 1 | impls);
  record.ref(kind, id_of(s));
}
static Sym take_sym(RecordReader& record) {
  uint64_t word = record.number();
  if (word >> 1 >= static_cast<uint64_t>(RefKind::Count)) {
    record.good = false;
    return 0;
  }
  RefKind kind = static_cast<RefKind>(word >> 1);
  uint32_t id = record.ref(kind);
  static constexpr SymKind kKinds[] = {SymKind::Func,  SymKind::Struct, SymKind::Enum,  SymKind::Error,
                                       SymKind::Const, SymKind::Trait,  SymKind::Alias, SymKind::Impl};
  SymKind found = kKinds[word >> 1];
  if (word & 1) found = kind == RefKind::Struct ? SymKind::StructImpls : SymKind::EnumImpls;
  return sym(found, id);
}

void Facts::save(FuncId func, uint32_t begin, RecordWriter& record) const {
  const Impl& f = *impl_;
  std::vector<uint32_t> parts;
  for (uint32_t i = f.first_part.find(sym(SymKind::Func, +func)); i != kNone; i = f.parts[i].next) parts.push_back(i);
  record.number(parts.size());
  for (size_t k = parts.size(); k-- > 0;) {
    const Part& part = f.parts[parts[k]];
    record.bytes(part.own.data(), part.own.size());
    record.number(part.need_count);
    for (uint32_t i = 0; i < part.need_count; ++i) put_sym(record, f.needs[part.needs + i]);
    record.number(part.use_count);
    uint32_t pos = begin;
    for (uint32_t i = 0; i < part.use_count; ++i) {
      const Use& u = f.uses[part.uses + i];
      put_sym(record, u.to);
      record.number(uint64_t{u.member == kNoMember ? 0u : u.member + 1u} << 4 | uint64_t{u.pos == 0} << 3 |
                    static_cast<uint64_t>(u.kind));
      if (u.pos == 0) continue;
      record.difference(int64_t{u.pos} - pos);
      pos = u.pos;
    }
  }
}

bool Facts::load(const Program& program, FuncId func, uint32_t begin, RecordReader& record) {
  Impl& f = *impl_;
  f.p = &program;
  size_t parts = f.parts.size(), needs = f.needs.size(), uses = f.uses.size();
  size_t count = record.count();
  for (size_t k = 0; k < count && record.good; ++k) {
    Part part;
    std::string_view own = record.bytes(part.own.size());
    if (own.empty()) break;
    std::copy(own.begin(), own.end(), reinterpret_cast<char*>(part.own.data()));
    part.needs = static_cast<uint32_t>(f.needs.size());
    part.need_count = static_cast<uint32_t>(record.count());
    for (uint32_t i = 0; i < part.need_count && record.good; ++i) f.needs.push_back(take_sym(record));
    part.uses = static_cast<uint32_t>(f.uses.size());
    part.use_count = static_cast<uint32_t>(record.count());
    uint32_t pos = begin;
    for (uint32_t i = 0; i < part.use_count && record.good; ++i) {
      Sym to = take_sym(record);
      uint64_t word = record.number();
      bool elsewhere = word >> 3 & 1;
      if (!elsewhere) pos = static_cast<uint32_t>(pos + record.difference());
      f.uses.push_back({to, word >> 4 ? static_cast<uint16_t>((word >> 4) - 1) : kNoMember,
                        static_cast<UseKind>(word & 7), elsewhere ? 0 : pos});
    }
    f.parts.push_back(part);
  }
  if (!record.good || !record.rest().empty()) {
    f.parts.resize(parts);
    f.needs.resize(needs);
    f.uses.resize(uses);
    return false;
  }
  for (size_t k = parts; k < f.parts.size(); ++k) f.add_part(sym(SymKind::Func, +func), static_cast<uint32_t>(k));
  return true;
}

void Facts::finish(Program& program) { impl_->finish(program); }
const Cid& Facts::cid(Sym s) const { return impl_->cids[impl_->dense(s)]; }
const Cid& Facts::sig_cid(Sym s) const { return impl_->sig_cids[impl_->dense(s)]; }
bool Facts::is_recursive(Sym s) const { return impl_->recursive[impl_->dense(s)]; }

std::span<const Use> Facts::next_uses(Sym s, uint32_t& part) const {
  const Impl& f = *impl_;
  uint32_t at = f.dense(s);
  bool first = part == kFirst && f.sign_part[at] != kNone;
  if (part == kFirst) part = first ? f.sign_part[at] : f.body_part[at];
  if (part == kNone) return {};
  const Part& p = f.parts[part];
  part = first ? f.body_part[at] : p.next;
  return std::span(f.uses).subspan(p.uses, p.use_count);
}

Cid member_cid(const Cid& parent, std::string_view what, uint32_t index) {
  Bytes out;
  out.text(what);
  out.raw(parent.data(), 32);
  out.u32(index);
  return hash_of(out.begin(), out.used);
}

std::string cid_text(const Cid& cid) {
  std::string text = "blake3:";
  for (uint8_t byte : cid) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

bool parse_cid(std::string_view text, Cid& cid) {
  if (text.starts_with("blake3:")) text.remove_prefix(7);
  if (text.size() != 64) return false;
  for (size_t i = 0; i < 64; ++i) {
    char c = text[i];
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1;
    if (v < 0) return false;
    cid[i / 2] = static_cast<uint8_t>(i % 2 ? cid[i / 2] | v : v << 4);
  }
  return true;
}

}   // namespace janus
