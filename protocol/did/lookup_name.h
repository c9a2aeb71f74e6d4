// The name under which an issuer is kept, apart from what its DID happens to be called now.
//
// A did:webvh issuer is named by its SCID, because it may move from domain to domain; any other by its DID
// text. What is no DID (an IRI of an achievement, say) is its own name: no SCID holds a ':', so the two never
// meet.
#pragma once

#include <string_view>

namespace vcnode {

[[nodiscard]] inline std::string_view lookup_name_of(std::string_view did) noexcept {
  constexpr std::string_view kWebvh = "did:webvh:";
  if (!did.starts_with(kWebvh)) return did;
  const auto rest = did.substr(kWebvh.size());
  return rest.substr(0, rest.find(':'));
}

}  // namespace vcnode
