// The one decimal form of a count: digits without sign or leading zero ("0", "17"), at most `value_max`.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace vcnode::feed {

// Counts stay where every JSON reader keeps integers exact; no feed gets anywhere near.
inline constexpr std::uint64_t kCountMax = (std::uint64_t{1} << 53) - 1;

[[nodiscard]] inline std::optional<std::uint64_t> parse_decimal(std::string_view text,
                                                                std::uint64_t value_max = kCountMax) {
  if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped_at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped_at != end || value > value_max) return std::nullopt;
  return value;
}

}  // namespace vcnode::feed
