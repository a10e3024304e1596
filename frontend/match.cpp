// match.cpp: does a `match` cover every case, and can every arm be chosen?
// Depends on check.h, hir.h.
// SPDX-License-Identifier: Apache-2.0
//
// Patterns form a matrix: a row an arm, a column a part of the value. To answer both questions at once, the first
// column that says anything is split by the constructors its patterns use (variants, ranges of numbers, null …); each
// makes a smaller matrix of the rows that can match it, and what no pattern mentions makes one more, of the rows with a
// wildcard there. A row that arrives at a matrix without open columns, before any row without guard, can be chosen; a
// matrix without rows is a missing case, and on the way back the constructors passed through spell it as a pattern.
// (Maranget, "Warnings for pattern matching"; one pass for both as in rustc since 2023.)
#include <algorithm>
#include <cstring>

#include "frontend/check.h"
#include "frontend/flat_map.h"
#include "frontend/resolve.h"

namespace janus {
namespace {

using Int128 = __int128;
constexpr uint32_t kWild = 0xffffffffu;
constexpr size_t kMaxWitnesses = 12;   // a message lists no more
constexpr size_t kMaxSteps = 2'000'000;   // patterns can be made to explode; no program of people comes near
constexpr int kMaxDepth = 2000;

struct Row {
  std::vector<uint32_t> cols;   // HirPat ids; kWild
  uint32_t arm;
  bool guarded;
  std::vector<uint32_t> alternatives;   // of `|` patterns, those this row stands for
};

// A missing case, as a pattern. `a` is a variant or tag; ranges are low..=high.
struct Witness {
  enum Kind : uint8_t { Any, Range, Variant, Struct, Null, Some, Error, Other } kind = Any;
  TypeId type = Types::Error;
  uint32_t a = 0;
  Int128 low = 0, high = 0;
  std::vector<uint32_t> parts = {};
};
using Case = std::vector<uint32_t>;   // a witness for each column

struct View {
  enum Kind : uint8_t { Wild, Int, Variant, Struct, Null, Some, Error, Literal } kind = Wild;
  Int128 low = 0, high = 0;
  uint64_t key = 0;   // Variant, Error: which; Literal: equal values have equal keys
  std::span<const uint32_t> parts = {};
  uint32_t one = kWild;   // Some
  bool compared = false;   // a const that is a struct, a tuple, an enum's value: nothing is said about its parts
};

struct Matcher {
  Program& p;
  const Body& body;
  std::vector<Witness> witnesses = {Witness{}};   // 0: anything
  std::vector<bool> arm_reached = {};
  std::vector<uint32_t> expanded = {}, reached = {};   // alternatives met, and those that can be chosen
  std::vector<bool> met = {};   // by pattern: stands in `expanded`
  size_t steps = 0;
  int depth = 0;
  bool gave_up = false;
  bool concrete = false;   // an example, not a pattern to paste

  const HirPat& pat(uint32_t id) const { return body.pats[id]; }

  // ---- what a pattern says about its column
  View view(uint32_t id) const {
    View v;
    if (id == kWild) return v;
    const HirPat& q = pat(id);
    switch (q.kind) {
      case PatKind::Wild:
      case PatKind::Bind: break;
      case PatKind::Int:
        v.kind = View::Int;
        v.low = v.high = body.ints[q.a];
        break;
      case PatKind::IntRange:
        v.kind = View::Int;
        v.low = body.ints[q.a];
        v.high = body.ints[q.b];
        break;
      case PatKind::Float:
        v.kind = View::Literal;
        v.key = float_key(body.floats[q.a]);
        break;
      case PatKind::Str:
        v.kind = View::Literal;
        v.key = q.a;
        break;
      case PatKind::Const: view_const(static_cast<ConstId>(q.a), v); break;
      case PatKind::Variant:
        v.kind = View::Variant;
        v.key = q.a;
        v.parts = body.list(q.b);
        break;
      case PatKind::Struct:
        v.kind = View::Struct;
        v.parts = body.list(q.b);
        break;
      case PatKind::Null: v.kind = View::Null; break;
      case PatKind::Some:
        v.kind = View::Some;
        v.one = q.a;
        break;
      case PatKind::Error:
        v.kind = View::Error;
        v.key = q.a;
        v.parts = body.list(q.b);
        break;
      case PatKind::Or: break;   // expanded before
    }
    return v;
  }
  static uint64_t float_key(double x) {
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return x == 0 ? 0 : bits >> 1 ^ bits << 63;   // never all ones, which the table keeps for itself
  }
  void view_const(ConstId id, View& v) const {
    v.kind = View::Literal;
    const ConstInfo& info = p.consts[+id];
    v.compared = is_none(info.body);
    if (v.compared) return;
    const Body& value = *p.bodies[+info.body];
    const HirNode& root = value[value.root];
    switch (root.kind) {
      case HirKind::Int:
        v.kind = View::Int;
        v.low = v.high = value.ints[root.a];
        break;
      case HirKind::Bool:
      case HirKind::Char:
        v.kind = View::Int;
        v.low = v.high = root.a;
        break;
      case HirKind::Float: v.key = float_key(value.floats[root.a]); break;
      case HirKind::Str: v.key = root.a; break;
      default: v.compared = true; break;
    }
  }

