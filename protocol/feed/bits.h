// Whether a bitmap has any bit set.
#pragma once

#include <algorithm>

#include "protocol/status/bitstring.h"

namespace vcnode::feed {

[[nodiscard]] inline bool any_set(const status::Bitmap& bitmap) {
  const BytesView bytes = bitmap.bytes();
  return std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
}

}  // namespace vcnode::feed
