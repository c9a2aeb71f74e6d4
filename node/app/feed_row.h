// One feed as /feeds and /histories/{scid} show it (protocol/spec/http-api.md, "Public objects").
// Threading: pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "protocol/feed/replica.h"

namespace vcnode::node {

[[nodiscard]] nlohmann::json feed_row(const feed::FeedSnapshot& snapshot);

}  // namespace vcnode::node
