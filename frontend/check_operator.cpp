// check_operator.cpp: operators, comparisons, conditions and what they let us know.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {
namespace {
struct OpInfo {
  HirOp op;
  const char* doing;
  bool integers_only;
  bool shift;
};
OpInfo op_info(TokenKind t) {
  switch (t) {
    case TokenKind::Plus:
    case TokenKind::PlusEq: return {HirOp::Add, "added", false, false};
    case TokenKind::Minus:
    case TokenKind::MinusEq: return {HirOp::Sub, "subtracted", false, false};
    case TokenKind::Star:
    case TokenKind::StarEq: return {HirOp::Mul, "multiplied", false, false};
    case TokenKind::Slash:
    case TokenKind::SlashEq: return {HirOp::Div, "divided", false, false};
    case TokenKind::Percent:
    case TokenKind::PercentEq: return {HirOp::Rem, "divided", false, false};
    case TokenKind::PlusPercent:
    case TokenKind::PlusPercentEq: return {HirOp::WrapAdd, "added", true, false};
    case TokenKind::MinusPercent:
    case TokenKind::MinusPercentEq: return {HirOp::WrapSub, "subtracted", true, false};
    case TokenKind::StarPercent:
    case TokenKind::StarPercentEq: return {HirOp::WrapMul, "multiplied", true, false};
    case TokenKind::Amp:
    case TokenKind::AmpEq: return {HirOp::And, "combined with `&`", true, false};
    case TokenKind::Pipe:
    case TokenKind::PipeEq: return {HirOp::Or, "combined with `|`", true, false};
    case TokenKind::Caret:
    case TokenKind::CaretEq: return {HirOp::Xor, "combined with `^`", true, false};
    case TokenKind::LessLess:
    case TokenKind::LessLessEq: return {HirOp::Shl, "shifted", true, true};
    case TokenKind::GreaterGreater:
    case TokenKind::GreaterGreaterEq: return {HirOp::Shr, "shifted", true, true};
    case TokenKind::PlusPlus:
    case TokenKind::PlusPlusEq: return {HirOp::Concat, "joined", false, false};
    default: return {HirOp::None, "", false, false};
  }
}
HirOp compare_op(TokenKind t) {
  switch (t) {
    case TokenKind::EqEq: return HirOp::Eq;
    case TokenKind::BangEq: return HirOp::Ne;
    case TokenKind::Less: return HirOp::Lt;
    case TokenKind::LessEq: return HirOp::Le;
    case TokenKind::Greater: return HirOp::Gt;
    case TokenKind::GreaterEq: return HirOp::Ge;
    default: return HirOp::None;
  }
}
}  // namespace

// The type must have a built-in bound: now when it is known, at the end of the group otherwise.
void BodyChecker::need_bound(TypeId type, uint32_t builtin, Span at, const char*) {
  LateCheck::Kind kind = builtin == kNumber     ? LateCheck::Number
                         : builtin == kInteger  ? LateCheck::Integer
                         : builtin == kEqual    ? LateCheck::Equal
                         : builtin == kHashable ? LateCheck::Hashable
                         : builtin == kFloat    ? LateCheck::Number
                                                : LateCheck::Ordered;
  type = shallow(type);
  const TypeRow& row = types_[type];
  if (!row.has_infer && !row.has_param && p_.satisfies(type, builtin)) return;
  late_.push_back({kind, b_->index, type, at, 0, builtin == kFloat});
}

// Makes both operands values of one type: literals take the other's type, a narrower number is widened, a `T` becomes a
// `?T` only for `==` (the caller's business).
bool BodyChecker::balance(HirId& left, HirId& right) {
  TypeId l = shallow(node(left).type), r = shallow(node(right).type);
  if (l == r) return true;
  TypeKind lk = types_.kind(l), rk = types_.kind(r);
  if (lk == TypeKind::Error || rk == TypeKind::Error || lk == TypeKind::Never || rk == TypeKind::Never) return true;
  if (widens(l, r)) {
    left = emit(HirKind::Widen, r, left, kNone32, node(left).span);
    return true;
  }
  if (widens(r, l)) {
    right = emit(HirKind::Widen, l, right, kNone32, node(right).span);
    return true;
  }
  if (lk == TypeKind::ErrorVal && rk == TypeKind::ErrorVal) {
    TypeId both = types_.error_value(join_sets(ErrorSetId(types_[l].a), ErrorSetId(types_[r].a)));
    if (l != both) left = emit(HirKind::WidenError, both, left, kNone32, node(left).span);
    if (r != both) right = emit(HirKind::WidenError, both, right, kNone32, node(right).span);
    return true;
  }
  return unify(l, r);
}

