#include "crypto/base/rng.h"

#include <array>
#include <vector>

#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

// Answers from a list, to reach the draws that almost never happen.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(std::vector<std::uint64_t> draws) : draws_(std::move(draws)) {}
  void fill(std::span<std::uint8_t>) override {}
  std::uint64_t next() override { return draws_.at(used_++); }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::vector<std::uint64_t> draws_;
  std::size_t used_ = 0;
};

}  // namespace

TEST_CASE("below throws away exactly the draws that would make small results likelier") {
  // 2^64 mod 10 = 6: the draws 0 to 5 belong to no whole copy of [0, 10).
  ScriptedRng rng({0, 5, 6, UINT64_MAX});
  CHECK(rng.below(10) == 6);
  CHECK(rng.used() == 3);
  CHECK(rng.below(10) == UINT64_MAX % 10);
}

TEST_CASE("below keeps every draw when the bound divides 2^64") {
  ScriptedRng rng({0, 1, UINT64_MAX});
  CHECK(rng.below(1ull << 63) == 0);
  CHECK(rng.below(1) == 0);
  CHECK(rng.below(16) == 15);
}

TEST_CASE("below is uniform within statistical bounds") {
  SeededRng rng(2026);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(rng.below(7));
  // The standard deviation of each count is about 93; five of them either side.
  for (const int count : counts) {
    CHECK(count > 9'535);
    CHECK(count < 10'465);
  }
}

TEST_CASE("SplitMix64 gives its published sequence") {
  SeededRng rng(1234567);
  CHECK(rng.next() == 6457827717110365317ull);
  CHECK(rng.next() == 3203168211198807973ull);
  CHECK(rng.next() == 9817491932198370423ull);
}

TEST_CASE("fill writes the draws as little-endian bytes, whatever the length") {
  SeededRng whole(1234567);
  std::array<std::uint8_t, 11> bytes{};
  whole.fill(bytes);
  SeededRng again(1234567);
  const std::uint64_t first = again.next();
  const std::uint64_t second = again.next();
  for (std::size_t i = 0; i < 8; ++i) CHECK(bytes.at(i) == static_cast<std::uint8_t>(first >> (8 * i)));
  for (std::size_t i = 0; i < 3; ++i) CHECK(bytes.at(8 + i) == static_cast<std::uint8_t>(second >> (8 * i)));
}

TEST_CASE("the system generator does not repeat") {
  SystemRng rng;
  CHECK(rng.next() != rng.next());
  std::array<std::uint8_t, 32> a{};
  std::array<std::uint8_t, 32> b{};
  rng.fill(a);
  rng.fill(b);
  CHECK(a != b);
}