  // What is compared as a whole is like a guard: it may match, and nothing can be said about the rest.
  void set_column(Row& row, size_t column, uint32_t id) const {
    bool compared = view(id).compared;
    row.guarded |= compared;
    row.cols[column] = compared ? kWild : id;
  }

  // ---- the recursion
  std::vector<Case> solve(std::vector<Row>& rows, size_t columns) {
    if (++steps > kMaxSteps || depth > kMaxDepth) {
      gave_up = true;
      return {};
    }
    if (rows.empty()) return {Case(columns, 0)};
    size_t column = open_column(rows, columns);
    if (column == columns) return leaf(rows, columns);
    ++depth;
    std::vector<Case> missing = split(rows, column, columns);
    --depth;
    return missing;
  }
  bool says_nothing(uint32_t id) const {
    return id == kWild || pat(id).kind == PatKind::Wild || pat(id).kind == PatKind::Bind;
  }
  size_t open_column(const std::vector<Row>& rows, size_t columns) const {
    size_t best = columns;
    // The first row decides most, so a column that it says something about comes first.
    for (const Row& row : rows) {
      for (size_t c = 0; c < columns && c < best; ++c)
        if (!says_nothing(row.cols[c])) {
          best = c;
          break;
        }
      if (best < columns) return best;
    }
    return best;
  }
  std::vector<Case> leaf(const std::vector<Row>& rows, size_t columns) {
    for (const Row& row : rows) {
      arm_reached[row.arm] = true;
      reached.insert(reached.end(), row.alternatives.begin(), row.alternatives.end());
      if (!row.guarded) return {};
    }
    return {Case(columns, 0)};
  }

  std::vector<Case> split(std::vector<Row>& given, size_t column, size_t columns) {
    std::vector<Row> rows;
    expand(given, column, rows);
    TypeId type = Types::Error;
    View first;
    for (const Row& row : rows) {
      View v = view(row.cols[column]);
      if (v.kind == View::Wild) continue;
      first = v;
      type = pat(row.cols[column]).type;
      break;
    }
    if (first.kind == View::Int) return split_numbers(rows, column, columns, type);
    return split_groups(rows, column, columns, type, first.kind);
  }
  // `A | B` becomes two rows.
  void expand(std::vector<Row>& given, size_t column, std::vector<Row>& rows) {
    rows.reserve(given.size());
    for (Row& row : given) {
      uint32_t id = row.cols[column];
      if (id == kWild || pat(id).kind != PatKind::Or) {
        rows.push_back(std::move(row));
        continue;
      }
      std::vector<Row> inner;
      for (uint32_t alternative : body.list(pat(id).b)) {
        Row copy = row;
        set_column(copy, column, alternative);
        copy.alternatives.push_back(alternative);
        met.resize(body.pats.size());
        if (!met[alternative]) {
          met[alternative] = true;
          expanded.push_back(alternative);
        }
        inner.push_back(std::move(copy));
      }
      steps += inner.size();
      if (steps > kMaxSteps) {
        gave_up = true;
        return;
      }
      expand(inner, column, rows);   // a nested `|`; nesting is bounded by the parser
    }
  }

