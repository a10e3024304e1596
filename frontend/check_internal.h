// check_internal.h: the checking of bodies: one BodyChecker walks syntax trees and writes HIR.
// Depends on check.h, resolve.h. Included by check_*.cpp only.
// SPDX-License-Identifier: Apache-2.0
//
// A function and the closures in it are one group: they share variables of the program and of inference, and are
// finished together. While the group is walked, types may hold Infer; at its end finish_group() replaces each by what
// was found out, applies the defaults of literals, runs the questions that needed final types, and hands the bodies
// over. All vectors are kept from group to group, so that a body of usual size allocates only what is handed over.
//
// Expectations flow down (`expected`, a hint that may be None or hold Infer), types flow up (HirNode::type), and
// coerce() is the one place where a value meets the type it must have.
#pragma once
#include <cstring>
#include <initializer_list>

#include "frontend/body_memory.h"
#include "frontend/body_sink.h"
#include "frontend/check.h"
#include "frontend/flat_map.h"
#include "frontend/resolve.h"
#include "frontend/words.h"

namespace janus {

constexpr uint32_t kNone32 = 0xffffffffu;

// A vector whose first N elements need no allocation.
template <class T, size_t N>
class SmallVec {
 public:
  SmallVec() = default;
  SmallVec(const SmallVec&) = delete;
  SmallVec& operator=(const SmallVec&) = delete;
  ~SmallVec() {
    if (data_ != inline_) std::free(data_);
  }
  void push_back(const T& value) {
    T copy = value;
    if (size_ == capacity_) grow();
    data_[size_++] = copy;
  }
  void resize(size_t n, const T& value) {
    while (size_ < n) push_back(value);
    size_ = n;
  }
  void clear() { size_ = 0; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& back() { return data_[size_ - 1]; }
  void pop_back() { --size_; }
  operator std::span<const T>() const { return {data_, size_}; }

 private:
  static_assert(std::is_trivially_copyable_v<T>);
  void grow() {
    T* wider = static_cast<T*>(std::malloc(sizeof(T) * capacity_ * 2));
    require(wider != nullptr, "out of memory");
    std::memcpy(static_cast<void*>(wider), data_, sizeof(T) * size_);
    if (data_ != inline_) std::free(data_);
    data_ = wider;
    capacity_ *= 2;
  }
  T inline_[N];
  T* data_ = inline_;
  size_t size_ = 0, capacity_ = N;
};

// ---- inference

enum class InferKind : uint8_t { General, Int /* an integer literal */, Float };
struct InferVar {
  InferKind kind;
  bool named = false;       // an integer literal that has become a variable: integers only from here on (ruling 40)
  TypeId bound = TypeId::None;
  Span origin;              // the place that an error names when nothing decides it
  const char* what = "";    // "the elements of this array"
};

// ---- names in bodies

// A variable of the program: a parameter, a `let`, `var` or pattern name of the group.
struct Var {
  NameId name;
  uint32_t depth;           // of the body that declares it: index in BodyChecker::stack_
  LocalId local;
  TypeId type;
  uint8_t flags;            // LocalFlag
  Span span;
  NodeId let = NodeId::None;   // the Let node, for the fix `let` -> `var`
  bool uninit = false;         // `var x: T` that some road may leave without a value
  bool closure_writes = false;
  bool written = false;
  bool is_self = false;
  bool deferred = false;         // an open `defer` assigns it
  bool used = false;             // read, lent or captured somewhere (lint.cpp)
  uint16_t poly_param = 0xffff;  // index of the failure-polymorphic parameter that it is (ruling 7)
  uint32_t handle = kNone32;     // `let h = spawn …`: in handles_
  uint32_t shadowed_by = kNone32;  // a newer variable of its name in the same function, while this one is in sight
  uint32_t read_after = kNone32;   // … and this one was read after that: that variable
  uint32_t received = kNone32;   // `let v = ch.recv()`: in receives_
  uint32_t nursery = kNone32;    // a nursery: the variable that introduced it, mostly itself
  uint32_t holds = kNone32;      // `let f = { … }` with a closure that captures a nursery: that nursery
  uint32_t closure = kNone32;    // `let f = { … }`: the closure's builder
};
struct Binding {
  NameId name;
  uint32_t var;
  uint32_t previous;
};

// What is known here about a variable: that it is not null, that it has a value.
struct Fact {
  uint32_t var;
  enum Kind : uint8_t { NonNull, Assigned, Awaited } kind;
  friend bool operator==(Fact a, Fact b) { return a.var == b.var && a.kind == b.kind; }
};
using Facts = SmallVec<Fact, 6>;
inline void copy_facts(Facts& to, const Facts& from) {
  to.clear();
  for (const Fact& f : from) to.push_back(f);
}

// Where a failure goes that leaves an expression.
struct Sink {
  enum Kind : uint8_t { Never /* the function's type has no `!` */, Declared, Inferred } kind = Never;
  ErrorSetId set = ErrorSetId::None;
  bool fails = false;   // something surely can; without it `set` may turn out to be empty
};

struct LoopScope {
  NameId label;
  uint32_t number;
  bool has_break;
  uint32_t defer_depth;   // defers_open of the body when the loop began
  Facts* at_break;        // what holds at every `break` so far
  size_t mark = 0;        // bindings before the loop
};

// A failure that goes on by itself, where only the end of the program tells whether there is one.
struct MaybeFail {
  ErrorSetId set;
  Span span;
  const char* what;   // "await", "nursery"
  bool keeps = false;   // of a nursery: the failure would be that of a task whose handle nobody awaited
};

// A body under construction.
struct Builder {
  Body body;
  BodyId id = BodyId::None;
  uint32_t index = 0;                     // in group_
  uint32_t parent = kNone32;              // index of the builder around
  std::vector<uint32_t> var_of_local;
  std::vector<uint32_t> capture_vars;     // beside body.captures
  std::vector<uint32_t> type_lists;       // lists of types in body.extra, to be finished
  std::vector<uint32_t> written_outer;    // variables around that this closure writes
  std::vector<LoopScope> loops;
  TypeId result = Types::Void;            // what `return` must give
  bool result_written = true;             // false: an anonymous function whose result is found out
  bool drop_result = false;               // a value at the end is dropped
  bool result_wanted = true;              // false: a task's closure, whose result nobody has asked for
  bool fails = false;
  bool fails_hard = false;                // not only by what its `await`s pass on
  bool is_task = false;                   // a closure that a `spawn` runs
  uint32_t nursery = kNone32;             // a closure: the innermost nursery that it captures
  uint32_t effect_node = kNone32;         // in the effect graph
  std::vector<MaybeFail> maybe_fails;
  Sink sink;
  Span sink_span;                         // where the function says that it can or cannot fail
  uint32_t defers_open = 0;
  uint32_t block_end = 0;   // the last token of the block that is being looked at
  uint32_t in_defer = 0;
  FuncId arg_callee = FuncId::None;       // closures that are an argument: of which function, which parameter
  uint32_t arg_param = 0;
  NodeId node = NodeId::None;
  NodeId half_if = NodeId::None;          // last statement of an `if` without `else` where a value is wanted
  NodeId last_stmt = NodeId::None;        // of a named function without a result: its value is dropped
  const char* what = "function";
};

// Answer: what `?`, `try` and `catch` learn about their operand.
struct Answer {
  bool seen = false;             // the operand is a call (or another thing that can fail)
  bool fails = false;
  bool deferred = false;         // not known before the receiver's type is
  bool implicit = false;         // implicit failures arrive too: a nursery, an await, an operation that waits
  bool only_implicit = false;    // and no others
  bool by_catch = false;         // a `catch` asks
  ErrorSetId set = ErrorSetId::None;
};

// How a name or path in an expression begins.
enum class HeadKind : uint8_t { Value, Var, Module, Func, Const, Type, Error, AdHoc, Trait, Builtin, Unknown, Poison };
struct Head {
  HeadKind kind = HeadKind::Value;
  uint32_t index = kNone32;     // Var: variable; Module: ModuleId; Func: FuncId …; Builtin: the number
  TypeId type = TypeId::None;   // Type
  NodeId type_args = NodeId::None;  // the Index node whose list gives a function's type arguments
};

enum class Builtin : uint8_t {
  None,
  Print,
  Println,
  Eprint,
  Eprintln,
  Assert,
  AssertEq,
  AssertFails,
  Unreachable,
  Todo,
  Sleep,
  Yield,
  Channel,
  Cancelled,
};

// A parameter as a call sees it, with type arguments filled in.
struct ParamView {
  NameId name = NameId::None;
  TypeId type = TypeId::None;
  bool is_mut = false;
  NodeId default_value = NodeId::None;
  Span span;
};
struct Callee {
  FuncId func = FuncId::None;        // None: a value, a variant
  ModuleId module = ModuleId::None;  // that declares it (defaults are its expressions)
  SmallVec<ParamView, 8> params;
  const char* what = "function";     // "`area` takes …": function, method, variant
  NameId name = NameId::None;
  Span declared;
};
struct Args {
  SmallVec<uint32_t, 8> values;      // HirIds in parameter order
  SmallVec<uint32_t, 8> order;       // evaluation order when it differs
  bool reordered = false;
  bool poly_fails = false;           // a closure argument fails through the call (ruling 7)
  bool poly_hard = false;            // and not only by what it awaits
  ErrorSetId poly_set = ErrorSetId::None;
};

// A method call or field access on a receiver whose type is still open.
struct DeferredMember {
  uint32_t builder;        // index in group_
  HirId node;              // the place-holder; becomes the call or the field
  HirId base;
  NodeId ast;              // the Call, or the Member
  bool is_call;
  uint32_t args;           // list in body.extra: HirIds of the arguments as written
  TypeId result;
  HirId answer_node;       // the Try around, or None
  ErrorSetId answer_set;   // an inferred set that takes the failures
  ModuleId module;
  uint32_t question;       // 0 none, 1 `?` or `try`, 2 `catch`, 3 a task's call: its failures go to answer_set
};

// Questions about types that must wait for the group's end.
struct LateCheck {
  enum Kind : uint8_t { Number, Integer, Equal, Ordered, Hashable, Printable, Format, Convert, Neg, ByZero } kind;
  uint32_t builder;
  TypeId type;
  Span span;
  uint32_t a = 0, b = 0;
};

// ---- bounds (check_bounds.cpp)

// A need: the body of `func` uses `param` as something that has the trait, or the built-in bound.
struct Need {
  TypeParamId param;
  TraitId trait;
  uint32_t builtin;
  Span use;
  uint32_t next;
};
// A generic call; its type arguments are checked when all needs are known.
struct GenericUse {
  FuncId callee;
  TypeId args;       // a tuple type of the arguments (Void: none; the argument itself when one)
  FuncId caller;
  ModuleId module;
  NodeId call;       // for the place of the argument that decides the type
  Span span;
};

class BodyChecker {
 public:
  BodyChecker(Program& program, const CheckOptions& options);
  void run();

