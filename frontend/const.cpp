// const.cpp: values of consts and lengths of arrays, folded while compiling (ruling 44).
// Depends on resolve.h, hir.h.
// SPDX-License-Identifier: Apache-2.0
//
// A const's value becomes a Body that holds only literals, literals of structs, arrays, maps, tuples, enums and errors, and
// ConstRef to consts whose value is not a single literal. Number literals stay `flexible` until a place says what they are.
// Consts are folded on demand, so their order in the file does not matter; a circle is reported once.
#include <cmath>

#include "frontend/check.h"
#include "frontend/program_index.h"
#include "frontend/resolve.h"

namespace janus {
namespace {

constexpr size_t kMaxConstNodes = 1u << 22;   // `++` can double a value at every step
constexpr size_t kMaxConstText = 1u << 24;
using Int128 = __int128;

struct Value {
  HirId id = HirId::None;         // None: reported
  TypeId type = Types::Error;
  bool flexible = false;          // a number made of literals: takes the type of the place it is used in
  explicit operator bool() const { return is_some(id); }
};

struct Folder {
  Program& p;
  ModuleId module;
  Body& body;
  TypeScope scope;
  const Tree* tree;

  Folder(Program& program, ModuleId m, Body& b) : p(program), module(m), body(b), scope{m, {}}, tree(&program.tree_of(m)) {}

  // ---- building
  Value add(HirKind kind, TypeId type, Span span, uint32_t a = 0xffffffffu, uint32_t b = 0xffffffffu, uint16_t aux = 0) {
    HirNode node{kind, 0, aux, type, a, b, span};
    body.nodes.push_back(node);
    return {static_cast<HirId>(body.nodes.size() - 1), type, false};
  }
  Value add_int(Int128 n, TypeId type, Span span, bool flexible) {
    body.ints.push_back(n);
    Value v = add(HirKind::Int, type, span, static_cast<uint32_t>(body.ints.size() - 1));
    v.flexible = flexible;
    return v;
  }
  Value add_float(double x, TypeId type, Span span, bool flexible) {
    body.floats.push_back(type == Types::F32 ? static_cast<double>(static_cast<float>(x)) : x);
    Value v = add(HirKind::Float, type, span, static_cast<uint32_t>(body.floats.size() - 1));
    v.flexible = flexible;
    return v;
  }
  uint32_t add_list(const std::vector<uint32_t>& items) {
    uint32_t at = static_cast<uint32_t>(body.extra.size());
    body.extra.push_back(static_cast<uint32_t>(items.size()));
    body.extra.insert(body.extra.end(), items.begin(), items.end());
    return at;
  }
  HirNode& node(Value v) { return body.nodes[+v.id]; }
  bool is_kind(Value v, HirKind k) { return body.nodes[+v.id].kind == k; }
  Int128 int_of(Value v) { return body.ints[node(v).a]; }
  double float_of(Value v) { return body.floats[node(v).a]; }
  std::string text(NameId name) { return is_none(name) ? std::string("?") : std::string(p.names.text(name)); }

  // ---- reports
  Value not_constant(NodeId at, const char* what, const char* help = nullptr) {
    if ((*tree)[at].flags & kHasError) return {};
    Diagnostic& d = p.diags.report<Diag::NotConstant>(tree->caret(at), what);
    d.note("the value of a `const` is worked out while compiling: it is made of literals, operators, other consts, and literals of structs, arrays and maps");
    if (help) d.help(help);
    return {};
  }
  Value failed(Span at, std::string what) {
    p.diags.report<Diag::ConstCheckFailed>(at, what);
    return {};
  }
  Value mismatch(Span at, TypeId expected, TypeId found) {
    if (expected != Types::Error && found != Types::Error) p.diags.report<Diag::TypeMismatch>(at, p.type_name(expected), p.type_name(found));
    return {};
  }

  // ---- types of values
  static void int_range(TypeKind k, Int128& low, Int128& high) {
    int bits = Types::int_bits(k);
    bool is_signed = k >= TypeKind::I8 && k <= TypeKind::I64;
    low = is_signed ? -(Int128(1) << (bits - 1)) : 0;
    high = is_signed ? (Int128(1) << (bits - 1)) - 1 : (Int128(1) << bits) - 1;
  }
  bool fits(Int128 n, TypeId type) {
    Int128 low, high;
    int_range(p.types.kind(type), low, high);
    return n >= low && n <= high;
  }
  static std::string int_text(Int128 n) {
    if (n == 0) return "0";
    bool negative = n < 0;
    unsigned __int128 u = negative ? -static_cast<unsigned __int128>(n) : static_cast<unsigned __int128>(n);
    std::string s;
    for (; u; u /= 10) s.insert(s.begin(), static_cast<char>('0' + static_cast<int>(u % 10)));
    return negative ? "-" + s : s;
  }
  bool widens(TypeId from, TypeId to) {
    if (!p.types.is_integer(from) || !p.types.is_integer(to)) return from == Types::F32 && to == Types::F64;
    Int128 fl, fh, tl, th;
    int_range(p.types.kind(from), fl, fh);
    int_range(p.types.kind(to), tl, th);
    return tl <= fl && fh <= th;
  }

