// Where a leaf stands in all that its issuer ever said: time inside a feed.
#pragma once

#include <compare>
#include <cstdint>

namespace vcnode::statement {

struct Place {
  std::uint64_t epoch = 1;
  std::uint64_t index = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

}  // namespace vcnode::statement