 private:
  Program& p_;
  Types& types_;
  const CheckOptions& options_;

  // ---- where we are
  ModuleId module_ = ModuleId::None;
  Tree* tree_ = nullptr;
  FuncId func_ = FuncId::None;
  TypeScope type_scope_;
  bool core_ = false;                  // words for first-term students
  Span open_said_;   // the last place whose type stayed open
  bool quiet_ = false;   // a default value checked again: its mistakes were reported at its declaration
  std::vector<std::unique_ptr<Builder>> pool_;
  BodyOwner owner_;   // what the group's body belongs to
  std::vector<Builder*> group_;   // bodies of this group, in the order begun
  std::vector<Builder*> stack_;   // bodies open now
  Builder* b_ = nullptr;   // the innermost
  std::vector<Var> vars_;
  std::vector<Binding> bindings_;
  std::vector<uint32_t> top_binding_;   // by NameId: newest binding, or none
  size_t hidden_below_ = 0;   // bindings before this one are out of sight (default values)
  NodeId catch_operand_ = NodeId::None;   // of a `catch` that does not stand right behind a call
  uint32_t pattern_depth_ = 0;
  size_t pattern_mark_ = 0;   // bindings of the pattern being checked begin here
  Facts facts_;
  bool dead_ = false;   // control cannot arrive here
  uint32_t assert_fails_depth_ = 0;