  // Rows of one constructor: its parts take the place of the column and stand first.
  std::vector<Case> solve_group(const std::vector<Row>& rows, const std::vector<uint32_t>& members, size_t column,
                                size_t columns, size_t arity) {
    std::vector<Row> sub;
    sub.reserve(members.size());
    for (uint32_t m : members) {
      const Row& row = rows[m];
      Row next;
      next.arm = row.arm;
      next.guarded = row.guarded;
      next.alternatives = row.alternatives;
      next.cols.reserve(arity + columns - 1);
      View v = view(row.cols[column]);
      next.cols.resize(arity);
      for (size_t i = 0; i < arity; ++i)
        set_column(next, i, v.kind == View::Some ? v.one : i < v.parts.size() ? v.parts[i] : kWild);
      for (size_t c = 0; c < columns; ++c)
        if (c != column) next.cols.push_back(row.cols[c]);
      sub.push_back(std::move(next));
    }
    steps += members.size();
    return solve(sub, arity + columns - 1);
  }
  // Puts the constructor back around the first `arity` parts of each case.
  void rebuild(std::vector<Case>& out, const std::vector<Case>& cases, size_t column, size_t arity, Witness shape) {
    for (const Case& c : cases) {
      if (out.size() >= kMaxWitnesses + 1) return;
      Witness w = shape;
      w.parts.assign(c.begin(), c.begin() + arity);
      uint32_t id = static_cast<uint32_t>(witnesses.size());
      witnesses.push_back(std::move(w));
      put(out, c, column, arity, id);
    }
  }
  static void put(std::vector<Case>& out, const Case& c, size_t column, size_t arity, uint32_t witness) {
    Case whole(c.begin() + arity, c.end());
    whole.insert(whole.begin() + column, witness);
    out.push_back(std::move(whole));
  }

  std::vector<Case> split_groups(const std::vector<Row>& rows, size_t column, size_t columns, TypeId type,
                                 View::Kind kind) {
    FlatMap group_of;
    std::vector<uint64_t> keys;
    std::vector<std::vector<uint32_t>> groups;
    std::vector<uint32_t> wild;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      View v = view(rows[i].cols[column]);
      if (v.kind == View::Wild) {
        wild.push_back(i);
        for (std::vector<uint32_t>& g : groups) g.push_back(i);
        steps += groups.size();
        continue;
      }
      uint64_t key = v.kind == View::Null ? 0 : v.kind == View::Some ? 1 : v.kind == View::Struct ? 0 : v.key;
      uint32_t& slot = group_of[key];
      if (slot == FlatMap::None) {
        slot = static_cast<uint32_t>(groups.size());
        keys.push_back(key);
        groups.push_back(wild);
      }
      groups[slot].push_back(i);
    }
    std::vector<Case> out;
    auto given = [&](uint64_t key, size_t arity, Witness shape) {
      uint32_t g = group_of.find(key);
      if (g == FlatMap::None) return false;
      rebuild(out, solve_group(rows, groups[g], column, columns, arity), column, arity, shape);
      return true;
    };
    // What no pattern names is one question for all of it.
    bool asked = false;
    std::vector<Case> rest;
    auto absent = [&](Witness shape, size_t arity) {
      if (!asked) {
        asked = true;
        rest = solve_group(rows, wild, column, columns, 0);
      }
      for (const Case& c : rest) {
        if (out.size() >= kMaxWitnesses + 1) return;
        Witness w = shape;
        w.parts.assign(arity, 0);
        witnesses.push_back(std::move(w));
        put(out, c, column, 0, static_cast<uint32_t>(witnesses.size() - 1));
      }
    };
    auto shape = [&](Witness::Kind k, uint64_t key) {
      Witness w;
      w.kind = k;
      w.type = type;
      w.a = static_cast<uint32_t>(key);
      return w;
    };