  // The value as one of type `to`.
  Value coerce(Value v, TypeId to, Span at) {
    if (!v) return v;
    if (v.flexible) {
      TypeId inner = to;
      while (p.types.kind(inner) == TypeKind::Optional) inner = p.types.elem(inner);
      if (is_kind(v, HirKind::Int) && p.types.is_integer(inner)) {
        if (!fits(int_of(v), inner)) return failed(at, "`" + int_text(int_of(v)) + "` does not fit `" + p.type_name(inner) + "`");
        node(v).type = v.type = inner;
        v.flexible = false;
      } else if (is_kind(v, HirKind::Int) && p.types.is_float(inner)) {
        v = add_float(static_cast<double>(int_of(v)), inner, at, false);
      } else if (is_kind(v, HirKind::Float) && p.types.is_float(inner)) {
        v = add_float(float_of(v), inner, at, false);
      } else {
        v = settle(v, at);
        if (!v) return v;
      }
    }
    if (v.type == to || to == Types::Error) return v;
    if (v.type == Types::Error) return {};
    if (widens(v.type, to)) {
      if (p.types.is_integer(to)) { node(v).type = v.type = to; return v; }
      return add_float(float_of(v), to, at, false);
    }
    if (p.types.kind(to) == TypeKind::Optional) {
      Value inner = coerce(v, p.types.elem(to), at);
      return inner ? add(HirKind::Some, to, at, +inner.id) : inner;
    }
    if (p.types.kind(v.type) == TypeKind::ErrorVal && p.types.kind(to) == TypeKind::ErrorVal) {
      TypeId args[1];
      if (match_type(p, to, v.type, {}, std::span<TypeId>(args, 0))) { node(v).type = v.type = to; return v; }
    }
    return mismatch(at, to, v.type);
  }
  // A literal that no place decided: i64 or f64.
  Value settle(Value v, Span at) {
    if (!v || !v.flexible) return v;
    if (is_kind(v, HirKind::Int)) {
      if (!fits(int_of(v), Types::I64)) return failed(at, "`" + int_text(int_of(v)) + "` does not fit `i64`");
      node(v).type = v.type = Types::I64;
    }
    v.flexible = false;
    return v;
  }

  // ---- expressions. `expected` may be None.
  Value fold_to(NodeId id, TypeId expected) {
    Value v = fold(id, expected);
    Span at = is_some(id) ? tree->caret(id) : Span{};
    if (!v) return v;
    if (is_none(expected)) return settle(v, at);
    return coerce(v, expected, at);
  }

  Value fold(NodeId id, TypeId expected) {
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
      case NodeKind::StructLit: return structure(id, n, at, expected);
      case NodeKind::Range: return range(n, at, a, b, expected);
      case NodeKind::Call: return call(id, n, expected);
      case NodeKind::Interp: return not_constant(id, "a text with `${…}`", "join texts with `++`");
      case NodeKind::If: return not_constant(id, "an `if`");
      case NodeKind::Match: return not_constant(id, "a `match`");
      case NodeKind::Block: return not_constant(id, "a block");
      case NodeKind::Closure: return not_constant(id, "a function", "declare it with `func`");
      case NodeKind::Index: return not_constant(id, "an index");
      case NodeKind::BangUnwrap: case NodeKind::Question: case NodeKind::Try: case NodeKind::Catch: return not_constant(id, "an expression that can fail");
      case NodeKind::SelfExpr: return not_constant(id, "`self`");
      default: return not_constant(id, "this expression");
    }
  }

  Value null(Span at, TypeId expected) {
    if (is_some(expected) && p.types.kind(expected) == TypeKind::Optional) return add(HirKind::Null, expected, at);
    if (is_some(expected) && expected != Types::Error) {
      p.diags.report<Diag::TypeMismatch>(at, p.type_name(expected), "null");
      return {};
    }
    if (expected != Types::Error) p.diags.report<Diag::OpenConstType>(at).help("write it: `const NAME: ?i64 = null`");
    return {};
  }

  // ---- names
  Value name(NodeId id, NameId name, TypeId expected) {
    if (is_none(name)) return {};
    DeclId found = lookup_name(p, module, name);
    if (is_none(found)) {
      if (is_some(builtin_type(p, name))) return not_constant(id, "a type");
      Diagnostic& d = p.diags.report<Diag::UnknownName>(tree->caret(id), text(name));
      std::vector<std::string_view> names;
      visible_names(p, module, names);
      if (std::string_view near = nearest_name(p.names.text(name), names); !near.empty())
        d.fix(tree->caret(id), std::string(near), "did you mean `" + std::string(near) + "`?", Applicability::MaybeIncorrect);
      return {};
    }
    return of_decl(id, found, expected);
  }
  Value of_decl(NodeId id, DeclId found, TypeId) {
    const Decl& decl = p.decls[+found];
    switch (decl.kind) {
      case DeclKind::Const: return of_const(id, static_cast<ConstId>(decl.index));
      case DeclKind::Broken: return {};
      case DeclKind::Func: return not_constant(id, "a function");
      case DeclKind::Module: return not_constant(id, "a module");
      default: return not_constant(id, "a type");
    }
  }
  Value of_const(NodeId id, ConstId other) {
    fold_const(p, other);
    const ConstInfo& info = p.consts[+other];
    if (is_none(info.body)) return {};
    const Body& from = *p.bodies[+info.body];
    const HirNode& root = from[from.root];
    switch (root.kind) {
      case HirKind::Int: case HirKind::Float: case HirKind::Bool: case HirKind::Char: case HirKind::Str: case HirKind::Null:
        return copy(from, from.root, tree->caret(id));
      default: return add(HirKind::ConstRef, info.type, tree->caret(id), +other);
    }
  }

