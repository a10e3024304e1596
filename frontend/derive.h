// derive.h: impls that types get without being asked for.
// Depends on program.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "frontend/program.h"

namespace janus {

// What is in the way where nothing could be derived.
struct Derived {
  struct Missing {
    TraitId trait;
    DeclId decl;
    NameId variant, field;
    TypeId type;
  };
  std::vector<Missing> missing;
};

// Adds modules with the impls, parsed and not yet collected.
std::vector<ModuleId> derive(Program& program);

// "its field `ch` holds `Channel[i64]`, which has not": why a type has no impl of a trait that is derived; empty when
// that is not it.
std::string why_not_derived(Program& program, TypeId type, TraitId trait);

}  // namespace janus
