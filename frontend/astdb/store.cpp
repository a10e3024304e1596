// store.cpp: a checked program to rows: files, declarations, refs, effects, tests, diagnostics; renames noticed.
// Depends on sqlite.h, describe.h, effects.h, diag_json.h, LLVM's BLAKE3 and xxHash.
// SPDX-License-Identifier: Apache-2.0
//
// A file's rows are written when their digest is not what it was; the rest of the database is not touched, nor read.
// Declarations keep their ids: those of a changed file are matched to the rows that were there by kind and path, then
// by CID, which is a rename.
#include <algorithm>
#include <bit>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <unordered_map>

#include "frontend/astdb/bulk.h"
#include "frontend/astdb/describe.h"
#include "frontend/astdb/sqlite.h"
#include "frontend/content_hash.h"
#include "frontend/diag_json.h"
#include "frontend/effects.h"
#include "frontend/flat_map.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/xxhash.h"

namespace janus {
namespace {

Cid hash_bytes(std::string_view bytes) {
  auto digest = llvm::BLAKE3::hash<32>(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  Cid cid;
  std::copy(digest.begin(), digest.end(), cid.begin());
  return cid;
}

void number(std::string& out, int64_t n) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

// Everything of a row, so that two rows with the same bytes are the same row.
struct Digest {
  std::string bytes;
  Digest& add(int64_t n) {
    bytes.append(reinterpret_cast<const char*>(&n), 8);
    return *this;
  }
  Digest& add(std::string_view t) {
    add(static_cast<int64_t>(t.size()));
    bytes += t;
    return *this;
  }
  Digest& add(const Cid& c) {
    bytes.append(reinterpret_cast<const char*>(c.data()), c.size());
    return *this;
  }
};

struct OldFile {
  RowId id;
  Cid hash;
  std::vector<uint32_t> ordinals;
  std::string digests;
  bool seen = false;
};
struct OldDecl {
  uint32_t ordinal;
  std::string kind, path;
  Cid cid;
  bool taken = false;
};

struct FileWork {
  ModuleId module;
  RowId id = 0;
  bool known = false;                   // the file was there before
  bool same_text = false;
  Cid hash{};                           // of the text
  std::vector<ItemHead> items;
  std::vector<uint32_t> ordinals;       // by item
  OldFile* old = nullptr;
};

}  // namespace

struct Storing {
  AstDb& db;
  Program& p;
  const Facts& facts;
  const RunInfo& run;
  const std::function<void()>& ready;
  StoreResult result = {};
  std::map<std::string, OldFile, std::less<>> old_files = {};
  std::vector<FileWork> files = {};
  std::vector<std::vector<RowId>> member_rows = {};   // by kind of Sym; index: id
  FlatMap inner_numbers = {};                         // Sym << 16 | member -> index in the two below
  std::vector<RowId> inner_rows = {};
  std::vector<uint8_t> inner_used = {};
  std::vector<uint8_t> used[static_cast<size_t>(SymKind::Count)] = {};
  struct Renamed {
    Cid cid;
    std::string from, to;
  };
  std::vector<Renamed> renames = {};
  std::vector<OldDecl> gone = {};   // declarations that are there no more
  struct New {
    Cid cid;
    std::string kind, path;
  };
  std::vector<New> fresh = {};
  Describer describer{p};
  bool ok = true;

  std::string path_of(const SourceFile& file) const {
    if (file.is_std || run.folder.empty() || run.folder == ".") return file.path;
    std::string prefix = run.folder + "/";
    return file.path.starts_with(prefix) ? file.path.substr(prefix.size()) : file.path;
  }
  Cid cid_of(const ItemHead& item) const {
    if (kind_of(item.symbol) == SymKind::Module) {
      const Module& m = *p.modules[id_of(item.symbol)];
      return hash_bytes(std::string("module ") + std::string(p.names.text(m.path)));
    }
    const Cid& own = facts.cid(item.symbol);
    return item.member == kNoMember ? own : member_cid(own, item.kind, item.member);
  }
  bool has_sig(const ItemHead& item) const {
    return item.member == kNoMember && kind_of(item.symbol) != SymKind::Module;
  }

  void set_row(const ItemHead& item, RowId id) {
    if (item.member != kNoMember) {
      inner_numbers[uint64_t(item.symbol) << 16 | item.member] = static_cast<uint32_t>(inner_rows.size());
      inner_rows.push_back(id);
      inner_used.push_back(0);
      return;
    }
    auto& rows = member_rows[static_cast<size_t>(kind_of(item.symbol))];
    if (rows.size() <= id_of(item.symbol)) rows.resize(id_of(item.symbol) + 1, 0);
    rows[id_of(item.symbol)] = id;
  }
  RowId row_of(Sym s, uint16_t member = kNoMember) const {
    if (member != kNoMember) {
      uint32_t found = inner_numbers.find(uint64_t(s) << 16 | member);
      if (found != FlatMap::None) return inner_rows[found];
    }
    const auto& rows = member_rows[static_cast<size_t>(kind_of(s))];
    return id_of(s) < rows.size() ? rows[id_of(s)] : 0;
  }

