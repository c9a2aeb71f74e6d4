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
  std::optional<Error> unproven;  // nothing is wrong with the entry, but no quorum says when, or it may not
                                  // be in the feed
  std::optional<Timestamp>
      unchecked;              // when a quorum saw it, if it is in the feed: leaves are not held so far
  std::size_t witnesses = 0;  // of the policy, that cosigned
};

// What is held of the credential's issuer; nullptr: nothing, or it has no such thing.
struct IssuerHeld {
  const issuer::History* history = nullptr;
  const feed::FeedSnapshot* feed = nullptr;
};

// Never asked for a credential without an entry.
[[nodiscard]] IssueTime issue_time_of(const credential::Credential& credential, const IssuerHeld& held,
                                      const Policy::Values& policy);

}  // namespace vcnode::verify
