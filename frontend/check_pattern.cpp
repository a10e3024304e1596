// check_pattern.cpp: patterns, and `match`.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "frontend/check_internal.h"

namespace janus {

bool BodyChecker::is_simple(uint32_t pat) {
  PatKind k = b_->body.pats[pat].kind;
  return k == PatKind::Bind || k == PatKind::Wild;
}

void BodyChecker::pattern_mismatch(Span at, TypeId type, const std::string& found) {
  report<Diag::PatternType>(at, name_of(type), found == "a tuple" ? found : "`" + found + "`")
      .note("a pattern is compared with a value of the same type");
}

// A constant as the end of a range: its value was folded before bodies are checked.
bool BodyChecker::end_const(NodeId n, __int128& value) {
  const Node x = ast(n);
  NameId name = NameId::None;
  if (x.kind == NodeKind::Ident) name = NameId(x.a);
  else if (x.kind == NodeKind::PatLit) return end_const(NodeId(x.a), value);
  else if (x.kind == NodeKind::PatName && tree_->list(x.a).size() == 1) name = NameId(ast(tree_->list(x.a)[0]).a);
  if (is_none(name) || find_var(name) != kNone32) return false;
  Head head = head_of_name(name, n);
  if (head.kind != HeadKind::Const) return false;
  BodyId body = p_.consts[head.index].body;
  if (is_none(body) || !p_.bodies[+body]) return false;
  const Body& b = *p_.bodies[+body];
  if (is_none(b.root) || b[b.root].kind != HirKind::Int) return false;
  value = b.ints[b[b.root].a];
  return true;
}

// The const that a path in a pattern names, or None; what is wrong with the path is said where the pattern is checked.
static ConstId const_of_path(Program& p, const Tree& tree, ModuleId module, NodeId n) {
  if (tree[n].kind != NodeKind::PatName) return ConstId::None;
  std::span<const NodeId> path = tree.list(tree[n].a);
  DeclId decl = lookup_name(p, module, static_cast<NameId>(tree[path[0]].a));
  for (size_t i = 1; i < path.size() && is_some(decl); ++i) {
    if (p.decls[+decl].kind != DeclKind::Module) return ConstId::None;
    decl = lookup_in_module(p, ModuleId(p.decls[+decl].index), static_cast<NameId>(tree[path[i]].a), nullptr);
  }
  return is_some(decl) && p.decls[+decl].kind == DeclKind::Const ? ConstId(p.decls[+decl].index) : ConstId::None;
}

uint32_t BodyChecker::check_pattern(NodeId n, TypeId type, uint8_t flags, NodeId let) {
  if (pattern_depth_ == 0) pattern_mark_ = bindings_.size();
  ++pattern_depth_;
  uint32_t pat = check_one_pattern(n, type, flags, let);
  --pattern_depth_;
  return pat;
}

// Some(x), Just(x) and None of other languages, where nothing of that name is declared; kNone32: it is none of these.
uint32_t BodyChecker::unwrapped_pattern(NodeId n, TypeId type, uint8_t flags, NodeId let) {
  const Node x = ast(n);
  if (x.kind != NodeKind::PatVariant && x.kind != NodeKind::PatName) return kNone32;
  const Node path = x.kind == NodeKind::PatVariant ? ast(NodeId(x.a)) : x;
  if (path.kind != NodeKind::PatName || tree_->list(path.a).size() != 1) return kNone32;
  NodeId head = tree_->list(path.a)[0];
  std::string_view name = text(NameId(ast(head).a));
  bool wraps = (name == "Some" || name == "Just") && x.kind == NodeKind::PatVariant && tree_->list(x.b).size() == 1;
  bool none = (name == "None" || name == "Nothing") && x.kind == NodeKind::PatName;
  if ((!wraps && !none) || head_of_name(NameId(ast(head).a), head).kind != HeadKind::Unknown) return kNone32;
  bool optional = types_.kind(type) == TypeKind::Optional;
  Diagnostic& d = report<Diag::UnknownName>(span(head), name);
  if (none) {
    d.fix(span(n), "null", "write `null`");
    return add_pat(optional ? PatKind::Null : PatKind::Wild, optional ? type : Types::Error, kNone32, kNone32, span(n));
  }
  NodeId inner = tree_->list(x.b)[0];
  d.note("what may be `null` is not wrapped: the pattern for its value stands alone")
      .fix(span(n), source(inner), "write `" + source(inner) + "`");
  uint32_t pat = check_pattern(inner, optional ? types_.elem(type) : type, flags, let);
  return optional ? add_pat(PatKind::Some, type, pat, kNone32, span(n)) : pat;
}

uint32_t BodyChecker::check_one_pattern(NodeId n, TypeId type, uint8_t flags, NodeId let) {
  const Node x = ast(n);
  type = settle(type);
  TypeKind kind = types_.kind(type);
  Span at = span(n);
  if (uint32_t pat = unwrapped_pattern(n, type, flags, let); pat != kNone32) return pat;
  // A pattern for what is inside fits an optional too: `1..=9` on a `?i64`. A const may be the whole.
  ConstId whole = kind == TypeKind::Optional ? const_of_path(p_, *tree_, module_, n) : ConstId::None;
  bool is_whole = is_some(whole) && types_.kind(p_.consts[+whole].type) == TypeKind::Optional;
  if (kind == TypeKind::Optional && !is_whole && x.kind != NodeKind::PatBind && x.kind != NodeKind::PatWild &&
      x.kind != NodeKind::PatOr && x.kind != NodeKind::Error &&
      !(x.kind == NodeKind::PatLit && ast(NodeId(x.a)).kind == NodeKind::NullLit)) {
    uint32_t inner = check_pattern(n, types_.elem(type), flags, let);
    return add_pat(PatKind::Some, type, inner, kNone32, at);
  }
  switch (x.kind) {
    case NodeKind::PatBind: {
      NameId name = NameId(x.a);
      if (in_or_) {
        for (auto& [known, var] : or_vars_)
          if (known == name) {
            const Var& v = vars_[var & 0x7fffffffu];
            if (!unify(v.type, type)) {
              Why why{v.span, "in the first alternative it is `" + name_of(v.type) + "`"};
              report_mismatch(at, v.type, type, NodeId::None, &why);
            }
            uint32_t pat = add_pat(PatKind::Bind, type, +v.local, kNone32, at);
            var |= 0x80000000u;   // seen in this alternative
            return pat;
          }
        report<Diag::OrPatternNames>(at, text(name))
            .note("which alternative fitted is not known in the arm, so all of them must bind the same names");
        declare(name, Types::Error, flags, at, let);
        return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
      }
      for (size_t k = pattern_mark_; k < bindings_.size(); ++k)
        if (bindings_[k].name == name)
          report<Diag::DuplicateName>(at, text(name)).at(vars_[bindings_[k].var].span, "the first one");
      uint32_t var = declare(name, type, flags, at, let);
      return add_pat(PatKind::Bind, type, +vars_[var].local, kNone32, at);
    }
    case NodeKind::PatLit: return pattern_literal(n, type);
    case NodeKind::PatRange: {
      if (kind == TypeKind::Error) return add_pat(PatKind::Wild, type, kNone32, kNone32, at);
      __int128 ends[2] = {0, 0};
      bool have[2] = {x.a != kNone32, x.b != kNone32};
      bool chars = false, bad = false;
      for (int i = 0; i < 2; ++i) {
        if (!have[i]) continue;
        NodeId end = NodeId(i ? x.b : x.a);
        const Node e = ast(end);
        const Node lit = e.kind == NodeKind::PatLit ? ast(NodeId(e.a)) : e;
        const Node digits = lit.kind == NodeKind::Unary ? ast(NodeId(lit.a)) : lit;
        if (digits.kind == NodeKind::IntLit)
          ends[i] =
              static_cast<__int128>(tree_->tokens.int_value(digits.token)) * (lit.kind == NodeKind::Unary ? -1 : 1);
        else if (digits.kind == NodeKind::CharLit) {
          ends[i] = tree_->tokens.values[digits.token];
          chars = true;
        } else if (!end_const(end, ends[i])) bad = true;
      }
      if (bad) {
        report<Diag::PatternRange>(at).note("a range in a pattern goes from one whole number or character to another");
        return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
      }
      if (chars ? !unify(type, Types::Char)
                : !(types_.is_integer(type) || (kind == TypeKind::Infer && unify(type, fresh(InferKind::Int, at))))) {
        if (types_.is_float(type) && !chars)
          report<Diag::PatternRange>(at)
              .note("between two numbers with a point lie too many others to be listed")
              .help("ask with a guard: `x when x >= 1.0 and x < 2.0 =>`");
        else pattern_mismatch(at, type, chars ? "char" : "i64");
        return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
      }
      type = shallow(type);
      if (types_.kind(type) == TypeKind::Infer && (!have[0] || !have[1])) {
        unify(type, Types::I64);
        type = Types::I64;
      }
      int bits = chars ? 32 : types_.is_integer(type) ? Types::int_bits(types_.kind(type)) : 64;
      bool is_signed = !chars && (types_.kind(type) == TypeKind::Infer || types_.is_signed(type));
      __int128 one = 1, max = chars ? 0x10ffff : (one << (is_signed ? bits - 1 : bits)) - 1,
               min = is_signed ? -(one << (bits - 1)) : 0;
      if (!have[0]) ends[0] = min;
      if (!have[1]) ends[1] = max;
      else if (!(x.flags & kInclusive)) ends[1] -= 1;
      if (ends[0] > ends[1]) {
        report<Diag::PatternEmpty>(at).note("the range ends before it begins, so no value lies in it");
        return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
      }
      if (ends[0] < min || ends[1] > max) {
        report<Diag::PatternNotInType>(at, name_of(type))
            .note("the values of `" + name_of(type) + "` do not reach that far");
        return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
      }
      b_->body.ints.push_back(ends[0]);
      b_->body.ints.push_back(ends[1]);
      uint32_t i = static_cast<uint32_t>(b_->body.ints.size() - 2);
      return add_pat(PatKind::IntRange, type, i, i + 1, at);
    }
    case NodeKind::PatName:
    case NodeKind::PatDot: return pattern_path(n, n, type, NodeId::None, flags, let);
    case NodeKind::PatVariant:
    case NodeKind::PatStruct: return pattern_path(n, NodeId(x.a), type, n, flags, let);
    case NodeKind::PatTuple: {
      size_t count = tree_->list(x.a).size();
      if (x.flags & kHasError) type = Types::Error, kind = TypeKind::Error;   // an array's, which the parser refused
      if (kind == TypeKind::Infer) {
        SmallVec<TypeId, 8> parts;
        for (size_t i = 0; i < count; ++i) parts.push_back(fresh(InferKind::General, at, "a part of this tuple"));
        TypeId tuple = types_.tuple(parts);
        if (unify(type, tuple)) {
          type = tuple;
          kind = TypeKind::Tuple;
        }
      }
      bool fits = kind == TypeKind::Tuple && types_[type].arg_count == count;
      if (!fits && kind != TypeKind::Error) {
        if (kind == TypeKind::Tuple) report<Diag::PatternTuple>(at, count, name_of(type), types_[type].arg_count);
        else pattern_mismatch(at, type, "a tuple");
      }
      SmallVec<uint32_t, 8> subs;
      for (size_t i = 0; i < count; ++i)
        subs.push_back(check_pattern(tree_->list(x.a)[i], fits ? types_.args(type)[i] : Types::Error, flags, let));
      if (!fits) return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
      return add_pat(PatKind::Struct, type, kNone32, make_list(subs), at);
    }
    case NodeKind::PatOr: {
      size_t count = tree_->list(x.a).size();
      SmallVec<uint32_t, 8> subs;
      bool outer_or = in_or_;
      std::vector<std::pair<NameId, uint32_t>> outer_vars = std::move(or_vars_);
      or_vars_.clear();
      if (outer_or) {
        // Inside an alternative of a larger pattern the names are those of the larger one.
        or_vars_ = std::move(outer_vars);
        for (size_t i = 0; i < count; ++i) {
          for (auto& v : or_vars_) v.second &= 0x7fffffffu;
          subs.push_back(check_pattern(tree_->list(x.a)[i], type, flags, let));
        }
        return add_pat(PatKind::Or, type, kNone32, make_list(subs), at);
      }
      size_t mark = bindings_.size();
      subs.push_back(check_pattern(tree_->list(x.a)[0], type, flags, let));
      for (size_t i = mark; i < bindings_.size(); ++i) or_vars_.push_back({bindings_[i].name, bindings_[i].var});
      in_or_ = true;
      for (size_t i = 1; i < count; ++i) {
        for (auto& v : or_vars_) v.second &= 0x7fffffffu;
        NodeId alternative = tree_->list(x.a)[i];
        subs.push_back(check_pattern(alternative, type, flags, let));
        for (auto& v : or_vars_)
          if (!(v.second & 0x80000000u) && kind != TypeKind::Error)
            report<Diag::OrPatternNames>(span(alternative), text(v.first))
                .at(vars_[v.second].span, "bound here")
                .note("which alternative fitted is not known in the arm, so all of them must bind the same names");
      }
      in_or_ = false;
      or_vars_ = std::move(outer_vars);
      return add_pat(PatKind::Or, type, kNone32, make_list(subs), at);
    }
    default: return add_pat(PatKind::Wild, x.kind == NodeKind::Error ? Types::Error : type, kNone32, kNone32, at);
  }
}

uint32_t BodyChecker::pattern_literal(NodeId n, TypeId type) {
  NodeId lit = NodeId(ast(n).a);
  const Node x = ast(lit);
  Span at = span(n);
  TypeKind kind = types_.kind(type);
  auto wild = [&] { return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at); };
  if (kind == TypeKind::Error) return wild();
  bool negative = x.kind == NodeKind::Unary;
  const Node v = negative ? ast(NodeId(x.a)) : x;
  switch (v.kind) {
    case NodeKind::NullLit:
      if (kind == TypeKind::Infer && open_kind(type) == InferKind::General) {
        TypeId opt = types_.optional(fresh(InferKind::General, at, "what this `null` stands for"));
        unify(type, opt);
        return add_pat(PatKind::Null, opt, kNone32, kNone32, at);
      }
      if (kind != TypeKind::Optional) {
        report<Diag::NeverNull>(at, name_of(type)).note("this arm could never be chosen").help("leave it out");
        return wild();
      }
      return add_pat(PatKind::Null, type, kNone32, kNone32, at);
    case NodeKind::IntLit: {
      __int128 value = static_cast<__int128>(tree_->tokens.int_value(v.token)) * (negative ? -1 : 1);
      if (types_.is_float(type)) {
        b_->body.floats.push_back(static_cast<double>(value));
        return add_pat(PatKind::Float, type, static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, at);
      }
      bool fits = types_.is_integer(type) || (kind == TypeKind::Infer && unify(type, fresh(InferKind::Int, at)));
      if (!fits) {
        pattern_mismatch(at, type, "i64");
        return wild();
      }
      if (types_.is_integer(type)) {
        int bits = Types::int_bits(kind);
        bool is_signed = types_.is_signed(type);
        __int128 one = 1, max = (one << (is_signed ? bits - 1 : bits)) - 1, min = is_signed ? -(one << (bits - 1)) : 0;
        if (value < min || value > max) {
          report<Diag::PatternNotInType>(at, name_of(type))
              .note("the values of `" + name_of(type) + "` do not reach that far");
          return wild();
        }
      }
      b_->body.ints.push_back(value);
      return add_pat(PatKind::Int, type, static_cast<uint32_t>(b_->body.ints.size() - 1), kNone32, at);
    }
    case NodeKind::FloatLit: {
      if (!types_.is_float(type) && !(kind == TypeKind::Infer && unify(type, fresh(InferKind::Float, at)))) {
        pattern_mismatch(at, type, "f64");
        return wild();
      }
      double value = tree_->tokens.float_value(v.token);
      b_->body.floats.push_back(negative ? -value : value);
      return add_pat(PatKind::Float, type, static_cast<uint32_t>(b_->body.floats.size() - 1), kNone32, at);
    }
    case NodeKind::CharLit:
    case NodeKind::BoolLit: {
      TypeId own = v.kind == NodeKind::CharLit ? Types::Char : Types::Bool;
      if (!unify(type, own)) {
        pattern_mismatch(at, type, p_.type_name(own));
        return wild();
      }
      b_->body.ints.push_back(v.kind == NodeKind::CharLit ? static_cast<__int128>(tree_->tokens.values[v.token])
                                                          : static_cast<__int128>(v.a));
      return add_pat(PatKind::Int, own, static_cast<uint32_t>(b_->body.ints.size() - 1), kNone32, at);
    }
    case NodeKind::StringLit:
      if (!unify(type, Types::String)) {
        pattern_mismatch(at, type, "String");
        return wild();
      }
      return add_pat(PatKind::Str, Types::String, v.a, kNone32, at);
    default: return wild();
  }
}

