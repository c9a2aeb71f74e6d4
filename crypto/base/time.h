// Civil time and monotonic time, which never mix.
//
// Timestamp: whole seconds since 1970-01-01T00:00:00Z; text form RFC 3339 / XMLSchema dateTimeStamp. Reading
// accepts any offset and fractions (fractions are cut, never rounded up) and years 0001 to 9999; writing is
// always `YYYY-MM-DDTHH:MM:SSZ`. A time without a zone is refused. Leap second :60 is refused.
// MonotonicTime: milliseconds of a clock that never goes back; only differences mean anything.
// Neither type reads a clock: time comes in as an argument (clocks live in node/).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode {

class Timestamp {
 public:
  constexpr Timestamp() noexcept = default;
  constexpr explicit Timestamp(std::int64_t seconds) noexcept : seconds_(seconds) {}
  // Errors: TIME_INVALID.
  [[nodiscard]] static Result<Timestamp> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] constexpr std::int64_t seconds() const noexcept { return seconds_; }
  [[nodiscard]] constexpr Timestamp plus_seconds(std::int64_t s) const noexcept {
    return Timestamp(seconds_ + s);
  }
  friend constexpr auto operator<=>(Timestamp, Timestamp) noexcept = default;

 private:
  std::int64_t seconds_ = 0;
};

class MonotonicTime {
 public:
  constexpr MonotonicTime() noexcept = default;
  constexpr explicit MonotonicTime(std::int64_t milliseconds) noexcept : ms_(milliseconds) {}
  [[nodiscard]] constexpr std::int64_t milliseconds() const noexcept { return ms_; }
  [[nodiscard]] constexpr MonotonicTime plus_ms(std::int64_t ms) const noexcept {
    return MonotonicTime(ms_ + ms);
  }
  friend constexpr auto operator<=>(MonotonicTime, MonotonicTime) noexcept = default;

 private:
  std::int64_t ms_ = 0;
};

}  // namespace vcnode
