// Collecting a did:webvh issuer's history and feed from peers, for a verifier without a node.
//
// Each peer is asked for all entries it holds; together they are one set, since a peer can keep entries back
// but cannot make any. Which of them count is decided by the feed (protocol/spec/issuer.md), so it is walked
// epoch by epoch: the leaves of an epoch that is over must have the root that its seal names, whoever gives
// them; of the newest epoch the heads of all peers are compared. What is learnt from leaves may change which
// epochs there are; then the walk goes on from the first that changed.
//
// The end result is that of a node which holds the same (gossip::restore_issuer over a store in memory).
#pragma once

#include "node/cli/collect.h"

namespace vcnode::cli {

// Three logs of the size that did:webvh suggests at most; what the strict reader takes.
inline constexpr std::size_t kHistoryBytesMax = 16 * 1024 * 1024;
// Of the walk: each step fetches an epoch that was not known before, or the same one after a branch fell.
inline constexpr std::size_t kWalkStepsMax = 1000;

// REQUIRES: webvh::is_multihash(scid).
[[nodiscard]] Collected collect_history(const std::string& scid, const std::vector<PeerSource>& peers,
                                        Timestamp now, const CollectOptions& options = {});

}  // namespace vcnode::cli
