// lower_control.cpp: blocks, conditions, loops, match, catch.
// Depends on lower_internal.h, lower_parts.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower_parts.h"

namespace janus {

Val FuncLower::lower_block(HirId id, Want want, uint32_t dest, uint32_t nursery, uint32_t race) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  int base = top;
  struct Inside {
    bool& flag;
    bool before;
    ~Inside() { flag = before; }
  } inside{in_nursery_body_, in_nursery_body_};
  in_nursery_body_ = nursery != kNone;
  if (nursery != kNone) push(CleanKind::Nursery, Types::Void, nursery, race);
  PendingCatch pending = take_catch();
  auto statements = body->list(n.a);
  // Variables of this block by the statement that mentions them last.
  std::vector<std::pair<uint32_t, uint32_t>> dying;
  for (uint32_t s : statements) {
    const HirNode& stmt = (*body)[HirId(s)];
    if (stmt.kind == HirKind::Let && body->pats[stmt.a].kind == PatKind::Bind)
      dying.emplace_back(own->last_statement[body->pats[stmt.a].a], body->pats[stmt.a].a);
  }
  std::sort(dying.begin(), dying.end());
  size_t next_death = 0;
  for (uint32_t i = 0; i < statements.size() && !dead; ++i) {
    count(statements[i]);
    lower_drop(HirId(statements[i]));
    for (; next_death < dying.size() && dying[next_death].first <= i; ++next_death) {
      if (dead) continue;
      Bind& b = binds[dying[next_death].second];
      if (b.cleanup < 0 || b.borrowed) continue;
      int depth = 0;   // far down the chain: it waits for the end of the block, so that this stays linear
      int node = top;
      while (node >= 0 && node != b.cleanup && depth < 32) {
        node = cleanups[node].parent;
        ++depth;
      }
      if (node != b.cleanup) continue;
      run_cleanup(b.cleanup);
      remove_cleanup(b.cleanup);
      b.cleanup = -1;
    }
  }
  Val v{type};
  if (n.b != kNone && !dead) {
    count(n.b);
    catch_target = pending.target;
    catch_base = pending.base;
    bool own_value = layout(type).needs_drop && top != base;   // what it looks at may belong to this block
    v = lower(HirId(n.b), own_value ? Want::Own : want, dest);
    catch_target = kNone;
    if (!dead && own_value && !v.owned) v = copy_val(v);
    if (!dead && v.v != kNone && layout(type).shape == Shape::Aggregate && !v.owned && top != base && v.v != dest)
      v = copy_val(v);
  }
  if (dead) {
    top = base;
    return v;
  }
  bool has_defer = false;
  for (int node = top; node != base; node = cleanups[node].parent)
    has_defer |= cleanups[node].kind == CleanKind::Defer || cleanups[node].kind == CleanKind::Nursery;
  if (has_defer && v.owned) {   // a failing defer must not lose the value: it goes below the block's own nodes
    std::vector<Cleanup> mine;
    for (int node = top; node != base; node = cleanups[node].parent) mine.push_back(cleanups[node]);
    top = base;
    push_temp(v);
    int keep = top;
    for (size_t i = mine.size(); i-- > 0;) {
      push(mine[i].kind, mine[i].type, mine[i].v, mine[i].flag);
      cleanups[top].local = mine[i].local;
    }
    pop_to(keep);
    top = base;
    return v;
  }
  pop_to(base);
  return v;
}

// ---- conditions

void FuncLower::match_cond(HirId value, uint32_t pat, uint32_t if_false, int base) {
  Val v = subject(value);
  if (dead) return;
  if (needs_test(pat)) {
    uint32_t fail = top != base ? new_block() : if_false;
    test_pattern(pat, v, fail);
    if (fail != if_false) {
      uint32_t here = cur;
      at(fail);
      leave_to(base, if_false);
      at(here);
    }
  }
  bind_pattern(pat, v);
}

