// From what a store holds to a running replica: the first thing a node does with a feed, and a simulated one
// too.
#pragma once

#include <span>
#include <vector>

#include "protocol/feed/replica.h"
#include "protocol/gossip/engine.h"
#include "protocol/ports.h"

namespace vcnode::gossip {

// What `archive` holds of the feeds of `admitted`, in that order; a feed of which it holds nothing is left
// out. A contradiction that was marked stays one, also of a feed of which nothing else is held. Errors,
// naming the feed: those of the archive, a body that cannot be read included; those of FeedReplica::restore;
// LEAF_COUNT for leaves without a head.
[[nodiscard]] Result<std::vector<feed::FeedReplica>> restore_feeds(std::span<const AdmittedIssuer> admitted,
                                                                   const FeedArchive& archive,
                                                                   const Resolver& resolver);

}  // namespace vcnode::gossip
