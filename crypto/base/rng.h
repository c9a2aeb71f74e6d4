// Randomness as a port, so that everything that draws can be replayed from a seed.
//
// SystemRng: the operating system's generator through libsodium; for keys, salts and status indexes.
// SeededRng: SplitMix64, for the gossip engine and simulations; never for secrets.
#pragma once

#include <cstdint>
#include <span>

namespace vcnode {

class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  [[nodiscard]] virtual std::uint64_t next() = 0;
  // Uniform in [0, bound). REQUIRES: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

class SystemRng final : public Rng {
 public:
  void fill(std::span<std::uint8_t> out) override;
  [[nodiscard]] std::uint64_t next() override;
};

class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) noexcept : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;
  [[nodiscard]] std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace vcnode
