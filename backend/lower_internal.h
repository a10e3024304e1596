// lower_internal.h: the parts of lowering: ModuleLower numbers instances and static data, FuncLower builds one
// function. Depends on coverage.h, lower.h, own.h. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/coverage.h"
#include "backend/hoist.h"
#include "backend/intrinsics.h"
#include "backend/lasting_names.h"
#include "backend/lower.h"
#include "backend/own.h"
#include "runtime/abi.h"

namespace janus {

class FuncLower;
struct Val;

// The machine signature of a function: what a caller must pass and how.
struct Signature {
  std::vector<JParam> params;      // with the result pointer first, when there is one
  std::vector<TypeId> types;       // of the Janus parameters (without the result pointer)
  std::vector<bool> skipped;       // parameters without data (void, Type[T]) are not passed
  TypeId result_type = Types::Void;
  JType result = JType::Void;
  bool result_pointer = false;
  uint32_t result_size = 0, result_align = 1;
};

// Where a closure's captures lie behind its head.
struct ClosureLayout {
  std::vector<uint32_t> offsets;
  std::vector<bool> cells;
  uint32_t size = 0;
};

class ModuleLower {
 public:
  ModuleLower(Program& program, Layouts& layouts, const LowerOptions& options)
      : program(program),
        types(program.types),
        layouts(layouts),
        options(options),
        owners(program),
        hoist(program),
        names(program) {}
  JModule run();

  Program& program;
  Types& types;
  Layouts& layouts;
  const LowerOptions& options;
  Owners owners;
  Hoist hoist;
  LastingNames names;   // for symbols
  std::vector<std::string> symbols;   // by function; module.funcs does not have the one that is being built
  JModule module;
  CoverageMap coverage;
  uint32_t counters = kNone;   // global: a word a counter

  // ---- functions: each is numbered when first asked for and built later (the work list)
  // `known`: per parameter the code of the function value that is passed (kNone: any). Release builds make an instance
  // per closure, so that higher-order functions cost what a loop written by hand costs.
  uint32_t instance(FuncId func, std::span<const TypeId> args, std::span<const uint32_t> known = {});
  // Whose method a call of a trait's method means, with its arguments; true: the one in the table of a `dyn` value.
  bool find_method(FuncId& method, std::vector<TypeId>& args);
  uint32_t closure_code(BodyId body, std::span<const TypeId> args, FuncId outer);
  uint32_t result_dropper(TypeId inner,
                          TypeId outer);   // function: calls the captured function value, drops its result
  uint32_t dropper_info();   // global: rt::ClosureInfo of a result_dropper's block
  uint32_t static_closure(uint32_t code);   // global: immortal function value without captures
  uint32_t closure_infos(BodyId body, std::span<const TypeId> args, FuncId outer);   // global: rt::ClosureInfo
  uint32_t closure_info(const std::string& name, uint32_t drop, uint32_t share);
  ClosureLayout closure_layout(const Body& code, const std::function<TypeId(LocalId)>& type_of);
  std::string digest_of(const JGlobal& g) const;   // of its content
  std::vector<FieldLayout> payload_fields(TagId tag);   // of an error, offsets from the payload's start
  uint32_t func_value_code(FuncId func,
                           std::span<const TypeId> args);   // function: takes what closures take, calls the named one
  uint32_t func_value(FuncId func, std::span<const TypeId> args) {
    return static_closure(func_value_code(func, args));
  }   // global
  uint32_t vtable(TypeId self, TraitId trait);   // global: drop, clone, with tasks share, then the methods
  uint32_t vtable_method(uint32_t index) const { return 8 * ((module.tasks ? 3u : 2u) + index); }   // offset in it
  uint32_t drop_managed(TypeId type);   // drop(block, depth): the last owner went
  uint32_t drop_at(TypeId type);   // drop(address, depth): for inline values
  uint32_t retain_at(TypeId type);
  uint32_t drop_cell(TypeId content);   // drop of a shared variable's block
  uint32_t equal_func(TypeId type);   // (a, b) -> I1
  uint32_t compare_func(TypeId type);   // (a, b) -> I32 <0 0 >0
  uint32_t hash_func(TypeId type);   // (state, value) -> state
  uint32_t print_func(TypeId type);   // (sink, value): as it stands inside others (strings quoted)
  uint32_t glue(TypeId type);   // global: TypeGlue of an element
  uint32_t string_global(std::string_view text);
  uint32_t c_string(std::string_view text);   // zero-terminated bytes
  uint32_t error_desc(TagId tag);
  uint32_t error_desc_print(TagId tag);
  uint32_t share_func(TypeId type);   // (address, mode)
  uint32_t share_contents(TypeId boxed);   // (block, mode): what a boxed struct or enum owns
  uint32_t share_cell(TypeId content);   // (block, mode)
  uint32_t task_desc(TypeId result, const std::vector<TypeId>& args, const std::string& key, const std::string& lasting,
                     const std::string& name, const std::function<Val(FuncLower&, std::vector<Val>&, uint32_t)>& call,
                     std::vector<uint32_t>& offsets);
  uint32_t empty_variant(TypeId type, uint32_t variant);   // global: boxed enum's variant without payload
  uint32_t extern_func(FuncId func);
  uint32_t const_global(ConstId id, bool* ok);   // static data of a constant; ok = false: not static
  Signature signature(FuncId func, std::span<const TypeId> args);
  uint32_t retain_payload(TypeId boxed);   // (payload address): one more share of all inside
  Signature dyn_signature(FuncId method, TypeId dyn);   // of an entry of a dyn's table
  Signature closure_signature(TypeId func_type);   // of the code behind a function value, env included
  uint32_t add_func(std::string symbol, std::string display, std::function<void(FuncLower&)> build, bool c_abi = false);
  uint32_t add_global(JGlobal g) {
    module.globals.push_back(std::move(g));
    return static_cast<uint32_t>(module.globals.size() - 1);
  }
  // Writes a constant expression's value at `at` of `g`; false when it is not static.
  bool static_value(const Body& body, HirId id, TypeId type, JGlobal& g, uint32_t at);
  bool static_array(const Body& body, HirId id, TypeId type, uint32_t* global);
  BodyId body_id(const Body& body);
  bool satisfies_identity(TypeId type);
  bool deep(TypeId type);   // may a value reach another value of its own type (recursion in drop code)?