// The `+` whose left side is this one, if there is one.
static NodeId plus_around(const Tree& tree, NodeId n) {
  size_t stop = std::min<size_t>(tree.nodes.size(), +n + 500);   // a parent stands behind its parts, mostly near
  for (uint32_t i = +n + 1; i < stop; ++i) {
    const Node& x = tree.nodes[i];
    if (x.kind == NodeKind::Binary && x.a == +n) return TokenKind(x.aux) == TokenKind::Plus ? NodeId(i) : NodeId::None;
  }
  return NodeId::None;
}

// How an operand of `+` is written inside one text.
std::string BodyChecker::inside_text(NodeId n) {
  std::string_view raw = p_.sources.text(span(n));
  bool text = ast(n).kind == NodeKind::StringLit || ast(n).kind == NodeKind::Interp;
  if (text && raw.find('\n') == std::string_view::npos && raw.size() >= 2 && raw.substr(0, 3) != "\"\"\"")
    return std::string(raw.substr(1, raw.size() - 2));
  return "${" + source(n) + "}";
}

HirId BodyChecker::check_unary(NodeId n, TypeId expected) {
  const Node x = ast(n);
  TokenKind op = TokenKind(x.aux);
  NodeId operand = NodeId(x.a);
  if (op == TokenKind::KwNot) {
    Facts t, f;
    return check_cond(n, t, f, false);
  }
  if (op == TokenKind::Minus) {
    if (ast(operand).kind == NodeKind::IntLit) return check_int(operand, true, span(n), expected);
    if (ast(operand).kind == NodeKind::FloatLit) return check_float(operand, true, span(n), expected);
  }
  TypeId hint = is_some(expected) ? peel(expected) : TypeId::None;
  if (is_some(hint) && !types_.is_number(hint)) hint = TypeId::None;
  HirId value = received(check(operand, hint));
  TypeId type = settle(node(value).type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Never) return poison(span(n));
  if (kind == TypeKind::Optional) {
    report_optional_as_value(span(operand), type, operand, nullptr);
    return poison(span(n));
  }
  if (op == TokenKind::Tilde) {
    need_bound(type, kInteger, span(operand), "~");
    return emit(HirKind::BitNot, type, value, kNone32, span(n));
  }
  if (types_.is_integer(type) && !types_.is_signed(type)) {
    report<Diag::NegateUnsigned>(span(n), name_of(type))
        .note("the values of `" + name_of(type) + "` begin at 0")
        .help("use a signed type such as `i64`, or `0 -% x` to wrap around");
    return poison(span(n));
  }
  late_.push_back({LateCheck::Neg, b_->index, type, span(operand)});
  return emit(HirKind::Neg, type, value, kNone32, span(n));
}

// `++i` on a line of its own, which goes on with the line above. A place alone can be meant, right behind the sign.
bool BodyChecker::is_increment(NodeId r) {
  NodeKind k = ast(r).kind;
  uint32_t first = tree_->first_token(r), sign = first - 1;
  const Tokens& tokens = tree_->tokens;
  return (k == NodeKind::Ident || k == NodeKind::Member || k == NodeKind::Index) && first > 0 &&
         tokens.kinds[sign] == TokenKind::PlusPlus && tokens.starts_line(sign) &&
         tokens.end(sign) == tokens.begin(first);
}

HirId BodyChecker::concat(HirId left, HirId right, NodeId l, NodeId r, Span at) {
  left = received(left);
  right = received(right);
  for (HirId* side : {&left, &right})
    if (types_.kind(settle(node(*side).type)) == TypeKind::Fixed) *side = fixed_as_array(*side);
  TypeId lt = settle(node(left).type), rt = settle(node(right).type);
  for (TypeId* t : {&lt, &rt})
    if (types_.kind(*t) == TypeKind::Infer && open_kind(*t) != InferKind::General) {
      settle_literals(*t);
      *t = shallow(*t);
    }
  TypeKind lk = types_.kind(lt), rk = types_.kind(rt);
  if (lk == TypeKind::Error || rk == TypeKind::Error) return poison(at);
  if (lk != TypeKind::String && lk != TypeKind::Array && types_.is_number(rt) && is_increment(r)) {
    Span sign = tree_->token_span(tree_->first_token(r) - 1);
    std::string better = source(r) + " += 1";
    report<Diag::Increment>(sign, "++")
        .note("`++` joins two texts or arrays, so this line goes on with the one above")
        .fix({sign.lo, span(r).hi}, better, "write `" + better + "`");
    return poison(at);
  }
  if (lk == TypeKind::Optional || rk == TypeKind::Optional) {
    bool is_left = lk == TypeKind::Optional;
    report_optional_as_value(span(is_left ? l : r), is_left ? lt : rt, is_left ? l : r, nullptr);
    return poison(at);
  }
  if (lk == TypeKind::Infer && rk == TypeKind::Infer) {
    report<Diag::TypeNotKnown>(span(l), "this value").help("write its type where the name is introduced");
    return poison(at);
  }
  auto joinable = [](TypeKind k) { return k == TypeKind::String || k == TypeKind::Array; };
  if (lk == TypeKind::Infer ? !joinable(rk) : !joinable(lk)) {
    bool is_left = lk != TypeKind::Infer;
    NodeId bad = is_left ? l : r;
    TypeId found = is_left ? lt : rt, other = is_left ? rt : lt;
    if (types_.kind(other) == TypeKind::String) {
      Why why{span(is_left ? r : l), "`++` joins it with this text"};
      report_mismatch(span(bad), Types::String, found, bad, &why);
    } else {
      report<Diag::CannotConcat>(span(bad), name_of(found))
          .note("`++` joins two texts or two arrays")
          .help(types_.is_number(found) ? "numbers are added with `+`" : "turn it into a text with `String(…)`");
    }
    return poison(at);
  }
  if (lk == TypeKind::Array && rk != TypeKind::Array && rk != TypeKind::Infer) {
    Why why{span(l), "`++` joins it with this array"};
    report_mismatch(span(r), lt, rt, r, &why);
    return poison(at);
  }
  if (!unify(lt, rt)) {
    Why why{span(l), "`++` joins it with this `" + name_of(lt) + "`"};
    report_mismatch(span(r), lt, rt, r, &why);
    return poison(at);
  }
  return emit(HirKind::Concat, shallow(lt), left, right, at);
}

