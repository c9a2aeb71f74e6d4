#include "protocol/verify/challenge.h"

#include <array>
#include <charconv>

#include "crypto/base/encoding.h"

namespace vcnode::verify {
namespace {

constexpr std::string_view kMark = "c1.";
constexpr std::size_t kRandomBytes = 16;

}  // namespace

std::string new_challenge(Timestamp now, Rng& rng) {
  std::array<std::uint8_t, kRandomBytes> random{};
  rng.fill(random);
  return concat(kMark, now.seconds(), ".", base64url_encode(random));
}

std::optional<Timestamp> time_of_challenge(std::string_view challenge) {
  if (!challenge.starts_with(kMark)) return std::nullopt;
  challenge.remove_prefix(kMark.size());
  const auto dot = challenge.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(challenge.data(), challenge.data() + dot, seconds);
  if (error != std::errc() || end != challenge.data() + dot || seconds < 0) return std::nullopt;
  return Timestamp(seconds);
}

}  // namespace vcnode::verify
