// const.cpp: values of consts and lengths of arrays, folded while compiling (ruling 44).
// Depends on const_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// A const's value becomes a Body that holds only literals, literals of structs, arrays, maps, tuples, enums and errors,
// and ConstRef to consts whose value is not a single literal. Number literals stay `flexible` until a place says what
// they are. Consts are folded on demand, so their order in the file does not matter; a circle is reported once.
#include "frontend/const_internal.h"

namespace janus {

ConstValue ConstFolder::add(HirKind kind, TypeId type, Span span, uint32_t a, uint32_t b, uint16_t aux) {
  HirNode node{kind, 0, aux, type, a, b, span};
  body.nodes.push_back(node);
  return {static_cast<HirId>(body.nodes.size() - 1), type, false};
}

ConstValue ConstFolder::add_int(Int128 n, TypeId type, Span span, bool flexible) {
  body.ints.push_back(n);
  ConstValue v = add(HirKind::Int, type, span, static_cast<uint32_t>(body.ints.size() - 1));
  v.flexible = flexible;
  return v;
}

ConstValue ConstFolder::add_float(double x, TypeId type, Span span, bool flexible) {
  body.floats.push_back(type == Types::F32 ? static_cast<double>(static_cast<float>(x)) : x);
  ConstValue v = add(HirKind::Float, type, span, static_cast<uint32_t>(body.floats.size() - 1));
  v.flexible = flexible;
  return v;
}

uint32_t ConstFolder::add_list(const std::vector<uint32_t>& items) {
  uint32_t at = static_cast<uint32_t>(body.extra.size());
  body.extra.push_back(static_cast<uint32_t>(items.size()));
  body.extra.insert(body.extra.end(), items.begin(), items.end());
  return at;
}

ConstValue ConstFolder::not_constant(NodeId at, const char* what, const char* help) {
  if ((*tree)[at].flags & kHasError) return {};
  Diagnostic& d = p.diags.report<Diag::NotConstant>(tree->caret(at), what);
  d.note(
      "the value of a `const` is worked out while compiling: it is made of literals, operators, `if`, other consts, and literals of structs, arrays and maps");
  if (help) d.help(help);
  return {};
}

ConstValue ConstFolder::failed(Span at, const std::string& what) {
  if (!unreached) p.diags.report<Diag::ConstCheckFailed>(at, what);
  return {};
}

ConstValue ConstFolder::mismatch(Span at, TypeId expected, TypeId found) {
  if (expected != Types::Error && found != Types::Error)
    p.diags.report<Diag::TypeMismatch>(at, p.type_name(expected), p.type_name(found));
  return {};
}

ConstValue ConstFolder::fold_to(NodeId id, TypeId expected) {
  ConstValue v = fold(id, expected);
  Span at = is_some(id) ? tree->caret(id) : Span{};
  if (!v) return v;
  if (is_none(expected)) return settle(v, at);
  return coerce(v, expected, at);
}

ConstValue ConstFolder::fold(NodeId id, TypeId expected) {
  if (is_none(id)) return {};
  if (body.nodes.size() > kMaxConstNodes) return {};
  const Node& n = (*tree)[id];
  Span at = tree->caret(id);
  NodeId a = static_cast<NodeId>(n.a), b = static_cast<NodeId>(n.b);
  switch (n.kind) {
    case NodeKind::Error: return {};
    case NodeKind::IntLit: return add_int(static_cast<Int128>(tree->tokens.int_value(n.token)), Types::I64, at, true);
    case NodeKind::FloatLit: return add_float(tree->tokens.float_value(n.token), Types::F64, at, true);
    case NodeKind::CharLit: return add(HirKind::Char, Types::Char, at, tree->tokens.values[n.token]);
    case NodeKind::BoolLit: return add(HirKind::Bool, Types::Bool, at, n.a);
    case NodeKind::StringLit: return add(HirKind::Str, Types::String, at, n.a);
    case NodeKind::NullLit: return null(at, expected);
    case NodeKind::Paren: return fold(a, expected);
    case NodeKind::Ident: return name(id, static_cast<NameId>(n.a), expected);
    case NodeKind::Member: return member(id, n, expected);
    case NodeKind::TupleMember: return part(id, fold(a, TypeId::None), n.b);
    case NodeKind::DotName: return dot_name(id, static_cast<NameId>(n.a), {}, expected);
    case NodeKind::Unary: return unary(n, at, a, expected);
    case NodeKind::Binary: return binary(n, at, a, b, expected);
    case NodeKind::Coalesce: return coalesce(at, a, b, expected);
    case NodeKind::ArrayLit: return array(n, at, expected);
    case NodeKind::MapLit: return map(n, at, expected);
    case NodeKind::TupleLit: return tuple(n, at, expected);
    case NodeKind::StructLit: return structure(n, at, expected);
    case NodeKind::Range: return range(n, at, a, b, expected);
    case NodeKind::Call: return call(id, n, expected);
    case NodeKind::Interp: return interp(n, at);
    case NodeKind::If: return choice(id, n, at, expected);
    case NodeKind::LetCond: return not_constant(id, "an `if let`", "a value for `null` is given with `??`");
    case NodeKind::Match: return not_constant(id, "a `match`", "write `if … do … else if … do … else … end`");
    case NodeKind::Block: return block(id, n, expected);
    case NodeKind::Closure: return not_constant(id, "a function", "declare it with `func`");
    case NodeKind::Index: return index(id, n);
    case NodeKind::BangUnwrap: return unwrap(at, a, expected);
    case NodeKind::Question:
    case NodeKind::Try:
    case NodeKind::Catch: return not_constant(id, "an expression that can fail");
    case NodeKind::SelfExpr: return not_constant(id, "`self`");
    default: return not_constant(id, "this expression");
  }
}

ConstValue ConstFolder::null(Span at, TypeId expected) {
  if (is_some(expected) && p.types.kind(expected) == TypeKind::Optional) return add(HirKind::Null, expected, at);
  if (is_some(expected) && expected != Types::Error) {
    p.diags.report<Diag::TypeMismatch>(at, p.type_name(expected), "null");
    return {};
  }
  if (expected != Types::Error) p.diags.report<Diag::OpenConstType>(at).help("write it: `const NAME: ?i64 = null`");
  return {};
}

ConstValue ConstFolder::call(NodeId id, const Node& n, TypeId expected) {
  NodeId callee = static_cast<NodeId>(n.a);
  std::span<const NodeId> args = tree->list(n.b);
  const Node& c = (*tree)[callee];
  if (c.kind == NodeKind::DotName) return dot_name(callee, static_cast<NameId>(c.a), args, expected);
  if (c.kind == NodeKind::Ident && is_some(static_cast<NameId>(c.a)) && args.size() == 1)
    if (TypeId to = builtin_type(p, static_cast<NameId>(c.a));
        is_some(to) && (p.types.is_number(to) || to == Types::String))
      return convert(id, argument(args[0]), to);
  if (c.kind == NodeKind::Member && is_some(static_cast<NameId>(c.b))) {
    DeclId owner = path(static_cast<NodeId>(c.a));
    if (is_some(owner)) {
      if (p.decls[+owner].kind == DeclKind::Broken) return {};
      if (p.decls[+owner].kind == DeclKind::Enum || p.decls[+owner].kind == DeclKind::Error)
        return variant(callee, owner, static_cast<NameId>(c.b), args, expected);
    }
  }
  return not_constant(id, "a call", "make it a function without parameters, or compute the value where it is needed");
}

void fold_const(Program& p, ConstId id) {
  if (p.consts[+id].state == 2) return;
  const Decl decl = p.decls[+p.consts[+id].decl];
  if (p.consts[+id].state == 1) {
    p.diags.report<Diag::ConstCycle>(decl.name_span, p.names.text(decl.name))
        .note("to know it, one would have to know it already");
    return;
  }
  if (p.index->const_depth > 200) {
    p.diags.report<Diag::ChainTooLong>(decl.name_span, p.names.text(decl.name));
    return;
  }
  p.consts[+id].state = 1;
  ++p.index->const_depth;
  const Tree& tree = p.tree_of(decl.module);
  NodeId type_node = node_slot(tree, tree[decl.node], 0), value_node = node_slot(tree, tree[decl.node], 1);
  auto body = std::make_unique<Body>();
  ConstFolder folder(p, decl.module, *body);
  TypeId expected = is_some(type_node) ? resolve_type(p, folder.scope, type_node) : TypeId::None;
  ConstValue v = folder.fold_to(value_node, expected);
  --p.index->const_depth;
  ConstInfo& info = p.consts[+id];
  info.state = 2;
  if (!v) {
    if (is_some(expected)) info.type = expected;
    return;
  }
  info.type = v.type;
  body->root = v.id;
  body->result = v.type;
  info.body = static_cast<BodyId>(p.bodies.size());
  p.bodies.push_back(std::move(body));
}

void check_consts(Program& program) {
  for (size_t i = 0; i < program.consts.size(); ++i) fold_const(program, static_cast<ConstId>(i));
}

bool fold_length(Program& p, ModuleId module, NodeId expr, uint32_t& length) {
  Body body;
  ConstFolder folder(p, module, body);
  size_t errors = p.diags.error_count();
  ConstValue v = folder.fold(expr, Types::I64);
  Span at = is_some(expr) ? p.tree_of(module).caret(expr) : Span{};
  if (v && folder.is_kind(v, HirKind::Int) && folder.int_of(v) >= 0 && folder.int_of(v) < (Int128(1) << 31)) {
    length = static_cast<uint32_t>(folder.int_of(v));
    return true;
  }
  if (v || p.diags.error_count() == errors)
    p.diags.report<Diag::ArrayLength>(at).note("`[]T` is an array whose length may change while the program runs");
  return false;
}

}   // namespace janus