// `left op right`, both checked. `n` may be an assignment `a op= b`; then the caller uses the result's type only.
HirId BodyChecker::arith(HirOp op, HirId left, HirId right, NodeId l, NodeId r, Span at, TokenKind token, TypeId,
                         NodeId n) {
  OpInfo info = op_info(token);
  if (op == HirOp::None) op = info.op;
  if (op == HirOp::None) op = info.op;   // `a op= b` says it by its token alone
  left = received(left);
  right = received(right);
  TypeId lt = settle(node(left).type), rt = settle(node(right).type);
  TypeKind lk = types_.kind(lt), rk = types_.kind(rt);
  if (lk == TypeKind::Error || rk == TypeKind::Error) return poison(at);
  for (int side = 0; side < 2; ++side) {
    TypeId t = side ? rt : lt;
    if (types_.kind(t) == TypeKind::Optional) {
      report_optional_as_value(span(side ? r : l), t, side ? r : l, nullptr);
      return poison(at);
    }
  }
  std::string_view written = p_.sources.text(tree_->token_span(ast(n).token));
  if ((lk == TypeKind::String || rk == TypeKind::String) && op == HirOp::Add) {
    Span sign = tree_->token_span(ast(n).token);
    Diagnostic& d = report<Diag::PlusOnText>(sign).note("`+` adds numbers, `++` joins texts");
    if (std::string(written) == "+=") {
      if (lk == rk) d.fix(sign, "++=", "join the texts with `++=`");
      else if (lk == TypeKind::String && source(r) != "…")
        d.fix(sign, "++=", "join the texts with `++=`", Applicability::MaybeIncorrect)
            .fix(span(r), "String(" + source(r) + ")", "");
      return poison(at);
    }
    NodeId whole = plus_around(*tree_, n);
    if (lk == rk && is_none(whole)) {
      d.fix(sign, "++", "join the texts with `++`");
      return poison(at);
    }
    // What follows in `"a" + n + "b"` is part of the same mistake.
    std::string text = inside_text(l) + inside_text(r);
    NodeId last = n;
    for (; is_some(whole); whole = plus_around(*tree_, whole)) text += inside_text(NodeId(ast(last = whole).b));
    if (text.find("${…}") == std::string::npos)
      d.fix(span(last), "\"" + text + "\"", "write one text", Applicability::MaybeIncorrect);
    else d.help("join with `++`, and make a text of other values with `String(…)`");
    return poison(at);
  }
  if (lk == TypeKind::Array && rk == TypeKind::Array && op == HirOp::Add) {
    std::string join = written == "+=" ? "++=" : "++";
    report<Diag::PlusOnText>(tree_->token_span(ast(n).token))
        .note("`+` adds numbers, `++` joins arrays")
        .fix(tree_->token_span(ast(n).token), join, "join the arrays with `" + join + "`");
    return poison(at);
  }
  auto is_number_like = [&](TypeId t) {
    TypeKind k = types_.kind(t);
    return types_.is_number(t) || k == TypeKind::Param || k == TypeKind::Infer || k == TypeKind::Never;
  };
  for (int side = 0; side < 2; ++side) {
    TypeId t = side ? rt : lt;
    if (is_number_like(t)) continue;
    Diagnostic& d = report<Diag::NotANumber>(span(side ? r : l), name_of(t), std::string(written));
    d.with_label("this is `" + name_of(t) + "`");
    if (types_.kind(t) == TypeKind::Bool && info.integers_only && !info.shift)
      d.help("for `true` and `false` write `and`, `or`, `!=`");
    else if (types_.kind(t) == TypeKind::String && !side && op == HirOp::Mul)
      d.help("a text is repeated with `repeat`: `" + source(l) + ".repeat(" + source(r) + ")`");
    else if (types_.kind(t) == TypeKind::String && !side && op == HirOp::Rem &&
             p_.sources.text(span(l)).find('%') != std::string_view::npos)
      d.help("a text holds values itself, as in `\"${x}\"`; behind a `:` stands how, as in `\"${x:.2}\"`");
    else if (types_.kind(t) == TypeKind::String) d.help("read a number out of a text with `i64.parse(…)`");
    else if (types_.kind(t) == TypeKind::Char) d.help("the number of a character is `i64(c)`, and back `char(n)`");
    else if (types_.kind(t) == TypeKind::Struct || types_.kind(t) == TypeKind::Enum)
      d.note("operators are not defined for types of one's own").help("write a method, such as `a.plus(b)`");
    return poison(at);
  }
  if (info.shift) {
    if (rk == TypeKind::Infer) {
      unify(rt, Types::I64);
    } else if (rt != Types::I64) {
      if (!try_coerce(right, Types::I64))
        right = emit(HirKind::Convert, Types::I64, right, kNone32, node(right).span, 0);
    }
    need_bound(lt, kInteger, span(l), "shift");
    return emit(HirKind::Arith, lt, left, right, at, static_cast<uint16_t>(op));
  }
  if (!balance(left, right)) {
    Diagnostic& d = report<Diag::MixedNumbers>(tree_->token_span(ast(n).token), name_of(lt), name_of(rt), info.doing);
    d.at(span(l), "`" + name_of(lt) + "`").at(span(r), "`" + name_of(rt) + "`");
    auto floats = [&](TypeId t) {
      return types_.is_float(t) || (types_.kind(t) == TypeKind::Infer && open_kind(t) == InferKind::Float);
    };
    if (floats(lt) != floats(rt)) {
      NodeId whole = floats(lt) ? r : l;
      d.note("whole numbers and numbers with a point are different types, and one never becomes the other by itself");
      const HirNode whole_value = node(floats(lt) ? right : left);
      if (whole_value.kind == HirKind::Local && is_some(vars_[var_of_local(LocalId(whole_value.a))].let)) {
        const Var& v = vars_[var_of_local(LocalId(whole_value.a))];
        NodeId init = ast(v.let).kind == NodeKind::Let ? tree_->record_node(ast(v.let).b, 1) : NodeId::None;
        if (is_some(init) && ast(init).kind == NodeKind::IntLit)
          d.help("or let `" + std::string(text(v.name)) + "` begin with a number with a point: `" + source(init) +
                 ".0`");
      }
      d.help("convert the whole number: `f64(" + source(whole) + ")`");
      if (source(whole) != "…")
        d.fix(span(whole),
              (floats(lt) ? p_.type_name(types_.is_float(lt) ? lt : Types::F64)
                          : p_.type_name(types_.is_float(rt) ? rt : Types::F64)) +
                  "(" + source(whole) + ")",
              "convert the whole number", Applicability::MaybeIncorrect);
    } else if (types_.is_number(lt) && types_.is_number(rt)) {
      d.note("neither type holds every value of the other, so janus does not choose one")
          .help("convert one of them: `" + name_of(lt) + "(" + source(r) + ")`");
    } else {
      d.note("both sides of an operator have the same type");
      if (lk == TypeKind::Param || rk == TypeKind::Param) {
        if (p_.modules[+module_]->profile == Profile::Script)
          d.note("a parameter without a type takes a value of any type, and two of them may be of different types")
              .help("write the types: `func f(a: i64, b: i64) -> i64 do`");
        else d.note("a type parameter stands for any type, and not always for the same one as the other side");
      }
    }
    return poison(at);
  }
  TypeId type = shallow(node(left).type);
  if (types_.kind(type) == TypeKind::Never) type = shallow(node(right).type);
  need_bound(type, info.integers_only ? kInteger : kNumber, at, info.doing);
  const HirNode divisor = node(right);
  if ((op == HirOp::Div || op == HirOp::Rem) && divisor.kind == HirKind::Int && b_->body.ints[divisor.a] == 0)
    late_.push_back({LateCheck::ByZero, b_->index, type, span(r)});   // a `0` may yet become a number with a point
  return emit(HirKind::Arith, type, left, right, at, static_cast<uint16_t>(op));
}

