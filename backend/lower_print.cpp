// lower_print.cpp: printing, interpolation, assertions.
// Depends on lower_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "backend/lower_internal.h"
#include "backend/lower_parts.h"

namespace janus {

// quoted: inside another value, where strings and chars show their quotes.
void FuncLower::print_value(uint32_t sink, const Val& v, bool quoted) {
  auto cast = [&](JCast c, JType t, uint32_t x) {
    return emit(JOp::Cast, t, x, kNone, kNone, static_cast<uint32_t>(c));
  };
  TypeKind k = types.kind(v.type);
  switch (k) {
    case TypeKind::Bool: rt(JRt::PrintBool, JType::Void, {sink, v.v}); return;
    case TypeKind::Char: rt(quoted ? JRt::PrintCharQuoted : JRt::PrintChar, JType::Void, {sink, v.v}); return;
    case TypeKind::I64: rt(JRt::PrintI64, JType::Void, {sink, v.v}); return;
    case TypeKind::U64: rt(JRt::PrintU64, JType::Void, {sink, v.v}); return;
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32: rt(JRt::PrintI64, JType::Void, {sink, cast(JCast::SExt, JType::I64, v.v)}); return;
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32: rt(JRt::PrintI64, JType::Void, {sink, cast(JCast::ZExt, JType::I64, v.v)}); return;
    case TypeKind::F64: rt(JRt::PrintF64, JType::Void, {sink, v.v}); return;
    case TypeKind::F32: rt(JRt::PrintF32, JType::Void, {sink, v.v}); return;
    case TypeKind::String: rt(quoted ? JRt::PrintStringQuoted : JRt::PrintString, JType::Void, {sink, v.v}); return;
    case TypeKind::ErrorVal: rt(JRt::PrintError, JType::Void, {sink, v.v}); return;
    case TypeKind::Optional: {   // a present optional prints as its value
      uint32_t some = new_block(), none = new_block(), done = new_block();
      cond_br(opt_is_some(v), some, none);
      at(none);
      print_text(sink, "null");
      br(done);
      at(some);
      print_value(sink, opt_value(v), quoted);
      br(done);
      at(done);
      return;
    }
    case TypeKind::Void:
    case TypeKind::Never: print_text(sink, "()"); return;
    case TypeKind::Func: print_text(sink, "<func>"); return;
    case TypeKind::Dyn: print_text(sink, "<dyn>"); return;
    case TypeKind::Task: print_text(sink, "<task>"); return;
    case TypeKind::Channel: print_text(sink, "<channel>"); return;
    case TypeKind::Nursery: print_text(sink, "<nursery>"); return;
    case TypeKind::Capability: print_text(sink, m.program.type_name(v.type)); return;
    case TypeKind::Handle: print_text(sink, "<handle>"); return;
    case TypeKind::TypeOf: print_text(sink, m.program.type_name(types.elem(v.type))); return;
    default: break;
  }
  std::vector<uint32_t> args{sink};
  if (v.v != kNone) args.push_back(v.v);
  emit(JOp::Call, JType::Void, m.print_func(v.type), list(args), landing());
}

void FuncLower::print_text(uint32_t sink, std::string_view text) {
  if (text.empty()) return;
  rt(JRt::PrintBytes, JType::Void, {sink, global(m.c_string(text)), i64(static_cast<int64_t>(text.size()))});
}

Val FuncLower::lower_print(HirId id) {
  const HirNode& n = (*body)[id];
  bool err = n.aux >= 2, line = n.aux & 1;
  // All values first: evaluating one may print, or fail before anything is printed.
  int base = top;
  std::vector<Val> values;
  for (uint32_t a : body->list(n.a)) {
    Val v = lower(HirId(a), Want::Borrow);
    if (dead) {
      top = base;
      return {Types::Void};
    }
    if (!v.owned && is_mutable_root(HirId(a)) && body->list(n.a).size() > 1 && layout(v.type).needs_drop) {
      bool later = false;
      for (uint32_t other : body->list(n.a)) later |= own->mutates[other];
      if (later) v = copy_val(v);
    }
    push_temp(v);
    values.push_back(v);
  }
  uint32_t sink = rt(err ? JRt::Stderr : JRt::Stdout, JType::Ptr, {});
  int held = top;
  if (m.module.tasks) push(CleanKind::Sink, Types::Void, sink);
  for (size_t i = 0; i < values.size(); ++i) {
    const HirNode& arg = (*body)[HirId(body->list(n.a)[i])];
    if (arg.kind == HirKind::Str) print_text(sink, m.program.names.text(NameId(arg.a)));
    else print_value(sink, values[i], false);
  }
  if (line) rt(JRt::SinkNewline, JType::Void, {sink});
  else if (err) rt(JRt::SinkFlush, JType::Void, {sink});
  pop_to(held);
  pop_to(base);
  return {Types::Void};
}

void FuncLower::format_value(uint32_t sink, const Val& v, const FormatSpec& spec) {
  auto cast = [&](JCast c, JType t, uint32_t x) {
    return emit(JOp::Cast, t, x, kNone, kNone, static_cast<uint32_t>(c));
  };
  uint32_t flags = (spec.zero ? 1u : 0u) | (spec.align == 1 ? 2u : 0u) | (spec.align == 2 ? 4u : 0u);
  TypeId type = v.type;
  if (types.is_integer(type) && spec.precision < 0) {
    bool is_signed = types.is_signed(type);
    uint32_t wide =
        f.instrs[v.v].type == JType::I64 ? v.v : cast(is_signed ? JCast::SExt : JCast::ZExt, JType::I64, v.v);
    rt(JRt::FormatI64, JType::Void,
       {sink, wide, i1(!is_signed), i32(spec.width), i32(static_cast<int32_t>(flags)), i32(spec.kind)});
    return;
  }
  if (types.is_number(type)) {
    uint32_t wide = v.v;
    if (types.is_integer(type)) wide = cast(types.is_signed(type) ? JCast::SIToFP : JCast::UIToFP, JType::F64, v.v);
    else if (types.kind(type) == TypeKind::F32) wide = cast(JCast::FPExt, JType::F64, v.v);
    if (types.kind(type) == TypeKind::F32) flags |= kFormatF32;   // the digits of the f32, not of its widening
    rt(JRt::FormatF64, JType::Void,
       {sink, wide, i32(spec.width), i32(spec.precision), i32(static_cast<int32_t>(flags)), i32(spec.kind)});
    return;
  }
  if (types.kind(type) == TypeKind::String) {
    rt(JRt::FormatString, JType::Void,
       {sink, v.v, i32(spec.width), i32(spec.precision), i32(static_cast<int32_t>(flags))});
    return;
  }
  uint32_t text = to_string(v);   // anything else is padded as its text
  int base = push_temp({Types::String, text, true});
  rt(JRt::FormatString, JType::Void,
     {sink, text, i32(spec.width), i32(spec.precision), i32(static_cast<int32_t>(flags))});
  pop_to(base);
}

uint32_t FuncLower::to_string(const Val& v, bool quoted) {
  uint32_t sink = slot_addr(slot(32, 8));
  rt(JRt::SinkBegin, JType::Void, {sink});
  int building = push(CleanKind::Sink, Types::String, sink);
  print_value(sink, v, quoted);
  top = cleanups[building].parent;
  return rt(JRt::SinkFinish, JType::Ptr, {sink});
}

// A text that `print` writes. `told`: on the way to a panic. It is then put together by a function of its own, so that
// the one which may panic is small, and LLVM inlines it.
Val FuncLower::text_of(const std::vector<Val>& values, bool told, const Print& print) {
  if (!told || !m.options.release) {
    uint32_t sink = slot_addr(slot(32, 8));
    rt(JRt::SinkBegin, JType::Void, {sink});
    int building = push(CleanKind::Sink, Types::String, sink);
    print(*this, sink, values);
    top = cleanups[building].parent;
    return {Types::String, rt(JRt::SinkFinish, JType::Ptr, {sink}), true};
  }
  std::vector<TypeId> given;
  for (const Val& v : values) given.push_back(v.type);
  uint32_t teller =
      m.add_func(f.symbol + ".text" + std::to_string(f.instrs.size()), f.display, [given, print](FuncLower& f) {
        std::vector<Val> values;
        uint32_t params = 0;
        for (TypeId type : given) {
          values.push_back({type});
          if (f.layout(type).shape == Shape::Void) continue;
          values.back().v = f.emit(JOp::Param, value_param(f.layout(type)).type, params++);
        }
        f.emit(JOp::Ret, JType::Void, f.text_of(values, false, print).v);
      });
  JFunc& made = m.module.funcs[teller];
  made.result = JType::Ptr;
  made.stays_out = true;
  std::vector<uint32_t> args;
  for (const Val& v : values) {
    if (layout(v.type).shape == Shape::Void) continue;
    made.params.push_back(value_param(layout(v.type)));
    args.push_back(v.v);
  }
  return {Types::String, emit(JOp::Call, JType::Ptr, teller, this->list(args), landing()), true};
}

Val FuncLower::lower_message(HirId id) {
  if ((*body)[id].kind == HirKind::Interp) return lower_interp(id, true);
  Val message = lower(id, Want::Own);
  return message.owned || dead ? message : copy_val(message);
}

Val FuncLower::lower_interp(HirId id, bool told) {
  const HirNode& n = (*body)[id];
  int base = top;
  if (n.kind == HirKind::ToString) {
    Val v = lower(HirId(n.a), Want::Borrow);
    if (types.kind(v.type) == TypeKind::String) return v.owned ? v : copy_val(v);
    push_temp(v);
    Val out{Types::String, to_string(v), true};
    pop_to(base);
    return out;
  }
  auto parts = body->list(n.a);
  std::vector<Val> values;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    if ((*body)[HirId(parts[i])].kind == HirKind::Str) {
      values.push_back({Types::Void});
      continue;
    }
    Val v = lower(HirId(parts[i]), Want::Borrow);
    if (dead) {
      top = base;
      return {Types::String};
    }
    if (!v.owned && is_mutable_root(HirId(parts[i])) && layout(v.type).needs_drop) {
      bool later = false;
      for (size_t k = i + 2; k < parts.size(); k += 2) later |= own->mutates[parts[k]];
      if (later) v = copy_val(v);
    }
    push_temp(v);
    values.push_back(v);
  }
  struct Part {
    bool is_text;
    std::string_view text;
    HirId node;
    std::optional<FormatSpec> format;
  };
  std::vector<Part> list;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    const HirNode& part = (*body)[HirId(parts[i])];
    bool is_text = part.kind == HirKind::Str;
    list.push_back({is_text, is_text ? m.program.names.text(NameId(part.a)) : std::string_view(), HirId(parts[i]), {}});
    if (parts[i + 1] == kNone) continue;
    list.back().format = body->formats[parts[i + 1]];
    told &= !is_text;   // the text is a value of this body
  }
  Val out = text_of(values, told, [list](FuncLower& f, uint32_t sink, const std::vector<Val>& values) {
    for (size_t i = 0; i < list.size(); ++i) {
      const Part& part = list[i];
      if (part.is_text && !part.format) f.print_text(sink, part.text);
      else if (part.is_text) f.format_value(sink, f.lower(part.node, Want::Borrow), *part.format);
      else if (part.format) f.format_value(sink, values[i], *part.format);
      else f.print_value(sink, values[i], false);
    }
  });
  pop_to(base);
  return out;
}

