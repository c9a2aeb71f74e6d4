// Named random streams: one master seed, one independent SplitMix64 per concern.
//
// stream(seed, "latency") and stream(seed, "faults") share nothing, so a draw more in one of them does not
// shift the others, and a failure found under one fault list stays where it is when another concern changes.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/hash.h"

namespace vcnode::sim {

[[nodiscard]] inline std::uint64_t derive_seed(std::uint64_t seed, std::string_view concern,
                                               std::uint64_t index = 0) {
  const Sha256Digest digest = sha256(as_bytes(concat(seed, "/", concern, "/", index)));
  std::uint64_t out = 0;
  for (const std::uint8_t byte : digest.view().first(8)) out = out << 8 | byte;
  return out;
}
[[nodiscard]] inline SeededRng stream(std::uint64_t seed, std::string_view concern, std::uint64_t index = 0) {
  return SeededRng(derive_seed(seed, concern, index));
}

// REQUIRES: low <= high; both may be drawn.
[[nodiscard]] inline std::int64_t between(Rng& rng, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low) + 1));
}
[[nodiscard]] inline bool chance(Rng& rng, std::uint64_t per_mille) {
  return rng.below(1000) < per_mille;
}
[[nodiscard]] inline std::size_t pick(Rng& rng, std::size_t size) {
  return static_cast<std::size_t>(rng.below(size));
}

}  // namespace vcnode::sim