void FuncLower::lower_cond(HirId id, uint32_t if_false, int base) {
  const HirNode& n = (*body)[id];
  if (!n.span.is_none()) pos = n.span.lo;
  switch (n.kind) {
    case HirKind::LogicAnd:
      lower_cond(HirId(n.a), if_false, base);
      if (!dead) lower_cond(HirId(n.b), if_false, base);
      return;
    case HirKind::CondLet: match_cond(HirId(n.b), n.a, if_false, base); return;
    default: {
      uint32_t v = lower_scalar(id);
      if (dead) return;
      uint32_t yes = new_block();
      if (top == base) {
        cond_br(v, yes, if_false);
      } else {
        uint32_t no = new_block();
        cond_br(v, yes, no);
        at(no);
        leave_to(base, if_false);
      }
      at(yes);
    }
  }
}

Val FuncLower::lower_if(HirId id, uint32_t dest) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch pending = take_catch();
  uint32_t then_id = body->extra[n.b], else_id = body->extra[n.b + 1];
  return result_of(type, dest, [&](uint32_t to) {
    int base = top;
    uint32_t otherwise = new_block(), done = new_block();
    if (n.kind == HirKind::If) {
      lower_cond(HirId(n.a), otherwise, base);
    } else {
      match_cond(HirId(body->extra[n.a]), body->extra[n.a + 1], otherwise, base);
    }
    bool joined = false;
    auto branch = [&](uint32_t b) {
      catch_target = pending.target;
      catch_base = pending.base;
      count(b);
      if (b != kNone) {
        if (to != kNone) lower_to(HirId(b), to);
        else lower_drop(HirId(b));
      }
      catch_target = kNone;
      if (!dead) {
        pop_to(base);
        br(done);
        joined = true;
      }
      top = base;
    };
    if (!dead) branch(then_id);
    else top = base;
    at(otherwise);
    branch(else_id);
    if (joined) at(done);
    else dead = true;
  });
}

bool FuncLower::has_cond_let(HirId id) const {
  const HirNode& n = (*body)[id];
  if (n.kind == HirKind::LogicAnd) return has_cond_let(HirId(n.a)) || has_cond_let(HirId(n.b));
  return n.kind == HirKind::CondLet;
}

Val FuncLower::lower_while(HirId id) {
  const HirNode& n = (*body)[id];
  uint32_t head = new_block(), exit = new_block();
  int base = top;
  loops[body->extra[n.b + 1]] = {exit, head, base};
  size_t steady_before = steady.size();
  LoopArrays arrays = m.hoist.arrays_in(*body, id);
  uint32_t round = kNone;   // where the condition has been seen to hold
  if (!has_cond_let(HirId(n.a)) && !arrays.written.empty()) {
    lower_cond(HirId(n.a), exit, base);   // only when there is a first round: an untouched array must not be copied
    if (!dead) {
      settle_arrays(arrays);
      br(round = new_block());
    }
  } else {
    arrays.written.clear();
    settle_arrays(arrays);
    br(head);
  }
  at(head);
  lower_cond(HirId(n.a), exit, base);
  if (!dead && round != kNone) {
    br(round);
    at(round);
  }
  if (!dead) {
    lower_drop(HirId(body->extra[n.b]));
    if (!dead) {
      pop_to(base);
      br(head);
    }
  }
  steady.resize(steady_before);
  top = base;
  at(exit);
  if (n.type == Types::Never) dead = true;
  return {n.type};
}

