// check_channel.cpp: channels and select.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/check_internal.h"
#include "frontend/effects.h"

namespace janus {

namespace {
enum : uint16_t { kSend, kRecv, kTrySend, kTryRecv, kClose, kIsClosed, kLen, kCap, kRecvValue };
struct Operation {
  const char* name;
  uint16_t op;
  uint32_t arguments;
};
constexpr Operation kOperations[] = {{"send", kSend, 1},       {"recv", kRecv, 0},   {"trySend", kTrySend, 1},
                                     {"tryRecv", kTryRecv, 0}, {"close", kClose, 0}, {"isClosed", kIsClosed, 0},
                                     {"len", kLen, 0},         {"cap", kCap, 0}};

const Operation* operation(std::string_view name) {
  for (const Operation& o : kOperations)
    if (name == o.name) return &o;
  return nullptr;
}
TypeId result_of(Types& types, const Operation& op, TypeId elem) {
  switch (op.op) {
    case kRecv:
    case kTryRecv: return types.optional(elem);
    case kTrySend:
    case kIsClosed: return Types::Bool;
    case kLen:
    case kCap: return Types::I64;
    default: return Types::Void;
  }
}
}  // namespace

// channel(cap), Channel(T).new(cap). The element type may be found out from later uses; what stays open is void.
HirId BodyChecker::make_channel(TypeId elem, NodeId cap, NodeId n, TypeId expected, Answer* answer) {
  TypeId type = types_.channel(elem);
  unify_hint(type, expected);
  HirId size = is_some(cap) ? check_as(cap, Types::I64) : HirId::None;
  raises_implicit(answer);
  need_capability(kCapChannel, span(n), "in `:sovereign` no channel is made without a right to");
  return emit(HirKind::ChannelNew, type, is_some(size) ? +size : kNone32, kNone32, span(n));
}

bool BodyChecker::is_channel_operation(NameId name) { return operation(text(name)) != nullptr; }

HirId BodyChecker::channel_method(HirId channel, NodeId call, NameId name, Span name_span, Answer* answer) {
  std::string word(text(name));
  TypeId type = shallow(node(channel).type);
  TypeId elem = types_.elem(type);
  const Operation* op = operation(word);
  if (!op) {
    std::vector<std::string_view> names;
    for (const Operation& o : kOperations) names.push_back(o.name);
    Diagnostic& d = report<Diag::NoMethod>(name_span, name_of(type), word);
    // What queues and channels of other languages call them.
    struct Other {
      std::string_view word, ours;
    };
    static constexpr Other kOthers[] = {
        {"push", "send"},    {"put", "send"},       {"offer", "trySend"}, {"write", "send"}, {"add", "send"},
        {"receive", "recv"}, {"get", "recv"},       {"take", "recv"},     {"read", "recv"},  {"pop", "recv"},
        {"next", "recv"},    {"poll", "tryRecv"},   {"size", "len"},      {"length", "len"}, {"capacity", "cap"},
        {"count", "len"},    {"closed", "isClosed"}};
    auto other = std::find_if(std::begin(kOthers), std::end(kOthers), [&](const Other& o) { return o.word == word; });
    if (other != std::end(kOthers))
      d.fix(name_span, std::string(other->ours), "in Janus this is `" + std::string(other->ours) + "`",
            Applicability::MaybeIncorrect);
    else if (!suggest(d, name_span, word, names))
      d.note("a channel has `send recv trySend tryRecv close isClosed len cap`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  size_t count = tree_->list(ast(call).b).size();
  if (count != op->arguments || (count == 1 && (ast(tree_->list(ast(call).b)[0]).kind == NodeKind::Arg ||
                                                ast(tree_->list(ast(call).b)[0]).kind == NodeKind::MutArg))) {
    report<Diag::ArgumentCount>(span(call), "`" + word + "`", op->arguments ? "1 argument" : "no arguments", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  p_.uses_tasks = unlasting_ = true;
  uint32_t value = kNone32;
  if (op->arguments) {
    NodeId arg = tree_->list(ast(call).b)[0];
    value = +sent_value(channel, arg, NodeId(ast(NodeId(ast(call).a)).a));
  }
  if (op->op == kSend || op->op == kRecv) raises_implicit(answer);
  HirId made = emit(HirKind::ChannelOp, result_of(types_, *op, elem), +channel, value, span(call), op->op);
  return answer && answer->by_catch ? received(made)
                                    : made;   // what answers a closed channel replaces the value that did not come
}

HirId BodyChecker::sent_value(HirId channel, NodeId arg, NodeId channel_node) {
  TypeId type = shallow(node(channel).type), elem = types_.elem(type);
  HirId value = check(arg, elem);
  if (types_.kind(elem) != TypeKind::Optional) value = received(value);
  if (try_coerce(value, elem)) {
    name_literals(elem);
    return value;
  }
  std::string whole = is_some(channel_node) ? source(channel_node) + " is" : "the channel is";
  Why why{is_some(channel_node) ? span(channel_node) : span(arg),
          whole + " a `" + name_of(type) + "`: it carries `" + name_of(elem) + "`"};
  report_mismatch(span(arg), elem, node(value).type, arg, &why);
  return poison(span(arg));
}

// ---- recv() as a plain value (ruling 35)

// `value` is needed as what it is. A receive then fails when the channel is closed; so does the one that a `let` began
// with, when all uses of its name need that (decide_receives).
HirId BodyChecker::received(HirId value) {
  HirNode& n = node(value);
  TypeId type = shallow(n.type);
  if (types_.kind(type) != TypeKind::Optional) return value;
  if (n.kind == HirKind::ChannelOp && n.aux == kRecv) {
    n.aux = kRecvValue;
    n.type = types_.elem(type);
  } else if (n.kind == HirKind::Block && n.b != kNone32) {   // a block's value is its last expression
    HirId last = received(HirId(n.b));
    node(value).type = node(last).type;
  } else if (n.kind == HirKind::Local && vars_[var_of_local(LocalId(n.a))].received != kNone32) {
    std::vector<Receive::Use>& uses = receives_[vars_[var_of_local(LocalId(n.a))].received].uses;
    for (size_t i = uses.size(); i-- > 0;) {   // the newest first: that is the one
      if (uses[i].node != value || uses[i].builder != b_->index) continue;
      uses[i].plain = true;
      node(value).type = types_.elem(type);
      break;
    }
  }
  return value;
}

// Printed or compared with `==`: that does not decide between `T` and `?T`.
void BodyChecker::received_as_either(HirId value) {
  const HirNode n = node(value);
  if (n.kind != HirKind::Local || vars_[var_of_local(LocalId(n.a))].received == kNone32) return;
  std::vector<Receive::Use>& uses = receives_[vars_[var_of_local(LocalId(n.a))].received].uses;
  for (size_t i = uses.size(); i-- > 0;)
    if (uses[i].node == value && uses[i].builder == b_->index) {
      uses[i].either = true;
      return;
    }
}

void BodyChecker::decide_receives() {
  for (Receive& r : receives_) {
    size_t plain = 0, either = 0;
    for (const Receive::Use& use : r.uses) plain += use.plain, either += use.either && !use.plain;
    if (plain == 0) continue;
    const Var v = vars_[r.var];
    if (plain + either < r.uses.size()) {
      const Receive::Use *needs = nullptr, *other = nullptr;
      for (const Receive::Use& use : r.uses) {
        if (use.plain && !needs) needs = &use;
        if (!use.plain && !use.either && !other) other = &use;
      }
      std::string name(text(v.name)), elem = name_of(r.elem);
      report<Diag::OptionalAsValue>(group_[needs->builder]->body.nodes[+needs->node].span, "?" + elem, elem)
          .with_label("a `" + elem + "` is needed here")
          .at(group_[other->builder]->body.nodes[+other->node].span, "here `" + name + "` is a `?" + elem + "`")
          .at(group_[r.builder]->body.nodes[+r.recv].span, "`null` when the channel is closed and empty")
          .note("`recv()` gives a `" + elem +
                "`, and fails on a closed channel, only where every use of its result needs a `" + elem + "`")
          .help("a value to use instead: `" + name + " ?? …`")
          .help("or end with the channel: `while let " + name + " = ch.recv() do … end`");
      continue;
    }
    HirNode& recv = group_[r.builder]->body.nodes[+r.recv];
    recv.aux = kRecvValue;
    recv.type = r.elem;
    group_[r.builder]->body.pats[r.pattern].type = r.elem;
    vars_[r.var].type = r.elem;
    // Where either does, the operation around was built for a `?T`: it gets one.
    for (const Receive::Use& use : r.uses) {
      if (!use.either || use.plain) continue;
      Builder* before = std::exchange(b_, group_[use.builder]);
      HirNode local = node(use.node);
      TypeId optional = local.type;
      HirId inner = emit(HirKind::Local, r.elem, local.a, kNone32, local.span);
      HirNode& some = node(use.node);
      some.kind = HirKind::Some;
      some.type = optional;
      some.a = +inner;
      some.b = kNone32;
      b_ = before;
    }
    for (Builder* b : group_) {
      if (b->index != r.builder &&
          std::find(b->capture_vars.begin(), b->capture_vars.end(), r.var) == b->capture_vars.end())
        continue;
      for (size_t i = 0; i < b->body.locals.size(); ++i)
        if (b->var_of_local[i] == r.var) b->body.locals[i].type = r.elem;
    }
  }
}

// What a `let` without a written type remembers of its value.
void BodyChecker::name_value(uint32_t var, HirId value, uint32_t pattern) {
  const HirNode v = node(value);
  switch (v.kind) {
    case HirKind::Spawn: bind_handle(value, var); break;
    case HirKind::ChannelOp:
      if (v.aux != kRecv) break;
      vars_[var].received = static_cast<uint32_t>(receives_.size());
      receives_.push_back({b_->index, pattern, value, var, types_.elem(shallow(v.type))});
      break;
    case HirKind::MakeClosure:
      vars_[var].closure = v.b;
      vars_[var].holds = group_[v.b]->nursery;
      break;
    case HirKind::Local: {
      const Var& from = vars_[var_of_local(LocalId(v.a))];
      vars_[var].nursery = from.nursery;
      vars_[var].holds = from.holds;
      vars_[var].closure = from.closure;
      break;
    }
    default: break;
  }
}

// `c.send(1)` where the type of `c` became known later; the arguments were checked when the call was met.
bool BodyChecker::late_channel_op(const DeferredMember& d, NameId name) {
  std::string_view word = text(name);
  const Operation* op = operation(word);
  std::span<const uint32_t> given = b_->body.list(d.args);
  TypeId type = shallow(node(d.base).type), elem = types_.elem(type);
  if (!op || given.size() != op->arguments) {
    if (!op) unknown_member(type, name, NodeId(ast(d.ast).a), true);
    else
      report<Diag::ArgumentCount>(span(d.ast), "`" + std::string(word) + "`",
                                  op->arguments ? "1 argument" : "no arguments", given.size());
    return false;
  }
  uint32_t value = op->arguments ? +coerce(HirId(given[0]), elem, NodeId::None) : kNone32;
  p_.uses_tasks = unlasting_ = true;
  uint16_t what = op->op;
  bool answered = d.question == 2 && (what == kSend || what == kRecv);
  if (answered) {
    include_set(d.answer_set, with_implicit(ErrorSetId::None));
    p_.error_sets[+d.answer_set].implicit = true;
    if (what == kRecv) what = kRecvValue;
  }
  HirNode& x = node(d.node);
  x.kind = HirKind::ChannelOp;
  x.a = +d.base;
  x.b = value;
  x.aux = what;
  TypeId result = what == kRecvValue ? elem : result_of(types_, *op, elem);
  if (!unify(d.result, result) && d.question == 2 && shallow(d.result) == Types::Void)
    report<Diag::CatchNeedsValue>(span(d.ast), name_of(result))
        .note("what stands behind `catch` takes the place of the result that did not come")
        .help("end the handler with a value, as in `catch 0`");
  if (d.question && !answered)
    report<Diag::NothingToAnswer>(span(d.ast), d.question == 1 ? "?" : "catch")
        .note("which type this is called on becomes known only later, so its failure cannot be answered here")
        .help("write the type where the name is introduced");
  return true;
}

// ---- select

HirId BodyChecker::check_select(NodeId n, TypeId expected, bool value, Answer* answer) {
  if (!tasks_allowed(n, "select")) return poison(span(n));
  raises_implicit(answer);
  enum : uint16_t { kCaseRecv, kCaseSend, kCaseTimeout, kCaseClosed, kCaseDefault };
  size_t count = tree_->list(ast(n).a).size();
  if (count == 0) {
    if (!(ast(n).flags & kHasError))
      report<Diag::SelectEmpty>(span(n))
          .note("nothing could ever happen here")
          .help("write at least one case, such as `recv ch |v| do … end`");
    return poison(span(n));
  }
  if (count > 64) {
    report<Diag::SelectTooLarge>(span(n), count).help("bring the values together in one channel");
    return poison(span(n));
  }
  SmallVec<uint32_t, 32> rows;
  rows.push_back(static_cast<uint32_t>(count));
  // All operands first, from top to bottom: they are evaluated before anything is chosen.
  struct Case {
    HirId operand = HirId::None, sent = HirId::None;
    bool bad = false;
  };
  std::vector<Case> cases(count);
  bool seen_timeout = false, seen_default = false;
  for (size_t i = 0; i < count; ++i) {
    NodeId c = tree_->list(ast(n).a)[i];
    const Node x = ast(c);
    if (x.kind != NodeKind::SelectCase) {
      cases[i].bad = true;
      continue;
    }
    NodeId operand = tree_->record_node(x.a, 0), sent = tree_->record_node(x.a, 2);
    bool& seen = x.aux == kCaseTimeout ? seen_timeout : seen_default;
    if (x.aux == kCaseTimeout || x.aux == kCaseDefault) {
      if (seen)
        report<Diag::SelectTwice>(tree_->token_span(x.token), x.aux == kCaseTimeout ? "timeout" : "default")
            .help("keep one of them");
      seen = true;
    }
    if (x.aux == kCaseDefault) continue;
    if (is_none(operand)) {   // the parser has said what is missing
      cases[i].bad = true;
      if (is_some(sent)) check_poison(sent);
      continue;
    }
    if (x.aux == kCaseTimeout) {
      cases[i].operand = check_as(operand, Types::I64);
      continue;
    }
    HirId channel = received(check(operand));
    TypeId type = settle(node(channel).type);
    if (types_.kind(type) == TypeKind::Infer && open_kind(type) == InferKind::General) {
      unify(type, types_.channel(fresh(InferKind::General, Span{})));
      type = shallow(type);
    }
    if (types_.kind(type) != TypeKind::Channel) {
      if (types_.kind(type) != TypeKind::Error) report<Diag::NotAChannel>(span(operand), name_of(type));
      cases[i].bad = true;
      if (is_some(sent)) check_poison(sent);
      continue;
    }
    cases[i].operand = channel;
    if (x.aux == kCaseSend) {
      if (is_some(sent)) cases[i].sent = sent_value(channel, sent, operand);
      else cases[i].bad = true;
    }
  }
  Facts before, joined;
  copy_facts(before, facts_);
  bool dead_before = dead_, all_dead = true;
  std::vector<HirId> bodies;
  std::vector<NodeId> asts;
  std::vector<uint32_t> patterns;
  TypeId hint = expected;
  for (size_t i = 0; i < count; ++i) {
    NodeId c = tree_->list(ast(n).a)[i];
    const Node x = ast(c);
    uint32_t pat = kNone32;
    HirId body;
    NodeId block = c;
    copy_facts(facts_, before);
    dead_ = dead_before;
    if (x.kind != NodeKind::SelectCase) {
      body = poison(span(c));
    } else {
      NodeId bound = tree_->record_node(x.a, 1);
      block = NodeId(x.b);
      size_t scope = open_scope();
      if (is_some(bound) && x.aux == kCaseRecv) {
        TypeId elem = cases[i].bad || is_none(cases[i].operand) ? Types::Error
                                                                : types_.elem(shallow(node(cases[i].operand).type));
        pat = check_pattern(bound, elem, 0, NodeId::None);
      }
      body = check_branch(block, value ? hint : TypeId::None, value);
      close_scope(scope);
    }
    if (value && (is_none(hint) || is_open(hint)) && !dead_) {
      TypeId t = type_of(body);
      if (t != Types::Never && t != Types::Error && t != Types::Void) hint = t;
    }
    if (!dead_) {
      if (all_dead) copy_facts(joined, facts_);
      else meet(joined, facts_);
      all_dead = false;
    }
    bodies.push_back(body);
    asts.push_back(block);
    patterns.push_back(pat);
  }
  copy_facts(facts_, all_dead ? before : joined);
  dead_ = dead_before || all_dead;
  TypeId type = Types::Void;
  join_branches(bodies, asts, expected, value, &type);
  for (size_t i = 0; i < count; ++i) {
    const Node x = ast(tree_->list(ast(n).a)[i]);
    for (uint32_t part : {x.kind == NodeKind::SelectCase ? uint32_t(x.aux) : uint32_t(kCaseDefault), +cases[i].operand,
                          +cases[i].sent, patterns[i], +bodies[i]})
      rows.push_back(part);
  }
  uint32_t record = static_cast<uint32_t>(b_->body.extra.size());
  b_->body.extra.insert(b_->body.extra.end(), rows.begin(), rows.end());
  for (const Case& c : cases)
    if (c.bad) return poison(span(n));
  return emit(HirKind::Select, type, record, kNone32, span(n));
}

}  // namespace janus
