// The status check: what an issuer's feed says about the bits a credential names (protocol/spec/verdict.md,
// "Status").
//
// Three-valued: a bit is clear only if the newest list of the issuer's own feed says so and nothing hints at
// something newer. A set revocation bit never clears, so it counts whatever else is unknown.
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>

#include "protocol/credential/credential.h"
#include "protocol/feed/replica.h"
#include "protocol/verify/verdict.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

struct StatusFindings {
  Check check;
  BitState revocation = BitState::unknown;
  BitState suspension = BitState::unknown;
  std::optional<std::string> list;  // of the deciding entry
};

// `feed`: the issuer's, nullptr if none is held.
[[nodiscard]] StatusFindings check_status(const credential::Credential& credential,
                                          const feed::FeedSnapshot* feed, const Policy::Values& policy,
                                          Timestamp at);

}  // namespace vcnode::verify
