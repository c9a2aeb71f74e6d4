// From what a store holds to a running replica: the first thing a node does with a feed, and a simulated one
// too.
#pragma once

#include <optional>

#include "protocol/feed/replica.h"
#include "protocol/ports.h"

namespace vcnode::gossip {

// `empty` (a replica that holds nothing) with what `archive` holds of its feed; nullopt if that is nothing. A
// contradiction that was marked stays one, also of a feed of which nothing else is held.
// Errors: those of the archive, a body that cannot be read included; those of FeedReplica::restore;
// LEAF_COUNT for leaves without a head.
[[nodiscard]] Result<std::optional<feed::FeedReplica>> restore_feed(feed::FeedReplica empty,
                                                                    const FeedArchive& archive,
                                                                    const Resolver& resolver);

}  // namespace vcnode::gossip
