// own.cpp: backward liveness over the structured body; see own.h.
// Depends on own.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/own.h"

#include "backend/hir_walk.h"
#include "backend/intrinsics.h"

namespace janus {

namespace {
using Live = std::vector<uint64_t>;
bool has(const Live& live, uint32_t i) { return live[i / 64] >> (i % 64) & 1; }
void add(Live& live, uint32_t i) { live[i / 64] |= uint64_t{1} << (i % 64); }
void remove(Live& live, uint32_t i) { live[i / 64] &= ~(uint64_t{1} << (i % 64)); }
void join(Live& live, const Live& other) {
  for (size_t i = 0; i < live.size(); ++i) live[i] |= other[i];
}
}  // namespace

LocalId root_local(const Body& body, HirId id) {
  for (;;) {
    const HirNode& n = body[id];
    switch (n.kind) {
      case HirKind::Local: return LocalId(n.a);
      case HirKind::Field:
      case HirKind::MutArg:
      case HirKind::Index:
      case HirKind::Unwrap:
      case HirKind::WidenError: id = HirId(n.a); break;
      default: return LocalId::None;
    }
  }
}

class OwnershipPass {
 public:
  OwnershipPass(Owners& owners, const Body& body, BodyOwnership& out) : owners_(owners), body_(body), out_(out) {
    size_t words = body.locals.size() / 64 + 1;
    live_.assign(words, 0);
    return_live_.assign(words, 0);
    out.last_use.assign(body.nodes.size(), false);
    out.mutates.assign(body.nodes.size(), false);
    out.last_statement.assign(body.locals.size(), kScopeEnd);
    out.ever_moved.assign(body.locals.size(), false);
    block_of_.assign(body.locals.size(), kNoBlock);
    kept_.assign(body.locals.size(), false);
    for (size_t i = 0; i < body.locals.size(); ++i) kept_[i] = owners.holds_handle(body.locals[i].type);
    loops_.resize(body.loop_count);
    for (const HirLocal& l : body.locals) has_cells_ |= (l.flags & kLocalCell) != 0;
    if (is_some(body.root)) {
      mention(body.root);
      visit(body.root, Want::Own);
    }
  }

 private:
  static constexpr uint32_t kNoBlock = 0xffffffffu;
  struct Loop {
    Live at_break, at_continue;
  };
  Owners& owners_;
  const Body& body_;
  BodyOwnership& out_;
  Live live_, return_live_;   // return_live_: read after a failure or `return`: by pending defers and by what answers
  std::vector<Loop> loops_;
  std::vector<uint32_t> block_of_;   // by local: the block whose statement declares it
  std::unordered_map<uint32_t, uint32_t> statement_of_;   // open blocks: the statement being walked
  std::vector<bool> kept_;   // by local: holds a handle of the system, so it stays to the end of its scope
  bool has_cells_ = false;
  int in_defer_ = 0;

  // ---- first walk, forward: mentions, and what may change variables
  void declare(uint32_t pat, uint32_t block) {
    if (pat == 0xffffffffu) return;
    const HirPat& p = body_.pats[pat];
    if (p.kind == PatKind::Bind) block_of_[p.a] = block;
    if (p.kind == PatKind::Some) declare(p.a, block);
    if (p.kind == PatKind::Variant || p.kind == PatKind::Struct || p.kind == PatKind::Or || p.kind == PatKind::Error)
      for (uint32_t q : body_.list(p.b)) declare(q, block);
  }
  void mention_local(uint32_t local) {
    uint32_t block = block_of_[local];
    if (block == kNoBlock || kept_[local]) return;
    uint32_t& last = out_.last_statement[local];
    if (in_defer_) {
      last = kScopeEnd;
      pinned_.resize(body_.locals.size());
      pinned_[local] = true;
      return;
    }
    if (!pinned_.empty() && pinned_[local]) return;
    auto it = statement_of_.find(block);
    if (it != statement_of_.end()) last = it->second;
  }
  std::vector<bool> pinned_;

