// check_call.cpp: calls: who is called, and who answers the failure.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"
#include "frontend/foreign.h"

namespace janus {

Span BodyChecker::call_span(NodeId call) { return span(call); }

// Arguments of a call that is already wrong: their own mistakes are still told.
void BodyChecker::check_rest(std::span<const NodeId> args) {
  SmallVec<NodeId, 8> list;
  for (NodeId a : args) list.push_back(a);
  for (NodeId a : list) {
    Node x = ast(a);
    if (x.kind == NodeKind::Arg) {
      a = NodeId(x.b);
      x = ast(a);
    }
    if (x.kind == NodeKind::MutArg) a = NodeId(x.a);
    if (x.kind == NodeKind::DotName || x.kind == NodeKind::Closure) continue;
    HirId value = check(a);
    poison_open(node(value).type, true);   // what it is needed for is not known
  }
}

// append(xs, x) of Go: `xs = append(xs, x)` makes the array longer, elsewhere a longer one is made.
void BodyChecker::appended(NodeId call, NodeId callee, const std::string& array, TypeId type) {
  std::span<const NodeId> args = tree_->list(ast(call).b);
  Diagnostic& d = report<Diag::UnknownName>(span(callee), "append");
  uint32_t token = tree_->first_token(call);
  const auto& kinds = tree_->tokens.kinds;
  bool same = token >= 2 && kinds[token - 1] == TokenKind::Eq && kinds[token - 2] == TokenKind::Ident &&
              (tree_->tokens.shapes[token - 2] & Tokens::kStartsLine) &&
              p_.sources.text(tree_->token_span(token - 2)) == array;
  if (same && args.size() == 2) {
    std::string ours = array + ".push(" + source(args[1]) + ")";
    d.note("`" + name_of(type) + "` has a method that makes it longer in its place");
    if (ours.find("…") == std::string::npos)
      d.fix({tree_->token_span(token - 2).lo, span(call).hi}, ours, "write `" + ours + "`",
            Applicability::MaybeIncorrect);
    else d.help("write `" + array + ".push(…)`");
  } else {
    d.help("`" + array + " ++ [x]` is an array with one element more, and `" + array + ".push(x)` makes `" + array +
           "` itself longer");
  }
}

// f(x, …) where nothing is called `f` and values like x have such a method: recv(ch), delete(m, key), trim(s).
bool BodyChecker::method_called_as_function(NodeId call, NodeId callee) {
  NameId name = NameId(ast(callee).a);
  std::string_view word = text(name);
  if (const ForeignHint* hint = foreign_value(word); hint && !hint->write.empty()) return false;
  size_t count = tree_->list(ast(call).b).size();
  NodeId first = count ? tree_->list(ast(call).b)[0] : NodeId::None;
  if (is_some(first) && ast(first).kind == NodeKind::MutArg) first = NodeId(ast(first).a);
  NodeKind kind = is_some(first) ? ast(first).kind : NodeKind::Error;
  bool place = kind == NodeKind::Ident || kind == NodeKind::Member || kind == NodeKind::Index;
  if (!place || (kind == NodeKind::Ident && find_var(NameId(ast(first).a)) == kNone32)) return false;
  TypeId type = zonk(node(check(first)).type);
  std::string_view ours;
  if (types_.kind(type) == TypeKind::Channel) {
    if (word == "receive") ours = "recv";
    else if (is_channel_operation(name)) ours = word;
  } else if (types_.kind(type) != TypeKind::Error) {
    if (p_.find_method(type, name, module_).candidates > 0) ours = word;
    for (const ForeignMember& hint : foreign_members())
      if (ours.empty() && hint.name == word &&
          (hint.of.empty() || hint.of.find(foreign_kind(type)) != std::string_view::npos) && !hint.write.empty() &&
          p_.find_method(type, p_.names.intern(hint.write), module_).candidates > 0)
        ours = hint.write;
  }
  if (ours.empty()) {   // the first argument has been checked
    unknown_name(name, span(callee));
    check_rest(tree_->list(ast(call).b).subspan(1));
    return true;
  }
  if (word == "append" && ours == "push") {
    appended(call, callee, source(first), type);
    check_rest(tree_->list(ast(call).b).subspan(1));
    return true;
  }
  // From the call's begin to its second argument, or to its end; a closure may stand behind the brackets.
  std::span<const NodeId> args = tree_->list(ast(call).b);
  uint32_t to = count > 1 ? span(args[1]).lo : span(call).hi;
  bool behind = count > 1 && p_.sources.text({span(first).hi, to}).find(')') != std::string_view::npos;
  std::string better = source(first) + "." + std::string(ours);
  std::string shown = better + (count > 1 ? "(…)" : "()");
  better += behind ? " " : count > 1 ? "(" : "()";
  report<Diag::UnknownName>(span(callee), word)
      .note("`" + name_of(type) + "` has a method for it, which is called on the value")
      .fix({span(call).lo, to}, better, "write `" + shown + "`", Applicability::MaybeIncorrect);
  check_rest(args.subspan(1));
  return true;
}

HirId BodyChecker::check_call(NodeId n, TypeId expected, Answer* answer) {
  const Node x = ast(n);
  NodeId callee = NodeId(x.a);
  const Node c = ast(callee);
  Head head;
  switch (c.kind) {
    case NodeKind::DotName: return check_dot_name(callee, expected, n, answer);
    case NodeKind::Member: {
      NodeId base_node = NodeId(c.a);
      NodeKind k = ast(base_node).kind;
      Head base;
      if (k == NodeKind::Ident || k == NodeKind::Member || k == NodeKind::Index || k == NodeKind::TypeExpr ||
          k == NodeKind::Call)
        base = head_of(base_node);
      switch (base.kind) {
        case HeadKind::Module: head = head_of(callee); break;
        case HeadKind::Type: return call_static(base.type, n, callee, expected, answer);
        case HeadKind::Error: {
          TagId tag = p_.find_tag(ErrorId(base.index), NameId(c.b));
          if (is_some(tag)) return make_error(tag, callee, n, types_.error_value(p_.errors[base.index].set));
          HirId bad = check_member(callee, expected);
          check_rest(tree_->list(x.b));
          return bad;
        }
        case HeadKind::Trait: return call_trait(TraitId(base.index), n, callee, expected, answer);
        case HeadKind::Poison: check_rest(tree_->list(x.b)); return poison(span(n));
        case HeadKind::AdHoc:
        case HeadKind::Unknown: {
          HirId bad = check_member(callee, expected);
          if (type_of(bad) != Types::Error)
            report<Diag::NotAFunction>(span(callee), source(callee))
                .note("an error that is not declared carries nothing");
          check_rest(tree_->list(x.b));
          return poison(span(n));
        }
        case HeadKind::Builtin: check_rest(tree_->list(x.b)); return decl_value(base, base_node, expected);
        default: {
          if (ast(unparen(base_node)).kind == NodeKind::Ident) closure_stays_ = unparen(base_node);
          HirId value = check_walked(base_node);
          closure_stays_ = NodeId::None;
          return call_method(value, base_node, n, callee, expected, answer);
        }
      }
      break;
    }
    case NodeKind::Ident: {
      uint32_t var = find_var(NameId(c.a));
      if (var != kNone32) {
        if (shallow(vars_[var].type) == Types::Error) {
          check_rest(tree_->list(x.b));
          return poison(span(n));
        }
        return call_value(read_var(var, span(callee)), n, expected, answer, vars_[var].poly_param != 0xffff);
      }
      head = head_of_name(NameId(c.a), callee);
      break;
    }
    case NodeKind::Index:
    case NodeKind::TypeExpr:
    case NodeKind::Call: head = head_of(callee); break;
    default: break;
  }
  switch (head.kind) {
    case HeadKind::Func:
      return call_func(FuncId(head.index), {}, n, HirId::None, NodeId::None, expected, answer, head, false,
                       TraitId::None);
    case HeadKind::Type: return call_type(head.type, n, expected);
    case HeadKind::Builtin: return call_builtin(Builtin(head.index), n, expected, answer);
    case HeadKind::Unknown: {
      // Methods of the value one is in are called through `self`.
      uint32_t self = find_var(n_self_);
      NameId name = NameId(c.a);
      if (self != kNone32 && p_.find_method(zonk(vars_[self].type), name, module_).candidates > 0) {
        std::string word(text(name));
        report<Diag::UnknownName>(span(callee), word)
            .note("methods are called on a value")
            .help("write `self." + word + "(…)`")
            .fix(Span{span(callee).lo, span(callee).lo}, "self.", "call it on `self`");
        check_rest(tree_->list(x.b));
        return poison(span(n));
      }
      if (method_called_as_function(n, callee)) return poison(span(n));
      HirId bad = unknown_name(name, span(callee));
      check_rest(tree_->list(x.b));
      return bad;
    }
    case HeadKind::Poison:
    case HeadKind::Module:
    case HeadKind::Trait:
    case HeadKind::AdHoc:
      check_rest(tree_->list(x.b));
      return head.kind == HeadKind::Poison ? poison(span(n)) : decl_value(head, callee, expected);
    case HeadKind::Error: {
      Diagnostic& d = report<Diag::NotAFunction>(span(callee), source(callee));
      d.help("name the variant: `" + source(callee) + "." +
             (p_.errors[head.index].tags.empty() ? "Variant"
                                                 : std::string(text(p_.tags[+p_.errors[head.index].tags[0]].name))) +
             "`");
      check_rest(tree_->list(x.b));
      return poison(span(n));
    }
    case HeadKind::Const: return call_value(decl_value(head, callee, TypeId::None), n, expected, answer, false);
    default: break;
  }
  return call_value(check(callee), n, expected, answer, false);
}

// The call's failure is somebody's business: `?`, `try` or `catch` around it, or nobody's, which is the mistake.
HirId BodyChecker::answered(HirId call, bool fails, ErrorSetId set, NodeId n, Answer* answer) {
  if (!fails) return call;
  if (answer) {
    answer->fails = true;
    answer->set = set;
    return call;
  }
  if (quiet_) return call;
  Diagnostic& d = report<Diag::UnhandledFailure>(span(n));
  std::string names = is_some(set) && !p_.error_sets[+set].inferred ? p_.set_name(set) : "";
  d.with_label(names.empty() ? "this can fail" : "this can fail with `" + names + "`");
  d.note("a call that can fail is answered where it stands, so that no failure is overlooked");
  TypeId type = type_of(call);
  std::string code = source(n);
  if (is_some(catch_operand_) && tree_->first_token(catch_operand_) <= tree_->first_token(n) &&
      tree_->lasts[+n] <= tree_->lasts[+catch_operand_]) {
    d.note("`catch`, `try` and `?` answer the outermost call before or behind them, not a call inside an expression");
    d.help("put the answer next to the call, in parentheses: `(" + code + " catch …)`");
    return call;
  }
  bool can_pass = current_sink().kind != Sink::Never;
  if (type == Types::Void) {
    d.help("do something about it: `" + code + " catch |err| do … end`");
  } else {
    const char* stand_in = types_.is_number(type)  ? "0"
                           : type == Types::String ? "\"\""
                           : type == Types::Bool   ? "false"
                                                   : "…";
    d.help("handle it: `" + code + " catch |err| do … end`, or give a value to use instead: `" + code + " catch " +
           stand_in + "`");
  }
  if (can_pass) {
    d.help("or pass the failure on to the caller: `" + code + "?`");
    Span at = span(n);
    d.fix(Span{at.hi, at.hi}, "?", "pass the failure on", Applicability::MaybeIncorrect);
  } else {
    std::string result = b_->result == Types::Void ? "void" : name_of(b_->result);
    const Body& body = b_->body;
    std::string named =
        body.is_closure || is_none(body.func) ? "" : std::string(text(p_.decls[+p_.funcs[+body.func].decl].name));
    if (named == "main" && body.func == p_.main_func)
      d.help("or let `main` fail: write `func main() -> !void do`, and pass it on with `" + code + "?`");
    else if (named.empty())
      d.help("or pass it on with `" + code + "?`, in a function whose type says that it can fail: `-> !" + result +
             "`");
    else
      d.help("or let `" + named + "` fail too: write its result type as `-> !" + result + "`, and pass it on with `" +
             code + "?`");
  }
  return call;
}

}  // namespace janus
