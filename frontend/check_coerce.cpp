// check_coerce.cpp: where a value meets the type it must have: conversions without loss, joins of branches, and what is
// said when they do not fit. Depends on check_internal.h. SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// For messages: literals that nothing decided yet are what they would become.
std::string BodyChecker::name_of(TypeId type, bool as_code) {
  type = zonk(type);
  if (!types_[type].has_infer) return p_.type_name(type);
  struct Shown {
    BodyChecker& c;
    bool as_code;
    TypeId operator()(TypeId t) {
      t = c.shallow(t);
      TypeRow row = c.types_[t];
      if (!row.has_infer) return t;
      if (row.kind == TypeKind::Infer) {
        InferKind k = c.infer_[row.a].kind;
        return k == InferKind::Int || (as_code && k == InferKind::General) ? Types::I64
               : k == InferKind::Float                                     ? Types::F64
                                                                           : t;
      }
      switch (row.kind) {
        case TypeKind::Array:
        case TypeKind::Fixed:
        case TypeKind::Optional:
        case TypeKind::TypeOf:
        case TypeKind::Channel:
        case TypeKind::Task: return c.types_.intern(row.kind, +(*this)(TypeId(row.a)), row.b, {});
        default: break;
      }
      SmallVec<TypeId, 8> args;
      for (uint32_t i = 0; i < row.arg_count; ++i) args.push_back((*this)(c.types_.args(t)[i]));
      return c.types_.intern(row.kind, row.a, row.b, args);
    }
  };
  return p_.type_name(Shown{*this, as_code}(type));
}

// The text of an expression, for code in help lines; long ones are shortened.
std::string BodyChecker::source(NodeId n) {
  if (is_none(n)) return "x";
  std::string s(p_.sources.text(span(n)));
  if (s.size() > 40 || s.find('\n') != std::string::npos) return "…";
  return s;
}

// One number type holds every value of the other. Integers never become floats by themselves.
bool BodyChecker::widens(TypeId from, TypeId to) {
  TypeKind f = types_.kind(from), t = types_.kind(to);
  if (f == TypeKind::F32) return t == TypeKind::F64;
  if (!types_.is_integer(from) || !types_.is_integer(to)) return false;
  int fb = Types::int_bits(f), tb = Types::int_bits(t);
  bool fs = types_.is_signed(from), ts = types_.is_signed(to);
  if (fs == ts) return tb > fb;
  return !fs && ts && tb > fb;
}

HirId BodyChecker::some(HirId value) {
  TypeId type = node(value).type;
  Span at = node(value).span;
  return emit(HirKind::Some, types_.optional(type), value, kNone32, at);
}

