// hoist.cpp: see hoist.h.
// Depends on hoist.h, hir_walk.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/hoist.h"

#include <algorithm>

#include "backend/hir_walk.h"

namespace janus {
namespace {

class LoopWalk {
 public:
  LoopWalk(const Program& program, const Body& body) : program_(program), body_(body) {}
  std::vector<LocalId> run(HirId loop) {
    each_operand(body_, loop, [&](HirId c) { walk(c); });
    std::vector<LocalId> out;
    for (uint32_t l : written_)
      if (std::find(spoilt_.begin(), spoilt_.end(), l) == spoilt_.end() &&
          std::find(out.begin(), out.end(), LocalId(l)) == out.end())
        out.push_back(LocalId(l));
    return out;
  }

 private:
  const Program& program_;
  const Body& body_;
  std::vector<uint32_t> written_, spoilt_;

  bool is_array_local(HirId id) const {
    const HirNode& n = body_[id];
    if (n.kind != HirKind::Local || program_.types.kind(n.type) != TypeKind::Array) return false;
    uint8_t flags = body_.locals[n.a].flags;
    return (flags & (kLocalMut | kLocalMutParam)) && !(flags & (kLocalCell | kLocalCapture));
  }
  // A place that is written: its innermost array, when that is a variable, is written by element.
  void place(HirId id) {
    const HirNode& n = body_[id];
    if (n.kind == HirKind::Index) {
      walk(HirId(n.b));
      if (is_array_local(HirId(n.a))) {
        written_.push_back(body_[HirId(n.a)].a);
        return;
      }
      place(HirId(n.a));
      return;
    }
    if (n.kind == HirKind::Field || n.kind == HirKind::Unwrap) {
      place(HirId(n.a));
      return;
    }
    if (n.kind == HirKind::MapIndex) {
      walk(HirId(n.b));
      place(HirId(n.a));
      return;
    }
    walk(id);   // the variable as a whole: a new value
  }
  void walk(HirId id) {
    const HirNode& n = body_[id];
    switch (n.kind) {
      case HirKind::Local: spoilt_.push_back(n.a); return;   // as a whole: may be shared or replaced
      case HirKind::MakeClosure:
        for (const Capture& c : program_.bodies[n.a]->captures) spoilt_.push_back(+c.outer);
        return;
      case HirKind::Index:
        if (is_array_local(HirId(n.a))) {
          walk(HirId(n.b));
          return;
        }   // copying an element out never shares the array itself
        break;
      case HirKind::Intrinsic:
      case HirKind::Call: {   // `xs.len()` and what else only looks
        auto args =
            n.kind == HirKind::Call ? args_of(n, body_.list(body_.extra[n.b + 1])) : body_.list(body_.extra[n.b + 1]);
        bool only_looks = args.size() == 1 && is_array_local(HirId(args[0])) && program_.types.is_integer(n.type);
        if (only_looks) return;
        break;
      }
      case HirKind::Assign:
      case HirKind::AssignOp:
        walk(HirId(n.b));
        place(HirId(n.a));
        return;
      case HirKind::Let:   // made anew in every round
        if (body_.pats[n.a].kind == PatKind::Bind) spoilt_.push_back(body_.pats[n.a].a);
        break;
      case HirKind::LetUninit: spoilt_.push_back(n.a); return;
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
};

}  // namespace

std::vector<LocalId> arrays_written_in(const Program& program, const Body& body, HirId loop) {
  return LoopWalk(program, body).run(loop);
}

}  // namespace janus