    switch (kind) {
      case View::Struct: given(0, first_parts(rows, column), shape(Witness::Struct, 0)); break;
      case View::Null:
      case View::Some:
        if (!given(0, 0, shape(Witness::Null, 0))) absent(shape(Witness::Null, 0), 0);
        if (!given(1, 1, shape(Witness::Some, 0))) absent(shape(Witness::Some, 0), 1);
        break;
      case View::Variant: {
        const std::vector<VariantInfo>& variants = p.enums[p.types[type].a].variants;
        for (size_t v = 0; v < variants.size(); ++v)
          if (!given(v, variants[v].fields.size(), shape(Witness::Variant, v)))
            absent(shape(Witness::Variant, v), variants[v].fields.size());
        break;
      }
      case View::Error: split_errors(keys, type, given, absent, shape); break;
      default:
        for (uint64_t key : keys) given(key, 0, shape(Witness::Other, key));
        absent(shape(Witness::Any, 0), 0);
        break;
    }
    return out;
  }
  size_t first_parts(const std::vector<Row>& rows, size_t column) const {
    for (const Row& row : rows)
      if (View v = view(row.cols[column]); v.kind == View::Struct) return v.parts.size();
    return 0;
  }
  template <class Given, class Absent, class Shape>
  void split_errors(const std::vector<uint64_t>& keys, TypeId type, Given& given, Absent& absent, Shape& shape) {
    ErrorSetId set =
        p.types.kind(type) == TypeKind::ErrorVal ? static_cast<ErrorSetId>(p.types[type].a) : ErrorSetId::None;
    bool open = is_none(set) || p.error_sets[+set].open, implicit = false;
    if (is_some(set)) {
      for (TagId tag : p.error_sets[+set].tags) {
        if (given(+tag, p.tags[+tag].fields.size(), shape(Witness::Error, +tag))) continue;
        if (p.tags[+tag].implicit) implicit = true;
        else absent(shape(Witness::Error, +tag), p.tags[+tag].fields.size());
      }
    }
    for (uint64_t key : keys) {
      if (is_some(set) && p.set_contains(set, static_cast<TagId>(key))) continue;
      // Cannot arrive: said by check_tags. Following it keeps its arm from being called unreachable a second time.
      given(key, p.tags[key].fields.size(), shape(Witness::Error, key));
    }
    if (open || implicit) absent(shape(Witness::Any, 0), 0);
  }

  // ---- integers, chars, bools: by ranges
  std::vector<Case> split_numbers(const std::vector<Row>& rows, size_t column, size_t columns, TypeId type) {
    struct Event {
      Int128 at;
      bool begins;
      uint32_t row;
    };
    std::vector<Event> events;
    std::vector<uint32_t> wild;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      View v = view(rows[i].cols[column]);
      if (v.kind == View::Wild) {
        wild.push_back(i);
        continue;
      }
      if (v.low > v.high) continue;   // an empty range, reported where it is written
      events.push_back({v.low, true, i});
      events.push_back({v.high + 1, false, i});
    }
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
    std::vector<Case> out;
    std::vector<std::pair<Int128, Int128>> gaps;
    std::vector<uint32_t> active;   // sorted
    size_t next = 0;
    for (auto [from, to] : type_ranges(type)) {
      Int128 at = from;
      while (at <= to) {
        for (; next < events.size() && events[next].at <= at; ++next) {
          auto place = std::lower_bound(active.begin(), active.end(), events[next].row);
          if (events[next].begins) active.insert(place, events[next].row);
          else active.erase(place);
        }
        Int128 end = next < events.size() && events[next].at <= to ? events[next].at - 1 : to;
        if (active.empty()) {
          gaps.push_back({at, end});
        } else {
          std::vector<uint32_t> members(active.size() + wild.size());
          std::merge(active.begin(), active.end(), wild.begin(), wild.end(), members.begin());
          Witness w;
          w.kind = Witness::Range;
          w.type = type;
          w.low = at;
          w.high = end;
          rebuild(out, solve_group(rows, members, column, columns, 0), column, 0, w);
          if (gave_up) return out;
        }
        at = end + 1;
      }
    }
    if (gaps.empty()) return out;
    std::vector<Case> rest = solve_group(rows, wild, column, columns, 0);
    if (rest.empty()) return out;
    std::vector<uint32_t> shown;
    bool wide = gaps.size() > 4 || is_wide(type, gaps);
    if (wide && !concrete) {
      shown.push_back(0);
    } else {
      if (wide) gaps = {{gaps.back().first, gaps.back().first}};   // one example will do
      for (auto [low, high] : gaps) {
        Witness w;
        w.kind = Witness::Range;
        w.type = type;
        w.low = low;
        w.high = high;
        shown.push_back(static_cast<uint32_t>(witnesses.size()));
        witnesses.push_back(std::move(w));
      }
    }
    for (uint32_t witness : shown)
      for (const Case& c : rest)
        if (out.size() <= kMaxWitnesses) put(out, c, column, 0, witness);
    return out;
  }
  std::vector<std::pair<Int128, Int128>> type_ranges(TypeId type) const {
    TypeKind k = p.types.kind(type);
    if (k == TypeKind::Bool) return {{0, 1}};
    if (k == TypeKind::Char) return {{0, 0xD7FF}, {0xE000, 0x10FFFF}};
    if (!p.types.is_integer(type)) return {{-(Int128(1) << 64), Int128(1) << 64}};
    int bits = Types::int_bits(k);
    if (p.types.is_signed(type)) return {{-(Int128(1) << (bits - 1)), (Int128(1) << (bits - 1)) - 1}};
    return {{0, (Int128(1) << bits) - 1}};
  }
  // `_` reads better than ranges up to the ends of a large type.
  bool is_wide(TypeId type, const std::vector<std::pair<Int128, Int128>>& gaps) const {
    TypeKind k = p.types.kind(type);
    if (k == TypeKind::Bool || k == TypeKind::I8 || k == TypeKind::U8) return false;
    auto ranges = type_ranges(type);
    for (auto [low, high] : gaps)
      if (low == ranges.front().first || high == ranges.back().second) return true;
    return false;
  }

