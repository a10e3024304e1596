// check_loop.cpp: loops, and what leaves them or the function.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

// ---- loops

HirId BodyChecker::check_while(NodeId n) {
  const Node x = ast(n);
  NodeId body = tree_->record_node(x.b, 0);
  NameId label = NameId(tree_->record(x.b, 1));
  forget_assigned_in(facts_, n);
  size_t scope = open_scope();
  Facts when_true, when_false, before, at_break;
  bool dead_before = dead_;
  HirId cond = check_cond(NodeId(x.a), when_true, when_false, true);
  copy_facts(before, facts_);
  for (const Fact& f : when_true) add_fact(f.var, f.kind);
  uint32_t number = new_loop();
  b_->loops.push_back({label, number, false, b_->in_defer, &at_break, scope});
  HirId body_value = check_block(body, TypeId::None, false);
  bool has_break = b_->loops.back().has_break;
  b_->loops.pop_back();
  close_scope(scope);
  const Node c = ast(unparen(NodeId(x.a)));
  bool endless = c.kind == NodeKind::BoolLit && c.a == 1;
  if (endless) {
    dead_ = dead_before || !has_break;
    copy_facts(facts_, has_break ? at_break : before);
  } else {
    dead_ = dead_before;
    copy_facts(facts_, before);
    for (const Fact& f : when_false) add_fact(f.var, f.kind);
    if (has_break) meet(facts_, at_break);
  }
  return emit(HirKind::While, endless && !has_break ? Types::Never : Types::Void, +cond,
              make_record({+body_value, number}), span(n));
}