// Literal ranges count without a Range: the bounds are read once; the last round does not step beyond the end.
Val FuncLower::lower_for_range(HirId id) {
  const HirNode& n = (*body)[id];
  auto a = [&](uint32_t i) { return body->extra[n.a + i]; };
  uint32_t local = a(0);
  TypeId type = ty(body->locals[local].type);
  JType t = layout(type).scalar;
  bool is_signed = types.is_signed(type);
  uint32_t low = lower_scalar(HirId(a(1))), high = lower_scalar(HirId(a(2)));
  bool inclusive = a(3) != 0;
  if (dead) return {Types::Void};
  uint32_t counter = slot(layout(type).size, layout(type).align);
  store(low, slot_addr(counter), 0, JAlias::Local);
  uint32_t round = new_block(), next = new_block(), exit = new_block();
  int base = top;
  loops[body->extra[n.b + 1]] = {exit, next, base};
  JCmp before = inclusive ? (is_signed ? JCmp::SLe : JCmp::ULe) : (is_signed ? JCmp::SLt : JCmp::ULt);
  uint32_t first = new_block();
  cond_br(cmp(before, low, high), first, exit);
  at(first);
  size_t steady_before = settle_arrays(m.hoist.arrays_in(*body, id));
  br(round);
  at(round);
  uint32_t i = load(t, slot_addr(counter), 0, JAlias::Local);
  if (body->locals[local].flags & kLocalCell) bind_local(LocalId(local), {type, i});
  else bind_alias(LocalId(local), {type, i});
  lower_drop(HirId(body->extra[n.b]));
  if (!dead) {
    pop_to(base);
    br(next);
  }
  top = base;
  at(next);
  uint32_t here = load(t, slot_addr(counter), 0, JAlias::Local);
  if (inclusive) {
    uint32_t step = new_block();
    cond_br(cmp(is_signed ? JCmp::SLt : JCmp::ULt, here, high), step, exit);
    at(step);
    store(emit(JOp::Add, t, here, iconst(t, 1)), slot_addr(counter), 0, JAlias::Local);
    br(round);
  } else {
    uint32_t up = emit(JOp::Add, t, here, iconst(t, 1));
    store(up, slot_addr(counter), 0, JAlias::Local);
    cond_br(cmp(is_signed ? JCmp::SLt : JCmp::ULt, up, high), round, exit);
  }
  steady.resize(steady_before);
  at(exit);
  return {Types::Void};
}