  std::vector<InferVar> infer_;
  std::vector<TypeId> infer_types_;   // by number, kept between groups
  std::vector<DeferredMember> deferred_;
  std::vector<LateCheck> late_;
  struct Narrowing {
    uint32_t builder;
    HirId node;
    uint32_t var;
  };
  std::vector<Narrowing> narrowings_;   // Unwraps without a check, of variables that a closure may turn out to write

  // ---- names known to the checker
  std::vector<uint8_t> name_codes_;   // by NameId: 1 + TypeId of a simple type, or 64 + Builtin
  NameId n_len_, n_new_, n_name_, n_trace_, n_others_, n_wrap_, n_try_, n_next_, n_self_, n_contains_, n_min_, n_max_,
      n_inf_, n_nan_, n_eps_, n_underscore_, n_Self_, n_main_, n_spawn_, n_rest_, n_chars_;

  // ---- work left for later
  std::vector<FuncId> queue_;
  std::vector<uint8_t> queued_;   // by FuncId
  std::vector<uint8_t> trait_used_;   // by TraitId
  struct FitCheck {
    ErrorSetId from, to;
    Span span;
    Span declared;
    bool is_value;
  };
  std::vector<FitCheck> fits_;
  std::vector<std::unique_ptr<Body>> late_matches_;   // bodies with matches on errors, whose sets are solved at the end
  std::vector<Need> needs_;
  std::vector<uint8_t> inferred_bits_;   // by TypeParamId: built-in bounds that bodies added
  std::vector<GenericUse> uses_;
  size_t first_use_ = 0;   // of this group
  FlatMap single_sets_;   // TagId -> ErrorSetId
  struct PolyEdge {
    FuncId from;
    uint32_t from_param;
    FuncId to;
    uint32_t to_param;
  };
  std::vector<PolyEdge> poly_edges_;
  FlatMap poly_escapes_;   // func << 8 | param -> 1 when the callee keeps it
  Span error_type_;   // a place whose type stayed unknown: somebody must have said why
  struct PolyCheck {
    FuncId callee;
    uint32_t param;
    Span span, call;
  };
  std::vector<PolyCheck> poly_checks_;

  // ---- check_bodies.cpp: whole functions, queue, end of the program
  void enter_module(ModuleId module);
  void check_function(FuncId id);
  void check_test(TestId id);
  void check_defaults(ModuleId module);
  BodyId check_default(TypeId type, NodeId value, FuncId func);
  Builder& open_builder(bool keeps_id);
  void begin_group(FuncId func, ModuleId module);
  void finish_group();
  void finish_builder(Builder& b);
  bool keeps_bodies_of(ModuleId module) const {
    return options_.keep_bodies ||
           (options_.keep_of && +module < options_.keep_of->size() && (*options_.keep_of)[+module]);
  }
  void hand_over(Builder& b);
  void lend_cells(Builder& b);
  void run_late_check(const LateCheck& c);
  void parse_format(std::string_view spec, FormatSpec& out, TypeId type, Span at);
  void finish_program();
  void use_func(FuncId id);
  void use_trait(TraitId id);
  void check_body_value(Builder& b, NodeId body);

  // ---- check_emit.cpp
  HirId emit(HirKind kind, TypeId type, uint32_t a, uint32_t b, Span span, uint16_t aux = 0);
  HirId emit(HirKind kind, TypeId type, HirId a, uint32_t b, Span span, uint16_t aux = 0) {
    return emit(kind, type, +a, b, span, aux);
  }
  HirId emit(HirKind kind, TypeId type, HirId a, HirId b, Span span, uint16_t aux = 0) {
    return emit(kind, type, +a, +b, span, aux);
  }
  HirId poison(Span span);
  HirId emit_int(__int128 value, TypeId type, Span span);
  HirId emit_void(Span span) { return emit(HirKind::Void, Types::Void, kNone32, kNone32, span); }
  uint32_t make_list(std::span<const uint32_t> items);
  uint32_t make_record(std::initializer_list<uint32_t> items);
  uint32_t make_type_list(std::span<const TypeId> items);
  void call_through_table(HirId call);
  HirNode& node(HirId id) { return b_->body.nodes[+id]; }
  TypeId type_of(HirId id) { return shallow(b_->body.nodes[+id].type); }
  uint32_t add_pat(PatKind kind, TypeId type, uint32_t a, uint32_t b, Span span);
  uint32_t new_loop() { return b_->body.loop_count++; }