// Makes `value` a value of `to` when that needs no words; changes nothing else when it cannot.
bool BodyChecker::try_coerce(HirId& value, TypeId to) {
  TypeId from = shallow(node(value).type);
  to = shallow(to);
  if (from == to) return true;
  const TypeRow f = types_[from], t = types_[to];
  if (f.kind == TypeKind::Error || t.kind == TypeKind::Error || f.kind == TypeKind::Never) return true;
  if (t.kind == TypeKind::Infer) return unify(from, to);
  if (f.kind == TypeKind::Infer) {
    InferKind kind = infer_[f.a].kind;
    if (t.kind == TypeKind::Dyn && kind != InferKind::General) {
      settle_literals(from);
      return try_coerce(value, to);
    }
    if (t.kind == TypeKind::Optional && kind != InferKind::General) {
      if (!try_coerce(value, TypeId(t.a))) return false;
      value = some(value);
      return true;
    }
    return unify(from, to);
  }
  Span at = node(value).span;
  switch (t.kind) {
    case TypeKind::Optional:
      if (f.kind == TypeKind::Optional) {
        // ?T to ?(?T): one layer more. Otherwise the insides are the same.
        TypeKind from_in = types_.kind(shallow(TypeId(f.a))), to_in = types_.kind(shallow(TypeId(t.a)));
        bool layer = to_in == TypeKind::Optional && from_in != TypeKind::Optional && from_in != TypeKind::Infer;
        if (!layer) return unify(from, to);
      }
      if (!try_coerce(value, TypeId(t.a))) return false;
      value = some(value);
      return true;
    case TypeKind::Array:
      if (is_chars(from) && unify(TypeId(t.a), Types::Char)) {
        value = chars_array(value);
        return true;
      }
      if (f.kind == TypeKind::Fixed && unify(TypeId(f.a), TypeId(t.a))) {
        value = fixed_as_array(value);
        return true;
      }
      break;
    case TypeKind::Dyn:
      settle_literals(from);
      from = zonk(from);
      if (f.kind == TypeKind::Void) return false;
      if (f.kind == TypeKind::Param ? !require_trait(from, TraitId(t.a), at) : !p_.implements(zonk(from), TraitId(t.a)))
        return false;
      use_trait(TraitId(t.a));
      value = emit(HirKind::MakeDyn, to, value, kNone32, at);
      return true;
    case TypeKind::ErrorVal:
      if (f.kind != TypeKind::ErrorVal) return false;
      fit(ErrorSetId(f.a), ErrorSetId(t.a), at, Span{}, true);
      value = emit(HirKind::WidenError, to, value, kNone32, at);
      return true;
    case TypeKind::Func: {
      if (f.kind != TypeKind::Func || f.arg_count != t.arg_count || (f.a >> 8) != (t.a >> 8)) return false;
      bool from_fails = f.a & kFuncFallible, to_fails = t.a & kFuncFallible;
      if (from_fails && !to_fails) return false;
      for (uint32_t i = 0; i + 1 < t.arg_count; ++i)
        if (!unify(types_.args(from)[i], types_.args(to)[i])) return false;
      TypeId from_result = shallow(types_.args(from).back()), to_result = shallow(types_.args(to).back());
      if (to_result != Types::Void && from_result != Types::Never && !unify(from_result, to_result)) return false;
      if (from_fails && to_fails && f.b != t.b) fit(ErrorSetId(f.b), ErrorSetId(t.b), at, Span{}, true);
      from = zonk(from);
      to = zonk(to);
      if (from != to) value = emit(HirKind::WidenFunc, to, value, kNone32, at);
      return true;
    }
    default: break;
  }
  if (widens(from, to)) {
    value = emit(HirKind::Widen, to, value, kNone32, at);
    return true;
  }
  return unify(from, to);
}

// Like try_coerce, for a place that needs a `to`: what was received there is needed as what it is (ruling 35).
bool BodyChecker::fits(HirId& value, TypeId to) {
  if (node(value).type == to) return true;
  to = shallow(to);
  TypeKind k = types_.kind(to);
  bool number = k == TypeKind::Infer && open_kind(to) != InferKind::General;   // of a literal
  if (number || (k != TypeKind::Optional && k != TypeKind::Infer && k != TypeKind::Void)) value = received(value);
  return try_coerce(value, to);
}

HirId BodyChecker::coerce(HirId value, TypeId to, NodeId ast, const Why* why) {
  if (fits(value, to)) return value;
  report_mismatch(is_some(ast) ? span(ast) : node(value).span, to, node(value).type, ast, why);
  return poison(node(value).span);
}