 private:
  struct Work {
    uint32_t index;
    std::function<void(FuncLower&)> build;
  };
  std::vector<Work> work_;
  std::unordered_map<std::string, uint32_t> instances_;
  std::unordered_map<uint64_t, uint32_t> glue_;   // kind << 32 | type
  std::unordered_map<std::string, uint32_t> strings_, c_strings_;
  std::unordered_map<uint32_t, uint32_t> descs_, externs_;
  std::unordered_map<const Body*, BodyId> body_ids_;
  std::unordered_map<uint32_t, std::pair<uint32_t, bool>> consts_;
  friend class FuncLower;
  uint32_t once(uint64_t kind, TypeId type, const std::function<uint32_t()>& make);
  void part_names();
  void build_main();
  void add_counters(JGlobal& table);
  void set_budgets();
  void mark_cycles();
  void unroll_recursion();
};

// What an expression evaluated to. Scalar, Managed: v is the value. Aggregate: v is its address. Void: nothing.
struct Val {
  TypeId type = Types::Void;
  uint32_t v = kNone;
  bool owned = false;   // whoever holds this Val must store, pass on or drop it
};

class FuncLower {
 public:
  FuncLower(ModuleLower& m, JFunc& f) : m(m), f(f), types(m.types) { new_block(); }

  ModuleLower& m;
  JFunc& f;
  Types& types;