Val FuncLower::lower_for_each(HirId id) {
  const HirNode& n = (*body)[id];
  auto a = [&](uint32_t i) { return body->extra[n.a + i]; };
  uint32_t pat = a(0), kind = a(2), index_local = a(3);
  uint32_t loop = body->extra[n.b + 1];
  HirId loop_body{body->extra[n.b]};
  int outer = top;
  // The loop walks over the value that the collection had: it keeps a share (or takes the value).
  Val items = lower(HirId(a(1)), Want::Own);
  if (dead) return {Types::Void};
  TypeId type = items.type;
  const Layout& l = layout(type);
  if (!items.owned && (l.needs_drop || l.shape == Shape::Aggregate)) items = copy_val(items);
  uint32_t place = kNone;
  if (l.shape == Shape::Managed && kind >= 4 &&
      kind != 6) {   // an iterator that is one pointer: it may change, so it lives in a slot
    uint32_t s = slot(8, 8);
    store(items.v, slot_addr(s));
    place = slot_addr(s);
    if (items.owned) push(CleanKind::Slot, type, s);
  } else {
    if (l.shape == Shape::Aggregate || (kind >= 4 && kind != 6)) place = spill(items);
    if (items.owned) push(CleanKind::Value, type, l.shape == Shape::Aggregate ? place : items.v);
  }
  int base = top;
  size_t steady_before = steady.size();
  uint32_t exit = new_block(), next = new_block(), head = new_block();
  loops[loop] = {exit, next, base};
  uint32_t count = kNone;   // the round's number, for `for i, x in`
  if (index_local != kNone) {
    count = slot(8, 8);
    store(i64(0), slot_addr(count), 0, JAlias::Local);
  }
  auto round = [&](const std::function<void()>& bind) {
    if (index_local != kNone) {
      Val i{Types::I64, load(JType::I64, slot_addr(count), 0, JAlias::Local)};
      if (body->locals[index_local].flags & kLocalCell) bind_local(LocalId(index_local), i);
      else bind_alias(LocalId(index_local), i);
    }
    bind();
    lower_drop(loop_body);
    if (!dead) {
      pop_to(base);
      br(next);
    }
    top = base;
  };
  auto bump = [&] {
    if (count != kNone)
      store(emit(JOp::Add, JType::I64, load(JType::I64, slot_addr(count), 0, JAlias::Local), i64(1)), slot_addr(count),
            0, JAlias::Local);
  };

  if (kind == 0) {   // array or fixed array
    TypeId elem = types.elem(type);
    bool fixed = types.kind(type) == TypeKind::Fixed;
    uint32_t cursor = slot(8, 8);
    store(i64(0), slot_addr(cursor), 0, JAlias::Local);
    uint32_t len = fixed ? i64(types[type].b) : array_len(items.v);
    uint32_t data = fixed ? place : array_data(items.v);   // nobody changes this storage: we hold a share
    uint32_t first = new_block();
    cond_br(cmp(JCmp::SLt, i64(0), len), first, exit);
    at(first);
    settle_arrays(m.hoist.arrays_in(*body, id));
    br(head);
    at(head);
    uint32_t i = load(JType::I64, slot_addr(cursor), 0, JAlias::Local);
    uint32_t more = new_block();
    cond_br(cmp(JCmp::SLt, i, len), more, exit);
    at(more);
    round([&] {
      Val v{elem};
      if (layout(elem).shape != Shape::Void)
        v = load_val(emit(JOp::AddrIdx, JType::Ptr, data, i, layout(elem).size), elem);
      bind_pattern(pat, v);
    });
    at(next);
    store(emit(JOp::Add, JType::I64, load(JType::I64, slot_addr(cursor), 0, JAlias::Local), i64(1)), slot_addr(cursor),
          0, JAlias::Local);
    bump();
    br(head);
  } else if (kind == 2 || kind == 3) {   // map, set: entries in order, dead ones skipped
    int entries_index = m.program.find_field(type, m.program.names.intern("entries"), nullptr);
    TypeId entries_type = m.program.field_type(type, static_cast<uint32_t>(entries_index));
    TypeId entry = types.elem(entries_type);
    const Layout& el = layout(entry);
    auto field_at = [&](const char* name) {
      return static_cast<size_t>(m.program.find_field(entry, m.program.names.intern(name), nullptr));
    };
    uint32_t arr = load(JType::Ptr, place, l.fields[static_cast<size_t>(entries_index)].offset);
    uint32_t cursor = slot(8, 8);
    store(i64(0), slot_addr(cursor), 0, JAlias::Local);
    uint32_t len = array_len(arr), data = array_data(arr);
    br(head);
    at(head);
    uint32_t i = load(JType::I64, slot_addr(cursor), 0, JAlias::Local);
    uint32_t more = new_block(), live = new_block(), skip = new_block();
    cond_br(cmp(JCmp::SLt, i, len), more, exit);
    at(more);
    uint32_t at_entry = emit(JOp::AddrIdx, JType::Ptr, data, i, el.size);
    cond_br(entry_lives(*this, entry, at_entry), live, skip);
    at(live);
    round([&] {
      const FieldLayout& key = el.fields[field_at("key")];
      Val k = load_val(off(at_entry, key.offset), key.type);
      if (kind == 3) {
        bind_pattern(pat, k);
        return;
      }
      const FieldLayout& value = el.fields[field_at("value")];
      Val v = load_val(off(at_entry, value.offset), value.type);
      const HirPat& p = body->pats[pat];
      if (p.kind == PatKind::Struct) {
        auto subs = body->list(p.b);
        bind_pattern(subs[0], k);
        bind_pattern(subs[1], v);
      } else if (p.kind == PatKind::Bind) {   // one name for the pair
        TypeId pair_types[] = {key.type, value.type};
        TypeId pair = types.tuple(pair_types);
        Val both{pair, temp_addr(pair)};
        store_val(k, off(both.v, layout(pair).fields[0].offset));
        store_val(v, off(both.v, layout(pair).fields[1].offset));
        bind_pattern(pat, both);
      }
    });
    at(next);
    bump();
    br(skip);
    at(skip);
    store(emit(JOp::Add, JType::I64, load(JType::I64, slot_addr(cursor), 0, JAlias::Local), i64(1)), slot_addr(cursor),
          0, JAlias::Local);
    br(head);
  } else if (kind == 4) {   // a Range value: counts as a literal range does
    const StructInfo& info = m.program.structs[types[type].a];
    auto field = [&](std::string_view name) {
      for (uint32_t i = 0; i < l.fields.size(); ++i)
        if (m.program.names.text(info.fields[i].name) == name)
          return load_val(off(place, l.fields[i].offset), l.fields[i].type);
      require(false, "std's Range has the fields start, stop and inclusive");
    };
    Val low = field("start"), high = field("stop");
    uint32_t inclusive = field("inclusive").v;
    TypeId elem = low.type;
    JType t = layout(elem).scalar;
    bool sg = types.is_signed(elem);
    uint32_t cursor = slot(layout(elem).size, layout(elem).align), step = new_block();
    store(low.v, slot_addr(cursor), 0, JAlias::Local);
    uint32_t last = slot(1, 1);   // was the end itself visited?
    br(head);
    at(head);
    uint32_t i = load(t, slot_addr(cursor), 0, JAlias::Local);
    uint32_t more = new_block();
    uint32_t inside = emit(JOp::Or, JType::I1, cmp(sg ? JCmp::SLt : JCmp::ULt, i, high.v),
                           emit(JOp::And, JType::I1, inclusive, cmp(JCmp::Eq, i, high.v)));
    cond_br(inside, more, exit);
    at(more);
    store(cmp(JCmp::Eq, i, high.v), slot_addr(last), 0, JAlias::Local);
    round([&] { bind_pattern(pat, {elem, i}); });
    at(next);
    bump();
    cond_br(load(JType::I1, slot_addr(last), 0, JAlias::Local), exit, step);
    at(step);
    store(emit(JOp::Add, t, load(t, slot_addr(cursor), 0, JAlias::Local), iconst(t, 1)), slot_addr(cursor), 0,
          JAlias::Local);
    br(head);
  } else if (kind == 6) {   // a channel, until it is closed and drained
    TypeId elem = types.elem(type);
    uint32_t out = temp_addr(elem);
    br(head);
    at(head);
    uint32_t more = new_block();
    cond_br(recv(items.v, out, {kNone, -1}), more, exit);
    at(more);
    round([&] {
      Val v = load_val(out, elem);
      if (layout(elem).needs_drop) push(CleanKind::Value, elem, v.v);
      bind_pattern(pat, v);
    });
    at(next);
    bump();
    br(head);
  } else {   // 5: an iterator, through `next(mut self) -> ?T`
    FuncId next_func{a(4)};
    std::vector<TypeId> targs = ty_list(a(5));
    Signature sig = m.signature(next_func, targs);
    TypeId elem = types.elem(sig.result_type);
    uint32_t to = sig.result_pointer ? temp_addr(sig.result_type) : kNone;
    br(head);
    at(head);
    Val got = call_values(next_func, targs, {{type, place}}, to, kNone);
    uint32_t more = new_block();
    cond_br(opt_is_some(got), more, exit);
    at(more);
    round([&] {
      Val v = opt_value(got);
      v.type = elem;
      if (got.owned && layout(elem).needs_drop) push(CleanKind::Value, elem, v.v);
      bind_pattern(pat, v);
    });
    at(next);
    bump();
    br(head);
  }
  steady.resize(steady_before);
  top = base;
  at(exit);
  pop_to(outer);
  return {Types::Void};
}