  // A part of another const's value, node by node.
  Value copy(const Body& from, HirId id, Span at) {
    const HirNode n = from[id];
    auto list = [&](uint32_t index, size_t first, size_t step) {
      std::vector<uint32_t> items(from.list(index).begin(), from.list(index).end());
      for (size_t i = 0; i < items.size(); ++i)
        if (i % step >= first) items[i] = +copy(from, static_cast<HirId>(items[i]), at).id;
      return add_list(items);
    };
    switch (n.kind) {
      case HirKind::Int: return add_int(from.ints[n.a], n.type, at, false);
      case HirKind::Float: return add_float(from.floats[n.a], n.type, at, false);
      case HirKind::Some: { Value inner = copy(from, static_cast<HirId>(n.a), at); return add(n.kind, n.type, at, +inner.id); }
      case HirKind::MakeStruct: { uint32_t items = list(n.a, 1, 2); return add(n.kind, n.type, at, items); }
      case HirKind::MakeTuple: case HirKind::MakeArray: case HirKind::MakeMap: { uint32_t items = list(n.a, 0, 1); return add(n.kind, n.type, at, items); }
      case HirKind::MakeEnum: case HirKind::MakeError: { uint32_t items = list(n.b, 0, 1); return add(n.kind, n.type, at, n.a, items); }
      case HirKind::MakeRange: {
        Value low = copy(from, static_cast<HirId>(n.a), at), high = copy(from, static_cast<HirId>(n.b), at);
        return add(n.kind, n.type, at, +low.id, +high.id, n.aux);
      }
      default: return add(n.kind, n.type, at, n.a, n.b, n.aux);   // Bool, Char, Str, Null, ConstRef
    }
  }
  // The literal behind a chain of ConstRefs.
  const Body* behind(Value v, HirId& root) {
    const Body* in = &body;
    root = v.id;
    while ((*in)[root].kind == HirKind::ConstRef) {
      const ConstInfo& info = p.consts[(*in)[root].a];
      if (is_none(info.body)) return nullptr;
      in = p.bodies[+info.body].get();
      root = in->root;
    }
    return in;
  }

  Value part(NodeId id, Value base, uint32_t index) {
    if (!base) return {};
    HirId root;
    const Body* in = behind(base, root);
    if (!in) return {};
    const HirNode& n = (*in)[root];
    if (n.kind == HirKind::MakeTuple && index < in->list(n.a).size()) return copy(*in, static_cast<HirId>(in->list(n.a)[index]), tree->caret(id));
    if (n.kind == HirKind::MakeStruct) {
      std::span<const uint32_t> pairs = in->list(n.a);
      for (size_t i = 0; i + 1 < pairs.size(); i += 2)
        if (pairs[i] == index) return copy(*in, static_cast<HirId>(pairs[i + 1]), tree->caret(id));
    }
    return not_constant(id, "this expression");
  }

  // What a dotted path of names means: a module's or the file's declaration, or None when it is not a plain path.
  DeclId path(NodeId id) {
    const Node& n = (*tree)[id];
    if (n.kind == NodeKind::Ident) return n.a == +NameId::None ? DeclId::None : lookup_name(p, module, static_cast<NameId>(n.a));
    if (n.kind == NodeKind::Paren) return DeclId::None;
    if (n.kind != NodeKind::Member) return DeclId::None;
    DeclId base = path(static_cast<NodeId>(n.a));
    if (is_none(base) || p.decls[+base].kind != DeclKind::Module) return DeclId::None;
    bool is_private = false;
    NameId name = static_cast<NameId>(n.b);
    DeclId found = is_none(name) ? DeclId::None : lookup_in_module(p, static_cast<ModuleId>(p.decls[+base].index), name, &is_private);
    if (is_some(found) && !is_private) return found;
    std::string module_text = text(p.modules[p.decls[+base].index]->path);
    if (is_private) p.diags.report<Diag::PrivateName>(tree->caret(id), text(name), module_text);
    else p.diags.report<Diag::NotInModule>(tree->caret(id), module_text, text(name));
    return static_cast<DeclId>(0);
  }

  Value member(NodeId id, const Node& n, TypeId expected) {
    NodeId base = static_cast<NodeId>(n.a);
    NameId name = static_cast<NameId>(n.b);
    if (is_none(name)) return {};
    const Node& left = (*tree)[base];
    if (left.kind == NodeKind::Ident && is_some(static_cast<NameId>(left.a)))
      if (TypeId type = builtin_type(p, static_cast<NameId>(left.a)); is_some(type)) return number_member(id, type, name);
    DeclId owner = path(base);
    if (is_some(owner)) {
      const Decl& decl = p.decls[+owner];
      if (decl.kind == DeclKind::Broken) return {};
      if (decl.kind == DeclKind::Module) {
        DeclId found = path(id);
        return is_none(found) ? Value{} : of_decl(id, found, expected);
      }
      if (decl.kind == DeclKind::Enum || decl.kind == DeclKind::Error) return variant(id, owner, name, {}, expected);
      if (decl.kind != DeclKind::Const) return not_constant(id, "this expression");
    }
    Value value = fold(base, TypeId::None);
    if (!value) return {};
    int field = p.find_field(value.type, name, nullptr);
    if (field < 0) return not_constant(id, "this expression");
    return part(id, value, static_cast<uint32_t>(field));
  }

  Value number_member(NodeId id, TypeId type, NameId name) {
    std::string_view word = p.names.text(name);
    Span at = tree->caret(id);
    if (p.types.is_integer(type)) {
      Int128 low, high;
      int_range(p.types.kind(type), low, high);
      if (word == "MIN") return add_int(low, type, at, false);
      if (word == "MAX") return add_int(high, type, at, false);
    } else if (p.types.is_float(type)) {
      bool small = type == Types::F32;
      if (word == "INFINITY") return add_float(INFINITY, type, at, false);
      if (word == "NAN") return add_float(NAN, type, at, false);
      if (word == "MAX") return add_float(small ? __FLT_MAX__ : __DBL_MAX__, type, at, false);
      if (word == "MIN") return add_float(small ? -__FLT_MAX__ : -__DBL_MAX__, type, at, false);
      if (word == "EPSILON") return add_float(small ? __FLT_EPSILON__ : __DBL_EPSILON__, type, at, false);
    }
    return not_constant(id, "this expression");
  }