  // ---- builder
  uint32_t cur = 0;   // block being filled
  bool dead = false;   // the block cannot be reached
  uint32_t pos = 0;   // source position given to new instructions
  uint32_t new_block(bool cold = false) {
    f.blocks.push_back({{}, cold});
    return static_cast<uint32_t>(f.blocks.size() - 1);
  }
  void at(uint32_t block) {
    cur = block;
    dead = false;
  }
  uint32_t emit(JOp op, JType type = JType::Void, uint32_t a = kNone, uint32_t b = kNone, uint32_t c = kNone,
                uint32_t aux = 0);
  void count(uint32_t id);   // a HirId: of --coverage
  void count_at(Span span);
  uint32_t list(std::span<const uint32_t> items);
  uint32_t list(std::initializer_list<uint32_t> items) {
    return list(std::span<const uint32_t>(items.begin(), items.size()));
  }
  uint32_t iconst(JType t, int64_t v) {
    return emit(JOp::ConstInt, t, static_cast<uint32_t>(v), static_cast<uint32_t>(static_cast<uint64_t>(v) >> 32));
  }
  uint32_t i64(int64_t v) { return iconst(JType::I64, v); }
  uint32_t i32(int64_t v) { return iconst(JType::I32, v); }
  uint32_t i1(bool v) { return iconst(JType::I1, v); }
  uint32_t null() { return emit(JOp::ConstNull, JType::Ptr); }
  uint32_t slot(uint32_t size, uint32_t align) {
    JSlot& s = f.slots.emplace_back();
    s.size = size ? size : 1;
    s.align = align ? align : 1;
    return static_cast<uint32_t>(f.slots.size() - 1);
  }
  // The slot of a local: the debugger shows it under its name.
  uint32_t local_slot(const HirLocal& local, TypeId type, uint32_t size, uint32_t align) {
    uint32_t s = slot(size, align);
    f.slots[s].name = local.name;
    f.slots[s].type = type;
    f.slots[s].span = local.span;
    return s;
  }
  uint32_t slot_addr(uint32_t s) { return emit(JOp::SlotAddr, JType::Ptr, s); }
  uint32_t temp_addr(TypeId type);   // address of a new slot for a value of the type
  uint32_t off(uint32_t addr, uint32_t bytes) {
    return bytes == 0 ? addr : emit(JOp::AddrOff, JType::Ptr, addr, bytes);
  }
  uint32_t load(JType t, uint32_t addr, uint32_t offset = 0, JAlias alias = JAlias::Scalar) {
    return emit(JOp::Load, t, addr, offset, kNone, static_cast<uint32_t>(alias));
  }
  void store(uint32_t value, uint32_t addr, uint32_t offset = 0, JAlias alias = JAlias::Scalar) {
    emit(JOp::Store, JType::Void, addr, offset, value, static_cast<uint32_t>(alias));
  }
  // The tag of an enum or optional, with the unused bytes up to `room` behind it: the value is soon copied by whole
  // words, and a load of more than one store wrote waits for all of them.
  void store_tag(const Layout& l, uint32_t tag, uint32_t to, uint32_t room) {
    uint32_t bytes = 1;
    while (bytes * 2 <= room && bytes * 2 <= l.align && l.tag_offset % (bytes * 2) == 0) bytes *= 2;
    if (bytes == 8) store(i64(tag), to, l.tag_offset, JAlias::Any);   // also read by its own type
    else if (bytes == 4) store(iconst(JType::I32, tag), to, l.tag_offset, JAlias::Any);
    else store(l.tag == JType::I1 ? i1(tag != 0) : iconst(l.tag, tag), to, l.tag_offset);
  }
  // The tag of an enum at `addr`. Read as the whole word that store_tag wrote: a read of the byte alone would make the
  // optimiser carry the other seven along in pieces, and each piece read back would wait for the stores before it.
  uint32_t load_tag(const Layout& l, uint32_t addr) {
    if (l.align < 8 || l.size < 8 || l.tag_offset != 0 || l.tag == JType::I1) return load(l.tag, addr, l.tag_offset);
    uint32_t word = load(JType::I64, addr, 0, JAlias::Any);
    return emit(JOp::Cast, l.tag, word, kNone, kNone, static_cast<uint32_t>(JCast::Trunc));
  }
  void copy_bytes(uint32_t to, uint32_t from, uint32_t size, uint32_t align) {
    if (size) emit(JOp::CopyBytes, JType::Void, to, from, size, align);
  }
  uint32_t cmp(JCmp c, uint32_t a, uint32_t b) {
    return emit(JOp::Cmp, JType::I1, a, b, kNone, static_cast<uint32_t>(c));
  }
  uint32_t rt(JRt symbol, JType result, std::initializer_list<uint32_t> args) {
    return emit(JOp::CallRt, result, static_cast<uint32_t>(symbol), list(args));
  }
  uint32_t rt_addr(JRt symbol) { return emit(JOp::RtAddr, JType::Ptr, static_cast<uint32_t>(symbol)); }
  uint32_t global(uint32_t g) { return emit(JOp::GlobalAddr, JType::Ptr, g); }
  uint32_t func_addr(uint32_t fn) { return emit(JOp::FuncAddr, JType::Ptr, fn); }
  void br(uint32_t block) {
    emit(JOp::Br, JType::Void, block);
    dead = true;
  }
  void cond_br(uint32_t v, uint32_t then, uint32_t otherwise, uint32_t unlikely = 0) {
    emit(JOp::CondBr, JType::Void, v, then, otherwise, unlikely);
    dead = true;
  }
  JType type_of(uint32_t v) const { return f.instrs[v].type; }

