// foreign.h: names of other languages' libraries, and what does the same in Janus. For "not known here" messages only.
// Depends on nothing of ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>

namespace janus {

struct ForeignHint {
  std::string_view name;
  std::string_view write;  // takes the name's place; empty when more than a word changes
  std::string_view help;   // what to say then, or besides
};
const ForeignHint* foreign_value(std::string_view name);   // True, None, range, printf, console …
// A method or field of other languages. `of`: what kind of value is asked: s text, a array, m map, t set, o optional,
// n number, c character; another letter: something else.
struct ForeignMember : ForeignHint {
  std::string_view of;   // the kinds that this is about; empty: all
};
std::span<const ForeignMember> foreign_members();   // length, append, toString …
// What does in Janus what this type or trait does elsewhere, as a sentence; empty: not known.
std::string_view foreign_type(std::string_view name);    // Result, Box, any …
std::string_view foreign_trait(std::string_view name);   // Display, Iterator, Drop …

}  // namespace janus
