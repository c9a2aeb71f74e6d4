// Whether two DIDs name one issuer: a did:webvh is named by its SCID and may move from domain to domain.
#pragma once

#include <string_view>

#include "protocol/did/did.h"

namespace vcnode::feed {

// True for issuers whose keys have a history; only their feeds have delegations and state leaves.
[[nodiscard]] inline bool has_history(const Did& issuer) noexcept {
  return issuer.method() == "webvh";
}

[[nodiscard]] inline bool same_issuer(const Did& a, const Did& b) noexcept {
  const auto scid = [](const Did& did) {
    return did.method_specific_id().substr(0, did.method_specific_id().find(':'));
  };
  return a == b || (has_history(a) && has_history(b) && scid(a) == scid(b));
}

[[nodiscard]] inline bool same_issuer(std::string_view a, const Did& b) {
  if (a == b.text()) return true;
  const auto did = Did::parse(a);
  return did && same_issuer(*did, b);
}

}  // namespace vcnode::feed
