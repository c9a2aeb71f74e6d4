// Delegations: which keys may sign which status lists at which place of an issuer's feeds.
//
// What is in force at a place is said by the leaves alone; what a delegation allows by its body, which may be
// missing. So the answer is yes, no, or not yet known.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/feed/replica.h"

namespace vcnode::feed {

// Each is a body to hold for ever; no issuer has this many services that sign for it.
inline constexpr std::size_t kDelegationsMax = 1000;

// A `list-key` leaf.
struct DelegationLeaf {
  LeafPlace place;
  std::string id;
  std::optional<Sha256Digest> digest;  // none: it ends
};

enum class Allowed : std::uint8_t { yes, no, unknown };

class Delegations {
 public:
  // Beyond kDelegationsMax, over all epochs, a delegation is void; ends are not.
  void apply(const DelegationLeaf& leaf);
  // Bodies that are needed, and what those of `next`, not applied yet, will need.
  void add_needs(const std::vector<DelegationLeaf>& next, std::vector<BodyNeed>& out) const;
  // False unless it was needed.
  bool add_body(const CheckedBody& body);
  [[nodiscard]] Allowed may_sign(const Ed25519PublicKey& key, const status::StatusList& list,
                                 const LeafPlace& place) const;

 private:
  struct Slot {
    BodyNeed need;
    std::optional<LeafPlace> until;
    BodyState body = BodyState::missing;
    std::shared_ptr<const ListDelegation> delegation;  // when held
  };
  std::vector<Slot> slots_;                               // in leaf order
  std::map<std::string, std::size_t, std::less<>> open_;  // by id, those that are not ended
};

}  // namespace vcnode::feed
