// give_back.h: a vector that will not grow any more gives back what it reserved in vain.
// Depends on nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

namespace janus {

// std::vector::shrink_to_fit does nothing in code without exceptions. A big reserve stays: its end was never touched,
// so it costs nothing, and copying would.
template <class T>
void give_back(std::vector<T>& column) {
  if (column.capacity() < (1 << 16) && column.capacity() - column.size() > column.size() / 8)
    std::vector<T>(column.begin(), column.end()).swap(column);
}

}   // namespace janus