  // ---- what was there
  void read_old() {
    sqlite3_stmt* s = nullptr;
    sqlite3_prepare_v2(db.db_, "SELECT id, path, hash, decls, digests FROM file", -1, &s, nullptr);
    {
      Statement rows(s);
      while (rows.row()) {
        OldFile file{rows.integer(0), rows.cid(2), {}, std::string(rows.bytes(4))};
        std::string_view blob = rows.bytes(3);
        file.ordinals.resize(blob.size() / 4);
        std::memcpy(file.ordinals.data(), blob.data(), file.ordinals.size() * 4);
        old_files[std::string(rows.text(1))] = std::move(file);
      }
      ok &= rows.code() == SQLITE_DONE;
    }
    sqlite3_finalize(s);
  }

  std::vector<OldDecl> old_decls(RowId file) {
    std::vector<OldDecl> rows;
    Statement s(db.prepare(kOldDecls, "SELECT id, kind, path, cid FROM decl WHERE id >= ? AND id < ? ORDER BY id"));
    s.bind(1, file << kFileShift).bind(2, (file + 1) << kFileShift);
    while (s.row())
      rows.push_back({static_cast<uint32_t>(s.integer(0) & ((1 << kFileShift) - 1)), std::string(s.text(1)),
                      std::string(s.text(2)), s.cid(3)});
    ok &= s.code() == SQLITE_DONE;
    return rows;
  }

  // ---- ids
  void number_files() {
    std::unordered_map<std::string_view, const std::string*> answers;
    for (const InputRow& i : run.inputs)
      if (i.kind == 'R') answers[i.path] = &i.answer;
    RowId next = 1;
    for (auto& [path, file] : old_files) next = std::max(next, file.id + 1);
    for (size_t m = 0; m < p.modules.size(); ++m) {
      if (is_none(p.modules[m]->file)) continue;
      const SourceFile& source = p.sources.file(p.modules[m]->file);
      FileWork work;
      work.module = ModuleId(m);
      auto asked = answers.find(source.path);
      if (asked == answers.end() || !parse_cid(*asked->second, work.hash)) work.hash = hash_bytes(source.text);
      auto found = old_files.find(path_of(source));
      if (found != old_files.end() && !found->second.seen) {
        work.known = true;
        work.old = &found->second;
        work.old->seen = true;
        work.id = found->second.id;
        work.same_text = found->second.hash == work.hash;
      } else {
        work.id = next++;
      }
      files.push_back(std::move(work));
    }
  }

  void number_decls(FileWork& f) {
    // Names decide only where there were declarations before.
    bool all_new = old_files.empty();
    Items described = describer.items(f.module, f.same_text || all_new);
    f.same_text &=
        f.known && f.old->ordinals.size() == described.list.size();   // else another janus sees other things in it
    if (!f.same_text && !all_new) described = describer.items(f.module);
    const std::vector<Item>& items = described.list;
    f.items.assign(items.begin(), items.end());
    if (f.same_text) {
      f.ordinals = f.old->ordinals;
    } else if (all_new) {
      f.ordinals.resize(items.size());
      std::iota(f.ordinals.begin(), f.ordinals.end(), 1u);
    } else {
      f.ordinals.assign(items.size(), 0);
      std::vector<OldDecl> old;
      if (f.known) old = old_decls(f.id);
      uint32_t next = 1;
      std::map<std::pair<std::string_view, std::string_view>, std::vector<OldDecl*>> by_path;
      for (OldDecl& o : old) {
        next = std::max(next, o.ordinal + 1);
        by_path[{o.kind, o.path}].push_back(&o);
      }
      std::vector<uint8_t> matched(items.size(), 0);
      for (size_t i = 0; i < items.size() && !by_path.empty(); ++i) {
        auto found = by_path.find({items[i].kind, items[i].path});
        if (found == by_path.end()) continue;
        for (OldDecl* o : found->second)
          if (!o->taken) {
            o->taken = true;
            matched[i] = 1;
            f.ordinals[i] = o->ordinal;
            break;
          }
      }
      // What means the same under another name. Members follow their declaration, by kind and place.
      std::map<std::pair<Cid, std::string_view>, std::vector<OldDecl*>> by_cid;
      for (OldDecl& o : old)
        if (!o.taken) by_cid[{o.cid, o.kind}].push_back(&o);
      for (size_t i = 0; i < items.size(); ++i) {
        if (matched[i]) continue;
        Cid cid = cid_of(items[i]);
        if (auto found = by_cid.find({cid, items[i].kind}); found != by_cid.end())
          for (OldDecl* o : found->second)
            if (!o->taken) {
              o->taken = true;
              matched[i] = 1;
              f.ordinals[i] = o->ordinal;
              if (can_be_named(items[i].kind)) renames.push_back({cid, o->path, std::string(items[i].path)});
              break;
            }
        if (matched[i]) continue;
        f.ordinals[i] = next++;
        if (!p.modules[+f.module]->is_std) fresh.push_back({cid, items[i].kind, std::string(items[i].path)});
      }
      for (OldDecl& o : old)
        if (!o.taken) gone.push_back(std::move(o));
      if (next >= 1u << kFileShift) {   // a file edited a million times over: it gets a new number
        for (size_t i = 0; i < f.ordinals.size(); ++i) f.ordinals[i] = static_cast<uint32_t>(i + 1);
      }
    }
    for (size_t i = 0; i < f.items.size(); ++i) set_row(f.items[i], f.id << kFileShift | f.ordinals[i]);
  }
  static bool can_be_named(std::string_view kind) {
    return kind != "impl" && kind != "test" && kind != "field" && kind != "variant";
  }

