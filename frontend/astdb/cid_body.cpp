// cid_body.cpp: a checked body as bytes, with what it needs and whom it names.
// Depends on cid_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/astdb/cid_internal.h"

namespace janus {

void Facts::Impl::types_in(const Body& body, uint32_t list) {
  for (uint32_t t : body.list(list)) {
    out.num(type(TypeId(t)));
    behaviour(TypeId(t));
  }
}

void Facts::Impl::behaviour(TypeId id, int depth) {
  TypeRow row = p->types[id];
  switch (row.kind) {
    case TypeKind::Struct: out.num(need(sym(SymKind::StructImpls, row.a))); break;
    case TypeKind::Enum: out.num(need(sym(SymKind::EnumImpls, row.a))); break;
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

void Facts::Impl::body(const Body& b) {
  // Lists of types in `extra` hold numbers of this program: they are written by their nodes, and left out of the
  // table.
  holes.clear();
  auto hole = [&](uint32_t list) {
    if (list != kNone && b.extra[list]) holes.push_back({list + 1, list + 1 + b.extra[list]});
  };
  out.num(0x424f4459);
  out.num(b.is_closure | b.fallible << 1);
  out.num(type(b.result));
  out.num(b.param_count);
  out.num(+b.root);
  out.num(static_cast<uint32_t>(b.locals.size()));
  for (const HirLocal& l : b.locals) {
    uint32_t t = type(l.type);
    out.num(t << 8 | l.flags);
  }
  for (const Capture& c : b.captures) {
    out.num(+c.outer);
    out.num(+c.inner);
  }
  out.num(static_cast<uint32_t>(b.nodes.size()));
  for (const HirNode& n : b.nodes) {
    uint32_t a = n.a, second = n.b;
    uint32_t t = type(n.type);
    switch (n.kind) {
      case HirKind::Str:
        out.text(p->names.text(NameId(n.a)));
        a = 0;
        break;
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
          out.num(need(sym(SymKind::Func, next)));
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
    out.node(static_cast<uint32_t>(n.kind) | uint32_t{n.flags} << 8 | uint32_t{n.aux} << 16, t, a, second);
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
    out.node(static_cast<uint32_t>(pat.kind), t, a, pat.b);
  }
  out.num(static_cast<uint32_t>(b.extra.size()));
  uint32_t at = 0;
  auto extra_up_to = [&](uint32_t end) {
    if (at < end) out.ids(std::span(b.extra).subspan(at, end - at));
    at = std::max(at, end);
  };
  std::sort(holes.begin(), holes.end(), [](const Hole& x, const Hole& y) { return x.begin < y.begin; });
  for (const Hole& h : holes) {
    extra_up_to(h.begin);
    at = std::max(at, h.end);
  }
  extra_up_to(static_cast<uint32_t>(b.extra.size()));
  out.num(static_cast<uint32_t>(b.ints.size()));
  for (__int128 x : b.ints) out.wide(x);
  out.raw(b.floats.data(), b.floats.size() * sizeof(double));
  for (const FormatSpec& f : b.formats) {
    int32_t words[4] = {f.width, f.precision, f.zero | f.align << 8, f.kind};
    out.raw(words, sizeof words);
  }
}

}   // namespace janus
