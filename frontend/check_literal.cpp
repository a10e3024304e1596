// check_literal.cpp: numbers, and texts with values in them.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- literals

HirId BodyChecker::check_int(NodeId n, bool negative, Span at, TypeId expected) {
  unsigned __int128 digits = tree_->tokens.int_value(ast(n).token);
  __int128 value = static_cast<__int128>(digits);
  if (negative) value = -value;
  TypeId type = is_some(expected) ? peel(expected) : TypeId::None;
  TypeKind kind = is_some(type) ? types_.kind(type) : TypeKind::Error;
  if (is_some(type) && types_.is_float(type)) {
    b_->body.floats.push_back(static_cast<double>(value));
    return emit(HirKind::Float, type, static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, at);
  }
  bool known = is_some(type) && types_.is_integer(type);
  if (kind == TypeKind::Param) {
    known = true;
    need_bound(type, kNumber, at, "a number");
  }
  if (kind == TypeKind::Infer && open_kind(type) != InferKind::General) known = true;
  return emit_int(value, known ? type : fresh(InferKind::Int, at), at);
}

HirId BodyChecker::check_float(NodeId n, bool negative, Span at, TypeId expected) {
  double value = tree_->tokens.float_value(ast(n).token);
  b_->body.floats.push_back(negative ? -value : value);
  TypeId type = is_some(expected) ? peel(expected) : TypeId::None;
  bool known = is_some(type) && types_.is_float(type);
  return emit(HirKind::Float, known ? type : fresh(InferKind::Float, at),
              static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, at);
}

// Why nothing comes out of an expression, and what would.
void BodyChecker::say_why_void(Diagnostic& d, NodeId n) {
  n = unparen(n);
  NodeId otherwise = n;
  switch (ast(n).kind) {
    case NodeKind::If:
      while (is_some(otherwise) && ast(otherwise).kind == NodeKind::If)
        otherwise = tree_->record_node(ast(otherwise).b, 1);
      if (is_none(otherwise))
        d.note("an `if` without `else` gives no value: there would be none when no condition is met")
            .help("say what it is otherwise: `if … do … else … end`");
      else d.note("the last line of a branch is its value; here there is none").help("give every branch a value");
      return;
    case NodeKind::Match:
      d.note("nothing comes out of its arms: what they do is done only for its effect").help("give every arm a value");
      return;
    case NodeKind::Ident:
      if (uint32_t var = find_var(NameId(ast(n).a)); var != kNone32)
        d.at(vars_[var].span, "nothing came out of what `" + source(n) + "` was made from");
      return;
    default: break;
  }
  d.note("nothing comes out of this call: it is done only for its effect").help("call it on a line of its own");
}

HirId BodyChecker::check_interp(NodeId n) {
  SmallVec<uint32_t, 16> parts;
  std::span<const NodeId> list = tree_->list(ast(n).a);
  for (size_t i = 0; i < list.size(); ++i) {
    NodeId part = tree_->list(ast(n).a)[i];
    const Node x = ast(part);
    if (x.kind != NodeKind::InterpPart) {
      parts.push_back(+check(part));
      parts.push_back(kNone32);
      continue;
    }
    HirId value = check(NodeId(x.a));
    if (x.b == kNone32) received_as_either(value);
    TypeId type = type_of(value);
    if (type == Types::Void) {
      say_why_void(report<Diag::VoidValue>(span(NodeId(x.a)), "printed"), NodeId(x.a));
      value = poison(span(n));
      type = Types::Error;
    }
    uint32_t spec = kNone32;
    if (x.b != kNone32) {
      spec = static_cast<uint32_t>(b_->body.formats.size());
      b_->body.formats.push_back(FormatSpec{});
      late_.push_back({LateCheck::Format, b_->index, type, tree_->token_span(x.token), x.b, spec});
    }
    late_.push_back({LateCheck::Printable, b_->index, type, span(NodeId(x.a))});
    parts.push_back(+value);
    parts.push_back(spec);
  }
  return emit(HirKind::Interp, Types::String, make_list(parts), kNone32, span(n));
}

}  // namespace janus
