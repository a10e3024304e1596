// hoist.cpp: see hoist.h.
// Depends on hoist.h, hir_walk.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/hoist.h"

#include <algorithm>

#include "backend/hir_walk.h"

namespace janus {
namespace {

// Each path once, in order: a loop may name the same few a thousand times.
void tidy(std::vector<VarPath>& paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}
bool has(const std::vector<VarPath>& tidied, const VarPath& path) {
  return std::binary_search(tidied.begin(), tidied.end(), path);
}
// Is the path, or what it is a part of, among these?
bool has_whole(const std::vector<VarPath>& tidied, VarPath path) {
  while (!has(tidied, path)) {
    if (path.fields.empty()) return false;
    path.fields.pop_back();
  }
  return true;
}

class PathWalk {
 public:
  PathWalk(Hoist& hoist, const Program& program, const Body& body) : hoist_(hoist), p_(program), body_(body) {}
  PathUses uses;

  void walk(HirId id) {
    const HirNode& n = body_[id];
    VarPath path;
    switch (n.kind) {
      case HirKind::Local:
        if (!is_plain(n.type)) uses.taken.push_back({LocalId(n.a), {}});
        return;
      case HirKind::Field:
        if (!hoist_.path_of(body_, id, path)) break;
        if (!is_plain(n.type)) uses.taken.push_back(std::move(path));
        return;
      case HirKind::MakeClosure:
        for (const Capture& c : p_.bodies[n.a]->captures) uses.taken.push_back({c.outer, {}});
        return;
      case HirKind::Index:
        if (is_array(HirId(n.a), path)) {   // copying an element out never shares the array itself
          uses.read.push_back(std::move(path));
          walk(HirId(n.b));
          return;
        }
        break;
      case HirKind::Intrinsic: {   // `xs.len()` and what else only looks
        auto args = body_.list(body_.extra[n.b + 1]);
        if (args.size() == 1 && p_.types.is_integer(n.type) && is_array(HirId(args[0]), path)) {
          uses.read.push_back(std::move(path));
          return;
        }
        break;
      }
      case HirKind::Call: call(n); return;
      case HirKind::Spawn:   // the task keeps its arguments
        each_operand(body_, HirId(n.a), [&](HirId c) { walk(c); });
        for (HirId c : {HirId(body_.extra[n.b]), HirId(body_.extra[n.b + 1])})
          if (is_some(c)) walk(c);
        return;
      case HirKind::Assign:
      case HirKind::AssignOp:
        walk(HirId(n.b));
        place(HirId(n.a));
        return;
      case HirKind::Let:   // made anew in every round
        if (body_.pats[n.a].kind == PatKind::Bind) uses.taken.push_back({LocalId(body_.pats[n.a].a), {}});
        break;
      case HirKind::LetUninit: uses.taken.push_back({LocalId(n.a), {}}); return;
      case HirKind::MutArg: place(HirId(n.a)); return;
      case HirKind::MapSet:
        place(HirId(n.a));
        walk(HirId(body_.extra[n.b]));
        walk(HirId(body_.extra[n.b + 1]));
        return;
      default: break;
    }
    each_operand(body_, id, [&](HirId c) { walk(c); });
  }

 private:
  Hoist& hoist_;
  const Program& p_;
  const Body& body_;

