// What a FeedReplica is made of.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "protocol/feed/claims.h"
#include "protocol/feed/delegations.h"
#include "protocol/feed/list_slots.h"
#include "protocol/feed/replica.h"
#include "protocol/feed/statements.h"

namespace vcnode::feed {

struct ObservationLeaf {
  ObservationLeafKey key;
  Sha256Digest digest;
  LeafPlace place;
};

// What new leaves do.
struct FeedReplica::Extension::Data {
  std::uint64_t from_size = 0;
  std::optional<Head> head;  // none: a sealed epoch is replayed
  merkle::Frontier frontier;
  bool keep_earlier = false;  // lists that are superseded at once, too
  ListChanges lists = {};
  StatementLeaves statements = {};
  std::set<Claim> closes = {};
  std::vector<DelegationLeaf> delegations = {};
  std::vector<ObservationLeaf> observations = {};
  std::vector<VersionLeaf> versions = {};
  std::vector<BatchLeaf> batches = {};
  StateMap says = {};
  StateLeaves state_leaves = {};
  std::optional<bool> false_state = std::nullopt;  // none: no new state leaf that counts
};

struct FeedReplica::State {
  Origin origin;
  Did issuer;
  Ed25519PublicKey feed_key;
  bool has_history = false;
  merkle::Frontier frontier = {};
  std::optional<Head> head = std::nullopt;
  std::optional<merkle::TreeHead> seal = std::nullopt;
  // Continued across epochs.
  ListSlots lists = {};
  Statements statements = {};
  Delegations delegations = {};
  Observations observations = {};
  BatchLeaves batches = {};
  mutable std::shared_ptr<const BatchLeaves> shown_batches = nullptr;  // none when out of date, or empty
  StateMap says = {};
  // Of this epoch.
  Claims closes = {};
  std::optional<LeafPlace> closed_at = std::nullopt;  // the first good close
  std::vector<VersionLeaf> versions = {};
  StateLeaves state_leaves = {};
  bool false_state = false;
  std::optional<PendingHead> pending = std::nullopt;
  bool contradicted = false;
  mutable std::shared_ptr<const FeedSnapshot> snapshot = nullptr;  // none when out of date

  [[nodiscard]] Extension::Data next() const;
  // Counts `leaves` and grows next.frontier by them. Errors: LEAF_MALFORMED, SEAL_CONTRADICTED.
  [[nodiscard]] Result<void> read_leaves(std::span<const Bytes> leaves, Extension::Data& next) const;
  void count_leaf(const Leaf& leaf, const LeafPlace& place, Extension::Data& next) const;
  [[nodiscard]] std::optional<std::uint64_t> count_state_leaves(std::span<const Bytes> leaves,
                                                                Extension::Data& next) const;
  [[nodiscard]] Result<void> check_seal(const merkle::Frontier& tree) const;
  void apply(Extension::Data& next);

  [[nodiscard]] std::vector<BodyNeed> needs(const Extension::Data* next) const;
  [[nodiscard]] std::vector<Observations::Need> missing_observations(const Extension::Data* next) const;
  bool add_list(const CheckedBody& body);
  bool add_delegation(const CheckedBody& body);
  bool add_close(const CheckedBody& body);
  void restore_bodies(const ListChanges& read, const BodyReader& read_body, const ResolverAt& resolver_at);

  void restore_statements(const BodyReader& read_body, const ResolverAt& resolver_at);

  [[nodiscard]] std::set<Sha256Digest> missing_digests(std::size_t& count) const;
  [[nodiscard]] FeedSnapshot make_snapshot() const;
};

}  // namespace vcnode::feed
