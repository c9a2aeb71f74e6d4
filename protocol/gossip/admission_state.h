// Whom the engine reconciles, and through whom; private to protocol/gossip. See admitting.cpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/feed/origin.h"
#include "protocol/statement/admission.h"

namespace vcnode::gossip {

// How many of the issuers that sponsors name are looked at: sixteen times what is held.
inline constexpr std::size_t kSponsoredMax = 16'384;
// The set is computed at most this often; the hello that follows lists up to a thousand names.
inline constexpr std::int64_t kAdmissionMsMin = 1'000;
// How often the names that one peer tells are compared with ours.
inline constexpr std::int64_t kNamesMsMin = 1'000;
// From one comparison of records to that of what is shared since: a peer answers one in kExchangeMsMin, and
// what it leaves unanswered waits for the next repair.
inline constexpr std::int64_t kMoreSharedMsMin = 2'000;

struct Admission {
  std::vector<statement::SponsorRoot> roots;
  statement::AdmittedSet set;  // by what the feeds held here say
  // Whoever was admitted since the start keeps its place here: origin, or topic, by lookup name.
  std::map<std::string, feed::OriginHash, std::less<>> held;
  std::set<feed::OriginHash> names;  // of `held`, those admitted now: what a hello lists
  std::uint64_t generation = 1;      // of `names`
  // What counted of each sponsor when the set was computed; by origin or topic.
  std::map<feed::OriginHash, statement::SponsorLog> walked;
  bool stale = true;
  MonotonicTime renew_at;
  std::optional<Error> unreadable;  // why somebody in the set is not restored from the archive
  std::size_t refused = 0;          // in the set, and there is no room
  std::size_t without_feed = 0;     // in the set, and no such DID can have a feed here
};

}  // namespace vcnode::gossip
