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
#include "protocol/issuer/history.h"
#include "protocol/observe/answers.h"
#include "protocol/verify/verdict.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

struct StatusFindings {
  Check check;
  BitState revocation = BitState::unknown;
  BitState suspension = BitState::unknown;
  std::optional<std::string> list;                       // of the deciding entry
  std::optional<observe::Seen> observed = std::nullopt;  // of that list, where it was observed
};

// What is held of the issuer.
struct Held {
  const feed::FeedSnapshot* feed = nullptr;  // nullptr: none
  const issuer::History* history = nullptr;  // nullptr: none, or the issuer has none
  // nullptr: the issuer could have a feed, or the policy names no observers. Asked only without a feed.
  const observe::Observers* observers = nullptr;
};

// Closed, or its DID deactivated: the issuer's last word never ages. REQUIRES: held.feed.
[[nodiscard]] bool is_final(const Held& held);
// A feed that goes on where this view does not see it, or may: NEWER_EPOCH_UNAVAILABLE, DID_DISPUTED; nullopt
// if the history says nothing of the kind.
[[nodiscard]] std::optional<Error> unseen_epoch(const feed::FeedSnapshot& feed,
                                                const issuer::History& history);

[[nodiscard]] StatusFindings check_status(const credential::Credential& credential, Held held,
                                          const Policy::Values& policy, Timestamp at);

}  // namespace vcnode::verify