  // ---- variants of enums and errors
  Value dot_name(NodeId id, NameId name, std::span<const NodeId> args, TypeId expected) {
    TypeId type = expected;
    while (is_some(type) && p.types.kind(type) == TypeKind::Optional) type = p.types.elem(type);
    if (is_some(type) && p.types.kind(type) == TypeKind::Enum) return variant(id, p.enums[p.types[type].a].decl, name, args, type);
    if (type != Types::Error) p.diags.report<Diag::OpenConstType>(tree->caret(id)).help("write the type before the dot");
    return {};
  }
  Value variant(NodeId id, DeclId owner, NameId name, std::span<const NodeId> args, TypeId expected) {
    const Decl& decl = p.decls[+owner];
    Span at = tree->caret(id);
    const std::vector<FieldInfo>* fields = nullptr;
    uint32_t row = 0;
    if (decl.kind == DeclKind::Enum) {
      int v = p.find_variant(static_cast<EnumId>(decl.index), name);
      if (v >= 0) fields = &p.enums[decl.index].variants[v].fields;
      row = static_cast<uint32_t>(v);
    } else {
      TagId tag = p.find_tag(static_cast<ErrorId>(decl.index), name);
      if (is_some(tag)) fields = &p.tags[+tag].fields;
      row = +tag;
    }
    if (!fields) {
      p.diags.report<Diag::UnknownName>(at, text(decl.name) + "." + text(name)).at(decl.name_span, "declared here");
      return {};
    }
    if (fields->size() != args.size()) {
      p.diags.report<Diag::TypeMismatch>(at, std::to_string(fields->size()) + " values", std::to_string(args.size()));
      return {};
    }
    if (decl.kind == DeclKind::Error) {
      std::vector<uint32_t> items;
      for (size_t i = 0; i < args.size(); ++i) {
        Value v = fold_to(argument(args[i]), (*fields)[i].type);
        if (!v) return {};
        items.push_back(+v.id);
      }
      return add(HirKind::MakeError, p.types.error_value(p.errors[decl.index].set), at, row, add_list(items));
    }
    TypeId self = self_type_of_decl(p, owner);
    std::vector<TypeId> bound = start_args(p.enums[decl.index].type_params, self, expected);
    std::vector<uint32_t> items;
    for (size_t i = 0; i < args.size(); ++i) {
      Value v = fold_generic(argument(args[i]), p.enums[decl.index].variants[row].fields[i].type, p.enums[decl.index].type_params, bound);
      if (!v) return {};
      items.push_back(+v.id);
    }
    TypeId type = finish_args(at, self, p.enums[decl.index].type_params, bound);
    if (type == Types::Error) return {};
    return add(HirKind::MakeEnum, type, at, row, add_list(items));
  }
  NodeId argument(NodeId node) { return (*tree)[node].kind == NodeKind::Arg ? static_cast<NodeId>((*tree)[node].b) : node; }

  // Type arguments of a generic struct or enum: from the expected type, else from the values.
  std::vector<TypeId> start_args(const std::vector<TypeParamId>& params, TypeId self, TypeId expected) {
    std::vector<TypeId> bound(params.size(), TypeId::None);
    if (params.empty() || is_none(expected)) return bound;
    while (p.types.kind(expected) == TypeKind::Optional) expected = p.types.elem(expected);
    if (p.types.kind(expected) == p.types.kind(self) && p.types[expected].a == p.types[self].a)
      bound.assign(p.types.args(expected).begin(), p.types.args(expected).end());
    return bound;
  }
  Value fold_generic(NodeId id, TypeId declared, const std::vector<TypeParamId>& params, std::vector<TypeId>& bound) {
    bool open = false;
    if (p.types[declared].has_param) {
      for (TypeId b : bound) open |= b == TypeId::None;
      if (!open) declared = p.types.subst(declared, params, bound);
    }
    if (!open) return fold_to(id, declared);
    Value v = fold_to(id, TypeId::None);
    if (v && !match_type(p, declared, v.type, params, bound)) return mismatch(tree->caret(id), declared, v.type);
    return v;
  }
  TypeId finish_args(Span at, TypeId self, const std::vector<TypeParamId>& params, const std::vector<TypeId>& bound) {
    for (TypeId b : bound)
      if (b == TypeId::None) {
        p.diags.report<Diag::OpenConstType>(at).help("write the type after the name of the const: `const NAME: … = …`");
        return Types::Error;
      }
    return p.types.subst(self, params, bound);
  }

  // ---- operators
  Value unary(const Node& n, Span at, NodeId operand, TypeId expected) {
    TokenKind op = static_cast<TokenKind>(n.aux);
    Value v = fold(operand, op == TokenKind::KwNot ? Types::Bool : expected);
    if (!v) return v;
    if (op == TokenKind::KwNot) {
      v = coerce(v, Types::Bool, at);
      return v ? add(HirKind::Bool, Types::Bool, at, !node(v).a) : v;
    }
    if (is_kind(v, HirKind::Float) && op == TokenKind::Minus) return add_float(-float_of(v), v.type, at, v.flexible);
    if (is_kind(v, HirKind::Int)) {
      // `~0x0F` where a u8 is needed is 240: the bits are those of the type.
      if (op == TokenKind::Tilde && v.flexible && is_some(expected) && p.types.is_integer(expected)) v = coerce(v, expected, at);
      if (!v) return v;
      Int128 n128 = int_of(v);
      Int128 r = op == TokenKind::Minus ? -n128 : p.types.is_signed(v.type) || v.flexible ? ~n128 : max_of(v.type) - n128;
      if (!v.flexible && !fits(r, v.type)) return failed(at, "`" + int_text(r) + "` does not fit `" + p.type_name(v.type) + "`");
      return add_int(r, v.type, at, v.flexible);
    }
    return mismatch(at, Types::I64, v.type);
  }
  Int128 max_of(TypeId type) {
    Int128 low, high;
    int_range(p.types.kind(type), low, high);
    return high;
  }