HirId BodyChecker::check_binary(NodeId n, TypeId expected) {
  const Node x = ast(n);
  TokenKind token = TokenKind(x.aux);
  NodeId l = NodeId(x.a), r = NodeId(x.b);
  if (token == TokenKind::KwAnd || token == TokenKind::KwOr) {
    Facts t, f;
    return check_cond(n, t, f, false);
  }
  if (token == TokenKind::KwIn) return check_in(n);
  if (compare_op(token) != HirOp::None) return check_compare(n);
  OpInfo info = op_info(token);
  TypeId hint = is_some(expected) ? peel(expected) : TypeId::None;
  if (info.op == HirOp::Concat) {
    if (is_some(hint) && types_.kind(hint) != TypeKind::Array) hint = TypeId::None;
    HirId left = check(l, hint);
    TypeId lt = shallow(node(left).type);
    HirId right = check(r, types_.kind(lt) == TypeKind::Array ? lt : hint);
    return concat(left, right, l, r, span(n));
  }
  if (is_some(hint) && !types_.is_number(hint) && types_.kind(hint) != TypeKind::Param &&
      types_.kind(hint) != TypeKind::Error &&
      !(types_.kind(hint) == TypeKind::Infer && open_kind(hint) != InferKind::General))
    hint = TypeId::None;
  HirId left = check(l, hint);
  TypeId lt = shallow(node(left).type);
  bool pass = types_.is_number(lt) || types_.kind(lt) == TypeKind::Param || types_.kind(lt) == TypeKind::Infer;
  HirId right = check(r, info.shift ? TypeId::None : pass ? lt : hint);   // a width is any whole number
  return arith(info.op, left, right, l, r, span(n), token, expected, n);
}