// A doctest's `value // => text`.
Val FuncLower::lower_expect(HirId id) {
  const HirNode& n = (*body)[id];
  int base = top;
  uint32_t found;
  if (n.aux == 1) {
    rt(JRt::CaptureBegin, JType::Void, {});
    lower_drop(HirId(n.a));
    if (dead) {
      top = base;
      return {Types::Void};
    }
    found = rt(JRt::CaptureEnd, JType::Ptr, {});
  } else {
    Val v = lower(HirId(n.a), Want::Borrow);
    if (dead) {
      top = base;
      return {Types::Void};
    }
    push_temp(v);
    found = to_string(v, false);
    pop_to(base);
  }
  std::string source(m.program.sources.text((*body)[HirId(n.a)].span));
  if (size_t end = source.find('\n'); end != std::string::npos) source = source.substr(0, end) + " …";
  uint32_t wrong = rt(JRt::Expect, JType::Ptr,
                      {found, rt_text(m.program.names.text(NameId(n.b))),
                       rt_text(source.size() > 200 ? source.substr(0, 200) + "…" : source)});
  uint32_t good = new_block(), bad = new_block(true);
  cond_br(cmp(JCmp::Eq, wrong, null()), good, bad, 2);
  at(bad);
  panic_message(wrong);
  at(good);
  return {Types::Void};
}