// The type that values of both types can have, or None. Does not convert: coerce() the branches to it.
TypeId BodyChecker::join(TypeId a, TypeId b) {
  a = shallow(a);
  b = shallow(b);
  if (a == b) return a;
  const TypeRow ra = types_[a], rb = types_[b];
  if (ra.kind == TypeKind::Error || rb.kind == TypeKind::Error) return Types::Error;
  if (ra.kind == TypeKind::Never) return b;
  if (rb.kind == TypeKind::Never) return a;
  if (ra.kind == TypeKind::Optional || rb.kind == TypeKind::Optional) {
    bool both = ra.kind == TypeKind::Optional && rb.kind == TypeKind::Optional;
    if (both) return unify(a, b) ? a : TypeId::None;
    TypeId opt = ra.kind == TypeKind::Optional ? a : b, other = ra.kind == TypeKind::Optional ? b : a;
    TypeId inner = shallow(types_.elem(opt));
    if (types_.kind(other) == TypeKind::Void) return TypeId::None;
    TypeId joined = join(inner, other);
    if (is_none(joined)) return joined;
    if (joined == inner || unify(joined, inner)) return opt;
    return TypeId::None;
  }
  if (ra.kind == TypeKind::ErrorVal && rb.kind == TypeKind::ErrorVal)
    return types_.error_value(join_sets(ErrorSetId(ra.a), ErrorSetId(rb.a)));
  if (widens(a, b)) return b;
  if (widens(b, a)) return a;
  return unify(a, b) ? a : TypeId::None;
}

// The value of something whose value nobody wants.
bool BodyChecker::drop_value(HirId& value) {
  TypeId type = type_of(value);
  if (type == Types::Void || type == Types::Never || type == Types::Error) return false;
  value = emit(HirKind::DropValue, Types::Void, value, kNone32, node(value).span);
  return true;
}

// ---- messages

void BodyChecker::poison_open(TypeId type, bool literals) {
  type = shallow(type);
  const TypeRow row = types_[type];
  if (!row.has_infer) return;
  if (row.kind == TypeKind::Infer) {
    if (literals || infer_[row.a].kind == InferKind::General) infer_[row.a].bound = Types::Error;
    return;
  }
  if (row.arg_count == 0) return poison_open(TypeId(row.a), literals);
  for (uint32_t i = 0; i < row.arg_count; ++i) poison_open(types_.args(type)[i], literals);
}

void BodyChecker::report_mismatch(Span at, TypeId expected, TypeId found, NodeId n, const Why* why) {
  explain_mismatch(at, expected, found, n, why);
  poison_open(found);
}