uint32_t BodyChecker::pattern_fields(const std::vector<FieldInfo>& fields, std::span<const TypeId> field_types,
                                     NodeId with, bool named, Span at, uint8_t flags, NodeId let,
                                     const std::string& owner) {
  SmallVec<uint32_t, 8> subs;
  subs.resize(fields.size(), kNone32);
  if (is_some(with)) {
    const Node w = ast(with);
    size_t count = tree_->list(w.b).size();
    if (w.kind == NodeKind::PatVariant) {
      if (named && count > 0) {
        std::string parts;   // with the patterns that were written, when there is one for each
        for (size_t i = 0; i < fields.size(); ++i) {
          parts += std::string(i ? ", " : "") + std::string(text(fields[i].name));
          std::string as = count == fields.size() ? source(tree_->list(w.b)[i]) : "";
          if (!as.empty() && as != text(fields[i].name)) parts += ": " + as;
        }
        report<Diag::VariantBraces>(span(with), owner)
            .help("write the names in braces: `" + owner + " { " + parts + " }`");
      } else if (count != fields.size()) {
        Diagnostic& d = report<Diag::PatternParts>(span(with), owner, fields.size(), count);
        if (!fields.empty()) d.at(fields[0].span, "declared here").help("write `_` for a part that does not matter");
      }
      for (size_t i = 0; i < count; ++i) {
        uint32_t sub =
            check_pattern(tree_->list(w.b)[i], i < fields.size() && !named ? field_types[i] : Types::Error, flags, let);
        if (i < fields.size()) subs[i] = sub;
      }
    } else {
      if (!named && !fields.empty())
        report<Diag::VariantParens>(span(with), owner).help("write the parts in parentheses: `" + owner + "(…)`");
      for (size_t i = 0; i < count; ++i) {
        const NodeId field_node = tree_->list(w.b)[i];
        const Node f = ast(field_node);
        if (f.kind != NodeKind::PatField) continue;
        size_t index = 0;
        while (index < fields.size() && fields[index].name != NameId(f.a)) ++index;
        Span name_span = tree_->token_span(tree_->first_token(field_node));
        bool known = named && index < fields.size();
        if (!known && named) {
          std::vector<std::string_view> names;
          for (const FieldInfo& field : fields) names.push_back(text(field.name));
          Diagnostic& d = report<Diag::NoField>(name_span, owner, text(NameId(f.a)));
          suggest(d, name_span, text(NameId(f.a)), names);
        }
        if (known && subs[index] != kNone32) report<Diag::FieldTwice>(name_span, text(NameId(f.a)));
        TypeId type = known ? field_types[index] : Types::Error;
        uint32_t sub;
        if (f.b != kNone32) {
          sub = check_pattern(NodeId(f.b), type, flags, let);
        } else {
          // `User { name }` binds the field's name; the same as `name: name`.
          uint32_t made = static_cast<uint32_t>(tree_->nodes.size());
          tree_->nodes.push_back(Node{NodeKind::PatBind, 0, 0, tree_->first_token(field_node), f.a, kNone32});
          tree_->lasts.push_back(tree_->first_token(field_node));
          sub = check_pattern(NodeId(made), type, flags, let);
        }
        if (known) subs[index] = sub;
      }
    }
  }
  for (size_t i = 0; i < subs.size(); ++i)
    if (subs[i] == kNone32) subs[i] = add_pat(PatKind::Wild, field_types[i], kNone32, kNone32, at);
  return subs.empty() ? kNone32 : make_list(subs);
}

