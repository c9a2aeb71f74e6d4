// ListHistory: judging a feed's newest status lists against the earlier ones of the same URIs.
//
// A list that clears a revocation its predecessor had set is bad (protocol/spec/feed.md, rule 8), and only
// who has seen an earlier list can know it. So all bodies that one run of a command was given, by whatever
// peer, lie in one pool by digest, and a feed is replayed list by list with those the pool holds. A list that
// is not in the pool judges nothing: its absence makes the answer neither better nor worse. The replay is the
// replica's own growth, so the rule is that of a node which saw the lists arrive.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/feed/list_leaves.h"
#include "protocol/feed/replica.h"

namespace vcnode::cli {

using BodyPool = std::map<Sha256Digest, std::string>;

using feed::earlier_lists;

// The feed with these leaves as `empty` becomes when every body of the pool had arrived in its turn. Of the
// bodies still needed at the end the first `bodies_max` are looked at, and kStatementBodiesMax statements.
// REQUIRES: `empty` holds nothing. Errors: those of FeedReplica::extend.
[[nodiscard]] Result<feed::FeedReplica> replay(feed::FeedReplica empty, const feed::Head& verified,
                                               std::span<const Bytes> leaves, const BodyPool& pool,
                                               std::size_t bodies_max);

}  // namespace vcnode::cli
