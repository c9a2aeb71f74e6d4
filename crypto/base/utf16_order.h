// UTF-16 code unit order of UTF-8 text: the member order of RFC 8785, without converting.
#pragma once

#include <cstddef>
#include <string_view>

namespace vcnode {

// REQUIRES: both are valid UTF-8. It is byte order but for one pair of ranges: U+E000..U+FFFF (lead bytes EE
// and EF) sort after everything beyond U+FFFF (lead bytes F0 and up), whose surrogates are smaller.
[[nodiscard]] inline bool utf16_order_less(std::string_view a, std::string_view b) noexcept {
  const std::size_t shorter = a.size() < b.size() ? a.size() : b.size();
  for (std::size_t i = 0; i < shorter; ++i) {
    if (a[i] == b[i]) continue;
    const auto x = static_cast<unsigned char>(a[i]);
    const auto y = static_cast<unsigned char>(b[i]);
    if (x >= 0xee && y >= 0xee && (x < 0xf0) != (y < 0xf0)) return x >= 0xf0;
    return x < y;
  }
  return a.size() < b.size();
}

}  // namespace vcnode
