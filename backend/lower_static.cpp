// lower_static.cpp: data that is known when the program is built: texts, constants, error descriptors, tables.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "backend/lower_internal.h"

namespace janus {
namespace {

void put(JGlobal& g, uint32_t at, const void* bytes, size_t size) { std::memcpy(g.bytes.data() + at, bytes, size); }
template <class T>
void put_value(JGlobal& g, uint32_t at, T value) {
  put(g, at, &value, sizeof value);
}

// Head and fields of an immortal array block of `len` elements whose data follows at 32.
void array_head(JGlobal& g, uint32_t self, int64_t len) {
  put_value(g, 0, rt::kImmortal);
  put_value(g, 8, len);
  put_value(g, 24, len);
  g.relocs.push_back({16, false, false, self, static_cast<uint32_t>(sizeof(rt::Array))});
}

void sort_relocs(JGlobal& g) {
  std::sort(g.relocs.begin(), g.relocs.end(), [](const JReloc& a, const JReloc& b) { return a.offset < b.offset; });
}

}  // namespace

std::string ModuleLower::digest_of(const JGlobal& g) const {
  std::string text = g.bytes;
  for (const JReloc& r : g.relocs) {
    text += "@" + std::to_string(r.offset) + "+" + std::to_string(r.addend) + " ";
    text += r.is_rt ? "rt" + std::to_string(r.index) : r.is_func ? symbols[r.index] : module.globals[r.index].symbol;
  }
  return short_digest(text);
}

uint32_t ModuleLower::string_global(std::string_view text) {
  auto [it, fresh] = strings_.try_emplace(std::string(text), 0);
  if (!fresh) return it->second;
  uint32_t index = add_global({});
  it->second = index;
  JGlobal g;
  g.symbol = "janus.str." + short_digest(text);
  g.bytes.assign(sizeof(rt::Array), '\0');
  g.bytes += text;
  array_head(g, index, static_cast<int64_t>(text.size()));
  module.globals[index] = std::move(g);
  return index;
}

uint32_t ModuleLower::c_string(std::string_view text) {
  auto [it, fresh] = c_strings_.try_emplace(std::string(text), 0);
  if (!fresh) return it->second;
  JGlobal g;
  g.symbol = "janus.text." + short_digest(text);
  g.bytes = std::string(text) + '\0';
  g.align = 1;
  return it->second = add_global(std::move(g));
}

std::vector<FieldLayout> ModuleLower::payload_fields(TagId tag) {
  std::vector<FieldLayout> fields;
  uint32_t at = 0;
  for (const FieldInfo& f : program.tags[+tag].fields) {
    const Layout& l = layouts.of(f.type);
    uint32_t align = std::max(l.align, 1u);
    at = (at + align - 1) / align * align;
    fields.push_back({at, f.type});
    at += l.size;
  }
  return fields;
}

uint32_t FuncLower::desc_of(TagId tag) {
  const LangItems& lang = m.program.lang;
  if (tag == lang.panic) return rt_addr(JRt::PanicDesc);
  if (tag == lang.cancelled && m.module.tasks) return rt_addr(JRt::CancelledDesc);
  if (tag == lang.channel_closed && m.module.tasks) return rt_addr(JRt::ChannelClosedDesc);
  if (tag == lang.budget_exceeded && m.module.tasks) return rt_addr(JRt::BudgetExceededDesc);
  if (tag == lang.timeout && m.module.tasks) return rt_addr(JRt::TimeoutDesc);
  if (tag == lang.deadlock && m.module.tasks) return rt_addr(JRt::DeadlockDesc);
  return global(m.error_desc(tag));
}

uint32_t ModuleLower::error_desc(TagId tag) {
  auto [it, fresh] = descs_.try_emplace(+tag, 0);
  if (!fresh) return it->second;
  uint32_t index = add_global({});
  it->second = index;
  const TagInfo& info = program.tags[+tag];
  std::vector<FieldLayout> fields = payload_fields(tag);
  uint32_t size = fields.empty() ? 0 : fields.back().offset + layouts.of(fields.back().type).size;
  bool needs_drop = false;
  for (const FieldLayout& f : fields) needs_drop |= layouts.of(f.type).needs_drop;
  // Two modules may have errors of one name; those that nobody declares are the same everywhere.
  std::string unique = info.full_name;
  if (is_some(info.error)) {
    const Decl& decl = program.decls[+program.errors[+info.error].decl];
    unique = std::string(program.names.text(program.modules[+decl.module]->path)) + ":" + unique;
  }
  JGlobal g;
  g.symbol = "janus.err." + unique;
  // Descriptors are compared by address: one for the whole program.
  g.merge = true;
  g.bytes.assign(sizeof(rt::ErrorDesc), '\0');
  put_value(g, 8, static_cast<int64_t>(info.full_name.size()));
  put_value(g, 16, info.implicit ? rt::kErrImplicit : 0u);
  put_value(g, 20, size);
  std::string name = info.full_name;
  g.relocs.push_back({0, false, false, c_string(name)});
  auto payload = [fields](FuncLower& f, uint32_t base) {
    std::vector<Val> parts;
    for (const FieldLayout& field : fields)
      parts.push_back(f.layout(field.type).shape == Shape::Void ? Val{field.type}
                                                                : f.load_val(f.off(base, field.offset), field.type));
    return parts;
  };
  if (needs_drop) {
    uint32_t fn = add_func(
        "janus.err_drop." + unique, "",
        [payload](FuncLower& f) {
          uint32_t base = f.emit(JOp::Param, JType::Ptr, 0), depth = f.emit(JOp::Param, JType::I32, 1);
          for (const Val& v : payload(f, base)) f.drop_val(v, depth);
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[fn].params = {{JType::Ptr}, {JType::I32}};
    g.relocs.push_back({24, true, false, fn});
    if (module.tasks) {
      fn = add_func(
          "janus.err_share." + unique, "",
          [payload](FuncLower& f) {
            uint32_t base = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
            for (const Val& v : payload(f, base)) f.share_val(v, mode);
            f.emit(JOp::Ret);
          },
          true);
      module.funcs[fn].params = {{JType::Ptr}, {JType::I32}};
      g.relocs.push_back({48, true, false, fn});
    }
  }
  if (!fields.empty()) {
    uint32_t fn = add_func(
        "janus.err_print." + unique, "",
        [this, tag, payload](FuncLower& f) {
          uint32_t sink = f.emit(JOp::Param, JType::Ptr, 0), base = f.emit(JOp::Param, JType::Ptr, 1);
          const std::vector<FieldInfo>& infos = program.tags[+tag].fields;
          bool named = is_some(infos[0].name);
          f.print_text(sink, named ? " { " : "(");
          std::vector<Val> parts = payload(f, base);
          for (size_t i = 0; i < parts.size(); ++i) {
            if (i) f.print_text(sink, ", ");
            if (named) f.print_text(sink, std::string(program.names.text(infos[i].name)) + ": ");
            f.print_value(sink, parts[i], true);
          }
          f.print_text(sink, named ? " }" : ")");
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[fn].params = {{JType::Ptr}, {JType::Ptr}};
    g.relocs.push_back({32, true, false, fn});
    fn = add_func(
        "janus.err_equal." + unique, "",
        [payload](FuncLower& f) {
          uint32_t a = f.emit(JOp::Param, JType::Ptr, 0), b = f.emit(JOp::Param, JType::Ptr, 1);
          std::vector<Val> x = payload(f, a), y = payload(f, b);
          uint32_t result = f.i1(true);
          for (size_t i = 0; i < x.size(); ++i)
            result = f.emit(JOp::And, JType::I1, result, f.equal_values(x[i], y[i]));
          f.emit(JOp::Ret, JType::Void, result);
        },
        true);
    module.funcs[fn].result = JType::I1;
    module.funcs[fn].params = {{JType::Ptr}, {JType::Ptr}};
    g.relocs.push_back({40, true, false, fn});
  }
  sort_relocs(g);
  module.globals[index] = std::move(g);
  return index;
}

// A boxed enum's variant without payload: one immortal block for the whole program.
uint32_t ModuleLower::empty_variant(TypeId type, uint32_t variant) {
  std::string key = "janus.variant." + names.type(type) + "." + std::to_string(variant);
  auto [it, fresh] = c_strings_.try_emplace(key, 0);
  if (!fresh) return it->second;
  const Layout& l = layouts.of(type);
  JGlobal g;
  g.symbol = key;
  g.bytes.assign(static_cast<size_t>(rt::kBoxPayload) + l.payload_size, '\0');
  put_value(g, 0, rt::kImmortal);
  put(g, static_cast<uint32_t>(rt::kBoxPayload) + l.tag_offset, &variant, l.tag == JType::I8 ? 1 : 4);
  return it->second = add_global(std::move(g));
}

// ---- constants

bool ModuleLower::static_value(const Body& body, HirId id, TypeId type, JGlobal& g, uint32_t at) {
  const HirNode& n = body[id];
  const Layout& l = layouts.of(type);
  if (types[type].has_param) return false;
  switch (n.kind) {
    case HirKind::Void:
    case HirKind::TypeValue: return true;
    case HirKind::Int:
    case HirKind::Float: {
      if (types.is_float(type)) {
        double d = n.kind == HirKind::Float ? body.floats[n.a] : static_cast<double>(body.ints[n.a]);
        if (l.size == 4) put_value(g, at, static_cast<float>(d));
        else put_value(g, at, d);
      } else {
        int64_t v = static_cast<int64_t>(body.ints[n.a]);
        put(g, at, &v, l.size);
      }
      return true;
    }
    case HirKind::Bool: put_value(g, at, static_cast<uint8_t>(n.a != 0)); return true;
    case HirKind::Char: put_value(g, at, n.a); return true;
    case HirKind::Str:
      g.relocs.push_back({at, false, false, string_global(program.names.text(NameId(n.a)))});
      return true;
    case HirKind::Null: return true;
    case HirKind::Some: {
      if (!static_value(body, HirId(n.a), types.elem(type), g, at)) return false;
      if (l.shape == Shape::Aggregate) put_value(g, at + l.tag_offset, uint8_t{1});
      return true;
    }
    case HirKind::ConstRef: {
      const ConstInfo& c = program.consts[n.a];
      if (is_none(c.body)) return false;
      const Body& value = *program.bodies[+c.body];
      return static_value(value, value.root, c.type, g, at);
    }
    case HirKind::Block: return body.list(n.a).empty() && n.b != kNone && static_value(body, HirId(n.b), type, g, at);
    case HirKind::WidenError: return false;
    case HirKind::MakeStruct:
    case HirKind::MakeTuple:
    case HirKind::MakeEnum: {
      if (l.shape == Shape::Scalar) {
        put(g, at, &n.a, l.size);
        return true;
      }
      JGlobal boxed;
      JGlobal& to = l.boxed ? boxed : g;
      uint32_t base = at;
      if (l.boxed) {
        if (n.kind == HirKind::MakeEnum && l.variants[n.a].empty()) {
          g.relocs.push_back({at, false, false, empty_variant(type, n.a)});
          return true;
        }
        boxed.bytes.assign(static_cast<size_t>(rt::kBoxPayload) + l.payload_size, '\0');
        put_value(boxed, 0, rt::kImmortal);
        base = static_cast<uint32_t>(rt::kBoxPayload);
      }
      if (n.kind == HirKind::MakeStruct) {
        if (n.b != kNone) return false;
        auto pairs = body.list(n.a);
        for (size_t i = 0; i + 1 < pairs.size(); i += 2)
          if (!static_value(body, HirId(pairs[i + 1]), l.fields.empty() ? Types::Void : l.fields[pairs[i]].type, to,
                            base + (l.fields.empty() ? 0 : l.fields[pairs[i]].offset)))
            return false;
      } else {
        auto items = body.list(n.kind == HirKind::MakeTuple ? n.a : n.b);
        const auto& fields = n.kind == HirKind::MakeTuple ? l.fields : l.variants[n.a];
        for (size_t i = 0; i < items.size(); ++i)
          if (!static_value(body, HirId(items[i]), fields[i].type, to, base + fields[i].offset)) return false;
        if (n.kind == HirKind::MakeEnum) put(to, base + l.tag_offset, &n.a, l.tag == JType::I8 ? 1 : 4);
      }
      if (l.boxed) {
        sort_relocs(boxed);
        boxed.symbol = "janus.const." + digest_of(boxed);
        g.relocs.push_back({at, false, false, add_global(std::move(boxed))});
      }
      return true;
    }
    case HirKind::MakeRange: {
      const StructInfo& info = program.structs[types[type].a];
      for (uint32_t i = 0; i < l.fields.size(); ++i) {
        std::string_view name = program.names.text(info.fields[i].name);
        if (name == "start" || name == "stop") {
          if (!static_value(body, HirId(name == "start" ? n.a : n.b), l.fields[i].type, g, at + l.fields[i].offset))
            return false;
        } else if (name == "step" || (name == "inclusive" && n.aux)) put_value(g, at + l.fields[i].offset, uint8_t{1});
      }
      return true;
    }
    case HirKind::MakeArray: {
      auto items = body.list(n.a);
      if (types.kind(type) == TypeKind::Fixed) {
        TypeId elem = types.elem(type);
        for (uint32_t i = 0; i < items.size(); ++i)
          if (!static_value(body, HirId(items[i]), elem, g, at + i * layouts.of(elem).size)) return false;
        return true;
      }
      if (items.empty()) {
        g.relocs.push_back({at, false, true, static_cast<uint32_t>(JRt::EmptyArray)});
        return true;
      }
      uint32_t array;
      if (!static_array(body, id, type, &array)) return false;
      g.relocs.push_back({at, false, false, array});
      return true;
    }
    default: return false;
  }
}

// An array literal of constants: an immortal block; the first write copies it.
bool ModuleLower::static_array(const Body& body, HirId id, TypeId type, uint32_t* out) {
  auto items = body.list(body[id].a);
  TypeId elem = types.elem(type);
  const Layout& el = layouts.of(elem);
  for (uint32_t i : items) {   // the cheap question first
    HirKind k = body[HirId(i)].kind;
    if (k == HirKind::Local || k == HirKind::Call || k == HirKind::Arith || k == HirKind::Field) return false;
  }
  JGlobal g;
  g.bytes.assign(sizeof(rt::Array) + static_cast<size_t>(el.size) * items.size(), '\0');
  for (uint32_t i = 0; i < items.size(); ++i)
    if (!static_value(body, HirId(items[i]), elem, g, static_cast<uint32_t>(sizeof(rt::Array)) + i * el.size))
      return false;
  uint32_t index = add_global({});
  array_head(g, index, static_cast<int64_t>(items.size()));
  sort_relocs(g);
  g.symbol = "janus.array." + digest_of(g);
  g.align = 16;
  module.globals[index] = std::move(g);
  *out = index;
  return true;
}

uint32_t ModuleLower::const_global(ConstId id, bool* ok) {
  auto [it, fresh] = consts_.try_emplace(+id, 0, false);
  if (fresh) {
    const ConstInfo& c = program.consts[+id];
    const Body& body = *program.bodies[+c.body];
    JGlobal g;
    g.bytes.assign(std::max(layouts.of(c.type).size, 8u), '\0');
    bool is_static = static_value(body, body.root, c.type, g, 0);
    uint32_t index = 0;
    if (is_static) {
      sort_relocs(g);
      g.symbol = "janus.const." + names.decl(c.decl);
      g.align = 16;
      index = add_global(std::move(g));
    }
    consts_[+id] = {index, is_static};
  }
  *ok = consts_[+id].second;
  return consts_[+id].first;
}

}  // namespace janus
