// content_hash.cpp: BLAKE3 of bytes.
// Depends on content_hash.h and LLVM's BLAKE3.
// SPDX-License-Identifier: Apache-2.0
#include "frontend/content_hash.h"

#include "llvm/Support/BLAKE3.h"

namespace janus {

std::string content_hash(std::string_view bytes) {
  auto digest = llvm::BLAKE3::hash(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  std::string hex;
  hex.reserve(64);
  for (uint8_t byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

HashOf& HashOf::add(std::string_view field) {
  text_ += std::to_string(field.size());
  text_ += ':';
  text_ += field;
  return *this;
}

}  // namespace janus
