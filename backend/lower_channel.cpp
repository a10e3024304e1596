// lower_channel.cpp: channels and select.
// Depends on lower_internal.h, runtime/abi_tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// A value lies in the sender's frame until the runtime takes it; before that it is made fit for another task. Each
// operation answers failures (a closed channel, the cancellation of this task) at the catch that stands on it, else
// they go on.
#include "backend/lower_internal.h"
#include "runtime/abi_tasks.h"

namespace janus {

Val FuncLower::lower_channel_new(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch pending = take_catch();
  uint32_t cap = n.a == kNone ? i64(0) : lower_scalar(HirId(n.a));
  if (dead) return {type};
  uint32_t failed = slot_addr(slot(8, 8));
  uint32_t channel = rt(JRt::ChannelNew, JType::Ptr, {cap, global(m.glue(types.elem(type))), failed});
  uint32_t refused = new_block(true), made = new_block();
  cond_br(cmp(JCmp::Ne, channel, null()), made, refused, 2);
  at(refused);
  fail_with(load(JType::Ptr, failed), pending);
  at(made);
  return {type, channel, true};
}

uint32_t FuncLower::recv(uint32_t channel, uint32_t out, const PendingCatch& pending) {
  uint32_t failed = slot_addr(slot(8, 8));
  uint32_t got = rt(JRt::ChannelRecv, JType::I32, {channel, out, failed});
  uint32_t bad = new_block(true), good = new_block();
  cond_br(cmp(JCmp::SGe, got, i32(0)), good, bad, 2);
  at(bad);
  fail_with(load(JType::Ptr, failed), pending);
  at(good);
  return cmp(JCmp::Ne, got, i32(0));
}

Val FuncLower::lower_channel_op(HirId id, uint32_t dest) {
  enum : uint16_t { kSend, kRecv, kTrySend, kTryRecv, kClose, kIsClosed, kLen, kCap, kRecvValue };
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch pending = take_catch();
  int base = top;
  Val channel = lower(HirId(n.a), Want::Borrow);
  if (dead) return {type};
  if (!channel.owned && is_mutable_root(HirId(n.a))) channel = copy_val(channel);
  push_temp(channel);
  TypeId elem = types.elem(channel.type);
  const Layout& el = layout(elem);
  Val v{type};
  switch (n.aux) {
    case kSend:
    case kTrySend: {
      uint32_t at_value = temp_addr(elem);
      lower_to(HirId(n.b), at_value);
      if (dead) {
        top = base;
        return {type};
      }
      share_at(elem, at_value, i32(rt::kShareMove));
      Val sent = load_val(at_value, elem);
      sent.owned = true;
      int before = push_temp(sent);
      if (n.aux == kSend) {
        fail_if(rt(JRt::ChannelSend, JType::Ptr, {channel.v, at_value}), pending);
        top = before;
      } else {
        v.v = rt(JRt::ChannelTrySend, JType::I1, {channel.v, at_value});
        if (el.needs_drop) {   // not taken: it goes
          uint32_t kept = new_block(), done = new_block();
          cond_br(v.v, done, kept);
          at(kept);
          drop_val(sent);
          br(done);
          at(done);
        }
        top = before;
      }
      break;
    }
    case kRecv:
    case kTryRecv: {   // ?T: null when there is none
      const Layout& l = layout(type);
      uint32_t to = dest != kNone && l.shape == Shape::Aggregate ? dest : temp_addr(type);
      if (l.shape == Shape::Managed) store(null(), to);
      uint32_t got =
          n.aux == kRecv ? recv(channel.v, to, pending) : rt(JRt::ChannelTryRecv, JType::I1, {channel.v, to});
      if (l.shape == Shape::Aggregate) store(got, to, l.tag_offset);
      v = load_val(to, type);
      v.owned = l.needs_drop;
      break;
    }
    case kRecvValue: {
      uint32_t to = dest != kNone && el.shape == Shape::Aggregate ? dest : temp_addr(elem);
      uint32_t good = new_block(), closed = new_block(true);
      cond_br(recv(channel.v, to, pending), good, closed, 2);
      at(closed);
      fail_with(rt(JRt::ChannelClosedError, JType::Ptr, {}), pending);
      at(good);
      v = load_val(to, elem);
      v.owned = el.needs_drop;
      break;
    }
    case kClose: rt(JRt::ChannelClose, JType::Void, {channel.v}); break;
    case kIsClosed: v.v = rt(JRt::ChannelIsClosed, JType::I1, {channel.v}); break;
    case kLen: v.v = rt(JRt::ChannelLen, JType::I64, {channel.v}); break;
    default: v.v = rt(JRt::ChannelCap, JType::I64, {channel.v}); break;
  }
  pop_to(base);
  return v;
}

// ---- select

Val FuncLower::lower_select(HirId id, uint32_t dest) {
  enum : uint32_t { kRecv, kSend, kTimeout, kClosed, kDefault };
  struct Case {
    uint32_t kind, operand, value, pattern, block;
    uint32_t at = kNone, flag = kNone;
    TypeId elem = Types::Void;
  };
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch pending = take_catch();
  std::vector<Case> cases;
  for (uint32_t c = 0, count = body->extra[n.a]; c < count; ++c) {
    const uint32_t* x = &body->extra[n.a + 1 + 5 * c];
    cases.push_back({x[0], x[1], x[2], x[3], x[4]});
  }
  return result_of(type, dest, [&](uint32_t to) {
    int base = top;
    uint32_t channels = 0;
    for (const Case& c : cases) channels += c.kind == kRecv || c.kind == kSend || c.kind == kClosed;
    constexpr uint32_t size = sizeof(rt::SelectCase);
    uint32_t table = slot(size * std::max(channels, 1u), 8);
    uint32_t timeout = i64(-1), index = 0;
    bool has_default = false;
    // All operands, once, from top to bottom.
    for (Case& c : cases) {
      if (c.kind == kDefault) {
        has_default = true;
        continue;
      }
      if (c.kind == kTimeout) {
        timeout = lower_at_least_zero(HirId(c.operand));
        continue;
      }
      Val channel = lower(HirId(c.operand), Want::Borrow);
      if (dead) {
        top = base;
        return;
      }
      if (!channel.owned && is_mutable_root(HirId(c.operand))) channel = copy_val(channel);
      push_temp(channel);
      c.elem = types.elem(channel.type);
      if (c.kind != kClosed) c.at = temp_addr(c.elem);
      if (c.kind == kSend) {
        lower_to(HirId(c.value), c.at);
        if (dead) {
          top = base;
          return;
        }
        share_at(c.elem, c.at, i32(rt::kShareMove));
        if (layout(c.elem).needs_drop) {
          c.flag = slot(1, 1);
          store(i1(true), slot_addr(c.flag));
          Val sent = load_val(c.at, c.elem);
          push(CleanKind::FlaggedSlot, c.elem, sent.v, c.flag);
        }
      }
      uint32_t row = off(slot_addr(table), size * index++);
      store(channel.v, row, offsetof(rt::SelectCase, channel));
      store(c.at == kNone ? null() : c.at, row, offsetof(rt::SelectCase, value));
      store(i32(static_cast<int32_t>(c.kind)), row, offsetof(rt::SelectCase, kind));
    }
    if (dead) {
      top = base;
      return;
    }
    uint32_t failed = slot_addr(slot(8, 8));
    uint32_t chosen = rt(JRt::Select, JType::I32,
                         {slot_addr(table), i32(static_cast<int32_t>(channels)), timeout, i1(has_default), failed});
    uint32_t bad = new_block(true), done = new_block(), never = new_block(true);
    std::vector<uint32_t> targets{never, kNone, bad};
    targets[1] = static_cast<uint32_t>(-1);
    std::vector<uint32_t> blocks;
    index = 0;
    for (const Case& c : cases) {
      uint32_t number = c.kind == kTimeout ? channels : c.kind == kDefault ? channels + 1 : index++;
      blocks.push_back(new_block());
      targets.push_back(number);
      targets.push_back(blocks.back());
    }
    emit(JOp::Switch, JType::Void, chosen, list(targets));
    dead = true;
    int with_operands = top;
    at(bad);
    fail_with(load(JType::Ptr, failed), pending);
    at(never);
    emit(JOp::Unreachable);
    dead = true;
    bool joined = false;
    for (size_t i = 0; i < cases.size(); ++i) {
      const Case& c = cases[i];
      top = with_operands;
      at(blocks[i]);
      if (c.flag != kNone) store(i1(false), slot_addr(c.flag));   // it was sent
      pop_to(base);
      if (c.kind == kRecv) {
        Val v = load_val(c.at, c.elem);
        if (layout(c.elem).needs_drop) push(CleanKind::Value, c.elem, v.v);
        if (c.pattern != kNone) bind_pattern(c.pattern, v);
      }
      if (to != kNone) lower_to(HirId(c.block), to);
      else lower_drop(HirId(c.block));
      if (!dead) {
        pop_to(base);
        br(done);
        joined = true;
      }
    }
    top = base;
    if (joined) at(done);
    else dead = true;
  });
}

}  // namespace janus
