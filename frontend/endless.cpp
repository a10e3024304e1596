// endless.cpp: generics that need ever larger types of themselves (ruling 14).
// Depends on program.h, hir.h.
// SPDX-License-Identifier: Apache-2.0
//
// `struct Nest[T] { inner: ?Nest[[]T] }` and `func grow[T](x: T) do grow([x]) end` are compiled once for each type, and
// would be for ever. A graph over type parameters shows it: X -> Y when what X belongs to names another declaration
// with an argument for Y that mentions X; the edge grows when the argument is more than X itself. A circle with a
// growing edge never ends.
#include <algorithm>

#include "frontend/check.h"
#include "frontend/program_index.h"

namespace janus {
namespace {

using Edge = ProgramIndex::GrowthEdge;

void params_in(const Program& p, TypeId type, std::vector<uint32_t>& out) {
  const TypeRow& row = p.types[type];
  if (!row.has_param) return;
  if (row.kind == TypeKind::Param) {
    out.push_back(row.a);
    return;
  }
  if (row.arg_count == 0) return params_in(p, static_cast<TypeId>(row.a), out);
  for (TypeId arg : p.types.args(type)) params_in(p, arg, out);
}

void add_edges(const Program& p, TypeId arg, TypeParamId to, Span span, uint32_t owner, std::vector<Edge>& edges) {
  std::vector<uint32_t> inside;
  params_in(p, arg, inside);
  for (uint32_t from : inside) edges.push_back({from, +to, p.types.kind(arg) != TypeKind::Param, span, owner});
}

// Every application of a struct or enum inside a type.
void visit(const Program& p, TypeId type, Span span, DeclId owner, std::vector<Edge>& edges) {
  const TypeRow row = p.types[type];
  if (!row.has_param || row.kind == TypeKind::Param) return;
  if (row.arg_count == 0) return visit(p, static_cast<TypeId>(row.a), span, owner, edges);
  const std::vector<TypeParamId>* params = row.kind == TypeKind::Struct ? &p.structs[row.a].type_params
                                           : row.kind == TypeKind::Enum ? &p.enums[row.a].type_params
                                                                        : nullptr;
  for (uint32_t i = 0; i < row.arg_count; ++i) {
    TypeId arg = p.types.args(type)[i];
    visit(p, arg, span, owner, edges);
    if (params) add_edges(p, arg, (*params)[i], span, +owner, edges);
  }
}

// Strongly connected components (Tarjan), with a stack of our own. `edges` are sorted by `from`.
std::vector<uint32_t> components(const std::vector<Edge>& edges, size_t n) {
  std::vector<uint32_t> first(n + 1, 0), number(n, 0), low(n, 0), component(n, 0xffffffffu), open;
  for (const Edge& e : edges) ++first[e.from + 1];
  for (size_t i = 0; i < n; ++i) first[i + 1] += first[i];
  struct Frame {
    uint32_t node, next;
  };
  std::vector<Frame> stack;
  uint32_t counter = 0, count = 0;
  for (const Edge& edge : edges) {
    uint32_t root = edge.from;
    if (number[root]) continue;
    stack.push_back({root, first[root]});
    number[root] = low[root] = ++counter;
    open.push_back(root);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < first[top.node + 1]) {
        uint32_t to = edges[top.next++].to;
        if (!number[to]) {
          number[to] = low[to] = ++counter;
          open.push_back(to);
          stack.push_back({to, first[to]});
        } else if (component[to] == 0xffffffffu) {
          low[top.node] = std::min(low[top.node], number[to]);
        }
        continue;
      }
      uint32_t done = top.node;
      stack.pop_back();
      if (!stack.empty()) low[stack.back().node] = std::min(low[stack.back().node], low[done]);
      if (low[done] != number[done]) continue;
      for (uint32_t node = 0xffffffffu; node != done;) {
        node = open.back();
        open.pop_back();
        component[node] = count;
      }
      ++count;
    }
  }
  return component;
}

