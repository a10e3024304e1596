// check_builtin.cpp: what the language itself provides: printing, assertions, conversions.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// The value arguments of a builtin: names are not allowed.
static bool plain_arguments(const Tree& tree, std::span<const NodeId> list) {
  for (NodeId a : list)
    if (tree[a].kind == NodeKind::Arg || tree[a].kind == NodeKind::MutArg) return false;
  return true;
}

HirId BodyChecker::call_builtin(Builtin builtin, NodeId call, TypeId expected, Answer* answer) {
  const Node x = ast(call);
  size_t count = tree_->list(x.b).size();
  auto arg = [&](size_t i) { return tree_->list(ast(call).b)[i]; };
  if (builtin >= Builtin::Sleep) return task_builtin(builtin, call, expected, answer);
  std::string name = source(NodeId(x.a));
  if (!plain_arguments(*tree_, tree_->list(x.b))) {
    Diagnostic& d = report<Diag::BuiltinArguments>(span(call), name);
    for (NodeId a : tree_->list(x.b)) {   // of Python
      if (ast(a).kind != NodeKind::Arg) continue;
      if (text(NameId(ast(a).a)) == "end")
        d.help("`print` writes what it is given and no more; `println` ends the line too");
      if (text(NameId(ast(a).a)) == "sep") d.help("texts are joined with what stands between them: `xs.join(\", \")`");
    }
    check_rest(tree_->list(x.b));
    return poison(span(call));
  }
  auto wrong_count = [&](const char* takes) {
    report<Diag::ArgumentCount>(span(call), "`" + name + "`", takes, count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  };
  switch (builtin) {
    case Builtin::Print:
    case Builtin::Println:
    case Builtin::Eprint:
    case Builtin::Eprintln: {
      SmallVec<uint32_t, 8> values;
      for (size_t i = 0; i < count; ++i) {
        NodeId a = arg(i);
        HirId value = check(a);
        received_as_either(value);
        TypeId type = shallow(node(value).type);
        if (type == Types::Void) {
          say_why_void(report<Diag::VoidValue>(span(a), "printed"), a);
          value = poison(span(a));
        } else if (type == Types::Never) {
          return value;
        } else if (types_.kind(type) > TypeKind::String) {
          late_.push_back({LateCheck::Printable, b_->index, type, span(a)});
        }
        values.push_back(+value);
      }
      uint16_t how = static_cast<uint16_t>(static_cast<int>(builtin) - static_cast<int>(Builtin::Print));
      return emit(HirKind::Print, Types::Void, values.empty() ? kNone32 : make_list(values), kNone32, span(call), how);
    }
    case Builtin::Assert: {
      if (count < 1 || count > 2) return wrong_count("1 or 2 arguments");
      Facts when_true, when_false;
      HirId cond = check_cond(arg(0), when_true, when_false, false);
      uint32_t message = count == 2 ? +check_as(arg(1), Types::String) : kNone32;
      for (const Fact& f : when_true) add_fact(f.var, f.kind);
      if (type_of(cond) == Types::Error) return poison(span(call));
      const HirNode c = node(cond);
      if (c.kind == HirKind::Compare)
        return emit(HirKind::Assert, Types::Void, kNone32, make_record({c.a, c.b, message}), span(arg(0)), c.aux);
      return emit(HirKind::Assert, Types::Void, +cond, make_record({kNone32, kNone32, message}), span(arg(0)), 0xffff);
    }
    case Builtin::AssertEq: {
      if (count < 2 || count > 3) return wrong_count("2 or 3 arguments");
      HirId left = check(arg(0));
      HirId right = check(arg(1), node(left).type);
      received_as_either(left);
      received_as_either(right);
      uint32_t message = count == 3 ? +check_as(arg(2), Types::String) : kNone32;
      TypeId lt = settle(node(left).type), rt = settle(node(right).type);
      if (lt == Types::Error || rt == Types::Error) return poison(span(call));
      bool lo = types_.kind(lt) == TypeKind::Optional, ro = types_.kind(rt) == TypeKind::Optional;
      bool same = lo && !ro ? try_coerce(right, lt) : ro && !lo ? try_coerce(left, rt) : balance(left, right);
      if (!same) {
        Why why{span(arg(0)), "it is compared with this `" + name_of(lt) + "`"};
        report_mismatch(span(arg(1)), lt, rt, arg(1), &why);
        return poison(span(call));
      }
      if (type_of(left) == Types::Void) {
        say_why_void(report<Diag::VoidValue>(span(arg(0)), "compared"), arg(0));
        return poison(span(call));
      }
      need_bound(node(left).type, kEqual, span(call), "compare");
      return emit(HirKind::Assert, Types::Void, kNone32, make_record({+left, +right, message}), span(call),
                  static_cast<uint16_t>(HirOp::Eq));
    }
    case Builtin::AssertFails: {
      if (count != 2 || ast(unparen(arg(1))).kind != NodeKind::Closure) {
        report<Diag::AssertFailsForm>(span(call)).help("write `assert_fails(MyError.NotFound) do … end`");
        check_rest(tree_->list(ast(call).b));
        return poison(span(call));
      }
      // The expected error: a variant, or the name of an ad-hoc error.
      TagId tag = TagId::None;
      NodeId bare = unparen(arg(0));
      if (ast(bare).kind == NodeKind::Ident && find_var(NameId(ast(bare).a)) == kNone32 &&
          is_none(lookup_name(p_, module_, NameId(ast(bare).a)))) {
        tag = p_.ad_hoc_tag(NameId(ast(bare).a));
      } else {
        const Node b = ast(bare);
        if (b.kind == NodeKind::Member) {
          Head head = head_of(NodeId(b.a));
          if (head.kind == HeadKind::Error) tag = p_.find_tag(ErrorId(head.index), NameId(b.b));
        }
        if (is_none(tag)) {
          HirId value = check(arg(0));
          const HirNode v = node(value);
          if (v.kind == HirKind::MakeError) tag = TagId(v.a);
          else if (type_of(value) != Types::Error)
            report<Diag::AssertFailsForm>(span(arg(0)))
                .help("name the error that is expected: `assert_fails(MyError.NotFound) do … end`");
        }
      }
      // The block runs in place: its failures end here.
      Sink sink{Sink::Inferred, ErrorSetId::None};
      Sink* sink_before = sink_override_;
      Builder* builder_before = sink_builder_;
      sink_override_ = &sink;
      sink_builder_ = b_;
      bool dead_before = dead_;
      NodeId body = tree_->record_node(ast(unparen(arg(1))).b, 1);
      HirId block = check_block(body, TypeId::None, false);
      dead_ = dead_before;
      sink_override_ = sink_before;
      sink_builder_ = builder_before;
      if (is_none(tag)) return poison(span(call));
      // Another failure goes on as itself.
      if (is_some(sink.set) && current_sink().kind != Sink::Never)
        flow_into_sink(sink.set, span(call), call, "assert_fails");
      return emit(HirKind::AssertFails, Types::Void, +tag, +block, span(call));
    }
    case Builtin::Unreachable:
    case Builtin::Todo: {
      if (count > 1) return wrong_count("at most 1 argument");
      bool todo = builtin == Builtin::Todo;
      HirId message;
      if (count == 1) {
        message = check_as(arg(0), Types::String);
      } else {
        NameId words = p_.names.intern(todo ? "this part of the program is not written yet"
                                            : "a place was reached that was said to be unreachable");
        message = emit(HirKind::Str, Types::String, +words, kNone32, span(call));
      }
      dead_ = true;
      return emit(HirKind::Panic, Types::Never, message, kNone32, span(call));
    }
    default: return poison(span(call));
  }
}

// ---- conversions: String(x), i64(x), char(x)

HirId BodyChecker::call_type(TypeId type, NodeId call, TypeId) {
  type = shallow(type);
  TypeKind kind = types_.kind(type);
  size_t count = tree_->list(ast(call).b).size();
  if (kind == TypeKind::Error) {
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  bool converts =
      kind == TypeKind::String || types_.is_number(type) || kind == TypeKind::Char || kind == TypeKind::Param;
  if (!converts) {
    Span callee = span(NodeId(ast(call).a));
    std::string written = source(NodeId(ast(call).a));
    Diagnostic& d = report<Diag::TypeCalled>(span(call), types_[type].has_infer ? written : name_of(type));
    if (kind == TypeKind::Channel || is_some(p_.find_method(type, n_new_, module_).func)) {
      bool bare = kind == TypeKind::Channel && written == "Channel";
      std::string ours = bare ? "channel" : written + ".new";
      d.fix(callee, ours, "write `" + ours + (count ? "(…)`" : "()`"));
      if (kind == TypeKind::Struct && types_[type].a == +p_.lang.map)
        d.note("an empty map is also written `[:]`, one with entries `[\"a\": 1]`");
    } else if (kind == TypeKind::Struct) {
      d.note("the value of a struct is written with braces and the names of its fields");
      offer_braces(d, call, p_.structs[types_[type].a].fields);
    } else if (kind == TypeKind::Enum) {
      d.help("name one of its variants: `" + name_of(type) + "." +
             (p_.enums[types_[type].a].variants.empty()
                  ? "Variant"
                  : std::string(text(p_.enums[types_[type].a].variants[0].name))) +
             "`");
    } else if (kind == TypeKind::Bool) {
      d.help("ask a question: `x != 0`");
    } else if (kind == TypeKind::Array) {
      d.help("an array is written `[a, b, c]`, an empty one `[]`");
    }
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  if (count != 1 || !plain_arguments(*tree_, tree_->list(ast(call).b))) {
    report<Diag::ArgumentCount>(span(call), "`" + name_of(type) + "`", "1 argument", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  NodeId arg = tree_->list(ast(call).b)[0];
  if (kind == TypeKind::String) {
    HirId value = check(arg);
    TypeId from = shallow(node(value).type);
    if (from == Types::Error) return poison(span(call));
    if (from == Types::Void) {
      say_why_void(report<Diag::VoidValue>(span(arg), "turned into a text"), arg);
      return poison(span(call));
    }
    late_.push_back({LateCheck::Printable, b_->index, from, span(arg)});
    return emit(HirKind::ToString, Types::String, value, kNone32, span(call));
  }
  return convert(type, call, arg, 0);
}

// how: 0 checked, 1 wrap, 2 try
HirId BodyChecker::convert(TypeId type, NodeId call, NodeId arg, uint16_t how) {
  if (ast(arg).kind == NodeKind::Arg) arg = NodeId(ast(arg).b);
  NodeId bare = unparen(arg);
  const Node a = ast(bare);
  // A literal is made in the type at once, where that changes nothing: u8(200), f64(3).
  NodeId digits = a.kind == NodeKind::Unary && TokenKind(a.aux) == TokenKind::Minus ? NodeId(a.a) : bare;
  bool int_literal = ast(digits).kind == NodeKind::IntLit, float_literal = ast(digits).kind == NodeKind::FloatLit;
  bool direct = how == 0 && ((int_literal && types_.is_number(type)) || (float_literal && types_.is_float(type)));
  HirId value = received(check(arg, direct ? type : TypeId::None));
  TypeId from = settle(node(value).type);
  TypeKind kind = types_.kind(from);
  if (kind == TypeKind::Error) return poison(span(call));
  TypeId result = how == 2 ? types_.optional(type) : type;
  if (direct && from == type) return value;
  if (kind == TypeKind::Infer && open_kind(from) != InferKind::General) {
    // Nothing but this conversion looks at the literal.
    if (int_literal) unify(from, Types::I64);
    from = shallow(from);
  }
  if (kind == TypeKind::Optional) {
    report_optional_as_value(span(arg), from, arg, nullptr);
    return poison(span(call));
  }
  bool number = types_.is_number(from) || kind == TypeKind::Char || kind == TypeKind::Infer ||
                kind == TypeKind::Param || kind == TypeKind::Never;
  TypeKind to = types_.kind(type);
  if (!number || (kind == TypeKind::Char && types_.is_float(type)) || (to == TypeKind::Char && types_.is_float(from))) {
    Diagnostic& d = report<Diag::CannotConvert>(span(arg), name_of(from), name_of(type));
    std::string code = source(arg);
    if (kind == TypeKind::String)
      d.note("a text is not a number, even when only digits are in it")
          .help("read the number out of it: `" + name_of(types_.is_float(type) ? Types::F64 : Types::I64) + ".parse(" +
                code + ") catch 0`");
    else if (kind == TypeKind::Bool) d.help("write `if " + code + " do 1 else 0 end`");
    else if (kind == TypeKind::Void) d.note("nothing comes out of this");
    return poison(span(call));
  }
  if (kind == TypeKind::Infer) late_.push_back({LateCheck::Convert, b_->index, from, span(arg), +type});
  if (kind == TypeKind::Param) need_bound(from, kNumber, span(arg), "convert");
  if (to == TypeKind::Param) need_bound(type, kNumber, span(call), "convert");
  return emit(HirKind::Convert, result, value, kNone32, span(call), how);
}

}  // namespace janus