HirId BodyChecker::check_for(NodeId n) {
  const Node x = ast(n);
  if (x.flags & kShort) {
    Profile profile = p_.modules[+module_]->profile;
    const char* instead = "a nursery with one task for each part of the work does the same";
    if (profile == Profile::Compute)
      report<Diag::NotAvailableYet>(tree_->token_span(x.token), "parallel for")
          .note("it will spread the rounds of a loop over all processors")
          .help(instead);
    else
      report<Diag::NotInProfile>(tree_->token_span(x.token), "parallel for", profile_name(profile))
          .note(
              "it spreads the rounds of a loop over all processors; `:compute` has it, whose files say by their profile that they keep every processor busy")
          .help(profile == Profile::Core ? "write `for`: one round after the other" : instead);
  }
  NodeId iterable = tree_->record_node(x.b, 0), body = tree_->record_node(x.b, 1);
  NameId label = NameId(tree_->record(x.a, 1));
  size_t pattern_count = tree_->record_list(x.a, 0).size();
  auto pattern = [&](size_t i) { return tree_->record_list(x.a, 0)[i]; };
  HirId value = received(check_walked(iterable));
  forget_assigned_in(facts_, body);
  size_t scope = open_scope();
  Facts before, at_break;
  copy_facts(before, facts_);
  bool dead_before = dead_;
  uint32_t number = new_loop();
  TypeId type = settle(node(value).type);
  TypeRow row = types_[type];
  HirId loop = HirId::None;
  uint32_t head = kNone32;
  HirKind kind = HirKind::ForEach;

  const HirNode range = node(value);
  NodeKind pk = pattern_count ? ast(pattern(0)).kind : NodeKind::Error;
  if (range.kind == HirKind::MakeRange && pattern_count == 1 && (pk == NodeKind::PatBind || pk == NodeKind::PatWild)) {
    TypeId elem = node(HirId(range.a)).type;
    uint32_t var =
        declare(pk == NodeKind::PatBind ? NameId(ast(pattern(0)).a) : NameId::None, elem, kLocalLoop, span(pattern(0)));
    kind = HirKind::ForRange;
    head = make_record({+vars_[var].local, range.a, range.b, range.aux, kNone32});
  } else {
    TypeId elem = Types::Error;
    uint32_t how = 0, next_func = kNone32, next_args = kNone32, index_local = kNone32;
    bool bad = false;
    auto refuse = [&](const char* help) {
      Diagnostic& d = report<Diag::CannotIterate>(span(iterable), name_of(type));
      if (help) d.help(help);
      bad = true;
    };
    std::string code = source(iterable);
    switch (row.kind) {
      case TypeKind::Error: bad = true; break;
      case TypeKind::Array:
      case TypeKind::Fixed: elem = TypeId(row.a); break;
      case TypeKind::Channel:
        elem = TypeId(row.a);
        how = 6;
        p_.uses_tasks = unlasting_ = true;
        break;
      case TypeKind::String: refuse(("walk over its characters: `for c in " + code + ".chars() do`").c_str()); break;
      case TypeKind::Optional:
        report_optional_as_value(span(iterable), type, iterable, nullptr);
        bad = true;
        break;
      case TypeKind::Infer:
        if (open_kind(type) == InferKind::Int)
          refuse(("to count, give a range: `for i in 0.." + code + " do`").c_str());
        else {
          report<Diag::TypeNotKnown>(span(iterable), "what is walked over")
              .help("write its type where the name is introduced, as in `{ |xs: []i64| … }`");
          bad = true;
        }
        break;
      default:
        if (row.kind == TypeKind::Struct && row.a == +p_.lang.map) {
          how = 2;
          TypeId pair[] = {types_.args(type)[0], types_.args(type)[1]};
          elem = types_.tuple(pair);
        } else if (row.kind == TypeKind::Struct && row.a == +p_.lang.set) {
          how = 3;
          elem = types_.args(type)[0];
        } else if (row.kind == TypeKind::Struct && row.a == +p_.lang.range) {
          how = 4;
          elem = row.arg_count ? types_.args(type)[0] : Types::I64;
        } else if (types_.is_integer(type)) {
          refuse(("to count, give a range: `for i in 0.." + code + " do`").c_str());
        } else {
          Program::MethodMatch m = method_of(type, n_next_);
          bool fits =
              m.candidates == 1 && p_.funcs[+m.func].self != SelfKind::None && p_.funcs[+m.func].params.size() == 1;
          TypeId result = TypeId::None;
          if (fits) {
            const FuncInfo& f = p_.funcs[+m.func];
            result = shallow(types_.subst(f.result, f.type_params, m.impl_args));
            fits = types_.kind(result) == TypeKind::Optional && !f.fallible && !(is_some(f.trait) && is_none(f.impl));
          }
          if (!fits) {
            refuse(
                "`for` walks over arrays, ranges, maps, sets, and values with a method `next(mut self)` that gives a `?T`");
          } else {
            how = 5;
            elem = types_.elem(result);
            next_func = +m.func;
            use_func(m.func);
            next_args = make_type_list(m.impl_args);
            if (!m.impl_args.empty())
              uses_.push_back({m.func, types_.tuple(m.impl_args), func_, module_, n, span(iterable)});
          }
        }
    }
    if (bad) elem = Types::Error;
    uint32_t pat;
    if (how == 2 && pattern_count == 2) {
      uint32_t k = check_pattern(pattern(0), types_.args(type)[0], kLocalLoop, NodeId::None);
      uint32_t v = check_pattern(pattern(1), types_.args(type)[1], kLocalLoop, NodeId::None);
      uint32_t both[] = {k, v};
      pat = add_pat(PatKind::Struct, elem, kNone32, make_list(both), span(pattern(0)));
    } else {
      if (pattern_count == 2) {
        const Node ip = ast(pattern(0));
        if (ip.kind == NodeKind::PatBind || ip.kind == NodeKind::PatWild) {
          uint32_t var = declare(ip.kind == NodeKind::PatBind ? NameId(ip.a) : NameId::None, Types::I64, kLocalLoop,
                                 span(pattern(0)));
          index_local = +vars_[var].local;
        } else if (!bad) {
          report<Diag::IndexPattern>(span(pattern(0)))
              .note("in `for i, x in items` the first name is the number of the element, from 0");
        }
      }
      pat = check_pattern(pattern(pattern_count == 2 ? 1 : 0), elem, kLocalLoop, NodeId::None);
    }
    head = make_record({pat, +value, how, index_local, next_func, next_args});
  }
  b_->loops.push_back({label, number, false, b_->in_defer, &at_break, scope});
  size_t said = p_.diags.all().size();
  HirId body_value = check_block(body, TypeId::None, false);
  if (p_.diags.all().size() > said && pattern_count == 2) index_and_pair(pattern(0), pattern(1), said, iterable);
  b_->loops.pop_back();
  close_scope(scope);
  copy_facts(facts_, before);
  dead_ = dead_before;
  loop = emit(kind, Types::Void, head, make_record({+body_value, number}), span(n));
  return loop;
}

// ---- leaving

LoopScope* BodyChecker::find_loop(NameId label, NodeId n) {
  const char* word = ast(n).kind == NodeKind::Break ? "break" : "continue";
  Span at = span(n);
  for (size_t i = b_->loops.size(); i-- > 0;) {
    LoopScope& loop = b_->loops[i];
    if (is_some(label) && loop.label != label) continue;
    if (loop.defer_depth != b_->in_defer) {
      report<Diag::LeavesDefer>(at, word).note(
          "a `defer` runs while its block is already being left, so it must come to its own end");
      return nullptr;
    }
    return &loop;
  }
  if (is_some(label)) {
    report<Diag::UnknownLabel>(at, text(label))
        .help("a label is written before the loop: `" + std::string(text(label)) + ": for … do`");
    return nullptr;
  }
  bool outer = false;
  for (size_t d = 0; d + 1 < stack_.size(); ++d) outer |= !stack_[d]->loops.empty();
  Diagnostic& d = report<Diag::OutsideLoop>(at, word);
  if (outer)
    d.note("this stands in a closure, which is a function of its own; it cannot leave the loop around it")
        .help("use a `for` loop in place of the closure, or `return` to leave the closure");
  else d.help("to leave the function, write `return`");
  return nullptr;
}