void BodyChecker::explain_mismatch(Span at, TypeId expected, TypeId found, NodeId n, const Why* why) {
  expected = shallow(expected);
  found = shallow(found);
  TypeKind e = types_.kind(expected), f = types_.kind(found);
  if (f == TypeKind::Optional && e != TypeKind::Optional && e != TypeKind::Void) {
    TypeId inner = shallow(types_.elem(found));
    if (types_.kind(inner) == TypeKind::Infer && is_some(n) && ast(unparen(n)).kind == NodeKind::NullLit) {
      Diagnostic& d = report<Diag::NullWhereValue>(at, name_of(expected)).with_label("this is `null`");
      d.note("only a type with a question mark has `null` among its values, so nobody else must think of it")
          .help("if there may be no value, make the type `?" + code_of(expected) + "`");
      if (why) d.at(why->at, why->text);
      return;
    }
    report_optional_as_value(at, found, n, why);
    return;
  }
  Diagnostic& d = report<Diag::TypeMismatch>(at, name_of(expected), name_of(found));
  d.with_label("this is `" + name_of(found) + "`");
  if (why) d.at(why->at, why->text);
  std::string code = source(n);
  bool number_found = types_.is_number(found) || (f == TypeKind::Infer && open_kind(found) != InferKind::General);
  NodeId bare = is_some(n) ? unparen(n) : NodeId::None;
  NodeKind kind = is_some(bare) ? ast(bare).kind : NodeKind::Error;
  bool atom = kind == NodeKind::Ident || kind == NodeKind::Call || kind == NodeKind::Member ||
              kind == NodeKind::Index || kind == NodeKind::IntLit || kind == NodeKind::FloatLit;
  auto converted = [&](const char* type) {
    d.help(std::string("convert it: `") + type + "(" + code + ")`");
    if (atom && code != "…")
      d.fix(at, std::string(type) + "(" + code + ")", std::string("convert with `") + type + "(…)`",
            Applicability::MaybeIncorrect);
  };
  uint32_t before = is_some(n) ? tree_->first_token(n) : 0;
  if (f == TypeKind::ErrorVal && before > 0 && tree_->tokens.kinds[before - 1] == TokenKind::KwReturn) {
    d.note("`return` gives the result; a failure leaves with `fail`")
        .help("write `fail " + code + "`")
        .fix(tree_->token_span(before - 1), "fail", "fail with it", Applicability::MaybeIncorrect);
    return;
  }
  if (f == TypeKind::Void) {
    if (kind == NodeKind::If) {
      say_why_void(d, n);
      return;
    }
    d.note("nothing comes out of this: `void` is the type of what is done only for its effect");
    if (kind == NodeKind::Call)
      d.help("if the function should give a result, write its type behind `->` and `return` the value");
    return;
  }
  if (e == TypeKind::Param || e == TypeKind::ErrorVal || e == TypeKind::Struct || e == TypeKind::Enum)
    say_what_hides(p_, module_, d, expected);
  if (f == TypeKind::TypeOf) {
    d.help("`" + code + "` is a type, not a value of it; make a value, for example with `{ … }` or `.new(…)`");
    return;
  }
  if (e == TypeKind::String && (number_found || f == TypeKind::Bool)) {
    d.note("a number does not become a text by itself");
    converted("String");
    if (code != "…") d.help("or put it into a text: `\"${" + code + "}\"`");
    return;
  }
  if (e == TypeKind::String && f == TypeKind::Char) {
    d.note("'x' is one character, \"x\" is a text");
    if (kind == NodeKind::CharLit) {
      std::string_view raw = p_.sources.text(at);
      if (raw.size() > 2 && raw != "'\"'")
        d.fix(at, "\"" + std::string(raw.substr(1, raw.size() - 2)) + "\"", "write a text");
      return;
    }
    return converted("String");
  }
  if (e == TypeKind::Char && f == TypeKind::String) {
    d.note("\"x\" is a text, 'x' is one character");
    if (kind == NodeKind::StringLit) {
      std::string_view raw = p_.sources.text(at);
      if (raw.size() == 3) d.fix(at, "'" + std::string(raw.substr(1, raw.size() - 2)) + "'", "write a character");
    }
    return;
  }
  if (types_.is_number(expected) && f == TypeKind::String) {
    std::string type = p_.type_name(expected);
    d.note("a text is not a number, even when only digits are in it");
    if (type == "i64" || type == "f64")
      d.help("read the number out of the text: `" + type + ".parse(" + code + ") catch 0`");
    return;
  }
  if (types_.is_number(expected) && number_found) {
    std::string type = p_.type_name(expected);
    bool to_float = types_.is_float(expected),
         from_float = types_.is_float(found) || (f == TypeKind::Infer && open_kind(found) == InferKind::Float);
    if (to_float && !from_float)
      d.note("whole numbers and numbers with a point are different types, and one never becomes the other by itself");
    if (to_float && !from_float && kind == NodeKind::Binary && TokenKind(ast(bare).aux) == TokenKind::Slash) {
      d.note("`/` of two whole numbers leaves out what remains: 7 / 2 is 3");
      d.help("convert before the division: `" + type + "(" + source(NodeId(ast(bare).a)) + ") / " + type + "(" +
             source(NodeId(ast(bare).b)) + ")`");
      return;
    } else if (from_float && !to_float)
      d.note("the digits behind the point would be lost: the conversion cuts them off");
    else
      d.note("not every `" + name_of(found) + "` fits into a `" + type +
             "`; the conversion checks it when the program runs");
    return converted(type.c_str());
  }
  if (e == TypeKind::Bool && number_found) {
    d.note("a number is neither true nor false").help("compare it: `" + code + " != 0`");
    return;
  }
  if (e == TypeKind::Bool && f == TypeKind::String) {
    d.note("a text is neither true nor false").help("ask something about it: `not " + code + ".is_empty()`");
    return;
  }
  if (e == TypeKind::Bool && p_.find_method(found, p_.names.intern("is_empty"), module_).candidates > 0) {
    d.help("ask something about it: `not " + code + ".is_empty()`");
    return;
  }
  if (e == TypeKind::Dyn) {
    TraitId trait{types_[expected].a};
    std::string name(text(p_.decls[+p_.traits[+trait].decl].name));
    if (is_some(p_.find_impl(trait, found).impl)) {
      d.note("`" + name_of(found) + "` implements `" + name + "`, and becomes a `dyn " + name +
             "` where that type is asked for: the values here only decide together")
          .help("write the type, as in `let x: dyn " + name + " = …` or `let xs: []dyn " + name + " = …`");
      return;
    }
    d.note("`" + name_of(found) + "` does not implement `" + name + "`");
    d.help("write `impl " + name + " for " + name_of(found) + " do … end`");
    return;
  }
  if (e == TypeKind::Func && f == TypeKind::Func) {
    if ((types_[found].a & kFuncFallible) && !(types_[expected].a & kFuncFallible))
      d.note("this function can fail, and the type says that it cannot")
          .help("answer the failure inside with `catch`, or write the type with `!`");
    return;
  }
  if (e == TypeKind::Array && shallow(types_.elem(expected)) == found && code != "…") {
    d.help("an array with this one element: `[" + code + "]`");
    return;
  }
  if (f == TypeKind::Func && is_some(n) && (kind == NodeKind::Ident || kind == NodeKind::Member)) {
    TypeId result = shallow(types_.args(found).back());
    if (result == expected) d.help("call it: `" + code + "()`");
  }
}

