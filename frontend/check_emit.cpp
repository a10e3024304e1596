// check_emit.cpp: writing nodes, lists and patterns into the body under construction.
// Depends on check_internal.h.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/check_internal.h"

namespace janus {

HirId BodyChecker::emit(HirKind kind, TypeId type, uint32_t a, uint32_t b, Span span, uint16_t aux) {
  std::vector<HirNode>& nodes = b_->body.nodes;
  nodes.push_back(HirNode{kind, 0, aux, type, a, b, span});
  return HirId(nodes.size() - 1);
}

// What stands for an expression whose mistake has been reported: it fits anywhere.
HirId BodyChecker::poison(Span span) { return emit(HirKind::Void, Types::Error, kNone32, kNone32, span); }

HirId BodyChecker::emit_int(__int128 value, TypeId type, Span span) {
  b_->body.ints.push_back(value);
  return emit(HirKind::Int, type, static_cast<uint32_t>(b_->body.ints.size() - 1), kNone32, span);
}

uint32_t BodyChecker::make_list(std::span<const uint32_t> items) {
  std::vector<uint32_t>& extra = b_->body.extra;
  uint32_t at = static_cast<uint32_t>(extra.size());
  extra.push_back(static_cast<uint32_t>(items.size()));
  extra.insert(extra.end(), items.begin(), items.end());
  return at;
}

uint32_t BodyChecker::make_record(std::initializer_list<uint32_t> items) {
  std::vector<uint32_t>& extra = b_->body.extra;
  uint32_t at = static_cast<uint32_t>(extra.size());
  extra.insert(extra.end(), items.begin(), items.end());
  return at;
}

// A list of types is remembered: finish_builder replaces what is open in it.
uint32_t BodyChecker::make_type_list(std::span<const TypeId> items) {
  if (items.empty()) return kNone32;
  std::vector<uint32_t>& extra = b_->body.extra;
  uint32_t at = static_cast<uint32_t>(extra.size());
  extra.push_back(static_cast<uint32_t>(items.size()));
  bool open = false;
  for (TypeId t : items) {
    open |= types_[t].has_infer;
    extra.push_back(+t);
  }
  if (open) b_->type_lists.push_back(at);
  return at;
}

uint32_t BodyChecker::add_pat(PatKind kind, TypeId type, uint32_t a, uint32_t b, Span span) {
  b_->body.pats.push_back(HirPat{kind, type, a, b, span});
  return static_cast<uint32_t>(b_->body.pats.size() - 1);
}

}  // namespace janus