  // What went from one file and came in another with the same meaning has moved.
  void find_moves() {
    std::map<std::pair<Cid, std::string_view>, std::string*> lost;
    for (OldDecl& o : gone)
      if (can_be_named(o.kind)) lost.insert({{o.cid, o.kind}, &o.path});
    for (const New& n : fresh) {
      if (!can_be_named(n.kind)) continue;
      auto found = lost.find({n.cid, n.kind});
      if (found == lost.end()) continue;
      if (*found->second != n.path) renames.push_back({n.cid, *found->second, n.path});
      lost.erase(found);
    }
  }

  void note_uses() {
    for (size_t k = 0; k < static_cast<size_t>(SymKind::Count); ++k) used[k].assign(member_rows[k].size(), 0);
    for (const FileWork& f : files) {
      if (p.modules[+f.module]->is_std) continue;
      for (const ItemHead& item : f.items) {
        if (item.member != kNoMember || kind_of(item.symbol) == SymKind::Module) continue;
        // An impl does not use its own methods, nor a trait its own.
        SymKind kind = kind_of(item.symbol);
        facts.each_use(item.symbol, [&](const Use& u) {
          if (u.to == item.symbol) return;
          if (kind == SymKind::Impl && u.kind != UseKind::Sign) return;
          auto& flags = used[static_cast<size_t>(kind_of(u.to))];
          if (id_of(u.to) < flags.size()) flags[id_of(u.to)] = 1;
          if (u.member == kNoMember) return;
          if (uint32_t n = inner_numbers.find(uint64_t(u.to) << 16 | u.member); n != FlatMap::None) inner_used[n] = 1;
        });
      }
      note_consts_of_heads(*p.modules[+f.module]);
    }
  }
  // Constants that other constants and types name (`const B = A + 1`, `[LEN]i64`): no body says so, the tree does.
  void note_consts_of_heads(const Module& m) {
    auto& flags = used[static_cast<size_t>(SymKind::Const)];
    FlatMap unused;   // by name
    bool any = false;
    for (DeclId id : m.decls) {
      const Decl& d = p.decls[+id];
      if (d.kind != DeclKind::Const || d.is_pub || d.index >= flags.size() || flags[d.index]) continue;
      unused[+d.name] = d.index;
      any = true;
    }
    if (!any) return;
    for (const Node& n : m.tree.nodes)
      if (n.kind == NodeKind::Ident && n.a != 0xffffffffu)
        if (uint32_t index = unused.find(n.a); index != FlatMap::None) flags[index] = 1;
  }

