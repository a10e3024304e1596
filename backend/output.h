// output.h: results to disk, whole or not at all.
// Depends on the operating system only.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace janus {

// Writes `path` atomically: whoever looks sees the old file or the new one, and an interrupted or failed write leaves
// nothing behind. On failure `why` is a sentence for people: "cannot write `out/prog`: the disk is full". A device or
// pipe is written to directly.
bool write_output(const std::string& path, std::string_view bytes, bool executable, std::string& why);

// The same from an open file; shares its storage where the file system can.
bool copy_output(const std::string& path, int from, uint64_t size, bool executable, std::string& why);

}  // namespace janus