// ---- comparisons

HirId BodyChecker::check_compare(NodeId n) {
  const Node x = ast(n);
  HirOp op = compare_op(TokenKind(x.aux));
  NodeId l = NodeId(x.a), r = NodeId(x.b);
  NodeId bare_l = unparen(l), bare_r = unparen(r);
  // x == null: the question itself is about the `?T`, also where x is already known not to be null.
  bool l_null = ast(bare_l).kind == NodeKind::NullLit, r_null = ast(bare_r).kind == NodeKind::NullLit;
  if ((l_null || r_null) && !(l_null && r_null)) {
    NodeId other = l_null ? r : l;
    HirId value = check_unnarrowed(other);
    TypeId type = settle(node(value).type);
    TypeKind kind = types_.kind(type);
    if (kind == TypeKind::Error) return poison(span(n));
    if (kind == TypeKind::Infer && open_kind(type) == InferKind::General) {
      TypeId opt = types_.optional(fresh(InferKind::General, span(other), "this value"));
      unify(type, opt);
      type = opt;
    } else if (kind != TypeKind::Optional) {
      Diagnostic& d = report<Diag::NeverNull>(span(other), name_of(type));
      if (!offer_get(d, other))
        d.note("only a type with a question mark, such as `?" + name_of(type) + "`, has `null` among its values")
            .help("leave the question out");
      return poison(span(n));
    }
    if (op != HirOp::Eq && op != HirOp::Ne) {
      report<Diag::NotOrdered>(span(n), name_of(type)).note("`null` is neither smaller nor greater than a value");
      return poison(span(n));
    }
    HirId null = emit(HirKind::Null, type, kNone32, kNone32, span(l_null ? l : r));
    return l_null ? emit(HirKind::Compare, Types::Bool, null, value, span(n), static_cast<uint16_t>(op))
                  : emit(HirKind::Compare, Types::Bool, value, null, span(n), static_cast<uint16_t>(op));
  }
  bool dot_left = ast(bare_l).kind == NodeKind::DotName;
  HirId left, right;
  if (dot_left) {
    right = check(r);
    left = check(l, node(right).type);
  } else {
    left = check(l);
    right = check(r, node(left).type);
  }
  TypeId lt = settle(node(left).type), rt = settle(node(right).type);
  TypeKind lk = types_.kind(lt), rk = types_.kind(rt);
  if (lk == TypeKind::Error || rk == TypeKind::Error) return poison(span(n));
  bool equality = op == HirOp::Eq || op == HirOp::Ne;
  if (equality) received_as_either(left), received_as_either(right);
  if (!equality) {   // `==` compares across, an order needs two values
    lt = settle(node(received(left)).type), rt = settle(node(received(right)).type);
    lk = types_.kind(lt), rk = types_.kind(rt);
  }
  if (!equality && (lk == TypeKind::Optional || rk == TypeKind::Optional)) {
    bool is_left = lk == TypeKind::Optional;
    report_optional_as_value(span(is_left ? l : r), is_left ? lt : rt, is_left ? l : r, nullptr);
    return poison(span(n));
  }
  bool same = true;
  if (lk == TypeKind::Optional && rk != TypeKind::Optional && rk != TypeKind::Never) {
    same = try_coerce(right, lt);
  } else if (rk == TypeKind::Optional && lk != TypeKind::Optional && lk != TypeKind::Never) {
    same = try_coerce(left, rt);
  } else {
    same = balance(left, right);
  }
  if (!same) {
    bool numbers = (types_.is_number(lt) || lk == TypeKind::Infer) && (types_.is_number(rt) || rk == TypeKind::Infer);
    if (numbers) {
      Diagnostic& d = report<Diag::MixedNumbers>(tree_->token_span(x.token), name_of(lt), name_of(rt), "compared");
      d.at(span(l), "`" + name_of(lt) + "`")
          .at(span(r), "`" + name_of(rt) + "`")
          .note("neither type holds every value of the other");
      d.help("convert one of them: `" + name_of(lt) + "(" + source(r) + ")`");
    } else {
      Why why{span(l), "it is compared with this `" + name_of(lt) + "`"};
      report_mismatch(span(r), lt, rt, r, &why);
      uint32_t minus = tree_->first_token(r);
      if (lk == TypeKind::Channel && op == HirOp::Lt &&
          tree_->tokens.kinds[minus] == TokenKind::Minus)   // c <- x of Go
        p_.diags.all()
            .back()
            ->help("a value is sent with `" + source(l) + ".send(…)`, and received with `" + source(l) + ".recv()`")
            .fix({span(l).hi, tree_->token_span(minus + 1).lo}, ".send(", "send it", Applicability::MaybeIncorrect)
            .fix({span(n).hi, span(n).hi}, ")", "");
    }
    return poison(span(n));
  }
  need_bound(node(left).type, equality ? kEqual : kOrdered, span(n), "compare");
  return emit(HirKind::Compare, Types::Bool, left, right, span(n), static_cast<uint16_t>(op));
}