  // ---- values
  const Layout& layout(TypeId t) { return m.layouts.of(t); }
  Val load_val(uint32_t addr, TypeId type);   // borrowed view of what lies at addr
  Val copy_val(Val v);   // owned
  void retain_val(const Val& v);   // one more share of what v owns
  void store_val(const Val& v, uint32_t addr);   // moves the bits
  void drop_val(const Val& v, uint32_t depth = kNone);   // releases what v owns (depth: inside drop code)
  uint32_t spill(const Val& v);   // address of v: aggregates are there already
  void release(uint32_t ptr, TypeId type, uint32_t depth = kNone);

  // ---- cleanups: what must happen when control leaves, innermost first. A chain, so that states share their tails.
  enum class CleanKind : uint8_t {
    Value,
    Slot,
    FlaggedSlot,
    Defer,
    Cell,
    ErrorInFlight,
    Catch,
    Nursery,
    Shield,
    CellLock,
    Sink
  };
  struct Cleanup {
    int parent;
    CleanKind kind;
    TypeId type;
    uint32_t v;   // value or address (Value), slot (Slot, FlaggedSlot, Cell, Nursery, CellLock), HirId (Defer), block
                  // (Catch), the sink (Sink; type String: a text being built)
    uint32_t flag = kNone;   // slot of an I1: still owned
    uint32_t landing = kNone, return_block = kNone;
    LocalId local = LocalId::None;
  };
  std::vector<Cleanup> cleanups;
  int top = -1;
  int push(CleanKind kind, TypeId type, uint32_t v, uint32_t flag = kNone);
  int push_temp(const Val& v);   // no node when nothing is owned; returns the old top
  static constexpr int kBelow = -2;
  bool in_nursery_body_ = false;   // the innermost block is the body of a nursery
  int push_scoped(CleanKind kind, TypeId type, uint32_t v, uint32_t flag = kNone);   // variables and defers of a block
  void run_cleanup(int node, int below = kBelow);   // the drop or defer of one node, here
  void run_cleanup_failing(int node);
  void run_defer(HirId id);
  bool may_call(HirId id);
  void pop_to(int base);   // runs and forgets, innermost first
  uint32_t landing();   // where a failure goes from here
  uint32_t overflow_landing(const Signature& sig, bool closure);
  uint32_t landing_of(int node);
  uint32_t landing_to(int base, uint32_t target);   // drops down to base, then target (for catch)
  void leave_to(int base, uint32_t target);   // runs cleanups down to base and jumps; the chain stays
  void do_return();   // the result is in place: runs everything, returns
  uint32_t return_of(int node);
  void remove_cleanup(int node);   // a variable released early

  // ---- one body
  const Body* body = nullptr;
  const BodyOwnership* own = nullptr;
  std::vector<TypeId> type_args;
  std::vector<TypeParamId> type_params;
  FuncId self_func = FuncId::None;
  TypeId ty(TypeId t);
  TypeId ty(HirId id) { return ty((*body)[id].type); }
  std::vector<TypeId> ty_list(uint32_t list_index);