// assert(a == b) shows both sides; assert(c) shows its own text.
Val FuncLower::lower_assert(HirId id) {
  const HirNode& n = (*body)[id];
  int base = top;
  if (n.kind == HirKind::AssertFails) {
    // The block runs; its failure must be exactly the expected error.
    uint32_t caught = new_block(true), done = new_block();
    push(CleanKind::Catch, Types::Void, caught);
    lower_drop(HirId(n.b));
    top = base;
    if (!dead) panic_message(rt_text("assertion failed: the block did not fail with " + m.program.tags[n.a].full_name));
    at(caught);
    uint32_t error = emit(JOp::GetError, JType::Ptr);
    uint32_t right = new_block(), wrong = new_block(true);
    cond_br(cmp(JCmp::Eq, load(JType::Ptr, error, 8, JAlias::ErrorDesc), desc_of(TagId(n.a))), right, wrong, 2);
    at(wrong);   // another failure goes on as itself
    emit(JOp::SetError, JType::Void, error);
    br(landing());
    at(right);
    emit(JOp::Release, JType::Void, error, static_cast<uint32_t>(JRt::ErrorDrop), kNone, 2);
    br(done);
    at(done);
    return {Types::Void};
  }
  uint32_t left = kNone, right = kNone, message = kNone;
  if (n.b != kNone) {
    left = body->extra[n.b];
    right = body->extra[n.b + 1];
    message = body->extra[n.b + 2];
  }
  uint32_t good;
  Val a, b;
  bool compares = n.aux != 0xffff;
  if (compares) {
    a = lower(HirId(left), Want::Borrow);
    if (!a.owned && is_mutable_root(HirId(left)) && own->mutates[right] && layout(a.type).needs_drop) a = copy_val(a);
    push_temp(a);
    b = lower(HirId(right), Want::Borrow);
    push_temp(b);
    if (dead) {
      top = base;
      return {Types::Void};
    }
    good = compare_values(static_cast<HirOp>(n.aux), a, b);
  } else {
    good = lower_scalar(HirId(n.a));
  }
  if (dead) {
    top = base;
    return {Types::Void};
  }
  uint32_t ok = new_block(), bad = new_block(true);
  cond_br(good, ok, bad, 2);
  at(bad);
  int here = top;
  std::string text(m.program.sources.text(compares && n.a == kNone ? n.span : (*body)[HirId(n.a)].span));
  text = "assertion failed: " + (text.size() > 200 ? text.substr(0, 200) + "…" : text);
  std::vector<Val> values;
  if (compares) values = {a, b};
  if (message != kNone) {
    values.push_back(lower_message(HirId(message)));
    push_temp(values.back());
  }
  if (!dead) {
    Val whole = text_of(values, true, [=](FuncLower& f, uint32_t sink, const std::vector<Val>& values) {
      f.print_text(sink, text);
      if (message != kNone) {
        f.print_text(sink, ": ");
        f.print_value(sink, values.back(), false);
      }
      if (!compares) return;
      // Texts are quoted by the runtime, which compares long ones line by line.
      bool texts = f.types.kind(values[0].type) == TypeKind::String;
      uint32_t sides[2];
      int base = f.top;
      for (int i = 0; i < 2; ++i) {
        sides[i] = f.to_string(values[static_cast<size_t>(i)], !texts);
        f.push_temp({Types::String, sides[i], true});
      }
      f.rt(JRt::AssertSides, JType::Void, {sink, sides[0], sides[1], f.i1(texts)});
      f.pop_to(base);
    });
    pop_to(here);
    panic_message(whole.v);
  }
  top = here;
  at(ok);
  pop_to(base);
  return {Types::Void};
}

}  // namespace janus