  // ---- check_infer.cpp
  TypeId fresh(InferKind kind, Span origin, const char* what = "");
  TypeId shallow(TypeId type);
  TypeId zonk(TypeId type);
  bool unify(TypeId a, TypeId b);
  bool bind(uint32_t var, TypeId type);
  bool occurs(uint32_t var, TypeId type);
  bool is_open(TypeId type) { return types_.kind(shallow(type)) == TypeKind::Infer; }
  InferKind open_kind(TypeId type) { return infer_[types_[type].a].kind; }   // of a shallow, open type
  void name_literals(TypeId type);
  void settle_literals(TypeId type);   // open literals in it take their defaults now
  Program::MethodMatch method_of(TypeId type, NameId name);
  TypeId finish_type(TypeId type);
  TypeId settle(TypeId type);   // shallow, after trying what was deferred
  void retry_deferred(bool last);
  bool resolve_deferred(DeferredMember& d, bool last);
  bool unify_hint(TypeId result, TypeId expected);
  TypeId peel(TypeId type);   // ?T -> T, else itself

  // ---- check_coerce.cpp
  struct Why {
    Span at;
    std::string text;
  };
  HirId coerce(HirId value, TypeId to, NodeId ast, const Why* why = nullptr);
  bool try_coerce(HirId& value, TypeId to);
  bool fits(HirId& value, TypeId to);
  void report_mismatch(Span span, TypeId expected, TypeId found, NodeId ast, const Why* why);
  void explain_obstacle(Diagnostic& d, TypeId type, uint32_t bound);
  void explain_mismatch(Span span, TypeId expected, TypeId found, NodeId ast, const Why* why);
  void poison_open(TypeId type, bool literals = false);   // what is open in it has been reported with it
  void report_optional_as_value(Span span, TypeId found, NodeId ast, const Why* why);
  TypeId join(TypeId a, TypeId b);   // None: they have nothing in common
  bool widens(TypeId from, TypeId to);
  HirId some(HirId value);
  std::string name_of(TypeId type, bool as_code = false);
  // For code that a message advises: what is open is shown as a type that can be written.
  std::string code_of(TypeId type) { return name_of(type, true); }   // for messages: open parts as `_`
  std::string_view text(NameId name) { return p_.names.text(name); }
  std::string source(NodeId n);
  bool is_operator_before(NodeId n);
  bool drop_value(HirId& value);

  // ---- check_scope.cpp
  size_t open_scope() { return bindings_.size(); }
  void close_scope(size_t mark);
  uint32_t declare(NameId name, TypeId type, uint8_t flags, Span span, NodeId let = NodeId::None);
  uint32_t find_var(NameId name);
  LocalId local_of(uint32_t var);   // in the innermost body, capturing on the way
  HirId read_var(uint32_t var, Span span, bool narrowed = true);
  bool has_fact(uint32_t var, Fact::Kind kind);
  void add_fact(uint32_t var, Fact::Kind kind);
  void drop_fact(uint32_t var, Fact::Kind kind);
  void meet(Facts& into, const Facts& other);   // keeps what both know
  void forget_assigned_in(Facts& facts, NodeId part);
  void forget_assigned(Facts& facts, uint32_t first, uint32_t last);   // tokens
  template <class Which>
  void forget(Facts& facts, Which which) {   // that variables are not null
    size_t kept = 0;
    for (size_t i = 0; i < facts.size(); ++i)
      if (facts[i].kind != Fact::NonNull || !which(vars_[facts[i].var])) facts[kept++] = facts[i];
    while (facts.size() > kept) facts.pop_back();
  }
  bool assigns_at(uint32_t token) const;
  bool is_assigned(NameId name, uint32_t first, uint32_t last);
  void note_deferred(uint32_t first, uint32_t last);   // tokens of a `defer`
  void forget_deferred();
  void close_deferred(size_t open);   // the block ends in which the others of deferred_vars_ came
  std::vector<uint32_t> deferred_vars_;   // that an open `defer` assigns
  std::vector<std::pair<NameId, uint32_t>> assigned_;   // names that are assigned, with the token; of one file
  const Tree* assigned_in_ = nullptr;
  uint32_t assigned_of_ = 0;   // how many tokens it had
  void write_var(uint32_t var);
  uint32_t root_var(HirId place);
  bool require_place(HirId place, NodeId ast, const char* doing);
  void report_immutable(uint32_t var, NodeId ast, const char* doing);
  uint32_t var_of_local(LocalId local) { return b_->var_of_local[+local]; }
  uint32_t subject_var(NodeId n);
  void poly_escape(uint32_t var);
  bool is_kept(FuncId func, uint32_t param) const;

  HirId fixed_as_array(HirId value);
  bool is_filled(NodeId call);
  HirId check_filled(NodeId call, TypeId fixed);

  // ---- check_chars.cpp
  NodeId walked_ = NodeId::None;   // a value that is used up where it stands
  std::vector<std::pair<NameId, uint32_t>>
      hand_walks_;   // each `name.next` and `name.rest`, with the token; of one file
  const Tree* hand_walks_in_ = nullptr;
  uint32_t hand_walks_of_ = 0;   // how many tokens it had
  bool is_chars(TypeId type);
  HirId chars_array(HirId chars);
  HirId kept_chars(HirId value, TypeId expected);
  bool walked_by_hand(NameId name, NodeId let, NodeId init);
  HirId check_walked(NodeId n) {
    walked_ = unparen(n);
    return check(n);
  }