  Value binary(const Node& n, Span at, NodeId left, NodeId right, TypeId expected) {
    TokenKind op = static_cast<TokenKind>(n.aux);
    if (op == TokenKind::KwAnd || op == TokenKind::KwOr) {
      Value l = fold_to(left, Types::Bool), r = fold_to(right, Types::Bool);
      if (!l || !r) return {};
      bool x = node(l).a, y = node(r).a;
      return add(HirKind::Bool, Types::Bool, at, op == TokenKind::KwAnd ? x && y : x || y);
    }
    if (op == TokenKind::PlusPlus) return concat(at, left, right, expected);
    bool compares = op == TokenKind::EqEq || op == TokenKind::BangEq || op == TokenKind::Less || op == TokenKind::LessEq || op == TokenKind::Greater || op == TokenKind::GreaterEq;
    TypeId hint = compares ? TypeId::None : expected;
    Value l = fold(left, hint), r = fold(right, hint);
    if (!l || !r) return {};
    bool shifts = op == TokenKind::LessLess || op == TokenKind::GreaterGreater;
    if (shifts) return shift(op, at, l, r, expected);
    if (!join(l, r, at)) return {};
    if (compares) return compare(op, at, l, r);
    if (is_kind(l, HirKind::Int)) return integer(op, at, l, r, expected);
    if (is_kind(l, HirKind::Float)) return floating(op, at, l, r);
    p.diags.report<Diag::TypeMismatch>(at, "a number", p.type_name(l.type));
    return {};
  }
  // Both sides to one type: literals follow the other side, a narrower number is widened.
  bool join(Value& l, Value& r, Span at) {
    if (l.flexible && r.flexible) {
      if (is_kind(l, HirKind::Float) && is_kind(r, HirKind::Int)) r = add_float(static_cast<double>(int_of(r)), Types::F64, at, true);
      else if (is_kind(r, HirKind::Float) && is_kind(l, HirKind::Int)) l = add_float(static_cast<double>(int_of(l)), Types::F64, at, true);
      return true;
    }
    if (l.flexible) l = coerce(l, r.type, at);
    else if (r.flexible || widens(r.type, l.type)) r = coerce(r, l.type, at);
    else if (widens(l.type, r.type)) l = coerce(l, r.type, at);
    else if (l.type != r.type) { mismatch(at, l.type, r.type); return false; }
    return l && r;
  }
  Value integer(TokenKind op, Span at, Value l, Value r, TypeId expected) {
    Int128 x = int_of(l), y = int_of(r), z = 0;
    bool flexible = l.flexible && r.flexible, overflow = false, wraps = false;
    switch (op) {
      case TokenKind::PlusPercent: wraps = true; [[fallthrough]];
      case TokenKind::Plus: overflow = __builtin_add_overflow(x, y, &z); break;
      case TokenKind::MinusPercent: wraps = true; [[fallthrough]];
      case TokenKind::Minus: overflow = __builtin_sub_overflow(x, y, &z); break;
      case TokenKind::StarPercent: wraps = true; [[fallthrough]];
      case TokenKind::Star: overflow = __builtin_mul_overflow(x, y, &z); break;
      case TokenKind::Slash: case TokenKind::Percent:
        if (y == 0) return failed(at, "this divides by zero");
        z = op == TokenKind::Slash ? x / y : x % y;
        break;
      case TokenKind::Amp: z = x & y; break;
      case TokenKind::Pipe: z = x | y; break;
      case TokenKind::Caret: z = x ^ y; break;
      default: p.diags.report<Diag::NotConstant>(at, "this operator"); return {};
    }
    if (wraps && flexible) {   // where it wraps depends on the type
      TypeId type = is_some(expected) && p.types.is_integer(expected) ? expected : Types::I64;
      l = coerce(l, type, at);
      r = coerce(r, type, at);
      if (!l || !r) return {};
    }
    if (wraps) return add_int(wrap(z, l.type), l.type, at, false);
    if (overflow || (!flexible && !fits(z, l.type)))
      return failed(at, overflow ? std::string("this does not fit any integer type") : "`" + int_text(z) + "` does not fit `" + p.type_name(l.type) + "`");
    return add_int(z, l.type, at, flexible);
  }
  Int128 wrap(Int128 z, TypeId type) {
    int bits = Types::int_bits(p.types.kind(type));
    unsigned __int128 mask = (static_cast<unsigned __int128>(1) << bits) - 1;
    Int128 low = static_cast<Int128>(static_cast<unsigned __int128>(z) & mask);
    if (p.types.is_signed(type) && (low >> (bits - 1))) low -= Int128(1) << bits;
    return low;
  }
  Value shift(TokenKind op, Span at, Value l, Value r, TypeId expected) {
    if (l.flexible) l = is_some(expected) && p.types.is_integer(expected) ? coerce(l, expected, at) : settle(l, at);
    r = settle(r, at);
    if (!l || !r) return {};
    if (!is_kind(l, HirKind::Int) || !is_kind(r, HirKind::Int)) return mismatch(at, Types::I64, is_kind(l, HirKind::Int) ? r.type : l.type);
    int bits = Types::int_bits(p.types.kind(l.type));
    Int128 by = int_of(r);
    if (by < 0 || by >= bits) return failed(at, "a shift by " + int_text(by) + " is too wide for `" + p.type_name(l.type) + "`");
    int n = static_cast<int>(by);
    Int128 z = op == TokenKind::LessLess ? static_cast<Int128>(static_cast<unsigned __int128>(int_of(l)) << n) : int_of(l) >> n;
    return add_int(wrap(z, l.type), l.type, at, false);
  }
  Value floating(TokenKind op, Span at, Value l, Value r) {
    double x = float_of(l), y = float_of(r), z = 0;
    switch (op) {
      case TokenKind::Plus: z = x + y; break;
      case TokenKind::Minus: z = x - y; break;
      case TokenKind::Star: z = x * y; break;
      case TokenKind::Slash: z = x / y; break;
      case TokenKind::Percent: z = std::fmod(x, y); break;
      default: p.diags.report<Diag::TypeMismatch>(at, "an integer", p.type_name(l.type)); return {};
    }
    return add_float(z, l.type, at, l.flexible && r.flexible);
  }
  Value compare(TokenKind op, Span at, Value l, Value r) {
    int order = 0;
    bool unordered = false;
    switch (node(l).kind) {
      case HirKind::Int: order = int_of(l) < int_of(r) ? -1 : int_of(l) > int_of(r); break;
      case HirKind::Float: {
        double x = float_of(l), y = float_of(r);
        unordered = std::isnan(x) || std::isnan(y);
        order = x < y ? -1 : x > y;
        break;
      }
      case HirKind::Bool: case HirKind::Char: order = node(l).a < node(r).a ? -1 : node(l).a > node(r).a; break;
      case HirKind::Str: order = p.names.text(static_cast<NameId>(node(l).a)).compare(p.names.text(static_cast<NameId>(node(r).a))); break;
      default: p.diags.report<Diag::NotConstant>(at, "a comparison of such values"); return {};
    }
    bool result = false;
    switch (op) {
      case TokenKind::EqEq: result = !unordered && order == 0; break;
      case TokenKind::BangEq: result = unordered || order != 0; break;
      case TokenKind::Less: result = !unordered && order < 0; break;
      case TokenKind::LessEq: result = !unordered && order <= 0; break;
      case TokenKind::Greater: result = !unordered && order > 0; break;
      default: result = !unordered && order >= 0; break;
    }
    return add(HirKind::Bool, Types::Bool, at, result);
  }
  Value concat(Span at, NodeId left, NodeId right, TypeId expected) {
    Value l = fold_to(left, is_some(expected) && p.types.kind(expected) != TypeKind::Optional ? expected : TypeId::None);
    if (!l) { fold(right, TypeId::None); return {}; }
    Value r = fold_to(right, l.type);
    if (!r) return {};
    HirId lr, rr;
    const Body* lb = behind(l, lr);
    const Body* rb = behind(r, rr);
    if (!lb || !rb) return {};
    if ((*lb)[lr].kind == HirKind::Str && (*rb)[rr].kind == HirKind::Str) {
      std::string joined(p.names.text(static_cast<NameId>((*lb)[lr].a)));
      joined += p.names.text(static_cast<NameId>((*rb)[rr].a));
      if (joined.size() > kMaxConstText) return failed(at, "this text is too long for a const");
      return add(HirKind::Str, Types::String, at, +p.names.intern(joined));
    }
    if ((*lb)[lr].kind != HirKind::MakeArray || (*rb)[rr].kind != HirKind::MakeArray) {
      p.diags.report<Diag::TypeMismatch>(at, "String", p.type_name(l.type));
      return {};
    }
    std::vector<uint32_t> items;
    for (auto [from, root] : {std::pair{lb, lr}, std::pair{rb, rr}}) {
      std::vector<uint32_t> list(from->list((*from)[root].a).begin(), from->list((*from)[root].a).end());
      for (uint32_t item : list) {
        if (body.nodes.size() > kMaxConstNodes) return failed(at, "this value is too large for a const");
        items.push_back(from == &body ? item : +copy(*from, static_cast<HirId>(item), at).id);
      }
    }
    return add(HirKind::MakeArray, l.type, at, add_list(items));
  }
  Value coalesce(Span at, NodeId left, NodeId right, TypeId expected) {
    Value l = fold(left, is_some(expected) && expected != Types::Error ? p.types.optional(expected) : TypeId::None);
    if (!l) return {};
    if (is_kind(l, HirKind::Null)) return fold_to(right, expected);
    if (is_kind(l, HirKind::Some)) { Value v; v.id = static_cast<HirId>(node(l).a); v.type = node(v).type; return v; }
    return settle(l, at);
  }

