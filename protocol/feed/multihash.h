// SCIDs and entry hashes of did:webvh 1.0: the base58btc text of a SHA-256 multihash (0x12, length 0x20, 32
// bytes).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/base/encoding.h"

namespace vcnode::feed {

[[nodiscard]] inline bool is_sha256_multihash(std::string_view text) {
  constexpr std::array<std::uint8_t, 2> kPrefix = {0x12, 0x20};
  constexpr std::size_t kBytes = kPrefix.size() + Sha256Digest::kSize;
  const auto bytes = base58btc_decode(text, kBytes);
  return bytes && bytes->size() == kBytes && std::equal(kPrefix.begin(), kPrefix.end(), bytes->begin());
}

}  // namespace vcnode::feed