  bool is_plain(TypeId type) const {
    switch (p_.types.kind(type)) {
      case TypeKind::Bool:
      case TypeKind::Char: return true;
      default: return p_.types.is_integer(type) || p_.types.is_float(type);
    }
  }
  bool is_array(HirId id, VarPath& path) const {
    return p_.types.kind(body_[id].type) == TypeKind::Array && hoist_.path_of(body_, id, path);
  }
  // A place that is written: its innermost array, when a path leads there, is written by element.
  void place(HirId id) {
    const HirNode& n = body_[id];
    VarPath path;
    if (hoist_.path_of(body_, id, path)) {
      uses.taken.push_back(std::move(path));   // a new value
    } else if (n.kind == HirKind::Index) {
      walk(HirId(n.b));
      if (is_array(HirId(n.a), path)) uses.written.push_back(std::move(path));
      else place(HirId(n.a));
    } else if (n.kind == HirKind::Field || n.kind == HirKind::Unwrap) {
      place(HirId(n.a));
    } else if (n.kind == HirKind::MapIndex) {
      walk(HirId(n.b));
      place(HirId(n.a));
    } else {
      walk(id);
    }
  }
  // What the callee does with its parameters is done to the arguments. A variable that is lent and passed besides is
  // shared while the call runs.
  void call(const HirNode& n) {
    auto args = args_of(n, body_.list(body_.extra[n.b + 1]));
    std::vector<VarPath> passed(args.size());
    const PathUses* callee = hoist_.of_call(FuncId(n.a));
    for (size_t i = 0; i < args.size(); ++i) {
      HirId arg{args[i]};
      bool lent = body_[arg].kind == HirKind::MutArg;
      HirId what = lent ? HirId(body_[arg].a) : arg;
      bool twice = false;
      if (hoist_.path_of(body_, what, passed[i]) && !is_plain(body_[what].type))
        for (size_t k = 0; k < i; ++k)
          twice |= passed[k].local == passed[i].local && !is_plain(body_[HirId(args[k])].type);
      if (twice) uses.taken.push_back({passed[i].local, {}});
      // A function that hands a parameter on to itself does with it what it does.
      if (!twice && hoist_.current() == FuncId(n.a) && passed[i] == VarPath{LocalId(i), {}}) continue;
      if (!callee || twice || is_none(passed[i].local) || is_plain(body_[what].type)) {
        walk(arg);
        continue;
      }
      auto below = [&](const VarPath& inner) {
        VarPath path = passed[i];
        path.fields.insert(path.fields.end(), inner.fields.begin(), inner.fields.end());
        return path;
      };
      for (const VarPath& inner : callee->written)
        if (lent && +inner.local == i) uses.written.push_back(below(inner));
      for (const VarPath& inner : callee->taken)
        if (+inner.local == i) uses.taken.push_back(below(inner));
    }
  }
};

}  // namespace

bool Hoist::path_of(const Body& body, HirId place, VarPath& out) const {
  out.fields.clear();
  out.local = LocalId::None;
  HirId at = place;
  while (body[at].kind == HirKind::Field && program_.types.kind(body[HirId(body[at].a)].type) == TypeKind::Struct) {
    out.fields.push_back(body[at].b);
    at = HirId(body[at].a);
  }
  if (body[at].kind != HirKind::Local) return false;
  if (body.locals[body[at].a].flags & (kLocalCell | kLocalCapture)) return false;
  out.local = LocalId(body[at].a);
  std::reverse(out.fields.begin(), out.fields.end());
  return true;
}

LoopArrays Hoist::arrays_in(const Body& body, HirId loop) {
  PathWalk walk(*this, program_, body);
  each_operand(body, loop, [&](HirId c) { walk.walk(c); });
  tidy(walk.uses.read), tidy(walk.uses.written), tidy(walk.uses.taken);
  // A variable of the loop's own is not there before it.
  Span whole = body[loop].span;
  auto is_inside = [&](LocalId id) {
    if (+id < body.param_count) return false;
    Span at = body.locals[+id].span;
    return at.is_none() || whole.is_none() || (at.lo >= whole.lo && at.lo < whole.hi);
  };
  auto goes = [&](const VarPath& path) { return is_inside(path.local) || has_whole(walk.uses.taken, path); };
  LoopArrays out{std::move(walk.uses.read), std::move(walk.uses.written)};
  std::erase_if(out.written, [&](const VarPath& path) {
    return !(body.locals[+path.local].flags & (kLocalMut | kLocalMutParam)) || goes(path);
  });
  std::erase_if(out.read, [&](const VarPath& path) { return goes(path) || has(out.written, path); });
  return out;
}

const PathUses* Hoist::of_call(FuncId func) {
  constexpr size_t kMaxDepth = 6;   // of calls in calls
  const FuncInfo& f = program_.funcs[+func];
  if (is_none(f.body) || !program_.bodies[+f.body]) return nullptr;
  if (of_func_.size() <= +func) of_func_.resize(program_.funcs.size());
  std::unique_ptr<PathUses>& known = of_func_[+func];
  if (!known) {
    if (open_.size() == kMaxDepth || std::find(open_.begin(), open_.end(), func) != open_.end()) return nullptr;
    open_.push_back(func);
    const Body& body = *program_.bodies[+f.body];
    PathWalk walk(*this, program_, body);
    walk.walk(body.root);
    auto own = [&](const VarPath& path) { return +path.local >= body.param_count; };
    walk.uses.read.clear();   // the caller passes the variable, not the array
    std::erase_if(walk.uses.written, own);
    std::erase_if(walk.uses.taken, own);
    tidy(walk.uses.written), tidy(walk.uses.taken);
    open_.pop_back();
    known = std::make_unique<PathUses>(std::move(walk.uses));
  }
  return known.get();
}

}  // namespace janus