  // ---- literals with parts
  Value array(const Node& n, Span at, TypeId expected) {
    TypeId want = expected;
    while (is_some(want) && p.types.kind(want) == TypeKind::Optional) want = p.types.elem(want);
    TypeKind k = is_some(want) ? p.types.kind(want) : TypeKind::Error;
    bool known = k == TypeKind::Array || k == TypeKind::Fixed;
    if (is_some(want) && !known && want != Types::Error) {
      for (NodeId item : tree->list(n.a)) fold_to(item, TypeId::None);
      p.diags.report<Diag::TypeMismatch>(at, p.type_name(want), "an array");
      return {};
    }
    TypeId elem = known ? p.types.elem(want) : TypeId::None;
    std::vector<uint32_t> items;
    std::vector<Value> values;
    bool broken = false;
    for (NodeId item : tree->list(n.a)) {
      Value v = is_some(elem) ? fold_to(item, elem) : fold(item, TypeId::None);
      broken |= !v;
      values.push_back(v);
    }
    if (broken) return {};
    if (is_none(elem)) {
      // The first element with a type of its own decides; literals follow, `1` becomes `1.0` beside a float.
      for (const Value& v : values) {
        if (!v.flexible) { elem = v.type; break; }
        if (is_none(elem) || is_kind(v, HirKind::Float)) elem = is_kind(v, HirKind::Float) ? Types::F64 : Types::I64;
      }
      if (is_none(elem)) {
        if (expected != Types::Error) p.diags.report<Diag::OpenConstType>(at).help("write it: `const NAME: []i64 = []`");
        return {};
      }
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = coerce(values[i], elem, tree->caret(tree->list(n.a)[i]));
        if (!values[i]) return {};
      }
      want = p.types.array(elem);
    }
    if (k == TypeKind::Fixed && p.types[want].b != values.size()) {
      p.diags.report<Diag::TypeMismatch>(at, p.type_name(want), "[" + std::to_string(values.size()) + "]" + p.type_name(elem));
      return {};
    }
    for (const Value& v : values) items.push_back(+v.id);
    return add(HirKind::MakeArray, want, at, add_list(items));
  }