// ---- match and patterns

// The value that patterns look at: it must not change or go while an arm runs.
Val FuncLower::subject(HirId id) {
  Val v = lower(id, Want::Borrow);
  if (dead) return v;
  if (!v.owned && is_mutable_root(id) && (layout(v.type).needs_drop || layout(v.type).shape == Shape::Aggregate))
    v = copy_val(v);
  push_temp(v);
  return v;
}

uint32_t FuncLower::enum_tag(const Val& v) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Scalar) return v.v;
  if (l.boxed) return load(l.tag, v.v, l.tag_offset + static_cast<uint32_t>(rt::kBoxPayload));
  return load_tag(l, v.v);
}

Val FuncLower::variant_field(const Val& v, uint32_t variant, uint32_t field) {
  const Layout& l = layout(v.type);
  const FieldLayout& fl = l.variants[variant][field];
  return load_val(off(v.v, fl.offset + (l.boxed ? static_cast<uint32_t>(rt::kBoxPayload) : 0)), fl.type);
}

uint32_t FuncLower::opt_is_some(const Val& v) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Managed) return cmp(JCmp::Ne, v.v, null());
  return load(JType::I1, v.v, l.tag_offset);
}

Val FuncLower::opt_value(const Val& v) {
  TypeId inner = types.elem(v.type);
  if (layout(v.type).shape == Shape::Managed) return {inner, v.v};
  return load_val(v.v, inner);
}

