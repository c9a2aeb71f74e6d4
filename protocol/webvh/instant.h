// Instant: a point in time of a DID log, to the nanosecond.
//
// A versionTime may carry a fraction, and two entries of one second must still be in order, so Timestamp's
// whole seconds are not enough. Text form: RFC 3339 in UTC, written "Z" or "+00:00", at most nine digits of
// fraction. Threading: a plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/time.h"

namespace vcnode::webvh {

class Instant {
 public:
  constexpr Instant() noexcept = default;
  constexpr explicit Instant(Timestamp second, std::uint32_t nanoseconds = 0) noexcept
      : second_(second), nanoseconds_(nanoseconds) {}
  // Errors: TIME_INVALID.
  [[nodiscard]] static Result<Instant> parse(std::string_view text);
  [[nodiscard]] constexpr Timestamp second() const noexcept { return second_; }  // rounded down
  [[nodiscard]] constexpr std::uint32_t nanoseconds() const noexcept { return nanoseconds_; }
  friend constexpr auto operator<=>(const Instant&, const Instant&) noexcept = default;

 private:
  Timestamp second_;
  std::uint32_t nanoseconds_ = 0;
};

}  // namespace vcnode::webvh
