// When a credential is proven to have been issued: what the time batch it carries shows under the verifier's
// witness policy (protocol/spec/time-batch.md). Threading: pure functions.
#pragma once

#include <cstddef>
#include <optional>

#include "protocol/credential/credential.h"
#include "protocol/issuer/history.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

struct IssueTime {
  std::optional<Timestamp> proven_by;
  std::optional<Error> bad;       // the entry was checked and shows nothing
  std::optional<Error> unproven;  // the entry holds, but no quorum says when
  std::size_t witnesses = 0;      // of the policy, that cosigned
};

// `history`: of the credential's issuer; nullptr if it has none. Never asked for a credential without an
// entry.
[[nodiscard]] IssueTime issue_time_of(const credential::Credential& credential,
                                      const issuer::History* history, const Policy::Values& policy);

}  // namespace vcnode::verify