  // ---- check_expr.cpp
  Span span(NodeId n) { return tree_->span(n); }
  const Node& ast(NodeId n) { return (*tree_)[n]; }
  NodeId unparen(NodeId n);
  HirId check(NodeId n, TypeId expected = TypeId::None);   // a value
  HirId check_as(NodeId n, TypeId type, const Why* why = nullptr);   // a value of that type
  HirId check_unnarrowed(
      NodeId n, TypeId expected = TypeId::None);   // a name as it was declared, also where it is known not to be null
  void check_poison(NodeId n);   // only its names; the result is not needed
  HirId check_int(NodeId n, bool negative, Span span, TypeId expected);
  HirId check_float(NodeId n, bool negative, Span span, TypeId expected);
  HirId check_ident(NodeId n, TypeId expected);
  HirId check_name_of_var(NameId name, NodeId n, Span at, TypeId expected);
  HirId check_member(NodeId n, TypeId expected);
  std::span<const FieldInfo> fields_seen(TypeId type) const;
  int find_field(TypeId type, NameId name, TypeId* field);   // among those; -1: none
  bool refuse_opaque(TypeId type, Span at);
  HirId field_access(HirId base, NodeId n, NameId name, Span name_span);
  HirId check_struct_lit(NodeId n, TypeId expected);
  HirId check_array(NodeId n, TypeId expected);
  HirId check_map(NodeId n, TypeId expected);
  HirId check_tuple(NodeId n, TypeId expected);
  HirId check_index(NodeId n, TypeId expected);
  bool negative_index(NodeId base, NodeId index);
  HirId check_range(NodeId n, TypeId expected);
  HirId check_interp(NodeId n);
  HirId check_dot_name(NodeId n, TypeId expected, NodeId call, Answer* answer);
  HirId make_variant(TypeId enum_type, uint32_t variant, NodeId at, NodeId call, TypeId expected);
  HirId make_error(TagId tag, NodeId at, NodeId call, TypeId type);
  bool names_of_nameless(NodeId call, const std::string& owner, size_t parts);
  void offer_braces(Diagnostic& d, NodeId call, std::span<const FieldInfo> fields);
  HirId check_fields(const std::vector<FieldInfo>* fields, NodeId lit, ModuleId module, SmallVec<uint32_t, 16>& pairs,
                     std::span<const TypeParamId> params, std::span<const TypeId> args, const std::string& owner,
                     HirId update);
  HirId payload_in_order(HirKind kind, TypeId type, uint32_t which, std::span<const uint32_t> pairs, Span at);
  Head head_of(NodeId n);
  Head head_of_decl(DeclId decl, NodeId n);
  Head head_of_name(NameId name, NodeId n);
  TypeId type_of_expr(NodeId n, const Head& head);
  NodeId type_node_of(NodeId n);
  HirId type_value(TypeId type, NodeId n);
  HirId func_value(FuncId func, NodeId n, TypeId expected, const Head& head);
  TypeId func_type(FuncId func, std::span<const TypeParamId> params, std::span<const TypeId> args, NodeId n);
  HirId type_member(TypeId type, NodeId n, TypeId expected);
  const ParamInfo* parameter_beside(NameId name) const;
  HirId unknown_name(NameId name, Span span);
  EnumId enum_with_variant(NameId name);
  void list_variants(Diagnostic& d, EnumId id);
  void appended(NodeId call, NodeId callee, const std::string& array, TypeId type);
  bool method_called_as_function(NodeId call, NodeId callee);
  void say_hidden_module(Diagnostic& d, NodeId base);
  void say_why_void(Diagnostic& d, NodeId n);
  std::string inside_text(NodeId n);
  bool offer_get(Diagnostic& d, NodeId n);
  Span script_variable(NameId name);
  char foreign_kind(TypeId type);
  bool may_be_lost(NameId name);
  bool method_may_be_lost(NameId name) const;
  HirId unknown_member(TypeId base, NameId name, NodeId n, bool is_call);
  HirId default_value(ModuleId module, NodeId value, TypeId type, FuncId func);
  TypeId fresh_struct(StructId id, Span at);
  TypeId fresh_enum(EnumId id, Span at);
  HirId decl_value(const Head& head, NodeId n, TypeId expected);
  void no_tag(ErrorSetId set, NameId name, Span at, const std::string& of);
  bool suggest(Diagnostic& d, Span at, std::string_view wanted, const std::vector<std::string_view>& names);
  void report_concurrency(NodeId n, const char* what);
  bool is_type_head(NodeId n);
  StructId struct_named(NameId name);

  // ---- check_operator.cpp
  HirId check_unary(NodeId n, TypeId expected);
  HirId check_binary(NodeId n, TypeId expected);
  HirId check_compare(NodeId n);
  HirId check_in(NodeId n);
  HirId check_coalesce(NodeId n, TypeId expected);
  HirId check_unwrap(NodeId n, TypeId expected);
  HirId check_cond(NodeId n, Facts& when_true, Facts& when_false, bool allow_let);
  HirId arith(HirOp op, HirId left, HirId right, NodeId l, NodeId r, Span span, TokenKind token, TypeId expected,
              NodeId n);
  bool balance(HirId& left, HirId& right);   // makes both operands one type; false when they cannot be
  void need_bound(TypeId type, uint32_t builtin, Span span, const char* op);
  bool is_increment(NodeId r);
  HirId concat(HirId left, HirId right, NodeId l, NodeId r, Span span);