  // ---- effects
  std::vector<std::pair<uint32_t, uint32_t>> calls_of = {};   // by node: range in graph.calls
  std::vector<uint64_t> own_of = {};
  void index_effects() {
    if (!p.effect_graph) return;
    const EffectGraph& g = *p.effect_graph;
    size_t nodes = g.first_extra + g.extras.size();
    nodes = std::max(nodes, p.funcs.size());
    calls_of.assign(nodes, {0, 0});
    own_of.assign(nodes, 0);
    for (uint32_t i = 0; i < g.calls.size(); ++i) {
      auto& range = calls_of[g.calls[i].from];
      if (range.second == i && range.second > range.first) range.second = i + 1;
      else if (range.second == range.first) range = {i, i + 1};
    }
    for (const EffectGraph::Own& o : g.own) own_of[o.node] |= uint64_t(1) << o.bit;
  }
  uint64_t effects_of_node(uint32_t node) const {
    const EffectGraph& g = *p.effect_graph;
    return node < g.first_extra ? p.funcs[node].effects : g.extra_effects[node - g.first_extra];
  }
  // The function that `node` calls for this effect; None: it does it by itself.
  FuncId via(uint32_t node, uint64_t bit, uint32_t self, int depth) const {
    if (own_of[node] & bit) return FuncId::None;
    const EffectGraph& g = *p.effect_graph;
    for (uint32_t i = calls_of[node].first; i < calls_of[node].second; ++i) {
      const EffectGraph::Call& c = g.calls[i];
      if (c.to == self || !(effects_of_node(c.to) & bit) || (c.task && bit == kMaySuspend)) continue;
      if (c.to < g.first_extra) return FuncId(c.to);
      if (depth < 8) return via(c.to, bit, self, depth + 1);
    }
    return FuncId::None;
  }
  void effect(std::string& out, std::string_view kind, std::string_view name, RowId via_row) {
    out += out.size() > 1 ? ",[" : "[";
    out += kind;
    if (!name.empty()) {
      out += ",\"";
      out += name;
      out += '"';
    } else if (via_row) out += ",null";
    if (via_row) {
      out += ',';
      number(out, via_row - own_row);
    }
    out += ']';
  }
  RowId own_row = 0;   // of the function whose effects are written
  void effects_json(RowId own, uint32_t node, uint64_t bits, ErrorSetId errors, std::string& out) {
    own_row = own;
    out = "[";
    for (uint32_t bit = 0; bit < 64 && bits >> bit; ++bit) {
      if (!(bits >> bit & 1)) continue;
      RowId through = 0;
      if (!calls_of.empty())
        if (FuncId f = via(node, uint64_t(1) << bit, node, 0); is_some(f)) through = row_of(sym(SymKind::Func, +f));
      if (bit < 7) effect(out, std::string_view("0123456").substr(bit, 1), {}, through);
      else if (bit >= kFirstCapability && bit - kFirstCapability < p.capabilities.size())
        effect(out, "\"requires\"", p.names.text(p.capabilities[bit - kFirstCapability].name), through);
    }
    if (is_some(errors))
      for (TagId t : p.error_sets[+errors].tags) effect(out, "\"fails_with\"", p.tags[+t].full_name, 0);
    out += ']';
  }

  // ---- what a row says besides texts and places
  struct Facet {
    uint64_t effects = 0;
    uint32_t traits = 0, node = 0xffffffffu;
    ErrorSetId errors = ErrorSetId::None;
  };
  Facet facet_of(const ItemHead& item, bool is_std) const {
    Facet r;
    SymKind kind = kind_of(item.symbol);
    uint32_t id = id_of(item.symbol);
    if (item.member != kNoMember) {
      if (uint32_t n = inner_numbers.find(uint64_t(item.symbol) << 16 | item.member);
          !is_std && n != FlatMap::None && inner_used[n])
        r.traits |= kDeclUsed;
      return r;
    }
    if (kind == SymKind::Module) return r;
    if (!is_std && facts.is_recursive(item.symbol)) r.traits |= kDeclRecursive;
    if (!is_std && id < used[static_cast<size_t>(kind)].size() && used[static_cast<size_t>(kind)][id])
      r.traits |= kDeclUsed;
    switch (kind) {
      case SymKind::Func: {
        const FuncInfo& info = p.funcs[id];
        r.effects = info.effects;
        r.node = id;
        r.errors = info.fallible ? info.errors : ErrorSetId::None;
        if (info.fallible) r.traits |= kDeclCanFail;
        if (!info.type_params.empty() && (is_none(info.trait) || info.type_params.size() > 1)) r.traits |= kDeclGeneric;
        if (FuncId(id) == p.main_func) r.traits |= kDeclMain;
        if (info.origin == FuncOrigin::ExternC) r.traits |= kDeclFfi;
        if (is_some(info.trait) || (is_some(info.impl) && is_some(p.impls[+info.impl].trait)))
          r.traits |= kDeclTraitMethod;
        break;
      }
      case SymKind::Test:
        r.effects = effects_of_test(p, TestId(id));
        if (p.effect_graph && id < p.effect_graph->test_nodes.size()) r.node = p.effect_graph->test_nodes[id];
        break;
      case SymKind::Struct:
        if (!p.structs[id].type_params.empty()) r.traits |= kDeclGeneric;
        break;
      case SymKind::Enum:
        if (!p.enums[id].type_params.empty()) r.traits |= kDeclGeneric;
        break;
      default: break;
    }
    return r;
  }