  bool mention(HirId id) { return out_.mutates[+id] = mention_inside(id); }
  bool mention_inside(HirId id) {
    const HirNode& n = body_[id];
    switch (n.kind) {
      case HirKind::Local: mention_local(n.a); return false;
      case HirKind::LetUninit: mention_local(n.a); return false;
      case HirKind::MakeClosure:
        for (const Capture& c : owners_.program_.bodies[n.a]->captures) mention_local(+c.outer);
        return false;
      case HirKind::Block: return mention_block(id, n);
      case HirKind::Defer:
        ++in_defer_;
        mention(HirId(n.a));
        --in_defer_;
        return true;
      default: break;
    }
    bool mutates = n.kind == HirKind::Assign || n.kind == HirKind::AssignOp || n.kind == HirKind::MapSet ||
                   n.kind == HirKind::MutArg;
    if (n.kind == HirKind::Call || n.kind == HirKind::CallTrait || n.kind == HirKind::CallValue ||
        n.kind == HirKind::CallDyn)
      mutates |= has_cells_;
    each_operand(body_, id, [&](HirId c) { mutates |= mention(c); });
    return mutates;
  }
  bool mention_block(HirId id, const HirNode& n) {
    uint32_t i = 0;
    bool mutates = false;
    for (uint32_t s : body_.list(n.a)) {
      statement_of_[+id] = i++;
      const HirNode& stmt = body_[HirId(s)];
      if (stmt.kind == HirKind::Let) declare(stmt.a, +id);
      if (stmt.kind == HirKind::LetUninit) block_of_[stmt.a] = +id;
      mutates |= mention(HirId(s));
      if (stmt.kind == HirKind::Let) mark_declared(stmt.a);
    }
    statement_of_[+id] = kScopeEnd;
    if (n.b != 0xffffffffu) mutates |= mention(HirId(n.b));
    statement_of_.erase(+id);
    return mutates;
  }
  void mark_declared(uint32_t pat) {   // a variable that is never mentioned again dies in its own statement
    if (pat == 0xffffffffu) return;
    const HirPat& p = body_.pats[pat];
    if (p.kind == PatKind::Bind) mention_local(p.a);
    if (p.kind == PatKind::Some) mark_declared(p.a);
    if (p.kind == PatKind::Variant || p.kind == PatKind::Struct || p.kind == PatKind::Or || p.kind == PatKind::Error)
      for (uint32_t q : body_.list(p.b)) mark_declared(q);
  }

  // ---- second walk, backward: `live_` is what is read after the point where the walk stands
  void use(HirId id, uint32_t local, Want want) {
    if (want == Want::Own && !has(live_, local) && !kept_[local]) {
      out_.last_use[+id] = true;
      out_.ever_moved[local] = true;
    }
    add(live_, local);
  }
  void kill_pattern(uint32_t pat) {
    if (pat == 0xffffffffu) return;
    const HirPat& p = body_.pats[pat];
    if (p.kind == PatKind::Bind) remove(live_, p.a);
    if (p.kind == PatKind::Some) kill_pattern(p.a);
    if (p.kind == PatKind::Variant || p.kind == PatKind::Struct || p.kind == PatKind::Or || p.kind == PatKind::Error)
      for (uint32_t q : body_.list(p.b)) kill_pattern(q);
  }
  void visit_opt(uint32_t id, Want want) {
    if (id != 0xffffffffu) visit(HirId(id), want);
  }

