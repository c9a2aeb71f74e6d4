// Collecting an issuer's feed from peers over plain HTTP, for a verifier without a node.
//
// Only whole public objects are asked for: the list of feeds, the issuer's checkpoint, all its leaves, and
// the bodies of its newest lists. Never a credential, a credential id or a status index: a peer learns at
// most which issuer somebody looks at. Everything is checked here, by the same FeedReplica that a node uses:
// a peer can withhold or be old, it cannot forge. Of several peers the newest verifying head wins, and where
// they differ is said.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/feed/replica.h"

namespace vcnode::cli {

struct PeerSource {
  std::string name;  // shown to people
  std::string url;   // https://host:port
  std::optional<std::filesystem::path> socket;
};

enum class SourceState { newest, behind, unreachable, no_feed, bad_evidence, withholds, contradicts };
[[nodiscard]] std::string_view name_of(SourceState state) noexcept;

struct SourceReport {
  std::string peer;
  SourceState state = SourceState::unreachable;
  std::optional<feed::Head> head;  // verified
  std::optional<Error> error;
};

struct Collected {
  std::shared_ptr<const feed::FeedSnapshot> snapshot;  // nullptr: no peer had a usable feed
  std::vector<SourceReport> sources;                   // in the order of the peers asked
};

[[nodiscard]] Collected collect(const Did& issuer, const std::vector<PeerSource>& peers, Timestamp now);

}  // namespace vcnode::cli