  // Of all that decides a file's rows: its text, and what the rest of the program adds to it: CIDs, effects, what names
  // lead to, and how types are called that its signatures mention.
  std::vector<uint64_t> type_marks = {};
  uint64_t mark_of(TypeId type) {
    if (type_marks.size() <= +type) type_marks.resize(+type + 256, 0);
    uint64_t& mark = type_marks[+type];
    if (!mark) mark = std::hash<std::string_view>()(describer.type_name(type)) | 1;
    return mark;
  }
  std::string digest_of(const FileWork& f) {
    const Module& m = *p.modules[+f.module];
    Digest d;
    d.bytes.reserve(f.items.size() * 200);
    d.add(run.identity).add(f.hash).add(static_cast<int64_t>(m.profile)).add(p.names.text(m.path));
    auto fields = [&](const std::vector<FieldInfo>& list) {
      for (const FieldInfo& field : list) d.add(static_cast<int64_t>(mark_of(field.type)));
    };
    for (size_t i = 0; i < f.items.size(); ++i) {
      const ItemHead& item = f.items[i];
      Facet r = facet_of(item, m.is_std);
      d.add(int64_t{f.ordinals[i]}).add(static_cast<int64_t>(r.effects)).add(int64_t{r.traits});
      if (item.member != kNoMember || kind_of(item.symbol) == SymKind::Module) continue;
      d.add(facts.cid(item.symbol)).add(facts.sig_cid(item.symbol));
      uint32_t id = id_of(item.symbol);
      switch (kind_of(item.symbol)) {
        case SymKind::Func:
          for (const ParamInfo& param : p.funcs[id].params) d.add(static_cast<int64_t>(mark_of(param.type)));
          d.add(static_cast<int64_t>(mark_of(p.funcs[id].result)));
          break;
        case SymKind::Struct: fields(p.structs[id].fields); break;
        case SymKind::Enum:
          for (const VariantInfo& v : p.enums[id].variants) fields(v.fields);
          break;
        case SymKind::Error:
          for (TagId t : p.errors[id].tags) fields(p.tags[+t].fields);
          break;
        case SymKind::Const: d.add(static_cast<int64_t>(mark_of(p.consts[id].type))); break;
        case SymKind::Alias: d.add(static_cast<int64_t>(mark_of(p.aliases[id].type))); break;
        case SymKind::Impl: d.add(static_cast<int64_t>(mark_of(p.impls[id].self))); break;
        default: break;
      }
      if (!m.is_std) facts.each_use(item.symbol, [&](const Use& u) { d.add(row_of(u.to, u.member)); });
      if (is_some(r.errors))
        for (TagId t : p.error_sets[+r.errors].tags) d.add(p.tags[+t].full_name);
      if (r.node == 0xffffffffu || calls_of.empty()) continue;
      for (uint64_t rest = r.effects; rest; rest &= rest - 1) {
        // Of the program's own capabilities a bit is no more than a number.
        if (size_t bit = static_cast<size_t>(std::countr_zero(rest)); bit >= kFirstCapability)
          d.add(p.names.text(p.capabilities[bit - kFirstCapability].name));
        FuncId through = via(r.node, rest & -rest, r.node, 0);
        d.add(is_some(through) ? row_of(sym(SymKind::Func, +through)) : 0);
      }
    }
    // Only told from the one before: no content id, so the fastest hash will do.
    llvm::XXH128_hash_t h =
        llvm::xxh3_128bits(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(d.bytes.data()), d.bytes.size()));
    return std::string(reinterpret_cast<const char*>(&h), sizeof h);
  }

  // ---- rows of one file: made by one thread, written by another
  struct Row {
    RowId id, parent;
    Cid cid, sig;
    uint64_t effects;
    uint32_t traits, lo, hi, line, col, lines;
    std::string_view refs, effect_rows;   // in Rows::items.texts
  };
  struct Rows {
    FileWork* file = nullptr;
    Items items;
    std::vector<Row> rows;
    int64_t lines = 0;
    std::string path, digests;
  };
  // False: all is as it was.
  bool make_rows(FileWork& f, Rows& made) {
    const Module& m = *p.modules[+f.module];
    const SourceFile& source = p.sources.file(m.file);
    if (!m.is_std) result.files++;
    std::string digest = digest_of(f);
    if (f.same_text && f.old->digests == digest) {
      if (!m.is_std) result.files_same++;
      return false;
    }
    made.items = describer.items(f.module);
    result.files_written++;
    result.changed.push_back(f.module);
    uint32_t end_line = p.sources.line_col(source.base + static_cast<uint32_t>(source.text.size()))
                            .line;   // makes the table of lines too
    const std::vector<uint32_t>& starts = source.line_starts;
    auto line_of = [&](uint32_t offset) {
      return static_cast<uint32_t>(std::upper_bound(starts.begin(), starts.end(), offset) - starts.begin());
    };
    auto is_line_of = [&](uint32_t line, uint32_t offset) {
      return starts[line - 1] <= offset && (line == starts.size() || offset < starts[line]);
    };
    std::vector<Row>& rows = made.rows;
    rows.resize(f.items.size());
    std::string refs, effects;
    for (size_t i = 0; i < made.items.list.size(); ++i) {
      const Item& item = made.items.list[i];
      Row& r = rows[i];
      r.id = f.id << kFileShift | f.ordinals[i];
      r.parent = item.parent == kNoItem ? 0 : f.id << kFileShift | f.ordinals[item.parent];
      r.cid = cid_of(item);
      if (has_sig(item)) r.sig = facts.sig_cid(item.symbol);
      r.lo = item.span.lo - std::min(item.span.lo, source.base);
      r.hi = item.span.hi - std::min(item.span.hi, source.base);
      uint32_t at = item.name_span.lo - std::min(item.name_span.lo, source.base);
      r.line = line_of(at);
      r.col = at - starts[r.line - 1] + 1;
      uint32_t first_line = line_of(r.lo);
      r.lines = (r.hi > r.lo ? line_of(r.hi - 1) : first_line) - first_line + 1;
      Facet facet = facet_of(item, m.is_std);
      r.effects = facet.effects;
      r.traits = facet.traits;
      if (item.member == kNoMember && kind_of(item.symbol) != SymKind::Module) {
        uint32_t line = r.line;   // uses follow each other closely
        refs = "[";
        if (!m.is_std)
          facts.each_use(item.symbol, [&](const Use& u) {
            RowId to = row_of(u.to, u.member);
            if (!to) return;
            uint32_t pos = u.pos >= source.base && u.pos < source.base + source.text.size() ? u.pos - source.base : at;
            if (!is_line_of(line, pos) && (line == starts.size() || !is_line_of(++line, pos))) line = line_of(pos);
            char text[80];
            char* at = text;
            if (refs.size() > 1) *at++ = ',';
            *at++ = '[';
            at = std::to_chars(at, at + 24, to - r.id).ptr;
            *at++ = ',';
            *at++ = static_cast<char>('1' + static_cast<int>(u.kind));
            *at++ = ',';
            at = std::to_chars(at, at + 24, int64_t{line} - r.line).ptr;
            *at++ = ',';
            at = std::to_chars(at, at + 24, pos - starts[line - 1] + 1).ptr;
            *at++ = ']';
            refs.append(text, at);
          });
        refs += ']';
        effects = "[]";
        if (facet.node != 0xffffffffu) effects_json(r.id, facet.node, r.effects, facet.errors, effects);
        if (refs.size() > 2 || effects.size() > 2)
          r.refs = made.items.keep(refs), r.effect_rows = made.items.keep(effects);
      }
    }
    made.file = &f;
    made.lines = end_line;
    made.path = path_of(source);
    made.digests = std::move(digest);
    return true;
  }