// `x in xs` is `xs.contains(x)`.
HirId BodyChecker::check_in(NodeId n) {
  const Node x = ast(n);
  NodeId l = NodeId(x.a), r = NodeId(x.b);
  HirId base = received(check_walked(r));
  TypeId type = settle(node(base).type);
  if (types_.kind(type) == TypeKind::Fixed) {
    base = fixed_as_array(base);
    type = node(base).type;
  }
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) {
    check_poison(l);
    return poison(span(n));
  }
  if (kind == TypeKind::Optional) {
    report_optional_as_value(span(r), type, r, nullptr);
    check_poison(l);
    return poison(span(n));
  }
  Program::MethodMatch m = kind == TypeKind::Infer ? Program::MethodMatch{} : method_of(type, n_contains_);
  if (m.candidates != 1 || p_.funcs[+m.func].params.size() != 2) {
    Diagnostic& d = report<Diag::CannotSearch>(span(r), name_of(type));
    d.note("`x in y` asks whether x is an element of an array or set, a key of a map, in a range, or a part of a text");
    check_poison(l);
    return poison(span(n));
  }
  use_func(m.func);
  const FuncInfo& f = p_.funcs[+m.func];
  SmallVec<TypeId, 8> args;
  for (TypeId t : m.impl_args) args.push_back(t);
  while (args.size() < f.type_params.size()) args.push_back(fresh(InferKind::General, span(n), "a type argument"));
  TypeId want = types_.subst(f.params[1].type, f.type_params, args);
  Why why{span(r), "it is looked for in this `" + name_of(type) + "`"};
  HirId value = check(l, want);
  if (kind == TypeKind::String && type_of(value) == Types::Char)
    value = emit(HirKind::ToString, Types::String, value, kNone32, node(value).span);
  value = coerce(value, want, l, &why);
  if (!f.type_params.empty()) uses_.push_back({m.func, types_.tuple(args), func_, module_, n, span(n)});
  uint32_t list[] = {+base, +value};
  return emit(HirKind::Call, Types::Bool, +m.func, make_record({make_type_list(args), make_list(list)}), span(n));
}

// ---- optionals

