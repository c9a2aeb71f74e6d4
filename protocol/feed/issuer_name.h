// Whether two DIDs name one issuer: a did:webvh is named by its SCID and may move from domain to domain.
#pragma once

#include <string_view>

#include "protocol/did/did.h"
#include "protocol/did/lookup_name.h"

namespace vcnode::feed {

// True for issuers whose keys have a history; only their feeds have delegations and state leaves.
[[nodiscard]] inline bool has_history(const Did& issuer) noexcept {
  return issuer.method() == "webvh";
}

[[nodiscard]] inline bool same_issuer(const Did& a, const Did& b) noexcept {
  return lookup_name_of(a.text()) == lookup_name_of(b.text());
}

[[nodiscard]] inline bool same_issuer(std::string_view a, const Did& b) {
  if (a == b.text()) return true;
  const auto did = Did::parse(a);
  return did && same_issuer(*did, b);
}

}  // namespace vcnode::feed
