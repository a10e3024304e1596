// foreign.h: names of other languages' libraries, and what does the same in Janus. For "not known here" messages only.
// Depends on nothing of ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace janus {

struct ForeignHint {
  std::string_view name;
  std::string_view write;  // takes the name's place; empty when more than a word changes
  std::string_view help;   // what to say then, or besides
};
const ForeignHint* foreign_value(std::string_view name);   // True, None, range, printf, console …
const ForeignHint* foreign_member(std::string_view name);  // length, append, toString …

}  // namespace janus
