// World: what every part of one run shares: the scenario, time, randomness, memory, the trace and the
// verdict.
//
// A run is over as soon as a checker objects: the first violation is the one to look at.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/time.h"
#include "tests/sim/arena.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"
#include "tests/sim/wheel.h"

namespace vcnode::sim {

// The wall clock at 0 ms; the monotonic clocks start there too.
inline constexpr std::int64_t kEpochSeconds = 1'700'000'000;
inline constexpr std::string_view kNetworkName = "sim.example";

struct Violation {
  std::string checker;
  std::int64_t at_ms = 0;
  std::string message;
};

// 64 bits over everything every node said and did, in order; not for security.
class Trace {
 public:
  void add(std::uint64_t value) noexcept {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15ull;
    hash_ ^= hash_ >> 29;
  }
  void add(BytesView bytes) noexcept {
    add(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t word = 0;
      for (std::size_t j = i; j < std::min(i + 8, bytes.size()); ++j) word = word << 8 | bytes[j];
      add(word);
    }
  }
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

 private:
  std::uint64_t hash_ = 0x51A7E;
};

class World {
 public:
  World(const Scenario& run_scenario, std::uint64_t run_seed, bool print_trace)
      : scenario(run_scenario), seed(run_seed), verbose(print_trace) {}

  [[nodiscard]] std::int64_t now_ms() const noexcept { return wheel.now_ms(); }
  [[nodiscard]] Timestamp wall() const noexcept { return Timestamp(kEpochSeconds + now_ms() / 1000); }
  void after(std::int64_t delay_ms, std::function<void()> task) {
    wheel.at(now_ms() + delay_ms, {Event::Kind::task, 0, 0, tasks.put(std::move(task))});
  }
  void violate(std::string_view checker, std::string message) {
    if (!violation) violation = Violation{std::string(checker), now_ms(), std::move(message)};
  }
  void say(const std::string& line) const;  // with --trace

  const Scenario& scenario;
  const std::uint64_t seed;
  const bool verbose;
  Wheel wheel;
  Pool<std::function<void()>> tasks;
  Arena arena;
  SignatureMemo signatures;
  Trace trace;
  std::optional<Violation> violation;
};

}  // namespace vcnode::sim