bool FuncLower::needs_test(uint32_t pat) {
  const HirPat& p = body->pats[pat];
  switch (p.kind) {
    case PatKind::Wild:
    case PatKind::Bind: return false;
    case PatKind::Struct:
      for (uint32_t q : body->list(p.b))
        if (needs_test(q)) return true;
      return false;
    default: return true;
  }
}

// Jumps to `fail` when the subject does not match; falls through when it does. Binds nothing (but see Or).
void FuncLower::test_pattern(uint32_t pat, Val v, uint32_t fail) {
  const HirPat& p = body->pats[pat];
  auto expect = [&](uint32_t cond) {
    uint32_t yes = new_block();
    cond_br(cond, yes, fail);
    at(yes);
  };
  switch (p.kind) {
    case PatKind::Wild:
    case PatKind::Bind: return;
    case PatKind::Int: {
      JType t = layout(v.type).scalar;
      expect(cmp(JCmp::Eq, v.v, iconst(t, static_cast<int64_t>(body->ints[p.a]))));
      return;
    }
    case PatKind::Float: {
      uint64_t bits = std::bit_cast<uint64_t>(body->floats[p.a]);
      expect(cmp(JCmp::FEq, v.v,
                 emit(JOp::ConstFloat, layout(v.type).scalar, static_cast<uint32_t>(bits),
                      static_cast<uint32_t>(bits >> 32))));
      return;
    }
    case PatKind::Str:
      expect(rt(JRt::StringEqual, JType::I1, {v.v, global(m.string_global(m.program.names.text(NameId(p.a))))}));
      return;
    case PatKind::IntRange: {
      JType t = layout(v.type).scalar;
      bool is_signed = types.is_signed(v.type);
      uint32_t lo = iconst(t, static_cast<int64_t>(body->ints[p.a])),
               hi = iconst(t, static_cast<int64_t>(body->ints[p.b]));
      expect(emit(JOp::And, JType::I1, cmp(is_signed ? JCmp::SGe : JCmp::UGe, v.v, lo),
                  cmp(is_signed ? JCmp::SLe : JCmp::ULe, v.v, hi)));
      return;
    }
    case PatKind::Const: {
      Val value = lower_const(ConstId(p.a), v.type, Want::Borrow);
      int base = push_temp(value);   // a map is built for the comparison
      uint32_t same = equal_values(v, value);
      pop_to(base);
      expect(same);
      return;
    }
    case PatKind::Variant: {
      const Layout& l = layout(v.type);
      if ((l.shape == Shape::Scalar ? m.program.enums[types[v.type].a].variants.size() : l.variants.size()) > 1)
        expect(cmp(JCmp::Eq, enum_tag(v), iconst(l.shape == Shape::Scalar ? l.scalar : l.tag, p.a)));
      auto subs = body->list(p.b);
      for (uint32_t i = 0; i < subs.size(); ++i)
        if (needs_test(subs[i]) || body->pats[subs[i]].kind == PatKind::Or)
          test_pattern(subs[i], variant_field(v, p.a, i), fail);
      return;
    }
    case PatKind::Struct: {
      auto subs = body->list(p.b);
      for (uint32_t i = 0; i < subs.size(); ++i)
        if (needs_test(subs[i])) test_pattern(subs[i], struct_field(v, i), fail);
      return;
    }
    case PatKind::Null: expect(emit(JOp::Xor, JType::I1, opt_is_some(v), i1(true))); return;
    case PatKind::Some:
      expect(opt_is_some(v));
      if (needs_test(p.a)) test_pattern(p.a, opt_value(v), fail);
      return;
    case PatKind::Or: {   // the first alternative that matches binds
      uint32_t done = new_block();
      auto alts = body->list(p.b);
      for (uint32_t i = 0; i < alts.size(); ++i) {
        uint32_t other = i + 1 < alts.size() ? new_block() : fail;
        test_pattern(alts[i], v, other);
        bind_or(alts[i], v, i == 0);
        br(done);
        if (i + 1 < alts.size()) at(other);
      }
      at(done);
      return;
    }
    case PatKind::Error: {
      expect(cmp(JCmp::Eq, load(JType::Ptr, v.v, 8, JAlias::ErrorDesc), desc_of(TagId(p.a))));
      auto subs = body->list(p.b);
      auto fields = m.payload_fields(TagId(p.a));
      for (uint32_t i = 0; i < subs.size(); ++i)
        if (needs_test(subs[i]))
          test_pattern(subs[i],
                       load_val(off(v.v, static_cast<uint32_t>(rt::kErrorPayload) + fields[i].offset), fields[i].type),
                       fail);
      return;
    }
  }
}

