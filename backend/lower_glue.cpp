// lower_glue.cpp: what every type derives: dropping, sharing, comparing, hashing, printing.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "backend/lower_internal.h"
#include "backend/lower_parts.h"

namespace janus {
namespace {

JParam ptr_param() { return {JType::Ptr}; }

}  // namespace

uint32_t ModuleLower::once(uint64_t kind, TypeId type, const std::function<uint32_t()>& make) {
  uint64_t key = kind << 32 | +type;
  auto it = glue_.find(key);
  if (it != glue_.end()) return it->second;
  uint32_t index = make();
  bool is_func =
      kind == kDropAt || kind == kEqualGlue || kind == kCompareGlue || kind == kHashGlue || kind == kPrintGlue;
  // Values nested in each other by the hundred have glue that calls glue: inlined, each would hold all below it.
  if (is_func && layouts.of(type).size > 512) module.funcs[index].stays_out = true;
  return glue_[key] = index;
}

// Can dropping a value lead to a value of the same type again, or to one that is not known (closures, dyn)?
bool ModuleLower::deep(TypeId type) {
  uint64_t key = uint64_t{kDeep} << 32 | +type;
  if (auto it = glue_.find(key); it != glue_.end()) return it->second != 0;
  std::unordered_map<uint32_t, bool> seen;
  std::vector<TypeId> work{type};
  bool found = false, first = true;
  while (!work.empty() && !found) {
    TypeId t = work.back();
    work.pop_back();
    if (!first && t == type) {
      found = true;
      break;
    }
    first = false;
    if (!seen.emplace(+t, true).second) continue;
    switch (types.kind(t)) {
      case TypeKind::Func:
      case TypeKind::Dyn: found = true; break;
      case TypeKind::Array:
      case TypeKind::Optional:
      case TypeKind::Fixed: work.push_back(types.elem(t)); break;
      case TypeKind::Tuple:
        for (TypeId a : types.args(t)) work.push_back(a);
        break;
      case TypeKind::Struct:
      case TypeKind::Enum: {
        const Layout& l = layouts.of(t);
        if (l.boxed) found = true;
        for (const FieldLayout& f : l.fields) work.push_back(f.type);
        for (const auto& v : l.variants)
          for (const FieldLayout& f : v) work.push_back(f.type);
        break;
      }
      default: break;
    }
  }
  glue_[key] = found;
  return found;
}

namespace {

void drop_params(JFunc& fn) { fn.params = {ptr_param(), {JType::I32}}; }

}  // namespace

uint32_t ModuleLower::drop_managed(TypeId type) {
  return once(kDropManaged, type, [&] {
    uint32_t index = add_func(
        "janus.drop." + names.type(type), "",
        [this, type](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
          if (types.kind(type) == TypeKind::Array) {
            f.rt(JRt::ArrayDrop, JType::Void, {block, f.global(glue(types.elem(type))), depth});
          } else {
            const Layout& l = f.layout(type);
            require(l.boxed, "a managed type whose drop code is not known");
            each_part(f, type, f.off(block, static_cast<uint32_t>(rt::kBoxPayload)),
                      [&](Val v) { f.drop_val(v, depth); });
            f.rt(JRt::Free, JType::Void, {block, f.i64(rt::kBoxPayload + l.payload_size)});
          }
          if (deep(type)) f.drain_at(depth);
          f.emit(JOp::Ret);
        },
        true);
    drop_params(module.funcs[index]);
    return index;
  });
}

uint32_t ModuleLower::drop_at(TypeId type) {
  return once(kDropAt, type, [&] {
    uint32_t index = add_func(
        "janus.drop_at." + names.type(type), "",
        [this, type](FuncLower& f) {
          uint32_t addr = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
          if (f.layout(type).shape == Shape::Managed)
            f.drop_val(f.load_val(addr, type), depth);   // the pointer lies here, its block elsewhere
          else each_part(f, type, addr, [&](Val v) { f.drop_val(v, depth); });
          if (deep(type)) f.drain_at(depth);
          f.emit(JOp::Ret);
        },
        true);
    drop_params(module.funcs[index]);
    return index;
  });
}

uint32_t ModuleLower::drop_cell(TypeId type) {
  return once(kDropCell, type, [&] {
    uint32_t index = add_func(
        "janus.drop_cell." + names.type(type), "",
        [this, type](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
          const Layout& l = f.layout(type);
          if (l.needs_drop) f.drop_val(cell_content(f, type, block), depth);
          f.rt(JRt::Free, JType::Void, {block, f.i64(rt::kBoxPayload + (l.size + 7) / 8 * 8)});
          if (deep(type)) f.drain_at(depth);
          f.emit(JOp::Ret);
        },
        true);
    drop_params(module.funcs[index]);
    return index;
  });
}

uint32_t ModuleLower::retain_at(TypeId type) {
  return once(kRetainAt, type, [&] {
    uint32_t index = add_func(
        "janus.retain_at." + names.type(type), "",
        [type](FuncLower& f) {
          uint32_t addr = f.emit(JOp::Param, JType::Ptr, 0);
          if (f.layout(type).shape == Shape::Managed) f.retain_val(f.load_val(addr, type));
          else each_part(f, type, addr, [&](Val v) { f.retain_val(v); });
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[index].params = {ptr_param()};
    return index;
  });
}

uint32_t ModuleLower::retain_payload(TypeId type) {
  return once(kRetainPayload, type, [&] {
    uint32_t index = add_func(
        "janus.retain_payload." + names.type(type), "",
        [type](FuncLower& f) {
          uint32_t addr = f.emit(JOp::Param, JType::Ptr, 0);
          each_part(f, type, addr, [&](Val v) { f.retain_val(v); });
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[index].params = {ptr_param()};
    return index;
  });
}

// The runtime's view of an element type.
uint32_t ModuleLower::glue(TypeId type) {
  return once(kGlue, type, [&] {
    const Layout& l = layouts.of(type);
    JGlobal g;
    g.symbol = "janus.glue." + names.type(type);
    g.bytes.assign(sizeof(rt::TypeGlue), '\0');
    int64_t size = l.size;
    std::memcpy(g.bytes.data(), &size, 8);
    if (l.needs_drop) {
      g.relocs.push_back({8, true, false, retain_at(type)});
      g.relocs.push_back({16, true, false, drop_at(type)});
      if (module.tasks) g.relocs.push_back({24, true, false, share_func(type)});
    }
    return add_global(std::move(g));
  });
}

// ---- comparing

uint32_t FuncLower::equal_values(const Val& a, const Val& b) {
  const Layout& l = layout(a.type);
  if (l.shape == Shape::Void) return i1(true);
  if (types.kind(a.type) == TypeKind::String) return rt(JRt::StringEqual, JType::I1, {a.v, b.v});
  if (types.kind(a.type) == TypeKind::ErrorVal) return rt(JRt::ErrorEqual, JType::I1, {a.v, b.v});
  if (types.kind(a.type) == TypeKind::Channel || types.kind(a.type) == TypeKind::Task ||
      types.kind(a.type) == TypeKind::Handle)
    return cmp(JCmp::Eq, a.v, b.v);   // identity
  if (types.is_float(a.type)) return cmp(JCmp::FEq, a.v, b.v);
  if (l.shape == Shape::Scalar) return cmp(JCmp::Eq, a.v, b.v);
  return emit(JOp::Call, JType::I1, m.equal_func(a.type), list({a.v, b.v}), landing());
}

uint32_t FuncLower::order_values(const Val& a, const Val& b) {
  if (types.kind(a.type) == TypeKind::String) return rt(JRt::StringCompare, JType::I32, {a.v, b.v});
  const Layout& l = layout(a.type);
  if (l.shape == Shape::Scalar) {
    bool fl = types.is_float(a.type), sg = types.is_signed(a.type);
    uint32_t less = cmp(fl ? JCmp::FLt : sg ? JCmp::SLt : JCmp::ULt, a.v, b.v);
    uint32_t more = cmp(fl ? JCmp::FGt : sg ? JCmp::SGt : JCmp::UGt, a.v, b.v);
    return emit(JOp::Select, JType::I32, less, i32(-1), emit(JOp::Select, JType::I32, more, i32(1), i32(0)));
  }
  return emit(JOp::Call, JType::I32, m.compare_func(a.type), list({a.v, b.v}), landing());
}

uint32_t FuncLower::compare_values(HirOp op, const Val& a, const Val& b) {
  const Layout& l = layout(a.type);
  if (op == HirOp::Eq) return equal_values(a, b);
  if (op == HirOp::Ne) {
    if (types.is_float(a.type)) return cmp(JCmp::FNe, a.v, b.v);
    return emit(JOp::Xor, JType::I1, equal_values(a, b), i1(true));
  }
  if (l.shape == Shape::Scalar) {
    bool fl = types.is_float(a.type), sg = types.is_signed(a.type);
    JCmp c = op == HirOp::Lt   ? (fl   ? JCmp::FLt
                                  : sg ? JCmp::SLt
                                       : JCmp::ULt)
             : op == HirOp::Le ? (fl   ? JCmp::FLe
                                  : sg ? JCmp::SLe
                                       : JCmp::ULe)
             : op == HirOp::Gt ? (fl   ? JCmp::FGt
                                  : sg ? JCmp::SGt
                                       : JCmp::UGt)
                               : (fl   ? JCmp::FGe
                                  : sg ? JCmp::SGe
                                       : JCmp::UGe);
    return cmp(c, a.v, b.v);
  }
  uint32_t order = order_values(a, b);
  return cmp(op == HirOp::Lt   ? JCmp::SLt
             : op == HirOp::Le ? JCmp::SLe
             : op == HirOp::Gt ? JCmp::SGt
                               : JCmp::SGe,
             order, i32(0));
}

namespace {

// A loop over two arrays up to the shorter length; fn gets the elements.
template <class Fn>
void zip_arrays(FuncLower& f, uint32_t a, uint32_t b, uint32_t len, TypeId elem, Fn fn) {
  uint32_t s = f.slot(8, 8), head = f.new_block(), more = f.new_block(), done = f.new_block();
  f.store(f.i64(0), f.slot_addr(s), 0, JAlias::Local);
  f.br(head);
  f.at(head);
  uint32_t i = f.load(JType::I64, f.slot_addr(s), 0, JAlias::Local);
  f.cond_br(f.cmp(JCmp::SLt, i, len), more, done);
  f.at(more);
  Val x{elem}, y{elem};
  if (f.layout(elem).shape != Shape::Void) {
    x = f.load_val(f.elem_addr(a, i, elem), elem);
    if (b != kNone) y = f.load_val(f.elem_addr(b, i, elem), elem);
  }
  fn(x, y, i);
  if (!f.dead) {
    f.store(f.emit(JOp::Add, JType::I64, i, f.i64(1)), f.slot_addr(s), 0, JAlias::Local);
    f.br(head);
  }
  f.at(done);
}

bool is_map(ModuleLower& m, TypeId t) {
  return m.types.kind(t) == TypeKind::Struct && StructId(m.types[t].a) == m.program.lang.map;
}
bool is_set(ModuleLower& m, TypeId t) {
  return m.types.kind(t) == TypeKind::Struct && StructId(m.types[t].a) == m.program.lang.set;
}

// Live entries of a map or set value (by address).
struct Entries {
  TypeId entry;
  uint32_t array;
  size_t key, value;
};
Entries entries_of(FuncLower& f, TypeId type, uint32_t addr) {
  Program& p = f.m.program;
  int index = p.find_field(type, p.names.intern("entries"), nullptr);
  TypeId entries = p.field_type(type, static_cast<uint32_t>(index));
  TypeId entry = f.types.elem(entries);
  auto at = [&](const char* name) {
    int i = p.find_field(entry, p.names.intern(name), nullptr);
    return static_cast<size_t>(i < 0 ? 0 : i);
  };
  return {entry, f.load(JType::Ptr, addr, f.layout(type).fields[static_cast<size_t>(index)].offset), at("key"),
          at("value")};
}
template <class Fn>
void each_entry(FuncLower& f, const Entries& e, Fn fn) {
  zip_arrays(f, e.array, kNone, f.array_len(e.array), e.entry, [&](Val entry, Val, uint32_t) {
    const Layout& el = f.layout(e.entry);
    uint32_t live = f.new_block(), skip = f.new_block();
    f.cond_br(entry_lives(f, e.entry, entry.v), live, skip);
    f.at(live);
    fn(f.load_val(f.off(entry.v, el.fields[e.key].offset), el.fields[e.key].type),
       f.load_val(f.off(entry.v, el.fields[e.value].offset), el.fields[e.value].type));
    if (!f.dead) f.br(skip);
    f.at(skip);
  });
}
uint32_t entry_count(FuncLower& f, const Entries& e) {
  uint32_t s = f.slot(8, 8);
  f.store(f.i64(0), f.slot_addr(s), 0, JAlias::Local);
  each_entry(f, e, [&](Val, Val) {
    f.store(f.emit(JOp::Add, JType::I64, f.load(JType::I64, f.slot_addr(s), 0, JAlias::Local), f.i64(1)),
            f.slot_addr(s), 0, JAlias::Local);
  });
  return f.load(JType::I64, f.slot_addr(s), 0, JAlias::Local);
}

uint32_t part_addr(FuncLower& f, const Layout& l, uint32_t v) {
  return l.boxed ? f.off(v, static_cast<uint32_t>(rt::kBoxPayload)) : v;
}

// Where the type is declared that this code is derived for: the first one in it that the program declares. 0: none.
uint32_t declared_at(const Program& p, TypeId type) {
  DeclId decl = DeclId::None;
  const TypeRow& row = p.types[type];
  switch (row.kind) {
    case TypeKind::Struct: decl = p.structs[row.a].decl; break;
    case TypeKind::Enum: decl = p.enums[row.a].decl; break;
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional: return declared_at(p, p.types.elem(type));
    default: break;
  }
  if (is_some(decl) && !p.modules[+p.decls[+decl].module]->is_std) return p.decls[+decl].name_span.lo;
  for (TypeId arg : p.types.args(type))
    if (uint32_t found = declared_at(p, arg)) return found;
  return 0;
}

// Nobody wrote this code: an overflow in it is shown where its type is declared.
void check_stack(FuncLower& f, TypeId type) {
  uint32_t before = std::exchange(f.pos, declared_at(f.m.program, type));
  f.emit(JOp::StackCheck, JType::Void, kNone, kNone, f.landing());
  f.pos = before;
}

}  // namespace

uint32_t ModuleLower::equal_func(TypeId type) {
  return once(kEqualGlue, type, [&] {
    uint32_t index = add_func("janus.equal." + names.type(type), "==", [this, type](FuncLower& f) {
      check_stack(f, type);
      uint32_t a = f.emit(JOp::Param, JType::Ptr, 0), b = f.emit(JOp::Param, JType::Ptr, 1);
      const Layout& l = f.layout(type);
      uint32_t no = f.new_block(), yes = f.new_block();
      auto must = [&](uint32_t cond) {
        uint32_t next = f.new_block();
        f.cond_br(cond, next, no);
        f.at(next);
      };
      auto fields = [&](const std::vector<FieldLayout>& list, uint32_t x, uint32_t y) {
        for (const FieldLayout& field : list)
          must(f.equal_values(f.load_val(f.off(x, field.offset), field.type),
                              f.load_val(f.off(y, field.offset), field.type)));
      };
      if (l.shape == Shape::Managed &&
          !l.nullable) {   // the same block is equal to itself, but for floats that are no numbers
        uint32_t other = f.new_block();
        if (satisfies_identity(type)) {
          f.cond_br(f.cmp(JCmp::Eq, a, b), yes, other);
          f.at(other);
        }
      }
      if (is_map(*this, type) || is_set(*this, type)) {
        Entries ea = entries_of(f, type, a), eb = entries_of(f, type, b);
        must(f.cmp(JCmp::Eq, entry_count(f, ea), entry_count(f, eb)));
        auto span = types.args(type);
        std::vector<TypeId> targs(span.begin(), span.end());
        FuncId find = is_map(*this, type) ? program.lang.map_find_slot : program.lang.set_find_slot;
        each_entry(f, ea, [&](Val key, Val value) {
          if (owners.param_owned(find, 1)) key = f.copy_val(key);
          Val whole{type, b};
          if (owners.param_owned(find, 0)) whole = f.copy_val(whole);
          Val slot = f.call_values(find, targs, {whole, key}, kNone, kNone);
          must(f.cmp(JCmp::SGe, slot.v, f.i64(0)));
          if (is_map(*this, type)) {
            const Layout& el = f.layout(eb.entry);
            uint32_t other = f.elem_addr(eb.array, slot.v, eb.entry);
            must(f.equal_values(value, f.load_val(f.off(other, el.fields[eb.value].offset), el.fields[eb.value].type)));
          }
        });
      } else {
        switch (types.kind(type)) {
          case TypeKind::Array: {
            uint32_t len = f.array_len(a);
            must(f.cmp(JCmp::Eq, len, f.array_len(b)));
            zip_arrays(f, a, b, len, types.elem(type), [&](Val x, Val y, uint32_t) { must(f.equal_values(x, y)); });
            break;
          }
          case TypeKind::Fixed: {
            TypeId elem = types.elem(type);
            uint32_t s = f.slot(8, 8), head = f.new_block(), more = f.new_block(), done = f.new_block();
            f.store(f.i64(0), f.slot_addr(s), 0, JAlias::Local);
            f.br(head);
            f.at(head);
            uint32_t i = f.load(JType::I64, f.slot_addr(s), 0, JAlias::Local);
            f.cond_br(f.cmp(JCmp::SLt, i, f.i64(types[type].b)), more, done);
            f.at(more);
            uint32_t size = f.layout(elem).size;
            must(f.equal_values(f.load_val(f.emit(JOp::AddrIdx, JType::Ptr, a, i, size), elem),
                                f.load_val(f.emit(JOp::AddrIdx, JType::Ptr, b, i, size), elem)));
            f.store(f.emit(JOp::Add, JType::I64, i, f.i64(1)), f.slot_addr(s), 0, JAlias::Local);
            f.br(head);
            f.at(done);
            break;
          }
          case TypeKind::Optional: {
            Val x{type, a}, y{type, b};
            uint32_t sx = f.opt_is_some(x), sy = f.opt_is_some(y);
            must(f.cmp(JCmp::Eq, sx, sy));
            uint32_t both = f.new_block();
            f.cond_br(sx, both, yes);
            f.at(both);
            must(f.equal_values(f.opt_value(x), f.opt_value(y)));
            break;
          }
          case TypeKind::Enum: {
            uint32_t x = part_addr(f, l, a), y = part_addr(f, l, b);
            uint32_t tag = f.load(l.tag, x, l.tag_offset);
            must(f.cmp(JCmp::Eq, tag, f.load(l.tag, y, l.tag_offset)));
            std::vector<uint32_t> cases{yes};
            std::vector<std::pair<uint32_t, uint32_t>> arms;
            for (uint32_t v = 0; v < l.variants.size(); ++v)
              if (!l.variants[v].empty()) {
                uint32_t block = f.new_block();
                arms.emplace_back(v, block);
                cases.push_back(v);
                cases.push_back(block);
              }
            f.emit(JOp::Switch, JType::Void, tag, f.list(cases));
            f.dead = true;
            for (auto [v, block] : arms) {
              f.at(block);
              fields(l.variants[v], x, y);
              f.br(yes);
            }
            break;
          }
          case TypeKind::Struct:
          case TypeKind::Tuple: fields(l.fields, part_addr(f, l, a), part_addr(f, l, b)); break;
          default: must(f.cmp(JCmp::Eq, a, b)); break;   // identity: channels, tasks
        }
      }
      if (!f.dead) f.br(yes);
      f.at(yes);
      f.emit(JOp::Ret, JType::Void, f.i1(true));
      f.at(no);
      f.emit(JOp::Ret, JType::Void, f.i1(false));
    });
    JFunc& fn = module.funcs[index];
    fn.result = JType::I1;
    fn.params = {value_param(layouts.of(type)), value_param(layouts.of(type))};
    return index;
  });
}

uint32_t ModuleLower::compare_func(TypeId type) {   // tuples and arrays: the first difference decides
  return once(kCompareGlue, type, [&] {
    uint32_t index = add_func("janus.compare." + names.type(type), "<", [this, type](FuncLower& f) {
      check_stack(f, type);
      uint32_t a = f.emit(JOp::Param, JType::Ptr, 0), b = f.emit(JOp::Param, JType::Ptr, 1);
      const Layout& l = f.layout(type);
      auto decide = [&](uint32_t order) {
        uint32_t differs = f.new_block(), same = f.new_block();
        f.cond_br(f.cmp(JCmp::Ne, order, f.i32(0)), differs, same);
        f.at(differs);
        f.emit(JOp::Ret, JType::Void, order);
        f.dead = true;
        f.at(same);
      };
      if (types.kind(type) == TypeKind::Array) {
        uint32_t la = f.array_len(a), lb = f.array_len(b);
        uint32_t shorter = f.emit(JOp::Select, JType::I64, f.cmp(JCmp::SLt, la, lb), la, lb);
        zip_arrays(f, a, b, shorter, types.elem(type), [&](Val x, Val y, uint32_t) { decide(f.order_values(x, y)); });
        f.emit(JOp::Ret, JType::Void, f.order_values({Types::I64, la}, {Types::I64, lb}));
      } else {
        for (const FieldLayout& field : l.fields)
          decide(f.order_values(f.load_val(f.off(a, field.offset), field.type),
                                f.load_val(f.off(b, field.offset), field.type)));
        f.emit(JOp::Ret, JType::Void, f.i32(0));
      }
      f.dead = true;
    });
    JFunc& fn = module.funcs[index];
    fn.result = JType::I32;
    fn.params = {value_param(layouts.of(type)), value_param(layouts.of(type))};
    return index;
  });
}

uint32_t FuncLower::hash_value(uint32_t state, const Val& v) {
  const Layout& l = layout(v.type);
  if (l.shape == Shape::Void) return state;
  if (types.kind(v.type) == TypeKind::String)
    return rt(JRt::HashU64, JType::I64, {state, rt(JRt::StringHash, JType::I64, {v.v})});
  if (types.kind(v.type) == TypeKind::ErrorVal)
    return rt(JRt::HashU64, JType::I64, {state, rt(JRt::ErrorHash, JType::I64, {v.v})});
  if (l.shape == Shape::Scalar) {
    uint32_t bits = v.v;
    if (types.is_float(v.type))
      bits = emit(JOp::Cast, l.scalar == JType::F64 ? JType::I64 : JType::I32, bits, kNone, kNone,
                  static_cast<uint32_t>(JCast::Bits));
    if (f.instrs[bits].type != JType::I64)
      bits = emit(JOp::Cast, JType::I64, bits, kNone, kNone,
                  static_cast<uint32_t>(types.is_signed(v.type) ? JCast::SExt : JCast::ZExt));
    return rt(JRt::HashU64, JType::I64, {state, bits});
  }
  return emit(JOp::Call, JType::I64, m.hash_func(v.type), list({state, v.v}), landing());
}

uint32_t ModuleLower::hash_func(TypeId type) {
  return once(kHashGlue, type, [&] {
    uint32_t index = add_func("janus.hash." + names.type(type), "hash", [this, type](FuncLower& f) {
      check_stack(f, type);
      uint32_t state = f.slot(8, 8);
      f.store(f.emit(JOp::Param, JType::I64, 0), f.slot_addr(state), 0, JAlias::Local);
      uint32_t v = f.emit(JOp::Param, JType::Ptr, 1);
      const Layout& l = f.layout(type);
      auto get = [&] { return f.load(JType::I64, f.slot_addr(state), 0, JAlias::Local); };
      auto put = [&](uint32_t x) { f.store(x, f.slot_addr(state), 0, JAlias::Local); };
      auto fields = [&](const std::vector<FieldLayout>& list, uint32_t x) {
        for (const FieldLayout& field : list) put(f.hash_value(get(), f.load_val(f.off(x, field.offset), field.type)));
      };
      if (is_map(*this, type) || is_set(*this, type)) {   // the order of entries does not matter
        Entries e = entries_of(f, type, v);
        each_entry(f, e, [&](Val key, Val value) {
          uint32_t h = f.hash_value(f.i64(1), key);
          if (is_map(*this, type)) h = f.hash_value(h, value);
          put(f.emit(JOp::Add, JType::I64, get(), h));
        });
      } else {
        switch (types.kind(type)) {
          case TypeKind::Array: {
            uint32_t len = f.array_len(v);
            put(f.rt(JRt::HashU64, JType::I64, {get(), len}));
            zip_arrays(f, v, kNone, len, types.elem(type), [&](Val x, Val, uint32_t) { put(f.hash_value(get(), x)); });
            break;
          }
          case TypeKind::Optional: {
            Val o{type, v};
            uint32_t some = f.new_block(), none = f.new_block(), done = f.new_block();
            f.cond_br(f.opt_is_some(o), some, none);
            f.at(some);
            put(f.hash_value(get(), f.opt_value(o)));
            f.br(done);
            f.at(none);
            put(f.rt(JRt::HashU64, JType::I64, {get(), f.i64(-1)}));
            f.br(done);
            f.at(done);
            break;
          }
          case TypeKind::Enum: {
            uint32_t x = part_addr(f, l, v);
            uint32_t tag = f.load(l.tag, x, l.tag_offset), done = f.new_block();
            put(f.rt(JRt::HashU64, JType::I64,
                     {get(), f.emit(JOp::Cast, JType::I64, tag, kNone, kNone, static_cast<uint32_t>(JCast::ZExt))}));
            std::vector<uint32_t> cases{done};
            std::vector<std::pair<uint32_t, uint32_t>> arms;
            for (uint32_t i = 0; i < l.variants.size(); ++i)
              if (!l.variants[i].empty()) {
                uint32_t block = f.new_block();
                arms.emplace_back(i, block);
                cases.push_back(i);
                cases.push_back(block);
              }
            f.emit(JOp::Switch, JType::Void, tag, f.list(cases));
            f.dead = true;
            for (auto [i, block] : arms) {
              f.at(block);
              fields(l.variants[i], x);
              f.br(done);
            }
            f.at(done);
            break;
          }
          case TypeKind::Fixed: {
            TypeId elem = types.elem(type);
            for (uint32_t i = 0; i < types[type].b; ++i)
              put(f.hash_value(get(), f.load_val(f.off(v, i * f.layout(elem).size), elem)));
            break;
          }
          case TypeKind::Struct:
          case TypeKind::Tuple: fields(l.fields, part_addr(f, l, v)); break;
          default: put(f.rt(JRt::HashU64, JType::I64, {get(), v})); break;
        }
      }
      f.emit(JOp::Ret, JType::Void, get());
    });
    JFunc& fn = module.funcs[index];
    fn.result = JType::I64;
    fn.params = {{JType::I64}, value_param(layouts.of(type))};
    return index;
  });
}

uint32_t ModuleLower::print_func(TypeId type) {
  return once(kPrintGlue, type, [&] {
    uint32_t index = add_func("janus.print." + names.type(type), "print", [this, type](FuncLower& f) {
      check_stack(f, type);
      const Layout& l = f.layout(type);
      uint32_t sink = f.emit(JOp::Param, JType::Ptr, 0);
      uint32_t v =
          l.shape == Shape::Void ? kNone : f.emit(JOp::Param, l.shape == Shape::Scalar ? l.scalar : JType::Ptr, 1);
      auto text = [&](std::string_view t) { f.print_text(sink, t); };
      auto comma = [&](uint32_t i) {   // before every element but the first
        uint32_t some = f.new_block(), done = f.new_block();
        f.cond_br(f.cmp(JCmp::Ne, i, f.i64(0)), some, done);
        f.at(some);
        text(", ");
        f.br(done);
        f.at(done);
      };
      auto named = [&](const std::vector<FieldInfo>& infos, const std::vector<FieldLayout>& fields, uint32_t x) {
        text(" { ");
        for (size_t i = 0; i < fields.size(); ++i) {
          text((i ? ", " : "") + std::string(program.names.text(infos[i].name)) + ": ");
          f.print_value(sink,
                        f.layout(fields[i].type).shape == Shape::Void
                            ? Val{fields[i].type}
                            : f.load_val(f.off(x, fields[i].offset), fields[i].type),
                        true);
        }
        text(" }");
      };
      auto plain = [&](const std::vector<FieldLayout>& fields, uint32_t x) {
        text("(");
        for (size_t i = 0; i < fields.size(); ++i) {
          if (i) text(", ");
          f.print_value(sink,
                        f.layout(fields[i].type).shape == Shape::Void
                            ? Val{fields[i].type}
                            : f.load_val(f.off(x, fields[i].offset), fields[i].type),
                        true);
        }
        text(")");
      };
      if (is_map(*this, type) || is_set(*this, type)) {
        bool map = is_map(*this, type);
        Entries e = entries_of(f, type, v);
        uint32_t count = f.slot(8, 8);
        f.store(f.i64(0), f.slot_addr(count), 0, JAlias::Local);
        text(map ? "[" : "{");
        each_entry(f, e, [&](Val key, Val value) {
          uint32_t i = f.load(JType::I64, f.slot_addr(count), 0, JAlias::Local);
          comma(i);
          f.store(f.emit(JOp::Add, JType::I64, i, f.i64(1)), f.slot_addr(count), 0, JAlias::Local);
          f.print_value(sink, key, true);
          if (map) {
            text(": ");
            f.print_value(sink, value, true);
          }
        });
        if (map) {   // an empty map prints as its literal
          uint32_t none = f.new_block(), done = f.new_block();
          f.cond_br(f.cmp(JCmp::Eq, f.load(JType::I64, f.slot_addr(count), 0, JAlias::Local), f.i64(0)), none, done);
          f.at(none);
          text(":");
          f.br(done);
          f.at(done);
        }
        text(map ? "]" : "}");
      } else {
        switch (types.kind(type)) {
          case TypeKind::Array:
            text("[");
            zip_arrays(f, v, kNone, f.array_len(v), types.elem(type), [&](Val x, Val, uint32_t i) {
              comma(i);
              f.print_value(sink, x, true);
            });
            text("]");
            break;
          case TypeKind::Fixed: {
            TypeId elem = types.elem(type);
            text("[");
            for (uint32_t i = 0; i < types[type].b; ++i) {
              if (i) text(", ");
              f.print_value(sink, f.load_val(f.off(v, i * f.layout(elem).size), elem), true);
            }
            text("]");
            break;
          }
          case TypeKind::Tuple: plain(l.fields, v); break;
          case TypeKind::Struct: {
            if (StructId(types[type].a) == program.lang.range) {   // as its literal
              const Layout& rl = f.layout(type);
              f.print_value(sink, f.load_val(f.off(v, rl.fields[0].offset), rl.fields[0].type), true);
              uint32_t closed = f.new_block(), open = f.new_block(), done = f.new_block();
              f.cond_br(f.load(JType::I1, v, rl.fields[2].offset), closed, open);
              f.at(closed);
              text("..=");
              f.br(done);
              f.at(open);
              text("..");
              f.br(done);
              f.at(done);
              f.print_value(sink, f.load_val(f.off(v, rl.fields[1].offset), rl.fields[1].type), true);
              break;
            }
            const StructInfo& info = program.structs[types[type].a];
            text(program.names.text(program.decls[+info.decl].name));
            if (info.fields.empty()) text(" {}");
            else named(info.fields, l.fields, part_addr(f, l, v));
            break;
          }
          case TypeKind::Enum: {
            const EnumInfo& info = program.enums[types[type].a];
            std::string name(program.names.text(program.decls[+info.decl].name));
            uint32_t x = l.shape == Shape::Scalar ? v : part_addr(f, l, v);
            uint32_t tag = l.shape == Shape::Scalar ? v : f.load(l.tag, x, l.tag_offset), done = f.new_block();
            std::vector<uint32_t> cases{done};
            std::vector<uint32_t> blocks;
            for (uint32_t i = 0; i < info.variants.size(); ++i) {
              blocks.push_back(f.new_block());
              cases.push_back(i);
              cases.push_back(blocks[i]);
            }
            f.emit(JOp::Switch, JType::Void, tag, f.list(cases));
            f.dead = true;
            for (uint32_t i = 0; i < info.variants.size(); ++i) {
              f.at(blocks[i]);
              text(name + "." + std::string(program.names.text(info.variants[i].name)));
              if (!info.variants[i].fields.empty()) {
                if (info.variants[i].named_fields) named(info.variants[i].fields, l.variants[i], x);
                else plain(l.variants[i], x);
              }
              f.br(done);
            }
            f.at(done);
            break;
          }
          default: f.print_value(sink, {type, v}, true); break;
        }
      }
      f.emit(JOp::Ret);
    });
    JFunc& fn = module.funcs[index];
    fn.params = {ptr_param()};
    if (layouts.of(type).shape != Shape::Void) fn.params.push_back(value_param(layouts.of(type)));
    return index;
  });
}

// Is every value of the type equal to itself? Not with a float inside (nan).
bool ModuleLower::satisfies_identity(TypeId type) { return program.satisfies(type, kHashable); }

}  // namespace janus