  // Arguments, last to first. What is borrowed stays borrowed until the call itself: it counts as read there.
  template <class Mode>
  void visit_args(std::span<const uint32_t> args, Mode mode, std::span<const uint32_t> order = {}) {
    for (size_t i = 0; i < args.size(); ++i)
      if (mode(i) == Want::Borrow)
        if (LocalId root = root_local(body_, HirId(args[i])); is_some(root)) add(live_, +root);
    for (size_t k = args.size(); k-- > 0;) {
      size_t i = order.empty() ? k : order[k];
      visit(HirId(args[i]), mode(i));
    }
  }
  template <class Mode>
  void visit_call(const HirNode& n, std::span<const uint32_t> list, Mode mode) {
    auto args = args_of(n, list);
    visit_args(args, mode, list.subspan(args.size()));
  }
  void visit_all(std::span<const uint32_t> args, Want want) {
    visit_args(args, [&](size_t) { return want; });
  }
  void visit_pair(uint32_t a, uint32_t b, Want wa, Want wb) {
    uint32_t both[] = {a, b};
    visit_args(std::span<const uint32_t>(both), [&](size_t i) { return i == 0 ? wa : wb; });
  }
  // A matched place stays where it is while an arm runs: its parts are borrowed by the arm's names.
  void pin_root(uint32_t scrutinee) {
    if (LocalId root = root_local(body_, HirId(scrutinee)); is_some(root)) add(live_, +root);
  }
  void add_mentioned(HirId id);   // every local mentioned inside
  void forget_declared(HirId id);   // every local that a `let` inside declares

