#include "protocol/webvh/instant.h"

#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"

namespace vcnode::webvh {
namespace {

// Nobody's clock resolves more, and the value must fit.
constexpr std::size_t kFractionDigitsMax = 9;

Failure malformed(std::string_view text, std::string_view rule) {
  return fail(codes::TIME_INVALID, "the time \"", excerpt(text), "\" ", rule);
}

}  // namespace

Result<Instant> Instant::parse(std::string_view text) {
  const bool utc = text.ends_with('Z') || text.ends_with("+00:00");
  VCNODE_TRY(const auto second, Timestamp::parse(text));
  if (!utc) return malformed(text, "is not in UTC, it must end with \"Z\" or \"+00:00\"");
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return Instant(second);
  const auto zone = text.find_first_of("Z+", dot);
  const std::string_view fraction = text.substr(dot + 1, zone - dot - 1);
  if (fraction.size() > kFractionDigitsMax) return malformed(text, "has a fraction of more than nine digits");
  std::uint32_t nanoseconds = 0;
  for (std::size_t i = 0; i < kFractionDigitsMax; ++i)
    nanoseconds =
        nanoseconds * 10 + (i < fraction.size() ? static_cast<std::uint32_t>(fraction[i] - '0') : 0);
  return Instant(second, nanoseconds);
}

}  // namespace vcnode::webvh