  // ---- a missing case as text
  std::string print(uint32_t id) const {
    const Witness& w = witnesses[id];
    switch (w.kind) {
      case Witness::Any:
      case Witness::Other: return "_";
      case Witness::Null: return "null";
      case Witness::Some: return w.parts.empty() ? "_" : print(w.parts[0]);
      case Witness::Range:
        return w.low == w.high ? value(w.low, w.type) : value(w.low, w.type) + "..=" + value(w.high, w.type);
      case Witness::Variant: {
        const EnumInfo& e = p.enums[p.types[w.type].a];
        std::string name(p.names.text(p.decls[+e.decl].name));
        return name + "." + std::string(p.names.text(e.variants[w.a].name)) + payload(e.variants[w.a].fields, w.parts);
      }
      case Witness::Error: return p.tags[w.a].full_name + payload(p.tags[w.a].fields, w.parts);
      case Witness::Struct: return structure(w);
    }
    return "_";
  }
  std::string payload(const std::vector<FieldInfo>& fields, const std::vector<uint32_t>& parts) const {
    if (fields.empty()) return "";
    bool named = is_some(fields[0].name);
    std::string text = named ? " { " : "(";
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i) text += ", ";
      std::string part = i < parts.size() ? print(parts[i]) : "_";
      if (!named) {
        text += part;
        continue;
      }
      text += p.names.text(fields[i].name);
      if (part != "_") text += ": " + part;
    }
    return text + (named ? " }" : ")");
  }
  std::string structure(const Witness& w) const {
    bool any = std::all_of(w.parts.begin(), w.parts.end(), [&](uint32_t part) { return print(part) == "_"; });
    if (p.types.kind(w.type) == TypeKind::Tuple) {
      std::string text = "(";
      for (size_t i = 0; i < w.parts.size(); ++i) text += (i ? ", " : "") + print(w.parts[i]);
      return text + ")";
    }
    if (any || p.types.kind(w.type) != TypeKind::Struct) return "_";
    const StructInfo& s = p.structs[p.types[w.type].a];
    std::string text(p.names.text(p.decls[+s.decl].name));
    text += " { ";
    bool first = true;
    for (size_t i = 0; i < w.parts.size() && i < s.fields.size(); ++i) {
      std::string part = print(w.parts[i]);
      if (part == "_") continue;
      text += (first ? "" : ", ") + std::string(p.names.text(s.fields[i].name)) + ": " + part;
      first = false;
    }
    return text + " }";
  }
  std::string value(Int128 n, TypeId type) const {
    TypeKind k = p.types.kind(type);
    if (k == TypeKind::Bool) return n ? "true" : "false";
    if (k == TypeKind::Char) return char_text(static_cast<uint32_t>(n));
    bool negative = n < 0;
    unsigned __int128 u = negative ? -static_cast<unsigned __int128>(n) : static_cast<unsigned __int128>(n);
    std::string s;
    do {
      s.insert(s.begin(), static_cast<char>('0' + static_cast<int>(u % 10)));
      u /= 10;
    } while (u);
    return negative ? "-" + s : s;
  }
  static std::string char_text(uint32_t c) {
    if (c >= 0x20 && c < 0x7f && c != '\'' && c != '\\') return std::string("'") + static_cast<char>(c) + "'";
    char buffer[24];
    std::snprintf(buffer, sizeof buffer, "'\\u{%X}'", c);
    return buffer;
  }

  std::vector<std::string> run(std::vector<Row>& rows, size_t arms) {
    arm_reached.assign(arms, false);
    for (Row& row : rows) set_column(row, 0, row.cols[0]);
    std::vector<Case> cases = solve(rows, 1);
    std::vector<std::string> out;
    for (const Case& c : cases) {
      std::string text = print(c[0]);
      if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
    }
    return out;
  }
};

