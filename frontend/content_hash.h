// content_hash.h: BLAKE3 of bytes, for everything that is named by its content.
// Depends on nothing of ours; content_hash.cpp is the door to llvm/Support/BLAKE3.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace janus {

std::string content_hash(std::string_view bytes);  // 64 hexadecimal digits

// Hashes fields so that no two different lists of fields run together: HashOf().add("a").add("b").hex()
class HashOf {
 public:
  HashOf& add(std::string_view field);
  std::string hex() const { return content_hash(text_); }

 private:
  std::string text_;
};

}  // namespace janus