uint32_t BodyChecker::pattern_path(NodeId n, NodeId path_node, TypeId type, NodeId with, uint8_t flags, NodeId let) {
  Span at = span(n);
  TypeKind kind = types_.kind(type);
  const Node p = ast(path_node);
  auto give_up = [&] {
    if (is_some(with)) {
      const Node w = ast(with);
      for (size_t i = 0; i < tree_->list(w.b).size(); ++i) {
        NodeId sub = tree_->list(w.b)[i];
        const Node f = ast(sub);
        if (f.kind == NodeKind::PatField) {
          if (f.b != kNone32) check_pattern(NodeId(f.b), Types::Error, flags, let);
          else declare(NameId(f.a), Types::Error, flags, span(sub), let);
        } else {
          check_pattern(sub, Types::Error, flags, let);
        }
      }
    }
    return add_pat(PatKind::Wild, Types::Error, kNone32, kNone32, at);
  };
  if (kind == TypeKind::Error) return give_up();

  // What does the path name?
  int variant = -1;
  TagId tag = TagId::None;
  TypeId struct_type = TypeId::None;
  if (p.kind == NodeKind::PatDot) {
    NameId name = NameId(p.a);
    if (kind == TypeKind::Enum) {
      variant = p_.find_variant(EnumId(types_[type].a), name);
      if (variant < 0) {
        std::vector<std::string_view> names;
        for (const VariantInfo& v : p_.enums[types_[type].a].variants) names.push_back(text(v.name));
        Span name_span = tree_->token_span(tree_->lasts[+path_node]);
        Diagnostic& d = report<Diag::NoVariant>(name_span, name_of(type), text(name));
        if (!suggest(d, name_span, text(name), names)) list_variants(d, EnumId(types_[type].a));
        return give_up();
      }
    } else if (kind == TypeKind::ErrorVal) {
      for (TagId t : p_.error_sets[types_[type].a].tags)
        if (p_.tags[+t].name == name) tag = t;
      if (is_none(tag)) {
        no_tag(ErrorSetId(types_[type].a), name, span(path_node), name_of(type));
        return give_up();
      }
    } else {
      if (kind == TypeKind::Infer && open_kind(type) == InferKind::General)
        report<Diag::DotNameNeedsType>(at, text(name))
            .help("write the type in front: `Type." + std::string(text(name)) + "`");
      else pattern_mismatch(at, type, "." + std::string(text(name)));
      return give_up();
    }
  } else {
    std::span<const NodeId> path = tree_->list(p.a);
    NameId first = NameId(ast(path[0]).a);
    uint32_t var = find_var(first);
    Head head;
    if (var != kNone32 && path.size() == 1) {
      report<Diag::UpperCaseBinding>(at, text(first))
          .note("in a pattern a name with a capital means something that is declared, and a lower-case name binds");
      return give_up();
    }
    head = head_of_name(first, path[0]);
    size_t i = 1;
    while (head.kind == HeadKind::Module && i < path.size()) {
      bool is_private = false;
      DeclId decl = lookup_in_module(p_, ModuleId(head.index), NameId(ast(path[i]).a), &is_private);
      if (is_none(decl) || is_private) {
        report<Diag::NotInModule>(span(path[i]), text(p_.modules[head.index]->path), text(NameId(ast(path[i]).a)));
        return give_up();
      }
      head = head_of_decl(decl, path[i]);
      ++i;
    }
    bool last = i == path.size();
    NameId name = last ? NameId::None : NameId(ast(path[i]).a);
    std::string name_text = last ? "" : std::string(text(name));
    switch (head.kind) {
      case HeadKind::Poison: return give_up();
      case HeadKind::Const: {
        if (!last || is_some(with)) break;
        TypeId own = p_.consts[head.index].type;
        if (!unify(type, own)) {
          pattern_mismatch(at, type, name_of(own));
          return give_up();
        }
        if (BodyId body = p_.consts[head.index].body; is_some(body)) {
          const Body& value = *p_.bodies[+body];
          if (value[value.root].kind == HirKind::Null) return add_pat(PatKind::Null, type, kNone32, kNone32, at);
        }
        return add_pat(PatKind::Const, own, head.index, kNone32, at);
      }
      case HeadKind::Error:
        if (last) break;
        tag = p_.find_tag(ErrorId(head.index), name);
        if (is_none(tag)) {
          std::vector<std::string_view> names;
          for (TagId t : p_.errors[head.index].tags) names.push_back(text(p_.tags[+t].name));
          Diagnostic& d =
              report<Diag::NoVariant>(span(path[i]), text(p_.decls[+p_.errors[head.index].decl].name), name_text);
          say_what_it_has(d, span(tree_->list(p.a)[i]), name_text, names);
          return give_up();
        }
        if (kind == TypeKind::Infer) unify(type, types_.error_value(p_.errors[head.index].set));
        break;
      case HeadKind::AdHoc:
        if (!last) tag = p_.ad_hoc_tag(name);
        break;
      case HeadKind::Type: {
        TypeId own = shallow(head.type);
        if (last) {
          if (types_.kind(own) != TypeKind::Struct) break;
          if (refuse_opaque(own, at)) return give_up();
          struct_type = own;
          break;
        }
        if (types_.kind(own) != TypeKind::Enum) break;
        variant = p_.find_variant(EnumId(types_[own].a), name);
        if (variant < 0) {
          std::vector<std::string_view> names;
          for (const VariantInfo& v : p_.enums[types_[own].a].variants) names.push_back(text(v.name));
          Diagnostic& d = report<Diag::NoVariant>(span(path[i]), name_of(own), name_text);
          if (!suggest(d, span(tree_->list(p.a)[i]), name_text, names)) list_variants(d, EnumId(types_[own].a));
          return give_up();
        }
        if (!unify(type, own)) {
          pattern_mismatch(at, type, name_of(own));
          return give_up();
        }
        type = shallow(type);
        break;
      }
      default:
        if (path.size() == 1 && kind == TypeKind::Enum && p_.find_variant(EnumId(types_[type].a), first) >= 0) {
          report<Diag::BareVariant>(at, text(first))
              .note("a variant is written with its type or with a point, so that it cannot be taken for something else")
              .help("write `." + std::string(text(first)) + "`")
              .fix(Span{span(path_node).lo, span(path_node).lo}, ".", "write the point");
          return give_up();
        }
        if (path.size() == 1 && kind == TypeKind::ErrorVal) {
          // A declared variant without its error's name, or an ad-hoc error.
          for (TagId t : p_.error_sets[types_[type].a].tags)
            if (p_.tags[+t].name == first && is_some(p_.tags[+t].error)) {
              report<Diag::BareVariant>(at, text(first))
                  .help("write `" + p_.tags[+t].full_name + "`")
                  .fix(span(path_node), p_.tags[+t].full_name, "write the error's name in front");
              return give_up();
            }
          tag = p_.ad_hoc_tag(first);
          break;
        }
        if (head.kind == HeadKind::Unknown || head.kind == HeadKind::Builtin) {
          Diagnostic& d = report<Diag::UnknownName>(span(path[0]), text(first));
          std::vector<std::string_view> names;
          visible_names(p_, module_, names);
          if (text(first) == "Ok" || text(first) == "Err")
            d.note("a call that can fail gives its value as it is; its error is answered where the call stands")
                .help("write `f() catch |err| do … end`, and in it `match err { … }`");
          else if (!suggest(d, span(tree_->list(p.a)[0]), text(first), names))
            d.note(
                "in a pattern a name with a capital means a `const`, a variant or an error; a name that takes the value begins with a small letter");
          return give_up();
        }
        break;
    }
    if (variant < 0 && is_none(tag) && is_none(struct_type)) {
      report<Diag::NotAPattern>(at, source(path_node))
          .note("a pattern names a variant, a `const`, an error, or takes a struct apart");
      return give_up();
    }
  }

  if (is_some(tag)) {
    if (types_.kind(shallow(type)) != TypeKind::ErrorVal) {
      pattern_mismatch(at, type, p_.tags[+tag].full_name);
      return give_up();
    }
    const std::vector<FieldInfo>& fields = p_.tags[+tag].fields;
    SmallVec<TypeId, 8> field_types;
    for (const FieldInfo& f : fields) field_types.push_back(f.type);
    bool named = !fields.empty() && is_some(fields[0].name);
    uint32_t subs = pattern_fields(fields, field_types, with, named, at, flags, let, p_.tags[+tag].full_name);
    return add_pat(PatKind::Error, shallow(type), +tag, subs, at);
  }
  if (variant >= 0) {
    const EnumInfo& e = p_.enums[types_[type].a];
    const VariantInfo& v = e.variants[static_cast<size_t>(variant)];
    SmallVec<TypeId, 8> field_types;
    for (uint32_t i = 0; i < v.fields.size(); ++i)
      field_types.push_back(p_.payload_type(type, static_cast<uint32_t>(variant), i));
    uint32_t subs = pattern_fields(v.fields, field_types, with, v.named_fields, at, flags, let,
                                   name_of(type) + "." + std::string(text(v.name)));
    return add_pat(PatKind::Variant, type, static_cast<uint32_t>(variant), subs, at);
  }
  if (!unify(type, struct_type)) {
    pattern_mismatch(at, type, name_of(struct_type));
    return give_up();
  }
  type = shallow(type);
  const StructInfo& s = p_.structs[types_[type].a];
  SmallVec<TypeId, 8> field_types;
  for (uint32_t i = 0; i < s.fields.size(); ++i) field_types.push_back(p_.field_type(type, i));
  if (is_none(with) || ast(with).kind != NodeKind::PatStruct) {
    report<Diag::NotAPattern>(at, source(path_node))
        .help("a struct is taken apart with braces: `" + code_of(type) + " { … }`");
    return give_up();
  }
  uint32_t subs = pattern_fields(s.fields, field_types, with, true, at, flags, let, name_of(type));
  return add_pat(PatKind::Struct, type, kNone32, subs, at);
}