  void write_rows(const Rows& made) {
    const FileWork& f = *made.file;
    const std::vector<Row>& rows = made.rows;
    const Module& m = *p.modules[+f.module];
    RowId first = f.id << kFileShift, end = (f.id + 1) << kFileShift;
    std::string_view profile = profile_name(m.profile), module_path = p.names.text(m.path);
    std::string prefix = f.module == p.main_module ? std::string() : std::string(module_path) + ".";
    Statement file(db.prepare(kPutFile, "INSERT OR REPLACE INTO file VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    ok &= file.bind(1, f.id)
              .bind(2, made.path)
              .bind(3, module_path)
              .bind(4, std::string_view(prefix))
              .blob(5, f.hash)
              .bind(6, profile)
              .bind(7, made.lines)
              .bind(8, int64_t{m.is_std})
              .blob(9, f.ordinals.data(), f.ordinals.size() * 4)
              .blob(10, made.digests.data(), made.digests.size())
              .run();
    {
      if (f.known)
        ok &= Statement(db.prepare(kDropDecls, "DELETE FROM item WHERE id >= ? AND id < ?"))
                  .bind(1, first)
                  .bind(2, end)
                  .run();
      ok &= db.insert_rows(kPutDecl, "item", 18, rows.size(), [&](RowCells& s, size_t i) {
        const Item& item = made.items.list[i];
        const Row& r = rows[i];
        s.bind(1, r.id)
            .blob(2, r.cid)
            .blob(3, r.sig.data(), has_sig(item) ? r.sig.size() : 0)
            .row_or_null(4, r.parent)
            .bind(5, item.kind)
            .bind(6, item.name);
        std::string_view inner = item.path.substr(std::min(prefix.size(), item.path.size()));
        if (inner == item.name || std::string_view(item.kind) == "module") s.null(7);
        else s.bind(7, inner);
        s.bind(8, int64_t{item.is_pub}).bind(9, item.signature);
        if (item.type_json.empty()) s.null(10);
        else s.bind(10, item.type_json);
        if (item.shape) s.bind(11, item.shape);
        else s.null(11);
        s.bind(12, static_cast<int64_t>(r.effects))
            .bind(13, int64_t{r.traits})
            .bind(14, int64_t{r.lo})
            .bind(15, int64_t{r.hi})
            .bind(16, int64_t{r.line})
            .bind(17, int64_t{r.col})
            .bind(18, int64_t{r.lines});
      });
      put_tests(made, first, end);
    }
    {
      if (f.known)
        ok &= Statement(db.prepare(kDropFacts, "DELETE FROM fact WHERE decl >= ? AND decl < ?"))
                  .bind(1, first)
                  .bind(2, end)
                  .run();
      std::vector<const Row*> facts_of;
      for (const Row& r : rows)
        if (!r.refs.empty()) facts_of.push_back(&r);
      ok &= db.insert_rows(kPutFact, "fact", 3, facts_of.size(), [&](RowCells& s, size_t i) {
        s.bind(1, facts_of[i]->id).bind(2, facts_of[i]->effect_rows).bind(3, facts_of[i]->refs);
      });
    }
  }

  void put_tests(const Rows& made, RowId first, RowId end) {
    const FileWork& f = *made.file;
    const std::vector<Row>& rows = made.rows;
    bool any = false;
    for (const Item& item : made.items.list) any |= kind_of(item.symbol) == SymKind::Test;
    if (!any && !f.known) return;
    // A result stays known as long as the test means the same.
    struct Known {
      Cid cid;
      std::string result;
      int64_t ms;
    };
    std::map<RowId, Known> known;
    {
      Statement s(db.prepare(
          kOldTests,
          "SELECT id, cid, last_result, last_ms FROM test WHERE id >= ? AND id < ? AND last_result IS NOT NULL"));
      s.bind(1, first).bind(2, end);
      while (s.row()) known[s.integer(0)] = {s.cid(1), std::string(s.text(2)), s.integer(3)};
    }
    ok &= Statement(db.prepare(kDropTests, "DELETE FROM test WHERE id >= ? AND id < ?"))
              .bind(1, first)
              .bind(2, end)
              .run();
    for (size_t i = 0; i < made.items.list.size() && ok; ++i) {
      if (kind_of(made.items.list[i].symbol) != SymKind::Test) continue;
      Statement s(db.prepare(kPutTest, "INSERT INTO test VALUES(?, ?, ?, ?, ?, ?)"));
      s.bind(1, rows[i].id).bind(2, rows[i].id).bind(3, made.items.list[i].name).blob(4, rows[i].cid);
      auto was = known.find(rows[i].id);
      if (was != known.end() && was->second.cid == rows[i].cid) s.bind(5, was->second.result).bind(6, was->second.ms);
      else s.null(5).null(6);
      ok &= s.run();
    }
  }

  // SQLite works beside the making of rows. Only the writer touches the database meanwhile, and only it touches `ok`.
  void put_files() {
    if (files.size() < 8) {
      for (FileWork& f : files)
        if (Rows rows; make_rows(f, rows)) write_rows(rows);
      return;
    }
    std::mutex mutex;
    std::condition_variable changed, taken;
    constexpr size_t kAhead = 2;   // batches that wait to be written; more would only fill memory
    constexpr size_t kBatch = 250;   // rows; to hand over each file by itself costs where there is one processor
    using Batch = std::vector<Rows>;
    std::deque<Batch> queue;
    bool all_made = false;
    std::thread writer([&] {
      std::unique_lock lock(mutex);
      while (true) {
        changed.wait(lock, [&] { return all_made || !queue.empty(); });
        if (queue.empty()) return;
        Batch batch = std::move(queue.front());
        queue.pop_front();
        lock.unlock();
        taken.notify_one();
        for (const Rows& rows : batch) write_rows(rows);
        batch.clear();
        lock.lock();
      }
    });
    Batch batch;
    size_t rows_of_batch = 0;
    auto hand_over = [&] {
      {
        std::unique_lock lock(mutex);
        taken.wait(lock, [&] { return queue.size() < kAhead; });
        queue.push_back(std::move(batch));
      }
      changed.notify_one();
      batch.clear();
      rows_of_batch = 0;
    };
    for (FileWork& f : files) {
      Rows rows;
      if (!make_rows(f, rows)) continue;
      rows_of_batch += rows.rows.size();
      batch.push_back(std::move(rows));
      if (rows_of_batch >= kBatch) hand_over();
    }
    if (!batch.empty()) hand_over();
    {
      std::lock_guard lock(mutex);
      all_made = true;
    }
    changed.notify_one();
    writer.join();
  }

  void drop_files() {
    for (auto& [path, file] : old_files) {
      if (file.seen) continue;
      for (OldDecl& o : old_decls(file.id)) gone.push_back(std::move(o));
    }
  }
  void drop_rows() {
    for (auto& [path, file] : old_files) {
      if (file.seen) continue;
      RowId first = file.id << kFileShift, end = (file.id + 1) << kFileShift;
      std::string range = " >= " + std::to_string(first) + " AND ", last = " < " + std::to_string(end) + ";";
      std::string sql;
      for (const char* table :
           {"item WHERE id", "fact WHERE decl", "doc WHERE decl", "doc_tag WHERE decl", "test WHERE id"}) {
        std::string column = std::string(table).substr(std::string(table).rfind(' ') + 1);
        sql += std::string("DELETE FROM ") + table + range + column + last;
      }
      sql += "DELETE FROM doctest WHERE id >= " + std::to_string(first * 256) + " AND id < " +
             std::to_string(end * 256) + ";";
      sql += "DELETE FROM file WHERE id = " + std::to_string(file.id) + ";";
      ok &= db.exec(sql.c_str());
      db.set_meta("fts_stale", "1");
    }
  }

  void put_renames() {
    // Half-written sources lose names that will be back.
    if (p.diags.has_errors() || had_errors) return;
    int64_t now = static_cast<int64_t>(std::time(nullptr));
    for (const Renamed& r : renames) {
      if (r.from == r.to) continue;
      Statement s(db.prepare(kPutRename, "INSERT OR REPLACE INTO name_history VALUES(?, ?, ?, ?)"));
      ok &= s.blob(1, r.cid).bind(2, r.from).bind(3, r.to).bind(4, now).run();
    }
  }

  void put_run() {
    ok &= db.exec("DELETE FROM input; DELETE FROM report; DELETE FROM diagnostic");
    sqlite3_stmt* put = db.prepare(kPutInput, "INSERT INTO input(kind, path, answer, stamp) VALUES(?, ?, ?, ?)");
    for (const InputRow& i : run.inputs) {
      Statement s(put);
      ok &= s.bind(1, std::string_view(&i.kind, 1)).bind(2, i.path).bind(3, i.answer).bind(4, i.stamp).run();
    }
    for (auto [form, text] : {std::pair("plain", &run.plain), {"color", &run.color}, {"json", &run.json}}) {
      if (text->empty()) continue;
      Statement s(db.prepare(kPutReport, "INSERT INTO report VALUES(?, ?)"));
      ok &= s.bind(1, form).bind(2, *text).run();
    }
    put = db.prepare(
        kPutDiagnostic,
        "INSERT INTO diagnostic(file, code, severity, line, col, message, json) VALUES(?, ?, ?, ?, ?, ?, ?)");
    for (const Diagnostic* d : p.diags.all()) {
      RowId file = 0;
      LineCol at{};
      if (!d->span.is_none()) {
        FileId id = p.sources.find(d->span.lo);
        at = p.sources.line_col(d->span.lo);
        for (const FileWork& f : files)
          if (p.modules[+f.module]->file == id) file = f.id;
      }
      std::string json = diag_to_json(p.sources, *d);
      const DiagInfo& info = diag_info(d->kind);
      Statement s(put);
      s.row_or_null(1, file)
          .bind(2, info.code)
          .bind(3, info.severity() == Severity::Error ? "error" : "warning")
          .bind(4, int64_t{at.line})
          .bind(5, int64_t{at.col})
          .bind(6, d->message)
          .bind(7, json);
      ok &= s.run();
    }
    db.set_meta("run_key", run.key);
    db.set_meta("run_counts",
                std::to_string(run.errors) + " " + std::to_string(run.warnings) + " " + std::to_string(run.files));
  }

  bool had_errors = false;
  void all() {
    had_errors = !db.meta("run_key").empty() && !db.meta("run_counts").starts_with("0 ");
    member_rows.resize(static_cast<size_t>(SymKind::Count));
    read_old();
    number_files();
    for (FileWork& f : files) number_decls(f);
    drop_files();
    find_moves();
    note_uses();
    index_effects();
    drop_rows();
    put_files();
    put_renames();
    if (ready) ready();
    put_run();
    db.file_rows_.assign(p.modules.size(), 0);
    db.decl_rows_.assign(p.decls.size(), 0);
    db.decl_cids_.assign(p.decls.size(), Cid{});
    db.member_numbers_ = {};
    db.member_rows_.clear();
    db.test_rows_.assign(p.tests.size(), 0);
    db.impl_rows_.assign(p.impls.size(), 0);
    db.impl_cids_.assign(p.impls.size(), Cid{});
    for (const FileWork& f : files) {
      db.file_rows_[+f.module] = f.id;
      for (size_t i = 0; i < f.items.size(); ++i) {
        const ItemHead& item = f.items[i];
        RowId id = f.id << kFileShift | f.ordinals[i];
        if (is_some(item.decl)) {
          db.decl_rows_[+item.decl] = id;
          db.decl_cids_[+item.decl] = cid_of(item);
        } else if (item.member != kNoMember && is_some(f.items[item.parent].decl)) {
          uint64_t key = uint64_t{+f.items[item.parent].decl} << 16 | item.member;
          db.member_numbers_[key] = static_cast<uint32_t>(db.member_rows_.size());
          db.member_rows_.push_back(id);
        }
        if (kind_of(item.symbol) == SymKind::Impl) {
          db.impl_rows_[id_of(item.symbol)] = id;
          db.impl_cids_[id_of(item.symbol)] = cid_of(item);
        }
        if (kind_of(item.symbol) == SymKind::Test) db.test_rows_[id_of(item.symbol)] = id;
        if (!p.modules[+f.module]->is_std) result.decls++;
      }
    }
    result.ok = ok;
  }
};

RowId AstDb::member_row(DeclId of, uint32_t member) const {
  uint32_t found = member > kNoMember ? FlatMap::None : member_numbers_.find(uint64_t{+of} << 16 | member);
  return found == FlatMap::None ? 0 : member_rows_[found];
}

StoreResult AstDb::store(Program& program, const Facts& facts, const RunInfo& run, const std::function<void()>& ready) {
  if (!begin()) return {};
  Storing storing{*this, program, facts, run, ready};
  storing.all();
  if (!storing.result.ok) {
    trouble_ = reason_of(db_);
    roll_back();
  }
  return std::move(storing.result);
}

}   // namespace janus