HirId BodyChecker::check_coalesce(NodeId n, TypeId expected) {
  const Node x = ast(n);
  NodeId l = NodeId(x.a), r = NodeId(x.b);
  TypeId hint = TypeId::None;
  if (is_some(expected)) {
    TypeKind k = types_.kind(expected);
    if (k == TypeKind::Optional) hint = expected;
    else if (k != TypeKind::Infer && k != TypeKind::Error && k != TypeKind::Void && k != TypeKind::Dyn)
      hint = types_.optional(expected);
  }
  HirId left = check_unnarrowed(l, hint);
  TypeId type = settle(node(left).type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) {
    HirId right = check(r, expected);
    (void)right;
    return poison(span(n));
  }
  if (kind == TypeKind::Infer && open_kind(type) == InferKind::General) {
    TypeId opt = types_.optional(fresh(InferKind::General, span(l), "this value"));
    unify(type, opt);
    type = opt;
    kind = TypeKind::Optional;
  }
  if (kind != TypeKind::Optional) {
    Diagnostic& d = report<Diag::NeverNull>(span(l), name_of(type));
    if (!offer_get(d, l))
      d.note("`a ?? b` gives `b` when `a` is `null`; this value never is").help("leave `?? " + source(r) + "` out");
    check_poison(r);
    return poison(span(n));
  }
  TypeId inner = shallow(types_.elem(type));
  Facts before;
  copy_facts(before, facts_);
  bool dead_before = dead_;
  HirId right = check(r, inner);
  TypeId rt = shallow(node(right).type);
  if (!dead_) meet(facts_, before);
  else copy_facts(facts_, before);
  dead_ = dead_before;
  TypeId result = inner;
  // `x ?? 0 == y` is meant the other way round.
  bool other = types_.kind(inner) == TypeKind::Infer ? open_kind(inner) != InferKind::General
                                                     : inner != Types::Bool && inner != Types::Error;
  if (rt == Types::Bool && other && ast(r).kind == NodeKind::Binary) {
    NodeId first = r;   // the comparison that comes first in `0 == y and z`
    auto is_logic = [&](NodeId at) {
      TokenKind token = TokenKind(ast(at).aux);
      return ast(at).kind == NodeKind::Binary && (token == TokenKind::KwAnd || token == TokenKind::KwOr);
    };
    while (is_logic(first)) first = NodeId(ast(first).a);
    if (ast(first).kind == NodeKind::Binary) first = NodeId(ast(first).a);
    std::string meant = "(" + source(l) + " ?? " + source(first) + ")";
    report<Diag::TypeMismatch>(span(r), name_of(inner), "bool")
        .with_label("this is `bool`")
        .at(span(l), "it stands in for this `" + name_of(type) + "`")
        .note("`??` takes all that follows: this is read as `" + source(l) + " ?? (" + source(r) + ")`")
        .fix({span(l).lo, span(first).hi}, meant, "write brackets", Applicability::MaybeIncorrect);
    return poison(span(n));
  }
  if (types_.kind(rt) == TypeKind::Optional && types_.kind(inner) != TypeKind::Optional) {
    result = type;
    right = coerce(right, type, r);
  } else {
    Why why{span(l), "it stands in for this `" + name_of(type) + "`"};
    if (widens(inner, rt)) {
      right = coerce(right, inner, r, &why);
    } else {
      right = coerce(right, inner, r, &why);
    }
  }
  return emit(HirKind::Coalesce, result, left, right, span(n));
}

HirId BodyChecker::check_unwrap(NodeId n, TypeId expected) {
  NodeId operand = NodeId(ast(n).a);
  TypeId hint = TypeId::None;
  if (is_some(expected) && types_.kind(expected) != TypeKind::Infer && types_.kind(expected) != TypeKind::Error)
    hint = types_.optional(expected);
  HirId value = check_unnarrowed(operand, hint);
  TypeId type = settle(node(value).type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error) return poison(span(n));
  if (kind == TypeKind::Infer && open_kind(type) == InferKind::General) {
    TypeId opt = types_.optional(fresh(InferKind::General, span(operand), "this value"));
    unify(type, opt);
    type = opt;
    kind = TypeKind::Optional;
  }
  if (kind != TypeKind::Optional) {
    Span mark = tree_->token_span(tree_->lasts[+n]);
    Diagnostic& d = report<Diag::NeverNull>(span(operand), name_of(type));
    d.note("`x!` takes the value out of a type with a question mark; here there is nothing to take out")
        .help("leave the `!` out")
        .fix(mark, "", "leave the `!` out");
    return poison(span(n));
  }
  if (uint32_t var = subject_var(operand); var != kNone32) add_fact(var, Fact::NonNull);
  return emit(HirKind::Unwrap, types_.elem(type), value, kNone32, span(n));
}

// `m[k] ?? 0` and `if let x = xs[i]`: the element is never null, for the program ends where there is none; `get` asks.
bool BodyChecker::offer_get(Diagnostic& d, NodeId n) {
  NodeId element = unparen(n);
  const Node x = ast(element);
  if (x.kind != NodeKind::Index || tree_->list(x.b).size() != 1 ||
      ast(unparen(tree_->list(x.b)[0])).kind == NodeKind::Range)
    return false;
  d.note("`" + source(element) + "` ends the program when there is no such element; `get` gives `null` then");
  uint32_t open = tree_->lasts[+NodeId(x.a)] + 1;
  d.fix(tree_->token_span(open), ".get(", "ask with `get`").fix(tree_->token_span(tree_->lasts[+element]), ")", "");
  return true;
}

// ---- conditions: a bool, and what its two answers tell