// The four ways from a `?T` to a `T` (language.md §4).
// An operator that binds tighter than `??` stands right before the expression.
bool BodyChecker::is_operator_before(NodeId n) {
  uint32_t first = tree_->first_token(n);
  if (first == 0) return false;
  std::string_view before = p_.sources.text(tree_->token_span(first - 1));
  for (std::string_view op : {"..", "..<", "..=", "+",  "-",  "*",  "/", "%",  "++", "+%", "-%",  "*%", "|",
                              "&",  "^",   "<<",  ">>", "==", "!=", "<", "<=", ">",  ">=", "and", "or", "not"})
    if (before == op) return true;
  return false;
}

void BodyChecker::report_optional_as_value(Span at, TypeId found, NodeId n, const Why* why) {
  std::string code = source(n);
  if (code == "…") code = "x";
  TypeId inner = shallow(types_.elem(shallow(found)));
  Diagnostic& d = report<Diag::OptionalAsValue>(at, name_of(found), name_of(inner)).with_label("this may be `null`");
  if (why) d.at(why->at, why->text);
  const char* stand_in = types_.is_number(inner)  ? "0"
                         : inner == Types::String ? "\"\""
                         : inner == Types::Bool   ? "false"
                                                  : "…";
  d.note("`?" + name_of(inner) + "` is either a `" + name_of(inner) +
         "` or `null`; before it is used the program must say what happens with `null`");
  // `??` is looser than the other operators: `0..x ?? 1` is `(0..x) ?? 1`.
  bool loose = is_some(n) && is_operator_before(n);
  d.help("a value to use instead: `" + (loose ? "(" + code + " ?? " + stand_in + ")" : code + " ?? " + stand_in) + "`");
  d.help("only when there is one: `if let value = " + code + " do … end`");
  bool is_name = is_some(n) && ast(unparen(n)).kind == NodeKind::Ident;
  if (is_name) d.help("after a test, in its branch: `if " + code + " != null do … end`");
  else d.help("after a test, when it has a name: `let value = " + code + "`, then `if value != null do … end`");
  d.help("when it cannot be null here: `" + code + "!`, which ends the program with a panic if it is");
}

}   // namespace janus