// The edges that make a circle endless, one an owner.
std::vector<Edge> endless_edges(std::vector<Edge>& edges, size_t params) {
  std::vector<Edge> found;
  if (std::none_of(edges.begin(), edges.end(), [](const Edge& e) { return e.grows; })) return found;
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return a.from != b.from ? a.from < b.from : a.span.lo != b.span.lo ? a.span.lo < b.span.lo : a.to < b.to;
  });
  std::vector<uint32_t> component = components(edges, params);
  for (const Edge& e : edges) {
    if (!e.grows || component[e.from] != component[e.to] || component[e.from] == 0xffffffffu) continue;
    if (std::none_of(found.begin(), found.end(), [&](const Edge& f) { return f.owner == e.owner; })) found.push_back(e);
  }
  return found;
}

// A way from `from` back to `to`, as names of the functions passed: for the message.
std::string chain(const Program& p, const std::vector<Edge>& edges, const Edge& growing) {
  std::vector<uint32_t> came_by(p.type_params.size(), 0xffffffffu), queue = {growing.to};
  for (size_t i = 0; i < queue.size() && queue[i] != growing.from; ++i)
    for (size_t e = std::lower_bound(edges.begin(), edges.end(), queue[i],
                                     [](const Edge& a, uint32_t b) { return a.from < b; }) -
                    edges.begin();
         e < edges.size() && edges[e].from == queue[i]; ++e)
      if (came_by[edges[e].to] == 0xffffffffu && edges[e].to != growing.to) {
        came_by[edges[e].to] = static_cast<uint32_t>(e);
        queue.push_back(edges[e].to);
      }
  std::vector<std::string> names = {p.symbol(static_cast<FuncId>(growing.owner))};
  for (uint32_t at = growing.from; at != growing.to && came_by[at] != 0xffffffffu; at = edges[came_by[at]].from)
    names.push_back(p.symbol(static_cast<FuncId>(edges[came_by[at]].owner)));
  std::string text = "`" + names[0] + "`";
  for (size_t i = names.size(); i-- > 1;) text += " calls `" + names[i] + "`, which";
  return text + " calls `" + names[0] + "` again with a larger type each time";
}

}   // namespace

std::vector<DeclId> find_endless_types(Program& p) {
  std::vector<Edge> edges;
  for (const StructInfo& s : p.structs)
    if (!s.type_params.empty())
      for (const FieldInfo& f : s.fields) visit(p, f.type, f.span, s.decl, edges);
  for (const EnumInfo& e : p.enums)
    if (!e.type_params.empty())
      for (const VariantInfo& v : e.variants)
        for (const FieldInfo& f : v.fields) visit(p, f.type, f.span, e.decl, edges);
  std::vector<DeclId> found;
  for (const Edge& e : endless_edges(edges, p.type_params.size())) {
    found.push_back(static_cast<DeclId>(e.owner));
    p.diags.report<Diag::EndlessGeneric>(e.span, p.names.text(p.decls[e.owner].name))
        .note("every type argument makes a type of its own, and this one asks for a larger one each time, without end")
        .help("use the same type argument inside, or box the varying part in an enum");
  }
  return found;
}

// What a finished body calls with types made from its own parameters.
void note_growth(Program& p, const Body& body) {
  if (is_none(body.func) || p.funcs[+body.func].type_params.empty()) return;
  std::vector<Edge>& edges = p.index->calls_with_params;
  for (const HirNode& node : body.nodes) {
    if (node.kind != HirKind::Call && node.kind != HirKind::FuncRef) continue;
    const FuncInfo& callee = p.funcs[node.a];
    if (callee.type_params.empty()) continue;
    std::span<const uint32_t> args = body.list(node.kind == HirKind::Call ? body.extra[node.b] : node.b);
    for (size_t i = 0; i < args.size() && i < callee.type_params.size(); ++i)
      if (p.types[static_cast<TypeId>(args[i])].has_param)
        add_edges(p, static_cast<TypeId>(args[i]), callee.type_params[i], node.span, +body.func, edges);
  }
}

void check_growth(Program& p) {
  std::vector<Edge>& edges = p.index->calls_with_params;
  for (const Edge& e : endless_edges(edges, p.type_params.size()))
    p.diags.report<Diag::EndlessGeneric>(e.span, p.symbol(static_cast<FuncId>(e.owner)))
        .note("generic functions are compiled once for each type, and " + chain(p, edges, e))
        .help("call it with a type that does not grow, or keep what grows in one type of yours, such as an enum");
  edges = {};
}

}   // namespace janus
