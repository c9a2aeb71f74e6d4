// Clock: the only place of the running node that samples wall and monotonic time.
//
// Everything below node/ takes time as an argument; tests replace this to move a node's wall clock.
// Threading: now() and wall_ms() from any thread.
#pragma once

#include <cstdint>

#include "protocol/gossip/engine.h"

namespace vcnode::node {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;       // since 1970-01-01T00:00:00Z
  [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;  // never goes back
  [[nodiscard]] gossip::Now now() const {
    return {MonotonicTime(monotonic_ms()), Timestamp(wall_ms() / 1000)};
  }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override;
  [[nodiscard]] std::int64_t monotonic_ms() const override;
};

}  // namespace vcnode::node
