// Collecting an issuer's feed from peers over plain HTTP, for a verifier without a node.
//
// Only whole public objects are asked for: the list of feeds or the issuer's history, its checkpoint, all its
// leaves, and the bodies of its newest lists and of the few before each. Never a credential, a credential id
// or a status index: a peer learns at most which issuer somebody looks at. Everything is checked here, by the
// same FeedReplica that a node uses: a peer can withhold or be old, it cannot forge. Of several peers the
// newest verifying head wins, and where they differ is said. An issuer without a feed this program can check
// costs no request at all.
//
// The lists before show whether the newest cleared a revocation; what any peer gave judges the feeds of all
// (list_history.h), and what one has given no other is asked for. An earlier list that nobody serves judges
// nothing, and the answer is what it was without.
//
// What a peer says of the feed and this program cannot check (that it is contradicted, that a newer head is
// pending) is hearsay of the snapshot, unless another peer without any such doubt shows a head that is not
// older: one liar among several must not veto, and the only peer's own doubt is no good news.
//
// Of a did:webvh issuer the log entries of all peers are one set, judged here by the rules a node follows
// (collect_history.h): an entry that one peer keeps back, another gives. Epochs that are over are taken from
// whoever has the leaves that their seals name.
//
// A feed belongs to one network, and one issuer key may have an honest feed in each of several. They are
// never mixed: unless a network is chosen, peers that show different ones give no answer at all.
//
// What a source did wrong is an Error whose code decides its state: PEER_FEED_UNKNOWN (no-feed),
// PEER_WITHHOLDS (withholds), PEER_CONTRADICTS (contradicts), PEER_FEED_TOO_LARGE (too-large),
// PEER_NETWORKS_DIFFER (other-network), PEER_EVIDENCE_BAD (bad-evidence), HTTP_… (unreachable; withholds if
// it comes after a verified head), and for not-asked whatever did_key::key_of said of the issuer.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "node/cli/peer_line.h"
#include "protocol/feed/replica.h"
#include "protocol/issuer/history.h"

namespace vcnode::evidence {
struct Bundle;
}

namespace vcnode::cli {

struct PeerSource {
  std::string name;  // shown to people
  std::string url;   // https://host:port
  std::optional<std::filesystem::path> socket;
  std::shared_ptr<const evidence::Bundle> bundle = nullptr;  // a file that answers in place of a peer
};

enum class SourceState {
  newest,
  behind,
  not_asked,
  unreachable,
  no_feed,
  bad_evidence,
  too_large,
  withholds,
  contradicts,
  other_network
};
[[nodiscard]] std::string_view name_of(SourceState state) noexcept;

// The peers at these addresses, in order, each once however it is written: letters of the host in either
// case, with and without the default port and a slash at the end. Errors: CONFIG_VALUE.
[[nodiscard]] Result<std::vector<PeerSource>> peers_at(const std::vector<std::string>& urls);

struct SourceReport {
  std::string peer;
  SourceState state = SourceState::unreachable;
  std::optional<feed::Head> head;  // verified
  std::string network;             // that of the verified head
  std::optional<Error> error;
  std::optional<std::size_t> entries = std::nullopt;  // of a did:webvh log, that verify
  std::size_t entries_lacking = 0;                    // of those that the others gave and count
  bool says_contradicted = false;                     // the peer's word: the issuer has told two histories
  std::optional<std::uint64_t> says_pending_size =
      std::nullopt;  // the peer's word: of a newer head it has no leaves for
};

// An epoch of a did:webvh issuer's feed that is over, with the leaves that its seal names.
struct SealedEpoch {
  feed::Origin origin;
  merkle::TreeHead seal;
  std::vector<Bytes> leaves;
};

struct Collected {
  std::shared_ptr<const feed::FeedSnapshot> snapshot;  // nullptr: no peer had a usable feed
  std::vector<Bytes> leaves;                           // of that feed
  std::optional<Ed25519PublicKey> feed_key;            // of that feed
  // Of a did:webvh issuer, as far as it could be followed; nullptr: no peer had any of it.
  std::shared_ptr<const issuer::History> history;
  std::optional<Error> gap;           // why later versions may count that are not in it
  std::vector<SealedEpoch> sealed;    // the epochs before that feed, from 1
  std::vector<SourceReport> sources;  // in the order of the peers asked
  std::set<std::string> networks;     // between which nobody chose: why there is no snapshot; else empty
};

// A verifier's command reads one issuer's feed whole; beyond these it is an attack on its memory. Real leaves
// have about 200 bytes.
inline constexpr std::uint64_t kLeavesMax = 1'000'000;
inline constexpr std::uint64_t kLeavesBytesMax = 256ull * 1024 * 1024;
// A list may unpack to 2 MiB; as many lists of the usual size hold the status of 30 million credentials. The
// lists before the newest come last and within the same limits.
inline constexpr std::uint64_t kBodiesMax = 512;
// Statements do not unpack: a register that has said something about every school of a large country.
inline constexpr std::uint64_t kStatementBodiesMax = 20'000;
inline constexpr std::uint64_t kBodiesBytesMax = 64ull * 1024 * 1024;
inline constexpr std::size_t kFeedListBytesMax = 4 * 1024 * 1024;  // of /feeds

using Connect = std::function<Get(const PeerSource& peer)>;
// Over HTTPS, over the admin socket, or out of a file. Nothing is sent before the first GET.
[[nodiscard]] Get connect(const PeerSource& peer);

struct CollectOptions {
  std::optional<std::string> network;  // only feeds of this network count; any, if all peers show the same
  Connect connect_to = connect;
  ClockMs clock_ms = steady_ms;
  bool bodies = true;  // false: only what decides a DID's history is asked for
};
[[nodiscard]] Collected collect(const Did& issuer, const std::vector<PeerSource>& peers, Timestamp now,
                                const CollectOptions& options = {});

}  // namespace vcnode::cli
