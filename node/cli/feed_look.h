// What `feed show` and `feed prove` see of an issuer's feed: that of the peers they ask, or of this home's
// node.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "node/cli/collect.h"
#include "node/cli/commands.h"

namespace vcnode::cli {

struct FeedLook {
  Collected collected;
  std::vector<PeerSource> peers;
  std::optional<std::uint64_t> epoch;  // that was asked for, by an origin
  Timestamp now;
  // The epoch that was asked for, if it is one that is over.
  [[nodiscard]] const SealedEpoch* sealed() const;
};

// `bodies`: as CollectOptions has it. Errors: those of the arguments; USAGE when there is nobody to ask. What
// the peers did not give is in `collected`.
[[nodiscard]] Result<FeedLook> look_at_feed(const Global& global, const FeedOptions& options, bool bodies);

// Why there is no answer, as far as anybody can tell from here: no feed, or not that epoch of it.
[[nodiscard]] std::optional<Error> why_no_feed(const FeedLook& seen);
// Returns kExitCannotTell.
int report_no_feed(const Global& global, const FeedLook& seen, const Error& why);

}  // namespace vcnode::cli