// ---- the fast way: arms that name variants and nothing inside them, each at most once

bool is_plain(const Body& body, uint32_t id) {
  return id == kWild || body.pats[id].kind == PatKind::Wild || body.pats[id].kind == PatKind::Bind;
}
bool all_plain(const Body& body, uint32_t list) {
  for (uint32_t part : body.list(list))
    if (!is_plain(body, part)) return false;
  return true;
}

// True when the match is plainly complete and every arm is needed; false: look closely.
bool plainly_good(const Program& p, const Body& body, std::span<const uint32_t> arms) {
  uint64_t seen = 0;
  int total = -1, count = 0;
  for (size_t i = 0; i + 2 < arms.size(); i += 3) {
    if (arms[i + 1] != 0xffffffffu) return false;   // a guard
    const HirPat& q = body.pats[arms[i]];
    uint32_t which;
    switch (q.kind) {
      case PatKind::Wild:
      case PatKind::Bind: return i + 3 >= arms.size() && (total < 0 || count < total);
      case PatKind::Variant:
        if (!all_plain(body, q.b) || p.types.kind(q.type) != TypeKind::Enum) return false;
        total = static_cast<int>(p.enums[p.types[q.type].a].variants.size());
        which = q.a;
        break;
      case PatKind::Null:
        total = 2;
        which = 0;
        break;
      case PatKind::Some:
        if (!is_plain(body, q.a)) return false;
        total = 2;
        which = 1;
        break;
      default: return false;
    }
    if (which >= 64 || (seen >> which & 1)) return false;
    seen |= 1ull << which;
    ++count;
  }
  return count == total;
}

// Errors named in patterns that cannot arrive here (ruling 20, 33).
void check_tags(Program& p, const Body& body, uint32_t id, std::vector<uint32_t>& impossible, int depth = 0) {
  if (id == kWild || depth > 300) return;
  const HirPat& q = body.pats[id];
  switch (q.kind) {
    case PatKind::Or:
    case PatKind::Struct:
    case PatKind::Variant:
      for (uint32_t part : body.list(q.b)) check_tags(p, body, part, impossible, depth + 1);
      return;
    case PatKind::Some: return check_tags(p, body, q.a, impossible, depth + 1);
    case PatKind::Error: break;
    default: return;
  }
  for (uint32_t part : body.list(q.b)) check_tags(p, body, part, impossible, depth + 1);
  if (p.types.kind(q.type) != TypeKind::ErrorVal) return;
  ErrorSetId set = static_cast<ErrorSetId>(p.types[q.type].a);
  TagId tag = static_cast<TagId>(q.a);
  if (is_none(set) || p.error_sets[+set].open || p.set_contains(set, tag)) return;
  impossible.push_back(id);
  const std::string& name = p.tags[+tag].full_name;
  const std::vector<TagId>& arriving = p.error_sets[+set].tags;
  std::vector<std::string_view> names;
  std::string list;
  for (TagId t : arriving) {
    names.push_back(p.tags[+t].full_name);
    if (names.size() <= 8) list += (list.empty() ? "`" : ", `") + p.tags[+t].full_name + "`";
  }
  Diagnostic& d = p.diags.report<Diag::ErrorCannotArrive>(q.span, name);
  if (arriving.empty()) d.note("nothing that is answered here can fail");
  else d.note("these can: " + list + (arriving.size() > 8 ? " …" : ""));
  if (std::string_view near = nearest_name(name, names); !near.empty())
    d.fix(q.span, std::string(near), "did you mean `" + std::string(near) + "`?", Applicability::MaybeIncorrect);
}

bool has_error_type(const Program& p, const Body& body, uint32_t id, int depth = 0) {
  if (id == kWild) return false;
  if (depth > 300) return true;
  const HirPat& q = body.pats[id];
  if (p.types.kind(q.type) == TypeKind::Error) return true;
  if (q.kind == PatKind::Some) return has_error_type(p, body, q.a, depth + 1);
  if (q.kind == PatKind::Variant || q.kind == PatKind::Struct || q.kind == PatKind::Or || q.kind == PatKind::Error)
    for (uint32_t part : body.list(q.b))
      if (has_error_type(p, body, part, depth + 1)) return true;
  return false;
}