  enum class BindKind : uint8_t { None, Slot, Address, Cell };
  struct Bind {
    BindKind kind = BindKind::None;
    uint32_t v = kNone;   // Slot, Cell: slot; Address: value
    int cleanup = -1;   // when it owns
    uint32_t flag = kNone;
    bool borrowed = false;   // alias of what somebody else keeps
  };
  std::vector<Bind> binds;
  // Arrays that nothing in the loops around replaces or shares (hoist.h): the address of each, and whether it owns its
  // storage alone.
  struct Steady {
    VarPath path;
    uint32_t arr = kNone;
    bool alone = false;
  };
  std::vector<Steady> steady;
  size_t settle_arrays(const LoopArrays& arrays);   // before the first round; returns the old length of `steady`
  const Steady* steady_at(const VarPath& path) const;
  const Steady* steady_at(HirId place) const;
  uint32_t path_addr(const VarPath& path, TypeId& type);   // kNone: a field of it is behind a block of its own
  void promise_settled(FuncId callee, std::span<const uint32_t> args);
  struct LoopTarget {
    uint32_t at_break = kNone, at_continue = kNone;
    int base = -1;
  };
  std::vector<LoopTarget> loops;
  uint32_t result_slot = kNone;   // scalar results wait here for cleanups
  uint32_t result_addr = kNone;   // Param 0 when aggregate results are written through it
  TypeId result_type = Types::Void;
  uint32_t return_root = kNone, fail_root = kNone;
  uint32_t entry_loop = kNone;   // block that a self tail call jumps to
  std::vector<uint32_t> param_slots;
  std::vector<uint32_t> known_code;   // by parameter: the code of the function value in it, when this instance knows
  uint32_t code_of(HirId function);   // of a function value that is known here, or kNone

  void build_body(const Body& b, std::span<const TypeId> args, std::span<const TypeParamId> params,
                  const Signature& sig, bool closure);
  void bind_local(LocalId id, Val owned_value,
                  bool let = false);   // takes the value; let: a statement of a block, not part of one
  void bind_alias(LocalId id, Val borrowed);
  uint32_t local_addr(LocalId id);
  bool is_mutable_root(HirId place);

  Val lower(HirId id, Want want, uint32_t dest = kNone);
  void lower_to(HirId id, uint32_t addr);   // owned value, written at addr
  // For what the runtime takes -1 for "not said": who says less than nothing means nothing.
  uint32_t lower_at_least_zero(HirId id) {
    const uint32_t x = lower_scalar(id);
    return dead ? x : emit(JOp::Select, JType::I64, cmp(JCmp::SLt, x, i64(0)), i64(0), x);
  }
  uint32_t lower_scalar(HirId id) {
    uint32_t v = lower(id, Want::Borrow).v;
    return v != kNone ? v : emit(JOp::Undef, JType::I64);   // it never comes back: what follows is not reached
  }
  void lower_drop(HirId id);   // as a statement
  Val result_of(TypeId type, uint32_t dest, const std::function<void(uint32_t)>& fill);

  Val lower_local(HirId id, Want want);
  Val lower_field(HirId id, Want want);
  Val lower_index(HirId id, Want want);
  Val lower_map_index(HirId id, Want want);
  Val lower_slice(HirId id);
  Val array_of_fixed(const Val& fixed, TypeId array);
  Val fixed_of_array(const Val& array, TypeId fixed, int saved);
  Val lower_arith(HirId id);
  uint32_t arith(HirOp op, uint32_t a, uint32_t b, TypeId type, JType t);
  Val lower_compare(HirId id);
  Val lower_const(ConstId id, TypeId type, Want want);
  Val lower_concat(HirId id);
  Val lower_convert(HirId id);
  Val convert_number(Val v, TypeId to, uint32_t mode, TypeId result);
  Val lower_make(HirId id, uint32_t dest);
  uint32_t temp_payload(const Layout& l);
  uint32_t make_box(uint32_t payload, const Layout& l);
  Val lower_closure(HirId id);
  Val lower_interp(HirId id, bool told = false);
  using Print = std::function<void(FuncLower&, uint32_t sink, const std::vector<Val>& values)>;
  Val text_of(const std::vector<Val>& values, bool told, const Print& print);
  Val lower_message(HirId id);   // of a panic
  Val lower_call(HirId id, uint32_t dest);
  Val lower_intrinsic(HirId id, Want want, uint32_t dest);
  Val intrinsic(Intrin which, const std::vector<TypeId>& targs, const std::vector<Val>& args, TypeId type,
                uint32_t dest, Want want = Want::Own);
  Val lower_print(HirId id);
  Val lower_assert(HirId id);
  Val lower_expect(HirId id);
  Val lower_block(HirId id, Want want, uint32_t dest, uint32_t nursery = kNone,
                  uint32_t race = kNone);   // nursery: slot of its record, the block is its body
  Val lower_if(HirId id, uint32_t dest);
  Val lower_match(HirId id, uint32_t dest);
  bool has_cond_let(HirId cond) const;
  Val lower_while(HirId id);
  Val lower_for_range(HirId id);
  Val lower_for_each(HirId id);
  Val lower_catch(HirId id, uint32_t dest);
  Val lower_return(HirId id);
  void return_value(HirId value);
  void return_tail(HirId value);
  void match_cond(HirId value, uint32_t pat, uint32_t if_false, int base);   // falls through with the names bound
  Val lower_coalesce(HirId id, uint32_t dest);
  void lower_assign(HirId id);
  void lower_assign_op(HirId id);
  void lower_map_set(HirId id);
  bool lower_tail_call(HirId call);

