// hir_walk.h: the operands of a checked node, in the order written; what every walk over bodies shares.
// Depends on frontend/hir.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "frontend/hir.h"

namespace janus {

// The arguments of a call, without the evaluation order that may stand behind them (aux 1).
inline std::span<const uint32_t> args_of(const HirNode& n, std::span<const uint32_t> list) {
  return n.aux == 1 ? list.first(list.size() / 2) : list;
}

// fn(HirId) for each operand. Closures have no operands here: their captures are in their own body.
template <class Fn>
void each_operand(const Body& body, HirId id, Fn fn) {
  const HirNode& n = body[id];
  auto ex = [&](uint32_t i) { return body.extra[n.b + i]; };
  auto one = [&](uint32_t c) {
    if (c != 0xffffffffu) fn(HirId(c));
  };
  auto all = [&](std::span<const uint32_t> l, size_t at = 0, size_t step = 1) {
    for (size_t i = at; i < l.size(); i += step) one(l[i]);
  };
  switch (n.kind) {
    case HirKind::Block:
      all(body.list(n.a));
      one(n.b);
      break;
    case HirKind::Let:
    case HirKind::CondLet:
    case HirKind::Break:
    case HirKind::AssertFails: one(n.b); break;
    case HirKind::MapSet:
    case HirKind::Slice:
      one(n.a);
      one(ex(0));
      one(ex(1));
      break;
    case HirKind::Call:
    case HirKind::CallTrait: all(args_of(n, body.list(ex(1)))); break;
    case HirKind::Intrinsic: all(body.list(ex(1))); break;
    case HirKind::CallValue:
      one(n.a);
      all(args_of(n, body.list(n.b)));
      break;
    case HirKind::CallDyn: all(args_of(n, body.list(n.b))); break;
    case HirKind::MakeEnum:
    case HirKind::MakeError: all(body.list(n.b)); break;
    case HirKind::MakeStruct:
      all(body.list(n.a), 1, 2);
      one(n.b);
      break;
    case HirKind::MakeTuple:
    case HirKind::MakeArray:
    case HirKind::MakeMap:
    case HirKind::Print: all(body.list(n.a)); break;
    case HirKind::Interp: all(body.list(n.a), 0, 2); break;
    case HirKind::Assert:
      one(n.a);
      if (n.b != 0xffffffffu) {
        one(ex(0));
        one(ex(1));
        one(ex(2));
      }
      break;
    case HirKind::If:
      one(n.a);
      one(ex(0));
      one(ex(1));
      break;
    case HirKind::IfMatch:
      one(body.extra[n.a]);
      one(ex(0));
      one(ex(1));
      break;
    case HirKind::While:
      one(n.a);
      one(ex(0));
      break;
    case HirKind::ForRange:
      one(body.extra[n.a + 1]);
      one(body.extra[n.a + 2]);
      one(body.extra[n.a + 4]);
      one(ex(0));
      break;
    case HirKind::ForEach:
      one(body.extra[n.a + 1]);
      one(ex(0));
      break;
    case HirKind::Match: {
      one(n.a);
      auto arms = body.list(body.extra[n.b]);
      for (size_t i = 0; i + 2 < arms.size(); i += 3) {
        one(arms[i + 1]);
        one(arms[i + 2]);
      }
      break;
    }
    case HirKind::Catch:
      one(n.a);
      one(ex(1));
      break;
    case HirKind::Nursery:
      one(ex(1));
      one(ex(2));
      one(n.a);
      break;
    case HirKind::Spawn:
      one(ex(0));
      one(ex(1));
      one(n.a);
      break;
    case HirKind::Select:
      for (uint32_t c = 0, count = body.extra[n.a]; c < count; ++c) {
        one(body.extra[n.a + 1 + 5 * c + 1]);
        one(body.extra[n.a + 1 + 5 * c + 2]);
      }
      for (uint32_t c = 0, count = body.extra[n.a]; c < count; ++c) one(body.extra[n.a + 1 + 5 * c + 4]);
      break;
    case HirKind::ChannelOp:
      one(n.a);
      one(n.b);
      break;
    case HirKind::Assign:
    case HirKind::AssignOp:
    case HirKind::Index:
    case HirKind::MapIndex:
    case HirKind::Arith:
    case HirKind::Compare:
    case HirKind::LogicAnd:
    case HirKind::LogicOr:
    case HirKind::Concat:
    case HirKind::Coalesce:
    case HirKind::MakeRange:
      one(n.a);
      one(n.b);
      break;
    case HirKind::Field:
    case HirKind::Neg:
    case HirKind::BitNot:
    case HirKind::Not:
    case HirKind::Some:
    case HirKind::Widen:
    case HirKind::Convert:
    case HirKind::ToString:
    case HirKind::MakeDyn:
    case HirKind::WidenFunc:
    case HirKind::WidenError:
    case HirKind::DropValue:
    case HirKind::ErrorMethod:
    case HirKind::Expect:
    case HirKind::Panic:
    case HirKind::Return:
    case HirKind::Fail:
    case HirKind::Try:
    case HirKind::OptTry:
    case HirKind::Unwrap:
    case HirKind::MutArg:
    case HirKind::Defer:
    case HirKind::Shield:
    case HirKind::Await:
    case HirKind::TaskOp:
    case HirKind::ChannelNew:
    case HirKind::Sleep: one(n.a); break;
    case HirKind::Int:
    case HirKind::Float:
    case HirKind::Bool:
    case HirKind::Char:
    case HirKind::Str:
    case HirKind::Null:
    case HirKind::Void:
    case HirKind::Local:
    case HirKind::ConstRef:
    case HirKind::FuncRef:
    case HirKind::TypeValue:
    case HirKind::TypeMember:
    case HirKind::MakeClosure:
    case HirKind::LetUninit:
    case HirKind::Continue:
    case HirKind::TailBlock:
    case HirKind::Yield:
    case HirKind::Cancelled: break;
  }
}

// fn(const HirNode& call) for each call in tail position of a returned value: through `?`, `if`, `match` and blocks
// (ruling 50).
template <class Fn>
void each_tail_call(const Body& body, HirId value, Fn fn) {
  const HirNode& n = body[value];
  auto one = [&](uint32_t c) {
    if (c != 0xffffffffu) each_tail_call(body, HirId(c), fn);
  };
  switch (n.kind) {
    case HirKind::Try: one(n.a); break;
    case HirKind::Call: fn(n); break;
    case HirKind::Block: one(n.b); break;
    case HirKind::If:
    case HirKind::IfMatch:
      one(body.extra[n.b]);
      one(body.extra[n.b + 1]);
      break;
    case HirKind::Match: {
      auto arms = body.list(body.extra[n.b]);
      for (size_t i = 0; i + 2 < arms.size(); i += 3) one(arms[i + 2]);
      break;
    }
    default: break;
  }
}

}  // namespace janus