Val FuncLower::struct_field(const Val& v, uint32_t index) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Void || layout(l.fields[index].type).shape == Shape::Void) return {l.fields[index].type};
  return load_val(off(v.v, l.fields[index].offset + (l.boxed ? static_cast<uint32_t>(rt::kBoxPayload) : 0)),
                  l.fields[index].type);
}

// Alternatives bind the same names: the slots of the first serve all. Aggregates are copied there, for the address of
// one alternative's part means nothing to the others.
void FuncLower::bind_or(uint32_t pat, Val v, bool first) {
  or_first_ = first;
  or_rebind_ = !first;
  bind_pattern(pat, v);
  or_first_ = or_rebind_ = false;
}

void FuncLower::bind_pattern(uint32_t pat, Val v) {
  const HirPat& p = body->pats[pat];
  switch (p.kind) {
    case PatKind::Bind: {
      Bind& b = binds[p.a];
      v.type = ty(body->locals[p.a].type);
      if (body->locals[p.a].flags & kLocalMut) {   // of `var (a, b) = …`: what is written to it is its own
        bind_local(LocalId(p.a), copy_val(v), true);
        return;
      }
      if (or_rebind_ && b.kind == BindKind::Slot) {
        store_val(v, slot_addr(b.v));
        return;
      }
      if (const Layout& l = layout(v.type); or_first_ && l.shape == Shape::Aggregate) {
        b = {BindKind::Slot, local_slot(body->locals[p.a], v.type, l.size, l.align)};
        b.borrowed = true;
        store_val(v, slot_addr(b.v));
        return;
      }
      bind_alias(LocalId(p.a), v);
      return;
    }
    case PatKind::Some: bind_pattern(p.a, opt_value(v)); return;
    case PatKind::Variant: {
      auto subs = body->list(p.b);
      for (uint32_t i = 0; i < subs.size(); ++i)
        if (binds_anything(subs[i])) bind_pattern(subs[i], variant_field(v, p.a, i));
      return;
    }
    case PatKind::Struct: {
      auto subs = body->list(p.b);
      for (uint32_t i = 0; i < subs.size(); ++i)
        if (binds_anything(subs[i])) bind_pattern(subs[i], struct_field(v, i));
      return;
    }
    case PatKind::Error: {
      auto subs = body->list(p.b);
      auto fields = m.payload_fields(TagId(p.a));
      for (uint32_t i = 0; i < subs.size(); ++i)
        if (binds_anything(subs[i]))
          bind_pattern(subs[i],
                       load_val(off(v.v, static_cast<uint32_t>(rt::kErrorPayload) + fields[i].offset), fields[i].type));
      return;
    }
    default: return;   // Or was bound while it was tested
  }
}