  // conditions: falls through when true; when false, runs the cleanups made since `base` and jumps
  void lower_cond(HirId id, uint32_t if_false, int base);
  // patterns: tests jump to fail; then names are bound as aliases of the subject
  void test_pattern(uint32_t pat, Val subject, uint32_t fail);
  uint32_t desc_of(TagId tag);   // address of an error's descriptor: implicit failures are the runtime's
  void bind_pattern(uint32_t pat, Val subject);
  bool needs_test(uint32_t pat);
  bool binds_anything(uint32_t pat, uint8_t flags = 0);   // a local that has these flags
  void bind_or(uint32_t pat, Val subject, bool first);
  bool or_first_ = false, or_rebind_ = false;   // a later alternative of a pattern: names have their slots already
  Val struct_field(const Val& v, uint32_t index);
  Val subject(HirId id);   // scrutinee: a stable borrowed view (cleanup pushed when owned)
  Val variant_field(const Val& v, uint32_t variant, uint32_t field);
  uint32_t enum_tag(const Val& v);
  uint32_t opt_is_some(const Val& v);
  Val opt_value(const Val& v);   // borrowed view of what is inside

  // places
  struct Step {
    HirKind kind;
    TypeId type;
    uint32_t a = kNone;
    Val key;
    HirId node;
  };   // type: of the value at this step
  struct Place {
    std::vector<Step> steps;
    int base = -1;
  };
  Place prepare(HirId place);
  uint32_t resolve(const Place& place);   // address, made unique on the way
  uint32_t unique_array(uint32_t address, uint32_t arr, TypeId elem);
  uint32_t reserve_array(uint32_t address, uint32_t extra, TypeId elem);
  uint32_t dyn_unique(uint32_t address);
  void unbox(uint32_t slot_address, TypeId type);   // the boxed value at this address has one owner afterwards

  // calls
  struct Args {
    std::vector<uint32_t> values;
    int base = -1;
    std::vector<std::pair<size_t, Place>> muts;
  };
  Val call_function(uint32_t index, const Signature& sig, const std::vector<Val>& args, uint32_t dest,
                    uint32_t on_fail);
  uint32_t noting_caller(FuncId callee, uint32_t edge);
  Val call_values(FuncId func, std::span<const TypeId> targs, const std::vector<Val>& args, uint32_t dest,
                  uint32_t on_fail);   // args already evaluated as the callee wants them
  Val call_table(FuncId method, const std::vector<Val>& args, uint32_t dest,
                 uint32_t on_fail);   // through the table of the dyn value that is args[0]
  Val call_code(uint32_t closure, TypeId func_type, const std::vector<Val>& args, uint32_t dest, uint32_t on_fail);
  uint32_t catch_target = kNone;
  int catch_base = -1;   // waiting for the outermost call of a catch operand
  // Before the call: owned arguments leave the chain, borrowed temporaries stay to be dropped after it.
  void finish_args(int base, const std::vector<Val>& args, const std::function<bool(size_t)>& owned);
  struct PendingCatch {
    uint32_t target;
    int base;
  };
  PendingCatch take_catch() {
    PendingCatch p{catch_target, catch_base};
    catch_target = kNone;
    return p;
  }
  uint32_t fail_edge(const PendingCatch& p) { return p.target == kNone ? landing() : landing_to(p.base, p.target); }
  std::unordered_map<uint64_t, uint32_t> catch_chains_;