  // ---- check_call.cpp
  HirId check_call(NodeId n, TypeId expected, Answer* answer);
  HirId call_func(FuncId func, std::span<const TypeId> outer_args, NodeId call, HirId receiver, NodeId receiver_ast,
                  TypeId expected, Answer* answer, const Head& head, bool via_trait, TraitId trait);
  HirId call_value(HirId callee, NodeId call, TypeId expected, Answer* answer, bool poly);
  HirId call_method(HirId base, NodeId base_ast, NodeId call, NodeId member, TypeId expected, Answer* answer);
  HirId call_static(TypeId type, NodeId call, NodeId member, TypeId expected, Answer* answer);
  bool leads_outside(TypeId type, int depth);
  void note_functions(Diagnostic& d, TypeId type, std::vector<std::string_view>& names);
  HirId call_trait(TraitId trait, NodeId call, NodeId member, TypeId expected, Answer* answer);
  HirId call_builtin(Builtin builtin, NodeId call, TypeId expected, Answer* answer);
  HirId call_type(TypeId type, NodeId call, TypeId expected);   // String(x), i64(x)
  HirId convert(TypeId type, NodeId call, NodeId arg, uint16_t how);
  HirId error_method(HirId base, NodeId call, NameId name);
  bool check_args(const Callee& callee, NodeId call, HirId receiver, NodeId receiver_ast, Args& out);
  void check_exclusive(const Callee& callee, const Args& args, std::span<const NodeId> asts);
  HirId answered(HirId call, bool fails, ErrorSetId set, NodeId n, Answer* answer);
  HirId lend(NodeId place, TypeId type, const ParamView& param);
  Diagnostic& report_arity(const Callee& callee, NodeId call, size_t found, size_t receiver);
  Span call_span(NodeId call);
  void check_rest(std::span<const NodeId> args);
  std::string signature(const Callee& callee, size_t from);

  // ---- check_stmt.cpp
  HirId check_block(NodeId n, TypeId expected, bool value);
  HirId check_expect(NodeId n);
  HirId check_dropped(NodeId n);   // a statement
  bool offer_changed_copy(Diagnostic& d, NodeId call);
  HirId check_let(NodeId n);
  HirId check_assign(NodeId n);
  HirId check_if(NodeId n, TypeId expected, bool value);
  HirId check_while(NodeId n);
  HirId check_for(NodeId n);
  HirId check_return(NodeId n);
  void index_and_pair(NodeId index, NodeId pair, size_t said, NodeId items);
  HirId check_break(NodeId n);
  HirId check_defer(NodeId n);
  HirId check_branch(NodeId n, TypeId expected, bool value);
  HirId join_branches(std::span<HirId> branches, std::span<const NodeId> asts, TypeId expected, bool value,
                      TypeId* type);
  bool is_decrement(NodeId n);
  void warn_unused(HirId value, NodeId n);
  void mark_tail(HirId value);
  LoopScope* find_loop(NameId label, NodeId n);

  // ---- check_pattern.cpp
  HirId check_match_expr(NodeId n, TypeId expected, bool value);
  uint32_t check_pattern(NodeId n, TypeId type, uint8_t flags, NodeId let);
  uint32_t check_one_pattern(NodeId n, TypeId type, uint8_t flags, NodeId let);
  uint32_t unwrapped_pattern(NodeId n, TypeId type, uint8_t flags, NodeId let);
  uint32_t pattern_literal(NodeId n, TypeId type);
  uint32_t pattern_path(NodeId n, NodeId path, TypeId type, NodeId with, uint8_t flags, NodeId let);
  uint32_t pattern_fields(const std::vector<FieldInfo>& fields, std::span<const TypeId> field_types, NodeId with,
                          bool named, Span span, uint8_t flags, NodeId let, const std::string& owner);
  bool end_const(NodeId n, __int128& value);
  bool is_simple(uint32_t pat);
  void pattern_mismatch(Span span, TypeId type, const std::string& found);
  bool in_or_ = false;
  std::vector<std::pair<NameId, uint32_t>> or_vars_;

  // ---- check_fail.cpp
  HirId check_fail(NodeId n);
  HirId implicit_failure(TagId tag, Span at);
  struct LateCatch {
    uint32_t builder;
    HirId node;
    ErrorSetId set;
  };
  std::vector<LateCatch> late_catches_;
  HirId check_question(NodeId n, TypeId expected, bool is_try, bool value_wanted = true);
  bool is_closure_for_error(NodeId handler);
  HirId check_catch(NodeId n, TypeId expected, bool value);
  HirId check_answered(NodeId n, TypeId expected, Answer& answer, bool value = true);
  void flow_into_sink(ErrorSetId set, Span span, NodeId n, const char* doing, bool by_await = false);
  void include_set(ErrorSetId into, ErrorSetId from);
  ErrorSetId new_inferred_set();
  ErrorSetId join_sets(ErrorSetId a, ErrorSetId b);
  ErrorSetId set_of_tag(TagId tag);
  void fit(ErrorSetId from, ErrorSetId to, Span span, Span declared, bool is_value);
  void report_unfit(const FitCheck& check);
  Sink& current_sink() { return sink_override_ && sink_builder_ == b_ ? *sink_override_ : b_->sink; }
  Builder* sink_builder_ = nullptr;
  Sink* sink_override_ = nullptr;

  // ---- check_closure.cpp
  HirId check_closure(NodeId n, TypeId expected, FuncId arg_callee, uint32_t arg_param);

