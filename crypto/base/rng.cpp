#include "crypto/base/rng.h"

#include <sodium.h>

#include <algorithm>
#include <cstddef>

#include "crypto/base/assert.h"
#include "crypto/base/sodium_ready.h"

namespace vcnode {

void sodium_ready() noexcept {
  static const bool ready = sodium_init() >= 0;
  VCNODE_ASSERT(ready);
}

std::uint64_t Rng::below(std::uint64_t bound) {
  VCNODE_ASSERT(bound > 0);
  // Draws under 2^64 mod bound are thrown away: what is left is a whole number of copies of [0, bound).
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t draw = next();
    if (draw >= threshold) return draw % bound;
  }
}

void SystemRng::fill(std::span<std::uint8_t> out) {
  sodium_ready();
  randombytes_buf(out.data(), out.size());
}

std::uint64_t SystemRng::next() {
  sodium_ready();
  std::uint64_t value = 0;
  randombytes_buf(&value, sizeof value);
  return value;
}

// Bytes are the little-endian draws in order, so that a replay does not depend on the machine.
void SeededRng::fill(std::span<std::uint8_t> out) {
  for (std::size_t start = 0; start < out.size(); start += 8) {
    std::uint64_t draw = next();
    const std::size_t end = std::min(out.size(), start + 8);
    for (std::size_t i = start; i < end; ++i, draw >>= 8) out[i] = static_cast<std::uint8_t>(draw);
  }
}

std::uint64_t SeededRng::next() {
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace vcnode