  // tasks, nurseries, channels (lower_task.cpp, lower_channel.cpp)
  void fail_if(uint32_t error, const PendingCatch& pending);   // an Error that the runtime returned, or null
  void fail_if(uint32_t error) { fail_if(error, {kNone, -1}); }
  void fail_with(uint32_t error, const PendingCatch& pending);
  void end_nursery(uint32_t record, uint32_t failure);   // on a road without a failure
  std::vector<std::pair<int, uint32_t>> races_;   // chain below a race's body, block behind it
  Val lower_nursery(HirId id, Want want, uint32_t dest);
  Val lower_shield(HirId id, Want want, uint32_t dest);
  Val lower_spawn(HirId id);
  Val lower_await(HirId id, Want want, uint32_t dest);
  Val lower_task_op(HirId id);
  Val lower_channel_new(HirId id);
  Val lower_channel_op(HirId id, uint32_t dest);
  Val lower_select(HirId id, uint32_t dest);
  Val task_result(uint32_t task, TypeId type, uint32_t dest);   // a copy of what an ended task left
  uint32_t recv(uint32_t channel, uint32_t out, const PendingCatch& pending);   // I1: a value was received
  void share_val(const Val& v, uint32_t mode);   // fit for other tasks (lower_share.cpp); mode: v
  void share_at(TypeId type, uint32_t address, uint32_t mode);
  // variables that tasks share (lower_cell.cpp)
  LocalId cell_root(HirId place) const;
  bool touches_cell(HirId id) const;
  uint32_t lock_cell(LocalId cell);   // pushes the node that unlocks; the slot that says whether the lock was needed
  void unlock_cells(uint32_t flag);
  Val read_cell(LocalId cell);   // a copy, taken out under the lock
  bool is_quiet(HirId call) const;
  void make_ready(HirId id);
  void share_passing(uint32_t lock, const Val& v, bool moves);
  void when(uint32_t condition, const std::function<void()>& then);
  std::unordered_map<uint32_t, Val> ready_;   // operands evaluated before the lock, by HirId

  void panic_message(uint32_t string_value);
  void print_value(uint32_t sink, const Val& v, bool quoted);
  void print_text(uint32_t sink, std::string_view text);
  void format_value(uint32_t sink, const Val& v, const FormatSpec& spec);
  uint32_t to_string(const Val& v, bool quoted = false);
  uint32_t rt_text(std::string_view text) { return global(m.string_global(text)); }
  void check(uint32_t cond, JPanic kind, std::initializer_list<uint32_t> args);
  // A part of another value, read as what it was declared to be. What comes out of an optional is not: there the load
  // is the optional's, and may be null.
  bool is_element(HirId id) const {
    HirKind kind = (*body)[id].kind;
    return kind == HirKind::Index || kind == HirKind::Field;
  }
  // The value is an array (is_element) that the program looks into now and keeps while it uses this value: when it was
  // loaded, LLVM may read its header earlier than the program would, so that what a loop does not change is read before
  // the loop.
  void in_use(uint32_t arr) {
    if (f.instrs[arr].op == JOp::Load) f.instrs[arr].aux |= kLoadsArray;
  }
  // The same of a value that was just made or is bound to a variable.
  uint32_t living(uint32_t arr) { return m.options.release ? emit(JOp::InUse, JType::Ptr, arr) : arr; }
  uint32_t array_data(uint32_t arr) { return load(JType::Ptr, arr, 16, JAlias::ArrayData); }
  uint32_t array_len(uint32_t arr) { return load(JType::I64, arr, 8, JAlias::ArrayLen); }
  uint32_t elem_addr(uint32_t arr, uint32_t index, TypeId elem);
  uint32_t compare_values(HirOp op, const Val& a, const Val& b);   // I1
  uint32_t equal_values(const Val& a, const Val& b);
  uint32_t order_values(const Val& a, const Val& b);   // I32
  uint32_t hash_value(uint32_t state, const Val& v);
  void drain_at(uint32_t depth);   // frees what a deep release queued, at its outermost level
  void finish();   // drops unreachable blocks
};

std::string lang_message(const char* text);

}   // namespace janus