  // ---- check_task.cpp: nurseries, tasks, waiting
  // A nursery whose body is being walked.
  struct NurseryScope {
    uint32_t var = kNone32;
    uint16_t kind = 0;   // 0 nursery, 1 supervisor, 2 race
    bool fails = false;   // a task in it surely can
    ErrorSetId set = ErrorSetId::None;   // with what; its body's failures too
    TypeId race = TypeId::None;   // what its tasks give
    std::vector<uint32_t> handles = {};   // spawns into it that gave a handle: in handles_
    // `await … catch` of a handle that is no name of a `let`: out of an array, a channel.
    uint32_t caught_elsewhere = 0;
    bool bare_await = false;   // an `await` without a `catch`, of whatever handle
    bool keeps = false;   // handles that go elsewhere, and are answered there
  };
  // A `spawn` whose handle somebody holds.
  struct Handle {
    uint32_t builder;
    HirId spawn;
    ErrorSetId set;
    bool fails;   // the call surely can
    bool bound = false;   // to a `let`
    int32_t others = 0;   // mentions that are neither an `await` with a `catch` nor `cancel`, `isDone`
    bool unawaited = false;   // some way out of the scope passes no `await`
    bool dropped = false;   // nobody holds it after all
  };
  std::vector<NurseryScope> nurseries_;   // around this text, outermost first
  std::vector<Handle> handles_;
  std::vector<std::pair<uint32_t, uint32_t>> param_handles_;   // handle, and the parameter that is its nursery
  bool task_closure_ = false;   // the closure checked next is a task's
  NodeId closure_stays_ =
      NodeId::None;   // the closure (or the name of one) at this node may capture a nursery: it does not leave
  uint32_t spawn_target_ = kNone32;   // the nursery for which the operands of a task's call are being checked
  FlatMap spawn_sets_;   // func << 8 | param -> the set of what it spawns into that parameter
  ErrorSetId lent_nurseries_ = ErrorSetId::None;   // what is spawned into nurseries that go through function values
  ErrorSetId open_tasks_ = ErrorSetId::None;   // failures of tasks whose handles went through a written type
  FlatMap failing_tasks_;   // ErrorSetId of a task's type -> 1: it surely can fail
  std::vector<MaybeFail> maybe_fails_;   // of all functions that cannot fail
  struct NurseryArg {
    FuncId callee;
    uint32_t param;
    Span span;
  };
  std::vector<NurseryArg> nursery_args_;   // closures that capture a nursery, given to a function
  bool tasks_allowed(NodeId n, const char* what);
  TypeId nursery_type() { return types_.intern(TypeKind::Nursery, 0, 0, {}); }
  ErrorSetId with_implicit(ErrorSetId set);
  void raises_implicit(Answer* answer);
  HirId check_nursery(NodeId n, TypeId expected, bool value, Answer* answer);
  void nursery_options(NodeId n, uint16_t kind, uint32_t& timeout, uint32_t& tasks);
  HirId check_shield(NodeId n, TypeId expected, bool value);
  HirId check_await(NodeId n, TypeId expected, Answer* answer);
  bool is_task_operation(NameId name);
  HirId task_method(HirId task, NodeId call, NameId name, Span name_span);
  HirId task_builtin(Builtin builtin, NodeId call, TypeId expected, Answer* answer);
  void pass_on(ErrorSetId set, bool fails, Span at, const char* what, bool keeps = false);
  void report_maybe_fails(const MaybeFail& fail);
  void merge_tasks(uint32_t a, uint32_t b);
  TypeId task_type(TypeId elem, ErrorSetId set, bool fails);

  // ---- check_spawn.cpp: what a task runs, and who holds its handle
  HirId check_spawn(NodeId n, TypeId expected, bool handle);
  HirId spawn_method(HirId nursery, NodeId nursery_ast, NodeId call, TypeId expected, bool handle);
  HirId spawn_into(HirId nursery, uint32_t root, NodeId what, NodeId n, uint32_t stack, TypeId expected, bool handle,
                   bool method);
  bool spawn_wanted(TypeId expected);
  HirId closure_around(HirId operation, NodeId what, SmallVec<uint32_t, 8>& lets);
  NurseryScope* scope_of(uint32_t root);
  void bind_handle(HirId value, uint32_t var);
  void name_value(uint32_t var, HirId value, uint32_t pattern);
  void drop_handle(HirId value);
  void leave_handles(size_t mark);
  void decide_handles(NurseryScope& scope);
  void decide_param_handles();

  // ---- check_escape.cpp: nurseries stay where they are
  ErrorSetId spawn_set(FuncId func, uint32_t param);
  ErrorSetId nursery_set(uint32_t root);
  bool encloses(uint32_t outer, uint32_t inner);
  void captures_nursery(Builder& b, uint32_t root);
  bool nursery_value(uint32_t var, NodeId n, TypeId expected);
  void closure_leaves(HirId closure, NodeId n);
  void nursery_argument(HirId value, FuncId callee, uint32_t param, NodeId arg);
  void check_task_capture(uint32_t captured, uint32_t target, Span at);
  void report_nursery_leaves(Span at, uint32_t root, bool closure);