  Value map(const Node& n, Span at, TypeId expected) {
    if (is_none(p.lang.map)) return {};
    TypeId want = expected;
    while (is_some(want) && p.types.kind(want) == TypeKind::Optional) want = p.types.elem(want);
    TypeId key = TypeId::None, value = TypeId::None;
    if (is_some(want) && p.types.kind(want) == TypeKind::Struct && p.types[want].a == +p.lang.map) {
      key = p.types.args(want)[0];
      value = p.types.args(want)[1];
    }
    std::vector<uint32_t> items;
    for (NodeId entry : tree->list(n.a)) {
      const Node& e = (*tree)[entry];
      if (e.kind != NodeKind::MapEntry) return {};
      Value k = fold_to(static_cast<NodeId>(e.a), key), v = fold_to(static_cast<NodeId>(e.b), value);
      if (!k || !v) return {};
      key = k.type;
      value = v.type;
      items.push_back(+k.id);
      items.push_back(+v.id);
    }
    if (is_none(key)) {
      if (expected != Types::Error) p.diags.report<Diag::OpenConstType>(at).help("write it: `const NAME: Map[String, i64] = [:]`");
      return {};
    }
    TypeId args[2] = {key, value};
    TypeId type = p.types.structure(p.lang.map, args);
    if (want != type) check_bound_use(p, type, at);   // a written type was checked where it stands
    return add(HirKind::MakeMap, type, at, add_list(items));
  }

  Value tuple(const Node& n, Span at, TypeId expected) {
    std::span<const NodeId> nodes = tree->list(n.a);
    if (nodes.empty()) return add(HirKind::Void, Types::Void, at);
    TypeId want = expected;
    while (is_some(want) && p.types.kind(want) == TypeKind::Optional) want = p.types.elem(want);
    bool known = is_some(want) && p.types.kind(want) == TypeKind::Tuple && p.types[want].arg_count == nodes.size();
    std::vector<uint32_t> items;
    std::vector<TypeId> types;
    for (size_t i = 0; i < nodes.size(); ++i) {
      Value v = fold_to(nodes[i], known ? p.types.args(want)[i] : TypeId::None);
      if (!v) return {};
      items.push_back(+v.id);
      types.push_back(v.type);
    }
    return add(HirKind::MakeTuple, p.types.tuple(types), at, add_list(items));
  }

  Value range(const Node& n, Span at, NodeId low, NodeId high, TypeId) {
    if (is_none(low) || is_none(high) || is_none(p.lang.range)) { p.diags.report<Diag::NotConstant>(at, "an open range"); return {}; }
    Value l = fold(low, TypeId::None), h = fold(high, TypeId::None);
    if (!l || !h || !join(l, h, at)) return {};
    l = settle(l, at);
    h = settle(h, at);
    if (!l || !h) return {};
    TypeId type = p.types.structure(p.lang.range, {&l.type, 1});
    return add(HirKind::MakeRange, type, at, +l.id, +h.id, n.flags & kInclusive ? 1 : 0);
  }