// ---- match

HirId BodyChecker::check_match_expr(NodeId n, TypeId expected, bool value) {
  const Node x = ast(n);
  // A `null` arm asks about the `?T`, also where the variable is known not to be null.
  bool asks_null = std::ranges::any_of(tree_->list(x.b), [&](NodeId arm) {
    const Node pattern = ast(NodeId(ast(arm).a));
    return ast(arm).kind == NodeKind::MatchArm && pattern.kind == NodeKind::PatLit &&
           ast(NodeId(pattern.a)).kind == NodeKind::NullLit;
  });
  HirId scrutinee = asks_null ? check_unnarrowed(NodeId(x.a), TypeId::None) : check(NodeId(x.a));
  TypeId type = settle(node(scrutinee).type);
  if (type == Types::Void) {
    report<Diag::VoidValue>(span(NodeId(x.a)), "matched");
    type = Types::Error;
  }
  uint32_t subject = subject_var(NodeId(x.a));
  bool null_done = false;
  Facts before, after;
  copy_facts(before, facts_);
  bool dead_before = dead_, any_alive = false;
  SmallVec<uint32_t, 24> triples;
  SmallVec<HirId, 8> bodies;
  SmallVec<NodeId, 8> asts;
  TypeId hint = expected;
  size_t count = tree_->list(x.b).size();
  for (size_t i = 0; i < count; ++i) {
    const Node arm = ast(tree_->list(x.b)[i]);
    if (arm.kind != NodeKind::MatchArm) continue;
    NodeId pattern = NodeId(arm.a), guard = tree_->record_node(arm.b, 0), body = tree_->record_node(arm.b, 1);
    copy_facts(facts_, before);
    dead_ = dead_before;
    size_t scope = open_scope();
    type = shallow(type);
    if (null_done && subject != kNone32) add_fact(subject, Fact::NonNull);
    uint32_t pat;
    const Node pn = ast(pattern);
    if (null_done && types_.kind(type) == TypeKind::Optional && pn.kind == NodeKind::PatBind) {
      // After a `null` arm the rest is not null (ruling 3).
      uint32_t inner = check_pattern(pattern, types_.elem(type), 0, NodeId::None);
      pat = add_pat(PatKind::Some, type, inner, kNone32, span(pattern));
    } else {
      pat = check_pattern(pattern, type, 0, NodeId::None);
    }
    uint32_t guard_value = kNone32;
    if (is_some(guard)) {
      Facts t, f;
      guard_value = +check_cond(guard, t, f, false);
      for (const Fact& fact : t) add_fact(fact.var, fact.kind);
      // The arms behind a guard come after what it changes.
      forget_assigned_in(before, guard);
      if (subject != kNone32) {
        Facts known;
        known.push_back({subject, Fact::NonNull});
        forget_assigned_in(known, guard);
        if (known.empty()) subject = kNone32;
      }
    } else if (pn.kind == NodeKind::PatLit && ast(NodeId(pn.a)).kind == NodeKind::NullLit) {
      null_done = true;
    }
    HirId result = check_branch(body, value ? hint : TypeId::None, value);
    if (value && (is_none(expected) || is_open(expected)) && bodies.empty()) {
      TypeId t = type_of(result);
      if (t != Types::Never && t != Types::Error && t != Types::Void) hint = t;
    }
    close_scope(scope);
    if (!dead_) {
      if (any_alive) meet(after, facts_);
      else copy_facts(after, facts_);
      any_alive = true;
    }
    bodies.push_back(result);
    asts.push_back(body);
    triples.push_back(pat);
    triples.push_back(guard_value);
    triples.push_back(+result);
  }
  dead_ = dead_before || (!any_alive && !bodies.empty());
  copy_facts(facts_, any_alive ? after : before);
  TypeId result_type = Types::Void;
  join_branches({bodies.begin(), bodies.size()}, asts, expected, value, &result_type);
  for (size_t i = 0; i < bodies.size(); ++i) triples[i * 3 + 2] = +bodies[i];
  if (type == Types::Error && result_type != Types::Void && result_type != Types::Never) result_type = Types::Error;
  HirId match = emit(HirKind::Match, result_type, +scrutinee, make_record({make_list(triples)}), span(n), x.aux);
  return match;
}

}   // namespace janus
