// check_bodies.cpp: which bodies are checked and when; begin and end of a group; what waits for the whole program.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/check_internal.h"
#include "frontend/effects.h"
#include "frontend/parse.h"

namespace janus {

void check_bodies(Program& program, const CheckOptions& options) { BodyChecker(program, options).run(); }

BodyChecker::BodyChecker(Program& program, const CheckOptions& options)
    : p_(program), types_(program.types), options_(options) {
  auto name = [&](const char* s) { return p_.names.intern(s); };
  n_len_ = name("len");
  n_new_ = name("new");
  n_name_ = name("name");
  n_trace_ = name("trace");
  n_others_ = name("others");
  n_wrap_ = name("wrap");
  n_try_ = name("try");
  n_next_ = name("next");
  n_rest_ = name("rest");
  n_chars_ = name("chars");
  n_self_ = name("self");
  n_contains_ = name("contains");
  n_min_ = name("MIN");
  n_max_ = name("MAX");
  n_inf_ = name("INFINITY");
  n_nan_ = name("NAN");
  n_eps_ = name("EPSILON");
  n_underscore_ = name("_");
  n_Self_ = name("Self");
  n_main_ = name("main");
  n_spawn_ = name("spawn");
  auto builtin = [&](const char* s, Builtin b) {
    NameId id = name(s);
    if (name_codes_.size() <= +id) name_codes_.resize(+id + 1);
    name_codes_[+id] = static_cast<uint8_t>(64 + static_cast<int>(b));
  };
  builtin("print", Builtin::Print);
  builtin("println", Builtin::Println);
  builtin("eprint", Builtin::Eprint);
  builtin("eprintln", Builtin::Eprintln);
  builtin("log", Builtin::Eprintln);
  builtin("assert", Builtin::Assert);
  builtin("assert_eq", Builtin::AssertEq);
  builtin("assert_fails", Builtin::AssertFails);
  builtin("unreachable", Builtin::Unreachable);
  builtin("todo", Builtin::Todo);
  builtin("sleep", Builtin::Sleep);
  builtin("yield", Builtin::Yield);
  builtin("channel", Builtin::Channel);
  builtin("cancelled", Builtin::Cancelled);
  queued_.resize(p_.funcs.size());
  trait_used_.resize(p_.traits.size());
  top_binding_.resize(p_.names.size(), kNone32);
  begin_capabilities();
  begin_effects();
}

// ---- reaching std

void BodyChecker::use_func(FuncId id) {
  if (recording_) reached_.push_back(id);
  if (queued_[+id]) return;
  queued_[+id] = 1;
  const FuncInfo& f = p_.funcs[+id];
  if (f.has_body && p_.modules[+p_.decls[+f.decl].module]->is_std) queue_.push_back(id);
}

// A call through a trait may end in any impl: those of std are then reached.
void BodyChecker::use_trait(TraitId id) {
  if (is_none(id)) return;
  if (recording_) reached_traits_.push_back(id);
  if (trait_used_[+id]) return;
  trait_used_[+id] = 1;
  for (const ImplInfo& impl : p_.impls) {
    if (impl.trait != id || !p_.modules[+impl.module]->is_std) continue;
    for (FuncId f : impl.methods)
      if (is_some(f)) use_func(f);
  }
  for (FuncId f : p_.traits[+id].methods) use_func(f);
}

void BodyChecker::run() {
  if (options_.memory) begin_memory();
  for (FuncId f :
       {p_.lang.map_new, p_.lang.map_insert, p_.lang.map_find_slot, p_.lang.map_slot_or_panic, p_.lang.set_find_slot})
    if (is_some(f)) use_func(f);
  for (size_t m = 0; m < p_.modules.size(); ++m)
    if (!p_.modules[m]->is_std) check_defaults(ModuleId(m));
  for (size_t i = 0; i < p_.funcs.size(); ++i) {
    const FuncInfo& f = p_.funcs[i];
    if (!f.has_body || p_.modules[+p_.decls[+f.decl].module]->is_std || known_body(FuncId(i))) continue;
    begin_record(FuncId(i));
    check_function(FuncId(i));
    end_record(FuncId(i));
  }
  for (size_t i = 0; i < p_.tests.size(); ++i)
    if (!p_.modules[+p_.tests[i].module]->is_std) check_test(TestId(i));
  if (options_.all_std)
    for (size_t i = 0; i < p_.funcs.size(); ++i) use_func(FuncId(i));
  while (!queue_.empty()) {
    FuncId next = queue_.back();
    queue_.pop_back();
    check_function(next);
  }
  finish_program();
  if (memory_) end_memory();
}

// ---- groups

void BodyChecker::enter_module(ModuleId module) {
  module_ = module;
  tree_ = &p_.modules[+module]->tree;
  core_ = p_.modules[+module]->profile == Profile::Core;
}

void BodyChecker::begin_group(FuncId func, ModuleId module) {
  enter_module(module);
  func_ = func;
  group_.clear();
  stack_.clear();
  b_ = nullptr;
  vars_.clear();
  bindings_.clear();
  infer_.clear();
  deferred_.clear();
  deferred_vars_.clear();
  late_.clear();
  narrowings_.clear();
  facts_.clear();
  or_vars_.clear();
  in_or_ = false;
  catch_operand_ = NodeId::None;
  pattern_depth_ = 0;
  dead_ = false;
  hidden_below_ = 0;
  sink_override_ = nullptr;
  nurseries_.clear();
  handles_.clear();
  param_handles_.clear();
  receives_.clear();
  late_catches_.clear();
  task_closure_ = false;
  closure_stays_ = NodeId::None;
  spawn_target_ = kNone32;
  first_use_ = uses_.size();
  in_test_ = false;
}

Builder& BodyChecker::open_builder(bool keeps_id) {
  size_t index = group_.size();
  if (index == pool_.size()) pool_.push_back(std::make_unique<Builder>());
  Builder& b = *pool_[index];
  Body& body = b.body;
  body.func = FuncId::None;
  body.parent = BodyId::None;
  body.is_closure = body.fallible = false;
  body.result = Types::Void;
  body.errors = ErrorSetId::None;
  body.nodes.clear();
  body.pats.clear();
  body.locals.clear();
  body.extra.clear();
  body.ints.clear();
  body.floats.clear();
  body.formats.clear();
  body.captures.clear();
  body.param_count = body.loop_count = 0;
  body.root = HirId::None;
  b.id = BodyId::None;
  if (keeps_id && keeps_bodies_of(module_)) {
    b.id = BodyId(p_.bodies.size());
    p_.bodies.push_back(nullptr);
  }
  b.index = static_cast<uint32_t>(index);
  b.parent = b_ ? b_->index : kNone32;
  b.var_of_local.clear();
  b.capture_vars.clear();
  b.type_lists.clear();
  b.written_outer.clear();
  b.loops.clear();
  b.result = Types::Void;
  b.result_written = true;
  b.drop_result = b.fails = b.fails_hard = b.is_task = false;
  b.nursery = b.effect_node = kNone32;
  b.maybe_fails.clear();
  b.result_wanted = true;
  b.sink = Sink{};
  b.sink_span = Span{};
  b.defers_open = b.in_defer = b.block_end = 0;
  b.arg_callee = FuncId::None;
  b.arg_param = 0;
  b.node = b.last_stmt = b.half_if = NodeId::None;
  b.what = "function";
  group_.push_back(&b);
  stack_.push_back(&b);
  b_ = &b;
  return b;
}

// The body of a named function or test: its last expression is the result.
void BodyChecker::check_body_value(Builder& b, NodeId body) {
  if (b.result == Types::Void) {
    if (std::span<const NodeId> list = tree_->list(ast(body).a); !list.empty() && is_some(func_))
      b.last_stmt = list.back();
    b.body.root = check_block(body, TypeId::None, false);
    return;
  }
  HirId root = check_block(body, b.result, true);
  TypeId type = type_of(root);
  if (type == Types::Void) {
    if (b.result == Types::Error || (ast(body).flags & kHasError)) {
      b.body.root = root;
      return;
    }
    Diagnostic& d = report<Diag::MissingResult>(tree_->token_span(tree_->lasts[+body]), b.what, name_of(b.result));
    d.with_label("the end is reached here without a result");
    d.at(b.sink_span, "the result is declared here");
    std::span<const NodeId> list = tree_->list(ast(body).a);
    if (list.empty()) d.help("write `return` with a value");
    else if (ast(list.back()).kind == NodeKind::If)
      d.note("when the condition is not met, the `if` gives nothing")
          .help("give it an `else`, or write a `return` behind it");
    else if (ast(list.back()).kind == NodeKind::While || ast(list.back()).kind == NodeKind::For)
      d.note("the loop can come to its end").help("write a `return` behind the loop");
    else d.help("write `return` with a value at the end");
  } else if (type != Types::Never && type != Types::Error) {
    NodeId place = body;
    while (ast(place).kind == NodeKind::Block && !tree_->list(ast(place).a).empty())
      place = tree_->list(ast(place).a).back();
    Why why{b.sink_span, "the result must be `" + name_of(b.result) + "`"};
    HirNode& r = node(root);
    if (r.kind == HirKind::Block && r.b != kNone32) {
      // Convert the value inside, so that the block's type stays that of its value.
      HirId inner = coerce(HirId(r.b), b.result, place, &why);
      HirNode& again = node(root);
      again.b = +inner;
      again.type = b.result;
    } else {
      root = coerce(root, b.result, place, &why);
    }
  }
  b.body.root = root;
}

void BodyChecker::check_function(FuncId id) {
  const FuncInfo& f = p_.funcs[+id];
  const Decl decl = p_.decls[+f.decl];
  begin_group(id, decl.module);
  bool user = !p_.modules[+decl.module]->is_std;
  if (user) {
    for (size_t i = 0; i < f.params.size(); ++i) {
      if (is_none(f.params[i].default_value)) continue;
      owner_ = {BodyOwner::Param, +id, static_cast<uint32_t>(i)};
      BodyId body = check_default(f.params[i].type, f.params[i].default_value, id);
      p_.funcs[+id].params[i].default_body = body;
    }
    begin_group(id, decl.module);
  }
  type_scope_ = func_scope(p_, id);
  owner_ = {BodyOwner::Func, +id, 0};
  Builder& b = open_builder(true);
  p_.funcs[+id].body = b.id;
  b.body.func = id;
  b.result = f.result;
  NodeId result_node = tree_->record_node(ast(decl.node).b, 2);
  b.sink_span = is_some(result_node) ? tree_->span(result_node) : decl.name_span;
  b.what = f.self != SelfKind::None ? "method" : "function";
  if (f.fallible) b.sink = {p_.error_sets[+f.errors].inferred ? Sink::Inferred : Sink::Declared, f.errors};
  b.body.fallible = f.fallible;
  b.body.errors = f.errors;
  b.body.result = f.result;
  for (size_t i = 0; i < f.params.size(); ++i) {
    const ParamInfo& p = f.params[i];
    bool self = i == 0 && f.self != SelfKind::None;
    bool is_mut = p.is_mut || (self && f.self == SelfKind::Mut);
    uint32_t var = declare(self ? n_self_ : p.name, p.type, kLocalParam | (is_mut ? kLocalMutParam : 0), p.span);
    vars_[var].is_self = self;
    if (types_.kind(p.type) == TypeKind::Nursery) vars_[var].nursery = var;
    if (types_.kind(p.type) == TypeKind::Func && !is_mut && i < 255) vars_[var].poly_param = static_cast<uint16_t>(i);
  }
  b.body.param_count = static_cast<uint32_t>(f.params.size());
  if (Tree& tree = p_.modules[+decl.module]->tree; !tree.skipped.empty())
    parse_skipped(tree, p_.sources, p_.names, p_.diags);
  check_body_value(b, tree_->record_node(ast(decl.node).b, 4));
  if (!p_.funcs[+id].fallible && id != p_.main_func)
    maybe_fails_.insert(maybe_fails_.end(), b.maybe_fails.begin(), b.maybe_fails.end());
  close_scope(0);
  finish_group();
}

void BodyChecker::check_test(TestId id) {
  TestInfo& test = p_.tests[+id];
  begin_group(FuncId::None, test.module);
  type_scope_ = TypeScope{test.module, {}, TypeId::None, false};
  in_test_ = true;
  Builder& b = open_builder(true);
  b.what = "test";
  owner_ = {BodyOwner::Test, +id, 0};
  b.sink = {Sink::Inferred, new_inferred_set()};
  b.sink_span = test.span;
  b.body.fallible = true;
  b.body.errors = b.sink.set;
  test.body = b.id;
  b.effect_node = p_.effect_graph->test_nodes[+id] = new_effect_node(EffectGraph::Extra::Test);
  test_uses_.push_back({uses_.size(), b.effect_node});
  check_body_value(b, NodeId(ast(test.node).b));
  close_scope(0);
  finish_group();
}

BodyId BodyChecker::check_default(TypeId type, NodeId value, FuncId func) {
  begin_group(func, module_);
  if (is_some(func)) type_scope_ = func_scope(p_, func);
  Builder& b = open_builder(true);
  b.what = "default value";
  b.result = b.body.result = type;
  b.body.func = func;
  HirId root = check_as(value, type);
  b.body.root = root;
  BodyId id = b.id;
  close_scope(0);
  finish_group();
  return id;
}

// Defaults of fields; those of parameters are checked with their functions.
void BodyChecker::check_defaults(ModuleId module) {
  auto each = [&](size_t count, BodyOwner owner, auto&& field) {
    for (size_t i = 0; i < count; ++i) {
      FieldInfo& f = field(i);
      if (is_none(f.default_value)) continue;
      owner_ = {owner.kind, owner.id, owner.index + static_cast<uint32_t>(i)};
      enter_module(module);
      type_scope_ = TypeScope{module, {}, TypeId::None, false};
      BodyId id = check_default(f.type, f.default_value, FuncId::None);
      field(i).default_body = id;
    }
  };
  for (size_t d = 0; d < p_.modules[+module]->decls.size(); ++d) {
    uint32_t id = +p_.modules[+module]->decls[d];
    const Decl decl = p_.decls[id];
    if (decl.kind == DeclKind::Struct)
      each(p_.structs[decl.index].fields.size(), {BodyOwner::Field, id, 0},
           [&](size_t i) -> FieldInfo& { return p_.structs[decl.index].fields[i]; });
    if (decl.kind == DeclKind::Enum)
      for (size_t v = 0; v < p_.enums[decl.index].variants.size(); ++v)
        each(p_.enums[decl.index].variants[v].fields.size(), {BodyOwner::Variant, id, static_cast<uint32_t>(v << 8)},
             [&](size_t i) -> FieldInfo& { return p_.enums[decl.index].variants[v].fields[i]; });
  }
}

// ---- the end of a group

static bool fits_integer(Types& types, TypeId type, __int128 value) {
  int bits = Types::int_bits(types.kind(type));
  bool is_signed = types.is_signed(type);
  __int128 one = 1, max = (one << (is_signed ? bits - 1 : bits)) - 1, min = is_signed ? -(one << (bits - 1)) : 0;
  return value >= min && value <= max;
}

static std::string int_text(__int128 value) {
  bool negative = value < 0;
  unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  do digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  while (rest /= 10);
  return negative ? "-" + digits : digits;
}

void BodyChecker::finish_builder(Builder& b) {
  b_ = &b;
  Body& body = b.body;
  for (size_t i = 0; i < body.nodes.size(); ++i) {
    TypeId type = body.nodes[i].type;
    if (types_[type].has_infer) body.nodes[i].type = type = finish_type(type);
    HirNode& n = body.nodes[i];
    if (type == Types::Error && error_type_.is_none()) error_type_ = n.span;
    if (n.kind == HirKind::Int) {
      __int128 value = body.ints[n.a];
      if (types_.is_float(type)) {
        body.floats.push_back(static_cast<double>(value));
        n.kind = HirKind::Float;
        n.a = static_cast<uint32_t>(body.floats.size() - 1);
      } else if (types_.is_integer(type) && !fits_integer(types_, type, value)) {
        std::string name = p_.type_name(type);
        Diagnostic& d = report<Diag::LiteralRange>(n.span, int_text(value), name);
        int bits = Types::int_bits(types_.kind(type));
        __int128 one = 1;
        bool is_signed = types_.is_signed(type);
        d.note("`" + name + "` goes from " + int_text(is_signed ? -(one << (bits - 1)) : 0) + " to " +
               int_text((one << (is_signed ? bits - 1 : bits)) - 1));
        for (TypeId wider : {Types::I16, Types::I32, Types::I64, Types::U64})
          if (Types::int_bits(types_.kind(wider)) >= bits && wider != type && fits_integer(types_, wider, value)) {
            d.help("a type that holds it: `" + p_.type_name(wider) + "`");
            break;
          }
      }
    }
  }
  for (HirPat& p : body.pats)
    if (types_[p.type].has_infer) p.type = finish_type(p.type);
  for (HirLocal& l : body.locals)
    if (types_[l.type].has_infer) l.type = finish_type(l.type);
  for (uint32_t list : b.type_lists)
    for (uint32_t i = 1; i <= body.extra[list]; ++i) body.extra[list + i] = +finish_type(TypeId(body.extra[list + i]));
  body.result = finish_type(b.result);
}

// A `mut` parameter that a closure writes: the closure needs a cell, the caller lent a place. The function works on a
// cell and gives its content back on every road out, as if written `var cell = x  defer x = cell`.
void BodyChecker::lend_cells(Builder& b) {
  Body& body = b.body;
  for (uint32_t i = 0; i < body.param_count; ++i) {
    if (!(body.locals[i].flags & kLocalMutParam) || !vars_[b.var_of_local[i]].closure_writes) continue;
    b_ = &b;
    uint32_t cell = static_cast<uint32_t>(body.locals.size());
    HirLocal param = body.locals[i];
    body.locals[i].flags &= static_cast<uint8_t>(~kLocalCell);
    body.locals.push_back(HirLocal{param.name, param.type, kLocalMut | kLocalCell, param.span});
    b.var_of_local.push_back(b.var_of_local[i]);
    for (HirNode& n : body.nodes) {
      if (n.kind == HirKind::Local && n.a == i) n.a = cell;
      if (n.kind == HirKind::Return) n.aux = 0;   // something is left to do: no tail call
    }
    for (Builder* inner : group_)
      if (inner->parent == b.index)
        for (Capture& c : inner->body.captures)
          if (+c.outer == i) c.outer = LocalId(cell);
    uint32_t pat = add_pat(PatKind::Bind, param.type, cell, kNone32, param.span);
    HirId taken = emit(HirKind::Local, param.type, i, kNone32, param.span);
    HirId let = emit(HirKind::Let, Types::Void, pat, +taken, param.span);
    HirId place = emit(HirKind::Local, param.type, i, kNone32, param.span);
    HirId content = emit(HirKind::Local, param.type, cell, kNone32, param.span);
    HirId back = emit(HirKind::Assign, Types::Void, place, content, param.span);
    HirId defer = emit(HirKind::Defer, Types::Void, back, kNone32, param.span);
    TypeId type = node(body.root).type;
    bool has_value = type != Types::Void && type != Types::Never;
    SmallVec<uint32_t, 4> stmts;
    stmts.push_back(+let);
    stmts.push_back(+defer);
    if (!has_value) stmts.push_back(+body.root);
    body.root = emit(HirKind::Block, type, make_list(stmts), has_value ? +body.root : kNone32, node(body.root).span);
  }
}

// Whether a value of `type` can hold a value of `part` (here: a closure).
static bool can_hold(Program& p, TypeId type, TypeId part, int depth = 0) {
  if (type == part) return true;
  if (depth > 6) return false;
  TypeRow row = p.types[type];
  switch (row.kind) {
    case TypeKind::Array:
    case TypeKind::Fixed:
    case TypeKind::Optional: return can_hold(p, TypeId(row.a), part, depth + 1);
    case TypeKind::Tuple:
      for (uint32_t i = 0; i < row.arg_count; ++i)
        if (can_hold(p, p.types.args(type)[i], part, depth + 1)) return true;
      return false;
    case TypeKind::Struct:
      for (uint32_t i = 0; i < p.structs[row.a].fields.size(); ++i)
        if (can_hold(p, p.field_type(type, i), part, depth + 1)) return true;
      return false;
    case TypeKind::Enum:
      for (uint32_t v = 0; v < p.enums[row.a].variants.size(); ++v)
        for (uint32_t i = 0; i < p.enums[row.a].variants[v].fields.size(); ++i)
          if (can_hold(p, p.payload_type(type, v, i), part, depth + 1)) return true;
      return false;
    default: return false;
  }
}

void BodyChecker::parse_format(std::string_view spec, FormatSpec& out, TypeId type, Span at) {
  size_t i = 0;
  bool good = true;
  if (i < spec.size() && (spec[i] == '<' || spec[i] == '^' || spec[i] == '>'))
    out.align = spec[i] == '<' ? 1 : spec[i] == '^' ? 2 : 3, ++i;
  if (i < spec.size() && spec[i] == '0') out.zero = 1, ++i;
  int width = 0;
  while (i < spec.size() && spec[i] >= '0' && spec[i] <= '9' && width < 100000) width = width * 10 + (spec[i++] - '0');
  out.width = width;
  if (i < spec.size() && spec[i] == '.') {
    ++i;
    good &= i < spec.size() && spec[i] >= '0' && spec[i] <= '9';
    int precision = 0;
    while (i < spec.size() && spec[i] >= '0' && spec[i] <= '9' && precision < 1000)
      precision = precision * 10 + (spec[i++] - '0');
    out.precision = precision;
  }
  if (i < spec.size() && std::strchr("xboeX", spec[i])) out.kind = spec[i++];
  good &= i == spec.size() && width <= 10000 && out.precision <= 300;
  if (!good) {
    report<Diag::BadFormat>(at, spec)
        .note(
            "behind the colon: an alignment `<` `^` `>`, a `0` to fill with zeros, the width, `.` and the number of decimals, and one of `x` `X` `b` `o` `e`")
        .help("for example `${x:.2}`, `${x:8}`, `${x:<8}`, `${x:08}`, `${x:x}`");
    return;
  }
  TypeId inner = type;
  if (types_.kind(inner) == TypeKind::Optional) inner = types_.elem(inner);
  bool generic = types_.kind(inner) == TypeKind::Param || inner == Types::Error;
  bool whole = out.kind == 'x' || out.kind == 'b' || out.kind == 'o' || out.kind == 'X';
  if (whole && !types_.is_integer(inner) && !generic)
    report<Diag::FormatType>(at, spec, name_of(type)).note(std::string("`") + out.kind + "` writes a whole number");
  else if ((out.precision >= 0 || out.kind == 'e') && !types_.is_float(inner) && !generic) {
    Diagnostic& d = report<Diag::FormatType>(at, spec, name_of(type));
    d.note(out.precision >= 0 ? "decimals belong to a number with a point"
                              : "`e` writes a number with a point, as in `1.5e3`");
    if (types_.is_integer(inner)) d.help("convert it first: `f64(…)`");
  } else if (out.zero && !types_.is_number(inner) && !generic)
    report<Diag::FormatType>(at, spec, name_of(type)).note("zeros are filled in before numbers only");
}

void BodyChecker::run_late_check(const LateCheck& c) {
  b_ = group_[c.builder];
  TypeId type = finish_type(c.type);
  TypeKind kind = types_.kind(type);
  if (kind == TypeKind::Error || kind == TypeKind::Never) return;
  switch (c.kind) {
    case LateCheck::Number: {
      uint32_t bound = c.b ? kFloat : kNumber;
      if (!require_builtin(type, bound, c.span)) {
        Diagnostic& d = report<Diag::NotCapable>(
            c.span, name_of(type), c.b ? "stand where a number with a point is needed" : "be calculated with");
        if (kind == TypeKind::Param)
          d.help("write the bound: `where " + name_of(type) + ": " + builtin_bound_name(bound) + "`");
      }
      return;
    }
    case LateCheck::Integer:
      if (!require_builtin(type, kInteger, c.span)) {
        Diagnostic& d = report<Diag::NotCapable>(c.span, name_of(type), "stand where a whole number is needed");
        if (types_.is_float(type)) d.note("this operator works on the bits of a whole number");
        if (kind == TypeKind::Param) d.help("write the bound: `where " + name_of(type) + ": Integer`");
      }
      return;
    case LateCheck::Equal:
    case LateCheck::Ordered:
    case LateCheck::Hashable: {
      uint32_t bound = c.kind == LateCheck::Equal ? kEqual : c.kind == LateCheck::Ordered ? kOrdered : kHashable;
      if (kind == TypeKind::ErrorVal && bound == kEqual) return;
      if (require_builtin(type, bound, c.span)) return;
      Diagnostic& d = report<Diag::NotCapable>(c.span, name_of(type),
                                               bound == kEqual     ? "be compared with `==`"
                                               : bound == kOrdered ? "be ordered"
                                                                   : "be a key of a map or an element of a set");
      if (kind == TypeKind::Param) {
        d.help("write the bound: `where " + name_of(type) + ": " + builtin_bound_name(bound) + "`");
      } else if (bound == kOrdered) {
        d.note("numbers, characters, texts, and tuples and arrays of these have an order; `" + name_of(type) +
               "` has none");
        if (kind == TypeKind::Struct || kind == TypeKind::Enum) d.help("compare something in it, such as a field");
      } else {
        explain_obstacle(d, type, bound);
      }
      return;
    }
    case LateCheck::Printable:
      if (kind == TypeKind::Func || kind == TypeKind::TypeOf || kind == TypeKind::Nursery) {
        Diagnostic& d = report<Diag::CannotPrint>(c.span, name_of(type));
        if (kind == TypeKind::Func) d.note("a function has no text of its own").help("call it, and print the result");
      } else if (type == Types::Void) {
        report<Diag::VoidValue>(c.span, "printed");
      }
      return;
    case LateCheck::Format: parse_format(text(NameId(c.a)), group_[c.builder]->body.formats[c.b], type, c.span); return;
    case LateCheck::Convert:
      if (!types_.is_number(type) && kind != TypeKind::Char && kind != TypeKind::Param)
        report<Diag::CannotConvert>(c.span, name_of(type), name_of(TypeId(c.a)));
      else if (kind == TypeKind::Param) require_builtin(type, kNumber, c.span);
      return;
    case LateCheck::ByZero:
      if (types_.is_integer(type))
        report<Diag::DivisionByZero>(c.span).note(
            "no number is the result of dividing by 0; the program would end here with a panic");
      return;
    case LateCheck::Neg:
      if (types_.is_integer(type) && !types_.is_signed(type))
        report<Diag::NegateUnsigned>(c.span, name_of(type)).note("the values of `" + name_of(type) + "` begin at 0");
      else if (kind == TypeKind::Param) {
        if (!require_builtin(type, kNumber, c.span))
          report<Diag::NotCapable>(c.span, name_of(type), "be negated")
              .help("write the bound: `where " + name_of(type) + ": Number`");
      } else if (!types_.is_number(type)) {
        report<Diag::NotANumber>(c.span, name_of(type), "-");
      }
      return;
  }
}

void BodyChecker::finish_group() {
  retry_deferred(true);
  for (const LateCatch& c : late_catches_)
    if (p_.error_sets[+c.set].implicit) group_[c.builder]->body.nodes[+c.node].aux = 1;
  late_catches_.clear();
  decide_receives();
  decide_param_handles();
  bool any_cell = false;
  for (const Var& v : vars_) any_cell |= v.closure_writes;
  for (Builder* b : group_) {
    if (b->index > 0) b->effect_node = new_effect_node(EffectGraph::Extra::Closure);
    else if (is_some(func_)) b->effect_node = +func_;
    else if (b->effect_node == kNone32)
      b->effect_node = new_effect_node(EffectGraph::Extra::Closure);   // a default value: it counts where it is used
  }
  if (any_cell) check_shared_cells();
  for (Builder* b : group_) finish_builder(*b);
  if (options_.lint && !p_.modules[+module_]->is_std) lint_group();
  for (Builder* b : group_) note_effects(*b);
  // Late checks may bind nothing any more; they may add needs.
  for (size_t i = 0; i < late_.size(); ++i) {
    const LateCheck check = late_[i];
    run_late_check(check);
  }
  for (size_t i = first_use_; i < uses_.size(); ++i)
    if (types_[uses_[i].args].has_infer) {
      TypeId args = finish_type(uses_[i].args);
      uses_[i].args = args == Types::Error ? types_.intern(TypeKind::Tuple, 0, 0, {}) : args;
    }
  if (any_cell) {
    for (Builder* b : group_)
      for (size_t i = 0; i < b->body.locals.size(); ++i)
        if (vars_[b->var_of_local[i]].closure_writes) b->body.locals[i].flags |= kLocalCell;
    for (Builder* b : group_) lend_cells(*b);
    for (const Narrowing& n : narrowings_) {
      const Var& v = vars_[n.var];
      if (!v.closure_writes) continue;
      const HirNode& at = group_[n.builder]->body.nodes[+n.node];
      report<Diag::NarrowedButShared>(at.span, text(v.name))
          .at(v.span, "a closure gives it new values")
          .note("between the question and this place the closure may have made it `null` again")
          .help("take the value out first: `if let value = " + std::string(text(v.name)) + " do … end`");
    }
    // A cell that holds a closure that holds the cell would never be freed (ruling 5).
    for (Builder* b : group_) {
      if (!b->body.is_closure) continue;
      for (uint32_t var : b->capture_vars) {
        const Var& v = vars_[var];
        if (!v.closure_writes) continue;
        TypeId own = TypeId::None;
        if (b->parent != kNone32)
          for (const HirNode& n : group_[b->parent]->body.nodes)
            if (n.kind == HirKind::MakeClosure && n.span.lo == tree_->span(b->node).lo &&
                n.span.hi == tree_->span(b->node).hi)
              own = n.type;
        if (is_none(own) || !can_hold(p_, finish_type(v.type), own)) continue;
        report<Diag::ClosureCycle>(tree_->span(b->node), text(v.name))
            .at(v.span, "this variable can hold the closure")
            .note("the two would keep each other alive for ever")
            .help("use a named function, which may call itself");
      }
    }
  }
  if (options_.sink) {
    SmallVec<const Body*, 8> bodies;
    for (Builder* b : group_) bodies.push_back(&b->body);
    options_.sink->take(p_, owner_, {bodies.begin(), bodies.size()});
  }
  for (Builder* b : group_) hand_over(*b);
}

void BodyChecker::hand_over(Builder& b) {
  if (p_.diags.has_errors() && b.body.nodes.empty()) return;
  if (is_some(b.id)) p_.bodies[+b.id] = std::make_unique<Body>(b.body);
  if (options_.keep_bodies) return;
  // The body is looked at a last time and forgotten, unless its patterns wait for the solved sets.
  if (has_error_match(p_, b.body)) late_matches_.push_back(std::make_unique<Body>(b.body));
  else check_patterns(p_, b.body);
}

// ---- the end of the program

void BodyChecker::finish_program() {
  solve_needs();
  verify_uses();

  // A function parameter that is handed on escapes where the next function keeps it.
  bool changed = true;
  auto key = [](FuncId f, uint32_t param) { return (uint64_t(+f) << 8) | param; };
  while (changed) {
    changed = false;
    for (const PolyEdge& e : poly_edges_) {
      if (is_none(e.from) || !is_kept(e.to, e.to_param)) continue;
      uint32_t& from = poly_escapes_[key(e.from, e.from_param)];
      if (from == FlatMap::None) {
        from = 1;
        changed = true;
      }
    }
  }
  // What an impl keeps, its trait's method keeps.
  if (!poly_checks_.empty() || !nursery_args_.empty())
    for (const ImplInfo& impl : p_.impls) {
      if (is_none(impl.trait)) continue;
      const std::vector<FuncId>& declared = p_.traits[+impl.trait].methods;
      for (size_t i = 0; i < impl.methods.size() && i < declared.size(); ++i)
        for (uint32_t k = 0; is_some(impl.methods[i]) && k < p_.funcs[+declared[i]].params.size(); ++k)
          if (poly_escapes_.find(key(impl.methods[i], k)) != FlatMap::None) poly_escapes_[key(declared[i], k)] = 1;
    }
  std::vector<Span> explained;   // an answer at the call would not help
  for (const PolyCheck& c : poly_checks_) {
    if (!is_kept(c.callee, c.param)) continue;
    explained.push_back(c.call);
    const FuncInfo& f = p_.funcs[+c.callee];
    p_.diags.report<Diag::FailingClosureKept>(c.span, text(p_.decls[+f.decl].name))
        .at(f.params[c.param].span, "this function is kept, not only called")
        .note("a failure can be answered at the call only where the function runs during the call")
        .help("answer the failure inside the closure with `catch`, or write the parameter's type with `!`");
  }
  if (!explained.empty()) p_.diags.take_back(Diag::UnhandledFailure, std::move(explained));

  for (const NurseryArg& a : nursery_args_) {
    if (!is_kept(a.callee, a.param)) continue;
    p_.diags.report<Diag::NurseryEscapes>(a.span)
        .with_label("this closure can start tasks in a nursery")
        .at(p_.funcs[+a.callee].params[a.param].span, "the function keeps what it is given, or lets a task run it")
        .note(
            "a nursery ends when its block and all its tasks have ended; what outlived it could start tasks for which nobody waits")
        .help("hand the nursery itself to the function, as a parameter of type `Nursery`");
  }

  solve_error_sets(p_);
  solve_effects();
  // The next phases rely on final types. A stand-in that nobody explained is told at its place rather than handed on.
  if (!p_.diags.has_errors() && !error_type_.is_none())
    p_.diags.report<Diag::TypeNotKnown>(error_type_, "this").help("write the type where the name is introduced");
  for (const FitCheck& check : fits_) report_unfit(check);
  for (const MaybeFail& fail : maybe_fails_) report_maybe_fails(fail);
  if (options_.lint && !p_.diags.has_errors()) lint_names();
  if (memory_) solved_memory();
  for (size_t i = 0; i < late_matches_.size(); ++i) {
    size_t said = p_.diags.all().size();
    check_patterns(p_, *late_matches_[i]);
    if (memory_ && p_.diags.all().size() > said) late_body_spoke(i);
  }
  late_matches_.clear();
}

}   // namespace janus