bool is_irrefutable(const Program& p, const Body& body, uint32_t id, int depth = 0) {
  if (is_plain(body, id)) return true;
  const HirPat& q = body.pats[id];
  if (depth > 300) return false;
  if (q.kind == PatKind::Variant &&
      (p.types.kind(q.type) != TypeKind::Enum || p.enums[p.types[q.type].a].variants.size() != 1))
    return false;
  if (q.kind != PatKind::Struct && q.kind != PatKind::Variant) return false;
  for (uint32_t part : body.list(q.b))
    if (!is_irrefutable(p, body, part, depth + 1)) return false;
  return true;
}

std::vector<std::string> no_arms(const Program& p, TypeId type) {
  switch (p.types.kind(type)) {
    case TypeKind::Bool: return {"true", "false"};
    case TypeKind::Enum: {
      const EnumInfo& e = p.enums[p.types[type].a];
      std::vector<std::string> out;
      for (const VariantInfo& v : e.variants) {
        std::string text = std::string(p.names.text(p.decls[+e.decl].name)) + "." + std::string(p.names.text(v.name));
        for (size_t i = 0; i < v.fields.size(); ++i) {
          if (v.named_fields) text += (i ? ", " : " { ") + std::string(p.names.text(v.fields[i].name));
          else text += i ? ", _" : "(_";
        }
        if (!v.fields.empty()) text += v.named_fields ? " }" : ")";
        out.push_back(text);
      }
      return out;
    }
    case TypeKind::ErrorVal: {
      std::vector<std::string> out;
      if (p.types[type].a != +ErrorSetId::None)
        for (TagId tag : p.error_sets[p.types[type].a].tags) {
          if (p.tags[+tag].implicit || !p.tags[+tag].fields.empty()) return {"_"};
          out.push_back(p.tags[+tag].full_name);
        }
      return out;
    }
    default: return {"_"};
  }
}

void report_missing(Program& p, Span at, TypeId type, const std::vector<std::string>& missing, bool guards) {
  Diagnostic& d = p.diags.report<Diag::MatchNotExhaustive>(at);
  size_t shown = std::min(missing.size(), kMaxWitnesses);
  std::string list, arms;
  for (size_t i = 0; i < shown; ++i) {
    list += (i == 0 ? "`" : i + 1 == missing.size() ? " and `" : ", `") + missing[i] + "`";
    arms += "    " + missing[i] + " => todo(),\n";
  }
  if (missing.size() > shown) {
    list += " and more";
    arms += "    _ => todo(),\n";
  }
  bool any = missing.size() == 1 && missing[0] == "_";
  d.with_label(any ? std::string("other values are not covered")
                   : list + (missing.size() == 1 ? " is missing" : " are missing"));
  d.note("a `match` answers every value of type `" + p.type_name(type) + "`" +
         (guards ? "; an arm with `when` does not count, because its condition may be false" : ""));
  d.help((missing.size() == 1 ? "add the arm:\n" : "add the arms:\n") + arms);
}

void report_unreachable(Program& p, const Body& body, std::span<const uint32_t> arms,
                        const std::vector<bool>& arm_reached, std::vector<uint32_t>& expanded,
                        std::vector<uint32_t>& reached, const std::vector<uint32_t>& impossible) {
  std::sort(reached.begin(), reached.end());
  auto can_be_chosen = [&](uint32_t pattern) { return std::binary_search(reached.begin(), reached.end(), pattern); };
  uint32_t everything = kWild;   // an arm that takes all, so that what follows is never asked
  for (size_t i = 0; i + 2 < arms.size(); i += 3) {
    if (i / 3 < arm_reached.size() && !arm_reached[i / 3] &&
        std::find(impossible.begin(), impossible.end(), arms[i]) == impossible.end()) {
      Diagnostic& d = p.diags.report<Diag::UnreachableArm>(body.pats[arms[i]].span);
      if (everything != kWild) d.at(body.pats[everything].span, "this arm takes every value");
      else d.note("the arms above it take every value that it could");
      d.help(everything != kWild ? "move it up, or leave it out" : "leave it out");
    }
    if (everything == kWild && arms[i + 1] == 0xffffffffu && is_plain(body, arms[i])) everything = arms[i];
  }
  for (uint32_t alternative : expanded)
    if (!can_be_chosen(alternative) &&
        std::find(impossible.begin(), impossible.end(), alternative) == impossible.end()) {
      bool whole_arm = false;   // said of the arm already
      for (size_t i = 0; i + 2 < arms.size(); i += 3)
        if (i / 3 < arm_reached.size() && !arm_reached[i / 3] &&
            body.pats[arms[i]].span.lo <= body.pats[alternative].span.lo &&
            body.pats[alternative].span.hi <= body.pats[arms[i]].span.hi)
          whole_arm = true;
      if (!whole_arm)
        p.diags.report<Diag::UnreachableAlternative>(body.pats[alternative].span)
            .note("what it matches is taken before");
    }
}

}   // namespace

