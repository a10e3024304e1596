// lower_make.cpp: structs, enums, arrays, maps, closures are built.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower_internal.h"

namespace janus {

// ---- building

Val FuncLower::lower_make(HirId id, uint32_t dest) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  const Layout& l = layout(type);
  int base = top;
  // Each finished part is dropped if a later one fails.
  auto part = [&](HirId value, uint32_t addr) {
    lower_to(value, addr);
    TypeId t = ty(value);
    if (!dead && layout(t).needs_drop)
      push(CleanKind::Value, t, layout(t).shape == Shape::Managed ? load(JType::Ptr, addr) : addr);
  };
  switch (n.kind) {
    case HirKind::MakeStruct:
    case HirKind::MakeTuple: {
      uint32_t to = kNone;
      if (l.boxed) to = temp_payload(l);
      else if (l.shape == Shape::Aggregate) to = dest != kNone ? dest : temp_addr(type);
      auto place = [&](uint32_t field, HirId value) {
        if (to == kNone || layout(l.fields[field].type).shape == Shape::Void) {
          lower_drop(value);
          return;
        }
        part(value, off(to, l.fields[field].offset));
      };
      if (n.kind == HirKind::MakeTuple) {
        auto items = body->list(n.a);
        for (uint32_t i = 0; i < items.size(); ++i) place(i, HirId(items[i]));
      } else {
        auto pairs = body->list(n.a);
        std::vector<bool> given(l.fields.size());
        for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
          given[pairs[i]] = true;
          place(pairs[i], HirId(pairs[i + 1]));
        }
        if (n.b != kNone && !dead) {   // ..old
          Val old = lower(HirId(n.b), Want::Borrow);
          const Layout& ol = layout(old.type);
          for (uint32_t i = 0; i < l.fields.size() && to != kNone; ++i)
            if (!given[i]) {
              Val v = copy_val(load_val(off(old.v, ol.fields[i].offset + (ol.boxed ? 8 : 0)), l.fields[i].type));
              store_val(v, off(to, l.fields[i].offset));
            }
          if (old.owned) drop_val(old);
        }
      }
      top = base;
      if (l.boxed) return {type, make_box(to, l), true};
      return {type, to, l.needs_drop};
    }
    case HirKind::MakeEnum: {
      auto values = body->list(n.b);
      if (l.shape == Shape::Scalar) return {type, iconst(l.scalar, n.a)};
      if (l.boxed && l.variants[n.a].empty()) return {type, global(m.empty_variant(type, n.a)), false};
      uint32_t to = l.boxed ? temp_payload(l) : dest != kNone ? dest : temp_addr(type);
      for (uint32_t i = 0; i < values.size(); ++i) {
        if (layout(l.variants[n.a][i].type).shape == Shape::Void) lower_drop(HirId(values[i]));
        else part(HirId(values[i]), off(to, l.variants[n.a][i].offset));
      }
      uint32_t room = l.boxed ? l.payload_size : l.size;   // up to the first field
      for (const FieldLayout& field : l.variants[n.a])
        if (layout(field.type).shape != Shape::Void) room = std::min(room, field.offset);
      if (!dead) store_tag(l, n.a, to, room);
      top = base;
      if (l.boxed) return {type, make_box(to, l), true};
      return {type, to, l.needs_drop};
    }
    case HirKind::MakeArray: {
      auto items = body->list(n.a);
      TypeId elem = types.elem(type);
      const Layout& el = layout(elem);
      if (types.kind(type) == TypeKind::Fixed) {
        uint32_t to = dest != kNone ? dest : temp_addr(type);
        for (uint32_t i = 0; i < items.size(); ++i) {
          if (el.shape == Shape::Void) lower_drop(HirId(items[i]));
          else part(HirId(items[i]), off(to, i * el.size));
        }
        top = base;
        return {type, l.shape == Shape::Void ? kNone : to, l.needs_drop};
      }
      if (items.empty()) return {type, rt_addr(JRt::EmptyArray), false};
      uint32_t g;
      if (m.static_array(*body, id, type, &g)) return {type, global(g), false};
      uint32_t arr = rt(JRt::ArrayNew, JType::Ptr, {i64(static_cast<int64_t>(items.size())), global(m.glue(elem))});
      push(CleanKind::Value, type, arr);
      uint32_t data = array_data(arr);
      for (uint32_t i = 0; i < items.size() && !dead; ++i) {
        if (el.shape == Shape::Void) lower_drop(HirId(items[i]));
        else lower_to(HirId(items[i]), off(data, i * el.size));
        if (!dead) store(i64(i + 1), arr, 8, JAlias::ArrayLen);
      }
      top = base;
      return {type, arr, true};
    }
    case HirKind::MakeMap: {
      auto args = types.args(type);
      std::vector<TypeId> targs(args.begin(), args.end());
      uint32_t to = temp_addr(type);
      Val map = call_values(m.program.lang.map_new, targs, {}, to, kNone);
      if (map.v != to) store_val(map, to);
      push(CleanKind::Value, type, layout(type).shape == Shape::Managed ? map.v : to);
      auto items = body->list(n.a);
      FuncId insert = m.program.lang.map_insert;
      for (size_t i = 0; i + 1 < items.size() && !dead; i += 2) {
        int here = top;
        std::vector<Val> vals{{type, to, false}};
        for (size_t k = 0; k < 2; ++k) {
          bool owned = m.owners.param_owned(insert, static_cast<uint32_t>(k + 1));
          Val v = lower(HirId(items[i + k]), owned ? Want::Own : Want::Borrow);
          if (owned && !v.owned && layout(v.type).needs_drop) v = copy_val(v);
          push_temp(v);
          vals.push_back(v);
        }
        if (dead) break;
        finish_args(here, vals,
                    [&](size_t k) { return k > 0 && m.owners.param_owned(insert, static_cast<uint32_t>(k)); });
        Val r = call_values(insert, targs, vals, kNone, kNone);
        if (r.owned) drop_val(r);
        pop_to(here);
      }
      top = base;
      return {type, to, true};
    }
    case HirKind::MakeRange: {
      uint32_t to = dest != kNone ? dest : temp_addr(type);
      uint32_t low = lower_scalar(HirId(n.a)), high = lower_scalar(HirId(n.b));
      if (dead) return {type};
      const StructInfo& info = m.program.structs[types[type].a];
      for (uint32_t i = 0; i < l.fields.size(); ++i) {
        std::string_view name = m.program.names.text(info.fields[i].name);
        JType t = layout(l.fields[i].type).scalar;
        uint32_t v = name == "start"  ? low
                     : name == "stop" ? high
                     : name == "step" ? iconst(t, 1)
                                      : iconst(t, name == "inclusive" && n.aux ? 1 : 0);
        store(v, to, l.fields[i].offset);
      }
      return {type, to};
    }
    case HirKind::MakeError: {
      auto values = body->list(n.b);
      uint32_t desc = m.error_desc(TagId(n.a));
      // Only an error that is about to fail needs its place; both kinds carry it, it costs one record.
      uint32_t to = kNone;
      std::vector<FieldLayout> fields = m.payload_fields(TagId(n.a));
      uint32_t size = 0;
      for (const FieldLayout& field : fields) size = field.offset + layout(field.type).size;
      if (!values.empty()) to = slot_addr(slot(size, 8));
      for (uint32_t i = 0; i < values.size(); ++i) {
        if (layout(fields[i].type).shape == Shape::Void) lower_drop(HirId(values[i]));
        else part(HirId(values[i]), off(to, fields[i].offset));
      }
      top = base;
      if (dead) return {type};
      uint32_t error = emit(JOp::CallRt, JType::Ptr, static_cast<uint32_t>(JRt::ErrorNew), list({global(desc)}));
      if (size) copy_bytes(off(error, static_cast<uint32_t>(rt::kErrorPayload)), to, size, 8);
      return {type, error, true};
    }
    default: break;
  }
  require(false, "a value that lowering cannot build");
}

