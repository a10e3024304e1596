// lower_share.cpp: what makes a value fit for other tasks: everything counted that it reaches gets an atomic count, or
// stays its own. Depends on lower_internal.h. SPDX-License-Identifier: Apache-2.0
//
// Called where a value crosses to another task, with a mode (runtime/abi_tasks.h): kShareMove, the giver keeps nothing,
// so blocks with one owner stay plain; kShareCopy, the giver keeps a share. The work ends at blocks that are shared
// already.
#include "backend/lower_internal.h"
#include "backend/lower_parts.h"

namespace janus {

void FuncLower::share_at(TypeId type, uint32_t address, uint32_t mode) {
  const Layout& l = layout(type);
  if (!l.needs_drop) return;
  if (l.shape == Shape::Managed) share_val(load_val(address, type), mode);
  else emit(JOp::Call, JType::Void, m.share_func(type), list({address, mode}));
}

void FuncLower::share_val(const Val& v, uint32_t mode) {
  const Layout& l = layout(v.type);
  if (!l.needs_drop || v.v == kNone) return;
  if (l.shape == Shape::Aggregate) {
    share_at(v.type, v.v, mode);
    return;
  }
  if (l.nullable) {
    uint32_t some = new_block(), done = new_block();
    cond_br(cmp(JCmp::Ne, v.v, null()), some, done);
    at(some);
    share_val({types.elem(v.type), v.v}, mode);
    br(done);
    at(done);
    return;
  }
  switch (types.kind(v.type)) {
    case TypeKind::String: rt(JRt::ShareArray, JType::Void, {v.v, null(), mode}); break;
    case TypeKind::Array: rt(JRt::ShareArray, JType::Void, {v.v, global(m.glue(types.elem(v.type))), mode}); break;
    case TypeKind::Func: rt(JRt::ShareClosure, JType::Void, {v.v, mode}); break;
    case TypeKind::Dyn: rt(JRt::ShareDyn, JType::Void, {v.v, mode}); break;
    case TypeKind::ErrorVal: rt(JRt::ShareError, JType::Void, {v.v, mode}); break;
    case TypeKind::Struct:
    case TypeKind::Enum: rt(JRt::Share, JType::Void, {v.v, func_addr(m.share_contents(v.type)), mode}); break;
    default: break;   // channels and tasks are shared from birth
  }
}

namespace {
void share_params(JFunc& fn) { fn.params = {{JType::Ptr}, {JType::I32}}; }
}   // namespace

uint32_t ModuleLower::share_func(TypeId type) {
  return once(kShareAt, type, [&] {
    uint32_t index = add_func(
        "janus.share_at." + names.type(type), "",
        [type](FuncLower& f) {
          uint32_t address = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
          if (f.layout(type).shape == Shape::Managed) f.share_val(f.load_val(address, type), mode);
          else each_part(f, type, address, [&](Val v) { f.share_val(v, mode); });
          f.emit(JOp::Ret);
        },
        true);
    share_params(module.funcs[index]);
    return index;
  });
}

uint32_t ModuleLower::share_contents(TypeId type) {
  return once(kShareContents, type, [&] {
    uint32_t index = add_func(
        "janus.share_contents." + names.type(type), "",
        [type](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
          each_part(f, type, f.off(block, static_cast<uint32_t>(rt::kBoxPayload)),
                    [&](Val v) { f.share_val(v, mode); });
          f.emit(JOp::Ret);
        },
        true);
    share_params(module.funcs[index]);
    return index;
  });
}

// A variable that closures write. Its value stays its own: copies are made fit when they are taken out, under the lock.
uint32_t ModuleLower::share_cell(TypeId type) {
  return once(kShareCell, type, [&] {
    uint32_t index = add_func(
        "janus.share_cell." + names.type(type), "",
        [this, type](FuncLower& f) {
          uint32_t block = f.emit(JOp::Param, JType::Ptr, 0), mode = f.emit(JOp::Param, JType::I32, 1);
          if (layouts.of(type).needs_drop) f.share_val(cell_content(f, type, block), mode);
          f.emit(JOp::Ret);
        },
        true);
    share_params(module.funcs[index]);
    return index;
  });
}

}   // namespace janus