// `for name, age in pairs` looks like the two parts of a pair and is the number and the pair. When the first mistake in
// the body is about one of the two names, that is most likely it.
void BodyChecker::index_and_pair(NodeId index, NodeId pair, size_t said, NodeId items) {
  if (ast(index).kind != NodeKind::PatBind || ast(pair).kind != NodeKind::PatBind) return;
  uint32_t var = find_var(NameId(ast(pair).a));
  if (var == kNone32) return;
  TypeRow row = types_[shallow(vars_[var].type)];
  if (row.kind != TypeKind::Tuple || row.arg_count != 2) return;
  Diagnostic& d = *p_.diags.all()[said];
  std::string first(text(NameId(ast(index).a))), second(text(NameId(ast(pair).a)));
  std::string_view at = p_.sources.text(d.span);
  bool about = at == first || at == second || at.starts_with(first + ".") || at.starts_with(second + ".") ||
               at.starts_with(first + " ") || at.starts_with(second + " ");
  if (!about) return;
  d.at(Span{span(index).lo, span(pair).hi}, "`" + first + "` is the number of the element, `" + second + "` the pair")
      .help("to take the pairs apart write `for (" + first + ", " + second + ") in " + source(items) + " do`");
}

HirId BodyChecker::check_break(NodeId n) {
  const Node x = ast(n);
  bool is_break = x.kind == NodeKind::Break;
  if (is_break && x.b != kNone32) {
    report<Diag::BreakValue>(span(NodeId(x.b)))
        .note("a loop has no value")
        .help("keep the value in a variable that is declared before the loop");
    check_poison(NodeId(x.b));
  }
  LoopScope* loop = find_loop(NameId(x.a), n);
  if (!loop) return poison(span(n));
  leave_handles(loop->mark);
  if (is_break) {
    if (!dead_) {
      forget_deferred();
      if (loop->has_break) meet(*loop->at_break, facts_);
      else copy_facts(*loop->at_break, facts_);
    }
    loop->has_break = true;
  }
  dead_ = true;
  return emit(is_break ? HirKind::Break : HirKind::Continue, Types::Never, loop->number, kNone32, span(n));
}

HirId BodyChecker::check_return(NodeId n) {
  const Node x = ast(n);
  NodeId value_node = NodeId(x.a);
  if (b_->in_defer > 0) {
    report<Diag::LeavesDefer>(span(n), "return")
        .note("a `defer` runs while its block is already being left, so it must come to its own end");
    if (is_some(value_node)) check_poison(value_node);
    dead_ = true;
    return poison(span(n));
  }
  HirId value = HirId::None;
  if (is_some(value_node)) {
    TypeId want = shallow(b_->result);
    if (want == Types::Void) {
      value = check(value_node, b_->drop_result ? TypeId::None : Types::Void);
      TypeId given = type_of(value);
      if (given != Types::Void && given != Types::Never && given != Types::Error) {
        if (!b_->drop_result) {
          Diagnostic& d = report<Diag::ReturnsNothing>(span(value_node), b_->what);
          d.with_label("this is `" + name_of(given) + "`");
          if (!b_->sink_span.is_none()) d.at(b_->sink_span, "no result type is written here");
          if (is_some(func_) && func_ == p_.main_func && !b_->body.is_closure)
            d.note(
                 "`main` gives nothing back: a program that comes to its end ends with 0, one whose `main` fails with 1")
                .help(
                    "write `return` alone, or nothing at the end; for another end, `fail` in `func main() -> !void do`");
          else
            d.note(std::string("a ") + b_->what + " without a type behind `->` gives nothing back")
                .help((types_[zonk(given)].has_infer && name_of(given) != code_of(given) ? "write a type, such as `-> "
                                                                                         : "write the type: `-> ") +
                      code_of(given) + "`");
          poison_open(given);
          value = poison(span(value_node));
        } else {
          drop_value(value);
        }
      }
    } else {
      Why why{b_->sink_span, "the result must be `" + name_of(b_->result) + "`"};
      value = check(value_node, b_->result);
      TypeId given = type_of(value);
      if (!b_->result_written && types_.kind(given) == TypeKind::Optional && types_.kind(want) != TypeKind::Optional &&
          types_.kind(want) != TypeKind::Infer) {
        value = coerce(value, b_->result, value_node, nullptr);
      } else {
        value = coerce(value, b_->result, value_node, b_->result_written && !b_->sink_span.is_none() ? &why : nullptr);
      }
    }
  } else {
    TypeId want = shallow(b_->result);
    if (types_.kind(want) == TypeKind::Infer) unify(want, Types::Void);
    else if (want != Types::Void && want != Types::Error && want != Types::Never) {
      Diagnostic& d = report<Diag::ReturnNeedsValue>(span(n), name_of(want));
      if (!b_->sink_span.is_none()) d.at(b_->sink_span, "the result is declared here");
      d.help("write the value behind `return`");
    }
  }
  leave_handles(0);
  dead_ = true;
  bool tail = is_some(value) && b_->defers_open == 0;
  return emit(HirKind::Return, Types::Never, is_some(value) ? +value : kNone32, kNone32, span(n), tail ? 1 : 0);
}

}   // namespace janus
