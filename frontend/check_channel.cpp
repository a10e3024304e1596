// check_channel.cpp: channels and select.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

namespace {
enum : uint16_t { kSend, kRecv, kTrySend, kTryRecv, kClose, kIsClosed, kLen, kCap, kRecvValue };
struct Operation { const char* name; uint16_t op; uint32_t arguments; };
constexpr Operation kOperations[] = {{"send", kSend, 1}, {"recv", kRecv, 0}, {"trySend", kTrySend, 1}, {"tryRecv", kTryRecv, 0}, {"close", kClose, 0},
                                     {"isClosed", kIsClosed, 0}, {"len", kLen, 0}, {"cap", kCap, 0}};
}  // namespace

// channel(cap), Channel(T).new(cap). The element type may be found out from later uses; what stays open is void.
HirId BodyChecker::make_channel(TypeId elem, NodeId cap, NodeId n, TypeId expected, Answer* answer) {
  TypeId type = types_.channel(elem);
  unify_hint(type, expected);
  HirId size = is_some(cap) ? check_as(cap, Types::I64) : HirId::None;
  raises_implicit(answer);
  return emit(HirKind::ChannelNew, type, is_some(size) ? +size : kNone32, kNone32, span(n));
}

HirId BodyChecker::channel_method(HirId channel, NodeId call, NameId name, Span name_span, Answer* answer) {
  std::string word(text(name));
  TypeId type = shallow(node(channel).type);
  TypeId elem = types_.elem(type);
  const Operation* op = nullptr;
  for (const Operation& o : kOperations)
    if (word == o.name) op = &o;
  if (!op) {
    std::vector<std::string_view> names;
    for (const Operation& o : kOperations) names.push_back(o.name);
    Diagnostic& d = report<Diag::NoMethod>(name_span, name_of(type), word);
    if (!suggest(d, name_span, word, names)) d.note("a channel has `send recv trySend tryRecv close isClosed len cap`");
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  size_t count = tree_->list(ast(call).b).size();
  if (count != op->arguments || (count == 1 && (ast(tree_->list(ast(call).b)[0]).kind == NodeKind::Arg || ast(tree_->list(ast(call).b)[0]).kind == NodeKind::MutArg))) {
    report<Diag::ArgumentCount>(span(call), "`" + word + "`", op->arguments ? "1 argument" : "no arguments", count);
    check_rest(tree_->list(ast(call).b));
    return poison(span(call));
  }
  p_.uses_tasks = true;
  uint32_t value = kNone32;
  if (op->arguments) {
    NodeId arg = tree_->list(ast(call).b)[0];
    value = +sent_value(channel, arg, NodeId(ast(NodeId(ast(call).a)).a));
  }
  if (op->op == kSend || op->op == kRecv) raises_implicit(answer);
  TypeId result = Types::Void;
  switch (op->op) {
    case kRecv: case kTryRecv: result = types_.optional(elem); break;
    case kTrySend: case kIsClosed: result = Types::Bool; break;
    case kLen: case kCap: result = Types::I64; break;
    default: break;
  }
  return emit(HirKind::ChannelOp, result, +channel, value, span(call), op->op);
}

HirId BodyChecker::sent_value(HirId channel, NodeId arg, NodeId channel_node) {
  TypeId type = shallow(node(channel).type), elem = types_.elem(type);
  HirId value = check(arg, elem);
  value = received(value);
  if (try_coerce(value, elem)) {
    name_literals(elem);
    return value;
  }
  std::string whole = is_some(channel_node) ? source(channel_node) + " is" : "the channel is";
  Why why{is_some(channel_node) ? span(channel_node) : span(arg), whole + " a `" + name_of(type) + "`: it carries `" + name_of(elem) + "`"};
  report_mismatch(span(arg), elem, node(value).type, arg, &why);
  return poison(span(arg));
}

// ---- recv() as a plain value (ruling 35)

// A received value that is needed as what it is: the receive then fails when the channel is closed. Also through a `let` that
// nothing has used as an optional.
HirId BodyChecker::received(HirId value) {
  HirNode& n = node(value);
  if (types_.kind(shallow(n.type)) != TypeKind::Optional) return value;
  Body& body = b_->body;
  auto take = [&](uint32_t id) {
    HirNode& recv = body.nodes[id];
    recv.aux = kRecvValue;
    recv.type = types_.elem(shallow(recv.type));
  };
  if (n.kind == HirKind::ChannelOp && n.aux == kRecv) {
    take(+value);
    return value;
  }
  if (n.kind != HirKind::Local) return value;
  uint32_t local = n.a, let = kNone32;
  for (uint32_t i = 0; i < body.nodes.size(); ++i) {
    const HirNode& x = body.nodes[i];
    auto is_it = [&](uint32_t id) { return id != kNone32 && id < body.nodes.size() && body.nodes[id].kind == HirKind::Local && body.nodes[id].a == local; };
    switch (x.kind) {
      case HirKind::Let:
        if (x.b != kNone32 && body.pats[x.a].kind == PatKind::Bind && body.pats[x.a].a == local && body.nodes[x.b].kind == HirKind::ChannelOp && body.nodes[x.b].aux == kRecv) let = i;
        break;
      // Used as what may be null: it stays that.
      case HirKind::Coalesce: case HirKind::Unwrap: case HirKind::OptTry: if (is_it(x.a)) return value; break;
      case HirKind::CondLet: if (is_it(x.b)) return value; break;
      case HirKind::IfMatch: if (is_it(body.extra[x.a])) return value; break;
      case HirKind::Match: if (is_it(x.a)) return value; break;
      case HirKind::Compare:
        if ((is_it(x.a) && body.nodes[x.b].kind == HirKind::Null) || (is_it(x.b) && body.nodes[x.a].kind == HirKind::Null)) return value;
        break;
      default: break;
    }
  }
  if (let == kNone32) return value;
  uint32_t var = b_->var_of_local[local];
  for (Builder* b : group_)
    for (uint32_t captured : b->capture_vars)
      if (captured == var) return value;
  take(body.nodes[let].b);
  TypeId plain = body.nodes[body.nodes[let].b].type;
  body.pats[body.nodes[let].a].type = plain;
  body.locals[local].type = plain;
  vars_[var].type = plain;
  for (HirNode& x : body.nodes)
    if (x.kind == HirKind::Local && x.a == local) x.type = plain;
  return value;
}

// ---- select

HirId BodyChecker::check_select(NodeId n, TypeId expected, bool value, Answer* answer) {
  if (!tasks_allowed(n, "select")) return poison(span(n));
  raises_implicit(answer);
  enum : uint16_t { kCaseRecv, kCaseSend, kCaseTimeout, kCaseClosed, kCaseDefault };
  size_t count = tree_->list(ast(n).a).size();
  if (count == 0) {
    if (!(ast(n).flags & kHasError)) report<Diag::SelectEmpty>(span(n)).note("nothing could ever happen here").help("write at least one case, such as `recv ch |v| do … end`");
    return poison(span(n));
  }
  if (count > 64) {
    report<Diag::SelectTooLarge>(span(n), count).help("bring the values together in one channel");
    return poison(span(n));
  }
  SmallVec<uint32_t, 32> rows;
  rows.push_back(static_cast<uint32_t>(count));
  // All operands first, from top to bottom: they are evaluated before anything is chosen.
  struct Case { HirId operand = HirId::None, sent = HirId::None; bool bad = false; };
  std::vector<Case> cases(count);
  bool seen_timeout = false, seen_default = false;
  for (size_t i = 0; i < count; ++i) {
    NodeId c = tree_->list(ast(n).a)[i];
    const Node x = ast(c);
    if (x.kind != NodeKind::SelectCase) { cases[i].bad = true; continue; }
    NodeId operand = tree_->record_node(x.a, 0), sent = tree_->record_node(x.a, 2);
    bool& seen = x.aux == kCaseTimeout ? seen_timeout : seen_default;
    if (x.aux == kCaseTimeout || x.aux == kCaseDefault) {
      if (seen) report<Diag::SelectTwice>(tree_->token_span(x.token), x.aux == kCaseTimeout ? "timeout" : "default").help("keep one of them");
      seen = true;
    }
    if (x.aux == kCaseDefault) continue;
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
        TypeId elem = cases[i].bad || is_none(cases[i].operand) ? Types::Error : types_.elem(shallow(node(cases[i].operand).type));
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
    for (uint32_t part : {x.kind == NodeKind::SelectCase ? uint32_t(x.aux) : uint32_t(kCaseDefault), +cases[i].operand, +cases[i].sent, patterns[i], +bodies[i]}) rows.push_back(part);
  }
  uint32_t record = static_cast<uint32_t>(b_->body.extra.size());
  b_->body.extra.insert(b_->body.extra.end(), rows.begin(), rows.end());
  for (const Case& c : cases)
    if (c.bad) return poison(span(n));
  return emit(HirKind::Select, type, record, kNone32, span(n));
}

}  // namespace janus
