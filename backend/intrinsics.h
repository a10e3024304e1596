// intrinsics.h: the intrinsic functions by name, and which of their arguments they keep.
// Depends on runtime/intrinsics.def.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

namespace janus {
enum class Intrin : uint32_t {
#define INTRINSIC(name, signature) name,
#include "runtime/intrinsics.def"
#undef INTRINSIC
};
inline bool intrinsic_owns(Intrin which, size_t arg) {
  switch (which) {
    case Intrin::array_set:
    case Intrin::array_insert: return arg == 2;
    case Intrin::array_push:
    case Intrin::array_filled: return arg == 1;
    case Intrin::panic: return arg == 0;
    case Intrin::string_bytes:
    case Intrin::string_from_utf8: return arg == 0;
    default: return false;
  }
}
}  // namespace janus
