// Accept: which media type a caller would rather have (RFC 9110, 12.5.1).
#pragma once

#include <compare>
#include <string_view>

namespace vcnode::node {

// Ordered: by quality first, then by how closely the range that decided names the type.
struct Preference {
  int quality = 0;    // thousandths; 0: not acceptable
  int closeness = 0;  // 0 not matched, 1 by */*, 2 by type/*, 3 by name
  friend auto operator<=>(const Preference&, const Preference&) = default;
};

// What the header says of `media_type` ("application/vc"). Of several ranges that match, the closest decides,
// so that `q=0` there excludes what a wider one allows. Parameters other than q are not compared: what is
// served here has none. An element that is malformed matches nothing.
[[nodiscard]] Preference preference_of(std::string_view accept, std::string_view media_type);

}  // namespace vcnode::node