  // ---- check_channel.cpp
  // `let v = ch.recv()`: whether it is a `?T` or a `T` is decided when all its uses are known (ruling 35).
  struct Receive {
    uint32_t builder, pattern;
    HirId recv;
    uint32_t var;
    TypeId elem;
    struct Use {
      uint32_t builder;
      HirId node;
      bool plain;
      bool either = false; /* printed or compared: a `T` and a `?T` do */
    };
    std::vector<Use> uses = {};
  };
  std::vector<Receive> receives_;
  HirId make_channel(TypeId elem, NodeId cap, NodeId n, TypeId expected, Answer* answer);
  bool is_channel_operation(NameId name);
  HirId channel_method(HirId channel, NodeId call, NameId name, Span name_span, Answer* answer);
  bool late_channel_op(const DeferredMember& d, NameId name);
  HirId sent_value(HirId channel, NodeId arg, NodeId channel_node);
  HirId received(HirId value);
  void received_as_either(HirId value);
  void decide_receives();
  HirId check_select(NodeId n, TypeId expected, bool value, Answer* answer);

  // ---- effects.cpp
  struct LentCell {
    uint32_t runs; /* a node of the effect graph, or none */
    Span span;
    NameId name;
    Span declared;
  };
  struct Instance {
    uint32_t node;
    TypeId self;
    TraitId trait;
    Span span;
  };
  struct FuncValue {
    TypeId type;
    uint32_t node;
    FuncId callee;
    uint32_t param;
  };   // given to `callee` as its `param`, when it is some
  std::vector<LentCell> lent_cells_;
  std::vector<Instance> instances_;   // `node` calls methods of a trait on a type
  std::vector<Instance> dyns_;   // types that become `dyn`
  std::vector<FuncValue> func_values_;   // closures and named functions that become values
  FlatMap value_sets_;   // see value_set()
  std::vector<uint32_t> last_caller_;   // by node: of which an edge was made last
  std::vector<uint64_t> intrinsic_effects_;
  FlatMap makers_;   // node -> index in made_: own capabilities that it makes, so that its callers need none
  std::vector<uint64_t> made_;
  std::vector<std::pair<size_t, uint32_t>> test_uses_;   // first index in uses_, node
  size_t test_use_ = 0;
  void begin_effects();
  uint32_t new_effect_node(uint8_t kind);
  uint32_t value_set(TypeId func);
  uint32_t called_value(Builder& b, uint32_t value);
  void note_effects(Builder& b);
  void instantiate(uint32_t at, TypeId self, TraitId trait, Span span, int depth);
  void instantiate_bounds(uint32_t at, TypeParamId param, TypeId arg, Span span, int depth);
  void solve_effects();

  // ---- check_memory.cpp: bodies that an earlier check knew
  struct Memory;
  std::shared_ptr<Memory> memory_;
  bool recording_ = false;   // a function's body is being walked of which a record shall be kept
  bool unlasting_ = false;   // it does something that no record holds
  uint32_t first_set_ = 0;   // error sets from here on are that function's own
  std::vector<FuncId> reached_;   // what it reaches in std
  std::vector<TraitId> reached_traits_;
  FlatMap set_types_;   // node of a set of function values -> a type that leads there
  void begin_memory();
  bool known_body(FuncId id);
  void begin_record(FuncId id);
  void end_record(FuncId id);
  void solved_memory();
  void late_body_spoke(size_t index);
  void end_memory();

  // ---- check_capability.cpp: capabilities as values
  struct CapabilityCall {
    FuncId callee, caller;
    Span span;
    uint64_t in_scope;
  };
  std::vector<CapabilityCall> capability_calls_;   // out of `:sovereign` files
  FlatMap capability_rows_;   // DeclId -> row of Program::capabilities
  uint32_t caps_struct_ = kNone32;   // DeclId of `Caps`
  bool in_test_ = false;
  NameId n_mint_, n_test_cap_;
  void begin_capabilities();
  bool is_sovereign() const;
  uint32_t capability_row(TypeId type);
  uint32_t capability_in_scope(TypeId type, uint32_t* second);
  HirId capability_value(TypeId type, Span at);
  HirId implicit_capability(TypeId type, Span at);
  bool need_capability(uint32_t row, Span at, const char* why);
  void report_no_capability(TypeId type, Span at, const std::string& why);
  void note_capability_call(FuncId callee, Span at);
  void report_needs(FuncId callee, uint64_t missing, Span at);
  void check_capability_calls();
  HirId mint_capability(TypeId type, Span at);
  HirId test_cap(NodeId n, TypeId expected);

  // ---- lint.cpp: `janus check --lint`
  void lint_group();
  void lint_channels();
  void lint_names();

  // ---- check_cells.cpp: variables that tasks share
  void check_shared_cells();

  // ---- check_bounds.cpp
  bool require_trait(TypeId type, TraitId trait, Span use);   // a Param of the function gets the need
  bool require_builtin(TypeId type, uint32_t builtin, Span use);
  void add_need(FuncId func, TypeParamId param, TraitId trait, uint32_t builtin, Span use);
  bool has_written_bounds(TypeParamId param);
  bool param_has(TypeParamId param, TraitId trait, uint32_t builtin);
  void solve_needs();
  bool provides(FuncId caller, TypeId type, TraitId trait, uint32_t builtin, Span use, bool* added);
  void verify_uses();
  void report_unmet(const GenericUse& use, size_t index, TypeId type, const Need& need, bool written);
  Span deciding_argument(const GenericUse& use, size_t index);
  void use_args(const GenericUse& use, SmallVec<TypeId, 8>& out);
  FuncId method_of_param(TypeId param, NameId name, TraitId* trait, Span span, int* candidates);

  Diagnostics& diags() { return p_.diags; }
  Diagnostics scratch_diags_;
  // Where mistakes go: nowhere while quiet.
  template <Diag D, class... A>
  Diagnostic& report(Span span, const A&... args) {
    return (quiet_ ? scratch_diags_ : p_.diags).report<D>(span, args...);
  }
};

}   // namespace janus
