// lower_task.cpp: nurseries, tasks, waiting for them.
// Depends on lower_internal.h, runtime/abi_tasks.h.
// SPDX-License-Identifier: Apache-2.0
//
// A nursery is a record in the frame of the task that opened it. Its end stands on top of the chain of cleanups while
// its body is built, so that every road out of the body waits for the children first; variables and defers of the body
// lie under it and go after that (ruling 4). A task is a block of the runtime with room for its result and arguments;
// the code that runs it (`entry`) is made once for every function and set of argument types.
#include "backend/lower_internal.h"
#include "runtime/abi_tasks.h"

namespace janus {

void FuncLower::fail_with(uint32_t error, const PendingCatch& pending) {
  emit(JOp::SetError, JType::Void, error);
  br(fail_edge(pending));
}

void FuncLower::fail_if(uint32_t error, const PendingCatch& pending) {
  uint32_t bad = new_block(true), good = new_block();
  cond_br(cmp(JCmp::Eq, error, null()), good, bad, 2);
  at(bad);
  fail_with(error, pending);
  at(good);
}

void FuncLower::end_nursery(uint32_t record, uint32_t failure) {
  fail_if(rt(JRt::NurseryEnd, JType::Ptr, {slot_addr(record), failure}));
}

Val FuncLower::lower_nursery(HirId id, Want want, uint32_t dest) {
  const HirNode& n = (*body)[id];
  TypeId type = ty(n.type);
  PendingCatch pending = take_catch();
  uint32_t local = body->extra[n.b], timeout_id = body->extra[n.b + 1], tasks_id = body->extra[n.b + 2];
  uint32_t timeout = timeout_id == kNone ? i64(-1) : lower_at_least_zero(HirId(timeout_id));
  uint32_t tasks = tasks_id == kNone ? i64(-1) : lower_at_least_zero(HirId(tasks_id));
  if (dead) return {type};
  uint32_t record = slot(static_cast<uint32_t>(rt::kNurserySize), 16);
  f.stays_out = true;   // the record is large: whoever calls this rarely would keep room for it on each task's stack
  bool is_race = n.aux == rt::kNurseryRace;
  rt(JRt::NurseryBegin, JType::Void, {slot_addr(record), i32(n.aux), tasks, timeout});
  if (local != kNone) bind_alias(LocalId(local), {ty(body->locals[local].type), slot_addr(record)});
  int base = top;
  push(CleanKind::Catch, Types::Void, fail_edge(pending));   // what leaves the nursery
  Val v{type};
  if (is_race) {   // its value is that of the first task, not of the body
    uint32_t decided = new_block();
    races_.emplace_back(top, decided);
    Val body_value = lower_block(HirId(n.a), Want::Borrow, kNone, record, static_cast<uint32_t>(races_.size() - 1));
    if (!dead) {
      if (body_value.owned) drop_val(body_value);
      br(decided);
    }
    at(decided);
  } else {
    v = lower_block(HirId(n.a), want, dest, record);
  }
  top = base;
  if (dead || !is_race) return v;
  uint32_t winner = rt(JRt::RaceWinner, JType::Ptr, {slot_addr(record)});
  v = task_result(winner, type, dest);
  emit(JOp::Release, JType::Void, winner, static_cast<uint32_t>(JRt::TaskDrop), kNone, 3);
  return v;
}

Val FuncLower::lower_shield(HirId id, Want want, uint32_t dest) {
  int base = top;
  PendingCatch pending = take_catch();
  rt(JRt::ShieldBegin, JType::Void, {});
  push(CleanKind::Shield, Types::Void, kNone);
  catch_target = pending.target;
  catch_base = pending.base;
  Val v = lower((*body)[id].kind == HirKind::Shield ? HirId((*body)[id].a) : id, want, dest);
  catch_target = kNone;
  if (!dead) pop_to(base);
  top = base;
  return v;
}

// ---- tasks

// rt::TaskDesc of tasks that make one call. `call` makes it, from the arguments, with the place where an aggregate
// result goes. `key` is what tells it from others in this run, `lasting` the same for symbols. offsets: where the
// arguments lie in the task's data.
uint32_t ModuleLower::task_desc(TypeId result, const std::vector<TypeId>& args, const std::string& key,
                                const std::string& lasting, const std::string& name,
                                const std::function<Val(FuncLower&, std::vector<Val>&, uint32_t)>& call,
                                std::vector<uint32_t>& offsets) {
  const Layout& rl = layouts.of(result);
  uint32_t at = rl.size;
  bool any_drop = false;
  for (TypeId t : args) {
    const Layout& l = layouts.of(t);
    uint32_t align = std::max(l.align, 1u);
    at = (at + align - 1) / align * align;
    offsets.push_back(at);
    at += l.size;
    any_drop |= l.needs_drop;
  }
  std::string full = "T" + key;
  if (auto it = instances_.find(full); it != instances_.end()) return it->second;
  auto load_args = [args, offsets](FuncLower& f, uint32_t data) {
    std::vector<Val> vals;
    for (size_t i = 0; i < args.size(); ++i) {
      Val v = f.load_val(f.off(data, offsets[i]), args[i]);
      v.owned = f.layout(args[i]).needs_drop;
      vals.push_back(v);
    }
    return vals;
  };
  uint32_t entry = add_func(
      "janus.task." + lasting, name,
      [result, load_args, call](FuncLower& f) {
        uint32_t data = f.emit(JOp::Param, JType::Ptr, 0);
        uint32_t failed = f.new_block(true);
        f.push(FuncLower::CleanKind::Catch, Types::Void, failed);
        std::vector<Val> vals = load_args(f, data);
        const Layout& l = f.layout(result);
        Val r = call(f, vals, l.shape == Shape::Aggregate ? data : kNone);
        if (!f.dead) {
          f.store_val(r, data);
          f.share_at(result, data, f.i32(rt::kShareCopy));   // whoever waits takes a copy
          f.emit(JOp::Ret, JType::Void, f.null());
          f.dead = true;
        }
        f.at(failed);
        f.emit(JOp::Ret, JType::Void, f.emit(JOp::GetError, JType::Ptr));
        f.dead = true;
      },
      true);
  module.funcs[entry].params = {{JType::Ptr}};
  module.funcs[entry].result = JType::Ptr;
  JGlobal g;
  g.symbol = "janus.task_desc." + lasting;
  g.bytes.assign(sizeof(rt::TaskDesc), '\0');
  auto put = [&](size_t offset, const auto& value) { std::memcpy(g.bytes.data() + offset, &value, sizeof value); };
  g.relocs.push_back({offsetof(rt::TaskDesc, name), false, false, c_string(name)});
  g.relocs.push_back({offsetof(rt::TaskDesc, entry), true, false, entry});
  if (any_drop) {
    uint32_t drop = add_func(
        "janus.task_args." + lasting, "",
        [load_args](FuncLower& f) {
          uint32_t data = f.emit(JOp::Param, JType::Ptr, 0);
          for (const Val& v : load_args(f, data)) f.drop_val(v);
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[drop].params = {{JType::Ptr}};
    g.relocs.push_back({offsetof(rt::TaskDesc, drop_args), true, false, drop});
  }
  if (rl.needs_drop) {
    uint32_t drop = add_func(
        "janus.task_result." + lasting, "",
        [result](FuncLower& f) {
          f.drop_val(f.load_val(f.emit(JOp::Param, JType::Ptr, 0), result));
          f.emit(JOp::Ret);
        },
        true);
    module.funcs[drop].params = {{JType::Ptr}};
    g.relocs.push_back({offsetof(rt::TaskDesc, drop_result), true, false, drop});
  }
  put(offsetof(rt::TaskDesc, data_size), at);
  return instances_[full] = add_global(std::move(g));
}

Val FuncLower::lower_spawn(HirId id) {
  const HirNode& n = (*body)[id];
  const HirId call_id{n.a};
  const HirNode& call = (*body)[call_id];
  TypeId type = ty(n.type), result = ty(call.type);
  if (result == Types::Never) result = Types::Void;
  PendingCatch pending = take_catch();
  int base = top;
  uint32_t nursery = lower_scalar(HirId(body->extra[n.b]));
  uint32_t stack = body->extra[n.b + 1] == kNone ? i64(-1) : lower_at_least_zero(HirId(body->extra[n.b + 1]));

  // What runs, and with what. The values are the task's own.
  FuncId callee = FuncId::None;
  bool table = call.kind == HirKind::CallDyn;
  std::vector<TypeId> targs;
  std::vector<HirId> operands;
  std::span<const uint32_t> arg_ids;
  std::string key, lasting, name;
  if (call.kind == HirKind::Call || call.kind == HirKind::CallTrait) {
    targs = ty_list(body->extra[call.b]);
    arg_ids = body->list(body->extra[call.b + 1]);
    callee = FuncId(call.a);
    if (call.kind == HirKind::CallTrait) table = m.find_method(callee, targs);
  } else {
    arg_ids = body->list(call.b);
    if (call.kind == HirKind::CallDyn) callee = FuncId(call.a);
  }
  bool by_value = call.kind == HirKind::CallValue;
  size_t count = call.aux == 1 ? arg_ids.size() / 2 : arg_ids.size();
  if (by_value) operands.push_back(HirId(call.a));
  for (size_t i = 0; i < count; ++i) operands.push_back(HirId(arg_ids[i]));
  std::vector<size_t> order;
  if (by_value) order.push_back(0);
  for (size_t k = 0; k < count; ++k) order.push_back((call.aux == 1 ? arg_ids[count + k] : k) + (by_value ? 1 : 0));

  std::vector<Val> vals(operands.size());
  for (size_t i : order) {
    Val v = lower(operands[i], Want::Own);
    if (dead) {
      top = base;
      return {type};
    }
    const Layout& l = layout(v.type);
    if (!v.owned && (l.needs_drop || (l.shape == Shape::Aggregate && is_mutable_root(operands[i])))) v = copy_val(v);
    push_temp(v);
    vals[i] = v;
  }
  if (dead) {
    top = base;
    return {type};
  }
  std::vector<TypeId> arg_types;
  for (const Val& v : vals) arg_types.push_back(v.type);

  std::function<Val(FuncLower&, std::vector<Val>&, uint32_t)> make;
  if (by_value) {
    uint32_t code = code_of(HirId(call.a));
    TypeId func_type = vals[0].type;
    key = code != kNone ? "c" + std::to_string(code) : "v" + std::to_string(+func_type);
    lasting = code != kNone ? m.symbols[code] : m.names.type(func_type);
    name = code != kNone ? m.module.funcs[code].display : "function value";
    make = [code, func_type](FuncLower& f, std::vector<Val>& v, uint32_t dest) {
      for (const Val& x : v) f.push_temp(x);
      std::vector<Val> rest(v.begin() + 1, v.end());
      Val r;
      if (code != kNone) {
        Signature sig = f.m.closure_signature(func_type);
        sig.skipped.insert(sig.skipped.begin(), false);
        r = f.call_function(code, sig, v, dest, f.landing());
      } else {
        r = f.call_code(v[0].v, func_type, rest, dest, f.landing());
      }
      if (!f.dead) f.pop_to(0);
      return r;
    };
  } else if (table) {
    key = "d" + std::to_string(+callee) + "," + std::to_string(+vals[0].type);
    lasting = m.names.func(callee) + "," + m.names.type(vals[0].type);
    name = m.program.symbol(callee);
    make = [callee](FuncLower& f, std::vector<Val>& v, uint32_t dest) {
      for (const Val& x : v) f.push_temp(x);
      std::vector<Val> args = v;
      if (f.m.program.funcs[+callee].self == SelfKind::Mut) args[0].v = f.spill(v[0]);
      Val r = f.call_table(callee, args, dest, f.landing());
      if (!f.dead) f.pop_to(0);
      return r;
    };
  } else {
    require(m.program.funcs[+callee].origin == FuncOrigin::Janus, "a task that runs no function of the program");
    uint32_t fn = m.instance(callee, targs);
    key = "f" + std::to_string(fn);
    lasting = m.symbols[fn];
    name = m.program.symbol(callee);
    make = [callee, targs, fn](FuncLower& f, std::vector<Val>& v, uint32_t dest) {
      for (size_t i = 0; i < v.size(); ++i)
        if (!f.m.owners.param_owned(callee, static_cast<uint32_t>(i))) f.push_temp(v[i]);
      std::vector<Val> args = v;
      if (f.m.program.funcs[+callee].self == SelfKind::Mut && f.layout(v[0].type).shape != Shape::Aggregate)
        args[0].v = f.spill(v[0]);
      Val r = f.call_function(fn, f.m.signature(callee, targs), args, dest, f.landing());
      if (!f.dead) f.pop_to(0);
      return r;
    };
  }
  for (TypeId t : arg_types) key += "," + std::to_string(+t), lasting += "," + m.names.type(t);
  std::vector<uint32_t> offsets;
  uint32_t desc = m.task_desc(result, arg_types, key, lasting, name, make, offsets);

  bool handle = types.kind(type) == TypeKind::Task;
  uint32_t failed = slot_addr(slot(8, 8));
  uint32_t flags = (handle ? rt::kSpawnHandle : 0u) | (handle && n.aux & 1 ? rt::kSpawnAnswered : 0u);
  uint32_t task = rt(JRt::Spawn, JType::Ptr, {nursery, global(desc), i32(static_cast<int32_t>(flags)), stack, failed});
  uint32_t refused = new_block(true), made = new_block();
  cond_br(cmp(JCmp::Ne, task, null()), made, refused, 2);
  at(refused);
  fail_with(load(JType::Ptr, failed), pending);
  at(made);
  top = base;   // the arguments are the task's now
  for (size_t i = 0; i < vals.size(); ++i) {
    if (layout(vals[i].type).shape == Shape::Void) continue;
    uint32_t to = off(task, static_cast<uint32_t>(rt::kTaskData) + offsets[i]);
    store_val(vals[i], to);
    share_at(vals[i].type, to, i32(rt::kShareMove));
  }
  rt(JRt::SpawnStart, JType::Void, {task});
  return {type, handle ? task : kNone, handle};
}

Val FuncLower::task_result(uint32_t task, TypeId type, uint32_t dest) {
  const Layout& l = layout(type);
  if (l.shape == Shape::Void) return {type};
  Val v = load_val(off(task, static_cast<uint32_t>(rt::kTaskData)), type);
  if (l.shape != Shape::Aggregate || dest == kNone) return copy_val(v);
  copy_bytes(dest, v.v, l.size, l.align);
  v.v = dest;
  retain_val(v);
  v.owned = l.needs_drop;
  return v;
}

Val FuncLower::lower_await(HirId id, Want, uint32_t dest) {
  const HirNode& n = (*body)[id];
  PendingCatch pending = take_catch();
  int base = top;
  Val task = lower(HirId(n.a), Want::Borrow);
  if (dead) return {ty(n.type)};
  if (!task.owned && is_mutable_root(HirId(n.a))) task = copy_val(task);
  push_temp(task);
  fail_if(rt(JRt::Await, JType::Ptr, {task.v}), pending);
  Val v = task_result(task.v, ty(n.type), dest);
  pop_to(base);
  return v;
}

Val FuncLower::lower_task_op(HirId id) {
  const HirNode& n = (*body)[id];
  int base = top;
  Val task = lower(HirId(n.a), Want::Borrow);
  if (dead) return {ty(n.type)};
  push_temp(task);
  Val v{ty(n.type)};
  if (n.aux == 0) rt(JRt::TaskCancel, JType::Void, {task.v});
  else v.v = rt(JRt::TaskIsDone, JType::I1, {task.v});
  pop_to(base);
  return v;
}

}   // namespace janus