uint32_t FuncLower::temp_payload(const Layout& l) { return slot_addr(slot(l.payload_size, 8)); }

// A boxed value: its payload was built in a slot, so that a failure half way leaves no block.
uint32_t FuncLower::make_box(uint32_t payload, const Layout& l) {
  if (dead) return kNone;
  uint32_t block = rt(JRt::Alloc, JType::Ptr, {i64(rt::kBoxPayload + l.payload_size)});
  store(i64(1), block, 0, JAlias::Count);
  copy_bytes(off(block, static_cast<uint32_t>(rt::kBoxPayload)), payload, l.payload_size, 8);
  return block;
}

Val FuncLower::lower_closure(HirId id) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  BodyId code_body{n.a};
  const Body& code = *m.program.bodies[+code_body];
  uint32_t code_index = m.closure_code(code_body, type_args, body->func);
  if (code.captures.empty()) return {type, global(m.static_closure(code_index)), false};
  ClosureLayout cl = m.closure_layout(code, [&](LocalId local) { return ty(code.locals[+local].type); });
  uint32_t block = rt(JRt::Alloc, JType::Ptr, {i64(cl.size)});
  store(i64(1), block, 0, JAlias::Count);
  store(func_addr(code_index), block, 8, JAlias::ClosureCode);
  store(global(m.closure_infos(code_body, type_args, body->func)), block, 16, JAlias::ClosureCode);
  auto moves = own->capture_moves.find(+id);
  for (size_t i = 0; i < code.captures.size(); ++i) {
    uint32_t outer = +code.captures[i].outer;
    const Bind& b = binds[outer];
    uint32_t to = off(block, cl.offsets[i]);
    if (cl.cells[i]) {
      uint32_t cell = load(JType::Ptr, slot_addr(b.v));
      emit(JOp::Retain, JType::Void, cell);
      store(cell, to);
      continue;
    }
    TypeId t = ty(body->locals[outer].type);
    const Layout& l = layout(t);
    if (l.shape == Shape::Void) continue;
    Val v = load_val(local_addr(LocalId(outer)), t);
    bool movable = moves != own->capture_moves.end() && moves->second[i] && b.cleanup >= 0 && !b.borrowed &&
                   (l.shape == Shape::Managed || b.flag != kNone);
    if (l.needs_drop && movable) {
      store_val(v, to);
      if (l.shape == Shape::Managed) store(null(), slot_addr(b.v));
      else store(i1(false), slot_addr(b.flag));
    } else {
      store_val(v, to);
      retain_val(v);
    }
  }
  return {type, block, true};
}

}  // namespace janus