  void visit(HirId id, Want want) {
    const HirNode& n = body_[id];
    auto ex = [&](uint32_t i) { return body_.extra[n.b + i]; };
    switch (n.kind) {
      case HirKind::Local: use(id, n.a, want); break;
      case HirKind::Field: visit(HirId(n.a), Want::Borrow); break;
      case HirKind::Index:
      case HirKind::MapIndex: visit_pair(n.a, n.b, Want::Borrow, Want::Borrow); break;
      case HirKind::Slice:
        visit_opt(ex(1), Want::Borrow);
        visit_opt(ex(0), Want::Borrow);
        visit(HirId(n.a), Want::Borrow);
        break;
      case HirKind::Neg:
      case HirKind::BitNot:
      case HirKind::Not:
      case HirKind::Widen:
      case HirKind::Convert:
      case HirKind::ToString:
      case HirKind::DropValue:
      case HirKind::ErrorMethod: visit(HirId(n.a), Want::Borrow); break;
      case HirKind::Arith:
      case HirKind::Compare: visit_pair(n.a, n.b, Want::Borrow, Want::Borrow); break;
      case HirKind::LogicAnd:
      case HirKind::LogicOr: {
        Live after = live_;
        visit(HirId(n.b), Want::Borrow);
        join(live_, after);
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::Concat: visit_pair(n.a, n.b, Want::Own, Want::Borrow); break;
      case HirKind::Coalesce: {
        Live after = live_;
        visit(HirId(n.b), Want::Own);
        join(live_, after);
        visit(HirId(n.a), Want::Own);
        break;
      }
      case HirKind::Some:
      case HirKind::WidenFunc:
      case HirKind::WidenError:
      case HirKind::Try:
      case HirKind::Unwrap: visit(HirId(n.a), want); break;
      case HirKind::MakeDyn:
      case HirKind::OptTry:
      case HirKind::Fail:
      case HirKind::Panic: {
        if (n.kind == HirKind::Fail || n.kind == HirKind::Panic) live_ = return_live_;
        visit(HirId(n.a), Want::Own);
        break;
      }
      case HirKind::MakeStruct: {
        auto list = body_.list(n.a);
        if (n.b != 0xffffffffu) visit(HirId(n.b), Want::Borrow);
        for (size_t i = list.size(); i >= 2; i -= 2) visit(HirId(list[i - 1]), Want::Own);
        break;
      }
      case HirKind::MakeEnum:
      case HirKind::MakeError: visit_all(body_.list(n.b), Want::Own); break;
      case HirKind::MakeTuple:
      case HirKind::MakeArray: visit_all(body_.list(n.a), Want::Own); break;
      case HirKind::MakeMap: {
        auto list = body_.list(n.a);
        for (size_t i = list.size(); i-- > 0;) visit(HirId(list[i]), Want::Own);
        break;
      }
      case HirKind::MakeRange: visit_pair(n.a, n.b, Want::Borrow, Want::Borrow); break;
      case HirKind::MakeClosure: {
        const auto& captures = owners_.program_.bodies[n.a]->captures;
        std::vector<bool> moves(captures.size());
        for (size_t i = captures.size(); i-- > 0;) {
          uint32_t local = +captures[i].outer;
          moves[i] = !has(live_, local) && !kept_[local] && !(body_.locals[local].flags & kLocalCell);
          if (moves[i]) out_.ever_moved[local] = true;
          add(live_, local);
        }
        out_.capture_moves[+id] = std::move(moves);
        break;
      }
      case HirKind::Interp: {
        auto list = body_.list(n.a);
        for (size_t i = list.size(); i >= 2; i -= 2) visit(HirId(list[i - 2]), Want::Borrow);
        break;
      }
      case HirKind::Call: {
        FuncId callee{n.a};
        visit_call(n, body_.list(ex(1)),
                   [&](size_t i) { return owners_.param_owned(callee, i) ? Want::Own : Want::Borrow; });
        break;
      }
      case HirKind::CallTrait: visit_call(n, body_.list(ex(1)), [](size_t) { return Want::Borrow; }); break;
      case HirKind::CallDyn: visit_call(n, body_.list(n.b), [](size_t) { return Want::Borrow; }); break;
      case HirKind::CallValue: {
        if (LocalId root = root_local(body_, HirId(n.a)); is_some(root)) add(live_, +root);
        visit_call(n, body_.list(n.b), [](size_t) { return Want::Borrow; });
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::Intrinsic:
        visit_args(body_.list(ex(1)),
                   [&](size_t i) { return intrinsic_owns(Intrin(n.a), i) ? Want::Own : Want::Borrow; });
        break;
      case HirKind::MutArg: visit(HirId(n.a), Want::Borrow); break;
      case HirKind::Print: visit_all(body_.list(n.a), Want::Borrow); break;
      case HirKind::Assert:
        if (n.b != 0xffffffffu) {
          visit_opt(ex(2), Want::Borrow);
          if (n.aux != 0xffff) visit_pair(ex(0), ex(1), Want::Borrow, Want::Borrow);
        }
        visit_opt(n.a, Want::Borrow);
        break;
      case HirKind::Expect: visit(HirId(n.a), Want::Borrow); break;
      case HirKind::Block: visit_block(id, n, want); break;
      case HirKind::Let:
        kill_pattern(n.a);
        visit_opt(n.b, Want::Own);
        break;
      case HirKind::LetUninit: remove(live_, n.a); break;
      case HirKind::Assign: {
        const HirNode& place = body_[HirId(n.a)];
        if (place.kind == HirKind::Local && !(body_.locals[place.a].flags & (kLocalMutParam | kLocalCell))) {
          if (!has(return_live_, place.a))
            remove(live_, place.a);   // a failure before this may still read what was there
          visit(HirId(n.b), Want::Own);
          break;
        }
        if (LocalId root = root_local(body_, HirId(n.a)); is_some(root)) add(live_, +root);
        visit(HirId(n.b), Want::Own);
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::AssignOp: {
        if (LocalId root = root_local(body_, HirId(n.a)); is_some(root)) add(live_, +root);
        visit(HirId(n.b), Want::Borrow);
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::MapSet: {
        if (LocalId root = root_local(body_, HirId(n.a)); is_some(root)) add(live_, +root);
        visit(HirId(ex(1)), Want::Own);
        visit(HirId(ex(0)), Want::Own);
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::If:
        branches(ex(0), ex(1), want);
        visit(HirId(n.a), Want::Borrow);
        break;
      case HirKind::IfMatch: {
        uint32_t value = body_.extra[n.a];
        Live after = live_;
        pin_root(value);
        visit(HirId(ex(0)), Want::Own);
        kill_pattern(body_.extra[n.a + 1]);
        Live then = live_;
        live_ = after;
        visit_opt(ex(1), Want::Own);
        join(live_, then);
        visit(HirId(value), Want::Borrow);
        break;
      }
      case HirKind::CondLet:
        kill_pattern(n.a);
        pin_root(n.b);
        visit(HirId(n.b), Want::Borrow);
        break;
      case HirKind::While: {
        Live after = live_;
        add_mentioned(HirId(n.a));
        add_mentioned(HirId(ex(0)));
        forget_declared(HirId(ex(0)));
        Live head = live_;
        loops_[ex(1)] = {after, head};
        visit(HirId(ex(0)), Want::Borrow);
        join(live_, after);
        visit(HirId(n.a), Want::Borrow);
        join(live_, head);
        break;
      }
      case HirKind::ForRange: {
        Live after = live_;
        add_mentioned(HirId(ex(0)));
        forget_declared(HirId(ex(0)));
        Live head = live_;
        loops_[ex(1)] = {after, head};
        visit(HirId(ex(0)), Want::Borrow);
        remove(live_, body_.extra[n.a]);
        join(live_, head);
        visit_opt(body_.extra[n.a + 4], Want::Borrow);
        visit(HirId(body_.extra[n.a + 2]), Want::Borrow);
        visit(HirId(body_.extra[n.a + 1]), Want::Borrow);
        break;
      }
      case HirKind::ForEach: {
        Live after = live_;
        add_mentioned(HirId(ex(0)));
        forget_declared(HirId(ex(0)));
        Live head = live_;
        loops_[ex(1)] = {after, head};
        visit(HirId(ex(0)), Want::Borrow);
        kill_pattern(body_.extra[n.a]);
        join(live_, head);
        visit(HirId(body_.extra[n.a + 1]), Want::Own);
        break;
      }
      case HirKind::Match: {
        auto arms = body_.list(body_.extra[n.b]);
        Live after = live_;
        Live before(live_.size(), 0);
        bool any = false;
        for (size_t i = 0; i + 2 < arms.size(); i += 3) {
          live_ = after;
          pin_root(n.a);
          visit(HirId(arms[i + 2]), Want::Own);
          if (arms[i + 1] != 0xffffffffu) {
            join(live_, after);   // a guard that fails goes on to the next arms
            for (size_t j = i + 3; j + 2 < arms.size(); j += 3) {
              if (arms[j + 1] != 0xffffffffu) add_mentioned(HirId(arms[j + 1]));
              add_mentioned(HirId(arms[j + 2]));
            }
            visit(HirId(arms[i + 1]), Want::Borrow);
          }
          kill_pattern(arms[i]);
          join(before, live_);
          any = true;
        }
        if (any) live_ = before;
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::Return:
        live_ = return_live_;
        visit_opt(n.a, Want::Own);
        break;
      case HirKind::Break:
        live_ = loops_[n.a].at_break;
        join(live_, return_live_);
        visit_opt(n.b, Want::Own);
        break;
      case HirKind::Continue:
        live_ = loops_[n.a].at_continue;
        join(live_, return_live_);
        break;
      case HirKind::Catch: {
        Live after = live_;
        visit(HirId(ex(1)), Want::Own);
        if (ex(0) != 0xffffffffu) remove(live_, ex(0));
        join(live_, after);
        visit_answered(HirId(n.a), Want::Own);
        break;
      }
      case HirKind::AssertFails: {
        Live after = live_;
        visit_answered(HirId(n.b), Want::Borrow);
        join(live_, after);
        break;
      }
      case HirKind::Defer: visit(HirId(n.a), Want::Borrow); break;
      case HirKind::Nursery:
        visit(HirId(n.a), want);
        visit_opt(ex(2), Want::Borrow);
        visit_opt(ex(1), Want::Borrow);
        break;
      case HirKind::Shield: visit(HirId(n.a), want); break;
      case HirKind::Await:
      case HirKind::TaskOp:
      case HirKind::ChannelNew:
      case HirKind::Sleep: visit_opt(n.a, Want::Borrow); break;
      case HirKind::ChannelOp: {
        if (LocalId root = root_local(body_, HirId(n.a)); is_some(root)) add(live_, +root);
        visit_opt(n.b, Want::Own);
        visit(HirId(n.a), Want::Borrow);
        break;
      }
      case HirKind::Spawn:
        visit_spawned(HirId(n.a));
        visit_opt(ex(1), Want::Borrow);
        break;
      case HirKind::Select: visit_select(n, want); break;
      default: break;
    }
  }

  // A failure inside goes on here, not out of the function; so does a `return` or `break` out of a nursery whose child
  // fails meanwhile.
  void visit_answered(HirId id, Want want) {
    Live saved_return = return_live_;
    join(return_live_, live_);
    visit(id, want);
    return_live_ = std::move(saved_return);
  }

  // A task owns its arguments, and the function value that it calls.
  void visit_spawned(HirId id) {
    const HirNode& n = body_[id];
    bool by_type = n.kind == HirKind::Call || n.kind == HirKind::CallTrait;
    visit_call(n, body_.list(by_type ? body_.extra[n.b + 1] : n.b), [](size_t) { return Want::Own; });
    if (n.kind == HirKind::CallValue) visit(HirId(n.a), Want::Own);
  }

  void visit_select(const HirNode& n, Want) {
    uint32_t count = body_.extra[n.a];
    const uint32_t* cases = &body_.extra[n.a + 1];
    Live after = live_;
    Live before(live_.size(), 0);
    for (uint32_t c = 0; c < count; ++c) {
      live_ = after;
      visit(HirId(cases[5 * c + 4]), Want::Own);
      kill_pattern(cases[5 * c + 3]);
      join(before, live_);
    }
    live_ = before;
    for (uint32_t c = 0; c < count; ++c)   // channels stay while it waits
      if (uint32_t operand = cases[5 * c + 1]; operand != 0xffffffffu)
        if (LocalId root = root_local(body_, HirId(operand)); is_some(root)) add(live_, +root);
    for (uint32_t c = count; c-- > 0;) {
      visit_opt(cases[5 * c + 2], Want::Own);
      visit_opt(cases[5 * c + 1], Want::Borrow);
    }
  }

  void branches(uint32_t then_id, uint32_t else_id, Want) {
    Live after = live_;
    visit(HirId(then_id), Want::Own);
    Live then = live_;
    live_ = after;
    visit_opt(else_id, Want::Own);
    join(live_, then);
  }

  // Variables that a pending defer reads are read at every exit of the block.
  void visit_block(HirId, const HirNode& n, Want) {
    auto statements = body_.list(n.a);
    Live saved_return = return_live_;
    for (uint32_t s : statements)
      if (body_[HirId(s)].kind == HirKind::Defer) {
        Live keep = live_;
        std::fill(live_.begin(), live_.end(), 0);
        add_mentioned(HirId(s));
        join(return_live_, live_);
        live_ = std::move(keep);
        join(live_, return_live_);
      }
    visit_opt(n.b, Want::Own);
    for (size_t i = statements.size(); i-- > 0;) visit(HirId(statements[i]), Want::Borrow);
    return_live_ = std::move(saved_return);
  }
};

void OwnershipPass::add_mentioned(HirId id) {
  const HirNode& n = body_[id];
  if (n.kind == HirKind::Local) add(live_, n.a);
  if (n.kind == HirKind::MakeClosure)
    for (const Capture& c : owners_.program_.bodies[n.a]->captures) add(live_, +c.outer);
  each_operand(body_, id, [&](HirId c) { add_mentioned(c); });
}

// What a turn of a loop declares, the next turn declares anew: it never reads what the turn before left.
void OwnershipPass::forget_declared(HirId id) {
  const HirNode& n = body_[id];
  if (n.kind == HirKind::Let) kill_pattern(n.a);
  if (n.kind == HirKind::LetUninit) remove(live_, n.a);
  each_operand(body_, id, [&](HirId c) { forget_declared(c); });
}

Owners::Owners(Program& program) : program_(program) {
  bodies_.resize(program.bodies.size());
  state_.assign(program.funcs.size(), 0);
  owned_.resize(program.funcs.size());
  forced_.resize(program.funcs.size());
  // Nobody could release an argument after a tail call, so its callee owns it.
  for (const auto& body : program.bodies) {
    if (!body) continue;
    for (const HirNode& n : body->nodes) {
      if (n.kind != HirKind::Return || n.aux != 1 || n.a == 0xffffffffu) continue;
      each_tail_call(*body, HirId(n.a), [&](const HirNode& call) {
        auto args = args_of(call, body->list(body->extra[call.b + 1]));
        auto& forced = forced_[call.a];
        if (forced.size() < args.size()) forced.resize(args.size());
        for (size_t i = 0; i < args.size(); ++i)
          if ((*body)[HirId(args[i])].kind != HirKind::MutArg) forced[i] = true;
      });
    }
  }
}

// Types that lead back to themselves count by what else is in them. What a closure or a `dyn` value holds is not seen:
// they own it.
bool Owners::holds_handle(TypeId type) {
  auto [slot, fresh] = handles_.try_emplace(+type, false);
  if (!fresh) return slot->second;
  TypeRow row = program_.types[type];
  bool holds = false;
  switch (row.kind) {
    case TypeKind::Handle: holds = true; break;
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional: holds = holds_handle(static_cast<TypeId>(row.a)); break;
    case TypeKind::Tuple:
      for (uint32_t i = 0; i < row.arg_count && !holds; ++i) holds = holds_handle(program_.types.args(type)[i]);
      break;
    case TypeKind::Struct:
      for (uint32_t i = 0; i < program_.structs[row.a].fields.size() && !holds; ++i)
        holds = holds_handle(program_.field_type(type, i));
      break;
    case TypeKind::Enum:
      for (uint32_t v = 0; v < program_.enums[row.a].variants.size(); ++v)
        for (uint32_t f = 0; f < program_.enums[row.a].variants[v].fields.size() && !holds; ++f)
          holds = holds_handle(program_.payload_type(type, v, f));
      break;
    default: break;
  }
  return handles_[+type] = holds;
}

const BodyOwnership& Owners::of(BodyId id) {
  FuncId func = program_.bodies[+id]->func;
  if (is_some(func) && program_.funcs[+func].body == id && state_[+func] == 0) compute(func);
  auto& slot = bodies_[+id];
  if (!slot) {
    slot = std::make_unique<BodyOwnership>();
    OwnershipPass(*this, *program_.bodies[+id], *slot);
  }
  return *slot;
}

// In a call cycle the function that is being computed is taken to borrow; what it is found to own afterwards holds for
// everyone.
void Owners::compute(FuncId root) {
  // Callees first, without recursion: programs are deeper than the stack of a compiler.
  struct Frame {
    FuncId func;
    uint32_t next;   // node of its body
  };
  auto body_of = [&](FuncId f) { return program_.bodies[+program_.funcs[+f].body].get(); };
  std::vector<Frame> stack{{root, 0}};
  state_[+root] = 1;
  while (!stack.empty()) {
    Frame& top = stack.back();
    const Body& body = *body_of(top.func);
    if (top.next == body.nodes.size()) {
      compute_one(top.func);
      stack.pop_back();
      continue;
    }
    const HirNode& n = body.nodes[top.next++];
    if (n.kind != HirKind::Call) continue;
    const FuncInfo& callee = program_.funcs[n.a];
    if (state_[n.a] != 0 || callee.origin != FuncOrigin::Janus || is_none(callee.body)) continue;
    state_[n.a] = 1;
    stack.push_back({FuncId(n.a), 0});
  }
}

void Owners::compute_one(FuncId func) {
  BodyId id = program_.funcs[+func].body;
  auto own = std::make_unique<BodyOwnership>();
  OwnershipPass(*this, *program_.bodies[+id], *own);
  std::vector<bool>& owned = owned_[+func];
  for (uint32_t i = 0; i < program_.bodies[+id]->param_count; ++i) owned.push_back(own->ever_moved[i]);
  bodies_[+id] = std::move(own);
  state_[+func] = 2;
}

bool Owners::param_owned(FuncId func, uint32_t param) {
  const FuncInfo& info = program_.funcs[+func];
  if (info.origin != FuncOrigin::Janus || is_none(info.body)) return false;
  if (param < info.params.size() && info.params[param].is_mut) return false;
  if (param == 0 && info.self == SelfKind::Mut) return false;
  if (param < forced_[+func].size() && forced_[+func][param]) return true;
  if (state_[+func] == 0) compute(func);
  return state_[+func] == 2 && param < owned_[+func].size() && owned_[+func][param];
}

}   // namespace janus
