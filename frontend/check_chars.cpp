// check_chars.cpp: the characters of a string, walked in place or kept as an array.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
//
// `s.chars()` makes a `Chars`, which decodes while it is walked and allocates nothing: right under `for`, `in` and a
// method call, where most of them stand. Whoever keeps the characters wants to count, index and change them, and for
// that a `Chars` is the wrong thing: each `cs[i]` would walk from the start. So a `chars()` that is kept becomes a
// `[]char`, except under a name that is walked by hand with `next`, or where a `Chars` is asked for.
#include <algorithm>
#include "frontend/check_internal.h"

namespace janus {

bool BodyChecker::is_chars(TypeId type) {
  const TypeRow& row = types_[shallow(type)];
  return row.kind == TypeKind::Struct && is_some(p_.lang.chars) && row.a == +p_.lang.chars;
}

// The same characters in an array.
HirId BodyChecker::chars_array(HirId chars) {
  use_func(p_.lang.chars_to_array);
  uint32_t arg = +chars;
  return emit(HirKind::Call, types_.array(Types::Char), +p_.lang.chars_to_array,
              make_record({make_type_list({}), make_list({&arg, 1})}), node(chars).span);
}

// What a call gives whose value is not walked on the spot.
HirId BodyChecker::kept_chars(HirId value, TypeId expected) {
  const HirNode& x = node(value);
  if (x.kind != HirKind::Call || is_none(p_.lang.string_chars) || x.a != +p_.lang.string_chars) return value;
  return is_some(expected) && is_chars(peel(expected)) ? value : chars_array(value);
}

// Is the variable that `let` declares the characters of a string, and taken apart by hand later, as in
// `while let c = it.next() do`?
bool BodyChecker::walked_by_hand(NameId name, NodeId let, NodeId init) {
  const Node& call = ast(unparen(init));
  if (call.kind != NodeKind::Call) return false;
  const Node& callee = ast(NodeId(call.a));
  if (callee.kind != NodeKind::Member || NameId(callee.b) != n_chars_) return false;
  const Tokens& tokens = tree_->tokens;
  if (hand_walks_in_ != tree_ ||
      hand_walks_of_ != tokens.size()) {   // more when bodies were read that had been skipped
    hand_walks_in_ = tree_;
    hand_walks_of_ = tokens.size();
    hand_walks_.clear();
    for (uint32_t t = 2; t < hand_walks_of_; ++t)
      if (tokens.kinds[t - 1] == TokenKind::Dot && tokens.kinds[t] == TokenKind::Ident &&
          tokens.kinds[t - 2] == TokenKind::Ident && (tokens.name(t) == n_next_ || tokens.name(t) == n_rest_))
        hand_walks_.push_back({tokens.name(t - 2), t});
    std::ranges::sort(hand_walks_);
  }
  // Up to the end of the body, which stands behind all others when it was skipped first.
  uint32_t last = ~0u;
  if (is_some(func_)) last = tree_->lasts[+tree_->record_node(ast(p_.decls[+p_.funcs[+func_].decl].node).b, 4)];
  auto after = std::ranges::upper_bound(hand_walks_, std::pair{name, tree_->lasts[+let]});
  return after != hand_walks_.end() && after->first == name && after->second <= last;
}

}   // namespace janus