HirId BodyChecker::check_cond(NodeId n, Facts& when_true, Facts& when_false, bool allow_let) {
  const Node x = ast(n);
  auto add_all = [&](const Facts& from) {
    for (const Fact& f : from) add_fact(f.var, f.kind);
  };
  switch (x.kind) {
    case NodeKind::Paren: return check_cond(NodeId(x.a), when_true, when_false, allow_let);
    case NodeKind::Unary:
      if (TokenKind(x.aux) == TokenKind::KwNot) {
        HirId value = check_cond(NodeId(x.a), when_false, when_true, false);
        if (type_of(value) == Types::Error) return value;
        return emit(HirKind::Not, Types::Bool, value, kNone32, span(n));
      }
      break;
    case NodeKind::Binary: {
      TokenKind token = TokenKind(x.aux);
      if (token == TokenKind::KwAnd || token == TokenKind::KwOr) {
        bool is_and = token == TokenKind::KwAnd;
        Facts lt, lf, rt, rf, before;
        HirId left = check_cond(NodeId(x.a), lt, lf, allow_let && is_and);
        copy_facts(before, facts_);
        bool dead_before = dead_;
        add_all(is_and ? lt : lf);
        HirId right = check_cond(NodeId(x.b), rt, rf, allow_let && is_and);
        copy_facts(facts_, before);
        dead_ = dead_before;
        // What the left side told, the right one may undo: `x != null and take(&x)`.
        forget_assigned_in(facts_, NodeId(x.b));
        Facts &both_l = is_and ? lt : lf, &both_r = is_and ? rt : rf;
        forget_assigned_in(both_l, NodeId(x.b));
        Facts& both = is_and ? when_true : when_false;
        for (const Fact& f : both_l) both.push_back(f);
        for (const Fact& f : both_r) both.push_back(f);
        Facts& either = is_and ? when_false : when_true;
        copy_facts(either, is_and ? lf : lt);
        meet(either, is_and ? rf : rt);
        if (type_of(left) == Types::Error || type_of(right) == Types::Error) return poison(span(n));
        return emit(is_and ? HirKind::LogicAnd : HirKind::LogicOr, Types::Bool, left, right, span(n));
      }
      if (token == TokenKind::EqEq || token == TokenKind::BangEq) {
        NodeId l = unparen(NodeId(x.a)), r = unparen(NodeId(x.b));
        NodeId other = ast(l).kind == NodeKind::NullLit ? r : ast(r).kind == NodeKind::NullLit ? l : NodeId::None;
        if (is_some(other)) {
          uint32_t var = subject_var(other);
          if (var != kNone32) (token == TokenKind::BangEq ? when_true : when_false).push_back({var, Fact::NonNull});
        }
      }
      break;
    }
    case NodeKind::LetCond:
      if (allow_let) {
        HirId value = check_unnarrowed(NodeId(x.b));
        TypeId type = settle(node(value).type);
        NodeKind pk = ast(NodeId(x.a)).kind;
        bool binds = pk == NodeKind::PatBind || pk == NodeKind::PatWild;
        if (binds && types_.kind(type) == TypeKind::Infer && open_kind(type) == InferKind::General) {
          TypeId opt = types_.optional(fresh(InferKind::General, span(NodeId(x.b)), "this value"));
          unify(type, opt);
          type = opt;
        }
        TypeKind kind = types_.kind(type);
        if (kind != TypeKind::Optional && kind != TypeKind::Error && binds) {
          Diagnostic& d = report<Diag::NeverNull>(span(NodeId(x.b)), name_of(type));
          if (!offer_get(d, NodeId(x.b)))
            d.note("`if let x = …` asks whether there is a value; here there always is one")
                .help("write `let " + source(NodeId(x.a)) + " = " + source(NodeId(x.b)) + "` before it");
          check_pattern(NodeId(x.a), Types::Error, 0, n);
          return poison(span(n));
        }
        uint32_t pat;
        if (kind == TypeKind::Optional && pk != NodeKind::PatLit) {
          uint32_t inner = check_pattern(NodeId(x.a), types_.elem(type), 0, n);
          pat = add_pat(PatKind::Some, type, inner, kNone32, span(NodeId(x.a)));
        } else {
          pat = check_pattern(NodeId(x.a), type, 0, n);
        }
        if (kind == TypeKind::Error) return poison(span(n));
        return emit(HirKind::CondLet, Types::Bool, pat, +value, span(n));
      }
      break;
    case NodeKind::Assign:
      if (TokenKind(x.aux) == TokenKind::Eq) {
        Span at = tree_->token_span(x.token);
        report<Diag::AssignInCondition>(at)
            .note("`=` gives a variable a new value, `==` asks whether two values are equal")
            .help("write `==`")
            .fix(at, "==", "compare with `==`", Applicability::MaybeIncorrect);
        check_poison(NodeId(x.b));
        return poison(span(n));
      }
      break;
    default: break;
  }
  return check_as(n, Types::Bool);
}

}   // namespace janus