  Value structure(NodeId id, const Node& n, Span at, TypeId expected) {
    NodeId type_node = static_cast<NodeId>(n.a);
    if (is_none(type_node) || (*tree)[type_node].kind != NodeKind::TypeName) return {};
    if (is_some(node_slot(*tree, n, 1))) return not_constant(id, "`..`");
    std::span<const NodeId> path = tree->list((*tree)[type_node].a);
    std::span<const NodeId> inits = tree->list(slot(*tree, n, 0));
    DeclId owner = path.empty() ? DeclId::None : lookup_name(p, module, static_cast<NameId>((*tree)[path[0]].a));
    size_t used = 1;
    if (is_some(owner) && p.decls[+owner].kind == DeclKind::Module && path.size() > 1) {
      bool is_private = false;
      owner = lookup_in_module(p, static_cast<ModuleId>(p.decls[+owner].index), static_cast<NameId>((*tree)[path[1]].a), &is_private);
      if (is_private) owner = DeclId::None;
      used = 2;
    }
    if (is_some(owner) && p.decls[+owner].kind == DeclKind::Enum && path.size() == used + 1)
      return struct_variant(at, owner, static_cast<NameId>((*tree)[path[used]].a), inits, expected);
    if (is_none(owner) || p.decls[+owner].kind != DeclKind::Struct || path.size() != used || !tree->list((*tree)[type_node].b).empty()) {
      TypeId written = resolve_type(p, scope, type_node);   // reports what is wrong with it
      if (written == Types::Error) return {};
      if (p.types.kind(written) != TypeKind::Struct) return mismatch(at, written, Types::Void);
      owner = p.structs[p.types[written].a].decl;
      expected = written;
    }
    uint32_t row = p.decls[+owner].index;
    TypeId self = self_type_of_decl(p, owner);
    std::vector<TypeId> bound = start_args(p.structs[row].type_params, self, expected);
    std::vector<uint32_t> pairs;
    if (!fields(at, inits, p.structs[row].fields, p.structs[row].type_params, bound, text(p.decls[+owner].name), p.decls[+owner].module, pairs)) return {};
    TypeId type = finish_args(at, self, p.structs[row].type_params, bound);
    return type == Types::Error ? Value{} : add(HirKind::MakeStruct, type, at, add_list(pairs));
  }
  Value struct_variant(Span at, DeclId owner, NameId name, std::span<const NodeId> inits, TypeId expected) {
    uint32_t row = p.decls[+owner].index;
    int v = is_none(name) ? -1 : p.find_variant(static_cast<EnumId>(row), name);
    if (v < 0) {
      p.diags.report<Diag::UnknownName>(at, text(p.decls[+owner].name) + "." + text(name));
      return {};
    }
    TypeId self = self_type_of_decl(p, owner);
    std::vector<TypeId> bound = start_args(p.enums[row].type_params, self, expected);
    std::vector<uint32_t> pairs;
    const VariantInfo& info = p.enums[row].variants[v];
    if (!fields(at, inits, info.fields, p.enums[row].type_params, bound, text(name), p.decls[+owner].module, pairs)) return {};
    TypeId type = finish_args(at, self, p.enums[row].type_params, bound);
    if (type == Types::Error) return {};
    std::vector<uint32_t> items(info.fields.size());
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) items[pairs[i]] = pairs[i + 1];
    return add(HirKind::MakeEnum, type, at, static_cast<uint32_t>(v), add_list(items));
  }
  bool fields(Span at, std::span<const NodeId> inits, const std::vector<FieldInfo>& infos, const std::vector<TypeParamId>& params,
              std::vector<TypeId>& bound, const std::string& owner, ModuleId declared_in, std::vector<uint32_t>& pairs) {
    std::vector<bool> given(infos.size(), false);
    bool good = true;
    for (NodeId init : inits) {
      const Node& n = (*tree)[init];
      if (n.kind != NodeKind::FieldInit) return false;
      NameId name = static_cast<NameId>(n.a);
      size_t i = 0;
      while (i < infos.size() && infos[i].name != name) ++i;
      if (i == infos.size()) {
        p.diags.report<Diag::UnknownName>(tree->caret(init), owner + "." + text(name));
        good = false;
        continue;
      }
      if (given[i]) {
        p.diags.report<Diag::DuplicateField>(tree->caret(init), text(name));
        good = false;
        continue;
      }
      given[i] = true;
      Value v;
      if (is_some(static_cast<NodeId>(n.b))) v = fold_generic(static_cast<NodeId>(n.b), infos[i].type, params, bound);
      else { v = this->name(init, name, TypeId::None); if (v) v = coerce(v, p.types.subst(infos[i].type, params, bound), tree->caret(init)); }
      if (!v) { good = false; continue; }
      pairs.push_back(static_cast<uint32_t>(i));
      pairs.push_back(+v.id);
    }
    for (size_t i = 0; i < infos.size(); ++i) {
      if (given[i]) continue;
      if (is_none(infos[i].default_value)) {
        p.diags.report<Diag::ConstFieldMissing>(at, owner, text(infos[i].name)).at(infos[i].span, "declared here");
        good = false;
        continue;
      }
      Folder other(p, declared_in, body);   // a default belongs to the file that declares it
      Value v = other.fold_generic(infos[i].default_value, infos[i].type, params, bound);
      if (!v) { good = false; continue; }
      pairs.push_back(static_cast<uint32_t>(i));
      pairs.push_back(+v.id);
    }
    return good;
  }

  // ---- calls: variants with a payload, and conversions of numbers
  Value call(NodeId id, const Node& n, TypeId expected) {
    NodeId callee = static_cast<NodeId>(n.a);
    std::span<const NodeId> args = tree->list(n.b);
    const Node& c = (*tree)[callee];
    if (c.kind == NodeKind::DotName) return dot_name(callee, static_cast<NameId>(c.a), args, expected);
    if (c.kind == NodeKind::Ident && is_some(static_cast<NameId>(c.a)) && args.size() == 1)
      if (TypeId to = builtin_type(p, static_cast<NameId>(c.a)); is_some(to) && p.types.is_number(to)) return convert(id, argument(args[0]), to);
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
  Value convert(NodeId id, NodeId operand, TypeId to) {
    Value v = fold(operand, TypeId::None);
    Span at = tree->caret(id);
    if (!v) return v;
    if (is_kind(v, HirKind::Char)) {
      if (!p.types.is_integer(to)) return mismatch(at, Types::I64, Types::Char);
      v = add_int(node(v).a, Types::I64, at, true);
    }
    if (is_kind(v, HirKind::Int)) {
      if (p.types.is_float(to)) return add_float(static_cast<double>(int_of(v)), to, at, false);
      if (!fits(int_of(v), to)) return failed(at, "`" + int_text(int_of(v)) + "` does not fit `" + p.type_name(to) + "`");
      return add_int(int_of(v), to, at, false);
    }
    if (is_kind(v, HirKind::Float)) {
      double x = float_of(v);
      if (p.types.is_float(to)) return add_float(x, to, at, false);
      if (std::isnan(x) || std::fabs(x) > 1e30 || !fits(static_cast<Int128>(x), to)) return failed(at, "this number does not fit `" + p.type_name(to) + "`");
      return add_int(static_cast<Int128>(x), to, at, false);
    }
    return not_constant(id, "this conversion");
  }
};

}  // namespace

void fold_const(Program& p, ConstId id) {
  if (p.consts[+id].state == 2) return;
  const Decl decl = p.decls[+p.consts[+id].decl];
  if (p.consts[+id].state == 1) {
    p.diags.report<Diag::ConstCycle>(decl.name_span, p.names.text(decl.name)).note("to know it, one would have to know it already");
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
  Folder folder(p, decl.module, *body);
  TypeId expected = is_some(type_node) ? resolve_type(p, folder.scope, type_node) : TypeId::None;
  Value v = folder.fold_to(value_node, expected);
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
  Folder folder(p, module, body);
  size_t errors = p.diags.error_count();
  Value v = folder.fold(expr, Types::I64);
  Span at = is_some(expr) ? p.tree_of(module).caret(expr) : Span{};
  if (v && folder.is_kind(v, HirKind::Int) && folder.int_of(v) >= 0 && folder.int_of(v) < (Int128(1) << 31)) {
    length = static_cast<uint32_t>(folder.int_of(v));
    return true;
  }
  if (v || p.diags.error_count() == errors) p.diags.report<Diag::ArrayLength>(at).note("`[]T` is an array whose length may change while the program runs");
  return false;
}

}  // namespace janus