bool FuncLower::binds_anything(uint32_t pat, uint8_t flags) {
  const HirPat& p = body->pats[pat];
  if (p.kind == PatKind::Bind) return (body->locals[p.a].flags & flags) == flags;
  if (p.kind == PatKind::Some) return binds_anything(p.a, flags);
  if (p.kind == PatKind::Variant || p.kind == PatKind::Struct || p.kind == PatKind::Error)
    for (uint32_t q : body->list(p.b))
      if (binds_anything(q, flags)) return true;
  return false;
}

Val FuncLower::lower_match(HirId id, uint32_t dest) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch pending = take_catch();
  return result_of(type, dest, [&](uint32_t to) {
    int base = top;
    Val v = subject(HirId(n.a));
    if (dead) {
      top = base;
      return;
    }
    int with_subject = top;
    uint32_t done = new_block();
    bool joined = false;
    auto arms = body->list(body->extra[n.b]);
    for (size_t i = 0; i + 2 < arms.size(); i += 3) {
      uint32_t next = new_block();
      test_pattern(arms[i], v, next);
      bind_pattern(arms[i], v);
      if (arms[i + 1] != kNone) lower_cond(HirId(arms[i + 1]), next, top);
      if (!dead) {
        catch_target = pending.target;
        catch_base = pending.base;
        count(arms[i + 2]);
        if (to != kNone) lower_to(HirId(arms[i + 2]), to);
        else lower_drop(HirId(arms[i + 2]));
        catch_target = kNone;
        if (!dead) {
          pop_to(base);
          br(done);
          joined = true;
        }
      }
      top = with_subject;
      at(next);
    }
    emit(JOp::Unreachable);   // the checker proved that some arm matches
    top = base;
    if (joined) at(done);
    else dead = true;
  });
}

// ---- catch

Val FuncLower::lower_catch(HirId id, uint32_t dest) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch outer_catch = take_catch();
  uint32_t err_local = body->extra[n.b];
  HirId handler{body->extra[n.b + 1]};
  return result_of(type, dest, [&](uint32_t to) {
    int base = top;
    uint32_t caught = new_block(true), done = new_block();
    catch_target = caught;
    catch_base = base;
    bool joined = false;
    {
      Val v = lower(HirId(n.a), Want::Own, to);
      catch_target = kNone;
      if (!dead) {
        if (to != kNone) {
          if (!v.owned && layout(v.type).needs_drop && v.v != to) v = copy_val(v);
          store_val(v, to);
        } else if (v.owned) {
          drop_val(v);
        }
        pop_to(base);
        br(done);
        joined = true;
      }
    }
    top = base;
    at(caught);
    // Implicit failures (a panic, a cancellation …) pass by.
    uint32_t error = emit(JOp::GetError, JType::Ptr);
    uint32_t passes = new_block(true), handle = new_block();
    if (n.aux & 1) {   // on a nursery, an await, a channel operation: only the cancellation of this task passes
      cond_br(cmp(JCmp::Ne, error, rt_addr(JRt::OwnCancel)), handle, passes, 2);
    } else {
      uint32_t flags = load(JType::I32, load(JType::Ptr, error, 8, JAlias::ErrorDesc), 16);
      cond_br(cmp(JCmp::Eq, emit(JOp::And, JType::I32, flags, i32(static_cast<int32_t>(rt::kErrImplicit))), i32(0)),
              handle, passes, 2);
    }
    at(passes);
    emit(JOp::SetError, JType::Void, error);
    br(fail_edge(outer_catch));
    at(handle);
    if (err_local != kNone) {
      bind_local(LocalId(err_local), {ty(body->locals[err_local].type), error, true});
    } else {
      emit(JOp::Release, JType::Void, error, static_cast<uint32_t>(JRt::ErrorDrop), kNone, 2);
    }
    if (to != kNone) lower_to(handler, to);
    else lower_drop(handler);
    if (!dead) {
      pop_to(base);
      br(done);
      joined = true;
    }
    top = base;
    if (joined) at(done);
    else dead = true;
  });
}

}   // namespace janus