void check_match(Program& p, const Body& body, HirId match) {
  const HirNode& node = body[match];
  TypeId type = body[static_cast<HirId>(node.a)].type;
  TypeKind kind = p.types.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Never || node.aux) return;
  std::span<const uint32_t> arms = body.list(body.extra[node.b]);
  if (plainly_good(p, body, arms)) return;
  std::vector<Row> rows;
  std::vector<uint32_t> impossible;
  bool guards = false;
  for (size_t i = 0; i + 2 < arms.size(); i += 3) {
    if (has_error_type(p, body, arms[i])) return;
    check_tags(p, body, arms[i], impossible);
    guards |= arms[i + 1] != 0xffffffffu;
    Row& row = rows.emplace_back();
    row.cols = {arms[i]};
    row.arm = static_cast<uint32_t>(i / 3);
    row.guarded = arms[i + 1] != 0xffffffffu;
  }
  Matcher m{p, body};
  std::vector<std::string> missing;
  if (rows.empty()) missing = no_arms(p, type);
  else missing = m.run(rows, arms.size() / 3);
  if (m.gave_up) {
    p.diags.report<Diag::MatchTooLarge>(node.span).help(
        "take it apart: match on one part of the value, then on the next");
    return;
  }
  if (!missing.empty()) report_missing(p, node.span, type, missing, guards);
  report_unreachable(p, body, arms, m.arm_reached, m.expanded, m.reached, impossible);
}

void check_irrefutable(Program& p, const Body& body, uint32_t pattern, Span place, const char* where) {
  if (is_irrefutable(p, body, pattern) || has_error_type(p, body, pattern)) return;
  std::vector<Row> rows(1);
  rows[0] = {{pattern}, 0, false, {}};
  Matcher m{p, body};
  m.concrete = true;
  std::vector<std::string> missing = m.run(rows, 1);
  if (missing.empty() && !m.gave_up) return;
  std::string what = missing.empty() ? std::string("another value") : "`" + missing[0] + "`";
  Diagnostic& d = p.diags.report<Diag::PatternNotCovering>(place.is_none() ? body.pats[pattern].span : place);
  d.note(std::string(where) + " must work for every value, and " + what + " would not fit");
  d.help("use `if let … do … else … end`, or `match` with an arm for the rest");
}

void check_patterns(Program& p, const Body& body) {
  note_growth(p, body);
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    const HirNode& node = body.nodes[i];
    switch (node.kind) {
      case HirKind::Match: check_match(p, body, static_cast<HirId>(i)); break;
      case HirKind::MakeDyn:
        if (p.types.kind(node.type) == TypeKind::Dyn)
          note_dyn(p, body[static_cast<HirId>(node.a)].type, static_cast<TraitId>(p.types[node.type].a), node.span);
        break;
      case HirKind::Let: check_irrefutable(p, body, node.a, body.pats[node.a].span, "the pattern of a `let`"); break;
      case HirKind::ForEach:
        if (uint32_t pattern = body.extra[node.a]; pattern != kWild)
          check_irrefutable(p, body, pattern, body.pats[pattern].span, "the pattern of a `for`");
        break;
      case HirKind::Select:
        for (uint32_t c = 0; c < body.extra[node.a]; ++c)
          if (uint32_t pattern = body.extra[node.a + 1 + c * 5 + 3]; pattern != kWild)
            check_irrefutable(p, body, pattern, body.pats[pattern].span, "what a `recv` case takes");
        break;
      default: break;
    }
  }
}

bool has_error_match(const Program& p, const Body& body) {
  for (const HirPat& pat : body.pats)
    if (pat.kind == PatKind::Error || p.types.kind(pat.type) == TypeKind::ErrorVal) return true;
  return false;
}

}   // namespace janus
